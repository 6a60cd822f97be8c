"""How far two arms are apart at the start: a Love plot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.errors import UnsupportedInputError
from peereval.figures.forest import annotate_counts
from peereval.figures.style import COLOURS, MARKS, mark_origin, one_panel, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_LIMIT = 0.1
"""Beyond it arms are often called unbalanced; a habit, not a test."""
_KINDS = {
    "standardised_difference": "numbers (with sign)",
    "standardised_difference_of_levels": "levels (distance)",
}


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw the standardised difference of every characteristic, with lines at ±0.1.

    Parameters
    ----------
    finding : Result or Released
        What `baseline_table` gave for two arms; or `balance_table`, of which differences before overlap weights are hollow.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel.

    Raises
    ------
    UnsupportedInputError
        The table does not compare two arms.
    """
    rows = finding.estimates
    rows = rows[rows["measure"].isin(_KINDS)].reset_index(drop=True)
    if finding.kind == "balance":
        return _weighted(rows, finding, ax)
    if rows.empty:
        msg = "The table does not compare two arms, so there are no differences to draw."
        raise UnsupportedInputError(msg, hint="Say arm='…' with a column of two arms.")
    with styled():
        ax = one_panel(ax, (7.0, 1.4 + 0.34 * len(rows)))
        for place, (measure, words) in enumerate(_KINDS.items()):
            mine = rows[rows["measure"] == measure]
            if len(mine):
                ax.plot(mine["estimate"], mine.index, MARKS[place], color=COLOURS[place], label=words)
        _axes(ax, rows["outcome"].tolist(), rows)
        annotate_counts(ax, rows, rows.index.to_numpy(), finding)
        ax.set_xlabel(f"Standardised difference: {rows['contrast'].iloc[0].replace(' - ', ' − ')}")
        ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.02), ncols=2)
        mark_origin(ax, finding)
    return ax


def _axes(ax: Axes, names: list[str], rows: pd.DataFrame) -> None:
    """Name the lines, and mark where arms are alike."""
    for line in (-_LIMIT, _LIMIT):
        ax.axvline(line, color="#888888", linewidth=0.8, linestyle="--", zorder=0)
    ax.axvline(0, color="#888888", linewidth=0.8, zorder=0)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    widest = max(0.3, 1.1 * float(np.nanmax([0.0, *rows["estimate"].abs()])))
    ax.set_xlim(-widest, widest)


def _weighted(rows: pd.DataFrame, finding: Result | Released, ax: Axes | None) -> Axes:
    names = list(dict.fromkeys(rows["outcome"]))
    with styled():
        ax = one_panel(ax, (7.0, 1.6 + 0.34 * len(names)))
        for term, words, face in (
            ("unweighted", "unweighted", "white"),
            ("weighted", "with overlap weights", COLOURS[0]),
        ):
            mine = rows[rows["term"] == term]
            y = [names.index(name) for name in mine["outcome"]]
            ax.plot(mine["estimate"], y, MARKS[0], color=COLOURS[0], markerfacecolor=face, label=words)
        _axes(ax, names, rows)
        first = rows.drop_duplicates("outcome")
        annotate_counts(ax, first, np.arange(len(first)), finding)
        reference = finding.settings["reference_arm"]
        [other] = set(finding.estimates["group"].dropna()) - {reference}
        ax.set_xlabel(f"Standardised difference: {other} − {reference}")
        ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.02), ncols=2)
        mark_origin(ax, finding)
    return ax
