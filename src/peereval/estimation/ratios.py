"""Ratios of two sums over persons, such as bed days over person-years, with persons as clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def ratio_interval(
    *,
    persons: ArrayLike,
    top: ArrayLike,
    bottom: ArrayLike,
    squares: tuple[ArrayLike, ArrayLike, ArrayLike],
    level: float,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Ratio of two sums over persons, linearised, with an interval on its logarithm.

    With top y and bottom x of each of G persons, the variance of R = Σy / Σx is G / (G - 1) Σ(y - Rx)² / (Σx)²: that of a
    Poisson regression on an intercept with the offset log x and the sandwich by person (R: ``vcovCL``). The
    interval is R exp(± t SE / R) with G - 1 degrees of freedom.

    Parameters
    ----------
    persons, top, bottom : array_like
        Number of persons and the two sums, in any number of groups.
    squares : tuple of array_like
        Sums over persons of y², yx and x².
    level : float
        Confidence level.

    Returns
    -------
    tuple of ndarray
        Ratio, standard error and both limits; not-a-number where there is nothing to estimate them from (one person,
        or a ratio of 0).

    Examples
    --------
    Three persons with 2, 0 and 4 days in one, one and two years:

    >>> found = ratio_interval(persons=[3], top=[6], bottom=[4], squares=([20], [10], [6]), level=0.95)
    >>> [round(float(each[0]), 3) for each in found]
    [1.5, 0.573, 0.29, 7.757]
    """
    from scipy.stats import t

    g, y, x = (np.asarray(value, float) for value in (persons, top, bottom))
    yy, yx, xx = (np.asarray(value, float) for value in squares)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = y / x
        variance = (yy - 2 * ratio * yx + ratio**2 * xx) / x**2 * g / (g - 1)
        known = (g > 1) & (y > 0)
        error = np.where(known, np.sqrt(np.maximum(variance, 0.0)), np.nan)
        spread = t.ppf((1 + level) / 2, np.maximum(g - 1, 1)) * error / ratio
        low, high = ratio * np.exp(-spread), ratio * np.exp(spread)
    return ratio, error, low, high


def rate_interval(
    events: ArrayLike, exposure: ArrayLike, *, design_effect: ArrayLike = 1.0, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Interval of a rate after Garwood (1936), on the events divided by the design effect.

    Parameters
    ----------
    events, exposure : array_like
        Events, and the time in which they happened, of any common shape.
    design_effect : array_like
        How many times the variance exceeds that of independent events (1 = a Poisson process).
    level : float
        Confidence level.

    Returns
    -------
    tuple of ndarray
        Lower and upper limits; not-a-number without any exposure.

    Examples
    --------
    R: ``poisson.test(10, 1000)$conf.int`` gives 0.004795389 and 0.018390356.

    >>> low, high = rate_interval(10, 1000)
    >>> round(float(low), 9), round(float(high), 9)
    (0.004795389, 0.018390356)
    """
    from scipy.stats import chi2

    y, time, effect = (np.asarray(value, float) for value in (events, exposure, design_effect))
    with np.errstate(divide="ignore", invalid="ignore"):
        counted = y / effect
        low = np.where(y > 0, chi2.ppf((1 - level) / 2, 2 * counted) / 2, 0.0)
        high = chi2.ppf((1 + level) / 2, 2 * counted + 2) / 2
        scale = np.where(time > 0, effect / time, np.nan)
    return low * scale, high * scale
