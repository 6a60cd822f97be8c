"""Bootstrap replicates of the differences in cost and effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from peereval.costs.arms import Arm

    Floats = NDArray[np.float64]

_CELLS = 4_000_000
"""Draws that are held at once."""


def replicates(arms: list[Arm], resamples: int, seed: int) -> Floats:
    """Draw persons with replacement within their arm, each with their cost and effect, and take the difference of means.

    Parameters
    ----------
    arms : list of Arm
        Treatment and reference, with their persons.
    resamples : int
        How many replicates.
    seed : int
        Of the generator.

    Returns
    -------
    ndarray of float, shape (resamples, 2)
        Differences in cost and effect; without rows where an arm has no persons.

    Examples
    --------
    >>> import numpy as np
    >>> from peereval.costs.arms import Arm
    >>> both = [Arm(name, 2, np.zeros(2), np.zeros((2, 2)), np.array([[1.0, 2.0], [1.0, 2.0]])) for name in "ab"]
    >>> replicates(both, 3, seed=1).tolist()
    [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    """
    first, second = (arm.persons for arm in arms)
    if first is None or second is None or not len(first) or not len(second):
        return np.empty((0, 2))
    rng = np.random.default_rng(seed)
    return _means(first, resamples, rng) - _means(second, resamples, rng)


def _means(values: Floats, resamples: int, rng: np.random.Generator) -> Floats:
    """Means of as many resamples, drawn in blocks that fit into memory."""
    n = len(values)
    blocks = -(-resamples * n // _CELLS)
    sizes = [len(block) for block in np.array_split(np.arange(resamples), blocks)]
    drawn = [rng.multinomial(n, np.full(n, 1 / n), size=size) @ values / n for size in sizes]
    return np.concatenate(drawn)
