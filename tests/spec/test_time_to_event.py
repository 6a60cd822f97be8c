"""Time to readmission: deaths, whole days, ties, groups of nobody, one person, and what is refused."""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.admissions.engine import as_table
from peereval.admissions.followed import read_index
from peereval.admissions.recurrence import out_of_hospital
from peereval.admissions.survival import readmitted_by
from peereval.contracts import INDEX_STAYS
from peereval.errors import ColumnError, ConvergenceError, DesignError, InvalidValueError

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")
END = datetime(2020, 12, 31)


def index_frame(rows, **columns):
    """Index stays of as many persons, from (group, event, day)."""
    frame = pd.DataFrame(rows, columns=["unit", "event", "followup_days"]).astype({"followup_days": float})
    n = len(frame)
    times = pd.Series(pd.Timestamp("2020-01-10"), index=frame.index).astype("datetime64[us]")
    return frame.assign(
        person=[f"p{number}" for number in range(n)], episode=1, n_contacts=1, admitted=times, discharged=times,
        definition="dk-30", followup_end=pd.NaT, eligible=True, readmitted=frame["event"] == "readmitted",
        reason=pd.array([None] * n, dtype="string"),
        days_to_readmission=frame["followup_days"].where(frame["event"] == "readmitted"), **columns,
    ).astype({"followup_end": "datetime64[us]"})  # fmt: skip


@pytest.fixture(scope="module")
def mixed():
    """Two groups with readmissions and deaths on the same days."""
    a = [("A", "readmitted", 5), ("A", "died", 5), ("A", "readmitted", 9), ("A", "censored", 9), ("A", "censored", 30)]
    b = [
        ("B", "died", 5),
        ("B", "censored", 12),
        ("B", "readmitted", 12),
        ("B", "censored", 40),
        (None, "readmitted", 3),
    ]
    return index_frame(a + b)


def test_readmissions_and_deaths_of_a_day_meet_the_same_persons(mixed, as_text, table):
    rows = pe.time_to_readmission(mixed, by="unit", horizon=30).estimates
    shown = rows[rows["group"] == "A"][["measure", "time", "estimate", "n", "n_events", "n_censored"]]
    # by hand: 1 of 5 each on day 5, then 3/5 x 1/3 on day 9
    assert as_text(shown.round(3)) == as_text(
        table("""
        measure               | time | estimate | n | n_events | n_censored
        readmission_incidence | 0    | 0.0      | 5 | 0        | 0
        readmission_incidence | 5    | 0.2      | 5 | 1        | 0
        readmission_incidence | 9    | 0.4      | 3 | 1        | 1
        readmission_incidence | 30   | 0.4      | 1 | 0        | 1
        death_incidence       | 0    | 0.0      | 5 | 0        | 0
        death_incidence       | 5    | 0.2      | 5 | 1        | 0
        death_incidence       | 9    | 0.2      | 3 | 0        | 1
        death_incidence       | 30   | 0.2      | 1 | 0        | 1
        """)
    )


def test_incidences_and_those_left_add_up(mixed):
    rows = pe.time_to_readmission(mixed.assign(unit="all of them")).estimates
    wide = rows.pivot(index="time", columns="measure", values="estimate")
    free = pe.time_to_readmission(
        mixed.assign(
            event=mixed["event"].replace({"died": "readmitted"}),
            days_to_readmission=mixed["followup_days"].where(mixed["event"] != "censored"),
        )
    ).estimates.set_index("time")["estimate"]
    assert (1 - wide.sum(axis=1)).tolist() == pytest.approx(free.tolist())


def test_without_deaths_the_incidence_is_one_minus_kaplan_meier(mixed):
    alive = mixed.assign(event=mixed["event"].replace({"died": "censored"}))
    curve = pe.time_to_readmission(alive).estimates
    incidence = pe.time_to_readmission(alive, method="aalen-johansen").estimates
    mine = incidence[incidence["measure"] == "readmission_incidence"]
    assert (1 - mine["estimate"]).tolist() == pytest.approx(curve["estimate"].tolist())
    assert pe.time_to_readmission(alive).kind == "survival"


@pytest.fixture(scope="module")
def last_day():
    """Contacts, and persons of whom one comes back and dies on the same day, one dies only, one leaves the country."""
    contacts = pd.DataFrame(
        [("a", "2020-03-01 10:00", "2020-03-05 06:00"), ("a", "2020-03-15 09:00", "2020-03-15 22:00"),
         ("b", "2020-03-01 10:00", "2020-03-05 06:00"), ("c", "2020-03-01 10:00", "2020-03-05 06:00"),
         ("d", "2020-03-01 10:00", "2020-03-05 06:00")],
        columns=["person", "admitted", "discharged"],
    )  # fmt: skip
    contacts = contacts.assign(acute=True, specialty="psychiatric", unit="W1")
    contacts[["admitted", "discharged"]] = contacts[["admitted", "discharged"]].astype("datetime64[us]")
    persons = pd.DataFrame({"person": list("abcd"), "died": pd.to_datetime(["2020-03-15", "2020-03-15", None, None]),
                            "emigrated": pd.to_datetime([None, None, "2020-03-15", None])})  # fmt: skip
    return contacts, persons


def test_a_readmission_on_the_day_of_death_is_seen(last_day):
    contacts, persons = last_day
    stays = pe.readmissions(contacts, followup_end=END, persons=persons)
    found = pe.time_to_readmission(stays)
    rows = found.estimates.query("time > 0")[["measure", "time", "n", "n_events", "n_censored"]]
    # a comes back 10.1 days after discharge, on the day on which b dies and c leaves, 10.7 days after
    assert rows.to_numpy().tolist()[:3] == [
        ["readmission_incidence", 10, 4, 0, 1],
        ["readmission_incidence", 11, 2, 1, 0],
        ["readmission_incidence", 300, 1, 0, 1],
    ]
    assert rows[rows["measure"] == "death_incidence"]["n_events"].tolist() == [1, 0, 0]
    assert found.kind == "incidence"
    seen = out_of_hospital(read_index(stays), None)
    assert seen.persons[["last", "died"]].to_numpy().tolist() == [[11, True], [10, True], [10, False], [300, False]]
    assert seen.intervals["event"].tolist() == [True, False, False, False]


def test_definitions_are_compared_by_incidence_where_deaths_are_known(mixed):
    dead, alive = (as_table(each, INDEX_STAYS) for each in (mixed, mixed.replace({"event": {"died": "censored"}})))
    # by hand: one of ten on day 3, one of nine on day 5 and two gone by death, then one of six and one of four
    assert readmitted_by(dead, 12)["estimate"] == pytest.approx(1 / 10 + 9 / 10 / 9 + 0.6 / 6 + 0.5 / 4)
    assert readmitted_by(alive, 12)["estimate"] == pytest.approx(1 - 9 / 10 * 8 / 9 * 5 / 6 * 3 / 4)
    assert readmitted_by(dead, 12)["n"] == readmitted_by(alive, 12)["n"] == 10


def test_kaplan_meier_is_refused_where_deaths_are_known(mixed):
    with pytest.raises(DesignError, match="Deaths after discharge are known"):
        pe.time_to_readmission(mixed, method="kaplan-meier")


def test_groups_that_are_not_known_are_not_compared(mixed):
    found = pe.compare_curves(mixed, by="unit", horizon=30)
    assert dict(found.exclusions) == {"group_missing": 1}
    assert sorted(found.estimates["group"].dropna().unique()) == ["A", "B"]
    assert found.estimates["p_value"].dropna().between(0, 1).all()
    with pytest.raises(DesignError, match="There are 1 groups of 'unit'"):
        pe.compare_curves(mixed[mixed["unit"] == "A"], by="unit")
    with pytest.raises(InvalidValueError, match="no test 'wilcoxon'"):
        pe.compare_curves(mixed, by="unit", method="wilcoxon")
    with pytest.raises(InvalidValueError, match="horizon is 0"):
        pe.compare_curves(mixed, by="unit", horizon=0)


def test_a_test_without_any_event_is_empty():
    nobody = index_frame([("A", "censored", 20), ("B", "censored", 20), ("B", "died", 3)])
    rows = pe.compare_curves(nobody, by="unit").estimates.query("measure == 'gray_test'")
    assert rows["p_value"].isna().tolist() == [True, False]


def test_means_add_up_to_the_horizon_and_nothing_that_happened_has_no_interval(mixed):
    found = pe.restricted_mean(mixed.assign(unit=mixed["unit"].fillna("B")), by="unit", horizon=20)
    means = found.estimates[found.estimates["contrast"].isna()]
    assert means.groupby("group")["estimate"].sum().tolist() == pytest.approx([20, 20])
    # by hand: A has 5 days of all, 4 of 3/5, 11 of 2/5
    assert means["estimate"].iloc[0] == pytest.approx(5 + 4 * 3 / 5 + 11 * 2 / 5)
    early = pe.restricted_mean(mixed.assign(unit="all of them"), horizon=4).estimates.set_index("measure")
    assert early.loc["death_time_lost", ["estimate", "conf_low", "conf_high"]].isna().tolist() == [False, True, True]


def test_a_horizon_that_nobody_reached_is_refused(mixed):
    with pytest.raises(DesignError, match="In the group 'A' nobody was followed beyond day 30; the horizon is day 35"):
        pe.restricted_mean(mixed, by="unit", horizon=35)
    with pytest.raises(InvalidValueError, match="no group 'C'"):
        pe.restricted_mean(mixed, by="unit", horizon=20, reference="C")


def test_one_person_and_nobody_give_results():
    one, none = (index_frame([("A", "readmitted", 5)][:n]) for n in (1, 0))
    assert pe.restricted_mean(one, horizon=10).estimates["estimate"].tolist() == [5.0]
    assert pe.recurrent_readmissions(one).estimates["time"].tolist() == [0]
    none = none.astype({"unit": "string", "event": "string", "definition": "string", "person": "string"})
    for analysis in (pe.time_to_readmission, pe.recurrent_readmissions):
        assert analysis(none).estimates.empty
    assert pe.restricted_mean(none, horizon=10).estimates.empty


def hazard_frame(n=60):
    numbers = np.arange(n)
    rows = [("A" if i % 2 else "B", ["readmitted", "died", "censored"][i % 3], 1 + i * 7 % 23) for i in numbers]
    return index_frame(rows, age=40.0 + numbers * 13 % 17, constant=1.0, same=80.0 + 2 * (numbers * 13 % 17))


def test_what_a_model_cannot_take_is_refused():
    frame = hazard_frame()
    cases = [
        (ColumnError, "no column 'agee'", {"covariates": ["agee"]}),
        (InvalidValueError, "expected one or more columns", {"covariates": "age"}),
        (InvalidValueError, "'coxph' is none of cox", {"covariates": ["age"], "method": "coxph"}),
        (InvalidValueError, "death happens once", {"covariates": ["age"], "method": "andersen-gill", "stays": "first"}),
        (DesignError, "'constant' has one value only", {"covariates": ["constant"]}),
        (DesignError, "at least one follows from the others", {"covariates": ["age", "same"]}),
        (DesignError, "There are 2 clusters of 'unit'", {"covariates": ["age"], "cluster": "unit"}),
        (DesignError, "nobody was readmitted", {"covariates": ["age"], "horizon": 0.5}),
    ]
    for kind, message, asked in cases:
        with pytest.raises(kind, match=message):
            pe.hazard_ratios(frame, **asked)
    foretold = frame.assign(unit=frame["event"])
    with pytest.raises(ConvergenceError, match="no largest value"):
        pe.hazard_ratios(foretold, covariates=["unit"])


def test_missing_covariates_and_units_are_counted():
    frame = hazard_frame()
    frame.loc[[2, 5, 7], "age"] = np.nan
    frame["house"] = [f"h{number % 25}" for number in range(len(frame))]
    frame.loc[[7, 9], "house"] = None
    found = pe.hazard_ratios(frame, covariates=["age", "unit"], cluster="house")
    assert dict(found.exclusions) == {"covariate_missing": 3, "unit_missing": 1}
    assert found.estimates[["term", "contrast"]].fillna("").to_numpy().tolist()[:2] == [["age", ""], ["unit", "B / A"]]
    assert set(found.estimates["n"]) == {56}


def test_each_row_its_own_cluster_is_the_sum_of_rows_of_a_cluster():
    """Twins in one cluster have double the robust variance of their half, as a naive sandwich has."""
    frame = hazard_frame()
    twins = pd.concat([frame, frame.assign(person=frame["person"] + "b")], ignore_index=True)
    twins["pair"] = twins["person"].str.rstrip("b")
    for method in ("cox", "fine-gray"):
        alone, together = (
            pe.hazard_ratios(twins, covariates=["age"], method=method, cluster=each).estimates.iloc[0]
            for each in ("person", "pair")
        )
        assert together["estimate"] == pytest.approx(alone["estimate"])
        assert together["std_error"] == pytest.approx(alone["std_error"] * 2**0.5)


def test_recurrent_readmissions_need_every_discharge():
    with pytest.raises(DesignError, match="By no-30 only some discharges are index stays"):
        pe.recurrent_readmissions(index_frame([("A", "censored", 5)]).assign(definition="no-30"))


@pytest.fixture(scope="module")
def eventful():
    """Persons with many short stays, some of them no index stays, some deaths in and out of hospital."""
    rng = np.random.default_rng(7)
    rows, persons = [], []
    for number in range(150):
        now, died = pd.Timestamp("2020-02-01") + pd.Timedelta(hours=int(rng.integers(0, 999))), None
        for _ in range(rng.integers(1, 9)):
            out = now + pd.Timedelta(hours=float(rng.choice([1.5, 13, 30, 100])))
            rows.append(
                (f"p{number:03}", now, out, rng.random() < 0.8, rng.choice(["psychiatric", "somatic"], p=[0.9, 0.1]))
            )
            now = out + pd.Timedelta(hours=float(rng.choice([4.5, 7.25, 20, 200])))
        if rng.random() < 0.3:
            died = (rows[-1][2] + pd.Timedelta(days=int(rng.integers(0, 40)))).normalize()
        persons.append((f"p{number:03}", died))
    contacts = pd.DataFrame(rows, columns=["person", "admitted", "discharged", "acute", "specialty"]).assign(unit="W1")
    contacts["discharged_to"] = np.where(rng.random(len(contacts)) < 0.02, "died", "home")
    last = ~contacts.duplicated("person", keep="last")
    contacts.loc[~last, "discharged_to"] = "home"
    contacts[["admitted", "discharged"]] = contacts[["admitted", "discharged"]].astype("datetime64[us]")
    return contacts, pd.DataFrame(persons, columns=["person", "died"]).astype({"died": "datetime64[us]"})


def day_of(moment, zero):
    return (moment - zero).total_seconds() // 1 / 86400


def followed_until(rows, index, zero):
    """The last day of a person, and whether death made it the last."""
    until = max(day_of(row["discharged"], zero) + row["followup_days"] for row in index)
    died_in = [day_of(row["discharged"], zero) for row in rows if row["discharged_to"] == "died"]
    return (died_in[0], True) if died_in else (until, any(row["event"] == "died" for row in index))


def naive(rows, data_end):
    """Intervals at risk and the end of follow-up of one person, stay by stay."""
    index = [row for row in rows if isinstance(row["event"], str) and row["discharged_to"] != "died"]
    zero = index[0]["discharged"]
    until, died = followed_until(rows, index, zero)
    found, reached, anchor, back = [], 0, None, False
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        if row in index:
            anchor, back = row, False
        if anchor is None or back or pd.isna(row["discharged"]):
            continue
        start = max(math.floor(day_of(row["discharged"], zero)), reached)
        if following is None:
            found.append((start, max(start, math.floor(until)), False))
            continue
        gap = day_of(following["admitted"], zero) - day_of(anchor["discharged"], zero)
        back = anchor["event"] == "readmitted" and abs(gap - anchor["days_to_readmission"]) < 1e-5
        reached = max(math.ceil(day_of(following["admitted"], zero)), start + back)
        found.append((start, reached, back))
    limit = max(math.floor(until), math.floor(day_of(data_end, zero)))
    last = max([math.floor(until), *(stop for _, stop, back in found if back and stop <= limit)])
    inside = [
        (start, min(stop, last), back and stop <= limit) for start, stop, back in found if min(stop, last) > start
    ]
    return inside, (last, died)


@pytest.mark.parametrize("known", [True, False], ids=["with deaths", "without"])
def test_time_at_risk_is_that_of_a_plain_loop(eventful, known):
    contacts, persons = eventful
    end = datetime(2020, 5, 20, 13, 0)
    stays = pe.readmissions(contacts, followup_end=end, persons=persons if known else None)
    seen = out_of_hospital(read_index(stays), None)
    rows = {person: mine.to_dict("records") for person, mine in stays.groupby("person", sort=True)}
    told = [naive(rows[person], end) for person in seen.persons["person"]]
    intervals = seen.intervals[["start", "stop", "event"]].itertuples(index=False, name=None)
    assert list(intervals) == [interval for mine, _ in told for interval in mine]
    assert list(seen.persons[["last", "died"]].itertuples(index=False, name=None)) == [end for _, end in told]
    assert sum(seen.intervals["event"]) > 200
    assert (seen.intervals.groupby("who")["event"].sum() > 1).any()
