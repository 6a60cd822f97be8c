"""Reliable change: small tables in, categories out; what is refused; what release lets through."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import peereval as pe
from peereval.disclosure.policy import treatment_of
from peereval.errors import ChoiceError, DesignError, InvalidValueError, UnknownNameError
from peereval.rounds.bars import minimal_important_change
from peereval.rounds.norms import cut_offs, error_limits

STUDY = pe.ReliabilityStudy(source="a retest", sd=10, mean=36, reliability=0.74, measure="retest", n=88)
pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")


def scores_of(starts, ends, *, instrument="qpr-15", scale="total", arms=None):
    """A panel of two rounds."""
    persons = [f"p{place}" for place in range(len(starts))]
    frames = [
        pd.DataFrame({"person": persons, "round": name, "score": np.asarray(values, dtype=float)})
        for name, values in (("start", starts), ("end", ends))
    ]
    both = pd.concat(frames, ignore_index=True)
    both["round"] = pd.Categorical(both["round"], categories=["start", "end"], ordered=True)
    both = both.assign(instrument=instrument, instrument_version="1.0.0", scale=scale, n_answered=15, n_items=15)
    both["reason"] = pd.Series(pd.NA, index=both.index, dtype="string").mask(both["score"].isna(), "too_few_answered")
    return both if arms is None else both.assign(arm=pd.Series([*arms, *arms], dtype="string"))


def categories(scores, instrument="qpr-15", method="jacobson-truax", **said):
    changes = pe.person_changes(scores, instrument, reliability=STUDY, **said)
    return changes.loc[changes["method"] == method, "category"].tolist()


def row(result, **where):
    rows = result.estimates
    for name, value in where.items():
        rows = rows[rows[name] == value]
    [found] = rows.to_dict("records")
    return found


def test_the_threshold_of_the_qpr_has_the_limits_of_the_reference():
    """.74 at n = 88 and a standard deviation of 10: 14.1, from 11.7 to 16.9."""
    found = row(pe.reliable_change(scores_of([30], [30]), "qpr-15", reliability=STUDY), term="jacobson-truax")
    assert [round(found[name], 1) for name in ("estimate", "conf_low", "conf_high")] == [14.1, 11.7, 16.9]


def test_the_example_of_jacobson_and_truax():
    """Populations of mean 40 and 60, sd 7.5, reliability .80; from 32.5 to 47.5: changed reliably, but not across c."""
    norms = {
        "functional": pe.Norm(source="F", mean=60, sd=7.5),
        "dysfunctional": pe.Norm(source="D", mean=40, sd=7.5),
    }
    study = pe.ReliabilityStudy(source="1991", sd=7.5, reliability=0.8, measure="retest")
    assert cut_offs(direction="higher is better", **norms) == {"a": 55.0, "b": 45.0, "c": 50.0}
    assert (47.5 - 32.5) / (2**0.5 * study.error) == pytest.approx(3.16, abs=0.005)
    found = pe.reliable_change(scores_of([32.5, 32.5], [47.5, 50]), "qpr-15", reliability=study, **norms)
    assert row(found, measure="jacobson_truax", term="improved")["numerator"] == 2
    assert row(found, measure="recovered")["numerator"] == 1


def test_cut_offs_are_turned_where_higher_is_worse():
    well, ill = pe.Norm(source="F", mean=5, sd=4), pe.Norm(source="D", mean=18, sd=6)
    assert cut_offs(well, ill, "higher is worse") == pytest.approx({"a": 6.0, "b": 13.0, "c": 10.2})
    with pytest.raises(InvalidValueError, match="no worse than the functional"):
        cut_offs(well, ill, "higher is better")


def test_each_method_sorts_persons_by_its_own_bar():
    """Thresholds 14.13 from the start; 9.99 and 13.18 from the score the start regresses to (30 to 31.56)."""
    scores = scores_of([30] * 6, [44, 45, 41, 42, 16, 15])
    assert categories(scores) == ["unchanged", "improved", "unchanged", "unchanged", "unchanged", "worse"]
    nunnally = ["improved", "improved", "unchanged", "improved", "worse", "worse"]
    assert categories(scores, method="edwards-nunnally") == nunnally
    regressed = ["unchanged", "improved", "unchanged", "unchanged", "worse", "worse"]
    assert categories(scores, method="regression-based") == regressed


def test_a_change_of_exactly_the_minimal_important_one_matters():
    assert categories(scores_of([30, 30, 30], [35, 34, 25]), method="minimal-important") == [
        "improved",
        "unchanged",
        "worse",
    ]


def test_less_is_better_where_the_scale_says_so():
    scores = scores_of([25, 25], [9, 40], instrument="phq-9")
    changes = pe.person_changes(scores, "phq-9", reliability=STUDY, minimal_important=5)
    assert changes.loc[changes["method"] == "jacobson-truax", "category"].tolist() == ["improved", "worse"]
    assert changes.loc[changes["method"] == "jacobson-truax", "change"].tolist() == [-16, 15]


def test_shares_are_counted_by_arm_with_wilsons_interval():
    scores = scores_of([20] * 6, [40, 40, 20, 40, 20, 0], arms=["a", "a", "a", "b", "b", "b"])
    found = pe.reliable_change(scores, "qpr-15", reliability=STUDY, arm="arm")
    better = row(found, measure="jacobson_truax", term="improved", group="a")
    assert (better["numerator"], better["denominator"]) == (2, 3)
    # R: prop.test(2, 3, correct = FALSE)$conf.int
    assert (better["conf_low"], better["conf_high"]) == pytest.approx((0.2076596, 0.9385081), abs=1e-6)
    assert row(found, measure="jacobson_truax", term="worse", group="b")["numerator"] == 1
    assert found.claim == "change"


def test_error_alone_is_expected_to_move_as_many_as_a_simulation_shows():
    """100,000 persons who do not change, a sample of the source's population: Monte Carlo error below 0.0016."""
    rng = np.random.default_rng(20261122)
    true = rng.normal(36, 10 * 0.74**0.5, 100_000)
    start, end = (true + rng.normal(0, STUDY.error, len(true)) for _ in range(2))
    found = pe.reliable_change(scores_of(start, end), "qpr-15", reliability=STUDY)
    shares = found.estimates[found.estimates["expected"].notna()]
    assert np.abs(shares["estimate"] - shares["expected"]).max() < 0.006
    assert row(found, measure="edwards_nunnally", term="improved")["expected"] == pytest.approx(0.069, abs=5e-4)
    assert row(found, measure="regression_based", term="worse")["expected_count"] == pytest.approx(2_500)
    low = start < 30
    chosen = pe.reliable_change(scores_of(start[low], end[low]), "qpr-15", reliability=STUDY)
    better = row(chosen, measure="jacobson_truax", term="improved")["estimate"]
    assert better > 0.05
    assert row(chosen, measure="expected_given_start", term="improved")["estimate"] == pytest.approx(better, abs=0.005)


def test_the_minimal_important_change_is_mostly_noise_for_one_person():
    found = pe.reliable_change(scores_of([30], [31]), "qpr-15", reliability=STUDY)
    by_error = 1 - norm.cdf(5 / (2**0.5 * STUDY.error))
    assert row(found, measure="minimal_important", term="improved")["expected"] == pytest.approx(by_error, abs=5e-4)
    assert "cannot be told from noise" in found.method
    assert "rule R4" in found.method


def test_a_source_without_its_mean_gives_one_method_and_says_so():
    study = pe.ReliabilityStudy(source="a retest", sd=10, reliability=0.74, measure="retest", n=88)
    found = pe.reliable_change(scores_of([30], [31]), "qpr-15", reliability=study)
    assert set(found.estimates.loc[found.estimates["measure"] == "threshold", "term"]) == {"jacobson-truax"}
    assert any("no mean" in each for each in found.assumptions)
    with pytest.raises(DesignError, match="needs the mean, spread and reliability"):
        pe.reliable_change(scores_of([30], [31]), "qpr-15", reliability=study, method="regression-based")


def test_a_source_of_the_catalogue_that_prints_the_error_is_taken():
    scores = scores_of([20, 20], [23, 22], instrument="swemwbs", scale="metric")
    found = pe.reliable_change(scores, "swemwbs", reliability="Shah 2018", minimal_important=3)
    bar = row(found, measure="threshold")
    assert bar["estimate"] == pytest.approx(2.77 * 1.03, abs=0.01)
    # a standard deviation of 171 degrees of freedom, R: sqrt(171 / qchisq(c(.975, .025), 171))
    assert (bar["conf_low"] / bar["estimate"], bar["conf_high"] / bar["estimate"]) == pytest.approx(
        (0.90431407, 1.11850944), abs=1e-6
    )
    assert row(found, measure="jacobson_truax", term="improved")["numerator"] == 1


def test_reliability_and_spread_of_the_study_itself_belong_together(region, region_scores):
    responses = region.responses[region.responses["round"] != "one-year"]
    found = pe.reliability(responses[responses["round"] == "start"], "qpr-15", coding="0-4")
    alpha, sem = (
        found.estimates.query(f"measure == '{name}' and round == 'start' and scale == 'total'").iloc[0]
        for name in ("alpha", "sem")
    )
    result = pe.reliable_change(region_scores, "qpr-15", reliability=found)
    bar = row(result, measure="threshold", term="jacobson-truax")
    assert bar["estimate"] == pytest.approx(1.959964 * 2**0.5 * sem["estimate"], rel=1e-6)
    assert bar["n"] == alpha["n"]
    ratio = np.sqrt((1 - alpha["conf_high"]) / (1 - alpha["estimate"]))
    assert bar["conf_low"] == pytest.approx(bar["estimate"] * ratio)
    assert "alpha at start" in result.settings["reliability"]
    again = pe.reliability(responses, "qpr-15", coding="0-4", retest=("start", "half-year"))
    error = again.estimates.query("measure == 'retest_sem' and scale == 'total'")["estimate"].iloc[0]
    retest = pe.reliable_change(region_scores, "qpr-15", reliability=again)
    assert row(retest, measure="threshold", term="jacobson-truax")["estimate"] == pytest.approx(
        1.959964 * 2**0.5 * error
    )


def test_limits_of_alpha_are_feldts():
    items = np.random.default_rng(1).normal(size=(60, 1)) + np.random.default_rng(2).normal(size=(60, 5))
    from peereval.estimation.reliability import cronbach_alpha

    alpha = cronbach_alpha(items)
    study = pe.ReliabilityStudy(source="x", sd=1, reliability=alpha.estimate, measure="alpha", n=60)
    low, high = error_limits(study, 5, 0.95)[:2]
    assert (1 - high**2, 1 - low**2) == pytest.approx((alpha.conf_low, alpha.conf_high))


@pytest.mark.parametrize(
    "said",
    [
        {"sd": 10},
        {"sd": 10, "reliability": 0.7},
        {"sd": 10, "reliability": 0.7, "measure": "retest", "sem": 3},
        {"sd": 10, "reliability": 1.0, "measure": "retest"},
        {"sd": -1, "reliability": 0.7, "measure": "retest"},
        {"sd": 10, "reliability": 0.7, "measure": "kappa"},
        {"sd": 10, "reliability": 0.7, "measure": "retest", "n": 3},
        {"sd": 10, "reliability": 0.7, "measure": "retest", "limits": (0.8, 0.9)},
        {"sem": 0},
    ],
)
def test_half_a_source_and_an_impossible_one_are_refused(said):
    with pytest.raises(InvalidValueError, match="reliability study 'x'"):
        pe.ReliabilityStudy(source="x", **said)


def test_a_reliability_without_its_spread_is_refused():
    with pytest.raises(DesignError, match="no standard deviation of that sample"):
        pe.reliable_change(scores_of([1], [2]), "qpr-15", reliability="Williams 2015")
    with pytest.raises(UnknownNameError, match="no reliability of qpr-15 total from 'Nobody'"):
        pe.reliable_change(scores_of([1], [2]), "qpr-15", reliability="Nobody")
    with pytest.raises(InvalidValueError, match="comes from float"):
        pe.reliable_change(scores_of([1], [2]), "qpr-15", reliability=0.74)


def test_the_reliability_of_another_instrument_is_refused(region, region_scores):
    other = pe.reliability(region.responses.head(30), "who-5")
    with pytest.raises(DesignError, match="that of 'who-5'"):
        pe.reliable_change(region_scores, "qpr-15", reliability=other)


def test_rounds_that_are_not_linked_have_no_persons():
    scores = scores_of([1, 2], [3, 4])
    scores.loc[1, "person"] = None
    with pytest.raises(DesignError, match="needs linked rounds"):
        pe.reliable_change(scores, "qpr-15", reliability=STUDY)


@pytest.mark.parametrize(("rate", "text"), [(0.083, "8.3% of the links"), (None, "not linked")])
def test_too_many_false_links_allow_no_person_level_result(rate, text):
    settings = {"person_level": False, "false_link_rate": rate, "false_link_limit": 0.05}
    linkage = pe.Result(
        kind="linkage", title="", estimates=pd.DataFrame(), method="", claim="description", settings=settings
    )
    for function in (pe.reliable_change, pe.person_changes):
        with pytest.raises(DesignError, match=text):
            function(scores_of([1], [2]), "qpr-15", reliability=STUDY, linkage=linkage)
    with pytest.raises(InvalidValueError, match="not the result of linkage_summary"):
        pe.reliable_change(scores_of([1], [2]), "qpr-15", reliability=STUDY, linkage="yes")


@pytest.mark.parametrize(
    ("said", "error", "text"),
    [
        ({"method": "rci"}, InvalidValueError, "no method 'rci'"),
        ({"scale": "x"}, UnknownNameError, "no scale 'x'"),
        ({"round": "later"}, InvalidValueError, "no round 'later'"),
        ({"round": "start"}, DesignError, "both are 'start'"),
        ({"minimal_important": -5}, InvalidValueError, "above 0"),
        ({"functional": pe.Norm(source="F", mean=1, sd=1), "dysfunctional": pe.Norm(source="D", mean=2, sd=1)}, InvalidValueError, "no worse"),
    ],
)  # fmt: skip
def test_questions_that_make_no_sense_are_refused(said, error, text):
    with pytest.raises(error, match=text):
        pe.reliable_change(scores_of([1], [2]), "qpr-15", reliability=STUDY, **said)


def test_the_catalogue_tells_what_matters_from_what_is_beyond_error():
    assert minimal_important_change(pe.instrument("qpr-15"), "total").value == 5
    assert minimal_important_change(pe.instrument("core-10-printed-codes"), "total") is None
    with pytest.raises(ChoiceError, match=r"1\.5 \(Kounali"):
        minimal_important_change(pe.instrument("gad-7"), "total")


def test_what_is_left_out_is_counted():
    scores = scores_of([30, np.nan, 30, 30], [40, 30, np.nan, 40], arms=["a", "a", "b", None])
    found = pe.reliable_change(scores, "qpr-15", reliability=STUDY, arm="arm")
    assert dict(found.exclusions) == {"arm_missing": 2, "unpaired": 2, "too_few_answered": 2}
    assert row(found, measure="jacobson_truax", term="unchanged")["denominator"] == 1


def test_nobody_with_both_rounds_gives_an_empty_result():
    found = pe.reliable_change(scores_of([30, np.nan], [np.nan, 30]), "qpr-15", reliability=STUDY)
    assert row(found, measure="jacobson_truax", term="improved")["denominator"] == 0
    assert pe.person_changes(scores_of([np.nan], [1]), "qpr-15", reliability=STUDY).empty


def test_the_frame_of_the_caller_is_not_changed():
    scores = scores_of([30], [40])
    before = scores.copy()
    pe.reliable_change(scores, "qpr-15", reliability=STUDY)
    pd.testing.assert_frame_equal(scores, before)


def test_few_who_changed_are_not_released():
    """Three worse of forty: their count, and enough beside it, is withheld; nothing tells the exact number of persons."""
    scores = scores_of([30] * 41, [50] * 12 + [30] * 26 + [10] * 3)
    norms = {"functional": pe.Norm(source="F", mean=50, sd=8), "dysfunctional": pe.Norm(source="D", mean=30, sd=8)}
    result = pe.reliable_change(scores, "qpr-15", reliability=STUDY, **norms)
    assert set(result.estimates["measure"]) <= set(treatment_of())
    [safe] = pe.release(result)
    rows = safe.estimates[safe.estimates["measure"] == "jacobson_truax"].set_index("term")
    assert rows.loc[["worse", "improved"], "withheld"].all()
    assert rows["numerator"].dropna().tolist() == [25.0]
    assert "expected_count" not in safe.estimates
    assert rows["estimate"].isna().all()
    assert rows["denominator"].tolist() == [40.0] * 3
    assert rows["expected"].tolist() == [0.025, 0.95, 0.025]


def test_figures_show_n_and_leave_a_gap_for_what_is_withheld():
    scores = scores_of([30] * 41, [50] * 12 + [30] * 26 + [10] * 3)
    result = pe.reliable_change(scores, "qpr-15", reliability=STUDY)
    drawn = result.plot()
    assert drawn.get_xlabel().startswith("Persons with both scores")
    assert "n 41" in [text.get_text() for text in drawn.texts]
    [safe] = pe.release(result)
    legend = [text.get_text() for text in safe.plot().get_legend().get_texts()]
    assert "not shown" in legend


def test_the_waterfall_shows_everybody_once_and_takes_no_result():
    scores = scores_of([30] * 41, [50] * 12 + [30] * 26 + [10] * 3)
    changes = pe.person_changes(scores, "qpr-15", reliability=STUDY)
    drawn = pe.change_waterfall(changes, method="regression-based")
    assert len(drawn.patches) == 41
    assert drawn.get_xlabel() == "Persons, sorted by change (n = 41)"
    assert any("worse (n = 3)" in text.get_text() for text in drawn.get_legend().get_texts())
    with pytest.raises(InvalidValueError, match="no method 'rci'"):
        pe.change_waterfall(changes, method="rci")
    with pytest.raises(InvalidValueError, match="no group 'b'"):
        pe.change_waterfall(changes, group="b")
