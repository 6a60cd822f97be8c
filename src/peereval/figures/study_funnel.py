"""Funnel of studies: effects by their standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.errors import InvalidValueError
from peereval.figures.study_scale import measure_of, shown_values, study_axis
from peereval.figures.style import COLOURS, mark_origin, nothing, one_panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_FEWEST = 10
"""Studies below which asymmetry cannot be judged."""
_NORMAL = 1.959964


def draw_funnel(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw studies by their standard error, the most precise on top, with the limits of chance about the pool.

    Parameters
    ----------
    finding : Result or Released
        What `pool` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel.

    Raises
    ------
    InvalidValueError
        Groups have no pool in common.
    """
    rows = finding.estimates
    studies = rows[(rows["part"] == "study") & rows["estimate"].notna()]
    if "std_error" not in studies or studies["std_error"].isna().all():
        return nothing("A funnel needs standard errors, which are not released", finding, ax)
    pools = rows[rows["part"] == "pooled"]
    if "group" in rows and len(pools) > 1:
        pools = pools[pools["group"] == "all"]
    if len(pools) != 1:
        msg = "The groups have no pool in common about which a funnel could be drawn."
        raise InvalidValueError(msg, hint="Pool one group at a time.")
    measure = measure_of(finding)
    ax = one_panel(ax, (7.5, 4.8))
    _limits(ax, float(pools["estimate"].iloc[0]), 1.08 * float(studies["std_error"].max()), measure)
    ax.plot(
        shown_values(studies["estimate"], measure), studies["std_error"], "o", color=COLOURS[0], markersize=6,
        markeredgecolor="white", label=f"studies ({len(studies)})",
    )  # fmt: skip
    ax.set_ylim(1.08 * float(studies["std_error"].max()), 0)
    ax.set_ylabel("Standard error" + (" of the logarithm" if measure.startswith("log_") else ""))
    few = len(studies) < _FEWEST
    words = f"too few to judge asymmetry (it takes {_FEWEST})" if few else "asymmetry may have many causes"
    study_axis(ax, measure, finding, f"{len(studies)} studies: {words}; no test of asymmetry was made")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.05), ncols=3, fontsize=9)
    mark_origin(ax, finding)
    return ax


def _limits(ax: Axes, centre: float, largest: float, measure: str) -> None:
    import pandas as pd

    error = np.linspace(0, largest, 50)
    for place, side in enumerate((-1, 1)):
        edge = shown_values(pd.Series(centre + side * _NORMAL * error), measure)
        label = None if place else "95 % limits of chance, no heterogeneity"
        ax.plot(edge, error, linestyle="--", color="#555555", linewidth=1.0, label=label)
    middle = shown_values(pd.Series([centre, centre]), measure)
    ax.plot(middle, [0, largest], color=COLOURS[1], linewidth=1.2, label="pooled")
