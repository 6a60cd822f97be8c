"""Linking against a second, deliberately plain linker that compares all pairs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from hypothesis import example, given
from hypothesis import strategies as st

import peereval as pe
from peereval.surveys.matching import match

ROUNDS = ["start", "half-year", "one-year"]


def distance(one, other):
    """In how many parts two codes differ; a missing part differs from everything."""
    return sum(a is None or a != b for a, b in zip(one, other, strict=True))


def plainly(rows, max_distance):
    """The links between rows (round, code) by the words of the definition."""
    everyone = range(len(rows))
    complete = [i for i in everyone if None not in rows[i][1]]
    shared = {rows[i][1] for i, j in combinations(complete, 2) if rows[i] == rows[j]}
    usable = [i for i in everyone if rows[i][1].count(None) <= max_distance]
    exact = {
        (i, j)
        for i, j in combinations(complete, 2)
        if rows[i][0] != rows[j][0] and rows[i][1] == rows[j][1] and rows[i][1] not in shared
    }
    near = set()
    for one, other in combinations(range(len(ROUNDS)), 2):
        taken = {i for pair in exact for i in pair if {rows[pair[0]][0], rows[pair[1]][0]} == {one, other}}
        left = [i for i in usable if rows[i][0] == one and i not in taken]
        right = [i for i in usable if rows[i][0] == other and i not in taken]
        if max_distance == 0:
            continue
        closest = {i: nearest(i, right, rows) for i in left} | {j: nearest(j, left, rows) for j in right}
        near |= {
            tuple(sorted((i, j)))
            for i in left
            for j in right
            if closest[i] == [j] and closest[j] == [i] and not {rows[i][1], rows[j][1]} & shared
        }
    return exact | {pair for pair in near if agree(pair, exact | near)}


def nearest(row, others, rows):
    """The nearest rows of another round, if they differ in one part or less."""
    lengths = {other: distance(rows[row][1], rows[other][1]) for other in others}
    least = min(lengths.values(), default=9)
    return [other for other in others if lengths[other] == least <= 1]


def agree(pair, links):
    """Whether all rows that a link leads to are linked with one another."""
    together = set(pair)
    while True:
        more = {row for link in links if together & set(link) for row in link} - together
        if not more:
            break
        together |= more
    return all(tuple(sorted(two)) in links for two in combinations(together, 2))


codes = st.tuples(*[st.sampled_from([0, 1, 2, None])] * 3)
tables = st.lists(st.tuples(st.integers(0, 2), codes), max_size=14)


def numbers(rows):
    code = np.array([[-1 if part is None else part for part in each] for _, each in rows], dtype=np.int64).reshape(
        -1, 3
    )
    return code.T, np.array([label for label, _ in rows], dtype=np.int64)


@given(tables, st.sampled_from([0, 1]))
@example([(0, (1, 1, 1)), (1, (1, 1, 1)), (2, (1, 1, 0)), (1, (0, 1, 0))], 1)
def test_links_are_those_of_the_plain_linker(rows, max_distance):
    found = match(*numbers(rows), max_distance=max_distance)
    links = {tuple(sorted(pair)) for pair in zip(found.first.tolist(), found.second.tolist(), strict=True)}
    assert links == plainly(rows, max_distance)
    assert found.exact.tolist() == [
        distance(rows[i][1], rows[j][1]) == 0 for i, j in zip(found.first, found.second, strict=True)
    ]


@given(tables)
def test_a_person_has_one_row_a_round_and_every_row_a_reason(rows):
    found = match(*numbers(rows), max_distance=1)
    linked = [reason.startswith("linked") for reason in found.reason]
    per_round = {(person, label) for person, (label, _) in zip(found.person.tolist(), rows, strict=True)}
    assert len(per_round) == len(rows)
    size = np.bincount(found.person)[found.person] if rows else np.zeros(0)
    assert linked == (size > 1).tolist()
    for reason, (label, code) in zip(found.reason, rows, strict=True):
        assert (reason == "duplicate_code") == (None not in code and [*rows].count((label, code)) > 1)
        assert (reason == "code_missing") == (code.count(None) > 1)


@given(tables, st.randoms(use_true_random=False))
def test_the_order_of_rows_makes_no_difference(rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    mixed = [rows[place] for place in order]
    found, other = (match(*numbers(each), max_distance=1) for each in (rows, mixed))
    assert [found.reason[place] for place in order] == other.reason.tolist()
    pairs = {frozenset(pair) for pair in zip(found.first.tolist(), found.second.tolist(), strict=True)}
    again = {frozenset((order[i], order[j])) for i, j in zip(other.first, other.second, strict=True)}
    assert pairs == again


@given(st.lists(st.tuples(st.sampled_from(ROUNDS), st.text(max_size=3), st.integers(0, 3)), min_size=1, max_size=12))
def test_any_text_can_be_a_part(rows):
    frame = pd.DataFrame(rows, columns=["round", "name", "month"])
    frame["round"] = frame["round"].astype(pd.CategoricalDtype(ROUNDS, ordered=True))
    found = pe.link_rounds(frame, code=["name", "month"])
    assert found["person"].notna().all()
    assert not found.duplicated(["person", "round"]).any()


def test_many_parts_of_many_values_do_not_run_out_of_numbers():
    rng = np.random.default_rng(1)
    code = rng.integers(0, 2**20, (8, 3000))
    both = np.hstack([code, code])
    both[3, 3000:3500] += 1
    found = match(both, np.repeat([0, 1], 3000), max_distance=1)
    assert found.person[:3000].tolist() == found.person[3000:].tolist()
    assert int((~found.exact).sum()) == 500
