"""Printed figures beside what the others of their row allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from peereval.errors import DesignError
from peereval.figures.style import COLOURS, MARKS, mark_origin, nothing, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from peereval.results import Released, Result

_FARTHEST = 6.0
_LOOKS = {
    "possible": (MARKS[0], COLOURS[0]),
    "suspicious": (MARKS[2], COLOURS[5]),
    "impossible": (MARKS[1], COLOURS[1]),
    "not checkable": ("x", "#888888"),
}
_KEYS = ("study", "outcome", "round", "time", "arm")


def figure(finding: Result | Released, ax: Axes | None) -> Axes | NDArray[np.object_]:
    """Draw one panel a check, one line a printed row, in units of the printed figure's tolerance.

    Parameters
    ----------
    finding : Result or Released
        What `audit` gave.
    ax : Axes or None
        Where to draw, where there is one check only.

    Returns
    -------
    Axes or ndarray of Axes
        The panels. The printed figure is 0 and its rounding the grey band; the line is what the other figures
        allow, the mark the figure computed from them, or the nearest allowed one.

    Raises
    ------
    DesignError
        Several checks were to be drawn into one panel.
    """
    rows = finding.estimates
    checks = list(dict.fromkeys(rows["check"]))
    if not checks:
        return nothing("No printed figure could be judged.", finding, ax)
    if ax is not None and len(checks) > 1:
        msg = f"{len(checks)} checks do not fit into one panel."
        raise DesignError(msg, hint="Draw without ax.")
    labels = _labels(rows)
    places = {row: place for place, row in enumerate(labels.index)}
    with styled():
        panels = _panels(ax, len(checks), len(labels))
        for panel, check in zip(panels, checks, strict=True):
            _draw(panel, rows[rows["check"] == check], places)
            column = rows.loc[rows["check"] == check, "column"].iloc[0]
            panel.set_title(check + ("" if check == column else f"\nof {column}"), fontsize=9)
            panel.set_xlabel("tolerances", fontsize=9)
            mark_origin(panel, finding)
        panels[0].set_yticks(range(len(labels)), list(labels), fontsize=8)
        panels[0].set_ylim(len(labels) - 0.4, -0.6)
        _legend(panels[0], rows)
    return panels[0] if len(panels) == 1 else panels


def _labels(rows: pd.DataFrame) -> pd.Series:
    """The label of each printed row, by its number."""
    first = rows.drop_duplicates("row").set_index("row")
    # an analysis has a name of its own, which tells the rest
    keys = ["analysis"] if "analysis" in first.columns else [name for name in _KEYS if name in first.columns]
    words = first[keys].astype("string").fillna("")
    labels = pd.Series("row " + first.index.astype(str), index=first.index)
    for name in words.columns:
        labels = labels + (", " + words[name]).where(words[name] != "", "")
    return labels


def _panels(ax: Axes | None, checks: int, rows: int) -> NDArray[np.object_]:
    if ax is not None:
        return np.array([ax], dtype=object)
    size = (3.0 + 1.5 * checks, 1.9 + 0.23 * rows)
    return plt.subplots(1, checks, figsize=size, sharey=True, squeeze=False)[1][0]  # type: ignore[no-any-return]


def _draw(panel: Axes, rows: pd.DataFrame, places: dict[int, int]) -> None:
    y = rows["row"].map(places).to_numpy(dtype=float)
    low, high, mark = (_in_tolerances(rows, name) for name in ("lowest", "highest", "estimate"))
    mark = np.where(np.isnan(mark), np.clip(0.0, np.nan_to_num(low, nan=0.0), np.nan_to_num(high, nan=0.0)), mark)
    panel.axvspan(-1, 1, color="#DDDDDD", zorder=0)
    panel.hlines(
        y, np.clip(low, -_FARTHEST, _FARTHEST), np.clip(high, -_FARTHEST, _FARTHEST), color="#777777", linewidth=2
    )
    for verdict, (symbol, colour) in _LOOKS.items():
        here = (rows["verdict"] == verdict).to_numpy()
        panel.plot(np.clip(mark[here], -_FARTHEST, _FARTHEST), y[here], symbol, color=colour, markersize=5)
    for place, value in zip(y[np.abs(mark) > _FARTHEST], mark[np.abs(mark) > _FARTHEST], strict=True):
        panel.annotate(
            f"{value:+.0f}", (np.sign(value) * _FARTHEST, place), xytext=(-4 * np.sign(value), 4), textcoords="offset points",
            ha="right" if value > 0 else "left", fontsize=7,
        )  # fmt: skip
    panel.set_xlim(-_FARTHEST - 1, _FARTHEST + 1)


def _in_tolerances(rows: pd.DataFrame, name: str) -> NDArray[np.float64]:
    # a column is missing where only the traps ran; an exact figure, such as df, is counted in ones
    values = rows[name] if name in rows.columns else rows["published"] * np.nan
    multiple: NDArray[np.float64] = (
        (values - rows["published"]) / rows["tolerance"].where(rows["tolerance"] > 0, 1.0)
    ).to_numpy(dtype=np.float64)
    return multiple


def _legend(panel: Axes, rows: pd.DataFrame) -> None:
    shown = [verdict for verdict in _LOOKS if (rows["verdict"] == verdict).any()]
    handles = [
        Line2D([], [], marker=_LOOKS[name][0], color=_LOOKS[name][1], linestyle="none", label=name) for name in shown
    ]
    panel.figure.legend(
        handles=handles, loc="outside lower center", ncols=len(shown), fontsize=8,
        title="Allowed minus printed (0), in halves of the last printed digit", title_fontsize=8,
    )  # fmt: skip
