"""The figure of compared definitions: rates with their numbers, reasons with their counts."""

from __future__ import annotations

import pytest

import peereval as pe
from peereval.errors import UnsupportedInputError

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")


@pytest.fixture(scope="module")
def contacts(region):
    return region.contacts[region.contacts["person"] <= "S00060"]


@pytest.fixture(scope="module")
def found(contacts):
    return pe.compare_definitions(contacts, ["dk-30", "cihi-30", "nhs-28", "no-30"])


def texts(panel):
    return [text.get_text() for text in panel.texts]


def test_rates_stand_under_one_another_with_their_numbers(found):
    panel = found.plot()
    rows = found.estimates[found.estimates["measure"] == "rate_under_definition"].set_index("term")
    assert [label.get_text() for label in panel.get_yticklabels()] == ["dk-30", "cihi-30", "nhs-28", "no-30"]
    assert {"not applicable", "columns missing", "synthetic data"} <= set(texts(panel))
    shown = f"{rows.loc['dk-30', 'numerator']:.0f} of {rows.loc['dk-30', 'denominator']:.0f}"
    assert shown in texts(panel)
    assert panel.get_xlim()[0] == 0


def test_every_reason_is_a_bar_with_its_count(found):
    panel = found.plot(show="reasons")
    rows = found.estimates.dropna(subset="contrast")
    assert panel.get_title(loc="left") == "cihi-30 against dk-30"
    assert sorted(bar.get_width() for bar in panel.patches) == sorted(rows["n"])
    assert [text for text in texts(panel) if text.isdigit()] == [f"{bar:.0f}" for bar in sorted_like(panel, rows)]
    legend = [text.get_text() for text in panel.get_legend().get_texts()]
    assert legend == ["only under cihi-30", "only under dk-30"]


def sorted_like(panel, rows):
    """The counts in the order of the labels."""
    words = {"index": "index stay", "readmitted": "readmission"}
    keyed = rows.assign(
        label=rows["measure"].str.split("_").str[0].map(words) + ": " + rows["outcome"].str.replace("_", " "),
        side=rows["measure"].str.endswith("reference"),
    ).sort_values("side")
    left = {}
    for row in keyed.to_dict("records"):
        left.setdefault(row["label"], []).append(row["n"])
    return [left[label.get_text()].pop(0) for label in panel.get_yticklabels()]


def test_several_comparisons_have_a_panel_each(contacts, found):
    several = pe.compare_definitions(contacts.assign(diagnosis="F32", age=40.0), ["dk-30", "se-14", "no-30"])
    panels = several.plot(show="reasons")
    assert [panel.get_title(loc="left") for panel in panels] == ["se-14 against dk-30", "no-30 against dk-30"]
    assert several.plot(show="reasons", only=["no-30"]).get_title(loc="left") == "no-30 against dk-30"
    assert any(text.startswith("curve of ") for text in texts(several.plot()))
    with pytest.raises(UnsupportedInputError, match="2 comparisons do not fit"):
        several.plot(ax=panels[0], show="reasons")
    with pytest.raises(UnsupportedInputError, match="cannot show 'bars'"):
        found.plot(show="bars")


def test_one_definition_has_nothing_to_differ_from(contacts):
    alone = pe.compare_definitions(contacts, ["dk-30"]).plot(show="reasons")
    assert "no stay is judged differently" in texts(alone)


def test_rates_are_drawn_into_the_callers_axes(found):
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    assert found.plot(ax) is ax
    assert len(plt.get_fignums()) == 1
