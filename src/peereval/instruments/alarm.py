"""The reverse-key alarm: items, or a whole scale, that run against the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.estimation.reliability import Interval, alpha_when_turned, cronbach_alpha

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from peereval.instruments.model import Instrument

LIMIT = 0.0
"""An item is suspect when the upper confidence limit of its correlation with the rest lies below this."""

LIMIT_WEAK = -0.2
"""The same for items that are known to be weak: a correlation near 0 is then no sign of a wrong key. A judgement."""

REVERSED, WEAK = "runs against the rest", "known to be weak"


def weak_items(one: Instrument) -> frozenset[int]:
    """Give the items that are known to go badly with the rest.

    Parameters
    ----------
    one : Instrument
        The instrument.

    Returns
    -------
    frozenset of int
        Item numbers.
    """
    return frozenset(item for weak in one.weak for item in weak.items)


def item_flag(found: Interval, item: int, items: NDArray[np.float64], place: int, one: Instrument) -> str:
    """Judge an item by its correlation with the rest.

    Parameters
    ----------
    found : Interval
        Its correlation with the sum of the other items.
    item : int
        Its number.
    items : ndarray of float
        Turned answers of the scale, one column an item.
    place : int
        The item's column in `items`.
    one : Instrument
        The instrument.

    Returns
    -------
    str
        What to look at; empty where there is nothing.
    """
    weak = item in weak_items(one)
    if not found.conf_high < (LIMIT_WEAK if weak else LIMIT):
        return WEAK if weak and found.conf_low < LIMIT else ""
    rises = alpha_when_turned(items, place) > cronbach_alpha(items).estimate
    return REVERSED if rises else ""


def scale_flag(found: Interval, members: Sequence[int], one: Instrument) -> str:
    """Judge a scale by its correlation with the items of the instrument's other scales.

    Parameters
    ----------
    found : Interval
        The correlation, in the directions that the catalogue gives.
    members : sequence of int
        The scale's items.
    one : Instrument
        The instrument.

    Returns
    -------
    str
        What to look at; empty where there is nothing.
    """
    weak = set(members) <= weak_items(one)
    return REVERSED if found.conf_high < (LIMIT_WEAK if weak else LIMIT) else ""


def message(one: Instrument, label: str, items: Sequence[str], scales: Sequence[str], n: int) -> str:
    """Write the alarm of one round.

    Parameters
    ----------
    one : Instrument
        The instrument.
    label : str
        The round.
    items, scales : sequence of str
        What runs against the rest.
    n : int
        Persons.

    Returns
    -------
    str
        The message of the warning.
    """
    named = ((items, "item"), (scales, "scale"))
    what = [f"the {kind}{'s' if len(names) > 1 else ''} {', '.join(names)}" for names, kind in named if names]
    verb = "runs" if len(items) + len(scales) == 1 else "run"
    return (
        f"{one.id}, round {label!r}: {' and '.join(what)} {verb} against the rest of the instrument (n = {n}). "
        "The key may not be that of the data: look at the coding and the item order of the export before any score is used."
    )
