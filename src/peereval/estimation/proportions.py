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
    from scipy.stats import norm  # noqa: PLC0415 - slow to import

    cases, total = np.asarray(numerator, float), np.asarray(denominator, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        share, n = cases / total, total / np.asarray(design_effect, float)
        z = norm.ppf((1 + level) / 2)
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
        The design effect; 1 where the share is 0 or 1, or fewer than two persons are there.

    Examples
    --------
    Two persons with two rows each, who are alike within themselves, are worth two rows:

    >>> design_effect([2, 0], [2, 2])
    4.0
    """
    per_person = np.asarray(cases, float), np.asarray(rows, float)
    sums = (per_person[0] ** 2, per_person[0] * per_person[1], per_person[1] ** 2)
    return design_effect_from_sums(
        persons=len(per_person[0]),
        cases=float(per_person[0].sum()),
        rows=float(per_person[1].sum()),
        squares=(float(sums[0].sum()), float(sums[1].sum()), float(sums[2].sum())),
    )


def design_effect_from_sums(*, persons: float, cases: float, rows: float, squares: tuple[float, float, float]) -> float:
    """The design effect from sums over persons, so that an engine can do the summing.

    Parameters
    ----------
    persons, cases, rows : float
        Number of persons, and the sums of their cases and rows.
    squares : tuple of float
        Sums over persons of cases², cases x rows and rows².

    Returns
    -------
    float
        The design effect, as `design_effect` defines it.

    Examples
    --------
    >>> design_effect_from_sums(persons=2, cases=2, rows=4, squares=(4, 4, 8))
    4.0
    """
    if persons < 2 or cases in (0, rows):  # noqa: PLR2004 - one cluster has no variance between clusters
        return 1.0
    share = cases / rows
    between = squares[0] - 2 * share * squares[1] + share**2 * squares[2]
    clustered = between / rows**2 * persons / (persons - 1)
    return max(1.0, clustered / (share * (1 - share) / rows))
