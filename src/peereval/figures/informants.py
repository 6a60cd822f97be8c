"""Who was asked: a bar a group, divided by how they were asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from peereval.errors import UnknownNameError, nearest
from peereval.figures.style import COLOURS, HATCHES, count, mark_origin, nothing, one_panel, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Released, Result


def figure(finding: Result | Released, ax: Axes | None, *, column: str = "method") -> Axes:
    """Draw how many informants each group had.

    Parameters
    ----------
    finding : Result or Released
        What `informant_counts` gave.
    ax : Axes or None
        Where to draw.
    column : str
        What the bars are divided by, such as ``"method"`` or ``"interviewed_by"``; where nothing is known of the
        method, they are not divided.

    Returns
    -------
    Axes
        The panel; numbers stand in the parts of the bars. What is not shown of a group is hatched.

    Raises
    ------
    UnknownNameError
        The informants were not counted by that column.
    """
    rows = finding.estimates
    rows = rows[rows["measure"].eq("informants").fillna(value=False)]
    by = rows["outcome"].iloc[0] if len(rows) else ""
    inside = rows[rows["group"] != "all"]
    if len(rows) == 0 or rows["numerator"].isna().all():
        return nothing("no number can be shown" if len(rows) else "No informants to draw", finding, ax)
    if column != "method" and not inside["outcome"].eq(column).any():
        msg = f"The informants were not counted by {column!r}."
        raise UnknownNameError(msg, hint=nearest(column, set(inside["outcome"].dropna())))
    divided = inside["outcome"] == column
    parts = inside[divided & inside["numerator"].notna()]
    groups = rows[rows["outcome"].eq(by) & rows["group"].eq("all")]
    if parts.empty and groups["numerator"].isna().all():
        return nothing("no number can be shown", finding, ax)
    with styled():
        ax = one_panel(ax, (7.5, 1.5 + 0.45 * len(groups)))
        _bars(ax, groups, parts[parts["numerator"] > 0], withheld=parts["numerator"].size < divided.sum())
        ax.set_yticks(
            range(len(groups)), [f"{row['term']}\nn {count(row['numerator'], finding)}" for _, row in groups.iterrows()]
        )
        ax.set_ylim(len(groups) - 0.4, -0.6)
        ax.set_xlabel("Informants")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        mark_origin(ax, finding)
    return ax


def _bars(ax: Axes, groups: pd.DataFrame, parts: pd.DataFrame, *, withheld: bool) -> None:
    y = {name: place for place, name in enumerate(groups["term"])}
    if parts.empty:
        ax.barh(list(y.values()), groups["numerator"].fillna(0).to_numpy(float), height=0.6, color=COLOURS[0])
        return
    left = np.zeros(len(y))
    for place, (level, part) in enumerate(parts.groupby("term", sort=False)):
        at = part["group"].map(y).to_numpy(int)
        widths = part["numerator"].to_numpy(float)
        ax.barh(
            at, widths, left=left[at], height=0.6, label=str(level), edgecolor="white", linewidth=0.8,
            color=COLOURS[place % len(COLOURS)], hatch=HATCHES[place % len(HATCHES)],
        )  # fmt: skip
        for row, width in zip(at, widths, strict=True):
            shown = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
            ax.text(left[row] + width / 2, row, f"{width:.0f}", ha="center", va="center", fontsize=9, bbox=shown)
        left[at] += widths
    rest = np.maximum(groups["numerator"].fillna(0).to_numpy(float) - left, 0)
    if withheld and rest.any():
        ax.barh(
            list(y.values()), rest, left=left, height=0.6, label="not shown", facecolor="white", edgecolor="#999999",
            hatch="////", linewidth=0.8,
        )  # fmt: skip
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, fontsize=9)
