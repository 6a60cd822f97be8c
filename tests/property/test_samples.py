"""Paired, partly paired and unlinked samples: what must hold whatever the data are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from peereval.estimation.clustered import clustered_regression, permuted_units
from peereval.estimation.means import difference_of_means, mean_of
from peereval.estimation.ordinal import cumulative_link, cumulative_link_mixed
from peereval.estimation.overlapping import overlapping_means, overlapping_proportions
from peereval.estimation.paired_proportions import (
    mcnemar_mid_p,
    paired_risk_difference,
    risk_difference,
    score_interval,
)
from peereval.estimation.quadrature import Answers, likelihood
from peereval.estimation.ranks import brunner_munzel, mann_whitney, sign_test, signed_rank
from peereval.estimation.several_rounds import cochran_q, friedman

POINTS = st.integers(-4, 4).map(float)
samples = arrays(float, st.integers(2, 14), elements=POINTS)
pairs_of_points = arrays(float, st.tuples(st.integers(2, 14), st.just(2)), elements=POINTS)
shares = arrays(float, st.tuples(st.integers(1, 20), st.just(2)), elements=st.sampled_from([0.0, 1.0]))
NONE, NO_PAIRS = np.zeros(0), np.zeros((0, 2))
FIELDS = ("estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high")


def fields(found, *names):
    return [getattr(found, name) for name in names or FIELDS]


def same(one, other, *names):
    assert fields(one, *names) == pytest.approx(fields(other, *names), rel=1e-9, abs=1e-9, nan_ok=True)


def mirrored(one, other, within=1e-9):
    """The same answer with the sides changed."""
    limits = [-other.conf_high, -other.conf_low]
    assert one.estimate == pytest.approx(-other.estimate, abs=within, nan_ok=True)
    assert [one.conf_low, one.conf_high] == pytest.approx(limits, abs=within, nan_ok=True)
    assert one.std_error == pytest.approx(other.std_error, abs=within, nan_ok=True)
    assert one.p_value == pytest.approx(other.p_value, abs=within, nan_ok=True)


@given(samples, samples)
def test_without_pairs_overlapping_is_welch_or_the_pooled_t(a, b):
    from scipy.stats import ttest_ind

    same(overlapping_means(NO_PAIRS, b, a), difference_of_means(a, b))
    pooled = overlapping_means(NO_PAIRS, b, a, equal_variances=True)
    if np.ptp(a) and np.ptp(b):
        peer = ttest_ind(a, b)
        assert (pooled.statistic, pooled.df, pooled.p_value) == pytest.approx(
            (peer.statistic, peer.df, peer.pvalue), nan_ok=True
        )


@given(pairs_of_points)
def test_with_nothing_but_pairs_overlapping_is_the_paired_t(pairs):
    paired, found = mean_of(pairs[:, 1] - pairs[:, 0]), overlapping_means(pairs, NONE, NONE)
    if paired.std_error > 0:
        same(found, paired)
    else:
        assert np.isnan(found.std_error)


@given(pairs_of_points, samples, samples, st.randoms())
def test_overlapping_knows_no_order_and_no_first(pairs, a, b, random):
    order = random.sample(range(len(pairs)), len(pairs))
    for test in (overlapping_means, lambda *parts: overlapping_means(*parts, equal_variances=True)):
        found = test(pairs, a, b)
        same(found, test(pairs[order], a[::-1], b))
        mirrored(found, test(pairs[:, ::-1], b, a))


@given(shares, shares)
def test_overlapping_shares_know_no_first_and_stay_within_one(pairs, apart):
    found = overlapping_proportions(pairs, apart[:, 0], apart[:, 1])
    mirrored(found, overlapping_proportions(pairs[:, ::-1], apart[:, 1], apart[:, 0]))
    mirrored(found, overlapping_proportions(1 - pairs, 1 - apart[:, 0], 1 - apart[:, 1]))
    assert np.isnan(found.conf_low) or -1 <= found.conf_low <= found.estimate <= found.conf_high <= 1


@given(samples)
def test_paired_ranks_and_signs_are_mirrored(differences):
    for test in (signed_rank, sign_test):
        found = test(differences)
        mirrored(found, test(-differences))
        same(found, test(differences[::-1] * 3))
        assert np.isnan(found.p_value) or 0 < found.p_value <= 1
        assert np.isnan(found.conf_low) or -1 <= found.conf_low <= found.estimate <= found.conf_high <= 1


@given(samples, samples)
def test_two_samples_of_ranks_are_mirrored_and_only_order_counts(a, b):
    for test in (mann_whitney, brunner_munzel):
        same(test(a, b), test(np.exp(a), np.exp(b)[::-1]), "estimate", "std_error", "p_value", "conf_low", "conf_high")
    mirrored(mann_whitney(a, b), mann_whitney(b, a))
    assert brunner_munzel(a, b).estimate == pytest.approx(1 - brunner_munzel(b, a).estimate)
    counted = (np.sign(a[:, None] - b) + 1).mean() / 2
    assert brunner_munzel(a, b).estimate == pytest.approx(counted)


@given(st.integers(51, 80), st.integers(0, 5))
def test_the_approximation_goes_on_where_the_exact_test_ends(n, seed):
    """Without ties scipy's exact test has no limit."""
    from scipy.stats import mannwhitneyu, wilcoxon

    values = np.random.default_rng(seed).normal(0.2, 1, n)
    assert signed_rank(values).p_value == pytest.approx(wilcoxon(values, method="exact").pvalue, abs=0.005)
    halves = values[: n // 2], values[n // 2 :]
    assert mann_whitney(*halves).p_value == pytest.approx(mannwhitneyu(*halves, method="exact").pvalue, abs=0.005)


@given(shares)
def test_paired_shares_are_mirrored_and_hold_the_estimate(pairs):
    for corrected in (True, False):
        found = paired_risk_difference(pairs, corrected=corrected)
        mirrored(found, paired_risk_difference(pairs[:, ::-1], corrected=corrected))
        mirrored(found, paired_risk_difference(1 - pairs, corrected=corrected))
        assert -1 <= found.conf_low <= found.estimate + 1e-12
        assert found.estimate - 1e-12 <= found.conf_high <= 1
    signs = sign_test(pairs[:, 1] - pairs[:, 0])
    same(found, signs, "estimate", "std_error", "statistic")
    assert found.p_value <= signs.p_value


@given(st.integers(0, 30), st.integers(0, 30))
def test_the_mid_p_is_the_exact_p_less_half_of_what_is_as_far(rose, fell):
    from scipy.stats import binom, binomtest

    changed = rose + fell
    if changed:
        as_far = binom.pmf(rose, changed, 0.5) * (1 if rose == fell else 2)
        assert mcnemar_mid_p(rose, fell) == pytest.approx(binomtest(rose, changed).pvalue - as_far / 2)


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 20))
def test_score_limits_are_not_rejected_by_their_own_error(rose, fell, still):
    n = rose + fell + still
    low, high = score_interval(rose, fell, n)
    assert -1 <= low <= (rose - fell) / n <= high <= 1
    assert score_interval(fell, rose, n) == pytest.approx((-high, -low), abs=1e-9)
    wider = score_interval(rose, fell, n, level=0.99)
    assert wider[0] <= low
    assert high <= wider[1]


@given(shares)
def test_independent_shares_are_mirrored(answers):
    a, b = answers[:, 0], answers[: len(answers) // 2 + 1, 1]
    mirrored(risk_difference(a, b), risk_difference(b, a))


@given(arrays(float, st.tuples(st.integers(2, 12), st.integers(3, 5)), elements=st.sampled_from([0.0, 1.0])))
def test_friedman_of_yes_and_no_is_cochrans_q(answers):
    one, other = friedman(answers), cochran_q(answers)
    assert (one.statistic, one.p_value, one.effect) == pytest.approx(
        (other.statistic, other.p_value, other.effect), nan_ok=True
    )
    assert np.isnan(one.effect) or 0 <= one.effect <= 1 + 1e-12


@pytest.mark.parametrize("sd", [0.3, 2.0, 6.0, 14.0])
def test_the_likelihood_is_the_integral(sd):
    """Each person by Gauss and Legendre's rule in 500 pieces, those who gave the lowest answer each time among them."""
    from scipy.special import expit
    from scipy.stats import norm

    rng = np.random.default_rng(1)
    sizes = np.array([3, 1, 4, 2, 3, 12])
    outcome = rng.integers(0, 4, sizes.sum())
    outcome[:3], outcome[-12:] = 0, np.tile([1, 2], 6)
    design, beta, cuts = rng.normal(size=(sizes.sum(), 2)), np.array([0.5, -1.0]), np.array([-1.0, 0.2, 1.5])
    starts = np.cumsum(sizes) - sizes
    ends = np.concatenate([[-np.inf], cuts, [np.inf]])

    points, weights = np.polynomial.legendre.leggauss(12)
    z = (np.linspace(-9, 9, 501)[:-1, None] + 0.018 * (points + 1)).ravel()
    weights = np.tile(weights * 0.018, 500) * norm.pdf(z)
    centre = (design @ beta)[:, None] + sd * z
    chances = expit(ends[outcome + 1][:, None] - centre) - expit(ends[outcome][:, None] - centre)
    expected = np.log(
        [weights @ chances[start : start + size].prod(axis=0) for start, size in zip(starts, sizes, strict=True)]
    ).sum()
    parameters = np.concatenate([beta, cuts, [sd]])
    answers = Answers(outcome, design, starts)
    assert likelihood(parameters, answers).loglik == pytest.approx(expected, rel=1e-9)
    for place, move in enumerate(np.eye(6) * 1e-5):
        slope = (likelihood(parameters + move, answers).loglik - likelihood(parameters - move, answers).loglik) / 2e-5
        assert likelihood(parameters, answers).scores.sum(axis=0)[place] == pytest.approx(slope, rel=1e-5, abs=1e-6)


def made_up(seed, n=60, effect=0.8):
    rng = np.random.default_rng(seed)
    persons, later = np.repeat(np.arange(n), 2), np.tile([0.0, 1.0], n)
    latent = effect * later + np.repeat(rng.normal(0, 1.5, n), 2) + rng.logistic(size=2 * n)
    return np.digitize(latent, [-1, 0.5, 2]), later[:, None], persons


@pytest.mark.parametrize("seed", range(3))
def test_cumulative_links_know_no_codes_no_order_and_no_direction(seed):
    outcome, later, persons = made_up(seed)
    order = np.random.default_rng(seed).permutation(len(outcome))
    fits = (
        lambda y, x, p: cumulative_link(y, x, clusters=p),
        cumulative_link_mixed,
    )
    for fit in fits:
        found = fit(outcome, later, persons)
        estimate = found.contrast([1])
        same(estimate, fit(outcome[order] ** 3, later[order], -persons[order]).contrast([1]))
        mirrored(estimate, fit(-outcome, later, persons).contrast([1]), within=1e-6)
        assert fit(-outcome, later, persons).thresholds[::-1] == pytest.approx(-found.thresholds)


def test_without_spread_between_persons_both_links_are_one():
    """Where persons do not differ the most likely standard deviation is 0."""
    rng = np.random.default_rng(5)
    later, persons = np.tile([0.0, 1.0], 100)[:, None], np.repeat(np.arange(100), 2)
    outcome = np.tile([0, 1, 1, 2, 2, 0, 1, 0], 25)[rng.permutation(200)]
    outcome[1::2] = 2 - outcome[::2]
    mixed, plain = cumulative_link_mixed(outcome, later, persons), cumulative_link(outcome, later)
    assert mixed.sd == pytest.approx(0, abs=1e-4)
    assert mixed.loglik == pytest.approx(plain.loglik, abs=1e-6)
    same(mixed.contrast([1]), plain.contrast([1]), "estimate")


@given(st.integers(0, 50))
def test_with_one_person_a_unit_cr2_of_two_means_is_welch(seed):
    """Bell and McCaffrey: the errors are those of unequal variances, and the degrees of freedom those of equal ones."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=rng.integers(3, 9)), rng.normal(1, 3, size=rng.integers(3, 9))
    outcome, arm = np.concatenate([a, b]), np.repeat([1.0, 0.0], [len(a), len(b)])
    fit = clustered_regression(outcome, np.column_stack([np.ones(len(arm)), arm]), np.arange(len(arm)))
    found, welch = fit.contrast([0, 1]), difference_of_means(a, b)
    same(found, welch, "estimate", "std_error")
    parts = 1 / np.array([len(a), len(b)])
    assert found.df == pytest.approx(parts.sum() ** 2 / (parts**2 / (1 / parts - 1)).sum())


@given(st.integers(0, 50))
def test_units_know_no_names_and_mirror_with_the_outcome(seed):
    rng = np.random.default_rng(seed)
    units = np.tile(np.arange(6), 5)
    outcome, arm = rng.normal(size=30) + rng.normal(size=6)[units], (units < 3).astype(float)
    design = np.column_stack([np.ones(30), arm, rng.normal(size=30)])
    found = clustered_regression(outcome, design, units).contrast([0, 1, 0])
    order = rng.permutation(30)
    same(found, clustered_regression(outcome[order], design[order], (7 - units)[order]).contrast([0, 1, 0]))
    mirrored(found, clustered_regression(-outcome, design, units).contrast([0, 1, 0]))
    permuted, turned = permuted_units(outcome, units, arm), permuted_units(-outcome, units, arm)
    assert (permuted.estimate, permuted.p_value) == pytest.approx((-turned.estimate, turned.p_value))
    assert permuted.p_value >= permuted.lowest_p == 0.1
