"""Value for money: what the treatment costs and does beside a comparison arm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.costs.incremental import Comparison, check_counted, compared

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from peereval.costs.incremental import Allocation, Better
    from peereval.results import Result


def cost_effectiveness(
    data: pd.DataFrame,
    *,
    treatment: str,
    reference: str | None,
    allocation: Allocation,
    better: Better,
    thresholds: Sequence[float],
    currency: str,
    price_year: int,
    arm: str = "arm",
    cost: str = "cost",
    effect: str = "effect",
    unit: str | None = None,
    resamples: int | None = None,
    seed: int = 0,
) -> Result:
    """Compare cost and effect of two arms: differences, their ratio, net benefit and acceptability.

    Parameters
    ----------
    data : DataFrame
        One row a person with the columns `arm`, `cost` and `effect`; or, where it has a column ``mean_cost``, one row an
        arm as printed: ``n``, ``mean_cost``, ``sd_cost``, ``mean_effect``, ``sd_effect`` and ``correlation`` (of cost and
        effect between persons), empty where not printed.
    treatment, reference : str
        The arm in question and the arm it is compared with.
    allocation : {"randomised", "observed"}
        How persons came into the arms; it decides whether the result may claim an effect.
    better : {"higher", "lower"}
        Whether more of the effect is better (points of recovery) or less (days in hospital); the incremental effect is
        counted so that a gain is positive.
    thresholds : sequence of float
        What one unit of effect may cost, in `currency`: net benefit and acceptability are given at each.
    currency, price_year : str and int
        ISO 4217 code, and the year in whose prices costs are given.
    arm, cost, effect : str
        The columns of persons; `effect` also names the outcome of printed means.
    unit : str, optional
        The column of wards, teams or houses, where these came into the arms: the covariance is then CR2 by unit.
    resamples : int, optional
        For persons: draw so many bootstrap replicates (persons within their arm, cost and effect together) for net benefit
        and acceptability. Without, both follow from the t test.
    seed : int
        Of the replicates.

    Returns
    -------
    Result
        Rows with ``measure`` ``mean_cost`` and ``mean_effect`` (per arm), ``incremental_cost`` and
        ``incremental_effect`` (with their ``correlation``), ``icer`` (the ratio, with Fieller's interval and its shape in
        ``interval``; empty where one arm dominates, see ``quadrant``), and for each ``threshold``
        ``incremental_net_benefit`` and ``probability_cost_effective``.

    Raises
    ------
    ColumnError
        A column is missing or holds no numbers.
    DesignError
        There is no comparison arm, the allocation was not said, an arm has one person, persons are in two arms, or there are
        too few units.
    OutOfRangeError
        A cost or a threshold is negative.
    InvalidValueError
        An arm, a currency or a year does not exist, or there are no thresholds.
    DuplicateError
        A person has two rows.

    Examples
    --------
    >>> import pandas as pd
    >>> printed = pd.DataFrame({
    ...     "arm": ["peer", "usual"], "n": [120, 118], "mean_cost": [5200.0, 4800.0], "sd_cost": [900.0, 1000.0],
    ...     "mean_effect": [11.0, 15.0], "sd_effect": [9.0, 12.0], "correlation": [0.3, 0.4],
    ... })
    >>> found = cost_effectiveness(printed, treatment="peer", reference="usual", allocation="randomised", better="lower",
    ...                            effect="bed days", thresholds=[200], currency="GBP", price_year=2014).estimates
    >>> found.loc[found["contrast"].notna(), ["measure", "estimate", "conf_low", "conf_high"]].round(2)
                          measure  estimate  conf_low  conf_high
    4            incremental_cost    400.00    156.90     643.10
    5          incremental_effect      4.00      1.29       6.71
    6                        icer    100.00     29.51     395.68
    7     incremental_net_benefit    400.00   -269.55    1069.55
    8  probability_cost_effective      0.88       NaN        NaN
    """
    asked = Comparison(
        treatment=treatment, reference=reference, allocation=allocation, better=better, currency=currency,
        thresholds=tuple(float(each) for each in thresholds), price_year=price_year, arm=arm, cost=cost, effect=effect, unit=unit,
        resamples=resamples, seed=seed,
    )  # fmt: skip
    return compared(data, asked, title=f"Cost and effect ({effect.replace('_', ' ')})")


def cost_per_bed_day(
    data: pd.DataFrame,
    *,
    treatment: str,
    reference: str | None,
    allocation: Allocation,
    thresholds: Sequence[float],
    currency: str,
    price_year: int,
    arm: str = "arm",
    cost: str = "cost",
    bed_days: str = "bed_days",
    unit: str | None = None,
    resamples: int | None = None,
    seed: int = 0,
) -> Result:
    """Compare what a bed day avoided costs in two arms: `cost_effectiveness` with days in hospital, fewer being better.

    Parameters
    ----------
    data : DataFrame
        One row a person with `arm`, `cost` and `bed_days`, or printed means (see `cost_effectiveness`, where
        ``mean_effect`` are bed days). A cost that holds the bed days themselves would count them twice.
    treatment, reference : str
        The arm in question and the arm it is compared with.
    allocation : {"randomised", "observed"}
        How persons came into the arms.
    thresholds : sequence of float
        Prices of a bed day at which net benefit and acceptability are given.
    currency, price_year : str and int
        ISO 4217 code, and the year in whose prices costs are given.
    arm, cost, bed_days : str
        The columns.
    unit : str, optional
        The column of units, where these came into the arms.
    resamples : int, optional
        Bootstrap replicates, for persons.
    seed : int
        Of the replicates.

    Returns
    -------
    Result
        As `cost_effectiveness` gives; ``icer`` is the cost of a bed day avoided.

    Raises
    ------
    DesignError
        There is no comparison arm.
    OutOfRangeError
        A number is negative; the others as in `cost_effectiveness`.

    Examples
    --------
    >>> import pandas as pd
    >>> persons = pd.DataFrame({"arm": ["peer"] * 3 + ["usual"] * 3, "cost": [510, 490, 500, 90, 100, 110],
    ...                         "bed_days": [2, 1, 3, 6, 7, 5]})
    >>> found = cost_per_bed_day(persons, treatment="peer", reference="usual", allocation="observed", thresholds=[150],
    ...                          currency="DKK", price_year=2018)
    >>> found.estimates.set_index("measure").loc["icer", ["estimate", "conf_low", "conf_high"]].astype(float).round(1).tolist()
    [100.0, 63.5, 232.3]
    >>> found.claim
    'association'
    """
    asked = Comparison(
        treatment=treatment, reference=reference, allocation=allocation, better="lower", currency=currency,
        thresholds=tuple(float(each) for each in thresholds), price_year=price_year, arm=arm, cost=cost, effect=bed_days, unit=unit,
        resamples=resamples, seed=seed,
    )  # fmt: skip
    check_counted(data, bed_days)
    return compared(data, asked, title="Cost per bed day avoided")


def cost_per_readmission_avoided(
    data: pd.DataFrame,
    *,
    treatment: str,
    reference: str | None,
    allocation: Allocation,
    thresholds: Sequence[float],
    currency: str,
    price_year: int,
    arm: str = "arm",
    cost: str = "cost",
    readmissions: str = "readmissions",
    unit: str | None = None,
    resamples: int | None = None,
    seed: int = 0,
) -> Result:
    """Compare what a readmission avoided costs in two arms: `cost_effectiveness` with readmissions, fewer being better.

    Parameters
    ----------
    data : DataFrame
        One row a person with `arm`, `cost` and `readmissions` (how many, or 1 and 0 for any), or printed means (see
        `cost_effectiveness`, where ``mean_effect`` are readmissions).
    treatment, reference : str
        The arm in question and the arm it is compared with.
    allocation : {"randomised", "observed"}
        How persons came into the arms.
    thresholds : sequence of float
        What a readmission avoided may cost.
    currency, price_year : str and int
        ISO 4217 code, and the year in whose prices costs are given.
    arm, cost, readmissions : str
        The columns.
    unit : str, optional
        The column of units, where these came into the arms.
    resamples : int, optional
        Bootstrap replicates, for persons.
    seed : int
        Of the replicates.

    Returns
    -------
    Result
        As `cost_effectiveness` gives; ``icer`` is the cost of a readmission avoided.

    Raises
    ------
    DesignError
        There is no comparison arm.
    OutOfRangeError
        A number is negative; the others as in `cost_effectiveness`.

    Examples
    --------
    >>> import pandas as pd
    >>> alone = pd.DataFrame({"arm": "peer", "cost": [500.0, 600.0], "readmissions": [0, 1]})
    >>> cost_per_readmission_avoided(alone, treatment="peer", reference="usual", allocation="observed", thresholds=[1e4],
    ...                              currency="DKK", price_year=2018)
    Traceback (most recent call last):
    ...
    peereval.errors.DesignError: PE301: The data hold one arm, 'peer'; cost-effectiveness needs a comparison arm. Without one, what would have happened anyway counts as gained. Describe the costs with budget_scenarios.
    """
    asked = Comparison(
        treatment=treatment, reference=reference, allocation=allocation, better="lower", currency=currency,
        thresholds=tuple(float(each) for each in thresholds), price_year=price_year, arm=arm, cost=cost,
        effect=readmissions, unit=unit, resamples=resamples, seed=seed,
    )  # fmt: skip
    check_counted(data, readmissions)
    return compared(data, asked, title="Cost per readmission avoided")
