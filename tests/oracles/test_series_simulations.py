"""The simulations of before-after designs that the documentation shows hold what it says of them."""

from __future__ import annotations

import pandas as pd
import pytest


@pytest.fixture
def interrupted(root):
    return pd.read_csv(root / "docs/simulations/interrupted_error.csv").set_index(
        ["method", "points", "autocorrelation"]
    )


@pytest.fixture
def differences(root):
    return pd.read_csv(root / "docs/simulations/differences_error.csv").set_index(["units", "method"])


def test_kenward_and_roger_keep_the_level_of_an_interrupted_series(interrupted):
    own = interrupted.loc["kenward-roger"]
    assert (own["runs"] == 2_000).all()
    assert set(own.index.get_level_values("points")) == {16, 24, 60}
    assert own[["level_change", "slope_change"]].to_numpy().max() < 0.07


def test_the_other_standard_errors_of_an_interrupted_series_do_not(interrupted):
    changes = ["level_change", "slope_change"]
    assert interrupted.loc[("satterthwaite", 24, 0.6), "level_change"] > 0.07
    assert interrupted.loc[("residual df", 24, 0.6), changes].min() > 0.09


def test_the_chosen_method_of_differences_keeps_the_level(differences):
    assert (differences["runs"] == 1_000).all()
    for units, method in (
        ("3 of 6, one start", "permutation"),
        ("2 of 10, one start", "permutation"),
        ("4 of 10, one start", "two-way-fixed-effects"),
        ("10 of 20, one start", "two-way-fixed-effects"),
        ("4 of 8, two starts", "permutation"),
        ("4 of 10, two starts", "group-time"),
        ("12 of 24, three starts", "group-time"),
    ):
        assert differences.loc[(units, method), "att"] < 0.08
        # a little liberal with ten units, as the page says
        assert differences.loc[(units, method), "pre_trend"] < (0.1 if units.startswith("4 of 10") else 0.08)


def test_few_units_are_what_the_page_says_of_them(differences):
    assert differences.loc[("2 of 10, one start", "wild-bootstrap"), "att"] < 0.02
    assert differences.loc[("2 of 10, one start", "two-way-fixed-effects"), "att"] < 0.02
    assert differences.loc[("3 of 6, one start", "permutation"), "att"] == 0


def test_without_a_correction_for_few_units_there_are_too_many_effects(differences):
    for units in ("3 of 6, one start", "2 of 10, one start", "4 of 10, one start", "4 of 10, two starts"):
        assert differences.loc[(units, "uncorrected"), "att"] > 0.08
