"""Estimates with intervals under one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.figures.style import COLOURS, MARKS, count, mark_origin, one_panel, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Released, Result


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw effect sizes, one row an outcome and round, one mark a formula.

    Parameters
    ----------
    finding : Result or Released
        What `effect_size` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel.
    """
    rows = finding.estimates
    labels = rows["outcome"].astype(str) + (", " + rows["round"].astype(str) if "round" in rows else "")
    with styled():
        drawn = forest(rows, labels, rows["measure"] if len(set(rows["measure"])) > 1 else None, finding, ax)
        drawn.set_xlabel("Effect size, 95 % interval (positive: in favour of the treatment)")
    return drawn


def forest(
    rows: pd.DataFrame,
    labels: pd.Series,
    groups: pd.Series | None,
    finding: Result | Released,
    ax: Axes | None,
) -> Axes:
    """Draw rows of estimates under one another, groups side by side within a label.

    Parameters
    ----------
    rows : DataFrame
        ``estimate``, ``conf_low``, ``conf_high`` and, if there, ``n``.
    labels : Series of str
        The label of each row.
    groups : Series of str or None
        The group of each row.
    finding : Result or Released
        What is drawn, for the marks of origin and rounding.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel.
    """
    names = list(dict.fromkeys(labels))
    kinds = [None] if groups is None or groups.empty else sorted(set(groups))
    ax = one_panel(ax, (7.5, 1.4 + 0.34 * len(names) * len(kinds)))
    for place, kind in enumerate(kinds):
        mine = rows if kind is None else rows[groups == kind]
        shift = (place - (len(kinds) - 1) / 2) * 0.8 / len(kinds)
        y = np.array([names.index(label) for label in labels[mine.index]]) + shift
        spread = np.abs(mine[["conf_low", "conf_high"]].to_numpy(float).T - mine["estimate"].to_numpy(float))
        ax.errorbar(
            mine["estimate"], y, xerr=spread, fmt=MARKS[place], color=COLOURS[place], capsize=3, label=kind
        )  # fmt: skip
        _counts(ax, mine, y, finding)
    ax.axvline(0, color="#888888", linewidth=0.8, zorder=0)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    if kinds != [None]:
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.02), ncols=len(kinds))
    mark_origin(ax, finding)
    return ax


def _counts(ax: Axes, mine: pd.DataFrame, y: np.ndarray, finding: Result | Released) -> None:
    if "n" in mine:
        for place, n in zip(y, mine["n"], strict=True):
            ax.annotate(
                f"n {count(n, finding)}", (1.0, place), xycoords=("axes fraction", "data"), xytext=(4, 0),
                textcoords="offset points", va="center", fontsize=8,
            )  # fmt: skip
