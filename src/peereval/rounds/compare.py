"""Rounds compared: means, changes and differences in change, with effect sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import pandas as pd

from peereval.contracts import SCORES, check_frame
from peereval.errors import DesignError, InvalidValueError, nearest
from peereval.instruments.lookup import instrument, list_ids
from peereval.panel import arms_of, round_order
from peereval.results import Result, data_facts, origin_of, versions
from peereval.rounds.contrasts import FLAGS, LEVEL, Arms, Rounds, contrasts_of
from peereval.rounds.multiplicity import with_decided_p
from peereval.rounds.sentences import sentences_for

if TYPE_CHECKING:
    from peereval.instruments.key import Scale

Design: TypeAlias = Literal["panel", "panel-unlinked", "cross-section"]
Method: TypeAlias = Literal["paired-t", "sign-flip", "welch"]
Allocation: TypeAlias = Literal["randomised", "observed"]

_COLUMNS = {
    "sd": "standard deviation in the unit of the scale; not given for fewer than 10 persons",
    "flag": "what to mind: " + "; ".join(f"{code}: {meaning}" for code, meaning in FLAGS.items()),
    "two_valued": "persons with the rarer value, where the sample has two values only; it never leaves, and tells release to treat the mean as a share",
    "primary": "whether this scale was named as primary before the data",
    "headline": "whether this is the instrument's main scale",
    "label": "the scale's name for tables and figures",
    "reading": "the range of the scale and which way is good",
}


def compare_rounds(
    scores: pd.DataFrame,
    *,
    design: Design,
    method: Method,
    arm: str | None = None,
    reference_arm: str | None = None,
    allocation: Allocation | None = None,
    reference_round: str | None = None,
    primary: tuple[str, str] | None = None,
    seed: int = 0,
) -> Result:
    """Compare scores between rounds, and changes between arms.

    Parameters
    ----------
    scores : DataFrame
        The *scores* contract; `round` must be an ordered categorical.
    design : {"panel", "panel-unlinked", "cross-section"}
        Same persons and linked; same persons without a key; other persons in each round. Data cannot show it.
    method : {"paired-t", "sign-flip", "welch"}
        Paired methods need a linked panel; ``"welch"`` compares respondents of rounds that are not linked.
    arm : str, optional
        The column of `scores` that holds two arms.
    reference_arm : str, optional
        The arm that the other one is compared with; needed with `arm`.
    allocation : {"randomised", "observed"}, optional
        How persons came into the arms; needed with `arm`.
    reference_round : str, optional
        The round that the others are compared with; the first by default, and never the last, which is tested.
    primary : tuple of str, optional
        Instrument and scale that were named as primary outcome before the data.
    seed : int
        Seed of the random sign flips, used from 14 pairs on.

    Returns
    -------
    Result
        Rows with ``measure``: ``mean`` per round; ``mean_change`` (paired) or ``mean_difference`` (unlinked)
        against the reference round; ``change_over_baseline_sd`` and ``d_av`` (paired) or ``hedges_g``
        (unlinked), corrected after Hedges, with large-sample intervals; and with two arms
        ``difference_in_change`` (after Welch) with ``difference_over_baseline_sd``. p values follow rule R10:
        the primary scale at the last round unadjusted, the other scales at that round by Holm, no other p value.
        Rounds stand in their order. Exclusions count scores; ``unpaired`` counts persons and scales: a person
        with two scales at only one of the reference and the last round counts twice.

    Raises
    ------
    DesignError
        The method does not fit the design, two arms come without their allocation, or the last round is the
        reference round.
    InvalidValueError
        A round or arm does not exist, or `round` has no order.

    Examples
    --------
    >>> import peereval as pe
    >>> region = pe.simulate_study("region", seed=1)
    >>> scores = pe.score(region.responses, "who-5")
    >>> result = pe.compare_rounds(scores, design="panel", method="paired-t")
    >>> found = result.estimates.query("measure == 'mean_change' and scale == 'score_0_100'")
    >>> found[["round", "estimate", "conf_low", "conf_high", "n"]].round(1)
           round  estimate  conf_low  conf_high    n
    3  half-year       1.3      -2.3        4.8  160
    6   one-year       2.0      -1.8        5.8  136
    >>> result.claim
    'change'
    """
    _check(scores, design, method)
    rounds = _rounds(scores, reference_round)
    arms = _arms(scores, arm, reference_arm, allocation)
    known = scores if arm is None else scores[scores[arm].notna()]
    usable = known[known["score"].notna()]
    estimates = _marked(contrasts_of(usable, rounds, method, arms, seed), primary)
    return Result(
        kind="rounds",
        title="Change between the rounds" if design == "panel" else "Difference between the rounds",
        estimates=with_decided_p(estimates, last=rounds.tested),
        **sentences_for(design, method, allocation),
        settings={
            "design": design, "method": method, "arm": arm, "reference_arm": reference_arm, "allocation": allocation,
            "reference_round": rounds.reference, "tested_round": rounds.tested,
            "primary": None if primary is None else ":".join(primary), "seed": seed, "conf_level": LEVEL,
            "versions": versions(), "data": data_facts(scores),
        },
        columns=_COLUMNS,
        exclusions=_exclusions(known, len(scores) - len(known), rounds, method),
        origin=origin_of(scores),
    )  # fmt: skip


def _check(scores: pd.DataFrame, design: str, method: str) -> None:
    check_frame(scores, SCORES)
    _known("design", design, get_args(Design))
    _known("method", method, get_args(Method))
    if (design == "panel") == (method == "welch"):
        msg = f"The method {method!r} does not fit the design {design!r}."
        raise DesignError(
            msg, hint="A linked panel takes 'paired-t' or 'sign-flip', rounds without links take 'welch'."
        )
    if design == "panel" and not ("person" in scores.columns and scores["person"].notna().all()):
        msg = "The design is 'panel', but not every score belongs to a person."
        raise DesignError(msg, hint="Say design='panel-unlinked' if the same persons answered without a key.")


def _known(what: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        msg = f"There is no {what} {value!r}."
        raise InvalidValueError(msg, hint=nearest(value, allowed))


def _arms(scores: pd.DataFrame, arm: str | None, reference_arm: str | None, allocation: str | None) -> Arms | None:
    if arm is None:
        if allocation is not None or reference_arm is not None:
            msg = "An allocation or a reference arm was said, but not which column holds the arms."
            raise DesignError(msg, hint="Say arm='arm'; a comparison of one arm takes neither.")
        return None
    if allocation not in get_args(Allocation):
        msg = "Two arms need allocation='randomised' or 'observed'; there is no default."
        raise DesignError(msg, hint="It decides whether the report may say 'effect' or only 'association'.")
    arms = arms_of(scores, arm, "scores")
    if len(arms) != 2:  # noqa: PLR2004 - two arms
        msg = f"The column {arm!r} holds {len(arms)} arms ({', '.join(arms)}); two are compared."
        raise DesignError(msg, hint="Compare two arms at a time.")
    if reference_arm is None or reference_arm not in arms:
        msg = f"The reference arm {reference_arm!r} is not one of the arms."
        raise InvalidValueError(msg, hint=nearest(str(reference_arm), arms))
    return Arms(arm, reference_arm, next(name for name in arms if name != reference_arm))


def _rounds(scores: pd.DataFrame, reference: str | None) -> Rounds:
    order = round_order(scores, "scores")
    rounds = Rounds(order, order[0] if reference is None else reference)
    _known("round", rounds.reference, tuple(order))
    if len(order) > 1 and rounds.reference == rounds.tested:
        msg = f"The reference round {rounds.reference!r} is the last round, at which is tested."
        raise DesignError(msg, hint="Name an earlier round; changes are counted from it.")
    return rounds


def _marked(estimates: pd.DataFrame, primary: tuple[str, str] | None) -> pd.DataFrame:
    """Say of each row whether its scale is the primary one, is its instrument's headline, and which way is good."""
    if estimates.empty:
        return pd.DataFrame(columns=["outcome", "scale", "measure", "round", "estimate", "n", *_COLUMNS])
    named = pd.Series(list(zip(estimates["outcome"], estimates["scale"], strict=True)), index=estimates.index)
    if primary is not None and primary not in set(named):
        msg = f"The primary outcome {':'.join(primary)!r} is not among the scores."
        raise InvalidValueError(msg, hint=nearest(":".join(primary), {":".join(name) for name in named}))
    known = {name: _known_scale(name[0], name[1]) for name in set(named)}
    return estimates.assign(
        primary=named == primary,
        headline=named.map({name: scale is not None and scale.headline for name, scale in known.items()}),
        label=named.map({name: _label(name[0], name[1], scale) for name, scale in known.items()}),
        reading=named.map({name: _reading(scale) for name, scale in known.items()}),
    )


def _known_scale(name: str, scale: str) -> Scale | None:
    """The scale's definition, or None for a scale of the unit's own."""
    return instrument(name).scales.get(scale) if name in list_ids() else None


def _label(name: str, scale: str, known: Scale | None) -> str:
    short = name.upper()
    return short if known is not None and known.headline else f"{short} {scale.replace('_', ' ')}"


def _reading(known: Scale | None) -> str:
    return "" if known is None else f"{known.low:g} to {known.high:g}, {known.direction}"


def _exclusions(known: pd.DataFrame, without_arm: int, rounds: Rounds, method: str) -> dict[str, int]:
    """Count scores without an arm, scores without a value, and persons' scales without both rounds of the test."""
    missing = known["score"].isna()
    reasons = known.loc[missing, "reason"].astype("string").fillna("outcome_missing")
    counts = {"arm_missing": without_arm}
    counts |= {str(reason): int(count) for reason, count in reasons.value_counts().items()}
    if method != "welch":
        ends = known[~missing & known["round"].isin([rounds.reference, rounds.tested])]
        both = ends.groupby(["person", "instrument", "scale"], observed=True).size()
        counts["unpaired"] = int((both == 1).sum()) if rounds.others else 0
    return {reason: count for reason, count in counts.items() if count}
