"""The mixed model against nlme, lmerTest, pbkrtest, emmeans and clubSandwich (make_mmrm_more.R), where mmrm.json is silent."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.estimation.multiplicity import tukey
from peereval.mixed_models.cross_products import find_patterns
from peereval.mixed_models.inference import kenward_roger_covariance
from peereval.mixed_models.likelihood import Point
from peereval.mixed_models.sandwich import sandwich

HERE = Path(__file__).parent
NUMBERS = json.loads((HERE / "mmrm_more.json").read_text(encoding="utf-8"))
FORMULA = "score ~ age + sex + arm * round"
GLS = {
    "ar1": "ar1",
    "har1": "heterogeneous-ar1",
    "cs": "compound-symmetry",
    "hcs": "heterogeneous-compound-symmetry",
    "toeplitz": "toeplitz",
    "toeplitz_five": "toeplitz",
}


def read(name):
    data = pd.read_csv(HERE / f"{name}.csv")
    rounds = pd.Categorical(data["round"], data["round"].unique(), ordered=True)
    return data.assign(round=rounds, arm=pd.Categorical(data["arm"], ["usual", "peer"]))


def fit(data, covariance="compound-symmetry", formula=FORMULA, **asked):
    return pe.mmrm(formula, data, person="person", round="round", covariance=covariance, **asked)


def close(found, expected, relative, absolute=0.0):
    np.testing.assert_allclose(np.asarray(found, float), np.asarray(expected, float), rtol=relative, atol=absolute)


@pytest.mark.parametrize("name", NUMBERS["gls"])
def test_generalised_least_squares(name):
    """nlme's own optimum is good to about 1e-6, and its sigma is divided by N - p under ML too."""
    expected, (form, method) = NUMBERS["gls"][name], name.split()
    model = fit(read(expected["data"]), GLS[form], reml=method == "REML", df="satterthwaite")
    assert model.loglik >= expected["loglik"] - 1e-6
    assert model.loglik == pytest.approx(expected["loglik"], abs=1e-5)
    close(model.coefficients["estimate"], expected["coefficients"], 1e-4)
    inflated = 1.0 if method == "REML" else math.sqrt(expected["n"] / (expected["n"] - expected["p"]))
    close(model.coefficients["std_error"] * inflated, expected["std_error"], 1e-4)


@pytest.mark.parametrize("type_", [2, 3])
@pytest.mark.parametrize("df", ["satterthwaite", "kenward-roger"])
@pytest.mark.parametrize("name", NUMBERS["lmer"])
def test_anova_of_a_random_intercept(name, df, type_):
    """Degrees of freedom come from the observed information here and from the expected one there."""
    key = f"{df.title()} {type_}"
    expected = pd.DataFrame(NUMBERS["lmer"][name]["anova"][key]).set_index("name")
    found = fit(read(name), df=df).anova(type=type_).estimates.set_index("term").loc[expected.index]
    close(found["statistic"], expected["F value"], 2e-3)
    close(found["df"], expected["NumDF"], 0)
    close(found["df_denominator"], expected["DenDF"], 3e-2 if name == "three_rounds_small" else 1.2e-2)


@pytest.mark.parametrize("name", NUMBERS["lmer"])
def test_kenward_roger_with_expected_information_is_that_of_pbkrtest(name):
    """The same formulas with pbkrtest's information give its numbers, so the differences above are those of the information."""
    model = fit(read(name), df="kenward-roger")
    inference, likelihood, optimum = model.inference, model.likelihood, model.optimum
    [(_, first, _)] = likelihood.derivatives(optimum.parameters)
    phi, parts, inverses = optimum.point.unscaled, optimum.slopes.information, optimum.point.inverses
    counts = likelihood.statistics.patterns.counts
    expected = np.empty((2, 2))
    for i, j in np.ndindex(2, 2):
        inner = inverses @ first[i] @ inverses @ first[j]
        crossed = inner @ inverses
        mixed = likelihood.statistics.sandwich((crossed + crossed.swapaxes(1, 2)) / 2)[:-1, :-1]
        expected[i, j] = counts @ np.trace(inner, axis1=1, axis2=2) - 2 * np.trace(phi @ mixed)
        expected[i, j] += np.trace(phi @ parts[i] @ phi @ parts[j])
    theirs = replace(optimum, slopes=optimum.slopes._replace(hessian=expected))
    adjusted = kenward_roger_covariance(likelihood, theirs, second_order=False)
    mine = replace(inference, uncertainty=2 * np.linalg.inv(expected), adjusted=adjusted)
    stored = pd.DataFrame(NUMBERS["lmer"][name]["anova"]["Kenward-Roger 3"]).set_index("name")
    found = replace(model, inference=mine).anova().estimates.set_index("term").loc[stored.index]
    # lmer's own optimum is good to about 1e-6 of the variances
    close(found["statistic"], stored["F value"], 1e-4)
    close(found["df_denominator"], stored["DenDF"], 1e-4)


@pytest.mark.parametrize("type_", ["2", "3"])
def test_anova_of_an_unbalanced_design_with_two_interactions(type_):
    data = read("five_rounds")
    number = data["unit"].str[1:].astype(int)
    data = data.assign(site=np.array(["a", "b", "c"])[number % 3])
    data = data[~((data["site"] == "c") & (data["round"] == "r5") & (data["age"] > 40))]
    model = fit(data, formula="score ~ site * round + sex * arm + age")
    expected = pd.DataFrame(NUMBERS["sites"][type_]).set_index("name")
    found = model.anova(type=int(type_)).estimates.set_index("term").loc[expected.index]
    close(found["statistic"], expected["F value"], 3e-3)
    close(found["df_denominator"], expected["DenDF"], 1.2e-2)
    means = model.means(by="arm").estimates.query("measure == 'mean'").set_index(["group", "round"])
    stored = pd.DataFrame(NUMBERS["site_means"])
    means = means.loc[list(zip(stored["arm"], stored["round"], strict=True))]
    close(means["estimate"], stored["emmean"], 1e-5)
    close(means["std_error"], stored["SE"], 1e-3)


@pytest.mark.parametrize("adjust", ["tukey", "holm", "BH"])
@pytest.mark.parametrize("name", NUMBERS["lmer"])
def test_pairs_of_rounds_with_adjusted_p(name, adjust):
    stored = pd.DataFrame(NUMBERS["lmer"][name]["pairs"][adjust]).set_index(["arm", "contrast"])
    ours = {"BH": "benjamini-hochberg"}.get(adjust, adjust)
    found = fit(read(name), df="satterthwaite").means(by="arm", pairs="rounds", adjust=ours).estimates
    found = found[found["measure"] == "mean_change"].set_index(["group", "contrast"])
    found = found.loc[stored.index]
    close(found["estimate"], stored["estimate"], 1e-4, 1e-5)
    close(found["p_adjusted"], stored["p.value"], 3e-3, 1e-9)


@pytest.mark.parametrize("name", ["three_rounds", "five_rounds"])
@pytest.mark.parametrize("correction", ["CR0", "CR2"])
@pytest.mark.parametrize("by", ["person", "unit"])
def test_sandwich_of_independent_rows(name, correction, by):
    """Least squares, where all forms of CR2 agree: to the last digits that are stored."""
    expected, data = NUMBERS["sandwich"][name][f"lm {correction} {by}"], read(name)
    columns = pe.mmrm(FORMULA, data, person="person", round="round").design
    x, y = columns.columns, columns.outcome
    persons = pd.factorize(data["person"])[0]
    patterns = find_patterns(persons, data["round"].cat.codes.to_numpy(), 5, np.zeros(persons.max() + 1, dtype=int))
    unscaled = np.linalg.inv(x.T @ x)
    inverses = np.stack([np.diag(seen.astype(float)) for seen in patterns.observed])
    point = Point(0.0, inverses, unscaled @ x.T @ y, unscaled)
    clusters = None if by == "person" else pd.factorize(data["unit"])[0]
    found = sandwich(np.column_stack([x, y]), patterns, point, clusters, correction)
    close(np.sqrt(np.diag(found.covariance)), expected["SE"], 1e-8)
    close([found.degrees_of_freedom(row) for row in np.eye(len(unscaled))], expected["df_Satt"], 1e-8)


@pytest.mark.parametrize("name", ["three_rounds", "five_rounds"])
@pytest.mark.parametrize("correction", ["CR0", "CR2"])
@pytest.mark.parametrize("by", ["person", "unit"])
def test_sandwich(name, correction, by):
    """Between persons CR2 has R's mmrm's root of V (mmrm.json), between units clubSandwich's."""
    expected = NUMBERS["sandwich"][name][f"cs {correction} {by}"]
    cluster = {} if by == "person" else {"cluster": by}
    found = fit(read(name), df="satterthwaite", standard_errors=correction, **cluster).coefficients
    other_root = correction == "CR2" and by == "person"
    close(found["std_error"], expected["SE"], 5e-4 if other_root else 1e-6)
    close(found["df"], expected["df_Satt"], 1e-4 if other_root else 1e-6)


def test_tukey_p():
    assert tukey(np.array([2.5]), np.array([20.0]), 3)[0] == pytest.approx(NUMBERS["tukey"], rel=1e-6)
