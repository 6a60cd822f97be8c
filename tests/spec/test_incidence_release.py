"""Released incidences of competing events: each point exact or withheld, by the words of the policy, cause by cause."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import peereval as pe
from peereval.estimation.competing_risks import cumulative_incidence
from peereval.results import Result

MEASURES = ("readmission_incidence", "death_incidence")
persons = st.lists(st.tuples(st.integers(0, 150), st.sampled_from([0, 1, 1, 2])), min_size=1, max_size=70)


def released(people):
    days = np.array(sorted({0} | {day for day, _ in people}))
    counts = np.array([[sum(each == (day, kind) for each in people) for kind in range(3)] for day in days])
    found = cumulative_incidence(days, counts[:, 1:], counts[:, 0])
    frame = found.assign(measure=found["cause"].map(dict(enumerate(MEASURES))), group="all").drop(
        columns=["cause", "std_error"]
    )
    result = Result(
        kind="incidence", title="A curve.", claim="description", method="Counted.", estimates=frame,
        columns={"n_events": "", "n_censored": ""},
    )  # fmt: skip
    [safe] = pe.release(result)
    return safe.estimates


def incidence(people, kind, until):
    """Day by day: the share still without any event times the share of those at risk with this one."""
    share, free = 0.0, 1.0
    for day in range(until + 1):
        at_risk = sum(1 for waited, _ in people if waited >= day)
        if at_risk:
            share += free * sum(each == (day, kind) for each in people) / at_risk
            free *= 1 - sum(1 for waited, other in people if waited == day and other) / at_risk
    return share


@settings(max_examples=10)
@given(people=persons)
def test_a_released_incidence_is_exact_where_it_is_shown(people):
    rows = released(people)
    assert not {"n_events", "n_censored"} & set(rows.columns)
    for kind, measure in enumerate(MEASURES, start=1):
        last = 0
        for row in rows[rows["measure"] == measure].to_dict("records"):
            events = sum(1 for waited, other in people if other == kind and waited <= row["time"])
            few = 0 < events - last < 5
            if row["withheld"]:
                assert pd.isna(row["estimate"])
                assert pd.isna(row["n"])
            else:
                left = sum(
                    waited > row["time"] or (waited == row["time"] and other != kind) for waited, other in people
                )
                assert not few
                assert left >= 5
                assert row["estimate"] == pytest.approx(incidence(people, kind, row["time"]), abs=0.005001)
                last = events


def test_a_few_deaths_stay_hidden_until_they_are_five():
    people = [(10, 1)] * 6 + [(20, 2)] * 2 + [(50, 2)] * 3 + [(100, 0)] * 20
    rows = released(people)
    death = rows[rows["measure"] == "death_incidence"]
    assert death["withheld"].tolist() == [False, True, False, False]
    readmission = rows[rows["measure"] == "readmission_incidence"]
    # the incidence of one event tells of the other, so a point of both or of none is shown
    assert readmission["withheld"].tolist() == [False, True, False, False]
    assert readmission["estimate"].fillna(-1).tolist() == [0.0, -1, 0.19, 0.19]
