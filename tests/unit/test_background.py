"""What a study says beside its results: facts for checklists, own words, governance, departures and files."""

from __future__ import annotations

import shutil

import pytest

import peereval as pe
from peereval.errors import UnreadableFileError
from peereval.studies.background import background_of
from peereval.studies.prespecification import record_plan


@pytest.fixture
def file(tmp_path, region_folder):
    """The study.toml of a new region."""
    return shutil.copytree(region_folder, tmp_path / "region") / "study.toml"


def with_text(file, text):
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")
    return pe.Study.from_toml(file)


def test_facts_follow_from_the_study_file_without_any_data(file):
    for table in (file.parent / "data").iterdir():
        table.unlink()
    facts = pe.Study.from_toml(file).background.facts
    assert facts["design"] == "the same persons at each round, linked"
    assert facts["rounds"] == "start (month 0), half-year (month 6), one-year (month 12)"
    assert facts["allocation"] == "observed arms"
    assert facts["definition"] == "dk-30"
    assert facts["followup"] == "until 2020-12-31"
    assert not {"randomised", "interviews", "costs", "name", "plan_record"} & set(facts)


def test_the_programme_file_and_the_costs_tell_their_facts(file):
    peers = pe.Programme(name="Peers", why="hope")
    peers.to_toml(file.parent / "programme.toml")
    study = with_text(
        file,
        '\n[programme]\nfile = "programme.toml"\n[costs.break_even]\nannual_cost = 7e6\nbed_day_price = 3500.0\n'
        'currency = "DKK"\nprice_year = 2020\n[interviews]\ncodings = "themes.qdpx"\n',
    )
    facts = study.background.facts
    assert (facts["name"], facts["why"]) == ("Peers", "hope")
    assert "materials" not in facts
    assert facts["currency"] == "DKK, prices of 2020"
    assert facts["codings"] == "REFI-QDA project"
    found = pe.checklist(study, "tidier").set_index("item")["status"]
    assert found[["1", "2", "3"]].tolist() == ["filled", "filled", "missing"]


def test_texts_are_read_in_the_asked_language_and_stay_as_they_are(file):
    texts = file.parent / "text"
    texts.mkdir(exist_ok=True)
    for name, text in (("rounds.en", "Changed."), ("rounds.da", "Ændret."), ("checklist-trend.en", "## 9\n\nNobody.")):
        (texts / f"{name}.md").write_text(text, encoding="utf-8")
    before = {place: place.read_bytes() for place in texts.iterdir()}
    study = pe.Study.from_toml(file)
    assert study.background.texts["rounds"].text == "Changed."
    danish = background_of(study, language="da").texts
    assert danish["rounds"].text == "Ændret."
    assert danish["checklist-trend"].other_language
    assert pe.checklist(study, "trend").set_index("item").loc["9", "text"] == "Nobody."
    assert {place: place.read_bytes() for place in texts.iterdir()} == before


def test_departures_and_the_stored_plan_are_told(file):
    record_plan(pe.Study.from_toml(file))
    kept = pe.checklist(pe.Study.from_toml(file), "trend")
    text = file.read_text(encoding="utf-8").replace('primary = "qpr-15:total"', 'primary = "who-5:score_0_100"')
    file.write_text(text, encoding="utf-8")
    background = pe.Study.from_toml(file).background
    [told] = background.departures
    assert "plan.primary was qpr-15:total, and is who-5:score_0_100." in told
    assert "SHA-256" in background.facts["plan_record"]
    assert kept.set_index("item").loc["5", "text"] == "qpr-15:total"


def test_governance_stands_as_the_study_file_says(file):
    governance = pe.Study.from_toml(file).background.governance
    assert governance["purpose"] == "quality work"
    assert set(governance) <= {"purpose", "legal_basis", "approval", "processor", "deletion_date"}


def test_a_text_that_is_not_utf_8_is_told_by_its_name(file):
    texts = file.parent / "text"
    texts.mkdir(exist_ok=True)
    (texts / "rounds.en.md").write_bytes(b"\xe6")
    with pytest.raises(UnreadableFileError, match=r"rounds\.en\.md is not UTF-8"):
        _ = pe.Study.from_toml(file).background
