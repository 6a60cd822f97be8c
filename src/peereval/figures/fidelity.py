"""Fidelity criteria by status, group by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.figures.style import COLOURS, mark_origin, nothing, one_panel, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_STATUSES = {
    "met": ("o", COLOURS[2], COLOURS[2]),
    "unknown": ("o", "#777777", "white"),
    "not met": ("X", COLOURS[1], COLOURS[1]),
}
"""Mark, edge and fill: a full dot, an empty one and a cross are told apart in grey."""


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw the criteria, a row each, in three columns: met, unknown, not met.

    Parameters
    ----------
    finding : Result or Released
        What `Programme.fidelity` or `Programme.role_boundaries` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel. Criteria that are only recommended stand in italics.
    """
    rows = finding.estimates
    rows = rows[rows["measure"] == "criterion"].reset_index(drop=True)
    if rows.empty:
        return nothing("No criteria to show.", finding, ax)
    begins = (rows["group"] != rows["group"].shift(fill_value="")).to_numpy(bool)
    y = np.arange(len(rows)) + np.cumsum(begins)
    with styled():
        ax = one_panel(ax, (7.5, 1.4 + 0.19 * (y[-1] + 1)))
        for place, (status, (mark, edge, fill)) in enumerate(_STATUSES.items()):
            here = (rows["status"] == status).to_numpy(bool)
            ax.plot(np.full(here.sum(), place), y[here], mark, color=edge, markerfacecolor=fill, markersize=7)
        ax.set_xticks(range(len(_STATUSES)), [_counted(status, rows) for status in _STATUSES])
        # room on the right for the word that data are made up
        ax.set_xlim(-0.5, len(_STATUSES))
        ax.set_ylim(y[-1] + 0.7, -0.6)
        ax.set_yticks(y, rows["term"].str.replace("-", " "), fontsize=8)
        for label, strength in zip(ax.get_yticklabels(), rows["strength"], strict=True):
            label.set_fontstyle("italic" if strength == "recommended" else "normal")
        for place in np.flatnonzero(begins).tolist():
            ax.text(-0.48, y[place] - 1, rows["group"][place], fontsize=8, weight="bold", va="center")
        ax.hlines(y, -0.5, len(_STATUSES), color="#E5E5E5", linewidth=0.6, zorder=0)
        ax.tick_params(axis="x", top=True, labeltop=True, bottom=False, labelbottom=False)
        ax.set_xlabel(_share(finding) + "\nitalics: only recommended")
        mark_origin(ax, finding)
    return ax


def _counted(status: str, rows: pd.DataFrame) -> str:
    return f"{status}\nn = {int((rows['status'] == status).sum())}"


def _share(finding: Result | Released) -> str:
    rows = finding.estimates
    shares = rows[rows["term"] == "all"].set_index("measure")
    met, known = shares.loc["share_met", ["numerator", "denominator"]].to_numpy(float)
    low, high = shares.loc[["share_met_at_least", "share_met_at_most"], "estimate"].to_numpy(float)
    share = f" ({met / known:.0%})" if known else ""
    return f"Met of those known: {met:.0f} of {known:.0f}{share}; of all: {low:.0%} to {high:.0%}"
