"""The findings in sentences, with verbs no stronger than the design allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from peereval.reports.comparisons import times, verdict
from peereval.reports.tables import by_source
from peereval.reports.wording import NBSP, about, percent, with_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from peereval.results import Released

_COMPARED = {
    "effect": "{label}: the effect{on} ({contrast}) was {amount}",
    "association": "{label}: the arms differed in their change{of} ({contrast}) by {amount}",
    "change": "{subject} changed ({contrast}) by {amount}",
    "description": "{subject} differed between the rounds ({contrast}) by {amount}",
}
_POINTS = ("", "{number} points", 1)
_LOG_ODDS = ("the log odds of a higher answer", "{number}", 1)
_SHARE = ("the share of yes", "{number} percentage points", 100)
_AMOUNTS = {
    "difference_in_change": _POINTS,
    "mean_change": _POINTS,
    "mean_difference": _POINTS,
    "log_odds_ratio_in_change": _LOG_ODDS,
    "risk_change": _SHARE,
    "risk_difference": _SHARE,
    "log_odds_ratio": _LOG_ODDS,
}
_STATED = {
    "net_rise": ("{label}: persons who rose minus persons who fell ({contrast}) were {number} per cent", 100),
    "superiority": ("{label}: the probability that a later answer is higher ({contrast}) was {number}", 1),
    "rank_biserial": ("{label}: the rank-biserial correlation of the rounds ({contrast}) was {number}", 1),
}
"""What is said of a measure, and what it is multiplied by; of the measures of a scale the first is told."""


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
    told = rows[rows["role"] != "exploratory"].assign(order=lambda frame: ~frame["primary"].astype(bool))
    keys = ["order", "outcome", "scale"]
    scales = told[keys].drop_duplicates().sort_values("order", kind="stable")
    parts = [told[(told[keys] == scale).all(axis=1)] for _, scale in scales.iterrows()]
    return [sentence for part in parts for sentence in _of_scale(finding, part)]


def _of_scale(finding: Released, part: pd.DataFrame) -> list[str]:
    measure = next((name for name in (*_AMOUNTS, *_STATED) if (part["measure"] == name).any()), None)
    if measure is None:
        return []
    mine = part[part["measure"] == measure]
    last = mine[mine["round"] == mine["round"].iloc[-1]]
    held = part[(part["measure"] == "equivalence") & ~part["withheld"].astype(bool)]
    return [*(_compared(row, finding) for _, row in last.iterrows()), *(_held(row) for _, row in held.iterrows())]


def _compared(row: pd.Series, finding: Released) -> str:
    contrast, named = str(row["contrast"]).replace(" - ", " − "), _named(row)
    if row["withheld"]:
        return f"{named}: {contrast} is not shown, to protect small numbers."
    stated, factor = _STATED.get(row["measure"], ("", 0))
    if not stated:
        noun, amount, factor = _AMOUNTS[row["measure"]]
        stated = _worded(_COMPARED[_claim(row, finding)], _of_yes(noun, finding)).replace("{amount}", amount)
    written, _, limits = with_interval(times(row, factor)).partition(f"{NBSP}(")
    said = stated.format(label=named, contrast=contrast, number=written)
    interval = f" (95 % interval {limits}" if limits else ""
    reading = f"; the scale runs from {row['reading']}" if row["reading"] else ""
    return f"{said}{interval}; n{NBSP}{about(row['n'])}{reading}."


def _worded(template: str, noun: str) -> str:
    """Say what changed, where it is not the score itself."""
    parts = {"on": f" on {noun}", "of": f" of {noun}", "subject": f"{{label}}: {noun}"}
    plain = {"on": "", "of": "", "subject": "{label}"}
    for name, words in (parts if noun else plain).items():
        template = template.replace(f"{{{name}}}", words)
    return template


def _of_yes(noun: str, finding: Released) -> str:
    return noun.replace("a higher answer", "yes") if finding.settings.get("measurement") == "yes-no" else noun


def _named(row: pd.Series) -> str:
    """The scale, the arm where the row is that of one, and whether it was named before the data."""
    group = row.get("group")
    arm = "" if group is None or pd.isna(group) else f", {group}"
    return f"{row['label']}{arm}" + (" (primary outcome)" if row["primary"] else "")


def _claim(row: pd.Series, finding: Released) -> str:
    """What the row itself may claim: the change within an arm is no effect, whatever the design."""
    if finding.claim in ("change", "description") or ": " in str(row["contrast"]):
        return finding.claim
    return "change" if finding.settings.get("design") == "panel" else "description"


def _held(row: pd.Series) -> str:
    """Whether a change that matters is excluded; an interval that is too wide shows nothing."""
    _, _, limits = with_interval(row).partition(f"{NBSP}(")
    interval = f"; 90 % interval {limits}" if limits else ")"
    what = "difference between the arms" if ": " in str(row["contrast"]) else "change"
    return f"{_named(row)}: the {what} at {row['round']} is {verdict(row)} (rule R11{interval}."


def _linkage(finding: Released, _: pd.DataFrame) -> list[str]:
    rate = finding.settings.get("false_link_rate")
    if rate is None or "code" not in finding.settings:
        return []
    said = "given" if finding.settings["person_level"] else "not given"
    return [
        f"About {percent(rate)} of the links between rounds may join two persons; results about persons over the rounds are {said} (rule R4)."
    ]


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
    "linkage": _linkage,
    "rounds": _rounds,
    "rates": _rates,
}
