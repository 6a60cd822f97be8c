"""Rubin's rules: estimates of several imputed data sets put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]


class Pooled(NamedTuple):
    """Estimates put together, each an array without the axis of the data sets.

    Parameters
    ----------
    estimate, std_error, df : ndarray
        Mean estimate, root of the total variance, and Barnard and Rubin's degrees of freedom.
    fraction_missing : ndarray
        The fraction of missing information.
    monte_carlo_error : ndarray
        Standard error of the estimate that comes from the number of imputations only.
    """

    estimate: Numbers
    std_error: Numbers
    df: Numbers
    fraction_missing: Numbers
    monte_carlo_error: Numbers


def pool_imputations(estimates: Numbers, variances: Numbers, *, df_complete: float) -> Pooled:
    """Put the estimates of m imputed data sets together by Rubin's rules.

    Parameters
    ----------
    estimates, variances : ndarray, shape (..., m)
        Estimates and their squared standard errors.
    df_complete : float
        Degrees of freedom that complete data would have.

    Returns
    -------
    Pooled
        With T = W + (1 + 1/m) B from the mean variance W within and the variance B between data sets.

    References
    ----------
    Rubin 1987, Multiple Imputation for Nonresponse in Surveys; Barnard and Rubin 1999, Biometrika 86:948.

    Examples
    --------
    R: ``mice::pool.scalar(c(1, 2, 3, 2), c(1, 1, 2, 1), n = 21, k = 1)`` gives t = 2.0833, df = 6.9155, fmi = 0.5210.

    >>> import numpy as np
    >>> found = pool_imputations(np.array([1.0, 2, 3, 2]), np.array([1.0, 1, 2, 1]), df_complete=20)
    >>> round(float(found.std_error**2), 4), round(float(found.df), 4), round(float(found.fraction_missing), 4)
    (2.0833, 6.9155, 0.521)
    """
    m = estimates.shape[-1]
    within, between = variances.mean(axis=-1), estimates.var(axis=-1, ddof=1)
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total
    observed = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - share)
    # 1 / df of the classical formula is 0 where nothing varies between the data sets
    df = 1 / (share**2 / (m - 1) + 1 / observed)
    ratio = share / (1 - share)
    missing = (ratio + 2 / (df + 3)) / (1 + ratio)
    return Pooled(estimates.mean(axis=-1), np.sqrt(total), df, missing, np.sqrt(between / m))
