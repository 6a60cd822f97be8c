"""Contacts in files of statistics programs and spreadsheets, as frames that fit their contract."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pandas as pd

from peereval.errors import UnreadableFileError, UnsupportedInputError
from peereval.files import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from peereval.contracts import Contract

FORMATS = (".parquet", ".csv", ".xlsx", ".sas7bdat", ".dta")


def read_frame(path: Path, contract: Contract) -> pd.DataFrame:
    """Read a file of contacts that is no parquet file.

    Parameters
    ----------
    path : Path
        A ``.csv`` file (UTF-8, comma), the first sheet of an ``.xlsx`` workbook, or a ``.sas7bdat`` or ``.dta`` file.
    contract : Contract
        What the table should look like.

    Returns
    -------
    DataFrame
        The rows. Columns of text that are stored as whole numbers are text; flags stored as 0 and 1 are flags.

    Raises
    ------
    UnsupportedInputError
        Another kind of file.
    UnreadableFileError
        The file is damaged.
    """
    if path.suffix not in FORMATS:
        msg = f"{path.name} cannot be read; contacts are read from {', '.join(FORMATS)}."
        raise UnsupportedInputError(msg, hint="Read other files with pandas and give the frame.")
    try:
        frame = _read(path)
    except (ValueError, OSError, KeyError, zipfile.BadZipFile):
        # the reader's message may quote a cell
        msg = f"{path.name} cannot be read ({path.stat().st_size} bytes); it is no whole {path.suffix} file."
        raise UnreadableFileError(msg, hint="Export or copy the file again.") from None
    kinds = {column.name: column.kind for column in contract.columns}
    return frame.assign(**{name: _as_kind(frame[name], kinds[name]) for name in frame.columns if name in kinds})


def _read(path: Path) -> pd.DataFrame:
    if path.suffix == ".csv":
        return read_table(path)
    if path.suffix == ".xlsx":
        return pd.read_excel(path)
    if path.suffix == ".dta":
        return pd.read_stata(path)
    found: pd.DataFrame = pd.read_sas(path, format="sas7bdat", encoding="infer")
    return found


def _as_kind(column: pd.Series, kind: str) -> pd.Series:
    if kind == "text" and pd.api.types.is_numeric_dtype(column):
        whole = bool((column.dropna() % 1 == 0).all())
        return (column.astype("Int64") if whole else column).astype("string")
    if kind == "text" and not isinstance(column.dtype, pd.CategoricalDtype):
        # statistics programs write an empty text for a missing one
        return column.astype("string").mask(lambda text: text == "")
    if kind == "flag" and not pd.api.types.is_bool_dtype(column) and column.dropna().isin([0, 1]).all():
        return column.astype("boolean")
    return column
