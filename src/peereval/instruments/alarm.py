"""The reverse-key alarm: items, or a whole scale, that run against the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.estimation.reliability import Interval, alpha_when_turned, cronbach_alpha

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from peereval.instruments.model import Instrument

LIMIT = 0.0
"""An item is suspect when the upper confidence limit of its correlation with the rest lies below this."""

LIMIT_WEAK = -0.2
"""The same for items that are known to be weak: a correlation near 0 is then no sign of a wrong key. A judgement."""

_SEEN = ("V", "V*")

REVERSED, WEAK = "runs against the rest", "known to be weak"


def weak_items(one: Instrument) -> frozenset[int]:
    """Give the items that are known to go badly with the rest, where the report was seen at its source.

    A report from memory would disarm the alarm where a wrong key is likeliest: at the reversed items.

    Parameters
    ----------
    one : Instrument
        The instrument.

    Returns
    -------
    frozenset of int
        Item numbers.
    """
    return frozenset(item for weak in one.weak if weak.verified in _SEEN for item in weak.items)


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
    alpha = cronbach_alpha(items).estimate
    # items that cancel out leave no variance and no alpha: turning any of them is a gain
    return REVERSED if np.isnan(alpha) or alpha_when_turned(items, place) > alpha else ""


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
    items : sequence of str
        Items that run against the rest of their scale.
    scales : sequence of str
        Scales that run against the others. Of two or more it cannot be said which is the wrong one.
    n : int
        Persons.

    Returns
    -------
    str
        The message of the warning.
    """
    what = []
    if items:
        what.append(_told("item", items, "the rest of their scale" if len(items) > 1 else "the rest of its scale"))
    if scales:
        what.append(_told("scale", scales, "each other" if len(scales) > 1 else "the others"))
    return (
        f"{one.id}, round {label!r}: {', and '.join(what)} (n = {n}). "
        "The key may not be that of the data: look at the coding and the item order of the export before any score is used."
    )


def _told(kind: str, names: Sequence[str], against: str) -> str:
    several = len(names) > 1
    return f"the {kind}{'s' if several else ''} {', '.join(names)} {'run' if several else 'runs'} against {against}"
