"""How many of the invited answered each round: the line under the caption of every table of the survey."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.reports.tables import by_source
from peereval.reports.wording import NBSP, UNKNOWN, about

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from peereval.results import Released

SURVEYED = ("attrition", "baseline", "likert", "linkage", "rounds")
"""The kinds of results that are made from the answers to survey rounds."""
_NOBODY_KNOWS = "Response unknown: how many were invited is not known."


def response_of(findings: Sequence[Released]) -> str:
    """Say how many of the invited answered each round.

    Parameters
    ----------
    findings : sequence of Released
        The results of a report; the first that counts who answered tells it. Only what it releases is said.

    Returns
    -------
    str
        A line; that the response is unknown, where nothing tells who was invited.

    Examples
    --------
    >>> import peereval as pe
    >>> ward = pe.simulate_study("ward", seed=1)
    >>> response_of(pe.release(pe.attrition(ward.responses, invited=ward.invited))).replace("\N{NO-BREAK SPACE}", " ")
    'Answered / invited: start ≈ 25 / ≈ 40, half-year ≈ 30 / ≈ 45, one-year ≈ 30 / ≈ 40.'
    >>> response_of(pe.release(pe.attrition(ward.responses)))
    'Response unknown: how many were invited is not known.'
    """
    counted = next((finding for finding in findings if finding.kind == "attrition"), None)
    if counted is None:
        return _NOBODY_KNOWS
    parts = [f"{source}: {line}" if source else line for source, rows in by_source(counted) for line in _rounds(rows)]
    return f"Answered / invited: {'; '.join(parts)}." if parts else _NOBODY_KNOWS


def _rounds(rows: pd.DataFrame) -> list[str]:
    """The rounds of a source in one line; none where no round tells who was invited."""
    mine = rows[rows["measure"].eq("answered") & rows["group"].eq("all")]
    unknown = mine["denominator"].isna() & ~mine["withheld"].astype(bool)
    if unknown.all():
        return []
    invited = [
        UNKNOWN if nobody_knows else about(value)
        for value, nobody_knows in zip(mine["denominator"], unknown, strict=True)
    ]
    cells = zip(mine["round"], mine["numerator"], invited, strict=True)
    return [", ".join(f"{name} {about(count)}{NBSP}/{NBSP}{asked}" for name, count, asked in cells)]
