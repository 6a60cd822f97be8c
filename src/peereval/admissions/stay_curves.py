"""Length of stay where some stays are still open: quantiles of the Kaplan-Meier curve and restricted means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from peereval.errors import DesignError
from peereval.estimation.clustered_curves import ClusteredCurve, clustered_curve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peereval.admissions.stay_sample import StaySample

LEVEL = 0.95
QUANTILES = {"stay_quartile_1": 0.25, "stay_median": 0.5, "stay_quartile_3": 0.75}
"""Measures and the share of stays that have ended by then."""


def stay_quantiles(sample: StaySample) -> pd.DataFrame:
    """Give the quartiles of the stay in each group, the mean where no stay was cut, and the curve.

    Parameters
    ----------
    sample : StaySample
        The stays.

    Returns
    -------
    DataFrame
        Rows of estimates.
    """
    rows: list[dict[str, Any]] = []
    curves = []
    for name in sample.groups:
        curve, n = _curve(sample, name)
        limits = curve.limits(LEVEL)
        for measure, p in QUANTILES.items():
            value, low, high = curve.quantile(p, limits)
            rows.append(_row(name, measure, n, estimate=value, conf_low=low, conf_high=high))
        inside = sample.group == name
        if sample.event[inside].all() and (sample.entry[inside] < 0).all():
            rows.append(_mean(sample, name))
        curves.append(_points(curve, limits, name))
    return pd.concat([pd.DataFrame(rows), *curves], ignore_index=True)


def restricted_means(sample: StaySample, tau: float, reference: str) -> pd.DataFrame:
    """Give the mean stay up to a day in each group, and its differences from one of them.

    Parameters
    ----------
    sample : StaySample
        The stays.
    tau : float
        The day.
    reference : str
        The group that others are compared with.

    Returns
    -------
    DataFrame
        Rows of estimates.

    Raises
    ------
    DesignError
        In a group nobody is followed until the day, and not all stays have ended before.
    """
    found = {name: _restricted(sample, name, tau) for name in sample.groups}
    rows = [
        _with_z(_row(name, "restricted_mean_stay", n, estimate=value), influence)
        for name, (value, influence, n) in found.items()
    ]
    base, base_influence, n_base = found[reference]
    for name, (value, influence, n) in found.items():
        if name != reference:
            row = _row(name, "restricted_mean_difference", n + n_base, estimate=value - base)
            row["contrast"] = f"{name} - {reference}"
            rows.append(_with_z(row, influence - base_influence, test=True))
    return pd.DataFrame(rows)


def _curve(sample: StaySample, name: str) -> tuple[ClusteredCurve, int]:
    inside = sample.group == name
    entry, time, event = (each[inside] for each in (sample.entry, sample.time, sample.event))
    return clustered_curve(entry, time, event, sample.cluster[inside], sample.n_clusters), int(inside.sum())


def _restricted(sample: StaySample, name: str, tau: float) -> tuple[float, Any, int]:
    curve, n = _curve(sample, name)
    latest = sample.time[sample.group == name].max()
    if latest < tau and (not len(curve.share) or curve.share[-1] > 0):
        msg = (
            f"Nobody of the group {name!r} is followed until day {tau:g}; the longest is followed for {latest:g} days."
        )
        raise DesignError(msg, hint=f"Take tau={latest:g} or less.")
    return *curve.restricted_mean(tau), n


def _mean(sample: StaySample, name: str) -> dict[str, Any]:
    """The mean of stays that have all ended, with the variance by person."""
    inside = sample.group == name
    time, cluster = sample.time[inside], sample.cluster[inside]
    influence = np.bincount(cluster, time - time.mean()) / len(time)
    if not (cluster != cluster[0]).any():
        influence = np.full(1, np.nan)
    return _with_z(_row(name, "stay_mean", len(time), estimate=float(time.mean())), influence)


def _points(curve: ClusteredCurve, limits: tuple[Any, Any], name: str) -> pd.DataFrame:
    low, high = limits
    return pd.DataFrame(
        {
            "group": name,
            "measure": "still_admitted",
            "time": curve.times,
            "estimate": curve.share,
            "conf_low": low,
            "conf_high": high,
            "conf_level": LEVEL,
            "n": curve.at_risk.astype(np.int64),
        }
    )


def _row(group: str, measure: str, n: int, **numbers: float) -> dict[str, Any]:
    return {"group": group, "measure": measure, "n": n, "conf_level": LEVEL, **numbers}


def _with_z(row: dict[str, Any], influence: Iterable[float], *, test: bool = False) -> dict[str, Any]:
    from scipy.stats import norm

    error = float(np.sqrt((np.asarray(influence) ** 2).sum()))
    spread = float(norm.ppf((1 + LEVEL) / 2)) * error
    value = row["estimate"]
    tested = {"p_value": float(2 * norm.sf(abs(value) / error)) if error > 0 else float("nan")} if test else {}
    return {**row, "std_error": error, "conf_low": value - spread, "conf_high": value + spread, **tested}
