"""Funnel plots: groups by size, with the limits of chance as curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import PercentFormatter

from peereval.figures.style import COLOURS, mark_origin, nothing, one_panel, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_PLACES = (("right", 7), ("right", 17), ("left", 7))
_LINES = {"95": ("--", "95 % limits"), "998": ("-", "99.8 % limits")}


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw groups by their size, with limits as curves; groups beyond a limit are named.

    Parameters
    ----------
    finding : Result or Released
        What `funnel_plot` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel.
    """
    rows = finding.estimates
    rows = rows[rows["measure"].isin(["funnel_share", "funnel_ratio"])]
    is_share = "expected_count" not in rows
    size = "denominator" if is_share else "expected_count"
    if size not in rows or rows[size].isna().all():
        return nothing("No groups to draw", finding, ax)
    with styled():
        ax = one_panel(ax, (7.0, 4.6))
        _curves(ax, finding)
        _groups(ax, rows.assign(size=rows[size].astype(float)))
        ax.set_xlim(0, 1.05 * rows[size].max())
        if is_share:
            ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        ax.set_ylim(bottom=0)
        ax.set_ylabel("Share of the group" if is_share else "Observed over expected")
        sized = "Size of the group (denominator)" if is_share else "Expected number of the group"
        ax.set_xlabel(f"{sized}; {len(rows)} groups")
        ax.legend(loc="lower right", ncols=3, fontsize=9)
        mark_origin(ax, finding)
    return ax


def _curves(ax: Axes, finding: Result | Released) -> None:
    curve = finding.settings["data"]["curve"]
    for name, (dash, label) in _LINES.items():
        for place, side in enumerate(("lower", "upper")):
            ax.plot(
                curve["size"], curve[f"{side}_{name}"], linestyle=dash, color="#555555", linewidth=1.2,
                label=None if place else label,
            )  # fmt: skip
    ax.axhline(finding.settings["data"]["target"], color="#555555", linewidth=0.8, linestyle=":", label="target")


def _groups(ax: Axes, rows: pd.DataFrame) -> None:
    beyond = (rows["position"] != "inside").to_numpy(dtype=bool)
    ax.plot(rows["size"][~beyond], rows["estimate"][~beyond], "o", color=COLOURS[0], markersize=5)
    ax.plot(rows["size"][beyond], rows["estimate"][beyond], "D", color=COLOURS[1], markersize=6)
    named = rows.loc[beyond, ["group", "size", "estimate", "position"]].sort_values("size")
    for side, part in named.groupby(named["position"].str.startswith("above")):
        away = 1 if side else -1
        for place, (name, x, y, _) in enumerate(part.itertuples(index=False)):
            # away from the others and in turn, so that names of neighbours do not cover one another
            where, height = _PLACES[place % len(_PLACES)]
            ax.annotate(
                name, (x, y), (-6 if where == "right" else 6, away * height), textcoords="offset points", fontsize=8,
                ha=where, va="center",
            )  # fmt: skip
