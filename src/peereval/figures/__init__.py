"""Results to figures: one file a kind of result, loaded when drawn."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from peereval.errors import UnsupportedInputError

if TYPE_CHECKING:
    from peereval.results import Released, Result

_FIGURES = {
    "agreement": "peereval.figures.coders",
    "attrition": "peereval.figures.answers",
    "audit": "peereval.figures.audits",
    "balance": "peereval.figures.balance",
    "bed-days": "peereval.figures.bed_days",
    "benefit-to-cost": "peereval.figures.returns",
    "break-even": "peereval.figures.returns",
    "budget-scenarios": "peereval.figures.budgets",
    "cost-effectiveness": "peereval.figures.incremental",
    "event-rates": "peereval.figures.bed_days",
    "length-of-stay": "peereval.figures.stays",
    "leave-one-out": "peereval.figures.left_out",
    "mirror-image": "peereval.figures.mirror",
    "baseline": "peereval.figures.balance",
    "co-occurrence": "peereval.figures.theme_pairs",
    "control-chart": "peereval.figures.charts",
    "differences": "peereval.figures.event_study",
    "definitions": "peereval.figures.definitions",
    "effects": "peereval.figures.forest",
    "fidelity": "peereval.figures.fidelity",
    "funding": "peereval.figures.funding",
    "expected-rate": "peereval.figures.expected_rates",
    "funnel": "peereval.figures.funnels",
    "hazards": "peereval.figures.hazards",
    "imputation": "peereval.figures.imputed",
    "incidence": "peereval.figures.curves",
    "informants": "peereval.figures.informants",
    "interrupted": "peereval.figures.interrupted",
    "joint-display": "peereval.figures.scores_beside",
    "ledger": "peereval.figures.ledger",
    "linkage": "peereval.figures.links",
    "likert": "peereval.figures.likert",
    "marginal-model": "peereval.figures.coefficients",
    "means": "peereval.figures.means",
    "printed-means": "peereval.figures.printed_means",
    "pool": "peereval.figures.pooled",
    "rates": "peereval.figures.rates",
    "risks": "peereval.figures.rates",
    "reliability": "peereval.figures.items",
    "reconstruction": "peereval.figures.rebuilt_counts",
    "recurrent": "peereval.figures.curves",
    "reliable-change": "peereval.figures.categories",
    "restricted-mean": "peereval.figures.time_lost",
    "rounds": "peereval.figures.rounds",
    "run-chart": "peereval.figures.charts",
    "staffing": "peereval.figures.staffing",
    "saturation": "peereval.figures.new_themes",
    "standardised-rates": "peereval.figures.rates",
    "survival": "peereval.figures.curves",
    "theme-matrix": "peereval.figures.themes",
    "tipping_point": "peereval.figures.tipping",
    "trend": "peereval.figures.trends",
}


def has_figure(kind: str) -> bool:
    """Say whether results of a kind can be drawn.

    Parameters
    ----------
    kind : str
        The kind.

    Returns
    -------
    bool
        Whether there is a figure.

    Examples
    --------
    >>> has_figure("attrition"), has_figure("contrasts")
    (True, False)
    """
    return kind in _FIGURES


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
    if not has_figure(finding.kind):
        msg = f"There is no figure for results of the kind {finding.kind!r}."
        raise UnsupportedInputError(msg, hint=f"Kinds with a figure: {', '.join(sorted(_FIGURES))}.")
    if "source" in finding.columns:
        msg = "Bound results have no figure, since the groups of one source would be drawn as those of another."
        raise UnsupportedInputError(msg, hint="Draw the result of each source before they are bound.")
    from peereval.figures.language import translate

    drawn = import_module(_FIGURES[finding.kind]).figure(finding, ax, **options)
    translate(drawn, whole=ax is None)
    return drawn
