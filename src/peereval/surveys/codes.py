"""Cells of items to codes: texts through an explicit table only, missing codes set to missing and counted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.errors import CodingError, ColumnError, InvalidValueError, nearest
from peereval.files import EMPTY
from peereval.instruments.lookup import instrument, list_ids
from peereval.mentions import shown_code
from peereval.surveys.keys import whole_numbers
from peereval.surveys.problems import Problem, file_rows
from peereval.surveys.questions import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from peereval.surveys.mapping import Cell, SurveyMapping
    from peereval.surveys.placing import Place

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Coded:
    """The codes of a column.

    Parameters
    ----------
    codes : Series
        Numbers, missing where nothing was answered.
    missing : dict of str to int
        Missing code to the number of cells that held it.
    problems : tuple of Problem
        What is wrong.
    """

    codes: pd.Series
    missing: dict[str, int]
    problems: tuple[Problem, ...] = ()


def table_of(place: Place, column: str, mapping: SurveyMapping) -> dict[str, int]:
    """Give the table of texts to codes that holds for a column.

    Parameters
    ----------
    place : Place
        Where the column goes.
    column : str
        The column of the file.
    mapping : SurveyMapping
        The tables; one for the column of the file comes before one for the column of the responses, and that before
        one for the instrument. Options of a local question make a table of their own, apart from those whose text is
        a number.

    Returns
    -------
    dict of str to int
        Text to code.
    """
    said = [mapping.codes[key] for key in (column, place.target, place.instrument) if key in mapping.codes]
    if said or place.part != "local":
        return said[0] if said else {}
    item = mapping.local[place.target.removeprefix(PREFIX)]
    # a cell that is a number is a code; what the number would be as a text must be said in a table
    return {text: code for code, text in item.options.items() if _number(text) is None}


def missing_of(place: Place, column: str, mapping: SurveyMapping) -> tuple[Cell, ...]:
    """Give the codes that are no answer in a column: those of all items, and those of this one.

    What is an option of a local question is never missing for standing in the list for all items.

    Parameters
    ----------
    place : Place
        Where the column goes.
    column : str
        The column of the file.
    mapping : SurveyMapping
        What it says of missing codes.

    Returns
    -------
    tuple
        Codes and texts.
    """
    here = (mapping.missing_in.get(key, ()) for key in dict.fromkeys((column, place.target, place.instrument)))
    options = mapping.local[place.target.removeprefix(PREFIX)].options if place.part == "local" else {}
    of_all = (code for code in mapping.missing if code not in options)
    return (*of_all, *(code for codes in here for code in codes))


def read_codes(
    cells: pd.Series, table: Mapping[str, int], missing: Sequence[Cell], *, rows: NDArray[np.int64], where: str
) -> Coded:
    """Read the cells of an item column as codes.

    Parameters
    ----------
    cells : Series
        Numbers or texts.
    table : mapping of str to int
        Text to code. As soon as it has a key that is a number, codes are changed by it too, and must all stand in it.
    missing : sequence
        Codes and texts that are no answer. So is the way in which programs write an empty cell, such as ``NA``, unless
        the table has a code for it.
    rows : ndarray of int
        Number of each row in the file.
    where : str
        File and column, for messages.

    Returns
    -------
    Coded
        Codes, counts of missing codes, and what is wrong. A text is never shown in a message.

    Examples
    --------
    >>> read = read_codes(pd.Series(["Often", "99", "2"]), {"Often": 3}, [99], rows=np.array([2, 3, 4]), where="a.csv")
    >>> read.codes.tolist(), read.missing
    ([3, <NA>, 2], {'99': 1})
    """
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return Coded(cells, {}, (Problem(ColumnError, where, "the column holds dates; expected answers."),))
    if pd.api.types.is_numeric_dtype(cells.dtype) and not _changes_codes(table):
        return _numbers(cells, missing)
    places, values = pd.factorize(cells, use_na_sentinel=True)
    texts = [as_written(value) for value in values]
    empty = {as_written(code) for code in missing} | (set(EMPTY) - set(table))
    codes = np.array([np.nan if text in empty else _code(text, table) for text in texts], dtype=float)
    counts = np.bincount(places[places >= 0], minlength=len(texts))
    found = {text: int(count) for text, count in zip(texts, counts, strict=True) if text in empty}
    unknown = np.array([text not in empty for text in texts], dtype=bool) & np.isnan(codes)
    problems = tuple(_without_code(places, unknown, texts, table, rows, where)) if unknown.any() else ()
    return Coded(whole_numbers(pd.Series(np.append(codes, np.nan)[places], index=cells.index)), found, problems)


def _numbers(cells: pd.Series, missing: Sequence[Cell]) -> Coded:
    numbers = [code for code in map(_number, missing) if code is not None]
    if not numbers:
        return Coded(cells, {})
    values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    hits = {as_written(code): values == code for code in dict.fromkeys(numbers)}
    found = {code: count for code, hit in hits.items() if (count := int(np.count_nonzero(hit)))}
    if not found:
        return Coded(cells, {})
    answers = values.copy()
    for code in found:
        np.copyto(answers, np.nan, where=hits[code])
    return Coded(pd.Series(answers, index=cells.index, copy=False), found)


def as_written(value: object) -> str:
    """Write a code as a file does: whole numbers without decimals.

    Parameters
    ----------
    value : object
        A number or a text.

    Returns
    -------
    str
        The code.

    Examples
    --------
    >>> as_written(3.0), as_written("A1")
    ('3', 'A1')
    """
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def recoded(code: str, table: Mapping[str, int]) -> str | None:
    """Say what a code of the file is in the responses.

    Parameters
    ----------
    code : str
        The code as the file writes it.
    table : mapping of str to int
        The table of its column, as `table_of` gives it.

    Returns
    -------
    str or None
        The code; None where the table changes codes and does not name this one.

    Examples
    --------
    >>> recoded("2", {"2": 1, "3": 2}), recoded("9", {"2": 1}), recoded("9", {"Often": 3})
    ('1', None, '9')
    """
    if code in table:
        return str(table[code])
    return None if _changes_codes(table) else code


def _number(text: object) -> float | None:
    try:
        return float(text) if _NUMBER.fullmatch(str(text)) else None  # type: ignore[arg-type]
    except ValueError:
        return None


def _changes_codes(table: Mapping[str, int]) -> bool:
    return any(_NUMBER.fullmatch(key) for key in table)


def _code(text: str, table: Mapping[str, int]) -> float:
    """The code of a text; not-a-number where there is none."""
    if text in table:
        return float(table[text])
    number = None if _changes_codes(table) else _number(text)
    return np.nan if number is None else number


def _without_code(
    places: NDArray[np.intp],
    unknown: NDArray[np.bool_],
    texts: Sequence[str],
    table: Mapping[str, int],
    rows: NDArray[np.int64],
    where: str,
) -> Iterator[Problem]:
    there = np.append(unknown, False)[places]
    numbers = [text for text, is_unknown in zip(texts, unknown, strict=True) if is_unknown and _NUMBER.fullmatch(text)]
    what = (
        f"code ({shown_code(float(numbers[0]))}) that is not in the table of codes"
        if numbers
        else "text without a code"
    )
    count = int(there.sum())
    cells = "1 cell holds" if count == 1 else f"{count} cells hold"
    text = f"{cells} a {what} ({file_rows(rows[there].tolist())})."
    yield Problem(CodingError, where, text, _hint([t for t, u in zip(texts, unknown, strict=True) if u], table))


def _hint(unknown: Sequence[str], table: Mapping[str, int]) -> str:
    """Say what to add; a text is compared with the table, but not shown."""
    plain = {" ".join(key.split()).casefold(): key for key in table}
    for text in unknown:
        alike = plain.get(" ".join(text.split()).casefold())
        if alike is not None:
            return f"One differs from {alike!r} in spaces or capitals only: add it to the table as it is written."
    if not table:
        return "Write a table of its texts and codes under [survey.codes], or export codes instead of labels."
    return f"The table has {', '.join(map(repr, list(table)[:6]))}{', …' if len(table) > 6 else ''}; add the others, or name them as missing."  # noqa: PLR2004


def check_tables(file: str, places: Sequence[Place], mapping: SurveyMapping) -> Iterator[Problem]:
    """Find tables of codes for columns that there are not, and missing codes that are legal answers.

    Parameters
    ----------
    file : str
        The file's name, for messages.
    places : sequence of Place
        The columns in use.
    mapping : SurveyMapping
        The tables.

    Yields
    ------
    Problem
        What is wrong.
    """
    items = [place for place in places if place.part in ("item", "local")]
    known = {key for place in items for key in (place.target, place.instrument, *place.source)} - {""}
    for name, table in (("codes", mapping.codes), ("missing_in", mapping.missing_in)):
        for key in (key for key in table if key not in known):
            text = f"{name} speaks of {key!r}, which is no instrument or item column in use."
            yield Problem(InvalidValueError, file, text, nearest(key, known))
    yield from _options_that_are_numbers(file, items, mapping)
    numbers = [number for number in map(_number, mapping.missing) if number is not None]
    said: set[str] = set()
    for place in items:
        what, legal = _legal(place)
        for code in (code for code in numbers if code in legal and what not in said):
            said.add(what)
            text = f"{code:g} is said to be missing in all items, but is a legal answer of {what}."
            yield Problem(InvalidValueError, file, text, "Say it in missing_in, for the columns where it stands.")


def _options_that_are_numbers(file: str, items: Sequence[Place], mapping: SurveyMapping) -> Iterator[Problem]:
    """Local questions with an option such as 2 = "1": whether a cell that holds 1 is the code or the text, nobody can see."""
    for place in items:
        if place.part != "local" or not mapping.codes.keys().isdisjoint((place.target, *place.source)):
            continue
        for code, text in mapping.local[place.target.removeprefix(PREFIX)].options.items():
            number = _number(text)
            if number is not None and number != code:
                what = f"the code {code} of {place.target} stands for the text {text!r}: a cell with a number could be either."
                hint = f'Say what the cells hold under [survey.codes.{place.target}]: "{text}" = {code} for texts, "{code}" = {code} for codes.'
                yield Problem(CodingError, file, what, hint)
                break


def _legal(place: Place) -> tuple[str, set[float]]:
    """The codes that are answers of an item whichever coding the data hold, and what to call the item."""
    ids = [place.instrument] if place.instrument else list_ids()
    of_item = [one for one in map(instrument, ids) if place.target in one.item_columns and one.codings]
    spans = [
        coding.range_of(one.item_columns.index(place.target) + 1) for one in of_item for coding in one.codings.values()
    ]
    if not spans:
        return place.target, set()
    what = of_item[0].id if len(of_item) == 1 else of_item[0].prefix
    return what, {float(code) for code in range(max(low for low, _ in spans), min(high for _, high in spans) + 1)}
