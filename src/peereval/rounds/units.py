"""Persons in units: clustered differences between rounds, and means of units where these are too few (rule R8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.estimation.clustered import change_of_units, clustered_regression, permuted_units
from peereval.estimation.means import Estimate, difference_of_means, mean_of
from peereval.rounds.contrasts import between_keys
from peereval.rounds.fitting import changes_of_units
from peereval.rounds.rows import LEVEL, by_arm, keys_of, with_test

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from peereval.rounds.comparison import Comparison
    from peereval.rounds.rows import Row

FEWEST_DF = 4
"""Degrees of freedom below which clustered standard errors are not used (rule R8; a judgement backed by simulation)."""
FEWEST_UNITS = 4
"""Units an arm, below which arms by unit are compared by permutation (rule R8)."""


def clustered_rows(part: pd.DataFrame, asked: Comparison) -> Iterator[Row]:
    """Compare rounds that are not linked, with standard errors clustered in units (CR2).

    Parameters
    ----------
    part : DataFrame
        Scores of one scale, none missing, with the unit.
    asked : Comparison
        What is compared.

    Yields
    ------
    dict
        Rows ``mean_difference`` for each arm and, with two, ``difference_in_change``; by means of units where there
        are too few.
    """
    for name, mine in by_arm(part, asked.arms):
        for label in asked.rounds.others:
            both = mine[mine["round"].isin([asked.rounds.reference, label])]
            keyed = keys_of(label, asked.rounds.reference, len(both))
            found = _regression(both, asked, label, between=False)
            if not found.df >= FEWEST_DF:
                found, keyed = _change(both, asked, label), {**keyed, "flag": "few_units"}
            yield {**name, "measure": "mean_difference", **keyed, **with_test(found)}
    if asked.arms is None:
        return
    for label in asked.rounds.others:
        both = part[part["round"].isin([asked.rounds.reference, label])]
        found = _regression(both, asked, label, between=True)
        if not found.df >= FEWEST_DF:
            yield _between(both, asked, label)
            continue
        keyed = between_keys(asked.arms, label, asked.rounds.reference, len(both))
        yield {"measure": "difference_in_change", **keyed, **with_test(found)}


def unit_mean_rows(part: pd.DataFrame, asked: Comparison) -> Iterator[Row]:
    """Compare linked rounds and arms by the changes of units, every unit counting the same.

    The change of a unit is that of a mixed model with a mean for every unit and round, so that persons who left count
    with the answers that they gave; where it cannot be fitted, that of the persons with both rounds.

    Parameters
    ----------
    part : DataFrame
        Scores of one scale, none missing, with the unit.
    asked : Comparison
        What is compared.

    Yields
    ------
    dict
        Rows ``mean_change`` and, with two arms, ``difference_in_change``, flagged ``few_units``.
    """
    changes = changes_of_units(part, asked)
    for name, mine in by_arm(part, asked.arms):
        of_arm = changes.xs(name["group"], level="arm") if name else changes
        for label in asked.rounds.others:
            both = mine[mine["round"].isin([asked.rounds.reference, label])]
            keyed = {**keys_of(label, asked.rounds.reference, int(both["person"].nunique())), "flag": "few_units"}
            found = mean_of(of_arm[label].dropna().to_numpy(dtype=np.float64), level=LEVEL)
            yield {**name, "measure": "mean_change", **keyed, **with_test(found)}
    for label in asked.rounds.others if asked.arms is not None else ():
        both = part[part["round"].isin([asked.rounds.reference, label])]
        yield _of_arms(changes[label].unstack("arm"), asked, label, int(both["person"].nunique()))


def _regression(both: pd.DataFrame, asked: Comparison, label: str, *, between: bool) -> Estimate:
    later = (both["round"] == label).to_numpy(dtype=np.float64)
    columns = [np.ones(len(both)), later]
    if between:
        other = (both[asked.two_arms.column] == asked.two_arms.other).to_numpy(dtype=np.float64)
        columns += [other, other * later]
    units = both[str(asked.unit)]
    if units.nunique() < 2 or np.linalg.matrix_rank(np.column_stack(columns)) < len(columns):  # noqa: PLR2004 - clusters
        return Estimate(np.nan)
    fit = clustered_regression(both["score"], np.column_stack(columns), units)
    return fit.contrast([0.0] * (len(columns) - 1) + [1.0], level=LEVEL)


def _change(both: pd.DataFrame, asked: Comparison, label: str) -> Estimate:
    first, later = both[both["round"] == asked.rounds.reference], both[both["round"] == label]
    unit = str(asked.unit)
    if first.empty or later.empty:
        return Estimate(np.nan)
    return change_of_units(first["score"], first[unit], later["score"], later[unit], level=LEVEL)


def _between(both: pd.DataFrame, asked: Comparison, label: str) -> Row:
    """Difference in change of two arms from the means of their units."""
    means = (
        both.groupby([asked.two_arms.column, str(asked.unit), "round"], observed=True)["score"].mean().unstack("round")
    )
    means = means.reindex(columns=[asked.rounds.reference, label])
    return _of_arms(
        (means[label] - means[asked.rounds.reference]).unstack(asked.two_arms.column), asked, label, len(both)
    )


def _of_arms(change: pd.DataFrame, asked: Comparison, label: str, n: int) -> Row:
    """Difference of two arms, from the changes of units (rows) in each arm (columns)."""
    arms = asked.two_arms
    keyed: Row = {**between_keys(arms, label, asked.rounds.reference, n), "flag": "few_units"}
    change = change.reindex(columns=[arms.reference, arms.other]).dropna(how="all")
    within = change.dropna()
    if len(within) == len(change) > 1:
        found = mean_of((within[arms.other] - within[arms.reference]).to_numpy(dtype=np.float64), level=LEVEL)
        return {"measure": "difference_in_change", **keyed, **with_test(found)}
    if len(within):
        # some units have both arms and others one: neither test is that of their design
        means = change.mean()
        return {
            "measure": "difference_in_change",
            **keyed,
            "estimate": float(means[arms.other] - means[arms.reference]),
        }
    return {"measure": "difference_in_change", **keyed, **_of_allotted(change, asked)}


def _of_allotted(change: pd.DataFrame, asked: Comparison) -> Row:
    """Arms by unit: t on units, or a permutation of units where an arm has fewer than four."""
    samples = [
        change[name].dropna().to_numpy(dtype=np.float64) for name in (asked.two_arms.other, asked.two_arms.reference)
    ]
    found = difference_of_means(*samples, level=LEVEL)
    if min(map(len, samples)) >= FEWEST_UNITS or not all(map(len, samples)):
        return with_test(found)
    values = np.concatenate(samples)
    other = np.arange(len(values)) < len(samples[0])
    test = permuted_units(values, np.arange(len(values)), other, seed=asked.seed)
    return {"estimate": found.estimate, "p_value": test.p_value, "lowest_p": test.lowest_p}
