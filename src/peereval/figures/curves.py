"""Survival curves with the numbers at risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import PercentFormatter

from peereval.figures.style import COLOURS, DASHES, count, mark_origin, one_panel, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Released, Result


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw the share not yet readmitted against days since discharge, with the numbers at risk below.

    Parameters
    ----------
    finding : Result or Released
        What `time_to_readmission` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel.
    """
    rows = finding.estimates
    groups = sorted(set(rows["group"])) if len(rows) else []
    horizon = int(finding.settings.get("horizon", 365))
    ticks = np.unique(np.linspace(0, horizon // 30 * 30, 5) // 30 * 30).astype(int)
    with styled():
        ax = one_panel(ax, (7.0, 4.2 + 0.22 * len(groups)))
        for place, name in enumerate(groups):
            _curve(ax, rows[rows["group"] == name], place, None if groups == ["all"] else name)
        ax.set_ylim(0, 1.02)
        ax.set_xlim(0, horizon)
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        ax.set_xticks(ticks, [f"{tick}{_at_risk(rows, groups, tick, finding)}" for tick in ticks])
        named = " / ".join(map(str, groups)) if groups != ["all"] else "persons"
        ax.set_xlabel(f"Days since discharge (below: at risk, {named})")
        ax.set_ylabel("Not readmitted, 95 % limits")
        if groups != ["all"] and groups:
            ax.legend(loc="upper right")
        mark_origin(ax, finding)
    return ax


def _curve(ax: Axes, mine: pd.DataFrame, place: int, name: str | None) -> None:
    numbers = {key: mine[key].to_numpy(float) for key in ("time", "estimate", "conf_low", "conf_high")}
    ax.step(
        numbers["time"], numbers["estimate"], where="post", color=COLOURS[place], linestyle=DASHES[place], label=name
    )  # fmt: skip
    known = ~np.isnan(numbers["conf_low"])
    limits = (numbers["time"][known], numbers["conf_low"][known], numbers["conf_high"][known])
    ax.fill_between(*limits, step="post", alpha=0.15, color=COLOURS[place], linewidth=0)


def _at_risk(rows: pd.DataFrame, groups: list[str], tick: int, finding: Result | Released) -> str:
    lines = ""
    for name in groups:
        mine = rows[rows["group"] == name]
        later = mine.loc[mine["time"] >= tick, "n"]
        lines += "\n" + (count(later.iloc[0], finding) if len(later) else "–")
    return lines
