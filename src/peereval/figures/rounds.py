"""A comparison of rounds: levels over the rounds, persons' own lines, changes of all scales, and what was computed beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peereval.errors import InvalidValueError, nearest
from peereval.figures.round_forests import draw_changes, draw_checks, draw_effects
from peereval.figures.round_means import draw_levels
from peereval.figures.round_persons import draw_persons
from peereval.figures.selection import LEVELS, chosen_scales
from peereval.figures.style import styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from peereval.results import Released, Result


def figure(
    finding: Result | Released,
    ax: Axes | None,
    *,
    show: str = "means",
    scale: str | None = None,
    scores: pd.DataFrame | None = None,
    seed: int = 0,
) -> Any:
    """Draw a comparison of rounds.

    Parameters
    ----------
    finding : Result or Released
        What `compare_rounds` gave.
    ax : Axes or None
        Where to draw; then one scale must be named if there are several.
    show : {"means", "persons", "changes", "checks"}
        Means or shares per round with 95 % intervals, of ordered answers the effects; the same over the lines of persons;
        changes at the last round in standard deviations of the first; or the main estimate of one scale with what the
        rules computed beside it.
    scale : str, optional
        One scale as ``"instrument:scale"``; without it the headline scales (or all, if none is), and of figures that show
        one scale the primary one.
    scores : DataFrame, optional
        For ``show="persons"``: the scores that were compared.
    seed : int
        For ``show="persons"``: which persons are drawn where there are more than 100 in an arm.

    Returns
    -------
    Axes or ndarray of Axes
        One panel, or several.
    """
    if show not in _DRAWINGS:
        msg = f"There is no drawing {show!r} of a comparison of rounds."
        raise InvalidValueError(msg, hint=nearest(show, _DRAWINGS))
    if scores is not None and show != "persons":
        msg = f"show={show!r} draws the result and takes no scores."
        raise InvalidValueError(msg, hint="Say show='persons', or leave scores out.")
    of_persons = {"scores": scores, "seed": seed} if show == "persons" else {}
    with styled():
        return _DRAWINGS[show](finding, ax, scale, **of_persons)


def _means(finding: Result | Released, ax: Axes | None, scale: str | None) -> Any:
    rows = chosen_scales(finding.estimates, scale)
    levels = rows[rows["measure"].isin(LEVELS)]
    return draw_effects(rows, finding, ax) if levels.empty else draw_levels(levels, finding, ax)


def _changes(finding: Result | Released, ax: Axes | None, scale: str | None) -> Any:
    return draw_changes(chosen_scales(finding.estimates, scale), finding, ax)


_DRAWINGS: dict[str, Any] = {"means": _means, "persons": draw_persons, "changes": _changes, "checks": draw_checks}
