"""Figures: labelled, honest about n and about made-up data, told apart without colour."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes

import peereval as pe
from peereval.errors import DesignError, InvalidValueError, UnknownNameError, UnsupportedInputError
from peereval.simulate.codes import CODE, simulate_codes

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")


@pytest.fixture(scope="module")
def findings(region, region_scores, region_stays, ledger_of):
    """One result of every kind that has a figure."""
    course = pe.datasets.load("peer-run-course-2012")
    persons = pe.datasets.load("core-2018").tables["persons"]
    arms = {"treatment": "peer-supported workbook", "reference": "workbook by post"}
    stays = region_stays.assign(
        arm=region_stays["unit"].replace({"Ward A": "peer", "Ward B": "peer", "Ward C": "usual", "Ward D": "usual"})
    )
    two_arms = {"arm": "arm", "reference_arm": "usual care", "allocation": "observed"}
    by_month = pe.readmission_rate(stays, period="month")
    scheme = pe.Programme(
        origin="synthetic",
        positions=(
            pe.Position(count=2, date="2021", source="own"),
            pe.Position(count=(3, 4), date="2022", source="own"),
        ),
        funding=(
            pe.Funding(
                purpose="peers", amount=1e6, currency="DKK", price_level=2021, start=2021, status="spent", source="own"
            ),
        ),
    )
    return {
        "attrition": pe.attrition(region.responses, arm="arm", invited=region.invited),
        "baseline": pe.baseline_table(
            region.responses.assign(age=range(len(region.responses))), columns=["who5_01", "age"], arm="arm"
        ),
        "rounds": pe.compare_rounds(region_scores, design="panel", method="paired-t", **two_arms),
        "rates": pe.readmission_rate(stays, by="arm"),
        "survival": pe.time_to_readmission(stays, by="arm"),
        "risks": pe.compare_risks(persons, outcome="readmitted", allocation="randomised", **arms),
        "effects": pe.effect_size(
            course.tables["outcomes"], formula="posttest", treatment="peer-run course", control="control"
        ),
        "ledger": ledger_of("peer-run-course-2012"),
        "printed-means": pe.compare_printed_means(
            course.tables["outcomes"], treatment="peer-run course", control="control"
        ),
        "expected-rate": pe.compare_with_expected_rate(
            pe.datasets.load("lawn-2008").tables["readmissions"], expected=0.3
        ),
        "linkage": pe.linkage_summary(pe.link_rounds(simulate_codes(200, seed=3), code=CODE)),
        "standardised-rates": pe.standardised_rate(stays, by="unit", strata=("acute",)),
        "funnel": pe.funnel_plot(pe.readmission_rate(stays, by="unit")),
        "control-chart": pe.control_chart(by_month),
        "run-chart": pe.run_chart(by_month),
        "staffing": scheme.staffing(),
        "funding": scheme.funding_totals(),
        "fidelity": scheme.fidelity("nsph-2018"),
    }


KINDS = ["attrition", "baseline", "rounds", "rates", "survival", "risks", "effects", "ledger", "linkage"]
KINDS += ["standardised-rates", "funnel", "control-chart", "run-chart", "staffing", "funding", "fidelity"]
KINDS += ["printed-means", "expected-rate"]


def panels(drawn):
    return [panel for panel in np.ravel(drawn) if panel.axison]


def texts(panel):
    return [text.get_text() for text in panel.texts] + [
        label.get_text() for label in panel.get_xticklabels() + panel.get_yticklabels()
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_labelled_figure(findings, kind):
    for panel in panels(findings[kind].plot()):
        assert panel.get_xlabel()
        assert panel.get_ylabel() or any(label.get_text() for label in panel.get_yticklabels())


@pytest.mark.parametrize("kind", KINDS)
def test_made_up_data_are_named_on_every_panel(findings, kind):
    words = {"synthetic": "synthetic data", "reconstructed": "data rebuilt from published counts"}
    for panel in panels(findings[kind].plot()):
        written = [text for text in texts(panel) if text in words.values()]
        assert written == ([words[findings[kind].origin]] if findings[kind].origin in words else [])


@pytest.mark.parametrize(
    "kind",
    [
        "attrition",
        "baseline",
        "effects",
        "expected-rate",
        "ledger",
        "linkage",
        "printed-means",
        "rates",
        "survival",
        "risks",
        "standardised-rates",
        "funnel",
        "control-chart",
        "run-chart",
        "staffing",
        "funding",
        "fidelity",
    ],
)
def test_a_figure_draws_into_the_callers_axes(findings, kind):
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    assert findings[kind].plot(ax) is ax


def test_n_stands_under_every_round(findings, region_scores):
    panel = findings["rounds"].plot(scale="who-5:score_0_100")
    assert isinstance(panel, Axes)
    scored = region_scores.query("scale == 'score_0_100' and score.notna()")
    counts = scored.groupby(["round", "arm"], observed=True).size()
    for label in panel.get_xticklabels():
        name, shown = label.get_text().split("\nn ")
        assert shown == f"{counts[name, 'peer support']} / {counts[name, 'usual care']}"


def test_arms_are_told_apart_without_colour(findings):
    panel = findings["rounds"].plot(scale="who-5:score_0_100")
    lines = [container.lines[0] for container in panel.containers]
    assert len({line.get_marker() for line in lines}) == 2
    assert len({line.get_linestyle() for line in lines}) == 2
    bars = findings["attrition"].plot().containers
    assert len({bar.patches[0].get_hatch() for bar in bars if bar.patches[0].get_facecolor()[3] == 1}) == 2


def test_rounds_that_are_not_linked_are_not_joined_by_a_line(ward):
    scores = pe.score(ward.responses, "who-5")
    panel = pe.compare_rounds(scores, design="panel-unlinked", method="welch").plot()
    assert panel.containers[0].lines[0].get_linestyle() == "None"


def test_several_scales_do_not_fit_into_one_panel(findings):
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    with pytest.raises(InvalidValueError, match="4 scales do not fit"):
        findings["rounds"].plot(ax)
    with pytest.raises(InvalidValueError, match=r"Did you mean 'qpr-15:total'\?"):
        findings["rounds"].plot(scale="qpr-15:totals")
    with pytest.raises(InvalidValueError, match="no drawing 'lines'"):
        findings["rounds"].plot(show="lines")


def test_changes_are_drawn_with_their_intervals(findings):
    panel = findings["rounds"].plot(show="changes")
    named = [text.get_text() for text in panel.get_legend().get_texts()]
    assert named == ["peer support", "usual care", "difference: peer support − usual care"]
    assert all(container.has_xerr for container in panel.containers)
    assert sum(text.startswith("n ") for text in texts(panel)) == 12


def test_shares_start_at_zero(findings):
    for kind in ("rates", "risks"):
        assert findings[kind].plot().get_xlim()[0] == 0
    assert findings["survival"].plot().get_ylim()[0] == 0


def test_numbers_at_risk_stand_under_the_curve(findings):
    rows = findings["survival"].estimates
    labels = [label.get_text().split("\n") for label in findings["survival"].plot().get_xticklabels()]
    for tick, peer, usual in labels:
        for group, shown in (("peer", peer), ("usual", usual)):
            later = rows[(rows["group"] == group) & (rows["time"] >= int(tick))]["n"]
            assert shown == str(int(later.iloc[0]))


def test_groups_beyond_the_limits_of_a_funnel_are_named():
    import pandas as pd

    sizes = [30, 80, 150, 220, 300, 400]
    wards = pd.DataFrame({"group": list("ABCDEF"), "numerator": [6, 40, 30, 44, 25, 80], "denominator": sizes})
    for frame in (wards, wards.assign(expected_count=0.2 * wards["denominator"])):
        panel = pe.funnel_plot(frame, target=None if frame is wards else 1, overdispersion="none").plot()
        assert sorted(texts(panel)[:2]) == ["B", "E"]
        assert "6 groups" in panel.get_xlabel()
        assert len(panel.lines) == 7


def test_periods_beyond_the_limits_have_a_mark_of_their_own():
    import pandas as pd

    times = pd.date_range("2018-01-01", periods=24, freq="MS")
    series = pd.DataFrame({"time": times, "numerator": [20] * 12 + [60] + [20] * 11, "denominator": 100})
    panel = pe.control_chart(series, breaks=["2019-01-01"]).plot()
    marked = [line for line in panel.lines if line.get_marker() == "D"]
    assert [line.get_xdata().tolist() for line in marked] == [[12]]
    assert panel.get_xticklabels()[12].get_text() == "2019-01   n 100"
    runs = pe.run_chart(series.assign(estimate=[1.0] * 12 + [2.0] * 12)).plot()
    assert runs.get_title(loc="left") == "longest run 12 (at most 8): signal; crossings 1 (at least 8): signal"


def test_released_figures_show_rounded_counts(findings):
    [safe] = pe.release(findings["rates"])
    assert all("≈" in label.get_text() for label in safe.plot().get_yticklabels())


def test_what_is_withheld_is_said_and_not_drawn():
    import pandas as pd

    frame = pd.DataFrame(
        {"group": ["A", "B"], "measure": "readmission_rate", "estimate": [0.3, 0.1], "conf_low": 0.05, "conf_high": 0.4,
         "numerator": [12, 3], "denominator": [40, 30]}
    )  # fmt: skip
    [safe] = pe.release(pe.Result(kind="rates", title="t", claim="description", method="m", estimates=frame))
    panel = safe.plot()
    assert "  not shown" in texts(panel)
    assert np.isnan(panel.containers[0].lines[0].get_xdata()[1])


def test_a_released_curve_has_gaps_and_nothing_is_drawn_flat_over_them(findings):
    [safe] = pe.release(findings["survival"])
    panel = safe.plot()
    assert "a gap where a number is not shown" in panel.get_xlabel()
    for group, line in zip(("peer", "usual"), panel.lines, strict=True):
        rows = safe.estimates[safe.estimates["group"] == group]
        assert rows["withheld"].any()
        np.testing.assert_array_equal(line.get_ydata(), rows["estimate"].to_numpy())
        assert line.get_marker() in ("o", "s")
        assert line.get_drawstyle() == "default"
    for label in panel.get_xticklabels():
        tick, *shown = label.get_text().split("\n")
        for group, text in zip(("peer", "usual"), shown, strict=True):
            row = safe.estimates.set_index(["group", "time"]).loc[(group, int(tick))]
            assert text == ("not shown" if row["withheld"] else f"≈ {row['n']:.0f}")


def test_bound_results_have_no_figure(findings):
    both = pe.bind_results({"north": findings["survival"], "south": findings["survival"]})
    with pytest.raises(UnsupportedInputError, match="Bound results have no figure"):
        both.plot()


@pytest.mark.parametrize("arms", [{}, {"arm": "arm", "reference_arm": "usual care", "allocation": "observed"}])
def test_one_round_can_be_drawn(region_scores, arms):
    start = region_scores[region_scores["round"] == "start"]
    start = start.assign(round=start["round"].cat.remove_unused_categories())
    found = pe.compare_rounds(start, design="panel", method="paired-t", **arms)
    for finding in (found, *pe.release(found)):
        assert len(panels(finding.plot())) == 4
        assert "No change to draw" in texts(finding.plot(show="changes"))


def test_one_arm_can_be_drawn(region_scores):
    found = pe.compare_rounds(region_scores, design="panel", method="paired-t")
    for finding in (found, *pe.release(found)):
        assert finding.plot(scale="who-5:score_0_100").get_xlabel() == "Round"
        assert len(finding.plot(show="changes").containers) == 1


def test_empty_results_can_be_drawn(region_stays):
    empty = region_stays.iloc[:0]
    pe.readmission_rate(empty).plot()
    [nothing] = pe.release(pe.time_to_readmission(empty))
    for finding in (pe.time_to_readmission(empty), nothing):
        finding.plot()


def test_the_callers_style_is_left_alone(findings):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    findings["rates"].plot()
    assert dict(mpl.rcParams) == before


def test_items_are_drawn_a_panel_a_round_with_what_to_look_at(region):
    responses = region.responses.assign(ismi_07=5 - region.responses["ismi_07"])
    with pytest.warns(pe.ReverseKeyWarning):
        result = pe.reliability(responses, "ismi-29")
    panels = result.plot()
    assert [panel.get_title(loc="left").splitlines()[0] for panel in panels] == ["start", "half-year", "one-year"]
    assert "runs against the rest" in [text.get_text() for text in panels[0].texts]
    assert "95 % interval" in panels[0].get_xlabel()
    assert panels[-1].texts[-1].get_text() == "synthetic data"
    smaller = result.plot(scale="alienation")
    assert len(smaller[0].get_yticks()) == 6
    with pytest.raises(UnknownNameError, match=r"no items of the scale 'alienatoin'.*Did you mean 'alienation'"):
        result.plot(scale="alienatoin")
    [released] = pe.release(result)
    shown = released.plot()
    assert "95 % interval" not in shown[0].get_xlabel()
    assert "nan" not in shown[0].get_title(loc="left")
    from dataclasses import replace

    unflagged = replace(released, estimates=released.estimates.drop(columns="flag"))
    assert len(unflagged.plot()) == 3


def test_items_of_one_round_are_drawn_where_the_caller_says(region):
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    with pytest.raises(DesignError, match="3 rounds, each with a panel of its own, and one ax was given"):
        pe.reliability(region.responses, "who-5").plot(ax=ax)
    start = region.responses[region.responses["round"] == "start"]
    assert pe.reliability(start, "who-5").plot(ax=ax)[0] is ax
    [empty] = pe.reliability(start.head(0), "who-5").plot()
    assert "No items to draw" in [text.get_text() for text in empty.texts]


def lost(region):
    """The region with rows of those who did not answer, of whom some had left and few had died."""
    rows = region.responses
    items = [name for name in rows.columns if name[-2:].isdigit()]
    start = rows[rows["round"] == "start"]
    parts = [rows]
    for label in ("half-year", "one-year"):
        gone = start[~start["person"].isin(rows.loc[rows["round"] == label, "person"])]
        gone = gone.assign(round=label).astype({"round": rows["round"].dtype})
        gone[items] = gone[items].mask(np.ones((len(gone), len(items)), dtype=bool))
        parts.append(gone.assign(left_programme=np.arange(len(gone)) % 3 == 0, died=np.arange(len(gone)) % 40 == 0))
    import pandas as pd

    whole = pd.concat(parts, ignore_index=True)
    flags = {name: whole[name].astype("boolean").fillna(value=False) for name in ("left_programme", "died")}
    return whole.assign(**flags)


def boxes(panel):
    return [text.get_text() for text in panel.texts if "\n" in text.get_text() or ":" in text.get_text()]


def test_a_flow_has_a_box_for_every_step_and_reason(region):
    invited = region.invited.assign(eligible=region.invited["invited"] + 10)
    found = pe.attrition(lost(region), arm="arm", invited=invited)
    shown = boxes(found.plot(show="flow", groups=["all"]))
    everybody = found.estimates[found.estimates["group"] == "all"]
    counts = {
        (row["measure"], row["round"]): row["numerator"] for _, row in everybody[everybody["term"].isna()].iterrows()
    }
    assert shown[:2] == ["Eligible: 340", "Invited: 300"]
    assert shown[2] == f"start\nanswered: {counts['answered', 'start']:.0f} (80 %)"
    gone = counts["answered", "start"] - counts["retained", "half-year"]
    assert f"at half-year: {gone:.0f} (" in shown[3]
    assert [line.split(":")[0].strip() for line in shown[3].split("\n")[2:]] == [
        "died", "left the programme", "reason not known",
    ]  # fmt: skip
    assert shown[4].startswith(f"half-year\nanswered: {counts['answered', 'half-year']:.0f}\nof those at start: ")
    assert len(shown) == 7


def test_two_arms_stand_side_by_side_and_more_do_not_fit(region):
    panel = pe.attrition(region.responses, arm="arm").plot(show="flow")
    assert [text.split("\n")[0] for text in boxes(panel) if "Invited" in text] == ["peer support", "usual care"]
    assert all("unknown" in text for text in boxes(panel) if "Invited" in text)
    units = pe.attrition(region.responses, by="unit")
    assert [text for text in boxes(units.plot(show="flow")) if "Invited" in text] == ["Invited: unknown"]
    assert len(boxes(units.plot(show="flow", groups=["Ward A", "Ward B"]))) == 12
    with pytest.raises(InvalidValueError, match="3 groups are asked for"):
        units.plot(show="flow", groups=["Ward A", "Ward B", "Ward C"])
    with pytest.raises(InvalidValueError, match="no group 'Ward X'"):
        units.plot(groups=["Ward X"])
    with pytest.raises(InvalidValueError, match="no drawing 'flaw' of who answered"):
        units.plot(show="flaw")


def test_a_released_flow_is_rounded_and_says_what_is_not_shown(region):
    [safe] = pe.release(pe.attrition(lost(region), invited=region.invited))
    shown = boxes(safe.plot(show="flow"))
    assert shown[1] == "Invited: ≈ 300"
    assert "died: not shown" in shown[3]
    assert " no answer\nat half-year: " in shown[3]
    exact = {str(count) for count in pe.attrition(lost(region)).estimates["numerator"].astype(int) if count % 5}
    words = " ".join(shown).replace("(", "").replace(")", "")
    assert not {word for word in words.split() if word in exact and f"{word} %" not in words}


def test_anonymous_rounds_are_not_joined_in_a_flow(ward):
    from matplotlib.text import Annotation

    panel = pe.attrition(ward.responses, invited=ward.invited).plot(show="flow")
    arrows = [text for text in panel.texts if isinstance(text, Annotation)]
    assert len(arrows) == 2
    assert len(boxes(panel)) == 5


def test_ten_units_can_be_drawn(region):
    many = region.responses.assign(unit=[f"Ward {place % 10}" for place in range(len(region.responses))])
    bars = pe.attrition(many, by="unit").plot().containers
    assert len({(bar.patches[0].get_facecolor(), bar.patches[0].get_hatch()) for bar in bars[1::2]}) == 10


def test_links_are_stacked_to_the_whole_with_n_and_gaps_where_withheld(findings):
    found = findings["linkage"]
    panel = found.plot()
    ways = found.estimates[found.estimates["measure"] == "link_status"]
    ends = {}
    for bar in panel.patches:
        if bar.get_width():
            place = round(bar.get_y() + bar.get_height() / 2)
            ends[place] = max(ends.get(place, 0), bar.get_x() + bar.get_width())
    assert ends == pytest.approx({0: 1.0, 1: 1.0})
    assert [text for text in texts(panel) if text.startswith("n ")] == [
        f"n {n:.0f}" for n in ways.drop_duplicates("round")["denominator"]
    ]
    words = [text.get_text() for text in panel.get_legend().get_texts()]
    assert words[:2] == ["same code", "one part different"]
    few = pe.link_rounds(simulate_codes(200, seed=3).iloc[:-61], code=CODE)
    [safe] = pe.release(pe.linkage_summary(few))
    assert safe.estimates.loc[safe.estimates["measure"] == "link_status", "withheld"].any()
    drawn = safe.plot()
    assert "not shown" in [text.get_text() for text in drawn.get_legend().get_texts()]
    assert any("≈" in text for text in texts(drawn))


def test_a_love_plot_says_what_is_not_drawn(region):
    few = region.responses.groupby("arm", observed=True).head(9)
    found = pe.baseline_table(few.assign(same=1), columns=["who5_01", "same"], arm="arm")
    assert "cannot be given" in texts(found.plot())
    [safe] = pe.release(found)
    assert texts(safe.plot()).count("not shown") == 2
