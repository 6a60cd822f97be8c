"""Slides: what was found of each group, the figures, the recommendations and the reservations."""

from __future__ import annotations

import io
from dataclasses import astuple
from functools import partial
from typing import TYPE_CHECKING

from peereval.reports.archives import without_times
from peereval.reports.image_store import stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pptx.presentation import Presentation as Deck
    from pptx.shapes.autoshape import Shape
    from pptx.slide import Slide
    from pptx.text.text import TextFrame

    from peereval.reports.brief import Part
    from peereval.reports.drawings import Picture
    from peereval.reports.languages import Words

_WIDTH, _HEIGHT, _MARGIN = 13.333, 7.5, 0.6
"""Inches."""
_TITLE_ONLY = 5
"""The layout of the library's own template that has a title and nothing else."""
_TOP, _BOTTOM = 1.35, 0.75
_HIGHEST = 1.5
"""A figure that is so many times as high as wide has words that nobody reads on a slide."""
_SIZES = ((450, 22), (800, 19), (1200, 16))
"""Letters on a slide, and the size in points at which so many fit."""
_MOST, _SMALLEST = 1200, 12


def slides_of(title: str, parts: Sequence[Part], pictures: Sequence[Picture], speech: Words) -> bytes:
    """Make slides.

    Parameters
    ----------
    title : str
        The title of the study.
    parts : sequence of Part
        What a committee reads; the figures stand before the consequences.
    pictures : sequence of Picture
        The figures, a slide each, with their caption and a text for those who do not see them.
    speech : Words
        The language, in which they are marked for spelling and reading aloud.

    Returns
    -------
    bytes
        A ``.pptx`` file; the same results give the same bytes.
    """
    depends = [title, [*map(astuple, parts)], [*map(astuple, pictures)], speech.language]
    return stored("pptx", depends, partial(_deck, title, parts, pictures, speech))


def _deck(title: str, parts: Sequence[Part], pictures: Sequence[Picture], speech: Words) -> bytes:
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(_WIDTH), Inches(_HEIGHT)
    deck.core_properties.title = title
    deck.core_properties.language = speech.language
    first, *others = parts
    _text_slides(deck, title, first.sentences, speech)
    for part in others:
        if part.heading == speech("Consequences"):
            for picture in pictures:
                _picture_slide(deck, picture, speech)
        _text_slides(deck, part.heading, part.sentences, speech)
    written = io.BytesIO()
    deck.save(written)
    return without_times(written.getvalue())


def _slide(deck: Deck, title: str, speech: Words) -> Slide:
    from pptx.dml.color import RGBColor
    from pptx.util import Inches, Pt

    slide: Slide = deck.slides.add_slide(deck.slide_layouts[_TITLE_ONLY])
    place: Shape = slide.shapes.title  # type: ignore[assignment]  # this layout has one
    place.left, place.top = Inches(_MARGIN), Inches(0.3)
    place.width, place.height = Inches(_WIDTH - 2 * _MARGIN), Inches(0.9)
    _write(place.text_frame, [title], 28, speech)
    place.text_frame.paragraphs[0].font.bold = True
    place.text_frame.paragraphs[0].font.color.rgb = RGBColor(0x00, 0x50, 0x7D)
    place.text_frame.paragraphs[0].space_after = Pt(0)
    return slide


def _text_slides(deck: Deck, title: str, sentences: Sequence[str], speech: Words) -> None:
    """As many slides as the sentences need."""
    left = list(sentences)
    while left:
        count = 1
        while count < len(left) and sum(map(len, left[: count + 1])) <= _MOST:
            count += 1
        _text_slide(deck, title, left[:count], speech)
        left = left[count:]


def _text_slide(deck: Deck, title: str, sentences: Sequence[str], speech: Words) -> None:
    from pptx.util import Inches

    slide = _slide(deck, title, speech)
    box = slide.shapes.add_textbox(
        Inches(_MARGIN), Inches(_TOP), Inches(_WIDTH - 2 * _MARGIN), Inches(_HEIGHT - _TOP - _BOTTOM)
    )
    letters = sum(map(len, sentences))
    size = next((points for most, points in _SIZES if letters <= most), _SMALLEST)
    marked = [f"• {text}" for text in sentences] if len(sentences) > 1 else list(sentences)
    _write(box.text_frame, marked, size, speech)


def _picture_slide(deck: Deck, picture: Picture, speech: Words) -> None:
    from pptx.parts.image import Image
    from pptx.util import Emu, Inches

    width, height = Image.from_blob(picture.png).size
    if height > _HIGHEST * width:
        where = speech("The figure is too high for a slide: see {name_file}.", name_file=f"figures/{picture.name}.png")
        _text_slide(deck, picture.title, [picture.caption, where], speech)
        return
    slide = _slide(deck, picture.title, speech)
    wide, high = _WIDTH - 2 * _MARGIN, _HEIGHT - _TOP - _BOTTOM - 0.4
    drawn = slide.shapes.add_picture(io.BytesIO(picture.png), Inches(_MARGIN), Inches(_TOP))
    factor = min(Inches(wide) / drawn.width, Inches(high) / drawn.height)
    drawn.width, drawn.height = Emu(round(drawn.width * factor)), Emu(round(drawn.height * factor))
    drawn.left = Emu(round((Inches(_WIDTH) - drawn.width) / 2))
    # the library has no way of its own to give the text
    drawn._element.xpath("./p:nvPicPr/p:cNvPr")[0].set("descr", picture.alt)  # noqa: SLF001
    box = slide.shapes.add_textbox(Inches(_MARGIN), Inches(_HEIGHT - _BOTTOM - 0.3), Inches(wide), Inches(0.7))
    _write(box.text_frame, [picture.caption], 14, speech)


def _write(frame: TextFrame, lines: Sequence[str], size: int, speech: Words) -> None:
    from pptx.enum.lang import MSO_LANGUAGE_ID
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Pt

    spoken = {"en": MSO_LANGUAGE_ID.ENGLISH_UK, "da": MSO_LANGUAGE_ID.DANISH, "sv": MSO_LANGUAGE_ID.SWEDISH}
    frame.word_wrap = True
    for place, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
        run = paragraph.add_run()
        run.text = line
        run.font.size, run.font.language_id = Pt(size), spoken[speech.language]
        paragraph.alignment, paragraph.space_after = PP_ALIGN.LEFT, Pt(6)
