"""Coverage of the mixed model's 95 % intervals, 5,000 runs a setting; run it from the project's root.

``python docs/simulations/mmrm_coverage.py [runs]`` writes mmrm_coverage.csv beside itself.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

import peereval as pe
from peereval.errors import PeerevalError

SEED = 20261122
RUNS = 5_000
ROUNDS = ["start", "half-year", "one-year"]
SD, CORRELATION = 10.0, np.array([[1.0, 0.65, 0.5], [0.65, 1.0, 0.65], [0.5, 0.65, 1.0]])
LEAVING = {"at random": -1.45, "not at random": -1.45}
"""Log odds of leaving before a round for somebody whose score is the mean; one standard deviation below doubles the odds."""
SLOPE = np.log(2)


class Setting(NamedTuple):
    """Persons, arms, and what leaving depends on: the score of the round before, or that of the round itself."""

    n: int
    arms: int
    dropout: str


SETTINGS = [
    Setting(n, arms, dropout) for (n, arms), dropout in product([(15, 1), (25, 1), (30, 2), (60, 2), (200, 2)], LEAVING)
]


def simulated(setting: Setting, rng: np.random.Generator) -> pd.DataFrame:
    """Make scores without any change; who leaves does not come back."""
    scores = rng.multivariate_normal(np.zeros(3), SD**2 * CORRELATION, setting.n)
    seen = np.ones((setting.n, 3), dtype=bool)
    for place in (1, 2):
        told = scores[:, place - 1 if setting.dropout == "at random" else place]
        leaves = rng.random(setting.n) < 1 / (1 + np.exp(-(LEAVING[setting.dropout] - SLOPE * told / SD)))
        seen[:, place] = seen[:, place - 1] & ~leaves
    person, place = np.nonzero(seen)
    frame = pd.DataFrame({"person": person, "score": scores[seen]})
    frame["round"] = pd.Categorical.from_codes(place, ROUNDS, ordered=True)
    frame["arm"] = np.where(person % 2 == 0, "peer", "usual") if setting.arms == 2 else "peer"  # noqa: PLR2004 - two arms
    return frame


def one_run(setting: Setting, seed: list[int]) -> dict[str, float]:
    """Give for each method whether the interval holds the truth, 0; and the share who left."""
    data = simulated(setting, np.random.default_rng(seed))
    formula, term = ("score ~ round", "round[T.one-year]")
    if setting.arms == 2:  # noqa: PLR2004 - two arms
        formula, term = "score ~ round * arm", "round[T.one-year]:arm[T.usual]"
    found = {"left": 1 - float((data["round"] == ROUNDS[-1]).sum()) / setting.n}
    try:
        model = pe.mmrm(formula, data, person="person", round="round")
    except PeerevalError:
        return {**found, "failed": 1.0}
    weights = np.array([[float(name == term) for name in model.design.names]])[:, model.design.kept]
    # the same fit: of one contrast the methods differ in the standard error alone
    plain = replace(model.inference, method="satterthwaite", adjusted=model.inference.unscaled)
    tests = {"kenward-roger": model.inference.each(weights), "satterthwaite": plain.each(weights)}
    for name, test in tests.items():
        low, high = (float(limit[0]) for limit in test.limits(0.95))
        found |= {f"{name}:holds": float(low <= 0 <= high), f"{name}:rejects": float(test.p_value[0] < 0.05)}  # noqa: PLR2004
    # naive: the model's standard error as if it were known
    test = tests["satterthwaite"]
    half = float(norm.ppf(0.975) * test.std_error[0])
    holds = float(abs(test.estimate[0]) <= half)
    return {**found, "failed": 0.0, "naive:holds": holds, "naive:rejects": 1 - holds}


def of_setting(place: int, runs: int) -> list[dict[str, object]]:
    """Run one setting."""
    setting = SETTINGS[place]
    found = pd.DataFrame([one_run(setting, [SEED, place, run]) for run in range(runs)])
    rows = []
    for method in ("kenward-roger", "satterthwaite", "naive"):
        holds = found[f"{method}:holds"].dropna()
        coverage = holds.mean()
        rows.append(
            {
                **setting._asdict(), "method": method, "runs": runs, "failed": int(found["failed"].sum()),
                "left_by_the_last_round": round(found["left"].mean(), 3), "coverage": round(coverage, 4),
                "type_1_error": round(found[f"{method}:rejects"].dropna().mean(), 4),
                "monte_carlo_error": round(float(np.sqrt(coverage * (1 - coverage) / len(holds))), 4),
            }
        )  # fmt: skip
    return rows


def main() -> None:
    """Run all settings and write the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with ProcessPoolExecutor(max_workers=2) as processes:
        parts = processes.map(of_setting, range(len(SETTINGS)), [runs] * len(SETTINGS))
        table = pd.DataFrame([row for part in parts for row in part])
    table.to_csv(Path(__file__).with_suffix(".csv"), index=False)


if __name__ == "__main__":
    main()
