"""The catalogue against a second reading of every key, and the scores against a plain scorer of that reading."""

from __future__ import annotations

import json
import math
import runpy
import subprocess
import sys
import warnings
from itertools import groupby
from pathlib import Path

import pandas as pd
import pytest

import peereval as pe
from peereval.errors import IgnoredAnswersWarning, NotScoredError, UnverifiedWarning

HERE = Path(__file__).parent
FIXTURES = HERE / "instrument_fixtures.json"
SECOND = runpy.run_path(str(HERE / "second_reading.py"))
READING, REFUSED, numbers = SECOND["READING"], SECOND["REFUSED"], SECOND["numbers"]

CASES = {
    key: list(cases)
    for key, cases in groupby(
        sorted(json.loads(FIXTURES.read_text("utf-8")), key=lambda case: (case["instrument"], case["coding"])),
        key=lambda case: (case["instrument"], case["coding"]),
    )
}


def catalogue():
    return [path.stem for path in (Path(pe.__file__).parent / "instruments" / "catalogue").glob("*.toml")]


def said(one, coding):
    """The coding as a call names it: only where several circulate."""
    return coding if len(one.codings) > 1 else None


@pytest.mark.parametrize("name", READING)
def test_items_and_codings_are_those_of_the_second_reading(name):
    n_items, codings, scales = READING[name]
    one = pe.instrument(name)
    own_ranges = SECOND["RANGES"].get(name, {})
    found = {
        coding: (how.min, how.max, sorted(how.reversed), {int(item): span for item, span in how.ranges.items()})
        for coding, how in one.codings.items()
    }
    expected = {coding: (low, high, numbers(turned), own_ranges) for coding, (low, high, turned) in codings.items()}
    assert one.n_items == n_items
    assert found == expected
    assert next(iter(one.codings)) == next(iter(codings))
    assert one.min_answered == SECOND["NEEDED_OVERALL"].get(name, 0)
    assert set(one.scales) == set(scales)


@pytest.mark.parametrize(("name", "scale"), [(name, scale) for name in READING for scale in READING[name][2]])
def test_a_scale_is_that_of_the_second_reading(name, scale):
    items, _, needed, missing, low, high = READING[name][2][scale]
    mine = pe.instrument(name).scales[scale]
    assert sorted(mine.items) == numbers(items)
    assert (mine.min_answered, mine.missing) == (needed, missing)
    assert (mine.low, mine.high) == (low, high)
    assert mine.direction == ("higher is worse" if name in SECOND["LOWER_IS_BETTER"] else "higher is better")


@pytest.mark.parametrize("name", READING)
def test_codes_that_are_no_answer_are_those_of_the_second_reading(name):
    expected = SECOND["NO_ANSWER"].get(name, {})
    one = pe.instrument(name)
    every = range(1, one.n_items + 1)
    for how in one.codings.values():
        found = {code.code: list(code.items or every) for code in how.codes}
        assert found == {code: list(items) for code, items in expected.items()}


@pytest.mark.parametrize(("name", "coding"), CASES)
def test_scores_are_those_of_the_plain_scorer(name, coding):
    one, cases = pe.instrument(name), CASES[name, coding]
    frame = pd.DataFrame([case["answers"] for case in cases], columns=list(one.item_columns), dtype="Int16")
    if "important" in cases[0]:
        marks = [f"{column}_important" for column in one.item_columns]
        frame = frame.join(pd.DataFrame([case["important"] for case in cases], columns=marks, dtype="Int16"))
    frame = frame.assign(person=[str(row) for row in range(len(cases))], round="start")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnverifiedWarning)
        warnings.simplefilter("ignore", IgnoredAnswersWarning)
        found = pe.score(frame, name, coding=said(one, coding)).set_index(["person", "scale"])
    for row, case in enumerate(cases):
        for scale, expected in case["scores"].items():
            mine = found.loc[(str(row), scale)]
            assert mine["n_answered"] == case["answered"][scale], (case["shows"], scale)
            if expected is None:
                assert math.isnan(mine["score"]), (case["shows"], scale)
            else:
                assert mine["score"] == pytest.approx(expected, abs=1e-9), (case["shows"], scale)


def test_every_instrument_was_read_twice_or_is_refused():
    assert sorted(catalogue()) == sorted([*READING, *REFUSED])
    assert {name for name, _ in CASES} == set(READING)


def test_at_least_45_different_instruments_are_scored():
    assert len({pe.instrument(name).family or name for name in READING}) >= 45


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_instrument_is_not_scored(name):
    assert pe.instrument(name).refused
    answers = pd.DataFrame({"person": ["a"], "round": ["start"]})
    with pytest.raises(NotScoredError):
        pe.score(answers, name)


def test_the_fixtures_are_those_of_the_second_reading(tmp_path):
    written = tmp_path / "fixtures.json"
    subprocess.run([sys.executable, HERE / "make_instrument_fixtures.py", written], check=True)
    assert json.loads(written.read_text("utf-8")) == json.loads(FIXTURES.read_text("utf-8"))
