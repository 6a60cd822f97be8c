"""Results to figures: one file a kind of result, loaded when drawn."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from peereval.errors import UnsupportedInputError

if TYPE_CHECKING:
    from peereval.results import Released, Result

_FIGURES = {
    "attrition": "peereval.figures.answers",
    "balance": "peereval.figures.balance",
    "bed-days": "peereval.figures.bed_days",
    "event-rates": "peereval.figures.bed_days",
    "length-of-stay": "peereval.figures.stays",
    "mirror-image": "peereval.figures.mirror",
    "baseline": "peereval.figures.balance",
    "control-chart": "peereval.figures.charts",
    "differences": "peereval.figures.event_study",
    "definitions": "peereval.figures.definitions",
    "effects": "peereval.figures.forest",
    "funnel": "peereval.figures.funnels",
    "hazards": "peereval.figures.hazards",
    "imputation": "peereval.figures.imputed",
    "incidence": "peereval.figures.curves",
    "interrupted": "peereval.figures.interrupted",
    "ledger": "peereval.figures.ledger",
    "linkage": "peereval.figures.links",
    "likert": "peereval.figures.likert",
    "means": "peereval.figures.means",
    "rates": "peereval.figures.rates",
    "risks": "peereval.figures.rates",
    "reliability": "peereval.figures.items",
    "recurrent": "peereval.figures.curves",
    "reliable-change": "peereval.figures.categories",
    "restricted-mean": "peereval.figures.time_lost",
    "rounds": "peereval.figures.rounds",
    "run-chart": "peereval.figures.charts",
    "standardised-rates": "peereval.figures.rates",
    "survival": "peereval.figures.curves",
    "tipping_point": "peereval.figures.tipping",
    "trend": "peereval.figures.trends",
}


def draw(finding: Result | Released, *, ax: Any = None, **options: Any) -> Any:
    """Draw a result.

    Parameters
    ----------
    finding : Result or Released
        What is drawn. Synthetic and reconstructed data are named on the figure.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a new figure is made.
    **options
        What the figure of this kind understands.

    Returns
    -------
    matplotlib.axes.Axes or ndarray of Axes
        One panel, or an array of them.

    Raises
    ------
    UnsupportedInputError
        There is no figure for this kind of result, or several results were bound into it.

    Examples
    --------
    >>> import peereval as pe
    >>> ward = pe.simulate_study("ward", seed=1)
    >>> axes = draw(pe.attrition(ward.responses))
    >>> axes.get_ylabel()
    'Answers'
    """
    if finding.kind not in _FIGURES:
        msg = f"There is no figure for results of the kind {finding.kind!r}."
        raise UnsupportedInputError(msg, hint=f"Kinds with a figure: {', '.join(sorted(_FIGURES))}.")
    if "source" in finding.columns:
        msg = "Bound results have no figure, since the groups of one source would be drawn as those of another."
        raise UnsupportedInputError(msg, hint="Draw the result of each source before they are bound.")
    return import_module(_FIGURES[finding.kind]).figure(finding, ax, **options)
