"""Cumulative incidence of events that compete, on counts per day, and the mean time lost to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]
    Counts: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """One day on which somebody leaves after another: at risk, of any cause, of one cause, free of events before."""

    at_risk: Numbers
    any_cause: Numbers
    one_cause: Numbers
    free_before: Numbers

    @property
    def rise(self) -> Numbers:
        return self.free_before * self.one_cause / self.at_risk

    @property
    def greenwood(self) -> Numbers:
        """Variance of the logarithm of the share without any event; 0 where nobody is left, who has no more to lose."""
        left = self.at_risk - self.any_cause
        return np.where(left > 0, self.any_cause / (self.at_risk * np.maximum(left, 1)), 0.0)


def cumulative_incidence(day: Counts, events: Counts, n_censored: Counts, *, level: float = 0.95) -> pd.DataFrame:
    """Share with an event of each cause, where the other causes compete: the Aalen-Johansen estimator.

    All events of a day meet the same persons at risk, and those whose follow-up ends on a day are at risk on that day.
    The variance is the infinitesimal jackknife, which for counts is a sum over days and equals that of R's
    ``survfit`` for several states; the limits are on the log-log scale of the incidence, ``conf.type = "log-log"``.

    Parameters
    ----------
    day : ndarray of int, shape (days,)
        Days in rising order, each once.
    events : ndarray of int, shape (days, causes)
        Events of each cause on each day.
    n_censored : ndarray of int, shape (days,)
        Ends of follow-up.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        A row a cause and day: ``cause`` (its number), ``time``, ``estimate``, ``std_error``, ``conf_low``,
        ``conf_high``, ``n`` (at risk), ``n_events`` (of the cause), ``n_censored``. Limits are not-a-number where the
        estimate is 0 or 1.

    Examples
    --------
    R: ``summary(survfit(Surv(c(1, 2, 2, 3, 4), factor(c(1, 1, 2, 0, 1), 0:2)) ~ 1, conf.type = "log-log"))``.

    >>> import numpy as np
    >>> found = cumulative_incidence(
    ...     np.array([1, 2, 3, 4]), np.array([[1, 0], [1, 1], [0, 0], [1, 0]]), np.array([0, 0, 1, 0])
    ... )
    >>> found.loc[found["cause"] == 0, ["time", "n", "estimate", "std_error", "conf_low"]].round(4)
       time  n  estimate  std_error  conf_low
    0     1  5       0.2     0.1789    0.0084
    1     2  4       0.4     0.2191    0.0520
    2     3  2       0.4     0.2191    0.0520
    3     4  1       0.8     0.1789    0.2038
    """
    from scipy.stats import norm

    z = norm.ppf((1 + level) / 2)
    parts = []
    for cause in range(events.shape[1]):
        steps = _steps(events, n_censored, cause)
        share = np.cumsum(steps.rise)
        error = np.sqrt(np.maximum(_variance(steps, share), 0))
        inside = (share > 0) & (share < 1)
        log = np.log(np.where(inside, share, 0.5))
        spread = np.exp(z * error / np.where(inside, np.abs(share * log), 1.0))
        low, high = (np.where(inside, np.exp(log * each), np.nan) for each in (spread, 1 / spread))
        part = {"cause": cause, "time": day, "estimate": share, "std_error": error, "conf_low": low, "conf_high": high}
        counts = {"n": steps.at_risk.astype(np.int64), "n_events": events[:, cause], "n_censored": n_censored}
        parts.append(pd.DataFrame(part | counts))
    return pd.concat(parts, ignore_index=True)


def restricted_mean_lost(
    day: Counts, events: Counts, n_censored: Counts, *, cause: int, horizon: float
) -> tuple[float, float]:
    """Mean time lost to a cause until a horizon: the area under its cumulative incidence.

    With one cause, the horizon minus the time lost is the restricted mean time without the event, with the variance
    of Greenwood's type. With several it is the restricted mean time lost of Andersen (2013, Statistics in Medicine
    32:5278).

    Parameters
    ----------
    day, events, n_censored
        As in `cumulative_incidence`.
    cause : int
        The number of the cause.
    horizon : float
        Until which day; it must not lie beyond the longest follow-up.

    Returns
    -------
    tuple of float
        The mean in days and its standard error.

    Examples
    --------
    R: ``print(survfit(Surv(c(1, 2, 2, 3, 4), c(1, 1, 0, 1, 0)) ~ 1), rmean = 4)`` gives 2.7 and 0.507 without the event.

    >>> import numpy as np
    >>> lost, error = restricted_mean_lost(
    ...     np.array([1, 2, 3, 4]), np.array([[1], [1], [1], [0]]), np.array([0, 1, 0, 1]), cause=0, horizon=4
    ... )
    >>> round(4 - lost, 3), round(error, 3)
    (2.7, 0.507)
    """
    steps = _steps(events, n_censored, cause)
    inside = day < horizon
    ahead = np.where(inside, horizon - day, 0.0)
    own = ahead * steps.rise
    # what those who leave on a day lose of the rises that follow it
    later = np.append(np.cumsum(own[::-1])[::-1], 0.0)[1:]
    through = ahead * steps.free_before / steps.at_risk
    return float(own.sum()), float(np.sqrt(max(_squares(steps, through, later)[inside].sum(), 0.0)))


def _steps(events: Counts, n_censored: Counts, cause: int) -> _Steps:
    any_cause = events.sum(axis=1).astype(float)
    leaving = any_cause + n_censored
    at_risk = leaving[::-1].cumsum()[::-1]
    free = np.cumprod(1 - any_cause / at_risk)
    return _Steps(at_risk, any_cause, events[:, cause].astype(float), np.append(1.0, free[:-1]))


def _squares(steps: _Steps, own: Numbers, later: Numbers) -> Numbers:
    """Sum over persons of the squared influence of a day: `own` on its event, `later` on what follows."""
    n, d = steps.at_risk, steps.one_cause
    return own**2 * d * (n - d) / n - 2 * own * later * d / n + later**2 * steps.greenwood


def _variance(steps: _Steps, share: Numbers) -> Numbers:
    """The sum of `_squares` until each day, with `later` the rise from the day until then, multiplied out."""
    own, each = steps.free_before / steps.at_risk, steps.greenwood
    cross = own * steps.one_cause / steps.at_risk
    constant = np.cumsum(_squares(steps, own, -share))
    return constant - 2 * share * np.cumsum(cross + share * each) + share**2 * np.cumsum(each)
