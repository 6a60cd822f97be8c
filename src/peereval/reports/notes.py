"""What stands below a result: why it shows no more, on how few it rests, what was left out, what is withheld."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.reasons import REASONS
from peereval.reports.comparisons import DIFFERENCES
from peereval.reports.wording import counted

if TYPE_CHECKING:
    from peereval.results import Released

_FEW = 20
"""Rounded counts up to this one are flagged, since it may stand for a smaller number."""
_UNITS = {
    "attrition": "answers",
    "baseline": "rows",
    "bed-days": "persons",
    "fidelity": "criteria",
    "informants": "informants",
    "joint-display": "scores",
    "length-of-stay": "stays",
    "likert": "cells of questions",
    "linkage": "answers",
    "rounds": "scores",
    "rates": "stays",
    "survival": "stays",
    "theme-matrix": "statements",
}
_OTHER_UNITS = {"unpaired": "pairs of a person and a scale", "discharged_before_admitted": "contacts"}
"""What exclusions count, by kind of result, and where a reason counts something else."""


def notes_of(finding: Released) -> list[str]:
    """Say what a reader of a result must know.

    Parameters
    ----------
    finding : Released
        The result.

    Returns
    -------
    list of str
        Sentences in English.

    Examples
    --------
    >>> import peereval as pe
    >>> [released] = pe.release(pe.attrition(pe.simulate_study("ward", seed=1).responses))
    >>> notes_of(released)[-1]
    'To protect small numbers: shares in whole per cent; counts rounded.'
    """
    return [*_one_round(finding), *finding.assumptions, *_few(finding), *left_out(finding), *_withheld(finding)]


def left_out(finding: Released) -> list[str]:
    """Say what a result leaves out, and why.

    Parameters
    ----------
    finding : Released
        The result.

    Returns
    -------
    list of str
        A sentence a reason, in English.
    """
    units = {reason: _OTHER_UNITS.get(reason, _UNITS.get(finding.kind, "rows")) for reason in finding.exclusions}
    return [
        f"Left out: {counted(count, units[reason])} ({REASONS.get(reason, reason)})."
        for reason, count in finding.exclusions.items()
    ]


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


def _withheld(finding: Released) -> list[str]:
    return [f"To protect small numbers: {'; '.join(finding.changes)}."]
