"""The catalogue: its keys against an independent reading, and the errors of scoring."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from importlib import resources

import jsonschema
import numpy as np
import pandas as pd
import pytest
import tomli_w

import peereval as pe
from peereval.errors import (
    ChoiceError,
    CodingError,
    ColumnError,
    InvalidValueError,
    NotScoredError,
    OutOfRangeError,
    UnknownNameError,
)
from peereval.instruments.card import card_text


def answers(name, values, **columns):
    one = pe.instrument(name)
    frame = pd.DataFrame([values], columns=list(one.item_columns))
    return frame.assign(person="a", round="start", **columns)


def scored(name, values, **options):
    return pe.score(answers(name, values), name, **options).set_index("scale")


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


def test_an_unverified_fact_is_warned_about():
    doubtful = pe.instrument("who-5").model_copy(update={"verified": {"key": "M+"}})
    with pytest.warns(pe.UnverifiedWarning, match="who-5: not verified at the source: key"):
        pe.score(answers("who-5", [1, 2, 3, 4, 5]), doubtful)


def changed(name, **changes):
    """The content of a definition with some of it changed; a dot goes a level deeper."""
    content = pe.instrument(name).model_dump(exclude_unset=True, mode="json")
    for path, value in changes.items():
        *way, last = path.split("__")
        place = content
        for step in way:
            place = place[step]
        place[last] = value
    return content


SECOND_GATE = {
    "items": "20, 3, 4", "method": "gated", "gate": "important", "multiply": 25.0, "min_answered": 2,
    "missing": "person mean", "low": 0.0, "high": 100.0, "direction": "higher is better",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("who-5", {"scales__raw__items": "1-4, 6"}, r"items \[6\] are not among the 5 items"),
        ("who-5", {"scales__raw__items": "1, 1"}, "an item stands twice"),
        ("who-5", {"scales__raw__items": "1;2"}, "item numbers are written as"),
        ("who-5", {"scales__raw__min_answered": 4}, "what stands for the missing is not said"),
        ("who-5", {"scales__raw__min_answered": 9}, "min_answered is 9 for 5 items"),
        ("who-5", {"scales__raw__headline": True}, "exactly one scale is the headline"),
        ("who-5", {"refused": "no"}, "either refused or has codings and scales"),
        ("who-5", {"scales__raw__wieghts": 1}, "wieghts"),
        ("swemwbs", {"scales__metric__values": [1.0, 2.0]}, "the table has 2 values"),
        (
            "swemwbs",
            {"scales__metric__min_answered": 6, "scales__metric__missing": "person mean"},
            "a table cannot have",
        ),
        ("djg-6", {"scales__social__counted": {"4": "1"}}, "the codes that count are not given"),
        ("djg-6", {"scales__social__missing": "person mean"}, "a count cannot have missing = 'person mean'"),
        ("eq-5d-5l", {"codings__1-5__reversed": "1"}, "cannot be reversed"),
        ("eq-5d-5l", {"codings__0-4": {"min": 0, "max": 4, "ranges": {"6": [0, 100]}}}, "has one coding"),
        ("eq-5d-5l", {"codings__0-4": {"min": 0, "max": 4}}, "the codings 1-5, 0-4 have unlike numbers of codes"),
        ("qpr-15", {"codings__1-4": {"min": 1, "max": 4}}, "unlike numbers of codes"),
        ("who-5", {"codings__0-5__min": 5}, "coding 0-5: codes cannot run from 5 to 5"),
        ("eq-5d-5l", {"codings__1-5__ranges": {"6": [100, 0]}}, "codes cannot run from 100 to 0"),
        ("who-5", {"codings__0-5__codes": [{"code": 9, "means": "?", "items": "7"}]}, r"items \[7\] are not among"),
        ("who-5", {"weak": [{"items": "0, 1", "why": "?", "verified": "V"}]}, r"items \[0\] are not among"),
        ("who-5", {"scales__raw__high": 20}, "scale raw: scores reach from 0 to 25, not from 0 to 20"),
        ("who-5", {"scales__score_0_100__multiply": 5}, "from 0 to 125, not from 0 to 100"),
        ("who-5", {"scales__raw__divide": 0}, "greater than 0"),
        ("ismi-29", {"scales__alienation__low": 0}, "from 1 to 4, not from 0 to 4"),
        ("swemwbs", {"scales__metric__high": 36}, "from 7 to 35, not from 7 to 36"),
        ("inspire-support", {"scales__score__multiply": 20}, "from 0 to 80, not from 0 to 100"),
        ("eq-5d-5l", {"scales__index_denmark_2021__low": 0}, "from -0.758 to 1, not from 0 to 1"),
        ("eq-5d-5l", {"scales__index_sweden_2020_experience__if_any": [5, -1]}, "from -0.7544 to 0.9755"),
        ("djg-6", {"scales__social__high": 4}, "from 0 to 3, not from 0 to 4"),
        ("djg-6", {"scales__social__counted": {"4": "0", "5": "1", "6": "1"}}, "no codes of their items"),
        ("inspire-support", {"scales__wish": SECOND_GATE | {"gate": "wished"}}, "an item has marks of one kind"),
        ("ismi-29", {"scales__alienation__missing": "not counted"}, "a mean cannot have missing = 'not counted'"),
    ],
)
def test_definitions_that_cannot_be_right_are_refused(name, changes, message):
    with pytest.raises(ValueError, match=message):
        pe.Instrument.model_validate(changed(name, **changes))


def toml_files():
    return sorted((resources.files("peereval.instruments") / "catalogue").iterdir(), key=lambda file: file.name)


@pytest.mark.parametrize("file", toml_files(), ids=lambda file: file.name)
def test_a_definition_survives_the_way_to_the_model_and_back(file):
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    one = pe.Instrument.model_validate(content)
    again = tomllib.loads(tomli_w.dumps(one.model_dump(exclude_unset=True, mode="json")))
    assert again == content
    assert f"{one.id}.toml" == file.name


def test_every_definition_follows_the_json_schema():
    schema = pe.Instrument.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for file in toml_files():
        validator.validate(tomllib.loads(file.read_text(encoding="utf-8")))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(changed("who-5", scales__raw__items="1;2"))


def test_bare_names_are_never_ids():
    catalogue = pe.list_instruments()
    families = set(catalogue["family"]) - {""}
    assert not families & set(catalogue["id"])
    members = catalogue[catalogue["family"] != ""]["id"]
    assert all(pe.instrument(name).choice for name in members)


def test_every_definition_names_its_sources_and_marks():
    for name in pe.list_instruments()["id"]:
        one = pe.instrument(name)
        assert one.sources
        assert one.licence.text
        assert one.missing_rule
        assert one.refused or {"key", "range"} <= set(one.verified)


def test_the_range_of_a_scale_is_reached_by_no_one_from_outside():
    everyone = pe.list_instruments()
    assert (everyone["n_items"] >= 0).all()
    assert everyone["id"].is_unique
    assert everyone.loc[everyone["refused"] == "", "scales"].ne("").all()


def test_a_definition_of_ones_own_is_scored():
    lenient = changed("qpr-15", scales__total__min_answered=13, scales__total__missing="person mean", id="qpr-15-own")
    own = pe.Instrument.model_validate(lenient)
    values = [4] * 13 + [None] * 2
    found = pe.score(answers("qpr-15", values), own, coding="0-4")
    assert found["score"].tolist() == [60]
    assert found["instrument"].tolist() == ["qpr-15-own"]
    assert scored("qpr-15", values, coding="0-4")["score"].isna().all()


def gated_twice(gate):
    """INSPIRE with two domains of one's own, each with its marks."""
    first = SECOND_GATE | {"items": "1, 2", "min_answered": 1, "headline": True}
    scales = {"hope": first, "meaning": SECOND_GATE | {"gate": gate}}
    return pe.Instrument.model_validate(changed("inspire-support", id="inspire-own", scales=scales))


@pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")
@pytest.mark.parametrize("gate", ["important", "wished"])
def test_each_gated_scale_is_scored_with_the_marks_of_its_own_items(gate):
    ratings, marks = [4, 2, 1, 3, *[0] * 15, 2], {1: 1, 2: 0, 3: 1, 4: 0, 20: 1}
    named = {f"inspire_{item:02d}_{'important' if item < 3 else gate}": mark for item, mark in marks.items()}
    with pytest.warns(pe.IgnoredAnswersWarning, match="2 ratings"):
        found = pe.score(answers("inspire-support", ratings, **named), gated_twice(gate)).set_index("scale")
    assert found["score"].to_dict() == {"hope": 100.0, "meaning": 37.5}
    assert found["n_items"].to_dict() == {"hope": 1, "meaning": 2}


@pytest.mark.parametrize("argument", ["items", "coding"])
def test_what_is_said_of_an_instrument_that_is_not_scored_is_refused(argument):
    with pytest.raises(UnknownNameError, match=rf"{argument} names 'who5'.*Did you mean 'who-5'"):
        pe.score(answers("who-5", [1, 2, 3, 4, 5]), "who-5", **{argument: {"who5": "0-5"}})


def test_one_coding_for_several_instruments_is_refused():
    with pytest.raises(CodingError, match="One coding, '0-4', was given for 2 instruments"):
        pe.score(answers("who-5", [1, 2, 3, 4, 5]), ["who-5", "qpr-15"], coding="0-4")


def test_whole_numbers_beside_empty_cells_in_an_object_column_are_numbers():
    frame = answers("who-5", [1, 2, 3, 4, 5])
    frame["who5_01"] = pd.Series([1], dtype=object)
    assert pe.score(frame, "who-5")["score"].tolist() == [60.0, 15.0]


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        ([3, pd.NA], object),
        ([3, None], object),
        ([3.0, pd.NA], object),
        ([Decimal(3), None], object),
        ([Decimal(3), 3], object),
        ([np.int8(3), pd.NA], object),
        ([3, None], "Int8"),
        ([3, None], "int64[pyarrow]"),
        ([3, None], "double[pyarrow]"),
        ([3, 3], "int8"),
    ],
)
def test_numbers_are_read_whatever_holds_them(cells, dtype):
    frame = pd.concat([answers("who-5", [1, 2, 3, 4, 5])] * 2, ignore_index=True).assign(person=["a", "b"])
    frame["who5_01"] = pd.Series(cells, dtype=dtype)
    found = pe.score(frame, "who-5").query("scale == 'raw'")["score"]
    assert found.iloc[0] == 17
    assert np.isnan(found.iloc[1]) == pd.isna(cells[1])


def test_codes_set_to_missing_as_the_hint_says_are_missing():
    frame = pd.concat([answers("who-5", [1, 2, 3, 4, 5]), answers("who-5", [99] * 5)], ignore_index=True)
    frame["person"] = ["a", "b"]
    found = pe.score(frame.replace({99: pd.NA}), "who-5")
    assert found["reason"].tolist() == [pd.NA, "not_answered"] * 2
    glued = pd.concat([frame.iloc[:1].astype({"who5_01": "Int64"}), frame.iloc[1:].replace({99: None})])
    assert pe.score(glued, "who-5")["score"].isna().tolist() == [False, True] * 2


@pytest.mark.parametrize(
    ("values", "dtype", "message"),
    [
        ([1], "category", "holds category; expected numbers. The categories are numbers"),
        (["a"], "category", "holds category; expected numbers. Export codes"),
        ([pd.Timestamp(0)], "datetime64[s]", r"holds datetime64\[s\]; expected numbers"),
    ],
)
def test_categories_and_dates_are_refused_without_a_row(values, dtype, message):
    frame = answers("who-5", [1, 2, 3, 4, 5])
    frame["who5_01"] = pd.Series(values, dtype=dtype)
    with pytest.raises(ColumnError, match=message):
        pe.score(frame, "who-5")


def test_no_instrument_and_one_named_twice_are_refused():
    frame = answers("who-5", [1, 2, 3, 4, 5])
    with pytest.raises(InvalidValueError, match="No instrument was named"):
        pe.score(frame, [])
    with pytest.raises(InvalidValueError, match="'who-5' was named twice"):
        pe.score(frame, ["who-5", pe.instrument("who-5")])


def test_the_same_columns_under_two_keys_are_refused():
    both = ["csq-8-printed-codes", "csq-8-leftmost-is-1"]
    frame = answers("csq-8-printed-codes", [4] * 8)
    with pytest.raises(ChoiceError, match="csq-8-printed-codes and csq-8-leftmost-is-1 are keys of one instrument"):
        pe.score(frame, both)
    other = {f"left_{item}": 4 for item in range(1, 9)}
    found = pe.score(frame.assign(**other), both, items={"csq-8-leftmost-is-1": list(other)})
    assert found.loc[found["scale"] == "total", "score"].tolist() == [32, 20]


@pytest.mark.parametrize(
    ("cells", "kind"), [([1, "two"], "str"), ([1, True], "bool"), ([None, pd.Timestamp(0)], "Timestamp")]
)
def test_other_things_than_numbers_are_told_by_row(cells, kind):
    frame = pd.concat([answers("who-5", [1, 2, 3, 4, 5])] * 2, ignore_index=True).assign(person=["a", "b"])
    frame["who5_01"] = pd.Series(cells, dtype=object)
    with pytest.raises(ColumnError, match=rf"'who5_01' holds {kind}, first in row 2"):
        pe.score(frame, "who-5")


def test_flags_are_no_answers():
    with pytest.raises(ColumnError, match="'who5_01' holds bool"):
        pe.score(answers("who-5", [1, 2, 3, 4, 5]).astype({"who5_01": bool}), "who-5")


def test_rows_are_counted_across_the_blocks_that_are_read():
    many = pd.concat([answers("who-5", [1, 2, 3, 4, 5])] * 70_000, ignore_index=True)
    many["person"] = [str(row) for row in range(len(many))]
    assert pe.score(many, "who-5")["score"].nunique() == 2
    many.loc[69_998, "who5_02"] = 7
    with pytest.raises(OutOfRangeError, match="row 69999, item who5_02: 7"):
        pe.score(many, "who-5")


def test_cards_say_what_is_known_and_escape_it():
    page = pe.instrument("qpr-15")._repr_html_()
    assert "personal recovery" in page
    assert "10.1080/17522439.2021.1883726" in page
    odd = pe.instrument("who-5").model_copy(update={"name": "<script>"})
    assert "<script>" not in odd._repr_html_()


@pytest.mark.parametrize("name", pe.list_instruments()["id"])
def test_every_card_can_be_shown(name):
    one = pe.instrument(name)
    text = card_text(one)
    assert one.name in text
    assert one.licence.text in text
    assert all(caveat in text for caveat in one.caveats)
    assert "unverified" in text or not any(fact.verified in ("M", "M+") for fact in (*one.cutoffs, *one.changes))


def test_refused_instruments_say_why():
    with pytest.raises(NotScoredError, match="listed, but not scored"):
        pe.score(answers("basis-24", [1] * 24), "basis-24")
    with pytest.raises(NotScoredError, match="listed, but not scored"):
        pe.reliability(answers("basis-24", [1] * 24), "basis-24")


def test_an_id_in_a_column_of_answers_is_not_shown():
    # a column of ids, named as an item by mistake
    with pytest.raises(OutOfRangeError, match="row 1, item who5_02: a number of 10 digits") as caught:
        scored("who-5", [1, 701234567 * 10, 3, 4, 5])
    assert "70123" not in str(caught.value)
