"""Money for a programme, line by line, as a source prints it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat

from peereval.programmes.frozen import Sourced

Year = Annotated[int, Field(ge=1900, le=2199)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]


class Funding(Sourced):
    """A line of money.

    Parameters
    ----------
    id : str
        Its name in results; needed where other lines are parts of it.
    purpose : str
        What it is for.
    amount : float, optional
        How much, in units of the currency (not thousands or millions). Left out: the source prints none, and the
        total is that of its parts.
    currency : str
        Three letters, such as ``"DKK"``.
    price_level : int, optional
        The year in whose prices it is; left out: not said.
    start, end : int
        First and last year. Without an end, a yearly amount is open-ended, and an amount for a period is for one year.
    per : {"year", "period"}
        Whether the amount is that of each year, or of all years together.
    payer : str
        Who pays.
    partner : str
        The partner that it is for; empty: all together.
    status : {"proposed", "granted", "spent"}
        How far it has come.
    scenario : str
        The scenario that it belongs to.
    approximate : bool
        Whether the source says *about*.
    part_of : str
        The id of the line of which this one is a part.
    source : str
        Who says so: a label of `Programme.sources`.
    place : str
        Where in the source: page, table or paragraph.
    basis : {"printed", "inferred"}
        Whether it stands in the source, or was worked out; `note` then says how.
    note : str
        What a reader should know.

    Examples
    --------
    >>> Funding(purpose="mentors", amount=7e6, currency="DKK", start=2018, status="granted", source="press release").years
    ('2018-',)
    """

    id: str = ""
    purpose: str
    amount: NonNegativeFloat | None = None
    currency: Currency
    price_level: Year | None = None
    start: Year
    end: Year | None = None
    per: Literal["year", "period"] = "year"
    payer: str = ""
    partner: str = ""
    status: Literal["proposed", "granted", "spent"]
    scenario: str = ""
    approximate: bool = False
    part_of: str = ""

    @property
    def years(self) -> tuple[str, ...]:
        """The times that it has an amount for: each year, ``"2018-"`` where it is open-ended, or ``"2015/2017"``."""
        last = self.start if self.end is None else self.end
        if self.per == "period":
            return (str(self.start) if last == self.start else f"{self.start}/{last}",)
        return (f"{self.start}-",) if self.end is None else tuple(map(str, range(self.start, last + 1)))
