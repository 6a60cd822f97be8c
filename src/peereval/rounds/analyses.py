"""The analysis of each imputed data set: change since the first round, or the difference between arms in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from peereval.rounds.incomplete import IncompleteRounds

    Numbers: TypeAlias = NDArray[np.floating[Any]]
    Places: TypeAlias = NDArray[np.integer[Any]]


class Analyses(NamedTuple):
    """Least squares in each of k data sets, for the outcome and for the shift that a delta adds to it.

    With the outcome y and the flags d of what is shifted, y + δd has the estimate b₀ + δb₁ and the residual sum of squares
    s₀₀ + 2δs₀₁ + δ²s₁₁, so that one pass serves every δ.

    Parameters
    ----------
    coefficients : ndarray, shape (k, 2)
        b, the coefficient that is asked for.
    residual : ndarray, shape (k, 2, 2)
        s, sums of squares and products of the residuals.
    scale : ndarray, shape (k,)
        The factor of the residual variance in the variance of b.
    df : float
        Persons minus coefficients.
    """

    coefficients: Numbers
    residual: Numbers
    scale: Numbers
    df: float

    def estimates(self, deltas: Numbers) -> Numbers:
        """Give the estimates, shape (deltas, k)."""
        found: Numbers = self.coefficients[:, 0] + deltas[:, None] * self.coefficients[:, 1]
        return found

    def variances(self, deltas: Numbers) -> Numbers:
        """Give their squared standard errors, shape (deltas, k)."""
        delta, s = deltas[:, None], self.residual
        found: Numbers = self.scale * (s[:, 0, 0] + 2 * delta * s[:, 0, 1] + delta**2 * s[:, 1, 1]) / self.df
        return found


def analyse(
    complete: Numbers, data: IncompleteRounds, later: int, *, adjusted: bool, left_out: Places | None = None
) -> Analyses:
    """Analyse imputed data sets.

    Parameters
    ----------
    complete : ndarray, shape (k, n, m)
        Observed and imputed scores.
    data : IncompleteRounds
        Arms and covariates, and what was missing: imputed scores of the later round are shifted in the arm that is
        compared with the reference arm, or in the only arm.
    later : int
        The round that is compared with the first.
    adjusted : bool
        With two arms: analysis of covariance, with the first round as a covariate, instead of a difference in change.
    left_out : ndarray of int, shape (k,), optional
        A person of each data set who does not count; -1 where everybody does.

    Returns
    -------
    Analyses
        The change of one arm, or the difference between two.
    """
    start, end = complete[:, :, 0], complete[:, :, later]
    shifted = (~data.observed[:, later] & data.other).astype(np.float64)
    design = np.ones((len(data.scores), 1)) if data.arms is None else data.design
    parts = [np.broadcast_to(part, (len(complete), *part.shape)) for part in (design, shifted[:, None])]
    baseline = [(start - start.mean())[:, :, None]] if adjusted and data.arms is not None else []
    rows = np.concatenate([parts[0], *baseline, (end - start)[:, :, None], parts[1]], axis=2)
    if left_out is not None:
        sets = np.flatnonzero(left_out >= 0)
        rows[sets, left_out[sets]] = 0.0
    p = rows.shape[2] - 2
    products = rows.swapaxes(1, 2) @ rows
    inverse = np.linalg.inv(products[:, :p, :p])
    coefficients = inverse @ products[:, :p, p:]
    residual = products[:, p:, p:] - products[:, p:, :p] @ coefficients
    asked = 0 if data.arms is None else 1
    return Analyses(coefficients[:, asked], residual, inverse[:, asked, asked], float(len(data.scores) - p))


def put_together(parts: list[Analyses]) -> Analyses:
    """Put the analyses of several lots of data sets one after another.

    Parameters
    ----------
    parts : list of Analyses
        Of the same data and round.

    Returns
    -------
    Analyses
        All of them.
    """
    coefficients, residual, scale = (np.concatenate(each) for each in list(zip(*parts, strict=True))[:3])
    return Analyses(coefficients, residual, scale, parts[0].df)
