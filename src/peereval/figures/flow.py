"""The way of persons from those eligible to those who answered each round, drawn in the style of CONSORT."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from peereval.errors import InvalidValueError
from peereval.figures.style import count, mark_origin, one_panel, styled
from peereval.results import Released

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from peereval.results import Result

_MOST_COLUMNS = 2
_LINE = 0.20
"""Inches a line of text takes."""
_GAP = 0.34
"""Inches between boxes."""
_WIDTH = 4.7
"""Inches a column takes: the boxes to the left, those who were lost to the right."""
_REASONS = {"died": "died", "left_programme": "left the programme", "reason_unknown": "reason not known"}


class _Box(NamedTuple):
    """A box of the main line, `joined` to the one above by an arrow if they are the same persons, or one `aside` of it."""

    lines: list[str]
    aside: bool = False
    joined: bool = True


def flow(finding: Result | Released, ax: Axes | None, groups: Sequence[str] | None) -> Axes:
    """Draw boxes with counts: eligible, invited, who answered each round, and who did not and why.

    Parameters
    ----------
    finding : Result or Released
        What `attrition` gave. Withheld numbers are written as *not shown*, rounded ones with ≈.
    ax : Axes or None
        Where to draw.
    groups : sequence of str or None
        One or two groups, drawn side by side; by default the two groups there are, or else everybody.

    Returns
    -------
    Axes
        The panel, without axes.

    Raises
    ------
    InvalidValueError
        More than two groups are asked for, or none.
    """
    rows = finding.estimates
    names = _chosen(list(dict.fromkeys(rows["group"].dropna())), groups)
    columns = [_boxes(rows[rows["group"] == name], name, finding) for name in names]
    height = max(sum(_height(box) for box in boxes) for boxes in columns) + 0.1
    with styled():
        ax = one_panel(ax, (_WIDTH * len(names), height + 0.3))
        ax.set_axis_off()
        ax.set_xlim(0, _WIDTH * len(names))
        ax.set_ylim(-height, 0)
        for place, boxes in enumerate(columns):
            _draw(ax, boxes, place * _WIDTH)
        mark_origin(ax, finding)
    return ax


def _chosen(there: list[str], wanted: Sequence[str] | None) -> list[str]:
    if wanted is None:
        others = [name for name in there if name != "all"]
        return others if len(others) == _MOST_COLUMNS else ["all"]
    names = list(dict.fromkeys(wanted))
    if not 0 < len(names) <= _MOST_COLUMNS:
        msg = f"{len(names)} groups are asked for; a flow has room for one or two side by side."
        raise InvalidValueError(msg, hint="Draw them one after another.")
    return names


def _boxes(rows: pd.DataFrame, name: str, finding: Result | Released) -> list[_Box]:
    rounds = list(dict.fromkeys(rows.loc[rows["measure"] == "answered", "round"]))
    start = _at(rows, "answered", rounds[0])
    asked = _at(rows, "invited", rounds[0])
    heading = [] if name == "all" else [name]
    boxes = [_Box([*heading, f"Eligible: {_number(asked, 'denominator', finding)}"])] if asked is not None else []
    boxes.append(_Box([*(() if boxes else heading), f"Invited: {_number(start, 'denominator', finding)}"]))
    boxes.append(_Box([rounds[0], f"answered: {_number(start, 'numerator', finding)}{_per_cent(start)}"]))
    for label in rounds[1:]:
        stayed = _at(rows, "retained", label)
        if stayed is not None:
            boxes.append(_Box(_gone(rows, stayed, rounds[0], label, finding), aside=True))
        lines = _answered(rows, stayed, rounds[0], label, finding)
        boxes.append(_Box(lines, joined=stayed is not None))
    return boxes


def _answered(
    rows: pd.DataFrame, stayed: pd.Series | None, first: str, label: str, finding: Result | Released
) -> list[str]:
    there = _at(rows, "answered", label)
    answered = f"answered: {_number(there, 'numerator', finding)}"
    if stayed is None:
        return [label, f"invited: {_number(there, 'denominator', finding)}", answered + _per_cent(there)]
    return [label, answered, f"of those at {first}: {_number(stayed, 'numerator', finding)}"]


def _gone(rows: pd.DataFrame, stayed: pd.Series, first: str, label: str, finding: Result | Released) -> list[str]:
    """Those of the first round who did not answer: a count in a result, a share where counts are rounded."""
    share = "not shown" if pd.isna(stayed["estimate"]) else f"{100 * (1 - stayed['estimate']):.0f} %"
    exact = f"{stayed['denominator'] - stayed['numerator']:.0f} ({share})"
    lines = [f"Of those at {first}, no answer", f"at {label}: {share if isinstance(finding, Released) else exact}"]
    lost = rows[(rows["measure"] == "lost") & (rows["round"] == label)]
    return lines + [f"   {_REASONS[row['term']]}: {_number(row, 'numerator', finding)}" for _, row in lost.iterrows()]


def _at(rows: pd.DataFrame, measure: str, label: str) -> pd.Series | None:
    found = rows[(rows["measure"] == measure) & (rows["round"] == label)]
    return found.iloc[0] if len(found) else None


def _per_cent(row: pd.Series | None) -> str:
    return "" if row is None or pd.isna(row["estimate"]) else f" ({100 * row['estimate']:.0f} %)"


def _number(row: pd.Series | None, name: str, finding: Result | Released) -> str:
    """A count; one that nobody knows is not one that is withheld."""
    if row is None or (pd.isna(row[name]) and not row.get("withheld", False)):
        return "unknown"
    return count(row[name], finding)


def _height(box: _Box) -> float:
    return _LINE * len(box.lines) + 0.14 + _GAP


def _draw(ax: Axes, boxes: list[_Box], left: float) -> None:
    """Draw boxes from top to bottom; the line of arrows passes the boxes of those who left."""
    middle, top, last = left + 0.95, -0.05, 0.0
    for box in boxes:
        bottom = top - _height(box) + _GAP
        if box.aside:
            level = (top + bottom) / 2
            _box(ax, box, left + 2.15, top, bottom)
            _arrow(ax, (middle, level), (left + 2.15, level))
        else:
            _box(ax, box, left + 0.05, top, bottom)
            if last and box.joined:
                _arrow(ax, (middle, last), (middle, top))
            last = bottom
        top = bottom - _GAP


def _box(ax: Axes, box: _Box, left: float, top: float, bottom: float) -> None:
    from matplotlib.patches import Rectangle

    width = 2.45 if box.aside else 1.8
    face = "white" if box.aside else "#f2f2f2"
    ax.add_patch(Rectangle((left, bottom), width, top - bottom, facecolor=face, edgecolor="#333333", linewidth=0.9))
    place, side = (left + 0.1, "left") if box.aside else (left + width / 2, "center")
    ax.text(
        place, (top + bottom) / 2, "\n".join(box.lines), ha=side, va="center", fontsize=9, linespacing=1.35,
        multialignment=side, wrap=False,
    )  # fmt: skip


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.annotate(
        "",
        end,
        start,
        arrowprops={"arrowstyle": "-|>", "color": "#333333", "shrinkA": 0, "shrinkB": 0, "linewidth": 0.9},
    )
