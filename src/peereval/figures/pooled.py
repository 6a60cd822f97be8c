"""Pooled studies: a forest with weights, pooled effects and prediction intervals, or a funnel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from peereval.errors import InvalidValueError
from peereval.figures.study_funnel import draw_funnel
from peereval.figures.study_scale import measure_of, shown_values, study_axis
from peereval.figures.style import COLOURS, count, mark_origin, nothing, one_panel, styled
from peereval.results import Released

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from peereval.results import Result

_LIMITS = ("estimate", "conf_low", "conf_high")
_BESIDE = (("n", 36, "right"), ("estimate (95 % interval)", 50, "left"), ("weight", 232, "right"))
"""What stands beside each line: heading, distance from the panel in points, alignment."""
_TALL = 0.32
"""Half of the height of a diamond, in lines."""


def figure(finding: Result | Released, ax: Axes | None, *, show: str = "forest") -> Axes:
    """Draw a pool of studies.

    Parameters
    ----------
    finding : Result or Released
        What `pool` gave.
    ax : Axes or None
        Where to draw.
    show : {"forest", "funnel"}
        Studies under one another, or by their standard error.

    Returns
    -------
    Axes
        The panel.

    Raises
    ------
    InvalidValueError
        There is no such drawing.
    """
    if show not in ("forest", "funnel"):
        msg = f"There is no drawing {show!r} of a pool."
        raise InvalidValueError(msg, hint="It is 'forest' or 'funnel'.")
    if not (finding.estimates["part"] == "study").any():
        return nothing("No studies to draw", finding, ax)
    with styled():
        return _forest(finding, ax) if show == "forest" else draw_funnel(finding, ax)


def _forest(finding: Result | Released, ax: Axes | None) -> Axes:
    rows, measure = _lines(finding.estimates), measure_of(finding)
    for name in (*_LIMITS, "prediction_low", "prediction_high"):
        rows[name] = shown_values(rows[name], measure) if name in rows else np.nan
    ax = one_panel(ax, (9.0, 1.9 + 0.3 * len(rows)))
    _studies(ax, rows[rows["part"] == "study"])
    _pools(ax, rows)
    _words(ax, rows, finding)
    ax.set_yticks(rows["line"], rows["label"])
    for tick, part in zip(ax.get_yticklabels(), rows["part"], strict=True):
        tick.set_fontweight("bold" if part in ("pooled", "heading") else "normal")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_ylim(len(rows) - 0.3, -1.4)
    study_axis(ax, measure, finding, *_heterogeneity(finding))
    mark_origin(ax, finding)
    return ax


def _lines(rows: pd.DataFrame) -> pd.DataFrame:
    """What is drawn under one another: headings of groups, studies, pools and prediction intervals."""
    shown = rows[rows["part"].isin(["study", "pooled"])].assign(label=_labels(rows))
    shown["group"] = shown["group"].fillna("") if "group" in shown else ""
    heads = shown[~shown["group"].isin(["", "all"])].drop_duplicates("group")
    parts = [heads[["group"]].assign(label=heads["group"], part="heading"), shown]
    if "prediction_low" in shown:
        limits = ["prediction_low", "prediction_high"]
        # a line of its own, which has no other numbers
        predicted = shown.loc[shown["prediction_low"].notna(), ["group", *limits]]
        parts = [parts[0], shown.drop(columns=limits), predicted.assign(label="prediction interval", part="prediction")]
    order = {"heading": 0, "study": 1, "pooled": 2, "prediction": 3}
    # empty columns would have a say in what the others hold
    together = pd.concat([each.dropna(axis=1, how="all") for each in parts if len(each)], ignore_index=True)
    names = list(dict.fromkeys(together["group"]))
    keyed = together.assign(place=together["group"].map(names.index), kind=together["part"].map(order))
    sorted_lines = keyed.sort_values(["place", "kind"], kind="stable", ignore_index=True)
    return sorted_lines.assign(line=np.arange(len(sorted_lines), dtype=float))


def _labels(rows: pd.DataFrame) -> pd.Series:
    study = rows["part"] == "study"
    keys = [name for name in ("group", "term") if name in rows]
    several = rows[study].duplicated(keys).any()
    extra = ", " + rows["outcome"] + ", " + rows["time"].astype("string") if several else ""
    pooled = "pooled, k = " + rows["k"].astype("Int64").astype("string")
    if "group" in rows:
        pooled = pooled.mask(rows["group"] == "all", "all " + pooled)
    return (rows["term"] + extra).where(study, pooled)


def _studies(ax: Axes, rows: pd.DataFrame) -> None:
    spread = np.abs(rows[["conf_low", "conf_high"]].to_numpy(float).T - rows["estimate"].to_numpy(float))
    ax.errorbar(rows["estimate"], rows["line"], xerr=spread, fmt="none", ecolor="#444444", elinewidth=1.1)
    weight = rows["weight"] if "weight" in rows else pd.Series(1.0, index=rows.index)
    largest = weight.max() if weight.notna().any() else 1.0
    # area, not side, is the weight
    ax.scatter(
        rows["estimate"], rows["line"], s=12 + 130 * weight.fillna(0) / largest, marker="s", color=COLOURS[0], zorder=3
    )


def _pools(ax: Axes, rows: pd.DataFrame) -> None:
    for _, row in rows[(rows["part"] == "pooled") & rows["estimate"].notna()].iterrows():
        low, high = (row[name] if row[name] == row[name] else row["estimate"] for name in ("conf_low", "conf_high"))
        across = [low, row["estimate"], high, row["estimate"]]
        up = [row["line"], row["line"] - _TALL, row["line"], row["line"] + _TALL]
        ax.fill(across, up, facecolor=COLOURS[1], edgecolor="black", linewidth=0.8, zorder=3)
    predicted = rows[rows["part"] == "prediction"]
    for _, row in predicted.iterrows():
        ax.plot(
            [row["prediction_low"], row["prediction_high"]], [row["line"]] * 2, color=COLOURS[1], linewidth=2.5,
            marker="|", markersize=9, markeredgewidth=2,
        )  # fmt: skip
    last = rows[rows["group"].isin(["", "all"]) & (rows["part"] == "pooled")]
    for value in last["estimate"].dropna():
        ax.axvline(value, color=COLOURS[1], linewidth=0.8, linestyle="--", zorder=0)


def _words(ax: Axes, rows: pd.DataFrame, finding: Result | Released) -> None:
    for heading, away, side in _BESIDE:
        if heading != "weight" or "weight" in rows:
            _write(ax, -0.9, heading, away, side, bold=True)
    for _, row in rows[rows["part"].isin(["study", "pooled"])].iterrows():
        told = [count(row.get("n"), finding), _interval(row, "estimate", "conf_low", "conf_high")]
        if row["part"] == "study" and "weight" in rows:
            told.append(f"{row['weight']:.1f} %")
        for (_, away, side), text in zip(_BESIDE, told, strict=False):
            _write(ax, row["line"], text, away, side, bold=row["part"] == "pooled")
    for _, row in rows[rows["part"] == "prediction"].iterrows():
        _write(
            ax,
            row["line"],
            f"({_digits(row['prediction_low'])} to {_digits(row['prediction_high'])})",
            50,
            "left",
            bold=False,
        )


def _write(ax: Axes, line: float, text: str, away: int, side: str, *, bold: bool) -> None:
    ax.annotate(
        text, (1.0, line), xycoords=("axes fraction", "data"), xytext=(away, 0), textcoords="offset points", ha=side,
        va="center", fontsize=9, fontweight="bold" if bold else "normal", annotation_clip=False,
    )  # fmt: skip


def _interval(row: pd.Series, *names: str) -> str:
    estimate, low, high = (float(row[name]) for name in names)
    if np.isnan(estimate):
        return "cannot be given"
    return _digits(estimate) + ("" if np.isnan(low) else f" ({_digits(low)} to {_digits(high)})")


def _digits(value: float) -> str:
    """Two decimals, fewer of large numbers."""
    text = f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"  # noqa: PLR2004 - 12.3 needs no second decimal
    return text.replace("-", "−")


def _three(value: float) -> str:
    """Three digits, all before the point."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - never as a power of ten


def _heterogeneity(finding: Result | Released) -> list[str]:
    """One line a group, or only that of all."""
    rows = finding.estimates
    mine = rows[(rows["part"] == "heterogeneity") & rows["estimate"].notna()]
    if "group" in mine and (mine["group"] == "all").any():
        mine = mine[mine["group"].fillna("all") == "all"]
    if mine.empty:
        return ["heterogeneity: " + ("not shown" if isinstance(finding, Released) else "cannot be given")]
    groups = mine["group"].fillna("") if "group" in mine else pd.Series("", index=mine.index)
    return [
        _said(part.set_index("measure").to_dict("index"), str(name)) for name, part in mine.groupby(groups, sort=False)
    ]


def _said(told: dict[Any, dict[Any, Any]], name: str) -> str:
    parts = []
    if "q" in told:
        q, share = told["q"], 100 * told["i_squared"]["estimate"]
        parts = [f"Q {q['estimate']:.1f} (df {q['df']:.0f}), p {_p(q['p_value'])}", f"I² {share:.0f} %"]
    if "tau_squared" in told:
        tau = told["tau_squared"]
        low, high = (_three(tau[name]) for name in ("conf_low", "conf_high"))
        parts.append(f"τ² {_three(tau['estimate'])} ({low} to {high})")
    if "subgroup_difference" in told:
        between = told["subgroup_difference"]
        parts.append(f"between groups Q {between['estimate']:.1f} (df {between['df']:.0f}), p {_p(between['p_value'])}")
    return (f"{name}: " if name not in ("", "all") else "") + "; ".join(parts)


def _p(value: float) -> str:
    return "< .001" if value < 0.001 else f"= {value:.3f}".replace("0.", ".")  # noqa: PLR2004 - as papers print it
