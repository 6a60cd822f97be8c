"""Programmes of any content: files that give back what was written, sums and contradictions found by a naive count."""

from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

import peereval as pe

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
DAYS = st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2199, 12, 31))
DATES = st.one_of(
    st.integers(1990, 2030).map(str),
    DAYS.map(lambda day: day.isoformat()[:7]),
    DAYS.map(lambda day: day.isoformat()),
)
NUMBERS = st.one_of(st.integers(0, 60), st.floats(0, 60, allow_nan=False))
RANGES = st.one_of(NUMBERS, st.tuples(NUMBERS, NUMBERS).map(lambda ends: tuple(sorted(ends))))
POSITIONS = st.builds(
    pe.Position, source=TEXTS, note=TEXTS, count=RANGES, date=DATES, scheme=TEXTS, hours_week=st.none() | RANGES,
    status=st.sampled_from(["employed", "planned", "proposed"]), approximate=st.booleans(), additional=st.booleans(),
)  # fmt: skip
PROGRAMMES = st.builds(
    pe.Programme, name=TEXTS, why=TEXTS, positions=st.lists(POSITIONS, max_size=4).map(tuple),
    models=st.lists(st.builds(pe.PeerModel, name=TEXTS, tasks=st.lists(TEXTS, max_size=3).map(tuple)), max_size=1).map(tuple),
    training=st.lists(
        st.builds(pe.Training, name=TEXTS, source=TEXTS, participants=st.just("peers"), weeks=st.none() | st.floats(0, 52)),
        max_size=2,
    ).map(tuple),
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(programme=PROGRAMMES)
def test_a_programme_that_is_written_is_read_back_equal(programme, tmp_path_factory):
    file = tmp_path_factory.mktemp("programmes") / "programme.toml"
    programme.to_toml(file)
    assert pe.Programme.from_toml(file) == programme


COUNTS = st.lists(
    st.tuples(st.sampled_from(["2017", "2018"]), st.sampled_from(["", "recovery mentor"]), RANGES), max_size=6
)


@settings(max_examples=25, deadline=None)
@given(counts=COUNTS)
def test_contradictions_are_those_of_a_naive_comparison_of_all_pairs(counts):
    positions = [pe.Position(date=date, role=role, count=count, source="own") for date, role, count in counts]
    found = pe.Programme(positions=tuple(positions)).staffing().estimates["agreement"].tolist()
    for mine, said in zip(positions, found, strict=True):
        same = [each for each in positions if (each.date, each.role) == (mine.date, mine.role)]
        apart = any(one.count[1] < other.count[0] for one in same for other in same)
        assert said == ("" if len(same) == 1 else "contradicts" if apart else "agrees")


LINES = st.lists(st.tuples(st.integers(2020, 2022), st.integers(0, 3), st.integers(0, 10**9)), max_size=6)


@settings(max_examples=25, deadline=None)
@given(lines=LINES, total=st.integers(0, 10**9))
def test_totals_are_those_of_a_naive_sum(lines, total):
    given = {"purpose": "x", "currency": "DKK", "status": "spent", "source": "own"}
    whole = pe.Funding(id="whole", amount=total, start=2020, end=2025, **given)
    parts = tuple(
        pe.Funding(part_of="whole", amount=amount, start=start, end=start + more, **given)
        for start, more, amount in lines
    )
    rows = pe.Programme(funding=(whole, *parts)).funding_totals().estimates.query("term == 'whole'")
    for year, row in zip(range(2020, 2026), rows.to_dict("records"), strict=True):
        there = [amount for start, more, amount in lines if start <= year <= start + more]
        assert row["n"] == len(there)
        if not lines:
            assert (row["measure"], row["estimate"]) == ("amount", total)
        elif not there:
            assert row["estimate"] != row["estimate"]  # no part of that year is known
        else:
            assert row["estimate"] == sum(there)
            assert (row["agreement"] == "agrees") == (sum(there) == total)
