"""Imputed rounds: small tables in, what must hold exactly out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import (
    ColumnError,
    ConvergenceError,
    DesignError,
    InvalidValueError,
    UnsupportedInputError,
)
from peereval.reports.tables import tables_of

ORDER = ["start", "half-year", "one-year"]
TWO = {"arm": "arm", "reference_arm": "usual", "allocation": "randomised"}
MEANS = {"variance": "repeated-sampling"}


def _scores(wide, *, arm=None, left=None, rounds=ORDER, **more):
    """Tidy scores of a table of persons by rounds; cells that are missing have a row without a score."""
    n, m = wide.shape
    frame = pd.DataFrame(
        {
            "person": np.repeat([f"p{place:03d}" for place in range(n)], m),
            "round": pd.Categorical(rounds[:m] * n, categories=rounds[:m], ordered=True),
            "instrument": "who-5", "instrument_version": "1", "scale": "score_0_100",
            "score": wide.ravel(), "n_answered": 5, "n_items": 5,
            "reason": pd.array(np.where(np.isnan(wide.ravel()), "not_answered", None), dtype="string"),
            **{name: np.repeat(values, m) for name, values in more.items()},
        }
    )  # fmt: skip
    if arm is not None:
        frame["arm"] = np.repeat(arm, m)
    if left is not None:
        frame["left_programme"] = left.ravel()
    return frame


def _trial(n=80, seed=1, effect=4.0, gaps=0.1, out=0.25):
    """Two arms over three rounds with gaps and leavers, as arrays."""
    rng = np.random.default_rng(seed)
    spread = np.array([[36, 25, 20], [25, 49, 30], [20, 30, 64.0]])
    wide = 50 + rng.multivariate_normal([0, 1, 2], spread, n)
    arm = np.where(np.arange(n) % 2 == 0, "peer", "usual")
    wide[:, 1:] += effect * (arm == "peer")[:, None]
    left = np.zeros((n, 3), dtype=bool)
    left[:, 2] = rng.random(n) < out
    left[:, 1] = left[:, 2] & (rng.random(n) < 0.4)
    wide[left | ((rng.random((n, 3)) < gaps) & (np.arange(3) == 1))] = np.nan
    return wide, arm, left


@pytest.fixture(scope="module")
def trial():
    wide, arm, left = _trial()
    return _scores(wide, arm=arm, left=left)


def _last(result):
    rows = result.estimates
    return rows[rows["measure"].isin(["mean_change", "difference_in_change"])].iloc[-1]


def _balanced(share):
    """Two rounds; in each arm every fourth person (or second) of one starting score has left, so that leaving says nothing."""
    rng = np.random.default_rng(3)
    start = np.repeat(np.arange(40.0, 60.0, 4), 8)
    arm = np.tile(["peer", "usual"], 20)
    end = start * 0.7 + 20 + 5 * (arm == "peer") + rng.normal(0, 4, 40)
    left = np.zeros((40, 2), dtype=bool)
    left[:, 1] = np.tile(np.arange(8) // 2 < 4 * share, 5)
    wide = np.column_stack([start, end])
    wide[left] = np.nan
    return wide, arm, left


@pytest.mark.parametrize(
    ("share", "strategy"), [(0.25, "jump-to-reference"), (0.5, "jump-to-reference"), (0.25, "copy-increments")]
)
def test_with_one_follow_up_the_effect_is_diluted_by_the_share_that_left(share, strategy):
    wide, arm, left = _balanced(share)
    scores = _scores(wide, arm=arm, left=left, rounds=["start", "end"])
    random = _last(pe.impute_rounds(scores, **TWO, **MEANS))["estimate"]
    jumped = _last(pe.impute_rounds(scores, strategy=strategy, **TWO, **MEANS))["estimate"]
    assert jumped == pytest.approx(random * (1 - share), rel=1e-9)


def test_one_arm_that_returns_to_baseline_is_diluted_in_the_same_way():
    wide, _, left = _balanced(0.25)
    scores = _scores(wide, left=left, rounds=["start", "end"])
    random = _last(pe.impute_rounds(scores, **MEANS))["estimate"]
    back = _last(pe.impute_rounds(scores, strategy="return-to-baseline", **MEANS))["estimate"]
    assert back == pytest.approx(random * 0.75, rel=1e-9)


def test_draws_are_diluted_like_conditional_means(trial):
    exact = _last(pe.impute_rounds(trial, strategy="jump-to-reference", **TWO, **MEANS))
    drawn = _last(pe.impute_rounds(trial, strategy="jump-to-reference", m=500, **TWO))
    assert abs(drawn["estimate"] - exact["estimate"]) < 5 * drawn["monte_carlo_error"]
    # the repeated-sampling variance is smaller, since the strategy borrows from the reference arm
    assert exact["std_error"] < drawn["std_error"]


@pytest.mark.parametrize("variance", ["information-anchored", "repeated-sampling"])
def test_complete_data_give_the_plain_analysis(variance):
    import statsmodels.formula.api as smf

    wide, arm, _ = _trial(gaps=0, out=0)
    scores = _scores(wide, arm=arm, age=np.arange(80) % 17)
    found = _last(pe.impute_rounds(scores, covariates=["age"], variance=variance, m=5, **TWO))
    frame = pd.DataFrame({"y": wide[:, 2], "x": wide[:, 0], "z": arm == "peer", "age": np.arange(80) % 17})
    plain = smf.ols("y ~ z + x + age", frame.astype(float)).fit()
    assert found["estimate"] == pytest.approx(plain.params["z"], rel=1e-9)
    if variance == "information-anchored":
        assert found["std_error"] == pytest.approx(plain.bse["z"], rel=1e-9)
        assert found["df"] == pytest.approx(76 * 77 / 79, rel=1e-9)
    else:
        assert found["std_error"] == pytest.approx(plain.bse["z"], rel=0.1)


def test_the_change_of_one_arm_is_the_mixed_models(trial):
    found = _last(pe.impute_rounds(trial, **MEANS))
    model = pe.mmrm("score ~ round", trial, person="person", round="round").means().estimates
    mine = model[model["contrast"] == "one-year - start"].iloc[0]
    assert found["estimate"] == pytest.approx(mine["estimate"], rel=1e-7)
    assert found["std_error"] == pytest.approx(mine["std_error"], rel=0.03)
    drawn = _last(pe.impute_rounds(trial, m=1000))
    assert abs(drawn["estimate"] - mine["estimate"]) < 4 * drawn["monte_carlo_error"]
    assert drawn["std_error"] == pytest.approx(mine["std_error"], rel=0.03)


def test_scores_from_after_leaving_stay_but_do_not_shape_the_imputation(trial):
    """A leaver of the peer arm who answered all the same: the score counts, and others' imputations do not move."""
    answered = trial[trial["left_programme"] & (trial["round"] == "one-year") & (trial["arm"] == "peer")].index[0]
    found = []
    for value in (40.0, 60.0):
        moved = trial.copy()
        moved.loc[answered, "score"] = value
        found.append(
            _last(pe.impute_rounds(moved, strategy="jump-to-reference", **{**TWO, "allocation": "observed"}, m=5))
        )
    assert found[1]["estimate"] - found[0]["estimate"] == pytest.approx(20 / 40, rel=1e-6)


def test_what_was_imputed_is_counted():
    wide, arm, left = _trial()
    scores = _scores(wide, arm=arm, left=left)
    rows = pe.impute_rounds(scores, strategy="jump-to-reference", m=5, **TWO).estimates
    rows = rows[rows["measure"] == "imputed"].set_index(["group", "round", "term"])["numerator"]
    peer = arm == "peer"
    missing = np.isnan(wide)
    for place, name in enumerate(ORDER):
        assert rows["peer", name, "observed"] == (~missing[peer, place]).sum()
        assert rows["peer", name, "imputed at random"] == (missing & ~left)[peer, place].sum()
        assert rows["peer", name, "imputed after leaving"] == (missing & left)[peer, place].sum()


def test_rows_that_are_absent_are_missing_like_rows_without_a_score(trial):
    once = pe.impute_rounds(trial, m=5, **TWO)
    again = pe.impute_rounds(trial[trial["score"].notna()], m=5, **TWO)
    assert _last(once)["estimate"] == pytest.approx(_last(again)["estimate"], rel=1e-12)


def test_who_cannot_be_used_is_counted():
    wide, arm, _ = _trial()
    scores = _scores(wide, arm=pd.array([None, None, *arm[2:]], dtype="string"), age=[np.nan, 30, np.nan, *range(77)])
    found = pe.impute_rounds(scores, covariates=["age"], m=5, **TWO)
    assert dict(found.exclusions) == {"arm_missing": 6, "covariate_missing": 3}
    assert _last(found)["n"] == 77


def test_few_imputations_are_said(trial):
    words = "number of imputations is below"
    assert any(words in said for said in pe.impute_rounds(trial, m=5, **TWO).assumptions)
    assert not any(words in said for said in pe.impute_rounds(trial, **TWO).assumptions)


def test_the_seed_decides_and_the_callers_frame_stays(trial):
    before = trial.copy()
    first, again, other = (_last(pe.impute_rounds(trial, m=5, seed=seed, **TWO))["estimate"] for seed in (1, 1, 2))
    assert first == again != other
    pd.testing.assert_frame_equal(trial, before)


def test_claims_follow_the_design(trial):
    assert pe.impute_rounds(trial, m=5, **TWO).claim == "effect"
    observed = pe.impute_rounds(trial, m=5, strategy="jump-to-reference", **{**TWO, "allocation": "observed"})
    assert observed.claim == "association"
    assert any("level of the reference arm" in said for said in observed.assumptions)
    alone = pe.impute_rounds(trial.drop(columns="arm"), m=5)
    assert alone.claim == "change"
    assert set(alone.estimates["group"].dropna()) == {"all"}
    assert alone.estimates["p_value"].notna().sum() == 1
    dead = pe.impute_rounds(trial.assign(died=False), m=5)
    assert any("after a death" in said for said in dead.assumptions)


WIDE, ARM, LEFT = _trial()
GOOD = _scores(WIDE, arm=ARM, left=LEFT, age=np.arange(80.0))


def _with(**columns):
    return GOOD.assign(**columns)


@pytest.mark.parametrize(
    ("scores", "asked", "kind", "words"),
    [
        (GOOD, {"strategy": "jump-to-reference"}, DesignError, "no arm was said"),
        (GOOD, {"strategy": "copy-increments"}, DesignError, "reference arm"),
        (GOOD, {"strategy": "last-value"}, InvalidValueError, "no strategy 'last-value'"),
        (GOOD, {"variance": "rubin"}, InvalidValueError, "no variance 'rubin'"),
        (GOOD, {"m": 1}, InvalidValueError, "1 imputations"),
        (GOOD, {"allocation": "observed"}, DesignError, "which column holds the arms"),
        (GOOD, {"arm": "arm", "reference_arm": "usual"}, DesignError, "Two arms need allocation"),
        (GOOD, {**TWO, "reference_arm": "x"}, InvalidValueError, "reference arm 'x'"),
        (_with(arm="peer"), TWO, DesignError, "holds 1 arms"),
        (GOOD, {"outcome": ("who-5", "raw")}, InvalidValueError, "'who-5:raw' is not among"),
        (pd.concat([GOOD, _with(scale="raw")]), {}, InvalidValueError, "hold 2 scales"),
        (_with(person=pd.NA), {}, DesignError, "Not every score belongs to a person"),
        (GOOD.drop(columns="left_programme"), {"strategy": "return-to-baseline"}, ColumnError, "no column 'left_programme'"),
        (_with(gone="yes"), {"strategy": "return-to-baseline", "left_programme": "gone"}, ColumnError, "expected flags"),
        (_with(left_programme=GOOD["round"] == "half-year"), {"strategy": "return-to-baseline"}, InvalidValueError, "80 persons had left"),
        (GOOD, {"covariates": ["sex"]}, ColumnError, "no column 'sex'"),
        (_with(age=np.arange(240.0)), {"covariates": ["age"]}, DesignError, "80 persons change their 'age'"),
        (_with(age=1.0), {"covariates": ["age"]}, DesignError, "covariates say the same"),
        (GOOD[GOOD["person"] < "p009"], {}, DesignError, "9 persons; fewer than 10"),
        (GOOD[(GOOD["arm"] == "peer") | (GOOD["person"] < "p010")], TWO, DesignError, "5 persons of the arm 'usual'"),
        (GOOD[(GOOD["arm"] == "peer") | (GOOD["round"] != "one-year")], TWO, DesignError, "No person of the arm 'usual' has a score in the round 'one-year'"),
        (GOOD[GOOD["round"] == "start"], {}, DesignError, "scores in 1 rounds"),
        (_with(score=50.0), {}, ConvergenceError, "50"),
        (_with(score=np.where(GOOD["round"] == "one-year", 60, 50.0) + np.repeat(np.arange(80), 3)), {"m": 5}, ConvergenceError, "round"),
        (GOOD[(GOOD["round"] == "start") | ((GOOD["round"] == "half-year") ^ (GOOD["person"] < "p040"))], {}, DesignError, "0 persons have scores in both rounds 'half-year' and 'one-year'"),
        (_with(left_programme=GOOD["round"] == "one-year"), {"strategy": "return-to-baseline"}, DesignError, "before leaving"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(scores, asked, kind, words):
    with pytest.raises(kind, match=words):
        pe.impute_rounds(scores, **asked)


def test_a_delta_moves_the_change_of_one_arm_by_the_share_that_was_imputed(trial):
    for variance in ("information-anchored", "repeated-sampling"):
        rows = pe.tipping_point(trial, deltas=[-10, 10], m=5, variance=variance).estimates
        share = np.isnan(WIDE[:, 2]).mean()
        assert np.diff(rows["estimate"].iloc[:3]) == pytest.approx([10 * share] * 2, rel=1e-9)
        assert rows["delta"].iloc[:3].tolist() == [-10, 0, 10]


def test_at_a_delta_stands_the_analysis_of_scores_shifted_by_hand(trial):
    """Shifting the imputed scores by hand and analysing each set with statsmodels gives the same pooled row."""
    import statsmodels.api as sm

    from peereval.rounds.conditional_mean import RestrictedFit
    from peereval.rounds.imputation import data_for
    from peereval.rounds.imputed_sets import Imputation
    from peereval.rounds.normal_draws import draw_parameters, model_of
    from peereval.rounds.pooling_imputations import pool_imputations
    from peereval.rounds.reference_based import completed

    asked = Imputation(
        strategy="jump-to-reference", variance="information-anchored", allocation="randomised", m=6, seed=4
    )
    data = data_for(trial, asked, None, "arm", "usual", "left_programme", ()).table
    model, rng = model_of(data, constrained=True, until_left=True), np.random.default_rng(4)
    drawn = draw_parameters(model, RestrictedFit(model, data.rounds).everybody, 6, rng)
    sets = completed(drawn, data, "jump-to-reference", rng.standard_normal((6, *data.scores.shape)))
    sets[:, ~data.observed[:, 2] & data.other, 2] -= 5
    fits = [sm.OLS(one[:, 2], np.column_stack([data.design, one[:, 0]])).fit() for one in sets]
    estimates, variances = (
        np.array([pick(fit) for fit in fits]) for pick in (lambda f: f.params[1], lambda f: f.bse[1] ** 2)
    )
    by_hand = pool_imputations(estimates, variances, df_complete=77)
    rows = pe.tipping_point(trial, deltas=[-5], strategy="jump-to-reference", m=6, seed=4, **TWO).estimates
    assert rows[["estimate", "std_error", "df"]].iloc[0].tolist() == pytest.approx(
        [by_hand.estimate, by_hand.std_error, by_hand.df], rel=1e-8
    )


def test_at_the_tipping_point_the_interval_ends_at_0(trial):
    found = pe.tipping_point(trial, strategy="jump-to-reference", **TWO)
    tip = found.estimates.iloc[-1]
    assert tip["measure"] == "tipping_point"
    at = pe.tipping_point(trial, strategy="jump-to-reference", deltas=[tip["estimate"]], **TWO).estimates
    assert at["conf_low"].iloc[0] == pytest.approx(0, abs=1e-6)
    assert tip["estimate"] < 0
    assert found.settings["data"]["shifted"] == np.isnan(WIDE[ARM == "peer", 2]).sum()
    tried = np.array(found.settings["deltas"])
    assert 0 in tried
    assert len(tried) == 21


def test_where_there_is_no_tipping_point_the_flag_says_why(trial):
    none = pe.tipping_point(trial, deltas=[-0.01, 0.01], **TWO).estimates.iloc[-1]
    assert (none["flag"], pd.isna(none["estimate"])) == ("excludes_0", True)
    flat = trial.assign(score=trial["score"] - 4 * ((trial["arm"] == "peer") & (trial["round"] != "start")))
    null = pe.tipping_point(flat, **TWO).estimates.iloc[-1]
    assert (null["flag"], pd.isna(null["estimate"])) == ("includes_0", True)


def test_a_delta_is_a_number(trial):
    with pytest.raises(InvalidValueError, match="not a finite number"):
        pe.tipping_point(trial, deltas=[float("nan")])


def test_release_keeps_what_tells_the_number_imputed(trial):
    results = [
        pe.impute_rounds(trial, strategy="jump-to-reference", **TWO),
        pe.tipping_point(trial, strategy="jump-to-reference", **TWO),
    ]
    imputed, tipping = pe.release(results)
    for released in (imputed, tipping):
        told = {"std_error", "df", "statistic", "fraction_missing_information", "monte_carlo_error", "flag"}
        assert not told & set(released.estimates)
        assert "shifted" not in str(released.settings)
    shifted = tipping.estimates[tipping.estimates["measure"].str.startswith("shifted")]
    assert len(shifted) == 20
    assert shifted["withheld"].all()
    assert shifted[["estimate", "conf_low", "conf_high", "n", "p_value"]].isna().all(axis=None)
    tip = tipping.estimates.iloc[-1]
    assert not tip["withheld"]
    # its step is half of a standard error of the estimate, in units of what one point of delta moves
    assert tip["estimate"] % 0.5 == 0
    counts = imputed.estimates[imputed.estimates["measure"] == "imputed"]
    assert (counts["numerator"].dropna() % 5 == 0).all()
    assert [caption for caption, _ in tables_of(imputed)] == [
        "Changes with missing scores imputed, 95 % intervals", "Scores observed and imputed",
    ]  # fmt: skip
    [(_, cells)] = tables_of(tipping)
    assert cells["Tipping point"].iloc[0].startswith("−")
    with pytest.raises(UnsupportedInputError, match="released tipping point"):
        tipping.plot()
    assert imputed.plot().get_xlabel().startswith("Points")


def test_the_figure_marks_the_tipping_point(trial):
    axes = pe.tipping_point(trial, strategy="jump-to-reference", **TWO).plot()
    words = [text.get_text() for text in axes.get_legend().get_texts()]
    assert words[:2] == ["interval excludes 0", "interval includes 0"]
    assert words[2].startswith("tipping point −")
    assert "imputed scores of the arm peer" in axes.get_xlabel()


def test_a_single_covariate_given_as_text_is_not_read_letter_by_letter():
    scores = pe.score(pe.simulate_study("region", seed=1).responses, "soc-13")
    with pytest.raises(pe.PeerevalError, match="expected several names"):
        pe.impute_rounds(scores, covariates="age")
