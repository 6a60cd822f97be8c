"""Bed days and days in the community per person-year."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.admissions.days import (
    DAYS_A_YEAR,
    SameDay,
    as_day,
    check_same_day,
    days_within,
    nights,
    same_day_note,
    stays_of,
)
from peereval.admissions.engine import Source, as_table
from peereval.admissions.persons import read_persons
from peereval.admissions.rates import ALL, LEVEL, group_of, reasons_of, table_origin, time_precision
from peereval.admissions.stay_sample import EXPOSURES, IMMORTAL
from peereval.admissions.sums import person_sums, squares_of
from peereval.contracts import PERSONS
from peereval.errors import ColumnError, DesignError, ImpossibleDateError, nearest
from peereval.estimation.ratios import ratio_interval
from peereval.results import Result, versions

if TYPE_CHECKING:
    import ibis.expr.types as ir


def bed_days(
    episodes: Source,
    *,
    start: date,
    end: date,
    by: str | None = None,
    persons: Source | None = None,
    same_day: SameDay = 1,
) -> Result:
    """Bed days, and days in the community, per person-year.

    Parameters
    ----------
    episodes : DataFrame, str, Path or ibis Table
        The *episodes* contract. Only days within the window count; a stay that is still open goes on to its end.
        Sums are made in the engine; no row is pulled.
    start, end : date
        First and last day of the window.
    by : str, optional
        A column to count by, beside everybody: of `persons` where these are given; otherwise of `episodes`, where the
        persons of a group are those who had a stay in it at any time, each with the whole window.
    persons : DataFrame, str, Path or ibis Table, optional
        The *persons* contract: everybody whose days count, also those without any stay. The time of a person begins
        with birth and ends with the day of death or emigration.
    same_day : {0, 0.5, 1}
        How many days a stay has that ends on the day of admission; otherwise nights are counted, each on the day on
        which it begins.

    Returns
    -------
    Result
        Two rows a group, ``bed_days_per_person_year`` and ``community_days_per_person_year`` (the rest of 365.25 days): with
        ``numerator`` (days), ``denominator`` (person-years), ``n_persons``, and the interval of a ratio with persons as
        clusters, on its logarithm.

    Raises
    ------
    ColumnError
        A table breaks its contract or has no column `by`.
    DesignError
        Persons have more bed days than days, since their stays overlap; or `by` says who met a peer during a stay.
    ImpossibleDateError
        The window ends before it begins or in the future.

    Examples
    --------
    >>> from datetime import date
    >>> import pandas as pd
    >>> stays = pd.DataFrame({
    ...     "person": ["a", "a", "b"], "episode": [1, 2, 1], "n_contacts": 1,
    ...     "admitted": pd.to_datetime(["2018-12-28 10:00", "2019-03-01 08:00", "2019-12-30 20:00"]),
    ...     "discharged": pd.to_datetime(["2019-01-11 10:00", "2019-03-01 15:00", None]),
    ... })
    >>> found = bed_days(stays, start=date(2019, 1, 1), end=date(2019, 12, 31)).estimates
    >>> found[["measure", "numerator", "denominator", "estimate"]].round(2)
                              measure  numerator  denominator  estimate
    0        bed_days_per_person_year       13.0          2.0      6.50
    1  community_days_per_person_year      717.0          2.0    358.75
    """
    check_same_day(same_day)
    if by in EXPOSURES:
        raise DesignError(IMMORTAL, hint="Bed days before and after the first contact: mirror_image.")
    window = _window(start, end)
    table = stays_of(episodes)
    people = _people(table, persons, by, window)
    used = table.filter(table["reason"].isnull())
    # summed once, then by group and for everybody
    each = _each(used, people, same_day, by if persons is None else None).cache()
    there = each.filter(each["bottom"] > 0)
    _check_days(there)
    sums = [person_sums(there, ["group"])] if by is not None else []
    sums.append(person_sums(_everybody(there), ["group"]))
    return Result(
        kind="bed-days",
        title="Bed days per person-year",
        estimates=_estimates(pd.concat(sums, ignore_index=True)),
        method=f"{_METHOD} {same_day_note(same_day)}",
        claim="description",
        estimand=f"Days in and out of hospital from {start:%Y-%m-%d} to {end:%Y-%m-%d}, per year at risk of being admitted.",
        assumptions=_assumptions(by, known=persons is not None),
        settings={
            "start": f"{window[0]:%Y-%m-%d}",
            "end": f"{window[1] - timedelta(days=1):%Y-%m-%d}",
            "by": by,
            "same_day": same_day,
            "persons": persons is not None,
            "time_precision": time_precision(table),
            "conf_level": LEVEL,
            "versions": versions(),
        },
        exclusions=reasons_of(table) | _not_there(each),
        origin=table_origin(table),
    )


_METHOD = (
    "Bed days within the window are divided by the person-years in it; the 95 % interval is that of a ratio on its "
    "logarithm, with persons as clusters and t (rule R12)."
)


def _window(start: date, end: date) -> tuple[date, date]:
    """The first day, and the first day after."""
    first, last = as_day(start, "The first day of the window"), as_day(end, "The last day of the window")
    if last < first:
        msg = f"The window ends on {last:%Y-%m-%d}, before it begins on {first:%Y-%m-%d}."
        raise ImpossibleDateError(msg, hint="Exchange them.")
    return first, last + timedelta(days=1)


def _people(table: ir.Table, persons: Source | None, by: str | None, window: tuple[date, date]) -> ir.Table:
    """Each person with the part of the window in which days count."""
    import ibis

    first, after = (ibis.literal(day) for day in window)
    if persons is None:
        _check_by(by, table, "stays")
        used = table.filter(table["reason"].isnull())
        return used.select("person", group=group_of(used, by)).distinct().mutate(first=first, after=after)
    given = as_table(persons, PERSONS)
    _check_by(by, given, "persons")
    known = read_persons(given, table)
    groups = given.select("person", group=group_of(given, by))
    people = known.join(groups, "person").mutate(first=first, after=after)
    if "born" in known.columns:
        people = people.mutate(first=ibis.greatest(first, people["born"].cast("date").fill_null(first)))
    for name in ("died", "emigrated"):
        if name in known.columns:
            gone = (people[name].truncate("D") + ibis.interval(days=1)).cast("date").fill_null(after)
            people = people.mutate(after=ibis.least(people["after"], gone))
    return people.select("person", "group", "first", "after")


def _check_by(by: str | None, table: ir.Table, name: str) -> None:
    if by is not None and by not in table.columns:
        msg = f"The {name} have no column {by!r} to group by."
        raise ColumnError(msg, hint=nearest(by, table.columns))


def _each(used: ir.Table, people: ir.Table, same_day: SameDay, by: str | None) -> ir.Table:
    """Bed days (``top``) and days (``bottom``) of each person, 0 for those without a stay."""
    stays = used.select("person", "admitted", "discharged", group=group_of(used, by))
    on = ["person"] if by is None else ["person", "group"]
    both = people.join(stays.drop("group") if by is None else stays, on)
    days = days_within(both["admitted"], both["discharged"], (both["first"], both["after"]), same_day)
    spent = both.group_by("person", "group").aggregate(top=days.sum())
    found = people.left_join(spent, ["person", "group"])
    bottom = nights(found["first"], found["after"])
    return found.select("person", "group", top=found["top"].fill_null(0.0), bottom=bottom)


def _everybody(each: ir.Table) -> ir.Table:
    """One row a person: days spent in several groups added, the time counted once."""
    import ibis

    together = each.group_by("person").aggregate(top=each["top"].sum(), bottom=each["bottom"].max())
    return together.mutate(group=ibis.literal(ALL))


def _check_days(each: ir.Table) -> None:
    everybody = _everybody(each)
    more = everybody.count(where=everybody["top"] > everybody["bottom"]).to_pyarrow().as_py()
    if more:
        msg = (
            f"{more} persons have more bed days than days in the window, so their stays overlap or touch within a day."
        )
        raise DesignError(msg, hint="Join contacts over hospitals, or count same-day stays as 0 days.")


def _not_there(each: ir.Table) -> dict[str, int]:
    gone = each.filter(each["bottom"] <= 0)
    count = int(gone["person"].nunique().to_pyarrow().as_py())
    return {"not_there_in_window": count} if count else {}


def _assumptions(by: str | None, *, known: bool) -> tuple[str, ...]:
    found = (
        []
        if known
        else ["Deaths are not known and nobody moved: every person of the stays counts for the whole window."]
    )
    if by is not None and not known:
        found.append(f"The persons of a {by} are those with a stay there; groups are described, not compared.")
    return tuple(found)


def _estimates(sums: pd.DataFrame) -> pd.DataFrame:
    rate, error, low, high = (
        each * DAYS_A_YEAR
        for each in ratio_interval(
            persons=sums["persons"], top=sums["top"], bottom=sums["bottom"], squares=squares_of(sums), level=LEVEL
        )
    )
    high = np.minimum(high, DAYS_A_YEAR)
    shared = {
        "group": sums["group"],
        "std_error": error,
        "conf_level": LEVEL,
        "n_persons": sums["persons"].astype("int64"),
        "denominator": sums["bottom"] / DAYS_A_YEAR,
    }
    spent = {"estimate": rate, "conf_low": low, "conf_high": high, "numerator": sums["top"]}
    outside = {
        "estimate": DAYS_A_YEAR - rate,
        "conf_low": DAYS_A_YEAR - high,
        "conf_high": DAYS_A_YEAR - low,
        "numerator": sums["bottom"] - sums["top"],
    }
    frames = [
        pd.DataFrame({"measure": f"{name}_per_person_year", **shared, **numbers})
        for name, numbers in (("bed_days", spent), ("community_days", outside))
    ]
    return pd.concat(frames).sort_index(kind="stable").reset_index(drop=True)
