"""The six Danish models and the three Swedish rounds: what is told, what contradicts, and what is made up."""

from __future__ import annotations

import pytest

import peereval as pe

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")


@pytest.fixture(scope="module")
def models():
    return pe.datasets.load("six-models-2018")


@pytest.fixture(scope="module")
def rounds():
    return pe.datasets.load("three-rounds-sweden-2018")


def statuses(study):
    return study.reproduce().estimates.set_index("figure")["status"]


def test_the_period_of_the_six_models_is_told_in_three_ways(models):
    rows = models.reproduce().estimates.set_index("figure")
    against = rows.index[rows["status"] == "contradicts"].tolist()
    assert against == ["last-year-of-the-grant", "first-year-capital"]
    assert rows.loc[against, "difference"].tolist() == [1, -1]
    assert statuses(models)[["partnerships-named", "models-if-two-each"]].tolist() == ["agrees", "agrees"]


def test_the_findings_of_the_six_models_are_those_of_groups(models):
    found = models.tables["codings"]
    assert found["role"].value_counts().to_dict() == {"organisation": 5, "recipient": 4, "peer": 2, "evaluator": 1}
    assert "informant" not in found
    assert len(models.programmes["programme"].partners) == 3


def test_the_handbook_contradicts_itself(rounds):
    found = statuses(rounds)
    assert set(found.index[found == "contradicts"]) == {
        "mapping-began-background", "visits-since-background", "organisations-slides", "annex-1-text",
    }  # fmt: skip
    assert set(found) == {"stated", "agrees", "contradicts"}


def test_no_claim_about_patients_was_measured(rounds):
    claims = rounds.tables["claims"]
    assert set(claims.loc[claims["about"] == "patients", "origin_of_claim"]) == {
        "perceived", "international literature", "stated without a source",
    }  # fmt: skip
    perceived = claims["origin_of_claim"] == "perceived"
    assert (claims["perceived_by"].notna() == perceived).all()
    assert "origin" not in claims


def test_the_survey_of_the_three_rounds_is_made_up_and_follows_the_design(rounds):
    answers = rounds.tables["responses"]
    assert set(answers["origin"]) == {"synthetic"}
    assert "person" not in answers
    programme = rounds.programmes["programme"]
    assert [(each.id, each.month) for each in programme.rounds] == [("start", 0), ("half-year", 6), ("one-year", 12)]
    assert set(answers["round"]) == {each.id for each in programme.rounds}


def test_the_project_itself_tells_one_criterion_of_its_handbook(rounds):
    found = rounds.programmes["programme"].fidelity("nsph-2018").estimates
    known = found[found["status"].isin(["met", "not met"])]
    assert known[["term", "told_by"]].to_numpy().tolist() == [["users-own-the-model", "a stated answer"]]
