"""The studies whose printed figures are audited: what cannot be right, what agrees, and by which formula."""

from __future__ import annotations

import pytest

import peereval as pe

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")
TWO = {"mean": 2, "sd": 2}


def left(name, table, decimals):
    """Row, check, printed figure and verdict of all that is not possible."""
    found = pe.audit(pe.datasets.load(name).tables[table], decimals=decimals).estimates
    rows = found[found["verdict"].isin(["impossible", "suspicious"])]
    return rows[["row", "check", "printed", "verdict"]].to_numpy().tolist()


def test_two_figures_of_one_row_of_the_umbrella_review_do_not_fit():
    decimals = {"estimate": 2, "conf_low": 2, "conf_high": 2, "q": 2, "i2": 0, "z": 2}
    assert left("umbrella-2024", "pooled", decimals) == [
        [19, "df", "20", "suspicious"],
        [19, "z", "9.42", "impossible"],
    ]


def test_every_heterogeneity_of_the_umbrella_review_is_that_of_statsmodels_formulas(ledger_of):
    """Oracle: chi-squared tail of scipy and the formula of I², row by row."""
    from scipy.stats import chi2

    pooled = pe.datasets.load("umbrella-2024").tables["pooled"].dropna(subset="q")
    found = pe.audit(pooled, decimals={"q": 2, "i2": 0}).estimates.set_index(["analysis", "check"])["estimate"]
    for row in pooled.itertuples():
        assert found[row.analysis, "i2"] == pytest.approx(100 * max(0.0, 1 - row.df / row.q) if row.q else 0.0)
        if (row.analysis, "p_het") in found.index:
            assert found[row.analysis, "p_het"] == pytest.approx(chi2.sf(row.q, row.df))
    rows = ledger_of("umbrella-2024").estimates
    assert rows["status"].value_counts().to_dict() == {"reproduced": 53, "within-rounding": 9, "differs": 2}


def test_the_mean_that_is_an_f_value_is_below_its_scale():
    assert left("recovery-workbook-2009", "outcomes", TWO) == [
        [2, "grim", "38.93", "suspicious"],
        [8, "grim", "149.11", "suspicious"],
        [13, "grim", "55.93", "suspicious"],
        [14, "range", "14.93", "impossible"],
        [14, "grim", "14.93", "suspicious"],
    ]


def test_the_copied_pair_is_suspicious():
    pair = [[row, "repeated", "34.49", "suspicious"] for row in (8, 14)]
    assert left("harp-2018", "outcomes", TWO) == pair


def test_means_equal_to_their_deviations_are_suspicious():
    course = pe.datasets.load("peer-run-course-2012").tables["outcomes"]
    found = pe.audit(course.assign(mean=course["mean_transcribed"]), decimals=TWO).estimates
    hits = found[found["verdict"] == "suspicious"]
    assert hits[["outcome", "round", "check"]].drop_duplicates().to_numpy().tolist() == [
        ["loneliness", "6-months", "mean_is_sd"]
    ]


def test_one_p_value_of_the_mentors_cannot_be_had(ledger_of):
    """Reference: one-tailed 0.031 (Welch) for .042, 0.026 for <.03; ratio 0.582 (0.32 to 1.04)."""
    rows = ledger_of("sledge-2011").estimates.set_index(["figure", "way"])
    assert rows.loc[("admissions-p", "Welch"), ["estimate", "status"]].tolist() == [
        pytest.approx(0.031, abs=5e-4),
        "differs",
    ]
    assert rows.loc[("days-p", "Student"), "estimate"] == pytest.approx(0.026, abs=5e-4)
    by_hand = ledger_of("sledge-2011").estimates.query("verified == 'C'")
    assert len(by_hand) == 12
    assert (by_hand["status"] == "reproduced").all()


def test_the_means_of_the_mentors_are_those_of_whole_numbers():
    found = pe.audit(pe.datasets.load("sledge-2011").tables["outcomes"].assign(items=1), decimals=TWO).estimates
    grim = found[found["check"] == "grim"]
    assert (grim["estimate"].to_numpy() * [38, 36, 38, 36]).round(9).tolist() == [34, 55, 383, 687]
    assert (grim["verdict"] == "possible").all()


def test_the_danish_trial_agrees_within_its_rounding(ledger_of):
    status = ledger_of("peer-denmark-2025").estimates.set_index("figure")["status"]
    assert status[["difference", "difference-low", "difference-high"]].tolist() == ["within-rounding"] * 3
    assert status[["d", "p-from-interval"]].tolist() == ["reproduced"] * 2


def test_the_pilots_money_and_its_denominator(ledger_of):
    rows = ledger_of("lawn-2008").estimates
    assert (rows.loc[rows["verified"] == "C", "status"] == "reproduced").all()
    percent = rows[rows["figure"] == "readmitted-percent"].set_index("way")["status"]
    assert percent.to_dict() == {"all, of 47 referrals": "reproduced", "all, of 49 support packages": "differs"}


def test_two_versions_of_the_pilot_trial_contradict_one_another(ledger_of):
    rows = ledger_of("harp-2018").estimates.query("status == 'contradicts'")
    assert rows["difference"].round(2).tolist() == [-0.2, -0.7]
