"""Fidelity: each criterion met, not met or unknown, and what that leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.errors import UnknownNameError, nearest
from peereval.programmes.criteria import FIELDS, Criteria, Criterion, fidelity_criteria
from peereval.results import Result, versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peereval.programmes.criteria import Rule, Span
    from peereval.programmes.organisation import Answer
    from peereval.programmes.programme import Programme

Verdict = bool | None
"""Met, not met, or (None) not known."""


def judged(programme: Programme, name: str, *, boundaries_only: bool) -> Result:
    """Judge a programme by fidelity criteria, as `Programme.fidelity` describes.

    Parameters
    ----------
    programme : Programme
        The programme.
    name : str
        The criteria.
    boundaries_only : bool
        Whether only role boundaries are judged.

    Returns
    -------
    Result
        A row a criterion, and the shares that are met.
    """
    criteria = fidelity_criteria(name)
    answers = _answers(programme, criteria)
    asked = [each for each in criteria.criterion if each.task or not boundaries_only]
    rows = pd.DataFrame([_row(each, programme, answers.get(each.id, [])) for each in asked])
    what = "Role boundaries" if boundaries_only else "Fidelity"
    return Result(
        kind="fidelity",
        title=f"{what} of {programme.name or 'the programme'} after {criteria.name}",
        estimates=pd.concat([rows, _shares(rows)], ignore_index=True),
        method=_METHOD.format(name=criteria.name, partial=f" {criteria.partial}" if criteria.partial else ""),
        claim="description",
        estimand="share of the criteria that the programme meets",
        references=(criteria.source,),
        settings={"criteria": criteria.id, "version": criteria.version, "partial": criteria.partial, "versions": versions()},
        columns=_COLUMNS,
        exclusions={"criterion_unknown": int((rows["status"] == "unknown").sum())},
        origin=programme.origin,
    )  # fmt: skip


_METHOD = (
    "Each criterion of {name} is met, not met or unknown: told from the programme's fields where a rule says how, otherwise from an "
    "answer that the programme file states with its source, unless such answers contradict one another. What the file does not say is unknown, never not met. The share met of "
    "those known stands with what it would be if all unknown ones were not met, and if all were met.{partial}"
)
_COLUMNS = {
    "status": "met, not met or unknown",
    "strength": "whether the source says shall, or recommends it",
    "criterion": "what is asked, in our own words",
    "told_by": "what tells it: fields of the programme, tasks of its models, or a stated answer",
    "stated": "what stated answers say, where there are any",
    "said_by": "who gives the stated answers",
    "page": "page of the source of the criteria",
    "ask": "what to ask next, where it is unknown",
}


def _answers(programme: Programme, criteria: Criteria) -> dict[str, list[Answer]]:
    """The stated answers by criterion: several where several sources answer."""
    known = [each.id for each in criteria.criterion]
    answers: dict[str, list[Answer]] = {}
    for each in programme.answers:
        if each.criteria == criteria.id and each.criterion not in known:
            msg = (
                f"An answer of the programme names the criterion {each.criterion!r}, which {criteria.id} does not have."
            )
            raise UnknownNameError(msg, hint=nearest(each.criterion, known))
        if each.criteria == criteria.id:
            answers.setdefault(each.criterion, []).append(each)
    return answers


def _row(criterion: Criterion, programme: Programme, answers: list[Answer]) -> dict[str, object]:
    told = _told(criterion, programme)
    fields = "the models' tasks" if criterion.task else "the programme's fields"
    stated = {each.met for each in answers}
    # answers that contradict one another tell nothing
    met = next(iter(stated)) if told is None and len(stated) == 1 else told
    return {
        "term": criterion.id, "group": criterion.group, "measure": "criterion", "estimate": np.nan if met is None else float(met),
        "status": _WORDS[met], "strength": criterion.strength, "criterion": criterion.text,
        "told_by": "" if met is None else "a stated answer" if told is None else fields,
        "stated": ", ".join(_WORDS[each.met] for each in answers), "said_by": ", ".join(each.source for each in answers),
        "page": criterion.page, "ask": criterion.question if met is None else "",
    }  # fmt: skip


_WORDS = {True: "met", False: "not met", None: "unknown"}


def _told(criterion: Criterion, programme: Programme) -> Verdict:
    """What the fields of the programme say, without stated answers."""
    if criterion.task:
        done = [_does(criterion.task, model.tasks, model.excluded_tasks) for model in programme.models]
        met = [None if each is None else each == criterion.does for each in done]
        return _all(met)
    if criterion.rule is None:
        return None
    found = [_reaches(span, criterion.rule) for span in FIELDS[criterion.rule.field](programme)]
    return _all(found) if criterion.rule.of == "all" else _any(found)


def _does(task: str, tasks: Sequence[str], excluded: Sequence[str]) -> Verdict:
    """Whether a model has a task; one that it neither has nor excludes is not known."""
    if task in tasks:
        return True
    return False if task in excluded else None


def _reaches(span: Span, rule: Rule) -> Verdict:
    if span is None or span[0] < rule.at_least <= span[1]:
        return None
    return span[0] >= rule.at_least


def _all(found: list[Verdict]) -> Verdict:
    if False in found:
        return False
    return True if found and None not in found else None


def _any(found: list[Verdict]) -> Verdict:
    if True in found:
        return True
    return False if found and None not in found else None


def _shares(rows: pd.DataFrame) -> pd.DataFrame:
    """The share met of those known, and its bounds, over all criteria and by strength."""
    both = pd.concat([rows.assign(over="all"), rows.assign(over=rows["strength"])])
    counts = both.groupby("over", sort=False)["estimate"].agg(["sum", "count", "size"])
    sums, known, every = (counts[name].to_numpy(float) for name in ("sum", "count", "size"))
    parts = {
        "share_met": (sums, known),
        "share_met_at_least": (sums, every),
        "share_met_at_most": (sums + every - known, every),
    }
    shares = [
        pd.DataFrame({"term": counts.index, "measure": measure, "numerator": upper, "denominator": lower})
        for measure, (upper, lower) in parts.items()
    ]
    found = pd.concat(shares, ignore_index=True)
    return found.assign(
        estimate=found["numerator"] / found["denominator"].where(found["denominator"] > 0), strength=found["term"]
    )
