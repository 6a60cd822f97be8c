"""Audit of printed figures: what is impossible, what suspicious, and that nothing true is accused."""

from __future__ import annotations

import math
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import ColumnError, InvalidValueError, UnknownNameError
from peereval.evidence.printed_figures import printed_column, without_sign


def verdicts(table, check, **options):
    found = pe.audit(table, **options).estimates
    return found.loc[found["check"] == check, "verdict"].tolist()


@pytest.mark.parametrize("n", [7, 13, 28])
def test_grim_is_that_of_trying_every_sum(n):
    """Naive second implementation: all sums of n whole numbers, divided and compared with every printed mean."""
    printed = np.arange(100, 401) / 100
    sums = np.arange(n, 4 * n + 1)
    reachable = [bool((np.abs(sums / n - mean) <= 0.005 + 1e-9).any()) for mean in printed]
    table = pd.DataFrame({"mean": [f"{mean:.2f}" for mean in printed], "n": n, "items": 1})
    cut_off = [bool((np.floor(sums / n * 100 + 1e-9) == round(100 * mean)).any()) for mean in printed]
    expected = np.select([reachable, cut_off], ["possible", "suspicious"], "impossible")
    assert verdicts(table, "grim") == expected.tolist()
    assert set(expected) == {"possible", "suspicious", "impossible"}


def test_grim_of_the_example_of_its_authors():
    """A mean of 5.19 of 28 whole numbers: 145/28 is 5.18 and 146/28 is 5.21 (Brown and Heathers 2017)."""
    found = pe.audit(pd.DataFrame({"mean": ["5.19", "5.18", "5.21"], "n": 28, "items": 1})).estimates
    assert found["verdict"].tolist() == ["impossible", "possible", "possible"]
    assert found["estimate"].iloc[0] == pytest.approx(145 / 28)


def test_grimmer_is_that_of_trying_every_sum_of_squares():
    """Naive second implementation: for the sums of six whole numbers, every sum of squares of the same parity."""
    n, rows, expected = 6, [], []
    for total in range(6, 43):
        squares = [each for each in range(total % 2, 400, 2) if each >= total**2 / n]
        for hundredths in range(0, 350, 7):
            rows.append({"mean": f"{total / n:.2f}", "sd": f"{hundredths / 100:.2f}", "n": n, "items": 1})
            fit = {
                less: any(
                    abs(math.sqrt((each - total**2 / n) / (n - less)) - hundredths / 100) <= 0.005 + 1e-9
                    for each in squares
                )
                for less in (0, 1)
            }
            expected.append("possible" if fit[1] else "suspicious" if fit[0] else "impossible")
    judged = verdicts(pd.DataFrame(rows), "grimmer")
    assert judged == expected
    assert set(judged) == {"possible", "suspicious", "impossible"}


def test_grimmer_never_accuses_real_scores():
    draw = np.random.default_rng(1)
    samples = [
        draw.integers(0, 11, n * k).reshape(n, k).mean(axis=1) for n in (3, 5, 8) for k in (1, 4) for _ in range(80)
    ]
    items = [k for _ in (3, 5, 8) for k in (1, 4) for _ in range(80)]
    table = pd.DataFrame({"mean": [f"{s.mean():.3f}" for s in samples], "sd": [f"{s.std(ddof=1):.3f}" for s in samples],
                          "n": [len(s) for s in samples], "items": items})  # fmt: skip
    assert verdicts(table, "grimmer") == ["possible"] * 480


def test_grim_knows_items_and_says_where_it_tells_nothing():
    table = pd.DataFrame({"mean": ["3.45", "3.45", "3.45"], "n": [20, 10, 120], "items": [1, 2, 1]})
    assert verdicts(table, "grim") == ["possible", "possible", "not checkable"]
    assert verdicts(table.assign(items=1, n=[20, 7, 120]), "grim") == ["possible", "impossible", "not checkable"]
    found = pe.audit(table).estimates
    assert found["why"].str.contains("every mean").tolist() == [False, False, True]


def test_heterogeneity_is_that_of_statsmodels():
    """Q, I² and p of ten simulated meta-analyses by statsmodels' combine_effects, printed with two decimals."""
    from scipy.stats import chi2
    from statsmodels.stats.meta_analysis import combine_effects

    draw = np.random.default_rng(4)
    rows = []
    for k in range(3, 13):
        found = combine_effects(draw.normal(0.2, 0.3, k), draw.uniform(0.01, 0.06, k))
        p = chi2.sf(found.q, k - 1)
        rows.append(
            {"k": k, "q": f"{found.q:.2f}", "df": k - 1, "i2": f"{100 * max(found.i2, 0):.0f}", "p_het": f"{p:.3f}"}
        )
    found = pe.audit(pd.DataFrame(rows)).estimates
    assert (found["verdict"] == "possible").all()
    assert found.groupby("check").size().to_dict() == {"df": 10, "i2": 10, "p_het": 10}
    wrong = pd.DataFrame(rows).assign(i2="99", p_het="0.999", k=1)
    judged = pe.audit(wrong).estimates.groupby("check")["verdict"].unique().map(list).to_dict()
    assert judged == {"df": ["suspicious"], "i2": ["impossible"], "p_het": ["impossible"]}


def printed_rows(law, ratio):
    """Estimates, intervals, z and p of 300 draws, printed; the intervals of the normal or of t."""
    from scipy.stats import norm, t

    draw = np.random.default_rng(8)
    rows = []
    for estimate, spread, df, places in zip(
        draw.uniform(-3, 3, 300), draw.uniform(0.02, 2, 300), draw.integers(2, 60, 300), draw.integers(2, 5, 300), strict=True
    ):  # fmt: skip
        quantile, p = (
            (norm.ppf(0.975), norm.sf) if law == "normal" else (t.ppf(0.975, df), lambda z, df=df: t.sf(z, df))
        )
        limits = (estimate, estimate - quantile * spread, estimate + quantile * spread)
        shown = [f"{math.exp(each) if ratio else each:.{places}f}" for each in limits]
        z = estimate / spread
        rows.append((*shown, f"{z:.2f}", f"{2 * p(abs(z)):.3f}", df, "OR" if ratio else "MD"))
    names = ["estimate", "conf_low", "conf_high", "z", "p_value", "df", "measure"]
    return pd.DataFrame(rows, columns=names)


@pytest.mark.parametrize("ratio", [False, True])
@pytest.mark.parametrize("law", ["normal", "t"])
def test_figures_that_were_computed_are_never_impossible(law, ratio):
    """Nor suspicious, where the interval is normal; where it is of t's quantiles, z and p are."""
    found = pe.audit(printed_rows(law, ratio)).estimates
    assert len(found) == 900
    assert not (found["verdict"] == "impossible").any()
    doubted = set(found.loc[found["verdict"] == "suspicious", "check"])
    assert doubted == (set() if law == "normal" else {"z", "p_value"})


def test_means_and_deviations_of_real_scores_are_never_impossible():
    draw = np.random.default_rng(2)
    samples = [draw.choice([12, 48] if k % 3 else range(12, 49), draw.integers(2, 30)) for k in range(300)]
    table = pd.DataFrame(
        [{"mean": f"{s.mean():.2f}", "sd": f"{s.std(ddof=1):.2f}", "n": len(s), "items": 1} for s in samples]
    )
    found = pe.audit(table, instrument="hhi").estimates
    assert found.groupby("check").size()[["grim", "range", "sd"]].tolist() == [300] * 3
    assert not (found["verdict"] == "impossible").any()


def test_the_largest_standard_deviation_is_that_of_all_samples():
    """Naive: of all samples of five answers 1 to 4, those with all answers at the ends reach the bound."""
    samples = [np.array(each) for each in combinations_with_replacement(range(1, 5), 5)]
    table = pd.DataFrame({"mean": [s.mean() for s in samples], "sd": 9.0, "n": 5, "lowest": 1, "highest": 4})
    found = pe.audit(table, decimals={"mean": 6}).estimates
    bound = found.loc[found["check"] == "sd", "highest"].to_numpy()
    largest = np.array([s.std(ddof=1) for s in samples])
    assert (largest <= bound + 1e-5).all()
    ends = np.array([set(s) <= {1, 4} for s in samples])
    assert largest[ends] == pytest.approx(bound[ends], abs=2e-3)
    assert set(found.loc[found["check"] == "sd", "verdict"]) == {"impossible"}


def test_the_range_comes_from_the_catalogue_or_the_table():
    table = pd.DataFrame({"instrument": ["rogers-es-1-is-strongly-agree", "hhi", None, "hhi", "sf-12"],
                          "scale": ["total_sum", None, None, "readiness", None],
                          "mean": [14.93, 38.93, 14.93, 38.93, 50.0], "lowest": [np.nan, np.nan, 0, np.nan, np.nan],
                          "highest": [np.nan, np.nan, 10, np.nan, np.nan]})  # fmt: skip
    found = pe.audit(table).estimates
    assert found["verdict"].tolist() == ["impossible", "possible", "impossible", "impossible", "not checkable"]
    assert found[["lowest", "highest"]].iloc[0].tolist() == [28, 112]
    assert (
        verdicts(table[["mean"]].assign(mean=20.0), "range", instrument="hhi", scale="readiness") == ["impossible"] * 5
    )


def test_transcription_traps_are_suspicious():
    table = pd.DataFrame(
        {"mean": ["3.87", "34.49", "34.49", "5.0", "2.0"], "sd": ["3.87", "11.15", "11.15", "", "1.0"]}
    )
    found = pe.audit(table).estimates.set_index(["row", "check"])["verdict"]
    assert found.xs("mean_is_sd", level="check").tolist() == [
        "suspicious",
        *["possible"] * 2,
        "not checkable",
        "possible",
    ]
    assert found.xs("repeated", level="check").tolist() == [
        "possible",
        *["suspicious"] * 2,
        "not checkable",
        "possible",
    ]


def test_percentages_follow_from_counts():
    table = pd.DataFrame({"count": [64, 83, 64, 1], "n": [218, 216, 218, 0], "percent": ["29", "38", "30", "5"]})
    assert verdicts(table, "percent") == ["possible", "possible", "impossible", "not checkable"]


def test_a_one_sided_p_is_suspicious_and_a_wild_one_impossible():
    table = pd.DataFrame(
        {
            "estimate": "-9.00",
            "conf_low": "-18.05",
            "conf_high": "0.05",
            "p_value": ["0.051", "0.026", "<0.001", "<0.06"],
        }
    )
    assert verdicts(table, "p_value") == ["possible", *["suspicious"] * 2, "possible"]
    assert verdicts(table.assign(df=72), "p_value") == ["possible", "suspicious", "impossible", "possible"]


def test_an_estimate_outside_its_interval_is_impossible():
    table = pd.DataFrame(
        {"estimate": ["0.69", "0.75", "0.30"], "conf_low": "0.49", "conf_high": "0.96", "measure": "RR"}
    )
    assert verdicts(table, "interval") == ["possible", "suspicious", "impossible"]
    assert pe.audit(table).estimates["estimate"].iloc[0] == pytest.approx(math.sqrt(0.49 * 0.96))


def test_numbers_lose_their_zeros_and_are_judged_more_mildly():
    """48.0 as a number shows no decimal, and stands for 47.5 to 48.5; the text has one."""
    number, text = (
        pd.DataFrame({"q": [9.65], "df": [5], "i2": [48.0]}),
        pd.DataFrame({"q": ["9.65"], "df": [5], "i2": ["48.0"]}),
    )
    assert verdicts(number, "i2") == ["possible"]
    assert verdicts(text, "i2") == ["impossible"]
    assert verdicts(number, "i2", decimals={"i2": 1}) == ["impossible"]


def test_the_audit_names_rows_checks_and_what_it_could_not_do():
    table = pd.DataFrame(
        {"study": ["a", "b", "c"], "q": [9.65, np.nan, 4.09], "df": [5, 5, 3], "i2": [48.0, 20.0, np.nan]}
    )
    found = pe.audit(table)
    assert found.estimates[["study", "row", "verdict"]].to_numpy().tolist() == [
        ["a", 1, "possible"],
        ["b", 2, "not checkable"],
    ]
    assert dict(found.exclusions) == {"nothing_to_check": 1}
    assert found.settings["checks"] == ["i2"]
    assert found.settings["not_run"]["p_het"] == ["p_het"]
    assert table.columns.tolist() == ["study", "q", "df", "i2"]


def test_an_empty_table_gives_an_empty_audit():
    found = pe.audit(pd.DataFrame({"q": [9.65], "df": [5], "i2": [48.0]}).head(0))
    assert found.estimates.empty


@pytest.mark.parametrize(
    ("table", "options", "error", "message"),
    [
        ({"hope": [1]}, {}, ColumnError, "No check can be made"),
        ({"mean": ["3.4", "n.s."], "sd": ["1", "1"]}, {}, InvalidValueError, "'mean' .* in row 2"),
        ({"mean": [3.4], "sd": [1.0]}, {"decimals": {"maen": 2}}, ColumnError, r"Did you mean 'mean'\?"),
        ({"mean": [3.4], "sd": [1.0]}, {"conf_level": 95}, InvalidValueError, "between 0 and 1"),
        ({"mean": [3.4]}, {"instrument": "hih"}, UnknownNameError, "Did you mean 'hhi'"),
        ({"mean": [3.4]}, {"instrument": "hhi", "scale": "totl"}, InvalidValueError, "Did you mean 'total'"),
    ],
)
def test_what_cannot_be_audited_is_refused(table, options, error, message):
    with pytest.raises(error, match=message):
        pe.audit(pd.DataFrame(table), **options)


def test_signs_are_taken_off_over_zero():
    read = without_sign(printed_column(pd.Series(["-0.4", "0.0", "2"])))
    assert read.low.tolist() == pytest.approx([0.35, 0.0, 1.5])
    assert read.high.tolist() == pytest.approx([0.45, 0.05, 2.5])


def test_the_figure_has_a_panel_a_check_and_a_mark_a_verdict():
    table = pd.DataFrame({"q": ["9.65", "91.38"], "df": [5, 20], "i2": ["48", "58"], "k": [6, 16]})
    panels = pe.audit(table).plot()
    assert [panel.get_title("left") for panel in panels] == ["i2", "df"]
    assert [label.get_text() for label in panels[0].get_yticklabels()] == ["row 1", "row 2"]
    assert all(panel.get_xlabel() for panel in panels)
    legend = panels[0].figure.legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["possible", "suspicious", "impossible"]
    with pytest.raises(pe.PeerevalError, match="2 checks do not fit"):
        pe.audit(table).plot(panels[0])
    made_up = pe.audit(table.assign(origin="synthetic")).plot()
    assert all("synthetic data" in [text.get_text() for text in panel.texts] for panel in made_up)
