"""The findings in sentences, with verbs no stronger than the design allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.reports.tables import by_source
from peereval.reports.wording import NBSP, about, percent, with_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from peereval.results import Released

_COMPARED = {
    "effect": "{label}: the effect ({contrast}) was {points} points",
    "association": "{label}: the arms differed in their change ({contrast}) by {points} points",
    "change": "{label} changed ({contrast}) by {points} points",
    "description": "{label} differed between the rounds ({contrast}) by {points} points",
}
_MEASURES = ("difference_in_change", "mean_change", "mean_difference")


def sentences_of(finding: Released) -> list[str]:
    """Say what a released result found.

    Parameters
    ----------
    finding : Released
        The result.

    Returns
    -------
    list of str
        Sentences; none where everything is withheld.

    Examples
    --------
    >>> import peereval as pe
    >>> [released] = pe.release(pe.attrition(pe.simulate_study("region", seed=1).responses))
    >>> print(*sentences_of(released))
    ≈...240 persons answered the round start; 59...% of them answered the round one-year.
    """
    if finding.kind not in _SENTENCES:
        return []
    return [
        f"{source}: {sentence}" if source else sentence
        for source, rows in by_source(finding)
        for sentence in _SENTENCES[finding.kind](finding, rows)
    ]


def _attrition(_: Released, rows: pd.DataFrame) -> list[str]:
    everybody = rows[rows["group"] == "all"]
    answered = everybody[everybody["measure"] == "answered"]
    stayed = everybody[everybody["measure"] == "retained"]
    if len(stayed) and not stayed.iloc[-1]["withheld"]:
        first, last = answered.iloc[0], stayed.iloc[-1]
        return [
            f"{about(first['numerator'])} persons answered the round {first['round']}; {percent(last['estimate'])} of them answered the round {last['round']}."
        ]
    counts = ", ".join(f"{about(row['numerator'])} ({row['round']})" for _, row in answered.iterrows())
    return [f"Answers per round: {counts}."]


def _rounds(finding: Released, rows: pd.DataFrame) -> list[str]:
    measure = next((name for name in _MEASURES if (rows["measure"] == name).any()), None)
    if measure is None:
        return []
    last = rows[(rows["measure"] == measure) & (rows["round"] == rows["round"].dropna().iloc[-1])]
    shown = last[last["primary"].astype(bool) | last["headline"].astype(bool)].sort_values(
        "primary", ascending=False, kind="stable"
    )
    return [_compared(row, finding.claim) for _, row in shown.iterrows()]


def _compared(row: pd.Series, claim: str) -> str:
    named = row["label"] + (" (primary outcome)" if row["primary"] else "")
    contrast = str(row["contrast"]).replace(" - ", " − ")
    if row["withheld"]:
        return f"{named}: {contrast} is not shown, to protect small numbers."
    points, _, limits = with_interval(row).partition(f"{NBSP}(")
    found = _COMPARED[claim].format(label=named, contrast=contrast, points=points)
    interval = f" (95 % interval {limits}" if limits else ""
    reading = f"; the scale runs from {row['reading']}" if row["reading"] else ""
    return f"{found}{interval}; n {about(row['n'])}{reading}."


def _rates(finding: Released, rows: pd.DataFrame) -> list[str]:
    shown = rows[~rows["withheld"].astype(bool)]
    parts = [f"{percent(row['estimate'])} ({row['group']})" for _, row in shown.iterrows()]
    return (
        [f"{finding.title}: {', '.join(parts)} of the index stays. The groups are described, not compared."]
        if parts
        else []
    )


_SENTENCES: dict[str, Callable[[Released, pd.DataFrame], list[str]]] = {
    "attrition": _attrition,
    "rounds": _rounds,
    "rates": _rates,
}
