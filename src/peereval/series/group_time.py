"""Differences in differences of groups of units that started at the same time.

For units that started in period g, the effect in period t is the change of their mean since the last period before g, less that
of the units they are compared with (Callaway and Sant'Anna 2021, Journal of Econometrics 225:200, without covariates). Every
summary of such effects is a weighted sum of the means of the groups in the periods, hence a sum over groups of the mean of one
number a unit: least squares of this number on the groups gives it with the covariance and the degrees of freedom of
`peereval.estimation.clustered`. The sizes of the groups are taken as given, since starts are a design and no sample.

With one start, two-way fixed effects are the same with the mean of all periods before in the place of the last one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from peereval.errors import DesignError
from peereval.estimation.clustered import clustered_regression
from peereval.series.unit_panel import NEVER, UnitPanel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from peereval.estimation.means import Estimate

    Numbers: TypeAlias = NDArray[np.floating[Any]]

Comparison = Literal["never-treated", "not-yet-treated"]


@dataclass(frozen=True, slots=True)
class Cell:
    """The units of one start in one period.

    Parameters
    ----------
    group : int
        Place of the start among all starts, from 1.
    start, period : int
        Numbers of periods.
    compared : tuple of int
        Places of the groups that they are compared with; 0 never starts.
    """

    group: int
    start: int
    period: int
    compared: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """A weighted mean of effects.

    Parameters
    ----------
    measure : str
        What it is.
    cells : tuple of Cell
        The effects.
    start, since : int or None
        The start, or the periods since it, that it is of.
    over : {"cells", "starts", "since"}
        Whether each effect counts by the weight of its units, or effects are first averaged within each start, which then
        counts by the weight of its units, or by weight within each number of periods since the start, which then count the
        same.
    all_before : bool
        Whether the change is taken since the mean of all periods before, instead of since the last.
    """

    measure: str
    cells: tuple[Cell, ...]
    start: int | None = None
    since: int | None = None
    over: Literal["cells", "starts", "since"] = "cells"
    all_before: bool = False


def cells_of(panel: UnitPanel, comparison: Comparison) -> list[Cell]:
    """Give the effects that can be estimated.

    Parameters
    ----------
    panel : UnitPanel
        The panel.
    comparison : {"never-treated", "not-yet-treated"}
        Whom units that started are compared with.

    Returns
    -------
    list of Cell
        Of each start in each period but the last one before it.

    Raises
    ------
    DesignError
        No unit starts, or none is left to compare with.
    """
    starts = panel.starts
    if not starts:
        msg = "No unit starts within the periods of the panel, after the first."
        raise DesignError(msg, hint="Look at the column of the starts: of the same kind as the times, empty for never.")
    never = (panel.start == NEVER).any()
    cells = []
    for group, start in enumerate(starts, start=1):
        for period in (each for each in range(panel.outcome.shape[1]) if each != start - 1):
            later = [
                place
                for place, other in enumerate(starts, start=1)
                if other > max(period, start - 1) and other != start
            ]
            compared = ([0] if never else []) + (later if comparison == "not-yet-treated" else [])
            if compared:
                cells.append(Cell(group, start, period, tuple(compared)))
    if not any(each.period >= each.start for each in cells):
        msg = f"No unit is left to compare with: {'all have started' if not never else 'none'} in the end."
        raise DesignError(
            msg, hint="Use comparison='not-yet-treated' with several starts, or add units that never start."
        )
    return cells


def summaries_of(cells: list[Cell], *, two_way: bool) -> list[Summary]:
    """Give the summaries of effects: of all, by start, by periods since the start, and single ones.

    Parameters
    ----------
    cells : list of Cell
        The effects.
    two_way : bool
        Whether the effect of all is that of two-way fixed effects.

    Returns
    -------
    list of Summary
        The effect of all first.
    """
    after = tuple(each for each in cells if each.period >= each.start)
    since = sorted({_since(each) for each in cells})
    events = [
        Summary("att_event", tuple(each for each in cells if _since(each) == number), since=number) for number in since
    ]
    overall = Summary("att", after, all_before=two_way)
    if two_way:
        return [overall, *events]
    by_start = [
        Summary("att_group", tuple(each for each in after if each.start == start), start=start)
        for start in sorted({each.start for each in after})
    ]
    single = [Summary("att_group_time", (each,), start=each.start, since=_since(each)) for each in cells]
    means = [Summary("att_over_groups", after, over="starts"), Summary("att_over_events", after, over="since")]
    return [overall, *means, *by_start, *events, *single]


def effects(sums: Numbers, weights: Numbers, summaries: list[Summary]) -> Numbers:
    """Give the summaries for one or more ways to group the units.

    Parameters
    ----------
    sums : ndarray of float, shape (groups, ways, periods)
        Weighted sums of the outcome in the groups; the first group never starts.
    weights : ndarray of float, shape (groups, ways)
        Sums of the weights.
    summaries : list of Summary
        What is asked.

    Returns
    -------
    ndarray of float, shape (ways, summaries)
        Each linear in the sums.
    """
    return np.stack([_summary(sums, weights, each) for each in summaries], axis=1)


def _summary(sums: Numbers, weights: Numbers, summary: Summary) -> Numbers:
    total, shares = np.zeros(sums.shape[1]), np.zeros(sums.shape[1])
    for cell in summary.cells:
        share = weights[cell.group]
        if summary.over == "starts":
            share = share / sum(each.group == cell.group for each in summary.cells)
        if summary.over == "since":
            share = share / sum(weights[each.group] for each in summary.cells if _since(each) == _since(cell))
        total += share * _effect(sums, weights, cell, all_before=summary.all_before)
        shares += share
    return total / shares


def _since(cell: Cell) -> int:
    return cell.period - cell.start


def _effect(sums: Numbers, weights: Numbers, cell: Cell, *, all_before: bool) -> Numbers:
    before = slice(0, cell.start) if all_before else slice(cell.start - 1, cell.start)
    change = sums[:, :, cell.period] - sums[:, :, before].mean(axis=2)
    others = list(cell.compared)
    effect: Numbers = change[cell.group] / weights[cell.group] - change[others].sum(axis=0) / weights[others].sum(
        axis=0
    )
    return effect


def grouped(panel: UnitPanel) -> NDArray[np.int64]:
    """Give the group of each unit: 0 never starts, 1 starts first."""
    return np.where(panel.start == NEVER, 0, np.searchsorted(panel.starts, panel.start) + 1)


def sums_of(outcome: Numbers, weight: Numbers, groups: NDArray[np.int64], n_groups: int) -> tuple[Numbers, Numbers]:
    """Add the units of each group up.

    Parameters
    ----------
    outcome : ndarray of float, shape (units, periods)
        The outcome.
    weight : ndarray of float, shape (units,)
        How much a unit counts.
    groups : ndarray of int, shape (ways, units)
        The group of each unit.
    n_groups : int
        How many groups there are, with those who never start.

    Returns
    -------
    tuple of ndarray
        Weighted sums, shape (groups, ways, periods), and weights, shape (groups, ways).
    """
    members = ((groups == group) * weight for group in range(n_groups))
    sums, weights = zip(*((each @ outcome, each.sum(axis=1)) for each in members), strict=True)
    return np.stack(sums), np.stack(weights)


def estimated(panel: UnitPanel, summaries: list[Summary]) -> tuple[list[Estimate], Numbers]:
    """Estimate summaries with CR2 by cluster and Satterthwaite's degrees of freedom.

    Parameters
    ----------
    panel : UnitPanel
        The panel.
    summaries : list of Summary
        What is asked.

    Returns
    -------
    tuple of list of Estimate and ndarray of float, shape (clusters, summaries)
        The estimates, and what each cluster adds to their errors.
    """
    groups = grouped(panel)
    n_groups, periods = len(panel.starts) + 1, panel.outcome.shape[1]
    weights = sums_of(panel.outcome, panel.weight, groups[None], n_groups)[1]
    # what a group's mean in a period adds to each summary: the summary of a panel that is 1 there and 0 elsewhere
    unit = np.eye(n_groups * periods).reshape(-1, n_groups, periods).swapaxes(0, 1) * weights[:, :, None]
    parts = effects(unit, np.repeat(weights, n_groups * periods, axis=1), summaries).reshape(n_groups, periods, -1)
    root = np.sqrt(panel.weight)
    dummies = (groups[:, None] == np.arange(n_groups)) * root[:, None]
    dummies = dummies[:, weights[:, 0] > 0]
    found, errors = [], []
    for place in range(len(summaries)):
        part = parts[:, :, place]
        # units of the groups are on one scale, so that equal variances are a sensible working model for the degrees of freedom
        size = np.linalg.norm(part, axis=1)
        turned = part / np.where(size > 0, size, 1)[:, None]
        number = (panel.outcome * turned[groups]).sum(axis=1)
        fit = clustered_regression(number * root, dummies, panel.cluster)
        found.append(fit.contrast(size[weights[:, 0] > 0]))
        errors.append(fit.contributions(size[weights[:, 0] > 0]))
    return found, np.column_stack(errors)
