"""Omega: how much of a score's variance its factors explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Items: TypeAlias = NDArray[np.float64]

GROUPS = 3
"""Group factors beside the general one in omega hierarchical."""

_LEAST_UNIQUE = 0.005
"""Lower bound of an item's unique variance, as in R's factanal."""

_SINGULAR = 1e-10
_FLAT = 1e-4

FEWEST_TOTAL = 3
FEWEST_HIERARCHICAL = 6
"""Items that one factor, and three, need to be identified."""


COINCIDES = "a group factor coincides with the general one"


class Omega(NamedTuple):
    """An omega, and why there is none or what to know of it."""

    estimate: float
    why: str = ""


def omega_total(items: Items) -> Omega:
    """Omega total of a scale's sum: a maximum-likelihood model with one factor.

    Parameters
    ----------
    items : ndarray of float
        Turned answers without missing values, one row a person, one column an item.

    Returns
    -------
    Omega
        Not-a-number, with the reason, for fewer than three items, no more persons than items, an item that does not
        vary, or a model that does not converge.

    References
    ----------
    McDonald 1999, Test theory: a unified treatment, chapter 6.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> answers = rng.normal(size=(500, 1)) + rng.normal(size=(500, 4))
    >>> round(omega_total(answers).estimate, 1)
    0.8
    """
    loadings, why = _loadings(items, 1, FEWEST_TOTAL)
    if loadings is None:
        return Omega(np.nan, why)
    spread = items.std(axis=0, ddof=1)
    common = float((loadings[:, 0] * spread).sum()) ** 2
    unique = float(((1 - loadings[:, 0] ** 2) * spread**2).sum())
    return Omega(common / (common + unique))


def omega_hierarchical(items: Items) -> Omega:
    """Omega hierarchical of a scale's sum: the part of its variance that one general factor explains.

    Three maximum-likelihood factors, rotated by oblimin, are turned into a general factor and three group factors
    after Schmid and Leiman. The general factor is the maximum-likelihood factor of the correlations between the three,
    with the same least unique variance as the items have: in a scale of one dimension a group factor often coincides
    with the general one, and `why` says so.

    Parameters
    ----------
    items : ndarray of float
        Turned answers without missing values, one row a person, one column an item.

    Returns
    -------
    Omega
        Not-a-number, with the reason, for fewer than six items, as in `omega_total`, or where two of the three factors
        are unrelated or opposed.

    References
    ----------
    Zinbarg, Revelle, Yovel & Li 2005, Psychometrika 70:123, doi:10.1007/s11336-003-0974-7.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> general, groups = rng.normal(size=(500, 1)), np.repeat(rng.normal(size=(500, 3)), 4, axis=1)
    >>> answers = 0.6 * general + 0.5 * groups + 0.6 * rng.normal(size=(500, 12))
    >>> round(omega_hierarchical(answers).estimate, 1)
    0.7
    """
    loadings, why = _loadings(items, GROUPS, FEWEST_HIERARCHICAL)
    if loadings is None:
        return Omega(np.nan, why)
    general, why = _general(loadings)
    if general is None:
        return Omega(np.nan, why)
    spread = items.std(axis=0, ddof=1)
    return Omega(float((general * spread).sum()) ** 2 / float(np.cov(items, rowvar=False).sum()), why)


def _loadings(items: Items, factors: int, fewest: int) -> tuple[Items | None, str]:
    """Loadings of a maximum-likelihood model, or None and why there are none."""
    persons, k = items.shape
    if k < fewest:
        return None, f"fewer than {fewest} items"
    if persons <= k:
        return None, "no more persons than items"
    if (items.std(axis=0) == 0).any():
        return None, "an item does not vary"
    correlations: Items = np.corrcoef(items, rowvar=False)  # type: ignore[assignment]
    if np.linalg.eigvalsh(correlations)[0] < _SINGULAR:
        return None, "an item is the sum of others"
    loadings = _maximum_likelihood(correlations, factors)
    return loadings, "" if loadings is not None else "the factor model does not converge"


def _maximum_likelihood(correlations: Items, factors: int) -> Items | None:
    """Loadings after Joereskog: the likelihood as a function of the unique variances alone.

    statsmodels' estimator starts at random and lets unique variances run to 0, so the same data give different omegas.
    """
    from scipy.optimize import minimize

    def fit(unique: Items) -> tuple[float, Items]:
        values, loadings = _given(unique, correlations, factors)
        rest = values[:-factors]
        gap = np.diag(loadings @ loadings.T) + unique - 1
        return float((rest - np.log(rest) - 1).sum()), gap / unique**2

    start = (1 - 0.5 * factors / len(correlations)) / np.diag(np.linalg.inv(correlations))
    bounds = [(_LEAST_UNIQUE, 1.0)] * len(correlations)
    found = minimize(fit, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-13, "gtol": 1e-8})
    inside = (found.x > _LEAST_UNIQUE) & (found.x < 1)
    # the line search gives up at the last bits of the likelihood: what counts is that the slope is flat there
    flat = np.abs(np.where(inside, found.jac, 0)).max() < _FLAT
    return _given(found.x, correlations, factors)[1] if flat else None


def _given(unique: Items, correlations: Items, factors: int) -> tuple[Items, Items]:
    """All eigenvalues of the scaled correlations, ascending, and the loadings, for given unique variances."""
    root = np.sqrt(unique)
    values, vectors = np.linalg.eigh(correlations / np.outer(root, root))
    size = np.sqrt(np.maximum(values[-factors:] - 1, 0))
    loadings: Items = root[:, None] * vectors[:, -factors:] * size
    return values, loadings


def _general(loadings: Items) -> tuple[Items | None, str]:
    """Loadings on the general factor: those on the rotated factors times what these have in common."""
    from statsmodels.multivariate.factor_rotation import rotate_factors

    # from unrotated loadings oblimin often ends in a minimum that is not the lowest
    upright, _ = rotate_factors(loadings, "varimax")
    rotated, turning = rotate_factors(upright, "oblimin", 0.0, "oblique")
    signs = np.where(rotated.sum(axis=0) < 0, -1.0, 1.0)
    together = (turning.T @ turning) * np.outer(signs, signs)
    if together.min() <= 0:
        return None, "the three factors have no general one"
    common = _maximum_likelihood(together, 1)
    if common is None:
        return None, "the factor model does not converge"
    sizes = np.abs(common[:, 0])
    coincides = sizes.max() ** 2 > 1 - _LEAST_UNIQUE - _FLAT
    general: Items = (rotated * signs) @ sizes
    return general, COINCIDES if coincides else ""
