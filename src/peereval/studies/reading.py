"""study.toml to a plan, with errors that name the key, the line and the nearest valid key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from peereval.errors import InvalidValueError, PeerevalError, UnknownKeyError, nearest
from peereval.files import read_toml
from peereval.studies.plan import Plan

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

Location = tuple[int | str, ...]


def read_plan(path: Path) -> Plan:
    """Read a study file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Plan
        What it says.

    Raises
    ------
    MissingFileError, StudySyntaxError
        The file is not there or its syntax is broken.
    UnknownKeyError
        It has a key that is not known.
    InvalidValueError
        A key is missing or has a value of the wrong kind.
    """
    plan, problems = parse_plan(path)
    if plan is None:
        raise problems[0]
    return plan


def parse_plan(path: Path) -> tuple[Plan | None, list[PeerevalError]]:
    """Read a study file, and collect all that is wrong with its keys.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    tuple of Plan or None and list of PeerevalError
        What it says; or None, and why.

    Raises
    ------
    MissingFileError, StudySyntaxError
        The file is not there or its syntax is broken.
    """
    content, text = read_toml(path)
    try:
        return Plan.model_validate(content), []
    except ValidationError as error:
        # an unknown key is told first: it is often the reason why another one is missing
        found = sorted(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
        return None, [_as_user_error(each, path.name, text) for each in found]


def _as_user_error(found: ErrorDetails, file: str, text: str) -> PeerevalError:
    location = found["loc"]
    where = f"{file}, line {line}" if (line := _nearest_line(text, location)) else file
    table = ".".join(str(part) for part in location[:-1] if isinstance(part, str))
    inside = f" in [{table}]" if table else ""
    if found["type"] == "extra_forbidden":
        msg = f"{where}: the key {str(location[-1])!r}{inside} is not known."
        return UnknownKeyError(msg, hint=nearest(str(location[-1]), _known_keys(location[:-1])))
    if found["type"] == "missing":
        msg = f"{file}: the key {str(location[-1])!r}{inside} is missing."
        return InvalidValueError(msg, hint="Add it; a new study folder shows every key in use.")
    value = found["input"] if not isinstance(found["input"], dict | list) else ""
    msg = f"{where}: {'.'.join(map(str, location)) or 'the file'} {f'is {value!r}' if value != '' else 'is not valid'}. {found['msg']}."
    return InvalidValueError(msg)


def line_of(text: str, location: Location) -> int | None:
    r"""Find the line of a key in a TOML text.

    Parameters
    ----------
    text : str
        The file.
    location : tuple
        The way to the key: names of tables, numbers of elements, and the key itself.

    Returns
    -------
    int or None
        The line, counted from 1; None where the key does not stand in the text.

    Examples
    --------
    >>> line_of('[study]\ntitle = "x"\n\n[[rounds]]\nid = "start"\n\n[[rounds]]\nid = "end"\n', ("rounds", 1, "id"))
    8
    """
    if not location:
        return None
    tables: dict[str, int] = {}
    here: Location = ()
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line)
        if header:
            here = _table(header, tables)
            if here == location:
                return number
        key = re.match(r"""\s*(?:"([^"]+)"|'([^']+)'|([A-Za-z0-9_-]+))\s*=""", line)
        if key and (*here, next(filter(None, key.groups()))) == location:
            return number
    return None


def _table(header: re.Match[str], seen: dict[str, int]) -> Location:
    name = header[2]
    parts: Location = tuple(part.strip().strip("\"'") for part in name.split("."))
    if header[1] == "[":
        return parts
    seen[name] = seen.get(name, -1) + 1
    return (*parts, seen[name])


def _nearest_line(text: str, location: Location) -> int | None:
    """The line of a key, or of the table or list that it stands in."""
    places = (line_of(text, location[:stop]) for stop in range(len(location), 0, -1))
    return next((line for line in places if line), None)


def _known_keys(location: Location) -> list[str]:
    """The keys of the table at a location."""
    annotation: Any = Plan
    for part in location:
        if isinstance(part, str):
            named = get_origin(annotation) is dict
            annotation = get_args(annotation)[1] if named else _model_of(annotation).model_fields[part].annotation
    return list(_model_of(annotation).model_fields)


def _model_of(annotation: Any) -> Any:
    """The model inside an annotation such as ``tuple[PlannedRound, ...]`` or ``ContactsPlan | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return (
        next(found for part in get_args(annotation) if (found := _model_of(part)) is not None)
        if get_args(annotation)
        else None
    )
