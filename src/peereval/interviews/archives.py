"""Packed files, looked at before anything in them is read; nothing is ever unpacked to disk."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING

from peereval.errors import UnreadableFileError, UnsupportedInputError
from peereval.files import existing_file

if TYPE_CHECKING:
    from pathlib import Path

MAX_UNPACKED = 2 << 30
"""Bytes that a packed file may unpack to, all its parts together."""
MAX_PART = 64 << 20
"""Bytes of the part that is read; a project with 100,000 codings takes about 50 MB, and reading it many times as much memory."""
MAX_RATIO = 200
"""How much smaller than its content a part may be."""
_SMALL = 10 << 20
_ENCRYPTED = 1
_DRIVE = ":"


def checked_parts(path: str | Path) -> list[str]:
    """Give the names of the parts of a packed file, if it is safe to open.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    list of str
        The names of its parts.

    Raises
    ------
    MissingFileError
        No file is there.
    UnreadableFileError
        It is no packed file, or damaged.
    UnsupportedInputError
        A part's name leads out of the file (``../``, an absolute path, a backslash) or stands twice, the file is
        encrypted, or it would unpack to an absurd size.
    """
    place = existing_file(path)
    try:
        with zipfile.ZipFile(place) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError):
        msg = f"{place.name} is no packed file (zip), or it is damaged ({place.stat().st_size:,} bytes)."
        raise UnreadableFileError(msg, hint="Export or copy the file again.") from None
    names = [part.orig_filename for part in parts]
    _check_names(names, place.name)
    _check_sizes(parts, place.name)
    return names


def read_part(path: Path, name: str) -> bytes:
    """Read one part of a packed file that `checked_parts` has looked at.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        The part.

    Returns
    -------
    bytes
        Its content.

    Raises
    ------
    UnreadableFileError
        The part is damaged, or not what the list of parts says.
    UnsupportedInputError
        It is larger than any project.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open(name) as part:
            # what a part says of its size may be a lie
            data = part.read(MAX_PART + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError):
        msg = f"{name} in {path.name} is damaged."
        raise UnreadableFileError(msg, hint="Export or copy the file again.") from None
    if len(data) > MAX_PART:
        raise _too_large(path.name, f"{name} holds more than {MAX_PART >> 20} MB")
    return data


def _check_names(names: list[str], file: str) -> None:
    for number, name in enumerate(names, start=1):
        if "\\" in name or _DRIVE in name or name.startswith("/") or ".." in name.split("/"):
            msg = f"Part {number} of {file} has a name that leads out of the file ('..', a backslash or an absolute path)."
            raise UnsupportedInputError(msg, hint="No program for analysis writes such names: do not trust this file.")
    if len(set(names)) < len(names):
        msg = f"{file} holds two parts of the same name."
        raise UnsupportedInputError(msg, hint="Which of them counts cannot be known: export the file again.")


def _check_sizes(parts: list[zipfile.ZipInfo], file: str) -> None:
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        msg = f"{file} is encrypted."
        raise UnsupportedInputError(msg, hint="Save it without a password.")
    total = sum(part.file_size for part in parts)
    if total > MAX_UNPACKED:
        raise _too_large(file, f"it would unpack to {total:,} bytes")
    for number, part in enumerate(parts, start=1):
        if part.file_size > _SMALL and part.file_size > MAX_RATIO * part.compress_size:
            told = f"part {number} would unpack from {part.compress_size:,} to {part.file_size:,} bytes"
            raise _too_large(file, told)


def _too_large(file: str, told: str) -> UnsupportedInputError:
    msg = f"{file} was not opened: {told}."
    hint = f"It may hold {MAX_UNPACKED >> 30} GB in all, and each part {MAX_RATIO} times its packed size. Export it without recordings."
    return UnsupportedInputError(msg, hint=hint)
