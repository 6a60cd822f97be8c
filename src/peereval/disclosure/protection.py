"""What protecting does to shares, means and curves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.disclosure.complements import with_complements

if TYPE_CHECKING:
    from collections.abc import Callable

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
    for name in ("numerator", "denominator", "n_persons"):
        if name in safe:
            count = safe[name].astype(float)
            safe[name] = _rounded(count, policy).mask(_small(count, policy) | (withheld & (name != "denominator")))
    return safe


def protect_means(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Withhold means of few persons, round the others and their counts, and drop what gives counts away.

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``n``.
    policy : Policy
        How many persons a mean needs.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``.
    """
    count = rows["n"].astype(float)
    few = (
        rows["flag"].eq("fewer_than_10").fillna(value=False)
        if "flag" in rows
        else pd.Series(data=False, index=rows.index)
    )
    withheld = ((count < policy.fewest_for_mean) | few.astype(bool)) & (count > 0)
    safe = rows.drop(columns=list(_LEAKS), errors="ignore").assign(withheld=withheld)
    safe["n"] = _rounded(count, policy).mask(_small(count, policy))
    for name, decimals in _decimals(safe, policy).items():
        safe[name] = safe[name].astype(float).round(decimals).mask(withheld)
    return safe


def protect_curve(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Merge the steps of survival curves until each stands for enough persons.

    Parameters
    ----------
    rows : DataFrame
        Curves with ``time``, ``estimate``, ``n`` at risk, ``n_events`` and, if there are several, ``group``.
    policy : Policy
        How many persons a step needs.

    Returns
    -------
    DataFrame
        The steps that stay, with a column ``withheld`` that is false; counts of events are dropped.
    """
    grouped = rows.groupby("group", sort=False) if "group" in rows else [("", rows)]
    curves = [_merged(part.sort_values("time"), policy) for _, part in grouped]
    return pd.concat(curves, ignore_index=True)


TREATMENTS: dict[str, Callable[[pd.DataFrame, Policy], pd.DataFrame]] = {
    "share": protect_shares,
    "participation": protect_participation,
    "mean": protect_means,
    "curve": protect_curve,
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


def _decimals(safe: pd.DataFrame, policy: Policy) -> dict[str, int]:
    wanted = {
        "estimate": policy.decimals,
        "conf_low": policy.decimals,
        "conf_high": policy.decimals,
        "sd": policy.decimals,
    }
    wanted |= {"p_value": 4, "p_adjusted": 4}
    return {name: decimals for name, decimals in wanted.items() if name in safe}


def _merged(curve: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    enough = curve[curve["n"] >= policy.threshold]
    # the number of the group of `threshold` events that each day's events complete
    completed = enough["n_events"].cumsum() // policy.threshold
    steps = enough[(completed.diff().fillna(completed) > 0) | (enough["time"] == 0)]
    steps = pd.concat([steps, _end(enough, steps)], ignore_index=True).drop(columns=["n_events", "n_censored"])
    shown = {name: steps[name].astype(float).round(policy.decimals) for name in ("estimate", "conf_low", "conf_high")}
    return steps.assign(**shown, n=_rounded(steps["n"].astype(float), policy), withheld=False)


def _end(enough: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """The flat end of the curve, at a whole number of 30 days, so that nobody's last day is shown."""
    if not len(steps) or not len(enough):
        return steps.iloc[:0]
    last = int(enough["time"].iloc[-1] // 30 * 30)
    flat = steps.iloc[[-1]].assign(time=last, n=enough.loc[enough["time"] <= last, "n"].iloc[-1])
    return flat if last > steps["time"].iloc[-1] else steps.iloc[:0]
