"""Tables and sentences of a comparison of rounds: units said, verbs by claim, nothing exact."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import peereval as pe
from peereval.reports.document import Chapter, write_report
from peereval.reports.summary import sentences_of
from peereval.reports.tables import tables_of

ARMS = {"arm": "arm", "reference_arm": "usual"}


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NON-BREAKING HYPHEN}", "-")


def released(scores, **asked):
    [safe] = pe.release(pe.compare_rounds(scores, **asked))
    return safe


def said(finding):
    return [plain(sentence) for sentence in sentences_of(finding)]


def cells(finding, caption):
    return next(table for words, table in tables_of(finding) if words.startswith(caption)).map(plain)


@pytest.fixture(scope="module")
def mood(round_scores):
    """The scores of one scale."""
    return round_scores[round_scores["scale"] == "mood"]


@pytest.fixture(scope="module")
def one_arm(mood):
    """One arm by the rules, held against a wide margin."""
    return released(mood, design="panel", margin=20.0)


def test_estimated_means_stand_over_observed_ones_and_changes_have_n_and_p(one_arm):
    means = cells(one_arm, "Mean scores, estimated by the model and observed")
    assert means["Mean"].tolist() == ["estimated", "observed"]
    rows = one_arm.estimates.set_index(["measure", "round"])
    estimated = rows.loc[("estimated_mean", "year")]
    assert means.loc[0, "year"].startswith(f"{estimated['estimate']:.1f}".removesuffix(".0"))
    assert means.loc[0, "year"].endswith(f"n ≈ {estimated['n']:.0f}")
    changes = cells(one_arm, "Differences with 95 % intervals")
    assert changes["Persons"].tolist() == [f"≈ {n:.0f}" for n in rows.loc["mean_change", "n"]]
    assert changes["p, adjusted"].tolist() == ["", f"≤ {rows.loc[('mean_change', 'year'), 'p_adjusted']:.2f}"]


def test_what_was_computed_beside_is_a_table_of_the_last_round(one_arm):
    beside = cells(one_arm, "What was computed beside the main analysis, last round")
    assert beside["Computed beside"].tolist() == ["only persons with both rounds"]
    assert beside["Rounds"].tolist() == ["year − start"]
    assert beside["p"].str.startswith("≤ ").all()


@pytest.mark.parametrize(
    ("margin", "words"), [(20.0, "within the margin of 20 points"), (0.5, "not shown to be within 0.5 points")]
)
def test_the_verdict_on_equivalence_is_said_in_words(mood, margin, words):
    found = released(mood, design="panel", margin=margin)
    assert cells(found, "Equivalence")["Equivalence"].tolist() == [words]
    assert "Non-inferiority" not in cells(found, "Equivalence")
    [_, verdict] = said(found)
    assert verdict.startswith(f"OWN mood: the change at year is {words} (rule R11; 90 % interval ")
    assert not any("no effect" in sentence or "no difference" in sentence for sentence in said(found))


def test_a_verdict_that_is_withheld_is_not_told(one_arm):
    rows = one_arm.estimates
    held = rows["measure"] == "equivalence"
    numbers = {name: rows[name].mask(held) for name in ("estimate", "conf_low", "conf_high", "n")}
    hidden = replace(one_arm, estimates=rows.assign(withheld=rows["withheld"] | held, **numbers))
    table = cells(hidden, "Equivalence")
    assert table[["Persons", "Points", "Equivalence"]].to_numpy().tolist() == [["not shown", "not shown", ""]]
    assert not any("margin" in sentence for sentence in said(hidden))


@pytest.mark.parametrize(
    ("design", "allocation", "verb"),
    [
        ("panel", "randomised", "OWN mood: the effect (peer − usual: year − start) was "),
        ("panel", "observed", "OWN mood: the arms differed in their change (peer − usual: year − start) by "),
        ("panel", None, "OWN mood changed (year − start) by "),
        ("cross-section", None, "OWN mood differed between the rounds (year − start) by "),
    ],
)
def test_the_verb_is_that_of_the_claim(mood, design, allocation, verb):
    arms = {} if allocation is None else {**ARMS, "allocation": allocation}
    method = "paired-t" if design == "panel" else "welch"
    [sentence] = said(released(mood, design=design, method=method, **arms))
    assert sentence.startswith(verb)
    assert " points (95 % interval " in sentence


def test_a_change_within_an_arm_is_no_effect(mood):
    found = released(mood, design="panel", method="paired-t", **ARMS, allocation="randomised")
    rows = found.estimates
    within = replace(found, estimates=rows[rows["group"].notna()])
    assert within.claim == "effect"
    assert [sentence.partition(" (")[0] for sentence in said(within)] == [
        "OWN mood, usual changed", "OWN mood, peer changed",
    ]  # fmt: skip


def test_shares_are_in_per_cent_and_their_changes_in_percentage_points(mood):
    shares = mood.assign(score=(mood["score"] > 50).astype(float))
    found = released(shares, design="cross-section", measurement="yes-no")
    rows = found.estimates.set_index(["measure", "round"])
    share, change = rows.loc[("share_yes", "start")], rows.loc[("risk_difference", "year")]
    table = cells(found, "Share of yes with 95 % intervals")
    assert table.loc[0, "start"].startswith(f"{100 * share['estimate']:.0f} % (")
    points = f"{100 * change['estimate']:.0f}".replace("-", "−")
    assert cells(found, "Differences in the share of yes")["Percentage points"].iloc[-1].startswith(f"{points} (")
    [sentence] = said(found)
    assert f"the share of yes differed between the rounds (year − start) by {points} percentage points" in sentence


@pytest.mark.parametrize(
    ("method", "design", "caption", "heading", "words"),
    [
        ("sign-test", "panel", "Persons who rose minus", "Per cent of persons with both rounds", "minus persons who fell"),
        ("brunner-munzel", "cross-section", "Probability that a later", "Probability", "a later answer is higher (year"),
        ("mann-whitney", "cross-section", "Rank-biserial", "Correlation", "the rank-biserial correlation of the rounds"),
        ("cumulative-link", "cross-section", "Changes in the log odds", "Log odds ratio", "the log odds of a higher answer"),
    ],
)  # fmt: skip
def test_effects_on_ordered_answers_have_a_table_and_a_sentence(mood, method, design, caption, heading, words):
    ordered = mood.assign(score=(mood["score"] // 20).clip(0, 4))
    found = released(ordered, design=design, method=method, measurement="ordinal")
    table = cells(found, caption)
    assert table[heading].str.contains(" to ").all()
    assert table["p, adjusted"].astype(bool).tolist() == [False, True]
    [sentence] = said(found)
    assert words in sentence


def test_a_test_of_all_rounds_has_its_p_value_only(mood):
    table = cells(released(mood, design="panel", method="friedman"), "Tests of all rounds together")
    assert table["Rounds"].tolist() == ["all rounds"]
    assert table["p, adjusted"].str.startswith("≤ ").all()


def test_balance_has_a_table(round_scores):
    persons = round_scores.drop_duplicates("person").reset_index(drop=True)
    persons = persons.assign(age=np.arange(len(persons)) % 37, sex=np.where(np.arange(len(persons)) % 3, "f", "m"))
    [safe] = pe.release(pe.balance_table(persons, arm="arm", reference_arm="usual", covariates=["age", "sex"]))
    [(_, table)] = tables_of(safe)
    assert table["Characteristic"].tolist() == ["age", "sex_f", "sex_m"]
    assert table["With overlap weights"].str.fullmatch(r"−?0\.0\d").all()


def test_a_report_draws_what_the_result_holds(mood, tmp_path):
    shares = mood.assign(score=(mood["score"] > 50).astype(float))
    ordered = mood.assign(score=(mood["score"] // 20).clip(0, 4))
    rounds = (
        released(mood, design="panel"),
        released(shares, design="cross-section", measurement="yes-no"),
        released(ordered, design="cross-section", measurement="ordinal"),
        released(mood.iloc[:0], design="panel"),
    )
    html = write_report([Chapter("What changed", rounds)], tmp_path / "r.html", title="t", programme="p").read_text(
        "utf-8"
    )
    assert re.findall("<figcaption>(.*?)</figcaption>", html) == [
        "OWN mood: means estimated by the model, with 95 % intervals; hollow marks are the means of those who answered.",
        "Change at the last round in standard deviations, with 95 % intervals.",
        "OWN mood: the main estimate and what was computed beside it, with 95 % intervals.",
        "OWN mood: share of yes in per cent, with 95 % intervals.",
        "Differences between the rounds, with 95 % intervals.",
        "Differences between the rounds, with 95 % intervals.",
    ]
    assert html.count("There is no second round with answers") == 1
