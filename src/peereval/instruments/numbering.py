"""Item numbers, written as short as a scoring sheet writes them: ``"1-5, 9"``."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_PATTERN = r"^(\d+(-\d+)?(, \d+(-\d+)?)*)?$"
_RUN = 3


def numbers(text: str) -> tuple[int, ...]:
    """Read item numbers.

    Parameters
    ----------
    text : str
        Numbers and runs of numbers, with a comma and a space between them.

    Returns
    -------
    tuple of int
        The numbers in the order in which they stand.

    Raises
    ------
    ValueError
        The text is written otherwise, or a number stands twice.

    Examples
    --------
    >>> numbers("1-3, 7, 10")
    (1, 2, 3, 7, 10)
    """
    if not re.fullmatch(_PATTERN, text):
        msg = f"item numbers are written as '1-5, 9', not {text!r}"
        raise ValueError(msg)
    runs = [part.split("-") for part in text.split(", ")] if text else []
    found = tuple(item for run in runs for item in range(int(run[0]), int(run[-1]) + 1))
    if len(set(found)) < len(found):
        msg = f"an item stands twice in {text!r}"
        raise ValueError(msg)
    return found


def text_of(found: tuple[int, ...]) -> str:
    """Write item numbers, three and more in a row as a run.

    Parameters
    ----------
    found : tuple of int
        The numbers, ascending.

    Returns
    -------
    str
        As `numbers` reads it.

    Examples
    --------
    >>> text_of((1, 2, 3, 7, 8))
    '1-3, 7, 8'
    """
    runs = [[item for _, item in run] for _, run in groupby(enumerate(found), key=lambda each: each[1] - each[0])]
    written = [f"{run[0]}-{run[-1]}" if len(run) >= _RUN else ", ".join(map(str, run)) for run in runs]
    return ", ".join(written)


def _read(value: Any) -> Any:
    return numbers(value) if isinstance(value, str) else value


Items = Annotated[
    tuple[int, ...],
    BeforeValidator(_read),
    PlainSerializer(text_of, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _PATTERN}),
]
"""Item numbers in a definition."""
