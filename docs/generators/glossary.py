"""The terms of the field in the three languages of reports."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from generators.markdown import page, table

if TYPE_CHECKING:
    from pathlib import Path


def pages(folder: Path) -> dict[str, str]:
    """Give the pages by their path below the documentation."""
    file = folder.parent / "src" / "peereval" / "reports" / "languages" / "glossary.toml"
    terms = tomllib.loads(file.read_text(encoding="utf-8"))["terms"]
    rows = sorted(((each["en"], each["da"], each["sv"]) for each in terms), key=lambda row: row[0].casefold())
    return {
        "reference/glossary.md": page(
            "# Glossary",
            "The terms as reports write them in English, Danish and Swedish. Names of instruments and scales stay as they are.",
            table(["English", "Danish", "Swedish"], rows),
        )
    }
