"""Contacts: what a broken register is told."""

from __future__ import annotations

import pytest

import peereval as pe
from peereval.errors import (
    ColumnError,
    ImpossibleDateError,
    MissingFileError,
    MissingValueError,
    UnreadableFileError,
    UnsupportedInputError,
)

GOOD = """
    person | admitted         | discharged
    a      | 2020-03-01 10:00 | 2020-03-05 10:00
    b      | 2020-03-01 10:00 |
    """
BACKWARDS = """
    person   | admitted         | discharged
    a        | 2020-03-01 10:00 | 2020-03-05 10:00
    secret-3 | 2020-03-09 10:00 | 2020-03-08 10:00
    """


def test_good_contacts_come_back_with_an_empty_reason(table):
    found = pe.read_contacts(table(GOOD))
    assert found["reason"].isna().all()
    assert found.columns.tolist() == ["person", "admitted", "discharged", "reason"]


@pytest.mark.parametrize("as_file", [False, True], ids=["frame", "file"])
def test_discharge_before_admission_is_refused_by_row_number(table, tmp_path, as_file):
    source = table(BACKWARDS)
    if as_file:
        source.to_parquet(tmp_path / "c.parquet")
        source = tmp_path / "c.parquet"
    with pytest.raises(ImpossibleDateError) as caught:
        pe.read_contacts(source)
    assert "1 contact ends before it begins: row 2 (2020-03-09 10:00 to 2020-03-08 10:00)" in str(caught.value)
    assert "secret-3" not in str(caught.value)


def test_or_it_is_kept_with_its_reason_and_joins_nothing(table):
    found = pe.read_contacts(table(BACKWARDS), strict=False)
    assert found["reason"].fillna("").tolist() == ["", "discharged_before_admitted"]
    assert len(pe.episodes(found, joining=4)) == 1


@pytest.mark.parametrize("column", ["person", "admitted"])
def test_empty_cells_are_told_by_row_number(table, column):
    contacts = table(GOOD)
    contacts.loc[1, column] = None
    with pytest.raises(MissingValueError, match=rf"'{column}' of the contacts is empty in 1 rows \(first: row 2\)"):
        pe.read_contacts(contacts)


def test_wrong_columns_are_told(table):
    with pytest.raises(ColumnError, match="no column 'admitted'"):
        pe.read_contacts(table(GOOD).rename(columns={"admitted": "start"}))
    zoned = table(GOOD).assign(admitted=lambda frame: frame["admitted"].dt.tz_localize("Europe/Copenhagen"))
    with pytest.raises(ColumnError, match="expected time without a time zone"):
        pe.read_contacts(zoned)


def test_wrong_files_are_told(tmp_path):
    with pytest.raises(MissingFileError):
        pe.read_contacts(tmp_path / "none.parquet")
    with pytest.raises(MissingFileError, match="No file matches"):
        pe.read_contacts(str(tmp_path / "*.parquet"))
    (tmp_path / "c.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(UnreadableFileError, match=r"c.parquet cannot be read \(21 bytes\)"):
        pe.read_contacts(tmp_path / "c.parquet")
    (tmp_path / "c.sas7bdat").write_bytes(b"x")
    with pytest.raises(UnsupportedInputError):
        pe.read_contacts(tmp_path / "c.sas7bdat")
    with pytest.raises(UnsupportedInputError, match="from int"):
        pe.read_contacts(7)


def test_made_up_files_mark_their_rows(region, tmp_path):
    from peereval.files import write_table

    write_table(region.contacts, tmp_path / "contacts.synthetic.parquet", origin="synthetic")
    table = pe.read_contacts(tmp_path / "contacts.synthetic.parquet")
    assert table["origin"].nunique().to_pyarrow().as_py() == 1
    stays = pe.episodes(tmp_path / "contacts.synthetic.parquet", joining=4)
    assert stays["origin"].max().to_pyarrow().as_py() == "synthetic"
