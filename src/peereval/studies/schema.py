"""Every key of a study.toml with its type, default and meaning, read from the classes that check it."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import BaseModel

from peereval.studies.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo

FILE = "peereval.schema.json"
"""The schema for editors; a new study folder holds a copy, which the first line of its study.toml names."""
_PARAMETER = re.compile(r"^(\w[\w, ]*) : (.+)$")


@dataclass(frozen=True, slots=True)
class StudyKey:
    """A key of a study.toml.

    Parameters
    ----------
    table : str
        The table in which it stands, such as ``"survey.columns"``, or ``"items.local.<name>"`` where the name is free.
    name : str
        The key.
    kind : str
        What its value is.
    default : str
        What holds without it, as it would be written; ``"required"`` where it must be there; empty where nothing holds.
    meaning : str
        What it says.
    """

    table: str
    name: str
    kind: str
    default: str
    meaning: str


def study_tables() -> dict[str, tuple[str, tuple[StudyKey, ...]]]:
    """Give the tables of a study.toml.

    Returns
    -------
    dict of str to tuple
        Header of a table to what it is and its keys. One without keys takes any.

    Examples
    --------
    >>> tables = study_tables()
    >>> list(tables)[:4]
    ['[study]', '[plan]', '[[rounds]]', '[survey]']
    >>> tables["[disclosure]"][1][0].default
    '"standard"'
    """
    return dict(_tables(Plan, ""))


def file_tables(model: type[BaseModel]) -> dict[str, tuple[str, tuple[StudyKey, ...]]]:
    """Give the tables of another file that a class checks, such as a programme file.

    Parameters
    ----------
    model : type
        The class.

    Returns
    -------
    dict of str to tuple
        As `study_tables`; the keys that stand above all tables come first, under an empty header.

    Examples
    --------
    >>> from peereval.programmes.programme import Programme
    >>> list(file_tables(Programme))[:3]
    ['', '[[partners]]', '[[models]]']
    """
    inside = {header: told for header, told in _tables(model, "") if told[1]}
    return {"": (_summary(model), tuple(_keys(model, ""))), **inside}


def study_schema() -> dict[str, Any]:
    """Give the JSON Schema of a study.toml, for editors that know it.

    Returns
    -------
    dict
        JSON Schema, with the meaning of every key.

    Examples
    --------
    >>> study_schema()["properties"]["disclosure"]["description"]
    'The protection of small numbers.'
    """
    schema: dict[str, Any] = _plain(Plan.model_json_schema())
    models = {model.__name__: model for model in _models(Plan)}
    for name, part in {**schema["$defs"], "Plan": schema}.items():
        part["description"] = _summary(models[name]).replace("`", "")
        for key, told in part["properties"].items():
            told["description"] = _parameters(models[name])[key][1].replace("`", "")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "study.toml of peereval", **schema}


def schema_text() -> str:
    """Give the file that is shipped with the package.

    Returns
    -------
    str
        The JSON Schema as text.
    """
    return resources.files("peereval.studies").joinpath(FILE).read_text(encoding="utf-8")


def as_json(schema: Mapping[str, Any]) -> str:
    """Write a schema as the shipped file holds it.

    Parameters
    ----------
    schema : mapping
        As `study_schema` gives it.

    Returns
    -------
    str
        The text of the file.
    """
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _tables(model: type[BaseModel], way: str) -> Iterator[tuple[str, tuple[str, tuple[StudyKey, ...]]]]:
    """The tables inside a model: each with its own keys, then those inside it."""
    for name, field in model.model_fields.items():
        found, meaning = _model_in(field.annotation), _parameters(model)[name][1]
        place = f"{way}.{name}".lstrip(".") + (".<name>" if found and get_origin(field.annotation) is dict else "")
        if found is not None:
            keys = tuple(_keys(found, place))
            header = f"[[{place}]]" if get_origin(field.annotation) is tuple else f"[{place}]"
            yield from [(header, (meaning, keys))] if keys else []
            yield from _tables(found, place)
        elif not way:
            yield f"[{place}]", (meaning, ())


def _keys(model: type[BaseModel], table: str) -> Iterator[StudyKey]:
    for name, field in model.model_fields.items():
        kind, meaning = _parameters(model)[name]
        if _model_in(field.annotation) is None:
            yield StudyKey(table, name, _in_toml(kind), _default(field), meaning)


def _in_toml(kind: str) -> str:
    """A type in the words of TOML."""
    for word, said in _WORDS.items():
        kind = re.sub(rf"\b{word}\b", said, kind)
    return kind


_WORDS = {
    "str": "text", "int": "whole number", "float": "number", "bool": "true or false", "tuple of": "list of", "dict of": "table of",
    "tuple": "list",
}  # fmt: skip


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        found = _model_in(field.annotation)
        if found is not None:
            yield from _models(found)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    return "" if value is None else json.dumps(value, default=str)


def _summary(model: type[BaseModel]) -> str:
    return _text(_doc(model).partition("Parameters\n")[0])


@cache
def _parameters(model: type[BaseModel]) -> dict[str, tuple[str, str]]:
    """Each parameter of a class with its type and meaning; those of the classes that it grows from as well."""
    found: dict[str, tuple[str, str]] = {}
    for each in reversed(model.__mro__):
        if issubclass(each, BaseModel) and each is not BaseModel:
            lines = _doc(each).partition("Parameters\n")[2].splitlines()[1:]
            heads = [(place, match) for place, line in enumerate(lines) if (match := _PARAMETER.match(line))]
            for place, match in heads:
                rest = next(
                    (end for end in range(place + 1, len(lines)) if not lines[end].startswith("    ")), len(lines)
                )
                told = match[2].removesuffix(", optional"), _text("\n".join(lines[place + 1 : rest]))
                found |= dict.fromkeys(match[1].split(", "), told)
    return found


def _doc(model: type[BaseModel]) -> str:
    return inspect.cleandoc(model.__doc__ or "") + "\n"


def _text(lines: str) -> str:
    """A paragraph on one line."""
    return " ".join(lines.replace("``", "`").split())


def _plain(part: Any) -> Any:
    """The schema without the titles that only repeat names, and without defaults that are whole tables."""
    if isinstance(part, list):
        return [_plain(each) for each in part]
    if not isinstance(part, dict):
        return part
    kept = {name: each for name, each in part.items() if not (name == "title" and isinstance(each, str))}
    return {name: _plain(each) for name, each in kept.items() if not (name == "default" and isinstance(each, dict))}
