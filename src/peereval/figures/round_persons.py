"""The persons' own lines under the means: for the researcher's eyes, since single persons can be told from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np

from peereval.errors import ColumnError, DesignError, InvalidValueError, UnsupportedInputError
from peereval.figures.round_means import label_level, level_of, under_rounds, with_intervals
from peereval.figures.selection import LEVELS, groups_of, one_scale
from peereval.figures.style import mark_origin
from peereval.results import Released

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Result

_MOST = 100
"""Persons drawn in an arm: more lines would melt into a band."""


def draw_persons(
    finding: Result | Released, ax: Axes | None, scale: str | None, *, scores: pd.DataFrame | None, seed: int
) -> Any:
    """Draw the scores of single persons as grey lines, with the means of their arm on top.

    Parameters
    ----------
    finding : Result
        What `compare_rounds` gave for linked rounds.
    ax : Axes or None
        Where to draw one arm.
    scale : str or None
        The scale; the primary one by default.
    scores : DataFrame or None
        The scores that were compared; without them there is nothing of single persons to draw.
    seed : int
        Which persons are drawn where there are more than 100.

    Returns
    -------
    Axes or ndarray of Axes
        One panel, or one an arm.

    Raises
    ------
    UnsupportedInputError
        The result was released, has no means, or no scores were given.
    DesignError
        The rounds are not linked.
    ColumnError, InvalidValueError
        The scores are not those of this comparison.
    """
    scores = _checked(finding, scores)
    rows = one_scale(finding.estimates, scale)
    rows = rows[rows["measure"].isin(LEVELS[:2])]
    if rows.empty:
        msg = "This result has no means that persons' lines could be drawn under."
        raise UnsupportedInputError(msg, hint="Draw scores of a scale.")
    level, groups = level_of(rows), groups_of(rows)
    lines = [_of_arm(scores, rows, finding, group) for group in groups]
    panels = _panels(len(groups), ax)
    for place, (panel, group, wide) in enumerate(zip(panels, groups, lines, strict=True)):
        mine = level.rows if group is None else level.rows[level.rows["group"] == group]
        _panel(panel, mine, wide, finding, place, seed)
        label_level(panel, level._replace(rows=mine))
        panel.set_title(f"{mine['label'].iloc[0]}{f', {group}' if group else ''}")
        panel.set_ylabel("" if place else f"Score, and {panel.get_ylabel()[0].lower()}{panel.get_ylabel()[1:]}")
    return panels[0] if len(panels) == 1 else panels


def _checked(finding: Result | Released, scores: pd.DataFrame | None) -> pd.DataFrame:
    if isinstance(finding, Released):
        msg = "A released result tells nothing of single persons, so their lines cannot be drawn beside it."
        raise UnsupportedInputError(msg, hint="Draw them inside, from the Result and its scores.")
    if scores is None:
        msg = "The result holds no scores of persons, and none were given."
        raise UnsupportedInputError(msg, hint="Say scores= with the scores that were compared.")
    if finding.settings.get("design") != "panel":
        msg = "The rounds are not linked, so persons have no lines."
        raise DesignError(msg, hint="Say show='means'.")
    arm = finding.settings.get("arm")
    for name in ("person", "round", "instrument", "scale", "score", *([] if arm is None else [arm])):
        if name not in scores.columns:
            msg = f"The scores have no column {name!r}."
            raise ColumnError(msg, hint="Give the scores that were compared.")
    return scores


def _of_arm(scores: pd.DataFrame, rows: pd.DataFrame, finding: Result | Released, group: str | None) -> pd.DataFrame:
    """One row a person, one column a round."""
    outcome, scale = rows["outcome"].iloc[0], rows["scale"].iloc[0]
    mine = scores[(scores["instrument"] == outcome) & (scores["scale"] == scale) & scores["score"].notna()]
    mine = mine if group is None else mine[mine[finding.settings["arm"]] == group]
    if mine.empty:
        msg = f"The scores hold none of {outcome}:{scale}{f' in the arm {group!r}' if group else ''}."
        raise InvalidValueError(msg, hint="Give the scores that were compared.")
    wide: pd.DataFrame = mine.pivot(index="person", columns="round", values="score")
    return wide.reindex(columns=list(dict.fromkeys(rows["round"])))


def _panels(number: int, ax: Axes | None) -> Any:
    if ax is not None and number > 1:
        msg = f"The lines of {number} arms do not fit into one panel."
        raise InvalidValueError(msg, hint="Give no ax; each arm has a panel of its own.")
    if ax is not None:
        return np.array([ax])
    return plt.subplots(1, number, figsize=(4.6 * number + 1, 4.2), sharey=True, squeeze=False)[1].ravel()


def _panel(ax: Axes, mine: pd.DataFrame, wide: pd.DataFrame, finding: Result | Released, place: int, seed: int) -> None:
    shown = wide if len(wide) <= _MOST else wide.sample(_MOST, random_state=seed)
    x = np.arange(wide.shape[1])
    # a round between two that were answered is passed over by a straight line, and is no dot
    joined = shown.interpolate(axis=1, limit_area="inside")
    ax.plot(x, joined.to_numpy(float).T, color="#999999", linewidth=0.6, alpha=0.5, zorder=1)
    ax.plot(x, shown.to_numpy(float).T, ".", color="#999999", markersize=2.5, alpha=0.6, zorder=1)
    rounds = [str(name) for name in wide.columns]
    with_intervals(ax, x, mine.set_index("round").reindex(rounds), 1.0, place, joined=True, label=None)
    under_rounds(ax, mine, rounds, [None], finding)
    ax.set_xlabel(f"Round (in grey: {len(shown)} of {len(wide)} persons shown)")
    mark_origin(ax, finding)
