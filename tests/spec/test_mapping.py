"""Mapping: an export in, responses out; what is wrong is told with file, row and column."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import peereval as pe
from peereval.contracts import SCORES, check_frame
from peereval.errors import (
    CodingError,
    ColumnError,
    DuplicateError,
    EmptyRoundError,
    InvalidValueError,
    MissingValueError,
    OutOfRangeError,
    SchemaVersionWarning,
    UnsupportedInputError,
    UnusedColumnsWarning,
)
from peereval.files import file_metadata, write_table
from peereval.surveys.item_file import read_item_file
from peereval.surveys.mapped import map_sheet
from peereval.surveys.responses import to_responses
from peereval.surveys.sheet import Sheet

LONG = {"person": "nr", "round": "runde"}
ROUNDS = {"round": {"t0": "start", "t1": "end"}}
WHO5 = {"who-5": "Q1_{item}"}


def sheet(frame, **facts):
    return Sheet(file="export.csv", source="csv", frame=frame, **facts)


@pytest.fixture
def answers():
    """A long export with the items of one instrument in columns of its own names."""
    return pd.DataFrame({"nr": ["1", "1"], "runde": ["t0", "t1"], **{f"Q1_{item}": [item] * 2 for item in range(1, 6)}})


def test_a_long_file_by_pattern(table, as_text):
    export = table("""
        nr | runde | gruppe | Q1_1 | Q1_2 | Q1_3 | Q1_4 | Q1_5
        7  | t0    | A      | 3    | 2    | 1    | 0    | 5
        7  | t1    | A      | 4    |      | 1    | 0    | 5
        12 | t0    | B      | 3    | 2    | 1    | 0    | 5
        """)
    mapping = pe.SurveyMapping(
        columns={**LONG, "arm": "gruppe"}, items=WHO5, rename={**ROUNDS, "arm": {"A": "peer", "B": "usual"}}
    )
    found = to_responses(sheet(export), mapping)
    assert found["round"].cat.categories.tolist() == ["start", "end"]
    assert found["round"].cat.ordered
    assert as_text(found[["person", "round", "arm", "who5_01", "who5_02"]]) == as_text(
        table("""
        person | round | arm   | who5_01 | who5_02
        7      | start | peer  | 3       | 2
        7      | end   | peer  | 4       |
        12     | start | usual | 3       | 2
        """).astype({"person": "string"})
    )
    assert {str(found[name].dtype) for name in ("person", "arm")} == {"string"}


def test_a_wide_file_has_one_row_a_person_and_round(table, as_text):
    export = table("""
        id | ward | dato_0     | dato_1     | a_t0 | a_t1
        x  | W    | 2024-01-01 | 2024-07-01 | 1    | 2
        y  | W    | 2024-01-02 |            | 3    |
        """)
    mapping = pe.SurveyMapping(
        columns={"person": "id", "unit": "ward", "date": "dato_{round}"},
        rename={"round": {"0": "start", "1": "end"}},
        item_columns={"who5_01": "a_t{round}"},
    )
    found = to_responses(sheet(export), mapping)
    assert as_text(found) == as_text(
        pd.DataFrame({
            "person": ["x", "y", "x", "y"], "round": ["start", "start", "end", "end"], "unit": ["W"] * 4,
            "date": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-07-01", None]), "who5_01": pd.array([1, 3, 2, None], dtype="Int64"),
        })
    )  # fmt: skip


@given(
    st.lists(st.lists(st.one_of(st.none(), st.integers(0, 5)), min_size=6, max_size=6), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)
def test_wide_and_long_files_of_the_same_answers_agree(rows, random):
    # oracle: pandas' own wide_to_long on the same table
    rows[0] = [1] * 6
    wide = pd.DataFrame(rows, columns=[f"who5_0{item}_t{time}" for time in (0, 1, 2) for item in (1, 2)], dtype=float)
    wide.insert(0, "person", [f"p{number}" for number in range(len(wide))])
    shuffled = wide[random.sample(list(wide.columns), len(wide.columns))]
    mapping = pe.SurveyMapping(
        item_columns={"who5_01": "who5_01_t{round}", "who5_02": "who5_02_t{round}"},
        rename={"round": {"0": "a", "1": "b", "2": "c"}},
    )
    found = to_responses(sheet(shuffled), mapping)
    expected = pd.wide_to_long(wide, ["who5_01_t", "who5_02_t"], i="person", j="round").reset_index()
    expected["round"] = expected["round"].map({0: "a", 1: "b", 2: "c"})
    pd.testing.assert_frame_equal(
        found.astype({"person": object, "round": object}).sort_values(["person", "round"], ignore_index=True),
        expected.rename(columns=lambda name: name.removesuffix("_t")).astype({"person": object, "round": object})
        .sort_values(["person", "round"], ignore_index=True),
        check_dtype=False,
    )  # fmt: skip


def test_columns_by_list_and_with_leading_zeros():
    export = pd.DataFrame({"round": ["a"], **{f"q{number:02d}": [number % 5] for number in range(1, 16)}})
    by_pattern = to_responses(sheet(export), pe.SurveyMapping(items={"qpr-15": "q{item:02d}"}), rounds=["a"])
    by_list = to_responses(sheet(export), pe.SurveyMapping(items={"qpr-15": list(export.columns[1:])}), rounds=["a"])
    pd.testing.assert_frame_equal(by_pattern, by_list)
    assert by_pattern["qpr_15"].tolist() == [0]


def test_a_mapping_file_names_the_items(tmp_path):
    file = tmp_path / "items.csv"
    file.write_text("column;item\nøst;who5_01\nvest;who5_02\n", encoding="utf-8")
    export = pd.DataFrame({"round": ["a"], "øst": [1], "vest": [2]})
    found = to_responses(sheet(export), pe.SurveyMapping(item_columns=read_item_file(file)), rounds=["a"])
    assert found[["who5_01", "who5_02"]].to_numpy().tolist() == [[1, 2]]
    file.write_text("column;item\na;who5_01\nb;who5_01\n", encoding="utf-8")
    with pytest.raises(DuplicateError, match=r"an item stands twice, in rows 2, 3"):
        read_item_file(file)
    file.write_text("kolonne;item\na;who5_01\n", encoding="utf-8")
    with pytest.raises(ColumnError, match="no column 'column'"):
        read_item_file(file)
    file.write_text("column;item\na;\n", encoding="utf-8")
    with pytest.raises(MissingValueError, match="row 2"):
        read_item_file(file)


# texts and codes


def test_texts_become_codes_through_a_table_only(table):
    export = table("""
        nr | runde | Q1_1   | Q1_2 | Q1_3 | Q1_4 | Q1_5
        1  | t0    | Altid  | 2    | 3    | 4    | 5
        1  | t1    | Aldrig | 2    | 3    | 4    | 5
        """)
    plain = pe.SurveyMapping(columns=LONG, items=WHO5, rename=ROUNDS)
    with pytest.raises(
        CodingError, match=r"export.csv, column 'Q1_1': 2 cells hold a text without a code \(rows 2, 3\)"
    ):
        to_responses(sheet(export), plain)
    found = to_responses(sheet(export), plain.model_copy(update={"codes": {"who-5": {"Altid": 5, "Aldrig": 0}}}))
    assert found["who5_01"].tolist() == [5, 0]
    assert found["who5_02"].tolist() == [2, 2]


def test_a_text_without_a_code_is_named_by_its_row_and_never_shown(table):
    export = table("""
        nr | runde | Q1_1   | Q1_2 | Q1_3 | Q1_4 | Q1_5
        1  | t0    | Altid  | 2    | 3    | 4    | 5
        1  | t1    | altid  | 2    | 3    | 4    | Min nabo hedder Bo
        """)
    mapping = pe.SurveyMapping(columns=LONG, items=WHO5, rename=ROUNDS, codes={"who-5": {"Altid": 5}})
    found = map_sheet(sheet(export, first_row=4), mapping).problems
    assert [each.where for each in found] == ["export.csv, column 'Q1_1'", "export.csv, column 'Q1_5'"]
    assert "(row 5)" in found[0].text
    assert "differs from 'Altid' in spaces or capitals only" in found[0].hint
    assert "nabo" not in "".join(f"{each.text}{each.hint}" for each in found)


def test_a_table_with_codes_changes_codes_and_must_name_them_all(answers):
    mapping = pe.SurveyMapping(
        columns=LONG, items=WHO5, rename=ROUNDS, codes={"Q1_1": {"1": 5}, "who5_02": {"2": 0, "x": 1}}
    )
    found = to_responses(sheet(answers), mapping)
    assert found["who5_01"].tolist() == [5, 5]
    assert found["who5_02"].tolist() == [0, 0]
    answers.loc[1, "Q1_1"] = 3
    with pytest.raises(CodingError, match=r"1 cell holds a code \(3\) that is not in the table of codes \(row 3\)"):
        to_responses(sheet(answers), mapping)


def test_missing_codes_are_set_to_missing_and_counted(answers):
    answers.loc[0, ["Q1_1", "Q1_2"]] = 99
    answers["Q1_3"] = ["NI", "3"]
    answers["Q1_4"] = [7, 4]
    mapping = pe.SurveyMapping(
        columns=LONG, items=WHO5, rename=ROUNDS, missing=[99, "NI"], missing_in={"Q1_4": [7], "who5_05": [-1]}
    )
    found = map_sheet(sheet(answers), mapping)
    assert not found.problems
    assert found.missing == {"Q1_1": {"99": 1}, "Q1_2": {"99": 1}, "Q1_3": {"NI": 1}, "Q1_4": {"7": 1}}
    assert found.responses.loc[0, ["who5_01", "who5_02", "who5_03", "who5_04"]].isna().all()
    assert found.responses.loc[1, ["who5_01", "who5_02", "who5_03", "who5_04"]].tolist() == [1, 2, 3, 4]


def test_a_missing_code_that_is_a_legal_answer_is_refused(answers):
    mapping = pe.SurveyMapping(columns=LONG, items=WHO5, rename=ROUNDS, missing=[5])
    with pytest.raises(InvalidValueError, match="5 is said to be missing in all items, but is a legal answer of who-5"):
        to_responses(sheet(answers), mapping)
    here = mapping.model_copy(update={"missing": (), "missing_in": {"who-5": (5,)}})
    assert to_responses(sheet(answers), here)["who5_05"].isna().all()


@pytest.mark.parametrize("part", ["codes", "missing_in"])
def test_a_table_for_a_column_that_is_not_used_is_told(answers, part):
    said = {"codes": {"who5": {"Altid": 5}}, "missing_in": {"who5": [9]}}[part]
    mapping = pe.SurveyMapping(columns=LONG, items=WHO5, rename=ROUNDS, **{part: said})
    with pytest.raises(InvalidValueError, match=f"{part} speaks of 'who5'.* Did you mean 'who-5'"):
        to_responses(sheet(answers), mapping)


# columns


@pytest.mark.parametrize(
    ("update", "error", "message"),
    [
        ({"columns": {"person": "nrr", "round": "runde"}}, ColumnError,
         r"export.csv: there is no column 'nrr' \(for person\). Did you mean 'nr'\?"),
        ({"items": {"who-5": "q1_{item}"}}, ColumnError, r"no column 'q1_1' and 4 more \(for who-5\). Did you mean 'Q1_1'\?"),
        ({"items": {"who-5": ["Q1_1", "Q1_2", "Q1_3", "Q1_4"]}}, ColumnError, "items of who-5: 4 columns are listed, but .* has 5 items"),
        ({"items": {"who-5": "Q1"}}, ColumnError, "has no place for the item"),
        ({"items": {"who-55": "Q1_{item}"}}, pe.PeerevalError, "No instrument is called 'who-55'"),
        ({"keep": {"age": "Q1_1"}}, ColumnError, "the column 'Q1_1' is used twice, for who5_01 and for age"),
        ({"item_columns": {"who5_01": "kommentar"}}, ColumnError, "who5_01 is given two columns"),
        ({"leave_out": ["Q1_1"]}, InvalidValueError, "the column 'Q1_1' is used, and said to be left out"),
        ({"leave_out": ["komentar"]}, ColumnError, r"no column 'komentar' \(of leave_out\). Did you mean 'kommentar'"),
        ({"columns": {**LONG, "date": "dato_{round}"}}, InvalidValueError, "said to hold the round, and other columns have {round}"),
        ({"rename": {"round": {"t0": "start"}}}, InvalidValueError, "column 'runde': 1 cell holds a value, which the table rename.round does not name"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_columns_is_told(answers, update, error, message):
    mapping = pe.SurveyMapping(**{"columns": LONG, "items": WHO5, "rename": ROUNDS, **update})
    with pytest.raises(error, match=message):
        to_responses(sheet(answers.assign(kommentar="x")), mapping)


def test_a_pattern_that_fits_more_columns_than_items_is_another_version(answers):
    mapping = pe.SurveyMapping(columns=LONG, items=WHO5, rename=ROUNDS)
    with pytest.raises(ColumnError, match="there is a column 'Q1_6', but who-5 has 5 items"):
        to_responses(sheet(answers.assign(Q1_6=1)), mapping)
    with pytest.raises(ColumnError, match="there is a column 'Q1_0'"):
        to_responses(sheet(answers.assign(Q1_0=1)), mapping)


def test_columns_that_are_not_used_are_told_and_can_be_declared(answers):
    export = answers.assign(kommentar="secret", alder=40)
    mapping = pe.SurveyMapping(columns=LONG, items=WHO5, rename=ROUNDS)
    with pytest.warns(UnusedColumnsWarning, match=r"export.csv: 2 columns are not used: kommentar, alder\."):
        found = to_responses(sheet(export), mapping)
    assert not {"kommentar", "alder"} & set(found)
    kept = mapping.model_copy(update={"keep": {"age": "alder"}, "leave_out": ("kommentar",)})
    assert to_responses(sheet(export), kept)["age"].tolist() == [40, 40]


def test_without_a_mapping_the_layout_is_that_of_the_responses_and_all_columns_stay():
    export = pd.DataFrame({"own": ["x"], "round": ["a"], "person": [7.0], "who5_01": [3]})
    found = to_responses(sheet(export), rounds=["a"])
    assert found.columns.tolist() == ["person", "round", "own", "who5_01"]
    assert found["person"].tolist() == ["7"]


def test_an_item_of_a_wide_file_without_a_round_would_count_in_every_round():
    export = pd.DataFrame({"person": ["a"], "x_0": [1], "x_1": [2], "y": [3]})
    mapping = pe.SurveyMapping(item_columns={"who5_01": "x_{round}", "who5_02": "y"})
    with pytest.raises(InvalidValueError, match=r"'y' .* would count in every round"):
        to_responses(sheet(export), mapping, rounds=["0", "1"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"colums": {}},
        {"columns": {"persn": "x"}},
        {"items": {"who-5": "Q{number}"}},
        {"items": {"who-5": "Q{item.__class__}"}},
        {"items": {"who-5": "Q{item!r}"}},
        {"items": {"who-5": "Q{item:>9999999}"}},
        {"items": {"who-5": "Q{item"}},
        {"items": {"who-5": 5}},
        {"item_columns": {"who5_1": "q"}},
        {"keep": {"age": "{item}"}},
        {"local": {"Met peer": {"column": "q", "label": "x", "options": {1: "a", 2: "b"}}}},
        {"local": {"met": {"column": "q", "label": "x", "options": {1: "a", 2: "b"}, "dont_know": [9]}}},
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(wrong):
    with pytest.raises(ValidationError):
        pe.SurveyMapping(**wrong)


# rounds, persons and dates


def test_a_person_twice_in_a_round_is_told_by_rows_without_the_person(answers):
    again = pd.concat([answers, answers.iloc[[0]]], ignore_index=True)
    with pytest.raises(DuplicateError, match=r"export.csv: 2 rows share .* rows 2, 4 \(round 'start'\)"):
        to_responses(sheet(again), pe.SurveyMapping(columns=LONG, items=WHO5, rename=ROUNDS))


def test_rounds_that_are_empty_undeclared_or_missing(answers):
    mapping = pe.SurveyMapping(columns=LONG, items=WHO5)
    with pytest.raises(EmptyRoundError, match="nobody answered the round 't2'"):
        to_responses(sheet(answers), mapping, rounds=["t0", "t1", "t2"])
    with pytest.raises(InvalidValueError, match="1 row belongs to a round that is not declared"):
        to_responses(sheet(answers), mapping, rounds=["t0"])
    with pytest.raises(InvalidValueError, match="does not say in which order"):
        to_responses(sheet(answers), mapping)
    with pytest.raises(MissingValueError, match="the round is empty in row 3"):
        to_responses(sheet(answers.assign(runde=["t0", None])), mapping, rounds=["t0"])
    with pytest.raises(ColumnError, match="the responses have no column 'round'"):
        to_responses(sheet(answers.rename(columns={"runde": "wave"})), pe.SurveyMapping(items=WHO5), rounds=["t0"])
    strat = pe.SurveyMapping(columns=LONG, items=WHO5, rename={"round": {"t0": "strat", "t1": "end"}})
    with pytest.raises(InvalidValueError, match=r"to the round 'strat', which is not declared .*Did you mean 'start'"):
        to_responses(sheet(answers), strat, rounds=["start", "end"])


def test_a_round_of_a_wide_file_in_which_nobody_answered_is_empty():
    export = pd.DataFrame({"person": ["a"], "x_0": [1], "x_1": [np.nan]})
    with pytest.raises(EmptyRoundError, match="nobody answered the round '1'"):
        to_responses(sheet(export), pe.SurveyMapping(item_columns={"who5_01": "x_{round}"}), rounds=["0", "1"])


@pytest.mark.parametrize(
    "mapping",
    [
        {"items": WHO5, "missing": ["3"]},
        {"item_columns": {"who5_01": "Q1_1"}, "missing": [3]},
        {"item_columns": {"who5_01": "Q1_1"}, "missing": ["3"]},
    ],
)
def test_a_legal_answer_is_no_missing_code_however_it_is_written_and_named(answers, mapping):
    with pytest.raises(InvalidValueError, match="3 is said to be missing in all items, but is a legal answer of who-5"):
        to_responses(sheet(answers), pe.SurveyMapping(columns=LONG, rename=ROUNDS, **mapping))


def test_a_legal_answer_is_no_missing_code_of_columns_that_bear_the_right_names():
    export = pd.DataFrame({"person": ["a"], "round": ["x"], "who5_01": [3]})
    with pytest.raises(InvalidValueError, match="legal answer of who-5"):
        to_responses(sheet(export), pe.SurveyMapping(missing=[3]), rounds=["x"])


def local_answers(cells, options, **more):
    export = pd.DataFrame({"person": ["a", "b"], "round": ["x", "x"], "q": cells})
    mapping = pe.SurveyMapping(
        columns={"person": "person"}, local={"met": {"column": "q", "label": "Met", "options": options}}, **more
    )
    return to_responses(sheet(export), mapping, rounds=["x"])["local_met"].tolist()


@pytest.mark.parametrize("cells", [[1, 2], ["1", "2"]])
def test_options_whose_texts_are_other_numbers_need_a_table(cells):
    options = {1: "0", 2: "1", 3: "2"}
    with pytest.raises(CodingError, match="the code 1 of local_met stands for the text '0'"):
        local_answers(cells, options)
    codes, texts = {"1": 1, "2": 2, "3": 3}, {"0": 1, "1": 2, "2": 3}
    assert local_answers(cells, options, codes={"local_met": codes}) == [1, 2]
    assert local_answers(cells, options, codes={"q": texts}) == [2, 3]


def test_options_whose_texts_are_their_codes_need_none():
    assert local_answers(["1", "3 or more"], {1: "1", 2: "2", 3: "3 or more"}) == [1, 3]
    assert local_answers([1, 2], {1: "1", 2: "2"}) == [1, 2]


def test_spaces_around_a_key_make_no_other_key():
    export = pd.DataFrame(
        {
            "person": ["a", " a", "b\u00a0", " "],
            "round": ["x", "y ", "x", "x"],
            "unit": ["W", " W", "W", None],
            "who5_01": [1, 2, 3, 4],
        }
    ).astype(dict.fromkeys(("person", "round", "unit"), "string"))
    found = map_sheet(sheet(export), rounds=["x", "y"])
    assert not found.problems
    assert found.responses["person"].fillna("").tolist() == ["a", "a", "b", ""]
    assert found.responses["unit"].dropna().unique().tolist() == ["W"]
    assert found.notes == (
        "Cells of 'person' whose spaces at the ends were taken off: 3.",
        "Cells of 'round' whose spaces at the ends were taken off: 1.",
        "Cells of 'unit' whose spaces at the ends were taken off: 1.",
    )


def test_an_arm_said_once_is_that_of_all_rows_of_the_person():
    export = pd.DataFrame(
        {
            "person": ["a", "b", "c", "d", None, "a", "b", "c", "d"],
            "round": ["x"] * 5 + ["y"] * 4,
            "arm": ["p", "u", None, "p", None, None, None, None, "u"],
            "who5_01": [1] * 9,
        }
    )
    found = map_sheet(sheet(export), rounds=["x", "y"])
    assert found.responses["arm"].fillna("").tolist() == ["p", "u", "", "p", "", "p", "u", "", "u"]
    assert found.notes == ("Rows without an arm that were given the one of the person's other rows: 2.",)


def test_rows_of_repeated_instruments_are_no_second_answers():
    export = pd.DataFrame(
        {
            "record_id": ["a", "a", "a", "b"],
            "redcap_event_name": ["x"] * 4,
            "redcap_repeat_instrument": [None, "visit", "visit", None],
            "redcap_repeat_instance": [None, 1, 2, None],
            "who5_01": [1, None, None, 9],
        }
    )
    columns = {"person": "record_id", "round": "redcap_event_name"}
    leave_out = ["redcap_repeat_instrument", "redcap_repeat_instance"]
    redcap = Sheet(file="export.csv", source="redcap", frame=export)
    found = map_sheet(redcap, pe.SurveyMapping(columns=columns, leave_out=leave_out), rounds=["x"])
    assert not found.problems
    assert found.responses["person"].tolist() == ["a", "b"]
    assert found.rows.tolist() == [2, 5]
    assert found.notes == ("Rows of repeated instruments that were left out: 2.",)
    by_instance = pe.SurveyMapping(columns={"person": "record_id", "round": "redcap_repeat_instance"})
    assert len(map_sheet(redcap, by_instance, rounds=["1", "2"]).responses) == 4


@pytest.mark.parametrize("key", ["date", "died", "left_programme"])
def test_a_day_or_a_death_said_once_is_not_that_of_every_round(key):
    export = pd.DataFrame({"id": ["a"], "x_0": [1], "x_1": [2], "when": ["2024-01-01"] if key == "date" else [1]})
    mapping = pe.SurveyMapping(columns={"person": "id", key: "when"}, item_columns={"who5_01": "x_{round}"})
    with pytest.raises(InvalidValueError, match=r"'when' .* would count in every round"):
        to_responses(sheet(export), mapping, rounds=["0", "1"])
    named = export.rename(columns={"when": key})
    mapping = pe.SurveyMapping(columns={"person": "id"}, item_columns={"who5_01": "x_{round}"})
    with pytest.warns(UnusedColumnsWarning, match=key):
        assert key not in to_responses(sheet(named), mapping, rounds=["0", "1"])


def test_values_of_a_column_that_holds_persons_are_not_shown():
    export = pd.DataFrame({"round": [f"0101{number:06d}" for number in range(20)], "who5_01": 1})
    with pytest.raises(InvalidValueError) as caught:
        to_responses(sheet(export), rounds=["start"])
    assert "20 rows belong to 20 rounds that are not declared" in str(caught.value)
    assert "0101" not in str(caught.value)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["2024-01-31", "2024-02-01"], ["2024-01-31", "2024-02-01"]),
        (["31.01.2024", "01.02.2024"], ["2024-01-31", "2024-02-01"]),
        (["31/01/2024 14:05", "01/02/2024 09:00"], ["2024-01-31 14:05", "2024-02-01 09:00"]),
        (["20240131", "20240201"], ["2024-01-31", "2024-02-01"]),
        ([20240131, 20240201], ["2024-01-31", "2024-02-01"]),
    ],
)
def test_dates_are_read_as_they_are_written(answers, cells, expected):
    mapping = pe.SurveyMapping(columns={**LONG, "date": "dato"}, items=WHO5, rename=ROUNDS)
    found = to_responses(sheet(answers.assign(dato=cells)), mapping)
    assert found["date"].dtype == "datetime64[us]"
    assert found["date"].tolist() == [pd.Timestamp(text) for text in expected]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["2024-01-31", "01.02.2024"], "column 'dato': dates are written in two ways: one in row 2, another in row 3"),
        (["31-01-2024", "01-31-2024"], "dates are written in two ways: one in row 2, another in row 3"),
        (["02-01-2024", "01-03-2024"], "do not show whether the day or the month comes first"),
        (["2024-02-31", "2024-01-01"], "row 2: no day of the calendar"),
        (["2024-01-31", "in spring"], "row 3: no date that can be read"),
        ([45000, 45001], "the column holds int64; expected dates"),
    ],
)
def test_dates_that_could_be_misread_are_refused(answers, cells, message):
    mapping = pe.SurveyMapping(columns={**LONG, "date": "dato"}, items=WHO5, rename=ROUNDS)
    with pytest.raises(ColumnError, match=message):
        to_responses(sheet(answers.assign(dato=cells)), mapping)


def test_the_form_of_dates_can_be_said(answers):
    mapping = pe.SurveyMapping(columns={**LONG, "date": "dato"}, items=WHO5, rename=ROUNDS, date_format="%m-%d-%Y")
    found = to_responses(sheet(answers.assign(dato=["02-01-2024", "01-03-2024"])), mapping)
    assert found["date"].dt.month.tolist() == [2, 1]
    with pytest.raises(ColumnError, match="row 3: not written as '%m-%d-%Y'"):
        to_responses(sheet(answers.assign(dato=["02-01-2024", "31-03-2024"])), mapping)


def test_who_left_and_who_died_are_flags(answers):
    mapping = pe.SurveyMapping(
        columns={**LONG, "died": "dead", "left_programme": "out"}, items=WHO5,
        rename={**ROUNDS, "left_programme": {"ja": True, "nej": False}},
    )  # fmt: skip
    found = to_responses(sheet(answers.assign(dead=[0.0, None], out=["ja", "nej"])), mapping)
    assert found["left_programme"].tolist() == [True, False]
    assert found["died"].tolist() == [False, pd.NA]
    with pytest.raises(ColumnError, match="column 'dead': row 3: neither yes nor no"):
        to_responses(sheet(answers.assign(dead=[0, 2], out="ja")), mapping)


# windows

PLANNED = [pe.PlannedRound(id="start", month=0), pe.PlannedRound(id="end", month=6, window="2 weeks")]


def visits(table):
    return table("""
        person | round | date             | who5_01
        a      | start | 2024-01-31 00:00 | 1
        a      | end   | 2024-08-14 23:00 | 1
        b      | start | 2024-02-01 00:00 | 1
        b      | end   | 2024-08-16 00:00 | 1
        c      | end   | 2024-08-01 00:00 | 1
        d      | start | 2024-02-01 00:00 | 1
        d      | end   |                  | 1
        """)


def test_answers_out_of_their_window_are_flagged_and_stay(table):
    # six months after 31 January is 31 July, and 14 days after it 14 August
    found = to_responses(sheet(visits(table)), rounds=PLANNED)
    assert len(found) == 7
    ends = found[found["round"] == "end"].set_index("person")["out_of_window"]
    assert ends.astype("string").fillna("unknown").tolist() == ["False", "True", "unknown", "unknown"]
    assert found.loc[found["round"] == "start", "out_of_window"].isna().all()


def test_windows_can_be_measured_from_the_start_of_the_study(table):
    mapping = pe.SurveyMapping(first_day="2024-02-01")
    found = to_responses(sheet(visits(table).drop(columns="person")), mapping, rounds=PLANNED)
    assert found.loc[found["round"] == "end", "out_of_window"].tolist() == [False, True, False, pd.NA]


def test_windows_need_dates_and_persons_or_a_first_day(table):
    with pytest.raises(InvalidValueError, match="rounds have windows, but there is no column 'date'"):
        to_responses(sheet(visits(table).drop(columns="date")), rounds=PLANNED)
    with pytest.raises(InvalidValueError, match=r"no column 'person'.*first_day"):
        to_responses(sheet(visits(table).drop(columns="person")), rounds=PLANNED)


def test_flags_of_the_export_that_windows_replace_are_told(table):
    export = visits(table).assign(out_of_window=[None, True, None, True, True, False, False])
    found = to_responses(sheet(export), rounds=PLANNED)
    assert found["out_of_window"].isna().tolist() == [True, False, True, False, True, True, True]
    column = "Flags of the column 'out_of_window' that"
    assert found.attrs["survey"]["notes"] == [
        f"{column} differ from the computed ones, which are kept: 1.",
        f"{column} were left out, since there nothing can be computed: 3.",
    ]
    alike = to_responses(sheet(visits(table).assign(out_of_window=found["out_of_window"])), rounds=PLANNED)
    assert alike.attrs["survey"]["notes"] == []


def test_flags_that_a_kept_file_loses_are_told_once(table, tmp_path):
    kept = tmp_path / "kept.parquet"
    pe.write_responses(to_responses(sheet(visits(table)), rounds=PLANNED), kept)
    other = [PLANNED[0], PLANNED[1].model_copy(update={"window": "1 day"})]
    for _ in range(2):
        found = pe.read_survey(kept, rounds=other)
        assert found.attrs["survey"]["notes"] == [
            "Flags of the column 'out_of_window' that differ from the computed ones, which are kept: 1."
        ]
        pe.write_responses(found, kept)


def test_scores_carry_what_was_answered_out_of_its_window(table):
    answers = to_responses(sheet(visits(table)), rounds=PLANNED).assign(
        **{f"who5_0{item}": 3 for item in range(1, 6)}, local_met=2
    )
    for scores in (pe.score(answers, "who-5"), pe.score_local(answers, {"met": pe.LocalItem(**MET)})):
        flags = scores.groupby("scale")["out_of_window"]
        assert all(part.tolist() == answers["out_of_window"].tolist() for _, part in flags)
        check_frame(scores, SCORES)
    bare = pe.score(answers.drop(columns="out_of_window"), "who-5")
    assert "out_of_window" not in bare
    pd.testing.assert_frame_equal(pe.score(answers, "who-5").drop(columns="out_of_window"), bare)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1), st.integers(0, 400)), max_size=12))
def test_windows_agree_with_a_naive_second_reading(rows):
    seen, kept = set(), []
    for person, place, day in rows:
        if (person, place) not in seen:
            seen.add((person, place))
            kept.append((f"p{person}", place, pd.Timestamp("2024-01-01") + pd.Timedelta(days=day)))
    kept += [("q", 0, pd.Timestamp("2024-01-01")), ("q", 1, pd.Timestamp("2024-07-01"))]
    frame = pd.DataFrame({
        "person": [each[0] for each in kept], "round": [PLANNED[each[1]].id for each in kept],
        "date": pd.Series([each[2] for each in kept], dtype="datetime64[us]"),
    })  # fmt: skip
    found = to_responses(sheet(frame), rounds=PLANNED)["out_of_window"]
    first = {person: date for person, place, date in kept if place == 0}
    for flag, (person, place, date) in zip(found, kept, strict=True):
        if place == 0 or person not in first:
            assert pd.isna(flag)
        else:
            assert flag == (abs((date - (first[person] + pd.DateOffset(months=6))).days) > 14)


# every problem at once


def test_all_problems_are_collected_and_the_first_says_how_many_more(table):
    export = table("""
        nr | runde | Q1_1  | Q1_2 | Q1_3 | Q1_4 | Q1_5
        1  | t0    | Altid | 2    | 3    | 4    | 5
        1  | t0    | 1     | 2    | 3    | 4    | 5
        """)
    mapping = pe.SurveyMapping(columns={**LONG, "unit": "afdeling"}, items=WHO5, rename=ROUNDS)
    kinds = [each.kind for each in map_sheet(sheet(export), mapping).problems]
    assert kinds == [ColumnError, CodingError, EmptyRoundError, DuplicateError]
    with pytest.raises(ColumnError, match="3 more problems were found; peereval check lists all"):
        to_responses(sheet(export), mapping)


@given(
    st.dictionaries(
        st.sampled_from(["person", "round", "date", "arm", "who5_01", "Q1_1", "local_x", "unit", "origin"]),
        st.lists(st.one_of(st.none(), st.text(max_size=6), st.integers(-2, 99), st.floats(allow_nan=True), st.booleans()),
                 min_size=3, max_size=3),
        min_size=1,
    ),
    st.sampled_from([{}, {"columns": {"round": "Q1_1"}}, {"item_columns": {"who5_02": "arm"}}, {"missing": [9, "x"]},
                     {"rename": {"round": {"a": "b"}}}, {"item_columns": {"who5_02": "{round}"}}]),
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::peereval.errors.UnusedColumnsWarning")
def test_any_grid_of_cells_gives_responses_or_a_clear_error(cells, mapping):
    frame = pd.DataFrame({name: pd.Series(column).astype("string") if any(isinstance(each, str) for each in column)
                          else pd.Series(column) for name, column in cells.items()})  # fmt: skip
    try:
        found = to_responses(sheet(frame), pe.SurveyMapping(**mapping), rounds=["a", "b"])
    except pe.PeerevalError:
        return
    assert len(found) in (3, 6)


# keeping responses


def test_responses_round_trip_with_their_facts(tmp_path):
    (tmp_path / "export.csv").write_text(
        "nr;runde;q_1;q_2;q_3;q_4;q_5;kommentar\n007;2;1;2;3;4;99;x\n007;1;1;2;3;4;5;x\n", encoding="utf-8"
    )
    mapping = pe.SurveyMapping(
        columns=LONG, items={"who-5": "q_{item}"}, rename={"round": {"1": "start", "2": "end"}}, missing=[99],
        leave_out=["kommentar"],
    )  # fmt: skip
    found = pe.read_survey(tmp_path / "export.csv", mapping=mapping)
    assert found["person"].tolist() == ["007", "007"]
    pe.write_responses(found, tmp_path / "kept.parquet")
    again = pe.read_survey(tmp_path / "kept.parquet")
    pd.testing.assert_frame_equal(again, found)
    assert again.attrs == found.attrs
    facts = json.loads(file_metadata(tmp_path / "kept.parquet")["peereval.responses"])
    assert facts["schema_version"] == 1
    assert facts["file"] == "export.csv"
    assert len(facts["sha256"]) == 64
    assert facts["missing"] == {"q_5": {"99": 1}}
    assert pe.SurveyMapping(**facts["mapping"]) == mapping


def test_made_up_responses_stay_marked(tmp_path, ward):
    pe.write_responses(ward.responses, tmp_path / "kept.parquet")
    again = pe.read_survey(tmp_path / "kept.parquet")
    pd.testing.assert_frame_equal(again[ward.responses.columns], ward.responses)


def test_other_layouts_of_kept_responses_are_told(tmp_path, ward):
    for version in (0, 99):
        said = {"peereval.responses": json.dumps({"schema_version": version})}
        write_table(ward.responses, tmp_path / f"v{version}.parquet", metadata=said)
    with pytest.warns(
        SchemaVersionWarning, match=r"v0.parquet holds responses in layout 0, written by an older version"
    ):
        pe.read_survey(tmp_path / "v0.parquet")
    with pytest.raises(UnsupportedInputError, match="layout 99"):
        pe.read_survey(tmp_path / "v99.parquet")
    with pytest.raises(UnsupportedInputError, match=r"responses are kept as \.parquet"):
        pe.write_responses(ward.responses, tmp_path / "kept.csv")


def test_a_civil_registration_number_stops_the_import(tmp_path):
    file = tmp_path / "export.csv"
    file.write_text("person,round,who5_01,note\na,start,3,0101801234\n", encoding="utf-8")
    with pytest.raises(pe.PeerevalError) as caught:
        pe.read_survey(file, rounds=["start"])
    assert "note" in str(caught.value)
    assert "0101801234" not in str(caught.value)
    found = pe.read_survey(file, rounds=["start"], allow_identifiers_in=["note"])
    assert found.attrs["survey"]["allowed_identifiers_in"] == ["note"]


# local questions

MET = {"column": "q9", "label": "Met a peer", "options": {1: "Nej", 2: "Ja", 99: "Ved ikke"}, "dont_know": [99],
       "direction": "higher is better"}  # fmt: skip


def test_local_questions_are_carried_and_scored(table, as_text):
    export = table("""
        person | round | q9
        a      | s     | Ja
        b      | s     | Ved ikke
        c      | s     |
        d      | s     | 1
        """)
    mapping = pe.SurveyMapping(local={"met": MET}, missing=[99])
    found = to_responses(sheet(export), mapping, rounds=["s"])
    assert found["local_met"].tolist() == [2, 99, pd.NA, 1]
    scores = pe.score_local(found, mapping.local)
    assert as_text(scores[["person", "instrument", "scale", "score", "n_answered", "n_items", "reason"]]) == as_text(
        table("""
        person | instrument | scale | score | n_answered | n_items | reason
        a      | local      | met   | 2.0   | 1          | 1       |
        b      | local      | met   |       | 0          | 1       | dont_know
        c      | local      | met   |       | 0          | 1       | not_answered
        d      | local      | met   | 1.0   | 1          | 1       |
        """)
    )


def test_a_code_that_is_no_option_is_refused():
    responses = pd.DataFrame({"round": ["s"] * 2, "local_met": [1, 7]})
    with pytest.raises(OutOfRangeError, match=r"1 answers to 'local_met' are none of its options: 7 \(row 2\)"):
        pe.score_local(responses, {"met": pe.LocalItem(**MET)})
    with pytest.raises(ColumnError, match="no column 'local_seen'"):
        pe.score_local(responses, {"seen": pe.LocalItem(**MET)})
