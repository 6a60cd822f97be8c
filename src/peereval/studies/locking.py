"""One run at a time in a folder: a lock that the system itself frees when the process that holds it ends, however it ends."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, TextIO

from peereval.errors import DestinationError
from peereval.files import make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK = "lock"
"""The file in ``secure/`` that is locked; it stays there, and its being there says nothing."""
_BEYOND = 1 << 20
"""The byte that is locked where files are locked by bytes: past what is written, so that others can read who holds it."""
_HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


@contextmanager
def alone(secure: Path) -> Iterator[None]:
    """Keep other runs out of a study folder.

    Parameters
    ----------
    secure : Path
        Its folder ``secure/``; it is made where it is missing.

    Raises
    ------
    DestinationError
        Another process works in the folder, or its file cannot be locked. A process that has died, or was stopped, does
        not count.
    """
    make_folder(secure)
    with _taken(secure / LOCK) as file:
        try:
            yield
        finally:
            _free(file)


def _taken(place: Path) -> TextIO:
    """Open the file, lock it and say in it who did."""
    file = None
    try:
        file = place.open("a+", encoding="utf-8")
        _lock(file)
        file.truncate(0)
        file.write(f"process {os.getpid()}, since {datetime.now().astimezone():%Y-%m-%d %H:%M}")
        file.flush()
    except OSError as error:
        msg, hint = f"{place} cannot be locked: {error.strerror}.", "Look at the folder's rights and the free space."
        if file is not None and error.errno in _HELD:
            file.seek(0)
            msg = f"Another run works in {place.parent.parent.resolve().name} ({file.read() or 'just begun'})."
            hint = "Wait until it has ended, or end that process; then try again."
        if file is not None:
            # what a full disk did not take cannot be written at the end either
            with suppress(OSError):
                file.close()
        raise DestinationError(msg, hint=hint) from None
    return file


def _lock(file: TextIO) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(_BEYOND)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _free(file: TextIO) -> None:
    """What is freed by closing on one system is freed on another when it finds the time."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(_BEYOND)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)


__all__ = ["LOCK", "alone"]
