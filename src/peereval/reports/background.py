"""What a report says beside its results: what the study declares, the evaluator's own words, governance and files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from peereval.errors import NotReleasedError
from peereval.results import Released

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from peereval.reports.own_words import OwnWords

OWN_PARTS = ("summary", "recommendations", "background", "economy", "reservations")
"""Parts of the report and of the note that only the evaluator writes."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the report.

    Parameters
    ----------
    heading : str
        Its heading.
    findings : tuple of Released
        What it shows.
    failure : str
        Why it shows nothing, where the section did not come to its end: an error's code and message.
    section : str
        The id of its section, by which the evaluator's own words are found.
    """

    heading: str
    findings: tuple[Released, ...]
    failure: str = ""
    section: str = ""


@dataclass(frozen=True, slots=True)
class Background:
    """What stands in a report beside its results.

    Parameters
    ----------
    facts : mapping of str to str
        What the study file and the programme file declare, by the names that the reporting checklists use.
    texts : mapping of str to OwnWords
        The evaluator's own words by section, and under the names of `OWN_PARTS`; for reporting checklists under
        ``"checklist-<id>"``.
    governance : mapping of str to str
        On what grounds data are held.
    departures : tuple of str
        Where the study departs from what was decided before its data were read.
    files : mapping of str to str
        Name of each data file to its keyed hash.
    subtitle : str
        Stands below the title.
    authors : tuple of str
        Who made the evaluation.
    """

    facts: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, OwnWords] = field(default_factory=dict)
    governance: Mapping[str, str] = field(default_factory=dict)
    departures: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    subtitle: str = ""
    authors: tuple[str, ...] = ()


def findings_of(chapters: Sequence[Chapter]) -> list[Released]:
    """Give all results of a report, and refuse at run time what the types refuse before it.

    Parameters
    ----------
    chapters : sequence of Chapter
        The chapters.

    Returns
    -------
    list of Released
        In their order.

    Raises
    ------
    NotReleasedError
        A result has not passed `release`.
    """
    return [_released(finding) for chapter in chapters for finding in chapter.findings]


def _released(finding: Any) -> Released:
    if not isinstance(finding, Released):
        msg = f"A {type(finding).__name__} is not a released result."
        raise NotReleasedError(msg, hint="Pass it through release() first.")
    return finding
