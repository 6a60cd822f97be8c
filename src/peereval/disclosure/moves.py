"""Ways to move persons between the cells of a table while all known sums stay as they are."""

from __future__ import annotations

from collections import defaultdict, deque
from itertools import combinations, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from peereval.disclosure.complements import Cells

    Move = tuple[tuple[int, int], ...]
    Weights = dict[int, int]
    """In which known sums a place stands, and with which sign."""

_CROSSING = 2
_CORNERS = 4
_SIGNS = (-1, 1)


class Ways:
    """The ways in which persons may be moved, for rows that are linked by their sums.

    A move is places, and by how much each changes. A total that may move does so with its members.

    Parameters
    ----------
    cells : Cells
        The rows and their sums.
    """

    def __init__(self, cells: Cells) -> None:
        self.weights: list[Weights] = [{} for _ in cells.size]
        for number, one in enumerate(cells.sums):
            for place in one.members:
                self.weights[place][number] = 1
            for place in one.total:
                # known from an earlier release, it stays
                self.weights[place][-1 - number if one.total_told else number] = -1
        self.standing: dict[int, list[int]] = defaultdict(list)
        self.alike: dict[frozenset[tuple[int, int]], list[int]] = defaultdict(list)
        for place, weights in enumerate(self.weights):
            self.alike[frozenset(weights.items())].append(place)
            for number in weights:
                self.standing[number].append(place)

    def short(self, place: int, movable: frozenset[int]) -> Iterator[Move]:
        """Give the moves of a place alone, with another one of its sums, and with three that make four corners with it.

        Parameters
        ----------
        place : int
            The place.
        movable : frozenset of int
            The places that may change.

        Yields
        ------
        tuple of (int, int)
            The move.
        """
        mine = self.weights[place]
        if not mine:
            yield ((place, 1),)
        beside = {other for number in mine for other in self.standing[number]} & movable - {place}
        crossing = []
        for other, sign in product(sorted(beside), _SIGNS):
            rest = _sum(mine, self.weights[other], sign)
            if not rest:
                yield ((place, 1), (other, sign))
            elif all(abs(weight) == 1 for weight in rest.values()):
                crossing.append((other, sign, rest))
        yield from self._with_corners(place, crossing, movable)

    def _with_corners(
        self, place: int, crossing: list[tuple[int, int, Weights]], movable: frozenset[int]
    ) -> Iterator[Move]:
        for (one, sign, rest), (other, turn, _) in combinations(crossing, 2):
            for corner, back in self._corners(_sum(rest, self.weights[other], turn)):
                if corner in movable and len({place, one, other, corner}) == _CORNERS:
                    yield ((place, 1), (one, sign), (other, turn), (corner, back))

    def _corners(self, rest: Weights) -> Iterator[tuple[int, int]]:
        for sign in _SIGNS:
            wanted = frozenset((number, -sign * weight) for number, weight in rest.items())
            yield from ((corner, sign) for corner in self.alike.get(wanted, []))

    def ring(self, first: tuple[int, int], movable: frozenset[int], stays: Callable[[int, int], bool]) -> Move | None:
        """Give the shortest way to change a place in which each known sum that gains a person also loses one.

        It is looked for along the sums: from one of the place's to its other one, by places that stand in two of them.

        Parameters
        ----------
        first : tuple of (int, int)
            The place, in two sums, and by how much it changes.
        movable : frozenset of int
            The places that may change.
        stays : callable
            Whether a place may change by so much.

        Returns
        -------
        tuple of (int, int), or None
            The move.
        """
        if len(self.weights[first[0]]) != _CROSSING:
            return None
        (at, weight), (goal, back) = self.weights[first[0]].items()
        reached: dict[tuple[int, int], Move] = {(at, first[1] * weight): (first,)}
        waiting = deque(reached)
        while waiting:
            number, surplus = waiting.popleft()
            way = reached[number, surplus]
            for place, to, weight in self._across(number, movable):
                step = -surplus * self.weights[place][number]
                if any(place == gone for gone, _ in way) or not stays(place, step):
                    continue
                if (to, step * weight) == (goal, -first[1] * back):
                    return (*way, (place, step))
                if (to, step * weight) not in reached:
                    reached[to, step * weight] = (*way, (place, step))
                    waiting.append((to, step * weight))
        return None

    def _across(self, number: int, movable: frozenset[int]) -> Iterator[tuple[int, int, int]]:
        """Give the places of a sum that stand in one other, with that one and their sign in it."""
        for place in self.standing[number]:
            if place in movable and len(self.weights[place]) == _CROSSING:
                yield from ((place, to, weight) for to, weight in self.weights[place].items() if to != number)


def _sum(one: Weights, other: Weights, sign: int) -> Weights:
    sums = {number: one.get(number, 0) + sign * other.get(number, 0) for number in (*one, *other)}
    return {number: weight for number, weight in sums.items() if weight}
