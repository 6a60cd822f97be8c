"""Paired, partly paired and unlinked samples against R (tests/oracles/make_samples.R) and naive second implementations."""

from __future__ import annotations

import json
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest

from peereval.estimation.clustered import change_of_units, clustered_regression, permuted_units
from peereval.estimation.ordinal import cumulative_link, cumulative_link_mixed
from peereval.estimation.overlapping import overlapping_means, overlapping_proportions
from peereval.estimation.paired_proportions import (
    mcnemar_mid_p,
    paired_risk_difference,
    risk_difference,
    score_interval,
)
from peereval.estimation.random_intercept import marginal_risk_difference
from peereval.estimation.ranks import brunner_munzel, mann_whitney, sign_test, signed_rank
from peereval.estimation.several_rounds import cochran_q, friedman, repeated_measures_anova


@pytest.fixture
def r(root):
    return json.loads((root / "tests/oracles/samples.json").read_text(encoding="utf-8"))


@pytest.fixture
def answers(root):
    return pd.read_csv(root / "tests/oracles/answers.csv")


@pytest.fixture
def design(answers):
    """R's ``~ r * arm + age`` without its intercept."""
    later = [(answers["round"] == label).to_numpy(float) for label in (1, 2)]
    arm = answers["arm"].to_numpy(float)
    return np.column_stack([*later, arm, answers["age"], later[0] * arm, later[1] * arm])


def parts(answers, column):
    """First and last round as pairs, and the answers of those who gave one of them."""
    wide = answers.pivot_table(index="person", columns="round", values=column).reindex(columns=[0, 2])
    both = wide.dropna()
    return (
        both.to_numpy(),
        wide.loc[wide[2].isna(), 0].dropna().to_numpy(),
        wide.loc[wide[0].isna(), 2].dropna().to_numpy(),
    )


def agrees(found, expected, rel=1e-9):
    for name, value in expected.items():
        assert getattr(found, name) == pytest.approx(value, rel=rel, abs=1e-12), name


def test_overlapping_samples_are_those_of_the_formulas_in_r(r, answers):
    scores, shares = parts(answers, "score"), parts(answers, "yes")
    agrees(overlapping_means(*scores, equal_variances=True), r["overlapping_means_pooled"])
    agrees(overlapping_means(*scores), r["overlapping_means"])
    agrees(overlapping_proportions(*shares), r["overlapping_proportions"])


@pytest.mark.parametrize("name", ["continuous", "tied", "large", "two"])
def test_signed_rank_is_coins_and_its_size_effectsizes(r, name):
    expected = r["signed_rank"][name]
    found = signed_rank(np.array(r["data"]["differences"][name], float))
    assert found.estimate == pytest.approx(expected["estimate_by_hand"], rel=1e-12)
    agrees(found, {key: value for key, value in expected.items() if key != "estimate_by_hand"})


@pytest.mark.parametrize("seed", range(4))
def test_exact_p_values_count_every_arrangement(seed):
    """All 2^9 signs, and all ways to divide 11 answers, counted one by one."""
    from scipy.stats import rankdata

    rng = np.random.default_rng(seed)
    moved = rng.integers(1, 5, 9) * rng.choice([-1.0, 1.0], 9)
    ranks = rankdata(np.abs(moved))
    sums = np.array([np.dot(ranks, signs) for signs in product([-1, 1], repeat=9)])
    assert signed_rank(moved).p_value == pytest.approx(np.mean(np.abs(sums) >= abs(ranks @ np.sign(moved)) - 1e-9))
    both = rng.integers(0, 4, 11).astype(float)
    ranks = rankdata(both)
    sums = np.array([ranks[list(places)].sum() for places in combinations(range(11), 4)])
    expected = np.mean(np.abs(sums - 24) >= abs(ranks[:4].sum() - 24) - 1e-9)
    assert mann_whitney(both[:4], both[4:]).p_value == pytest.approx(expected)


@pytest.mark.parametrize("name", ["continuous", "tied", "large"])
def test_two_samples_are_coins_and_effectsizes(r, name):
    from scipy.stats import brunnermunzel

    expected = r["two_samples"][name]
    a, b = (np.array(r["data"]["samples"][name][key], float) for key in "ab")
    found, superior = mann_whitney(a, b), brunner_munzel(a, b)
    assert (found.statistic, found.p_value) == pytest.approx((expected["u"], expected["p_value"]), rel=1e-9)
    assert found.estimate == pytest.approx(expected["rank_biserial"], rel=1e-12)
    assert superior.estimate == pytest.approx(expected["superiority"], rel=1e-12)
    agrees(superior, {key: expected[key] for key in ("std_error", "df", "conf_low", "conf_high")})
    peer = brunnermunzel(b, a)
    assert (superior.statistic, superior.p_value) == pytest.approx((peer.statistic, peer.pvalue), rel=1e-9)
    assert superior.p_value == pytest.approx(expected["brunner_munzel_p"], rel=1e-9)
    assert (found.conf_low + 1) / 2 == pytest.approx(superior.conf_low)


def test_sign_test_and_its_interval_are_rs(r):
    """The interval against a search for the nuisance share in R."""
    for case in r["sign_test"]:
        rose, fell, n = case["rose"], case["fell"], case["n"]
        found = sign_test(np.repeat([1.0, -1, 0], [rose, fell, n - rose - fell]))
        assert found.p_value == pytest.approx(case["p_value"], rel=1e-12)
        assert (found.conf_low, found.conf_high) == pytest.approx((case["conf_low"], case["conf_high"]), abs=1e-6)


def test_several_rounds_are_rs_and_pingouins(r, answers):
    import pingouin

    complete = {
        name: answers.pivot_table(index="person", columns="round", values=name).dropna()
        for name in ("answer", "yes", "score")
    }
    assert len(complete["score"]) == r["several_rounds"]["n"]
    agrees(friedman(complete["answer"].to_numpy()), r["several_rounds"]["friedman"])
    agrees(cochran_q(complete["yes"].to_numpy()), r["several_rounds"]["cochran"])
    found = repeated_measures_anova(complete["score"].to_numpy())
    agrees(found, r["several_rounds"]["anova"])
    assert found.epsilon == pytest.approx(pingouin.epsilon(complete["score"], correction="gg"))


def test_shares_of_the_same_persons_are_rs(r):
    for case in r["paired_shares"]:
        pairs = np.repeat([[1.0, 1], [1, 0], [0, 1], [0, 0]], case["table"], axis=0)
        agrees(paired_risk_difference(pairs), {key: case[key] for key in ("p_value", "conf_low", "conf_high")})
        plain = paired_risk_difference(pairs, corrected=False)
        assert (plain.conf_low, plain.conf_high) == pytest.approx((case["plain_low"], case["plain_high"]), abs=1e-12)
        _, fell, rose, _ = case["table"]
        assert mcnemar_mid_p(rose, fell) == pytest.approx(case["p_value"], rel=1e-12)


def test_shares_of_different_persons_are_rs(r):
    for case in r["shares"]:
        yes1, n1, yes2, n2 = case["counts"]
        found = risk_difference(np.repeat([1.0, 0], [yes1, n1 - yes1]), np.repeat([1.0, 0], [yes2, n2 - yes2]))
        agrees(found, {key: case[key] for key in ("p_value", "conf_low", "conf_high")})


def test_score_limits_are_where_the_score_test_rejects():
    """statsmodels' McNemar chi-squared is the score test of no difference: it is 1.96² where a limit is 0."""
    from statsmodels.stats.contingency_tables import mcnemar

    for rose, fell in ((9, 2), (12, 3), (5, 4)):
        p = mcnemar([[0, rose], [fell, 0]], exact=False, correction=False).pvalue
        assert score_interval(rose, fell, 40, level=1 - p)[0] == pytest.approx(0, abs=1e-9)


def test_cumulative_link_is_rs(r, answers, design):
    expected = r["cumulative_link"]
    found = cumulative_link(answers["answer"], design)
    assert found.loglik == pytest.approx(expected["loglik"], abs=1e-7)
    np.testing.assert_allclose(found.coefficients, expected["coefficients"], rtol=1e-6)
    np.testing.assert_allclose(found.thresholds, expected["thresholds"], rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance))[:6], expected["std_error"], rtol=1e-6)
    clustered = cumulative_link(answers["answer"], design, clusters=answers["unit"])
    np.testing.assert_allclose(np.sqrt(np.diag(clustered.covariance))[:6], expected["clustered"], rtol=1e-5)
    assert clustered.df == 9


def test_cumulative_link_is_statsmodels(answers, design):
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    peer = OrderedModel(answers["answer"].to_numpy(), design, distr="logit").fit(
        method="bfgs", disp=False, maxiter=500, gtol=1e-8
    )
    found = cumulative_link(answers["answer"], design)
    np.testing.assert_allclose(found.coefficients, peer.params[:6], rtol=1e-4)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance))[:6], peer.bse[:6], rtol=1e-4)


def test_cumulative_link_mixed_is_brute_force_in_r(r, answers, design):
    """120 fixed nodes and numerical second derivatives in R; ordinal's own standard errors are less exact."""
    expected, columns = r["cumulative_link_mixed"], design / np.array([1, 1, 1, 10, 1, 1])
    found = cumulative_link_mixed(answers["answer"], columns, answers["person"])
    assert found.loglik == pytest.approx(expected["loglik"], abs=1e-5)
    np.testing.assert_allclose(found.coefficients, expected["coefficients"], rtol=1e-5)
    np.testing.assert_allclose(found.thresholds, expected["thresholds"], rtol=1e-5)
    assert found.sd == pytest.approx(expected["sd"], rel=1e-5)
    errors = np.sqrt(np.diag(found.covariance))
    np.testing.assert_allclose(errors[:6], expected["std_error"], rtol=1e-5)
    assert errors[-1] == pytest.approx(expected["sd_std_error"], rel=1e-5)
    assert found.loglik == pytest.approx(expected["clmm"]["loglik"], abs=1e-4)
    np.testing.assert_allclose(found.coefficients, expected["clmm"]["coefficients"], rtol=1e-3)


def test_random_intercept_logit_is_brute_force_in_r(r, answers, design):
    expected, columns = r["random_intercept"], design / np.array([1, 1, 1, 10, 1, 1])
    found = cumulative_link_mixed(answers["yes"], columns, answers["person"])
    assert found.loglik == pytest.approx(expected["loglik"], abs=1e-5)
    np.testing.assert_allclose(found.coefficients, expected["coefficients"], rtol=1e-5)
    assert (-found.thresholds[0], found.sd) == pytest.approx((expected["intercept"], expected["sd"]), rel=1e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance))[:6], expected["std_error"], rtol=1e-5)
    assert found.loglik == pytest.approx(expected["glmer"]["loglik"], abs=1e-4)
    np.testing.assert_allclose(found.coefficients, expected["glmer"]["coefficients"], rtol=2e-3)


def test_marginal_risk_difference_is_rs_integral(r, answers, design):
    expected = r["random_intercept"]
    fit = cumulative_link_mixed(answers["yes"], design / np.array([1, 1, 1, 10, 1, 1]), answers["person"])
    age = answers.drop_duplicates("person")["age"].to_numpy() / 10
    zeros, ones = np.zeros(len(age)), np.ones(len(age))
    without = np.column_stack([zeros, ones, zeros, age, zeros, zeros])
    with_arm = np.column_stack([zeros, ones, ones, age, zeros, ones])
    found = marginal_risk_difference(fit, without, with_arm)
    assert found.estimate == pytest.approx(expected["difference"], rel=1e-5)
    assert found.std_error == pytest.approx(expected["difference_std_error"], rel=1e-5)


def units_design(answers):
    later = [(answers["round"] == label).to_numpy(float) for label in (1, 2)]
    return np.column_stack([np.ones(len(answers)), *later, answers["arm_of_unit"], answers["age"]])


def test_clustered_regression_is_clubsandwichs(r, answers):
    expected = r["clustered"]
    fit = clustered_regression(answers["score"], units_design(answers), answers["unit"])
    for place, weights in enumerate(np.eye(5)):
        agrees(
            fit.contrast(weights), {name: expected[name][place] for name in ("std_error", "df", "p_value")}, rel=1e-8
        )
    np.testing.assert_allclose(fit.coefficients, expected["coefficients"], rtol=1e-9)


def test_clustered_regression_is_the_formula_with_matrices_of_units(answers):
    """(I - H)^(-1/2) of every unit by its own decomposition, and G in full."""
    x, y, units = units_design(answers), answers["score"].to_numpy(), answers["unit"].to_numpy()
    bread = np.linalg.inv(x.T @ x)
    hat = x @ bread @ x.T
    residual, contrast = y - hat @ y, np.array([0, 0, 1, -1.0, 0])
    columns = []
    for unit in np.unique(units):
        mine = np.flatnonzero(units == unit)
        values, vectors = np.linalg.eigh(np.eye(len(mine)) - hat[np.ix_(mine, mine)])
        weight = np.zeros(len(y))
        weight[mine] = (vectors * values**-0.5) @ vectors.T @ x[mine] @ bread @ contrast
        columns.append(weight)
    p = np.array(columns)
    g = p @ (np.eye(len(y)) - hat) @ p.T
    found = clustered_regression(y, x, units).contrast(contrast)
    assert found.std_error == pytest.approx(np.sqrt(((p @ residual) ** 2).sum()), rel=1e-9)
    assert found.df == pytest.approx(np.trace(g) ** 2 / (g**2).sum(), rel=1e-9)


def test_units_are_rs(r, answers):
    first, last = (answers[answers["round"] == label] for label in (0, 2))
    agrees(change_of_units(first["score"], first["unit"], last["score"], last["unit"]), r["change_of_units"])
    agrees(permuted_units(last["score"], last["unit"], last["arm_of_unit"]), r["permuted_units"])
