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


@pytest.fixture(autouse=True)
def _no_language_of_an_earlier_command(monkeypatch):
    from peereval.cli import _LANGUAGE

    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    before = _LANGUAGE.set("")
    yield
    _LANGUAGE.reset(before)


def here(*arguments):
    """The command line in this process: what the packages take to load is paid once."""
    from typer.testing import CliRunner

    from peereval.cli import app

    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.mark.slow
@pytest.mark.kernels
def test_the_whole_way_of_a_study(tmp_path, monkeypatch):
    study = tmp_path / "demo" / "study.toml"
    made = here("new", study.parent, "--preset", "ward", "--language", "da")
    assert "Næste trin: peereval evaluate" in made.stdout
    notebook = study.parent / "notebooks" / "rounds.ipynb"
    whole = notebook.read_text(encoding="utf-8")
    notebook.write_text(whole.replace("study.save(", "{}['S00017'], study.save("), encoding="utf-8")
    failed = peereval("evaluate", study)
    assert failed.returncode == 1
    assert "Beregnet: deltagelse." in failed.stdout
    assert "fejl PE403: afsnittet 'rounds': En celle sluttede med KeyError." in failed.stderr
    assert "S00017" not in failed.stdout + failed.stderr
    assert "S00017" in (study.parent / "secure" / "rounds.ipynb").read_text(encoding="utf-8")
    assert (study.parent / "released" / "tables.xlsx").exists()
    report = (study.parent / "released" / "report.html").read_text(encoding="utf-8")
    assert '<html lang="da"' in report
    assert "PE403" in report
    assert "S00017" not in report
    notebook.write_text(whole, encoding="utf-8")
    # what goes to a committee was written above
    monkeypatch.setattr("peereval.studies.running.write_study_committee", lambda *_, **__: [])
    mended = here("evaluate", study.parent)
    assert mended.exit_code == 0
    assert "Intet er ændret, så beholdt som frigivet: deltagelse." in mended.stdout
    assert "Beregnet: runder." in mended.stdout
    assert str(study.parent / "released" / "report.html") in mended.stdout.replace("\n", "")
    assert "image/png" in (study.parent / "secure" / "rounds.ipynb").read_text(encoding="utf-8")
    confirmed = here("release", study)
    assert confirmed.exit_code == 0
    [kept] = (study.parent / "released" / "confirmed").iterdir()
    assert str(kept) in confirmed.stdout.replace("\n", "")
    same = here("diff", kept, study.parent / "released")
    assert same.exit_code == 0
    assert "0 tal har flyttet sig" in same.stdout


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


def test_notes_and_what_was_done_are_told(capsys):
    from peereval.cli import _print_run
    from peereval.studies.kernels import Failure
    from peereval.studies.running import Run

    failed = {"rounds": Failure("PE203", "A table lacks a column.", "no column 'x'.")}
    _print_run(Run(None, ("costs",), ("hospital", "questions"), failed, ("dk-30: not verified at the source",)))
    said = capsys.readouterr()
    assert said.out == "Nothing changed, so kept as released: hospital, questions.\nComputed: costs.\n"
    assert said.err == "note: dk-30: not verified at the source\nerror PE203: the section 'rounds': no column 'x'.\n"


def test_a_difference_is_printed_with_what_is_not_shown(capsys):
    import pandas as pd

    from peereval.cli import _print_differences
    from peereval.studies.differences import Differences

    rows = [
        ("hospital", "Readmission", "peer · rate", number, 0.25, new, 0.01)
        for number, new in (("estimate", 0.26), ("n", 3))
    ]
    rows.append(("hospital", "Readmission", "[usual] · rate", "estimate", 0.2, float("nan"), float("nan")))
    names = ["section", "title", "figure", "number", "old", "new", "difference"]
    reasons = {"hospital": ("data: contacts.file",), "rounds": ()}
    _print_differences(Differences(pd.DataFrame(rows, columns=names), 7, 1, 2, reasons))
    said = capsys.readouterr().out
    for part in ("hospital: data: contacts.file", "rounds: the same", "0.26", "not shown", "[usual] · rate"):
        assert part in said
    assert "2 figures moved, with 1 of their limits and counts; 7 numbers are the same, 1 are new, 2 are gone." in said


def test_a_stop_is_told_with_130_and_without_a_traceback(monkeypatch, capsys):
    from peereval import cli

    def stopped():
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "app", stopped)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err.startswith("Stopped. Nothing is half-written")


def test_a_withdrawal_says_where_and_tells_no_key(tmp_path):
    study = new_study(tmp_path / "demo", preset="region", seed=1)
    done = peereval("withdraw", "S00003", study)
    assert done.returncode == 0
    assert "data/contacts.synthetic.parquet: 1 row" in done.stdout
    again = peereval("withdraw", "S00003", study)
    assert again.returncode == 2
    assert "S00003" not in done.stdout + again.stderr


@pytest.mark.parametrize(("begun", "offered"), [("new x --language ", "da"), ("release x --policy st", "standard")])
def test_shells_complete_names(begun, offered):
    from typer.testing import CliRunner

    from peereval.cli import app

    asked = {
        "_PEEREVAL_COMPLETE": "complete_bash",
        "COMP_WORDS": f"peereval {begun}",
        "COMP_CWORD": str(len(begun.split(" "))),
    }
    assert offered in CliRunner().invoke(app, [], prog_name="peereval", env=asked).stdout.split()


def test_a_user_error_is_told_in_one_line_with_exit_code_2(tmp_path):
    study = new_study(tmp_path / "demo", preset="ward", seed=1)
    study.write_text(study.read_text(encoding="utf-8").replace("[survey]", "[surveys]"), encoding="utf-8")
    done = peereval("evaluate", study)
    assert done.returncode == 2
    assert done.stderr.startswith("error PE102: study.toml, line ")
    assert "Did you mean 'survey'?" in done.stderr
    assert not (study.parent / "released").exists()


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
    for word in ("new", "check", "evaluate", "release", "diff", "withdraw", "reproduce", "Exit codes", "130"):
        assert word in done.stdout
    for command in ("new", "check", "evaluate", "release", "diff", "withdraw"):
        assert f"Example: peereval {command}" in peereval(command, "--help").stdout


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
