"""Released results on disk: a tidy parquet file each, and what belongs to them in one JSON file."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peereval.disclosure.audit import audit_entries, audit_page
from peereval.errors import DestinationError, NotReleasedError, UnreadableFileError
from peereval.files import existing_file, read_table, write_table, write_text
from peereval.results import Released

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from peereval.results import Result

CONTENTS = "results.json"
"""The file that says which results a folder holds; without its word a table is none of them."""
_PARTS = (
    "kind", "title", "method", "claim", "estimand", "assumptions", "sensitivity", "references", "settings", "columns", "origin",
    "exclusions", "policy", "changes",
)  # fmt: skip
_LISTS = ("assumptions", "sensitivity", "references", "changes")
_FORMAT = 1


def write_released(found: Sequence[Released], folder: str | Path) -> Path:
    """Write released results to a folder, so that reports and exports are made from it alone.

    The tables are written first, under names that hold their content's hash, and ``results.json`` last: a reader finds
    the former results until the new ones are whole. Then the tables of the former ones are removed. Beside them stand
    ``audit.json`` and ``audit.md``, which say what was changed in each result and why.

    Parameters
    ----------
    found : sequence of Released
        What `peereval.release` gave.
    folder : str or Path
        Where to write; made if it is not there. Other files in it are left alone.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    NotReleasedError
        One of them is no released result.
    DestinationError
        The folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import peereval as pe
    >>> safe = pe.release(pe.attrition(pe.simulate_study("ward", seed=1).responses))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = read_released(write_released(safe, folder))
    >>> again[0].estimates.equals(safe[0].estimates), again[0].method == safe[0].method
    (True, True)
    """
    place = _made(Path(folder))
    former = _tables(place)
    entries = [_written(one, number, place) for number, one in enumerate(found, start=1)]
    audit = audit_entries(found)
    write_text(_json(audit), place / "audit.json")
    write_text(audit_page(audit), place / "audit.md")
    write_text(_json({"format": _FORMAT, "results": entries}), place / CONTENTS)
    for name in former - {entry["table"] for entry in entries}:
        (place / name).unlink(missing_ok=True)
    return place


def read_released(folder: str | Path) -> list[Released]:
    """Read released results from a folder.

    Parameters
    ----------
    folder : str or Path
        What `write_released` wrote.

    Returns
    -------
    list of Released
        Equal to those that were written, in their order.

    Raises
    ------
    MissingFileError
        The folder holds no released results.
    UnreadableFileError
        A file is broken or of another format.

    Examples
    --------
    >>> import tempfile
    >>> import peereval as pe
    >>> ward = pe.simulate_study("ward", seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [again] = read_released(write_released(pe.release(pe.attrition(ward.responses)), folder))
    >>> again.policy.split()[0], int(again.estimates["withheld"].sum())
    ('standard', 0)
    """
    place = Path(folder)
    return [_read(entry, place) for entry in _contents(existing_file(place / CONTENTS))]


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{folder} cannot be made: {error.strerror}."
        raise DestinationError(msg, hint="Name a folder that can be written.") from error
    return folder


def parts_of(one: Result | Released) -> dict[str, Any]:
    """Give all that a released result is beside its table, as a JSON file can hold it.

    Parameters
    ----------
    one : Released
        The result; one that is not released is refused.

    Returns
    -------
    dict
        Its parts by name.

    Raises
    ------
    NotReleasedError
        It has not passed `release`.
    """
    if not isinstance(one, Released):
        msg = f"A {type(one).__name__} is not a released result."
        raise NotReleasedError(msg, hint="Pass it through release() first.")
    parts = {name: getattr(one, name) for name in _PARTS}
    return {name: dict(value) if hasattr(value, "items") else value for name, value in parts.items()}


def released_of(frame: pd.DataFrame, parts: Mapping[str, Any]) -> Released:
    """Put a released result together again.

    Parameters
    ----------
    frame : DataFrame
        Its table.
    parts : mapping
        What `parts_of` gave; further keys are left alone.

    Returns
    -------
    Released
        Equal to the one that was taken apart.
    """
    there: dict[str, Any] = {name: tuple(parts[name]) if name in _LISTS else parts[name] for name in _PARTS}
    return Released(estimates=frame, **there)


def _written(one: Released, number: int, folder: Path) -> dict[str, Any]:
    entry, frame = parts_of(one), one.to_frame()
    digest = sha256((_json(entry) + frame.to_json(orient="split", double_precision=15)).encode()).hexdigest()[:12]
    # the kind is part of a file's name, so nothing else than letters, digits and hyphens stays in it
    table = f"{number:02}-{re.sub('[^a-z0-9-]+', '-', one.kind.lower())}-{digest}.parquet"
    write_table(frame, folder / table, origin=one.origin)
    return {"table": table, **entry}


def _read(entry: dict[str, Any], folder: Path) -> Released:
    return released_of(read_table(folder / entry["table"]).drop(columns="origin", errors="ignore"), entry)


def _contents(path: Path) -> list[dict[str, Any]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        entries: list[dict[str, Any]] = content["results"]
        # a name with a folder in it would lead out of this one
        whole = content["format"] == _FORMAT and all(
            {*_PARTS, "table"} <= set(entry) and Path(entry["table"]).name == entry["table"] for entry in entries
        )
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        msg = f"{path.parent.name}/{path.name} does not list released results in the format of this version."
        raise UnreadableFileError(msg, hint="Evaluate the study again.")
    return entries


def _tables(folder: Path) -> set[str]:
    """The tables of former results; those of a broken list are nobody's to remove."""
    place = folder / CONTENTS
    try:
        return {entry["table"] for entry in _contents(place)} if place.is_file() else set()
    except UnreadableFileError:
        return set()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
