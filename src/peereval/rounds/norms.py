"""What other samples tell of a scale: its reliability, and how a population scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from peereval.errors import InvalidValueError

if TYPE_CHECKING:
    from peereval.instruments.key import Direction

Coefficient: TypeAlias = Literal["retest", "icc", "alpha", "omega"]

_FISHER = 3
"""What Fisher's transformation takes off the number of persons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityStudy:
    """How precisely a scale measures one person, as one sample shows it.

    Spread and reliability are of the same persons: a reliability from one sample with the standard deviation of another
    gives a standard error of measurement that belongs to neither. So this is said either with `sd`, `reliability` and
    `measure`, or with `sem` alone.

    Parameters
    ----------
    source : str
        Which study, for the methods section.
    sd : float, optional
        Standard deviation of the scores, in points.
    reliability : float, optional
        Between 0 and 1.
    measure : {"retest", "icc", "alpha", "omega"}, optional
        Which coefficient the reliability is.
    sem : float, optional
        Standard error of measurement in points, where the source prints it.
    mean : float, optional
        Mean score of the same sample. The methods that allow for regression to the mean need it.
    n : int, optional
        Persons in the sample, from which the limits of the reliability are computed.
    limits : tuple of float, optional
        95 % limits of the reliability, where the source prints them.

    Raises
    ------
    InvalidValueError
        Too little, too much or something impossible is said.

    Examples
    --------
    >>> study = ReliabilityStudy(source="a retest over two weeks", sd=10, reliability=0.74, measure="retest", n=88)
    >>> round(study.error, 2)
    5.1
    """

    source: str
    sd: float | None = None
    reliability: float | None = None
    measure: Coefficient | None = None
    sem: float | None = None
    mean: float | None = None
    n: int | None = None
    limits: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        whole = [each is not None for each in (self.sd, self.reliability, self.measure)]
        if (self.sem is not None and any(whole)) or (self.sem is None and not all(whole)):
            msg = (
                f"The reliability study {self.source!r} needs sd, reliability and measure of one sample, or sem alone."
            )
            raise InvalidValueError(msg, hint="Leave out what comes from another sample.")
        problem = _problem(self)
        if problem:
            msg = f"The reliability study {self.source!r} has {problem}."
            raise InvalidValueError(msg, hint="Look at the source again.")

    @property
    def error(self) -> float:
        """Standard error of measurement, in points."""
        if self.sd is None or self.reliability is None:
            return float(self.sem or np.nan)
        return float(self.sd * np.sqrt(1 - self.reliability))


def _problem(study: ReliabilityStudy) -> str:
    """What is impossible in a reliability study."""
    for name in ("sd", "sem"):
        value = getattr(study, name)
        if value is not None and not 0 < value < np.inf:
            return f"{name} = {value!r}; it is above 0"
    if study.reliability is not None and not 0 < study.reliability < 1:
        return f"reliability = {study.reliability!r}; it lies between 0 and 1"
    if study.measure is not None and study.measure not in get_args(Coefficient):
        return f"measure = {study.measure!r}; it is one of {', '.join(get_args(Coefficient))}"
    if study.n is not None and study.n <= _FISHER:
        return f"n = {study.n!r}; limits need at least four persons"
    if study.limits is not None and not (
        study.reliability is not None and study.limits[0] <= study.reliability <= study.limits[1] <= 1
    ):
        return f"limits = {study.limits!r}, which are not around its reliability"
    return ""


def error_limits(study: ReliabilityStudy, n_items: int, level: float) -> tuple[float, float, float, float]:
    """Limits of the two numbers that thresholds are made of, the standard deviation taken as known.

    Parameters
    ----------
    study : ReliabilityStudy
        The sample.
    n_items : int
        Items of the scale, for the limits of alpha.
    level : float
        Confidence level.

    Returns
    -------
    tuple of float
        Lowest and highest standard error of measurement, lowest and highest standard error of prediction. Not-a-number
        where the source says too little.

    Notes
    -----
    A correlation has Fisher's limits (an intraclass one approximately so), alpha has Feldt's; a standard error of
    measurement without its reliability has those of a standard deviation with n - 1 degrees of freedom. Omega has none
    that follow from n.

    Examples
    --------
    >>> study = ReliabilityStudy(source="a retest", sd=10, reliability=0.74, measure="retest", n=88)
    >>> [round(1.96 * 2**0.5 * each, 1) for each in error_limits(study, 15, 0.95)[:2]]
    [11.7, 16.9]
    """
    from scipy.stats import chi2

    if study.sd is None or study.reliability is None:
        if study.n is None:
            return (np.nan,) * 4
        tails = np.array([1 + level, 1 - level]) / 2
        low, high = study.error * np.sqrt((study.n - 1) / chi2.ppf(tails, study.n - 1))
        return float(low), float(high), np.nan, np.nan
    low, high = _reliability_limits(study, study.reliability, n_items, level)
    errors = [study.sd * np.sqrt(1 - each) for each in (high, low)]
    predictions = [study.sd * np.sqrt(1 - each**2) for each in (high, max(low, 0.0))]
    return (*map(float, errors), *map(float, predictions))  # type: ignore[return-value]


def _reliability_limits(study: ReliabilityStudy, r: float, n_items: int, level: float) -> tuple[float, float]:
    from scipy.stats import f, norm

    if study.limits is not None:
        return study.limits
    if study.n is None or study.measure == "omega":
        return np.nan, np.nan
    if study.measure == "alpha":
        down, up = f.ppf([(1 - level) / 2, (1 + level) / 2], study.n - 1, (study.n - 1) * (n_items - 1))
        return float(1 - (1 - r) * up), float(1 - (1 - r) * down)
    reach = norm.ppf((1 + level) / 2) / np.sqrt(study.n - _FISHER)
    return float(np.tanh(np.arctanh(r) - reach)), float(np.tanh(np.arctanh(r) + reach))


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """How a population scores on a scale.

    Parameters
    ----------
    source : str
        Which study.
    mean, sd : float
        In points.

    Raises
    ------
    InvalidValueError
        The standard deviation is not above 0.

    Examples
    --------
    >>> Norm(source="a general population", mean=60, sd=15).mean
    60
    """

    source: str
    mean: float
    sd: float

    def __post_init__(self) -> None:
        if not (0 < self.sd < np.inf and np.isfinite(self.mean)):
            msg = f"The norm {self.source!r} has mean {self.mean!r} and sd {self.sd!r}; the sd is above 0."
            raise InvalidValueError(msg, hint="Look at the source again.")


def cut_offs(functional: Norm | None, dysfunctional: Norm | None, direction: Direction) -> dict[str, float]:
    """Cut-offs between a dysfunctional and a functional population.

    Parameters
    ----------
    functional, dysfunctional : Norm or None
        How the two populations score.
    direction : {"higher is better", "higher is worse"}
        Which way is good.

    Returns
    -------
    dict of str to float
        ``a``: two standard deviations from the mean of the dysfunctional population; ``b``: two standard deviations
        from that of the functional one; ``c``: where the two are equally far in their standard deviations. Those
        that can be computed.

    Raises
    ------
    InvalidValueError
        The dysfunctional population scores better than the functional one.

    References
    ----------
    Jacobson & Truax 1991, Journal of Consulting and Clinical Psychology 59:12.

    Examples
    --------
    >>> cut_offs(Norm(source="F", mean=60, sd=7.5), Norm(source="D", mean=40, sd=7.5), "higher is better")
    {'a': 55.0, 'b': 45.0, 'c': 50.0}
    """
    sign = 1 if direction == "higher is better" else -1
    found = {}
    if dysfunctional is not None:
        found["a"] = dysfunctional.mean + sign * 2 * dysfunctional.sd
    if functional is not None:
        found["b"] = functional.mean - sign * 2 * functional.sd
    if functional is not None and dysfunctional is not None:
        if sign * (functional.mean - dysfunctional.mean) <= 0:
            msg = f"The dysfunctional population (mean {dysfunctional.mean:g}) scores no worse than the functional one ({functional.mean:g}); {direction}."
            raise InvalidValueError(msg, hint="Exchange the two, or look at the direction of the scale.")
        crossed = functional.sd * dysfunctional.mean + dysfunctional.sd * functional.mean
        found["c"] = crossed / (functional.sd + dysfunctional.sd)
    return found
