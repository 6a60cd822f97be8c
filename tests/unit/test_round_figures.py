"""Figures of a comparison of rounds: what is estimated and observed, persons' lines, forests, the Love plot."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import ColumnError, DesignError, InvalidValueError, UnsupportedInputError

ORDER = ["start", "half", "year"]
ARMS = {"arm": "arm", "reference_arm": "usual", "allocation": "observed"}


@pytest.fixture(scope="module")
def scores(round_scores):
    """Scores of two scales in two arms."""
    return round_scores


@pytest.fixture(scope="module")
def two_arms(scores):
    """The scores compared by the rules."""
    return pe.compare_rounds(scores, design="panel", primary=("own", "mood"), **ARMS)


@pytest.fixture(scope="module")
def one_arm(scores):
    """One scale of one arm."""
    return pe.compare_rounds(scores[scores["scale"] == "mood"], design="panel")


def texts(panel):
    return [text.get_text() for text in panel.texts]


def labels(panel):
    return [label.get_text() for label in panel.get_yticklabels()]


def of(result, measure, group=None):
    rows = result.estimates.query(f"measure == {measure!r} and scale == 'mood'")
    return rows if group is None else rows[rows["group"] == group]


def drawn(container):
    """The points of an errorbar and the ends of its intervals."""
    line, _, [bars] = container.lines
    return line, np.array([segment[:, 1] for segment in bars.get_segments()])


def test_estimated_means_have_intervals_and_observed_ones_are_hollow_beside_them(two_arms):
    panel = two_arms.plot(scale="own:mood")
    for container, group in zip(panel.containers, ("peer", "usual"), strict=True):
        line, ends = drawn(container)
        rows = of(two_arms, "estimated_mean", group)
        np.testing.assert_allclose(line.get_ydata(), rows["estimate"])
        np.testing.assert_allclose(ends, rows[["conf_low", "conf_high"]])
    hollow = [line for line in panel.lines if line.get_markerfacecolor() == "white" and len(line.get_xdata())]
    for line, group in zip(hollow, ("peer", "usual"), strict=True):
        np.testing.assert_allclose(line.get_ydata(), of(two_arms, "mean", group)["estimate"])
    [legend] = panel.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["peer", "usual", "hollow: those who answered"]
    counts = two_arms.estimates.query("measure == 'mean' and scale == 'mood'").set_index(["round", "group"])["n"]
    assert [label.get_text() for label in panel.get_xticklabels()] == [
        f"{name}\nn {counts[name, 'peer']} / {counts[name, 'usual']}" for name in ORDER
    ]
    assert panel.get_ylabel().startswith("Estimated mean, 95 % interval")


def test_observed_means_are_drawn_where_the_model_has_none(two_arms):
    from dataclasses import replace

    rows = two_arms.estimates
    empty = rows.mask(rows["measure"].eq("estimated_mean"), np.nan)[["estimate", "conf_low", "conf_high"]]
    without = replace(two_arms, estimates=rows.assign(**empty))
    panel = without.plot(scale="own:mood")
    np.testing.assert_allclose(drawn(panel.containers[0])[0].get_ydata(), of(two_arms, "mean", "peer")["estimate"])
    assert panel.get_ylabel().startswith("Mean score, 95 % interval")


def test_too_few_for_an_interval_is_said(scores):
    few = scores[scores["person"].isin(sorted(scores["person"].unique())[:8])]
    found = pe.compare_rounds(few, design="panel")
    assert found.plot(scale="own:mood").get_ylabel() == "Mean score, too few for an interval"
    [safe] = pe.release(found)
    assert "not shown" in texts(safe.plot(scale="own:mood"))
    changes = found.plot(show="changes")
    assert texts(changes).count("cannot be given") == 2
    assert texts(safe.plot(show="changes")).count("not shown") == 2


def yes_no(scores):
    return scores.assign(score=(scores["score"] > 50).astype(float))


def test_shares_are_drawn_in_per_cent_from_zero(scores):
    found = pe.compare_rounds(yes_no(scores), design="panel-unlinked", measurement="yes-no")
    panel = found.plot(scale="own:mood")
    line, ends = drawn(panel.containers[0])
    np.testing.assert_allclose(line.get_ydata(), 100 * of(found, "share_yes")["estimate"])
    np.testing.assert_allclose(ends, 100 * of(found, "share_yes")[["conf_low", "conf_high"]])
    assert panel.get_ylim()[0] == 0
    assert panel.get_ylabel() == "Yes in per cent, 95 % interval"
    assert line.get_linestyle() == "None"
    changes = found.plot(show="changes", scale="own:mood")
    assert changes.get_xlabel() == "Difference in the share of yes, percentage points, 95 % interval"
    [shown] = changes.containers[0].lines[0].get_xdata()
    assert shown == pytest.approx(100 * of(found, "risk_difference")["estimate"].iloc[-1])


@pytest.mark.parametrize(
    ("method", "design", "axis", "null"),
    [
        ("sign-test", "panel", "Persons who rose minus persons who fell, per cent of those with both rounds", 0),
        ("brunner-munzel", "cross-section", "Probability that a later answer is higher", 0.5),
        ("cumulative-link", "cross-section", "Change in the log odds of a higher answer", 0),
    ],
)
def test_effects_on_ordered_answers_are_a_forest_in_words(scores, method, design, axis, null):
    ordered = scores.assign(score=(scores["score"] // 20).clip(0, 4))
    found = pe.compare_rounds(ordered, design=design, method=method, measurement="ordinal")
    panel = found.plot()
    assert panel.get_xlabel().startswith(axis)
    assert labels(panel) == [f"OWN {name}\n{later} − start" for name in ("mood", "sleep") for later in ORDER[1:]]
    assert panel.lines[-1].get_xdata()[0] == null
    assert len(labels(found.plot(show="changes"))) == 2
    for drawing in pe.release(found):
        assert drawing.plot().get_xlabel() == panel.get_xlabel()


def test_two_measures_have_a_panel_each(scores):
    found = pe.compare_rounds(yes_no(scores), design="cross-section", method="logit", measurement="yes-no", **ARMS)
    panels = found.plot(show="changes")
    words = [panel.get_xlabel() for panel in panels]
    assert words == [
        "Change in the share of yes, percentage points, 95 % interval", "Change in the log odds of yes, 95 % interval",
    ]  # fmt: skip
    import matplotlib.pyplot as plt

    with pytest.raises(InvalidValueError, match="2 measures do not fit"):
        found.plot(plt.subplots()[1], show="changes")


def test_persons_have_lines_and_a_caption(two_arms, scores):
    panels = two_arms.plot(show="persons", scores=scores)
    assert [panel.get_title(loc="left") for panel in panels] == ["OWN mood, peer", "OWN mood, usual"]
    mood = scores[(scores["scale"] == "mood") & scores["score"].notna()]
    for panel, group in zip(panels, ("peer", "usual"), strict=True):
        persons = mood[mood["arm"] == group]["person"].nunique()
        assert persons == {"peer": 130, "usual": 30}[group]
        assert panel.get_xlabel() == f"Round (in grey: {min(persons, 100)} of {persons} persons shown)"
        lines = [line for line in panel.lines if line.get_linestyle() == "-" and line.get_color() == "#999999"]
        assert len(lines) == min(persons, 100)
        np.testing.assert_allclose(
            drawn(panel.containers[0])[0].get_ydata(), of(two_arms, "estimated_mean", group)["estimate"]
        )
    once, again, other = (
        sorted(str(line.get_ydata()) for line in two_arms.plot(show="persons", scores=scores, seed=seed)[0].lines)
        for seed in (0, 0, 1)
    )
    assert once == again != other


def test_a_line_passes_over_a_round_that_was_not_answered(scores, one_arm):
    mood = scores[(scores["scale"] == "mood") & scores["score"].notna()]
    wide = mood.pivot(index="person", columns="round", values="score")
    gap = wide[wide["start"].notna() & wide["half"].isna() & wide["year"].notna()].iloc[[0]]
    few = mood[mood["person"].isin(gap.index) | mood["person"].isin(wide.dropna().index[:20])]
    panel = one_arm.plot(show="persons", scores=few)
    lines = np.array([line.get_ydata() for line in panel.lines if line.get_linestyle() == "-"])
    start, year = gap[["start", "year"]].to_numpy().ravel()
    assert np.isclose(lines, [start, (start + year) / 2, year]).all(axis=1).any()
    dots = np.array([line.get_ydata() for line in panel.lines if line.get_marker() == "."], dtype=float)
    assert np.isnan(dots).sum() == 1


def test_lines_of_persons_are_refused_where_they_cannot_or_may_not_be_drawn(two_arms, scores):
    [safe] = pe.release(two_arms)
    with pytest.raises(UnsupportedInputError, match="A released result tells nothing of single persons"):
        safe.plot(show="persons", scores=scores)
    with pytest.raises(UnsupportedInputError, match="none were given"):
        two_arms.plot(show="persons")
    with pytest.raises(InvalidValueError, match="show='means' draws the result and takes no scores"):
        two_arms.plot(scores=scores)
    with pytest.raises(ColumnError, match="no column 'arm'"):
        two_arms.plot(show="persons", scores=scores.drop(columns="arm"))
    with pytest.raises(InvalidValueError, match="The scores hold none of own:mood in the arm 'peer'"):
        two_arms.plot(show="persons", scores=scores[scores["scale"] == "sleep"])
    unlinked = pe.compare_rounds(scores[scores["scale"] == "mood"], design="panel-unlinked")
    with pytest.raises(DesignError, match="rounds are not linked"):
        unlinked.plot(show="persons", scores=scores)
    import matplotlib.pyplot as plt

    with pytest.raises(InvalidValueError, match="lines of 2 arms"):
        two_arms.plot(plt.subplots()[1], show="persons", scores=scores)


def test_what_was_computed_beside_stands_under_the_main_estimate(two_arms, one_arm, scores):
    panel = two_arms.plot(show="checks")
    assert panel.get_title(loc="left") == "OWN mood"
    assert labels(panel) == ["main analysis (mixed model)\npeer − usual", "start score as a covariate\npeer − usual"]
    last = two_arms.estimates.query("round == 'year' and scale == 'mood'").set_index("measure")
    main, beside = (container.lines[0] for container in panel.containers)
    assert main.get_xdata() == last.loc["difference_in_change", "estimate"]
    assert beside.get_xdata() == last.loc["covariate_adjusted_difference", "estimate"]
    assert (main.get_markerfacecolor() == "white", beside.get_markerfacecolor() == "white") == (False, True)
    assert labels(one_arm.plot(show="checks"))[1] == "only persons with both rounds"
    unlinked = pe.compare_rounds(scores, design="panel-unlinked")
    fan = unlinked.plot(show="checks", scale="own:sleep")
    assert labels(fan)[1:] == [f"if rounds have a correlation of {value:g}" for value in (0, 0.2, 0.4, 0.6, 0.8)]
    assert fan.get_xlabel() == "Difference (year − start) in points, 95 % interval"
    with pytest.raises(InvalidValueError, match="shows one scale, and there are 2"):
        unlinked.plot(show="checks")
    plain = pe.compare_rounds(scores, design="panel", method="paired-t")
    with pytest.raises(UnsupportedInputError, match="Nothing was computed beside"):
        plain.plot(show="checks", scale="own:mood")


@pytest.mark.parametrize("show", ["means", "changes"])
def test_an_empty_comparison_says_so(scores, show):
    empty = pe.compare_rounds(scores.iloc[:0], design="panel")
    for finding in (empty, *pe.release(empty)):
        assert [text for text in texts(finding.plot(show=show)) if text.startswith("No ")]


def test_a_love_plot_shows_both_weightings(scores):
    persons = scores.drop_duplicates("person").assign(age=lambda frame: np.arange(len(frame)) % 37)
    persons = persons.assign(age=persons["age"] + np.where(persons["arm"] == "peer", 5, 0))
    found = pe.balance_table(persons, arm="arm", reference_arm="usual", covariates=["age"])
    for finding in (found, *pe.release(found)):
        panel = finding.plot()
        before, after = panel.lines[:2]
        assert (before.get_markerfacecolor(), after.get_markerfacecolor()) == ("white", after.get_color())
        assert abs(after.get_xdata()[0]) < 0.01
        assert abs(before.get_xdata()[0]) > 0.1
        assert [line.get_xdata()[0] for line in panel.lines[2:]] == [-0.1, 0.1, 0]
        assert panel.get_xlabel() == "Standardised difference: peer − usual"
    assert pd.isna(pe.release(found)[0].estimates.query("measure == 'effective_n'")["estimate"]).all()
