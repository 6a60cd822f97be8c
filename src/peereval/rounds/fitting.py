"""The models of a comparison of rounds: mixed models, with simpler covariances where the first has no maximum, and GEE."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from peereval.errors import AliasedColumnsWarning, ConvergenceError, DesignError
from peereval.estimation.means import Estimate
from peereval.mixed_models.contrasts import tested_columns
from peereval.mixed_models.covariance import structure
from peereval.mixed_models.design import make_design, parse
from peereval.mixed_models.fit import mmrm
from peereval.mixed_models.means import cells_of
from peereval.mixed_models.observations import Roles, observe
from peereval.rounds.model_data import mean_rows, model_data
from peereval.rounds.rows import LEVEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from peereval.mixed_models.model import MMRM
    from peereval.rounds.comparison import Comparison

    Numbers: TypeAlias = NDArray[np.floating[Any]]

FALL_BACKS = ("heterogeneous-toeplitz", "heterogeneous-compound-symmetry", "compound-symmetry")
"""Covariances that are tried in turn where the unstructured one has no maximum (rule R9)."""
_NOISE = 1e-8
"""What binary fractions leave of a standard error that is 0, relative to the outcome: the root of what they leave of a variance."""
_EMPIRICAL = {"standard_errors": "CR2", "df": "satterthwaite"}
_ESTIMATE = ("estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high")


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A fitted model and what its means are.

    Parameters
    ----------
    name : str
        How the covariance of the rounds is called in the result.
    rounds : list of str
        The rounds that it has means of.
    rows : ndarray, shape (arms, rounds, names)
        The combination of coefficients that each mean is, the reference arm first.
    test : callable
        Combinations of coefficients to estimates with limits and tests.
    """

    name: str
    rounds: list[str]
    rows: Numbers
    test: Callable[[Numbers], list[Estimate]]

    def of_rounds(self, labels: list[str]) -> Numbers:
        """Give the combinations of some rounds.

        Parameters
        ----------
        labels : list of str
            The rounds.

        Returns
        -------
        ndarray, shape (arms, labels, names)
            The combinations.
        """
        found: Numbers = self.rows[:, [self.rounds.index(label) for label in labels]]
        return found


def fit_mixed(part: pd.DataFrame, asked: Comparison, weights: pd.Series | None = None) -> Fitted:
    """Fit the mixed model for repeated measures to one scale.

    Parameters
    ----------
    part : DataFrame
        Its scores, none missing.
    asked : Comparison
        What is compared.
    weights : Series, optional
        Weight of each row; then the standard errors are empirical.

    Returns
    -------
    Fitted
        The model; after rule R9 with a simpler covariance and empirical standard errors, where it must be.

    Raises
    ------
    ConvergenceError, DesignError
        No covariance can be estimated.
    """
    rows, formula = model_data(part, asked)
    if weights is not None:
        rows = rows.assign(weight=weights.reindex(rows.index))
    clustered = asked.unit is not None and asked.units == "such"
    how: dict[str, Any] = {"weights": None if weights is None else "weight", "cluster": "unit" if clustered else None}
    first: Exception | None = None
    for covariance in ("unstructured", *FALL_BACKS):
        empirical: dict[str, Any] = _EMPIRICAL if clustered or weights is not None or first is not None else {}
        try:
            with warnings.catch_warnings():
                # a round that an arm did not answer; its estimates stay empty
                warnings.simplefilter("ignore", AliasedColumnsWarning)
                model = mmrm(formula, rows, person="person", round="round", covariance=covariance, **how, **empirical)
        except (ConvergenceError, DesignError) as error:
            first = first or error
            continue
        name = covariance if first is None else f"{covariance}, since unstructured has no estimate (rule R9)"
        rounds, means = mean_rows(model.design, model.observations, asked)
        return Fitted(name, rounds, means, partial(_tested, model))
    raise first or DesignError("No covariance was tried.")


def changes_of_units(part: pd.DataFrame, asked: Comparison) -> pd.DataFrame:
    """Estimate the change of every unit (and arm) with a mixed model of one mean for every unit, arm and round.

    Parameters
    ----------
    part : DataFrame
        Scores of one scale, none missing, with the unit.
    asked : Comparison
        What is compared.

    Returns
    -------
    DataFrame
        One row a unit (with two arms, a unit and arm), one column a round that is not the reference round.
    """
    keys = [str(asked.unit), *([asked.arms.column] if asked.arms else [])]
    cell = part.groupby(keys, observed=True).ngroup()
    names = part[keys].assign(cell=cell).drop_duplicates("cell").sort_values("cell").set_index("cell")[keys]
    index = pd.MultiIndex.from_frame(names, names=["unit", "arm"]) if asked.arms else pd.Index(names[keys[0]])
    rows = part[["person", "score"]].assign(round=part["round"].cat.remove_unused_categories(), cell=cell.astype(str))
    order = sorted(rows["cell"].unique().tolist(), key=int)
    rows = rows.assign(cell=pd.Categorical(rows["cell"], categories=order))
    found = _by_model(rows, asked, len(order)) if len(order) > 1 else None
    if found is None:
        wide = part.pivot(index=["person", *keys], columns="round", values="score").reindex(columns=asked.rounds.order)
        found = wide.sub(wide[asked.rounds.reference], axis=0).groupby(level=keys, observed=True).mean()
        return found.loc[pd.Index(names.itertuples(index=False, name=None)) if asked.arms else index].set_axis(index)
    return found.set_axis(index).reindex(columns=asked.rounds.others)


def _by_model(rows: pd.DataFrame, asked: Comparison, n_cells: int) -> pd.DataFrame | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AliasedColumnsWarning)
            model = mmrm("score ~ round * cell", rows, person="person", round="round")
    except (ConvergenceError, DesignError):
        return None
    cells = cells_of(model.design, model.observations, "round", ("cell",))
    reference = cells.rounds.index(asked.rounds.reference)
    changes = {
        label: [each.estimate for each in _tested(model, cells.rows[:, place] - cells.rows[:, reference])]
        for place, label in enumerate(cells.rounds)
    }
    return pd.DataFrame(changes, index=range(n_cells))


def fit_marginal(part: pd.DataFrame, asked: Comparison) -> Fitted:
    """Fit generalised estimating equations with exchangeable rounds and robust standard errors (Liang and Zeger 1986).

    Parameters
    ----------
    part : DataFrame
        Scores of one scale, none missing.
    asked : Comparison
        What is compared.

    Returns
    -------
    Fitted
        The model; its tests are normal.

    Raises
    ------
    DesignError
        The rounds and arms do not determine the coefficients.
    """
    from statsmodels.genmod.cov_struct import Exchangeable
    from statsmodels.genmod.generalized_estimating_equations import GEE

    rows, formula = model_data(part, asked)
    parsed = parse(formula)
    variables = frozenset(map(str, parsed.lhs.required_variables)), frozenset(map(str, parsed.rhs.required_variables))
    roles = Roles("person", "round", None, None, None, *variables)
    observations = observe(rows, roles, structure("unstructured", int(rows["round"].nunique())))
    design = make_design(parsed, observations)
    if not design.kept.all():
        msg = f"The data do not determine the columns {', '.join(design.aliased)}."
        raise DesignError(msg, hint="An arm without answers in a round cannot be compared in it: say method='mmrm'.")
    fit = GEE(design.outcome, design.columns, groups=observations.persons, cov_struct=Exchangeable()).fit()
    rounds, means = mean_rows(design, observations, asked)
    beta, spread, noise = np.asarray(fit.params), np.asarray(fit.cov_params()), _noise(design.outcome)
    return Fitted(
        "exchangeable (GEE)", rounds, means, lambda given: _normal(given @ beta, given @ spread @ given.T, noise)
    )


def _tested(model: MMRM, rows: Numbers) -> list[Estimate]:
    with np.errstate(invalid="ignore"):
        # a variance of no spread, such as -1e-30 from a sandwich; it becomes not-a-number
        columns = tested_columns(model, rows, LEVEL)
    return _estimates(columns, len(rows), _noise(model.design.outcome))


def _noise(outcome: Numbers) -> float:
    """Standard errors up to this one are those of rounded binary fractions."""
    return float(np.abs(outcome).max() * _NOISE)


def _normal(estimate: Numbers, covariance: Numbers, noise: float) -> list[Estimate]:
    from scipy.stats import norm

    error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    half = norm.ppf((1 + LEVEL) / 2) * error
    z = np.divide(estimate, error, out=np.full_like(error, np.nan), where=error > 0)
    columns = {
        "estimate": estimate, "std_error": error, "statistic": z, "df": np.inf, "p_value": 2 * norm.sf(np.abs(z)),
        "conf_low": estimate - half, "conf_high": estimate + half,
    }  # fmt: skip
    return _estimates(columns, len(estimate), noise)


def _estimates(columns: dict[str, Any], n: int, noise: float) -> list[Estimate]:
    wide = [np.broadcast_to(np.asarray(columns[name], dtype=np.float64), n) for name in _ESTIMATE]
    found = [Estimate(*map(float, each)) for each in zip(*wide, strict=True)]
    return [each if each.std_error > noise else Estimate(each.estimate) for each in found]
