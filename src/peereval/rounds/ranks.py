"""Rank tests of rounds: of pairs, of respondents who are not linked, of ordinal answers; and tests of all rounds at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.errors import DesignError
from peereval.estimation.ranks import brunner_munzel, mann_whitney, sign_test, signed_rank
from peereval.estimation.several_rounds import cochran_q, friedman, repeated_measures_anova
from peereval.rounds.answers import shares, yes_no
from peereval.rounds.rows import (
    FEWEST_FOR_SPREAD,
    LEVEL,
    fewest_of,
    flag_of,
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

PAIRED = {"wilcoxon": (signed_rank, "rank_biserial"), "sign-test": (sign_test, "net_rise")}
UNLINKED = {"mann-whitney": (mann_whitney, "rank_biserial"), "brunner-munzel": (brunner_munzel, "superiority")}
WHOLE = {"rm-anova": repeated_measures_anova, "friedman": friedman, "cochran-q": cochran_q}
"""Methods of this file: function, and the measure of its estimate."""


def paired_ranks(part: pd.DataFrame, asked: Comparison, method: str) -> Iterator[Row]:
    """Test the changes of persons with both rounds by their ranks or signs.

    Parameters
    ----------
    part : DataFrame
        Scores of one scale, none missing.
    asked : Comparison
        What is compared.
    method : str
        A key of `PAIRED`.

    Yields
    ------
    dict
        Rows ``rank_biserial`` or ``net_rise`` (share that rose minus share that fell).
    """
    test, measure = PAIRED[method]
    if asked.measurement == "scale":
        yield from observed_means(part, asked.rounds)
    wide = wide_scores(part, asked.rounds)
    for label in asked.rounds.others:
        both = pairs_of(wide, asked.rounds.reference, label)
        change = both[:, 1] - both[:, 0]
        keyed = keys_of(label, asked.rounds.reference, len(both))
        yield {"measure": measure, **keyed, **_few_changes(change), **with_test(test(change, level=LEVEL))}


def _few_changes(change: Values) -> Row:
    """An exact p value tells how many changed, where they were few."""
    rose, fell = int((change > 0).sum()), int((change < 0).sum())
    few = [count for count in (rose, fell, rose + fell) if count < FEWEST_FOR_SPREAD]
    return fewest_of(*few)


def unlinked_ranks(part: pd.DataFrame, asked: Comparison, method: str) -> Iterator[Row]:
    """Compare the respondents of rounds that are not linked by ranks.

    Parameters
    ----------
    part : DataFrame
        Scores of one scale, none missing.
    asked : Comparison
        What is compared.
    method : str
        A key of `UNLINKED`.

    Yields
    ------
    dict
        Rows ``rank_biserial`` or ``superiority`` (probability that a later answer is higher, ties counting half).
    """
    test, measure = UNLINKED[method]
    if asked.measurement == "scale":
        yield from observed_means(part, asked.rounds)
    first = values_of(part, asked.rounds.reference)
    for label in asked.rounds.others:
        later = values_of(part, label)
        keyed = keys_of(label, asked.rounds.reference, len(first) + len(later))
        found = test(later, first, level=LEVEL)
        yield {"measure": measure, **keyed, **flag_of(min(len(first), len(later))), **with_test(found)}


def whole_test(part: pd.DataFrame, asked: Comparison, method: str) -> Iterator[Row]:
    """Test all rounds at once, of persons who answered every one of them: for teaching.

    Parameters
    ----------
    part : DataFrame
        Scores of one scale, none missing.
    asked : Comparison
        What is compared.
    method : str
        A key of `WHOLE`.

    Yields
    ------
    dict
        A row ``rounds_test`` with F or chi-squared.

    Raises
    ------
    DesignError
        Fewer than two persons answered three rounds.
    """
    if asked.measurement == "scale":
        yield from observed_means(part, asked.rounds)
    if asked.measurement == "yes-no":
        part = yes_no(part, asked)
        yield from shares(part, asked)
    wide = wide_scores(part, asked.rounds).dropna(axis=1, how="all").dropna()
    if wide.shape[1] < 3 or len(wide) < 2:  # noqa: PLR2004 - what the tests need
        msg = f"{len(wide)} persons answered all of {wide.shape[1]} rounds; the method {method!r} needs two persons and three rounds."
        raise DesignError(msg, hint="Compare two rounds by another method, such as 'auto'.")
    found = WHOLE[method](wide.to_numpy(dtype=np.float64))
    numbers = {
        "statistic": found.statistic,
        "df": found.df,
        "df_denominator": found.df_error,
        "p_value": found.p_value,
    }
    yield {"measure": "rounds_test", "round": asked.rounds.tested, "contrast": "all rounds", "n": len(wide), **numbers}
