"""Reporting checklists: each item filled by what a study's objects tell, or named missing."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Protocol

import pandas as pd
from pydantic import Field

from peereval.files import definition, definitions
from peereval.instruments.key import Frozen
from peereval.reports.checklist_facts import known_facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peereval.reports.background import Background, Chapter

CHECKLISTS = ("peereval.reports", "checklists")
"""Where the checklists are."""


class Item(Frozen):
    """An item of a reporting checklist.

    Parameters
    ----------
    item : str
        Its number in the statement.
    topic : str
        What it asks for, in our own words.
    facts : tuple of str
        Names of what tells it; none where only the evaluator can.
    """

    item: str
    topic: str
    facts: tuple[str, ...] = ()


class Checklist(Frozen):
    """A reporting checklist as a value.

    Parameters
    ----------
    id, name : str
        Its name in calls, and its own name.
    scope : str
        What it is for.
    needs, not_with : str
        The fact that a study must have for the checklist to apply, and the one that it must not have; empty: none.
    source : str
        The statement.
    verified : bool
        Whether the numbers and topics of the items have been compared with the statement.
    items : tuple of Item
        The items in their order.
    """

    id: str
    name: str
    scope: str
    needs: str = ""
    not_with: str = ""
    source: str
    verified: bool
    items: tuple[Item, ...] = Field(min_length=1)


class Described(Protocol):
    """What a checklist can be filled from, such as a study or its evaluation."""

    @property
    def background(self) -> Background:
        """What the study declares, and the evaluator's own words."""
        ...

    @property
    def chapters(self) -> Sequence[Chapter]:
        """The released results."""
        ...


def checklist(source: Described, name: str) -> pd.DataFrame:
    """Fill a reporting checklist from the objects of a study.

    That an item is *filled* says that the study file, the programme file, a released result or the evaluator's own
    words tell something on it; whether that is enough, a reader judges.

    Parameters
    ----------
    source : Study or Evaluation
        An evaluation also tells what was found; a study only what was planned.
    name : str
        ``"consort"`` or ``"trend"`` (by allocation), ``"record"`` (registers), ``"tidier"`` (the programme),
        ``"coreq"`` (interviews), ``"cheers"`` (costs) or ``"gripp2-sf"`` (involvement).

    Returns
    -------
    DataFrame
        One row an item: ``item`` (its number), ``topic``, ``status`` (*filled*, *partly* or *missing*) and ``text``
        (what fills it). Under a heading with the item's number, ``text/checklist-<name>.<language>.md`` fills an item in
        the evaluator's own words.

    Raises
    ------
    UnknownNameError
        There is no such checklist.

    Examples
    --------
    >>> import tempfile
    >>> import peereval as pe
    >>> from peereval.studies.folder import new_study
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     study = pe.Study.from_toml(new_study(folder + "/ward", preset="ward", seed=1))
    ...     found = checklist(study, "trend").set_index("item")
    >>> found.loc[["6", "9"], ["topic", "status"]].to_numpy().tolist()
    [['Outcomes, how and when measured', 'filled'], ['Blinding', 'missing']]
    """
    background = source.background
    own = background.texts.get(f"checklist-{name}")
    written = {} if own is None else own.by_heading
    return filled(reporting_checklist(name), known_facts(background, source.chapters), written)


def filled(asked: Checklist, facts: Mapping[str, str], written: Mapping[str, str]) -> pd.DataFrame:
    """Fill the items of a checklist.

    Parameters
    ----------
    asked : Checklist
        The checklist.
    facts : mapping of str to str
        What is known.
    written : mapping of str to str
        Item to the evaluator's own words, which stand before all else.

    Returns
    -------
    DataFrame
        As `checklist` gives it.
    """
    rows = [(each.item, each.topic, *_answer(each, facts, written)) for each in asked.items]
    return pd.DataFrame(rows, columns=["item", "topic", "status", "text"])


def _answer(item: Item, facts: Mapping[str, str], written: Mapping[str, str]) -> tuple[str, str]:
    if item.item in written:
        return "filled", written[item.item]
    found = [facts[name] for name in item.facts if name in facts]
    if not found:
        return "missing", ""
    return "filled" if len(found) == len(item.facts) else "partly", "; ".join(dict.fromkeys(found))


@cache
def reporting_checklist(name: str) -> Checklist:
    """Give a reporting checklist by its name.

    Parameters
    ----------
    name : str
        Its id.

    Returns
    -------
    Checklist
        The checklist.

    Raises
    ------
    UnknownNameError
        There is none of that name.

    Examples
    --------
    >>> len(reporting_checklist("coreq").items)
    32
    """
    return Checklist.model_validate(definition(*CHECKLISTS, name, "reporting checklist"))


def checklist_names() -> list[str]:
    """Give the ids of all reporting checklists.

    Returns
    -------
    list of str
        Sorted.
    """
    return sorted(definitions(*CHECKLISTS))


def fitting_checklists(facts: Mapping[str, str]) -> list[Checklist]:
    """Give the checklists that a study should follow.

    Parameters
    ----------
    facts : mapping of str to str
        What is known of it.

    Returns
    -------
    list of Checklist
        Those whose conditions its facts meet.

    Examples
    --------
    >>> [each.id for each in fitting_checklists({"survey": "…", "randomised": "…"})]
    ['consort', 'gripp2-sf', 'tidier']
    """
    known = [reporting_checklist(name) for name in checklist_names()]
    met = [each for each in known if not each.needs or each.needs in facts]
    return [each for each in met if not each.not_with or each.not_with not in facts]
