"""The coverage simulation that the documentation shows: its settings, its runs, and the bar that was set before it was run."""

from __future__ import annotations

import pandas as pd
import pytest


@pytest.fixture
def coverage(root):
    return pd.read_csv(root / "docs/simulations/mmrm_coverage.csv").set_index(["method", "n", "dropout"])


def test_all_settings_have_five_thousand_runs(coverage):
    assert set(coverage.index.get_level_values("n")) == {15, 25, 30, 60, 200}
    assert len(coverage) == 5 * 2 * 3
    assert (coverage["runs"] == 5_000).all()
    assert (coverage["failed"] < 10).all()


@pytest.mark.parametrize(
    ("n", "lowest", "highest"),
    [(15, 0.925, 0.96), (25, 0.925, 0.96), (30, 0.94, 0.96), (60, 0.94, 0.96), (200, 0.94, 0.96)],
)
def test_kenward_roger_covers_as_it_should_where_leaving_is_at_random(coverage, n, lowest, highest):
    assert lowest <= coverage.loc[("kenward-roger", n, "at random"), "coverage"] <= highest


def test_naive_intervals_are_too_narrow_in_small_samples(coverage):
    assert coverage.loc[("naive", 15, "at random"), "coverage"] < 0.92
