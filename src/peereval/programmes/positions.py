"""Positions of peers at a date, as one source counts them."""

from __future__ import annotations

from typing import Literal

from pydantic import PositiveFloat

from peereval.programmes.dates import When
from peereval.programmes.frozen import Range, Sourced


class Position(Sourced):
    """How many peers there were, or were to be, at a date, as one source says.

    Parameters
    ----------
    id : str
        Its name in results; needed where other entries are parts of it.
    count : float or (float, float)
        How many, or the lowest and the highest of a printed range.
    date : str
        When: a year, a month or a day, as precisely as the source says.
    scheme : str
        The scheme that they belong to, where a programme has several.
    role : {"recovery mentor", "parent mentor", "relative mentor", "peer supporter", "coordinator", ""}
        What they are; empty: all together.
    unit : str
        A unit of the programme; empty: all together.
    status : {"employed", "planned", "proposed"}
        Whether they are there.
    additional : bool
        Whether the number comes on top of those who are there.
    scenario : str
        The scenario that proposes them.
    hours_week : float or (float, float), optional
        Hours a week of one position.
    full_time_hours : float, optional
        Hours a week of full time. Without it, full-time equivalents are not known.
    approximate : bool
        Whether the source says *about*.
    part_of : str
        The id of the entry of which this one is a part.
    source : str
        Who says so: a label of `Programme.sources`.
    place : str
        Where in the source: page, table or paragraph.
    basis : {"printed", "inferred"}
        Whether number and date stand in the source, or one of them was worked out; `note` then says how.
    note : str
        What a reader should know.

    Examples
    --------
    >>> wards = Position(count=23, date="2018", hours_week=(20, 30), full_time_hours=37, source="press release")
    >>> [round(end, 2) for end in wards.hours_share]
    [0.54, 0.81]
    """

    id: str = ""
    count: Range
    date: When
    scheme: str = ""
    role: Literal["recovery mentor", "parent mentor", "relative mentor", "peer supporter", "coordinator", ""] = ""
    unit: str = ""
    status: Literal["employed", "planned", "proposed"] = "employed"
    additional: bool = False
    scenario: str = ""
    hours_week: Range | None = None
    full_time_hours: PositiveFloat | None = None
    approximate: bool = False
    part_of: str = ""

    @property
    def hours_share(self) -> tuple[float, float] | None:
        """The lowest and the highest share of full time of one position; None where it is not known."""
        if self.hours_week is None or self.full_time_hours is None:
            return None
        low, high = self.hours_week
        return low / self.full_time_hours, high / self.full_time_hours
