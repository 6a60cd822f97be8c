"""Differences of printed means under one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.figures.forest import forest
from peereval.figures.style import nothing, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from peereval.results import Released, Result


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw the difference of the means of each outcome and round, one mark a test.

    Parameters
    ----------
    finding : Result or Released
        What `compare_printed_means` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel.
    """
    rows = finding.estimates
    rows = rows[rows["measure"] == "mean_difference"].reset_index(drop=True)
    if rows.empty:
        return nothing("No printed means could be compared.", finding, ax)
    named = [rows[name].astype(str) for name in ("outcome", "round") if name in rows.columns]
    labels = named[0] if named else rows["contrast"].astype(str)
    for further in named[1:]:
        labels = labels + ", " + further
    with styled():
        drawn = forest(rows, labels, rows["term"] if rows["term"].nunique() > 1 else None, finding, ax)
        drawn.set_xlabel(f"Difference of means ({rows['contrast'].iloc[0]}), 95 % interval")
    return drawn
