"""Standardised rates and funnel plots: strata that are missing or empty, persons counted often, what is refused."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import ColumnError, DesignError, DuplicateError, InvalidValueError, UnsupportedInputError

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")


@pytest.fixture
def index(table):
    """Write index stays short: person, unit, sex, age, readmitted; all else is filled in."""

    def made(text):
        frame = table(text) if isinstance(text, str) else text
        day = pd.Timestamp("2020-03-01")
        reason = pd.array([pd.NA] * len(frame), dtype="string")
        filled = {
            "episode": range(len(frame)), "admitted": day, "discharged": day, "n_contacts": 1, "definition": "dk-30",
            "followup_end": day, "eligible": True, "reason": reason, "days_to_readmission": np.nan,
            "followup_days": 99.0, "event": "censored",
        }  # fmt: skip
        return frame.assign(**{name: values for name, values in filled.items() if name not in frame})

    return made


@pytest.fixture
def two_wards(index):
    """Ward A has the young, who come back more; in each stratum the wards are alike."""
    return index("""
        person | unit | sex    | age | readmitted
        a      | A    | female | 30  | yes
        b      | A    | female | 30  | no
        c      | A    | female | 31  | yes
        d      | A    | female | 32  | no
        e      | A    | female | 70  | no
        f      | B    | female | 20  | yes
        g      | B    | female | 30  | no
        h      | B    | female | 66  | no
        i      | B    | female | 77  | no
        j      | B    | female | 88  | no
        """)


def test_wards_that_are_alike_in_each_stratum_have_one_rate(two_wards):
    crude = pe.readmission_rate(two_wards, by="unit").estimates["estimate"].tolist()
    assert crude == pytest.approx([0.4, 0.2, 0.3])
    direct = pe.standardised_rate(two_wards, by="unit", age_bands=(65,)).estimates
    assert direct["estimate"].tolist() == pytest.approx([0.3, 0.3, 0.3])
    indirect = pe.standardised_rate(two_wards, by="unit", age_bands=(65,), method="indirect").estimates
    assert indirect["estimate"].tolist() == pytest.approx([1, 1, 1, 0.3, 0.3, 0.3])
    assert indirect["expected_count"].tolist() == pytest.approx([2, 1, 3, 2, 1, 3])


def test_age_groups_begin_with_the_bands(index):
    ages = [0, 17, 18, 24, 25, 65, 110]
    stays = index(pd.DataFrame({"person": list("abcdefg"), "unit": "A", "age": ages, "readmitted": True}))
    found = pe.standardised_rate(stays, by="unit", strata=("age_group",))
    counts = {row["age_group"]: row["weight"] for row in found.settings["data"]["reference"]}
    assert counts == {"0-17": 2, "18-24": 2, "25-44": 1, "65+": 2}
    assert found.settings["age_bands"] == [18, 25, 45, 65]


def test_an_age_group_of_ones_own_is_used_as_it_stands(two_wards):
    own = two_wards.assign(age_group=np.where(two_wards["age"] < 65, "young", "old")).drop(columns="age")
    found = pe.standardised_rate(own, by="unit")
    assert found.settings["age_bands"] is None
    assert found.estimates["estimate"].tolist() == pytest.approx([0.3, 0.3, 0.3])


def test_stays_of_unknown_stratum_are_counted_and_not_guessed(index):
    stays = index("""
        person | unit | sex    | age | readmitted | eligible | reason
        a      | A    | female | 30  | yes        | yes      |
        b      | A    |        | 30  | yes        | yes      |
        c      | A    | female |     | no         | yes      |
        d      | A    | female | 30  | no         | yes      |
        e      |      | female | 30  | no         | yes      |
        f      | A    |        | 30  |            | no       | still_admitted
        g      | A    |        | 30  |            | yes      |
        """)
    found = pe.standardised_rate(stays, by="unit")
    assert dict(found.exclusions) == {"outcome_missing": 1, "still_admitted": 1, "stratum_missing": 2}
    assert found.estimates["group"].tolist() == ["A", "unknown", "all"]
    assert found.estimates["denominator"].tolist() == [2, 1, 3]


def test_a_group_without_a_stay_in_a_stratum_has_no_direct_rate_and_the_stratum_is_named(two_wards):
    stays = two_wards[(two_wards["unit"] == "B") | (two_wards["age"] < 65)]
    found = pe.standardised_rate(stays, by="unit", age_bands=(65,))
    rows = found.estimates.set_index("group")
    assert rows.loc["A", ["estimate", "conf_low", "conf_high", "design_effect"]].isna().all()
    assert rows.loc["A", "empty_strata"] == "65+ female"
    assert rows.loc["B", "estimate"] > 0
    assert any(note.startswith("1 groups have no stay in some stratum") for note in found.assumptions)
    assert any(note.startswith("3 groups have fewer than 10 persons a stratum") for note in found.assumptions)
    assert "no rate: strata without a stay" in " ".join(text.get_text() for text in found.plot().texts)
    assert pe.standardised_rate(stays, by="unit", method="indirect").estimates["estimate"].notna().all()


def naive(stays, weights):
    """Direct standardisation person by person, in plain Python."""
    cells, persons = defaultdict(lambda: [0, 0]), defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for row in stays.itertuples():
        for sums in (cells[row.sex], persons[row.person][row.sex]):
            sums[0] += row.readmitted
            sums[1] += 1
    rate = sum(weights[sex] * cells[sex][0] / cells[sex][1] for sex in weights)
    moved = [
        sum(weights[sex] * (y - cells[sex][0] / cells[sex][1] * n) / cells[sex][1] for sex, (y, n) in own.items())
        for own in persons.values()
    ]
    return rate, sum(each**2 for each in moved) * len(persons) / (len(persons) - len(weights))


@pytest.mark.parametrize("seed", range(5))
def test_the_variance_is_that_of_persons_summed_one_by_one(index, seed):
    """Persons in several wards and, by a slip of the register, of both sexes."""
    rng = np.random.default_rng(seed)
    n = 150
    frame = pd.DataFrame(
        {"person": rng.choice([f"p{place}" for place in range(40)], n), "unit": rng.choice(["A", "B"], n),
         "sex": rng.choice(["female", "male"], n), "readmitted": rng.random(n) < 0.3}
    )  # fmt: skip
    stays = index(frame)
    weights = (stays["sex"].value_counts() / n).to_dict()
    rows = pe.standardised_rate(stays, by="unit", strata=("sex",)).estimates.set_index("group")
    for unit in "AB":
        own = stays[stays["unit"] == unit]
        rate, variance = naive(own, weights)
        size = min(
            rate * (1 - rate) / variance, 1 / sum(w**2 / (own["sex"] == sex).sum() for sex, w in weights.items())
        )
        assert rows.loc[unit, "estimate"] == pytest.approx(rate)
        assert rows.loc[unit, "design_effect"] == pytest.approx(len(own) / size)


def test_one_stratum_gives_the_crude_rate_and_its_interval(index):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"person": [f"p{p}" for p in rng.integers(0, 30, 120)], "unit": rng.choice(["A", "B"], 120)})
    stays = index(frame.assign(sex="female", readmitted=rng.random(120) < 0.3))
    crude = pe.readmission_rate(stays, by="unit").estimates
    found = pe.standardised_rate(stays, by="unit", strata=("sex",)).estimates
    for name in ("estimate", "conf_low", "conf_high", "design_effect", "n_persons"):
        assert found[name].tolist() == pytest.approx(crude[name].tolist())


@pytest.mark.parametrize("back", [False, True])
def test_a_group_in_which_all_or_none_come_back_counts_persons_not_stays(index, back):
    stays = index(pd.DataFrame({"person": ["a"] * 6 + ["b"] * 2, "unit": "A", "sex": "f", "readmitted": back}))
    direct = pe.standardised_rate(stays, by="unit", strata=("sex",)).estimates.iloc[0]
    assert direct["design_effect"] == pytest.approx((36 + 4) / 8)
    assert direct["conf_high"] - direct["conf_low"] > 0.5
    reference = pd.DataFrame({"sex": ["f"], "numerator": [20], "denominator": [100]})
    indirect = pe.standardised_rate(stays, by="unit", strata=("sex",), method="indirect", reference=reference)
    ratio = indirect.estimates.iloc[0]
    assert ratio["estimate"] == (5 if back else 0)
    assert ratio["design_effect"] == pytest.approx(5.0)
    assert ratio["conf_high"] > ratio["estimate"]


def test_persons_alike_in_every_stratum_tell_no_variance_and_are_counted_as_persons(index):
    """Two women who always come back, two men who never do, six stays each: four persons, not 24 stays."""
    frame = pd.DataFrame({"person": list("abcd") * 6, "unit": "A", "sex": ["f", "f", "m", "m"] * 6})
    stays = index(frame.assign(readmitted=frame["sex"] == "f"))
    found = pe.standardised_rate(stays, by="unit", strata=("sex",)).estimates.iloc[0]
    assert found["estimate"] == pytest.approx(0.5)
    assert found["design_effect"] == pytest.approx(6)
    everyone = pe.standardised_rate(stays.assign(readmitted=True), by="unit", strata=("sex",)).estimates.iloc[0]
    assert everyone["design_effect"] == pytest.approx(6)


def test_a_ward_called_all_is_not_everybody(two_wards):
    named = two_wards.assign(unit=two_wards["unit"].replace("A", "all"))
    found = pe.standardised_rate(named, by="unit", age_bands=(65,)).estimates
    assert found[["group", "denominator"]].to_numpy().tolist() == [["B", 5], ["all", 5], ["all", 10]]


def test_parquet_gives_what_the_frame_gives(two_wards, tmp_path):
    path = tmp_path / "stays.parquet"
    two_wards.to_parquet(path)
    for method in ("direct", "indirect"):
        there = pe.standardised_rate(path, by="unit", age_bands=(65,), method=method)
        here = pe.standardised_rate(two_wards, by="unit", age_bands=(65,), method=method)
        pd.testing.assert_frame_equal(there.estimates, here.estimates)


@pytest.mark.parametrize("method", ["direct", "indirect"])
def test_no_stays_give_an_empty_result(two_wards, method):
    found = pe.standardised_rate(two_wards.head(0), by="unit", method=method)
    assert found.estimates.empty
    found.plot()


ONE = pd.DataFrame({"sex": ["female"], "weight": [1]})


@pytest.mark.parametrize(
    ("asked", "kind", "message"),
    [
        ({"strata": ("age_group", "sexx")}, ColumnError, "no column 'sexx'.*Did you mean 'sex'"),
        ({"strata": "sex"}, UnsupportedInputError, r"single text.*strata=\('sex',\)"),
        ({"strata": ()}, DesignError, "no strata"),
        ({"strata": ("unit",)}, DesignError, "both as groups and as strata"),
        ({"strata": ("person",)}, DesignError, "called 'person'"),
        ({"by": "ward"}, ColumnError, "no column 'ward' to group by"),
        ({"method": "inderect"}, InvalidValueError, "Did you mean 'indirect'"),
        ({"age_bands": (45, 25)}, InvalidValueError, r"age bands are \[45, 25\]"),
        ({"strata": ("sex",), "reference": ONE.drop(columns="weight")}, ColumnError, "no column 'weight'"),
        ({"strata": ("sex",), "reference": ONE.assign(weight="1")}, ColumnError, "expected numbers"),
        ({"strata": ("sex",), "reference": ONE.assign(weight=0)}, InvalidValueError, "cannot be used in row 1"),
        ({"strata": ("sex",), "reference": pd.concat([ONE, ONE])}, DuplicateError, "in more than one row: rows 1, 2"),
        ({"strata": ("sex",), "reference": ONE.assign(sex="male")}, DesignError, "lacks 1 strata .*: female"),
        (
            {"strata": ("sex",), "method": "indirect", "reference": ONE.assign(numerator=3, denominator=2)},
            InvalidValueError,
            "cannot be used in row 1",
        ),
    ],
)
def test_what_cannot_be_standardised_is_refused(two_wards, asked, kind, message):
    with pytest.raises(kind, match=message):
        pe.standardised_rate(two_wards, **{"by": "unit", **asked})


@pytest.mark.parametrize("column", ["age", "sex"])
def test_without_persons_the_hint_says_how_to_get_age_and_sex(two_wards, column):
    with pytest.raises(ColumnError, match=f"no column '{column}'.*Give persons= to readmissions"):
        pe.standardised_rate(two_wards.drop(columns=column), by="unit")


def test_numbers_of_the_reference_stay_inside(two_wards):
    [safe] = pe.release(pe.standardised_rate(two_wards, by="unit", age_bands=(65,)))
    assert safe.estimates.select_dtypes("number").drop(columns="conf_level").isna().all(axis=None)
    assert "data" not in safe.settings


@pytest.fixture
def wards():
    sizes = np.array([20, 60, 120, 200, 350, 500])
    return pd.DataFrame({"group": list("ABCDEF"), "numerator": sizes // 5, "denominator": sizes})


def test_groups_beyond_a_limit_are_told_with_the_limit(wards):
    moved = wards.assign(numerator=[4, 22, 24, 25, 110, 100])
    rows = pe.funnel_plot(moved, target=0.2, overdispersion="none").estimates.set_index("group")
    assert rows["position"].dropna().to_dict() == {
        "A": "inside", "B": "above 99.8 %", "C": "inside", "D": "below 95 %", "E": "above 99.8 %", "F": "inside",
    }  # fmt: skip


def test_without_overdispersion_the_limits_are_exact(wards):
    exact = pe.funnel_plot(wards, overdispersion="none")
    for kind in ("multiplicative", "additive"):
        found = pe.funnel_plot(wards, overdispersion=kind)
        pd.testing.assert_frame_equal(found.estimates.head(6), exact.estimates.head(6))
        assert "exact binomial limits, since no over-dispersion was found" in found.method
        assert any("hardly be estimated from 6 groups" in note for note in found.assumptions)


def test_limits_take_the_design_effect_of_persons(region_stays):
    rates = pe.readmission_rate(region_stays, by="unit")
    rows = rates.estimates[rates.estimates["group"] != "all"]
    found = pe.funnel_plot(rates, overdispersion="none")
    common = found.estimates.set_index("measure")["estimate"]["common_design_effect"]
    assert common == pytest.approx(np.average(rows["design_effect"], weights=rows["denominator"]))
    alone = pe.funnel_plot(rows.drop(columns="design_effect"), overdispersion="none").estimates
    assert (found.estimates["upper_95"] >= alone["upper_95"]).head(4).all()
    assert found.origin == "synthetic"
    assert found.estimates["group"].dropna().tolist() == rows["group"].tolist()


def test_observed_over_expected_has_a_funnel_around_one(two_wards):
    ratios = pe.standardised_rate(two_wards, by="unit", age_bands=(65,), method="indirect")
    found = pe.funnel_plot(ratios)
    assert found.estimates["measure"].tolist()[:2] == ["funnel_ratio", "funnel_ratio"]
    assert found.estimates["statistic"].tolist()[:2] == pytest.approx([0, 0])
    assert "around a ratio of 1" in found.method


def test_nothing_of_a_funnel_is_released(wards):
    [safe] = pe.release(pe.funnel_plot(wards.assign(numerator=[1, 30, 24, 25, 110, 100])))
    assert safe.estimates.select_dtypes("number").isna().all(axis=None)
    assert "No groups to draw" in [text.get_text() for text in safe.plot().texts]


@pytest.mark.parametrize(
    ("change", "asked", "kind", "message"),
    [
        ({}, {"overdispersion": "multiplicativ"}, InvalidValueError, "Did you mean 'multiplicative'"),
        ({}, {"target": 1.2}, InvalidValueError, "target is 1.2"),
        ({"numerator": 0}, {}, InvalidValueError, "target is 0"),
        ({"denominator": 0}, {}, InvalidValueError, "rows 1, 2, 3 and 3 more"),
        ({"numerator": 999}, {}, InvalidValueError, "cannot be used"),
        ({"numerator": "1"}, {}, ColumnError, "expected numbers"),
        ({"group": "A"}, {}, DuplicateError, "rows 1, 2, 3 and 3 more"),
    ],
)
def test_impossible_funnels_are_refused(wards, change, asked, kind, message):
    with pytest.raises(kind, match=message):
        pe.funnel_plot(wards.assign(**change), **asked)


def test_a_funnel_needs_groups(wards, two_wards):
    with pytest.raises(ColumnError, match="no column 'group'"):
        pe.funnel_plot(wards.drop(columns="group"))
    with pytest.raises(DesignError, match="no groups"):
        pe.funnel_plot(pe.readmission_rate(two_wards))
    with pytest.raises(DesignError, match="found rates by period"):
        pe.funnel_plot(pe.readmission_rate(two_wards, by="unit", period="month"))
    with pytest.raises(DesignError, match="found the measure 'directly_standardised_rate'"):
        pe.funnel_plot(pe.standardised_rate(two_wards, by="unit", age_bands=(65,)))
    with pytest.raises(UnsupportedInputError, match="from list"):
        pe.funnel_plot([1])
