"""Counts of several studies pooled as strata: Mantel-Haenszel and Peto.

Of each study a of n persons had the event in the treatment arm and c of m in the control arm; b = n - a, d = m - c, N = n + m.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Found: TypeAlias = tuple[float, float, Floats]


def mantel_haenszel(measure: str, counts: Floats) -> Found:
    """Pool counts by the weights of Mantel and Haenszel (1959), which empty cells need no correction for.

    Parameters
    ----------
    measure : {"log_odds_ratio", "log_risk_ratio", "risk_difference"}
        What is pooled.
    counts : ndarray of float, shape (k, 4)
        Events and persons of the treatment arm, events and persons of the control arm.

    Returns
    -------
    tuple
        The pooled estimate, its standard error (odds ratio: Robins, Breslow and Greenland 1986, Biometrics 42:311; risk
        ratio: Greenland and Robins 1985, Biometrics 41:55; risk difference: Sato, Greenland and Robins 1989,
        Biometrics 45:1323), and the weight of each study. Not-a-number where an arm has no event in any study.

    Examples
    --------
    One study is its own pool: 64 of 218 against 83 of 216 has a risk ratio of 0.764.

    >>> import numpy as np
    >>> log, error, _ = mantel_haenszel("log_risk_ratio", np.array([[64.0, 218.0, 83.0, 216.0]]))
    >>> round(float(np.exp(log)), 3), round(error, 4)
    (0.764, 0.1359)
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate, variance, weights = _HAENSZEL[measure](*counts.T)
    usable = np.isfinite(estimate) and np.isfinite(variance) and variance > 0
    return (float(estimate), float(variance**0.5), weights) if usable else (np.nan, np.nan, weights)


def _odds(a: Floats, n: Floats, c: Floats, m: Floats) -> tuple[float, float, Floats]:
    b, d, total = n - a, m - c, n + m
    r, s, p, q = a * d / total, b * c / total, (a + d) / total, (b + c) / total
    up, down = r.sum(), s.sum()
    variance = (p * r).sum() / up**2 + (p * s + q * r).sum() / (up * down) + (q * s).sum() / down**2
    return np.log(up / down), variance / 2, s


def _risks(a: Floats, n: Floats, c: Floats, m: Floats) -> tuple[float, float, Floats]:
    total = n + m
    up, down = (a * m / total).sum(), (c * n / total).sum()
    variance = ((n * m * (a + c) - a * c * total) / total**2).sum() / (up * down)
    return np.log(up / down), variance, c * n / total


def _differences(a: Floats, n: Floats, c: Floats, m: Floats) -> tuple[float, float, Floats]:
    b, d, total = n - a, m - c, n + m
    weights = n * m / total
    difference = ((a * m - c * n) / total).sum() / weights.sum()
    slope = ((c * n**2 - a * m**2 + n * m * (m - n) / 2) / total**2).sum()
    level = ((a * d + b * c) / (2 * total)).sum()
    return difference, (difference * slope + level) / weights.sum() ** 2, weights


_HAENSZEL: dict[str, Callable[..., tuple[float, float, Floats]]] = {
    "log_odds_ratio": _odds,
    "log_risk_ratio": _risks,
    "risk_difference": _differences,
}
"""How each measure is pooled."""


def peto(counts: Floats) -> tuple[Floats, Floats]:
    """Give Peto's one-step log odds ratio of each study and its variance (Yusuf et al. 1985).

    Parameters
    ----------
    counts : ndarray of float, shape (k, 4)
        Events and persons of the treatment arm, events and persons of the control arm.

    Returns
    -------
    tuple of ndarray
        Observed minus expected events over V, and 1 / V, with V the hypergeometric variance; not-a-number where the
        event happened to nobody or to everybody.

    Examples
    --------
    >>> import numpy as np
    >>> log, variance = peto(np.array([[64.0, 218.0, 83.0, 216.0]]))
    >>> round(float(np.exp(log[0])), 3)
    0.668
    """
    a, n, c, m = counts.T
    total, events = n + m, a + c
    with np.errstate(divide="ignore", invalid="ignore"):
        v = n * m * events * (total - events) / (total**2 * (total - 1))
        return (a - n * events / total) / np.where(v > 0, v, np.nan), 1 / np.where(v > 0, v, np.nan)
