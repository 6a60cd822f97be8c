"""Differences between two arms in cost and effect, their ratio, net benefit and acceptability."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from peereval.costs.arms import arms_compared, from_persons, from_print, turned
from peereval.costs.net_benefit import between, combined, fieller
from peereval.costs.prices import check_amounts, check_money
from peereval.costs.replicates import replicates
from peereval.costs.units import between_units
from peereval.errors import DesignError, InvalidValueError, OutOfRangeError, nearest
from peereval.results import Result, data_facts, origin_of, versions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from peereval.costs.arms import Arm
    from peereval.costs.net_benefit import Increments

Allocation: TypeAlias = Literal["randomised", "observed"]
Better: TypeAlias = Literal["higher", "lower"]
LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is asked of the data; the fields are the arguments of `cost_effectiveness`."""

    treatment: str
    reference: str | None
    allocation: str
    better: str
    thresholds: tuple[float, ...]
    currency: str
    price_year: int
    arm: str
    cost: str
    effect: str
    unit: str | None
    resamples: int | None
    seed: int

    @property
    def gain(self) -> float:
        """What one unit more of the effect is worth: 1 or -1."""
        return 1.0 if self.better == "higher" else -1.0


def compared(data: pd.DataFrame, asked: Comparison, *, title: str) -> Result:
    """Compare cost and effect of two arms.

    Parameters
    ----------
    data : DataFrame
        One row a person, or one row an arm as printed.
    asked : Comparison
        What is compared.
    title : str
        Of the result.

    Returns
    -------
    Result
        As `cost_effectiveness` gives.
    """
    _check(asked)
    names = arms_compared(data, asked.arm, asked.treatment, asked.reference)
    printed = "mean_cost" in data.columns
    if printed and (asked.resamples is not None or asked.unit is not None):
        msg = "Printed means have no persons: they cannot be resampled, nor told apart by unit."
        raise DesignError(msg, hint="Leave resamples and unit out: all follows from the printed spread.")
    read = from_print(data, asked.arm, names) if printed else None
    arms, exclusions = read or from_persons(
        data, asked.arm, names, cost=asked.cost, effect=asked.effect, unit=asked.unit
    )
    gained = [turned(arm, asked.gain) for arm in arms]
    drawn = None if asked.resamples is None else replicates(gained, asked.resamples, asked.seed)
    rows = [*_means(arms, asked), *_joint(gained, asked, drawn)] if all(arm.n for arm in arms) else []
    found = pd.DataFrame(rows, columns=_ORDER).astype({"quadrant": "string", "interval": "string"})
    return Result(
        kind="cost-effectiveness",
        title=title,
        estimates=found.assign(currency=asked.currency, price_year=asked.price_year, outcome=asked.effect),
        method=_method(asked),
        claim="effect" if asked.allocation == "randomised" else "association",
        estimand=f"Difference between the arms in mean cost and mean {asked.effect.replace('_', ' ')} per person over the follow-up.",
        assumptions=_assumptions(asked, printed=printed),
        references=_REFERENCES,
        settings={
            **asdict(asked), "conf_level": LEVEL, "versions": versions(),
            "data": {**data_facts(data), "replicates": drawn},
        },
        columns=_COLUMNS,
        exclusions=exclusions,
        origin=origin_of(data),
    )  # fmt: skip


def check_counted(data: pd.DataFrame, column: str) -> None:
    """Check that a column that counts days or events has no negative number."""
    if column in data.columns:
        check_amounts(data[column], "data")


def _assumptions(asked: Comparison, *, printed: bool) -> tuple[str, ...]:
    alone = "Persons are" if asked.unit is None else "Units are"
    said = (
        "Costs and effects cover the same time and the same perspective; nothing is discounted.",
        f"{alone} independent of one another; persons with an unknown cost or effect are left out as if missing at random.",
        "Means of skewed costs are taken as normally distributed, which small arms do not warrant.",
    )
    return (*said, "Printed means are exact; what is not printed leaves empty what depends on it.") if printed else said


_REFERENCES = (
    "Fieller 1954, Journal of the Royal Statistical Society B 16:175",
    "Stinnett and Mullahy 1998, Medical Decision Making 18:S68",
    "van Hout et al. 1994, Health Economics 3:309",
)
_COLUMNS = {
    "threshold": "what one unit of effect may cost",
    "quadrant": "where the difference lies: what the treatment costs and does beside the reference",
    "interval": "shape of Fieller's interval: bounded; all_but_a_range (every ratio outside excluded_low to excluded_high); "
    "whole_line (no ratio is ruled out)",
    "excluded_low": "lower end of the range that is ruled out",
    "excluded_high": "upper end of the range that is ruled out",
    "correlation": "between the estimates of incremental cost and incremental effect",
    "least_count": "persons whose cost or effect is not the commonest one; it never leaves, and tells release whether the mean may",
    "currency": "ISO 4217 code",
    "price_year": "the year in whose prices costs are given",
}
_ORDER = [
    "measure", "group", "contrast", "estimate", "std_error", "df", "conf_low", "conf_high", "conf_level", "n",
    "threshold", "quadrant", "interval", "excluded_low", "excluded_high", "correlation", "least_count",
]  # fmt: skip


def _check(asked: Comparison) -> None:
    if asked.allocation not in get_args(Allocation):
        msg = f"The allocation {asked.allocation!r} is not 'randomised' or 'observed'."
        raise DesignError(msg, hint="It decides whether the report may say 'effect' or only 'association'.")
    if asked.better not in get_args(Better):
        msg = f"The effect is better {asked.better!r}; expected 'higher' or 'lower'."
        raise InvalidValueError(msg, hint=nearest(str(asked.better), get_args(Better)))
    check_money(asked.currency, asked.price_year)
    if not asked.thresholds:
        msg = "There are no thresholds."
        raise InvalidValueError(msg, hint="Say what one unit of effect may cost, such as thresholds=[0, 500, 1000].")
    if asked.resamples is not None and asked.resamples < _FEWEST:
        msg = f"{asked.resamples} bootstrap replicates are too few."
        raise InvalidValueError(msg, hint=f"Draw {_FEWEST} or more, better 2000.")
    if asked.resamples is not None and asked.unit is not None:
        msg = "The bootstrap draws persons, but units are the sample."
        raise DesignError(msg, hint="Leave resamples out: few units do not bear a bootstrap (rule R8).")
    for threshold in asked.thresholds:
        if not 0 <= threshold < np.inf:
            msg = f"The threshold {threshold:g} is not zero or more."
            raise OutOfRangeError(
                msg, hint="It is what one unit of effect may cost; effects are gains, whatever their sign."
            )


_FEWEST = 200
"""Below so many replicates a percentile of 2.5 rests on a handful."""


def _method(asked: Comparison) -> str:
    drawn = f"{asked.resamples} bootstrap replicates (persons within arms, cost and effect together; seed {asked.seed})"
    test = (
        "Welch's t (rule R5)"
        if asked.unit is None
        else "t with the CR2 covariance of units and Satterthwaite's df (rule R8)"
    )
    joint = "the same t" if asked.resamples is None else drawn
    sign = "more" if asked.better == "higher" else "less"
    return (
        f"Arms are compared by {test}, {sign} of {asked.effect.replace('_', ' ')} counted as a gain. The ratio has Fieller's interval, "
        "the set of ratios at which net benefit is not told from 0 (with the degrees of freedom at the ratio observed); a "
        "bootstrap of the ratio itself is not valid where the effect is not told from 0. "
        f"Net benefit and the probability that it is above 0 follow from {joint}. Costs in {asked.currency}, "
        f"prices of {asked.price_year}."
    )


def _means(arms: list[Arm], asked: Comparison) -> list[dict[str, object]]:
    """Mean cost and effect of each arm, with t intervals where persons are the sample."""
    from scipy.stats import t

    found = []
    for place, measure in enumerate(("mean_cost", "mean_effect")):
        for arm in arms:
            error, mean = float(np.sqrt(arm.covariance[place, place] / arm.n)), float(arm.means[place])
            error = error if error > 0 and asked.unit is None else np.nan
            half = float(t.ppf((1 + LEVEL) / 2, arm.n - 1)) * error
            row = _row(measure, mean, error, arm.n - 1, (mean - half, mean + half))
            found.append({**row, "group": arm.name, "n": arm.n, "least_count": arm.least(place)})
    return found


def _row(measure: str, estimate: float, error: float, df: float, limits: tuple[float, float]) -> dict[str, object]:
    return {
        "measure": measure, "estimate": estimate, "std_error": error, "df": df, "conf_low": limits[0],
        "conf_high": limits[1], "conf_level": LEVEL,
    }  # fmt: skip


def _joint(arms: list[Arm], asked: Comparison, drawn: NDArray[np.float64] | None) -> list[dict[str, object]]:
    """What is said of both arms: increments, their ratio, net benefit."""
    gains = between(arms) if asked.unit is None else between_units(arms)
    found = combined(gains, np.eye(2))
    low, high = found.limits(LEVEL)
    correlation = gains.covariance[0, 1] / (found.std_error[0] * found.std_error[1])
    increments = [
        {**_row(measure, *each), "correlation": correlation}
        for measure, *each in zip(
            ("incremental_cost", "incremental_effect"),
            found.estimate, found.std_error, found.df, zip(low, high, strict=True), strict=True,
        )
    ]  # fmt: skip
    both = {"contrast": f"{arms[0].name} - {arms[1].name}", "n": arms[0].n + arms[1].n}
    rows = [*increments, _ratio(gains), *_net_benefits(gains, asked.thresholds, drawn)]
    return [{**both, **row} for row in rows]


def _ratio(gains: Increments) -> dict[str, object]:
    """The ratio, where more is paid for more or less for less, and what Fieller's interval does not rule out."""
    cost, effect = gains.estimate
    interval = fieller(gains, LEVEL)
    limits = (interval.low, interval.high)
    bounded = interval.kind == "bounded"
    none = (np.nan, np.nan)
    excluded = limits if interval.kind == "all_but_a_range" else none
    estimate = cost / effect if cost * effect > 0 else np.nan
    return {
        **_row("icer", estimate, np.nan, np.nan, limits if bounded else none), "quadrant": _quadrant(cost, effect),
        "interval": interval.kind or None, "excluded_low": excluded[0], "excluded_high": excluded[1],
    }  # fmt: skip


def _quadrant(cost: float, effect: float) -> str | None:
    if np.isnan(cost) or np.isnan(effect):
        return None
    if effect == 0 or cost == 0:
        return "no difference in effect" if effect == 0 else "no difference in cost"
    if (cost < 0) == (effect > 0):
        return "treatment dominates" if effect > 0 else "reference dominates"
    return "costs more, does more" if cost > 0 else "costs less, does less"


def _net_benefits(
    gains: Increments, thresholds: tuple[float, ...], drawn: NDArray[np.float64] | None
) -> list[dict[str, object]]:
    """Net benefit at each threshold, and how probable it is that it is above 0."""
    from scipy.stats import t

    weights = np.column_stack([np.full(len(thresholds), -1.0), thresholds])
    found = combined(gains, weights)
    error, df, (low, high) = found.std_error, found.df, found.limits(LEVEL)
    probability = t.cdf(found.estimate / error, df)
    if drawn is not None:
        sums = drawn @ weights.T
        error, df = sums.std(axis=0, ddof=1), np.full(len(thresholds), np.nan)
        low, high = np.quantile(sums, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
        probability = (sums > 0).mean(axis=0)
    columns = zip(thresholds, found.estimate, error, df, low, high, probability, strict=True)
    return [
        row
        for threshold, estimate, se, each, lower, upper, share in columns
        for row in (
            {**_row("incremental_net_benefit", estimate, se, each, (lower, upper)), "threshold": threshold},
            {"measure": "probability_cost_effective", "estimate": share, "threshold": threshold},
        )
    ]
