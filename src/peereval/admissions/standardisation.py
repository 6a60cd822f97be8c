"""Readmission rates of groups, standardised for what the groups' patients differ in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from peereval.admissions.engine import Source, as_table
from peereval.admissions.rates import (
    check_by,
    definition_of,
    definition_parts,
    followup_end_of,
    precision_notes,
    reasons_of,
    table_origin,
    time_precision,
    with_reasons,
)
from peereval.admissions.strata import (
    AGE_GROUP,
    GROUP,
    StratumSums,
    check_strata,
    stratum_sums,
    with_age_group,
)
from peereval.contracts import INDEX_STAYS, check_table
from peereval.errors import ColumnError, DesignError, DuplicateError, InvalidValueError, nearest
from peereval.estimation.means import NOISE
from peereval.estimation.proportions import wilson_interval
from peereval.mentions import row_numbers
from peereval.results import Result, versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

Method = Literal["direct", "indirect"]
LEVEL = 0.95
FEW = 10
"""Persons a stratum below which the interval of a directly standardised rate may be too narrow; a judgement."""
_SHOWN = 3


def standardised_rate(
    index: Source,
    *,
    by: str,
    strata: Sequence[str] = ("age_group", "sex"),
    age_bands: Sequence[int] = (18, 25, 45, 65),
    method: Method = "direct",
    reference: pd.DataFrame | None = None,
) -> Result:
    """Readmission rates of groups as they would be if their stays had the same ages and sexes.

    Parameters
    ----------
    index : DataFrame, str, Path or ibis Table
        The *index stays* contract, as `readmissions` gives it with ``persons``. Sums are made in the engine; no row
        is pulled.
    by : str
        The column of the groups, such as ``"unit"``.
    strata : sequence of str
        Columns of `index` in which the groups differ, such as ``"diagnosis_group"``; ``"age_group"`` is made from
        ``age`` unless there is such a column.
    age_bands : sequence of int
        The first year of each age group after the youngest.
    method : {"direct", "indirect"}
        The group's rates in the strata, weighted as in the reference population; or the group's cases over those
        expected at the reference's rates. The indirect method is for small groups.
    reference : DataFrame, optional
        One row a stratum, with the stratum columns as text and ``weight`` (direct), or ``numerator`` and
        ``denominator`` (indirect). Without it all eligible stays together are the reference.

    Returns
    -------
    Result
        One row a group, and one of all, with ``measure`` ``directly_standardised_rate``; or two with
        ``observed_over_expected`` and, times the reference's rate, ``indirectly_standardised_rate``. ``numerator``
        and ``denominator`` are the crude counts. Declared columns: ``design_effect``; ``empty_strata`` (direct), the
        strata of the reference without a stay of the group, which then has no rate; ``expected_count`` (indirect).
        Stays of unknown stratum are left out as ``stratum_missing``, those without outcome as ``outcome_missing``.

    Raises
    ------
    ColumnError
        `index` breaks its contract, or has no column `by` or a stratum column; the reference lacks a column.
    DesignError
        The stays were judged by several definitions; the groups are among the strata; the reference lacks a stratum
        that stays are in.
    InvalidValueError, DuplicateError, UnsupportedInputError
        The method, the age bands, or the numbers of the reference are none; it has a stratum twice; strata are a
        single text.

    Notes
    -----
    Direct: the variance is linearised with persons as clusters, factor G / (G - S) for G persons and S strata, and never
    less than that of independent stays with one common rate; Wilson's interval is taken at the number of independent
    stays with that variance. It may be too narrow with few persons a stratum, and such groups are counted among the
    assumptions. The reference's weights are taken as known. Indirect: exact Poisson limits of the observed number over
    its design effect, times that effect (Breslow & Day 1987); since a stay is readmitted once only, they are wide
    where rates are high. The reference's rates are taken as known.

    Examples
    --------
    >>> import warnings
    >>> import peereval as pe
    >>> warnings.simplefilter("ignore", pe.UnverifiedWarning)
    >>> region = pe.simulate_study("region", seed=1)
    >>> stays = pe.readmissions(region.contacts, definition="dk-30", persons=region.persons)
    >>> found = pe.standardised_rate(stays, by="unit", age_bands=(40, 60)).estimates
    >>> found[["group", "estimate", "numerator", "denominator"]].round(3)
        group  estimate  numerator  denominator
    0  Ward A     0.223         40          177
    1  Ward B     0.200         35          169
    2  Ward C     0.265         63          234
    3  Ward D     0.227         49          219
    4     all     0.234        187          799
    """
    if method not in get_args(Method):
        msg = f"There is no standardisation {method!r}."
        raise InvalidValueError(msg, hint=nearest(str(method), get_args(Method)))
    table = as_table(index, INDEX_STAYS)
    check_table(table, INDEX_STAYS)
    check_by(table, by)
    check_strata(table, strata, by)
    made = AGE_GROUP in strata and AGE_GROUP not in table.columns
    table = _judged(with_age_group(table, age_bands) if made else table, by, strata).cache()
    said = definition_parts(definition_of(table))
    sums = stratum_sums(table.filter(table["eligible"]), by, strata)
    population = _population(sums, strata, method, reference)
    estimates = (_direct if method == "direct" else _indirect)(sums, population, list(strata))
    return Result(
        kind="standardised-rates",
        title=f"Readmission, {method}ly standardised for {', '.join(strata)}",
        estimates=estimates,
        method=f"{_METHODS[method].format(strata=' and '.join(strata), reference=_named(reference))} {said['sentence']}".strip(),
        claim="description",
        estimand=_ESTIMANDS[method],
        assumptions=(*_notes(estimates, method, len(population)), *precision_notes(table), *said["unverified"]),
        references=(*_REFERENCES[method], *said["sources"]),
        settings={
            "by": by, "strata": list(strata), "age_bands": list(age_bands) if made else None, "method": method,
            "reference": _named(reference), "definition": said["id"], "followup_end": followup_end_of(table),
            "time_precision": time_precision(table), "conf_level": LEVEL, "versions": versions(),
            "data": {"rows": int(table.count().to_pyarrow().as_py()), "reference": population.to_dict("records")},
        },
        columns=_COLUMNS[method] | _LEAST,
        exclusions=reasons_of(table),
        origin=table_origin(table),
    )  # fmt: skip


_METHODS = {
    "direct": (
        "Readmission rates are directly standardised for {strata}: the rates of the strata, weighted as in the "
        "reference population ({reference}), with Wilson's interval on the number of stays divided by the design effect "
        "of weights and persons (rule R12)."
    ),
    "indirect": (
        "Readmissions are indirectly standardised for {strata}: the observed number over that expected at the rates of "
        "the reference population ({reference}), with exact Poisson limits on the number divided by the design effect of "
        "persons (rule R12). Indirectly standardised groups may be compared with the reference only, not with each other."
    ),
}
_ESTIMANDS = {
    "direct": "Readmission rate that the group would have if its stays were spread over the strata as the reference is.",
    "indirect": "Readmissions of the group over those that it would have at the reference's rates of its strata.",
}
_REFERENCES = {
    "direct": (
        "Kish 1965, Survey Sampling",
        "Wilson 1927, Journal of the American Statistical Association 22:209",
    ),
    "indirect": (
        "Breslow & Day 1987, Statistical Methods in Cancer Research II",
        "Garwood 1936, Biometrika 28:437",
    ),
}
_LEAST = {
    "least_count": "fewest persons with, or without, a readmission in a stratum; it never leaves, and tells release whether the rate may"
}
_COLUMNS = {
    "direct": {
        "design_effect": "index stays over the number of independent ones with the same variance",
        "empty_strata": "strata of the reference in which the group has no stay, so that it has no rate",
    },
    "indirect": {
        "expected_count": "readmissions expected at the reference's rates",
        "design_effect": "variance with persons as clusters over that of independent stays",
    },
}


def _named(reference: pd.DataFrame | None) -> str:
    return "all eligible stays" if reference is None else "as given"


def _judged(table: ir.Table, by: str, strata: Sequence[str]) -> ir.Table:
    """Eligible stays of known outcome and strata; every other stay has a reason."""
    import ibis

    used = {"person", "definition", "followup_end", "eligible", "readmitted", "reason", "origin", "dates_only", by}
    table = with_reasons(table.select([name for name in table.columns if name in used or name in strata]))
    unknown = table["eligible"] & ibis.or_(*(table[name].isnull() for name in strata))
    reason = ibis.ifelse(unknown, "stratum_missing", table["reason"])
    return table.mutate(eligible=table["eligible"] & ~unknown, reason=reason)


def _population(
    sums: StratumSums, strata: Sequence[str], method: Method, reference: pd.DataFrame | None
) -> pd.DataFrame:
    """The reference's strata with ``weight`` (direct), or with ``numerator`` and ``denominator`` (indirect)."""
    everybody = sums.strata[sums.strata["everybody"].astype(bool)]
    if reference is None:
        named = {"rows": "weight"} if method == "direct" else {"cases": "numerator", "rows": "denominator"}
        return everybody.rename(columns=named)[[*strata, *named.values()]].reset_index(drop=True)
    numbers = ["weight"] if method == "direct" else ["numerator", "denominator"]
    given = _checked(reference, strata, numbers)
    lacking = everybody.merge(given, on=list(strata), how="left", indicator=True).query("_merge == 'left_only'")
    if len(lacking):
        msg = f"The reference lacks {len(lacking)} strata that index stays are in: {_some(lacking, strata)}."
        raise DesignError(msg, hint="Add them to the reference, or leave their stays out of the index stays.")
    return given


def _checked(reference: pd.DataFrame, strata: Sequence[str], numbers: list[str]) -> pd.DataFrame:
    for name in (*strata, *numbers):
        if name not in reference.columns:
            msg = f"The reference has no column {name!r}."
            raise ColumnError(msg, hint=nearest(name, map(str, reference.columns)))
    for name in numbers:
        if not pd.api.types.is_numeric_dtype(reference[name].dtype):
            msg = f"The column {name!r} of the reference holds {reference[name].dtype}; expected numbers."
            raise ColumnError(msg, hint="Convert it with pandas.to_numeric.")
    given = reference[[*strata, *numbers]].astype(dict.fromkeys(strata, "string")).reset_index(drop=True)
    values = given[numbers].astype("Float64").astype(float)
    above = values[numbers[-1]] > 0
    wrong = ~above | given[list(strata)].isna().any(axis=1)
    if numbers[-1] == "denominator":
        wrong |= ~values["numerator"].between(0, values["denominator"])
    if wrong.any():
        msg = (
            f"The reference has strata or numbers that cannot be used in {row_numbers(wrong.to_numpy().nonzero()[0])}."
        )
        raise InvalidValueError(msg, hint="Weights and denominators lie above 0, cases between 0 and the denominator.")
    again = given.duplicated(list(strata), keep=False).to_numpy().nonzero()[0]
    if len(again):
        msg = f"The reference has a stratum in more than one row: {row_numbers(again)}."
        raise DuplicateError(msg, hint="Give each stratum once.")
    return given.assign(**{name: values[name] for name in numbers})


def _some(rows: pd.DataFrame, strata: Sequence[str]) -> str:
    """The first strata, in words."""
    shown = [" ".join(each) for each in rows.head(_SHOWN)[list(strata)].itertuples(index=False)]
    more = len(rows) - _SHOWN
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _direct(sums: StratumSums, population: pd.DataFrame, strata: list[str]) -> pd.DataFrame:
    weights = population.assign(weight=population["weight"] / population["weight"].sum())
    cells = sums.persons[GROUP].merge(weights, how="cross").merge(sums.strata, on=[*GROUP, *strata], how="left")
    rows = cells["rows"].astype(float)
    cells = cells.assign(factor=cells["weight"] / rows, rate=cells["cases"].astype(float) / rows)
    cells = cells.assign(
        standardised=cells["weight"] * cells["rate"], independent=cells["weight"] ** 2 / rows, empty=rows.isna()
    )
    parts = cells.groupby(GROUP)[["standardised", "independent"]].sum()
    groups = _groups(sums).join([parts, _empty_strata(cells, strata), _over_persons(sums, cells, strata, len(weights))])
    groups["standardised"] = groups["standardised"].where(groups["empty_strata"].isna())
    estimate = groups["standardised"]
    inverse_n = _inverse_size(groups)
    low, high = wilson_interval(estimate / inverse_n, 1 / inverse_n, level=LEVEL)
    return _rows(groups, "directly_standardised_rate").assign(
        estimate=estimate.to_numpy(), conf_low=low, conf_high=high, conf_level=LEVEL,
        design_effect=(groups["rows"] * inverse_n).to_numpy(), empty_strata=groups["empty_strata"].to_numpy(),
    )  # fmt: skip


def _inverse_size(groups: pd.DataFrame) -> pd.Series:
    """One over the number of independent stays that give the variance; at least that of the weights."""
    share, clustered = groups["standardised"], groups["clustered"]
    differ = (groups["cases"] > 0) & (groups["cases"] < groups["rows"]) & (clustered > NOISE)
    # persons who do not differ within strata, or a single one, tell no variance: then a person's stays are taken as alike
    found: pd.Series = (
        (clustered / (share * (1 - share))).clip(lower=groups["independent"]).where(differ, groups["alike"])
    )
    return found.where(share.notna())


def _empty_strata(cells: pd.DataFrame, strata: list[str]) -> pd.Series:
    empty = cells[cells["empty"]]
    named = empty[strata[0]].str.cat(empty[strata[1:]].astype("string"), sep=" ") if strata[1:] else empty[strata[0]]
    found: pd.Series = named.groupby([empty[key] for key in GROUP]).agg(", ".join)
    return found.astype("string").rename("empty_strata")


def _indirect(sums: StratumSums, population: pd.DataFrame, strata: list[str]) -> pd.DataFrame:
    from scipy.stats import gamma

    rates = population.assign(reference_rate=population["numerator"] / population["denominator"])
    cells = sums.strata.merge(rates[[*strata, "reference_rate"]], on=strata, how="left")
    cells = cells.assign(expected=cells["reference_rate"] * cells["rows"])
    groups = _groups(sums).join(cells.groupby(GROUP)["expected"].sum())
    groups = groups.assign(ratio=groups["cases"] / groups["expected"].where(groups["expected"] > 0))
    cells = cells.merge(groups["ratio"].reset_index(), on=GROUP)
    cells = cells.assign(factor=1.0, rate=cells["ratio"] * cells["reference_rate"])
    groups = groups.join([_over_persons(sums, cells, strata, 1), _binomial(cells)])
    effect = _design_effect(groups)
    cases, expected = groups["cases"] / effect, groups["expected"] / effect
    tail = (1 - LEVEL) / 2
    low = pd.Series(gamma.ppf(tail, cases), index=groups.index).where(cases > 0, 0.0) / expected
    high = gamma.ppf(1 - tail, cases + 1) / expected
    numbers = pd.DataFrame({"estimate": groups["ratio"], "conf_low": low, "conf_high": high}).where(expected > 0)
    cases_of_all, rows_of_all = float(population["numerator"].sum()), float(population["denominator"].sum())
    overall = cases_of_all / rows_of_all if rows_of_all else np.nan
    beside = {"expected_count": groups["expected"].to_numpy(), "design_effect": effect.to_numpy()}
    parts = [
        _rows(groups, measure).assign(
            **{name: numbers[name].to_numpy() * times for name in ("estimate", "conf_low", "conf_high")},
            conf_level=LEVEL,
            **beside,
        )
        for measure, times in (("observed_over_expected", 1.0), ("indirectly_standardised_rate", overall))
    ]
    return pd.concat(parts, ignore_index=True)


def _binomial(cells: pd.DataFrame) -> pd.Series:
    """Variance of the number of cases of independent stays, at the group's own level."""
    rate = cells["rate"].clip(upper=1)
    variance: pd.Series = (cells["rows"] * rate * (1 - rate)).groupby([cells[key] for key in GROUP]).sum()
    return variance.rename("binomial")


def _design_effect(groups: pd.DataFrame) -> pd.Series:
    several = (groups["persons"] > 1) & (groups["binomial"] > 0)
    clustered = groups["clustered"] / groups["binomial"].where(several)
    found: pd.Series = clustered.clip(lower=1).where(several, groups["alike"] / groups["rows"])
    return found


def _groups(sums: StratumSums) -> pd.DataFrame:
    """Persons, cases and rows of each group; that of everybody is the last."""
    strata = sums.strata
    # a stratum in which nobody was readmitted tells of nobody
    least = strata[["with_case", "without_case"]].min(axis=1).where(strata["with_case"] > 0)
    counts = strata.assign(least=least).groupby(GROUP)
    numbers = counts[["cases", "rows"]].sum().join(counts["least"].min())
    return sums.persons.set_index(GROUP).join(numbers).astype(float).sort_index()


def _over_persons(sums: StratumSums, cells: pd.DataFrame, strata: list[str], means: int) -> pd.DataFrame:
    """Sums over persons of (factor times (cases - rate x rows))², for as many fitted rates, and of (factor times rows)²."""
    pairs = sums.pairs
    for end in "ab":
        known = cells[[*GROUP, *strata, "factor", "rate"]]
        known = known.rename(columns={name: f"{name}_{end}" for name in (*strata, "factor", "rate")})
        pairs = pairs.merge(known, on=[*GROUP, *(f"{name}_{end}" for name in strata)], how="left")
    factor, a, b = pairs["factor_a"] * pairs["factor_b"], pairs["rate_a"], pairs["rate_b"]
    case_case, case_row, row_case, row_row = (
        pairs[name].astype(float) for name in ("case_case", "case_row", "row_case", "row_row")
    )
    squares = factor * (case_case - b * case_row - a * row_case + a * b * row_row)
    found = pairs[GROUP].assign(clustered=squares, alike=factor * row_row).groupby(GROUP).sum()
    persons = sums.persons.set_index(GROUP)["persons"].astype(float)
    return found.assign(clustered=found["clustered"] * persons / (persons - means).where(persons > means))


def _rows(groups: pd.DataFrame, measure: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": groups.index.get_level_values("group"),
            "measure": measure,
            "n_persons": groups["persons"].to_numpy(dtype=np.int64),
            "numerator": groups["cases"].to_numpy(dtype=np.int64),
            "denominator": groups["rows"].to_numpy(dtype=np.int64),
            "least_count": groups["least"].to_numpy(),
        }
    )


def _notes(estimates: pd.DataFrame, method: Method, strata: int) -> tuple[str, ...]:
    notes = [
        "Groups may still differ in what is no stratum; groups are described, not compared.",
        "Deaths after discharge stay in the denominator.",
    ]
    if method == "indirect":
        notes.append("Groups whose strata differ in size would have different ratios at the same rates of the strata.")
        return tuple(notes)
    if empty := int(estimates["empty_strata"].notna().sum()):
        notes.append(
            f"{empty} groups have no stay in some stratum of the reference, so they have no directly standardised rate: "
            "take wider age bands or fewer strata, or method='indirect'."
        )
    if few := int((estimates["n_persons"] < FEW * strata).sum()):
        notes.append(
            f"{few} groups have fewer than {FEW} persons a stratum (a judgement), so their intervals may be too narrow."
        )
    return tuple(notes)
