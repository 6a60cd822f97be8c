"""Means over the rounds, and changes in standard deviations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np

from peereval.errors import InvalidValueError, nearest
from peereval.figures.forest import forest
from peereval.figures.style import COLOURS, DASHES, MARKS, count, mark_origin, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_SHIFT = 0.06


def figure(finding: Result | Released, ax: Axes | None, *, show: str = "means", scale: str | None = None) -> Any:
    """Draw a comparison of rounds.

    Parameters
    ----------
    finding : Result or Released
        What `compare_rounds` gave.
    ax : Axes or None
        Where to draw; then one scale must be named if there are several.
    show : {"means", "changes"}
        Means per round with 95 % intervals, or changes at the last round in standard deviations of the first.
    scale : str, optional
        One scale as ``"instrument:scale"``; without it the headline scales (or all, if none is).

    Returns
    -------
    Axes or ndarray of Axes
        One panel, or one a scale.
    """
    drawings = {"means": _means, "changes": _changes}
    if show not in drawings:
        msg = f"There is no drawing {show!r} of a comparison of rounds."
        raise InvalidValueError(msg, hint=nearest(show, drawings))
    with styled():
        return drawings[show](finding, ax, scale)


def _means(finding: Result | Released, ax: Axes | None, scale: str | None) -> Any:
    rows = finding.estimates
    rows = _wanted(rows[rows["measure"] == "mean"], scale)
    names = list(dict.fromkeys(_name(rows)))
    if ax is None:
        across = 2 if len(names) > 1 else 1
        down = max(1, -(-len(names) // across))
        _, grid = plt.subplots(down, across, figsize=(4.2 * across + 1, 3.4 * down), squeeze=False)
    else:
        grid = np.array([[ax]])
    if len(names) > grid.size:
        msg = f"{len(names)} scales do not fit into one panel."
        raise InvalidValueError(msg, hint="Name one with scale='instrument:scale', or give no ax.")
    panels = grid.ravel()
    for panel, name in zip(panels, names, strict=False):
        _panel(panel, rows[_name(rows) == name], finding)
    for empty in panels[len(names) :]:
        empty.set_axis_off()
    return panels[0] if len(panels) == 1 else grid


def _panel(ax: Axes, rows: pd.DataFrame, finding: Result | Released) -> None:
    rounds = list(dict.fromkeys(rows["round"]))
    groups = [None] if "group" not in rows else sorted(set(rows["group"]))
    linked = finding.settings.get("method") != "welch"
    for place, group in enumerate(groups):
        mine = rows if group is None else rows[rows["group"] == group]
        mine = mine.set_index("round").reindex(rounds)
        x = np.arange(len(rounds)) + (place - (len(groups) - 1) / 2) * 2 * _SHIFT
        spread = np.abs(mine[["conf_low", "conf_high"]].to_numpy(float).T - mine["estimate"].to_numpy(float))
        ax.errorbar(
            x, mine["estimate"], yerr=spread, color=COLOURS[place], marker=MARKS[place], linestyle=DASHES[place] if linked else "none",
            capsize=3, label=group,
        )  # fmt: skip
    ordered = rows if "group" not in rows else rows.sort_values("group")
    counts = [[count(n, finding) for n in ordered.loc[ordered["round"] == label, "n"]] for label in rounds]
    ax.set_xticks(
        range(len(rounds)),
        [f"{label}\nn {' / '.join(each)}" for label, each in zip(rounds, counts, strict=True)],
    )
    ax.set_xlim(-0.4, len(rounds) - 0.6)
    ax.set_xlabel("Round" + (f" (n: {' / '.join(map(str, groups))})" if groups != [None] else ""))
    ax.set_ylabel(f"Mean score, 95 % interval{_reading(rows)}")
    ax.set_title(rows["label"].iloc[0])
    if groups != [None]:
        ax.legend()
    mark_origin(ax, finding)


def _changes(finding: Result | Released, ax: Axes | None, scale: str | None) -> Axes:
    rows = finding.estimates
    measures = ["change_over_baseline_sd", "hedges_g"]
    rows = rows[rows["measure"].isin(measures)]
    rows = rows[rows["round"] == rows["round"].iloc[-1]] if len(rows) else rows
    rows = _wanted(rows, scale)
    labels = rows["label"] + ("\n(" + rows["reading"].str.split(", ").str[-1] + ")").where(rows["reading"] != "", "")
    last = rows["contrast"].iloc[0] if len(rows) else "no change"
    drawn = forest(rows, labels, rows.get("group"), finding, ax)
    unit = "of the reference round" if finding.settings.get("method") != "welch" else "pooled over both rounds"
    drawn.set_xlabel(f"Change ({last}) in standard deviations {unit}, 95 % interval")
    return drawn


def _wanted(rows: pd.DataFrame, scale: str | None) -> pd.DataFrame:
    if scale is None:
        return rows[rows["headline"].astype(bool)] if rows["headline"].any() else rows
    if scale not in set(_name(rows)):
        msg = f"There is no scale {scale!r} in this comparison."
        raise InvalidValueError(msg, hint=nearest(scale, set(_name(rows))))
    return rows[_name(rows) == scale]


def _name(rows: pd.DataFrame) -> pd.Series:
    return rows["outcome"].astype(str) + ":" + rows["scale"].astype(str)


def _reading(rows: pd.DataFrame) -> str:
    return f"\n({rows['reading'].iloc[0]})" if rows["reading"].iloc[0] else ""
