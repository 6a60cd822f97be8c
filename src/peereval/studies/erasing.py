"""Rows of a person out of a file, by the kind of file; everything else in it stays as it is."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from peereval.errors import ColumnError
from peereval.surveys.delimited import open_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    Erased = tuple[int, Callable[[Path], object]]

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def _parquet(path: Path, column: str, person: str) -> Erased:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    _check(column, table.column_names, path)
    mine = pc.fill_null(pc.equal(pc.cast(table[column], "string"), person), fill_value=False)
    kept = table.filter(pc.invert(mine))
    return table.num_rows - kept.num_rows, lambda place: pq.write_table(kept, place)


def _text(path: Path, column: str, person: str) -> Erased:
    """Lines are copied byte by byte, so that no number, date or encoding of another row changes."""
    data = path.read_bytes()
    encoding = "utf-16" if data.startswith(_UTF16) else "latin-1"
    separator = open_text(data, path.name).separator
    lines = list(io.StringIO(data.decode(encoding), newline=""))
    reader = csv.reader(lines, delimiter=separator)
    keys, names = _as_bytes_are(person, encoding), _as_bytes_are(column, encoding)
    kept, place, start, count = [], None, 0, 0
    for cells in reader:
        record, start = lines[start : reader.line_num], reader.line_num
        # letters of the mark that UTF-8 files begin with
        tidy = [cell.strip().removeprefix("\xef\xbb\xbf").strip('"') for cell in cells]
        if place is None:
            place = next((tidy.index(name) for name in names if name in tidy), None)
        elif place < len(tidy) and tidy[place] in keys:
            count += 1
            continue
        kept += record
    if place is None:
        _check(column, [], path)
    whole = "".join(kept).encode(encoding)
    return count, lambda beside: beside.write_bytes(whole)


def _as_bytes_are(text: str, encoding: str) -> list[str]:
    """A text as it reads where a file's bytes are taken for letters, in UTF-8 and in Windows-1252."""
    if encoding == "utf-16":
        return [text]
    return [text.encode(each, "replace").decode("latin-1") for each in ("utf-8", "cp1252")]


def _workbook(path: Path, column: str, person: str) -> Erased:
    import openpyxl

    book = openpyxl.load_workbook(path)
    pages = {page: _column_of(page, column) for page in book.worksheets}
    if not any(pages.values()):
        _check(column, [], path)
    count = 0
    for page, place in pages.items():
        cells = () if place is None else next(page.iter_cols(place, place))
        rows = [cell.row for cell in cells if _written(cell.value) == person]
        for row in reversed(rows):
            page.delete_rows(row)
        count += len(rows)
    return count, book.save


def _column_of(page: Any, column: str) -> int | None:
    """The column of a sheet that has the name in one of its first rows."""
    head = page.iter_rows(max_row=_HEAD)
    return next((cell.column for row in head for cell in row if _written(cell.value) == column), None)


_HEAD = 5


def _written(value: object) -> str:
    """A cell as the readers of exports write it."""
    whole = isinstance(value, float) and value.is_integer()
    return "" if value is None else str(int(value) if whole else value).strip()  # type: ignore[call-overload]


def _spss(path: Path, column: str, person: str) -> Erased:
    import pyreadstat

    frame, told = pyreadstat.read_sav(str(path), user_missing=True, disable_datetime_conversion=True)
    _check(column, list(frame.columns), path)
    mine = frame[column].map(_written) == person
    kept: pd.DataFrame = frame[~mine]

    def write(place: Path) -> None:
        pyreadstat.write_sav(
            kept, str(place), file_label=told.file_label or "", column_labels=told.column_names_to_labels,
            variable_value_labels=told.variable_value_labels, missing_ranges=told.missing_ranges or None,
            variable_display_width=told.variable_display_width, variable_measure=dict(told.variable_measure),
            variable_format={name: kind for name, kind in told.original_variable_types.items() if kind},
        )  # fmt: skip

    return int(mine.sum()), write


def _check(column: str, names: list[str], path: Path) -> None:
    if column not in names:
        msg = f"{path.name} has no column {column!r}, which should hold the keys of persons."
        raise ColumnError(msg, hint="Name the column in the study file as it stands in the export.")


ERASERS: dict[str, Callable[[Path, str, str], Erased]] = {
    ".parquet": _parquet, ".csv": _text, ".txt": _text, ".tsv": _text, ".xlsx": _workbook, ".sav": _spss,
}  # fmt: skip
"""Ending of a file to what takes a person's rows out of it: file, column and key to the number of rows and how to write the rest."""
