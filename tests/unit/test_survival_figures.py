"""Figures of time to readmission: numbers at risk, uncertainty, groups told apart, small samples, released curves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import InvalidValueError

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")


@pytest.fixture(scope="module")
def stays(region):
    found = pe.readmissions(region.contacts, persons=region.persons)
    return found.assign(arm=found["unit"].isin(["Ward A", "Ward B"]).map({True: "peer", False: "usual"}))


@pytest.fixture(scope="module")
def compared(stays):
    return pe.compare_curves(stays, by="arm")


def few(stays):
    """Twelve persons of each arm, two of them not readmitted."""
    firsts = stays[stays["eligible"]].drop_duplicates("person")
    readmitted = firsts["readmitted"].astype(bool)
    return pd.concat([firsts[readmitted].groupby("arm").head(10), firsts[~readmitted].groupby("arm").head(2)])


def labels(panel):
    return [label.get_text() for label in panel.get_yticklabels()]


def test_competing_events_have_a_panel_each_with_the_numbers_at_risk(compared):
    panels = compared.plot()
    assert [panel.get_ylabel() for panel in panels] == [
        "Readmitted, 95 % limits",
        "Dead without readmission, 95 % limits",
    ]
    rows = compared.estimates
    for panel, measure in zip(panels, ("readmission_incidence", "death_incidence"), strict=True):
        mine = rows[rows["measure"] == measure]
        for tick, *counts in (label.get_text().split("\n") for label in panel.get_xticklabels()):
            for group, shown in zip(("peer", "usual"), counts, strict=True):
                later = mine[(mine["group"] == group) & (mine["time"] >= int(tick))]["n"]
                assert shown == str(int(later.iloc[0]))
        assert len({line.get_linestyle() for line in panel.get_lines()}) == 2
        assert panel.get_ylim()[0] == 0
        assert "synthetic data" in [text.get_text() for text in panel.texts]
        assert panel.collections
    p_value = rows.loc[rows["measure"] == "gray_test", "p_value"].iloc[0]
    assert panels[0].get_title("left") == f"Gray's test: p = {p_value:.3f}"


def test_one_of_the_curves_can_be_drawn_into_the_callers_axes(compared):
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    assert compared.plot(ax, measure="death_incidence") is ax
    with pytest.raises(InvalidValueError, match="Curves of 2 measures do not fit into one panel"):
        compared.plot(ax)
    with pytest.raises(InvalidValueError, match="no curves 'deaths' to draw"):
        compared.plot(measure="deaths")


def test_released_curves_are_drawn_where_they_are_known(compared):
    [safe] = pe.release(compared)
    rows = safe.estimates
    shown = rows[(rows["measure"] == "readmission_incidence") & (rows["group"] == "peer")]
    line = safe.plot()[0].get_lines()[0]
    np.testing.assert_array_equal(np.isnan(line.get_ydata()), shown["withheld"].to_numpy(dtype=bool))
    assert "≈" in safe.plot()[0].get_xticklabels()[0].get_text()
    tests = rows[rows["measure"] == "gray_test"]
    assert tests[["statistic", "df"]].isna().all(axis=None)
    assert tests["p_value"].notna().all()


def test_recurrent_readmissions_rise_beyond_one(stays):
    found = pe.recurrent_readmissions(stays, by="arm")
    panel = found.plot()
    assert panel.get_ylim()[1] > found.estimates["conf_high"].max()
    assert panel.get_ylabel() == "Readmissions per person, 95 % limits"
    assert len(panel.collections) == 2


def test_ratios_are_drawn_around_one_with_what_they_are_compared_with(stays):
    found = pe.hazard_ratios(stays, covariates=["age", "arm"])
    panel = found.plot()
    assert labels(panel) == ["age", "arm: usual / peer"]
    assert panel.get_xscale() == "log"
    assert "1" in [label.get_text() for label in panel.get_xticklabels()]
    assert all(container.has_xerr for container in panel.containers)
    [safe] = pe.release(found)
    assert labels(safe.plot()) == ["age", "arm: usual / peer"]
    [safe] = pe.release(pe.hazard_ratios(few(stays), covariates=["arm"]))
    assert safe.estimates.loc[safe.estimates["measure"] == "hazard_ratio", "withheld"].all()
    assert next(text.get_text() for text in safe.plot().texts) == "no ratio can be shown"


def test_mean_days_are_drawn_up_to_the_horizon(stays):
    found = pe.restricted_mean(stays, by="arm", horizon=180)
    panel = found.plot()
    assert panel.get_xlim() == (0, 180)
    assert labels(panel)[:3] == ["peer, out of hospital", "peer, lost to readmission", "peer, lost to death"]
    [safe] = pe.release(found)
    assert "peer, out of hospital" in labels(safe.plot())
    [safe] = pe.release(pe.restricted_mean(few(stays), by="arm", horizon=90))
    assert safe.estimates["withheld"].all()
    assert next(text.get_text() for text in safe.plot().texts) == "no mean can be shown"
