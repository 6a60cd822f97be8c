"""Covariance structures of the rounds, with first and second derivatives.

Every structure but the unstructured one is Σ = D C D with standard deviations exp(θ) in D and a correlation matrix C
whose parameters are rho = θ / √(1 + θ²), so that θ is free; that of compound symmetry over m rounds, which must lie above
-1/(m - 1), is rho = (m / (1 + exp(-θ)) - 1) / (m - 1). The unstructured one is Σ = L L' with L = D L̃, D = exp(θ) on the
diagonal and L̃ unit lower triangular (compare Pinheiro and Bates 1996, Statistics and Computing 6:289,
doi:10.1007/BF00140873). The second-order form of Kenward and Roger depends on these parameters, nothing else does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from peereval.errors import UnknownNameError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]


class Derivatives(NamedTuple):
    """A covariance matrix and how it moves with its k parameters.

    Parameters
    ----------
    matrix : ndarray, shape (m, m)
        The covariance of m rounds.
    first : ndarray, shape (k, m, m)
        First derivatives.
    second : ndarray, shape (k, k, m, m)
        Second derivatives.
    """

    matrix: Numbers
    first: Numbers
    second: Numbers


class _Correlations(NamedTuple):
    size: Callable[[int], int]
    derivatives: Callable[[Numbers, int], Derivatives]


@dataclass(frozen=True, slots=True)
class Structure:
    """A covariance structure for a number of rounds.

    Parameters
    ----------
    name : str
        Such as ``"heterogeneous-toeplitz"``.
    n_rounds : int
        The number of rounds m.

    Examples
    --------
    >>> Structure("toeplitz", 4).n_parameters, Structure("heterogeneous-toeplitz", 4).n_parameters
    (4, 7)
    >>> Structure("unstructured", 3).n_parameters
    6
    """

    name: str
    n_rounds: int

    @property
    def heterogeneous(self) -> bool:
        """Whether every round has a variance of its own."""
        return self.name == "unstructured" or self.name.startswith("heterogeneous-")

    @property
    def family(self) -> str:
        """The name without *heterogeneous*."""
        return self.name.removeprefix("heterogeneous-")

    @property
    def ordered(self) -> bool:
        """Whether the order of the rounds matters."""
        return self.family in ("ar1", "toeplitz", "ante-dependence")

    @property
    def spaced(self) -> bool:
        """Whether rounds are taken as equally spaced."""
        return self.family in ("ar1", "toeplitz")

    @property
    def n_scales(self) -> int:
        """The number of standard deviations."""
        return self.n_rounds if self.heterogeneous else 1

    @property
    def n_parameters(self) -> int:
        """The number k of parameters."""
        m = self.n_rounds
        return m * (m + 1) // 2 if self.name == "unstructured" else self.n_scales + _FAMILIES[self.family].size(m)

    def matrix(self, parameters: Numbers) -> Numbers:
        """Give the covariance matrix.

        Parameters
        ----------
        parameters : ndarray, shape (k,)
            θ as the module describes it.

        Returns
        -------
        ndarray, shape (m, m)
            Symmetric; positive definite only where θ allows it.
        """
        if self.name == "unstructured":
            factor = _cholesky_factor(parameters, self.n_rounds)
            return factor @ factor.T
        scale = np.exp(self._loadings() @ parameters[: self.n_scales])
        rho = self._correlations(parameters)[0]
        correlation = _FAMILIES[self.family].derivatives(rho, self.n_rounds).matrix
        covariance: Numbers = np.outer(scale, scale) * correlation
        return covariance

    def derivatives(self, parameters: Numbers) -> Derivatives:
        """Give the covariance matrix with first and second derivatives.

        Parameters
        ----------
        parameters : ndarray, shape (k,)
            θ as the module describes it.

        Returns
        -------
        Derivatives
            With respect to θ.
        """
        if self.name == "unstructured":
            return _unstructured(parameters, self.n_rounds)
        return self._scaled(parameters)

    def start(self, covariance: Numbers) -> Numbers:
        """Give parameters near a covariance matrix, to start a fit from.

        Parameters
        ----------
        covariance : ndarray, shape (m, m)
            Positive definite.

        Returns
        -------
        ndarray, shape (k,)
            Its own parameters if the structure holds it; otherwise those of averaged variances and correlations.
        """
        if self.name == "unstructured":
            factor = np.linalg.cholesky(covariance)
            scale = np.diag(factor)
            low = np.tril_indices(self.n_rounds, -1)
            return np.concatenate([np.log(scale), (factor / scale[:, None])[low]])
        scale = np.sqrt(np.diag(covariance))
        logs = np.log(scale) if self.heterogeneous else np.array([np.log(np.mean(scale**2)) / 2])
        correlation = covariance / np.outer(scale, scale)
        rho = np.clip(_first_correlations(correlation, self.family), -0.3 / max(self.n_rounds - 1, 1), 0.95)
        if self.family == "compound-symmetry":
            share = ((self.n_rounds - 1) * rho + 1) / self.n_rounds
            return np.concatenate([logs, np.log(share / (1 - share))])
        return np.concatenate([logs, rho / np.sqrt(1 - rho**2)])

    def _correlations(self, parameters: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """The correlations of the structure with first and second derivative by their own parameter."""
        free = parameters[self.n_scales :]
        return _above_exchangeable(free, self.n_rounds) if self.family == "compound-symmetry" else _bounded(free)

    def _loadings(self) -> Numbers:
        return np.eye(self.n_rounds) if self.heterogeneous else np.ones((self.n_rounds, 1))

    def _scaled(self, parameters: Numbers) -> Derivatives:
        """Derivatives of D C D: a log standard deviation multiplies the entries in its row and its column."""
        n = self.n_scales
        loadings = self._loadings()
        scale = np.exp(loadings @ parameters[:n])
        outer = np.outer(scale, scale)
        rho, slope, bend = self._correlations(parameters)
        c, dc, ddc = _FAMILIES[self.family].derivatives(rho, self.n_rounds)
        dc, ddc = (
            dc * slope[:, None, None],
            ddc * np.multiply.outer(slope, slope)[:, :, None, None] + _on_diagonal(dc, bend),
        )
        times = loadings.T[:, :, None] + loadings.T[:, None, :]
        k = len(parameters)
        first, second = np.empty((k, *c.shape)), np.empty((k, k, *c.shape))
        first[:n], first[n:] = times * (outer * c), outer * dc
        second[:n, :n] = times[:, None] * times[None] * (outer * c)
        second[:n, n:] = times[:, None] * (outer * dc)[None]
        second[n:, :n] = second[:n, n:].swapaxes(0, 1)
        second[n:, n:] = outer * ddc
        return Derivatives(outer * c, first, second)


def structure(name: str, n_rounds: int) -> Structure:
    """Look up a covariance structure by its name.

    Parameters
    ----------
    name : str
        One of `STRUCTURES`.
    n_rounds : int
        The number of rounds.

    Returns
    -------
    Structure
        The structure for that many rounds.

    Raises
    ------
    UnknownNameError
        There is no such structure.

    Examples
    --------
    >>> structure("ar1", 5).n_parameters
    2
    """
    if name not in STRUCTURES:
        msg = f"There is no covariance structure {name!r}."
        raise UnknownNameError(msg, hint=nearest(name, STRUCTURES))
    return Structure(name, n_rounds)


def _bounded(theta: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Rho = θ / √(1 + θ²) with its first and second derivative."""
    root = 1 + theta**2
    return theta / np.sqrt(root), root**-1.5, -3 * theta * root**-2.5


def _above_exchangeable(theta: Numbers, m: int) -> tuple[Numbers, Numbers, Numbers]:
    """A logistic curve from -1/(m - 1) to 1 with its first and second derivative."""
    share = 1 / (1 + np.exp(-theta))
    reach = m / (m - 1)
    slope = share * (1 - share)
    return reach * share - 1 / (m - 1), reach * slope, reach * slope * (1 - 2 * share)


def _on_diagonal(blocks: Numbers, factors: Numbers) -> Numbers:
    k = len(blocks)
    out = np.zeros((k, *blocks.shape))
    out[np.arange(k), np.arange(k)] = blocks * factors[:, None, None]
    return out


def _cholesky_factor(theta: Numbers, m: int) -> Numbers:
    scale = np.exp(theta[:m])
    factor = np.eye(m)
    factor[np.tril_indices(m, -1)] = theta[m:]
    return scale[:, None] * factor


def _unstructured(theta: Numbers, m: int) -> Derivatives:
    factor = _cholesky_factor(theta, m)
    scale = np.exp(theta[:m])
    rows, columns = np.tril_indices(m, -1)
    k = len(theta)
    every, below = np.arange(m), np.arange(m, k)
    first, second = np.zeros((k, m, m)), np.zeros((k, k, m, m))
    first[every, every] = factor
    first[below, rows, columns] = scale[rows]
    second[every, every, every] = factor
    second[rows, below, rows, columns] = scale[rows]
    second[below, rows, rows, columns] = scale[rows]
    half = first @ factor.T
    cross = np.tensordot(first, first, axes=(2, 2)).swapaxes(1, 2)
    bent = second @ factor.T
    return Derivatives(
        factor @ factor.T,
        half + half.swapaxes(-1, -2),
        bent + bent.swapaxes(-1, -2) + cross + cross.swapaxes(-1, -2),
    )


def _lags(m: int) -> NDArray[np.integer[Any]]:
    return np.abs(np.subtract.outer(np.arange(m), np.arange(m)))


def _compound_symmetry(rho: Numbers, m: int) -> Derivatives:
    apart = 1.0 - np.eye(m)
    return Derivatives(np.eye(m) + rho[0] * apart, apart[None], np.zeros((1, 1, m, m)))


def _autoregressive(rho: Numbers, m: int) -> Derivatives:
    lag, r = _lags(m), rho[0]
    first = np.where(lag > 0, lag * r ** np.maximum(lag - 1, 0), 0.0)
    second = np.where(lag > 1, lag * (lag - 1) * r ** np.maximum(lag - 2, 0), 0.0)
    return Derivatives(r**lag, first[None], second[None, None])


def _toeplitz(rho: Numbers, m: int) -> Derivatives:
    lag = _lags(m)
    first = (lag == np.arange(1, m)[:, None, None]).astype(np.float64)
    return Derivatives(np.concatenate([[1.0], rho])[lag], first, np.zeros((m - 1, m - 1, m, m)))


def _ante_dependence(rho: Numbers, m: int) -> Derivatives:
    """The correlation of two rounds is the product of those of the neighbouring rounds between them."""
    step, place = np.arange(m - 1), np.arange(m)
    low, high = np.minimum.outer(place, place), np.maximum.outer(place, place)
    between = (step >= low[:, :, None]) & (step < high[:, :, None])
    factors = np.where(between, rho, 1.0)
    same = np.eye(m - 1, dtype=bool)
    inside = np.moveaxis(between, -1, 0)
    first = np.where(inside, np.where(same[:, None, None], 1.0, factors).prod(axis=-1), 0.0)
    either = same[:, None] | same[None]
    second = np.where(either[:, :, None, None], 1.0, factors).prod(axis=-1)
    both = inside[:, None] & inside[None] & ~same[:, :, None, None]
    return Derivatives(factors.prod(axis=-1), first, np.where(both, second, 0.0))


def _first_correlations(correlation: Numbers, family: str) -> Numbers:
    m = len(correlation)
    if family == "ante-dependence":
        return np.diagonal(correlation, 1).copy()
    if family == "toeplitz":
        return np.array([np.diagonal(correlation, lag).mean() for lag in range(1, m)])
    near = np.diagonal(correlation, 1) if family == "ar1" else correlation[np.tril_indices(m, -1)]
    return np.array([near.mean()])


_FAMILIES = {
    "compound-symmetry": _Correlations(lambda _: 1, _compound_symmetry),
    "ar1": _Correlations(lambda _: 1, _autoregressive),
    "toeplitz": _Correlations(lambda m: m - 1, _toeplitz),
    "ante-dependence": _Correlations(lambda m: m - 1, _ante_dependence),
}
STRUCTURES = ("unstructured", *_FAMILIES, *(f"heterogeneous-{name}" for name in _FAMILIES))
"""The names of all structures."""
