"""Control charts and run charts: phases, periods that are missing, what small numbers can tell, what is refused."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import peereval as pe
from peereval.errors import ColumnError, DesignError, DuplicateError, InvalidValueError, UnsupportedInputError
from peereval.series.run_charts import longest_run_and_crossings


def months(numerator, denominator=100, **more):
    times = pd.date_range("2018-01-01", periods=len(numerator), freq="MS").strftime("%Y-%m-%d")
    return pd.DataFrame({"time": times, "numerator": numerator, "denominator": denominator, **more})


def test_a_period_beyond_its_limit_is_marked():
    found = pe.control_chart(months([20] * 10 + [40] + [20] * 10)).estimates
    assert found.loc[found["beyond_limits"], "time"].tolist() == ["2018-11-01"]
    assert found["centre"].iloc[0] == pytest.approx(440 / 2100)


def test_limits_are_the_narrower_the_larger_the_period():
    found = pe.control_chart(months([5, 20, 80], [25, 100, 400])).estimates
    assert found["centre"].tolist() == pytest.approx([0.2, 0.2, 0.2])
    assert found["upper_limit"].tolist() == pytest.approx([0.44, 0.32, 0.26])
    assert found["lower_limit"].tolist() == pytest.approx([0.0, 0.08, 0.14])


def test_a_break_divides_the_chart_into_phases(as_text, table):
    found = pe.control_chart(months([20, 20, 20, 40, 40]), breaks=["2018-03-15"]).estimates
    assert as_text(found[["time", "centre", "phase", "beyond_limits"]]) == as_text(
        table("""
        time       | centre | phase | beyond_limits
        2018-01-01 | 0.2    | 1     | no
        2018-02-01 | 0.2    | 1     | no
        2018-03-01 | 0.2    | 1     | no
        2018-04-01 | 0.4    | 2     | no
        2018-05-01 | 0.4    | 2     | no
        """)
    )


def test_breaks_may_be_dates_and_come_in_any_order():
    series = months([20, 21, 30, 31, 40, 41])
    found = pe.control_chart(series, breaks=[date(2018, 5, 1), "2018-03-01"])
    assert found.estimates["phase"].tolist() == [1, 1, 2, 2, 3, 3]
    assert found.settings["breaks"] == ["2018-05-01", "2018-03-01"]


def test_a_frozen_baseline_judges_what_comes_later():
    series = months([20] * 12 + [35] * 12)
    assert pe.control_chart(series, freeze=12).estimates["beyond_limits"].tolist() == [False] * 12 + [True] * 12
    assert not pe.control_chart(series).estimates["beyond_limits"].any()


def test_years_are_periods_and_rows_come_in_any_order():
    series = pd.DataFrame({"time": [2012, 2010, 2011], "numerator": [3, 1, 2], "denominator": 10})
    found = pe.control_chart(series, breaks=[2012]).estimates
    assert found[["time", "numerator", "phase"]].to_numpy().tolist() == [[2010, 1, 1], [2011, 2, 1], [2012, 3, 2]]


def test_empty_periods_keep_their_place_and_are_counted():
    series = months([20, np.nan, 0, 25, 20], [100, 100, 0, 100, 100]).drop(index=3)
    found = pe.control_chart(series)
    assert found.estimates["estimate"].isna().tolist() == [False, True, True, True, False]
    assert dict(found.exclusions) == {"period_empty": 3}
    assert found.estimates["centre"].tolist() == pytest.approx([0.2] * 5)
    labels = [label.get_text() for label in found.plot().get_xticklabels()]
    assert labels[2:4] == ["2018-03   n 0", "2018-04   n –"]


def test_a_chart_without_any_case_has_no_limits():
    found = pe.control_chart(months([0, 0, 0])).estimates
    assert found["estimate"].tolist() == [0, 0, 0]
    assert found[["lower_limit", "upper_limit", "beyond_limits"]].isna().all(axis=None)


def test_small_numbers_are_said():
    few = pe.control_chart(months([1, 2, 0, 1], 10)).assumptions
    assert any(note.startswith("In 4 periods fewer than 5 cases or non-cases are expected") for note in few)
    assert any("fewer than 20 periods (a judgement): 4 in phase 1" in note for note in few)
    many = pe.control_chart(months([20] * 24, 100), chart="p-prime").assumptions
    assert many == ()


def test_p_prime_is_wider_where_periods_differ_by_more_than_chance():
    series = months([100, 400, 150, 380, 120, 390, 160, 350] * 3, 1000)
    narrow, wide = (pe.control_chart(series, chart=chart).estimates for chart in ("p", "p-prime"))
    assert narrow["beyond_limits"].all()
    assert not wide["beyond_limits"].any()


def test_events_per_time_may_exceed_one():
    found = pe.control_chart(months([30, 24, 27], [10, 10, 9.0]), chart="u").estimates
    assert found["measure"].unique().tolist() == ["charted_rate"]
    assert found["centre"].iloc[0] == pytest.approx(81 / 29)
    assert found["upper_limit"].iloc[0] == pytest.approx(81 / 29 + 3 * np.sqrt(81 / 29 / 10))


def test_readmission_rates_by_month_can_be_charted(region_stays):
    rates = pe.readmission_rate(region_stays, period="month")
    found = pe.control_chart(rates)
    assert found.origin == "synthetic"
    assert found.estimates["numerator"].sum() == rates.estimates["numerator"].sum()
    assert pe.run_chart(rates).estimates["measure"].tolist()[-2:] == ["longest_run", "crossings"]
    with pytest.raises(DuplicateError, match="choose one group"):
        pe.control_chart(pe.readmission_rate(region_stays, by="unit", period="month"))


def values(numbers):
    return months([0] * len(numbers), estimate=np.array(numbers, dtype=float)).drop(
        columns=["numerator", "denominator"]
    )


def rules(numbers, **how):
    found = pe.run_chart(values(numbers), **how).estimates
    judged = found[found["measure"] != "run_chart_value"].set_index("measure")
    return judged[["estimate", "n", "limit", "signal"]]


def test_a_long_run_signals():
    """Ten above and ten below: runs of ten are longer than 7, and one crossing is fewer than 6."""
    found = rules([2.0] * 10 + [1.0] * 10)
    assert found.loc["longest_run"].tolist() == [10, 20, 7, True]
    assert found.loc["crossings"].tolist() == [1, 20, 6, True]


def test_random_numbers_do_not_signal():
    found = rules([1, 3, 1, 1, 3, 3, 1, 3, 3, 1, 1, 3])
    assert found.loc["longest_run"].tolist() == [2, 12, 7, False]
    assert found.loc["crossings"].tolist() == [7, 12, 3, False]


def test_periods_on_the_median_neither_break_a_run_nor_cross():
    assert rules([1, 2, 1, 3, 2, 3, 2])["n"].tolist() == [4, 4]
    assert rules([1, 2, 1, 3, 2, 3, 2])["estimate"].tolist() == [2, 1]


def test_a_series_that_never_leaves_its_median_is_not_judged():
    found = pe.run_chart(values([2.0] * 12))
    judged = found.estimates.tail(2)
    assert judged["n"].tolist() == [0, 0]
    assert judged[["estimate", "limit", "signal"]].isna().all(axis=None)
    assert "not judged" in found.plot().get_title(loc="left")


def test_each_phase_is_judged_by_its_own_median():
    found = pe.run_chart(values([1, 2] * 8 + [5, 6] * 8), breaks=["2019-05-01"]).estimates
    assert found[["phase", "centre"]].drop_duplicates().dropna().to_numpy().tolist() == [[1, 1.5], [2, 5.5]]
    judged = found[found["measure"] == "longest_run"]
    assert judged[["phase", "estimate", "n"]].to_numpy().tolist() == [[1, 1, 16], [2, 1, 16]]
    assert not judged["signal"].any()


def test_a_frozen_median_shows_the_shift():
    together = rules([1, 2] * 6 + [3] * 12, freeze=12)
    assert together.loc["longest_run"].tolist() == [13, 24, 8, True]


@given(st.lists(st.sampled_from([-2.0, -1.0, 0.0, 1.0, float("nan")]), max_size=40))
def test_runs_are_those_counted_one_by_one(sides):
    """A naive second count."""
    useful = [side > 0 for side in sides if side in {-2.0, -1.0, 1.0}]
    runs = []
    for place, side in enumerate(useful):
        if place and side == useful[place - 1]:
            runs[-1] += 1
        else:
            runs.append(1)
    assert longest_run_and_crossings(np.array(sides)) == (len(useful), max(runs, default=0), max(len(runs) - 1, 0))


@pytest.mark.parametrize("chart", [pe.control_chart, pe.run_chart])
def test_empty_series_give_empty_results(chart):
    found = chart(months([], estimate=[]).astype({"numerator": float, "denominator": float, "estimate": float}))
    assert found.estimates.empty
    found.plot()


@pytest.mark.parametrize("chart", [pe.control_chart, pe.run_chart])
def test_nothing_of_a_chart_is_released(chart):
    series = months([20, 25, 3, 40], estimate=[0.2, 0.25, 0.03, 0.4])
    [safe] = pe.release(chart(series))
    assert safe.estimates.select_dtypes("number").isna().all(axis=None)
    assert "No periods to draw" in [text.get_text() for text in safe.plot().texts]


@pytest.mark.parametrize(
    ("change", "asked", "kind", "message"),
    [
        ({}, {"chart": "p-prim"}, InvalidValueError, "Did you mean 'p-prime'"),
        ({}, {"numerator": "numerators"}, ColumnError, "no column 'numerators'"),
        ({"numerator": "3"}, {}, ColumnError, "numbers are expected"),
        ({"numerator": 200}, {}, InvalidValueError, "exceed the denominator in 4 periods.*2018-01-01.*chart='u'"),
        ({"denominator": -1}, {"chart": "u"}, InvalidValueError, "below 0 in 4 periods"),
        ({"time": "2018-01-01"}, {}, DuplicateError, "rows 1, 2, 3 and 1 more"),
        ({"time": ["2018-01-01", "2018-02-01", "soon", "2018-04-01"]}, {}, InvalidValueError, "nor as dates"),
        ({}, {"breaks": "2018-02-01"}, UnsupportedInputError, r"breaks=\['2018-02-01'\]"),
        ({}, {"breaks": ["2018-01-01"]}, DesignError, "does not divide the series of 4 periods"),
        ({}, {"breaks": ["2018-04-02"]}, DesignError, "does not divide"),
        ({}, {"breaks": ["spring"]}, InvalidValueError, "no date"),
        ({}, {"breaks": ["2018-03-01"], "freeze": 2}, DesignError, "frozen in a series with breaks"),
        ({}, {"freeze": 1}, InvalidValueError, "frozen at 1 periods of 4"),
        ({}, {"freeze": 5}, InvalidValueError, "frozen at 5 periods of 4"),
    ],
)
def test_what_cannot_be_charted_is_refused(change, asked, kind, message):
    with pytest.raises(kind, match=message):
        pe.control_chart(months([20, 25, 22, 19]).assign(**change), **asked)


def test_a_series_is_a_frame_or_a_result():
    with pytest.raises(UnsupportedInputError, match="from list"):
        pe.run_chart([1, 2, 3])
