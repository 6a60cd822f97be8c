"""Newton's method for the partial likelihood of hazards, and the covariance that persons or units give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from peereval.errors import ConvergenceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]
    Likelihood: TypeAlias = Callable[[Numbers], tuple[float, Numbers, Numbers]]

_ROUNDS = 40
_HALVINGS = 20
_PRECISION = 1e-10
_STILL = 1e-3
"""A step that would still move the linear predictor by more than this tells of a likelihood that rises for ever."""


def maximised(likelihood: Likelihood, x: Numbers) -> Numbers:
    """Find the coefficients at which a concave log-likelihood is largest.

    Parameters
    ----------
    likelihood : callable
        Gives the log-likelihood, its gradient and its information at some coefficients.
    x : ndarray, shape (rows, p)
        The covariates, to see whether a coefficient runs away.

    Returns
    -------
    ndarray, shape (p,)
        The coefficients.

    Raises
    ------
    ConvergenceError
        There is no largest value: a covariate foretells every event, or columns are sums of others.

    Examples
    --------
    >>> import numpy as np
    >>> def parabola(b):
    ...     return float(-(b @ b) + 2 * b.sum()), 2 - 2 * b, 2 * np.eye(len(b))
    >>> maximised(parabola, np.ones((3, 2))).tolist()
    [1.0, 1.0]
    """
    here: Numbers = np.zeros(x.shape[1])
    value, slope, information = likelihood(here)
    for _ in range(_ROUNDS):
        step = _step(information, slope)
        here, new = _climbed(likelihood, here, step, value)
        gained, (value, slope, information) = new[0] - value, new
        if gained < _PRECISION * (1 + abs(value)):
            break
    # a coefficient on its way to infinity goes on by steps of one size, though little is gained
    if np.ptp(x @ _step(information, slope)) > _STILL:
        raise _no_maximum()
    return here


def _climbed(likelihood: Likelihood, here: Numbers, step: Numbers, value: float) -> tuple[Numbers, Any]:
    for halving in range(_HALVINGS):
        there = here + step / 2**halving
        new = likelihood(there)
        if np.isfinite(new[0]) and new[0] >= value - _PRECISION * (1 + abs(value)):
            return there, new
    raise _no_maximum()


def _step(information: Numbers, slope: Numbers) -> Numbers:
    try:
        found: Numbers = np.linalg.solve(information, slope)
    except np.linalg.LinAlgError:
        raise _no_maximum() from None
    return found


def _no_maximum() -> ConvergenceError:
    msg = "The partial likelihood has no largest value: a covariate foretells every event, or hardly varies."
    return ConvergenceError(msg, hint="Leave out or join groups in which nobody, or everybody, had the event.")


def clustered_covariance(information: Numbers, influence: Numbers, cluster: NDArray[np.int64]) -> Numbers:
    """Give the sandwich covariance of coefficients, with rows of a cluster added up.

    Parameters
    ----------
    information : ndarray, shape (p, p)
        Minus the second derivative of the log-likelihood.
    influence : ndarray, shape (rows, p)
        The score of each row, as it is without the others.
    cluster : ndarray of int, shape (rows,)
        The cluster of each row, from 0.

    Returns
    -------
    ndarray, shape (p, p)
        Lin and Wei's covariance (1989, Journal of the American Statistical Association 84:1074), without a factor for
        few clusters, as R's ``coxph`` has it.

    Examples
    --------
    >>> import numpy as np
    >>> clustered_covariance(np.array([[2.0]]), np.array([[1.0], [1.0], [-2.0]]), np.array([0, 0, 1])).tolist()
    [[2.0]]
    """
    sums = np.column_stack([np.bincount(cluster, weights=column) for column in influence.T])
    scaled = np.linalg.solve(information, sums.T)
    found: Numbers = scaled @ scaled.T
    return found
