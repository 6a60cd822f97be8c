"""Answers to questions as stacked bars: a bar a round and group, a piece an option."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

from peereval.errors import UnknownNameError, nearest
from peereval.figures.style import count, mark_origin, styled
from peereval.results import Released

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Result

_WIDE_ENOUGH = 0.07
"""A piece of at least this share has room for its number."""
_DARK = 0.5
_LINE = 92
"""Letters of a legend's line."""
_UNKNOWN = "#BBBBBB"


def figure(finding: Result | Released, ax: Axes | None, *, question: str | None = None) -> Any:
    """Draw how the answers are spread over the options, one panel a question.

    Parameters
    ----------
    finding : Result or Released
        What `answer_distribution` gave.
    ax : Axes or None
        Where to draw, if it is one question.
    question : str, optional
        The name of one question; all by default.

    Returns
    -------
    ndarray of Axes
        One panel a question. The pieces stand in the order of the options, don't know last and grey; what is not
        shown is hatched.

    Raises
    ------
    UnknownNameError
        The result has no such question, or has several and one panel was given.
    """
    rows = finding.estimates
    names = _questions(rows, question, one_only=ax is not None)
    options = {name: rows[(rows["outcome"] == name) & (rows["measure"] == "option")] for name in names}
    with styled():
        panels = _panels(ax, list(options.values()))
        for panel, mine in zip(panels, options.values(), strict=True):
            _panel(panel, mine, finding)
        rounded = ", from rounded counts" if isinstance(finding, Released) else ""
        panels[-1].set_xlabel(f"Share of those who ticked an option, per cent{rounded}")
        mark_origin(panels[0], finding)
    return panels


def _questions(rows: pd.DataFrame, question: str | None, *, one_only: bool) -> list[str]:
    known = list(dict.fromkeys(rows["outcome"].dropna()))
    if question is not None and question not in known:
        msg = f"The result has no question {question!r}."
        raise UnknownNameError(msg, hint=nearest(question, known))
    names = known if question is None else [question]
    if one_only and len(names) > 1:
        msg = f"The result has {len(names)} questions, and one panel was given."
        raise UnknownNameError(msg, hint=f"Say question= as one of {', '.join(map(repr, known))}.")
    return names


def _panels(ax: Axes | None, options: list[pd.DataFrame]) -> np.ndarray:
    if ax is not None:
        return np.array([ax])
    heights = [
        1.1 + 0.2 * _legend_rows(mine)[1] + 0.34 * len(mine.drop_duplicates(["group", "round"])) for mine in options
    ]
    made = plt.subplots(len(options), 1, figsize=(8.4, 0.4 + sum(heights)), height_ratios=heights, squeeze=False)[1]
    return np.ravel(made)


def _legend_rows(mine: pd.DataFrame) -> tuple[int, int]:
    """Columns and rows of the legend, so that it is no wider than the panel."""
    texts = [*dict.fromkeys(mine["term"]), "not shown"]
    columns = max(1, min(len(texts), _LINE // (max(map(len, texts)) + 5)))
    return columns, -(-len(texts) // columns)


def _panel(ax: Axes, mine: pd.DataFrame, finding: Result | Released) -> None:
    bars = mine[["group", "round"]].drop_duplicates()
    shown = mine.assign(share=_shares(mine))
    options = mine.drop_duplicates("code").sort_values("is_answer", ascending=False, kind="stable")
    place = np.arange(len(bars))
    left = np.zeros(len(bars))
    for (_, option), colour in zip(options.iterrows(), _colours(options["is_answer"].astype(bool)), strict=True):
        share = shown.loc[shown["code"] == option["code"], "share"].to_numpy(dtype=np.float64)
        ax.barh(
            place, share, left=left, color=colour, edgecolor="#777777", linewidth=0.5, height=0.74, label=option["term"]
        )
        _numbers(ax, share, left, colour)
        left += np.nan_to_num(share)
    _rest(ax, place, left, mine)
    several = len(set(bars["group"])) > 1
    ax.set_yticks(place, [f"{group}, {label}" if several else label for group, label in bars.to_numpy()])
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.set_xticks(np.linspace(0, 1, 6), [f"{value:.0f}" for value in np.linspace(0, 100, 6)])
    columns, rows = _legend_rows(mine)
    ax.set_title(mine["label"].iloc[0], pad=22 + 15 * rows)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, fontsize=8, handlelength=1, borderaxespad=2)
    for where, total in enumerate(mine.groupby(["group", "round"], sort=False)["denominator"].first()):
        ax.annotate(
            f"n {count(total, finding)}", (1, where), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8
        )


def _colours(answers: pd.Series) -> list[Any]:
    """From brown to blue-green over the answers, as light in the middle as at neither end; grey for don't know."""
    palette = mpl.colormaps["BrBG"](np.linspace(0.12, 0.88, max(int(answers.sum()), 2)))
    shades = iter(palette)
    return [next(shades) if is_answer else mpl.colors.to_rgba(_UNKNOWN) for is_answer in answers]


def _shares(mine: pd.DataFrame) -> pd.Series:
    """The shares; where a released result has none, those of the rounded counts.

    Rounded counts need not add up to the rounded whole: where all options are shown, their own sum is the whole.
    """
    bar = mine.groupby(["group", "round"], sort=False)["numerator"]
    whole = bar.transform("sum").where(bar.transform("count") == bar.transform("size"), mine["denominator"])
    rounded = mine["numerator"].astype(float) / whole.astype(float).where(whole > 0)
    return mine["estimate"].astype(float).fillna(rounded)


def _numbers(ax: Axes, share: np.ndarray, left: np.ndarray, colour: Any) -> None:
    light = float(np.dot(colour[:3], (0.299, 0.587, 0.114))) > _DARK
    for where in np.flatnonzero(np.nan_to_num(share) >= _WIDE_ENOUGH).tolist():
        ax.text(
            left[where] + share[where] / 2, where, f"{100 * share[where]:.0f}", ha="center", va="center", fontsize=8,
            color="black" if light else "white",
        )  # fmt: skip


def _rest(ax: Axes, place: np.ndarray, left: np.ndarray, mine: pd.DataFrame) -> None:
    """What is withheld stays open; nothing is hatched where all options are shown."""
    if "withheld" not in mine:
        return
    hidden = mine.groupby(["group", "round"], sort=False)["withheld"].any().to_numpy(dtype=bool)
    if hidden.any():
        gap = np.where(hidden, np.clip(1 - left, 0, None), 0)
        ax.barh(
            place, gap, left=left, facecolor="white", edgecolor="#888888", hatch="////", height=0.74, label="not shown"
        )
