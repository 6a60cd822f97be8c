"""The evaluator's own words: a small part of Markdown, read from a study's folder and never written to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from peereval.errors import UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_TOP = 3
"""The rank of the highest heading: own words stand below the heading of a chapter."""
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What the evaluator wrote about a part of the report.

    Parameters
    ----------
    text : str
        The Markdown text.
    language : str
        In which language it is written.
    other_language : bool
        Whether that is another language than the report's, since there is no text in that.
    """

    text: str
    language: str
    other_language: bool = False

    @property
    def html(self) -> str:
        r"""The text as HTML: paragraphs, headings, lists, emphasis, quotations, code and links; anything else is escaped.

        Examples
        --------
        >>> print(OwnWords("# Why\n\nNobody was **alone**. <script>", "en").html)
        <h3>Why</h3>
        <p>Nobody was <strong>alone</strong>. &lt;script&gt;</p>
        <BLANKLINE>
        """
        reader = _reader()
        tokens = reader.parse(self.text)
        _lower(tokens)
        return str(reader.renderer.render(tokens, reader.options, {}))

    @property
    def paragraphs(self) -> tuple[str, ...]:
        r"""The text without marks: each paragraph, heading and entry of a list.

        Examples
        --------
        >>> OwnWords("# Why\n\n- *one*\n- two", "en").paragraphs
        ('Why', 'one', 'two')
        """
        found = (_plain(token) for token in _reader().parse(self.text) if token.type == "inline")
        return tuple(text for text in found if text)

    @property
    def by_heading(self) -> dict[str, str]:
        r"""The paragraphs under each heading, by the heading's text.

        Examples
        --------
        >>> OwnWords("## 8a\n\nBy lot.\n\n## 9\n\nSealed letters.", "en").by_heading
        {'8a': 'By lot.', '9': 'Sealed letters.'}
        """
        found: dict[str, list[str]] = {}
        place, in_heading = "", False
        for token in _reader().parse(self.text):
            in_heading = token.type == "heading_open" or (in_heading and token.type != "heading_close")
            if token.type == "inline" and in_heading:
                place = _plain(token)
            elif token.type == "inline":
                found.setdefault(place, []).append(_plain(token))
        return {name: " ".join(parts) for name, parts in found.items()}


def read_own_words(folder: Path, part: str, language: str) -> OwnWords | None:
    """Read what the evaluator wrote about a part of the report.

    Parameters
    ----------
    folder : Path
        The folder ``text`` of a study.
    part : str
        The id of a section, or ``"summary"``, ``"recommendations"``, ``"background"``, ``"economy"``, ``"reservations"``.
    language : str
        The language of the report.

    Returns
    -------
    OwnWords or None
        From ``<part>.<language>.md``; where there is none, from the first other language, marked as such; None where
        nothing is written.

    Raises
    ------
    UnreadableFileError
        The file is not UTF-8.
    """
    wanted = folder / f"{part}.{language}.md"
    places = [wanted, *sorted(place for place in folder.glob(f"{part}.??.md") if place != wanted)]
    for place in places:
        text = _text(place) if place.is_file() else ""
        if text:
            written = place.name.split(".")[-2]
            return OwnWords(text, written, other_language=written != language)
    return None


def _text(place: Path) -> str:
    try:
        return place.read_text(encoding="utf-8-sig").strip()
    except UnicodeDecodeError as error:
        msg = f"{place.name} is not UTF-8 (byte {error.start + 1})."
        raise UnreadableFileError(msg, hint="Save it as UTF-8.") from error


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # images would be fetched from elsewhere, and HTML could hold anything
    return MarkdownIt("commonmark", {"html": False}).disable(["image", "html_block", "html_inline"])


def _lower(tokens: Sequence[Token]) -> None:
    """Rank the headings below that of the chapter, without leaving a rank out."""
    ranks = sorted({token.tag for token in tokens if token.type == "heading_open"})
    before = _TOP - 1
    for opened, closed in zip(_of(tokens, "heading_open"), _of(tokens, "heading_close"), strict=True):
        before = min(_TOP + ranks.index(opened.tag), before + 1, _DEEPEST)
        opened.tag = closed.tag = f"h{before}"


def _of(tokens: Sequence[Token], kind: str) -> list[Token]:
    return [token for token in tokens if token.type == kind]


def _plain(token: Token) -> str:
    words = (child.content or (" " if child.type.endswith("break") else "") for child in token.children or ())
    return "".join(words).strip()
