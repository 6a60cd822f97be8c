"""Models of the length of stay: ratios of geometric and arithmetic means, by person."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from peereval.errors import ConvergenceError, DesignError, InvalidValueError
from peereval.estimation.clustered import clustered_regression

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from peereval.admissions.stay_sample import StaySample

    Floats = NDArray[np.floating[Any]]

LEVEL = 0.95
Model = Literal["geometric", "negative-binomial", "gamma"]
_FEWEST_CLUSTERS = 20
_FEWEST_DF = 4
_NAMES = {"geometric": "geometric_mean", "negative-binomial": "mean", "gamma": "mean"}


@dataclass(frozen=True, slots=True, eq=False)
class _Design:
    """Means of groups at the average covariates, then one column a covariate or level of one."""

    matrix: Floats
    groups: list[str]
    terms: list[str]


def stay_model(sample: StaySample, model: Model, reference: str) -> pd.DataFrame:
    """Fit a model of the length of stay on a logarithmic scale.

    Parameters
    ----------
    sample : StaySample
        Stays that have all ended.
    model : {"geometric", "negative-binomial", "gamma"}
        Least squares of the logarithm with CR2 and Satterthwaite's degrees of freedom, or a generalised linear model with
        logarithmic link, CR1 (with (n - 1) / (n - k)) and t with clusters - 1 degrees of freedom.
    reference : str
        The group that others are compared with.

    Returns
    -------
    DataFrame
        Means of the groups at the average covariates, and ratios.

    Raises
    ------
    DesignError
        A covariate is a sum of others or of the groups, or there are too few clusters.
    InvalidValueError
        A stay of 0 days has no logarithm, or half days are given to the negative binomial.
    ConvergenceError
        The lengths vary less than counts do by chance, so the negative binomial has no best fit.
    """
    design = _design(sample)
    if model == "geometric":
        _check_positive(sample, model)
        fit = clustered_regression(np.log(sample.time), design.matrix, sample.cluster)

        def contrast(weights: Floats) -> tuple[float, float, float]:
            found = fit.contrast(weights, level=LEVEL)
            return found.estimate, found.std_error, found.df

        return _rows(sample, design, contrast, model, reference)
    coefficients, covariance, extra = _generalised(sample, design, model)

    def contrast_of(weights: Floats) -> tuple[float, float, float]:
        return float(weights @ coefficients), float(weights @ covariance @ weights) ** 0.5, sample.n_clusters - 1.0

    rows = _rows(sample, design, contrast_of, model, reference)
    return pd.concat([rows, pd.DataFrame(extra)], ignore_index=True)


def _design(sample: StaySample) -> _Design:
    groups = sample.groups
    columns = [(sample.group == name).astype(float) for name in groups]
    terms: list[str] = []
    for name in sample.covariates:
        for term, values in _coded(sample.covariates[name]).items():
            columns.append(values - values.mean())
            terms.append(term)
    matrix = np.column_stack(columns)
    scaled = matrix / np.maximum(np.linalg.norm(matrix, axis=0), np.finfo(float).tiny)
    if np.linalg.matrix_rank(scaled) < matrix.shape[1]:
        msg = f"Of the covariates {', '.join(terms)} at least one does not vary, or follows from the others and the groups."
        raise DesignError(msg, hint="Leave it out.")
    return _Design(matrix, groups, terms)


def _coded(column: pd.Series) -> dict[str, Floats]:
    """A number as it is; anything else as one column for each level but the first."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return {str(column.name): column.to_numpy(dtype=np.float64)}
    text = column.astype("string")
    return {
        f"{column.name}: {level}": (text == level).to_numpy(dtype=np.float64)
        for level in sorted(text.unique().tolist())[1:]
    }


def _generalised(sample: StaySample, design: _Design, model: Model) -> tuple[Floats, Floats, list[dict[str, Any]]]:
    import statsmodels.api as sm

    if sample.n_clusters < _FEWEST_CLUSTERS:
        msg = f"There are {sample.n_clusters} clusters; the sandwich of this model needs {_FEWEST_CLUSTERS}."
        raise DesignError(msg, hint="Take method='geometric', whose CR2 keeps its level with few clusters.")
    extra: list[dict[str, Any]] = []
    if model == "gamma":
        _check_positive(sample, model)
        family = sm.families.Gamma(sm.families.links.Log())
    else:
        alpha = _overdispersion(sample.time, design.matrix)
        extra = [{"term": "overdispersion", "measure": "overdispersion", "estimate": alpha, "n": len(sample.time)}]
        family = sm.families.NegativeBinomial(alpha=alpha)
    mean = _fitted(sm.GLM(sample.time, design.matrix, family=family), tol=1e-12, maxiter=200)
    _check_converged(mean.converged, mean.params, len(sample.time))
    return mean.params, _sandwich(sample, design.matrix, mean), extra


def _sandwich(sample: StaySample, x: Floats, fit: Any) -> Floats:
    """CR1 with the expected information, as R's ``vcovCL(fit, cluster, type = "HC1")``."""
    mu = fit.fittedvalues
    weight = mu / fit.family.variance(mu)  # of a logarithmic link: the slope of the mean is the mean
    bread = np.linalg.inv(x.T @ (x * (weight * mu)[:, None]))
    each = x * (weight * (sample.time - mu))[:, None]
    scores = np.column_stack([np.bincount(sample.cluster, column) for column in each.T])
    n, k, g = *x.shape, sample.n_clusters
    found = bread @ (scores.T @ scores) @ bread
    corrected: Floats = found * g / (g - 1) * (n - 1) / (n - k)
    return corrected


def _overdispersion(time: Floats, x: Floats) -> float:
    """The dispersion of NB2 by maximum likelihood: the variance is mean + dispersion x mean²."""
    import statsmodels.api as sm
    from statsmodels.discrete.discrete_model import NegativeBinomial

    if (time != np.floor(time)).any():
        msg = f"{int((time != np.floor(time)).sum())} stays have half a day; a negative binomial counts whole days."
        raise InvalidValueError(msg, hint="Count same-day stays as 0 or 1 day, or take method='gamma'.")
    poisson = _fitted(sm.GLM(time, x, family=sm.families.Poisson())).fittedvalues
    # the slope of the likelihood where the dispersion is 0
    if not ((time - poisson) ** 2 - time).sum() > 0:
        msg = "The negative binomial has no best fit: the lengths of stay vary no more than counts do by chance."
        raise ConvergenceError(msg, hint="Take method='gamma', whose interval rests on the observed spread.")
    first = _fitted(NegativeBinomial(time, x), disp=False, maxiter=500, method="bfgs", gtol=1e-7)
    fit = _fitted(NegativeBinomial(time, x), start_params=first.params, disp=False, method="newton", maxiter=50)
    _check_converged(fit.mle_retvals["converged"], fit.params, len(time))
    return float(fit.params[-1])


def _fitted(model: Any, **how: Any) -> Any:
    with warnings.catch_warnings():
        # whether it converged is looked at afterwards
        warnings.simplefilter("ignore")
        return model.fit(**how)


def _check_converged(converged: object, params: Floats, n: int) -> None:
    if not converged or not np.isfinite(params).all():
        msg = f"The model of {n} stays did not converge."
        raise ConvergenceError(msg, hint="Leave out covariates, or take method='geometric'.")


def _check_positive(sample: StaySample, model: str) -> None:
    none = int((sample.time <= 0).sum())
    if none:
        msg = f"{none} stays last 0 days, which have no logarithm; {model} needs longer ones."
        raise InvalidValueError(msg, hint="Count same-day stays as 0.5 or 1 day, or take method='negative-binomial'.")


def _rows(
    sample: StaySample,
    design: _Design,
    contrast: Callable[[Floats], tuple[float, float, float]],
    model: Model,
    reference: str,
) -> pd.DataFrame:
    unit = np.eye(design.matrix.shape[1])
    place = {name: number for number, name in enumerate(design.groups)}
    count = {name: int((sample.group == name).sum()) for name in design.groups}
    measure, base = _NAMES[model], unit[place[reference]]
    rows = [
        _row(contrast(unit[place[name]]), measure=f"{measure}_stay", group=name, n=count[name])
        for name in design.groups
    ]  # fmt: skip
    rows += [
        _row(contrast(unit[place[name]] - base), test=True, measure=f"{measure}_ratio", group=name,
             contrast=f"{name} / {reference}", n=count[name] + count[reference])
        for name in design.groups if name != reference
    ]  # fmt: skip
    rows += [
        _row(contrast(unit[len(design.groups) + number]), test=True, measure=f"{measure}_ratio", term=term, n=len(sample.time))
        for number, term in enumerate(design.terms)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _row(found: tuple[float, float, float], *, test: bool = False, **words: Any) -> dict[str, Any]:
    """Back from the logarithm; the standard error is that of the logarithm times the mean or ratio. None below 4 df (R8)."""
    from scipy.stats import t

    value, error, df = found
    if df < _FEWEST_DF:
        error = np.nan
    spread = float(t.ppf((1 + LEVEL) / 2, df)) * error
    tested = {"statistic": value / error, "p_value": float(2 * t.sf(abs(value / error), df))} if test else {}
    numbers = {
        "estimate": np.exp(value), "std_error": np.exp(value) * error, "df": df, "conf_low": np.exp(value - spread),
        "conf_high": np.exp(value + spread), "conf_level": LEVEL, **tested,
    }  # fmt: skip
    return {**words, **numbers}
