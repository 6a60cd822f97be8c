"""The report: one HTML file that needs nothing else, readable on paper and on a phone."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peereval.disclosure.policy import disclosure_policy
from peereval.errors import NotReleasedError
from peereval.figures.selection import BESIDE, EFFECTS, LEVELS, SIZES, chosen_scales, level_measure, names_of
from peereval.files import write_text
from peereval.reasons import REASONS
from peereval.reports.comparisons import DIFFERENCES
from peereval.reports.response import SURVEYED, response_of
from peereval.reports.summary import sentences_of
from peereval.reports.tables import as_gt, tables_of
from peereval.reports.wording import counted
from peereval.results import Released

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jinja2 import Template


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the report.

    Parameters
    ----------
    heading : str
        Its heading.
    findings : tuple of Released
        What it shows.
    """

    heading: str
    findings: tuple[Released, ...]


_CAPTIONS = {
    "balance": "Standardised differences between the arms before (hollow) and after overlap weights (filled); beyond the dashed lines arms are often called unbalanced.",
    "attrition": "Answers in each round, by arm where there are arms.",
    "linkage": "Answers to each round by how they were linked with those to other rounds; what is not shown is hatched.",
    "likert": "Answers to each question by round; what is not shown is hatched.",
    "rates": "Share of index stays followed by a readmission, with 95 % intervals.",
    "survival": "Share not yet readmitted by days since the first discharge, with 95 % limits and the numbers at risk. A gap stands where a number is not shown.",
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure of a chapter.

    Parameters
    ----------
    caption : str
        What it shows.
    source : str
        The image as a data address.
    wide : bool
        Whether it takes the whole width; the others stand side by side where there is room.
    """

    caption: str
    source: str
    wide: bool


def write_report(chapters: Sequence[Chapter], path: str | Path, *, title: str, programme: str) -> Path:
    """Write a report of released results.

    Parameters
    ----------
    chapters : sequence of Chapter
        The chapters in their order.
    path : str or Path
        Where to write the HTML file.
    title, programme : str
        The title, and the programme in a sentence.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    NotReleasedError
        A result has not passed `release`.
    DestinationError
        It cannot be written there.
    """
    findings = [_released(finding) for chapter in chapters for finding in chapter.findings]
    place = Path(path)
    write_text(_template().render(**_content(chapters, findings, title, programme)), place)
    return place


def _released(finding: Any) -> Released:
    """Refuse at run time what the types refuse before it."""
    if not isinstance(finding, Released):
        msg = f"A {type(finding).__name__} is not a released result."
        raise NotReleasedError(msg, hint="Pass it through release() first.")
    return finding


def _content(chapters: Sequence[Chapter], findings: list[Released], title: str, programme: str) -> dict[str, Any]:
    made = sorted({finding.origin for finding in findings} - {"observed"})
    policies = [disclosure_policy(name.split()[0]) for name in dict.fromkeys(finding.policy for finding in findings)]
    return {
        "title": title,
        "programme": programme,
        "made_up": made,
        "summary": [sentence for finding in findings for sentence in sentences_of(finding)],
        "chapters": [
            _chapter(chapter, number, response_of(findings)) for number, chapter in enumerate(chapters, start=1)
        ],
        "methods": list(dict.fromkeys(finding.method for finding in findings)),
        "policies": policies,
        "references": list(dict.fromkeys(text for finding in findings for text in finding.references)),
        "appendix": [_appendix(finding) for finding in findings],
    }


def _chapter(chapter: Chapter, number: int, response: str) -> dict[str, Any]:
    shown = [_shown(finding, f"t{number}-{place}", response) for place, finding in enumerate(chapter.findings, start=1)]
    return {"heading": chapter.heading, "id": f"chapter-{number}", "findings": shown}


def _shown(finding: Released, identity: str, response: str) -> dict[str, Any]:
    note = response if finding.kind in SURVEYED else None
    tables = [
        as_gt(caption, cells, f"{identity}-{place}", note=note)
        for place, (caption, cells) in enumerate(tables_of(finding), start=1)
    ]
    return {
        "title": finding.title,
        "estimand": finding.estimand,
        "figures": _drawings(finding),
        "tables": [table.as_raw_html() for table in tables],
        "notes": [
            *_one_round(finding),
            *finding.assumptions,
            *_few(finding),
            *_left_out(finding),
            *_withheld(finding),
        ],
    }


def _drawings(finding: Released) -> list[Drawing]:
    # the figures of bound results are those of their sources
    if finding.estimates.empty or "source" in finding.columns:
        return []
    if finding.kind != "rounds":
        return [Drawing(_CAPTIONS[finding.kind], _svg(finding, {}), wide=True)] if finding.kind in _CAPTIONS else []
    return list(_of_rounds(finding))


def _of_rounds(finding: Released) -> Iterator[Drawing]:
    rows = chosen_scales(finding.estimates, None)
    levels = rows[rows["measure"].isin(LEVELS)]
    for scale in dict.fromkeys(names_of(levels)):
        mine = levels[names_of(levels) == scale]
        caption = f"{mine['label'].iloc[0]}: {_LEVELS[level_measure(mine)]}"
        yield Drawing(caption, _svg(finding, {"show": "means", "scale": scale}), wide=False)
    if rows["measure"].isin(SIZES).any():
        what = "Change" if finding.settings.get("design") == "panel" else "Difference"
        caption = f"{what} at the last round in standard deviations, with 95 % intervals."
        yield Drawing(caption, _svg(finding, {"show": "changes"}), wide=True)
    elif rows["measure"].isin(EFFECTS).any():
        caption = "Differences between the rounds, with 95 % intervals."
        yield Drawing(caption, _svg(finding, {"show": "changes" if len(levels) else "means"}), wide=True)
    main = rows[rows["primary"].astype(bool)] if rows["primary"].any() else rows
    if main["measure"].isin(BESIDE).any() and names_of(main).nunique() == 1:
        caption = f"{main['label'].iloc[0]}: the main estimate and what was computed beside it, with 95 % intervals."
        yield Drawing(caption, _svg(finding, {"show": "checks"}), wide=True)


_LEVELS = {
    "estimated_mean": "means estimated by the model, with 95 % intervals; hollow marks are the means of those who answered.",
    "mean": "mean scores with 95 % intervals.",
    "share_yes": "share of yes in per cent, with 95 % intervals.",
}


def _one_round(finding: Released) -> list[str]:
    """Say why a comparison of rounds compares nothing."""
    if finding.kind != "rounds" or finding.estimates["measure"].isin(DIFFERENCES).any():
        return []
    return ["There is no second round with answers, so no change is given."]


def _few(finding: Released) -> list[str]:
    """Say that rows which are shown rest on few persons (rule R3)."""
    rows = finding.estimates
    few = finding.kind == "rounds" and bool((rows["n"].le(_FEW) & ~rows["withheld"].astype(bool)).any())
    return [f"Some rows rest on about {_FEW} persons (in an arm) or fewer: read them with care (rule R3)."] * few


_FEW = 20
"""Rounded counts up to this one are flagged, since it may stand for a smaller number."""
_UNITS = {
    "attrition": "answers",
    "baseline": "rows",
    "likert": "cells of questions",
    "linkage": "answers",
    "rounds": "scores",
    "rates": "stays",
    "survival": "stays",
}
_OTHER_UNITS = {"unpaired": "pairs of a person and a scale", "discharged_before_admitted": "contacts"}
"""What exclusions count, by kind of result, and where a reason counts something else."""


def _left_out(finding: Released) -> list[str]:
    units = {reason: _OTHER_UNITS.get(reason, _UNITS.get(finding.kind, "rows")) for reason in finding.exclusions}
    return [
        f"Left out: {counted(count, units[reason])} ({REASONS.get(reason, reason)})."
        for reason, count in finding.exclusions.items()
    ]


def _withheld(finding: Released) -> list[str]:
    return [f"To protect small numbers: {'; '.join(finding.changes)}."]


def _appendix(finding: Released) -> dict[str, Any]:
    settings = {
        name: value for name, value in finding.settings.items() if name != "versions" and value not in (None, "")
    }
    versions = ", ".join(f"{name} {version}" for name, version in finding.settings.get("versions", {}).items())
    return {
        "title": finding.title,
        "settings": settings,
        "versions": versions,
        "policy": finding.policy,
        "claim": finding.claim,
    }


def _svg(finding: Released, options: dict[str, str]) -> str:
    """The figure as a data address: scalable on paper, and with nothing to fetch."""
    import matplotlib.pyplot as plt

    from peereval.figures.style import styled

    with styled():
        drawn = finding.plot(**options)
        panel = drawn.ravel()[0] if hasattr(drawn, "ravel") else drawn
        buffer = io.BytesIO()
        # no date and no program's name: the same results give the same bytes
        panel.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        plt.close(panel.figure)
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode()


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    text = (files("peereval.reports") / "report.html.jinja").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(text)
