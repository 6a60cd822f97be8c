"""The Danish 30-day rule: contacts in, index stays out, one table a rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

import peereval as pe
from peereval.errors import ColumnError, ImpossibleDateError, InvalidValueError, MissingValueError

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")
END = datetime(2020, 12, 31, 12, 0)

SPECS = {
    "an acute admission within 30 days to the minute is a readmission": (
        """
        person | admitted         | discharged       | acute | specialty
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        a      | 2020-04-04 10:00 | 2020-04-20 10:00 | yes   | psychiatric
        b      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        b      | 2020-04-04 10:01 | 2020-04-20 10:00 | yes   | psychiatric
        """,
        """
        person | episode | eligible | reason | readmitted | event
        a      | 1       | yes      |        | yes        | readmitted
        a      | 2       | yes      |        | no         | censored
        b      | 1       | yes      |        | no         | readmitted
        b      | 2       | yes      |        | no         | censored
        """,
    ),
    "a planned admission is no readmission, and does not hide an acute one after it": (
        """
        person | admitted         | discharged       | acute | specialty
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        a      | 2020-03-10 10:00 | 2020-03-12 10:00 | no    | psychiatric
        a      | 2020-03-20 10:00 | 2020-03-25 10:00 | yes   | psychiatric
        b      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        b      | 2020-03-10 10:00 | 2020-03-12 10:00 | no    | psychiatric
        """,
        """
        person | episode | eligible | reason | readmitted | event
        a      | 1       | yes      |        | yes        | readmitted
        a      | 2       | yes      |        | yes        | readmitted
        a      | 3       | yes      |        | no         | censored
        b      | 1       | yes      |        | no         | censored
        b      | 2       | yes      |        | no         | censored
        """,
    ),
    "less than 12 hours is no admission, neither index nor readmission": (
        """
        person | admitted         | discharged       | acute | specialty
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        a      | 2020-03-10 10:00 | 2020-03-10 21:59 | yes   | psychiatric
        b      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        b      | 2020-03-10 10:00 | 2020-03-10 22:00 | yes   | psychiatric
        """,
        """
        person | episode | eligible | reason         | readmitted | event
        a      | 1       | yes      |                | no         | censored
        a      | 2       | no       | stay_too_short |            |
        b      | 1       | yes      |                | yes        | readmitted
        b      | 2       | yes      |                | no         | censored
        """,
    ),
    "a somatic stay is neither index nor readmission": (
        """
        person | admitted         | discharged       | acute | specialty
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        a      | 2020-03-10 10:00 | 2020-03-12 10:00 | yes   | somatic
        """,
        """
        person | episode | eligible | reason          | readmitted | event
        a      | 1       | yes      |                 | no         | censored
        a      | 2       | no       | not_psychiatric |            |
        """,
    ),
    "a transfer within four hours is the same stay": (
        """
        person | admitted         | discharged       | acute | specialty
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        a      | 2020-03-05 13:00 | 2020-03-20 10:00 | yes   | psychiatric
        """,
        """
        person | episode | eligible | reason | readmitted | event
        a      | 1       | yes      |        | no         | censored
        """,
    ),
    "a discharge near the end of the data is followed, but not in the rate": (
        """
        person | admitted         | discharged       | acute | specialty
        a      | 2020-11-01 10:00 | 2020-12-01 12:00 | yes   | psychiatric
        b      | 2020-11-01 10:00 | 2020-12-01 12:01 | yes   | psychiatric
        b      | 2020-12-20 12:00 |                  | yes   | psychiatric
        """,
        """
        person | episode | eligible | reason             | readmitted | event
        a      | 1       | yes      |                    | no         | censored
        b      | 1       | no       | followup_too_short |            | readmitted
        b      | 2       | no       | still_admitted     |            |
        """,
    ),
}


@pytest.mark.parametrize("rule", SPECS, ids=lambda rule: rule.replace(" ", "-"))
def test_dk_30(table, as_text, rule):
    contacts, expected = SPECS[rule]
    found = pe.readmissions(table(contacts), definition="dk-30", followup_end=END)
    wanted = table(expected)
    assert as_text(found[wanted.columns]) == as_text(wanted)


def test_days_are_counted_to_the_minute(table):
    contacts = table("""
        person | admitted         | discharged       | acute | specialty
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        a      | 2020-03-20 22:00 | 2020-03-25 10:00 | yes   | psychiatric
        """)
    found = pe.readmissions(contacts, followup_end=END)
    assert found["days_to_readmission"].iloc[0] == 15.5
    assert found["followup_days"].iloc[0] == pytest.approx((END - datetime(2020, 3, 5, 10)).total_seconds() / 86400)


def test_without_an_end_the_latest_time_in_the_contacts_is_taken(table):
    contacts = table("""
        person | admitted         | discharged       | acute | specialty
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        b      | 2020-03-01 10:00 | 2020-03-09 10:00 | yes   | psychiatric
        """)
    assert pe.readmissions(contacts)["followup_days"].tolist() == [4.0, 0.0]


LEFT_OUT = """
    person | admitted         | discharged       | acute | specialty   | unit
    a      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric | W1
    a      | 2020-04-01 10:00 | 2020-04-09 10:00 | yes   | psychiatric | W1
    b      | 2199-01-01 00:00 | 2020-03-09 10:00 |       | psychiatric | W2
    b      | 2020-03-09 10:00 | 2020-03-01 10:00 | yes   | psychiatric | W2
    """


def test_a_contact_that_was_left_out_does_not_end_the_follow_up(table):
    stays = pe.readmissions(pe.read_contacts(table(LEFT_OUT), strict=False))
    assert stays["followup_end"].unique().tolist() == [datetime(2020, 4, 9, 10)]
    assert stays["followup_days"].dropna().tolist() == [35.0, 0.0]


def test_a_contact_that_was_left_out_is_counted_in_every_result(table, as_text):
    stays = pe.readmissions(pe.read_contacts(table(LEFT_OUT), strict=False))
    wanted = table("""
        person | episode | n_contacts | eligible | reason                     | readmitted | event      | unit | definition
        a      | 1       | 1          | yes      |                            | yes        | readmitted | W1   | dk-30
        a      | 2       | 1          | no       | followup_too_short         |            | censored   | W1   | dk-30
        b      | -2      | 1          | no       | discharged_before_admitted |            |            | W2   | dk-30
        b      | -1      | 1          | no       | discharged_before_admitted |            |            | W2   | dk-30
        """)
    assert as_text(stays[wanted.columns]) == as_text(wanted)
    assert dict(pe.readmission_rate(stays).exclusions) == {"discharged_before_admitted": 2, "followup_too_short": 1}
    assert dict(pe.time_to_readmission(stays).exclusions) == {
        "discharged_before_admitted": 2,
        "not_first_index_stay": 1,
    }


def test_nothing_but_contacts_that_were_left_out(table):
    stays = pe.readmissions(pe.read_contacts(table(LEFT_OUT).iloc[2:], strict=False))
    for found in (pe.readmission_rate(stays), pe.time_to_readmission(stays)):
        assert found.estimates.empty
        assert dict(found.exclusions) == {"discharged_before_admitted": 2}
        assert found.settings["followup_end"] is None


@pytest.mark.parametrize("column", ["admitted", "discharged"])
def test_contacts_in_the_future_are_refused_or_left_out(table, column):
    contacts = table(LEFT_OUT).iloc[:2]
    contacts.loc[1, ["admitted", "discharged"]] = [datetime(2020, 4, 1, 10), pd.NaT]
    contacts.loc[1, column] = datetime(2999, 1, 1)
    with pytest.raises(ImpossibleDateError, match=r"1 contact begins or ends in the future: row 2 .*2999-01-01 00:00"):
        pe.readmissions(contacts)
    stays = pe.readmissions(pe.read_contacts(contacts, strict=False), followup_end=END)
    assert sorted(stays["reason"].fillna("")) == ["", "in_the_future"]


def test_follow_up_does_not_end_in_the_future(table):
    with pytest.raises(ImpossibleDateError, match="The end of follow-up is 2062-12-31 23:59"):
        pe.readmissions(table(LEFT_OUT).iloc[:1], followup_end=date(2062, 12, 31))


def test_a_day_of_grace_for_a_register_in_another_time_zone(table):
    now = datetime.now()
    for end in (now - timedelta(hours=1), now + timedelta(hours=12)):
        stays = pe.readmissions(table(LEFT_OUT).iloc[:1], followup_end=end)
        assert stays["followup_end"].iloc[0] == end
    with pytest.raises(ImpossibleDateError, match="which lies in the future"):
        pe.readmissions(table(LEFT_OUT).iloc[:1], followup_end=now + timedelta(hours=36))


def test_a_date_as_the_end_covers_its_whole_day(table):
    contacts = table("""
        person | admitted         | discharged       | acute | specialty
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        a      | 2020-03-20 23:00 |                  | yes   | psychiatric
        b      | 2020-03-21 00:00 |                  | yes   | psychiatric
        """)
    stays = pe.readmissions(contacts, followup_end=date(2020, 3, 20))
    assert stays["event"].iloc[0] == "readmitted"
    assert stays["followup_end"].iloc[0] == datetime(2020, 3, 20, 23, 59, 59, 999999)
    assert pe.time_to_readmission(stays).settings["followup_end"] == "2020-03-20"
    assert pe.readmission_rate(stays).settings["followup_end"] == "2020-03-20"


def test_an_end_with_a_time_zone_is_refused(table):
    with pytest.raises(InvalidValueError, match=r"2020-12-31T00:00:00\+00:00, with a time zone"):
        pe.readmissions(table(LEFT_OUT).iloc[:2], followup_end=datetime(2020, 12, 31, tzinfo=UTC))


def test_an_admission_after_the_end_is_not_seen(table):
    contacts = table("""
        person | admitted         | discharged       | acute | specialty
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        a      | 2020-03-20 10:00 | 2020-03-25 10:00 | yes   | psychiatric
        """)
    found = pe.readmissions(contacts, followup_end=datetime(2020, 3, 10, 10, 0))
    assert found["event"].iloc[0] == "censored"
    assert found["reason"].tolist() == ["followup_too_short", "still_admitted"]


def test_columns_that_the_definition_needs_are_asked_for(table):
    contacts = table("""
        person | admitted         | discharged       | acute | specialty
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        """)
    with pytest.raises(ColumnError, match="no column 'acute', which the definition dk-30 needs"):
        pe.readmissions(contacts.drop(columns="acute"))
    with pytest.raises(MissingValueError, match="'acute' of the contacts is empty in 1 rows"):
        pe.readmissions(contacts.assign(acute=contacts["acute"].mask([True])))


@pytest.mark.filterwarnings("default::peereval.errors.UnverifiedWarning")
def test_unverified_parts_of_the_definition_are_named(table):
    contacts = table("""
        person | admitted         | discharged       | acute | specialty
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
        """)
    with pytest.warns(pe.UnverifiedWarning, match="dk-30: not verified at the source: that the window begins"):
        pe.readmissions(contacts)


def test_every_stay_is_kept_and_carries_its_definition(region, region_stays):
    assert len(region_stays) == len(pe.episodes(region.contacts, joining="dk-30"))
    assert region_stays["definition"].unique().tolist() == ["dk-30"]
    assert region_stays["eligible"].eq(region_stays["reason"].isna()).all()
