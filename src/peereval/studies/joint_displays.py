"""Themes beside scores, made of what a study has released of both: so they may leave as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.disclosure.release import release
from peereval.interviews.scores_beside import joint_display

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peereval.results import Released


def displays_of_released(found: Sequence[Released], *, policy: str, beside: Sequence[Released]) -> list[Released]:
    """Put joint displays of released numbers in the place of those that release withholds.

    Parameters
    ----------
    found : sequence of Released
        The released results of a section.
    policy : str
        Id of the disclosure policy.
    beside : sequence of Released
        What its other sections have released as they are now: scores of an earlier release are those of other data.

    Returns
    -------
    list of Released
        The results in their order. A joint display whose theme matrix is not among them, or whose scores are neither
        there nor beside them, stays withheld.
    """
    return [_shown(each, found, policy, beside) if each.kind == "joint-display" else each for each in found]


def _shown(display: Released, found: Sequence[Released], policy: str, beside: Sequence[Released]) -> Released:
    themes = next((each for each in found if each.kind == "theme-matrix"), None)
    compared = display.settings["result"]
    scores = next(
        (each for each in (*found, *beside) if each.kind == "rounds" and dict(each.settings) == compared), None
    )
    if themes is None or scores is None:
        return display
    pairs, measure = display.settings["pairs"], display.settings["measure"]
    [shown] = release(joint_display(themes, scores, pairs, measure=measure), policy=policy)
    return shown
