"""Ids replaced by pseudonyms that only the holder of a key can make again."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.errors import ColumnError, DestinationError, InvalidValueError, nearest
from peereval.files import existing_file
from peereval.surveys.identifiers import in_digits
from peereval.surveys.spelling import spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

_KEY_BYTES = 32
_DIGITS = 32
"""Hexadecimal digits of a pseudonym: 128 bits, so that two of a million million ids share one with a chance below 1e-14."""


def pseudonymise(frame: pd.DataFrame, columns: str | Sequence[str], *, key_file: str | Path) -> pd.DataFrame:
    """Replace ids by pseudonyms.

    A pseudonym is the first 128 bits of the HMAC-SHA256 (RFC 2104) of the id under a secret key, as 32 hexadecimal
    digits. The same id and key give the same pseudonym in every table; without the key nobody can try out ids to find
    the one behind a pseudonym. 7, 7.0 and "7" are the same id, "007" is another; spaces at either end do not count.
    Numbers with the form of a CPR number or a personnummer are the same id with and without a hyphen or spaces, and
    without a leading zero: "070123-4567", "0701234567" and 701234567. A personnummer with its century is another id
    than the one without.
    With the key the data remain personal data.

    Parameters
    ----------
    frame : DataFrame
        A table with ids.
    columns : str or sequence of str
        The columns that hold them, as text or as numbers.
    key_file : str or Path
        A file with the key, at least 32 bytes, outside the study's folder. `peereval.surveys.pseudonyms.new_key`
        makes one.

    Returns
    -------
    DataFrame
        The table with pseudonyms, as text, in place of the ids; missing and empty ids are missing.

    Raises
    ------
    ColumnError
        A column is missing, or holds numbers too large for their kind.
    MissingFileError
        There is no key file.
    InvalidValueError
        No column was named, or the key is too short or lies in a study's folder.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     key = new_key(pathlib.Path(folder, "study.key"))
    ...     safe = pseudonymise(pd.DataFrame({"person": [7, None, 7]}), "person", key_file=key)
    >>> safe["person"].str.len().tolist()
    [32, <NA>, 32]
    >>> bool(safe["person"][0] == safe["person"][2])
    True
    """
    names = [columns] if isinstance(columns, str) else list(columns)
    if not names:
        msg = "No column was named to pseudonymise, so that every id would stay as it is."
        raise InvalidValueError(msg, hint="Name the columns that hold ids.")
    for name in names:
        if name not in frame.columns:
            msg = f"The table has no column {name!r} to pseudonymise."
            raise ColumnError(msg, hint=nearest(name, map(str, frame.columns)))
    key = _key(key_file)
    return frame.assign(**{name: _pseudonyms(frame[name], key) for name in names})


def new_key(path: str | Path) -> Path:
    """Write a new random key into a file that only its owner may read, where the platform knows such rights.

    Parameters
    ----------
    path : str or Path
        A file that does not exist yet, outside every study's folder. Who loses it cannot make the pseudonyms again.

    Returns
    -------
    Path
        The file: 64 hexadecimal digits (256 random bits).

    Raises
    ------
    DestinationError
        The file is there already, or cannot be written.
    InvalidValueError
        The place lies in a study's folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     new_key(Path(folder, "study.key")).stat().st_size
    64
    """
    place = Path(path)
    _check_outside(place)
    try:
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        msg = f"{place} is there already and is not replaced, since pseudonyms made with it could not be made again."
        raise DestinationError(msg, hint="Use it, or name another file.") from None
    except OSError as error:
        msg = f"{place} cannot be written: {error.strerror}."
        raise DestinationError(msg, hint="Look at the folder and its rights.") from None
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_hex(_KEY_BYTES).encode("ascii"))
    return place


def _key(path: str | Path) -> bytes:
    place = existing_file(path)
    _check_outside(place)
    try:
        # an editor may end the file with a line break
        key = place.read_bytes().strip()
    except OSError as error:
        msg = f"The key file {place.name} cannot be read: {error.strerror}."
        raise InvalidValueError(msg, hint="Look at the file's rights.") from None
    if len(key) < _KEY_BYTES:
        msg = f"The key file {place.name} holds {len(key)} bytes; expected {_KEY_BYTES} or more."
        raise InvalidValueError(msg, hint="Make a key with peereval.surveys.pseudonyms.new_key(path).")
    return key


def _check_outside(place: Path) -> None:
    for folder in place.resolve().parents:
        if (folder / "study.toml").exists():
            msg = (
                f"The key {place.name} would lie in the folder of a study ({folder.name}), beside the data it protects."
            )
            raise InvalidValueError(msg, hint="Keep it elsewhere, where those who get the study's data cannot read it.")


def _pseudonyms(column: pd.Series, key: bytes) -> pd.Series:
    number, texts = spelled(column)
    made = [hmac.digest(key, text.encode("utf-8"), "sha256").hex()[:_DIGITS] for text in in_digits(texts.tolist())]
    # a missing id has the number -1: the value appended last
    cells = np.array([*made, pd.NA], dtype=object)[number]
    return pd.Series(cells, index=column.index, dtype="string")
