"""Costs and effects against R (tests/oracles/make_costs.R), closed formulas and printed figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import peereval as pe

ARMS = {"treatment": "peer", "reference": "usual", "allocation": "randomised", "currency": "DKK", "price_year": 2020}


@pytest.fixture(scope="module")
def r():
    return json.loads((Path(__file__).parent / "costs.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def persons():
    return pd.read_csv(Path(__file__).parent / "costs.csv").astype({"arm": "string", "unit": "string"})


@pytest.fixture(scope="module")
def found(persons, r):
    return pe.cost_per_bed_day(persons, thresholds=r["thresholds"], **ARMS).estimates.set_index("measure")


def assert_welch(row, oracle):
    for name, mine in (("estimate", "estimate"), ("std_error", "std_error"), ("df", "df")):
        assert row[mine] == pytest.approx(oracle[name], rel=1e-9)
    assert [row["conf_low"], row["conf_high"]] == pytest.approx([oracle["low"], oracle["high"]], rel=1e-9)


def test_increments_are_those_of_t_test(found, r):
    assert_welch(found.loc["incremental_cost"], r["incremental_cost"])
    assert_welch(found.loc["incremental_effect"], r["incremental_effect"])


def test_net_benefit_and_acceptability_are_those_of_t_test(found, r):
    rows = found.loc["incremental_net_benefit"]
    assert rows["threshold"].tolist() == r["thresholds"]
    for (_, row), oracle in zip(rows.iterrows(), r["net_benefit"], strict=True):
        assert_welch(row, oracle)
    # the one-sided p of t.test is the probability that the net benefit is not above 0
    shares = found.loc["probability_cost_effective", "estimate"]
    assert shares.tolist() == pytest.approx([1 - each["above"] for each in r["net_benefit"]], abs=1e-10)


def test_fieller_is_the_set_of_ratios_that_t_test_does_not_reject(persons, r):
    ratio = {
        name: pe.cost_effectiveness(persons, cost=cost, effect=effect, better=better, thresholds=[0], **ARMS)
        .estimates.set_index("measure")
        .loc["icer"]
        for name, cost, effect, better in (
            ("bounded", "cost", "bed_days", "lower"),
            ("all_but_a_range", "cost", "readmissions", "lower"),
            ("whole_line", "all_cost", "recovery", "higher"),
        )
    }
    assert [row["interval"] for row in ratio.values()] == list(ratio)
    bounded, range_, line = ratio.values()
    assert [bounded["conf_low"], bounded["conf_high"]] == pytest.approx(r["bounded"]["edges"], rel=1e-8)
    edges = r["all_but_a_range"]["edges"]
    assert [range_["excluded_low"], range_["excluded_high"]] == pytest.approx(edges, rel=1e-8)
    assert np.isnan(range_["conf_low"])
    assert r["whole_line"]["all_kept"] is True
    assert np.isnan([line["conf_low"], line["conf_high"], line["excluded_low"], line["excluded_high"]]).all()


def test_net_benefit_of_wards_is_that_of_club_sandwich(persons, r):
    wards = pe.cost_per_bed_day(persons, thresholds=r["thresholds"], unit="unit", **ARMS)
    rows = wards.estimates.set_index("measure").loc["incremental_net_benefit"]
    for (_, row), oracle in zip(rows.iterrows(), r["units"], strict=True):
        for name in ("estimate", "std_error", "df"):
            assert row[name] == pytest.approx(oracle[name], rel=1e-9)
    assert "CR2" in wards.method
    assert "R8" in wards.method


def test_the_bootstrap_agrees_with_boot_up_to_its_own_error(persons, r):
    drawn = pe.cost_per_bed_day(persons, thresholds=r["thresholds"], resamples=10_000, seed=5, **ARMS)
    rows = drawn.estimates.set_index("measure")
    spread = [each["std_error"] for each in r["boot"]]
    benefit = rows.loc["incremental_net_benefit"]
    # standard errors of a standard deviation, a 2.5 % quantile and a share with 10,000 and 20,000 replicates, times 4
    assert benefit["std_error"].tolist() == pytest.approx(spread, rel=0.035)
    for name in ("conf_low", "conf_high"):
        oracle = [each[name.removeprefix("conf_")] for each in r["boot"]]
        assert (np.abs(benefit[name] - oracle) < 0.14 * np.array(spread)).all()
    shares = [each["share"] for each in r["boot"]]
    assert rows.loc["probability_cost_effective", "estimate"].tolist() == pytest.approx(shares, abs=0.025)


@pytest.mark.parametrize(
    ("kind", "sd_cost", "sd_effect"),
    [("bounded", 1e5, 300.0), ("all_but_a_range", 1e5, 1500.0), ("whole_line", 1e6, 1500.0)],
)
def test_fieller_of_large_arms_is_the_closed_formula(kind, sd_cost, sd_effect):
    """Fieller's quadratic with the normal quantile, on printed means of arms so large that t is normal."""
    n, correlations = 4_000_000, np.array([0.3, -0.4])
    printed = pd.DataFrame({
        "arm": ["peer", "usual"], "n": n, "mean_cost": [5200.0, 4800.0], "sd_cost": sd_cost,
        "mean_effect": [11.0, 10.0], "sd_effect": sd_effect, "correlation": correlations,
    })  # fmt: skip
    found = pe.cost_effectiveness(printed, effect="points", better="higher", thresholds=[0], **ARMS).estimates
    cost, effect = 400.0, 1.0
    covariance = correlations.sum() * sd_cost * sd_effect / n
    z2 = 1.959963984540054**2
    a, b, c = effect**2 - z2 * 2 * sd_effect**2 / n, cost * effect - z2 * covariance, cost**2 - z2 * 2 * sd_cost**2 / n
    row = found.set_index("measure").loc["icer"]
    assert row["interval"] == kind
    if kind == "whole_line":
        assert b**2 < a * c
        return
    assert (a > 0) == (kind == "bounded")
    names = ("conf_low", "conf_high") if a > 0 else ("excluded_low", "excluded_high")
    roots = [(b + sign * np.sqrt(b**2 - a * c)) / a for sign in (-1, 1)]
    assert [row[name] for name in names] == pytest.approx(sorted(roots), rel=1e-5)


def test_lawn_2008_in_money():
    found = pe.benefit_to_cost(cost=19850, net_benefit=93150, bed_days=300, currency="AUD", price_year=2008).estimates
    value = found.set_index("measure")["estimate"]
    assert value["gross_benefit"] == 113_000
    assert round(value["gross_benefit_per_bed_day"], 2) == 376.67
    assert round(value["gross_benefit_to_cost"], 2) == 5.69
    assert round(value["net_benefit_to_cost"], 2) == 4.69


def test_simpson_2014_costs_232_pounds_more():
    """Two printed means without standard deviations: a difference, and no interval."""
    printed = pd.DataFrame({
        "arm": ["peer", "usual"], "n": 23, "mean_cost": [2154.0, 1922.0], "sd_cost": np.nan, "mean_effect": np.nan,
        "sd_effect": np.nan, "correlation": np.nan,
    })  # fmt: skip
    found = pe.cost_effectiveness(
        printed, treatment="peer", reference="usual", allocation="randomised", better="higher", effect="hope",
        thresholds=[0], currency="GBP", price_year=2014,
    )  # fmt: skip
    row = found.estimates.set_index("measure").loc["incremental_cost"]
    assert row["estimate"] == 232
    assert np.isnan([row["std_error"], row["conf_low"], row["conf_high"]]).all()
    assert dict(found.exclusions) == {"mean_missing": 2, "sd_missing": 4}
    assert found.estimates.set_index("measure").loc["icer", "interval"] is pd.NA


def test_sledge_2011_days_and_their_break_even():
    """evidence.md 1.3: 9.00 days fewer (-18.05 to 0.05), so no bounded cost per bed day, whatever peers cost."""
    printed = pd.DataFrame({
        "arm": ["peer", "usual"], "n": [38, 36], "mean_cost": [1500.0, 0.0], "sd_cost": [0.0, 0.0],
        "mean_effect": [10.08, 19.08], "sd_effect": [17.31, 21.63], "correlation": 0.0,
    })  # fmt: skip
    found = pe.cost_per_bed_day(
        printed, treatment="peer", reference="usual", allocation="randomised", thresholds=[1000], currency="USD",
        price_year=2011,
    ).estimates.set_index("measure")  # fmt: skip
    days = found.loc["incremental_effect"]
    assert days["estimate"] == pytest.approx(9.0)
    # Welch instead of the pooled variance: a few hundredths wider
    assert [days["conf_low"], days["conf_high"]] == pytest.approx([-0.05, 18.05], abs=0.1)
    ratio = found.loc["icer"]
    assert ratio["estimate"] == pytest.approx(1500 / 9)
    assert ratio["interval"] == "all_but_a_range"
    # a cost without spread moves the limits to cost divided by the limits of the effect
    assert [ratio["excluded_low"], ratio["excluded_high"]] == pytest.approx(
        [1500 / days["conf_low"], 1500 / days["conf_high"]], rel=1e-9
    )
    even = pe.break_even(
        annual_cost=60_000, bed_day_price=800, persons=38, days_saved=9.0, std_error=4.54, allocation="randomised",
        currency="USD", price_year=2011,
    ).estimates.set_index("measure")["estimate"]  # fmt: skip
    assert even["break_even_bed_days"] == 75
    assert even["net_saving"] == pytest.approx(9.0 * 38 * 800 - 60_000)
    # P(38 d > 75), d normal with 9.0 and 4.54, by drawing
    drawn = np.random.default_rng(3).normal(9.0, 4.54, 1_000_000)
    assert even["probability_of_break_even"] == pytest.approx((38 * drawn > 75).mean(), abs=0.002)
