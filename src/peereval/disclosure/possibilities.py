"""What else could stand behind a table: a withheld count must not be the only one that is released like that.

Sums alone do not protect. Who knows the size of every group and the policy can run it on every table that agrees with
the released one, and strike out those that it would have released otherwise. Here the same is done first, and more is
withheld until each small count has another one beside it.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import chain, islice
from typing import TYPE_CHECKING

from peereval.disclosure.complements import closed, next_to_withhold, order
from peereval.disclosure.counts import rounded
from peereval.disclosure.moves import Ways

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from peereval.disclosure.complements import Cells
    from peereval.disclosure.moves import Move
    from peereval.disclosure.policy import Policy

    Cases = tuple[float, ...]
    Places = frozenset[int]

_ALL_TRIED = 30
"""Rows of a table up to which all tables that moves lead to are gone through."""
_MOST_MOVES = 500
"""Moves of a place that are tried for a table that is released alike at once."""
_MOST_TRIED = 1000
"""Tables tried for one: after them a count is taken as pinned, which withholds more, never less."""


class Possibilities:
    """The tables that a release could come from, for rows that are linked by their sums.

    Tables are alike if they agree in all that is shown, in every sum that is known, and are released with the same
    rows withheld; persons are moved between rows, a few at a time, as long as that holds. Counts beside a share are taken
    as known exactly, those of parts as far as they are rounded. A table is
    released so only if along these moves every small count takes another value. All tables that are reached from one
    another then have the same answer, and so have several possibilities for who repeats all this.

    Parameters
    ----------
    cells : Cells
        The rows and their sums.
    small : callable
        Whether a place with so many cases is withheld for itself.
    fixed : frozenset of int
        Places that are withheld whatever their cases are.
    policy : Policy
        How much must be hidden together.
    """

    def __init__(self, cells: Cells, small: Callable[[int, float], bool], fixed: Places, policy: Policy) -> None:
        self.cells, self.small, self.fixed, self.policy = cells, small, fixed, policy
        self.left: float = math.inf
        self.times = sorted((sign * persons for persons in range(1, policy.threshold) for sign in (1, -1)), key=abs)
        self.rounded_only = frozenset(place for place, is_part in enumerate(cells.is_part) if is_part)
        self.pinned_in: dict[tuple[Cases, Places], Places] = {}
        self.ways = Ways(cells)

    def settled(self, cases: Cases) -> Places:
        """Give the places that are withheld in the end."""
        return max(self.steps(cases, self._pinned_here), key=len)

    def steps(self, cases: Cases, pinned_in: Callable[[Cases, Places], Places]) -> Iterator[Places]:
        """Give the places withheld for their sums, then more and more of them until no small count is pinned."""
        wider: Iterable[int] = self._withheld_alone(cases)
        for more in (self._beside_pinned, self._sums_of, self._everything):
            hidden = closed(self.cells, cases, wider, self.policy)
            yield hidden
            pinned = pinned_in(cases, hidden)
            if not pinned:
                return
            wider = hidden.union(*(more(cases, hidden, place) for place in pinned))
        yield closed(self.cells, cases, wider, self.policy)

    def _withheld_alone(self, cases: Cases) -> Places:
        return self.fixed.union(place for place, count in enumerate(cases) if self.small(place, count))

    def _alike(self, cases: Cases, hidden: Places) -> Callable[[Cases], bool]:
        """Give what tells of a table whether for its sums alone the same is withheld as of this one."""
        alone = self._withheld_alone(cases)

        def is_alike(other: Cases) -> bool:
            changed = {place for place in hidden | self.rounded_only if other[place] != cases[place]} - self.fixed
            now = (alone - changed).union(place for place in changed if self.small(place, other[place]))
            return closed(self.cells, other, now, self.policy) == hidden

        return is_alike

    def _beside_pinned(self, cases: Cases, hidden: Places, place: int) -> set[int]:
        """Give what is withheld beside a pinned count: a corner, or the next of its sums, or all of a sum and its total."""
        corners = [corner for corner in self._corners(place, hidden) if not self.cells.told[corner]]
        if corners:
            return {min(corners, key=lambda corner: order(self.cells, cases, corner))}
        found: set[int] = set()
        for one in self.cells.sums:
            if place in one.members:
                left = next_to_withhold(one, self.cells, cases, hidden)
                found |= {left[0]} if left else {*one.members, *one.total}
        return found

    def _sums_of(self, cases: Cases, hidden: Places, place: int) -> set[int]:  # noqa: ARG002 - called like the others
        return {each for one in self.cells.sums if place in one.members for each in one.members}

    def _everything(self, cases: Cases, hidden: Places, place: int) -> set[int]:  # noqa: ARG002 - called like the others
        return {each for one in self.cells.sums for each in (*one.members, *one.total)}

    def _corners(self, place: int, hidden: Places) -> Places:
        """Give the places not withheld that make four, in two sums that cross two others, of three that are."""
        across = [
            {each for other in self._crossing(number, hidden) for each in self.cells.sums[other].members}
            for number, one in enumerate(self.cells.sums)
            if place in one.members
        ]
        beside = {each for one in self.cells.sums if place in one.members for each in one.members}
        return frozenset(set.intersection(*across) - beside - hidden) if len(across) > 1 else frozenset()

    def _crossing(self, number: int, hidden: Places) -> list[int]:
        """Give the other sums in which withheld members of a sum stand."""
        inside = hidden.intersection(self.cells.sums[number].members)
        return [
            each for each, one in enumerate(self.cells.sums) if each != number and not inside.isdisjoint(one.members)
        ]

    def _pinned_here(self, cases: Cases, hidden: Places) -> Places:
        self.left = _MOST_TRIED
        try:
            return self._pinned(cases, hidden)
        except _TooManyError:
            return self._not_moved(cases, hidden)

    def _pinned(self, cases: Cases, hidden: Places) -> Places:
        if (cases, hidden) not in self.pinned_in:
            small = self._not_moved(cases, hidden)
            walk = len(self.cells.size) <= _ALL_TRIED
            self.pinned_in[cases, hidden] = self._not_reached(cases, hidden, small) if walk else small
        return self.pinned_in[cases, hidden]

    def _not_moved(self, cases: Cases, hidden: Places) -> Places:
        """Give the small counts that no single move changes, where the other table is released so at once."""
        small = frozenset(place for place in hidden if self.cells.size[place] != 0 and self.small(place, cases[place]))
        is_alike = self._alike(cases, hidden)
        if not is_alike(cases):
            # what was withheld for pinned counts: of a large table it is not gone through who else comes to it
            return small - self._movable(cases, hidden, small) if len(self.cells.size) > _ALL_TRIED else small
        small -= _changed_at_once(cases, [self._first_way(cases, hidden, place) for place in sorted(small)], is_alike)
        for place in sorted(small):
            for other in islice(self._with_another(cases, hidden, place), _MOST_MOVES) if place in small else ():
                if is_alike(other):
                    small = frozenset(each for each in small if other[each] == cases[each])
                    break
        return small

    def _movable(self, cases: Cases, hidden: Places, places: Places) -> Places:
        return frozenset(place for place in places if any(True for _ in self._with_another(cases, hidden, place)))

    def _first_way(self, cases: Cases, hidden: Places, place: int) -> dict[int, float]:
        """Give the changes of the first table with another count at a place."""
        other = next(self._with_another(cases, hidden, place), cases)
        return {each: count for each, count in enumerate(other) if count != cases[each]}

    def _with_another(self, cases: Cases, hidden: Places, place: int) -> Iterator[Cases]:
        """Give tables with another count at a place: those in which all small counts stay small, then one move away."""
        movable = hidden | self.rounded_only

        def stays(each: int, step: int) -> bool:
            count = cases[each] + step
            alike = self.small(each, count) == self.small(each, cases[each])
            return alike and self._may_be(cases[each], count, each, hidden)

        for step in (-1, 1):
            way = self.ways.ring((place, step), movable, stays) if stays(place, step) else None
            if way:
                steps = dict(way)
                yield tuple(count + steps.get(each, 0) for each, count in enumerate(cases))
        yield from self._beside(cases, hidden, self.ways.short(place, movable))

    def _not_reached(self, cases: Cases, hidden: Places, small: Places) -> Places:
        """Give the small counts that no number of moves changes; those of the small counts are tried first."""
        seen, waiting = {cases}, deque([cases] if small else [])
        while waiting:
            now = waiting.popleft()
            first = chain(sorted(small), sorted(hidden - small))
            for other in chain.from_iterable(self._with_another(now, hidden, place) for place in first):
                if other in seen:
                    continue
                seen.add(other)
                self._count()
                if self._comes_to(other, hidden):
                    waiting.append(other)
                    small = frozenset(place for place in small if other[place] == cases[place])
                    if not small:
                        return small
        return small

    def _comes_to(self, cases: Cases, hidden: Places) -> bool:
        """Whether this table, too, would be released with these places withheld."""
        for step in self.steps(cases, self._pinned):
            if not step < hidden:
                return step == hidden
        return False

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _TooManyError

    def _beside(self, cases: Cases, hidden: Places, moves: Iterable[Move]) -> Iterator[Cases]:
        for move in moves:
            for times in self.times:
                other = list(cases)
                for place, step in move:
                    other[place] += times * step
                if all(self._may_be(cases[place], other[place], place, hidden) for place, _ in move):
                    yield tuple(other)

    def _may_be(self, count: float, other: float, place: int, hidden: Places) -> bool:
        if other < 0 or other > self.cells.size[place]:
            return False
        return place in hidden or rounded(other, self.policy) == rounded(count, self.policy)


class _TooManyError(Exception):
    """More tables would have to be tried than there is time for."""


def _changed_at_once(cases: Cases, ways: list[dict[int, float]], is_alike: Callable[[Cases], bool]) -> Places:
    """Give the places changed in tables that are alike: by all ways together, or else by each half of them."""
    apart: dict[int, float] = {}
    for way in ways:
        apart |= way if apart.keys().isdisjoint(way) else {}
    if apart and is_alike(tuple(apart.get(place, count) for place, count in enumerate(cases))):
        return frozenset(apart)
    half = len(ways) // 2
    return frozenset().union(*(_changed_at_once(cases, part, is_alike) for part in (ways[:half], ways[half:]) if half))
