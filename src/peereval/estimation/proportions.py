"""Intervals for shares, with persons who count more than once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def wilson_interval(
    numerator: ArrayLike, denominator: ArrayLike, *, design_effect: ArrayLike = 1.0, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Interval of a share after Wilson (1927), on the sample size divided by the design effect.

    Parameters
    ----------
    numerator, denominator : array_like of int
        Cases and all, of any common shape.
    design_effect : array_like of float
        How many times the variance exceeds that of independent rows (1 = independent).
    level : float
        Confidence level.

    Returns
    -------
    tuple of ndarray
        Lower and upper limits, between 0 and 1; not-a-number where the denominator is 0.

    Examples
    --------
    R: ``prop.test(8, 47, correct = FALSE)$conf.int`` gives 0.0889 and 0.3014.

    >>> low, high = wilson_interval(8, 47)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0889, 0.3014)
    """
    from scipy.special import ndtri  # the normal quantile; scipy.stats takes a second to import

    cases, total = np.asarray(numerator, float), np.asarray(denominator, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        share, n = cases / total, total / np.asarray(design_effect, float)
        z = ndtri((1 + level) / 2)
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def design_effect(cases: ArrayLike, rows: ArrayLike) -> float:
    """How many times repeated rows of the same persons widen the variance of a share.

    The variance of a share with persons as clusters (linearised, with the factor G / (G - 1)) over the variance
    of as many independent rows, and at least 1.

    Parameters
    ----------
    cases, rows : array_like of int, shape (persons,)
        Each person's cases and rows.

    Returns
    -------
    float
        The design effect. Where there is nothing to estimate it from (one person, or a share of 0 or 1), the
        rows of a person are taken as perfectly alike: the sum of rows² over the sum of rows. Not-a-number
        without rows.

    Examples
    --------
    Two persons with two rows each, who are alike within themselves:

    >>> design_effect([2, 0], [2, 2])
    4.0

    Ten rows of one person are worth one row:

    >>> design_effect([4], [10])
    10.0
    """
    y, n = np.asarray(cases, float), np.asarray(rows, float)
    squares = ((y**2).sum(), (y * n).sum(), (n**2).sum())
    return float(design_effect_from_sums(persons=len(y), cases=y.sum(), rows=n.sum(), squares=squares))


def design_effect_from_sums(
    *, persons: ArrayLike, cases: ArrayLike, rows: ArrayLike, squares: tuple[ArrayLike, ArrayLike, ArrayLike]
) -> NDArray[np.float64]:
    """The design effect from sums over persons, so that an engine can do the summing.

    Parameters
    ----------
    persons, cases, rows : array_like
        Number of persons, and the sums of their cases and rows, in any number of groups.
    squares : tuple of array_like
        Sums over persons of cases², cases x rows and rows².

    Returns
    -------
    ndarray of float
        The design effects, as `design_effect` defines them.

    Examples
    --------
    >>> design_effect_from_sums(persons=[2, 2], cases=[2, 0], rows=[4, 4], squares=([4, 0], [4, 0], [8, 8]))
    array([4., 2.])
    """
    g, y, n = (np.asarray(value, float) for value in (persons, cases, rows))
    yy, yn, nn = (np.asarray(value, float) for value in squares)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = y / n
        clustered = (yy - 2 * share * yn + share**2 * nn) / n**2 * g / (g - 1)
        effect = clustered / (share * (1 - share) / n)
        alike = nn / n
    # one cluster has no variance between clusters, and a share of 0 or 1 has no variance at all
    found: NDArray[np.float64] = np.where((g > 1) & (y > 0) & (y < n), np.maximum(effect, 1.0), alike)
    return found
