"""What a kind of export looks like: how it is recognised, what stands above its answers, and what its codes mean."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from peereval.errors import LayoutError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from peereval.surveys.sheet import Sheet, Source

Answers: TypeAlias = Literal["values", "labels", "positions"]
Head: TypeAlias = "Sequence[Sequence[str]]"
"""The first rows of a file as text, the row of names first."""

MAX_COLUMNS = 2_000
"""A survey has hundreds of columns; thousands are a table that lies on its side, or many tables in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What stands above the answers.

    Parameters
    ----------
    names : tuple of str
        The names of the columns; an empty one where the file has none.
    rows : int
        How many rows they and their explanations take.
    questions : mapping of str to str
        Column to the text of its question.
    missing : tuple of str
        Cells by which this kind of export says that there is no answer.
    month_first : bool
        Whether dates such as 03-04-2026 are of March.
    notes : tuple of str
        What was understood.
    """

    names: tuple[str, ...]
    rows: int = 1
    questions: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    month_first: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A kind of export.

    Parameters
    ----------
    source : str
        Its name.
    recognises : callable
        Whether the first rows of a file show this kind.
    header : callable
        The first rows and the file's name to what stands above the answers; refuses what cannot be read.
    finish : callable
        The sheet with what this kind's codes mean, and notes.
    answers : tuple of str
        In which forms the tool exports answers, where the file itself does not tell.
    """

    source: Source
    recognises: Callable[[Head], bool]
    header: Callable[[Head, str], Header]
    finish: Callable[[Sheet], Sheet]
    answers: tuple[Answers, ...] = ()


def plain_header(head: Head, file: str) -> Header:  # noqa: ARG001 - every layout is told the file
    """One row of names.

    Parameters
    ----------
    head : sequence of sequence of str
        The first rows.
    file : str
        The file's name.

    Returns
    -------
    Header
        The names, without the spaces around them.
    """
    return Header(names=tuple(name.strip() for name in head[0]))


def used_columns(names: Sequence[str], *, empty: Sequence[bool], file: str) -> list[int]:
    """Tell which columns are the table, after checking their names.

    Parameters
    ----------
    names : sequence of str
        The names in the order of the file.
    empty : sequence of bool
        Whether a column has no filled cell.
    file : str
        The file's name, for messages.

    Returns
    -------
    list of int
        Positions of the columns that have a name. A column with neither name nor answers is none.

    Raises
    ------
    LayoutError
        A column without a name has answers, a name stands twice, or there is no column or far too many.
    """
    used = [place for place, name in enumerate(names) if name or not empty[place]]
    if len(used) > MAX_COLUMNS:
        msg = f"{file} has {len(used):,} columns; a survey export has at most {MAX_COLUMNS:,}."
        raise LayoutError(msg, hint="Are rows and columns turned round? Otherwise export fewer questions at a time.")
    seen: dict[str, int] = {}
    for place in used:
        name = names[place]
        if not name:
            raise _unnamed(place, file)
        if name in seen:
            msg = f"{file}: the column {name!r} stands twice, in {letters(seen[name])} and {letters(place)}."
            raise LayoutError(msg, hint="Rename one of the two, or take it out.")
        seen[name] = place
    if not used:
        msg = f"{file} has no column names in its first row."
        raise LayoutError(msg, hint="The first row of an export holds the names of the columns.")
    return used


def _unnamed(place: int, file: str) -> LayoutError:
    msg = f"{file}: column {letters(place)} holds answers but has no name in the row of names."
    hint = "Header cells that were merged leave such columns: unmerge them and give every column a name of its own."
    return LayoutError(msg, hint=hint)


def letters(place: int) -> str:
    """Name a column as spreadsheets do.

    Parameters
    ----------
    place : int
        Its position, from 0.

    Returns
    -------
    str
        Its letters.

    Examples
    --------
    >>> letters(0), letters(25), letters(27)
    ('A', 'Z', 'AB')
    """
    name = ""
    number = place + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def as_one_line(text: str) -> str:
    """Put a question's text on one line, without marks of HTML.

    Parameters
    ----------
    text : str
        The text as the export has it.

    Returns
    -------
    str
        The text.

    Examples
    --------
    >>> as_one_line("<p>How  are<br>you?</p>")
    'How are you?'
    """
    return " ".join(re.sub(r"</?[A-Za-z][^<>]*>", " ", text).split())
