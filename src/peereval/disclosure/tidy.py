"""A released result as one table that R and others read, with all that is known about it in metadata, and back."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from peereval.disclosure.storage import parts_of, released_of
from peereval.errors import ColumnError, UnreadableFileError, UnsupportedInputError
from peereval.files import FORMATS, existing_file, file_metadata, read_table, write_table, write_together
from peereval.results import BROOM

if TYPE_CHECKING:
    from peereval.results import Names, Released

_KEY = "peereval"
_FORMAT = 1
_MISSING = "NA"
_GUARDED = ("=", "+", "-", "@", "\t", "\r", "'")
"""What a program that reads the cells may take for the beginning of a formula, and the mark itself."""
_TRUE, _FALSE = "TRUE", "FALSE"


def write_tidy(released: Released, path: str | Path, *, names: Names = "peereval") -> Path:
    r"""Write a released result as one table for R, a spreadsheet or another program, with its metadata.

    Parameters
    ----------
    released : Released
        One of what `peereval.release` gave.
    path : str or Path
        A ``.csv`` file: beside it stands a ``.json`` of the same name, a descriptor of the Data Package standard with
        the meaning and type of each column and, under ``"peereval"``, title, method sentence, claim, policy,
        exclusions, settings and versions. Or a ``.parquet`` file, which holds the same text in its metadata under
        the key ``peereval``.
    names : {"peereval", "broom"}
        How the columns are called; see `Released.to_frame`.

    Returns
    -------
    Path
        The table.

    Raises
    ------
    NotReleasedError
        The result has not passed `release`.
    UnsupportedInputError
        The file has another ending.
    ColumnError
        A column of it holds lists or times, which a CSV file cannot keep; parquet can.
    DestinationError
        The folder does not exist or cannot be written; what stood there before still stands.

    Notes
    -----
    The CSV file is UTF-8 with commas and decimal points. Missing is ``NA`` and flags are ``TRUE`` and ``FALSE``, as R
    writes them. A text that a spreadsheet would take for a formula (it begins with =, +, -, @, a tab or a carriage
    return), and the text ``NA`` itself, get an apostrophe in front, which `read_tidy` takes off again.

    In R: ``rates <- read.csv("rates.csv", check.names = FALSE)``, or ``arrow::read_parquet("rates.parquet")``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import peereval as pe
    >>> [safe] = pe.release(pe.attrition(pe.simulate_study("ward", seed=1).responses))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = write_tidy(safe, Path(folder) / "response.csv", names="broom")
    ...     print(*file.read_text(encoding="utf-8").splitlines()[:2], sep="\n")
    ...     again = read_tidy(file)
    group,round,measure,estimate,conf.low,conf.high,conf.level,numerator,denominator,withheld
    all,start,answered,NA,NA,NA,NA,25.0,NA,FALSE
    >>> again.to_frame().equals(safe.to_frame()), again.method == safe.method
    (True, True)
    """
    place = Path(path)
    _check_ending(place)
    said = {"format": _FORMAT, "names": names, **parts_of(released)}
    frame = released.to_frame(names=names)
    about = _json(_described(place, frame, said))
    if place.suffix == ".parquet":
        write_table(frame, place, origin=released.origin, metadata={_KEY: about})
        return place
    table = _csv(frame)
    write_together(
        {
            place: lambda part: part.write_text(table, encoding="utf-8", newline=""),
            place.with_suffix(".json"): lambda part: part.write_text(about, encoding="utf-8", newline="\n"),
        }
    )
    return place


def read_tidy(path: str | Path) -> Released:
    """Read a released result that `write_tidy` wrote.

    Parameters
    ----------
    path : str or Path
        The ``.csv`` file, whose ``.json`` stands beside it, or the ``.parquet`` file. The CSV file may have been
        written again by another program, such as R with ``write.csv(rates, "rates.csv", row.names = FALSE)``.

    Returns
    -------
    Released
        Equal to the one that was written, as far as the table has not been changed since.

    Raises
    ------
    MissingFileError
        The table is not there, or the ``.json`` beside it.
    UnsupportedInputError
        The file has another ending.
    UnreadableFileError
        It is damaged, is no table that `write_tidy` wrote, or has other columns than its metadata say.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import peereval as pe
    >>> [safe] = pe.release(pe.attrition(pe.simulate_study("ward", seed=1).responses))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = read_tidy(write_tidy(safe, Path(folder) / "response.parquet"))
    >>> again.policy == safe.policy
    True
    """
    place = existing_file(path)
    _check_ending(place)
    if place.suffix == ".parquet":
        about = _understood(file_metadata(place).get(_KEY, ""), place)
        return _as_released(read_table(place).drop(columns="origin", errors="ignore"), about, place)
    beside = existing_file(place.with_suffix(".json"))
    about = _understood(beside.read_text(encoding="utf-8-sig"), beside)
    texts, fields = _texts(place), _fields(about)
    _check_columns(texts, about, place)
    frame = pd.DataFrame({name: _values(texts[name], fields[name], place) for name in texts.columns})
    return _as_released(frame, about, place)


def _check_ending(place: Path) -> None:
    if place.suffix not in FORMATS:
        msg = (
            f"{place.name} is a {place.suffix or 'file without an ending'}; tidy tables end in {' or '.join(FORMATS)}."
        )
        raise UnsupportedInputError(msg, hint="Name the file so.")


def _described(place: Path, frame: pd.DataFrame, said: dict[str, Any]) -> dict[str, Any]:
    """The descriptor of a Data Package that holds one table."""
    meanings = {**_vocabulary(), **said["columns"]}
    meanings |= {other: meanings[name] for name, other in BROOM.items()}
    fields = [
        {"name": name, "description": meanings[name], "dtype": str(frame[name].dtype), **_type(frame[name])}
        for name in frame.columns
    ]
    form = place.suffix.removeprefix(".")
    missing = {"missingValues": [_MISSING]} if form == "csv" else {}
    table = {"name": "estimates", "path": place.name, "format": form, "schema": {"fields": fields, **missing}}
    return {"title": said["title"], "description": said["method"], "resources": [table], _KEY: said}


def _type(column: pd.Series) -> dict[str, Any]:
    """What a column holds, in the words of a Table Schema."""
    kind = column.dtype.kind
    if kind == "b":
        return {"type": "boolean", "trueValues": [_TRUE], "falseValues": [_FALSE]}
    if kind in "fiu":
        return {"type": "number" if kind == "f" else "integer"}
    return {"type": "string" if _is_text(column) else "any"}


def _is_text(column: pd.Series) -> bool:
    return isinstance(column.dtype, pd.StringDtype) or pd.api.types.infer_dtype(column) in ("string", "empty")


def _vocabulary() -> dict[str, str]:
    return tomllib.loads((files("peereval.disclosure") / "vocabulary.toml").read_text(encoding="utf-8"))


def _csv(frame: pd.DataFrame) -> str:
    # with both letters in the ends of lines, texts that hold either are quoted
    cells = pd.DataFrame({name: _cells(frame[name]) for name in frame.columns})
    return str(cells.to_csv(index=False, na_rep=_MISSING, lineterminator="\r\n"))


def _cells(column: pd.Series) -> pd.Series:
    kind = _type(column)["type"]
    if kind == "any":
        msg = f"The column {column.name!r} holds values that are neither numbers, flags nor texts, and a CSV file cannot keep them."
        raise ColumnError(msg, hint="Write the result as .parquet.")
    if kind == "boolean":
        return column.map({True: _TRUE, False: _FALSE})
    if kind == "string":
        filled = column.fillna("")
        guarded = filled.str.startswith(_GUARDED).astype(bool) | filled.isin([_MISSING])
        return column.where(~guarded, "'" + column)
    return column


def _texts(place: Path) -> pd.DataFrame:
    try:
        # every cell as it is written: what is missing is decided column by column
        return pd.read_csv(
            place, encoding="utf-8-sig", dtype=str, keep_default_na=False, skip_blank_lines=False, index_col=False
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise _broken(place, str(error).splitlines()[0]) from None


def _understood(text: str, place: Path) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads(text)
        whole = about[_KEY]["format"] == _FORMAT and "fields" in about["resources"][0]["schema"]
    except (ValueError, KeyError, TypeError, IndexError):
        whole = False
    if not whole:
        raise _broken(place, "it has no metadata of a tidy table in the format of this version")
    return about


def _fields(about: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {field["name"]: field for field in about["resources"][0]["schema"]["fields"]}


def _check_columns(frame: pd.DataFrame, about: dict[str, Any], place: Path) -> None:
    if set(frame.columns) != set(_fields(about)):
        others = sorted(map(str, set(frame.columns) ^ set(_fields(about))))
        raise _broken(place, f"its columns differ from those of its metadata in {', '.join(map(repr, others))}")


def _values(column: pd.Series, field: dict[str, Any], place: Path) -> pd.Series:
    filled = column.mask(column == _MISSING)
    try:
        if field["type"] == "boolean":
            return _flags(filled).astype(field["dtype"])
        if field["type"] in ("number", "integer"):
            return pd.to_numeric(filled).astype(field["dtype"])
        return filled.astype("string").str.removeprefix("'").astype(field["dtype"])
    except (ValueError, TypeError):
        msg = f"the column {column.name!r} does not hold {field['type']}s throughout"
        raise _broken(place, msg) from None


def _flags(filled: pd.Series) -> pd.Series:
    flags = filled.map({_TRUE: True, _FALSE: False})
    if (flags.isna() & filled.notna()).any():
        raise ValueError
    return flags.astype("boolean")


def _as_released(frame: pd.DataFrame, about: dict[str, Any], place: Path) -> Released:
    original = {other: name for name, other in BROOM.items()} if about[_KEY]["names"] == "broom" else {}
    try:
        return released_of(frame.rename(columns=original), about[_KEY])
    except (KeyError, TypeError):
        raise _broken(place, "its metadata lack a part of the result") from None


def _broken(place: Path, why: str) -> UnreadableFileError:
    return UnreadableFileError(
        f"{place.name} cannot be read as a tidy table: {why}.", hint="Write it again with write_tidy()."
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
