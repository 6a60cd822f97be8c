"""What protecting does to shares, means and curves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.disclosure.complements import with_complements

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from peereval.disclosure.policy import Policy

_LEAKS = ("std_error", "statistic", "df")
"""Numbers that give away the exact count beside a rounded one."""


def protect_shares(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Withhold shares with a small count above or below the line, of everybody, or that would give such a share away.

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``numerator`` and ``denominator``.
    policy : Policy
        What is small.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``; shares in whole per cent, counts rounded.
    """
    everybody = (rows["numerator"] == rows["denominator"]) & (rows["numerator"] > 0)
    return _shares(rows, everybody, policy)


def protect_participation(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Protect shares of those who took part as `protect_shares` does, but say it when everybody took part."""
    return _shares(rows, pd.Series(data=False, index=rows.index), policy)


def _shares(rows: pd.DataFrame, also: pd.Series, policy: Policy) -> pd.DataFrame:
    cases, total = (rows[name].astype(float) for name in ("numerator", "denominator"))
    small = _small(cases, policy) | _small(total, policy) | _small(total - cases, policy) | also
    withheld = with_complements(rows, small, policy)
    # a share of a pattern beside a rounded count would give the count away
    hidden = withheld | (rows["measure"] == "pattern")
    safe = rows.drop(columns=[*_LEAKS, "p_value", "p_adjusted"], errors="ignore").assign(withheld=withheld)
    for name in ("estimate", "conf_low", "conf_high", "design_effect"):
        if name in safe:
            safe[name] = safe[name].astype(float).round(2).mask(hidden)
    for name in ("numerator", "denominator", "n_persons", "n"):
        if name in safe:
            count = safe[name].astype(float)
            safe[name] = _rounded(count, policy).mask(
                _small(count, policy) | (withheld & (name not in ("denominator", "n")))
            )
    return safe


def protect_means(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Withhold means of few persons and of persons who do not differ; round the others so that they tell no count.

    A mean of whole scores with two decimals, an interval beside a standard deviation, and an exact p value each give
    away the number of persons. Rounded to a step of half a standard error they fit every number that the rounded
    count allows.

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``n`` and, unless nobody is counted, ``std_error``.
    policy : Policy
        How many persons a mean needs, and its step.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``, without standard deviation and flag.
    """
    count = rows["n"].astype(float)
    flag = rows.get("flag", pd.Series(pd.NA, index=rows.index))
    step = _steps(rows, policy)
    few = (count < policy.fewest_for_mean) | flag.eq("fewer_than_10").fillna(value=False).astype(bool)
    withheld = (few | step.isna()) & (count > 0)
    safe = rows.drop(columns=[*_LEAKS, "sd", "flag"], errors="ignore").assign(withheld=withheld)
    safe["n"] = _rounded(count, policy).mask(withheld)
    for name in (each for each in ("estimate", "conf_low", "conf_high") if each in safe):
        # adding 0 turns a rounded -0 into 0; the digits beyond the step are those of binary fractions
        safe[name] = (((safe[name].astype(float) / step).round() * step).round(12) + 0.0).mask(withheld)
    for name in (each for each in ("p_value", "p_adjusted") if each in safe):
        tens = 10**policy.decimals
        safe[name] = np.ceil(safe[name].astype(float) * tens).clip(lower=1).div(tens).mask(withheld)
    return safe


def _steps(rows: pd.DataFrame, policy: Policy) -> pd.Series:
    """The step each row is rounded to: 1, 2 or 5 times a power of ten; missing where nothing shows that persons differ.

    A change tested by sign flips has no standard error of its own: it takes the step of its scale's means, if its
    standardised change shows that persons changed differently.
    """
    error = rows.get("std_error", pd.Series(np.nan, index=rows.index)).astype(float)
    largest = policy.mean_step * error.where(error > 0)
    ten = 10.0 ** np.floor(np.log10(largest))
    step: pd.Series = ten * np.select([largest >= 5 * ten, largest >= 2 * ten], [5.0, 2.0], 1.0)
    if "contrast" not in rows:
        return step
    scale = [rows[name].fillna("") for name in ("source", "outcome", "scale", "group") if name in rows]
    varies = step.notna().groupby([*scale, rows["round"].fillna(""), rows["contrast"].fillna("")]).transform("any")
    of_means = step.where(rows["measure"] == "mean").groupby(scale).transform("max") if scale else step
    return step.fillna(of_means.where(varies))


def protect_curve(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Give survival curves on a fixed grid of days, each point exact or withheld.

    A point is shown if since the last point shown nobody or at least `Policy.threshold` persons had the event, and at
    least as many have been followed that long without it. Nothing is carried forward.

    Parameters
    ----------
    rows : DataFrame
        Curves with ``time``, ``estimate``, ``n`` at risk, ``n_events`` and, if there are several, ``group``.
    policy : Policy
        How many persons a point needs, how far apart points are, and their decimals.

    Returns
    -------
    DataFrame
        A row for every point of every curve, from 0 to the last whole step of the longest one, with a column
        ``withheld``; counts of events and of ends of follow-up are dropped.
    """
    names = [name for name in ("source", "group") if name in rows]
    grid = np.arange(int(rows["time"].max()) // policy.curve_days + 1) * policy.curve_days
    parts = [part for _, part in rows.groupby(names, sort=False, dropna=False)] if names else [rows]
    return pd.concat([_on_grid(part.sort_values("time"), grid, policy) for part in parts], ignore_index=True)


def _on_grid(curve: pd.DataFrame, grid: NDArray[np.int64], policy: Policy) -> pd.DataFrame:
    time = curve["time"].to_numpy(dtype=np.float64)
    # a value is appended for the days before the first row (place -1) and after the last one
    known, ahead = np.searchsorted(time, grid, side="right") - 1, np.searchsorted(time, grid, side="left")
    events = np.append(curve["n_events"].to_numpy(dtype=np.float64).cumsum(), 0.0)
    at_risk = np.append(curve["n"].to_numpy(dtype=np.float64), 0.0)[ahead]
    shown = _shown(events[known], at_risk - (events[known] - events[ahead - 1]), policy)
    points = curve.iloc[known.clip(min=0)].drop(columns=["n_events", "n_censored"], errors="ignore")
    numbers = {
        name: np.where(
            shown, np.append(curve[name].to_numpy(dtype=np.float64), before)[known].round(policy.decimals), np.nan
        )
        for name, before in (("estimate", 1.0), ("conf_low", np.nan), ("conf_high", np.nan))
    }
    count = _rounded(pd.Series(at_risk), policy).where(shown).to_numpy()
    return points.assign(time=grid, **numbers, n=count, withheld=~shown)


def _shown(events: NDArray[np.float64], without: NDArray[np.float64], policy: Policy) -> NDArray[np.bool_]:
    """Which points are shown, given the events until each and how many were followed until then without one."""
    shown, last = [], 0.0
    for until, left in zip(events, without, strict=True):
        since = until - last
        shown.append(left >= policy.threshold and (since == 0 or since >= policy.threshold))
        last = until if shown[-1] else last
    return np.array(shown, dtype=np.bool_)


def protect_coefficients(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Give reliabilities of enough persons, rounded and without their intervals.

    The width of Feldt's and of Fisher's interval is a function of the estimate and the number of persons.

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``n``.
    policy : Policy
        How many persons they need, and their decimals.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``, without intervals and flags.
    """
    count = rows["n"].astype(float)
    withheld = (count < policy.fewest_for_mean) & (count > 0)
    estimate = rows["estimate"].astype(float).round(policy.decimals).mask(withheld)
    left = rows.drop(columns=[*_LEAKS, "conf_low", "conf_high", "flag"], errors="ignore")
    return left.assign(estimate=estimate, n=_rounded(count, policy).mask(withheld), withheld=withheld)


def withhold_extremes(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - treatments are called alike
    """Withhold the lowest and the highest of all answers, which are those of single persons."""
    numbers = [name for name in ("estimate", "conf_low", "conf_high", "n") if name in rows]
    return rows.drop(columns="flag", errors="ignore").assign(**dict.fromkeys(numbers, np.nan), withheld=True)


TREATMENTS: dict[str, Callable[[pd.DataFrame, Policy], pd.DataFrame]] = {
    "share": protect_shares,
    "participation": protect_participation,
    "mean": protect_means,
    "curve": protect_curve,
    "coefficient": protect_coefficients,
    "extreme": withhold_extremes,
}
"""The treatment of each kind of measure."""


def masked(count: int, policy: Policy) -> str:
    """Write a count as a text that may be released.

    Parameters
    ----------
    count : int
        The count.
    policy : Policy
        What is small.

    Returns
    -------
    str
        ``"<5"``, or the rounded count.
    """
    if 0 < count < policy.threshold:
        return f"<{policy.threshold}"
    return f"{math.floor(count / policy.rounding_base + 0.5) * policy.rounding_base}"


def _small(count: pd.Series, policy: Policy) -> pd.Series:
    return (count > 0) & (count < policy.threshold)


def _rounded(count: pd.Series, policy: Policy) -> pd.Series:
    rounded: pd.Series = np.floor(count / policy.rounding_base + 0.5) * policy.rounding_base
    return rounded
