"""Differences in differences against clubSandwich (make_differences.R), csdid and wildboottest, and naive second implementations."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.estimation.wild_bootstrap import wild_bootstrap
from peereval.series.allotment import allotments

HERE = Path(__file__).parent
NUMBERS = json.loads((HERE / "differences.json").read_text(encoding="utf-8"))
GROUPS = json.loads((HERE / "differences_groups.json").read_text(encoding="utf-8"))
ONE_START = pd.read_csv(HERE / "panel_one_start.csv")
STAGGERED = pd.read_csv(HERE / "panel_staggered.csv")
COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "start": "start"}


def differences(panel, **asked):
    return pe.difference_in_differences(panel, **COLUMNS, **asked).estimates


@pytest.mark.parametrize(
    ("name", "asked"), [("unit", {}), ("hospital", {"cluster": "hospital"}), ("weighted", {"weights": "n"})]
)
def test_one_start_is_two_way_fixed_effects_with_cr2(name, asked):
    """R: lm with unit and period dummies, clubSandwich's CR2 and Satterthwaite's df."""
    found = differences(ONE_START, method="two-way-fixed-effects", **asked).iloc[0]
    expected = NUMBERS["two_way"][name]
    assert found["estimate"] == pytest.approx(expected["estimate"], rel=1e-9)
    assert found["std_error"] == pytest.approx(expected["CR2"]["std_error"], rel=1e-9)
    assert found["df"] == pytest.approx(expected["CR2"]["df"], rel=1e-9)
    assert found["p_value"] == pytest.approx(expected["CR2"]["p_value"], rel=1e-8)


@pytest.mark.parametrize("weights", [None, "n"])
@pytest.mark.parametrize(("comparison", "who"), [("never-treated", "never"), ("not-yet-treated", "later")])
def test_group_time_effects_are_regressions_of_long_differences(weights, comparison, who):
    """R: lm of the change since the last period before, and clubSandwich's CR2 where the comparison is one group."""
    found = differences(STAGGERED, comparison=comparison, weights=weights)
    found = found[found["measure"] == "att_group_time"]
    expected = NUMBERS["group_time_weighted" if weights else "group_time"]
    assert len(found) == 3 * 7
    for row in found.itertuples():
        numbers = expected[f"{row.time} {row.time + row.event_time} {who}"]
        assert row.estimate == pytest.approx(numbers["estimate"], abs=1e-9)
        if row.n_comparison == 14:
            assert row.std_error == pytest.approx(numbers["CR2"]["std_error"], rel=1e-9)
            assert row.df == pytest.approx(numbers["CR2"]["df"], rel=1e-9)


def test_those_not_yet_treated_keep_the_mean_of_their_own_start():
    """R: the same regression with a mean for each start."""
    found = differences(STAGGERED, comparison="not-yet-treated")
    found = found[found["measure"] == "att_group_time"]
    checked = 0
    for row in found.itertuples():
        name = f"{row.time} {row.time + row.event_time}"
        if name in NUMBERS["strata"]:
            assert row.std_error == pytest.approx(NUMBERS["strata"][name], rel=1e-9)
            checked += 1
    assert checked == len(NUMBERS["strata"])


@pytest.mark.parametrize("name", [each for each in GROUPS if not each.startswith("wild")])
def test_summaries_are_those_of_callaway_and_santanna(name):
    """csdid: simple, group and dynamic aggregation, universal base period."""
    weights, compared = name.split()
    found = differences(
        STAGGERED, weights=None if weights == "none" else weights,
        comparison="never-treated" if compared == "nevertreated" else "not-yet-treated",
    ).set_index("measure")  # fmt: skip
    simple, group, dynamic = (GROUPS[name][each] for each in ("simple", "group", "dynamic"))
    assert found.loc["att", "estimate"] == pytest.approx(simple["att"], abs=1e-9)
    assert found.loc["att_over_groups", "estimate"] == pytest.approx(group["att"], abs=1e-9)
    assert found.loc["att_over_events", "estimate"] == pytest.approx(dynamic["att"], abs=1e-9)
    assert found.loc["att_group", "estimate"].tolist() == pytest.approx(group["each"], abs=1e-9)
    events = dict(zip(dynamic["of"], dynamic["each"], strict=True))
    assert events.pop(-1) == 0
    assert found.loc["att_event", "event_time"].tolist() == list(events)
    assert found.loc["att_event", "estimate"].tolist() == pytest.approx(list(events.values()), abs=1e-9)
    # its influence function has no correction for few units, and takes the sizes of the groups as drawn
    assert found.loc["att", "std_error"] == pytest.approx(simple["std_error"], rel=0.08)
    assert found.loc["att", "std_error"] > simple["std_error"]


def _wide(panel):
    return panel.pivot(index="unit", columns="period", values="outcome").to_numpy(), panel.groupby("unit")[
        "start"
    ].first().to_numpy()


def _naive_att(outcome, start, weight):
    """Each effect of a start and a period by hand, weighted by the units."""
    never, total, weights = np.isnan(start), 0.0, 0.0
    for first in np.unique(start[~never]):
        mine = start == first
        for period in range(int(first), outcome.shape[1] + 1):
            change = outcome[:, period - 1] - outcome[:, int(first) - 2]
            effect = np.average(change[mine], weights=weight[mine]) - np.average(change[never], weights=weight[never])
            total += weight[mine].sum() * effect
            weights += weight[mine].sum()
    return total / weights


def test_the_standard_error_of_a_summary_is_that_of_one_number_a_unit():
    """By hand: what a unit adds to the effect of all, its variance within each start over the units of the start."""
    found = differences(STAGGERED).iloc[0]
    outcome, start = _wide(STAGGERED)
    one = np.ones(len(start))
    variance = 0.0
    for group in (4, 6, 7, None):
        mine = np.flatnonzero(np.isnan(start) if group is None else start == group)
        # the effect is linear, so a unit's own part is what remains where all others are 0
        parts = [
            _naive_att(np.where(np.arange(len(start))[:, None] == each, outcome, 0.0), start, one) for each in mine
        ]
        variance += len(mine) * np.var(parts, ddof=1)
    assert found["std_error"] == pytest.approx(variance**0.5, rel=1e-9)


def _as_large(outcome, start, ways, tau=0.0):
    treated = np.arange(1, outcome.shape[1] + 1) >= start[:, None]
    without = outcome - tau * treated
    one = np.ones(len(start))
    effects = np.abs([_naive_att(without, way, one) for way in ways])
    return (effects >= effects[0] - 1e-9).mean()


@pytest.mark.parametrize(
    "names",
    [
        ["ward-01", "ward-02", "ward-06", "ward-17", "ward-18", "ward-19"],
        ["ward-01", "ward-13", "ward-17", "ward-18", "ward-19"],
    ],
)
def test_permutation_is_full_enumeration_with_inverted_limits(names):
    """By hand: every way to give the starts to the units; a limit is where the test just stops rejecting."""
    panel = STAGGERED[STAGGERED["unit"].isin(names)]
    found = differences(panel, method="permutation").iloc[0]
    outcome, start = _wide(panel)
    ways = [start, *_other_ways(start)]
    assert found["estimate"] == pytest.approx(_naive_att(outcome, start, np.ones(len(start))), abs=1e-9)
    assert found["p_value"] == pytest.approx(_as_large(outcome, start, ways))
    if np.isnan(found["conf_low"]):
        assert len(ways) <= 20
        assert found["lowest_p"] >= 1 / len(ways)
    else:
        assert _as_large(outcome, start, ways, found["conf_low"] + 1e-6) > 0.05
        assert _as_large(outcome, start, ways, found["conf_low"] - 1e-6) <= 0.05
        assert _as_large(outcome, start, ways, found["conf_high"] - 1e-6) > 0.05
        assert _as_large(outcome, start, ways, found["conf_high"] + 1e-6) <= 0.05


def _other_ways(start):
    from itertools import permutations

    distinct = {tuple(-1.0 if np.isnan(each) else each for each in way) for way in permutations(start)}
    happened = tuple(np.where(np.isnan(start), -1.0, start))
    return [np.where(np.array(way) < 0, np.nan, way) for way in sorted(distinct - {happened})]


def test_one_start_is_permuted_as_differences_of_means():
    """By hand: the change of each unit, all ways to choose the treated ones."""
    panel = ONE_START[
        ONE_START["unit"].isin(["ward-01", "ward-02", "ward-03", "ward-07", "ward-08", "ward-09", "ward-10"])
    ]
    found = differences(panel).iloc[0]
    outcome, start = _wide(panel)
    change = outcome[:, 5:].mean(axis=1) - outcome[:, :5].mean(axis=1)
    chosen = [list(each) for each in combinations(range(7), 3)]
    effects = np.array([change[each].mean() - np.delete(change, each).mean() for each in chosen])
    observed = change[~np.isnan(start)].mean() - change[np.isnan(start)].mean()
    assert found["estimate"] == pytest.approx(observed, abs=1e-9)
    assert found["p_value"] == pytest.approx((np.abs(effects) >= abs(observed) - 1e-9).mean())
    assert found["lowest_p"] == pytest.approx(1 / 35)


def test_all_ways_are_different_and_complete():
    found = allotments(np.array([0, 1, 1, 2, 0, 0]), seed=0)
    assert found.exact
    assert len({tuple(each) for each in found.groups.tolist()}) == len(found.groups) == 60
    assert (np.sort(found.groups, axis=1) == [0, 0, 0, 1, 1, 2]).all()


def test_the_wild_bootstrap_is_that_of_the_whole_regression():
    """By hand: two-way fixed effects with dummies, the same weights, CR0, the null imposed."""
    panel = ONE_START.assign(outcome=ONE_START["outcome"] + 2.0 * (ONE_START["period"] >= ONE_START["start"]))
    outcome, start = _wide(panel)
    change = outcome[:, 5:].mean(axis=1) - outcome[:, :5].mean(axis=1)
    found = wild_bootstrap(change, ~np.isnan(start), np.arange(14), draws=199, seed=3)
    on = (np.arange(1, 11) >= start[:, None]).astype(float).ravel()
    dummies = np.hstack([np.kron(np.eye(14), np.ones((10, 1))), np.kron(np.ones((14, 1)), np.eye(10))[:, 1:]])
    design = np.column_stack([on, dummies])
    free = on - dummies @ np.linalg.lstsq(dummies, on)[0]
    y = outcome.ravel()
    fitted = dummies @ np.linalg.lstsq(dummies, y)[0]

    def t_statistic(each):
        coefficients = np.linalg.lstsq(design, each)[0]
        scores = (free * (each - design @ coefficients)).reshape(14, 10).sum(axis=1)
        return coefficients[0] * (free @ free) / np.sqrt((scores**2).sum())

    webb = np.sqrt([1.5, 1.0, 0.5])
    drawn = np.random.default_rng(3).choice(np.concatenate([webb, -webb]), (199, 14))
    statistics = [t_statistic(fitted + np.repeat(turned, 10) * (y - fitted)) for turned in drawn]
    observed = t_statistic(y)
    assert found.statistic == pytest.approx(observed, rel=1e-9)
    assert found.p_value == pytest.approx((1 + (np.abs(statistics) >= abs(observed)).sum()) / 200)


def test_the_wild_bootstrap_against_wildboottest():
    """99,999 draws there and 9,999 here: a Monte Carlo error of 0.002."""
    panel = ONE_START.assign(outcome=ONE_START["outcome"] + 2.0 * (ONE_START["period"] >= ONE_START["start"]))
    found = differences(panel, method="wild-bootstrap").iloc[0]
    assert found["p_value"] == pytest.approx(GROUPS["wild, after 2 is added in treated periods"], abs=0.006)
    assert found["conf_high"] < 0


def test_limits_of_the_wild_bootstrap_are_where_its_test_stops_rejecting():
    outcome, start = _wide(ONE_START)
    change, treated = outcome[:, 5:].mean(axis=1) - outcome[:, :5].mean(axis=1), ~np.isnan(start)

    def found(without=0.0):
        return wild_bootstrap(change - without * treated, treated, np.arange(14), draws=1_999, seed=5)

    limits = found()
    for limit, outside in ((limits.conf_low, -1e-4), (limits.conf_high, 1e-4)):
        assert found(limit + outside).p_value <= 0.05
        assert found(limit - outside).p_value > 0.05
