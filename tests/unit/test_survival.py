"""Rates and curves: groups, persons counted once or many times, what is left out and refused."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

import peereval as pe
from peereval.errors import ColumnError, DesignError
from peereval.estimation.proportions import wilson_interval

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")


@pytest.fixture
def stays(table):
    """Four persons; a comes back after 10 days, b after 40, c never, d dies in hospital."""
    contacts = table("""
        person | admitted         | discharged       | acute | specialty   | unit | discharged_to
        a      | 2020-01-01 10:00 | 2020-01-10 10:00 | yes   | psychiatric | W1   | home
        a      | 2020-01-20 10:00 | 2020-01-25 10:00 | yes   | psychiatric | W2   | home
        b      | 2020-01-01 10:00 | 2020-01-10 10:00 | yes   | psychiatric | W1   | home
        b      | 2020-02-19 10:00 | 2020-02-25 10:00 | yes   | psychiatric | W1   | home
        c      | 2020-01-01 10:00 | 2020-01-10 10:00 | yes   | psychiatric | W2   | home
        d      | 2020-01-01 10:00 | 2020-01-10 10:00 | yes   | psychiatric | W2   | died
        """)
    return pe.readmissions(contacts, definition="dk-30", followup_end=datetime(2020, 12, 31))


def test_rates_by_unit_and_of_all(stays, as_text, table):
    found = pe.readmission_rate(stays, by="unit").estimates
    assert as_text(found[["group", "numerator", "denominator", "n_persons"]]) == as_text(
        table("""
        group | numerator | denominator | n_persons
        W1    | 1         | 3           | 2
        W2    | 0         | 3           | 3
        all   | 1         | 6           | 4
        """)
    )


def test_a_curve_follows_each_person_once(stays):
    found = pe.time_to_readmission(stays)
    rows = found.estimates
    assert rows[["time", "n", "n_events"]].to_numpy().tolist() == [[0, 3, 0], [10, 3, 1], [40, 2, 1], [355, 1, 0]]
    assert rows["estimate"].tolist() == pytest.approx([1.0, 2 / 3, 1 / 3, 1 / 3])
    assert dict(found.exclusions) == {"died_in_stay": 1, "not_first_index_stay": 2}


def test_the_horizon_ends_the_curve_and_keeps_those_at_risk(stays):
    rows = pe.time_to_readmission(stays, horizon=30).estimates
    assert rows[["time", "n", "n_events", "n_censored"]].to_numpy().tolist() == [
        [0, 3, 0, 0],
        [10, 3, 1, 0],
        [30, 2, 0, 2],
    ]


def test_part_of_a_day_counts_as_that_day(table):
    contacts = table("""
        person | admitted         | discharged       | acute | specialty
        a      | 2020-01-01 10:00 | 2020-01-10 10:00 | yes   | psychiatric
        a      | 2020-01-12 16:00 | 2020-01-25 10:00 | yes   | psychiatric
        b      | 2020-01-01 10:00 | 2020-01-10 10:00 | yes   | psychiatric
        """)
    found = pe.readmissions(contacts, followup_end=datetime(2020, 1, 25, 22, 0))
    assert pe.time_to_readmission(found).estimates["time"].tolist() == [0, 3, 15]


def test_the_last_incomplete_day_of_follow_up_does_not_count(table):
    """Followed for 15.5 days: a is back after 15.25, on day 16, which b and c, censored on day 15, could not reach."""
    contacts = table("""
        person | admitted         | discharged       | acute | specialty
        a      | 2020-01-01 10:00 | 2020-01-10 10:00 | yes   | psychiatric
        a      | 2020-01-25 16:00 | 2020-01-25 22:00 | yes   | psychiatric
        b      | 2020-01-01 10:00 | 2020-01-10 10:00 | yes   | psychiatric
        c      | 2020-01-01 10:00 | 2020-01-10 10:00 | yes   | psychiatric
        c      | 2020-01-12 16:00 | 2020-01-20 10:00 | yes   | psychiatric
        """)
    contacts.loc[1, "discharged"] = None
    rows = pe.time_to_readmission(pe.readmissions(contacts, followup_end=datetime(2020, 1, 25, 22, 0))).estimates
    assert rows[["time", "n", "n_events", "n_censored"]].to_numpy().tolist() == [
        [0, 3, 0, 0],
        [3, 3, 1, 0],
        [15, 2, 0, 2],
    ]
    assert rows["estimate"].tolist() == pytest.approx([1.0, 2 / 3, 2 / 3])


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (pd.array([False, True, None], dtype="boolean"), ["false", "true", "unknown"]),
        (pd.array([1, 2, None], dtype="Int64"), ["1", "2", "unknown"]),
    ],
    ids=["flags", "integers"],
)
def test_groups_may_be_flags_or_integers(stays, values, labels):
    grouped = stays.assign(kind=values.repeat(2))
    assert pe.readmission_rate(grouped, by="kind").estimates["group"].tolist() == [*labels, "all"]
    assert set(pe.time_to_readmission(grouped, by="kind").estimates["group"]) <= set(labels)
    assert pe.readmission_rate(stays, by="eligible").estimates["group"].tolist() == ["true", "all"]


@pytest.mark.parametrize("as_table", [False, True], ids=["frame", "table"])
def test_a_stay_without_an_outcome_is_counted_and_not_taken_as_not_readmitted(stays, as_table):
    import ibis
    import pyarrow as pa

    without = stays.copy()
    without.loc[[0, 4], ["readmitted", "event"]] = None
    without.loc[2, "days_to_readmission"] = None
    without.loc[5, "eligible"] = False
    if as_table:
        columns = pa.Table.from_pandas(without, preserve_index=False)
        at = columns.schema.get_field_index("days_to_readmission")
        nan = pa.array(without["days_to_readmission"].to_numpy(), from_pandas=False)
        without = ibis.memtable(columns.set_column(at, "days_to_readmission", nan))
    rate = pe.readmission_rate(without)
    assert rate.estimates[["numerator", "denominator"]].to_numpy().tolist() == [[0, 3]]
    assert dict(rate.exclusions) == {"outcome_missing": 3}
    curve = pe.time_to_readmission(without)
    assert dict(curve.exclusions) == {"died_in_stay": 1, "outcome_missing": 3}
    assert curve.estimates["n"].iloc[0] == 2


def test_many_stays_of_one_person_are_worth_one(stays):
    one = stays[stays["person"] == "b"]
    found = pe.readmission_rate(one).estimates.iloc[0]
    assert (found["n_persons"], found["denominator"], found["design_effect"]) == (1, 2, 2.0)
    low, high = wilson_interval(0, 1)
    assert (found["conf_low"], found["conf_high"]) == pytest.approx((low, high))


def test_stays_of_two_definitions_make_no_rate(stays):
    mixed = stays.assign(definition=["dk-30"] * 3 + ["se-28"] * 3)
    with pytest.raises(DesignError, match=r"by 2 definitions \(dk-30, se-28\)"):
        pe.readmission_rate(mixed)


def test_a_group_that_is_not_there(stays):
    with pytest.raises(ColumnError, match=r"no column 'units' to group by. Did you mean 'unit'\?"):
        pe.readmission_rate(stays, by="units")


def test_the_definition_is_printed_with_the_result(stays):
    for found in (pe.readmission_rate(stays), pe.time_to_readmission(stays)):
        assert found.settings["definition"] == "dk-30 1.0.1"
        assert any("Not verified at the source of dk-30" in text for text in found.assumptions)
        assert found.claim == "description"
    assert "at most 4 hours apart" in pe.readmission_rate(stays).method


def test_an_engine_table_gives_the_same_as_a_frame(stays):
    import ibis
    import pyarrow as pa

    there = ibis.memtable(pa.Table.from_pandas(stays, preserve_index=False))
    for analysis in (pe.readmission_rate, pe.time_to_readmission):
        first, second = (analysis(source, by="unit").estimates for source in (stays, there))
        assert first.equals(second)
