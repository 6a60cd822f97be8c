"""Scores of one scale as a table of persons by rounds, with the cells that are missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from peereval.errors import ColumnError, DesignError, InvalidValueError, nearest
from peereval.mixed_models.design import independent_columns
from peereval.panel import round_order
from peereval.rounds.rows import FEWEST_FOR_SPREAD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from peereval.rounds.rows import Arms

    Numbers: TypeAlias = NDArray[np.floating[Any]]
    Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class IncompleteRounds:
    """Scores of n persons in m rounds.

    Parameters
    ----------
    rounds : tuple of str
        The rounds in which anybody has a score, in their order.
    scores : ndarray, shape (n, m)
        Not-a-number where missing.
    left : ndarray of bool, shape (n, m)
        Whether the person had left the programme by the round.
    design : ndarray, shape (n, q)
        A column of ones; with two arms, 1 for the arm that is compared with the reference arm; covariates with mean 0 and
        standard deviation 1.
    arms : Arms or None
        The arms, if there are two.
    exclusions : mapping of str to int
        Reason code to the number of scores left out.
    """

    rounds: tuple[str, ...]
    scores: Numbers
    left: Flags
    design: Numbers
    arms: Arms | None
    exclusions: Mapping[str, int]

    @property
    def observed(self) -> Flags:
        """Where there is a score, shape (n, m)."""
        there: Flags = ~np.isnan(self.scores)
        return there

    @property
    def reference_design(self) -> Numbers:
        """The design as if everybody were in the reference arm, shape (n, q)."""
        if self.arms is None:
            return self.design
        moved = self.design.copy()
        moved[:, 1] = 0.0
        return moved

    @property
    def other(self) -> Flags:
        """Whose imputed scores a sensitivity analysis shifts, shape (n,): the other arm's, or everybody's."""
        shifted: Flags = self.design[:, 0 if self.arms is None else 1] == 1.0
        return shifted

    @property
    def groups(self) -> list[tuple[str | None, Flags]]:
        """Name and members of each arm."""
        if self.arms is None:
            return [(None, self.other)]
        return [(self.arms.other, self.other), (self.arms.reference, ~self.other)]


def incomplete_rounds(
    scores: pd.DataFrame, arms: Arms | None, left_programme: str | None, covariates: Sequence[str]
) -> IncompleteRounds:
    """Put the scores of one scale into a table of persons by rounds.

    Parameters
    ----------
    scores : DataFrame
        The *scores* contract, one scale, every row with a person.
    arms : Arms or None
        The arms, if there are two.
    left_programme : str or None
        A column of flags: whether the person had left the programme by that round. None where it is not needed.
    covariates : sequence of str
        Columns with one value a person.

    Returns
    -------
    IncompleteRounds
        Persons with a known arm and known covariates.

    Raises
    ------
    ColumnError
        A column is missing, or `left_programme` does not hold flags.
    InvalidValueError
        A person had left by one round and not by a later one.
    DesignError
        There are too few rounds or persons, a covariate changes within a person, or covariates say the same.
    """
    order = round_order(scores, "scores")
    persons, names = pd.factorize(scores["person"])
    place = (persons, scores["round"].cat.codes.to_numpy(dtype=np.int64))
    shape = (len(names), len(order))
    wide, gone = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    wide[place] = scores["score"].to_numpy(dtype=np.float64, na_value=np.nan)
    if left_programme is not None:
        gone = _gone(scores, left_programme, place, shape)
    reasons = np.full(len(names), "", dtype=object)
    values = [_one_a_person(scores, name, persons, reasons) for name in covariates]
    arm = None if arms is None else _first_known(scores[arms.column], persons)
    if arm is not None:
        reasons[arm.isna().to_numpy(dtype=bool)] = "arm_missing"
    kept, there = reasons == "", ~np.isnan(wide)
    used = there[kept].any(axis=0)
    _check_rounds(used)
    excluded = pd.Series(reasons[persons][~kept[persons]]).value_counts()
    other = None if arms is None or arm is None else (arm == arms.other).to_numpy(dtype=bool, na_value=False)[kept]
    found = IncompleteRounds(
        rounds=tuple(name for name, any_score in zip(order, used, strict=True) if any_score),
        scores=wide[kept][:, used],
        left=gone[kept][:, used],
        design=_design(other, [value[kept] for value in values], int(kept.sum())),
        arms=arms,
        exclusions={str(reason): int(count) for reason, count in excluded.items()},
    )
    _check_persons(found)
    return found


def _gone(scores: pd.DataFrame, column: str, place: tuple[Any, Any], shape: tuple[int, int]) -> Flags:
    """Whether each person had left by each round; who has left does not come back."""
    if column not in scores.columns:
        msg = f"The scores have no column {column!r}, which says by which round a person had left the programme."
        hint = "Take it over from the responses (a merge on person and round); without it a gap cannot be told from leaving."
        raise ColumnError(msg, hint=hint)
    if not scores[column].dropna().isin([True, False]).all():
        msg = f"The column {column!r} of the scores holds {scores[column].dtype}; expected flags."
        raise ColumnError(msg, hint="It says of each row whether the person had left the programme by that round.")
    said = scores[column].astype("boolean")
    gone, stayed = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    gone[place] = said.fillna(value=False).to_numpy(dtype=bool)
    stayed[place] = (~said).fillna(value=False).to_numpy(dtype=bool)
    after: Flags = np.logical_or.accumulate(gone, axis=1)
    back = int((after & stayed).any(axis=1).sum())
    if back:
        msg = f"{back} persons had left the programme by one round and not by a later one."
        raise InvalidValueError(msg, hint=f"Mend the column {column!r}: a person who came back had not left.")
    return after


def _first_known(column: pd.Series, persons: NDArray[np.integer[Any]]) -> pd.Series:
    return column.reset_index(drop=True).groupby(persons).first()


def _one_a_person(
    scores: pd.DataFrame, name: str, persons: NDArray[np.integer[Any]], reasons: NDArray[np.object_]
) -> Numbers:
    """The columns of a covariate, shape (persons, columns); where it is not known, the reason is set."""
    if name not in scores.columns:
        msg = f"The scores have no column {name!r} for a covariate."
        raise ColumnError(msg, hint=nearest(name, map(str, scores.columns)))
    distinct = scores[name].reset_index(drop=True).groupby(persons).nunique()
    moved = int((distinct > 1).sum())
    if moved:
        msg = f"{moved} persons change their {name!r} between rounds; it must be one per person."
        raise DesignError(msg, hint="Decide which one counts, for example that of the first round.")
    value = _first_known(scores[name], persons)
    reasons[value.isna().to_numpy(dtype=bool)] = "covariate_missing"
    if pd.api.types.is_numeric_dtype(value.dtype) and not pd.api.types.is_bool_dtype(value.dtype):
        return value.to_numpy(dtype=np.float64, na_value=np.nan)[:, None]
    return pd.get_dummies(value.astype("string"), drop_first=True).to_numpy(dtype=np.float64)


def _design(other: Flags | None, values: list[Numbers], n: int) -> Numbers:
    ones = [np.ones((n, 1))] if other is None else [np.ones((n, 1)), other[:, None].astype(np.float64)]
    spread = [(value - value.mean(axis=0)) / np.maximum(value.std(axis=0), np.finfo(float).tiny) for value in values]
    design: Numbers = np.hstack([*ones, *spread])
    if not independent_columns(design).all():
        msg = "The covariates say the same as the arm or as each other, or are the same for everybody."
        raise DesignError(msg, hint="Leave out those that follow from the others.")
    return design


def _check_rounds(used: Flags) -> None:
    if used.sum() < 2:  # noqa: PLR2004 - a change needs two rounds
        msg = f"Persons with known arm and covariates have scores in {int(used.sum())} rounds; a change needs two."
        raise DesignError(msg, hint="Look whether arm, covariates and scores are there.")


def _check_persons(found: IncompleteRounds) -> None:
    there = found.observed
    for name, members in found.groups:
        where = "" if name is None else f" of the arm {name!r}"
        counts = there[members].sum(axis=0)
        if len(there[members]) < FEWEST_FOR_SPREAD:
            msg = f"There are {len(there[members])} persons{where}; fewer than {FEWEST_FOR_SPREAD} are not imputed (rule R3)."
            raise DesignError(msg, hint="Compare those who answered, with method='sign-flip'.")
        if counts.min() == 0:
            msg = f"No person{where} has a score in the round {found.rounds[int(counts.argmin())]!r}."
            raise DesignError(msg, hint="Leave the round out, or impute each arm's own rounds.")
