"""Lengths of stay: small tables in, numbers out; what is refused and why; exposure without immortal time."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import (
    ColumnError,
    ConvergenceError,
    DesignError,
    ImpossibleDateError,
    InvalidValueError,
    MissingValueError,
)

END = date(2020, 3, 31)


def stays_of(rows, **columns):
    """Stays of persons a, b, c … from (admitted, discharged) days."""
    frame = pd.DataFrame(rows, columns=["admitted", "discharged"])
    frame = frame.apply(lambda column: pd.to_datetime(column).astype("datetime64[us]"))
    persons = [f"p{place}" for place in range(len(frame))]
    return frame.assign(person=pd.array(persons, dtype="string"), episode=1, n_contacts=1, **columns)


@pytest.fixture
def five():
    return stays_of(
        [
            ("2020-03-01 08:00", "2020-03-01 20:00"),
            ("2020-03-01 23:50", "2020-03-02 00:10"),
            ("2020-03-02 10:00", "2020-03-06 10:00"),
            ("2020-02-27 10:00", "2020-03-08 10:00"),
            ("2020-03-21 10:00", None),
        ]
    )


def of(found, measure):
    frame = found.estimates
    return frame.loc[frame["measure"] == measure, "estimate"].tolist()


@pytest.mark.parametrize("same_day", [0, 0.5, 1])
def test_a_stay_has_as_many_days_as_nights_and_a_same_day_stay_what_the_convention_says(five, same_day):
    found = pe.length_of_stay(five.iloc[:4], same_day=same_day)
    assert of(found, "stay_mean") == [(same_day + 1 + 4 + 10) / 4]
    assert found.settings["same_day"] == same_day
    assert f"counts {same_day:g} days" in found.method


def test_open_stays_are_censored_and_there_is_no_naive_mean(five):
    found = pe.length_of_stay(five, data_end=END)
    curve = found.estimates.query("measure == 'still_admitted'")
    # at day 10 the stay of ten days ends, and the open one has lasted ten days too
    assert curve[["time", "n"]].to_numpy().tolist() == [[1, 5], [4, 3], [10, 2]]
    assert curve["estimate"].tolist() == pytest.approx([3 / 5, 2 / 5, 1 / 5])
    assert not of(found, "stay_mean")
    assert of(found, "stay_median") == [4.0]


def test_a_stay_that_ends_after_the_data_is_open_and_one_that_begins_after_is_left_out(five):
    found = pe.length_of_stay(five, data_end=date(2020, 3, 5))
    assert found.settings["data"]["open"] == 2
    assert dict(found.exclusions) == {"admitted_after_end": 1}


def test_stays_that_were_open_at_the_start_enter_late(five):
    found = pe.length_of_stay(five, data_start=date(2020, 3, 2), data_end=END)
    curve = found.estimates.query("measure == 'still_admitted'")
    # the stay of 27 February had lasted 4 days: it is at risk from its fourth day on; the one that ended on the first day is not
    assert curve[["time", "n"]].to_numpy().tolist() == [[4, 3], [10, 2]]
    assert dict(found.exclusions) == {"ended_before_start": 2}
    assert "open at the start" in " ".join(found.assumptions)


def test_methods_that_need_the_ends_refuse_open_stays_unless_days_are_counted_up_to_tau(five):
    with pytest.raises(DesignError, match="1 of 5 stays are still open"):
        pe.length_of_stay(five, method="geometric", data_end=END)
    found = pe.length_of_stay(five, method="geometric", tau=10, data_end=END)
    assert of(found, "geometric_mean_stay") == [pytest.approx(np.exp(np.log([1, 1, 4, 10, 10]).mean()))]
    later = pe.length_of_stay(five, method="geometric", tau=20, data_end=END)
    assert dict(later.exclusions) == {"followup_too_short": 1}
    assert of(later, "geometric_mean_stay") == [pytest.approx(40**0.25)]


def test_a_discharge_cohort_is_only_given_on_request_and_named(five):
    found = pe.length_of_stay(five, cohort="discharges", data_start=date(2020, 3, 2), data_end=END)
    assert of(found, "stay_mean") == [pytest.approx((1 + 4 + 10) / 3)]
    assert dict(found.exclusions) == {"ended_before_start": 1, "still_admitted": 1}
    assert "those that ended" in found.method
    assert "Discharges stand for admissions" in " ".join(found.assumptions)


def test_a_restricted_mean_is_the_area_and_needs_a_day_that_is_reached(five):
    found = pe.length_of_stay(five, method="restricted-mean", tau=5, data_end=END)
    assert of(found, "restricted_mean_stay") == [pytest.approx(1 + 3 * 3 / 5 + 2 / 5)]
    with pytest.raises(DesignError, match="up to a day"):
        pe.length_of_stay(five, method="restricted-mean", data_end=END)
    with pytest.raises(DesignError, match="until day 30; the longest is followed for 10"):
        pe.length_of_stay(five, method="restricted-mean", tau=30, data_end=END)


def test_days_without_a_logarithm_and_half_days_without_a_count_are_refused(five):
    ended = five.iloc[:4]
    with pytest.raises(InvalidValueError, match="1 stays last 0 days"):
        pe.length_of_stay(ended, method="geometric", same_day=0)
    many = pd.concat([ended] * 8, ignore_index=True).assign(person=[f"p{place}" for place in range(32)])
    with pytest.raises(InvalidValueError, match="8 stays have half a day"):
        pe.length_of_stay(many, method="negative-binomial", same_day=0.5)
    with pytest.raises(DesignError, match="4 clusters"):
        pe.length_of_stay(ended, method="gamma")
    even = many.assign(admitted=pd.Timestamp("2020-03-01"), discharged=pd.Timestamp("2020-03-08"))
    with pytest.raises(ConvergenceError, match="no more than counts do by chance"):
        pe.length_of_stay(even, method="negative-binomial")


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({"method": "mean"}, InvalidValueError),
        ({"cohort": "all"}, InvalidValueError),
        ({"same_day": 2}, InvalidValueError),
        ({"tau": 30}, InvalidValueError),
        ({"covariates": ["unit"]}, InvalidValueError),
        ({"covariates": "unit", "method": "gamma"}, InvalidValueError),
        ({"by": "ward"}, ColumnError),
        ({"by": "met_peer"}, DesignError),
        ({"by": "unit", "reference": "C"}, InvalidValueError),
        ({"data_end": date(2999, 1, 1)}, ImpossibleDateError),
    ],
)
def test_what_the_method_does_not_know_is_refused(five, asked, kind):
    with pytest.raises(kind):
        pe.length_of_stay(five.assign(unit=list("AABBB")), **asked)


def test_no_stays_give_an_empty_result_with_settings(five):
    for method, tau in (("summary", None), ("gamma", 30), ("restricted-mean", 30)):
        found = pe.length_of_stay(five.iloc[:0], method=method, tau=tau, data_end=END)
        assert found.estimates.empty
        assert found.settings["method"] == method


@pytest.mark.parametrize("asked", [{}, {"method": "restricted-mean", "tau": 3}, {"method": "quantile"}])
def test_one_person_has_no_interval(five, asked):
    found = pe.length_of_stay(five.iloc[:4].assign(person="a", episode=[1, 2, 3, 4]), **asked).estimates
    assert found["estimate"].notna().all()
    assert found[["conf_low", "conf_high"]].isna().all(axis=None)


def test_too_few_units_give_no_interval(five):
    many = pd.concat([five.iloc[:4]] * 3, ignore_index=True).assign(person=[f"p{place}" for place in range(12)])
    for units, known in ((list("ABC") * 4, False), (list("ABCDEFGHIJKL"), True)):
        found = pe.length_of_stay(many.assign(unit=units), method="geometric", cluster="unit").estimates
        assert found[["std_error", "conf_low", "conf_high"]].notna().all(axis=None) == known


def test_groups_covariates_and_persons_that_are_not_known_are_counted(five):
    many = pd.concat([five.iloc[:4]] * 6, ignore_index=True)
    many = many.assign(
        person=[f"p{place}" for place in range(24)],
        unit=pd.array(["A", "B", None] * 8, dtype="string"),
        age=[30.0, 41.0, 50.0, 33.0, 27.0] * 4 + [30.0, 44.0, np.nan, 41.0],
        older=np.arange(24.0),
    )
    found = pe.length_of_stay(many, by="unit", method="geometric", covariates=["older", "age"])
    assert dict(found.exclusions) == {"covariate_missing": 1, "group_missing": 8}


def test_index_stays_and_tables_of_the_engine_give_what_episodes_give(region, region_stays, tmp_path):
    episodes = pe.episodes(region.contacts, joining="dk-30")
    path = tmp_path / "episodes.parquet"
    episodes.to_parquet(path)
    wanted = pe.length_of_stay(episodes, by="unit").estimates
    for given in (region_stays, path):
        assert pe.length_of_stay(given, by="unit").estimates.equals(wanted)


# ---- exposure


@pytest.fixture(scope="module")
def ward():
    """Stays that peers do not change: exponential with mean 18.6 days, contacts begin at random with mean 15.6 days."""
    rng = np.random.default_rng(20261122)
    n = 5000
    admitted = pd.Timestamp("2018-01-01") + pd.to_timedelta(rng.integers(0, 700 * 1440, n), unit="min")
    lasts, waits = rng.exponential(18.6, n), rng.exponential(15.6, n)
    stays = pd.DataFrame(
        {"admitted": admitted, "discharged": admitted + pd.to_timedelta(lasts * 1440 // 1, unit="min")}
    )
    stays = stays.astype("datetime64[us]").assign(person=[f"p{place}" for place in range(n)], episode=1, n_contacts=1)
    met = waits < lasts
    activities = pd.DataFrame({"person": stays["person"], "date": stays["admitted"] + pd.to_timedelta(waits, unit="D")})
    return stays, activities[met].assign(date=lambda frame: frame["date"].dt.floor("D").astype("datetime64[us]")), met


def test_recipients_stay_three_times_as_long_though_peers_change_nothing(ward):
    stays, _, met = ward
    found = pe.length_of_stay(stays.assign(recipient=met), by="recipient").estimates.query("measure == 'stay_mean'")
    none, some = found["estimate"]
    assert none == pytest.approx(9.0, abs=0.8)
    assert some == pytest.approx(27.1, abs=1.5)


def test_from_a_landmark_on_they_do_not(ward):
    stays, activities, _ = ward
    marked = pe.with_exposure(stays, activities=activities, landmark_days=7)
    found = pe.length_of_stay(marked, by="met_peer")
    none, some = found.estimates.query("measure == 'stay_mean'")["estimate"]
    # days are whole, so those who stay at least one more have half a day more than 18.6
    assert none == pytest.approx(19.1, abs=1.5)
    assert some == pytest.approx(19.1, abs=1.5)
    ratio = pe.length_of_stay(marked, by="met_peer", method="geometric").estimates.query("contrast == 'true / false'")
    assert ratio["conf_low"].item() < 1 < ratio["conf_high"].item()
    gone = (stays["discharged"].dt.floor("D") - stays["admitted"].dt.floor("D")).dt.days <= 7
    assert dict(found.exclusions) == {"left_before_landmark": int(gone.sum())}
    assert "landmark" in found.estimand


def test_recipients_against_non_recipients_is_refused_with_the_reason(ward):
    stays, activities, met = ward
    with pytest.raises(DesignError, match=r"immortal time.*landmark_days"):
        pe.with_exposure(stays, activities=activities)
    with pytest.raises(DesignError, match=r"immortal time.*rollout"):
        pe.length_of_stay(stays.assign(met_peer=met), by="met_peer")
    with pytest.raises(DesignError, match="immortal time"):
        pe.bed_days(stays.assign(met_peer=met), by="met_peer", start=date(2018, 1, 1), end=date(2018, 12, 31))


def test_a_landmark_counts_contacts_from_admission_to_its_end():
    stays = stays_of(
        [("2020-03-01", "2020-03-20"), ("2020-03-01", "2020-03-09"), ("2020-03-01", "2020-03-08"), ("2020-03-01", None)]
    )
    met = pd.DataFrame(
        {
            "person": ["p0", "p1", "p2", "p3"],
            "date": pd.to_datetime(["2020-02-29", "2020-03-08", "2020-03-02", "2020-03-09"]),
        }
    )
    found = pe.with_exposure(stays, activities=met, landmark_days=7)
    # before admission; on the last day; gone by the landmark; after it
    assert found["met_peer"].astype(object).tolist() == [False, True, pd.NA, False]
    lengths = pe.length_of_stay(found, by="met_peer", data_end=date(2020, 3, 5))
    assert dict(lengths.exclusions) == {"followup_too_short": 4}
    lengths = pe.length_of_stay(found, by="met_peer", data_end=END)
    curve = lengths.estimates.query("measure == 'still_admitted'")
    assert curve[["group", "time", "n"]].to_numpy().tolist() == [["false", 12, 2], ["true", 1, 1]]


def test_a_rollout_gives_exposure_by_unit_and_day():
    stays = stays_of(
        [
            ("2020-01-31", "2020-02-20"),
            ("2020-02-01", "2020-02-09"),
            ("2020-03-01", None),
            ("2020-02-10", None),
            ("2020-02-10", None),
        ],
        unit=pd.array(["A", "A", "A", "B", None], dtype="string"),
    )
    rollout = pd.DataFrame(
        {
            "unit": ["A", "A"],
            "peer_from": pd.to_datetime(["2020-02-01", "2020-02-03"]),
            "peer_to": pd.to_datetime(["2020-02-29", "2020-02-10"]),
        }
    )
    found = pe.with_exposure(stays, rollout=rollout)
    assert found["peer_unit"].astype(object).tolist() == [False, True, False, False, pd.NA]
    assert len(found) == len(stays)
    lengths = pe.length_of_stay(found, by="peer_unit", data_end=END)
    assert dict(lengths.exclusions) == {"group_missing": 1}
    assert "rule R8" in " ".join(lengths.assumptions)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "Neither"),
        ({"rollout": pd.DataFrame({"unit": ["A"], "peer_from": [pd.Timestamp("2020-01-01")]})}, "no column 'unit'"),
        ({"activities": pd.DataFrame({"date": [pd.Timestamp("2020-01-01")]}), "landmark_days": 7}, "nobody knows"),
        (
            {
                "activities": pd.DataFrame({"person": ["p0", None], "date": [pd.Timestamp("2020-01-01")] * 2}),
                "landmark_days": 7,
            },
            "empty in 1 rows",
        ),
        ({"landmark_days": 0}, "Neither"),
        (
            {
                "activities": pd.DataFrame({"person": ["p0"], "date": [pd.Timestamp("2020-01-01")]}),
                "landmark_days": 2.5,
            },
            "whole number",
        ),
    ],
)
def test_exposure_that_cannot_be_known_is_refused(five, asked, message):
    with pytest.raises(pe.PeerevalError, match=message):
        pe.with_exposure(five, **asked)
    with pytest.raises(ColumnError, match="already"):
        pe.with_exposure(
            five.assign(met_peer=True), landmark_days=7,
            activities=pd.DataFrame({"person": ["p0"], "date": [pd.Timestamp("2020-01-01")]}),
        )  # fmt: skip


def test_days_of_leave_are_subtracted_on_request():
    stays = pe.episodes(
        pd.DataFrame(
            {
                "person": list("abcde"),
                "admitted": pd.to_datetime(["2020-01-01"] * 5),
                "discharged": pd.to_datetime(["2020-01-11", "2020-01-21", "2020-01-11", "2020-01-02", None]),
                "leave_days": [2.0, 0.0, None, 3.0, 1.0],
            }
        ),
        joining=4,
    )
    whole = pe.length_of_stay(stays, data_end=date(2020, 2, 1))
    assert whole.estimates["n"].max() == 5
    without = pe.length_of_stay(stays, leave="subtracted", data_end=date(2020, 2, 1))
    assert without.exclusions == {"leave_impossible": 1, "leave_missing": 1}
    shares = without.estimates.query("measure == 'still_admitted' and time > 0")
    # 10 nights less 2, and 20 nights
    assert shares["time"].tolist() == [8.0, 20.0]
    assert without.settings["data"]["open"] == 1
    assert "Days of leave were subtracted" in without.method
    with pytest.raises(DesignError, match="when they were taken is not known"):
        pe.length_of_stay(stays, leave="subtracted", data_start=date(2020, 1, 1))
    with pytest.raises(ColumnError, match="no column 'leave_days'"):
        pe.length_of_stay(stays.drop(columns="leave_days"), leave="subtracted")


def test_a_rollout_and_activities_that_cannot_be_used_are_refused(five):
    stays = five.assign(unit="X")
    rollout = pd.DataFrame({"unit": ["X"], "peer_from": pd.to_datetime(["2020-02-01"])})
    with pytest.raises(MissingValueError, match="'unit' of the rollout is empty in 1 rows"):
        pe.with_exposure(stays, rollout=rollout.assign(unit=pd.array([None], dtype="string")))
    with pytest.raises(ImpossibleDateError, match="Peers leave before they come in 1 rows"):
        pe.with_exposure(stays, rollout=rollout.assign(peer_to=pd.to_datetime(["2020-01-01"])))
    met = pd.DataFrame({"person": ["p1"], "date": pd.Series([None], dtype="datetime64[us]")})
    with pytest.raises(MissingValueError, match="'date' of the activities is empty in 1 rows"):
        pe.with_exposure(stays, activities=met, landmark_days=7)
    reach = pe.peer_reach(stays[stays["discharged"].notna()], met)
    assert reach.exclusions == {"date_missing": 1}


def test_a_mirror_image_knows_of_everybody_whether_they_died(five):
    first = pd.DataFrame({"person": ["p0"], "date": pd.to_datetime(["2020-03-01"])})
    asked = {"data_start": date(2018, 1, 1), "data_end": date(2022, 1, 1)}
    others = pd.DataFrame({"person": ["p9"], "died": pd.Series([None], dtype="datetime64[us]")})
    with pytest.raises(MissingValueError, match="1 persons with a first contact are not in the table"):
        pe.mirror_image(five, first, persons=others, **asked)
    with pytest.raises(ColumnError, match="neither a column 'died' nor 'emigrated'"):
        pe.mirror_image(five, first, persons=others[["person"]], **asked)
