"""Which method a declared design gets, what is refused, and what the rules put beside (docs/design/rules.md, R1 to R11)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import ColumnError, DesignError, InvalidValueError, OutOfRangeError

NAMES = ["start", "half-year", "one-year"]
ARMS = {"arm": "arm", "reference_arm": "usual"}
RANDOMISED, OBSERVED = {**ARMS, "allocation": "randomised"}, {**ARMS, "allocation": "observed"}
PANEL = {"design": "panel"}


def table(n=48, *, rounds=NAMES, lost=0.25, seed=1, scale="total", codes=None):
    """Scores of n persons in two arms and six units; from the second round on some are lost."""
    rng, k = np.random.default_rng(seed), len(rounds)
    score = 50 + rng.normal(0, 9, n)[:, None] + rng.normal(0, 5, (n, k)) + np.arange(k)
    frame = pd.DataFrame({
        "person": np.repeat([f"p{i}" for i in range(n)], k),
        "round": pd.Categorical(list(rounds) * n, rounds, ordered=True),
        "instrument": "own", "instrument_version": "1", "scale": scale,
        "score": score.ravel().round(1), "n_answered": 1, "n_items": 1,
        "reason": pd.array([pd.NA] * n * k, dtype="string"),
        "arm": np.repeat(np.where(np.arange(n) % 2, "peer", "usual"), k),
        "unit": np.repeat(np.array(list("abcdef"))[np.arange(n) % 6 if n % 6 else rng.integers(0, 6, n)], k),
        "age": np.repeat(rng.integers(20, 70, n), k).astype(float), "sex": np.repeat(rng.choice(["f", "m"], n), k),
    })  # fmt: skip
    if codes is not None:
        frame["score"] = np.digitize(frame["score"], codes).astype(float)
    gone = (rng.random(len(frame)) < lost) & (frame["round"] != rounds[0])
    return frame[~gone].reset_index(drop=True)


YES, ORDERED = {"codes": [51]}, {"codes": [44, 51, 58]}


def compare(frame, **asked):
    return pe.compare_rounds(frame, **{**PANEL, **asked})


def of(result, measure):
    found = result.estimates
    return found[found["measure"] == measure].set_index("round")


# design and measurement, what is said beside, how many are lost -> method, rule, baseline
CHOICES = [
    ("panel", "scale", RANDOMISED, 0.25, "mmrm", "R1"),
    ("panel", "scale", RANDOMISED, 0.0, "mmrm", "R1"),
    ("panel", "scale", OBSERVED, 0.25, "mmrm", "R2"),
    ("panel", "scale", {}, 0.25, "mmrm", "R3"),
    ("panel-unlinked", "scale", {}, 0.25, "welch", "R5"),
    ("cross-section", "scale", OBSERVED, 0.25, "welch", "R5"),
    ("panel", "ordinal", {}, 0.0, "sign-test", "R6"),
    ("panel", "ordinal", {}, 0.25, "cumulative-link-mixed", "R6"),
    ("panel", "ordinal", {"covariates": ["age"]}, 0.0, "cumulative-link-mixed", "R6"),
    ("panel", "ordinal", OBSERVED, 0.0, "cumulative-link-mixed", "R6"),
    ("cross-section", "ordinal", {}, 0.25, "brunner-munzel", "R6"),
    ("panel-unlinked", "ordinal", {"unit": "unit"}, 0.25, "cumulative-link", "R6"),
    ("panel", "yes-no", {}, 0.0, "mcnemar", "R7"),
    ("panel", "yes-no", {}, 0.25, "random-intercept-logit", "R7"),
    ("panel", "yes-no", RANDOMISED, 0.0, "random-intercept-logit", "R7"),
    ("cross-section", "yes-no", {}, 0.25, "newcombe", "R7"),
    ("cross-section", "yes-no", {"unit": "unit"}, 0.25, "logit", "R7"),
]


@pytest.mark.parametrize(("design", "measurement", "asked", "lost", "method", "rule"), CHOICES)
def test_the_design_decides_and_no_outcome_value_does(design, measurement, asked, lost, method, rule):
    frame = table(lost=lost, **{"yes-no": YES, "ordinal": ORDERED}.get(measurement, {}))
    shuffled = frame.assign(score=np.random.default_rng(3).permutation(frame["score"]))
    for data in (frame, shuffled):
        found = compare(data, design=design, measurement=measurement, **asked)
        assert set(found.settings["methods"].values()) == {method}
        assert set(found.estimates["rule"]) == {rule}
        assert f"(rule {rule}" in found.method
        assert found._repr_html_()


def test_each_scale_gets_its_own_method():
    whole, some = table(lost=0, **YES), table(scale="other", **YES)
    found = compare(pd.concat([whole, some], ignore_index=True), measurement="yes-no")
    assert dict(found.settings["methods"]) == {"own:total": "mcnemar", "own:other": "random-intercept-logit"}
    assert "McNemar" in found.method
    assert "random intercept" in found.method


REFUSED = [
    ({**ARMS}, DesignError, "allocation"),
    ({"allocation": "observed"}, DesignError, "not which column"),
    ({**OBSERVED, "reference_arm": "control"}, InvalidValueError, "'control'"),
    ({**OBSERVED, "baseline": "constrained"}, DesignError, "only chance makes true"),
    ({"baseline": "covariate"}, DesignError, "none were said"),
    ({**RANDOMISED, "weighting": "overlap", "covariates": ["age"]}, DesignError, "two observed arms"),
    ({**OBSERVED, "weighting": "overlap"}, DesignError, "need covariates"),
    ({"covariates": ["score"]}, DesignError, r"changes within \d+ persons \(rows 1"),
    ({"covariates": ["height"]}, ColumnError, "'height'"),
    ({**OBSERVED, "covariates": ["arm"]}, DesignError, "column of the arms"),
    ({"unit": "ward"}, ColumnError, "'ward'"),
    ({"units": "these"}, DesignError, "not which column holds the units"),
    ({"design": "cross-section", "unit": "unit", "units": "these"}, DesignError, "'welch' does not take units='these'"),
    ({"method": "paired-t", "unit": "unit"}, DesignError, "'paired-t' does not take unit"),
    ({"method": "gee", "unit": "unit"}, DesignError, "'gee' does not take unit"),
    ({"method": "paired-t", "covariates": ["age"]}, DesignError, "'paired-t' does not take covariates"),
    ({"method": "paired-t", **OBSERVED, "baseline": "response"}, DesignError, "does not take baseline='response'"),
    ({"method": "wilcoxon", **OBSERVED}, DesignError, "'wilcoxon' does not take arms"),
    ({"method": "rm-anova", **OBSERVED}, DesignError, "'rm-anova' does not take arms"),
    ({"method": "wilcoxon", "margin": 5}, DesignError, "'wilcoxon' does not take margin"),
    ({"method": "sign-flip", "margin": 5}, DesignError, "'sign-flip' does not take margin"),
    ({"method": "welch"}, DesignError, "does not fit the design 'panel'"),
    ({"method": "mcnemar"}, DesignError, "does not fit the measurement 'scale'"),
    ({"method": "anova"}, InvalidValueError, "no method 'anova'"),
    ({"measurement": "ordinal", "margin": 5}, DesignError, "does not take margin"),
    ({"measurement": "ordinal", **OBSERVED, "baseline": "covariate"}, DesignError, "does not take baseline='covariate'"),
    ({"measurement": "ordinal", "unit": "unit"}, DesignError, "does not take unit"),
    ({"measurement": "yes-no"}, OutOfRangeError, "codes"),
    ({"design": "waves"}, InvalidValueError, "no design 'waves'"),
    ({"adjust": "tukey"}, InvalidValueError, "Tukey"),
    ({"margin": 0}, InvalidValueError, "margin is 0"),
    ({"margin": True}, InvalidValueError, "margin is True"),
    ({"margin": "minimal-important-change"}, InvalidValueError, "minimal important change"),
    ({"role": {("own", "sum"): "primary"}}, InvalidValueError, "'own:sum' is not among the scores"),
    ({"family": {("own", "sum"): "a"}}, InvalidValueError, "'own:sum' is not among the scores"),
    ({"role": {("own", "total"): "main"}}, InvalidValueError, "no role 'main'"),
    ({"reference_round": "one-year"}, DesignError, "last round"),
    ({"reference_round": "later"}, InvalidValueError, "no round 'later'"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "kind", "text"), REFUSED)
def test_what_cannot_be_is_refused(asked, kind, text):
    with pytest.raises(kind, match=text) as caught:
        compare(table(), **asked)
    assert caught.value.hint
    assert "p1" not in str(caught.value)


def test_a_hint_names_the_methods_that_fit_the_design():
    with pytest.raises(DesignError) as caught:
        compare(table(), method="gee", unit="unit")
    assert caught.value.hint == "Leave it out, or say method='mmrm'."


def test_yes_must_be_one_of_two_codes():
    with pytest.raises(OutOfRangeError, match="with 7 counted as yes"):
        compare(table(**YES), measurement="yes-no", yes=7)
    frame = table(**YES)
    swapped = compare(frame, measurement="yes-no", yes=0)
    assert of(swapped, "share_yes").loc["start", "estimate"] == pytest.approx(
        1 - of(compare(frame, measurement="yes-no"), "share_yes").loc["start", "estimate"]
    )


def test_two_primary_scales_and_one_margin_for_two_scales_are_refused():
    both = pd.concat([table(), table(scale="other")], ignore_index=True)
    named = {("own", "total"): "primary", ("own", "other"): "primary"}
    with pytest.raises(DesignError, match="more than one primary outcome: own:total, own:other"):
        compare(both, method="paired-t", role=named)
    with pytest.raises(DesignError, match="cannot hold for 2 scales"):
        compare(both, method="paired-t", margin=5)
    found = of(compare(both, method="paired-t", margin=np.int64(5), primary=("own", "other")), "equivalence")
    assert found["scale"].tolist() == ["other"]


def test_a_person_in_two_units_is_refused_and_a_number_of_a_unit_is_a_name():
    frame = table()
    moved = frame.copy()
    moved.loc[0, "unit"] = "z"
    with pytest.raises(DesignError, match=r"The unit 'unit' changes within 1 persons \(rows 1"):
        compare(moved, unit="unit")
    numbered = frame.assign(ward=frame["unit"].map({name: place for place, name in enumerate("abcdef")}))
    by_number, by_name = (
        of(compare(numbered, unit=name, units="these"), "estimated_mean") for name in ("ward", "unit")
    )
    np.testing.assert_allclose(by_number["estimate"], by_name["estimate"])


@pytest.mark.parametrize("design", [RANDOMISED, OBSERVED])
@pytest.mark.parametrize("only", ["peer", "usual"])
def test_a_round_of_one_arm_only_has_no_difference_and_takes_none_from_the_others(design, only):
    frame = table()
    found = compare(frame[(frame["round"] != "half-year") | (frame["arm"] == only)], **design)
    difference = of(found, "difference_in_change")
    assert difference["estimate"].isna().tolist() == [True, False]
    assert difference.loc["one-year", "p_value"] > 0
    assert of(found, "estimated_mean").loc[["half-year"], "group"].tolist() == [only]


def test_an_arm_of_one_person_gets_no_test():
    frame = table()
    found = compare(frame[(frame["arm"] == "usual") | (frame["person"] == "p1")], **RANDOMISED, margin=4)
    difference = of(found, "difference_in_change")
    assert difference["flag"].eq("fewer_than_10").all()
    assert difference[["std_error", "p_value", "conf_low"]].isna().all(axis=None)
    assert of(found, "equivalence").loc["one-year", "verdict"] == "not shown"
    assert set(of(found, "mean_change")["model"]) == {"none: persons with both rounds"}
    assert found.exclusions["unpaired"] > 0


@pytest.mark.parametrize("asked", [{}, RANDOMISED, {"method": "gee"}, {"measurement": "ordinal"}])
def test_a_constant_scale_has_no_uncertainty(asked):
    found = compare(table().assign(score=1.0), **asked).estimates
    assert found["flag"].isin(["no_model"]).any()
    assert found["p_value"].isna().all()
    changes = found[found["measure"].isin(["mean_change", "difference_in_change"])]
    assert changes["estimate"].eq(0).all()
    assert found.loc[found["measure"] == "log_odds_ratio", "estimate"].isna().all()


def test_exact_changes_have_no_standard_error_of_rounding():
    frame = table(40, lost=0)
    frame.loc[frame["round"] == "half-year", "score"] = frame.loc[frame["round"] == "start", "score"].to_numpy() + 1
    difference = of(compare(frame, **OBSERVED), "difference_in_change")
    assert difference.loc["half-year", "estimate"] == pytest.approx(0, abs=1e-9)
    assert pd.isna(difference.loc["half-year", "std_error"])


def test_a_covariance_without_a_maximum_falls_back_by_rule_r9():
    frame = table(40, lost=0)
    frame.loc[frame["round"] == "half-year", "score"] = frame.loc[frame["round"] == "start", "score"].to_numpy() + 1
    models = of(compare(frame), "mean_change")["model"]
    assert models.tolist() == ["heterogeneous-toeplitz, since unstructured has no estimate (rule R9)"] * 2


def test_persons_with_one_round_only_are_modelled_where_ten_have_two():
    frame = table(lost=0)
    first = frame["round"] == "start"
    few = frame[first | frame["person"].isin([f"p{i}" for i in range(10)])]
    found = compare(few)
    assert of(found, "mean_change").loc["one-year", "model"] == "unstructured"
    assert not found.exclusions
    fewer = compare(frame[first | frame["person"].isin([f"p{i}" for i in range(9)])])
    assert of(fewer, "mean_change")["flag"].eq("fewer_than_10").all()
    assert dict(fewer.exclusions) == {"unpaired": 39}


@pytest.mark.parametrize("k", [2, 5])
def test_two_and_more_rounds(k):
    rounds = [f"r{place}" for place in range(k)]
    found = compare(table(60, rounds=rounds, lost=0.1), **OBSERVED)
    assert of(found, "difference_in_change").index.tolist() == rounds[1:]
    assert found.estimates["p_value"].notna().sum() == 1


def test_ten_rounds():
    rounds = [f"r{place}" for place in range(10)]
    found = compare(table(120, rounds=rounds, lost=0.05), method="gee")
    assert len(of(found, "mean_change")) == 9


def test_one_round_alone_has_its_mean():
    assert compare(table(rounds=["start"])).estimates["measure"].tolist() == ["mean"]


def test_a_covariate_is_known_in_every_row_of_a_person_or_the_scores_are_counted():
    frame = table(lost=0)
    once = frame.assign(age=frame["age"].where(frame["round"] == "start"))
    kept = frame.assign(sex=frame["sex"].where(frame["person"] != "p3"))
    whole = of(compare(frame, covariates=["age"]), "mean_change")
    pd.testing.assert_frame_equal(of(compare(once, covariates=["age"]), "mean_change"), whole)
    assert dict(compare(kept, covariates=["sex"]).exclusions) == {"covariate_missing": 3}


def test_persons_without_the_reference_round_are_counted_where_it_is_a_covariate():
    frame = table(lost=0)
    late = frame[~((frame["round"] == "start") & frame["person"].isin(["p1", "p2"]))]
    assert dict(compare(late, **RANDOMISED, baseline="covariate").exclusions) == {"baseline_missing": 2}
    assert not compare(late, **RANDOMISED).exclusions


def test_scores_without_a_unit_are_counted():
    frame = table(lost=0)
    frame.loc[frame["person"] == "p1", "unit"] = None
    assert dict(compare(frame, unit="unit").exclusions) == {"unit_missing": 3}


def test_arms_by_few_units_are_permuted_with_their_lowest_p():
    frame = table(lost=0)
    frame = frame.assign(unit=frame["unit"].map(dict(zip("abcdef", "abbcca", strict=True))) + frame["arm"])
    found = of(compare(frame, **OBSERVED, unit="unit"), "difference_in_change").loc["one-year"]
    assert found["flag"] == "few_units"
    assert found["lowest_p"] == pytest.approx(0.1)
    assert found["p_value"] >= found["lowest_p"]
    assert pd.isna(found["std_error"])


def test_one_unit_has_an_estimate_and_no_interval():
    for design in ("panel", "cross-section"):
        found = compare(table().assign(unit="a"), design=design, unit="unit").estimates
        changes = found[found["measure"].isin(["mean_change", "mean_difference"])]
        assert changes["flag"].eq("few_units").all()
        assert changes["estimate"].notna().all()
        assert changes["std_error"].isna().all()


def test_partly_linked_rounds_have_derricks_test_and_say_so():
    frame = table(lost=0).assign(linked=True)
    alone = (frame["round"] != "start") & frame["person"].isin(["p1", "p2", "p3"])
    frame.loc[alone, "linked"] = False
    frame.loc[alone, "person"] = [f"x{place}" for place in range(int(alone.sum()))]
    found = compare(frame)
    assert of(found, "overlapping_change")["n"].tolist() == [51, 51]
    assert "An answer that could not be linked is a person of its own (rule R4)." in found.method
    assert any("Derrick" in text for text in found.sensitivity)
    assert of(compare(frame.assign(linked=True)), "overlapping_change").empty


def test_nothing_to_compare_gives_an_empty_result_with_its_settings():
    found = compare(table().iloc[:0], primary=("own", "total"))
    assert found.estimates.empty
    assert found.settings["design"] == "panel"
    assert "mixed model" not in found.method
    unanswered = table().assign(score=np.nan)
    found = compare(unanswered, primary=("own", "total"))
    assert found.estimates.empty
    assert found.settings["primary"] == "own:total"
    assert found.exclusions["outcome_missing"] == len(unanswered)


def test_small_rounds_without_links_take_a_margin():
    few = table(6, lost=0)
    found = of(compare(few, design="cross-section", margin=3), "equivalence").loc["one-year"]
    assert found["verdict"] == "not shown"


def scales(n=5):
    return pd.concat([table(seed=seed, scale=f"s{seed}") for seed in range(n)], ignore_index=True)


def test_roles_and_families_decide_which_p_values_are_given():
    frame, named = scales(), {("own", "s0"): "primary", ("own", "s4"): "exploratory"}
    grouped = {("own", "s1"): "mood", ("own", "s2"): "mood"}
    found = compare(frame, method="paired-t", role=named, family=grouped)
    tested = of(found, "mean_change").loc["one-year"].set_index("scale")
    assert pd.isna(tested.loc["s4", "p_value"])
    assert tested.loc["s0", "p_adjusted"] == tested.loc["s0", "p_value"]
    assert tested.loc["s3", "p_adjusted"] == tested.loc["s3", "p_value"]
    mood = tested.loc[["s1", "s2"]]
    assert mood["p_adjusted"].min() == pytest.approx(min(1, 2 * mood["p_value"].min()))
    assert "within the families that were named" in found.method
    assert of(found, "mean_change").loc["half-year", "p_value"].isna().all()


def test_adjustments_of_secondary_scales():
    p = of(compare(scales(4), method="paired-t", adjust="none"), "mean_change").loc["one-year"]
    assert p["p_adjusted"].equals(p["p_value"])
    ordered, m = np.sort(p["p_value"].to_numpy()), 4
    holm = np.minimum(np.maximum.accumulate(ordered * (m - np.arange(m))), 1)
    benjamini = np.minimum.accumulate((ordered * m / np.arange(1, m + 1))[::-1])[::-1]
    for adjust, expected in (("holm", holm), ("benjamini-hochberg", benjamini)):
        found = of(compare(scales(4), method="paired-t", adjust=adjust), "mean_change").loc["one-year"]
        np.testing.assert_allclose(np.sort(found["p_adjusted"]), expected)


def test_nothing_that_knows_no_units_stands_beside_clustered_units():
    assert beside(compare(table(), unit="unit")) == []
    assert beside(compare(table(), unit="unit", units="these")) == ["completers_change"]
    assert beside(compare(table(), **OBSERVED, unit="unit")) == ["covariate_adjusted_difference"]


def test_sentences_say_what_was_done():
    said = compare(table(), **RANDOMISED, covariates=["age"], unit="unit", margin=4)
    for text in (
        "constrained",
        "slope in each round, for age",
        "clustered by unit",
        "90 % interval",
        "pe.tipping_point",
    ):
        assert text in said.method
    said = compare(table(**ORDERED), measurement="ordinal", covariates=["age"])
    assert "Adjusted for age." in said.method
    assert "slope in each round" not in said.method
    assert "ordered answers" in said.estimand
    said = compare(table(), **OBSERVED, covariates=["age"], weighting="overlap")
    assert "overlap weights" in said.method
    assert "slope in each round" not in said.method
    assert said.claim == "association"
    assert "share of yes" in compare(table(**YES), measurement="yes-no").estimand


def test_what_stands_beside_is_said_as_sensitivity():
    assert beside(compare(table(), **RANDOMISED)) == ["unconstrained_difference"]
    assert beside(compare(table(), **OBSERVED)) == ["covariate_adjusted_difference"]
    assert beside(compare(table())) == ["completers_change"]
    assert beside(compare(table(), design="panel-unlinked")) == ["difference_if_correlated"]


BESIDE = ["completers_change", "unconstrained_difference", "covariate_adjusted_difference", "difference_if_correlated"]
BESIDE += ["jump_to_reference_difference"]


def beside(result):
    found = [name for name in BESIDE if (result.estimates["measure"] == name).any()]
    assert len(result.sensitivity) == len(found)
    return found


def test_randomised_arms_with_losses_have_jump_to_reference_beside():
    """The same numbers as `impute_rounds`, which has oracles of its own; the flags stand in rows without a score."""
    frame = table(60, lost=0)
    gone = (frame["round"] == "one-year") & frame["person"].isin([f"p{i}" for i in range(12)])
    frame = frame.assign(left_programme=gone, score=frame["score"].mask(gone))
    result = compare(frame, **RANDOMISED, seed=7)
    found = of(result, "jump_to_reference_difference").loc["one-year"]
    same = of(pe.impute_rounds(frame, strategy="jump-to-reference", **RANDOMISED, seed=7), "difference_in_change").loc[
        "one-year"
    ]
    assert found["estimate"] == same["estimate"]
    assert found["std_error"] == same["std_error"]
    assert pd.isna(found["p_value"])
    assert abs(found["estimate"]) < abs(of(result, "difference_in_change").loc["one-year", "estimate"])
    assert "jump to reference" in result.sensitivity[-1]
    little = frame.assign(score=frame["score"].fillna(50), left_programme=False)
    assert of(compare(little, **RANDOMISED), "jump_to_reference_difference").empty
    assert of(compare(frame.drop(columns="left_programme"), **RANDOMISED), "jump_to_reference_difference").empty


RELEASED = [
    ("panel", {}, RANDOMISED), ("panel", {}, {**OBSERVED, "unit": "unit"}), ("panel", {}, {"method": "wilcoxon"}),
    ("panel", {}, {**OBSERVED, "weighting": "overlap", "covariates": ["age"]}), ("panel", {}, {"method": "friedman"}),
    ("panel", {}, {"method": "rm-anova"}), ("panel-unlinked", {}, {**OBSERVED, "margin": 4}),
    ("panel", ORDERED, {"method": "sign-test"}), ("panel", ORDERED, OBSERVED), ("cross-section", ORDERED, {}),
    ("panel", YES, OBSERVED), ("panel", YES, {"method": "mcnemar"}), ("panel", YES, {"method": "cochran-q"}),
    ("cross-section", YES, {"unit": "unit"}),
]  # fmt: skip


@pytest.mark.parametrize(("design", "made", "asked"), RELEASED)
def test_every_kind_of_result_is_drawn_and_released_without_what_tells_counts(design, made, asked):
    measurement = {str(YES): "yes-no", str(ORDERED): "ordinal"}.get(str(made), "scale")
    result = compare(table(60, **made), design=design, measurement=measurement, **asked)
    result.plot()
    [safe] = pe.release([result])
    shown = safe.estimates
    assert not {"sd", "flag", "two_valued", "std_error", "df", "statistic", "df_denominator"} & set(
        shown.dropna(axis=1, how="all").columns
    )
    assert (shown["n"].dropna() % 5 == 0).all()
    assert safe._repr_html_()


@pytest.mark.parametrize(("n_rose", "method"), [(3, "sign-test"), (3, "wilcoxon")])
def test_a_few_changes_do_not_leave_by_their_exact_p(n_rose, method):
    """Three of forty rose and nobody fell: p is 2 to the minus 2, which says that three changed."""
    frame = table(40, rounds=["start", "one-year"], lost=0, **ORDERED)
    later = frame["round"] == "one-year"
    start = frame.loc[~later, "score"].to_numpy().clip(0, 2)
    frame.loc[~later, "score"] = start
    frame.loc[later, "score"] = start + (np.arange(40) < n_rose)
    result = compare(frame, measurement="ordinal", method=method)
    assert result.estimates["p_value"].iloc[-1] == pytest.approx(0.25)
    [safe] = pe.release([result])
    assert safe.estimates[["estimate", "p_value"]].isna().all(axis=None)


def test_a_few_changed_answers_do_not_leave_by_mcnemars_p():
    frame = table(40, rounds=["start", "one-year"], lost=0, **YES)
    later = frame["round"] == "one-year"
    answers = (np.arange(40) % 2).astype(float)
    frame.loc[~later, "score"] = answers
    frame.loc[later, "score"] = np.where(np.arange(40) < 3, 1.0, answers)
    [safe] = pe.release([compare(frame, measurement="yes-no")])
    change = safe.estimates[safe.estimates["measure"] == "risk_change"]
    assert change[["estimate", "p_value"]].isna().all(axis=None)


def test_partly_overlapping_samples_by_name_are_derricks_tests():
    from peereval.estimation.overlapping import overlapping_means, overlapping_proportions

    frame = table()
    frame = frame[~((frame["person"] < "p2") & (frame["round"] == "one-year"))]
    wide = frame.pivot(index="person", columns="round", values="score")

    def samples(values):
        first, later = values["start"], values["one-year"]
        alone = first[later.isna()].dropna(), later[first.isna()].dropna()
        return values[["start", "one-year"]].dropna().to_numpy(), *(each.to_numpy() for each in alone)

    found = of(compare(frame, design="panel", method="overlapping"), "overlapping_change").loc["one-year"]
    expected = overlapping_means(*samples(wide))
    assert found[["estimate", "std_error", "p_value"]].tolist() == pytest.approx(
        [expected.estimate, expected.std_error, expected.p_value]
    )
    middle = frame["score"].median()
    yes = frame.assign(score=(frame["score"] > middle).astype(float).where(frame["score"].notna()))
    result = compare(yes, design="panel", method="overlapping", measurement="yes-no")
    expected = overlapping_proportions(*samples((wide > middle).astype(float).where(wide.notna())))
    assert of(result, "overlapping_risk_change").loc["one-year", "estimate"] == pytest.approx(expected.estimate)
    assert len(of(result, "share_yes")) == 3
    assert result.claim == "change"


def test_a_result_without_any_model_has_the_columns_that_readers_rely_on():
    few = table().groupby(["person", "round"], observed=True).head(1)
    few = few[few["person"].isin(sorted(few["person"].unique())[:3])].assign(score=1.0)
    found = compare(
        few[few["round"] != "half-year"], design="panel", measurement="ordinal", method="cumulative-link-mixed"
    )
    assert {"estimate", "std_error", "conf_low", "conf_high", "n"} <= set(found.estimates.columns)
    assert found.estimates["estimate"].isna().all()
    [safe] = pe.release([found])
    assert len(safe.estimates) == len(found.estimates)


@pytest.mark.parametrize("asked", [{"covariates": "age"}, {"primary": "own:score"}])
def test_a_single_text_is_not_read_letter_by_letter(asked):
    with pytest.raises(InvalidValueError, match=r"expected several names.*Write it as"):
        compare(table(), design="panel", **asked)
