"""What goes to a committee: the same bytes for the same results, nothing that acts, every picture with its words."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from dataclasses import replace

import openpyxl
import pytest
from pptx import Presentation

import peereval as pe
from peereval.errors import DestinationError, NotReleasedError
from peereval.reports import committee, programs
from peereval.reports.background import Background, Chapter
from peereval.reports.brief import Part, brief_of
from peereval.reports.committee import write_committee
from peereval.reports.drawings import drawings_of, pictures_of
from peereval.reports.languages import words
from peereval.reports.own_words import OwnWords
from peereval.reports.slides import slides_of
from peereval.reports.workbook import workbook_of

ASKED = {"title": "A region", "programme": "Peers on two wards."}


@pytest.fixture(scope="module")
def chapters(region, region_stays):
    """Two chapters: who answered, and readmissions."""
    answered = pe.release(pe.attrition(region.responses, arm="arm"))
    stays = pe.release(pe.readmission_rate(region_stays, by="unit"))
    return [
        Chapter("Who answered", tuple(answered), section="participation"),
        Chapter("Hospital stays", tuple(stays), section="hospital"),
    ]


@pytest.fixture
def no_programs(monkeypatch):
    """Neither pandoc nor Chromium."""
    monkeypatch.setattr(programs.shutil, "which", lambda _: None)


@pytest.fixture(scope="module")
def written(chapters, tmp_path_factory):
    """All outputs, without Word and PDF."""
    folder = tmp_path_factory.mktemp("released")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(programs.shutil, "which", lambda _: None)
        write_committee(chapters, folder, **ASKED)
    return folder


def test_everything_is_written_beside_the_report(written):
    assert sorted(str(path.relative_to(written)) for path in written.rglob("*.*")) == [
        "figures/hospital-1.png", "figures/hospital-1.svg", "figures/participation-1.png",
        "figures/participation-1.svg", "note.html", "slides.pptx", "tables.xlsx",
    ]  # fmt: skip


@pytest.mark.usefixtures("no_programs")
def test_the_same_results_give_the_same_bytes_and_old_figures_go(chapters, written, tmp_path):
    (tmp_path / "figures").mkdir()
    for old in ("figures/rounds-1.svg", "note.docx", "report.pdf"):
        (tmp_path / old).write_text("old", encoding="utf-8")
    made = write_committee(chapters, tmp_path, **ASKED)
    assert all(path.read_bytes() == (written / path.relative_to(tmp_path)).read_bytes() for path in made)
    assert set(tmp_path.rglob("*.*")) == set(made)


@pytest.mark.usefixtures("no_programs")
def test_a_folder_that_cannot_be_written_is_told(chapters, tmp_path):
    (tmp_path / "figures").write_text("a file", encoding="utf-8")
    with pytest.raises(DestinationError, match="figures cannot be made"):
        write_committee(chapters, tmp_path, **ASKED)


def test_exact_results_are_refused(region, tmp_path):
    exact = (pe.attrition(region.responses),)
    with pytest.raises(NotReleasedError):
        write_committee([Chapter("Who answered", exact)], tmp_path, **ASKED)


def test_the_note_has_its_five_parts_and_fetches_nothing(written):
    note = (written / "note.html").read_text(encoding="utf-8")
    assert re.findall("<h2>(.*?)</h2>", note) == [
        "Background", "Findings: Patients", "Consequences", "Economy", "Reservations",
    ]  # fmt: skip
    assert "Synthetic data: every row was made up" in note
    assert "None have been written." in note
    assert "Costs were not evaluated." in note
    assert "<script" not in note
    assert all(source.startswith("data:image/png") for source in re.findall(r'src="([^"]*)"', note))


def test_the_evaluators_words_stand_first_and_are_escaped(chapters):
    texts = {"recommendations": OwnWords("Go on <b>now</b>.", "en"), "economy": OwnWords("It costs *little*.", "en")}
    parts = {part.heading: part.sentences for part in brief_of(chapters, "p", Background(texts=texts), words("en"))}
    assert parts["Consequences"] == ("Go on <b>now</b>.",)
    assert parts["Economy"] == ("It costs little.",)
    page = committee._note("t", brief_of(chapters, "p", Background(texts=texts), words("en")), None, Background(), words("en"))  # fmt: skip
    assert "<b>now" not in page


def test_a_section_that_failed_is_a_reservation(chapters):
    failed = [*chapters, Chapter("Costs", (), failure="PE403: CellError")]
    *_, last = brief_of(failed, "p", Background(), words("en"))
    assert "Costs: This section could not be computed." in last.sentences


def test_slides_have_titles_texts_for_pictures_and_a_language(chapters, written):
    deck = Presentation(written / "slides.pptx")
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert titles[0] == "A region"
    assert len(deck.slides) == 7
    pictures = [shape for slide in deck.slides for shape in slide.shapes if shape.shape_type == 13]
    assert len(pictures) == 2
    for picture in pictures:
        assert len(picture._element.xpath("./p:nvPicPr/p:cNvPr/@descr")[0]) > 40
        assert picture.left >= 0
        assert picture.left + picture.width <= deck.slide_width
        assert picture.top + picture.height <= deck.slide_height
    danish = slides_of("t", brief_of(chapters, "p", Background(), words("da")), [], words("da"))
    with zipfile.ZipFile(io.BytesIO(danish)) as archive:
        assert 'lang="da-DK"' in archive.read("ppt/slides/slide1.xml").decode()


def test_a_figure_that_is_too_high_for_a_slide_is_named():
    high = tuple(pe.release(pe.Programme(name="Peers").fidelity("nsph-2018")))
    speech = words("en")
    pictures = pictures_of([Chapter("The programme", high, section="programme")], speech)
    parts = [Part("Background", ("One.",)), Part("Consequences", ("None.",))]
    deck = Presentation(io.BytesIO(slides_of("T", parts, pictures, speech)))
    assert not [shape for slide in deck.slides for shape in slide.shapes if shape.shape_type == 13]
    texts = [shape.text_frame.text for shape in deck.slides[1].shapes]
    assert "The figure is too high for a slide: see figures/programme-1.png." in texts[1]


def test_a_long_text_takes_more_slides(chapters):
    texts = {"recommendations": OwnWords("\n\n".join(["Go on with peers on the wards. " * 15] * 8), "en")}
    parts = brief_of(chapters, "p", Background(texts=texts), words("en"))
    deck = Presentation(io.BytesIO(slides_of("t", parts, [], words("en"))))
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert titles.count("Consequences") == 4


def test_the_workbook_has_every_table_as_printed_and_as_numbers(chapters, written):
    book = openpyxl.load_workbook(written / "tables.xlsx")
    assert book.sheetnames[:2] == ["0 Contents", "1 Answers per round"]
    assert len({name.lower() for name in book.sheetnames}) == len(book.sheetnames)
    assert all(len(name) <= 31 for name in book.sheetnames)
    [numbers] = [sheet for sheet in book if sheet["A1"].value == "Numbers: Readmission within 30 days"]
    rows = chapters[1].findings[0].estimates
    shown = [cell.value for cell in numbers["C"][3:]]
    assert [value for value in shown if value is not None] == rows["estimate"].dropna().tolist()
    assert book["1 Answers per round"]["C4"].value.startswith("≈")


def test_no_cell_is_a_formula_and_no_sheet_has_a_forbidden_name(chapters):
    evil = "=HYPERLINK('x')/[1]:*?\\"
    [found] = chapters[1].findings
    rows = found.estimates
    renamed = replace(found, title=evil, estimates=rows.assign(group=evil, unit="+1\x07"))
    book = openpyxl.load_workbook(io.BytesIO(workbook_of([Chapter("x", (renamed,))], "@title", words("en"))))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    risky = [cell for cell in cells if str(cell.value).startswith(("=", "+", "@"))]
    assert {cell.value for cell in risky} >= {evil, "+1", "@title"}
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in risky)
    assert all(not set("[]:*?/\\'") & set(name) for name in book.sheetnames)


def test_office_files_do_not_hold_the_time_of_writing(written):
    for name in ("slides.pptx", "tables.xlsx"):
        with zipfile.ZipFile(written / name) as archive:
            assert b"dcterms:modified" not in archive.read("docProps/core.xml")
            assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.skipif(shutil.which("pandoc") is None, reason="pandoc is not installed")
def test_pandoc_makes_the_same_word_file_twice(written):
    note = (written / "note.html").read_text(encoding="utf-8")
    made = programs.as_docx(note)
    assert made == programs.as_docx(note)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        text = archive.read("word/document.xml").decode()
    assert text.count("A region") == 1
    assert "Reservations" in text


@pytest.mark.browser
def test_chromium_prints_a_page(written):
    if not any(map(shutil.which, ("chromium", "chromium-browser"))):
        pytest.skip("Debian's chromium is not installed")
    made = programs.as_pdf(written / "note.html")
    assert made.startswith(b"%PDF")
    assert b"/CreationDate (D:19700101000000" in made
    assert made.count(b"/Type /Page\n") <= 2


def test_a_program_that_fails_gives_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(programs.shutil, "which", lambda _: "no-such-program")
    page = tmp_path / "page.html"
    page.write_text("x", encoding="utf-8")
    assert programs.as_pdf(page) is None
    assert programs.as_docx("x") is None


def test_every_picture_is_told_in_words_with_its_main_numbers(chapters):
    [answered], [stays] = chapters[0].findings, chapters[1].findings
    [first], [second] = drawings_of(answered), drawings_of(stays)
    told = first.alt(words("en")).replace("\N{NO-BREAK SPACE}", " ")
    assert re.search(r"start: ≈ \d+; half-year: ≈ \d+; one-year: ≈ \d+\.", told)
    told = second.alt(words("da")).replace("\N{NO-BREAK SPACE}", " ")
    assert re.search(r"Ward [A-D]: \d+ % \(\d+ % til \d+ %\)", told)
