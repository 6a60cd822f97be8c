"""Write the generated pages, and the JSON Schema of a study file that is shipped with the package."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import generators  # noqa: E402 - it lies beside this file

import peereval as pe  # noqa: E402
from peereval.studies.schema import FILE, as_json, study_schema  # noqa: E402


def study_schema_file() -> None:
    """Write the JSON Schema that is shipped with the package; run it after a key was added."""
    place = Path(pe.__file__).parent / "studies" / FILE
    place.write_text(as_json(study_schema()), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    generators.everything(HERE)
    study_schema_file()
