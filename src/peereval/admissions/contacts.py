"""Contacts as a register exports them, checked where they lie."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from peereval.admissions.engine import ROW, Source, as_table, given_back, to_pandas
from peereval.admissions.register import from_register
from peereval.contracts import CONTACTS, check_table
from peereval.errors import ColumnError, ImpossibleDateError, MissingValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import ibis.expr.types as ir

_SHOWN = 3
_BACKWARDS, _FUTURE = "discharged_before_admitted", "in_the_future"
_CODES = (_BACKWARDS, _FUTURE, "person_missing", "admission_missing", "other_contact_type")
_TIMES = ("admitted", "discharged")
_EMPTY = {"person_missing": "person", "admission_missing": "admitted"}
_IMPOSSIBLE = {
    _BACKWARDS: ("contact ends before it begins", "contacts end before they begin"),
    _FUTURE: ("contact begins or ends in the future", "contacts begin or end in the future"),
}
_REFUSED = (*_EMPTY, *_IMPOSSIBLE)
_STILL_IN = (
    "Empty the discharge where such a date stands for still admitted; mend the others, or read with strict=False."
)
_MEND = "Mend the rows, or read with strict=False to leave them out, counted."


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
        Whether a contact that ends before it begins, begins or ends in the future, or is without a person or an
        admission, is refused. Otherwise it stays in the table with a ``reason`` (``discharged_before_admitted``,
        ``in_the_future``, ``person_missing``, ``admission_missing``), joins no episode, and is counted among the
        exclusions of readmission results. Contacts that bear a reason already are not refused again.

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
        A contact ends before it begins, or lies in the future, and `strict` is set.

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
    table = table if register is None else from_register(table, register)
    return given_back(examined(table, strict=strict)[0], source)


def examined(
    table: ir.Table, *, strict: bool = True, also: Callable[[ir.Table], Mapping[str, ir.Scalar]] | None = None
) -> tuple[ir.Table, dict[str, Any]]:
    """Check contacts against their contract in one pass over them.

    Parameters
    ----------
    table : ibis Table
        The contacts; they may have been read before.
    strict : bool
        Whether contacts that cannot be used are refused.
    also : callable, optional
        What else shall be found out in the same pass, of the contacts with their ``reason``.

    Returns
    -------
    tuple of ibis Table and dict
        The contacts with a column ``reason`` (and ``dates_only``, where no time of day is anywhere), and what was
        found out, with ``rows`` and ``left_out``, the number of contacts and of those that cannot be used.

    Raises
    ------
    ColumnError, MissingValueError, ImpossibleDateError
        As in `read_contacts`.
    """
    import ibis

    check_table(table, CONTACTS)
    given = table["reason"].cast("string") if "reason" in table.columns else ibis.null("string")
    known = table.mutate(reason=_reason(table, given), given_reason=given)
    found = _found_out(known, also)
    _check_reason(known, found["foreign"])
    if strict:
        _check_rows(known, found)
    # where nothing new is wrong, an engine need not look at every row's reason again
    new = any(found[code] for code in _REFUSED)
    checked = known if new else table.mutate(reason=given)
    checked = checked.drop(*({ROW, "given_reason"} & set(checked.columns)))
    if "reason" not in table.columns and "dates_only" not in table.columns and found["rows"] and not _is_timed(table):
        checked = checked.mutate(dates_only=ibis.literal(value=True))
    return checked, found


def _reason(table: ir.Table, given: ir.StringValue) -> ir.StringValue:
    """Why a contact cannot be used; what was said before stays said."""
    import ibis

    # a day's grace, since this clock may stand in another time zone than the register
    latest = ibis.timestamp(datetime.combine(datetime.now() + timedelta(days=1), time.max))  # noqa: DTZ005 - registers hold local times
    return ibis.cases(
        (given.notnull(), given),
        (table["person"].isnull(), "person_missing"),
        (table["admitted"].isnull(), "admission_missing"),
        (table["discharged"] < table["admitted"], _BACKWARDS),
        ((table["admitted"] > latest) | (table["discharged"] > latest), _FUTURE),
        else_=ibis.null("string"),
    )


def _found_out(known: ir.Table, also: Callable[[ir.Table], Mapping[str, ir.Scalar]] | None) -> dict[str, Any]:
    new = known["given_reason"].isnull() & known["reason"].notnull()
    counts = {
        "rows": known.count(),
        "left_out": known.count(where=known["reason"].notnull()),
        "foreign": known.count(where=known["given_reason"].notnull() & ~known["given_reason"].isin(_CODES)),
        **{code: known.count(where=new & (known["reason"] == code)) for code in _REFUSED},
    }
    more = {} if also is None else also(known)
    [found] = known.aggregate(**counts, **more).to_pyarrow().to_pylist()
    return dict(found)


def _is_timed(table: ir.Table) -> bool:
    """Whether there is a time of day anywhere; one is enough, so an engine may stop at the first."""
    timed = [table[name] != table[name].truncate("D") for name in _TIMES]
    return bool(len(table.filter(timed[0] | timed[1]).limit(1).to_pyarrow()))


def _check_reason(known: ir.Table, count: int) -> None:
    """Refuse a column of the caller's that bears the name of ours."""
    if count:
        foreign = known["given_reason"].notnull() & ~known["given_reason"].isin(_CODES)
        first = to_pandas(known.filter(foreign).limit(_SHOWN))
        msg = f"The column 'reason' of the contacts holds no reason code in {count} rows{_where(first)}; the name is reserved."
        raise ColumnError(msg, hint="Rename the column before reading.")


def _check_rows(known: ir.Table, found: dict[str, Any]) -> None:
    """Refuse contacts that cannot be used; only then look for the first of them."""
    for code, name in _EMPTY.items():
        if found[code]:
            first = to_pandas(known.filter(known["reason"] == code).limit(_SHOWN))
            msg = (
                f"The column {name!r} of the contacts is empty in {found[code]} rows{_where(first)}; it must be filled."
            )
            raise MissingValueError(msg, hint=_MEND.replace("Mend the rows", "Fill the cells"))
    for code, (one, several) in _IMPOSSIBLE.items():
        if found[code]:
            bad = known.filter(known["reason"] == code)
            hint = _STILL_IN if code == _FUTURE else _MEND
            raise ImpossibleDateError(_first_of(bad, found[code], one if found[code] == 1 else several), hint=hint)


def _first_of(bad: ir.Table, count: int, what: str) -> str:
    order = [ROW] if ROW in bad.columns else ["admitted", "discharged"]
    first = to_pandas(bad.order_by(order).limit(_SHOWN))
    shown = "; ".join(
        (f"row {row[ROW]} " if ROW in row else "") + f"({_moment(row['admitted'])} to {_moment(row['discharged'])})"
        for _, row in first.iterrows()
    )
    more = f" and {count - _SHOWN} more" if count > _SHOWN else ""
    return f"{count} {what}: {shown}{more}."


def _moment(when: pd.Timestamp) -> str:
    return "still admitted" if pd.isna(when) else f"{when:%Y-%m-%d %H:%M}"


def _where(first: pd.DataFrame) -> str:
    return f" (first: row {', '.join(str(number) for number in sorted(first[ROW]))})" if ROW in first else ""
