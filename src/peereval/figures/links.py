"""How the answers of each round were linked: a bar a round, a piece a way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.figures.style import count, mark_origin, one_panel, styled
from peereval.results import Released

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Result

_LOOKS = {
    "linked_id": ("#0072B2", ""),
    "linked_exact": ("#0072B2", ""),
    "linked_one_part": ("#8EC6E8", ""),
    "no_match": ("#F2F2F2", ""),
    "ambiguous_code": ("#E69F00", "..."),
    "links_disagree": ("#D55E00", "xx"),
    "duplicate_code": ("#F0D9A0", "++"),
    "code_missing": ("#BBBBBB", "\\\\\\"),
    "person_missing": ("#BBBBBB", "\\\\\\"),
    "anonymous": ("#F2F2F2", ""),
}
"""Colour and hatching of each way: blue is linked."""
_WIDE_ENOUGH = 0.07
_DARK = ("#0072B2", "#D55E00")


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw how the answers of each round were linked, or why not.

    Parameters
    ----------
    finding : Result or Released
        What `linkage_summary` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel. What is not shown is hatched; n stands at the end of each bar.
    """
    rows = finding.estimates
    ways = rows[rows["measure"] == "link_status"]
    ways = ways.assign(share=_shares(ways))
    rounds = list(dict.fromkeys(ways["round"]))
    with styled():
        ax = one_panel(ax, size=(8.4, 1.6 + 0.5 * len(rounds)))
        left = np.zeros(len(rounds))
        for term, mine in ways.groupby("term", sort=False):
            share = mine.set_index("round")["share"].reindex(rounds).to_numpy(dtype=np.float64)
            left += _pieces(ax, share, left, str(term), str(mine["label"].iloc[0]))
        _rest(ax, left, ways, rounds)
        _labelled(ax, ways, rounds, finding)
        mark_origin(ax, finding)
    return ax


def _shares(ways: pd.DataFrame) -> pd.Series:
    """The shares; in a released result those of the rounded counts, whose own sum is the whole where all are shown."""
    by_round = ways.groupby("round", sort=False)["numerator"]
    whole = by_round.transform("sum").where(
        by_round.transform("count") == by_round.transform("size"), ways["denominator"]
    )
    rounded = ways["numerator"].astype(float) / whole.astype(float).where(whole > 0)
    return ways["estimate"].astype(float).fillna(rounded)


def _pieces(ax: Axes, share: np.ndarray, left: np.ndarray, term: str, label: str) -> np.ndarray:
    drawn: np.ndarray = np.nan_to_num(share)
    colour, hatch = _LOOKS[term]
    places = np.arange(len(share))
    ax.barh(
        places,
        drawn,
        left=left,
        color=colour,
        hatch=hatch,
        edgecolor="#555555",
        linewidth=0.5,
        height=0.7,
        label=label if drawn.any() else None,
    )
    for place in np.flatnonzero(drawn >= _WIDE_ENOUGH).tolist():
        ax.text(
            left[place] + drawn[place] / 2, place, f"{100 * drawn[place]:.0f}", ha="center", va="center", fontsize=8,
            color="white" if colour in _DARK else "black",
            bbox={"boxstyle": "round,pad=0.15", "facecolor": colour, "edgecolor": "none"} if hatch else None,
        )  # fmt: skip
    return drawn


def _rest(ax: Axes, left: np.ndarray, ways: pd.DataFrame, rounds: list[str]) -> None:
    """What is withheld stays open."""
    if "withheld" not in ways or not ways["withheld"].any():
        return
    hidden = ways.groupby("round", sort=False)["withheld"].any().reindex(rounds).to_numpy(dtype=bool)
    gap = np.where(hidden, np.clip(1 - left, 0, None), 0)
    ax.barh(
        np.arange(len(rounds)), gap, left=left, facecolor="white", edgecolor="#888888", hatch="////", height=0.7,
        label="not shown",
    )  # fmt: skip


def _labelled(ax: Axes, ways: pd.DataFrame, rounds: list[str], finding: Result | Released) -> None:
    total = ways.drop_duplicates("round").set_index("round")["denominator"]
    ax.set_yticks(range(len(rounds)), rounds)
    ax.set_ylabel("Round")
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.set_xticks(np.linspace(0, 1, 6), [f"{value:.0f}" for value in np.linspace(0, 100, 6)])
    ax.set_xlabel("Share of the answers, per cent" + (", from rounded counts" if isinstance(finding, Released) else ""))
    for place, name in enumerate(rounds):
        ax.annotate(
            f"n {count(total[name], finding)}", (1, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8
        )  # fmt: skip
    if rounds:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.06), ncols=4, fontsize=8, handlelength=1.4, borderaxespad=0)
