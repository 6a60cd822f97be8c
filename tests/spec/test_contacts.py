"""Contacts: what a broken register is told."""

from __future__ import annotations

import ibis
import pandas as pd
import pytest

import peereval as pe
from peereval.admissions.engine import to_pandas
from peereval.errors import (
    ColumnError,
    ImpossibleDateError,
    MissingFileError,
    MissingValueError,
    UnreadableFileError,
    UnsupportedInputError,
)

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")

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


def test_a_column_of_several_kinds_is_told_without_its_cells(table):
    mixed = table(GOOD).assign(unit=pd.Series(["secret ward", 7], dtype=object))
    with pytest.raises(
        ColumnError, match=r"'unit' of the contacts .* not all of one kind: str in row 1, int in row 2"
    ) as caught:
        pe.read_contacts(mixed)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("as_file", [False, True], ids=["frame", "file"])
def test_a_column_without_any_value_has_the_kind_of_its_contract(table, tmp_path, as_file):
    source = table(GOOD).assign(discharged=None, unit=None)
    if as_file:
        source.to_parquet(tmp_path / "c.parquet")
        source = tmp_path / "c.parquet"
    found = pe.read_contacts(source)
    schema = found.schema() if as_file else ibis.memtable(found).schema()
    assert schema["discharged"].is_timestamp()
    assert schema["unit"].is_string()


@pytest.mark.parametrize("as_file", [False, True], ids=["frame", "file"])
@pytest.mark.parametrize("resolution", ["ns", "us", "ms", "s"])
def test_the_same_times_stored_otherwise_give_the_same_stays(region, region_stays, tmp_path, resolution, as_file):
    stored = region.contacts.assign(
        **{name: region.contacts[name].astype(f"datetime64[{resolution}]") for name in ("admitted", "discharged")}
    )
    if not as_file:
        found = pe.readmissions(stored)
    else:
        stored.to_parquet(tmp_path / "c.parquet")
        found = to_pandas(pe.readmissions(tmp_path / "c.parquet").order_by("person", "episode"))
    pd.testing.assert_frame_equal(found, region_stays)


def test_times_finer_than_a_microsecond_are_cut(table):
    fine = table(GOOD)
    fine["admitted"] = fine["admitted"].astype("datetime64[ns]") + pd.Timedelta(1, "ns")
    assert pe.read_contacts(fine)["admitted"].tolist() == table(GOOD)["admitted"].tolist()


def test_a_column_reason_of_the_callers_own_is_refused(table):
    contacts = table(GOOD).assign(reason=[None, "was ill"])
    for read in (pe.read_contacts, lambda given: pe.episodes(given, joining=4), pe.readmissions):
        with pytest.raises(
            ColumnError, match=r"no reason code in 1 rows \(first: row 2\); the name is reserved"
        ) as caught:
            read(contacts)
        assert "was ill" not in str(caught.value)


def test_an_empty_column_reason_does_not_pass_for_read(table):
    with pytest.raises(ImpossibleDateError):
        pe.episodes(table(BACKWARDS).assign(reason=None), joining=4)


def test_contacts_may_be_read_twice(table):
    once = pe.read_contacts(table(BACKWARDS), strict=False)
    pd.testing.assert_frame_equal(pe.read_contacts(once), once)


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


def test_a_file_that_was_written_again_is_read_again(tmp_path):
    path = tmp_path / "contacts.parquet"
    people = [str(number) for number in range(20_000)]
    found = []
    for day in range(1, 6):
        times = pd.to_datetime([f"2025-01-{day:02d}"] * len(people)).astype("datetime64[us]")
        pd.DataFrame({"person": people, "admitted": times, "discharged": times}).to_parquet(path)
        found.append(pe.read_contacts(path).admitted.max().to_pyarrow().as_py().day)
    assert found == [1, 2, 3, 4, 5]


def test_a_missing_file_names_the_nearest_and_a_pattern_that_matches_nothing_is_told(tmp_path):
    (tmp_path / "contacts.parquet").touch()
    with pytest.raises(MissingFileError, match=r"contacts\.parquet"):
        pe.read_contacts(tmp_path / "contact.parquet")
    with pytest.raises(MissingFileError, match="No file matches"):
        pe.read_contacts(tmp_path / "*.nothing")
