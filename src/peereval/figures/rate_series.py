"""Shares over calendar periods, one panel a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import PercentFormatter

from peereval.figures.style import COLOURS, count, mark_origin, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from peereval.results import Released, Result

_MOST_LABELS = 14


def figure(finding: Result | Released, rows: pd.DataFrame, label: str) -> NDArray[np.object_]:
    """Draw shares over calendar periods.

    Parameters
    ----------
    finding : Result or Released
        What `readmission_rate` gave with a period.
    rows : DataFrame
        Its shares with ``time``, ``group`` and ``denominator``.
    label : str
        What the share is.

    Returns
    -------
    ndarray of Axes
        One panel a group, on the same axes.
    """
    groups = list(dict.fromkeys(rows["group"]))
    times = sorted(rows["time"].unique())
    with styled():
        size = (max(6.0, min(12.0, 1.5 + 0.75 * len(times))), 1.4 + 2.0 * len(groups))
        _, panels = plt.subplots(len(groups), figsize=size, sharex=True, sharey=True, squeeze=False)
        for ax, group in zip(panels[:, 0], groups, strict=True):
            part = rows[rows["group"] == group].set_index("time").reindex(times)
            _panel(ax, part, finding)
            ax.set_title(f"{group} {_numbers(part, finding)}", fontsize=10)
        every = -(-len(times) // _MOST_LABELS)
        below = panels[-1, 0]
        below.set_xticks(range(0, len(times), every), times[::every], rotation=45, ha="right", fontsize=9)
        below.set_xlabel("First day of the period of discharge")
        below.set_ylim(0, max(0.05, 1.25 * np.nan_to_num(rows["conf_high"].to_numpy(float)).max(initial=0.0)))
        below.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        panels[0, 0].figure.supylabel(f"{label}, 95 % interval", fontsize=10)
        mark_origin(panels[0, 0], finding)
    axes: NDArray[np.object_] = panels[:, 0]
    return axes


def _panel(ax: Axes, part: pd.DataFrame, finding: Result | Released) -> None:
    place, share = np.arange(len(part)), part["estimate"].to_numpy(float)
    spread = np.abs(part[["conf_low", "conf_high"]].to_numpy(float).T - share)
    ax.errorbar(place, share, yerr=spread, fmt="o-", color=COLOURS[0], capsize=2, linewidth=1, markersize=4)
    if len(part) <= _MOST_LABELS:
        for at, number in zip(place.tolist(), part["denominator"], strict=True):
            ax.text(
                at, 0.97, count(number, finding), transform=ax.get_xaxis_transform(), va="top", ha="center", fontsize=8
            )


def _numbers(part: pd.DataFrame, finding: Result | Released) -> str:
    known = part["denominator"].dropna()
    if len(part) <= _MOST_LABELS or known.empty:
        return "(index stays above each point)"
    return f"({count(known.min(), finding)} to {count(known.max(), finding)} index stays a period)"
