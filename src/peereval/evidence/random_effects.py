"""Heterogeneity between studies, and weighted means of their effects.

With effects y and variances v, weights w = 1 / (v + τ²) give the mean μ = Σwy / Σw with variance 1 / Σw. Cochran's Q is
Σ(y - μ)² / v at τ² = 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

Estimator: TypeAlias = Literal["reml", "dersimonian-laird", "paule-mandel"]
_GRID = 200
_PRECISE = 1e-13


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """How much effects differ beyond chance.

    Parameters
    ----------
    q, df, p_value : float
        Cochran's Q and its chi-squared test.
    i_squared, h_squared : float
        From Q (Higgins and Thompson 2002, Statistics in Medicine 21:1539): max(0, (Q - df) / Q), and Q / df.
    tau_squared : float
        Variance of the effects between studies.
    tau_low, tau_high : float
        Its Q-profile interval.
    i_squared_tau : float
        τ² over τ² and the typical sampling variance, the convention of software that starts from τ².
    """

    q: float
    df: int
    p_value: float
    i_squared: float
    h_squared: float
    tau_squared: float
    tau_low: float
    tau_high: float
    i_squared_tau: float


def weighted_mean(y: Floats, v: Floats, tau_squared: float = 0.0) -> tuple[float, float]:
    """Give the inverse-variance mean of effects and its standard error.

    Parameters
    ----------
    y, v : ndarray of float, shape (k,)
        Effects and variances.
    tau_squared : float
        Variance between studies.

    Returns
    -------
    tuple of float
        Mean and standard error.

    Examples
    --------
    >>> import numpy as np
    >>> weighted_mean(np.array([0.0, 1.0]), np.array([0.5, 0.5]))
    (0.5, 0.5)
    """
    w = 1 / (v + tau_squared)
    return float((w * y).sum() / w.sum()), float(w.sum() ** -0.5)


def generalised_q(y: Floats, v: Floats, tau_squared: float) -> float:
    """Give the weighted sum of squares about the mean, Σ(y - μ)² / (v + τ²), which falls as τ² rises.

    Parameters
    ----------
    y, v : ndarray of float, shape (k,)
        Effects and variances.
    tau_squared : float
        Variance between studies.

    Returns
    -------
    float
        Cochran's Q at τ² = 0.

    Examples
    --------
    >>> import numpy as np
    >>> generalised_q(np.array([0.0, 2.0]), np.array([1.0, 1.0]), 0.0)
    2.0
    """
    mean, _ = weighted_mean(y, v, tau_squared)
    return float(((y - mean) ** 2 / (v + tau_squared)).sum())


def tau_squared(y: Floats, v: Floats, estimator: Estimator) -> float:
    """Estimate the variance between studies, 0 at least.

    Parameters
    ----------
    y, v : ndarray of float, shape (k,)
        Effects and variances of two or more studies.
    estimator : {"reml", "dersimonian-laird", "paule-mandel"}
        Restricted maximum likelihood; the moment estimator of DerSimonian and Laird (1986, Controlled Clinical
        Trials 7:177); the τ² at which the generalised Q is its degrees of freedom (Paule and Mandel 1982).

    Returns
    -------
    float
        In squared units of the effects.

    Examples
    --------
    >>> import numpy as np
    >>> y, v = np.array([0.1, 0.3, 0.9]), np.array([0.04, 0.04, 0.04])
    >>> [round(tau_squared(y, v, name), 4) for name in ("reml", "dersimonian-laird", "paule-mandel")]
    [0.1333, 0.1333, 0.1333]
    """
    if estimator == "dersimonian-laird":
        w = 1 / v
        return max(0.0, (generalised_q(y, v, 0.0) - (len(y) - 1)) / float(w.sum() - (w**2).sum() / w.sum()))
    if estimator == "paule-mandel":
        return _profile(y, v, len(y) - 1.0)
    return _reml(y, v)


def _profile(y: Floats, v: Floats, target: float) -> float:
    """The τ² at which the generalised Q reaches a target; 0 where it lies below already."""
    from scipy.optimize import brentq

    if generalised_q(y, v, 0.0) <= target:
        return 0.0
    # beyond, Q is below: its sum of squares is at most Σ(y - ȳ)² / τ²
    largest = float(((y - y.mean()) ** 2).sum()) / target
    return float(brentq(lambda tau: generalised_q(y, v, tau) - target, 0.0, largest, xtol=_PRECISE * largest))


def _reml(y: Floats, v: Floats) -> float:
    """The highest of the maxima of the restricted likelihood, of which there may be several."""
    from scipy.optimize import brentq

    spread = float(((y - y.mean()) ** 2).sum())
    if not spread > 0:
        return 0.0
    grid = np.concatenate([[0.0], np.geomspace(1e-8 * min(spread, float(v.min())), 2 * spread, _GRID)])
    slopes = _slope(y, v, grid)
    falls = np.flatnonzero((slopes[:-1] > 0) & (slopes[1:] <= 0))
    maxima = [
        float(
            brentq(lambda tau: _slope(y, v, tau).item(), grid[place], grid[place + 1], xtol=_PRECISE * grid[place + 1])
        )
        for place in falls
    ]
    if slopes[0] <= 0:
        maxima.append(0.0)
    return max(maxima, key=lambda tau: _restricted(y, v, tau))


def _slope(y: Floats, v: Floats, tau: Floats | float) -> Floats:
    """Twice the derivative of the restricted log likelihood by τ², at one or several values of it."""
    w = 1 / (v + np.asarray(tau)[..., None])
    total = w.sum(axis=-1)
    mean = (w * y).sum(axis=-1) / total
    found: Floats = (w**2 * (y - mean[..., None]) ** 2).sum(axis=-1) - total + (w**2).sum(axis=-1) / total
    return found


def _restricted(y: Floats, v: Floats, tau: float) -> float:
    w = 1 / (v + tau)
    return float(np.log(w).sum() - np.log(w.sum()) - generalised_q(y, v, tau)) / 2


def heterogeneity(y: Floats, v: Floats, tau: float, *, q: float | None = None, level: float = 0.95) -> Heterogeneity:
    """Describe how much effects differ beyond chance.

    Parameters
    ----------
    y, v : ndarray of float, shape (k,)
        Effects and variances.
    tau : float
        The estimate of τ².
    q : float, optional
        Cochran's Q, where it is taken about another mean than that of inverse variances.
    level : float
        Confidence level of the Q-profile interval of τ² (Viechtbauer 2007, Statistics in Medicine 26:37).

    Returns
    -------
    Heterogeneity
        All missing but τ² for a single study.

    Examples
    --------
    >>> import numpy as np
    >>> found = heterogeneity(np.array([0.1, 0.3, 0.9]), np.array([0.04, 0.04, 0.04]), 0.1333)
    >>> round(found.q, 3), round(found.i_squared, 3), round(found.tau_low, 3), round(found.tau_high, 2)
    (8.667, 0.769, 0.007, 6.81)
    """
    from scipy.stats import chi2

    df = len(y) - 1
    if df < 1:
        return Heterogeneity(np.nan, df, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan)
    found = generalised_q(y, v, 0.0) if q is None else q
    w = 1 / v
    typical = df * w.sum() / (w.sum() ** 2 - (w**2).sum())
    tail = (1 - level) / 2
    return Heterogeneity(
        q=found,
        df=df,
        p_value=float(chi2.sf(found, df)),
        i_squared=max(0.0, (found - df) / found) if found > 0 else 0.0,
        h_squared=found / df,
        tau_squared=tau,
        tau_low=_profile(y, v, float(chi2.isf(tail, df))),
        tau_high=_profile(y, v, float(chi2.ppf(tail, df))),
        i_squared_tau=float(tau / (tau + typical)),
    )
