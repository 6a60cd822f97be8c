"""Krippendorff's alpha, from the library of that name: the one module that imports it (see NOTICE)."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def nominal_alpha(counts: NDArray[np.int64]) -> float:
    """Compute Krippendorff's alpha of unordered values.

    Parameters
    ----------
    counts : ndarray of int
        Units by values: how many coders gave each unit each value. Units with fewer than two coders are passed over.

    Returns
    -------
    float
        Alpha; not-a-number where no unit has two coders, or all values are the same.

    Examples
    --------
    >>> import numpy as np
    >>> round(nominal_alpha(np.array([[2, 0], [2, 0], [0, 2], [1, 1]])), 3)
    0.533
    """
    import krippendorff

    with warnings.catch_warnings():
        # values that are all the same leave nothing to divide by
        warnings.simplefilter("ignore", RuntimeWarning)
        if not (counts.sum(axis=1) > 1).any():
            return float("nan")
        return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))
