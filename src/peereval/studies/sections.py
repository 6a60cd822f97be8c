"""The sections of an evaluation: each a function of a study and its data that gives results."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from peereval.admissions.rates import readmission_rate
from peereval.admissions.survival import time_to_readmission
from peereval.instruments.lookup import instrument as look_up
from peereval.panel import round_order
from peereval.rounds.compare import compare_rounds
from peereval.rounds.rules import AUTO
from peereval.studies.linking import unlinked_note
from peereval.studies.study import OTHER_UNITS
from peereval.surveys.attrition import attrition
from peereval.surveys.baseline import baseline_table
from peereval.surveys.distribution import answer_distribution
from peereval.surveys.local_items import INSTRUMENT as LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis.expr.types as ir
    import pandas as pd

    from peereval.results import Result
    from peereval.studies.plan import SurveyPlan
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
        Who answered, with those who stayed beside those who left; how answers were linked, where they were by a code;
        and what those of the first round were like.
    """
    arm = "arm" if study.two_arms else None
    scores = data.scores[data.scores["instrument"].isin(study.plan.survey.instruments)]
    headlines = {name: look_up(name).headline for name in study.plan.survey.instruments}
    shown = scores[scores["scale"] == scores["instrument"].map(headlines)]
    answered = attrition(data.responses, arm=arm, invited=data.invited, baseline=shown)
    columns = [f"{name}:{scale}" for name, scale in headlines.items()]
    linkage = [] if data.linkage is None else [data.linkage]
    return [_noted(answered, unlinked_note(data.linkage)), *linkage, baseline_table(shown, columns=columns, arm=arm)]


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
        One result of the instruments, and one of the unit's own questions, whose answers are ordered options (rule R6).
        Where more links between rounds may be false than rule R4 allows, the rounds are compared as not linked, without
        what only linked rounds can be adjusted for, and the result says so.
    """
    survey, unlinked = study.plan.survey, unlinked_note(data.linkage)
    scores = data.scores if unlinked else _with_columns(data, survey)
    own = scores["instrument"] == LOCAL
    compared = compare_rounds(
        scores[~own],
        **_asked(study, unlinked=bool(unlinked), local=False),
        method=AUTO if unlinked else survey.method,
        baseline=None if unlinked else survey.baseline,
        covariates=() if unlinked else survey.covariates,
        unit=survey.unit,
        units=survey.units,
        margin=survey.margin,
    )
    found = [_noted(compared, (*unlinked, *(_not_used(survey) if unlinked else ())))]
    if own.any():
        answers = compare_rounds(
            scores[own], **_asked(study, unlinked=bool(unlinked), local=True), measurement="ordinal"
        )
        found.append(_noted(replace(answers, title="The unit's own questions between the rounds"), unlinked))
    return found


def _asked(study: Study, *, unlinked: bool, local: bool) -> dict[str, Any]:
    """What all comparisons of a study share."""
    plan = study.plan
    primary = None if plan.survey.primary is None else tuple(plan.survey.primary.split(":"))
    return {
        "design": "panel-unlinked" if unlinked else plan.study.design,
        "arm": "arm" if study.two_arms else None,
        "reference_arm": plan.study.reference_arm,
        "allocation": plan.study.allocation,
        "primary": primary if primary is not None and (primary[0] == LOCAL) == local else None,
    }


def _with_columns(data: StudyData, survey: SurveyPlan) -> pd.DataFrame:
    """The scores with columns of the answers that they do not carry: of each person what stood there at the first round."""
    wanted = (*survey.covariates, *([] if survey.unit is None else [survey.unit]))
    new = [name for name in dict.fromkeys(wanted) if name in data.responses.columns and name not in data.scores.columns]
    if not new or "person" not in data.scores.columns:
        return data.scores
    first = round_order(data.responses, "responses")[0]
    at_first = data.responses[(data.responses["round"] == first) & data.responses["person"].notna()]
    return data.scores.merge(at_first[["person", *new]], on="person", how="left", validate="many_to_one")


def _not_used(survey: SurveyPlan) -> tuple[str, ...]:
    """Say what of the study file needs linked rounds and is left out without them."""
    asked = {"covariates": ", ".join(survey.covariates), "baseline": survey.baseline}
    said = [f"{name} ({value})" for name, value in asked.items() if value]
    return (f"Since the rounds are not linked, not used: {'; '.join(said)}.",) if said else ()


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
    return [_noted(result, notes) for result in found]


def _noted(result: Result, notes: tuple[str, ...]) -> Result:
    return replace(result, assumptions=(*result.assumptions, *notes))


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
