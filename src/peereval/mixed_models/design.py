"""From a formula to a design matrix of full rank, and to the rows that means are made of."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from peereval.errors import AliasedColumnsWarning, ConvergenceError, DesignError, FormulaError, OutOfRangeError
from peereval.mentions import row_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from peereval.mixed_models.observations import Observations

    Numbers: TypeAlias = NDArray[np.floating[Any]]

_ALIASED = 1e-7
"""Share of a column's length outside of the columns before it, up to which it counts as aliased (as R's lm)."""
_SUSPICIOUS = 1e-4
"""The same share from which products of columns tell it reliably."""


def parse(formula: str) -> Any:
    """Read a model formula.

    Parameters
    ----------
    formula : str
        Such as ``"score ~ arm * round + age"``.

    Returns
    -------
    formulaic.Formula
        With a left and a right side.

    Raises
    ------
    FormulaError
        The formula cannot be read or has no outcome.

    Examples
    --------
    >>> sorted(parse("score ~ arm * round").required_variables)
    ['arm', 'round', 'score']
    """
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    try:
        parsed = Formula(formula)
    except (FormulaicError, TypeError, SyntaxError) as error:
        msg = f"The formula {formula!r} cannot be read: {_plain_text(error)}."
        raise FormulaError(
            msg, hint="Write the outcome, ~, and what it depends on: 'score ~ arm * round + age'."
        ) from error
    if not hasattr(parsed, "lhs") or not hasattr(parsed, "rhs") or not hasattr(parsed.rhs, "get_model_matrix"):
        msg = f"The formula {formula!r} is not of the kind 'outcome ~ predictors'."
        raise FormulaError(msg, hint="Write the outcome, ~, and what it depends on: 'score ~ arm * round + age'.")
    return parsed


def _plain_text(error: BaseException) -> str:
    text = re.sub(r"\x1b\[[0-9;]*m|⧛\[[0-9;]*m⧚?", "", str(error))
    return " ".join(text.split()).rstrip(".")


@dataclass(frozen=True, eq=False)
class Design:
    """The fixed effects.

    Parameters
    ----------
    names : tuple of str
        The columns that the formula makes.
    kept : ndarray of bool, shape (names,)
        Which of them can be estimated; the others are sums of columns before them.
    columns : ndarray, shape (rows, p)
        Those that can.
    outcome : ndarray, shape (rows,)
        The outcome.
    outcome_name : str
        As the formula writes it.
    specification : formulaic.ModelSpec
        How columns are made from variables.
    frame : DataFrame
        The variables.
    """

    names: tuple[str, ...]
    kept: NDArray[np.bool_]
    columns: Numbers
    outcome: Numbers
    outcome_name: str
    specification: Any
    frame: pd.DataFrame

    @property
    def aliased(self) -> tuple[str, ...]:
        """The columns that cannot be estimated."""
        return tuple(name for name, kept in zip(self.names, self.kept, strict=True) if not kept)

    @property
    def estimable(self) -> tuple[str, ...]:
        """The columns that can be estimated."""
        return tuple(name for name, kept in zip(self.names, self.kept, strict=True) if kept)

    @cached_property
    def terms(self) -> dict[str, list[int]]:
        """The terms of the formula and the places of their columns among `names`."""
        return {str(term): list(places) for term, places in self.specification.term_indices.items()}

    @cached_property
    def levels(self) -> dict[str, list[Any]]:
        """The factors of the formula and their levels."""
        as_factor = {
            name
            for factor, variables in self.specification.factor_variables.items()
            if str(factor).startswith("C(")
            for name in variables
        }
        found: dict[str, list[Any]] = {}
        for name in self.variables:
            column = self.frame[name]
            if isinstance(column.dtype, pd.CategoricalDtype):
                found[name] = list(column.cat.categories)
            elif name in as_factor:
                found[name] = sorted(column.unique().tolist())
        return found

    @cached_property
    def averages(self) -> dict[str, float]:
        """The covariates that are numbers, and their means over the rows used."""
        return {name: float(self.frame[name].mean()) for name in self.variables if name not in self.levels}

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The variables on the right side of the formula that are columns of the data."""
        used = {str(name) for names in self.specification.factor_variables.values() for name in names}
        return tuple(name for name in self.frame.columns if name in used)

    def rows_for(self, grid: pd.DataFrame) -> Numbers:
        """Make the columns for new values of the variables.

        Parameters
        ----------
        grid : DataFrame
            A column for every variable.

        Returns
        -------
        ndarray, shape (rows, names)
            All columns, those that cannot be estimated among them.
        """
        typed = grid.assign(
            **{
                name: grid[name].astype(self.frame[name].dtype)
                for name in self.levels
                if isinstance(self.frame[name].dtype, pd.CategoricalDtype)
            }
        )
        made: Numbers = np.asarray(_materialised(self.specification, typed), dtype=np.float64)
        return made

    @cached_property
    def null_space(self) -> Numbers:
        """What combinations of all columns are 0 on every row; shape (names, aliased)."""
        if not self.aliased:
            return np.zeros((len(self.names), 0))
        every = np.asarray(_materialised(self.specification, self.frame), dtype=np.float64)
        shares = np.linalg.lstsq(every[:, self.kept], every[:, ~self.kept], rcond=None)[0]
        space = np.zeros((len(self.names), int((~self.kept).sum())))
        space[self.kept] = -shares
        space[~self.kept] = np.eye(space.shape[1])
        return space

    def is_estimable(self, rows: Numbers) -> NDArray[np.bool_]:
        """Say which combinations of all columns the data determine.

        Parameters
        ----------
        rows : ndarray, shape (..., names)
            Combinations.

        Returns
        -------
        ndarray of bool, shape (...,)
            Whether each is the same for all coefficients that fit equally well.
        """
        reach = np.abs(rows).max(axis=-1) + 1.0
        found: NDArray[np.bool_] = (np.abs(rows @ self.null_space) < 1e-6 * reach[..., None]).all(axis=-1)
        return found


def make_design(parsed: Any, observations: Observations) -> Design:
    """Make the design matrix and take out the columns that are sums of others.

    Parameters
    ----------
    parsed : formulaic.Formula
        The formula.
    observations : Observations
        The rows used.

    Returns
    -------
    Design
        Of full rank.

    Raises
    ------
    FormulaError
        The formula cannot be followed, or has more than one outcome.
    DesignError
        No column is left, or there are not more rows than columns.
    OutOfRangeError
        A column of the formula is infinite or undefined, such as the logarithm of 0.
    ConvergenceError
        The outcome does not vary.

    Warns
    -----
    AliasedColumnsWarning
        Columns are sums of others.
    """
    made = _materialised(parsed, observations.frame)
    outcome, matrix = np.asarray(made.lhs, dtype=np.float64), np.asarray(made.rhs, dtype=np.float64)
    names = tuple(str(name) for name in made.rhs.model_spec.column_names)
    if outcome.shape[1] != 1:
        msg = f"The left side of the formula makes {outcome.shape[1]} columns; an outcome is one number."
        raise FormulaError(msg, hint="Text and flags are no outcomes of this model.")
    _check_finite(np.column_stack([outcome.sum(axis=1), matrix.sum(axis=1)]), observations.kept)
    kept = independent_columns(matrix)
    design = Design(
        names=names,
        kept=kept,
        columns=matrix if kept.all() else matrix[:, kept],
        outcome=outcome[:, 0],
        outcome_name=str(made.lhs.model_spec.column_names[0]),
        specification=made.rhs.model_spec,
        frame=observations.frame,
    )
    _check_size(design)
    if design.aliased:
        text = f"The columns {', '.join(design.aliased)} are sums of others on these data and cannot be estimated."
        warnings.warn(text, AliasedColumnsWarning, stacklevel=3)
    return design


def _check_size(design: Design) -> None:
    n, p = design.columns.shape
    if not p:
        msg = "The formula makes no column that can be estimated."
        raise DesignError(msg, hint="Let the formula hold at least an intercept.")
    if n <= p:
        msg = f"There are {n} rows for {p} coefficients."
        raise DesignError(msg, hint="Use a formula with fewer terms.")
    if not np.ptp(design.outcome) > 0:
        msg = f"The outcome is {design.outcome[0]:g} in all {n} rows: there is no variance to model."
        raise ConvergenceError(msg, hint="Look whether the right column was named as outcome.")


def _materialised(parsed: Any, frame: pd.DataFrame) -> Any:
    from formulaic.errors import FormulaicError

    try:
        return parsed.get_model_matrix(frame, context={}, na_action="raise", output="numpy")
    except (FormulaicError, ValueError, TypeError, NameError, SyntaxError) as error:
        msg = f"The formula cannot be followed with these data: {_plain_text(error)}."
        raise FormulaError(
            msg, hint="A formula may use the data's columns, np, and transformations such as C()."
        ) from error


def _check_finite(sums: Numbers, kept: NDArray[np.integer[Any]]) -> None:
    wrong = ~np.isfinite(sums).all(axis=1)
    if wrong.any():
        msg = f"The formula gives no finite number in {row_numbers(kept[wrong].tolist())}."
        raise OutOfRangeError(
            msg, hint="Look for infinite values, and for logarithms of numbers that are not positive."
        )


def independent_columns(matrix: Numbers) -> NDArray[np.bool_]:
    """Say which columns are not sums of columns before them.

    Parameters
    ----------
    matrix : ndarray, shape (rows, columns)
        A design matrix.

    Returns
    -------
    ndarray of bool, shape (columns,)
        False for a column of which less than 1e-7 of its length lies outside of the space of those before it.

    Examples
    --------
    >>> import numpy as np
    >>> independent_columns(np.array([[1.0, 1, 0], [1, 1, 0], [1, 0, 1]])).tolist()
    [True, True, False]
    """
    products = matrix.T @ matrix
    lengths = np.sqrt(np.diag(products))
    kept = lengths > 0
    places = np.flatnonzero(kept)
    scaled = products[np.ix_(places, places)] / np.outer(lengths[places], lengths[places])
    if len(places) and np.linalg.eigvalsh(scaled)[0] > _SUSPICIOUS**2:
        return kept
    while len(places):
        outside = np.abs(np.diag(np.linalg.qr(matrix[:, places] / lengths[places], mode="r")))
        alone = np.ones(len(places), dtype=bool)
        alone[: len(outside)] = outside > _ALIASED
        alone[len(outside) :] = False
        if alone.all():
            break
        first = int(np.flatnonzero(~alone)[0])
        kept[places[first]] = False
        places = np.delete(places, first)
    return kept
