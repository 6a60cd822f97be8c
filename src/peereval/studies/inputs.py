"""What the results of a section depend on, as keyed hashes: what has not changed need not be computed again."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from peereval.disclosure.policy import disclosure_policy
from peereval.files import make_folder, write_text
from peereval.results import versions
from peereval.studies.prespecification import SECURE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peereval.studies.plan import Plan
    from peereval.studies.study import Study

_SURVEY = ("study", "rounds", "survey", "items")
_COMPARED = (*_SURVEY, "plan", "comparisons")
READS = {
    "programme": ("programme",),
    "participation": _SURVEY,
    "questions": _SURVEY,
    "rounds": _COMPARED,
    "hospital": ("study", "contacts", "units"),
    "interviews": (*_COMPARED, "interviews"),
    "costs": ("study", "programme", "costs"),
}
"""The tables of the study file that each section reads."""
_WORDS = (("study", "title"), ("study", "programme"))
"""Keys that the report alone prints."""
NAME = "inputs.json"


def section_inputs(study: Study, section: str, *, code: str, policy: str) -> dict[str, Any]:
    """Say what the results of a section depend on.

    Parameters
    ----------
    study : Study
        The study.
    section : str
        The section.
    code : str
        The code of its notebook.
    policy : str
        Id of the disclosure policy.

    Returns
    -------
    dict
        ``data`` and ``settings`` (key of the study file to a hash of the files it names, and of its value), ``notebook``,
        ``policy``, ``versions``, and ``key``, by which two sets of hashes are known to be comparable. The hashes are
        keyed, since a file with few rows could be guessed from a plain one, and hold no value and no file's name.
    """
    key = _key(study.file(SECURE))
    entries = dict(_entries(study.plan, section))
    named = {name: [*_files(study, value)] for name, value in entries.items()}
    rule = disclosure_policy(policy)
    return {
        "key": _keyed(key, b"key")[:8],
        "data": {name: _keyed(key, *map(_content, paths)) for name, paths in named.items() if paths},
        "settings": {name: _keyed(key, json.dumps(value, sort_keys=True).encode()) for name, value in entries.items()},
        "notebook": _keyed(key, code.encode()),
        "policy": f"{rule.id} {rule.version}",
        "versions": dict(versions()),
    }


def inputs_of(folder: Path) -> dict[str, Any] | None:
    """Read what the released results of a section depend on.

    Parameters
    ----------
    folder : Path
        The section's folder in ``released/``.

    Returns
    -------
    dict or None
        As `section_inputs` gave it; None where no run has written it.
    """
    try:
        found: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _entries(plan: Plan, section: str) -> Iterator[tuple[str, Any]]:
    """The keys that the section reads, by table and name: deeper ones may be texts of cells."""
    whole = plan.model_dump(mode="json", exclude_none=True)
    for table in READS[section]:
        value = whole.get(table)
        if value is None:
            continue
        if isinstance(value, dict) and isinstance(getattr(plan, table), BaseModel):
            yield from ((f"{table}.{name}", each) for name, each in value.items() if (table, name) not in _WORDS)
        else:
            yield table, value


def _files(study: Study, value: Any) -> Iterator[Path]:
    """The files that a value of the study file names, by name or by pattern, at any depth."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _files(study, each)
    elif isinstance(value, str) and 0 < len(value) < _LONGEST:
        place = study.file(value)
        # a pattern may be absolute, which Path.glob refuses
        found = place.rglob("*.parquet") if place.is_dir() else map(Path, glob(str(place)))  # noqa: PTH207
        yield from sorted(path for path in {place, *found} if path.is_file())


_LONGEST = 240
"""Longer texts are no paths, and some systems refuse to look."""


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _keyed(key: bytes, *parts: bytes) -> str:
    return hmac.new(key, b"".join(parts), "sha256").hexdigest()[:16]


def _key(secure: Path) -> bytes:
    """The key of this study's hashes, made at the first run; it never leaves."""
    place = secure / "key"
    if not place.exists():
        make_folder(secure)
        write_text(secrets.token_hex(32), place)
        place.chmod(0o600)
    return place.read_bytes()
