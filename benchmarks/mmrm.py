"""The mixed model for repeated measures: three rounds, a fifth missing, arm × round and three covariates.

Beside a likelihood in numpy that visits each person, and, for compound symmetry, statsmodels' model with a random intercept.
"""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from subject import Subject

import peereval as pe

if TYPE_CHECKING:
    from collections.abc import Mapping

# PEEREVAL_PERSONS=500,50000,1000000 measures more, from small to large
PERSONS = tuple(int(size) for size in os.environ.get("PEEREVAL_PERSONS", "500,5000,50000").split(","))
LOOP = "numpy and BFGS, person by person"
ROUNDS = ("start", "half-year", "one-year")
FORMULA = "score ~ arm * round + age + sex + severity"


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
    """Fit, and the table of coefficients with its degrees of freedom."""
    model = pe.mmrm(FORMULA, frame, person="person", round="round", **asked)
    _ = model.coefficients
    return model


def mixed_linear_model(frame: pd.DataFrame) -> Any:
    """statsmodels: a random intercept, which is compound symmetry; it knows no degrees of freedom."""
    import statsmodels.formula.api as smf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return smf.mixedlm("score ~ C(arm) * C(round) + age + C(sex) + severity", frame, groups=frame["person"]).fit()


def person_by_person(frame: pd.DataFrame) -> float:
    """The largest restricted log-likelihood by its definition: a loop over the persons in every evaluation, BFGS on top."""
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

    least = minimize(minus_twice_loglik, factor[low].copy(), method="BFGS", options={"gtol": 1e-3}).fun
    return -0.5 * (least + (x.shape[0] - x.shape[1]) * np.log(2 * np.pi))


def same_likelihood(model: pe.MMRM, loglik: float, peer: str) -> None:
    """The restricted log-likelihood at its maximum."""
    np.testing.assert_allclose(model.loglik, loglik, rtol=1e-6, err_msg=peer)


def same_coefficients(model: pe.MMRM, fit: Any, peer: str) -> None:
    """Every fixed effect; the two name and order their terms differently."""
    mine = np.sort(model.coefficients["estimate"].to_numpy(float))
    np.testing.assert_allclose(mine, np.sort(fit.fe_params.to_numpy()), atol=1e-3, err_msg=peer)


def subject(what: str, sizes: tuple[int, ...], asked: Mapping[str, str] | None = None, **more: Any) -> Subject:
    """A model on three rounds, arm × round and three covariates, a fifth missing."""
    return Subject(
        what=f"mmrm, {what}", unit="persons", sizes=sizes, make=lambda size, _: answers(size),
        ours=lambda frame: ours(frame, **(asked or {})), **more,
    )  # fmt: skip


SUBJECTS = (
    subject(
        "unstructured, Kenward-Roger", PERSONS, same=same_likelihood, largest={LOOP: 500}, peers={LOOP: person_by_person}
    ),
    subject("unstructured, Satterthwaite, CR2", PERSONS[1:], {"df": "satterthwaite", "standard_errors": "CR2"}),
    subject(
        "compound symmetry", (500, 5_000), {"covariance": "compound-symmetry"}, same=same_coefficients,
        peers={"statsmodels MixedLM": mixed_linear_model},
    ),
)  # fmt: skip
