"""Persons beside contacts: small tables in, index stays out."""

from __future__ import annotations

import pandas as pd
import pytest

import peereval as pe
from peereval.errors import ColumnError, DuplicateError, ImpossibleDateError, MissingValueError

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")
END = pd.Timestamp("2020-12-31 23:59")
SEEN = ["person", "event", "days_to_readmission", "followup_days"]


def contacts(*rows):
    frame = pd.DataFrame(rows, columns=["person", "admitted", "discharged"])
    times = {name: pd.to_datetime(frame[name]) for name in ("admitted", "discharged")}
    return frame.assign(**times, acute=True, specialty="psychiatric")


def persons(**columns):
    frame = pd.DataFrame(columns)
    days = [name for name in ("born", "died", "emigrated") if name in frame]
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in days})


ONE = contacts(("a", "2020-01-01 12:00", "2020-01-10 12:00"))
TWO = contacts(("a", "2020-01-01 12:00", "2020-01-10 12:00"), ("a", "2020-03-10 12:00", "2020-03-20 12:00"))


@pytest.mark.parametrize(
    ("table", "known", "event", "back", "followed"),
    [
        (ONE, {"died": ["2020-01-12"]}, "died", None, 2.5),
        # dead on the day of discharge, or before it was written down
        (ONE, {"died": ["2020-01-10"]}, "died", None, 0.5),
        (ONE, {"died": ["2020-01-09"]}, "died", None, 0.0),
        (ONE, {"died": [None], "emigrated": ["2020-01-12"]}, "censored", None, 2.5),
        (ONE, {"died": ["2020-01-12"], "emigrated": ["2020-01-12"]}, "died", None, 2.5),
        (ONE, {"died": ["2020-05-01"], "emigrated": ["2020-01-12"]}, "censored", None, 2.5),
        # alive at the end of follow-up
        (ONE, {"died": ["2021-06-01"]}, "censored", None, 356.4993),
        (TWO, {"died": ["2020-03-25"]}, "readmitted", 60.0, 75.5),
        # nobody was followed abroad
        (TWO, {"emigrated": ["2020-02-01"]}, "censored", None, 22.5),
    ],
)
def test_followup_ends_with_death_or_emigration(table, known, event, back, followed):
    stays = pe.readmissions(table, followup_end=END, persons=persons(person=["a"], **known))
    first = stays.iloc[0]
    assert first["event"] == event
    assert first["followup_days"] == pytest.approx(followed, abs=1e-4)
    assert pd.isna(first["days_to_readmission"]) if back is None else first["days_to_readmission"] == back


def test_age_is_in_whole_years_at_admission():
    table = contacts(
        *(
            (["a", "b", "c", "d"][row], f"2020-{day} 08:00", f"2020-{day} 23:00")
            for row, day in enumerate(["02-28", "02-29", "03-01", "05-05"])
        )
    )
    known = persons(person=list("abcd"), born=["2000-02-29"] * 3 + [None], sex=["f", "m", None, "f"])
    stays = pe.readmissions(table, followup_end=END, persons=known)
    assert stays["age"].tolist()[:3] == [19.0, 20.0, 20.0]
    assert pd.isna(stays["age"].iloc[3])
    assert stays["sex"].isna().tolist() == [False, False, True, False]


def test_an_age_that_the_contacts_give_is_kept():
    stays = pe.readmissions(ONE.assign(age=44.0), followup_end=END, persons=persons(person=["a"], born=["2000-01-01"]))
    assert stays["age"].tolist() == [44.0]


def test_a_definition_takes_its_age_from_persons():
    known = persons(person=["a"], born=["2005-01-01"])
    table = ONE.assign(discharged_to="home", diagnosis="DF200", hospital="H")
    stays = pe.readmissions(table, definition="cms-ipf-30", followup_end=END, persons=known)
    assert stays["reason"].tolist() == ["age_out_of_range"]


def test_the_rate_is_the_same_with_and_without_persons(region):
    plain = pe.readmission_rate(pe.readmissions(region.contacts))
    known = pe.readmission_rate(pe.readmissions(region.contacts, persons=region.persons))
    assert plain.estimates.equals(known.estimates)


@pytest.mark.parametrize(
    ("known", "kind", "message"),
    [
        (persons(person=["a", "a"], died=[None, None]), DuplicateError, "1 persons have more than one row"),
        (
            persons(person=["a", None], died=[None, None]),
            MissingValueError,
            "'person' of the persons is empty in 1 rows",
        ),
        (persons(person=["b"], died=[None]), MissingValueError, "1 contacts belong to persons who are not"),
        (persons(person=["a"], died=["2019-12-31"]), ImpossibleDateError, "1 contacts begin after the day of death"),
        (persons(person=["a"], born=["2020-01-02"]), ImpossibleDateError, "1 contacts begin before the day of birth"),
        (persons(person=["a"], municipality=["x"]), ColumnError, "none of the columns"),
        (persons(person=["a"], sex=[3]), ColumnError, "sex"),
    ],
)
def test_persons_are_checked_against_the_contacts(known, kind, message):
    with pytest.raises(kind, match=message):
        pe.readmissions(ONE, followup_end=END, persons=known)


def test_an_admission_on_the_day_of_death_is_possible():
    stays = pe.readmissions(ONE, followup_end=END, persons=persons(person=["a"], died=["2020-01-01"]))
    assert stays["event"].tolist() == ["died"]
