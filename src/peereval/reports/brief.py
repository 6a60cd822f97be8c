"""What a committee reads: background, findings, consequences, economy and reservations, in a few sentences each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from peereval.reports.background import findings_of
from peereval.reports.groups import GROUPS, group_summaries, told_nothing
from peereval.reports.response import SURVEYED, response_of
from peereval.results import Claim

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from peereval.reports.background import Background, Chapter
    from peereval.reports.languages import Words
    from peereval.results import Released

_CLAIMS = {
    "description": "The results describe; no arm or round is compared with another.",
    "change": "The results show change. Without a comparison, the change may have other causes than the programme.",
    "association": "The arms were not formed by lot, so differences between them may have other causes than the programme.",
    "effect": "The arms were formed by lot, so that differences between them may be called effects.",
}
MADE_UP = {
    "synthetic": "Synthetic data: every row was made up by a simulation. Nothing here says anything about real people.",
    "reconstructed": "Reconstructed data: persons were rebuilt from published counts.",
}
"""What stands above all else where data are not observed."""
_COSTS = GROUPS["costs"]
_MOST = 4
"""Assumptions that are told; the report has all."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what a committee reads.

    Parameters
    ----------
    heading : str
        Its heading.
    sentences : tuple of str
        What it says, in the language of the report.
    """

    heading: str
    sentences: tuple[str, ...]


def brief_of(chapters: Sequence[Chapter], programme: str, background: Background, speech: Words) -> list[Part]:
    """Say in a few sentences what a committee must know.

    Parameters
    ----------
    chapters : sequence of Chapter
        The chapters of the report.
    programme : str
        The programme in a sentence.
    background : Background
        The evaluator's own words, which stand first in each part.
    speech : Words
        The language.

    Returns
    -------
    list of Part
        Background, findings by group, consequences, economy and reservations. What nobody wrote and no result tells is
        named as missing.
    """
    findings = findings_of(chapters)
    summaries = group_summaries(findings)
    by_heading = {each.heading: [speech.sentence(text) for text in each.sentences] for each in summaries}
    groups = [
        Part(
            f"{speech('Findings')}: {speech(each.heading) if each.known else each.heading}",
            tuple(by_heading[each.heading]),
        )
        for each in summaries
        if each.heading != _COSTS
    ]
    none = (speech(told_nothing(findings)),)
    return [
        Part(speech("Background"), (*_made_up(findings, speech), *_own(background, "background"), programme)),
        *(groups or [Part(speech("Findings"), none)]),
        Part(speech("Consequences"), _own(background, "recommendations") or (speech("None have been written."),)),
        Part(
            speech("Economy"),
            (*_own(background, "economy"), *by_heading.get(_COSTS, [])) or (speech("Costs were not evaluated."),),
        ),
        Part(speech("Reservations"), (*_own(background, "reservations"), *_reservations(chapters, background, speech))),
    ]


def _made_up(findings: Sequence[Released], speech: Words) -> Iterator[str]:
    made = dict.fromkeys(finding.origin for finding in findings)
    yield from (speech(MADE_UP[origin]) for origin in made if origin in MADE_UP)


def _own(background: Background, part: str) -> tuple[str, ...]:
    return background.texts[part].paragraphs if part in background.texts else ()


def _reservations(chapters: Sequence[Chapter], background: Background, speech: Words) -> Iterator[str]:
    findings = findings_of(chapters)
    yield from (
        f"{speech(each.heading)}: {speech('This section could not be computed.')}" for each in chapters if each.failure
    )
    compared = [finding for finding in findings if finding.kind == "rounds"]
    if compared:
        yield speech(_CLAIMS[max((finding.claim for finding in compared), key=get_args(Claim).index)])
    if any(finding.kind in SURVEYED for finding in findings):
        yield speech.sentence(response_of(findings))
    # that the arms were not formed by lot is said above
    assumed = dict.fromkeys(
        text
        for finding in compared
        for text in finding.assumptions
        if not text.startswith("The arms were not randomised")
    )
    yield from (speech.sentence(text) for text in list(assumed)[:_MOST])
    yield from (speech.sentence(text) for text in background.departures)
    yield speech(
        "Small numbers are protected: counts are rounded, and some are not shown. The report has all methods and settings."
    )
