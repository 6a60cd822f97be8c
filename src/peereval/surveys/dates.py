"""Texts to times: only where the whole column leaves one way to read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import pyarrow as pa

_TIME = r"(?:[ T](\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?))?$"
_YEAR_FIRST = r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _TIME
_YEAR_LAST = r"^(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4})" + _TIME
DATE = r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})([ T]\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?$"
"""A cell that is written like a date: year first or year last, with or without a time of the day."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dates:
    """What the dates of a column are; all arrays go with the column's distinct texts.

    Parameters
    ----------
    times : array of datetime64[us], optional
        The times; None where they could be read in two ways.
    two_formats : pair of array of bool, optional
        Which are written in the one way and which in the other, where both occur.
    impossible : array of bool, optional
        Which are no day of the calendar, where there are any.
    """

    times: np.ndarray | None = None
    two_formats: tuple[np.ndarray, np.ndarray] | None = None
    impossible: np.ndarray | None = None


def parse_dates(texts: pa.Array, filled: np.ndarray, *, month_first: bool) -> Dates:
    """Read the distinct dates of a column.

    Year first is ISO's order. Year last is day first or month first: the column's own days above 12 tell, then the
    point between the parts (31.12.2026 is never month first), then `month_first`.

    Parameters
    ----------
    texts : pyarrow Array
        Distinct texts that match ``DATE`` where they are filled.
    filled : array of bool
        Which of them are dates.
    month_first : bool
        Whether the source is known to write the month first.

    Returns
    -------
    Dates
        The times, or why there are none.
    """
    cells = pd.Series(np.where(filled, texts.to_numpy(zero_copy_only=False), ""), dtype="str")
    iso = cells.str.extract(_YEAR_FIRST)
    last = cells.str.extract(_YEAR_LAST)
    year_first, year_last = iso[0].notna().to_numpy() & filled, last[0].notna().to_numpy() & filled
    if year_first.any() and year_last.any():
        return Dates(two_formats=(year_first, year_last))
    if year_first.any():
        times = _times(iso[0], iso[1], iso[2], iso[3])
        impossible = filled & np.isnat(times)
        return Dates(impossible=impossible) if impossible.any() else Dates(times=times)
    return _either(last, filled, month_first=month_first)


def _either(parts: pd.DataFrame, filled: np.ndarray, *, month_first: bool) -> Dates:
    day_first = _times(parts[3], parts[2], parts[0], parts[4])
    by_month = _times(parts[3], parts[0], parts[2], parts[4])
    as_day, as_month = ~np.isnat(day_first), ~np.isnat(by_month)
    neither = filled & ~as_day & ~as_month
    if neither.any():
        return Dates(impossible=neither)
    only_day, only_month = filled & ~as_month, filled & ~as_day
    if only_day.any() and only_month.any():
        return Dates(two_formats=(only_day, only_month))
    pointed = (parts[1] == ".").to_numpy()[filled].all()
    same = (day_first == by_month)[filled].all()
    if only_month.any():
        return Dates(times=by_month)
    if only_day.any() or pointed or same:
        return Dates(times=day_first)
    return Dates(times=by_month if month_first else None)


def _times(year: pd.Series, month: pd.Series, day: pd.Series, clock: pd.Series) -> np.ndarray:
    clock = clock.fillna("00:00").str.zfill(5)
    clock = clock.where(clock.str.match(r"\d\d:"), "0" + clock)
    text = year + "-" + month.str.zfill(2) + "-" + day.str.zfill(2) + "T" + clock
    times = pd.to_datetime(text, format="ISO8601", errors="coerce")
    found: np.ndarray = times.to_numpy().astype("datetime64[us]")
    return found
