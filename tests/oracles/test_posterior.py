"""Probabilities of a mean by quadrature, against Student's t, a brute-force grid and the normal-normal closed form."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import simpson
from scipy.stats import norm, t

import peereval as pe
from peereval.errors import DesignError, InvalidValueError
from peereval.estimation.posterior import probability_above


def scores_of(starts, ends, *, instrument="qpr-15"):
    """A panel of two rounds."""
    n = len(starts)
    return pd.DataFrame(
        {
            "person": [f"p{place}" for place in range(n)] * 2,
            "round": pd.Categorical(["start"] * n + ["end"] * n, categories=["start", "end"], ordered=True),
            "instrument": instrument,
            "instrument_version": "1.0.0",
            "scale": pe.instrument(instrument).headline,
            "score": np.array([*starts, *ends], dtype=float),
            "n_answered": 1,
            "n_items": 1,
            "reason": pd.Series(pd.NA, index=range(2 * n), dtype="string"),
        }
    )


def by_grid(threshold, mean, error, n, prior_sd):
    """The naive way: many small steps over all that the prior leaves room for, cut at the threshold."""
    low, high = -38 * prior_sd, 38 * prior_sd
    inside = float(np.clip(threshold, low, high))

    def mass(start, stop, top):
        points = np.linspace(start, stop, 100_001)
        log_density = norm.logpdf(points, 0, prior_sd) + t.logpdf((points - mean) / error, n - 1)
        # not trapezoids, whose error at the cut is above the tolerance
        return simpson(np.exp(log_density - top), x=points)

    points = np.linspace(low, high, 50_001)
    top = (norm.logpdf(points, 0, prior_sd) + t.logpdf((points - mean) / error, n - 1)).max()
    below, above = mass(low, inside, top), mass(inside, high, top)
    return above / (above + below)


@settings(max_examples=15)
@given(
    threshold=st.floats(-8, 8),
    mean=st.floats(-10, 10),
    error=st.floats(0.3, 8),
    n=st.integers(2, 60),
    prior_sd=st.floats(0.3, 12),
)
def test_the_sceptical_prior_agrees_with_a_brute_force_grid(threshold, mean, error, n, prior_sd):
    found = probability_above(threshold, mean=mean, std_error=error, n=n, prior_sd=prior_sd)
    assert found == pytest.approx(by_grid(threshold, mean, error, n, prior_sd), abs=1e-6)


@pytest.mark.parametrize(("threshold", "mean", "n"), [(0, 2.0, 8), (5, 2.0, 15), (-1, -3.0, 40)])
def test_the_reference_prior_is_the_tail_of_t_and_the_limit_of_a_wide_prior(threshold, mean, n):
    reference = probability_above(threshold, mean=mean, std_error=1.3, n=n)
    assert reference == pytest.approx(t.cdf((mean - threshold) / 1.3, n - 1))
    wide = probability_above(threshold, mean=mean, std_error=1.3, n=n, prior_sd=1e5)
    assert wide == pytest.approx(reference, abs=1e-7)


@pytest.mark.parametrize(("threshold", "mean", "error", "prior_sd"), [(0, 2, 1, 1.5), (3, 2, 0.5, 4), (1, -2, 3, 0.7)])
def test_many_persons_give_the_normal_closed_form(threshold, mean, error, prior_sd):
    """With a known variance the posterior is normal: precision-weighted mean, added precisions."""
    precision = 1 / error**2 + 1 / prior_sd**2
    closed = norm.sf(threshold, mean / error**2 / precision, precision**-0.5)
    found = probability_above(threshold, mean=mean, std_error=error, n=10_000_000, prior_sd=prior_sd)
    assert found == pytest.approx(closed, abs=1e-6)


def test_a_prior_that_knows_better_than_far_data_does_not_break():
    """Data 100 prior standard deviations away: what the prior leaves is its own density, hardly tilted."""
    found = probability_above(0, mean=100, std_error=0.5, n=12, prior_sd=1)
    assert found == pytest.approx(by_grid(0, 100, 0.5, 12, 1), abs=1e-8)
    assert 0.5 < found < 0.6
    assert probability_above(50, mean=100, std_error=0.5, n=12, prior_sd=1) < 1e-6
    assert probability_above(0, mean=0.001, std_error=1e-6, n=12, prior_sd=10) == pytest.approx(1.0)


def test_without_spread_nothing_is_known():
    assert np.isnan(probability_above(0, mean=1, std_error=0, n=12))
    assert np.isnan(probability_above(0, mean=1, std_error=1, n=1))


def test_the_study_s_probabilities_follow_from_its_changes():
    starts, ends = [30.0, 28, 41, 36, 33, 25, 39, 30], [36.0, 30, 40, 45, 38, 27, 47, 33]
    found = pe.probability_of_change(scores_of(starts, ends), "qpr-15")
    gains = np.subtract(ends, starts)
    error = gains.std(ddof=1) / 8**0.5
    rows = found.estimates.set_index(["measure", "term"])["estimate"]
    important = "probability_of_important_improvement"
    assert rows[important, "reference prior"] == pytest.approx(t.sf((5 - gains.mean()) / error, 7))
    sceptic = probability_above(5, mean=gains.mean(), std_error=error, n=8, prior_sd=5 / norm.ppf(0.95))
    assert rows[important, "sceptical prior"] == pytest.approx(sceptic)
    assert rows[important, "sceptical prior"] < rows[important, "reference prior"]
    assert found.settings["prior_sd"] == pytest.approx(5 / norm.ppf(0.95))
    assert "5 % beforehand" in found.method
    assert found.claim == "change"


def test_improvement_is_less_where_the_scale_says_so():
    starts, ends = [20.0, 18, 15, 22, 9], [12.0, 15, 16, 13, 8]
    scores = scores_of(starts, ends, instrument="phq-9")
    found = pe.probability_of_change(scores, "phq-9", minimal_important=5)
    assert found.estimates["estimate"].iloc[0] == pytest.approx(
        t.cdf(4 / (np.std([8, 3, -1, 9, 1], ddof=1) / 5**0.5), 4)
    )


def test_what_matters_must_be_known():
    scores = scores_of([1, 2], [3, 5], instrument="soc-13")
    with pytest.raises(DesignError, match="no minimal important change of soc-13"):
        pe.probability_of_change(scores, "soc-13")
    with pytest.raises(InvalidValueError, match="prior is -1"):
        pe.probability_of_change(scores, "soc-13", minimal_important=3, prior_sd=-1)
    with pytest.raises(InvalidValueError, match="important change is 0"):
        pe.probability_of_change(scores, "soc-13", minimal_important=0)


def test_probabilities_of_few_persons_are_not_released():
    scores = scores_of([30.0, 28, 41, 36, 33], [36.0, 30, 40, 45, 38])
    [safe] = pe.release(pe.probability_of_change(scores, "qpr-15"))
    assert safe.estimates["withheld"].all()
    assert safe.estimates["estimate"].isna().all()
