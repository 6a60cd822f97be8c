"""A series before and after something began, with the trend that was expected to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from peereval.errors import InvalidValueError
from peereval.figures.style import COLOURS, MARKS, count, mark_origin, nothing, one_panel, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from peereval.results import Released, Result

    Numbers: TypeAlias = NDArray[np.floating[Any]]

_MOST_TICKS = 7
_GREY = "#555555"


def figure(finding: Result | Released, ax: Axes | None, *, show: str = "series") -> Axes:
    """Draw the points, the fitted lines, and the trend before continued with its interval.

    Parameters
    ----------
    finding : Result or Released
        What `interrupted_series` gave.
    ax : Axes or None
        Where to draw.
    show : {"series", "difference"}
        The series, beside its comparison where there is one, or the difference of the two.

    Returns
    -------
    Axes
        The panel; the numbers behind a point stand under it where they were given.

    Raises
    ------
    InvalidValueError
        There is no such drawing, or no comparison.
    """
    rows = finding.estimates
    wanted = {"series": ["series", "comparison"], "difference": ["difference"]}
    groups = [each for each in wanted.get(show, []) if each in set(rows["group"].dropna())]
    if show not in wanted or not (groups or rows.empty):
        msg = f"There is no drawing {show!r} of this result."
        raise InvalidValueError(msg, hint="show='series' always, show='difference' with a comparison.")
    if rows["estimate"].isna().all():
        return nothing("nothing to show", finding, ax)
    moments = np.sort(_numbers([finding.settings["at"], *finding.settings["breaks"]]))
    estimated = rows["measure"].eq("fitted").any()
    with styled():
        ax = one_panel(ax, (8.0, 4.4))
        for place, name in enumerate(groups):
            _series(ax, rows[rows["group"] == name], place, name, moments)
        _moments(ax, finding)
        _ticks(ax, rows[rows["group"].isin(groups) & (rows["measure"] == "observed")], groups, finding)
        ax.set_ylabel(f"{'Difference in ' if show == 'difference' else ''}{rows['outcome'].iloc[0]}")
        ax.set_title(finding.title if estimated else f"{finding.title}: no estimate (rule R15)")
        ax.legend(loc="best", fontsize=9)
        mark_origin(ax, finding)
    return ax


def _series(ax: Axes, rows: pd.DataFrame, place: int, name: str, moments: Numbers) -> None:
    points, line, expected = (rows[rows["measure"] == each] for each in ("observed", "fitted", "counterfactual"))
    colour = COLOURS[place]
    ax.plot(
        _x(points), points["estimate"].astype(float), MARKS[place], color=colour, markersize=4.5, label=f"{name}, observed",
        markerfacecolor="none" if place else colour, linestyle="none",
    )  # fmt: skip
    _pieces(ax, line, moments, f"{name}, fitted", linestyle="-", color=colour, linewidth=1.8)
    # what would have gone on is asked of the series, not of its comparison
    if place == 0:
        _pieces(ax, expected, moments, "trend continued, 95 % interval", linestyle="--", color=colour, linewidth=1.4)
        for part in _parts(expected, moments):
            low, high = part["conf_low"].to_numpy(float), part["conf_high"].to_numpy(float)
            ax.fill_between(_x(part), low, high, color=colour, alpha=0.15, linewidth=0)


def _parts(rows: pd.DataFrame, moments: Numbers) -> list[pd.DataFrame]:
    """Divide a line where it steps."""
    return [part for _, part in rows.groupby(np.searchsorted(moments, _x(rows), side="right"))] if len(rows) else []


def _pieces(ax: Axes, rows: pd.DataFrame, moments: Numbers, label: str, **style: Any) -> None:
    for number, part in enumerate(_parts(rows, moments)):
        ax.plot(_x(part), part["estimate"].astype(float), label=None if number else label, **style)


def _moments(ax: Axes, finding: Result | Released) -> None:
    """Mark the intervention and the breaks."""
    marks = [(finding.settings["at"], "-", "begins"), *((each, ":", "break") for each in finding.settings["breaks"])]
    top = ax.get_ylim()[1]
    for moment, dash, word in marks:
        x = float(_numbers([moment])[0])
        ax.axvline(x, color=_GREY, linestyle=dash, linewidth=1)
        ax.text(x, top, f" {word}", color=_GREY, fontsize=8, va="top", ha="left")


def _ticks(ax: Axes, points: pd.DataFrame, groups: list[str], finding: Result | Released) -> None:
    times = list(dict.fromkeys(points["time"]))
    shown = [times[each] for each in np.unique(np.linspace(0, len(times) - 1, _MOST_TICKS).round().astype(int))]
    has_n = bool(points["n"].notna().any())
    labels = []
    for time in shown:
        here = points[points["time"] == time].set_index("group")["n"]
        behind = [count(here[name], finding) if name in here else "–" for name in groups]
        labels.append(str(time).removesuffix("-01") + (f"\nn {' / '.join(behind)}" if has_n else ""))
    ax.set_xticks(_numbers(shown), labels, fontsize=9)
    unit = str(finding.settings["period"]).capitalize()
    ax.set_xlabel(unit + (f" (n behind a point: {' / '.join(groups)})" if has_n else ""))


def _x(rows: pd.DataFrame) -> Numbers:
    return _numbers(rows["time"].tolist())


def _numbers(times: list[Any]) -> Numbers:
    """Times as numbers on the axis: days since 1970, or the numbers themselves."""
    if times and str(times[0]).lstrip("-").isdigit():
        return np.array([float(each) for each in times])
    return pd.to_datetime(pd.Series(times, dtype=object)).to_numpy("datetime64[D]").astype(float)
