"""Effect sizes, conversions and pools against R's metafor, clubSandwich and effectsize (tests/oracles/make_evidence.R)."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import peereval as pe

ARMS = {"treatment": "peer", "control": "usual"}
METHODS = {"DL": "dersimonian-laird", "PM": "paule-mandel", "REML": "reml"}
HARTUNG_KNAPP = {"z": False, "knha": "plain", "adhoc": True}


@pytest.fixture(scope="module")
def r():
    from pathlib import Path

    return json.loads(Path(__file__).with_name("evidence.json").read_text(encoding="utf-8"))


def found(frame, **asked):
    """Estimate and variance of one effect."""
    row = pe.effect_size(frame, **asked).estimates.iloc[0]
    return [row["estimate"], row["variance"]]


def means(mean, sd, n):
    return pd.DataFrame({"arm": ["peer", "usual"], "mean": mean, "sd": sd, "n": n})


def test_effects_of_means_are_metafors(r):
    """escalc's MD, SMD with vtype LS2 (g), and effectsize's cohens_d (d)."""
    printed = means(r["trial"]["mean"], r["trial"]["sd"], r["trial"]["n"])
    assert found(printed, formula="mean-difference", **ARMS) == pytest.approx(r["trial"]["md"], rel=1e-12)
    assert found(printed, formula="posttest", **ARMS) == pytest.approx(r["trial"]["d"], rel=1e-12)
    assert found(printed, formula="posttest", hedges=True, **ARMS) == pytest.approx(r["trial"]["g"], rel=1e-12)


def test_t_f_p_and_intervals_give_back_the_d_of_the_same_trial(r):
    """What R's t.test and anova print of two samples, and effectsize's cohens_d of these samples."""
    trial = r["trial"]
    low, high = trial["interval"]
    sizes = {"n_treatment": 41, "n_control": 37}
    difference = {"estimate": trial["estimate"], **sizes}
    ways = {
        "t": {"t": trial["t"], **sizes},
        "f": {"f": trial["f"], "sign": 1, **sizes},
        "p": {"p": trial["p"], "sign": 1, **sizes},
        "sd-from-standard-error": {"std_error": trial["std_error"], **difference},
        "sd-from-interval": {"conf_low": low, "conf_high": high, "df": 76, **difference},
    }
    for formula, printed in ways.items():
        assert found(pd.DataFrame([printed]), formula=formula) == pytest.approx(trial["d"], rel=1e-9), formula
    one_tailed = pd.DataFrame([{"p": trial["p_one"], "tails": 1, "sign": 1, **sizes}])
    assert found(one_tailed, formula="p") == pytest.approx(trial["d"], rel=1e-9)
    turned = pd.DataFrame([{**ways["p"], "sign": -1}])
    assert found(turned, formula="p")[0] == pytest.approx(-trial["d"][0], rel=1e-9)


def test_printed_changes_are_metafors(r):
    """escalc's SMD of changes, on the scale of change and (r = .6) of scores."""
    printed = means([3, 1], [4, 5], [50, 45])
    change = found(printed, formula="change-over-change-sd", hedges=True, **ARMS)
    score = found(printed, formula="change-over-score-sd", correlation=0.6, hedges=True, **ARMS)
    assert change == pytest.approx(r["change"]["change"], rel=1e-12)
    assert score == pytest.approx(r["change"]["score"], rel=1e-12)


def test_correlations_and_conversions_are_metafors_and_effectsizes(r):
    """escalc's ZCOR; effectsize's d_to_oddsratio, oddsratio_to_d and r_to_d."""
    printed = pd.DataFrame({"study": ["a", "b"], "r": [0.3, -0.55], "n": [60, 25]})
    rows = pe.effect_size(printed, formula="correlation").estimates
    assert rows["estimate"].tolist() == pytest.approx(r["correlation"]["z"], rel=1e-12)
    assert rows["variance"].tolist() == pytest.approx(r["correlation"]["v"], rel=1e-12)
    said = {"study": "a", "outcome": "hope", "time": "end", "direction": "higher is better", "scale": "?", "n": 60}
    cases = [
        ("cohens_d", 0.4, "log_odds_ratio", "log_or"),
        ("log_odds_ratio", -0.7, "cohens_d", "d"),
        ("fisher_z", np.arctanh(0.3), "cohens_d", "from_r"),
    ]
    for measure, value, to, name in cases:
        frame = pd.DataFrame([{**said, "measure": measure, "estimate": value, "variance": 0.1}])
        converted = pe.convert_effects(frame, to=to).estimates["estimate"].iloc[0]
        assert converted == pytest.approx(r["convert"][name], rel=1e-12)


@pytest.fixture(scope="module")
def trials():
    """R's nine trials, one row an arm."""
    from pathlib import Path

    frame = pd.read_csv(Path(__file__).with_name("evidence_counts.csv"), dtype={"study": "string"})
    arms = [
        frame[["study", f"events_{end}", f"n_{end}"]].set_axis(["study", "events", "n"], axis=1).assign(arm=arm)
        for end, arm in (("t", "peer"), ("c", "usual"))
    ]
    return pd.concat(arms).assign(outcome="readmission", time="1 year", direction="higher is worse")


@pytest.mark.parametrize(("name", "formula"), [("OR", "odds-ratio"), ("RR", "risk-ratio"), ("RD", "risk-difference")])
def test_counts_and_mantel_haenszel_are_metafors(r, trials, name, formula):
    """escalc (0.5 in tables with an empty cell, none for differences) and rma.mh."""
    effects = pe.effect_size(trials, formula=formula, **ARMS)
    assert effects.estimates["estimate"].tolist() == pytest.approx(r["counts"][name]["yi"], rel=1e-12)
    assert effects.estimates["variance"].tolist() == pytest.approx(r["counts"][name]["vi"], rel=1e-12)
    pool = pe.pool(effects, method="mantel-haenszel").estimates
    expected = r["counts"][name]["mh"]
    row, measures = pool[pool["part"] == "pooled"].iloc[0], pool.set_index("measure")["estimate"]
    assert [row["estimate"], row["std_error"]] == pytest.approx(
        [expected["estimate"], expected["std_error"]], rel=1e-12
    )
    assert row["p_value"] == pytest.approx(expected["p"], rel=1e-9)
    assert measures["q"] == pytest.approx(expected["q"], rel=1e-12)
    assert measures["i_squared"] == pytest.approx(expected["i_squared"], rel=1e-12, abs=1e-12)


def test_petos_method_is_metafors(r, trials):
    """rma.peto."""
    pool = pe.pool(pe.effect_size(trials, formula="odds-ratio", **ARMS), method="peto").estimates
    row, q = pool[pool["part"] == "pooled"].iloc[0], pool[pool["measure"] == "q"].iloc[0]
    expected = r["peto"]
    assert [row["estimate"], row["std_error"]] == pytest.approx(
        [expected["estimate"], expected["std_error"]], rel=1e-12
    )
    assert [q["estimate"], q["df"]] == pytest.approx([expected["q"], expected["df"]], rel=1e-12)


def effects(name):
    """R's effects as the table that pool takes."""
    from pathlib import Path

    if name == "alike":
        frame = pd.DataFrame({"study": list("abc"), "estimate": [0.20, 0.21, 0.22], "variance": [0.02, 0.03, 0.04]})
    else:
        frame = pd.read_csv(Path(__file__).with_name(f"evidence_{name}.csv"))
    said = {"outcome": "hope", "time": "end", "measure": "hedges_g", "scale": "SD", "direction": "higher is better"}
    return frame.assign(**said, n=frame.get("n", 100)).astype({"study": "string"})


def pooled(result):
    rows = result.estimates
    return rows[rows["part"] == "pooled"].iloc[0]


@pytest.mark.parametrize("name", ["effects", "alike"])
@pytest.mark.parametrize("estimator", list(METHODS))
@pytest.mark.parametrize("test", list(HARTUNG_KNAPP))
def test_random_effects_are_metafors(r, name, estimator, test):
    """rma with method DL, PM, REML and test z, knha, adhoc."""
    result = pe.pool(effects(name), method=METHODS[estimator], hartung_knapp=HARTUNG_KNAPP[test])
    row, expected = pooled(result), r[name][estimator][test]
    for part in ("estimate", "std_error", "conf_low", "conf_high", "p_value"):
        assert row[part] == pytest.approx(expected[part], rel=1e-8), part
    tau = result.estimates.set_index("measure").loc["tau_squared", "estimate"]
    assert tau == pytest.approx(expected["tau_squared"], rel=1e-8, abs=1e-12)


def test_a_common_effect_is_metafors(r):
    """rma with method FE."""
    row = pooled(pe.pool(effects("effects"), method="fixed"))
    for part, value in r["effects"]["FE"]["z"].items():
        if part != "tau_squared":
            assert row[part] == pytest.approx(value, rel=1e-9), part


def test_heterogeneity_and_prediction_are_metafors(r):
    """rma's Q, I² of both conventions, H², confint's Q-profile, weights, predict with t and k - 1."""
    result = pe.pool(effects("effects"))
    rows, expected = result.estimates.set_index("measure"), r["heterogeneity"]
    for measure in ("q", "i_squared", "i_squared_tau", "h_squared"):
        assert rows.loc[measure, "estimate"] == pytest.approx(expected[measure], rel=1e-8), measure
    assert rows.loc["q", "p_value"] == pytest.approx(expected["p"], rel=1e-9)
    limits = rows.loc["tau_squared", ["conf_low", "conf_high"]].tolist()
    assert limits == pytest.approx([expected["tau_low"], expected["tau_high"]], rel=1e-8)
    weights = result.estimates.query("part == 'study'")["weight"].tolist()
    assert weights == pytest.approx(expected["weights"], rel=1e-8)
    row = pooled(result)
    assert [row["prediction_low"], row["prediction_high"]] == pytest.approx(r["prediction"], rel=1e-8)


def test_groups_and_studies_left_out_are_metafors(r):
    """rma within groups, FE of the groups' pools for the test between them, and rma without each study."""
    rows = pe.pool(effects("effects"), by="group").estimates
    for name in ("north", "south"):
        row = rows[(rows["part"] == "pooled") & (rows["group"] == name)].iloc[0]
        for part in ("estimate", "std_error", "conf_low", "p_value"):
            assert row[part] == pytest.approx(r["groups"][name][part], rel=1e-8)
    between = rows[rows["measure"] == "subgroup_difference"].iloc[0]
    assert [between["estimate"], between["p_value"]] == pytest.approx([r["groups"]["q"], r["groups"]["p"]], rel=1e-8)
    left = pe.leave_one_out(effects("effects")).estimates["estimate"].tolist()[1:]
    assert left == pytest.approx(r["leave_one_out"], rel=1e-8)


@pytest.mark.parametrize("working", ["independent", "correlated"])
def test_dependent_effects_are_clubsandwichs(r, working):
    """vcovCR type CR2 and coef_test with Satterthwaite on rma: of all effects, and of the studies' averages."""
    frame = effects("dependent")
    row, expected = pooled(pe.pool(frame.assign(cluster=frame["study"]), working=working)), r["robust"][working]
    for part in ("estimate", "std_error", "df", "p_value"):
        assert row[part] == pytest.approx(expected[part], rel=1e-8), part


@pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")
def test_the_lengths_of_stay_of_stroke_units():
    """Normand 1999 (Statistics in Medicine 18:321), figures that metafor prints: signs turned, since longer is worse."""
    stays = pe.datasets.load("stroke-units-1999").tables["stays"]
    said = stays.assign(outcome="length of stay", time="discharge", scale="days", direction="higher is worse")
    effects = pe.effect_size(said, formula="mean-difference", treatment="specialist care", control="routine care")
    expected = {"fixed": (3.4636, None), "dersimonian-laird": (13.9817, 205.4094), "reml": (15.1060, 684.6462)}
    for method, (estimate, tau) in expected.items():
        result = pe.pool(effects, method=method, hartung_knapp=False)
        measures = result.estimates.set_index("measure")["estimate"]
        assert pooled(result)["estimate"] == pytest.approx(estimate, abs=6e-5)
        assert [measures["q"], 100 * measures["i_squared"]] == pytest.approx([238.9158, 96.65], abs=0.002)
        if tau is not None:
            assert measures["tau_squared"] == pytest.approx(tau, abs=6e-5)
        else:
            limits = [pooled(result)[name] for name in ("std_error", "conf_low", "conf_high")]
            assert limits == pytest.approx([0.7648, 1.9646, 4.9627], abs=6e-5)


def test_intervals_of_few_studies_keep_their_level():
    """250 meta-analyses with known truth (Monte Carlo error 1.4 points), three effects a study, correlated 0.7.

    With 6 studies Hartung and Knapp's interval and the robust one of dependent effects cover 95 %, the normal one less.
    """
    from peereval.evidence.pooled import pool_studies

    rng = np.random.default_rng(11)
    k, each, runs = 6, 3, 250
    units = np.repeat([f"s{place}" for place in range(k)], each)
    covered = {"hartung-knapp": 0, "normal": 0, "robust": 0}
    for _ in range(runs):
        variance = np.repeat(rng.uniform(0.02, 0.1, k), each)
        shared = np.repeat(rng.normal(0, 1, k), each)
        noise = np.sqrt(variance) * (0.7**0.5 * shared + 0.3**0.5 * rng.normal(0, 1, k * each))
        y = 0.3 + np.repeat(rng.normal(0, 0.25, k), each) + noise
        frame = pd.DataFrame({"estimate": y, "variance": variance, "unit": units})
        first = frame.iloc[::each]
        means = {
            "hartung-knapp": pool_studies(first, "reml").mean,
            "normal": pool_studies(first, "reml", hartung_knapp=False).mean,
            "robust": pool_studies(frame, "reml").mean,
        }
        for name, mean in means.items():
            covered[name] += mean.conf_low <= 0.3 <= mean.conf_high
    shares = {name: count / runs for name, count in covered.items()}
    assert shares["hartung-knapp"] == pytest.approx(0.95, abs=0.03)
    assert shares["robust"] == pytest.approx(0.95, abs=0.03)
    assert shares["normal"] < shares["hartung-knapp"] - 0.02
