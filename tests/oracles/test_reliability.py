"""Reliability against R's psych (tests/oracles/make_reliability.R) and against pingouin on the same data."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import DesignError, UnknownNameError
from peereval.estimation.factors import omega_hierarchical, omega_total
from peereval.estimation.reliability import cronbach_alpha, icc_agreement, rest_correlations


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
        assert pe.reliability(self.who([]), "who-5").estimates.empty

    @pytest.mark.parametrize("persons", [1, 2, 3])
    def test_few(self, persons):
        found = pe.reliability(self.who([[1, 2, 3, 4, 5]] * persons), "who-5").estimates
        assert found[found["measure"].isin(["alpha", "omega_total", "item_rest"])]["estimate"].isna().all()
        assert found.loc[found["measure"] == "omega_total", "flag"].iloc[0] == "no more persons than items"

    def test_everybody_alike(self):
        found = pe.reliability(self.who([[5] * 5] * 30), "who-5").estimates.set_index(["measure", "scale"])
        assert np.isnan(found.loc[("alpha", "raw"), "estimate"])
        assert found.loc[("omega_total", "raw"), "flag"] == "an item does not vary"
        assert found.loc[("ceiling", "raw"), ["estimate", "numerator", "denominator"]].tolist() == [1, 30, 30]
        assert found.loc[("lowest_code", "all items"), "flag"] == "the code 0 does not occur"

    def test_missing_items_are_counted_and_left_out_of_alpha(self):
        rng = np.random.default_rng(1)
        values = np.clip(np.round(2.5 + rng.normal(size=(50, 1)) + rng.normal(size=(50, 5))), 0, 5)
        values[:7, 0] = np.nan
        values[7] = np.nan
        result = pe.reliability(self.who(values), "who-5")
        assert dict(result.exclusions) == {"items_missing": 7}
        found = result.estimates
        assert set(found.loc[found["measure"] == "alpha", "n"]) == {42}

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
        found = result.estimates.set_index(["measure", "scale"])
        assert found.loc[("retest_icc", "raw"), ["estimate", "n", "contrast"]].tolist() == [1.0, 3, "start / later"]
        assert result.exclusions["unpaired"] == 2

    def test_scales_that_are_no_sum_of_items_get_no_alpha(self):
        names = list(pe.instrument("eq-5d-5l").item_columns)
        frame = pd.DataFrame([[1, 2, 1, 3, 1, 80], [2, 2, 1, 1, 1, 60]], columns=names).assign(round="start")
        found = pe.reliability(frame, "eq-5d-5l").estimates
        assert set(found["measure"]) == {"floor", "ceiling", "lowest_code", "highest_code"}
        assert found.loc[found["measure"] == "highest_code", "estimate"].tolist() == [3]
