"""Estimates with intervals under one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.errors import InvalidValueError
from peereval.figures.language import legend_columns
from peereval.figures.study_scale import shown_values, study_axis
from peereval.figures.style import COLOURS, MARKS, count, mark_origin, one_panel, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from peereval.results import Released, Result


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw effect sizes, one row a study, outcome and round.

    Parameters
    ----------
    finding : Result or Released
        What `effect_size` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel.

    Raises
    ------
    InvalidValueError
        The effects are of several measures.
    """
    rows = finding.estimates
    measures = sorted(set(rows["measure"]))
    if len(measures) > 1:
        msg = f"Effects of {len(measures)} measures ({', '.join(measures)}) do not fit into one panel."
        raise InvalidValueError(msg, hint="Draw one measure at a time.")
    named = [rows[name].astype(str) for name in ("study", "outcome", "round") if name in rows]
    labels = pd.concat(named, axis=1).agg(", ".join, axis=1) if named else pd.Series("effect", index=rows.index)
    measure = measures[0] if measures else "cohens_d"
    drawn = rows.assign(**{name: shown_values(rows[name], measure) for name in ("estimate", "conf_low", "conf_high")})
    with styled():
        panel = forest(drawn, labels, None, finding, ax, null=float(measure.startswith("log_")))
        study_axis(panel, measure, finding, "95 % interval")
    return panel


def forest(
    rows: pd.DataFrame,
    labels: pd.Series,
    groups: pd.Series | None,
    finding: Result | Released,
    ax: Axes | None,
    *,
    null: float = 0.0,
) -> Axes:
    """Draw rows of estimates under one another, groups side by side within a label.

    Parameters
    ----------
    rows : DataFrame
        ``estimate``, ``conf_low``, ``conf_high`` and, if there, ``n``.
    labels : Series of str
        The label of each row.
    groups : Series of str or None
        The group of each row; in alphabetical order, or in that of its categories.
    finding : Result or Released
        What is drawn, for the marks of origin and rounding.
    ax : Axes or None
        Where to draw.
    null : float
        Where nothing differs, which a line marks.

    Returns
    -------
    Axes
        The panel.
    """
    names = list(dict.fromkeys(labels))
    kinds = _kinds(groups)
    ax = one_panel(ax, (7.5, 1.4 + 0.34 * len(names) * len(kinds)))
    for place, kind in enumerate(kinds):
        mine = rows.loc[slice(None) if groups is None or kind is None else groups == kind]
        shift = (place - (len(kinds) - 1) / 2) * 0.8 / len(kinds)
        y = np.array([names.index(label) for label in labels[mine.index]]) + shift
        spread = np.abs(mine[["conf_low", "conf_high"]].to_numpy(float).T - mine["estimate"].to_numpy(float))
        ax.errorbar(
            mine["estimate"], y, xerr=spread, fmt=MARKS[place], color=COLOURS[place], capsize=3, label=kind
        )  # fmt: skip
        annotate_counts(ax, mine, y, finding)
    ax.axvline(null, color="#888888", linewidth=0.8, zorder=0)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    named = [kind for kind in kinds if kind is not None]
    if named:
        # the letters are larger than those of a legend under panels
        columns = legend_columns(named, 0.85 * ax.get_figure(root=True).get_figwidth())  # type: ignore[union-attr]
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.02), ncols=columns)
    mark_origin(ax, finding)
    return ax


def _kinds(groups: pd.Series | None) -> list[str | None]:
    if groups is None or groups.empty:
        return [None]
    return list(groups.cat.categories) if groups.dtype == "category" else sorted(set(groups))


def annotate_counts(ax: Axes, mine: pd.DataFrame, y: np.ndarray, finding: Result | Released) -> None:
    """Write n beside each row, and in the row why there is no mark.

    Parameters
    ----------
    ax : Axes
        The panel.
    mine : DataFrame
        Rows with ``estimate`` and, if there, ``n`` and ``withheld``.
    y : ndarray
        Where they stand.
    finding : Result or Released
        What is drawn.
    """
    withheld = mine["withheld"].astype(bool) if "withheld" in mine else mine["estimate"].eq(np.inf)
    counts = mine["n"] if "n" in mine else [None] * len(mine)
    for place, n, estimate, hidden in zip(y, counts, mine["estimate"], withheld, strict=True):
        if np.isnan(estimate):
            words = "not shown" if hidden else "cannot be given"
            ax.annotate(
                words, (0.02, place), xycoords=("axes fraction", "data"), va="center", fontsize=8, style="italic"
            )
        if "n" in mine:
            ax.annotate(
                f"n {count(n, finding)}", (1.0, place), xycoords=("axes fraction", "data"), xytext=(4, 0),
                textcoords="offset points", va="center", fontsize=8,
            )  # fmt: skip
