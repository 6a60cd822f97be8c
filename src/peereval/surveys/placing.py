"""Which columns of a file go where: every column is looked for, none is used twice, none is left out unseen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from peereval.errors import ColumnError, InvalidValueError, PeerevalError, nearest
from peereval.instruments.lookup import instrument, list_ids
from peereval.surveys.patterns import filled, has_field
from peereval.surveys.problems import Problem
from peereval.surveys.questions import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from peereval.surveys.mapping import SurveyMapping

Part = Literal["key", "item", "local", "keep"]
TEXTS = ("person", "round", "arm", "unit", "role", "origin")
"""Columns of the responses that hold texts."""
TIMES = ("date",)
"""Columns of the responses that hold days or times."""
FLAGS = ("left_programme", "died", "out_of_window")
"""Columns of the responses that hold yes or no."""
_ITEM = re.compile(r"([a-z0-9]+)_\d{2,3}(_\w+)?")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column of the responses comes from.

    Parameters
    ----------
    target : str
        Column of the responses.
    source : tuple of str
        Columns of the file: one, or in a wide file one a round.
    part : {"key", "item", "local", "keep"}
        What it is.
    instrument : str
        Id of the instrument, where the mapping names it.
    """

    target: str
    source: tuple[str, ...]
    part: Part
    instrument: str = ""


@dataclass(frozen=True, slots=True)
class _Wish:
    """A column that the mapping speaks of."""

    target: str
    column: str
    part: Part
    instrument: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """The columns of a file by what they are.

    Parameters
    ----------
    places : tuple of Place
        In the order of the responses.
    unused : tuple of str
        Columns of the file that go nowhere.
    wide : bool
        Whether each round has columns of its own.
    problems : tuple of Problem
        What must be mended.
    """

    places: tuple[Place, ...]
    unused: tuple[str, ...]
    wide: bool
    problems: tuple[Problem, ...]


def key_columns(names: Sequence[str], mapping: SurveyMapping | None) -> tuple[str, ...]:
    """Give the columns of a file that hold keys, which are texts even where they look like numbers: 1.1 is not 1.10.

    Parameters
    ----------
    names : sequence of str
        The columns of the file.
    mapping : SurveyMapping or None
        Which column is what.

    Returns
    -------
    tuple of str
        Those that the mapping gives to a person, round, arm, unit or role, in a wide file for any round, and those
        that bear such a name.

    Examples
    --------
    >>> from peereval.surveys.mapping import SurveyMapping
    >>> key_columns(["id", "ward_t0", "role", "who5_01"], SurveyMapping(columns={"person": "id", "unit": "ward_{round}"}))
    ('id', 'ward_t0', 'role')
    """
    said = () if mapping is None else (column for name, column in mapping.columns if name in TEXTS and column)
    patterns = [".+".join(map(re.escape, column.split("{round}"))) for column in (*TEXTS, *said)]
    return tuple(name for name in names if any(re.fullmatch(pattern, name) for pattern in patterns))


def place_columns(file: str, names: Sequence[str], mapping: SurveyMapping, rounds: Sequence[str]) -> Placed:
    """Find the columns that a mapping speaks of, and those that bear the right name already.

    Parameters
    ----------
    file : str
        The file's name, for messages.
    names : sequence of str
        The columns of the file.
    mapping : SurveyMapping
        Which column is what.
    rounds : sequence of str
        The rounds as the file writes them, for wide files.

    Returns
    -------
    Placed
        The places, and what is wrong.

    Examples
    --------
    >>> from peereval.surveys.mapping import SurveyMapping
    >>> placed = place_columns("a.csv", ["id", "round", "note"], SurveyMapping(columns={"person": "id"}), [])
    >>> [(place.target, place.source) for place in placed.places], placed.unused
    ([('person', ('id',)), ('round', ('round',))], ('note',))
    """
    wishes, problems = _wishes(mapping, file)
    wide = any(has_field(wish.column, "round") for wish in wishes)
    problems += _shape_problems(file, mapping, rounds, wishes, wide=wide)
    expected = [_place(wish, rounds) for wish in wishes]
    found = [place for place in expected if set(place.source) <= set(names)]
    problems += [*_not_there(file, names, expected), *_surplus(file, names, mapping, rounds), *_twice(file, expected)]
    taken = {source for place in expected for source in place.source}
    found += _named_already(names, mapping, taken, {place.target for place in expected}, wide=wide)
    used = {source for place in found for source in place.source} | set(mapping.leave_out)
    problems += _wrongly_left_out(file, names, mapping, taken)
    unused = tuple(name for name in names if name not in used)
    return Placed(tuple(sorted(found, key=_order)), unused, wide, tuple(problems))


def _wishes(mapping: SurveyMapping, file: str) -> tuple[list[_Wish], list[Problem]]:
    keys = [_Wish(name, column, "key") for name, column in mapping.columns if column is not None]
    items, problems = [], []
    for name, columns in mapping.items.items():
        try:
            items += _of_instrument(name, columns)
        except PeerevalError as error:
            problems.append(Problem(type(error), f"{file}, items of {name}", error.message, error.hint))
    single = [
        _Wish(target, column, "item", _instrument_of(target, mapping))
        for target, column in mapping.item_columns.items()
    ]
    own = [_Wish(PREFIX + name, item.column, "local") for name, item in mapping.local.items()]
    kept = [_Wish(target, column, "keep") for target, column in mapping.keep.items()]
    return [*keys, *items, *single, *own, *kept], problems


def _of_instrument(name: str, columns: str | tuple[str, ...]) -> list[_Wish]:
    one = instrument(name)
    if isinstance(columns, tuple) and len(columns) != one.n_items:
        msg = f"{len(columns)} columns are listed, but the instrument has {one.n_items} items."
        raise ColumnError(msg, hint="Another number of items is another version of the instrument, with another key.")
    if isinstance(columns, str) and not has_field(columns, "item") and one.n_items > 1:
        msg = f"the pattern {columns!r} has no place for the item, and the instrument has {one.n_items} items."
        raise ColumnError(msg, hint='Write {item} where the number stands, as in "Q5_{item}".')
    listed = columns if isinstance(columns, tuple) else _numbered(columns, one.n_items)
    return [_Wish(target, column, "item", name) for target, column in zip(one.item_columns, listed, strict=True)]


def _numbered(pattern: str, n_items: int) -> tuple[str, ...]:
    """The pattern for each item, with the place of the round left open."""
    return tuple(filled(pattern, item=number, round="{round}") for number in range(1, n_items + 1))


def _place(wish: _Wish, rounds: Sequence[str]) -> Place:
    wide = has_field(wish.column, "round")
    source = tuple(filled(wish.column, round=name) for name in rounds) if wide else (filled(wish.column),)
    return Place(wish.target, source, wish.part, wish.instrument)


def _shape_problems(
    file: str, mapping: SurveyMapping, rounds: Sequence[str], wishes: Sequence[_Wish], *, wide: bool
) -> list[Problem]:
    if wide and mapping.columns.round is not None:
        text = f"the column {mapping.columns.round!r} is said to hold the round, and other columns have {{round}} in their names."
        return [Problem(InvalidValueError, file, text, "A long file has the one, a wide file the other.")]
    if wide and not rounds:
        text = "columns have {round} in their names, but the rounds are not known."
        return [Problem(InvalidValueError, file, text, "Say rounds=['start', …].")]
    return [
        Problem(
            InvalidValueError,
            file,
            f"the column {wish.column!r} (for {wish.target}) has no {{round}} in its name, so that what it holds would count in every round.",
            "Write {round} where the round stands.",
        )
        for wish in wishes
        if wide
        and (wish.part in ("item", "local") or _changes(wish.target, rounds))
        and not has_field(wish.column, "round")
    ][:1]


def _changes(target: str, rounds: Sequence[str]) -> bool:
    """Whether a key is of one round: a day, a death or a departure said once is not that of each of several rounds."""
    return len(rounds) > 1 and target in (*TIMES, *FLAGS)


def _not_there(file: str, names: Sequence[str], places: Sequence[Place]) -> Iterator[Problem]:
    """Columns that the file does not have, those of an instrument together."""
    known = set(names)
    missing: dict[str, list[str]] = {}
    for place in places:
        missing.setdefault(place.instrument or place.target, []).extend(
            name for name in place.source if name not in known
        )
    for what, columns in missing.items():
        if columns:
            more = f" and {len(columns) - 1} more" if len(columns) > 1 else ""
            text = f"there is no column {columns[0]!r}{more} (for {what})."
            yield Problem(ColumnError, file, text, _near(columns[0], names))


def _near(name: str, names: Sequence[str]) -> str:
    hint = nearest(name, names)
    if hint.startswith("Did you mean"):
        return hint
    shown = ", ".join(map(repr, names[:12]))
    return f"Columns found: {shown}{', …' if len(names) > 12 else ''}."  # noqa: PLR2004 - a line's worth


def _surplus(file: str, names: Sequence[str], mapping: SurveyMapping, rounds: Sequence[str]) -> Iterator[Problem]:
    """A pattern that fits more columns than there are items: another version of the instrument."""
    for name, pattern in mapping.items.items():
        if not isinstance(pattern, str) or not has_field(pattern, "item") or name not in list_ids():
            continue
        n_items = instrument(name).n_items
        others = [filled(pattern, item=item, round=each) for item in (0, n_items + 1) for each in rounds or [""]]
        for column in [other for other in others if other in names]:
            text = f"there is a column {column!r}, but {name} has {n_items} items, numbered from 1."
            hint = "Another number of items is another version; if it is this one, list its columns one by one."
            yield Problem(ColumnError, file, text, hint)


def _twice(file: str, places: Sequence[Place]) -> Iterator[Problem]:
    """A column that goes to two places, or a place that two columns go to."""
    goes: dict[str, list[str]] = {}
    comes: dict[str, int] = {}
    for place in places:
        comes[place.target] = comes.get(place.target, 0) + 1
        for column in place.source:
            goes.setdefault(column, []).append(place.target)
    for column, targets in goes.items():
        if len(targets) > 1:
            text = f"the column {column!r} is used twice, for {targets[0]} and for {targets[1]}."
            yield Problem(ColumnError, file, text, "A column holds one thing.")
    for target in (target for target, count in comes.items() if count > 1):
        yield Problem(ColumnError, file, f"{target} is given two columns.", "Take one of them out.")


def _wrongly_left_out(file: str, names: Sequence[str], mapping: SurveyMapping, taken: set[str]) -> Iterator[Problem]:
    for name in mapping.leave_out:
        if name in taken:
            text = f"the column {name!r} is used, and said to be left out."
            yield Problem(InvalidValueError, file, text, "Take it out of one of the two.")
        elif name not in names:
            text = f"there is no column {name!r} (of leave_out)."
            yield Problem(ColumnError, file, text, _near(name, names))


def _named_already(
    names: Sequence[str], mapping: SurveyMapping, taken: set[str], targets: set[str], *, wide: bool
) -> list[Place]:
    """Columns that bear the name they have in the responses; all of them, where the mapping says nothing of columns."""
    closed = taken | targets | set(mapping.leave_out) | ({"round"} if wide else set())
    free = [(name, _part(name)) for name in names if name not in closed]
    every = not mapping.describes_columns
    return [
        Place(name, (name,), part, _instrument_of(name, mapping))
        for name, part in free
        if (every or part != "keep") and not (wide and (part == "item" or name in (*TIMES, *FLAGS)))
    ]


def _instrument_of(target: str, mapping: SurveyMapping) -> str:
    """The instrument of an item that is named by itself, if the mapping has a table for that instrument."""
    named = [key for key in (*mapping.codes, *mapping.missing_in) if key in list_ids()]
    return next((key for key in named if target in instrument(key).item_columns), "")


def _part(name: str) -> Part:
    if name in (*TEXTS, *TIMES, *FLAGS):
        return "key"
    if name.startswith(PREFIX):
        return "keep"
    match = _ITEM.fullmatch(name)
    return "item" if match and match[1] in {instrument(each).prefix for each in list_ids()} else "keep"


_KEYS = (*TEXTS[:-1], *TIMES, *FLAGS, "origin")


def _order(place: Place) -> int:
    """Keys first, then as they come."""
    return _KEYS.index(place.target) if place.target in _KEYS else len(_KEYS)
