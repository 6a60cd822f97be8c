"""Yes/no answers of the same persons: what a random-intercept logit says of shares.

The model is `cumulative_link_mixed` with two kinds of answers. Its log odds ratio is that of one person; the difference of
shares in the population is its average over the persons' intercepts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from peereval.errors import DesignError
from peereval.estimation.means import Estimate, with_t

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from peereval.estimation.ordinal import CumulativeLink

    Numbers: TypeAlias = NDArray[np.floating[Any]]

_NODES = 101


def marginal_risk_difference(
    fit: CumulativeLink, reference: ArrayLike, treatment: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Share of yes with one set of regressors minus share with another, averaged over rows and random intercepts.

    Parameters
    ----------
    fit : CumulativeLink
        A model of a yes/no answer, with or without random intercepts.
    reference, treatment : array_like of float, shape (rows, p)
        The same persons' regressors, set to what is compared; what is not compared stays as it was.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        With the delta method's standard error; the regressors are taken as given.

    Raises
    ------
    DesignError
        The answer has more than two kinds.

    Examples
    --------
    Without covariates the model repeats the shares, here 3 of 4 and 1 of 4:

    >>> import numpy as np
    >>> from peereval.estimation.ordinal import cumulative_link
    >>> later = np.repeat([[1.0], [0.0]], 4, axis=0)
    >>> fit = cumulative_link([1, 1, 1, 0, 1, 0, 0, 0], later)
    >>> found = marginal_risk_difference(fit, [[0.0]], [[1.0]])
    >>> round(found.estimate, 4), round(found.std_error, 4)
    (0.5, 0.3062)
    """
    if len(fit.thresholds) != 1:
        msg = f"The answer has {len(fit.thresholds) + 1} kinds; a difference of shares needs a yes/no answer."
        raise DesignError(msg, hint="Give the log odds ratio, or say which answers count as yes.")
    after, before = (_share(fit, np.asarray(design, float)) for design in (treatment, reference))
    gradient = (after[1] - before[1])[: len(fit.covariance)]
    std_error = float(max(float(gradient @ fit.covariance @ gradient), 0.0) ** 0.5)
    return with_t(after[0] - before[0], std_error, fit.df, level)


def _share(fit: CumulativeLink, design: Numbers) -> tuple[float, Numbers]:
    """Mean chance of yes, and its gradient on coefficients, threshold and standard deviation."""
    from scipy.special import expit

    points, weights = np.polynomial.hermite.hermgauss(_NODES)
    nodes, weights = points * 2**0.5, weights / np.pi**0.5
    chance = expit((design @ fit.coefficients - fit.thresholds[0])[:, None] + fit.sd * nodes)
    slope = weights * chance * (1 - chance)
    along = slope.sum(axis=1)
    gradient = np.concatenate([along @ design, [-along.sum()], [(slope * nodes).sum()]]) / len(design)
    return float((chance @ weights).mean()), gradient
