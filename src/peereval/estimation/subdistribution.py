"""Fine and Gray's model of the cumulative incidence of one cause (1999, Journal of the American Statistical Association 94:496).

Those with a competing event stay at risk, with the weight G(t-) / G(T-), where G is the Kaplan-Meier estimate of not
being censored and T their time. Ties are Breslow's, and all are taken to be censored alike, as in R's ``cmprsk::crr``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from peereval.estimation.likelihoods import clustered_covariance, maximised

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]
    Places: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class SubdistributionModel:
    """A fitted model.

    Parameters
    ----------
    coefficients : ndarray, shape (p,)
        Logarithms of subdistribution hazard ratios.
    information : ndarray, shape (p, p)
        Minus the second derivative of the log pseudo-likelihood.
    scores : ndarray, shape (rows, p)
        The score of each row, with what it adds to the estimate of censoring.
    """

    coefficients: Numbers
    information: Numbers
    scores: Numbers

    def covariance(self, cluster: Places | None = None) -> Numbers:
        """Give the covariance of the coefficients, which takes into account that censoring is estimated.

        Parameters
        ----------
        cluster : ndarray of int, shape (rows,), optional
            The cluster of each row, from 0; without it rows are independent.

        Returns
        -------
        ndarray, shape (p, p)
            Covariance.
        """
        alone = np.arange(len(self.scores)) if cluster is None else cluster
        return clustered_covariance(self.information, self.scores, alone)


class _Weighted:
    """Rows at risk of the subdistribution on the days with an event of the cause."""

    def __init__(self, stop: ArrayLike, cause: ArrayLike, x: ArrayLike) -> None:
        self.stop, self.cause = np.asarray(stop, float), np.asarray(cause)
        self.x = np.asarray(x, float) - np.mean(np.asarray(x, float), axis=0)
        self.event, self.competing = self.cause == 1, self.cause > 1
        self.times, self.n_events = np.unique(self.stop[self.event], return_counts=True)
        self.last = np.searchsorted(self.times, self.stop, side="right")
        self._watch_censoring()

    def _watch_censoring(self) -> None:
        self.days, place = np.unique(self.stop, return_inverse=True)
        leaving = np.bincount(place)
        self.watched = leaving[::-1].cumsum()[::-1].astype(float)
        self.n_censored = np.bincount(place, self.cause == 0, len(self.days))
        left = np.append(1.0, np.cumprod(1 - self.n_censored / self.watched))
        self.place = place
        self.seen = left[np.searchsorted(self.days, self.times)]
        # G just before the time of a row; who had a competing event was watched then, so it is above 0
        self.inverse = np.where(self.competing, 1 / np.where(left[place] > 0, left[place], 1.0), 0.0)

    def sums(self, weights: Numbers) -> Numbers:
        """Of those at risk on each day."""
        size = len(self.times) + 1
        here = np.bincount(self.last, weights, size)[::-1].cumsum()[::-1][1:]
        gone = np.bincount(self.last, weights * self.inverse, size).cumsum()[:-1]
        found: Numbers = here + self.seen * gone
        return found

    def met(self, rises: Numbers) -> Numbers:
        """Sum for each row of rises while it was at risk, weighted after a competing event."""
        before = np.append(0.0, np.cumsum(rises))
        after = np.append(np.cumsum((self.seen * rises)[::-1])[::-1], 0.0)
        found: Numbers = before[self.last] + self.inverse * after[self.last]
        return found

    def parts(self, coefficients: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Relative hazards of rows, the baseline's rises, and the mean covariates of those at risk on each day."""
        predictor = self.x @ coefficients
        relative = np.exp(predictor - predictor.max())
        total = self.sums(relative)
        mean = np.column_stack([self.sums(relative * column) / total for column in self.x.T])
        return relative, self.n_events / total, mean

    def likelihood(self, coefficients: Numbers) -> tuple[float, Numbers, Numbers]:
        predictor = self.x @ coefficients
        relative, rises, mean = self.parts(coefficients)
        value = (predictor[self.event] - predictor.max()).sum() + self.n_events @ np.log(rises / self.n_events)
        slope = self.x[self.event].sum(axis=0) - self.n_events @ mean
        met = relative * self.met(rises)
        return float(value), slope, (self.x.T * met) @ self.x - (mean.T * self.n_events) @ mean

    def scores(self, coefficients: Numbers) -> Numbers:
        relative, rises, mean = self.parts(coefficients)
        met = self.met(rises)
        own = np.zeros_like(self.x)
        own[self.event] = self.x[self.event] - mean[self.last[self.event] - 1]
        means = np.column_stack([self.met(rises * column) for column in mean.T])
        found: Numbers = own - relative[:, None] * (self.x * met[:, None] - means)
        return found + self._of_censoring(relative, rises, mean)

    def _of_censoring(self, relative: Numbers, rises: Numbers, mean: Numbers) -> Numbers:
        """What a row adds to the score by the estimate of censoring."""
        size, weight = len(self.days), relative * self.inverse
        ahead = np.searchsorted(self.times, self.days, side="left")
        later = np.append(np.cumsum((self.seen * rises)[::-1])[::-1], 0.0)[ahead]
        gone = np.append(0.0, np.bincount(self.place, weight, size).cumsum())[:-1]
        parts = []
        for column, each in zip(self.x.T, mean.T, strict=True):
            those = np.append(0.0, np.bincount(self.place, weight * column, size).cumsum())[:-1]
            means = np.append(np.cumsum((self.seen * rises * each)[::-1])[::-1], 0.0)[ahead]
            q = (those * later - gone * means) / self.watched
            compensator = np.cumsum(q * self.n_censored / self.watched)
            parts.append(np.where(self.cause == 0, q[self.place], 0.0) - compensator[self.place])
        return np.column_stack(parts)


def fine_gray_model(stop: ArrayLike, cause: ArrayLike, x: ArrayLike) -> SubdistributionModel:
    """Fit Fine and Gray's model.

    Parameters
    ----------
    stop : array_like of float, shape (rows,)
        Until which day a row was followed.
    cause : array_like of int, shape (rows,)
        1 for the event in question, 2 for one that competes, 0 for the end of follow-up.
    x : array_like of float, shape (rows, p)
        Covariates.

    Returns
    -------
    SubdistributionModel
        Coefficients and covariance.

    Raises
    ------
    ConvergenceError
        There is no largest likelihood.

    Examples
    --------
    R: ``crr(c(1, 2, 2, 3, 4, 5), c(1, 1, 2, 0, 1, 2), c(1, 0, 1, 0, 1, 0))`` gives 0.6818 (1.041).

    >>> import numpy as np
    >>> fit = fine_gray_model([1, 2, 2, 3, 4, 5], [1, 1, 2, 0, 1, 2], np.array([[1.0, 0, 1, 0, 1, 0]]).T)
    >>> round(float(fit.coefficients[0]), 4), round(float(fit.covariance()[0, 0] ** 0.5), 3)
    (0.6818, 1.041)
    """
    rows = _Weighted(stop, cause, x)
    found = maximised(rows.likelihood, rows.x)
    return SubdistributionModel(found, rows.likelihood(found)[2], rows.scores(found))
