"""Responses kept as parquet, with where they came from: file, its hash, mapping, version of the layout."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

from peereval.contracts import RESPONSES, check_frame
from peereval.errors import SchemaVersionWarning, UnsupportedInputError
from peereval.files import file_metadata, write_table
from peereval.results import origin_of

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

SCHEMA_VERSION = 1
"""Version of the layout of the responses; it grows when a column changes its meaning."""
PROVENANCE = "survey"
"""Under this key a frame's attributes say where its rows came from."""
_KEY = "peereval.responses"


class Provenance(dict[str, Any]):
    """Where responses came from, shared by the copies of a frame and never changed.

    pandas copies a frame's attributes deeply for every column that is taken out, which labels of a hundred items would
    make twenty times as slow.

    Examples
    --------
    >>> import copy
    >>> facts = Provenance(file="export.csv")
    >>> copy.deepcopy(facts) is facts
    True
    """

    def __deepcopy__(self, memo: object) -> Provenance:
        return self


def write_responses(frame: pd.DataFrame, path: str | Path) -> Path:
    """Write responses to a parquet file that says where they came from.

    Parameters
    ----------
    frame : DataFrame
        The *responses* contract, as `read_survey` gives it.
    path : str or Path
        The file, with the ending ``.parquet``.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    ColumnError, MissingValueError, DuplicateError
        The table breaks its contract.
    UnsupportedInputError
        The file has another ending.
    DestinationError
        It cannot be written there.

    Notes
    -----
    Kept are the version of the layout and, where `read_survey` has just read the rows, the export's name and SHA-256,
    its source, the mapping, the counts of missing codes, the columns that were not used, and the labels and the texts
    of questions that the export has for the columns in use. A frame that was joined or built by hand says nothing of
    these. Texts of questions and answers may belong to the owner of an instrument: they stay in this file.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import peereval as pe
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kept = pathlib.Path(folder, "kept.parquet")
    ...     _ = write_responses(pe.simulate_study("ward", seed=1).responses, kept)
    ...     again = pe.read_survey(kept)
    >>> again["round"].cat.categories.tolist()
    ['start', 'half-year', 'one-year']
    """
    from pathlib import Path as File

    place = File(path)
    if place.suffix != ".parquet":
        msg = f"{place.name}: responses are kept as .parquet."
        raise UnsupportedInputError(msg, hint="Other formats lose the order of the rounds.")
    check_frame(frame, RESPONSES)
    plain = frame.copy(deep=False)
    # pandas would write the attributes too, a second time
    plain.attrs = {}
    write_table(plain, place, origin=origin_of(frame), metadata=layout_metadata(frame))
    return place


def layout_metadata(frame: pd.DataFrame) -> dict[str, str]:
    """Give what a parquet file of responses says about itself.

    Parameters
    ----------
    frame : DataFrame
        The responses.

    Returns
    -------
    dict of str to str
        For `peereval.files.write_table`.
    """
    facts = {"schema_version": SCHEMA_VERSION, **frame.attrs.get(PROVENANCE, {})}
    return {_KEY: json.dumps(facts, ensure_ascii=False)}


def stored_facts(path: Path) -> dict[str, Any]:
    """Read from a parquet file where its responses came from; warn if its layout is an older one.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict
        What `write_responses` kept; empty for a file that it did not write.

    Raises
    ------
    UnsupportedInputError
        The layout is newer than this version of peereval knows.

    Warns
    -----
    SchemaVersionWarning
        The layout is older.
    """
    text = file_metadata(path).get(_KEY)
    if text is None:
        return {}
    facts: dict[str, Any] = json.loads(text)
    version = facts.pop("schema_version")
    if version > SCHEMA_VERSION:
        msg = f"{path.name} holds responses in layout {version}; this version of peereval knows layouts up to {SCHEMA_VERSION}."
        raise UnsupportedInputError(msg, hint="Install the newer version.")
    if version < SCHEMA_VERSION:
        msg = f"{path.name} holds responses in layout {version}, written by an older version; the layout is now {SCHEMA_VERSION}. Read the export again to be sure."
        warnings.warn(SchemaVersionWarning(msg), stacklevel=3)
    return facts
