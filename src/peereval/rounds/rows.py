"""The rows of a comparison of rounds: what they are called, counted and flagged by."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from peereval.estimation.means import Estimate, mean_of, rarer_of_two, standard_deviation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Values: TypeAlias = NDArray[np.float64]
    Row: TypeAlias = dict[str, object]

LEVEL = 0.95
FEWEST_FOR_SPREAD = 10
FEW = 20
MUCH_LOST = 0.05
"""Share lost at the last round from which sensitivity analyses are asked for (rule R1; a judgement)."""
FLAGS = {
    "fewer_than_10": "fewer than 10 persons (in an arm): no standard deviation and no interval; only a paired change has a p value, from sign flips, without covariates, units or weights (rule R3)",
    "fewer_than_20": "fewer than 20 persons (in an arm): read with care (rule R3)",
    "few_units": "too few units for clustered standard errors: means of units are compared, every unit counting the same, without covariates (rule R8)",
    "no_model": "no model could be fitted to this scale; changes of points are those of persons with both rounds, by the paired t test, without covariates, units or weights",
}
"""What a row may be flagged with."""


class Arms(NamedTuple):
    """Two arms of a comparison.

    Parameters
    ----------
    column : str
        The column of the scores that holds them.
    reference, other : str
        Changes of `other` are compared with those of `reference`.
    """

    column: str
    reference: str
    other: str


class Rounds(NamedTuple):
    """The rounds of a comparison.

    Parameters
    ----------
    order : list of str
        All rounds as they were held.
    reference : str
        The round that the others are compared with.

    Examples
    --------
    >>> rounds = Rounds(["start", "half-year", "one-year"], "half-year")
    >>> rounds.others, rounds.tested
    (['start', 'one-year'], 'one-year')
    """

    order: list[str]
    reference: str

    @property
    def others(self) -> list[str]:
        """The rounds that are compared with the reference round."""
        return [name for name in self.order if name != self.reference]

    @property
    def tested(self) -> str:
        """The round at which is tested: the last one held (rule R10)."""
        return self.order[-1]


def by_arm(part: pd.DataFrame, arms: Arms | None) -> list[tuple[Row, pd.DataFrame]]:
    """Divide scores by arm.

    Parameters
    ----------
    part : DataFrame
        Scores.
    arms : Arms or None
        The arms.

    Returns
    -------
    list of tuple of dict and DataFrame
        The column that names the arm, and its scores, the reference arm first; everybody where there are no arms.
    """
    if arms is None:
        return [({}, part)]
    return [({"group": name}, part[part[arms.column] == name]) for name in (arms.reference, arms.other)]


def observed_means(mine: pd.DataFrame, rounds: Rounds) -> Iterator[Row]:
    """Describe those who answered each round.

    Parameters
    ----------
    mine : DataFrame
        Scores of one scale and arm, with ``round`` and ``score``.
    rounds : Rounds
        The rounds.

    Yields
    ------
    dict
        A row ``mean`` for each round.
    """
    for label in rounds.order:
        values = values_of(mine, label)
        found = mean_of(values, level=LEVEL) if len(values) >= FEWEST_FOR_SPREAD else Estimate(mean_or_nan(values))
        sd = standard_deviation(values) if len(values) >= FEWEST_FOR_SPREAD else np.nan
        counts: Row = {"n": len(values), "sd": sd, **share_of_two(values), **flag_of(len(values))}
        yield {"measure": "mean", "round": label, **with_limits(found), **counts}


def keys_of(label: str, reference: str, n: int) -> Row:
    """Give round, contrast, number of persons and flag of a row.

    Parameters
    ----------
    label, reference : str
        The round, and the one that it is compared with.
    n : int
        The number of persons.

    Returns
    -------
    dict
        The columns.

    Examples
    --------
    >>> keys_of("one-year", "start", 24)["contrast"]
    'one-year - start'
    """
    return {"round": label, "contrast": f"{label} - {reference}", "n": n, **flag_of(n)}


def wide_scores(part: pd.DataFrame, rounds: Rounds, *, arm: str | None = None) -> pd.DataFrame:
    """Give one row a person and one column a round.

    Parameters
    ----------
    part : DataFrame
        Scores of one scale.
    rounds : Rounds
        The rounds, which become the columns.
    arm : str, optional
        A column that joins the person in the index.

    Returns
    -------
    DataFrame
        The scores; missing where a person has none in a round.
    """
    keys = ["person"] if arm is None else ["person", arm]
    return part.pivot(index=keys, columns="round", values="score").reindex(columns=rounds.order)


def pairs_of(wide: pd.DataFrame, first: str, later: str) -> Values:
    """Give the scores of persons with both rounds.

    Parameters
    ----------
    wide : DataFrame
        One row a person, one column a round.
    first, later : str
        The rounds.

    Returns
    -------
    ndarray, shape (persons, 2)
        The scores.
    """
    return wide[[first, later]].dropna().to_numpy(dtype=np.float64)


def values_of(mine: pd.DataFrame, label: str) -> Values:
    """Give the scores of one round.

    Parameters
    ----------
    mine : DataFrame
        Scores with ``round`` and ``score``.
    label : str
        The round.

    Returns
    -------
    ndarray
        The scores.
    """
    return mine.loc[mine["round"] == label, "score"].to_numpy(dtype=np.float64)


def mean_or_nan(values: Values) -> float:
    """Give the mean, not-a-number where there are no values.

    Parameters
    ----------
    values : ndarray
        Scores.

    Returns
    -------
    float
        Their mean.
    """
    return float(values.mean()) if len(values) else np.nan


def share_of_two(values: Values) -> Row:
    """Give the column that tells release that a mean is a share, where it is one.

    Parameters
    ----------
    values : ndarray
        Scores or changes.

    Returns
    -------
    dict
        ``two_valued``, or nothing.
    """
    rarer = rarer_of_two(values)
    return {} if np.isnan(rarer) else {"two_valued": rarer}


def lost_share(scores: pd.DataFrame, rounds: Rounds) -> float:
    """Give the share of those with the reference round who lack the last one.

    Parameters
    ----------
    scores : DataFrame
        Scores of one or several scales, none missing.
    rounds : Rounds
        The rounds.

    Returns
    -------
    float
        Of persons and scales; 0 where nobody has the reference round.
    """
    keys = ["person", "instrument", "scale"]
    first, last = (
        pd.MultiIndex.from_frame(scores.loc[scores["round"] == label, keys].astype(object))
        for label in (rounds.reference, rounds.tested)
    )
    return 1 - float(first.isin(last).mean()) if len(first) else 0.0


def fewest_of(*counts: float) -> Row:
    """Give the column that tells release how few persons a test or a difference of shares would give away.

    Parameters
    ----------
    *counts : float
        Persons of each kind, such as those who rose and those who fell. Nobody is not few.

    Returns
    -------
    dict
        ``two_valued``: the smallest count above 0, or nothing.

    Examples
    --------
    >>> fewest_of(0, 3, 20)
    {'two_valued': 3.0}
    """
    there = [float(count) for count in counts if count > 0]
    return {"two_valued": min(there)} if there else {}


def flag_of(n: int) -> Row:
    """Say what to mind with so many persons.

    Parameters
    ----------
    n : int
        Persons, in the smaller arm where there are two.

    Returns
    -------
    dict
        The column ``flag``.

    Examples
    --------
    >>> flag_of(12)
    {'flag': 'fewer_than_20'}
    """
    if n >= FEW:
        return {"flag": pd.NA}
    return {"flag": "fewer_than_10" if n < FEWEST_FOR_SPREAD else "fewer_than_20"}


def with_limits(found: Estimate) -> Row:
    """Give an estimate with its limits and without a test.

    Parameters
    ----------
    found : Estimate
        What was found.

    Returns
    -------
    dict
        Columns of the shared vocabulary.
    """
    limits = {"conf_low": found.conf_low, "conf_high": found.conf_high, "conf_level": LEVEL}
    return {"estimate": found.estimate, "std_error": found.std_error, **limits}


def with_test(found: Estimate) -> Row:
    """Give an estimate with its limits and its test.

    Parameters
    ----------
    found : Estimate
        What was found.

    Returns
    -------
    dict
        Columns of the shared vocabulary.
    """
    return {**asdict(found), "conf_level": LEVEL}
