"""What the answers of a study look like before they are scored: counts, missing codes, codes out of range, windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.disclosure.policy import disclosure_policy
from peereval.errors import NotScoredError, OutOfRangeError, PeerevalError, UnknownNameError, nearest
from peereval.instruments.answers import coding_of, item_columns, out_of_range, ranges, without_codes
from peereval.instruments.lookup import instrument
from peereval.mentions import shown_code
from peereval.studies.findings import Finding, mended, understood
from peereval.surveys.problems import MANY, file_rows
from peereval.surveys.questions import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from peereval.studies.study import Study
    from peereval.surveys.mapped import Mapped
    from peereval.surveys.sheet import Sheet

SUSPECT = (77, 88, 99, 777, 888, 999, -1, -7, -8, -9)
"""Codes that often stand for no answer; outside the range of an item they are told as such."""
_SUSPECT = "It often stands for no answer: if it does here, name it under missing or missing_in."
_OTHER = "Check the coding of the export."


def instrument_findings(study: Study) -> Iterator[Finding]:
    """Find names in the study file that the catalogues do not know.

    Parameters
    ----------
    study : Study
        The study.

    Yields
    ------
    Finding
        Instruments, codings, the primary outcome and the policy that cannot be used.
    """
    survey, file = study.plan.survey, study.path.name
    for name in survey.instruments:
        try:
            one = instrument(name)
            if one.refused:
                yield Finding("mend", NotScoredError.code, file, f"{name} is listed, but not scored: {one.refused}")
            else:
                coding_of(one, survey.coding.get(name))
        except PeerevalError as error:
            yield mended(error, file)
    for name in (name for name in survey.coding if name not in survey.instruments):
        text = f"coding names {name!r}, which is not scored."
        yield mended(UnknownNameError(text, hint=nearest(name, survey.instruments)), file)
    yield from _outcomes(study)
    try:
        disclosure_policy(study.plan.disclosure.policy)
    except PeerevalError as error:
        yield mended(error, file)


def _outcomes(study: Study) -> Iterator[Finding]:
    survey, plan = study.plan.survey, study.plan.plan
    if plan is None:
        return
    known = {f"local:{name}" for name in study.local_items}
    for name in survey.instruments:
        try:
            known |= {f"{name}:{scale}" for scale in instrument(name).scales}
        except PeerevalError:
            return
    named = {
        "primary outcome": (plan.primary,),
        **{f"outcome of the family {name!r}": each for name, each in plan.families.items()},
    }
    for what, outcomes in named.items():
        for outcome in (each for each in outcomes if each not in known):
            text = f"the {what} {outcome!r} is not scored."
            yield mended(UnknownNameError(text, hint=nearest(outcome, known)), study.path.name)


def answer_findings(study: Study, sheet: Sheet, mapped: Mapped) -> Iterator[Finding]:
    """Say how many answers there are, and find codes that no option has.

    Parameters
    ----------
    study : Study
        The study.
    sheet : Sheet
        The export.
    mapped : Mapped
        Its columns with their meaning.

    Yields
    ------
    Finding
        Answers per round and arm, missing codes, windows, and answers out of range.
    """
    yield from _counts(study, mapped)
    for column, counts in mapped.missing.items():
        text = ", ".join(f"{code}: {count}" for code, count in counts.items())
        yield understood("missing", f"{sheet.file}, column {column!r}", f"set to missing ({text})")
    yield from _windows(mapped, sheet.file)
    for name in study.plan.survey.instruments:
        yield from _of_instrument(study, name, sheet, mapped)
    for name, item in study.local_items.items():
        column = PREFIX + name
        if column in mapped.responses and pd.api.types.is_numeric_dtype(mapped.responses[column].dtype):
            codes = _numbers(mapped.responses, [column])
            wrong = ~np.isnan(codes) & ~np.isin(codes, list(item.options))
            yield from _out_of_range(
                codes, wrong, [column], sheet, mapped, f"allowed are the codes of its {len(item.options)} options"
            )


def _counts(study: Study, mapped: Mapped) -> Iterator[Finding]:
    responses = mapped.responses
    if "round" not in responses.columns or not isinstance(responses["round"].dtype, pd.CategoricalDtype):
        return
    items = [place.target for place in mapped.placed.places if place.part in ("item", "local")]
    answered = responses[responses[items].notna().any(axis=1)] if items else responses
    arms = answered["arm"].fillna("no arm") if study.two_arms and "arm" in answered.columns else None
    if arms is not None:
        declared = {study.plan.study.reference_arm, *study.plan.units.values(), *study.plan.survey.rename.arm.values()}
        # a column that was mapped by mistake may hold anything, so only words of the study file are shown
        arms = arms.where(arms.isin({*declared, "no arm"}), "another arm")
    for name, count in answered["round"].value_counts(sort=False).items():
        each = () if arms is None else sorted(arms[answered["round"] == name].value_counts().items())
        by = ", ".join(f"{arm} {number}" for arm, number in each)
        yield understood("answers", "rounds", f"{name}: {count}" + (f" ({by})" if by else ""))
    if len(answered) < len(responses):
        yield understood("answers", "rounds", f"{len(responses) - len(answered)} rows without any answer")


def _windows(mapped: Mapped, file: str) -> Iterator[Finding]:
    responses = mapped.responses
    if "out_of_window" not in responses.columns:
        return
    for name, part in responses.groupby("round", observed=True)["out_of_window"]:
        out, unknown = int((part == True).sum()), int(part.isna().sum())  # noqa: E712 - missing is neither
        if out or unknown < len(part):
            text = f"{name}: {out} of {len(part)} out of their window" + (f", {unknown} unknown" if unknown else "")
            yield Finding("look" if out else "understood", "window", file, text)


def _of_instrument(study: Study, name: str, sheet: Sheet, mapped: Mapped) -> Iterator[Finding]:
    try:
        one = instrument(name)
        how = coding_of(one, study.plan.survey.coding.get(name))
    except PeerevalError:
        # told with the names of the study file
        return
    try:
        columns = item_columns(mapped.responses, one, None)
    except PeerevalError as error:
        told = any(f"(for {name})" in each.text or f"items of {name}" in each.where for each in mapped.problems)
        if not told:
            yield mended(error, sheet.file)
        return
    codes = without_codes(_numbers(mapped.responses, columns), how)
    lows, highs = ranges(how, one.n_items)
    wrong = out_of_range(codes, how)
    spans = " or ".join(sorted({f"{low:g} to {high:g}" for low, high in zip(lows, highs, strict=True)}))
    yield from _out_of_range(codes, wrong, columns, sheet, mapped, f"allowed are whole numbers from {spans}")


def _numbers(responses: pd.DataFrame, columns: list[str]) -> NDArray[np.float64]:
    codes: NDArray[np.float64] = responses[columns].to_numpy(dtype=np.float64, na_value=np.nan)
    return codes


def _out_of_range(
    codes: NDArray[np.float64],
    wrong: NDArray[np.bool_],
    columns: list[str],
    sheet: Sheet,
    mapped: Mapped,
    allowed: str,
) -> Iterator[Finding]:
    """One finding a column and code; suspect codes are told what they may be."""
    source = {place.target: place.source for place in mapped.placed.places}
    for place in np.flatnonzero(wrong.any(axis=0)):
        where = f"{sheet.file}, column {', '.join(map(repr, source[columns[place]]))}"
        here = wrong[:, place]
        found = np.unique(codes[here, place])
        if len(found) > MANY:
            text = f"{len(found)} different values in {file_rows(mapped.rows[here].tolist())} ({columns[place]}); {allowed}."
            yield Finding("mend", OutOfRangeError.code, where, f"{text} Look whether it is the right column.")
            continue
        for code in found:
            rows = file_rows(mapped.rows[here & (codes[:, place] == code)].tolist())
            text = (
                f"{shown_code(code)} in {rows} ({columns[place]}); {allowed}. {_SUSPECT if code in SUSPECT else _OTHER}"
            )
            yield Finding("mend", OutOfRangeError.code, where, text)
