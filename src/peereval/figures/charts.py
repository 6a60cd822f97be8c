"""Control charts and run charts: a series with its centre line, its limits and n under each period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import PercentFormatter

from peereval.figures.style import COLOURS, count, mark_origin, nothing, one_panel, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_LABELS = {"charted_share": "Share", "charted_rate": "Cases over the denominator", "run_chart_value": "Value"}
_RULES = {"longest_run": "longest run", "crossings": "crossings"}


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw a series with its centre line and, of control charts, its limits; phases are divided by gaps.

    Parameters
    ----------
    finding : Result or Released
        What `control_chart` or `run_chart` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel. Periods beyond the limits have a mark of their own; what a run chart's rules found stands above.
    """
    rows = finding.estimates
    rows = rows[rows["measure"].isin(_LABELS)] if len(rows) else rows
    if rows.empty or rows["estimate"].isna().all():
        return nothing("No periods to draw", finding, ax)
    with styled():
        ax = one_panel(ax, (max(7.0, 1.5 + 0.24 * len(rows)), 4.6))
        x = np.arange(len(rows))
        for _, part in rows.assign(x=x).groupby("phase"):
            _phase(ax, part)
        _beyond(ax, rows.assign(x=x))
        ax.set_xticks(x, _ticks(rows, finding), rotation=90, fontsize=8)
        ax.set_xlim(-0.7, len(rows) - 0.3)
        if rows["measure"].iloc[0] == "charted_share":
            ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        ax.set_ylabel(_charted(rows, finding))
        ax.set_xlabel("Period" + (" and n" if "denominator" in rows else ""))
        # above the panel, where neither points nor limits are
        ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=4, fontsize=8, borderaxespad=0)
        ax.set_title(_found(finding), pad=22)
        mark_origin(ax, finding)
    return ax


def _charted(rows: pd.DataFrame, finding: Result | Released) -> str:
    named = str(finding.settings.get("value", "estimate"))
    return _LABELS[rows["measure"].iloc[0]] if named == "estimate" else named.capitalize()


def _phase(ax: Axes, part: pd.DataFrame) -> None:
    # labels of the first phase serve for all
    first = part["phase"].iloc[0] == 1
    name: Any = lambda text: text if first else None  # noqa: E731 - said in one place
    x = part["x"].to_numpy(float)
    ax.plot(x, part["estimate"], "o-", color=COLOURS[0], markersize=4, linewidth=1, label=name("period"))
    ends = np.concatenate([x[:1] - 0.5, x + 0.5])
    is_run_chart = "upper_limit" not in part
    centre = part["centre"].to_numpy(float)
    ax.stairs(
        centre,
        ends,
        baseline=None,
        color="#333333",
        linewidth=1.2,
        label=name("median" if is_run_chart else "centre line"),
    )
    if not is_run_chart:
        for side, label in (("lower_limit", None), ("upper_limit", name("limits (3 standard deviations)"))):
            ax.stairs(part[side].to_numpy(float), ends, baseline=None, color="#555555", linestyle="--", label=label)


def _beyond(ax: Axes, rows: pd.DataFrame) -> None:
    if "beyond_limits" in rows and (beyond := rows["beyond_limits"].fillna(value=False).to_numpy(dtype=bool)).any():
        ax.plot(
            rows["x"][beyond], rows["estimate"][beyond], "D", color=COLOURS[1], markersize=7, label="beyond the limits"
        )


def _ticks(rows: pd.DataFrame, finding: Result | Released) -> list[str]:
    named = rows["time"].astype(str)
    if named.str.endswith("-01").all():
        named = named.str.removesuffix("-01")
    if "denominator" not in rows:
        return named.tolist()
    return [
        f"{name}   n {'–' if pd.isna(n) else count(n, finding)}"
        for name, n in zip(named, rows["denominator"], strict=True)
    ]


def _found(finding: Result | Released) -> str:
    """What the rules of a run chart found, a line a phase."""
    rows = finding.estimates
    rules = rows[rows["measure"].isin(_RULES)]
    if rules.empty:
        return ""
    several = rules["phase"].max() > 1
    lines = []
    for phase, part in rules.groupby("phase"):
        said = [_rule(row) for _, row in part.iterrows()]
        lines.append((f"phase {phase}: " if several else "") + "; ".join(said))
    return "\n".join(lines)


def _rule(row: pd.Series) -> str:
    if pd.isna(row["limit"]) or pd.isna(row["estimate"]):
        return f"{_RULES[row['measure']]}: not judged"
    limit = f"{'at most' if row['measure'] == 'longest_run' else 'at least'} {row['limit']:.0f}"
    return f"{_RULES[row['measure']]} {row['estimate']:.0f} ({limit}){': signal' if row['signal'] else ''}"
