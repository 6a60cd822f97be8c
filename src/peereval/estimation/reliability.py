"""How well the items of a scale go together, and how well two measurements agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Items: TypeAlias = NDArray[np.float64]

_FISHER = 3
"""What Fisher's transformation takes off the number of persons."""

_NOTHING = 1e-12
"""Share of the whole variance below which a mean square is what rounding left."""


class Interval(NamedTuple):
    """An estimate with its confidence limits; not-a-number where it cannot be computed."""

    estimate: float
    conf_low: float = np.nan
    conf_high: float = np.nan


def cronbach_alpha(items: Items, *, level: float = 0.95) -> Interval:
    """Cronbach's alpha with Feldt's interval.

    Parameters
    ----------
    items : ndarray of float
        Turned answers without missing values, one row a person, one column an item.
    level : float
        Confidence level.

    Returns
    -------
    Interval
        Not-a-number with fewer than two items or persons, or where nobody differs.

    References
    ----------
    Feldt, Woodruff & Salih 1987, Applied Psychological Measurement 11:93, doi:10.1177/014662168701100107.

    Examples
    --------
    >>> import numpy as np
    >>> round(cronbach_alpha(np.array([[1.0, 2], [2, 2], [3, 4], [4, 3]])).estimate, 3)
    0.784
    """
    n, k = items.shape
    if n < 2 or k < 2:  # noqa: PLR2004 - a covariance needs two of both
        return Interval(np.nan)
    covariance = np.cov(items, rowvar=False)
    total = covariance.sum()
    if total <= 0:
        return Interval(np.nan)
    alpha = k / (k - 1) * (1 - np.trace(covariance) / total)
    tail = (1 - level) / 2
    high, low = stats.f.ppf([tail, 1 - tail], n - 1, (n - 1) * (k - 1))
    return Interval(float(alpha), float(1 - (1 - alpha) * low), float(1 - (1 - alpha) * high))


def correlation(one: Items, other: Items, *, level: float = 0.95) -> Interval:
    """Pearson's correlation with Fisher's interval.

    Parameters
    ----------
    one, other : ndarray of float
        Pairs without missing values.
    level : float
        Confidence level.

    Returns
    -------
    Interval
        Not-a-number with fewer than four pairs, or where one of the two does not vary.

    Examples
    --------
    >>> import numpy as np
    >>> round(correlation(np.arange(5.0), np.array([1.0, 0, 2, 4, 3])).estimate, 2)
    0.8
    """
    if len(one) <= _FISHER or one.std() == 0 or other.std() == 0:
        return Interval(np.nan)
    r = float(np.clip(np.corrcoef(one, other)[0, 1], -1, 1))
    if abs(r) == 1:
        return Interval(r, r, r)
    reach = stats.norm.ppf((1 + level) / 2) / np.sqrt(len(one) - _FISHER)
    return Interval(r, float(np.tanh(np.arctanh(r) - reach)), float(np.tanh(np.arctanh(r) + reach)))


def rest_correlations(items: Items, *, level: float = 0.95) -> list[Interval]:
    """Correlation of each item with the sum of the others.

    Parameters
    ----------
    items : ndarray of float
        Turned answers without missing values, one row a person, one column an item.
    level : float
        Confidence level.

    Returns
    -------
    list of Interval
        One an item.

    Examples
    --------
    >>> import numpy as np
    >>> answers = np.array([[1.0, 2, 4], [2, 1, 3], [3, 5, 2], [4, 3, 2], [4, 4, 1]])
    >>> [round(each.estimate, 2) for each in rest_correlations(answers)]
    [-0.1, 0.0, -0.9]
    """
    total = items.sum(axis=1)
    return [correlation(items[:, place], total - items[:, place], level=level) for place in range(items.shape[1])]


def alpha_when_turned(items: Items, place: int) -> float:
    """Alpha that the scale would have with one item turned the other way.

    Parameters
    ----------
    items : ndarray of float
        Turned answers without missing values, one row a person, one column an item.
    place : int
        The item's column.

    Returns
    -------
    float
        Alpha.
    """
    turned = items.copy()
    turned[:, place] = -turned[:, place]
    return cronbach_alpha(turned).estimate


def icc_agreement(first: Items, second: Items, *, level: float = 0.95) -> Interval:
    """Intraclass correlation of two measurements of the same persons: two-way, absolute agreement, single.

    Parameters
    ----------
    first, second : ndarray of float
        Pairs without missing values.
    level : float
        Confidence level.

    Returns
    -------
    Interval
        ICC(A,1) with the interval of McGraw and Wong, both kept within -1 and 1; not-a-number with fewer than three
        pairs or without spread. Without limits where they are not defined: the two measurements differ by a constant, mirror each other, or
        are too few.

    References
    ----------
    McGraw & Wong 1996, Psychological Methods 1:30, doi:10.1037/1082-989X.1.1.30.

    Examples
    --------
    >>> import numpy as np
    >>> round(icc_agreement(np.array([1.0, 2, 3, 4]), np.array([2.0, 2, 4, 5])).estimate, 3)
    0.83
    """
    squares = _mean_squares(first, second)
    if squares is None:
        return Interval(np.nan)
    n, (rows, rounds, error) = len(first), squares
    icc = (rows - error) / (rows + error + 2 * (rounds - error) / n)
    if error == 0 or rows == 0:
        return Interval(max(icc, -1.0))
    return Interval(max(icc, -1.0), *_mcgraw_wong(rows, rounds, error, icc, n, level))


def sem_agreement(first: Items, second: Items) -> float:
    """Standard error of measurement of agreement: the spread between two measurements of the same person.

    The root of the error variance plus that between the rounds, MS(error) + max(0, (MS(rounds) - MS(error)) / n). It
    is the standard deviation times the root of 1 - ICC(A,1) where both are taken from the same mean squares.

    Parameters
    ----------
    first, second : ndarray of float
        Pairs without missing values.

    Returns
    -------
    float
        In points; not-a-number where `icc_agreement` is.

    References
    ----------
    de Vet, Terwee, Knol & Bouter 2006, Journal of Clinical Epidemiology 59:1033, doi:10.1016/j.jclinepi.2005.10.015.

    Examples
    --------
    >>> import numpy as np
    >>> round(sem_agreement(np.array([1.0, 2, 3, 4]), np.array([2.0, 2, 4, 5])), 3)
    0.612
    """
    squares = _mean_squares(first, second)
    if squares is None:
        return float(np.nan)
    _, rounds, error = squares
    return float(np.sqrt(error + max(0.0, (rounds - error) / len(first))))


def _mean_squares(first: Items, second: Items) -> tuple[float, float, float] | None:
    """Mean squares of persons, of the two rounds and of error; None with fewer than three pairs or without spread."""
    n = len(first)
    pairs = np.column_stack([first, second])
    if n < 3 or np.ptp(pairs) == 0:  # noqa: PLR2004 - two pairs leave no error to estimate
        return None
    mean = pairs.mean()
    rows = 2 * ((pairs.mean(axis=1) - mean) ** 2).sum() / (n - 1)
    rounds = n * ((pairs.mean(axis=0) - mean) ** 2).sum()
    error = ((pairs - pairs.mean(axis=1, keepdims=True) - pairs.mean(axis=0) + mean) ** 2).sum() / (n - 1)
    squares = np.array([rows, rounds, error])
    squares[squares < _NOTHING * pairs.var()] = 0.0
    return float(squares[0]), float(squares[1]), float(squares[2])


def _mcgraw_wong(rows: float, rounds: float, error: float, icc: float, n: int, level: float) -> tuple[float, float]:
    """Limits of ICC(A,1) for two measurements."""
    a = 2 * icc / (n * (1 - icc))
    b = 1 + 2 * icc * (n - 1) / (n * (1 - icc))
    df = (a * rounds + b * error) ** 2 / ((a * rounds) ** 2 + (b * error) ** 2 / (n - 1))
    up, down = stats.f.ppf((1 + level) / 2, [n - 1, df], [df, n - 1])
    spread = 2 * rounds + (2 * n - 2 - n) * error
    low = n * (rows - up * error) / (up * spread + n * rows)
    high = n * (down * rows - error) / (spread + n * down * rows)
    # with a handful of persons the approximate degrees of freedom can come near 0, and the limits mean nothing
    return (max(float(low), -1.0), float(high)) if low <= icc <= high else (np.nan, np.nan)
