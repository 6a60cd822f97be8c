"""The distinct values of a column of text, and which of them each cell holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

_SHORT = 2


def distinct(cells: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Find the distinct values of a column.

    Where every cell has at most two bytes, as coded answers have, they are counted by their bytes, which takes a
    fraction of the time of hashing them; most columns of a survey are such.

    Parameters
    ----------
    cells : pyarrow Array
        Text; empty cells are null.

    Returns
    -------
    tuple of pyarrow Array and array of int
        The distinct values; the position of each cell's value among them, and their number for an empty cell.

    Examples
    --------
    >>> import pyarrow as pa
    >>> values, codes = distinct(pa.array(["yes", None, "no", "yes"]))
    >>> values.to_pylist(), codes.tolist()
    (['yes', 'no'], [0, 2, 1, 0])
    >>> values, codes = distinct(pa.array(["3", None, "10", "3"]))
    >>> values.to_pylist(), codes.tolist()
    (['3', '10'], [0, 2, 1, 0])
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    keys = _keys(cells)
    if keys is None:
        encoded = cells.dictionary_encode()
        values = encoded.dictionary
        return values, pc.fill_null(encoded.indices, len(values)).to_numpy(zero_copy_only=False)
    n_keys = 1 << 8 * keys.itemsize
    found = np.flatnonzero(np.bincount(keys, minlength=n_keys)[1:]) + 1
    texts = [int(key).to_bytes(_SHORT, "little").rstrip(b"\0").decode() for key in found]
    places = np.full(n_keys, len(found), dtype=np.int32)
    places[found] = np.arange(len(found))
    return pa.array(texts, pa.string()), places[keys]


def _keys(cells: pa.Array) -> np.ndarray | None:
    """Each cell's bytes as one number, 0 for an empty cell, since no text holds a zero byte; None where one is longer."""
    _, ends, data = cells.buffers()
    if data is None or not len(cells):
        return np.zeros(len(cells), dtype=np.uint8)
    offsets = np.frombuffer(ends, dtype=np.int32)[cells.offset : cells.offset + len(cells) + 1]
    lengths = np.diff(offsets)
    longest = int(lengths.max())
    if longest > _SHORT:
        return None
    text = np.frombuffer(data, dtype=np.uint8)[offsets[0] : offsets[-1]]
    starts = offsets[:-1] - offsets[0]
    keys = np.zeros(len(lengths), dtype=np.uint8 if longest < _SHORT else np.uint16)
    filled = lengths > 0
    keys[filled] = text[starts[filled]] if longest == _SHORT else text
    if longest == _SHORT:
        two = lengths == _SHORT
        keys[two] |= text[starts[two] + 1].astype(np.uint16) << 8
    return keys
