"""Printed means of two arms: intervals instead of deviations, ratios, what is missing, what is refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import ColumnError, DuplicateError, InvalidValueError

ARMS = {"treatment": "peer", "control": "usual"}
DAYS = pd.DataFrame({"arm": ["peer", "usual"], "mean": [10.08, 19.08], "sd": [17.31, 21.63], "n": [38, 36]})


def test_intervals_of_the_means_give_the_difference():
    """Naive: the standard error of each mean is its interval's width over 2 × 1.96."""
    table = pd.DataFrame(
        {
            "arm": ["peer", "usual"],
            "mean": [37.3, 32.1],
            "conf_low": [35.4, 30.2],
            "conf_high": [39.1, 34.1],
            "n": [145, 151],
        }
    )
    row = pe.compare_printed_means(table, **ARMS).estimates.iloc[0]
    error = math.hypot(3.7, 3.9) / 3.919928
    expected = (5.2, 5.2 - 1.959964 * error, 5.2 + 1.959964 * error)
    assert row[["estimate", "conf_low", "conf_high"]].tolist() == pytest.approx(expected, abs=1e-5)
    assert row["term"] == "normal"
    assert row["n"] == 296


def test_the_ratio_has_the_interval_of_the_delta_method():
    """Naive: log ratio, its variance the sum of the squared relative standard errors."""
    row = pe.compare_printed_means(DAYS, **ARMS).estimates.set_index("measure").loc["ratio_of_means"]
    error = math.sqrt((17.31 / 10.08) ** 2 / 38 + (21.63 / 19.08) ** 2 / 36)
    ratio = 10.08 / 19.08
    expected = [ratio, error, ratio * math.exp(-1.959964 * error), ratio * math.exp(1.959964 * error)]
    assert row[["estimate", "std_error", "conf_low", "conf_high"]].tolist() == pytest.approx(expected, rel=1e-6)


def test_a_mean_that_is_not_positive_has_no_ratio():
    found = pe.compare_printed_means(DAYS.assign(mean=[-1.0, 2.0]), **ARMS).estimates
    assert found["measure"].tolist() == ["mean_difference"] * 2


def test_the_arms_exchanged_turn_the_sign_only():
    one = pe.compare_printed_means(DAYS, **ARMS).estimates
    other = pe.compare_printed_means(DAYS, treatment="usual", control="peer").estimates
    assert (-other["estimate"].iloc[:2]).tolist() == one["estimate"].iloc[:2].tolist()
    assert other["p_value"].tolist() == pytest.approx(one["p_value"].tolist())


def test_what_is_missing_is_counted_and_never_zero():
    rows = [
        ("a", "peer", 1.0, None, 10),
        ("a", "usual", 2.0, 1.0, 10),
        ("b", "peer", 1.0, 1.0, 10),
        ("b", "other", 1.0, 1.0, 10),
    ]
    table = pd.DataFrame(rows, columns=["outcome", "arm", "mean", "sd", "n"])
    found = pe.compare_printed_means(table, **ARMS)
    assert dict(found.exclusions) == {"sd_missing": 1, "other_arm": 1, "one_arm_only": 1}
    assert found.estimates["p_value"].isna().all()
    assert np.isnan(found.estimates.set_index(["outcome", "term"]).loc[("b", "Welch"), "estimate"])


@pytest.mark.parametrize(
    ("table", "error", "message"),
    [
        (DAYS.drop(columns="n"), ColumnError, "no column 'n'"),
        (DAYS.drop(columns="sd"), ColumnError, "neither a column 'sd' nor"),
        (DAYS.assign(arm=["pear", "usual"]), InvalidValueError, "Did you mean 'pear'"),
        (pd.concat([DAYS, DAYS.tail(1)]), DuplicateError, "row 3 twice"),
    ],
)
def test_what_cannot_be_compared_is_refused(table, error, message):
    with pytest.raises(error, match=message):
        pe.compare_printed_means(table, **ARMS)


def test_the_figure_draws_each_test_of_each_outcome():
    panel = pe.compare_printed_means(DAYS.assign(outcome="days"), **ARMS).plot()
    assert "peer - usual" in panel.get_xlabel()
    assert [text.get_text() for text in panel.get_legend().get_texts()] == ["Student", "Welch"]
