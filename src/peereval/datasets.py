"""Published evaluations as data sets, and their figures computed again."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from peereval.displays import card, paragraph, shown_facts
from peereval.errors import PublishedFigureError, UnknownNameError, UnverifiedWarning, nearest
from peereval.evidence.extra_tables import ExtraTable
from peereval.evidence.published import MARKS, Publication, ledger
from peereval.files import dataset_folder as _folder
from peereval.files import existing_file, read_table, read_toml
from peereval.results import origin_of, weakest_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from peereval.programmes.programme import Programme
    from peereval.results import Origin, Result


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A published evaluation.

    Parameters
    ----------
    name : str
        Its name.
    tables : mapping of str to DataFrame
        Its tables by name.
    published : Publication
        The figures that were published, and how they are recomputed.
    source : mapping
        The content of its ``datapackage.json``: title, source, licence, schema, how it was made.
    programmes : mapping of str to Programme
        The programmes that it describes, by name.
    absent : mapping of str to str
        Tables that are not there, and why: those of other packages, which are not carried because of their licence.
    """

    name: str
    tables: Mapping[str, pd.DataFrame]
    published: Publication
    source: Mapping[str, Any]
    programmes: Mapping[str, Programme]
    absent: Mapping[str, str]

    def reproduce(self) -> Result:
        """Compute the published figures again.

        Returns
        -------
        Result
            The ledger: one row a figure and way to recompute it, or other printed figure that it stands against,
            with ``printed``, ``published``, ``estimate``, ``difference``, ``tolerance``, ``status`` (reproduced,
            within-rounding, stated, differs, cannot, agrees, contradicts), ``place``, ``other_place`` and ``why``.

        Raises
        ------
        PublishedFigureError
            A row of ``published.toml`` names something that does not exist.
        """
        return ledger(
            self.published, self.tables, _public, study=self.name, origin=self._origin(), programmes=self.programmes,
            absent=self.absent,
        )  # fmt: skip

    def _origin(self) -> Origin:
        return weakest_origin(origin_of(table) for table in self.tables.values())

    def _repr_html_(self) -> str:
        sizes = {name: f"{len(table):,} rows, {table.shape[1]} columns" for name, table in self.tables.items()}
        marks = Counter(MARKS[figure.verified] for figure in self.published.figure)
        facts = {
            "source": [" ".join(filter(None, (each["title"], each.get("path")))) for each in self.source["sources"]],
            "licence": [licence["title"] for licence in self.source["licenses"]],
            "tables": [f"{name}: {size}" for name, size in sizes.items()],
            "not carried": [f"{name}: {why}" for name, why in self.absent.items()],
            "programmes": list(self.programmes),
            "published figures": [
                f"{len(self.published.figure)} in all",
                *(f"{count} {text}" for text, count in marks.items()),
            ],
            "not verified": self.source.get("peereval:unverified", []),
        }
        parts = [paragraph(self.source["description"]), shown_facts(facts)]
        return card(f"{self.source['title']} ({self.name})", parts, origin=self._origin())


def available() -> list[str]:
    """List the data sets.

    Returns
    -------
    list of str
        Their names.

    Examples
    --------
    >>> import peereval as pe
    >>> [name for name in pe.datasets.available() if "readmissions" in name]
    ['child-readmissions-denmark', 'danish-readmissions-2010-2018']
    """
    return sorted(folder.parent.name for folder in _folder().glob("*/datapackage.json"))


def load(name: str) -> Dataset:
    """Load a data set.

    Parameters
    ----------
    name : str
        One of `available`.

    Returns
    -------
    Dataset
        Its tables, published figures and source.

    Raises
    ------
    UnknownNameError
        There is none of that name.
    PublishedFigureError
        Its ``published.toml`` breaks the schema.

    Warns
    -----
    UnverifiedWarning
        Some of its figures, or what its tables are said to count, have not been seen in the publication itself.

    Examples
    --------
    >>> import warnings
    >>> import peereval as pe
    >>> warnings.simplefilter("ignore", pe.UnverifiedWarning)
    >>> core = pe.datasets.load("core-2018")
    >>> core.tables["persons"]["arm"].value_counts(sort=False).tolist()
    [221, 220]
    >>> ledger = core.reproduce().estimates.set_index("figure")
    >>> ledger.loc["readmitted-peer-percent", ["printed", "status"]].tolist()
    ['29%', 'reproduced']
    """
    if name not in available():
        msg = f"No data set is called {name!r}."
        raise UnknownNameError(msg, hint=nearest(name, available()))
    folder = _folder() / name
    source = json.loads(existing_file(folder / "datapackage.json").read_text(encoding="utf-8"))
    paths = {each["name"]: folder / each["path"] for each in source["resources"] if "path" in each}
    extra = {each["name"]: ExtraTable(**each["peereval:extra"]) for each in source["resources"] if "path" not in each}
    absent = {each: why for each, table in extra.items() if (why := table.absent())}
    tables = {each: read_table(path) for each, path in paths.items() if path.suffix != ".toml"}
    tables |= {each: table.read() for each, table in extra.items() if each not in absent}
    programmes = {each: _public("Programme.from_toml")(path) for each, path in paths.items() if path.suffix == ".toml"}
    published = _published(folder / "published.toml")
    _warn(name, published, source.get("peereval:unverified", []))
    return Dataset(name=name, tables=tables, published=published, source=source, programmes=programmes, absent=absent)


def _published(path: Path) -> Publication:
    content, _ = read_toml(path)
    try:
        return Publication.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        msg = f"{path.parent.name}/{path.name}: {'.'.join(map(str, first['loc']))}: {first['msg']}."
        raise PublishedFigureError(msg, hint="Compare with the other data sets' published.toml.") from None


def _warn(name: str, published: Publication, unverified: list[str]) -> None:
    if unverified:
        text = f"{name}: not verified at the source: {'; '.join(unverified)}."
        warnings.warn(UnverifiedWarning(text), stacklevel=3)
    for mark in ("M", "R"):
        count = sum(figure.verified == mark for figure in published.figure)
        if count:
            figures = "1 published figure was" if count == 1 else f"{count} published figures were"
            text = f"{name}: {figures} {MARKS[mark]} (mark {mark}); see the column 'verified'."
            warnings.warn(UnverifiedWarning(text), stacklevel=3)


def _public(name: str) -> Callable[..., Any]:
    """The public function of a name, or the method of a class."""
    found: Any = import_module("peereval")
    return cast("Callable[..., Any]", reduce(getattr, name.split("."), found))
