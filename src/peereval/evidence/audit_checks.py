"""The checks of printed figures: what the other figures of a row allow a figure to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from peereval.evidence.printed_figures import Printed, without_sign

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.float64]
    Cells: TypeAlias = Mapping[str, Printed]

_DUST = 1e-9
_PARITY = 2
"""A whole number and its square are both even or both odd, so sums of squares move in steps of two."""


@dataclass(frozen=True, slots=True, eq=False)
class Allowed:
    """What the other figures of each row allow a figure to be.

    Parameters
    ----------
    estimate : ndarray
        The figure computed from the others as they are printed; missing where there is a range only.
    lowest, highest : ndarray
        The least and the most that their rounding allows; missing where the check cannot be made.
    wider_lowest, wider_highest : ndarray
        The same under conventions that a paper may have used without saying so; a figure between the two pairs
        is suspicious, and beyond both impossible.
    """

    estimate: Numbers
    lowest: Numbers
    highest: Numbers
    wider_lowest: Numbers
    wider_highest: Numbers


def verdicts(printed: Printed, allowed: Allowed) -> NDArray[np.str_]:
    """Judge printed figures by what is allowed.

    Parameters
    ----------
    printed : Printed
        The figures.
    allowed : Allowed
        What the other figures allow.

    Returns
    -------
    ndarray of str
        *possible*, *suspicious*, *impossible* or *not checkable*.

    Examples
    --------
    >>> import numpy as np
    >>> two, nine = np.array([2.0]), np.array([9.0])
    >>> verdicts(Printed(nine, nine - 0.5, nine + 0.5), _exactly(two)).tolist()
    ['impossible']
    """
    fits = (printed.high >= allowed.lowest - _DUST) & (printed.low <= allowed.highest + _DUST)
    nearly = (printed.high >= allowed.wider_lowest - _DUST) & (printed.low <= allowed.wider_highest + _DUST)
    judged = np.where(fits, "possible", np.where(nearly, "suspicious", "impossible"))
    return np.where(np.isnan(allowed.lowest) | np.isnan(allowed.highest), "not checkable", judged)


def _strictly(estimate: Numbers, lowest: Numbers, highest: Numbers) -> Allowed:
    return Allowed(estimate, lowest, highest, lowest, highest)


def _exactly(estimate: Numbers) -> Allowed:
    return _strictly(estimate, estimate, estimate)


def heterogeneity_share(cells: Cells) -> Allowed:
    """I² = 100 max(0, (Q - df) / Q), which rises with Q (Higgins and Thompson 2002)."""
    q, df = cells["q"], cells["df"].value

    def share(statistic: Numbers) -> Numbers:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(statistic > df, 100 * (statistic - df) / statistic, 0.0 * statistic * df)

    return _strictly(share(q.value), share(q.low), share(q.high))


def heterogeneity_p(cells: Cells) -> Allowed:
    """The p value of Q: the upper tail of chi-squared with df degrees of freedom, which falls with Q."""
    from scipy.stats import chi2

    q, df = cells["q"], cells["df"].value
    return _strictly(chi2.sf(q.value, df), chi2.sf(q.high, df), chi2.sf(np.maximum(q.low, 0.0), df))


def degrees_of_freedom(cells: Cells) -> Allowed:
    """Q of k studies has k - 1 degrees of freedom; more comparisons than studies make more, so never impossible."""
    expected = cells["k"].value - 1
    return Allowed(expected, expected, expected, np.full_like(expected, -np.inf), np.full_like(expected, np.inf))


def within_interval(cells: Cells) -> Allowed:
    """The estimate is the middle of its interval (of its logarithms, for a ratio), and never outside."""
    low, high = (_additive(cells, name) for name in ("conf_low", "conf_high"))
    middle = [(one + other) / 2 for one, other in ((low.value, high.value), (low.low, high.low), (low.high, high.high))]
    ratio = _is_ratio(cells)
    value, lowest, highest, first, last = (
        np.where(ratio, np.exp(each), each) for each in (*middle, low.low, high.high)
    )
    return Allowed(value, lowest, highest, first, last)


def z_statistic(cells: Cells) -> Allowed:
    """The z of the estimate and its normal interval, of whichever sign; an interval of t's quantiles makes it larger."""
    value, lowest, highest = _absolute_z(cells)
    farthest = highest * _widening(cells)
    down = cells["z"].value < 0
    ends = [(value, value), (lowest, highest), (highest, lowest), (lowest, farthest), (farthest, lowest)]
    estimate, least, most, first, last = (np.where(down, -mirrored, plain) for plain, mirrored in ends)
    return Allowed(estimate, least, most, first, last)


def two_sided_p(cells: Cells) -> Allowed:
    """The two-sided p of the estimate and its normal interval.

    An interval of t's quantiles, a p of the t distribution, and a one-sided p (half of it) are suspicious.
    """
    from scipy.stats import norm, t

    value, lowest, highest = _absolute_z(cells)
    middle, least, most = (2 * norm.sf(each) for each in (value, highest, lowest))
    if "df" not in cells:
        return Allowed(middle, least, most, np.zeros_like(value), np.ones_like(value))
    df = cells["df"].value
    tails = [2 * t.sf(each * _widening(cells), df) for each in (highest, lowest)]
    known = ~np.isnan(df)
    first = np.where(known, np.minimum(least, tails[0]) / 2, 0.0)
    return Allowed(middle, least, most, first, np.where(known, np.maximum(most, tails[1]), 1.0))


def _widening(cells: Cells) -> Numbers:
    """The quantile of t over that of the normal, infinite where the degrees of freedom are not known."""
    from scipy.stats import norm, t

    if "df" not in cells:
        return np.full(len(cells["estimate"].value), np.inf)
    df = cells["df"].value
    reached = (1 + cells["conf_level"].value) / 2
    ratio = t.ppf(reached, df) / norm.ppf(reached)
    return np.where(np.isnan(ratio), np.inf, ratio)


def _absolute_z(cells: Cells) -> tuple[Numbers, Numbers, Numbers]:
    """The z of estimate and interval, and the least and most that their rounding allows."""
    from scipy.stats import norm

    estimate = without_sign(_additive(cells, "estimate"))
    low, high = (_additive(cells, name) for name in ("conf_low", "conf_high"))
    quantile = 2 * norm.ppf((1 + cells["conf_level"].value) / 2)
    widths = [np.maximum(each, 0.0) for each in (high.value - low.value, high.high - low.low, high.low - low.high)]
    with np.errstate(divide="ignore", invalid="ignore"):
        value, lowest, highest = (
            quantile * each / width
            for each, width in zip((estimate.value, estimate.low, estimate.high), widths, strict=True)
        )
    return value, lowest, highest


def _additive(cells: Cells, name: str) -> Printed:
    """The logarithms of ratios; other measures as they are."""
    column, ratio = cells[name], _is_ratio(cells)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [np.where(ratio, np.log(each), each) for each in (column.value, column.low, column.high)]
    return Printed(*parts)


def _is_ratio(cells: Cells) -> NDArray[np.bool_]:
    return cells["ratio"].value == 1 if "ratio" in cells else np.zeros(len(cells["estimate"].value), dtype=bool)


def scale_range(cells: Cells) -> Allowed:
    """A mean lies between the lowest and the highest score of its scale."""
    lowest, highest = cells["lowest"].value, cells["highest"].value
    return _strictly(np.full_like(lowest, np.nan), lowest, highest)


def largest_sd(cells: Cells) -> Allowed:
    """An SD is largest when all scores stand at the ends: s² ≤ (m - low)(high - m) n / (n - 1) (Bhatia and Davis 2000)."""
    mean, n = cells["mean"], cells["n"].value
    lowest, highest = cells["lowest"].value, cells["highest"].value
    best = np.clip((lowest + highest) / 2, mean.low, mean.high)
    with np.errstate(divide="ignore", invalid="ignore"):
        largest = np.sqrt((best - lowest) * (highest - best) * n / np.where(n > 1, n - 1, np.nan))
    return _strictly(np.full_like(largest, np.nan), 0.0 * largest, largest)


def whole_scores(cells: Cells) -> Allowed:
    """GRIM: the mean of n whole-number scores of so many items is a whole number over n × items (Brown and Heathers 2017).

    A mean that fits only if its further decimals were cut off, not rounded, is suspicious.
    """
    mean = cells["mean"]
    parts = cells["n"].value * cells["items"].value
    nearest, above = _whole_sums(mean, parts)
    cut_off = above - np.abs(mean.value) < mean.high - mean.low - _DUST
    return Allowed(nearest, nearest, nearest, np.where(cut_off, -np.inf, nearest), np.where(cut_off, np.inf, nearest))


def _whole_sums(mean: Printed, parts: Numbers) -> tuple[Numbers, Numbers]:
    """The nearest mean that is a whole number of parts, and the next one away from 0; missing where every mean is one."""
    # a step narrower than the rounding leaves no mean out
    telling = (parts > 0) & ((mean.high - mean.low) * parts < 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        nearest = np.where(telling, np.round(mean.value * parts) / parts, np.nan)
        return nearest, np.ceil(np.abs(mean.value) * parts - _DUST) / parts


def whole_squares(cells: Cells) -> Allowed:
    """GRIMMER: the squares of whole numbers add up to a whole number, even where their sum is even (Anaya 2016).

    A standard deviation that fits only with the divisor n, not n - 1, is suspicious.
    """
    mean, sd, n, items = cells["mean"], cells["sd"], cells["n"].value, cells["items"].value
    nearest, _ = _whole_sums(mean, n * items)
    # the sum is known only where the printed mean allows one
    total = np.where(
        (nearest >= mean.low - _DUST) & (nearest <= mean.high + _DUST), np.round(nearest * n * items), np.nan
    )
    usual, other = (_nearest_deviation(sd, total, n, items, n - less) for less in (1, 0))
    fits = np.abs(other - sd.value) <= (sd.high - sd.low) / 2 + _DUST
    return Allowed(usual, usual, usual, np.where(fits, -np.inf, usual), np.where(fits, np.inf, usual))


def _nearest_deviation(sd: Printed, total: Numbers, n: Numbers, items: Numbers, divisor: Numbers) -> Numbers:
    """The nearest standard deviation that a whole sum of squares of the right parity gives; missing where each does."""
    with np.errstate(divide="ignore", invalid="ignore"):
        low, middle, high = (
            divisor * (items * each) ** 2 + total**2 / n for each in (np.maximum(sd.low, 0.0), sd.value, sd.high)
        )
        below = _PARITY * np.floor((middle - total % _PARITY) / _PARITY) + total % _PARITY
        deviations = np.sqrt((np.stack([below, below + _PARITY]) - total**2 / n) / divisor) / items
    distance = np.where(np.isnan(deviations), np.inf, np.abs(deviations - sd.value))
    chosen = np.take_along_axis(deviations, distance.argmin(axis=0)[None], axis=0)[0]
    return np.where(high - low < _PARITY, chosen, np.nan)


def percentage(cells: Cells) -> Allowed:
    """A percentage is 100 × count / n."""
    n = cells["n"].value
    return _exactly(100 * cells["count"].value / np.where(n > 0, n, np.nan))


@dataclass(frozen=True, slots=True)
class Check:
    """A check of one printed column by others of the same row.

    Parameters
    ----------
    name : str
        Its name.
    judges : str
        The column that is judged.
    needs : tuple of str
        The columns that it is judged by.
    allowed : callable
        Gives what they allow.
    fails, doubts, cannot : str
        Why a figure is impossible, why it is suspicious, and why the check cannot be made of a row.
    """

    name: str
    judges: str
    needs: tuple[str, ...]
    allowed: Callable[[Cells], Allowed]
    fails: str
    doubts: str
    cannot: str


_INTERVAL = ("estimate", "conf_low", "conf_high")
_SCALE = ("lowest", "highest")
_NO_INTERVAL = "the estimate or its interval is not printed"
_BEYOND_T = "of the estimate and its interval, be it of normal quantiles or of t's"
_UNLESS_T = "of the estimate and a normal interval"
CHECKS = (
    Check("i2", "i2", ("q", "df"), heterogeneity_share, "not 100 (Q - df) / Q", "", "Q or its df is not printed"),
    Check("p_het", "p_het", ("q", "df"), heterogeneity_p, "not the chi-squared p of Q", "", "Q or its df is not printed"),
    Check("df", "df", ("k",), degrees_of_freedom, "", "not the number of studies less one: more comparisons than studies, or a slip", "the number of studies is not printed"),
    Check("interval", "estimate", ("conf_low", "conf_high"), within_interval, "outside its interval", "not in the middle of its interval (for ratios: of the logarithms)", "the interval is not printed"),
    Check("z", "z", _INTERVAL, z_statistic, f"not the z {_BEYOND_T}", f"not the z {_UNLESS_T}; an interval of t's quantiles could give it", _NO_INTERVAL),
    Check("p_value", "p_value", _INTERVAL, two_sided_p, f"not a p {_BEYOND_T}, one- or two-sided", f"not the two-sided p {_UNLESS_T}; t's distribution or a one-sided test could give it", _NO_INTERVAL),
    Check("range", "mean", _SCALE, scale_range, "outside the range of the scale", "", "the range of the scale is not known"),
    Check("sd", "sd", ("mean", "n", *_SCALE), largest_sd, "larger than scores within the range of the scale can have around this mean", "", "the mean, n or range is missing, or the mean is outside the range"),
    Check("grim", "mean", ("n", "items"), whole_scores, "not the mean of so many whole-number scores: n, the mean or the scoring is another", "the mean of so many whole-number scores only if further decimals were cut off instead of rounded", "n or the number of items is missing, or at this n every mean with these decimals is possible"),
    Check("grimmer", "sd", ("mean", "n", "items"), whole_squares, "not the standard deviation of so many whole-number scores with this mean", "the standard deviation of such scores only with the divisor n instead of n - 1", "the mean, n or items are missing or do not fit, or at this n every standard deviation with these decimals is possible"),
    Check("percent", "percent", ("count", "n"), percentage, "not 100 × count / n", "", "the count or n is not printed"),
)  # fmt: skip
"""The checks that compute what a figure may be."""
