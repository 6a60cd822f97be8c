"""`mmrm`: fit a mixed model for repeated measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, get_args

import numpy as np

from peereval.errors import ConvergenceError, DesignError, InvalidValueError, nearest
from peereval.mixed_models.covariance import structure
from peereval.mixed_models.cross_products import cross_products, find_patterns
from peereval.mixed_models.design import make_design, parse
from peereval.mixed_models.inference import (
    DF_METHODS,
    DfMethod,
    Inference,
    kenward_roger_covariance,
    uncertainty,
)
from peereval.mixed_models.likelihood import Likelihood
from peereval.mixed_models.model import MMRM, Request
from peereval.mixed_models.newton import maximise
from peereval.mixed_models.observations import Roles, observe
from peereval.mixed_models.sandwich import Correction, sandwich
from peereval.results import origin_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from peereval.mixed_models.cross_products import CrossProducts
    from peereval.mixed_models.design import Design
    from peereval.mixed_models.newton import Optimum
    from peereval.mixed_models.observations import Observations

    Numbers: TypeAlias = NDArray[np.floating[Any]]


def mmrm(
    formula: str,
    data: pd.DataFrame,
    *,
    person: str,
    round: str,  # noqa: A002 - the field's word, and the column's
    covariance: str = "unstructured",
    df: DfMethod = "kenward-roger",
    groups: str | None = None,
    weights: str | None = None,
    reml: bool = True,
    standard_errors: Correction | None = None,
    cluster: str | None = None,
) -> MMRM:
    """Fit a mixed model for repeated measures: fixed effects, and a covariance over the rounds for every person.

    Rows that lack the outcome, a covariate, a weight or a group are left out and counted; a person with any row left
    is used, under the assumption that what is missing is missing at random given the model.

    Parameters
    ----------
    formula : str
        The outcome and the fixed effects, such as ``"score ~ arm * round + age"``. Factors are coded against their
        first level: that of the categorical, or the first in alphabetical order.
    data : DataFrame
        One row a person and round.
    person, round : str
        Columns of the person and of the round. Covariances that depend on the order of rounds need an ordered
        categorical or numbers.
    covariance : str
        ``"unstructured"``, ``"compound-symmetry"``, ``"ar1"``, ``"toeplitz"`` or ``"ante-dependence"``; the last four
        also with ``"heterogeneous-"`` before them, which gives every round a variance of its own.
    df : str
        ``"kenward-roger"``: first order, which does not depend on how the covariance is parametrised;
        ``"kenward-roger-second-order"``: with second derivatives by log standard deviations and the Cholesky factor
        (unstructured), or the transformed correlations of `peereval.mixed_models.covariance`; ``"satterthwaite"``; ``"between-within"`` (the
        intercept counts as within persons); ``"residual"``; ``"asymptotic"``.
    groups : str, optional
        A column, one value a person, whose groups have a covariance each.
    weights : str, optional
        A column of precisions: the covariance of a person is W^(-1/2) Σ W^(-1/2). For sampling weights ask for
        ``standard_errors="CR2"`` too.
    reml : bool
        Restricted maximum likelihood; False for maximum likelihood.
    standard_errors : {"CR0", "CR2"}, optional
        Empirical (sandwich) standard errors, uncorrected or bias-reduced, instead of the model's; not with
        Kenward-Roger.
    cluster : str, optional
        A column, one value a person, of the clusters that the sandwich sums over (CR2 unless said otherwise, in the
        form of R's clubSandwich); persons by default (CR2 in the form of R's mmrm).

    Returns
    -------
    MMRM
        The fitted model.

    Raises
    ------
    FormulaError
        The formula cannot be read or followed.
    ColumnError, MissingValueError, DuplicateError, OutOfRangeError
        The data do not fit: a column is missing, a row has no person or round, a person has two rows in a round, a
        weight is not positive.
    DesignError
        The degrees of freedom do not fit the rest, persons change group, the covariance cannot be estimated, or there
        are more parameters than rows.
    ConvergenceError
        The likelihood has no maximum, as with perfectly correlated rounds.

    Warns
    -----
    AliasedColumnsWarning
        Columns are sums of others; their coefficients stay empty.

    Notes
    -----
    Persons are visited once to sum cross-products by pattern of observed rounds; the likelihood, its gradient and its
    Hessian come from these sums, so that a step of Newton's method costs the same for a hundred persons as for a
    million. Formulas: see `peereval.mixed_models.likelihood`, `inference` and `sandwich`.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import peereval as pe
    >>> rng = np.random.default_rng(1)
    >>> rounds = pd.Categorical(["start", "end"] * 40, categories=["start", "end"], ordered=True)
    >>> data = pd.DataFrame({"person": np.repeat(np.arange(40), 2), "round": rounds})
    >>> data["score"] = 50 + np.repeat(rng.normal(0, 8, 40), 2) + rng.normal(0, 5, 80) + 3 * (data["round"] == "end")
    >>> model = pe.mmrm("score ~ round", data, person="person", round="round")
    >>> model.coefficients[["term", "estimate", "std_error", "df"]].round(2)
               term  estimate  std_error    df
    0     Intercept     49.74       1.28  39.0
    1  round[T.end]      2.78       0.89  39.0
    """
    request = Request(
        formula, covariance, df, reml, person, round, groups, weights, cluster,
        standard_errors if standard_errors or cluster is None else "CR2",
    )  # fmt: skip
    _check(request)
    parsed = parse(formula)
    roles = Roles(
        person, round, groups, weights, cluster,
        frozenset(map(str, parsed.lhs.required_variables)), frozenset(map(str, parsed.rhs.required_variables)),
    )  # fmt: skip
    n_levels = int(data[round].nunique()) if round in data.columns else 2
    observations = observe(data, roles, structure(covariance, n_levels))
    design = make_design(parsed, observations)
    prepared = _prepare(design, observations)
    form = structure(covariance, len(observations.round_names))
    likelihood = Likelihood(prepared.statistics, form, len(observations.group_names), reml)
    _check_identified(likelihood, observations, design)
    optimum = maximise(likelihood, observations.round_names)
    return MMRM(
        request=request,
        design=design,
        observations=observations,
        likelihood=likelihood,
        optimum=optimum,
        inference=_inference(request, design, observations, likelihood, optimum, prepared),
        constant=_constant(prepared, observations, reml=reml),
        source=data[roles.columns],
        origin=origin_of(data),
    )


class _Prepared(NamedTuple):
    """Rows in coordinates in which the design is orthonormal and least squares is taken off the outcome."""

    rows: Numbers
    turn: Numbers
    start: Numbers
    statistics: CrossProducts


def _check(request: Request) -> None:
    structure(request.covariance, 2)
    if request.df not in DF_METHODS:
        msg = f"There is no method {request.df!r} for degrees of freedom."
        raise InvalidValueError(msg, hint=nearest(request.df, DF_METHODS))
    if request.standard_errors not in (None, *get_args(Correction)):
        msg = f"There are no standard errors {request.standard_errors!r}."
        raise InvalidValueError(msg, hint="There are 'CR0' and 'CR2', and those of the model without an argument.")
    if request.df.startswith("kenward-roger") and request.standard_errors is not None:
        msg = f"Kenward-Roger corrects the model's standard errors, not empirical ones ({request.standard_errors})."
        raise DesignError(msg, hint="Say df='satterthwaite' with empirical standard errors.")
    if request.df.startswith("kenward-roger") and not request.reml:
        msg = "Kenward-Roger needs restricted maximum likelihood, and reml=False was said."
        raise DesignError(msg, hint="Say df='satterthwaite' with maximum likelihood.")


def _prepare(design: Design, observations: Observations) -> _Prepared:
    """Scale by the weights, turn the columns, take off least squares and sum the cross-products."""
    p = design.columns.shape[1]
    rows = np.empty((len(design.outcome), p + 1))
    root = None if observations.weights is None else np.sqrt(observations.weights)[:, None]
    columns = design.columns if root is None else design.columns * root
    outcome = design.outcome if root is None else design.outcome * root[:, 0]
    turn = np.linalg.inv(_triangle(columns))
    start: Numbers = turn.T @ (columns.T @ outcome)
    for first in range(0, len(rows), _CHUNK):
        part = slice(first, first + _CHUNK)
        turned = columns[part] @ turn
        rows[part, :p] = turned
        rows[part, p] = outcome[part] - turned @ start
    m = len(observations.round_names)
    patterns = find_patterns(observations.persons, observations.rounds, m, observations.groups)
    return _Prepared(rows, turn, start, cross_products(rows, patterns))


_CHUNK = 100_000


def _triangle(columns: Numbers) -> Numbers:
    """R of the decomposition QR of the columns, from their products where these tell it to ten digits."""
    products = columns.T @ columns
    lengths = np.sqrt(np.diag(products))
    scaled = products / np.outer(lengths, lengths)
    if np.linalg.eigvalsh(scaled)[0] < 1e-6:  # noqa: PLR2004 - half of the digits of a product would be lost
        return np.asarray(np.linalg.qr(columns, mode="r"), dtype=np.float64)
    return np.linalg.cholesky(scaled).T * lengths


def _check_identified(likelihood: Likelihood, observations: Observations, design: Design) -> None:
    """Refuse covariances that the data say nothing of, before a search that cannot end."""
    n, p = design.columns.shape
    if n < p + likelihood.n_parameters:
        msg = (
            f"{n} rows are fewer than the {p} coefficients and {likelihood.n_parameters} covariance parameters of "
            f"{likelihood.structure.name!r}."
        )
        raise DesignError(msg, hint="Ask for a covariance with fewer parameters, or a formula with fewer terms.")
    _check_spread(likelihood.statistics, design)
    patterns = likelihood.statistics.patterns
    for group, name in enumerate(observations.group_names):
        mine = patterns.groups == group
        seen = patterns.observed[mine].astype(np.float64)
        together = (seen.T * patterns.counts[mine]) @ seen
        _check_pairs(together, likelihood, observations.round_names, name)


def _check_spread(statistics: CrossProducts, design: Design) -> None:
    weights = np.zeros((statistics.width,) * 2)
    weights[-1, -1] = 1.0
    left = np.trace(statistics.moments(weights).sum(axis=0))
    if left <= 1e-20 * len(design.outcome) * np.square(design.outcome).mean():
        msg = "The fixed effects give every outcome exactly, so there is no variance left to model."
        raise ConvergenceError(
            msg, hint="Look whether the formula holds the outcome itself, or a column for every row."
        )


def _check_pairs(together: Numbers, likelihood: Likelihood, rounds: tuple[str, ...], name: str) -> None:
    where = f" of the group {name!r}" if name else ""
    form = likelihood.structure
    alone = np.flatnonzero(np.diag(together) == 0)
    if len(alone) and form.heterogeneous:
        msg = f"No person{where} was observed in the round {rounds[alone[0]]!r}, whose variance {form.name!r} needs."
        raise DesignError(msg, hint="Use one covariance for all, or one without a variance for each round.")
    lags = np.abs(np.subtract.outer(np.arange(len(rounds)), np.arange(len(rounds))))
    needed = {
        "toeplitz": [lags == lag for lag in range(1, len(rounds))],
        "compound-symmetry": [lags > 0],
        "ar1": [lags > 0],
    }.get(form.family, [])
    pairs = [
        (a, b) for a in range(len(rounds)) for b in range(a) if form.family == "unstructured" and not together[a, b]
    ]
    if pairs:
        a, b = pairs[0]
        msg = f"No person{where} was observed in both {rounds[b]!r} and {rounds[a]!r}, whose covariance 'unstructured' needs."
        raise DesignError(msg, hint="Use a covariance with fewer parameters, such as 'heterogeneous-toeplitz'.")
    if any(not together[where_needed].any() for where_needed in needed):
        msg = f"No persons{where} were observed in rounds that would tell a correlation that {form.name!r} needs."
        raise DesignError(msg, hint="Use a covariance with fewer parameters, such as 'compound-symmetry'.")


def _constant(prepared: _Prepared, observations: Observations, *, reml: bool) -> float:
    """The part of minus twice the log-likelihood that does not depend on the covariance."""
    n, p = len(prepared.rows), len(prepared.turn)
    weights = 0.0 if observations.weights is None else float(np.log(observations.weights).sum())
    if not reml:
        return float(n * np.log(2 * np.pi)) - weights
    return float((n - p) * np.log(2 * np.pi) - 2 * np.linalg.slogdet(prepared.turn)[1]) - weights


def _inference(
    request: Request,
    design: Design,
    observations: Observations,
    likelihood: Likelihood,
    optimum: Optimum,
    prepared: _Prepared,
) -> Inference:
    point = optimum.point
    empirical = None
    adjusted = point.unscaled
    if request.standard_errors is not None:
        clusters = None if observations.clusters is None else observations.clusters[observations.persons]
        patterns = prepared.statistics.patterns
        empirical = sandwich(prepared.rows, patterns, point, clusters, request.standard_errors)
        adjusted = empirical.covariance
    elif request.df.startswith("kenward-roger"):
        second = request.df == "kenward-roger-second-order"
        adjusted = kenward_roger_covariance(likelihood, optimum, second_order=second)
    return Inference(
        method=request.df,
        coefficients=prepared.turn @ (prepared.start + point.coefficients),
        turn=prepared.turn,
        unscaled=point.unscaled,
        adjusted=adjusted,
        information=optimum.slopes.information,
        uncertainty=uncertainty(optimum),
        fixed_df=_fixed_df(request.df, design, observations),
        sandwich=empirical,
    )


def _fixed_df(method: str, design: Design, observations: Observations) -> Numbers:
    """Degrees of freedom that only count rows and persons."""
    n, p = design.columns.shape
    if method == "residual":
        return np.full(p, float(n - p))
    if method != "between-within":
        return np.full(p, np.inf if method == "asymptotic" else np.nan)
    persons, first = observations.persons, np.empty(observations.n_persons, dtype=np.int64)
    first[persons[::-1]] = np.arange(n)[::-1]
    within = np.array([(column != column[first][persons]).any() for column in design.columns.T])
    intercept = np.array([name == "Intercept" for name in design.estimable])
    between_df = observations.n_persons - float((~within).sum())
    within_df = float(n - observations.n_persons - within.sum())
    # the intercept counts as within persons, as in SAS
    return np.where(within | intercept, within_df, between_df)
