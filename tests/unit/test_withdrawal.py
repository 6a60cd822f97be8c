"""A person withdraws: no row is left in any file that the study names, and every other cell stays as it is."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

import peereval as pe
from peereval.errors import DestinationError, InvalidValueError
from peereval.files import read_table, write_table
from peereval.studies.folder import new_study
from peereval.studies.withdrawal import withdraw

SURVEY = """
[study]
title = "T"
programme = "P"
design = "panel"
[[rounds]]
id = "start"
month = 0
[survey]
file = "{file}"
instruments = ["who-5"]
items = {{ who-5 = "q{{item}}" }}
[survey.columns]
person = "nøgle"
{more}
"""
ROWS = [
    ["nøgle", "round", "q1", "note"],
    ["007", "start", "1,5", "Å\nb"],
    ["8", "start", "2", "c"],
    ["007", "start", "3", "d"],
]


def folder(tmp_path, file, more=""):
    path = tmp_path / "study.toml"
    path.write_text(SURVEY.format(file=file, more=more), encoding="utf-8")
    return pe.Study.from_toml(path)


def as_csv(rows, sign):
    return "\r\n".join(sign.join(f'"{cell}"' if "\n" in cell or sign in cell else cell for cell in row) for row in rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("sign", [";", ","])
def test_text_files_keep_every_other_byte(tmp_path, encoding, sign):
    file = tmp_path / "a.csv"
    file.write_bytes((as_csv(ROWS, sign) + "\r\n").encode(encoding))
    found = withdraw(folder(tmp_path, "a.csv"), "007")
    assert dict(found.removed) == {"a.csv": 2}
    assert file.read_bytes() == (as_csv([ROWS[0], ROWS[2]], sign) + "\r\n").encode(encoding)


def test_workbooks(tmp_path):
    frame = pd.DataFrame({"nøgle": [7.0, 8.0, 7.0], "round": "start", "q1": [1.5, 2, 3]})
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    assert withdraw(folder(tmp_path, "a.xlsx"), "7").removed["a.xlsx"] == 2
    left = pd.read_excel(tmp_path / "a.xlsx")
    pd.testing.assert_frame_equal(left, frame.iloc[[1]].reset_index(drop=True), check_dtype=False)


def test_spss_files_keep_labels_and_missing_values(tmp_path):
    import pyreadstat

    frame = pd.DataFrame(
        {"nøgle": [7.0, 8.0, 9.0], "q1": [1.0, 2.0, 9.0], "day": pd.to_datetime(["2024-01-01"] * 3).date}
    )
    labels = {"q1": {1.0: "never", 9.0: "unknown"}}
    pyreadstat.write_sav(
        frame,
        tmp_path / "a.sav",
        column_labels={"q1": "How?"},
        variable_value_labels=labels,
        missing_ranges={"q1": [9.0]},
    )
    assert withdraw(folder(tmp_path, "a.sav"), "7").removed["a.sav"] == 1
    left, told = pyreadstat.read_sav(tmp_path / "a.sav", user_missing=True)
    assert left.to_dict("list") == frame.iloc[1:].to_dict("list")
    assert (told.variable_value_labels, told.column_names_to_labels["q1"]) == (labels, "How?")
    assert told.missing_ranges == {"q1": [{"lo": 9.0, "hi": 9.0}]}


@pytest.fixture(scope="module")
def region_folder(tmp_path_factory):
    return new_study(tmp_path_factory.mktemp("withdrawal") / "region", preset="region", seed=1).parent


def test_a_person_is_gone_from_every_file(tmp_path, region_folder):
    path = shutil.copytree(region_folder, tmp_path / "region") / "study.toml"
    data = path.parent / "data"
    people = pe.simulate_study("region", seed=1).persons
    write_table(people, data / "persons.parquet", origin="synthetic")
    people.assign(arm="peer support", cost=1.0, effect=1.0)[["person", "arm", "cost", "effect"]].to_csv(
        data / "costs.csv", index=False
    )
    (data / "asked.csv").write_text("informant,role\nS00003,patient\nS00004,patient\n", encoding="utf-8")
    (data / "said.csv").write_text("role,theme\npatient,hope\n", encoding="utf-8")
    more = """
[interviews]
informants = "data/asked.csv"
codings = "data/said.csv"

[costs.person_level]
file = "data/costs.csv"
treatment = "peer support"
better = "lower"
thresholds = [100]
currency = "DKK"
price_year = 2020
"""
    text = path.read_text(encoding="utf-8").replace(
        '# persons = "data/persons.parquet"', 'persons = "data/persons.parquet"'
    )
    path.write_text(text + more, encoding="utf-8")
    secure = path.parent / "secure"
    (secure / "cache").mkdir(parents=True)
    for name in ("rounds.ipynb", "plan.json", "key", "cache/scores.parquet"):
        (secure / name).write_text("{}", encoding="utf-8")
    shown, copies = path.parent / "notebooks" / "rounds.ipynb", path.parent / "notebooks" / ".ipynb_checkpoints"
    unshown = shown.read_text(encoding="utf-8")
    content = json.loads(unshown)
    content["cells"][1] |= {"execution_count": 3, "outputs": [{"output_type": "stream", "text": ["S00003"]}]}
    content["metadata"]["widgets"] = {"state": "S00003"}
    shown.write_text(json.dumps(content), encoding="utf-8")
    copies.mkdir()
    shutil.copy(shown, copies / "rounds-checkpoint.ipynb")
    (path.parent / "notebooks" / "broken.ipynb").write_text("{", encoding="utf-8")
    (path.parent / "own.ipynb").write_text(json.dumps(content), encoding="utf-8")
    (data / ".contacts.csv.17.part").write_text("S00003", encoding="utf-8")
    found = withdraw(pe.Study.from_toml(path), "S00003")
    tables = [
        "data/responses.synthetic.parquet",
        "data/contacts.synthetic.parquet",
        "data/persons.parquet",
        "data/costs.csv",
    ]
    assert list(found.removed) == [*tables, "data/asked.csv"]
    assert all(found.removed.values())
    assert found.by_hand == {
        "data/said.csv": "there is no column 'informant' that says whose a row is",
        "notebooks/broken.ipynb": "no notebook of the present format, so what its cells had shown could not be cleared",
    }
    assert found.dropped == (
        "data/.contacts.csv.17.part", "notebooks/.ipynb_checkpoints", "secure/cache", "secure/rounds.ipynb",
    )  # fmt: skip
    assert found.cleared == ("notebooks/rounds.ipynb", "own.ipynb")
    assert "Cleared of what the cells had shown: notebooks/rounds.ipynb, own.ipynb" in found.text()
    assert shown.read_text(encoding="utf-8") == unshown
    assert sorted(each.name for each in secure.iterdir()) == ["key", "lock", "plan.json"]
    rest = (each for each in path.parent.rglob("*") if each.suffix in (".ipynb", ".part", ".json"))
    assert not [each.name for each in rest if "S00003" in each.read_text(encoding="utf-8")]
    assert "S00003" not in found.text()
    for name in tables:
        left = read_table(path.parent / name)
        assert "S00003" not in set(left["person"])
        assert "S00004" in set(left["person"])
    again = read_table(path.parent / tables[0])
    assert again["origin"].eq("synthetic").all()


def test_nothing_is_changed_where_nobody_has_the_key_or_a_file_cannot_be_written(tmp_path, region_folder, monkeypatch):
    from pathlib import Path

    study = pe.Study.from_toml(shutil.copytree(region_folder, tmp_path / "region") / "study.toml")
    files = sorted((tmp_path / "region" / "data").iterdir())
    before = [each.read_bytes() for each in files]
    with pytest.raises(InvalidValueError, match="No file of the study holds this key") as caught:
        withdraw(study, "nobody-1")
    assert "nobody-1" not in str(caught.value)

    def full(self, place):  # noqa: ARG001
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(DestinationError, match="No space left on device"):
        withdraw(study, "S00003")
    assert sorted((tmp_path / "region" / "data").iterdir()) == files
    assert [each.read_bytes() for each in files] == before


@pytest.mark.parametrize("design", ['design = "panel-unlinked"', 'design = "cross-section"'])
def test_anonymous_answers_are_said_to_be_left(tmp_path, design):
    path = new_study(tmp_path / "ward", preset="ward", seed=1)
    (path.parent / "asked.csv").write_text("informant,role\nx,patient\n", encoding="utf-8")
    text = path.read_text(encoding="utf-8").replace('design = "panel-unlinked"', design)
    path.write_text(text + '\n[interviews]\ninformants = "asked.csv"\n', encoding="utf-8")
    found = withdraw(pe.Study.from_toml(path), "x")
    assert dict(found.removed) == {"asked.csv": 1}
    assert "anonymous" in found.by_hand["data/responses.synthetic.parquet"]
    assert "To do by hand" in found.text()
