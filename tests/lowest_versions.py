"""Print the lowest version of each package that pyproject.toml allows, as constraints for pip."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
for requirement in project["dependencies"]:
    found = re.match(r"([\w.-]+)[^>]*>=\s*([\w.]+)", requirement)
    # without a lower bound another package sets it
    if found:
        print(f"{found[1]}=={found[2]}")
