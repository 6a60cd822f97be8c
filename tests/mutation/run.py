"""Mutation testing with cosmic-ray: change the code in small ways, one at a time, and see whether the tests notice."""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import tomli_w
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import WorkerOutcome, WorkResult

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "mutation"
TREE = (
    "src",
    "tests",
    "datasets",
    "notebooks",
    "docs",
    "pyproject.toml",
    "README.md",
    "CITATION.cff",
    "CHANGELOG.md",
    "NOTICE",
)
PYTEST = ["-x", "-q", "-n0", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:unraisableexception"]
COMMANDS = Path(sys.executable).parent


def copied(name: str) -> Path:
    """Give a copy of what the tests need, since cosmic-ray writes the mutants into the files."""
    tree = BUILD / name / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    for part in TREE:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, tree / part)
    return tree


def served(address: str) -> subprocess.Popen[bytes]:
    """Start the process whose forks run the tests, and wait until it listens."""
    few = {
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PEEREVAL_EXAMPLES": "8",
    }
    server = subprocess.Popen([sys.executable, HERE / "server.py", "serve", address], env=os.environ | few)
    while not Path(address).exists():
        if server.poll() is not None:
            sys.exit("The server of the tests did not start.")
        time.sleep(0.1)
    return server


def asked(address: str, seconds: float, tests: list[str]) -> list[str]:
    """Give the command line that asks the server to run tests."""
    return [sys.executable, "-S", "-E", str(HERE / "server.py"), "ask", address, str(seconds), *PYTEST, *tests]


def mutated(
    target: dict[str, object], settings: dict[str, object], address: str, sample: int | None
) -> list[dict[str, object]]:
    """Give one row a mutant of a target: module, place, what was changed and whether a test noticed."""
    tree = copied(str(target["name"]))
    command = asked(address, settings["seconds"], target["tests"])
    subprocess.run(asked(address, 1800, target["tests"]), cwd=tree, check=True)  # unchanged code must pass
    config, session = tree.parent / "config.toml", tree.parent / "session.sqlite"
    session.unlink(missing_ok=True)
    cosmic = {
        "module-path": [f"src/peereval/{module}" for module in target["modules"]],
        "timeout": settings["seconds"] + 30.0,
        "excluded-modules": [],
        "test-command": " ".join(command),
        "distributor": {"name": "local"},
        "filters": {"operators-filter": {"exclude-operators": settings["excluded"]}},
    }
    config.write_text(tomli_w.dumps({"cosmic-ray": cosmic}), encoding="utf-8")
    for words in (["cosmic-ray", "init", config, session], ["cr-filter-operators", session, config]):
        subprocess.run([COMMANDS / words[0], *words[1:]], cwd=tree, check=True)
    leave_out(session, sample)
    subprocess.run([COMMANDS / "cosmic-ray", "exec", config, session], cwd=tree, check=True)
    dumped = subprocess.run(
        [COMMANDS / "cosmic-ray", "dump", session], cwd=tree, check=True, capture_output=True, text=True
    )
    return [row for line in dumped.stdout.splitlines() if (row := described(*json.loads(line)))]


def leave_out(session: Path, sample: int | None) -> None:
    """Keep a random sample of the mutants, always the same, and mark the others as skipped."""
    with use_db(session, WorkDB.Mode.open) as database:
        waiting = {
            (str(mutant.module_path), mutant.start_pos, mutant.operator_name, mutant.occurrence): item.job_id
            for item in database.pending_work_items
            for mutant in item.mutations
        }
        kept = waiting if sample is None else random.Random(1).sample(sorted(waiting), min(sample, len(waiting)))  # noqa: S311 - no secret
        for left in waiting.keys() - set(kept):
            database.set_result(waiting[left], WorkResult(worker_outcome=WorkerOutcome.SKIPPED))


def described(work: dict[str, object], result: dict[str, object] | None) -> dict[str, object] | None:
    """Give what a report says of one mutant; none where the operator was left out."""
    if result is None or result["worker_outcome"] == "skipped":
        return None
    [mutation] = work["mutations"]
    return {
        "module": mutation["module_path"].removeprefix("src/peereval/"),
        "line": mutation["start_pos"][0],
        "operator": mutation["operator_name"].removeprefix("core/"),
        "killed": result["test_outcome"] == "killed",
        "diff": result["diff"],
    }


def main() -> None:
    """Run all targets, or those that are named; write the survivors and print the scores."""
    found = tomllib.loads((HERE / "targets.toml").read_text(encoding="utf-8"))
    names = [target["name"] for target in found["target"]]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "targets", nargs="*", metavar="target", help=f"one of {', '.join(names)}; all where none is named"
    )
    parser.add_argument("--sample", type=int, help="so many mutants of each target, drawn at random, always the same")
    asked_for = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = served(f"{folder}/tests")
        try:
            for target in found["target"]:
                if not asked_for.targets or target["name"] in asked_for.targets:
                    report(target["name"], mutated(target, found["settings"], f"{folder}/tests", asked_for.sample))
        finally:
            server.terminate()


def report(name: str, mutants: list[dict[str, object]]) -> None:
    """Print the score of each module and write what survived, to be read one by one."""
    for module in sorted({str(mutant["module"]) for mutant in mutants}):
        own = [mutant for mutant in mutants if mutant["module"] == module]
        killed = sum(bool(mutant["killed"]) for mutant in own)
        print(f"{name:15} {module:30} {len(own):4} mutants, {killed:4} killed, {killed / len(own):6.1%}", flush=True)
    survivors = [f"{m['module']}:{m['line']} {m['operator']}\n{m['diff']}" for m in mutants if not m["killed"]]
    (BUILD / name / "survivors.txt").write_text("\n\n".join(survivors), encoding="utf-8")


if __name__ == "__main__":
    main()
