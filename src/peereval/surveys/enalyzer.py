"""Enalyzer: one column a question, dates with the month first, answers as values, texts or label numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from peereval.surveys.layout import Head, Header, Layout, plain_header

if TYPE_CHECKING:
    from peereval.surveys.sheet import Sheet

_NOTE = "Enalyzer sets the format of answers for every question by itself: look at those that differ from the rest."


def _header(head: Head, file: str) -> Header:
    return replace(plain_header(head, file), month_first=True)


def _finish(sheet: Sheet) -> Sheet:
    return replace(sheet, notes=(*sheet.notes, _NOTE))


ENALYZER = Layout(
    source="enalyzer",
    recognises=lambda _: False,
    header=_header,
    finish=_finish,
    answers=("values", "labels", "positions"),
)
"""Never recognised: nothing in such a file is Enalyzer's alone."""
