"""A reference: as a line of a list, and as an entry of BibTeX."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["article", "book", "incollection", "inproceedings", "misc", "software", "techreport"]
_NOT_SEEN = "not verified"
_PLACES = ("journal", "booktitle", "publisher", "institution", "howpublished")
_FIELDS = ("year", *_PLACES, "edition", "volume", "number", "pages", "doi", "url", "note")
# the characters that mean something to TeX
_TEX = {"&": r"\&", "%": r"\%", "#": r"\#", "$": r"\$", "_": r"\_"}


class Reference(BaseModel):
    r"""A publication, a program, or a text that a result names as its source.

    Parameters
    ----------
    id : str
        Its key in BibTeX.
    type : str
        The type of its entry in BibTeX.
    authors, editors : tuple of str or str
        ``"Family, G. I."``, or the name of a group.
    also : tuple of str
        How results name it besides `short`.
    verified : bool or None
        Whether the whole of it was seen in a public bibliography; None for what a result names and no list knows.

    Examples
    --------
    >>> found = Reference(id="a-1999", authors=["Ash, B. C."], year=1999, title="On & off", journal="Notes", volume="3",
    ...                   pages="5–9", verified=True)
    >>> print(found.text)
    Ash BC (1999). On & off. Notes 3:5–9.
    >>> print(found.bibtex)
    @article{a-1999,
      author = {Ash, B. C.},
      title = {{On \& off}},
      year = {1999},
      journal = {Notes},
      volume = {3},
      pages = {5--9},
    }
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    type: Kind = "article"
    authors: tuple[str, ...] = ()
    editors: str = ""
    year: int | None = None
    title: str = ""
    journal: str = ""
    booktitle: str = ""
    publisher: str = ""
    institution: str = ""
    howpublished: str = ""
    edition: str = ""
    volume: str = ""
    number: str = ""
    pages: str = ""
    doi: str = ""
    url: str = ""
    note: str = ""
    also: tuple[str, ...] = Field(default=(), repr=False)
    verified: bool | None

    @property
    def short(self) -> str:
        """How results name an article: names, year, journal, volume and first page."""
        families = [name.split(",")[0] for name in self.authors]
        names = ", ".join(families[:-1]) + (" & " if families[1:] else "") + "".join(families[-1:])
        return f"{names} {self.year}, {self.journal} {self.volume}:{self.pages.split('–')[0]}"

    @property
    def text(self) -> str:
        """The reference as a line of a list; what was not verified says so."""
        names = ", ".join(map(_name, self.authors))
        who = f"{names} ({self.year})" if self.year else names
        where = " ".join(filter(None, (self._place(), self._issue())))
        edition = f"{self.edition} edition" if self.edition else ""
        doi = f"doi:{self.doi}" if self.doi else ""
        parts = (who, self.title, edition, where, self.note, doi, self.url)
        line = ". ".join(part.rstrip(".") for part in parts if part)
        ending = line if line.endswith("?") else f"{line}."
        return f"{ending} [{_NOT_SEEN}]" if self.verified is False else ending

    @property
    def bibtex(self) -> str:
        """The entry for a ``.bib`` file, in UTF-8."""
        kind = {"software": "misc"}.get(self.type, self.type)
        fields = {
            "author": " and ".join(map(_grouped, self.authors)),
            "editor": " and ".join(map(_grouped, filter(None, self.editors.split("; ")))),
            # a second pair of braces keeps the capitals
            "title": f"{{{_escaped(self.title)}}}" if self.title else "",
            **{name: _escaped(self._value(name)) for name in _FIELDS},
            "annotation": _NOT_SEEN if self.verified is False else "",
        }
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
        return "\n".join((f"@{kind}{{{self.id},", *lines, "}"))

    def _place(self) -> str:
        found = ", ".join(filter(None, (getattr(self, name) for name in _PLACES)))
        return f"In: {found}" if self.type == "incollection" else found

    def _issue(self) -> str:
        number = f"({self.number})" if self.number else ""
        pages = f":{self.pages}" if self.pages and self.volume else f"pages {self.pages}" if self.pages else ""
        return f"{self.volume}{number}{pages}"

    def _value(self, name: str) -> str:
        value = getattr(self, name)
        return value.replace("–", "--") if name == "pages" else str(value or "")


def _name(author: str) -> str:
    family, _, given = author.partition(", ")
    return f"{family} {re.sub(r'[. ]', '', given)}".strip()


def _grouped(author: str) -> str:
    """A person as BibTeX reads them; the name of a group in braces, so that it is not taken apart."""
    return author if ", " in author else f"{{{author}}}"


def _escaped(text: str) -> str:
    return re.sub(r"[&%#$_]", lambda found: _TEX[found[0]], text)


__all__ = ["Reference"]
