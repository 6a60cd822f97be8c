"""What money must bring, and what it has brought, from sums that are given: break-even, benefit to cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from peereval.costs.prices import check_money
from peereval.errors import DesignError, InvalidValueError, OutOfRangeError
from peereval.results import Result, versions

if TYPE_CHECKING:
    from collections.abc import Mapping

Allocation: TypeAlias = Literal["randomised", "observed"]
LEVEL = 0.95


def break_even(
    *,
    annual_cost: float,
    bed_day_price: float,
    currency: str,
    price_year: int,
    persons: float | None = None,
    days_saved: float | None = None,
    std_error: float | None = None,
    allocation: Allocation | None = None,
) -> Result:
    """Compute how many bed days peer support must save in a year to pay for itself, and how probable that is.

    Parameters
    ----------
    annual_cost : float
        What the peers cost a year.
    bed_day_price : float
        What a bed day costs. An empty bed saves no more than what the hospital then spends less.
    currency, price_year : str and int
        ISO 4217 code, and the year in whose prices both are given.
    persons : float, optional
        Persons that the peers support in a year.
    days_saved : float, optional
        Bed days saved per person, from a study with a comparison arm; needs `persons` and `allocation`.
    std_error : float, optional
        Of `days_saved`, taken as normally distributed.
    allocation : {"randomised", "observed"}, optional
        How persons of that study came into their arms.

    Returns
    -------
    Result
        Rows with ``measure`` ``break_even_bed_days`` (a year), ``break_even_bed_days_per_person``,
        ``net_saving`` (a year: days saved at their price, minus the cost) and ``probability_of_break_even``, as far as what
        was given allows.

    Raises
    ------
    OutOfRangeError
        A cost, a number of persons or a standard error is not above zero.
    DesignError
        An effect is given without saying how persons came into the arms.
    InvalidValueError
        An effect is given without the number of persons, or a currency or year is none.

    Examples
    --------
    Sledge et al. (2011) found 9.0 bed days fewer per person in nine months. With half a position at an assumed 30,000 dollars
    a year, 20 persons supported and an assumed 1,000 dollars a bed day:

    >>> found = break_even(annual_cost=30000, bed_day_price=1000, persons=20, days_saved=9.0, std_error=4.54,
    ...                    allocation="randomised", currency="USD", price_year=2011)
    >>> found.estimates[["measure", "estimate"]].round(2)
                              measure  estimate
    0             break_even_bed_days     30.00
    1  break_even_bed_days_per_person      1.50
    2                      net_saving 150000.00
    3       probability_of_break_even      0.95
    """
    check_money(currency, price_year)
    _check_above_zero(annual_cost=annual_cost, bed_day_price=bed_day_price, persons=persons, std_error=std_error)
    _check_effect(persons, days_saved, std_error, allocation)
    needed = annual_cost / bed_day_price
    rows: list[dict[str, object]] = [{"measure": "break_even_bed_days", "estimate": needed}]
    if persons is not None:
        rows.append({"measure": "break_even_bed_days_per_person", "estimate": needed / persons})
        if days_saved is not None:
            rows += _saved(days_saved, std_error, (needed, persons, bed_day_price))
    return Result(
        kind="break-even",
        title="Bed days that must be saved a year",
        estimates=pd.DataFrame(rows).assign(currency=currency, price_year=price_year),
        method=_BREAK_EVEN if days_saved is None else _BREAK_EVEN + _EFFECT,
        claim="description" if allocation is None else "effect" if allocation == "randomised" else "association",
        estimand="Bed days saved in a year whose price equals the yearly cost of the peers.",
        assumptions=_ASSUMPTIONS[:1] if days_saved is None else _ASSUMPTIONS,
        settings={
            "annual_cost": annual_cost, "bed_day_price": bed_day_price, "persons": persons, "days_saved": days_saved,
            "std_error": std_error, "allocation": allocation, "currency": currency, "price_year": price_year,
            "conf_level": LEVEL, "versions": versions(),
        },
        columns=_COLUMNS,
    )  # fmt: skip


_BREAK_EVEN = "Break-even is the yearly cost of the peers divided by the price of a bed day."
_EFFECT = (
    " The net saving is what the bed days saved are worth, minus that cost; its interval and the probability that it is above 0 "
    "take the bed days saved per person as normally distributed."
)
_ASSUMPTIONS = (
    "A bed day saved is money saved: short of closing beds, hospitals save less than the average price of a bed day.",
    "Persons supported here would save as many bed days as those of the study.",
)
_COLUMNS = {"currency": "ISO 4217 code", "price_year": "the year in whose prices amounts are given"}


def _check_above_zero(**amounts: float | None) -> None:
    for name, amount in amounts.items():
        if amount is not None and not 0 < amount < np.inf:
            msg = f"{name} is {amount:g}; expected a number above zero."
            raise OutOfRangeError(msg, hint="An unknown amount is left out, never zero.")


def _check_effect(
    persons: float | None, days_saved: float | None, std_error: float | None, allocation: str | None
) -> None:
    if days_saved is None:
        if std_error is not None or allocation is not None:
            msg = "A standard error or an allocation is given without days_saved."
            raise InvalidValueError(msg, hint="Give the bed days saved per person too, or none of them.")
        return
    if allocation not in get_args(Allocation):
        msg = f"Bed days saved are an effect, but their allocation is {allocation!r}, not 'randomised' or 'observed'."
        hint = "Take them from a study with a comparison arm. Without one, leave days_saved out: break-even stays."
        raise DesignError(msg, hint=hint)
    if persons is None or not np.isfinite(days_saved):
        msg = "Bed days saved per person need the number of persons supported in a year, and must be a number."
        raise InvalidValueError(msg, hint="Give persons=, such as 20.")


def _saved(days_saved: float, std_error: float | None, known: tuple[float, float, float]) -> list[dict[str, object]]:
    """Net saving, and how probable it is that it is above 0."""
    from scipy.stats import norm

    needed, persons, price = known
    saving = (persons * days_saved - needed) * price
    row: dict[str, object] = {"measure": "net_saving", "estimate": saving}
    if std_error is None:
        return [row]
    error = persons * std_error * price
    half = norm.ppf((1 + LEVEL) / 2) * error
    row |= {"std_error": error, "conf_low": saving - half, "conf_high": saving + half, "conf_level": LEVEL}
    return [row, {"measure": "probability_of_break_even", "estimate": norm.cdf(saving / error)}]


def benefit_to_cost(
    *,
    cost: float,
    currency: str,
    price_year: int,
    gross_benefit: float | None = None,
    net_benefit: float | None = None,
    bed_days: float | None = None,
) -> Result:
    """Divide what a source counts as saved by what it cost: gross, and net of the cost.

    Parameters
    ----------
    cost : float
        What the programme cost.
    currency, price_year : str and int
        ISO 4217 code, and the year in whose prices all sums are given.
    gross_benefit, net_benefit : float, optional
        What was saved before, or after, the cost is taken off; one of the two.
    bed_days : float, optional
        Bed days saved, for the value of one.

    Returns
    -------
    Result
        Rows with ``measure`` ``gross_benefit``, ``net_benefit``, ``gross_benefit_to_cost``, ``net_benefit_to_cost``
        (always 1 less) and, with `bed_days`, ``gross_benefit_per_bed_day``. It describes sums of a source: what would have
        happened without the programme is in them only as far as the source has taken it in.

    Raises
    ------
    OutOfRangeError
        A cost or a number of bed days is not above zero, or the gross benefit is negative.
    InvalidValueError
        Not one of the two benefits is given, or a currency or year is none.

    Examples
    --------
    Lawn et al. (2008), where year of publication stands for the price year, which was not seen:

    >>> found = benefit_to_cost(cost=19850, net_benefit=93150, bed_days=300, currency="AUD", price_year=2008)
    >>> found.estimates[["measure", "estimate"]].round(2)
                         measure  estimate
    0              gross_benefit 113000.00
    1                net_benefit  93150.00
    2      gross_benefit_to_cost      5.69
    3        net_benefit_to_cost      4.69
    4  gross_benefit_per_bed_day    376.67
    """
    check_money(currency, price_year)
    _check_above_zero(cost=cost, bed_days=bed_days)
    gross = _gross(cost, gross_benefit, net_benefit)
    found: Mapping[str, float] = {
        "gross_benefit": gross, "net_benefit": gross - cost, "gross_benefit_to_cost": gross / cost,
        "net_benefit_to_cost": (gross - cost) / cost,
        **({} if bed_days is None else {"gross_benefit_per_bed_day": gross / bed_days}),
    }  # fmt: skip
    return Result(
        kind="benefit-to-cost",
        title="Benefit to cost",
        estimates=pd.DataFrame({"measure": found.keys(), "estimate": found.values()}).assign(
            currency=currency, price_year=price_year
        ),
        method="The benefit that the source counts was divided by the cost: gross, and net of the cost.",
        claim="description",
        estimand="Money counted as saved per unit of money spent.",
        assumptions=(
            "What the source counts as saved would otherwise have been spent; without a comparison arm this is not shown.",
        ),
        settings={
            "cost": cost, "gross_benefit": gross_benefit, "net_benefit": net_benefit, "bed_days": bed_days,
            "currency": currency, "price_year": price_year, "versions": versions(),
        },
        columns=_COLUMNS,
    )  # fmt: skip


def _gross(cost: float, gross_benefit: float | None, net_benefit: float | None) -> float:
    if gross_benefit is not None and net_benefit is None:
        gross = gross_benefit
    elif net_benefit is not None and gross_benefit is None:
        gross = net_benefit + cost
    else:
        msg = "Give the benefit either gross or net of the cost, one of the two."
        raise InvalidValueError(msg, hint="A saving 'after costs' is net_benefit.")
    if not 0 <= gross < np.inf:
        msg = f"The gross benefit is {gross:g}; expected zero or more."
        raise OutOfRangeError(msg, hint="A net benefit may be below zero, but not by more than the cost.")
    return gross
