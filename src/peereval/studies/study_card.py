"""What a notebook shows of a study before its data are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.displays import card, paragraph, shown_facts
from peereval.files import parquet_origin
from peereval.results import weakest_origin
from peereval.studies.sections import wanted_sections

if TYPE_CHECKING:
    from typing import Any

    from peereval.results import Origin
    from peereval.studies.plan import Plan
    from peereval.studies.study import Study


def study_card(study: Study) -> str:
    """Say what a study is, which files it names, and whether they are there.

    Parameters
    ----------
    study : Study
        The study; its tables are not read.

    Returns
    -------
    str
        HTML; files that mark their rows as made up are named so.
    """
    plan, files = study.plan, _files(study.plan)
    there = {name: study.file(name).is_file() for name in files}
    facts = {
        "design": _design(plan),
        "rounds": [f"{each.id} (month {each.month})" for each in plan.rounds],
        "instruments": ", ".join(plan.survey.instruments),
        "primary outcome": [] if plan.plan is None else [str(plan.plan.primary)],
        "readmission": "" if plan.contacts is None else plan.contacts.definition,
        "files": [name if there[name] else f"{name} (not there)" for name in files],
        "sections": [heading for heading, _ in wanted_sections(study).values()],
        "disclosure": f"policy {plan.disclosure.policy}",
        "language": plan.report.language,
    }
    origin = weakest_origin(_origin(study, name) for name in files if there[name])
    return card(plan.study.title, [paragraph(plan.study.programme), shown_facts(facts)], origin=origin)


def _design(plan: Plan) -> str:
    study = plan.study
    arms = f", two arms ({study.allocation}), compared with {study.reference_arm}" if study.allocation else ", one arm"
    return study.design + arms


def _files(plan: Plan) -> list[str]:
    named: list[Any] = [plan.survey.file, plan.survey.invited]
    named += [] if plan.contacts is None else [plan.contacts.file, plan.contacts.persons]
    named += [] if plan.programme is None else [plan.programme.file]
    named += [] if plan.interviews is None else [plan.interviews.informants, plan.interviews.codings]
    return [name for name in named if name is not None]


def _origin(study: Study, name: str) -> Origin:
    path = study.file(name)
    mark = parquet_origin(path) if path.suffix == ".parquet" else None
    return mark or "observed"  # type: ignore[return-value]
