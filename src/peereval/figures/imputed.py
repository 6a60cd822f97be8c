"""Changes from imputed scores under one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.figures.forest import forest
from peereval.figures.style import styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from peereval.results import Released, Result


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw the change, or the difference in change, of every later round with its interval.

    Parameters
    ----------
    finding : Result or Released
        What `impute_rounds` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel.
    """
    rows = finding.estimates
    rows = rows[rows["measure"] != "imputed"]
    with styled():
        drawn = forest(rows, rows["contrast"].astype(str).str.replace(": ", ":\n"), None, finding, ax)
        drawn.set_xlabel("Points, 95 % interval")
        drawn.set_title(finding.title, pad=14)
    return drawn
