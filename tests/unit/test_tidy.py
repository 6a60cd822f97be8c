"""Released results as tidy tables: equal after reading, readable by R, guarded against formulas, refused if exact."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import peereval as pe
from peereval.disclosure.tidy import _csv, _texts, _values
from peereval.errors import (
    ColumnError,
    InvalidValueError,
    MissingFileError,
    NotReleasedError,
    UnreadableFileError,
    UnsupportedInputError,
)
from peereval.results import BROOM, VOCABULARY


def released(**columns):
    """A released result with texts that a spreadsheet or R may take for something else."""
    frame = pd.DataFrame(
        {
            "term": pd.array([None, "", "c\nd", 'e"f', "æ, ø"], dtype="string"),
            "group": pd.array(["=2+3", "NA", "'quoted", "-4", "ward <A>"], dtype="string"),
            "measure": pd.array(["readmission_rate"] * 5, dtype="string"),
            "estimate": [0.25, -1.0 / 3.0, None, 1e-12, 12345678.9],
            "conf_low": [0.1, -0.5, None, 0.0, 1.0],
            "conf_high": [0.4, float("inf"), None, 1.0, 2.0],
            "conf_level": 0.95,
            "n": pd.array([10, 20, None, 40, 50], dtype="Int64"),
            "stays": [1, 2, 3, 4, 5],
            "withheld": [False, False, True, False, False],
            "sure": pd.array([True, None, None, False, True], dtype="boolean"),
            **columns,
        }
    )
    return pe.Released(
        kind="rates", title="Readmission", claim="description", method="A share.", estimates=frame, origin="synthetic",
        columns={"withheld": "not shown", "stays": "index stays", "sure": "whether it is sure", "more": "more"},
        exclusions={"still_admitted": "<5"}, policy="standard 1.0.0", changes=("counts rounded",), settings={"by": ["unit"]},
    )  # fmt: skip


def assert_same(one, other):
    pd.testing.assert_frame_equal(one.estimates, other.estimates)
    for part in ("kind", "title", "claim", "method", "origin", "policy", "changes", "assumptions"):
        assert getattr(one, part) == getattr(other, part)
    for part in ("settings", "columns", "exclusions"):
        assert dict(getattr(one, part)) == dict(getattr(other, part))


@pytest.mark.parametrize("names", ["peereval", "broom"])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_what_is_read_is_what_was_written(tmp_path, ending, names):
    safe = released()
    assert_same(pe.read_tidy(pe.write_tidy(safe, tmp_path / f"rates.{ending}", names=names)), safe)


def test_results_of_a_study_and_empty_ones_survive_the_way(tmp_path, ward):
    nothing = pe.release(pe.answer_distribution(ward.responses.head(0), {}))
    assert nothing[0].estimates.empty
    found = pe.release(pe.attrition(ward.responses)) + nothing
    for safe in found:
        for ending in ("csv", "parquet"):
            assert_same(pe.read_tidy(pe.write_tidy(safe, tmp_path / f"found.{ending}")), safe)


# pandas 2 reads a text up to a NUL
TEXTS = st.lists(
    st.none()
    | st.sampled_from(["", "NA", "'NA", "=1", "TRUE", " ", "1.0"])
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
    min_size=1,
)


@given(TEXTS)
def test_any_text_comes_back_and_none_begins_a_formula(tmp_path_factory, texts):
    frame = pd.DataFrame({"term": pd.array(texts, dtype="string"), "withheld": False})
    place = tmp_path_factory.getbasetemp() / "texts.csv"
    place.write_text(_csv(frame), encoding="utf-8", newline="")
    cells = _texts(place)
    assert not cells["term"].str.startswith(("=", "+", "-", "@", "\t", "\r")).any()
    again = _values(cells["term"], {"type": "string", "dtype": "string"}, place)
    pd.testing.assert_series_equal(again, frame["term"])


def test_r_reads_the_table_and_what_it_writes_is_read(root, tmp_path):
    """Oracle: R 4 (tests/oracles/make_tidy.R), which read the committed table and wrote it again."""
    folder = root / "tests" / "oracles" / "tidy"
    pe.write_tidy(released(), tmp_path / "written_by_peereval.csv", names="broom")
    for ending in ("csv", "json"):
        name = f"written_by_peereval.{ending}"
        assert (tmp_path / name).read_text(encoding="utf-8") == (folder / name).read_text(encoding="utf-8")
    numbers = json.loads((folder / "numbers.json").read_text(encoding="utf-8"))
    frame = released().estimates
    assert numbers["sum_of_estimates"] == pytest.approx(frame["estimate"].sum(), rel=1e-12)
    assert [numbers["rows"], numbers["withheld"], numbers["description"]] == [5, 1, "A share."]
    (tmp_path / "by_r.csv").write_bytes((folder / "written_by_r.csv").read_bytes())
    (tmp_path / "by_r.json").write_bytes((folder / "written_by_peereval.json").read_bytes())
    # R writes 15 digits
    pd.testing.assert_frame_equal(pe.read_tidy(tmp_path / "by_r.csv").estimates, frame, rtol=1e-14)


def test_the_descriptor_tells_every_column_and_how_the_numbers_came_about(tmp_path):
    file = pe.write_tidy(released(), tmp_path / "rates.csv", names="broom")
    about = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    [table] = about["resources"]
    fields = {field["name"]: field for field in table["schema"]["fields"]}
    assert list(fields) == file.read_text(encoding="utf-8").splitlines()[0].split(",")
    assert all(field["description"] for field in fields.values())
    assert [fields[name]["type"] for name in ("conf.low", "n", "sure", "group")] == [
        "number", "integer", "boolean", "string",
    ]  # fmt: skip
    assert (table["path"], table["schema"]["missingValues"]) == ("rates.csv", ["NA"])
    assert (about["peereval"]["policy"], about["peereval"]["exclusions"]) == (
        "standard 1.0.0",
        {"still_admitted": "<5"},
    )


def test_parquet_carries_the_same_metadata_and_says_that_rows_are_made_up(tmp_path):
    import pyarrow.parquet as pq

    told = pq.read_schema(pe.write_tidy(released(), tmp_path / "rates.parquet")).metadata
    assert json.loads(told[b"peereval"])["peereval"]["method"] == "A share."
    assert b"synthetic" in told.values()


def test_every_word_of_the_vocabulary_has_a_meaning():
    words = tomllib.loads((files("peereval.disclosure") / "vocabulary.toml").read_text(encoding="utf-8"))
    assert tuple(words) == VOCABULARY
    assert set(BROOM) <= set(VOCABULARY)


def test_names_of_broom_are_a_copy_and_others_are_refused():
    safe = released()
    assert {"conf.low", "conf.high", "conf.level"} <= set(safe.to_frame(names="broom"))
    assert "conf_low" in safe.to_frame()
    with pytest.raises(InvalidValueError, match="'tidyverse'"):
        safe.to_frame(names="tidyverse")


def test_exact_numbers_and_what_csv_cannot_keep_are_refused(tmp_path, ward):
    with pytest.raises(NotReleasedError, match="Result"):
        pe.write_tidy(pe.attrition(ward.responses), tmp_path / "exact.csv")
    lists = released(more=[[1], [2], [3], [4], [5]])
    with pytest.raises(ColumnError, match="'more'") as refused:
        pe.write_tidy(lists, tmp_path / "lists.csv")
    assert "parquet" in str(refused.value.hint)
    with pytest.raises(UnsupportedInputError, match=r"\.xlsx"):
        pe.write_tidy(released(), tmp_path / "rates.xlsx")
    assert list(tmp_path.iterdir()) == []


def _without(path):
    path.unlink()


def _replaced(old, new):
    def change(path):
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("file", "change", "error", "words"),
    [
        ("rates.json", _without, MissingFileError, "rates.json"),
        ("rates.csv", _replaced("conf_low", "low"), UnreadableFileError, "'conf_low', 'low'"),
        ("rates.csv", _replaced("TRUE", "perhaps"), UnreadableFileError, "does not hold booleans"),
        ("rates.csv", _replaced("0.25", "a quarter"), UnreadableFileError, "'estimate' does not hold numbers"),
        ("rates.csv", _replaced("term", 'te"rm\n"'), UnreadableFileError, "rates.csv"),
        ("rates.json", _replaced('"format": 1', '"format": 2'), UnreadableFileError, "of this version"),
        ("rates.json", _replaced('"kind"', '"kin"'), UnreadableFileError, "lack a part"),
        ("rates.json", _replaced("{", "["), UnreadableFileError, "no metadata"),
    ],
)
def test_a_damaged_table_is_not_read(tmp_path, file, change, error, words):
    table = pe.write_tidy(released(), tmp_path / "rates.csv")
    change(tmp_path / file)
    with pytest.raises(error, match=words):
        pe.read_tidy(table)


def test_a_parquet_file_of_others_is_not_read(tmp_path):
    released().estimates.to_parquet(tmp_path / "other.parquet")
    with pytest.raises(UnreadableFileError, match="no metadata"):
        pe.read_tidy(tmp_path / "other.parquet")
