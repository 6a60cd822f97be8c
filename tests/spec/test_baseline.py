"""Table 1: persons in, numbers out. A second implementation, person by person with Python's statistics, agrees."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import peereval as pe
from peereval.errors import ColumnError, DesignError, InvalidValueError, UnsupportedInputError
from peereval.estimation.balance import difference_in_levels, difference_in_sds
from peereval.reports.tables import tables_of

PERSONS = """
    person | round    | arm   | age | sex    | lives_alone
    a      | start    | peer  | 20  | female | yes
    b      | start    | peer  | 30  | female | no
    c      | start    | peer  | 40  | male   | no
    d      | start    | peer  | -1  |        | no
    e      | start    | usual | 30  | male   | yes
    f      | start    | usual | 50  | female | yes
    g      | start    | usual | 70  | male   |
    a      | one-year | peer  | 99  | female | no
    """
COLUMNS = ["age", "sex", "lives_alone"]


@pytest.fixture
def persons(table):
    found = table(PERSONS).astype({"round": pd.CategoricalDtype(["start", "one-year"], ordered=True)})
    return found.assign(age=found["age"].astype("Int64").replace(-1, pd.NA))


def cells(found, measure, **where):
    rows = found.estimates
    rows = rows[rows["measure"] == measure]
    for name, value in where.items():
        rows = rows[rows[name] == value]
    return rows


def test_numbers_are_described_with_their_n(persons, table, as_text):
    found = pe.baseline_table(persons, columns=COLUMNS, arm="arm")
    rows = found.estimates.query("outcome == 'age' and measure != 'missing'")
    assert as_text(rows[["group", "measure", "estimate", "n"]].round(3).head(12)) == as_text(
        table("""
        group | measure    | estimate | n
        peer  | mean       | 30.0     | 3.0
        usual | mean       | 50.0     | 3.0
        all   | mean       | 40.0     | 6.0
        peer  | quartile_1 | 25.0     | 3.0
        usual | quartile_1 | 40.0     | 3.0
        all   | quartile_1 | 30.0     | 6.0
        peer  | median     | 30.0     | 3.0
        usual | median     | 50.0     | 3.0
        all   | median     | 35.0     | 6.0
        peer  | quartile_3 | 35.0     | 3.0
        usual | quartile_3 | 60.0     | 3.0
        all   | quartile_3 | 47.5     | 6.0
        """)
    )
    assert cells(found, "mean", outcome="age")["sd"].round(4).tolist() == [10.0, 20.0, 17.8885]
    # 30 - 50 over the root of (100 + 400) / 2
    [apart] = cells(found, "standardised_difference").to_dict("records")
    assert round(apart["estimate"], 6) == round(-20 / math.sqrt(250), 6)
    assert (apart["contrast"], apart["n"], apart["flag"]) == ("peer - usual", 6, "fewer_than_10")
    assert "p_value" not in found.estimates


def test_levels_are_shares_of_the_persons_whose_level_is_known(persons, table, as_text):
    found = pe.baseline_table(persons, columns=COLUMNS, arm="arm")
    rows = cells(found, "level")[["outcome", "term", "group", "numerator", "denominator"]]
    assert as_text(rows) == as_text(
        table("""
        outcome     | term   | group | numerator | denominator
        sex         | female | peer  | 2.0       | 3.0
        sex         | female | usual | 1.0       | 3.0
        sex         | female | all   | 3.0       | 6.0
        sex         | male   | peer  | 1.0       | 3.0
        sex         | male   | usual | 2.0       | 3.0
        sex         | male   | all   | 3.0       | 6.0
        lives_alone | no     | peer  | 3.0       | 4.0
        lives_alone | no     | usual | 0.0       | 2.0
        lives_alone | no     | all   | 3.0       | 6.0
        lives_alone | yes    | peer  | 1.0       | 4.0
        lives_alone | yes    | usual | 2.0       | 2.0
        lives_alone | yes    | all   | 3.0       | 6.0
        """).replace({"term": {True: "yes", False: "no"}})
    )


@pytest.mark.parametrize("kind", ["Int64", "Float64", "float64"])
def test_numbers_of_only_zero_and_one_are_levels_like_flags(persons, kind):
    ticked = persons.assign(ticked=pd.array([1, 0, 0, pd.NA, 1, 1, 0, 2], dtype="Int64").astype(kind))
    found = pe.baseline_table(ticked, columns=["ticked"], arm="arm")
    assert set(found.estimates["measure"]) == {"missing", "level", "standardised_difference_of_levels"}
    ones = cells(found, "level", term="1")
    assert ones[["group", "numerator", "denominator"]].to_numpy().tolist() == [
        ["peer", 1, 3],
        ["usual", 2, 3],
        ["all", 3, 6],
    ]
    # the 2 is in another round; there the column is one of numbers
    later = pe.baseline_table(ticked, columns=["ticked"], round="one-year")
    assert cells(later, "mean")["estimate"].tolist() == [2.0]
    # the same as flags, so released as they are
    flags = pe.baseline_table(
        ticked.assign(ticked=ticked["ticked"].astype("Int64").eq(1).where(ticked["ticked"].notna())),
        columns=["ticked"],
        arm="arm",
    )
    same = ["measure", "group", "numerator", "denominator", "estimate", "std_error"]
    pd.testing.assert_frame_equal(found.estimates[same], flags.estimates[same])


def test_missing_is_counted_and_never_a_level(persons, table, as_text):
    found = pe.baseline_table(persons, columns=COLUMNS, arm="arm")
    rows = cells(found, "missing")[["outcome", "group", "numerator", "denominator"]]
    assert as_text(rows) == as_text(
        table("""
        outcome     | group | numerator | denominator
        age         | peer  | 1.0       | 4.0
        age         | usual | 0.0       | 3.0
        age         | all   | 1.0       | 7.0
        sex         | peer  | 1.0       | 4.0
        sex         | usual | 0.0       | 3.0
        sex         | all   | 1.0       | 7.0
        lives_alone | peer  | 0.0       | 4.0
        lives_alone | usual | 1.0       | 3.0
        lives_alone | all   | 1.0       | 7.0
        """)
    )


def test_another_round_can_be_described_and_the_claim_is_a_description(persons):
    found = pe.baseline_table(persons, columns=["age"], round="one-year")
    assert cells(found, "mean")["estimate"].tolist() == [99.0]
    assert found.claim == "description"
    with pytest.raises(InvalidValueError, match=r"no round 'one-yaer'. Did you mean 'one-year'"):
        pe.baseline_table(persons, columns=["age"], round="one-yaer")


def test_persons_without_an_arm_are_left_out_and_counted(persons):
    persons.loc[0, "arm"] = pd.NA
    found = pe.baseline_table(persons[persons["round"] == "start"], columns=["age"], arm="arm")
    assert dict(found.exclusions) == {"arm_missing": 1}
    assert cells(found, "missing")["denominator"].tolist() == [3, 3, 6]


def test_scales_of_scores_are_described(region_scores):
    found = pe.baseline_table(region_scores, columns=["who-5:score_0_100"], arm="arm")
    start = region_scores.query("round == 'start' and scale == 'score_0_100'")
    means = cells(found, "mean").set_index("group")
    assert means.loc["all", "estimate"] == pytest.approx(start["score"].mean())
    assert means.loc["all", "n"] == start["score"].notna().sum()
    assert cells(found, "missing")["denominator"].tolist()[-1] == len(start)
    with pytest.raises(ColumnError, match=r"no scale 'who-5:score'. Did you mean 'who-5:score_0_100'"):
        pe.baseline_table(region_scores, columns=["who-5:score"])


def test_declared_levels_that_nobody_has_are_kept(persons):
    persons["sex"] = persons["sex"].astype(pd.CategoricalDtype(["other", "female", "male"]))
    rows = cells(pe.baseline_table(persons, columns=["sex"]), "level")
    assert dict(zip(rows["term"], rows["numerator"], strict=True)) == {"other": 0, "female": 3, "male": 3}


def test_three_arms_have_no_difference_and_the_table_says_so(persons):
    persons.loc[0, "arm"] = "third"
    start = persons[persons["round"] == "start"]
    found = pe.baseline_table(start, columns=["age"], arm="arm")
    assert cells(found, "standardised_difference").empty
    assert any("3 arms" in text for text in found.assumptions)
    with pytest.raises(UnsupportedInputError, match="does not compare two arms"):
        found.plot()


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        ([], InvalidValueError, "No column is named"),
        (["age", "age"], InvalidValueError, "'age' is named twice"),
        (["agge"], ColumnError, r"no column 'agge'. Did you mean 'age'"),
        (["born"], ColumnError, "'born' holds datetime64"),
        (["endless"], InvalidValueError, "'endless' is infinite in 1 rows"),
        (["remark"], InvalidValueError, "has 21 different texts"),
    ],
)
def test_what_cannot_be_described_is_refused(columns, error, message):
    many = pd.DataFrame({"person": [f"p{place}" for place in range(21)]})
    many["round"] = pd.Categorical(["start"] * 21, ordered=True)
    many = many.assign(
        age=40,
        born=pd.Timestamp("1980-01-01"),
        endless=[np.inf, *[1.0] * 20],
        remark=[f"secret {n}" for n in range(21)],
    )
    with pytest.raises(error, match=message) as caught:
        pe.baseline_table(many, columns=columns)
    assert "secret" not in str(caught.value)


def test_a_person_in_two_arms_and_an_arm_called_all_are_refused(persons):
    persons.loc[7, "arm"] = "usual"
    with pytest.raises(DesignError, match="more than one arm"):
        pe.baseline_table(persons, columns=["age"], arm="arm")
    with pytest.raises(InvalidValueError, match="a group 'all'"):
        pe.baseline_table(persons.replace({"arm": {"usual": "all", "peer": "all"}}), columns=["age"], arm="arm")


def test_nobody_gives_an_empty_table_that_can_be_released(persons):
    found = pe.baseline_table(persons.iloc[:0], columns=COLUMNS)
    assert cells(found, "mean")["n"].tolist() == [0]
    [safe] = pe.release(found)
    assert not safe.estimates["withheld"].any()
    assert len(tables_of(safe)) == 1


def naive_distance(first, second):
    """Yang and Dalton's distance with all levels, by the generalised inverse of their singular covariance."""
    p, q = ([count / sum(counts) for count in counts] for counts in (first, second))
    levels = range(len(p))
    covariance = [
        [sum((share[i] * (i == j) - share[i] * share[j]) for share in (p, q)) / 2 for j in levels] for i in levels
    ]
    d = np.array([p[i] - q[i] for i in levels])
    return float(np.sqrt(d @ np.linalg.pinv(np.array(covariance), hermitian=True) @ d))


counts_of_levels = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 40)), min_size=2, max_size=5)


@given(drawn=counts_of_levels.filter(lambda drawn: any(second for _, second in drawn)))
def test_the_distance_of_levels_agrees_with_the_generalised_inverse(drawn):
    first, second = (np.array(counts, dtype=float) for counts in zip(*drawn, strict=True))
    found = difference_in_levels(first, second)
    assert found.estimate == pytest.approx(naive_distance(first.tolist(), second.tolist()), abs=1e-6)
    assert difference_in_levels(second, first).estimate == pytest.approx(found.estimate, abs=1e-9)
    turned = difference_in_levels(first[::-1], second[::-1])
    assert turned.estimate == pytest.approx(found.estimate, abs=1e-6)


def test_of_two_levels_both_formulas_are_one():
    """A flag as numbers 0 and 1, its variance p(1 - p): the same distance up to the n - 1 of a sample's variance."""
    a, b = np.repeat([0.0, 1.0], [5000, 5000]), np.repeat([0.0, 1.0], [3000, 7000])
    counts = (np.array([5000.0, 5000.0]), np.array([3000.0, 7000.0]))
    assert difference_in_levels(*counts).estimate == pytest.approx(abs(difference_in_sds(a, b).estimate), rel=1e-3)


@pytest.mark.parametrize(("first", "second"), [((5, 0), (0, 5)), ((5, 0), (3, 0)), ((0, 0), (3, 4))])
def test_groups_without_a_common_level_and_groups_of_one_level_have_no_distance(first, second):
    assert np.isnan(difference_in_levels(np.array(first, dtype=float), np.array(second, dtype=float)).estimate)


one_person = st.tuples(
    st.sampled_from(["peer", "usual"]),
    st.one_of(st.none(), st.integers(0, 6)),
    st.one_of(st.none(), st.sampled_from(["x", "y", "z"])),
)


@given(persons=st.lists(one_person, min_size=1, max_size=30))
def test_the_table_agrees_with_a_count_person_by_person(persons):
    frame = pd.DataFrame(
        {
            "person": pd.array([f"p{place}" for place in range(len(persons))], dtype="string"),
            "round": pd.Categorical(["start"] * len(persons), ordered=True),
            "arm": pd.array([arm for arm, _, _ in persons], dtype="string"),
            "age": pd.array([age for _, age, _ in persons], dtype="Int64"),
            "kind": pd.array([kind for _, _, kind in persons], dtype="string"),
        }
    )
    found = pe.baseline_table(frame, columns=["age", "kind"], arm="arm")
    arms = sorted({arm for arm, _, _ in persons})
    marks = {age for _, age, _ in persons if age is not None} in ({0}, {1}, {0, 1})
    for group in [*arms, "all"]:
        mine = [each for each in persons if group in ("all", each[0])]
        ages = [age for _, age, _ in mine if age is not None]
        kinds = [kind for _, _, kind in mine if kind is not None]
        for name, known in (("age", ages), ("kind", kinds)):
            [missing] = cells(found, "missing", outcome=name, group=group).to_dict("records")
            assert (missing["numerator"], missing["denominator"]) == (len(mine) - len(known), len(mine))
        counted = cells(found, "level", group=group, outcome="kind").set_index("term")
        assert counted["numerator"].to_dict() == {
            kind: kinds.count(kind) for kind in sorted({kind for _, _, kind in persons if kind is not None})
        }
        assert (counted["denominator"] == len(kinds)).all()
        if marks:
            levels = cells(found, "level", group=group, outcome="age")
            assert levels["numerator"].tolist() == [ages.count(0), ages.count(1)]
            assert cells(found, "mean", group=group).empty
            continue
        [mean] = cells(found, "mean", group=group).to_dict("records")
        assert mean["n"] == len(ages)
        if ages:
            assert mean["estimate"] == pytest.approx(statistics.mean(ages))
            [median] = cells(found, "median", group=group)["estimate"]
            assert median == statistics.median(ages)
        if len(ages) > 1:
            assert mean["sd"] == pytest.approx(statistics.stdev(ages), abs=1e-12)
            low, _, high = statistics.quantiles(ages, n=4, method="inclusive")
            assert cells(found, "quartile_1", group=group)["estimate"].tolist() == pytest.approx([low])
            assert cells(found, "quartile_3", group=group)["estimate"].tolist() == pytest.approx([high])


def test_a_mark_that_few_have_is_not_released(region):
    start = region.responses.assign(ticked=np.where(np.arange(len(region.responses)) < 3, 1, 0))
    [safe] = pe.release(pe.baseline_table(start, columns=["ticked"]))
    levels = cells(safe, "level")
    assert levels["withheld"].all()
    assert levels[["estimate", "numerator"]].isna().all(axis=None)


def test_the_released_table_prints_levels_as_counts(region):
    start = region.responses.assign(sex=np.where(np.arange(len(region.responses)) % 3 == 0, "male", "female"))
    [safe] = pe.release(pe.baseline_table(start, columns=["who5_01", "sex"], arm="arm"))
    [(caption, printed)] = tables_of(safe)
    assert caption == "Who the persons were: start"
    assert printed["Level"].tolist() == ["mean", "median (quartiles)", "missing", "female", "male", "missing"]
    assert printed.columns.tolist() == [
        "Characteristic", "Level", "peer support", "usual care", "all", "Standardised difference",
    ]  # fmt: skip
    assert printed.loc[3, "all"].startswith("≈")
    assert "%" not in printed.to_string()
