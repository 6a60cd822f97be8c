"""Wild cluster bootstrap of the difference of two groups, for few clusters.

The test of Cameron, Gelbach and Miller (2008, Review of Economics and Statistics 90:414) with the null imposed: the residuals of
the model without the difference are turned over by cluster, with the six weights of Webb, and the t statistic is computed anew.
Residuals are linear in the difference that is tested, so limits are found by testing others without drawing again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from peereval.errors import DesignError
from peereval.estimation.means import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]

_WEBB = np.sqrt(np.array([1.5, 1.0, 0.5]))
_SAME = 1e-12
_HALVINGS = 40
_WIDEST = 1e3
"""Standard errors from the estimate up to which a limit is looked for."""


@dataclass(frozen=True, slots=True, eq=False)
class _Draws:
    """Of each draw: t without its scale, and the sum of squares under it, by powers of the difference that is tested."""

    slope: tuple[Numbers, Numbers]
    squares: tuple[Numbers, Numbers, Numbers]

    def statistics(self, difference: float) -> Numbers:
        """The t statistic of each draw where the difference is a given one."""
        slopes = self.slope[0] - difference * self.slope[1]
        squares = self.squares[0] - 2 * difference * self.squares[1] + difference**2 * self.squares[2]
        statistics: Numbers = slopes / np.sqrt(np.maximum(squares, np.finfo(float).tiny))
        return statistics


def wild_bootstrap(
    outcome: ArrayLike,
    exposed: ArrayLike,
    clusters: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    draws: int = 9_999,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Compare the means of two groups by a wild cluster bootstrap with Webb's weights.

    Parameters
    ----------
    outcome : array_like of float, shape (n,)
        Without missing values.
    exposed : array_like of bool, shape (n,)
        The group.
    clusters : array_like, shape (n,)
        What is independent of one another.
    weights : array_like of float, shape (n,), optional
        Precisions.
    draws : int
        How many.
    seed : int
        Of the draws.
    level : float
        Confidence level of the limits, which are the differences that the test does not reject.

    Returns
    -------
    Estimate
        The difference of the means, its standard error (CR0), t, the share of draws with a t as large (what happened
        counts as one of them), and limits; a
        limit is missing where no difference in its direction is rejected.

    Raises
    ------
    DesignError
        A group has no rows, or there are fewer than two clusters.

    Examples
    --------
    >>> import numpy as np
    >>> found = wild_bootstrap([1.0, 2, 3, 4, 7, 8, 9, 10], np.repeat([False, True], 4), np.arange(8), draws=999)
    >>> found.estimate, found.p_value < 0.05
    (6.0, True)
    """
    y, d = np.asarray(outcome, float), np.asarray(exposed, float)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, float)
    codes = np.unique(np.asarray(clusters), return_inverse=True)[1]
    n_clusters = int(codes.max(initial=-1)) + 1
    if n_clusters < 2 or not 0 < d.sum() < len(d):  # noqa: PLR2004 - a spread between clusters needs two
        msg = f"There are {n_clusters} clusters, and {int(d.sum())} of {len(d)} rows are exposed."
        raise DesignError(msg, hint="A wild bootstrap needs both groups and at least two clusters.")
    rng = np.random.default_rng(seed)
    turned = rng.choice(np.concatenate([_WEBB, -_WEBB]), (draws, n_clusters))
    y_free, d_free = (each - np.average(each, weights=w) for each in (y, d))
    observed = _observed(y_free, d_free, w, codes)
    drawn = _drawn(y_free, d_free, w, codes, turned)
    slope = float((w * d_free) @ y_free / ((w * d_free) @ d_free))
    scale = float((w * d_free) @ d_free)
    error = float(np.sqrt((observed(slope) ** 2).sum()) / scale)

    def p_value(difference: float) -> float:
        t = abs(slope - difference) * scale / np.sqrt((observed(slope) ** 2).sum())
        as_large = np.abs(drawn.statistics(difference)) >= t * (1 - _SAME)
        return float((1 + as_large.sum()) / (1 + draws))

    low, high = (_limit(p_value, slope, side * error, 1 - level) for side in (-1, 1))
    return Estimate(slope, error, slope / error, np.nan, p_value(0.0), low, high)


def _observed(y: Numbers, d: Numbers, w: Numbers, codes: NDArray[np.intp]) -> Callable[[float], Numbers]:
    """Scores of the clusters as they are, by the difference that is taken off."""

    def scores(slope: float) -> Numbers:
        return np.bincount(codes, w * d * (y - slope * d)).astype(float)

    return scores


def _drawn(y: Numbers, d: Numbers, w: Numbers, codes: NDArray[np.intp], turned: Numbers) -> _Draws:
    """Scores of each draw: linear in the residuals, which are linear in the difference under the null."""
    total, scale = w.sum(), (w * d) @ d
    by_cluster = {name: np.bincount(codes, each) for name, each in {"wd": w * d, "wdd": w * d * d}.items()}

    def scores(residual: Numbers) -> tuple[Numbers, Numbers]:
        mean = turned @ np.bincount(codes, w * residual) / total
        slope = turned @ np.bincount(codes, w * d * residual) / scale
        own = turned * np.bincount(codes, w * d * residual)
        return own - mean[:, None] * by_cluster["wd"] - slope[:, None] * by_cluster["wdd"], slope * scale

    (one, slope_one), (other, slope_other) = scores(y), scores(d)
    squares = ((one**2).sum(axis=1), (one * other).sum(axis=1), (other**2).sum(axis=1))
    return _Draws((slope_one, slope_other), squares)


def _limit(p_value: Callable[[float], float], slope: float, step: float, alpha: float) -> float:
    """Halve the way between the estimate and a difference that is rejected."""
    far = 1.0
    while p_value(slope + far * step) > alpha:
        far *= 2
        if far > _WIDEST:
            return np.nan
    inside, outside = 0.0, far
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if p_value(slope + middle * step) > alpha:
            inside = middle
        else:
            outside = middle
    return slope + inside * step
