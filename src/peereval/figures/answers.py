"""Answers per round, and the flow of persons through the rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.errors import InvalidValueError, nearest
from peereval.figures.flow import flow
from peereval.figures.style import COLOURS, HATCHES, count, mark_origin, one_panel, styled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from peereval.results import Released, Result


def figure(
    finding: Result | Released, ax: Axes | None, *, show: str = "answers", groups: Sequence[str] | None = None
) -> Axes:
    """Draw who answered which rounds.

    Parameters
    ----------
    finding : Result or Released
        What `attrition` gave.
    ax : Axes or None
        Where to draw.
    show : {"answers", "flow"}
        Bars of the answers per round, with those invited where that is known; or boxes in the style of CONSORT, from
        those eligible to those who answered the last round, with the reasons of those who did not.
    groups : sequence of str, optional
        The groups to draw: by default all; in a flow the two there are, or else everybody.

    Returns
    -------
    Axes
        The panel.

    Raises
    ------
    InvalidValueError
        There is no such drawing or group, or a flow is asked for of more than two groups.
    """
    there = sorted(set(finding.estimates["group"].dropna()))
    for name in groups or ():
        if name not in there:
            msg = f"There is no group {name!r} to draw."
            raise InvalidValueError(msg, hint=nearest(name, there))
    if show == "flow":
        return flow(finding, ax, groups)
    if show != "answers":
        msg = f"There is no drawing {show!r} of who answered."
        raise InvalidValueError(msg, hint=nearest(show, ("answers", "flow")))
    return _answers(finding, ax, groups)


def _answers(finding: Result | Released, ax: Axes | None, groups: Sequence[str] | None) -> Axes:
    rows = finding.estimates
    rows = rows[rows["measure"] == "answered"]
    arms = list(groups or sorted(set(rows["group"]) - {"all"})) or ["all"]
    rounds = list(dict.fromkeys(rows["round"]))
    with styled():
        ax = one_panel(ax)
        for place, name in enumerate(arms):
            _bars(
                ax,
                rows[rows["group"] == name].set_index("round").reindex(rounds),
                place,
                len(arms),
                name,
                finding,
            )
        ax.set_xticks(range(len(rounds)), rounds)
        ax.set_xlabel("Round")
        ax.set_ylabel("Answers" + (" (outline: invited)" if rows["denominator"].notna().any() else ""))
        ax.margins(y=0.12)
        if arms != ["all"]:
            ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.02), ncols=min(len(arms), 4))
        mark_origin(ax, finding)
    return ax


def _bars(ax: Axes, mine: object, place: int, groups: int, name: str, finding: Result | Released) -> None:
    width = 0.8 / groups
    x = np.arange(len(mine)) + (place - (groups - 1) / 2) * width  # type: ignore[arg-type]
    answered, invited = (mine[column].to_numpy(float) for column in ("numerator", "denominator"))  # type: ignore[index]
    ax.bar(x, np.nan_to_num(invited), width * 0.92, facecolor="none", edgecolor="#555555", linewidth=0.8)
    ax.bar(
        x, np.nan_to_num(answered), width * 0.92, color=COLOURS[place % 6], hatch=HATCHES[(place + place // 6) % 6], edgecolor="white",
        label=None if name == "all" else name,
    )  # fmt: skip
    for left, value in zip(x, answered, strict=True):
        ax.annotate(
            count(value, finding), (left, np.nan_to_num(value)), xytext=(0, 2), textcoords="offset points",
            ha="center", va="bottom", fontsize=9,
            bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
        )  # fmt: skip
