"""Estimates with what is imputed shifted by delta, and the tipping point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.errors import UnsupportedInputError
from peereval.figures.style import COLOURS, count, mark_origin, one_panel, styled
from peereval.results import Released

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Result


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw the shifted estimates with their interval as a band over delta.

    Parameters
    ----------
    finding : Result or Released
        What `tipping_point` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel; deltas at which the interval includes 0 are hollow.

    Raises
    ------
    UnsupportedInputError
        The result was released: its shifted estimates stay inside.
    """
    if isinstance(finding, Released):
        msg = "A released tipping point has no figure, since the shifted estimates would tell how many were imputed."
        raise UnsupportedInputError(msg, hint="Print the tipping point; draw the result before it is released.")
    rows = finding.estimates
    tip = rows[rows["measure"] == "tipping_point"].iloc[0]
    rows = rows[rows["measure"] != "tipping_point"]
    with styled():
        axes = one_panel(ax)
        _band(axes, rows)
        axes.axhline(0, color="#888888", linewidth=0.8, zorder=0)
        axes.axvline(0, color="#888888", linewidth=0.8, linestyle=":", zorder=0)
        _tip(axes, tip)
        _label(axes, rows, finding)
        mark_origin(axes, finding)
    return axes


def _band(ax: Axes, rows: pd.DataFrame) -> None:
    x, y = rows["delta"].to_numpy(float), rows["estimate"].to_numpy(float)
    low, high = rows["conf_low"].to_numpy(float), rows["conf_high"].to_numpy(float)
    ax.fill_between(x, low, high, color=COLOURS[0], alpha=0.18, linewidth=0)
    ax.plot(x, y, color=COLOURS[0], linewidth=1.2)
    includes = (low <= 0) & (high >= 0)
    for mine, face, words in (
        (~includes, COLOURS[0], "interval excludes 0"),
        (includes, "white", "interval includes 0"),
    ):
        if mine.any():
            ax.plot(x[mine], y[mine], "o", color=COLOURS[0], markerfacecolor=face, label=words)


def _tip(ax: Axes, tip: pd.Series) -> None:
    if tip["estimate"] != tip["estimate"]:
        return
    words = f"tipping point {tip['estimate']:.1f}".replace("-", "−")
    ax.axvline(tip["estimate"], color=COLOURS[1], linestyle="--", linewidth=1.2, label=words)


def _label(ax: Axes, rows: pd.DataFrame, finding: Result) -> None:
    first = rows.iloc[0]
    what = "Mean change" if first["contrast"].count(":") == 0 else "Difference in change"
    arms, _, _ = first["contrast"].rpartition(": ")
    whose = f" of the arm {arms.partition(' - ')[0]}" if arms else ""
    shifted = finding.settings["data"]["shifted"]
    ax.set_xlabel(f"Delta: added to the {shifted} imputed scores{whose} in round {first['round']}, points")
    ax.set_ylabel(f"{what}, points, {100 * first['conf_level']:.0f} % interval")
    ax.set_title(f"{first['contrast']}  (n {count(first['n'], finding)})")
    ax.legend(loc="best", fontsize=8)
