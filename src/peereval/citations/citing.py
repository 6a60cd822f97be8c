"""From results to the references of the methods, definitions and instruments that they used."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from html import escape
from importlib import resources
from typing import TYPE_CHECKING, Any

from peereval.citations.reference import Reference
from peereval.errors import UnsupportedInputError
from peereval.results import Released, Result, versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd


@dataclass(frozen=True, slots=True)
class Citations:
    """References, one of each, in the order of their authors.

    Parameters
    ----------
    references : tuple of Reference
        The references; peereval itself is the first.
    """

    references: tuple[Reference, ...]

    @property
    def text(self) -> str:
        """The list for a paper; references that were not verified end in ``[not verified]``."""
        return "\n".join(one.text for one in self.references)

    @property
    def bibtex(self) -> str:
        """The entries for a ``.bib`` file, in UTF-8; those that were not verified have an ``annotation``."""
        return "\n\n".join(one.bibtex for one in self.references) + "\n"

    def to_frame(self) -> pd.DataFrame:
        """Give one row a reference: ``id``, ``text`` and ``verified`` (missing where a result alone names it)."""
        import pandas as pd

        rows = [(one.id, one.text, one.verified) for one in self.references]
        return pd.DataFrame(rows, columns=["id", "text", "verified"]).astype({"verified": "boolean"})

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return "<ul>" + "".join(f"<li>{escape(one.text)}</li>" for one in self.references) + "</ul>"


def cite(*results: Result | Released) -> Citations:
    """Give the references of the methods, definitions and instruments that results used.

    Parameters
    ----------
    *results : Result or Released
        What is to be cited, such as ``*evaluation.results["rounds"]``; without any, peereval alone.

    Returns
    -------
    Citations
        ``.text``, ``.bibtex`` and ``.to_frame()``. It holds what each result names as its references, what its rules,
        its kind and its definition of a readmission rest on, and the papers of the instruments of the catalogue. Cite
        the source of an instrument, a definition or data of your own yourself.

    Raises
    ------
    UnsupportedInputError
        One of them is no result.

    Notes
    -----
    ``[not verified]`` stands behind a reference that was written from memory and not seen in a public bibliography:
    look it up before you print it. What a result names and the list of references does not know, such as the paper
    behind a data set, is given in the result's own words.

    Examples
    --------
    >>> import pandas as pd
    >>> import peereval as pe
    >>> trials = pd.DataFrame({"study": ["A", "B", "C"], "outcome": "recovery", "measure": "hedges_g", "time": "end",
    ...     "direction": "higher is better", "scale": "SD", "estimate": [0.2, 0.4, 0.3], "variance": [0.02, 0.05, 0.03],
    ...     "n": [210, 80, 130]})
    >>> found = pe.cite(pe.pool(trials))
    >>> found.references[0].title
    'peereval: evaluate mental-health peer support'
    >>> print(found.text.splitlines()[3])
    Knapp G, Hartung J (2003). Improved tests for a random effects meta-regression with a single covariate. Statistics in
    Medicine 22(17):2693–2710. doi:10.1002/sim.1482.
    """
    _check_results(results)
    found = {one.id: one for result in results for one in _references(result)}
    return Citations((_peereval(), *sorted(found.values(), key=lambda one: one.text.casefold())))


def _check_results(given: Iterable[object]) -> None:
    for one in given:
        if not isinstance(one, Result | Released):
            msg = f"cite takes results; got {type(one).__name__}."
            raise UnsupportedInputError(msg, hint="Give what an analysis returned, or *evaluation.results[section].")


@cache
def _library() -> dict[str, Any]:
    """What references.toml says, its references read."""
    import tomllib

    content = tomllib.loads(resources.files(__package__).joinpath("references.toml").read_text(encoding="utf-8"))
    read = {name: Reference(id=name, **said) for name, said in content["reference"].items()}
    return {**content, "reference": read}


@cache
def _by_text() -> dict[str, list[Reference]]:
    """The references by the texts with which results name them."""
    known: dict[str, list[Reference]] = {}
    for one in _library()["reference"].values():
        for text in (one.short, *one.also):
            known.setdefault(_alike(text), []).append(one)
    return known


def _references(result: Result | Released) -> Iterator[Reference]:
    library = _library()
    for text in result.references:
        if text not in library["no_reference"]:
            yield from _by_text().get(_alike(text)) or [_as_named(text)]
    for name in _used(result, library):
        yield library["reference"][name]


def _used(result: Result | Released, library: Mapping[str, Any]) -> Iterator[str]:
    """The names of references that stand behind a result's sentence, kind, measures, definitions and instruments."""
    for rule in re.findall(r"\bR\d+\b", result.method):
        yield from library["rules"].get(rule, [])
    yield from (name for words, names in library["sentences"].items() if words in result.method for name in names)
    yield from library["kinds"].get(result.kind, [])
    for measure in _values(result, "measure"):
        yield from library["measures"].get(measure, [])
    for definition in _settings(result.settings, "definition"):
        yield from library["definitions"].get(definition.split(" ")[0], [])
    for instrument in _instruments(result):
        for pattern, names in library["instruments"].items():
            if fnmatchcase(instrument, pattern):
                yield from names


def _instruments(result: Result | Released) -> set[str]:
    # of scores beside one another an outcome is written instrument:scale
    return {*_settings(result.settings, "instrument"), *(name.split(":")[0] for name in _values(result, "outcome"))}


def _values(result: Result | Released, column: str) -> set[str]:
    rows = result.estimates
    return set(rows[column].dropna().astype(str)) if column in rows else set()


def _settings(settings: Mapping[str, Any], key: str) -> Iterator[str]:
    """What a setting says, in bound results too, where settings stand under the label of each."""
    for name, value in settings.items():
        if name == key and isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from _settings(value, key)


def _as_named(text: str) -> Reference:
    """A source that no list knows, in the words of the result."""
    slug = "-".join(re.findall(r"[a-z0-9]+", text.casefold())[:4])
    told_apart = hashlib.sha256(text.encode()).hexdigest()[:6]
    return Reference(
        id=f"named-{slug}-{told_apart}", type="misc", title=text, note="(as the result names it)", verified=None
    )


def _alike(text: str) -> str:
    return text.replace(" and ", " & ")


def _peereval() -> Reference:
    """The package itself, as CITATION.cff has it (a test compares them)."""
    said: Iterable[tuple[str, Any]] = _library()["peereval"].items()
    return Reference(
        id="peereval", type="software", note=f"Version {versions()['peereval']}", verified=True, **dict(said)
    )


__all__ = ["Citations", "cite"]
