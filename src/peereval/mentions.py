"""What a message may say of a table: rows by their number, codes while they are short, never a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN_ROWS = 3
_CODE_DIGITS = 3


def shown_code(code: float) -> str:
    """Write a coded value for a message; a number too long for a code may be a person's, so only its length is told.

    Parameters
    ----------
    code : float
        The value.

    Returns
    -------
    str
        The value, or how many digits it has.

    Examples
    --------
    >>> shown_code(99.0), shown_code(-1.0), shown_code(1001.0)
    ('99', '-1', 'a number of 4 digits')
    """
    text = f"{code:.15g}"
    digits = sum(each.isdigit() for each in text)
    return text if digits <= _CODE_DIGITS else f"a number of {digits} digits"


def row_numbers(positions: Iterable[int]) -> str:
    """Name rows by their number in the table, counted from 1 without the header.

    Parameters
    ----------
    positions : iterable of int
        Positions, counted from 0.

    Returns
    -------
    str
        The first three, and how many more there are.

    Examples
    --------
    >>> row_numbers([0, 4, 7, 9])
    'rows 1, 5, 8 and 1 more'
    >>> row_numbers([4])
    'row 5'
    """
    numbers = [position + 1 for position in positions]
    shown = ", ".join(str(number) for number in numbers[:_SHOWN_ROWS])
    more = len(numbers) - _SHOWN_ROWS
    return ("rows " if len(numbers) > 1 else "row ") + shown + (f" and {more} more" if more > 0 else "")
