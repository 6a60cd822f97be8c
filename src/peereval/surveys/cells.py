"""Cells of text to numbers, times and text, a column at a time; each distinct value is judged once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pandas as pd

from peereval.errors import LayoutError
from peereval.surveys.dates import DATE, Dates, parse_dates
from peereval.surveys.distinct import distinct

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pyarrow as pa

Mark: TypeAlias = Literal[",", "."]
_NUMBER = r"^-?(\d+([.,]\d+)?|[.,]\d+)([eE][+-]\d{1,2})?$"
_LEADING_ZERO = r"^-?0\d"
_LONG = r"^-?\d{16}"
_MAYBE_THOUSANDS = r"^-?[1-9]\d{0,2}[.,]\d{3}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the cells of a file are to be read.

    Parameters
    ----------
    file : str
        The file's name, for messages.
    first_row : int
        Number of the first row of answers in the file.
    decimal : {",", "."}, optional
        The decimal mark, where it was said.
    custom : {",", "."}, optional
        The decimal mark that goes with the separator between cells: a comma with semicolons, a point with commas.
    keep : collection of str
        Columns that stay text.
    missing : tuple of str
        Cells that stand for no answer.
    month_first : bool
        How dates are read that could be either.
    numbers : mapping of str to ndarray of bool
        Column to whether each cell was a number in the file, written as text here: it tells nothing of the decimal
        mark of the other cells.
    """

    file: str
    first_row: int
    decimal: Mark | None = None
    custom: Mark | None = None
    keep: Collection[str] = field(default_factory=frozenset)
    missing: tuple[str, ...] = ()
    month_first: bool = False
    numbers: Mapping[str, np.ndarray] = field(default_factory=dict)

    def place(self, position: int, column: str) -> str:
        """Name a cell in messages."""
        return f"{self.file}, row {self.first_row + position:,}, column {column!r}"


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """A column by its distinct values: `texts` without spaces around them, the row's number of its text, and which were typed as text."""

    name: str
    raw: pa.Array
    texts: pa.Array
    codes: np.ndarray
    filled: np.ndarray
    typed: np.ndarray

    def where(self, pattern: str) -> np.ndarray:
        """Which distinct, filled values match."""
        import pyarrow.compute as pc

        found: np.ndarray = pc.match_substring_regex(self.texts, pattern).to_numpy(zero_copy_only=False)
        matching: np.ndarray = found.astype(bool) & self.filled
        return matching

    def all_are(self, pattern: str) -> bool:
        """Whether every filled cell matches."""
        return bool(self.filled.any()) and bool((self.where(pattern) == self.filled).all())

    def first(self, chosen: np.ndarray) -> int:
        """The first row with one of the chosen values."""
        rows = np.append(chosen, False)[self.codes]
        return int(np.argmax(rows))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Judged:
    """What a column's cells are; `numbers` wait for the file's decimal mark."""

    column: _Column
    kind: Literal["number", "time", "text", "empty"]
    mark: Mark | None = None
    clear: bool = False
    dates: Dates | None = None
    note: str = ""
    missing: tuple[str, ...] = ()


def read_cells(
    columns: Mapping[str, pa.ChunkedArray], reading: Reading
) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]], list[str]]:
    """Turn columns of text into numbers, times and text.

    A column is one of numbers if every filled cell is a number; it stays text if any cell begins with a zero that a
    number would lose (007) or has more digits than a number keeps. Cells such as ``NA`` are text.

    Parameters
    ----------
    columns : mapping of str to pyarrow ChunkedArray
        Name to cells of text, empty ones null.
    reading : Reading
        How they are to be read.

    Returns
    -------
    tuple of DataFrame, dict and list of str
        The columns; those with cells of ``reading.missing``, which became missing, and which; and notes.

    Raises
    ------
    LayoutError
        A column has numbers with both decimal marks, or numbers that could be thousands, or dates in two formats.
    """
    with ThreadPoolExecutor() as threads:
        judged = list(threads.map(lambda name: _judge(name, columns[name], reading), columns))
        custom = _custom(judged, reading)
        for each in judged:
            _check_mark(each, custom, reading)
        read = list(threads.map(_values, judged))
    frame = pd.DataFrame(dict(zip(columns, read, strict=True)), copy=False)
    missing = {each.column.name: each.missing for each in judged if each.missing}
    return frame, missing, _notes(judged)


def _encoded(name: str, cells: pa.ChunkedArray, reading: Reading) -> tuple[_Column, tuple[str, ...]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    raw, codes = distinct(cells.combine_chunks())
    texts = pc.utf8_trim_whitespace(raw)
    said = pc.is_in(texts, pa.array(reading.missing, pa.string())).to_numpy(zero_copy_only=False)
    blank = pc.equal(texts, "").to_numpy(zero_copy_only=False)
    found = tuple(sorted(texts.filter(pa.array(said, pa.bool_())).unique().to_pylist()))
    typed = np.ones(len(raw), dtype=bool)
    if name in reading.numbers:
        typed = np.isin(np.arange(len(raw)), codes[~reading.numbers[name][: len(codes)]])
    return _Column(name, raw, texts, codes, ~(said | blank), typed), found


def _judge(name: str, cells: pa.ChunkedArray, reading: Reading) -> _Judged:
    column, missing = _encoded(name, cells, reading)
    if not column.filled.any():
        return _Judged(column=column, kind="empty", missing=missing)
    if name in reading.keep:
        return _Judged(column=column, kind="text", missing=missing)
    if column.all_are(_NUMBER):
        return _judge_numbers(column, missing, reading)
    if column.all_are(DATE):
        dates = parse_dates(column.texts, column.filled, month_first=reading.month_first)
        return _judge_dates(column, dates, missing, reading)
    return _Judged(column=column, kind="text", missing=missing)


def _judge_numbers(column: _Column, missing: tuple[str, ...], reading: Reading) -> _Judged:
    for pattern, why in ((_LEADING_ZERO, "leading zeros"), (_LONG, "more than 15 digits")):
        if column.where(pattern).any():
            return _Judged(column=column, kind="text", note=why, missing=missing)
    commas, points = column.where(",") & column.typed, column.where(r"\.") & column.typed
    if commas.any() and points.any():
        row, other = sorted((column.first(commas), column.first(points)))
        msg = f"{reading.place(other, column.name)}: another decimal mark than in row {reading.first_row + row:,}."
        raise LayoutError(
            msg, hint=f"Write all numbers of the column alike, or keep it as text: text=[{column.name!r}]."
        )
    mark: Mark | None = "," if commas.any() else "." if points.any() else None
    thousands = column.where(_MAYBE_THOUSANDS)
    return _Judged(
        column=column, kind="number", mark=mark, clear=bool(((commas | points) & ~thousands).any()), missing=missing
    )


def _judge_dates(column: _Column, dates: Dates, missing: tuple[str, ...], reading: Reading) -> _Judged:
    if dates.two_formats is not None:
        row, other = sorted(map(column.first, dates.two_formats))
        msg = f"{reading.place(other, column.name)}: the date is written otherwise than that in row {reading.first_row + row:,}."
        raise LayoutError(
            msg, hint=f"Write all dates as 2026-12-31, or keep the column as text: text=[{column.name!r}]."
        )
    if dates.impossible is not None:
        note = f"row {reading.first_row + column.first(dates.impossible):,} holds no possible date"
        return _Judged(column=column, kind="text", note=note, missing=missing)
    if dates.times is None:
        note = "dates that could be day or month first"
        return _Judged(column=column, kind="text", note=note, missing=missing)
    return _Judged(column=column, kind="time", dates=dates, missing=missing)


def _custom(judged: list[_Judged], reading: Reading) -> Mark | None:
    """The file's own decimal mark: said, or that of the columns that leave no doubt, or that which goes with its separator."""
    clear = {each.mark for each in judged if each.kind == "number" and each.clear}
    if reading.decimal is not None or not clear:
        return reading.decimal or reading.custom
    return clear.pop() if len(clear) == 1 else None


def _check_mark(each: _Judged, custom: Mark | None, reading: Reading) -> None:
    if each.kind != "number" or each.mark is None or each.mark == custom:
        return
    name, sign = each.column.name, "comma" if each.mark == "," else "point"
    where = reading.place(each.column.first(each.column.where(r"[.,]") & each.column.typed), name)
    if reading.decimal is not None:
        msg = f"{where}: a number with a {sign}, where decimal={reading.decimal!r} was said."
        raise LayoutError(msg, hint=f"Keep the column as text if it holds no numbers: text=[{name!r}].")
    if not each.clear:
        msg = f"{where}: the {sign} of this number may stand before decimals or between thousands; nothing else in the file tells."
        raise LayoutError(msg, hint=f"Say decimal=',' or decimal='.', or keep the column as text: text=[{name!r}].")


def _values(each: _Judged) -> np.ndarray | pd.Series:
    column = each.column
    if each.kind == "empty":
        return np.full(len(column.codes), np.nan)
    if each.kind == "number":
        return _numbers(column)
    if each.dates is not None and each.dates.times is not None:
        return pd.Series(np.append(each.dates.times, np.datetime64("NaT", "us"))[column.codes])
    return _texts(column)


def _numbers(column: _Column) -> np.ndarray:
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = pc.if_else(pa.array(column.filled), pc.replace_substring(column.texts, ",", "."), None)
    values = np.append(plain.cast(pa.float64()).to_numpy(zero_copy_only=False), np.nan)
    gaps = not column.filled.all() or (column.codes == len(column.raw)).any()
    whole = not gaps and not column.where(r"[.,eE]").any()
    numbers: np.ndarray = (np.nan_to_num(values).astype(np.int64) if whole else values)[column.codes]
    return numbers


def _texts(column: _Column) -> pd.Series:
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = pc.if_else(pa.array(column.filled), column.raw, None)
    rows = pa.array(column.codes, mask=column.codes == len(column.raw))
    series: pd.Series = cells.take(rows).to_pandas(types_mapper=lambda _: pd.StringDtype())
    return series


def _notes(judged: list[_Judged]) -> list[str]:
    kept: dict[str, list[str]] = {}
    for each in judged:
        if each.note:
            kept.setdefault(each.note, []).append(each.column.name)
    notes = [f"Kept as text ({why}): {', '.join(names)}." for why, names in kept.items()]
    marks = {each.mark for each in judged if each.kind == "number" and each.mark}
    if len(marks) > 1:
        notes.append("Some columns have a decimal comma, others a decimal point.")
    return notes
