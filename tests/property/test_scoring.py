"""Scoring against a second, deliberately plain scorer: person by person, item by item."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import peereval as pe


def naive(values, one, coding):
    """Score one person's answers by the words of the definition."""
    turned = set(coding.reversed)
    lowest = next(iter(one.codings.values())).min
    found = {}
    for name, scale in one.scales.items():
        keyed = []
        for item in scale.items:
            value = values[item - 1]
            if value is not None:
                keyed.append((coding.min + coding.max - value if item in turned else value) - coding.min + lowest)
        if len(keyed) < scale.min_answered:
            found[name] = (None, len(keyed))
            continue
        mean = sum(keyed) / len(keyed)
        found[name] = ((mean * len(scale.items) if scale.method == "sum" else mean) * scale.multiply, len(keyed))
    return found


CASES = [(name, coding) for name in pe.list_instruments()["id"] for coding in pe.instrument(name).codings]


@pytest.mark.parametrize(("name", "coding"), CASES)
@given(data=st.data())
def test_score_agrees_with_the_naive_scorer(name, coding, data):
    one = pe.instrument(name)
    how = one.codings[coding]
    answer = st.one_of(st.none(), st.integers(how.min, how.max))
    people = data.draw(st.lists(st.lists(answer, min_size=one.n_items, max_size=one.n_items), min_size=1, max_size=6))
    frame = pd.DataFrame(people, columns=list(one.item_columns)).astype("Int16")
    frame = frame.assign(person=[str(row) for row in range(len(people))], round="start")
    found = pe.score(frame, name, coding=coding)
    for row, values in enumerate(people):
        mine = found[found["person"] == str(row)].set_index("scale")
        for scale, (expected, answered) in naive(values, one, how).items():
            assert mine.loc[scale, "n_answered"] == answered
            if expected is None:
                assert math.isnan(mine.loc[scale, "score"])
                assert mine.loc[scale, "reason"] == ("not_answered" if answered == 0 else "too_few_answered")
            else:
                assert mine.loc[scale, "score"] == pytest.approx(expected, abs=1e-9)
                assert one.scales[scale].low - 1e-9 <= mine.loc[scale, "score"] <= one.scales[scale].high + 1e-9
