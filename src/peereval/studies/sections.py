"""The sections of an evaluation: each a function of a study and its data that gives results."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from peereval.admissions.rates import readmission_rate
from peereval.admissions.survival import time_to_readmission
from peereval.instruments.lookup import instrument as look_up
from peereval.rounds.compare import compare_rounds
from peereval.studies.study import OTHER_UNITS
from peereval.surveys.attrition import attrition
from peereval.surveys.baseline import baseline_table
from peereval.surveys.distribution import answer_distribution

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis.expr.types as ir

    from peereval.results import Result
    from peereval.studies.study import Study, StudyData


def participation(study: Study, data: StudyData) -> list[Result]:
    """Who answered which rounds.

    Parameters
    ----------
    study : Study
        The study.
    data : StudyData
        Its data.

    Returns
    -------
    list of Result
        Who answered, with those who stayed beside those who left, and what they were like at the start.
    """
    arm = "arm" if study.two_arms else None
    scores = data.scores[data.scores["instrument"].isin(study.plan.survey.instruments)]
    headlines = {name: look_up(name).headline for name in study.plan.survey.instruments}
    shown = scores[scores["scale"] == scores["instrument"].map(headlines)]
    answered = attrition(data.responses, arm=arm, invited=data.invited, baseline=shown)
    columns = [f"{name}:{scale}" for name, scale in headlines.items()]
    return [answered, baseline_table(shown, columns=columns, arm=arm)]


def questions(study: Study, data: StudyData) -> list[Result]:
    """How the unit's own questions were answered.

    Parameters
    ----------
    study : Study
        The study.
    data : StudyData
        Its data.

    Returns
    -------
    list of Result
        One result, or none where the study has no questions of its own.
    """
    if not study.local_items:
        return []
    by = "arm" if study.two_arms else None
    return [answer_distribution(data.responses, study.local_items, by=by, invited=data.invited)]


def rounds(study: Study, data: StudyData) -> list[Result]:
    """What changed between the rounds.

    Parameters
    ----------
    study : Study
        The study.
    data : StudyData
        Its data.

    Returns
    -------
    list of Result
        One result.
    """
    plan = study.plan
    primary = None if plan.survey.primary is None else tuple(plan.survey.primary.split(":"))
    compared = compare_rounds(
        data.scores,
        design=plan.study.design,
        method=plan.survey.method,
        arm="arm" if study.two_arms else None,
        reference_arm=plan.study.reference_arm,
        allocation=plan.study.allocation,
        primary=primary,  # type: ignore[arg-type]
    )
    return [compared]


def hospital(_study: Study, data: StudyData) -> list[Result]:
    """Readmissions and the time to them.

    Parameters
    ----------
    _study : Study
        The study; the contacts hold all that is asked.
    data : StudyData
        Its data.

    Returns
    -------
    list of Result
        Two results, or none where the study has no contacts.
    """
    if data.index is None:
        return []
    by = "arm" if "arm" in data.index.columns else None
    found = [readmission_rate(data.index, by=by), time_to_readmission(data.index, by=by)]
    notes = _units_without_arm(data.index) if by else ()
    return [replace(result, assumptions=(*result.assumptions, *notes)) for result in found]


def _units_without_arm(index: ir.Table) -> tuple[str, ...]:
    others = index.filter(index["arm"] == OTHER_UNITS).select("unit").distinct().order_by("unit")
    names = ", ".join(others.to_pyarrow()["unit"].to_pylist())
    return (f"Units without an arm in the study file are counted as {OTHER_UNITS}: {names}.",) if names else ()


SECTIONS: dict[str, tuple[str, Callable[[Study, StudyData], list[Result]]]] = {
    "participation": ("Who answered", participation),
    "questions": ("The unit's own questions", questions),
    "rounds": ("What changed", rounds),
    "hospital": ("Hospital stays", hospital),
}
"""Every section by id: its heading and its function."""
