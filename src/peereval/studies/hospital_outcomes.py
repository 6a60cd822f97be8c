"""What is computed of a study's hospital contacts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, cast

from peereval.admissions.bed_days import bed_days
from peereval.admissions.rates import readmission_rate
from peereval.admissions.stays import length_of_stay
from peereval.admissions.survival import time_to_readmission
from peereval.studies.arms import OTHER_UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.types as ir

    from peereval.results import Result
    from peereval.studies.materials import ContactsPlan
    from peereval.studies.study import Study, StudyData

_BY_UNIT = (
    "Arms are those of the unit of discharge, so bed days of an arm are those of persons who had a stay there, and days after "
    "death are counted as days."
)


def hospital_outcomes(study: Study, data: StudyData) -> list[Result]:
    """Compute what the table ``[contacts]`` asks for.

    Parameters
    ----------
    study : Study
        The study.
    data : StudyData
        Its data.

    Returns
    -------
    list of Result
        A result for each outcome, by arm where units have arms; none where the study has no contacts.
    """
    plan, index = study.plan.contacts, data.index
    if plan is None or index is None:
        return []
    by = "arm" if "arm" in index.columns else None
    notes = _units_without_arm(index) if by else ()
    found = [each for outcome in plan.outcomes for each in _outcome(outcome, study, plan, index, by)]
    return [replace(result, assumptions=(*result.assumptions, *notes)) for result in found]


def _outcome(name: str, study: Study, plan: ContactsPlan, index: ir.Table, by: str | None) -> Iterator[Result]:
    if name == "readmission_rate":
        yield readmission_rate(index, by=by)
        if plan.period is not None:
            yield readmission_rate(index, by=by, period=plan.period)
    elif name == "time_to_readmission":
        yield time_to_readmission(index, by=by, horizon=plan.horizon)
    elif name == "length_of_stay":
        yield length_of_stay(index, by=by, data_start=plan.followup_start, data_end=plan.last_day)
    else:
        yield _bed_days(study, plan, index, by)


def _bed_days(study: Study, plan: ContactsPlan, index: ir.Table, by: str | None) -> Result:
    """Of everybody among the persons, also those without a stay; with arms, which are of stays, of those with a stay."""
    # the study file is refused without it
    start = cast(date, plan.followup_start)
    if by is None:
        return bed_days(index, start=start, end=plan.last_day, persons=study.persons())
    found = bed_days(index, start=start, end=plan.last_day, by=by)
    return replace(found, assumptions=(*found.assumptions, _BY_UNIT))


def _units_without_arm(index: ir.Table) -> tuple[str, ...]:
    others = index.filter(index["arm"] == OTHER_UNITS).select("unit").distinct().order_by("unit")
    names = ", ".join(others.to_pyarrow()["unit"].to_pylist())
    return (f"Units without an arm in the study file are counted as {OTHER_UNITS}: {names}.",) if names else ()
