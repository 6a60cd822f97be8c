"""`pe.mmrm` against R's mmrm (tests/oracles/make_mmrm.R, mmrm.json): ten fits, every number that is stored.

Agreement: coefficients 1e-5 relative, standard errors 1e-4, degrees of freedom 1e-3 relative, log-likelihood 1e-5.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import peereval as pe

HERE = Path(__file__).parent
CASES = json.loads((HERE / "mmrm.json").read_text(encoding="utf-8"))["cases"]
COVARIANCES = {
    "us": "unstructured",
    "cs": "compound-symmetry",
    "csh": "heterogeneous-compound-symmetry",
    "ar1": "ar1",
    "toeph": "heterogeneous-toeplitz",
}
WAYS = {
    "Satterthwaite / Asymptotic": {"df": "satterthwaite"},
    "Kenward-Roger / Kenward-Roger-Linear": {"df": "kenward-roger"},
    "Kenward-Roger / Kenward-Roger": {"df": "kenward-roger-second-order"},
    "Between-Within / Asymptotic": {"df": "between-within"},
    "Residual / Asymptotic": {"df": "residual"},
    "Satterthwaite / Empirical": {"df": "satterthwaite", "standard_errors": "CR0"},
    "Satterthwaite / Empirical-Bias-Reduced": {"df": "satterthwaite", "standard_errors": "CR2"},
}
PAIRS = [(name, way) for name, case in CASES.items() for way in case["inference"]]


def read(name):
    data = pd.read_csv(HERE / name)
    rounds = pd.Categorical(data["round"], data["round"].unique(), ordered=True)
    return data.assign(round=rounds, arm=pd.Categorical(data["arm"], ["usual", "peer"]))


def fit(name, way):
    case = CASES[name]
    return pe.mmrm(
        case["fixed"],
        read(case["data"]),
        person="person",
        round="round",
        covariance=COVARIANCES[case["covariance"]],
        groups="arm" if case["per_group"] else None,
        weights="weight" if case["weights"] else None,
        reml=case["reml"],
        **WAYS[way],
    )


def agree(found, expected, *, relative, absolute=0.0):
    np.testing.assert_allclose(
        np.asarray(found, dtype=float), np.asarray(expected, dtype=float), rtol=relative, atol=absolute
    )


def agree_with_tests(found, expected, names):
    """Estimates, standard errors, degrees of freedom, statistics, limits and p values of one table."""
    estimate, error, statistic, p_value = names
    agree(found["estimate"], expected[estimate], relative=1e-5)
    agree(found["std_error"], expected[error], relative=1e-4)
    agree(found["df"], expected["df"], relative=1e-3)
    agree(found["statistic"], expected[statistic], relative=2e-4)
    agree(found["p_value"], expected[p_value], relative=2e-3, absolute=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_likelihood_and_covariance(name):
    case = CASES[name]
    model = fit(name, next(iter(case["inference"])))
    agree(
        [model.loglik, model.aic, model.bic],
        [case[each] for each in ("loglik", "aic", "bic")],
        relative=0,
        absolute=1e-5,
    )
    assert (model.n_observations, model.n_persons) == (case["n_observations"], case["n_persons"])
    stored = case["residual_covariance"]
    blocks = {None: stored} if "values" in stored else stored
    for group, block in blocks.items():
        ours = model.covariance if group is None else model.covariance.loc[group]
        assert list(ours.columns) == block["rows"]
        agree(ours, block["values"], relative=2e-5)


@pytest.mark.parametrize(("name", "way"), PAIRS)
def test_coefficients(name, way):
    expected = pd.DataFrame(CASES[name]["inference"][way]["coefficients"])
    agree_with_tests(fit(name, way).coefficients, expected, ("estimate", "std_error", "statistic", "p_value"))


@pytest.mark.parametrize(("name", "way"), PAIRS)
def test_means_and_differences(name, way):
    stored = CASES[name]["inference"][way]
    found = fit(name, way).means(by="arm").estimates
    names = ("SE", "t.ratio", "p.value")
    for measure, key, estimate in (("mean", "means", "emmean"), ("mean_difference", "differences", "estimate")):
        expected = pd.DataFrame(stored[key])
        mine = found[found["measure"] == measure]
        if measure == "mean":
            mine = mine.set_index(["group", "round"]).loc[list(zip(expected["arm"], expected["round"], strict=True))]
        else:
            assert mine["contrast"].tolist() == expected["contrast"].tolist()
            assert mine["round"].tolist() == expected["round"].tolist()
        agree_with_tests(mine, expected, (estimate, *names))
        agree(mine["conf_low"], expected["lower.CL"], relative=1e-4, absolute=1e-4)
        agree(mine["conf_high"], expected["upper.CL"], relative=1e-4, absolute=1e-4)


@pytest.mark.parametrize(("name", "way"), PAIRS)
def test_the_interaction(name, way):
    expected = CASES[name]["inference"][way]["interaction_test"]
    model = fit(name, way)
    terms = model.coefficients["term"]
    weights = pd.get_dummies(terms[terms.str.contains(":")]).astype(float)
    joint = model.contrast(weights).estimates.iloc[-1]
    of_type_three = model.anova().estimates.set_index("term").loc["arm:round"]
    of_type_two = model.anova(type=2).estimates.set_index("term").loc["arm:round"]
    for found in (joint, of_type_three, of_type_two):
        agree(found["statistic"], expected["F"], relative=2e-4)
        agree(found["df"], expected["num_df"], relative=0)
        agree(found["df_denominator"], expected["den_df"], relative=1e-3)
        agree(found["p_value"], expected["p_value"], relative=1e-3)
