"""English texts to those of another language: English is the source, catalogues hold the others."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from textwrap import fill
from typing import TYPE_CHECKING, Literal, TypeAlias

from peereval.errors import UnknownNameError, nearest
from peereval.reports.languages.patterns import DAY, NUMBER, kind_of, patterns_of

if TYPE_CHECKING:
    from datetime import date

    from peereval.reports.languages.patterns import Pattern

Texts: TypeAlias = Literal["report", "command-line"]
LANGUAGES = {"en": "en_GB", "da": "da_DK", "sv": "sv_SE"}
"""Language to the locale whose numbers and dates it has."""
_NBSP = "\u00a0"
_TIGHT = re.compile(r"(?<=[≈≤≥]) (?=[\d−])|(?<=\bn) (?=[≈\d])|(?<=\d) (?=%)")
"""Spaces that keep a number and what belongs to it on one line."""
_DAY = re.compile(DAY)
_ALONE = re.compile(rf"(?<![\d.,])(?:{NUMBER})(?![\d,]|\.\d)")
_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


class Words:
    """The texts of a report in one language.

    Made by `words`. What has no translation is given in English and noted in `untranslated`.

    Parameters
    ----------
    language : str
        One of `LANGUAGES`.
    entries : dict of str to str
        English text to its translation.
    patterns : list of Pattern
        The entries that have places.

    Examples
    --------
    >>> danish = words("da")
    >>> danish("In short"), danish.number(-1234.5, 1), danish.sentence("5.2 (1.1 to 9.3)")
    ('Kort fortalt', '−1.234,5', '5,2 (1,1 til 9,3)')
    """

    def __init__(self, language: str, entries: dict[str, str], patterns: list[Pattern]) -> None:
        self.language = language
        self.untranslated: dict[str, None] = {}
        self._entries = entries
        self._patterns = patterns
        self._seen: dict[str, str | None] = {}

    def __call__(self, text: str, **places: str) -> str:
        """Give a fixed text, with what stands at its places.

        Parameters
        ----------
        text : str
            As it stands in the source, in English.
        **places : str
            What stands at the named places.

        Returns
        -------
        str
            The text in this language.
        """
        if self.language == "en":
            return text.format(**places) if places else text
        if text not in self._entries:
            self.untranslated[text] = None
        said = self._entries.get(text, text)
        return said.format(**{name: self._value(name, value) for name, value in places.items()}) if places else said

    def sentence(self, text: str) -> str:
        """Give a text that was built from parts: sentences, captions, cells, what stands on a figure.

        Parameters
        ----------
        text : str
            The text in English, with numbers as English writes them.

        Returns
        -------
        str
            The text in this language, with its numbers. Names from the data stay as they are.
        """
        if self.language == "en" or not text.strip():
            return text
        said = self._known(text) if "\n" not in text else self._lines(text)
        if said is None:
            self.untranslated[text] = None
        return text if said is None else said

    def number(self, value: float, decimals: int = 0) -> str:
        """Write a number with the separators of the language.

        Parameters
        ----------
        value : float
            The number.
        decimals : int
            Decimals.

        Returns
        -------
        str
            The text, with a true minus sign.
        """
        return self._separated(f"{value:,.{decimals}f}".replace("-", "\N{MINUS SIGN}"))

    def date(self, day: date) -> str:
        """Write a date in words.

        Parameters
        ----------
        day : date
            The date.

        Returns
        -------
        str
            Such as ``31 December 2020``.
        """
        from babel.dates import format_date

        return format_date(day, format="long", locale=LANGUAGES[self.language])

    def _lines(self, text: str) -> str | None:
        """Lines that stand under one another, names from the data among them; or one text that was wrapped."""
        lines = text.split("\n")
        whole = " ".join(lines)
        said = [] if whole in self._entries else [self._known(line) for line in lines]
        if any(each is not None for each in said):
            self.untranslated |= {line: None for line, each in zip(lines, said, strict=True) if each is None}
            return "\n".join(line if each is None else each for line, each in zip(lines, said, strict=True))
        found = self._known(whole)
        return None if found is None else fill(found, max(map(len, lines)))

    def _known(self, text: str) -> str | None:
        """The translation, or None; what was translated before is known, also as a source."""
        if text not in self._seen:
            said = self._found(" ".join(text.replace(_NBSP, " ").split()))
            if said is not None:
                said = _TIGHT.sub(_NBSP, said)
                said = said.replace(" ", _NBSP) if _NBSP in text and " " not in text else said
                said = text[: len(text) - len(text.lstrip())] + said
                self._seen[said] = said
            self._seen[text] = said
        return self._seen[text]

    def _found(self, text: str) -> str | None:
        if not any(letter.isalpha() for letter in text):
            return self._separated(text)
        return self._entries.get(text) or self._sentences(text) or self._whole(text) or self._joined(text)

    def _sentences(self, text: str) -> str | None:
        """Sentences that follow one another, before a place of a pattern can take in the next one."""
        sentences = _SENTENCES.split(text)
        return self._each(sentences, " ") if len(sentences) > 1 else None

    def _whole(self, text: str) -> str | None:
        for pattern in self._patterns:
            match = pattern.found.fullmatch(text) if pattern.needle in text else None
            if match:
                return pattern.translation.format(
                    **{name: self._value(name, value) for name, value in match.groupdict().items()}
                )
        # a caption that goes on after another begins with a small letter
        capital = self._entries.get(text[:1].upper() + text[1:])
        return None if capital is None else capital[:1].lower() + capital[1:]

    def _joined(self, text: str) -> str | None:
        """Clauses between semicolons, a name before a colon, or a list."""
        inner = self._found(text[:-1]) if text.endswith(".") else None
        clauses = self._each(text.split("; "), "; ") if inner is None and "; " in text else None
        if inner is not None or clauses is not None:
            return clauses or f"{inner}."
        name, _, rest = text.partition(": ")
        said = self._found(rest) if rest else None
        if said is None:
            return self._each(text.split(", "), ", ") if ", " in text else None
        return f"{self._found(name) or name}: {said}"

    def _each(self, parts: list[str], between: str) -> str | None:
        said = [self._found(part) for part in parts]
        return None if None in said else between.join(part or "" for part in said)

    def _value(self, place: str, value: str) -> str:
        kind = kind_of(place)
        if kind == "n":
            return self._entries.get(value) or self._separated(value)
        said = self._found(value)
        if said is None and kind == "words":
            self.untranslated[value] = None
        return value if said is None else said

    def _separated(self, text: str) -> str:
        """Numbers of an English text with the separators of the language; days in words."""
        if self.language == "en":
            return text
        from datetime import date

        decimal, group = _separators(self.language)
        if _DAY.fullmatch(text):
            return self.date(date.fromisoformat(text))
        exchange = str.maketrans({".": decimal, ",": group})
        return _ALONE.sub(lambda match: match[0].translate(exchange), text)


def words(language: str, texts: Texts = "report") -> Words:
    """Give the texts of a language.

    Parameters
    ----------
    language : {"en", "da", "sv"}
        The language.
    texts : {"report", "command-line"}
        The texts of a report, or those of the command line, which uses the fixed texts of the report too.

    Returns
    -------
    Words
        A new object, which notes for itself what it found no translation for.

    Raises
    ------
    UnknownNameError
        There are no texts in this language.

    Examples
    --------
    >>> words("sv")("How it was done")
    'Så gjordes det'
    """
    if language not in LANGUAGES:
        msg = f"There are no texts in the language {language!r}."
        raise UnknownNameError(msg, hint=nearest(language, LANGUAGES))
    if language == "en":
        return Words(language, {}, [])
    entries, patterns = _catalogue(language, texts)
    return Words(language, entries, patterns)


@cache
def _catalogue(language: str, texts: Texts) -> tuple[dict[str, str], list[Pattern]]:
    report = _entries(f"{language}.po", language)
    if texts == "report":
        return report, patterns_of(report)
    spoken = _entries(f"command-line.{language}.po", language)
    return report | spoken, patterns_of(spoken)


def _entries(name: str, language: str) -> dict[str, str]:
    from babel.messages.pofile import read_po

    with (files("peereval.reports.languages") / name).open("rb") as file:
        found = read_po(file, locale=language)
    return {str(message.id): str(message.string) for message in found if message.id}


@cache
def _separators(language: str) -> tuple[str, str]:
    from babel.numbers import get_decimal_symbol, get_group_symbol

    return get_decimal_symbol(LANGUAGES[language]), get_group_symbol(LANGUAGES[language])
