"""Dates as sources give them: a year, a month or a day."""

from __future__ import annotations

import calendar
import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator


def first_day(when: str) -> date:
    """Give the first day that a date may mean.

    Parameters
    ----------
    when : str
        A year, a month or a day, such as ``"2017"``, ``"2017-01"`` or ``"2017-01-31"``.

    Returns
    -------
    date
        The day.

    Examples
    --------
    >>> first_day("2017-02"), last_day("2017-02")
    (datetime.date(2017, 2, 1), datetime.date(2017, 2, 28))
    """
    year, month, day = _parts(when)
    return date(year, month or 1, day or 1)


def last_day(when: str) -> date:
    """Give the last day that a date may mean.

    Parameters
    ----------
    when : str
        A year, a month or a day.

    Returns
    -------
    date
        The day.
    """
    year, month, day = _parts(when)
    month = month or 12
    return date(year, month, day or calendar.monthrange(year, month)[1])


def _parts(when: str) -> tuple[int, int, int]:
    year, month, day = ([int(part) for part in when.split("-")] + [0, 0])[:3]
    return year, month, day


def _as_text(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _check(when: str) -> str:
    msg = "expected a year from 1900 to 2199, a month or a day that exists, such as 2017, 2017-01 or 2017-01-31"
    if not re.fullmatch(r"(19|20|21)[0-9]{2}(-[0-9]{2}(-[0-9]{2})?)?", when):
        raise ValueError(msg)
    try:
        first_day(when), last_day(when)
    except ValueError:
        raise ValueError(msg) from None
    return when


When = Annotated[str, BeforeValidator(_as_text), AfterValidator(_check)]
"""A year, a month or a day as text."""
