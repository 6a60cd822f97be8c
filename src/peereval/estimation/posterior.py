"""What is believed of a mean after a small sample, by quadrature instead of simulation.

With the reference prior p(μ, σ²) ∝ 1/σ² the likelihood of μ, the variance integrated out, is

    L(μ) ∝ (1 + ((μ - m) / e)² / (n - 1))^(-n / 2),

with m the sample mean and e its standard error: Student's t with n - 1 degrees of freedom about m (Box & Tiao 1973, Bayesian
inference in statistical analysis, section 2.4). A sceptical prior multiplies it by a normal density about 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.floating[Any]]

_NODES = 40
"""Nodes of Gauss and Legendre's rule in each panel."""

_PANELS = np.array([0.0, 0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 20, 38])
"""Ends of panels, in standard deviations of the prior and standard errors of the mean; at 38 a normal density is 0 in floating point."""


def probability_above(
    threshold: float, *, mean: float, std_error: float, n: int, prior_sd: float | None = None
) -> float:
    """Probability that a population mean lies above a threshold, given a sample of normal values.

    Parameters
    ----------
    threshold, mean, std_error : float
        The threshold, the sample mean and its standard error, in the same unit.
    n : int
        Sample size.
    prior_sd : float, optional
        Standard deviation of a normal prior about 0; the reference prior without it.

    Returns
    -------
    float
        Between 0 and 1; not-a-number with fewer than two values or no spread.

    References
    ----------
    Box & Tiao 1973; Spiegelhalter, Freedman & Parmar 1994, Journal of the Royal Statistical Society A 157:357 (sceptical priors).

    Examples
    --------
    With the reference prior it is one less the p value of a one-sided t test:

    >>> round(probability_above(0, mean=3, std_error=2, n=12), 4)
    0.9191

    A sceptic who gives a mean beyond 5 a chance of 5 % believes less:

    >>> round(probability_above(0, mean=3, std_error=2, n=12, prior_sd=5 / 1.645), 4)
    0.8773
    """
    from scipy.stats import t

    if n < 2 or not std_error > 0:  # noqa: PLR2004 - a spread needs two values
        return float(np.nan)
    if prior_sd is None:
        return float(t.sf((threshold - mean) / std_error, n - 1))
    points, weights = _rule(threshold, mean, std_error, prior_sd)
    log_density = -n / 2 * np.log1p(((points - mean) / std_error) ** 2 / (n - 1)) - (points / prior_sd) ** 2 / 2
    mass = weights * np.exp(log_density - log_density.max())
    return float(mass[points > threshold].sum() / mass.sum())


def _rule(threshold: float, mean: float, std_error: float, prior_sd: float) -> tuple[Numbers, Numbers]:
    """Nodes and weights over all that the prior leaves room for, in panels as fine as either density needs."""
    steps = np.concatenate([-_PANELS[::-1], _PANELS])
    ends = np.unique(np.concatenate([prior_sd * steps, mean + std_error * steps, [threshold]]))
    ends = np.unique(np.clip(ends, -prior_sd * _PANELS[-1], prior_sd * _PANELS[-1]))
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    half = np.diff(ends)[:, None] / 2
    points = ends[:-1, None] + half * (1 + nodes)
    return points.ravel(), (half * weights).ravel()
