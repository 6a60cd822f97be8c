"""Rates over time spent: bed days per person-year, events per 1,000 bed days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from peereval.figures.style import COLOURS, count, mark_origin, nothing, one_panel, styled, without_axes
from peereval.results import Released

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from peereval.results import Result

_BED_DAYS = "bed_days_per_person_year"
_MOST_LABELS = 14


def figure(finding: Result | Released, ax: Axes | None) -> Axes | NDArray[np.object_]:
    """Draw rates per group, or over calendar periods.

    Parameters
    ----------
    finding : Result or Released
        What `bed_days` or `event_rate` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes or ndarray of Axes
        Bars from 0 with their intervals; a panel a group for calendar periods.
    """
    rows = finding.estimates
    rows = rows[rows["measure"].isin([_BED_DAYS, "event_rate"])].reset_index(drop=True)
    if not rows["estimate"].notna().any():
        return nothing("No rate to show", finding, ax)
    if "time" not in rows:
        return _bars(finding, rows, ax)
    without_axes(ax, "Rates over calendar periods have one panel a group")
    return _series(finding, rows)


def _bars(finding: Result | Released, rows: pd.DataFrame, ax: Axes | None) -> Axes:
    with styled():
        ax = one_panel(ax, (7.0, 1.3 + 0.55 * len(rows)))
        y = np.arange(len(rows))
        spread = np.abs(rows[["conf_low", "conf_high"]].to_numpy(float).T - rows["estimate"].to_numpy(float))
        ax.barh(y, rows["estimate"].fillna(0), height=0.6, color=COLOURS[4])
        ax.errorbar(rows["estimate"], y, xerr=np.nan_to_num(spread), fmt="none", ecolor="black", capsize=3)
        for place in np.flatnonzero(rows["conf_high"].isna() & rows["estimate"].notna()).tolist():
            ax.text(rows["estimate"][place], place, "  no interval", va="center", fontsize=9, style="italic")
        ax.set_yticks(y, [f"{row['group']}\n{_spent(row, finding)}" for _, row in rows.iterrows()])
        ax.set_ylim(len(rows) - 0.4, -0.6)
        ax.set_xlim(left=0)
        ax.set_xlabel(f"{finding.title}, 95 % interval")
        mark_origin(ax, finding)
    return ax


def _spent(row: pd.Series, finding: Result | Released) -> str:
    persons, time = count(row["n_persons"], finding), count(row["denominator"], finding)
    if row["measure"] == _BED_DAYS:
        if isinstance(finding, Released):
            # a released rate comes without its sums
            return "not shown" if row["withheld"] else f"{persons} persons"
        return f"{persons} persons, {time} person-years"
    return f"{count(row['numerator'], finding)} in {time} bed days"


def _over_all(group: str, part: pd.DataFrame, finding: Result | Released) -> str:
    """The group, and what happened in how many bed days; periods that are not shown have no sum."""
    if isinstance(finding, Released):
        return group
    events, spent = part["numerator"].sum(), part["denominator"].sum()
    return f"{group} ({count(events, finding)} in {count(spent, finding)} bed days)"


def _series(finding: Result | Released, rows: pd.DataFrame) -> NDArray[np.object_]:
    groups, times = list(dict.fromkeys(rows["group"])), sorted(rows["time"].unique())
    with styled():
        size = (max(6.0, min(12.0, 1.5 + 0.75 * len(times))), 1.4 + 2.0 * len(groups))
        _, panels = plt.subplots(len(groups), figsize=size, sharex=True, sharey=True, squeeze=False)
        for ax, group in zip(panels[:, 0], groups, strict=True):
            part = rows[rows["group"] == group].set_index("time").reindex(times)
            value, low, high = (part[name].to_numpy(float) for name in ("estimate", "conf_low", "conf_high"))
            x = np.arange(len(times))
            ax.plot(x, value, color=COLOURS[0], linewidth=0.8)
            ax.errorbar(x, value, yerr=np.abs([value - low, high - value]), fmt="o", color=COLOURS[0], capsize=3)
            ax.set_title(_over_all(str(group), part, finding), fontsize=10)
        every = -(-len(times) // _MOST_LABELS)
        below = panels[-1, 0]
        below.set_xticks(range(0, len(times), every), times[::every], rotation=45, ha="right", fontsize=9)
        below.set_xlabel("First day of the period")
        below.set_ylim(bottom=0)
        panels[0, 0].figure.supylabel(f"{finding.title}, 95 % interval", fontsize=10)
        mark_origin(panels[0, 0], finding)
    axes: NDArray[np.object_] = panels[:, 0]
    return axes
