"""Events on wards, such as coercive measures and as-needed medication, per 1,000 bed days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.admissions.days import SameDay, check_same_day, data_days, days_within, same_day_note, stays_of
from peereval.admissions.engine import Source, as_table
from peereval.admissions.rates import LEVEL, PERIODS, Period, group_of, reasons_of, table_origin, time_precision
from peereval.admissions.sums import added, person_sums, squares_of
from peereval.contracts import EVENTS, check_table
from peereval.errors import ColumnError, InvalidValueError, nearest
from peereval.estimation.ratios import rate_interval, ratio_interval
from peereval.results import Result, versions

if TYPE_CHECKING:
    import ibis.expr.types as ir

_STARTS = {"month": "MS", "quarter": "QS", "year": "YS"}


def event_rate(
    events: Source,
    episodes: Source,
    *,
    by: str | None = None,
    period: Period | None = None,
    per: float = 1000,
    same_day: SameDay = 1,
    start: date | None = None,
    end: date | None = None,
) -> Result:
    """Events per 1,000 bed days.

    Parameters
    ----------
    events : DataFrame, str, Path or ibis Table
        The *events* contract: one row an event, with its ``date``, ``kind`` and, if known, ``person`` and ``unit``.
    episodes : DataFrame, str, Path or ibis Table
        Whose days are the time in which events can happen: the *episodes* contract, whose unit is that of the last
        contact; or the *contacts* contract, which gives each ward its own days.
    by : str, optional
        ``"kind"``, with the same bed days for each kind; or a column that both tables have, such as ``"unit"``. Groups
        stand beside everybody.
    period : {"month", "quarter", "year"}, optional
        Count by calendar period as well, with its first day as ``time``: a series for control charts.
    per : float
        Bed days that the rate is given for.
    same_day : {0, 0.5, 1}
        How many days a stay has that ends on the day of admission; otherwise nights are counted, each on the day on
        which it begins.
    start, end : date, optional
        First and last day that count; without them those of the stays.

    Returns
    -------
    Result
        One row a group (and period) with ``measure`` ``event_rate``, ``numerator`` (events), ``denominator`` (bed days),
        ``n_persons`` with bed days, and Garwood's interval on the events divided by the design effect of persons.

    Raises
    ------
    ColumnError
        A table breaks its contract or has no column `by`.
    InvalidValueError
        `period` or `per` is none.

    Notes
    -----
    Where an event has no person, persons cannot be told apart: events are then taken as independent, which
    makes intervals too narrow, and the assumptions say so. The design effect is at least 1.

    Examples
    --------
    >>> import pandas as pd
    >>> stays = pd.DataFrame({
    ...     "person": ["a", "b"], "episode": 1, "n_contacts": 1, "unit": ["north", "south"],
    ...     "admitted": pd.to_datetime(["2019-01-01", "2019-01-01"]),
    ...     "discharged": pd.to_datetime(["2019-01-21", "2019-02-10"]),
    ... })
    >>> events = pd.DataFrame({
    ...     "person": ["a", "b", "b"], "kind": ["restraint", "restraint", "seclusion"],
    ...     "date": pd.to_datetime(["2019-01-03", "2019-01-05", "2019-02-01"]),
    ... })
    >>> found = event_rate(events, stays, by="kind").estimates
    >>> found[["group", "estimate", "numerator", "denominator"]].round(1)
           group  estimate  numerator  denominator
    0  restraint      33.3          2         60.0
    1  seclusion      16.7          1         60.0
    2        all      50.0          3         60.0
    """
    _check_words(period, per)
    check_same_day(same_day)
    stays = stays_of(episodes, contacts=True)
    happened = as_table(events, EVENTS)
    check_table(happened, EVENTS)
    _check_by(by, happened, stays)
    first, last = data_days(stays, start, end)
    happened = _judged(happened, first, last).cache()
    spans = _spans(period, first, last)
    known = happened.filter(happened["reason"].isnull())
    persons = _persons_known(known)
    groups = [] if by is None else [_sums(known, stays, spans, by, same_day)]
    sums = pd.concat([*groups, _sums(known, stays, spans, None, same_day)], ignore_index=True)
    return Result(
        kind="event-rates",
        title=f"Events per {per:,.0f} bed days",
        estimates=_estimates(sums, per, period, persons=persons),
        method=_method(same_day, per, persons=persons),
        claim="description",
        estimand=f"Events per {per:,.0f} bed days from {first:%Y-%m-%d} to {last:%Y-%m-%d}.",
        assumptions=() if persons else (_INDEPENDENT,),
        references=("Garwood 1936, Biometrika 28:437",),
        settings={
            "by": by,
            "period": period,
            "per": per,
            "same_day": same_day,
            "start": f"{first:%Y-%m-%d}",
            "end": f"{last:%Y-%m-%d}",
            "clusters": "person" if persons else None,
            "time_precision": time_precision(stays),
            "conf_level": LEVEL,
            "versions": versions(),
        },
        columns={
            "design_effect": "variance with persons as clusters over that of a Poisson process",
            "least_count": "persons with an event; it never leaves, and tells release whether the rate may",
        },
        exclusions=added(reasons_of(stays), reasons_of(happened)),
        origin=table_origin(happened) if "origin" in happened.columns else table_origin(stays),
    )


_INDEPENDENT = (
    "Events have no persons and are taken as independent; intervals are too narrow where a few persons have many."
)


def _check_words(period: str | None, per: float) -> None:
    if period is not None and period not in PERIODS:
        msg = f"Events are counted by {', '.join(PERIODS)}, not by {period!r}."
        raise InvalidValueError(msg, hint=nearest(period, PERIODS))
    if not per > 0:
        msg = f"The rate is asked for per {per!r} bed days; expected a number above 0."
        raise InvalidValueError(msg)


def _check_by(by: str | None, happened: ir.Table, stays: ir.Table) -> None:
    tables = {"events": happened} if by == "kind" else {"events": happened, "stays": stays}
    for name, table in tables.items():
        if by is not None and by not in table.columns:
            msg = f"The {name} have no column {by!r} to group by."
            raise ColumnError(msg, hint=nearest(by, table.columns))


def _judged(happened: ir.Table, first: date, last: date) -> ir.Table:
    """Give the reason why an event does not count."""
    import ibis

    day = happened["date"].cast("date")
    inside = (day >= ibis.literal(first)) & (day <= ibis.literal(last))
    return happened.mutate(
        reason=ibis.cases(
            (day.isnull(), "date_missing"), (~inside, "event_outside_window"), else_=ibis.null("string")
        )
    )  # fmt: skip


def _persons_known(known: ir.Table) -> bool:
    """Whether every event tells whose it was."""
    if "person" not in known.columns:
        return False
    return not known.count(where=known["person"].isnull()).to_pyarrow().as_py()


def _spans(period: Period | None, first: date, last: date) -> pd.DataFrame:
    """The calendar periods, cut to the window: their name, first day and first day after."""
    after = last + timedelta(days=1)
    begins = (
        [first] if period is None
        else [first, *(day.date() for day in pd.date_range(first, last, freq=_STARTS[period]) if day.date() > first)]
    )  # fmt: skip
    frame = pd.DataFrame({"first": begins, "after": [*begins[1:], after]})
    names = pd.PeriodIndex(pd.to_datetime(frame["first"]), freq=PERIODS[period or "year"]).start_time
    return frame.assign(time=names.strftime("%Y-%m-%d").astype("string"))


def _sums(known: ir.Table, stays: ir.Table, spans: pd.DataFrame, by: str | None, same_day: SameDay) -> pd.DataFrame:
    """Events and bed days of each person, summed by group and period."""
    import ibis
    import pyarrow as pa

    # Ibis' own conversion of frames warns under pandas 3
    periods = ibis.memtable(pa.Table.from_pandas(spans, preserve_index=False))
    used = stays.filter(stays["reason"].isnull())
    shared = None if by == "kind" else by
    until = used["discharged"].cast("date").fill_null(ibis.literal(spans["after"].iloc[-1]))
    used = used.select("person", "admitted", "discharged", group=group_of(used, shared), until=until)
    on = [used["admitted"].cast("date") < periods["after"], used["until"] >= periods["first"]]
    inside = used.join(periods, on)
    days = days_within(inside["admitted"], inside["discharged"], (inside["first"], inside["after"]), same_day)
    spent = inside.mutate(top=ibis.literal(0), bottom=days)
    spent = spent.filter(spent["bottom"] > 0).select("person", "group", "time", "top", "bottom")
    day = known["date"].cast("date")
    cases = known.join(periods, [day >= periods["first"], day < periods["after"]])
    person = cases["person"].cast("string") if "person" in cases.columns else ibis.null("string")
    cases = cases.select(person=person, group=group_of(cases, by), time="time", top=1, bottom=0.0)
    if by == "kind":
        spent = spent.drop("group").cross_join(cases.select("group").distinct())
        spent = spent.select("person", "group", "time", "top", "bottom")
    both = spent.union(cases)
    each = both.group_by("person", "group", "time").aggregate(top=both["top"].sum(), bottom=both["bottom"].sum())
    return person_sums(each, ["group", "time"])


def _method(same_day: float, per: float, *, persons: bool) -> str:
    whose = "events divided by the design effect of persons (rule R12)" if persons else "events as a Poisson process"
    return f"Events are given per {per:,.0f} bed days, with Garwood's 95 % interval on the {whose}. {same_day_note(same_day)}"


def _estimates(sums: pd.DataFrame, per: float, period: Period | None, *, persons: bool) -> pd.DataFrame:
    events, days = sums["top"], sums["bottom"]
    ratio, error, _, _ = ratio_interval(
        persons=sums["persons"], top=events, bottom=days, squares=squares_of(sums), level=LEVEL
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        clustered = np.maximum(np.nan_to_num((error / ratio) ** 2 * events.to_numpy(float), nan=1.0), 1.0)
    effect = clustered if persons else np.ones(len(sums))
    low, high = rate_interval(events, days, design_effect=effect, level=LEVEL)
    frame = pd.DataFrame(
        {
            "group": sums["group"],
            "measure": "event_rate",
            "estimate": np.where(days > 0, ratio, np.nan) * per,
            "conf_low": low * per,
            "conf_high": high * per,
            "conf_level": LEVEL,
            "n_persons": sums["persons"].astype("int64"),
            "numerator": events.astype("int64"),
            "denominator": days,
            "design_effect": effect,
            # events of which nobody knows whose they are may all be one person's; no event is nobody's
            "least_count": np.where(events > 0, sums["with_top"], sums["persons"]).astype("int64"),
        }
    )
    return frame.assign(time=sums["time"]) if period else frame
