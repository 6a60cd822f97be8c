"""Reports read as codings: one codebook, no quotation, totals that are the sums of their parts."""

from __future__ import annotations

import csv
from collections import defaultdict

import pandas as pd
import pytest

import peereval as pe
from peereval.interviews.codings import check_codings

PAGES = {"recovery-mentors-2016": 40, "peer-support-midway-2017": 12}


@pytest.fixture(scope="module", params=PAGES)
def study(request):
    return pe.datasets.load(request.param)


def status(name):
    rows = pe.datasets.load(name).reproduce().estimates
    return rows.assign(key=rows["figure"] + rows["way"].fillna("").radd(" ").str.rstrip()).set_index("key")


def test_codings_keep_the_contract_and_one_codebook(study):
    codings, themes = study.tables["codings"], study.tables["themes"]
    check_codings(codings)
    assert set(codings["theme"]) == set(themes["theme"])
    assert themes["claim"].is_unique


def test_a_report_gives_no_informants_and_no_quotation(study):
    codings = study.tables["codings"]
    assert "informant" not in codings
    assert not codings["statement"].str.contains('["“”»«]').any()
    with pytest.raises(pe.PeerevalError, match="needs coded interviews"):
        pe.saturation(codings)


def test_every_point_has_a_page_of_the_annex(study):
    pages = study.tables["codings"]["place"].str.extract(r"^p\. (\d+)$", expand=False)
    others = set(study.tables["codings"].loc[pages.isna(), "place"])
    assert others <= {"summary", "further quotations", "last page"}
    assert pages.dropna().astype(int).between(1, PAGES[study.name]).all()
    numbered = study.tables["codings"]["statement_id"].str.extract(r"^(\d+)-", expand=False)
    assert (numbered.dropna().astype(int) == pages[numbered.notna()].astype(int)).all()


def test_groups_that_were_asked_are_those_that_spoke(study):
    asked = set(study.tables["informants"]["role"])
    assert set(study.tables["codings"]["role"]) == asked | {"groups together"}


def test_the_mentors_report_adds_up_and_contradicts_itself():
    rows = status("recovery-mentors-2016")
    sums = {"informants": 29, "staff": 7, "managers": 6, "by-focus-group": 15, "by-telephone": 14}
    for figure, total in sums.items():
        assert (rows.loc[figure, "status"], rows.loc[figure, "estimate"]) == ("reproduced", total)
    against = rows[rows["status"] == "contradicts"]["difference"].to_dict()
    assert against == {
        "groups-with-doubts against groups-that-need-clarity": 1,
        "centres-with-mentors against centres-agenda": 1,
        "hours-low against hours-quoted": -5,
    }


def test_the_midway_summary_has_two_colleagues_too_many_in_a_footnote():
    rows = status("peer-support-midway-2017")
    assert rows.loc["colleagues", ["status", "difference"]].tolist() == ["differs", 2]
    assert rows.loc["informants", ["status", "estimate"]].tolist() == ["reproduced", 48]
    assert rows.loc["end-day against last-day-of-june", "status"] == "contradicts"


def test_themes_of_all_four_groups_by_a_naive_count(root):
    """Oracle: a plain loop over the lists from which the tables are made."""
    spoke = defaultdict(set)
    with (root / "datasets" / "recovery-mentors-2016" / "codings.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            spoke[row["theme"]].add(row["role"])
    groups = {"patient", "peer", "staff", "manager"}
    naive = {theme for theme, roles in spoke.items() if groups <= roles}
    assert naive == {
        "gives hope", "own experience helps", "has time and is present", "group sessions help", "gives staff knowledge",
        "role is unclear",
    }  # fmt: skip
    codings = pe.datasets.load("recovery-mentors-2016").tables["codings"]
    cells = pe.theme_matrix(codings.drop(columns="kind")).estimates
    named = cells[cells["group"].isin(groups) & cells["answer"].ne("not reported")]
    assert set(named.groupby("term").size().loc[lambda n: n == len(groups)].index) == naive


def test_criteria_and_tasks_are_as_many_as_the_ledger_states():
    study = pe.datasets.load("peer-support-midway-2017")
    printed = {figure.id: figure.printed for figure in study.published.figure}
    criteria, tasks, themes = (study.tables[name] for name in ("criteria", "tasks", "themes"))
    counted = {
        "criteria": (criteria["source"] == "model descriptions").sum(),
        "criteria-added": (criteria["source"] == "interviews").sum(),
        "task-kinds": tasks["task"].nunique(),
        "bridging-parts": (tasks["task"] == "bridging").sum(),
        "workplaces": len(study.tables["workplaces"]),
        "partners": len(study.tables["partners"]),
        "roles": len(study.tables["roles"]),
        "gains-workplaces": (themes["family"] == "workplaces").sum(),
    }
    assert {name: printed[name] for name in counted} == {name: str(count) for name, count in counted.items()}
    least = criteria.dropna(subset="least").set_index("unit")["least"]
    assert least[["hours a week", "years"]].tolist() == [
        float(printed["hours-least"]),
        float(printed["recovery-years"]),
    ]


def test_one_managers_wish_is_not_the_extent_of_what_managers_say():
    codings = pe.datasets.load("recovery-mentors-2016").tables["codings"]
    unclear = codings[(codings["theme"] == "role is unclear") & (codings["role"] == "manager")]
    assert unclear["extent"].dropna().tolist() == ["one"]
    cells = pe.theme_matrix(codings.drop(columns="kind")).estimates.set_index(["term", "group"])["extent"]
    assert pd.isna(cells["role is unclear", "manager"])
    assert cells["start was hard", "peer"] == "most"
