"""Costs: small tables in, numbers out, and what bad input is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import (
    ColumnError,
    DesignError,
    DuplicateError,
    InvalidValueError,
    MissingValueError,
    OutOfRangeError,
    UnsupportedInputError,
)
from peereval.programmes.funding import Funding
from peereval.programmes.positions import Position
from peereval.programmes.programme import Programme
from peereval.reasons import REASONS

ARMS = {"treatment": "peer", "reference": "usual", "allocation": "randomised", "currency": "DKK", "price_year": 2020}
BUDGET = """
scenario | line        | amount   | stated_total | positions | beds
A        | continued   | 4000000  | no           |           |
A        | printed     | 4000000  | yes          | 35        | 400
B        | continued   | 4000000  | no           |           |
B        | ten more    | 3000000  | no           | 10        |
B        | printed     | 7500000  | yes          |           |
"""


@pytest.fixture
def budget(table):
    return table(BUDGET).assign(currency="DKK", price_year=2018)


@pytest.fixture
def persons():
    return pd.DataFrame({
        "person": list("abcdefgh"), "arm": ["peer"] * 4 + ["usual"] * 4,
        "cost": [500.0, 520, 480, 500, 100, 120, 90, 90], "bed_days": [2, 1, 3, 2, 6, 8, 4, 6],
    })  # fmt: skip


def rows(found, measure):
    frame = found.estimates
    return frame[frame["measure"] == measure].reset_index(drop=True)


def test_every_total_stands_beside_the_printed_one(budget):
    totals = rows(pe.budget_scenarios(budget), "total_cost")
    assert totals["group"].tolist() == ["A", "B"]
    assert totals["estimate"].tolist() == [4e6, 7e6]
    assert totals["stated"].tolist() == [4e6, 7.5e6]
    assert totals["difference"].tolist() == [0, -5e5]
    assert set(totals["currency"]) == {"DKK"}
    assert set(totals["price_year"]) == {2018}


def test_costs_are_divided_by_what_is_given_and_else_empty(budget):
    found = pe.budget_scenarios(budget)
    per = rows(found, "cost_per_position").set_index(["group", "term"])
    assert per.loc[("B", "ten more"), "estimate"] == 300_000
    assert per.loc[("A", "all lines"), "estimate"] == pytest.approx(4e6 / 35)
    assert np.isnan(per.loc[("B", "all lines"), "estimate"])
    assert per.loc[("B", "ten more"), ["numerator", "denominator"]].tolist() == [3e6, 10]
    assert rows(found, "cost_per_bed")["estimate"].tolist()[0] == 10_000
    assert not len(rows(found, "cost_per_unit"))
    assert "No number of positions is given for the whole of: B." in found.assumptions
    assert "No number of units is given for the whole of: A, B." in found.assumptions


def test_a_sum_with_an_unknown_line_is_unknown_and_counted(budget):
    found = pe.budget_scenarios(budget.assign(amount=[4e6, 4e6, 4e6, None, 7e6]))
    assert rows(found, "total_cost")["estimate"].isna().tolist() == [False, True]
    assert dict(found.exclusions) == {"amount_missing": 1}
    assert set(found.exclusions) <= set(REASONS)


def test_years_of_an_initiative_are_not_added_and_dust_is_no_difference():
    """Recovery mentors in supported housing, 2021 and 2022, in millions: 2.1 and 0.2, then 2.1 and 2.1, printed 2.3."""
    lines = pd.DataFrame({
        "scenario": "housing", "line": ["wages", "other", "total"] * 2, "period": ["2021"] * 3 + ["2022"] * 3,
        "amount": [2.1, 0.2, 2.3, 2.1, 2.1, 2.3], "stated_total": [False, False, True] * 2, "currency": "DKK",
        "price_year": 2021,
    })  # fmt: skip
    totals = rows(pe.budget_scenarios(lines), "total_cost")
    assert totals["time"].tolist() == ["2021", "2022"]
    assert totals["difference"].tolist() == [0.0, 1.9]


def test_amounts_are_brought_to_one_price_year_by_the_index_given(budget):
    mixed = budget.assign(price_year=[2018, 2018, 2021, 2021, 2021])
    found = pe.budget_scenarios(mixed, price_year=2021, index={2018: 100.0, 2021: 110.0})
    totals = rows(found, "total_cost")
    assert totals["estimate"].tolist() == pytest.approx([4.4e6, 7e6])
    assert totals["stated"].tolist() == pytest.approx([4.4e6, 7.5e6])
    assert found.settings["index"] == {2018: 100.0, 2021: 110.0}
    assert "prices of 2021" in found.method
    # keys of a TOML file are texts
    again = pe.budget_scenarios(mixed, price_year=2021, index={"2018": 100.0, "2021": 110.0})
    pd.testing.assert_frame_equal(again.estimates, found.estimates)


def test_a_price_year_that_the_source_does_not_say_stays_empty(budget):
    unsaid = budget.assign(price_year=pd.array([pd.NA] * 5, dtype="Int64"))
    found = pe.budget_scenarios(unsaid)
    assert found.estimates["price_year"].isna().all()
    assert any("does not say in which year's prices" in each for each in found.assumptions)
    with pytest.raises(InvalidValueError, match="Amounts without a price year"):
        pe.budget_scenarios(unsaid, price_year=2021, index={2021: 100.0})


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"currency": ["DKK"] * 4 + ["SEK"]}, DesignError, r"2 currencies \(DKK, SEK\)"),
        ({"price_year": [2018] * 4 + [2019]}, DesignError, r"2 price years \(2018, 2019\)"),
        ({"price_year": pd.array([2018] * 4 + [pd.NA], dtype="Int64")}, DesignError, "none said"),
        ({"currency": "kr"}, InvalidValueError, "'kr' is no ISO 4217 code"),
        ({"price_year": 18}, InvalidValueError, "price year 18"),
        ({"amount": [1, 2, -3, 4, 5]}, OutOfRangeError, "negative or infinite in row 3"),
        ({"amount": list("12345")}, ColumnError, "'amount'"),
        ({"positions": [None, 0, None, 10, None]}, OutOfRangeError, "'positions' .* not above zero in row 2"),
        ({"line": "same"}, DuplicateError, "again in row 4"),
        ({"stated_total": True}, DuplicateError, "again in rows 2, 4, 5"),
        ({"scenario": [None, "A", "B", "B", "B"]}, MissingValueError, "'scenario' .* empty in row 1"),
    ],
)
def test_a_budget_that_cannot_be_added_is_refused(budget, changes, kind, words):
    with pytest.raises(kind, match=words):
        pe.budget_scenarios(budget.assign(**changes))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"price_year": 2021}, "belong together"),
        ({"index": {2018: 100.0}}, "belong together"),
        ({"price_year": 2021, "index": {2018: 100.0}}, "no level for 2021"),
        ({"price_year": 2021, "index": {2018: 0.0, 2021: 1.0}}, "index is 0 in 2018"),
        ({"price_year": 21, "index": {2018: 100.0}}, "price year 21"),
    ],
)
def test_a_price_index_that_does_not_fit_is_refused(budget, options, words):
    with pytest.raises(InvalidValueError, match=words):
        pe.budget_scenarios(budget, **options)


def test_an_empty_budget_gives_an_empty_result(budget):
    found = pe.budget_scenarios(budget.iloc[:0])
    assert not len(found.estimates)
    assert found.settings["data"]["rows"] == 0


def line(**facts):
    return Funding(
        **{"currency": "DKK", "start": 2018, "status": "proposed", "scenario": "B", "source": "agenda"} | facts
    )


def test_a_programme_gives_its_scenarios_with_positions_by_id():
    programme = Programme(
        sources={"agenda": "Committee agenda"},
        funding=(
            line(id="B", purpose="as printed", amount=7e6), line(purpose="continued", amount=4e6, part_of="B"),
            line(id="more", purpose="ten more", part_of="B"), line(purpose="wages", amount=2.5e6, part_of="more"),
            line(purpose="courses", amount=0.5e6, part_of="more"), line(purpose="pilot", amount=1e6, scenario=""),
        ),
        positions=(Position(id="B", count=45, date="2018", status="proposed", source="agenda"),),
    )  # fmt: skip
    found = pe.budget_scenarios(programme)
    [total] = rows(found, "total_cost").to_dict("records")
    assert (total["estimate"], total["stated"], total["difference"]) == (7e6, 7e6, 0)
    assert rows(found, "line_cost")["term"].tolist() == ["continued", "wages", "courses"]
    assert rows(found, "cost_per_position")["estimate"].tolist() == pytest.approx([7e6 / 45])
    assert dict(found.exclusions) == {"scenario_missing": 1}
    assert total["time"] == "2018-"
    assert pd.isna(total["price_year"])


def test_a_programme_whose_scenario_mixes_statuses_is_refused_and_so_is_anything_else():
    mixed = Programme(funding=(line(purpose="a", amount=1.0), line(purpose="b", amount=1.0, status="spent")))
    with pytest.raises(DesignError, match="money that is proposed and money that is spent"):
        pe.budget_scenarios(mixed)
    with pytest.raises(UnsupportedInputError, match="given as list"):
        pe.budget_scenarios([])


def test_fewer_bed_days_are_a_gain(persons):
    found = pe.cost_per_bed_day(persons, thresholds=[50, 150], **ARMS)
    by = found.estimates.set_index("measure")
    assert by.loc["mean_effect", "estimate"].tolist() == [2, 6]
    assert by.loc["incremental_cost", "estimate"] == 400
    assert by.loc["incremental_effect", "estimate"] == 4
    assert by.loc["icer", "estimate"] == 100
    assert by.loc["icer", "quadrant"] == "costs more, does more"
    assert by.loc["incremental_net_benefit", "estimate"].tolist() == [-200, 200]
    assert found.claim == "effect"
    assert set(by["price_year"]) == {2020}
    as_effect = pe.cost_effectiveness(persons, effect="bed_days", better="lower", thresholds=[50, 150], **ARMS)
    pd.testing.assert_frame_equal(as_effect.estimates, found.estimates)


@pytest.mark.parametrize(
    ("swap_cost", "better", "quadrant", "ratio"),
    [
        (False, "lower", "costs more, does more", 100),
        (False, "higher", "reference dominates", None),
        (True, "lower", "treatment dominates", None),
        (True, "higher", "costs less, does less", 100),
    ],
)
def test_a_ratio_is_given_where_money_buys_or_saves_effect(persons, swap_cost, better, quadrant, ratio):
    data = persons.assign(cost=persons["cost"].iloc[::-1].to_numpy()) if swap_cost else persons
    found = pe.cost_effectiveness(data, effect="bed_days", better=better, thresholds=[0], **ARMS)
    row = found.estimates.set_index("measure").loc["icer"]
    assert row["quadrant"] == quadrant
    assert row["estimate"] == ratio if ratio else np.isnan(row["estimate"])


def test_unknown_costs_are_never_zero_but_counted_out(persons):
    more = pd.DataFrame({
        "person": list("wxyz"), "arm": ["peer", "usual", None, "other"], "cost": [None, 10.0, 10, 10],
        "bed_days": [0, None, 0, 0],
    })  # fmt: skip
    found = pe.cost_per_bed_day(pd.concat([persons, more]), thresholds=[100], **ARMS)
    assert dict(found.exclusions) == {"arm_missing": 1, "other_arm": 1, "cost_missing": 1, "outcome_missing": 1}
    assert set(found.exclusions) <= set(REASONS)
    whole = pe.cost_per_bed_day(persons, thresholds=[100], **ARMS)
    pd.testing.assert_frame_equal(found.estimates, whole.estimates)


def test_an_arm_without_known_costs_gives_an_empty_result_with_settings(persons):
    gone = persons.assign(cost=persons["cost"].where(persons["arm"] == "peer"))
    for resamples in (None, 200):
        found = pe.cost_per_bed_day(gone, thresholds=[100], resamples=resamples, **ARMS)
        assert not len(found.estimates)
        assert dict(found.exclusions) == {"cost_missing": 4}
        assert found.settings["thresholds"] == (100.0,)
    assert not len(pe.cost_per_bed_day(persons.iloc[:0], thresholds=[100], **ARMS).estimates)


def test_the_same_cost_for_everybody_leaves_the_effect_uncertain(persons):
    fixed = persons.assign(cost=np.where(persons["arm"] == "peer", 500.0, 100.0))
    by = pe.cost_per_bed_day(fixed, thresholds=[100], **ARMS).estimates.set_index("measure")
    effect, ratio = by.loc["incremental_effect"], by.loc["icer"]
    assert np.isnan(by.loc["incremental_cost", "std_error"])
    assert [ratio["conf_low"], ratio["conf_high"]] == pytest.approx(
        [400 / effect["conf_high"], 400 / effect["conf_low"]], rel=1e-9
    )
    nothing = fixed.assign(bed_days=2)
    row = pe.cost_per_bed_day(nothing, thresholds=[100], **ARMS).estimates.set_index("measure").loc["icer"]
    assert pd.isna(row["interval"])
    assert row["quadrant"] == "no difference in effect"


def test_the_bootstrap_repeats_with_its_seed_and_not_with_another(persons):
    drawn = [pe.cost_per_bed_day(persons, thresholds=[90, 110], resamples=500, seed=seed, **ARMS) for seed in (1, 1, 2)]
    pd.testing.assert_frame_equal(drawn[0].estimates, drawn[1].estimates)
    assert not drawn[0].estimates.equals(drawn[2].estimates)
    assert drawn[0].settings["seed"] == 1
    assert drawn[0].settings["data"]["replicates"].shape == (500, 2)
    assert "500 bootstrap replicates" in drawn[0].method
    plain = pe.cost_per_bed_day(persons, thresholds=[90, 110], **ARMS)
    for measure in ("icer", "incremental_cost"):
        pd.testing.assert_frame_equal(rows(drawn[0], measure), rows(plain, measure))


@pytest.mark.parametrize(
    ("changes", "options", "kind", "words"),
    [
        ({"arm": "peer"}, {}, DesignError, "The data hold one arm, 'peer'"),
        ({}, {"reference": None}, DesignError, "needs a comparison arm"),
        ({}, {"reference": "peer"}, DesignError, "needs a comparison arm"),
        ({}, {"arm": "group"}, DesignError, "needs a comparison arm: a column 'group'"),
        ({}, {"reference": "usuall"}, InvalidValueError, "no arm 'usuall'. Did you mean 'usual'"),
        ({}, {"allocation": None}, DesignError, "allocation None"),
        ({}, {"thresholds": []}, InvalidValueError, "no thresholds"),
        ({}, {"thresholds": [100, -1]}, OutOfRangeError, "threshold -1"),
        ({}, {"currency": "kr."}, InvalidValueError, "'kr.' is no ISO 4217 code"),
        ({}, {"price_year": 20}, InvalidValueError, "price year 20"),
        ({}, {"resamples": 10}, InvalidValueError, "10 bootstrap replicates"),
        ({}, {"cost": "costs"}, ColumnError, "no column 'costs'. Did you mean 'cost'"),
        ({"cost": [-1.0, *[5] * 7]}, {}, OutOfRangeError, "'cost' of the data is negative or infinite in row 1"),
        ({"cost": ["5"] * 8}, {}, ColumnError, "'cost' of the data holds"),
        ({"bed_days": [1] * 7 + [-2]}, {}, OutOfRangeError, "'bed_days' .* in row 8"),
        ({"person": list("aacdefgh")}, {}, DuplicateError, "first are row 2"),
        ({"person": list("abcdefga")}, {}, DesignError, "more than one arm"),
        ({"cost": [5.0, None, None, None, 1, 2, 3, 4]}, {}, DesignError, "One person of the arm 'peer'"),
    ],
)
def test_a_comparison_that_cannot_be_made_is_refused(persons, changes, options, kind, words):
    with pytest.raises(kind, match=words):
        pe.cost_per_bed_day(persons.assign(**changes), **{**ARMS, "thresholds": [100], **options})


def test_wards_are_the_sample_where_they_came_into_the_arms(persons):
    many = pd.concat([persons] * 3, ignore_index=True).drop(columns="person")
    many["ward"] = [f"{arm} {place % 4}" for place, arm in enumerate(many["arm"])]
    many.loc[len(many)] = ["peer", 400.0, 3, None]
    found = pe.cost_per_bed_day(many, thresholds=[100], unit="ward", **ARMS)
    assert dict(found.exclusions) == {"unit_missing": 1}
    by = found.estimates.set_index("measure")
    assert by.loc["incremental_cost", "estimate"] == 400
    # four wards an arm, each with the same three persons: the difference of means of wards, with 6 degrees of freedom
    wards = many.dropna().groupby(["arm", "ward"])["cost"].mean().unstack("arm")
    spread = sum(wards[arm].dropna().var() / 4 for arm in ("peer", "usual"))
    assert by.loc["incremental_cost", "std_error"] == pytest.approx(spread**0.5)
    assert by.loc["incremental_cost", "df"] == pytest.approx(6)
    assert by["std_error"].loc["mean_cost"].isna().all()
    assert "Units are independent" in found.assumptions[1]


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"unit": "ward"}, DesignError, "2 and 2 units in the two arms"),
        ({"unit": "ward", "resamples": 500}, DesignError, "units are the sample"),
        ({"unit": "wards"}, ColumnError, "no column 'wards'. Did you mean 'ward'"),
    ],
)
def test_few_wards_are_refused(persons, options, kind, words):
    wards = persons.assign(ward=list("aabbccdd"))
    with pytest.raises(kind, match=words):
        pe.cost_per_bed_day(wards, thresholds=[100], **ARMS, **options)


def test_wards_of_unlike_size_leave_too_few_degrees_of_freedom():
    rng = np.random.default_rng(8)
    ward = np.concatenate([np.repeat("p0", 60), ["p1", "p2", "p3"], np.repeat("u0", 60), ["u1", "u2", "u3"]])
    data = pd.DataFrame({"arm": np.repeat(["peer", "usual"], 63), "ward": ward, "cost": rng.gamma(2, 100, 126)})
    with pytest.raises(DesignError, match="degrees of freedom are left"):
        pe.cost_per_bed_day(data.assign(bed_days=rng.poisson(5, 126)), thresholds=[1], unit="ward", **ARMS)


def test_no_message_holds_a_persons_id(persons):
    with pytest.raises(DuplicateError) as caught:
        pe.cost_per_bed_day(persons.assign(person=["secret"] * 2 + list("cdefgh")), thresholds=[1], **ARMS)
    assert "secret" not in str(caught.value)


def test_an_effect_that_is_no_number_or_has_no_direction_is_refused(persons):
    with pytest.raises(OutOfRangeError, match="'bed_days' of the data is infinite in row 2"):
        pe.cost_effectiveness(
            persons.assign(bed_days=[1, np.inf, *range(6)]), effect="bed_days", better="lower", thresholds=[1], **ARMS
        )
    with pytest.raises(InvalidValueError, match="expected 'higher' or 'lower'"):
        pe.cost_effectiveness(persons, effect="bed_days", better="fewer", thresholds=[1], **ARMS)


PRINTED = """
arm   | n  | mean_cost | sd_cost | mean_effect | sd_effect | correlation
peer  | 40 | 500       | 90      | 12          | 5         | 0.2
usual | 38 | 400       | 80      | 10          | 4         | 0.1
"""


@pytest.mark.parametrize(
    ("changes", "options", "kind", "words"),
    [
        ({"correlation": [0.2, None]}, {}, DesignError, "correlation of cost and effect is not given"),
        ({"correlation": [0.2, 1.2]}, {}, OutOfRangeError, "not between -1 and 1"),
        ({"n": [40, 1]}, {}, OutOfRangeError, "n = 40, 1"),
        ({"sd_cost": [-1.0, 80.0]}, {}, OutOfRangeError, "'sd_cost' of the printed means"),
        ({"arm": ["peer", "peer"]}, {}, DesignError, "The data hold one arm"),
        ({}, {"resamples": 500}, DesignError, "cannot be resampled"),
        ({}, {"unit": "ward"}, DesignError, "nor told apart by unit"),
    ],
)
def test_printed_means_that_do_not_suffice_are_refused(table, changes, options, kind, words):
    with pytest.raises(kind, match=words):
        pe.cost_effectiveness(table(PRINTED).assign(**changes), better="higher", thresholds=[1], **ARMS, **options)


def test_printed_means_need_their_columns_and_one_row_an_arm(table):
    with pytest.raises(ColumnError, match="no column 'correlation'"):
        pe.cost_effectiveness(table(PRINTED).drop(columns="correlation"), better="higher", thresholds=[1], **ARMS)
    twice = pd.concat([table(PRINTED), table(PRINTED).iloc[:1]])
    with pytest.raises(DuplicateError, match="again in row 3"):
        pe.cost_effectiveness(twice, better="higher", thresholds=[1], **ARMS)


def test_printed_means_give_what_their_persons_give(persons):
    printed = pd.DataFrame({
        "arm": ["peer", "usual"], "n": 4, "mean_cost": persons.groupby("arm")["cost"].mean().to_numpy(),
        "sd_cost": persons.groupby("arm")["cost"].std().to_numpy(),
        "mean_effect": persons.groupby("arm")["bed_days"].mean().to_numpy(),
        "sd_effect": persons.groupby("arm")["bed_days"].std().to_numpy(),
        "correlation": [each["cost"].corr(each["bed_days"]) for _, each in persons.groupby("arm")],
    })  # fmt: skip
    found = pe.cost_per_bed_day(printed, thresholds=[50, 150], **ARMS)
    whole = pe.cost_per_bed_day(persons, thresholds=[50, 150], **ARMS)
    one, other = (each.estimates.drop(columns="least_count") for each in (found, whole))
    pd.testing.assert_frame_equal(one, other, rtol=1e-9)


def test_costs_of_arms_of_four_do_not_leave_and_money_of_a_budget_does(persons, budget):
    [arms] = pe.release(pe.cost_per_bed_day(persons, thresholds=[100], resamples=200, **ARMS))
    assert arms.estimates["estimate"].isna().all()
    assert "data" not in arms.settings
    exact = pe.budget_scenarios(budget)
    [safe] = pe.release(exact)
    amounts = exact.estimates["measure"].isin(["line_cost", "total_cost"])
    assert safe.estimates.loc[amounts, "estimate"].equals(exact.estimates.loc[amounts, "estimate"])
    assert "data" not in safe.settings
    [safe] = pe.release(pe.benefit_to_cost(cost=10, gross_benefit=30, currency="DKK", price_year=2020))
    assert safe.estimates["estimate"].tolist() == [30, 20, 3, 2]


MONEY = {"currency": "USD", "price_year": 2011}


def test_break_even_says_what_it_was_given_the_means_for():
    alone = pe.break_even(annual_cost=30_000, bed_day_price=1_000, **MONEY)
    assert alone.estimates["measure"].tolist() == ["break_even_bed_days"]
    assert alone.claim == "description"
    some = pe.break_even(
        annual_cost=30_000, bed_day_price=1_000, persons=20, days_saved=2.0, allocation="observed", **MONEY
    )
    assert some.estimates["measure"].tolist()[1:] == ["break_even_bed_days_per_person", "net_saving"]
    assert some.estimates["estimate"].tolist() == [30, 1.5, 10_000]
    assert some.claim == "association"


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"annual_cost": 0}, OutOfRangeError, "annual_cost is 0"),
        ({"bed_day_price": -5}, OutOfRangeError, "bed_day_price is -5"),
        ({"persons": 0}, OutOfRangeError, "persons is 0"),
        ({"days_saved": 2.0, "persons": 20}, DesignError, "allocation is None"),
        ({"days_saved": 2.0, "allocation": "randomised"}, InvalidValueError, "number of persons"),
        ({"std_error": 2.0}, InvalidValueError, "without days_saved"),
        ({"currency": ""}, InvalidValueError, "ISO 4217"),
    ],
)
def test_a_break_even_that_cannot_be_computed_is_refused(options, kind, words):
    with pytest.raises(kind, match=words):
        pe.break_even(**{"annual_cost": 30_000, "bed_day_price": 1_000, **MONEY, **options})


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({}, InvalidValueError, "one of the two"),
        ({"gross_benefit": 3, "net_benefit": 2}, InvalidValueError, "one of the two"),
        ({"gross_benefit": -3}, OutOfRangeError, "gross benefit is -3"),
        ({"net_benefit": -11}, OutOfRangeError, "gross benefit is -1"),
        ({"gross_benefit": 3, "bed_days": 0}, OutOfRangeError, "bed_days is 0"),
        ({"gross_benefit": 3, "cost": 0}, OutOfRangeError, "cost is 0"),
    ],
)
def test_a_benefit_that_is_not_said_once_is_refused(options, kind, words):
    with pytest.raises(kind, match=words):
        pe.benefit_to_cost(**{"cost": 10, **MONEY, **options})


def test_gross_and_net_are_one_apart():
    gross = pe.benefit_to_cost(cost=10, gross_benefit=30, **MONEY).estimates["estimate"]
    net = pe.benefit_to_cost(cost=10, net_benefit=20, **MONEY).estimates["estimate"]
    assert gross.tolist() == net.tolist() == [30, 20, 3, 2]
