"""The command line as a user meets it: exit codes, messages without traceback, nothing half-written."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from peereval.studies.folder import new_study


def peereval(*arguments, cwd=None):
    done = subprocess.run(
        [sys.executable, "-m", "peereval", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", "COLUMNS": "200"},
    )
    assert "Traceback" not in done.stderr + done.stdout
    return done


def test_new_and_evaluate(tmp_path):
    made = peereval("new", tmp_path / "demo", "--preset", "ward")
    assert made.returncode == 0
    assert "Next: peereval evaluate" in made.stdout
    done = peereval("evaluate", tmp_path / "demo" / "study.toml")
    assert done.returncode == 0
    assert str(tmp_path / "demo" / "report.html") in done.stdout.replace("\n", "")
    assert (tmp_path / "demo" / "report.html").exists()


def test_check_ends_well_or_with_all_problems(tmp_path):
    study = new_study(tmp_path / "demo", preset="ward", seed=1)
    good = peereval("check", study)
    assert good.returncode == 0
    assert "answers      rounds: start: 26" in good.stdout
    assert good.stdout.rstrip().endswith("Nothing to mend.")
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace('"who-5"', '"who-6"').replace('id = "start"', 'id = "begin"'), encoding="utf-8")
    bad = peereval("check", study)
    assert bad.returncode == 2
    for part in ("PE104", "PE103", "PE207", "Did you mean 'who-5'?", "a round that is not declared"):
        assert part in bad.stdout
    assert "problems to mend." in bad.stdout


def test_unverified_facts_are_notes_without_a_line_of_code(tmp_path):
    study = new_study(tmp_path / "demo", preset="region", seed=1)
    done = peereval("evaluate", study, "--report", tmp_path / "r.html")
    assert done.returncode == 0
    assert "note: dk-30: not verified at the source" in done.stderr
    assert "Warning" not in done.stderr


def test_a_user_error_is_told_in_one_line_with_exit_code_2(tmp_path):
    study = new_study(tmp_path / "demo", preset="ward", seed=1)
    study.write_text(study.read_text(encoding="utf-8").replace("[survey]", "[surveys]"), encoding="utf-8")
    done = peereval("evaluate", study)
    assert done.returncode == 2
    assert done.stderr.startswith("error PE102: study.toml, line ")
    assert "Did you mean 'survey'?" in done.stderr
    assert not (study.parent / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("evaluate", "none.toml"), "error PE201"),
        (("reproduce", "core-2017"), "error PE104: No data set is called 'core-2017'. Did you mean 'core-2018'?"),
        (("new", "demo", "--preset", "country"), "error PE104"),
        (("evaluat",), "No such command"),
    ],
)
def test_what_does_not_exist(tmp_path, arguments, message):
    done = peereval(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr


def test_reproduce_prints_every_figure_and_ends_well():
    done = peereval("reproduce", "core-2018")
    assert done.returncode == 0
    for text in ("readmitted-peer-percent", "reproduced", "29.36", "0·66", "differs", "Fisher's exact"):
        assert text in done.stdout
    assert "note: core-2018: 1 published figure was from memory" in done.stderr


def test_a_difference_without_a_reason_ends_with_1(monkeypatch, capsys):
    from typer.testing import CliRunner

    from peereval import cli, datasets

    real = datasets.load

    def without_reasons(name):
        loaded = real(name)
        figures = tuple(
            figure.model_copy(
                update={"recompute": tuple(way.model_copy(update={"why": ""}) for way in figure.recompute)}
            )
            for figure in loaded.published.figure
        )
        published = loaded.published.model_copy(update={"figure": figures})
        return replace(loaded, published=published)

    monkeypatch.setattr(datasets, "load", without_reasons)
    with pytest.warns(UserWarning, match="mark M"):
        done = CliRunner().invoke(cli.app, ["reproduce", "core-2018"])
    assert done.exit_code == 1
    assert "5 figures differ without a written reason: core-2018/odds-ratio" in done.stderr
    capsys.readouterr()


def test_help_names_the_commands_and_the_exit_codes():
    done = peereval("--help")
    assert done.returncode == 0
    for word in ("new", "check", "evaluate", "reproduce", "Exit codes"):
        assert word in done.stdout


def test_the_catalogue_is_listed_and_an_instrument_shown_as_in_the_notebook():
    import peereval as pe
    from peereval.instruments.card import card_text

    listed = peereval("instruments")
    assert listed.returncode == 0
    assert f"{len(pe.list_instruments())} instruments" in listed.stdout
    assert "core-10-printed-codes" in listed.stdout
    shown = peereval("instruments", "csq-8-printed-codes")
    assert shown.returncode == 0
    assert shown.stdout.strip() == card_text(pe.instrument("csq-8-printed-codes"))


def test_a_bare_name_of_an_instrument_explains_the_choice():
    done = peereval("instruments", "ras-24")
    assert done.returncode == 2
    assert done.stderr.startswith("error PE304")
    assert "ras-24-sequential" in done.stderr
