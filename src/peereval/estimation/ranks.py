"""Tests that use the order of answers only, with an effect size and its interval.

The rank-biserial correlation is the share of comparisons that speak for one side minus the share that speak for the other
(Kerby 2014, Comprehensive Psychology 3): for pairs, of all sums of two differences; for two samples, of all pairs of one
answer from each. Intervals are made on the scale of Fisher's transformation, on which they cannot leave -1 to 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.estimation.means import NOISE, Estimate
from peereval.estimation.paired_proportions import score_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_EXACT = 50
"""Up to so many answers (differences that are not 0, or both samples together) every arrangement of the ranks counts."""


def signed_rank(differences: NDArray[np.float64], *, level: float = 0.95) -> Estimate:
    """Wilcoxon's signed-rank test with the matched-pairs rank-biserial correlation.

    Differences of 0 are left out (Wilcoxon 1945). The p value is exact, ties or not, up to 50 other differences; above
    that it is the normal approximation with the correction for ties and for continuity. It depends on the codes of an
    ordinal answer: the ranks are those of the differences.

    Parameters
    ----------
    differences : ndarray of float
        Differences of pairs, without missing values.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        The rank-biserial correlation, with the jackknife's standard error and limits from t on Fisher's scale;
        `statistic` is the sum of the positive ranks. No limits where all differences have one sign or fewer than three
        are not 0; not-a-number where all are 0.

    Examples
    --------
    R: ``wilcox.test(c(1.5, -0.4, 2.2, 0.3, -1.1, 0.9, 1.7))`` gives V = 22 and p = 0.21875.

    >>> import numpy as np
    >>> found = signed_rank(np.array([1.5, -0.4, 2.2, 0.3, -1.1, 0.9, 1.7]))
    >>> round(found.estimate, 4), found.statistic, found.p_value
    (0.5714, 22.0, 0.21875)
    """
    from scipy.stats import rankdata, t

    moved = _without_noise(differences)
    moved = moved[moved != 0]
    n = len(moved)
    if not n:
        return Estimate(np.nan)
    ranks = rankdata(np.abs(moved))
    rising, total = float(ranks[moved > 0].sum()), n * (n + 1) / 2
    estimate = 2 * rising / total - 1
    p_value = _signed_rank_p(ranks, rising)
    std_error = _jackknife(moved, estimate * total)
    return _on_fishers_scale(estimate, std_error, float(t.ppf((1 + level) / 2, n - 1)), rising, np.nan, p_value)


def mann_whitney(a: NDArray[np.float64], b: NDArray[np.float64], *, level: float = 0.95) -> Estimate:
    """Mann and Whitney's test with the rank-biserial correlation P(a > b) - P(a < b).

    The p value is exact, ties or not, up to 50 answers in both samples together; above that it is the normal
    approximation with the correction for ties and for continuity. It is the chance of a difference as large if both samples
    came from one distribution.

    Parameters
    ----------
    a, b : ndarray of float
        Two samples without missing values.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        `statistic` is Mann and Whitney's U of `a`. The standard error and the limits are those of `brunner_munzel`,
        which do not suppose one distribution, and are missing where those are.

    Examples
    --------
    R: ``wilcox.test(c(5, 6, 9, 4), c(1, 2, 3, 7))`` gives W = 13 and p = 0.2.

    >>> import numpy as np
    >>> found = mann_whitney(np.array([5.0, 6, 9, 4]), np.array([1.0, 2, 3, 7]))
    >>> found.estimate, found.statistic, round(found.p_value, 4)
    (0.625, 13.0, 0.2)
    """
    if not len(a) or not len(b):
        return Estimate(np.nan)
    superior = brunner_munzel(a, b, level=level)
    p_value = _rank_sum_p(a, b)
    limits = (2 * limit - 1 for limit in (superior.conf_low, superior.conf_high))
    statistic = superior.estimate * len(a) * len(b)
    return Estimate(2 * superior.estimate - 1, 2 * superior.std_error, statistic, superior.df, p_value, *limits)


def brunner_munzel(a: NDArray[np.float64], b: NDArray[np.float64], *, level: float = 0.95) -> Estimate:
    """Probability that an answer of `a` is above one of `b`, ties counting half, with Brunner and Munzel's test.

    Unlike Mann and Whitney's test it holds where the samples have the same middle and another spread.

    Parameters
    ----------
    a, b : ndarray of float
        Two samples without missing values.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        The test is that the probability is 0.5. The limits are made on the logit scale, where they keep their level in
        small samples, so they can include 0.5 when p is a little below 1 - `level`. Without uncertainty where a sample
        has fewer than two answers, or the samples do not overlap.

    References
    ----------
    Brunner & Munzel 2000, Biometrical Journal 42:17.

    Examples
    --------
    >>> import numpy as np
    >>> found = brunner_munzel(np.array([5.0, 6, 9, 4]), np.array([1.0, 2, 3, 7]))
    >>> round(found.estimate, 4), round(found.df, 2), round(found.p_value, 4)
    (0.8125, 3.66, 0.1956)
    """
    from scipy.stats import rankdata, t

    n, m = len(a), len(b)
    if not n or not m:
        return Estimate(np.nan)
    a, b = np.split(_without_noise(np.concatenate([a, b])), [n])
    ranks = rankdata(np.concatenate([a, b]))
    above, below = (ranks[:n] - rankdata(a)) / m, (ranks[n:] - rankdata(b)) / n
    estimate = float(above.mean())
    if min(n, m) < 2:  # noqa: PLR2004 - a variance needs two values
        return Estimate(estimate)
    parts = np.array([above.var(ddof=1) / n, below.var(ddof=1) / m])
    if not parts.sum() > NOISE:
        return Estimate(estimate)
    std_error = float(parts.sum() ** 0.5)
    df = float(parts.sum() ** 2 / (parts**2 / np.array([n - 1, m - 1])).sum())
    statistic = (estimate - 0.5) / std_error
    p_value = float(2 * t.sf(abs(statistic), df))
    twice = _on_fishers_scale(
        2 * estimate - 1, 2 * std_error, float(t.ppf((1 + level) / 2, df)), statistic, df, p_value
    )
    limits = ((1 + limit) / 2 for limit in (twice.conf_low, twice.conf_high))
    return Estimate(estimate, std_error, statistic, df, p_value, *limits)


def sign_test(differences: NDArray[np.float64], *, level: float = 0.95) -> Estimate:
    """Share that rose minus share that fell, with the exact sign test.

    It uses the direction of a change only, and so does not depend on the codes of an ordinal answer.

    Parameters
    ----------
    differences : ndarray of float
        Differences of pairs, without missing values.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        The shares are of all pairs, those without change included. `statistic` is the number that rose; p is binomial,
        among those who changed; the limits are those of `score_interval`. Not-a-number without pairs.

    Examples
    --------
    R: ``binom.test(6, 8)$p.value`` gives 0.2891.

    >>> import numpy as np
    >>> found = sign_test(np.repeat([1.0, -1, 0], [6, 2, 4]))
    >>> round(found.estimate, 4), round(found.p_value, 4)
    (0.3333, 0.2891)
    """
    from scipy.stats import binomtest

    n = len(differences)
    if not n:
        return Estimate(np.nan)
    steady = _without_noise(differences)
    rose, fell = int((steady > 0).sum()), int((steady < 0).sum())
    p_value = float(binomtest(rose, rose + fell).pvalue) if rose + fell else 1.0
    variance = (rose + fell - (rose - fell) ** 2 / n) / n**2
    limits = score_interval(rose, fell, n, level=level)
    return Estimate((rose - fell) / n, max(variance, 0.0) ** 0.5, float(rose), np.nan, p_value, *limits)


def _without_noise(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values whose last bits do not tell ties apart."""
    largest = float(np.abs(values).max(initial=0.0))
    steady: NDArray[np.float64] = np.round(values / largest, 10) if largest > 0 else values
    return steady


def _on_fishers_scale(
    estimate: float, std_error: float, quantile: float, statistic: float, df: float, p_value: float
) -> Estimate:
    if not std_error > 0 or abs(estimate) >= 1 - NOISE:
        return Estimate(estimate, statistic=statistic, df=df, p_value=p_value)
    centre, half = np.arctanh(estimate), quantile * std_error / (1 - estimate**2)
    low, high = float(np.tanh(centre - half)), float(np.tanh(centre + half))
    return Estimate(estimate, std_error, statistic, df, p_value, low, high)


def _jackknife(moved: NDArray[np.float64], balance: float) -> float:
    """Jackknife standard error of the rank-biserial correlation; `balance` is the sum of signs of all sums of two."""
    n = len(moved)
    if n < 3:  # noqa: PLR2004 - without one of two pairs there is nothing left to compare
        return np.nan
    ordered = np.sort(moved)
    above = n - np.searchsorted(ordered, -moved, side="right")
    below = np.searchsorted(ordered, -moved, side="left")
    without = (balance - (above - below)) / (n * (n - 1) / 2)
    return float(np.sqrt((n - 1) * without.var()))


def _signed_rank_p(ranks: NDArray[np.float64], rising: float) -> float:
    from scipy.stats import norm

    n, middle = len(ranks), ranks.sum() / 2
    distance = abs(rising - middle)
    if n > MOST_EXACT:
        # half a step towards the middle, for a sum that has whole steps
        return float(min(1.0, 2 * norm.sf(max(distance - 0.5, 0.0) / np.sqrt((ranks**2).sum() / 4))))
    doubled = np.rint(2 * ranks).astype(np.int64)
    ways = np.zeros(doubled.sum() + 1)
    ways[0] = 1
    for rank in doubled:  # at most MOST_EXACT
        ways[rank:] += ways[:-rank]
    return _as_far(ways, 2 * middle, 2 * distance)


def _rank_sum_p(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    from scipy.stats import mannwhitneyu, rankdata

    both = _without_noise(np.concatenate([a, b]))
    n, total = len(a), len(both)
    if np.ptp(both) == 0:
        return 1.0
    if total > MOST_EXACT:
        return float(mannwhitneyu(both[:n], both[n:], method="asymptotic").pvalue)
    doubled = np.rint(2 * rankdata(both)).astype(np.int64)
    ways = np.zeros((n + 1, doubled.sum() + 1))
    ways[0, 0] = 1
    for rank in doubled:  # at most MOST_EXACT
        ways[1:, rank:] += ways[:-1, :-rank]
    middle = n * (total + 1.0)
    return _as_far(ways[n], middle, abs(float(doubled[:n].sum()) - middle))


def _as_far(ways: NDArray[np.float64], middle: float, distance: float) -> float:
    """Share of the ways whose sum is as far from the middle; the counts are whole numbers below 2^53."""
    far = np.abs(np.arange(len(ways)) - middle) >= distance - NOISE
    return float(ways[far].sum() / ways.sum())
