"""A study whose answers are linked by a code of the persons' own making, from its file to its report."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import ColumnError, DesignError, InvalidValueError, UnknownKeyError
from peereval.reports.response import response_of
from peereval.reports.summary import sentences_of
from peereval.reports.tables import tables_of
from peereval.simulate.codes import CODE, simulate_codes

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnusedColumnsWarning")
STUDY = """
[study]
title = "T"
programme = "P"
design = "panel"
{arms}
[[rounds]]
id = "start"
month = 0
[[rounds]]
id = "one-year"
month = 12
[comparisons]
method = "{method}"
[survey]
file = "a.csv"
{invited}
instruments = ["who-5"]
items = {{ who-5 = "q{{item}}" }}
{more}
[survey.linking]
parts = {parts}
"""
ARMS = 'allocation = "observed"\nreference_arm = "usual"\n'


def folder(tmp_path, *, parts=CODE, arms="", invited="", more="", method="paired-t", answers=None):
    given = simulate_codes(90, seed=3) if answers is None else answers
    person = given["true_person"].astype(int).to_numpy()
    items = {f"q{item}": (person * item + np.arange(len(given)) % 2) % 6 for item in range(1, 6)}
    arm = {"arm": np.where(person % 2, "usual", "peer")} if arms else {}
    given.drop(columns="true_person").assign(**items, **arm).to_csv(tmp_path / "a.csv", sep=";", index=False)
    if invited:
        (tmp_path / "inv.csv").write_text("round,invited\nstart,80\none-year,90\n", encoding="utf-8")
    path = tmp_path / "study.toml"
    path.write_text(
        STUDY.format(parts=list(parts), arms=arms, invited=invited, more=more, method=method), encoding="utf-8"
    )
    return path


def of_kind(evaluation, kind):
    return [found for part in evaluation.released.values() for found in part if found.kind == kind]


def test_answers_are_linked_and_the_links_are_judged(tmp_path):
    study = pe.Study.from_toml(folder(tmp_path, invited='invited = "inv.csv"'))
    data = study.read()
    by_hand = pe.link_rounds(simulate_codes(90, seed=3).drop(columns="true_person"), code=list(CODE))
    assert data.responses["reason"].tolist() == by_hand["reason"].tolist()
    assert data.responses.groupby("person").size().value_counts().to_dict() == (
        by_hand.groupby("person").size().value_counts().to_dict()
    )
    assert not set(CODE) & set(data.responses.columns)
    evaluation = study.evaluate()
    assert [found.kind for found in evaluation.results["participation"]] == ["attrition", "linkage", "baseline"]
    change = evaluation.results["rounds"][0]
    pairs = int(data.responses.groupby("person").size().eq(2).sum())
    rows = change.estimates
    assert rows.loc[rows["measure"] == "mean_change", "n"].tolist() == [pairs, pairs]
    html = evaluation.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Answers by how they were linked" in html
    assert "results about persons over the rounds are given (rule R4)" in html
    # the tables of results; those of checklists and of what was withheld are plain
    tables = re.findall(r'<table class="gt_table".*?</table>', html, flags=re.DOTALL)
    assert len(tables) > 3
    assert all("Answered / invited: start ≈" in table for table in tables)


def test_with_too_many_false_links_no_answer_has_a_person(tmp_path):
    """Three parts that many share: rule R4 gives no result about persons, and says so wherever one would stand."""
    study = pe.Study.from_toml(folder(tmp_path, parts=CODE[:2]))
    data = study.read()
    assert data.linkage.settings["person_level"] is False
    assert data.responses["person"].isna().all()
    assert data.scores["person"].isna().all()
    results = study.evaluate().results
    note = "so the answers are treated as not linked (rule R4)."
    answered, change = results["participation"][0], results["rounds"][0]
    assert set(answered.estimates["measure"]) == {"answered"}
    assert any(note in text for text in answered.assumptions)
    assert any(note in text for text in change.assumptions)
    assert "mean_difference" in set(change.estimates["measure"])
    assert "mean_change" not in set(change.estimates["measure"])
    [line] = [each.text for each in pe.check_study(study.path).findings if each.code == "R4"]
    assert note in line


def test_codes_that_nobody_gave_twice_leave_nothing_linked(tmp_path):
    answers = simulate_codes(60, answer=1.0, seed=4)
    answers = answers[(answers["true_person"].astype(int) % 2 == 0) == (answers["round"] == "start")]
    study = folder(tmp_path, answers=answers)
    assert any("No answers of two rounds could be linked" in each.text for each in pe.check_study(study).findings)
    assert pe.Study.from_toml(study).read().responses["person"].isna().all()


def test_a_check_says_how_answers_were_linked(tmp_path):
    found = pe.check_study(folder(tmp_path))
    assert found.ok
    linked = pe.Study.from_toml(tmp_path / "study.toml").read().responses
    words = {"linked_exact": "same code", "linked_one_part": "one part different", "no_match": "no match"}
    said = {each.text.partition(": ")[0]: each.text for each in found.findings if each.code == "linking"}
    for label in ("start", "one-year"):
        counts = linked.loc[linked["round"] == label, "reason"].value_counts()
        for reason, word in words.items():
            assert f"{word} {counts[reason]}" in said[label]
    assert any(re.search(r"about \d\.\d% of the links may be false", text) for text in said.values())


def test_a_link_between_two_arms_is_undone_and_counted(tmp_path):
    answers = simulate_codes(80, slip=0.0, answer=1.0, seed=5)
    # the same person comes back in the other arm: arms go by the parity of the number
    moved = (answers["round"] == "one-year") & answers["true_person"].isin(["4", "6"])
    answers["true_person"] = answers["true_person"].mask(moved, (answers["true_person"].astype(int) + 1).astype(str))
    study = pe.Study.from_toml(folder(tmp_path, arms=ARMS, answers=answers))
    data = study.read()
    apart = data.responses[data.responses["reason"] == "arms_disagree"]
    assert len(apart) == 4
    assert apart["person"].is_unique
    assert not apart["linked"].any()
    assert data.linkage.exclusions["arms_disagree"] == 4
    assert "links between answers of two arms were undone" in data.linkage.assumptions[-1]
    assert pe.check_study(study.path).ok
    safe = of_kind(study.evaluate(), "linkage")[0]
    assert safe.exclusions["arms_disagree"] == "<5"


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"more": 'columns = { person = "q1" }'}, InvalidValueError, "a key of persons needs no linking"),
        ({"parts": ()}, InvalidValueError, "survey.linking.parts"),
        ({"parts": CODE[:1]}, InvalidValueError, "1 different parts"),
        ({"parts": ("mother_initial", "birth_mont")}, ColumnError, "no column 'birth_mont'"),
    ],
)
def test_what_cannot_be_linked_is_refused_and_a_check_finds_it(tmp_path, given, kind, words):
    path = folder(tmp_path, **given)
    with pytest.raises(kind, match=words):
        pe.Study.from_toml(path).read()
    assert any(words in each.text for each in pe.check_study(path).problems)


def test_only_a_panel_is_linked_and_keys_are_told(tmp_path):
    path = folder(tmp_path, method="welch")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"panel"', '"panel-unlinked"'), encoding="utf-8")
    with pytest.raises(InvalidValueError, match="finds the same persons again"):
        pe.Study.from_toml(path)
    path.write_text(text.replace("parts =", "part ="), encoding="utf-8")
    with pytest.raises(
        UnknownKeyError, match=r"the key 'part' in \[survey.linking\] is not known. Did you mean 'parts'"
    ):
        pe.Study.from_toml(path)
    path.write_text(text + "max_distance = 2\n", encoding="utf-8")
    with pytest.raises(InvalidValueError, match="max_distance"):
        pe.Study.from_toml(path)


def test_a_file_with_persons_is_not_linked_again(tmp_path):
    path = folder(tmp_path)
    answers = pd.read_csv(tmp_path / "a.csv", sep=";")
    answers.assign(person=[f"p{row}" for row in range(len(answers))]).to_csv(tmp_path / "a.csv", sep=";", index=False)
    with pytest.raises(DesignError, match="column 'person' already"):
        pe.Study.from_toml(path).read()
    assert [each.where for each in pe.check_study(path).problems] == ["survey.linking"]


def test_a_file_in_the_layout_of_the_responses_keeps_all_its_columns(tmp_path):
    path = folder(tmp_path)
    answers = pd.read_csv(tmp_path / "a.csv", sep=";").rename(columns={f"q{n}": f"who5_0{n}" for n in range(1, 6)})
    answers.assign(note="x").to_csv(tmp_path / "a.csv", sep=";", index=False)
    text = path.read_text(encoding="utf-8").replace('items = { who-5 = "q{item}" }', "")
    path.write_text(text, encoding="utf-8")
    data = pe.Study.from_toml(path).read()
    assert "note" in data.responses.columns
    assert data.linkage.kind == "linkage"


def test_the_table_of_links_is_made_of_released_numbers():
    found = pe.linkage_summary(pe.link_rounds(simulate_codes(300, seed=8), code=CODE))
    [safe] = pe.release(found)
    (_, ways), (_, pairs) = tables_of(safe)
    rows = safe.estimates
    start = rows[(rows["measure"] == "link_status") & (rows["round"] == "start")].set_index("term")
    line = ways.set_index("Round").loc["start"]
    assert line["Same code"] == f"≈\xa0{start.loc['linked_exact', 'numerator']:.0f}"
    assert line["Answers"] == f"≈\xa0{start['denominator'].iloc[0]:.0f}"
    assert pairs.columns.tolist() == ["Rounds", "Of the first", "Of the second", "Same code", "May be false"]
    shares = rows[rows["measure"] == "linked_share"]["estimate"].tolist()
    assert [pairs.loc[0, name].split("\xa0")[0] for name in ("Of the first", "Of the second")] == [
        f"{100 * share:.0f}" for share in shares
    ]


@pytest.mark.parametrize("how", [{"person": "true_person"}, {}])
def test_links_by_an_id_and_anonymous_rounds_have_tables_and_no_false_links(how):
    [safe] = pe.release(pe.linkage_summary(pe.link_rounds(simulate_codes(300, seed=8), **how)))
    assert "May be false" not in tables_of(safe)[1][1].columns
    assert sentences_of(safe) == []


def test_nobody_has_no_ways_of_being_linked():
    [safe] = pe.release(pe.linkage_summary(pe.link_rounds(simulate_codes(9, seed=8).iloc[:0], code=CODE)))
    assert [caption for caption, _ in tables_of(safe)] == [
        "Links between two rounds: shares of the answers to each, and of the links"
    ]


def answered(**rounds):
    """Released answers of each round, and of how many invited (None: not known)."""
    rows = [
        {"measure": "answered", "group": "all", "round": label, "numerator": count, "denominator": invited}
        for label, (count, invited) in rounds.items()
    ]
    frame = pd.DataFrame(rows).astype({"denominator": float})
    share = frame["numerator"] / frame["denominator"]
    result = pe.Result(
        kind="attrition", title="T", estimates=frame.assign(estimate=share), method="M", claim="description"
    )
    return pe.release(result)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"start": (40, 80), "end": (21, 40)}, "Answered / invited: start ≈ 40 / ≈ 80, end ≈ 20 / ≈ 40."),
        ({"start": (40, 80), "end": (21, None)}, "Answered / invited: start ≈ 40 / ≈ 80, end ≈ 20 / unknown."),
        ({"start": (40, 80), "end": (3, 40)}, "Answered / invited: start ≈ 40 / ≈ 80, end not shown / ≈ 40."),
        ({"start": (40, 80), "end": (1, 3)}, "Answered / invited: start ≈ 40 / ≈ 80, end not shown / not shown."),
        ({"start": (40, None)}, "Response unknown: how many were invited is not known."),
    ],
)
def test_the_response_is_said_in_released_numbers_or_is_unknown(given, line):
    assert response_of(answered(**given)).replace("\xa0", " ") == line
    assert response_of([]) == "Response unknown: how many were invited is not known."
