"""Figures of effects and pools: labelled, honest with few studies, logarithms as ratios."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import InvalidValueError

SAID = {"outcome": "readmission", "time": "1 year", "direction": "higher is worse"}


def effects(k, **more):
    rng = np.random.default_rng(4)
    sizes = rng.integers(30, 200, 2 * k)
    frame = pd.DataFrame(
        {"study": np.repeat([f"trial {place:02d}" for place in range(k)], 2), "arm": ["peer", "usual"] * k, "n": sizes}
    )
    return pe.effect_size(
        frame.assign(events=rng.binomial(sizes, 0.3), **SAID, **more),
        formula="risk-ratio",
        treatment="peer",
        control="usual",
    )


def written(panel):
    return [text.get_text() for text in panel.texts]


@pytest.mark.parametrize("k", [2, 5, 16])
def test_a_forest_shows_every_study_its_numbers_and_the_pool(k):
    panel = pe.pool(effects(k, origin="synthetic")).plot()
    labels = [label.get_text() for label in panel.get_yticklabels()]
    assert labels[:k] == [f"trial {place:02d}" for place in range(k)]
    assert labels[k] == f"pooled, k = {k}"
    assert (labels[-1] == "prediction interval") == (k >= 5)
    assert panel.get_xscale() == "log"
    assert "below 1: in favour of the treatment" in panel.get_xlabel()
    assert "I²" in panel.get_xlabel()
    assert sum(text.endswith(" %") for text in written(panel)) == k
    assert "synthetic data" in written(panel)


def test_the_area_of_a_square_is_the_weight_and_the_diamond_the_interval():
    result = pe.pool(effects(5))
    rows = result.estimates
    panel = result.plot()
    sizes = panel.collections[-1].get_sizes() if len(panel.collections) else []
    weights = rows.loc[rows["part"] == "study", "weight"].to_numpy()
    np.testing.assert_array_equal(np.argsort(sizes), np.argsort(weights))
    corners = panel.patches[0].get_xy()[:, 0]
    pooled = rows[rows["part"] == "pooled"].iloc[0]
    assert [corners.min(), corners.max()] == pytest.approx([pooled["ratio_low"], pooled["ratio_high"]])


def test_groups_have_headings_and_a_pool_each():
    frame = effects(6).estimates.assign(country=["no", "se"] * 3)
    labels = [label.get_text() for label in pe.pool(frame, by="country").plot().get_yticklabels()]
    assert labels[0] == "no"
    assert labels.count("pooled, k = 3") == 2
    assert "all pooled, k = 6" in labels


@pytest.mark.parametrize(("k", "words"), [(5, "too few to judge asymmetry"), (12, "many causes")])
def test_a_funnel_has_the_precise_on_top_and_says_that_nothing_was_tested(k, words):
    panel = pe.pool(effects(k)).plot(show="funnel")
    bottom, top = panel.get_ylim()
    assert top == 0 < bottom
    assert words in panel.get_xlabel()
    assert "no test of asymmetry was made" in panel.get_xlabel()
    assert panel.get_ylabel() == "Standard error of the logarithm"


def test_what_cannot_be_drawn_is_said():
    result = pe.pool(effects(4))
    with pytest.raises(InvalidValueError, match="no drawing 'tree'"):
        result.plot(show="tree")
    [safe] = pe.release(result)
    assert "heterogeneity: not shown" in safe.plot().get_xlabel()
    assert written(safe.plot(show="funnel")) == ["A funnel needs standard errors, which are not released"]
    assert written(pe.pool(effects(4).estimates.iloc[:0]).plot()) == ["No studies to draw"]
    twice = pd.concat([effects(4).estimates.assign(outcome=name) for name in ("a", "b")])
    with pytest.raises(InvalidValueError, match="no pool in common"):
        pe.pool(twice, by="outcome").plot(show="funnel")


def test_effects_and_pools_without_a_study_are_drawn_as_ratios_too():
    for finding in (effects(3), pe.leave_one_out(effects(4))):
        panel = finding.plot()
        assert panel.get_xscale() == "log"
        assert panel.get_xlabel().startswith("Risk ratio\nbelow 1: in favour of the treatment")
    mixed = pd.DataFrame({"measure": ["odds_ratio", "hedges_g"], "estimate": 0.5, "std_error": 0.1})
    with pytest.raises(InvalidValueError, match="2 measures"):
        pe.effect_size(mixed, formula="standard-error").plot()


def test_tables_that_fit_a_printed_ratio_are_drawn_with_their_counts():
    panel = pe.reconstruct_counts([218, 216], "0.67", ["0.45", "0.99"], measure="odds_ratio").plot()
    assert panel.get_yticklabels()[0].get_text() == "64 of 218 and 83 of 216"
    assert "6 tables fit" in panel.get_xlabel()
    assert "data rebuilt from published counts" in written(panel)
    none = pe.reconstruct_counts([9, 10], "0.44", ["0.30", "1.75"])
    assert written(none.plot())[0].startswith("No table fits")


def test_effects_pools_and_tables_are_drawn_into_the_callers_axes():
    import matplotlib.pyplot as plt

    tables = pe.reconstruct_counts([218, 216], "0.67", ["0.45", "0.99"], measure="odds_ratio")
    for finding in (pe.pool(effects(4)), pe.leave_one_out(effects(4)), tables):
        _, ax = plt.subplots()
        before = plt.get_fignums()
        assert finding.plot(ax) is ax
        assert plt.get_fignums() == before
