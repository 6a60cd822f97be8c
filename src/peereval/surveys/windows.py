"""Rounds as they were planned, and answers that were given out of their window."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import pandas as pd
from pydantic import AfterValidator, Field

from peereval.errors import InvalidValueError
from peereval.instruments.key import Frozen
from peereval.surveys.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

_LAST_MONTH = 1200
"""A round later than a hundred years after the first is a slip of the pen."""
_DAYS = {"day": 1, "days": 1, "week": 7, "weeks": 7}


def _span(value: str) -> str:
    if not re.fullmatch(rf"\d{{1,4}} ({'|'.join(_DAYS)})", value):
        msg = 'write a number of days or weeks, such as "14 days" or "3 weeks"'
        raise ValueError(msg)
    return value


class PlannedRound(Frozen):
    """A table ``[[rounds]]``: a data-collection round.

    Parameters
    ----------
    id : str
        The round's name in the data.
    month : int
        When it was planned, in months after the first.
    window : str, optional
        How far from the planned day an answer still counts as in time, such as ``"14 days"`` or ``"3 weeks"``,
        before it and after it.

    Examples
    --------
    >>> PlannedRound(id="half-year", month=6, window="3 weeks").days
    21
    """

    id: str
    month: int = Field(ge=0, le=_LAST_MONTH)
    window: Annotated[str, AfterValidator(_span)] | None = None

    @property
    def days(self) -> int | None:
        """The window in days either side of the planned day."""
        if self.window is None:
            return None
        number, unit = self.window.split()
        return int(number) * _DAYS[unit]


def out_of_window(
    responses: pd.DataFrame, rounds: Sequence[PlannedRound], *, first_day: date | None, file: str
) -> tuple[pd.Series, list[Problem]]:
    """Say of each answer whether it was given out of the window of its round.

    The planned day is so many calendar months after the person's date in the first of `rounds`, or after the first
    day of the study where that is given.

    Parameters
    ----------
    responses : DataFrame
        With ``round`` and ``date``, and ``person`` unless `first_day` is given.
    rounds : sequence of PlannedRound
        The rounds in their order.
    first_day : date or None
        Start of the study.
    file : str
        The file's name, for messages.

    Returns
    -------
    tuple of Series of boolean and list of Problem
        Missing where the round has no window, or the date or the person's first date is not known.

    Examples
    --------
    >>> answers = pd.DataFrame({
    ...     "person": ["a", "a", "b"], "round": ["start", "end", "end"],
    ...     "date": pd.to_datetime(["2024-01-10", "2024-08-30", "2024-07-12"]),
    ... })
    >>> rounds = [PlannedRound(id="start", month=0), PlannedRound(id="end", month=6, window="2 weeks")]
    >>> out_of_window(answers, rounds, first_day=None, file="a.csv")[0].tolist()
    [<NA>, True, <NA>]
    """
    unknown = pd.Series(pd.NA, index=responses.index, dtype="boolean")
    needed = [name for name in ("date", *(["person"] if first_day is None else [])) if name not in responses.columns]
    if needed:
        text = f"rounds have windows, but there is no column {needed[0]!r}."
        hint = "Name the column" + (", or say first_day, the start of the study." if needed[0] == "person" else ".")
        return unknown, [Problem(InvalidValueError, file, text, hint)]
    names = responses["round"].astype("string")
    start = _start(responses, names, rounds, first_day)
    for each in (each for each in rounds if each.days is not None):
        here = names.eq(each.id).fillna(value=False).astype(bool) & responses["date"].notna() & start.notna()
        planned = start[here] + pd.DateOffset(months=each.month - (0 if first_day else rounds[0].month))
        off = (responses.loc[here, "date"].dt.normalize() - planned).abs().dt.days
        unknown[here] = (off > each.days).astype("boolean")
    return unknown, []


def replaced_flags(own: pd.Series, computed: pd.Series) -> Iterator[str]:
    """Tell how many flags of an export are lost to the computed ones.

    Parameters
    ----------
    own, computed : Series of boolean
        The export's own column ``out_of_window``, and what its dates and the planned windows say.

    Yields
    ------
    str
        A note.

    Examples
    --------
    >>> own = pd.Series([True, False, True], dtype="boolean")
    >>> list(replaced_flags(own, pd.Series([False, False, True], dtype="boolean")))
    ["Flags of the column 'out_of_window' that differ from the computed ones, which are kept: 1."]
    """
    column = "Flags of the column 'out_of_window' that"
    differ = int((own != computed).fillna(value=False).sum())
    lost = int((own.notna() & computed.isna()).sum())
    if differ:
        yield f"{column} differ from the computed ones, which are kept: {differ:,}."
    if lost:
        yield f"{column} were left out, since there nothing can be computed: {lost:,}."


def _start(
    responses: pd.DataFrame, names: pd.Series, rounds: Sequence[PlannedRound], first_day: date | None
) -> pd.Series:
    if first_day is not None:
        return pd.Series(pd.Timestamp(first_day), index=responses.index).astype("datetime64[us]")
    first = responses[names.eq(rounds[0].id).fillna(value=False).astype(bool) & responses["person"].notna()]
    days = first.groupby("person")["date"].min().dt.normalize()
    return responses["person"].map(days).astype("datetime64[us]")
