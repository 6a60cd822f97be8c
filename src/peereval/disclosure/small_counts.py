"""Small counts of a table, and what is withheld beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from peereval.disclosure.complements import HELD, Cells, Sum, cells_of, flag
from peereval.disclosure.counts import small
from peereval.disclosure.possibilities import Possibilities

if TYPE_CHECKING:
    from collections.abc import Callable

    from peereval.disclosure.policy import Policy

    Smallness = Callable[[int, float], bool]


def without_small_counts(rows: pd.DataFrame, policy: Policy, *, everybody: pd.Series, also: pd.Series) -> pd.Series:
    """Withhold small counts, and further ones until those withheld cannot be worked out.

    Withheld are counts of 1 to one below the threshold, of cases, of others or of persons, and shares of everybody;
    then members of their sums, as `peereval.disclosure.complements.with_complements` says; then more, until each small
    count could be another one for somebody who knows the size of every group and all that is released, and who runs
    the same policy on every table that could stand behind it (`peereval.disclosure.possibilities`).

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``measure``, ``numerator`` and ``denominator``; perhaps with the flags of earlier releases.
    policy : Policy
        What is small, and how much must be hidden together.
    everybody : Series of bool
        Rows that are withheld where everybody is a case.
    also : Series of bool
        Rows that are withheld whatever they count.

    Returns
    -------
    Series of bool
        What is withheld in the end.
    """
    cells, cases = cells_of(rows), rows["numerator"].astype(float).tolist()
    is_small = _smallness(cells, of_few_persons(rows, policy).tolist(), everybody.tolist(), policy)
    fixed = {place for place, given in enumerate(also | flag(rows, HELD)) if given}
    withheld = fixed.union(place for place, count in enumerate(cases) if is_small(place, count))
    for table in _linked(cells):
        if withheld.intersection(table):
            withheld |= _settled(table, cells, cases, is_small, fixed, policy)
    return pd.Series([place in withheld for place in range(len(rows))], index=rows.index, dtype=bool)


def _settled(
    table: list[int], cells: Cells, cases: list[float], is_small: Smallness, fixed: set[int], policy: Policy
) -> set[int]:
    """Give the rows of a table that are withheld in the end; inside they are numbered as if it stood alone."""
    fixed_here = frozenset(new for new, place in enumerate(table) if place in fixed)
    within = Possibilities(_only(cells, table), lambda new, count: is_small(table[new], count), fixed_here, policy)
    return {table[new] for new in within.settled(tuple(cases[place] for place in table))}


def of_few_persons(rows: pd.DataFrame, policy: Policy) -> pd.Series:
    """Whether many stays are those of few persons: a unit of one with fifteen stays is a unit of one."""
    if "n_persons" not in rows:
        return pd.Series(data=False, index=rows.index)
    return small(rows["n_persons"].astype(float), policy)


def _smallness(cells: Cells, of_few: list[bool], everybody: list[bool], policy: Policy) -> Callable[[int, float], bool]:
    def is_small(place: int, count: float) -> bool:
        size = cells.size[place]
        few = any(0 < part < policy.threshold for part in (count, size, size - count))
        return few or of_few[place] or (everybody[place] and 0 < count == size)

    return is_small


def _linked(cells: Cells) -> list[list[int]]:
    """Give the rows of each table: those that are linked by sums."""
    tables: list[set[int]] = []
    for one in cells.sums:
        rows = {*one.members, *one.total}
        touched = [table for table in tables if not table.isdisjoint(rows)]
        tables = [table for table in tables if table.isdisjoint(rows)] + [rows.union(*touched)]
    return [sorted(table) for table in tables]


def _only(cells: Cells, table: list[int]) -> Cells:
    number = {place: new for new, place in enumerate(table)}
    sums = (
        Sum(tuple(number[place] for place in one.members), tuple(number[place] for place in one.total), one.total_told)
        for one in cells.sums
        if number.keys() & {*one.members, *one.total}
    )
    return Cells(
        size=tuple(cells.size[place] for place in table),
        is_part=tuple(cells.is_part[place] for place in table),
        told=tuple(cells.told[place] for place in table),
        sums=tuple(sums),
    )
