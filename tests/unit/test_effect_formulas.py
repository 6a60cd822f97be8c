"""Effect sizes from counts, tests, intervals and correlations: layouts, signs, empty cells, and what is refused."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.contracts import EFFECTS, check_frame
from peereval.errors import ColumnError, DesignError, InvalidValueError, MissingValueError
from peereval.evidence.formulas import Formula, formulas
from peereval.reasons import REASONS

ARMS = {"treatment": "peer", "control": "usual"}
SIZES = {"n_treatment": 40, "n_control": 38}


def counts(a, n, c, m, **more):
    return pd.DataFrame({"arm": ["peer", "usual"], "events": [a, c], "n": [n, m], **more})


def one(frame, **asked):
    return pe.effect_size(frame, **asked).estimates.iloc[0]


def test_the_formulas_that_can_be_asked_for_are_those_that_are_described():
    assert set(get_args(Formula)) == set(formulas())


def test_core_2018_by_hand():
    """64 of 218 against 83 of 216: OR 0.666 (0.446 to 0.994), RR 0.764 (0.585 to 0.997), RD -9.07 points."""
    frame = counts(64, 218, 83, 216)
    odds = one(frame, formula="odds-ratio", **ARMS)
    assert [odds["ratio"], odds["ratio_low"], odds["ratio_high"]] == pytest.approx([0.666, 0.446, 0.994], abs=6e-4)
    risk = one(frame, formula="risk-ratio", **ARMS)
    assert [risk["ratio"], risk["ratio_low"], risk["ratio_high"]] == pytest.approx([0.764, 0.585, 0.997], abs=6e-4)
    difference = one(frame, formula="risk-difference", **ARMS)
    limits = [100 * difference[name] for name in ("estimate", "conf_low", "conf_high")]
    assert limits == pytest.approx([-9.07, -17.94, -0.20], abs=0.006)
    assert "ratio" not in difference
    assert difference["contrast"] == "peer - usual"


@pytest.mark.parametrize(
    ("cells", "formula", "added", "ratio"),
    [
        ((0, 20, 5, 20), "odds-ratio", 0.5, (0.5 / 20.5) / (5.5 / 15.5)),
        ((20, 20, 5, 20), "odds-ratio", 0.5, (20.5 / 0.5) / (5.5 / 15.5)),
        ((0, 20, 5, 20), "risk-ratio", 0.5, (0.5 / 21) / (5.5 / 21)),
        ((20, 20, 5, 20), "risk-ratio", 0.0, 4.0),
        ((3, 20, 5, 20), "risk-ratio", 0.0, 0.6),
    ],
)
def test_an_empty_cell_is_corrected_only_where_there_would_be_no_ratio(cells, formula, added, ratio):
    row = one(counts(*cells), formula=formula, **ARMS)
    assert row["correction"] == added
    assert row["ratio"] == pytest.approx(ratio)


@pytest.mark.parametrize(("events", "reason"), [(0, "same_in_both_arms"), (20, "same_in_both_arms")])
def test_an_event_of_nobody_or_of_everybody_tells_nothing_of_a_ratio(events, reason):
    for formula in ("odds-ratio", "risk-ratio"):
        found = pe.effect_size(counts(events, 20, events, 20), formula=formula, **ARMS)
        assert np.isnan(found.estimates["estimate"].iloc[0])
        assert dict(found.exclusions) == {reason: 1}
    difference = one(counts(events, 20, events, 20), formula="risk-difference", **ARMS)
    assert difference["estimate"] == 0
    assert np.isnan(difference["variance"])


def test_risks_keep_their_sign_and_continuous_effects_are_turned():
    worse = {"direction": "higher is worse"}
    odds = one(counts(5, 20, 10, 20, **worse), formula="odds-ratio", **ARMS)
    assert odds["estimate"] < 0
    assert odds["direction"] == "higher is worse"
    t = pd.DataFrame([{"t": 2.0, **SIZES, **worse}])
    assert one(t, formula="t")["estimate"] < 0
    assert one(t, formula="t")["direction"] == "higher is better"
    printed = {
        "estimate": [0.5, 0.3],
        "conf_low": [0.3, 0.1],
        "conf_high": [0.9, 0.5],
        "measure": ["odds_ratio", "hedges_g"],
    }
    both = pe.effect_size(pd.DataFrame({**printed, "outcome": ["a", "b"], **worse}), formula="interval").estimates
    assert both["estimate"].tolist() == pytest.approx([np.log(0.5), -0.3])
    assert both["direction"].tolist() == ["higher is worse", "higher is better"]


def test_intervals_are_turned_into_variances():
    printed = pd.DataFrame(
        {
            "measure": ["risk_ratio", "mean_difference"],
            "estimate": [0.44, -0.30],
            "conf_low": [0.11, -0.53],
            "conf_high": [1.75, -0.07],
        }
    )
    found = pe.effect_size(printed, formula="interval").estimates
    expected = [np.log(1.75 / 0.11) / (2 * 1.959964), 0.46 / (2 * 1.959964)]
    assert found["std_error"].tolist() == pytest.approx(expected, rel=1e-6)
    assert found["measure"].tolist() == ["log_risk_ratio", "mean_difference"]
    narrow = pe.effect_size(printed.assign(conf_level=0.9), formula="interval").estimates
    assert (narrow["std_error"] > found["std_error"]).all()
    errors = printed.drop(columns=["conf_low", "conf_high"]).assign(std_error=[0.7, 0.117])
    assert pe.effect_size(errors, formula="standard-error").estimates["variance"].tolist() == [0.7**2, 0.117**2]


def test_the_effect_size_of_the_danish_trial_follows_from_its_interval():
    """PEER 2025 (doi 10.1186/s12888-025-07011-y, abstract): 5.1 (2.4 to 7.8), 145 against 151 persons, d 0.43."""
    printed = pd.DataFrame([{"estimate": 5.1, "conf_low": 2.4, "conf_high": 7.8, "n_treatment": 145, "n_control": 151}])
    assert one(printed, formula="sd-from-interval")["estimate"] == pytest.approx(0.43, abs=0.005)


def test_change_needs_what_it_is_counted_from():
    frame = pd.DataFrame(
        {"arm": ["peer", "usual"] * 2, "round": ["0", "0", "1", "1"], "mean": [1.0, 1, 3, 2], "sd": 2.0, "n": 50}
    )
    asked = {"formula": "difference-in-change", "reference_round": "0", **ARMS}
    row = one(frame, correlation=0.5, **asked)
    assert [row["estimate"], row["variance"]] == pytest.approx([1.0, 2 * 4.0 / 50])
    assert np.isnan(one(frame, **asked)["variance"])
    with pytest.raises(DesignError, match="none was said"):
        pe.effect_size(frame, formula="difference-in-change", **ARMS)


def test_effects_fit_the_table_that_pools_take():
    said = {"study": "CORE", "outcome": "readmission", "time": "1 year", "direction": "higher is worse"}
    found = pe.effect_size(counts(64, 218, 83, 216, **said), formula="odds-ratio", **ARMS)
    check_frame(found.to_frame(), EFFECTS)
    rounds = {"study": "T", "outcome": "hope", "round": "end", "direction": "higher is better"}
    frame = pe.effect_size(pd.DataFrame([{"t": 2.0, **SIZES, **rounds}]), formula="t").to_frame()
    check_frame(frame, EFFECTS)
    assert frame["time"].tolist() == ["end"]


def test_what_is_missing_is_counted():
    found = pe.effect_size(counts(5, 20, None, 20), formula="odds-ratio", **ARMS)
    assert dict(found.exclusions) == {"events_missing": 1}
    t = pd.DataFrame([{"t": 2.0, **SIZES}, {"t": None, **SIZES}])
    both = pe.effect_size(t, formula="t")
    assert dict(both.exclusions) == {"figure_missing": 1}
    assert both.estimates["estimate"].isna().tolist() == [False, True]
    assert {*found.exclusions, *both.exclusions, "same_in_both_arms"} <= set(REASONS)


@pytest.mark.parametrize(
    ("frame", "asked", "error", "message"),
    [
        (
            counts(5, 20, 30, 20),
            {"formula": "odds-ratio", **ARMS},
            InvalidValueError,
            "more events than persons in row 2",
        ),
        (
            counts(-1, 20, 3, 20),
            {"formula": "odds-ratio", **ARMS},
            InvalidValueError,
            "holds -1 in row 1; expected a whole",
        ),
        (counts(5.5, 20, 3, 20), {"formula": "odds-ratio", **ARMS}, InvalidValueError, "expected a whole number"),
        (counts("5", 20, "3", 20), {"formula": "odds-ratio", **ARMS}, ColumnError, "'events'.*expected numbers"),
        (counts(5, 20, 3, 20), {"formula": "odds-ratio"}, DesignError, "compares two arms"),
        (counts(5, 20, 3, 20), {"formula": "odds-ratio", "hedges": True, **ARMS}, DesignError, "no Cohen's d"),
        (counts(5, 20, 3, 20), {"formula": "odds-ratio", "correlation": 0.5, **ARMS}, DesignError, "no correlation"),
        (
            counts(5, 20, 3, 20, mean=1.0, sd=1.0),
            {"formula": "change-over-score-sd", **ARMS},
            DesignError,
            "needs the corr",
        ),
        (pd.DataFrame([{"t": 2.0}]), {"formula": "t"}, ColumnError, "no column 'n_treatment'"),
        (pd.DataFrame([{"f": -1.0, "sign": 1, **SIZES}]), {"formula": "f"}, InvalidValueError, "an F of 0 or more"),
        (pd.DataFrame([{"p": 0.0, "sign": 1, **SIZES}]), {"formula": "p"}, InvalidValueError, "a p value above 0"),
        (pd.DataFrame([{"p": 0.1, "sign": 2, **SIZES}]), {"formula": "p"}, InvalidValueError, "1 or -1"),
        (pd.DataFrame([{"r": 1.0, "n": 20}]), {"formula": "correlation"}, InvalidValueError, "between -1 and 1"),
        (
            pd.DataFrame([{"measure": "smd", "estimate": 1.0, "std_error": 0.1}]),
            {"formula": "standard-error"},
            InvalidValueError,
            "the measure 'smd'",
        ),
        (
            pd.DataFrame([{"measure": "odds_ratio", "estimate": 0.1, "conf_low": 0.0, "conf_high": 0.9}]),
            {"formula": "interval"},
            InvalidValueError,
            "interval in row 1",
        ),
        (
            pd.DataFrame([{"measure": "hedges_g", "estimate": 0.9, "conf_low": 0.0, "conf_high": 0.5}]),
            {"formula": "interval"},
            InvalidValueError,
            "interval in row 1",
        ),
        (pd.DataFrame([{"t": 2.0, "study": None, **SIZES}]), {"formula": "t"}, MissingValueError, "'study'.*row 1"),
        (
            counts(5, 20, 3, 20, cluster=["x", "y"]),
            {"formula": "odds-ratio", **ARMS},
            InvalidValueError,
            "'cluster'.*differs between the arms",
        ),
    ],
)
def test_what_is_refused(frame, asked, error, message):
    with pytest.raises(error, match=message):
        pe.effect_size(frame, **asked)


def test_conversions_there_and_back_and_what_has_none():
    said = {"study": "a", "outcome": "hope", "time": "end", "direction": "higher is better", "scale": "SD", "n": 60}
    d = pd.DataFrame([{**said, "measure": "cohens_d", "estimate": 0.4, "variance": 0.05}])
    there = pe.convert_effects(d, to="log_odds_ratio")
    back = pe.convert_effects(there, to="cohens_d").estimates.iloc[0]
    assert [back["estimate"], back["variance"]] == pytest.approx([0.4, 0.05])
    assert there.estimates["converted_from"].tolist() == ["cohens_d"]
    assert there.estimates["ratio"].iloc[0] == pytest.approx(np.exp(0.4 * np.pi / 3**0.5))
    with pytest.raises(DesignError, match="no conversion of 'mean_difference' to 'cohens_d'"):
        pe.convert_effects(d.assign(measure="mean_difference"), to="cohens_d")
