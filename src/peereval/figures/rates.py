"""Shares with their intervals, one row a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import PercentFormatter

from peereval.figures.rate_series import figure as series
from peereval.figures.style import COLOURS, count, mark_origin, one_panel, styled, without_axes
from peereval.results import Released

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from peereval.results import Result

_LABELS = {
    "readmission_rate": "Index stays with a readmission",
    "directly_standardised_rate": "Index stays with a readmission, directly standardised",
    "indirectly_standardised_rate": "Index stays with a readmission, indirectly standardised",
    "peer_reach": "Stays with a peer contact",
    "risk": "Persons with the event",
}


def figure(finding: Result | Released, ax: Axes | None) -> Axes | NDArray[np.object_]:
    """Draw shares per group.

    Parameters
    ----------
    finding : Result or Released
        What `readmission_rate`, `standardised_rate` or `compare_risks` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes or ndarray of Axes
        The panel; its axis starts at 0. A panel a group for shares over calendar periods.
    """
    rows = finding.estimates
    rows = rows[rows["measure"].isin(_LABELS)]
    if "time" in rows and len(rows):
        without_axes(ax, "Rates over calendar periods have one panel a group")
        return series(finding, rows, _LABELS[rows["measure"].iloc[0]])
    with styled():
        ax = one_panel(ax, (7.0, 1.3 + 0.45 * len(rows)))
        y = np.arange(len(rows))
        spread = np.abs(rows[["conf_low", "conf_high"]].to_numpy(float).T - rows["estimate"].to_numpy(float))
        ax.errorbar(rows["estimate"], y, xerr=spread, fmt="o", color=COLOURS[0], capsize=3)
        for place in np.flatnonzero(rows["estimate"].isna()).tolist():
            words = "  not shown" if isinstance(finding, Released) else "  no rate: strata without a stay"
            ax.text(0.0, place, words, va="center", fontsize=9, style="italic")
        ax.set_yticks(y, [_label(row, finding) for _, row in rows.iterrows()])
        ax.set_ylim(len(rows) - 0.4, -0.6)
        ax.set_xlim(0, max(0.05, 1.1 * np.nan_to_num(rows["conf_high"].to_numpy(float)).max(initial=0.0)))
        ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        ax.set_xlabel(f"{_LABELS[rows['measure'].iloc[0]] if len(rows) else 'Share'}, 95 % interval")
        mark_origin(ax, finding)
    return ax


def _label(row: pd.Series, finding: Result | Released) -> str:
    return f"{row['group']}\n{count(row['numerator'], finding)} of {count(row['denominator'], finding)}"
