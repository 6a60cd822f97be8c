"""Bed days, reach, rates and mirror images against naive implementations that look at every single day."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import peereval as pe

START, LENGTH = date(2020, 2, 20), 60
few = settings(max_examples=2)
seeds = st.integers(0, 2**32 - 1)


def days_after(start, rng, low, high):
    return start + timedelta(days=int(rng.integers(low, high + 1)))


def histories(rng, persons=30):
    """Stays of persons, one after the other, some on one day, the last perhaps still open."""
    rows = []
    for person in range(persons):
        day = days_after(START, rng, -20, 20)
        for number in range(rng.integers(0, 5)):
            end = days_after(day, rng, 0, 15) if rng.random() < 0.8 else day
            rows.append([f"p{person}", number + 1, day, end, "AB"[rng.integers(2)]])
            day = days_after(end, rng, 1, 20)
        if rows and rows[-1][0] == f"p{person}" and rng.random() < 0.3:
            rows[-1][3] = None
    return rows


def frame_of(rows):
    frame = pd.DataFrame(rows, columns=["person", "episode", "admitted", "discharged", "unit"])
    times = {name: pd.to_datetime(frame[name]).astype("datetime64[us]") for name in ("admitted", "discharged")}
    texts = {name: frame[name].astype("string") for name in ("person", "unit")}
    return frame.assign(**times, **texts, episode=frame["episode"].astype("int64"), n_contacts=1)


def days_spent(row, same_day, last):
    """The days on which the nights of a stay begin, each with its weight."""
    _, _, began, ended, _ = row
    if ended == began:
        return {began: same_day}
    until = ended or last + timedelta(days=1)
    return {began + timedelta(days=number): 1.0 for number in range(max((until - began).days, 0))}


@few
@given(seeds, st.integers(0, 50), st.integers(0, 40), st.sampled_from([0, 0.5, 1]))
def test_bed_days_are_those_counted_day_by_day(seed, offset, more, same_day):
    rng = np.random.default_rng(seed)
    rows, first = histories(rng), START + timedelta(days=offset)
    last = first + timedelta(days=more)
    persons = sorted({row[0] for row in rows} | {"nobody"})
    # nobody is admitted after death
    latest = {name: max(((row[2] - START).days for row in rows if row[0] == name), default=0) for name in persons}
    died = {name: max(int(rng.integers(60, 130)), latest[name]) if rng.random() < 0.3 else None for name in persons}
    table = pd.DataFrame(
        {
            "person": pd.array(persons, dtype="string"),
            "died": pd.to_datetime([START + timedelta(days=died[name]) if died[name] else None for name in persons]),
        }
    ).astype({"died": "datetime64[us]"})
    found = pe.bed_days(frame_of(rows), start=first, end=last, persons=table, same_day=same_day).estimates
    alive = {
        name: [day for day in (first + timedelta(days=n) for n in range(more + 1))
               if not died[name] or day <= START + timedelta(days=died[name])]
        for name in persons
    }  # fmt: skip
    spent = sum(
        weight for row in rows for day, weight in days_spent(row, same_day, last).items() if day in set(alive[row[0]])
    )
    there = sum(len(days) for days in alive.values())
    bed = found[found["measure"] == "bed_days_per_person_year"]
    if not there:
        assert bed.empty
        return
    assert bed["numerator"].item() == spent
    assert bed["denominator"].item() == pytest.approx(there / 365.25)
    assert bed["n_persons"].item() == sum(bool(days) for days in alive.values())


@few
@given(seeds)
def test_reach_and_dose_are_those_counted_stay_by_stay(seed):
    rng = np.random.default_rng(seed)
    rows = histories(rng)
    said = [(f"p{rng.integers(40)}", days_after(START, rng, -20, 60), int(rng.integers(5, 60))) for _ in range(150)]
    activities = pd.DataFrame(said, columns=["person", "date", "minutes"]).astype(
        {"person": "string", "minutes": float}
    )
    activities["date"] = pd.to_datetime(activities["date"]).astype("datetime64[us]")
    found = pe.peer_reach(frame_of(rows), activities, by="unit")
    per_stay, outside = Counter(), 0
    minutes = Counter()
    for person, day, length in said:
        mine = [row for row in rows if row[0] == person and row[2] <= day and row[3] is not None and day <= row[3]]
        if not mine:
            outside += 1
            continue
        stay = max(mine, key=lambda row: row[2])
        per_stay[stay[0], stay[1]] += 1
        minutes[stay[0], stay[1]] += length
    ended = [row for row in rows if row[3] is not None]
    assert found.exclusions.get("activity_outside_stay", 0) == outside
    assert found.exclusions.get("still_admitted", 0) == len(rows) - len(ended)
    for group in ("A", "B", "all"):
        stays = [(row[0], row[1]) for row in ended if group in (row[4], "all")]
        mine = found.estimates[found.estimates["group"] == group].set_index("measure")
        if not stays:
            assert mine.empty
            continue
        assert mine.loc["peer_reach", "numerator"] == sum(per_stay[stay] > 0 for stay in stays)
        assert mine.loc["peer_contacts_per_stay", "numerator"] == sum(per_stay[stay] for stay in stays)
        assert mine.loc["peer_minutes_per_stay", "numerator"] == sum(minutes[stay] for stay in stays)
        assert (mine["denominator"] == len(stays)).all()


@few
@given(seeds, st.sampled_from([None, "month", "quarter"]))
def test_rates_are_events_over_the_days_of_their_period(seed, period):
    rng = np.random.default_rng(seed)
    rows, last = histories(rng), START + timedelta(days=LENGTH)
    said = [
        (f"p{rng.integers(35)}", days_after(START, rng, -5, LENGTH + 5), "AB"[rng.integers(2)])
        for _ in range(rng.integers(0, 60))
    ]
    events = pd.DataFrame(said, columns=["person", "date", "unit"]).astype({"person": "string", "unit": "string"})
    events = events.assign(date=pd.to_datetime(events["date"]).astype("datetime64[us]"), kind="restraint")
    found = pe.event_rate(events, frame_of(rows), by="unit", period=period, start=START, end=last)

    def name(day):
        month = {None: 1, "month": day.month, "quarter": day.month - (day.month - 1) % 3}[period]
        return f"{day.year}-{month:02d}-01" if period else ""

    spent, happened, outside = Counter(), Counter(), 0
    for row in rows:
        for day, weight in days_spent(row, 1, last).items():
            if START <= day <= last:
                spent[row[4], name(day)] += weight
    for _, day, unit in said:
        if START <= day <= last:
            happened[unit, name(day)] += 1
        else:
            outside += 1
    assert found.exclusions.get("event_outside_window", 0) == outside
    frame = found.estimates[found.estimates["group"] != "all"]
    got = {
        (row["group"], row.get("time", "")): (row["numerator"], row["denominator"]) for row in frame.to_dict("records")
    }
    assert got == {key: (happened[key], spent[key]) for key in {**spent, **happened}}
    together = found.estimates[found.estimates["group"] == "all"]
    assert together["numerator"].sum() == sum(happened.values())
    assert together["denominator"].sum() == sum(spent.values())


@few
@given(seeds)
def test_a_mirror_image_is_that_counted_day_by_day(seed):
    rng = np.random.default_rng(seed)
    rows = histories(rng)
    first, last = date(2018, 1, 1), date(2022, 12, 31)
    days = {f"p{n}": days_after(START, rng, -10, 60) for n in range(33)}
    contacts = pd.DataFrame(
        {"person": pd.array(list(days), dtype="string"), "date": pd.to_datetime(list(days.values()))}
    )
    found = pe.mirror_image(
        frame_of(rows), contacts.astype({"date": "datetime64[us]"}), data_start=first, data_end=last
    ).estimates.set_index("term")
    year = timedelta(days=365)
    sums, used = Counter(), 0
    for person, day in days.items():
        mine = [row for row in rows if row[0] == person]
        index = [row for row in mine if row[2] <= day and (row[3] is None or day <= row[3])]
        if any(row[3] is None for row in index):
            continue
        used += 1
        into = min([day, *(row[2] for row in index)])
        out = max([day, *(row[3] for row in index)])
        for row in mine:
            for one, weight in days_spent(row, 1, last).items():
                sums["naive before"] += weight * (day - year <= one < day)
                sums["naive after"] += weight * (day <= one < day + year)
                if row not in index:
                    sums["before"] += weight * (into - year <= one < into)
                    sums["after"] += weight * (out <= one < out + year)
    assert found["n"].tolist() == [used] * len(found)
    for term, prefix in (("naive", "naive "), ("index_excluded", "")):
        if used:
            assert found.loc[term, "before"] == pytest.approx(sums[f"{prefix}before"] / used * 365.25 / 365)
            assert found.loc[term, "after"] == pytest.approx(sums[f"{prefix}after"] / used * 365.25 / 365)
