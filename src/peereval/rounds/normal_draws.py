"""Draws of means and covariance of the rounds from their posterior, by monotone data augmentation.

The joint normal distribution of the rounds is a chain of regressions: the first round on the design, each later one on
the design and the rounds before it. Where nobody has a gap before a later score, the posterior of each regression under
p(b, σ²) ∝ 1/σ² is that of least squares (Rubin 1987, Multiple Imputation for Nonresponse in Surveys, section 5.3) and is
drawn exactly. Gaps are filled by draws given the last parameters, and parameters drawn given the filled gaps, in turn
(Schafer 1997, Analysis of Incomplete Multivariate Data, section 6.5), in as many chains as draws are wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from peereval.errors import ConvergenceError, DesignError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from peereval.rounds.incomplete import IncompleteRounds

    Numbers: TypeAlias = NDArray[np.floating[Any]]
    Flags: TypeAlias = NDArray[np.bool_]

_STEPS = 30
"""Steps of each chain. Only gaps slow it down: with half of the information in gaps, 0.5 ** 30 of the start is left."""


_ROUNDING = 1e-12
"""A residual sum of squares of this share of the whole is rounding."""


class JointNormal(NamedTuple):
    """Means and covariance of the rounds within persons, k sets of them.

    Parameters
    ----------
    coefficients : ndarray, shape (k, m, q)
        Of each round's mean on the design.
    covariance : ndarray, shape (k, m, m)
        Of the rounds within persons of one design.
    """

    coefficients: Numbers
    covariance: Numbers


class Model(NamedTuple):
    """What parameters are found from.

    Parameters
    ----------
    scores : ndarray, shape (n, m)
        Scores of all persons.
    seen : ndarray of bool, shape (n, m)
        The scores that the model is fitted to: all, or those of persons in the programme.
    design : ndarray, shape (n, q)
        As in `IncompleteRounds`.
    free : ndarray of bool, shape (m, q)
        Which columns of the design each round's mean depends on.
    """

    scores: Numbers
    seen: Flags
    design: Numbers
    free: Flags


def model_of(data: IncompleteRounds, *, constrained: bool, until_left: bool) -> Model:
    """Say what the imputation model is fitted to.

    Parameters
    ----------
    data : IncompleteRounds
        Scores of one scale.
    constrained : bool
        Whether the arms have one mean in the first round, as randomised arms do.
    until_left : bool
        Whether scores after leaving the programme are set aside, since the strategy replaces their mean.

    Returns
    -------
    Model
        The parts of the model.

    Raises
    ------
    DesignError
        A round has too few scores for the regression on the design and the rounds before it.
    """
    seen = data.observed & ~data.left if until_left else data.observed
    free = np.ones((len(data.rounds), data.design.shape[1]), dtype=bool)
    if constrained and data.arms is not None:
        free[0, 1] = False
    for label, members in data.groups:
        of = "" if label is None else f" of the arm {label!r}"
        _check_counts(seen[members].sum(axis=0), np.full(len(data.rounds), 2), data.rounds, of)
    _check_counts(seen.sum(axis=0), free.sum(axis=1) + np.arange(len(data.rounds)) + 3, data.rounds, "")
    _check_pairs(seen, data.rounds)
    return Model(data.scores, seen, data.design, free)


def _check_counts(
    counts: NDArray[np.integer[Any]], needed: NDArray[np.integer[Any]], rounds: tuple[str, ...], of: str
) -> None:
    for count, least, name in zip(counts.tolist(), needed.tolist(), rounds, strict=True):
        if count < least:
            msg = f"{count} persons{of} have a score in the round {name!r} before leaving; the imputation model needs {least}."
            raise DesignError(msg, hint="Leave out covariates, or the round.")


def _check_pairs(seen: Flags, rounds: tuple[str, ...]) -> None:
    together = seen.T.astype(np.int64) @ seen
    first, second = np.unravel_index(int(together.argmin()), together.shape)
    if together[first, second] < 3:  # noqa: PLR2004 - a line through two points leaves no spread
        msg = f"{together[first, second]} persons have scores in both rounds {rounds[first]!r} and {rounds[second]!r}; the imputation model needs 3."
        raise DesignError(msg, hint="Leave one of the rounds out.")


def draw_parameters(
    model: Model, start: Callable[[], JointNormal], n_draws: int, rng: np.random.Generator
) -> JointNormal:
    """Draw parameters from their posterior, independently of each other.

    Parameters
    ----------
    model : Model
        What they are found from.
    start : callable
        Gives one set of parameters near the posterior; called where a score is missing before a later one.
    n_draws : int
        How many sets.
    rng : Generator
        Source of randomness.

    Returns
    -------
    JointNormal
        The draws.

    Raises
    ------
    ConvergenceError
        A round is a sum of the rounds before it and the design.
    """
    last = np.where(model.seen.any(axis=1), model.seen.shape[1] - 1 - model.seen[:, ::-1].argmax(axis=1), -1)
    gaps = ~model.seen & (np.arange(model.seen.shape[1]) < last[:, None])
    chain = _Chain(model, last, np.asarray(gaps.any(axis=1)))
    if not gaps.any():
        return chain.drawn(None, n_draws, rng)
    found = JointNormal(*(np.repeat(part, n_draws, axis=0) for part in start()))
    for _ in range(_STEPS):
        found = chain.drawn(chain.filled(found, rng), n_draws, rng)
    return found


def conditional(covariance: Numbers, seen: Flags, wanted: Flags) -> tuple[Numbers, Numbers]:
    """Give the regression of some rounds on others, and what it leaves.

    Parameters
    ----------
    covariance : ndarray, shape (k, m, m)
        Of the rounds.
    seen, wanted : ndarray of bool, shape (m,)
        The rounds that are known, and those that are asked for.

    Returns
    -------
    tuple of ndarray
        Slopes, shape (k, wanted, seen), and the Cholesky factor of the covariance left, shape (k, wanted, wanted).
    """
    across = covariance[:, wanted][:, :, seen]
    slopes = np.linalg.solve(covariance[:, seen][:, :, seen], across.swapaxes(1, 2)).swapaxes(1, 2)
    left = covariance[:, wanted][:, :, wanted] - slopes @ across.swapaxes(1, 2)
    return slopes, np.linalg.cholesky(left)


def patterns(seen: Flags) -> Iterator[tuple[Flags, NDArray[np.integer[Any]]]]:
    """Give each pattern of rounds seen, and the persons who have it.

    Parameters
    ----------
    seen : ndarray of bool, shape (n, m)
        Which rounds are seen of whom.

    Yields
    ------
    tuple of ndarray
        The pattern, shape (m,), and positions of persons.
    """
    found, which = np.unique(seen, axis=0, return_inverse=True)
    for place, pattern in enumerate(found):
        yield pattern, np.flatnonzero(which.ravel() == place)


class _Chain:
    """Cross-products of the persons without gaps, which never change, and the persons with gaps, which are filled."""

    def __init__(self, model: Model, last: NDArray[np.integer[Any]], gappy: Flags) -> None:
        seen = model.scores[model.seen]
        self.centre, self.scale = float(seen.mean()), float(seen.std())
        if not self.scale > 0:
            msg = f"All scores are {self.centre:g}: there is no variance to impute with."
            raise ConvergenceError(msg, hint="Look whether the right scale was named.")
        self.model, self.last, self.gappy = model, last, gappy
        self.scores = (np.where(model.seen, model.scores, self.centre) - self.centre) / self.scale
        whole = np.hstack([model.design, self.scores])
        self.whole = [_products(whole[(last >= place) & ~gappy]) for place in range(model.seen.shape[1])]

    def filled(self, found: JointNormal, rng: np.random.Generator) -> Numbers:
        """Scores of the persons with gaps, each gap drawn given the person's own scores, shape (k, persons, m)."""
        seen, last = self.model.seen[self.gappy], self.last[self.gappy]
        means = (found.coefficients @ self.model.design[self.gappy].T).swapaxes(1, 2)
        means = (means - self.centre) / self.scale
        own = self.scores[self.gappy]
        out = np.broadcast_to(own, means.shape).copy()
        covariance = found.covariance / self.scale**2
        for pattern, who in patterns(seen):
            gaps = ~pattern & (np.arange(len(pattern)) < last[who[0]])
            slopes, factor = conditional(covariance, pattern, gaps)
            apart = own[np.ix_(who, pattern)] - means[:, who][:, :, pattern]
            noise = rng.standard_normal((len(means), len(who), int(gaps.sum())))
            drawn = means[:, who][:, :, gaps] + apart @ slopes.swapaxes(1, 2) + noise @ factor.swapaxes(1, 2)
            out[:, who[:, None], np.flatnonzero(gaps)] = drawn
        return out

    def drawn(self, filled: Numbers | None, n_draws: int, rng: np.random.Generator) -> JointNormal:
        """Parameters given complete beginnings of everybody's rounds."""
        m, q = self.model.free.shape
        chain = np.zeros((n_draws, m, m)), np.zeros((n_draws, m, q)), np.zeros((n_draws, m))
        slopes, coefficients, variances = chain
        for place in range(m):
            columns = np.concatenate([np.flatnonzero(self.model.free[place]), q + np.arange(place + 1)])
            n = int((self.last >= place).sum())
            gamma, variances[:, place] = _regression(self._sums(place, filled), columns, n, n_draws, rng)
            n_free = len(columns) - 1 - place
            coefficients[:, place, columns[:n_free]] = gamma[:, :n_free]
            slopes[:, place, :place] = gamma[:, n_free:]
        through = np.linalg.inv(np.eye(m) - slopes)
        means = through @ coefficients * self.scale
        means[:, :, 0] += self.centre
        return JointNormal(means, (through * variances[:, None]) @ through.swapaxes(1, 2) * self.scale**2)

    def _sums(self, place: int, filled: Numbers | None) -> Numbers:
        fixed = self.whole[place][None]
        if filled is None:
            return fixed
        reached = self.last[self.gappy] >= place
        part = filled[:, reached]
        design = np.broadcast_to(self.model.design[self.gappy][reached], (*part.shape[:2], self.model.design.shape[1]))
        return fixed + _products(np.concatenate([design, part], axis=2))


def _products(rows: Numbers) -> Numbers:
    products: Numbers = rows.swapaxes(-1, -2) @ rows
    return products


def _regression(
    sums: Numbers, columns: NDArray[np.integer[Any]], n: int, n_draws: int, rng: np.random.Generator
) -> tuple[Numbers, Numbers]:
    """Draw coefficients and variance of a regression of the last column on the others, from their cross-products."""
    p, chosen = len(columns) - 1, sums[:, columns[:, None], columns]
    try:
        upper = np.linalg.cholesky(chosen).swapaxes(1, 2)
    except np.linalg.LinAlgError as error:
        raise _exactly_determined() from error
    if (upper[:, p, p] ** 2 <= _ROUNDING * chosen[:, p, p]).any():
        raise _exactly_determined()
    variance = upper[:, p, p] ** 2 / rng.chisquare(n - p, n_draws)
    noise = rng.standard_normal((n_draws, p)) * np.sqrt(variance)[:, None]
    return np.linalg.solve(upper[:, :p, :p], (upper[:, :p, p] + noise)[:, :, None])[:, :, 0], variance


def _exactly_determined() -> ConvergenceError:
    msg = "The scores of one round follow exactly from those of others: their joint distribution cannot be drawn from."
    return ConvergenceError(msg, hint="Look for a round that was copied into another.")
