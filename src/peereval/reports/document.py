"""The report: one HTML file that needs nothing else, readable on paper and on a phone."""

from __future__ import annotations

import json
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peereval.disclosure.policy import disclosure_policy
from peereval.files import write_text
from peereval.reports.appendix import appendix_of
from peereval.reports.background import OWN_PARTS, Background, Chapter, findings_of
from peereval.reports.brief import MADE_UP
from peereval.reports.drawings import drawings_of, is_tall
from peereval.reports.groups import group_summaries, told_nothing
from peereval.reports.image_store import stored
from peereval.reports.languages import words
from peereval.reports.notes import notes_of
from peereval.reports.response import SURVEYED, response_of
from peereval.reports.tables import as_gt, tables_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment, Template
    from pandas import DataFrame

    from peereval.reports.drawings import Drawing
    from peereval.reports.languages import Words
    from peereval.results import Released

_LONG = 45
"""Letters of a cell above which the cells of its table are wrapped."""


def write_report(
    chapters: Sequence[Chapter],
    path: str | Path,
    *,
    title: str,
    programme: str,
    language: str = "en",
    background: Background | None = None,
) -> Path:
    """Write a report of released results.

    Parameters
    ----------
    chapters : sequence of Chapter
        The chapters in their order.
    path : str or Path
        Where to write the HTML file.
    title, programme : str
        The title, and the programme in a sentence.
    language : {"en", "da", "sv"}
        The language of all that the report itself says.
    background : Background, optional
        The evaluator's own words, governance, files, and what the study declares.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    NotReleasedError
        A result has not passed `release`.
    UnknownNameError
        There are no texts in this language.
    DestinationError
        It cannot be written there.
    """
    place = Path(path)
    content = _content(chapters, background or Background(), words(language))
    write_text(template("report.html.jinja").render(title=title, programme=programme, **content), place)
    return place


def _content(chapters: Sequence[Chapter], background: Background, speech: Words) -> dict[str, Any]:
    findings, texts = findings_of(chapters), background.texts
    response = response_of(findings)
    return {
        "say": speech,
        "about": background,
        "made_up": [
            MADE_UP[origin] for origin in sorted({finding.origin for finding in findings}) if origin in MADE_UP
        ],
        "groups": group_summaries(findings),
        "told_nothing": told_nothing(findings),
        "chapters": [
            _chapter(each, f"chapter-{number}", background, response, speech)
            for number, each in enumerate(chapters, start=1)
        ],
        "own": {name: texts.get(name) for name in OWN_PARTS},
        "methods": _methods(findings, speech),
        "policies": [disclosure_policy(name.split()[0]) for name in dict.fromkeys(each.policy for each in findings)],
        "references": list(dict.fromkeys(text for finding in findings for text in finding.references)),
        "appendix": appendix_of(background, chapters, speech),
    }


def _chapter(chapter: Chapter, identity: str, background: Background, response: str, speech: Words) -> dict[str, Any]:
    return {
        "heading": speech(chapter.heading),
        "id": identity,
        "failure": _failure(chapter.failure, speech),
        "own": background.texts.get(chapter.section),
        "findings": [
            _shown(finding, f"{identity}-{place}", response, speech)
            for place, finding in enumerate(chapter.findings, start=1)
        ],
    }


def _failure(text: str, speech: Words) -> str:
    code, _, kind = text.partition(": ")
    return f"{code}: {speech(kind)}" if kind else text


def _shown(finding: Released, identity: str, response: str, speech: Words) -> dict[str, Any]:
    note = response if finding.kind in SURVEYED else None
    depends = [finding, identity, note, speech.language]
    tables = json.loads(stored("json", depends, partial(_tables, tables_of(finding), identity, note, speech)))
    return {
        "title": speech.sentence(finding.title),
        "estimand": speech.sentence(finding.estimand),
        "figures": [_figure(drawing, speech) for drawing in drawings_of(finding)],
        "tables": tables,
        "notes": [speech.sentence(text) for text in notes_of(finding)],
    }


def _figure(drawing: Drawing, speech: Words) -> dict[str, Any]:
    source = drawing.address(speech)
    return {
        "source": source,
        "caption": speech.sentence(drawing.caption),
        "alt": drawing.alt(speech),
        "wide": drawing.wide,
        "tall": is_tall(source),
    }


def _tables(printed: list[tuple[str, DataFrame]], identity: str, note: str | None, speech: Words) -> bytes:
    """Caption, HTML, and whether its cells are wrapped, of each table of a result."""
    made = [
        (
            speech.sentence(caption),
            as_gt(caption, cells, f"{identity}-{place}", note=note, speech=speech).as_raw_html(),
            bool(cells.astype(str).map(len).to_numpy().max(initial=0) > _LONG),
        )
        for place, (caption, cells) in enumerate(printed, start=1)
    ]
    return json.dumps(made, ensure_ascii=False).encode()


def _methods(findings: Sequence[Released], speech: Words) -> list[tuple[str, str]]:
    """Each way of working once, with the results that were made in it."""
    titles: dict[str, dict[str, None]] = {}
    for finding in findings:
        titles.setdefault(finding.method, {})[speech.sentence(finding.title)] = None
    return [("; ".join(made), speech.sentence(method)) for method, made in titles.items()]


@cache
def template(name: str) -> Template:
    """Read a template of this room; what is put into it is escaped.

    Parameters
    ----------
    name : str
        Its file name.

    Returns
    -------
    Template
        The template.
    """
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    room = files("peereval.reports")
    return Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        loader=FunctionLoader(lambda name: (room / name).read_text(encoding="utf-8")),
    )  # fmt: skip


__all__ = ["Chapter", "template", "write_report"]
