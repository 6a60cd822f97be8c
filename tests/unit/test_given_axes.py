"""Every kind of figure draws into the axes that it is given, or says why it needs a figure of its own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.figures import _FIGURES
from peereval.surveys.questions import LocalItem

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")
MANY = {"mirror-image", "rounds"}
"""Kinds that have several panels, which the tests of their figures say."""
ELSEWHERE = MANY | {
    "agreement", "attrition", "baseline", "bed-days", "benefit-to-cost", "break-even", "budget-scenarios",
    "co-occurrence", "control-chart", "cost-effectiveness", "definitions", "effects", "event-rates", "expected-rate",
    "fidelity", "funding", "funnel", "incidence", "informants", "joint-display", "leave-one-out", "ledger",
    "length-of-stay", "linkage", "pool", "printed-means", "rates", "reconstruction", "reliability", "risks", "run-chart",
    "saturation", "staffing", "standardised-rates", "survival", "theme-matrix", "trend",
}  # fmt: skip
"""Kinds whose figures are drawn into given axes where their other tests are."""


@pytest.fixture(scope="module")
def scores(region_scores):
    mine = region_scores[(region_scores["instrument"] == "who-5") & (region_scores["scale"] == "score_0_100")]
    return mine[mine["person"] <= "S00080"]


def wards():
    rows = pd.MultiIndex.from_product([[f"ward {i}" for i in range(8)], range(2014, 2020)], names=["ward", "year"])
    frame = rows.to_frame(index=False)
    frame["peers_from"] = frame["ward"].map({f"ward {i}": 2017.0 for i in range(4)})
    frame["days"] = (
        30 - 2.0 * (frame["year"] >= frame["peers_from"]) + np.random.default_rng(1).normal(0, 1, len(frame))
    )
    return frame


def answers():
    rounds = pd.Categorical(["start"] * 5, categories=["start"], ordered=True)
    return pd.DataFrame({"round": rounds, "local_met": [1, 2, 2, 9, None]})


MET = LocalItem(
    column="q",
    label="Met a peer",
    options={1: "No", 2: "Yes", 9: "Don't know"},
    dont_know=(9,),
    direction="higher is better",
)
PRINTED = pd.DataFrame({"q": ["9.65"], "df": [5], "i2": ["58"]})
PERSONS = pd.DataFrame(
    {"person": range(40), "arm": ["peer", "usual"] * 20, "age": np.random.default_rng(1).normal(40, 9, 40)}
)
STUDY = pe.ReliabilityStudy(source="made up", sd=20, mean=50, reliability=0.74, measure="retest", n=88)
MODEL = {"person": "person", "round": "round"}
MADE = {
    "audit": lambda _: pe.audit(PRINTED),
    "balance": lambda _: pe.balance_table(PERSONS, arm="arm", reference_arm="usual", covariates=["age"]),
    "differences": lambda _: pe.difference_in_differences(
        wards(), outcome="days", unit="ward", time="year", start="peers_from"
    ),
    "imputation": lambda scores: pe.impute_rounds(scores, m=5, seed=1),
    "likert": lambda _: pe.answer_distribution(answers(), {"met": MET}),
    "marginal-model": lambda scores: pe.gee("score ~ round", scores, correlation="exchangeable", **MODEL),
    "means": lambda scores: pe.mmrm("score ~ round", scores, covariance="compound-symmetry", **MODEL).means(),
    "reliable-change": lambda scores: pe.reliable_change(scores, "who-5", reliability=STUDY),
    "tipping_point": lambda scores: pe.tipping_point(scores, deltas=[-5, 5], m=5, seed=1),
}
OF_STAYS = {
    "hazards": lambda stays: pe.hazard_ratios(stays, covariates=["acute"]),
    "interrupted": lambda stays: pe.interrupted_series(pe.readmission_rate(stays, period="month"), at="2019-01-01"),
    "recurrent": pe.recurrent_readmissions,
    "restricted-mean": lambda stays: pe.restricted_mean(stays, horizon=180),
}


def assert_drawn_into(finding, kind):
    import matplotlib.pyplot as plt

    assert finding.kind == kind
    _, ax = plt.subplots()
    assert [panel for panel in np.ravel(finding.plot(ax)) if panel is not ax] == []
    assert len(plt.get_fignums()) == 1
    assert ax.has_data() or ax.texts


@pytest.mark.parametrize("kind", MADE)
def test_a_figure_draws_into_the_callers_axes_and_opens_no_other(kind, scores):
    assert_drawn_into(MADE[kind](scores), kind)


@pytest.mark.parametrize("kind", OF_STAYS)
def test_a_figure_of_stays_draws_into_the_callers_axes_and_opens_no_other(kind, region_stays):
    assert_drawn_into(OF_STAYS[kind](region_stays), kind)


def test_no_kind_of_figure_is_forgotten():
    assert sorted([*ELSEWHERE, *MADE, *OF_STAYS]) == sorted(_FIGURES)
