"""Costs and effects where units, not persons, came into the arms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.costs.net_benefit import Increments
from peereval.errors import DesignError
from peereval.estimation.clustered import clustered_regression

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from peereval.costs.arms import Arm

FEWEST = 4
"""Units an arm, and degrees of freedom, below which CR2 is not used (rule R8)."""


def between_units(arms: list[Arm]) -> Increments:
    """Differences between two arms of persons in units, with the CR2 covariance (rule R8).

    Parameters
    ----------
    arms : list of Arm
        Treatment and reference, with persons and units.

    Returns
    -------
    Increments
        Treatment minus reference, in one part.

    Raises
    ------
    DesignError
        There are too few units.

    Examples
    --------
    >>> from peereval.costs.arms import Arm
    >>> persons = np.column_stack([np.arange(8.0) % 5, np.arange(8.0) % 3])
    >>> arms = [
    ...     Arm(name, 8, persons.mean(axis=0) + shift, np.cov(persons.T), persons + shift,
    ...         np.repeat([f"{name}{i}" for i in range(4)], 2))
    ...     for name, shift in (("peer", 1.0), ("usual", 0.0))
    ... ]
    >>> found = between_units(arms)
    >>> found.estimate.round(6).tolist(), found.df.round(2).tolist()
    ([1.0, 1.0], [6.0])
    """
    persons = np.concatenate([_known(arm.persons) for arm in arms])
    units = np.concatenate([_known(arm.units) for arm in arms])
    in_arm = np.repeat([0, 1], [arm.n for arm in arms])
    counts = [len(np.unique(units[in_arm == place])) for place in (0, 1)]
    if min(counts) < FEWEST:
        _refuse(f"There are {counts[0]} and {counts[1]} units in the two arms; expected {FEWEST} or more in each.")
    fits = [clustered_regression(values, np.eye(2)[in_arm], units) for values in persons.T]
    added = np.stack([fit.contributions([1, -1]) for fit in fits])
    # without regressors beyond the arm, the degrees of freedom depend on the sizes of units alone
    df = next((each.df for each in (fit.contrast([1, -1]) for fit in fits) if np.isfinite(each.df)), np.nan)
    if df < FEWEST:
        _refuse(f"Units differ so much in size that {df:.1f} degrees of freedom are left; expected {FEWEST} or more.")
    return Increments(arms[0].means - arms[1].means, (added @ added.T)[None], np.array([df]))


def _known(values: ArrayLike | None) -> np.ndarray:
    return np.empty(0) if values is None else np.asarray(values)


def _refuse(msg: str) -> None:
    raise DesignError(
        msg, hint="Report costs and effects of each unit, without an interval of the difference (rule R8)."
    )
