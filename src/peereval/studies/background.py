"""What a study says in its report beside its results: declared facts, the evaluator's own words, governance, files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.programmes.programme import TIDIER
from peereval.reports.background import OWN_PARTS, Background
from peereval.reports.own_words import read_own_words
from peereval.reports.reporting_checklists import checklist_names
from peereval.studies.inputs import inputs_of
from peereval.studies.prespecification import departures, recorded_plan
from peereval.studies.sections import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peereval.programmes.programme import Programme
    from peereval.reports.own_words import OwnWords
    from peereval.studies.materials import CostsPlan
    from peereval.studies.plan import Plan
    from peereval.studies.study import Study

TEXTS = "text"
"""The folder of a study with the evaluator's own words."""
_DESIGNS = {
    "panel": "the same persons at each round, linked",
    "panel-unlinked": "the same persons at each round, not linked",
    "cross-section": "other persons at each round",
}


def background_of(study: Study, *, language: str | None = None) -> Background:
    """Gather what a report says beside its results.

    Parameters
    ----------
    study : Study
        The study; no data of persons are read.
    language : {"en", "da", "sv"}, optional
        Another language than that of the study file, for the evaluator's own words.

    Returns
    -------
    Background
        Facts for the reporting checklists, own words from ``text/``, governance, departures from the plan, and the keyed
        hashes of the files by the key of the study file that names them, as the last run stored them.

    Raises
    ------
    PeerevalError
        A text is not UTF-8, the programme file is broken, or the stored plan was changed by hand.

    Examples
    --------
    >>> import tempfile
    >>> import peereval as pe
    >>> from peereval.studies.folder import new_study
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     background = background_of(pe.Study.from_toml(new_study(folder + "/ward", preset="ward", seed=1)))
    >>> background.facts["design"]
    'the same persons at each round, not linked'
    """
    plan = study.plan
    programme = study.programme()
    facts = dict([*_of_survey(plan), *_of_plan(study), *_of_materials(plan), *_of_programme(programme)])
    return Background(
        facts=facts,
        texts=dict(_texts(study, language or plan.report.language)),
        governance={} if plan.governance is None else _filled(plan.governance.model_dump(mode="json")),
        departures=tuple(departures(study)),
        files=_files(study),
        subtitle=plan.report.subtitle or "",
        authors=plan.report.authors,
    )


def _of_survey(plan: Plan) -> Iterator[tuple[str, str]]:
    survey, asked = plan.survey, plan.study
    yield "title", asked.title
    yield "programme", asked.programme
    yield "survey", ", ".join(survey.instruments)
    yield "instruments", ", ".join(survey.instruments)
    yield "design", _DESIGNS[asked.design]
    yield "rounds", ", ".join(f"{each.id} (month {each.month})" for each in plan.rounds)
    if asked.allocation is not None:
        yield "allocation", f"{asked.allocation} arms"
        yield "reference_arm", str(asked.reference_arm)
    if asked.allocation == "randomised":
        yield "randomised", "randomised arms"
    if plan.comparisons.unit is not None:
        yield "units", plan.comparisons.unit


def _of_plan(study: Study) -> Iterator[tuple[str, str]]:
    plan, stored = study.plan.plan, recorded_plan(study)
    if plan is not None:
        yield "primary", plan.primary
    if stored is not None:
        yield (
            "plan_record",
            f"plan stored on {stored['stored'][:10]} before the data were read, SHA-256 {stored['hash'][:16]}…",
        )


def _of_materials(plan: Plan) -> Iterator[tuple[str, str]]:
    if plan.contacts is not None:
        yield "contacts", "hospital contacts"
        yield "definition", plan.contacts.definition
        yield "followup", f"until {plan.contacts.last_day.isoformat()}"
    if plan.interviews is not None:
        yield "interviews", "interviews"
        if plan.interviews.codings is not None:
            yield "codings", "REFI-QDA project" if plan.interviews.codings.endswith(".qdpx") else "coded table"
    if plan.costs is not None:
        yield "costs", "costs"
        yield from _of_costs(plan.costs)


def _of_costs(costs: CostsPlan) -> Iterator[tuple[str, str]]:
    priced = costs.person_level or costs.break_even
    if priced is not None:
        yield "currency", f"{priced.currency}, prices of {priced.price_year}"
    if costs.budget is not None or costs.person_level is not None:
        yield "cost_files", "budget" if costs.person_level is None else "costs of each person"
    if costs.person_level is not None:
        yield "thresholds", ", ".join(f"{value:g}" for value in costs.person_level.thresholds)
        yield "cost_outcome", costs.person_level.effect.replace("_", " ")
    if costs.break_even is not None:
        yield "cost_parameters", "cost of the peers a year, and price of a bed day"


def _of_programme(programme: Programme | None) -> Iterator[tuple[str, str]]:
    if programme is None:
        return
    yield from ((name, getattr(programme, name)) for name in TIDIER if getattr(programme, name).strip())
    payers = dict.fromkeys(line.payer for line in programme.funding if line.payer)
    if payers:
        yield "funding", ", ".join(payers)


def _texts(study: Study, language: str) -> Iterator[tuple[str, OwnWords]]:
    parts = (*SECTIONS, *OWN_PARTS, *(f"checklist-{name}" for name in checklist_names()))
    for part in parts:
        own = read_own_words(study.file(TEXTS), part, language)
        if own is not None:
            yield part, own


def _files(study: Study) -> dict[str, str]:
    """The keyed hashes of what the released sections were computed from."""
    stored = (inputs_of(study.file("released") / name) for name in SECTIONS)
    return {key: value for each in stored if each is not None for key, value in each["data"].items()}


def _filled(values: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
