"""Means, differences of means and their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate with its uncertainty.

    Parameters
    ----------
    estimate, std_error : float
        In the unit of the data.
    statistic, df, p_value : float
        Of the test that the estimate is 0.
    conf_low, conf_high : float
        Confidence limits.
    """

    estimate: float
    std_error: float = np.nan
    statistic: float = np.nan
    df: float = np.nan
    p_value: float = np.nan
    conf_low: float = np.nan
    conf_high: float = np.nan


NOISE = 1e-12
"""What the last bits of floating-point numbers may add to a spread, relative to the size of the numbers."""


def standard_deviation(values: NDArray[np.float64]) -> float:
    """Sample standard deviation, exactly 0 where all that differs is the last bits of the numbers.

    Parameters
    ----------
    values : ndarray of float
        Observations without missing values.

    Returns
    -------
    float
        In the unit of `values`; not-a-number with fewer than two.

    Examples
    --------
    >>> import numpy as np
    >>> standard_deviation(np.array([0.3, 0.1 + 0.2, 0.3]))
    0.0
    >>> standard_deviation(np.array([1.0, 2.0, 3.0]))
    1.0
    """
    if len(values) < 2:  # noqa: PLR2004 - a spread needs two values
        return np.nan
    spread = float(values.std(ddof=1))
    return 0.0 if spread <= NOISE * max(1.0, abs(float(values.mean()))) else spread


def rarer_of_two(values: NDArray[np.float64]) -> float:
    """How many observations have the rarer of two values, where there are just two: then the mean is a share.

    Parameters
    ----------
    values : ndarray of float
        Observations without missing values.

    Returns
    -------
    float
        The number; not-a-number where fewer or more than two values occur.

    Examples
    --------
    >>> import numpy as np
    >>> rarer_of_two(np.array([0.0, 1, 0, 0])), rarer_of_two(np.array([1.0, 2, 3]))
    (1.0, nan)
    """
    counts = np.unique(values, return_counts=True)[1]
    return float(counts.min()) if len(counts) == 2 else np.nan  # noqa: PLR2004 - two values make a share


def mean_of(values: NDArray[np.float64], *, level: float = 0.95) -> Estimate:
    """Mean with its t interval; also the paired t test, when `values` are differences.

    Parameters
    ----------
    values : ndarray of float
        Observations without missing values.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Without uncertainty where fewer than two values, or no spread, leave none to estimate.

    Examples
    --------
    R: ``t.test(c(2, 3, 4, 5))`` gives t = 5.4222, df = 3, p = 0.0123, interval 1.4457 to 5.5543.

    >>> import numpy as np
    >>> found = mean_of(np.array([2.0, 3.0, 4.0, 5.0]))
    >>> round(found.statistic, 4), round(found.p_value, 4), round(found.conf_low, 4)
    (5.4222, 0.0123, 1.4457)
    """
    n = len(values)
    mean = float(values.mean()) if n else np.nan
    spread = standard_deviation(values)
    if not spread > 0:
        return Estimate(mean)
    return with_t(mean, spread / n**0.5, n - 1.0, level)


def difference_of_means(a: NDArray[np.float64], b: NDArray[np.float64], *, level: float = 0.95) -> Estimate:
    """Mean of `a` minus mean of `b`, after Welch (1947): the variances may differ.

    Parameters
    ----------
    a, b : ndarray of float
        Two samples without missing values.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Without uncertainty where a sample has fewer than two values or neither has any spread.

    Examples
    --------
    R: ``t.test(c(5, 6, 9), c(1, 2, 3, 3))`` gives t = 3.4140, df = 2.6406, p = 0.0509.

    >>> import numpy as np
    >>> found = difference_of_means(np.array([5.0, 6, 9]), np.array([1.0, 2, 3, 3]))
    >>> round(found.statistic, 4), round(found.df, 4), round(found.p_value, 4)
    (3.414, 2.6406, 0.0509)
    """
    return contrast_of_means((a, b), (1.0, -1.0), level=level)


def contrast_of_means(
    samples: Sequence[NDArray[np.float64]], weights: Sequence[float], *, level: float = 0.95
) -> Estimate:
    """Weighted sum of the means of independent samples, with Welch and Satterthwaite's degrees of freedom.

    Parameters
    ----------
    samples : sequence of ndarray of float
        Independent samples without missing values.
    weights : sequence of float
        The weight of each mean; for a difference in differences 1, -1, -1, 1.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Without uncertainty where a sample has fewer than two values or none has any spread.

    Examples
    --------
    >>> import numpy as np
    >>> a, b = np.array([5.0, 6, 9]), np.array([1.0, 2, 3, 3])
    >>> contrast_of_means((a, b), (1, -1)) == difference_of_means(a, b)
    True
    """
    sizes = np.array([len(sample) for sample in samples])
    if not sizes.all():
        return Estimate(np.nan)
    estimate = float(sum(weight * sample.mean() for weight, sample in zip(weights, samples, strict=True)))
    if (sizes < 2).any():  # noqa: PLR2004 - a variance needs two values
        return Estimate(estimate)
    parts = np.square(weights) * np.array([standard_deviation(sample) ** 2 for sample in samples]) / sizes
    variance = float(parts.sum())
    if variance == 0.0:
        return Estimate(estimate)
    df = variance**2 / float((parts**2 / (sizes - 1)).sum())
    return with_t(estimate, variance**0.5, df, level)


def sign_flip_p(differences: NDArray[np.float64], *, seed: int = 0) -> float:
    """Two-sided p of the sign-flip (one-sample permutation) test that the mean difference is 0.

    Exact up to 13 differences; above that 9,999 random flips from `seed`.

    Parameters
    ----------
    differences : ndarray of float
        Differences of pairs, without missing values.
    seed : int
        Seed of the random flips.

    Returns
    -------
    float
        The p value; not-a-number with fewer than two differences or none that differs from 0.

    Examples
    --------
    Of the 8 ways to set the signs of three differences, two are as extreme as the observed one.

    >>> import numpy as np
    >>> sign_flip_p(np.array([1.0, 2.0, 3.0]))
    0.25
    """
    from scipy.stats import permutation_test

    if len(differences) < 2 or not (np.abs(differences) > NOISE).any():  # noqa: PLR2004 - one pair has two signs
        return np.nan
    test = permutation_test(
        (differences,),
        lambda values, axis: np.mean(values, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=9_999,
        rng=np.random.default_rng(seed),
    )
    return float(test.pvalue)


def with_t(estimate: float, std_error: float, df: float, level: float) -> Estimate:
    """Complete an estimate by the t test that it is 0 and by its interval.

    Parameters
    ----------
    estimate, std_error : float
        In the unit of the data.
    df : float
        Degrees of freedom; infinite for the normal distribution.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Without uncertainty where there is no standard error above 0.

    Examples
    --------
    R: ``2 * pt(-2, 10)`` gives 0.0734 and ``2 * pnorm(-2)`` 0.0455.

    >>> import numpy as np
    >>> round(with_t(1.0, 0.5, 10, 0.95).p_value, 4), round(with_t(1.0, 0.5, np.inf, 0.95).p_value, 4)
    (0.0734, 0.0455)
    """
    from scipy.stats import t

    if not std_error > 0:
        return Estimate(estimate)

    statistic = estimate / std_error
    half = float(t.ppf((1 + level) / 2, df)) * std_error
    return Estimate(
        estimate,
        std_error,
        statistic,
        df,
        float(2 * t.sf(abs(statistic), df)),
        estimate - half,
        estimate + half,
    )
