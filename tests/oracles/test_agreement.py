"""Agreement between coders against R (make_agreement.R), a textbook example and naive second implementations."""

from __future__ import annotations

import json
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import peereval as pe
from peereval.interviews.alpha import nominal_alpha

# Krippendorff's own example of four observers and twelve units, nominal: alpha 0.743
TEXTBOOK = ["1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1 2 3 3 2 4 4 1 2 5 1 ."]


@pytest.fixture(scope="module")
def codings(request):
    path = request.config.rootpath / "tests/oracles/agreement.csv"
    return pd.read_csv(path, dtype="string")


@pytest.fixture(scope="module")
def r(request):
    return json.loads((request.config.rootpath / "tests/oracles/agreement.json").read_text(encoding="utf-8"))


def naive_alpha(units):
    """One minus observed over expected disagreement, pair of values by pair of values."""
    paired = [values for values in units if len(values) > 1]
    pool = [value for values in paired for value in values]
    observed = sum(
        sum(one != other for one, other in permutations(values, 2)) / (len(values) - 1) for values in paired
    ) / len(pool)
    pairs = list(permutations(pool, 2))
    return 1 - observed / (sum(one != other for one, other in pairs) / len(pairs))


def counted(units, values):
    return np.array([[list(unit).count(value) for value in values] for unit in units])


def test_the_textbook_example_has_the_printed_alpha():
    units = [[value for value in unit if value != "."] for unit in zip(*(row.split() for row in TEXTBOOK), strict=True)]
    assert nominal_alpha(counted(units, "12345")) == pytest.approx(0.743, abs=5e-4)
    assert nominal_alpha(counted(units, "12345")) == pytest.approx(naive_alpha(units), abs=1e-12)


@given(st.lists(st.lists(st.integers(0, 1), max_size=4), min_size=2, max_size=20))
@settings(max_examples=40)
def test_alpha_is_that_of_all_pairs_of_values(units):
    found = nominal_alpha(counted(units, (0, 1)))
    pooled = {value for values in units if len(values) > 1 for value in values}
    if len(pooled) < 2:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(naive_alpha(units), abs=1e-9)


@pytest.mark.parametrize(("who", "coders"), [("two", "AB"), ("three", "ABC")])
def test_coefficients_are_rs(codings, r, who, coders):
    found = pe.agreement(codings[codings["coder"].isin(list(coders))], resamples=100)
    rows = found.estimates.set_index(["term", "measure"])
    for theme, numbers in r[who].items():
        n, n_of_all = numbers.pop("n"), numbers.pop("n_of_all", None)
        for measure, value in numbers.items():
            assert rows.loc[(theme, measure), "estimate"] == pytest.approx(value, abs=1e-9)
        assert rows.loc[(theme, "krippendorff_alpha"), "n"] == n
        if n_of_all is not None:
            assert rows.loc[(theme, "fleiss_kappa"), "n"] == n_of_all
            assert dict(found.exclusions) == {"not_coded_by_all": n - n_of_all}


def test_all_themes_together_are_all_decisions(codings):
    both = codings[codings["coder"] != "C"]
    found = pe.agreement(both, resamples=100).estimates.set_index(["term", "measure"])["estimate"]
    yes = {(row.coder, row.statement_id, row.theme) for row in both.itertuples()}
    decisions = [(statement, theme) for statement in both["statement_id"].unique() for theme in both["theme"].unique()]
    units = [[(coder, *decision) in yes for coder in "AB"] for decision in decisions]
    assert found["all themes", "krippendorff_alpha"] == pytest.approx(naive_alpha(units), abs=1e-9)
    assert found["all themes", "percent_agreement"] == pytest.approx(np.mean([one == other for one, other in units]))


def test_intervals_hold_the_estimate_and_repeat_with_the_seed(codings):
    one, again, other = (pe.agreement(codings, seed=seed, resamples=200).estimates for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, again)
    assert (one["conf_low"] != other["conf_low"]).any()
    assert ((one["conf_low"] <= one["estimate"]) & (one["estimate"] <= one["conf_high"])).all()


def test_the_bootstrap_of_agreement_is_as_wide_as_its_binomial_interval(codings):
    both = codings[codings["coder"] != "C"]
    row = (
        pe.agreement(both, seed=1, resamples=600)
        .estimates.set_index(["term", "measure"])
        .loc[("hope", "percent_agreement")]
    )
    error = np.sqrt(row["estimate"] * (1 - row["estimate"]) / row["n"])
    assert row["conf_high"] - row["conf_low"] == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_what_all_judged_alike_has_no_coefficient():
    rows = [("A", "s1", "always"), ("B", "s1", "always"), ("A", "s2", "always"), ("B", "s2", "always")]
    codings = pd.DataFrame(rows, columns=["coder", "statement_id", "theme"]).assign(role="patient")
    found = pe.agreement(codings, resamples=100).estimates.set_index(["term", "measure"])
    assert found.loc["always", "flag"].tolist() == ["all judged alike", "", "all judged alike"]
    assert found.loc[("always", "percent_agreement"), "estimate"] == 1
    assert found.loc[("always", "krippendorff_alpha")][["estimate", "conf_low"]].isna().all()


def test_coders_of_different_interviews_have_nothing_to_agree_on():
    codings = pd.DataFrame(
        {
            "coder": ["A", "B"],
            "informant": ["i1", "i2"],
            "statement_id": ["s1", "s2"],
            "role": "patient",
            "theme": "hope",
        }
    )
    with pytest.raises(pe.PeerevalError, match="No interview was coded by two coders"):
        pe.agreement(codings)
