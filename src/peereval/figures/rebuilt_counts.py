"""Tables of counts that fit a printed ratio, under one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.figures.forest import forest
from peereval.figures.study_scale import study_axis
from peereval.figures.style import nothing, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_SHOWN = 20


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw the ratios of the tables that fit, the first 20 of them.

    Parameters
    ----------
    finding : Result or Released
        What `reconstruct_counts` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel.
    """
    every = finding.estimates
    every = every[(every["part"] == "table") & every["estimate"].notna()]
    if every.empty:
        return nothing("No table fits, or none may be shown", finding, ax)
    rows = every.head(_SHOWN)
    counts = rows[["events_treatment", "n_treatment", "events_control", "n_control"]].astype(int).astype(str)
    treatment, control = (counts[f"events_{arm}"] + " of " + counts[f"n_{arm}"] for arm in ("treatment", "control"))
    told = f"{len(every)} tables fit, {len(rows)} shown" if len(every) > 1 else "the only table that fits"
    with styled():
        panel = forest(rows.drop(columns="n"), treatment + " and " + control, None, finding, ax, null=1.0)
        words = f"{told}: events of persons in treatment and control; 95 % interval"
        study_axis(panel, f"log_{rows['measure'].iloc[0]}", finding, words)
    return panel
