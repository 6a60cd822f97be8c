"""Readmission rates by calendar period: small tables in, a series out."""

from __future__ import annotations

import pandas as pd
import pytest

import peereval as pe
from peereval.errors import InvalidValueError

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")


def test_stays_are_counted_in_the_period_of_their_discharge():
    stays = pd.DataFrame(
        {
            "person": list("abca"),
            "episode": [1, 1, 1, 2],
            "admitted": pd.to_datetime(["2019-12-30", "2020-01-01", "2020-03-31", "2020-04-20"]),
            "discharged": pd.to_datetime(
                ["2020-01-01 00:00", "2020-03-31 23:59", "2020-04-01 00:00", "2020-05-01 00:00"]
            ),
            "n_contacts": 1,
            "unit": ["X", "X", "Y", "Y"],
            "definition": "dk-30",
            "followup_end": pd.Timestamp("2020-12-31"),
            "eligible": True,
            "reason": pd.Series([None] * 4, dtype="string"),
            "readmitted": pd.Series([True, False, True, True], dtype="boolean"),
            "days_to_readmission": [9.0, None, 9.0, 8.0],
            "followup_days": 200.0,
            "event": ["readmitted", "censored", "readmitted", "readmitted"],
        }
    )
    rows = pe.readmission_rate(stays, by="unit", period="quarter").estimates
    found = rows[["group", "time", "numerator", "denominator", "n_persons"]].to_numpy().tolist()
    assert found == [
        ["X", "2020-01-01", 1, 2, 2],
        ["Y", "2020-04-01", 2, 2, 2],
        ["all", "2020-01-01", 1, 2, 2],
        ["all", "2020-04-01", 2, 2, 2],
    ]
    monthly = pe.readmission_rate(stays, period="month").estimates
    assert monthly["time"].tolist() == ["2020-01-01", "2020-03-01", "2020-04-01", "2020-05-01"]
    assert pe.readmission_rate(stays, period="year").estimates["time"].tolist() == ["2020-01-01"]


def test_periods_add_up_to_the_whole(region_stays):
    series = pe.readmission_rate(region_stays, by="unit", period="month").estimates
    whole = pe.readmission_rate(region_stays, by="unit").estimates
    sums = series.groupby("group")[["numerator", "denominator"]].sum().reset_index()
    assert sums.to_numpy().tolist() == whole[["group", "numerator", "denominator"]].to_numpy().tolist()


def test_another_period_is_refused(region_stays):
    with pytest.raises(InvalidValueError, match="not by 'quater'"):
        pe.readmission_rate(region_stays, period="quater")


def test_the_figure_has_a_panel_a_group_with_its_numbers(region_stays):
    panels = pe.readmission_rate(region_stays, by="acute", period="quarter").plot()
    assert len(panels) == 3
    assert panels[-1].get_xlabel() == "First day of the period of discharge"
    numbers = pe.readmission_rate(region_stays, period="quarter").estimates["denominator"].astype(str).tolist()
    assert [text.get_text() for text in panels[-1].texts][: len(numbers)] == numbers
    monthly = pe.release([pe.readmission_rate(region_stays, period="month")])[0].plot()
    assert "index stays a period" in monthly[0].get_title(loc="left")


def test_a_ward_called_all_is_not_everybody(region_stays):
    first = region_stays["unit"].min()
    renamed = region_stays.assign(unit=region_stays["unit"].replace({first: "all"}))
    found = pe.readmission_rate(renamed, by="unit").estimates["denominator"].tolist()
    assert sorted(found) == sorted(pe.readmission_rate(region_stays, by="unit").estimates["denominator"])
    assert found[-1] == sum(found[:-1])


def test_a_stay_of_nobody_is_counted_and_in_no_group(region_stays):
    nobody = region_stays.assign(person=region_stays["person"].mask(region_stays["episode"] == 2))
    some = int((region_stays["eligible"] & (region_stays["episode"] == 2)).sum())
    found = pe.readmission_rate(nobody, by="unit")
    assert found.exclusions["person_missing"] == some > 0
    assert set(found.exclusions) == {*pe.readmission_rate(region_stays).exclusions, "person_missing"}
    assert found.estimates["denominator"].iloc[-1] == region_stays["eligible"].sum() - some
