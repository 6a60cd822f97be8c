"""Exports of survey tools as they come: recognised by what is in them, read as a sheet."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, get_args

from peereval.errors import (
    CodingError,
    InvalidValueError,
    UnknownNameError,
    UnreadableFileError,
    UnsupportedInputError,
    nearest,
)
from peereval.files import existing_file
from peereval.surveys.delimited import Separator
from peereval.surveys.parquet import read_parquet
from peereval.surveys.sheet import Sheet, Source
from peereval.surveys.spss import read_spss
from peereval.surveys.tabular import TOOLS, Said, from_text, from_workbook

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from peereval.surveys.cells import Mark
    from peereval.surveys.layout import Answers
    from peereval.surveys.mapping import SurveyMapping

Container = Literal["csv", "xlsx", "sav", "parquet"]

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC: dict[bytes, Container] = {b"PK\x03\x04": "xlsx", b"$FL2": "sav", b"$FL3": "sav", b"PAR1": "parquet"}
_ANSWERS: dict[Answers, str] = {
    "values": "the values that the survey gives its options",
    "labels": "the texts of the options, to be matched to codes by a table in the study file",
    "positions": "the numbers of the options in their order on the form, which need not be their values",
}


def read_sheet(
    path: str | Path,
    *,
    source: Source | None = None,
    sheet: str | None = None,
    answers: Answers | None = None,
    decimal: Mark | None = None,
    text: Collection[str] = (),
    separator: Separator | None = None,
    mapping: SurveyMapping | None = None,
) -> Sheet:
    r"""Read the export of a survey tool as it comes.

    The kind of export is recognised by its content, never by the ending of its name. A column is one of numbers if
    every filled cell is a number, and of times if every filled cell is a date that can be read in one way only. All
    else stays text as it is written: ids such as 007, cells such as NA, codes such as A1.

    Parameters
    ----------
    path : str or Path
        The file: CSV as Excel or a survey tool writes it (semicolons, commas, tabs or bars; UTF-8, UTF-16,
        Windows-1252), ``.xlsx``, SPSS ``.sav``, or parquet.
    source : str, optional
        What kind of export it is, where it is not to be recognised: ``"redcap"``, ``"limesurvey"``, ``"qualtrics"``,
        ``"surveyxact"``, ``"enalyzer"``, or the plain ``"csv"``, ``"xlsx"``, ``"sav"``, ``"parquet"``. Exports of
        SurveyXact and Enalyzer are never recognised.
    sheet : str, optional
        The sheet of a workbook that has several, or hidden ones.
    answers : {"values", "labels", "positions"}, optional
        For SurveyXact and Enalyzer: in which form the answers were exported. The file does not tell, so there is no
        default.
    decimal : {",", "."}, optional
        The decimal mark of text cells, where the file leaves it open.
    text : collection of str, optional
        Columns that stay text as they are written.
    separator : {";", ",", "\t", "|"}, optional
        The sign between the cells of a text file, where the file leaves it open.
    mapping : SurveyMapping, optional
        Which column is what. Cells of text in the columns of persons, rounds, arms, units and roles stay text, so that
        1.1 is not 1.10; without a mapping, so do those in columns that bear these names.

    Returns
    -------
    Sheet
        Rows, labels, questions, declared missing codes, and notes of what was understood.

    Raises
    ------
    MissingFileError, UnreadableFileError
        No file is there, or it is a folder, or empty, damaged or encrypted.
    UnsupportedInputError
        Another kind of file, or one that would unpack to an absurd size.
    LayoutError
        The file is not one plain table, or it can be read in two ways; the message gives row and column.
    CodingError
        `answers` is needed and was not said.
    InvalidValueError, UnknownNameError, ColumnError
        An argument does not fit the file: an unknown source, sheet or column, a single text for a list,
        or an argument of another kind of file.

    See Also
    --------
    peereval.read_survey : The same file as the responses table.

    Notes
    -----
    A sheet has at most 2,000 columns. A workbook has at most 10 million cells, unpacks to at most 512 MB and to at
    most 200 times its own size. Rows are numbered as a spreadsheet numbers them: the row of names is 1, a text that
    spans lines is in one row, and lines without any character between rows are not counted.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "svar.csv")
    ...     _ = file.write_bytes("id;køn;timer\n007;kvinde;1,5\n012;mand;\n".encode("cp1252"))
    ...     found = read_sheet(file)
    >>> found.frame
        id     køn  timer
    0  007  kvinde    1.5
    1  012    mand    NaN
    >>> found.notes[0]
    'Read as cp1252 (Windows, Western European; ISO-8859-1 is read alike), with semicolons between cells.'
    """
    if isinstance(text, str):
        msg = f"text is the text {text!r}; expected a list of columns."
        raise InvalidValueError(msg, hint=f"Write text=[{text!r}].")
    place = existing_file(path)
    data = _content(place)
    sha256 = hashlib.sha256(data).hexdigest()
    container = _container(data, place.name)
    _check_arguments(source, container, place.name, sheet=sheet, answers=answers, cells=bool(decimal or text))
    if separator is not None and container != "csv":
        msg = f"separator={separator!r} was said, but {place.name} is no text file."
        raise InvalidValueError(msg, hint="Leave it out.")
    if separator not in (None, *get_args(Separator)):
        msg = f"separator={separator!r} was said, which is none of {', '.join(map(repr, get_args(Separator)))}."
        raise InvalidValueError(msg, hint="Leave it out, or save the file with one of them.")
    if container == "sav":
        return read_spss(data, place.name, sha256=sha256)
    if container == "parquet":
        return read_parquet(place, sha256=sha256)
    said = Said(source=source, decimal=decimal, text=tuple(text), separator=separator, mapping=mapping)
    if container == "csv":
        found = from_text(data, place.name, sha256, said)
    else:
        found = from_workbook(data, place.name, sha256, said, sheet)
    if answers is None:
        return found
    return replace(found, notes=(*found.notes, f"Answers are {_ANSWERS[answers]}."))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"{path.name} cannot be read: {error.strerror}."
        raise UnreadableFileError(
            msg, hint="Look at the file's rights, and whether another program has it open."
        ) from None


def _container(data: bytes, file: str) -> Container:
    if not data or data.isspace():
        msg = f"{file} is empty."
        raise UnreadableFileError(msg, hint="Export the file again.")
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            msg = f"{file} is an encrypted workbook."
            raise UnreadableFileError(msg, hint="Remove its password in Excel and keep the copy where it is protected.")
        msg = f"{file} is a workbook of an old kind (.xls) or another Office file."
        raise UnsupportedInputError(msg, hint="Save it as .xlsx.")
    return next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), "csv")


def _check_arguments(
    source: Source | None, container: Container, file: str, *, sheet: str | None, answers: Answers | None, cells: bool
) -> None:
    if source is not None and source not in get_args(Source):
        msg = f"No source of exports is called {source!r}."
        raise UnknownNameError(msg, hint=nearest(source, get_args(Source)))
    tool = source if source in TOOLS else None
    if source is not None and container != source and (tool is None or container in {"sav", "parquet"}):
        msg = f"{file} holds {container}, where source={source!r} was said."
        raise UnsupportedInputError(msg, hint="Leave source out: the kind of file is recognised by its content.")
    if sheet is not None and container != "xlsx":
        msg = f"sheet={sheet!r} was said, but {file} is no workbook."
        raise InvalidValueError(msg, hint="Leave it out.")
    if cells and container in {"sav", "parquet"}:
        msg = f"decimal= or text= was said, but {file} keeps numbers as numbers and texts as texts."
        raise InvalidValueError(msg, hint="Leave them out.")
    _check_answers(tool, answers, file)


def _check_answers(tool: Source | None, answers: Answers | None, file: str) -> None:
    choices = TOOLS[tool].answers if tool is not None else ()
    if choices and answers is None:
        told = "; ".join(f"{choice!r}: {_ANSWERS[choice]}" for choice in choices)
        msg = f"{file}: the export does not tell in which form {tool} wrote the answers, and a wrong guess gives other scores."
        raise CodingError(msg, hint=f"Look at the settings of the export and say answers= as one of {told}.")
    if answers is not None and answers not in choices:
        known = (
            f"is none of {', '.join(map(repr, choices))}"
            if choices
            else "is for exports of SurveyXact and Enalyzer only"
        )
        msg = f"{file}: answers={answers!r} {known}."
        raise InvalidValueError(msg, hint="Say source='surveyxact' or source='enalyzer' with it, or leave it out.")
