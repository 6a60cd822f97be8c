"""How each item of a scale goes with the rest, one panel a round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np

from peereval.errors import DesignError, UnknownNameError, nearest
from peereval.figures.style import COLOURS, count, mark_origin, one_panel, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_PLAIN, _LOOK = COLOURS[0], COLOURS[1]


def figure(finding: Result | Released, ax: Axes | None, *, scale: str | None = None) -> Any:
    """Draw the correlation of each item with the rest of its scale.

    Parameters
    ----------
    finding : Result or Released
        What `reliability` gave.
    ax : Axes or None
        Where to draw, if there is one round only.
    scale : str, optional
        Which scale; the first with items by default.

    Returns
    -------
    ndarray of Axes
        One panel a round; items to look at are drawn as open squares, with the reason. Without any items, one panel
        that says so.

    Raises
    ------
    UnknownNameError
        The result has no items of that scale.
    DesignError
        One `ax` was given for several rounds.
    """
    every = finding.estimates
    items = every[every["measure"] == "item_rest"]
    if items.empty:
        return _nothing(finding, ax)
    name = _scale(items, scale)
    rounds = list(dict.fromkeys(items["round"].dropna()))
    with styled():
        panels = _panels(ax, len(rounds), int(items.loc[items["scale"] == name, "term"].nunique()))
        for place, (panel, label) in enumerate(zip(panels, rounds, strict=True)):
            _panel(panel, items[(items["round"] == label) & (items["scale"] == name)])
            panel.set_title(f"{label}\n{_summary(every, label, name, finding)}", fontsize=10, pad=16)
            panel.tick_params(labelleft=place == 0)
        panels[0].set_ylabel(f"Items of {name}")
        mark_origin(panels[-1], finding)
    return panels


def _scale(items: pd.DataFrame, scale: str | None) -> str:
    known = list(dict.fromkeys(items["scale"]))
    if scale is not None and scale not in known:
        msg = f"The result has no items of the scale {scale!r}."
        raise UnknownNameError(msg, hint=nearest(scale, known))
    return known[0] if scale is None else scale


def _nothing(finding: Result | Released, ax: Axes | None) -> np.ndarray:
    with styled():
        panel = one_panel(ax, (5.0, 1.6))
        panel.text(0.5, 0.5, "No items to draw", transform=panel.transAxes, ha="center", va="center")
        panel.set_axis_off()
        mark_origin(panel, finding)
    return np.array([panel])


def _panels(ax: Axes | None, rounds: int, items: int) -> np.ndarray:
    if ax is not None and rounds > 1:
        msg = f"The result has {rounds} rounds, each with a panel of its own, and one ax was given."
        raise DesignError(msg, hint="Leave out ax=…, or give reliability the rows of one round.")
    if ax is not None:
        return np.array([ax])
    size = (2.2 + 2.8 * rounds, 1.7 + 0.24 * items)
    return np.atleast_1d(plt.subplots(1, rounds, figsize=size, sharey=True, sharex=True)[1])


def _panel(ax: Axes, rows: pd.DataFrame) -> None:
    y = np.arange(len(rows))
    # a released result has no flags
    flags = rows["flag"].fillna("").to_numpy() if "flag" in rows.columns else np.full(len(rows), "")
    look = flags != ""
    for mine, colour, mark, face in ((~look, _PLAIN, "o", _PLAIN), (look, _LOOK, "s", "white")):
        part = rows[mine]
        centre = part["estimate"].to_numpy(float)
        spread = np.abs(part[["conf_low", "conf_high"]].to_numpy(float).T - centre)
        ax.errorbar(centre, y[mine], xerr=spread, fmt=mark, color=colour, markerfacecolor=face, capsize=2, markersize=5)
    for place in y[look].tolist():
        ax.annotate(
            flags[place], (rows["conf_high"].iloc[place], place), xytext=(4, 0),
            textcoords="offset points", va="center", fontsize=8, color=_LOOK,
        )  # fmt: skip
    ax.axvline(0, color="#888888", linewidth=0.8, zorder=0)
    ax.set_yticks(y, rows["term"])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(-1, 1)
    ax.set_xticks([-0.5, 0, 0.5, 1])
    ax.set_xlabel("Correlation with the rest" + (",\n95 % interval" if rows["conf_low"].notna().any() else ""))


def _summary(rows: pd.DataFrame, label: str, scale: str, finding: Result | Released) -> str:
    mine = rows[(rows["round"] == label) & (rows["scale"] == scale) & (rows["measure"] == "alpha")].iloc[0]
    if mine["estimate"] != mine["estimate"]:
        return f"alpha not shown, n {count(mine['n'], finding)}"
    known = mine["conf_low"] == mine["conf_low"]
    limits = f" ({mine['conf_low']:.2f} to {mine['conf_high']:.2f})" if known else ""
    return f"alpha {mine['estimate']:.2f}{limits}, n {count(mine['n'], finding)}"
