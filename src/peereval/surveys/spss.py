"""SPSS files: values with their labels, and the values that the file itself declares as missing."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from peereval.errors import LayoutError, PeerevalError, UnreadableFileError
from peereval.surveys import spss_parser
from peereval.surveys.layout import used_columns
from peereval.surveys.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pyarrow as pa

Code = float | str
Ranges = list[tuple[Any, Any]]
_SHOWN = 5
_EXACT = 1e15
_SECONDS = 30
_BYTES_A_SECOND = 200_000
_DAY_ZERO = np.datetime64("1582-10-14", "us")
"""SPSS counts seconds from the first day of the Gregorian calendar."""
_DATES = ("DATE", "ADATE", "EDATE", "JDATE", "SDATE", "QYR", "MOYR", "WKYR", "YMDHMS")
_CLOCKS = ("TIME", "DTIME", "MTIME")


def read_spss(data: bytes, file: str, *, sha256: str) -> Sheet:
    """Read a ``.sav`` or ``.zsav`` file.

    Parameters
    ----------
    data : bytes
        The file's content.
    file : str
        Its name.
    sha256 : str
        Its hash.

    Returns
    -------
    Sheet
        Values as they are coded. User-missing values, single ones and ranges, are missing in the frame; which of
        them occur or have a label stands in ``missing``. Labels without an answer and answers without a label are
        told in the notes, for columns in which some value has a label; `to_responses` refuses items with answers outside
        the labelled codes.

    Raises
    ------
    UnreadableFileError
        The file is damaged.
    LayoutError
        It has far too many columns, or a value label without a value: one for an empty text or the system-missing value.
    """
    try:
        table, told = _parse(data)
        used_columns(told["names"], empty=[True] * len(told["names"]), file=file)
        return _understood(table, told, file, sha256)
    except PeerevalError:
        raise
    except Exception:  # noqa: BLE001 - damaged files fail in any way; what the parser says may quote cells
        msg = f"{file} cannot be read as an SPSS file ({len(data):,} bytes)."
        raise UnreadableFileError(msg, hint="Export or copy the file again.") from None


def _understood(table: pa.Table, told: dict[str, Any], file: str, sha256: str) -> Sheet:
    labels = {name: _value_labels(each, name, file) for name, each in told["labels"].items()}
    ranges: dict[str, Ranges] = told["missing"]
    columns, missing = {}, {}
    for name in table.column_names:
        column = _plain(table[name], told["kinds"][name])
        declared = _declared(column, ranges.get(name, []))
        missing[name] = _codes(column[declared], labels.get(name, {}), ranges.get(name, []))
        columns[name] = _compact(column.mask(declared), told["kinds"][name])
    clean = pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows), copy=False)
    notes = (f"Read as SPSS, texts in {told['encoding']}.", *_clock_notes(told["kinds"]), *_range_notes(ranges))
    return Sheet(
        file=file, source="sav", frame=clean, labels=labels, questions=told["questions"], first_row=1, sha256=sha256,
        missing={name: codes for name, codes in missing.items() if codes},
        notes=(*notes, *_label_notes(clean, labels, missing)),
    )  # fmt: skip


def _value_labels(told: Sequence[tuple[Code, str]], name: str, file: str) -> dict[Code, str]:
    """The labels of a variable; one without a text is none."""
    labels = {code: label for code, label in told if label.strip()}
    if any(pd.isna(code) or not str(code).strip() for code in labels):
        msg = f"{file}, column {name!r}: one of its value labels belongs to no value, so it is not known which code it explains."
        raise LayoutError(msg, hint="Give the label a value in SPSS, or take it away, and save the file again.")
    return labels


def _parse(data: bytes) -> tuple[pa.Table, dict[str, Any]]:
    """The file's columns and its description, read in a process of its own, which a damaged file may crash or hold up."""
    import pyarrow as pa

    # -P keeps this folder, whose modules bear everyday names, off the search path
    command = [sys.executable, "-P", spss_parser.__file__]
    seconds = _SECONDS + len(data) / _BYTES_A_SECOND
    done = subprocess.run(command, input=data, capture_output=True, timeout=seconds, check=True)  # noqa: S603 - our own file
    table: pa.Table = pa.ipc.open_stream(done.stdout).read_all()
    return table, json.loads(table.schema.metadata[spss_parser.DESCRIPTION])


def _plain(column: pa.ChunkedArray, kind: str) -> pd.Series:
    """Numbers as floats, all else as text; an empty text is missing."""
    if kind.startswith("A") and not kind.startswith("ADATE"):
        text = column.cast("string").to_pandas(types_mapper=lambda _: pd.StringDtype())
        plain: pd.Series = text.mask(text.str.strip() == "")
        return plain
    return pd.Series(column.cast("float64").to_numpy())


def _compact(column: pd.Series, kind: str) -> pd.Series:
    """Seconds as times, and whole numbers without gaps as integers, as the other readers give them."""
    if column.dtype != np.dtype("float64"):
        return column
    values = column.to_numpy()
    if kind.startswith(_DATES):
        return pd.Series(_times(values))
    whole = len(values) > 0 and np.isfinite(values).all() and (values == np.trunc(values)).all()
    return column.astype("int64") if whole and (np.abs(values) < _EXACT).all() else column


def _times(seconds: np.ndarray) -> np.ndarray:
    known = np.abs(seconds) < _EXACT / 1e3
    micro = np.where(known, seconds, 0) * 1e6
    times: np.ndarray = np.where(
        known, _DAY_ZERO + np.rint(micro).astype("timedelta64[us]"), np.datetime64("NaT", "us")
    )
    return times


def _declared(column: pd.Series, ranges: Ranges) -> pd.Series:
    found = pd.Series(False, index=column.index)  # noqa: FBT003 - the value of every row
    for low, high in ranges:
        if isinstance(low, str) == (column.dtype == "string"):
            found |= column.between(low, high).fillna(value=False).astype(bool)
    return found


def _codes(values: pd.Series, labels: Mapping[Code, str], ranges: Ranges) -> tuple[Code, ...]:
    """The codes of the declared ranges that occur or have a label, and the single ones."""
    single = {low for low, high in ranges if low == high}
    named = {code for code in labels for each in ranges if _within(code, *each)}
    return tuple(sorted(single | named | set(values.dropna().unique().tolist())))


def _within(code: Any, low: Any, high: Any) -> bool:
    return isinstance(code, str) == isinstance(low, str) and bool(low <= code <= high)


def _clock_notes(kinds: Mapping[str, str]) -> Iterable[str]:
    clocks = [name for name, kind in kinds.items() if kind.startswith(_CLOCKS)]
    if clocks:
        yield f"Times of the day and durations are in seconds: {', '.join(clocks)}."


def _range_notes(missing: Mapping[str, Ranges]) -> Iterable[str]:
    for name, ranges in missing.items():
        for low, high in ranges:
            if low != high:
                yield f"Declared as missing in {name}: {_shown(low)} to {_shown(high)}."


def _label_notes(
    frame: pd.DataFrame, labels: Mapping[str, Mapping[Code, str]], missing: Mapping[str, tuple[Code, ...]]
) -> Iterable[str]:
    unused, unnamed = {}, {}
    for name, each in labels.items():
        if name not in frame.columns or pd.api.types.is_datetime64_any_dtype(frame[name]):
            continue
        found = set(frame[name].dropna().unique().tolist())
        unused[name] = sorted(code for code in each if code not in found and code not in missing[name])
        unnamed[name] = sorted(found - set(each))
    for what, codes in (("Labels that no answer has", unused), ("Answers without a label", unnamed)):
        told = "; ".join(f"{name}: {_listed(each)}" for name, each in codes.items() if each)
        if told:
            yield f"{what}: {told}."


def _listed(codes: Sequence[Any]) -> str:
    """Coded values only: a text that has no label may be what a person wrote."""
    if any(isinstance(code, str) for code in codes):
        return f"{len(codes)} texts"
    more = f" and {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else ""
    return ", ".join(map(_shown, codes[:_SHOWN])) + more


def _shown(code: Code) -> str:
    return f"{code:g}" if isinstance(code, float | int) else repr(code)
