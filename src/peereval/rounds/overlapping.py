"""Rounds that partly the same persons answered: Derrick's tests of partially overlapping samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.estimation.overlapping import overlapping_means, overlapping_proportions
from peereval.rounds.answers import shares, yes_no
from peereval.rounds.rows import (
    LEVEL,
    by_arm,
    fewest_of,
    keys_of,
    observed_means,
    pairs_of,
    values_of,
    wide_scores,
    with_test,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from peereval.rounds.comparison import Comparison
    from peereval.rounds.rows import Row, Values


def overlapping_rows(part: pd.DataFrame, asked: Comparison) -> Iterator[Row]:
    """Describe the rounds, and compare them by all who answered either of two.

    Parameters
    ----------
    part : DataFrame
        Scores of one scale, none missing.
    asked : Comparison
        What is compared.

    Yields
    ------
    dict
        Rows ``mean`` and ``overlapping_change`` of scales, ``share_yes`` and ``overlapping_risk_change`` of yes/no answers.
    """
    if asked.measurement == "yes-no":
        part = yes_no(part, asked)
        yield from shares(part, asked)
    else:
        yield from observed_means(part, asked.rounds)
    yield from overlapping_changes(part, asked)


def overlapping_changes(part: pd.DataFrame, asked: Comparison) -> Iterator[Row]:
    """Compare the rounds of each arm by all who answered either of two, assuming that nothing decides who answers.

    Parameters
    ----------
    part : DataFrame
        Scores of one scale, none missing; yes/no answers as 1 and 0.
    asked : Comparison
        What is compared.

    Yields
    ------
    dict
        A row for each arm and other round.
    """
    shares_of_yes = asked.measurement == "yes-no"
    test = overlapping_proportions if shares_of_yes else overlapping_means
    measure = "overlapping_risk_change" if shares_of_yes else "overlapping_change"
    for name, mine in by_arm(part, asked.arms):
        wide = wide_scores(mine, asked.rounds)
        for label in asked.rounds.others:
            first, later = wide[asked.rounds.reference], wide[label]
            alone = [each[other.isna()].dropna().to_numpy() for each, other in ((first, later), (later, first))]
            both = pairs_of(wide, asked.rounds.reference, label)
            keyed = keys_of(label, asked.rounds.reference, len(both) + sum(map(len, alone)))
            few = _few(values_of(mine, asked.rounds.reference), values_of(mine, label), both) if shares_of_yes else {}
            yield {**name, "measure": measure, **keyed, **few, **with_test(test(both, *alone, level=LEVEL))}


def _few(first: Values, later: Values, both: Values) -> Row:
    turned = both[:, 1] - both[:, 0]
    return fewest_of(
        *(count for each in (first, later) for count in (each.sum(), (1 - each).sum())),
        (turned > 0).sum(),
        (turned < 0).sum(),
    )
