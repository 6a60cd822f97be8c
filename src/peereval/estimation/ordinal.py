"""Cumulative link models (proportional odds): the log odds of an answer above any point of an ordered scale.

A coefficient is the logarithm of the odds ratio of a higher answer, the same at every point of the scale. Without random
intercepts it compares different persons; with one for each person it compares answers of the same person, is further from 0
for that reason, and uses every answer, supposing missing ones missing at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from peereval.errors import ConvergenceError, DesignError
from peereval.estimation.means import Estimate, with_t
from peereval.estimation.quadrature import Answers, likelihood

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]

_STEP = 1e-4
_POLISH = 12
_FLAT = 1e-9
_UNKNOWN = 100.0
"""Standard error of a log odds ratio per standard deviation of its regressor that only separated answers have."""


@dataclass(frozen=True, slots=True, eq=False)
class CumulativeLink:
    """A fitted cumulative link model.

    Parameters
    ----------
    coefficients : ndarray, shape (p,)
        Log odds ratios of a higher answer.
    thresholds : ndarray, shape (K - 1,)
        Log odds of an answer up to each point but the last, where all regressors are 0.
    sd : float
        Standard deviation of the random intercepts; 0 without.
    covariance : ndarray
        Of coefficients, thresholds and, with random intercepts, their standard deviation.
    loglik : float
        The log likelihood.
    df : float
        Degrees of freedom of tests: infinite, or the number of clusters less one.
    """

    coefficients: Numbers
    thresholds: Numbers
    sd: float
    covariance: Numbers
    loglik: float
    df: float

    def contrast(self, weights: ArrayLike, *, level: float = 0.95) -> Estimate:
        """Give a weighted sum of the coefficients.

        Parameters
        ----------
        weights : array_like of float, shape (p,)
            The weight of each coefficient.
        level : float
            Confidence level.

        Returns
        -------
        Estimate
            On the scale of log odds.
        """
        w = np.asarray(weights, float)
        variance = float(w @ self.covariance[: len(w), : len(w)] @ w)
        return with_t(float(w @ self.coefficients), max(variance, 0.0) ** 0.5, self.df, level)


def cumulative_link(outcome: ArrayLike, design: ArrayLike, *, clusters: ArrayLike | None = None) -> CumulativeLink:
    """Fit a cumulative link model with the logit link to independent answers, or to answers in clusters.

    Parameters
    ----------
    outcome : array_like of float, shape (rows,)
        Ordered answers; only their order counts, and answers that nobody gave do not exist.
    design : array_like of float, shape (rows, p)
        Regressors, without an intercept.
    clusters : array_like, optional, shape (rows,)
        The unit of every row: the covariance is then the sandwich with the factor G / (G - 1), and tests are t with G - 1
        degrees of freedom.

    Returns
    -------
    CumulativeLink
        The maximum-likelihood fit.

    Raises
    ------
    DesignError
        All answers are alike, a regressor is a sum of others, or there is one cluster only.
    ConvergenceError
        A coefficient has no finite best value.

    References
    ----------
    McCullagh 1980, JRSS B 42:109.

    Examples
    --------
    R: ``MASS::polr(factor(c(1, 2, 3, 3, 1, 1, 2, 2)) ~ rep(1:0, each = 4))`` gives 1.9128.

    >>> import numpy as np
    >>> found = cumulative_link([1, 2, 3, 3, 1, 1, 2, 2], np.repeat([[1.0], [0.0]], 4, axis=0))
    >>> found.coefficients.round(4).tolist()
    [1.9128]
    """
    codes, columns = _checked(outcome, design)
    answers = Answers(codes, columns, None)
    return _fitted(answers, None if clusters is None else _codes(clusters))


def cumulative_link_mixed(outcome: ArrayLike, design: ArrayLike, persons: ArrayLike) -> CumulativeLink:
    """Fit a cumulative link model with the logit link and a random intercept for every person.

    Parameters
    ----------
    outcome : array_like of float, shape (rows,)
        Ordered answers; only their order counts, and answers that nobody gave do not exist. Two kinds of answers make it
        the random-intercept logit.
    design : array_like of float, shape (rows, p)
        Regressors, without an intercept.
    persons : array_like, shape (rows,)
        Who answered.

    Returns
    -------
    CumulativeLink
        The maximum-likelihood fit; the intercepts are integrated out to about ten digits.

    Raises
    ------
    DesignError
        All answers are alike, a regressor is a sum of others, or nobody answered twice.
    ConvergenceError
        A coefficient or the standard deviation has no finite best value.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> persons, later = np.repeat(np.arange(300), 2), np.tile([0.0, 1.0], 300)
    >>> latent = later + np.repeat(rng.normal(0, 2, 300), 2) + rng.logistic(size=600)
    >>> found = cumulative_link_mixed(np.digitize(latent, [-1, 1, 3]), later[:, None], persons)
    >>> found.contrast([1]).conf_low < 1 < found.contrast([1]).conf_high
    True
    """
    codes, columns = _checked(outcome, design)
    who = _codes(persons)
    order = np.argsort(who, kind="stable")
    starts = np.searchsorted(who[order], np.arange(int(who.max()) + 1))
    if len(starts) == len(who):
        msg = "Nobody has two answers, so differences between persons cannot be told from those between answers."
        raise DesignError(msg, hint="Compare the rounds as independent samples.")
    return _fitted(Answers(codes[order], columns[order], starts), None)


def _checked(outcome: ArrayLike, design: ArrayLike) -> tuple[NDArray[np.integer[Any]], Numbers]:
    codes, columns = _codes(outcome), np.asarray(design, float)
    if not len(codes) or not codes.any():
        msg = f"All {len(codes)} answers are alike; a cumulative link model needs at least two kinds of answers."
        raise DesignError(msg)
    with_one = np.column_stack([np.ones(len(columns)), columns])
    size = np.linalg.norm(with_one, axis=0)
    if not size.all() or np.linalg.matrix_rank(with_one / size) < with_one.shape[1]:
        msg = f"Of the {columns.shape[1]} columns of the design at least one is constant or a sum of others."
        raise DesignError(msg, hint="Leave it out.")
    return codes, columns


def _codes(values: ArrayLike) -> NDArray[np.integer[Any]]:
    return np.unique(np.asarray(values), return_inverse=True)[1]


def _fitted(answers: Answers, clusters: NDArray[np.integer[Any]] | None) -> CumulativeLink:
    mean, spread = answers.design.mean(axis=0), answers.design.std(axis=0)
    scaled = Answers(answers.outcome, (answers.design - mean) / spread, answers.starts)
    parameters, inverse = _polished(_searched(scaled), scaled)
    slope = likelihood(parameters, scaled)
    p, k = len(mean), int(answers.outcome.max())
    df, covariance = np.inf, inverse
    if clusters is not None:
        df, covariance = _sandwiched(slope.scores, inverse, clusters)
    back = np.eye(len(parameters))
    back[:p, :p] = np.diag(1 / spread)
    back[p : p + k, :p] = mean / spread
    found = back @ parameters
    sd = abs(float(found[-1])) if answers.starts is not None else 0.0
    return CumulativeLink(found[:p], found[p : p + k], sd, back @ covariance @ back.T, slope.loglik, df)


def _searched(answers: Answers) -> Numbers:
    """Quasi-Newton search over coefficients, first threshold, logarithms of the gaps, and the standard deviation."""
    from scipy.optimize import minimize
    from scipy.special import logit

    n, p, k = len(answers.outcome), answers.design.shape[1], int(answers.outcome.max())

    def natural(point: Numbers) -> Numbers:
        widths = np.exp(np.clip(point[p + 1 : p + k], -30, 30))
        return np.concatenate([point[:p], point[p] + np.concatenate([[0], np.cumsum(widths)]), point[p + k :]])

    def cost(point: Numbers) -> tuple[float, Numbers]:
        slope = likelihood(natural(point), answers)
        gradient = slope.scores.sum(axis=0)
        on_gaps = np.cumsum(gradient[p : p + k][::-1])[::-1]
        on_gaps[1:] *= np.exp(np.clip(point[p + 1 : p + k], -30, 30))
        return -slope.loglik / n, -np.concatenate([gradient[:p], on_gaps, gradient[p + k :]]) / n

    shares = np.cumsum(np.bincount(answers.outcome))[:-1] / n
    thresholds = logit(shares)
    random = [] if answers.starts is None else [1.0]
    start = np.concatenate([np.zeros(p), thresholds[:1], np.log(np.diff(thresholds)), random])
    return natural(minimize(cost, start, jac=True, method="BFGS", options={"gtol": 1e-7, "maxiter": 500}).x)


def _polished(parameters: Numbers, answers: Answers) -> tuple[Numbers, Numbers]:
    """Newton's last steps with differences of the gradient, and the inverse of the observed information there."""
    for _ in range(_POLISH):
        information = -_curvature(parameters, answers)
        values = np.linalg.eigvalsh(information)
        if not values[0] > 0:
            break
        inverse: Numbers = np.linalg.inv(information)
        step = inverse @ likelihood(parameters, answers).scores.sum(axis=0)
        if float(step @ information @ step) < _FLAT:
            if (np.sqrt(np.diag(inverse)) > _UNKNOWN).any():
                break
            return parameters + step, inverse
        parameters = parameters + step
    msg = "A coefficient, a threshold or the standard deviation of the persons grows without bound, or the search stops short."
    raise ConvergenceError(
        msg,
        hint="Look for an arm or a round in which all answers are alike, and for persons who all answer alike in all rounds.",
    )


def _curvature(parameters: Numbers, answers: Answers) -> Numbers:
    """Second derivatives of the log likelihood by central differences of its gradient."""
    moves = np.eye(len(parameters)) * _STEP

    scores = [
        likelihood(parameters + move, answers).scores - likelihood(parameters - move, answers).scores for move in moves
    ]
    halves: Numbers = np.array([each.sum(axis=0) for each in scores]) / (4 * _STEP)
    return halves + halves.T


def _sandwiched(scores: Numbers, inverse: Numbers, clusters: NDArray[np.integer[Any]]) -> tuple[float, Numbers]:
    n = int(clusters.max()) + 1
    if n < 2:  # noqa: PLR2004 - one cluster has no spread between clusters
        msg = "There is one unit only, so the spread between units is not known."
        raise DesignError(msg, hint="Fit the model without clusters.")
    sums: Numbers = np.zeros((n, scores.shape[1]))
    np.add.at(sums, clusters, scores)
    return n - 1.0, inverse @ (sums.T @ sums) @ inverse * n / (n - 1)
