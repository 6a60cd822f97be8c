"""Pools: the rule for few studies, what may not be mixed, dependent effects, exclusions, release and words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import ColumnError, DesignError, InvalidValueError, MissingValueError, UnsupportedInputError

SAID = {"outcome": "hope", "time": "end", "measure": "hedges_g", "scale": "SD", "direction": "higher is better"}


def effects(estimates=(0.1, 0.3, 0.9), variances=0.04, **more):
    studies = [f"study {place}" for place in range(len(estimates))]
    frame = pd.DataFrame({"study": studies, "estimate": estimates, "variance": variances, "n": 100.0})
    return frame.assign(**{**SAID, **more})


def pooled(result):
    rows = result.estimates
    return rows[rows["part"] == "pooled"].iloc[0]


def heterogeneity(result):
    rows = result.estimates
    return rows[rows["part"] == "heterogeneity"].set_index("measure")["estimate"]


def test_two_studies_are_pooled_to_a_common_effect_and_both_are_shown():
    result = pe.pool(effects((0.1, 0.9), (0.04, 0.01)))
    row = pooled(result)
    assert [row["estimate"], row["std_error"]] == pytest.approx([(0.1 / 0.04 + 0.9 / 0.01) / 125, 125**-0.5])
    assert row["df"] == np.inf
    assert (result.estimates["part"] == "study").sum() == 2
    assert "tau_squared" not in heterogeneity(result).index
    assert "Hartung" not in result.method
    assert "pooled to a common effect" in result.method
    moments = pe.pool(effects((0.1, 0.9), (0.04, 0.01)), method="dersimonian-laird")
    assert heterogeneity(moments)["tau_squared"] == pytest.approx(0.64 / 2 - 0.025)


def test_one_study_stands_as_it_is():
    result = pe.pool(effects((0.4,)))
    assert [pooled(result)["estimate"], pooled(result)["std_error"]] == pytest.approx([0.4, 0.2])
    assert heterogeneity(result).isna().all()


def test_no_studies_give_an_empty_pool():
    empty = effects().iloc[:0]
    assert pe.pool(empty).estimates.empty
    assert pe.leave_one_out(empty).estimates.empty


@pytest.mark.parametrize(("k", "there"), [(4, False), (5, True)])
def test_a_prediction_interval_takes_five_studies(k, there):
    row = pooled(pe.pool(effects(np.linspace(0, 1, k))))
    assert np.isfinite(row["prediction_low"]) == there
    if there:
        assert row["prediction_low"] < row["conf_low"]


def test_studies_more_alike_than_chance_do_not_narrow_the_interval():
    """The trap of Hartung and Knapp: with max(1, q) the interval is at least that of the common effect by t."""
    alike = effects((0.20, 0.21, 0.22), (0.02, 0.03, 0.04))
    bounded, plain, normal = (pooled(pe.pool(alike, hartung_knapp=each)) for each in (True, "plain", False))
    width = {name: row["conf_high"] - row["conf_low"] for name, row in (("b", bounded), ("p", plain), ("n", normal))}
    assert width["p"] < width["n"] < width["b"]


def test_mixed_measures_directions_and_scales_are_refused():
    for name, other in (("measure", "cohens_d"), ("direction", "higher is worse"), ("scale", "points")):
        mixed = effects()
        mixed.loc[1, name] = other
        with pytest.raises(DesignError, match=f"2 different values of '{name}'"):
            pe.pool(mixed)


def test_mixed_outcomes_and_times_are_said():
    mixed = effects().assign(outcome=["hope", "hope", "recovery"], time=["end", "6 months", "end"])
    notes = " ".join(pe.pool(mixed).assumptions)
    assert "2 outcomes (hope, recovery)" in notes
    assert "2 times (6 months, end)" in notes


def test_a_study_that_stands_twice_needs_a_cluster():
    twice = effects().assign(study=["a", "a", "b"])
    with pytest.raises(DesignError, match="rows 1, 2 share their study"):
        pe.pool(twice)
    with pytest.raises(DesignError, match="rows 1, 2 share their study"):
        pe.pool(twice.assign(cluster=["a", None, "b"]))
    found = pe.pool(twice.assign(cluster=["a", "a", "b"]))
    assert pooled(found)["k"] == 2
    assert pooled(found)["n"] == 200
    # the averaged pair counts once: two studies of the same variance
    assert pooled(found)["estimate"] == pytest.approx((0.2 + 0.9) / 2)


def test_dependent_effects_get_a_robust_error_and_few_degrees_of_freedom_are_said():
    many = effects((0.1, 0.2, 0.5, 0.9, 0.3)).assign(cluster=list("aabcc"))
    result = pe.pool(many)
    assert "CR2 with Satterthwaite's" in result.method
    assert any("below 4" in note for note in result.assumptions)
    assert pooled(result)["df"] < 4
    assert result.estimates["weight"].sum() == pytest.approx(100)


def test_as_many_copies_of_an_effect_as_one_likes_change_nothing():
    """Effects of a cluster are averaged as if perfectly correlated, so a copy adds no information."""
    frame = effects((0.1, 0.3, 0.9, 0.4)).assign(cluster=list("abcd"))
    copied = pd.concat([frame, frame.iloc[[0, 0, 2]]], ignore_index=True)
    one, other = pooled(pe.pool(frame)), pooled(pe.pool(copied))
    assert other["estimate"] == pytest.approx(one["estimate"])


def test_missing_effects_and_variances_are_counted():
    frame = effects((0.1, None, 0.9, 0.4)).assign(variance=[0.04, None, None, 0.04])
    result = pe.pool(frame)
    assert dict(result.exclusions) == {"effect_missing": 1, "variance_missing": 1}
    assert pooled(result)["k"] == 2


def test_groups_are_pools_of_their_own():
    frame = effects((0.1, 0.2, 0.8, 0.9)).assign(country=["no", "no", "se", None])
    result = pe.pool(frame, by="country")
    rows = result.estimates
    assert rows[rows["part"] == "pooled"]["group"].tolist() == ["no", "se", "all"]
    assert dict(result.exclusions) == {"group_missing": 1}
    assert (rows["measure"] == "subgroup_difference").sum() == 1
    # a study in both groups: no pool of all, no test between
    both = pd.concat([frame.assign(country="no"), frame.assign(country="se")], ignore_index=True)
    assert pe.pool(both, by="country").estimates["group"].unique().tolist() == ["no", "se"]


COUNTS = pd.DataFrame(
    {
        "study": ["a", "a", "b", "b", "c", "c"],
        "arm": ["peer", "usual"] * 3,
        "events": [0, 3, 5, 9, 0, 0],
        "n": [20, 20, 40, 41, 10, 10],
    }
).assign(outcome="readmission", time="1 year", direction="higher is worse")


def of_counts(formula="odds-ratio"):
    return pe.effect_size(COUNTS, formula=formula, treatment="peer", control="usual")


def test_counts_need_no_correction_to_be_pooled_and_studies_without_events_weigh_nothing():
    for method in ("mantel-haenszel", "peto"):
        result = pe.pool(of_counts(), method=method)
        assert pooled(result)["k"] == 2
        assert pooled(result)["ratio"] == pytest.approx(np.exp(pooled(result)["estimate"]))
        weights = result.estimates.query("part == 'study'")["weight"]
        assert weights.iloc[2] == 0
        assert weights.sum() == pytest.approx(100)
        assert [text.get_text() for text in result.plot().texts].count("cannot be given") == 1
    by_hand = (0 * 17 / 40 + 5 * 32 / 81) / (20 * 3 / 40 + 35 * 9 / 81)
    assert pooled(pe.pool(of_counts(), method="mantel-haenszel"))["ratio"] == pytest.approx(by_hand)


@pytest.mark.parametrize("method", ["mantel-haenszel", "peto"])
def test_counts_without_any_event_have_no_pool(method):
    nobody = pe.effect_size(COUNTS.assign(events=0), formula="odds-ratio", treatment="peer", control="usual")
    result = pe.pool(nobody, method=method)
    assert np.isnan(pooled(result)["estimate"])
    assert pooled(result)["k"] == 0
    result.plot()
    one_arm = COUNTS.assign(events=COUNTS["events"].where(COUNTS["arm"] == "peer", 0))
    found = pe.pool(pe.effect_size(one_arm, formula="odds-ratio", treatment="peer", control="usual"), method=method)
    # Mantel and Haenszel's odds ratio would be infinite, Peto's is not
    assert np.isnan(pooled(found)["estimate"]) == (method == "mantel-haenszel")


def test_a_result_of_effect_sizes_can_be_pooled_and_keeps_its_origin():
    made_up = pe.effect_size(COUNTS.assign(origin="synthetic"), formula="risk-ratio", treatment="peer", control="usual")
    result = pe.pool(made_up, method="fixed")
    assert result.origin == "synthetic"
    assert dict(result.exclusions) == {"effect_missing": 1}


@pytest.mark.parametrize(
    ("frame", "asked", "error", "message"),
    [
        (effects(), {"method": "bayes"}, InvalidValueError, "no method 'bayes'"),
        (effects(), {"working": "own"}, InvalidValueError, "no working model 'own'"),
        (effects(), {"hartung_knapp": "no"}, InvalidValueError, "hartung_knapp is 'no'"),
        (effects(), {"by": "country"}, ColumnError, "no column 'country'"),
        (effects(country="all"), {"by": "country"}, InvalidValueError, "a group 'all'"),
        (effects(), {"method": "peto"}, DesignError, "'peto' cannot pool 'hedges_g'"),
        (effects(measure="log_odds_ratio"), {"method": "peto"}, ColumnError, "no column 'events_treatment'"),
        (effects(variances=(0.1, 0.0, 0.1)), {}, InvalidValueError, "variance in row 2.*not above 0"),
        (effects(direction="positive"), {}, InvalidValueError, "direction 'positive'"),
        (effects().drop(columns="time"), {}, ColumnError, "no column 'time'"),
        (effects(scale=None), {}, MissingValueError, "'scale'.*must be filled"),
    ],
)
def test_what_is_refused(frame, asked, error, message):
    with pytest.raises(error, match=message):
        pe.pool(frame, **asked)


def test_results_of_another_kind_are_refused():
    with pytest.raises(UnsupportedInputError, match="kind 'pool'"):
        pe.pool(pe.pool(effects()))


def test_a_study_left_out_is_the_pool_of_the_others():
    found = pe.leave_one_out(effects((0.1, 0.3, 0.9, 0.4))).estimates
    assert found["term"].tolist() == ["all", *(f"without study {place}" for place in range(4))]
    others = pooled(pe.pool(effects((0.1, 0.3, 0.9))))
    assert found.iloc[-1]["estimate"] == pytest.approx(others["estimate"])
    assert found.iloc[-1]["conf_high"] == pytest.approx(others["conf_high"])


def test_what_tells_the_number_of_persons_is_not_released():
    counts = pe.pool(of_counts("risk-ratio"), method="fixed")
    for finding in (counts, of_counts("risk-ratio"), pe.leave_one_out(effects((0.1, 0.3, 0.9, 0.4)))):
        [safe] = pe.release(finding)
        told = {
            "std_error",
            "variance",
            "weight",
            "ratio",
            "ratio_low",
            "prediction_low",
            "events_treatment",
            "n_control",
        }
        assert not told & set(safe.estimates)
        small = safe.estimates["n"].dropna()
        assert (small % 5 == 0).all()
    [safe] = pe.release(counts)
    assert safe.estimates.loc[safe.estimates["part"] == "heterogeneity", "estimate"].isna().all()
