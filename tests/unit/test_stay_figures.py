"""Figures of stays, bed days, events, reach and mirror images: labelled, with n and intervals, honest about gaps."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import DesignError

YEAR = {"start": date(2019, 1, 1), "end": date(2019, 12, 31)}


@pytest.fixture(scope="module")
def findings(region):
    """One result of each kind, with groups."""
    stays = pe.episodes(region.contacts, joining=4)
    stays = stays.assign(
        arm=stays["unit"].replace({"Ward A": "peer", "Ward B": "peer", "Ward C": "usual", "Ward D": "usual"})
    )
    some = stays.iloc[::3]
    events = pd.DataFrame({"person": some["person"], "date": some["admitted"], "kind": "restraint"})
    persons = pd.DataFrame({"person": stays["person"].unique(), "date": pd.Timestamp("2019-07-01")})
    persons = persons.astype({"date": "datetime64[us]"})
    return {
        "curve": pe.length_of_stay(stays, by="arm"),
        "ratio": pe.length_of_stay(stays, by="unit", method="geometric", tau=60),
        "mean": pe.length_of_stay(stays, method="restricted-mean", tau=30),
        "bed": pe.bed_days(stays, by="arm", **YEAR),
        "event": pe.event_rate(events, stays, by="kind"),
        "series": pe.event_rate(events, stays, period="quarter"),
        "reach": pe.peer_reach(stays, events, by="unit"),
        "mirror": pe.mirror_image(
            stays,
            persons.iloc[::2],
            comparator=persons.iloc[1::2],
            data_start=date(2018, 1, 1),
            data_end=date(2020, 12, 31),
        ),
    }


KINDS = ["curve", "ratio", "mean", "bed", "event", "series", "reach", "mirror"]


def texts(panel):
    return " ".join(
        [text.get_text() for text in panel.texts]
        + [label.get_text() for label in panel.get_xticklabels() + panel.get_yticklabels()]
        + [panel.get_title(loc="left"), panel.get_title()]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_panel_is_labelled_and_says_that_data_are_made_up(findings, kind):
    panels = np.ravel(findings[kind].plot())
    assert panels[-1].get_xlabel()
    assert "synthetic data" in texts(panels[0])
    assert any(
        word in panels[-1].get_xlabel() + panels[0].figure.get_supylabel() + panels[0].get_ylabel()
        for word in ("interval", "limits")
    )


def test_numbers_stand_beside_what_is_drawn(findings):
    curve = findings["curve"].plot()
    first = findings["curve"].estimates.query("measure == 'still_admitted'").groupby("group")["n"].first()
    assert curve.get_xticklabels()[0].get_text() == "\n".join(["0", *first.astype(str)])
    assert "median" in curve.get_legend().get_texts()[0].get_text()
    for kind, words in (("bed", "120 persons"), ("event", "in 1"), ("reach", " of "), ("mirror", "n = ")):
        assert words in texts(np.ravel(findings[kind].plot())[0]), kind


def test_bars_begin_at_0_and_ratios_stand_on_a_logarithm(findings):
    assert findings["bed"].plot().get_xlim()[0] == 0
    assert findings["ratio"].plot().get_xscale() == "log"


def test_a_mirror_image_joins_before_and_after_and_has_no_axes_of_others(findings):
    import matplotlib.pyplot as plt

    means, changes = findings["mirror"].plot()
    drawn = np.asarray(means.collections[1].get_offsets())[:, 0]
    known = findings["mirror"].estimates["before"].to_numpy(float)
    assert drawn[~np.isnan(known)] == pytest.approx(known[~np.isnan(known)])
    assert changes.get_xlabel().startswith("Difference in bed days")
    for kind in ("mirror", "series"):
        with pytest.raises(DesignError, match="Draw without ax"):
            findings[kind].plot(plt.subplots()[1])


def test_what_is_withheld_is_said(findings):
    [safe] = pe.release(findings["curve"])
    drawn = safe.plot()
    # the days of single stays are withheld, so the medians are drawn
    assert drawn.get_xlabel() == "Median days of stay, 95 % interval"
    assert "n ≈ 425" in texts(drawn)
    [safe] = pe.release(findings["mirror"])
    assert "not shown" in texts(np.ravel(safe.plot())[0])


@pytest.mark.parametrize("kind", ["curve", "ratio", "mean", "bed", "event", "reach"])
def test_one_panel_is_drawn_into_the_callers_axes(findings, kind):
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    assert findings[kind].plot(ax) is ax
    assert len(plt.get_fignums()) == 1
