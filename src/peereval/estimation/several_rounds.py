"""Tests of whether the rounds differ at all, on persons who answered every one: for teaching.

They leave out whoever missed a round, and say nothing of where a difference lies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from peereval.errors import DesignError
from peereval.estimation.means import NOISE

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FEWEST_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class RoundsTest:
    """A test of several rounds together.

    Parameters
    ----------
    statistic : float
        Chi-squared, or F where there are degrees of freedom of the error.
    df, df_error : float
        Degrees of freedom; not-a-number for the error of a chi-squared test.
    p_value : float
        Of the hypothesis that the rounds do not differ.
    effect : float
        Kendall's W, or generalised eta squared.
    epsilon : float
        Greenhouse and Geisser's, by which the degrees of freedom of F were multiplied.
    """

    statistic: float = np.nan
    df: float = np.nan
    df_error: float = np.nan
    p_value: float = np.nan
    effect: float = np.nan
    epsilon: float = np.nan


def friedman(answers: NDArray[np.float64]) -> RoundsTest:
    """Friedman's test on the ranks within each person, corrected for ties; of yes/no answers it is Cochran's Q.

    Parameters
    ----------
    answers : ndarray of float, shape (persons, rounds)
        Without missing values.

    Returns
    -------
    RoundsTest
        Chi-squared with Kendall's W; not-a-number where no person's answers differ.

    Raises
    ------
    DesignError
        There are fewer than two persons or three rounds.

    Examples
    --------
    R: ``friedman.test(rbind(c(1, 2, 3), c(2, 3, 1), c(1, 3, 2), c(1, 2, 3)))`` gives 3.5 and p = 0.1738.

    >>> import numpy as np
    >>> found = friedman(np.array([[1.0, 2, 3], [2, 3, 1], [1, 3, 2], [1, 2, 3]]))
    >>> found.statistic, round(found.p_value, 4), found.effect
    (3.5, 0.1738, 0.4375)
    """
    from scipy.stats import friedmanchisquare

    n, k = _checked(answers)
    if not np.ptp(answers, axis=1).any():
        return RoundsTest(df=k - 1.0)
    found = friedmanchisquare(*answers.T)
    return RoundsTest(
        float(found.statistic), k - 1.0, np.nan, float(found.pvalue), float(found.statistic) / (n * (k - 1))
    )


def cochran_q(answers: NDArray[np.float64] | NDArray[np.bool_]) -> RoundsTest:
    """Cochran's Q for yes/no answers of the same persons in several rounds.

    Parameters
    ----------
    answers : ndarray of float, shape (persons, rounds)
        0 or 1, or false and true, without missing values.

    Returns
    -------
    RoundsTest
        Chi-squared with Kendall's W; not-a-number where no person's answers differ.

    Raises
    ------
    DesignError
        There are fewer than two persons or three rounds.

    Examples
    --------
    >>> import numpy as np
    >>> found = cochran_q(np.array([[0.0, 1, 1], [0, 0, 1], [1, 1, 1], [0, 1, 1], [0, 0, 0]]))
    >>> round(found.statistic, 4), found.df, round(found.p_value, 4)
    (4.6667, 2.0, 0.097)
    """
    from statsmodels.stats.contingency_tables import cochrans_q

    n, k = _checked(answers)
    given = np.asarray(answers, np.float64)
    if not np.ptp(given, axis=1).any():
        return RoundsTest(df=k - 1.0)
    found = cochrans_q(given)
    return RoundsTest(
        float(found.statistic), k - 1.0, np.nan, float(found.pvalue), float(found.statistic) / (n * (k - 1))
    )


def repeated_measures_anova(answers: NDArray[np.float64]) -> RoundsTest:
    """Analysis of variance of one factor within persons, with Greenhouse and Geisser's degrees of freedom.

    Parameters
    ----------
    answers : ndarray of float, shape (persons, rounds)
        Without missing values.

    Returns
    -------
    RoundsTest
        F with generalised eta squared (Olejnik and Algina 2003, Psychological Methods 8:434), the sum of squares of
        rounds over all sums of squares; without a test where the rounds leave no error.

    Raises
    ------
    DesignError
        There are fewer than two persons or three rounds.

    References
    ----------
    Greenhouse & Geisser 1959, Psychometrika 24:95.

    Examples
    --------
    >>> import numpy as np
    >>> found = repeated_measures_anova(np.array([[1.0, 3, 4], [2, 2, 5], [3, 6, 6], [1, 4, 3], [2, 3, 4]]))
    >>> round(found.statistic, 3), round(found.epsilon, 3), round(found.p_value, 4), round(found.effect, 3)
    (12.667, 0.602, 0.0157, 0.508)
    """
    from scipy.stats import f

    n, k = _checked(answers)
    centre = answers - answers.mean()
    persons, rounds = centre.mean(axis=1), centre.mean(axis=0)
    between, total = n * float(rounds @ rounds), float((centre**2).sum())
    error = float(((centre - persons[:, None] - rounds) ** 2).sum())
    effect = between / total if total > 0 else np.nan
    if error <= NOISE * total:
        return RoundsTest(effect=effect)
    # the covariance of the rounds with rows and columns centred
    inside = np.cov(centre - persons[:, None], rowvar=False)
    epsilon = float(np.trace(inside) ** 2 / ((k - 1) * (inside**2).sum()))
    statistic = between * (n - 1) / error
    df, df_error = epsilon * (k - 1), epsilon * (k - 1) * (n - 1)
    return RoundsTest(statistic, df, df_error, float(f.sf(statistic, df, df_error)), effect, epsilon)


def _checked(answers: NDArray[np.float64] | NDArray[np.bool_]) -> tuple[int, int]:
    n, k = answers.shape
    if n < 2 or k < _FEWEST_ROUNDS:  # noqa: PLR2004 - one person has no spread
        msg = (
            f"{n} persons answered all of {k} rounds; the test needs two persons and {_FEWEST_ROUNDS} rounds at least."
        )
        raise DesignError(msg, hint="Compare two rounds by their pairs.")
    return n, k
