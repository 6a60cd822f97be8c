"""The answers of a study without a key of persons, linked across rounds as its study file says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from peereval.contracts import RESPONSES
from peereval.errors import PeerevalError
from peereval.studies.findings import Finding, mended, understood
from peereval.surveys.linkage import link_rounds
from peereval.surveys.match_rates import FALSE_LINK_LIMIT, WORDS, linkage_summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from peereval.results import Result
    from peereval.studies.plan import LinkingPlan
    from peereval.studies.study import Study
    from peereval.surveys.mapped import Mapped

_TWO_ARMS = "A person is in one arm throughout, so links between answers of two arms were undone; the numbers of links given here are those before."


def linked_responses(responses: pd.DataFrame, linking: LinkingPlan, *, two_arms: bool) -> tuple[pd.DataFrame, Result]:
    """Find the persons of a study's answers, and judge the links.

    Parameters
    ----------
    responses : DataFrame
        The *responses* contract, with the parts of the code.
    linking : LinkingPlan
        The parts, and how many may differ.
    two_arms : bool
        Whether the study compares two arms; links between them are undone.

    Returns
    -------
    tuple of DataFrame and Result
        The *linked responses* without the parts of the code, and what `linkage_summary` found. Where more of the
        links may be false than rule R4 allows, no answer has a person, so that nothing is said about one.

    Raises
    ------
    PeerevalError
        A part of the code is not there, or the responses have persons already.
    """
    linked = link_rounds(responses, code=linking.parts, max_distance=linking.max_distance)
    summary = linkage_summary(linked)
    own = {column.name for column in RESPONSES.columns}
    linked = linked.drop(columns=[name for name in linking.parts if name not in own])
    if two_arms and "arm" in linked.columns:
        linked, summary = _within_arms(linked, summary)
    if not summary.settings["person_level"]:
        linked = linked.assign(person=linked["person"].mask(linked["person"].notna()))
    return linked, summary


def _within_arms(linked: pd.DataFrame, summary: Result) -> tuple[pd.DataFrame, Result]:
    """Take persons apart who would be in two arms: a link between two arms is a false one."""
    crossed = linked.groupby("person")["arm"].transform("nunique").gt(1)
    if not crossed.any():
        return linked, summary
    alone = linked["person"] + "-" + linked["round"].astype("string")
    apart = linked.assign(
        person=linked["person"].mask(crossed, alone),
        linked=linked["linked"].mask(crossed, other=False),
        reason=linked["reason"].mask(crossed, "arms_disagree"),
    )
    exclusions = {**summary.exclusions, "arms_disagree": int(crossed.sum())}
    return apart, replace(summary, exclusions=exclusions, assumptions=(*summary.assumptions, _TWO_ARMS))


def unlinked_note(summary: Result | None) -> tuple[str, ...]:
    """Say why the answers of a study are treated as not linked.

    Parameters
    ----------
    summary : Result or None
        What `linkage_summary` found; None where nothing was to be linked.

    Returns
    -------
    tuple of str
        A sentence, or none where the links hold.
    """
    if summary is None or summary.settings["person_level"]:
        return ()
    if summary.settings["false_link_rate"] is None:
        return ("No answers of two rounds could be linked, so the rounds are compared as not linked (rule R4).",)
    return (
        f"More than {FALSE_LINK_LIMIT:.0%} of the links between rounds may be false, so the answers are treated as not linked (rule R4).",
    )


def linking_findings(study: Study, mapped: Mapped) -> Iterator[Finding]:
    """Say how many answers were linked, and how many of the links may be false.

    Parameters
    ----------
    study : Study
        The study.
    mapped : Mapped
        Its answers, without problems.

    Yields
    ------
    Finding
        The answers of each round by how they were linked, or why they cannot be.
    """
    linking = study.plan.survey.linking
    if linking is None or mapped.problems:
        return
    where = "survey.linking"
    try:
        linked, summary = linked_responses(mapped.responses, linking, two_arms=study.two_arms)
    except PeerevalError as error:
        yield mended(error, where)
        return
    for label, reasons in linked.groupby("round", observed=True)["reason"]:
        counts = reasons.value_counts()
        text = ", ".join(f"{WORDS[name]} {counts[name]}" for name in WORDS if name in counts)
        yield understood("linking", where, f"{label}: {text}")
    rate = summary.settings["false_link_rate"]
    if rate is not None:
        yield understood("linking", where, f"about {rate:.1%} of the links may be false")
    yield from (Finding("look", "R4", where, note) for note in unlinked_note(summary))
