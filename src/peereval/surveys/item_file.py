"""A mapping file: two columns that say which column of an export is which item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from peereval.errors import ColumnError, DuplicateError, InvalidValueError, MissingValueError, nearest
from peereval.surveys.mapping import SurveyMapping
from peereval.surveys.problems import file_rows

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_COLUMNS = ("column", "item")


def read_item_file(path: str | Path) -> dict[str, str]:
    r"""Read which column of an export is which item.

    Parameters
    ----------
    path : str or Path
        A CSV file, as Excel writes it, with the columns ``column`` (of the export, in a wide file with ``{round}``) and
        ``item`` (of the responses, such as ``who5_01``).

    Returns
    -------
    dict of str to str
        Item to column, for `SurveyMapping.item_columns`.

    Raises
    ------
    ColumnError, MissingValueError, DuplicateError, InvalidValueError
        A column is not there, a cell is empty, an item stands twice, or a name is none that an item or column can have.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "items.csv")
    ...     _ = file.write_text("column;item\nq1;who5_01\nq2;who5_02\n", encoding="utf-8")
    ...     read_item_file(file)
    {'who5_01': 'q1', 'who5_02': 'q2'}
    """
    from peereval.surveys.exports import read_sheet

    sheet = read_sheet(path, source="csv")
    for name in _COLUMNS:
        if name not in sheet.frame.columns:
            msg = f"{sheet.file}: there is no column {name!r}; a mapping file has the columns 'column' and 'item'."
            raise ColumnError(msg, hint=nearest(name, map(str, sheet.frame.columns)))
    _check(sheet.frame, sheet.first_row, sheet.file)
    pairs = dict(zip(sheet.frame["item"].astype(str), sheet.frame["column"].astype(str), strict=True))
    try:
        SurveyMapping(item_columns=pairs)
    except ValidationError as error:
        msg = f"{sheet.file}: {error.errors()[0]['msg'].removeprefix('Value error, ')}."
        raise InvalidValueError(msg, hint="Mend the names in the mapping file.") from None
    return pairs


def _check(frame: pd.DataFrame, first_row: int, file: str) -> None:
    empty = frame[list(_COLUMNS)].isna().any(axis=1).to_numpy().nonzero()[0] + first_row
    if len(empty):
        msg = f"{file}: a cell is empty in {file_rows(empty.tolist())}."
        raise MissingValueError(msg, hint="Fill it, or take the row out.")
    again = frame["item"].duplicated(keep=False).to_numpy().nonzero()[0] + first_row
    if len(again):
        msg = f"{file}: an item stands twice, in {file_rows(again.tolist())}."
        raise DuplicateError(msg, hint="An item has one column.")
