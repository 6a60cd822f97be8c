"""Figures of costs: labelled with currency and price year, with n and uncertainty, told apart without colour."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import InvalidValueError

MONEY = {"currency": "DKK", "price_year": 2020}


def persons():
    rng = np.random.default_rng(4)
    arm = np.repeat(["peer support", "usual care"], [40, 35])
    days = rng.poisson(np.where(arm == "peer support", 8, 14))
    return pd.DataFrame({"arm": arm, "cost": 800 * (arm == "peer support") + rng.gamma(2, 150, 75), "bed_days": days})


def value(data, thresholds, **options):
    arms = {"treatment": "peer support", "reference": "usual care", "allocation": "randomised"}
    return pe.cost_per_bed_day(data.assign(origin="synthetic"), thresholds=thresholds, **arms, **MONEY, **options)


@pytest.fixture(scope="module")
def findings():
    lines = pd.DataFrame({
        "scenario": ["A", "A", "B", "B", "B"], "line": ["continued", "printed", "continued", "more", "printed"],
        "amount": [4e6, 4e6, 4e6, None, 7e6], "stated_total": [False, True, False, False, True], "origin": "synthetic",
    })  # fmt: skip
    return {
        "plane": value(persons(), [50, 200], resamples=300, seed=1),
        "budget": pe.budget_scenarios(lines.assign(**MONEY)),
        "even": pe.break_even(
            annual_cost=3e5, bed_day_price=4e3, persons=30, days_saved=4, std_error=1, allocation="observed", **MONEY
        ),
        "needed": pe.break_even(annual_cost=3e5, bed_day_price=4e3, **MONEY),
        "benefit": pe.benefit_to_cost(cost=19850, net_benefit=93150, **MONEY),
    }


KINDS = ["plane", "budget", "even", "needed", "benefit"]


def words(ax):
    legend = ax.get_legend()
    parts = [*ax.texts, *ax.get_yticklabels(), *(legend.get_texts() if legend else [])]
    return " ".join([part.get_text() for part in parts] + [ax.get_title(), ax.get_title(loc="left")])


@pytest.mark.parametrize("kind", KINDS)
def test_money_stands_with_currency_and_price_year(findings, kind):
    ax = findings[kind].plot()
    labels = ax.get_xlabel() + ax.get_ylabel()
    assert "DKK" in labels
    assert "prices of 2020" in labels
    assert ax.get_xlabel()
    assert ax.get_ylabel() or any(label.get_text() for label in ax.get_yticklabels())


@pytest.mark.parametrize("kind", ["plane", "budget"])
def test_made_up_data_are_named(findings, kind):
    assert "synthetic data" in words(findings[kind].plot())


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_draws_into_the_callers_axes(findings, kind):
    import matplotlib.pyplot as plt

    ax = plt.subplots()[1]
    assert findings[kind].plot(ax) is ax


def test_the_plane_names_its_quadrants_and_draws_replicates_and_regions(findings):
    ax = findings["plane"].plot()
    for corner in ("costs more,\ndoes more", "costs less,\ndoes less", "n 40 / 35", "95 % region", "200 DKK per unit"):
        assert corner in words(ax)
    assert "bed days avoided" in ax.get_xlabel()
    cloud = findings["plane"].settings["data"]["replicates"]
    drawn = [line for line in ax.lines if len(line.get_xdata()) == len(cloud)]
    assert np.asarray(drawn[0].get_xdata()) == pytest.approx(cloud[:, 1])
    low, high = ax.get_ylim()
    assert low < 0 < high


def test_the_region_holds_its_share_of_replicates():
    """The 95 % ellipse against 5,000 bootstrap replicates: within 1.5 points."""
    found = value(persons(), [0], resamples=5000, seed=2)
    ax = found.plot()
    [ellipse] = [line for line in ax.lines if line.get_label().startswith("95 %")]
    outline = np.column_stack([ellipse.get_xdata(), ellipse.get_ydata()])
    from matplotlib.path import Path

    inside = Path(outline).contains_points(found.settings["data"]["replicates"][:, ::-1])
    assert inside.mean() == pytest.approx(0.95, abs=0.015)


def test_acceptability_runs_over_all_thresholds():
    found = value(persons(), range(0, 401, 20))
    ax = found.plot(view="acceptability")
    rows = found.estimates[found.estimates["measure"] == "probability_cost_effective"]
    assert np.asarray(ax.lines[0].get_ydata()) == pytest.approx(rows["estimate"].to_numpy(float))
    assert ax.get_ylim() == (0, 1)
    with pytest.raises(InvalidValueError, match="Did you mean 'acceptability'"):
        found.plot(view="acceptable")


def test_bars_are_the_lines_and_a_diamond_is_the_printed_total(findings):
    ax = findings["budget"].plot()
    assert [bar.get_width() for bar in ax.patches] == [4, 4, 0]
    assert np.asarray(ax.lines[0].get_xdata()).tolist() == [4, 7]
    assert len({patch.get_hatch() for patch in ax.patches}) == 2
    assert "a line that is not known" in words(ax)


def test_break_even_shows_the_interval_of_what_is_expected(findings):
    ax = findings["even"].plot()
    assert "break-even: 75.0 bed days a year" in words(ax)
    assert "95 % interval" in words(ax)
    assert "interval" not in words(findings["needed"].plot())


def test_what_is_empty_or_withheld_is_said(findings):
    safe, few = pe.release([findings["plane"], value(persons().groupby("arm").head(6), [50])])
    # the regions need what does not leave
    assert "95 % intervals" in words(safe.plot())
    assert "region" not in words(safe.plot())
    assert "No difference in cost to show" in words(few.plot())
    lines = pd.DataFrame({"scenario": "A", "line": ["many", "two", "rent", "printed"], "amount": [4e6, 1e6, 5e5, 5.5e6],
                          "stated_total": [False, False, False, True], "positions": [20, 2, None, None]})  # fmt: skip
    [safe] = pe.release(pe.budget_scenarios(lines.assign(**MONEY)))
    assert "and lines that are not shown" in words(safe.plot())
    assert "two" not in words(safe.plot())
    [safe] = pe.release(pe.budget_scenarios(lines.assign(positions=2, **MONEY)))
    assert "No budget to show" in words(safe.plot())
    assert "No difference in cost to show" in words(value(persons().iloc[:0], [1]).plot())
