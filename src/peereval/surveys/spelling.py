"""Ids and parts of codes in one spelling, so that the number 7 and the text "7" are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.errors import ColumnError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EXACT_FLOATS = 2**53


def spelled(column: pd.Series, *, fold_case: bool = False) -> tuple[NDArray[np.int64], pd.Series]:
    """Number the distinct values of a column, after writing each in one spelling.

    Whole numbers are written without a decimal point, so that 7, 7.0 and "7" agree; "007" stays another text. Spaces
    at either end are left out, letters made of several characters are composed (Unicode NFC), and a text of nothing
    is missing.

    Parameters
    ----------
    column : Series
        Texts, numbers, or both.
    fold_case : bool
        Whether ``A`` and ``a`` are the same.

    Returns
    -------
    tuple of ndarray, shape (rows,), and Series
        The number of each cell's value, -1 where it is missing, and the text that each number stands for.

    Raises
    ------
    ColumnError
        Numbers too large for their kind, so that their last digits are lost; or lists in cells.

    Examples
    --------
    >>> numbers, texts = spelled(pd.Series([7, "7", "007", None, " "], dtype=object))
    >>> numbers.tolist(), texts.tolist()
    ([0, 0, 1, -1, -1], ['7', '007'])
    """
    place, values = _factorised(column)
    texts = _composed(_texts(pd.Series(values), column.name).str.strip())
    texts = texts.str.casefold() if fold_case else texts
    again, known = pd.factorize(texts.mask(texts == "", pd.NA))
    # a missing cell has the place -1: the value appended last
    numbers: NDArray[np.int64] = np.append(again, -1).astype(np.int64)[place]
    return numbers, pd.Series(known, dtype="string")


def _factorised(column: pd.Series) -> tuple[NDArray[np.int64], pd.Index]:
    try:
        place, values = pd.factorize(column)
    except TypeError:
        msg = f"The column {str(column.name)!r} holds lists or other values that are neither texts nor numbers."
        raise ColumnError(msg, hint="Give each part a column of its own.") from None
    return place.astype(np.int64), pd.Index(values)


def _texts(values: pd.Series, name: object) -> pd.Series:
    if pd.api.types.is_float_dtype(values.dtype) and (values.abs() > _EXACT_FLOATS).any():
        msg = f"The column {str(name)!r} holds numbers of more than 15 digits, of which the last are lost."
        raise ColumnError(msg, hint="Export the column as text.")
    if pd.api.types.is_string_dtype(values.dtype) and values.dtype != object:
        return values.astype("string")
    return pd.Series([_text(value) for value in values], dtype="string")


def _composed(texts: pd.Series) -> pd.Series:
    import pyarrow as pa
    import pyarrow.compute as pc

    # pandas' own normalize takes one text after another
    return pd.Series(pc.utf8_normalize(pa.array(texts, type=pa.string()), form="NFC").to_pandas(), dtype="string")


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
