"""Themes by group: a matrix of marks, told apart by shape and size, with n of each group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from peereval.errors import UnknownNameError, nearest
from peereval.figures.style import COLOURS, count, mark_origin, nothing, one_panel, styled
from peereval.results import Released

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from peereval.results import Result

_HEADINGS = {
    "benefit": "Benefits", "challenge": "Challenges", "proposal": "Proposals", "dilemma": "Dilemmas",
    "condition": "Conditions", "": "No kind given",
}  # fmt: skip
_ANSWERS: dict[str, dict[str, Any]] = {
    "reported": {"marker": "o", "color": COLOURS[0], "markersize": 9},
    "contradicted": {"marker": "X", "color": COLOURS[1], "markersize": 9},
    "reported and contradicted": {"marker": "D", "color": "#333333", "markersize": 7, "fillstyle": "none"},
    "not reported": {"marker": ".", "color": "#AAAAAA", "markersize": 5},
}
_GREY = "#777777"
_HALF = 0.5
_DARK = 0.75


def figure(finding: Result | Released, ax: Axes | None, *, kind: str | None = None) -> Axes:
    """Draw which group spoke of which theme.

    Parameters
    ----------
    finding : Result or Released
        What `theme_matrix` gave.
    ax : Axes or None
        Where to draw.
    kind : str, optional
        Only the themes of this kind, such as ``"benefit"``.

    Returns
    -------
    Axes
        The panel: of a report a mark for what each group reported or contradicted, with the extent beside it; of coded
        interviews circles with the number of informants, filled by their share where n is known.

    Raises
    ------
    UnknownNameError
        No theme is of that kind.
    """
    rows = finding.estimates
    if rows.empty:
        return nothing("No themes to draw", finding, ax)
    rows = rows.assign(kind=rows["kind"].fillna(""))
    if kind is not None:
        known = set(rows["kind"])
        rows = rows[rows["kind"] == kind]
        if rows.empty:
            msg = f"No theme is of the kind {kind!r}."
            raise UnknownNameError(msg, hint=nearest(kind, known))
    lines = _lines(rows)
    groups = list(dict.fromkeys(rows["group"]))
    longest = max(len(text) for text, _, _ in lines)
    with styled():
        ax = one_panel(ax, (1.2 + 0.075 * longest + 1.15 * len(groups), 1.6 + 0.27 * len(lines)))
        y = {(term, kind): place for place, (_, term, kind) in enumerate(lines) if term is not None}
        placed = rows.assign(
            x=rows["group"].map({name: place for place, name in enumerate(groups)}),
            y=[y[cell] for cell in zip(rows["term"], rows["kind"], strict=True)],
        )
        ax.hlines(list(y.values()), -_HALF, len(groups) - _HALF, color="#EEEEEE", linewidth=0.8, zorder=0)
        if "answer" in rows:
            _report(ax, placed)
        else:
            _counted(ax, placed, finding)
        _name_axes(ax, lines, [_group_label(rows, name, finding) for name in groups])
        # above the names of the groups, which have two lines
        mark_origin(ax, finding, above=34)
    return ax


def _lines(rows: pd.DataFrame) -> list[tuple[str, str | None, str | None]]:
    """The lines of the matrix: a heading for each kind, and under it the themes in their order."""
    themes = rows[["term", "kind"]].drop_duplicates()
    kinds = [kind for kind in _HEADINGS if themes["kind"].eq(kind).any()]
    lines: list[tuple[str, str | None, str | None]] = []
    for kind in kinds:
        if kinds != [""]:
            lines.append((_HEADINGS[kind], None, None))
        lines += [(term, term, kind) for term in themes.loc[themes["kind"] == kind, "term"]]
    return lines


def _name_axes(ax: Axes, lines: list[tuple[str, str | None, str | None]], groups: list[str]) -> None:
    ax.set_yticks(range(len(lines)), [text for text, _, _ in lines])
    for label, (_, term, _) in zip(ax.get_yticklabels(), lines, strict=True):
        label.set_fontweight("bold" if term is None else "normal")
    ax.set_xticks(range(len(groups)), groups)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.set_xlim(-_HALF, len(groups) - _HALF)
    ax.set_ylim(len(lines) - _HALF, -_HALF - 0.2)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.set_ylabel("Theme")


def _group_label(rows: pd.DataFrame, name: str, finding: Result | Released) -> str:
    column = "denominator" if "denominator" in rows else "n"
    if column not in rows:
        return f"{name}\nn not known"
    known = rows.loc[rows["group"] == name, column].dropna()
    missing = "n not shown" if isinstance(finding, Released) else "n not known"
    return f"{name}\n" + (f"n {count(known.iloc[0], finding)}" if len(known) else missing)


def _report(ax: Axes, rows: pd.DataFrame) -> None:
    for answer, part in rows.groupby("answer", sort=False):
        ax.plot(part["x"], part["y"], linestyle="none", **_ANSWERS[str(answer)])
    for _, row in rows[rows["extent"].notna()].iterrows():
        ax.annotate(
            row["extent"], (row["x"], row["y"]), xytext=(8, 0), textcoords="offset points", va="center", fontsize=8
        )
    drawn = [name for name in _ANSWERS if rows["answer"].eq(name).any()]
    marks = [Line2D([], [], linestyle="none", **_ANSWERS[name]) for name in drawn]
    words = [name if name != "not reported" else "not reported: the report is silent" for name in drawn]
    ax.legend(marks, words, loc="upper right", bbox_to_anchor=(1.0, 0), ncols=2, fontsize=8)
    ax.xaxis.set_label_position("top")
    ax.set_xlabel("Group and informants asked")


def _counted(ax: Axes, rows: pd.DataFrame, finding: Result | Released) -> None:
    reporting = rows[rows["measure"] == "informants_reporting"]
    shown = reporting["numerator"].notna()
    share = reporting["estimate"].astype(float)
    filled = (shown & reporting["numerator"].gt(0)).to_numpy(dtype=bool)
    shade = np.where(share.notna(), 0.12 + 0.88 * share.fillna(0), 0.0)
    colours = [(0.0, 0.447, 0.698, alpha) for alpha in shade]
    ax.scatter(
        reporting["x"][filled], reporting["y"][filled], s=190,
        color=[colour for colour, on in zip(colours, filled, strict=True) if on], edgecolors=COLOURS[0], linewidths=0.8,
    )  # fmt: skip
    for place, (_, row) in enumerate(reporting.iterrows()):
        text = "–" if pd.isna(row["numerator"]) else f"{row['numerator']:.0f}"
        dark = filled[place] and shade[place] > _DARK
        colour = "white" if dark else "black" if filled[place] else _GREY
        ax.text(row["x"], row["y"], text, ha="center", va="center", fontsize=8, color=colour)
    against = rows[(rows["measure"] == "informants_contradicting") & rows["numerator"].gt(0)]
    for _, row in against.iterrows():
        words = f"✕ {row['numerator']:.0f}"
        ax.annotate(
            words, (row["x"], row["y"]), xytext=(10, 0), textcoords="offset points", va="center", fontsize=8,
            color=COLOURS[1],
        )  # fmt: skip
    notes = ["Informants who spoke of the theme"]
    notes += ["darker: a larger share of those asked"] if share.notna().any() else []
    notes += ["✕ who contradicted it"] if len(against) else []
    notes += ["≈ rounded, – not shown"] if isinstance(finding, Released) else []
    ax.set_xlabel("\n".join(notes), fontsize=9, loc="right")
