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
    least as many have been followed that long without it. Nothing is carried forward. Of competing events, each asks for
    this, and a point is shown of all or of none, since the incidence of one tells of the other.

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
    names = [name for name in ("source", "group") if name in rows]
    grid = np.arange(int(rows["time"].max()) // policy.curve_days + 1) * policy.curve_days
    parts = [part for _, part in rows.groupby(names, sort=False, dropna=False)] if names else [rows]
    return pd.concat([each for part in parts for each in _on_grid(part, grid, policy)], ignore_index=True)


def _on_grid(part: pd.DataFrame, grid: NDArray[np.int64], policy: Policy) -> list[pd.DataFrame]:
    """The curves of one group, one a kind of event."""
    events = part.groupby("measure", sort=False) if "measure" in part else [("", part)]
    curves = [_Curve(curve.sort_values("time"), grid) for _, curve in events]
    at_risk = np.min([curve.at_risk for curve in curves], axis=0)
    without = at_risk - np.sum([curve.until - curve.before for curve in curves], axis=0)
    shown = _shown(np.column_stack([curve.until for curve in curves]), without, policy)
    return [curve.points(shown, policy) for curve in curves]


class _Curve:
    """A curve on the grid: events until each point and before it, and persons at risk."""

    def __init__(self, curve: pd.DataFrame, grid: NDArray[np.int64]) -> None:
        time = curve["time"].to_numpy(dtype=np.float64)
        # a value is appended for the days before the first row (place -1) and after the last one
        self.known = np.searchsorted(time, grid, side="right") - 1
        ahead = np.searchsorted(time, grid, side="left")
        events = np.append(curve["n_events"].to_numpy(dtype=np.float64).cumsum(), 0.0)
        self.curve, self.grid = curve, grid
        self.until, self.before = events[self.known], events[ahead - 1]
        self.at_risk = np.append(curve["n"].to_numpy(dtype=np.float64), 0.0)[ahead]

    def points(self, shown: NDArray[np.bool_], policy: Policy) -> pd.DataFrame:
        """Give the rows of the grid, with numbers where they are shown."""
        rows = self.curve.iloc[self.known.clip(min=0)].drop(columns=["n_events", "n_censored"], errors="ignore")
        numbers = {
            name: np.where(shown, self._values(name, start)[self.known].round(policy.decimals), np.nan)
            for name, start in (("estimate", 1.0), ("conf_low", np.nan), ("conf_high", np.nan))
        }
        count = rounded(pd.Series(self.at_risk), policy).where(shown).to_numpy()
        return rows.assign(time=self.grid, **numbers, n=count, withheld=~shown)

    def _values(self, name: str, start: float) -> NDArray[np.float64]:
        return np.append(self.curve[name].to_numpy(dtype=np.float64), start)


def _shown(events: NDArray[np.float64], without: NDArray[np.float64], policy: Policy) -> NDArray[np.bool_]:
    """Which points are shown, given the events of each kind until each and how many were followed until then without one."""
    shown, last = [], np.zeros(events.shape[1])
    for until, left in zip(events, without, strict=True):
        since = until - last
        enough = bool(((since == 0) | (since >= policy.threshold)).all())
        shown.append(bool(left >= policy.threshold) and enough)
        last = until if shown[-1] else last
    return np.array(shown, dtype=np.bool_)
