"""Evaluating a study again when nothing has changed, beside the first time: notebooks that need not run are kept."""

from __future__ import annotations

import shutil
import warnings
from typing import TYPE_CHECKING

from subject import Subject

import peereval as pe
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
    for kept in ("released", "secure"):
        shutil.rmtree(study.parent / kept, ignore_errors=True)
    return again(study)


def same(ours: tuple[bool, bool], theirs: tuple[bool, bool], peer: str) -> None:
    """Ours kept every section, the first time computed them, and none failed."""
    assert ours == (True, True), "sections were computed again"
    assert theirs == (False, True), peer


SUBJECTS = (
    Subject(
        what="evaluate a study of which nothing changed", unit="", sizes=(1,), make=evaluated, ours=again,
        peers={FIRST: anew}, same=same, rounds=1, memory=False,
    ),
)  # fmt: skip
