"""What the rules compute beside the chosen method, so that a reader sees how far the answer hangs on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from peereval.errors import ConvergenceError, DesignError
from peereval.estimation.means import mean_of, sign_flip_p
from peereval.rounds.fitting import fit_mixed
from peereval.rounds.imputation import data_for, estimate_row
from peereval.rounds.imputed_sets import Imputation, analyses_of, pooled
from peereval.rounds.models import differences, has_few_units, is_modelled
from peereval.rounds.overlapping import overlapping_changes
from peereval.rounds.rows import (
    FEWEST_FOR_SPREAD,
    LEVEL,
    MUCH_LOST,
    keys_of,
    lost_share,
    pairs_of,
    wide_scores,
    with_limits,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from peereval.rounds.comparison import Comparison
    from peereval.rounds.rows import Row
    from peereval.rounds.rules import Choice

_OTHER_BASELINE = {
    "constrained": ("response", "unconstrained_difference"),
    "response": ("covariate", "covariate_adjusted_difference"),
}
"""How the reference round is taken in the analysis beside, and what its rows are called."""


def beside(part: pd.DataFrame, asked: Comparison, choice: Choice, whole: pd.DataFrame) -> Iterator[Row]:
    """Compute what the rules put beside a mixed model.

    Parameters
    ----------
    part : DataFrame
        Scores of one scale, none missing.
    asked : Comparison
        What is compared.
    choice : Choice
        How.
    whole : DataFrame
        The scores of the scale with those that are missing, since these say who had left.

    Yields
    ------
    dict
        Of partly linked rounds Derrick's test (rule R4). With one arm the change of completers, its p value from sign
        flips (rule R3); with two the difference without the constraint (R1) or with the reference round as a covariate
        (R2); of randomised arms of which more than 5 % were lost, jump to reference (R1). With
        clustered units only the mixed model with another baseline.
    """
    if choice.method != "mmrm" or not is_modelled(part, asked):
        return
    # they know of no units, so their intervals would be too narrow where units are clusters
    clustered = asked.unit is not None and asked.units == "such"
    if not clustered and "linked" in part and not part["linked"].fillna(value=True).all():
        yield from _overlapping(part, asked)
    if asked.arms is None:
        yield from () if clustered else _completers(part, asked)
    elif asked.baseline in _OTHER_BASELINE and asked.weighting is None:
        yield from _other_baseline(part, asked)
        if asked.allocation == "randomised" and asked.unit is None and lost_share(part, asked.rounds) > MUCH_LOST:
            yield from _jump_to_reference(whole, asked)


def _completers(part: pd.DataFrame, asked: Comparison) -> Iterator[Row]:
    wide = wide_scores(part, asked.rounds)
    for label in asked.rounds.others:
        both = pairs_of(wide, asked.rounds.reference, label)
        change = both[:, 1] - both[:, 0]
        if len(change) >= FEWEST_FOR_SPREAD:
            keyed = keys_of(label, asked.rounds.reference, len(change))
            found = mean_of(change, level=LEVEL)
            yield {
                "measure": "completers_change",
                **keyed,
                **with_limits(found),
                "p_value": sign_flip_p(change, seed=asked.seed),
            }


def _overlapping(part: pd.DataFrame, asked: Comparison) -> Iterator[Row]:
    for row in overlapping_changes(part, asked):
        yield {name: value for name, value in row.items() if name not in ("p_value", "statistic", "df")}


def _other_baseline(part: pd.DataFrame, asked: Comparison) -> Iterator[Row]:
    baseline, measure = _OTHER_BASELINE[asked.baseline]
    other = replace(asked, baseline=baseline)  # type: ignore[arg-type]
    try:
        fitted = fit_mixed(part, other)
    except (ConvergenceError, DesignError):
        return
    if has_few_units(fitted, other):
        return
    for row in differences(part, other, fitted):
        estimate = row["estimate"]
        if row["measure"] == "difference_in_change" and isinstance(estimate, float) and not np.isnan(estimate):
            without_test = {name: value for name, value in row.items() if name not in ("p_value", "statistic")}
            yield {**without_test, "measure": measure}


def _jump_to_reference(whole: pd.DataFrame, asked: Comparison) -> Iterator[Row]:
    """The difference at the last round if who left had scored like the reference arm; the scores must say who left."""
    arms = asked.two_arms
    if _LEFT not in whole.columns:
        return
    imputation = Imputation(
        strategy="jump-to-reference", variance="information-anchored", allocation="randomised", m=_M, seed=asked.seed
    )
    try:
        data = data_for(whole, imputation, None, arms.column, arms.reference, _LEFT, asked.covariates)
        if (data.table.rounds[0], data.table.rounds[-1]) != (asked.rounds.reference, asked.rounds.tested):
            return
        [analyses] = analyses_of(data.table, imputation, [len(data.table.rounds) - 1])
    except (ConvergenceError, DesignError):
        return
    row = estimate_row(data, pooled(analyses, imputation, np.zeros(1)), 0, len(data.table.rounds) - 1)
    for name in ("p_value", "statistic", "fraction_missing_information", "monte_carlo_error"):
        row.pop(name)
    yield {**row, "measure": "jump_to_reference_difference"}


_LEFT = "left_programme"
_M = 100
