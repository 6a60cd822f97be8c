"""Interrupted series: small series in, what may and may not be said out (rule R15)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import peereval as pe
from peereval.errors import (
    ColumnError,
    ConvergenceError,
    DesignError,
    DuplicateError,
    InvalidValueError,
    MissingValueError,
)
from peereval.estimation.autoregressive import autoregressive_regression
from peereval.reasons import REASONS

NOISE = np.random.default_rng(4).normal(0, 1, 40)
MONTHS = pd.date_range("2015-01-01", periods=40, freq="MS")


def series(**columns):
    return pd.DataFrame(
        {"time": MONTHS.strftime("%Y-%m-%d"), "estimate": 20 - 3.0 * (np.arange(40) >= 20) + NOISE, **columns}
    )


def by_measure(found, group="series"):
    rows = found.estimates
    return rows[rows["group"] == group].set_index("measure")


def test_a_change_of_level_is_found_and_is_no_effect():
    found = pe.interrupted_series(series(), at="2016-09-01")
    rows = by_measure(found)
    assert rows.loc["level_change", "conf_low"] < -3 < rows.loc["level_change", "conf_high"] < 0
    assert rows.loc["slope_change", "conf_low"] < 0 < rows.loc["slope_change", "conf_high"]
    assert found.claim == "change"
    assert "R15" in found.method
    assert rows["p_value"].notna().sum() == 2
    assert len(rows.loc["observed"]) == len(rows.loc["fitted"]) == 40
    assert rows.loc["counterfactual", "time"].iloc[0] == "2016-09-01"
    assert found.settings["data"]["rows"] == 40
    assert dict(found.exclusions) == {}


@pytest.mark.parametrize("at", ["2016-09-01", pd.Timestamp("2016-09-01"), pd.Period("2016-09", "M"), "2016-08-02"])
def test_the_moment_is_the_first_whole_period_from_then_on(at):
    assert pe.interrupted_series(series(), at=at).settings["at"] == "2016-09-01"


@pytest.mark.parametrize(
    ("times", "name"),
    [
        (MONTHS, "month"),
        (MONTHS.to_period("M"), "month"),
        (pd.date_range("2010-01-01", periods=40, freq="QS").strftime("%Y-%m-%d"), "quarter"),
        (pd.date_range("1960-01-01", periods=40, freq="YS"), "year"),
        (pd.date_range("2015-01-05", periods=40, freq="7D"), "week"),
        (np.arange(2000, 2040), "period"),
    ],
)
def test_periods_are_recognised(times, name):
    data = series().assign(time=times)
    at = data["time"].iloc[20]
    found = pe.interrupted_series(data, at=at.item() if isinstance(at, np.integer) else at)
    assert found.settings["period"] == name
    reference = by_measure(pe.interrupted_series(series(), at="2016-09-01"))
    assert by_measure(found)["estimate"].tolist() == pytest.approx(reference["estimate"].tolist())


@pytest.mark.parametrize(("first", "last"), [(13, 40), (0, 27)])
def test_fewer_than_eight_points_on_a_side_are_only_shown(first, last):
    found = pe.interrupted_series(series()[first:last], at="2016-09-01")
    assert set(found.estimates["measure"]) == {"observed"}
    assert found.claim == "description"
    assert "7" in found.method
    assert "without an estimate (rule R15)" in found.method
    assert "p_value" not in found.estimates
    assert "no estimate" in found.plot().get_title(loc="left")


def test_a_season_that_leaves_too_few_points_is_only_shown():
    found = pe.interrupted_series(series()[10:32], at="2016-09-01", season="month")
    assert set(found.estimates["measure"]) == {"observed"}
    assert "7 points more than coefficients" in found.method


def test_errors_that_cannot_be_told_from_a_trend_are_only_shown():
    wandering = series(estimate=np.cumsum(np.random.default_rng(5).normal(size=40)))
    with pytest.raises(ConvergenceError, match="correlation of neighbouring errors of 1"):
        autoregressive_regression(wandering["estimate"], np.ones((40, 1)), np.arange(40))
    found = pe.interrupted_series(series(estimate=np.arange(40) % 2 + 5.0), at="2016-09-01")
    assert found.claim == "description"
    assert "neighbouring errors of -1" in found.method
    straight = pe.interrupted_series(series(estimate=np.arange(40) * 2.0), at="2016-09-01")
    assert "lie on the lines without any error" in straight.method


def test_missing_periods_are_named_and_not_filled_in():
    data = series().drop(index=[3, 25])
    data.loc[8, "estimate"] = np.nan
    found = pe.interrupted_series(data, at="2016-09-01")
    assert dict(found.exclusions) == {"outcome_missing": 1, "period_missing": 2}
    assert set(found.exclusions) <= set(REASONS)
    assert found.settings["missing_periods"] == ["2015-04-01", "2017-02-01"]
    assert any("2015-04-01, 2017-02-01" in each for each in found.assumptions)
    assert by_measure(found).loc["level_change", "n"] == 37
    assert len(by_measure(found).loc["fitted"]) == 40


def test_the_order_of_the_rows_does_not_matter():
    shuffled = series().sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(
        pe.interrupted_series(shuffled, at="2016-09-01").estimates,
        pe.interrupted_series(series(), at="2016-09-01").estimates,
    )


def test_a_declared_break_takes_its_step_away():
    stepped = series()
    stepped["estimate"] += 5.0 * (np.arange(40) >= 30)
    plain = by_measure(pe.interrupted_series(stepped, at="2016-09-01"))
    broken = by_measure(pe.interrupted_series(stepped, at="2016-09-01", breaks=["2017-07-01"]))
    assert broken.loc["break_step", "conf_low"] < 5 < broken.loc["break_step", "conf_high"]
    assert broken.loc["break_step", "time"] == "2017-07-01"
    assert abs(broken.loc["slope_change", "estimate"]) < abs(plain.loc["slope_change", "estimate"])


@pytest.mark.parametrize(
    ("breaks", "message"),
    [
        (["2016-09-01"], "falls on the intervention"),
        (["2017-01-01", "2017-01-01"], "on another break"),
        (["2015-01-01"], "leaves no point on one of its sides"),
        (["2030-01-01"], "leaves no point on one of its sides"),
    ],
)
def test_a_break_that_cannot_be_told_apart_is_refused(breaks, message):
    with pytest.raises(DesignError, match=message):
        pe.interrupted_series(series(), at="2016-09-01", breaks=breaks)


def test_a_break_with_no_point_between_it_and_the_intervention_is_refused():
    with pytest.raises(DesignError, match="falls on the intervention"):
        pe.interrupted_series(series().drop(index=[20, 21]), at="2016-09-01", breaks=["2016-11-01"])


def test_what_befalls_both_series_cancels_in_the_difference():
    shock = 4.0 * (np.arange(40) >= 20)
    other = np.random.default_rng(5).normal(15, 1, 40)
    data = series(other=other + shock).assign(estimate=lambda frame: frame["estimate"] + shock)
    found = pe.interrupted_series(data, at="2016-09-01", comparison="other")
    assert found.claim == "association"
    mine, comparison, difference = (
        by_measure(found, group).loc["level_change"] for group in ("series", "comparison", "difference")
    )
    assert mine["conf_high"] > 0
    assert comparison["conf_low"] > 0
    assert difference["conf_low"] < -3 < difference["conf_high"] < 0
    plain = pe.interrupted_series(data.assign(estimate=data["estimate"] - data["other"]), at="2016-09-01")
    assert by_measure(plain).loc["level_change", "estimate"] == pytest.approx(difference["estimate"])


def test_a_season_is_taken_out():
    wave = 6 * np.sin(np.arange(40) * np.pi / 6)
    waved = series().assign(estimate=lambda frame: frame["estimate"] + wave)
    adjusted = by_measure(pe.interrupted_series(waved, at="2016-09-01", season="month"))
    reference = by_measure(pe.interrupted_series(series(), at="2016-09-01", season="month"))
    assert adjusted.loc["level_change", "estimate"] == pytest.approx(
        reference.loc["level_change", "estimate"], abs=1e-5
    )
    with pytest.raises(DesignError, match="no quarter to adjust for"):
        pe.interrupted_series(series().assign(time=range(40)), at=20, season="quarter")
    with pytest.raises(InvalidValueError, match="'month', 'quarter'"):
        pe.interrupted_series(series(), at="2016-09-01", season="week")


@pytest.mark.parametrize(
    ("data", "asked", "kind", "message"),
    [
        (series().drop(columns="estimate"), {}, ColumnError, "no column 'estimate'"),
        (series().assign(estimate="a"), {}, ColumnError, "numbers are expected"),
        (series().assign(estimate=np.inf), {}, InvalidValueError, "infinite in rows 1, 2, 3 and 37 more"),
        (series().assign(time=None), {}, MissingValueError, "time is missing in rows 1"),
        (pd.concat([series(), series()[4:5]]), {}, DuplicateError, "rows 5, 41"),
        (series().assign(time="spring"), {}, InvalidValueError, "neither as numbers nor as dates"),
        (series().assign(time=np.arange(40) / 2), {}, InvalidValueError, "not whole ones"),
        (series().assign(time=MONTHS + pd.offsets.MonthEnd(0)), {}, DesignError, "not equally spaced"),
        (series(), {"at": 20}, InvalidValueError, "which is no date"),
        (series().assign(time=range(40)), {}, InvalidValueError, "are whole numbers"),
        (series(stays=0), {"denominator": "stays"}, InvalidValueError, "not positive in rows 1, 2, 3"),
        (
            series(other=1.0, stays=3),
            {"comparison": "other", "denominator": "stays"},
            DesignError,
            "only one of the series",
        ),
        (series(stays=3), {"comparison_denominator": "stays"}, DesignError, "only one of the series"),
    ],
)
def test_what_is_refused(data, asked, kind, message):
    with pytest.raises(kind, match=message):
        pe.interrupted_series(data, **{"at": "2016-09-01", **asked})


def test_a_result_is_taken_with_its_origin():
    rate = pe.Result(
        kind="rates", title="Readmission", claim="description", method="A share.", estimates=series(denominator=50),
        origin="synthetic",
    )  # fmt: skip
    found = pe.interrupted_series(rate, at="2016-09-01", denominator="denominator")
    assert found.origin == "synthetic"
    assert by_measure(found).loc["observed", "n"].tolist() == [50] * 40
    assert "synthetic data" in [text.get_text() for text in found.plot().texts]


def test_an_empty_series_gives_an_empty_result():
    found = pe.interrupted_series(series()[:0], at="2016-09-01")
    assert found.estimates.empty
    assert found.plot().texts[0].get_text() == "nothing to show"


@settings(max_examples=6, deadline=None)
@given(level=st.floats(-50, 50), slope=st.floats(-2, 2), scale=st.floats(0.1, 10), seed=st.integers(0, 99))
def test_a_trend_that_goes_on_changes_no_change(level, slope, scale, seed):
    rng = np.random.default_rng(seed)
    data = series(estimate=rng.normal(0, 1, 40))
    moved = data.assign(estimate=level + slope * np.arange(40) + scale * data["estimate"])
    found, other = (pe.interrupted_series(each, at="2016-09-01") for each in (data, moved))
    if found.claim == "description":
        assert other.claim == "description"
        return
    for name in ("level_change", "slope_change", "change_at_end"):
        for column in ("estimate", "std_error"):
            assert by_measure(other).loc[name, column] == pytest.approx(
                scale * by_measure(found).loc[name, column], rel=1e-3, abs=1e-4
            )


def test_nothing_of_it_is_released():
    [released] = pe.release([pe.interrupted_series(series(), at="2016-09-01")])
    assert released.estimates["estimate"].isna().all()
    assert released.plot().texts[0].get_text() == "nothing to show"


def test_the_figure_says_what_it_shows():
    data = series(other=NOISE[::-1] + 15, stays=np.arange(50, 90), others=80)
    found = pe.interrupted_series(
        data,
        at="2016-09-01",
        comparison="other",
        denominator="stays",
        comparison_denominator="others",
        breaks=["2017-07-01"],
    )
    panel = found.plot()
    assert panel.get_xlabel() == "Month (n behind a point: series / comparison)"
    assert panel.get_xticklabels()[0].get_text() == "2015-01\nn 50 / 80"
    assert [text.get_text().strip() for text in panel.texts] == ["begins", "break"]
    assert len(panel.collections) == 2
    assert found.plot(show="difference").get_ylabel() == "Difference in estimate"
    with pytest.raises(InvalidValueError, match="no drawing 'difference'"):
        pe.interrupted_series(series(), at="2016-09-01").plot(show="difference")
