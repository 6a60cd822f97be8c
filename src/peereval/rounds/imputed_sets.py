"""Imputed data sets of one scale, analysed and put together with one of two variances.

Rubin's variance is *information-anchored*: under a reference-based strategy it keeps the share of information lost as it
is under missing at random (Cro, Carpenter and Kenward 2019, Journal of the Royal Statistical Society A 182:623). The
variance over repeated samples is smaller there, since the strategy borrows from the reference arm; it comes from
conditional mean imputation with a jackknife over persons (Wolbers et al. 2022, Pharmaceutical Statistics 21:1246).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from peereval.rounds.analyses import analyse, put_together
from peereval.rounds.conditional_mean import RestrictedFit
from peereval.rounds.normal_draws import JointNormal, draw_parameters, model_of
from peereval.rounds.pooling_imputations import Pooled, pool_imputations
from peereval.rounds.reference_based import Strategy, completed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from peereval.rounds.analyses import Analyses
    from peereval.rounds.comparison import Allocation
    from peereval.rounds.incomplete import IncompleteRounds

    Numbers: TypeAlias = NDArray[np.floating[Any]]

Variance: TypeAlias = Literal["information-anchored", "repeated-sampling"]
_CHUNK = 4_000_000
"""How many numbers are imputed at a time, so that memory does not grow with the number of imputations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imputation:
    """What was asked, as the arguments of `impute_rounds`."""

    strategy: Strategy
    variance: Variance
    allocation: Allocation | None
    m: int
    seed: int

    @property
    def reference_based(self) -> bool:
        """Whether the strategy needs to know who had left the programme."""
        return bool(imputation_words()["strategy"][self.strategy]["reference_based"])

    @property
    def needs_reference(self) -> bool:
        """Whether the strategy needs a reference arm."""
        return bool(imputation_words()["strategy"][self.strategy].get("needs_reference"))


@cache
def imputation_words() -> dict[str, Any]:
    """Give what an imputation says of itself, by strategy, variance and analysis.

    Returns
    -------
    dict
        The content of ``imputation.toml``.

    Examples
    --------
    >>> list(imputation_words()["strategy"])
    ['missing-at-random', 'jump-to-reference', 'copy-increments', 'return-to-baseline']
    """
    return tomllib.loads((files("peereval.rounds") / "imputation.toml").read_text(encoding="utf-8"))


def analyses_of(data: IncompleteRounds, asked: Imputation, later: Sequence[int]) -> list[Analyses]:
    """Impute, and analyse every data set.

    Parameters
    ----------
    data : IncompleteRounds
        Scores of one scale.
    asked : Imputation
        Strategy, variance, number of imputations and seed.
    later : sequence of int
        The rounds that are compared with the first.

    Returns
    -------
    list of Analyses
        One a round; with ``"repeated-sampling"`` the first data set is that of everybody, and the others leave out
        one person each.

    Raises
    ------
    DesignError
        There are too few scores for the imputation model.
    ConvergenceError
        The rounds have no joint distribution that can be found.
    """
    randomised = asked.allocation == "randomised"
    model = model_of(data, constrained=randomised, until_left=asked.reference_based)
    fit = RestrictedFit(model, data.rounds)
    rng = np.random.default_rng(asked.seed)
    if asked.variance == "information-anchored":
        parameters = draw_parameters(model, fit.everybody, asked.m, rng)
    else:
        parameters = JointNormal(
            *(np.concatenate(both) for both in zip(fit.everybody(), fit.without_each(), strict=True))
        )
    parts: list[list[Analyses]] = [[] for _ in later]
    for lot in _lots(len(parameters.covariance), data.scores.size):
        noise = left_out = None
        if asked.variance == "information-anchored":
            noise = rng.standard_normal((lot.stop - lot.start, *data.scores.shape))
        some = JointNormal(parameters.coefficients[lot], parameters.covariance[lot])
        if asked.variance == "repeated-sampling":
            left_out = np.arange(lot.start, lot.stop) - 1
        complete = completed(some, data, asked.strategy, noise)
        for found, place in zip(parts, later, strict=True):
            found.append(analyse(complete, data, place, adjusted=randomised, left_out=left_out))
    return [put_together(found) for found in parts]


def pooled(analyses: Analyses, asked: Imputation, deltas: Numbers) -> Pooled:
    """Put the analyses together, with what is imputed shifted by each delta.

    Parameters
    ----------
    analyses : Analyses
        Of one round.
    asked : Imputation
        Which variance.
    deltas : ndarray, shape (deltas,)
        Shifts in the unit of the scale.

    Returns
    -------
    Pooled
        One value a delta. The jackknife has a normal reference distribution, and neither a fraction of missing
        information nor a Monte Carlo error.
    """
    estimates = analyses.estimates(deltas)
    if asked.variance == "information-anchored":
        return pool_imputations(estimates, analyses.variances(deltas), df_complete=analyses.df)
    alone = estimates[:, 1:]
    n = alone.shape[1]
    spread = np.sqrt((n - 1) * alone.var(axis=1))
    return Pooled(estimates[:, 0], spread, np.full(len(deltas), np.inf), *np.full((2, len(deltas)), np.nan))


def _lots(n_sets: int, size: int) -> Iterator[slice]:
    step = max(1, _CHUNK // size)
    for start in range(0, n_sets, step):
        yield slice(start, min(start + step, n_sets))
