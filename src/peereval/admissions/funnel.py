"""Funnel plots: groups of different size against the limits within which chance would leave them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from peereval.admissions.rates import ALL
from peereval.errors import ColumnError, DesignError, DuplicateError, InvalidValueError, UnsupportedInputError, nearest
from peereval.mentions import row_numbers
from peereval.results import Result, data_facts, origin_of, versions

if TYPE_CHECKING:
    from numpy.typing import NDArray

Overdispersion = Literal["multiplicative", "additive", "none"]
LEVELS = {"95": 0.95, "998": 0.998}
WINSORISED = 0.1
"""The share of z scores at either end that are drawn in to the next ones (Spiegelhalter 2005)."""
FEW = 10
"""Groups below which over-dispersion can hardly be estimated; a judgement."""
_POINTS = 200


def funnel_plot(
    rates: Result | pd.DataFrame, *, target: float | None = None, overdispersion: Overdispersion = "multiplicative"
) -> Result:
    """Limits within which groups of their size would lie, if nothing but chance told them apart from the target.

    Parameters
    ----------
    rates : Result or DataFrame
        What `readmission_rate` gives with ``by``, or `standardised_rate` with ``method="indirect"``; or a frame with
        ``group``, ``numerator``, and ``denominator`` or, for ratios, ``expected_count``. A column ``design_effect``
        says how many times repeated rows widen the variance.
    target : float, optional
        The share or ratio of the centre line. Left out, the share of all groups together, or a ratio of 1.
    overdispersion : {"multiplicative", "additive", "none"}
        Limits widened by a common factor, or by a variance between groups, both estimated from winsorised z scores;
        or exact limits of chance alone.

    Returns
    -------
    Result
        One row a group with ``measure`` ``funnel_share`` or ``funnel_ratio``, its z score as ``statistic``, and declared
        columns ``lower_95``, ``upper_95``, ``lower_998``, ``upper_998`` and ``position`` (``inside``, or beyond which
        limit); then rows with the common ``common_design_effect`` and ``overdispersion_factor`` or
        ``variance_between_groups``. The row of all groups together is left out. Where over-dispersion is found, limits are those of the
        normal distribution; else exact binomial or Poisson ones, interpolated.

    Raises
    ------
    ColumnError, InvalidValueError, DuplicateError, UnsupportedInputError
        A column is missing; counts are impossible; a group stands twice; or something else was given.
    DesignError
        There are no groups, or the rates are of periods or directly standardised.

    Notes
    -----
    Spiegelhalter 2005 (limits, winsorising, multiplicative factor and additive variance); Spiegelhalter et al. 2012.
    The factor is the mean of the squared z scores, where it exceeds 1. The design effect is one for all groups: that of
    the groups, weighted by their denominators, since a small group tells little about its own.

    Examples
    --------
    >>> import pandas as pd
    >>> import peereval as pe
    >>> wards = pd.DataFrame({
    ...     "group": ["A", "B", "C", "D"], "numerator": [20, 48, 9, 90], "denominator": [100, 150, 60, 400],
    ... })
    >>> found = pe.funnel_plot(wards, overdispersion="none").estimates.head(4)
    >>> found[["group", "estimate", "lower_95", "upper_95", "position"]].round(3)
      group  estimate  lower_95  upper_95    position
    0     A     0.200     0.150     0.316      inside
    1     B     0.320     0.166     0.301  above 95 %
    2     C     0.150     0.123     0.339      inside
    3     D     0.225     0.193     0.276      inside
    """
    if overdispersion not in get_args(Overdispersion):
        msg = f"There is no over-dispersion {overdispersion!r}."
        raise InvalidValueError(msg, hint=nearest(str(overdispersion), get_args(Overdispersion)))
    groups = _groups(rates)
    is_share = "expected_count" not in groups
    funnel = _funnel(groups, is_share, _target(target, groups, is_share), overdispersion)
    return Result(
        kind="funnel",
        title="Funnel plot of shares" if is_share else "Funnel plot of observed over expected",
        estimates=_estimates(groups, funnel, overdispersion),
        method=_method(funnel, target, overdispersion),
        claim="description",
        estimand="Whether a group lies further from the target than groups of its size would by chance.",
        assumptions=_assumptions(groups, overdispersion),
        references=_REFERENCES,
        settings={
            "target": target, "overdispersion": overdispersion, "winsorised": WINSORISED, "versions": versions(),
            # the share of all groups together and the limits tell how many there were
            "data": data_facts(groups) | {"target": funnel.target, "curve": _curve(groups, funnel)},
        },
        columns=_COLUMNS if is_share else {"expected_count": "expected number of cases", **_COLUMNS},
        origin=rates.origin if isinstance(rates, Result) else origin_of(rates),
    )  # fmt: skip


_REFERENCES = (
    "Spiegelhalter 2005, Statistics in Medicine 24:1185",
    "Spiegelhalter et al. 2012, Journal of the Royal Statistical Society A 175:1",
)
_COLUMNS = {
    "lower_95": "lower limit that 1 in 40 groups would lie below by chance",
    "upper_95": "upper limit that 1 in 40 groups would lie above by chance",
    "lower_998": "lower limit that 1 in 1,000 groups would lie below by chance",
    "upper_998": "upper limit that 1 in 1,000 groups would lie above by chance",
    "position": "inside, or beyond which limit",
}


@dataclass(frozen=True, slots=True)
class _Funnel:
    """A funnel's target, and how far chance and over-dispersion widen it."""

    is_share: bool
    target: float
    design_effect: float
    factor: float
    between: float

    def variance(self, size: NDArray[np.float64]) -> NDArray[np.float64]:
        """Variance of groups by denominator or expected number."""
        one = self.target * (1 - self.target) if self.is_share else self.target
        return self.factor * one * self.design_effect / size + self.between

    def limits(self, size: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Lower and upper limits of groups by denominator or expected number."""
        found = {}
        for name, level in LEVELS.items():
            found[f"lower_{name}"] = self._quantile((1 - level) / 2, size)
            found[f"upper_{name}"] = self._quantile((1 + level) / 2, size)
        return found

    def _quantile(self, p: float, size: NDArray[np.float64]) -> NDArray[np.float64]:
        from scipy.stats import norm

        wider = self.factor > 1 or self.between > 0
        value = self.target + norm.ppf(p) * np.sqrt(self.variance(size)) if wider else self._exact(p, size)
        return np.clip(value, 0, 1 if self.is_share else np.inf)

    def _exact(self, p: float, size: NDArray[np.float64]) -> NDArray[np.float64]:
        """Spiegelhalter's interpolation between the possible counts."""
        from scipy.stats import binom, poisson

        effective = size / self.design_effect
        if self.is_share:
            effective = np.maximum(np.floor(effective), 1)
            chance = binom(effective, self.target)
        else:
            chance = poisson(effective * self.target)
        count = chance.ppf(p)
        found: NDArray[np.float64] = (count - (chance.cdf(count) - p) / chance.pmf(count)) / effective
        return found


def _groups(rates: Result | pd.DataFrame) -> pd.DataFrame:
    """``group``, ``numerator``, ``denominator`` or ``expected_count``, ``estimate`` and ``design_effect``."""
    frame = _rows_of(rates)
    size = "expected_count" if "expected_count" in frame else "denominator"
    for name in ("group", "numerator", size):
        if name not in frame.columns:
            msg = f"The rates have no column {name!r}."
            raise ColumnError(msg, hint=nearest(name, map(str, frame.columns)))
    again = frame["group"].duplicated(keep=False).to_numpy().nonzero()[0]
    if len(again):
        msg = f"The rates have a group in more than one row: {row_numbers(again)}."
        raise DuplicateError(msg, hint="Give one row a group.")
    if frame.empty:
        msg = "The rates have no groups."
        raise DesignError(msg, hint="Ask for rates by a column, such as by='unit'.")
    effect = frame.get("design_effect", 1.0)
    groups = frame[["group", "numerator", size]].assign(design_effect=effect).reset_index(drop=True)
    return _checked(groups, size)


def _rows_of(rates: Any) -> pd.DataFrame:
    if isinstance(rates, pd.DataFrame):
        return rates
    if not isinstance(rates, Result):
        msg = f"A funnel plot cannot be made from {type(rates).__name__}."
        raise UnsupportedInputError(msg, hint="Give a result of rates by group, or a frame with a row a group.")
    rows = rates.estimates
    known = rows["measure"].isin(["readmission_rate", "observed_over_expected"])
    if "time" in rows or (len(rows) and not known.any()):
        found = "rates by period" if "time" in rows else f"the measure {rows['measure'].iloc[0]!r}"
        msg = f"A funnel plot takes rates by group, or observed over expected numbers; found {found}."
        raise DesignError(msg, hint="Use readmission_rate(…, by=…) or standardised_rate(…, method='indirect').")
    return rows[known & (rows["group"] != ALL)]


def _checked(groups: pd.DataFrame, size: str) -> pd.DataFrame:
    numbers = ["numerator", size, "design_effect"]
    for name in numbers:
        if not pd.api.types.is_numeric_dtype(groups[name].dtype):
            msg = f"The column {name!r} of the rates holds {groups[name].dtype}; expected numbers."
            raise ColumnError(msg, hint="Convert it with pandas.to_numeric.")
    values = groups[numbers].astype("Float64").astype(float)
    most = values[size] if size == "denominator" else np.inf
    possible = values["numerator"].between(0, most) & (values[size] > 0) & (values["design_effect"] > 0)
    if not possible.all():
        where = row_numbers((~possible).to_numpy().nonzero()[0])
        msg = f"The rates have numbers that cannot be used in {where}: {', '.join(numbers)}."
        raise InvalidValueError(
            msg, hint="A denominator lies above 0 and is no smaller than its cases; leave empty groups out."
        )
    return values.assign(group=groups["group"].astype("string"), estimate=values["numerator"] / values[size])


def _target(target: float | None, groups: pd.DataFrame, is_share: bool) -> float:
    if target is None:
        target = float(groups["numerator"].sum() / groups["denominator"].sum()) if is_share else 1.0
    if not 0 < target < (1 if is_share else np.inf):
        msg = f"The target is {target:g}, from which chance leaves no group any distance."
        raise InvalidValueError(msg, hint="Give target= above 0 and, for shares, below 1.")
    return target


def _funnel(groups: pd.DataFrame, is_share: bool, target: float, overdispersion: str) -> _Funnel:
    size = groups["denominator" if is_share else "expected_count"].to_numpy(float)
    effect = float(np.average(groups["design_effect"], weights=size))
    chance = _Funnel(is_share, target, effect, factor=1.0, between=0.0)
    variance = chance.variance(size)
    z = (groups["estimate"].to_numpy(float) - target) / np.sqrt(variance)
    squares = float((np.clip(z, *np.quantile(z, [WINSORISED, 1 - WINSORISED])) ** 2).sum())
    if overdispersion == "multiplicative":
        return _Funnel(is_share, target, effect, factor=max(1.0, squares / len(z)), between=0.0)
    if overdispersion == "additive" and len(z) > 1:
        weight = 1 / variance
        scale = float(weight.sum() - (weight**2).sum() / weight.sum())
        return _Funnel(is_share, target, effect, factor=1.0, between=max(0.0, (squares - (len(z) - 1)) / scale))
    return chance


def _estimates(groups: pd.DataFrame, funnel: _Funnel, overdispersion: str) -> pd.DataFrame:
    name = "denominator" if funnel.is_share else "expected_count"
    size, estimate = groups[name].to_numpy(float), groups["estimate"].to_numpy(float)
    limits = funnel.limits(size)
    beyond = {
        "above 99.8 %": estimate > limits["upper_998"],
        "below 99.8 %": estimate < limits["lower_998"],
        "above 95 %": estimate > limits["upper_95"],
        "below 95 %": estimate < limits["lower_95"],
    }
    found = pd.DataFrame(
        {
            "group": groups["group"],
            "measure": "funnel_share" if funnel.is_share else "funnel_ratio",
            "estimate": estimate,
            "statistic": (estimate - funnel.target) / np.sqrt(funnel.variance(size)),
            "numerator": groups["numerator"],
            name: size,
            **limits,
            "position": np.select(list(beyond.values()), list(beyond), default="inside"),
        }
    )
    return pd.concat([found, _wider(funnel, overdispersion)], ignore_index=True)


def _wider(funnel: _Funnel, overdispersion: str) -> pd.DataFrame:
    """How much more than chance the limits allow, and the common design effect, as rows of their own."""
    more = {
        "multiplicative": {"overdispersion_factor": funnel.factor},
        "additive": {"variance_between_groups": funnel.between},
    }
    numbers = {"common_design_effect": funnel.design_effect, **more.get(overdispersion, {})}
    return pd.DataFrame({"measure": numbers.keys(), "estimate": numbers.values()})


def _curve(groups: pd.DataFrame, funnel: _Funnel) -> dict[str, list[float]]:
    """The limits over the range of sizes, for the figure."""
    size = groups["denominator" if funnel.is_share else "expected_count"]
    grid = np.linspace(max(1.0, 0.8 * size.min()), 1.05 * size.max(), _POINTS)
    return {"size": grid.tolist(), **{name: values.tolist() for name, values in funnel.limits(grid).items()}}


def _method(funnel: _Funnel, target: float | None, overdispersion: str) -> str:
    kind = "shares" if funnel.is_share else "observed over expected numbers"
    pooled = "the share of all groups together" if funnel.is_share else "a ratio of 1"
    around = pooled if target is None else f"a target of {target:g}"
    if funnel.factor > 1:
        how = "limits of the normal distribution, the variance of chance multiplied by a common factor"
    elif funnel.between > 0:
        how = "limits of the normal distribution, with a variance between groups added to that of chance"
    else:
        none = "" if overdispersion == "none" else ", since no over-dispersion was found"
        how = f"exact {'binomial' if funnel.is_share else 'Poisson'} limits{none}"
    return (
        f"A funnel plot of {kind} around {around}, with 95 and 99.8 % {how}; the size of groups is divided by their common "
        "design effect (rule R12)."
    )


def _assumptions(groups: pd.DataFrame, overdispersion: str) -> tuple[str, ...]:
    notes = [
        "Groups are compared with the target, not ranked; 1 in 20 lies beyond the 95 % limits by chance alone.",
    ]
    if len(groups) < FEW and overdispersion != "none":
        notes.append(
            f"Over-dispersion can hardly be estimated from {len(groups)} groups (fewer than {FEW}: a judgement)."
        )
    if (groups["design_effect"] == 1).all():
        notes.append(
            "Rows of a group are taken as independent; repeated stays of the same persons make limits too narrow."
        )
    return tuple(notes)
