"""Tables and texts on disk: read with clear errors, written whole or not at all, made-up data marked as such."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from peereval.errors import (
    DestinationError,
    MissingFileError,
    StudySyntaxError,
    UnknownNameError,
    UnreadableFileError,
    UnsupportedInputError,
    nearest,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.resources.abc import Traversable

    import pyarrow as pa

T = TypeVar("T")
_ORIGIN_KEY = b"peereval.origin"
FORMATS = (".csv", ".parquet")


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
    """
    place = Path(path)
    if place.is_file():
        return place
    msg = f"There is no file {place}."
    siblings = [file.name for file in place.parent.iterdir() if file.is_file()] if place.parent.is_dir() else []
    hint = nearest(place.name, siblings) if siblings else f"The folder {place.parent} is empty or does not exist."
    raise MissingFileError(msg, hint=hint)


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table from a parquet or CSV file.

    Text becomes pandas' nullable text, and a table that its file marks as synthetic or reconstructed gets a
    column ``origin`` that says so.

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
    import pyarrow.parquet as pq

    metadata = _readable(path, lambda: pq.read_schema(path).metadata) or {}
    mark = metadata.get(_ORIGIN_KEY)
    return None if mark is None else mark.decode()


def write_table(frame: pd.DataFrame, path: Path, *, origin: str = "observed") -> None:
    """Write a table to a parquet file, with its origin in the metadata.

    Parameters
    ----------
    frame : DataFrame
        The table; a column ``origin`` is not written, the metadata say it.
    path : Path
        The file.
    origin : {"observed", "synthetic", "reconstructed"}
        Whether the rows were observed or made.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame.drop(columns="origin", errors="ignore"), preserve_index=False)
    mark = {} if origin == "observed" else {_ORIGIN_KEY: origin.encode()}
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **mark})
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
            msg, hint="Look at that line: a missing quotation mark, or a key that stands twice."
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
    >>> sorted(definitions("peereval.disclosure", "policies"))
    ['standard']
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


def _read_parquet(path: Path) -> pd.DataFrame:
    import pyarrow.parquet as pq

    table: pa.Table = _readable(path, lambda: pq.read_table(path))
    frame: pd.DataFrame = table.to_pandas(types_mapper=_text_type, coerce_temporal_nanoseconds=False)
    origin = parquet_origin(path)
    return frame if origin is None else frame.assign(origin=pd.array([origin] * len(frame), dtype="string"))


def _read_csv(path: Path) -> pd.DataFrame:
    frame: pd.DataFrame = _readable(path, lambda: pd.read_csv(path, encoding="utf-8-sig"))
    times = {name: _as_times(frame[name]) for name in ("date", "admitted", "discharged") if name in frame.columns}
    texts = {
        name: "string" for name in frame.columns if pd.api.types.is_string_dtype(frame[name]) and name not in times
    }
    return frame.astype(texts).assign(**times)


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
        pd.errors.EmptyDataError,
        UnicodeDecodeError,
        OSError,
    ) as error:
        why = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        msg = f"{path.name} cannot be read ({path.stat().st_size} bytes): {why}"
        raise UnreadableFileError(msg, hint="Export or copy the file again.") from None


def _whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside the place, then move there, so that no half-written file is ever seen."""
    if not path.parent.is_dir():
        msg = f"The folder {path.parent} does not exist, so {path.name} cannot be written there."
        raise DestinationError(msg, hint="Make the folder first.")
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(beside)
        beside.replace(path)
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}."
        raise DestinationError(msg, hint="Look at the folder's rights and the free space.") from error
    finally:
        beside.unlink(missing_ok=True)
