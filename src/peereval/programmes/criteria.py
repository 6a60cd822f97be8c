"""Fidelity criteria as data: what a handbook asks of a programme, how strongly, and how it is told from a programme file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from peereval.files import definition
from peereval.programmes.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from peereval.programmes.programme import Programme

CRITERIA = ("peereval.programmes", "fidelity")
"""Where the criteria are."""

Span = tuple[float, float] | None
"""The lowest and the highest value that something may have; None where it is not known."""


class Rule(Frozen):
    """How a criterion is told from the fields of a programme.

    Parameters
    ----------
    field : str
        What is looked at: one of `FIELDS`.
    at_least : float
        The least value that meets the criterion; 1 for fields that say yes (1) or no (0).
    of : {"all", "any"}
        Whether every entry of the programme must reach it, or one.
    """

    field: str
    at_least: float
    of: Literal["all", "any"]

    @model_validator(mode="after")
    def _field_is_known(self) -> Self:
        if self.field not in FIELDS:
            msg = f"{self.field!r} is no field; known are {', '.join(FIELDS)}"
            raise ValueError(msg)
        return self


class Criterion(Frozen):
    """One thing that is asked of a programme.

    Parameters
    ----------
    id, group, text : str
        Its name, the group it stands in, and what it asks, in our own words.
    strength : {"shall", "recommended"}
        How strongly the source asks it.
    page : str
        The page of the source.
    ask : str
        What to ask where it is not known.
    rule : Rule, optional
        How it is told from the programme's fields.
    task : str
        For role boundaries: the task, as programme files write it.
    does : bool, optional
        For role boundaries: whether peers shall (true) or shall not (false) do the task.
    """

    id: str
    group: str
    text: str
    strength: Literal["shall", "recommended"]
    page: str
    ask: str = ""
    rule: Rule | None = None
    task: str = ""
    does: bool | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.task) != (self.does is not None) or bool(self.task) == bool(self.ask):
            msg = f"criterion {self.id}: give either what to ask, or a task and whether peers do it"
            raise ValueError(msg)
        return self

    @property
    def question(self) -> str:
        """What to ask where it is not known."""
        return self.ask or f"Do peers {self.task}? Write it under tasks or excluded_tasks of every model."


class Criteria(Frozen):
    """The criteria of one source.

    Parameters
    ----------
    id, version, name : str
        Its name in calls, the version of this file, and its full name.
    source : str
        Where the criteria stand.
    partial : str
        What of the source was not seen; empty where all of it was.
    criterion : tuple of Criterion
        The criteria.
    """

    id: str
    version: str
    name: str
    source: str
    partial: str = ""
    criterion: tuple[Criterion, ...]


def fidelity_criteria(name: str) -> Criteria:
    """Give fidelity criteria by their name.

    Parameters
    ----------
    name : str
        Their id, such as ``"nsph-2018"``.

    Returns
    -------
    Criteria
        The criteria.

    Raises
    ------
    UnknownNameError
        There are none of that name; the hint names the nearest.

    Examples
    --------
    >>> [each.page for each in fidelity_criteria("nsph-2018").criterion if each.id == "half-time"]
    ['23']
    """
    return Criteria.model_validate(definition(*CRITERIA, name, "set of fidelity criteria"))


def _hours_share(programme: Programme) -> list[Span]:
    return [each.hours_share for each in programme.newest_positions()]


def _peers_per_workplace(programme: Programme) -> list[Span]:
    """The range over sources of each unit that stands in the file; a unit that nobody counts is not known."""
    spans: list[Span] = []
    for unit in programme.units:
        said: dict[str, list[tuple[float, float]]] = {}
        for each in programme.newest_positions(unit.name):
            said.setdefault(each.source, []).append(each.count)
        sums = [(sum(low for low, _ in counts), sum(high for _, high in counts)) for counts in said.values()]
        low, high = min((low for low, _ in sums), default=0), max((high for _, high in sums), default=0)
        spans.append((low / unit.workplaces, high / unit.workplaces) if sums else None)
    return spans


def _yes(value: float | None) -> Span:
    return None if value is None else (float(value), float(value))


def _training(participants: str, field: str) -> Callable[[Programme], list[Span]]:
    return lambda programme: [
        _yes(getattr(each, field)) for each in programme.training if each.participants in (participants, "mixed")
    ]


FIELDS: dict[str, Callable[[Programme], list[Span]]] = {
    "hours_share": _hours_share,
    "peers_per_workplace": _peers_per_workplace,
    "weeks_of_peer_training": _training("peers", "weeks"),
    "sessions_of_staff_training": _training("staff", "sessions"),
    "sessions_of_user_organisation_training": _training("user organisations", "sessions"),
    "peer_training_led_by_lived_experience": _training("peers", "led_by_lived_experience"),
    "supervision_by_lived_experience": lambda programme: [
        _yes(each.by_lived_experience) for each in programme.supervision
    ],
}
"""What rules may look at: the values of each entry of a programme."""
