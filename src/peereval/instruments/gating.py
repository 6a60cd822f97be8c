"""Scales whose items a person first marks as important: which were marked, and which rated without a mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from peereval.errors import ColumnError, OutOfRangeError
from peereval.instruments.answers import check_numbers, codes_in
from peereval.instruments.key import Gated
from peereval.mentions import shown_code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from peereval.instruments.model import Instrument

    Marks: TypeAlias = NDArray[np.float64]


def gate_columns(responses: pd.DataFrame, one: Instrument, columns: Sequence[str]) -> dict[int, str]:
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
    dict of int to str
        Item number to column, for the items of all gated scales; empty where the instrument has none.

    Raises
    ------
    ColumnError
        A column is missing or holds something else than numbers or truth values.
    """
    gates = {item: scale.gate for scale in one.scales.values() if isinstance(scale, Gated) for item in scale.items}
    wanted = {item: f"{columns[item - 1]}_{gate}" for item, gate in gates.items()}
    missing = [item for item, column in wanted.items() if column not in responses.columns]
    if missing:
        msg = (
            f"The responses lack {len(missing)} of the {len(wanted)} columns that say what is {gates[missing[0]]}; "
            f"the first is {wanted[missing[0]]!r}."
        )
        raise ColumnError(msg, hint=f"{one.id} counts marked items only: 1 where the person marked it, 0 where not.")
    check_numbers(responses, list(wanted.values()), flags=True)
    return wanted


def importance(responses: pd.DataFrame, gate: Mapping[int, str], n_items: int, rows: slice) -> Marks | None:
    """Read which items were marked in some rows.

    Parameters
    ----------
    responses : DataFrame
        The answers.
    gate : mapping of int to str
        The columns, as `gate_columns` gives them.
    n_items : int
        Number of items of the instrument.
    rows : slice
        Which rows.

    Returns
    -------
    ndarray of float or None
        One column an item of the instrument: 1 marked, 0 not marked, NaN not known. A tick list exports 1 or nothing,
        so what is empty counts as 0 for a person who marked at least one item, and as not known otherwise.
        None without a gate.

    Raises
    ------
    OutOfRangeError
        Something else than 1, 0 or nothing was found.
    """
    if not gate:
        return None
    columns = list(gate.values())
    found = codes_in(responses, columns, rows)
    wrong = ~(np.isin(found, (0, 1)) | np.isnan(found))
    if wrong.any():
        row, place = (int(each[0]) for each in np.nonzero(wrong))
        msg = f"row {rows.start + row + 1}, column {columns[place]}: {shown_code(found[row, place])}; allowed are 1 (marked) and 0."
        raise OutOfRangeError(msg, hint="Code the mark as 1 and its absence as 0.")
    marks = np.full((len(found), n_items), np.nan)
    ticked = (found == 1).any(axis=1, keepdims=True)
    marks[:, [item - 1 for item in gate]] = np.where(np.isnan(found) & ticked, 0.0, found)
    return marks


def rated_unmarked(answers: Marks, important: Marks | None) -> int:
    """Count the ratings of items that were not marked, which the score leaves out.

    Parameters
    ----------
    answers : ndarray of float
        Codes, one column an item.
    important : ndarray of float, optional
        As `importance` gives it.

    Returns
    -------
    int
        How many.
    """
    return 0 if important is None else int((~np.isnan(answers) & (important == 0)).sum())
