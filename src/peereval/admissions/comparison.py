"""The same contacts under several readmission definitions, and why their rates differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from peereval.admissions.contacts import examined
from peereval.admissions.definition import as_definition
from peereval.admissions.engine import Source, as_table, to_pandas
from peereval.admissions.persons import read_persons
from peereval.admissions.rates import LEVEL, readmission_rate, reasons_of, table_origin
from peereval.admissions.readmission import index_stays, warn_unverified, what_rules_need
from peereval.admissions.spans import episode_spans
from peereval.admissions.survival import readmitted_by
from peereval.contracts import CONTACTS
from peereval.errors import DesignError
from peereval.results import Result, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date
    from pathlib import Path

    import ibis.expr.types as ir

    from peereval.admissions.definition import ReadmissionDefinition
    from peereval.admissions.joining import JoiningRule

NOT_APPLICABLE = "not applicable"
NOT_COMPUTED = "columns missing"
NO_STAYS = "no index stays"


def compare_definitions(
    contacts: Source,
    definitions: Sequence[str | Path | ReadmissionDefinition],
    *,
    followup_end: date | None = None,
    persons: Source | None = None,
) -> Result:
    """Judge the same contacts by several readmission definitions, and count the reason for every difference.

    Parameters
    ----------
    contacts : DataFrame, str, Path or ibis Table
        The *contacts* contract.
    definitions : sequence of str, Path or ReadmissionDefinition
        Definitions as `readmissions` takes them. The others are held against the first that gives a rate.
    followup_end : date or datetime, optional
        Until when contacts were observed, as in `readmissions`.
    persons : DataFrame, str, Path or ibis Table, optional
        The *persons* contract, as in `readmissions`.

    Returns
    -------
    Result
        Three kinds of rows. ``rate_under_definition``: a row a definition (``term``) with its rate, Wilson's
        interval on the number over the design effect of persons (rule R12), or where the definition says so one minus
        Kaplan-Meier's estimator (the cumulative incidence where a death is known, rule R13), and
        its ``status``: *rate*, *no index stays*, *not applicable*, or *columns missing*, with the reason in ``note``. ``excluded``: the stays
        of each definition that are no index stays, by reason code (``outcome``). The other measures (``contrast``:
        definition - reference) count the index stays, and among those of both the readmissions, that only one
        of them has, with the code why the other has not. Stays are the same if person and discharge are.

    Raises
    ------
    DesignError
        No definition, or one of them twice.

    Warns
    -----
    UnverifiedWarning
        A part of a definition has not been seen at its source.

    Notes
    -----
    The numbers of several definitions tell small counts by their differences, so none of them is released. Release
    the rate of the definition that you report.

    Examples
    --------
    >>> import warnings
    >>> import peereval as pe
    >>> warnings.simplefilter("ignore", pe.UnverifiedWarning)
    >>> region = pe.simulate_study("region", seed=1)
    >>> found = compare_definitions(region.contacts, ["dk-30", "cihi-30", "nhs-28", "no-30"]).estimates
    >>> rates = found[found["measure"] == "rate_under_definition"]
    >>> rates[["term", "status", "numerator", "denominator", "estimate"]].round(3)
          term           status  numerator  denominator  estimate
    0    dk-30             rate      187.0        799.0     0.234
    1  cihi-30             rate      248.0        846.0     0.293
    2   nhs-28   not applicable        NaN          NaN       NaN
    3    no-30  columns missing        NaN          NaN       NaN
    """
    rules = _checked([as_definition(given) for given in definitions])
    checked, seen = examined(as_table(contacts, CONTACTS), also=what_rules_need(rules))
    known = None if persons is None else read_persons(persons, checked)
    there = {*checked.columns, *(["age"] if known is not None and "born" in known.columns else [])}
    status = {rule.id: _status(rule, there) for rule in rules}
    spans = _joined_once()
    judged = {
        rule.id: index_stays(checked, seen, rule, followup_end, known, spans).cache()
        for rule in rules
        if status[rule.id][0] == "rate"
    }
    for rule in rules:
        if rule.id in judged:
            warn_unverified(rule)
    rows = [_rate(rule, judged.get(rule.id), *status[rule.id]) for rule in rules]
    estimates = pd.concat([pd.DataFrame(rows), _excluded(judged), *_differences(judged)], ignore_index=True)
    return Result(
        kind="definitions",
        title="The same contacts under several readmission definitions",
        estimates=estimates,
        method=_METHOD + " " + " ".join(f"{rule.id}: {rule.sentence}" for rule in rules if rule.id in judged),
        claim="description",
        estimand="The readmission rate that each definition gives for the same contacts.",
        assumptions=tuple(
            f"Not verified at the source of {rule.id}: {part}."
            for rule in rules if rule.id in judged for part in rule.unverified
        ),
        references=tuple(dict.fromkeys(rule.source for rule in rules)),
        settings={
            "definitions": [f"{rule.id} {rule.version}" for rule in rules],
            "followup_end": None if followup_end is None else f"{followup_end:%Y-%m-%d}",
            "conf_level": LEVEL,
            "versions": versions(),
        },
        columns=_COLUMNS,
        exclusions=reasons_of(checked),
        origin=table_origin(checked),
    )  # fmt: skip


_COLUMNS = {
    "design_effect": "variance with persons as clusters over that of independent stays",
    "status": f"rate, {NO_STAYS}, {NOT_APPLICABLE} or {NOT_COMPUTED}",
    "note": "why there is no rate",
}
_METHOD = (
    "The same contacts were judged by each definition; rates are shares of index stays with Wilson's 95 % interval on "
    "the number of stays divided by the design effect of persons (rule R12), or where the definition says so one "
    "minus the Kaplan-Meier estimator, or the cumulative incidence where a death is known, with log-log 95 % limits (rule "
    "R13)."
)
_JOINED = "joined_otherwise"
_NONE_COUNTS, _OUTSIDE = "return_not_counted", "return_outside_window"


def _joined_once() -> Callable[[ir.Table, JoiningRule], ir.Table]:
    """Join the contacts of one comparison once for all definitions that join alike."""
    known: dict[str, ir.Table] = {}

    def joined(contacts: ir.Table, rule: JoiningRule) -> ir.Table:
        name = rule.model_dump_json()
        if name not in known:
            known[name] = episode_spans(contacts, rule).cache()
        return known[name]

    return joined


def _checked(rules: list[ReadmissionDefinition]) -> list[ReadmissionDefinition]:
    names = [rule.id for rule in rules]
    if not names or len(set(names)) < len(names):
        msg = f"Definitions to compare: {', '.join(names) or 'none'}; expected one or more, each once."
        raise DesignError(msg, hint='Give a list such as ["dk-30", "cihi-30"].')
    return rules


def _status(rule: ReadmissionDefinition, columns: set[str]) -> tuple[str, str]:
    if not rule.applies_to_psychiatry:
        return NOT_APPLICABLE, rule.not_applicable
    missing = [name for name in rule.needed_columns if name not in columns]
    return (NOT_COMPUTED, f"needs {', '.join(missing)}") if missing else ("rate", "")


def _rate(rule: ReadmissionDefinition, stays: ir.Table | None, status: str, note: str) -> dict[str, Any]:
    row = {"term": rule.id, "measure": "rate_under_definition", "status": status, "note": note}
    if stays is None:
        return row
    if rule.estimator == "kaplan_meier":
        by_end: dict[str, Any] = dict(readmitted_by(stays, rule.window_days[1]))
        return row | (by_end or {"status": NO_STAYS})
    found = readmission_rate(stays).estimates.drop(columns=["measure", "group"])
    [first] = found.head(1).to_dict("records") or [{**dict.fromkeys(found.columns, float("nan")), "status": NO_STAYS}]
    return row | {str(name): value for name, value in first.items()}


def _excluded(judged: dict[str, ir.Table]) -> pd.DataFrame:
    return pd.DataFrame(
        {"term": name, "measure": "excluded", "outcome": reason, "n": count}
        for name, stays in judged.items()
        for reason, count in reasons_of(stays).items()
    )


def _differences(judged: dict[str, ir.Table]) -> list[pd.DataFrame]:
    if len(judged) < 2:  # noqa: PLR2004 - a difference is between two
        return []
    (reference, stays), *others = judged.items()
    mine = _discharges(stays, "mine").cache()
    return [_difference(mine, _discharges(stays, "theirs"), f"{name} - {reference}") for name, stays in others]


def _difference(mine: ir.Table, theirs: ir.Table, contrast: str) -> pd.DataFrame:
    """Count by reason code what one definition has and the other has not."""
    import ibis

    pairs = mine.outer_join(theirs, ["person", "discharged"])
    sides = {}
    for here, there, word in (("mine", "theirs", "reference"), ("theirs", "mine", "definition")):
        index, known = pairs[f"index_{here}"], pairs[f"index_{there}"].fill_null(0)
        back, back_there = pairs[f"back_{here}"].fill_null(0), pairs[f"back_{there}"].fill_null(0)
        why = ibis.ifelse(pairs[f"index_{there}"].isnull(), _JOINED, pairs[f"reason_{there}"])
        late = ibis.ifelse(pairs[f"days_{there}"].isnull(), _NONE_COUNTS, _OUTSIDE)
        sides[word] = ibis.cases(
            ((index == 1) & (known == 0), ibis.literal(f"index_only_in_{word}|") + why),
            ((index == 1) & (known == 1) & (back == 1) & (back_there == 0), ibis.literal(f"readmitted_only_in_{word}|") + late),
        )  # fmt: skip
    coded = pairs.select(**sides)
    code = coded.select(code=coded["reference"]).union(coded.select(code=coded["definition"]))
    code = code.filter(code["code"].notnull())
    counts = to_pandas(code.group_by("code").aggregate(n=code.count()).order_by("code"))
    parts = counts["code"].str.split("|", expand=True).reindex(columns=[0, 1])
    return pd.DataFrame({"contrast": contrast, "measure": parts[0], "outcome": parts[1], "n": counts["n"]})


def _discharges(stays: ir.Table, suffix: str) -> ir.Table:
    """One row a person and discharge; stays of two hospitals may end at the same moment."""
    import ibis

    seen = stays.filter((stays["episode"] > 0) & stays["discharged"].notnull())
    return seen.group_by("person", "discharged").aggregate(
        **{
            f"index_{suffix}": ibis.ifelse(seen["eligible"], 1, 0).max(),
            f"back_{suffix}": ibis.ifelse(seen["readmitted"].fill_null(False), 1, 0).max(),  # noqa: FBT003 - Ibis takes it by position
            f"reason_{suffix}": seen["reason"].min(),
            f"days_{suffix}": seen["days_to_readmission"].min(),
        }
    )
