"""The sections of an evaluation: each a function of a study and its data that gives results.

Each loads the rooms that it works with itself: a run computes few of them, and every kernel one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from peereval.disclosure.policy import NEVER, treatment_of
from peereval.panel import round_order
from peereval.rounds.rules import AUTO
from peereval.studies.materials import BUDGET_OF_PROGRAMME
from peereval.studies.plan import contrast_of
from peereval.surveys.local_items import INSTRUMENT as LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from peereval.results import Result
    from peereval.studies.analysis_plan import ComparisonsPlan
    from peereval.studies.materials import CostsPlan
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
    from peereval.instruments.lookup import instrument as look_up
    from peereval.studies.linking import unlinked_note
    from peereval.surveys.attrition import attrition
    from peereval.surveys.baseline import baseline_table

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
    from peereval.surveys.distribution import answer_distribution

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
    from peereval.rounds.compare import compare_rounds
    from peereval.studies.linking import unlinked_note

    how, unlinked = study.plan.comparisons, unlinked_note(data.linkage)
    scores = data.scores if unlinked else _with_columns(data, how)
    own = scores["instrument"] == LOCAL
    compared = compare_rounds(
        scores[~own],
        **_asked(study, unlinked=bool(unlinked), local=False),
        method=AUTO if unlinked else how.method,
        baseline=None if unlinked else how.baseline,
        covariates=() if unlinked else how.covariates,
        weighting=None if unlinked else how.weighting,
        unit=how.unit,
        units=how.units,
        margin=None if study.plan.plan is None else study.plan.plan.margin,
    )
    found = [_noted(compared, (*unlinked, *(_not_used(study) if unlinked else ())))]
    if own.any():
        answers = compare_rounds(
            scores[own], **_asked(study, unlinked=bool(unlinked), local=True), measurement="ordinal"
        )
        answers = replace(
            answers,
            title="The unit's own questions between the rounds",
            estimates=_with_questions(answers.estimates, study),
        )
        found.append(_noted(answers, unlinked))
    return found


def _with_questions(estimates: pd.DataFrame, study: Study) -> pd.DataFrame:
    """The rows with each question in the words of the study file, which a reader knows and its name does not tell."""
    asked = {name: item.label for name, item in study.local_items.items()}
    return estimates.assign(label=estimates["scale"].map(asked)) if len(estimates) else estimates


def _asked(study: Study, *, unlinked: bool, local: bool) -> dict[str, Any]:
    """What all comparisons of a study share."""
    plan, asked = study.plan, study.plan.plan
    named = [] if asked is None else [(outcome, name) for name, family in asked.families.items() for outcome in family]
    families = {_outcome(outcome): name for outcome, name in named}
    primary = None if asked is None else _outcome(asked.primary)
    return {
        "design": "panel-unlinked" if unlinked else plan.study.design,
        "arm": "arm" if study.two_arms else None,
        "reference_arm": plan.study.reference_arm,
        "allocation": plan.study.allocation,
        "reference_round": None if asked is None else asked.reference_round,
        "primary": primary if primary is not None and (primary[0] == LOCAL) == local else None,
        "family": {outcome: name for outcome, name in families.items() if (outcome[0] == LOCAL) == local},
        "adjust": plan.comparisons.adjust,
        "seed": plan.comparisons.seed,
    }


def _outcome(text: str) -> tuple[str, str]:
    instrument, _, scale = text.partition(":")
    return instrument, scale


def _with_columns(data: StudyData, how: ComparisonsPlan) -> pd.DataFrame:
    """The scores with columns of the answers that they do not carry: of each person what stood there at the first round."""
    wanted = (*how.covariates, *([] if how.unit is None else [how.unit]))
    new = [name for name in dict.fromkeys(wanted) if name in data.responses.columns and name not in data.scores.columns]
    if not new or "person" not in data.scores.columns:
        return data.scores
    first = round_order(data.responses, "responses")[0]
    at_first = data.responses[(data.responses["round"] == first) & data.responses["person"].notna()]
    return data.scores.merge(at_first[["person", *new]], on="person", how="left", validate="many_to_one")


def _not_used(study: Study) -> tuple[str, ...]:
    """Say what of the study file needs linked rounds and is left out without them."""
    how, plan = study.plan.comparisons, study.plan.plan
    asked = {
        "covariates": ", ".join(how.covariates),
        "baseline": how.baseline,
        "weighting": how.weighting,
        "contrast": None if plan is None or plan.contrast != "mean_change" else plan.contrast,
    }
    said = [f"{name} ({value})" for name, value in asked.items() if value]
    return (f"Since the rounds are not linked, not used: {'; '.join(said)}.",) if said else ()


def hospital(study: Study, data: StudyData) -> list[Result]:
    """Readmissions, the time to them, lengths of stay and bed days, as far as the study file asks for them.

    Parameters
    ----------
    study : Study
        The study.
    data : StudyData
        Its data.

    Returns
    -------
    list of Result
        A result for each outcome, or none where the study has no contacts.
    """
    from peereval.studies.hospital_outcomes import hospital_outcomes

    return hospital_outcomes(study, data)


def programme(study: Study, _data: StudyData) -> list[Result]:
    """Positions, money and fidelity of the programme.

    Parameters
    ----------
    study : Study
        The study; its programme file holds all that is asked.
    _data : StudyData
        Its data.

    Returns
    -------
    list of Result
        Positions over time and funding, as far as the file holds any, and a result for each set of criteria.
    """
    described = study.programme()
    if described is None or study.plan.programme is None:
        return []
    found = [described.staffing()] if described.positions else []
    found += [described.funding_totals()] if described.funding else []
    found += [described.fidelity(name) for name in study.plan.programme.fidelity]
    missing = described.missing_items()
    notes = (
        (f"The programme file leaves empty of the TIDieR checklist: {', '.join(missing).replace('_', ' ')}.",)
        if missing
        else ()
    )
    return [_noted(result, (*notes, *_kept_inside(result))) for result in found]


def interviews(study: Study, data: StudyData) -> list[Result]:
    """Who was asked, which themes each group spoke of, and themes beside scores.

    Parameters
    ----------
    study : Study
        The study.
    data : StudyData
        Its data; the joint display compares its rounds.

    Returns
    -------
    list of Result
        Informants, the theme matrix and the joint display, as far as the study has them.
    """
    from peereval.interviews.informants import informant_counts
    from peereval.interviews.scores_beside import joint_display
    from peereval.interviews.themes import theme_matrix

    plan, informants, codings = study.plan.interviews, study.informants(), study.codings()
    if plan is None:
        return []
    found = [] if informants is None else [informant_counts(informants, by=plan.by)]
    if codings is not None:
        found.append(theme_matrix(codings, by=plan.by, informants=informants))
        if plan.display:
            compared = rounds(study, data)[0]
            measure = contrast_of(compared.settings["design"], two_arms=study.two_arms)
            found.append(joint_display(codings, compared, plan.display, measure=measure))
    return [_noted(result, _kept_inside(result)) for result in found]


def costs(study: Study, _data: StudyData) -> list[Result]:
    """The budget, costs and effects of two arms, and what must be saved.

    Parameters
    ----------
    study : Study
        The study; its tables of costs hold all that is asked.
    _data : StudyData
        Its data.

    Returns
    -------
    list of Result
        A result for each part of the table ``[costs]``.
    """
    plan = study.plan.costs
    found = [] if plan is None else [*_budget(study, plan), *_person_costs(study, plan), *_break_even(plan)]
    return [_noted(result, _kept_inside(result)) for result in found]


def _budget(study: Study, plan: CostsPlan) -> list[Result]:
    from peereval.costs.budgets import budget_scenarios

    if plan.budget is None:
        return []
    described = study.programme() if plan.budget == BUDGET_OF_PROGRAMME else None
    lines = study.table(plan.budget) if described is None else described
    return [budget_scenarios(lines, price_year=plan.price_year, index=plan.index or None)]


def _person_costs(study: Study, plan: CostsPlan) -> list[Result]:
    from peereval.costs.value_for_money import cost_effectiveness

    asked, design = plan.person_level, study.plan.study
    if asked is None or design.allocation is None:
        return []
    given = asked.model_dump(exclude={"file"})
    return [
        cost_effectiveness(
            study.table(asked.file), reference=design.reference_arm, allocation=design.allocation, **given
        )
    ]


def _break_even(plan: CostsPlan) -> list[Result]:
    from peereval.costs.returns import break_even

    return [] if plan.break_even is None else [break_even(**plan.break_even.model_dump())]


def _noted(result: Result, notes: tuple[str, ...]) -> Result:
    return replace(result, assumptions=(*result.assumptions, *notes))


def _kept_inside(result: Result) -> tuple[str, ...]:
    """Say which numbers never leave: a reader of the report would take empty cells for an oversight."""
    treated = treatment_of()
    never = [each for each in result.estimates["measure"].dropna().unique() if treated[each] in NEVER]
    named = ", ".join(name.replace("_", " ") for name in never)
    return (f"Computed, but given out under no policy of disclosure control: {named}.",) if never else ()


SECTIONS: dict[str, tuple[str, Callable[[Study, StudyData], list[Result]]]] = {
    "programme": ("The programme", programme),
    "participation": ("Who answered", participation),
    "questions": ("The unit's own questions", questions),
    "rounds": ("What changed", rounds),
    "hospital": ("Hospital stays", hospital),
    "interviews": ("What was said", interviews),
    "costs": ("What it costs", costs),
}
"""Every section by id: its heading and its function."""


def wanted_sections(study: Study) -> dict[str, tuple[str, Callable[[Study, StudyData], list[Result]]]]:
    """Give the sections that a study asks for.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    dict
        Id to heading and function, in the order of ``sections`` under ``[report]``; without it, all.
    """
    return {name: SECTIONS[name] for name in study.plan.report.sections or SECTIONS}
