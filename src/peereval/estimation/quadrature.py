"""The likelihood of ordered answers whose persons differ by a random intercept.

Answer y of K ordered ones has the chance expit(u) - expit(l) with u = threshold[y] - η, l = threshold[y - 1] - η and
η = x'β + τz; z is the person's own standard normal number, τ the standard deviation of the intercepts. The chance is written as expit(u) expit(-l) (1 - exp(l - u)), which
loses no digits.

z is integrated out by the trapezoidal rule, whose error for such functions falls exponentially with the distance of the nodes
(Trefethen and Weideman 2014, SIAM Review 56:385): as exp(-2π²/(τh)) by the poles of the logistic function, and as
exp(-2π²s²/h²) for a spread s of z given the answers. Adaptive Gauss-Hermite quadrature with as many nodes is worse where persons
gave the lowest or highest answer each time and τ is large, since z given such answers is far from normal. The gradient is that
of a person's log likelihood given z, averaged over z given the answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]

_REACH = 7.5
"""Standard deviations of z from the middle to the last node."""

_CLOSENESS = 0.8
_MOST_NODES = 600


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Ordered answers, those of a person next to each other.

    Parameters
    ----------
    outcome : ndarray of int, shape (rows,)
        From 0 to K - 1.
    design : ndarray, shape (rows, p)
        Regressors, without an intercept.
    starts : ndarray of int or None, shape (persons,)
        The first row of every person; None without random intercepts.
    """

    outcome: NDArray[np.integer[Any]]
    design: Numbers
    starts: NDArray[np.integer[Any]] | None


@dataclass(frozen=True, slots=True, eq=False)
class Slope:
    """Log likelihood and its gradient.

    Parameters
    ----------
    loglik : float
        Summed over persons.
    scores : ndarray, shape (rows, parameters)
        What each row adds to the gradient.
    """

    loglik: float
    scores: Numbers


def likelihood(parameters: Numbers, answers: Answers) -> Slope:
    """Compute the log likelihood and its gradient.

    Parameters
    ----------
    parameters : ndarray, shape (p + K - 1,) or (p + K,)
        Coefficients, thresholds, and with random intercepts their standard deviation.
    answers : Answers
        The data.

    Returns
    -------
    Slope
        At the parameters.

    Examples
    --------
    One answer of two, at even odds:

    >>> import numpy as np
    >>> found = likelihood(np.zeros(1), Answers(np.array([1]), np.zeros((1, 0)), None))
    >>> round(found.loglik, 4), found.scores.tolist()
    (-0.6931, [[-0.5]])
    """
    p = answers.design.shape[1]
    n_thresholds = int(answers.outcome.max())
    thresholds = np.concatenate([[-np.inf], parameters[p : p + n_thresholds], [np.inf]])
    gaps = -np.expm1(-np.diff(thresholds))
    centre = answers.design @ parameters[:p]
    upper, lower = thresholds[answers.outcome + 1] - centre, thresholds[answers.outcome] - centre
    fixed = np.log(gaps)[answers.outcome]
    if answers.starts is None:
        (log_upper, above), (log_lower, below) = _logistic(upper), _logistic(-lower)
        loglik = float((fixed + log_upper + log_lower).sum())
        last: list[Numbers] = []
    else:
        loglik, above, below, slope = _integrated(upper, lower, fixed, float(parameters[-1]), answers.starts)
        last = [slope[:, None]]
    ratio = ((1 - gaps) / gaps)[answers.outcome]
    categories = np.arange(n_thresholds)
    at_upper, at_lower = answers.outcome[:, None] == categories, answers.outcome[:, None] == categories + 1
    on_thresholds = at_upper * (above + ratio)[:, None] - at_lower * (below + ratio)[:, None]
    return Slope(loglik, np.hstack([answers.design * (below - above)[:, None], on_thresholds, *last]))


def _integrated(
    upper: Numbers, lower: Numbers, fixed: Numbers, sd: float, starts: NDArray[np.integer[Any]]
) -> tuple[float, Numbers, Numbers, Numbers]:
    """Log likelihood, and expit(-u), expit(l) and the slope on the standard deviation, averaged over the intercepts."""
    sizes = np.diff(np.append(starts, len(upper)))
    # a logistic answer tells at most 1/3 of z's information per τ²; where sizes.max() is below 3 the poles decide
    least_spread = (1 + sd**2 * max(int(sizes.max()), 3) / 3) ** -0.5
    n_nodes = min(int(np.ceil(2 * _REACH / (_CLOSENESS * least_spread))), _MOST_NODES)
    nodes, gap = np.linspace(-_REACH, _REACH, n_nodes, retstep=True)
    log_upper, above = _logistic(upper[:, None] - sd * nodes)
    log_lower, below = _logistic(sd * nodes - lower[:, None])
    parts = np.add.reduceat(fixed[:, None] + log_upper + log_lower, starts, axis=0) - nodes**2 / 2
    highest = parts.max(axis=1, keepdims=True)
    posterior = np.exp(parts - highest)
    total = posterior.sum(axis=1, keepdims=True)
    given = np.repeat(posterior / total, sizes, axis=0)
    loglik = float((highest + np.log(total) + np.log(gap) - np.log(2 * np.pi) / 2).sum())
    upward, downward, slope = (np.einsum("rn,rn->r", given, each) for each in (above, below, nodes * (below - above)))
    return loglik, upward, downward, slope


def _logistic(values: Numbers) -> tuple[Numbers, Numbers]:
    """Log expit(v) and expit(-v), which loses no digits and takes one exponential."""
    small = np.exp(-np.abs(values))
    return np.minimum(values, 0) - np.log1p(small), np.where(values > 0, small, 1.0) / (1 + small)
