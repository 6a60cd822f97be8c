"""What peers cost beside what they save: the line of break-even, and benefit beside cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.figures.style import COLOURS, HATCHES, nothing, one_panel, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Released, Result


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw the net saving by bed days saved, or the benefit beside the cost.

    Parameters
    ----------
    finding : Result or Released
        What `break_even` or `benefit_to_cost` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel.
    """
    rows = finding.estimates.set_index("measure")
    if not rows["estimate"].notna().all():
        return nothing("No sum to show", finding, ax)
    unit = f"{rows['currency'].iloc[0]}, prices of {rows['price_year'].iloc[0]}"
    with styled():
        return _break_even(finding, rows, unit, ax) if finding.kind == "break-even" else _benefit(rows, unit, ax)


def _break_even(finding: Result | Released, rows: pd.DataFrame, unit: str, ax: Axes | None) -> Axes:
    ax = one_panel(ax, (6.5, 4.2))
    needed, price = (
        float(rows["estimate"].astype(float)["break_even_bed_days"]),
        float(finding.settings["bed_day_price"]),
    )
    saved = rows.reindex(["net_saving"], columns=["estimate", "conf_low", "conf_high"]).to_numpy(float)[0]
    limits = saved[np.isfinite(saved)]
    days = limits / price + needed
    x = np.array([min([0.0, *days]), max([2 * needed, *days])])
    ax.axhline(0, color="black", linewidth=0.8)
    ax.plot(x, (x - needed) * price, color=COLOURS[0], label="value of the bed days saved minus the cost")
    ax.plot(needed, 0, "o", color=COLOURS[1], markersize=8, label=f"break-even: {needed:,.1f} bed days a year")
    if len(days):
        words = f"expected: {days[0]:,.1f} bed days a year" + (", 95 % interval" if len(days) > 1 else "")
        spread = np.abs(days[1:] - days[0])[:, None] if len(days) > 1 else None
        ax.errorbar(days[0], limits[0], xerr=spread, fmt="D", color="black", capsize=4, label=words)
    ax.set_xlabel("Bed days saved a year")
    ax.set_ylabel(f"Net saving a year, {unit}")
    ax.yaxis.set_major_formatter("{x:,.0f}")
    ax.legend(loc="upper left", fontsize=8)
    return ax


def _benefit(rows: pd.DataFrame, unit: str, ax: Axes | None) -> Axes:
    ax = one_panel(ax, (7.0, 2.6))
    gross, net = (float(rows["estimate"].astype(float)[name]) for name in ("gross_benefit", "net_benefit"))
    names = ["cost", "benefit, gross", "benefit, net of cost"]
    for place, value in enumerate([gross - net, gross, net]):
        ax.barh(place, value, height=0.6, color=COLOURS[place], hatch=HATCHES[place], edgecolor="white")
        ax.text(max(value, 0), place, f"  {value:,.0f}", va="center", fontsize=9)
    ax.set_title(f"Benefit to cost: {gross / (gross - net):.2f} gross, {net / (gross - net):.2f} net")
    ax.set_yticks(range(3), names)
    ax.invert_yaxis()
    ax.axvline(0, color="black", linewidth=0.8)
    ax.margins(x=0.15)
    ax.set_xlabel(unit)
    ax.xaxis.set_major_formatter("{x:,.0f}")
    return ax
