"""Numbers of models, positions, money and costs: what may leave, and what an attacker finds in it."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.disclosure.policy import disclosure_policy, treatment_of


def result(rows, **parts):
    frame = pd.DataFrame(rows)
    declared = {name: "" for name in frame if name not in pe.results.VOCABULARY}
    given = {"kind": "k", "title": "T", "claim": "description", "method": "M.", "columns": declared}
    return pe.Result(**{**given, **parts}, estimates=frame)


def released(rows, **parts):
    return pe.release(result(rows, **parts))[0].estimates


def ratio(**more):
    row = {"measure": "hazard_ratio", "estimate": 1.237, "std_error": 0.2113, "conf_low": 0.8853, "conf_high": 1.7291,
           "n": 222, "n_persons": 118, "n_events": 63, "least_count": 24}  # fmt: skip
    return {**row, **more}


def test_a_ratio_of_enough_persons_in_each_level_is_rounded_to_half_its_standard_error():
    frame = released([ratio()])
    [row] = frame.to_dict("records")
    assert (row["estimate"], row["conf_low"], row["conf_high"]) == (1.2, 0.9, 1.7)
    assert (row["n"], row["n_persons"], row["n_events"]) == (220, 120, 65)
    assert not {"std_error", "least_count"} & set(frame)


@pytest.mark.parametrize("few", [{"least_count": 4}, {"least_count": None}, {"n_persons": 9}, {"df": 9.4}, {"std_error": None, "conf_low": None}], ids=str)  # fmt: skip
def test_a_ratio_is_withheld_where_a_part_is_small_or_unknown(few):
    frame = released([ratio(**few)])
    assert frame["withheld"].all()
    assert frame[["estimate", "conf_high", "n", "n_persons", "n_events"]].isna().all(axis=None)


def test_tests_of_a_model_tell_no_exact_number_of_persons_or_events():
    frame = released(
        [{"measure": "proportional_hazards", "p_value": 0.0512, "n": 222, "n_persons": 118, "n_events": 3}]
    )
    [row] = frame.to_dict("records")
    assert (row["p_value"], row["n"], row["n_persons"]) == (0.06, 220, 120)
    assert pd.isna(row["n_events"])


STRATA = ["young", "old"]


def stays(cells):
    """Index stays of one person each: of every ward and stratum, how many were readmitted and how many not."""
    rows = [
        {"unit": ward, "age_group": stratum, "readmitted": back, "number": number}
        for (ward, stratum), counts in cells.items()
        for back, number in zip((True, False), counts, strict=True)
    ]
    frame = pd.DataFrame(rows)
    frame = frame.loc[frame.index.repeat(frame["number"])].drop(columns="number").reset_index(drop=True)
    discharged = pd.Timestamp("2020-02-01")
    return frame.assign(
        person=[f"p{place}" for place in range(len(frame))], episode=1, n_contacts=1, definition="dk-30",
        admitted=discharged - pd.Timedelta(days=9), discharged=discharged, eligible=True, reason=pd.NA, followup_days=30.0,
        days_to_readmission=np.where(frame["readmitted"], 12.0, np.nan), event=np.where(frame["readmitted"], "readmitted", "censored"),
        followup_end=pd.Timestamp("2020-12-31"), hospital="H",
    ).astype({"reason": "string"})  # fmt: skip


CELLS = {("A", "young"): (20, 30), ("A", "old"): (3, 12), ("B", "young"): (18, 40), ("B", "old"): (25, 40)}
ENOUGH = {**CELLS, ("A", "old"): (9, 12)}


def strata_that_fit(cells, ward, crude, standardised, step, known):
    """Which cases of the strata of a ward fit its rates, for one who knows how many stays there are and the weights."""
    sizes = [sum(cells[ward, stratum]) for stratum in STRATA]
    everybody = [sum(sum(cells[each, stratum]) for each in "AB") for stratum in STRATA]
    weights = np.array(everybody) / sum(everybody)
    return [
        cases
        for cases in product(*(range(size + 1) for size in sizes))
        if abs(sum(cases) / sum(sizes) - crude) <= known / 2 + 1e-9
        and abs(float(weights @ (np.array(cases) / sizes)) - standardised) <= step / 2 + 1e-9
    ]


def rates_of(ward, frames):
    return [frame.set_index("group").loc[ward] for frame in frames]


def test_two_rates_tell_the_cases_of_a_stratum_and_so_the_standardised_one_is_withheld():
    table = stays(CELLS)
    asked = pe.readmission_rate(table, by="unit"), pe.standardised_rate(table, by="unit", strata=["age_group"])
    crude, standard = rates_of("A", [each.estimates for each in asked])
    found = strata_that_fit(CELLS, "A", crude["estimate"], round(standard["estimate"], 3), 0.001, 0.01)
    assert [cases[1] for cases in found] == [3]
    crude, standard = rates_of("A", [each.estimates for each in pe.release(asked)])
    assert not crude["withheld"]
    assert standard["withheld"]
    assert standard[["estimate", "conf_low", "conf_high", "numerator", "denominator", "n_persons"]].isna().all()


def test_a_standardised_rate_with_enough_in_every_stratum_leaves_and_pins_none_of_them():
    table = stays(ENOUGH)
    asked = pe.readmission_rate(table, by="unit"), pe.standardised_rate(table, by="unit", strata=["age_group"])
    crude, standard = rates_of("A", [each.estimates for each in pe.release(asked)])
    assert not crude["withheld"]
    assert not standard["withheld"]
    found = strata_that_fit(ENOUGH, "A", crude["estimate"], standard["estimate"], 0.02, 0.01)
    assert (20, 9) in found
    assert len({cases[1] for cases in found}) > 1
    [both] = pe.release(pe.standardised_rate(table, by="unit", strata=["age_group"], method="indirect"))
    assert not both.estimates["withheld"].any()
    assert not {"expected_count", "least_count", "design_effect"} & set(both.estimates)


def event_rows(cases, whose, days=(1000, 1000, 1000)):
    rows = [{"group": f"ward {place}", "numerator": each, "least_count": of, "denominator": spent}
            for place, (each, of, spent) in enumerate(zip(cases, whose, days, strict=True))]  # fmt: skip
    rows.append({"group": "all", "numerator": sum(cases), "least_count": sum(whose), "denominator": sum(days)})
    more = {"measure": "event_rate", "n_persons": 60}
    return [
        {**row, **more, "estimate": 1000 * row["numerator"] / row["denominator"],
         "conf_low": 1000 * row["numerator"] / row["denominator"] * 0.7, "conf_high": 1000 * row["numerator"] / row["denominator"] * 1.4}
        for row in rows
    ]  # fmt: skip


def test_the_events_of_one_person_cannot_be_computed_from_rates_times_days():
    """Of ward 0 all events are one person's: an attacker who knows the bed days of every ward bounds them."""
    cases, days = (9, 31, 24), (1000, 2000, 3000)
    frame = released(event_rows(cases, (1, 20, 17), days)).set_index("group")
    assert frame["withheld"].to_dict() == {"ward 0": True, "ward 1": True, "ward 2": False, "all": False}
    step = {"ward 2": 1.0, "all": 0.5}
    low, high = (
        {name: (frame.loc[name, "estimate"] + side * step[name] / 2) * spent / 1000 for name, spent in (("ward 2", 3000), ("all", 6000))}
        for side in (-1, 1)
    )  # fmt: skip
    # what ward 0 and ward 1 have together says nothing of one of them but that it is no more
    assert high["all"] - low["ward 2"] - 5 > 9
    alone = released(event_rows((9, 31), (8, 20), (1000, 2000))).set_index("group")
    assert not alone["withheld"].any()


@pytest.mark.filterwarnings("ignore::peereval.UnverifiedWarning")
def test_time_lost_to_a_few_deaths_is_withheld_and_not_told_by_the_rest(region):
    index = pe.readmissions(region.contacts, persons=region.persons)
    [safe] = pe.release(pe.restricted_mean(index, horizon=180))
    rows = safe.estimates.set_index("measure")
    assert rows["withheld"].to_dict() == {
        "restricted_mean_time": False,
        "readmission_time_lost": False,
        "death_time_lost": True,
    }
    # all three add up to the horizon, but two are rounded: no death at all and several fit as well
    rest = 180 - rows.loc["restricted_mean_time", "estimate"] - rows.loc["readmission_time_lost", "estimate"]
    steps = 1 + 1
    persons = rows.loc["restricted_mean_time", "n"]
    assert rest - steps <= 0 < 5 * 90 / persons <= rest + steps


def test_contacts_per_stay_are_withheld_with_a_small_reach():
    rows = [{"group": group, "measure": measure, "estimate": value, "std_error": error, "conf_low": value * 0.8, "conf_high": value * 1.2,
             "numerator": cases, "denominator": 80, "n_persons": 60}
            for group, met in (("ward A", 2), ("ward B", 30), ("ward C", 35), ("all", 67))
            for measure, value, error, cases in (("peer_reach", met / 240 if group == "all" else met / 80, None, met),
                                                 ("peer_contacts_per_stay", met / 40, met / 400, 2 * met))]  # fmt: skip
    frame = pd.DataFrame(rows)
    frame.loc[frame["group"] == "all", ["denominator", "n_persons"]] = [240, 180]
    safe = released(frame).set_index(["measure", "group"])["withheld"]
    assert safe["peer_reach"].to_dict() == {"ward A": True, "ward B": True, "ward C": False, "all": False}
    assert safe["peer_contacts_per_stay"].to_dict() == safe["peer_reach"].to_dict()


LINES = pd.DataFrame({"scenario": "C", "line": ["peers", "coordinator", "rent", "courses", "printed"], "currency": "DKK",
                      "amount": [9e6, 1.2e6, 0.5e6, 0.3e6, 11e6], "stated_total": [False] * 4 + [True],
                      "positions": [32, 2, None, None, 34], "beds": [None] * 4 + [120], "price_year": 2018})  # fmt: skip


def test_money_is_about_no_person_but_where_it_pays_the_positions_of_a_few():
    [safe] = pe.release(pe.budget_scenarios(LINES))
    rows = safe.estimates.set_index(["measure", "term"])
    assert rows.index[rows["withheld"]].tolist() == [
        ("line_cost", "coordinator"), ("line_cost", "rent"), ("cost_per_position", "coordinator"),
    ]  # fmt: skip
    assert rows.loc[("line_cost", "peers"), "estimate"] == 9e6
    assert rows.loc[("total_cost", "all lines"), "estimate"] == 11e6
    assert rows.loc[("cost_per_bed", "all lines"), "estimate"] == 11e6 / 120
    # the number of positions is told as rounded, also by what one costs
    assert rows.loc[("cost_per_position", "peers"), "estimate"] == 9e6 / 30
    assert rows.loc[("cost_per_position", "all lines"), "estimate"] == pytest.approx(11e6 / 35)
    assert not {"positions_paid", "numerator", "denominator"} & set(safe.estimates)
    # the salary of two is between nothing and what is left of the total
    left = 11e6 - rows.loc[("line_cost", ["peers", "courses"]), "estimate"].sum()
    assert left > 1.2e6


def test_a_scenario_of_a_few_positions_is_withheld_whole_and_one_without_positions_not_at_all():
    [few] = pe.release(pe.budget_scenarios(LINES.assign(positions=[None] * 4 + [3])))
    assert few.estimates["withheld"].all()
    assert few.estimates[["estimate", "stated", "difference"]].isna().all(axis=None)
    [none] = pe.release(pe.budget_scenarios(LINES.drop(columns="positions")))
    assert not none.estimates["withheld"].any()


def test_positions_of_a_few_are_merged_into_their_whole():
    parts = [("north", 14), ("south", 9), ("east", 7), ("west", 2)]
    rows = [
        {"term": name, "measure": "positions", "lowest": number, "highest": number, "whole": "all"}
        for name, number in parts
    ]
    rows += [
        {"term": "all", "measure": measure, "lowest": 32, "highest": 32, "whole": ""}
        for measure in ("positions", "positions_from_parts")
    ]
    rows.append({"term": "coordinator", "measure": "positions", "lowest": 1, "highest": 1, "whole": ""})
    frame = pd.DataFrame(rows).assign(estimate=lambda each: each["lowest"], printed=np.nan, agreement="")
    safe = released(frame).set_index(["measure", "term"])
    shown = safe.loc[~safe["withheld"], "lowest"].to_dict()
    assert shown == {
        ("positions", "north"): 15, ("positions", "all"): 30, ("positions_from_parts", "all"): 30,
    }  # fmt: skip
    assert safe.loc[safe["withheld"], ["estimate", "lowest", "highest", "printed"]].isna().all(axis=None)


def arms(effect, n=80):
    rng = np.random.default_rng(1)
    cost = rng.gamma(2, 3000, n).round() + np.repeat([2500, 0], n // 2)
    data = pd.DataFrame({"arm": np.repeat(["peer", "usual"], n // 2), "cost": cost, "effect": effect})
    return pe.cost_effectiveness(data, treatment="peer", reference="usual", allocation="randomised", better="higher",
                                 thresholds=[0, 500], currency="DKK", price_year=2020)  # fmt: skip


def test_costs_and_effects_are_rounded_like_means_and_their_ratio_to_the_same_precision():
    exact = arms(np.random.default_rng(2).normal(5, 8, 80).round() + np.repeat([6, 0], 40))
    [safe] = pe.release(exact)
    rows = safe.estimates
    assert not rows["withheld"].any()
    assert not {"std_error", "df", "correlation", "least_count"} & set(rows)
    told, true = (frame.set_index("measure")["estimate"] for frame in (rows, exact.estimates))
    error = exact.estimates.set_index("measure")["std_error"]
    for name in ("incremental_cost", "incremental_effect"):
        assert abs(told[name] - true[name]) <= error[name] / 4 + 1e-9
    assert abs(told["icer"] / true["icer"] - 1) < 0.1
    assert rows.loc[rows["measure"] == "probability_cost_effective", "estimate"].between(0, 1).all()
    safe.plot()
    safe.plot(view="acceptability")


@pytest.mark.parametrize("effect", [(np.arange(80) % 27 == 0) * 1.0, np.zeros(80)], ids=["three persons", "nobody"])
def test_an_effect_of_a_few_persons_withholds_the_comparison(effect):
    [safe] = pe.release(arms(effect))
    assert safe.estimates["withheld"].all()
    assert safe.estimates[["quadrant", "interval"]].isna().all(axis=None)


def test_an_arm_of_nine_withholds_the_comparison():
    assert pe.release(arms(np.random.default_rng(3).normal(5, 8, 18), n=18))[0].estimates["withheld"].all()


def test_every_measure_has_one_treatment():
    from importlib.resources import files

    text = (files("peereval.disclosure") / "treatments.toml").read_text(encoding="utf-8")
    for measure in treatment_of():
        assert text.count(f'"{measure}"') == 1, measure


def test_a_model_needs_the_policys_degrees_of_freedom():
    assert disclosure_policy("acro").fewest_df == 10
    assert "at least 10 residual degrees of freedom" in disclosure_policy("standard").sentence


def months(cases, sizes, persons):
    frame = pd.DataFrame(
        {"time": pd.date_range("2019-01-01", periods=len(cases), freq="MS"), "numerator": cases, "denominator": sizes}
    )
    return frame if persons is None else frame.assign(n_persons=persons)


def test_limits_of_a_chart_are_those_of_periods_of_the_rounded_size():
    cases, sizes = [12, 3, 15, 9, 30, 14], [48, 31, 62, 44, 61, 57]
    [safe] = pe.release(pe.control_chart(months(cases, sizes, [40, 25, 50, 40, 50, 50])))
    rows = safe.estimates
    assert rows["withheld"].tolist() == [False, True, False, True, False, False]
    centre = sum(cases) / sum(sizes)
    half = 3 * np.sqrt(centre * (1 - centre) / rows["denominator"])
    assert np.allclose(rows["upper_limit"], centre + half, atol=0.0051)
    assert np.allclose(rows["lower_limit"], np.maximum(centre - half, 0), atol=0.0051)
    assert rows["beyond_limits"].isna().tolist() == rows["withheld"].tolist()
    # exact limits would give the size of every period
    exact = pe.control_chart(months(cases, sizes, None)).estimates
    assert np.allclose(9 * centre * (1 - centre) / (exact["upper_limit"] - centre) ** 2, sizes)
    safe.plot()


def test_a_chart_of_nobody_knows_how_many_persons_is_withheld():
    [safe] = pe.release(pe.control_chart(months([12, 13, 15], [48, 45, 62], None)))
    assert safe.estimates["withheld"].all()
    assert safe.estimates[["estimate", "centre", "upper_limit", "denominator"]].isna().all(axis=None)


def test_coefficients_leave_where_every_level_and_the_reference_have_enough_persons():
    rng = np.random.default_rng(1)
    level = np.repeat(["a", "b", "c"], [4, 40, 40])
    data = pd.DataFrame({"person": np.repeat(np.arange(84), 2), "round": ["0", "1"] * 84, "level": np.repeat(level, 2)})
    data["score"] = 50 + np.repeat(rng.normal(0, 8, 84), 2) + rng.normal(0, 5, 168)
    few, enough = (
        pe.release(pe.gee(formula, data, person="person", round="round", correlation="exchangeable"))[0].estimates.set_index("term")
        for formula in ("score ~ level", "score ~ round")
    )  # fmt: skip
    # the intercept is the mean of the four
    assert few["withheld"].all()
    assert enough["withheld"].tolist() == [False, False, True]
    assert enough.loc["Intercept", "estimate"] == pytest.approx(48.4)
    assert not {"std_error", "statistic", "least_count"} & set(enough)


def test_what_was_computed_from_released_numbers_leaves_as_it_is():
    def region(value):
        rows = pd.DataFrame({"scale": ["score_0_100"], "measure": ["mean_change"], "outcome": ["who-5"], "group": ["peer"],
                             "round": ["one-year"], "contrast": ["one-year - start"], "estimate": [value], "std_error": [1.3],
                             "conf_low": [value - 2.6], "conf_high": [value + 2.6], "n": [180],
                             "reading": ["0 to 100, higher is better"]})  # fmt: skip
        return pe.release(result(rows, kind="rounds", claim="change"))[0]

    bound = pe.bind_results({name: region(value) for name, value in (("N", 5.1), ("S", 3.2), ("M", 7.7))})
    pooled = pe.pool(bound)
    [safe] = pe.release(pooled)
    assert not safe.estimates["withheld"].any()
    assert safe.estimates["estimate"].tolist() == pooled.estimates["estimate"].tolist()
    assert "data" not in safe.settings
    assert "released numbers only" in safe.changes[0]
    [exact] = pe.release(pe.Result(kind="pool", title="P", claim="description", method="M.", estimates=pooled.estimates,
                                   columns=pooled.columns))  # fmt: skip
    assert exact.estimates.loc[exact.estimates["measure"] == "i_squared", "withheld"].all()
