"""What was made of released results before: kept by all that it depends on, so that a report makes only what is new."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeVar

import pandas as pd

from peereval.files import write_together
from peereval.results import Released

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

Made = TypeVar("Made", bytes, bytes | None)
_MAKERS = ("peereval", "pandas", "matplotlib", "great_tables", "openpyxl", "python-pptx", "jinja2")
"""Packages of whose version an output may depend."""


@dataclass(frozen=True, slots=True)
class _Store:
    folder: Path
    versions: tuple[str, ...]
    used: set[str] = field(default_factory=set)
    known: dict[int, tuple[Released, str]] = field(default_factory=dict)
    """Results with their hashes, by which they need be read once only."""


_STORE: ContextVar[_Store | None] = ContextVar("image_store", default=None)


@contextmanager
def kept_images(folder: Path) -> Iterator[None]:
    """Take from a folder what was made before while reports are written, and keep there what is made.

    Parameters
    ----------
    folder : Path
        The folder; it is made where it is missing. What was not asked for is removed at the end.
    """
    folder.mkdir(exist_ok=True)
    store = _Store(folder, tuple(map(version, _MAKERS)))
    token = _STORE.set(store)
    try:
        yield
    finally:
        _STORE.reset(token)
    for place in folder.iterdir():
        if place.name not in store.used:
            place.unlink()


def stored(form: str, depends: Sequence[object], make: Callable[[], Made]) -> Made:
    """Give what was made before of the same, or make it.

    Parameters
    ----------
    form : str
        What is made: the ending of a file.
    depends : sequence
        All that it depends on beside the versions of packages: released results, texts, bytes, numbers.
    make : callable
        Makes it; None where the program that makes it is not there.

    Returns
    -------
    bytes or None
        The file.
    """
    store = _STORE.get()
    if store is None:
        return make()
    whole = json.dumps([form, store.versions, *depends], default=partial(_hashable, store))
    place = store.folder / f"{sha256(whole.encode()).hexdigest()[:24]}.{form}"
    if not place.is_file():
        made = make()
        if made is None:
            return made
        write_together({place: lambda beside: beside.write_bytes(made)})
    store.used.add(place.name)
    return place.read_bytes()


def _hashable(store: _Store, part: object) -> object:
    """What stands for a part of a key that JSON does not know."""
    if isinstance(part, Released):
        if id(part) not in store.known:
            parts = {each.name: getattr(part, each.name) for each in fields(part)}
            whole = json.dumps(parts, default=partial(_hashable, store))
            store.known[id(part)] = (part, sha256(whole.encode()).hexdigest())
        return store.known[id(part)][1]
    if isinstance(part, pd.DataFrame):
        return part.to_json(orient="split", double_precision=15)
    if isinstance(part, bytes):
        return sha256(part).hexdigest()
    return dict(part) if isinstance(part, Mapping) else str(part)


def stored_tables(
    finding: Released, make: Callable[[], list[tuple[str, pd.DataFrame]]]
) -> list[tuple[str, pd.DataFrame]]:
    """Give the printed tables of a result that were made before, or make them.

    Parameters
    ----------
    finding : Released
        What they show.
    make : callable
        Makes them: caption and cells of each.

    Returns
    -------
    list of tuple of str and DataFrame
        The tables.
    """
    if _STORE.get() is None:
        return make()

    def written() -> bytes:
        made = [
            (caption, list(cells.columns), cells.astype(object).where(cells.notna(), None).to_numpy().tolist())
            for caption, cells in make()
        ]
        return json.dumps(made, ensure_ascii=False).encode()

    kept = json.loads(stored("json", [finding], written))
    return [(caption, pd.DataFrame(rows, columns=columns)) for caption, columns, rows in kept]
