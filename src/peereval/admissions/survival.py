"""Time from discharge to readmission."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.admissions.engine import Source, as_table, to_pandas
from peereval.admissions.rates import (
    check_by,
    definition_of,
    definition_parts,
    followup_end_of,
    group_of,
    precision_notes,
    reasons_of,
    table_origin,
    time_precision,
)
from peereval.contracts import INDEX_STAYS, check_table
from peereval.errors import DesignError
from peereval.estimation.survival import kaplan_meier
from peereval.results import Result, versions

if TYPE_CHECKING:
    import ibis.expr.types as ir

LEVEL = 0.95


def time_to_readmission(index: Source, *, by: str | None = None, horizon: int = 365) -> Result:
    """Kaplan-Meier curve of staying out of hospital after the first index stay of each person.

    Parameters
    ----------
    index : DataFrame, str, Path or ibis Table
        The *index stays* contract, as `readmissions` gives it.
    by : str, optional
        A column of `index`, such as ``"unit"`` or ``"acute"``, with one curve each.
    horizon : int
        Days after discharge at which the curve ends.

    Returns
    -------
    Result
        Rows with ``measure`` ``not_readmitted``: one a day on which something happened (``time`` in whole
        days: a readmission on day 3 came within three days), with the share not yet readmitted, its
        log-log limits, the number at risk ``n``, and declared columns ``n_events`` and ``n_censored``.
        Each person is followed for whole days; a readmission in the last, incomplete day is not counted.
        A stay without an outcome and without a reason is left out as ``outcome_missing``.

    Raises
    ------
    ColumnError
        `index` breaks its contract or has no column `by`.
    DesignError
        The stays were judged by several definitions; or deaths after discharge are known, and a Kaplan-Meier
        curve would count the dead as waiting (rule R13).

    Examples
    --------
    >>> import warnings
    >>> import peereval as pe
    >>> warnings.simplefilter("ignore", pe.UnverifiedWarning)
    >>> region = pe.simulate_study("region", seed=1)
    >>> stays = pe.readmissions(region.contacts, definition="dk-30")
    >>> curve = pe.time_to_readmission(stays).estimates
    >>> curve.query("time <= 30").tail(1)[["time", "estimate", "n"]].round(2)
        time  estimate    n
    19    30      0.77  186
    """
    table = as_table(index, INDEX_STAYS)
    check_table(table, INDEX_STAYS)
    check_by(table, by)
    # judged once, then counted several times
    table = table.mutate(
        **{name: _known_days(table[name]) for name in ("followup_days", "days_to_readmission")}
    ).cache()
    said = definition_parts(definition_of(table))
    if table.filter(table["event"] == "died").count().to_pyarrow().as_py():
        msg = "Deaths after discharge are known, so a Kaplan-Meier curve of readmission would be wrong (rule R13)."
        raise DesignError(msg, hint="Use the cumulative incidence with death as a competing event.")
    followed, exclusions = _first_stays(table)
    return Result(
        kind="survival",
        title="Time to readmission",
        estimates=_curves(_daily(followed, by, horizon), horizon),
        method=_METHOD,
        claim="description",
        estimand=f"Share of persons not readmitted by each day up to {horizon} days after their first index discharge.",
        assumptions=(
            "Deaths after discharge are not known; the curve treats the dead as still waiting for readmission.",
            *precision_notes(table),
            *said["unverified"],
        ),
        references=("Kaplan & Meier 1958, Journal of the American Statistical Association 53:457",),
        settings={
            "by": by,
            "horizon": horizon,
            "definition": said["id"],
            "followup_end": followup_end_of(table),
            "time_precision": time_precision(table),
            "conf_level": LEVEL,
            "versions": versions(),
        },
        columns={
            "n_events": "readmissions on that day",
            "n_censored": "persons followed no longer than that day",
        },
        exclusions=exclusions,
        origin=table_origin(table),
    )


def readmitted_by(stays: ir.Table, day: int) -> dict[str, float]:
    """Give the share of index stays with a readmission by a day, from the Kaplan-Meier curve.

    Parameters
    ----------
    stays : ibis Table
        The *index stays* contract; every stay with an outcome is followed.
    day : int
        Days after discharge.

    Returns
    -------
    dict of str to float
        ``estimate``, ``conf_low``, ``conf_high``, ``conf_level``, and ``n``, the stays at the start. Empty without any.
    """
    followed = stays.filter(_observed(stays))
    curve = _curves(_daily(followed, None, day), day)
    if curve.empty:
        return {}
    last = curve.iloc[-1]
    return {
        "estimate": 1.0 - last["estimate"],
        "conf_low": 1.0 - last["conf_high"],
        "conf_high": 1.0 - last["conf_low"],
        "conf_level": LEVEL,
        "n": curve["n"].iloc[0],
    }


_METHOD = (
    "Time to readmission from the first index discharge of each person is shown by the Kaplan-Meier estimator with "
    "log-log 95 % limits, in whole days; a readmission in the last, incomplete day of a person's follow-up is not "
    "counted (rule R13; no death is known)."
)


def _first_stays(table: ir.Table) -> tuple[ir.Table, dict[str, int]]:
    """The first stay of each person that can be followed, and why the others are left out."""
    import ibis

    died = table["discharged_to"] == "died" if "discharged_to" in table.columns else ibis.literal(value=False)
    observed = _observed(table)
    judged = table.mutate(
        reason=ibis.cases(
            (observed & died.fill_null(False), "died_in_stay"),  # noqa: FBT003 - Ibis takes it by position
            (observed, ibis.null("string")),
            else_=table["reason"].fill_null("outcome_missing"),
        )
    )
    can = judged.filter(judged["reason"].isnull())
    first = can.mutate(rank=ibis.row_number().over(ibis.window(group_by="person", order_by="episode")))
    exclusions = reasons_of(judged)
    later = int(first.filter(first["rank"] > 0).count().to_pyarrow().as_py())
    return first.filter(first["rank"] == 0), exclusions | ({"not_first_index_stay": later} if later else {})


def _known_days(column: ir.Value) -> ir.Value:
    """Numbers without not-a-number, which engines sort above all others."""
    import ibis

    days = column.cast("float64")
    return ibis.ifelse(days.isnan(), ibis.null("float64"), days)


def _observed(table: ir.Table) -> ir.BooleanValue:
    """Whether the length of the follow-up and the outcome are known."""
    back = (table["event"] == "readmitted") & (table["days_to_readmission"] >= 0)
    known = (table["followup_days"] >= 0) & ((table["event"] == "censored") | back)
    return known.fill_null(False)  # noqa: FBT003 - Ibis takes it by position


def _daily(followed: ir.Table, by: str | None, horizon: int) -> pd.DataFrame:
    """Readmissions and ends of follow-up per group and day, counted in the engine."""
    import ibis

    # within three days is day 3; followed for 3.7 days is followed through day 3, and what comes later is not seen
    through, back = followed["followup_days"].floor(), followed["days_to_readmission"].ceil()
    event = ((followed["event"] == "readmitted") & (back <= through)).fill_null(False)  # noqa: FBT003 - Ibis takes it by position
    day = ibis.ifelse(event, back, through)
    keyed = followed.mutate(
        group=group_of(followed, by), event=event & (day <= horizon), day=ibis.least(day, ibis.literal(float(horizon)))
    )
    counts = keyed.group_by("group", "day").aggregate(
        n_events=ibis.ifelse(keyed["event"], 1, 0).sum(), n_censored=ibis.ifelse(keyed["event"], 0, 1).sum()
    )
    return to_pandas(counts.order_by("group", "day"))


def _curves(daily: pd.DataFrame, horizon: int) -> pd.DataFrame:
    curves = [_curve(part, str(name), horizon) for name, part in daily.groupby("group", sort=True)]
    columns = [
        "group",
        "measure",
        "time",
        "estimate",
        "conf_low",
        "conf_high",
        "conf_level",
        "n",
        "n_events",
        "n_censored",
    ]
    return pd.concat(curves, ignore_index=True) if curves else pd.DataFrame(columns=columns)


def _curve(part: pd.DataFrame, name: str, horizon: int) -> pd.DataFrame:
    counts = {key: part[key].to_numpy(dtype=np.int64) for key in ("day", "n_events", "n_censored")}
    found = kaplan_meier(counts["day"], counts["n_events"], counts["n_censored"], level=LEVEL)
    start = pd.DataFrame(
        {"time": [0], "estimate": [1.0], "n": [found["n"].iloc[0]], "n_events": [0], "n_censored": [0]}
    )
    curve = found if counts["day"][0] == 0 else pd.concat([start, found], ignore_index=True)
    return curve[curve["time"] <= horizon].assign(group=name, measure="not_readmitted", conf_level=LEVEL)
