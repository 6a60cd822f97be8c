"""Reliability against R's psych (tests/oracles/make_reliability.R) and against pingouin on the same data."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import DesignError, InvalidValueError, UnknownNameError
from peereval.estimation.factors import COINCIDES, omega_hierarchical, omega_total
from peereval.estimation.reliability import cronbach_alpha, icc_agreement, rest_correlations, sem_agreement


@pytest.fixture
def data(root):
    return pd.read_csv(root / "tests/oracles/reliability.csv")


@pytest.fixture
def numbers(root):
    return json.loads((root / "tests/oracles/reliability.json").read_text(encoding="utf-8"))


@pytest.fixture
def keyed(data):
    items = data.iloc[:, :12].to_numpy(float)
    items[:, 8] = 6 - items[:, 8]
    return items


def test_alpha_and_feldts_interval_agree_with_psych(data, keyed, numbers):
    for items, expected in ((keyed, numbers["keyed"]), (data.iloc[:, :12].to_numpy(float), numbers["raw"])):
        found = cronbach_alpha(items)
        assert found == pytest.approx((expected["alpha"], expected["low"], expected["high"]), abs=1e-10)
        rest = [each.estimate for each in rest_correlations(items)]
        assert rest == pytest.approx(expected["rest"], abs=1e-10)


def test_the_interval_of_a_rest_correlation_agrees_with_r(data, numbers):
    assert rest_correlations(data.iloc[:, :12].to_numpy(float))[8] == pytest.approx(numbers["rest_9"], abs=1e-10)


def test_omegas_agree_with_psych(keyed, numbers):
    assert omega_total(keyed).estimate == pytest.approx(numbers["omega_total"], abs=1e-6)
    # psych's rotation stops earlier than ours
    assert omega_hierarchical(keyed).estimate == pytest.approx(numbers["omega_hierarchical"], abs=1e-5)


@pytest.mark.parametrize(("name", "why"), [("coincides", COINCIDES), ("rotation", "")])
def test_omega_hierarchical_of_one_dimension_agrees_with_psych(root, numbers, name, why):
    sets = pd.read_csv(root / "tests/oracles/reliability_one_factor.csv", index_col="set")
    found = omega_hierarchical(sets.loc[name].to_numpy(float))
    # another rotation routine than psych's
    assert found.estimate == pytest.approx(numbers["one_factor"][name]["omega"], abs=5e-3)
    assert found.why == why


def test_omega_hierarchical_is_there_for_good_scales_of_one_dimension():
    rng = np.random.default_rng(1)
    for _ in range(20):
        items = np.round(0.7 * rng.normal(size=(200, 1)) + 0.7 * rng.normal(size=(200, 8)), 1)
        assert 0.6 < omega_hierarchical(items).estimate < 0.95


def test_factors_that_oppose_each_other_have_no_general_one():
    rng = np.random.default_rng(1)
    first = rng.normal(size=(300, 1))
    latent = np.hstack([first, -0.6 * first + 0.8 * rng.normal(size=(300, 1)), rng.normal(size=(300, 1))])
    items = np.repeat(latent, 4, axis=1) + 0.5 * rng.normal(size=(300, 12))
    found = omega_hierarchical(items)
    assert np.isnan(found.estimate)
    assert found.why == "the three factors have no general one"


def test_the_standard_error_of_agreement_by_hand():
    first, second = np.array([1.0, 2, 3, 4]), np.array([2.0, 2, 4, 5])
    # differences 1, 0, 1, 1: MS(rounds) = 4 * 0.75**2 / 2, MS(error) = their variance / 2
    assert sem_agreement(first, second) == pytest.approx(np.sqrt(0.125 + (1.125 - 0.125) / 4), abs=1e-12)
    # rounds as alike as chance would have them: only the error is left
    assert sem_agreement(first, first[::-1]) == pytest.approx(np.sqrt(10 / 3), abs=1e-12)


def test_the_standard_error_of_agreement_is_that_of_the_intraclass_correlation(data):
    first = data["first"].to_numpy(float)
    second = data["second"].to_numpy(float) + 3
    n, d = len(first), second - first
    error, between = d.var(ddof=1) / 2, n * d.mean() ** 2 / 2
    persons = 2 * ((first + second) / 2).var(ddof=1)
    whole = (persons + error + 2 * (between - error) / n) / 2
    expected = np.sqrt(whole * (1 - icc_agreement(first, second).estimate))
    assert sem_agreement(first, second) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("first", "second", "icc"),
    [
        ([1, 2, 3, 4], [4, 3, 2, 1], -1.0),
        ([0.1, 0.2, 0.3, 0.7], [0.7, 0.6, 0.5, 0.1], -1.0),
        ([1, 2, 3, 4], [2, 3, 4, 5], 10 / 13),
        ([0.1, 0.2, 0.3], [0.1, 0.2, 0.3], 1.0),
        ([2.2] * 5, [2.2] * 5, np.nan),
        ([1, 2], [2, 3], np.nan),
    ],
)
def test_an_intraclass_correlation_without_an_interval(first, second, icc):
    found = icc_agreement(np.array(first, float), np.array(second, float))
    assert found == pytest.approx((icc, np.nan, np.nan), nan_ok=True)
    assert np.isnan(sem_agreement(np.array(first, float), np.array(second, float))) == np.isnan(icc)


def test_limits_hold_the_intraclass_correlation_or_are_not_there():
    rng = np.random.default_rng(1)
    for _ in range(2000):
        first, second = rng.integers(0, 4, (2, rng.integers(3, 6))).astype(float)
        found = icc_agreement(first, second)
        assert np.isnan(found.conf_low) or -1 <= found.conf_low <= found.estimate <= found.conf_high <= 1


def test_the_intraclass_correlation_agrees_with_psych(data, numbers):
    found = icc_agreement(data["first"].to_numpy(float), data["second"].to_numpy(float))
    assert found == pytest.approx(numbers["icc"], abs=1e-10)


@pytest.mark.filterwarnings("ignore::Warning:pingouin")
@pytest.mark.parametrize(("seed", "n", "k"), [(1, 12, 3), (2, 40, 6), (3, 300, 20)])
def test_alpha_and_icc_agree_with_pingouin(seed, n, k):
    import pingouin as pg

    rng = np.random.default_rng(seed)
    items = np.round(rng.normal(size=(n, 1)) + rng.normal(size=(n, k)))
    alpha, limits = pg.cronbach_alpha(pd.DataFrame(items))
    found = cronbach_alpha(items)
    assert found.estimate == pytest.approx(alpha, abs=1e-12)
    assert (found.conf_low, found.conf_high) == pytest.approx(tuple(limits), abs=6e-4)
    first, second = items[:, 0], items[:, 0] + np.round(rng.normal(0.3, 1, n))
    long = pd.DataFrame(
        {"person": [*range(n)] * 2, "round": np.repeat([0, 1], n), "score": np.concatenate([first, second])}
    )
    table = pg.intraclass_corr(long, "person", "round", "score").iloc[1]
    assert icc_agreement(first, second).estimate == pytest.approx(table["ICC"], abs=1e-12)


def as_mspss(data):
    """The twelve items of the oracle as answers to an instrument with twelve items of five codes."""
    content = pe.instrument("mspss").model_dump(exclude_unset=True, mode="json")
    content["codings"] = {"1-5": {"min": 1, "max": 5, "reversed": "9"}}
    content["scales"] = {name: scale | {"high": 5.0} for name, scale in content["scales"].items()}
    one = pe.Instrument.model_validate(content)
    items = data.iloc[:, :12].set_axis(list(one.item_columns), axis=1)
    return one, items.assign(person=[str(row) for row in range(len(items))], round="start")


def test_the_result_carries_the_numbers_of_the_oracle(data, numbers):
    one, responses = as_mspss(data)
    found = pe.reliability(responses, one).estimates
    total = found[found["scale"] == "total_mean"].set_index("measure")
    assert total.loc["alpha", ["estimate", "conf_low", "conf_high"]].tolist() == pytest.approx(
        [numbers["keyed"][name] for name in ("alpha", "low", "high")], abs=1e-10
    )
    # the score is a mean of twelve items, the oracle's a sum
    assert total.loc["sem", "estimate"] == pytest.approx(numbers["sem"] / 12, abs=1e-10)
    assert set(found["n"]) == {240}
    assert not found["flag"].isin(["runs against the rest"]).any()


def test_the_wrong_key_is_told_with_the_oracles_number(data, numbers):
    one, responses = as_mspss(data)
    content = one.model_dump(exclude_unset=True, mode="json")
    content["codings"]["1-5"].pop("reversed")
    with pytest.warns(pe.ReverseKeyWarning, match=r"the item mspss_09 runs against .*n = 240"):
        found = pe.reliability(responses, pe.Instrument.model_validate(content)).estimates
    row = found[(found["term"] == "mspss_09") & (found["scale"] == "total_mean")].iloc[0]
    assert [row["estimate"], row["conf_low"], row["conf_high"]] == pytest.approx(numbers["rest_9"], abs=1e-10)


class TestWhatComesIn:
    """Empty, small, anonymous and uniform data."""

    def who(self, values, **columns):
        names = list(pe.instrument("who-5").item_columns)
        frame = pd.DataFrame(np.asarray(values, float).reshape(-1, 5), columns=names)
        return frame.assign(round="start", **columns)

    def test_nobody(self):
        found = pe.reliability(self.who([]), "who-5").estimates
        assert found.empty
        assert {"measure", "scale", "round", "term", "estimate", "n", "flag"} <= set(found.columns)

    @pytest.mark.parametrize("persons", [1, 2, 3])
    def test_few(self, persons):
        found = pe.reliability(self.who([[1, 2, 3, 4, 5]] * persons), "who-5").estimates
        assert found[found["measure"].isin(["alpha", "omega_total", "item_rest"])]["estimate"].isna().all()
        assert found.loc[found["measure"] == "omega_total", "flag"].iloc[0] == "no more persons than items"

    def test_everybody_alike(self):
        estimates = pe.reliability(self.who([[5] * 5] * 30), "who-5").estimates
        found = {(row["measure"], row["scale"]): row for row in estimates.to_dict("records")}
        assert np.isnan(found["alpha", "raw"]["estimate"])
        assert np.isnan(found["sem", "raw"]["estimate"])
        assert found["omega_total", "raw"]["flag"] == "an item does not vary"
        ceiling = found["ceiling", "raw"]
        assert [ceiling[name] for name in ("estimate", "numerator", "denominator")] == [1, 30, 30]
        assert found["lowest_code", "all items"]["flag"] == "the code 0 does not occur"

    def test_missing_items_are_counted_and_left_out_of_alpha(self):
        rng = np.random.default_rng(1)
        values = np.clip(np.round(2.5 + rng.normal(size=(50, 1)) + rng.normal(size=(50, 5))), 0, 5)
        values[:7, 0] = np.nan
        values[7] = np.nan
        result = pe.reliability(self.who(values), "who-5")
        assert dict(result.exclusions) == {"not_answered": 1, "items_missing": 7}
        found = result.estimates
        assert set(found.loc[found["measure"] == "alpha", "n"]) == {50 - 1 - 7}

    def test_retest_needs_persons_and_rounds_that_are_there(self):
        anonymous = self.who([[1, 2, 3, 4, 5]] * 4)
        with pytest.raises(DesignError, match="same persons in both rounds"):
            pe.reliability(anonymous, "who-5", retest=("start", "later"))
        known = anonymous.assign(person=list("abcd"))
        with pytest.raises(UnknownNameError, match="no round 'later'"):
            pe.reliability(known, "who-5", retest=("start", "later"))

    def test_retest_pairs_persons_whatever_the_order_of_rows(self):
        first = self.who([[0] * 5, [2] * 5, [4] * 5, [5] * 5], person=list("abcd"))
        second = self.who([[5] * 5, [4] * 5, [2] * 5, [1] * 5], person=list("dcbx")).assign(round="later")
        result = pe.reliability(pd.concat([first, second]), "who-5", retest=("start", "later"))
        [found] = result.estimates.query("measure == 'retest_icc' and scale == 'raw'").to_dict("records")
        assert [found[name] for name in ("estimate", "n", "contrast")] == [1.0, 3, "start / later"]
        assert result.exclusions["retest_row_missing"] == 2

    def test_persons_of_the_retest_add_up(self):
        first = self.who([[0] * 5, [2] * 5, [4] * 5, [5] * 5, [np.nan] * 5], person=list("abcde"))
        second = self.who([[1] * 5, [np.nan] * 5, [4] * 5, [3] * 5], person=list("abcx")).assign(round="later")
        result = pe.reliability(pd.concat([first, second]), "who-5", retest=("start", "later"))
        pairs = result.estimates.query("measure == 'retest_icc' and scale == 'score_0_100'")["n"].item()
        left_out = [result.exclusions[name] for name in ("retest_row_missing", "retest_score_missing")]
        assert (pairs, *left_out) == (2, 3, 1)
        assert pairs + sum(left_out) == len(set("abcdex"))

    @pytest.mark.parametrize("rounds", [("start", "start"), ("start",), ("start", "later", "start"), "start", ()])
    def test_retest_is_between_two_different_rounds(self, rounds):
        known = self.who([[1, 2, 3, 4, 5]] * 4, person=list("abcd"))
        with pytest.raises(DesignError, match="two different rounds"):
            pe.reliability(known, "who-5", retest=rounds)

    def test_a_retest_in_which_nobody_differs_has_no_standard_error(self):
        first = self.who([[2] * 5] * 4, person=list("abcd"))
        result = pe.reliability(pd.concat([first, first.assign(round="later")]), "who-5", retest=("start", "later"))
        found = result.estimates.set_index("measure").loc[["retest_icc", "retest_sem"]]
        assert found["estimate"].isna().all()

    def test_columns_and_coding_are_said_as_for_a_score(self):
        rng = np.random.default_rng(1)
        names = [f"q{item}" for item in range(15)]
        frame = pd.DataFrame(rng.integers(1, 6, (40, 15)), columns=names).assign(round="start")
        alone = pe.reliability(frame, "qpr-15", items=names, coding="1-5")
        mapped = pe.reliability(frame, "qpr-15", items={"qpr-15": names}, coding={"qpr-15": "1-5"})
        pd.testing.assert_frame_equal(alone.estimates, mapped.estimates)
        assert alone.settings["columns"] == mapped.settings["columns"] == names
        assert mapped.settings["coding"] == "1-5"
        with pytest.raises(UnknownNameError, match="coding names 'qpr-22'"):
            pe.reliability(frame, "qpr-15", items=names, coding={"qpr-22": "1-5"})

    def test_one_instrument_at_a_time(self):
        with pytest.raises(InvalidValueError, match="takes one instrument, an id or a definition; found list"):
            pe.reliability(self.who([[1, 2, 3, 4, 5]]), ["who-5", "ismi-29"])

    def test_the_settings_tell_a_definition_of_ones_own_from_the_catalogues(self):
        content = pe.instrument("who-5").model_dump(exclude_unset=True, mode="json")
        content["codings"]["0-5"] = content["codings"].get("0-5", {"min": 0, "max": 5}) | {"reversed": "1"}
        frame = self.who([[1, 2, 3, 4, 5]] * 3)
        first, again, other = (
            pe.reliability(frame, one).settings["definition"]
            for one in ("who-5", pe.instrument("who-5"), pe.Instrument.model_validate(content))
        )
        assert first == again != other

    def test_scales_that_are_no_sum_of_items_get_no_alpha(self):
        names = list(pe.instrument("eq-5d-5l").item_columns)
        frame = pd.DataFrame([[1, 2, 1, 3, 1, 80], [2, 2, 1, 1, 1, 60]], columns=names).assign(round="start")
        found = pe.reliability(frame, "eq-5d-5l").estimates
        assert set(found["measure"]) == {"floor", "ceiling", "lowest_code", "highest_code"}
        assert found.loc[found["measure"] == "highest_code", "estimate"].tolist() == [3]
