"""Run tests in forks of one process that has read the other libraries already: a mutant then costs its tests and no imports."""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

# read once; peereval itself is read anew in every fork, since that is what has been changed
LIBRARIES = (
    *("pandas", "pyarrow", "pydantic", "scipy.stats", "scipy.optimize", "statsmodels.api", "formulaic", "jinja2"),
    *("ibis.backends.duckdb", "matplotlib.pyplot", "great_tables", "pytest"),
)
TOO_LONG = 124


def serve(address: str) -> None:
    """Answer each connection with the exit code of the tests that it names."""
    for name in LIBRARIES:
        importlib.import_module(name)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asked = json.loads(connection.recv(100_000))
            connection.sendall(str(judged(asked)).encode())
            os._exit(0)
        connection.close()


def judged(asked: dict[str, object]) -> int:
    """Give the exit code of the tests in a process of their own, ended where it takes too long."""
    child = os.fork()
    if child == 0:
        run(asked)
    latest = time.monotonic() + float(asked["seconds"])
    while time.monotonic() < latest:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    return TOO_LONG


def run(asked: dict[str, object]) -> None:
    """Run pytest in the tree that is asked for, and leave."""
    os.setsid()
    os.chdir(asked["tree"])
    output = os.open("last_run.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.path.insert(0, str(Path(asked["tree"]) / "src"))
    import pytest

    os._exit(int(pytest.main(asked["arguments"])))


def ask(address: str, seconds: str, arguments: list[str]) -> int:
    """Ask the server for the exit code of these tests in the folder this is called from."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    connection.sendall(json.dumps({"tree": str(Path.cwd()), "seconds": seconds, "arguments": arguments}).encode())
    return int(connection.recv(100) or 1)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        sys.exit(ask(sys.argv[2], sys.argv[3], sys.argv[4:]))
