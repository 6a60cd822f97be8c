"""Pools do not depend on the order or the unit of the studies, and lie among them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import peereval as pe

METHODS = ["reml", "dersimonian-laird", "paule-mandel", "fixed"]
SAID = {
    "outcome": "hope",
    "time": "end",
    "measure": "mean_difference",
    "scale": "points",
    "direction": "higher is better",
}


@st.composite
def studies(draw):
    k = draw(st.integers(2, 9))
    numbers = st.floats(-5, 5).map(lambda value: round(value, 3))
    estimates = draw(st.lists(numbers, min_size=k, max_size=k))
    variances = draw(st.lists(st.floats(0.01, 4).map(lambda value: round(value, 3)), min_size=k, max_size=k))
    frame = pd.DataFrame({"study": [f"s{place}" for place in range(k)], "estimate": estimates, "variance": variances})
    return frame.assign(n=50.0, **SAID)


def pooled(frame, **asked):
    rows = pe.pool(frame, **asked).estimates
    row = rows[rows["part"] == "pooled"].iloc[0]
    return row[["estimate", "std_error", "conf_low", "conf_high", "prediction_low", "prediction_high"]].astype(float)


@settings(max_examples=15)
@given(frame=studies(), method=st.sampled_from(METHODS), seed=st.integers(0, 99))
def test_order_and_unit_do_not_matter_and_the_mean_lies_among_the_studies(frame, method, seed):
    row = pooled(frame, method=method)
    shuffled = pooled(frame.sample(frac=1, random_state=seed), method=method)
    np.testing.assert_allclose(shuffled, row, rtol=1e-6, atol=1e-8)
    scaled = pooled(frame.assign(estimate=10 * frame["estimate"] + 3, variance=100 * frame["variance"]), method=method)
    shift = np.array([3.0, 0.0, 3.0, 3.0, 3.0, 3.0])
    np.testing.assert_allclose(scaled, 10 * row + shift, rtol=1e-5, atol=1e-5)
    assert frame["estimate"].min() - 1e-9 <= row["estimate"] <= frame["estimate"].max() + 1e-9
    assert row["conf_low"] < row["estimate"] < row["conf_high"]


@settings(max_examples=12)
@given(frame=studies())
def test_reml_is_the_highest_of_a_fine_grid(frame):
    """A naive second implementation: the restricted likelihood on 20,000 values of the variance between studies."""
    y, v = frame["estimate"].to_numpy(), frame["variance"].to_numpy()
    if len(y) < 3:
        return
    rows = pe.pool(frame).estimates.set_index("measure")
    tau = float(rows.loc["tau_squared", "estimate"])

    def likelihood(values):
        w = 1 / (v + values[:, None])
        mean = (w * y).sum(axis=1) / w.sum(axis=1)
        return 0.5 * (np.log(w).sum(axis=1) - np.log(w.sum(axis=1)) - (w * (y - mean[:, None]) ** 2).sum(axis=1))

    grid = np.concatenate([[0.0], np.geomspace(1e-6, 200, 20_000)])
    best = likelihood(np.array([tau]))[0]
    assert best == pytest.approx(likelihood(grid).max(), abs=1e-5)
    assert best >= likelihood(grid).max() - 1e-9


@settings(max_examples=6)
@given(data=st.data(), k=st.integers(1, 6))
def test_counts_pool_alike_whichever_arm_is_called_treatment(data, k):
    rows = []
    for place in range(k):
        n, m = data.draw(st.integers(5, 80)), data.draw(st.integers(5, 80))
        a, c = data.draw(st.integers(1, n - 1)), data.draw(st.integers(1, m - 1))
        rows += [
            {"study": f"s{place}", "arm": "x", "events": a, "n": n},
            {"study": f"s{place}", "arm": "y", "events": c, "n": m},
        ]
    frame = pd.DataFrame(rows).assign(outcome="back", time="1 year", direction="higher is worse")
    effects = [
        pe.effect_size(frame, formula="odds-ratio", treatment=arms[0], control=arms[1]).estimates
        for arms in ("xy", "yx")
    ]
    for method in ("mantel-haenszel", "peto", "fixed"):
        one, other = (pooled(each, method=method) for each in effects)
        assert one["estimate"] == pytest.approx(-other["estimate"], abs=1e-9)
        assert one["std_error"] == pytest.approx(other["std_error"], rel=1e-9)
