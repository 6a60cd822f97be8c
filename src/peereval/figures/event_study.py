"""Effects by periods since the start, with what was seen before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.figures.style import COLOURS, count, mark_origin, nothing, one_panel, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_GREY = "#555555"
_MOST_TICKS = 13


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw the differences before the start, which should be 0, and the effects since.

    Parameters
    ----------
    finding : Result or Released
        What `difference_in_differences` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel; the treated units behind a point stand under it.
    """
    rows = finding.estimates
    events = rows[rows["measure"] == "att_event"]
    if events["estimate"].isna().all():
        return nothing("nothing to show", finding, ax)
    with styled():
        ax = one_panel(ax, (8.0, 4.4))
        since = events["event_time"].to_numpy(float)
        value, low, high, band_low, band_high = (
            events[name].to_numpy(float) for name in ("estimate", "conf_low", "conf_high", "band_low", "band_high")
        )
        ax.axhline(0, color=_GREY, linewidth=0.8)
        ax.axvline(-0.5, color=_GREY, linestyle=":", linewidth=1)
        ax.vlines(since, band_low, band_high, color=COLOURS[0], linewidth=1)
        ax.vlines(since, low, high, color=COLOURS[0], linewidth=3, alpha=0.6)
        for part, mark, label in (
            (since < 0, "o", "before the start: should be 0"),
            (since >= 0, "s", "since the start"),
        ):
            filled = "white" if mark == "o" else COLOURS[0]
            ax.plot(since[part], value[part], mark, color=COLOURS[0], markerfacecolor=filled, label=label)
        ax.plot([-1], [0], "x", color=_GREY, label="reference: last period before")
        _label(ax, events, finding)
        ax.set_title(_title(rows, finding), fontsize=10)
        ax.legend(loc="best", fontsize=9)
        mark_origin(ax, finding)
    return ax


def _label(ax: Axes, events: pd.DataFrame, finding: Result | Released) -> None:
    treated = {-1: np.nan, **dict(zip(events["event_time"].astype(int), events["n"], strict=True))}
    shown = sorted(treated)
    shown = [each for each in shown if each % (1 + len(shown) // _MOST_TICKS) == 0]
    ax.set_xticks(shown, [f"{each}\n{'' if each == -1 else count(treated[each], finding)}" for each in shown])
    ax.set_xlabel(f"Since the start, in steps of one {finding.settings['period']} (below: treated units)")
    what = "95 % interval" + (" (thick) and band of all together (thin)" if events["band_low"].notna().any() else "")
    what = what if events["conf_low"].notna().any() else "without intervals"
    ax.set_ylabel(f"Difference in differences of {events['outcome'].iloc[0]}\n{what}")


def _title(rows: pd.DataFrame, finding: Result | Released) -> str:
    tested = rows.loc[rows["measure"] == "pre_trend", "p_value"].dropna()
    said = "no test of the periods before" if tested.empty else f"all differences before 0: p = {tested.iloc[0]:.2g}"
    return f"{finding.title}\n{said}"
