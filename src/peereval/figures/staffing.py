"""Positions over time: every source with its mark, what is inferred hollow, what contradicts joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.lines import Line2D

from peereval.figures.style import COLOURS, MARKS, mark_origin, nothing, one_panel, styled
from peereval.results import Released

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from peereval.results import Result

_DATES = ["%Y", "%Y-%m", "%Y-%m-%d", "%H:%M", "%H:%M", "%S"]
"""How a tick is written that stands for a year, a month, a day."""
_SHADES = {"employed": 1.0, "planned": 0.7, "proposed": 0.45}


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw positions over time.

    Parameters
    ----------
    finding : Result or Released
        What `Programme.staffing` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel. A mark a source, filled where the number is printed and hollow where it is inferred; a horizontal
        line spans what the date may mean, a vertical one a printed range; dotted lines join entries that contradict
        one another. Numbers that come on top of others are not drawn, and the panel says how many they are.
    """
    rows = finding.estimates
    on_top = int((rows["measure"] == "additional_positions").sum())
    rows = rows[(rows["measure"] == "positions") & rows["lowest"].notna()]
    if rows.empty:
        return nothing("No positions to show.", finding, ax)
    periods = [pd.Period(time) for time in rows["time"]]
    rows = rows.assign(
        first=[each.start_time for each in periods], last=[each.end_time for each in periods],
        middle=[each.start_time + (each.end_time - each.start_time) / 2 for each in periods],
        height=(rows["lowest"] + rows["highest"]) / 2,
    )  # fmt: skip
    with styled():
        ax = one_panel(ax, (8.0, 5.0))
        _join(ax, rows)
        sources = list(dict.fromkeys(rows["said_by"]))
        for place, source in enumerate(sources):
            _draw(ax, rows[rows["said_by"] == source], COLOURS[place % len(COLOURS)], MARKS[place % len(MARKS)])
        usual = rows["group"].mode()[0]
        # a released number is rounded
        _write_numbers(ax, rows.assign(approximate=rows["approximate"] | isinstance(finding, Released)), usual)
        ax.set_ylim(0, 1.15 * rows["highest"].max() or 1.0)
        ax.margins(x=0.12)
        ticks = AutoDateLocator(minticks=2, maxticks=9)  # type: ignore[no-untyped-call]
        # in figures, which need no language
        words = ConciseDateFormatter(ticks, formats=_DATES, zero_formats=_DATES, show_offset=False)  # type: ignore[no-untyped-call]
        ax.xaxis.set(major_locator=ticks, major_formatter=words)
        ax.set_ylabel(f"Positions ({usual} where not said otherwise)" if usual else "Positions")
        ax.set_xlabel("Date" + (f"\n{on_top} entries that come on top of others are not drawn" if on_top else ""))
        ax.legend(handles=_keys(rows, sources), loc="lower left", bbox_to_anchor=(0.0, 1.01), ncols=3, fontsize=8)
        mark_origin(ax, finding, above=-12)
    return ax


def _draw(ax: Axes, rows: pd.DataFrame, colour: str, mark: str) -> None:
    ax.hlines(rows["height"], rows["first"], rows["last"], color=colour, linewidth=1, alpha=0.6)
    ax.vlines(rows["middle"], rows["lowest"], rows["highest"], color=colour, linewidth=3, alpha=0.6)
    for row in rows.to_dict("records"):
        fill, size = colour if row["basis"] == "printed" else "white", 5 if row["unit"] else 8
        [drawn] = ax.plot([row["middle"]], [row["height"]], mark, color=colour, markersize=size)
        drawn.set(markerfacecolor=fill, alpha=_SHADES[row["status"]])


def _join(ax: Axes, rows: pd.DataFrame) -> None:
    against = rows[rows["agreement"] == "contradicts"]
    for _, same in against.groupby(["scheme", "group", "unit", "status", "scenario", "time"], dropna=False):
        ax.vlines(same["middle"].iloc[0], same["lowest"].min(), same["highest"].max(), color="black", linestyle=":")


def _write_numbers(ax: Axes, rows: pd.DataFrame, usual: str) -> None:
    # one under the other where they say the same number of the same date
    lines = rows.groupby(["middle", "height"]).cumcount()
    for row, line in zip(rows.to_dict("records"), lines, strict=True):
        low, high = f"{row['lowest']:g}", f"{row['highest']:g}"
        group = "" if row["group"] == usual else row["group"]
        words = [group, row["unit"], row["status"] if row["status"] != "employed" else "", row["scenario"]]
        number = ("≈ " if row["approximate"] else "") + (low if low == high else f"{low}–{high}")
        said = " ".join([number, ", ".join(word for word in words if word)]).strip()
        ax.annotate(
            said, (row["middle"], row["height"]), xytext=(7, 4 - 11 * line), textcoords="offset points", fontsize=8
        )


def _keys(rows: pd.DataFrame, sources: list[str]) -> list[Line2D]:
    marks = [
        Line2D([], [], marker=MARKS[place % len(MARKS)], color=COLOURS[place % len(COLOURS)], linestyle="", label=source)
        for place, source in enumerate(sources)
    ]  # fmt: skip
    hollow = Line2D(
        [], [], color="#555555", linestyle="", marker="o", markerfacecolor="white", label="number or date inferred"
    )
    dotted = Line2D([], [], color="black", linestyle=":", label="contradict one another")
    inferred, against = (rows["basis"] == "inferred").any(), (rows["agreement"] == "contradicts").any()
    return marks + [hollow] * bool(inferred) + [dotted] * bool(against)
