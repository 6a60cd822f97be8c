"""Missing scores filled in by a strategy: at random, or after leaving the programme with another mean.

Carpenter, Roger and Kenward 2013 (Journal of Biopharmaceutical Statistics 23:1352): each person's rounds are jointly
normal; from the round by which the person had left, the mean is replaced, and what is missing is drawn given what is
there. All arms share one covariance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from peereval.rounds.normal_draws import conditional, patterns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from peereval.rounds.incomplete import IncompleteRounds
    from peereval.rounds.normal_draws import JointNormal

    Numbers: TypeAlias = NDArray[np.floating[Any]]

Strategy: TypeAlias = Literal["missing-at-random", "jump-to-reference", "copy-increments", "return-to-baseline"]


def means_under(parameters: JointNormal, data: IncompleteRounds, strategy: Strategy) -> Numbers:
    """Give the mean of every person's rounds, as the strategy has it.

    Parameters
    ----------
    parameters : JointNormal
        k sets.
    data : IncompleteRounds
        n persons in m rounds.
    strategy : str
        What is assumed after leaving. A person who had left by the first round has the mean of the reference arm
        throughout under ``"jump-to-reference"`` and ``"copy-increments"``.

    Returns
    -------
    ndarray, shape (k, n, m)
        The means.
    """
    own = (parameters.coefficients @ data.design.T).swapaxes(1, 2)
    if strategy == "missing-at-random":
        return own
    if strategy == "return-to-baseline":
        return np.where(data.left, own[:, :, :1], own)
    reference = (parameters.coefficients @ data.reference_design.T).swapaxes(1, 2)
    if strategy == "copy-increments":
        stayed = (~data.left).sum(axis=1)
        people = np.arange(len(stayed))
        before = np.maximum(stayed - 1, 0)
        kept = (own - reference)[:, people, before] * (stayed > 0)
        reference = reference + kept[:, :, None]
    return np.where(data.left, reference, own)


def completed(parameters: JointNormal, data: IncompleteRounds, strategy: Strategy, noise: Numbers | None) -> Numbers:
    """Fill in what is missing.

    Parameters
    ----------
    parameters : JointNormal
        k sets.
    data : IncompleteRounds
        n persons in m rounds.
    strategy : str
        What is assumed after leaving.
    noise : ndarray or None, shape (k, n, m)
        Independent standard normal draws, used where a score is missing; None for conditional means.

    Returns
    -------
    ndarray, shape (k, n, m)
        Scores as they are, and imputed ones.
    """
    means = means_under(parameters, data, strategy)
    out = np.broadcast_to(data.scores, means.shape).copy()
    for seen, who in patterns(data.observed):
        if seen.all():
            continue
        slopes, factor = conditional(parameters.covariance, seen, ~seen)
        apart = data.scores[np.ix_(who, seen)] - means[:, who][:, :, seen]
        drawn = means[:, who][:, :, ~seen] + apart @ slopes.swapaxes(1, 2)
        if noise is not None:
            drawn += noise[:, who][:, :, ~seen] @ factor.swapaxes(1, 2)
        out[:, who[:, None], np.flatnonzero(~seen)] = drawn
    return out
