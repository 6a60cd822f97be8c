"""Rows of a reliability result: what the items of one round say about the scales."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from peereval.estimation.factors import omega_hierarchical, omega_total
from peereval.estimation.proportions import wilson_interval
from peereval.estimation.reliability import (
    Interval,
    correlation,
    cronbach_alpha,
    icc_agreement,
    rest_correlations,
    sem_agreement,
)
from peereval.instruments.alarm import item_flag, scale_flag
from peereval.instruments.key import Additive, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from peereval.instruments.key import Coding, Scale
    from peereval.instruments.model import Instrument

    Answers: TypeAlias = NDArray[np.float64]
    Row: TypeAlias = dict[str, Any]

ALL_ITEMS = "all items"
_FEWEST_FOR_CODES = 20
_CLOSE = 1e-9


def scales_of_items(one: Instrument) -> dict[str, Scale]:
    """Give the scales that are a sum or mean of at least two items, also if a table turns the sum into a score.

    Parameters
    ----------
    one : Instrument
        The instrument.

    Returns
    -------
    dict of str to Scale
        By name.
    """
    kinds = (Additive, Table)
    return {name: scale for name, scale in one.scales.items() if isinstance(scale, kinds) and len(scale.items) > 1}


def complete(turned: Answers, scale: Scale) -> Answers:
    """Give the items of a scale for those who answered all of them.

    Parameters
    ----------
    turned : ndarray of float
        Turned answers, one column an item of the instrument.
    scale : Scale
        The scale.

    Returns
    -------
    ndarray of float
        One column an item of the scale.
    """
    mine = turned[:, [item - 1 for item in scale.items]]
    return mine[~np.isnan(mine).any(axis=1)]


def item_rows(turned: Answers, one: Instrument, columns: Sequence[str], scores: dict[str, Answers]) -> Iterator[Row]:
    """Say how well the items of each scale go together.

    Parameters
    ----------
    turned : ndarray of float
        Turned answers of one round.
    one : Instrument
        The instrument.
    columns : sequence of str
        The names of its item columns.
    scores : dict of str to ndarray of float
        Scores of the scales, for their spread.

    Yields
    ------
    dict
        Rows of estimates.
    """
    told: set[tuple[int, ...]] = set()
    for name, scale in scales_of_items(one).items():
        items = complete(turned, scale)
        yield from _summary(name, scale, items, turned, scores[name])
        if scale.items not in told:
            told.add(scale.items)
            yield from _each_item(name, scale, items, one, columns)


def _summary(name: str, scale: Scale, items: Answers, turned: Answers, scores: Answers) -> Iterator[Row]:
    n = len(items)
    alpha = cronbach_alpha(items)
    yield _row(name, "alpha", alpha, n)
    for measure, omega in (("omega_total", omega_total(items)), ("omega_hierarchical", omega_hierarchical(items))):
        yield _row(name, measure, Interval(omega.estimate), n, flag=omega.why)
    if isinstance(scale, Additive) and n > 1:
        answered_all = ~np.isnan(turned[:, [item - 1 for item in scale.items]]).any(axis=1)
        spread = float(scores[answered_all].std(ddof=1))
        yield _row(name, "sem", Interval(spread * float(np.sqrt(np.maximum(0.0, 1 - alpha.estimate)))), n)


def _each_item(name: str, scale: Scale, items: Answers, one: Instrument, columns: Sequence[str]) -> Iterator[Row]:
    for place, (item, found) in enumerate(zip(scale.items, rest_correlations(items), strict=True)):
        flag = item_flag(found, item, items, place, one)
        yield _row(name, "item_rest", found, len(items), term=columns[item - 1], flag=flag)


def scale_rows(turned: Answers, one: Instrument) -> Iterator[Row]:
    """Correlate each scale with the items of the others, in the directions that the catalogue gives.

    Parameters
    ----------
    turned : ndarray of float
        Turned answers of one round.
    one : Instrument
        The instrument.

    Yields
    ------
    dict
        Rows of estimates; none where the instrument has one scale.
    """
    scales = scales_of_items(one)
    upright = {
        item: 1.0 if scale.direction == "higher is better" else -1.0
        for scale in scales.values()
        for item in scale.items
    }
    for name, scale in scales.items():
        others = [item for item in upright if item not in scale.items]
        if not others:
            continue
        mine = turned[:, [item - 1 for item in scale.items]].sum(axis=1) * upright[scale.items[0]]
        rest = (turned[:, [item - 1 for item in others]] * [upright[item] for item in others]).sum(axis=1)
        both = ~np.isnan(mine + rest)
        found = correlation(mine[both], rest[both])
        yield _row(name, "scale_rest", found, int(both.sum()), flag=scale_flag(found, scale.items, one))


def end_rows(one: Instrument, scores: dict[str, Answers]) -> Iterator[Row]:
    """Give the share of persons at either end of each scale.

    Parameters
    ----------
    one : Instrument
        The instrument.
    scores : dict of str to ndarray of float
        Scores of one round.

    Yields
    ------
    dict
        Rows of estimates.
    """
    for name, scale in one.scales.items():
        known = scores[name][~np.isnan(scores[name])]
        for measure, end in (("floor", scale.low), ("ceiling", scale.high)):
            cases = int((np.abs(known - end) < _CLOSE).sum())
            low, high = wilson_interval(cases, len(known))
            share = Interval(cases / len(known) if len(known) else np.nan, float(low), float(high))
            yield _row(name, measure, share, len(known)) | {"numerator": cases, "denominator": len(known)}


def code_rows(answers: Answers, how: Coding) -> Iterator[Row]:
    """Give the lowest and the highest code found, since a shifted export leaves one end of the coding unused.

    Parameters
    ----------
    answers : ndarray of float
        Codes of one round, not turned.
    how : Coding
        The coding.

    Yields
    ------
    dict
        Rows of estimates; items with a range of their own are left out.
    """
    usual = [place for place in range(answers.shape[1]) if str(place + 1) not in how.ranges]
    found = answers[:, usual]
    n = int((~np.isnan(found)).any(axis=1).sum())
    if not n:
        return
    for measure, code, end in (
        ("lowest_code", np.nanmin(found), how.min),
        ("highest_code", np.nanmax(found), how.max),
    ):
        unused = code != end and n >= _FEWEST_FOR_CODES
        flag = f"the code {end} does not occur" if unused else ""
        yield _row(ALL_ITEMS, measure, Interval(float(code)), n, flag=flag)


def retest_rows(one: Instrument, first: dict[str, Answers], second: dict[str, Answers]) -> Iterator[Row]:
    """Compare the scores of the same persons in two rounds.

    Parameters
    ----------
    one : Instrument
        The instrument.
    first, second : dict of str to ndarray of float
        Scores of the same persons in the same order.

    Yields
    ------
    dict
        Rows of estimates.
    """
    for name in one.scales:
        both = ~np.isnan(first[name] + second[name])
        before, after = first[name][both], second[name][both]
        n = len(before)
        yield _row(name, "retest_icc", icc_agreement(before, after), n)
        yield _row(name, "retest_sem", Interval(sem_agreement(before, after)), n)


def _row(scale: str, measure: str, found: Interval, n: int, *, term: str = "", flag: str = "") -> Row:
    return {
        "term": term,
        "scale": scale,
        "measure": measure,
        "estimate": found.estimate,
        "conf_low": found.conf_low,
        "conf_high": found.conf_high,
        "n": n,
        "flag": flag,
    }
