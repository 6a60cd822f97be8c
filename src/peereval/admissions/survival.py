"""Time from discharge to readmission."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from peereval.admissions.followed import (
    DEATHS_UNKNOWN,
    LEVEL,
    check_horizon,
    daily_counts,
    first_stays,
    knows_deaths,
    observed,
    read_index,
    settings_of,
)
from peereval.admissions.rates import definition_of, definition_parts, precision_notes, table_origin
from peereval.errors import DesignError, InvalidValueError, nearest
from peereval.estimation.competing_risks import cumulative_incidence
from peereval.estimation.survival import kaplan_meier
from peereval.results import Result

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from peereval.admissions.engine import Source

Method = Literal["auto", "kaplan-meier", "aalen-johansen"]


def time_to_readmission(index: Source, *, by: str | None = None, horizon: int = 365, method: Method = "auto") -> Result:
    """Follow each person from the first index discharge to readmission, with death as a competing event.

    Parameters
    ----------
    index : DataFrame, str, Path or ibis Table
        The *index stays* contract, as `readmissions` gives it; with ``persons=`` there, deaths are known.
    by : str, optional
        A column of `index`, such as ``"unit"`` or ``"acute"``, with curves for each value.
    horizon : int
        Days after discharge at which the curves end.
    method : {"auto", "kaplan-meier", "aalen-johansen"}
        ``"auto"``: the cumulative incidence (Aalen-Johansen) where a death after discharge is known, or else the
        Kaplan-Meier curve (rule R13).

    Returns
    -------
    Result
        Kaplan-Meier: rows with ``measure`` ``not_readmitted``, one a day on which something happened (``time`` in whole
        days: a readmission on day 3 came within three days), with the share not yet readmitted. Aalen-Johansen: rows
        with ``readmission_incidence`` and ``death_incidence``, the shares of all persons readmitted, and dead without a
        readmission, until each day. Log-log limits, the number at risk ``n``, and declared columns ``n_events`` (of that
        row's kind) and ``n_censored``. Each person is followed for whole days; a readmission in the last, incomplete
        day is not counted. A stay without an outcome and without a reason is left out as ``outcome_missing``.

    Raises
    ------
    ColumnError
        `index` breaks its contract or has no column `by`.
    DesignError
        The stays were judged by several definitions; or a Kaplan-Meier curve is asked for though deaths are known,
        which would count the dead as waiting (rule R13).
    InvalidValueError
        There is no such method, or `horizon` is not above 0.

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
    check_horizon(horizon)
    table = read_index(index, [by])
    chosen = chosen_curve(table, method)
    said = definition_parts(definition_of(table))
    followed, exclusions = first_stays(table)
    return Result(
        kind=KINDS[chosen],
        title="Time to readmission",
        estimates=curves(daily_counts(followed, by, horizon), chosen),
        method=METHODS[chosen],
        claim="description",
        estimand=ESTIMANDS[chosen].format(horizon),
        assumptions=(*ASSUMPTIONS[chosen], *precision_notes(table), *said["unverified"]),
        references=(REFERENCES[chosen],),
        settings=settings_of(table, said["id"], by=by, horizon=horizon, method=chosen),
        columns=COLUMNS,
        exclusions=exclusions,
        origin=table_origin(table),
    )


def readmitted_by(stays: ir.Table, day: int) -> dict[str, float]:
    """Give the share of index stays with a readmission by a day, from the curve that fits.

    Parameters
    ----------
    stays : ibis Table
        The *index stays* contract; every stay with an outcome is followed.
    day : int
        Days after discharge.

    Returns
    -------
    dict of str to float
        ``estimate``, ``conf_low``, ``conf_high``, ``conf_level``, and ``n``, the stays at the start: one minus the
        Kaplan-Meier estimate, or the cumulative incidence where a death after discharge is known. Empty without any.
    """
    chosen = chosen_curve(stays, "auto")
    curve = curves(daily_counts(stays.filter(observed(stays)), None, day), chosen)
    if curve.empty:
        return {}
    rows = curve[curve["measure"] == MEASURES[chosen][0]]
    last = rows.iloc[-1]
    found = {"estimate": last["estimate"], "conf_low": last["conf_low"], "conf_high": last["conf_high"]}
    if chosen == "kaplan-meier":
        ends = ("estimate", "conf_high", "conf_low")
        found = {name: 1.0 - last[end] for name, end in zip(found, ends, strict=True)}
    return {**found, "conf_level": LEVEL, "n": rows["n"].iloc[0]}


KINDS = {"kaplan-meier": "survival", "aalen-johansen": "incidence"}
MEASURES = {
    "kaplan-meier": ("not_readmitted",),
    "aalen-johansen": ("readmission_incidence", "death_incidence"),
}
METHODS = {
    "kaplan-meier": (
        "Time to readmission from the first index discharge of each person is shown by the Kaplan-Meier estimator with "
        "log-log 95 % limits, in whole days; a readmission in the last, incomplete day of a person's follow-up is not "
        "counted (rule R13; no death is known)."
    ),
    "aalen-johansen": (
        "Time to readmission from the first index discharge of each person is shown by the cumulative incidence, with "
        "death before readmission as a competing event (Aalen-Johansen estimator, infinitesimal jackknife, log-log 95 % "
        "limits), in whole days; readmissions and deaths of a day meet the same persons at risk, and a readmission in the "
        "last, incomplete day of a person's follow-up is not counted (rule R13)."
    ),
}
ESTIMANDS = {
    "kaplan-meier": "Share of persons not readmitted by each day up to {} days after their first index discharge.",
    "aalen-johansen": (
        "Shares of persons readmitted, and dead without a readmission, by each day up to {} days after their first index "
        "discharge."
    ),
}
ASSUMPTIONS = {
    "kaplan-meier": (DEATHS_UNKNOWN,),
    "aalen-johansen": ("Persons whose follow-up ended fare later on like those who were still followed.",),
}
REFERENCES = {
    "kaplan-meier": "Kaplan & Meier 1958, Journal of the American Statistical Association 53:457",
    "aalen-johansen": "Aalen & Johansen 1978, Scandinavian Journal of Statistics 5:141",
}
COLUMNS = {
    "n_events": "persons to whom it happened on that day",
    "n_censored": "persons followed no longer than that day",
}


def chosen_curve(table: ir.Table, method: Method) -> str:
    """Give the estimator that was asked for, or that fits; refuse the one that does not."""
    if method not in get_args(Method):
        msg = f"There is no method {method!r} for the time to readmission."
        raise InvalidValueError(msg, hint=nearest(method, get_args(Method)))
    dead = knows_deaths(table)
    if dead and method == "kaplan-meier":
        msg = "Deaths after discharge are known, so a Kaplan-Meier curve of readmission would be wrong (rule R13)."
        raise DesignError(msg, hint='Use the cumulative incidence with death as a competing event, method="auto".')
    if method == "auto":
        return "aalen-johansen" if dead else "kaplan-meier"
    return method


def curves(daily: pd.DataFrame, chosen: str) -> pd.DataFrame:
    """Estimate the curves of all groups from counts per day.

    Parameters
    ----------
    daily : DataFrame
        As `daily_counts` gives it.
    chosen : {"kaplan-meier", "aalen-johansen"}
        The estimator.

    Returns
    -------
    DataFrame
        Rows of `time_to_readmission`.
    """
    parts = [_curve(part, chosen).assign(group=str(name)) for name, part in daily.groupby("group", sort=True)]
    columns = ["group", "measure", "time", "estimate", "conf_low", "conf_high", "conf_level", "n", *COLUMNS]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _curve(part: pd.DataFrame, chosen: str) -> pd.DataFrame:
    day, readmitted, died, censored = (part[name].to_numpy(dtype=np.int64) for name in ("day", "readmitted", "died", "censored"))  # fmt: skip
    measures = MEASURES[chosen]
    if chosen == "kaplan-meier":
        found = kaplan_meier(day, readmitted, censored, level=LEVEL).assign(cause=0)
    else:
        found = cumulative_incidence(day, np.column_stack([readmitted, died]), censored, level=LEVEL)
    nothing_yet: dict[str, Any] = {"time": 0, "estimate": float(chosen == "kaplan-meier"), "n": found["n"].iloc[0]}
    starts = [{**nothing_yet, "n_events": 0, "n_censored": 0, "cause": cause} for cause in range(len(measures))]
    rows = found if day[0] == 0 else pd.concat([pd.DataFrame(starts), found], ignore_index=True)
    rows = rows.sort_values(["cause", "time"], kind="stable", ignore_index=True)
    return rows.assign(measure=rows["cause"].map(dict(enumerate(measures))), conf_level=LEVEL)
