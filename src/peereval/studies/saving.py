"""What leaves of a section: protected together with what the study has released, written whole or not at all."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from peereval.disclosure.release import release
from peereval.disclosure.storage import read_released, write_released
from peereval.errors import DestinationError, InvalidValueError, UnknownNameError, nearest
from peereval.studies.inputs import READS
from peereval.studies.joint_displays import displays_of_released
from peereval.studies.prespecification import SECURE, record_plan
from peereval.studies.sections import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peereval.results import Released, Result
    from peereval.studies.study import Study

RELEASED = "released"
"""The folder of a study that holds what may leave."""
CONFIRMED = "confirmed"
"""The folder in ``released/`` that keeps what left the building, one folder a date."""
PARTS = "parts"
"""The folder in ``secure/`` in which a section is written before it changes places."""
PENDING = "PEEREVAL_PENDING"
"""Set in the kernels of a run: the folder with a file for each section that the run has not ended yet."""
STUDY = "PEEREVAL_STUDY"
"""Set in the kernels of a run: the study file that is run."""
POLICY = "PEEREVAL_POLICY"
"""Set in the kernels of a run whose policy is not that of the study file."""


def compute_section(study: Study, section: str) -> list[Result]:
    """Compute a section of a study from the data that it needs.

    Parameters
    ----------
    study : Study
        The study.
    section : str
        The id of the section.

    Returns
    -------
    list of Result
        What was found.

    Raises
    ------
    UnknownNameError
        There is no such section.
    PeerevalError
        The data break a contract, or an analysis does not fit the design.
    """
    check_section(section)
    record_plan(study)
    reads = READS[section]
    return SECTIONS[section][1](study, study.tables(survey="survey" in reads, contacts="contacts" in reads))


def save_section(study: Study, section: str, results: Result | Sequence[Result]) -> Path:
    """Protect the results of a section and write them where the report finds them.

    Parameters
    ----------
    study : Study
        The study.
    section : str
        The id of the section.
    results : Result or sequence of Result
        What was found.

    Returns
    -------
    Path
        The folder, with protected results only. They were protected against the other sections of this study and all
        that has been confirmed by `peereval release`.

    Raises
    ------
    UnknownNameError
        There is no such section.
    InvalidValueError
        In a run: this is another study than the one that is run.
    NotReleasedError
        A result cannot be protected.
    DestinationError
        The folder cannot be written; what stood there before still stands.
    """
    check_section(section)
    _check_study(study)
    policy = os.environ.get(POLICY, study.plan.disclosure.policy)
    beside = _beside(study, section)
    known = [*confirmed_results(study), *beside]
    found = displays_of_released(release(results, policy=policy, previous=known), policy=policy, beside=beside)
    return _placed(study, section, found)


def _check_study(study: Study) -> None:
    run = os.environ.get(STUDY)
    if run is not None and study.path.resolve() != Path(run):
        msg = f"The notebook saves results of {study.path.name}, but {Path(run).name} is evaluated."
        raise InvalidValueError(msg, hint="Let the notebook read that file, or keep each study in a folder of its own.")


def check_section(section: str) -> None:
    """Refuse a section that does not exist.

    Parameters
    ----------
    section : str
        The id of a section.

    Raises
    ------
    UnknownNameError
        There is no such section.
    """
    if section not in SECTIONS:
        msg = f"No section is called {section!r}."
        raise UnknownNameError(msg, hint=nearest(section, SECTIONS))


def released_results(study: Study, section: str) -> list[Released]:
    """Read what a section of a study released.

    Parameters
    ----------
    study : Study
        The study.
    section : str
        The id of the section.

    Returns
    -------
    list of Released
        Its protected results; none where it has not been saved.

    Raises
    ------
    UnknownNameError
        There is no such section.
    """
    check_section(section)
    place = study.file(RELEASED) / section
    return read_released(place) if place.is_dir() else []


def released_sections(folder: Path) -> dict[str, list[Released]]:
    """Read the released results of all sections in a folder.

    Parameters
    ----------
    folder : Path
        A folder ``released/``, or one that was confirmed.

    Returns
    -------
    dict of str to list of Released
        Section to its results, in the order of the report.

    Raises
    ------
    UnreadableFileError
        A file in it is broken.
    """
    return {name: read_released(folder / name) for name in SECTIONS if (folder / name).is_dir()}


def confirmed_results(study: Study) -> list[Released]:
    """Read all that has left the building, the earliest first.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    list of Released
        The results of every confirmed release.
    """
    folders = sorted((study.file(RELEASED) / CONFIRMED).glob("*"), key=_day_and_number)
    return [found for folder in folders for part in released_sections(folder).values() for found in part]


def _day_and_number(folder: Path) -> tuple[str, int]:
    """The tenth release of a day comes after its second."""
    return folder.name[:10], int(folder.name[11:] or 1)


def _beside(study: Study, section: str) -> list[Released]:
    """What the other sections have released as they are now; in a run, sections before this one are waited for.

    So the order in which kernels end decides nothing, and sections that are about to be written anew do not count.
    """
    order = list(SECTIONS)
    before, after = order[: order.index(section)], order[order.index(section) + 1 :]
    while _pending() & set(before):
        time.sleep(0.05)
    now = [folder for folder in (study.file(RELEASED) / name for name in [*before, *after]) if folder.is_dir()]
    kept = [folder for folder in now if folder.name not in _pending()]
    return [found for folder in kept for found in read_released(folder)]


def _pending() -> set[str]:
    place = os.environ.get(PENDING)
    return {path.name for path in Path(place).iterdir()} if place and Path(place).is_dir() else set()


def _placed(study: Study, section: str, found: list[Released]) -> Path:
    """Write beside, then change places: a section is never seen half-written."""
    place, beside = study.file(RELEASED) / section, study.file(SECURE) / PARTS / section
    try:
        place.parent.mkdir(exist_ok=True)
        shutil.rmtree(beside.parent / section, ignore_errors=True)
        beside.mkdir(parents=True)
        write_released(found, beside)
        replace_folder(beside, place)
    except OSError as error:
        msg = f"{place} cannot be written: {error.strerror}."
        raise DestinationError(msg, hint="Look at the folder's rights and the free space.") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return place


def replace_folder(new: Path, place: Path) -> None:
    """Put a folder in the place of another, which is removed.

    Parameters
    ----------
    new, place : Path
        The folder that was written whole, and where it belongs, on the same disk.
    """
    old = new.with_name(f"{new.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    new.rename(place)
    shutil.rmtree(old, ignore_errors=True)
