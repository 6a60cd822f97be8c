"""Attrition: answers in, counts out."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import peereval as pe
from peereval.errors import ColumnError, DesignError, DuplicateError, InvalidValueError
from peereval.reports.tables import tables_of

ROUNDS = pd.CategoricalDtype(["start", "half-year", "one-year"], ordered=True)


def responses(table, text):
    return table(text).astype({"round": ROUNDS})


ANSWERS = """
    person | round     | arm
    a      | start     | peer
    a      | half-year | peer
    a      | one-year  | peer
    b      | start     | peer
    b      | one-year  | peer
    c      | start     | usual
    d      | half-year | usual
    """


def test_answers_are_counted_per_round_and_arm(table, as_text):
    found = pe.attrition(responses(table, ANSWERS), arm="arm").estimates
    answered = found[found["measure"] == "answered"][["group", "round", "numerator"]]
    assert as_text(answered) == as_text(
        table("""
        group | round     | numerator
        peer  | start     | 2
        peer  | half-year | 1
        peer  | one-year  | 2
        usual | start     | 1
        usual | half-year | 1
        usual | one-year  | 0
        all   | start     | 3
        all   | half-year | 2
        all   | one-year  | 2
        """)
    )


def test_who_stayed_is_counted_among_those_who_began(table, as_text):
    found = pe.attrition(responses(table, ANSWERS)).estimates
    stayed = found[found["measure"] == "retained"][["round", "numerator", "denominator"]]
    assert as_text(stayed) == as_text(
        table("""
        round     | numerator | denominator
        half-year | 1         | 3.0
        one-year  | 2         | 3.0
        """)
    )


def test_patterns_name_the_rounds_and_add_up_to_the_persons(table):
    found = pe.attrition(responses(table, ANSWERS)).estimates
    patterns = found[found["measure"] == "pattern"].set_index("term")["numerator"]
    assert patterns.to_dict() == {
        "start + half-year + one-year": 1,
        "start + half-year": 0,
        "start + one-year": 1,
        "start": 1,
        "half-year + one-year": 0,
        "half-year": 1,
        "one-year": 0,
    }


def test_response_rates_are_unknown_without_invitations_and_for_rounds_that_nobody_counted(table):
    answers = responses(table, ANSWERS)
    found = pe.attrition(answers)
    assert found.estimates.loc[found.estimates["measure"] == "answered", "estimate"].isna().all()
    assert any("unknown" in text for text in found.assumptions)
    invited = responses(
        table,
        """
        round | invited
        start | 6
        """,
    )
    known = pe.attrition(answers, invited=invited).estimates
    known = known[known["measure"] == "answered"].set_index("round")
    assert known.loc["start", ["numerator", "denominator", "estimate"]].tolist() == [3, 6, 0.5]
    assert pd.isna(known.loc["half-year", "denominator"])


def test_anonymous_rounds_are_counted_but_not_followed(ward):
    found = pe.attrition(ward.responses)
    assert set(found.estimates["measure"]) == {"answered"}
    assert "cannot be told" in found.method


def test_a_person_twice_in_a_round_is_refused(table):
    twice = pd.concat([responses(table, ANSWERS)] * 2, ignore_index=True)
    with pytest.raises(DuplicateError, match="rows 1, 8"):
        pe.attrition(twice)


def test_rounds_need_an_order(table):
    with pytest.raises(InvalidValueError, match="has no order"):
        pe.attrition(table(ANSWERS))


def test_an_unknown_arm_is_counted_as_left_out(table):
    answers = responses(table, ANSWERS)
    answers.loc[0, "arm"] = pd.NA
    assert dict(pe.attrition(answers, arm="arm").exclusions) == {"arm_missing": 1}


def test_a_column_of_arms_that_is_not_there(table):
    with pytest.raises(ColumnError, match="no column 'arms' for the arms"):
        pe.attrition(responses(table, ANSWERS), arm="arms")


def test_nobody_gives_an_empty_count(table):
    found = pe.attrition(responses(table, ANSWERS).iloc[:0]).estimates
    assert found.loc[found["measure"] == "answered", "numerator"].tolist() == [0, 0, 0]


BLANKS = """
    person | round    | who5_01 | who5_02 | consent
    a      | start    | 3       | -       | yes
    a      | one-year | -       | -       | yes
    b      | start    | 0       | 4       | yes
    c      | start    | -       | -       | yes
    """


def blanks(table):
    found = responses(table, BLANKS)
    items = ["who5_01", "who5_02"]
    return found.assign(**{name: pd.to_numeric(found[name], errors="coerce") for name in items})


def test_a_row_without_an_answer_is_no_answer(table):
    found = pe.attrition(blanks(table))
    answered = found.estimates[found.estimates["measure"] == "answered"].set_index("round")["numerator"]
    assert answered.to_dict() == {"start": 2, "half-year": 0, "one-year": 0}
    patterns = found.estimates[found.estimates["measure"] == "pattern"].set_index("term")["numerator"]
    assert patterns[patterns > 0].to_dict() == {"start": 2}
    assert dict(found.exclusions) == {"not_answered": 2}


def test_which_columns_hold_answers_can_be_said(table):
    named = blanks(table).rename(columns={"who5_01": "glad", "who5_02": "calm"})
    every = pe.attrition(named)
    assert dict(every.exclusions) == {}
    assert any("every row counts" in text for text in every.assumptions)
    assert dict(pe.attrition(named, items=["glad", "calm"]).exclusions) == {"not_answered": 2}
    assert dict(pe.attrition(named, items=["calm"]).exclusions) == {"not_answered": 3}
    with pytest.raises(ColumnError, match="no item column 'happy'"):
        pe.attrition(named, items=["happy"])


def test_a_blank_row_without_an_arm_is_counted_once(table):
    answers = blanks(table).assign(arm=["peer", "peer", "usual", None]).astype({"arm": "string"})
    assert dict(pe.attrition(answers, arm="arm").exclusions) == {"not_answered": 2}


def test_more_answers_than_invitations_are_refused(table):
    invited = responses(
        table,
        """
        round | invited
        start | 2
        """,
    )
    with pytest.raises(InvalidValueError, match=r"3 answered the round 'start' \(group 'all'\), but 2 were invited"):
        pe.attrition(responses(table, ANSWERS), invited=invited)


ASKED = """
    round     | unit | eligible | invited
    start     | A    | 10       | 4
    start     | B    | 6        | 2
    half-year | A    | -1       | 4
    one-year  | C    | 3        | 3
    """


def asked(table):
    found = responses(table, ASKED)
    return found.assign(eligible=found["eligible"].astype("Int64").replace(-1, pd.NA))


def test_response_is_counted_per_round_and_unit_and_unknown_where_nobody_counted(table, as_text):
    answers = responses(table, ANSWERS).assign(unit=["A", "A", "B", "A", "A", "A", "A"])
    found = pe.attrition(answers, by="unit", invited=asked(table)).estimates
    response = found[found["measure"].isin(["invited", "answered"])].astype({"numerator": "float64"})
    assert as_text(response[["group", "round", "measure", "numerator", "denominator"]]) == as_text(
        table("""
        group | round     | measure  | numerator | denominator
        A     | start     | invited  | 4.0       | 10.0
        A     | start     | answered | 3.0       | 4.0
        A     | half-year | invited  | 4.0       |
        A     | half-year | answered | 2.0       | 4.0
        A     | one-year  | answered | 1.0       |
        B     | start     | answered | 0.0       | 2.0
        B     | start     | invited  | 2.0       | 6.0
        B     | half-year | answered | 0.0       |
        B     | one-year  | answered | 1.0       |
        C     | start     | answered | 0.0       |
        C     | half-year | answered | 0.0       |
        C     | one-year  | invited  | 3.0       | 3.0
        C     | one-year  | answered | 0.0       | 3.0
        all   | start     | invited  | 6.0       | 16.0
        all   | start     | answered | 3.0       | 6.0
        all   | half-year | invited  | 4.0       |
        all   | half-year | answered | 2.0       | 4.0
        all   | one-year  | invited  | 3.0       | 3.0
        all   | one-year  | answered | 2.0       | 3.0
        """).iloc[[*range(5), 6, 5, *range(7, 19)]]
    )
    # R: prop.test(3, 4, correct = FALSE)$conf.int
    first = response[(response["group"] == "A") & (response["measure"] == "answered")].iloc[0]
    assert first[["conf_low", "conf_high"]].astype(float).round(4).tolist() == [0.3006, 0.9544]
    unknown = response[response["denominator"].isna()]
    assert unknown[["estimate", "conf_low", "conf_high", "conf_level"]].isna().all(axis=None)


def test_a_unit_of_which_nobody_answered_is_not_forgotten(table):
    answers = responses(table, ANSWERS).assign(unit="A")
    found = pe.attrition(answers, by="unit", invited=asked(table)).estimates
    assert set(found["group"]) == {"A", "B", "C", "all"}
    answered = found[(found["group"] == "C") & (found["measure"] == "answered")]
    assert answered["numerator"].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("column", "row", "value", "message"),
    [
        ("invited", 1, 7, "more invited than eligible in row 2"),
        ("invited", 0, -4, "a number below 0 in row 1"),
        ("eligible", 3, -3, "a number below 0 in row 4"),
    ],
)
def test_impossible_numbers_of_invited_are_refused(table, column, row, value, message):
    wrong = asked(table)
    wrong.loc[row, column] = value
    with pytest.raises(InvalidValueError, match=message):
        pe.attrition(responses(table, ANSWERS), invited=wrong)


def test_a_round_of_the_invited_that_is_misspelt_is_refused(table):
    wrong = table(ASKED).replace({"round": {"half-year": "halfyear"}}).drop(columns="eligible")
    with pytest.raises(InvalidValueError, match=r"'halfyear' in row 3.*Did you mean 'half-year'"):
        pe.attrition(responses(table, ANSWERS), invited=wrong)


def test_who_moves_is_followed_from_the_first_unit_and_answers_where_the_answer_was_given(table):
    answers = responses(table, ANSWERS).assign(unit=["A", "B", "B", "A", "A", "A", "B"])
    found = pe.attrition(answers, by="unit").estimates.set_index(["measure", "group", "round"]).sort_index()
    assert found.loc[("answered", "A"), "numerator"].to_dict() == {"start": 3, "half-year": 0, "one-year": 1}
    assert found.loc[("answered", "B"), "numerator"].to_dict() == {"start": 0, "half-year": 2, "one-year": 1}
    assert found.loc[("retained", "A"), "numerator"].to_dict() == {"half-year": 1, "one-year": 2}
    assert found.loc[("retained", "B"), "denominator"].to_dict() == {"half-year": 0, "one-year": 0}
    with pytest.raises(DesignError, match="more than one arm"):
        pe.attrition(answers, arm="unit")


def test_two_groupings_at_once_are_refused(table):
    with pytest.raises(DesignError, match="'arm' and by 'unit'"):
        pe.attrition(responses(table, ANSWERS), arm="arm", by="unit")


def test_groups_are_texts_and_none_is_called_all(table):
    answers = responses(table, ANSWERS)
    with pytest.raises(InvalidValueError, match="a group 'all'"):
        pe.attrition(answers.assign(unit="all"), by="unit")
    with pytest.raises(ColumnError, match="no column 'unitt' for the groups"):
        pe.attrition(answers, by="unitt")
    some = answers.assign(role=["patient", None, *["staff"] * 5]).astype({"role": "string"})
    assert dict(pe.attrition(some, by="role").exclusions) == {"group_missing": 1}


LOST = """
    person | round     | who5_01 | left_programme | died
    a      | start     | 3       | no             | no
    a      | half-year | 3       | no             | no
    a      | one-year  | 3       | no             | no
    b      | start     | 3       | no             | no
    b      | half-year | -       | yes            | no
    b      | one-year  | -       | no             | yes
    c      | start     | 3       | no             | no
    c      | half-year | 3       | yes            | no
    d      | start     | 3       | no             |
    e      | half-year | 3       | no             | no
    """


def lost(table):
    found = responses(table, LOST)
    return found.assign(who5_01=pd.to_numeric(found["who5_01"], errors="coerce"))


def test_the_lost_are_counted_by_the_weightiest_reason_that_held_by_then(table, as_text):
    found = pe.attrition(lost(table)).estimates
    rows = found[found["measure"] == "lost"][["round", "term", "numerator", "denominator"]]
    assert as_text(rows) == as_text(
        table("""
        round     | term           | numerator | denominator
        half-year | died           | 0         | 4.0
        half-year | left_programme | 1         | 4.0
        half-year | reason_unknown | 1         | 4.0
        one-year  | died           | 1         | 4.0
        one-year  | left_programme | 1         | 4.0
        one-year  | reason_unknown | 1         | 4.0
        """)
    )
    without = pe.attrition(lost(table).drop(columns=["died", "left_programme"])).estimates
    assert not (without["measure"] == "lost").any()


def test_an_answer_after_death_is_refused(table):
    wrong = lost(table)
    wrong.loc[0, "died"] = True
    with pytest.raises(InvalidValueError, match="answers in rows 1, 2, 3, in a round by which the person had died"):
        pe.attrition(wrong)


def test_many_rounds_list_only_the_patterns_that_occur():
    rounds = [f"wave {place}" for place in range(6)]
    answers = pd.DataFrame({"person": ["a", "a", "b"], "round": [rounds[0], rounds[5], rounds[0]]})
    found = pe.attrition(answers.assign(round=pd.Categorical(answers["round"], rounds, ordered=True))).estimates
    patterns = found[found["measure"] == "pattern"]
    assert patterns.set_index("term")["numerator"].to_dict() == {"wave 0 + wave 5": 1, "wave 0": 1}


def test_those_who_stayed_and_left_are_compared_at_the_start(table, as_text):
    answers = responses(table, ANSWERS).assign(age=[20, 99, 99, 40, 99, 70, 99])
    found = pe.attrition(answers, baseline=["age"])
    rows = found.estimates[found.estimates["outcome"] == "age"]
    assert as_text(rows[["round", "measure", "term", "estimate", "sd", "n"]].round(3)) == as_text(
        table("""
        round | measure                 | term   | estimate | sd     | n
        start | mean                    | stayed | 30.0     | 14.142 | 2.0
        start | mean                    | left   | 70.0     |        | 1.0
        start | standardised_difference |        |          |        | 3.0
        """)
    )
    with pytest.raises(ColumnError, match="'arm' holds string"):
        pe.attrition(answers, baseline=["arm"])
    with pytest.raises(ColumnError, match="no column 'ages'"):
        pe.attrition(answers, baseline=["ages"])


def test_one_round_has_nobody_to_compare(table):
    start = responses(table, ANSWERS).query("round == 'start'").assign(age=40)
    start["round"] = start["round"].cat.remove_unused_categories()
    found = pe.attrition(start, baseline=["age"]).estimates
    assert set(found["measure"]) == {"answered", "pattern"}


a_person = st.tuples(st.booleans(), st.booleans(), st.booleans(), st.integers(0, 9)).filter(lambda each: any(each[:3]))


@given(persons=st.lists(a_person, min_size=1, max_size=25))
def test_attrition_agrees_with_a_count_person_by_person(persons):
    names = list(ROUNDS.categories)
    frame = pd.DataFrame(
        [
            {"person": f"p{place}", "round": label, "age": age}
            for place, (*there, age) in enumerate(persons)
            for label, yes in zip(names, there, strict=True)
            if yes
        ]
    ).astype({"round": ROUNDS, "person": "string"})
    found = pe.attrition(frame, baseline=["age"]).estimates
    for row in found[found["measure"] == "pattern"].to_dict("records"):
        wanted = tuple(name in row["term"].split(" + ") for name in names)
        assert row["numerator"] == sum(tuple(each[:3]) == wanted for each in persons)
        assert row["denominator"] == len(persons)
    assert (found["measure"] == "pattern").sum() == 7
    stayed = [age for first, _, last, age in persons if first and last]
    left = [age for first, _, last, age in persons if first and not last]
    means = found[found["measure"] == "mean"].set_index("term")
    for word, ages in (("stayed", stayed), ("left", left)):
        assert means.loc[word, "n"] == len(ages)
        assert not ages or means.loc[word, "estimate"] == pytest.approx(statistics.mean(ages))
    [apart] = found[found["measure"] == "standardised_difference"]["estimate"]
    if min(len(stayed), len(left)) > 1 and (statistics.variance(stayed) or statistics.variance(left)):
        pooled = math.sqrt((statistics.variance(stayed) + statistics.variance(left)) / 2)
        assert apart == pytest.approx((statistics.mean(stayed) - statistics.mean(left)) / pooled)
    else:
        assert np.isnan(apart)


def test_leaving_that_depends_on_the_start_is_seen(region, region_scores):
    """The made-up region lets persons with a low state leave more often."""
    main = region_scores[region_scores["scale"] == "score_0_100"]
    found = pe.attrition(region.responses, baseline=main).estimates
    apart = found[found["measure"] == "standardised_difference"].iloc[0]
    assert apart["outcome"] == "who-5:score_0_100"
    assert apart["estimate"] > 2 * apart["std_error"]


def test_the_report_prints_reasons_and_who_left(table):
    many = pd.concat([lost(table).assign(person=lambda d, n=n: d["person"] + str(n)) for n in range(12)])
    many = many.reset_index(drop=True).assign(age=lambda d: np.arange(len(d)) % 37)
    invited = responses(table, "round | eligible | invited\nstart | 90 | 60")
    [safe] = pe.release(pe.attrition(many, baseline=["age"], invited=invited))
    printed = dict(tables_of(safe))
    assert list(printed) == [
        "Answers per round",
        "Persons of the first round who did not answer, by reason",
        "Persons by the rounds they answered",
        "Those who stayed to the last round and those who left, at the first round",
    ]
    first, second, _, last = printed.values()
    assert first["Eligible"].tolist() == ["≈\u00a090", "unknown", "unknown"]
    assert first["Response"].str.startswith("unknown").tolist() == [False, True, True]
    assert second["Died"].tolist() == ["≈\u00a00", "≈\u00a010"]
    assert last["Stayed"].str.contains("n").all()


def test_after_linking_a_missed_link_is_said_to_read_as_dropout():
    from peereval.simulate.codes import CODE, simulate_codes

    codes = simulate_codes(60, rounds=["start", "one-year"], slip=0.05, seed=1).drop(columns="true_person")
    found = pe.attrition(pe.link_rounds(codes, code=list(CODE)))
    assert any("missed link" in said for said in found.assumptions)


def test_an_answer_to_a_local_question_alone_is_an_answer():
    rounds = pd.Categorical(["start", "start"], categories=["start"], ordered=True)
    frame = pd.DataFrame({"person": ["a", "b"], "round": rounds, "local_meals": [1, None], "who5_01": [None, None]})
    found = pe.attrition(frame)
    assert found.exclusions["not_answered"] == 1
