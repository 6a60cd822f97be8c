"""Answers of persons in units, where units rather than persons are the sample.

Least squares with the CR2 covariance of Bell and McCaffrey (2002, Survey Methodology 28:169) and Satterthwaite's degrees of
freedom keep their level with six units, where other sandwiches do not. With H = XΦX' in a unit, Φ the inverse of the whole
X'X and e the residuals, the covariance is Φ Σ X'A ee' A X Φ with A = (I - H)^(-1/2). A unit enters by X'X and X'e alone: with
Φ = RR' and coordinates in which Φ is the identity, X'A = (I - X'X)^(-1/2) X'.

Satterthwaite's degrees of freedom of a contrast c are (tr G)² / tr G², with G[i, j] = δ[i, j] aᵢ - uᵢ'Φuⱼ if persons were
independent, aᵢ = c'Φ X'A A X Φc and uᵢ = X'A X Φc of unit i.

Where they fall below 4, unit means are the sample; arms by unit with fewer than 4 units an arm are permuted (rule R8).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from peereval.errors import DesignError
from peereval.estimation.means import Estimate, mean_of, with_t

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]

_MOST_EXACT = 20_000
_RESAMPLES = 9_999
_DETERMINED = 1e-10
"""Share of a direction that a unit leaves free, up to which it counts as determined by this unit alone."""


@dataclass(frozen=True, slots=True, eq=False)
class ClusteredRegression:
    """Least squares with the covariance of units.

    Parameters
    ----------
    coefficients : ndarray, shape (p,)
        In the order of the design's columns.
    covariance : ndarray, shape (p, p)
        CR2.
    root : ndarray, shape (p, p)
        R with (X'X)⁻¹ = RR'.
    corrected : ndarray, shape (units, p, p)
        X'AX of every unit, in coordinates where (X'X)⁻¹ is the identity.
    squared : ndarray, shape (units, p, p)
        X'AAX.
    scores : ndarray, shape (units, p)
        X'Ae.
    """

    coefficients: Numbers
    covariance: Numbers
    root: Numbers
    corrected: Numbers
    squared: Numbers
    scores: Numbers

    def contributions(self, weights: ArrayLike) -> Numbers:
        """Give what each unit adds to the error of a weighted sum of the coefficients.

        Parameters
        ----------
        weights : array_like of float, shape (p,)
            The weight of each coefficient.

        Returns
        -------
        ndarray of float, shape (units,)
            In the order of the units; their squares add up to the squared standard error.
        """
        found: Numbers = self.scores @ (self.root.T @ np.asarray(weights, float))
        return found

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
            With t and Satterthwaite's degrees of freedom.
        """
        w = np.asarray(weights, float)
        turned = self.root.T @ w
        u = self.corrected @ turned
        a = np.einsum("upq,p,q->u", self.squared, turned, turned)
        within = (u**2).sum(axis=1)
        trace = float((a - within).sum())
        # tr G² without the units x units matrix: the products of all uᵢ'uⱼ are those of u'u
        squares = float((a**2 - 2 * a * within).sum() + ((u.T @ u) ** 2).sum())
        variance = float(w @ self.covariance @ w)
        if not squares > 0 or not variance > 0:
            return Estimate(float(w @ self.coefficients))
        return with_t(float(w @ self.coefficients), variance**0.5, trace**2 / squares, level)


def clustered_regression(outcome: ArrayLike, design: ArrayLike, units: ArrayLike) -> ClusteredRegression:
    """Fit least squares to persons in units.

    Parameters
    ----------
    outcome : array_like of float, shape (rows,)
        Without missing values.
    design : array_like of float, shape (rows, p)
        Regressors, with their intercept.
    units : array_like, shape (rows,)
        The unit of every row.

    Returns
    -------
    ClusteredRegression
        Its contrasts are the estimates.

    Raises
    ------
    DesignError
        A column is a sum of others, or there are fewer than two units.

    Examples
    --------
    >>> import numpy as np
    >>> arm = np.repeat([0.0, 1.0], 6)
    >>> fit = clustered_regression(np.arange(12) % 5, np.column_stack([np.ones(12), arm]), np.repeat(np.arange(6), 2))
    >>> found = fit.contrast([0, 1])
    >>> round(found.estimate, 3), round(found.df, 3)
    (0.167, 4.0)
    """
    y, x = np.asarray(outcome, float), np.asarray(design, float)
    labels, codes = np.unique(np.asarray(units), return_inverse=True)
    if len(labels) < 2:  # noqa: PLR2004 - one unit has no spread between units
        msg = f"There are {len(labels)} units; a spread between units needs two at least."
        raise DesignError(msg, hint="Report this unit as it is, without an interval for such units.")
    if np.linalg.matrix_rank(x / np.maximum(np.linalg.norm(x, axis=0), np.finfo(float).tiny)) < x.shape[1]:
        msg = f"Of the {x.shape[1]} columns of the design at least one is a sum of others."
        raise DesignError(msg, hint="Leave it out.")
    # QR instead of X'X, whose condition is the square of that of X
    q, r = np.linalg.qr(x)
    root = np.linalg.inv(r)
    residual = y - q @ (q.T @ y)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(labels)))
    information = np.add.reduceat(q[order][:, :, None] * q[order][:, None, :], starts, axis=0)
    scores = np.add.reduceat(q[order] * residual[order][:, None], starts, axis=0)
    corrected, squared, adjusted = bell_mccaffrey(information, scores)
    meat = adjusted.T @ adjusted
    return ClusteredRegression(root @ (q.T @ y), root @ meat @ root.T, root, corrected, squared, adjusted)


def bell_mccaffrey(information: Numbers, scores: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Give what CR2 needs of each unit, in coordinates where the inverse of the whole X'X is the identity.

    Parameters
    ----------
    information : ndarray, shape (units, p, p)
        X'X of each unit.
    scores : ndarray, shape (units, p)
        X'e.

    Returns
    -------
    tuple of ndarray
        X'AX, X'AAX and X'Ae with A = (I - XX')^(-1/2).

    Examples
    --------
    A unit with a tenth of the information is given more weight by 1 / 0.9, as the square of what its residuals lack:

    >>> import numpy as np
    >>> middle, outer, adjusted = bell_mccaffrey(np.array([[[0.1]]]), np.array([[3.0]]))
    >>> round(float(outer[0, 0, 0]), 4), round(float(adjusted[0, 0]), 4)
    (0.1111, 3.1623)
    """
    values, vectors = np.linalg.eigh(information)
    free = 1 - values
    # a pseudo-inverse: nothing is left of a direction that the unit alone determines
    factor = np.where(free > _DETERMINED, np.maximum(free, _DETERMINED) ** -0.5, 0.0)
    turned = vectors.swapaxes(1, 2)
    middle = (vectors * (values * factor)[:, None, :]) @ turned
    outer = (vectors * (values * factor**2)[:, None, :]) @ turned
    adjusted = np.einsum("upq,uq->up", vectors, factor * np.einsum("upq,up->uq", vectors, scores))
    return middle, outer, adjusted


def unit_means(values: ArrayLike, units: ArrayLike) -> tuple[NDArray[Any], Numbers]:
    """Mean of each unit.

    Parameters
    ----------
    values : array_like of float, shape (rows,)
        Without missing values.
    units : array_like, shape (rows,)
        The unit of every row.

    Returns
    -------
    tuple of ndarray
        The units in order, and their means.

    Examples
    --------
    >>> names, means = unit_means([1.0, 3.0, 5.0], ["north", "north", "south"])
    >>> names.tolist(), means.tolist()
    (['north', 'south'], [2.0, 5.0])
    """
    labels, codes = np.unique(np.asarray(units), return_inverse=True)
    return labels, np.bincount(codes, np.asarray(values, float)) / np.bincount(codes)


def change_of_units(
    first: ArrayLike, first_units: ArrayLike, second: ArrayLike, second_units: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Mean over units of the later mean minus the earlier one: every unit counts the same, with t(G - 1).

    Parameters
    ----------
    first, second : array_like of float
        Answers of two rounds without missing values.
    first_units, second_units : array_like
        The unit of every answer. Units with answers in one round only do not count.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        G - 1 degrees of freedom for the G units that count; without uncertainty for fewer than two.

    Examples
    --------
    >>> found = change_of_units([1.0, 3, 5], ["a", "a", "b"], [4.0, 6, 9], ["a", "b", "b"])
    >>> found.estimate, found.df
    (2.25, 1.0)
    """
    (before, x), (after, y) = unit_means(first, first_units), unit_means(second, second_units)
    _, one, other = np.intersect1d(before, after, return_indices=True)
    return mean_of(y[other] - x[one], level=level)


@dataclass(frozen=True, slots=True)
class UnitPermutation:
    """A permutation test of arms by unit.

    Parameters
    ----------
    estimate : float
        Mean of the unit means of one arm minus that of the other.
    p_value : float
        Two-sided.
    lowest_p : float
        The lowest p value that so few units can give.
    n_units : int
        Units of both arms.
    """

    estimate: float
    p_value: float
    lowest_p: float
    n_units: int


def permuted_units(values: ArrayLike, units: ArrayLike, in_arm: ArrayLike, *, seed: int = 0) -> UnitPermutation:
    """Compare arms that were allotted by unit, by all other ways to allot them.

    Parameters
    ----------
    values : array_like of float, shape (rows,)
        Without missing values.
    units : array_like, shape (rows,)
        The unit of every row.
    in_arm : array_like of bool, shape (rows,)
        Whether the row's unit is in the arm that is compared with the other.
    seed : int
        Where there are more than 20,000 ways, 9,999 of them are drawn from it.

    Returns
    -------
    UnitPermutation
        The share of ways with a difference of unit means as large.

    Raises
    ------
    DesignError
        A unit is in both arms, or an arm has no unit.

    Examples
    --------
    Three units against three can be allotted in 20 ways, of which the two most extreme are as good as each other:

    >>> found = permuted_units([1.0, 2, 3, 7, 8, 9], list("abcdef"), [False, False, False, True, True, True])
    >>> found.estimate, found.p_value, found.lowest_p
    (6.0, 0.1, 0.1)
    """
    from scipy.stats import permutation_test

    means, arm = unit_means(values, units)[1], unit_means(in_arm, units)[1]
    mixed = int(((arm > 0) & (arm < 1)).sum())
    if mixed or not (arm == 1).any() or not (arm == 0).any():
        msg = (
            f"{mixed} of {len(arm)} units have persons of both arms, and {int((arm == 1).sum())} are wholly in the arm."
        )
        raise DesignError(msg, hint="A permutation of units needs arms that were allotted by unit, and both arms.")
    one, other = means[arm == 1], means[arm == 0]
    ways = comb(len(means), len(one))
    exact = ways <= _MOST_EXACT
    found = permutation_test(
        (one, other),
        lambda a, b, axis: np.abs(np.mean(a, axis=axis) - np.mean(b, axis=axis)),
        alternative="greater",
        vectorized=True,
        n_resamples=_MOST_EXACT if exact else _RESAMPLES,
        rng=np.random.default_rng(seed),
    )
    lowest = (2 if len(one) == len(other) else 1) / ways if exact else 1 / (_RESAMPLES + 1)
    return UnitPermutation(float(one.mean() - other.mean()), float(found.pvalue), lowest, len(means))
