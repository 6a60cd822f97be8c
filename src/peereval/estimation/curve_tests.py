"""Tests of several curves on counts per group and day: the log-rank test and Gray's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[Any]


class CurveTest(NamedTuple):
    """A chi-squared test of groups."""

    statistic: float
    df: int
    p_value: float


def log_rank(events: Numbers, leaving: Numbers) -> CurveTest:
    """Compare the hazards of groups over time, each day weighted alike.

    Parameters
    ----------
    events : ndarray, shape (days, groups)
        Events on each day, days in rising order.
    leaving : ndarray, shape (days, groups)
        Events and ends of follow-up on each day.

    Returns
    -------
    CurveTest
        R's ``survdiff``; not-a-number where fewer than two groups can have an event.

    Examples
    --------
    R: ``survdiff(Surv(c(1, 2, 3, 2, 4, 5), c(1, 1, 1, 1, 0, 1)) ~ c(1, 1, 1, 2, 2, 2))`` gives 2.24.

    >>> import numpy as np
    >>> events = np.array([[1, 0], [1, 1], [1, 0], [0, 0], [0, 1]])
    >>> leaving = np.array([[1, 0], [1, 1], [1, 0], [0, 1], [0, 1]])
    >>> found = log_rank(events, leaving)
    >>> round(found.statistic, 3), found.df
    (2.244, 1)
    """
    at_risk = _at_risk(leaving)
    total, d = at_risk.sum(axis=1), events.sum(axis=1).astype(float)
    used = d > 0
    share = at_risk[used] / total[used, None]
    expected = (d[used, None] * share).sum(axis=0)
    scale = d[used] * (total[used] - d[used]) / np.maximum(total[used] - 1, 1)
    covariance = np.diag((scale[:, None] * share).sum(axis=0)) - (scale[:, None] * share).T @ share
    return _chi_squared(events.sum(axis=0) - expected, covariance, expected > 0)


def gray_test(events: Numbers, competing: Numbers, leaving: Numbers) -> CurveTest:
    """Compare the cumulative incidence of groups, where other events compete.

    The score of a group is the number of its events less those expected if the subdistribution hazard was that of all,
    with the variance of Gray (1988, Annals of Statistics 16:1141) and each day weighted alike.

    Parameters
    ----------
    events, competing : ndarray, shape (days, groups)
        Events in question, and events that compete, on each day.
    leaving : ndarray, shape (days, groups)
        All events and ends of follow-up on each day.

    Returns
    -------
    CurveTest
        R's ``cmprsk::cuminc(…)$Tests``; not-a-number where fewer than two groups can have an event.

    Examples
    --------
    R: ``cuminc(c(1, 3, 4, 2, 4, 5), c(1, 1, 2, 2, 0, 1), c(1, 1, 1, 2, 2, 2))$Tests`` gives 2.36 for the first cause.

    >>> import numpy as np
    >>> events = np.array([[1, 0], [0, 0], [1, 0], [0, 0], [0, 1]])
    >>> competing = np.array([[0, 0], [0, 1], [0, 0], [1, 0], [0, 0]])
    >>> found = gray_test(events, competing, events + competing + np.array([[0], [0], [0], [1], [0]]) * [0, 1])
    >>> round(found.statistic, 2), found.df
    (2.36, 1)
    """
    events, competing = np.asarray(events, float), np.asarray(competing, float)
    at_risk, d = _at_risk(leaving), events.sum(axis=1)
    there = at_risk > 0
    n = np.where(there, at_risk, 1.0)
    free: Numbers = np.cumprod(np.where(there, 1 - (events + competing) / n, 1.0), axis=0)
    before = np.vstack([np.ones(free.shape[1]), free[:-1]])
    rise = np.where(there, before * events / n, 0.0)
    without = 1 - (np.cumsum(rise, axis=0) - rise)
    # at risk of the subdistribution: those without the event, had there been no censoring
    alive = np.where(there, n / np.where(before > 0, before, 1.0), 0.0)
    risk = alive * without
    score = (events - d[:, None] * _per_row(risk, risk.sum(axis=1))).sum(axis=0)
    covariance = _gray_covariance(events, competing, n, (before, free), alive)
    return _chi_squared(score, covariance, risk[d > 0].sum(axis=0) > 0)


def _gray_covariance(
    events: Numbers, competing: Numbers, n: Numbers, curves: tuple[Numbers, Numbers], alive: Numbers
) -> Numbers:
    """Sum over groups r and days of the squared influence of an event of r on the scores of all groups."""
    (before, free), d = curves, events.sum(axis=1).astype(float)
    total = alive.sum(axis=1)
    pooled = np.cumsum(np.divide(d, total, out=np.zeros_like(total), where=total > 0))
    pooled_before = 1 - np.append(0.0, pooled[:-1])
    share = _per_row(alive, total)
    # (days, groups i, groups r)
    own = alive[:, :, None] * (np.eye(alive.shape[1]) - share[:, None, :])
    hazard = np.divide(d, total * pooled_before, out=np.zeros_like(total), where=total * pooled_before > 0)
    until = np.cumsum(own * hazard[:, None, None], axis=0)
    later = until[-1] - until
    reached = np.divide(1 - pooled[:, None], free, out=np.zeros_like(free), where=free > 0)
    first = own + np.where(free > 0, 1 - reached, 1.0)[:, None, :] * later
    second = reached[:, None, :] * later
    return _sum_of_squares(first, _own_spread(d, total, n, before, alive > 0)) + _sum_of_squares(
        second, _other_spread(competing, n, before)
    )


def _sum_of_squares(influence: Numbers, spread: Numbers) -> Numbers:
    weighted = influence * spread[:, None, :]
    found: Numbers = np.einsum("tir,tjr->ij", weighted, influence)
    return found


def _own_spread(d: Numbers, total: Numbers, n: Numbers, before: Numbers, there: NDArray[np.bool_]) -> Numbers:
    """Variance of the rise of a group's incidence if it was that of all, less for ties."""
    scale = np.where(there & (d[:, None] > 1), total[:, None] * before, 2.0)
    ties = np.where(d[:, None] > 1, 1 - (d[:, None] - 1) / (scale - 1), 1.0)
    rate = np.divide(d, total, out=np.zeros_like(total), where=total > 0)[:, None]
    return np.where(there, ties * before * rate / n, 0.0)


def _other_spread(competing: Numbers, n: Numbers, before: Numbers) -> Numbers:
    ties = np.where(competing > 1, 1 - (competing - 1) / np.maximum(n - 1, 1), 1.0)
    found: Numbers = ties * before**2 * competing / n**2
    return found


def _at_risk(leaving: Numbers) -> Numbers:
    found: Numbers = np.asarray(leaving, float)[::-1].cumsum(axis=0)[::-1]
    return found


def _per_row(values: Numbers, totals: Numbers) -> Numbers:
    return np.divide(values, totals[:, None], out=np.zeros_like(values), where=totals[:, None] > 0)


def _chi_squared(score: Numbers, covariance: Numbers, used: NDArray[np.bool_]) -> CurveTest:
    from scipy.stats import chi2

    df = int(used.sum()) - 1
    if df < 1:
        return CurveTest(float("nan"), max(df, 0), float("nan"))
    # scores add up to 0, so one group follows from the others
    places = np.flatnonzero(used)[:-1]
    part = covariance[np.ix_(places, places)]
    statistic = float(score[places] @ np.linalg.pinv(part) @ score[places])
    return CurveTest(statistic, df, float(chi2.sf(statistic, df)))
