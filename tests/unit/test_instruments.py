"""The catalogue: its keys against an independent reading, and the errors of scoring."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import CodingError, ColumnError, OutOfRangeError, UnknownNameError

# read a second time from the reference, independently of the catalogue's files
KEYS = {
    "who-5": (0, 5, [], {"raw": ("sum", [1, 2, 3, 4, 5], 1), "score_0_100": ("sum", [1, 2, 3, 4, 5], 4)}),
    "qpr-15": (0, 4, [], {"total": ("sum", list(range(1, 16)), 1)}),
    "ismi-29": (
        1,
        4,
        [7, 14, 24, 26, 27],
        {
            "total_mean": ("mean", list(range(1, 30)), 1),
            "mean_without_SR": ("mean", [i for i in range(1, 30) if i not in (7, 14, 24, 26, 27)], 1),
            "alienation": ("mean", [1, 5, 8, 16, 17, 21], 1),
            "stereotype": ("mean", [2, 6, 10, 18, 19, 23, 29], 1),
            "discrimination": ("mean", [3, 15, 22, 25, 28], 1),
            "withdrawal": ("mean", [4, 9, 11, 12, 13, 20], 1),
            "SR_reversed": ("mean", [7, 14, 24, 26, 27], 1),
        },
    ),
    "soc-13": (
        1,
        7,
        [1, 2, 3, 7, 10],
        {
            "total": ("sum", list(range(1, 14)), 1),
            "comprehensibility": ("sum", [2, 6, 8, 9, 11], 1),
            "manageability": ("sum", [3, 5, 10, 13], 1),
            "meaningfulness": ("sum", [1, 4, 7, 12], 1),
        },
    ),
}


def answers(name, values, **columns):
    one = pe.instrument(name)
    frame = pd.DataFrame([values], columns=list(one.item_columns))
    return frame.assign(person="a", round="start", **columns)


def scored(name, values, **options):
    return pe.score(answers(name, values), name, **options).set_index("scale")


@pytest.mark.parametrize("name", KEYS)
def test_keys_agree_with_a_second_reading(name):
    low, high, turned, scales = KEYS[name]
    one = pe.instrument(name)
    coding = next(iter(one.codings.values()))
    assert (coding.min, coding.max, list(coding.reversed)) == (low, high, turned)
    assert {key: (scale.method, sorted(scale.items), scale.multiply) for key, scale in one.scales.items()} == {
        key: (method, items, factor) for key, (method, items, factor) in scales.items()
    }


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("end", ["low", "high"])
def test_the_ends_of_the_range_are_reached(name, end):
    low, high, turned, _ = KEYS[name]
    best, worst = (high, low) if end == "high" else (low, high)
    values = [worst if item in turned else best for item in range(1, pe.instrument(name).n_items + 1)]
    coding = "0-4" if name == "qpr-15" else None
    found = scored(name, values, coding=coding)["score"]
    expected = {key: getattr(scale, end) for key, scale in pe.instrument(name).scales.items()}
    assert found.to_dict() == expected


def test_the_who_5_of_an_irregular_person():
    assert scored("who-5", [3, 2, 3, 1, 4])["score"].to_dict() == {"score_0_100": 52.0, "raw": 13.0}


def test_missing_at_and_past_the_limit():
    at = scored("ismi-29", [None] * 28 + [3])
    assert at.loc["total_mean", ["score", "n_answered"]].tolist() == [3.0, 1]
    assert at.loc["alienation", "reason"] == "not_answered"
    past = scored("soc-13", [4] * 12 + [None])
    assert past.loc["total", ["n_answered", "reason"]].tolist() == [12, "too_few_answered"]
    assert np.isnan(past.loc["total", "score"])
    assert past.loc["comprehensibility", "score"] == 20.0


def test_missing_is_never_zero():
    assert scored("who-5", [None] * 5)["score"].isna().all()
    assert scored("who-5", [0] * 5)["score"].eq(0).all()


def test_the_coding_of_the_qpr_must_be_said_and_shifts_the_score():
    with pytest.raises(CodingError, match="0-4, 1-5"):
        scored("qpr-15", [3] * 15)
    assert scored("qpr-15", [3] * 15, coding="0-4").loc["total", "score"] == 45
    assert scored("qpr-15", [3] * 15, coding="1-5").loc["total", "score"] == 30
    with pytest.raises(CodingError, match="no coding '0-5'"):
        scored("qpr-15", [3] * 15, coding="0-5")


def test_an_answer_out_of_range_is_told_without_the_persons_id():
    frame = pd.concat([answers("who-5", [1, 2, 3, 4, 5]), answers("who-5", [1, 9, 3, 4, 5])], ignore_index=True)
    frame["person"] = ["first", "secret-9"]
    with pytest.raises(OutOfRangeError) as caught:
        pe.score(frame, "who-5")
    message = str(caught.value)
    assert "row 2, item who5_02: 9" in message
    assert "whole numbers from 0 to 5" in message
    assert "secret-9" not in message


@pytest.mark.parametrize("value", [-1, 5.5, 99])
def test_no_code_outside_the_range_is_ever_scored(value):
    with pytest.raises(OutOfRangeError, match="1 answers are outside"):
        scored("who-5", [value, 2, 3, 4, 5])


def test_text_in_an_item_column_is_refused():
    with pytest.raises(ColumnError, match="'who5_01' holds"):
        pe.score(answers("who-5", [1, 2, 3, 4, 5]).astype({"who5_01": "string"}), "who-5")


def test_missing_item_columns_and_wrong_numbers_of_items_are_told():
    frame = answers("who-5", [1, 2, 3, 4, 5])
    with pytest.raises(ColumnError, match="lack 1 of the 5 item columns of who-5; the first is 'who5_03'"):
        pe.score(frame.drop(columns="who5_03"), "who-5")
    with pytest.raises(ColumnError, match="4 columns were given for who-5, which has 5 items"):
        pe.score(frame, "who-5", items=["who5_01", "who5_02", "who5_03", "who5_04"])


def test_items_can_be_named_for_one_or_several_instruments():
    frame = answers("who-5", [3, 2, 3, 1, 4]).rename(columns=lambda name: name.replace("who5_0", "w"))
    names = [f"w{item}" for item in range(1, 6)]
    assert pe.score(frame, "who-5", items=names)["score"].tolist() == [52.0, 13.0]
    assert pe.score(frame, ["who-5"], items={"who-5": names})["score"].tolist() == [52.0, 13.0]
    with pytest.raises(ColumnError, match="as one list for 2 instruments"):
        pe.score(frame, ["who-5", "soc-13"], items=names)


def test_an_unknown_instrument_names_the_nearest():
    with pytest.raises(UnknownNameError, match=r"Did you mean 'qpr-15'\?"):
        pe.instrument("qpr15")


def test_an_empty_table_gives_an_empty_table():
    empty = answers("who-5", [1, 2, 3, 4, 5]).iloc[:0]
    assert pe.score(empty, "who-5").empty


def test_scores_keep_the_keys_and_leave_the_frame_alone(region):
    before = region.responses.copy()
    found = pe.score(region.responses, "who-5")
    pd.testing.assert_frame_equal(region.responses, before)
    assert {"person", "round", "arm", "unit", "date", "origin"} <= set(found.columns)
    assert len(found) == 2 * len(region.responses)
    assert found["instrument_version"].unique().tolist() == [pe.instrument("who-5").version]


def test_an_unverified_fact_is_warned_about(monkeypatch):
    from peereval.instruments import scoring

    doubtful = pe.instrument("who-5").model_copy(update={"verified": {"key": "M+"}})
    monkeypatch.setattr(scoring, "look_up", lambda _: doubtful)
    with pytest.warns(pe.UnverifiedWarning, match="who-5: not verified at the source: key"):
        pe.score(answers("who-5", [1, 2, 3, 4, 5]), "who-5")


def test_definitions_with_impossible_items_are_refused():
    content = pe.instrument("who-5").model_dump()
    content["scales"]["raw"]["items"] = (1, 6)
    with pytest.raises(ValueError, match=r"items \[6\] are not among the 5 items"):
        type(pe.instrument("who-5")).model_validate(content)
