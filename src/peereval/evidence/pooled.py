"""One pool of studies: its mean, its uncertainty, how much the studies differ, and what a new study may bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import numpy as np

from peereval.estimation.means import Estimate, with_t
from peereval.evidence.random_effects import Heterogeneity, generalised_q, heterogeneity, tau_squared, weighted_mean
from peereval.evidence.robust_mean import robust_mean
from peereval.evidence.stratified_counts import mantel_haenszel, peto

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from peereval.evidence.random_effects import Estimator

    Floats: TypeAlias = NDArray[np.float64]

Method: TypeAlias = Literal["reml", "dersimonian-laird", "paule-mandel", "fixed", "mantel-haenszel", "peto"]
Working: TypeAlias = Literal["correlated", "independent"]
HartungKnapp: TypeAlias = bool | Literal["plain"]
LEVEL = 0.95
RANDOM = ("reml", "dersimonian-laird", "paule-mandel")
FROM_COUNTS = ("mantel-haenszel", "peto")
COUNTS = ["events_treatment", "n_treatment", "events_control", "n_control"]
_FEWEST_REML = 3
_FEWEST_PREDICTED = 5


@dataclass(frozen=True, slots=True)
class Pooled:
    """What a pool of studies gives.

    Parameters
    ----------
    mean : Estimate
        The pooled effect.
    differ : Heterogeneity
        How much the studies differ.
    k : int
        Independent studies.
    prediction : tuple of float
        Limits between which the true effect of a new study is expected.
    factor : float
        Hartung and Knapp's factor q before it is raised to 1.
    rows : DataFrame
        ``estimate``, ``variance`` and ``weight`` (per cent) of each row.
    model : {"random", "common"}
        Whether the variance between studies was estimated.
    robust : bool
        Whether the standard error is the robust one of dependent effects.
    """

    mean: Estimate
    differ: Heterogeneity
    k: int
    prediction: tuple[float, float]
    factor: float
    rows: pd.DataFrame
    model: Literal["random", "common"]
    robust: bool


def pool_studies(
    frame: pd.DataFrame, method: Method, *, hartung_knapp: HartungKnapp = True, working: Working = "correlated"
) -> Pooled:
    """Pool the effects of one frame.

    Parameters
    ----------
    frame : DataFrame
        ``estimate``, ``variance`` and ``unit`` (what is independent of the rest); for counts the four columns of
        counts.
    method : str
        As `peereval.pool` has it.
    hartung_knapp : bool or "plain"
        As `peereval.pool` has it.
    working : {"correlated", "independent"}
        As `peereval.pool` has it.

    Returns
    -------
    Pooled
        The pool.
    """
    if method in FROM_COUNTS:
        return _pool_counts(frame, method)
    y, v = (frame[name].to_numpy(float) for name in ("estimate", "variance"))
    labels, units = np.unique(frame["unit"].astype(str), return_inverse=True)
    k, dependent = len(labels), len(labels) < len(frame)
    sizes = np.bincount(units)
    averaged = dependent and (working == "correlated" or k < _FEWEST_REML)
    if averaged:
        y, v = (np.bincount(units, each) / sizes for each in (y, v))
        units = np.arange(k)
    random = method in RANDOM and k >= (_FEWEST_REML if method == "reml" else 2)
    tau = tau_squared(y, v, cast("Estimator", method)) if random else 0.0
    robust = dependent and k >= _FEWEST_REML
    factor = generalised_q(y, v, tau) / (len(y) - 1) if len(y) > 1 else np.nan
    mean = robust_mean(y, v + tau, units) if robust else _mean(y, v, tau, factor, hartung_knapp if random else False)
    weights = 1 / (v + tau)
    rows = frame.assign(weight=100 * _spread(frame, weights / weights.sum(), sizes, averaged=averaged))
    return Pooled(
        mean, heterogeneity(y, v, tau), k, _prediction(mean, tau, k) if random else (np.nan, np.nan), factor, rows,
        "random" if random else "common", robust,
    )  # fmt: skip


def _spread(frame: pd.DataFrame, weights: Floats, sizes: NDArray[np.intp], *, averaged: bool) -> Floats:
    """The weight of every row; rows that were averaged share that of their unit."""
    if not averaged:
        return weights
    codes = np.unique(frame["unit"].astype(str), return_inverse=True)[1]
    found: Floats = (weights / sizes)[codes]
    return found


def _mean(y: Floats, v: Floats, tau: float, factor: float, hartung_knapp: HartungKnapp) -> Estimate:
    mean, error = weighted_mean(y, v, tau)
    if not hartung_knapp:
        return with_t(mean, error, np.inf, LEVEL)
    raised = factor if hartung_knapp == "plain" else max(1.0, factor)
    return with_t(mean, error * raised**0.5, len(y) - 1, LEVEL)


def _prediction(mean: Estimate, tau: float, k: int) -> tuple[float, float]:
    from scipy.stats import t

    if k < _FEWEST_PREDICTED:
        return np.nan, np.nan
    half = float(t.ppf((1 + LEVEL) / 2, k - 1)) * (tau + mean.std_error**2) ** 0.5
    return mean.estimate - half, mean.estimate + half


def _pool_counts(frame: pd.DataFrame, method: str) -> Pooled:
    counts = frame[COUNTS].to_numpy(float)
    if method == "peto":
        y, v = peto(counts)
        weights = 1 / v
        known = np.isfinite(v)
        mean, error = weighted_mean(y[known], v[known]) if known.any() else (np.nan, np.nan)
    else:
        y, v = (frame[name].to_numpy(float) for name in ("estimate", "variance"))
        mean, error, weights = mantel_haenszel(str(frame["measure"].iloc[0]), counts)
        known = np.isfinite(y) & np.isfinite(v)
    q = float(((y[known] - mean) ** 2 / v[known]).sum())
    # a study in which the event happened to nobody, or to everybody, tells nothing
    weights = np.nan_to_num(weights)
    total = weights.sum() if weights.any() else 1.0
    rows = frame.assign(estimate=y, variance=v, weight=100 * weights / total)
    found = heterogeneity(y[known], v[known], np.nan, q=q)
    return Pooled(
        with_t(mean, error, np.inf, LEVEL), found, int(known.sum()), (np.nan, np.nan), np.nan, rows, "common",
        robust=False,
    )  # fmt: skip
