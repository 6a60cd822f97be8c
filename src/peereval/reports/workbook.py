"""All released tables as one workbook: as they are printed, and as numbers."""

from __future__ import annotations

import io
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from peereval.reports.any_table import heading
from peereval.reports.archives import without_times
from peereval.reports.background import findings_of
from peereval.reports.brief import MADE_UP
from peereval.reports.image_store import stored
from peereval.reports.tables import spoken_cells, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openpyxl import Workbook
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

    from peereval.reports.background import Chapter
    from peereval.reports.languages import Words

_LONGEST_NAME = 31
"""Letters that the name of a sheet may have."""
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_NOT_IN_CELLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a program that reads the cells may take for the beginning of a formula."""
_WIDEST = 60


def workbook_of(chapters: Sequence[Chapter], title: str, speech: Words) -> bytes:
    """Make a workbook of all released tables.

    Parameters
    ----------
    chapters : sequence of Chapter
        The chapters of the report.
    title : str
        The title of the study.
    speech : Words
        The language.

    Returns
    -------
    bytes
        An ``.xlsx`` file: a sheet with the contents, one for each printed table, and one for the released numbers of each
        result. Texts are never formulas; the same results give the same bytes.
    """
    depends = [title, *findings_of(chapters), speech.language]
    return stored("xlsx", depends, partial(_book, chapters, title, speech))


def _book(chapters: Sequence[Chapter], title: str, speech: Words) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    contents = book.worksheets[0]
    contents.title = _sheet_name("0", speech("Contents"))
    lines = [(title,), *((text,) for text in _about(chapters, speech)), ()]
    for number, (caption, frame) in enumerate(_frames(chapters, speech), start=1):
        sheet = book.create_sheet(_sheet_name(str(number), caption))
        cells = [(caption,), (), tuple(map(str, frame.columns)), *frame.itertuples(index=False, name=None)]
        _fill(sheet, cells, bold=(1, 3))
        lines.append((sheet.title, caption))
    _fill(contents, lines, bold=(1,))
    return _saved(book)


def _about(chapters: Sequence[Chapter], speech: Words) -> Iterator[str]:
    origins = dict.fromkeys(finding.origin for finding in findings_of(chapters))
    yield from (speech(MADE_UP[origin]) for origin in origins if origin in MADE_UP)
    yield speech(
        "≈ marks counts that are rounded. The sheets of numbers hold the released estimates; empty cells are not shown."
    )


def _frames(chapters: Sequence[Chapter], speech: Words) -> Iterator[tuple[str, pd.DataFrame]]:
    findings = findings_of(chapters)
    for finding in findings:
        for caption, cells in tables_of(finding):
            yield speech.sentence(caption), spoken_cells(cells, speech)
    for finding in findings:
        rows = finding.estimates
        heads = {name: speech.sentence(heading(name)) for name in rows.columns}
        caption = f"{speech('Numbers')}: {speech.sentence(finding.title)}"
        yield caption, rows.astype(object).where(rows.notna(), None).rename(columns=heads)


def _sheet_name(number: str, caption: str) -> str:
    """A name that every program takes, and that no other sheet has."""
    words = " ".join(_NOT_IN_NAMES.sub(" ", caption).split())
    return f"{number} {words}"[:_LONGEST_NAME].strip()


def _fill(sheet: Worksheet, lines: Sequence[tuple[Any, ...]], *, bold: tuple[int, ...]) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    widths: dict[int, int] = {}
    for row, line in enumerate(lines, start=1):
        for column, value in enumerate(line, start=1):
            cell: Cell = sheet.cell(row, column)
            _put(cell, value)
            if len(line) > 1:
                widths[column] = max(widths.get(column, 0), len(str(value)))
    for row in bold:
        for cell in sheet[row]:
            cell.font = Font(bold=True)
    for column, width in widths.items():
        sheet.column_dimensions[get_column_letter(column)].width = min(width, _WIDEST) + 2


def _put(cell: Cell, value: Any) -> None:
    """Write a value; a text stays a text, whatever it begins with."""
    if value is None or value is pd.NA:
        return
    if isinstance(value, bool | int | float):
        cell.value = value
        return
    text = _NOT_IN_CELLS.sub("", str(value))
    cell.value = text
    if text.startswith(_FORMULA):
        cell.data_type = "s"
        cell.quotePrefix = True


def _saved(book: Workbook) -> bytes:
    written = io.BytesIO()
    book.save(written)
    return without_times(written.getvalue())
