"""Log-likelihood, gradient and Hessian of the mixed model for repeated measures, from cross-products.

With V over the rounds of a pattern, B = V⁻¹, Φ = (X'BX)⁻¹ and r = y - Xβ̂, minus twice the restricted log-likelihood is

    (N - p) log 2π + Σ log|V| + log|X'BX| + r'Br,

without the third part, and with N, for maximum likelihood (Harville 1977, JASA 72:320; Lindstrom and Bates 1988, JASA
83:1014). Its derivatives, with E = Σ (r r' + XΦX') over the persons of a pattern (without XΦX' for maximum likelihood)
and V̇ᵢ the derivative by the i-th parameter, are

    gᵢ = Σ tr[(nB - BEB) V̇ᵢ],
    Hᵢⱼ = Σ tr[(nB - BEB) V̈ᵢⱼ] + Σ tr[V̇ᵢ B V̇ⱼ (2BEB - nB)] - tr(Φ Pᵢ Φ Pⱼ) - 2 vᵢ'Φvⱼ,

with Pᵢ = X'B V̇ᵢ B X and vᵢ = X'B V̇ᵢ B r; the third part of H belongs to the restricted likelihood only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from peereval.mixed_models.covariance import Derivatives, Structure
    from peereval.mixed_models.cross_products import CrossProducts

    Numbers: TypeAlias = NDArray[np.floating[Any]]


class Point(NamedTuple):
    """The likelihood at one set of parameters.

    Parameters
    ----------
    value : float
        Minus twice the log-likelihood, without the part that does not depend on the covariance.
    inverses : ndarray, shape (patterns, m, m)
        B, 0 where a round was not observed.
    coefficients : ndarray, shape (p,)
        β̂ given the covariance.
    unscaled : ndarray, shape (p, p)
        Φ, their covariance.
    """

    value: float
    inverses: Numbers
    coefficients: Numbers
    unscaled: Numbers


class Slopes(NamedTuple):
    """Derivatives of the likelihood and of its parts.

    Parameters
    ----------
    gradient : ndarray, shape (k,)
        Of minus twice the log-likelihood.
    hessian : ndarray, shape (k, k)
        Of the same.
    information : ndarray, shape (k, p, p)
        Pᵢ = X'B V̇ᵢ B X.
    """

    gradient: Numbers
    hessian: Numbers
    information: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Likelihood:
    """The likelihood as a function of the covariance parameters; the coefficients are profiled out.

    Parameters
    ----------
    statistics : CrossProducts
        Of Z = [X, y].
    structure : Structure
        The covariance structure.
    n_groups : int
        How many groups have a covariance of their own; the parameters of the groups follow each other.
    reml : bool
        Restricted or full maximum likelihood.
    """

    statistics: CrossProducts
    structure: Structure
    n_groups: int
    reml: bool

    @property
    def n_parameters(self) -> int:
        """The number k of covariance parameters of all groups."""
        return self.structure.n_parameters * self.n_groups

    def covariances(self, parameters: Numbers) -> Numbers:
        """Give the covariance of each group, shape (groups, m, m)."""
        return np.stack([self.structure.matrix(part) for part in self._parts(parameters)])

    def derivatives(self, parameters: Numbers) -> list[Derivatives]:
        """Give the covariance of each group with its derivatives."""
        return [self.structure.derivatives(part) for part in self._parts(parameters)]

    def at(self, parameters: Numbers) -> Point | None:
        """Compute the likelihood.

        Parameters
        ----------
        parameters : ndarray, shape (k,)
            The covariance parameters.

        Returns
        -------
        Point or None
            None where a covariance is not positive definite.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            covariances = self.covariances(parameters)
        if not np.isfinite(covariances).all():
            return None
        try:
            return self._point(covariances)
        except np.linalg.LinAlgError:
            return None

    def slopes(self, parameters: Numbers, point: Point) -> Slopes:
        """Compute gradient and Hessian.

        Parameters
        ----------
        parameters : ndarray, shape (k,)
            The covariance parameters.
        point : Point
            The likelihood there.

        Returns
        -------
        Slopes
            With the parts that inference needs.
        """
        groups = self.statistics.patterns.groups
        moved = self.derivatives(parameters)
        through = self._through(point)
        each = self.structure.n_parameters
        gradient, hessian = np.zeros(self.n_parameters), np.zeros((self.n_parameters,) * 2)
        slope = self._times(point.inverses) - through
        for group, (_, first, second) in enumerate(moved):
            mine, here = groups == group, slice(group * each, (group + 1) * each)
            total = slope[mine].sum(axis=0).ravel()
            gradient[here] = first.reshape(each, -1) @ total
            left = (first[:, None] @ point.inverses[mine]).reshape(each, -1)
            right = (first[:, None] @ (through[mine] - slope[mine])).swapaxes(-1, -2).reshape(each, -1)
            hessian[here, here] = second.reshape(each, each, -1) @ total + left @ right.T
        parts = self.statistics.sandwich(self.pressed(point.inverses, moved))
        return Slopes(gradient, _symmetric(hessian - self._fixed_part(parts, point)), parts[:, :-1, :-1])

    def pressed(self, inverses: Numbers, moved: list[Derivatives]) -> Numbers:
        """Give B V̇ᵢ B of every pattern, 0 for the parameters of other groups; shape (k, patterns, m, m)."""
        each = self.structure.n_parameters
        pressed = np.zeros((self.n_parameters, *inverses.shape))
        for group, (_, first, _) in enumerate(moved):
            mine = (self.statistics.patterns.groups == group).nonzero()[0]
            pressed[group * each : (group + 1) * each, mine] = inverses[mine] @ first[:, None] @ inverses[mine]
        return pressed

    def _parts(self, parameters: Numbers) -> Numbers:
        return parameters.reshape(self.n_groups, -1)

    def _point(self, covariances: Numbers) -> Point:
        observed, groups = self.statistics.patterns.observed, self.statistics.patterns.groups
        both = observed[:, :, None] & observed[:, None, :]
        filled = np.where(both, covariances[groups], np.eye(observed.shape[1]))
        logs = 2 * np.log(np.diagonal(np.linalg.cholesky(filled), axis1=1, axis2=2)).sum(axis=1)
        inverse = np.linalg.inv(filled)
        inverses = np.where(both, (inverse + inverse.swapaxes(1, 2)) / 2, 0.0)
        totals = self.statistics.sandwich(inverses)
        root = np.linalg.cholesky(totals[:-1, :-1])
        unscaled: Numbers = np.linalg.inv(totals[:-1, :-1])
        coefficients = unscaled @ totals[:-1, -1]
        value = self.statistics.patterns.counts @ logs + totals[-1, -1] - totals[-1, :-1] @ coefficients
        if self.reml:
            value += 2 * np.log(np.diag(root)).sum()
        return Point(float(value), inverses, coefficients, unscaled)

    def _times(self, matrices: Numbers) -> Numbers:
        return self.statistics.patterns.counts[:, None, None] * matrices

    def _through(self, point: Point) -> Numbers:
        """BEB of every pattern."""
        residual = np.append(-point.coefficients, 1.0)
        weights = np.outer(residual, residual)
        if self.reml:
            weights[:-1, :-1] += point.unscaled
        through: Numbers = point.inverses @ self.statistics.moments(weights) @ point.inverses
        return through

    def _fixed_part(self, parts: Numbers, point: Point) -> Numbers:
        """What estimating the coefficients takes off the Hessian."""
        score = parts[:, :-1, -1] - parts[:, :-1, :-1] @ point.coefficients
        taken: Numbers = 2 * score @ point.unscaled @ score.T
        if self.reml:
            scaled = parts[:, :-1, :-1] @ point.unscaled
            flat = scaled.reshape(len(scaled), -1)
            taken = taken + flat @ scaled.swapaxes(1, 2).reshape(len(scaled), -1).T
        return taken


def _symmetric(matrix: Numbers) -> Numbers:
    return (matrix + matrix.T) / 2
