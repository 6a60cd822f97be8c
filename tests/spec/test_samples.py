"""Paired, partly paired and unlinked samples: small tables in, what cannot be computed, and what is refused."""

from __future__ import annotations

from dataclasses import astuple
from functools import partial

import numpy as np
import pytest

from peereval.errors import ConvergenceError, DesignError, InvalidValueError
from peereval.estimation.clustered import change_of_units, clustered_regression, permuted_units
from peereval.estimation.equivalence import equivalence, non_inferiority
from peereval.estimation.means import Estimate, with_t
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

NONE, NO_PAIRS = np.zeros(0), np.zeros((0, 2))


def without_uncertainty(found):
    return np.isnan([found.std_error, found.p_value, found.conf_low, found.conf_high]).all()


def test_one_pair_counts_with_a_correlation_of_none():
    a, b, pair = np.array([3.0, 5, 4]), np.array([6.0, 9, 7]), np.array([[2.0, 8.0]])
    found = overlapping_means(pair, a, b)
    variances = np.append(a, 2.0).var(ddof=1) / 4 + np.append(b, 8.0).var(ddof=1) / 4
    assert found.std_error == pytest.approx(variances**0.5)


def test_what_has_no_spread_or_nobody_has_no_uncertainty():
    same = np.full((4, 2), 0.1) * 3
    risen = same + np.array([0.0, 1.0])
    assert without_uncertainty(overlapping_means(same, NONE, NONE))
    assert without_uncertainty(overlapping_means(risen, NONE, NONE))
    assert overlapping_means(risen, NONE, NONE).estimate == pytest.approx(1.0)
    assert np.isnan(overlapping_means(NO_PAIRS, NONE, np.ones(3)).estimate)
    assert without_uncertainty(overlapping_proportions(np.ones((3, 2)), NONE, np.ones(2)))
    assert np.isnan(overlapping_proportions(NO_PAIRS, NONE, np.ones(2)).estimate)
    for test in (signed_rank, sign_test):
        assert np.isnan(test(NONE).estimate)
    assert np.isnan(signed_rank(np.zeros(4)).estimate)
    for test in (mann_whitney, brunner_munzel, risk_difference):
        assert np.isnan(test(NONE, np.ones(2)).estimate)
    assert np.isnan(paired_risk_difference(NO_PAIRS).estimate)


def test_samples_that_do_not_overlap_have_a_p_value_by_ranks_only():
    low, high = np.arange(4.0), np.arange(10.0, 14.0)
    assert without_uncertainty(brunner_munzel(high, low))
    found = mann_whitney(high, low)
    assert (found.estimate, found.p_value) == (1.0, pytest.approx(2 / 70))
    assert np.isnan(found.conf_low)
    risen = signed_rank(high)
    assert (risen.estimate, risen.p_value) == (1.0, 0.125)
    assert np.isnan(risen.conf_low)


def test_answers_that_are_all_alike_are_no_evidence():
    assert mann_whitney(np.ones(3), np.ones(4)).p_value == 1.0
    assert mann_whitney(np.ones(30), np.ones(40)).p_value == 1.0
    found = sign_test(np.zeros(10))
    assert (found.estimate, found.p_value) == (0.0, 1.0)
    assert found.conf_low == pytest.approx(-found.conf_high)
    assert found.conf_high == pytest.approx(1.959964**2 / (10 + 1.959964**2), rel=1e-6)
    assert mcnemar_mid_p(0, 0) == 1.0


def test_the_last_bits_of_scores_make_no_ranks():
    assert signed_rank(np.array([0.1 + 0.2, -0.3])).statistic == 1.5
    assert sign_test(np.array([1.0, (0.1 + 0.2) - 0.3])).statistic == 1
    assert mann_whitney(np.array([0.1 + 0.2]), np.array([0.3])).estimate == 0.0


def test_score_limits_reach_the_ends():
    assert score_interval(5, 0, 5)[1] == 1.0
    assert score_interval(0, 5, 5)[0] == -1.0
    assert score_interval(5, 0, 5)[0] > 0


def test_without_a_standard_error_there_is_no_test():
    assert without_uncertainty(with_t(1.0, 0.0, 5.0, 0.95))
    assert without_uncertainty(with_t(1.0, np.nan, 5.0, 0.95))


def test_rounds_that_do_not_differ_or_are_too_few():
    assert np.isnan(friedman(np.ones((3, 3))).statistic)
    assert np.isnan(cochran_q(np.ones((3, 3), dtype=bool)).statistic)
    exact = repeated_measures_anova(np.arange(3.0) + np.arange(4.0)[:, None])
    assert np.isnan(exact.p_value)
    assert exact.effect == pytest.approx(8 / 23)
    assert np.isnan(repeated_measures_anova(np.ones((3, 3))).effect)
    for test in (friedman, cochran_q, repeated_measures_anova):
        with pytest.raises(DesignError, match="2 rounds; the test needs"):
            test(np.ones((5, 2)))


def test_cochrans_q_takes_yes_and_no():
    answers = np.array([[0, 1, 1], [0, 0, 1], [1, 1, 1], [0, 1, 1]])
    np.testing.assert_equal(astuple(cochran_q(answers == 1)), astuple(cochran_q(answers.astype(float))))


ARM = np.repeat([[0.0], [1.0]], 10, axis=0)


@pytest.mark.parametrize(
    ("outcome", "persons"),
    [
        (np.repeat([0, 1], 10), None),
        (np.r_[np.tile([0, 1, 2], 4)[:10], np.full(10, 2)], None),
        (np.tile([0, 1], 10), np.repeat(np.arange(10), 2)),
        (np.repeat([0, 1, 0, 1, 2, 2, 0, 1, 1, 0], 2), np.repeat(np.arange(10), 2)),
    ],
    ids=["arms apart", "one arm all high", "everybody rises", "everybody stays"],
)
def test_what_has_no_finite_best_value_is_an_error(outcome, persons):
    fit = cumulative_link if persons is None else partial(cumulative_link_mixed, persons=persons)
    with pytest.raises(ConvergenceError, match="grows without bound"):
        fit(outcome, ARM if persons is None else np.tile([[0.0], [1.0]], (10, 1)))


def test_designs_that_no_link_model_fits_are_refused():
    answers = np.tile([0, 1, 2, 1, 0], 4)
    with pytest.raises(DesignError, match="All 20 answers are alike"):
        cumulative_link(np.ones(20), ARM)
    with pytest.raises(DesignError, match="constant or a sum of others"):
        cumulative_link(answers, np.ones((20, 1)))
    with pytest.raises(DesignError, match="constant or a sum of others"):
        cumulative_link(answers, np.hstack([ARM, 1 - ARM]))
    with pytest.raises(DesignError, match="one unit only"):
        cumulative_link(answers, ARM, clusters=np.ones(20))
    with pytest.raises(DesignError, match="Nobody has two answers"):
        cumulative_link_mixed(answers, ARM, np.arange(20))
    with pytest.raises(DesignError, match="The answer has 3 kinds"):
        marginal_risk_difference(cumulative_link(answers, ARM), [[0.0]], [[1.0]])


def test_the_scale_of_a_regressor_changes_nothing_but_its_unit():
    answers, years = np.tile([0, 1, 2, 1, 0, 2, 2], 6), np.arange(42.0)
    one, other = cumulative_link(answers, years[:, None]), cumulative_link(answers, years[:, None] * 1e6 + 1e7)
    assert other.coefficients[0] * 1e6 == pytest.approx(one.coefficients[0], rel=1e-6)
    assert other.contrast([1]).p_value == pytest.approx(one.contrast([1]).p_value, rel=1e-6)


def test_units_that_cannot_be_compared_are_refused():
    with pytest.raises(DesignError, match="There are 1 units"):
        clustered_regression([1.0, 2.0], np.ones((2, 1)), ["a", "a"])
    with pytest.raises(DesignError, match="sum of others"):
        clustered_regression([1.0, 2.0, 4.0], np.ones((3, 2)), ["a", "b", "c"])
    with pytest.raises(DesignError, match="1 of 3 units have persons of both arms"):
        permuted_units([1.0, 2, 3, 4], ["a", "a", "b", "c"], [True, False, True, False])
    with pytest.raises(DesignError, match="2 are wholly in the arm"):
        permuted_units([1.0, 2], ["a", "b"], [True, True])


def test_a_unit_that_alone_determines_a_column_leaves_no_degrees_of_freedom():
    own = np.array([[1.0, 1], [1, 1], [1, 0], [1, 0], [1, 0], [1, 0]])
    fit = clustered_regression([5.0, 6, 1, 2, 3, 5], own, ["a", "a", "b", "b", "c", "c"])
    assert fit.contrast([0, 1]).estimate == pytest.approx(2.75)
    assert np.isfinite(fit.covariance).all()


def test_units_of_one_round_only_do_not_count():
    found = change_of_units([1.0, 2, 9], ["a", "b", "c"], [3.0, 3, 0], ["a", "b", "d"])
    assert (found.estimate, found.df) == (1.5, 1.0)
    assert np.isnan(change_of_units([1.0], ["a"], [2.0], ["b"]).estimate)


def test_many_units_are_drawn_and_the_lowest_p_says_so():
    rng = np.random.default_rng(3)
    means, arm = rng.normal(size=24), np.arange(24) < 12
    found = permuted_units(means + 5 * arm, np.arange(24), arm, seed=4)
    assert found.p_value == found.lowest_p == 1e-4
    again = permuted_units(means, np.arange(24), arm, seed=4)
    assert again == permuted_units(means, np.arange(24), arm, seed=4)


def test_verdicts_never_say_that_there_is_no_difference():
    nothing = Estimate(0.1)
    assert equivalence(nothing, 3.0) == "not shown"
    assert non_inferiority(nothing, 3.0, higher_is_better=True) == "not shown"
    worse = Estimate(-1.0, conf_low=-3.5, conf_high=1.5)
    assert non_inferiority(worse, 3.0, higher_is_better=True) == "not shown"
    assert non_inferiority(worse, 3.0, higher_is_better=False) == "not inferior"
    for margin in (0.0, -1.0, np.nan):
        with pytest.raises(InvalidValueError, match="expected a number above 0"):
            equivalence(worse, margin)
