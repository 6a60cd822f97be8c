"""Mirror image: mean bed days before and after, joined, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from peereval.figures.style import COLOURS, count, mark_origin, nothing, styled, without_axes

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from peereval.results import Released, Result

_LABELS = {
    "naive": "naive",
    "index_excluded": "index stay excluded",
    "placebo": "placebo (before, against earlier)",
    "difference_of_changes": "difference of changes",
    "baseline_adjusted": "adjusted for bed days before",
}


def figure(finding: Result | Released, ax: Axes | None) -> NDArray[np.object_]:
    """Draw the means before and after beside the changes with their intervals.

    Parameters
    ----------
    finding : Result or Released
        What `mirror_image` gave.
    ax : Axes or None
        Not taken, since there are two panels.

    Returns
    -------
    ndarray of Axes
        Means on the left, changes on the right, on the same rows; one panel that says so where nobody could be compared.

    Raises
    ------
    DesignError
        Axes were given.
    """
    without_axes(ax, "A mirror image has two panels")
    rows = finding.estimates
    if rows.empty:
        return np.array([nothing("Nobody was observed for the whole time before and after", finding, None)])
    both = (rows["group"] == "comparator").any()
    y = np.arange(len(rows))
    with styled():
        size = (9.5, 1.6 + 0.5 * len(rows))
        _, panels = plt.subplots(1, 2, figsize=size, sharey=True)
        _means(panels[0], rows, y)
        _changes(panels[1], rows, y)
        panels[0].set_yticks(y, [_label(row, finding, both=bool(both)) for _, row in rows.iterrows()])
        panels[0].set_ylim(len(rows) - 0.4, -0.6)
        for panel in panels:
            mark_origin(panel, finding)
    axes: NDArray[np.object_] = panels
    return axes


def _means(ax: Axes, rows: pd.DataFrame, y: NDArray[np.intp]) -> None:
    before, after = (rows[name].to_numpy(float) for name in ("before", "after"))
    ax.hlines(y, before, after, color="#888888", linewidth=1.5, zorder=1)
    ax.scatter(
        before,
        y,
        marker="o",
        s=45,
        facecolor="white",
        edgecolor=COLOURS[0],
        linewidth=1.5,
        label="earlier",
        zorder=3,
        clip_on=False,
    )
    ax.scatter(after, y, marker="s", s=40, color=COLOURS[1], label="later", zorder=3, clip_on=False)
    ax.set_xlim(left=0)
    ax.set_xlabel("Mean bed days per person-year")
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2)


def _changes(ax: Axes, rows: pd.DataFrame, y: NDArray[np.intp]) -> None:
    value = rows["estimate"].to_numpy(float)
    spread = np.nan_to_num(np.abs(rows[["conf_low", "conf_high"]].to_numpy(float).T - value))
    ax.errorbar(value, y, xerr=spread, fmt="D", color="black", capsize=3, markersize=5)
    ax.axvline(0, color="#888888", linewidth=0.8, zorder=0)
    ax.set_xlabel("Difference in bed days per person-year,\n95 % interval")


def _label(row: pd.Series, finding: Result | Released, *, both: bool) -> str:
    whose = f"{row['group']}: " if both and row["contrast"] != "peer - comparator" else ""
    return f"{whose}{_LABELS.get(row['term'], row['term'])}\nn = {count(row['n'], finding)}"
