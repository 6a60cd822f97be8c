"""Power of a mixed model for repeated measures where persons leave: from the information of each pattern, or by simulation.

Persons of an arm who leave after k rounds are a share p_k of it and carry the information E_k' Σ_k⁻¹ E_k about the arm's means,
E_k taking the first k rounds and Σ_k being their covariance. With X the columns of an arm, the coefficients have the covariance

    (n Σ_arms X' (Σ_k p_k E_k' Σ_k⁻¹ E_k) X)⁻¹

(Lu, Luo & Chen 2008, International Journal of Biostatistics 4:9, for unstructured means and covariance).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
import pandas as pd

from peereval.errors import InvalidValueError, nearest
from peereval.estimation.proportions import wilson_interval
from peereval.rounds.planning import check_numbers, check_one, plan, power_of_t, wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from peereval.results import Result

    Numbers = NDArray[np.floating[Any]]

Baseline: TypeAlias = Literal["constrained", "response"]


class _Trial(NamedTuple):
    """What is assumed of two arms; the first of `retained` is the arm that differs."""

    covariance: Numbers
    retained: tuple[Numbers, Numbers]
    baseline: str
    difference: float
    level: float


def power_of_mmrm(
    *,
    difference: float,
    sd: ArrayLike,
    correlation: ArrayLike,
    retention: Sequence[float],
    reference_retention: Sequence[float] | None = None,
    baseline: Baseline = "constrained",
    n_per_arm: int | None = None,
    power: float | None = None,
    runs: int = 0,
    seed: int = 0,
    level: float = 0.95,
) -> Result:
    """Plan two arms over several rounds with dropout, analysed by a mixed model for repeated measures.

    Parameters
    ----------
    difference : float
        Expected between the arms in the change from the first to the last round, in points.
    sd : float or sequence of float
        Standard deviation of the scores, of all rounds or of each, in points.
    correlation : float or matrix
        Between any two rounds, or of each pair of them.
    retention : sequence of float
        Share of an arm that answers each round, from 1 at the first and never rising; who leaves does not come back.
    reference_retention : sequence of float, optional
        The same of the reference arm, where it differs.
    baseline : {"constrained", "response"}
        One mean for both arms at the first round (randomised arms), or one each.
    n_per_arm : int, optional
        Persons in each arm at the start: the power is computed.
    power : float, optional
        Wished power: the persons needed are computed.
    runs : int
        Simulated studies, each fitted with `peereval.mmrm`, that check the formula.
    seed : int
        Seed of the simulation.
    level : float
        Confidence level; the test is two-sided.

    Returns
    -------
    Result
        Rows with ``measure`` ``persons_per_arm``, ``std_error`` (of the estimated difference, in points), ``power`` and, with
        `runs`, ``simulated_power`` with Wilson's interval.

    Raises
    ------
    InvalidValueError
        A number is impossible, the rounds do not fit together, or not exactly one of `n_per_arm` and `power` is given.
    ConvergenceError
        A simulated study is too small for its model.

    Notes
    -----
    The covariance is taken as unstructured and known, and dropout as missing at random. The test is Student's, its degrees of
    freedom being the persons expected at the last round in both arms, less two; the simulation tells how far that carries.

    Examples
    --------
    >>> import peereval as pe
    >>> found = pe.power_of_mmrm(
    ...     difference=5, sd=10, correlation=0.6, retention=[1, 0.85, 0.7], power=0.8
    ... ).estimates
    >>> found[["measure", "estimate"]].round(3)
               measure  estimate
    0  persons_per_arm    58.000
    1        std_error     1.753
    2            power     0.804
    """
    trial = _trial(difference, sd, correlation, (retention, reference_retention), baseline, level)
    check_one("n_per_arm", n_per_arm, "power", power)

    def found(n: int) -> float:
        df = n * sum(each[-1] for each in trial.retained) - 2
        return power_of_t(abs(difference) / _standard_error(trial, n), df, level) if df > 0 else 0.0

    n = wanted(found, n_per_arm, power, 2)
    numbers = {"persons_per_arm": n, "std_error": _standard_error(trial, n), "power": found(n)}
    result = plan(
        "Power of a mixed model for repeated measures", numbers, _sentence(trial, runs),
        {
            "difference": difference, "covariance": trial.covariance.tolist(), "level": level, "baseline": baseline,
            "retention": [each.tolist() for each in trial.retained], "runs": runs, "seed": seed if runs else None,
        },
    )  # fmt: skip
    return _with_simulation(result, trial, n, runs, seed) if runs else result


def _trial(
    difference: float, sd: ArrayLike, correlation: ArrayLike, retention: tuple[Any, Any], baseline: str, level: float
) -> _Trial:
    check_numbers({"difference": (abs(difference), 0, np.inf), "level": (level, 0, 1)})
    if baseline not in get_args(Baseline):
        msg = f"There is no baseline {baseline!r}."
        raise InvalidValueError(msg, hint=nearest(baseline, get_args(Baseline)))
    first = _retained(retention[0], "retention")
    second = first if retention[1] is None else _retained(retention[1], "reference_retention")
    if len(first) != len(second):
        msg = f"retention has {len(first)} rounds, reference_retention {len(second)}."
        raise InvalidValueError(msg, hint="Both arms have the same rounds.")
    return _Trial(_covariance(sd, correlation, len(first)), (first, second), baseline, difference, level)


def _retained(shares: Sequence[float], name: str) -> Numbers:
    found = np.asarray(shares, dtype=np.float64)
    fine = found.ndim == 1 and len(found) > 1 and found[0] == 1 and bool((np.diff(found) <= 0).all()) and found[-1] > 0
    if not fine:
        msg = f"{name} is {shares!r}; it has one share a round, from 1 at the first, never rising and never 0."
        raise InvalidValueError(msg, hint="Such as retention=[1, 0.85, 0.7].")
    return found


def _covariance(sd: ArrayLike, correlation: ArrayLike, rounds: int) -> Numbers:
    spread, alike = np.asarray(sd, dtype=np.float64), np.asarray(correlation, dtype=np.float64)
    if alike.ndim == 0:
        alike = np.where(np.eye(rounds) == 1, 1.0, alike)
    if spread.shape not in {(), (rounds,)} or alike.shape != (rounds, rounds) or not (spread > 0).all():
        msg = f"sd has the shape {spread.shape} and correlation {alike.shape}; there are {rounds} rounds, and an sd is above 0."
        raise InvalidValueError(msg, hint="Give one number for all rounds, or one a round and a square matrix.")
    if not (np.allclose(alike, alike.T) and np.allclose(np.diag(alike), 1) and np.linalg.eigvalsh(alike).min() > 0):
        msg = "The correlation is no correlation matrix: symmetric, 1 on the diagonal, and possible together."
        raise InvalidValueError(msg, hint="With one number for all pairs it lies above -1 / (rounds - 1) and below 1.")
    spread = np.broadcast_to(spread, rounds)
    covariance: Numbers = alike * np.outer(spread, spread)
    return covariance


def _standard_error(trial: _Trial, n: int) -> float:
    """Standard error of the difference in change at the last round."""
    rounds = len(trial.covariance)
    information = np.zeros((2 * rounds,) * 2)
    for arm, retained in enumerate(trial.retained):
        columns = np.hstack([np.eye(rounds), np.eye(rounds) * (arm == 0)])
        information += columns.T @ _information(trial.covariance, retained) @ columns
    if trial.baseline == "constrained":
        kept = np.arange(2 * rounds) != rounds
        covariance = np.linalg.inv(n * information[np.ix_(kept, kept)])
        return float(covariance[-1, -1] ** 0.5)
    covariance = np.linalg.inv(n * information)
    return float((covariance[-1, -1] + covariance[rounds, rounds] - 2 * covariance[-1, rounds]) ** 0.5)


def _information(covariance: Numbers, retained: Numbers) -> Numbers:
    """What one person of an arm tells of its means, on average over the patterns."""
    rounds = len(covariance)
    leaving = retained - np.append(retained[1:], 0.0)
    total = np.zeros((rounds, rounds))
    for last, share in enumerate(leaving, start=1):
        total[:last, :last] += share * np.linalg.inv(covariance[:last, :last])
    return total


def _with_simulation(result: Result, trial: _Trial, n: int, runs: int, seed: int) -> Result:
    from dataclasses import replace

    rng = np.random.default_rng(seed)
    rejected = sum(_is_found(trial, n, rng) for _ in range(runs))
    low, high = wilson_interval(rejected, runs)
    row = {
        "measure": "simulated_power", "estimate": rejected / runs, "conf_low": float(low), "conf_high": float(high),
        "conf_level": 0.95, "numerator": rejected, "denominator": runs,
    }  # fmt: skip
    return replace(result, estimates=pd.DataFrame([*result.estimates.to_dict("records"), row]))


def _is_found(trial: _Trial, n: int, rng: np.random.Generator) -> bool:
    """Whether one simulated study finds the difference."""
    from peereval.mixed_models.fit import mmrm

    rounds = len(trial.covariance)
    means = np.repeat([[trial.difference], [0.0]], n, axis=0) * (np.arange(rounds) == rounds - 1)
    scores = means + rng.multivariate_normal(np.zeros(rounds), trial.covariance, size=2 * n)
    stays = rng.random(2 * n)[:, None] < np.repeat(np.stack(trial.retained), n, axis=0)
    arm = np.repeat([1.0, 0.0], n)[:, None] * np.ones(rounds)
    when = np.tile(np.arange(rounds), (2 * n, 1))
    names = [f"arm_{each}" for each in range(1, rounds)]
    data = pd.DataFrame(
        {
            "person": np.repeat(np.arange(2 * n), rounds),
            "round": pd.Categorical(when.ravel(), ordered=True),
            "score": scores.ravel(),
            "arm": arm.ravel(),
            **{name: (arm * (when == each)).ravel() for each, name in enumerate(names, start=1)},
        }
    )[stays.ravel()]
    baseline = " + arm" if trial.baseline == "response" else ""
    model = mmrm(f"score ~ round{baseline} + {' + '.join(names)}", data, person="person", round="round")
    return bool(model.contrast({names[-1]: 1.0}, level=trial.level).estimates["p_value"].iloc[0] < 1 - trial.level)


def _sentence(trial: _Trial, runs: int) -> str:
    means = "one mean for both arms" if trial.baseline == "constrained" else "a mean for each arm"
    said = (
        f"Two-sided test, at the level {1 - trial.level:.3g}, of a difference of {abs(trial.difference):g} points in the change to the last of "
        f"{len(trial.covariance)} rounds, in a mixed model for repeated measures with unstructured covariance and {means} at the first "
        f"round; the standard error comes from the information of each pattern of dropout (rule {'R1' if trial.baseline == 'constrained' else 'R2'})."
    )
    return said + (f" The power was checked in {runs} simulated studies." if runs else "")
