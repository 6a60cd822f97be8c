"""The lowest and the highest score that a scale can reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.instruments.key import Additive, Count, Gated, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peereval.instruments.key import Scale, Weighted


def reachable(scale: Scale, spans: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """Give the ends of a scale with all items answered.

    Parameters
    ----------
    scale : Scale
        The scale.
    spans : sequence of tuple of int
        Lowest and highest code of each of its items, in the first coding.

    Returns
    -------
    tuple of float
        Lowest and highest score.

    Examples
    --------
    >>> from peereval.instruments.lookup import instrument
    >>> reachable(instrument("who-5").scales["score_0_100"], [(0, 5)] * 5)
    (0.0, 100.0)
    """
    lows, highs = zip(*spans, strict=True)
    if isinstance(scale, Additive):
        share = 1 if scale.method == "sum" else len(spans)
        ends = [(sum(codes) / share - scale.subtract) / scale.divide * scale.multiply for codes in (lows, highs)]
    elif isinstance(scale, Gated):
        # one marked item suffices
        ends = [min(lows) * scale.multiply, max(highs) * scale.multiply]
    elif isinstance(scale, Table):
        ends = list(scale.values)
    elif isinstance(scale, Count):
        counted = [set(scale.counted[str(item)]) for item in scale.items]
        always = [set(range(low, high + 1)) <= codes for (low, high), codes in zip(spans, counted, strict=True)]
        ends = [float(sum(always)), float(sum(map(bool, counted)))]
    else:
        ends = [(scale.start + total) / scale.divide * scale.multiply for total in _totals(scale, lows)]
    return min(ends), max(ends)


def _totals(scale: Weighted, lows: Sequence[int]) -> list[float]:
    """The extreme sums of weights, among them those with and without the code that adds to the sum once."""
    weights = [scale.weights[str(item)] for item in scale.items]
    if scale.if_any is None:
        return [sum(map(end, weights)) for end in (min, max)]
    code, extra = scale.if_any
    at = [worth[code - low] if 0 <= code - low < len(worth) else None for worth, low in zip(weights, lows, strict=True)]
    others = [
        [value for place, value in enumerate(worth) if place != code - low]
        for worth, low in zip(weights, lows, strict=True)
    ]
    totals = []
    for end in (min, max):
        if all(others):
            totals.append(sum(map(end, others)))
        base = sum(map(end, weights))
        totals += [base - end(worth) + own + extra for worth, own in zip(weights, at, strict=True) if own is not None]
    return totals
