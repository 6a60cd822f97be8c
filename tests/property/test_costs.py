"""Costs against naive second implementations, and what must hold whatever the numbers."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import peereval as pe

some = settings(max_examples=12)
seeds = st.integers(0, 2**32 - 1)
ARMS = {"treatment": "peer", "reference": "usual", "allocation": "observed", "currency": "DKK", "price_year": 2020}


def persons_of(seed):
    """Between 3 and 30 persons an arm; costs and bed days go together, weakly or strongly, either way."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(3, 30, 2)
    ill = rng.gamma(1.5, 1, sizes.sum())
    arm = np.repeat(["peer", "usual"], sizes)
    cost = 1000 * (rng.uniform(0, 2) * (arm == "peer") + rng.uniform(0, 1) * ill + rng.gamma(2, 0.3, len(ill)))
    days = rng.poisson(10 * ill * np.where(arm == "peer", rng.uniform(0.3, 1.2), 1))
    return pd.DataFrame({"arm": arm, "cost": cost, "bed_days": days}).astype({"arm": "string"})


def compared(data, thresholds=(0.0, 100.0), **options):
    found = pe.cost_per_bed_day(data, thresholds=list(thresholds), **{**ARMS, **options})
    return found.estimates.set_index("measure")


def naive_net_benefit(data, threshold):
    """Person by person, in plain Python: the difference in net benefit, its standard error and Welch's df."""
    arms = {}
    for arm, cost, days in data.itertuples(index=False):
        arms.setdefault(arm, []).append(-threshold * days - cost)
    means = {arm: sum(values) / len(values) for arm, values in arms.items()}
    parts = {
        arm: sum((value - means[arm]) ** 2 for value in values) / (len(values) - 1) / len(values)
        for arm, values in arms.items()
    }
    total = sum(parts.values())
    df = total**2 / sum(part**2 / (len(arms[arm]) - 1) for arm, part in parts.items())
    return means["peer"] - means["usual"], math.sqrt(total), df


@some
@given(seeds, st.floats(0, 500))
def test_net_benefit_is_that_of_single_persons(seed, threshold):
    data = persons_of(seed)
    row = compared(data, [threshold]).loc["incremental_net_benefit"]
    assert [row["estimate"], row["std_error"], row["df"]] == pytest.approx(naive_net_benefit(data, threshold), rel=1e-8)


@some
@given(seeds)
def test_net_benefit_is_not_told_from_0_exactly_within_fiellers_interval(seed):
    """At the limits of the ratio (of either sign) the net benefit has a limit of 0, by the t of the ratio observed."""
    from scipy.stats import t

    data = persons_of(seed)
    found = compared(data)
    ratio = found.loc["icer"]
    observed = found.loc["incremental_cost", "estimate"] / found.loc["incremental_effect", "estimate"]
    quantile = t.ppf(0.975, naive_net_benefit(data, observed)[2])
    limits = {
        "bounded": [ratio["conf_low"], ratio["conf_high"]],
        "all_but_a_range": [ratio["excluded_low"], ratio["excluded_high"]],
        "whole_line": [],
    }[ratio["interval"]]
    for limit in limits:
        estimate, error, _ = naive_net_benefit(data, limit)
        assert abs(estimate) == pytest.approx(quantile * error, rel=1e-6)
    for threshold in (-300.0, -50.0, -1.0, 0.0, 1.0, 50.0, 300.0):
        estimate, error, _ = naive_net_benefit(data, threshold)
        within = not limits or (limits[0] < threshold < limits[1]) == (ratio["interval"] == "bounded")
        assert (abs(estimate) < quantile * error) == within


@some
@given(seeds, st.floats(0.01, 100))
def test_another_currency_changes_money_and_nothing_else(seed, rate):
    data = persons_of(seed)
    here, there = compared(data, [100.0]), compared(data.assign(cost=data["cost"] * rate), [100.0 * rate])
    names = ["estimate", "conf_low", "conf_high", "excluded_low", "excluded_high"]
    money = ["incremental_cost", "icer", "incremental_net_benefit"]
    expected = (here.loc[money, names] * rate).to_numpy(float)
    assert there.loc[money, names].to_numpy(float) == pytest.approx(expected, rel=1e-6, nan_ok=True)
    for measure in ("incremental_effect", "probability_cost_effective"):
        assert there.loc[measure, "estimate"] == pytest.approx(here.loc[measure, "estimate"], rel=1e-6)


@some
@given(seeds)
def test_arms_that_change_places_change_signs(seed):
    data = persons_of(seed)
    one, other = compared(data), compared(data, treatment="usual", reference="peer")
    for measure in ("incremental_cost", "incremental_effect", "incremental_net_benefit"):
        pairs = zip(np.ravel(one.loc[measure, "conf_low"]), np.ravel(other.loc[measure, "conf_high"]), strict=True)
        assert all(low == pytest.approx(-high) for low, high in pairs)
    assert one.loc["icer", "interval"] == other.loc["icer", "interval"]
    names = ["conf_low", "conf_high", "excluded_low", "excluded_high"]
    assert one.loc["icer", names].tolist() == pytest.approx(other.loc["icer", names].tolist(), rel=1e-6, nan_ok=True)


@st.composite
def budgets(draw):
    lines = draw(
        st.lists(
            st.tuples(st.sampled_from("ABC"), st.sampled_from(["2021", "2022"]), st.integers(0, 10**7) | st.none()),
            max_size=12,
        )
    )
    frame = pd.DataFrame(lines, columns=["scenario", "period", "amount"]).astype({"amount": float})
    return frame.assign(line=[f"line {place}" for place in range(len(frame))], currency="DKK", price_year=2021)


@some
@given(budgets())
def test_totals_are_sums_of_known_lines(frame):
    naive = {}
    for row in frame.itertuples():
        naive.setdefault((row.scenario, row.period), []).append(row.amount)
    found = pe.budget_scenarios(frame.astype({"scenario": "string", "period": "string", "price_year": "int64"}))
    totals = found.estimates[found.estimates["measure"] == "total_cost"]
    mine = {(row.group, row.time): row.estimate for row in totals.itertuples()}
    assert mine == pytest.approx({key: sum(amounts) for key, amounts in naive.items()}, nan_ok=True)
    assert found.exclusions.get("amount_missing", 0) == frame["amount"].isna().sum()


@some
@given(st.floats(1, 1e7), st.floats(1, 1e5), st.floats(0.5, 500), st.floats(-20, 20), st.floats(0.01, 10))
def test_the_probability_of_break_even_passes_a_half_where_the_saving_passes_0(cost, price, persons, days, error):
    found = pe.break_even(
        annual_cost=cost, bed_day_price=price, persons=persons, days_saved=days, std_error=error,
        allocation="randomised", currency="DKK", price_year=2020,
    ).estimates.set_index("measure")  # fmt: skip
    saving, probability = found.loc["net_saving"], found.loc["probability_of_break_even", "estimate"]
    assert saving["estimate"] == pytest.approx(persons * days * price - cost, abs=1e-6 * cost)
    assert (probability > 0.5) == (saving["estimate"] > 0)
    assert (probability > 0.975) == (saving["conf_low"] > 0)
