"""The same contacts under several readmission definitions: the rates, and the reasons why they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from peereval.errors import UnsupportedInputError
from peereval.figures.style import COLOURS, HATCHES, count, mark_origin, nothing, one_panel, styled

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_WORDS = {
    "index_only_in_reference": "index stay",
    "index_only_in_definition": "index stay",
    "readmitted_only_in_reference": "readmission",
    "readmitted_only_in_definition": "readmission",
}


def figure(
    finding: Result | Released, ax: Axes | None, *, show: str = "rates", only: Sequence[str] | None = None
) -> Axes | np.ndarray[Any, Any]:
    """Draw the rates of `compare_definitions` under one another, or the reasons for their differences.

    Parameters
    ----------
    finding : Result or Released
        What `compare_definitions` gave.
    ax : Axes or None
        Where to draw the rates, or the reasons of one comparison.
    show : {"rates", "reasons"}
        A row a definition, with the reason where it has no rate; or a panel a definition that is held against the
        first, with the number of index stays and of readmissions that only one of both has.
    only : sequence of str, optional
        The definitions whose reasons are drawn, instead of all.

    Returns
    -------
    Axes or ndarray of Axes
        The panel, or one a comparison.

    Raises
    ------
    UnsupportedInputError
        Several comparisons do not fit into one panel, or `show` is another word.
    """
    rows = finding.estimates
    if show == "rates":
        return _rates(rows[rows["measure"] == "rate_under_definition"], finding, ax)
    if show != "reasons":
        msg = f"Comparisons of definitions cannot show {show!r}."
        raise UnsupportedInputError(msg, hint="Say 'rates' or 'reasons'.")
    rows = rows[rows["measure"].isin(list(_WORDS))]
    if only is not None and len(rows):
        rows = rows[rows["contrast"].str.split(" - ").str[0].isin(list(only))]
    contrasts = list(dict.fromkeys(rows["contrast"])) if len(rows) else []
    if not contrasts:
        return nothing("no stay is judged differently", finding, ax)
    if ax is not None and len(contrasts) > 1:
        msg = f"{len(contrasts)} comparisons do not fit into one panel."
        raise UnsupportedInputError(msg, hint="Draw without ax, or compare two definitions.")
    with styled():
        heights = [len(rows[rows["contrast"] == contrast]) + 1.5 for contrast in contrasts]
        panels = [ax] if ax is not None else _panels(heights)
        for panel, contrast in zip(panels, contrasts, strict=True):
            _reasons(panel, rows[rows["contrast"] == contrast], str(contrast), finding)
        mark_origin(panels[0], finding)
    return panels[0] if len(contrasts) == 1 else np.array(panels)


def _rates(rows: pd.DataFrame, finding: Result | Released, ax: Axes | None) -> Axes:
    with styled():
        ax = one_panel(ax, (7.5, 1.4 + 0.42 * len(rows)))
        y = np.arange(len(rows))
        spread = np.abs(rows[["conf_low", "conf_high"]].to_numpy(float).T - rows["estimate"].to_numpy(float))
        ax.errorbar(rows["estimate"], y, xerr=spread, fmt="o", color=COLOURS[0], capsize=3)
        for place, (_, row) in enumerate(rows.iterrows()):
            if np.isnan(row["estimate"]):
                ax.text(0.005, place, row["status"], va="center", fontsize=9, style="italic")
            ax.annotate(
                _counted(row, finding), (1.0, place), xycoords=("axes fraction", "data"), xytext=(4, 0),
                textcoords="offset points", va="center", fontsize=8,
            )  # fmt: skip
        ax.set_yticks(y, rows["term"].tolist())
        ax.set_ylim(len(rows) - 0.4, -0.6)
        ax.set_xlim(0, max(0.05, 1.1 * np.nan_to_num(rows["conf_high"].to_numpy(float)).max(initial=0.0)))
        ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        ax.set_xlabel("Index stays with a readmission, 95 % interval (right: readmitted of index stays)")
        mark_origin(ax, finding)
    return ax


def _counted(row: pd.Series, finding: Result | Released) -> str:
    """How many index stays there are, and of how many a readmission was counted; a curve has no such share."""
    if np.isnan(row["estimate"]):
        return ""
    of = row.get("denominator", np.nan)
    if np.isnan(of):
        return f"curve of {count(row['n'], finding)}"
    return f"{count(row['numerator'], finding)} of {count(of, finding)}"


def _panels(heights: list[float]) -> list[Axes]:
    """One panel under the other, each as high as it has bars."""
    axes = plt.subplots(
        len(heights), 1, figsize=(7.5, 0.6 + 0.27 * sum(heights)), height_ratios=heights, squeeze=False
    )[1]
    return list(axes.flat)


def _reasons(ax: Axes, rows: pd.DataFrame, contrast: str, finding: Result | Released) -> None:
    definition, reference = contrast.split(" - ")
    sides = {"definition": f"only under {definition}", "reference": f"only under {reference}"}
    rows = rows.assign(what=rows["measure"].map(_WORDS), side=rows["measure"].str.rsplit("_", n=1).str[-1]).sort_values(
        ["what", "side", "n"], ascending=[True, True, False]
    )
    y = np.arange(len(rows))
    for number, side in enumerate(sides):
        mine = (rows["side"] == side).to_numpy(dtype=bool)
        ax.barh(y[mine], rows["n"][mine], color=COLOURS[number], hatch=HATCHES[number], edgecolor="white")
    for place, stays in enumerate(rows["n"]):
        ax.annotate(
            count(stays, finding), (stays, place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8
        )
    ax.set_yticks(y, [_label(row) for _, row in rows.iterrows()], fontsize=8)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(0, 1.08 * max(1, rows["n"].max()))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    ax.tick_params(axis="x", labelsize=8)
    ax.set_title(f"{definition} against {reference}", fontsize=9)
    ax.set_xlabel("Stays", fontsize=8)
    handles = [
        Patch(facecolor=COLOURS[place], hatch=HATCHES[place], edgecolor="white", label=words)
        for place, words in enumerate(sides.values())
    ]
    ax.legend(handles=handles, fontsize=8, loc="lower right")


def _label(row: pd.Series) -> str:
    return f"{row['what']}: {str(row['outcome']).replace('_', ' ')}"
