"""Contacts as a register exports them, checked where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peereval.admissions.engine import ROW, Source, as_table, given_back, to_pandas
from peereval.admissions.register import from_register
from peereval.contracts import CONTACTS, check_table
from peereval.errors import ColumnError, ImpossibleDateError, MissingValueError

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

_SHOWN = 3
_BACKWARDS = "discharged_before_admitted"
_CODES = (_BACKWARDS, "person_missing", "admission_missing", "other_contact_type")
_TIMES = ("admitted", "discharged")


def read_contacts(source: Source, *, register: str | None = None, strict: bool = True) -> Any:
    """Read hospital contacts and check them against their contract, in the engine.

    Parameters
    ----------
    source : DataFrame, str, Path or ibis Table
        A frame; a file (``.parquet``, ``.csv``, ``.xlsx``, ``.sas7bdat``, ``.dta``), a folder or pattern of parquet
        files; or a table of any Ibis back end, with the columns of the *contacts* contract. Times are local and
        without a time zone.
    register : {"lpr2", "lpr3", "par"}, optional
        The register that the rows come from, as it names its columns and codes.
    strict : bool
        Whether a contact that ends before it begins, or without a person or an admission, is refused. Otherwise it
        stays in the table with a ``reason`` (``discharged_before_admitted``, ``person_missing``,
        ``admission_missing``), joins no episode, and is counted among the exclusions of
        readmission results. Contacts that bear a reason already are not refused again.

    Returns
    -------
    DataFrame or ibis Table
        The contacts with a column ``reason``, empty where the contact can be used: a frame for a frame, an
        Ibis table for a path or a table. A path gives a table whose rows are pulled only when needed. Where all
        times are dates, a column ``dates_only`` says so, and results count days and say it too.

    Raises
    ------
    ColumnError
        A column is missing or holds another kind of value, or the contacts have a column ``reason`` of their own.
    MissingValueError
        A person or a time of admission is missing, and `strict` is set.
    ImpossibleDateError
        A contact ends before it begins, and `strict` is set.

    Examples
    --------
    >>> import pandas as pd
    >>> contacts = pd.DataFrame({
    ...     "person": ["a"], "admitted": pd.to_datetime(["2020-03-02 10:00"]),
    ...     "discharged": pd.to_datetime(["2020-03-01 10:00"]),
    ... })
    >>> read_contacts(contacts)
    Traceback (most recent call last):
    ...
    peereval.errors.ImpossibleDateError: PE206: 1 contact ends before it begins: row 1 (2020-03-02 10:00 to
    2020-03-01 10:00). Mend the rows, or read with strict=False to leave them out, counted.
    """
    import ibis

    table = as_table(source, CONTACTS)
    table = table if register is None else from_register(table, register)
    check_table(table, CONTACTS)
    _check_reason(table)
    dates_only = _check_rows(table, strict=strict)
    table = table.mutate(reason=_reason(table)).drop(*({ROW} & set(table.columns)))
    if dates_only and "dates_only" not in table.columns:
        table = table.mutate(dates_only=ibis.literal(value=True))
    return given_back(table, source)


def _reason(table: ir.Table) -> ir.StringValue:
    """Why a contact cannot be used; what was said before stays said."""
    import ibis

    known = table["reason"].cast("string") if "reason" in table.columns else ibis.null("string")
    return ibis.cases(
        (known.notnull(), known),
        (table["person"].isnull(), "person_missing"),
        (table["admitted"].isnull(), "admission_missing"),
        (table["discharged"] < table["admitted"], _BACKWARDS),
        else_=ibis.null("string"),
    )


def _check_reason(table: ir.Table) -> None:
    """Refuse a column of the caller's that bears the name of ours."""
    if "reason" not in table.columns:
        return
    foreign = table["reason"].notnull() & ~table["reason"].cast("string").isin(_CODES)
    count = table.count(where=foreign).to_pyarrow().as_py()
    if count:
        first = to_pandas(table.filter(foreign).limit(_SHOWN))
        msg = f"The column 'reason' of the contacts holds no reason code in {count} rows{_where(first)}; the name is reserved."
        raise ColumnError(msg, hint="Rename the column before reading.")


def _check_rows(table: ir.Table, *, strict: bool) -> bool:
    """Count what breaks the contract in one pass; only then, if anything does, look for the first rows.

    Says whether there is no time of day anywhere.
    """
    import ibis

    new = table["reason"].isnull() if "reason" in table.columns else ibis.literal(value=True)
    impossible = (table["discharged"] < table["admitted"]) & new
    empty = {name: table.count(where=table[name].isnull() & new) for name in ("person", "admitted")}
    timed = {f"timed_{name}": table.count(where=table[name] != table[name].truncate("D")) for name in _TIMES}
    counted = table.aggregate(**empty, **timed, rows=table.count(), impossible=table.count(where=impossible))
    counts = to_pandas(counted).iloc[0]
    for name in empty if strict else ():
        if counts[name]:
            first = to_pandas(table.filter(table[name].isnull() & new).limit(_SHOWN))
            msg = f"The column {name!r} of the contacts is empty in {int(counts[name])} rows{_where(first)}; it must be filled."
            raise MissingValueError(msg, hint="Fill the cells, or read with strict=False to leave them out, counted.")
    if strict and counts["impossible"]:
        raise _impossible(table.filter(impossible), int(counts["impossible"]))
    return bool(counts["rows"]) and not any(counts[name] for name in timed)


def _impossible(bad: ir.Table, count: int) -> ImpossibleDateError:
    order = [ROW] if ROW in bad.columns else ["admitted", "discharged"]
    first = to_pandas(bad.order_by(order).limit(_SHOWN))
    shown = "; ".join(
        (f"row {row[ROW]} " if ROW in row else "")
        + f"({row['admitted']:%Y-%m-%d %H:%M} to {row['discharged']:%Y-%m-%d %H:%M})"
        for _, row in first.iterrows()
    )
    more = f" and {count - _SHOWN} more" if count > _SHOWN else ""
    what = "contact ends before it begins" if count == 1 else "contacts end before they begin"
    msg = f"{count} {what}: {shown}{more}."
    return ImpossibleDateError(msg, hint="Mend the rows, or read with strict=False to leave them out, counted.")


def _where(first: pd.DataFrame) -> str:
    return f" (first: row {', '.join(str(number) for number in sorted(first[ROW]))})" if ROW in first else ""
