"""TOML to a typed model, with errors that name the key, the line and the nearest valid key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from peereval.errors import InvalidValueError, PeerevalError, UnknownKeyError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

Location = tuple[int | str, ...]
Model = TypeVar("Model", bound=BaseModel)


class MisfitError(ValueError):
    """What a validator of a whole model raises when one of its parts does not fit the others.

    Parameters
    ----------
    location : tuple
        The way to the part, from the model that is validated.
    message : str
        What was found and what was expected.
    """

    def __init__(self, location: Location, message: str) -> None:
        super().__init__(f"{'.'.join(map(str, location))}: {message}")
        self.location, self.message = location, message


def parsed(
    model: type[Model], content: Mapping[str, Any], *, file: str, text: str, hint: str
) -> tuple[Model | None, list[PeerevalError]]:
    """Give the model that a TOML file holds, or all that is wrong with its keys.

    Parameters
    ----------
    model : type
        What the file should hold.
    content : mapping
        The content of the file.
    file, text : str
        Its name and its text, for messages.
    hint : str
        What to do where a key is missing.

    Returns
    -------
    tuple of model or None and list of PeerevalError
        The model; or None, and why: an `UnknownKeyError` or an `InvalidValueError` for each key.

    Examples
    --------
    >>> class Ward(BaseModel, extra="forbid"):
    ...     beds: int
    >>> _, problems = parsed(Ward, {"bed": 12}, file="ward.toml", text="bed = 12", hint="Add it.")
    >>> print(problems[0])
    PE102: ward.toml, line 1: the key 'bed' is not known. Did you mean 'beds'?
    """
    try:
        return model.model_validate(content), []
    except ValidationError as error:
        # an unknown key is told first: it is often the reason why another one is missing
        found = sorted(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
        return None, [_as_user_error(each, model, file, text, hint) for each in found]


def _as_user_error(found: ErrorDetails, model: type[BaseModel], file: str, text: str, hint: str) -> PeerevalError:
    misfit = found.get("ctx", {}).get("error")
    location = found["loc"] + (misfit.location if isinstance(misfit, MisfitError) else ())
    where = f"{file}, line {line}" if (line := _nearest_line(text, location)) else file
    table = ".".join(str(part) for part in location[:-1] if isinstance(part, str))
    inside = f" in [{table}]" if table else ""
    if found["type"] == "extra_forbidden":
        msg = f"{where}: the key {str(location[-1])!r}{inside} is not known."
        return UnknownKeyError(msg, hint=_where_known(model, location))
    if found["type"] == "missing":
        msg = f"{file}: the key {str(location[-1])!r}{inside} is missing."
        return InvalidValueError(msg, hint=hint)
    name = ".".join(map(str, location)) or "the file"
    if isinstance(misfit, MisfitError):
        return InvalidValueError(f"{where}: {name}: {misfit.message}.")
    value = found["input"] if not isinstance(found["input"], dict | list) else ""
    msg = f"{where}: {name} {f'is {value!r}' if value != '' else 'is not valid'}. {found['msg'].removeprefix('Value error, ')}."
    return InvalidValueError(msg)


def _where_known(model: type[BaseModel], location: Location) -> str:
    """The nearest key of the same table; or another table, where the very key stands."""
    name = str(location[-1])
    here = _known_keys(model, location[:-1])
    tables = {table: _model_of(field.annotation) for table, field in model.model_fields.items()}
    others = [table for table, found in tables.items() if found is not None and name in found.model_fields]
    if len(location) > 1 and others:
        return f"It stands in {' or '.join(f'[{table}]' for table in others)}."
    return nearest(name, here)


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
            # a list of tables begins with its first one
            if here[: len(location)] == location:
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


def _known_keys(model: type[BaseModel], location: Location) -> list[str]:
    """The keys of the table at a location."""
    annotation: Any = model
    for part in location:
        if isinstance(part, str):
            named = get_origin(annotation) is dict
            annotation = get_args(annotation)[1] if named else _model_of(annotation).model_fields[part].annotation
    return list(_model_of(annotation).model_fields)


def _model_of(annotation: Any) -> Any:
    """The model inside an annotation such as ``tuple[PlannedRound, ...]`` or ``ContactsPlan | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_of(part)) is not None), None)
