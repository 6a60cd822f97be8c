"""Straight lines through series: R's lm on the Danish series, and small tables."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import peereval as pe
from peereval.errors import DuplicateError, MissingValueError, UnsupportedInputError

HERE = Path(__file__).parent
SHARES = pd.read_csv(HERE / "trends.csv")
LINES = json.loads((HERE / "trends.json").read_text(encoding="utf-8"))


def rows_of(result, measure):
    return result.estimates[result.estimates["measure"] == measure].set_index("group")


def test_lines_are_those_of_lm():
    found = pe.linear_trend(SHARES, outcome="percent", time="year", by=["table", "area"])
    trend, correlation = rows_of(found, "trend"), rows_of(found, "trend_correlation")
    assert len(LINES) == len(trend) == 18
    for line in LINES:
        row = trend.loc[f"{line['table']}, {line['area']}"]
        here = row[["estimate", "std_error", "df", "conf_low", "conf_high"]].tolist()
        assert here == pytest.approx([line[name] for name in ("slope", "se", "df", "low", "high")], abs=1e-10)
        assert correlation.loc[row.name, "estimate"] == pytest.approx(line["r"], abs=1e-10)


def test_points_that_are_left_out_are_counted():
    series = pd.DataFrame({"time": [5, 1, 2, 4, 7, 8], "estimate": [6.0, 2.0, 3.0, None, 8.0, 100.0]})
    found = pe.linear_trend(series, last=7)
    assert dict(found.exclusions) == {"outside_period": 1, "outcome_missing": 1, "period_missing": 2}
    assert rows_of(found, "trend").loc["all", ["estimate", "n"]].tolist() == pytest.approx([1.0, 4])
    assert rows_of(found, "change_first_to_last").loc["all", "estimate"] == 6.0
    assert rows_of(found, "observed")["time"].tolist() == [1, 2, 5, 7]


def test_dates_are_counted_in_their_own_periods_and_two_points_have_no_error():
    series = pd.DataFrame({"time": ["2018-01-01", "2018-07-01", "2018-10-01"], "estimate": [1.0, 3.0, None]})
    row = rows_of(pe.linear_trend(series), "trend").loc["all"]
    assert (row["term"], row["estimate"], row["n"]) == ("per quarter", 1.0, 2)
    assert row[["std_error", "conf_low", "conf_high"]].isna().all()
    one = rows_of(pe.linear_trend(series, last="2018-01-01"), "trend").loc["all"]
    assert pd.isna(one["estimate"])
    assert one["n"] == 1


def test_what_cannot_be_a_series_is_refused():
    series = pd.DataFrame({"time": [1, 2, 2], "estimate": [1.0, 2.0, 3.0], "ward": ["A", "A", None]})
    with pytest.raises(DuplicateError, match="more than once"):
        pe.linear_trend(series)
    with pytest.raises(MissingValueError, match="'ward' of the series is empty in row 3"):
        pe.linear_trend(series, by="ward")


def test_panels_share_their_axes_and_say_the_trend():
    found = pe.linear_trend(SHARES[SHARES["table"] == "table 1"], outcome="percent", time="year", by="area")
    panels = found.plot(mark=2013)
    assert len(panels) == 6
    assert len({panel.get_ylim() for panel in panels}) == 1
    assert panels[0].get_title(loc="left") == "Hele landet\n+0.56 (+0.46 to +0.66) per year, n 9"
    assert all(any(list(line.get_xdata()) == [3, 3] for line in panel.lines) for panel in panels)
    with pytest.raises(UnsupportedInputError, match="6 series"):
        found.plot(ax=panels[0])


def test_nothing_to_draw_is_said():
    assert pe.linear_trend(SHARES.head(0), outcome="percent", time="year").plot().texts
