"""Estimated means over the rounds, with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.figures.style import COLOURS, DASHES, MARKS, count, mark_origin, one_panel, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_SHIFT = 0.06


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw the estimated means of a mixed model.

    Parameters
    ----------
    finding : Result or Released
        What `MMRM.means` gave.
    ax : Axes or None
        Where to draw; without it a new figure is made.

    Returns
    -------
    Axes
        One panel; the number of persons observed stands under each round.
    """
    with styled():
        axes = one_panel(ax)
        rows = finding.estimates
        rows = rows[rows["measure"] == "mean"]
        rounds = list(dict.fromkeys(rows["round"]))
        groups = [None] if "group" not in rows else list(dict.fromkeys(rows["group"]))
        for place, group in enumerate(groups):
            mine = rows if group is None else rows[rows["group"] == group]
            _line(axes, mine.set_index("round").reindex(rounds), place, len(groups), group)
        _label(axes, rows, rounds, groups, finding)
        mark_origin(axes, finding)
    return axes


def _line(ax: Axes, rows: pd.DataFrame, place: int, n_groups: int, name: str | None) -> None:
    x = np.arange(len(rows)) + (place - (n_groups - 1) / 2) * 2 * _SHIFT
    mean = rows["estimate"].to_numpy(float)
    spread = np.abs(rows[["conf_low", "conf_high"]].to_numpy(float).T - mean)
    style = place % len(COLOURS)
    ax.errorbar(
        x, mean, yerr=spread, color=COLOURS[style], marker=MARKS[style], linestyle=DASHES[style], capsize=3, label=name
    )  # fmt: skip


def _label(
    ax: Axes, rows: pd.DataFrame, rounds: list[str], groups: list[str | None], finding: Result | Released
) -> None:
    counts = [[count(n, finding) for n in rows.loc[rows["round"] == label, "n"]] for label in rounds]
    under = [f"{label}\nn {' / '.join(each)}" for label, each in zip(rounds, counts, strict=True)]
    ax.set_xticks(range(len(rounds)), under)
    ax.set_xlim(-0.4, len(rounds) - 0.6)
    ax.set_xlabel("Round" + (f" (n: {' / '.join(map(str, groups))})" if groups != [None] else ""))
    level = rows["conf_level"].iloc[0] if len(rows) else 0.95
    outcome = rows["outcome"].iloc[0] if len(rows) else ""
    ax.set_ylabel(f"Estimated mean of {outcome}, {level * 100:.0f} % interval")
    ax.set_title(finding.title)
    if groups != [None]:
        ax.legend()
