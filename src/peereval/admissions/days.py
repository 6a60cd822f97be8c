"""Calendar days: how many a stay has, how many of them lie in a window, and where the data end.

A night belongs to the day on which it begins. A stay has as many days as nights; one that ends on the day on which it
began has as many as the convention for same-day stays says.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from peereval.admissions.engine import ROW, Source, as_table
from peereval.contracts import CONTACTS, EPISODES, check_table
from peereval.errors import DesignError, ImpossibleDateError, InvalidValueError

if TYPE_CHECKING:
    import ibis.expr.types as ir

SameDay: TypeAlias = float
"""0, 0.5 or 1."""
DAYS_A_YEAR = 365.25
_SAME_DAY = (0, 0.5, 1)
_BACKWARDS = "discharged_before_admitted"


def check_same_day(same_day: float) -> None:
    """Refuse a convention for same-day stays that is none."""
    if same_day not in _SAME_DAY:
        msg = f"A stay that ends on the day of admission counts {same_day!r} days; allowed are 0, 0.5 and 1."
        raise InvalidValueError(msg)


def same_day_note(same_day: float) -> str:
    """Say for the methods section how days of stay are counted."""
    return (
        "Days of stay are the nights between admission and discharge; a stay that ends on the day of admission "
        f"counts {same_day:g} days."
    )


def stays_of(source: Source, *, contacts: bool = False) -> ir.Table:
    """Open a table of stays, with a ``reason`` where a row is no stay.

    Parameters
    ----------
    source : DataFrame, str, Path or ibis Table
        The *episodes* or *index stays* contract, in which a row with a number below 1 is a contact that joined no stay.
    contacts : bool
        Whether the *contacts* contract is taken too, for days ward by ward.

    Returns
    -------
    ibis Table
        The same rows; what an index stay is left out of the readmission rate for is no reason here.
    """
    import ibis

    table = as_table(source, EPISODES)
    joined = "episode" in table.columns or not contacts
    check_table(table, EPISODES if joined else CONTACTS)
    known = table["reason"].cast("string") if "reason" in table.columns else ibis.null("string")
    left_out = table["episode"] < 1 if joined else known.notnull()
    backwards = (table["discharged"] < table["admitted"]).fill_null(False)  # noqa: FBT003 - Ibis takes it by position
    reason = ibis.cases(
        (left_out, known.fill_null("person_missing")), (backwards, _BACKWARDS), else_=ibis.null("string")
    )
    return table.mutate(reason=reason).drop(*({ROW} & set(table.columns)))


def nights(first: ir.Value, last: ir.Value) -> ir.Value:
    """Count the nights between two days or times."""
    return last.cast("date").delta(first.cast("date"), unit="day")


def days_of(count: ir.Value, same_day: SameDay) -> ir.Value:
    """Give the days of a stay with so many nights."""
    import ibis

    return ibis.ifelse(count == 0, float(same_day), count.cast("float64"))


def days_within(
    admitted: ir.Value, discharged: ir.Value, window: tuple[ir.Value, ir.Value], same_day: SameDay
) -> ir.Value:
    """Count the days of a stay that lie in a window.

    Parameters
    ----------
    admitted, discharged : ibis Value
        Times; a stay without an end goes on beyond the window.
    window : tuple of ibis Value
        Its first day, and the first day after it.
    same_day : {0, 0.5, 1}
        How many days a stay has that ends on the day of admission.

    Returns
    -------
    ibis Value
        Days, 0 for a stay outside the window. Those of adjoining windows add up.
    """
    import ibis

    first, after = window
    began, ended = admitted.cast("date"), discharged.cast("date").fill_null(after)
    inside = nights(ibis.greatest(began, first), ibis.least(ended, after))
    at_once = (ended == began) & (began >= first) & (began < after)
    return ibis.cases((at_once, float(same_day)), (inside > 0, inside.cast("float64")), else_=0.0)


def as_day(given: date, name: str) -> date:
    """Take the day of a date or time that was given; one in the future or with a time zone is refused."""
    if isinstance(given, datetime) and given.tzinfo is not None:
        msg = f"{name} is {given.isoformat()}, with a time zone; contacts hold local times without one."
        raise InvalidValueError(msg, hint="Give the date.")
    day = given.date() if isinstance(given, datetime) else given
    # a day's grace, since this clock may stand in another time zone than the register
    if day > datetime.now().date() + timedelta(days=1):  # noqa: DTZ005 - registers hold local times
        msg = f"{name} is {day:%Y-%m-%d}, which lies in the future."
        raise ImpossibleDateError(msg, hint="Give the last day on which contacts were observed.")
    return day


def data_days(table: ir.Table, start: date | None, end: date | None) -> tuple[date, date]:
    """Give the first and the last day of the data: those that were said, or else those of the stays.

    Parameters
    ----------
    table : ibis Table
        Stays with a ``reason``.
    start, end : date, optional
        The days that were said.

    Returns
    -------
    tuple of date
        First and last day.
    """
    used = table["reason"].isnull()
    seen = table.aggregate(
        first=table["admitted"].min(where=used), last=table["admitted"].max(where=used), out=table["discharged"].max(where=used)
    )  # fmt: skip
    [found] = seen.to_pyarrow().to_pylist()
    ends = [day for day in (found["last"], found["out"]) if day is not None]
    # without any stay, one of the two days stands for both
    latest = end or max(ends, default=start)
    if latest is None:
        msg = "There is no stay from which the first and the last day of the data could be read."
        raise DesignError(msg, hint="Say them.")
    last = as_day(latest, "The last day of the data")
    first = as_day(start or found["first"] or last, "The first day of the data")
    if last < first:
        msg = f"The data end on {last:%Y-%m-%d}, before they begin on {first:%Y-%m-%d}."
        raise ImpossibleDateError(msg, hint="Exchange them.")
    return first, last
