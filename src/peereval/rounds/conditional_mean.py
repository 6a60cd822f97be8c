"""Means and covariance of the rounds by restricted maximum likelihood, from everybody and with each person left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from peereval.mixed_models.covariance import structure
from peereval.mixed_models.cross_products import CrossProducts, Patterns, cross_products, find_patterns
from peereval.mixed_models.likelihood import Likelihood
from peereval.mixed_models.newton import maximise
from peereval.rounds.normal_draws import JointNormal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from peereval.rounds.normal_draws import Model

    Numbers: TypeAlias = NDArray[np.floating[Any]]


class RestrictedFit:
    """The mixed model with one mean a round and arm and an unstructured covariance, ready to be fitted without a person.

    Parameters
    ----------
    model : Model
        What it is fitted to.
    rounds : sequence of str
        The names of the rounds, for messages.
    """

    def __init__(self, model: Model, rounds: Sequence[str]) -> None:
        self.model, self.rounds = model, rounds
        people, places = np.nonzero(model.seen)
        self.people, outcome = people, model.scores[people, places]
        m, q = model.free.shape
        each = np.zeros((len(outcome), m, q))
        each[np.arange(len(outcome)), places] = model.design[people]
        columns = each[:, model.free]
        # orthonormal columns and least-squares residuals, which the search starts from
        turned, self.turn = np.linalg.qr(columns)
        self.start = turned.T @ outcome
        self.rows = np.column_stack([turned, outcome - turned @ self.start])
        codes = np.unique(people, return_inverse=True)[1]
        groups = np.zeros(codes.max() + 1, dtype=np.int64)
        self.statistics = cross_products(self.rows, find_patterns(codes, places, m, groups))

    def everybody(self) -> JointNormal:
        """Fit the model to all persons."""
        return self._fitted(self.statistics)

    def without_each(self) -> JointNormal:
        """Fit the model as often as there are persons, each time without one; in their order.

        Returns
        -------
        JointNormal
            One set a person; who has no score in the model leaves it as it is.
        """
        whole = self.everybody()
        found = JointNormal(*(np.repeat(part, len(self.model.scores), axis=0) for part in whole))
        for pattern, rows in enumerate(self.statistics.patterns.rows):
            for place, person in enumerate(self.people[rows[:, 0]]):
                alone = self._fitted(self._without(pattern, place))
                found.coefficients[person], found.covariance[person] = alone.coefficients[0], alone.covariance[0]
        return found

    def _without(self, pattern: int, place: int) -> CrossProducts:
        """The cross-products without one person of a pattern."""
        patterns = self.statistics.patterns
        rows = patterns.rows[pattern]
        alone = Patterns(patterns.observed[[pattern]], patterns.groups[[pattern]], (rows[[place]],))
        taken = cross_products(self.rows, alone).products
        products = self.statistics.products.copy()
        products[self.statistics.pattern == pattern] -= taken
        left = (*patterns.rows[:pattern], np.delete(rows, place, axis=0), *patterns.rows[pattern + 1 :])
        return replace(self.statistics, patterns=replace(patterns, rows=left), products=products)

    def _fitted(self, statistics: CrossProducts) -> JointNormal:
        likelihood = Likelihood(statistics, structure("unstructured", len(self.rounds)), 1, reml=True)
        optimum = maximise(likelihood, self.rounds)
        coefficients = np.zeros(self.model.free.shape)
        coefficients[self.model.free] = np.linalg.solve(self.turn, self.start + optimum.point.coefficients)
        return JointNormal(coefficients[None], likelihood.covariances(optimum.parameters))
