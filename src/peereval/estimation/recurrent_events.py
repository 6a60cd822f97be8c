"""The mean number of recurrent events of a person until each day, where death ends them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]
    Places: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class PersonTime:
    """When persons were at risk of an event, and how long each was followed.

    Parameters
    ----------
    person : ndarray of int, shape (intervals,)
        The person of each interval, from 0.
    start, stop : ndarray of float, shape (intervals,)
        At risk after day `start` until day `stop`; the intervals of a person do not overlap.
    event : ndarray of bool, shape (intervals,)
        Whether the interval ended with an event.
    last : ndarray of float, shape (persons,)
        The day on which each person died or was last followed.
    died : ndarray of bool, shape (persons,)
        Whether the person then died.
    """

    person: Places
    start: Numbers
    stop: Numbers
    event: NDArray[np.bool_]
    last: Numbers
    died: NDArray[np.bool_]


def mean_cumulative_function(seen: PersonTime, *, level: float = 0.95) -> pd.DataFrame:
    """Estimate the mean number of events of a person until each day, those after death being none.

    Ghosh and Lin's estimator (2000, Biometrics 56:554): the sum of S(t-) dN(t) / Y(t), with dN events among the Y
    persons at risk on day t, and S the Kaplan-Meier estimate of being alive. Without deaths it is Nelson and Aalen's.
    The variance is the sum over persons of squared influences (the infinitesimal jackknife), so a person's events may
    depend on one another; the limits are those of the logarithm.

    Parameters
    ----------
    seen : PersonTime
        Persons and their intervals.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        A row for each day with an event: ``time``, ``estimate``, ``std_error``, ``conf_low``, ``conf_high``, ``n``
        (at risk) and ``n_events``.

    Examples
    --------
    Two persons, of whom the first comes back on days 2 and 5 and the second dies on day 4:

    >>> import numpy as np
    >>> seen = PersonTime(
    ...     np.array([0, 0, 0, 1]), np.array([0.0, 3, 6, 0]), np.array([2.0, 5, 9, 4]),
    ...     np.array([True, True, False, False]), np.array([9.0, 4]), np.array([False, True]),
    ... )
    >>> mean_cumulative_function(seen)[["time", "estimate", "n", "n_events"]]
       time  estimate  n  n_events
    0   2.0       0.5  2         1
    1   5.0       1.0  1         1
    """
    from scipy.stats import norm

    days = np.unique(np.concatenate([seen.stop[seen.event], seen.last[seen.died]]))
    steps = _steps(seen, days)
    estimate = np.cumsum(steps.rise)
    error = np.sqrt(_variances(seen, days, steps, estimate))
    known = steps.n_events > 0
    factor = np.exp(norm.ppf((1 + level) / 2) * error / np.where(estimate > 0, estimate, 1.0))
    counts = {"n": steps.at_risk.astype(np.int64), "n_events": steps.n_events.astype(np.int64)}
    limits = {"conf_low": estimate / factor, "conf_high": estimate * factor}
    curve = pd.DataFrame({"time": days, "estimate": estimate, "std_error": error} | limits | counts)
    return curve[known].reset_index(drop=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """What happens on each day."""

    at_risk: Numbers
    n_events: Numbers
    alive: Numbers
    n_deaths: Numbers
    surviving: Numbers

    @property
    def rise(self) -> Numbers:
        return self.surviving * np.divide(
            self.n_events, self.at_risk, out=np.zeros_like(self.alive), where=self.at_risk > 0
        )


def _steps(seen: PersonTime, days: Numbers) -> _Steps:
    at_risk = _until(seen.stop, days) - _until(seen.start, days)
    alive = _until(seen.last, days)
    n_deaths = _on(seen.last[seen.died], days)
    surviving = np.append(1.0, np.cumprod(1 - n_deaths / alive)[:-1]) if len(days) else alive
    return _Steps(at_risk, _on(seen.stop[seen.event], days), alive, n_deaths, surviving)


def _until(ends: Numbers, days: Numbers) -> Numbers:
    """How many end on each day or later."""
    found: Numbers = len(ends) - np.searchsorted(np.sort(ends), days, side="left").astype(float)
    return found


def _on(ends: ArrayLike, days: Numbers) -> Numbers:
    found: Numbers = np.bincount(np.searchsorted(days, ends), minlength=len(days)).astype(float)
    return found


def _variances(seen: PersonTime, days: Numbers, steps: _Steps, estimate: Numbers) -> Numbers:
    """Sum over persons of the squared influence on the estimate of each day, from day to day.

    The influence of a person is own - estimate x gone + missed: the integrals of S(t-) / Y dM, of dM' / (Y' - dN') and of
    the estimate over the latter, M and M' being the person's events and death less what was expected of them.
    """
    who, size = np.arange(len(seen.last)), len(days)
    first, after, end = (np.searchsorted(days, moment, side="right") for moment in (seen.start, seen.stop, seen.last))
    opens, closes, ends = (
        _by_day(place, each, size) for place, each in ((first, seen.person), (after, seen.person), (end, who))
    )
    events = _by_day(np.searchsorted(days, seen.stop[seen.event]), seen.person[seen.event], size)
    deaths = _by_day(np.searchsorted(days, seen.last[seen.died]), who[seen.died], size)
    own, gone, missed = (np.zeros(len(seen.last)) for _ in range(3))
    inside, alive, found = np.zeros(len(who)), np.ones(len(who)), np.zeros(size)
    for day, mean in enumerate(estimate):
        np.add.at(inside, opens[day], 1.0)
        np.add.at(inside, closes[day], -1.0)
        alive[ends[day]] = 0.0
        if steps.n_events[day]:
            weight = steps.surviving[day] / steps.at_risk[day]
            own -= inside * (weight * steps.n_events[day] / steps.at_risk[day])
            np.add.at(own, events[day], weight)
        left = steps.alive[day] - steps.n_deaths[day]
        if steps.n_deaths[day] and left:
            change = alive * (-steps.n_deaths[day] / steps.alive[day] / left)
            change[deaths[day]] += 1 / left
            gone += change
            missed += mean * change
        found[day] = ((own - mean * gone + missed) ** 2).sum()
    return found


def _by_day(place: Places, who: Places, size: int) -> list[Places]:
    """Who belongs to each day."""
    order = np.argsort(place, kind="stable")
    return np.split(who[order], np.searchsorted(place[order], np.arange(1, size + 1)))[:size]
