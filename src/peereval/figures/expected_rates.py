"""Shares beside the rate that was expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.figures.forest import forest
from peereval.figures.style import nothing, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from peereval.results import Released, Result


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw each share with its interval, and the expected rate as a line.

    Parameters
    ----------
    finding : Result or Released
        What `compare_with_expected_rate` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel.
    """
    rows = finding.estimates
    if rows.empty:
        return nothing("No printed share.", finding, ax)
    named = rows["outcome"] if "outcome" in rows.columns else rows["measure"]
    expected = float(rows["expected"].iloc[0])
    with styled():
        drawn = forest(rows.assign(n=rows["denominator"]), named.astype(str), None, finding, ax, null=expected)
        drawn.set_xlim(0, max(1.05 * float(rows["conf_high"].max()), 1.2 * expected))
        drawn.set_xlabel("Share, 95 % interval")
        drawn.annotate(
            f"expected {expected:g}", (expected, 0), xycoords=("data", "axes fraction"), xytext=(3, 4), textcoords="offset points",
            fontsize=8, color="#555555",
        )  # fmt: skip
    return drawn
