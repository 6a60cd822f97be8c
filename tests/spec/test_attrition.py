"""Attrition: answers in, counts out."""

from __future__ import annotations

import pandas as pd
import pytest

import peereval as pe
from peereval.errors import ColumnError, DuplicateError, InvalidValueError

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
    assert patterns.to_dict() == {"start + half-year + one-year": 1, "start + one-year": 1, "start": 1, "half-year": 1}


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
    assert patterns.to_dict() == {"start": 2}
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
