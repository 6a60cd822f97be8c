"""Scales whose items a person first marks as important: which were marked, and which rated without a mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from peereval.errors import ColumnError, OutOfRangeError
from peereval.instruments.answers import check_numbers
from peereval.instruments.key import Gated

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from peereval.instruments.model import Instrument

    Marks: TypeAlias = NDArray[np.float64]


def gate_columns(responses: pd.DataFrame, one: Instrument, columns: Sequence[str]) -> list[str]:
    """Find the columns that say which items were important to the person.

    Parameters
    ----------
    responses : DataFrame
        The answers.
    one : Instrument
        The instrument.
    columns : sequence of str
        The columns of its items.

    Returns
    -------
    list of str
        One column an item of the gated scale; empty where the instrument has none.

    Raises
    ------
    ColumnError
        A column is missing or holds text.
    """
    gated = _gated(one)
    if gated is None:
        return []
    wanted = [f"{columns[item - 1]}_{gated.gate}" for item in gated.items]
    missing = [column for column in wanted if column not in responses.columns]
    if missing:
        msg = f"The responses lack {len(missing)} of the {len(wanted)} columns that say what is {gated.gate}; the first is {missing[0]!r}."
        raise ColumnError(msg, hint=f"{one.id} counts marked items only: 1 where the person marked it, 0 where not.")
    check_numbers(responses, wanted)
    return wanted


def importance(responses: pd.DataFrame, gate: Sequence[str], rows: slice) -> Marks | None:
    """Read which items were marked in some rows.

    Parameters
    ----------
    responses : DataFrame
        The answers.
    gate : sequence of str
        The columns, as `gate_columns` gives them.
    rows : slice
        Which rows.

    Returns
    -------
    ndarray of float or None
        1 marked, 0 or NaN not marked; None without a gate.

    Raises
    ------
    OutOfRangeError
        Something else than 1, 0 or nothing was found.
    """
    if not gate:
        return None
    marks = responses[list(gate)].iloc[rows].to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~(np.isin(marks, (0, 1)) | np.isnan(marks))
    if wrong.any():
        row, item = (int(place[0]) for place in np.nonzero(wrong))
        msg = f"row {rows.start + row + 1}, column {gate[item]}: {marks[row, item]:g}; allowed are 1 (marked) and 0."
        raise OutOfRangeError(msg, hint="Code the mark as 1 and its absence as 0.")
    return marks


def rated_unmarked(answers: Marks, one: Instrument, important: Marks | None) -> int:
    """Count the ratings of items that were not marked, which the score leaves out.

    Parameters
    ----------
    answers : ndarray of float
        Codes, one column an item.
    one : Instrument
        The instrument.
    important : ndarray of float, optional
        As `importance` gives it.

    Returns
    -------
    int
        How many.
    """
    gated = _gated(one)
    if gated is None or important is None:
        return 0
    rated = ~np.isnan(answers[:, [item - 1 for item in gated.items]])
    return int((rated & (important != 1)).sum())


def _gated(one: Instrument) -> Gated | None:
    return next((scale for scale in one.scales.values() if isinstance(scale, Gated)), None)
