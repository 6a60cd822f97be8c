"""Figures as they stand in print: a value, and what its rounding hides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from peereval.errors import InvalidValueError, PublishedFigureError
from peereval.evidence.published import number_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.float64]

EXACT = ("k", "df", "n", "items", "count", "lowest", "highest")
"""Columns of whole numbers and ends of scales, which rounding does not touch."""
_MOST_DECIMALS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Printed:
    """A column of printed figures.

    Parameters
    ----------
    value : ndarray
        The figures; missing where nothing is printed.
    low, high : ndarray
        The lowest and highest number that is printed so.
    """

    value: Numbers
    low: Numbers
    high: Numbers


def printed_column(column: pd.Series, decimals: int | None = None) -> Printed:
    """Read a column of printed figures.

    Parameters
    ----------
    column : Series
        Numbers, or texts as printed, such as ``"0.20"`` or ``"<0.001"``.
    decimals : int, optional
        Decimals in which numbers are printed. Without it a number has those that it shows, which may be too few
        (0.20 shows one), so that its rounding is taken as too wide, never as too narrow.

    Returns
    -------
    Printed
        Value, lowest and highest.

    Raises
    ------
    InvalidValueError
        A text is no plain number.

    Examples
    --------
    >>> import pandas as pd
    >>> read = printed_column(pd.Series(["0.20", "<0.001"]))
    >>> read.low.round(4).tolist(), read.high.round(4).tolist()
    ([0.195, 0.0], [0.205, 0.001])
    """
    if not pd.api.types.is_numeric_dtype(column.dtype):
        return _read_texts(column)
    value = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if column.name in EXACT:
        return Printed(value, value, value)
    half = 0.5 * 10.0 ** -(_shown_decimals(value) if decimals is None else np.full(len(value), float(decimals)))
    return Printed(value, value - half, value + half)


def _shown_decimals(value: Numbers) -> Numbers:
    """Count the decimals that a number shows: those after which nothing but floating dust follows."""
    places = np.arange(_MOST_DECIMALS + 1)
    rounded = np.stack([np.round(value, place) for place in places])
    same = np.isclose(rounded, value, rtol=0.0, atol=1e-10)
    return np.where(same.any(axis=0), same.argmax(axis=0), _MOST_DECIMALS).astype(np.float64)


def _read_texts(column: pd.Series) -> Printed:
    texts = column.astype("string").str.strip()
    below = texts.str.startswith("<").fillna(value=False).to_numpy(dtype=bool)
    bare = texts.str.removeprefix("<").fillna("")
    read = np.array([_read_text(text, row, column.name) for row, text in enumerate(bare, 1)]).reshape(-1, 2)
    value, half = read[:, 0], read[:, 1] * (column.name not in EXACT)
    return Printed(value, np.where(below, 0.0, value - half), np.where(below, value, value + half))


def _read_text(text: str, row: int, name: object) -> tuple[float, float]:
    if not text:
        return np.nan, np.nan
    try:
        return number_of(text)
    except PublishedFigureError:
        msg = f"The column {name!r} of the printed figures holds a text in row {row} that is no plain number."
        raise InvalidValueError(
            msg,
            hint="Write it with a decimal point and no separators, such as 0.20 or <0.001; leave it empty if it is not printed.",
        ) from None


def without_sign(column: Printed) -> Printed:
    """Give the figures without their sign.

    Parameters
    ----------
    column : Printed
        The figures.

    Returns
    -------
    Printed
        Their absolute values.

    Examples
    --------
    >>> import pandas as pd
    >>> without_sign(printed_column(pd.Series([-2.5]))).value
    array([2.5])
    """
    ends = np.abs(np.stack([column.low, column.high]))
    around_zero = (column.low <= 0) & (column.high >= 0)
    return Printed(np.abs(column.value), np.where(around_zero, 0.0, ends.min(axis=0)), ends.max(axis=0))


def printed_columns(table: pd.DataFrame, names: set[str], decimals: Mapping[str, int]) -> dict[str, Printed]:
    """Read the columns of a table that hold printed figures.

    Parameters
    ----------
    table : DataFrame
        The printed figures.
    names : set of str
        Columns that hold figures.
    decimals : mapping of str to int
        Decimals in which the numbers of a column are printed.

    Returns
    -------
    dict of str to Printed
        Those columns of `names` that the table has.

    Examples
    --------
    >>> import pandas as pd
    >>> read = printed_columns(pd.DataFrame({"mean": [3.4], "note": ["x"]}), {"mean", "sd"}, {"mean": 2})
    >>> list(read), read["mean"].low.round(3).tolist()
    (['mean'], [3.395])
    """
    return {str(name): printed_column(table[name], decimals.get(str(name))) for name in table.columns if name in names}
