"""Published beside reproduced: how far apart, in units of the last printed digit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.figures.style import COLOURS, MARKS, mark_origin, one_panel, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from peereval.results import Released, Result

_FARTHEST = 12.0
_STATUSES = ("reproduced", "within-rounding", "differs", "cannot", "agrees", "contradicts")


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw the difference of every recomputed figure, as a multiple of its tolerance.

    Parameters
    ----------
    finding : Result or Released
        What `reproduce` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel; the band is agreement to the last printed digit, a line is what the rounding of the inputs
        allows, and what lies farther out than 12 tolerances
        stands at the edge with its multiple.
    """
    rows = finding.estimates
    rows = rows[rows["estimate"].notna()].reset_index(drop=True)
    multiple = ((rows["estimate"] - rows["published"]) / rows["tolerance"]).to_numpy(float)
    low, high = (_in_tolerances(rows, name) for name in ("lowest", "highest"))
    with styled():
        ax = one_panel(ax, (8.0, 1.5 + 0.24 * len(rows)))
        ax.axvspan(-1, 1, color="#DDDDDD", zorder=0)
        for place, status in enumerate(_STATUSES):
            here = np.flatnonzero((rows["status"] == status).to_numpy())
            x = np.clip(multiple[here], -_FARTHEST, _FARTHEST)
            ax.plot(x, here, MARKS[place], color=COLOURS[place], label=status if len(here) else None)
        followed = "rounding of the inputs" if np.any(high > low) else None
        ax.hlines(np.arange(len(rows)), low, high, color="#999999", linewidth=1, zorder=1).set_label(followed)
        for row in np.flatnonzero(np.abs(multiple) > _FARTHEST):
            ax.annotate(
                f"{multiple[row]:+.0f}", (np.sign(multiple[row]) * _FARTHEST, row), xytext=(6 * np.sign(multiple[row]), 0),
                textcoords="offset points", va="center", ha="left" if multiple[row] > 0 else "right", fontsize=7,
            )  # fmt: skip
        named = rows["way"].fillna("")
        ax.set_yticks(range(len(rows)), rows["figure"] + (", " + named).where(named != "", ""))
        ax.set_ylim(len(rows) - 0.4, -0.6)
        ax.set_xlim(-_FARTHEST - 2, _FARTHEST + 2)
        ax.set_xlabel("Recomputed minus published, in tolerances (half of the last printed digit)")
        ax.legend(loc="lower center", bbox_to_anchor=(0.3, 1.03), ncols=3, fontsize=9)
        mark_origin(ax, finding)
    return ax


def _in_tolerances(rows: pd.DataFrame, name: str) -> NDArray[np.float64]:
    multiple: pd.Series = (rows[name] - rows["published"]) / rows["tolerance"]
    return multiple.clip(-_FARTHEST, _FARTHEST).to_numpy(dtype=np.float64)
