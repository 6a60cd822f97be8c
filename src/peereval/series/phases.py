"""The phases of a charted series: its periods in order, divided where the series breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from peereval.errors import DesignError, InvalidValueError, UnsupportedInputError
from peereval.results import Origin, Result, origin_of
from peereval.series.periods import column_of, numbers_of, periods_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from peereval.series.periods import Moment, Periods

Series: TypeAlias = "Result | pd.DataFrame"
FEW = 20
"""Periods below which a chart is called provisional; a judgement."""


def phases_of(
    series: Series, columns: Sequence[str], *, time: str, freeze: int | None, breaks: Sequence[Moment]
) -> pd.DataFrame:
    """Put the periods of a series in order and divide them into phases.

    Parameters
    ----------
    series : Result or DataFrame
        One row a period.
    columns : sequence of str
        The columns of numbers that are needed.
    time : str
        The column of the periods: first days, or whole numbers such as years.
    freeze : int or None
        How many of the first periods are the baseline; all periods of a phase, if None.
    breaks : sequence of int, str or date
        Where a new phase begins, in the kind of the column `time`.

    Returns
    -------
    DataFrame
        ``time``, the `columns` as floats, ``phase`` (from 1) and ``baseline`` (flag), in order of time, with an empty
        row for a period that the series lacks. A period belongs to the phase in which it begins.

    Raises
    ------
    ColumnError, MissingValueError, InvalidValueError, DuplicateError
        A column is missing or holds no numbers; a time is missing, cannot be read, or stands twice.
    DesignError
        The periods are not equally spaced; a break lies outside the series; or a baseline was frozen in a series with
        breaks.
    UnsupportedInputError
        `series` is neither a result nor a frame, or `breaks` is a single text.

    Examples
    --------
    >>> months = pd.DataFrame({"time": ["2019-02-01", "2019-01-01", "2019-04-01"], "n": [5, 4, 6]})
    >>> phases_of(months, ["n"], time="time", freeze=None, breaks=["2019-04-01"])
             time    n  phase  baseline
    0  2019-01-01  4.0      1      True
    1  2019-02-01  5.0      1      True
    2  2019-03-01  NaN      1      True
    3  2019-04-01  6.0      2      True
    """
    frame = _frame_of(series)
    numbers = {name: numbers_of(frame, name, "series") for name in columns}
    periods = periods_of(column_of(frame, time, "series"))
    every = np.arange(periods.number.max() + 1) if len(frame) else np.empty(0, dtype=np.int64)
    starts = _starts(breaks, periods, len(every))
    if freeze is not None:
        _check_freeze(freeze, len(every), starts)
    rows = pd.DataFrame(numbers, index=periods.number).reindex(every)
    rows.insert(0, "time", [periods.time(number) for number in every.tolist()])
    baseline = every < (len(every) if freeze is None else freeze)
    return rows.assign(phase=np.searchsorted(starts, every, side="right") + 1, baseline=baseline)


def origin_of_series(series: Series) -> Origin:
    """Say whether a series is made up: a result knows it, a frame may have a column.

    Parameters
    ----------
    series : Result or DataFrame
        The series.

    Returns
    -------
    {"observed", "synthetic", "reconstructed"}
        As `origin_of` reads it.

    Examples
    --------
    >>> origin_of_series(pd.DataFrame({"time": ["2019-01-01"], "origin": ["synthetic"]}))
    'synthetic'
    """
    return series.origin if isinstance(series, Result) else origin_of(series)


def few_periods_notes(periods: pd.DataFrame, known: pd.Series) -> tuple[str, ...]:
    """Say which phases hold too few periods to tell much.

    Parameters
    ----------
    periods : DataFrame
        With ``phase`` and ``baseline``, as `phases_of` gives them.
    known : Series of bool
        The periods with a value.

    Returns
    -------
    tuple of str
        A sentence, or nothing.

    Examples
    --------
    >>> months = pd.DataFrame({"time": ["2019-01-01", "2019-02-01"], "n": [4, 5]})
    >>> periods = phases_of(months, ["n"], time="time", freeze=None, breaks=())
    >>> few_periods_notes(periods, periods["n"].notna())[0][:60]
    'The centre line rests on fewer than 20 periods (a judgement)'
    """
    counts = periods[known & periods["baseline"]].groupby("phase").size()
    few = counts[counts < FEW]
    if few.empty:
        return ()
    shown = ", ".join(f"{count} in phase {phase}" for phase, count in few.items())
    note = (
        f"The centre line rests on fewer than {FEW} periods (a judgement): {shown}. It is provisional: only large "
        "changes would show, and a series without a signal is no proof of a stable process."
    )
    return (note,)


def _frame_of(series: Any) -> pd.DataFrame:
    if isinstance(series, Result):
        return series.estimates
    if isinstance(series, pd.DataFrame):
        return series.reset_index(drop=True)
    msg = f"A series cannot be read from {type(series).__name__}."
    raise UnsupportedInputError(msg, hint="Give a frame with one row a period, or a result with a row a period.")


def _starts(breaks: Sequence[Moment], periods: Periods, n: int) -> NDArray[np.int64]:
    if isinstance(breaks, str):
        msg = "The breaks of the series are a single text."
        raise UnsupportedInputError(msg, hint=f"Give a list of dates: breaks=[{breaks!r}].")
    starts = np.unique(np.array([periods.first_from(moment, "A break") for moment in breaks], dtype=np.int64))
    if ((starts <= 0) | (starts >= n)).any():
        msg = f"A break does not divide the series of {n} periods: it lies at its beginning, or outside of it."
        raise DesignError(msg, hint="Name the first day of a phase, after the first period and not after the last one.")
    return starts


def _check_freeze(freeze: int, n: int, starts: NDArray[np.int64]) -> None:
    if len(starts):
        msg = "A baseline was frozen in a series with breaks."
        raise DesignError(msg, hint="Give the periods of one phase, or leave freeze= out.")
    if not 2 <= freeze <= n:  # noqa: PLR2004 - a baseline of one period has no spread
        msg = f"The baseline is frozen at {freeze} periods of {n}."
        raise InvalidValueError(msg, hint="Freeze at least 2 periods, and not more than there are.")
