"""Pools without each of their studies, under one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.figures.forest import forest
from peereval.figures.study_scale import shown_values, study_axis
from peereval.figures.style import nothing, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from peereval.results import Released, Result


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw the pooled effect of all studies, and of all but one.

    Parameters
    ----------
    finding : Result or Released
        What `leave_one_out` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel.
    """
    rows = finding.estimates
    if rows.empty:
        return nothing("No studies to draw", finding, ax)
    measure = str(rows["measure"].iloc[0])
    drawn = rows.assign(**{name: shown_values(rows[name], measure) for name in ("estimate", "conf_low", "conf_high")})
    with styled():
        panel = forest(
            drawn, rows["term"].replace("all", "all studies"), None, finding, ax, null=float(measure.startswith("log_"))
        )
        study_axis(panel, measure, finding, "pooled, 95 % interval")
        panel.axvline(drawn["estimate"].iloc[0], color="#555555", linewidth=0.8, linestyle="--", zorder=0)
    return panel
