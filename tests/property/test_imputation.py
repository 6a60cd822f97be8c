"""Filling in and pooling against loops over persons and data sets; draws against the regression they come from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peereval.rounds.incomplete import IncompleteRounds
from peereval.rounds.normal_draws import JointNormal, Model, draw_parameters
from peereval.rounds.pooling_imputations import pool_imputations
from peereval.rounds.reference_based import completed
from peereval.rounds.rows import Arms

STRATEGIES = ("missing-at-random", "jump-to-reference", "copy-increments", "return-to-baseline")


def _made(seed, n, m, k):
    """Any missing cells, anybody leaving at any time, any parameters."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(50, 10, (n, m))
    scores[rng.random((n, m)) < 0.4] = np.nan
    left = np.arange(m) >= rng.integers(0, m + 2, n)[:, None]
    design = np.column_stack([np.ones(n), rng.integers(0, 2, n), rng.normal(size=n)])
    data = IncompleteRounds(
        tuple(f"r{place}" for place in range(m)), scores, left, design, Arms("arm", "usual", "peer"), {}
    )
    root = rng.normal(size=(k, m, m)) + 2 * np.eye(m)
    return data, JointNormal(rng.normal(50, 5, (k, m, 3)), root @ root.swapaxes(1, 2)), rng.standard_normal((k, n, m))


def _one_by_one(parameters, data, strategy, noise):
    """One data set, one person at a time."""
    out = np.empty_like(noise)
    for k, (coefficients, covariance) in enumerate(zip(*parameters, strict=True)):
        for i, scores in enumerate(data.scores):
            one, arm, covariate = data.design[i]
            own = coefficients @ [one, arm, covariate]
            reference = coefficients @ [one, 0.0, covariate]
            mean = own.copy()
            gone = np.flatnonzero(data.left[i])
            for j in gone:
                if strategy == "jump-to-reference" or (strategy == "copy-increments" and gone[0] == 0):
                    mean[j] = reference[j]
                elif strategy == "copy-increments":
                    mean[j] = own[gone[0] - 1] + reference[j] - reference[gone[0] - 1]
                elif strategy == "return-to-baseline":
                    mean[j] = own[0]
            there = ~np.isnan(scores)
            slopes = covariance[np.ix_(~there, there)] @ np.linalg.pinv(covariance[np.ix_(there, there)])
            left = covariance[np.ix_(~there, ~there)] - slopes @ covariance[np.ix_(there, ~there)]
            out[k, i] = scores
            if not there.all():
                drawn = np.linalg.cholesky(left) @ noise[k, i, ~there]
                out[k, i, ~there] = mean[~there] + slopes @ (scores - mean)[there] + drawn
    return out


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(2, 4), st.sampled_from(STRATEGIES))
def test_filling_in_all_at_once_is_filling_in_one_by_one(seed, n, m, strategy):
    data, parameters, noise = _made(seed, n, m, 2)
    found = completed(parameters, data, strategy, noise)
    np.testing.assert_allclose(found, _one_by_one(parameters, data, strategy, noise), rtol=1e-6, atol=1e-6)


@given(st.integers(0, 10_000), st.sampled_from(STRATEGIES[1:3]))
def test_in_the_reference_arm_reference_based_is_at_random(seed, strategy):
    data, parameters, noise = _made(seed, 15, 3, 2)
    usual = data.design[:, 1] == 0
    found, random = (completed(parameters, data, each, noise)[:, usual] for each in (strategy, "missing-at-random"))
    np.testing.assert_allclose(found, random, rtol=1e-12)


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.1, 5)), min_size=2, max_size=20), st.floats(3, 1e4))
def test_pooling_is_rubins_rules_by_hand(sets, df_complete):
    m = len(sets)
    mean = sum(estimate for estimate, _ in sets) / m
    within = sum(variance for _, variance in sets) / m
    between = sum((estimate - mean) ** 2 for estimate, _ in sets) / (m - 1)
    found = pool_imputations(*np.array(sets).T, df_complete=df_complete)
    assert found.std_error**2 == pytest.approx(within + between + between / m, rel=1e-9)
    assert found.df <= df_complete
    assert 0 <= found.fraction_missing <= 1


def test_parameters_drawn_without_gaps_are_those_of_regressions_one_by_one():
    """Mean and spread of the draws against (X'X)^-1 X'y and RSS / chi-square, each regression by itself."""
    rng = np.random.default_rng(5)
    n, draws = 40, 20_000
    scores = rng.multivariate_normal([50, 52], [[36, 20], [20, 49]], n)
    seen = np.ones((n, 2), dtype=bool)
    seen[30:, 1] = False
    model = Model(scores, seen, np.ones((n, 1)), np.ones((2, 1), dtype=bool))
    found = draw_parameters(model, lambda: None, draws, rng)
    x = np.column_stack([np.ones(30), scores[:30, 0]])
    slope, rss = np.linalg.lstsq(x, scores[:30, 1], rcond=None)[:2]
    drawn = found.covariance[:, 0, 1] / found.covariance[:, 0, 0]
    variance = rss[0] / (30 - 2 - 2)
    assert drawn.mean() == pytest.approx(slope[1], abs=5 * drawn.std() / draws**0.5)
    assert drawn.var() == pytest.approx(variance * np.linalg.inv(x.T @ x)[1, 1], rel=0.05)
    left = found.covariance[:, 1, 1] - drawn * found.covariance[:, 0, 1]
    assert left.mean() == pytest.approx(variance, rel=0.03)
    assert found.coefficients[:, 0, 0].mean() == pytest.approx(scores[:, 0].mean(), abs=0.05)
    assert found.coefficients[:, 1, 0].mean() == pytest.approx(slope[0] + slope[1] * scores[:, 0].mean(), abs=0.1)
