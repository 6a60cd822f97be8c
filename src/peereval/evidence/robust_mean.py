"""The weighted mean of effects of which some are of the same persons, with a standard error that knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from peereval.estimation.means import Estimate, with_t

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]


def robust_mean(y: Floats, variance: Floats, units: NDArray[np.intp], *, level: float = 0.95) -> Estimate:
    """Give the inverse-variance mean with CR2 and Satterthwaite's degrees of freedom.

    With Φ the diagonal of the variances, m = 1 / Σ1/φ the variance of the mean if all were independent, and e the
    residuals, the squared standard error is m² Σ (1'Φ⁻¹Ae)² over units. A = Φ^½ (Φ^½ (Φ - m11') Φ^½)^(-½) Φ^½ within each
    unit (Pustejovsky and Tipton 2018, Journal of Business & Economic Statistics 36:672; Tipton 2015, Psychological
    Methods 20:375). That is their symmetric root; `peereval.estimation.clustered` has that of Bell and McCaffrey, which
    is the same where all of a unit have one variance.

    Parameters
    ----------
    y, variance : ndarray of float, shape (rows,)
        Effects, and their variances with that between studies.
    units : ndarray of int, shape (rows,)
        What is independent of the rest, numbered from 0; two at least.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        With t.

    Examples
    --------
    >>> import numpy as np
    >>> found = robust_mean(np.array([0.1, 0.3, 0.2, 0.9]), np.full(4, 0.04), np.array([0, 0, 1, 2]))
    >>> round(found.estimate, 3), round(found.std_error, 3), round(found.df, 2)
    (0.375, 0.202, 1.8)
    """
    weights = 1 / variance
    m = 1 / weights.sum()
    mean = float(m * (weights @ y))
    root = np.sqrt(variance)
    same = units[:, None] == units
    # a function of a block-diagonal matrix is that of its blocks
    values, vectors = np.linalg.eigh(np.diag(variance**2) - np.where(same, m * np.outer(root, root), 0.0))
    adjustment = root[:, None] * ((vectors * values**-0.5) @ vectors.T) * root
    each = m * ((np.arange(units.max() + 1)[:, None] == units) * weights) @ adjustment
    spread = float(((each @ (y - mean)) ** 2).sum())
    # of the residuals, of which the mean takes a share
    left = each - each.sum(axis=1, keepdims=True) * (m * weights)
    products = (left * variance) @ left.T
    df = float(np.trace(products) ** 2 / (products**2).sum())
    return with_t(mean, spread**0.5, df, level)
