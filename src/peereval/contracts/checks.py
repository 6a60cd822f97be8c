"""A frame or an Ibis table is checked against a contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peereval.errors import ColumnError, DuplicateError, MissingValueError, nearest
from peereval.mentions import row_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

    import ibis.expr.types as ir
    import pandas as pd

    from peereval.contracts.columns import Column, Contract, Kind


def check_frame(frame: pd.DataFrame, contract: Contract) -> None:
    """Check a pandas frame against a contract.

    Parameters
    ----------
    frame : DataFrame
        The table.
    contract : Contract
        What it should look like.

    Raises
    ------
    ColumnError
        A column is missing or holds another kind of value.
    MissingValueError
        A column that must be filled has empty cells.
    DuplicateError
        Two rows have the same key.

    Examples
    --------
    >>> import pandas as pd
    >>> from peereval.contracts import RESPONSES
    >>> check_frame(pd.DataFrame({"person": ["a"]}), RESPONSES)
    Traceback (most recent call last):
    ...
    peereval.errors.ColumnError: PE203: The responses have no column 'round'. Columns found: person.
    """
    _check_names(list(frame.columns), contract)
    for column in _present(frame.columns, contract):
        if not _is_kind(frame[column.name], column.kind):
            raise _wrong_kind(column, contract, str(frame[column.name].dtype))
        if not column.nullable and frame[column.name].isna().any():
            raise _empty_cells(frame[column.name], contract)
    _check_key(frame, contract)


def check_table(table: ir.Table, contract: Contract) -> None:
    """Check the columns of an Ibis table against a contract, without pulling rows.

    Parameters
    ----------
    table : ibis Table
        The table, of any back end.
    contract : Contract
        What it should look like.

    Raises
    ------
    ColumnError
        A column is missing or holds another kind of value.

    Examples
    --------
    >>> import ibis
    >>> from peereval.contracts import CONTACTS
    >>> check_table(ibis.table({"person": "string"}, name="contacts"), CONTACTS)
    Traceback (most recent call last):
    ...
    peereval.errors.ColumnError: PE203: The contacts have no column 'admitted'. Columns found: person.
    """
    _check_names(list(table.columns), contract)
    schema = table.schema()
    for column in _present(table.columns, contract):
        if not _is_ibis_kind(schema[column.name], column.kind):
            raise _wrong_kind(column, contract, str(schema[column.name]))


def _present(names: Iterable[str], contract: Contract) -> list[Column]:
    there = set(names)
    return [column for column in contract.columns if column.name in there]


def _check_names(names: list[str], contract: Contract) -> None:
    twice = sorted({str(name) for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        msg = f"The {contract.name} have the column {twice[0]!r} twice."
        raise ColumnError(msg, hint="Rename or drop one of them.")
    for column in contract.columns:
        if column.required and column.name not in names:
            msg = f"The {contract.name} have no column {column.name!r}."
            raise ColumnError(msg, hint=_columns_found(column.name, [str(name) for name in names]))


def _columns_found(wanted: str, names: list[str]) -> str:
    hint = nearest(wanted, names)
    if hint.startswith("Did you mean"):
        return hint
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")  # noqa: PLR2004 - a line's worth
    return f"Columns found: {shown or 'none'}."


def _is_kind(series: pd.Series, kind: Kind) -> bool:
    from pandas.api import types

    if kind == "time":
        return types.is_datetime64_dtype(series.dtype)
    if kind == "flag":
        return types.is_bool_dtype(series.dtype) or _all_flags(series)
    if kind in ("integer", "number"):
        wanted = types.is_integer_dtype if kind == "integer" else types.is_numeric_dtype
        return wanted(series.dtype) and not types.is_bool_dtype(series.dtype)
    categories = getattr(series.dtype, "categories", series)
    return types.is_string_dtype(series.dtype) or types.is_string_dtype(categories) or bool(series.isna().all())


def _all_flags(series: pd.Series) -> bool:
    return series.dtype == object and bool(series.dropna().map(lambda value: isinstance(value, bool)).all())


def _is_ibis_kind(dtype: Any, kind: Kind) -> bool:
    if dtype.is_null():
        return True
    if kind == "time":
        return bool(dtype.is_timestamp()) and dtype.timezone is None
    checks = {"text": "string", "round": "string", "integer": "integer", "number": "numeric", "flag": "boolean"}
    return bool(getattr(dtype, f"is_{checks[kind]}")())


def _wrong_kind(column: Column, contract: Contract, found: str) -> ColumnError:
    wanted = "time without a time zone" if column.kind == "time" else column.kind
    msg = f"The column {column.name!r} of the {contract.name} holds {found}; expected {wanted} ({column.meaning})."
    return ColumnError(msg, hint="Convert it before reading.")


def _empty_cells(series: pd.Series, contract: Contract) -> MissingValueError:
    rows = row_numbers(series.isna().to_numpy().nonzero()[0].tolist())
    msg = f"The column {series.name!r} of the {contract.name} is empty in {rows}; it must be filled."
    return MissingValueError(msg, hint="Fill the cells, or leave those rows out and say so.")


def _check_key(frame: pd.DataFrame, contract: Contract) -> None:
    if not contract.key or not set(contract.key) <= set(frame.columns):
        return
    key = frame.loc[:, list(contract.key)]
    again = key.notna().all(axis=1) & key.duplicated(keep=False)
    if not again.any():
        return
    first = key[again].iloc[0]
    same = (key == first).all(axis=1).to_numpy().nonzero()[0].tolist()
    where = ", ".join(f"{name} {first[name]!r}" for name in contract.key if name not in ("person", "informant"))
    msg = (
        f"The {contract.name} have {int(again.sum())} rows that share their {' and '.join(contract.key)} with another row; "
        f"the first are {row_numbers(same)}" + (f" ({where})." if where else ".")
    )
    raise DuplicateError(msg, hint="Decide which row counts and remove the other.")
