"""Saturation: themes so far by interview, with the band of random orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator

from peereval.figures.style import COLOURS, mark_origin, nothing, one_panel, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from peereval.results import Released, Result


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw how many themes had come up after each interview.

    Parameters
    ----------
    finding : Result or Released
        What `saturation` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel: bars for new themes, a line for those so far, a band for random orders of the same interviews.
    """
    rows = finding.estimates
    new, so_far = rows[rows["measure"] == "new_themes"], rows[rows["measure"] == "themes"]
    if new.empty or new["estimate"].isna().all():
        return nothing("No themes to draw", finding, ax)
    with styled():
        ax = one_panel(ax, (max(6.0, 2.0 + 0.25 * len(new)), 4.2))
        ax.bar(new["interview"], new["estimate"], color="#BBBBBB", hatch="///", edgecolor="white", label="new themes")
        ax.fill_between(
            so_far["interview"], so_far["conf_low"], so_far["conf_high"], color=COLOURS[0], alpha=0.2, linewidth=0,
            label="random orders, middle 95 %",
        )  # fmt: skip
        ax.plot(
            so_far["interview"], so_far["expected"], "--", color="#555555", linewidth=1, label="random orders, mean"
        )
        ax.plot(so_far["interview"], so_far["estimate"], "o-", color=COLOURS[0], markersize=4, label="themes so far")
        ax.set_xlim(0.3, len(new) + 0.7)
        ax.set_ylim(bottom=0)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_xlabel(f"Interview, in their order (n {len(new)})")
        ax.set_ylabel("Themes")
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, fontsize=8)
        mark_origin(ax, finding)
    return ax
