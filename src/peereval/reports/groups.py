"""The first page: what was found of each group of people, half a page each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from peereval.reports.any_table import MEASURES, main_measure, main_numbers
from peereval.reports.summary import sentences_of
from peereval.reports.wording import NBSP, about

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from peereval.results import Released

GROUPS = {
    "patient": "Patients",
    "relative": "Relatives",
    "peer": "Peers",
    "staff": "Staff",
    "manager": "Managers",
    "programme": "The programme",
    "costs": "Costs",
}
"""Headings of the first page in their order; a group of informants of another name stands under its own."""
_ABOUT = {
    **dict.fromkeys(("staffing", "funding", "fidelity"), "programme"),
    **dict.fromkeys(("budget-scenarios", "break-even", "benefit-to-cost", "cost-effectiveness"), "costs"),
}
_BY_INFORMANTS = ("theme-matrix", "informants")
_TOLD_ELSEWHERE = (*_BY_INFORMANTS, "baseline", "balance", "linkage", "joint-display", "agreement", "co-occurrence")
_ALL = "all"
_MOST = 8
"""Sentences of a group: half a page."""
_FEW_ROWS = 4
"""Rows of a measure up to which its numbers are told in a sentence."""
_FIRST_THEMES = 3


class GroupSummary(NamedTuple):
    """What was found of a group.

    Parameters
    ----------
    heading : str
        Its name.
    sentences : tuple of str
        What was found, in English.
    known : bool
        Whether it is a group of `GROUPS`, whose heading is in English, or has its name from the data.
    """

    heading: str
    sentences: tuple[str, ...]
    known: bool = True


def group_summaries(findings: Sequence[Released]) -> list[GroupSummary]:
    """Say group by group what was found.

    Parameters
    ----------
    findings : sequence of Released
        The results of a report. Answers to surveys and hospital stays are those of patients, unless the settings of the
        result name another ``role``; themes and informants are told under their own group.

    Returns
    -------
    list of GroupSummary
        At most eight sentences each, the first of each result before its others; groups of whom nothing may be said are
        left out.

    Examples
    --------
    >>> import peereval as pe
    >>> ward = pe.simulate_study("ward", seed=1)
    >>> [summary] = group_summaries(pe.release(pe.attrition(ward.responses)))
    >>> summary.heading, [text.replace(NBSP, " ") for text in summary.sentences]
    ('Patients', ['Answers per round: ≈ 25 (start), ≈ 30 (half-year), ≈ 30 (one-year).'])
    """
    told: dict[str, dict[str, int]] = {}
    for finding in findings:
        counted: dict[str, int] = {}
        for group, sentence in _told(finding):
            counted[group] = counted.get(group, -1) + 1
            told.setdefault(group, {}).setdefault(sentence, counted[group])
    order = [*(name for name in GROUPS if name in told), *(name for name in told if name not in GROUPS)]
    return [
        GroupSummary(GROUPS.get(name, name[:1].upper() + name[1:]), _most_telling(told[name]), known=name in GROUPS)
        for name in order
    ]


def _most_telling(sentences: dict[str, int]) -> tuple[str, ...]:
    """What has room: a result with many sentences takes none of that which another says first."""
    kept = set(sorted(sentences, key=lambda text: sentences[text])[:_MOST])
    return tuple(text for text in sentences if text in kept)


def told_nothing(findings: Sequence[Released]) -> str:
    """Say why no group has a sentence.

    Parameters
    ----------
    findings : sequence of Released
        The results of a report.

    Returns
    -------
    str
        A sentence in English: everything is withheld, or what is shown is no sentence.

    Examples
    --------
    >>> told_nothing([])
    'No number may be shown.'
    """
    shown = any(not finding.estimates["withheld"].all() for finding in findings if len(finding.estimates))
    return "The numbers stand in the chapters of the report." if shown else "No number may be shown."


def _told(finding: Released) -> Iterator[tuple[str, str]]:
    rows = finding.estimates
    if "source" in finding.columns or finding.kind not in _BY_INFORMANTS:
        group = str(finding.settings.get("role") or _ABOUT.get(finding.kind, "patient"))
        sentences = [] if "time" in rows and finding.kind == "rates" else sentences_of(finding)
        yield from ((group, sentence) for sentence in sentences or _numbers(finding, rows))
    elif finding.kind == "informants":
        asked = rows[(rows["measure"] == "informants") & (rows["outcome"] == finding.settings.get("by"))]
        for _, row in asked[~asked["withheld"].astype(bool)].iterrows():
            yield str(row["term"]), f"{about(row['numerator'])} informants were asked."
    else:
        yield from _themes(rows)


def _numbers(finding: Released, rows: pd.DataFrame) -> list[str]:
    """The numbers of a result that has no sentence of its own, where they are few."""
    if finding.kind == "fidelity":
        return _met(rows)
    if finding.kind in _TOLD_ELSEWHERE or rows.empty or not {"measure", "estimate"} <= set(rows):
        return []
    shown = rows[~rows["withheld"].astype(bool) & rows["estimate"].notna()]
    if shown.empty or (shown["measure"] == main_measure(shown)).sum() > _FEW_ROWS:
        return []
    measure = MEASURES.get(main_measure(shown))
    said = f" ({measure[0].lower()}{measure[1:]})" if measure else ""
    return [f"{finding.title}{said}: {'; '.join(main_numbers(shown))}."]


def _met(rows: pd.DataFrame) -> list[str]:
    """How many criteria are met, of those that the programme file tells."""
    shares = rows[(rows["measure"] == "share_met") & (rows["term"] == _ALL)]
    return [
        f"{row['numerator']:.0f} of {row['denominator']:.0f} criteria that are known are met."
        for _, row in shares.iterrows()
    ]


def _themes(rows: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """The themes of each group and kind: those that most informants spoke of, or those that a report tells."""
    counted = rows["measure"].iloc[0] != "theme_in_report" if len(rows) else False
    spoken = rows[rows["measure"] == "informants_reporting"] if counted else _reported(rows)
    mine = spoken[(spoken["group"] != _ALL) & ~spoken["withheld"].astype(bool)]
    for (group, kind), part in mine.groupby(["group", "kind"], sort=False, dropna=False):
        first = part.sort_values("estimate", ascending=False, kind="stable") if counted else part
        names = ", ".join(_theme(row, counted=counted) for _, row in first.head(_FIRST_THEMES).iterrows())
        what = f"Themes ({kind})" if kind == kind and kind else "Themes"  # noqa: PLR0124 - not-a-number is unequal to itself
        yield str(group), f"{what}: {names}."


def _reported(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["answer"].str.startswith("reported")] if "answer" in rows else rows


def _theme(row: pd.Series, *, counted: bool) -> str:
    if not counted or row["numerator"] != row["numerator"]:
        return str(row["term"])
    return f"{row['term']} ({about(row['numerator'])} of{NBSP}{about(row['denominator'])})"
