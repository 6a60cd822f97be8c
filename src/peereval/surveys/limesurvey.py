"""LimeSurvey: responses with question codes and answer codes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from peereval.errors import LayoutError
from peereval.surveys.layout import Head, Header, Layout, as_one_line, plain_header

if TYPE_CHECKING:
    from peereval.surveys.sheet import Sheet

_OWN = {"lastpage", "startlanguage", "seed", "startdate", "datestamp", "token"}
_OWN_TEXTS = {"Date submitted", "Last page", "Start language"}
_WITH_TEXT = "submitdate. "
_OTHER = "-oth-"
_NOT_SHOWN = "N/A"
_NO_TIME = pd.Timestamp("1980-01-01")


def _recognises(head: Head) -> bool:
    names = {name.strip() for name in head[0]}
    by_code = "submitdate" in names and bool(_OWN & names)
    return by_code or any(name.startswith(_WITH_TEXT) for name in names) or len(_OWN_TEXTS & names) > 1


def _header(head: Head, file: str) -> Header:
    found = plain_header(head, file)
    if any(name.startswith(_WITH_TEXT) for name in found.names):
        parts = [name.partition(". ") for name in found.names]
        questions = {code: as_one_line(text) for code, _, text in parts if text}
        return Header(names=tuple(code.rstrip(".") for code, _, _ in parts), questions=questions, missing=(_NOT_SHOWN,))
    if len(_OWN_TEXTS & set(found.names)) > 1:
        msg = (
            f"{file}: an export from LimeSurvey with full questions for names, which a later export may word otherwise."
        )
        raise LayoutError(msg, hint="Export it again with question codes as headings and answer codes as responses.")
    return replace(found, missing=(_NOT_SHOWN,))


def _finish(sheet: Sheet) -> Sheet:
    frame = sheet.frame
    texts = [name for name in frame.columns if frame[name].dtype == "string"]
    other = [name for name in texts if (frame[name] == _OTHER).any()]
    notes = []
    if other:
        notes.append(f"{_OTHER} stands for the answer 'other' in: {', '.join(other)}.")
    if sheet.missing:
        notes.append(f"{_NOT_SHOWN} stands for a question that was not shown in: {', '.join(sheet.missing)}.")
    if "submitdate" in frame.columns:
        notes.extend(_submitted(frame["submitdate"]))
    return replace(sheet, labels={name: {_OTHER: "other"} for name in other}, notes=(*sheet.notes, *notes))


def _submitted(column: pd.Series) -> list[str]:
    notes = [f"{int(column.isna().sum()):,} of {len(column):,} responses were not submitted (submitdate is empty)."]
    if pd.api.types.is_datetime64_any_dtype(column) and (column == _NO_TIME).any():
        notes.append("submitdate is 1980-01-01 where LimeSurvey keeps no time: it tells that, not when.")
    return notes


LIMESURVEY = Layout(source="limesurvey", recognises=_recognises, header=_header, finish=_finish)
"""Recognised by `submitdate` beside another of LimeSurvey's own columns."""
