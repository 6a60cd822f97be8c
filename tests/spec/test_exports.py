"""Exports: files in each source's layout in, sheets out, or an error that says what to mend."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import runpy
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import peereval as pe
from peereval.errors import (
    CodingError,
    ColumnError,
    InvalidValueError,
    LayoutError,
    MissingFileError,
    UnknownNameError,
    UnreadableFileError,
    UnsupportedInputError,
)
from peereval.surveys.exports import read_sheet
from peereval.surveys.mapping import SurveyMapping
from peereval.surveys.storage import write_responses

MAKE = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("make_exports.py"))))
ROWS = [["id", "x"], ["007", 1], ["012", 2]]


@pytest.fixture
def read(tmp_path):
    """Write a file and read it."""

    def run(content, name="export.csv", **how):
        place = tmp_path / name
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_sheet(place, **how)

    return run


def cells(sheet):
    """Each column's values, None where missing."""
    return {
        name: [None if pd.isna(value) else value for value in sheet.frame[name].tolist()]
        for name in sheet.frame.columns
    }


# --- text files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp1252", "iso-8859-1", "utf-8", "utf-8-sig", "utf-16"])
def test_a_file_of_danish_excel_reads_alike_in_every_encoding(read, encoding):
    found = read(MAKE.excel(encoding))
    assert found.source == "csv"
    assert found.first_row == 2
    assert cells(found) == {
        "id": ["007", "012"],
        "køn": ["kvinde", "NA"],
        "timer": [1.5, 2.0],
        "dato": [pd.Timestamp("2025-12-31"), pd.Timestamp("2026-01-01")],
        "svar": [3, None],
    }
    assert found.frame["dato"].dtype == "datetime64[us]"
    assert found.sha256 == hashlib.sha256(MAKE.excel(encoding)).hexdigest()
    assert "semicolons" in found.notes[0]
    assert "Kept as text (leading zeros): id." in found.notes


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_the_separator_is_found(read, separator):
    text = 'id{0}what{0}x\n1{0}"a;b,c\td|e"{0}2\n'.replace("{0}", separator)
    assert cells(read(text)) == {"id": [1], "what": ["a;b,c\td|e"], "x": [2]}


def test_a_line_that_names_the_separator_counts_as_a_row(read):
    found = read("sep=|\na|b;c\n1|2\n")
    assert cells(found) == {"a": [1], "b;c": [2]}
    assert found.first_row == 3


def test_one_column_keeps_its_empty_cells(read):
    assert cells(read("x\n1\n\n2\n")) == {"x": [1, None, 2]}


def test_texts_over_several_lines_are_one_row(read):
    found = read('id;text\n1;"one\ntwo ""three"""\n2;b;c\n'.replace(";c", ""))
    assert cells(found) == {"id": [1, 2], "text": ['one\ntwo "three"', "b"]}


def test_empty_rows_and_columns_at_the_end_are_left_out_and_told(read):
    found = read("a;b;\n1;2;\n;;\n3;;\n;;\n;;\n")
    assert cells(found) == {"a": [1, None, 3], "b": [2, None, None]}
    assert "Empty columns without a name that were left out: 1." in found.notes
    assert "Empty rows at the end that were left out: 2." in found.notes


def test_names_without_rows_are_a_sheet_without_rows(read):
    assert read("a;b\n").frame.shape == (0, 2)
    assert read("a").frame.shape == (0, 1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "2"], [1, 2]),
        (["1", "-2.5", ".5", "1e-05"], [1.0, -2.5, 0.5, 1e-05]),
        (["1,5", ",5", "-2"], [1.5, 0.5, -2.0]),
        ([" 1", "2 "], [1, 2]),
        (["007", "12"], ["007", "12"]),
        (["0", "10"], [0, 10]),
        (["1", "NA"], ["1", "NA"]),
        (["A1", "A2"], ["A1", "A2"]),
        (["TRUE", "FALSE"], ["TRUE", "FALSE"]),
        (["12E3", "13E4"], ["12E3", "13E4"]),
        (["12345678901234567", "1"], ["12345678901234567", "1"]),
        (["1.234.567", "1"], ["1.234.567", "1"]),
        (["nan", "inf"], ["nan", "inf"]),
        (["1", "  "], [1.0, None]),
        (["٣", "٤"], ["٣", "٤"]),
        (["10:30", "11:30"], ["10:30", "11:30"]),
        (["2026-01-05", "2026-01-06 10:20:30.5"], [pd.Timestamp("2026-01-05"), pd.Timestamp("2026-01-06 10:20:30.5")]),
        (["5/13/2026", "1/2/2026 9:05"], [pd.Timestamp("2026-05-13"), pd.Timestamp("2026-01-02 09:05")]),
        (["13/5/2026", "1/2/2026"], [pd.Timestamp("2026-05-13"), pd.Timestamp("2026-02-01")]),
        (["02.01.2026"], [pd.Timestamp("2026-01-02")]),
        (["03-03-2026"], [pd.Timestamp("2026-03-03")]),
        (["02-01-2026", "03-02-2026"], ["02-01-2026", "03-02-2026"]),
        (["2026-02-30", "2026-01-01"], ["2026-02-30", "2026-01-01"]),
        (["99-99-2026"], ["99-99-2026"]),
        (["2026-01-01", "unknown"], ["2026-01-01", "unknown"]),
    ],
)
def test_what_a_column_is(read, values, expected):
    found = cells(read("x\ty\n" + "".join(f"{value}\tz\n" for value in values)))["x"]
    assert found == expected
    assert [type(each) for each in found] == [type(each) for each in expected]


def test_what_is_not_read_as_date_or_number_is_told(read):
    found = read("a;b;c\n02-01-2026;2026-02-30;00\n03-02-2026;2026-01-01;1\n")
    assert set(found.notes[1:]) == {
        "Kept as text (dates that could be day or month first): a.",
        "Kept as text (row 2 holds no possible date): b.",
        "Kept as text (leading zeros): c.",
    }


def test_a_number_that_may_have_thousands_takes_the_mark_of_the_rest_of_the_file(read):
    assert cells(read("a;b\n1,234;2,5\n"))["a"] == [1.234]
    assert cells(read("a;b\n1.234;2.5\n"))["a"] == [1.234]
    assert cells(read("a,b\n1.234,2\n"))["a"] == [1.234]
    assert cells(read("a;b\n1.234;2\n", decimal="."))["a"] == [1.234]
    assert cells(read("a;b\n1.234;2\n", text=["a"]))["a"] == ["1.234"]


@pytest.mark.parametrize(
    ("content", "how", "message"),
    [
        ("id;x\n1;1,5\n2;2\n3;1.5\n", {}, r"export\.csv, row 4, column 'x': another decimal mark than in row 2"),
        ("id;x\n1;1\n2;1.234\n", {}, r"row 3, column 'x': the point of this number may stand"),
        ('id,x\n1,"1,234"\n', {}, r"row 2, column 'x': the comma of this number"),
        ("id;x;y\n1;1.234;2,5\n", {}, r"column 'x': the point of this number"),
        ("id;x\n1;2.5\n", {"decimal": ","}, r"row 2, column 'x': a number with a point, where decimal=','"),
        ("id;d\n1;2026-01-05\n2;05-01-2026\n", {}, r"row 3, column 'd': the date is written otherwise than that in row 2"),
        ("id;d\n1;13-01-2026\n2;01-13-2026\n", {}, r"row 3, column 'd': the date"),
        ("id;x;id\n1;2;3\n", {}, r"the column 'id' stands twice, in A and C"),
        ("id;;x\n1;2;3\n", {}, r"column B holds answers but has no name"),
        ("id;x\n1;2\n1;2;3\n", {}, r"row 3 has 3 cells; the row of names has 2"),
        ('id;x\n1;"two\nlines"\n1\n', {}, r"row 3 has 1 cells"),
        ("sep=;\nid;x\n1;2\n1\n", {}, r"row 4 has 1 cells"),
        ("My survey\nid;x\n1;2\n", {}, r"row 1 has one cell, the rows below have 2"),
        ('id;x\n1;"a\n2;b\n3;"c\n', {}, r"line 4: a quotation mark stands within a cell"),
        ('id;x\n1;"a\n2;b\n', {}, r"line 2: a quotation mark"),
        (";".join(f"q{i}" for i in range(3000)) + "\n", {}, r"3,000 columns; a survey export has at most 2,000"),
        (";;\n1;2;3\n", {}, r"no name"),
    ],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_is_refused_with_its_place(read, content, how, message):
    with pytest.raises(LayoutError, match=message):
        read(content, **how)


def test_no_message_shows_what_a_person_wrote(read):
    with pytest.raises(LayoutError) as caught:
        read("id;x\n1;2\n1;a secret;3\n")
    assert "secret" not in str(caught.value)


def test_a_row_far_down_is_named(read):
    rows = "".join(f"{number};2\n" for number in range(200_000))
    with pytest.raises(LayoutError, match="row 150,002 has 3 cells"):
        read("id;x\n" + rows.replace("150000;2\n", "150000;2;9\n"))


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"", UnreadableFileError, "is empty"),
        (b"\n \r\n", UnreadableFileError, "is empty"),
        (b"\xef\xbb\xbf", UnreadableFileError, "is empty"),
        (b"a;b\n\0\1;2\n", UnreadableFileError, "is no text file"),
        (b"a;b\n1;\x81\n", UnreadableFileError, "line 2: a character that is neither"),
        (b"\xff\xfea\xd8", UnreadableFileError, "says that it is UTF-16"),
        (b"<html><table>", UnsupportedInputError, "web page"),
        (b"PK\x03\x04 and no more", UnreadableFileError, "is damaged"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            UnreadableFileError,
            "encrypted",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", UnsupportedInputError, r"\.xls"),
        (b"$FL2 and no more", UnreadableFileError, "SPSS"),
        (b"PAR1 and no more", UnsupportedInputError, "its name says otherwise"),
    ],
)
def test_what_is_no_export_is_said(read, content, kind, message):
    with pytest.raises(kind, match=message):
        read(content)


@pytest.mark.parametrize("line", [b"3;k\xf8n\r\n", b"3;k\xc3"])
def test_one_bad_byte_does_not_turn_a_whole_file_into_another_encoding(read, line):
    content = "id;svar\r\n1;køn\r\n2;på vej\r\n".encode() + line
    with pytest.raises(UnreadableFileError, match=r"export\.csv, line 4: a character that is not UTF-8") as caught:
        read(content)
    assert "vej" not in str(caught.value)


def test_capitals_before_a_quotation_mark_are_true_windows_1252(read):
    """Together the two bytes would be a letter of UTF-8."""
    content = "id;svar\r\n1;»BLÅ«\r\n2;»KØ«\r\n3;så…”\r\n".encode("cp1252")
    assert all(pair in content for pair in (b"\xc5\xab", b"\xd8\xab", b"\xe5\x85\x94"))
    found = read(content)
    assert cells(found)["svar"] == ["»BLÅ«", "»KØ«", "så…”"]
    assert "cp1252" in found.notes[0]


def test_a_folder_is_no_export(tmp_path):
    for reader in (read_sheet, pe.read_survey):
        with pytest.raises(UnreadableFileError, match="is a folder"):
            reader(tmp_path)


def test_one_text_is_no_list_of_columns(read, tmp_path):
    with pytest.raises(
        InvalidValueError, match=r"text is the text 'id'; expected a list of columns. Write text=\['id'\]"
    ):
        read("id,x\n1,2\n", text="id")
    with pytest.raises(InvalidValueError, match="text is the text 'id'"):
        pe.read_survey(tmp_path / "export.csv", text="id")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(MissingFileError):
        read_sheet(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ({"source": "redcup"}, UnknownNameError),
        ({"source": "sav"}, UnsupportedInputError),
        ({"source": "xlsx"}, UnsupportedInputError),
        ({"sheet": "Data"}, InvalidValueError),
        ({"answers": "values"}, InvalidValueError),
        ({"text": ["y"]}, ColumnError),
        ({"source": "surveyxact"}, CodingError),
        ({"source": "surveyxact", "answers": "positions"}, InvalidValueError),
        ({"source": "enalyzer"}, CodingError),
    ],
)
def test_an_argument_that_does_not_fit_the_file(read, how, kind):
    with pytest.raises(kind):
        read("x;z\n1;2\n", **how)


def test_a_sign_in_the_names_does_not_separate(read):
    found = read("Alder, år;Vægt, kg\n34,5;80,2\n36,5;70,1\n")
    assert cells(found) == {"Alder, år": [34.5, 36.5], "Vægt, kg": [80.2, 70.1]}


def test_where_two_signs_separate_equally_well_one_can_be_said(read):
    text = "a;b,c\nx;y,z\n"
    with pytest.raises(LayoutError, match="semicolons and commas separate its cells equally well"):
        read(text)
    assert cells(read(text, separator=";")) == {"a": ["x"], "b,c": ["y,z"]}
    assert cells(read(text, separator=",")) == {"a;b": ["x;y"], "c": ["z"]}


def test_a_separator_that_does_not_fit_is_refused(read):
    with pytest.raises(InvalidValueError, match="none of"):
        read("a;b\n1;2\n", separator=":")
    with pytest.raises(InvalidValueError, match="no text file"):
        read(MAKE.workbook(ROWS), "book.xlsx", separator=";")


def test_a_key_that_looks_like_a_number_stays_as_it_is_written(read):
    found = read("person,who5_01\n1.1,3\n1.10,2\n")
    assert cells(found) == {"person": ["1.1", "1.10"], "who5_01": [3, 2]}


def test_keys_with_a_place_for_the_round_stay_text(read):
    mapping = SurveyMapping(columns={"person": "id", "unit": "ward_{round}"})
    found = read("id,ward_t0,ward_t1,x\n1E+02,2.1,2.10,7\n", mapping=mapping)
    assert cells(found) == {"id": ["1E+02"], "ward_t0": ["2.1"], "ward_t1": ["2.10"], "x": [7]}


# --- survey tools ----------------------------------------------------------------------------------------------------


def test_redcap(read):
    found = read(MAKE.redcap())
    assert (found.source, found.first_row) == ("redcap", 2)
    assert cells(found)["redcap_event_name"] == ["start_arm_1"] * 4
    assert cells(found)["redcap_repeat_instrument"] == [None, "visit", "visit", None]
    assert cells(found)["support___1"] == [1, None, None, 0]
    assert cells(found)["minutes"] == [None, 45, 30.5, None]
    assert dict(found.labels) == {
        name: {0: "incomplete", 1: "unverified", 2: "complete"} for name in ("who5_complete", "visit_complete")
    }
    assert found.notes[1:] == (
        "Raw export from REDCap; forms: who5, visit.",
        "Checkbox fields, one column an option: support.",
        "2 of 4 rows belong to a repeated instrument.",
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [("redcap_labels", "labels for names"), ("redcap_raw_names_with_labels", "row 3, column 'who5_complete': a label")],
)
def test_redcap_with_labels_is_refused_with_the_way_to_export_it(read, make, message):
    with pytest.raises(LayoutError, match=message) as caught:
        read(getattr(MAKE, make)())
    assert "raw data" in caught.value.hint


def test_limesurvey(read):
    found = read(MAKE.limesurvey())
    assert found.source == "limesurvey"
    assert cells(found)["submitdate"] == [pd.Timestamp("2026-01-05 10:20:30"), None]
    assert cells(found)["G1Q1"] == ["A1", "-oth-"]
    assert cells(found)["G2Q1[SQ001]"] == [4, None]
    assert dict(found.missing) == {"G2Q1[SQ001]": ("N/A",)}
    assert dict(found.labels) == {"G1Q1": {"-oth-": "other"}}
    assert "1 of 2 responses were not submitted (submitdate is empty)." in found.notes


def test_limesurvey_with_questions_beside_the_codes(read):
    found = read(MAKE.limesurvey_with_questions())
    assert list(found.frame.columns) == ["id", "submitdate", "lastpage", "G1Q1"]
    assert found.questions["G1Q1"] == "Where do you live?"
    assert any("1980-01-01" in note for note in found.notes)


def test_limesurvey_with_questions_for_names_is_refused(read):
    with pytest.raises(LayoutError, match="full questions for names"):
        read(MAKE.limesurvey_full_questions())


@pytest.mark.parametrize("as_workbook", [False, True])
def test_qualtrics(read, as_workbook):
    found = read(MAKE.workbook(MAKE.QUALTRICS), "q.xlsx") if as_workbook else read(MAKE.qualtrics())
    assert (found.source, found.first_row) == ("qualtrics", 4)
    assert cells(found)["StartDate"] == [pd.Timestamp("2026-01-05 10:20:30"), pd.Timestamp("2026-01-06 11:21:31")]
    assert cells(found)["Q1"] == [18, 19]
    assert cells(found)["Q2_1"] == [97, None]
    assert (found.questions["Q1"], found.questions["Q2_1"]) == ("How are you?", "Hope - now")
    assert "1 of 2 responses were not finished." in found.notes
    assert "1 responses are previews of the survey (Status 1)." in found.notes


def test_qualtrics_with_texts_of_choices_says_so(read):
    assert any("Choices are given as texts" in note for note in read(MAKE.qualtrics_choices()).notes)


def test_qualtrics_in_the_legacy_format(read):
    found = read(MAKE.qualtrics_legacy())
    assert (found.source, found.first_row) == ("qualtrics", 3)
    assert list(found.frame.columns) == ["V1", "V2", "V8", "V10", "Q1"]
    assert found.questions["V8"] == "StartDate"
    assert "1 of 2 responses were not finished." in found.notes


def test_qualtrics_whose_rows_above_the_answers_were_removed(read):
    found = read("Q1,Q2\n18,2\n", source="qualtrics")
    assert found.first_row == 2
    assert any("No row of questions" in note for note in found.notes)


def test_surveyxact_is_never_recognised_and_says_what_is_not_known(read):
    assert read(MAKE.surveyxact()).source == "csv"
    found = read(MAKE.surveyxact(), source="surveyxact", answers="values")
    assert cells(found) == {
        "respondent": [1001, 1002],
        "s_1": [4, 2],
        "s_2": [1, None],
        "s_3": ["Godt på vej", None],
    }
    assert any("not verified" in note for note in found.notes)
    assert found.notes[-1] == "Answers are the values that the survey gives its options."


def test_enalyzer_writes_the_month_first(read):
    assert cells(read(MAKE.enalyzer()))["Dato"] == ["04-05-2026", "03-06-2026"]
    found = read(MAKE.enalyzer(), source="enalyzer", answers="positions")
    assert cells(found)["Dato"] == [pd.Timestamp("2026-04-05"), pd.Timestamp("2026-03-06")]
    assert "need not be their values" in found.notes[-1]


def test_the_question_for_values_or_labels_explains_the_choice(read):
    with pytest.raises(CodingError) as caught:
        read(MAKE.enalyzer(), source="enalyzer")
    assert all(word in caught.value.hint for word in ("'values'", "'labels'", "'positions'"))


def test_a_source_that_is_said_is_not_recognised_otherwise(read):
    assert read(MAKE.limesurvey(), source="csv").source == "csv"
    assert read(MAKE.redcap_raw_names_with_labels(), source="csv").source == "csv"


# --- workbooks -------------------------------------------------------------------------------------------------------


def test_a_workbook(read):
    rows = [
        [None],
        ["id", "hours", "when", "text", "mixed", "long", "yes"],
        ["007", 1.5, dt.datetime(2026, 1, 5, 10, 20), "1,5", 1, 10**17, True],
        ["012", 2, None, "2", "don't know", 2, False],
        [None, None, None, None, dt.time(8, 30), None, None],
    ]
    found = read(MAKE.workbook(rows), "book.xlsx")
    assert (found.source, found.first_row) == ("xlsx", 3)
    assert cells(found) == {
        "id": ["007", "012", None],
        "hours": [1.5, 2.0, None],
        "when": [pd.Timestamp("2026-01-05 10:20"), None, None],
        "text": [1.5, 2.0, None],
        "mixed": ["1", "don't know", "08:30:00"],
        "long": ["100000000000000000", "2", None],
        "yes": ["TRUE", "FALSE", None],
    }
    assert found.frame["when"].dtype == "datetime64[us]"
    assert cells(read(MAKE.workbook(ROWS), "book.xlsx", text=["x"]))["x"] == ["1", "2"]


def test_a_number_of_a_workbook_tells_nothing_of_the_mark_of_its_texts(read):
    with pytest.raises(LayoutError, match=r"row 3, column 'x': the point of this number may stand"):
        read(MAKE.workbook([["id", "x"], ["a", 1234.5], ["b", "1.234"]]), "book.xlsx")
    found = read(MAKE.workbook([["id", "x"], ["a", 2.5], ["b", "1,5"]]), "book.xlsx")
    assert cells(found)["x"] == [2.5, 1.5]


def test_a_workbook_is_recognised_by_its_content(read):
    assert read(MAKE.workbook(ROWS), "book.csv").source == "xlsx"


def _second(book, _):
    book.create_sheet("Codes")


def _hidden(book, _):
    book.create_sheet("Codes").sheet_state = "hidden"


def _merged(_, page):
    page.merge_cells("A2:A3")


@pytest.mark.parametrize(
    ("rows", "change", "sheet", "kind", "message"),
    [
        (ROWS, _second, None, LayoutError, r"2 visible sheets \('Data', 'Codes'\)"),
        (ROWS, _hidden, None, LayoutError, "1 hidden"),
        (ROWS, _hidden, "Codes", LayoutError, "is hidden"),
        (ROWS, _second, "Dat", UnknownNameError, "no sheet 'Dat'"),
        (ROWS, _second, "Codes", UnreadableFileError, "is empty"),
        (ROWS, _merged, None, LayoutError, "A2:A3 are merged"),
        ([["id", "x"], [1, "=1+1"]], None, None, LayoutError, "cell B2 holds a formula"),
        ([["id", "x"], [1, 2], [1, "#N/A"]], None, None, LayoutError, "cell B3 holds an error value"),
        ([["id", None], [1, 2]], None, None, LayoutError, "column B holds answers but has no name"),
        ([["id", "d"], [1, dt.datetime(2026, 1, 5)], [2, "31-12-2026"]], None, None, LayoutError, "row 3, column 'd'"),
        ([[f"q{i}" for i in range(3000)]], None, None, LayoutError, "3,000 cells"),
    ],
)
def test_a_workbook_that_is_not_one_plain_table(read, rows, change, sheet, kind, message):
    with pytest.raises(kind, match=message):
        read(MAKE.workbook(rows, change), "book.xlsx", sheet=sheet)


@pytest.mark.parametrize("change", [_second, _hidden])
def test_the_sheet_that_is_said_is_read(read, change):
    found = read(MAKE.workbook(ROWS, change), "book.xlsx", sheet="Data")
    assert cells(found) == {"id": ["007", "012"], "x": [1, 2]}


def _hidden_parts(_, page):
    page.row_dimensions[2].hidden = True
    page.row_dimensions[3].hidden = True
    page.row_dimensions[40].hidden = True
    for letter in "BCQ":
        page.column_dimensions[letter].hidden = True


def _percents(_, page):
    page["B2"].number_format = "0.0%"
    page["C3"].number_format = '0" %"'


@pytest.mark.parametrize(
    ("change", "notes"),
    [
        (_hidden_parts, ["Hidden and read all the same: rows 2, 3.", "Hidden and read all the same: columns B, C."]),
        (_percents, ["Shown in per cent and read as fractions, 0.5 for 50 %: column B."]),
        (None, []),
    ],
)
def test_what_excel_hides_or_shows_otherwise_is_read_and_told(read, change, notes):
    found = read(MAKE.workbook([["id", "share", "percent"], ["a", 0.5, 50], ["b", 1, 60]], change), "book.xlsx")
    assert cells(found) == {"id": ["a", "b"], "share": [0.5, 1], "percent": [50, 60]}
    assert list(found.notes) == ["Read from the sheet 'Data'.", *notes]


def _packed(**parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", content)
    return file.getvalue()


def test_a_workbook_that_would_unpack_to_an_absurd_size_is_not_opened(read):
    bomb = _packed(xl__workbook="<x/>", xl__worksheets__sheet1=b"0" * (40 << 20))
    with pytest.raises(UnsupportedInputError, match=r"would unpack from .* and was not opened"):
        read(bomb, "book.xlsx")


def test_another_packed_file(read):
    with pytest.raises(UnsupportedInputError, match=r"no \.xlsx workbook"):
        read(_packed(answers="1"), "book.xlsx")


def test_entities_that_unfold_are_not_read(read):
    content = zipfile.ZipFile(io.BytesIO(MAKE.workbook(ROWS)))
    parts = {name: content.read(name) for name in content.namelist()}
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    parts["xl/workbook.xml"] = laughs + parts["xl/workbook.xml"]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    with pytest.raises(UnreadableFileError):
        read(file.getvalue(), "book.xlsx")


# --- SPSS and parquet ------------------------------------------------------------------------------------------------


def test_spss(read):
    found = read(MAKE.sav(), "made.sav")
    assert (found.source, found.first_row) == ("sav", 1)
    assert cells(found) == {
        "who5_1": [1, 2, None, None],
        "burden": [1, None, None, 4],
        "ward": ["north", None, None, "NA"],
        "seen": [pd.Timestamp("2026-01-05 10:20:30"), None, pd.Timestamp("2026-01-06"), pd.Timestamp("2026-01-07")],
        "person": [11, 12, 13, 14],
    }
    assert found.frame["person"].dtype == "int64"
    assert found.frame["seen"].dtype == "datetime64[us]"
    assert dict(found.missing) == {"who5_1": (99.0,), "burden": (-9.0, -8.0), "ward": ("zz",)}
    assert found.labels["who5_1"] == {0: "never", 1: "seldom", 99: "no answer"}
    assert dict(found.questions) == {"who5_1": "How often?"}
    assert found.notes[1:] == (
        "Declared as missing in burden: -9 to -1.",
        "Labels that no answer has: who5_1: 0.",
        "Answers without a label: who5_1: 2.",
    )


def test_spss_keeps_numbers_and_texts_so_there_is_nothing_to_say(read):
    with pytest.raises(InvalidValueError):
        read(MAKE.sav(), "made.sav", decimal=",")


@pytest.mark.parametrize(
    ("name", "labels"), [("burden", {1: "light", float("nan"): "lost"}), ("ward", {"north": "North ward", "": "lost"})]
)
def test_spss_with_a_label_that_belongs_to_no_value_is_refused(read, name, labels):
    with pytest.raises(LayoutError, match=f"made.sav, column '{name}': one of its value labels belongs to no value"):
        read(MAKE.sav(variable_value_labels={name: labels}), "made.sav")


def test_spss_that_crashes_the_parser_ends_in_an_error(read):
    """Fourteen million columns are said to share the labels; in this process, that would end it."""
    content = bytearray(MAKE.sav())
    content[content.index(b"\x04\0\0\0\x01\0\0\0") + 6] = 0xDD
    with pytest.raises(UnreadableFileError, match="SPSS"):
        read(bytes(content), "made.sav")


def test_parquet(read, tmp_path):
    found = read(MAKE.parquet(), "kept.parquet")
    assert (found.source, found.first_row) == ("parquet", 1)
    assert cells(found) == {"person": ["007", None], "who5_01": [3, 4]}
    with pytest.raises(UnreadableFileError):
        read(MAKE.parquet()[:40], "kept.parquet")
    with pytest.raises(UnsupportedInputError, match="parquet, where source='csv'"):
        read(MAKE.parquet(), "kept.parquet", source="csv")
    rounds = pd.Categorical(["start"], categories=["start"], ordered=True)
    write_responses(pd.DataFrame({"round": rounds, "who5_01": [3]}), tmp_path / "ours.parquet")
    assert read_sheet(tmp_path / "ours.parquet").frame["who5_01"].tolist() == [3]
