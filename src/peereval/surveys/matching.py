"""Which coded rows of several rounds are one person: the rule, on numbers, without comparing all pairs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_ROOM = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Rows that belong together.

    Parameters
    ----------
    person : ndarray of int, shape (rows,)
        A number for the person of each row; a row that is not linked has one of its own.
    reason : ndarray of str, shape (rows,)
        How a row was linked, or why not: a reason code.
    first, second : ndarray of int, shape (links,)
        The rows of each link; `first` is in the earlier round.
    exact : ndarray of bool, shape (links,)
        Whether the two codes are the same.
    """

    person: Rows
    reason: NDArray[np.object_]
    first: Rows
    second: Rows
    exact: Flags


def match(codes: Rows, rounds: Rows, *, max_distance: int) -> Matches:
    """Find the rows of different rounds that have the same code, or one that differs in one part.

    Between each two rounds, rows with the same complete code are linked first. A code that two rows of any one round
    share is not linked at all, but counts as a neighbour. Of the rest, two rows are linked whose codes differ in
    exactly one part, if neither has such a neighbour elsewhere in the other's round. A missing part differs from
    everything. A person's rows must all be linked with one another; where they are not, only links between equal
    codes stay.

    Rows that differ in one part agree in all others, so they meet when that part is left out. For each part the rows
    are counted by the other parts, and for each row its neighbours and the sum of their positions: where there is one
    neighbour, the sum is its position. The work grows with rows and parts, never with pairs.

    Parameters
    ----------
    codes : ndarray of int, shape (parts, rows)
        The number of each part's value; -1 where it is missing.
    rounds : ndarray of int, shape (rows,)
        The number of each row's round, in the order of the rounds.
    max_distance : {0, 1}
        In how many parts two codes may differ; 1 needs at least two parts.

    Returns
    -------
    Matches
        Persons, reasons and links. The order of rows makes no difference to them.

    Examples
    --------
    Of three rows in each of two rounds one pair agrees, one differs in its last part, and one finds nobody:

    >>> codes = np.array([[1, 2, 3, 1, 2, 4], [1, 2, 3, 1, 2, 4], [1, 2, 3, 1, 9, 4]])
    >>> found = match(codes, np.array([0, 0, 0, 1, 1, 1]), max_distance=1)
    >>> found.person.tolist()
    [0, 1, 2, 0, 1, 3]
    """
    gaps = (codes < 0).sum(axis=0)
    usable = gaps <= max_distance
    group = _dense(_joined(codes))
    counts = _counts(group, rounds)
    complete = group >= 0
    # a code shared within one round is never linked, in no round
    shared = complete & (counts.max(axis=1, initial=0) > 1)[group]
    twice = complete & (counts[group, rounds] > 1)
    place = _places(group, rounds, complete & ~shared, counts.shape)

    links, near = [], np.zeros(len(rounds), dtype=bool)
    for one, other in combinations(range(counts.shape[1]), 2):
        both = (place[:, one] >= 0) & (place[:, other] >= 0)
        first, second = place[both, one], place[both, other]
        links.append((first, second, np.ones(len(first), dtype=bool)))
        if max_distance:
            left, right = (_rest(rounds == each, usable, taken) for each, taken in ((one, first), (other, second)))
            first, second, candidates = _one_part_apart(codes, left, right, ~shared)
            links.append((first, second, np.zeros(len(first), dtype=bool)))
            near[candidates] = True
    return _persons(links, {"missing": ~usable, "twice": twice, "near": near | shared})


def _joined(codes: Rows) -> Rows:
    """One number for each column of codes, the same for the same codes; -1 where a part is missing."""
    joined, room = np.zeros(codes.shape[1], dtype=np.int64), 1
    for part in codes:
        size = int(part.max(initial=0)) + 1
        if room * size >= _ROOM:
            joined = _dense(joined)
            room = int(joined.max(initial=0)) + 1
        joined, room = joined * size + part, room * size
    return np.where((codes < 0).any(axis=0), -1, joined)


def _dense(numbers: Rows) -> Rows:
    """The numbers 0, 1, … for different numbers; -1 stays."""
    dense, _ = pd.factorize(np.where(numbers < 0, -1, numbers))
    if not (numbers < 0).any():
        return dense.astype(np.int64)
    nobody = dense[np.flatnonzero(numbers < 0)[0]]
    return np.where(numbers < 0, -1, dense - (dense > nobody)).astype(np.int64)


def _counts(group: Rows, rounds: Rows) -> Rows:
    """How many rows of each round have each code, and a last line of zeros for rows without a code (-1)."""
    n_groups, n_rounds = int(group.max(initial=-1)) + 1, int(rounds.max(initial=-1)) + 1
    cell = (group * n_rounds + rounds)[group >= 0]
    counted = np.bincount(cell, minlength=n_groups * n_rounds).reshape(n_groups, n_rounds)
    return np.vstack([counted, np.zeros((1, n_rounds), dtype=counted.dtype)]).astype(np.int64)


def _places(group: Rows, rounds: Rows, good: Flags, shape: tuple[int, ...]) -> Rows:
    """The row of each code in each round; -1 where there is none."""
    place = np.full(shape, -1, dtype=np.int64)
    rows = np.flatnonzero(good)
    place[group[rows], rounds[rows]] = rows
    return place


def _rest(here: Flags, usable: Flags, taken: Rows) -> Rows:
    rest = here & usable
    rest[taken] = False
    return np.flatnonzero(rest)


def _one_part_apart(codes: Rows, left: Rows, right: Rows, linkable: Flags) -> tuple[Rows, Rows, Rows]:
    """Links between two sets of rows, and all rows that have a neighbour."""
    rows = np.concatenate([left, right])
    degree, partner = _neighbours(codes[:, rows], len(left))
    alone = (degree == 1) & linkable[rows]
    begins = np.flatnonzero(alone[: len(left)])
    ends = partner[begins]
    mutual = alone[ends]
    return rows[begins[mutual]], rows[ends[mutual]], rows[degree > 0]


def _neighbours(codes: Rows, n_left: int) -> tuple[Rows, Rows]:
    """How many columns of the other side differ in one part, and, where it is one, which."""
    places = np.arange(codes.shape[1])
    sides = (places < n_left, places >= n_left)
    degree, partner = np.zeros(len(places), dtype=np.int64), np.zeros(len(places), dtype=np.int64)
    for part in range(len(codes)):
        block = _dense(_joined(np.delete(codes, part, axis=0)))
        n_blocks = int(block.max(initial=-1)) + 1
        for side, across in (sides, sides[::-1]):
            here, there = np.flatnonzero(side & (block >= 0)), np.flatnonzero(across & (block >= 0))
            degree[here] += np.bincount(block[there], minlength=n_blocks)[block[here]]
            sums = np.bincount(block[there], weights=there, minlength=n_blocks)
            partner[here] += sums.astype(np.int64)[block[here]]
    return degree, partner


def _persons(links: list[tuple[Rows, Rows, Flags]], why: dict[str, Flags]) -> Matches:
    n_rows = len(why["near"])
    none = np.zeros(0, dtype=np.int64)
    first, second = (np.concatenate([none, *(each[side] for each in links)]) for side in (0, 1))
    exact = np.concatenate([none.astype(bool), *(each[2] for each in links)])
    agree = _agree(first, second, n_rows)
    kept = exact | agree
    person = _connected(first[kept], second[kept], n_rows)
    at_all, exactly = (_flagged(n_rows, first[which], second[which]) for which in (kept, kept & exact))
    reason = np.select(
        [exactly, at_all, why["twice"], why["missing"], _flagged(n_rows, first[~kept], second[~kept]), why["near"]],
        ["linked_exact", "linked_one_part", "duplicate_code", "code_missing", "links_disagree", "ambiguous_code"],
        "no_match",
    ).astype(object)
    return Matches(person=person, reason=reason, first=first[kept], second=second[kept], exact=exact[kept])


def _agree(first: Rows, second: Rows, n_rows: int) -> Flags:
    """Whether all rows that a link leads to, in any number of steps, are linked with one another."""
    person = _connected(first, second, n_rows)
    size = np.bincount(person, minlength=n_rows)
    found = np.bincount(person[first], minlength=n_rows)
    agree: Flags = (found == size * (size - 1) // 2)[person[first]]
    return agree


def _connected(first: Rows, second: Rows, n_rows: int) -> Rows:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(n_rows, n_rows))
    if not n_rows:
        return np.zeros(0, dtype=np.int64)
    found: Rows = connected_components(graph, directed=False)[1].astype(np.int64)
    return found


def _flagged(n_rows: int, *rows: Rows) -> Flags:
    flags = np.zeros(n_rows, dtype=bool)
    flags[np.concatenate(rows)] = True
    return flags
