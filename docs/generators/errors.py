"""A page for every error and warning, and the list of all by code."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

from generators.markdown import page, table, toctree
from peereval import errors

if TYPE_CHECKING:
    from pathlib import Path


def pages(_: Path) -> dict[str, str]:
    """Give the pages by their path below the documentation."""
    found = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    ours = [kind for kind in found if issubclass(kind, errors.PeerevalError | errors.PeerevalWarning)]
    kinds = {kind.code: kind for kind in sorted(ours, key=lambda kind: kind.code)}
    rows = [
        (f"{{doc}}`{code} </reference/errors/{code}>`", _told(kind)[0], f"`{kind.__name__}`")
        for code, kind in kinds.items()
    ]
    return {
        "reference/errors/index.md": page(
            "# Errors and warnings",
            "Every message begins with a code that does not change. The page of the code says what it means and what to do.",
            table(["code", "what it means", "kind"], rows),
            toctree(f"/reference/errors/{code}" for code in kinds),
        ),
        **{
            f"reference/errors/{code}.md": page(f"# {code}: {kind.__name__}", *_told(kind))
            for code, kind in kinds.items()
        },
    }


def _told(kind: type) -> list[str]:
    """The paragraphs of its documentation, as Markdown."""
    text = (inspect.getdoc(kind) or "").partition("Parameters\n")[0].strip()
    return [re.sub(r"`+", "`", " ".join(part.split())) for part in text.split("\n\n")]
