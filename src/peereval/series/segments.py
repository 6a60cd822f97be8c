"""The design of a segmented regression: a trend, a change of level and slope, declared breaks, the season."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from peereval.errors import DesignError, InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from peereval.series.periods import Moment, Periods

    Numbers: TypeAlias = NDArray[np.floating[Any]]

Season = Literal["month", "quarter"]
_MONTHS: dict[str, int] = {"month": 1, "quarter": 3}


@dataclass(frozen=True, slots=True)
class Segments:
    """Where a series changes.

    Parameters
    ----------
    at : int
        Number of the first period after the intervention.
    breaks : tuple of int
        Numbers of the periods with a step of their own.
    season : {"month", "quarter"} or None
        What has a mean of its own.
    seasons : tuple of int
        Number of the season of each period, of the first to the last.
    """

    at: int
    breaks: tuple[int, ...]
    season: Season | None
    seasons: tuple[int, ...]

    def design(self, number: NDArray[np.int64], *, changed: bool = True) -> Numbers:
        """Give the regressors of periods.

        Parameters
        ----------
        number : ndarray of int, shape (n,)
            Numbers of the periods.
        changed : bool
            Whether level and slope change, or go on as before.

        Returns
        -------
        ndarray of float, shape (n, 4 + breaks + seasons - 1)
            Intercept, slope before, change of level at the first period after, change of slope, a step for each
            break, and the seasons but the first.
        """
        since = (number - self.at).astype(float)
        after = (since >= 0) & changed
        steps = [number >= each for each in self.breaks]
        mine = np.asarray(self.seasons)[number] if self.season else number
        dummies = [mine == each for each in sorted(set(self.seasons))[1:]]
        return np.column_stack(
            [np.ones(len(number)), since, after, np.maximum(since, 0.0) * changed, *steps, *dummies]
        ).astype(float)


def segments_of(periods: Periods, *, at: Moment, breaks: Sequence[Moment], season: Season | None) -> Segments:
    """Place the intervention, the breaks and the seasons in the periods of a series.

    Parameters
    ----------
    periods : Periods
        Of the points that are used.
    at : int, str or date
        The moment of the intervention.
    breaks : sequence of int, str or date
        Moments at which the series steps for another reason.
    season : {"month", "quarter"} or None
        What has a mean of its own.

    Returns
    -------
    Segments
        The intervention and each break by the number of the first period from that moment on.

    Raises
    ------
    DesignError
        A break falls on the intervention or on another break, or lies outside the series; or the periods have no such
        seasons.
    InvalidValueError
        A moment is not of the kind of the times, or there is no such season.

    Examples
    --------
    >>> import pandas as pd
    >>> from peereval.series.periods import periods_of
    >>> periods = periods_of(pd.Series(["2018-01-01", "2018-02-01", "2018-03-01", "2018-04-01"]))
    >>> segments_of(periods, at="2018-03-01", breaks=(), season=None).design(periods.number)[:, 1:4].tolist()
    [[-2.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 1.0]]
    """
    moment = periods.first_from(at, "at")
    numbers = tuple(periods.first_from(each, "A break") for each in breaks)
    known = np.sort(periods.number)
    # two moments with the same points after them cannot be told apart
    places = [int(np.searchsorted(known, each)) for each in (moment, *numbers)]
    for place, each in enumerate(numbers, start=1):
        if not 0 < places[place] < len(known):
            msg = f"The break at {periods.shown(each)} leaves no point on one of its sides."
            raise DesignError(msg, hint="Leave it out.")
        if places[place] in places[:place]:
            msg = f"The break at {periods.shown(each)} falls on the intervention or on another break."
            raise DesignError(msg, hint="The two cannot be told apart; show the series without estimating a change.")
    return Segments(moment, numbers, season, _seasons(periods, season))


def _seasons(periods: Periods, season: Season | None) -> tuple[int, ...]:
    if season is None:
        return ()
    if season not in _MONTHS:
        msg = f"season is {season!r}; allowed are 'month', 'quarter' and None."
        raise InvalidValueError(msg, hint="Choose one of them.")
    width = _MONTHS[season]
    if periods.count != "months" or periods.step > width:
        msg = f"The series has one point a {periods.name}, so it has no {season} to adjust for."
        raise DesignError(msg, hint="Leave out season=, or give dates in shorter steps.")
    every = np.arange(int(periods.number.max(initial=0)) + 1)
    return tuple(((periods.origin + every * periods.step) % 12 // width).tolist())
