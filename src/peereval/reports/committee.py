"""What goes to a committee beside the report: a note of two pages, slides, a workbook, figures, Word and PDF."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING

from peereval.errors import DestinationError
from peereval.files import write_together
from peereval.reports.background import Background, findings_of
from peereval.reports.brief import brief_of
from peereval.reports.document import template
from peereval.reports.drawings import pictures_of
from peereval.reports.image_store import stored
from peereval.reports.languages import words
from peereval.reports.programs import as_docx, as_pdf
from peereval.reports.slides import slides_of
from peereval.reports.workbook import workbook_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from peereval.reports.background import Chapter
    from peereval.reports.brief import Part
    from peereval.reports.drawings import Picture
    from peereval.reports.languages import Words

FIGURES = "figures"
"""The folder beside the report that holds its figures."""


def write_committee(
    chapters: Sequence[Chapter],
    folder: Path,
    *,
    title: str,
    programme: str,
    language: str = "en",
    background: Background | None = None,
    report: Path | None = None,
) -> list[Path]:
    """Write what goes to a committee.

    Parameters
    ----------
    chapters : sequence of Chapter
        The chapters of the report.
    folder : Path
        Where to write. Figures, Word and PDF of an earlier run that are not made again are removed.
    title, programme : str
        The title, and the programme in a sentence.
    language : {"en", "da", "sv"}
        The language.
    background : Background, optional
        The evaluator's own words, which stand first.
    report : Path, optional
        The report, which is printed as PDF.

    Returns
    -------
    list of Path
        ``note.html``, ``slides.pptx``, ``tables.xlsx`` and the figures; where pandoc is installed ``note.docx``, and
        where Chromium is, ``report.pdf``. The same results give the same bytes.

    Raises
    ------
    NotReleasedError
        A result has not passed `release`.
    UnknownNameError
        There are no texts in this language.
    DestinationError
        It cannot be written there; what stood there before still stands.
    """
    findings_of(chapters)
    speech, about = words(language), background or Background()
    with ThreadPoolExecutor() as pool:
        # other programs work while the rest is made here, and the slowest begins first
        pdf = pool.submit(copy_context().run, _pdf, report)
        parts, pictures = brief_of(chapters, programme, about, speech), pictures_of(chapters, speech)
        note = _note(title, parts, _main(pictures), about, speech)
        docx = pool.submit(copy_context().run, _docx, note)
        slides, tables = slides_of(title, parts, pictures, speech), workbook_of(chapters, title, speech)
    files: dict[str, bytes | None] = {
        "note.html": note.encode(),
        "note.docx": docx.result(),
        "slides.pptx": slides,
        "tables.xlsx": tables,
        "report.pdf": pdf.result(),
        **{f"{FIGURES}/{picture.name}.svg": picture.svg for picture in pictures},
        **{f"{FIGURES}/{picture.name}.png": picture.png for picture in pictures},
    }
    made = _written(folder, {folder / name: content for name, content in files.items() if content is not None})
    for name, content in files.items():
        # what an earlier run printed is not what the results say now
        if content is None:
            (folder / name).unlink(missing_ok=True)
    return made


def _docx(note: str) -> bytes | None:
    return stored("docx", [note], partial(as_docx, note))


def _pdf(report: Path | None) -> bytes | None:
    return None if report is None else stored("pdf", [report.read_bytes()], partial(as_pdf, report))


def _written(folder: Path, files: dict[Path, bytes]) -> list[Path]:
    try:
        (folder / FIGURES).mkdir(exist_ok=True)
    except OSError as error:
        msg = f"The folder {folder / FIGURES} cannot be made: {error.strerror}."
        raise DestinationError(msg, hint="Look at the folder's rights and the free space.") from error
    write_together({place: partial(_put, content) for place, content in files.items()})
    for place in (folder / FIGURES).iterdir():
        if place.suffix in (".svg", ".png") and place not in files:
            place.unlink()
    return list(files)


def _put(content: bytes, place: Path) -> None:
    place.write_bytes(content)


def _main(pictures: Sequence[Picture]) -> Picture | None:
    """The figure of the note: that of the primary outcome, or else the first."""
    return next((each for each in pictures if each.primary), pictures[0] if pictures else None)


def _note(title: str, parts: Sequence[Part], picture: Picture | None, about: Background, speech: Words) -> str:
    figure = None
    if picture is not None:
        # Word takes no scalable image from pandoc
        source = "data:image/png;base64," + base64.b64encode(picture.png).decode()
        figure = {"source": source, "alt": picture.alt, "caption": picture.caption}
    return template("note.html.jinja").render(title=title, parts=parts, figure=figure, about=about, say=speech)
