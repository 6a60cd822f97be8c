"""Changes and differences in change from the mixed model for repeated measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from peereval.errors import ConvergenceError, DesignError
from peereval.estimation.effect_sizes import standardised
from peereval.estimation.means import Estimate, standard_deviation
from peereval.rounds.contrasts import between_keys, over_baseline_sd, paired, paired_between
from peereval.rounds.rows import (
    FEWEST_FOR_SPREAD,
    LEVEL,
    by_arm,
    flag_of,
    keys_of,
    observed_means,
    pairs_of,
    values_of,
    wide_scores,
    with_limits,
    with_test,
)
from peereval.rounds.units import FEWEST_DF, unit_mean_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from peereval.rounds.comparison import Comparison
    from peereval.rounds.fitting import Fitted
    from peereval.rounds.rows import Row, Values

    Fit: TypeAlias = Callable[[pd.DataFrame, Comparison], Fitted]


NO_MODEL = "none: persons with both rounds"
"""What the column ``model`` says where none could be fitted."""


def model_rows(part: pd.DataFrame, asked: Comparison, fit: Fit) -> Iterator[Row]:
    """Compare rounds and arms by a model; fewer than ten persons with both ends by sign flips.

    Parameters
    ----------
    part : DataFrame
        Scores of one scale, none missing.
    asked : Comparison
        What is compared.
    fit : callable
        How the model is fitted.

    Yields
    ------
    dict
        Rows ``mean`` of those who answered; ``estimated_mean``, ``mean_change`` and its effect sizes; with two arms
        ``difference_in_change``.
    """
    for name, mine in by_arm(part, asked.arms):
        yield from ({**name, **row} for row in observed_means(mine, asked.rounds))
    if not is_modelled(part, asked):
        yield from _completers(part, asked, "sign-flip")
        return
    try:
        fitted = fit(part, asked)
    except (ConvergenceError, DesignError):
        for row in _completers(part, asked, "paired-t"):
            yield {**row, "flag": "no_model"}
        return
    if has_few_units(fitted, asked):
        yield from unit_mean_rows(part, asked)
        return
    yield from _estimated_means(part, asked, fitted)
    if asked.baseline != "covariate":
        yield from _changes(part, asked, fitted)
    if asked.arms is not None:
        yield from differences(part, asked, fitted)


def differences(part: pd.DataFrame, asked: Comparison, fitted: Fitted) -> Iterator[Row]:
    """Compare the changes of two arms.

    Parameters
    ----------
    part : DataFrame
        Scores of one scale in both arms.
    asked : Comparison
        What is compared.
    fitted : Fitted
        The model.

    Yields
    ------
    dict
        For each other round a row ``difference_in_change`` and, where the arms have a spread, its effect size.
    """
    later = [label for label in asked.rounds.others if label in fitted.rounds]
    rows = fitted.of_rounds(later)
    if asked.baseline != "covariate":
        rows = rows - fitted.of_rounds([asked.rounds.reference])
    found = dict(zip(later, fitted.test(rows[1] - rows[0]), strict=True))
    arms, reference = asked.two_arms, asked.rounds.reference
    samples = [mine for _, mine in by_arm(part, asked.arms)]
    starts = [values_of(mine, reference) for mine in samples]
    for label in asked.rounds.others:
        counts = [_persons(mine, asked, label) for mine in samples]
        keyed = {**between_keys(arms, label, reference, sum(counts)), **flag_of(min(counts))}
        estimate = found.get(label, Estimate(np.nan))
        model = {"model": fitted.name}
        yield {"measure": "difference_in_change", **keyed, **with_test(estimate), **model}
        size = over_baseline_sd(estimate, starts)
        yield {"measure": "difference_over_baseline_sd", **keyed, **with_limits(size), **model}


def is_modelled(part: pd.DataFrame, asked: Comparison) -> bool:
    """Say whether enough persons of each arm have the reference round and a later one (rule R3).

    Parameters
    ----------
    part : DataFrame
        Scores of one scale.
    asked : Comparison
        What is compared.

    Returns
    -------
    bool
        Whether they are ten at least.
    """
    wides = [wide_scores(mine, asked.rounds) for _, mine in by_arm(part, asked.arms)]
    first, others = asked.rounds.reference, asked.rounds.others
    fewest = min(int((wide[first].notna() & wide[others].notna().any(axis=1)).sum()) for wide in wides)
    return fewest >= FEWEST_FOR_SPREAD


def has_few_units(fitted: Fitted, asked: Comparison) -> bool:
    """Say whether clustered standard errors have too few degrees of freedom (rule R8).

    Parameters
    ----------
    fitted : Fitted
        The model.
    asked : Comparison
        What is compared.

    Returns
    -------
    bool
        Whether a test at the last round has fewer than four.
    """
    if asked.unit is None or asked.units == "these":
        return False
    later = [label for label in asked.rounds.others if label in fitted.rounds]
    last = fitted.of_rounds(later[-1:])[:, 0]
    change = last if asked.baseline == "covariate" else last - fitted.of_rounds([asked.rounds.reference])[:, 0]
    tested = change[1:] - change[:1] if asked.arms is not None else change
    return any(not each.df >= FEWEST_DF for each in fitted.test(tested))


def _completers(part: pd.DataFrame, asked: Comparison, method: str) -> Iterator[Row]:
    for name, mine in by_arm(part, asked.arms):
        yield from ({**name, **row, "model": NO_MODEL} for row in paired(mine, asked, method))
    if asked.arms is not None:
        yield from ({**row, "model": NO_MODEL} for row in paired_between(part, asked))


def _estimated_means(part: pd.DataFrame, asked: Comparison, fitted: Fitted) -> Iterator[Row]:
    for place, (name, mine) in enumerate(by_arm(part, asked.arms)):
        for label, found in zip(fitted.rounds, fitted.test(fitted.rows[place]), strict=True):
            if np.isnan(found.estimate):
                # an arm without answers in the round, or arms told by fixed units
                continue
            n = int((mine["round"] == label).sum())
            keyed: Row = {**name, "round": label, "n": n, **flag_of(n), "model": fitted.name}
            yield {"measure": "estimated_mean", **keyed, **with_limits(found)}


def _persons(mine: pd.DataFrame, asked: Comparison, label: str) -> int:
    """How many persons were observed in either round."""
    return int(mine.loc[mine["round"].isin([asked.rounds.reference, label]), "person"].nunique())


def _changes(part: pd.DataFrame, asked: Comparison, fitted: Fitted) -> Iterator[Row]:
    reference = asked.rounds.reference
    later = [label for label in asked.rounds.others if label in fitted.rounds]
    rows = fitted.of_rounds(later) - fitted.of_rounds([reference])
    for place, (name, mine) in enumerate(by_arm(part, asked.arms)):
        found = dict(zip(later, fitted.test(rows[place]), strict=True))
        wide = wide_scores(mine, asked.rounds)
        for label in asked.rounds.others:
            change = found.get(label, Estimate(np.nan))
            keyed = {**name, **keys_of(label, reference, _persons(mine, asked, label)), "model": fitted.name}
            yield {"measure": "mean_change", **keyed, **with_test(change)}
            for measure, size in _sizes(change, wide, reference, label).items():
                yield {"measure": measure, **keyed, **with_limits(size)}


def _sizes(change: Estimate, wide: pd.DataFrame, reference: str, label: str) -> dict[str, Estimate]:
    """The change over standard deviations of those who answered, not over those left after adjusting."""
    starts, ends = (wide[name].dropna().to_numpy(dtype=np.float64) for name in (reference, label))
    if min(len(starts), len(ends)) < FEWEST_FOR_SPREAD:
        return {}
    average, share = _average_sd(starts, ends, pairs_of(wide, reference, label))
    df = len(starts) - 1
    return {
        "change_over_baseline_sd": standardised(change, standard_deviation(starts), df=df, level=LEVEL),
        "d_av": standardised(change, average, df=min(len(starts), len(ends)) - 1, relative_variance=share, level=LEVEL),
    }


def _average_sd(starts: Values, ends: Values, both: Values) -> tuple[float, float]:
    """Root mean variance of two rounds answered by partly the same persons, and the relative variance of its square."""
    a, b = standard_deviation(starts) ** 2, standard_deviation(ends) ** 2
    mean = (a + b) / 2
    if not mean > 0:
        return np.nan, np.nan
    spread = np.std(both, axis=0) if len(both) else np.zeros(2)
    alike = np.corrcoef(both[:, 0], both[:, 1])[0, 1] ** 2 * (len(both) - 1) if (spread > 0).all() else 0.0
    n, m = len(starts), len(ends)
    variance = 2 * (a**2 / (n - 1) + b**2 / (m - 1) + 2 * alike * a * b / ((n - 1) * (m - 1))) / 4
    return float(np.sqrt(mean)), float(variance / (4 * mean**2))
