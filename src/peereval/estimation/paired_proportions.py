"""Two shares of the same persons, or of different ones, and the difference between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.estimation.means import Estimate
from peereval.estimation.proportions import wilson_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray


def mcnemar_mid_p(rose: int, fell: int) -> float:
    """Two-sided mid-p value of McNemar's test.

    The chance of what is further from an even split, and half the chance of what is as far: close to the level where the
    exact test lies far below it.

    Parameters
    ----------
    rose, fell : int
        Persons who went from no to yes, and from yes to no.

    Returns
    -------
    float
        The p value; 1 where nobody changed.

    References
    ----------
    Fagerland, Lydersen & Laake 2013, BMC Medical Research Methodology 13:91, doi:10.1186/1471-2288-13-91.

    Examples
    --------
    R: ``2 * pbinom(1, 8, 0.5) - dbinom(1, 8, 0.5)`` gives 0.0391.

    >>> round(mcnemar_mid_p(7, 1), 4)
    0.0391
    """
    from scipy.stats import binom

    changed = rose + fell
    if not changed:
        return 1.0
    if rose == fell:
        return float(1 - binom.pmf(rose, changed, 0.5) / 2)
    fewer = min(rose, fell)
    return float(2 * binom.cdf(fewer, changed, 0.5) - binom.pmf(fewer, changed, 0.5))


def paired_risk_difference(pairs: NDArray[np.float64], *, corrected: bool = True, level: float = 0.95) -> Estimate:
    """Share of yes in the second answer minus share in the first, of the same persons.

    Parameters
    ----------
    pairs : ndarray of float, shape (k, 2)
        First and second answer, 0 or 1, without missing values.
    corrected : bool
        Take n / 2 off a positive numerator of phi, at most down to 0: Newcombe's method 10. Otherwise his method 8.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Newcombe's square-and-add interval from Wilson's limits of both shares; p is McNemar's mid-p. `statistic` is the
        number who went from no to yes. Not-a-number without pairs.

    References
    ----------
    Newcombe 1998, Statistics in Medicine 17:2635.

    Examples
    --------
    >>> import numpy as np
    >>> found = paired_risk_difference(np.repeat([[1.0, 1], [1, 0], [0, 1], [0, 0]], [10, 2, 9, 19], axis=0))
    >>> round(found.estimate, 4), round(found.conf_low, 4), round(found.conf_high, 4), round(found.p_value, 4)
    (0.175, 0.0126, 0.3229, 0.0386)
    """
    n = len(pairs)
    if not n:
        return Estimate(np.nan)
    first, second = pairs[:, 0] > 0, pairs[:, 1] > 0
    rose, fell = int((~first & second).sum()), int((first & ~second).sum())
    counts = np.array([first.sum(), second.sum()])
    (l1, l2), (u1, u2) = wilson_interval(counts, n, level=level)
    p1, p2 = counts / n
    phi = _phi(int((first & second).sum()), fell, rose, int((~first & ~second).sum()), corrected=corrected)
    below = np.sqrt(_square_and_add(p2 - l2, u1 - p1, phi))
    above = np.sqrt(_square_and_add(u2 - p2, p1 - l1, phi))
    difference = float(p2 - p1)
    std_error = max(rose + fell - (rose - fell) ** 2 / n, 0.0) ** 0.5 / n
    p_value = mcnemar_mid_p(rose, fell)
    low, high = difference - float(below), difference + float(above)
    return Estimate(difference, std_error, float(rose), np.nan, p_value, low, high)


def risk_difference(a: NDArray[np.float64], b: NDArray[np.float64], *, level: float = 0.95) -> Estimate:
    """Share of yes in `a` minus share in `b`, of different persons.

    Parameters
    ----------
    a, b : ndarray of float
        Answers, 0 or 1, of two samples, without missing values.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Newcombe's hybrid score interval; `statistic` is z of the pooled test, the root of the chi-squared without
        continuity correction, and p its p value. Not-a-number where a sample is empty.

    References
    ----------
    Newcombe 1998, Statistics in Medicine 17:873, whose example has 56 of 70 and 48 of 80: 0.0524 to 0.3339.

    Examples
    --------
    >>> import numpy as np
    >>> found = risk_difference(np.repeat([1.0, 0], [56, 14]), np.repeat([1.0, 0], [48, 32]))
    >>> round(found.estimate, 4), round(found.conf_low, 4), round(found.conf_high, 4), round(found.p_value, 4)
    (0.2, 0.0524, 0.3339, 0.008)
    """
    from scipy.stats import norm
    from statsmodels.stats.proportion import confint_proportions_2indep

    n1, n2 = len(a), len(b)
    if not n1 or not n2:
        return Estimate(np.nan)
    yes1, yes2 = float(a.sum()), float(b.sum())
    low, high = confint_proportions_2indep(yes1, n1, yes2, n2, method="newcomb", alpha=1 - level)
    p1, p2, pooled = yes1 / n1, yes2 / n2, (yes1 + yes2) / (n1 + n2)
    std_error = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) ** 0.5
    under_equality = (pooled * (1 - pooled) * (1 / n1 + 1 / n2)) ** 0.5
    z = (p1 - p2) / under_equality if under_equality > 0 else 0.0
    return Estimate(p1 - p2, std_error, z, np.inf, float(2 * norm.sf(abs(z))), float(low), float(high))


def score_interval(rose: int, fell: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Limits of P(rose) - P(fell) among n persons of whom the others did not change: Tango's score interval.

    Parameters
    ----------
    rose, fell, n : int
        Persons who rose, who fell, and all.
    level : float
        Confidence level.

    Returns
    -------
    tuple of float
        The differences that McNemar's score test, with the nuisance share at its most likely value, does not reject.

    References
    ----------
    Tango 1998, Statistics in Medicine 17:891.

    Examples
    --------
    >>> low, high = score_interval(9, 2, 40)
    >>> round(low, 4), round(high, 4)
    (0.0144, 0.339)
    """
    from scipy.optimize import brentq
    from scipy.stats import norm

    z, estimate = float(norm.ppf((1 + level) / 2)), (rose - fell) / n

    def distance(difference: float) -> float:
        return abs(rose - fell - n * difference) - z * _score_error(rose, fell, n, difference)

    def limit(end: float) -> float:
        # where nobody changed the error is 0 at the estimate itself
        beside = estimate + 1e-9 * (end - estimate)
        return end if distance(end) <= 0 else float(brentq(distance, beside, end, xtol=1e-14, rtol=1e-14))

    return limit(-1.0), limit(1.0)


def _score_error(rose: int, fell: int, n: int, difference: float) -> float:
    """Standard error of rose - fell where the true difference is given and the share of fallers as likely as can be."""
    half = (2 * n - rose + fell) * difference - rose - fell
    likely = (np.sqrt(max(half**2 + 8 * n * fell * difference * (1 - difference), 0.0)) - half) / (4 * n)
    return float(np.sqrt(max(n * (2 * likely + difference * (1 - difference)), 0.0)))


def _square_and_add(one: float, other: float, phi: float) -> float:
    return float(max(one**2 - 2 * phi * one * other + other**2, 0.0))


def _phi(both: int, fell: int, rose: int, neither: int, *, corrected: bool) -> float:
    margins = float(np.sqrt(float((both + fell) * (rose + neither)) * float((both + rose) * (fell + neither))))
    if not margins:
        return 0.0
    product = float(both * neither - fell * rose)
    if corrected and product > 0:
        product = max(product - (both + fell + rose + neither) / 2, 0.0)
    return product / margins
