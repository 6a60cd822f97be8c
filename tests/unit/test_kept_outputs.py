"""Outputs that are kept: the same bytes as those made anew, whatever has changed in between."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from hashlib import sha256

import pytest
from PIL import Image

import peereval as pe
from peereval.reports import committee, image_store
from peereval.reports.background import Background, Chapter
from peereval.reports.committee import write_committee
from peereval.reports.document import write_report
from peereval.reports.drawings import Drawing
from peereval.reports.image_store import kept_images, stored
from peereval.reports.own_words import OwnWords
from peereval.studies import inputs
from peereval.studies.inputs import section_inputs

OUTPUTS = {"report.html", "report.pdf", "note.html", "note.docx", "slides.pptx", "tables.xlsx"}


@pytest.fixture(scope="module")
def finding(ward):
    [found] = pe.release(pe.attrition(ward.responses))
    return found


def stand_in(patch):
    """Stand in for Chromium, pandoc and matplotlib, which take seconds, by what depends on the same as they do."""
    patch.setattr(committee, "as_pdf", lambda page: b"pdf" + sha256(page.read_bytes()).digest())
    patch.setattr(committee, "as_docx", lambda page: b"docx" + sha256(page.encode()).digest())
    patch.setattr(Drawing, "_drawn", dots)


def dots(drawing, speech, form):
    """A picture of a few coloured dots."""
    rows = drawing.finding.estimates.to_csv() + drawing.finding.title
    seen = sha256(f"{rows}{dict(drawing.options)}{speech.language}".encode()).digest()[:24]
    image = io.BytesIO()
    Image.frombytes("RGB", (4, 2), seen).save(image, "png")
    return image.getvalue() if form == "png" else seen.hex().encode()


@pytest.fixture(autouse=True)
def _no_programs(monkeypatch):
    stand_in(monkeypatch)


def made(folder, finding, *, title="A ward", programme="Peers.", language="en", background=None, failure=""):
    """Write all that a run writes, and give its bytes."""
    folder.mkdir()
    failed = [Chapter("What it costs", (), failure=failure, section="costs")] if failure else []
    chapters = [Chapter("Who answered", (finding,), section="participation"), *failed]
    asked = {"title": title, "programme": programme, "language": language, "background": background}
    report = write_report(chapters, folder / "report.html", **asked)
    write_committee(chapters, folder, report=report, **asked)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}


@pytest.fixture(scope="module")
def warm(finding, tmp_path_factory):
    """A store that holds all outputs of one report, and these."""
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch, kept_images(folder / "store"):
        stand_in(patch)
        files = made(folder / "first", finding)
    return folder / "store", files


def fewer(finding):
    return replace(finding, estimates=finding.estimates.assign(numerator=finding.estimates["numerator"] - 5))


CHANGES = {
    "data": (lambda each: {"finding": fewer(each)}, OUTPUTS | {"figures/participation-1.png"}),
    "policy": (
        lambda each: {"finding": replace(each, policy="nhs 1.0.0", changes=("rounded to 10",))},
        {"report.html", "report.pdf"},
    ),
    "notebook": (
        lambda each: {"finding": replace(each, method="Counted by hand.")},
        {"report.html", "report.pdf"},
    ),
    "study file": (lambda _: {"title": "Another ward", "programme": "Other peers."}, OUTPUTS),
    "language": (lambda _: {"language": "da"}, OUTPUTS | {"figures/participation-1.png"}),
    "own words": (
        lambda _: {"background": Background(texts={"background": OwnWords("<p>Mine.</p>", ("Mine.",))})},
        OUTPUTS - {"tables.xlsx"},
    ),
    "a section that failed": (lambda _: {"failure": "PE403: A cell."}, OUTPUTS - {"tables.xlsx"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_kept_is_what_would_be_made_anew(change, finding, warm, tmp_path):
    store, first = warm
    how, reached = CHANGES[change]
    given = {"finding": finding, **how(finding)}
    shutil.copytree(store, tmp_path / "store")
    with kept_images(tmp_path / "store"):
        kept = made(tmp_path / "kept", **given)
    anew = made(tmp_path / "anew", **given)
    assert kept == anew
    assert {name for name in anew if anew[name] != first[name]} >= reached


def test_where_nothing_changed_nothing_is_made(finding, warm, tmp_path, monkeypatch):
    store, first = warm
    shutil.copytree(store, tmp_path / "store")
    before = {place.name: place.stat().st_mtime_ns for place in (tmp_path / "store").iterdir()}
    for name in ("openpyxl.Workbook", "pptx.Presentation", "great_tables.GT"):
        monkeypatch.setattr(name, None)
    # bound when it is asked for, called never
    monkeypatch.setattr(Drawing, "_drawn", lambda *_: pytest.fail("drawn again"))
    with kept_images(tmp_path / "store"):
        assert made(tmp_path / "again", finding) == first
    assert {place.name: place.stat().st_mtime_ns for place in (tmp_path / "store").iterdir()} == before


@pytest.mark.parametrize("package", ["peereval", "matplotlib", "python-pptx"])
def test_another_version_of_a_package_makes_all_anew(package, finding, tmp_path, monkeypatch):
    asked = []

    def give():
        with kept_images(tmp_path / "store"):
            stored("txt", [finding], lambda: asked.append(1) or b"made")

    give()
    give()
    assert len(asked) == 1
    usual = image_store.version
    monkeypatch.setattr(image_store, "version", lambda name: "99" if name == package else usual(name))
    give()
    assert len(asked) == 2


def test_every_part_of_a_result_counts(finding, tmp_path):
    changed = {
        "title": "T", "estimand": "E", "method": "M", "settings": {"by": "x"}, "assumptions": ("a",),
        "exclusions": {"skipped": "<5"}, "references": ("r",), "policy": "p 1", "changes": ("c",), "origin": "observed",
    }  # fmt: skip
    asked = []
    with kept_images(tmp_path / "store"):
        for part in [finding, fewer(finding), *(replace(finding, **{name: new}) for name, new in changed.items())]:
            stored("txt", [part], lambda: asked.append(1) or b"made")
    assert len(asked) == 2 + len(changed)


def test_another_version_of_a_package_computes_a_section_again(region_folder, tmp_path, monkeypatch):
    study = pe.Study.from_toml(shutil.copytree(region_folder, tmp_path / "region") / "study.toml")
    before = section_inputs(study, "hospital", code="", policy="standard")
    assert section_inputs(study, "hospital", code="", policy="standard") == before
    monkeypatch.setattr(inputs, "versions", lambda: {"peereval": "99"})
    assert section_inputs(study, "hospital", code="", policy="standard") != before
