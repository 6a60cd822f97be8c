"""Excel workbooks, opened only after a look at what they would unpack to."""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from peereval.errors import (
    LayoutError,
    PeerevalError,
    UnknownNameError,
    UnreadableFileError,
    UnsupportedInputError,
    nearest,
)
from peereval.surveys.layout import MAX_COLUMNS, letters
from peereval.surveys.problems import file_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    import pyarrow as pa

MAX_UNPACKED = 512 << 20
"""Bytes that a workbook may unpack to; 100,000 rows of 100 answers take about 200 MB."""
MAX_RATIO = 200
"""How much smaller than its content a workbook may be; sheets of equal cells reach about 100."""
MAX_CELLS = 10_000_000
"""Cells of a sheet; more are read from CSV or parquet, in a fraction of the time."""
_SMALL = 10 << 20
_BLOCK = 1 << 20
_OVERLAP = 200
_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^<>]*ref=["']([A-Z0-9:$]+)["']""")
_HIDDEN = re.compile(rb"""<(?:\w+:)?(row|col)\s[^<>]*\bhidden=["'](?:1|true)["'][^<>]*>""")
_NUMBERED = re.compile(rb"""\b(?:r|min|max)=["'](\d+)["']""")
_IN_QUOTES = re.compile(r'"[^"]*"|\\.')
_NUMBERS = {int, float}
_EXACT = 1e15


def read_workbook(data: bytes, file: str, *, sheet: str | None) -> tuple[list[list[Any]], int, tuple[str, ...]]:
    """Read the cells of one sheet.

    Parameters
    ----------
    data : bytes
        The file's content.
    file : str
        Its name, for messages.
    sheet : str, optional
        Which sheet, where several can be seen or some are hidden.

    Returns
    -------
    tuple of list, int and tuple of str
        Rows of cells from the first filled row on; that row's number in the sheet; notes: the sheet's name, rows and
        columns that are hidden, and columns that show per cent.

    Raises
    ------
    UnreadableFileError, UnsupportedInputError
        The file is damaged, encrypted, no workbook, or unpacks to an absurd size.
    LayoutError
        Which sheet is meant is not clear; a cell holds a formula or an error; there are too many cells.
    UnknownNameError
        There is no sheet of that name.
    """
    _check_archive(data, file)
    try:
        with warnings.catch_warnings():
            # the library speaks of styles and validations that it leaves out; answers are not among them
            warnings.simplefilter("ignore")
            return _read(data, file, sheet)
    except PeerevalError:
        raise
    except Exception:  # noqa: BLE001 - damaged workbooks fail in the parser in any way
        msg = f"{file} cannot be read as a workbook ({len(data):,} bytes)."
        raise UnreadableFileError(msg, hint="Open it in Excel and save it again as .xlsx, or as CSV UTF-8.") from None


def as_columns(rows: Sequence[Sequence[Any]], *, names: Sequence[str], keep: Collection[str]) -> list[pa.ChunkedArray]:
    """Turn rows of cells into columns.

    Parameters
    ----------
    rows : sequence of sequence
        The cells below the names; rows may be shorter or longer than the row of names.
    names : sequence of str
        The names; there are at least as many columns.
    keep : collection of str
        Columns that are text.

    Returns
    -------
    list of pyarrow ChunkedArray
        Columns of numbers as numbers, of times as times in microseconds, all others as text; empty cells are null.
    """
    import pyarrow as pa

    columns = list(zip_longest(*rows))
    named = [*names, *[""] * (len(columns) - len(names))]
    filled = [_column(cells, as_they_are=name not in keep) for cells, name in zip(columns, named, strict=False)]
    empty = [pa.nulls(len(rows), pa.string())] * (len(named) - len(columns))
    return [pa.chunked_array([column]) for column in (*filled, *empty)]


def number_cells(rows: Sequence[Sequence[Any]], *, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Tell which cells are numbers in columns that hold texts too: their decimal mark is not the one of the texts.

    Parameters
    ----------
    rows, names
        As in `as_columns`.

    Returns
    -------
    dict of str to ndarray of bool
        Column to whether each cell is a number, for columns of both.
    """
    found = {
        name: np.array([type(cell) in _NUMBERS for cell in cells])
        for cells, name in zip(zip_longest(*rows), names, strict=False)
        if str in map(type, cells)
    }
    return {name: numbers for name, numbers in found.items() if numbers.any()}


def as_text(value: Any) -> str | None:
    """Write a cell as text.

    Parameters
    ----------
    value : object
        What the cell holds.

    Returns
    -------
    str or None
        The text; None for an empty cell.

    Examples
    --------
    >>> as_text(3.0), as_text(2.5), as_text(True)
    ('3', '2.5', 'TRUE')
    """
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat(" ") if isinstance(value, dt.datetime) else str(value)


_HEAD = 4096
"""Bytes of a part in which its declarations stand."""


def _check_archive(data: bytes, file: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError):
        msg = f"{file} is damaged: it begins like a workbook, but it cannot be unpacked ({len(data):,} bytes)."
        raise UnreadableFileError(msg, hint="Export or copy the file again.") from None
    if not any(part.filename.startswith("xl/") and part.filename.endswith(".xml") for part in parts):
        msg = f"{file} is a packed file, but no .xlsx workbook."
        raise UnsupportedInputError(msg, hint="Unpack it first, or save it as .xlsx.")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED or (unpacked > _SMALL and unpacked > MAX_RATIO * len(data)):
        msg = f"{file} would unpack from {len(data):,} to {unpacked:,} bytes, and was not opened."
        hint = (
            f"A workbook may hold {MAX_UNPACKED >> 20} MB, and {MAX_RATIO} times its own size. Export as CSV instead."
        )
        raise UnsupportedInputError(msg, hint=hint)


def _check_declarations(data: bytes, file: str) -> None:
    """Refuse entities before any parser sees them: which one openpyxl takes depends on what else is installed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for part in archive.infolist():
            if part.filename.endswith((".xml", ".rels")):
                with archive.open(part) as page:
                    head = page.read(_HEAD).replace(b"\0", b"")
                if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                    msg = f"{file} declares a document type or entities, which a workbook does not have."
                    raise UnreadableFileError(msg, hint="No program for tables writes them: do not trust this file.")


def _read(data: bytes, file: str, sheet: str | None) -> tuple[list[list[Any]], int, tuple[str, ...]]:
    from openpyxl import load_workbook

    _check_declarations(data, file)
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    try:
        chosen = _chosen([(each.title, each.sheet_state == "visible") for each in book.worksheets], file, sheet)
        page = book[chosen]
        # the size that a sheet declares is often wrong, and cells outside would be lost
        page.reset_dimensions()
        hidden = _hidden(data, page._worksheet_path, chosen, file)  # noqa: SLF001 - a read-only sheet tells neither hidden nor merged cells
        rows, percents = _rows(page, file)
    finally:
        book.close()
    start = next((place for place, row in enumerate(rows) if row), None)
    if start is None:
        msg = f"The sheet {chosen!r} of {file} is empty."
        raise UnreadableFileError(msg, hint="Say sheet='…' if the answers are on another sheet.")
    return rows[start:], start + 1, (f"Read from the sheet {chosen!r}.", *_notes(rows, hidden, percents))


def _hidden(data: bytes, part: str, title: str, file: str) -> dict[bytes, set[int]]:
    """Numbers of the hidden rows and columns of a sheet; merged cells are refused.

    All but the first of merged cells are empty, so rows would lose their person or columns their name.
    """
    hidden: dict[bytes, set[int]] = {b"row": set(), b"col": set()}
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(part) as page:
        before = b""
        while block := page.read(_BLOCK):
            both = before + block
            found = _MERGED.search(both)
            if found:
                msg = f"{file}, sheet {title!r}: the cells {found[1].decode()} are merged."
                raise LayoutError(
                    msg, hint="Unmerge them in Excel and fill every cell: one row of names, one row an answer."
                )
            for tag in _HIDDEN.finditer(both) if b"hidden=" in both else ():
                numbers = [int(number) for number in _NUMBERED.findall(tag[0])]
                hidden[tag[1]] |= (
                    set(range(min(numbers), min(max(numbers), MAX_COLUMNS) + 1)) if tag[1] == b"col" else set(numbers)
                )
            before = block[-_OVERLAP:]
    return hidden


def _notes(rows: Sequence[Sequence[Any]], hidden: dict[bytes, set[int]], percents: set[int]) -> Iterator[str]:
    """What a look at the sheet in Excel would not tell, or tell otherwise; below and beside the answers nothing counts."""
    width = max(map(len, rows))
    lines = sorted(row for row in hidden[b"row"] if row <= len(rows))
    columns = [column - 1 for column in hidden[b"col"] if column <= width]
    if lines:
        yield f"Hidden and read all the same: {file_rows(lines)}."
    if columns:
        yield f"Hidden and read all the same: {_columns(columns)}."
    if percents:
        yield f"Shown in per cent and read as fractions, 0.5 for 50 %: {_columns(percents)}."


def _columns(places: Collection[int]) -> str:
    return f"column{'s' * (len(places) > 1)} {', '.join(map(letters, sorted(places)))}"


def _chosen(sheets: list[tuple[str, bool]], file: str, sheet: str | None) -> str:
    visible = [title for title, seen in sheets if seen]
    hidden = [title for title, seen in sheets if not seen]
    if sheet is not None:
        if sheet in hidden:
            msg = f"The sheet {sheet!r} of {file} is hidden."
            raise LayoutError(msg, hint="Unhide it in Excel, look at it, and save the workbook.")
        if sheet not in visible:
            msg = f"{file} has no sheet {sheet!r}."
            raise UnknownNameError(msg, hint=nearest(sheet, visible))
        return sheet
    if len(visible) == 1 and not hidden:
        return visible[0]
    seen = ", ".join(map(repr, visible)) or "none"
    msg = f"{file} has {len(visible)} visible sheets ({seen}) and {len(hidden)} hidden."
    raise LayoutError(msg, hint="Say which one holds the answers: sheet='…'.")


def _rows(page: Any, file: str) -> tuple[list[list[Any]], set[int]]:
    """The rows of cells, and the places of columns with a number shown in per cent."""
    rows: list[list[Any]] = []
    percents: set[int] = set()
    cells = 0
    for number, row in enumerate(page.iter_rows(), start=1):
        values = [cell.value for cell in row]
        while values and values[-1] in {None, ""}:
            values.pop()
        _check_row(row, values, number, file)
        percents.update(
            place for place, value in enumerate(values) if type(value) in _NUMBERS and _in_percent(row[place])
        )
        cells += len(values)
        if cells > MAX_CELLS:
            msg = f"{file} has more than {MAX_CELLS:,} cells in one sheet."
            raise LayoutError(msg, hint="Export as CSV, which is read much faster.")
        rows.append(values)
    while rows and not rows[-1]:
        rows.pop()
    return rows, percents


def _in_percent(cell: Any) -> bool:
    return bool(cell.has_style) and "%" in _IN_QUOTES.sub("", cell.number_format)


def _check_row(row: Sequence[Any], values: list[Any], number: int, file: str) -> None:
    if len(values) > MAX_COLUMNS:
        msg = f"{file}, row {number:,} has {len(values):,} cells; a survey export has at most {MAX_COLUMNS:,} columns."
        raise LayoutError(msg, hint="Are rows and columns turned round? Otherwise export fewer questions at a time.")
    kinds = [cell.data_type for cell in row[: len(values)]]
    for kind, what in (("f", "a formula"), ("e", "an error value")):
        if kind in kinds:
            msg = f"{file}, cell {letters(kinds.index(kind))}{number} holds {what}; expected answers only."
            raise LayoutError(msg, hint="Copy the sheet and insert it as values, mend errors, and save it.")


def _column(cells: Sequence[Any], *, as_they_are: bool) -> pa.Array:
    import pyarrow as pa

    kinds = set(map(type, cells)) - {type(None)} if as_they_are else set()
    if kinds and kinds <= _NUMBERS and all(abs(each) < _EXACT for each in cells if each is not None):
        whole = all(each is not None and float(each).is_integer() for each in cells)
        return pa.array(cells, pa.int64() if whole else pa.float64())
    if kinds == {dt.datetime}:
        return pa.array(cells, pa.timestamp("us"))
    return pa.array([as_text(each) for each in cells], pa.string())
