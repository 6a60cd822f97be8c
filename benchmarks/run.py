"""Measure against named peers in one run, and print one table: ours, peer, ratio.

Medians of several rounds; ours and the peer take turns, so that both see the same machine. Nothing here is a test.
"""

from __future__ import annotations

import importlib
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).parent))
SUBJECTS = ("import_time", "scoring", "admissions", "linkage", "surveys", "mmrm")


def medians(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each call, taking turns."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def main() -> None:
    """Run the subjects that are named, or all."""
    print(f"{'what':44} {'ours s':>9} {'peer s':>9} {'ratio':>6}  peer")
    for subject in sys.argv[1:] or SUBJECTS:
        module = importlib.import_module(subject)
        for what, calls, rounds in module.cases():
            taken = medians(calls, rounds)
            ours = taken.pop("ours")
            for peer, seconds in taken.items():
                print(f"{what:44} {ours:9.3f} {seconds:9.3f} {ours / seconds:6.2f}  {peer}")


if __name__ == "__main__":
    main()
