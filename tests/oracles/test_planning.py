"""Planning against R's power functions and against person-by-person computations (tests/oracles/make_planning.R)."""

from __future__ import annotations

import json
from math import comb

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.disclosure.policy import treatment_of
from peereval.errors import InvalidValueError
from peereval.rounds.planning import smallest


@pytest.fixture(scope="module")
def numbers():
    from pathlib import Path

    return json.loads((Path(__file__).parent / "planning.json").read_text(encoding="utf-8"))


def of(result, measure):
    [found] = result.estimates.loc[result.estimates["measure"] == measure, "estimate"]
    return found


def test_the_precision_of_a_change_agrees_with_trying_one_number_after_another(numbers):
    for each in numbers["precision"]:
        said = {name: each[name] for name in ("sd", "correlation", "half_width")}
        result = pe.precision_of_change(**said, retention=0.8)
        assert of(result, "persons_with_both") == each["n"]
        assert of(result, "persons") == np.ceil(each["n"] / 0.8)
        assert of(result, "half_width") <= each["half_width"]
        again = pe.precision_of_change(sd=each["sd"], correlation=each["correlation"], n=each["n"])
        assert of(again, "half_width") == pytest.approx(of(result, "half_width"))


def test_the_planned_precision_is_that_of_a_study():
    """4,000 studies of 20 persons: the mean half width of their intervals (it is a little below the planned one)."""
    rng = np.random.default_rng(20261122)
    both = rng.multivariate_normal([40, 43], 100 * np.array([[1, 0.6], [0.6, 1]]), size=(4_000, 20))
    from scipy.stats import t

    widths = t.ppf(0.975, 19) * (both[..., 1] - both[..., 0]).std(axis=1, ddof=1) / 20**0.5
    planned = of(pe.precision_of_change(sd=10, correlation=0.6, n=20), "half_width")
    assert (widths**2).mean() ** 0.5 == pytest.approx(planned, rel=0.01)


def test_two_rates_agree_with_r(numbers):
    for each in numbers["two_rates"]:
        rates = {"rate": each["p1"], "reference_rate": each["p2"]}
        if "n" in each:
            found = pe.power_of_two_rates(**rates, n_per_arm=each["n"])
            assert of(found, "power") == pytest.approx(each["found_power"], abs=1e-9)
        else:
            found = pe.power_of_two_rates(**rates, power=each["power"])
            assert of(found, "rows_per_arm") == np.ceil(each["found_n"])


def test_a_design_effect_of_two_doubles_the_rows(numbers):
    rates = {"rate": 0.55, "reference_rate": 0.4}
    found = pe.power_of_two_rates(**rates, n_per_arm=240, design_effect=2)
    assert of(found, "power") == pytest.approx(numbers["two_rates"][2]["found_power"], abs=1e-9)


def test_units_agree_with_r(numbers):
    for each in numbers["units"]:
        said = {name: each[name] for name in ("difference", "sd", "icc", "persons_per_unit")}
        found = pe.power_of_units(**said, units_per_arm=each["units_per_arm"])
        assert of(found, "power") == pytest.approx(each["power"], abs=1e-7)
        needed = of(pe.power_of_units(**said, power=each["power"] - 1e-9), "units_per_arm")
        assert needed == each["units_per_arm"]


def test_units_of_unequal_size_need_more():
    said = {"difference": 5, "sd": 10, "icc": 0.1, "persons_per_unit": 20, "units_per_arm": 8}
    found = pe.power_of_units(**said, size_variation=0.5)
    assert of(found, "design_effect") == pytest.approx(1 + (1.25 * 20 - 1) * 0.1)
    assert of(found, "power") < of(pe.power_of_units(**said), "power")


def mid_p_power(n, gained, lost, level):
    """Every table, in whole numbers."""
    total = 0.0
    for b in range(n + 1):
        for c in range(n + 1 - b):
            d, few = b + c, min(b, c)
            mid = (2 * sum(comb(d, k) for k in range(few + 1)) - comb(d, few)) / 2**d
            if mid <= 1 - level:
                total += comb(n, b) * comb(n - b, c) * gained**b * lost**c * (1 - gained - lost) ** (n - d)
    return total


def test_mcnemar_agrees_with_enumeration_in_r_and_here(numbers):
    for each in numbers["mcnemar"]:
        found = pe.power_of_mcnemar(gained=each["gained"], lost=each["lost"], n=each["n"])
        assert of(found, "power") == pytest.approx(each["power"], abs=1e-10)
    for n, gained, lost, level in ((12, 0.6, 0.1, 0.9), (7, 0.2, 0.7, 0.5), (1, 0.5, 0.1, 0.95), (25, 0.3, 0.0, 0.99)):
        found = pe.power_of_mcnemar(gained=gained, lost=lost, n=n, level=level)
        assert of(found, "power") == pytest.approx(mid_p_power(n, gained, lost, level), abs=1e-12)


def test_mcnemar_s_number_is_enough_from_there_on():
    needed = int(of(pe.power_of_mcnemar(gained=0.3, lost=0.08, power=0.8), "persons_with_both"))
    powers = [of(pe.power_of_mcnemar(gained=0.3, lost=0.08, n=n), "power") for n in range(needed - 1, needed + 25)]
    assert powers[0] < 0.8 <= min(powers[1:])


def test_the_mixed_model_agrees_with_a_design_of_every_person(numbers):
    for each in numbers["mixed"]:
        said = {name: each[name] for name in ("sd", "correlation", "retention", "reference_retention", "difference", "baseline")}  # fmt: skip
        found = pe.power_of_mmrm(**said, n_per_arm=each["n"])
        assert of(found, "std_error") == pytest.approx(each["std_error"], rel=1e-9)
        assert of(found, "power") == pytest.approx(each["power"], abs=1e-7)


def test_without_dropout_two_rounds_have_the_known_variances():
    """Constrained: that of analysis of covariance, 2 sd² (1 - r²) / n; otherwise 4 sd² (1 - r) / n."""
    said = {"difference": 5, "sd": 10, "correlation": 0.6, "retention": [1, 1], "n_per_arm": 50}
    assert of(pe.power_of_mmrm(**said), "std_error") == pytest.approx((2 * 100 * 0.64 / 50) ** 0.5)
    assert of(pe.power_of_mmrm(**said, baseline="response"), "std_error") == pytest.approx((4 * 100 * 0.4 / 50) ** 0.5)


@pytest.mark.parametrize("baseline", ["constrained", "response"])
def test_mmrm_finds_the_planned_standard_error(baseline):
    """One study of 4,000 persons an arm, in which exactly the planned shares leave."""
    n, covariance = 4_000, np.outer([9, 10, 11], [9, 10, 11]) * [[1, 0.6, 0.5], [0.6, 1, 0.7], [0.5, 0.7, 1]]
    said = {"sd": [9, 10, 11], "correlation": [[1, 0.6, 0.5], [0.6, 1, 0.7], [0.5, 0.7, 1]], "retention": [1, 0.8, 0.6]}
    planned = of(pe.power_of_mmrm(difference=1, **said, n_per_arm=n, baseline=baseline), "std_error")
    scores = np.random.default_rng(20261122).multivariate_normal([0, 0, 0], covariance, size=2 * n)
    place = np.repeat(np.tile(np.arange(n) / n, 2), 3)
    data = pd.DataFrame({"person": np.repeat(np.arange(2 * n), 3), "when": np.tile([0, 1, 2], 2 * n)})
    data = data.assign(score=scores.ravel(), arm=(data["person"] < n) * 1.0)
    data = data.assign(arm_1=data["arm"] * (data["when"] == 1), arm_2=data["arm"] * (data["when"] == 2))
    data["round"] = pd.Categorical(data["when"], ordered=True)
    data = data[place < np.array([1, 0.8, 0.6])[data["when"]]]
    formula = "score ~ round + arm_1 + arm_2" + (" + arm" if baseline == "response" else "")
    model = pe.mmrm(formula, data, person="person", round="round")
    fitted = model.coefficients.set_index("term").loc["arm_2", "std_error"]
    assert fitted == pytest.approx(planned, rel=0.02)


def test_simulation_stands_beside_the_formula():
    """1,800 runs of n = 15, 30 and 60 came within 0.012 of the formula; here, few with a wide interval."""
    said = {"difference": 8, "sd": 10, "correlation": 0.6, "retention": [1, 0.8]}
    result = pe.power_of_mmrm(**said, n_per_arm=25, runs=20, seed=3)
    rows = result.estimates.set_index("measure")
    simulated = rows.loc["simulated_power"]
    assert simulated["conf_low"] < rows.loc["power", "estimate"] < simulated["conf_high"]
    assert simulated["denominator"] == 20
    assert result.settings["seed"] == 3
    again = pe.power_of_mmrm(**said, n_per_arm=25, runs=20, seed=3)
    pd.testing.assert_frame_equal(again.estimates, result.estimates)


def test_dropout_and_fewer_persons_cost_power():
    said = {"difference": 5, "sd": 10, "correlation": 0.6}
    kept = of(pe.power_of_mmrm(**said, retention=[1, 1, 1], power=0.8), "persons_per_arm")
    left = of(pe.power_of_mmrm(**said, retention=[1, 0.8, 0.6], power=0.8), "persons_per_arm")
    assert kept < left < kept / 0.6
    assert of(pe.power_of_mmrm(**said, retention=[1, 0.8, 0.6], n_per_arm=int(left) - 1), "power") < 0.8


TWO = {"rate": 0.2, "reference_rate": 0.3}
MIXED = {"difference": 5, "sd": 10, "correlation": 0.6, "retention": [1, 0.8], "n_per_arm": 20}


@pytest.mark.parametrize(
    ("function", "said", "text"),
    [
        (pe.precision_of_change, {"sd": 10, "correlation": 0.5}, "Neither of half_width and n"),
        (pe.precision_of_change, {"sd": 10, "correlation": 0.5, "n": 20, "half_width": 3}, "Both half_width and n"),
        (pe.precision_of_change, {"sd": 10, "correlation": 1.0, "n": 20}, "correlation is 1.0"),
        (pe.precision_of_change, {"sd": 10, "correlation": 0.5, "n": 2, "retention": 0.5}, "n x retention is 1"),
        (pe.power_of_two_rates, {**TWO, "power": 80}, "power is 80"),
        (pe.power_of_two_rates, {"rate": 20, "reference_rate": 30, "n_per_arm": 9}, "rate is 20"),
        (pe.power_of_two_rates, {"rate": 0.2, "reference_rate": 0.2, "n_per_arm": 9}, "nothing to find"),
        (pe.power_of_two_rates, {**TWO, "n_per_arm": 20.5}, r"20\.5; it is a whole number"),
        (pe.power_of_two_rates, {**TWO, "n_per_arm": 20, "design_effect": 0.5}, "design_effect is 0.5"),
        (
            pe.power_of_units,
            {"difference": 0, "sd": 1, "icc": 0, "persons_per_unit": 9, "power": 0.8},
            "difference is 0",
        ),
        (pe.power_of_mcnemar, {"gained": 0.7, "lost": 0.6, "n": 10}, "gained . lost is 1.2"),
        (pe.power_of_mcnemar, {"gained": 0.2, "lost": 0.2, "n": 10}, "nothing to find"),
        (pe.power_of_mcnemar, {"gained": 0.011, "lost": 0.01, "power": 0.8}, "More than 1,024"),
        (pe.power_of_mmrm, {**MIXED, "retention": [0.9, 0.8]}, "from 1 at the first"),
        (pe.power_of_mmrm, {**MIXED, "reference_retention": [1, 0.9, 0.8]}, "has 2 rounds, reference_retention 3"),
        (pe.power_of_mmrm, {**MIXED, "sd": [1, 2, 3]}, r"sd has the shape \(3,\)"),
        (pe.power_of_mmrm, {**MIXED, "correlation": 1.0}, "no correlation matrix"),
        (pe.power_of_mmrm, {**MIXED, "baseline": "covariate"}, "no baseline 'covariate'"),
    ],
)
def test_impossible_plans_are_refused(function, said, text):
    with pytest.raises(InvalidValueError, match=text):
        function(**said)


def test_what_is_never_enough_is_told():
    with pytest.raises(InvalidValueError, match="would not be enough"):
        smallest(lambda _: False, 2)


def test_plans_hold_no_data_and_may_leave():
    result = pe.power_of_units(difference=5, sd=10, icc=0.05, persons_per_unit=15, units_per_arm=4)
    assert set(result.estimates["measure"]) <= set(treatment_of())
    [safe] = pe.release(result)
    assert safe.estimates["estimate"].tolist() == result.estimates["estimate"].tolist()
