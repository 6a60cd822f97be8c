"""Time to readmission against R's survival 3.5, cmprsk 2.2 and mets 1.3 (make_survival.R), to the last digits that R gives."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.estimation.competing_risks import cumulative_incidence, restricted_mean_lost
from peereval.estimation.curve_tests import gray_test, log_rank
from peereval.estimation.proportional_hazards import cox_model
from peereval.estimation.recurrent_events import PersonTime, mean_cumulative_function
from peereval.estimation.subdistribution import fine_gray_model

HERE = Path(__file__).parent
GROUPS = ("A", "B", "C")
EXACT = 1e-9


@pytest.fixture(scope="module")
def oracle():
    return json.loads((HERE / "survival.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def stays():
    return pd.read_csv(HERE / "readmission_times.csv")


@pytest.fixture(scope="module")
def index_stays(stays):
    """The same stays as index stays, each ending on the same day, of which only followup_days differ."""
    n = len(stays)
    discharged = pd.Timestamp("2020-01-01") + pd.to_timedelta(range(n), unit="min")
    return pd.DataFrame(
        {
            "person": stays["person"].astype("string"), "episode": np.arange(1, n + 1), "admitted": discharged,
            "discharged": discharged, "n_contacts": 1, "definition": "dk-30", "followup_end": pd.NaT, "eligible": True,
            "reason": pd.array([None] * n, dtype="string"), "readmitted": stays["event"] == 1,
            "days_to_readmission": stays["day"].where(stays["event"] == 1).astype(float),
            "followup_days": stays["day"].astype(float),
            "event": stays["event"].map({0: "censored", 1: "readmitted", 2: "died"}),
            "unit": "unit " + stays["unit"].astype(str), "group_of_three": stays["group"], "age": stays["age"].astype(float),
            "woman": stays["woman"],
        }
    ).astype({"admitted": "datetime64[us]", "discharged": "datetime64[us]", "followup_end": "datetime64[us]"})  # fmt: skip


def counted(stays):
    """Events of both causes, and ends of follow-up, on each day."""
    table = pd.crosstab(stays["day"], stays["event"]).reindex(columns=[0, 1, 2], fill_value=0)
    return table.index.to_numpy(), table[[1, 2]].to_numpy(), table[0].to_numpy()


def grid(stays, kept):
    """Stays of a kind by day and group."""
    days = np.unique(stays["day"])
    return pd.crosstab(stays["day"][kept], stays["group"][kept]).reindex(days, fill_value=0).to_numpy()


@pytest.mark.parametrize("group", GROUPS)
def test_cumulative_incidence(oracle, stays, group):
    """survfit(Surv(day, factor(event)) ~ group, conf.type = "log-log"), infinitesimal jackknife."""
    found = cumulative_incidence(*counted(stays[stays["group"] == group]))
    for cause, name in enumerate(("readmitted", "died")):
        mine = found[found["cause"] == cause]
        for row in oracle["incidence"]:
            place = np.searchsorted(mine["time"], row["time"], side="right") - 1
            if (row["group"], row["outcome"]) == (group, name) and place >= 0:
                here = mine.iloc[place]
                assert here[["estimate", "std_error"]].tolist() == pytest.approx(
                    [row["estimate"], row["std_error"]], abs=EXACT
                )
                if row["estimate"] > 0:
                    limits = [row["conf_low"], row["conf_high"]]
                    assert here[["conf_low", "conf_high"]].tolist() == pytest.approx(limits, abs=EXACT)


def test_time_lost_to_each_event(oracle, stays):
    """survmean2 of the same fit; standard errors by differences of R's weighted fits."""
    for row in oracle["lost"]:
        counts = counted(stays[stays["group"] == row["group"]])
        cause = ("readmitted", "died").index(row["outcome"])
        lost, error = restricted_mean_lost(*counts, cause=cause, horizon=60)
        assert lost == pytest.approx(row["estimate"], abs=EXACT)
        assert error == pytest.approx(row["std_error"], rel=1e-6)


def test_restricted_mean_without_deaths(oracle, stays):
    """summary(survfit(Surv(day, event == 1) ~ group), rmean = 60)."""
    for row in oracle["restricted"]:
        day, events, censored = counted(stays[stays["group"] == row["group"]])
        lost, error = restricted_mean_lost(day, events[:, :1], censored + events[:, 1], cause=0, horizon=60)
        assert [60 - lost, error] == pytest.approx([row["estimate"], row["std_error"]], abs=EXACT)


def test_log_rank(oracle, stays):
    """survdiff."""
    found = log_rank(grid(stays, stays["event"] == 1), grid(stays, stays["event"] >= 0))
    assert found.statistic == pytest.approx(oracle["log_rank"]["statistic"], abs=EXACT)
    assert found.df == 2


@pytest.mark.parametrize("groups", [GROUPS, ("A", "B")], ids=len)
def test_gray(oracle, stays, groups):
    """cuminc(…)$Tests for three groups and for two, both causes."""
    some = stays[stays["group"].isin(groups)]
    told = oracle["gray" if len(groups) == 3 else "gray_two"]
    everybody = grid(some, some["event"] >= 0)
    for cause, row in zip((1, 2), told, strict=True):
        found = gray_test(grid(some, some["event"] == cause), grid(some, some["event"] == 3 - cause), everybody)
        statistic, p_value = (row.get(name) or row[short] for name, short in (("statistic", "stat"), ("p_value", "pv")))
        assert [found.statistic, found.p_value, found.df] == pytest.approx([statistic, p_value, row["df"]], abs=EXACT)


def design(stays):
    return np.column_stack([stays["group"] == "B", stays["group"] == "C", stays["age"], stays["woman"]]).astype(float)


def errors(fit, cluster=None):
    return np.sqrt(np.diag(fit.covariance(None if cluster is None else pd.factorize(cluster)[0])))


def test_cox(oracle, stays):
    """coxph(ties = "efron"): coefficients, likelihood, plain errors, and robust ones by person and by unit."""
    fit, told = cox_model(None, stays["day"], stays["event"] == 1, design(stays)), oracle["cox"]
    assert fit.coefficients == pytest.approx(told["coefficients"], abs=EXACT)
    assert fit.log_likelihood == pytest.approx(told["loglik"][1], abs=1e-8)
    assert errors(fit) == pytest.approx(told["naive"], abs=EXACT)
    assert errors(fit, stays["person"]) == pytest.approx(told["se"], abs=EXACT)
    assert errors(fit, stays["unit"]) == pytest.approx(oracle["cox_by_unit"]["se"], abs=EXACT)
    death = cox_model(None, stays["day"], stays["event"] == 2, design(stays)[:, 2:])
    assert death.coefficients == pytest.approx(oracle["cox_death"]["coefficients"], abs=1e-8)
    assert errors(death, stays["person"]) == pytest.approx(oracle["cox_death"]["se"], abs=1e-8)


@pytest.mark.parametrize("transform", ["km", "identity"])
def test_proportional_hazards(oracle, stays, transform):
    """cox.zph, each term (the three groups are one) and all."""
    fit = cox_model(None, stays["day"], stays["event"] == 1, design(stays))
    found = fit.proportionality([[0, 1], [2], [3]], transform=transform)
    told = oracle[f"zph_{transform}"]
    assert [statistic for statistic, _ in found] == pytest.approx([row["chisq"] for row in told], abs=EXACT)
    assert [df for _, df in found] == [row["df"] for row in told]


def test_fine_gray(oracle, stays):
    """crr: coefficients, and errors that allow for the estimate of censoring."""
    fit = fine_gray_model(stays["day"], stays["event"], design(stays))
    assert fit.coefficients == pytest.approx(oracle["fine_gray"]["coefficients"], abs=EXACT)
    assert errors(fit) == pytest.approx(oracle["fine_gray"]["se"], abs=EXACT)


@pytest.fixture(scope="module")
def recurrent():
    return pd.read_csv(HERE / "recurrent_readmissions.csv")


def seen(recurrent, *, deaths=True):
    lives = recurrent.drop_duplicates("person")
    times = [recurrent[name].to_numpy(dtype=float) for name in ("start", "stop")]
    died = lives["died"].to_numpy(dtype=bool) & deaths
    event = recurrent["event"].to_numpy(dtype=bool)
    return PersonTime(pd.factorize(recurrent["person"])[0], *times, event, lives["last"].to_numpy(dtype=float), died)


@pytest.mark.parametrize("name", ["ghosh_lin", "mean_function"])
def test_mean_number_of_readmissions(oracle, recurrent, name):
    """The integral of S(t-) dN / Y from survfit, with differences of weighted fits; without deaths survfit(cluster = person)."""
    found = mean_cumulative_function(seen(recurrent, deaths=name == "ghosh_lin"))
    for row in oracle[name]:
        here = found[found["time"] <= row["time"]].iloc[-1]
        assert here["estimate"] == pytest.approx(row["estimate"], abs=EXACT)
        assert here["std_error"] == pytest.approx(row["std_error"], rel=1e-6)


def test_ghosh_lin_is_near_that_of_mets(oracle, recurrent):
    """mets::recurrentMarginal, with every person's days moved by a fraction of her own, since it takes tied days one after another."""
    lives = recurrent.groupby("person")
    whole = recurrent.assign(start=lives["stop"].shift(1).fillna(0.0))
    rest = lives.agg(
        start=("stop", "last"), stop=("last", "last"), last=("last", "last"), died=("died", "last")
    ).reset_index()
    whole = pd.concat([whole, rest[rest["start"] < rest["stop"]].assign(event=0)]).sort_values(["person", "stop"])
    moved = {name: whole[name] + whole["person"] / 200 for name in ("stop", "last")}
    whole = whole.assign(start=(whole["start"] + whole["person"] / 200).where(whole["start"] > 0, 0.0), **moved)
    found = mean_cumulative_function(seen(whole))
    for row in oracle["mets"]:
        here = found[found["time"] < row["time"] + 1].iloc[-1]
        assert here["estimate"] == pytest.approx(row["estimate"], rel=1e-6)
        assert here["std_error"] == pytest.approx(row["std_error"], rel=0.005)


def test_andersen_gill(oracle, recurrent):
    """coxph(Surv(start, stop, event) ~ group, cluster = person), and its cox.zph."""
    fit = cox_model(
        recurrent["start"], recurrent["stop"], recurrent["event"], (recurrent[["group"]] == "B").to_numpy(float)
    )
    told = oracle["andersen_gill"]
    assert fit.coefficients == pytest.approx(told["coefficients"], abs=EXACT)
    assert errors(fit) == pytest.approx(told["naive"], abs=EXACT)
    assert errors(fit, recurrent["person"]) == pytest.approx(told["se"], abs=EXACT)
    told = [row["chisq"] for row in oracle["zph_andersen_gill"]]
    assert [statistic for statistic, _ in fit.proportionality([[0]])] == pytest.approx(told, abs=EXACT)


def test_hazard_ratios_of_index_stays(oracle, index_stays):
    """The public function gives exp(coefficient) and R's limits, all stays by person."""
    asked = {"covariates": ["group_of_three", "age", "woman"]}
    for method, measure in (("cox", "hazard_ratio"), ("fine-gray", "subdistribution_hazard_ratio")):
        rows = pe.hazard_ratios(index_stays, method=method, **asked).estimates
        rows = rows[rows["measure"] == measure]
        told = oracle[method.replace("-", "_")]
        assert np.log(rows["estimate"]).tolist() == pytest.approx(told["coefficients"], abs=EXACT)
        assert rows["contrast"].fillna("").tolist() == ["B / A", "C / A", "", ""]
    limits = np.exp(np.array(oracle["cox"]["coefficients"]) + 1.959963984540054 * np.array(oracle["cox"]["se"]))
    rows = pe.hazard_ratios(index_stays, **asked).estimates
    assert rows["conf_high"].dropna().tolist() == pytest.approx(limits.tolist(), abs=1e-8)
    check = rows.query("measure == 'proportional_hazards' and time_scale == 'km'")
    assert check["statistic"].tolist() == pytest.approx([row["chisq"] for row in oracle["zph_km"]], abs=EXACT)


def test_curves_of_index_stays(oracle, index_stays):
    """The public functions count days in the engine and give the same curves, tests and means."""
    first = index_stays.assign(person=index_stays["episode"].astype("string"))
    rows = pe.compare_curves(first, by="group_of_three", horizon=400).estimates
    tests = rows[rows["measure"] == "gray_test"]
    assert tests["statistic"].tolist() == pytest.approx([row["statistic"] for row in oracle["gray"]], abs=EXACT)
    for row in oracle["incidence"]:
        measure = {"readmitted": "readmission_incidence", "died": "death_incidence"}[row["outcome"]]
        mine = rows[
            (rows["group"] == row["group"]) & (rows["measure"] == measure) & (rows["time"] <= row["time"])
        ].iloc[-1]
        assert mine["estimate"] == pytest.approx(row["estimate"], abs=EXACT)
    cut = pe.compare_curves(first, by="group_of_three", horizon=40, method="log-rank").estimates
    assert cut["statistic"].dropna().tolist() == pytest.approx([oracle["log_rank_40"]["statistic"]], abs=EXACT)
    means = pe.restricted_mean(first, horizon=60, by="group_of_three").estimates.set_index(["measure", "group"])
    for row in oracle["lost"]:
        measure = {"readmitted": "readmission_time_lost", "died": "death_time_lost"}[row["outcome"]]
        mine = means.loc[(measure, row["group"])]
        assert [mine["estimate"], mine["std_error"]] == pytest.approx([row["estimate"], row["std_error"]], rel=1e-6)


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_group_of_nobody_changes_no_test(stays, place):
    """A group in which nobody was followed leaves chi-squared and its degrees of freedom as they were."""
    everybody, readmitted, died = (
        grid(stays, stays["event"] >= 0),
        *(grid(stays, stays["event"] == k) for k in (1, 2)),
    )
    wider = [np.insert(each, place, 0, axis=1) for each in (readmitted, died, everybody)]
    assert gray_test(*wider) == pytest.approx(gray_test(readmitted, died, everybody), abs=EXACT)
    assert log_rank(wider[0], wider[2]) == pytest.approx(log_rank(readmitted, everybody), abs=EXACT)
