"""The appendix of a report: how each result was made, on which files, by which plan, and what a checklist misses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from peereval.reports.any_table import heading
from peereval.reports.checklist_facts import AS_WRITTEN, known_facts
from peereval.reports.notes import left_out
from peereval.reports.reporting_checklists import filled, fitting_checklists

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peereval.reports.background import Background, Chapter
    from peereval.reports.languages import Words
    from peereval.reports.reporting_checklists import Checklist
    from peereval.results import Released

_GROUNDS = {
    "purpose": "Purpose",
    "legal_basis": "Legal basis",
    "approval": "Approval",
    "processor": "Data processor",
    "deletion_date": "Personal data are deleted by",
}


def appendix_of(background: Background, chapters: Sequence[Chapter], speech: Words) -> dict[str, Any]:
    """Gather what stands in the appendix.

    Parameters
    ----------
    background : Background
        Governance, plan and files.
    chapters : sequence of Chapter
        The results.
    speech : Words
        The language.

    Returns
    -------
    dict
        ``settings``, ``exclusions``, ``departures``, ``governance``, ``files`` and ``checklists`` for the template.
    """
    findings = [finding for chapter in chapters for finding in chapter.findings]
    return {
        "settings": [_settings(finding, speech) for finding in findings],
        "exclusions": [
            (speech.sentence(finding.title), speech.sentence(text))
            for finding in findings
            for text in left_out(finding)
        ],
        "departures": [speech.sentence(text) for text in background.departures],
        "governance": [
            (speech(head), _ground(background.governance[name], speech))
            for name, head in _GROUNDS.items()
            if background.governance.get(name)
        ],
        "files": list(background.files.items()),
        "checklists": _checklists(background, chapters, speech),
    }


def _ground(value: str, speech: Words) -> str:
    if value in ("quality work", "research"):
        return speech(value)
    try:
        return speech.date(date.fromisoformat(value))
    except ValueError:
        return value


def _settings(finding: Released, speech: Words) -> dict[str, Any]:
    """The settings by their names in words; their values are the program's own words."""
    settings = {
        name: value for name, value in finding.settings.items() if name != "versions" and value not in (None, "")
    }
    versions = ", ".join(f"{name} {version}" for name, version in finding.settings.get("versions", {}).items())
    rows = {"claim": finding.claim, "policy": finding.policy, **settings, "versions": versions}
    bound = "source" in finding.columns
    named = {
        name if bound and name in finding.settings else speech.sentence(heading(name)): _value(rows[name], speech)
        for name in rows
    }
    return {"title": speech.sentence(finding.title), "rows": named}


def _value(value: Any, speech: Words) -> str:
    """A setting as it is read and not as it is typed: a list with commas, names with what they stand for."""
    if value is None or (isinstance(value, list | tuple | Mapping) and not value):
        return speech("none")
    if isinstance(value, bool):
        return speech("yes" if value else "no")
    if isinstance(value, Mapping):
        said = [(str(name), _nested(each, speech)) for name, each in value.items() if name != "versions"]
        return "; ".join(f"{name}: {each}" for name, each in _grouped(said))
    return ", ".join(_nested(each, speech) for each in value) if isinstance(value, list | tuple) else str(value)


def _grouped(said: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Names that stand for the same, together: most of a long list do."""
    names: dict[str, list[str]] = {}
    for name, value in said:
        names.setdefault(value, []).append(name)
    return said if len(names) == len(said) else [(value, ", ".join(each)) for value, each in names.items()]


def _nested(value: Any, speech: Words) -> str:
    said = _value(value, speech)
    return f"({said})" if isinstance(value, list | tuple | Mapping) and value else said


def _checklists(background: Background, chapters: Sequence[Chapter], speech: Words) -> list[dict[str, Any]]:
    facts = known_facts(background, chapters)
    said = {name: text if name in AS_WRITTEN else speech.sentence(text) for name, text in facts.items()}
    return [_checklist(each, said, background, speech) for each in fitting_checklists(facts)]


def _checklist(asked: Checklist, facts: dict[str, str], background: Background, speech: Words) -> dict[str, Any]:
    own = background.texts.get(f"checklist-{asked.id}")
    found = filled(asked, facts, {} if own is None else own.by_heading)
    missing = int((found["status"] == "missing").sum())
    return {
        "caption": f"{asked.name}: {speech(asked.scope)}",
        "source": asked.source,
        "verified": asked.verified,
        "count": speech(
            "{n_known} of {n_items} items are filled or partly filled, {n_missing} are missing.",
            n_known=str(len(found) - missing), n_items=str(len(found)), n_missing=str(missing),
        ),
        "rows": [
            (row["item"], speech(row["topic"]), row["status"], speech(row["status"]), row["text"])
            for _, row in found.iterrows()
        ],
    }  # fmt: skip
