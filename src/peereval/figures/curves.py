"""Curves over days since discharge, with the numbers at risk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator, PercentFormatter

from peereval.errors import InvalidValueError
from peereval.figures.style import COLOURS, DASHES, MARKS, count, mark_origin, nothing, one_panel, styled
from peereval.results import Released

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Result


class _Look(NamedTuple):
    """How the curves of a measure are drawn."""

    label: str
    share: bool
    legend: Literal["upper right", "upper left"]


_LOOKS = {
    "not_readmitted": _Look("Not readmitted, 95 % limits", share=True, legend="upper right"),
    "readmission_incidence": _Look("Readmitted, 95 % limits", share=True, legend="upper left"),
    "death_incidence": _Look("Dead without readmission, 95 % limits", share=True, legend="upper left"),
    "mean_readmissions": _Look("Readmissions per person, 95 % limits", share=False, legend="upper left"),
}
_TESTS = {"log_rank_test": "log-rank test", "gray_test": "Gray's test"}
_OUTCOMES = {"not_readmitted": "readmitted", "readmission_incidence": "readmitted", "death_incidence": "died"}


def figure(finding: Result | Released, ax: Axes | None, *, measure: str | None = None) -> Axes | np.ndarray:
    """Draw curves against days since discharge, with the numbers at risk below.

    A result is drawn with its steps. A released one has a mark at each day that is given; marks of neighbouring days
    are joined, and a gap is left where a day between them is withheld.

    Parameters
    ----------
    finding : Result or Released
        What `time_to_readmission`, `compare_curves` or `recurrent_readmissions` gave.
    ax : Axes or None
        Where to draw one measure.
    measure : str, optional
        Which curves, such as ``"readmission_incidence"``; without it all, a panel a measure.

    Returns
    -------
    Axes or ndarray of Axes
        One panel, or one for each measure.

    Raises
    ------
    InvalidValueError
        There is no such measure, or several measures are to be drawn in one panel.
    """
    rows = finding.estimates
    known = [name for name in _LOOKS if name in set(rows["measure"])]
    wanted = known if measure is None else [name for name in known if name == measure]
    if measure is not None and not wanted:
        msg = f"There are no curves {measure!r} to draw."
        raise InvalidValueError(msg, hint=f"Curves: {', '.join(known) or 'none'}.")
    if ax is not None and len(wanted) > 1:
        msg = f"Curves of {len(wanted)} measures do not fit into one panel."
        raise InvalidValueError(msg, hint=f"Name one with measure=…: {', '.join(wanted)}.")
    with styled():
        if not wanted or rows.loc[rows["measure"].isin(wanted), "estimate"].isna().all():
            return nothing("no curve can be shown" if len(rows) else "nobody was followed", finding, ax)
        if len(wanted) == 1:
            return _panel(finding, rows, wanted[0], ax)
        import matplotlib.pyplot as plt

        groups = rows["group"].nunique()
        panels = plt.subplots(1, len(wanted), figsize=(6.2 * len(wanted), 4.2 + 0.22 * groups))[1]
        for name, panel in zip(wanted, panels, strict=True):
            _panel(finding, rows, name, panel)
    found: np.ndarray = panels
    return found


def _panel(finding: Result | Released, every: pd.DataFrame, measure: str, ax: Axes | None) -> Axes:
    rows, look = every[every["measure"] == measure], _LOOKS[measure]
    groups = sorted(set(rows["group"]))
    horizon = int(finding.settings.get("horizon", 365))
    ticks = np.unique(np.linspace(0, horizon // 30 * 30, 5) // 30 * 30).astype(int)
    ax = one_panel(ax, (7.0, 4.2 + 0.22 * len(groups)))
    for place, name in enumerate(groups):
        draw = _points if isinstance(finding, Released) else _steps
        draw(ax, rows[rows["group"] == name], place, None if groups == ["all"] else name)
    ax.set_xlim(0, horizon)
    ax.set_ylim(0, _top(rows, look))
    if look.share:
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6))
    ax.set_xticks(ticks, [f"{tick}{_at_risk(rows, groups, tick, finding)}" for tick in ticks])
    named = " / ".join(map(str, groups)) if groups != ["all"] else "persons"
    ax.set_xlabel(f"Days since discharge (below: at risk, {named}){_note(finding)}")
    ax.set_ylabel(look.label)
    ax.set_title(_test(every, measure), fontsize=9)
    if groups != ["all"]:
        ax.legend(loc=look.legend)
    mark_origin(ax, finding)
    return ax


def _top(rows: pd.DataFrame, look: _Look) -> float:
    """The whole of a share that falls; for what rises from 0, what its limits reach."""
    if look.legend == "upper right":
        return 1.02
    reached = np.nanmax(rows[["estimate", "conf_high"]].to_numpy(float))
    room = 1.05 * max(reached, 0.1)
    return float(min(room, 1.02)) if look.share else float(room)


def _test(rows: pd.DataFrame, measure: str) -> str:
    """What a test of the groups said."""
    tests = rows[rows["measure"].isin(_TESTS)]
    tests = tests[tests["outcome"] == _OUTCOMES.get(measure)] if len(tests) else tests
    if tests.empty or tests["p_value"].isna().all():
        return ""
    p_value = float(tests["p_value"].iloc[0])
    said = "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"  # noqa: PLR2004 - as p values are printed
    return f"{_TESTS[tests['measure'].iloc[0]]}: {said}"


def _note(finding: Result | Released) -> str:
    return "\nknown at the marks only; a gap where a number is not shown" if isinstance(finding, Released) else ""


def _points(ax: Axes, mine: pd.DataFrame, place: int, name: str | None) -> None:
    time, estimate, low, high = (mine[key].to_numpy(float) for key in ("time", "estimate", "conf_low", "conf_high"))
    style = place % len(COLOURS)
    # marks of the curves stand side by side, so that their limits do not cover one another
    x = time + 1.5 * place
    ax.plot(x, estimate, color=COLOURS[style], linestyle=DASHES[style], marker=MARKS[style], markersize=5, label=name)
    ax.vlines(x, low, high, color=COLOURS[style], alpha=0.5, linewidth=1.2)


def _steps(ax: Axes, mine: pd.DataFrame, place: int, name: str | None) -> None:
    numbers = {key: mine[key].to_numpy(float) for key in ("time", "estimate", "conf_low", "conf_high")}
    style = place % len(COLOURS)
    ax.step(
        numbers["time"], numbers["estimate"], where="post", color=COLOURS[style], linestyle=DASHES[style], label=name
    )  # fmt: skip
    known = ~np.isnan(numbers["conf_low"])
    limits = (numbers["time"][known], numbers["conf_low"][known], numbers["conf_high"][known])
    ax.fill_between(*limits, step="post", alpha=0.15, color=COLOURS[style], linewidth=0)


def _at_risk(rows: pd.DataFrame, groups: list[str], tick: int, finding: Result | Released) -> str:
    lines = ""
    for name in groups:
        mine = rows[rows["group"] == name]
        at = mine["time"] == tick if isinstance(finding, Released) else mine["time"] >= tick
        later = mine.loc[at, "n"]
        lines += "\n" + (count(later.iloc[0], finding) if len(later) else "–")
    return lines
