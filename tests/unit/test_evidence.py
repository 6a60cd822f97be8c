"""Risks and effect sizes: what is refused, and the edges."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import ColumnError, DesignError, DuplicateError, InvalidValueError, MissingValueError


def persons(a=(8, 12), b=(10, 10), unknown=0):
    arms = ["a"] * (sum(a) + unknown) + ["b"] * sum(b)
    back = [True] * a[0] + [False] * a[1] + [None] * unknown + [True] * b[0] + [False] * b[1]
    return pd.DataFrame({"arm": arms, "back": pd.array(back, dtype="boolean")})


ASKED = {"outcome": "back", "treatment": "a", "reference": "b", "allocation": "observed"}


def rows(found):
    return found.estimates.set_index("measure")


def test_unknown_outcomes_and_other_arms_are_counted():
    frame = pd.concat([persons(unknown=3), pd.DataFrame({"arm": ["c", None], "back": [True, True]})], ignore_index=True)
    found = pe.compare_risks(frame.astype({"back": "boolean"}), **ASKED)
    assert dict(found.exclusions) == {"outcome_missing": 3, "other_arm": 1, "arm_missing": 1}
    assert found.claim == "association"
    assert found.estimates["n"].unique().tolist() == [40]


def test_a_zero_cell_gives_a_difference_and_no_ratio():
    found = rows(pe.compare_risks(persons(a=(0, 20)), **ASKED))
    assert found.loc["risk_difference", "estimate"] == -0.5
    assert np.isnan(found.loc["odds_ratio", "estimate"])
    assert np.isnan(found.loc["risk_ratio", "conf_low"])


def test_nobody_with_the_event_leaves_only_the_exact_test():
    found = pe.compare_risks(persons(a=(0, 20), b=(0, 20)), **ASKED).estimates
    assert found["term"].dropna().tolist() == ["Fisher's exact"]
    assert found.set_index("measure").loc["number_needed_to_treat", "estimate"] == np.inf


def test_the_number_needed_has_no_limits_where_the_difference_includes_zero():
    found = rows(pe.compare_risks(persons(), **ASKED))
    assert found.loc["number_needed_to_treat", "estimate"] == pytest.approx(10.0)
    assert np.isnan(found.loc["number_needed_to_treat", "conf_low"])
    clear = rows(pe.compare_risks(persons(a=(2, 38), b=(20, 20)), **ASKED)).loc["number_needed_to_treat"]
    assert clear["conf_low"] < clear["estimate"] < clear["conf_high"]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"outcome": "bak"}, ColumnError, r"Did you mean 'back'\?"),
        ({"treatment": "x"}, InvalidValueError, "in the arm 'x'"),
        ({"allocation": None}, DesignError, "'randomised' or 'observed'"),
        ({"interval": "exact"}, InvalidValueError, "no interval 'exact'"),
        ({"outcome": "arm"}, ColumnError, "expected true, false or empty"),
    ],
)
def test_risks_refuse(changes, error, message):
    with pytest.raises(error, match=message):
        pe.compare_risks(persons(), **{**ASKED, **changes})


def test_arms_of_risks_are_texts_and_nobody_is_in_two():
    numbered = persons().assign(arm=[1] * 20 + [2] * 20)
    with pytest.raises(ColumnError, match="arms are texts"):
        pe.compare_risks(numbered, **{**ASKED, "treatment": "1", "reference": "2"})
    with pytest.raises(ColumnError, match="no column 'group' for the arms"):
        pe.compare_risks(persons(), **ASKED, arm="group")
    twice = persons().assign(person=[f"p{number % 39}" for number in range(40)])
    with pytest.raises(DesignError, match="more than one arm"):
        pe.compare_risks(twice, **ASKED)


PRINTED = pd.DataFrame(
    {
        "outcome": ["hope"] * 4,
        "round": ["start", "start", "end", "end"],
        "arm": ["t", "c", "t", "c"],
        "mean": [2.0, 2.1, 2.6, 2.2],
        "sd": [0.5, 0.6, 0.5, 0.7],
        "n": [30, 32, 25, 28],
    }
)
ARMS = {"treatment": "t", "control": "c"}


def test_the_three_formulas_by_hand():
    posttest, baseline = (24 * 0.5**2 + 27 * 0.7**2) / 51, (29 * 0.5**2 + 31 * 0.6**2) / 60
    expected = {
        "posttest": 0.4 / posttest**0.5,
        "change-over-posttest-sd": 0.5 / posttest**0.5,
        "change-over-baseline-sd": 0.5 / baseline**0.5,
    }
    for formula, value in expected.items():
        found = pe.effect_size(PRINTED, formula=formula, reference_round="start", **ARMS).estimates
        assert found["estimate"].tolist() == [pytest.approx(value)]
        assert found["round"].tolist() == ["end"]


def test_change_has_an_interval_only_with_a_correlation():
    without = pe.effect_size(PRINTED, formula="change-over-baseline-sd", reference_round="start", **ARMS).estimates
    assert np.isnan(without["conf_low"].iloc[0])
    known = pe.effect_size(
        PRINTED, formula="change-over-baseline-sd", reference_round="start", correlation=0.7, **ARMS
    ).estimates.iloc[0]
    assert known["conf_low"] < known["estimate"] < known["conf_high"]


def test_the_interval_of_a_change_covers_the_truth():
    """2,000 trials of 60 persons an arm, true effect 0.5: coverage 95 % within Monte Carlo error (1.5 points)."""
    rng = np.random.default_rng(5)
    trials, n, rho = 2_000, 60, 0.7
    start = rng.normal(0, 1, (trials, 2, n))
    later = rho * start + np.sqrt(1 - rho**2) * rng.normal(0, 1, start.shape)
    later[:, 0] += 0.5
    cells = {
        "mean": (start.mean(axis=2), later.mean(axis=2)),
        "sd": (start.std(axis=2, ddof=1), later.std(axis=2, ddof=1)),
    }
    frame = pd.DataFrame(
        {
            "outcome": np.repeat([f"trial {k}" for k in range(trials)], 4),
            "round": ["start", "start", "end", "end"] * trials,
            "arm": ["t", "c"] * (2 * trials),
            **{name: np.stack(parts, axis=1).reshape(-1) for name, parts in cells.items()},
            "n": n,
        }
    )
    found = pe.effect_size(
        frame, formula="change-over-baseline-sd", reference_round="start", correlation=rho, **ARMS
    ).estimates
    covered = ((found["conf_low"] <= 0.5) & (found["conf_high"] >= 0.5)).mean()
    assert covered == pytest.approx(0.95, abs=0.015)


def test_direction_turns_the_sign():
    turned = PRINTED.assign(direction="higher is worse")
    one, other = (
        pe.effect_size(frame, formula="posttest", reference_round="start", **ARMS).estimates["estimate"].iloc[0]
        for frame in (PRINTED, turned)
    )
    assert one == -other


def test_a_missing_mean_gives_a_missing_effect_and_is_counted():
    frame = PRINTED.assign(mean=[2.0, 2.1, None, 2.2])
    found = pe.effect_size(frame, formula="posttest", reference_round="start", **ARMS)
    assert np.isnan(found.estimates["estimate"].iloc[0])
    assert dict(found.exclusions) == {"mean_missing": 1}


def test_missing_standard_deviations_and_numbers_are_counted():
    frame = PRINTED.assign(sd=[0.5, 0.6, None, 0.7], n=[30, 32, 25, None])
    found = pe.effect_size(frame, formula="posttest", reference_round="start", **ARMS)
    assert np.isnan(found.estimates["estimate"].iloc[0])
    assert dict(found.exclusions) == {"sd_missing": 1, "n_missing": 1}


@pytest.mark.parametrize("gone", [2, 3])
def test_an_outcome_of_one_arm_only_stays_without_an_estimate_and_is_counted(gone):
    found = pe.effect_size(PRINTED.drop(index=gone), formula="posttest", **ARMS)
    assert found.estimates["round"].tolist() == ["start", "end"]
    assert found.estimates["estimate"].isna().tolist() == [False, True]
    assert dict(found.exclusions) == {"one_arm_only": 1}


@pytest.mark.parametrize("gone", [[0], [1], [0, 1]])
def test_an_outcome_without_the_reference_round_is_counted(gone):
    frame = pd.concat([PRINTED.drop(index=gone), PRINTED.assign(outcome="trust")], ignore_index=True)
    found = pe.effect_size(frame, formula="change-over-posttest-sd", reference_round="start", **ARMS)
    assert found.estimates.set_index("outcome")["estimate"].isna().to_dict() == {"hope": True, "trust": False}
    assert dict(found.exclusions) == {"reference_round_missing": 1}


def test_other_arms_are_counted_and_their_missing_means_are_not():
    frame = pd.concat([PRINTED, PRINTED.assign(arm="x", mean=np.nan).drop_duplicates("round")], ignore_index=True)
    found = pe.effect_size(frame, formula="posttest", reference_round="start", **ARMS)
    assert dict(found.exclusions) == {"other_arm": 2}


def test_rounds_that_are_numbers_are_compared_as_texts():
    frame = PRINTED.assign(round=[0, 0, 6, 6])
    found = pe.effect_size(frame, formula="change-over-baseline-sd", reference_round="0", **ARMS).estimates
    assert found["round"].tolist() == ["6"]
    assert found["estimate"].notna().all()


def test_a_standard_deviation_of_zero_gives_no_effect():
    found = pe.effect_size(PRINTED.assign(sd=0.0), formula="posttest", reference_round="start", **ARMS)
    assert found.estimates["estimate"].isna().all()


@pytest.mark.parametrize(
    ("frame", "changes", "error", "message"),
    [
        (PRINTED.assign(direction="better"), {}, InvalidValueError, "rows 1, 2, 3 and 1 more of the printed.*'better'"),
        (
            PRINTED.assign(direction=["higher is better", None] * 2),
            {},
            InvalidValueError,
            "The direction in rows 2, 4 of the printed figures is empty",
        ),
        (
            PRINTED.assign(direction=["higher is better", "higher is worse"] * 2),
            {},
            InvalidValueError,
            "figures of 'hope' have two directions",
        ),
        (PRINTED.assign(round=["start", None, "end", "end"]), {}, MissingValueError, "'round'.*is empty in row 2"),
        (PRINTED.assign(arm=[1, 2, 1, 2]), {}, ColumnError, "arms are texts"),
        (PRINTED.drop(columns="sd"), {}, ColumnError, "no column 'sd'"),
        (PRINTED, {"formula": "cohen"}, InvalidValueError, "no formula 'cohen'"),
        (PRINTED, {"treatment": "x"}, InvalidValueError, "no arm 'x'"),
        (PRINTED, {"correlation": 1.2}, InvalidValueError, "correlation of 1.2 is impossible"),
        (PRINTED, {"formula": "change-over-baseline-sd"}, DesignError, "none was said"),
        (PRINTED, {"reference_round": "begin"}, InvalidValueError, "no round 'begin'"),
        (
            pd.concat([PRINTED, PRINTED.iloc[[0]]]),
            {},
            DuplicateError,
            "outcome 'hope' and round 'start' and arm 't' twice",
        ),
    ],
)
def test_effect_sizes_refuse(frame, changes, error, message):
    with pytest.raises(error, match=message):
        pe.effect_size(frame, **{"formula": "posttest", **ARMS, **changes})
