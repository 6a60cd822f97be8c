"""What is known of persons: their sex and age, and when they died or left the country."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.admissions.engine import Source, as_table
from peereval.contracts import PERSONS, check_table
from peereval.errors import ColumnError, DuplicateError, ImpossibleDateError, MissingValueError

if TYPE_CHECKING:
    import ibis.expr.types as ir

KNOWN = ("born", "sex", "died", "emigrated")
_ENDS = ("died", "emigrated")
_MONTH = 100


def read_persons(source: Source, contacts: ir.Table) -> ir.Table:
    """Read persons and check them against the contacts, in the engine.

    Parameters
    ----------
    source : DataFrame, str, Path or ibis Table
        The *persons* contract.
    contacts : ibis Table
        Contacts that have been read.

    Returns
    -------
    ibis Table
        ``person`` and those of ``born``, ``sex``, ``died`` and ``emigrated`` that are there.

    Raises
    ------
    ColumnError
        A column holds another kind of value, or none of the four is there.
    DuplicateError
        A person has several rows.
    MissingValueError
        A row of the persons has no person; or a person of the contacts is not among them: a death would go unseen.
    ImpossibleDateError
        A person is admitted after the day of death, or on a day before that of birth.
    """
    persons = as_table(source, PERSONS)
    check_table(persons, PERSONS)
    known = [name for name in KNOWN if name in persons.columns]
    if not known:
        msg = f"The persons have none of the columns {', '.join(KNOWN)}."
        raise ColumnError(msg, hint="Add what is known of them, or leave persons out.")
    nobody = persons.count(where=persons["person"].isnull()).to_pyarrow().as_py()
    if nobody:
        msg = f"The column 'person' of the persons is empty in {nobody} rows."
        raise MissingValueError(msg, hint="Fill it, or leave out the rows: nobody's death is known by them.")
    persons = persons.select("person", *known)
    _check_persons(persons, contacts.filter(contacts["reason"].isnull()))
    return persons


def with_persons(stays: ir.Table, persons: ir.Table) -> ir.Table:
    """Add what is known of persons to their stays.

    Parameters
    ----------
    stays : ibis Table
        Stays with ``person`` and ``admitted``.
    persons : ibis Table
        As `read_persons` gives them.

    Returns
    -------
    ibis Table
        The stays with ``sex`` and ``age`` (whole years at admission; that of the contacts goes first), as far as they
        are known, ``gone`` (the end of the day of death or emigration, whichever comes first) and ``dead`` (whether
        that is death).
    """
    import ibis

    stays = stays.left_join(persons, "person").drop("person_right")
    if "born" in persons.columns:
        stays = (stays if "age" in stays.columns else stays.mutate(age=_age(stays))).drop("born")
    never = ibis.null("timestamp(6)")
    died, left = (_end_of_day(stays[name]) if name in persons.columns else never for name in _ENDS)
    # who dies on the day of leaving has died
    dead = died.notnull() & (left.isnull() | (died <= left))
    stays = stays.mutate(gone=ibis.ifelse(dead.fill_null(False), died, left), dead=dead.fill_null(False))  # noqa: FBT003 - Ibis takes it by position
    return stays.drop(*(name for name in _ENDS if name in stays.columns))


def _end_of_day(day: ir.TimestampValue) -> ir.TimestampValue:
    import ibis

    return day.truncate("D") + ibis.interval(days=1) - ibis.interval(microseconds=1)


def _age(stays: ir.Table) -> ir.FloatingValue:
    import ibis

    born, then = stays["born"], stays["admitted"]
    before = (then.month() * _MONTH + then.day()) < (born.month() * _MONTH + born.day())
    return (then.year() - born.year() - ibis.ifelse(before, 1, 0)).cast("float64")


def _check_persons(persons: ir.Table, contacts: ir.Table) -> None:
    """Refuse persons that are there twice or not at all, and contacts outside of a life, in two passes."""
    each = persons.group_by("person").aggregate(rows=persons.count())
    twice = each.count(where=each["rows"] > 1).to_pyarrow().as_py()
    if twice:
        msg = f"{twice} persons have more than one row in the table of persons."
        raise DuplicateError(msg, hint="Keep one row a person.")
    pairs = contacts.select("person", day=contacts["admitted"].truncate("D")).left_join(persons, "person")
    counts = {"unknown": pairs.count(where=pairs["person_right"].isnull())}
    if "died" in persons.columns:
        counts["died"] = pairs.count(where=pairs["day"] > pairs["died"])
    if "born" in persons.columns:
        counts["born"] = pairs.count(where=pairs["day"] < pairs["born"].truncate("D"))
    [found] = pairs.aggregate(**counts).to_pyarrow().to_pylist()
    if found["unknown"]:
        msg = f"{found['unknown']} contacts belong to persons who are not in the table of persons."
        raise MissingValueError(msg, hint="Add them: without a row nobody knows whether they have died.")
    for name, wrong in (("died", "after the day of death"), ("born", "before the day of birth")):
        if found.get(name):
            msg = f"{found[name]} contacts begin {wrong} of their person (column {name!r} of the persons)."
            raise ImpossibleDateError(msg, hint="Mend the dates, or leave out the contacts.")
