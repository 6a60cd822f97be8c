"""Length of stay: the curve of those still in hospital, means and ratios."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import PercentFormatter

from peereval.figures.forest import forest
from peereval.figures.style import COLOURS, DASHES, count, mark_origin, nothing, one_panel, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_CURVE, _MEDIAN = "still_admitted", "stay_median"
_FAR = 0.98
_RATIOS = ("geometric_mean_ratio", "mean_ratio")
_LABELS = {
    "restricted_mean_stay": "Mean days of stay, up to {tau:g} days",
    "restricted_mean_difference": "Difference in mean days of stay, up to {tau:g} days",
    "geometric_mean_ratio": "Ratio of geometric means of days",
    "mean_ratio": "Ratio of mean days",
    "geometric_mean_stay": "Geometric mean of days",
    "mean_stay": "Mean days of stay",
    "stay_median": "Median days of stay",
    "stay_median_difference": "Difference in median days of stay",
}
"""What stands on the axis; of several kinds, the first that is there among those that compare."""
_ORDER = ("geometric_mean_ratio", "mean_ratio", "restricted_mean_difference", "stay_median_difference",
          "restricted_mean_stay", "geometric_mean_stay", "mean_stay", "stay_median")  # fmt: skip


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw the share still in hospital by day, or the estimates of a model.

    Parameters
    ----------
    finding : Result or Released
        What `length_of_stay` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel. Of a model, the comparisons; without any, the means.
    """
    rows = finding.estimates
    known = rows[rows["estimate"].notna()]
    if known.empty:
        return nothing("No length of stay to show", finding, ax)
    return _curves(finding, known, ax) if (known["measure"] == _CURVE).any() else _estimates(finding, known, ax)


def _estimates(finding: Result | Released, rows: pd.DataFrame, ax: Axes | None) -> Axes:
    measure = next(name for name in _ORDER if (rows["measure"] == name).any())
    mine = rows[rows["measure"] == measure].reset_index(drop=True)
    label = mine["group"]
    for name in ("contrast", "term"):
        label = mine[name].fillna(label) if name in mine else label
    with styled():
        drawn = forest(mine, label, None, finding, ax, null=1.0 if measure in _RATIOS else 0.0)
        words = _LABELS[measure].format(tau=finding.settings.get("tau") or 0)
        drawn.set_xlabel(f"{words}, 95 % interval")
        if measure in _RATIOS:
            drawn.set_xscale("log")
            ticks = [tick for tick in (0.25, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 4.0) if _within(drawn, tick)]
            drawn.set_xticks(ticks, [f"{tick:g}" for tick in ticks], minor=False)
            drawn.minorticks_off()
    return drawn


def _within(ax: Axes, tick: float) -> bool:
    low, high = ax.get_xlim()
    return low <= tick <= high


def _curves(finding: Result | Released, rows: pd.DataFrame, ax: Axes | None) -> Axes:
    points = rows[rows["measure"] == _CURVE]
    groups = sorted(set(points["group"]))
    farthest = float(points.loc[points["estimate"] <= 1 - _FAR, "time"].min()) if len(points) else 1.0
    horizon = farthest if farthest == farthest else float(points["time"].max())  # noqa: PLR0124 - not-a-number is unequal to itself
    with styled():
        ax = one_panel(ax, (7.0, 4.2 + 0.22 * len(groups)))
        for place, name in enumerate(groups):
            mine = points[points["group"] == name]
            _steps(ax, mine, place, _named(rows, name))
        ax.set_ylim(0, 1.02)
        ax.set_xlim(0, horizon)
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        ticks = np.unique(np.linspace(0, horizon, 5).astype(int))
        ax.set_xticks(ticks, [f"{tick}{_at_risk(points, groups, tick, finding)}" for tick in ticks])
        below = " / ".join(groups) if groups != ["all"] else "stays"
        since = "the landmark" if "landmark" in finding.estimand else "admission"
        ax.set_xlabel(f"Days since {since} (below: in hospital and observed, {below})")
        ax.set_ylabel("Still in hospital, 95 % limits")
        ax.legend(loc="upper right")
        mark_origin(ax, finding)
    return ax


def _named(rows: pd.DataFrame, name: str) -> str:
    median = rows.loc[(rows["measure"] == _MEDIAN) & (rows["group"] == name), "estimate"]
    said = f"median {median.iloc[0]:g} days" if len(median) else "median not reached"
    return said if name == "all" else f"{name}: {said}"


def _steps(ax: Axes, mine: pd.DataFrame, place: int, label: str) -> None:
    colour, dash = COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)]
    numbers = {key: mine[key].to_numpy(float) for key in ("time", "estimate", "conf_low", "conf_high")}
    time, share = np.append(0.0, numbers["time"]), np.append(1.0, numbers["estimate"])
    ax.step(time, share, where="post", color=colour, linestyle=dash, label=label)
    known = ~np.isnan(numbers["conf_low"])
    limits = (numbers["time"][known], numbers["conf_low"][known], numbers["conf_high"][known])
    ax.fill_between(*limits, step="post", alpha=0.15, color=colour, linewidth=0)


def _at_risk(points: pd.DataFrame, groups: list[str], tick: int, finding: Result | Released) -> str:
    lines = ""
    for name in groups:
        mine = points[points["group"] == name]
        later = mine.loc[mine["time"] >= tick, "n"]
        lines += "\n" + (count(later.iloc[0], finding) if len(later) else "–")
    return lines
