"""Several regions' released results: bound, taken as effects, pooled, drawn."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import DesignError, InvalidValueError, UnsupportedInputError


def change(value, error, n, **more):
    """A released change of one region."""
    rows = pd.DataFrame({"outcome": ["who-5"], "scale": ["score_0_100"], "round": ["one-year"], "measure": ["mean_change"],
                         "estimate": [value], "std_error": [error], "conf_low": [value - 1.959964 * error],
                         "conf_high": [value + 1.959964 * error], "conf_level": [0.95], "n": [n],
                         "reading": ["0 to 100, higher is better"]})  # fmt: skip
    found = pe.Result(
        kind="rounds", title="Change", claim="change", method="A mean.", estimates=rows, columns={"reading": ""}, **more
    )
    return pe.release(found)[0]


REGIONS = {
    "Sjælland": (6.0, 1.5, 120),
    "Syddanmark": (4.0, 1.2, 180),
    "Nordjylland": (8.0, 2.4, 60),
    "Skåne": (5.0, 1.8, 90),
}


@pytest.fixture
def bound():
    return pe.bind_results({name: change(*numbers) for name, numbers in REGIONS.items()})


def test_released_results_are_bound_as_released(bound):
    assert isinstance(bound, pe.Released)
    assert bound.policy == "standard 1.6.0"
    assert bound.estimates["source"].tolist() == list(REGIONS)
    assert bound.changes == change(6.0, 1.5, 120).changes


def test_masked_exclusions_stand_beside_one_another():
    both = pe.bind_results(
        {
            "north": change(6.0, 1.5, 120, exclusions={"unpaired": 3}),
            "south": change(4.0, 1.2, 180, exclusions={"unpaired": 40}),
        }
    )
    assert dict(both.exclusions) == {"unpaired": "north: <5; south: 40"}


def test_released_and_other_results_or_policies_are_not_bound():
    rows = change(6.0, 1.5, 120).estimates.drop(columns=["withheld", "reading"])
    exact = pe.Result(kind="rounds", title="Change", claim="change", method="A mean.", estimates=rows)
    with pytest.raises(DesignError, match="2 ways of protecting"):
        pe.bind_results({"north": change(6.0, 1.5, 120), "south": exact})
    with pytest.raises(DesignError, match=r"darwin 1\.2\.0, standard"):
        pe.bind_results(
            {
                "north": change(6.0, 1.5, 120),
                "south": pe.release(
                    exact.__class__(
                        kind="rounds",
                        title="Change",
                        claim="change",
                        method="A mean.",
                        estimates=rows.assign(std_error=1.0),
                    ),
                    policy="darwin",
                )[0],
            }
        )


def test_effects_follow_from_released_estimates_and_limits(bound):
    effects = pe.regional_effects(bound)
    assert effects["study"].tolist() == list(REGIONS)
    assert effects["direction"].tolist() == ["higher is better"] * 4
    assert effects["time"].tolist() == ["one-year"] * 4
    exact = np.array([error for _, error, _ in REGIONS.values()])
    # limits are rounded to half a standard error at most
    assert np.allclose(np.sqrt(effects["variance"]), exact, rtol=0.5)
    assert not effects["withheld"].any()


def test_the_pool_of_released_numbers_lies_near_that_of_exact_ones(bound):
    exact = pd.DataFrame([{"study": name, "outcome": "who-5", "time": "one-year", "measure": "mean_change", "scale": "score_0_100",
                           "direction": "higher is better", "estimate": value, "variance": error**2, "n": n}
                          for name, (value, error, n) in REGIONS.items()])  # fmt: skip
    one, other = (pe.pool(given).estimates.set_index("part").loc["pooled"] for given in (exact, bound))
    assert math.isclose(one["estimate"], other["estimate"], abs_tol=0.5 * one["std_error"])
    assert math.isclose(one["std_error"], other["std_error"], rel_tol=0.35)


def test_a_region_whose_number_is_withheld_is_counted_and_not_pooled():
    regions = {**{name: change(*numbers) for name, numbers in REGIONS.items()}, "Bornholm": change(3.0, 4.0, 7)}
    found = pe.pool(pe.bind_results(regions))
    assert dict(found.exclusions) == {"withheld": 1}
    assert "Bornholm" not in set(found.estimates["term"])
    [safe] = pe.release(found)
    assert not safe.estimates.loc[safe.estimates["part"] == "pooled", "withheld"].any()


def test_one_row_a_region_is_asked_for():
    two = [change(6.0, 1.5, 120), change(4.0, 1.5, 120)]
    both = pd.concat([two[0].estimates, two[1].estimates.assign(round="half-year")], ignore_index=True)

    def region():
        return pe.release(pe.Result(kind="rounds", title="Change", claim="change", method="A mean.", columns={"reading": ""},
                                    estimates=both.drop(columns="withheld").assign(std_error=1.5)))[0]  # fmt: skip

    bound = pe.bind_results({"north": region(), "south": region()})
    with pytest.raises(DesignError, match="2 regions have several such rows; they differ in round"):
        pe.regional_effects(bound)
    assert len(pe.regional_effects(bound, where={"round": "one-year"})) == 2
    with pytest.raises(InvalidValueError, match="no round 'one-yera'"):
        pe.regional_effects(bound, where={"round": "one-yera"})
    with pytest.raises(InvalidValueError, match="no measure 'mean'"):
        pe.regional_effects(bound, measure="mean")


def test_what_a_positive_number_means_is_said(region_stays):
    safe = pe.release(pe.readmission_rate(region_stays))[0]
    bound = pe.bind_results({"north": safe, "south": safe})
    with pytest.raises(DesignError, match="do not say whether a higher number is better"):
        pe.regional_effects(bound)
    with pytest.raises(InvalidValueError, match="direction 'up'"):
        pe.regional_effects(bound, direction="up")
    effects = pe.regional_effects(bound, direction="higher is worse")
    assert effects["origin"].tolist() == ["synthetic"] * 2


def test_other_results_are_no_regions():
    with pytest.raises(UnsupportedInputError, match="no released results of several regions"):
        pe.regional_effects(change(6.0, 1.5, 120))


def test_regions_stand_in_a_forest(bound):
    axes = pe.pool(bound).plot()
    words = " ".join(label.get_text() for label in axes.get_yticklabels())
    assert all(name in words for name in REGIONS)
    assert axes.get_xlabel().startswith("Mean change: higher is better")
