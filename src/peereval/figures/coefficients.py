"""Coefficients of a model with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.figures.forest import forest
from peereval.figures.style import count, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from peereval.results import Released, Result


def figure(finding: Result | Released, ax: Axes | None) -> Axes:
    """Draw the coefficients except the intercept, whose height would hide the others.

    Parameters
    ----------
    finding : Result or Released
        What `gee` gave.
    ax : Axes or None
        Where to draw.

    Returns
    -------
    Axes
        The panel, with the numbers of rows and persons above.
    """
    rows = finding.estimates
    first = rows.iloc[0]
    drawn = rows[(rows["measure"] == "regression_coefficient") & (rows["term"] != "Intercept")].reset_index(drop=True)
    with styled():
        ax = forest(drawn.drop(columns="n"), drawn["term"].astype(str), None, finding, ax)
        ax.set_xlabel("Coefficient, 95 % interval")
        ax.set_title(f"{count(first['n'], finding)} rows of {count(first['n_persons'], finding)} persons", pad=14)
    return ax
