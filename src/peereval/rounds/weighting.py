"""Overlap weights of two observed arms: each person counts by the probability of the other arm, given what was so at the start.

Li, Morgan and Zaslavsky 2018, Journal of the American Statistical Association 113:390. With a logit model the weighted arms
have the same mean in every covariate, and persons who could only have been in one arm hardly count.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from peereval.errors import ColumnError, DesignError, nearest
from peereval.mixed_models.design import independent_columns
from peereval.panel import arms_of
from peereval.results import Result, data_facts, origin_of, versions
from peereval.rounds.checks import check_no_text, known
from peereval.rounds.rows import Arms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BALANCED = 0.1
"""Standardised difference up to which arms are called balanced (a convention)."""


def overlap_weights(persons: pd.DataFrame, arms: Arms, covariates: Sequence[str]) -> pd.Series:
    """Give the overlap weight of each row.

    Parameters
    ----------
    persons : DataFrame
        One row a person, or several alike, with the arm and the covariates, none missing.
    arms : Arms
        The arms.
    covariates : sequence of str
        Columns of numbers or texts.

    Returns
    -------
    Series of float
        Between 0 and 1, with the index of `persons`.

    Raises
    ------
    DesignError
        No covariate was said, or the covariates tell the arms apart without doubt.
    """
    return _weights(
        _design(persons, covariates), (persons[arms.column] == arms.other).to_numpy(dtype=np.float64), persons
    )


def _design(persons: pd.DataFrame, covariates: Sequence[str]) -> pd.DataFrame:
    if not covariates:
        msg = "Overlap weights need covariates, and none were said."
        raise DesignError(msg, hint="Say covariates= with what was so at the start.")
    return pd.get_dummies(persons[list(covariates)], dtype=np.float64).astype(np.float64)


def _weights(design: pd.DataFrame, other: np.ndarray, persons: pd.DataFrame) -> pd.Series:
    from statsmodels.discrete.discrete_model import Logit
    from statsmodels.tools.sm_exceptions import PerfectSeparationError, PerfectSeparationWarning

    columns = (design - design.mean()) / design.std(ddof=0).replace(0.0, 1.0)
    matrix = np.column_stack([np.ones(len(columns)), columns.to_numpy(dtype=np.float64)])
    matrix = matrix[:, independent_columns(matrix)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", PerfectSeparationWarning)
            # steps never get as small as this where rounding stops them first; what counts is checked below
            fit = Logit(other, matrix).fit(disp=0, method="newton", maxiter=200, tol=1e-12, warn_convergence=False)
    except (PerfectSeparationError, PerfectSeparationWarning, np.linalg.LinAlgError) as error:
        raise _told_apart() from error
    chance = np.asarray(fit.predict(matrix), dtype=np.float64)
    if not np.abs(matrix.T @ (other - chance)).max() < _BALANCED * len(other):
        raise _told_apart()
    return pd.Series(np.where(other == 1, 1 - chance, chance), index=persons.index)


_BALANCED = 1e-8
"""The largest mean difference, in standard deviations, that the weights may leave."""


def _told_apart() -> DesignError:
    msg = "The covariates tell the arms apart without doubt, so no person of one arm could have been in the other."
    return DesignError(msg, hint="Compare arms with persons alike, or leave a covariate out.")


def balance_table(persons: pd.DataFrame, *, arm: str, reference_arm: str, covariates: Sequence[str]) -> Result:
    """Show how far two observed arms are apart in what was so at the start, before and after overlap weights.

    Parameters
    ----------
    persons : DataFrame
        One row a person, such as the answers of the first round.
    arm : str
        The column of the arms, of which there are two.
    reference_arm : str
        The arm that the other one is compared with.
    covariates : sequence of str
        Columns of numbers or texts.

    Returns
    -------
    Result
        Rows ``standardised_difference`` (other arm minus reference arm, over the root mean variance of the unweighted
        arms) with ``term`` unweighted or weighted, one a covariate or level; and a row ``effective_n`` an arm: how many
        unweighted persons are worth as much as the weighted ones. Rows without the arm or a covariate are counted in
        `exclusions`.

    Raises
    ------
    ColumnError, DesignError, InvalidValueError
        A column or an arm does not exist, persons stand in several rows, or the covariates tell the arms apart.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import peereval as pe
    >>> rng = np.random.default_rng(1)
    >>> age = rng.normal(40, 10, 200).round()
    >>> arms = np.where(rng.random(200) < 1 / (1 + np.exp((40 - age) / 8)), "peer", "usual")
    >>> persons = pd.DataFrame({"person": range(200), "arm": arms, "age": age})
    >>> found = pe.balance_table(persons, arm="arm", reference_arm="usual", covariates=["age"])
    >>> found.estimates[["term", "outcome", "group", "measure", "estimate"]].round(2)
             term outcome  group                  measure  estimate
    0  unweighted     age   <NA>  standardised_difference      0.89
    1    weighted     age   <NA>  standardised_difference      0.00
    2    weighted    <NA>   peer              effective_n     83.31
    3    weighted    <NA>  usual              effective_n     82.82
    """
    check_no_text("covariates", covariates, "covariates=['age']")
    names = arms_of(persons, arm, "persons")
    if len(names) != 2:  # noqa: PLR2004 - two arms
        msg = f"The column {arm!r} holds {len(names)} arms; two are compared."
        raise DesignError(msg, hint="Compare two arms at a time.")
    known("arm", reference_arm, tuple(names))
    _check_rows(persons, covariates)
    arms = Arms(arm, reference_arm, next(name for name in names if name != reference_arm))
    with_arm = persons[persons[arm].notna()]
    whole = with_arm[with_arm[list(covariates)].notna().all(axis=1)]
    lost = {"arm_missing": len(persons) - len(with_arm), "covariate_missing": len(with_arm) - len(whole)}
    return Result(
        kind="balance",
        title="Balance of the arms before and after overlap weights",
        estimates=pd.DataFrame(list(_rows(whole, arms, covariates))),
        method="Standardised differences between two observed arms before and after overlap weights from a logit model of the arm (rule R2).",
        claim="description",
        assumptions=("Weights make arms alike only in what was measured.",),
        references=("Li, Morgan & Zaslavsky 2018, Journal of the American Statistical Association 113:390",),
        settings={
            "arm": arm, "reference_arm": reference_arm, "covariates": list(covariates), "balanced_up_to": _BALANCED,
            "versions": versions(), "data": data_facts(persons),
        },
        exclusions={reason: count for reason, count in lost.items() if count},
        origin=origin_of(persons),
    )  # fmt: skip


def _check_rows(persons: pd.DataFrame, covariates: Sequence[str]) -> None:
    for name in covariates:
        if name not in persons.columns:
            msg = f"The persons have no column {name!r}."
            raise ColumnError(msg, hint=nearest(name, map(str, persons.columns)))
    if "person" in persons.columns and persons["person"].duplicated().any():
        msg = f"{int(persons['person'].duplicated().sum())} rows belong to a person who stands in a row above."
        raise DesignError(msg, hint="Give one row a person, such as the answers of the first round.")


def _rows(persons: pd.DataFrame, arms: Arms, covariates: Sequence[str]) -> Iterator[dict[str, Any]]:
    design = _design(persons, covariates)
    other = (persons[arms.column] == arms.other).to_numpy(dtype=bool)
    weights = _weights(design, other.astype(np.float64), persons).to_numpy()
    n = {"n": len(persons)}
    for name in design.columns:
        values = design[name].to_numpy()
        spread = np.sqrt((values[other].var(ddof=1) + values[~other].var(ddof=1)) / 2)
        for term, weight in (("unweighted", np.ones(len(values))), ("weighted", weights)):
            means = [np.average(values[who], weights=weight[who]) for who in (other, ~other)]
            difference = (means[0] - means[1]) / spread if spread > 0 else np.nan
            sizes = np.array([_effective(weight[who]) for who in (other, ~other)])
            error = np.sqrt((1 / sizes).sum() + difference**2 / (2 * sizes.sum()))
            row = {"term": term, "outcome": str(name), "measure": "standardised_difference", "estimate": difference}
            yield {**row, "std_error": error, **n}
    for name, who in ((arms.other, other), (arms.reference, ~other)):
        row = {"term": "weighted", "group": name, "measure": "effective_n", "estimate": _effective(weights[who])}
        yield {**row, "n": int(who.sum())}


def _effective(weights: np.ndarray) -> float:
    """How many unweighted persons are worth as much (Kish 1965, Survey Sampling, section 8.2)."""
    return float(weights.sum() ** 2 / (weights**2).sum())
