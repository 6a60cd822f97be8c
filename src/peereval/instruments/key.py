"""The key of an instrument: how answers are coded, and how items make the score of a scale."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from peereval.instruments.numbering import Items

Direction = Literal["higher is better", "higher is worse"]


class Frozen(BaseModel):
    """A part of a definition: it cannot be changed, and an unknown key is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Code(Frozen):
    """A code that is no answer, such as 9 for *unknown*.

    Parameters
    ----------
    code : int
        The code.
    means : str
        What it stands for. The item then counts as not answered.
    items : str
        The items at which it may stand; without them, all.
    """

    code: int
    means: str
    items: Items = ()


class Coding(Frozen):
    """How answers are coded in the data.

    Parameters
    ----------
    min, max : int
        The lowest and the highest code of an item.
    reversed : tuple of int
        Items whose codes run against the scale, so that they are turned: min + max - code. Written as ``"1-3, 7"``.
    ranges : mapping of str to tuple of int
        Items with a range of their own: number to lowest and highest code.
    codes : tuple of Code
        Codes that are no answers.
    meaning : str
        How to recognise the coding.
    """

    min: int
    max: int
    reversed: Items = ()
    ranges: dict[str, tuple[int, int]] = Field(default_factory=dict)
    codes: tuple[Code, ...] = ()
    meaning: str = ""

    def range_of(self, item: int) -> tuple[int, int]:
        """Give the lowest and the highest code of an item."""
        return self.ranges.get(str(item), (self.min, self.max))


class _Scale(Frozen):
    """What all scales have.

    Parameters
    ----------
    items : tuple of int
        Item numbers. Written as ``"1-5, 9"``.
    min_answered : int
        Items that must be answered; with fewer there is no score.
    missing : {"refuse", "person mean", "not counted"}
        What stands for items that are missing within that limit: nothing may be missing, the mean of the person's
        answered items, or nothing at all, so that the sum is of fewer items.
    low, high : float
        The range that scores can reach, with all items answered.
    direction : {"higher is better", "higher is worse"}
        Which way is good.
    headline : bool
        Whether this is the scale that figures show first.
    meaning : str
        What the scale measures, where its name does not say it.
    """

    items: Items
    min_answered: int
    missing: Literal["refuse", "person mean", "not counted"] = "refuse"
    low: float
    high: float
    direction: Direction
    headline: bool = False
    meaning: str = ""

    @model_validator(mode="after")
    def _rule_fits(self) -> _Scale:
        if not 1 <= self.min_answered <= len(self.items):
            msg = f"min_answered is {self.min_answered} for {len(self.items)} items"
            raise ValueError(msg)
        if self.missing == "refuse" and self.min_answered < len(self.items):
            msg = f"{self.min_answered} of {len(self.items)} items suffice, but what stands for the missing is not said"
            raise ValueError(msg)
        return self


class Additive(_Scale):
    """A sum or a mean of items, then (score - subtract) / divide * multiply.

    Parameters
    ----------
    method : {"sum", "mean"}
        How the items make a score.
    subtract, divide, multiply : float
        The transformation.
    """

    method: Literal["sum", "mean"]
    subtract: float = 0.0
    divide: float = Field(default=1.0, gt=0)
    multiply: float = 1.0


class Gated(_Scale):
    """A mean of those items that the person marked as important, then times `multiply`.

    Parameters
    ----------
    gate : str
        Ending of the columns that say whether an item is important (1) or not (0): ``<prefix>_<nn>_<gate>``. An
        empty mark counts as 0 for a person who marked another item; otherwise it is missing, and so is the score.
    multiply : float
        Factor on the mean.
    """

    method: Literal["gated"]
    gate: str
    multiply: float = 1.0


class Table(_Scale):
    """A sum of items that a published table turns into a score.

    Parameters
    ----------
    values : tuple of float
        The score of each sum, from the lowest possible sum up.
    """

    method: Literal["table"]
    values: tuple[float, ...]


class Weighted(_Scale):
    """A sum of values that each item has for each code, then / divide * multiply.

    Parameters
    ----------
    start : float
        What is added to the sum.
    weights : mapping of str to tuple of float
        Item to the values of its codes, from the lowest code up.
    if_any : tuple of int and float, optional
        A code and what is added once if any of the items has it.
    divide, multiply : float
        The transformation.
    """

    method: Literal["weighted"]
    start: float = 0.0
    weights: dict[str, tuple[float, ...]]
    if_any: tuple[int, float] | None = None
    divide: float = Field(default=1.0, gt=0)
    multiply: float = 1.0


class Count(_Scale):
    """The number of items answered with one of the codes that count.

    Parameters
    ----------
    counted : mapping of str to str
        Item to the codes that count, such as ``"2, 3"``.
    """

    method: Literal["count"]
    counted: dict[str, Items]


Scale = Annotated[Additive | Gated | Table | Weighted | Count, Field(discriminator="method")]
"""A scale of an instrument, one of five kinds."""
