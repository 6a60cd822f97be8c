"""Error of the first kind of differences in differences where nothing happens; run it from the project's root.

``python docs/simulations/differences_error.py [runs]`` writes differences_error.csv beside itself.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.signal import lfilter
from scipy.stats import norm

from peereval.estimation.wild_bootstrap import wild_bootstrap
from peereval.series.allotment import allotments, permuted_effect, permuted_pretrend
from peereval.series.bands import joint_p_value, largest_statistics
from peereval.series.group_time import cells_of, estimated, grouped, summaries_of
from peereval.series.unit_panel import unit_panel

SEED = 20261122
RUNS = 1_000
PERIODS = 12
AUTOCORRELATION = 0.5


class Setting(NamedTuple):
    """How many units start in which period, how many never, and the methods."""

    name: str
    starts: tuple[int, ...]
    never: int
    methods: tuple[str, ...]


ONE, SEVERAL = "two-way-fixed-effects", "group-time"
SETTINGS = [
    Setting("3 of 6, one start", (6,) * 3, 3, (ONE, "wild-bootstrap", "permutation")),
    Setting("2 of 10, one start", (6,) * 2, 8, (ONE, "wild-bootstrap", "permutation")),
    Setting("4 of 10, one start", (6,) * 4, 6, (ONE, "wild-bootstrap", "permutation")),
    Setting("10 of 20, one start", (6,) * 10, 10, (ONE, "wild-bootstrap")),
    Setting("4 of 8, two starts", (5, 5, 8, 8), 4, (SEVERAL, "permutation")),
    Setting("4 of 10, two starts", (5, 5, 8, 8), 6, (SEVERAL, "permutation")),
    Setting("12 of 24, three starts", (5,) * 4 + (7,) * 4 + (9,) * 4, 12, (SEVERAL,)),
]
PANEL = {"outcome": "outcome", "unit": "unit", "time": "time", "start": "start"}


def simulated(setting: Setting, rng: np.random.Generator) -> pd.DataFrame:
    """Make units with levels of their own, periods in common, and errors that follow one another; nothing happens."""
    units = len(setting.starts) + setting.never
    fresh = rng.normal(size=(units, PERIODS))
    fresh[:, 1:] *= np.sqrt(1 - AUTOCORRELATION**2)
    errors = lfilter([1.0], [1.0, -AUTOCORRELATION], fresh, axis=1)
    outcome = rng.normal(0, 2, (units, 1)) + rng.normal(0, 1, PERIODS) + errors
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(units), PERIODS),
            "time": np.tile(np.arange(PERIODS), units),
            "start": np.repeat([*map(float, setting.starts), *[np.nan] * setting.never], PERIODS),
            "outcome": outcome.ravel(),
        }
    )


def one_run(setting: Setting, seed: list[int]) -> dict[str, float]:
    """Give the p value of each method, and that of the periods before."""
    units = unit_panel(simulated(setting, np.random.default_rng(seed)), weights=None, cluster=None, **PANEL)
    rows = summaries_of(cells_of(units, "never-treated"), two_way=ONE in setting.methods)
    before = [each for each in rows if each.measure == "att_event" and (each.since or 0) < 0]
    found, errors = estimated(units, [rows[0], *before])
    groups = grouped(units)
    # the influence function without a correction for few units, as if normal
    uncorrected = np.sqrt((errors[:, 0] ** 2 * (1 - 1 / np.bincount(groups)[groups])).sum())
    statistic, df = (np.array([getattr(each, name) for each in found[1:]]) for name in ("statistic", "df"))
    p_values = {
        "uncorrected": float(2 * norm.sf(abs(found[0].estimate) / uncorrected)),
        setting.methods[0]: found[0].p_value,
        f"{setting.methods[0]}:before": joint_p_value(largest_statistics(errors[:, 1:], seed=0), statistic, df),
    }
    if "permutation" in setting.methods:
        ways = allotments(groups, seed=0)
        p_values["permutation"] = permuted_effect(units, ways, rows[0], level=0.95).found.p_value
        p_values["permutation:before"] = permuted_pretrend(units, ways, before, rows[0])[1]
    if "wild-bootstrap" in setting.methods:
        start = units.starts[0]
        change = units.outcome[:, start:].mean(axis=1) - units.outcome[:, :start].mean(axis=1)
        p_values["wild-bootstrap"] = wild_bootstrap(change, groups > 0, units.cluster, draws=999).p_value
    return p_values


def of_setting(place: int, runs: int) -> list[dict[str, object]]:
    """Run one setting."""
    setting = SETTINGS[place]
    found = pd.DataFrame([one_run(setting, [SEED, place, run]) for run in range(runs)])
    share = (found <= 0.05 + 1e-12).mean()  # the level
    return [
        {
            "units": setting.name, "method": method, "runs": runs, "att": round(share[method], 4),
            "pre_trend": round(share[f"{method}:before"], 4) if f"{method}:before" in share else np.nan,
        }
        for method in ("uncorrected", *setting.methods)
    ]  # fmt: skip


def main() -> None:
    """Run all settings and write the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with ProcessPoolExecutor(max_workers=2) as processes:
        parts = processes.map(of_setting, range(len(SETTINGS)), [runs] * len(SETTINGS))
        table = pd.DataFrame([row for part in parts for row in part])
    table.to_csv(Path(__file__).with_suffix(".csv"), index=False)


if __name__ == "__main__":
    main()
