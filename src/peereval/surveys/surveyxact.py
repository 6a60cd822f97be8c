"""SurveyXact (Rambøll): one row a respondent, one column a variable."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from peereval.surveys.layout import Layout, plain_header

if TYPE_CHECKING:
    from peereval.surveys.sheet import Sheet

_NOTE = "The layout of SurveyXact's exports was not verified at its source: compare some rows with the tool."


def _finish(sheet: Sheet) -> Sheet:
    return replace(sheet, notes=(*sheet.notes, _NOTE))


SURVEYXACT = Layout(
    source="surveyxact",
    recognises=lambda _: False,
    header=plain_header,
    finish=_finish,
    answers=("values", "labels"),
)
"""Never recognised: nothing in such a file is known to be SurveyXact's alone."""
