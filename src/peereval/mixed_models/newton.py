"""Newton's method for the covariance parameters, with starts to fall back on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from peereval.errors import ConvergenceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from peereval.mixed_models.cross_products import CrossProducts
    from peereval.mixed_models.likelihood import Likelihood, Point, Slopes

    Numbers: TypeAlias = NDArray[np.floating[Any]]

_MOST_STEPS = 100
_MOST_HALVINGS = 40
_LONGEST_STEP = 2.0
"""In any parameter, all of which are logarithms or of the order of 1."""
_CLOSE = 1e-9
"""Newton decrement from which one more step ends the search: the error left is of its square."""
_SINGULAR, _NEARLY = 1e-8, 1e-3
"""Smallest eigenvalue of a correlation matrix from which rounds count as perfectly correlated, at once or when the search has
not ended: the valley towards a singular covariance is narrow and bent."""


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """Where the likelihood is highest.

    Parameters
    ----------
    parameters : ndarray, shape (k,)
        The covariance parameters.
    point : Point
        The likelihood there.
    slopes : Slopes
        Its derivatives there.
    n_steps : int
        How many steps of Newton's method led there.
    start : str
        Which start they set out from.
    """

    parameters: Numbers
    point: Point
    slopes: Slopes
    n_steps: int
    start: str


def maximise(likelihood: Likelihood, rounds: Sequence[str]) -> Optimum:
    """Find the covariance parameters with the highest likelihood.

    Parameters
    ----------
    likelihood : Likelihood
        What is maximised.
    rounds : sequence of str
        The names of the rounds, for messages.

    Returns
    -------
    Optimum
        A stationary point with a positive definite Hessian.

    Raises
    ------
    ConvergenceError
        No start led to one: rounds are perfectly correlated, persons are too few, or the structure does not fit.
    """
    singular: Numbers | None = None
    for name, start in starts(likelihood):
        found = _climb(likelihood, start, name)
        if isinstance(found, Optimum):
            return found
        singular = found if singular is None else singular
        if singular is not None and likelihood.structure.name == "unstructured":
            # it holds every covariance, so no other start leads elsewhere
            break
    if singular is not None:
        raise _perfectly_correlated(singular, likelihood, rounds)
    msg = f"The likelihood of the covariance {likelihood.structure.name!r} has no maximum that Newton's method finds."
    raise ConvergenceError(msg, hint="Ask for a covariance with fewer parameters, such as 'heterogeneous-toeplitz'.")


def starts(likelihood: Likelihood) -> Iterator[tuple[str, Numbers]]:
    """Give parameters to start from, the most promising first.

    Parameters
    ----------
    likelihood : Likelihood
        What is maximised.

    Yields
    ------
    tuple of str and ndarray
        A name, and parameters of shape (k,).
    """
    moments = residual_moments(likelihood.statistics, likelihood.n_groups)
    spread = [np.diag(np.diag(each)) for each in moments]
    for name, matrices in (("moments", moments), ("independence", spread), ("exchangeable", _exchangeable(spread))):
        yield name, np.concatenate([likelihood.structure.start(each) for each in matrices])


def residual_moments(statistics: CrossProducts, n_groups: int) -> list[Numbers]:
    """Covariances of the least-squares residuals, each from the persons observed in both rounds.

    Parameters
    ----------
    statistics : CrossProducts
        Of Z = [X, y], where y holds least-squares residuals.
    n_groups : int
        How many groups have a covariance of their own.

    Returns
    -------
    list of ndarray, shape (m, m)
        Positive definite: correlations are drawn towards 0 where need be.
    """
    only_y = np.zeros((statistics.width,) * 2)
    only_y[-1, -1] = 1.0
    sums, patterns = statistics.moments(only_y), statistics.patterns
    both = (patterns.observed[:, :, None] & patterns.observed[:, None, :]) * patterns.counts[:, None, None]
    overall = np.trace(sums.sum(axis=0)) / np.trace(both.sum(axis=0))
    return [
        _mended(sums[mine].sum(axis=0), both[mine].sum(axis=0), overall) for mine in _members(patterns.groups, n_groups)
    ]


def _members(groups: NDArray[np.integer[Any]], n_groups: int) -> list[NDArray[np.bool_]]:
    return [groups == group for group in range(n_groups)]


def _mended(sums: Numbers, counts: Numbers, overall: float) -> Numbers:
    covariance = np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)
    variances = np.diag(covariance)
    scale = np.sqrt(np.where(variances > overall * 1e-6, variances, overall))
    correlation = covariance / np.outer(scale, scale)
    np.fill_diagonal(correlation, 1.0)
    for share in (0.0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75):
        drawn = (1 - share) * correlation + share * np.eye(len(correlation))
        if np.linalg.eigvalsh(drawn)[0] > 1e-5 * (1 + 1e3 * share):
            found: Numbers = drawn * np.outer(scale, scale)
            return found
    return np.diag(scale**2)


def _exchangeable(spread: Sequence[Numbers]) -> list[Numbers]:
    found: list[Numbers] = []
    for each in spread:
        scale = np.sqrt(np.diag(each))
        found.append(np.outer(scale, scale) * (0.5 + 0.5 * np.eye(len(each))))
    return found


def _climb(likelihood: Likelihood, start: Numbers, name: str) -> Optimum | Numbers | None:
    """Newton's method from one start: the optimum, a singular covariance that it ran into, or None."""
    here, point = start, likelihood.at(start)
    if point is None:
        return None
    for step in range(_MOST_STEPS):
        slopes = likelihood.slopes(here, point)
        direction, decrement, convex = _direction(slopes)
        if decrement < _CLOSE and convex:
            return _polished(likelihood, Optimum(here, point, slopes, step, name), direction)
        moved = _line_search(likelihood, here, point, direction, decrement)
        if moved is None:
            break
        here, point = moved
        singular = _singular(likelihood, here, _SINGULAR)
        if singular is not None:
            return singular
    return _singular(likelihood, here, _NEARLY)


def _direction(slopes: Slopes) -> tuple[Numbers, float, bool]:
    values, vectors = np.linalg.eigh(slopes.hessian)
    bent = np.maximum(np.abs(values), 1e-6 * np.abs(values).max() + 1e-300)
    direction = -vectors @ ((vectors.T @ slopes.gradient) / bent)
    convex = bool(values[0] > 1e-8 * values[-1])
    return direction, float(-slopes.gradient @ direction), convex


def _line_search(
    likelihood: Likelihood, here: Numbers, point: Point, direction: Numbers, decrement: float
) -> tuple[Numbers, Point] | None:
    length = min(1.0, _LONGEST_STEP / max(float(np.abs(direction).max()), 1e-300))
    noise = 1e-13 * abs(point.value)
    for _ in range(_MOST_HALVINGS):
        there = here + length * direction
        found = likelihood.at(there)
        if found is not None and found.value <= point.value - 1e-4 * length * decrement + noise:
            return there, found
        length /= 2
    return None


def _polished(likelihood: Likelihood, found: Optimum, direction: Numbers) -> Optimum:
    """Take the last, full step, whose error is the square of a small number."""
    here = found.parameters + direction
    point = likelihood.at(here)
    if point is None:
        return found
    return Optimum(here, point, likelihood.slopes(here, point), found.n_steps + 1, found.start)


def _singular(likelihood: Likelihood, parameters: Numbers, limit: float) -> Numbers | None:
    """The correlation of the first group whose correlation matrix has become singular."""
    for covariance in likelihood.covariances(parameters):
        scale = np.sqrt(np.diag(covariance))
        correlation: Numbers = covariance / np.outer(scale, scale)
        if np.linalg.eigvalsh(correlation)[0] < limit:
            return correlation
    return None


def _perfectly_correlated(correlation: Numbers, likelihood: Likelihood, rounds: Sequence[str]) -> ConvergenceError:
    counts = likelihood.statistics.patterns.counts
    low = np.tril_indices(len(correlation), -1)
    place = int(np.abs(correlation[low]).argmax())
    a, b, r = rounds[low[1][place]], rounds[low[0][place]], correlation[low][place]
    pair = f"the rounds {a!r} and {b!r} are perfectly correlated" if abs(r) > 1 - _NEARLY else (
        "a round is perfectly determined by the others"
    )  # fmt: skip
    msg = (
        f"The likelihood has no maximum: given the fixed effects, {pair} among {counts.sum():.0f} persons "
        f"with {len(correlation)} rounds."
    )
    hint = (
        "Look whether a round was copied into another one; with few persons ask for a covariance with fewer parameters, "
        "such as 'compound-symmetry'."
    )
    return ConvergenceError(msg, hint=hint)
