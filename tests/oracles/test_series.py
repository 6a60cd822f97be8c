"""Segmented regression against nlme::gls (make_series.R), and Kenward-Roger against the mixed model, which has code of its own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.estimation.autoregressive import autoregressive_regression

HERE = Path(__file__).parent
NUMBERS = json.loads((HERE / "series.json").read_text(encoding="utf-8"))
SERIES = pd.read_csv(HERE / "series.csv")
K = np.arange(48)
TREND = np.column_stack([np.ones(48), K, K >= 24, np.maximum(K - 24, 0)]).astype(float)
BROKEN = np.column_stack([TREND, K >= 36]).astype(float)
SEASON = np.column_stack([TREND, *[month == K % 12 for month in range(1, 12)]]).astype(float)
SEEN = np.setdiff1d(K, [4, 5, 16, 29])
DIFFERENCE = (SERIES["treated"] - SERIES["compared"]).to_numpy()
CASES = {
    "plain": (SERIES["treated"], TREND, None, K),
    "broken": (SERIES["treated"], BROKEN, None, K),
    "season": (SERIES["treated"], SEASON, None, K),
    "gaps": (SERIES["treated"], TREND, None, SEEN),
    "weighted": (SERIES["treated"], TREND, SERIES["stays"], K),
    "difference": (DIFFERENCE, TREND, None, K),
    "difference_weighted": (DIFFERENCE, BROKEN, 1 / (1 / SERIES["stays"] + 1 / SERIES["others"]), K),
}


@pytest.mark.parametrize("name", CASES)
def test_generalised_least_squares_with_ar1_errors(name):
    outcome, design, weights, seen = CASES[name]
    weights = None if weights is None else np.asarray(weights)[seen]
    fit = autoregressive_regression(np.asarray(outcome)[seen], design[seen], seen, weights=weights)
    expected = NUMBERS[name]
    np.testing.assert_allclose(fit.coefficients, expected["coefficients"], rtol=2e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), expected["std_error"], rtol=2e-6)
    assert fit.autocorrelation == pytest.approx(expected["phi"], rel=1e-6)
    assert fit.sigma == pytest.approx(expected["sigma"], rel=1e-6)
    assert fit.log_likelihood == pytest.approx(expected["loglik"], rel=1e-10)


def test_the_result_is_that_regression():
    found = pe.interrupted_series(SERIES, at="2017-01-01", outcome="treated", breaks=["2018-01-01"]).estimates
    by_measure = found.set_index("measure")["estimate"]
    intercept, slope, level, change, step = NUMBERS["broken"]["coefficients"]
    assert by_measure["level_change"] == pytest.approx(level, rel=1e-6)
    assert by_measure["slope_change"] == pytest.approx(change, rel=1e-6)
    assert by_measure["slope_before"] == pytest.approx(slope, rel=1e-6)
    assert by_measure["break_step"] == pytest.approx(step, rel=1e-6)
    assert by_measure["autocorrelation"] == pytest.approx(NUMBERS["broken"]["phi"], rel=1e-6)
    assert by_measure["change_at_end"] == pytest.approx(level + 23 * change, rel=1e-6)
    expected = intercept + 47 * slope + step
    assert found[found["measure"] == "counterfactual"]["estimate"].iloc[-1] == pytest.approx(expected, rel=1e-6)
    assert found[found["measure"] == "fitted"]["estimate"].iloc[0] == pytest.approx(intercept, rel=1e-6)


def test_the_difference_of_two_series_is_weighted_by_both():
    found = pe.interrupted_series(
        SERIES, at="2017-01-01", outcome="treated", comparison="compared", denominator="stays",
        comparison_denominator="others", breaks=["2018-01-01"],
    ).estimates.query("group == 'difference'").set_index("measure")["estimate"]  # fmt: skip
    expected = NUMBERS["difference_weighted"]["coefficients"]
    assert found["level_change"] == pytest.approx(expected[2], rel=1e-6)
    assert found["slope_change"] == pytest.approx(expected[3], rel=1e-6)


def test_kenward_and_roger_are_those_of_the_mixed_model():
    """One person with 32 rounds and AR(1) covariance; second code, by patterns and derivatives of the covariance."""
    seen = slice(8, 40)
    fit = autoregressive_regression(DIFFERENCE[seen], TREND[seen], K[seen])
    columns = dict(zip(("k", "level", "slope"), TREND[seen, 1:].T, strict=True))
    rounds = pd.Categorical([f"r{each:02d}" for each in K[seen]], ordered=True)
    data = pd.DataFrame({**columns, "score": DIFFERENCE[seen], "person": "series", "round": rounds})
    model = pe.mmrm(
        "score ~ k + level + slope", data, person="person", round="round", covariance="ar1", df="kenward-roger"
    )
    found = fit.contrasts(np.eye(4))
    for name in ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high"):
        np.testing.assert_allclose(found[name], model.coefficients[name], rtol=1e-4)
