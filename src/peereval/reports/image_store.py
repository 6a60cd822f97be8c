"""Images and tables that were made before: kept by what they show, so that a report makes only what is new."""

from __future__ import annotations

import json
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING

import pandas as pd

from peereval.files import write_together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from peereval.results import Released


@dataclass(frozen=True, slots=True)
class _Store:
    folder: Path
    used: set[str] = field(default_factory=set)


_STORE: ContextVar[_Store | None] = ContextVar("image_store", default=None)


@contextmanager
def kept_images(folder: Path) -> Iterator[None]:
    """Take images from a folder while reports are written, and keep those there that were drawn.

    Parameters
    ----------
    folder : Path
        The folder; it is made where it is missing. Images that were not asked for are removed at the end.
    """
    folder.mkdir(exist_ok=True)
    store = _Store(folder)
    token = _STORE.set(store)
    try:
        yield
    finally:
        _STORE.reset(token)
    for place in folder.iterdir():
        if place.name not in store.used:
            place.unlink()


def stored_image(
    finding: Released, options: Mapping[str, str], language: str, form: str, draw: Callable[[], bytes]
) -> bytes:
    """Give an image that was drawn before, or draw it.

    Parameters
    ----------
    finding : Released
        What it shows.
    options : mapping of str to str
        What the figure was asked for.
    language, form : str
        The language of its words, and the kind of image.
    draw : callable
        Draws it.

    Returns
    -------
    bytes
        The image.
    """
    store = _STORE.get()
    if store is None:
        return draw()
    place = _place(store, finding, [dict(options), language, version("matplotlib")], form)
    if not place.is_file():
        image = draw()
        write_together({place: lambda beside: beside.write_bytes(image)})
    return place.read_bytes()


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
    store = _STORE.get()
    if store is None:
        return make()
    place = _place(store, finding, [], "json")
    if not place.is_file():
        made = [
            (caption, list(cells.columns), cells.astype(object).where(cells.notna(), None).to_numpy().tolist())
            for caption, cells in make()
        ]
        written = json.dumps(made, ensure_ascii=False)
        write_together({place: lambda beside: beside.write_text(written, encoding="utf-8")})
    kept = json.loads(place.read_text(encoding="utf-8"))
    return [(caption, pd.DataFrame(rows, columns=columns)) for caption, columns, rows in kept]


def _place(store: _Store, finding: Released, more: list[object], form: str) -> Path:
    """Where that which shows a result is kept: named by all that it depends on."""
    shown = (finding.kind, finding.title, dict(finding.settings), dict(finding.columns), finding.origin)
    rows = finding.estimates.to_json(orient="split", double_precision=15)
    whole = json.dumps([shown, rows, more, form, version("peereval")], default=str)
    place = store.folder / f"{sha256(whole.encode()).hexdigest()[:24]}.{form}"
    store.used.add(place.name)
    return place


def stored_print(page: bytes, form: str, make: Callable[[], bytes | None]) -> bytes | None:
    """Give what a program made of a page before, or let it be made.

    Parameters
    ----------
    page : bytes
        The page.
    form : {"docx", "pdf"}
        What is made of it.
    make : callable
        Makes it; None where the program is not there.

    Returns
    -------
    bytes or None
        The file.
    """
    store = _STORE.get()
    if store is None:
        return make()
    place = store.folder / f"{sha256(page).hexdigest()[:24]}.{form}"
    if not place.is_file():
        made = make()
        if made is None:
            return None
        write_together({place: lambda beside: beside.write_bytes(made)})
    store.used.add(place.name)
    return place.read_bytes()
