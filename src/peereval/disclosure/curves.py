"""What protecting does to survival curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.disclosure.counts import rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from peereval.disclosure.policy import Policy


def protect_curve(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Give survival curves, and incidences of competing events, on a fixed grid of days, each point exact or withheld.

    A point is shown if since the last point shown nobody or at least `Policy.threshold` persons had the event, and at
    least as many have been followed that long without it. Nothing is carried forward.

    Parameters
    ----------
    rows : DataFrame
        Curves with ``time``, ``estimate``, ``n`` at risk, ``n_events`` and, if there are several, ``group`` and
        ``measure``.
    policy : Policy
        How many persons a point needs, how far apart points are, and their decimals.

    Returns
    -------
    DataFrame
        A row for every point of every curve, from 0 to the last whole step of the longest one, with a column
        ``withheld``; counts of events and of ends of follow-up are dropped.
    """
    names = [name for name in ("source", "group", "measure") if name in rows]
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
    count = rounded(pd.Series(at_risk), policy).where(shown).to_numpy()
    return points.assign(time=grid, **numbers, n=count, withheld=~shown)


def _shown(events: NDArray[np.float64], without: NDArray[np.float64], policy: Policy) -> NDArray[np.bool_]:
    """Which points are shown, given the events until each and how many were followed until then without one."""
    shown, last = [], 0.0
    for until, left in zip(events, without, strict=True):
        since = until - last
        shown.append(left >= policy.threshold and (since == 0 or since >= policy.threshold))
        last = until if shown[-1] else last
    return np.array(shown, dtype=np.bool_)
