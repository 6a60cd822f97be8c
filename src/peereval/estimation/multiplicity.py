"""p values adjusted for the number of comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from peereval.errors import InvalidValueError, nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]

Adjustment: TypeAlias = Literal["none", "holm", "benjamini-hochberg", "tukey"]


def check_adjustment(name: str) -> None:
    """Refuse the name of an adjustment that does not exist.

    Parameters
    ----------
    name : str
        ``"none"``, ``"holm"``, ``"benjamini-hochberg"`` or ``"tukey"``.

    Raises
    ------
    InvalidValueError
        There is no such adjustment.

    Examples
    --------
    >>> check_adjustment("holm")
    """
    if name not in get_args(Adjustment):
        msg = f"There is no adjustment {name!r} of p values."
        raise InvalidValueError(msg, hint=nearest(name, get_args(Adjustment)))


def stepwise(p_values: Numbers, adjustment: Literal["holm", "benjamini-hochberg"]) -> Numbers:
    """Adjust p values for their number.

    Parameters
    ----------
    p_values : ndarray, shape (n,)
        Missing ones stay missing and do not count.
    adjustment : {"holm", "benjamini-hochberg"}
        Holm (1979, Scandinavian Journal of Statistics 6:65): how sure one may be of every finding. Benjamini and
        Hochberg (1995, JRSS B 57:289): the share of false findings among findings.

    Returns
    -------
    ndarray, shape (n,)
        Adjusted p values.

    Examples
    --------
    R: ``p.adjust(c(0.01, 0.04, 0.03), "holm")`` gives 0.03, 0.06, 0.06, and ``"BH"`` 0.03, 0.04, 0.04.

    >>> import numpy as np
    >>> stepwise(np.array([0.01, 0.04, np.nan, 0.03]), "holm").round(6).tolist()
    [0.03, 0.06, nan, 0.06]
    >>> stepwise(np.array([0.01, 0.04, 0.03]), "benjamini-hochberg").round(6).tolist()
    [0.03, 0.04, 0.04]
    """
    known = np.isfinite(p_values)
    adjusted = np.full(len(p_values), np.nan)
    if known.any():
        adjusted[known] = (_holm if adjustment == "holm" else _false_discoveries)(p_values[known])
    return adjusted


def _holm(p_values: Numbers) -> Numbers:
    # statsmodels has the interpreter collect its garbage here: up to a second each time in a large session
    order = np.argsort(p_values)
    raised = np.maximum.accumulate(p_values[order] * np.arange(len(order), 0, -1))
    adjusted = np.empty_like(raised)
    adjusted[order] = np.minimum(raised, 1)
    return adjusted


def _false_discoveries(p_values: Numbers) -> Numbers:
    from statsmodels.stats.multitest import fdrcorrection

    adjusted: Numbers = fdrcorrection(p_values)[1]
    return adjusted


def tukey(statistics: Numbers, df: Numbers, n_means: int) -> Numbers:
    """Find p values of all pairs of means after Tukey, and Kramer for unequal sizes.

    Parameters
    ----------
    statistics, df : ndarray, shape (pairs,)
        t statistics of the differences and their degrees of freedom.
    n_means : int
        How many means are compared in pairs.

    Returns
    -------
    ndarray, shape (pairs,)
        The chance that the widest of all differences is as wide.

    Examples
    --------
    R: ``ptukey(2.5 * sqrt(2), 3, 20, lower.tail = FALSE)`` gives 0.0531.

    >>> import numpy as np
    >>> tukey(np.array([2.5]), np.array([20.0]), 3).round(4).tolist()
    [0.0531]
    """
    from scipy.stats import studentized_range

    found = np.full(len(statistics), np.nan)
    known = np.isfinite(statistics)
    if known.any():
        # the distribution is written for finite degrees of freedom; from here on it does not move
        ends = np.minimum(df[known], 1e5)
        found[known] = studentized_range.sf(np.abs(statistics[known]) * np.sqrt(2), n_means, ends)
    return found
