"""What was decided before the data were read: stored at the first reading, compared ever after."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from peereval.errors import DestinationError, UnreadableFileError
from peereval.files import write_text
from peereval.results import versions
from peereval.studies.plan import hash_of

if TYPE_CHECKING:
    from pathlib import Path

    from peereval.studies.study import Study

SECURE = "secure"
"""The folder of a study that holds what never leaves."""
RECORD = "plan.json"
_UNSAID = "not given"


def record_plan(study: Study) -> None:
    """Store what a study decides before its data are read, unless it is stored already.

    Parameters
    ----------
    study : Study
        The study.

    Raises
    ------
    DestinationError
        ``secure/plan.json`` cannot be written.
    """
    place = _place(study)
    if place.exists():
        return
    try:
        place.parent.mkdir(exist_ok=True)
    except OSError as error:
        msg = f"The folder {place.parent} cannot be made: {error.strerror}."
        raise DestinationError(msg, hint="Before data are read, the plan is stored there: make it writable.") from error
    content = {
        "stored": datetime.now(UTC).isoformat(timespec="seconds"),
        "hash": study.plan.hash(),
        "peereval": versions()["peereval"],
        "plan": study.plan.prespecified,
    }
    write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", place)


def recorded_plan(study: Study) -> dict[str, Any] | None:
    """Read what was stored before the data of a study were first read.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    dict or None
        ``stored`` (time, UTC), ``hash``, ``peereval`` (the version) and ``plan`` (the way to each key and its value);
        None where the data have not been read yet.

    Raises
    ------
    UnreadableFileError
        The file was changed by hand, so that its hash is not that of its plan.
    """
    place = _place(study)
    if not place.exists():
        return None
    try:
        found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        whole = found["hash"] == hash_of(found["plan"]) and bool(datetime.fromisoformat(found["stored"]))
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        msg = f"{PurePath(SECURE, RECORD)} is not as it was stored: its hash does not fit its plan."
        raise UnreadableFileError(
            msg, hint="Take it from a backup. Without it nobody can say what was decided before the data."
        )
    return found


def departures(study: Study) -> list[str]:
    """List where a study file departs from what was stored before its data were first read.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    list of str
        A sentence for each key; none where nothing was changed, or the data have not been read yet.

    Raises
    ------
    UnreadableFileError
        What was stored has been changed by hand.

    Examples
    --------
    >>> import tempfile
    >>> import peereval as pe
    >>> from peereval.studies.folder import new_study
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = new_study(folder + "/ward", preset="ward", seed=1)
    ...     record_plan(pe.Study.from_toml(file))
    ...     text = file.read_text(encoding="utf-8").replace('primary = "qpr-15:total"', 'primary = "who-5:score_0_100"')
    ...     _ = file.write_text(text, encoding="utf-8")
    ...     [each.partition(": ")[2] for each in departures(pe.Study.from_toml(file))]
    ['plan.primary was qpr-15:total, and is who-5:score_0_100.']
    """
    stored = recorded_plan(study)
    if stored is None:
        return []
    before, now = stored["plan"], study.plan.prespecified
    changed = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return [
        f"Since the data were first read, on {stored['stored'][:10]}: {name} was {_shown(before.get(name))}, and is {_shown(now.get(name))}."
        for name in changed
    ]


def _shown(value: Any) -> str:
    if value is None or value == []:
        return _UNSAID
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _place(study: Study) -> Path:
    return study.file(SECURE) / RECORD
