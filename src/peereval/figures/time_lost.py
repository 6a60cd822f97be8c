"""Mean days out of hospital, and lost, with intervals under one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.figures.forest import forest
from peereval.figures.style import nothing, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_DAYS = {
    "restricted_mean_time": "out of hospital",
    "readmission_time_lost": "lost to readmission",
    "death_time_lost": "lost to death",
}


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw mean days within the horizon, a row a group and kind.

    Parameters
    ----------
    finding : Result or Released
        What `restricted_mean` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel.
    """
    rows = finding.estimates
    rows = rows[rows["measure"].isin(_DAYS)]
    with styled():
        if rows["estimate"].isna().all():
            return nothing("no mean can be shown", finding, ax)
        drawn = forest(rows, _labels(rows), None, finding, ax)
        drawn.set_xlim(0, finding.settings["horizon"])
        drawn.set_xlabel(f"Mean days within {finding.settings['horizon']} days of discharge, 95 % interval")
    return drawn


def _labels(rows: pd.DataFrame) -> pd.Series:
    kind = rows["measure"].map(_DAYS)
    return kind if set(rows["group"]) == {"all"} else rows["group"].astype(str) + ", " + kind
