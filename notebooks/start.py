"""Write START.md, the page on which `make lab` opens: every notebook by its title, lessons first."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
ORDER = HERE.parent / "docs" / "learn" / "order.toml"
HEAD = """\
# Start here

A click on a title opens its notebook. It already shows its results. To run it yourself, choose *Run*, then
*Run All Cells*; to begin again, choose *Kernel*, then *Restart Kernel and Run All Cells*.

Write `pe.` in a cell and press the Tab key: every name of the package appears. Write `pe.score?` and run the cell: you
see what the function takes and gives.
"""
PARTS = {False: "Lessons, in this order", True: "Published evaluations, computed again"}
FOOT = """\
The lessons say where their data are synthetic: then every person in them was made up. The published evaluations use
printed figures; where persons were rebuilt from printed counts, figures and tables say so.
"""


def title(name: str) -> str:
    """Give the first heading of a notebook."""
    notebook = json.loads((HERE / f"{name}.ipynb").read_text(encoding="utf-8"))
    return re.search(r"^# (.+)$", "".join(notebook["cells"][0]["source"]), re.MULTILINE)[1]


def of_a_study(name: str) -> bool:
    """Say whether a notebook computes a published evaluation again: it is called as its data set is."""
    return (HERE.parent / "datasets" / name.replace("_", "-")).is_dir()


def page() -> str:
    """Give the text of START.md."""
    lessons = tomllib.loads(ORDER.read_text(encoding="utf-8"))["lesson"]
    parts = [HEAD]
    for published, heading in PARTS.items():
        mine = [each for each in lessons if of_a_study(each["notebook"]) is published]
        lines = [f"1. {each['part']}: [{title(each['notebook'])}]({each['notebook']}.ipynb)" for each in mine]
        parts.append("\n".join([f"## {heading}", "", *lines, ""]))
    return "\n".join([*parts, FOOT])


if __name__ == "__main__":
    (HERE / "START.md").write_text(page(), encoding="utf-8", newline="\n")
