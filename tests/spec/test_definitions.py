"""Every readmission definition on its worked cases, and against a plain second implementation of the rules."""

from __future__ import annotations

import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import peereval as pe
from peereval.admissions.definition import DEFINITIONS, readmission_definition
from peereval.errors import ColumnError, DesignError, InvalidValueError
from peereval.files import definitions

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")
END = datetime(2020, 12, 31, 12, 0)
CASES = tomllib.loads(Path(__file__).with_name("definition_cases.toml").read_text(encoding="utf-8"))
APPLY = [name for name in sorted(definitions(*DEFINITIONS)) if readmission_definition(name).applies_to_psychiatry]


@pytest.mark.parametrize(
    ("name", "case"), [(name, case) for name, cases in CASES.items() for case in cases], ids=lambda each: str(each)[:12]
)
def test_worked_cases(table, as_text, name, case):
    wanted = table(case["expected"])
    contacts = table(case["contacts"])
    for column in {"discharged_to", "diagnosis"} & set(contacts.columns):
        contacts[column] = contacts[column].astype("string")
    found = pe.readmissions(contacts, definition=name, followup_end=END)
    assert as_text(found[wanted.columns]) == as_text(wanted)


OF_30_DAYS = """
    person | admitted         | discharged       | acute | specialty
    a      | 2020-11-20 10:00 | 2020-12-01 10:00 | yes   | psychiatric
    b      | 2020-11-20 10:00 | 2020-12-02 00:00 | yes   | psychiatric
    """


@pytest.mark.parametrize(
    ("includes", "end", "reasons"),
    [
        ((True, True), datetime(2020, 12, 31, 23, 59, 59, 999999), ["", "followup_too_short"]),
        ((True, True), datetime(2020, 12, 31, 23, 59, 59), ["followup_too_short"] * 2),
        ((True, True), datetime(2021, 1, 1, 23, 59, 59, 999999), ["", ""]),
        ((True, False), datetime(2020, 12, 30, 23, 59, 59, 999999), ["", "followup_too_short"]),
        ((True, False), datetime(2020, 12, 30, 12, 0), ["followup_too_short"] * 2),
    ],
)
def test_a_calendar_day_is_observed_when_it_is_over(table, includes, end, reasons):
    """The last of 30 calendar days after 1 December is the 31st, or the 30th where the last one does not count."""
    rule = readmission_definition("dk-30").model_copy(
        update={"id": "ours", "days": "calendar", "window_includes": includes}
    )
    stays = pe.readmissions(table(OF_30_DAYS), definition=rule, followup_end=end)
    assert stays["reason"].fillna("").tolist() == reasons


def test_a_window_that_opens_later_counts_all_that_begins_after_its_first_moment(table):
    contacts = table("""
        person | admitted         | discharged       | acute | specialty
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        a      | 2020-03-08 10:00 | 2020-03-10 10:00 | yes   | psychiatric
        b      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        b      | 2020-03-08 10:01 | 2020-03-10 10:00 | yes   | psychiatric
        """)
    back = {}
    for first_counts in (True, False):
        rule = readmission_definition("dk-30").model_copy(
            update={"id": "ours", "window_days": (3, 30), "window_includes": (first_counts, True)}
        )
        stays = pe.readmissions(contacts, definition=rule, followup_end=END)
        back[first_counts] = stays.loc[stays["episode"] == 1, "readmitted"].tolist()
    assert back == {True: [True, True], False: [False, True]}


def test_every_definition_that_applies_has_a_worked_case():
    assert sorted(CASES) == APPLY


def test_every_definition_has_its_name_source_and_mark():
    for name in definitions(*DEFINITIONS):
        rule = readmission_definition(name)
        assert rule.id == name
        assert rule.source
        assert rule.mark in ("T", "M")
        assert rule.unverified


def test_a_definition_that_does_not_apply_is_refused(table):
    contacts = table("""
        person | admitted         | discharged
        a      | 2020-03-01 10:00 | 2020-03-05 10:00
        """)
    with pytest.raises(DesignError, match="nhs-28 does not apply to psychiatric stays: it leaves out readmissions to"):
        pe.readmissions(contacts, definition="nhs-28")
    with pytest.raises(ColumnError, match=r"no column 'age', which the definition no-30 needs"):
        pe.readmissions(contacts.assign(specialty="psychiatric", diagnosis="F20"), definition="no-30")


def test_a_definition_of_ones_own(table, as_text, tmp_path):
    contacts = table("""
        person | admitted         | discharged       | acute | specialty
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        a      | 2020-03-15 10:00 | 2020-03-20 10:00 | yes   | psychiatric
        a      | 2020-03-25 10:00 | 2020-03-30 10:00 | yes   | psychiatric
        a      | 2020-04-25 10:00 | 2020-04-30 10:00 | yes   | psychiatric
        """)
    path = tmp_path / "ours.toml"
    path.write_text(
        'id = "ours"\nversion = "1"\nname = "Ours"\njoining = 0\nwindow_days = [0, 10]\nwindow_includes = [true, false]\n'
        'readmission_may_be_index = false\nsentence = "Ours."\nsource = "us"\nseen = "2026"\n',
        encoding="utf-8",
    )
    found = pe.readmissions(contacts, definition=path, followup_end=END)
    wanted = table("""
        person | episode | eligible | reason         | readmitted
        a      | 1       | yes      |                | no
        a      | 2       | yes      |                | yes
        a      | 3       | no       | is_readmission |
        a      | 4       | yes      |                | no
        """)
    assert as_text(found[wanted.columns]) == as_text(wanted)
    rate = pe.readmission_rate(found)
    assert rate.settings["definition"] == "ours 1"
    assert rate.estimates["denominator"].tolist() == [3]
    assert pe.readmissions(contacts, definition="ours", followup_end=END).equals(found)


def test_the_name_of_an_official_definition_is_not_taken(table):
    contacts = table("""
        person | admitted         | discharged
        a      | 2020-03-01 10:00 | 2020-03-05 10:00
        """)
    changed = readmission_definition("dk-30").model_copy(update={"window_days": (0, 14)})
    with pytest.raises(InvalidValueError, match="'dk-30', but differs from the official one"):
        pe.readmissions(contacts, definition=changed)


@pytest.mark.parametrize("days", ["exact", "calendar"])
def test_a_stay_of_another_hospital_that_begins_before_the_discharge_hides_no_readmission(table, days):
    contacts = table("""
        person | admitted         | discharged       | hospital | acute | specialty
        a      | 2020-01-01 10:00 | 2020-01-20 10:00 | H1       | yes   | psychiatric
        a      | 2020-01-10 10:00 | 2020-01-12 10:00 | H2       | yes   | psychiatric
        a      | 2020-01-25 10:00 | 2020-01-30 10:00 | H1       | yes   | psychiatric
        b      | 2020-01-01 01:00 | 2020-01-01 23:00 | H1       | yes   | psychiatric
        """)
    rule = readmission_definition("dk-30").model_copy(
        update={"id": f"by-hospital-{days}", "within": "hospital", "days": days}
    )
    stays = pe.readmissions(contacts, definition=rule, followup_end=date(2020, 12, 31))
    assert stays["readmitted"].tolist() == [True, True, False, False]
    assert stays["days_to_readmission"].fillna(-1).tolist() == [5.0, 13.0, -1.0, -1.0]


def test_a_copy_of_a_definition_is_checked():
    broken = readmission_definition("dk-30").model_copy(update={"id": "late", "window_days": (30, 3)})
    with pytest.raises(InvalidValueError, match="ends on day 3, before it begins on day 30"):
        pe.readmissions(pd.DataFrame(), definition=broken)


def test_a_broken_file_is_told(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text('id = "ours"\nwindow = 3\n', encoding="utf-8")
    with pytest.raises(InvalidValueError, match=r"ours.toml: version: Field required"):
        pe.readmissions(pd.DataFrame(), definition=path)


# --- the second implementation: one person and one stay after another

# half hours, mostly of a few days, so that ties, touching and nested contacts are common
half_hours = st.one_of(
    st.integers(0, 2 * 24 * 100), st.integers(0, 2 * 24 * 12), st.integers(0, 12).map(lambda day: 48 * day)
)
contact = st.fixed_dictionaries(
    {
        "person": st.sampled_from("abcdefgh"),
        "start": half_hours,
        "length": st.one_of(st.none(), *[st.integers(0, 2 * 24 * 6), st.integers(0, 4).map(lambda day: 24 * day)] * 4),
        "acute": st.booleans(),
        "specialty": st.sampled_from(["psychiatric", "psychiatric", "somatic"]),
        "unit": st.sampled_from(["W1", "W2"]),
        "hospital": st.sampled_from(["H1", "H1", "H2"]),
        "diagnosis": st.sampled_from(["F20", "F31.1", "F32", "F33", "F41", "C50", None]),
        "age": st.sampled_from([17.0, 18.0, 50.0, None]),
        "discharged_to": st.sampled_from(["home", "home", "transfer", "died", None]),
    }
)
FIRST = ("acute", "specialty", "diagnosis", "age")
WORDS = ("acute", "age", "diagnosis", "discharged_to", "hospital", "specialty", "unit")


def as_frame(drawn):
    # around the turn of a leap year's February
    begins = [datetime(2020, 2, 20) + timedelta(minutes=30 * row["start"]) for row in drawn]
    ends = [
        pd.NaT if row["length"] is None else begin + timedelta(minutes=30 * row["length"])
        for row, begin in zip(drawn, begins, strict=True)
    ]
    frame = pd.DataFrame({"person": [row["person"] for row in drawn], "admitted": begins, "discharged": ends})
    frame = frame.astype({"admitted": "datetime64[us]", "discharged": "datetime64[us]"})
    return frame.assign(
        **{name: pd.array([row[name] for row in drawn], dtype=_DTYPES.get(name, "string")) for name in WORDS}
    )


_DTYPES = {"acute": "boolean", "age": "Float64"}


def rank(row):
    """Begin, end, then all other words in alphabetical order, what is missing last."""
    return (row["admitted"], row["end"], *((row[name] is None, row[name] or 0) for name in WORDS))


def plain_stays(rows, rule):
    stays = []
    for row in sorted(rows, key=rank):
        place = row["hospital"] if rule.within == "hospital" else None
        mine = [stay for stay in stays if stay["person"] == row["person"] and stay["place"] == place]
        if mine and joins(mine[-1], row, rule):
            mine[-1]["rows"].append(row)
            mine[-1]["end"] = max(mine[-1]["end"], row["end"])
        else:
            stays.append({"person": row["person"], "place": place, "rows": [row], "admitted": row["admitted"]})
            stays[-1]["end"] = row["end"]
    for stay in stays:
        last = [row for row in stay["rows"] if row["end"] == stay["end"]][-1]
        stay |= {name: (stay["rows"][0] if name in FIRST else last)[name] for name in WORDS}
    stays.sort(key=lambda stay: (stay["person"], stay["admitted"], stay["end"], stay["hospital"]))
    return stays


def joins(stay, row, rule):
    if stay["end"] == datetime.max:
        return True
    if rule.joining == "same-day":
        return row["admitted"].date() <= stay["end"].date()
    return row["admitted"] - stay["end"] <= timedelta(hours=rule.joining)


def day_of(moment, rule):
    return datetime(moment.year, moment.month, moment.day) if rule.days == "calendar" else moment


def starts(text, codes):
    return text is not None and any(text.startswith(code) for code in codes)


def group_of(stay, rule):
    return next((name for name, codes in rule.diagnosis_groups.items() if starts(stay["diagnosis"], codes)), None)


def is_admission(stay, rule):
    return stay["end"] == datetime.max or stay["end"] - stay["admitted"] >= timedelta(hours=rule.min_stay_hours)


def can_be_readmission(stay, rule):
    return (
        is_admission(stay, rule)
        and stay["admitted"] <= END
        and (not rule.readmission_specialty or stay["specialty"] == rule.readmission_specialty)
        and (not rule.acute_only or stay["acute"])
        and (not rule.readmission_diagnoses or starts(stay["diagnosis"], rule.readmission_diagnoses))
    )


def plain_reason(stay, later, rule):
    if stay["end"] > END:
        return "still_admitted"
    if not is_admission(stay, rule):
        return "stay_too_short"
    if rule.specialty and stay["specialty"] != rule.specialty:
        return "not_psychiatric"
    return plain_reason_of_diagnosis(stay, rule) or plain_reason_of_person(stay, later, rule)


def plain_reason_of_diagnosis(stay, rule):
    if (rule.diagnoses or rule.excluded_diagnoses or rule.diagnosis_groups) and stay["diagnosis"] is None:
        return "diagnosis_missing"
    if (rule.diagnoses and not starts(stay["diagnosis"], rule.diagnoses)) or (
        rule.diagnosis_groups and group_of(stay, rule) is None
    ):
        return "other_diagnosis"
    if starts(stay["diagnosis"], rule.excluded_diagnoses):
        return "excluded_diagnosis"
    return None


def plain_reason_of_person(stay, later, rule):
    if rule.min_age is not None and stay["age"] is None:
        return "age_missing"
    if rule.min_age is not None and stay["age"] < rule.min_age:
        return "age_out_of_range"
    if rule.excluded_discharges and stay["discharged_to"] is None:
        return "discharge_missing"
    if stay["discharged_to"] in rule.excluded_discharges:
        return "excluded_discharge"
    if rule.returned_through_day is not None and any(
        (other["admitted"].date() - stay["end"].date()).days <= rule.returned_through_day for other in later
    ):
        return "returned_at_once"
    over = day_of(stay["end"], rule) + timedelta(days=rule.window_days[1])
    if rule.days == "calendar":
        over = over.replace(hour=23, minute=59)
    return "followup_too_short" if over > END else None


def plain_return(stay, later, rule):
    """The first later stay that counts, and whether it lies in the window."""
    if rule.diagnosis_groups:
        later = [other for other in later if group_of(other, rule) == group_of(stay, rule)]
    if rule.same_hospital:
        later = [other for other in later if other["hospital"] == stay["hospital"]]
    if rule.next_stay_only:
        later = later[:1]
    first, last = (day_of(stay["end"], rule) + timedelta(days=days) for days in rule.window_days)
    for other in later:
        begins = day_of(other["admitted"], rule)
        if can_be_readmission(other, rule) and (begins >= first or rule.window_days[0] == 0):
            return other["admitted"], begins <= last
    return None, False


def plain_index(rows, rule):
    stays = plain_stays(rows, rule)
    for number, stay in enumerate(stays):
        later = [other for other in stays[number + 1 :] if other["person"] == stay["person"]]
        stay["reason"] = plain_reason(stay, later, rule)
        stay["back"], stay["within"] = (None, False) if stay["end"] > END else plain_return(stay, later, rule)
    if rule.counted != "discharges":
        once(stays, rule)
    return stays


def once(stays, rule):
    anyhow = rule.counted == "persons_in_year"
    could = (None,) if anyhow else (None, "followup_too_short")
    seen = set()
    for stay in sorted(stays, key=lambda each: anyhow and not each["within"]):
        if stay["reason"] in could:
            year = stay["end" if rule.year_of == "discharge" else "admitted"].year
            if (stay["person"], year) in seen:
                stay["reason"] = "another_stay_of_person" if anyhow else "not_first_of_person"
            seen.add((stay["person"], year))


@pytest.mark.parametrize("name", APPLY)
@given(drawn=st.lists(contact, min_size=40, max_size=80))
@settings(max_examples=3)
def test_index_stays_agree_with_the_plain_walk(name, drawn):
    rule = readmission_definition(name)
    frame = as_frame(drawn)
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    for row in rows:
        row["admitted"] = row["admitted"].to_pydatetime()
        row["end"] = datetime.max if row["discharged"] is None else row["discharged"].to_pydatetime()
    expected = plain_index(rows, rule)
    found = pe.readmissions(frame, definition=name, followup_end=END)
    assert len(found) == len(expected)
    for row, stay in zip(found.to_dict("records"), expected, strict=True):
        stay["shown"] = {each: stay[each] for each in ("person", "admitted", *WORDS)}
        assert {each: None if pd.isna(row[each]) else row[each] for each in stay["shown"]} == stay["shown"]
        assert row["n_contacts"] == len(stay["rows"])
        assert (None if pd.isna(row["reason"]) else row["reason"]) == stay["reason"]
        assert (None if pd.isna(row["readmitted"]) else row["readmitted"]) == (
            stay["within"] if stay["reason"] is None else None
        )
        if stay["reason"] in (None, "followup_too_short"):
            assert row["event"] == ("censored" if stay["back"] is None else "readmitted")


@pytest.mark.parametrize("name", ["cms-ipf-30", "oecd-30", "se-14"])
def test_the_rule_can_be_said_to_postgresql(name):
    import ibis

    from peereval.admissions.judging import judged_stays
    from peereval.admissions.spans import episode_spans

    kinds = dict.fromkeys(("person", "diagnosis", "discharged_to", "hospital", "specialty", "unit"), "string")
    kinds |= {"admitted": "timestamp(6)", "discharged": "timestamp(6)", "acute": "boolean", "age": "float64"}
    rule = readmission_definition(name)
    said = ibis.to_sql(
        judged_stays(episode_spans(ibis.table(kinds, name="c"), rule.joining_rule), rule, END), dialect="postgres"
    )
    # what engines do not have in common
    assert not any(word in str(said).upper() for word in ("ARG_MAX", "ARG_MIN", "FIRST(", "IGNORE NULLS", "QUALIFY"))
