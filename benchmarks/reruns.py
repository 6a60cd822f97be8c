"""Evaluating a study again when nothing or one export has changed, beside the first time: notebooks that need not run are kept."""

from __future__ import annotations

import shutil
import subprocess
import sys
import warnings
from typing import TYPE_CHECKING

import pandas as pd
from subject import Subject

import peereval as pe
from peereval.files import write_table
from peereval.studies.folder import new_study
from peereval.studies.running import run_study

if TYPE_CHECKING:
    from pathlib import Path

FIRST = "the first time"


def evaluated(_: int, folder: Path) -> Path:
    """A made-up ward, evaluated once."""
    study = new_study(folder / "study", preset="ward", seed=1)
    again(study)
    return study


def again(study: Path) -> tuple[bool, bool]:
    """Say whether all sections were kept, and whether none failed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = run_study(pe.Study.from_toml(study))
    return not run.computed, not run.failed


def anew(study: Path) -> tuple[bool, bool]:
    """The same without what was kept."""
    forget(study)
    return again(study)


def forget(study: Path) -> None:
    """Take away what earlier runs kept."""
    for kept in ("released", "secure"):
        shutil.rmtree(study.parent / kept, ignore_errors=True)


def same(ours: tuple[bool, bool], theirs: tuple[bool, bool], peer: str) -> None:
    """Ours kept every section, the first time computed them, and none failed."""
    assert ours == (True, True), "sections were computed again"
    assert theirs == (False, True), peer


def whole(_: int, folder: Path) -> Path:
    """A made-up study with all sections, evaluated once."""
    study = new_study(folder / "study", seed=1)
    commanded(study)
    return study


def commanded(study: Path) -> tuple[bool, bool]:
    """Evaluate on the command line, where every run begins with nothing loaded; say as `again` does."""
    command = [sys.executable, "-m", "peereval", "--language", "en", "evaluate", str(study)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)  # noqa: S603
    return "Computed: hospital." in done.stdout, done.returncode == 0


def another_export(study: Path) -> tuple[bool, bool]:
    """A tenth of the hospital contacts is gone from the new export."""
    place = study.parent / "data" / "contacts.synthetic.parquet"
    contacts = pd.read_parquet(place)
    write_table(contacts.iloc[: -len(contacts) // 10], place, origin="synthetic")
    return commanded(study)


def with_nothing_kept(study: Path) -> tuple[bool, bool]:
    """The same without what was kept."""
    forget(study)
    return commanded(study)


def only_hospital(ours: tuple[bool, bool], theirs: tuple[bool, bool], peer: str) -> None:
    """Ours computed that section alone, the first time all, and none failed."""
    assert ours == (True, True), "other sections were computed, or none"
    assert theirs == (False, True), peer


SUBJECTS = (
    Subject(
        what="evaluate a study of which nothing changed", unit="", sizes=(1,), make=evaluated, ours=again,
        peers={FIRST: anew}, same=same, rounds=1, memory=False,
    ),
    Subject(
        what="evaluate a study of seven sections of which one export changed", unit="", sizes=(1,), make=whole, ours=another_export,
        peers={FIRST: with_nothing_kept}, same=only_hospital, rounds=1, memory=False,
    ),
)  # fmt: skip
