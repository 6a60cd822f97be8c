"""Column names with a place for the number of the item or for the round: ``Q5_{item}``, ``who5_{item:02d}_t{round}``."""

from __future__ import annotations

import re
import string
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator


def has_field(text: str, field: str) -> bool:
    """Say whether a name has a place for the item or the round.

    Parameters
    ----------
    text : str
        A column name or pattern.
    field : {"item", "round"}
        Which place.

    Returns
    -------
    bool
        Whether it has.

    Examples
    --------
    >>> has_field("who5_{item}_t{round}", "round")
    True
    """
    return any(found == field for _, found, _, _ in string.Formatter().parse(text))


def filled(text: str, *, item: int = 0, round: str = "") -> str:  # noqa: A002 - the word of the pattern
    """Write the number of an item and a round into a pattern.

    Parameters
    ----------
    text : str
        The pattern.
    item : int
        Number of the item, from 1.
    round : str
        The round as the file writes it.

    Returns
    -------
    str
        A column name.

    Examples
    --------
    >>> filled("who5_{item:02d}_t{round}", item=3, round="1")
    'who5_03_t1'
    """
    return text.format(item=item, round=round)


def _as_columns(value: Any) -> Any:
    """A list of columns as a tuple; anything else but a pattern is refused in plain words."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
        return tuple(value)
    msg = 'write a list of columns, or a pattern such as "Q5_{item}"'
    raise ValueError(msg)


def _check(text: str, allowed: tuple[str, ...]) -> None:
    """Only known places may stand in braces, and nothing of the value behind them is looked into."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        msg = f"{text!r} has a brace too many or too few ({error})"
        raise ValueError(msg) from None
    if "{{" in text or "}}" in text:
        msg = f"{text!r} has double braces; columns with braces in their names must be renamed in the export"
        raise ValueError(msg)
    for _, field, spec, conversion in parts:
        # a width of more than two digits would write numbers that no column has, or fill the memory
        plain = not spec or (field == "item" and re.fullmatch(r"[0-9]{1,2}d?", spec))
        if field is not None and (field not in allowed or not plain or conversion):
            msg = f"{text!r} has a place {{{field}{':' * bool(spec)}{spec}}}; known here: {', '.join('{' + each + '}' for each in allowed)}"
            raise ValueError(msg)


def _one_column(value: str) -> str:
    _check(value, ("round",))
    return value


def _some_columns(value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    if isinstance(value, str):
        _check(value, ("item", "round"))
    else:
        for each in value:
            _check(each, ("round",))
    return value


Name = Annotated[str, AfterValidator(_one_column)]
"""A column, in a wide file with ``{round}``."""

Columns = Annotated[str | tuple[str, ...], BeforeValidator(_as_columns), AfterValidator(_some_columns)]
"""A list of columns, or a pattern with ``{item}``."""
