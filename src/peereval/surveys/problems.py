"""What is wrong with an export, as a value: collected where all problems are listed, raised where the first one stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from peereval.mentions import row_numbers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from peereval.errors import PeerevalError

MANY = 12
"""A column with more unknown values than this is most likely another column, so its values are not shown."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that must be mended before the answers can be used.

    Parameters
    ----------
    kind : type of PeerevalError
        What kind of error it is; it bears the code.
    where : str
        File, and row or column in it.
    text : str
        What was found and what was expected.
    hint : str
        What to do next.

    Examples
    --------
    >>> from peereval.errors import ColumnError
    >>> print(Problem(ColumnError, "answers.csv", "There is no column 'round'.").error())
    PE203: answers.csv: There is no column 'round'.
    """

    kind: type[PeerevalError]
    where: str
    text: str
    hint: str = ""

    def error(self) -> PeerevalError:
        """Give the problem as an error to raise."""
        return self.kind(f"{self.where}: {self.text}", hint=self.hint)


def file_rows(numbers: Iterable[int]) -> str:
    """Name rows by their number in the file.

    Parameters
    ----------
    numbers : iterable of int
        Row numbers.

    Returns
    -------
    str
        The first three, and how many more there are.

    Examples
    --------
    >>> file_rows([2, 5, 9, 11, 14])
    'rows 2, 5, 9 and 2 more'
    """
    return row_numbers(number - 1 for number in numbers)


def shown_values(values: Collection[str]) -> str:
    """Say how many values of a column are not declared; they are never shown, since it may be the wrong column.

    Parameters
    ----------
    values : collection of str
        Different values.

    Returns
    -------
    str
        How many there are.

    Examples
    --------
    >>> shown_values(["t0", "t1"])
    '2 different values'
    >>> shown_values(["t0"])
    'a value'
    """
    return "a value" if len(values) == 1 else f"{len(values)} different values"
