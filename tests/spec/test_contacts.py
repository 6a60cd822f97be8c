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
    (tmp_path / "c.docx").write_bytes(b"x")
    with pytest.raises(UnsupportedInputError):
        pe.read_contacts(tmp_path / "c.docx")
    for name in ("c.sas7bdat", "c.dta", "c.xlsx"):
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(UnreadableFileError, match=rf"{name} cannot be read \(1 bytes\)"):
            pe.read_contacts(tmp_path / name)
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


FULL = """
    person | admitted         | discharged       | acute | specialty   | unit
    1001   | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric | W1
    1002   | 2020-03-01 10:00 |                  | no    | somatic     | W2
    """


@pytest.mark.parametrize("ending", ["csv", "xlsx", "dta"])
def test_the_same_contacts_in_other_files(table, tmp_path, ending):
    frame = table(FULL).astype({"person": "string"})
    path = tmp_path / f"c.{ending}"
    if ending == "csv":
        frame.to_csv(path, index=False)
    elif ending == "xlsx":
        frame.astype({"person": "int64"}).to_excel(path, index=False)
    else:
        plain = frame.astype({"person": "int64", "acute": "int8", "specialty": object, "unit": object})
        plain.to_stata(path, write_index=False, convert_dates={"admitted": "tc", "discharged": "tc"})
    found = to_pandas(pe.read_contacts(path).order_by("person"))
    expected = pe.read_contacts(frame)
    pd.testing.assert_frame_equal(found[expected.columns], expected, check_dtype=False)
    assert found["person"].tolist() == ["1001", "1002"]
    assert found["acute"].tolist() == [True, False]


def test_sas_files_are_read_as_sas(table, tmp_path, monkeypatch):
    frame = table(FULL)
    asked = {}

    def read_sas(path, **how):
        asked.update(how, name=path.name)
        return frame.assign(person=[1001.0, 1002.0], acute=[1.0, 0.0], unit=["W1", ""])

    monkeypatch.setattr(pd, "read_sas", read_sas)
    (tmp_path / "c.sas7bdat").touch()
    found = to_pandas(pe.read_contacts(tmp_path / "c.sas7bdat").order_by("person"))
    assert asked == {"format": "sas7bdat", "encoding": "infer", "name": "c.sas7bdat"}
    assert found["person"].tolist() == ["1001", "1002"]
    assert found["unit"].isna().tolist() == [False, True]


def test_a_partitioned_folder_is_one_table(table, tmp_path):
    for number, part in enumerate((table(GOOD).iloc[:1], table(GOOD).iloc[1:])):
        (tmp_path / f"year={2019 + number}").mkdir()
        part.to_parquet(tmp_path / f"year={2019 + number}" / "part.parquet")
    found = to_pandas(pe.read_contacts(tmp_path).order_by("person"))
    assert found["person"].tolist() == ["a", "b"]
    for name in ("c.csv", "d.csv"):
        (tmp_path / name).touch()
    with pytest.raises(UnsupportedInputError, match=r"c.csv is one of 2 files"):
        pe.read_contacts(str(tmp_path / "*.csv"))


def test_rows_without_person_or_admission_may_be_left_out_counted(table):
    contacts = table("""
        person | admitted         | discharged       | acute | specialty
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        a      | 2020-06-01 10:00 | 2020-06-05 10:00 | yes   | psychiatric
        x      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        b      |                  | 2020-03-05 10:00 | yes   | psychiatric
        """)
    contacts.loc[2, "person"] = None
    found = pe.read_contacts(contacts, strict=False)
    assert found["reason"].fillna("").tolist() == ["", "", "person_missing", "admission_missing"]
    rate = pe.readmission_rate(pe.readmissions(found))
    assert dict(rate.exclusions) == {"admission_missing": 1, "followup_too_short": 1, "person_missing": 1}
    assert rate.estimates["denominator"].tolist() == [1]


def test_a_register_of_dates_counts_days_and_says_so(table):
    contacts = table("""
        person | acute | specialty
        a      | yes   | psychiatric
        a      | yes   | psychiatric
        a      | yes   | psychiatric
        b      | yes   | psychiatric
        """)
    days = pd.to_datetime(["2020-03-01", "2020-03-05", "2020-04-08", "2020-04-01"])
    contacts["admitted"] = days.date
    contacts["discharged"] = (days + pd.to_timedelta([4, 3, 1, 8], unit="D")).date
    stays = pe.readmissions(contacts)
    assert stays["n_contacts"].tolist() == [2, 1, 1]
    assert stays["readmitted"].fillna(value=False).tolist() == [False, False, False]
    assert stays["days_to_readmission"].tolist()[0] == 31.0
    assert stays["followup_end"].iloc[0] == pd.Timestamp("2020-04-09 23:59:59.999999")
    rate = pe.readmission_rate(stays)
    assert rate.settings["time_precision"] == "day"
    assert any("dates only" in note for note in rate.assumptions)
    assert (
        pe.readmission_rate(pe.readmissions(table(FULL).astype({"person": "string"}))).settings["time_precision"]
        == "minute"
    )


LPR2 = """
    pnr | d_inddto         | d_uddto          | c_indm | c_spec | c_pattype | c_adiag | c_sgh
    a   | 2015-03-01 00:00 | 2015-03-05 00:00 | 1      | 50     | 0         | DF200   | 1301
    a   | 2015-03-09 00:00 | 2015-03-12 00:00 | 2      | 06     | 0         | DJ189   | 1301
    a   | 2015-04-09 00:00 | 2015-04-09 00:00 | 2      | 50     | 2         | DF200   | 1301
    """


def test_a_register_is_translated(table):
    with pytest.warns(pe.UnverifiedWarning, match="lpr2: not verified at the source: the names of the columns"):
        found = pe.read_contacts(table(LPR2).astype({"c_sgh": "int64"}), register="lpr2")
    assert found["acute"].tolist() == [True, False, False]
    assert found["specialty"].tolist() == ["psychiatric", "somatic", "psychiatric"]
    assert found["reason"].fillna("").tolist() == ["", "", "other_contact_type"]
    assert found["hospital"].tolist() == ["1301"] * 3
    assert found["dates_only"].all()
    assert len(pe.episodes(found, joining=4)) == 2
    with pytest.raises(ColumnError, match=r"D_INDDTO \(admitted\)"):
        pe.read_contacts(table(LPR2).drop(columns="d_inddto"), register="lpr2")


def test_dates_and_clocks_of_a_register_are_put_together(table):
    contacts = table("""
        CPR | dato_start | tidspunkt_start | dato_slut  | tidspunkt_slut | prioritet | hovedspeciale_ans | kontakttype
        a   | 2020-03-01 | 10:00:00        | 2020-03-05 | 11:30:00       | ATA1      | psykiatri         | ALCA00
        b   | 2020-03-01 | 10:00:00        |            |                | ATA3      | kirurgi           | ALCA00
        """)
    found = pe.read_contacts(contacts, register="lpr3")
    assert found["admitted"].tolist() == [pd.Timestamp("2020-03-01 10:00")] * 2
    assert found["discharged"].iloc[0] == pd.Timestamp("2020-03-05 11:30")
    assert found["discharged"].isna().tolist() == [False, True]
    assert "dates_only" not in found


def test_a_change_of_clinic_in_the_swedish_register_is_one_stay(table):
    contacts = table("""
        lopnr | indatum          | utdatum          | pvard | mvo
        1     | 2020-03-01 00:00 | 2020-03-05 00:00 | 2     | 901
        1     | 2020-03-05 00:00 | 2020-03-09 00:00 | 1     | 911
        1     | 2020-03-10 00:00 | 2020-03-19 00:00 | 2     | 101
        """)
    found = pe.read_contacts(contacts, register="par")
    assert found["specialty"].tolist() == ["psychiatric", "psychiatric", "somatic"]
    assert pe.episodes(found, joining="same-day")["n_contacts"].tolist() == [2, 1]


def test_what_a_table_holds_is_counted(table):
    contacts = table("""
        person | admitted         | discharged       | unit
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | W1
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | W1
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | W2
        a      | 2020-03-04 10:00 | 2020-03-06 10:00 | W1
        a      | 2020-03-06 10:00 |                  | W1
        b      | 2020-03-04 10:00 | 2020-03-04 12:00 | W1
        b      | 2020-03-09 10:00 | 2020-03-08 10:00 | W1
        c      | 2199-03-09 10:00 |                  | W1
        """)
    found = pe.summarise_contacts(contacts)
    rows = found.estimates.set_index("term")
    # in the two wards at once: overlapping and nested; the next one reaches further
    expected = {"usable": (6, 8), "duplicate": (1, 6), "overlapping": (2, 5), "nested": (1, 5), "same_moment": (1, 5), "open": (1, 6), "same_day": (1, 6)}  # fmt: skip
    assert {name: tuple(rows.loc[name, ["numerator", "denominator"]]) for name in rows.index} == expected
    assert found.exclusions == {"discharged_before_admitted": 1, "in_the_future": 1}
    assert found.settings["data"] == {"rows": 8, "persons": 2, "first_admission": "2020-03-01"}
    nothing = pe.summarise_contacts(contacts.iloc[:0])
    assert nothing.estimates["numerator"].tolist() == [0] * 7
    assert nothing.estimates["estimate"].isna().all()
