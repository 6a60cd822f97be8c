"""Key columns of an export as the texts, times and flags of the responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.errors import ColumnError
from peereval.surveys.dates import DATE, parse_dates
from peereval.surveys.problems import Problem, file_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_COMPACT = r"(?:19|20)\d{6}"
"""A day as ISO 8601 writes it without hyphens, as registers do."""
_EXACT = 2**53
"""Below this number every whole number is a float of its own."""
_SAY = 'Say how dates are written, such as date_format = "%d-%m-%Y".'


def as_text(column: pd.Series) -> pd.Series:
    """Write the cells of a key column as texts; whole numbers without decimals.

    Parameters
    ----------
    column : Series
        Texts or numbers.

    Returns
    -------
    Series of string
        The texts; empty cells stay missing.

    Examples
    --------
    >>> as_text(pd.Series([7.0, None, 12.0])).tolist()
    ['7', <NA>, '12']
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    return whole_numbers(column).astype("string")


def whole_numbers(column: pd.Series) -> pd.Series:
    """Give a column of floats that are all whole numbers as integers; any other column as it is.

    Parameters
    ----------
    column : Series
        A column.

    Returns
    -------
    Series
        Of nullable integers, where all are whole and small enough to be exact.

    Examples
    --------
    >>> whole_numbers(pd.Series([1.0, None])).tolist()
    [1, <NA>]
    """
    if not pd.api.types.is_float_dtype(column.dtype):
        return column
    filled = column.dropna()
    exact = bool(((filled % 1 == 0) & (filled.abs() < _EXACT)).all())
    return column.astype("Int64") if exact else column


def as_flags(
    column: pd.Series, table: Mapping[str, bool], rows: NDArray[np.int64], where: str
) -> tuple[pd.Series, list[Problem]]:
    """Read the cells of a column as yes or no.

    Parameters
    ----------
    column : Series
        Truth values, 1 and 0, or texts.
    table : mapping of str to bool
        Text to whether it means yes.
    rows : ndarray of int
        Number of each row in the file.
    where : str
        File and column, for messages.

    Returns
    -------
    tuple of Series of boolean and list of Problem
        Missing where a cell is empty or cannot be read, and what is wrong.

    Examples
    --------
    >>> as_flags(pd.Series(["ja", None, "0"]), {"ja": True}, np.array([2, 3, 4]), "a.csv")[0].tolist()
    [True, <NA>, False]
    """
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.astype("boolean"), []
    texts = as_text(column)
    known = {"1": True, "0": False, "True": True, "False": False, "true": True, "false": False, **table}
    read = texts.map(known).astype("boolean")
    lost = (texts.notna() & read.isna()).to_numpy()
    text = f"{file_rows(rows[lost].tolist())}: neither yes nor no; expected 1 or 0, true or false, or a text that a table names."
    hint = "Write a table of its texts under [survey.rename], such as died = { ja = true, nej = false }."
    return read, [Problem(ColumnError, where, text, hint)] if lost.any() else []


def as_times(
    column: pd.Series, rows: NDArray[np.int64], where: str, form: str | None
) -> tuple[pd.Series, list[Problem]]:
    """Read the cells of a column as days or times.

    Parameters
    ----------
    column : Series
        Times, or texts that are all written in one way.
    rows : ndarray of int
        Number of each row in the file.
    where : str
        File and column, for messages.
    form : str or None
        How the texts are written, as in `datetime.strptime`; without it the texts must show it.

    Returns
    -------
    tuple of Series and list of Problem
        Times in microseconds, missing where a cell is empty or cannot be read, and what is wrong.

    Examples
    --------
    >>> rows = np.array([2, 3])
    >>> as_times(pd.Series(["31-01-2024", "01-02-2024"]), rows, "a.csv", None)[0].dt.month.tolist()
    [1, 2]
    >>> as_times(pd.Series(["2024-01-31", "1.2.2024"]), rows, "a.csv", None)[1][0].text
    'dates are written in two ways: one in row 2, another in row 3.'
    """
    none = pd.Series(pd.NaT, index=column.index, dtype="datetime64[us]")
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _local(column, where)
    if column.isna().all():
        return none, []
    texts = as_text(column).str.strip()
    if form is None and bool(texts.dropna().str.fullmatch(_COMPACT).all()):
        form = "%Y%m%d"
    if form is None and not pd.api.types.is_string_dtype(column.dtype):
        return none, [Problem(ColumnError, where, f"the column holds {column.dtype}; expected dates.", _SAY)]
    if form is None:
        return _by_their_looks(texts, rows, where, none)
    read = pd.to_datetime(texts, format=form, errors="coerce").astype("datetime64[us]")
    lost = (texts.notna() & read.isna()).to_numpy()
    return read, _not_read(lost, rows, where, f"not written as {form!r}") if lost.any() else []


def _local(column: pd.Series, where: str) -> tuple[pd.Series, list[Problem]]:
    if column.dt.tz is None:
        return column.astype("datetime64[us]"), []
    text = "times have a time zone; expected local times without one."
    local = column.dt.tz_localize(None).astype("datetime64[us]")
    return local, [Problem(ColumnError, where, text, "Convert them in the export.")]


def _by_their_looks(
    texts: pd.Series, rows: NDArray[np.int64], where: str, none: pd.Series
) -> tuple[pd.Series, list[Problem]]:
    import pyarrow as pa

    other = (texts.notna() & ~texts.str.match(DATE).fillna(value=False).astype(bool)).to_numpy()
    if other.any():
        return none, _not_read(other, rows, where, "no date that can be read")
    places, distinct = pd.factorize(texts, use_na_sentinel=True)
    dates = parse_dates(pa.array(distinct, pa.string()), np.ones(len(distinct), dtype=bool), month_first=False)
    if dates.two_formats is not None:
        first, second = sorted(int(rows[_rows_of(mask, places)][0]) for mask in dates.two_formats)
        text = f"dates are written in two ways: one in row {first}, another in row {second}."
        return none, [Problem(ColumnError, where, text, "Write all dates in one way in the export.")]
    if dates.impossible is not None:
        return none, _not_read(_rows_of(dates.impossible, places), rows, where, "no day of the calendar")
    if dates.times is None:
        text = "the dates do not show whether the day or the month comes first."
        return none, [Problem(ColumnError, where, text, _SAY)]
    return pd.Series(np.append(dates.times, np.datetime64("NaT", "us"))[places], index=texts.index), []


def _rows_of(distinct: NDArray[np.bool_], places: NDArray[np.intp]) -> NDArray[np.bool_]:
    chosen: NDArray[np.bool_] = np.append(distinct, np.False_)[places]
    return chosen


def _not_read(lost: NDArray[np.bool_], rows: NDArray[np.int64], where: str, what: str) -> list[Problem]:
    return [Problem(ColumnError, where, f"{file_rows(rows[lost].tolist())}: {what}.", _SAY)]
