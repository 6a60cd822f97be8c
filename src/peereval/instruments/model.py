"""The definition of an instrument: what is coded how, which items make which scale, who says so."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

Mark = Literal["V", "V*", "M+", "M"]
"""V seen at a source, V* derived from what was seen, M+ and M from memory and not verified."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Coding(_Frozen):
    """How answers are coded in the data.

    Parameters
    ----------
    min, max : int
        The lowest and the highest code of an item.
    reversed : tuple of int
        Items whose codes run against the scale, so that they are turned: min + max - code.
    """

    min: int
    max: int
    reversed: tuple[int, ...] = ()


class Scale(_Frozen):
    """A scale of an instrument.

    Parameters
    ----------
    items : tuple of int
        Item numbers.
    method : {"sum", "mean"}
        How the items make a score. With items missing, a sum is the mean of the answered items times the
        number of items (person mean).
    multiply : float
        Factor on the score.
    min_answered : int
        Items that must be answered; with fewer there is no score.
    low, high : float
        The range that scores can reach.
    direction : {"higher is better", "higher is worse"}
        Which way is good.
    headline : bool
        Whether this is the scale that figures show first.
    """

    items: tuple[int, ...]
    method: Literal["sum", "mean"]
    multiply: float = 1.0
    min_answered: int
    low: float
    high: float
    direction: Literal["higher is better", "higher is worse"]
    headline: bool = False
    meaning: str = ""


class Change(_Frozen):
    """A published smallest change that matters.

    Parameters
    ----------
    scale : str
        The scale that it stands on.
    value : float
        Points.
    applies_to : str
        Within a person or between groups.
    source : str
        Where it is published.
    verified : {"V", "V*", "M+", "M"}
        Whether the figure was seen at its source.
    """

    scale: str
    value: float
    applies_to: str
    source: str
    verified: Mark


class Licence(_Frozen):
    """What is known about the terms of use of the questionnaire.

    Parameters
    ----------
    kind : str
        A: open; B: free with conditions; C: permission needed; U: unclear.
    text : str
        The terms in a sentence.
    """

    kind: Literal["A", "B", "C", "D", "U", "A/B", "B/C"]
    text: str


class Instrument(_Frozen):
    """A survey instrument as the catalogue knows it.

    Parameters
    ----------
    id, version, name : str
        Its name in calls, the version of this definition, and its full name.
    measures : str
        What it measures.
    prefix : str
        Columns are called ``<prefix>_<nn>``, from ``<prefix>_01``.
    n_items : int
        Number of items.
    codings : mapping of str to Coding
        The codings that circulate. With one only, the caller need not name it.
    scales : mapping of str to Scale
        The scales.
    missing_rule : str
        The rule in a sentence, with its source.
    changes : tuple of Change
        Minimal important changes.
    licence : Licence
        Terms of use.
    languages : tuple of str
        Nordic and English versions with a published validation.
    verified : mapping of str to str
        Fact to its verification mark.
    sources : tuple of str
        Where the facts come from.

    Examples
    --------
    >>> import peereval as pe
    >>> pe.instrument("soc-13").codings["1-7"].reversed
    (1, 2, 3, 7, 10)
    """

    id: str
    version: str
    name: str
    measures: str
    prefix: str
    n_items: int
    codings: dict[str, Coding]
    scales: dict[str, Scale]
    missing_rule: str
    changes: tuple[Change, ...] = ()
    licence: Licence
    languages: tuple[str, ...] = ()
    verified: dict[str, Mark]
    sources: tuple[str, ...]

    @model_validator(mode="after")
    def _items_exist(self) -> Instrument:
        known = set(range(1, self.n_items + 1))
        used = {item for scale in self.scales.values() for item in scale.items}
        used |= {item for coding in self.codings.values() for item in coding.reversed}
        if not used <= known:
            msg = f"items {sorted(used - known)} are not among the {self.n_items} items"
            raise ValueError(msg)
        if sum(scale.headline for scale in self.scales.values()) != 1:
            msg = "exactly one scale is the headline"
            raise ValueError(msg)
        return self

    @property
    def item_columns(self) -> tuple[str, ...]:
        """The columns in which the answers are expected, in the order of the items."""
        return tuple(f"{self.prefix}_{item:02d}" for item in range(1, self.n_items + 1))

    @property
    def unverified(self) -> tuple[str, ...]:
        """The facts that nobody has seen at their source."""
        return tuple(fact for fact, mark in self.verified.items() if mark in ("M", "M+"))
