"""What left the building is kept, so that later releases are protected against it and can be compared with it."""

from __future__ import annotations

import shutil
from datetime import date
from typing import TYPE_CHECKING

from peereval.errors import DestinationError
from peereval.studies.locking import alone
from peereval.studies.prespecification import SECURE
from peereval.studies.running import Run, disk_errors, run_alone
from peereval.studies.saving import CONFIRMED, PARTS, RELEASED

if TYPE_CHECKING:
    from pathlib import Path

    from peereval.studies.study import Study


def confirm_release(
    study: Study, *, policy: str | None = None, today: date | None = None, progress: bool = False
) -> tuple[Run, Path | None]:
    """Keep what a study has released as that which left the building.

    The study is run first, so that nothing is confirmed that its data and notebooks no longer give. From then on, no
    section of the study releases what could be subtracted from what was confirmed.

    Parameters
    ----------
    study : Study
        The study.
    policy : str, optional
        Another disclosure policy than that of the study file, for this release.
    today : date, optional
        The day by which the release is called; today by default.
    progress : bool
        Whether to show on the terminal what is being done.

    Returns
    -------
    tuple of Run and Path or None
        What the run did, and the folder in ``released/confirmed/`` with the results, the audit of each section and the
        report; None where a section failed, so that nothing was confirmed.

    Raises
    ------
    DestinationError
        The folder cannot be written, or another run works in it; nothing is left half-written.
    """
    with disk_errors(), alone(study.file(SECURE)):
        run = run_alone(study, report=None, policy=policy, again=False, progress=progress)
        if run.report is None or run.failed:
            return run, None
        return run, _kept(study, today or date.today())  # noqa: DTZ011 - the day on the wall of those who send it


def _kept(study: Study, today: date) -> Path:
    """Copy what was released: written beside, then put in its place."""
    day = today.isoformat()
    folder = study.file(RELEASED) / CONFIRMED
    taken = len(list(folder.glob(f"{day}*")))
    place = folder / (f"{day}-{taken + 1}" if taken else day)
    beside = study.file(SECURE) / PARTS / CONFIRMED
    try:
        folder.mkdir(exist_ok=True)
        shutil.rmtree(beside, ignore_errors=True)
        shutil.copytree(study.file(RELEASED), beside, ignore=shutil.ignore_patterns(CONFIRMED))
        beside.rename(place)
    except (OSError, shutil.Error) as error:
        msg = f"{place} cannot be written: {getattr(error, 'strerror', None) or 'the copy failed'}."
        raise DestinationError(msg, hint="Look at the folder's rights and the free space.") from None
    finally:
        shutil.rmtree(beside.parent, ignore_errors=True)
    return place
