"""Standard errors, degrees of freedom and tests of contrasts.

Kenward and Roger 1997 (Biometrics 53:983): Φ_A = Φ + 2Φ {Σ Wᵢⱼ (Qᵢⱼ - PᵢΦPⱼ - ¼Rᵢⱼ)} Φ with W the inverse of the
observed information of the covariance parameters, Pᵢ = X'BV̇ᵢBX, Qᵢⱼ = X'BV̇ᵢBV̇ⱼBX and Rᵢⱼ = X'BV̈ᵢⱼBX. The first-order
form leaves R out and does not depend on how the covariance is parametrised (Kenward and Roger 2009, CSDA 53:2583, section
4). Satterthwaite's degrees of freedom of one contrast are 2 (c'Φc)² / (g'Wg), gᵢ = c'ΦPᵢΦc (Giesbrecht and Burns 1985,
Biometrics 41:477), those of several after Fai and Cornelius 1996 (JSCS 54:363).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from peereval.mixed_models.design import independent_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from peereval.mixed_models.likelihood import Likelihood
    from peereval.mixed_models.newton import Optimum
    from peereval.mixed_models.sandwich import Sandwich

    Numbers: TypeAlias = NDArray[np.floating[Any]]

DfMethod: TypeAlias = Literal[
    "kenward-roger", "kenward-roger-second-order", "satterthwaite", "between-within", "residual", "asymptotic"
]
DF_METHODS: tuple[str, ...] = get_args(DfMethod)
"""How degrees of freedom may be found."""


class TTests(NamedTuple):
    """Contrasts, each tested by itself.

    Parameters
    ----------
    estimate, std_error, df : ndarray, shape (contrasts,)
        In the unit of the outcome; degrees of freedom may be infinite.
    """

    estimate: Numbers
    std_error: Numbers
    df: Numbers

    @property
    def p_value(self) -> Numbers:
        """Two-sided p values."""
        from scipy.stats import t

        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(2 * t.sf(np.abs(self.estimate / self.std_error), self.df), dtype=np.float64)

    def limits(self, level: float) -> tuple[Numbers, Numbers]:
        """Give confidence limits.

        Parameters
        ----------
        level : float
            Confidence level.

        Returns
        -------
        tuple of ndarray
            Lower and upper limits.
        """
        from scipy.stats import t

        half = np.asarray(t.ppf((1 + level) / 2, self.df), dtype=np.float64) * self.std_error
        return self.estimate - half, self.estimate + half


class FTest(NamedTuple):
    """Several contrasts tested together.

    Parameters
    ----------
    statistic : float
        F, scaled after Kenward and Roger where that method is used.
    df : float
        Numerator degrees of freedom: the rank of the contrasts.
    df_denominator : float
        Denominator degrees of freedom.
    p_value : float
        Upper tail of F.
    """

    statistic: float
    df: float
    df_denominator: float
    p_value: float


@dataclass(frozen=True, slots=True, eq=False)
class Inference:
    """What tests of contrasts need, in coordinates in which the columns of the design are orthonormal.

    Parameters
    ----------
    method : str
        One of `DF_METHODS`.
    coefficients : ndarray, shape (p,)
        In the formula's own columns.
    turn : ndarray, shape (p, p)
        T, from those coordinates to the formula's columns.
    unscaled : ndarray, shape (p, p)
        Φ, the model's covariance of the coefficients in those coordinates.
    adjusted : ndarray, shape (p, p)
        The covariance that standard errors are taken from.
    information : ndarray, shape (k, p, p)
        Pᵢ.
    uncertainty : ndarray, shape (k, k)
        W, the covariance of the covariance parameters.
    fixed_df : ndarray, shape (p,)
        Degrees of freedom of each coefficient for the methods that count rows; not-a-number for the others.
    sandwich : Sandwich or None
        The empirical covariance, if it is used.
    """

    method: str
    coefficients: Numbers
    turn: Numbers
    unscaled: Numbers
    adjusted: Numbers
    information: Numbers
    uncertainty: Numbers
    fixed_df: Numbers
    sandwich: Sandwich | None

    @property
    def covariance(self) -> Numbers:
        """The covariance of the coefficients from which standard errors are taken, in the formula's columns."""
        covariance: Numbers = self.turn @ self.adjusted @ self.turn.T
        return covariance

    def each(self, contrasts: Numbers) -> TTests:
        """Test each contrast by itself.

        Parameters
        ----------
        contrasts : ndarray, shape (q, p)
            Weights of the coefficients.

        Returns
        -------
        TTests
            Estimates, standard errors and degrees of freedom.
        """
        turned = contrasts @ self.turn
        variance = np.einsum("qp,pr,qr->q", turned, self.adjusted, turned)
        return TTests(contrasts @ self.coefficients, np.sqrt(variance), self._df(contrasts, turned))

    def together(self, contrasts: Numbers) -> FTest:
        """Test several contrasts together.

        Parameters
        ----------
        contrasts : ndarray, shape (q, p)
            Weights of the coefficients; rows that follow from others are left out.

        Returns
        -------
        FTest
            Empty (not-a-number) where all weights are 0.
        """
        from scipy.stats import chi2, f

        rows = _independent_rows(contrasts)
        q = len(rows)
        if not q:
            return FTest(np.nan, 0.0, np.nan, np.nan)
        turned, estimate = rows @ self.turn, rows @ self.coefficients
        statistic = float(estimate @ np.linalg.solve(turned @ self.adjusted @ turned.T, estimate)) / q
        scale, df = self._joint_df(rows, turned)
        statistic *= scale
        # the limit of F, which scipy does not know
        p = chi2.sf(q * statistic, q) if np.isinf(df) else f.sf(statistic, q, df)
        return FTest(statistic, float(q), df, float(p))

    def _df(self, contrasts: Numbers, turned: Numbers) -> Numbers:
        if self.method in ("residual", "between-within", "asymptotic"):
            used = np.where(np.abs(contrasts) > 1e-10, self.fixed_df, np.inf)  # noqa: PLR2004 - rounding
            return np.asarray(used.min(axis=1), dtype=np.float64)
        if self.sandwich is not None:
            return np.array([self.sandwich.degrees_of_freedom(row) for row in turned])
        return self._satterthwaite(turned)

    def _satterthwaite(self, turned: Numbers) -> Numbers:
        through = turned @ self.unscaled
        variance = np.einsum("qp,qp->q", through, turned)
        slopes = np.einsum("qa,iab,qb->qi", through, self.information, through)
        spread = np.einsum("qi,ij,qj->q", slopes, self.uncertainty, slopes)
        df: Numbers = np.divide(2 * variance**2, spread, out=np.full(len(turned), np.inf), where=spread > 0)
        return df

    def _joint_df(self, rows: Numbers, turned: Numbers) -> tuple[float, float]:
        """The scale of F and its denominator degrees of freedom."""
        if len(rows) == 1 or self.method in ("residual", "between-within", "asymptotic"):
            return 1.0, float(self._df(rows, turned).min())
        if self.method.startswith("kenward-roger"):
            return self._kenward_roger(turned)
        values, vectors = np.linalg.eigh(turned @ self.adjusted @ turned.T)
        apart = vectors.T[values > 1e-12 * values[-1]]
        return 1.0, fai_cornelius(self._df(apart @ rows, apart @ turned))

    def _kenward_roger(self, turned: Numbers) -> tuple[float, float]:
        through = turned @ self.unscaled
        middle = np.linalg.inv(through @ turned.T)
        parts = middle @ (through @ self.information @ through.T)
        traces = np.trace(parts, axis1=1, axis2=2)
        first = float(traces @ self.uncertainty @ traces)
        second = float(np.einsum("ij,iab,jba", self.uncertainty, parts, parts))
        return kenward_roger_scale(first, second, len(turned))


def fai_cornelius(df: Numbers) -> float:
    """Denominator degrees of freedom of an F that is the mean of independent t².

    Parameters
    ----------
    df : ndarray, shape (q,)
        Satterthwaite's degrees of freedom of each t.

    Returns
    -------
    float
        2E / (E - q) with E = Σ df / (df - 2); 2 where one of them is at most 2.

    References
    ----------
    Fai and Cornelius 1996, Journal of Statistical Computation and Simulation 54:363, doi:10.1080/00949659608811740.

    Examples
    --------
    >>> import numpy as np
    >>> fai_cornelius(np.array([10.0, 10.0]))
    10.0
    """
    if np.ptp(df) < 1e-8 or np.isinf(df).any():  # noqa: PLR2004 - equal up to the last digits
        return float(df.mean() if np.isfinite(df).all() else df.min())
    if (df <= 2).any():  # noqa: PLR2004 - t² has no mean
        return 2.0
    expected = float((df / (df - 2)).sum())
    return 2 * expected / (expected - len(df))


def kenward_roger_scale(first: float, second: float, q: int) -> tuple[float, float]:
    """Scale λ of the F statistic and its denominator degrees of freedom m.

    Parameters
    ----------
    first, second : float
        A₁ = Σ Wᵢⱼ tr(ΘΦPᵢΦ) tr(ΘΦPⱼΦ) and A₂ = Σ Wᵢⱼ tr(ΘΦPᵢΦ ΘΦPⱼΦ), with Θ = L'(LΦL')⁻¹L.
    q : int
        The rank of the contrasts L.

    Returns
    -------
    tuple of float
        λ and m.

    References
    ----------
    Kenward and Roger 1997, Biometrics 53:983, doi:10.2307/2533558.

    Examples
    --------
    For one contrast λ is 1 and m is Satterthwaite's 2 / A₂.

    >>> scale, df = kenward_roger_scale(0.1, 0.1, 1)
    >>> round(scale, 6), round(df, 6)
    (1.0, 20.0)
    """
    if second <= 0:
        return 1.0, np.inf
    if second >= q:
        return 1.0, np.nan
    b = (first + 6 * second) / (2 * q)
    g = ((q + 1) * first - (q + 4) * second) / ((q + 2) * second)
    below = 3 * q + 2 * (1 - g)
    c1, c2, c3 = g / below, (q - g) / below, (q + 2 - g) / below
    mean = 1 / (1 - second / q)
    variance = 2 / q * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
    df = 4 + (q + 2) / (q * variance / (2 * mean**2) - 1)
    return df / (mean * (df - 2)), df


def uncertainty(optimum: Optimum) -> Numbers:
    """Give W, the inverse of the observed information of the covariance parameters.

    Parameters
    ----------
    optimum : Optimum
        Where the likelihood is highest.

    Returns
    -------
    ndarray, shape (k, k)
        Twice the inverse of the Hessian of minus twice the log-likelihood.
    """
    inverse: Numbers = np.linalg.inv(optimum.slopes.hessian)
    return 2 * inverse


def kenward_roger_covariance(likelihood: Likelihood, optimum: Optimum, *, second_order: bool) -> Numbers:
    """Give Φ_A, the covariance of the coefficients that allows for the covariance parameters being estimated.

    Parameters
    ----------
    likelihood : Likelihood
        Restricted.
    optimum : Optimum
        Where it is highest.
    second_order : bool
        Whether R enters, which depends on the parameters of `peereval.mixed_models.covariance`.

    Returns
    -------
    ndarray, shape (p, p)
        In the coordinates of the likelihood.
    """
    spread, phi, inverses = uncertainty(optimum), optimum.point.unscaled, optimum.point.inverses
    information, each = optimum.slopes.information, likelihood.structure.n_parameters
    inner = np.zeros_like(inverses)
    for group, (_, first, second) in enumerate(likelihood.derivatives(optimum.parameters)):
        mine, here = likelihood.statistics.patterns.groups == group, slice(group * each, (group + 1) * each)
        weighted = np.tensordot(spread[here, here], first, axes=1)
        inner[mine] = np.einsum("iab,gbc,icd->gad", first, inverses[mine], weighted, optimize=True)
        if second_order:
            inner[mine] -= np.einsum("ij,ijab->ab", spread[here, here], second) / 4
    total = likelihood.statistics.sandwich(inverses @ inner @ inverses)[:-1, :-1]
    total -= np.einsum("iab,bc,icd->ad", information, phi, np.tensordot(spread, information, axes=1), optimize=True)
    adjusted: Numbers = phi + 2 * phi @ total @ phi
    return adjusted


def _independent_rows(contrasts: Numbers) -> Numbers:
    """The rows that do not follow from rows before them.

    They stay as they are: the degrees of freedom of Fai and Cornelius depend on the basis.
    """
    return contrasts[independent_columns(contrasts.T)] if len(contrasts) else contrasts
