"""What the released results of a study tell on the items of reporting checklists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.figures.selection import BESIDE
from peereval.programmes.programme import TIDIER
from peereval.reports.background import OWN_PARTS
from peereval.reports.response import SURVEYED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from peereval.reports.background import Background, Chapter
    from peereval.results import Released

_BY_KIND = {
    "attrition": ("participation",),
    "baseline": ("baseline",),
    "balance": ("balance",),
    "rounds": ("results", "analysed"),
    "theme-matrix": ("themes",),
    "informants": ("informants",),
    "agreement": ("agreement",),
    "saturation": ("saturation",),
    **dict.fromkeys(("budget-scenarios", "break-even", "benefit-to-cost", "cost-effectiveness"), ("cost_results",)),
}
_HOSPITAL = (
    "rates", "survival", "incidence", "length-of-stay", "bed-days", "standardised-rates", "restricted-mean", "hazards",
    "mirror-image",
)  # fmt: skip
AS_WRITTEN = ("title", "programme", "reference_arm", *TIDIER, *OWN_PARTS)
"""Facts in words of the study file, the programme file or the evaluator, in whichever language they are written."""
_DONE = "How it was done"


def known_facts(background: Background, chapters: Sequence[Chapter]) -> dict[str, str]:
    """Gather what is known for the items of reporting checklists.

    Parameters
    ----------
    background : Background
        What the study declares, and the evaluator's own words.
    chapters : sequence of Chapter
        The results.

    Returns
    -------
    dict of str to str
        The name of a fact, as the checklists use it, to what tells it, in English.

    Examples
    --------
    >>> import peereval as pe
    >>> from peereval.reports.background import Background, Chapter
    >>> found = tuple(pe.release(pe.attrition(pe.simulate_study("ward", seed=1).responses)))
    >>> known_facts(Background({"title": "A ward"}), [Chapter("Who answered", found)])["participation"]
    'Who answered: Who answered which rounds'
    """
    facts = dict(background.facts)
    if background.departures or "plan_record" in facts:
        facts["departures"] = " ".join(background.departures) or "None are known."
    for chapter in chapters:
        for finding in chapter.findings:
            for name, told in _told(finding, chapter.heading):
                facts.setdefault(name, told)
    return facts | {name: background.texts[name].paragraphs[0] for name in OWN_PARTS if name in background.texts}


def _told(finding: Released, heading: str) -> Iterator[tuple[str, str]]:
    where, rows = f"{heading}: {finding.title}", finding.estimates
    measures = set(rows["measure"]) if "measure" in rows else set()
    known = not rows.empty and not rows["withheld"].all()
    yield from ((name, where) for name in _BY_KIND.get(finding.kind, ()) if known)
    if finding.kind in SURVEYED:
        yield "methods", _DONE
    if finding.exclusions and finding.kind in (*SURVEYED, *_HOSPITAL):
        yield "left_out" if finding.kind in SURVEYED else "register_left_out", where
    if finding.kind in _HOSPITAL and finding.assumptions:
        yield "register_assumptions", where
    if finding.kind == "theme-matrix":
        yield "theme_methods", _DONE
    if "cost_results" in _BY_KIND.get(finding.kind, ()):
        yield "cost_methods", _DONE
    marked = {
        "beside": bool(measures & set(BESIDE)),
        "shares": "share_yes" in measures,
        "minutes": "minutes_mean" in measures,
    }
    yield from ((name, where) for name, there in marked.items() if there)
