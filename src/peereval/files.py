"""Tables and texts on disk: read with clear errors, written whole or not at all, made-up data marked as such."""

from __future__ import annotations

import os
import tomllib
import warnings
from functools import cache
from importlib import resources
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from peereval.contracts import CONTRACTS
from peereval.errors import (
    ColumnError,
    DestinationError,
    MissingFileError,
    StudySyntaxError,
    UnknownNameError,
    UnreadableFileError,
    UnsupportedInputError,
    nearest,
)
from peereval.mentions import row_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from importlib.resources.abc import Traversable

    import pyarrow as pa

T = TypeVar("T")
_ORIGIN_KEY = b"peereval.origin"
FORMATS = (".csv", ".parquet")
UNFINISHED = ".part"
"""How the name of a file ends that is being written; one that stays was left by a process that died."""
_KNOWN = {column.name: column.kind for contract in CONTRACTS for column in contract.columns}
EMPTY = ["", " ", "#N/A", "N/A", "n/a", "NA", "<NA>", "NaN", "nan", "NULL", "null", "None"]
"""How programs write that a cell is empty."""


def existing_file(path: str | Path) -> Path:
    """Give the path if a file is there.

    Parameters
    ----------
    path : str or Path
        Where the file should be.

    Returns
    -------
    Path
        The path.

    Raises
    ------
    MissingFileError
        No file is there; the hint names the file in that folder that is nearest in name.
    UnreadableFileError
        It is a folder.
    """
    place = Path(path)
    if place.is_file():
        return place
    if place.is_dir():
        msg = f"{place} is a folder; expected a file."
        raise UnreadableFileError(msg, hint="Name the file in it.")
    msg = f"There is no file {place}."
    siblings = [file.name for file in place.parent.iterdir() if file.is_file()] if place.parent.is_dir() else []
    hint = nearest(place.name, siblings) if siblings else f"The folder {place.parent} is empty or does not exist."
    raise MissingFileError(msg, hint=hint)


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table from a parquet or CSV file.

    Text becomes pandas' nullable text, and a table that its file marks as synthetic or reconstructed gets a
    column ``origin`` that says so. In a CSV file the columns that the contracts know as text (``person``,
    ``round``, ``arm``, ``unit``, ``role``, …) are read as they are written: ``007`` stays ``007``, and a ward
    called ``NA`` keeps its name; only an empty cell is missing there.

    Parameters
    ----------
    path : str or Path
        A ``.parquet`` file, or a ``.csv`` file (UTF-8, comma, decimal point, one header row).

    Returns
    -------
    DataFrame
        The table as it stands in the file.

    Raises
    ------
    MissingFileError
        No file is there.
    UnreadableFileError
        The file is truncated, empty or no table.
    UnsupportedInputError
        Another kind of file.
    """
    place = existing_file(path)
    if place.suffix not in FORMATS:
        msg = f"{place.name} is a {place.suffix or 'file without an ending'}; tables are read from {' or '.join(FORMATS)}."
        raise UnsupportedInputError(msg, hint="Save it as parquet or as CSV (UTF-8).")
    return _read_parquet(place) if place.suffix == ".parquet" else _read_csv(place)


def parquet_origin(path: Path) -> str | None:
    """Read from a parquet file's metadata whether its rows are made up.

    Parameters
    ----------
    path : Path
        A parquet file.

    Returns
    -------
    str or None
        ``"synthetic"``, ``"reconstructed"``, or None where the file says nothing.

    Raises
    ------
    UnreadableFileError
        The file is no whole parquet file.
    """
    return file_metadata(path).get(_ORIGIN_KEY.decode())


def file_metadata(path: Path) -> dict[str, str]:
    """Read what a parquet file says about itself.

    Parameters
    ----------
    path : Path
        A parquet file.

    Returns
    -------
    dict of str to str
        The texts in its metadata by their key.

    Raises
    ------
    UnreadableFileError
        The file is no whole parquet file.
    """
    import pyarrow.parquet as pq

    found = _readable(path, lambda: pq.read_schema(path).metadata) or {}
    return {key.decode(): value.decode("utf-8", "replace") for key, value in found.items()}


def write_table(
    frame: pd.DataFrame, path: Path, *, origin: str = "observed", metadata: Mapping[str, str] | None = None
) -> None:
    """Write a table to a parquet file, with its origin in the metadata.

    Parameters
    ----------
    frame : DataFrame
        The table; a column ``origin`` is not written, the metadata say it.
    path : Path
        The file.
    origin : {"observed", "synthetic", "reconstructed"}
        Whether the rows were observed or made.
    metadata : mapping of str to str, optional
        Further texts for the file's metadata.

    Raises
    ------
    ColumnError
        A column holds values of several kinds, such as numbers and texts.
    DestinationError
        The folder does not exist or cannot be written.
    """
    import pyarrow.parquet as pq

    table = _arrow(frame.drop(columns="origin", errors="ignore"))
    mark = {} if origin == "observed" else {_ORIGIN_KEY: origin.encode()}
    said = {key.encode(): text.encode() for key, text in (metadata or {}).items()}
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **said, **mark})
    _whole(path, lambda place: pq.write_table(table, place, coerce_timestamps="us"))


def write_text(text: str, path: Path) -> None:
    """Write a text file in UTF-8, whole or not at all.

    Parameters
    ----------
    text : str
        The content.
    path : Path
        The file.

    Raises
    ------
    DestinationError
        The folder does not exist or cannot be written.
    """
    _whole(path, lambda place: place.write_text(text, encoding="utf-8", newline="\n"))


def read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """Read a TOML file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    tuple of dict and str
        The content, and the text it was read from (for line numbers in messages).

    Raises
    ------
    StudySyntaxError
        The syntax is broken.
    UnreadableFileError
        The file is not UTF-8.
    """
    text = _readable(path, lambda: existing_file(path).read_text(encoding="utf-8-sig"))
    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as error:
        msg = f"{path.name}: {error}."
        raise StudySyntaxError(
            msg,
            hint="Look at that line: a missing quotation mark, also around a key with spaces or letters such as æ, ø and å, or a key that stands twice.",
        ) from None


@cache
def definitions(package: str, folder: str) -> dict[str, Traversable]:
    """Give the TOML files of a folder inside the package by the name of what they define.

    Parameters
    ----------
    package, folder : str
        The package, such as ``"peereval.disclosure"``, and its folder, such as ``"policies"``.

    Returns
    -------
    dict of str to file
        Name to file.

    Examples
    --------
    >>> "standard" in definitions("peereval.disclosure", "policies")
    True
    """
    found = (resources.files(package) / folder).iterdir()
    return {file.name.removesuffix(".toml"): file for file in found if file.name.endswith(".toml")}


def definition(package: str, folder: str, name: str, what: str) -> dict[str, Any]:
    """Read one definition by its name.

    Parameters
    ----------
    package, folder : str
        Where the definitions are, as in `definitions`.
    name : str
        Which one.
    what : str
        What it is called in the message, such as ``"disclosure policy"``.

    Returns
    -------
    dict
        The content of its file.

    Raises
    ------
    UnknownNameError
        There is none of that name; the hint names the nearest.
    """
    known = definitions(package, folder)
    if name not in known:
        msg = f"No {what} is called {name!r}."
        raise UnknownNameError(msg, hint=nearest(name, known))
    return tomllib.loads(known[name].read_text(encoding="utf-8"))


def dataset_folder() -> Path:
    """Give the folder of the data sets: inside the installed package, or beside the sources of an editable installation."""
    here = Path(__file__).parent
    inside = here / "_datasets"
    return inside if inside.is_dir() else here.parents[1] / "datasets"


def dataset_names() -> list[str]:
    """List the data sets of the package by name."""
    return sorted(folder.parent.name for folder in dataset_folder().glob("*/datapackage.json"))


def _read_parquet(path: Path) -> pd.DataFrame:
    import pyarrow.parquet as pq

    table: pa.Table = _readable(path, lambda: pq.read_table(path))
    frame: pd.DataFrame = table.to_pandas(types_mapper=_text_type, coerce_temporal_nanoseconds=False)
    origin = parquet_origin(path)
    return frame if origin is None else frame.assign(origin=pd.array([origin] * len(frame), dtype="string"))


def _arrow(frame: pd.DataFrame) -> pa.Table:
    import pyarrow as pa

    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except pa.ArrowException:
        for name in frame.columns:
            _check_one_kind(frame[name])
        objects = ", ".join(repr(name) for name in frame if pd.api.types.is_object_dtype(frame[name]))
        msg = f"A column of the table ({objects}) holds values that a parquet file cannot keep."
        # the cause may quote a cell
        raise ColumnError(msg, hint="Convert it to numbers, times or text before writing it.") from None


def _check_one_kind(column: pd.Series) -> None:
    filled = np.flatnonzero(column.notna())
    kinds = column.iloc[filled].map(lambda value: type(value).__name__).to_numpy()
    others = np.flatnonzero(kinds != kinds[:1])
    if len(others):
        row = row_numbers([int(filled[others[0]])])
        msg = f"The column {column.name!r} holds {kinds[0]} and, in {row}, {kinds[others[0]]}; expected one kind of value."
        raise ColumnError(msg, hint="Convert the column to numbers or to text before writing it.") from None


def _read_csv(path: Path) -> pd.DataFrame:
    names = list(_readable(path, lambda: pd.read_csv(path, encoding="utf-8-sig", nrows=0)).columns)
    texts = [name for name in names if _KNOWN.get(name) in ("text", "round")]
    times = [name for name in names if _KNOWN.get(name) == "time"]
    with warnings.catch_warnings():
        # rows longer than the header would lose their last cells
        warnings.simplefilter("error", pd.errors.ParserWarning)
        frame: pd.DataFrame = _readable(
            path,
            lambda: pd.read_csv(
                path, encoding="utf-8-sig", index_col=False, low_memory=False, keep_default_na=False,
                dtype=dict.fromkeys(texts + times, "string"), na_values={name: [""] if name in texts else EMPTY for name in names},
            ),
        )  # fmt: skip
    # pandas 2 reads texts as objects
    others = [name for name in names if name not in times and pd.api.types.infer_dtype(frame[name]) == "string"]
    return frame.astype(dict.fromkeys(others, "string")).assign(**{name: _as_times(frame[name]) for name in times})


def _as_times(column: pd.Series) -> pd.Series:
    """Texts as times where all are ISO dates; otherwise they stay texts, and the table's contract names them."""
    try:
        return pd.to_datetime(column, format="ISO8601").astype("datetime64[us]")
    except (ValueError, TypeError):
        return column


def _text_type(kind: pa.DataType) -> pd.StringDtype | None:
    import pyarrow as pa

    return pd.StringDtype() if pa.types.is_string(kind) or pa.types.is_large_string(kind) else None


def _readable(path: Path, read: Callable[[], T]) -> T:
    import pyarrow as pa

    try:
        return read()
    except (
        pa.ArrowException,
        pd.errors.ParserError,
        pd.errors.ParserWarning,
        pd.errors.EmptyDataError,
        UnicodeDecodeError,
        OSError,
    ) as error:
        why = shorten(str(error).splitlines()[0], 120, placeholder=" …") if str(error) else type(error).__name__
        msg = f"{path.name} cannot be read ({path.stat().st_size} bytes): {why}"
        raise UnreadableFileError(msg, hint="Export or copy the file again.") from None


def make_folder(path: Path) -> None:
    """Make a folder and those above it, where they are missing.

    Parameters
    ----------
    path : Path
        The folder.

    Raises
    ------
    DestinationError
        It cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"The folder {path} cannot be made: {error.strerror}."
        raise DestinationError(msg, hint="Look at the folder's rights and the free space.") from error


def write_together(writes: Mapping[Path, Callable[[Path], object]]) -> None:
    """Write several files, all of them or none.

    Parameters
    ----------
    writes : mapping of Path to callable
        The file to what writes it, to the path that it is given.

    Raises
    ------
    DestinationError
        One of them cannot be written; all are as they were.
    """
    beside = {path: path.with_name(f".{path.name}.{os.getpid()}{UNFINISHED}") for path in writes}
    path = Path()
    try:
        for path, write in writes.items():
            write(beside[path])
        for path, part in beside.items():
            part.replace(path)
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}."
        raise DestinationError(msg, hint="Look at the folder's rights and the free space.") from error
    finally:
        for part in beside.values():
            part.unlink(missing_ok=True)


def _whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside the place, then move there, so that no half-written file is ever seen."""
    if not path.parent.is_dir():
        msg = f"The folder {path.parent} does not exist, so {path.name} cannot be written there."
        raise DestinationError(msg, hint="Make the folder first.")
    write_together({path: write})
