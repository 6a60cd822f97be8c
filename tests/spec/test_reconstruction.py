"""Counts rebuilt from printed ratios: published trials, and a naive search of every table."""

from __future__ import annotations

from itertools import product
from math import exp, log, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import peereval as pe
from peereval.errors import DesignError, InvalidValueError, PublishedFigureError


def tables(found):
    names = ["events_treatment", "n_treatment", "events_control", "n_control"]
    rows = found.estimates[found.estimates["part"] == "table"]
    return [tuple(int(cell) for cell in row) for row in rows[names].to_numpy()] if len(rows) else []


def test_core_2018_comes_back():
    """64 of 218 against 83 of 216 (Johnson et al. 2018, abstract): RR 0.764 (0.585 to 0.997), OR 0.67 (0.45 to 0.99)."""
    known = [(64, 218, 83, 216)]
    assert tables(pe.reconstruct_counts([218, 216], "0.764", ["0.585", "0.997"])) == known
    assert tables(pe.reconstruct_counts([218, 216], 0.76, (0.59, 1.00))) == known
    odds = pe.reconstruct_counts([218, 216], "0.67", ["0.45", "0.99"], measure="odds_ratio")
    assert len(tables(odds)) == 6
    assert (
        tables(pe.reconstruct_counts([218, 216], "0.67", ["0.45", "0.99"], measure="odds_ratio", control_risk="0.38"))
        == known
    )


@pytest.mark.parametrize(
    ("persons", "ratio", "interval", "table"),
    [
        (19, "0.44", ["0.11", "1.75"], (2, 9, 5, 10)),
        (57, "0.39", ["0.11", "1.32"], (3, 28, 8, 29)),
        (80, "1.77", ["1.09", "2.85"], (26, 41, 14, 39)),
        (555, "1.52", ["0.43", "5.31"], (6, 276, 4, 279)),
    ],
)
def test_the_four_ratios_of_cochrane_2019_each_have_one_table(persons, ratio, interval, table):
    """Chien et al. 2019 (doi 10.1002/14651858.CD010880.pub2) prints persons, RR and interval; arms are not printed.

    The arms that come out are those of the trials: 41 and 39 in HARP, 276 and 279 in WRAP.
    """
    found = pe.reconstruct_counts(persons, ratio, interval)
    assert tables(found) == [table]
    assert found.estimates["estimate"].iloc[0] == 1
    assert found.origin == "reconstructed"


def test_figures_that_are_of_no_table_have_none():
    found = pe.reconstruct_counts([9, 10], "0.44", ["0.30", "1.75"])
    assert found.estimates["estimate"].tolist() == [0]
    assert found.estimates["part"].tolist() == ["fitting"]


def ratio_of(a, n, c, m, measure):
    """Ratio and limits by the textbook, 0.5 added where there is none; nothing where the event tells nothing."""
    if a + c == 0 or a + c == n + m:
        return None
    b, d = n - a, m - c
    if (a * c == 0) if measure == "risk_ratio" else (a * b * c * d == 0):
        a, b, c, d = a + 0.5, b + 0.5, c + 0.5, d + 0.5
    if measure == "risk_ratio":
        value, variance = a / (a + b) / (c / (c + d)), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)
    else:
        value, variance = a * d / (b * c), 1 / a + 1 / b + 1 / c + 1 / d
    half = 1.959963984540054 * sqrt(max(variance, 0.0))
    return value, exp(log(value) - half), exp(log(value) + half)


def naive(total, printed, measure):
    """Every division and every pair of counts, one after the other."""
    fitting = set()
    for n in range(1, total):
        for a, c in product(range(n + 1), range(total - n + 1)):
            found = ratio_of(a, n, c, total - n, measure)
            if found and all(abs(value - shown) <= 0.005 + 1e-9 for value, shown in zip(found, printed, strict=True)):
                fitting.add((a, n, c, total - n))
    return fitting


@settings(max_examples=25)
@given(data=st.data(), measure=st.sampled_from(["risk_ratio", "odds_ratio"]))
def test_the_search_finds_what_a_naive_search_of_all_tables_finds(data, measure):
    n, m = data.draw(st.integers(2, 11)), data.draw(st.integers(2, 11))
    a, c = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    true = ratio_of(a, n, c, m, measure)
    if true is None or true[0] == true[1]:
        return
    printed = [float(f"{value:.2f}") for value in true]
    if printed[0] <= 0:
        return
    found = set(tables(pe.reconstruct_counts(n + m, printed[0], printed[1:], measure=measure)))
    assert (a, n, c, m) in found
    assert found == naive(n + m, printed, measure)


@settings(max_examples=40)
@given(data=st.data(), measure=st.sampled_from(["risk_ratio", "odds_ratio"]))
def test_the_true_table_is_among_those_that_fit(data, measure):
    n, m = data.draw(st.integers(5, 300)), data.draw(st.integers(5, 300))
    a, c = data.draw(st.integers(1, n - 1)), data.draw(st.integers(1, m - 1))
    printed = [f"{value:.2f}" for value in ratio_of(a, n, c, m, measure)]
    if float(printed[0]) == 0:
        return
    assert (a, n, c, m) in tables(pe.reconstruct_counts([n, m], printed[0], printed[1:], measure=measure))


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"n": 5000}, DesignError, "more ways than are worth trying"),
        ({"n": [10, 20, 30]}, InvalidValueError, "one whole number, or one for each"),
        ({"n": [10.5, 20]}, InvalidValueError, "one whole number, or one for each"),
        ({"interval": ["0.11"]}, InvalidValueError, "two limits"),
        ({"interval": ["1.75", "0.11"]}, InvalidValueError, "two limits"),
        ({"ratio": "-1"}, InvalidValueError, "A ratio above 0"),
        ({"ratio": "0,44"}, PublishedFigureError, "no plain number"),
        ({"measure": "risk_difference"}, InvalidValueError, "no measure 'risk_difference'"),
    ],
)
def test_what_is_refused(asked, error, message):
    with pytest.raises(error, match=message):
        pe.reconstruct_counts(**{"n": 19, "ratio": "0.44", "interval": ["0.11", "1.75"], **asked})
