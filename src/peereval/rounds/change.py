"""Reliable change: how many persons changed by more than measurement error, and by as much as matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.errors import DesignError, InvalidValueError, nearest
from peereval.estimation.proportions import wilson_interval
from peereval.results import Result, data_facts, origin_of, versions
from peereval.rounds.norms import Norm, cut_offs, error_limits
from peereval.rounds.persons import (
    METHODS,
    Bars,
    Method,
    Z,
    bars_of,
    categorised,
    check_linked,
    exclusions_of,
    pairs_of,
    rows_of,
    scale_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peereval.instruments.model import Instrument
    from peereval.rounds.bars import Source

    Row = dict[str, object]

LEVEL = 0.95
_CATEGORIES = ("improved", "unchanged", "worse")
_MEASURES = {"minimal-important": "minimal_important", **{name: name.replace("-", "_") for name in METHODS}}
_COLUMNS = {
    "expected": "share of persons that measurement error alone would put into the category, if nobody changed",
    "expected_count": "the same as a number of persons",
    "headline": "whether the row belongs to the method that was asked for",
}
_METHOD = (
    "A person's change from {first} to {last} on {scale} ({direction}) was called reliable where it lies beyond what "
    "measurement error does to 95 % of persons who have not changed: after Jacobson and Truax (1.96 x the root of 2 x the "
    "standard error of measurement){others}. Standard deviation and reliability come from one source: {source}. Limits of the "
    "thresholds come from the size of that sample, its standard deviation taken as known. {important}Shares have Wilson's interval. "
    "Where over 5 % of the links between rounds are false, no such result is given (rule R4)."
)
_OTHERS = (
    "; after Edwards and Nunnally (1.96 x the standard error of measurement from the score that the start regresses to); and "
    "regression-based (1.96 x the standard error of prediction from that score)"
)
_IMPORTANT = "Beside it stands the minimal important change of {0:g} points, which {1}. "
_CUT = "Clinically significant change: a reliable change ({0}) across cut-off {1} ({2:g}) from the dysfunctional to the functional side. "
_REFERENCES = (
    "Jacobson & Truax 1991, Journal of Consulting and Clinical Psychology 59:12",
    "Speer 1992, Journal of Consulting and Clinical Psychology 60:402 (Edwards and Nunnally's method)",
    "Lord & Novick 1968, Statistical theories of mental test scores (standard error of prediction)",
    "Wilson 1927, Journal of the American Statistical Association 22:209",
)


def reliable_change(
    scores: pd.DataFrame,
    instrument: str | Instrument,
    *,
    reliability: Source,
    method: Method = "jacobson-truax",
    scale: str | None = None,
    reference_round: str | None = None,
    round: str | None = None,  # noqa: A002 - the field's word
    arm: str | None = None,
    minimal_important: float | None = None,
    functional: Norm | None = None,
    dysfunctional: Norm | None = None,
    linkage: Result | None = None,
) -> Result:
    """Count the persons whose change is beyond measurement error, and those whose change matters, side by side.

    Parameters
    ----------
    scores : DataFrame
        The *scores* contract, of linked rounds; `round` must be an ordered categorical.
    instrument : str or Instrument
        Id of the catalogue, or a definition of one's own.
    reliability : ReliabilityStudy, str or Result
        Where standard deviation and reliability come from, both of one sample: a `ReliabilityStudy`; a source of the
        catalogue that prints a standard error of measurement, such as ``"Shah 2018"``; or what `peereval.reliability`
        found in this study (its retest, or alpha at the reference round).
    method : {"jacobson-truax", "edwards-nunnally", "regression-based"}
        The method that figures show first and that clinically significant change uses. All three are counted; the
        latter two need the mean of the reliability's sample, since they allow for regression to it.
    scale : str, optional
        The scale; the instrument's headline by default.
    reference_round, round : str, optional
        From when and until when; the first and the last round by default.
    arm : str, optional
        The column of `scores` by which persons are counted.
    minimal_important : float, optional
        The smallest change that matters to a person, in points; by default the one that the catalogue has.
    functional, dysfunctional : Norm, optional
        How these populations score. With one or both, clinically significant change is counted: the cut-off is *c* where
        both are given, otherwise *a* (dysfunctional) or *b* (functional).
    linkage : Result, optional
        What `peereval.linkage_summary` gave, where rounds were linked by codes.

    Returns
    -------
    Result
        Rows with ``measure``: ``threshold`` (points, by method in ``term``, with limits from the size of the reliability's
        sample, ``n``) and ``minimal_important_change``; per group the shares of persons ``improved``, ``unchanged`` and
        ``worse`` (``term``) after ``jacobson_truax``, ``edwards_nunnally``, ``regression_based`` and ``minimal_important``,
        each with the share and number that measurement error alone would put there; ``expected_given_start`` (shares
        that Jacobson and Truax would call improved or worse if nobody changed and persons were a sample of the reliability's
        population, chosen by their start: those who start low rise); ``cutoff`` (a, b, c) and the share ``recovered``, whose
        change is clinically significant: reliable by `method`, and across the cut-off from the dysfunctional to the
        functional side. Improved is better, whichever way the scale runs.
        Exclusions count scores of this scale at the two rounds; ``unpaired`` counts persons.

    Raises
    ------
    DesignError
        Persons are not known, over 5 % of links are false, spread and reliability are not of one source, or the method
        needs a mean that the source does not have.
    InvalidValueError, UnknownNameError, ChoiceError
        A round, arm, scale, source or number does not exist or cannot be, or the catalogue has several minimal important
        changes.

    Examples
    --------
    >>> import peereval as pe
    >>> region = pe.simulate_study("region", seed=1)
    >>> scores = pe.score(region.responses, "qpr-15", coding="0-4")
    >>> study = pe.ReliabilityStudy(source="made up", sd=10, mean=36, reliability=0.74, measure="retest", n=88)
    >>> found = pe.reliable_change(scores, "qpr-15", reliability=study).estimates
    >>> found.loc[found["measure"] == "threshold", ["term", "estimate", "conf_low", "conf_high"]].round(1)
                   term  estimate  conf_low  conf_high
    0    jacobson-truax      14.1      11.7       16.9
    1  edwards-nunnally      10.0       8.3       12.0
    2  regression-based      13.2      11.2       15.3
    >>> improved = found[(found["term"] == "improved") & found["expected"].notna()]
    >>> improved[["measure", "estimate", "expected", "numerator", "denominator"]].round(3)
                  measure  estimate  expected  numerator  denominator
    4      jacobson_truax     0.140     0.025       19.0        136.0
    7    edwards_nunnally     0.162     0.069       22.0        136.0
    10   regression_based     0.081     0.025       11.0        136.0
    13  minimal_important     0.368     0.244       50.0        136.0
    """
    if method not in METHODS:
        msg = f"There is no method {method!r}."
        raise InvalidValueError(msg, hint=nearest(method, METHODS))
    check_linked(scores, linkage)
    one, name = scale_of(instrument, scale)
    mine, rounds = rows_of(scores, one, name, reference_round, round)
    starts = mine.loc[mine["round"] == rounds[0], "score"].rename(rounds[0])
    bars = bars_of(one, name, reliability, starts, minimal_important)
    _check_mean(method, bars)
    cuts = cut_offs(functional, dysfunctional, bars.direction)
    pairs = pairs_of(mine, rounds, arm)
    rows = [*_threshold_rows(bars, cuts, method), *_group_rows(pairs, bars, cuts, method)]
    where = {"outcome": one.id, "scale": name, "contrast": f"{rounds[1]} - {rounds[0]}", "round": rounds[1]}
    return Result(
        kind="reliable-change",
        title=f"Reliable change on {one.id} {name}",
        estimates=pd.DataFrame(rows).assign(**where, conf_level=LEVEL),
        method=_sentence(bars, cuts, method, rounds),
        claim="change",
        estimand="Shares of the persons with both scores whose change exceeds what measurement error alone would do.",
        assumptions=_assumptions(bars),
        references=_REFERENCES,
        settings={
            "instrument": one.id, "instrument_version": one.version, "scale": name, "method": method, "arm": arm,
            "reference_round": rounds[0], "round": rounds[1], "reliability": bars.study.source,
            "minimal_important": bars.important, "cutoffs": cuts, "conf_level": LEVEL, "versions": versions(),
            "data": data_facts(scores),
        },
        columns=_COLUMNS,
        exclusions=exclusions_of(mine, pairs, arm),
        origin=origin_of(scores),
    )  # fmt: skip


def _check_mean(method: str, bars: Bars) -> None:
    if method not in bars.thresholds:
        msg = f"The method {method!r} needs the mean, spread and reliability of one sample; the source {bars.study.source!r} lacks one."
        raise DesignError(msg, hint="Give all of them in a ReliabilityStudy, or use 'jacobson-truax'.")


def _threshold_rows(bars: Bars, cuts: dict[str, float], method: str) -> Iterator[Row]:
    n_items = len(bars.instrument.scales[bars.scale].items)
    low, high, low_prediction, high_prediction = error_limits(bars.study, n_items, LEVEL)
    limits = {
        "jacobson-truax": (Z * 2**0.5 * low, Z * 2**0.5 * high),
        "edwards-nunnally": (Z * low, Z * high),
        "regression-based": (Z * low_prediction, Z * high_prediction),
    }
    for name, threshold in bars.thresholds.items():
        yield {
            "measure": "threshold", "term": name, "estimate": threshold, "conf_low": limits[name][0],
            "conf_high": limits[name][1], "n": bars.study.n, "headline": name == method,
        }  # fmt: skip
    if bars.important is not None:
        yield {"measure": "minimal_important_change", "estimate": bars.important, "headline": False}
    for letter, cut in cuts.items():
        yield {"measure": "cutoff", "term": letter, "estimate": cut, "headline": letter == _chosen(cuts)}


def _group_rows(pairs: pd.DataFrame, bars: Bars, cuts: dict[str, float], method: str) -> Iterator[Row]:
    long = categorised(pairs, bars)
    for group in sorted(pairs["group"].unique()) or ["all"]:
        mine = long[long["group"] == group]
        for name in (*bars.thresholds, *(["minimal-important"] if bars.important is not None else [])):
            found = mine.loc[mine["method"] == name, "category"]
            keys: Row = {"measure": _MEASURES[name], "group": group, "headline": name == method}
            yield from _category_rows(found, _expected(name, bars), keys)
        yield from _given_start(pairs.loc[pairs["group"] == group, "start"], bars, group)
        if cuts:
            yield _share(
                {"measure": "recovered", "group": group, "headline": True},
                *_recovered(mine[mine["method"] == method], cuts, bars.sign),
            )


def _category_rows(found: pd.Series, expected: float, keys: Row) -> Iterator[Row]:
    n, counts = len(found), found.value_counts()
    for term in _CATEGORIES:
        share = round(1 - 2 * expected if term == "unchanged" else expected, 3)
        row = _share({**keys, "term": term}, int(counts.get(term, 0)), n)
        yield {**row, "expected": share, "expected_count": share * n}


def _share(keys: Row, cases: int, n: int) -> Row:
    low, high = wilson_interval(cases, n, level=LEVEL)
    limits = {"conf_low": float(low), "conf_high": float(high)}
    return {**keys, "estimate": cases / n if n else np.nan, **limits, "numerator": cases, "denominator": n}


def _expected(name: str, bars: Bars) -> float:
    """Share that measurement error alone moves beyond a bar, in each direction, if nobody changed."""
    from scipy.stats import norm

    if name == "edwards-nunnally" and bars.study.reliability is not None:
        return float(norm.sf(Z / (1 + bars.study.reliability) ** 0.5))
    if name == "minimal-important" and bars.important is not None:
        return float(norm.sf(bars.important / (2**0.5 * bars.study.error)))
    return 0.025


def _given_start(starts: pd.Series, bars: Bars, group: str) -> Iterator[Row]:
    """Shares beyond the reliable change if end scores are those of a sample chosen by its starts."""
    from scipy.stats import norm

    if "regression-based" not in bars.thresholds or len(starts) < 2:  # noqa: PLR2004 - a spread needs two values
        return
    drift = bars.sign * (bars.predicted(starts) - starts)
    spread, bar = bars.thresholds["regression-based"] / Z, bars.thresholds["jacobson-truax"]
    for term, side in (("improved", drift), ("worse", -drift)):
        chance = norm.sf((bar - side) / spread)
        yield {
            "measure": "expected_given_start", "term": term, "group": group, "estimate": float(chance.mean()),
            "std_error": float(chance.std(ddof=1) / len(chance) ** 0.5), "n": len(chance), "headline": False,
        }  # fmt: skip


def _chosen(cuts: dict[str, float]) -> str:
    """Jacobson and Truax prefer c, which needs both populations."""
    return "c" if "c" in cuts else next(iter(cuts))


def _recovered(mine: pd.DataFrame, cuts: dict[str, float], sign: int) -> tuple[int, int]:
    """Persons who improved reliably across the cut-off, and all."""
    cut = cuts[_chosen(cuts)]
    crossed = (sign * mine["start"] < sign * cut) & (sign * mine["end"] >= sign * cut)
    return int((crossed & (mine["category"] == "improved")).sum()), len(mine)


def _sentence(bars: Bars, cuts: dict[str, float], method: str, rounds: tuple[str, str]) -> str:
    scale = f"{bars.instrument.id} {bars.scale}"
    what = _METHOD.format(
        first=rounds[0], last=rounds[1], scale=scale, direction=bars.direction, source=bars.study.source,
        others=_OTHERS if "regression-based" in bars.thresholds else "",
        important="" if bars.important is None else _IMPORTANT.format(bars.important, _beside(bars, bars.important)),
    )  # fmt: skip
    return what + (" " + _CUT.format(method, _chosen(cuts), cuts[_chosen(cuts)]).rstrip() if cuts else "")


def _beside(bars: Bars, important: float) -> str:
    reliable = bars.thresholds["jacobson-truax"]
    if important < reliable:
        return f"lies below the reliable change of {reliable:.1f}: for a single person such a change cannot be told from noise"
    return f"lies above the reliable change of {reliable:.1f}"


def _assumptions(bars: Bars) -> tuple[str, ...]:
    said = [
        "Only persons with both scores are counted; who left may have changed otherwise.",
        "Measurement errors are normal and equally large for everybody, whatever the score.",
        "Without a comparison group a person's reliable change cannot be told from what would have happened anyway.",
    ]
    if "regression-based" in bars.thresholds:
        return (
            *said,
            "Edwards and Nunnally's and the regression-based method take the persons for a sample of the source's population.",
        )
    lacking = "The source has no mean, so the two methods that allow for regression to it are not counted; if persons were chosen because they scored badly, more than 2.5 % improve reliably without any change."
    return (*said, lacking)
