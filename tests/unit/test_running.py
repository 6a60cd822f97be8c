"""A study run: what is computed, kept, taken away and told. Cells run in this process here; one test starts kernels."""

from __future__ import annotations

import contextlib
import errno
import io
import itertools
import json
import os
import re
import shutil
import sys
import threading
from datetime import date

import pytest

import peereval as pe
from peereval.errors import DestinationError, MissingFileError, UnknownNameError, UnreadableFileError
from peereval.files import read_table, write_table
from peereval.studies import running, saving
from peereval.studies.confirming import confirm_release
from peereval.studies.differences import compare_releases
from peereval.studies.folder import new_study
from peereval.studies.inputs import inputs_of, section_inputs
from peereval.studies.kernels import failure_of
from peereval.studies.running import run_study
from peereval.studies.section_notebooks import code_of, section_notebook, warned
from peereval.studies.sections import SECTIONS
from peereval.surveys.storage import layout_metadata

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")


def cells_here(notebooks, *, environment, ended, meanwhile=tuple):
    """Stand in for the kernels: the same cells, variables and folder, without a process for each."""
    meanwhile()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        for name, place in notebooks.items():
            patch.chdir(place.parent)
            failure = None
            names = {"display": str}
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(compile(code_of(place), place.name, "exec"), names)  # noqa: S102 - as a kernel does
            except Exception as error:  # noqa: BLE001 - a cell may raise anything
                failure = failure_of(type(error).__name__, str(error))
            ended(name, place.read_text(encoding="utf-8"), failure)


def a_page(study, released, path, *, failed):
    """Stand in for the report, where a test does not look at it."""
    path.write_text(", ".join([study.plan.study.title, *released, *failed]), encoding="utf-8")
    return path


def nothing(*_, **__):
    """Stand in for what goes to a committee; other tests look at it."""


@pytest.fixture(autouse=True)
def _no_kernels(monkeypatch, request):
    if "kernels" not in request.keywords:
        monkeypatch.setattr(running, "run_notebooks", cells_here)
    monkeypatch.setattr(running, "write_study_committee", nothing)
    if "reported" not in request.fixturenames:
        monkeypatch.setattr(running, "write_study_report", a_page)


@pytest.fixture
def reported():
    """Write real reports."""


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """A ward that was evaluated once; tests work on copies."""
    study = pe.Study.from_toml(new_study(tmp_path_factory.mktemp("studies") / "ward", preset="ward", seed=1))
    for name in ("participation", "rounds"):
        # figures of the notebooks take most of the time, and show nothing here
        edit(study, name, "        result.plot()", "        pass")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "run_notebooks", cells_here)
        patch.setattr(running, "write_study_report", a_page)
        patch.setattr(running, "write_study_committee", nothing)
        run_study(study)
    return study.path.parent


@pytest.fixture
def study(evaluated, tmp_path):
    shutil.copytree(evaluated, tmp_path / "ward")
    return pe.Study.from_toml(tmp_path / "ward" / "study.toml")


def edit(study, section, old, new):
    place = study.path.parent / "notebooks" / f"{section}.ipynb"
    text = place.read_text(encoding="utf-8")
    inside = json.dumps(old)[1:-1]
    assert inside in text
    place.write_text(text.replace(inside, json.dumps(new)[1:-1]), encoding="utf-8")


def change_answers(study, how=lambda frame: frame.iloc[3:]):
    file = study.path.parent / "data" / "responses.synthetic.parquet"
    frame = read_table(file)
    write_table(how(frame), file, origin="synthetic", metadata=layout_metadata(frame))


def everything(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_writes_what_may_leave_to_released_and_the_rest_to_secure(study):
    released, secure = study.path.parent / "released", study.path.parent / "secure"
    assert {path.name for path in released.iterdir()} >= {"participation", "rounds", "report.html"}
    assert {path.name for path in secure.iterdir()} >= {"participation.ipynb", "rounds.ipynb", "key", "figures"}
    assert [found.kind for found in study.released("rounds")] == ["rounds"]
    assert all(isinstance(found, pe.Released) for found in study.released("participation"))
    assert study.released("hospital") == []


def test_a_second_run_computes_nothing_and_gives_the_same_bytes(study):
    before = everything(study.path.parent / "released")
    run = run_study(study)
    assert (run.computed, run.kept, run.failed) == ((), ("participation", "rounds"), {})
    assert everything(study.path.parent / "released") == before


def test_all_is_computed_again_on_request_and_gives_the_same(study):
    before = everything(study.path.parent / "released")
    assert run_study(study, again=True).computed == ("participation", "rounds")
    assert everything(study.path.parent / "released") == before


@pytest.mark.parametrize(
    ("old", "new", "computed"),
    [
        ('instruments = ["who-5", "qpr-15"]', 'instruments = ["qpr-15"]', ("participation", "rounds")),
        ('method = "auto"', 'method = "auto"\nadjust = "none"', ("rounds",)),
        ('title = "', 'title = "New: ', ()),
        ('policy = "standard"', 'policy = "nhs"', ("participation", "rounds")),
    ],
)
def test_only_sections_that_read_a_changed_key_are_computed(study, old, new, computed):
    text = study.path.read_text(encoding="utf-8")
    assert old in text
    study.path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert run_study(pe.Study.from_toml(study.path)).computed == computed


def test_a_notebook_that_was_changed_is_run_and_never_written_over(study):
    edit(study, "rounds", "study.save(", "# looked at\nstudy.save(")
    before = (study.path.parent / "notebooks" / "rounds.ipynb").read_bytes()
    assert run_study(study).computed == ("rounds",)
    assert (study.path.parent / "notebooks" / "rounds.ipynb").read_bytes() == before


def test_words_around_the_code_change_nothing_and_a_missing_notebook_is_written(study):
    edit(study, "rounds", "# What changed", "# What has changed")
    assert run_study(study).computed == ()
    (study.path.parent / "notebooks" / "rounds.ipynb").unlink()
    assert run_study(study).computed == ("rounds",)
    assert code_of(study.path.parent / "notebooks" / "rounds.ipynb").endswith('study.save("rounds", results)')


def test_what_was_saved_by_hand_is_not_taken_for_what_the_notebook_gives(study):
    study.save("rounds", [])
    assert study.released("rounds") == []
    assert run_study(study).computed == ("rounds",)
    assert study.released("rounds") != []


@pytest.mark.usefixtures("reported")
def test_a_cell_that_fails_costs_its_section_only_and_tells_no_data(study):
    edit(study, "rounds", "study.save(", "{}['S00017 said: never again']\nstudy.save(")
    run = run_study(study)
    assert (run.computed, run.kept, list(run.failed)) == ((), ("participation",), ["rounds"])
    assert run.failed["rounds"].message == "A cell ended with KeyError."
    assert not (study.path.parent / "released" / "rounds").exists()
    report = run.report.read_text(encoding="utf-8")
    assert "This section could not be computed." in report
    assert "PE403" in report
    assert "S00017" not in report
    assert "What changed" in report
    assert "Who answered" in report


def test_an_error_of_ours_is_told_on_the_terminal_and_only_its_kind_in_the_report(study):
    def spoil(frame):
        frame.loc[6, "who5_03"] = 9
        return frame

    change_answers(study, spoil)
    run = run_study(study)
    assert run.report is None
    assert run.failed["participation"].code == "PE204"
    assert "row 7, item who5_03: 9" in run.failed["participation"].message
    assert run.failed["participation"].kind == "The data, or a file that holds them, are not as they should be."


def test_a_notebook_that_saves_nothing_has_failed(study):
    edit(study, "rounds", "study.save(", "None and study.save(")
    run = run_study(study)
    assert "without study.save('rounds', …)" in run.failed["rounds"].message
    assert not (study.path.parent / "released" / "rounds").exists()


def test_a_notebook_of_another_study_is_told(study):
    other = study.path.with_name("other.toml")
    shutil.copy(study.path, other)
    run = run_study(pe.Study.from_toml(other), again=True)
    assert run.report is None
    assert run.failed["rounds"].message.startswith(
        "The notebook saves results of study.toml, but other.toml is evaluated."
    )


def test_notebooks_with_outputs_are_named(study):
    place = study.path.parent / "notebooks" / "rounds.ipynb"
    content = json.loads(place.read_text(encoding="utf-8"))
    content["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["S00017"]}]
    place.write_text(json.dumps(content), encoding="utf-8")
    run = run_study(study)
    assert run.computed == ()
    assert run.notes == (
        "notebooks/rounds.ipynb holds outputs, which may show persons: clear them before it is shared.",
    )


def test_a_section_that_is_no_longer_wanted_is_taken_away(study):
    text = study.path.read_text(encoding="utf-8")
    study.path.write_text(text.replace("[report]\n", '[report]\nsections = ["rounds"]\n'), encoding="utf-8")
    run = run_study(pe.Study.from_toml(study.path))
    assert run.kept == ("rounds",)
    assert not (study.path.parent / "released" / "participation").exists()
    assert "participation" not in run.report.read_text(encoding="utf-8")


def test_a_broken_notebook_is_refused_before_anything_runs(study):
    before = everything(study.path.parent / "released")
    (study.path.parent / "notebooks" / "rounds.ipynb").write_text('{"cells": 3}', encoding="utf-8")
    with pytest.raises(UnreadableFileError, match=r"rounds\.ipynb is no notebook"):
        run_study(study)
    assert everything(study.path.parent / "released") == before


def test_a_full_disk_is_told_and_leaves_what_was_there(study, monkeypatch):
    change_answers(study)
    before = everything(study.path.parent / "released")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pyarrow.parquet.write_table", full)
    with pytest.raises(DestinationError, match="No space left on device"):
        study.save("participation", study.section("participation"))
    assert everything(study.path.parent / "released") == before
    assert not list((study.path.parent / "secure").glob("parts/*"))
    assert list(run_study(study).failed) == ["participation", "rounds"]
    monkeypatch.setattr(running, "write_text", full)
    with pytest.raises(
        DestinationError, match=r"The run stopped at a file: No space left on device\. Look at the folder"
    ):
        run_study(study)


def test_a_stopped_run_keeps_what_had_ended_and_leaves_nothing_half_written(study, monkeypatch):
    change_answers(study)

    def stopped(notebooks, *, environment, ended, **_):
        first = next(iter(notebooks))
        cells_here({first: notebooks[first]}, environment=environment, ended=ended)
        # the second was writing when it was stopped
        half = study.path.parent / "secure" / "parts" / "rounds"
        half.mkdir(parents=True)
        (half / "results.json").write_text("{", encoding="utf-8")
        raise KeyboardInterrupt

    before = everything(study.path.parent / "released" / "rounds")
    monkeypatch.setattr(running, "run_notebooks", stopped)
    with pytest.raises(KeyboardInterrupt):
        run_study(study)
    assert everything(study.path.parent / "released" / "rounds") == before
    assert {path.name for path in (study.path.parent / "secure").iterdir()} == {
        "participation.ipynb", "rounds.ipynb", "key", "figures", "plan.json", "lock",
    }  # fmt: skip
    monkeypatch.setattr(running, "run_notebooks", cells_here)
    run = run_study(study)
    assert (run.computed, run.kept) == (("rounds",), ("participation",))


def test_sections_are_protected_in_their_order_whichever_kernel_is_faster(study, tmp_path, monkeypatch):
    pending = tmp_path / "pending"
    pending.mkdir()
    for name in ("participation", "hospital"):
        (pending / name).touch()
    monkeypatch.setenv(saving.PENDING, str(pending))
    asked = []
    monkeypatch.setattr(saving, "read_released", lambda folder: asked.append(folder.name) or [])
    saved = threading.Thread(target=saving.save_section, args=(study, "rounds", []))
    saved.start()
    saved.join(0.3)
    assert saved.is_alive()
    (pending / "participation").unlink()
    saved.join(5)
    assert not saved.is_alive()
    # the stay section is about to be written anew, so what it released does not count
    assert asked == ["participation"]


def test_a_confirmed_release_is_kept_and_the_next_is_protected_against_it(study):
    run, first = confirm_release(study, today=date(2026, 11, 24))
    assert run.kept == ("participation", "rounds")
    assert first.name == "2026-11-24"
    assert {"participation", "rounds", "report.html"} <= {path.name for path in first.iterdir()}
    assert (first / "rounds" / "audit.md").is_file()
    assert not (first / "confirmed").exists()
    assert confirm_release(study, today=date(2026, 11, 24))[1].name == "2026-11-24-2"
    assert len(saving.confirmed_results(study)) == 2 * 3
    assert run_study(study, again=True).failed == {}
    assert compare_releases(first, study.path.parent / "released").moved.empty


def test_another_policy_can_be_released_without_changing_the_study(study):
    run, _ = confirm_release(study, policy="nhs", today=date(2026, 11, 24))
    assert run.computed == ("participation", "rounds")
    assert all(found.policy.startswith("nhs ") for found in study.released("rounds"))
    with pytest.raises(UnknownNameError):
        confirm_release(study, policy="nhss")


def test_nothing_is_confirmed_where_a_section_failed(study):
    edit(study, "rounds", "study.save(", "{}[1]\nstudy.save(")
    run, folder = confirm_release(study)
    assert folder is None
    assert list(run.failed) == ["rounds"]
    assert not (study.path.parent / "released" / "confirmed").exists()


def test_two_releases_are_compared_by_released_numbers_with_what_changed(study):
    _, old = confirm_release(study, today=date(2026, 11, 24))
    new = study.path.parent / "released"
    same = compare_releases(old, new)
    assert (len(same.moved), same.added, same.gone) == (0, 0, 0)
    assert same.same > 100
    assert same.reasons == {"participation": (), "rounds": ()}
    change_answers(study)
    text = study.path.read_text(encoding="utf-8")
    study.path.write_text(text.replace('method = "auto"', 'method = "welch"'), encoding="utf-8")
    edit(study, "participation", "study.save(", "# again\nstudy.save(")
    run_study(pe.Study.from_toml(study.path))
    found = compare_releases(old, new)
    assert found.reasons["participation"][:2] == ("data: survey.file", "notebook")
    assert found.reasons["rounds"][:2] == ("data: survey.file", "study file: comparisons.method")
    moved = found.moved.dropna()
    assert (moved["difference"] == moved["new"] - moved["old"]).all()
    assert (found.moved["old"].notna() | found.moved["new"].notna()).all()


def test_releases_of_another_study_are_not_taken_for_the_same_data(study):
    _, old = confirm_release(study, today=date(2026, 11, 24))
    (study.path.parent / "secure" / "key").unlink()
    run_study(study)
    found = compare_releases(old, study.path.parent / "released")
    unknown = "hashed by different keys, so whether data, study file or notebook changed cannot be told"
    assert found.reasons["rounds"][0] == unknown
    assert re.fullmatch(r"0 of \d\d+ released counts of persons or rows differ", found.reasons["rounds"][1])
    assert len(found.reasons["rounds"]) == 2
    change_answers(study, lambda frame: frame.iloc[::2])
    run_study(study)
    found = compare_releases(old, study.path.parent / "released")
    assert found.reasons["participation"][0] == unknown
    counts = found.moved["section"].eq("participation") & found.moved["number"].isin(["numerator", "denominator", "n"])
    assert counts.any()
    assert found.reasons["participation"][1].startswith(f"{counts.sum()} of ")
    with pytest.raises(MissingFileError, match="holds no released section"):
        compare_releases(study.path.parent / "data", old)


def test_inputs_hold_no_value_and_no_name_of_a_file(study):
    found = inputs_of(study.path.parent / "released" / "rounds")
    text = json.dumps(found)
    for word in ("responses", "synthetic", "who-5", str(study.path.parent)):
        assert word not in text
    assert set(found["data"]) == {"survey.file", "survey.invited"}
    other = section_inputs(study, "rounds", code="x", policy="standard")
    assert other["notebook"] != found["notebook"]
    assert other["data"] == found["data"]


def test_files_of_a_folder_and_of_a_pattern_are_inputs(tmp_path):
    study = pe.Study.from_toml(new_study(tmp_path / "region", preset="region", seed=1))
    text = study.path.read_text(encoding="utf-8")
    hashes = set()
    (study.path.parent / "data" / "years").mkdir()
    place = study.path.parent / "data" / "years" / "2018.parquet"
    shutil.copy(study.path.parent / "data" / "contacts.synthetic.parquet", place)
    for name in ("data/contacts.synthetic.parquet", "data/years", "data/years/*.parquet"):
        study.path.write_text(text.replace("data/contacts.synthetic.parquet", name), encoding="utf-8")
        found = section_inputs(pe.Study.from_toml(study.path), "hospital", code="", policy="standard")
        hashes.add(found["data"]["contacts.file"])
    assert len(hashes) == 1
    place.write_bytes(b"other")
    found = section_inputs(pe.Study.from_toml(study.path), "hospital", code="", policy="standard")
    assert found["data"]["contacts.file"] not in hashes


def test_a_section_reads_only_what_it_needs(tmp_path):
    study = pe.Study.from_toml(new_study(tmp_path / "region", preset="region", seed=1))
    (study.path.parent / "data" / "responses.synthetic.parquet").unlink()
    assert [found.kind for found in study.section("hospital")] == ["rates", "survival"]
    with pytest.raises(MissingFileError):
        study.section("participation")
    with pytest.raises(UnknownNameError, match="Did you mean 'rounds'"):
        study.section("round")
    with pytest.raises(UnknownNameError):
        study.released("round")


@pytest.mark.slow
def test_section_notebooks_are_valid_and_the_same_each_time():
    import nbformat

    for section, language in itertools.product(SECTIONS, ("en", "da", "sv")):
        made = section_notebook(section, file="study.toml", language=language)
        nbformat.validate(nbformat.from_dict(made))
        assert made == section_notebook(section, file="study.toml", language=language)
        for cell in made["cells"]:
            if cell["cell_type"] == "code":
                compile(cell["source"], section, "exec")


def test_every_section_says_what_it_reads():
    from peereval.studies.inputs import READS
    from peereval.studies.plan import Plan

    assert set(READS) == set(SECTIONS)
    assert {table for tables in READS.values() for table in tables} <= set(Plan.model_fields)


@pytest.mark.parametrize("language", ["en", "da", "sv"])
def test_a_new_folder_keeps_person_level_data_out_and_explains_itself(tmp_path, language):
    study = pe.Study.from_toml(new_study(tmp_path / "new", preset="ward", seed=1, language=language))
    assert study.plan.report.language == language
    ignored = (study.path.parent / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/data/", "/secure/"} <= set(ignored)
    readme = (study.path.parent / "README.md").read_text(encoding="utf-8")
    for command in ("check", "evaluate", "release", "diff", "withdraw"):
        assert f"peereval {command}" in readme
    for word in ("text/", "secure/", "released/", "notebooks/", f"recommendations.{language}.md"):
        assert word in readme


def test_a_figure_is_drawn_again_only_where_what_it_shows_has_changed(study, tmp_path):
    from peereval.reports.image_store import kept_images, stored

    [attrition, *_], [rounds] = study.released("participation"), study.released("rounds")
    drawn = []

    def image(finding, language="en"):
        return stored("svg", [finding, {}, language], lambda: drawn.append(finding.kind) or b"<svg/>")

    for finding in (attrition, rounds, attrition):
        with kept_images(tmp_path / "figures"):
            assert image(finding) == image(finding) == b"<svg/>"
        # what was not asked for is removed
        assert len(list((tmp_path / "figures").iterdir())) == 1
    assert drawn == ["attrition", "rounds", "attrition"]
    with kept_images(tmp_path / "figures"):
        image(attrition)
        image(attrition, language="da")
    assert drawn[3:] == ["attrition"]
    image(attrition)
    assert drawn[4:] == ["attrition"]


def test_warnings_of_a_notebook_are_read_once_each(tmp_path):
    said = "x.py:1: UnverifiedWarning: dk-30: not verified\n  code\nDeprecationWarning: other\n"
    cell = {
        "cell_type": "code",
        "source": "1",
        "outputs": [{"output_type": "stream", "name": "stderr", "text": [said]}],
    }
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": [cell, cell]}), encoding="utf-8")
    assert warned(tmp_path / "n.ipynb") == ["dk-30: not verified"]


def test_an_error_that_is_not_ours_tells_only_its_name():
    assert failure_of("ValueError", "S00017 wrote: help").message == "A cell ended with ValueError."
    assert failure_of("S 17", "x").message == "A cell ended with an error."
    assert failure_of("ColumnError", "without our code: S00017").message == "A cell ended with ColumnError."
    assert failure_of("ColumnError", "PE203: no column.").kind.startswith("The data, or a file")
    assert failure_of("PublishedFigureError", "PE501: x.").kind == failure_of("KeyError", "x").kind


@pytest.mark.parametrize("language", ["da", "sv"])
def test_why_a_section_failed_is_said_in_every_language(language):
    from peereval.reports.languages import words
    from peereval.studies.kernels import _KINDS

    assert [text for text in _KINDS.values() if words(language)(text) == text] == []


@pytest.mark.slow
@pytest.mark.kernels
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_kernels_end_with_a_run_that_is_stopped(study):
    import signal

    edit(study, "rounds", "results = study.section", "import time\ntime.sleep(60)\nresults = study.section")
    before = everything(study.path.parent / "released")
    # a shell that puts its work into the background lets it ignore Ctrl-C
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(4, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            run_study(study)
    finally:
        signal.signal(signal.SIGINT, usual)
    assert everything(study.path.parent / "released") == before
