"""Regression of a series whose errors follow one another: AR(1), restricted maximum likelihood, Kenward and Roger.

The error of period t is φ times that of the period before, plus something new: errors d periods apart correlate φ^d, so a
missing period is a longer step and nothing has to be filled in. With e'R⁻¹e = Σ (eᵢ - aᵢeᵢ₋₁)² / (1 - aᵢ²), aᵢ = φ^dᵢ, the
likelihood takes time proportional to the length of the series. Coefficients and variance have closed forms, so the likelihood
is maximised over atanh φ alone.

The degrees of freedom of a contrast with variance v are 2v² / g'Wg, with g its gradient in (log σ², atanh φ) and W the inverse
of the observed information of both (Satterthwaite 1946, Biometrics Bulletin 2:110). The coefficients depend on φ, not on σ², so
what is added to their covariance for φ being estimated is twice W[φ, φ] times the covariance of their derivative in atanh φ
(Kenward and Roger 1997, Biometrics 53:983, of first order).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from peereval.errors import ConvergenceError, DesignError
from peereval.estimation.means import NOISE

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]

_GRID = np.linspace(-2.5, 2.5, 41)
"""Values of atanh φ between which the best one is looked for; φ from -0.987 to 0.987."""
_STEP = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class AutoregressiveRegression:
    """A fitted series.

    Parameters
    ----------
    coefficients : ndarray, shape (p,)
        In the order of the design's columns.
    covariance : ndarray, shape (p, p)
        Of the coefficients, as if the autocorrelation were known.
    adjusted : ndarray, shape (p, p)
        With what is added for an estimated autocorrelation; contrasts use it.
    autocorrelation : float
        φ, the correlation of errors one period apart.
    autocorrelation_limits : tuple of float
        Its 95 % limits, on the scale of atanh φ.
    sigma : float
        Standard deviation of an error with weight 1.
    log_likelihood : float
        Restricted.
    gradient : ndarray, shape (2, p, p)
        Of the covariance in (log σ², atanh φ).
    spread : ndarray, shape (2, 2)
        Covariance of (log σ², atanh φ).
    """

    coefficients: Numbers
    covariance: Numbers
    adjusted: Numbers
    autocorrelation: float
    autocorrelation_limits: tuple[float, float]
    sigma: float
    log_likelihood: float
    gradient: Numbers
    spread: Numbers

    def contrasts(self, weights: ArrayLike, *, level: float = 0.95) -> dict[str, Numbers]:
        """Give weighted sums of the coefficients.

        Parameters
        ----------
        weights : array_like of float, shape (k, p)
            One row a contrast.
        level : float
            Confidence level.

        Returns
        -------
        dict of str to ndarray, shape (k,)
            ``estimate``, ``std_error``, ``statistic``, ``df``, ``p_value``, ``conf_low`` and ``conf_high``.
        """
        from scipy.stats import t

        w = np.asarray(weights, float)
        variance = np.einsum("kp,pq,kq->k", w, self.covariance, w)
        slope = np.einsum("kp,dpq,kq->kd", w, self.gradient, w)
        df = 2 * variance**2 / np.einsum("kd,de,ke->k", slope, self.spread, slope)
        estimate, error = w @ self.coefficients, np.sqrt(np.einsum("kp,pq,kq->k", w, self.adjusted, w))
        half = t.ppf((1 + level) / 2, df) * error
        return {
            "estimate": estimate,
            "std_error": error,
            "statistic": estimate / error,
            "df": df,
            "p_value": 2 * t.sf(np.abs(estimate / error), df),
            "conf_low": estimate - half,
            "conf_high": estimate + half,
        }


class _Profile(NamedTuple):
    """What the likelihood needs at one φ: residual sum of squares, log-determinants, and the coefficients."""

    squares: float
    determinants: float
    inverse: Numbers
    coefficients: Numbers


def autoregressive_regression(
    outcome: ArrayLike, design: ArrayLike, period: ArrayLike, *, weights: ArrayLike | None = None
) -> AutoregressiveRegression:
    """Fit a series by restricted maximum likelihood with AR(1) errors.

    Parameters
    ----------
    outcome : array_like of float, shape (n,)
        Without missing values.
    design : array_like of float, shape (n, p)
        Regressors, with their intercept.
    period : array_like of int, shape (n,)
        Number of the period, rising; periods may be missing.
    weights : array_like of float, shape (n,), optional
        Precisions: the variance of an error is σ² over its weight.

    Returns
    -------
    AutoregressiveRegression
        Its contrasts are the estimates.

    Raises
    ------
    DesignError
        A column is a sum of others, or no point is left over for the error.
    ConvergenceError
        The likelihood rises up to a correlation of errors of -1 or 1, or there are no errors.

    Examples
    --------
    R: ``gls(y ~ k, correlation = corAR1(form = ~ k))`` with y = c(2, 3, 5, 4, 6, 7, 7, 9) and k = 0, …, 7 gives a slope of
    0.8918187 and φ = -0.4937155.

    >>> import numpy as np
    >>> k = np.arange(8)
    >>> fit = autoregressive_regression([2, 3, 5, 4, 6, 7, 7, 9], np.column_stack([np.ones(8), k]), k)
    >>> round(float(fit.coefficients[1]), 4), round(fit.autocorrelation, 4)
    (0.8918, -0.4937)
    """
    from scipy.optimize import minimize_scalar

    y, x, when = np.asarray(outcome, float), np.asarray(design, float), np.asarray(period, float)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, float)
    _check(x)
    rows = np.column_stack([x, y]) * np.sqrt(w)[:, None]
    gaps, left = np.diff(when), len(y) - x.shape[1]

    def loss(z: float) -> float:
        at = _profile(z, rows, gaps)
        return float(left * np.log(at.squares) + at.determinants)

    if _profile(0.0, rows, gaps).squares <= (NOISE * np.linalg.norm(rows[:, -1])) ** 2:
        msg = f"The {len(y)} points lie on the lines without any error."
        raise ConvergenceError(msg, hint="Look whether they were computed rather than observed.")
    values = [loss(z) for z in _GRID]
    best = int(np.argmin(values))
    if best in {0, len(_GRID) - 1}:
        msg = f"The likelihood of {len(y)} points rises up to a correlation of neighbouring errors of {np.sign(_GRID[best]):.0f}."
        raise ConvergenceError(
            msg, hint="The series is too short to tell a trend from a wandering error: show it as it is."
        )
    found = minimize_scalar(loss, bounds=(_GRID[best - 1], _GRID[best + 1]), method="bounded", options={"xatol": 1e-9})
    return _fitted(float(found.x), rows, gaps, float(np.log(w).sum()))


def _check(x: Numbers) -> None:
    if np.linalg.matrix_rank(x / np.maximum(np.linalg.norm(x, axis=0), np.finfo(float).tiny)) < x.shape[1]:
        msg = f"Of the {x.shape[1]} columns of the design at least one is a sum of others."
        raise DesignError(msg, hint="Leave out a break or the season.")
    if len(x) <= x.shape[1]:
        msg = f"{len(x)} points leave none over for the error of {x.shape[1]} coefficients."
        raise DesignError(msg, hint="Give a longer series, or leave out a break or the season.")


def _profile(z: float, rows: Numbers, gaps: Numbers) -> _Profile:
    """Whiten the rows of design and outcome, and solve."""
    a = np.tanh(z) ** gaps
    left = 1 - a**2
    white = np.vstack([rows[:1], (rows[1:] - a[:, None] * rows[:-1]) / np.sqrt(left)[:, None]])
    triangle: Numbers = np.linalg.qr(white)[1]
    p = rows.shape[1] - 1
    root = np.linalg.inv(triangle[:p, :p])
    determinants = np.log(left).sum() + 2 * np.log(np.abs(np.diag(triangle[:p, :p]))).sum()
    return _Profile(float(triangle[p, p] ** 2), float(determinants), root @ root.T, root @ triangle[:p, p])


def _wandering(z: float, x: Numbers, gaps: Numbers) -> Numbers:
    """Covariance of the derivative of the coefficients in atanh φ, for errors of variance 1."""
    from scipy.linalg import solve

    when: Numbers = np.append(0.0, np.cumsum(gaps))
    apart = np.abs(np.subtract.outer(when, when))

    def solver(at: float) -> Numbers:
        turned = solve(np.tanh(at) ** apart, x, assume_a="pos")
        solution: Numbers = np.linalg.solve(x.T @ turned, turned.T)
        return solution

    derivative = (solver(z + _STEP) - solver(z - _STEP)) / (2 * _STEP)
    found: Numbers = derivative @ np.tanh(z) ** apart @ derivative.T
    return found


def _fitted(z: float, rows: Numbers, gaps: Numbers, log_weights: float) -> AutoregressiveRegression:
    at, above, below = (_profile(each, rows, gaps) for each in (z, z + _STEP, z - _STEP))
    left = len(rows) - rows.shape[1] + 1
    variance = at.squares / left
    first = (above.squares - below.squares) / (2 * _STEP)
    second = (above.squares - 2 * at.squares + below.squares) / _STEP**2 / variance
    bend = (above.determinants - 2 * at.determinants + below.determinants) / _STEP**2
    cross = -first / variance
    spread = np.linalg.inv(np.array([[left, cross], [cross, second + bend]]) / 2)
    log_likelihood = -(left * (np.log(2 * np.pi * variance) + 1) + at.determinants - log_weights) / 2
    half = 1.959964 * np.sqrt(spread[1, 1])
    return AutoregressiveRegression(
        coefficients=at.coefficients,
        covariance=variance * at.inverse,
        adjusted=variance * (at.inverse + 2 * spread[1, 1] * _wandering(z, rows[:, :-1], gaps)),
        autocorrelation=float(np.tanh(z)),
        autocorrelation_limits=(float(np.tanh(z - half)), float(np.tanh(z + half))),
        sigma=float(np.sqrt(variance)),
        log_likelihood=float(log_likelihood),
        gradient=variance * np.stack([at.inverse, (above.inverse - below.inverse) / (2 * _STEP)]),
        spread=spread,
    )
