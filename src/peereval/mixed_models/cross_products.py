"""Cross-products per pattern of observed rounds: all that the likelihood needs to know of the persons.

With Z = [X, y], persons of one pattern share V, so Σᵢ Zᵢ' A Zᵢ = Σ A[a, b] S[a, b] for any symmetric A over the rounds,
where S[a, b] sums the products of their rows of the rounds a and b. Likelihood, gradient and Hessian are such sums;
their cost depends on the number of patterns, not of persons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]
    Places: TypeAlias = NDArray[np.integer[Any]]

_MOST_BITS = 40
"""So many rounds, and a group, fit into one whole number."""
_CHUNK = 2_000_000
"""How many numbers are gathered at a time, so that memory does not grow with the number of persons."""


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """Persons by the rounds that they were observed in.

    Parameters
    ----------
    observed : ndarray of bool, shape (patterns, m)
        The rounds of each pattern.
    groups : ndarray of int, shape (patterns,)
        The covariance group of each pattern's persons.
    rows : tuple of ndarray of int
        One array a pattern, shape (persons, rounds observed): where their rows stand.
    """

    observed: NDArray[np.bool_]
    groups: Places
    rows: tuple[Places, ...]

    @property
    def counts(self) -> Numbers:
        """How many persons each pattern has."""
        return np.array([len(rows) for rows in self.rows], dtype=np.float64)

    def chunks(self, width: int) -> Iterator[tuple[int, Places]]:
        """Give the rows of all persons in pieces, each of one pattern.

        Parameters
        ----------
        width : int
            How many numbers a row stands for.

        Yields
        ------
        tuple of int and ndarray
            The pattern, and rows of some of its persons.
        """
        for pattern, rows in enumerate(self.rows):
            size = max(1, _CHUNK // (width * rows.shape[1]))
            for start in range(0, len(rows), size):
                yield pattern, rows[start : start + size]


def find_patterns(persons: Places, rounds: Places, n_rounds: int, groups: Places) -> Patterns:
    """Complete the grid of persons and rounds, and sort the persons by the rounds that they were observed in.

    Parameters
    ----------
    persons, rounds : ndarray of int, shape (rows,)
        Codes from 0; no pair stands twice.
    n_rounds : int
        The number of rounds m.
    groups : ndarray of int, shape (persons,)
        The covariance group of every person.

    Returns
    -------
    Patterns
        In the order of group and pattern.

    Examples
    --------
    >>> import numpy as np
    >>> found = find_patterns(np.array([0, 0, 1]), np.array([0, 1, 1]), 2, np.array([0, 0]))
    >>> found.observed.tolist(), [rows.tolist() for rows in found.rows]
    ([[False, True], [True, True]], [[[2]], [[0, 1]]])
    """
    grid = np.full((len(groups), n_rounds), -1, dtype=np.int64)
    grid[persons, rounds] = np.arange(len(persons))
    there = grid >= 0
    codes = _pattern_codes(there, groups)
    order = np.argsort(codes, kind="stable")
    starts = np.unique(codes[order], return_index=True)[1]
    members = np.split(order, starts[1:])
    first = [who[0] for who in members]
    observed = there[first]
    rows = tuple(grid[who][:, seen] for who, seen in zip(members, observed, strict=True))
    return Patterns(observed, groups[first], rows)


def _pattern_codes(there: NDArray[np.bool_], groups: Places) -> Places:
    """One number a person, the same for the same group and rounds."""
    n_rounds = there.shape[1]
    if n_rounds > _MOST_BITS:
        return np.unique(np.column_stack([groups, there]), axis=0, return_inverse=True)[1].ravel()
    codes: Places = groups * 2**n_rounds + there @ (2 ** np.arange(n_rounds)[::-1])
    return codes


@dataclass(frozen=True, slots=True, eq=False)
class CrossProducts:
    """The sufficient statistics.

    Parameters
    ----------
    patterns : Patterns
        Who was observed when.
    pattern, first, second : ndarray of int, shape (pairs,)
        Pattern and rounds (first <= second) that each row of `products` belongs to.
    products : ndarray, shape (pairs, q (q + 1) / 2)
        Upper triangles of S[a, a], and of S[a, b] + S[b, a], for the q columns of Z = [X, y].
    """

    patterns: Patterns
    pattern: Places
    first: Places
    second: Places
    products: Numbers

    @property
    def width(self) -> int:
        """The number q of columns of Z."""
        return int((np.sqrt(8 * self.products.shape[1] + 1) - 1) / 2)

    def sandwich(self, matrices: Numbers) -> Numbers:
        """Sum Z' A Z over all persons.

        Parameters
        ----------
        matrices : ndarray, shape (..., patterns, m, m)
            Symmetric A of each pattern.

        Returns
        -------
        ndarray, shape (..., q, q)
            The sums.
        """
        flat = matrices[..., self.pattern, self.first, self.second] @ self.products
        q = self.width
        full = np.zeros((*flat.shape[:-1], q, q))
        upper = np.triu_indices(q)
        full[..., upper[0], upper[1]] = flat
        full[..., upper[1], upper[0]] = flat
        return full

    def moments(self, weights: Numbers) -> Numbers:
        """Sum Z G Z' over the persons of each pattern.

        Parameters
        ----------
        weights : ndarray, shape (q, q)
            Symmetric G.

        Returns
        -------
        ndarray, shape (patterns, m, m)
            The sums, 0 where a round was not observed.
        """
        upper = np.triu_indices(self.width)
        flat = self.products @ (weights[upper] * np.where(upper[0] == upper[1], 1.0, 2.0))
        flat = np.where(self.first == self.second, flat, flat / 2)
        n, m = self.patterns.observed.shape
        full = np.zeros((n, m, m))
        full[self.pattern, self.first, self.second] = flat
        full[self.pattern, self.second, self.first] = flat
        return full


def cross_products(columns: Numbers, patterns: Patterns) -> CrossProducts:
    """Visit every person once and sum the products of their rows.

    Parameters
    ----------
    columns : ndarray, shape (rows, q)
        Z = [X, y].
    patterns : Patterns
        Who was observed when.

    Returns
    -------
    CrossProducts
        The sufficient statistics.

    Examples
    --------
    >>> import numpy as np
    >>> patterns = find_patterns(np.array([0, 0, 1]), np.array([0, 1, 1]), 2, np.array([0, 0]))
    >>> found = cross_products(np.array([[1.0, 2], [1, 3], [1, 5]]), patterns)
    >>> found.sandwich(np.stack([np.eye(2)] * 2)).tolist()
    [[3.0, 10.0], [10.0, 38.0]]
    """
    q = columns.shape[1]
    sums = [np.zeros((seen.sum() * q,) * 2) for seen in patterns.observed]
    for pattern, rows in patterns.chunks(q):
        block = columns[rows].reshape(len(rows), -1)
        sums[pattern] += block.T @ block
    upper = np.triu_indices(q)
    places, products = [], []
    for pattern, total in enumerate(sums):
        seen = patterns.observed[pattern].nonzero()[0]
        a, b = np.triu_indices(len(seen))
        blocks = total.reshape(len(seen), q, len(seen), q).transpose(0, 2, 1, 3)[a, b]
        both = np.where((a == b)[:, None, None], blocks, blocks + blocks.swapaxes(1, 2))
        products.append(both[:, upper[0], upper[1]])
        places.append(np.stack([np.full(len(a), pattern), seen[a], seen[b]]))
    pattern_of, first, second = np.concatenate(places, axis=1)
    return CrossProducts(patterns, pattern_of, first, second, np.concatenate(products))
