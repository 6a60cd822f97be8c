"""A page for every public name, the groups they stand in, and the words of a methods section that lead to them."""

from __future__ import annotations

import inspect
import re
import tomllib
from typing import TYPE_CHECKING, Any

import peereval as pe
from generators.markdown import fence, page, table, toctree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OF_MODULES = {"datasets": ("available", "load", "Dataset")}


def pages(folder: Path) -> dict[str, str]:
    """Give the pages by their path below the documentation."""
    groups, words = read_groups(folder), read_words(folder)
    leading = {
        name: [(word, entry.get("how", "")) for _, word, entry in words if name in entry["names"]]
        for name in public_names()
    }
    made = {"reference/find.md": _find(words), "reference/names.md": _by_step(groups)}
    for group in groups:
        made[f"reference/groups/{group['id']}.md"] = _group(group)
        for name in group["names"]:
            made[f"reference/names/{name}.md"] = _name(name, group, leading[name])
    return made


def public_names() -> list[str]:
    """Every name that can be used from ``peereval``, those of its public modules with the module before them."""
    single = [name for name in pe.__all__ if name not in _OF_MODULES]
    return sorted([*single, *(f"{module}.{name}" for module, names in _OF_MODULES.items() for name in names)])


def found(name: str) -> Any:
    """What a public name stands for."""
    value: Any = pe
    for part in name.split("."):
        value = getattr(value, part)
    return value


def read_groups(folder: Path) -> list[dict[str, Any]]:
    """The groups of names; every public name must stand in exactly one.

    Raises
    ------
    ValueError
        A name stands in no group, in several, or does not exist.
    """
    groups: list[dict[str, Any]] = _toml(folder / "reference" / "groups.toml")["group"]
    grouped = [name for group in groups for name in group["names"]]
    wrong = set(grouped) ^ set(public_names()) or {name for name in grouped if grouped.count(name) > 1}
    if wrong:
        msg = f"docs/reference/groups.toml must name every public name once: {', '.join(sorted(wrong))}"
        raise ValueError(msg)
    return groups


def read_words(folder: Path) -> list[tuple[str, str, dict[str, Any]]]:
    """Step, words and entry (names and how) of each line of words.toml."""
    steps = _toml(folder / "reference" / "words.toml")
    return [(title, word, entry) for step, title in steps["step"].items() for word, entry in steps[step].items()]


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def first_sentence(name: str) -> str:
    """What the name is, in the first sentence of its documentation, as Markdown."""
    paragraph = (inspect.getdoc(found(name)) or "").split("\n\n")[0]
    return re.sub(r"`+", "`", " ".join(paragraph.split()))


def _link(name: str) -> str:
    return f"{{doc}}`{name} </reference/names/{name}>`"


def _name(name: str, group: dict[str, Any], words: list[tuple[str, str]]) -> str:
    is_class = inspect.isclass(found(name))
    kind, own = ("autoclass", ", ".join(_own_members(name))) if is_class else ("autofunction", "")
    asked = [f"   :members: {own}"] if own else []
    others = [_link(other) for other in group["names"] if other != name]
    return page(
        f"# {name}",
        f"{{doc}}`{group['title']} </reference/groups/{group['id']}>`",
        fence("eval-rst", [f".. {kind}:: peereval.{name}", *asked]),
        *(["## In a methods section", table(["words", "how"], words)] if words else []),
        *(["## Of the same step", ", ".join(others)] if others else []),
    )


def _own_members(name: str) -> Iterator[str]:
    """Public methods and properties that peereval's own classes define, in their order."""
    ours = [each for each in reversed(inspect.getmro(found(name))) if each.__module__.startswith("peereval")]
    for member, value in ((member, value) for each in ours for member, value in vars(each).items()):
        is_ours = isinstance(value, property | classmethod) or inspect.isfunction(value)
        if is_ours and not member.startswith("_") and inspect.getdoc(value):
            yield member


def _group(group: dict[str, Any]) -> str:
    return page(
        f"# {group['title']}",
        group["says"],
        _listed(group),
        toctree(f"/reference/names/{name}" for name in group["names"]),
    )


def _listed(group: dict[str, Any]) -> list[str]:
    return table(["name", "what it does"], [(_link(name), first_sentence(name)) for name in group["names"]])


def _by_step(groups: list[dict[str, Any]]) -> str:
    lists = [part for group in groups for part in (f"## {group['title']}", group["says"], _listed(group))]
    return page(
        "# All names, step by step",
        "Everything is used as `pe.name` after `import peereval as pe`. Each name has a page with its arguments, what it gives, and an example that the tests run.",
        *lists,
        toctree([f"/reference/groups/{group['id']}" for group in groups]),
    )


def _find(words: list[tuple[str, str, dict[str, Any]]]) -> str:
    titles = dict.fromkeys(title for title, _, _ in words)
    parts = []
    for title in titles:
        rows = [
            (word, ", ".join(_link(name) for name in entry["names"]), entry.get("how", ""))
            for step, word, entry in words
            if step == title
        ]
        parts += [f"## {title}", table(["in a methods section", "name", "how"], rows)]
    return page(
        "# Find a method",
        "The words of a methods section, and what does it here. Type a word to see only the lines that have it.",
        fence("raw", [_FILTER], of="html"),
        *parts,
        "A word is missing? {doc}`All names </reference/names>` are listed by step, and the search looks through every page.",
    )


_FILTER = '<p><label for="find-word">Word</label> <input id="find-word" type="search" autocomplete="off" class="form-control"></p><p id="find-count" role="status"></p>'
