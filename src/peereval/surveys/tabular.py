"""Rows of cells, of a text file or a workbook, to a sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.errors import ColumnError, nearest
from peereval.surveys.cells import Reading, read_cells
from peereval.surveys.delimited import open_text, read_text
from peereval.surveys.enalyzer import ENALYZER
from peereval.surveys.layout import Layout, plain_header, used_columns
from peereval.surveys.limesurvey import LIMESURVEY
from peereval.surveys.placing import key_columns
from peereval.surveys.qualtrics import QUALTRICS
from peereval.surveys.redcap import REDCAP
from peereval.surveys.sheet import Sheet
from peereval.surveys.surveyxact import SURVEYXACT
from peereval.surveys.workbook import as_columns, as_text, number_cells, read_workbook

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from peereval.surveys.cells import Mark
    from peereval.surveys.delimited import Separator
    from peereval.surveys.layout import Head, Header
    from peereval.surveys.mapping import SurveyMapping
    from peereval.surveys.sheet import Source

_HEAD = 5


def _unchanged(sheet: Sheet) -> Sheet:
    return sheet


def _anything(head: Head) -> bool:
    return bool(head)


TOOLS = {each.source: each for each in (REDCAP, LIMESURVEY, QUALTRICS, SURVEYXACT, ENALYZER)}
"""The survey tools whose exports are known, by name; the order is that in which they are recognised."""
_CSV = Layout(source="csv", recognises=_anything, header=plain_header, finish=_unchanged)
_XLSX = Layout(source="xlsx", recognises=_anything, header=plain_header, finish=_unchanged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the caller said of the file.

    Parameters
    ----------
    source : str, optional
        What kind of export it is.
    decimal : {",", "."}, optional
        The decimal mark.
    text : tuple of str
        Columns that stay text.
    separator : str, optional
        The sign between the cells of a text file.
    mapping : SurveyMapping, optional
        Which columns hold keys, and stay text.
    """

    source: Source | None = None
    decimal: Mark | None = None
    text: tuple[str, ...] = ()
    separator: Separator | None = None
    mapping: SurveyMapping | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Grid:
    """Columns below their header, as they stand in the file."""

    file: str
    sha256: str
    columns: list[pa.ChunkedArray]
    above: int
    mark: Mark | None
    notes: tuple[str, ...]
    numbers: Mapping[str, np.ndarray] = field(default_factory=dict)


def from_text(data: bytes, file: str, sha256: str, said: Said) -> Sheet:
    """Read a text file.

    Parameters
    ----------
    data : bytes
        Its content.
    file, sha256 : str
        Its name and its hash.
    said : Said
        What is known of it.

    Returns
    -------
    Sheet
        Its rows.

    Raises
    ------
    UnreadableFileError, UnsupportedInputError, LayoutError, ColumnError
        What is wrong with the file, with row and column.
    """
    text = open_text(data, file, separator=said.separator)
    layout = _layout(text.head, said, _CSV)
    header = layout.header(text.head, file)
    grid = _Grid(
        file=file, sha256=sha256, columns=read_text(text, skip=header.rows), above=text.above, mark=text.mark, notes=text.notes
    )  # fmt: skip
    return _sheet(grid, layout, header, said)


def from_workbook(data: bytes, file: str, sha256: str, said: Said, sheet: str | None) -> Sheet:
    """Read a sheet of a workbook.

    Parameters
    ----------
    data : bytes
        Its content.
    file, sha256 : str
        Its name and its hash.
    said : Said
        What is known of it.
    sheet : str, optional
        Which sheet.

    Returns
    -------
    Sheet
        Its rows.

    Raises
    ------
    UnreadableFileError, UnsupportedInputError, LayoutError, UnknownNameError, ColumnError
        What is wrong with the file, with row and column.
    """
    rows, first, notes = read_workbook(data, file, sheet=sheet)
    head = [[as_text(cell) or "" for cell in row] for row in rows[:_HEAD]]
    layout = _layout(head, said, _XLSX)
    header = layout.header(head, file)
    columns = as_columns(rows[header.rows :], names=header.names, keep=said.text)
    grid = _Grid(
        file=file,
        sha256=sha256,
        columns=columns,
        above=first - 1,
        mark=None,
        notes=notes,
        numbers=number_cells(rows[header.rows :], names=header.names),
    )
    return _sheet(grid, layout, header, said)


def _layout(head: Head, said: Said, plain: Layout) -> Layout:
    if said.source is None:
        return next((each for each in TOOLS.values() if each.recognises(head)), plain)
    return TOOLS.get(said.source, plain)


def _sheet(grid: _Grid, layout: Layout, header: Header, said: Said) -> Sheet:
    names = (*header.names, *[""] * (len(grid.columns) - len(header.names)))
    empty = [column.null_count == len(column) for column in grid.columns]
    used = used_columns(names, empty=empty, file=grid.file)
    cells = {names[place]: grid.columns[place] for place in used}
    _check_text(said.text, cells, grid.file)
    length = _filled_rows(cells)
    reading = Reading(
        file=grid.file, first_row=grid.above + header.rows + 1, decimal=said.decimal, custom=grid.mark,
        keep=frozenset((*said.text, *key_columns(tuple(cells), said.mapping))), numbers=grid.numbers, missing=header.missing, month_first=header.month_first,
    )  # fmt: skip
    frame, missing, notes = _typed({name: column.slice(0, length) for name, column in cells.items()}, reading)
    left_out = _left_out(grid, used, length)
    sheet = Sheet(
        file=grid.file, source=layout.source, frame=frame, questions={name: text for name, text in header.questions.items() if name in cells},
        missing=missing, first_row=reading.first_row, sha256=grid.sha256, notes=(*grid.notes, *header.notes, *left_out, *notes),
    )  # fmt: skip
    return layout.finish(sheet)


def _check_text(text: tuple[str, ...], cells: dict[str, pa.ChunkedArray], file: str) -> None:
    for name in text:
        if name not in cells:
            msg = f"{file} has no column {name!r}, which text= names."
            raise ColumnError(msg, hint=nearest(name, cells))


def _filled_rows(cells: dict[str, pa.ChunkedArray]) -> int:
    """How many rows there are up to the last one with a filled cell: spreadsheets often save empty ones below."""
    import pyarrow.compute as pc

    filled = 0
    for column in cells.values():
        below = column.slice(filled)
        if below.null_count < len(below):
            filled += int(np.asarray(pc.indices_nonzero(below.is_valid()))[-1]) + 1
        if filled == len(column):
            break
    return filled


def _typed(
    cells: dict[str, pa.ChunkedArray], reading: Reading
) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]], list[str]]:
    """Cells of text are judged; a workbook's numbers and times are what they are."""
    import pyarrow as pa

    texts = {name: column for name, column in cells.items() if pa.types.is_string(column.type)}
    frame, missing, notes = read_cells(texts, reading)
    if len(texts) == len(cells):
        return frame, missing, notes
    columns = {name: frame[name] if name in texts else _known(column) for name, column in cells.items()}
    return pd.DataFrame(columns, copy=False), missing, notes


def _known(column: pa.ChunkedArray) -> pd.Series:
    known: pd.Series = column.to_pandas(coerce_temporal_nanoseconds=False)
    return known


def _left_out(grid: _Grid, used: list[int], length: int) -> list[str]:
    columns, rows = len(grid.columns) - len(used), max(map(len, grid.columns), default=0) - length
    notes = [f"Empty columns without a name that were left out: {columns}."] if columns else []
    return [*notes, f"Empty rows at the end that were left out: {rows:,}."] if rows else notes
