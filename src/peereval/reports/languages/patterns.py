"""Built sentences and the patterns in the catalogues that find them again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACE = re.compile(r"\{(\w+)\}")
NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
"""A number as the English texts write it."""
DAY = r"\d{4}-\d{2}-\d{2}"
_WORDS_FOR_NUMBERS = "not shown|unknown|none found|–"
_ANYTHING = r"(?:(?!\)[,:] ).)+?"
"""What a list of entries with something in brackets is not: its entries are found one by one."""
_BEFORE_COLON = r"(?:(?!\), ).)+?"
_KINDS = {
    "n": rf"(?:[≈≤≥<>=] ?)*[−+-]?{NUMBER}(?: ?%)?|{DAY}|{_WORDS_FOR_NUMBERS}",
    "name": _ANYTHING,
    "id": r"[^\s():,;]+",
    "code": r"[A-Z][A-Z\d\-\u2011]+",
    "text": r".*?",
    "words": r".+?",
}
"""What may stand at a place, by the first part of the place's name: a number or day, a name, an id, an instrument's id in capitals,
anything, other words."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text with named places, and its translation.

    Parameters
    ----------
    found : re.Pattern
        Matches the whole English text.
    needle : str
        Its longest piece between places: a text without it is no match.
    translation : str
        The text with the same places.
    """

    found: re.Pattern[str]
    needle: str
    translation: str


def kind_of(place: str) -> str:
    """Give what stands at a place: the first part of its name.

    Parameters
    ----------
    place : str
        Such as ``n_persons``, ``name_round`` or ``words_reason``.

    Returns
    -------
    {"n", "name", "id", "code", "text", "words"}
        The kind.

    Examples
    --------
    >>> kind_of("n_persons")
    'n'
    """
    return place.partition("_")[0]


def patterns_of(entries: Mapping[str, str]) -> list[Pattern]:
    """Compile the entries of a catalogue that have places.

    Parameters
    ----------
    entries : mapping of str to str
        English text to its translation.

    Returns
    -------
    list of Pattern
        Those that say most in letters of their own first, so that the closest is tried before the others.

    Examples
    --------
    >>> [pattern] = patterns_of({"{n_part} of {n_whole}": "{n_part} af {n_whole}"})
    >>> pattern.found.fullmatch("5 of 30").groupdict()
    {'n_part': '5', 'n_whole': '30'}
    """
    placed = sorted((text for text in entries if PLACE.search(text)), key=lambda text: -len(PLACE.sub("", text)))
    return [Pattern(re.compile(_expression(text), re.DOTALL), _needle(text), entries[text]) for text in placed]


def _needle(text: str) -> str:
    return max(PLACE.split(text)[::2], key=len)


def _expression(text: str) -> str:
    pieces = PLACE.split(text)
    return "".join(
        f"(?P<{piece}>{_kind(piece, pieces[place + 1])})" if place % 2 else re.escape(piece)
        for place, piece in enumerate(pieces)
    )


def _kind(place: str, then: str) -> str:
    """What may stand at a place: a name before a colon may end with something in brackets."""
    return _BEFORE_COLON if kind_of(place) == "name" and then.startswith(":") else _KINDS[kind_of(place)]
