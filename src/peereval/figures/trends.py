"""Series with the straight lines through them, one panel a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np

from peereval.errors import UnsupportedInputError
from peereval.figures.style import COLOURS, count, mark_origin, nothing, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_ACROSS = 3


def figure(finding: Result | Released, ax: Axes | None, *, mark: Any = None) -> Axes | np.ndarray[Any, Any]:
    """Draw each series, its line, and how many points lie behind it; the panels share their axes.

    Parameters
    ----------
    finding : Result or Released
        What `linear_trend` gave.
    ax : Axes or None
        Where to draw, if there is one series.
    mark : int, str, optional
        A time that a line marks, as the series writes it.

    Returns
    -------
    Axes or ndarray of Axes
        The panel, or one a series.

    Raises
    ------
    UnsupportedInputError
        Several series do not fit into one panel.
    """
    rows = finding.estimates
    groups = list(dict.fromkeys(rows["group"])) if len(rows) else []
    if not groups:
        return nothing("no series", finding, ax)
    if ax is not None and len(groups) > 1:
        msg = f"{len(groups)} series do not fit into one panel."
        raise UnsupportedInputError(msg, hint="Draw without ax, or one series at a time.")
    with styled():
        panels = [ax] if ax is not None else _panels(len(groups))
        for panel, group in zip(panels, groups, strict=True):
            _panel(panel, rows[rows["group"] == group], finding, mark)
        _name_axes(panels, finding)
        mark_origin(panels[min(len(groups), _ACROSS) - 1], finding, above=27)
    return panels[0] if len(groups) == 1 else np.array(panels)


def _panels(number: int) -> list[Axes]:
    across = min(number, _ACROSS)
    down = -(-number // across)
    figure, axes = plt.subplots(
        down, across, figsize=(1.4 + 2.7 * across, 0.8 + 2.3 * down), sharex=True, sharey=True, squeeze=False
    )  # fmt: skip
    panels = list(axes.flat)
    for empty in panels[number:]:
        figure.delaxes(empty)
        # the panel above an empty place carries the times
        panels[panels.index(empty) - across].tick_params(labelbottom=True)
    return panels[:number]


def _name_axes(panels: list[Axes], finding: Result | Released) -> None:
    outcome = str(finding.settings["outcome"]).capitalize()
    if len(panels) == 1:
        panels[0].set_ylabel(outcome)
    else:
        panels[0].figure.supylabel(outcome, fontsize=10)
    for panel in panels:
        panel.set_xlabel(str(finding.settings["time"]).capitalize())
        panel.label_outer()


def _panel(ax: Axes, rows: pd.DataFrame, finding: Result | Released, mark: Any) -> None:
    seen = rows[rows["measure"] == "observed"]
    trend = rows[rows["measure"] == "trend"].iloc[0]
    times = seen["time"].tolist()
    place = seen["period"].to_numpy(float)
    values = seen["estimate"].to_numpy(float)
    ax.plot(place, values, "o", color=COLOURS[0], markersize=4)
    if not np.isnan(trend["estimate"]):
        _line(ax, place, values.mean(), trend)
    if mark is not None:
        ax.axvline(place[times.index(mark)], color="#888888", linewidth=0.8, linestyle="--", zorder=0)
    ax.set_xticks(place[[0, len(place) // 2, -1]], [str(times[each]) for each in (0, len(place) // 2, -1)])
    limits = "" if np.isnan(trend["conf_low"]) else f" ({trend['conf_low']:+.2f} to {trend['conf_high']:+.2f})"
    words = f"{trend['estimate']:+.2f}{limits} {trend['term']}, n {count(trend['n'], finding)}"
    ax.set_title(f"{trend['group']}\n{words}", fontsize=9)


def _line(ax: Axes, place: np.ndarray[Any, Any], level: float, trend: pd.Series) -> None:
    """The line through the means, with the 95 % limits of its height."""
    away = place - place.mean()
    line = level + trend["estimate"] * away
    half = (trend["conf_high"] - trend["estimate"]) * np.sqrt((away**2).mean() + away**2)
    ax.plot(place, line, color="black", linewidth=1)
    ax.fill_between(place, line - half, line + half, color="#bbbbbb", alpha=0.5, linewidth=0)
