"""Joint display: what was said on the left, what the scores say on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.errors import DesignError
from peereval.figures.style import COLOURS, count, mark_origin, nothing, one_panel, styled
from peereval.results import Released

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from peereval.results import Result

_MARKS = {
    "agreement": ("o", COLOURS[2]),
    "complementarity": ("D", COLOURS[0]),
    "dissonance": ("X", COLOURS[1]),
    "silence": ("s", "#999999"),
    "not judged": ("v", "#555555"),
    "not shown": ("|", "#555555"),
}


def figure(finding: Result | Released, ax: Axes | None, *, scale: str | None = None) -> Axes:
    """Draw the estimates of the scales beside the themes that speak to them.

    Parameters
    ----------
    finding : Result or Released
        What `joint_display` gave.
    ax : Axes or None
        Where to draw.
    scale : str, optional
        Only the themes that speak to this scale; without it estimates are drawn in points of each scale on one axis.

    Returns
    -------
    Axes
        The panel: what was said stands at the left, the estimate with its interval and n at the right, the mark says
        how the two fit.

    Raises
    ------
    DesignError
        No theme speaks to that scale.
    """
    rows = finding.estimates
    if scale is not None and len(rows):
        rows = rows[_named(rows, scale)]
        if rows.empty:
            msg = f"No theme speaks to the scale {scale!r}."
            raise DesignError(msg, hint="Name one of the scales of the joint display.")
    if rows.empty or rows["estimate"].isna().all():
        return nothing("Nothing to draw", finding, ax)
    with styled():
        ax = one_panel(ax, (9.5, 1.7 + 0.62 * len(rows)))
        ax.axvline(0, color="#999999", linewidth=0.8)
        for name, (mark, colour) in _MARKS.items():
            here = np.flatnonzero(rows["meta_inference"].eq(name).to_numpy(dtype=bool))
            if len(here):
                part = rows.iloc[here]
                spread = np.stack([part["estimate"] - part["conf_low"], part["conf_high"] - part["estimate"]])
                ax.errorbar(
                    part["estimate"], here, xerr=spread.astype(float), fmt=mark, color=colour, capsize=3, label=name
                )
        ax.set_yticks(range(len(rows)), [_said(row, finding) for _, row in rows.iterrows()], fontsize=9)
        ax.set_ylim(len(rows) - 0.4, -0.6)
        right = ax.secondary_yaxis("right")
        right.set_yticks(range(len(rows)), [_scored(row, finding) for _, row in rows.iterrows()], fontsize=9)
        right.tick_params(length=0)
        right.spines["right"].set_visible(False)
        ax.set_xlabel("Change or difference in points of the scale, 95 % interval")
        ax.set_ylabel("Theme, and who spoke of it")
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=5, fontsize=9, borderaxespad=1.8)
        mark_origin(ax, finding)
    return ax


def _named(rows: pd.DataFrame, scale: str) -> pd.Series:
    empty = pd.Series("", index=rows.index)
    outcome, name = (rows.get(column, empty).fillna("") for column in ("outcome", "scale"))
    found: pd.Series = (outcome + ":" + name).eq(scale) | outcome.eq(scale) | name.eq(scale)
    return found


def _said(row: pd.Series, finding: Result | Released) -> str:
    """The theme; below, its kind and who spoke of it."""
    parts = [str(row["kind"])] if row["kind"] else []
    return f"{row['term']}\n{'; '.join([*parts, *_who(row, finding)])}"


def _who(row: pd.Series, finding: Result | Released) -> list[str]:
    groups = "" if pd.isna(row["groups_reporting"]) else str(row["groups_reporting"])
    n = row.get("informants_reporting")
    number = "" if n is None or pd.isna(n) or n == 0 else f"{count(n, finding)} informant{'s' * (n != 1)}"
    # of a released result some groups may be withheld, while the number is that of all
    who = number if isinstance(finding, Released) and number else ": ".join(filter(None, (groups, number)))
    against = "" if pd.isna(row["groups_contradicting"]) else f"contradicted by {row['groups_contradicting']}"
    nobody = "nobody spoke of it" if row["meta_inference"] == "silence" else "not shown"
    return list(filter(None, (who, against))) or [nobody]


def _scored(row: pd.Series, finding: Result | Released) -> str:
    name = row.get("label") or f"{row.get('outcome', '')} {row.get('scale', '')}".strip()
    which = [
        str(row[column]).replace(" - ", " − ")
        for column in ("group", "contrast")
        if column in row and not pd.isna(row[column])
    ]
    return f"{name}\n{', '.join([*which, 'n ' + count(row.get('n'), finding)])}"
