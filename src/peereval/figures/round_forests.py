"""Forests of a comparison of rounds: changes of all scales, effects on ordered answers, and what was computed beside."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from peereval.errors import InvalidValueError, UnsupportedInputError
from peereval.figures.forest import annotate_counts, forest
from peereval.figures.selection import BESIDE, EFFECTS, POINTS, SIZES, one_scale, words_beside
from peereval.figures.style import COLOURS, mark_origin, nothing, one_panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_WORDS: dict[str, tuple[str, float, float]] = {
    "risk_change": ("Change in the share of yes, percentage points", 100.0, 0.0),
    "risk_difference": ("Difference in the share of yes, percentage points", 100.0, 0.0),
    "net_rise": ("Persons who rose minus persons who fell, per cent of those with both rounds", 100.0, 0.0),
    "superiority": ("Probability that a later answer is higher, ties counting half (0.5: no difference)", 1.0, 0.5),
    "rank_biserial": ("Rank-biserial correlation (0: no difference; above: later is higher)", 1.0, 0.0),
    "log_odds_ratio": ("Change in the log odds of a higher answer", 1.0, 0.0),
}
"""Effects without a unit of points: words of the axis, what to multiply by, and where nothing differs."""
_ACROSS = 32
"""Letters in a line of a question."""
_LOG_ODDS = ("log_odds_ratio", "log_odds_ratio_in_change")
_METHODS = {"mmrm": "mixed model", "gee": "GEE", "welch": "Welch", "paired-t": "paired t", "sign-flip": "sign flips"}


def draw_changes(rows: pd.DataFrame, finding: Result | Released, ax: Axes | None) -> Any:
    """Draw the change of each scale and arm at the last round, and the difference between arms.

    Parameters
    ----------
    rows : DataFrame
        The rows of the scales.
    finding : Result or Released
        What is drawn.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes or ndarray of Axes
        Standard deviations in one panel; where there are none, as of ordered answers, the effects.
    """
    last = _last(rows)
    if last is None:
        return nothing("No change to draw", finding, ax)
    at_last = rows[rows["round"] == last]
    sizes = at_last[at_last["measure"].isin(SIZES)]
    if sizes.empty and at_last["measure"].isin(EFFECTS).any():
        return draw_effects(at_last, finding, ax)
    shown = pd.concat([sizes, _without_size(at_last, sizes)]).sort_index(kind="stable")
    reading = shown["reading"].str.split(", ").str[-1]
    labels = shown["label"] + ("\n(" + reading + ")").where(shown["reading"] != "", "")
    drawn = forest(shown, labels, _arms(shown), finding, ax)
    unit = "pooled over both rounds" if (sizes["measure"] == "hedges_g").any() else "of the reference round"
    what = "Change" if finding.settings.get("design") == "panel" else "Difference"
    drawn.set_xlabel(f"{what} ({_rounds(shown)}) in standard deviations {unit}, 95 % interval")
    return drawn


def _last(rows: pd.DataFrame) -> str | None:
    compared = rows[rows["measure"].isin([*POINTS, *EFFECTS])]
    return None if compared.empty else str(compared["round"].iloc[-1])


def _without_size(at_last: pd.DataFrame, sizes: pd.DataFrame) -> pd.DataFrame:
    """Changes that have no standardised size, so that a scale with few persons keeps its line and its n."""
    keys = [name for name in ("outcome", "scale", "group", "contrast") if name in at_last]
    points = at_last[at_last["measure"].isin(POINTS)]
    missing = points[~pd.MultiIndex.from_frame(points[keys]).isin(pd.MultiIndex.from_frame(sizes[keys]))]
    return missing.assign(estimate=np.nan, conf_low=np.nan, conf_high=np.nan)


def _arms(rows: pd.DataFrame) -> pd.Series | None:
    """The arm of each row, and after the arms the difference between two."""
    if "group" not in rows:
        return None
    words = "difference: " + rows["contrast"].str.rpartition(": ")[0].str.replace(" - ", " − ")
    found = rows["group"].fillna(words)
    order = [*sorted(set(rows["group"].dropna())), *words[rows["group"].isna()].unique()]
    return pd.Series(pd.Categorical(found, categories=order), index=rows.index)


def _rounds(rows: pd.DataFrame) -> str:
    return str(rows["contrast"].str.rpartition(": ")[2].str.replace(" - ", " − ").iloc[0])


def draw_effects(rows: pd.DataFrame, finding: Result | Released, ax: Axes | None) -> Any:
    """Draw effects that are not in points, one panel a measure.

    Parameters
    ----------
    rows : DataFrame
        The rows of the scales.
    finding : Result or Released
        What is drawn.
    ax : Axes or None
        Where to draw one measure.

    Returns
    -------
    Axes or ndarray of Axes
        One panel, or one a measure.

    Raises
    ------
    InvalidValueError
        The caller gave one panel for several measures.
    """
    measures = [name for name in EFFECTS if (rows["measure"] == name).any()]
    if ax is not None and len(measures) > 1:
        msg = f"{len(measures)} measures do not fit into one panel."
        raise InvalidValueError(msg, hint="Name one scale with scale='instrument:scale', or give no ax.")
    if len(measures) < 2 or ax is not None:  # noqa: PLR2004 - one panel
        return _effect(rows, measures[0], finding, ax) if measures else nothing("No scores to draw", finding, ax)
    sizes = [int(_of_effect(rows, name)["measure"].size) for name in measures]
    _, panels = plt.subplots(
        len(measures), 1, figsize=(7.5, 1.3 * len(sizes) + 0.4 * sum(sizes)), height_ratios=[3 + size for size in sizes]
    )
    for panel, name in zip(panels, measures, strict=True):
        _effect(rows, name, finding, panel)
    return panels


def _of_effect(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    return rows[rows["measure"].isin(_LOG_ODDS if measure == "log_odds_ratio" else (measure,))]


def _effect(rows: pd.DataFrame, measure: str, finding: Result | Released, ax: Axes | None) -> Axes:
    words, factor, null = _WORDS[measure]
    if finding.settings.get("measurement") == "yes-no":
        words = words.replace("a higher answer", "yes")
    mine = _of_effect(rows, measure)
    numbers = ["estimate", "conf_low", "conf_high"]
    mine = mine.assign(**(factor * mine[numbers].astype(float)))
    rounds = mine["contrast"].str.rpartition(": ")[2].str.replace(" - ", " − ")
    drawn = forest(
        mine, mine["label"].map(lambda text: fill(text, _ACROSS)) + "\n" + rounds, _arms(mine), finding, ax, null=null
    )
    drawn.set_xlabel(f"{words}, 95 % interval")
    return drawn


def draw_checks(finding: Result | Released, ax: Axes | None, scale: str | None) -> Axes:
    """Draw the main estimate of one scale at the last round, and what the rules computed beside it.

    Parameters
    ----------
    finding : Result or Released
        What is drawn.
    ax : Axes or None
        Where to draw.
    scale : str or None
        The scale; the primary one by default.

    Returns
    -------
    Axes
        The panel.

    Raises
    ------
    UnsupportedInputError
        Nothing was computed beside.
    """
    rows = one_scale(finding.estimates, scale)
    last = _last(rows)
    rows = rows.iloc[:0] if last is None else rows[rows["round"] == last]
    beside = rows[rows["measure"].isin(BESIDE)]
    if beside.empty:
        msg = "Nothing was computed beside the main estimate of this scale."
        raise UnsupportedInputError(msg, hint="The rules do so for method='auto'; see docs/design/rules.md.")
    shown = _with_main(rows, beside)
    labels = _words(shown)
    ax = one_panel(ax, (7.5, 1.5 + 0.42 * len(shown)))
    y = np.arange(len(shown))
    for is_main in (True, False):
        mine = (shown["measure"].isin(POINTS) == is_main).to_numpy()
        part = shown[mine]
        spread = np.abs(part[["conf_low", "conf_high"]].to_numpy(float).T - part["estimate"].to_numpy(float))
        ax.errorbar(
            part["estimate"], y[mine], xerr=spread, capsize=3, fmt="s" if is_main else "o", linewidth=2 if is_main else 1.2,
            color=COLOURS[0] if is_main else "#555555", markerfacecolor=COLOURS[0] if is_main else "white",
        )  # fmt: skip
    annotate_counts(ax, shown, y, finding)
    ax.axvline(0, color="#888888", linewidth=0.8, zorder=0)
    ax.set_yticks(y, labels)
    ax.set_ylim(len(shown) - 0.4, -0.6)
    what = "Change" if finding.settings.get("design") == "panel" else "Difference"
    ax.set_xlabel(f"{what} ({_rounds(shown)}) in points, 95 % interval")
    ax.set_title(shown["label"].iloc[0])
    mark_origin(ax, finding)
    return ax


def _with_main(rows: pd.DataFrame, beside: pd.DataFrame) -> pd.DataFrame:
    """The main estimate over what was computed beside it, for each arm and contrast by itself."""
    keys = [name for name in ("group", "contrast") if name in rows]
    main = rows[rows["measure"].isin(POINTS)]
    known = [pd.MultiIndex.from_frame(part[keys].fillna("")) for part in (main, beside)]
    together = pd.concat([main[known[0].isin(known[1])], beside])
    return together.sort_values(keys, kind="stable", na_position="first")


def _words(shown: pd.DataFrame) -> list[str]:
    method = _METHODS.get(str(shown["method"].iloc[0]), str(shown["method"].iloc[0]))
    arms = shown["contrast"].str.rpartition(": ")[0].str.replace(" - ", " − ")
    groups = shown["group"].fillna(arms) if "group" in shown else arms
    said = words_beside(shown).where(shown["measure"].isin(BESIDE), f"main analysis ({method})")
    return (said + ("\n" + groups).where(groups != "", "")).tolist()
