"""Scoring against a second, deliberately plain scorer: person by person, item by item, by the definition's words."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import peereval as pe
from peereval.errors import IgnoredAnswersWarning, UnverifiedWarning
from peereval.instruments.key import Additive, Count, Gated, Table, Weighted


def answered(codes, how):
    """What was answered: item to code."""
    found = {}
    for item, code in enumerate(codes, start=1):
        stands_for_nothing = any(code == each.code and item in (each.items or (item,)) for each in how.codes)
        if code is not None and not stands_for_nothing:
            found[item] = code
    return found


def keyed(codes, one, how):
    """Item to value: turned where the key says so, in the codes of the first coding."""
    first = next(iter(one.codings.values()))
    values = {}
    for item, code in answered(codes, how).items():
        low, high = how.range_of(item)
        value = low + high - code if item in how.reversed else code
        values[item] = value - low + first.range_of(item)[0]
    return values


def additive(scale, values):
    total = sum(values.values())
    if scale.missing == "not counted":
        raw = total
    else:
        raw = total / len(values)
        if scale.method == "sum":
            raw *= len(scale.items)
    return (raw - scale.subtract) / scale.divide * scale.multiply


def gated(scale, values):
    return sum(values.values()) / len(values) * scale.multiply


def table(scale, values, lows):
    lowest = sum(lows[item] for item in scale.items)
    published = dict(enumerate(scale.values, start=lowest))
    return published[sum(values.values())]


def weighted(scale, values, lows):
    total = scale.start
    for item, value in values.items():
        total += scale.weights[str(item)][value - lows[item]]
    if scale.if_any is not None and scale.if_any[0] in values.values():
        total += scale.if_any[1]
    return total / scale.divide * scale.multiply


def count(scale, values):
    return sum(value in scale.counted[str(item)] for item, value in values.items())


def naive_score(scale, values, one):
    first = next(iter(one.codings.values()))
    lows = {item: first.range_of(item)[0] for item in scale.items}
    if isinstance(scale, Table):
        return table(scale, values, lows)
    if isinstance(scale, Weighted):
        return weighted(scale, values, lows)
    return {Additive: additive, Gated: gated, Count: count}[type(scale)](scale, values)


def naive(codes, marks, one, how):
    """One person's scores: scale to score, items answered, items that counted, and why there is no score."""
    values = keyed(codes, one, how)
    found = {}
    for name, scale in one.scales.items():
        items = scale.items
        # an empty mark is none only beside a mark
        unknown = isinstance(scale, Gated) and 1 not in marks and any(marks[item - 1] is None for item in items)
        if isinstance(scale, Gated) and not unknown:
            items = [item for item in items if marks[item - 1] == 1]
        mine = {item: values[item] for item in items if item in values}
        score = reason = None
        if not items:
            reason = "nothing_important"
        elif not mine:
            reason = "not_answered"
        elif unknown:
            reason = "marks_missing"
        elif len(mine) < scale.min_answered or len(values) < one.min_answered:
            reason = "too_few_answered"
        else:
            score = naive_score(scale, mine, one)
        found[name] = (score, len(mine), len(items), reason)
    return found


@st.composite
def people(draw, one, how):
    """A person's answers and marks: all answered, some not, or all but the first few; seldom nothing at all."""
    places = st.integers(0, one.n_items - 1)
    # bytes are drawn much faster than one number an item
    codes = []
    for item, byte in enumerate(draw(st.binary(min_size=one.n_items, max_size=one.n_items)), start=1):
        low, high = how.range_of(item)
        codes.append(low + byte % (high - low + 1))
    few = st.dictionaries(places, st.integers(0, 5), max_size=6)
    first = st.integers(1, one.n_items).map(lambda many: dict.fromkeys(range(many), 0))
    for place, which in draw(st.one_of(st.just({}), few, first)).items():
        no_answer = [None, *(each.code for each in how.codes if place + 1 in (each.items or (place + 1,)))]
        codes[place] = no_answer[which % len(no_answer)]
    kinds = draw(st.sampled_from([(1, 0, None), (1, None), (0, None), (0,), (None,)]))
    marks = [kinds[byte % len(kinds)] for byte in draw(st.binary(min_size=one.n_items, max_size=one.n_items))]
    return codes, marks


def frame_of(drawn, one):
    """The answers as a table, with marks where the instrument has a gate."""
    columns = list(one.item_columns)
    frame = pd.DataFrame([codes for codes, _ in drawn], columns=columns, dtype="Int16")
    for scale in one.scales.values():
        if isinstance(scale, Gated):
            gate = [f"{column}_{scale.gate}" for column in columns]
            frame = frame.join(pd.DataFrame([marks for _, marks in drawn], columns=gate, dtype="Int8"))
    return frame.assign(person=[str(row) for row in range(len(drawn))], round="start")


def scored(frame, one, coding):
    """The rows of `score` by person and scale."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnverifiedWarning)
        warnings.simplefilter("ignore", IgnoredAnswersWarning)
        found = pe.score(frame, one.id, coding=coding if len(one.codings) > 1 else None)
    return {(row["person"], row["scale"]): row for row in found.to_dict("records")}


LISTED = [pe.instrument(name) for name in pe.list_instruments()["id"]]
CASES = [pytest.param(one, coding, id=f"{one.id}-{coding}") for one in LISTED for coding in one.codings]


@pytest.mark.parametrize(("one", "coding"), CASES)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_score_agrees_with_the_naive_scorer(one, coding, data):
    how = one.codings[coding]
    drawn = data.draw(st.lists(people(one, how), min_size=1, max_size=9))
    found = scored(frame_of(drawn, one), one, coding)
    assert len(found) == len(drawn) * len(one.scales)
    for person, (codes, marks) in enumerate(drawn):
        for scale, (score, n_answered, n_items, reason) in naive(codes, marks, one, how).items():
            mine = found[str(person), scale]
            assert (mine["n_answered"], mine["n_items"]) == (n_answered, n_items)
            assert (None if pd.isna(mine["reason"]) else mine["reason"]) == reason
            assert pd.isna(mine["score"]) == (score is None)
            if score is not None:
                assert mine["score"] == pytest.approx(score, abs=1e-9)
            if n_answered == len(one.scales[scale].items) and score is not None:
                assert one.scales[scale].low - 1e-9 <= mine["score"] <= one.scales[scale].high + 1e-9


@pytest.mark.parametrize(("one", "coding"), CASES)
def test_a_scale_reaches_both_ends_of_its_range(one, coding):
    """Additive and gated scales rise with every keyed item; the tables and weights have their ends there too."""
    how = one.codings[coding]
    best, worst = [], []
    for item in range(1, one.n_items + 1):
        ends = how.range_of(item)[:: -1 if item in how.reversed else 1]
        worst.append(ends[0])
        best.append(ends[1])
    found = scored(frame_of([(worst, [1] * one.n_items), (best, [1] * one.n_items)], one), one, coding)
    for name, scale in one.scales.items():
        if not isinstance(scale, Count):
            reached = sorted((found["0", name]["score"], found["1", name]["score"]))
            assert reached == pytest.approx([scale.low, scale.high], abs=1e-9)
