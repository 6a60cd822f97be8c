"""The pages that are made from the code and its data, so that they cannot fall behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generators import definitions, disclosure, errors, glossary, instruments, lessons, names, schemas

if TYPE_CHECKING:
    from pathlib import Path

_ROOMS = (names, instruments, definitions, disclosure, errors, schemas, glossary, lessons)


def everything(folder: Path) -> None:
    """Write all generated pages into the folder of the documentation; remove those that are no longer made.

    Parameters
    ----------
    folder : Path
        Where ``conf.py`` is.
    """
    pages = {folder / name: text for room in _ROOMS for name, text in room.pages(folder).items()}
    for path, text in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        # an equal file keeps its time, and Sphinx does not read it again
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
    kept = {folder / "reference" / "index.md"}
    for path in [*(folder / "reference").rglob("*.md"), *(folder / "learn" / "notebooks").glob("*.ipynb")]:
        if path not in pages and path not in kept:
            path.unlink()
