"""Means and shares over the rounds: estimated ones with their intervals, observed ones beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np

from peereval.errors import InvalidValueError
from peereval.figures.language import legend_columns
from peereval.figures.selection import groups_of, level_measure, names_of
from peereval.figures.style import COLOURS, DASHES, MARKS, count, mark_origin

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from peereval.results import Released, Result

_SHIFT = 0.06
_BESIDE = 0.1
_HOLLOW = "hollow: those who answered"


def draw_levels(rows: pd.DataFrame, finding: Result | Released, ax: Axes | None) -> Any:
    """Draw one panel a scale.

    Parameters
    ----------
    rows : DataFrame
        The rows of the scales with a measure of `LEVELS`.
    finding : Result or Released
        What is drawn.
    ax : Axes or None
        Where to draw one scale.

    Returns
    -------
    Axes or ndarray of Axes
        One panel, or one a scale.
    """
    names = list(dict.fromkeys(names_of(rows)))
    grid = panels_for(len(names), ax)
    panels = grid.ravel()
    for panel, name in zip(panels, names, strict=False):
        _panel(panel, rows[names_of(rows) == name], finding)
    for empty in panels[len(names) :]:
        empty.set_axis_off()
    if not names:
        panels[0].text(0.5, 0.5, "No scores to draw", ha="center", transform=panels[0].transAxes)
    legend_below(panels[0].figure, panels, ax)
    return panels[0] if len(panels) == 1 else grid


def panels_for(number: int, ax: Axes | None) -> Any:
    """Give so many panels, two side by side.

    Parameters
    ----------
    number : int
        How many are needed.
    ax : Axes or None
        The caller's axes.

    Returns
    -------
    ndarray of Axes
        At least one.

    Raises
    ------
    InvalidValueError
        The caller gave one panel, and more are needed.
    """
    if ax is None:
        across, down = min(2, max(1, number)), max(1, -(-number // 2))
        return plt.subplots(down, across, figsize=(4.2 * across + 1, 3.5 * down), squeeze=False)[1]
    if number > 1:
        msg = f"{number} scales do not fit into one panel."
        raise InvalidValueError(msg, hint="Name one with scale='instrument:scale', or give no ax.")
    return np.array([[ax]])


def legend_below(figure: Figure | Any, panels: Any, ax: Axes | None) -> None:
    """Explain arms and marks once, under the panels; in the caller's own panel inside it.

    Parameters
    ----------
    figure : Figure
        The figure.
    panels : ndarray of Axes
        Its panels.
    ax : Axes or None
        The caller's axes.
    """
    marks = {label: mark for panel in panels for mark, label in zip(*panel.get_legend_handles_labels(), strict=True)}
    if not marks:
        return
    if ax is not None:
        ax.legend(marks.values(), marks)
        return
    marks = {label: marks[label] for label in sorted(marks, key=lambda label: label == _HOLLOW)}
    columns = legend_columns(list(marks), figure.get_figwidth())
    figure.legend(marks.values(), marks, loc="outside lower center", ncols=columns, fontsize=9)


class Level(NamedTuple):
    """What is drawn of a scale.

    Parameters
    ----------
    rows : DataFrame
        With intervals, of one measure.
    observed : DataFrame
        Observed means beside estimated ones; empty where these are drawn already.
    factor : float
        100 for shares, which are drawn in per cent.
    """

    rows: pd.DataFrame
    observed: pd.DataFrame
    factor: float


def level_of(rows: pd.DataFrame) -> Level:
    """Choose what is drawn of a scale.

    Parameters
    ----------
    rows : DataFrame
        The rows of one scale.

    Returns
    -------
    Level
        Estimated means where there are such, else observed ones or shares.
    """
    shown = level_measure(rows)
    main = rows[rows["measure"] == shown]
    beside = rows[rows["measure"] == "mean"] if shown == "estimated_mean" else rows.iloc[:0]
    return Level(main, beside, 100.0 if shown == "share_yes" else 1.0)


def _panel(ax: Axes, rows: pd.DataFrame, finding: Result | Released) -> None:
    level = level_of(rows)
    rounds = list(dict.fromkeys(rows["round"]))
    groups = groups_of(level.rows)
    joined = finding.settings.get("design") == "panel"
    for place, group in enumerate(groups):
        x = np.arange(len(rounds)) + (place - (len(groups) - 1) / 2) * 2 * _SHIFT
        label = group or ("mean estimated by the model" if len(level.observed) else None)
        with_intervals(ax, x, _of(level.rows, group, rounds), level.factor, place, joined=joined, label=label)
        if len(level.observed):
            away = x + (_BESIDE if place or len(groups) == 1 else -_BESIDE)
            _hollow(ax, away, _of(level.observed, group, rounds), place)
    if len(level.observed):
        ax.plot([], [], "o", color="#555555", markersize=5, markerfacecolor="white", label=_HOLLOW)
    if level.rows["estimate"].isna().all():
        ax.text(0.5, 0.5, "not shown", ha="center", style="italic", transform=ax.transAxes)
        ax.set_yticks([])
    under_rounds(ax, level.rows, rounds, groups, finding)
    label_level(ax, level)
    mark_origin(ax, finding)


def _of(rows: pd.DataFrame, group: str | None, rounds: list[str]) -> pd.DataFrame:
    mine = rows if group is None else rows[rows["group"] == group]
    return mine.set_index("round").reindex(rounds)


def with_intervals(
    ax: Axes, x: np.ndarray, mine: pd.DataFrame, factor: float, place: int, *, joined: bool, label: str | None
) -> None:
    """Draw the level of each round with its interval.

    Parameters
    ----------
    ax : Axes
        The panel.
    x : ndarray
        Where the rounds stand.
    mine : DataFrame
        A row a round.
    factor : float
        100 where shares are drawn in per cent.
    place : int
        Which colour, mark and dash.
    joined : bool
        Whether a line joins the rounds, as it does where they are those of the same persons.
    label : str or None
        The name in the legend.
    """
    middle = factor * mine["estimate"].to_numpy(float)
    spread = np.abs(factor * mine[["conf_low", "conf_high"]].to_numpy(float).T - middle)
    ax.errorbar(
        x, middle, yerr=spread, color=COLOURS[place], marker=MARKS[place], linestyle=DASHES[place] if joined else "none",
        capsize=3, label=label, zorder=3,
    )  # fmt: skip


def _hollow(ax: Axes, x: np.ndarray, mine: pd.DataFrame, place: int) -> None:
    ax.plot(x, mine["estimate"], MARKS[place], color=COLOURS[place], markersize=5, markerfacecolor="white")


def under_rounds(
    ax: Axes, rows: pd.DataFrame, rounds: list[str], groups: list[str | None], finding: Result | Released
) -> None:
    """Write the rounds under the panel, and how many answered each.

    Parameters
    ----------
    ax : Axes
        The panel.
    rows : DataFrame
        Rows with ``round``, ``n`` and, if there are arms, ``group``.
    rounds, groups : list of str
        In the order in which they stand.
    finding : Result or Released
        What is drawn.
    """
    ordered = rows if groups == [None] else rows.sort_values("group", kind="stable")
    counts = [[count(n, finding) for n in ordered.loc[ordered["round"] == label, "n"]] for label in rounds]
    # rounds that stand close together would run into one another on one line
    between = " / " if len(rounds) * len(groups) <= 6 else "\n"  # noqa: PLR2004 - what a panel has room for
    ax.set_xticks(
        range(len(rounds)), [f"{label}\nn {between.join(each)}" for label, each in zip(rounds, counts, strict=True)]
    )
    ax.set_xlim(-0.4, len(rounds) - 0.6)
    ax.set_xlabel("Round" + (f" (n: {' / '.join(map(str, groups))})" if len(groups) > 1 else ""))


def label_level(ax: Axes, level: Level) -> None:
    """Write what the vertical axis shows, and the scale over the panel.

    Parameters
    ----------
    ax : Axes
        The panel.
    level : Level
        What is drawn.
    """
    rows = level.rows
    reading = f"\n({rows['reading'].iloc[0]})" if rows["reading"].iloc[0] else ""
    interval = "95 % interval" if rows["conf_low"].notna().any() else "too few for an interval"
    if level.factor > 1:
        ax.set_ylabel(f"Yes in per cent, {interval}")
        ax.set_ylim(bottom=0)
    else:
        what = "Estimated mean" if len(level.observed) else "Mean score"
        ax.set_ylabel(f"{what}, {interval}{reading}")
    ax.set_title(rows["label"].iloc[0])
