"""The answers to an instrument in a table: their columns, and that every code is one of the form's."""

from __future__ import annotations

import re
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from peereval.errors import CodingError, ColumnError, OutOfRangeError, nearest
from peereval.mentions import shown_code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from peereval.instruments.key import Coding
    from peereval.instruments.model import Instrument

    Codes: TypeAlias = NDArray[np.float64]

_SHOWN = 3
_NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal", "empty")
_BLOCK = 1 << 15
"""Rows read at a time: the working arrays stay small beside the table, and near the processor."""


def coding_of(one: Instrument, name: str | None) -> Coding:
    """Give the coding that the data hold.

    Parameters
    ----------
    one : Instrument
        The instrument.
    name : str, optional
        Which of its codings; it must be said where several circulate.

    Returns
    -------
    Coding
        The coding.

    Raises
    ------
    CodingError
        It must be said, is not one of the instrument's, or is said although the id fixes it.
    """
    if name is not None and one.coding_in_id:
        msg = f"The id {one.id} names the coding already, and coding={name!r} was said too."
        raise CodingError(msg, hint="Leave out coding=…, or take the id of the other coding.")
    if name is None and len(one.codings) > 1:
        msg = f"{one.id} circulates in the codings {', '.join(one.codings)}, and which one the data hold was not said."
        raise CodingError(msg, hint="Look at the lowest and highest code in the export and say coding=….")
    if name is not None and name not in one.codings:
        msg = f"{one.id} has no coding {name!r}."
        raise CodingError(msg, hint=nearest(name, one.codings))
    return one.codings[name] if name is not None else next(iter(one.codings.values()))


def item_columns(responses: pd.DataFrame, one: Instrument, items: Sequence[str] | None) -> list[str]:
    """Find the columns of the items, in the order of the items.

    Parameters
    ----------
    responses : DataFrame
        The answers.
    one : Instrument
        The instrument.
    items : sequence of str, optional
        The columns, where they are not called ``<prefix>_<nn>``.

    Returns
    -------
    list of str
        One column an item.

    Raises
    ------
    ColumnError
        Columns are missing, too many, named twice, or hold something else than numbers.
    """
    columns = list(one.item_columns) if items is None else list(items)
    if items is None:
        _check_surplus(responses, one)
    if len(columns) != one.n_items:
        msg = f"{len(columns)} columns were given for {one.id}, which has {one.n_items} items."
        raise ColumnError(msg, hint="Another number of items is another version of the instrument, with another key.")
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        msg = f"The column {twice[0]!r} was given for more than one item of {one.id}."
        raise ColumnError(msg, hint="Each item has a column of its own.")
    missing = [column for column in columns if column not in responses.columns]
    if missing:
        msg = f"The responses lack {len(missing)} of the {one.n_items} item columns of {one.id}; the first is {missing[0]!r}."
        raise ColumnError(msg, hint=f"Name the columns with items=…, or rename them {one.prefix}_01 and so on.")
    check_numbers(responses, columns)
    return columns


def _check_surplus(responses: pd.DataFrame, one: Instrument) -> None:
    numbered = re.compile(rf"{re.escape(one.prefix)}_(\d+)")
    found = [match for match in map(numbered.fullmatch, map(str, responses.columns)) if match]
    surplus = [match[0] for match in found if not 1 <= int(match[1]) <= one.n_items]
    if surplus:
        msg = f"The responses have {surplus[0]!r}, but {one.id} has {one.n_items} items, from {one.item_columns[0]!r}."
        raise ColumnError(
            msg,
            hint="Another number of items is another version of the instrument, with another key; "
            "if it is this one, name its columns with items=….",
        )


def check_numbers(responses: pd.DataFrame, columns: Sequence[str], *, flags: bool = False) -> None:
    """Check that columns hold numbers or nothing.

    Parameters
    ----------
    responses : DataFrame
        The answers.
    columns : sequence of str
        The columns.
    flags : bool
        Whether truth values may stand for 1 and 0, as the boxes of a tick list do.

    Raises
    ------
    ColumnError
        A column holds something else, such as text, categories or dates; the message gives the first row where only
        some of its cells do.
    """
    allowed = (*_NUMBERS, "boolean") if flags else _NUMBERS
    for column in columns:
        cells = responses[column]
        if pd.api.types.infer_dtype(cells, skipna=True) in allowed or cells.isna().all():
            continue
        odd = cells.notna() & ~cells.map(lambda cell: _is_number(cell, flags)).astype(bool)
        if cells.dtype != object or odd.any():
            raise _no_numbers(column, cells, odd)


def _is_number(cell: object, flags: bool) -> bool:
    return flags if isinstance(cell, bool | np.bool_) else isinstance(cell, Real | Decimal)


def _no_numbers(column: str, cells: pd.Series[Any], odd: pd.Series[bool]) -> ColumnError:
    holds, hint = str(cells.dtype), "Export codes instead of labels."
    if cells.dtype == object:
        row = int(odd.to_numpy().argmax())
        holds = f"{type(cells.iloc[row]).__name__}, first in row {row + 1}"
    elif isinstance(cells.dtype, pd.CategoricalDtype) and pd.api.types.is_numeric_dtype(cells.cat.categories.dtype):
        hint = (
            "The categories are numbers; where they are the codes of the form, turn the column with .astype('Float64')."
        )
    return ColumnError(f"The column {column!r} holds {holds}; expected numbers.", hint=hint)


def codes_in(responses: pd.DataFrame, columns: Sequence[str], rows: slice) -> Codes:
    """Read the codes in some rows.

    Parameters
    ----------
    responses : DataFrame
        The answers.
    columns : sequence of str
        The columns, which hold numbers or nothing.
    rows : slice
        Which rows.

    Returns
    -------
    ndarray of float
        One row a response, one column an item, NaN where nothing was answered.
    """
    part = responses.iloc[rows][list(columns)]
    if not any(map(pd.api.types.is_object_dtype, part.dtypes)):
        return part.to_numpy(dtype=np.float64, na_value=np.nan)
    # column by column: pandas does not read a table with pd.NA in an object column
    return np.array([part[column].to_numpy(dtype=np.float64, na_value=np.nan) for column in columns]).T


def blocks(responses: pd.DataFrame, columns: Sequence[str]) -> Iterator[tuple[slice, Codes]]:
    """Give the codes in some columns, some rows at a time.

    Parameters
    ----------
    responses : DataFrame
        The answers.
    columns : sequence of str
        The columns.

    Yields
    ------
    tuple of slice and ndarray of float
        Which rows, and their codes, as `codes_in` reads them.
    """
    for first in range(0, len(responses), _BLOCK):
        rows = slice(first, min(first + _BLOCK, len(responses)))
        yield rows, codes_in(responses, columns, rows)


def read_answers(responses: pd.DataFrame, columns: Sequence[str], how: Coding) -> Codes:
    """Read all answers at once, after checking that every code is one of the form's.

    Parameters
    ----------
    responses : DataFrame
        The answers.
    columns : sequence of str
        The columns of the items.
    how : Coding
        The coding.

    Returns
    -------
    ndarray of float
        One row a response, one column an item, NaN where nothing was answered.

    Raises
    ------
    OutOfRangeError
        An answer is not one of the codes of its item.
    """
    answers = np.empty((len(responses), len(columns)))
    for rows, codes in blocks(responses, columns):
        answers[rows] = without_codes(codes, how)
        check_range(answers[rows], columns, how, rows.start)
    return answers


def without_codes(answers: Codes, how: Coding) -> Codes:
    """Set the codes that are no answers to missing, at the items where they may stand.

    Parameters
    ----------
    answers : ndarray of float
        Codes, one column an item.
    how : Coding
        The coding.

    Returns
    -------
    ndarray of float
        The answers.
    """
    for code in how.codes:
        allowed = np.isin(np.arange(1, answers.shape[1] + 1), code.items) if code.items else True
        answers = np.where((answers == code.code) & allowed, np.nan, answers)
    return answers


def out_of_range(answers: Codes, how: Coding) -> NDArray[np.bool_]:
    """Find the answers that are no code of their item.

    Parameters
    ----------
    answers : ndarray of float
        Codes, one column an item, NaN where nothing was answered.
    how : Coding
        The coding.

    Returns
    -------
    ndarray of bool
        Where an answer is not a whole number within the range of its item.
    """
    lows, highs = ranges(how, answers.shape[1])
    wrong: NDArray[np.bool_] = ~((answers >= lows) & (answers <= highs) & (np.floor(answers) == answers))
    wrong &= ~np.isnan(answers)
    return wrong


def check_range(answers: Codes, columns: Sequence[str], how: Coding, first_row: int) -> None:
    """Check that every answer is a code of its item.

    Parameters
    ----------
    answers : ndarray of float
        Codes, one column an item.
    columns : sequence of str
        The columns' names, for the message.
    how : Coding
        The coding.
    first_row : int
        Position of the first row in the table.

    Raises
    ------
    OutOfRangeError
        An answer is not a whole number within the range; the message gives the first rows.
    """
    rows, items = np.nonzero(out_of_range(answers, how))
    if not len(rows):
        return
    lows, highs = ranges(how, answers.shape[1])
    shown = "; ".join(
        f"row {first_row + row + 1}, item {columns[item]}: {shown_code(answers[row, item])}"
        for row, item in list(zip(rows.tolist(), items.tolist(), strict=True))[:_SHOWN]
    )
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    spans = {f"from {lows[item]:g} to {highs[item]:g}" for item in items[:_SHOWN]}
    msg = (
        f"{len(rows)} answers are outside the range: {shown}{more}; "
        f"allowed are whole numbers {' or '.join(sorted(spans))}."
    )
    raise OutOfRangeError(msg, hint="Set codes for 'not answered' to missing, and check the coding of the export.")


def ranges(how: Coding, n_items: int) -> tuple[Codes, Codes]:
    """Give the lowest and the highest code of each item.

    Parameters
    ----------
    how : Coding
        The coding.
    n_items : int
        Number of items.

    Returns
    -------
    tuple of ndarray of float
        Lowest and highest codes, each of length `n_items`.
    """
    spans = np.array([how.range_of(item) for item in range(1, n_items + 1)], dtype=np.float64)
    return spans[:, 0], spans[:, 1]
