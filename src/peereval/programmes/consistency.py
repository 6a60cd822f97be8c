"""What must fit together in a programme: dates, sources, units, partners, and parts with their whole."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any

from peereval.errors import nearest
from peereval.programmes.dates import first_day, last_day
from peereval.toml_keys import MisfitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from peereval.programmes.funding import Funding
    from peereval.programmes.positions import Position
    from peereval.programmes.programme import Programme

_SOURCED = ("positions", "funding", "training", "supervision", "turnover", "sick_leave", "rounds", "answers")
_DATED = {"positions": ("date",), "rounds": ("date",)} | dict.fromkeys(
    ("supervision", "turnover", "sick_leave"), ("start", "end")
)
_ONE_SUM = {
    "positions": ("date", "status", "scenario", "additional"),
    "funding": ("currency", "price_level", "status", "scenario", "per"),
}
"""What an entry and its parts must have in common, since what differs in it cannot be added."""


def misfits(programme: Programme) -> Iterator[MisfitError]:
    """Find what does not fit together in a programme.

    Parameters
    ----------
    programme : Programme
        The programme.

    Yields
    ------
    MisfitError
        Where, what was found and what was expected.
    """
    return chain(_dates(programme), _names(programme), _parts(programme))


def _dates(programme: Programme) -> Iterator[MisfitError]:
    began, ended = programme.began, programme.ended
    if began and ended and last_day(ended) < first_day(began):
        yield MisfitError(("ended",), f"{ended} lies before the programme began ({began})")
    for name, keys in _DATED.items():
        for number, entry in enumerate(getattr(programme, name)):
            said = {key: when for key in keys if (when := getattr(entry, key))}
            yield from _too_early(said, began, (name, number))
    for number, line in enumerate(programme.funding):
        if line.end is not None and line.end < line.start:
            yield MisfitError(("funding", number, "end"), f"{line.end} lies before the start ({line.start})")


def _too_early(said: dict[str, str], began: str | None, here: tuple[str, int]) -> Iterator[MisfitError]:
    for key, when in said.items():
        if began and last_day(when) < first_day(began):
            yield MisfitError((*here, key), f"{when} lies before the programme began ({began})")
    if len(said) > 1 and last_day(said["end"]) < first_day(said["start"]):
        yield MisfitError((*here, "end"), f"{said['end']} lies before the start ({said['start']})")


def _names(programme: Programme) -> Iterator[MisfitError]:
    """What is called by a name that is not there, or twice the same."""
    if programme.sources:
        for name in _SOURCED:
            yield from _unknown(programme, name, "source", list(programme.sources))
    yield from _unknown(programme, "positions", "unit", [unit.name for unit in programme.units])
    for name in ("units", "models", "funding"):
        yield from _unknown(programme, name, "partner", [partner.name for partner in programme.partners])
    called = {"units": "name", "partners": "name", "models": "name", "rounds": "id", "positions": "id", "funding": "id"}
    for name, key in called.items():
        values = [getattr(entry, key) for entry in getattr(programme, name)]
        for number, value in enumerate(values):
            if value and value in values[:number]:
                yield MisfitError((name, number, key), f"{value!r} stands twice; expected a {key} of its own")
            if key == "id" and re.fullmatch(r"(position|line) \d+", value):
                yield MisfitError((name, number, key), f"{value!r} is what entries without an id are called in results")


def _unknown(programme: Programme, name: str, key: str, known: Sequence[str]) -> Iterator[MisfitError]:
    for number, entry in enumerate(getattr(programme, name)):
        value = getattr(entry, key)
        if value and value not in known:
            near = nearest(value, known).rstrip(".") if known else f"the programme lists no {key}s"
            yield MisfitError((name, number, key), f"{value!r} is not listed under {key}s. {near}")


def _parts(programme: Programme) -> Iterator[MisfitError]:
    for name, alike in _ONE_SUM.items():
        entries: Sequence[Any] = getattr(programme, name)
        wholes = {entry.id: entry for entry in entries if entry.id}
        for number, entry in enumerate(entries):
            if not entry.part_of:
                continue
            location = (name, number, "part_of")
            whole = wholes.get(entry.part_of)
            if whole is None:
                near = nearest(entry.part_of, wholes).rstrip(".") if wholes else "no entry has an id"
                yield MisfitError(location, f"{entry.part_of!r} is no id of {name}. {near}")
            elif _circular(entry, wholes):
                yield MisfitError(location, f"{entry.part_of!r} is, over its own wholes, a part of this entry")
            else:
                yield from _unlike(entry, whole, alike, (name, number))


def _circular(entry: Any, wholes: dict[str, Any]) -> bool:
    seen, here = set(), entry
    while here is not None and here.part_of:
        if here.part_of in seen:
            return True
        seen.add(here.part_of)
        here = wholes.get(here.part_of)
    return False


def _unlike(
    entry: Position | Funding, whole: Position | Funding, alike: tuple[str, ...], here: tuple[str, int]
) -> Iterator[MisfitError]:
    for key in alike:
        mine, its = getattr(entry, key), getattr(whole, key)
        if mine != its:
            msg = f"{_shown(mine)} is a part of {whole.id!r}, which has {_shown(its)}; two of these are never added"
            yield MisfitError((*here, key), msg)
    years = getattr(whole, "years", ())
    beyond = [year for year in getattr(entry, "years", ()) if year not in years]
    if beyond:
        msg = f"{beyond[0]} is not among the times of {whole.id!r} ({', '.join(years)})"
        yield MisfitError((*here, "start"), msg)


def _shown(value: Any) -> str:
    return "none" if value in (None, "") else str(value)
