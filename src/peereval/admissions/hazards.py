"""Hazard ratios of readmission: Cox, Fine and Gray, Andersen and Gill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from peereval.admissions.engine import Source, to_pandas
from peereval.admissions.followed import (
    LEVEL,
    check_horizon,
    first_stays,
    followed_stays,
    in_whole_days,
    knows_deaths,
    read_index,
    settings_of,
)
from peereval.admissions.rates import definition_of, definition_parts, precision_notes, table_origin
from peereval.admissions.recurrence import out_of_hospital
from peereval.errors import DesignError, InvalidValueError, nearest
from peereval.estimation.proportional_hazards import CoxModel, cox_model
from peereval.estimation.subdistribution import fine_gray_model
from peereval.results import Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir
    from numpy.typing import NDArray

    Numbers = NDArray[np.floating[Any]]

Model = Literal["cox", "fine-gray", "andersen-gill"]
Outcome = Literal["readmitted", "died"]
Stays = Literal["all", "first"]
FEWEST_CLUSTERS = 20
"""Below so many units a sandwich covariance is too small by far (a judgement)."""


def hazard_ratios(
    index: Source,
    *,
    covariates: Sequence[str],
    method: Model = "cox",
    outcome: Outcome = "readmitted",
    stays: Stays = "all",
    cluster: str = "person",
    horizon: int | None = None,
) -> Result:
    """Relate what was known at discharge to how soon, or how often, persons come back.

    Parameters
    ----------
    index : DataFrame, str, Path or ibis Table
        The *index stays* contract.
    covariates : sequence of str
        Columns known at discharge; numbers as they are, others level by level against the first in alphabetical order.
    method : {"cox", "fine-gray", "andersen-gill"}
        ``"cox"``: the hazard of the outcome among those alive and out of hospital (cause-specific; Efron's ties).
        ``"fine-gray"``: the hazard of the subdistribution, which says how the cumulative incidence differs.
        ``"andersen-gill"``: the rate of all readmissions of a person (see `recurrent_readmissions`), as a proportional
        rates model.
    outcome : {"readmitted", "died"}
        What is modelled; the other one competes.
    stays : {"all", "first"}
        Whether all index stays count, each followed from its own discharge, or the first of each person.
    cluster : str
        The column within which stays are alike, for the robust covariance: ``"person"``, or such as ``"unit"``.
    horizon : int, optional
        Days after discharge beyond which nothing is looked at.

    Returns
    -------
    Result
        A row a covariate (``term``) and, unless it is a number, a level and what it is compared with (``contrast``:
        ``"male / female"``), with ``measure`` ``hazard_ratio``, ``subdistribution_hazard_ratio`` or ``rate_ratio``, with
        normal limits on the logarithm, ``n`` stays (Andersen-Gill: times out of hospital), ``n_persons`` and the declared
        ``n_events``; the standard error is that of the logarithm times the ratio. Of Cox and Andersen-Gill also rows ``proportional_hazards``: the test of
        each covariate, and of ``all``, that its ratio is the same at all times, with time on the scale of the
        Kaplan-Meier estimate (``time_scale`` *km*) and as it is (*identity*).

    Raises
    ------
    ColumnError
        `index` breaks its contract or lacks a column.
    DesignError
        A covariate does not vary or follows from the others, the outcome has not happened, or there are fewer than 20
        clusters.
    ConvergenceError
        In a level of a covariate nobody, or everybody, had the outcome.
    InvalidValueError
        An argument is none of its words.

    Notes
    -----
    What begins after discharge is no covariate: who met a peer later had to stay out so long (immortal time). The test
    of proportionality takes stays as independent. Death leaves the hazard of readmission of those alive as it is, but
    not the share readmitted: look at both outcomes, and at `time_to_readmission`.

    Examples
    --------
    >>> import warnings
    >>> import peereval as pe
    >>> warnings.simplefilter("ignore", pe.UnverifiedWarning)
    >>> region = pe.simulate_study("region", seed=1)
    >>> stays = pe.readmissions(region.contacts, persons=region.persons)
    >>> found = hazard_ratios(stays, covariates=["age", "acute"])
    >>> found.estimates["measure"].value_counts().to_dict()
    {'proportional_hazards': 6, 'hazard_ratio': 2}
    """
    _check_words(method, outcome, stays, covariates)
    check_horizon(horizon)
    table = read_index(index, [*covariates, cluster])
    dead = knows_deaths(table)
    said = definition_parts(definition_of(table))
    if method == "andersen-gill":
        seen = out_of_hospital(table, horizon, [*covariates, cluster])
        frame, exclusions = seen.intervals.assign(cause=seen.intervals["event"].astype(int)), seen.exclusions
    else:
        frame, exclusions = _followed(table, stays, horizon, [*covariates, cluster], outcome)
    frame, exclusions = _complete(frame, exclusions, covariates, cluster)
    columns = _columns(frame, covariates)
    _check_rows(frame, cluster, columns, outcome)
    return Result(
        kind="hazards",
        title=_TITLES[method].format("readmission" if outcome == "readmitted" else "death"),
        estimates=_estimates(frame, columns, method, cluster),
        method=_METHODS[method].format(_COUNTED[stays], cluster),
        claim="association",
        estimand=_ESTIMANDS[method].format("readmission" if outcome == "readmitted" else "death"),
        assumptions=(*_assumptions(method, dead=dead), *precision_notes(table), *said["unverified"]),
        references=_REFERENCES[method],
        settings=settings_of(
            table,
            said["id"],
            covariates=list(covariates),
            method=method,
            outcome=outcome,
            stays=stays,
            cluster=cluster,
            horizon=horizon,
        ),
        columns=_COLUMNS,
        exclusions=exclusions,
        origin=table_origin(table),
    )


_COLUMNS = {
    "n_events": "events among the stays",
    "time_scale": "how time enters the test of proportionality",
    "least_count": "fewest persons with, or without, the event in a level that is compared; it never leaves, and tells release "
    "whether the ratio may",
}
_COUNTED = {"all": "All index stays count", "first": "The first index stay of each person counts"}
_TITLES = {
    "cox": "Hazard of {}",
    "fine-gray": "Cumulative incidence of {}",
    "andersen-gill": "Rate of recurrent {}",
}
_METHODS = {
    "cox": (
        "Hazard ratios come from Cox's model of the cause-specific hazard with Efron's ties and Lin and Wei's robust "
        "covariance; proportional hazards were checked by Grambsch and Therneau's score test (rules R8, R13). {}; "
        "clusters: {}."
    ),
    "fine-gray": (
        "Subdistribution hazard ratios come from Fine and Gray's model, whose covariance allows for the estimate of "
        "censoring and adds up scores by cluster (rules R8, R13). {}; clusters: {}."
    ),
    "andersen-gill": (
        "Rate ratios come from the Andersen-Gill model of all readmissions since the first index discharge, with Efron's "
        "ties and the robust covariance of Lin, Wei, Yang and Ying; time in hospital is not at risk, and who has died is "
        "no longer at risk (rules R8, R13). All readmissions count; clusters: {1}."
    ),
}
_ESTIMANDS = {
    "cox": "Ratio of the hazard of {} among persons who are alive and have not been readmitted.",
    "fine-gray": "Ratio of the subdistribution hazard of {}, in a population in which the other event happens too.",
    "andersen-gill": "Ratio of the rate of {} among persons who are alive and out of hospital.",
}
_REFERENCES = {
    "cox": (
        "Efron 1977, Journal of the American Statistical Association 72:557",
        "Lin & Wei 1989, Journal of the American Statistical Association 84:1074",
        "Grambsch & Therneau 1994, Biometrika 81:515",
    ),
    "fine-gray": ("Fine & Gray 1999, Journal of the American Statistical Association 94:496",),
    "andersen-gill": (
        "Andersen & Gill 1982, Annals of Statistics 10:1100",
        "Lin, Wei, Yang & Ying 2000, Journal of the Royal Statistical Society B 62:711",
    ),
}
_MEASURES = {"cox": "hazard_ratio", "fine-gray": "subdistribution_hazard_ratio", "andersen-gill": "rate_ratio"}


def _check_words(method: str, outcome: str, stays: str, covariates: Sequence[str]) -> None:
    for given, known in ((method, Model), (outcome, Outcome), (stays, Stays)):
        if given not in get_args(known):
            msg = f"{given!r} is none of {', '.join(get_args(known))}."
            raise InvalidValueError(msg, hint=nearest(given, get_args(known)))
    if isinstance(covariates, str) or not covariates or len(set(covariates)) < len(covariates):
        msg = f"The covariates are {covariates!r}; expected one or more columns, each once."
        raise InvalidValueError(msg, hint='Give a list such as ["age", "sex"].')
    if method == "andersen-gill" and (outcome == "died" or stays == "first"):
        msg = "The Andersen-Gill model is of all readmissions of a person; death happens once."
        raise InvalidValueError(msg, hint='Take method="cox", or leave outcome and stays as they are.')


def _assumptions(method: str, *, dead: bool) -> tuple[str, ...]:
    unseen = () if dead else ("No death after discharge is known; who has died is taken to be still at risk.",)
    alike = ("Censoring does not depend on the covariates.",) if method == "fine-gray" else ()
    return (*unseen, "Ratios are the same at all times; covariates were known at discharge.", *alike)


def _followed(
    table: ir.Table, stays: str, horizon: float | None, columns: Sequence[str], outcome: str
) -> tuple[pd.DataFrame, dict[str, int]]:
    """One row a stay: when its follow-up ended, and with which event (1: the outcome, 2: the other)."""
    import ibis

    followed, exclusions = first_stays(table) if stays == "first" else followed_stays(table)
    timed = in_whole_days(followed, horizon)
    other = {"readmitted": "died", "died": "readmitted"}[outcome]
    cause = ibis.cases((timed["status"] == outcome, 1), (timed["status"] == other, 2), else_=0)
    wanted = dict.fromkeys(["person", *columns])
    return to_pandas(timed.select(*wanted, stop=timed["day"], cause=cause)), exclusions


def _complete(
    frame: pd.DataFrame, exclusions: dict[str, int], covariates: Sequence[str], cluster: str
) -> tuple[pd.DataFrame, dict[str, int]]:
    lacking = frame[list(covariates)].isna().any(axis=1)
    alone = frame[cluster].isna() & ~lacking
    counts = {"covariate_missing": int(lacking.sum()), "unit_missing": int(alone.sum())}
    return frame[~(lacking | alone)], exclusions | {reason: count for reason, count in counts.items() if count}


def _columns(frame: pd.DataFrame, covariates: Sequence[str]) -> dict[str, dict[str, Numbers]]:
    return {name: _coded(frame[name]) for name in covariates}


def _coded(column: pd.Series) -> dict[str, Numbers]:
    """A number as it is; anything else as one column for each level but the first, under what it is compared with."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return {"": column.to_numpy(dtype=np.float64)}
    text = column.astype("string")
    first, *others = sorted(text.unique().tolist())
    return {f"{level} / {first}": (text == level).to_numpy(dtype=np.float64) for level in others}


def _check_rows(frame: pd.DataFrame, cluster: str, columns: dict[str, dict[str, Numbers]], outcome: str) -> None:
    if not (frame["cause"] == 1).any():
        msg = f"Among the {len(frame)} stays with known covariates nobody {'was' if outcome == 'readmitted' else 'has'} {outcome}."
        raise DesignError(msg, hint="There is nothing to model.")
    clusters = frame[cluster].nunique()
    if clusters < FEWEST_CLUSTERS:
        msg = f"There are {clusters} clusters of {cluster!r}; the robust covariance needs {FEWEST_CLUSTERS} at least."
        raise DesignError(msg, hint='Take cluster="person", and such few units as a covariate (rule R8: these units).')
    # a level alone makes no column
    flat = [
        name for name, coded in columns.items() if not coded or not all(np.ptp(each) > 0 for each in coded.values())
    ]
    if flat:
        msg = f"The covariate {flat[0]!r} has one value only in all stays with known covariates."
        raise DesignError(msg, hint="Leave it out.")
    matrix = np.column_stack([each for coded in columns.values() for each in coded.values()])
    centred = matrix - matrix.mean(axis=0)
    if np.linalg.matrix_rank(centred / np.linalg.norm(centred, axis=0)) < matrix.shape[1]:
        msg = f"Of the covariates {', '.join(columns)} at least one follows from the others."
        raise DesignError(msg, hint="Leave it out.")


def _estimates(frame: pd.DataFrame, columns: dict[str, dict[str, Numbers]], method: str, cluster: str) -> pd.DataFrame:
    from scipy.stats import norm

    terms = [(name, level) for name, coded in columns.items() for level in coded]
    x = np.column_stack([each for coded in columns.values() for each in coded.values()])
    stop, cause = frame["stop"].to_numpy(dtype=float), frame["cause"].to_numpy(dtype=int)
    clusters = pd.factorize(frame[cluster])[0].astype(np.int64)
    if method == "fine-gray":
        fit: Any = fine_gray_model(stop, cause, x)
    else:
        start = frame["start"].to_numpy(dtype=float) if method == "andersen-gill" else None
        fit = cox_model(start, stop, cause == 1, x)
    error = np.sqrt(np.diag(fit.covariance(clusters)))
    ratio, spread = np.exp(fit.coefficients), norm.ppf((1 + LEVEL) / 2) * error
    counts = {"n": len(frame), "n_persons": frame["person"].nunique(), "n_events": int((cause == 1).sum())}
    numbers = {
        "estimate": ratio, "std_error": ratio * error, "conf_low": ratio * np.exp(-spread), "conf_high": ratio * np.exp(spread),
    }  # fmt: skip
    named = {"term": [name for name, _ in terms], "contrast": [level or pd.NA for _, level in terms]}
    least = [_least(frame, coded, level) for coded in columns.values() for level in coded]
    rows = pd.DataFrame(
        {**named, "measure": _MEASURES[method], **numbers, "conf_level": LEVEL, **counts, "least_count": least}
    )
    return (
        rows if method == "fine-gray" else pd.concat([rows, _checks(fit, columns).assign(**counts)], ignore_index=True)
    )


def _least(frame: pd.DataFrame, coded: dict[str, Numbers], level: str) -> int:
    """The fewest persons with, or without, the event among the stays that a ratio compares."""
    if level:
        mine, first = coded[level] == 1, np.sum(list(coded.values()), axis=0) == 0
        sides = [mine, first]
    else:
        sides = [np.ones(len(frame), dtype=bool)]
    happened = frame["cause"].to_numpy() == 1
    return min(int(frame.loc[side & kind, "person"].nunique()) for side in sides for kind in (happened, ~happened))


def _checks(fit: CoxModel, columns: dict[str, dict[str, Numbers]]) -> pd.DataFrame:
    from scipy.stats import chi2

    ends = np.cumsum([len(coded) for coded in columns.values()])
    places = [list(range(end - len(coded), end)) for end, coded in zip(ends, columns.values(), strict=True)]
    rows = [
        {"term": term, "measure": "proportional_hazards", "time_scale": scale, "statistic": statistic, "df": df,
         "p_value": float(chi2.sf(statistic, df))}
        for scale in get_args(Literal["km", "identity"])
        for term, (statistic, df) in zip([*columns, "all"], fit.proportionality(places, transform=scale), strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows)
