"""How far two arms are apart at the start: a Love plot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.errors import UnsupportedInputError
from peereval.figures.style import COLOURS, MARKS, count, mark_origin, one_panel, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_LIMIT = 0.1
"""Beyond it arms are often called unbalanced; a habit, not a test."""
_KINDS = {
    "standardised_difference": "numbers (with sign)",
    "standardised_difference_of_levels": "levels (distance)",
}


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw the standardised difference of every characteristic, with lines at ±0.1.

    Parameters
    ----------
    finding : Result or Released
        What `baseline_table` gave for two arms.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel.

    Raises
    ------
    UnsupportedInputError
        The table does not compare two arms.
    """
    rows = finding.estimates
    rows = rows[rows["measure"].isin(_KINDS)].reset_index(drop=True)
    if rows.empty:
        msg = "The table does not compare two arms, so there are no differences to draw."
        raise UnsupportedInputError(msg, hint="Say arm='…' with a column of two arms.")
    with styled():
        ax = one_panel(ax, (7.0, 1.4 + 0.34 * len(rows)))
        for place, (measure, words) in enumerate(_KINDS.items()):
            mine = rows[rows["measure"] == measure]
            if len(mine):
                ax.plot(mine["estimate"], mine.index, MARKS[place], color=COLOURS[place], label=words)
        for line in (-_LIMIT, _LIMIT):
            ax.axvline(line, color="#888888", linewidth=0.8, linestyle="--", zorder=0)
        ax.axvline(0, color="#888888", linewidth=0.8, zorder=0)
        _beside(ax, finding)
        ax.set_yticks(range(len(rows)), rows["outcome"].tolist())
        ax.set_ylim(len(rows) - 0.4, -0.6)
        widest = max(0.3, 1.1 * float(np.nanmax([0.0, *rows["estimate"].abs()])))
        ax.set_xlim(-widest, widest)
        ax.set_xlabel(f"Standardised difference: {rows['contrast'].iloc[0].replace(' - ', ' − ')}")
        ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.02), ncols=2)
        mark_origin(ax, finding)
    return ax


def _beside(ax: Axes, finding: Result | Released) -> None:
    """How many persons each difference rests on, and which are not drawn."""
    rows = finding.estimates
    rows = rows[rows["measure"].isin(_KINDS)].reset_index(drop=True)
    for place, (_, row) in enumerate(rows.iterrows()):
        ax.annotate(
            f"n {count(row['n'], finding)}", (1.0, place), xycoords=("axes fraction", "data"), xytext=(4, 0),
            textcoords="offset points", va="center", fontsize=8,
        )  # fmt: skip
        if np.isnan(row["estimate"]):
            words = "not shown" if row.get("withheld", False) else "cannot be given"
            ax.text(0.02, place, words, va="center", fontsize=9, style="italic")
