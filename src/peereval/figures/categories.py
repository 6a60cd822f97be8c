"""How many persons improved, stayed and became worse, by each bar, as stacked bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from peereval.figures.style import count, mark_origin, one_panel, styled
from peereval.results import Released

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Result

COLOURS = {"worse": "#D55E00", "unchanged": "#DDDDDD", "improved": "#0072B2"}
HATCHES = {"worse": "///", "unchanged": "", "improved": ""}
_NAMES = {
    "jacobson_truax": "Jacobson-Truax",
    "edwards_nunnally": "Edwards-Nunnally",
    "regression_based": "Regression-based",
    "minimal_important": "Minimal important",
}
_WIDE_ENOUGH = 0.05
_ABOVE = 0.43
"""Where marks stand: on the upper edge of a bar."""


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw the persons that each bar calls worse, unchanged and improved.

    Parameters
    ----------
    finding : Result or Released
        What `reliable_change` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel: one bar a group and method; marks say what measurement error alone would do.
    """
    rows = finding.estimates
    rows = rows[rows["measure"].isin(_NAMES)]
    bars = rows.drop_duplicates(["group", "measure"])
    with styled():
        ax = one_panel(ax, (8.0, 1.9 + 0.42 * len(bars)))
        for place, (_, bar) in enumerate(bars.iterrows()):
            mine = rows[(rows["group"] == bar["group"]) & (rows["measure"] == bar["measure"])].set_index("term")
            _bar(ax, place, mine, finding)
        several = len(set(bars["group"])) > 1
        labels = [_NAMES[bar["measure"]] + (f", {bar['group']}" if several else "") for _, bar in bars.iterrows()]
        ax.set_yticks(range(len(bars)), labels)
        ax.set_ylim(len(bars) - 0.5, -0.7)
        ax.set_xlim(0, 1)
        ax.set_xticks(np.linspace(0, 1, 6), [f"{value:.0f}" for value in np.linspace(0, 100, 6)])
        rounded = " (from rounded counts)" if isinstance(finding, Released) else ""
        ax.set_xlabel(f"Persons with both scores, per cent{rounded}")
        ax.set_title(finding.title, pad=36)
        _legend(ax, hidden=bool(rows.get("withheld", rows["measure"].eq("")).any()))
        mark_origin(ax, finding)
    return ax


def _bar(ax: Axes, place: int, mine: pd.DataFrame, finding: Result | Released) -> None:
    cases = mine["numerator"].astype(float).reindex(list(COLOURS))
    total = float(mine["denominator"].iloc[0])
    # rounded counts need not add up to the rounded whole
    whole = max(cases.sum() if cases.notna().all() else total, 1.0)
    left = 0.0
    for term, share in (cases / whole).fillna(0.0).items():
        name = str(term)
        ax.barh(
            place,
            share,
            left=left,
            height=0.7,
            color=COLOURS[name],
            hatch=HATCHES[name],
            edgecolor="#555555",
            linewidth=0.5,
        )
        if share >= _WIDE_ENOUGH:
            colour = "white" if name == "improved" else "black"
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1} if HATCHES[name] else None
            ax.text(
                left + share / 2,
                place,
                f"{100 * share:.0f}",
                ha="center",
                va="center",
                fontsize=8,
                color=colour,
                bbox=box,
            )
        left += share
    if cases.isna().any():
        ax.barh(place, max(1 - left, 0.0), left=left, height=0.7, facecolor="white", edgecolor="#888888", hatch="xxx")
    else:
        expected = mine["expected"].astype(float)
        ends = [expected["worse"], 1 - expected["improved"]]
        ax.plot(ends, [place - _ABOVE] * 2, linestyle="none", marker="v", markersize=6, color="black")
    ax.annotate(
        f"n {count(total, finding)}", (1, place), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8
    )


def _legend(ax: Axes, *, hidden: bool) -> None:
    marks: list[Patch | Line2D] = [
        Patch(facecolor=COLOURS[name], hatch=HATCHES[name], edgecolor="#555555", label=name) for name in COLOURS
    ]
    marks.append(Line2D([], [], linestyle="none", marker="v", color="black", label="by error alone"))
    if hidden:
        marks.append(Patch(facecolor="white", hatch="xxx", edgecolor="#888888", label="not shown"))
    ax.legend(
        handles=marks,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=len(marks),
        fontsize=8,
        handlelength=1.4,
        borderaxespad=1.6,
    )
