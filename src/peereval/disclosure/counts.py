"""Which counts are small, and how the others are rounded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from peereval.disclosure.policy import Policy

Numbers = TypeVar("Numbers", "pd.Series", float)


def masked(count: int, policy: Policy) -> str:
    """Write a count as a text that may be released.

    Parameters
    ----------
    count : int
        The count.
    policy : Policy
        What is small.

    Returns
    -------
    str
        ``"<5"``, or the rounded count.
    """
    if 0 < count < policy.threshold:
        return f"<{policy.threshold}"
    return f"{math.floor(count / policy.rounding_base + 0.5) * policy.rounding_base}"


def small(count: pd.Series, policy: Policy) -> pd.Series:
    """Whether each count is above zero and below the threshold."""
    return (count > 0) & (count < policy.threshold)


def rounded(count: Numbers, policy: Policy) -> Numbers:
    """Round each count to the nearest multiple of the rounding base, halves up."""
    found: Numbers = np.floor(count / policy.rounding_base + 0.5) * policy.rounding_base
    return found
