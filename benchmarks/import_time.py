"""What ``import peereval`` costs over a bare interpreter."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

from subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable


def start(code: str) -> Callable[[Any], object]:
    """Start an interpreter that runs the code."""
    return lambda _: subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - the interpreter that runs this


SUBJECTS = (
    Subject(
        what="import peereval", unit="", sizes=(1,), make=lambda *_: None, ours=start("import peereval"),
        peers={"a bare interpreter": start("pass")}, rounds=15, memory=False,
    ),
)  # fmt: skip
