"""Qualtrics: three rows above the answers (names, questions, import ids), or two in its legacy format."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from peereval.surveys.layout import Head, Header, Layout, as_one_line, plain_header

if TYPE_CHECKING:
    from peereval.surveys.sheet import Sheet

_LEGACY = {"ResponseID", "ResponseSet", "StartDate", "EndDate", "Finished"}
_NAMES, _QUESTIONS, _IMPORT_IDS = 0, 1, 2


def _recognises(head: Head) -> bool:
    return _rows(head) > 1


def _rows(head: Head) -> int:
    if len(head) > _IMPORT_IDS and any(map(_is_import_id, head[_IMPORT_IDS])):
        return 3
    return 2 if len(head) > 1 and len(_LEGACY & {cell.strip() for cell in head[_QUESTIONS]}) > 2 else 1  # noqa: PLR2004


def _is_import_id(cell: str) -> bool:
    if not cell.startswith("{"):
        return False
    try:
        return "ImportId" in json.loads(cell)
    except (ValueError, RecursionError):
        return False


def _header(head: Head, file: str) -> Header:
    rows = _rows(head)
    names = plain_header(head, file).names
    if rows == 1:
        return Header(names=names, notes=("No row of questions or import ids stands above the answers.",))
    texts = [as_one_line(cell) for cell in head[_QUESTIONS]]
    questions = {name: text for name, text in zip(names, texts, strict=False) if name and text}
    return Header(names=names, rows=rows, questions=questions, notes=(f"Qualtrics, {rows} rows above the answers.",))


def _finish(sheet: Sheet) -> Sheet:
    notes, finished, status = [], _own(sheet, "Finished"), _own(sheet, "Status")
    if finished is not None and pd.api.types.is_numeric_dtype(finished):
        notes.append(f"{int((finished == 0).sum()):,} of {len(finished):,} responses were not finished.")
    elif finished is not None and finished.notna().any():
        notes.append("Choices are given as texts, not as recode values: match them by a table in the study file.")
    if status is not None and (tried := int((status == 1).sum())):
        notes.append(f"{tried:,} responses are previews of the survey (Status 1).")
    return replace(sheet, notes=(*sheet.notes, *notes))


def _own(sheet: Sheet, name: str) -> pd.Series | None:
    """A column of Qualtrics' own; the legacy format calls it V1, V2 … and gives its name in the second row."""
    names = [
        column
        for column in sheet.frame.columns
        if column == name or (column.startswith("V") and sheet.questions.get(column) == name)
    ]
    return sheet.frame[names[0]] if names else None


QUALTRICS = Layout(source="qualtrics", recognises=_recognises, header=_header, finish=_finish)
"""Recognised by the import ids in its third row, or by the legacy names in its second."""
