"""Changes of persons with both rounds, and differences between rounds that are not linked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.estimation.effect_sizes import average_sd, pooled_sd, standardised
from peereval.estimation.means import (
    Estimate,
    contrast_of_means,
    difference_of_means,
    mean_of,
    sign_flip_p,
    standard_deviation,
)
from peereval.rounds.rows import (
    FEWEST_FOR_SPREAD,
    LEVEL,
    flag_of,
    keys_of,
    mean_or_nan,
    pairs_of,
    share_of_two,
    values_of,
    wide_scores,
    with_limits,
    with_test,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from peereval.rounds.comparison import Comparison
    from peereval.rounds.rows import Arms, Row, Values

ASSUMED_CORRELATIONS = (0.0, 0.2, 0.4, 0.6, 0.8)
"""Correlations between rounds without a key, under which the width of the interval is shown (a judgement)."""


def paired(mine: pd.DataFrame, asked: Comparison, method: str) -> Iterator[Row]:
    """Compare the rounds of persons who answered both.

    Parameters
    ----------
    mine : DataFrame
        Scores of one scale and arm.
    asked : Comparison
        What is compared.
    method : str
        ``"paired-t"`` or ``"sign-flip"``.

    Yields
    ------
    dict
        For each other round a row ``mean_change`` and, from ten pairs on, its effect sizes.
    """
    wide = wide_scores(mine, asked.rounds)
    for label in asked.rounds.others:
        both = pairs_of(wide, asked.rounds.reference, label)
        keyed = keys_of(label, asked.rounds.reference, len(both))
        change = both[:, 1] - both[:, 0]
        found = _change(change, method, asked.seed)
        yield {"measure": "mean_change", **keyed, **share_of_two(change), **with_test(found)}
        if len(both) >= FEWEST_FOR_SPREAD:
            for measure, size in _paired_sizes(both, mean_of(change, level=LEVEL)).items():
                yield {"measure": measure, **keyed, **with_limits(size)}


def _change(differences: Values, method: str, seed: int) -> Estimate:
    if method == "paired-t" and len(differences) >= FEWEST_FOR_SPREAD:
        return mean_of(differences, level=LEVEL)
    return Estimate(mean_or_nan(differences), p_value=sign_flip_p(differences, seed=seed))


def _paired_sizes(both: Values, change: Estimate) -> dict[str, Estimate]:
    df = len(both) - 1
    average, share = average_sd(both[:, 0], both[:, 1])
    return {
        "change_over_baseline_sd": standardised(change, standard_deviation(both[:, 0]), df=df, level=LEVEL),
        "d_av": standardised(change, average, df=df, relative_variance=share, level=LEVEL),
        "d_z": standardised(change, standard_deviation(both[:, 1] - both[:, 0]), df=df, level=LEVEL),
    }


def paired_between(part: pd.DataFrame, asked: Comparison) -> Iterator[Row]:
    """Compare the changes of two arms of persons who answered both rounds, after Welch.

    Parameters
    ----------
    part : DataFrame
        Scores of one scale in both arms.
    asked : Comparison
        What is compared, with `arms`.

    Yields
    ------
    dict
        For each other round a row ``difference_in_change`` and its effect size.
    """
    arms = asked.two_arms
    wide = wide_scores(part, asked.rounds, arm=arms.column)
    arm = wide.index.get_level_values(arms.column)
    for label in asked.rounds.others:
        both = [pairs_of(wide[arm == name], asked.rounds.reference, label) for name in (arms.other, arms.reference)]
        changes = [each[:, 1] - each[:, 0] for each in both]
        found = contrast_of_means(changes, (1, -1), level=LEVEL)
        yield from _between_rows(found, changes, [each[:, 0] for each in both], label, asked)


def unlinked(mine: pd.DataFrame, asked: Comparison) -> Iterator[Row]:
    """Compare the respondents of rounds that are not linked, after Welch.

    Parameters
    ----------
    mine : DataFrame
        Scores of one scale and arm.
    asked : Comparison
        What is compared.

    Yields
    ------
    dict
        For each other round a row ``mean_difference`` and, from ten persons a round on, ``hedges_g``; where the same
        persons answered without a key, also its interval under assumed correlations.
    """
    first = values_of(mine, asked.rounds.reference)
    for label in asked.rounds.others:
        later = values_of(mine, label)
        fewest = min(len(first), len(later))
        found = difference_of_means(later, first, level=LEVEL)
        keyed = {**keys_of(label, asked.rounds.reference, len(first) + len(later)), **flag_of(fewest)}
        if fewest < FEWEST_FOR_SPREAD:
            yield {"measure": "mean_difference", **keyed, "estimate": found.estimate}
            continue
        yield {"measure": "mean_difference", **keyed, **with_test(found)}
        sds = np.array([standard_deviation(later), standard_deviation(first)])
        sizes = np.array([len(later), len(first)])
        size = standardised(found, pooled_sd(sds, sizes), df=float(sizes.sum() - 2), level=LEVEL)
        yield {"measure": "hedges_g", **keyed, **with_limits(size)}
        if asked.design == "panel-unlinked":
            for row in _if_correlated(found, sds, sizes):
                yield {**keyed, **row}


def _if_correlated(found: Estimate, sds: Values, sizes: Values) -> Iterator[Row]:
    """Intervals if all of the smaller round had answered the larger one too, with a correlation between the rounds."""
    from scipy.stats import t

    half_width = float(t.ppf((1 + LEVEL) / 2, found.df))
    for correlation in ASSUMED_CORRELATIONS:
        variance = (sds**2 / sizes).sum() - 2 * correlation * sizes.min() * sds.prod() / sizes.prod()
        error = float(np.sqrt(max(variance, 0.0)))
        half = half_width * error
        size = Estimate(found.estimate, error, conf_low=found.estimate - half, conf_high=found.estimate + half)
        yield {"measure": "difference_if_correlated", "term": f"correlation {correlation:g}", **with_limits(size)}


def unlinked_between(part: pd.DataFrame, asked: Comparison) -> Iterator[Row]:
    """Compare two arms' differences between rounds: four independent samples.

    Parameters
    ----------
    part : DataFrame
        Scores of one scale in both arms.
    asked : Comparison
        What is compared, with `arms`.

    Yields
    ------
    dict
        For each other round a row ``difference_in_change`` and its effect size.
    """
    arms, reference = asked.two_arms, asked.rounds.reference
    for label in asked.rounds.others:
        cells = [(name, each) for name in (arms.other, arms.reference) for each in (label, reference)]
        samples = [values_of(part[part[arms.column] == name], each) for name, each in cells]
        found = contrast_of_means(samples, (1, -1, -1, 1), level=LEVEL)
        yield from _between_rows(found, samples, [samples[1], samples[3]], label, asked)


def _between_rows(
    found: Estimate, samples: Sequence[Values], starts: Sequence[Values], label: str, asked: Comparison
) -> Iterator[Row]:
    fewest = min(len(sample) for sample in samples)
    keyed = {**between_keys(asked.two_arms, label, asked.rounds.reference, sum(map(len, samples))), **flag_of(fewest)}
    if fewest < FEWEST_FOR_SPREAD:
        yield {"measure": "difference_in_change", **keyed, "estimate": found.estimate}
        return
    yield {"measure": "difference_in_change", **keyed, **with_test(found)}
    yield {"measure": "difference_over_baseline_sd", **keyed, **with_limits(over_baseline_sd(found, starts))}


def between_keys(arms: Arms, label: str, reference: str, n: int) -> Row:
    """Give round, contrast and number of persons of a row that compares two arms.

    Parameters
    ----------
    arms : Arms
        The arms.
    label, reference : str
        The rounds.
    n : int
        The number of persons.

    Returns
    -------
    dict
        The columns.
    """
    contrast = f"{arms.other} - {arms.reference}: {label} - {reference}"
    return {"round": label, "contrast": contrast, "n": n}


def over_baseline_sd(found: Estimate, starts: Sequence[Values]) -> Estimate:
    """Divide a difference of arms by the standard deviation at the reference round, pooled within the arms.

    Parameters
    ----------
    found : Estimate
        The difference.
    starts : sequence of ndarray
        The scores of the arms at the reference round.

    Returns
    -------
    Estimate
        With Hedges' correction.
    """
    sizes = np.array([len(start) for start in starts])
    sd = pooled_sd(np.array([standard_deviation(start) for start in starts]), sizes)
    return standardised(found, sd, df=float(sizes.sum() - len(sizes)), level=LEVEL)
