"""What the treatment costs and does beside the reference: the plane of both, and acceptability by threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.errors import InvalidValueError, nearest
from peereval.figures.style import COLOURS, DASHES, count, mark_origin, nothing, one_panel, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from peereval.results import Released, Result

_VIEWS = ("plane", "acceptability")
_CORNERS = {
    (1, 1): "costs more,\ndoes more",
    (-1, 1): "costs more,\ndoes less",
    (1, -1): "costs less,\ndoes more",
    (-1, -1): "costs less,\ndoes less",
}
_MOST_LINES = 3
_SHOWN = 2000
"""Replicates that are drawn; more are a blot."""


def figure(finding: Result | Released, ax: Axes | None, *, view: str = "plane") -> Axes:
    """Draw the cost-effectiveness plane or the acceptability curve.

    Parameters
    ----------
    finding : Result or Released
        What `cost_effectiveness` gave.
    ax : Axes or None
        Where to draw.
    view : {"plane", "acceptability"}
        The differences in cost and effect with their joint uncertainty; or how probable it is, at each threshold, that
        the net benefit is above 0.

    Returns
    -------
    Axes
        The panel.
    """
    if view not in _VIEWS:
        msg = f"There is no view {view!r} of cost-effectiveness."
        raise InvalidValueError(msg, hint=nearest(view, _VIEWS))
    rows = finding.estimates
    wanted = "incremental_cost" if view == "plane" else "probability_cost_effective"
    if not rows.loc[rows["measure"] == wanted, "estimate"].notna().any():
        return nothing("No difference in cost to show", finding, ax)
    with styled():
        ax = _plane(finding, rows, ax) if view == "plane" else _acceptability(finding, rows, ax)
        ax.set_title(
            f"{rows['contrast'].dropna().iloc[0].replace(' - ', ' compared with ')} ({_persons(finding, rows)})"
        )
        # above the title, which may be as wide as the panel
        mark_origin(ax, finding, above=16)
    return ax


def _persons(finding: Result | Released, rows: pd.DataFrame) -> str:
    arms = rows[rows["measure"] == "mean_cost"]
    return "n " + " / ".join(count(n, finding) for n in arms["n"])


def _plane(finding: Result | Released, rows: pd.DataFrame, ax: Axes | None) -> Axes:
    found = rows.set_index("measure").loc[["incremental_effect", "incremental_cost"]]
    centre = found["estimate"].to_numpy(float)
    ax = one_panel(ax, (6.5, 5.2))
    ax.axhline(0, color="black", linewidth=0.8)
    ax.axvline(0, color="black", linewidth=0.8)
    drawn = finding.settings.get("data", {}).get("replicates")
    if drawn is not None:
        cloud = drawn[:_SHOWN]
        ax.plot(cloud[:, 1], cloud[:, 0], ".", color="#999999", markersize=2.5, zorder=1, label="bootstrap replicates")
    (_regions if "correlation" in found else _intervals)(ax, found)
    ax.plot(*centre, "D", color="black", markersize=7, label="observed difference")
    _span(ax)
    _thresholds(ax, finding, rows)
    _name_corners(ax)
    currency, year = rows["currency"].iloc[0], rows["price_year"].iloc[0]
    ax.set_ylabel(f"Incremental cost per person, {currency}" + ("" if np.isnan(year) else f", prices of {year:.0f}"))
    ax.set_xlabel(f"Incremental effect per person: {_gained(finding, rows)}")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, fontsize=8)
    return ax


def _regions(ax: Axes, found: pd.DataFrame) -> None:
    centre, error = found["estimate"].to_numpy(float), found["std_error"].to_numpy(float)
    correlation = float(found["correlation"].iloc[0])
    if np.isfinite([*error, correlation]).all():
        for share, dashes in ((0.5, DASHES[1]), (0.95, DASHES[0])):
            x, y = _ellipse(centre, error, correlation, share)
            ax.plot(x, y, color=COLOURS[0], linestyle=dashes, label=f"{100 * share:.0f} % region (normal)")


def _intervals(ax: Axes, found: pd.DataFrame) -> None:
    """A released result comes without what the regions are drawn from."""
    low, centre, high = (found[name].to_numpy(float) for name in ("conf_low", "estimate", "conf_high"))
    below, above = centre - low, high - centre
    ax.errorbar(
        centre[:1], centre[1:], xerr=[below[:1], above[:1]], yerr=[below[1:], above[1:]], color=COLOURS[0], capsize=3, linestyle="none",
        label="95 % intervals",
    )  # fmt: skip


def _gained(finding: Result | Released, rows: pd.DataFrame) -> str:
    return f"{rows['outcome'].iloc[0]} {'avoided' if finding.settings['better'] == 'lower' else 'gained'}".replace(
        "_", " "
    )


def _ellipse(
    centre: NDArray[np.float64], error: NDArray[np.float64], correlation: float, share: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The line around the densest region of a bivariate normal distribution that holds a share of it."""
    radius = np.sqrt(-2 * np.log(1 - share))
    angle = np.linspace(0, 2 * np.pi, 200)
    first, second = np.cos(angle), np.sin(angle)
    second = correlation * first + np.sqrt(1 - correlation**2) * second
    return centre[0] + radius * error[0] * first, centre[1] + radius * error[1] * second


def _span(ax: Axes) -> None:
    """Give every quadrant some room, and the words at the edges too."""
    for low, high, setter in ((*ax.get_xlim(), ax.set_xlim), (*ax.get_ylim(), ax.set_ylim)):
        room = 0.15 * max(abs(low), abs(high))
        setter(min(low, -room) - room, max(high, room) + room)


def _thresholds(ax: Axes, finding: Result | Released, rows: pd.DataFrame) -> None:
    """What gains may cost, as lines through the origin: below a line, net benefit is above 0."""
    asked = [float(each) for each in finding.settings["thresholds"]]
    if len(asked) > _MOST_LINES:
        return
    x = np.array(ax.get_xlim())
    limits = ax.get_ylim()
    for place, threshold in enumerate(asked):
        words = f"{threshold:,.0f} {rows['currency'].iloc[0]} per unit of effect"
        ax.plot(x, threshold * x, color=COLOURS[1], linewidth=1, linestyle=DASHES[2 + place], label=words)
    ax.set_xlim(*x)
    ax.set_ylim(limits)


def _name_corners(ax: Axes) -> None:
    for (right, up), words in _CORNERS.items():
        ax.text(
            0.98 if right > 0 else 0.02,
            0.98 if up > 0 else 0.02,
            words,
            transform=ax.transAxes,
            ha="right" if right > 0 else "left",
            va="top" if up > 0 else "bottom",
            fontsize=8,
            color="#333333",
            zorder=0,
        )


def _acceptability(finding: Result | Released, rows: pd.DataFrame, ax: Axes | None) -> Axes:
    found = rows[rows["measure"] == "probability_cost_effective"].sort_values("threshold")
    ax = one_panel(ax, (6.5, 4.0))
    ax.plot(found["threshold"], found["estimate"], color=COLOURS[0], marker="o", markersize=3.5, clip_on=False)
    ax.axhline(0.5, color="#999999", linewidth=0.8, linestyle=":")
    ax.set_ylim(0, 1)
    ax.set_yticks(np.linspace(0, 1, 6), [f"{value:.0f}" for value in np.linspace(0, 100, 6)])
    ax.margins(x=0.02)
    ax.set_ylabel("Probability of cost-effectiveness, %")
    year = rows["price_year"].iloc[0]
    per = f"per unit of effect ({_gained(finding, rows)})"
    ax.set_xlabel(
        f"Threshold, {rows['currency'].iloc[0]} {per}" + ("" if np.isnan(year) else f", prices of {year:.0f}")
    )
    return ax
