"""What the starts of units would have shown had they fallen to other units: permutation of few units."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb, prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from peereval.estimation.means import Estimate
from peereval.series.group_time import Summary, effects, grouped, sums_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from peereval.series.unit_panel import UnitPanel

    Numbers: TypeAlias = NDArray[np.floating[Any]]

_MOST_EXACT = 20_000
_DRAWS = 9_999
_SAME = 1e-9
"""Relative difference up to which two effects count as equal."""


@dataclass(frozen=True, slots=True, eq=False)
class Allotments:
    """Ways to allot the starts to the units.

    Parameters
    ----------
    groups : ndarray of int, shape (ways, units)
        The group of each unit; the first row is what happened.
    exact : bool
        Whether these are all ways there are.
    """

    groups: NDArray[np.int64]
    exact: bool

    def of_what_happened(self) -> Allotments:
        """Give what happened alone."""
        return Allotments(self.groups[:1], self.exact)


def allotments(groups: NDArray[np.int64], *, seed: int) -> Allotments:
    """Give all ways to allot groups of these sizes, or 9,999 of them where there are more than 20,000.

    Parameters
    ----------
    groups : ndarray of int, shape (units,)
        The group of each unit, from 0.
    seed : int
        Of the draws.

    Returns
    -------
    Allotments
        What happened first.

    Examples
    --------
    >>> import numpy as np
    >>> allotments(np.array([0, 0, 1]), seed=0).groups.tolist()
    [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    """
    sizes = np.bincount(groups).tolist()
    ways = prod(comb(sum(sizes[: place + 1]), size) for place, size in enumerate(sizes))
    if ways > _MOST_EXACT:
        drawn = np.random.default_rng(seed).permuted(np.tile(groups, (_DRAWS, 1)), axis=1)
        return Allotments(np.vstack([groups, drawn]), exact=False)
    found = np.zeros((1, len(groups)), dtype=np.int64)
    left = len(groups)
    for group in range(len(sizes) - 1, 0, -1):
        chosen = np.array(list(combinations(range(left), sizes[group])), dtype=np.int64).reshape(-1, sizes[group])
        # the places that no later group has taken, by way
        free = np.argsort(found > 0, axis=1, kind="stable")[:, :left]
        places = free[:, chosen].reshape(-1, sizes[group])
        found = np.repeat(found, len(chosen), axis=0)
        found[np.arange(len(found))[:, None], places] = group
        left -= sizes[group]
    happened = (found == groups).all(axis=1)
    return Allotments(np.vstack([found[happened], found[~happened]]), exact=True)


@dataclass(frozen=True, slots=True)
class Permuted:
    """An effect among those of other ways to allot the starts.

    Parameters
    ----------
    found : Estimate
        With p value and limits; a limit is missing where no effect in its direction is rejected.
    lowest_p : float
        The lowest p value that so few units can give.
    """

    found: Estimate
    lowest_p: float


def permuted_effect(panel: UnitPanel, ways: Allotments, summary: Summary, *, level: float) -> Permuted:
    """Test an effect, and find the constant effects that the test does not reject.

    Parameters
    ----------
    panel : UnitPanel
        The panel.
    ways : Allotments
        How else the starts could have fallen.
    summary : Summary
        The effect.
    level : float
        Confidence level.

    Returns
    -------
    Permuted
        Two-sided. An effect τ is taken off the periods that the summary is of; what an allotment then shows is linear in
        τ, so each rejects τ outside of an interval around the estimate, and the limits are order statistics.
    """
    values, shifted = (
        _all_ways(panel, ways, panel.outcome, summary),
        _all_ways(panel, ways, _treated(panel, summary), summary),
    )
    estimate, low, high = values[0], *_interval(values, shifted)
    alpha = 1 - level
    allowed = int(np.floor(alpha * len(values) + _SAME))
    limits = np.sort(low)[allowed], np.sort(-high)[allowed]
    as_large = np.abs(values) >= abs(estimate) * (1 - _SAME)
    most = np.abs(values).max()
    lowest = (np.abs(values) >= most * (1 - _SAME)).mean() if ways.exact else 1 / len(values)
    conf_low, conf_high = (float(each) if np.isfinite(each) else np.nan for each in (limits[0], -limits[1]))
    return Permuted(
        Estimate(float(estimate), p_value=float(as_large.mean()), conf_low=conf_low, conf_high=conf_high), float(lowest)
    )


def permuted_pretrend(
    panel: UnitPanel, ways: Allotments, before: list[Summary], overall: Summary
) -> tuple[float, float]:
    """Test whether units that start later moved apart from the others before they started.

    Parameters
    ----------
    panel : UnitPanel
        The panel.
    ways : Allotments
        How else the starts could have fallen.
    before : list of Summary
        The differences at periods before the last one before the start.
    overall : Summary
        The effect after the start, which is taken off as a constant.

    Returns
    -------
    tuple of float
        The largest difference before the start, and the share of ways with one as large.
    """
    effect = _all_ways(panel, ways.of_what_happened(), panel.outcome, overall)[0]
    without = panel.outcome - effect * _treated(panel, overall)
    largest = np.max([np.abs(_all_ways(panel, ways, without, each)) for each in before], axis=0)
    return float(largest[0]), float((largest >= largest[0] * (1 - _SAME)).mean())


def _all_ways(panel: UnitPanel, ways: Allotments, outcome: Numbers, summary: Summary) -> Numbers:
    sums, weights = sums_of(outcome, panel.weight, ways.groups, len(panel.starts) + 1)
    found: Numbers = effects(sums, weights, [summary])[:, 0]
    return found


def _treated(panel: UnitPanel, summary: Summary) -> Numbers:
    """1 in the periods of the units that the summary is of."""
    treated = np.zeros(panel.outcome.shape)
    groups = grouped(panel)
    for cell in summary.cells:
        treated[groups == cell.group, cell.period] = 1.0
    return treated


def _interval(values: Numbers, shifted: Numbers) -> tuple[Numbers, Numbers]:
    """Between which τ is |value - τ shifted| at least |estimate - τ|, by allotment."""
    estimate = values[0]
    size = np.abs(values).max() + 1
    shifted = np.clip(np.where(np.abs(np.abs(shifted) - 1) < _SAME, np.sign(shifted), shifted), -1, 1)
    top = np.stack([estimate - values, estimate + values])
    bottom = np.stack([1 - shifted, 1 + shifted])
    top = np.where(np.abs(top) < _SAME * size, 0.0, top)
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = top / bottom
    everything = np.isnan(ends).any(axis=0)
    low, high = np.where(everything, -np.inf, ends.min(axis=0)), np.where(everything, np.inf, ends.max(axis=0))
    return low, high
