"""What an export calls its columns and codes: texts of questions and value labels, kept beside the responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from peereval.errors import CodingError
from peereval.files import EMPTY
from peereval.mentions import shown_code
from peereval.surveys.codes import as_written, recoded, table_of
from peereval.surveys.problems import Problem, file_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from peereval.surveys.mapping import SurveyMapping
    from peereval.surveys.placing import Place
    from peereval.surveys.sheet import Sheet

T = TypeVar("T")
_LIST = 2
"""So many labels are a list of codes; a single one marks what is special, such as 0 for none or 1 for ticked."""


def labels_of(
    sheet: Sheet, places: Sequence[Place], mapping: SurveyMapping
) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Give the value labels of an export for the columns of the responses.

    Parameters
    ----------
    sheet : Sheet
        The export.
    places : sequence of Place
        The columns in use.
    mapping : SurveyMapping
        How codes and keys are changed.

    Returns
    -------
    tuple of dict and list of str
        Column of the responses to code to label, and notes. Codes are written as texts, items and keys as the
        responses hold them, all else as the file does; labels of codes that become one are joined.

    Examples
    --------
    >>> from peereval.surveys.mapping import SurveyMapping
    >>> from peereval.surveys.placing import Place
    >>> from peereval.surveys.sheet import Sheet
    >>> sheet = Sheet(file="a.sav", source="sav", frame=pd.DataFrame({"q": [1.0]}), labels={"q": {1.0: "no", 2.0: "yes"}})
    >>> mapping = SurveyMapping(item_columns={"who5_01": "q"}, codes={"q": {"1": 0, "2": 5}})
    >>> labels_of(sheet, [Place("who5_01", ("q",), "item")], mapping)
    ({'who5_01': {'0': 'no', '5': 'yes'}}, [])
    """
    found = {}
    for place in places:
        of_rounds = [
            _in_responses(sheet.labels[name], place, name, mapping) for name in place.source if name in sheet.labels
        ]
        found[place.target] = of_rounds
    return _first_of_each(found, "labels")


def questions_of(sheet: Sheet, places: Sequence[Place]) -> tuple[dict[str, str], list[str]]:
    """Give the texts of questions of an export for the columns of the responses.

    Parameters
    ----------
    sheet : Sheet
        The export.
    places : sequence of Place
        The columns in use.

    Returns
    -------
    tuple of dict and list of str
        Column of the responses to text, and notes.
    """
    found = {
        place.target: [sheet.questions[name] for name in place.source if name in sheet.questions] for place in places
    }
    return _first_of_each(found, "questions")


def unlabelled(
    cells: pd.Series, labels: Mapping[float | str, str], empty: Collection[str], *, rows: NDArray[np.int64], where: str
) -> Iterator[Problem]:
    """Find answers that a list of value labels does not know.

    A number between the lowest and the highest labelled code needs no label: of many scales the ends only are labelled.

    Parameters
    ----------
    cells : Series
        The answers of a column.
    labels : mapping of float or str to str
        Code to label.
    empty : collection of str
        Codes that are no answer, as they are written.
    rows : ndarray of int
        Number of each row in the file.
    where : str
        File and column, for messages.

    Yields
    ------
    Problem
        Rows and code; a text is never shown.

    Examples
    --------
    >>> answers = pd.Series([1.0, 3.0, 55.0])
    >>> found = unlabelled(answers, {1.0: "never", 5.0: "always"}, [], rows=np.array([1, 2, 3]), where="a.sav, column 'q'")
    >>> [problem.text for problem in found]
    ['1 cell holds a code without a label, outside the labelled ones (55, row 3).']
    """
    nothing = {*empty, *EMPTY}
    known = {as_written(code) for code in labels} - nothing
    if len(known) < _LIST:
        return
    places, values = pd.factorize(cells, use_na_sentinel=True)
    codes = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    ends = pd.to_numeric(pd.Series(sorted(known)), errors="coerce")
    between = (codes >= ends.min()) & (codes <= ends.max())
    unknown = ~between & np.array([as_written(value) not in known | nothing for value in values], dtype=bool)
    there = np.append(unknown, False)[places]
    if there.any():
        count = int(there.sum())
        cell = "1 cell holds" if count == 1 else f"{count} cells hold"
        code = f"{shown_code(codes[unknown][0])}, " if pd.api.types.is_numeric_dtype(cells.dtype) else ""
        text = f"{cell} a code without a label, outside the labelled ones ({code}{file_rows(rows[there].tolist())})."
        yield Problem(CodingError, where, text, _WHAT_TO_SAY)


_WHAT_TO_SAY = "Correct the answer, or say what the code means: in missing_in, or with all codes of the column in a table of codes."


def _in_responses(
    labels: Mapping[float | str, str], place: Place, column: str, mapping: SurveyMapping
) -> dict[str, str]:
    """Labels by what their codes become."""
    renamed: Mapping[str, object] = getattr(mapping.rename, place.target, {})
    table = table_of(place, column, mapping) if place.part in ("item", "local") else {}
    found: dict[str, str] = {}
    for value, label in labels.items():
        code = as_written(value)
        new = recoded(code, table) if place.part in ("item", "local") else str(renamed.get(code, code))
        if new is not None:
            found[new] = f"{found[new]}; {label}" if new in found else label
    return found


def _first_of_each(found: Mapping[str, Sequence[T]], what: str) -> tuple[dict[str, T], list[str]]:
    """What the first round's column says, where rounds have columns of their own, and where others say otherwise."""
    kept = {target: each[0] for target, each in found.items() if each and each[0]}
    other = [target for target in kept if any(each != kept[target] for each in found[target])]
    return kept, [f"The {what} of the first round are kept where rounds differ: {', '.join(other)}."] if other else []
