"""CPR numbers and personnummer in data where they must not be."""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.errors import ColumnError, IdentifierError, InvalidValueError, nearest
from peereval.mentions import row_numbers
from peereval.surveys.spelling import spelled

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

_DASHES = "\uff0d\u2010-\u2015\u2212-"
_DATE = rf"[0-9]{{2}}[\s./_{_DASHES}]?[0-9]{{2}}[\s./_{_DASHES}]?[0-9]{{2}}"
# in pairs only after a space or a dash, or every 15.01.2024 10:30 would be one
_LAST = rf"(?:[\s]{{0,2}}[+/_{_DASHES}]?[\s]{{0,2}}[0-9]{{4}}|[\s{_DASHES}][0-9]{{2}}[\s][0-9]{{2}})"
# Arrow knows ASCII spaces only, and composing every text beforehand would cost more than the search itself
_WORTH_A_LOOK = rf"{_DATE}{_LAST}|^[\s]*[0-9]{{9}}([.,]0+)?[\s]*$"
_WORTH_A_LOOK = _WORTH_A_LOOK.replace("0-9", "0-9\uff10-\uff19").replace(r"\s", r"\s\p{Zs}")
_WRITTEN = rf"((?:1[89]|20)?{_DATE}{_LAST})(?:[.,]0+)?"
_WHOLE = re.compile(_WRITTEN)
# not inside a longer number or a code of letters and digits, and not the decimals of a number; a word may stand before.
# Looked ahead, since a number can begin within what looks like another: 45 07 01 23 45 67
_NUMBER = re.compile(rf"(?<![0-9A-Za-z])(?<![0-9][.,])(?=[A-Za-z]*{_WRITTEN}(?![0-9A-Za-z]))")
_LOST_ZERO = re.compile(r"([0-9]{9})(?:[.,]0+)?")
_SHORTEST = 9
_NINE_DIGITS, _TEN_DIGITS = 10**8, 10**10
_CENTURIES = (18 * _TEN_DIGITS, 21 * _TEN_DIGITS)
_NOTHING: Mapping[str, str] = MappingProxyType({})
_NO_LABELS: Mapping[str, Mapping[float | str, str]] = MappingProxyType({})
_COORDINATION = 60
"""What is added to the day of birth in a Swedish coordination number."""


def check_no_identifiers(
    frame: pd.DataFrame,
    *,
    allow: Collection[str] = (),
    first_row: int = 1,
    questions: Mapping[str, str] = _NOTHING,
    labels: Mapping[str, Mapping[float | str, str]] = _NO_LABELS,
) -> None:
    """Refuse a table in which a cell or a column's name can be read as a Danish CPR number or a Swedish personnummer.

    Looked at are whole cells and numbers within texts, also right after a word: ten digits (CPR: a date of birth that has been and four
    digits, since numbers given out from 2007 on need not satisfy the old check digit; personnummer and coordination
    numbers: a date and the check digit), twelve digits (personnummer with the century), with a hyphen, plus, slash,
    underscore or space before the last four or none, pairs of digits with spaces between them, and whole numbers of nine
    digits, which have lost a leading zero. Full-width digits are read as plain ones.

    Parameters
    ----------
    frame : DataFrame
        Any table.
    allow : collection of str
        Columns that somebody has looked at and that hold other numbers. The caller records them.
    first_row : int
        Number of the table's first row, for the message; `Sheet.first_row` for a file.
    questions : mapping of str to str
        Column to the text that the file carries for it, looked at too; `Sheet.questions`.
    labels : mapping of str to mapping of float or str to str
        Column to code to label, looked at too; `Sheet.labels`.

    Raises
    ------
    IdentifierError
        A cell of another column can be read so, or its name, question or a label. The message gives columns, counts
        and row numbers, never the number.
        About 3 % of random ten-digit numbers can be read as CPR numbers, and 12 % of nine-digit ones.
    ColumnError
        A column of `allow` is not there.
    InvalidValueError
        `allow` is one text, which would be read letter by letter.

    Examples
    --------
    >>> check_no_identifiers(pd.DataFrame({"person": ["a", "b"], "phone": ["070123-4567", None]}), allow=["phone"])
    >>> check_no_identifiers(pd.DataFrame({"person": ["a", "b"], "note": ["born 070123-4567", None]}))
    Traceback (most recent call last):
    ...
    peereval.errors.IdentifierError: PE211: The column 'note' holds 1 cell (of 1 filled) that can be read as a Danish CPR number, in row 1. ...
    """
    if isinstance(allow, str):
        msg = "The columns to be let through were given as one text; expected a list of names."
        raise InvalidValueError(msg, hint=f"Write [{allow!r}].")
    names = [str(name) for name in frame.columns]
    for name in allow:
        if name not in names:
            msg = f"There is no column {name!r}, which was to be let through."
            raise ColumnError(msg, hint=nearest(name, names))
    _check_words(names, allow, questions, labels)
    found = []
    for place, name in enumerate(names):
        rows, kinds = (np.zeros(0, dtype=np.int64), set()) if name in allow else _identifiers(frame.iloc[:, place])
        if len(rows):
            found.append((name, rows, kinds, int(frame.iloc[:, place].notna().sum())))
    if found:
        raise _refusal(found, first_row)


def _check_words(
    names: Sequence[str],
    allow: Collection[str],
    questions: Mapping[str, str],
    labels: Mapping[str, Mapping[float | str, str]],
) -> None:
    """Refuse columns whose name, question or label is an identifier; they are told by their place, not by name."""
    words = [
        (place, str(word))
        for place, name in enumerate(names, start=1)
        if name not in allow
        for word in (name, questions.get(name, ""), *labels.get(name, {}).keys(), *labels.get(name, {}).values())
    ]
    rows, kinds = _in_texts(pd.Series([word for _, word in words], dtype="string"))
    if len(rows):
        places = ", ".join(str(place) for place in dict.fromkeys(words[row][0] for row in rows))
        msg = f"The name, the question or a label can be read as a {' or '.join(sorted(kinds))}, in column {places}."
        hint = (
            "Take the number out of the file before it is imported. If you have looked and it is another number, let the "
            "column through by name, with allow_identifiers_in."
        )
        raise IdentifierError(msg, hint=hint)


def _refusal(found: list[tuple[str, NDArray[np.int64], set[str], int]], first_row: int) -> IdentifierError:
    name, rows, kinds, filled = found[0]
    cells = "1 cell" if len(rows) == 1 else f"{len(rows)} cells"
    where = row_numbers((rows + first_row - 1).tolist())
    msg = f"The column {name!r} holds {cells} (of {filled} filled) that can be read as a {' or '.join(sorted(kinds))}, in {where}."
    if len(found) > 1:
        msg += f" So do: {', '.join(repr(each[0]) for each in found[1:])}."
    names = ", ".join(repr(each[0]) for each in found)
    hint = (
        "Take such numbers out of the file, or replace them with peereval.pseudonymise, before it is imported. If you have "
        f"looked and they are other numbers, such as phone numbers, let them through with allow_identifiers_in=[{names}]."
    )
    return IdentifierError(msg, hint=hint)


def _identifiers(column: pd.Series) -> tuple[NDArray[np.int64], set[str]]:
    """The rows whose cell can be read as an identifier, and of which kinds."""
    kind = column.dtype
    if pd.api.types.is_bool_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind):
        return np.zeros(0, dtype=np.int64), set()
    return _in_numbers(column) if pd.api.types.is_numeric_dtype(kind) else _in_texts(column)


def _in_numbers(column: pd.Series) -> tuple[NDArray[np.int64], set[str]]:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    # what is not a number is never the larger one
    if np.fmax.reduce(values, initial=0) < _NINE_DIGITS:
        return np.zeros(0, dtype=np.int64), set()
    long = (values >= _NINE_DIGITS) & (values < _TEN_DIGITS) | (values >= _CENTURIES[0]) & (values < _CENTURIES[1])
    numbers = np.unique(values[long & (values == np.floor(values))]).astype(np.int64)
    read = _read([str(number).zfill(10) for number in numbers[_plausible(numbers)]])
    return np.flatnonzero(np.isin(values, [int(number) for number in read])), set(read.values())


def _in_texts(column: pd.Series) -> tuple[NDArray[np.int64], set[str]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    # Arrow looks at each of a million texts faster than pandas finds which of them are different
    alike = isinstance(column.dtype, pd.StringDtype)
    place, texts = (np.arange(len(column)), column) if alike else spelled(column)
    cells = pa.array(texts, type=pa.large_string())
    long = np.flatnonzero(pc.binary_length(cells).fill_null(0).to_numpy(zero_copy_only=False) >= _SHORTEST)
    worth = pc.match_substring_regex(cells.take(pa.array(long)), _WORTH_A_LOOK)
    looked_at = long[worth.to_numpy(zero_copy_only=False).astype(bool)]
    inside = {int(each): _numbers_in(unicodedata.normalize("NFKC", texts.iloc[each])) for each in looked_at}
    numbers = sorted({number for found in inside.values() for number in found})
    read = _read(np.array(numbers)[_plausible(np.array(numbers, dtype=np.int64))].tolist() if numbers else [])
    held = [each for each, found in inside.items() if not read.keys().isdisjoint(found)]
    return np.flatnonzero(np.isin(place, held)), set(read.values())


def _numbers_in(text: str) -> set[str]:
    lost = _LOST_ZERO.fullmatch(text.strip())
    if lost is not None:
        return {lost[1].zfill(10)}
    return {re.sub("[^0-9]", "", found[1]) for found in _NUMBER.finditer(text)}


def in_digits(texts: Sequence[str]) -> list[str]:
    """Write numbers that have the form of a CPR number or a personnummer in digits alone, and leave other texts.

    Only the form counts, a day and a month, so that the same text is written alike whenever it is asked for. A number
    with a plus, of somebody older than a hundred, stays as it is: without the plus it is another person's.

    Parameters
    ----------
    texts : sequence of str
        Ids, without spaces at either end.

    Returns
    -------
    list of str
        The ids.

    Examples
    --------
    >>> in_digits(["070123-4567", "07 01 23 45 67", "701234567", "811228+9841", "p-1"])
    ['0701234567', '0701234567', '0701234567', '811228+9841', 'p-1']
    """
    numbers = [_digits_of(unicodedata.normalize("NFKC", text)) for text in texts]
    plausible = _plausible(np.array([int(number or 0) for number in numbers], dtype=np.int64))
    return [number if known else text for text, number, known in zip(texts, numbers, plausible, strict=True)]


def _digits_of(text: str) -> str:
    lost, whole = _LOST_ZERO.fullmatch(text), _WHOLE.fullmatch(text)
    if lost is not None:
        return lost[1].zfill(10)
    return re.sub("[^0-9]", "", whole[1]) if whole is not None and "+" not in text else ""


def _plausible(numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a day and a month stand where either country writes them; both write the month third and fourth."""
    ten = numbers % _TEN_DIGITS
    first, month, third = ten // 10**8, ten // 10**6 % 100, ten // 10**4 % 100
    days = [(day >= 1) & (day <= 31) for day in (first, third, third - _COORDINATION)]  # noqa: PLR2004 - days of a month
    plausible: NDArray[np.bool_] = (month >= 1) & (month <= 12) & np.logical_or.reduce(days)  # noqa: PLR2004 - months
    return plausible


def _read(numbers: Iterable[str]) -> dict[str, str]:
    """The numbers that are identifiers, and of which kind."""
    from stdnum.dk import cpr

    read = {}
    for number in numbers:
        if len(number) == 10 and cpr.is_valid(number):  # noqa: PLR2004 - digits of a CPR number
            read[number] = "Danish CPR number"
        elif _is_personnummer(number):
            read[number] = "Swedish personnummer"
    return read


def _is_personnummer(number: str) -> bool:
    from stdnum import luhn
    from stdnum.exceptions import ValidationError
    from stdnum.se import personnummer

    day = int(number[-6:-4])
    born = day - _COORDINATION if day > _COORDINATION else day
    try:
        personnummer.get_birth_date(f"{number[:-6]}{born:02}{number[-4:]}")
    except ValidationError:
        return False
    return bool(luhn.is_valid(number[-10:]))
