"""Comparison of rounds: what is refused, what is claimed, what small groups get, which p values are printed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import ColumnError, DesignError, InvalidValueError

ROUNDS = pd.CategoricalDtype(["start", "half-year", "one-year"], ordered=True)


def scores(start, later, *, arm=None, scale="scale", instrument="own"):
    """Scores of persons in two of the three rounds; None is a missing score."""
    persons = [f"p{number}" for number in range(len(start))]
    frame = pd.DataFrame(
        {
            "person": persons * 2,
            "round": ["start"] * len(start) + ["one-year"] * len(later),
            "score": [*start, *later],
        }
    ).astype({"round": ROUNDS, "score": float})
    frame = frame.assign(instrument=instrument, instrument_version="1", scale=scale, n_answered=1, n_items=1)
    frame["reason"] = pd.array(np.where(frame["score"].isna(), "too_few_answered", ""), dtype="string")
    frame["reason"] = frame["reason"].mask(frame["reason"] == "")
    return frame if arm is None else frame.assign(arm=list(arm) * 2)


def measure(result, name):
    return result.estimates[result.estimates["measure"] == name]


def many(n=24, seed=1):
    rng = np.random.default_rng(seed)
    start = rng.normal(20, 5, n).round()
    return start, (start + rng.normal(2, 4, n)).round()


PANEL = {"design": "panel", "method": "paired-t"}


def test_the_change_is_that_of_persons_with_both_rounds():
    start, later = many()
    later = list(later)
    later[0] = None
    found = pe.compare_rounds(scores(start, later), **PANEL)
    change = measure(found, "mean_change").set_index("round").loc["one-year"]
    assert change["estimate"] == pytest.approx(np.mean(np.array(later[1:], float) - start[1:]))
    assert change["n"] == 23
    assert measure(found, "mean").set_index("round").loc["start", "n"] == 24
    assert dict(found.exclusions) == {"too_few_answered": 1, "unpaired": 1}


def test_a_round_that_nobody_answered_has_an_empty_row_and_no_crash():
    found = measure(pe.compare_rounds(scores(*many()), **PANEL), "mean_change").set_index("round")
    assert found.loc["half-year", "n"] == 0
    assert pd.isna(found.loc["half-year", "estimate"])


@pytest.mark.parametrize("n", [0, 1, 2, 9])
def test_fewer_than_ten_get_no_spread_and_a_sign_flip(n):
    start, later = many(n) if n else ([], [])
    found = pe.compare_rounds(scores(start, later), **PANEL)
    if n == 0:
        assert found.estimates.empty
        return
    change = measure(found, "mean_change").set_index("round").loc["one-year"]
    assert pd.isna(change["std_error"])
    assert pd.isna(change["conf_low"])
    assert change["flag"] == "fewer_than_10"
    assert measure(found, "mean")["sd"].isna().all()
    assert measure(found, "change_over_baseline_sd").empty
    assert pd.isna(change["p_value"]) == (n == 1)


def test_no_spread_at_all_gives_an_estimate_without_uncertainty():
    found = pe.compare_rounds(scores([20.0] * 12, [22.0] * 12), **PANEL)
    change = measure(found, "mean_change").set_index("round").loc["one-year"]
    assert change["estimate"] == 2.0
    assert pd.isna(change["p_value"])
    assert measure(found, "d_av").set_index("round")["estimate"].isna().all()


@pytest.mark.parametrize(
    ("design", "allocation", "claim"),
    [
        ("panel", None, "change"),
        ("panel", "observed", "association"),
        ("panel", "randomised", "effect"),
        ("cross-section", None, "description"),
        ("panel-unlinked", None, "description"),
    ],
)
def test_the_design_decides_what_may_be_claimed(design, allocation, claim):
    arm = None if allocation is None else ["peer", "usual"] * 12
    table = scores(*many(), arm=arm)
    options = {} if arm is None else {"arm": "arm", "reference_arm": "usual", "allocation": allocation}
    method = "paired-t" if design == "panel" else "welch"
    assert pe.compare_rounds(table, design=design, method=method, **options).claim == claim


def test_one_arm_never_says_effect():
    found = pe.compare_rounds(scores(*many()), **PANEL)
    assert "Without a comparison group" in " ".join(found.assumptions)
    assert "effect" not in found.estimand


def test_the_difference_in_change_has_the_sign_of_other_minus_reference():
    start = [10.0, 12, 14, 16, 18, 20, 22, 24, 26, 28] * 2
    later = [x + 5 + k % 2 for k, x in enumerate(start[:10])] + [x + 1 - k % 2 for k, x in enumerate(start[10:])]
    table = scores(start, later, arm=["peer"] * 10 + ["usual"] * 10)
    found = pe.compare_rounds(table, **PANEL, arm="arm", reference_arm="usual", allocation="observed")
    difference = measure(found, "difference_in_change").set_index("round").loc["one-year"]
    assert difference["estimate"] == pytest.approx(5.0)
    assert difference["contrast"] == "peer - usual: one-year - start"


def test_rounds_without_links_are_compared_as_independent_samples():
    from scipy.stats import ttest_ind

    start, later = many()
    table = scores(start, later).drop(columns="person")
    found = pe.compare_rounds(table, design="panel-unlinked", method="welch")
    row = measure(found, "mean_difference").set_index("round").loc["one-year"]
    peer = ttest_ind(later, start, equal_var=False)
    assert row["statistic"] == pytest.approx(peer.statistic)
    assert row["n"] == 48


def test_two_arms_without_links_are_a_difference_in_differences():
    start, later = many(48)
    table = scores(start, later, arm=["peer", "usual"] * 24).drop(columns="person")
    found = pe.compare_rounds(
        table, design="cross-section", method="welch", arm="arm", reference_arm="usual", allocation="observed"
    )
    row = measure(found, "difference_in_change").set_index("round").loc["one-year"]
    assert row["estimate"] == pytest.approx(
        (later[::2].mean() - start[::2].mean()) - (later[1::2].mean() - start[1::2].mean())
    )


def test_p_values_are_those_of_rule_r10(region_scores):
    found = pe.compare_rounds(
        region_scores,
        **PANEL,
        arm="arm",
        reference_arm="usual care",
        allocation="observed",
        primary=("qpr-15", "total"),
    ).estimates
    tested = found[found["p_value"].notna()]
    assert set(tested["measure"]) == {"difference_in_change"}
    assert set(tested["round"]) == {"one-year"}
    assert tested["headline"].all()
    primary = tested[tested["primary"]].iloc[0]
    assert primary["p_adjusted"] == primary["p_value"]
    others = tested[~tested["primary"]]
    assert len(others) == 3
    assert (others["p_adjusted"] >= others["p_value"]).all()


def test_sign_flips_are_those_of_the_seed():
    table = scores(*many(20))
    first, again, other = (
        measure(pe.compare_rounds(table, design="panel", method="sign-flip", seed=seed), "mean_change")["p_value"].iloc[
            -1
        ]
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first == pytest.approx(other, abs=0.02)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"design": "panel", "method": "welch"}, DesignError, "does not fit the design"),
        ({"design": "cross-section", "method": "paired-t"}, DesignError, "does not fit the design"),
        ({"design": "pannel", "method": "paired-t"}, InvalidValueError, r"Did you mean 'panel'\?"),
        ({"design": "panel", "method": "t"}, InvalidValueError, "no method 't'"),
        ({**PANEL, "reference_round": "begin"}, InvalidValueError, "no round 'begin'"),
        ({**PANEL, "primary": ("own", "other")}, InvalidValueError, "'own:other' is not among"),
        ({**PANEL, "arm": "arm", "reference_arm": "usual"}, DesignError, "there is no default"),
        ({**PANEL, "allocation": "randomised"}, DesignError, "not which column holds the arms"),
        (
            {**PANEL, "arm": "arm", "reference_arm": "care", "allocation": "observed"},
            InvalidValueError,
            "'care' is not one of the arms",
        ),
        (
            {**PANEL, "arm": "group", "reference_arm": "usual", "allocation": "observed"},
            ColumnError,
            "no column 'group'",
        ),
    ],
)
def test_what_does_not_fit_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        pe.compare_rounds(scores(*many(), arm=["peer", "usual"] * 12), **options)


def test_a_panel_needs_persons_and_two_arms_are_two():
    with pytest.raises(DesignError, match="not every score belongs to a person"):
        pe.compare_rounds(scores(*many()).drop(columns="person"), **PANEL)
    with pytest.raises(DesignError, match="holds 3 arms"):
        pe.compare_rounds(
            scores(*many(), arm=["a", "b", "c"] * 8), **PANEL, arm="arm", reference_arm="a", allocation="observed"
        )


def test_nobody_is_in_two_arms():
    table = scores(*many(), arm=["peer", "usual"] * 12)
    table.loc[30, "arm"] = "usual"
    with pytest.raises(DesignError) as caught:
        pe.compare_rounds(table, **PANEL, arm="arm", reference_arm="usual", allocation="observed")
    assert "1 persons of the scores are in more than one arm; the first in rows 7, 31" in str(caught.value)
    assert "p6" not in str(caught.value)


def test_persons_without_an_arm_are_left_out_and_counted():
    table = scores(*many(), arm=["peer", "usual"] * 11 + [None, None])
    found = pe.compare_rounds(table, **PANEL, arm="arm", reference_arm="usual", allocation="observed")
    assert found.exclusions["arm_missing"] == 4
    assert measure(found, "mean").query("round == 'start'")["n"].sum() == 22


def three_rounds(n=24, seed=4):
    """Scores of persons in all three rounds."""
    rng = np.random.default_rng(seed)
    start = rng.normal(20, 5, n).round()
    both = scores(start, start + rng.normal(4, 3, n).round())
    middle = both[both["round"] == "start"].assign(round=pd.Categorical(["half-year"] * n, dtype=ROUNDS))
    middle["score"] = start + rng.normal(2, 3, n).round()
    return pd.concat([both, middle], ignore_index=True).astype({"round": ROUNDS})


def test_another_reference_round_keeps_the_order_and_the_round_that_is_tested():
    table = three_rounds()
    found = pe.compare_rounds(table, **PANEL, reference_round="half-year")
    assert measure(found, "mean")["round"].tolist() == ["start", "half-year", "one-year"]
    changes = measure(found, "mean_change").set_index("round")
    assert changes["contrast"].tolist() == ["start - half-year", "one-year - half-year"]
    by_hand = table.pivot(index="person", columns="round", values="score")
    assert changes.loc["one-year", "estimate"] == pytest.approx((by_hand["one-year"] - by_hand["half-year"]).mean())
    assert changes["p_value"].notna().tolist() == [False, True]
    assert found.settings["reference_round"] == "half-year"
    assert found.settings["tested_round"] == "one-year"
    assert "reference round" in found.estimand
    assert "first round" not in found.method + found.estimand


def test_unpaired_are_those_without_the_reference_or_the_tested_round():
    table = three_rounds()
    gone = (table["person"] == "p0") & (table["round"] == "one-year")
    late = (table["person"] == "p1") & (table["round"] == "half-year")
    never = (table["person"] == "p2") & (table["round"] == "start")
    left = table[~(gone | late | never)]
    assert dict(pe.compare_rounds(left, **PANEL, reference_round="half-year").exclusions) == {"unpaired": 2}
    assert dict(pe.compare_rounds(left, **PANEL).exclusions) == {"unpaired": 2}


def test_the_last_round_cannot_be_the_reference():
    with pytest.raises(DesignError, match="'one-year' is the last round"):
        pe.compare_rounds(scores(*many()), **PANEL, reference_round="one-year")


def test_unpaired_counts_every_scale_of_a_person():
    start, later = many()
    one = scores(start, [None, *later[1:]], scale="a")
    two = scores(start, [None, None, *later[2:]], scale="b")
    found = pe.compare_rounds(pd.concat([one, two], ignore_index=True), **PANEL)
    assert found.exclusions["unpaired"] == 3


def test_a_missing_score_without_a_reason_is_counted():
    start, later = many()
    table = scores(start, [None, None, *later[2:]])
    table.loc[24, "reason"] = pd.NA
    assert dict(pe.compare_rounds(table, **PANEL).exclusions) == {
        "outcome_missing": 1,
        "too_few_answered": 1,
        "unpaired": 2,
    }


def test_a_score_without_an_arm_is_counted_once():
    start, later = many()
    table = scores(start, [*later[:-1], None], arm=["peer", "usual"] * 11 + ["peer", None])
    found = pe.compare_rounds(table, **PANEL, arm="arm", reference_arm="usual", allocation="observed")
    assert dict(found.exclusions) == {"arm_missing": 2}


def test_two_arms_are_said_to_be_compared_after_welch():
    table = scores(*many(), arm=["peer", "usual"] * 12)
    found = pe.compare_rounds(
        table, design="panel", method="sign-flip", arm="arm", reference_arm="usual", allocation="observed"
    )
    assert measure(found, "difference_in_change")["df"].notna().any()
    assert "after Welch" in found.method
    assert any("Welch 1947" in source for source in found.references)


def test_floating_point_noise_is_no_spread():
    """0.1 + 0.2 is not 0.3 in the last bit; that must not become a standard deviation, an interval or a p."""
    start = [0.1 * k for k in range(12)]
    found = pe.compare_rounds(scores(start, [value + 0.2 for value in start]), **PANEL)
    change = measure(found, "mean_change").set_index("round").loc["one-year"]
    assert change["estimate"] == pytest.approx(0.2)
    assert change[["std_error", "p_value", "conf_low"]].isna().all()
    constant = pe.compare_rounds(scores([0.3, 0.1 + 0.2] * 6, start), **PANEL)
    assert measure(constant, "mean").set_index("round").loc["start", "sd"] == 0.0
    assert measure(constant, "change_over_baseline_sd").set_index("round")["estimate"].isna().all()


def test_floating_point_noise_between_arms_is_no_spread():
    start = [0.1 * k for k in range(12)] * 2
    later = [value + 0.2 for value in start[:12]] + [value + 0.1 for value in start[12:]]
    table = scores(start, later, arm=["peer"] * 12 + ["usual"] * 12)
    found = pe.compare_rounds(table, **PANEL, arm="arm", reference_arm="usual", allocation="observed")
    row = measure(found, "difference_in_change").set_index("round").loc["one-year"]
    assert row["estimate"] == pytest.approx(0.1)
    assert row[["std_error", "p_value"]].isna().all()


def test_settings_say_what_was_asked_and_of_which_data(region_scores):
    found = pe.compare_rounds(region_scores, **PANEL)
    assert found.settings["design"] == "panel"
    assert found.settings["data"]["rows"] == len(region_scores)
    assert found.settings["versions"]["peereval"] == pe.__version__
    assert found.origin == "synthetic"
