"""CPR numbers and personnummer stop an import; pseudonyms replace them.

The numbers are the examples in the documentation of python-stdnum and of the Swedish tax agency, or dates with four
digits that nobody was given.
"""

from __future__ import annotations

import re
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.dk import cpr
from stdnum.se import personnummer

import peereval as pe
from peereval.errors import ColumnError, DestinationError, IdentifierError, InvalidValueError, MissingFileError
from peereval.surveys.identifiers import check_no_identifiers
from peereval.surveys.pseudonyms import new_key

CPR = ["211062-5629", "2110625629", "211062 5629", "21 10 62 5629", "21.10.62-5629", "211062\u20135629", " 2110625629 "]
OTHER_FORMS = [
    "CPR0701234567",
    "tlf0701234567",
    "070123 45 67",
    "07 01 23 45 67",
    "45 07 01 23 45 67",
    "070123/4567",
    "070123_4567",
    "070123\n4567",
    "07\u202f01\u300023\u00a045\u200967",
    "\uff10701234567",
    "21\u201310\u201362\u20135629",
    "\uff10\uff17\uff10\uff11\uff12\uff13-\uff14\uff15\uff16\uff17",
]
MODERN_CPR = ["010190-1234", "0101901234", "070123-4567"]
PERSONNUMMER = ["880320-0016", "8803200016", "198803200016", "19880320-0016", "811228-9841", "811228+9841"]
COORDINATION = ["701063-2391", "19701063-2391", "7010632391"]
HARMLESS = [
    "p0001",
    "45 12 34 56 78",
    "070-123 45 67",
    "511062-5629",
    "880320-0018",
    "2024-01-15 10:30",
    "2024-01-15",
    "15.01.2024 10:30",
    "15-01-2024 10:30",
    "15/01/2024",
    "0.0101901234",
    "010190123456789",
    "9f0101901234c7",
    "1234",
    "nothing to say",
]


@pytest.mark.parametrize("number", CPR + OTHER_FORMS + MODERN_CPR + PERSONNUMMER + COORDINATION)
@pytest.mark.parametrize("around", ["{}", "my number is {}.", "({})", "cpr:{}"])
def test_a_number_stops_the_import_wherever_it_stands(number, around):
    frame = pd.DataFrame({"person": ["a", "b", "c"], "comment": ["fine", None, around.format(number)]})
    with pytest.raises(IdentifierError) as found:
        check_no_identifiers(frame)
    said = str(found.value)
    assert "The column 'comment' holds 1 cell (of 2 filled)" in said
    assert "row 3" in said
    assert "allow_identifiers_in=['comment']" in said
    assert not re.search("[0-9]{4}", said.replace(found.value.code, ""))


def test_harmless_cells_pass():
    check_no_identifiers(pd.DataFrame({"cell": HARMLESS}))


@pytest.mark.parametrize("kind", ["int64", "Int64", "float64", "string", "object", "category", "int64[pyarrow]"])
def test_numbers_are_found_in_columns_of_any_kind(kind):
    column = pd.Series([2110625629, 101901234, 3, 198803200016])
    frame = pd.DataFrame({"id": column.astype(str if kind == "category" else kind).astype(kind)})
    with pytest.raises(IdentifierError, match=r"3 cells .of 4 filled.*Danish.*Swedish.*in rows 1, 2, 4\."):
        check_no_identifiers(frame)


def test_numbers_that_lost_their_leading_zero_are_found_among_missing_ones_and_in_texts():
    for cells in ([101901234.0, None, 5.0], ["101901234", None, "5"], ["101901234.0 ", None, "5"]):
        for kind in (None, object):
            with pytest.raises(IdentifierError, match="row 1"):
                check_no_identifiers(pd.DataFrame({"id": pd.Series(cells, dtype=kind)}))


def test_columns_that_cannot_hold_numbers_are_not_looked_at():
    frame = pd.DataFrame(
        {
            "flag": [True, False],
            "when": pd.to_datetime(["1970-01-01 00:01:41", None]),
            "long": pd.to_timedelta([101901234, 0]),
            "share": [101901234.5, -2110625629],
            "none": [None, None],
            "nothing": pd.array([None, None], dtype="Int64"),
        }
    )
    check_no_identifiers(frame)
    check_no_identifiers(frame.iloc[:0])


def test_rows_are_numbered_as_in_the_file_and_all_columns_named():
    frame = pd.DataFrame({"one": [None] * 5 + ["010190-1234"] * 5, "two": 1, "three": [101901234] * 10})
    with pytest.raises(IdentifierError, match=r"in rows 7, 8, 9 and 2 more\. So do: 'three'") as found:
        check_no_identifiers(frame, first_row=2)
    assert "allow_identifiers_in=['one', 'three']" in found.value.hint


def test_a_checked_column_is_let_through_by_its_name_only():
    frame = pd.DataFrame({"phone": ["0701234567"], "note": ["x"]})
    check_no_identifiers(frame, allow=["phone"])
    with pytest.raises(ColumnError, match=r"no column 'phones'.*let through"):
        check_no_identifiers(frame, allow=["phones"])


def test_cells_with_lists_are_refused_with_the_columns_name():
    with pytest.raises(ColumnError, match="'many' holds lists"):
        check_no_identifiers(pd.DataFrame({"many": [["010190-1234"], None]}))


def test_columns_of_one_name_are_each_looked_at():
    frame = pd.DataFrame([["x", "010190-1234"]], columns=["a", "a"])
    with pytest.raises(IdentifierError):
        check_no_identifiers(frame)


@pytest.mark.parametrize("number", CPR + OTHER_FORMS)
def test_names_questions_and_labels_are_looked_at_and_told_by_place(number):
    frame = pd.DataFrame({"a": [1], "b": [2]})
    for call in (
        lambda **how: check_no_identifiers(frame.set_axis(["a", number], axis=1), **how),
        lambda **how: check_no_identifiers(frame, questions={"b": f"How is {number}?"}, **how),
        lambda **how: check_no_identifiers(frame, labels={"b": {1.0: number}}, **how),
        lambda **how: check_no_identifiers(frame, labels={"b": {number: "yes"}}, **how),
    ):
        with pytest.raises(IdentifierError, match=r"name, the question or a label .* in column 2\.") as found:
            call()
        assert number not in str(found.value)
    check_no_identifiers(frame, questions={"b": number}, labels={"b": {1.0: number}}, allow=["b"])


def test_one_text_is_no_list_of_columns_to_let_through():
    with pytest.raises(InvalidValueError, match="given as one text"):
        check_no_identifiers(pd.DataFrame({"c": [1], "p": [1], "r": [1]}), allow="cpr")


two_digits = st.integers(0, 99).map("{:02}".format)
dates = st.one_of(
    st.tuples(two_digits, st.integers(0, 13).map("{:02}".format), two_digits).map("".join),
    st.dates().map("{:%d%m%y}".format),
    st.dates().map("{:%y%m%d}".format),
)


@given(st.tuples(dates, st.from_regex(r"\A[0-9]{4}\Z")).map("".join))
def test_ten_digits_are_judged_as_python_stdnum_does(digits):
    """Oracle: python-stdnum; coordination numbers by adding 60 to the day of the same number without a check digit."""
    day = int(digits[4:6])
    plain = f"{digits[:4]}{day - 60:02}{digits[6:]}" if day > 60 else digits
    is_swedish = day <= 60 and personnummer.is_valid(digits)
    if day > 60:
        others = [f"{plain[:9]}{last}" for last in range(10)]
        from stdnum import luhn

        is_swedish = any(personnummer.is_valid(each) for each in others) and luhn.is_valid(digits)
    expected = cpr.is_valid(digits) or is_swedish
    for cells in ([digits], [int(digits)] if int(digits) >= 10**8 else []):
        if cells:
            assert _stopped(pd.DataFrame({"id": cells})) == expected


def _stopped(frame):
    try:
        check_no_identifiers(frame)
    except IdentifierError:
        return True
    return False


@given(st.lists(st.one_of(st.none(), st.text(max_size=20), st.integers(-(10**13), 10**13), st.floats()), max_size=8))
def test_no_cell_gives_another_error(cells):
    _stopped(pd.DataFrame({"cell": pd.Series(cells, dtype=object)}))


def test_false_alarms_are_as_rare_as_said():
    rng = np.random.default_rng(1)
    ten = [f"{number:010}" for number in rng.integers(0, 10**10, 20_000)]
    nine = rng.integers(10**8, 10**9, 20_000)
    counts = []
    for cells in (ten, nine):
        with pytest.raises(IdentifierError) as found:
            check_no_identifiers(pd.DataFrame({"id": cells}))
        counts.append(int(re.search("holds ([0-9]+) cells", str(found.value))[1]) / len(cells))
    assert 0.02 < counts[0] < 0.045
    assert 0.10 < counts[1] < 0.15


def test_pseudonyms_are_no_false_alarm(tmp_path):
    made = pe.pseudonymise(pd.DataFrame({"id": range(20_000)}), "id", key_file=new_key(tmp_path / "key"))
    check_no_identifiers(made)


# RFC 4231, test case 6: HMAC-SHA-256 with a key of 131 bytes 0xaa
RFC_KEY = b"\xaa" * 131
RFC_TEXT = "Test Using Larger Than Block-Size Key - Hash Key First"
RFC_DIGEST = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"


def test_a_pseudonym_begins_the_hmac_of_the_id(tmp_path):
    key = tmp_path / "key"
    key.write_bytes(RFC_KEY)
    made = pe.pseudonymise(pd.DataFrame({"id": [RFC_TEXT]}), "id", key_file=key)
    assert made["id"].tolist() == [RFC_DIGEST[:32]]


def test_one_id_has_one_pseudonym_in_every_table(tmp_path):
    key = new_key(tmp_path / "key")
    ids = pd.DataFrame({"a": ["7", "007", None, " 7 ", ""], "b": [7.0, None, 7.0, 8.0, 9.0], "c": [7, 7, 8, 9, 10]})
    made = pe.pseudonymise(ids, ["a", "b", "c"], key_file=str(key))
    assert (made.dtypes == "string").all()
    seven = made.loc[0, "a"]
    assert made["a"].eq(seven).fillna(value=False).tolist() == [True, False, False, True, False]
    assert made["a"].isna().tolist() == [False, False, True, False, True]
    assert made["b"].eq(seven).fillna(value=False).tolist() == [True, False, True, False, False]
    assert made["c"].eq(seven).tolist() == [True, True, False, False, False]
    assert made.loc[1, "a"] != seven
    again = pe.pseudonymise(pd.DataFrame({"x": pd.Categorical(["7"])}), "x", key_file=key)
    assert again["x"].tolist() == [seven]
    other = pe.pseudonymise(ids, "a", key_file=new_key(tmp_path / "other"))
    assert other.loc[0, "a"] != seven


def test_one_number_has_one_pseudonym_however_it_is_written(tmp_path):
    """Also where it is no CPR number yet: a pseudonym does not change with the day on which it is made."""
    key = new_key(tmp_path / "key")
    for digits in ("0701234567", "0112994567"):
        date, last = digits[:6], digits[6:]
        ways = [digits, f"{date}-{last}", f"{date} {last}", f"{date} {last[:2]} {last[2:]}", f"{digits}.0"]
        ids = pd.DataFrame({"id": pd.Series([*ways, int(digits), digits[1:], f" {date}-{last} "], dtype=object)})
        assert pe.pseudonymise(ids, "id", key_file=key)["id"].nunique() == 1
    others = ["811228-9841", "811228+9841", "19811228-9841", "p-1", "p1", "451234-5678", "4512345678", "1-2", "12"]
    made = pe.pseudonymise(pd.DataFrame({"id": others}), "id", key_file=key)
    assert made["id"].nunique() == len(others)


def test_no_column_is_no_protection(tmp_path):
    with pytest.raises(InvalidValueError, match="No column was named"):
        pe.pseudonymise(pd.DataFrame({"id": ["a"]}), [], key_file=new_key(tmp_path / "key"))


def test_the_callers_table_is_left_alone(tmp_path):
    ids = pd.DataFrame({"id": ["7"], "score": [3]}, index=[9])
    made = pe.pseudonymise(ids, "id", key_file=new_key(tmp_path / "key"))
    assert ids["id"].tolist() == ["7"]
    assert made.index.tolist() == [9]
    assert made["score"].tolist() == [3]


def test_a_key_is_new_and_never_replaced(tmp_path):
    first, second = new_key(tmp_path / "one"), new_key(str(tmp_path / "two"))
    assert re.fullmatch("[0-9a-f]{64}", first.read_text(encoding="ascii"))
    assert first.read_bytes() != second.read_bytes()
    kept = first.read_bytes()
    with pytest.raises(DestinationError, match="is there already"):
        new_key(first)
    assert first.read_bytes() == kept
    with pytest.raises(DestinationError, match="cannot be written"):
        new_key(tmp_path / "nowhere" / "key")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_only_the_owner_may_read_a_key(tmp_path):
    assert new_key(tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_a_line_break_at_the_end_of_a_key_changes_nothing(tmp_path):
    key = new_key(tmp_path / "key")
    edited = tmp_path / "edited"
    edited.write_bytes(key.read_bytes() + b"\r\n")
    ids = pd.DataFrame({"id": ["a"]})
    assert pe.pseudonymise(ids, "id", key_file=key).equals(pe.pseudonymise(ids, "id", key_file=edited))


def test_keys_and_columns_that_will_not_do_are_refused_without_showing_them(tmp_path):
    ids = pd.DataFrame({"id": ["a"], "far": [2.0**60]})
    short = tmp_path / "short"
    short.write_text("secret-but-short", encoding="ascii")
    with pytest.raises(InvalidValueError, match="holds 16 bytes; expected 32") as found:
        pe.pseudonymise(ids, "id", key_file=short)
    assert "secret" not in str(found.value)
    with pytest.raises(MissingFileError):
        pe.pseudonymise(ids, "id", key_file=tmp_path / "none")
    key = new_key(tmp_path / "key")
    with pytest.raises(ColumnError, match="no column 'ids'"):
        pe.pseudonymise(ids, "ids", key_file=key)
    with pytest.raises(ColumnError, match="more than 15 digits"):
        pe.pseudonymise(ids, "far", key_file=key)


def test_a_key_does_not_lie_in_a_studys_folder(tmp_path):
    study = tmp_path / "study"
    (study / "data").mkdir(parents=True)
    (study / "study.toml").write_text("", encoding="utf-8")
    with pytest.raises(InvalidValueError, match=r"in the folder of a study \(study\)"):
        new_key(study / "data" / "key")
    inside = study / "key"
    inside.write_bytes(RFC_KEY)
    with pytest.raises(InvalidValueError, match="in the folder of a study"):
        pe.pseudonymise(pd.DataFrame({"id": ["a"]}), "id", key_file=inside)
