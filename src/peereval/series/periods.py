"""Periods of a series: numbered in equal steps, missing ones named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from peereval.errors import ColumnError, DesignError, DuplicateError, InvalidValueError, MissingValueError, nearest
from peereval.mentions import row_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

Moment: TypeAlias = Any
"""A time as the caller writes it: a number, a date, or a date as text."""

_SHOWN = 4
_NAMES = {"months": {1: "month", 3: "quarter", 12: "year"}, "days": {1: "day", 7: "week"}, "steps": {1: "period"}}


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """Equally spaced periods.

    Parameters
    ----------
    number : ndarray of int, shape (n,)
        Number of the period of every row, from 0.
    label : ndarray of object, shape (n,)
        The time of every row as it is shown: a number, or a date as text.
    name : str
        What one period is, such as ``"month"``.
    count : str
        What is counted: *months*, *days*, or *steps* of a number.
    origin, step : int
        Count of the first period, and of one step.
    """

    number: NDArray[np.int64]
    label: NDArray[Any]
    name: str
    count: str
    origin: int
    step: int

    @property
    def missing(self) -> list[str]:
        """The periods between the first and the last that no row has, as they are shown."""
        every = np.arange(self.number.max() + 1) if len(self.number) else self.number
        return [self.shown(each) for each in np.setdiff1d(every, self.number).tolist()]

    def shown(self, number: int) -> str:
        """Write a period as text."""
        count = self.origin + number * self.step
        if self.count == "months":
            return f"{count // 12:04d}-{count % 12 + 1:02d}-01"
        return str(count) if self.count == "steps" else str(np.datetime64(count, "D"))

    def time(self, number: int) -> int | str:
        """Give a period as the series has it: a number, or a date as text."""
        return self.origin + number * self.step if self.count == "steps" else self.shown(number)

    def first_from(self, moment: Moment, argument: str) -> int:
        """Give the number of the first period that begins at a moment or after it.

        Parameters
        ----------
        moment : int, str or date
            A time of the kind that the series has.
        argument : str
            What it is called in messages.

        Returns
        -------
        int
            The number of the period; it may lie outside the series.

        Raises
        ------
        InvalidValueError
            The moment is not of that kind.
        """
        count = _moment(moment, self.count, argument)
        return int(-((self.origin - count) // self.step))


def periods_of(times: pd.Series) -> Periods:
    """Number the times of a series in equal steps.

    Parameters
    ----------
    times : Series
        Whole numbers, dates, texts such as ``2018-01-01``, or periods; one a row, in any order.

    Returns
    -------
    Periods
        In the order of the rows. Months, quarters and years are counted as such where all dates are the first of a month.

    Raises
    ------
    MissingValueError, DuplicateError
        A time is missing, or stands twice.
    InvalidValueError
        A time can be read neither as a whole number nor as a date.
    DesignError
        The steps are no multiples of the shortest.

    Examples
    --------
    >>> import pandas as pd
    >>> found = periods_of(pd.Series(["2018-01-01", "2018-04-01", "2018-10-01"]))
    >>> found.name, found.number.tolist(), found.missing
    ('quarter', [0, 1, 3], ['2018-07-01'])
    """
    if times.isna().any():
        msg = f"The time is missing in {row_numbers(np.flatnonzero(times.isna()).tolist())}."
        raise MissingValueError(msg, hint="Every point of a series has a time.")
    counts, count = _counts(times)
    twice = np.flatnonzero(pd.Series(counts).duplicated(keep=False)).tolist()
    if twice:
        msg = f"A time stands more than once in the series, in {row_numbers(twice)}."
        raise DuplicateError(msg, hint="Give one row a period: choose one group, or add the groups up first.")
    origin = int(counts.min()) if len(counts) else 0
    step = _step(np.sort(counts), count)
    number = (counts - origin) // step
    name = _NAMES[count].get(step, f"{step} {count}")
    numbered = Periods(number, np.empty(0), name, count, origin, step)
    label = counts if count == "steps" else np.array([numbered.shown(each) for each in number.tolist()], dtype=object)
    return Periods(number, label, name, count, origin, step)


def column_of(frame: pd.DataFrame, name: str, table: str) -> pd.Series:
    """Give a column, or say which ones there are.

    Parameters
    ----------
    frame : DataFrame
        The table.
    name : str
        The column.
    table : str
        What the table is called in messages.

    Returns
    -------
    Series
        The column.

    Raises
    ------
    ColumnError
        There is none of this name.
    """
    if name not in frame.columns:
        msg = f"The {table} has no column {name!r}."
        raise ColumnError(msg, hint=nearest(name, map(str, frame.columns)))
    return frame[name]


def numbers_of(frame: pd.DataFrame, name: str, table: str) -> NDArray[np.float64]:
    """Give a column of numbers, missing ones as not-a-number.

    Parameters
    ----------
    frame : DataFrame
        The table.
    name : str
        The column.
    table : str
        What the table is called in messages.

    Returns
    -------
    ndarray of float
        The column.

    Raises
    ------
    ColumnError
        There is no such column, or it does not hold numbers.
    InvalidValueError
        A number is infinite.
    """
    column = column_of(frame, name, table)
    if not pd.api.types.is_numeric_dtype(column):
        msg = f"The column {name!r} of the {table} holds {column.dtype}; numbers are expected."
        raise ColumnError(msg, hint="Turn it into numbers, missing ones empty.")
    values = column.to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(values).any():
        msg = f"The column {name!r} of the {table} is infinite in {row_numbers(np.flatnonzero(np.isinf(values)).tolist())}."
        raise InvalidValueError(msg, hint="Leave such cells empty.")
    return values


def _counts(times: pd.Series) -> tuple[NDArray[np.int64], str]:
    """Times as whole numbers: months since year 0, days since 1970, or the numbers themselves."""
    if isinstance(times.dtype, pd.PeriodDtype):
        times = times.dt.start_time
    if pd.api.types.is_numeric_dtype(times):
        numbers = times.to_numpy(dtype=float)
        if not (numbers == np.round(numbers)).all():
            msg = "The times of the series are numbers, but not whole ones."
            raise InvalidValueError(msg, hint="Number the periods, or give dates.")
        return numbers.astype(np.int64), "steps"
    try:
        dates = pd.DatetimeIndex(pd.to_datetime(times, format="ISO8601"))
    except (ValueError, TypeError) as error:
        msg = "The times of the series can be read neither as numbers nor as dates such as 2018-01-01."
        raise InvalidValueError(msg, hint="Write dates as year-month-day.") from error
    if set(dates.day) == {1}:
        return (dates.year.to_numpy(np.int64) * 12 + dates.month.to_numpy(np.int64) - 1), "months"
    return dates.to_numpy().astype("datetime64[D]").astype(np.int64), "days"


def _moment(moment: Moment, count: str, argument: str) -> int:
    if count == "steps":
        if isinstance(moment, (int, float, np.integer)) and float(moment).is_integer():
            return int(moment)
        msg = f"{argument} is {moment!r}, but the times of the series are whole numbers."
        raise InvalidValueError(msg, hint="Give the number of a period.")
    try:
        if isinstance(moment, (int, float)):
            raise TypeError  # noqa: TRY301 - a number would be read as nanoseconds
        date = pd.Timestamp(moment.start_time if isinstance(moment, pd.Period) else moment)
    except (ValueError, TypeError) as error:
        msg = f"{argument} is {moment!r}, which is no date; the times of the series are dates."
        raise InvalidValueError(msg, hint="Write it as year-month-day, such as '2018-01-01'.") from error
    if count == "months":
        # a day within a month: the first whole period after it
        return date.year * 12 + date.month - 1 + (date.day > 1)
    return int(np.datetime64(date, "D").astype(np.int64))


def _step(ordered: NDArray[np.int64], count: str) -> int:
    steps = np.diff(ordered)
    if not len(steps):
        return 1
    shortest = int(steps.min())
    uneven = np.flatnonzero(steps % shortest)
    if len(uneven):
        msg = (
            f"The series is not equally spaced: its shortest step is {shortest} {count}, but the step after point "
            f"{int(uneven[0]) + 1} in order of time is {int(steps[uneven[0]])} {count}."
        )
        raise DesignError(msg, hint="Write each month, quarter or year as its first day, or number the periods.")
    return shortest
