"""Members of a sum that must be withheld too, so that a withheld one cannot be computed from a total and the others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from peereval.disclosure.policy import treatment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from peereval.disclosure.policy import Policy


HELD, TOLD, TOTAL_TOLD = "held", "told", "total_told"
"""Flags of rows: withheld in an earlier release; shown in one; the total of their sum was shown in one."""


class Sum(NamedTuple):
    """Places of rows that add up, and of their total, if it is a row; whether the total is known in any case."""

    members: tuple[int, ...]
    total: tuple[int, ...]
    total_told: bool


class Cells(NamedTuple):
    """Rows as plain values, since they are gone through many times; and the sums that they stand in."""

    size: tuple[float, ...]
    is_part: tuple[bool, ...]
    told: tuple[bool, ...]
    sums: tuple[Sum, ...]


def with_complements(rows: pd.DataFrame, withheld: pd.Series, policy: Policy) -> pd.Series:
    """Withhold further members until those withheld can no longer be computed.

    Members add up in three ways: groups to the group ``all``, parts (patterns of rounds, levels, reasons for being
    lost) to the persons of their group, and periods of the calendar to the whole time, which other results give; in
    each source of bound results by itself. The withheld
    members of a sum must be at least two and together hold at least `Policy.fewest_hidden` cases and as many
    others, and without the largest of them at least `Policy.threshold` persons; further ones are added until they
    do: the smallest groups, since which these are tells nothing of their cases, and the parts of the fewest persons.
    Where no member is left, the total is withheld. What an earlier release has shown hides nothing, and a total
    that it has shown is known.

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``measure``, ``numerator`` and ``denominator``; perhaps with the flags of earlier releases.
    withheld : Series of bool
        What is withheld so far.
    policy : Policy
        How much must be hidden together.

    Returns
    -------
    Series of bool
        What is withheld in the end.
    """
    cases = tuple(rows["numerator"].astype(float).tolist())
    hidden = closed(cells_of(rows), cases, np.flatnonzero(withheld.to_numpy(bool)).tolist(), policy)
    return pd.Series(np.isin(np.arange(len(rows)), list(hidden)), index=rows.index)


def cells_of(rows: pd.DataFrame) -> Cells:
    """Give the rows as plain values, with the sums in which they stand."""
    return Cells(
        size=tuple(rows["denominator"].astype(float).tolist()),
        is_part=tuple(are_parts(rows).tolist()),
        told=tuple(flag(rows, TOLD).tolist()),
        sums=tuple(_sums(rows.set_axis(np.arange(len(rows))))),
    )


def closed(cells: Cells, cases: tuple[float, ...], withheld: Iterable[int], policy: Policy) -> frozenset[int]:
    """Give the places that are withheld in the end, as `with_complements` says.

    Parameters
    ----------
    cells : Cells
        The rows.
    cases : tuple of float
        The cases of each.
    withheld : iterable of int
        Places that are withheld so far.
    policy : Policy
        How much must be hidden together.

    Returns
    -------
    frozenset of int
        The places.
    """
    hidden, before = set(withheld), -1
    while len(hidden) != before:
        before = len(hidden)
        for one in cells.sums:
            hidden |= _widened(one, cells, cases, hidden, policy)
    return frozenset(hidden)


def next_to_withhold(one: Sum, cells: Cells, cases: tuple[float, ...], hidden: set[int] | frozenset[int]) -> list[int]:
    """Give the members of a sum that may still be withheld, in the order in which they are."""
    free = (place for place in one.members if place not in hidden and not cells.told[place])
    return sorted(free, key=lambda place: order(cells, cases, place))


def order(cells: Cells, cases: tuple[float, ...], place: int) -> tuple[bool, float, int]:
    """Give what places are sorted by, to be withheld beside others.

    The smallest first, by their size, which tells nothing of their cases; parts, which share the size of their group,
    by their cases. A member of nobody goes only where there is no other.
    """
    count, size = cases[place], cells.size[place]
    by = count if cells.is_part[place] or math.isnan(size) else size
    return not count > 0, math.inf if math.isnan(by) else by, place


def _widened(one: Sum, cells: Cells, cases: tuple[float, ...], hidden: set[int], policy: Policy) -> set[int]:
    inside = [place for place in one.members if place in hidden]
    if not inside or _enough(inside, cells, cases, policy):
        return set()
    for place in next_to_withhold(one, cells, cases, hidden):
        inside.append(place)
        if _enough(inside, cells, cases, policy):
            return set(inside)
    return {*one.members, *one.total}


def _enough(inside: list[int], cells: Cells, cases: tuple[float, ...], policy: Policy) -> bool:
    if len(inside) < 2:  # noqa: PLR2004 - one alone is the rest of the sum
        return False
    hidden = others = sizes = largest = 0.0
    for place in inside:
        count, size = cases[place], cells.size[place]
        hidden += count if count > 0 else 0.0
        # of a part the others are the other parts, and an unknown size gives nothing away
        others += math.inf if cells.is_part[place] or math.isnan(size - count) else size - count
        sizes, largest = sizes + size, max(largest, size)
    if min(hidden, others) < policy.fewest_hidden:
        return False
    # the largest could be known but for what the others can hold
    return math.isnan(sizes) or sizes - largest >= policy.threshold


def _sums(rows: pd.DataFrame) -> Iterator[Sum]:
    for part in over_groups(rows):
        is_total, told = part["group"] == "all", bool(flag(part, TOTAL_TOLD).any())
        if not is_total.all() and (is_total.any() or told):
            yield Sum(tuple(part.index[~is_total]), tuple(part.index[is_total]), told)
    parts = rows[are_parts(rows)]
    wholes = _apart(parts, ("outcome", "measure", "round", "group", "time"))
    if "time" in rows and pd.api.types.is_string_dtype(rows["time"]):
        wholes += _apart(rows, ("outcome", "measure", "round", "term", "group"))
    for part in wholes:
        if len(part) > 1:
            yield Sum(tuple(part.index), (), total_told=True)


def over_groups(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Give the rows of each sum over groups, with that of all where there is one."""
    return _apart(rows, ("outcome", "scale", "measure", "round", "term", "time")) if "group" in rows else []


def _apart(rows: pd.DataFrame, names: tuple[str, ...]) -> list[pd.DataFrame]:
    keys = [name for name in ("source", *names) if name in rows]
    return [part for _, part in rows.groupby(keys, dropna=False)] if len(rows) else []


def are_parts(rows: pd.DataFrame) -> pd.Series:
    """Whether rows are parts of a whole: their terms add up to the persons of their group."""
    return rows["measure"].map(treatment_of()).isin(["part", "pattern"]) | rows["measure"].isin(
        ["option", "link_status"]
    )


def flag(rows: pd.DataFrame, name: str) -> pd.Series:
    """Give a flag of the rows, false where they have none of that name."""
    return rows[name] if name in rows else pd.Series(data=False, index=rows.index)
