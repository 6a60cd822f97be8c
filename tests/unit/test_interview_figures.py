"""Figures of interviews: labelled, with n of each group, told apart by shape, silent where the report is silent."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import DesignError, UnknownNameError

ASKED = pd.DataFrame(
    {
        "role": ["patient", "peer", "staff", "staff"],
        "method": ["telephone", "focus group", "focus group", "telephone"],
        "n_informants": [9, 7, 5, 2],
        "recruited_by": "region",
        "origin": "synthetic",
    }
)
REPORT = pd.DataFrame(
    {
        "role": ["patient", "patient", "peer", "staff", "staff", "staff"],
        "theme": ["hope", "time", "hope", "hope", "hope", "time"],
        "kind": ["benefit", "challenge", "benefit", "benefit", "benefit", "challenge"],
        "extent": ["most", None, None, "some", "all", None],
        "answer": ["reported", "contradicted", "reported", "reported", "contradicted", "reported"],
        "origin": "synthetic",
    }
)


@pytest.fixture(scope="module")
def coded():
    """Forty informants of two groups, six themes, two coders."""
    rng = np.random.default_rng(5)
    rows = [
        {
            "informant": f"i{person}", "role": "patient" if person < 25 else "staff", "statement_id": f"s{person}-{part}",
            "theme": f"theme {theme}", "coder": coder, "kind": "benefit" if theme < 3 else "challenge", "origin": "synthetic",
        }
        for person in range(40)
        for part in range(2)
        for theme in range(6)
        if rng.random() < 0.1 + 0.1 * theme
        for coder in "AB"
        if rng.random() < 0.9
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def change():
    """A change of two scales."""
    frame = pd.DataFrame(
        {
            "outcome": ["who-5", "qpr-15"], "scale": "score", "measure": "mean_change", "estimate": [5.0, 2.0],
            "conf_low": [1.0, 1.0], "conf_high": [9.0, 3.0], "n": [80, 75], "reading": "higher is better",
        }
    )  # fmt: skip
    return pe.Result(
        kind="rounds",
        title="Change",
        claim="change",
        method="A mean.",
        estimates=frame,
        columns={"reading": "direction"},
    )


@pytest.fixture(scope="module")
def findings(coded, change):
    """One result of each kind that has a figure."""
    asked = coded[["informant", "role"]].drop_duplicates()
    return {
        "informants": pe.informant_counts(ASKED),
        "report": pe.theme_matrix(REPORT, informants=ASKED),
        "counted": pe.theme_matrix(coded, informants=asked),
        "saturation": pe.saturation(coded, permutations=100),
        "pairs": pe.co_occurrence(coded),
        "agreement": pe.agreement(coded, resamples=100),
        "joint": pe.joint_display(
            REPORT[REPORT["answer"] == "reported"], change, {"hope": "who-5", "time": "qpr-15", "trust": "qpr-15"}
        ),
    }


KINDS = ["informants", "report", "counted", "saturation", "pairs", "agreement", "joint"]


def texts(panel):
    return [text.get_text() for text in panel.texts]


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_is_labelled_and_names_made_up_data(findings, kind):
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    panel = findings[kind].plot(ax)
    assert panel is ax
    assert panel.get_xlabel()
    assert panel.get_ylabel() or any(label.get_text() for label in panel.get_yticklabels())
    assert texts(panel).count("synthetic data") == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_released_result_is_drawn_or_said_to_be_empty(findings, kind):
    [safe] = pe.release(findings[kind])
    panel = safe.plot()
    assert panel.get_xlabel() or texts(panel)


def test_what_is_withheld_of_informants_is_hatched():
    """All of the peers were asked in one way, so the ways of two groups are withheld; the bars still have their length."""
    asked = pd.DataFrame(
        {
            "role": ["patient", "patient", "peer", "staff", "staff"],
            "method": ["interview", "telephone", "interview", "interview", "focus group"],
            "n_informants": [38, 22, 16, 18, 24],
        }
    )
    [safe] = pe.release(pe.informant_counts(asked))
    panel = safe.plot()
    assert [text.get_text() for text in panel.get_legend().get_texts()][-1] == "not shown"
    ends = {}
    for bar in panel.patches:
        row = round(bar.get_y() + bar.get_height() / 2)
        ends[row] = max(ends.get(row, 0), bar.get_x() + bar.get_width())
    assert ends == {0: 60, 1: 15, 2: 40}
    exact = pe.informant_counts(asked).plot()
    assert [text.get_text() for text in exact.get_legend().get_texts()] == ["interview", "telephone", "focus group"]


def test_n_of_each_group_stands_above_the_matrix(findings):
    labels = [label.get_text() for label in findings["report"].plot().get_xticklabels()]
    assert labels == ["patient\nn 9", "peer\nn 7", "staff\nn 7"]
    labels = [label.get_text() for label in findings["counted"].plot().get_xticklabels()]
    assert labels == ["patient\nn 25", "staff\nn 15", "all\nn 40"]
    [safe] = pe.release(findings["counted"])
    assert safe.plot().get_xticklabels()[0].get_text() == "patient\nn ≈ 25"


def test_unknown_n_is_said(coded):
    for result in (pe.theme_matrix(REPORT), pe.theme_matrix(coded)):
        labels = [label.get_text() for label in result.plot().get_xticklabels()]
        assert all(label.endswith("n not known") for label in labels)
    [safe] = pe.release(pe.theme_matrix(coded))
    assert safe.plot().get_xticklabels()[0].get_text() == "patient\nn not shown"


def test_answers_of_a_report_differ_in_shape(findings):
    panel = findings["report"].plot()
    drawn = [line for line in panel.lines if line.get_linestyle() == "None"]
    assert len({line.get_marker() for line in drawn}) == len(drawn) == 4
    words = [text.get_text() for text in panel.get_legend().get_texts()]
    assert words[-1] == "not reported: the report is silent"
    assert {"most", "some"} <= set(texts(panel))


def test_themes_stand_under_their_kind(findings):
    labels = [label.get_text() for label in findings["report"].plot().get_yticklabels()]
    assert labels == ["Benefits", "hope", "Challenges", "time"]
    only = findings["report"].plot(kind="challenge")
    assert [label.get_text() for label in only.get_yticklabels()] == ["Challenges", "time"]
    with pytest.raises(UnknownNameError, match=r"kind 'benefits'. Did you mean 'benefit'\?"):
        findings["report"].plot(kind="benefits")


def test_numbers_of_informants_are_written(findings):
    shown = findings["counted"].estimates.query("measure == 'informants_reporting'")["numerator"]
    written = [text for text in texts(findings["counted"].plot()) if text.isdigit()]
    assert written == [str(count) for count in shown]


def test_contradictions_are_marked_beside_the_count(coded):
    against = coded.assign(answer=np.where(coded["informant"] == "i30", "contradicted", "reported"))
    panel = pe.theme_matrix(against).plot()
    assert "✕ 1" in texts(panel)
    assert "✕ who contradicted it" in panel.get_xlabel()


def test_bars_of_informants_are_divided_by_how_they_were_asked(findings):
    panel = findings["informants"].plot()
    assert [text.get_text() for text in panel.get_legend().get_texts()] == ["telephone", "focus group"]
    assert len({bar.patches[0].get_hatch() for bar in panel.containers}) == 2
    assert sorted(text for text in texts(panel) if text.isdigit()) == ["2", "5", "7", "9"]
    assert findings["informants"].plot(column="recruited_by").get_legend() is not None
    with pytest.raises(UnknownNameError, match="not counted by 'ward'"):
        findings["informants"].plot(column="ward")
    assert pe.informant_counts(ASKED[["role", "n_informants"]]).plot().get_legend() is None
    [safe] = pe.release(pe.informant_counts(ASKED))
    assert [bar.get_width() for bar in safe.plot().patches] == [10, 5, 5]
    [safe] = pe.release(pe.informant_counts(ASKED.assign(n_informants=3)))
    panel = safe.plot()
    assert not panel.patches
    assert "no number can be shown" in [text.get_text() for text in panel.texts]


def test_the_fit_of_themes_and_scores_differs_in_shape(findings):
    panel = findings["joint"].plot()
    marks = [container.lines[0].get_marker() for container in panel.containers]
    assert len(set(marks)) == len(marks) == 3
    assert all(container.has_xerr for container in panel.containers)
    assert "trust\nnobody spoke of it" in [label.get_text() for label in panel.get_yticklabels()]
    assert len(findings["joint"].plot(scale="who-5").get_yticklabels()) == 1
    with pytest.raises(DesignError, match="No theme speaks to the scale 'core-10'"):
        findings["joint"].plot(scale="core-10")


def test_coefficients_have_intervals_and_marks_of_their_own(findings):
    panel = findings["agreement"].plot()
    assert [text.get_text() for text in panel.get_legend().get_texts()] == [
        "Krippendorff's alpha", "Cohen's kappa", "share of pairs who agree",
    ]  # fmt: skip
    assert len({container.lines[0].get_marker() for container in panel.containers}) == 3


def test_nothing_to_draw_is_said():
    for result in (pe.theme_matrix(REPORT[:0]), pe.informant_counts(ASKED[:0])):
        assert any("No " in text for text in texts(result.plot()))
