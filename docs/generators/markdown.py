"""Pieces of Markdown: tables, links, lists of pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def page(*parts: str | Iterable[str]) -> str:
    """Join parts with an empty line between them; what is empty is left out."""
    texts = [part if isinstance(part, str) else "\n".join(part) for part in parts]
    return "\n\n".join(text for text in texts if text) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A table; nothing without rows, and without the columns in which nothing stands."""
    texts = [[cell(each) for each in row] for row in rows]
    kept = [place for place in range(len(head)) if any(row[place] for row in texts)]
    if not kept:
        return []
    lines = [[head[place] for place in kept], ["---"] * len(kept), *([row[place] for place in kept] for row in texts)]
    return [f"| {' | '.join(line)} |" for line in lines]


def cell(value: object) -> str:
    """A text that stands in a cell of a table."""
    return "" if value is None else str(value).replace("|", r"\|").replace("\n", " ")


def plain(text: str) -> str:
    """A text whose signs mean nothing to Markdown."""
    return re.sub(r"([\\`*_<>\[\]#$])", r"\\\1", text)


def bullets(lines: Iterable[str]) -> list[str]:
    """A list with one point a line."""
    return [f"- {line}" for line in lines]


def fence(name: str, lines: Iterable[str], *options: str, of: str = "") -> str:
    """A directive with its options; `of` stands behind its name."""
    return "\n".join([f"```{{{name}}} {of}".rstrip(), *options, *([""] if options else []), *lines, "```"])


def toctree(documents: Iterable[str], *options: str) -> str:
    """The pages below this one, for the navigation; by default not shown on the page itself."""
    return fence("toctree", documents, *(options or (":hidden:",)))


def sentence(text: str) -> str:
    """A text with a capital at its head and a full stop."""
    return text[:1].upper() + text[1:].rstrip(".") + "." if text else ""
