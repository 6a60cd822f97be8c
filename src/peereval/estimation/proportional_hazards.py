"""Cox's model with Efron's correction for ties, on persons at risk from a start to a stop.

On each day with d events the k-th of them (k = 0, …, d - 1) is held against those at risk less k/d of those with the
event (Efron 1977, Journal of the American Statistical Association 72:557). All sums over those at risk are differences
of cumulative sums over days, so that nothing is done row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from peereval.estimation.likelihoods import clustered_covariance, maximised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]
    Places: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CoxModel:
    """A fitted model.

    Parameters
    ----------
    risk : RiskSets
        Who was at risk when.
    coefficients : ndarray, shape (p,)
        Logarithms of hazard ratios.
    """

    risk: RiskSets
    coefficients: Numbers

    @cached_property
    def _steps(self) -> _Steps:
        return self.risk.steps(self.coefficients)

    @property
    def information(self) -> Numbers:
        """Minus the second derivative of the log partial likelihood, shape (p, p)."""
        return self.risk.information(self._steps, np.ones(len(self.risk.times)))

    @property
    def log_likelihood(self) -> float:
        """The logarithm of the partial likelihood."""
        return self.risk.log_likelihood(self._steps, self.coefficients)

    def covariance(self, cluster: Places | None = None) -> Numbers:
        """Give the covariance of the coefficients.

        Parameters
        ----------
        cluster : ndarray of int, shape (rows,), optional
            The cluster of each row, from 0, for the robust covariance; without it rows are taken as independent.

        Returns
        -------
        ndarray, shape (p, p)
            Covariance.
        """
        if cluster is None:
            found: Numbers = np.linalg.inv(self.information)
            return found
        return clustered_covariance(self.information, self.risk.scores(self._steps), cluster)

    def proportionality(
        self, terms: Sequence[Sequence[int]], *, transform: Literal["km", "identity"] = "km"
    ) -> list[tuple[float, int]]:
        """Test whether hazard ratios are the same at all times: Grambsch and Therneau's score test.

        Coefficients that change with a transformed time, β + θ g(t), are held against θ = 0 (1994, Biometrika
        81:515), with the whole information matrix, as R's ``cox.zph`` since survival 3.0.

        Parameters
        ----------
        terms : sequence of sequence of int
            The places of each term's coefficients.
        transform : {"km", "identity"}
            g(t): one minus the Kaplan-Meier estimate just before t, or t.

        Returns
        -------
        list of tuple
            Chi-squared and degrees of freedom of each term, and of all coefficients at the end.
        """
        g = self.risk.before_each() if transform == "km" else self.risk.times
        # centred, so that both halves of the matrix are of one size; the test is the same
        g = g - np.average(g, weights=self.risk.n_events)
        one, two, three = (self.risk.information(self._steps, g**power) for power in range(3))
        whole, slope = np.block([[one, two], [two, three]]), self.risk.gradient(self._steps, g)
        p = len(slope)
        found = []
        for places in [*terms, range(p)]:
            kept = np.array([*range(p), *(p + place for place in places)])
            score = np.append(np.zeros(p), slope[list(places)])
            found.append((float(score @ np.linalg.solve(whole[np.ix_(kept, kept)], score)), len(places)))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """Each event held against those at risk with it: its hazard, their mean covariates, and how far it is in its tie."""

    relative: Numbers
    hazard: Numbers
    mean: Numbers
    place: Places
    part: Numbers


class RiskSets:
    """Rows at risk after a start until a stop, and the days on which one of them had the event.

    Parameters
    ----------
    start : array_like of float, shape (rows,), or None
        After which day a row is at risk; None if from the beginning.
    stop : array_like of float, shape (rows,)
        Until which day.
    event : array_like of bool, shape (rows,)
        Whether it then had the event.
    x : array_like of float, shape (rows, p)
        Covariates.
    """

    def __init__(self, start: ArrayLike | None, stop: ArrayLike, event: ArrayLike, x: ArrayLike) -> None:
        self.event = np.asarray(event, bool)
        self.x = np.asarray(x, float) - np.mean(np.asarray(x, float), axis=0)
        ends = np.asarray(stop, float)
        self.times = np.unique(ends[self.event])
        # at risk on the days from the first place to the one before the last
        self.last = np.searchsorted(self.times, ends, side="right")
        self.first = (
            np.zeros_like(self.last) if start is None else np.searchsorted(self.times, np.asarray(start), side="right")
        )
        self.own = self.last[self.event] - 1
        self.n_events = np.bincount(self.own, minlength=len(self.times))

    def _at_risk(self, weights: Numbers) -> Numbers:
        size = len(self.times) + 1
        here = np.bincount(self.last, weights, size) - np.bincount(self.first, weights, size)
        # from the end, where few are left, so that little is lost by rounding
        found: Numbers = here[::-1].cumsum()[::-1][1:]
        return found

    def _sums(self, weights: Numbers) -> tuple[Numbers, Numbers]:
        """Of those at risk, and of those with the event, on each day."""
        tied: Any = np.bincount(self.own, weights[self.event], len(self.times))
        return self._at_risk(weights), tied

    def before_each(self) -> Numbers:
        """One minus the Kaplan-Meier estimate just before each day, shape (days,)."""
        free = np.cumprod(1 - self.n_events / self._at_risk(np.ones(len(self.x))))
        return 1 - np.append(1.0, free[:-1])

    def steps(self, coefficients: Numbers) -> _Steps:
        """Hold each event against those at risk."""
        predictor = self.x @ coefficients
        # the largest is set to 1, which leaves every ratio as it is
        relative = np.exp(predictor - predictor.max())
        place = np.repeat(np.arange(len(self.times)), self.n_events)
        order = np.arange(len(place)) - np.repeat(np.cumsum(self.n_events) - self.n_events, self.n_events)
        part = order / self.n_events[place]
        total, tied = self._sums(relative)
        hazard = 1 / (total[place] - part * tied[place])
        sums = [self._sums(relative * column) for column in self.x.T]
        mean = np.column_stack([(every[place] - part * those[place]) * hazard for every, those in sums])
        return _Steps(relative, hazard, mean, place, part)

    def log_likelihood(self, steps: _Steps, coefficients: Numbers) -> float:
        """The logarithm of the partial likelihood."""
        predictor = self.x @ coefficients
        return float((predictor[self.event] - predictor.max()).sum() + np.log(steps.hazard).sum())

    def gradient(self, steps: _Steps, g: Numbers) -> Numbers:
        """Sum over events of g(t) times their covariates less those of who was at risk, shape (p,)."""
        found: Numbers = g[self.own] @ self.x[self.event] - g[steps.place] @ steps.mean
        return found

    def information(self, steps: _Steps, g: Numbers) -> Numbers:
        """Sum over events of g(t) times the covariance of covariates among those at risk, shape (p, p)."""
        weight = g[steps.place]
        met = steps.relative * self._met(steps, weight)
        found: Numbers = (self.x.T * met) @ self.x - (steps.mean.T * weight) @ steps.mean
        return found

    def scores(self, steps: _Steps) -> Numbers:
        """The score of each row, whose sums over clusters make the robust covariance; shape (rows, p)."""
        met = self._met(steps, np.ones(len(steps.place)))
        parts = []
        for mean, column in zip(steps.mean.T, self.x.T, strict=True):
            expected = steps.relative * (column * met - self._met(steps, mean))
            own = np.bincount(steps.place, mean, len(self.times)) / self.n_events
            expected[self.event] -= column[self.event] - own[self.own]
            parts.append(-expected)
        return np.column_stack(parts)

    def _met(self, steps: _Steps, weight: Numbers) -> Numbers:
        """Sum for each row of weighted hazards while it was at risk; a tied event meets only a part of its own day."""
        size = len(self.times)
        total = np.append(0.0, np.cumsum(np.bincount(steps.place, steps.hazard * weight, size)))
        found: Numbers = total[self.last] - total[self.first]
        found[self.event] -= np.bincount(steps.place, steps.hazard * weight * steps.part, size)[self.own]
        return found


def cox_model(start: ArrayLike | None, stop: ArrayLike, event: ArrayLike, x: ArrayLike) -> CoxModel:
    """Fit Cox's model with Efron's correction for ties.

    Parameters
    ----------
    start, stop, event, x
        As `RiskSets` takes them: rows at risk after `start` until `stop`, with or without the event then.

    Returns
    -------
    CoxModel
        Coefficients, covariance and the check of proportionality.

    Raises
    ------
    ConvergenceError
        There is no largest likelihood.

    Examples
    --------
    R: ``coxph(Surv(c(1, 2, 2, 3, 4, 5), c(1, 1, 1, 0, 1, 1)) ~ c(1, 0, 1, 0, 1, 0))`` gives 1.341 (1.161).

    >>> import numpy as np
    >>> fit = cox_model(None, [1, 2, 2, 3, 4, 5], [1, 1, 1, 0, 1, 1], np.array([[1.0, 0, 1, 0, 1, 0]]).T)
    >>> round(float(fit.coefficients[0]), 3), round(float(fit.covariance()[0, 0] ** 0.5), 3)
    (1.341, 1.161)
    """
    risk = RiskSets(start, stop, event, x)

    def likelihood(coefficients: Numbers) -> tuple[float, Numbers, Numbers]:
        steps, alike = risk.steps(coefficients), np.ones(len(risk.times))
        value = risk.log_likelihood(steps, coefficients)
        return value, risk.gradient(steps, alike), risk.information(steps, alike)

    return CoxModel(risk, maximised(likelihood, risk.x))
