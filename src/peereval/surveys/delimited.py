"""Text files with a sign between the cells, as spreadsheets and survey tools write them."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from peereval.errors import LayoutError, UnreadableFileError, UnsupportedInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from peereval.surveys.cells import Mark

Separator: TypeAlias = Literal[";", ",", "\t", "|"]
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_SEPARATORS: dict[Separator, str] = {";": "semicolons", ",": "commas", "\t": "tabs", "|": "bars"}
_DECIMALS = re.compile(r"-?\d+[.,]\d+")
_NO_SEPARATOR = "\x1f"
_SNIFFED_BYTES = 1 << 18
_SNIFFED_ROWS = 50
_BLOCK = 1 << 22
_WESTERN = re.compile(rb"[\xc2\xc3][\x80-\xbf]|\xe2[\x80-\xbf]{2}")
"""What Windows-1252 holds, as UTF-8 writes it. Other pairs of bytes are found in true Windows-1252: a capital Å before a
quotation mark is the Z with a dot of UTF-8."""
_TWO_ENCODINGS = (
    "Read as Windows-1252, all its æ, ø, å, ä and ö would be wrong. Two exports may have been joined, or a text cut within a "
    "letter: export the file again as CSV UTF-8."
)
_QUOTE = ord('"')
_QUOTES = "A quotation mark may be opened and not closed; within a text they are doubled. Export the file again."


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """A text file whose cells can be told apart.

    Parameters
    ----------
    file : str
        Its name.
    data : bytes
        Its content in UTF-8, from the row of names on.
    separator : str
        The sign between cells.
    above : int
        Rows of the file above `data`.
    head : list of list of str
        Its first rows.
    notes : tuple of str
        Encoding and separator.
    """

    file: str
    data: bytes
    separator: str
    above: int
    head: list[list[str]]
    notes: tuple[str, ...]

    @property
    def mark(self) -> Mark | None:
        """The decimal mark that goes with the separator: Excel writes a comma with semicolons and a point with commas."""
        marks: dict[str, Mark] = {";": ",", ",": "."}
        return marks.get(self.separator)


def open_text(data: bytes, file: str, *, separator: Separator | None = None) -> TextFile:
    """Find out how a text file is encoded and what separates its cells.

    Parameters
    ----------
    data : bytes
        The file's content.
    file : str
        Its name, for messages.
    separator : str, optional
        The sign between cells, where it is not to be found out.

    Returns
    -------
    TextFile
        What was found.

    Raises
    ------
    UnreadableFileError
        The file is empty, no text, or partly UTF-8 and partly not; the message gives the first line that is not.
    UnsupportedInputError
        It is a web page.
    LayoutError
        Two signs would separate its cells equally well, the first row is a title, or quotation marks do not pair.
    """
    text, encoding = _as_utf8(data, file)
    if text.lstrip()[:1] == b"<":
        msg = f"{file} is a web page or XML, no table of text."
        raise UnsupportedInputError(
            msg, hint="Some tools call such a file .xls: open it in Excel and save it as .xlsx."
        )
    body = text.lstrip(b"\r\n")
    above = text[: len(text) - len(body)].replace(b"\r\n", b"\n").count(b"\n")
    said: str | None = separator
    if body[:4].lower() == b"sep=":
        first_line, body = _said_separator(body, file)
        said = said or first_line
        above += 1
    body = body if body.endswith((b"\n", b"\r")) else body + b"\n"
    sign = said or _separator(body, file)
    check_quotes(body, sign, file, above=above)
    head = _records(body, sign, file)
    if not head:
        msg = f"{file} is empty."
        raise UnreadableFileError(msg, hint="Export the file again.")
    names: dict[str, str] = {str(each): name for each, name in _SEPARATORS.items()}
    named = names.get(sign, repr(sign)) if len(head[0]) > 1 else "nothing"
    note = f"Read as {encoding}, with {named} between cells."
    return TextFile(file=file, data=body, separator=sign, above=above, head=head, notes=(note,))


def read_text(text: TextFile, *, skip: int) -> list[pa.ChunkedArray]:
    """Read the cells below the rows of names.

    Parameters
    ----------
    text : TextFile
        The file.
    skip : int
        How many rows stand above the answers.

    Returns
    -------
    list of pyarrow ChunkedArray
        The columns as text; an empty cell is null. Lines without any character are no rows.

    Raises
    ------
    LayoutError
        A row has more or fewer cells than the row of names.
    UnreadableFileError
        A row is beyond every plausible size.
    """
    import pyarrow as pa

    try:
        table: pa.Table = _parse(text, skip, threads=True)
    except pa.ArrowException:
        raise _broken_row(text, skip) from None
    return list(table.columns)


def _said_separator(body: bytes, file: str) -> tuple[str, bytes]:
    """The sign that a first line such as sep=; names to Excel, and the rows below it."""
    line, _, below = body.partition(b"\n")
    sign = line[4:].rstrip(b"\r").decode()
    if sign not in _SEPARATORS:
        msg = f"{file}: its first line names a separator that is not known."
        raise LayoutError(msg, hint=f"Known: {', '.join(_SEPARATORS.values())}.")
    return sign, below


def check_quotes(data: bytes, separator: str, file: str, *, above: int) -> None:
    """Check that quotation marks open and close cells: a parser takes all rows between two stray ones for one text.

    Counted from the start, marks open and close in turn, and a doubled mark within a text closes and opens it at one
    place. So an opening one follows a separator, the end of a line or a mark, and a closing one is followed by such.

    Parameters
    ----------
    data : bytes
        The file's content.
    separator : str
        The sign between cells.
    file : str
        Its name, for messages.
    above : int
        Lines of the file above `data`.

    Raises
    ------
    LayoutError
        A mark stands within a cell or is never closed; the message gives the line.
    """
    allowed = np.zeros(256, dtype=bool)
    allowed[[*separator.encode(), *b'\r\n"']] = True
    marks = 0
    for start in range(0, len(data), _BLOCK):
        # a neighbour of the block's first and last byte belongs to it
        block = np.frombuffer(
            b"\n" * (start == 0) + data[max(start - 1, 0) : start + _BLOCK + 1] + b"\n", dtype=np.uint8
        )
        found = np.flatnonzero(block[1:-1][:_BLOCK] == _QUOTE) + 1
        opening = (np.arange(len(found)) + marks) % 2 == 0
        wrong = ~allowed[np.where(opening, block[found - 1], block[found + 1])]
        if wrong.any():
            raise _stray_quote(data, start + int(found[wrong][0]) - 1, file, above)
        marks += len(found)
    if marks % 2:
        raise _stray_quote(data, data.rindex(b'"'), file, above)


def _stray_quote(data: bytes, place: int, file: str, above: int) -> LayoutError:
    line = data.count(b"\n", 0, place) + 1 + above
    msg = f"{file}, line {line:,}: a quotation mark stands within a cell, or is never closed."
    return LayoutError(
        msg, hint="A text with quotation marks stands in quotation marks, its own doubled: export the file again."
    )


def _as_utf8(data: bytes, file: str) -> tuple[bytes, str]:
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), None)
    try:
        if encoding is not None:
            text = data.decode(encoding).removeprefix("\ufeff").encode() if encoding != "utf-8" else data[3:]
            return _checked(text, file), f"{encoding.upper()} with byte order mark"
        return _checked(data, file), "ASCII" if data.isascii() else "UTF-8"
    except UnicodeDecodeError as error:
        if encoding is not None:
            msg = f"{file} says that it is {encoding.upper()}, but it is not."
            raise UnreadableFileError(msg, hint="Export the file again as CSV UTF-8.") from None
        if _WESTERN.search(data):
            row = data.count(b"\n", 0, error.start) + 1
            msg = f"{file}, line {row:,}: a character that is not UTF-8, in a file whose other letters are."
            raise UnreadableFileError(msg, hint=_TWO_ENCODINGS) from None
    try:
        return data.decode("cp1252").encode(), "cp1252 (Windows, Western European; ISO-8859-1 is read alike)"
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        msg = f"{file}, line {row:,}: a character that is neither UTF-8 nor Windows-1252."
        raise UnreadableFileError(msg, hint="Export the file again as CSV UTF-8.") from None


def _checked(text: bytes, file: str) -> bytes:
    if b"\0" in text:
        msg = f"{file} is no text file."
        raise UnreadableFileError(msg, hint="Survey exports are read from CSV, .xlsx, .sav and parquet files.")
    if not text.isascii():
        text.decode("utf-8")
    return text


def _records(data: bytes, separator: str, file: str) -> list[list[str]]:
    """The first rows; the last one is left out where it may be cut."""
    cut = len(data) > _SNIFFED_BYTES
    start = io.StringIO(data[:_SNIFFED_BYTES].decode("utf-8", "ignore"), newline="")
    found: list[list[str]] = []
    try:
        for record in csv.reader(start, delimiter=separator):
            if record:
                found.append(record)
            if len(found) > _SNIFFED_ROWS:
                return found[:-1]
    except csv.Error:
        msg = f"{file}, row {len(found) + 1} holds a cell beyond every plausible size."
        raise UnreadableFileError(msg, hint=_QUOTES) from None
    return found[:-1] if cut else found


def _separator(data: bytes, file: str) -> str:
    heads = {sign: _records(data, sign, file) for sign in _SEPARATORS}
    widths = {sign: [len(record) for record in head] for sign, head in heads.items()}
    even = {sign: each[0] for sign, each in widths.items() if each and each[0] > 1 and len(set(each)) == 1}
    some = even or {sign: each[0] for sign, each in widths.items() if each and each[0] > 1}
    if not some:
        _check_one_column(widths, file)
        return _NO_SEPARATOR
    # a comma that is a decimal mark stays within a cell, and so do signs in a name; the wrong sign cuts through them
    fits = {sign: (-_cut(heads[sign], set(some) - {sign}), width) for sign, width in some.items()}
    best = max(fits, key=lambda sign: fits[sign])
    ties = [_SEPARATORS[sign] for sign in fits if fits[sign] == fits[best]]
    if len(ties) > 1:
        msg = f"{file}: {' and '.join(ties)} separate its cells equally well."
        raise LayoutError(msg, hint="Say which one does, such as separator=';', or save it as .xlsx.")
    return best


def _cut(head: list[list[str]], others: set[Separator]) -> int:
    """How many cells below the names hold another sign that may separate, and are no number with decimals."""
    cells = (cell.strip() for record in head[1:] for cell in record)
    return sum(not others.isdisjoint(cell) and not _DECIMALS.fullmatch(cell) for cell in cells)


def _check_one_column(widths: Mapping[Any, list[int]], file: str) -> None:
    """A single cell above rows of several cells is a title."""
    for each in widths.values():
        if len(each) > 1 and min(each[1:]) > 1 and len(set(each[1:])) == 1:
            msg = f"{file}, row 1 has one cell, the rows below have {each[1]}; expected the names of the columns."
            raise LayoutError(msg, hint="Remove the lines above the row of names.")


def _parse(text: TextFile, skip: int, *, threads: bool, on_bad_row: object = None) -> pa.Table:
    import pyarrow as pa
    import pyarrow.csv as pc

    names = [str(place) for place in range(len(text.head[0]))]
    # rows in quotes may span lines, which costs time; a block must hold whole rows
    return pc.read_csv(
        pa.py_buffer(text.data),
        read_options=pc.ReadOptions(
            column_names=names, skip_rows_after_names=skip, block_size=_BLOCK, use_threads=threads
        ),
        parse_options=pc.ParseOptions(
            delimiter=text.separator,
            newlines_in_values=b'"' in text.data,
            ignore_empty_lines=len(names) > 1,
            invalid_row_handler=on_bad_row,
        ),
        convert_options=pc.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True
        ),
    )


def _broken_row(text: TextFile, skip: int) -> LayoutError | UnreadableFileError:
    """Read again, in order, to learn which row it is; the parser's own message would quote cells."""
    import pyarrow as pa

    bad: list[tuple[int, int, int]] = []

    def note(row: pa.csv.InvalidRow) -> str:
        bad.append((row.number or 0, row.expected_columns, row.actual_columns))
        return "skip"

    try:
        _parse(text, skip, threads=False, on_bad_row=note)
    except pa.ArrowException:
        if not bad:
            msg = f"{text.file}: a row holds more than {_BLOCK >> 20} MB."
            return UnreadableFileError(msg, hint=_QUOTES)
    number, expected, found = bad[0]
    msg = f"{text.file}, row {number + text.above:,} has {found} cells; the row of names has {expected}."
    return LayoutError(
        msg, hint="A text that holds the separator must stand in quotation marks: export the file again."
    )
