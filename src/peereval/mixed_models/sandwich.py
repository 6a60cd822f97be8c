"""Empirical covariance of coefficients (CR0, CR2) with Satterthwaite's degrees of freedom: one more pass over the data.

Whitened rows X̃ = V^(-1/2) X of a person meet their residuals ẽ; with H = X̃ΦX̃', the covariance is
Φ Σ X̃'A ẽẽ' A X̃ Φ, where A = I (CR0; Liang and Zeger 1986, Biometrika 73:13) or A = (I - H)^(-1/2) within the person
(CR2; Bell and McCaffrey 2002, Survey Methodology 28:169). Since A X̃ = X̃ R (I - R'X̃'X̃R)^(-1/2) R⁻¹ with Φ = RR', a
person is told by the p × p matrix X̃'X̃ and by X̃'ẽ.

CR2 has two forms, since V has many roots: both undo the bias of the residuals under the model's V. Between persons it is
the one above, as in R's mmrm. For clusters of persons it is that of Pustejovsky and Tipton (2018, JBES 36:672), as in R's
clubSandwich: the symmetric A with A (V - XΦX') A = V, which takes a decomposition of the size of the cluster.

For a contrast c the degrees of freedom are (tr G)² / tr G² with G[i, j] = δ[i, j] aᵢ - uᵢ'Φuⱼ under the model's V, where
aᵢ = c'Φ LᵢVLᵢ' Φc, uᵢ = X'Lᵢ'Φc and Lᵢ = X'V⁻¹A of cluster i. Both are sums over clusters that do not depend on c, and these
are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from peereval.errors import DesignError
from peereval.estimation.clustered import bell_mccaffrey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from peereval.mixed_models.cross_products import Patterns
    from peereval.mixed_models.likelihood import Point

    Numbers: TypeAlias = NDArray[np.floating[Any]]

Correction: TypeAlias = Literal["CR0", "CR2"]
_MOST_ROWS = 4_000
_DETERMINED = 1e-10
"""Share of a direction that a cluster leaves free, up to which it counts as determined by this cluster alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Sandwich:
    """An empirical covariance and what its degrees of freedom need.

    Parameters
    ----------
    covariance : ndarray, shape (p, p)
        Of the coefficients.
    root : ndarray, shape (p, p)
        R with Φ = RR'; the sums below are in coordinates where Φ is the identity.
    spread : ndarray, shape (p, p)
        Σ X̃'AAX̃ - Σ (X̃'AX̃)².
    squares, mixed, pairs : ndarray, shape (p², p²)
        Sums over clusters of products of X̃'AAX̃ with itself, of it with (X̃'AX̃)², and of X̃'AX̃ with itself.
    n_clusters : int
        The number of clusters.
    """

    covariance: Numbers
    root: Numbers
    spread: Numbers
    squares: Numbers
    mixed: Numbers
    pairs: Numbers
    n_clusters: int

    def degrees_of_freedom(self, contrast: Numbers) -> float:
        """Give Satterthwaite's degrees of freedom of one contrast.

        Parameters
        ----------
        contrast : ndarray, shape (p,)
            Weights of the coefficients.

        Returns
        -------
        float
            (tr G)² / tr G².
        """
        p = len(self.root)
        turned = self.root.T @ contrast
        flat = np.outer(turned, turned).ravel()
        between = np.einsum("jlkn,l,n->jk", self.pairs.reshape(p, p, p, p), turned, turned)
        trace = turned @ self.spread @ turned
        squared = flat @ (self.squares - 2 * self.mixed) @ flat + (between**2).sum()
        return float(trace**2 / squared) if squared > 0 else np.nan


def sandwich(
    columns: Numbers,
    patterns: Patterns,
    point: Point,
    clusters: NDArray[np.integer[Any]] | None,
    correction: Correction,
) -> Sandwich:
    """Visit every person once more.

    Parameters
    ----------
    columns : ndarray, shape (rows, p + 1)
        Z = [X, y].
    patterns : Patterns
        Who was observed when.
    point : Point
        The fitted model.
    clusters : ndarray of int or None, shape (rows,)
        The cluster of every row; None where every person is one.
    correction : {"CR0", "CR2"}
        The form.

    Returns
    -------
    Sandwich
        In the coordinates of `columns`.
    """
    root: Numbers = np.linalg.cholesky(point.unscaled)
    pieces = _of_persons(columns, patterns, point, root)
    if clusters is None:
        found = (_corrected(information, score, correction) for _, information, score in pieces)
        return _summed(found, root, symmetric=True)
    if correction == "CR0":
        return _summed(iter([_corrected(*_of_clusters(pieces, clusters), correction)]), root, symmetric=True)
    return _summed(_symmetric_root(columns, patterns, point, clusters, root), root, symmetric=False)


def _summed(found: Iterator[tuple[Numbers, Numbers, Numbers]], root: Numbers, *, symmetric: bool) -> Sandwich:
    """Sum what `_corrected` gives over all clusters; of symmetric matrices only one half is multiplied."""
    p = len(root)
    upper = np.triu_indices(p) if symmetric else tuple(np.indices((p, p)).reshape(2, -1))
    meat: Numbers = np.zeros((p, p))
    spread, n = np.zeros((p, p)), 0
    squares, mixed, pairs = (np.zeros((len(upper[0]),) * 2) for _ in range(3))
    for middle, outer, score in found:
        both = middle.swapaxes(1, 2) @ middle
        meat = meat + score.T @ score
        spread += (outer - both).sum(axis=0)
        flat_middle, flat_outer, flat_both = (each[:, upper[0], upper[1]] for each in (middle, outer, both))
        squares += flat_outer.T @ flat_outer
        mixed += flat_outer.T @ flat_both
        pairs += flat_middle.T @ flat_middle
        n += len(score)
    place = np.zeros((p, p), dtype=np.int64)
    if symmetric:
        place.T[upper] = np.arange(len(upper[0]))
    place[upper] = np.arange(len(upper[0]))
    every = np.ix_(place.ravel(), place.ravel())
    return Sandwich(root @ meat @ root.T, root, spread, squares[every], mixed[every], pairs[every], n)


def _of_persons(
    columns: Numbers, patterns: Patterns, point: Point, root: Numbers
) -> Iterator[tuple[NDArray[np.integer[Any]], Numbers, Numbers]]:
    """First row, X̃'X̃ and X̃'ẽ of every person, in coordinates where Φ is the identity."""
    p = len(root)
    for pattern, rows in patterns.chunks(p * p):
        seen = patterns.observed[pattern].nonzero()[0]
        whiten = np.linalg.cholesky(point.inverses[pattern][np.ix_(seen, seen)]).T
        block = columns[rows]
        residual = block[..., -1] - block[..., :-1] @ point.coefficients
        white = whiten @ (block[..., :-1] @ root)
        score = np.einsum("nap,na->np", white, residual @ whiten.T)
        yield rows[:, 0], white.swapaxes(1, 2) @ white, score


def _of_clusters(
    pieces: Iterator[tuple[NDArray[np.integer[Any]], Numbers, Numbers]], clusters: NDArray[np.integer[Any]]
) -> tuple[Numbers, Numbers]:
    """Sum the persons of each cluster."""
    n = int(clusters.max()) + 1
    information: Numbers | None = None
    score: Numbers | None = None
    for first, of_persons, scores in pieces:
        if information is None or score is None:
            information, score = np.zeros((n, *of_persons.shape[1:])), np.zeros((n, scores.shape[1]))
        np.add.at(information, clusters[first], of_persons)
        np.add.at(score, clusters[first], scores)
    if information is None or score is None:
        information, score = np.zeros((0, 0, 0)), np.zeros((0, 0))
    return information, score


def _symmetric_root(
    columns: Numbers, patterns: Patterns, point: Point, clusters: NDArray[np.integer[Any]], root: Numbers
) -> Iterator[tuple[Numbers, Numbers, Numbers]]:
    """X'AV⁻¹X, LVL' and Lẽ with L = X'V⁻¹A of each cluster, for the A of Pustejovsky and Tipton."""
    blocks = [np.linalg.inv(b[np.ix_(s, s)]) for b, s in zip(point.inverses, patterns.observed, strict=True)]
    halves = [_power(block, 0.5) for block in blocks]
    for cluster in range(int(clusters.max()) + 1):
        members = [rows[clusters[rows[:, 0]] == cluster] for rows in patterns.rows]
        size = sum(rows.size for rows in members)
        if size > _MOST_ROWS:
            msg = f"A cluster has {size} rows; CR2 decomposes a matrix of that size, and takes up to {_MOST_ROWS}."
            raise DesignError(
                msg, hint="Say standard_errors='CR0', which is as good for clusters so large if they are many."
            )
        place = np.concatenate([rows.ravel() for rows in members])
        x, y = columns[place, :-1] @ root, columns[place, -1]
        residual = y - columns[place, :-1] @ point.coefficients
        v, half = _block_diagonal(members, blocks), _block_diagonal(members, halves)
        weighted = np.linalg.solve(v, x)
        adjust = half @ _power(half @ (v - x @ x.T) @ half, -0.5) @ half
        left = weighted.T @ adjust
        yield (x.T @ adjust @ weighted)[None], (left @ v @ left.T)[None], (left @ residual)[None]


def _block_diagonal(members: list[NDArray[np.integer[Any]]], blocks: list[Numbers]) -> Numbers:
    size = sum(rows.size for rows in members)
    full, start = np.zeros((size, size)), 0
    for rows, block in zip(members, blocks, strict=True):
        place = start + np.arange(rows.size).reshape(rows.shape)
        full[place[:, :, None], place[:, None, :]] = block
        start += rows.size
    return full


def _power(matrix: Numbers, power: float) -> Numbers:
    """A power of a symmetric matrix; where the matrix is 0, so is the power."""
    values, vectors = np.linalg.eigh(matrix)
    kept = values > _DETERMINED * values[-1]
    raised: Numbers = (vectors * np.where(kept, np.where(kept, values, 1.0) ** power, 0.0)) @ vectors.T
    return raised


def _corrected(information: Numbers, score: Numbers, correction: Correction) -> tuple[Numbers, Numbers, Numbers]:
    """X̃'AX̃, X̃'AAX̃ and X̃'Aẽ."""
    if correction == "CR0":
        return information, information, score
    return bell_mccaffrey(information, score)
