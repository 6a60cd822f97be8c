"""The rows that a model is fitted to: who, when, in which group, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from peereval.errors import (
    ColumnError,
    DesignError,
    DuplicateError,
    InvalidValueError,
    MissingValueError,
    OutOfRangeError,
    nearest,
)
from peereval.mentions import row_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from peereval.mixed_models.covariance import Structure

    Codes: TypeAlias = NDArray[np.integer[Any]]


class Roles(NamedTuple):
    """Which columns play which part.

    Parameters
    ----------
    person, round : str
        The key of a row.
    groups, weights, cluster : str or None
        What has a covariance of its own, the precision of a row, and what persons are clustered in.
    outcome, covariates : frozenset of str
        The variables on the left and on the right of the formula.
    """

    person: str
    round: str
    groups: str | None
    weights: str | None
    cluster: str | None
    outcome: frozenset[str]
    covariates: frozenset[str]

    @property
    def columns(self) -> list[str]:
        """All columns, each once."""
        named = [self.person, self.round, self.groups, self.weights, self.cluster]
        said = [name for name in named if name is not None]
        return list(dict.fromkeys([*said, *sorted(self.outcome), *sorted(self.covariates)]))


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """The rows used.

    Parameters
    ----------
    frame : DataFrame
        The columns that have a role, without missing values; texts and flags as categoricals with the levels that
        occur.
    kept : ndarray of int
        Positions of the rows in the caller's table.
    persons, rounds : ndarray of int, shape (rows,)
        Codes from 0.
    round_names, group_names : tuple of str
        What the codes stand for; one empty name where all persons share one covariance.
    groups : ndarray of int, shape (persons,)
        The covariance group of every person.
    clusters : ndarray of int or None, shape (persons,)
        The cluster of every person.
    weights : ndarray or None, shape (rows,)
        The precision of every row.
    exclusions : mapping of str to int
        Reason code to the number of rows left out.
    unobserved_rounds : tuple of str
        Rounds that are declared but have no row that is used.
    """

    frame: pd.DataFrame
    kept: Codes
    persons: Codes
    rounds: Codes
    round_names: tuple[str, ...]
    group_names: tuple[str, ...]
    groups: Codes
    clusters: Codes | None
    weights: NDArray[np.floating[Any]] | None
    exclusions: Mapping[str, int]
    unobserved_rounds: tuple[str, ...]

    @property
    def n_persons(self) -> int:
        """How many persons have a row that is used."""
        return len(self.groups)


def observe(data: pd.DataFrame, roles: Roles, structure: Structure) -> Observations:
    """Take the rows that have all that the model needs, and count the others.

    Parameters
    ----------
    data : DataFrame
        One row a person and round; rows without an outcome may be there or not.
    roles : Roles
        Which columns play which part.
    structure : Structure
        The covariance structure; some need the order of the rounds.

    Returns
    -------
    Observations
        The rows used.

    Raises
    ------
    ColumnError
        A column is missing.
    MissingValueError
        A row has no person or no round.
    DuplicateError
        A person has two rows in a round.
    DesignError
        Nothing is left, fewer than two rounds are, or a person is in two groups.
    InvalidValueError
        The order of the rounds matters and is not known.
    OutOfRangeError
        A weight is not positive.
    """
    _check_columns(data, roles)
    frame = data[roles.columns]
    codes, names = _round_codes(frame[roles.round], structure)
    persons = _codes(frame[roles.person])
    _check_unique(persons, codes, names)
    reasons = _reasons(frame, roles)
    kept = np.flatnonzero(reasons == "")
    if not len(kept):
        msg = "No row has the outcome and all covariates."
        raise DesignError(msg, hint="Look at the columns of the formula for missing values.")
    excluded = {str(reason): int(count) for reason, count in pd.Series(reasons[reasons != ""]).value_counts().items()}
    used = frame if len(kept) == len(frame) else frame.iloc[kept]
    person, first = _compressed(persons[kept])
    there, round_codes = np.unique(codes[kept], return_inverse=True)
    _check_rounds(there, names, structure)
    groups, group_names = _constant(used, roles.groups, person, first)
    clusters, _ = _constant(used, roles.cluster, person, first)
    return Observations(
        frame=_prepared(used, roles),
        kept=kept,
        persons=person,
        rounds=round_codes,
        round_names=tuple(names[code] for code in there),
        group_names=group_names,
        groups=groups,
        clusters=None if roles.cluster is None else clusters,
        weights=_weights(used, roles.weights, kept),
        exclusions=excluded,
        unobserved_rounds=tuple(name for code, name in enumerate(names) if code not in set(there.tolist())),
    )


def _check_columns(data: pd.DataFrame, roles: Roles) -> None:
    for name in roles.columns:
        if name not in data.columns:
            msg = f"The data have no column {name!r}."
            raise ColumnError(msg, hint=nearest(name, map(str, data.columns)))
        if isinstance(data[name], pd.DataFrame):
            msg = f"The data have the column {name!r} twice."
            raise ColumnError(msg, hint="Rename or drop one of them.")
    for name in (roles.person, roles.round):
        empty = data[name].isna().to_numpy(dtype=bool)
        if empty.any():
            msg = f"The column {name!r} is empty in {row_numbers(_places(empty))}; it must be filled."
            raise MissingValueError(msg, hint="An answer that nobody knows the person of may count as its own person.")


def _places(mask: NDArray[np.bool_]) -> list[int]:
    found: list[int] = np.flatnonzero(mask).tolist()
    return found


def _codes(column: pd.Series) -> Codes:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(dtype=np.int64)
    return np.asarray(pd.factorize(column)[0], dtype=np.int64)


def _round_codes(column: pd.Series, structure: Structure) -> tuple[Codes, list[str]]:
    """Codes of the rounds in their order, and their names."""
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        if structure.ordered and not kind.ordered:
            raise _unordered(column, structure)
        return column.cat.codes.to_numpy(dtype=np.int64), [str(name) for name in kind.categories]
    if structure.ordered and not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind)):
        raise _unordered(column, structure)
    codes, values = pd.factorize(column, sort=True)
    return np.asarray(codes, dtype=np.int64), [str(value) for value in values]


def _unordered(column: pd.Series, structure: Structure) -> InvalidValueError:
    msg = f"The column {column.name!r} has no order, and the covariance {structure.name!r} depends on the order of rounds."
    return InvalidValueError(
        msg, hint="Make it an ordered categorical: pd.Categorical(…, categories=[…], ordered=True)."
    )


def _check_unique(persons: Codes, rounds: Codes, names: list[str]) -> None:
    cells = persons * len(names) + rounds
    counts = np.bincount(cells) if len(cells) else cells
    if len(counts) and counts.max() > 1:
        twice = int(counts.argmax())
        where = row_numbers(_places(cells == twice))
        n = int((counts > 1).sum())
        msg = f"{n} persons and rounds have more than one row; the first in the round {names[twice % len(names)]!r} in {where}."
        raise DuplicateError(msg, hint="Keep one row a person and round, and say in the report which.")


def _reasons(frame: pd.DataFrame, roles: Roles) -> NDArray[np.object_]:
    """Why each row is left out; empty where it is used. The outcome is named first."""
    reasons = np.full(len(frame), "", dtype=object)
    parts: list[tuple[str, Iterable[str | None]]] = [
        ("group_missing", (roles.groups, roles.cluster)),
        ("weight_missing", (roles.weights,)),
        ("covariate_missing", roles.covariates),
        ("outcome_missing", roles.outcome),
    ]
    for reason, names in parts:
        for name in names:
            if name is not None:
                reasons[frame[name].isna().to_numpy(dtype=bool)] = reason
    return reasons


def _compressed(codes: Codes) -> tuple[Codes, Codes]:
    """Number the persons that are left from 0, and say where the first row of each stands."""
    again, _ = pd.factorize(codes)
    first = np.empty(again.max() + 1, dtype=np.int64)
    first[again[::-1]] = np.arange(len(again))[::-1]
    return again.astype(np.int64), first


def _check_rounds(there: Codes, names: list[str], structure: Structure) -> None:
    if len(there) < 2:  # noqa: PLR2004 - a covariance needs two rounds
        msg = f"The rows that can be used belong to the round {names[there[0]]!r} only; a model of repeated measures needs two."
        raise DesignError(msg, hint="Compare groups within one round by a linear model.")
    gaps = set(range(int(there[0]), int(there[-1]))) - set(there.tolist())
    if structure.spaced and gaps:
        missing = ", ".join(repr(names[gap]) for gap in sorted(gaps))
        msg = f"No row belongs to the round {missing}, and {structure.name!r} takes rounds as equally spaced."
        raise DesignError(msg, hint="Use 'unstructured', or drop the empty round if the others are equally spaced.")


def _constant(
    frame: pd.DataFrame, name: str | None, persons: Codes, first: Codes
) -> tuple[Codes, tuple[str, ...]]:  # fmt: skip
    """Codes of a column by person, which must not change between a person's rows."""
    if name is None:
        return np.zeros(len(first), dtype=np.int64), ("",)
    column = frame[name]
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.cat.remove_unused_categories()
        codes, labels = column.cat.codes.to_numpy(dtype=np.int64), list(column.cat.categories)
    else:
        found, values = pd.factorize(column, sort=True)
        codes, labels = np.asarray(found, dtype=np.int64), list(values)
    per_person = codes[first]
    moved = codes != per_person[persons]
    if moved.any():
        msg = (
            f"{len(np.unique(persons[moved]))} persons change their {name!r} between rounds; it must be one per person."
        )
        raise DesignError(msg, hint="Decide which one counts, for example that of the first round.")
    return per_person, tuple(str(label) for label in labels)


def _prepared(frame: pd.DataFrame, roles: Roles) -> pd.DataFrame:
    """The variables of the formula with plain types: factors as categoricals, numbers without a mark for missing."""
    wanted = [name for name in roles.columns if name in roles.outcome | roles.covariates]
    return pd.DataFrame({name: _plain(frame[name]) for name in wanted}, index=frame.index)


def _plain(column: pd.Series) -> pd.Series:
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return column.cat.remove_unused_categories()
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
        return column.astype(np.int64 if pd.api.types.is_integer_dtype(kind) else np.float64)
    if pd.api.types.is_datetime64_any_dtype(kind):
        msg = f"The column {column.name!r} holds dates, which are neither numbers nor levels."
        raise ColumnError(msg, hint="Turn it into a number first, such as days since the start.")
    codes, values = pd.factorize(column, sort=True)
    return pd.Series(pd.Categorical.from_codes(codes, values), index=column.index, name=column.name)


def _weights(frame: pd.DataFrame, name: str | None, kept: Codes) -> NDArray[np.floating[Any]] | None:
    if name is None:
        return None
    if not pd.api.types.is_numeric_dtype(frame[name].dtype):
        msg = f"The weights {name!r} are {frame[name].dtype}; they must be numbers."
        raise ColumnError(msg, hint="Weights are precisions: a row of weight 2 counts as the mean of two.")
    weights = frame[name].to_numpy(dtype=np.float64)
    wrong = ~((weights > 0) & np.isfinite(weights))
    if wrong.any():
        rows = row_numbers(kept[wrong].tolist())
        msg = f"The weights {name!r} are not positive in {rows}."
        raise OutOfRangeError(msg, hint="Weights are precisions; take rows that shall not count out of the data.")
    return weights
