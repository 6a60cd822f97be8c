"""How many persons or units a study needs, or what a number of them can show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from peereval.errors import InvalidValueError
from peereval.results import Result, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MOST = 10_000_000
"""Above so many persons the question is taken for a slip."""


def precision_of_change(
    *,
    sd: float,
    correlation: float,
    half_width: float | None = None,
    n: int | None = None,
    retention: float = 1.0,
    level: float = 0.95,
) -> Result:
    """Plan the mean change of a single arm by the width of its interval, since one arm has nothing to test against.

    Parameters
    ----------
    sd : float
        Standard deviation of the scores in either round, in points.
    correlation : float
        Between the two rounds.
    half_width : float, optional
        Wished half width of the interval, in points: the persons needed are computed.
    n : int, optional
        Persons at the start: the half width is computed.
    retention : float
        Share of the persons who answer the second round too.
    level : float
        Confidence level.

    Returns
    -------
    Result
        Rows with ``measure`` ``persons`` (at the start), ``persons_with_both`` and ``half_width`` (points).

    Raises
    ------
    InvalidValueError
        A number is impossible, not exactly one of `half_width` and `n` is given, or fewer than two would have both rounds.

    Notes
    -----
    The standard deviation of the change is sd x the root of 2 (1 - correlation), taken as known; the interval is Student's.

    Examples
    --------
    >>> import peereval as pe
    >>> found = pe.precision_of_change(sd=10, correlation=0.6, half_width=3, retention=0.7).estimates
    >>> found[["measure", "estimate"]].round(2)
                 measure  estimate
    0            persons     53.00
    1  persons_with_both     37.00
    2         half_width      2.98
    """
    check_numbers({"sd": (sd, 0, np.inf), "retention": (retention, 0, 1 + 1e-12), "level": (level, 0, 1)})
    check_numbers({"correlation": (correlation, -1, 1)})
    check_one("half_width", half_width, "n", n)
    spread = sd * (2 * (1 - correlation)) ** 0.5

    def reach(pairs: int) -> float:
        from scipy.stats import t

        return float(t.ppf((1 + level) / 2, pairs - 1) * spread / pairs**0.5)

    if n is None:
        check_numbers({"half_width": (half_width, 0, np.inf)})
        goal = float(half_width or np.nan)
        both = smallest(lambda pairs: reach(pairs) <= goal, 2)
        n = int(np.ceil(both / retention - 1e-9))
    else:
        both = int(n * retention + 1e-9)
        check_numbers({"n x retention": (both, 1, np.inf)})
    return plan(
        "Precision of a mean change",
        {"persons": n, "persons_with_both": both, "half_width": reach(both)},
        f"Half the {level:.0%} Student interval of the mean change of persons with both rounds, with a standard deviation of "
        f"{sd:g} in each round, a correlation of {correlation:g} and {retention:.0%} answering both.",
        {"sd": sd, "correlation": correlation, "half_width": half_width, "retention": retention, "level": level},
    )


def power_of_two_rates(
    *,
    rate: float,
    reference_rate: float,
    n_per_arm: int | None = None,
    power: float | None = None,
    design_effect: float = 1.0,
    level: float = 0.95,
) -> Result:
    """Plan the comparison of two rates, such as readmissions, where persons or units count more than once.

    Parameters
    ----------
    rate, reference_rate : float
        Expected in the two arms, as shares.
    n_per_arm : int, optional
        Rows (stays, persons) in each arm: the power is computed.
    power : float, optional
        Wished power: the rows needed are computed.
    design_effect : float
        By how much repeated rows of a person or unit widen the variance.
    level : float
        Confidence level; the test is two-sided.

    Returns
    -------
    Result
        Rows with ``measure`` ``rows_per_arm`` and ``power``.

    Raises
    ------
    InvalidValueError
        A number is impossible, the rates are equal, or not exactly one of `n_per_arm` and `power` is given.

    Notes
    -----
    The normal approximation with the pooled variance under no difference, on the rows divided by the design effect, as in R's
    ``power.prop.test``; rough where fewer than about five events are expected in an arm.

    References
    ----------
    Fleiss, Levin & Paik 2003, Statistical methods for rates and proportions, chapter 4.

    Examples
    --------
    R: ``power.prop.test(p1 = .30, p2 = .20, power = .8)`` gives 293.15 in each group.

    >>> import peereval as pe
    >>> found = pe.power_of_two_rates(rate=0.2, reference_rate=0.3, power=0.8).estimates
    >>> found[["measure", "estimate"]].round(3)
            measure  estimate
    0  rows_per_arm   294.000
    1         power     0.801
    """
    check_numbers({"rate": (rate, 0, 1), "reference_rate": (reference_rate, 0, 1), "level": (level, 0, 1)})
    check_numbers({"design_effect": (design_effect, 1 - 1e-12, np.inf)})
    check_one("n_per_arm", n_per_arm, "power", power)
    if rate == reference_rate:
        msg = f"Both rates are {rate:g}, so there is nothing to find."
        raise InvalidValueError(msg, hint="Say the smallest difference that would matter.")
    both = rate + reference_rate
    null = (both * (1 - both / 2)) ** 0.5
    spread = (rate * (1 - rate) + reference_rate * (1 - reference_rate)) ** 0.5

    def found(n: int) -> float:
        from scipy.stats import norm

        reach = (n / design_effect) ** 0.5 * abs(rate - reference_rate)
        return float(norm.cdf((reach - norm.ppf((1 + level) / 2) * null) / spread))

    n = wanted(found, n_per_arm, power, 1)
    return plan(
        "Power of a comparison of two rates",
        {"rows_per_arm": n, "power": found(n)},
        f"Two-sided test of {rate:.1%} against {reference_rate:.1%} at the level {1 - level:.3g}, by the normal approximation with "
        f"the pooled variance, on the rows divided by a design effect of {design_effect:g} (rule R12).",
        {"rate": rate, "reference_rate": reference_rate, "design_effect": design_effect, "level": level},
    )


def power_of_units(
    *,
    difference: float,
    sd: float,
    icc: float,
    persons_per_unit: float,
    units_per_arm: int | None = None,
    power: float | None = None,
    size_variation: float = 0.0,
    level: float = 0.95,
) -> Result:
    """Plan the comparison of two arms of whole units, such as wards, each in one arm.

    Parameters
    ----------
    difference : float
        Expected between the arms' means, in points.
    sd : float
        Standard deviation of persons, over all units of an arm, in points.
    icc : float
        Share of the variance that lies between units.
    persons_per_unit : float
        Mean number of persons with an answer in a unit.
    units_per_arm : int, optional
        Units in each arm: the power is computed.
    power : float, optional
        Wished power: the units needed are computed.
    size_variation : float
        Coefficient of variation of the units' sizes.
    level : float
        Confidence level; the test is two-sided.

    Returns
    -------
    Result
        Rows with ``measure`` ``units_per_arm``, ``persons_per_arm``, ``design_effect`` and ``power``.

    Raises
    ------
    InvalidValueError
        A number is impossible, or not exactly one of `units_per_arm` and `power` is given.

    Notes
    -----
    A t test of unit means: noncentral t with 2 (units per arm - 1) degrees of freedom and the variance of a unit's mean,
    sd² x design effect / persons, with the design effect 1 + ((1 + cv²) persons - 1) icc.

    References
    ----------
    Donner & Klar 2000, Design and analysis of cluster randomization trials in health research; Eldridge, Ashby & Kerry 2006,
    International Journal of Epidemiology 35:1292 (units of unequal size).

    Examples
    --------
    >>> import peereval as pe
    >>> found = pe.power_of_units(difference=5, sd=10, icc=0.05, persons_per_unit=15, power=0.8).estimates
    >>> found[["measure", "estimate"]].round(3)
               measure  estimate
    0    units_per_arm     9.000
    1  persons_per_arm   135.000
    2    design_effect     1.700
    3            power     0.841
    """
    check_numbers({"difference": (abs(difference), 0, np.inf), "sd": (sd, 0, np.inf), "icc": (icc, -1e-12, 1)})
    check_numbers(
        {"persons_per_unit": (persons_per_unit, 0, np.inf), "size_variation": (size_variation, -1e-12, np.inf)}
    )
    check_numbers({"level": (level, 0, 1)})
    check_one("units_per_arm", units_per_arm, "power", power)
    effect = 1 + ((1 + size_variation**2) * persons_per_unit - 1) * icc
    variance = sd**2 * effect / persons_per_unit

    def found(units: int) -> float:
        return power_of_t(abs(difference) / (2 * variance / units) ** 0.5, 2 * (units - 1), level)

    units = wanted(found, units_per_arm, power, 2)
    return plan(
        "Power of a comparison of units",
        {"units_per_arm": units, "persons_per_arm": units * persons_per_unit, "design_effect": effect, "power": found(units)},
        f"Two-sided t test of unit means at the level {1 - level:.3g}: a difference of {abs(difference):g} points with a standard "
        f"deviation of {sd:g}, {persons_per_unit:g} persons a unit and an intraclass correlation of {icc:g} (rule R8).",
        {
            "difference": difference, "sd": sd, "icc": icc, "persons_per_unit": persons_per_unit,
            "size_variation": size_variation, "level": level,
        },
    )  # fmt: skip


def power_of_t(noncentrality: float, df: float, level: float) -> float:
    """Power of a two-sided t test, both rejection regions counted.

    Parameters
    ----------
    noncentrality : float
        The expected estimate over its standard error.
    df : float
        Degrees of freedom.
    level : float
        Confidence level.

    Returns
    -------
    float
        The power.

    Examples
    --------
    R: ``power.t.test(n = 20, delta = 1, sd = 1, strict = TRUE)$power`` is 0.8689530.

    >>> round(power_of_t(1 / (2 / 20) ** 0.5, 38, 0.95), 6)
    0.868953
    """
    from scipy.stats import nct, t

    limit = t.ppf((1 + level) / 2, df)
    return float(nct.sf(limit, df, noncentrality) + nct.cdf(-limit, df, noncentrality))


def wanted(found: Callable[[int], float], n: int | None, power: float | None, fewest: int) -> int:
    """Give the number that was said, or the smallest with the wished power.

    Parameters
    ----------
    found : callable
        The power of a number, rising with it.
    n : int or None
        The number, if it was said.
    power : float or None
        The wished power otherwise.
    fewest : int
        The smallest number that makes sense.

    Returns
    -------
    int
        The number.

    Raises
    ------
    InvalidValueError
        The number is too small or no whole number, or the power is not between 0 and 1.
    """
    if n is None:
        check_numbers({"power": (power, 0, 1)})
        goal = float(power or np.nan)
        return smallest(lambda each: found(each) >= goal, fewest)
    if n != int(n) or n < fewest:
        msg = f"The number in an arm is {n!r}; it is a whole number of at least {fewest}."
        raise InvalidValueError(msg, hint="Say how many are planned.")
    return int(n)


def smallest(enough: Callable[[int], bool], fewest: int) -> int:
    """Find the smallest number that is enough, where all larger ones are too.

    Parameters
    ----------
    enough : callable
        Whether a number is enough.
    fewest : int
        Where to begin.

    Returns
    -------
    int
        The number.

    Raises
    ------
    InvalidValueError
        Ten million are not enough.

    Examples
    --------
    >>> smallest(lambda n: n * n >= 50, 2)
    8
    """
    high = fewest
    while not enough(high):
        high *= 2
        if high > _MOST:
            msg = f"Even {_MOST:,} would not be enough."
            raise InvalidValueError(msg, hint="Look at the units of the numbers.")
    low = max(fewest, high // 2)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return high


def check_numbers(numbers: Mapping[str, tuple[Any, float, float]]) -> None:
    """Refuse a number outside the open range it belongs to.

    Parameters
    ----------
    numbers : mapping
        Name to the number and the ends of its range.

    Raises
    ------
    InvalidValueError
        One lies outside.
    """
    for name, (value, low, high) in numbers.items():
        if not low < value < high:
            msg = f"{name} is {value!r}; it lies between {max(low, -1):.3g} and {high:.3g}."
            raise InvalidValueError(msg, hint="Shares are said as 0.2, not as 20; points are above 0.")


def check_one(one: str, first: object, other: str, second: object) -> None:
    """Refuse a question with none, or both, of two numbers that follow from each other.

    Parameters
    ----------
    one, other : str
        Their names.
    first, second : object
        Their values; None where not said.

    Raises
    ------
    InvalidValueError
        Not exactly one is said.
    """
    if (first is None) == (second is None):
        msg = f"{'Both' if first is not None else 'Neither of'} {one} and {other} {'are' if first is not None else 'is'} said."
        raise InvalidValueError(msg, hint="Say one; the other follows from it.")


def plan(title: str, numbers: Mapping[str, float], method: str, settings: Mapping[str, Any]) -> Result:
    """Put planned numbers into a result.

    Parameters
    ----------
    title : str
        What is planned.
    numbers : mapping of str to float
        Measure to number.
    method : str
        How it was computed.
    settings : mapping
        What was asked.

    Returns
    -------
    Result
        One row a measure. There are no data, so nobody can be told from it.
    """
    return Result(
        kind="plan",
        title=title,
        estimates=pd.DataFrame({"measure": list(numbers), "estimate": np.array([*numbers.values()], dtype=np.float64)}),
        method=method,
        claim="description",
        assumptions=("The numbers assumed are true; where they come from belongs in the plan.",),
        settings={**settings, "versions": versions()},
    )
