"""Properties of a comparison of rounds: what must not change it, and what must change it in a known way."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

import peereval as pe
from peereval.estimation.multiplicity import stepwise
from peereval.rounds.rows import Arms
from peereval.rounds.weighting import overlap_weights

NAMES = ["start", "half-year", "one-year"]
ARMS = {"arm": "arm", "reference_arm": "usual", "allocation": "randomised"}
ASKED = [ARMS, {"method": "paired-t"}, {"unit": "unit"}]
NUMBERS = ["estimate", "std_error", "df", "conf_low", "conf_high", "p_value", "n"]


def table(seed, n=36):
    rng = np.random.default_rng(seed)
    score = 50 + rng.normal(0, 9, n)[:, None] + rng.normal(0, 5, (n, 3)) + np.arange(3)
    frame = pd.DataFrame({
        "person": np.repeat([f"p{i:02}" for i in range(n)], 3),
        "round": pd.Categorical(NAMES * n, NAMES, ordered=True),
        "instrument": "own", "instrument_version": "1", "scale": "total",
        "score": score.ravel().round(1), "n_answered": 1, "n_items": 1,
        "reason": pd.array([pd.NA] * n * 3, dtype="string"),
        "arm": np.repeat(np.where(np.arange(n) % 2, "peer", "usual"), 3),
        "unit": np.repeat(np.array(list("abcdef"))[rng.permutation(n) % 6], 3),
    })  # fmt: skip
    return frame[(rng.random(3 * n) > 0.15) | (frame["round"] == "start")]


def numbers(frame, asked, measures=("mean_change", "difference_in_change", "estimated_mean")):
    found = pe.compare_rounds(frame, design="panel", **asked).estimates
    keys = [name for name in ("measure", "group", "round") if name in found]
    found = found[found["measure"].isin(measures)].set_index(keys)
    return found.reindex(columns=NUMBERS).astype(float).sort_index()


def same(found, expected, **tolerance):
    pd.testing.assert_frame_equal(found, expected, check_exact=False, **{"rtol": 1e-5, "atol": 1e-6, **tolerance})


@pytest.mark.parametrize("asked", ASKED)
@settings(max_examples=2)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_and_the_names_of_persons_do_not_count(asked, seed):
    frame = table(seed)
    renamed = frame["person"].map({name: f"q{97 * int(name[1:]) % 101}" for name in frame["person"].unique()})
    same(numbers(frame.assign(person=renamed).sample(frac=1, random_state=seed), asked), numbers(frame, asked))


@pytest.mark.parametrize("asked", ASKED)
@settings(max_examples=2)
@given(seed=st.integers(0, 10_000), shift=st.integers(-200, 200), factor=st.sampled_from([0.25, 2.0, -1.0]))
def test_changes_ignore_where_a_scale_begins_and_follow_its_unit(asked, seed, shift, factor):
    frame, changes = table(seed), ("mean_change", "difference_in_change")
    before = numbers(frame, asked, changes)
    after = numbers(frame.assign(score=shift + factor * frame["score"]), asked, changes)
    expected = before.assign(estimate=factor * before["estimate"], std_error=abs(factor) * before["std_error"])
    limits = factor * before[["conf_low", "conf_high"]].to_numpy()
    same(after, expected.assign(conf_low=limits.min(axis=1), conf_high=limits.max(axis=1)), atol=1e-5)


@pytest.mark.parametrize("asked", [ARMS, {**ARMS, "method": "gee"}])
@settings(max_examples=2)
@given(seed=st.integers(0, 10_000))
def test_swapping_the_arms_flips_the_difference(asked, seed):
    frame, difference = table(seed), ("difference_in_change",)
    before = numbers(frame, asked, difference)
    after = numbers(frame, {**asked, "reference_arm": "peer"}, difference)
    same(
        after, before.assign(estimate=-before["estimate"], conf_low=-before["conf_high"], conf_high=-before["conf_low"])
    )


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), n=st.integers(40, 120))
def test_overlap_weights_balance_every_covariate_exactly(seed, n):
    rng = np.random.default_rng(seed)
    age, sex = rng.normal(40, 10, n), rng.choice(["f", "m", "x"], n)
    arm = np.where(rng.random(n) < 1 / (1 + np.exp((40 - age) / 20)), "peer", "usual")
    persons = pd.DataFrame({"arm": arm, "age": age, "sex": sex})
    weights = overlap_weights(persons, Arms("arm", "usual", "peer"), ["age", "sex"]).to_numpy()
    peer = arm == "peer"
    for values in (age, sex == "m", sex == "x"):
        means = [np.average(values[who], weights=weights[who]) for who in (peer, ~peer)]
        assert means[0] == pytest.approx(means[1], rel=1e-6, abs=1e-8)


@given(p_values=st.lists(st.floats(0, 1), min_size=1, max_size=30))
@pytest.mark.parametrize(("adjustment", "name"), [("holm", "holm"), ("benjamini-hochberg", "fdr_bh")])
def test_adjusted_p_values_are_those_of_statsmodels(adjustment, name, p_values):
    expected = multipletests(p_values, method=name)[1]
    np.testing.assert_allclose(stepwise(np.array(p_values), adjustment), expected, rtol=1e-12)
