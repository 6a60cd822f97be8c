"""What a person should look at before a study is run: its plan, its grounds, and answers that need somebody to act."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from peereval.errors import PeerevalError
from peereval.instruments.lookup import instrument
from peereval.instruments.numbering import text_of
from peereval.studies.findings import Finding, mended, understood
from peereval.studies.prespecification import departures, recorded_plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from peereval.studies.study import Study


def plan_findings(study: Study) -> Iterator[Finding]:
    """Say whether the primary outcome was named before the data, and what was changed since.

    Parameters
    ----------
    study : Study
        The study.

    Yields
    ------
    Finding
        The plan's hash and when it was stored; what is missing or changed.
    """
    where = "[plan]"
    if study.plan.plan is None:
        text = (
            "there is none: name the primary outcome before data are read; without one no p value is of a planned test."
        )
        yield Finding("look", "plan", where, text)
    try:
        stored, changed = recorded_plan(study), departures(study)
    except PeerevalError as error:
        yield mended(error, where)
        return
    when = "not stored yet" if stored is None else f"stored {stored['stored']}"
    yield understood("plan", where, f"hash {study.plan.hash()[:16]}, {when}")
    yield from (Finding("look", "plan", where, each) for each in changed)


def governance_findings(study: Study) -> Iterator[Finding]:
    """Say on what grounds data are held, and find what is missing or over.

    Parameters
    ----------
    study : Study
        The study.

    Yields
    ------
    Finding
        No table, research without an approval, or a deletion date that has passed.
    """
    where, held = "[governance]", study.plan.governance
    if held is None:
        text = "there is none: say purpose, legal_basis and deletion_date; they are printed in the report's appendix."
        yield Finding("look", "governance", where, text)
        return
    yield understood("governance", where, f"{held.purpose}, data of persons to be deleted by {held.deletion_date}")
    if held.purpose == "research" and not held.approval:
        yield Finding("look", "governance", where, "research needs an approval, and none is named.")
    if held.deletion_date < datetime.now(UTC).astimezone().date():
        text = f"the data were to be deleted by {held.deletion_date}, which has passed: delete them, or name who allowed more time."
        yield Finding("look", "governance", where, text)


def risk_findings(study: Study, responses: pd.DataFrame) -> Iterator[Finding]:
    """Find items that ask about a risk to life in rounds where nobody knows whose an answer is.

    Parameters
    ----------
    study : Study
        The study.
    responses : DataFrame
        Its answers, as far as they could be read.

    Yields
    ------
    Finding
        An instrument with such items, and the rounds.
    """
    unknown = _rounds_of_unknown(study, responses)
    for name in study.plan.survey.instruments if unknown else ():
        try:
            risk = instrument(name).risk
        except PeerevalError:
            # told with the names of the study file
            continue
        if risk is not None:
            text = (
                f"{name} asks about a risk to life (item {text_of(risk.items)}), and answers are anonymous in: {', '.join(unknown)}. "
                "Nobody can be reached: leave it out, or tell with the form whom to call."
            )
            yield Finding("look", "risk", "survey.instruments", text)


def _rounds_of_unknown(study: Study, responses: pd.DataFrame) -> list[str]:
    """The rounds with answers of which no key says whose they are; a code that persons made up says it to nobody."""
    plan = study.plan
    if plan.study.design != "panel" or plan.survey.linking is not None or "person" not in responses:
        return [each.id for each in plan.rounds]
    found = responses.loc[responses["person"].isna(), "round"] if "round" in responses else ()
    return [each.id for each in plan.rounds if each.id in set(found)]
