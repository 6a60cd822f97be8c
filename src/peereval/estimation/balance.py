"""How far two groups are apart in a characteristic, in standard deviations.

One formula for numbers and categories (Yang and Dalton 2012): the root of D' S⁻¹ D, with D the difference of the means
and S the mean of the two covariances. For a number it is the difference of the means over √((s₁² + s₂²) / 2), with its
sign; for categories the means are the shares of the levels but one, and the covariance is that of one multinomial draw.
Unlike a test it does not grow with the number of persons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.estimation.means import NOISE, Estimate, standard_deviation

if TYPE_CHECKING:
    from numpy.typing import NDArray


def difference_in_sds(a: NDArray[np.float64], b: NDArray[np.float64]) -> Estimate:
    """Mean of `a` minus mean of `b` in standard deviations, pooled as √((s₁² + s₂²) / 2).

    Parameters
    ----------
    a, b : ndarray of float
        Two samples without missing values.

    Returns
    -------
    Estimate
        With the standard error of Hedges and Olkin (1985); not-a-number where a sample has fewer than two values or
        neither has any spread.

    Examples
    --------
    The variances are 4 and 16, so the pooled standard deviation is √10.

    >>> import numpy as np
    >>> found = difference_in_sds(np.array([1.0, 3, 5]), np.array([0.0, 4, 8]))
    >>> round(found.estimate, 4), round(found.std_error, 4)
    (-0.3162, 0.8216)
    """
    spread = np.sqrt((standard_deviation(a) ** 2 + standard_deviation(b) ** 2) / 2)
    if not spread > 0:
        return Estimate(np.nan)
    return _with_error(float((a.mean() - b.mean()) / spread), len(a), len(b))


def difference_in_levels(a: NDArray[np.float64], b: NDArray[np.float64]) -> Estimate:
    """Distance of two groups in a characteristic with levels, after Yang and Dalton (2012); it has no sign.

    Parameters
    ----------
    a, b : ndarray of float, shape (levels,)
        How many persons of each group are in each level.

    Returns
    -------
    Estimate
        With the standard error of Hedges and Olkin (1985), here an approximation; not-a-number where a group has
        nobody, all persons are in one level, or the groups have no level in common.

    Examples
    --------
    Of two levels it is the difference of the shares over √((p(1 - p) + q(1 - q)) / 2), here 0.2 over √0.23.

    >>> import numpy as np
    >>> round(difference_in_levels(np.array([50.0, 50]), np.array([30.0, 70])).estimate, 4)
    0.417
    """
    used = (a + b) > 0
    if not a.sum() or not b.sum() or used.sum() < 2 or not (a * b).any():  # noqa: PLR2004 - one level cannot differ
        return Estimate(np.nan)
    p, q = (counts[used][:-1] / counts.sum() for counts in (a, b))
    covariance = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    squared = float((p - q) @ np.linalg.solve(covariance, p - q))
    return _with_error(max(squared, 0.0) ** 0.5, a.sum(), b.sum())


def spacing(values: NDArray[np.float64]) -> float:
    """Median distance of neighbouring values that differ: 1 for whole scores, small for measured quantities.

    Parameters
    ----------
    values : ndarray of float
        Observations without missing values.

    Returns
    -------
    float
        In the unit of `values`; not-a-number where no two differ.

    Examples
    --------
    >>> import numpy as np
    >>> spacing(np.array([40.0, 44, 44, 52, 56]))
    4.0
    """
    gaps = np.diff(np.unique(values))
    gaps = gaps[gaps > NOISE]
    # of an even number of gaps the larger middle one, so that whole scores never lie half a point apart
    return float(np.quantile(gaps, 0.5, method="higher")) if len(gaps) else np.nan


def _with_error(difference: float, n: float, m: float) -> Estimate:
    return Estimate(difference, float(np.sqrt((n + m) / (n * m) + difference**2 / (2 * (n + m)))))
