"""Survival curves with the numbers at risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import PercentFormatter

from peereval.figures.style import COLOURS, DASHES, MARKS, count, mark_origin, one_panel, styled
from peereval.results import Released

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Result


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw the share not yet readmitted against days since discharge, with the numbers at risk below.

    A result is drawn with its steps. A released one has a mark at each day that is given; marks of neighbouring days
    are joined, and a gap is left where a day between them is withheld.

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
            draw = _points if isinstance(finding, Released) else _steps
            draw(ax, rows[rows["group"] == name], place, None if groups == ["all"] else name)
        ax.set_ylim(0, 1.02)
        ax.set_xlim(0, horizon)
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        ax.set_xticks(ticks, [f"{tick}{_at_risk(rows, groups, tick, finding)}" for tick in ticks])
        named = " / ".join(map(str, groups)) if groups != ["all"] else "persons"
        ax.set_xlabel(f"Days since discharge (below: at risk, {named}){_note(finding)}")
        ax.set_ylabel("Not readmitted, 95 % limits")
        if groups != ["all"] and groups:
            ax.legend(loc="upper right")
        mark_origin(ax, finding)
    return ax


def _note(finding: Result | Released) -> str:
    return "\nknown at the marks only; a gap where a number is not shown" if isinstance(finding, Released) else ""


def _points(ax: Axes, mine: pd.DataFrame, place: int, name: str | None) -> None:
    time, estimate, low, high = (mine[key].to_numpy(float) for key in ("time", "estimate", "conf_low", "conf_high"))
    # marks of the curves stand side by side, so that their limits do not cover one another
    x = time + 1.5 * place
    ax.plot(x, estimate, color=COLOURS[place], linestyle=DASHES[place], marker=MARKS[place], markersize=5, label=name)
    ax.vlines(x, low, high, color=COLOURS[place], alpha=0.5, linewidth=1.2)


def _steps(ax: Axes, mine: pd.DataFrame, place: int, name: str | None) -> None:
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
        at = mine["time"] == tick if isinstance(finding, Released) else mine["time"] >= tick
        later = mine.loc[at, "n"]
        lines += "\n" + (count(later.iloc[0], finding) if len(later) else "–")
    return lines
