"""Agreement between coders: coefficients by theme with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.figures.style import COLOURS, MARKS, count, mark_origin, nothing, one_panel, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_NAMES = {
    "krippendorff_alpha": "Krippendorff's alpha",
    "cohen_kappa": "Cohen's kappa",
    "fleiss_kappa": "Fleiss' kappa",
    "percent_agreement": "share of pairs who agree",
}
_APART = 0.22


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw the agreement on each theme.

    Parameters
    ----------
    finding : Result or Released
        What `agreement` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel: coefficients told apart by their marks, with n of statements; 0 is agreement by chance.
    """
    rows = finding.estimates
    if rows.empty or rows["estimate"].isna().all():
        return nothing("No agreement to draw", finding, ax)
    themes = list(dict.fromkeys(rows["term"]))
    with styled():
        ax = one_panel(ax, (7.5, 1.8 + 0.55 * len(themes)))
        ax.axvline(0, color="#999999", linewidth=0.8)
        drawn = [name for name in _NAMES if rows["measure"].eq(name).any()]
        for number, name in enumerate(drawn):
            part = rows[rows["measure"] == name].set_index("term").reindex(themes)
            _points(ax, part, number, (number - 1) * _APART, _NAMES[name])
        ns = rows[rows["measure"] == drawn[0]].set_index("term")["n"]
        ax.set_yticks(range(len(themes)), [f"{name}\nn {count(ns[name], finding)}" for name in themes])
        ax.set_ylim(len(themes) - 0.4, -0.6)
        ax.set_xlim(right=1.04)
        interval = ", 95 % interval" if "conf_low" in rows else ""
        ax.set_xlabel(f"Agreement{interval} (0: as by chance, 1: complete; n: statements)")
        ax.set_ylabel("Theme")
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, fontsize=9, borderaxespad=1.8)
        mark_origin(ax, finding)
    return ax


def _points(ax: Axes, part: pd.DataFrame, number: int, shift: float, name: str) -> None:
    y = np.arange(len(part)) + shift
    estimate = part["estimate"].to_numpy(float)
    low, high = (part[side].to_numpy(float) if side in part else estimate for side in ("conf_low", "conf_high"))
    spread = np.nan_to_num(np.clip(np.stack([estimate - low, high - estimate]), 0, None))
    ax.errorbar(
        estimate, y, xerr=spread, fmt=MARKS[number], color=COLOURS[number], markersize=5, capsize=2, linewidth=1, label=name
    )  # fmt: skip
    for place in np.flatnonzero(np.isnan(estimate)).tolist():
        ax.text(0.01, y[place], "not defined", va="center", fontsize=7, style="italic", color=COLOURS[number])
