"""Measure against named peers in one run: seconds, peak memory, and how our time grows; one table, printed and written.

Medians of several rounds; ours and the peers take turns, so that all see the same machine, and what they give is held
against ours in the same run. Nothing here is a test. With names of subjects only these are run, and nothing is written.
"""

from __future__ import annotations

import importlib
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from tables import page, table  # noqa: E402 - it lies beside this file

if TYPE_CHECKING:
    from subject import Call, Subject

SUBJECTS = (
    "import_time", "scoring", "surveys", "linkage", "mmrm", "admissions", "time_to_event", "pooling", "releasing",
    "reruns",
)  # fmt: skip
PAGE = HERE.parent / "docs" / "performance.md"
PACKAGES = ("peereval", "numpy", "pandas", "pyarrow", "scipy", "duckdb", "ibis-framework", "statsmodels", "polars")
CAN_MEASURE_MEMORY = Path("/proc/self/clear_refs").exists()


class Row(NamedTuple):
    """One line of the table: ours beside one peer at one size."""

    what: str
    size: str
    ours: float
    peer: str
    seconds: float | None
    memory: float | None
    peer_memory: float | None
    growth: float | None


def main() -> None:
    """Run the subjects that are named, or all."""
    warnings.simplefilter("ignore")
    if sys.argv[1:2] == ["--memory"]:
        name, number, size, call = sys.argv[2:]
        print(_peak_here(importlib.import_module(name).SUBJECTS[int(number)], int(size), call))
        return
    start = time.perf_counter()
    names = sys.argv[1:] or SUBJECTS
    rows = [row for name in names for row in _measured(name)]
    print(table(rows))
    if not sys.argv[1:]:
        facts = {**_machine(), "seconds of the whole run": f"{time.perf_counter() - start:.0f}"}
        PAGE.write_text(page(rows, facts), encoding="utf-8")
        print(f"Written: {PAGE.relative_to(HERE.parent)}")


def _measured(name: str) -> list[Row]:
    """All lines of a file of benchmarks, told on the way."""
    rows: list[Row] = []
    for number, subject in enumerate(importlib.import_module(name).SUBJECTS):
        print(subject.what, file=sys.stderr, flush=True)
        seconds = {size: _seconds(subject, size) for size in subject.sizes}
        rows += _rows(subject, seconds, partial(_peak, name, number))
    return rows


def _seconds(subject: Subject, size: int) -> dict[str, float]:
    """Median seconds of each call, taking turns after a first round in which results are compared."""
    calls = subject.calls(size)
    with tempfile.TemporaryDirectory() as folder:
        data = subject.make(size, Path(folder))
        first = {name: call(data) for name, call in calls.items()}
        for name in calls:
            if subject.same is not None and name != "ours":
                subject.same(first["ours"], first[name], name)
        del first
        taken: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(subject.rounds):
            for name, call in calls.items():
                taken[name].append(_taken(call, data))
    return {name: statistics.median(each) for name, each in taken.items()}


def _taken(call: Call, data: Any) -> float:
    start = time.perf_counter()
    call(data)
    return time.perf_counter() - start


def _rows(subject: Subject, seconds: dict[int, dict[str, float]], peak: Any) -> list[Row]:
    small, large = subject.sizes[0], subject.sizes[-1]
    growth = None
    if large > small:
        growth = math.log(seconds[large]["ours"] / seconds[small]["ours"]) / math.log(large / small)
    return [
        _row(
            subject,
            size,
            taken,
            peer,
            peak if subject.memory and size == large else None,
            growth if size == large else None,
        )
        for size, taken in seconds.items()
        for peer in [name for name in taken if name != "ours"] or [""]
    ]


def _row(subject: Subject, size: int, taken: dict[str, float], peer: str, peak: Any, growth: float | None) -> Row:
    return Row(
        what=subject.what,
        size=f"{size:,} {subject.unit}" if size > 1 else "",
        ours=taken["ours"],
        peer=peer,
        seconds=taken.get(peer),
        memory=peak(size, "ours") if peak else None,
        peer_memory=peak(size, peer) if peak and peer else None,
        growth=growth,
    )


@cache
def _peak(name: str, number: int, size: int, call: str) -> float | None:
    """Megabytes that a call adds to its data at its peak, in a process of its own (Linux only)."""
    if not CAN_MEASURE_MEMORY:
        return None
    arguments = [sys.executable, str(HERE / "run.py"), "--memory", name, str(number), str(size), call]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)  # noqa: S603 - this file, with the interpreter that runs it
    return float(done.stdout.split()[-1])


def _peak_here(subject: Subject, size: int, call: str) -> float:
    """Peak over what was in use once the data stood, and the libraries were loaded by a small run."""
    run = subject.calls(size)[call]
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder, "small")
        small.mkdir()
        run(subject.make(subject.sizes[0], small))
        data = subject.make(size, Path(folder))
        # the peak so far is forgotten
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        before = _status("VmRSS")
        run(data)
        return (_status("VmHWM") - before) / 1024


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def _machine() -> dict[str, str]:
    """What the numbers depend on, without the machine's name."""
    from importlib.metadata import version

    about = {name: version(name) for name in PACKAGES}
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{pages / 2**30:.0f} GB",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {number}" for name, number in about.items()),
    }


def _processor() -> str:
    cores = Path("/proc/cpuinfo")
    lines = cores.read_text(encoding="utf-8").splitlines() if cores.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor()


if __name__ == "__main__":
    main()
