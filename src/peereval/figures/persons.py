"""Each person's change, sorted: for the researcher's eyes, since single persons can be told from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Patch

from peereval.errors import ColumnError, InvalidValueError, nearest
from peereval.figures.categories import COLOURS, HATCHES
from peereval.figures.style import one_panel, styled, write_origin

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_NEEDED = ("group", "start", "change", "method", "predicted", "threshold", "category")
_IMPORTANT = "minimal-important"
_EDGE_LIMIT = 80
"""Up to so many bars have an edge; more would melt into it."""


def change_waterfall(
    changes: pd.DataFrame, *, method: str = "jacobson-truax", group: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw each person's change, sorted, with the band of measurement error and the minimal important change.

    It shows single persons, so it takes their table and no result, and reports have no way to it.

    Parameters
    ----------
    changes : DataFrame
        What `peereval.person_changes` gave.
    method : str
        Which reliable change colours the bars and draws the band.
    group : str, optional
        One arm; everybody by default.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a new figure is made.

    Returns
    -------
    matplotlib.axes.Axes
        The panel.

    Raises
    ------
    ColumnError
        The table lacks a column.
    InvalidValueError
        There is no such method or group.

    Examples
    --------
    >>> import peereval as pe
    >>> region = pe.simulate_study("region", seed=1)
    >>> scores = pe.score(region.responses, "qpr-15", coding="0-4")
    >>> study = pe.ReliabilityStudy(source="made up", sd=10, reliability=0.74, measure="retest")
    >>> axes = pe.change_waterfall(pe.person_changes(scores, "qpr-15", reliability=study))
    >>> axes.get_xlabel()
    'Persons, sorted by change (n = 136)'
    """
    for name in _NEEDED:
        if name not in changes.columns:
            msg = f"The changes have no column {name!r}."
            raise ColumnError(msg, hint="Draw what person_changes gave.")
    if group is not None:
        _check("group", group, changes["group"])
        changes = changes[changes["group"] == group]
    _check("method", method, changes["method"])
    mine = changes[changes["method"] == method].sort_values(["change", "start"], ignore_index=True)
    important = changes.loc[changes["method"] == _IMPORTANT, "threshold"]
    with styled():
        ax = one_panel(ax, (8.0, 4.4))
        _bars(ax, mine)
        _lines(ax, mine, float(important.iloc[0]) if len(important) else np.nan)
        _labels(ax, mine, method, group)
    return ax


def _check(what: str, value: str, known: pd.Series) -> None:
    if len(known) and value not in set(known):
        msg = f"There is no {what} {value!r} in the changes."
        raise InvalidValueError(msg, hint=nearest(value, set(known)))


def _bars(ax: Axes, mine: pd.DataFrame) -> None:
    edge = "#555555" if len(mine) <= _EDGE_LIMIT else "none"
    for name, colour in COLOURS.items():
        part = mine[mine["category"] == name]
        # who did not change has a dot, or nobody would see that the person is there
        ax.plot(
            part.index[part["change"] == 0], np.zeros((part["change"] == 0).sum()), ".", color="#555555", markersize=3
        )
        shade = "#AAAAAA" if name == "unchanged" else colour
        ax.bar(part.index, part["change"], width=1.0, color=shade, hatch=HATCHES[name], edgecolor=edge, linewidth=0.4)


def _lines(ax: Axes, mine: pd.DataFrame, important: float) -> None:
    low, high = (mine["predicted"] - mine["start"] + sign * mine["threshold"] for sign in (-1, 1))
    ax.fill_between(
        mine.index, low, high, step="mid", facecolor="#56B4E9", alpha=0.18, edgecolor="#0072B2", linewidth=0.8, zorder=0
    )
    for sign in (-1, 1):
        ax.axhline(sign * important, color="black", linestyle="--", linewidth=1)
    ax.axhline(0, color="black", linewidth=0.8)


def _labels(ax: Axes, mine: pd.DataFrame, method: str, group: str | None) -> None:
    ax.set_xlabel(f"Persons, sorted by change (n = {len(mine)})")
    reading = f"\n({mine['direction'].iloc[0]})" if len(mine) and "direction" in mine else ""
    ax.set_ylabel(f"Change in points{reading}")
    ax.set_xticks([])
    ax.set_xlim(-1, max(len(mine), 1))
    scale = f"{mine['instrument'].iloc[0]} {mine['scale'].iloc[0]}" if len(mine) and "scale" in mine else ""
    ax.set_title(f"{scale}{f', {group}' if group else ''}".strip(", "), pad=44)
    counts = mine["category"].value_counts()
    shades = {**COLOURS, "unchanged": "#AAAAAA"}
    handles = [
        Patch(
            facecolor=shades[name],
            hatch=HATCHES[name],
            edgecolor="#555555",
            label=f"{name} (n = {counts.get(name, 0)})",
        )
        for name in COLOURS
    ]
    band = Patch(facecolor="#56B4E9", alpha=0.3, edgecolor="#0072B2", label=f"measurement error ({method}, 95 %)")
    line = ax.plot([], [], color="black", linestyle="--", linewidth=1, label="minimal important change")[0]
    ax.legend(
        handles=[*handles, band, line], loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=8, handlelength=1.6
    )
    write_origin(ax, str(mine["origin"].iloc[0]) if len(mine) and "origin" in mine else "observed")
