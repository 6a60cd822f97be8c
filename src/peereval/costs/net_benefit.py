"""Differences between two arms in cost, effect and net benefit, and the interval of their ratio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from peereval.costs.arms import Arm

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Increments:
    """Differences in cost and effect with their covariance, as a sum of independent parts.

    Parameters
    ----------
    estimate : ndarray of float, shape (2,)
        Differences in cost and effect.
    parts : ndarray of float, shape (k, 2, 2)
        Covariances that add up to that of `estimate`: one an arm, or one where units are the sample.
    df : ndarray of float, shape (k,)
        Degrees of freedom of each part.
    """

    estimate: Floats
    parts: Floats
    df: Floats

    @property
    def covariance(self) -> Floats:
        """Of both differences, shape (2, 2)."""
        total: Floats = self.parts.sum(axis=0)
        return total


def between(arms: list[Arm]) -> Increments:
    """Differences between two arms of independent persons.

    Parameters
    ----------
    arms : list of Arm
        Treatment and reference.

    Returns
    -------
    Increments
        Treatment minus reference; a part an arm.
    """
    parts = np.stack([arm.covariance / arm.n for arm in arms])
    return Increments(arms[0].means - arms[1].means, parts, np.array([arm.n - 1.0 for arm in arms]))


@dataclass(frozen=True, slots=True)
class Combined:
    """Weighted sums of the differences in cost and effect, one value a pair of weights.

    Parameters
    ----------
    estimate, std_error, df : ndarray of float
        The sum, its standard error and Satterthwaite's degrees of freedom; not-a-number where nothing varies.
    """

    estimate: Floats
    std_error: Floats
    df: Floats

    def limits(self, level: float) -> tuple[Floats, Floats]:
        """Lower and upper limit of the t interval."""
        from scipy.stats import t

        half = t.ppf((1 + level) / 2, self.df) * self.std_error
        return self.estimate - half, self.estimate + half


def combined(increments: Increments, weights: ArrayLike) -> Combined:
    """Weigh the differences in cost and effect; with independent arms this is Welch's test.

    With weights (-1, threshold) it is the incremental net benefit (Stinnett and Mullahy 1998).

    Parameters
    ----------
    increments : Increments
        Differences in cost and effect.
    weights : array_like, shape (k, 2)
        Weights of cost and effect.

    Returns
    -------
    Combined
        k values.

    Examples
    --------
    >>> import numpy as np
    >>> parts = np.array([[[2500.0, 20.0], [20.0, 4.0]], [[3600.0, 0.0], [0.0, 1.0]]]) / [[[30]], [[20]]]
    >>> found = combined(Increments(np.array([400.0, 2.0]), parts, np.array([29, 19])), [[1, 0], [0, 1], [-1, 300]])
    >>> found.estimate.tolist(), found.std_error.round(2).tolist()
    ([400.0, 2.0, 200.0], [16.23, 0.43, 127.92])
    """
    sides = np.asarray(weights, float)
    products = sides[:, None, :, None] * sides[:, None, None, :]
    # a weight of 0 takes out what is not known
    estimate = np.where(sides == 0, 0.0, sides * increments.estimate).sum(axis=1)
    spread = np.where(products == 0, 0.0, products * increments.parts).sum(axis=(2, 3)).clip(min=0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        df = spread.sum(axis=1) ** 2 / (spread**2 / increments.df).sum(axis=1)
    error = np.sqrt(spread.sum(axis=1))
    return Combined(estimate, np.where(error > 0, error, np.nan), df)


@dataclass(frozen=True, slots=True)
class RatioInterval:
    """The ratios of cost to effect that the data do not rule out.

    Parameters
    ----------
    kind : {"bounded", "all_but_a_range", "whole_line", ""}
        Its shape: all between `low` and `high`, all outside of them, or every number; empty where nothing is known.
    low, high : float
        The limits.
    """

    kind: str
    low: float = np.nan
    high: float = np.nan


def fieller(increments: Increments, level: float) -> RatioInterval:
    """Fieller's interval of the ratio of the difference in cost to that in effect.

    It holds every ratio R at which the net benefit, R times the effect minus the cost, is not told from 0 by a t test with
    the degrees of freedom at the ratio observed: R² (E² - t² var E) - 2 R (C E - t² cov) + C² - t² var C <= 0. It is bounded
    only where the effect itself is told from 0.

    Parameters
    ----------
    increments : Increments
        Differences in cost and effect.
    level : float
        Confidence level.

    Returns
    -------
    RatioInterval
        What is not ruled out.

    Examples
    --------
    >>> import numpy as np
    >>> parts = np.array([[[2500.0, 20.0], [20.0, 4.0]], [[3600.0, 0.0], [0.0, 1.0]]]) / [[[30]], [[20]]]
    >>> found = fieller(Increments(np.array([400.0, 2.0]), parts, np.array([29, 19])), 0.95)
    >>> found.kind, round(found.low, 1), round(found.high, 1)
    ('bounded', 139.3, 350.2)
    """
    from scipy.stats import t

    cost, effect = increments.estimate
    # the net benefit at the ratio observed, times the effect
    df = combined(increments, [[effect, -cost]]).df[0]
    products = np.outer(increments.estimate, increments.estimate)
    (c, b), (_, a) = products - t.ppf((1 + level) / 2, df) ** 2 * increments.covariance
    if not np.isfinite([a, b, c]).all() or a == 0:
        return RatioInterval("")
    under = b**2 - a * c
    if under < 0:
        return RatioInterval("whole_line")
    low, high = sorted(float((b + sign * np.sqrt(under)) / a) for sign in (-1, 1))
    return RatioInterval("bounded" if a > 0 else "all_but_a_range", low, high)
