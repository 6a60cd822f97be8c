"""Contacts as a register exports them, checked where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peereval.admissions.engine import ROW, Source, as_table, given_back, to_pandas
from peereval.contracts import CONTACTS, check_table
from peereval.errors import ColumnError, ImpossibleDateError, MissingValueError

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

_SHOWN = 3
_BACKWARDS = "discharged_before_admitted"


def read_contacts(source: Source, *, strict: bool = True) -> Any:
    """Read hospital contacts and check them against their contract, in the engine.

    Parameters
    ----------
    source : DataFrame, str, Path or ibis Table
        A frame, a parquet file or pattern, or a table of any Ibis back end, with the columns of the
        *contacts* contract. Times are local and without a time zone.
    strict : bool
        Whether a contact that ends before it begins is refused. Otherwise it stays in the table with
        ``reason`` ``discharged_before_admitted``, joins no episode, and is counted among the exclusions of
        readmission results. Contacts that bear this reason already are not refused again.

    Returns
    -------
    DataFrame or ibis Table
        The contacts with a column ``reason``, empty where the contact can be used: a frame for a frame, an
        Ibis table for a path or a table. A path gives a table whose rows are pulled only when needed.

    Raises
    ------
    ColumnError
        A column is missing or holds another kind of value, or the contacts have a column ``reason`` of their own.
    MissingValueError
        A person or a time of admission is missing.
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
    table = as_table(source, CONTACTS)
    check_table(table, CONTACTS)
    impossible = table["discharged"] < table["admitted"]
    _check_reason(table)
    _check_rows(table, impossible, strict=strict)
    return given_back(_with_reason(table, impossible), source)


def _with_reason(table: ir.Table, impossible: ir.BooleanValue) -> ir.Table:
    import ibis

    reason = ibis.ifelse(impossible, _BACKWARDS, ibis.null("string"))
    return table.mutate(reason=reason).drop(*({ROW} & set(table.columns)))


def _check_reason(table: ir.Table) -> None:
    """Refuse a column of the caller's that bears the name of ours."""
    if "reason" not in table.columns:
        return
    foreign = (table["reason"].cast("string") != _BACKWARDS).fill_null(False)  # noqa: FBT003 - Ibis takes it by position
    count = table.count(where=foreign).to_pyarrow().as_py()
    if count:
        first = to_pandas(table.filter(foreign).limit(_SHOWN))
        msg = f"The column 'reason' of the contacts holds no reason code in {count} rows{_where(first)}; the name is reserved."
        raise ColumnError(msg, hint="Rename the column before reading.")


def _check_rows(table: ir.Table, impossible: ir.BooleanValue, *, strict: bool) -> None:
    """Count what breaks the contract in one pass; only then, if anything does, look for the first rows."""
    if "reason" in table.columns:
        impossible &= table["reason"].isnull()
    empty = {name: table.count(where=table[name].isnull()) for name in ("person", "admitted")}
    counts = to_pandas(table.aggregate(**empty, impossible=table.count(where=impossible))).iloc[0]
    for name in empty:
        if counts[name]:
            first = to_pandas(table.filter(table[name].isnull()).limit(_SHOWN))
            msg = f"The column {name!r} of the contacts is empty in {int(counts[name])} rows{_where(first)}; it must be filled."
            raise MissingValueError(msg, hint="Fill the cells, or leave those contacts out and say so.")
    if strict and counts["impossible"]:
        raise _impossible(table.filter(impossible), int(counts["impossible"]))


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
