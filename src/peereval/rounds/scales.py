"""What is known of the scales that are compared: their names, which way is good, what matters, their role."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peereval.errors import UnverifiedWarning
from peereval.instruments.lookup import instrument, list_ids, scale_label
from peereval.rounds.multiplicity import roles_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from peereval.instruments.key import Scale
    from peereval.rounds.multiplicity import Named, Role


@dataclass(frozen=True, slots=True)
class Described:
    """A scale that is compared.

    Parameters
    ----------
    label : str
        Its name in tables and figures.
    reading : str
        Its range and which way is good; empty for a scale of the unit's own.
    headline : bool
        Whether it is its instrument's main scale.
    better : int or None
        1 where higher is better, -1 where higher is worse, None where it is not known.
    role : {"primary", "secondary", "exploratory"}
        Which p values it has.
    """

    label: str
    reading: str
    headline: bool
    better: int | None
    role: Role


def describe(names: Iterable[Named], primary: Named | None, role: Mapping[Named, Role]) -> dict[Named, Described]:
    """Describe the scales that are compared.

    Parameters
    ----------
    names : iterable of tuple of str
        Instrument and scale.
    primary : tuple of str or None
        The primary outcome.
    role : mapping of tuple to str
        Roles that were said.

    Returns
    -------
    dict of tuple to Described
        One entry a scale.

    Raises
    ------
    InvalidValueError, DesignError
        A scale with a role is not among them, or two are primary.

    Examples
    --------
    >>> describe([("who-5", "score_0_100")], None, {})["who-5", "score_0_100"].reading
    '0 to 100, higher is better'
    """
    ids = set(list_ids())
    known = {name: instrument(name[0]).scales.get(name[1]) if name[0] in ids else None for name in names}
    headline = {name: scale is not None and scale.headline for name, scale in known.items()}
    roles = roles_of(list(known), headline, primary, role)
    return {
        name: Described(scale_label(*name), _reading(scale), headline[name], _better(scale), roles[name])
        for name, scale in known.items()
    }


def _reading(known: Scale | None) -> str:
    return "" if known is None else f"{known.low:g} to {known.high:g}, {known.direction}"


def _better(known: Scale | None) -> int | None:
    if known is None:
        return None
    return 1 if known.direction == "higher is better" else -1


def important_changes(names: Iterable[Named], *, between_groups: bool) -> dict[Named, float]:
    """Give the published changes that matter.

    Parameters
    ----------
    names : iterable of tuple of str
        Instrument and scale.
    between_groups : bool
        Whether the smallest difference between groups is meant, where one is published.

    Returns
    -------
    dict of tuple to float
        Points, for scales that have one.

    Warns
    -----
    UnverifiedWarning
        A figure was not seen at its source.

    Examples
    --------
    >>> important_changes([("qpr-15", "total"), ("own", "x")], between_groups=False)
    {('qpr-15', 'total'): 5.0}
    """
    ids = set(list_ids())
    kinds = ("between groups", "minimal important") if between_groups else ("minimal important",)
    found: dict[Named, float] = {}
    for name in (each for each in names if each[0] in ids):
        said = {change.kind: change for change in reversed(instrument(name[0]).changes) if change.scale == name[1]}
        change = next((said[kind] for kind in kinds if kind in said), None)
        if change is not None:
            found[name] = change.value
            if change.verified.startswith("M"):
                text = f"{name[0]}: the change that matters ({change.value:g}) was not verified at its source."
                warnings.warn(UnverifiedWarning(text), stacklevel=4)
    return found
