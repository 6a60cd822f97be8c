"""Reporting checklists: complete, filled only by facts that exist, each item filled or named missing."""

from __future__ import annotations

import re

import pytest

import peereval as pe
from peereval.errors import UnknownNameError
from peereval.programmes.programme import TIDIER
from peereval.reports.background import OWN_PARTS, Background, Chapter
from peereval.reports.own_words import OwnWords
from peereval.reports.reporting_checklists import checklist_names, filled, fitting_checklists, reporting_checklist


class Described:
    """Stands in for a study."""

    def __init__(self, background, chapters=()):
        self.background, self.chapters = background, chapters


# the published statements number their items so
ITEMS = {
    "cheers": [str(number) for number in range(1, 29)],
    "consort": [
        "1a", "1b", "2a", "2b", "3a", "3b", "4a", "4b", "5", "6a", "6b", "7a", "7b", "8a", "8b", "9", "10", "11a", "11b",
        "12a", "12b", "13a", "13b", "14a", "14b", "15", "16", "17a", "17b", "18", "19", "20", "21", "22", "23", "24", "25",
    ],
    "coreq": [str(number) for number in range(1, 33)],
    "gripp2-sf": ["1", "2", "3", "4", "5"],
    "record": ["1.1", "1.2", "1.3", "6.1", "6.2", "6.3", "7.1", "12.1", "12.2", "12.3", "13.1", "19.1", "22.1"],
    "tidier": [str(number) for number in range(1, 13)],
    "trend": [str(number) for number in range(1, 23)],
}  # fmt: skip


def test_every_checklist_has_all_items_of_its_statement():
    assert {name: [item.item for item in reporting_checklist(name).items] for name in checklist_names()} == ITEMS


def test_the_twelve_items_of_tidier_are_the_fields_of_a_programme():
    assert tuple(fact for item in reporting_checklist("tidier").items for fact in item.facts) == TIDIER


def test_every_fact_is_one_that_something_tells(root):
    places = ("src/peereval/reports/checklist_facts.py", "src/peereval/studies/background.py")
    told = set(re.findall(r'"(\w+)"', "".join((root / place).read_text(encoding="utf-8") for place in places)))
    asked = {fact for name in checklist_names() for item in reporting_checklist(name).items for fact in item.facts}
    assert asked - told - {*TIDIER, *OWN_PARTS, "departures"} == set()


def test_the_checklist_follows_from_what_the_study_is():
    def names(**facts):
        return [each.id for each in fitting_checklists(facts)]

    assert names(survey="x", randomised="x") == ["consort", "gripp2-sf", "tidier"]
    assert names(survey="x") == ["gripp2-sf", "tidier", "trend"]
    assert names(survey="x", contacts="x", interviews="x", costs="x") == [
        "cheers", "coreq", "gripp2-sf", "record", "tidier", "trend",
    ]  # fmt: skip


def test_an_item_is_filled_partly_filled_or_missing():
    found = filled(reporting_checklist("trend"), {"title": "A ward", "primary": "qpr-15:total"}, {"9": "Nobody was."})
    found = found.set_index("item")
    assert found.loc["1", ["status", "text"]].tolist() == ["partly", "A ward"]
    assert found.loc["5", ["status", "text"]].tolist() == ["filled", "qpr-15:total"]
    assert found.loc["9", ["status", "text"]].tolist() == ["filled", "Nobody was."]
    assert found.loc["7", ["status", "text"]].tolist() == ["missing", ""]


def test_released_results_and_own_words_fill_items(region):
    released = tuple(pe.release(pe.attrition(region.responses, arm="arm")))
    texts = {"checklist-trend": OwnWords("## 19\n\nNone were reported.", "en"), "reservations": OwnWords("Few.", "en")}
    source = Described(Background({"design": "panel"}, texts), [Chapter("Who answered", released)])
    found = pe.checklist(source, "trend").set_index("item")
    assert found.loc["12", "text"].startswith("Who answered: ")
    assert found.loc["11", ["status", "text"]].tolist() == ["filled", "How it was done"]
    assert found.loc["19", "text"] == "None were reported."
    assert found.loc["20", ["status", "text"]].tolist() == ["partly", "Few."]


def test_a_withheld_result_fills_nothing(region):
    [safe] = pe.release(pe.attrition(region.responses, arm="arm"))
    from dataclasses import replace

    hidden = replace(safe, estimates=safe.estimates.assign(withheld=True))
    found = pe.checklist(Described(Background(), [Chapter("Who answered", (hidden,))]), "trend").set_index("item")
    assert found.loc["12", "status"] == "missing"


def test_an_unknown_checklist_is_refused():
    with pytest.raises(UnknownNameError, match="reporting checklist"):
        pe.checklist(Described(Background()), "consorts")
