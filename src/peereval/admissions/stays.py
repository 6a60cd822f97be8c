"""Length of stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import pandas as pd

from peereval.admissions.days import SameDay, as_day, check_same_day, data_days, same_day_note, stays_of
from peereval.admissions.rates import table_origin, time_precision
from peereval.admissions.stay_curves import LEVEL, restricted_means, stay_quantiles
from peereval.admissions.stay_models import stay_model
from peereval.admissions.stay_quantiles import quantile_differences
from peereval.admissions.stay_sample import LANDMARK, LEAVE, Cohort, Leave, StaySample, check_columns, stay_sample
from peereval.errors import DesignError, InvalidValueError, nearest
from peereval.results import Result, versions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import ibis.expr.types as ir

    from peereval.admissions.engine import Source

Method = Literal["summary", "geometric", "negative-binomial", "gamma", "quantile", "restricted-mean"]
_MODELS = ("geometric", "negative-binomial", "gamma")
_WHOLE = (*_MODELS, "quantile")
"""Methods that need the end of every stay."""


def length_of_stay(
    episodes: Source,
    *,
    by: str | None = None,
    method: Method = "summary",
    same_day: SameDay = 1,
    cohort: Cohort = "admissions",
    leave: Leave = "included",
    cluster: str = "person",
    covariates: Sequence[str] = (),
    reference: str | None = None,
    tau: float | None = None,
    data_start: date | None = None,
    data_end: date | None = None,
    seed: int = 0,
) -> Result:
    """How long stays last, with those that are still open (rule R14).

    Parameters
    ----------
    episodes : DataFrame, str, Path or ibis Table
        The *episodes* (or *index stays*) contract. Of a table from `with_exposure` with a landmark, the stays that
        lasted beyond the landmark count, and days are counted from there.
    by : str, optional
        A column of groups. An exposure that begins after admission needs a landmark.
    method : str
        ``"summary"``: quartiles of the Kaplan-Meier curve with the limits where its log-log limits cross, the curve, and
        the mean where every stay has ended. ``"restricted-mean"``: the mean of stays counted up to `tau` days, the area
        under the curve. ``"geometric"``: geometric means by least squares of the logarithm, with CR2. ``"gamma"`` and
        ``"negative-binomial"`` (NB2): arithmetic means with a logarithmic link and a sandwich by cluster.
        ``"quantile"``: quartiles and their differences, with intervals from 999 resamples of clusters.
    same_day : {0, 0.5, 1}
        How many days a stay has that ends on the day of admission; otherwise nights are counted.
    cohort : {"admissions", "discharges"}
        ``"admissions"``: stays that began; those still open at `data_end` are censored. ``"discharges"``: stays that ended in
        the time of the data, in which long stays are too rare when admissions become more, and too many when fewer.
    leave : {"included", "subtracted"}
        Whether days of leave (column ``leave_days``) count as days of the stay.
    cluster : str
        The column whose values belong together: ``"person"``, or such as ``"unit"``.
    covariates : sequence of str
        Columns that the three models adjust for; numbers as they are, others level by level.
    reference : str, optional
        The group that others are compared with; without it the first in alphabetical order.
    tau : float, optional
        Days up to which a stay is counted. With it, the models and quantiles take admissions at least so
        long before `data_end`, of which every length up to `tau` is known.
    data_start : date, optional
        The first day on which stays were observed. Stays that were open then come under observation late; summaries
        and restricted means count them from then on, other methods leave them out.
    data_end : date, optional
        The last day on which stays were observed; without it, the latest time in the table.
    seed : int
        Of the resampling.

    Returns
    -------
    Result
        Rows with ``group``, ``measure``, ``n`` stays and, with persons as clusters, ``n_persons``. Measures: ``stay_quartile_1``, ``stay_median``,
        ``stay_quartile_3``, ``stay_mean``, ``still_admitted`` (share, with ``time`` in days); ``restricted_mean_stay`` and
        its ``_difference``; ``geometric_mean_stay``, ``mean_stay`` (at the average covariates) and their ``_ratio``; the
        ``_difference`` of quartiles; ``overdispersion``. The standard error of a ratio is that of its logarithm times
        the ratio.

    Raises
    ------
    ColumnError
        The stays break their contract or lack a column.
    DesignError
        A column of `with_exposure` that began after admission is compared without a landmark; stays are still open and the
        method needs their ends; a restricted mean without `tau`, or with one that is not reached.
    InvalidValueError
        An argument is none of its words, or is not known to the method.

    Notes
    -----
    Persons are the clusters, since stays of the same person are alike. With a cluster such as the unit, fewer than 20
    are refused by the generalised models (a judgement); ``"geometric"`` keeps its level with few, and gives no
    interval where its degrees of freedom fall below 4 (rule R8).

    Examples
    --------
    >>> import peereval as pe
    >>> region = pe.simulate_study("region", seed=1)
    >>> stays = pe.episodes(region.contacts, joining=4)
    >>> found = length_of_stay(stays).estimates
    >>> found[found["measure"] != "still_admitted"][["measure", "estimate", "conf_low", "conf_high", "n"]]
               measure  estimate  conf_low  conf_high    n
    0  stay_quartile_1       5.0       4.0        5.0  923
    1      stay_median      10.0       9.0       11.0  923
    2  stay_quartile_3      19.0      17.0       20.0  923
    """
    _check_words(method, cohort, leave, tau, covariates)
    check_same_day(same_day)
    table = stays_of(episodes)
    check_columns(table, by, (cluster, *covariates, *([LEAVE] if leave == "subtracted" else [])))
    end = data_days(table, None, data_end)[1]
    start = None if data_start is None else as_day(data_start, "The first day of the data")
    _check_leave(table, leave, start)
    sample = stay_sample(
        table,
        by=by,
        cluster=cluster,
        covariates=covariates,
        same_day=same_day,
        cohort=cohort,
        leave=leave,
        window=(start, end),
        known_for=_known_for(method, tau),
    )
    base = _reference(sample, reference)
    return Result(
        kind="length-of-stay",
        title="Length of stay",
        estimates=_with_persons(_estimates(sample, method, tau, base, seed), sample, cluster),
        method=_sentence(method, cohort, tau, same_day, cluster) + _LEAVE[leave],
        claim="association" if by is not None and method != "summary" else "description",
        estimand=_estimand(cohort, tau, table),
        assumptions=(*_assumptions(sample, cohort, method), *_by_units(by, cluster)),
        references=_REFERENCES[method],
        settings={
            "by": by,
            "method": method,
            "same_day": same_day,
            "cohort": cohort,
            "leave": leave,
            "cluster": cluster,
            "covariates": list(covariates),
            "reference": base,
            "tau": tau,
            "seed": seed if method == "quantile" else None,
            **_facts(table, sample, start, end),
        },
        exclusions=sample.exclusions,
        origin=table_origin(table),
    )


_REFERENCES = {
    "summary": (
        "Kaplan & Meier 1958, Journal of the American Statistical Association 53:457",
        "Brookmeyer & Crowley 1982, Biometrics 38:29",
    ),
    "restricted-mean": ("Royston & Parmar 2013, BMC Medical Research Methodology 13:152",),
    "geometric": ("Bell & McCaffrey 2002, Survey Methodology 28:169",),
    "negative-binomial": ("Hilbe 2011, Negative Binomial Regression, 2nd edition, Cambridge University Press",),
    "gamma": ("McCullagh & Nelder 1989, Generalized Linear Models, 2nd edition, Chapman & Hall",),
    "quantile": ("Koenker & Bassett 1978, Econometrica 46:33",),
}
_LEAVE = {"included": "", "subtracted": " Days of leave were subtracted."}
_SENTENCES = {
    "summary": "Quartiles are those of the Kaplan-Meier curve, with limits where its log-log 95 % limits (by {}) cross.",
    "restricted-mean": "Restricted means are areas under the Kaplan-Meier curve up to {} days, with variances by {}.",
    "geometric": "Geometric means come from least squares of the logarithm, with CR2 and Satterthwaite degrees of freedom by {}.",
    "negative-binomial": "Means come from a negative binomial model (NB2) with logarithmic link and a sandwich (CR1) by {}.",
    "gamma": "Means come from a gamma model with logarithmic link and a sandwich (CR1) by {}.",
    "quantile": "Quartiles are compared with intervals from 999 resamples of clusters ({}).",
}


def _check_words(method: str, cohort: str, leave: str, tau: float | None, covariates: Sequence[str]) -> None:
    words = ((method, Method, "method"), (cohort, Cohort, "cohort"), (leave, Leave, "way of counting leave"))
    for word, known, what in ((word, get_args(kind), what) for word, kind, what in words):
        if word not in known:
            msg = f"There is no {what} {word!r} for lengths of stay."
            raise InvalidValueError(msg, hint=nearest(word, known))
    if isinstance(covariates, str):
        msg = f"The covariates are the text {covariates!r}; expected a list of columns."
        raise InvalidValueError(msg, hint=f"Write [{covariates!r}].")
    if covariates and method not in _MODELS:
        msg = f"The method {method!r} does not adjust for covariates."
        raise InvalidValueError(msg, hint=f"Take one of {', '.join(_MODELS)}, or leave them out.")
    if tau is not None and (method == "summary" or not tau > 0):
        msg = f"tau={tau!r} was given; the method {method!r} takes {'none' if method == 'summary' else 'one above 0'}."
        raise InvalidValueError(msg)
    if method == "restricted-mean" and tau is None:
        msg = "A restricted mean counts stays up to a day, which was not said."
        raise DesignError(msg, hint="Say it before looking at the data, such as tau=60.")


def _check_leave(table: ir.Table, leave: Leave, start: date | None) -> None:
    """Refuse to subtract leave where nobody knows on which side of a moment it was taken."""
    since = "a landmark" if LANDMARK in table.columns else "the first day of the data" if start is not None else None
    if leave == "subtracted" and since is not None:
        msg = f"Days of leave cannot be subtracted from stays that are counted from {since}: when they were taken is not known."
        raise DesignError(msg, hint="Leave them in, or count stays from admission.")


def _facts(table: ir.Table, sample: StaySample, start: date | None, end: date) -> dict[str, Any]:
    return {
        "data_start": None if start is None else f"{start:%Y-%m-%d}",
        "data_end": f"{end:%Y-%m-%d}",
        "time_precision": time_precision(table),
        "conf_level": LEVEL,
        "versions": versions(),
        "data": {"stays": len(sample.time), "clusters": sample.n_clusters, "open": int((sample.event == 0).sum())},
    }


def _known_for(method: str, tau: float | None) -> float | None:
    """How long before the end of the data an admission must lie: not at all, unless its length must be known."""
    return (tau or 0.0) if method in _WHOLE else None


def _reference(sample: StaySample, given: str | None) -> str | None:
    if given is not None and given not in sample.groups:
        msg = f"There is no group {given!r} among the stays."
        raise InvalidValueError(msg, hint=nearest(given, sample.groups))
    return given or next(iter(sample.groups), None)


def _estimates(sample: StaySample, method: Method, tau: float | None, base: str | None, seed: int) -> pd.DataFrame:
    if base is None:
        return pd.DataFrame({"group": [], "measure": [], "estimate": [], "n": []})
    if method == "summary":
        return stay_quantiles(sample)
    if method == "restricted-mean" and tau is not None:
        return restricted_means(sample, tau, base)
    _check_ends(sample, tau, method)
    if tau is not None:
        sample = sample.up_to(tau)
    if method == "quantile":
        return quantile_differences(sample, base, seed)
    return stay_model(sample, method, base)  # type: ignore[arg-type]


def _with_persons(rows: pd.DataFrame, sample: StaySample, cluster: str) -> pd.DataFrame:
    """Say how many persons the stays of each group are of, where persons are the clusters."""
    if cluster != "person" or "group" not in rows:
        return rows
    persons = pd.Series(sample.cluster).groupby(pd.Series(sample.group, dtype=object)).nunique()
    count = rows["group"].map(persons)
    compared = rows["contrast"].notna() if "contrast" in rows else count.isna()
    return rows.assign(n_persons=count.mask(compared).astype("Int64"))


def _check_ends(sample: StaySample, tau: float | None, method: str) -> None:
    open_stays = int((sample.event == 0).sum())
    if open_stays and tau is None:
        msg = (
            f"{open_stays} of {len(sample.time)} stays are still open when the data end; {method} needs the end of every "
            "stay, and leaving these out would leave out the longest."
        )
        raise DesignError(
            msg,
            hint="Take method='summary' or 'restricted-mean', count days up to tau, or ask for cohort='discharges'.",
        )


def _sentence(method: Method, cohort: Cohort, tau: float | None, same_day: float, cluster: str) -> str:
    words = (f"{tau:g}", cluster) if method == "restricted-mean" else (cluster,)
    said = _SENTENCES[method].format(*words)
    who = {"admissions": "Stays are those of a cohort of admissions", "discharges": "Stays are those that ended"}[
        cohort
    ]
    cut = f" Stays were counted up to {tau:g} days." if tau is not None and method in _WHOLE else ""
    return f"{who} (rule R14). {said}{cut} {same_day_note(same_day)}"


def _estimand(cohort: Cohort, tau: float | None, table: ir.Table) -> str:
    who = "stays that began" if cohort == "admissions" else "stays that ended"
    since = "from the landmark" if LANDMARK in table.columns else "from admission"
    return f"Days of {who}, {since} to discharge" + (f", up to {tau:g}." if tau is not None else ".")


def _assumptions(sample: StaySample, cohort: Cohort, method: Method) -> tuple[str, ...]:
    found = []
    if cohort == "discharges":
        found.append("Discharges stand for admissions: their number did not change over the time of the data.")
    elif method not in _WHOLE:
        found.append("Stays that are still open would end like others that lasted as long.")
    if (sample.entry >= 0).any():
        found.append(
            "Stays that were open at the start are followed from then on, as if they were others that lasted as long."
        )
    return tuple(found)


def _by_units(by: str | None, cluster: str) -> tuple[str, ...]:
    if by != "peer_unit" or cluster != "person":
        return ()
    return (
        "Units with and without peers differ in other ways too; intervals by person hold for these units (rule R8).",
    )
