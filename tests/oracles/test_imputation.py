"""Imputed rounds against R: mice (Rubin's rules, Bayesian regressions) and conditional means from nlme::gls (make_imputation.R)."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.rounds.analyses import analyse
from peereval.rounds.conditional_mean import RestrictedFit
from peereval.rounds.imputation import data_for
from peereval.rounds.imputed_sets import Imputation
from peereval.rounds.normal_draws import model_of
from peereval.rounds.pooling_imputations import pool_imputations
from peereval.rounds.reference_based import completed

ROUNDS = ["baseline", "six_months", "one_year"]
TWO = {"arm": "arm", "reference_arm": "usual"}


@pytest.fixture(scope="module")
def numbers():
    from pathlib import Path

    return json.loads((Path(__file__).parent / "imputation.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def scores():
    """three_rounds.csv as scores, with rows that say who had left."""
    from pathlib import Path

    folder = Path(__file__).parent
    data = pd.read_csv(folder / "three_rounds.csv")
    left = pd.read_csv(folder / "three_rounds_left.csv").assign(left_programme=True)
    frame = data.merge(left, on=["person", "round"], how="outer")
    return frame.assign(
        arm=frame["person"].map(data.groupby("person")["arm"].first()),
        round=pd.Categorical(frame["round"], ROUNDS, ordered=True),
        left_programme=frame["left_programme"].astype("boolean"),
        instrument="who-5", instrument_version="1", scale="score_0_100", n_answered=5, n_items=5,
        reason=pd.Series(pd.NA, index=frame.index, dtype="string"),
    )  # fmt: skip


def _last(result):
    rows = result.estimates
    return rows[rows["measure"] == "difference_in_change"].iloc[-1]


def test_rubins_rules_are_those_of_mice(numbers):
    for case in numbers["pools"]:
        found = pool_imputations(
            np.array(case["estimates"]), np.array(case["variances"]), df_complete=case["df_complete"]
        )
        assert found.std_error == pytest.approx(case["std_error"], rel=1e-9)
        assert found.df == pytest.approx(case["df"], rel=1e-8)
        assert found.fraction_missing == pytest.approx(case["fmi"], rel=1e-9)


def test_conditional_means_are_those_of_gls_filled_in_person_by_person(numbers, scores):
    for allocation, by_strategy in numbers["conditional_means"].items():
        for strategy, estimate in by_strategy.items():
            asked = Imputation(strategy=strategy, variance="repeated-sampling", allocation=allocation, m=2, seed=0)
            data = data_for(scores, asked, None, "arm", "usual", "left_programme", ()).table
            model = model_of(data, constrained=allocation == "randomised", until_left=asked.reference_based)
            complete = completed(RestrictedFit(model, data.rounds).everybody(), data, strategy, None)
            found = analyse(complete, data, 2, adjusted=allocation == "randomised")
            assert found.coefficients[0, 0] == pytest.approx(estimate, rel=1e-5)


def test_the_jackknife_is_that_of_gls_fitted_without_each_person(numbers, scores):
    [case] = numbers["jackknife"]
    asked = {"strategy": case["strategy"], "allocation": case["arms"], "variance": "repeated-sampling"}
    assert _last(pe.impute_rounds(scores, **TWO, **asked))["std_error"] == pytest.approx(case["std_error"], rel=1e-4)


def test_draws_agree_with_mice_and_with_the_mixed_model(numbers, scores):
    r = numbers["mice_norm"]
    found = _last(pe.impute_rounds(scores, allocation="observed", m=r["m"], **TWO))
    noise = np.hypot(found["monte_carlo_error"], r["monte_carlo_error"])
    assert abs(found["estimate"] - r["estimate"]) < 4 * noise
    assert found["std_error"] == pytest.approx(r["std_error"], rel=0.02)
    assert found["df"] == pytest.approx(r["df"], rel=0.05)
    assert found["fraction_missing_information"] == pytest.approx(r["fmi"], rel=0.1)
    model = pe.mmrm("score ~ arm * round", scores, person="person", round="round")
    mine = model.means(by="arm", pairs="changes").estimates.iloc[-1]
    assert abs(found["estimate"] + mine["estimate"]) < 4 * found["monte_carlo_error"]
    assert found["std_error"] == pytest.approx(mine["std_error"], rel=0.03)
