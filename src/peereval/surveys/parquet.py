"""Parquet files as a sheet, with what they say of themselves."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pandas as pd

from peereval.errors import PeerevalError, UnreadableFileError, UnsupportedInputError
from peereval.files import read_table
from peereval.surveys.layout import used_columns
from peereval.surveys.sheet import Sheet
from peereval.surveys.storage import stored_facts

if TYPE_CHECKING:
    from pathlib import Path


def read_parquet(path: Path, *, sha256: str) -> Sheet:
    """Read a parquet file.

    Parameters
    ----------
    path : Path
        The file.
    sha256 : str
        Its hash.

    Returns
    -------
    Sheet
        The table. Where peereval wrote it, with the labels and questions of the export that it came from; the notes
        tell that export and an older layout.

    Raises
    ------
    UnsupportedInputError
        The file does not end in ``.parquet``, or has a newer layout than this version knows.
    UnreadableFileError
        It is damaged.
    LayoutError
        It has far too many columns.
    """
    if path.suffix != ".parquet":
        msg = f"{path.name} is a parquet file, but its name says otherwise."
        raise UnsupportedInputError(msg, hint="Give it the ending .parquet.")
    try:
        return _read(path, sha256)
    except PeerevalError:
        raise
    except Exception:  # noqa: BLE001 - damaged files fail in the parser in any way
        msg = f"{path.name} cannot be read as a parquet file ({path.stat().st_size:,} bytes)."
        raise UnreadableFileError(msg, hint="Export or copy the file again.") from None


def _read(path: Path, sha256: str) -> Sheet:
    frame = read_table(path)
    frame.columns = pd.Index([str(name) for name in frame.columns])
    used_columns(list(frame.columns), empty=[False] * frame.shape[1], file=path.name)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        facts = stored_facts(path)
    written = [f"Responses that peereval wrote from {facts['file']}."] if facts.get("file") else []
    notes = (*written, *(str(each.message) for each in heard))
    return Sheet(
        file=path.name, source="parquet", frame=frame, labels=facts.get("labels", {}), questions=facts.get("questions", {}),
        first_row=1, sha256=sha256, notes=notes,
    )  # fmt: skip
