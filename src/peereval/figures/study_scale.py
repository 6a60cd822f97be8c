"""The scale of studies' effects: as they are pooled, logarithms as ratios on a logarithmic axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Released, Result

_STEPS = ((4.0, (1.0, 1.2, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)), (30.0, (1.0, 2.0, 5.0)))
"""The labelled steps of each power of ten, on axes up to so many times as high as low."""
_WORDS = {
    "log_odds_ratio": "Odds ratio",
    "log_risk_ratio": "Risk ratio",
    "log_hazard_ratio": "Hazard ratio",
    "log_rate_ratio": "Rate ratio",
    "risk_difference": "Difference of risks",
    "mean_difference": "Difference of means",
    "hedges_g": "Standardised mean difference (Hedges' g)",
    "cohens_d": "Standardised mean difference (Cohen's d)",
    "fisher_z": "Fisher's z",
    "contrast": "Difference of means",
}
_OF_ONE_GROUP = {
    "mean": "Mean",
    "mean_change": "Mean change",
    "readmission_rate": "Index stays with a readmission",
    "bed_days_per_person_year": "Bed days per person-year",
}
"""Numbers of regions that compare no arms."""


def measure_of(finding: Result | Released) -> str:
    """Give the measure of the studies of a pool.

    Parameters
    ----------
    finding : Result or Released
        With rows of the part *study*.

    Returns
    -------
    str
        Such as ``"log_odds_ratio"``.
    """
    rows = finding.estimates
    return str(rows.loc[rows["part"] == "study", "measure"].iloc[0])


def shown_values(values: pd.Series, measure: str) -> pd.Series:
    """Give effects as they are drawn.

    Parameters
    ----------
    values : Series of float
        Effects as they are pooled.
    measure : str
        Their measure.

    Returns
    -------
    Series
        Ratios of logarithms.
    """
    numbers: pd.Series = values.astype(float)
    ratios: pd.Series = np.exp(numbers)
    return ratios if measure.startswith("log_") else numbers


def study_axis(ax: Axes, measure: str, finding: Result | Released, *below: str) -> None:
    """Set up the axis of effects: its words, the line of no difference, and what stands below.

    Parameters
    ----------
    ax : Axes
        The panel.
    measure : str
        Of the effects.
    finding : Result or Released
        What is drawn; its settings may say the scale of a difference of means, and which way is good.
    *below : str
        Lines under the words of the axis.
    """
    logged = measure.startswith("log_")
    if logged:
        ax.set_xscale("log")
        low, high = ax.get_xlim()
        steps = next((steps for widest, steps in _STEPS if high / low <= widest), (1.0,))
        ax.xaxis.set_major_locator(LogLocator(subs=steps))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
    ax.axvline(1.0 if logged else 0.0, color="#888888", linewidth=0.8, zorder=0)
    ax.set_xlabel("\n".join([_words(measure, finding), *below]))


def _words(measure: str, finding: Result | Released) -> str:
    if measure in _OF_ONE_GROUP:
        return f"{_OF_ONE_GROUP[measure]}: {finding.settings.get('direction', 'as released')}"
    logged = measure.startswith("log_")
    said = _WORDS.get(measure, measure)
    if measure == "mean_difference" and finding.settings.get("scale"):
        said += f", {finding.settings['scale']}"
    better = finding.settings.get("direction")
    if better is None:
        return said + (", treatment to control" if logged else ", treatment minus control")
    side = "above" if better == "higher is better" else "below"
    return f"{said}\n{side} {'1' if logged else '0'}: in favour of the treatment"
