"""Printed counts beside an expected rate: R's exact binomial test, what is missing, what is refused."""

from __future__ import annotations

import pandas as pd
import pytest

import peereval as pe
from peereval.errors import ColumnError, InvalidValueError

# R: binom.test(events, n, rate)$p.value
IN_R = [
    (8, 47, 0.3, 0.056044411485),
    (8, 49, 0.3, 0.041659677133),
    (20, 49, 0.3, 0.117942525576),
    (0, 12, 0.3, 0.023330658331),
    (5, 10, 0.5, 1.0),
]


@pytest.mark.parametrize(("events", "n", "rate", "expected"), IN_R)
def test_the_binomial_test_is_that_of_r(events, n, rate, expected):
    found = pe.compare_with_expected_rate(pd.DataFrame({"events": [events], "n": [n]}), expected=rate).estimates
    assert found["p_value"].iloc[0] == pytest.approx(expected, abs=1e-10)


def test_the_interval_is_that_of_scipy():
    from scipy.stats import binomtest

    row = pe.compare_with_expected_rate(pd.DataFrame({"events": [8], "n": [47]}), expected=0.3).estimates.iloc[0]
    limits = binomtest(8, 47).proportion_ci(method="wilson")
    assert row[["conf_low", "conf_high"]].tolist() == pytest.approx([limits.low, limits.high])
    assert row[["numerator", "denominator"]].tolist() == [8, 47]


def test_what_is_missing_is_counted_and_never_zero():
    table = pd.DataFrame({"outcome": ["a", "b", "c"], "events": [8, None, 3], "n": [47, 47, None]})
    found = pe.compare_with_expected_rate(table, expected=0.3)
    assert dict(found.exclusions) == {"events_missing": 1, "n_missing": 1}
    assert found.estimates["p_value"].notna().tolist() == [True, False, False]
    assert found.claim == "description"


def test_an_empty_table_gives_an_empty_result():
    found = pe.compare_with_expected_rate(pd.DataFrame({"events": [1], "n": [2]}).head(0), expected=0.3)
    assert found.estimates.empty


@pytest.mark.parametrize(
    ("table", "expected", "error", "message"),
    [
        ({"events": [8]}, 0.3, ColumnError, "no column 'n'"),
        ({"events": [8], "n": [47]}, 30, InvalidValueError, "between 0 and 1"),
        ({"events": [8, 50], "n": [47, 47]}, 0.3, InvalidValueError, "row 2 are impossible"),
        ({"events": [1.5], "n": [47]}, 0.3, InvalidValueError, "row 1 are impossible"),
    ],
)
def test_what_is_impossible_is_refused(table, expected, error, message):
    with pytest.raises(error, match=message):
        pe.compare_with_expected_rate(pd.DataFrame(table), expected=expected)


def test_the_figure_marks_the_expected_rate():
    table = pd.DataFrame({"outcome": ["all", "mental health"], "events": [8, 4], "n": [47, 47]})
    panel = pe.compare_with_expected_rate(table, expected=0.3).plot()
    assert "expected 0.3" in [text.get_text() for text in panel.texts]
    assert panel.get_xlim()[0] == 0
