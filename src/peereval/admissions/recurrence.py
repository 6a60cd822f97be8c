"""When persons were out of hospital and at risk of another readmission, and how many they had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.admissions.engine import Source, to_pandas
from peereval.admissions.followed import (
    DEATHS_UNKNOWN,
    LEVEL,
    PERSONS_APART,
    check_horizon,
    knows_deaths,
    read_index,
    settings_of,
)
from peereval.admissions.rates import ALL, definition_of, definition_parts, precision_notes, reasons_of, table_origin
from peereval.errors import DesignError
from peereval.estimation.recurrent_events import PersonTime, mean_cumulative_function
from peereval.results import Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

    from peereval.admissions.definition import ReadmissionDefinition

_SECONDS_A_DAY = 86_400.0
_SAME = 1e-6
"""Days by which two ways to compute one time may differ."""


def recurrent_readmissions(index: Source, *, by: str | None = None, horizon: int = 365) -> Result:
    """Mean number of readmissions of a person by each day after the first index discharge.

    Parameters
    ----------
    index : DataFrame, str, Path or ibis Table
        The *index stays* contract, by a definition that takes every discharge as an index stay, so that what follows a
        readmission is judged too.
    by : str, optional
        A column of `index`; a person belongs to the group of the first index stay.
    horizon : int
        Days after the first index discharge at which the curves end.

    Returns
    -------
    Result
        Rows with ``measure`` ``mean_readmissions``, one a day with a readmission: the mean number until then, its
        standard error and limits on the logarithm, ``n`` persons at risk that day, ``n_persons`` of the group, and the declared
        ``n_events``. Where a death is known it is Ghosh and Lin's estimator, in which the dead have no further
        readmission; taking death as the end of follow-up would count readmissions that nobody could have (rule R13).

    Raises
    ------
    ColumnError
        `index` breaks its contract or has no column `by`.
    DesignError
        The stays were judged by several definitions, or by one that takes only some discharges as index stays.
    InvalidValueError
        `horizon` is not above 0.

    Notes
    -----
    Days count from the first index discharge. A person is at risk while out of hospital: not during any later stay, and
    not after a readmission whose own discharge is no index stay, until the next one that is. So the number is that of a
    person with the rate of those out of hospital. Days are whole; a second readmission on one day counts on the next. Who dies
    after a stay that is no index stay is known to have died only if another stay says so, or is else no longer followed.

    For rate ratios of groups, see `hazard_ratios` with ``method="andersen-gill"``.

    Examples
    --------
    >>> import warnings
    >>> import peereval as pe
    >>> warnings.simplefilter("ignore", pe.UnverifiedWarning)
    >>> region = pe.simulate_study("region", seed=1)
    >>> stays = pe.readmissions(region.contacts, persons=region.persons)
    >>> found = recurrent_readmissions(stays).estimates
    >>> found["measure"].unique().tolist(), bool(found["estimate"].is_monotonic_increasing)
    (['mean_readmissions'], True)
    """
    check_horizon(horizon)
    table = read_index(index, [by])
    said = definition_parts(definition_of(table))
    seen = out_of_hospital(table, horizon, [by] if by is not None else [])
    dead = bool(seen.persons["died"].any())
    return Result(
        kind="recurrent",
        title="Recurrent readmissions",
        estimates=_estimates(seen, by),
        method=(_GHOSH_LIN if dead else _NELSON) + _CLOCK,
        claim="description",
        estimand=f"Mean number of readmissions by each day up to {horizon} days after the first index discharge, at the "
        f"rate of persons who are out of hospital{', the dead having none' if dead else ''}.",
        assumptions=(
            *(() if knows_deaths(table) else (DEATHS_UNKNOWN,)),
            PERSONS_APART,
            "Those in hospital would come back at the rate of those who are out.",
            *precision_notes(table),
            *said["unverified"],
        ),
        references=("Ghosh & Lin 2000, Biometrics 56:554" if dead else "Lawless & Nadeau 1995, Technometrics 37:158",),
        settings=settings_of(table, said["id"], by=by, horizon=horizon, method="ghosh-lin" if dead else "nelson-aalen"),
        columns={"n_events": "readmissions on that day"},
        exclusions=seen.exclusions,
        origin=table_origin(table),
    )


_GHOSH_LIN = (
    "The mean number of readmissions of a person was estimated after Ghosh and Lin, with death as a terminal event and "
    "the variance from each person's influence"
)
_NELSON = (
    "The mean number of readmissions of a person was estimated by the mean cumulative function (Nelson-Aalen), with the "
    "variance from each person's influence; no death is known"
)
_CLOCK = (
    " (rule R13). Days count from the first index discharge, a person is not at risk while in hospital, and 95 % limits "
    "are on the scale of the logarithm."
)


@dataclass(frozen=True, slots=True, eq=False)
class OutOfHospital:
    """Persons since their first index discharge.

    Parameters
    ----------
    intervals : DataFrame
        In the order of persons and days: ``who`` (the person's place in `persons`), ``start``, ``stop``, ``event`` (at risk
        after day `start` until day `stop`; whether a readmission ended it), and the columns asked for, of the index
        stay before it.
    persons : DataFrame
        ``last`` (day of death or end of follow-up), ``died``, and the columns asked for, of the first index stay.
    exclusions : dict of str to int
        Reason code to stays that were not followed.
    """

    intervals: pd.DataFrame
    persons: pd.DataFrame
    exclusions: dict[str, int]


def out_of_hospital(table: ir.Table, horizon: float | None, columns: Sequence[str] = ()) -> OutOfHospital:
    """Find when persons were at risk of each readmission.

    Parameters
    ----------
    table : ibis Table
        As `read_index` gives it.
    horizon : float, optional
        Days after the first index discharge beyond which nothing is looked at.
    columns : sequence of str
        Columns of the stays to keep.

    Returns
    -------
    OutOfHospital
        Persons and their time at risk.

    Raises
    ------
    DesignError
        The definition takes only some discharges as index stays.
    """
    rule = definition_of(table)
    _check_rule(rule)
    exclusions = reasons_of(table)
    stays = to_pandas(_in_days(table, rule, columns).order_by("person", "episode"))
    stays["who"] = pd.factorize(stays["person"])[0]
    index = stays["reason"].isna().to_numpy()
    # the index stay that a stay is, or comes after
    stays["anchor"] = pd.Series(np.where(index, np.arange(len(stays)), np.nan)).groupby(stays["who"]).ffill()
    stays["next_admitted"] = stays.groupby("who")["admitted"].shift(-1)
    after = stays[stays["anchor"].notna()].reset_index(drop=True)
    after["who"] = pd.factorize(after["who"])[0]
    persons = _persons(after)
    anchors = stays.loc[after["anchor"].astype(int)].reset_index(drop=True)
    intervals = _whole_days(_at_risk(after, anchors), persons)
    if horizon is not None:
        intervals["event"] &= intervals["stop"] <= horizon
        persons["died"] &= persons["last"] <= horizon
        intervals["stop"] = intervals["stop"].clip(upper=horizon)
        persons["last"] = persons["last"].clip(upper=horizon)
    intervals = intervals[intervals["stop"] > intervals["start"]].reset_index(drop=True)
    wanted = list(dict.fromkeys(["person", *columns]))
    before = anchors.loc[intervals["row"], wanted].reset_index(drop=True)
    firsts = after.groupby("who", sort=True).head(1)[wanted].reset_index(drop=True)
    return OutOfHospital(
        pd.concat([intervals[["who", "start", "stop", "event"]], before], axis=1),
        pd.concat([persons[["last", "died"]], firsts], axis=1),
        exclusions,
    )


def _check_rule(rule: ReadmissionDefinition | None) -> None:
    if rule is not None and not (rule.readmission_may_be_index and rule.counted == "discharges"):
        msg = f"By {rule.id} only some discharges are index stays, so what follows the others is not known."
        raise DesignError(msg, hint='Judge the contacts by a definition of every discharge, such as "dk-30".')


def _in_days(table: ir.Table, rule: ReadmissionDefinition | None, columns: Sequence[str]) -> ir.Table:
    """Times as numbers of days, as the definition counts them."""
    import ibis

    whole = rule is not None and rule.days == "calendar"

    def days(name: str) -> ir.Value:
        moment = table[name].truncate("D") if whole else table[name]
        return moment.epoch_seconds() / _SECONDS_A_DAY

    died = table["discharged_to"] == "died" if "discharged_to" in table.columns else ibis.literal(value=False)
    kept = dict.fromkeys(["person", "episode", "reason", "event", "days_to_readmission", "followup_days", *columns])
    rows = table.filter(table["episode"] > 0)
    return rows.select(
        *(name for name in kept),
        admitted=days("admitted"), discharged=days("discharged"), data_end=days("followup_end"),
        died_in=died.fill_null(False),  # noqa: FBT003 - Ibis takes it by position
    )  # fmt: skip


def _persons(after: pd.DataFrame) -> pd.DataFrame:
    """From when until when each person was followed, and whether death ended it."""
    followed = after["discharged"] + after["followup_days"].where(after["reason"].isna())
    known = after.assign(
        until=followed,
        dead=after["event"].eq("died").fillna(value=False).astype(bool) & after["reason"].isna(),
        death=after["discharged"].where(after["died_in"].astype(bool)),
    )
    each = known.groupby("who", sort=True)
    found = pd.DataFrame({"from": each["discharged"].first(), "until": each["until"].max(), "died": each["dead"].any()})
    death, data_end = each["death"].min(), each["data_end"].max()
    return pd.DataFrame(
        {
            "from": found["from"],
            "until": death.fillna(found["until"]),
            "died": found["died"] | death.notna(),
            "data_end": data_end.fillna(found["until"]),
        }
    )


def _at_risk(after: pd.DataFrame, anchors: pd.DataFrame) -> pd.DataFrame:
    """The time after each stay until the next one, as long as no readmission has come since the last index stay."""
    days = anchors["days_to_readmission"].where(anchors["event"].eq("readmitted").fillna(value=False).astype(bool))
    returns = (after["next_admitted"] - anchors["discharged"] - days).abs() < _SAME
    so_far = returns.groupby(after["anchor"]).cumsum()
    found = pd.DataFrame(
        {"who": after["who"], "row": np.arange(len(after)), "from": after["discharged"], "to": after["next_admitted"],
         "event": returns & (so_far == 1)}
    )  # fmt: skip
    none_yet = so_far - returns.astype("int64") == 0
    return found[none_yet & found["from"].notna()].reset_index(drop=True)


def _whole_days(spans: pd.DataFrame, persons: pd.DataFrame) -> pd.DataFrame:
    """Count times since the first index discharge in whole days; a day of which a part was out of hospital is at risk.

    Intervals of a person follow one another, and each with a readmission has a day of its own.
    """
    mine = persons.loc[spans["who"]].reset_index(drop=True)
    last, seen = ((mine[name] - mine["from"]).apply(np.floor) for name in ("until", "data_end"))
    opened = (spans["from"] - mine["from"]).apply(np.floor)
    closed = (spans["to"] - mine["from"]).apply(np.ceil).fillna(last)
    order = spans["event"].groupby(spans["who"]).cumsum()
    # where two readmissions fall on one day, the second is moved to the next: the highest of what was before, plus one
    reached = np.maximum(closed, opened + spans["event"]) - order
    stop = reached.groupby(spans["who"]).cummax() + order
    event = spans["event"] & (stop <= np.maximum(last, seen))
    persons["last"] = np.floor(persons["until"] - persons["from"])
    latest = stop.where(event).groupby(spans["who"]).max()
    # a readmission on the day of death is seen
    persons["last"] = np.fmax(persons["last"], latest.reindex(persons.index))
    ends = np.minimum(stop, persons["last"].loc[spans["who"]].to_numpy())
    before = stop.groupby(spans["who"]).shift(1)
    return spans.assign(start=np.fmax(opened, before), stop=ends, event=event)


def _estimates(seen: OutOfHospital, by: str | None) -> pd.DataFrame:
    group = (
        seen.persons[by].astype("string").fillna("unknown")
        if by is not None
        else pd.Series(ALL, index=seen.persons.index)
    )
    parts = [
        _curve(seen, group.index[group == name].to_numpy()).assign(
            group=str(name), n_persons=int((group == name).sum())
        )
        for name in sorted(group.unique())
    ]
    columns = ["group", "measure", "time", "estimate", "std_error", "conf_low", "conf_high", "conf_level", "n", "n_persons", "n_events"]  # fmt: skip
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return rows.assign(measure="mean_readmissions", conf_level=LEVEL).reindex(columns=columns)


def _curve(seen: OutOfHospital, who: np.ndarray) -> pd.DataFrame:
    """The curve of some persons, from day 0 until the last day on which one of them was followed."""
    mine = seen.intervals[seen.intervals["who"].isin(who)]
    place = np.searchsorted(who, mine["who"])
    start, stop = (mine[name].to_numpy(dtype=float) for name in ("start", "stop"))
    last, died = seen.persons["last"].to_numpy(dtype=float)[who], seen.persons["died"].to_numpy(dtype=bool)[who]
    time = PersonTime(place, start, stop, mine["event"].to_numpy(dtype=bool), last, died)
    found = mean_cumulative_function(time, level=LEVEL)
    end = float(last.max())
    rows = [pd.DataFrame({"time": [0.0], "estimate": [0.0], "n": [len(who)], "n_events": [0]}), found]
    if end > (found["time"].iloc[-1] if len(found) else 0.0):
        known = found.tail(1).assign(time=end, n=int(((start < end) & (stop >= end)).sum()), n_events=0)
        rows.append(known)
    return pd.concat([each for each in rows if len(each)], ignore_index=True).astype({"time": "int64"})
