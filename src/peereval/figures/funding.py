"""Lines of money: the sum of the parts beside the printed amount."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.figures.style import COLOURS, mark_origin, nothing, one_panel, styled, without_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from peereval.results import Released, Result

_MILLION = 1e6
_ACROSS = 44
"""Letters in a line of a label."""


def figure(finding: Result | Released, ax: Axes | None) -> Axes | NDArray[np.object_]:
    """Draw lines of money, a row a line and run of years with the same amounts.

    Parameters
    ----------
    finding : Result or Released
        What `Programme.funding_totals` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes or ndarray of Axes
        A panel a currency and price level, from 0. Parts of other lines that have no parts themselves are not drawn.
    """
    rows = finding.estimates
    rows = rows[(rows["measure"] == "total_of_parts") | (rows["whole"] == "")]
    rows = rows[rows["estimate"].notna() | rows["printed"].notna()]
    if rows.empty:
        return nothing("No amounts to show.", finding, ax)
    money = [each for _, each in rows.groupby(["currency", "price_level"], dropna=False)]
    if len(money) == 1:
        with styled():
            return _panel(one_panel(ax, (8.0, 1.6 + 0.5 * len(_runs(rows)))), rows, finding)
    without_axes(ax, "Amounts of several currencies or price levels have a panel each")
    import matplotlib.pyplot as plt

    with styled():
        heights = [2 + len(_runs(each)) for each in money]
        _, panels = plt.subplots(
            len(money), figsize=(8.0, 1.2 * len(money) + 0.5 * sum(heights)), height_ratios=heights, squeeze=False
        )
        drawn = [_panel(panel, each, finding) for panel, each in zip(panels.ravel(), money, strict=True)]
    return np.array(drawn)


def _runs(rows: pd.DataFrame) -> pd.DataFrame:
    """Years in which a line has the same amounts, in one row."""
    same = ["term", "purpose", "status", "scenario", "per", "estimate", "printed", "agreement"]
    times = rows.groupby(same, dropna=False, sort=False)["time"].agg(["first", "last"]).reset_index()
    when = times["first"] + ("–" + times["last"]).where(times["first"] != times["last"], "")
    when = when.str.replace("-", " on").str.replace("/", "–")
    words = times["purpose"] + times["scenario"].where(times["scenario"] == "", ", " + times["scenario"])
    each = times["per"].map({"year": " each year", "period": " in all"}).mask(when.str.fullmatch(r"\d{4}"), "")
    wrapped = words.map(lambda text: fill(text, _ACROSS))
    return times.assign(label=wrapped + "\n" + when + each + ", " + times["status"])


def _panel(ax: Axes, rows: pd.DataFrame, finding: Result | Released) -> Axes:
    runs = _runs(rows)
    y = np.arange(len(runs))
    printed, total = runs["printed"].to_numpy(float) / _MILLION, runs["estimate"].to_numpy(float) / _MILLION
    ax.hlines(y, np.fmin(printed, total), np.fmax(printed, total), color="black", linewidth=1, zorder=1)
    sums = runs["agreement"].notna() & (runs["agreement"] != "") | runs["printed"].isna()
    ax.plot(printed, y, "o", color=COLOURS[0], markersize=9, markerfacecolor="white", label="printed", zorder=2)
    ax.plot(total[sums], y[sums], "x", color=COLOURS[1], markersize=7, label="sum of its parts", zorder=3)
    for place in np.flatnonzero((runs["agreement"] == "contradicts").to_numpy(bool)):
        ax.annotate(
            f"{total[place] - printed[place]:+g}", (max(total[place], printed[place]), place), xytext=(8, 0),
            textcoords="offset points", va="center", fontsize=8,
        )  # fmt: skip
    ax.set_yticks(y, runs["label"], fontsize=8)
    ax.set_ylim(len(runs) - 0.4, -0.6)
    ax.set_xlim(0, 1.12 * np.nanmax([printed, total]) or 1)
    level = rows["price_level"].iloc[0]
    ax.set_xlabel(f"{rows['currency'].iloc[0]} million" + ("" if pd.isna(level) else f", prices of {level}"))
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, fontsize=8)
    mark_origin(ax, finding)
    return ax
