"""What ``import peereval`` costs over a bare interpreter."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def cases() -> Iterator[tuple[str, dict[str, Callable[[], object]], int]]:
    """Start an interpreter with and without the import."""

    def start(code: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - the interpreter that runs this

    yield "import peereval", {"ours": start("import peereval"), "a bare interpreter": start("pass")}, 15
