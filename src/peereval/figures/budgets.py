"""Scenarios of a budget as bars of their lines, with the total that the source prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from peereval.figures.style import COLOURS, HATCHES, mark_origin, nothing, one_panel, styled
from peereval.results import Released

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Result

_MILLION = 1e6
_DIAMOND: dict[str, Any] = {
    "linestyle": "none",
    "marker": "D",
    "color": "black",
    "markersize": 8,
    "markeredgecolor": "white",
}


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw one bar a scenario and period, divided by line.

    Parameters
    ----------
    finding : Result or Released
        What `budget_scenarios` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel; a diamond is the total as printed.
    """
    rows = finding.estimates
    rows = rows.assign(time=rows["time"].fillna("") if "time" in rows else "")
    totals = rows[rows["measure"] == "total_cost"].reset_index(drop=True)
    lines = rows[rows["measure"] == "line_cost"]
    amounts = np.array([*totals["estimate"], *totals["stated"], *lines["estimate"]], float)
    if not np.isfinite(amounts).any():
        return nothing("No budget to show", finding, ax)
    step = _MILLION if np.nanmax(amounts) >= _MILLION else 1.0
    with styled():
        ax = one_panel(ax, (7.5, 1.6 + 0.5 * len(totals) + 0.12 * lines["term"].nunique()))
        _bars(ax, totals, lines, step, released=isinstance(finding, Released))
        ax.plot(totals["stated"] / step, range(len(totals)), **_DIAMOND)
        labels = [f"{row['group']}, {row['time']}" if row["time"] else row["group"] for _, row in totals.iterrows()]
        ax.set_yticks(range(len(totals)), labels)
        ax.set_ylim(len(totals) - 0.4, -0.6)
        ax.set_xlim(0, 1.05 * np.nanmax(amounts) / step)
        unit = f"{totals['currency'].iloc[0]}{' million' if step > 1 else ''}"
        years = totals["price_year"].dropna()
        ax.set_xlabel(f"{unit}, {f'prices of {years.iloc[0]}' if len(years) else 'price year not said'}")
        mark_origin(ax, finding)
    return ax


def _bars(ax: Axes, totals: pd.DataFrame, lines: pd.DataFrame, step: float, *, released: bool) -> None:
    """Draw the lines end to end; the same line has the same look everywhere."""
    looks: dict[str, dict[str, Any]] = {
        line: {"facecolor": COLOURS[place % len(COLOURS)], "hatch": HATCHES[place % len(HATCHES)], "edgecolor": "white"}
        for place, line in enumerate(dict.fromkeys(lines.loc[lines["estimate"].notna() | (not released), "term"]))
    }
    for place, (_, total) in enumerate(totals.iterrows()):
        mine = lines[(lines["group"] == total["group"]) & (lines["time"] == total["time"])]
        widths = mine["estimate"].fillna(0.0) / step
        for term, width, left in zip(mine["term"], widths, widths.cumsum() - widths, strict=True):
            ax.barh(place, width, left=left, height=0.62, **looks.get(term, {}))
        if mine["estimate"].isna().any():
            # right of the bar and of the diamond
            end = np.nanmax([widths.sum(), total["stated"] / step])
            words = "and lines that are not shown" if released else "and a line that is not known"
            ax.annotate(
                words, (end, place), (9, 0), textcoords="offset points", va="center", fontsize=8, style="italic"
            )
    handles: list[Patch | Line2D] = [Patch(**look, label=str(line)) for line, look in looks.items()]
    if totals["stated"].notna().any():
        handles.append(Line2D([], [], **_DIAMOND, label="total as printed"))
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1.02), ncols=2, fontsize=8)
