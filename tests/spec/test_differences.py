"""Differences in differences: small panels in, what may and may not be said out (rule R16)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import peereval as pe
from peereval.errors import ColumnError, DesignError, DuplicateError, InvalidValueError, MissingValueError
from peereval.reasons import REASONS

COLUMNS = {"outcome": "days", "unit": "ward", "time": "year", "start": "peers_from"}


def wards(starts, effect=0.0, seed=1, noise=1.0, years=8):
    """Wards that start in the given years (None: never), from 2010 on."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "ward": np.repeat([f"ward {place}" for place in range(len(starts))], years),
            "year": np.tile(np.arange(2010, 2010 + years), len(starts)),
            "peers_from": np.repeat(np.array(starts, dtype=float), years),
        }
    )
    level = np.repeat(rng.normal(30, 5, len(starts)), years) + np.tile(rng.normal(0, 2, years), len(starts))
    treated = frame["year"] >= frame["peers_from"]
    return frame.assign(days=level + effect * treated + rng.normal(0, noise, len(frame)))


def differences(panel, **asked):
    return pe.difference_in_differences(panel, **{**COLUMNS, **asked})


ONE = [2014.0] * 5 + [None] * 6
SEVERAL = [2013.0] * 3 + [2015.0] * 3 + [None] * 6


@pytest.mark.parametrize(
    ("starts", "method"),
    [
        (ONE, "two-way-fixed-effects"),
        (SEVERAL, "group-time"),
        (ONE[2:], "permutation"),
        ([2014.0] * 3 + [None] * 9, "permutation"),
        ([2014.0] * 9 + [None] * 3, "permutation"),
        ([2013.0] * 4 + [2015.0] + [None] * 6, "permutation"),
    ],
)
def test_the_method_follows_the_design(starts, method):
    found = differences(wards(starts))
    assert found.settings["method"] == method
    assert found.settings["asked"] == "auto"
    assert "R16" in found.method
    assert found.claim == "association"
    assert found.estimates.iloc[0]["measure"] == "att"
    assert found.estimates["p_value"].notna().sum() == 2
    assert set(found.estimates.loc[found.estimates["p_value"].notna(), "measure"]) == {"att", "pre_trend"}


@pytest.mark.parametrize("starts", [ONE, SEVERAL])
def test_without_noise_the_effect_is_found_exactly(starts):
    panel = wards(starts, effect=-3.0, noise=1e-9)
    for method in ("group-time", "permutation"):
        rows = differences(panel, method=method).estimates.set_index("measure")
        assert rows.loc["att", "estimate"] == pytest.approx(-3)
        events = rows.loc["att_event"]
        assert events.loc[events["event_time"] < 0, "estimate"].abs().max() < 1e-6
        assert events.loc[events["event_time"] >= 0, "estimate"].tolist() == pytest.approx(
            [-3] * (events["event_time"] >= 0).sum()
        )


def test_two_way_fixed_effects_are_refused_with_several_starts():
    panel = wards(SEVERAL)
    for method in ("two-way-fixed-effects", "wild-bootstrap"):
        with pytest.raises(DesignError, match="start in 2 different periods") as refused:
            differences(panel, method=method)
        assert "others that started before" in refused.value.hint


def test_two_way_fixed_effects_would_be_biased_there():
    """Why it is refused: an effect that grows is taken for the trend of those who start later."""
    panel = wards([2012.0] * 10 + [2014.0] * 10, noise=1e-9)
    since = (panel["year"] - panel["peers_from"]).clip(lower=-1) + 1
    panel["days"] += since
    on = (panel["year"] >= panel["peers_from"]).astype(float)
    dummies = pd.get_dummies(panel[["ward", "year"]].astype(str), drop_first=True).astype(float)
    design = np.column_stack([on, np.ones(len(panel)), dummies])
    two_way = np.linalg.lstsq(design, panel["days"].to_numpy())[0][0]
    truth = since[(on > 0) & (panel["year"] < 2014)].mean()
    found = differences(panel, comparison="not-yet-treated").estimates.iloc[0]
    assert found["estimate"] == pytest.approx(truth, abs=1e-6)
    assert two_way < 0.2 * truth


def test_units_not_yet_treated_can_be_compared_with():
    panel = wards([2013.0] * 5 + [2016.0] * 6, effect=-2.0)
    with pytest.raises(DesignError, match="all have started in the end"):
        differences(panel)
    found = differences(panel, comparison="not-yet-treated").estimates.set_index("measure")
    assert found.loc["att", "n"] == 5
    assert found.loc["att", "n_comparison"] == 6
    assert found.loc["att", "conf_low"] < -2 < found.loc["att", "conf_high"]
    assert found.loc[["att_group"], "time"].tolist() == [2013]


def test_nothing_to_compare_is_refused():
    with pytest.raises(DesignError, match="No unit starts"):
        differences(wards([None] * 5))
    with pytest.raises(DesignError, match="No unit starts"):
        differences(wards([2014.0] * 3)[:0])
    with pytest.raises(DesignError, match="all have started"):
        differences(wards([2014.0] * 5), comparison="not-yet-treated")


def test_units_that_had_started_before_are_left_out_and_counted():
    panel = wards([2010.0, 2005.0, *ONE, 2030.0])
    found = differences(panel)
    assert dict(found.exclusions) == {"treated_from_start": 16}
    assert set(found.exclusions) <= set(REASONS)
    assert found.estimates.loc[0, ["n", "n_comparison"]].tolist() == [5, 7]


def test_dates_are_periods_as_well():
    panel = wards(ONE)
    dated = panel.assign(
        year=pd.to_datetime(panel["year"].astype(str) + "-01-01"),
        peers_from=[None if np.isnan(each) else f"{each:.0f}-01-01" for each in panel["peers_from"]],
    )
    found = differences(dated)
    assert found.settings["starts"] == ["2014-01-01"]
    assert found.settings["period"] == "year"
    assert found.estimates["estimate"].tolist() == pytest.approx(
        differences(panel).estimates["estimate"].tolist(), nan_ok=True
    )


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (lambda panel: panel.drop(columns="ward"), ColumnError, "no column 'ward'"),
        (
            lambda panel: panel.drop(index=[9, 20]),
            DesignError,
            r"2 of 88 units in a period have no outcome: ward 1 in 2011",
        ),
        (lambda panel: panel.assign(days=panel["days"].where(panel.index != 9)), DesignError, "ward 1 in 2011"),
        (lambda panel: panel[panel["year"] != 2012], DesignError, "No unit has a row in 1 periods, the first 2012"),
        (lambda panel: pd.concat([panel, panel[3:4]]), DuplicateError, "rows 4, 89"),
        (
            lambda panel: panel.assign(ward=panel["ward"].where(panel.index != 2)),
            MissingValueError,
            "unit is missing in row 3",
        ),
        (
            lambda panel: panel.assign(year=panel["year"].where(panel.index != 2)),
            MissingValueError,
            "time is missing in row 3",
        ),
        (lambda panel: panel.assign(peers_from=panel["year"]), InvalidValueError, "'peers_from' changes within a unit"),
        (lambda panel: panel.assign(peers_from="soon"), InvalidValueError, "are whole numbers"),
    ],
)
def test_a_panel_that_cannot_be_used_is_refused(change, kind, message):
    with pytest.raises(kind, match=message):
        differences(change(wards(ONE)))


@pytest.mark.parametrize(
    ("asked", "kind", "message"),
    [
        ({"method": "anova"}, InvalidValueError, "no method 'anova'"),
        ({"comparison": "all"}, InvalidValueError, "no comparison 'all'"),
        ({"weights": "n"}, InvalidValueError, "'n' is missing or not positive in row 1"),
        ({"cluster": "house", "method": "permutation"}, DesignError, "cannot be permuted one by one"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(asked, kind, message):
    panel = wards(ONE)
    panel = panel.assign(n=np.where(panel.index == 0, 0, 5), house=panel["ward"].str[:6])
    with pytest.raises(kind, match=message):
        differences(panel, **asked)


def test_a_single_unit_of_a_start_has_no_standard_error():
    panel = wards([2014.0] + [None] * 10)
    for method in ("two-way-fixed-effects", "group-time", "wild-bootstrap"):
        with pytest.raises(DesignError, match="no spread between them"):
            differences(panel, method=method)
    assert differences(panel).estimates.loc[0, "lowest_p"] == pytest.approx(1 / 11)


def test_so_few_units_that_no_limit_exists():
    found = differences(wards([2014.0] * 2 + [None] * 3, effect=-9.0))
    first = found.estimates.iloc[0]
    assert first["p_value"] == pytest.approx(0.1)
    assert np.isnan(first["conf_low"])
    assert np.isnan(first["conf_high"])
    assert any(
        "all 10 were looked at; the lowest p value that they can give is 0.1" in each for each in found.assumptions
    )


def test_draws_follow_the_seed():
    panel = wards([2013.0] * 6 + [2015.0] * 6 + [None] * 8)
    first, again, other = (differences(panel, method="permutation", seed=seed).estimates for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert first.loc[0, "conf_low"] != other.loc[0, "conf_low"]
    assert first.loc[0, "estimate"] == other.loc[0, "estimate"]


def test_one_period_before_shows_no_pretrend_and_says_so():
    found = differences(wards([2011.0] * 5 + [None] * 6))
    assert "pre_trend" not in set(found.estimates["measure"])
    assert any("too few periods before" in each for each in found.assumptions)
    assert "no test of the periods before" in found.plot().get_title(loc="left")


def test_units_that_drift_apart_are_seen_before_the_start():
    panel = wards(ONE)
    panel["days"] += 2.0 * (panel["year"] - 2010) * panel["peers_from"].notna()
    for method in ("two-way-fixed-effects", "permutation", "wild-bootstrap"):
        rows = differences(panel, method=method).estimates.set_index("measure")
        assert rows.loc["pre_trend", "p_value"] < 0.05


def test_bands_are_wider_than_single_intervals():
    events = differences(wards(SEVERAL)).estimates.query("measure == 'att_event'")
    assert (events["band_low"] < events["conf_low"]).all()
    assert (events["band_high"] > events["conf_high"]).all()


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 99), several=st.booleans())
def test_levels_of_units_and_periods_do_not_matter(seed, several):
    panel = wards(SEVERAL if several else ONE, seed=seed)
    rng = np.random.default_rng(seed)
    unit, year = (pd.factorize(panel[name])[0] for name in ("ward", "year"))
    moved = panel.assign(days=panel["days"] + rng.normal(0, 9, 99)[unit] + rng.normal(0, 9, 99)[year])
    for name in ("estimate", "std_error"):
        found, other = (differences(each).estimates[name].to_numpy(float) for each in (panel, moved))
        np.testing.assert_allclose(found, other, atol=1e-8)


def test_nothing_of_it_is_released():
    [released] = pe.release([differences(wards(ONE))])
    assert released.estimates["estimate"].isna().all()
    assert released.plot().texts[0].get_text() == "nothing to show"


def test_the_figure_shows_what_was_before_and_how_many():
    found = differences(wards(SEVERAL))
    panel = found.plot()
    labels = {each.get_text().split("\n")[0]: each.get_text().split("\n")[1] for each in panel.get_xticklabels()}
    assert labels["-1"] == ""
    assert labels["0"] == "6"
    assert labels["4"] == "3"
    assert "p = " in panel.get_title(loc="left")
    assert "steps of one period" in panel.get_xlabel()
    assert "band" in panel.get_ylabel()
    assert "without intervals" in differences(wards([2014.0] * 2 + [None] * 3)).plot().get_ylabel()
