"""Bed days, reach, events and mirror images: small tables in, numbers out; what is refused; known truth in simulation."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import (
    ColumnError,
    DesignError,
    DuplicateError,
    ImpossibleDateError,
    InvalidValueError,
    MissingValueError,
)

YEAR = {"start": date(2018, 1, 1), "end": date(2018, 12, 31)}


def days(*texts):
    return pd.to_datetime(list(texts), format="ISO8601").astype("datetime64[us]")


@pytest.fixture(scope="module")
def stays():
    """One night over New Year; four nights on two wards; still open; a visit of one day."""
    return pd.DataFrame(
        {
            "person": pd.array(["a", "b", "b", "c", "d"], dtype="string"),
            "episode": [1, 1, 2, 1, 1],
            "n_contacts": 1,
            "admitted": days("2017-12-31 22:00", "2018-03-01", "2018-04-01", "2018-12-30", "2018-06-01 08:00"),
            "discharged": days("2018-01-01 09:00", "2018-03-03", "2018-04-03", None, "2018-06-01 18:00"),
            "unit": pd.array(["A", "A", "B", "B", "A"], dtype="string"),
        }
    )


def of(found, measure, column="estimate"):
    frame = found.estimates
    return frame.loc[frame["measure"] == measure].set_index("group")[column].to_dict()


def test_bed_days_have_the_rate_and_interval_of_a_poisson_regression_by_person_in_r(root):
    expected = json.loads((root / "tests/oracles/lengths.json").read_text(encoding="utf-8"))["bed_days"]
    table = pd.read_csv(root / "tests/oracles/lengths.csv", parse_dates=["admitted", "discharged"])
    table = table.assign(episode=table.groupby("person").cumcount() + 1, n_contacts=1).astype({"person": "string"})
    found = pe.bed_days(table, **YEAR).estimates.query("measure == 'bed_days_per_person_year'").iloc[0]
    assert (found["numerator"], found["n_persons"]) == (expected["sum"], expected["n"])
    got = found[["estimate", "std_error", "conf_low", "conf_high"]].astype(float).tolist()
    assert got == pytest.approx([expected[name] for name in ("rate", "std_error", "low", "high")], rel=1e-9)


@pytest.mark.parametrize(("same_day", "spent"), [(0, 6), (0.5, 6.5), (1, 7)])
def test_bed_days_by_unit_with_the_convention_for_same_day_stays(stays, same_day, spent):
    found = pe.bed_days(stays, by="unit", same_day=same_day, **YEAR)
    assert of(found, "bed_days_per_person_year", "numerator") == {"A": 2 + same_day, "B": 4, "all": spent}
    # persons of a ward are those with a stay there; b is in both, and once among all
    assert of(found, "bed_days_per_person_year", "n_persons") == {"A": 3, "B": 2, "all": 4}
    together = {name: of(found, f"{name}_days_per_person_year", "numerator")["all"] for name in ("bed", "community")}
    assert sum(together.values()) == 4 * 365
    assert "Deaths are not known" in found.assumptions[0]


def test_the_time_of_a_person_ends_with_death_and_begins_with_birth(stays):
    persons = pd.DataFrame(
        {
            "person": list("abcdef"), "sex": list("xxyyyx"), "born": days(*["1980-01-01"] * 4, "2018-12-22", "1970-01-01"),
            "died": days(None, "2018-04-02", None, None, None, "2017-05-05"),
        }
    )  # fmt: skip
    # the discharge of b came a day after the death, so a night is not counted
    found = pe.bed_days(stays, persons=persons, by="sex", **YEAR)
    assert of(found, "bed_days_per_person_year", "numerator") == {"x": 4, "y": 3, "all": 7}
    years = of(found, "bed_days_per_person_year", "denominator")
    assert years["x"] * 365.25 == pytest.approx(365 + 92)
    assert years["y"] * 365.25 == pytest.approx(365 + 365 + 10)
    assert dict(found.exclusions) == {"not_there_in_window": 1}


def test_what_cannot_be_counted_is_refused(stays):
    with pytest.raises(DesignError, match="1 persons have more bed days than days"):
        pe.bed_days(pd.concat([stays, stays.assign(episode=7)]), start=date(2018, 3, 1), end=date(2018, 3, 3))
    with pytest.raises(ColumnError, match="persons have no column 'unit'"):
        pe.bed_days(stays, persons=pd.DataFrame({"person": list("abcd"), "sex": "x"}), by="unit", **YEAR)
    with pytest.raises(MissingValueError, match="not in the table of persons"):
        pe.bed_days(stays, persons=pd.DataFrame({"person": ["a"], "sex": "x"}), **YEAR)
    with pytest.raises(ImpossibleDateError, match="before it begins"):
        pe.bed_days(stays, start=date(2018, 3, 2), end=date(2018, 3, 1))
    with pytest.raises(ImpossibleDateError, match="future"):
        pe.bed_days(stays, start=date(2018, 3, 2), end=date(2999, 3, 1))


def test_contacts_that_joined_no_stay_are_counted(stays):
    bad = stays.assign(
        eligible=True, reason=pd.array([None] * 4 + ["admission_missing"], dtype="string"), episode=[1, 1, 2, 1, -1]
    )
    found = pe.bed_days(bad, **YEAR)
    assert dict(found.exclusions) == {"admission_missing": 1}
    assert of(found, "bed_days_per_person_year", "numerator") == {"all": 6}


# ---- events


@pytest.fixture(scope="module")
def events():
    return pd.DataFrame(
        {
            "person": pd.array(["b", "b", "c", "d"], dtype="string"),
            "date": days("2018-03-01", "2018-03-02", "2018-12-30", None),
            "kind": pd.array(["restraint", "medication", "restraint", "restraint"], dtype="string"),
            "unit": pd.array(["A", "A", "B", "A"], dtype="string"),
        }
    )


def test_events_without_a_date_are_counted_as_left_out_and_no_events_have_an_upper_limit(stays, events):
    found = pe.event_rate(events.assign(unit="A"), stays, by="unit", per=100, **YEAR)
    assert dict(found.exclusions) == {"date_missing": 1}
    assert of(found, "event_rate", "numerator") == {"A": 3, "B": 0, "all": 3}
    assert of(found, "event_rate", "denominator") == {"A": 3, "B": 4, "all": 7}
    # R: poisson.test(0, 4)$conf.int[2] is 0.9222199
    assert of(found, "event_rate", "conf_high")["B"] == pytest.approx(92.22199, rel=1e-6)


def test_events_without_persons_are_taken_as_independent_and_it_is_said(stays, events):
    for given in (events.drop(columns="person"), events.assign(person=pd.array(["b", None, "c", "d"], dtype="string"))):
        found = pe.event_rate(given, stays, by="kind", **YEAR)
        assert (found.estimates["design_effect"] == 1).all()
        assert "too narrow" in " ".join(found.assumptions)
        assert of(found, "event_rate", "denominator") == {"medication": 7, "restraint": 7, "all": 7}
        assert of(found, "event_rate", "n_persons")["all"] == 3
    assert not [note for note in pe.event_rate(events, stays, **YEAR).assumptions if "independent" in note]


def test_wards_have_days_of_their_own_where_contacts_are_given(events):
    contacts = pd.DataFrame(
        {
            "person": ["b", "b"], "admitted": days("2018-03-01", "2018-03-11"),
            "discharged": days("2018-03-11", "2018-03-16"), "unit": ["A", "B"],
        }
    )  # fmt: skip
    found = pe.event_rate(events, contacts, by="unit", **YEAR)
    assert of(found, "event_rate", "denominator") == {"A": 10, "B": 5, "all": 15}
    series = pe.event_rate(events, contacts, period="month", start=date(2018, 3, 5), end=date(2018, 4, 30))
    assert series.estimates[["time", "numerator", "denominator"]].to_numpy().tolist() == [["2018-03-01", 0, 11]]
    assert dict(series.exclusions) == {"date_missing": 1, "event_outside_window": 3}


@pytest.mark.parametrize(
    ("asked", "kind"),
    [({"by": "ward"}, ColumnError), ({"period": "week"}, InvalidValueError), ({"per": 0}, InvalidValueError)],
)
def test_rates_that_cannot_be_given_are_refused(stays, events, asked, kind):
    with pytest.raises(kind):
        pe.event_rate(events, stays, **asked)


# ---- reach


def test_reach_counts_contacts_without_a_person_and_minutes_that_are_not_known(stays):
    met = pd.DataFrame(
        {
            "person": pd.array(["b", "b", "d", None], dtype="string"),
            "date": days("2018-03-02", "2018-03-03", "2018-06-01", "2018-06-01"),
            "minutes": [30, np.nan, 45, 10],
        }
    )
    found = pe.peer_reach(stays, met)
    assert dict(found.exclusions) == {"still_admitted": 1, "activity_person_missing": 1, "minutes_missing": 1}
    assert of(found, "peer_reach") == {"all": 2 / 4}
    assert of(found, "peer_contacts_per_stay") == {"all": 3 / 4}
    assert of(found, "peer_minutes_per_stay") == {"all": 45 / 3}
    series = pe.peer_reach(stays, met, period="quarter", by="unit").estimates.query(
        "measure == 'peer_reach' and group == 'A'"
    )
    assert series[["time", "numerator", "denominator"]].to_numpy().tolist() == [
        ["2018-01-01", 1, 2], ["2018-04-01", 1, 1],
    ]  # fmt: skip
    with pytest.raises(ColumnError, match="no column 'person'"):
        pe.peer_reach(stays, met.drop(columns="person"))
    with pytest.raises(InvalidValueError, match="not by 'week'"):
        pe.peer_reach(stays, met, period="week")


# ---- mirror image


@pytest.fixture(scope="module")
def register():
    """Nine years of stays that nothing changes: persons differ in how often they come, not in how long they stay."""
    rng = np.random.default_rng(20261122)
    persons, most = 4000, 60
    out = rng.exponential(1, (persons, most)) * 500 * rng.lognormal(0, 0.6, (persons, 1))
    stay = np.ceil(rng.exponential(20, (persons, most)))
    begins = np.floor(np.cumsum(out + stay, axis=1) - stay) - 2000
    number = np.repeat(np.arange(persons), most)
    origin = pd.Timestamp("2013-01-01")
    frame = pd.DataFrame({"person": number, "began": begins.ravel(), "ended": (begins + stay).ravel()})
    frame = frame[(frame["began"] >= 0) & (frame["began"] < 3285)]
    for name, day in (("admitted", "began"), ("discharged", "ended")):
        frame[name] = (origin + pd.to_timedelta(frame[day], unit="D")).astype("datetime64[us]")
    frame["person"] = ("p" + frame["person"].astype(str)).astype("string")
    return frame.assign(episode=frame.groupby("person").cumcount() + 1, n_contacts=1), origin


WINDOW = {"data_start": date(2013, 1, 1), "data_end": date(2021, 12, 29)}


def rows_of(found, group="peer"):
    frame = found.estimates
    return frame[frame["group"] == group].set_index("term")


def test_enrolment_at_an_admission_lowers_bed_days_with_the_index_stay_and_not_without(register):
    stays, _ = register
    there = stays[(stays["began"] <= 1825) & (stays["ended"] > 1825)]
    first = pd.DataFrame({"person": there["person"], "date": there["discharged"]})
    found = rows_of(pe.mirror_image(stays, first, **WINDOW))
    assert found.loc["naive", "relative"] < -0.15
    assert found.loc["naive", "conf_high"] < 0
    assert abs(found.loc["index_excluded", "estimate"]) < 2.5 * found.loc["index_excluded", "std_error"]
    assert "p_value" not in found


def test_selection_on_earlier_admissions_lowers_bed_days_and_placebo_and_comparator_show_it(register):
    stays, origin = register
    day = 1825
    recent = stays[(stays["ended"] <= day) & (stays["ended"] > day - 365)]
    inside = stays[(stays["began"] <= day) & (stays["ended"] > day)]
    chosen = np.sort(np.setdiff1d(recent["person"].unique(), inside["person"].unique()))
    first = pd.DataFrame({"person": pd.array(chosen, dtype="string"), "date": origin + pd.Timedelta(days=day)})
    first = first.astype({"date": "datetime64[us]"})
    found = pe.mirror_image(stays, first.iloc[::2], comparator=first.iloc[1::2], **WINDOW)
    peer = rows_of(found)
    assert -0.7 < peer.loc["naive", "relative"] < -0.1
    assert peer.loc["placebo", "conf_low"] > 0
    for term in ("difference_of_changes", "baseline_adjusted"):
        assert abs(peer.loc[term, "estimate"]) < 2.5 * peer.loc[term, "std_error"]
        assert peer.loc[term, "p_value"] > 0.01
    assert pd.isna(peer.loc["naive", "p_value"])
    assert pd.isna(peer.loc["index_excluded", "p_value"])
    assert found.claim == "association"
    assert "regression to the mean" in " ".join(found.assumptions)


def test_selected_groups_with_unequal_bed_days_before_need_the_adjustment(register):
    """Peers go to those with many bed days; nobody's bed days are changed by anything but chance."""
    stays, origin = register
    day = 1825
    year = stays[(stays["ended"] <= day) & (stays["began"] >= day - 365)]
    spent = (year["ended"] - year["began"]).groupby(year["person"]).sum()
    inside = stays[(stays["began"] <= day) & (stays["ended"] > day)]
    spent = spent[~spent.index.isin(inside["person"])].sort_index()
    many = spent > spent.median()
    when = (origin + pd.Timedelta(days=day)).to_datetime64()
    frames = [
        pd.DataFrame({"person": pd.array(spent.index[which], dtype="string"), "date": when}).astype(
            {"date": "datetime64[us]"}
        )
        for which in (many, ~many)
    ]
    peer = rows_of(pe.mirror_image(stays, frames[0], comparator=frames[1], **WINDOW))
    assert peer.loc["difference_of_changes", "conf_high"] < 0
    assert abs(peer.loc["baseline_adjusted", "estimate"]) < abs(peer.loc["difference_of_changes", "estimate"]) / 4


def test_persons_without_a_whole_year_are_counted_by_reason(stays):
    first = pd.DataFrame(
        {
            "person": pd.array([*"abcde", "f", None], dtype="string"),
            "date": days("2018-01-01", "2018-03-02", "2018-12-31", "2017-06-01", "2016-01-01", None, "2018-01-01"),
        }
    )
    alive = [None] * 4
    persons = pd.DataFrame({"person": [*"bacdef"], "died": days("2018-08-01", "2019-01-05", *alive)})
    asked = {"data_start": date(2016, 12, 31), "data_end": date(2019, 6, 30)}
    found = pe.mirror_image(stays, first, persons=persons, **asked)
    assert dict(found.exclusions) == {
        "person_missing": 1, "first_contact_missing": 1, "died_in_followup": 1, "still_admitted": 1,
        "baseline_too_short": 1, "not_observed_yet": 1,
    }  # fmt: skip
    assert found.estimates["n"].tolist() == [1, 1, 0]
    late = pe.mirror_image(stays, first.iloc[[0]], data_start=date(2016, 1, 1), data_end=date(2018, 12, 31))
    assert late.estimates["n"].tolist() == [1, 1, 1]
    short = pe.mirror_image(stays, first.iloc[[0]], data_start=date(2016, 1, 1), data_end=date(2018, 12, 30))
    assert dict(short.exclusions) == {"followup_too_short": 1}
    assert short.estimates.empty


def test_mirror_images_that_cannot_be_drawn_are_refused(stays):
    first = pd.DataFrame({"person": ["a"], "date": days("2018-01-01")})
    with pytest.raises(DesignError, match="1 persons are in both groups"):
        pe.mirror_image(stays, first, comparator=first)
    with pytest.raises(InvalidValueError, match=r"0\.5 years"):
        pe.mirror_image(stays, first, years=0.5)
    with pytest.raises(ColumnError, match="person by person"):
        pe.mirror_image(stays, first.drop(columns="person"))
    with pytest.raises(DuplicateError):
        pe.mirror_image(stays, first, persons=pd.DataFrame({"person": ["a", "a"], "died": days(None, None)}))


# ---- release


def test_lengths_mirror_images_and_reach_leave_rounded(region):
    episodes = pe.episodes(region.contacts, joining=4)
    met = pd.DataFrame({"person": episodes["person"], "date": episodes["admitted"]}).iloc[::3]
    [lengths] = pe.release(pe.length_of_stay(episodes))
    quartiles = lengths.estimates[~lengths.estimates["withheld"]]
    assert quartiles["measure"].tolist() == ["stay_quartile_1", "stay_median", "stay_quartile_3"]
    assert (quartiles["estimate"] % 1 == 0).all()
    [mirror] = pe.release(pe.mirror_image(episodes, met, data_start=date(2017, 1, 1)))
    changes = mirror.estimates[~mirror.estimates["withheld"]]
    assert changes["term"].tolist() == ["naive", "index_excluded"]
    assert (changes[["estimate", "before", "after", "conf_low", "conf_high"]] % 1 == 0).all(axis=None)
    assert (changes["after"] - changes["before"] - changes["estimate"]).abs().max() <= 7.5
    assert not {"std_error", "df", "least_count"} & set(changes)
    [safe] = pe.release(pe.peer_reach(episodes, met))
    reach = safe.estimates.set_index("measure")["estimate"]
    assert reach.notna().all()
