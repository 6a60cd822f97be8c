"""`gee`: a marginal model for repeated measures, with robust standard errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from peereval.errors import DesignError, InvalidValueError, nearest
from peereval.mixed_models.covariance import structure
from peereval.mixed_models.design import make_design, parse
from peereval.mixed_models.observations import Roles, observe
from peereval.results import Result, data_facts, origin_of, versions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from peereval.mixed_models.design import Design
    from peereval.mixed_models.observations import Observations

Correlation: TypeAlias = Literal["exchangeable", "independence"]
LEVEL = 0.95


def gee(
    formula: str,
    data: pd.DataFrame,
    *,
    person: str,
    round: str,  # noqa: A002 - the field's word, and the column's
    correlation: Correlation,
) -> Result:
    """Fit a marginal model by generalised estimating equations.

    It is here to repeat published analyses. Rows that are missing are taken to be missing for no reason, which
    `mmrm` does not ask for: no rule chooses this model where a round is missing.

    Parameters
    ----------
    formula : str
        The outcome and what its mean depends on, such as ``"score ~ arm * round + age"``.
    data : DataFrame
        One row a person and round.
    person, round : str
        Columns of the person and of the round.
    correlation : {"exchangeable", "independence"}
        The working correlation of a person's rows.

    Returns
    -------
    Result
        One row a coefficient (``measure`` ``regression_coefficient``), its robust standard error and the limits of the normal
        distribution; then the ``residual_scale``, the mean squared residual. ``n`` counts rows, ``n_persons`` persons. Rows
        without the outcome or a covariate are counted in `exclusions`.

    Raises
    ------
    FormulaError
        The formula cannot be read or followed.
    ColumnError, MissingValueError, DuplicateError
        The data do not fit: a column is missing, a row has no person or round, a person has two rows in a round.
    DesignError
        Columns of the formula are sums of others, or there are too few rows.
    InvalidValueError
        There is no such working correlation.

    Notes
    -----
    Liang and Zeger 1986, Biometrika 73:13. Fitted by statsmodels; the sandwich is not corrected for few persons.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import peereval as pe
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame({"person": np.repeat(np.arange(60), 2), "round": ["0", "1"] * 60})
    >>> data["score"] = 50 + np.repeat(rng.normal(0, 8, 60), 2) + rng.normal(0, 5, 120) + 3 * (data["round"] == "1")
    >>> found = pe.gee("score ~ round", data, person="person", round="round", correlation="exchangeable")
    >>> found.estimates[["term", "measure", "estimate", "std_error"]].round(2)
             term                 measure  estimate  std_error
    0   Intercept  regression_coefficient     48.88       1.05
    1  round[T.1]  regression_coefficient      3.59       0.88
    2        <NA>          residual_scale     60.95        NaN
    """
    if correlation not in get_args(Correlation):
        msg = f"There is no working correlation {correlation!r}."
        raise InvalidValueError(msg, hint=nearest(correlation, get_args(Correlation)))
    parsed = parse(formula)
    variables = frozenset(map(str, parsed.lhs.required_variables)), frozenset(map(str, parsed.rhs.required_variables))
    roles = Roles(person, round, None, None, None, *variables)
    observations = observe(data, roles, structure("compound-symmetry", 2))
    design = make_design(parsed, observations)
    if not design.kept.all():
        msg = f"The data do not determine the columns {', '.join(design.aliased)}."
        raise DesignError(msg, hint="Leave them out of the formula.")
    return Result(
        kind="marginal-model",
        title=f"Marginal model of {design.outcome_name}",
        estimates=_estimates(design, observations, correlation),
        method=_METHOD.format(correlation=_WORDS[correlation]),
        claim="association",
        estimand="Coefficients of the mean of all persons, not of one person's course.",
        assumptions=("What is missing is missing for no reason that has to do with the outcome (missing completely at random).",),
        references=("Liang & Zeger 1986, Biometrika 73:13",),
        settings={
            "formula": formula, "person": person, "round": round, "correlation": correlation, "versions": versions(),
            "data": data_facts(data[roles.columns]),
        },
        columns={
            "least_count": "fewest persons who have, or have not, what a column tells; it never leaves, and tells release whether "
            "the coefficient may"
        },
        exclusions=observations.exclusions,
        origin=origin_of(data),
    )  # fmt: skip


_TWO = 2
_WORDS = {"exchangeable": "an exchangeable", "independence": "an independence"}
_METHOD = (
    "Generalised estimating equations with {correlation} working correlation and robust (sandwich) standard errors."
)


def _estimates(design: Design, observations: Observations, correlation: Correlation) -> pd.DataFrame:
    from scipy.stats import norm
    from statsmodels.genmod import cov_struct
    from statsmodels.genmod.generalized_estimating_equations import GEE

    working: Any = {"exchangeable": cov_struct.Exchangeable, "independence": cov_struct.Independence}[correlation]()
    fit = GEE(design.outcome, design.columns, groups=observations.persons, cov_struct=working).fit()
    if not fit.converged:
        msg = f"The estimating equations with {_WORDS[correlation]} working correlation have no solution."
        raise DesignError(msg, hint="Say correlation='independence', or use mmrm.")
    beta, error = np.asarray(fit.params), np.asarray(fit.bse)
    half = norm.ppf(0.5 + LEVEL / 2) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = beta / error
    rows = pd.DataFrame(
        {
            "term": design.names, "measure": "regression_coefficient", "estimate": beta, "std_error": error, "statistic": statistic,
            "p_value": 2 * norm.sf(np.abs(statistic)), "conf_low": beta - half, "conf_high": beta + half,
            "conf_level": LEVEL, "least_count": _least(design, observations),
        }
    )  # fmt: skip
    scale = pd.DataFrame({"measure": ["residual_scale"], "estimate": [float(fit.scale)]})
    both = pd.concat([rows, scale], ignore_index=True)
    return both.assign(n=len(design.outcome), n_persons=observations.n_persons)


def _least(design: Design, observations: Observations) -> list[int]:
    """The fewest persons who have, or have not, what a column of two values tells, among them those of the reference."""
    persons, outcome = observations.persons, design.outcome
    columns = [column for column in design.columns.T if len(np.unique(column)) == _TWO]
    least = observations.n_persons
    if columns:
        reference = np.all([column == column.min() for column in columns], axis=0)
        least = np.unique(persons[reference]).size if reference.any() else least
    if len(np.unique(outcome)) == _TWO:
        least = min(least, *(np.unique(persons[outcome == value]).size for value in np.unique(outcome)))
    return [min(least, *_with_each(column, persons)) for column in design.columns.T]


def _with_each(column: NDArray[np.float64], persons: NDArray[np.integer[Any]]) -> list[int]:
    """Persons with each of the two values of a column; of another column those whose value is not the commonest one."""
    values, place, counts = np.unique(column, return_inverse=True, return_counts=True)
    if len(values) == _TWO:
        return [np.unique(persons[column == value]).size for value in values]
    alike = place == counts.argmax() if len(values) > _TWO else np.zeros(len(column), dtype=bool)
    return [np.unique(persons[~alike]).size]
