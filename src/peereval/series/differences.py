"""Units that something reached, before and after, against units that it did not reach."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from peereval.errors import DesignError, InvalidValueError, nearest
from peereval.estimation.wild_bootstrap import wild_bootstrap
from peereval.results import Result, data_facts, origin_of, versions
from peereval.series.allotment import allotments, permuted_effect, permuted_pretrend
from peereval.series.bands import DRAWS, band_quantiles, joint_p_value, largest_statistics
from peereval.series.group_time import Comparison, Summary, cells_of, estimated, grouped, summaries_of
from peereval.series.unit_panel import NEVER, UnitPanel, unit_panel

if TYPE_CHECKING:
    from peereval.estimation.means import Estimate

LEVEL = 0.95
Method = Literal["auto", "two-way-fixed-effects", "group-time", "permutation", "wild-bootstrap"]


class _Found(NamedTuple):
    """What a method gives: one row a summary, and the row of the pre-trend."""

    rows: pd.DataFrame
    pretrend: dict[str, Any]
    notes: tuple[str, ...] = ()


def difference_in_differences(
    panel: pd.DataFrame,
    *,
    outcome: str,
    unit: str,
    time: str,
    start: str,
    method: Method = "auto",
    comparison: Comparison = "never-treated",
    weights: str | None = None,
    cluster: str | None = None,
    seed: int = 0,
) -> Result:
    """Compare how units changed since they started with how others changed at the same time.

    With one start for all, this is the model of two-way fixed effects; with several, the group-time effects of Callaway and
    Sant'Anna, since two-way fixed effects then compare units with others that started before (rule R16).

    Parameters
    ----------
    panel : DataFrame
        One row a unit and period, complete and equally spaced, such as a ward's mean of a quarter. Persons are not
        aggregated here: make the means first, so that it is seen what they are means of.
    outcome, unit, time : str
        Columns of the outcome, the unit, and the period (whole numbers, or dates that begin a month, quarter or year).
    start : str
        Column with the first treated period of the unit, of the kind of the times; empty for units that are never treated.
    method : {"auto", "two-way-fixed-effects", "group-time", "permutation", "wild-bootstrap"}
        ``auto`` reads the design, never the outcome: two-way fixed effects with one start and group-time effects with
        several; permutation of the starts where fewer than 10 units, 4 treated or 4 others, or, with several starts, fewer
        than 2 units of a start leave too little to estimate a spread from.
    comparison : {"never-treated", "not-yet-treated"}
        Whom treated units are compared with.
    weights : str, optional
        Column of what a unit counts, such as how many persons are behind its means; a unit counts by its mean weight in all
        periods. Without it every unit counts the same.
    cluster : str, optional
        Column of what units belong to, where they are not independent.
    seed : int
        Of permutations and bootstrap draws.

    Returns
    -------
    Result
        Rows ``att`` (the mean effect in treated periods), ``att_event`` (by periods since the start, ``event_time``; those
        before are differences that should be 0, and -1 is the reference), ``pre_trend`` (a test that all of those are 0),
        and for group-time effects ``att_group`` (``time`` is the start), ``att_over_groups`` (their mean by the weight of
        the units), ``att_over_events`` (the plain mean over the periods since the start) and ``att_group_time``. By
        permutation the statistic of ``pre_trend`` is the largest difference, else the largest t. ``n`` counts treated units, ``n_comparison`` those they are compared with. Only ``att`` and
        ``pre_trend`` are tested. ``band_low`` and ``band_high`` hold for all periods since the start together.

    Raises
    ------
    ColumnError, MissingValueError, InvalidValueError, DuplicateError
        A column is missing or unusable, or a unit has two rows in a period or two starts.
    DesignError
        A unit is missing in a period; nobody starts, or nobody is left to compare with; or the method does not fit the
        design, such as two-way fixed effects with several starts.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import peereval as pe
    >>> rows = pd.MultiIndex.from_product([[f"ward {i}" for i in range(12)], range(2014, 2022)], names=["ward", "year"])
    >>> wards = rows.to_frame(index=False)
    >>> wards["peers_from"] = wards["ward"].map({f"ward {i}": 2018.0 for i in range(6)})
    >>> noise = np.random.default_rng(1).normal(0, 1, len(wards))
    >>> wards["days"] = 30 - 2.0 * (wards["year"] >= wards["peers_from"]) + noise
    >>> found = pe.difference_in_differences(wards, outcome="days", unit="ward", time="year", start="peers_from")
    >>> found.estimates[["measure", "estimate", "conf_low", "conf_high", "n"]].head(1).round(2)
      measure  estimate  conf_low  conf_high  n
    0     att     -1.41     -2.47      -0.34  6
    """
    _check(method, Method, "method")
    _check(comparison, Comparison, "comparison")
    units = unit_panel(panel, outcome=outcome, unit=unit, time=time, start=start, weights=weights, cluster=cluster)
    cells = cells_of(units, comparison)
    chosen = _choose(method, units, clustered=cluster is not None)
    summaries = summaries_of(cells, two_way=len(units.starts) == 1 and chosen != "group-time")
    found = _METHODS[chosen](units, summaries, seed)
    periods = units.periods
    return Result(
        kind="differences",
        title=f"{outcome} since the start, against units without it",
        estimates=_table(units, summaries, found).assign(outcome=outcome),
        method=_sentence(chosen, units),
        claim="association",
        estimand=(
            f"Mean effect on {outcome} in the units and periods that were treated, against what would have been without, "
            f"as told by units that are {comparison.replace('-', ' ')}."
        ),
        assumptions=_assumptions(units, found, weights),
        references=_REFERENCES[chosen],
        settings={
            "method": chosen,
            "asked": method,
            "comparison": comparison,
            "weights": weights,
            "cluster": cluster,
            "seed": seed,
            "starts": [periods.time(each) for each in units.starts],
            "period": periods.name,
            "conf_level": LEVEL,
            "versions": versions(),
            "data": data_facts(panel),
        },
        columns=_COLUMNS,
        exclusions={"treated_from_start": units.left_out} if units.left_out else {},
        origin=origin_of(panel),
    )


_COLUMNS = {
    "event_time": "periods since the start; before it negative",
    "band_low": "lower limit that holds for all periods since the start together",
    "band_high": "upper limit that holds for all periods since the start together",
    "n_comparison": "units that the treated ones are compared with",
    "lowest_p": "lowest p value that permuting so few units can give",
}
_REFERENCES = {
    "two-way-fixed-effects": ("Bell & McCaffrey 2002, Survey Methodology 28:169",),
    "group-time": (
        "Callaway & Sant'Anna 2021, Journal of Econometrics 225:200",
        "Goodman-Bacon 2021, Journal of Econometrics 225:254",
        "Bell & McCaffrey 2002, Survey Methodology 28:169",
    ),
    "permutation": ("Callaway & Sant'Anna 2021, Journal of Econometrics 225:200",),
    "wild-bootstrap": ("Cameron, Gelbach & Miller 2008, Review of Economics and Statistics 90:414",),
}
_SENTENCES = {
    "two-way-fixed-effects": (
        "Difference in differences by two-way fixed effects (units and periods), which with one start is the mean change of "
        "treated units less that of the others, with CR2 standard errors and Satterthwaite's degrees of freedom (rule R16)."
    ),
    "group-time": (
        "Group-time effects after Callaway and Sant'Anna, each against the last period before the start, summarised by the "
        "weight of their units, with CR2 standard errors and Satterthwaite's degrees of freedom for groups of given size "
        "(rule R16)."
    ),
    "permutation": (
        "Too few units for a standard error: the effect{how} is compared with those of other ways to allot the starts to "
        "the units, and its limits are the constant effects that this test does not reject (rule R16)."
    ),
    "wild-bootstrap": (
        "Difference in differences by two-way fixed effects, tested by a wild cluster bootstrap with the null imposed and "
        f"Webb's weights, {DRAWS:,} draws, with limits from the same test (rule R16)."
    ),
}


@cache
def fewest() -> dict[str, int]:
    """Give how many units rule R16 asks for."""
    text = (files("peereval.series") / "rules.toml").read_text(encoding="utf-8")
    numbers: dict[str, int] = tomllib.loads(text)["differences"]
    return numbers


def _check(value: str, allowed: Any, name: str) -> None:
    if value not in get_args(allowed):
        msg = f"There is no {name} {value!r}."
        raise InvalidValueError(msg, hint=nearest(value, get_args(allowed)))


def _choose(method: Method, units: UnitPanel, *, clustered: bool) -> str:
    """Give the method for the design, after checking that the one asked for fits."""
    staggered = len(units.starts) > 1
    if staggered and method in {"two-way-fixed-effects", "wild-bootstrap"}:
        msg = f"Units start in {len(units.starts)} different periods, and {method} is a regression with two-way fixed effects."
        raise DesignError(
            msg,
            hint="It would compare units with others that started before, whose own effect is then taken for a trend: use "
            "method='group-time', or 'permutation' with few units.",
        )
    chosen = method
    if method == "auto":
        chosen = "permutation" if _few(units) else "group-time" if staggered else "two-way-fixed-effects"
    fewest_alike = fewest()["fewest_units_a_start"]
    if chosen != "permutation" and min(_clusters_alike(units)) < fewest_alike:
        msg = f"A start, or the units without one, has fewer than {fewest_alike} units (or clusters), so no spread between them."
        raise DesignError(msg, hint="Use method='permutation'.")
    if clustered and chosen == "permutation":
        msg = f"The starts of {len(units.start)} units in {len(np.unique(units.cluster))} clusters cannot be permuted one by one."
        raise DesignError(
            msg, hint="Give the means of the clusters as units, or, with one start, use method='wild-bootstrap'."
        )
    return chosen


def _few(units: UnitPanel) -> bool:
    """Whether rule R16 asks for permutation: too few units, or clusters where there are such."""
    needed = fewest()
    treated = units.start < NEVER
    n_units, n_treated, n_others = (len(np.unique(units.cluster[each])) for each in (treated | True, treated, ~treated))
    return (
        n_units < needed["fewest_units"]
        or n_treated < needed["fewest_treated"]
        # without any that never start, those not yet treated are compared with
        or 0 < n_others < needed["fewest_comparison"]
        or min(_clusters_alike(units)) < needed["fewest_units_a_start"]
    )


def _clusters_alike(units: UnitPanel) -> list[int]:
    """How many clusters have units of each start, or of none where there are such."""
    return [len(np.unique(units.cluster[units.start == each])) for each in np.unique(units.start)]


def _clustered(units: UnitPanel, summaries: list[Summary], seed: int) -> _Found:
    found, errors = estimated(units, summaries)
    rows = _frame(found)
    numbers = {name: rows[name].to_numpy(float, copy=True) for name in rows}
    since = np.array([np.nan if each.measure != "att_event" else each.since for each in summaries], dtype=float)
    events = ~np.isnan(since) & (numbers["std_error"] > 0)
    if events.any():
        largest = largest_statistics(errors[:, events], seed=seed)
        half = band_quantiles(largest, numbers["df"][events], level=LEVEL) * numbers["std_error"][events]
        rows.loc[events, "band_low"] = numbers["estimate"][events] - half
        rows.loc[events, "band_high"] = numbers["estimate"][events] + half
    before = events & (since < 0)
    if not before.any():
        return _Found(rows, {})
    statistic, df = numbers["statistic"][before], numbers["df"][before]
    p_value = joint_p_value(largest_statistics(errors[:, before], seed=seed), statistic, df)
    return _Found(rows, {"statistic": float(np.abs(statistic).max()), "p_value": p_value})


def _permuted(units: UnitPanel, summaries: list[Summary], seed: int) -> _Found:
    ways = allotments(grouped(units), seed=seed)
    # with several starts, another allotment uses treated periods of other units, which only a constant effect describes
    sharp = [each.measure == "att" or len(units.starts) == 1 for each in summaries]
    found = [
        permuted_effect(units, ways if each else ways.of_what_happened(), summary, level=LEVEL)
        for each, summary in zip(sharp, summaries, strict=True)
    ]
    rows = _frame([each.found for each in found])
    rows.loc[0, "lowest_p"] = found[0].lowest_p
    rows.loc[~np.array(sharp), "p_value"] = np.nan
    before = [each for each in summaries if each.measure == "att_event" and (each.since or 0) < 0]
    pretrend: dict[str, Any] = {}
    if before:
        largest, p_value = permuted_pretrend(units, ways, before, summaries[0])
        pretrend = {"statistic": largest, "p_value": p_value}
    how = f"all {len(ways.groups):,}" if ways.exact else f"{len(ways.groups) - 1:,} drawn"
    note = f"Of the ways to allot the starts, {how} were looked at; the lowest p value that they can give is {found[0].lowest_p:.3g}."
    return _Found(rows, pretrend, (note, "Before the start any unit could as well have been given any of the starts."))


def _wild(units: UnitPanel, summaries: list[Summary], seed: int) -> _Found:
    rows = []
    treated = units.start < NEVER
    for each in summaries:
        cell = each.cells[0]
        after = [one.period for one in each.cells]
        before = slice(0, cell.start) if each.all_before else slice(cell.start - 1, cell.start)
        change = units.outcome[:, after].mean(axis=1) - units.outcome[:, before].mean(axis=1)
        rows.append(
            wild_bootstrap(change, treated, units.cluster, weights=units.weight, draws=DRAWS, seed=seed, level=LEVEL)
        )
    return _Found(_frame(rows), _clustered(units, summaries, seed).pretrend)


_METHODS = {
    "two-way-fixed-effects": _clustered,
    "group-time": _clustered,
    "permutation": _permuted,
    "wild-bootstrap": _wild,
}


def _frame(found: list[Estimate]) -> pd.DataFrame:
    names = ("estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high")
    rows = pd.DataFrame([[getattr(each, name) for name in names] for each in found], columns=list(names), dtype=float)
    return rows.assign(band_low=np.nan, band_high=np.nan, lowest_p=np.nan)


def _table(units: UnitPanel, summaries: list[Summary], found: _Found) -> pd.DataFrame:
    """Rows with their names and counts; only the effect of all and the pre-trend keep their test."""
    sizes = np.bincount(grouped(units), minlength=len(units.starts) + 1)
    rows = found.rows.assign(
        measure=[each.measure for each in summaries],
        time=pd.Series(
            [None if each.start is None else units.periods.time(each.start) for each in summaries], dtype=object
        ),
        event_time=pd.array([each.since for each in summaries], dtype="Int64"),
        n=[int(sizes[sorted({cell.group for cell in each.cells})].sum()) for each in summaries],
        n_comparison=[
            int(sizes[sorted({other for cell in each.cells for other in cell.compared})].sum()) for each in summaries
        ],
        conf_level=LEVEL,
    )
    rows.loc[rows["measure"] != "att", ["statistic", "p_value"]] = np.nan
    if not found.pretrend:
        return rows
    tested = pd.DataFrame(
        [
            {
                **found.pretrend,
                "measure": "pre_trend",
                "n": rows["n"].iloc[0],
                "n_comparison": rows["n_comparison"].iloc[0],
            }
        ]
    )
    return pd.concat([rows.iloc[:1], tested, rows.iloc[1:]], ignore_index=True).astype({"event_time": "Int64"})


def _sentence(chosen: str, units: UnitPanel) -> str:
    how = " of two-way fixed effects" if len(units.starts) == 1 else " after Callaway and Sant'Anna"
    return _SENTENCES[chosen].format(how=how)


def _assumptions(units: UnitPanel, found: _Found, weights: str | None) -> tuple[str, ...]:
    seen = (
        "Look at the differences before the start in the figure; a test that finds none does not show that there are none."
        if found.pretrend
        else "There are too few periods before the start to see whether units moved apart before it."
    )
    return (
        "Without the start, treated units would have changed as the others did, on the scale of the outcome.",
        seen,
        "Nothing changed before the start because it was expected, and no unit's outcome depends on another unit's start.",
        f"A unit counts by its mean {weights}." if weights else "Every unit counts the same, whatever its size.",
        *(
            ()
            if len(units.starts) == 1
            else ("Starts are taken as given, so the sizes of their groups are no sample.",)
        ),
        *found.notes,
    )
