"""Standardised rates, funnel limits, control charts and run charts against R (tests/oracles/make_rates.R)."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import peereval as pe

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")
STRATA = ["0-39 female", "40-59 female", "60+ female", "0-39 male", "40-59 male", "60+ male"]
LIMITS = ["lower_95", "upper_95", "lower_998", "upper_998"]


@pytest.fixture(scope="module")
def r():
    from pathlib import Path

    return json.loads(Path(__file__).with_name("rates.json").read_text(encoding="utf-8"))


@pytest.fixture
def stays(root):
    """R's stays as index stays."""
    frame = pd.read_csv(root / "tests/oracles/rates_stays.csv", dtype={"person": "string"})
    day = pd.Timestamp("2020-03-01")
    return frame.assign(
        episode=range(len(frame)), admitted=day, discharged=day, n_contacts=1, definition="dk-30", followup_end=day,
        eligible=True, readmitted=frame["readmitted"] == 1, reason=pd.array([pd.NA] * len(frame), dtype="string"),
        days_to_readmission=np.nan, followup_days=99.0, event="censored",
    )  # fmt: skip


def standard(**numbers):
    """A reference frame of R's strata."""
    parts = pd.Series(STRATA).str.split(" ", expand=True)
    return pd.DataFrame({"age_group": parts[0], "sex": parts[1], **numbers})


@pytest.mark.parametrize(
    ("name", "reference"), [("direct", None), ("direct_standard", standard(weight=[30, 25, 20, 10, 10, 5]))]
)
def test_direct_standardisation_is_surveys(r, stays, name, reference):
    """svystandardize and svymean with persons as clusters (factor G / (G - S)), and prop.test at the size that this gives."""
    found = pe.standardised_rate(stays, by="unit", age_bands=(40, 60), reference=reference)
    rows = found.estimates.set_index("group")
    for unit, expected in r[name].items():
        for part in ("estimate", "design_effect", "conf_low", "conf_high"):
            assert rows.loc[unit, part] == pytest.approx(expected[part], rel=1e-9)


def test_direct_standardisation_gives_epitools_estimate(r, stays):
    reference = standard(weight=[30, 25, 20, 10, 10, 5])
    found = pe.standardised_rate(stays, by="unit", age_bands=(40, 60), reference=reference).estimates
    assert found.set_index("group")["estimate"][list("ABC")].tolist() == pytest.approx(
        [r["epitools"][unit] for unit in "ABC"], rel=1e-12
    )


def test_indirect_standardisation_is_rs(r, stays):
    """Observed over expected; the design effect from svyratio with persons as clusters; limits by qgamma."""
    found = pe.standardised_rate(stays, by="unit", age_bands=(40, 60), method="indirect").estimates
    ratios = found[found["measure"] == "observed_over_expected"].set_index("group")
    rates = found[found["measure"] == "indirectly_standardised_rate"].set_index("group")
    overall = rates.loc["all", "numerator"] / rates.loc["all", "denominator"]
    for unit, expected in r["indirect"].items():
        assert ratios.loc[unit, "numerator"] == expected["observed"]
        assert ratios.loc[unit, "expected_count"] == pytest.approx(expected["expected"], rel=1e-12)
        for part in ("estimate", "conf_low", "conf_high"):
            assert ratios.loc[unit, part] == pytest.approx(expected[part], rel=1e-9)
            assert rates.loc[unit, part] == pytest.approx(expected[part] * overall, rel=1e-9)
        assert ratios.loc[unit, "design_effect"] == pytest.approx(expected["design_effect"], rel=1e-9)


def test_a_ratio_of_independent_stays_has_poissons_exact_limits(r, stays):
    """poisson.test(18, 12.4), but for the factor 60 / 59 of the persons; epiR's limits after Byar are near."""
    one = stays.head(60).assign(person=[f"q{place}" for place in range(60)], readmitted=np.arange(60) < 18, ward="W")
    reference = pd.DataFrame({"ward": ["W"], "numerator": [12.4], "denominator": [60]})
    asked = {"by": "unit", "strata": ("ward",), "method": "indirect", "reference": reference}
    found = pe.standardised_rate(one.assign(unit="all wards"), **asked).estimates.iloc[0]
    assert found["design_effect"] == pytest.approx(60 / 59)
    assert [found["conf_low"], found["conf_high"]] == pytest.approx(r["exact_ratio"], rel=0.006)
    assert [found["conf_low"], found["conf_high"]] == pytest.approx(r["byar_ratio"][1:], rel=0.006)


@pytest.fixture
def wards(root):
    return pd.read_csv(root / "tests/oracles/funnel_groups.csv")


def limits_are(found, expected):
    rows = found.estimates.dropna(subset="group")
    for name in LIMITS:
        assert rows[name].tolist() == pytest.approx(expected[name], abs=1e-12)
    return rows


@pytest.mark.parametrize("kind", ["multiplicative", "additive"])
@pytest.mark.parametrize("basis", ["share", "ratio"])
def test_funnel_limits_with_overdispersion_are_spiegelhalters(r, wards, kind, basis):
    """The formulas of the paper's appendix, in R."""
    groups = wards if basis == "share" else wards.rename(columns={"expected": "expected_count"})
    found = pe.funnel_plot(groups, overdispersion=kind)
    expected = r[f"funnel_{basis}"]
    rows = limits_are(found, expected[kind])
    assert rows["statistic"].tolist() == pytest.approx(expected[f"z_{kind}"], rel=1e-9)
    more = found.estimates.set_index("measure")["estimate"]
    name = {"multiplicative": "overdispersion_factor", "additive": "variance_between_groups"}[kind]
    assert more[name] == pytest.approx(expected["factor" if kind == "multiplicative" else "between"], rel=1e-9)


def test_exact_funnel_limits_are_interpolated_as_spiegelhalter_does(r, wards):
    limits_are(pe.funnel_plot(wards, overdispersion="none"), r["exact_share"])
    limits_are(pe.funnel_plot(wards.assign(design_effect=1.6), overdispersion="none"), r["exact_share_effect"])
    ratios = wards.rename(columns={"expected": "expected_count"})
    limits_are(pe.funnel_plot(ratios, overdispersion="none"), r["exact_ratio_limits"])


@pytest.mark.parametrize("chart", ["p", "p-prime", "u"])
@pytest.mark.parametrize("part", ["all", "frozen", "second"])
def test_control_limits_are_rs(r, root, chart, part):
    """Shewhart's and Laney's formulas in R; a frozen baseline of 12 periods, and a phase after a break."""
    series = pd.read_csv(root / "tests/oracles/rates_series.csv")
    how = {"all": {}, "frozen": {"freeze": 12}, "second": {"breaks": ["2019-01-01"]}}[part]
    rows = pe.control_chart(series, chart=chart, **how).estimates
    chosen = slice(12, None) if part == "second" else slice(None)
    expected = r["charts"][chart][part]
    assert rows["centre"][chosen].unique().tolist() == pytest.approx([expected["centre"]], rel=1e-12)
    for name, theirs in (("lower_limit", "lower"), ("upper_limit", "upper")):
        assert rows[name][chosen].tolist() == pytest.approx(np.array(expected[theirs])[chosen].tolist(), rel=1e-9)


def test_runs_and_crossings_are_rs(r):
    """rle, qbinom and the rounding of R, on series with missing values and values on the median."""
    for case in r["runs"]:
        values = np.array(case["values"], dtype=float)
        times = pd.date_range("2015-01-01", periods=len(values), freq="MS")
        found = pe.run_chart(pd.DataFrame({"time": times, "estimate": values})).estimates.set_index("measure")
        assert found["estimate"][["longest_run", "crossings"]].tolist() == [case["longest"], case["crossings"]]
        assert found["limit"][["longest_run", "crossings"]].tolist() == [case["longest_limit"], case["crossings_limit"]]
        assert found["n"]["crossings"] == case["n"]
