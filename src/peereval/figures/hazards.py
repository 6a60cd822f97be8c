"""Hazard ratios with intervals under one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import NullLocator

from peereval.figures.forest import forest
from peereval.figures.style import nothing, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_RATIOS = {
    "hazard_ratio": "Hazard ratio",
    "subdistribution_hazard_ratio": "Subdistribution hazard ratio",
    "rate_ratio": "Rate ratio",
}
_TICKS = (0.05, 0.1, 0.2, 0.5, 0.8, 1, 1.25, 2, 5, 10, 20)


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw hazard ratios on a logarithmic axis, a row a term.

    Parameters
    ----------
    finding : Result or Released
        What `hazard_ratios` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel.
    """
    rows = finding.estimates
    rows = rows[rows["measure"].isin(_RATIOS)]
    with styled():
        if rows["estimate"].isna().all():
            return nothing("no ratio can be shown", finding, ax)
        labels = rows["term"].astype(str) + (": " + rows["contrast"].astype("string")).fillna("").astype(str)
        drawn = forest(rows, labels, None, finding, ax, null=1.0)
        drawn.set_xscale("log")
        low, high = float(np.nanmin(rows["conf_low"])), float(np.nanmax(rows["conf_high"]))
        shown = [tick for tick in _TICKS if min(low, 0.8) <= tick <= max(high, 1.25)]
        drawn.set_xticks(shown, [f"{tick:g}" for tick in shown])
        drawn.xaxis.set_minor_locator(NullLocator())
        drawn.set_xlabel(f"{_RATIOS[rows['measure'].iloc[0]]}, 95 % interval (logarithmic)")
    return drawn
