"""Files: whole or not at all, clear about what cannot be read, honest about what is made up."""

from __future__ import annotations

import pandas as pd
import pytest

from peereval.errors import (
    ColumnError,
    DestinationError,
    MissingFileError,
    StudySyntaxError,
    UnreadableFileError,
    UnsupportedInputError,
)
from peereval.files import parquet_origin, read_table, read_toml, write_table, write_text


def frame():
    return pd.DataFrame({"person": ["a", None], "when": pd.to_datetime(["2020-01-01", None]), "n": [1, 2]})


def test_a_table_comes_back_as_it_was(tmp_path):
    write_table(frame(), tmp_path / "t.parquet")
    back = read_table(tmp_path / "t.parquet")
    assert back["person"].dtype == pd.StringDtype()
    assert back["when"].dtype == "datetime64[us]"
    pd.testing.assert_frame_equal(back, frame().astype(back.dtypes.to_dict()))


def test_made_up_tables_say_so_in_metadata_and_in_a_column(tmp_path):
    write_table(frame().assign(origin="synthetic"), tmp_path / "t.synthetic.parquet", origin="synthetic")
    assert parquet_origin(tmp_path / "t.synthetic.parquet") == "synthetic"
    assert read_table(tmp_path / "t.synthetic.parquet")["origin"].tolist() == ["synthetic"] * 2


def test_a_missing_file_names_the_nearest(tmp_path):
    write_table(frame(), tmp_path / "answers.parquet")
    with pytest.raises(MissingFileError, match=r"Did you mean 'answers.parquet'\?"):
        read_table(tmp_path / "answer.parquet")
    with pytest.raises(MissingFileError, match="does not exist"):
        read_table(tmp_path / "nowhere" / "x.parquet")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(UnreadableFileError, match="is a folder; expected a file"):
        read_table(tmp_path)


@pytest.mark.parametrize("keep", [0, 3, 200])
def test_a_truncated_parquet_file_is_told(tmp_path, keep):
    path = tmp_path / "t.parquet"
    write_table(frame(), path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UnreadableFileError, match=rf"t.parquet cannot be read \({keep} bytes\)"):
        read_table(path)


def test_other_kinds_of_files_are_refused_by_name(tmp_path):
    (tmp_path / "answers.doc").write_bytes(b"x")
    with pytest.raises(UnsupportedInputError, match=r"\.csv or \.parquet"):
        read_table(tmp_path / "answers.doc")


def test_a_csv_file_of_nothing_is_unreadable(tmp_path):
    (tmp_path / "answers.csv").write_bytes(b"")
    with pytest.raises(UnreadableFileError):
        read_table(tmp_path / "answers.csv")
    (tmp_path / "latin.csv").write_bytes("navn\nSøren\n".encode("cp1252"))
    with pytest.raises(UnreadableFileError):
        read_table(tmp_path / "latin.csv")


def test_broken_toml_is_told_with_its_line(tmp_path):
    (tmp_path / "study.toml").write_text('[study]\ntitle = "x\n', encoding="utf-8")
    with pytest.raises(StudySyntaxError, match="line 2"):
        read_toml(tmp_path / "study.toml")


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    from pathlib import Path

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(DestinationError, match="No space left"):
        write_text("hello", tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(DestinationError, match="does not exist"):
        write_text("hello", tmp_path / "none" / "report.html")


CSV = """person,round,unit,role,who5_01,who5_02,own,date
007,1,NA,patient,3,,yes,20250301
012,1,null,,0,NA,no,2025-03-02
007,2,,staff,4,2.5,,
"""


def test_ids_and_names_in_a_csv_file_stay_as_they_are_written(tmp_path):
    (tmp_path / "answers.csv").write_text(CSV, encoding="utf-8")
    found = read_table(tmp_path / "answers.csv")
    assert found["person"].tolist() == ["007", "012", "007"]
    assert found["round"].tolist() == ["1", "1", "2"]
    assert found["unit"].tolist()[:2] == ["NA", "null"]
    assert found["unit"].isna().tolist() == [False, False, True]
    assert found["role"].isna().tolist() == [False, True, False]
    assert {str(found[name].dtype) for name in ("person", "round", "unit", "role", "own")} == {"string"}
    assert found["who5_01"].tolist() == [3, 0, 4]
    assert found["who5_02"].isna().tolist() == [True, True, False]
    assert found["date"].tolist()[:2] == [pd.Timestamp("2025-03-01"), pd.Timestamp("2025-03-02")]
    assert pd.isna(found["date"][2])


def test_numbered_persons_and_rounds_can_be_evaluated(tmp_path):
    import peereval as pe

    (tmp_path / "answers.csv").write_text(CSV.replace("20250301", "2025-03-01"), encoding="utf-8")
    found = pe.read_survey(tmp_path / "answers.csv", rounds=["1", "2"])
    assert found["round"].cat.categories.tolist() == ["1", "2"]
    assert pe.attrition(found).estimates["numerator"].tolist()[:2] == [2, 1]


def test_an_open_stay_in_a_csv_file_is_a_missing_time(tmp_path):
    (tmp_path / "contacts.csv").write_text("person,admitted,discharged\n1,2025-03-01 10:00,\n", encoding="utf-8")
    found = read_table(tmp_path / "contacts.csv")
    assert found["discharged"].dtype == "datetime64[us]"
    assert found["discharged"].isna().all()


def test_a_column_of_several_kinds_is_told_with_its_row(tmp_path):
    mixed = frame().assign(answer=[3, "three"])
    with pytest.raises(ColumnError, match="'answer' holds int and, in row 2, str") as caught:
        write_table(mixed, tmp_path / "t.parquet")
    assert "three" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_values_that_parquet_cannot_keep_are_told_without_quoting_them(tmp_path):
    with pytest.raises(ColumnError, match=r"'answer'.*cannot keep") as caught:
        write_table(frame().assign(answer=[object(), object()]), tmp_path / "t.parquet")
    assert "0x" not in str(caught.value)


def test_rows_longer_than_the_header_are_refused(tmp_path):
    (tmp_path / "answers.csv").write_text("person,round,x\n1,start,1,5\n2,start,2,5\n", encoding="utf-8")
    with pytest.raises(UnreadableFileError, match="Length of header"):
        read_table(tmp_path / "answers.csv")
