"""Standardised effect sizes with intervals.

All are an estimate divided by a standard deviation s, times Hedges' factor J. Sample means and variances of normal
data are independent, so the large-sample variance is a sum of two parts, J² ((SE / s)² (df + 1) / df + d² Var(s²) / (4 s⁴)),
with df the degrees of freedom of s. For one group this is Bonett (2008), R's metafor measure ``SMCRH``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.estimation.means import Estimate, standard_deviation

if TYPE_CHECKING:
    from numpy.typing import NDArray


def hedges_factor(df: float) -> float:
    """Hedges' (1981) exact factor that takes the small-sample bias out of a standardised mean.

    Parameters
    ----------
    df : float
        Degrees of freedom of the standard deviation.

    Returns
    -------
    float
        The factor, a little below 1.

    Examples
    --------
    >>> round(hedges_factor(9), 4)
    0.9139
    """
    from scipy.special import gammaln

    return float(np.exp(gammaln(df / 2) - gammaln((df - 1) / 2) - np.log(df / 2) / 2))


def standardised(
    estimate: Estimate, sd: float, *, df: float, relative_variance: float | None = None, level: float = 0.95
) -> Estimate:
    """Divide an estimate by a standard deviation, with Hedges' correction and a normal interval.

    Parameters
    ----------
    estimate : Estimate
        In the unit of the scale.
    sd : float
        The standard deviation to divide by.
    df : float
        Its degrees of freedom.
    relative_variance : float, optional
        Var(s²) / (4 s⁴), half the squared coefficient of variation of s²; 1 / (2 df) for one sample's or a
        pooled standard deviation.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Not-a-number where the standard deviation is 0 or unknown.

    Examples
    --------
    >>> found = standardised(Estimate(3.0, 1.0), 10.0, df=29)
    >>> round(found.estimate, 4), round(found.std_error, 4)
    (0.2922, 0.1059)
    """
    from scipy.stats import norm

    if not sd > 0 or df <= 1:
        return Estimate(np.nan)
    share = 1 / (2 * df) if relative_variance is None else relative_variance
    factor = hedges_factor(df)
    d = factor * estimate.estimate / sd
    std_error = factor * float(np.sqrt((estimate.std_error / sd) ** 2 * (df + 1) / df + d**2 * share))
    half = float(norm.ppf((1 + level) / 2)) * std_error
    return Estimate(d, std_error, conf_low=d - half, conf_high=d + half)


def average_sd(first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[float, float]:
    """Root mean variance of two paired samples, and the relative variance of its square.

    Parameters
    ----------
    first, second : ndarray of float
        Paired observations of the same persons.

    Returns
    -------
    tuple of float
        The standard deviation of d_av (the root of the mean variance, as in R's effectsize), and
        Var(s²) / (4 s⁴) for normal data (Bonett 2008).

    Examples
    --------
    >>> import numpy as np
    >>> sd, share = average_sd(np.array([1.0, 2, 3, 4]), np.array([2.0, 3, 4, 5]))
    >>> round(sd, 4), round(share, 4)
    (1.291, 0.1667)
    """
    df = len(first) - 1
    a, b = standard_deviation(first) ** 2, standard_deviation(second) ** 2
    mean = (a + b) / 2
    if not mean > 0:
        return np.nan, np.nan
    covariance = np.cov(first, second)[0, 1]
    return float(np.sqrt(mean)), float((a**2 + b**2 + 2 * covariance**2) / (8 * df * mean**2))


def pooled_sd(sds: NDArray[np.float64], ns: NDArray[np.float64]) -> float:
    """Standard deviation pooled over independent groups.

    Parameters
    ----------
    sds, ns : ndarray of float
        Standard deviation and size of each group.

    Returns
    -------
    float
        Root of the variances' mean, weighted by degrees of freedom.

    Examples
    --------
    >>> import numpy as np
    >>> round(pooled_sd(np.array([0.48, 0.53]), np.array([136, 117])), 4)
    0.5037
    """
    weights = ns - 1
    return float(np.sqrt((weights * sds**2).sum() / weights.sum()))
