"""Rounds compared: means, changes and differences in change, with effect sizes."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from peereval.results import Result, data_facts, origin_of, versions
from peereval.rounds.beside import beside
from peereval.rounds.checks import check_no_text, comparison_of
from peereval.rounds.equivalence import equivalence_rows, margins_of
from peereval.rounds.methods import METHODS
from peereval.rounds.models import NO_MODEL
from peereval.rounds.multiplicity import check_named, with_decided_p
from peereval.rounds.rows import FLAGS, LEVEL, MUCH_LOST, lost_share
from peereval.rounds.rules import check_takes, choose, wording
from peereval.rounds.scales import describe
from peereval.rounds.sentences import sentences_for

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from peereval.rounds.comparison import Allocation, Baseline, Comparison, Design, Measurement, Units, Weighting
    from peereval.rounds.equivalence import Margin
    from peereval.rounds.multiplicity import Named, Role
    from peereval.rounds.rows import Rounds
    from peereval.rounds.rules import Choice
    from peereval.rounds.scales import Described

_COLUMNS = {
    "sd": "standard deviation in the unit of the scale; not given for fewer than 10 persons",
    "flag": "what to mind: " + "; ".join(f"{code}: {meaning}" for code, meaning in FLAGS.items()),
    "two_valued": "persons with the rarer value, where the sample has two values only, or fewest persons that a test would give away; it never leaves, and tells release how to protect the row",
    "method": "the method of the scale",
    "rule": "the rule that asks for this method; empty where the analyst chose it",
    "model": "the covariance of the rounds in the mixed model",
    "df_denominator": "denominator degrees of freedom of an F test",
    "lowest_p": "the lowest p value that a permutation of so few units can give",
    "margin": "largest change that does not matter, in points",
    "verdict": "within the margin: the 90 % interval lies inside it; not shown: it does not (rule R11)",
    "non_inferiority": "not inferior: the 95 % interval excludes a worsening beyond the margin",
    "role": "primary, secondary or exploratory: which p values are given (rule R10)",
    "primary": "whether this scale was named as primary before the data",
    "headline": "whether this is the instrument's main scale",
    "label": "the scale's name for tables and figures",
    "reading": "the range of the scale and which way is good",
}
_NUMBERS = ("estimate", "std_error", "conf_low", "conf_high", "n")
_NO_ROLES: Mapping[Named, Role] = MappingProxyType({})
_NO_FAMILIES: Mapping[Named, str] = MappingProxyType({})


def compare_rounds(
    scores: pd.DataFrame,
    *,
    design: Design,
    method: str = "auto",
    measurement: Measurement = "scale",
    arm: str | None = None,
    reference_arm: str | None = None,
    allocation: Allocation | None = None,
    reference_round: str | None = None,
    baseline: Baseline | None = None,
    covariates: Sequence[str] = (),
    unit: str | None = None,
    units: Units = "such",
    weighting: Weighting | None = None,
    margin: Margin | None = None,
    primary: Named | None = None,
    role: Mapping[Named, Role] = _NO_ROLES,
    family: Mapping[Named, str] = _NO_FAMILIES,
    adjust: Literal["holm", "benjamini-hochberg", "none"] = "holm",
    yes: float = 1.0,
    seed: int = 0,
) -> Result:
    """Compare scores between rounds, and changes between arms.

    The method follows from the declared design (rules R1 to R8 of docs/design/rules.md), never from outcome values.

    Parameters
    ----------
    scores : DataFrame
        The *scores* contract; `round` must be an ordered categorical. Covariates are further columns, one value a
        person.
    design : {"panel", "panel-unlinked", "cross-section"}
        Same persons and linked, wholly or partly; same persons without a key; other persons in each round. Data
        cannot show it.
    method : str
        ``"auto"``, or the name of a method that fits the design, such as ``"paired-t"``.
    measurement : {"scale", "ordinal", "yes-no"}
        What a score is: points, an ordered answer, or one of two answers.
    arm : str, optional
        The column of `scores` that holds two arms.
    reference_arm : str, optional
        The arm that the other one is compared with; needed with `arm`.
    allocation : {"randomised", "observed"}, optional
        How persons came into the arms; needed with `arm`.
    reference_round : str, optional
        The round that the others are compared with; the first by default, and never the last, which is tested.
    baseline : {"constrained", "response", "covariate"}, optional
        How a mixed model takes the reference round of two arms: both arms share its mean (default when randomised);
        it is an outcome like the others (default when observed); or a covariate.
    covariates : sequence of str
        Columns to adjust for, each with a slope in every round. A person's value holds for all their rows.
    unit : str, optional
        The column of the wards, teams or houses that persons belong to.
    units : {"such", "these"}
        Whether the result is to hold for such units (clustered standard errors) or for these ones (fixed effects).
    weighting : {"overlap"}, optional
        Weigh persons of observed arms by the probability of the other arm, given the covariates.
    margin : float or "minimal-important-change", optional
        The change that would matter, in points: adds rows ``equivalence`` with a 90 % interval (rule R11).
    primary : tuple of str, optional
        Instrument and scale that were named as primary outcome before the data.
    role : mapping of tuple to {"primary", "secondary", "exploratory"}
        Roles of scales; by default headline scales are secondary, others exploratory.
    family : mapping of tuple to str
        Scales whose p values are adjusted together; all secondary ones by default.
    adjust : {"holm", "benjamini-hochberg", "none"}
        How p values of secondary scales are adjusted.
    yes : float
        The code that is counted where `measurement` is ``"yes-no"``.
    seed : int
        Seed of random sign flips.

    Returns
    -------
    Result
        Rows with ``measure``: ``mean`` of those who answered each round and, from a model, ``estimated_mean``;
        ``mean_change`` (linked) or ``mean_difference`` (not linked) against the reference round;
        ``change_over_baseline_sd``, ``d_av`` and ``d_z`` or ``hedges_g``, with Hedges' correction and large-sample
        intervals; with two arms ``difference_in_change`` and ``difference_over_baseline_sd``; and what is computed
        beside by the rules, with names of its own (``completers_change``, ``unconstrained_difference``,
        ``covariate_adjusted_difference``, ``overlapping_change``, ``difference_if_correlated``,
        ``jump_to_reference_difference``), said in `sensitivity`. p values follow rule R10. Exclusions count
        scores; ``unpaired`` counts persons and scales where only persons with both rounds are compared: a person with
        two scales at only one of the reference and the last round counts twice.

    Raises
    ------
    ColumnError
        A column is missing.
    DesignError
        The method does not fit the design, takes no argument of this kind, two arms come without their allocation, or
        the last round is the reference round.
    InvalidValueError
        A round, an arm, a method or a scale does not exist, or `round` has no order.

    Examples
    --------
    >>> import peereval as pe
    >>> region = pe.simulate_study("region", seed=1)
    >>> scores = pe.score(region.responses, "who-5")
    >>> result = pe.compare_rounds(scores, design="panel")
    >>> found = result.estimates.query("measure == 'mean_change' and scale == 'score_0_100'")
    >>> found[["round", "estimate", "conf_low", "conf_high", "n", "rule"]].round(1)
           round  estimate  conf_low  conf_high    n rule
    6  half-year       3.9       0.5        7.3  238   R3
    9   one-year       3.8       0.1        7.4  237   R3
    >>> result.claim
    'change'
    """
    check_no_text("covariates", covariates, "covariates=['age']")
    check_no_text("primary", primary, "primary=('qpr-15', 'total')")
    asked = comparison_of(
        scores, design=design, measurement=measurement, arm=arm, reference_arm=reference_arm, allocation=allocation,
        reference_round=reference_round, baseline=baseline, covariates=tuple(covariates), unit=unit, units=units,
        weighting=weighting, adjust=adjust, yes=yes, seed=seed,
    )  # fmt: skip
    used = {"arms": arm is not None, "covariates": bool(covariates), "unit": unit is not None}
    used |= {"weighting": weighting is not None, "margin": margin is not None, f"units={units!r}": units == "these"}
    used |= {f"baseline={baseline!r}": baseline is not None}
    usable, exclusions = _usable(scores, asked)
    chosen = _choices(usable, asked, method, used)
    scales = describe(_names(scores), primary, role)
    check_named("outcome with a family", family, scales)
    margins = margins_of(margin, scales, between_groups=arm is not None)
    rows = [row for name, part in _by_scale(usable) for row in _of_scale(part, scores, name, chosen[name], asked)]
    estimates = _with_equivalence(pd.DataFrame(rows), margins, scales, asked.rounds.tested)
    choices = list(dict.fromkeys(chosen.values()))
    return Result(
        kind="rounds",
        title="Change between the rounds" if design == "panel" else "Difference between the rounds",
        estimates=with_decided_p(_marked(estimates, scales), last=asked.rounds.tested, adjust=adjust, family=family),
        **sentences_for(
            asked, choices, adjust=adjust, notes=_notes(asked, scores, usable, choices, margins=bool(margins), family=bool(family)),
            measures=estimates.get("measure", ()),
        ),
        settings={
            **_settings(asked, scales), "method": method, "methods": {":".join(name): one.method for name, one in chosen.items()},
            "baseline": baseline, "margin": {":".join(name): value for name, value in margins.items()} or None,
            "family": {":".join(name): value for name, value in family.items()}, "adjust": adjust,
            "conf_level": LEVEL, "versions": versions(), "data": data_facts(scores),
        },
        columns=_COLUMNS,
        exclusions={**exclusions, **_unpaired(usable, asked.rounds, chosen, estimates), **_without_baseline(usable, asked.rounds, chosen)},
        origin=origin_of(scores),
    )  # fmt: skip


def _usable(scores: pd.DataFrame, asked: Comparison) -> tuple[pd.DataFrame, dict[str, int]]:
    """Scores with a value and all that the comparison needs, and how many lack what; a person's covariate holds for all rows."""
    needed = {"arm_missing": asked.arms.column if asked.arms else None, "unit_missing": asked.unit}
    counts: dict[str, int] = {}
    if "person" in scores.columns:
        of_person = scores.groupby("person", observed=True)
        scores = scores.assign(
            **{name: scores[name].fillna(of_person[name].transform("first")) for name in asked.covariates}
        )
    for reason, column in needed.items():
        if column is not None:
            counts[reason] = int(scores[column].isna().sum())
            scores = scores[scores[column].notna()]
    missing = scores["score"].isna()
    reasons = scores.loc[missing, "reason"].astype("string").fillna("outcome_missing")
    counts |= {str(reason): int(count) for reason, count in reasons.value_counts().items()}
    scores = scores[~missing]
    known = scores[list(asked.covariates)].notna().all(axis=1)
    counts["covariate_missing"] = int((~known).sum())
    # the caller's index may hold a label twice
    return scores[known].reset_index(drop=True), {reason: count for reason, count in counts.items() if count}


def _names(scores: pd.DataFrame) -> list[Named]:
    """Every scale, also one of which no score can be used."""
    pairs = scores[["instrument", "scale"]].drop_duplicates().itertuples(index=False)
    return [(str(instrument), str(scale)) for instrument, scale in pairs]


def _by_scale(usable: pd.DataFrame) -> Iterator[tuple[Named, pd.DataFrame]]:
    for name, part in usable.groupby(["instrument", "scale"], sort=False, observed=True):
        yield (str(name[0]), str(name[1])), part


def _choices(usable: pd.DataFrame, asked: Comparison, method: str, used: Mapping[str, bool]) -> dict[Named, Choice]:
    """The method of every scale; without any score that of an empty one, so that what was asked is checked all the same."""
    declared = {"design": asked.design, "measurement": asked.measurement, "arms": asked.allocation or "none"}
    found = {
        name: choose(method, declared, plain=not asked.covariates and asked.unit is None and _is_complete(part, asked))
        for name, part in _by_scale(usable)
    }
    if used.get(f"baseline={asked.baseline!r}"):
        found = {name: choice._replace(baseline=asked.baseline) for name, choice in found.items()}
    for choice in [*found.values()] or [choose(method, declared, plain=not (used["covariates"] or used["unit"]))]:
        check_takes(choice.method, used, declared)
    return found


def _is_complete(part: pd.DataFrame, asked: Comparison) -> bool:
    """Whether every person of a linked panel has every round; rounds without a key lack nothing that could be known."""
    if asked.design != "panel":
        return True
    seen = part["round"].nunique()
    return bool((part.groupby("person", observed=True).size() == seen).all())


def _of_scale(
    part: pd.DataFrame, scores: pd.DataFrame, name: Named, choice: Choice, asked: Comparison
) -> Iterator[dict[str, object]]:
    mine = replace(asked, baseline=choice.baseline)
    keyed = {"outcome": name[0], "scale": name[1], "method": choice.method, "rule": choice.rule or pd.NA}
    for row in METHODS[choice.method](part, mine):
        yield {**keyed, **row}
    whole = scores[(scores["instrument"] == name[0]) & (scores["scale"] == name[1])]
    for row in beside(part, mine, choice, whole):
        yield {**keyed, **row}


def _with_equivalence(
    estimates: pd.DataFrame, margins: Mapping[Named, float], scales: Mapping[Named, Described], last: str
) -> pd.DataFrame:
    if not margins or estimates.empty:
        return estimates
    held = equivalence_rows(estimates, margins, scales, last)
    # not concat: pandas 2 and 3 take columns without values for different types
    return pd.DataFrame([*estimates.to_dict("records"), *held])


def _marked(estimates: pd.DataFrame, scales: Mapping[Named, Described]) -> pd.DataFrame:
    """Say of each row which role its scale has, whether it is its instrument's headline, and which way is good."""
    if estimates.empty:
        return pd.DataFrame(columns=["outcome", "scale", "measure", "round", "estimate", "n", *_COLUMNS])
    found = [scales[name] for name in zip(estimates["outcome"], estimates["scale"], strict=True)]
    # columns that a reader may rely on, also where no scale could be estimated
    without = {name: np.nan for name in _NUMBERS if name not in estimates}
    return estimates.assign(
        **without,
        role=[one.role for one in found],
        primary=[one.role == "primary" for one in found],
        headline=[one.headline for one in found],
        label=[one.label for one in found],
        reading=[one.reading for one in found],
    )


def _notes(
    asked: Comparison, scores: pd.DataFrame, usable: pd.DataFrame, choices: Sequence[Choice], **said_too: bool
) -> list[str]:
    """Which sentences hold beyond that of the method."""
    partly = "linked" in scores.columns and not scores["linked"].fillna(value=True).all()
    adjusted = bool(asked.covariates) and asked.weighting is None
    methods = [wording(choice.method) for choice in choices]
    said = {
        "linked": asked.design == "panel" and partly,
        "slopes": adjusted and any(one.get("slopes", True) for one in methods),
        "one-slope": adjusted and any(not one.get("slopes", True) for one in methods),
        f"{asked.units}-units": asked.unit is not None,
        "overlap": asked.weighting is not None,
        "margin": said_too["margins"],
        "family": said_too["family"],
        "dropout": any(choice.method == "mmrm" for choice in choices) and lost_share(usable, asked.rounds) > MUCH_LOST,
    }
    return [note for note, holds in said.items() if holds]


def _settings(asked: Comparison, scales: Mapping[Named, Described]) -> dict[str, Any]:
    arms = asked.arms
    main = [":".join(name) for name, one in scales.items() if one.role == "primary"]
    return {
        "design": asked.design, "measurement": asked.measurement, "arm": arms.column if arms else None,
        "reference_arm": arms.reference if arms else None, "allocation": asked.allocation,
        "reference_round": asked.rounds.reference, "tested_round": asked.rounds.tested, "covariates": list(asked.covariates),
        "unit": asked.unit, "units": asked.units if asked.unit else None, "weighting": asked.weighting,
        "primary": main[0] if main else None, "roles": {":".join(name): one.role for name, one in scales.items()},
        "yes": asked.yes if asked.measurement == "yes-no" else None, "seed": asked.seed,
    }  # fmt: skip


def _unpaired(
    usable: pd.DataFrame, rounds: Rounds, chosen: Mapping[Named, Choice], estimates: pd.DataFrame
) -> dict[str, int]:
    """Count persons' scales without both rounds of the test, where only persons with both are compared."""
    completers = {name for name, choice in chosen.items() if wording(choice.method)["who"] == "completers"}
    if "model" in estimates:
        found = estimates.loc[estimates["model"] == NO_MODEL, ["outcome", "scale"]]
        completers |= set(found.itertuples(index=False, name=None))
    if not (completers and rounds.others):
        return {}
    mine = _of_names(usable, completers)
    ends = mine[mine["round"].isin([rounds.reference, rounds.tested])]
    both = ends.groupby(_PERSON, observed=True).size()
    unpaired = int((both == 1).sum())
    return {"unpaired": unpaired} if unpaired else {}


def _without_baseline(usable: pd.DataFrame, rounds: Rounds, chosen: Mapping[Named, Choice]) -> dict[str, int]:
    """Count persons' scales without the reference round, where it is a covariate."""
    needed = {name for name, choice in chosen.items() if choice.baseline == "covariate"}
    if not needed:
        return {}
    mine = _of_names(usable, needed)
    seen = (mine["round"] == rounds.reference).groupby([mine[key] for key in _PERSON], observed=True).any()
    return {"baseline_missing": int((~seen).sum())} if not seen.all() else {}


_PERSON = ["person", "instrument", "scale"]


def _of_names(usable: pd.DataFrame, names: Collection[Named]) -> pd.DataFrame:
    return usable[pd.MultiIndex.from_frame(usable[["instrument", "scale"]].astype(object)).isin(list(names))]
