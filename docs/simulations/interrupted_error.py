"""Error of the first kind of segmented regression where nothing changes; run it from the project's root.

``python docs/simulations/interrupted_error.py [runs]`` writes interrupted_error.csv beside itself.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.signal import lfilter
from scipy.stats import t as student

from peereval.errors import ConvergenceError
from peereval.estimation.autoregressive import autoregressive_regression

SEED = 20261122
RUNS = 2_000
METHODS = ("kenward-roger", "satterthwaite", "residual df")


class Setting(NamedTuple):
    """Points, and the correlation of neighbouring errors."""

    points: int
    autocorrelation: float


SETTINGS = [Setting(*each) for each in product((16, 24, 60), (0.0, 0.3, 0.6))]


def one_run(setting: Setting, seed: list[int]) -> dict[str, float]:
    """Give for each method whether the change of level and that of slope are found to differ from 0, which they do not."""
    n, phi = setting
    fresh = np.random.default_rng(seed).normal(size=n)
    fresh[1:] *= np.sqrt(1 - phi**2)
    since = np.arange(n) - n // 2
    after = since >= 0
    design = np.column_stack([np.ones(n), since, after, since * after]).astype(float)
    try:
        fit = autoregressive_regression(lfilter([1.0], [1.0, -phi], fresh), design, np.arange(n))
    except ConvergenceError:
        return {"not_estimated": 1.0}
    wanted = np.eye(4)[2:]
    tests = fit.contrasts(wanted)
    plain = np.abs(tests["estimate"]) / np.sqrt(np.diag(fit.covariance)[2:])
    rejected = {
        "kenward-roger": tests["p_value"] < 0.05,  # noqa: PLR2004 - the level
        "satterthwaite": plain > student.ppf(0.975, tests["df"]),
        "residual df": plain > student.ppf(0.975, n - 4),
    }
    found = {"not_estimated": 0.0, "autocorrelation": fit.autocorrelation}
    return found | {
        f"{name}:{what}": float(each[k]) for name, each in rejected.items() for k, what in enumerate(("level", "slope"))
    }


def of_setting(place: int, runs: int) -> list[dict[str, object]]:
    """Run one setting."""
    found = pd.DataFrame([one_run(SETTINGS[place], [SEED, place, run]) for run in range(runs)])
    shared = {
        **SETTINGS[place]._asdict(),
        "runs": runs,
        "not_estimated": round(found["not_estimated"].mean(), 4),
        "mean_estimated_autocorrelation": round(found["autocorrelation"].mean(), 2),
    }
    return [
        {
            **shared,
            "method": name,
            "level_change": round(found[f"{name}:level"].mean(), 4),
            "slope_change": round(found[f"{name}:slope"].mean(), 4),
        }
        for name in METHODS
    ]


def main() -> None:
    """Run all settings and write the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with ProcessPoolExecutor(max_workers=2) as processes:
        parts = processes.map(of_setting, range(len(SETTINGS)), [runs] * len(SETTINGS))
        table = pd.DataFrame([row for part in parts for row in part])
    table.to_csv(Path(__file__).with_suffix(".csv"), index=False)


if __name__ == "__main__":
    main()
