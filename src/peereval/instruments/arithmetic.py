"""From codes to the scores of an instrument's scales, many persons at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from peereval.instruments.answers import ranges
from peereval.instruments.key import Additive, Count, Gated, Table, Weighted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from peereval.instruments.key import Coding, Scale
    from peereval.instruments.model import Instrument

    Numbers: TypeAlias = NDArray[np.float64]


WHY = ("not_answered", "too_few_answered", "nothing_important", "marks_missing")
"""Reasons why there is no score."""


class Scored(NamedTuple):
    """Scores, numbers of items, and the place in `WHY` (-1 with a score); one row a response, one column a scale."""

    score: Numbers
    n_answered: Numbers
    n_items: Numbers
    why: NDArray[np.int8]


def keyed(answers: Numbers, one: Instrument, how: Coding) -> Numbers:
    """Turn the reversed items, and bring all codes to the instrument's first coding.

    Parameters
    ----------
    answers : ndarray of float
        Codes, one column an item, NaN where nothing was answered.
    one : Instrument
        The instrument.
    how : Coding
        The coding of the answers.

    Returns
    -------
    ndarray of float
        High codes mean much of what the scale measures.
    """
    lows, highs = ranges(how, one.n_items)
    first_lows, _ = ranges(next(iter(one.codings.values())), one.n_items)
    turned = np.isin(np.arange(1, one.n_items + 1), how.reversed)
    # the theoretical range turns an item: the observed one would depend on who answered
    offset = np.where(turned, lows + highs, 0.0) + first_lows - lows
    return answers * np.where(turned, -1.0, 1.0) + offset


def scores_of(answers: Numbers, one: Instrument, how: Coding, important: Numbers | None = None) -> Scored:
    """Score the answers on every scale.

    Parameters
    ----------
    answers : ndarray of float
        Codes within their ranges, one column an item, NaN where nothing was answered.
    one : Instrument
        The instrument.
    how : Coding
        The coding of the answers.
    important : ndarray of float, optional
        For gated scales: 1 where the person marked the item as important, 0 where not, NaN where that is not known.
        One column an item of the instrument.

    Returns
    -------
    Scored
        Scores (NaN where there is none), items answered, items that counted, and why there is no score. Where it is
        not known which items were important, the numbers are of all items of the scale.
    """
    missing = np.isnan(answers)
    values = keyed(answers, one, how)
    values[missing] = 0.0
    answered = 1.0 - missing
    total, n_answered = _sums(values, one), _sums(answered, one)
    n_items = np.array([len(scale.items) for scale in one.scales.values()], dtype=np.float64)
    why = np.full_like(total, WHY.index("too_few_answered"), dtype=np.int8)
    found = Scored(total, n_answered, np.full_like(total, n_items), why)
    for place, scale in enumerate(one.scales.values()):
        if isinstance(scale, Gated):
            if important is None:
                msg = "a gated scale needs the marks of what is important"
                raise TypeError(msg)
            _gated(found, place, scale, answers, important)
        else:
            total[:, place] = _score(scale, total[:, place], n_answered[:, place], answers, one, how)
    enough = n_answered >= np.array([scale.min_answered for scale in one.scales.values()])
    if one.min_answered:
        enough &= answered.sum(axis=1, keepdims=True) >= one.min_answered
    total[~enough] = np.nan
    why[n_answered == 0] = WHY.index("not_answered")
    why[found.n_items == 0] = WHY.index("nothing_important")
    why[~np.isnan(total)] = -1
    return found


def _sums(values: Numbers, one: Instrument) -> Numbers:
    """Sums over the items of each scale, item by item: pandas keeps the codes of an item together."""
    by_item = values.T
    sums = [by_item[[item - 1 for item in scale.items]].sum(axis=0) for scale in one.scales.values()]
    return np.array(sums).T


def _score(
    scale: Scale, total: Numbers, n_answered: Numbers, answers: Numbers, one: Instrument, how: Coding
) -> Numbers:
    if isinstance(scale, Table):
        lows, _ = ranges(next(iter(one.codings.values())), one.n_items)
        lowest = sum(lows[item - 1] for item in scale.items)
        sums = np.where(n_answered == len(scale.items), total - lowest, 0).astype(np.intp)
        values: Numbers = np.array(scale.values)[sums]
        return values
    if isinstance(scale, Weighted | Count):
        return _by_code(scale, answers, one, how)
    if not isinstance(scale, Additive):
        msg = f"no arithmetic for {type(scale).__name__}"
        raise TypeError(msg)
    if scale.missing == "not counted":
        raw = total
    else:
        # multiplied before divided: whole answers to all items give whole sums
        raw = total * (len(scale.items) if scale.method == "sum" else 1) / np.maximum(n_answered, 1)
    return (raw - scale.subtract) / scale.divide * scale.multiply


def _by_code(scale: Weighted | Count, answers: Numbers, one: Instrument, how: Coding) -> Numbers:
    """The sum of what each code of each item is worth."""
    lows, highs = ranges(how, one.n_items)
    places = [item - 1 for item in scale.items]
    first_lows, _ = ranges(next(iter(one.codings.values())), one.n_items)
    worth = np.zeros((len(places), int((highs - lows)[places].max()) + 1))
    for row, item in enumerate(scale.items):
        if isinstance(scale, Weighted):
            worth[row, : len(scale.weights[str(item)])] = scale.weights[str(item)]
        else:
            worth[row, [code - int(first_lows[item - 1]) for code in scale.counted[str(item)]]] = 1.0
    mine = answers[:, places]
    code = np.where(np.isnan(mine), 0, mine - lows[places]).astype(np.intp)
    value: Numbers = np.where(np.isnan(mine), 0.0, worth[np.arange(len(places)), code]).sum(axis=1)
    if isinstance(scale, Count):
        return value
    value += scale.start
    if scale.if_any is not None:
        value += np.where((mine == scale.if_any[0]).any(axis=1), scale.if_any[1], 0.0)
    return value / scale.divide * scale.multiply


def _gated(found: Scored, place: int, scale: Gated, answers: Numbers, important: Numbers) -> None:
    """Write in the scores of a gated scale; its number of items differs by person."""
    columns = [item - 1 for item in scale.items]
    marks = important[:, columns]
    unknown = np.isnan(marks.sum(axis=1))
    counted = (marks == 1) | unknown[:, np.newaxis]
    rated = counted & ~np.isnan(answers[:, columns])
    found.n_items[:, place] = counted.sum(axis=1)
    found.n_answered[:, place] = rated.sum(axis=1)
    mean = np.where(rated, answers[:, columns], 0.0).sum(axis=1) / np.maximum(found.n_answered[:, place], 1)
    found.score[:, place] = np.where(unknown, np.nan, mean * scale.multiply)
    found.why[unknown, place] = WHY.index("marks_missing")
