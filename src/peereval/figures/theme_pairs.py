"""Co-occurrence: how often two themes meet, as a triangle of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.figures.style import COLOURS, mark_origin, nothing, one_panel, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_DARK = 0.75


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw how many statements or informants have both themes of a pair.

    Parameters
    ----------
    finding : Result or Released
        What `co_occurrence` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel: the number with both, on circles that are darker the larger their share of those with either.
    """
    rows = finding.estimates
    if rows.empty or rows["numerator"].isna().all():
        return nothing("No pairs of themes to draw", finding, ax)
    themes = list(dict.fromkeys([*rows["term"], *rows["other"]]))
    place = {name: number for number, name in enumerate(themes)}
    with styled():
        side = 2.2 + 0.42 * len(themes)
        ax = one_panel(ax, (side + 1.0, side))
        x, y = rows["term"].map(place).to_numpy(float), rows["other"].map(place).to_numpy(float)
        share, both = rows["estimate"].to_numpy(float), rows["numerator"].to_numpy(float)
        met = both > 0
        colours = [(0.0, 0.447, 0.698, alpha) for alpha in 0.1 + 0.9 * share[met]]
        ax.scatter(x[met], y[met], s=230, color=colours, edgecolors=COLOURS[0], linewidths=0.8)
        for at, line, count, part in zip(x, y, both, share, strict=True):
            colour = "#AAAAAA" if not count else "white" if part > _DARK else "black"
            ax.text(at, line, f"{count:.0f}", ha="center", va="center", fontsize=8, color=colour)
        ax.set_xticks(range(len(themes) - 1), themes[:-1], rotation=45, ha="right")
        ax.set_yticks(np.arange(1, len(themes)), themes[1:])
        ax.set_xlim(-0.6, len(themes) - 1.4)
        ax.set_ylim(len(themes) - 0.4, 0.4)
        on = "statements" if "statements" in finding.method else "informants"
        ax.set_xlabel(f"Number of {on} with both themes;\ndarker: a larger share of those with either", fontsize=9)
        ax.set_ylabel("Theme")
        mark_origin(ax, finding)
    return ax
