"""Two rounds in which some persons answered both and others only one: all answers are used.

The tests of Derrick, Russ, Toher and White (2017, Journal of Modern Applied Statistical Methods 16:137) for means and of
Derrick, Dobson-McKittrick, Toher and White (2015, Journal of Applied Quantitative Methods 10(3)) for proportions. They hold
where answers are missing completely at random: who answered one round only must not differ from those who answered both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.estimation.means import NOISE, Estimate, standard_deviation, with_t

if TYPE_CHECKING:
    from numpy.typing import NDArray


def overlapping_means(
    pairs: NDArray[np.float64],
    only_first: NDArray[np.float64],
    only_second: NDArray[np.float64],
    *,
    equal_variances: bool = False,
    level: float = 0.95,
) -> Estimate:
    """Mean of the second round minus mean of the first, from all who answered either.

    Parameters
    ----------
    pairs : ndarray of float, shape (k, 2)
        First and second answer of those who gave both, without missing values.
    only_first, only_second : ndarray of float
        Answers of those who gave one.
    equal_variances : bool
        Pool the variances of the rounds (Derrick's T-new1) or not (T-new2).
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Without pairs it is Welch's test (or the pooled t test), with nothing but pairs and unequal variances the paired
        t test. A single pair, or pairs without spread, count with a correlation of 0. Without uncertainty where a round
        has fewer than two answers or no variance is left.

    Examples
    --------
    The worked example of the authors' R package Partiallyoverlapping, which prints p = 0.026:

    >>> import numpy as np
    >>> a, b = [20.0, 21, 16, 18, 14, 12, 14, 17], [10.0, 16, 18, 16, 15, 14, 13, 10]
    >>> both = np.transpose([[14.0, 15, 18, 20, 11, 19, 14, 15], [15.0, 10, 15, 17, 13, 19, 12, 13]])
    >>> found = overlapping_means(both, np.array(a), np.array(b), equal_variances=True)
    >>> round(found.estimate, 4), round(found.df, 1), round(found.p_value, 3)
    (-2.0, 18.5, 0.026)
    """
    first, second = np.concatenate([pairs[:, 0], only_first]), np.concatenate([pairs[:, 1], only_second])
    k, n1, n2 = len(pairs), len(first), len(second)
    if not n1 or not n2:
        return Estimate(np.nan)
    estimate = float(second.mean() - first.mean())
    if n1 < 2 or n2 < 2:  # noqa: PLR2004 - a variance needs two values
        return Estimate(estimate)
    v1, v2 = standard_deviation(first) ** 2, standard_deviation(second) ** 2
    parts = v1 / n1, v2 / n2
    if not sum(parts) > 0:
        return Estimate(estimate)
    if equal_variances:
        v1 = v2 = ((n1 - 1) * v1 + (n2 - 1) * v2) / (n1 + n2 - 2)
    overlap = 2 * _correlation(pairs) * (v1 * v2) ** 0.5 * k / (n1 * n2)
    variance = v1 / n1 + v2 / n2 - overlap
    if variance <= NOISE * sum(parts):
        return Estimate(estimate)
    df_apart = n1 + n2 - 2.0 if equal_variances else _welch_df(parts, (n1, n2))
    # between the degrees of freedom of k pairs and of two separate samples, by the share of answers in no pair
    df = k - 1 + (df_apart - k + 1) * (n1 + n2 - 2 * k) / (n1 + n2)
    return with_t(estimate, variance**0.5, df, level)


def overlapping_proportions(
    pairs: NDArray[np.float64],
    only_first: NDArray[np.float64],
    only_second: NDArray[np.float64],
    *,
    level: float = 0.95,
) -> Estimate:
    """Share of the second round minus share of the first, from all who answered either.

    Parameters
    ----------
    pairs : ndarray of float, shape (k, 2)
        First and second answer, 0 or 1, of those who gave both, without missing values.
    only_first, only_second : ndarray of float
        Answers, 0 or 1, of those who gave one.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        The statistic is the authors' z8, whose variance supposes equal shares. The standard error and the interval,
        cut at -1 and 1, do not suppose it. A single pair, or pairs without spread, count with a correlation of 0. Without
        uncertainty where a round has no answers or no variance is left.

    Examples
    --------
    The worked example of the authors' R package Partiallyoverlapping, which prints p = 0.053:

    >>> import numpy as np
    >>> both = np.repeat([[1.0, 1], [1, 0], [0, 1], [0, 0]], [8, 1, 3, 3], axis=0)
    >>> found = overlapping_proportions(both, np.repeat([1.0, 0], [5, 4]), np.ones(6))
    >>> round(found.estimate, 4), round(found.p_value, 3)
    (0.2262, 0.053)
    """
    from scipy.stats import norm

    first, second = np.concatenate([pairs[:, 0], only_first]), np.concatenate([pairs[:, 1], only_second])
    k, n1, n2 = len(pairs), len(first), len(second)
    if not n1 or not n2:
        return Estimate(np.nan)
    p1, p2 = float(first.mean()), float(second.mean())
    together = (n1 * p1 + n2 * p2) / (n1 + n2)
    v1, v2, v = (p * (1 - p) for p in (p1, p2, together))
    shared = 2 * _correlation(pairs) * k / (n1 * n2)
    under_equality = v * (1 / n1 + 1 / n2 - shared)
    variance = v1 / n1 + v2 / n2 - shared * (v1 * v2) ** 0.5
    if not min(under_equality, variance) > NOISE * v:
        return Estimate(p2 - p1)
    z, std_error = (p2 - p1) / under_equality**0.5, variance**0.5
    half = float(norm.ppf((1 + level) / 2)) * std_error
    low, high = max(p2 - p1 - half, -1.0), min(p2 - p1 + half, 1.0)
    return Estimate(p2 - p1, std_error, z, np.inf, float(2 * norm.sf(abs(z))), low, high)


def _welch_df(parts: tuple[float, float], sizes: tuple[int, int]) -> float:
    return float(sum(parts) ** 2 / sum(part**2 / (n - 1) for part, n in zip(parts, sizes, strict=True)))


def _correlation(pairs: NDArray[np.float64]) -> float:
    if not len(pairs) or not standard_deviation(pairs[:, 0]) > 0 or not standard_deviation(pairs[:, 1]) > 0:
        return 0.0
    return float(np.clip(np.corrcoef(pairs[:, 0], pairs[:, 1])[0, 1], -1, 1))
