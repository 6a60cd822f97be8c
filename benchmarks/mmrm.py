"""The mixed model for repeated measures: three rounds, a fifth missing, arm × round and three covariates.

Beside `statsmodels.MixedLM` (random intercept, same fixed effects) and a likelihood in numpy that visits each person.
"""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import peereval as pe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PERSONS = (500, 5_000, 50_000, 1_000_000)
ROUNDS = ("start", "half-year", "one-year")
FORMULA = "score ~ arm * round + age + sex + severity"
MOST_FOR = {"statsmodels MixedLM": 5_000, "numpy, person by person": 500}


def answers(persons: int) -> pd.DataFrame:
    """Made-up scores of three rounds, two in ten missing."""
    rng = np.random.default_rng(1)
    spread = np.array([[36.0, 25, 22], [25, 49, 38], [22, 38, 64]])
    noise = rng.normal(size=(persons, 3)) @ np.linalg.cholesky(spread).T
    arm, sex = rng.integers(0, 2, persons), rng.integers(0, 2, persons)
    score = 30 + noise + np.outer(arm, [0, 1.0, 2.0]) + np.arange(3)
    frame = pd.DataFrame(
        {
            "person": np.repeat([f"p{i:07d}" for i in range(persons)], 3),
            "round": pd.Categorical.from_codes(np.tile([0, 1, 2], persons), ROUNDS, ordered=True),
            "arm": pd.Categorical.from_codes(np.repeat(arm, 3), ["usual", "peer"]),
            "sex": pd.Categorical.from_codes(np.repeat(sex, 3), ["f", "m"]),
            "age": np.repeat(rng.normal(42, 12, persons), 3),
            "severity": np.repeat(rng.normal(size=persons), 3),
            "score": score.ravel(),
        }
    )
    return frame[rng.random(len(frame)) >= 0.2].reset_index(drop=True)


def ours(frame: pd.DataFrame, **asked: str) -> pe.MMRM:
    """Fit and the table of coefficients with Kenward-Roger."""
    model = pe.mmrm(FORMULA, frame, person="person", round="round", **asked)
    _ = model.coefficients
    return model


def mixed_linear_model(frame: pd.DataFrame) -> object:
    """statsmodels, which knows neither unstructured covariance nor degrees of freedom."""
    import statsmodels.formula.api as smf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return smf.mixedlm("score ~ C(arm) * C(round) + age + C(sex) + severity", frame, groups=frame["person"]).fit()


def person_by_person(frame: pd.DataFrame) -> object:
    """The definition in numpy: a loop over the persons in every evaluation, scipy's BFGS on top."""
    from formulaic import Formula
    from scipy.optimize import minimize

    made = Formula(FORMULA).get_model_matrix(frame, output="numpy")
    y, x = np.asarray(made.lhs)[:, 0], np.asarray(made.rhs)
    seen = frame["round"].cat.codes.to_numpy()
    starts = np.flatnonzero(np.r_[True, frame["person"].to_numpy()[1:] != frame["person"].to_numpy()[:-1]])
    persons = [slice(a, b) for a, b in zip(starts, [*starts[1:], len(y)], strict=True)]
    low = np.tril_indices(3)
    factor = np.diag([6.0, 7.0, 8.0])

    def minus_twice_loglik(theta: np.ndarray) -> float:
        factor[low] = theta
        v = factor @ factor.T
        left, right, total = np.zeros((x.shape[1],) * 2), np.zeros(x.shape[1]), 0.0
        for rows in persons:
            part = v[np.ix_(seen[rows], seen[rows])]
            solved = np.linalg.solve(part, np.column_stack([x[rows], y[rows]]))
            left += x[rows].T @ solved[:, :-1]
            right += x[rows].T @ solved[:, -1]
            total += np.linalg.slogdet(part)[1] + y[rows] @ solved[:, -1]
        return float(total + np.linalg.slogdet(left)[1] - right @ np.linalg.solve(left, right))

    return minimize(minus_twice_loglik, factor[low].copy(), method="BFGS", options={"gtol": 1e-3})


def cases() -> Iterator[tuple[str, dict[str, Callable[[], object]], int]]:
    """Every number of persons; steps, and memory at a million in a process of its own."""
    for persons in PERSONS:
        frame = answers(persons)
        steps = ours(frame).optimum.n_steps
        calls: dict[str, Callable[[], object]] = {"ours": lambda frame=frame: ours(frame)}
        if persons <= MOST_FOR["statsmodels MixedLM"]:
            calls["statsmodels MixedLM"] = lambda frame=frame: mixed_linear_model(frame)
        if persons <= MOST_FOR["numpy, person by person"]:
            calls["numpy, person by person"] = lambda frame=frame: person_by_person(frame)
        calls["ours, Satterthwaite and CR2"] = lambda frame=frame: ours(
            frame, df="satterthwaite", standard_errors="CR2"
        )
        yield f"mmrm, {persons:,} persons, {steps} Newton steps", calls, 3 if persons >= 50_000 or len(calls) > 2 else 7
    print(
        f"{'':4}peak memory of the process, {PERSONS[-1]:,} persons: {_peak():.2f} GB (data alone {_peak('data'):.2f} GB)"
    )


def _peak(what: str = "fit") -> float:
    """Peak memory of a process that makes the data and, unless told otherwise, fits the model (Linux)."""
    # not getrusage, whose peak a process inherits from the one that starts it
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import mmrm; frame = mmrm.answers(mmrm.PERSONS[-1]); "
        f"{'mmrm.ours(frame);' if what == 'fit' else ''} "
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    here = str(Path(__file__).parent)
    done = subprocess.run([sys.executable, "-c", code, here], capture_output=True, text=True, check=True)  # noqa: S603
    return float(done.stdout) / 1e6
