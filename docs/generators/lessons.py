"""The notebooks on the site: copied with their outputs, and listed in the order that teaches."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

from generators.markdown import page, toctree

if TYPE_CHECKING:
    from pathlib import Path


def pages(folder: Path) -> dict[str, str]:
    """Give the pages by their path below the documentation."""
    lessons = tomllib.loads((folder / "learn" / "order.toml").read_text(encoding="utf-8"))["lesson"]
    names = [lesson["notebook"] for lesson in lessons]
    texts = {name: (folder.parent / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8") for name in names}
    return {
        "learn/lessons.md.part": _listed(lessons, texts),
        **{f"learn/notebooks/{name}.ipynb": text for name, text in texts.items()},
    }


def _listed(lessons: list[dict[str, Any]], texts: dict[str, str]) -> str:
    """The parts with their lessons, and the navigation."""
    parts: list[str | list[str]] = []
    for part in dict.fromkeys(lesson["part"] for lesson in lessons):
        mine = [lesson for lesson in lessons if lesson["part"] == part]
        names = [f"/learn/notebooks/{lesson['notebook']}" for lesson in mine]
        parts += [
            f"## {part}",
            [_lesson(lesson, texts) for lesson in mine],
            toctree(names, ":hidden:", f":caption: {part}"),
        ]
    return page(*parts)


def _lesson(lesson: dict[str, Any], texts: dict[str, str]) -> str:
    title = lesson.get("title") or _heading(texts[lesson["notebook"]])
    minutes = f" ({lesson['minutes']} minutes)" if "minutes" in lesson else ""
    aims = f": {'; '.join(lesson['aims'])}" if lesson.get("aims") else ""
    return f"- {{doc}}`{title} </learn/notebooks/{lesson['notebook']}>`{minutes}{aims}"


def _heading(text: str) -> str:
    """The first heading of a notebook."""
    lines = (
        line
        for each in json.loads(text)["cells"]
        if each["cell_type"] == "markdown"
        for line in "".join(each["source"]).splitlines()
    )
    return next(line for line in lines if line.startswith("# ")).removeprefix("# ")
