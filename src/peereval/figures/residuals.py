"""Whether residuals look as a model assumes: normal, and as wide for low as for high fitted values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np

from peereval.figures.style import COLOURS, mark_origin, styled

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_POINTS = 2_000


def diagnostics(fitted: NDArray[np.floating[Any]], residuals: NDArray[np.floating[Any]], origin: Any) -> Any:
    """Draw residuals against normal quantiles and against fitted values.

    Parameters
    ----------
    fitted : ndarray, shape (rows,)
        What the fixed effects give, in the unit of the outcome.
    residuals : ndarray, shape (rows,)
        Residuals with variance 1.
    origin : object
        With an attribute ``origin`` that says whether the data are made up.

    Returns
    -------
    ndarray of Axes, shape (2,)
        Quantiles, then residuals by fitted value; of many rows about 2,000, evenly over the rows.

    Examples
    --------
    >>> import numpy as np
    >>> from types import SimpleNamespace
    >>> values = np.random.default_rng(1).normal(size=100)
    >>> [ax.get_xlabel() for ax in diagnostics(values + 5, values, SimpleNamespace(origin="synthetic"))]
    ['Expected if normal', 'Fitted value']
    """
    from scipy.stats import norm

    ordered = np.sort(residuals)
    shown = np.unique(np.linspace(0, len(ordered) - 1, min(len(ordered), _MOST_POINTS)).astype(int))
    with styled():
        _, axes = plt.subplots(1, 2, figsize=(8.5, 3.8))
        expected = norm.ppf((shown + 0.5) / len(ordered))
        axes[0].plot(expected, ordered[shown], ".", color=COLOURS[0])
        axes[0].plot(expected[[0, -1]], expected[[0, -1]], color="#555555", linewidth=1)
        axes[0].set(title="Normal quantiles", xlabel="Expected if normal", ylabel="Normalised residual")
        axes[1].plot(fitted[shown], residuals[shown], ".", color=COLOURS[0])
        axes[1].axhline(0, color="#555555", linewidth=1)
        axes[1].set(title="Residuals by fitted value", xlabel="Fitted value", ylabel="Normalised residual")
        for ax in axes:
            mark_origin(ax, origin)
    return axes
