"""Several estimates at once: bands that hold together, and a test that none differs from 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]

DRAWS = 9_999


def largest_statistics(errors: Numbers, *, seed: int) -> Numbers:
    """Draw the largest of several t statistics where nothing differs from 0.

    Parameters
    ----------
    errors : ndarray of float, shape (clusters, k)
        What each cluster adds to the error of each estimate.
    seed : int
        Of the signs.

    Returns
    -------
    ndarray of float, shape (draws,)
        On the scale of the normal distribution: the errors of a cluster keep or change their sign together (multiplier
        bootstrap with Rademacher's weights).

    Examples
    --------
    >>> import numpy as np
    >>> bool(largest_statistics(np.ones((8, 2)), seed=0).max() <= np.sqrt(8))
    True
    """
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (DRAWS, len(errors)))
    size = np.sqrt((errors**2).sum(axis=0))
    largest: Numbers = np.abs(signs @ (errors / np.where(size > 0, size, 1.0))).max(axis=1)
    return largest


def band_quantiles(largest: Numbers, df: Numbers, *, level: float) -> Numbers:
    """Give the t quantile of each estimate with which all intervals hold together.

    Parameters
    ----------
    largest : ndarray of float
        From `largest_statistics`.
    df : ndarray of float, shape (k,)
        Degrees of freedom of each estimate.
    level : float
        Of all intervals together.

    Returns
    -------
    ndarray of float, shape (k,)
        Quantiles of t at the level at which single intervals hold together by the draws.

    Examples
    --------
    >>> import numpy as np
    >>> band_quantiles(np.array([1.0, 1.0, 1.959964, 1.959964]), np.array([10.0, 1e6]), level=0.95).round(2).tolist()
    [2.23, 1.96]
    """
    from scipy.stats import norm, t

    quantiles: Numbers = t.isf(norm.sf(np.quantile(largest, level)), df)
    return quantiles


def joint_p_value(largest: Numbers, statistic: Numbers, df: Numbers) -> float:
    """Give the share of draws with a statistic as large as the largest that was found.

    Parameters
    ----------
    largest : ndarray of float
        From `largest_statistics`.
    statistic, df : ndarray of float, shape (k,)
        t of each estimate and its degrees of freedom.

    Returns
    -------
    float
        p value that all estimates are 0.

    Examples
    --------
    >>> import numpy as np
    >>> joint_p_value(np.array([0.5, 1.0, 2.5]), np.array([0.1, -2.0]), np.array([1e6, 1e6]))
    0.5
    """
    from scipy.stats import norm, t

    # each on the scale of the normal distribution, on which the draws are
    found = norm.isf(t.sf(np.abs(statistic), df)).max()
    return float((1 + (largest >= found).sum()) / (1 + len(largest)))
