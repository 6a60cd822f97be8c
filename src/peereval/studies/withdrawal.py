"""A person withdraws: every row of theirs is taken out of every file that the study names."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

from peereval.errors import ColumnError, InvalidValueError, UnreadableFileError
from peereval.files import UNFINISHED, existing_file, write_together
from peereval.reports.languages import words
from peereval.studies.erasing import ERASERS
from peereval.studies.locking import LOCK, alone
from peereval.studies.prespecification import RECORD, SECURE
from peereval.studies.section_notebooks import NOTEBOOKS, without_outputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from peereval.studies.study import Study


KEPT = (RECORD, "key", LOCK)
"""What stays in ``secure/``: the plan, the key of the fingerprints that have left, and the lock."""
CHECKPOINTS = ".ipynb_checkpoints"
"""Where JupyterLab keeps copies of what was opened in it, beside that."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Where a person was taken out, in counts only.

    Parameters
    ----------
    removed : mapping of str to int
        File, as the study names it, to the number of rows that were taken out.
    by_hand : mapping of str to str
        File that could not be searched or changed, and why.
    dropped : tuple of str
        What was deleted, since it was made of the rows: all that a run left in ``secure/``, copies of notebooks that
        JupyterLab keeps, and what a run that was broken off left half-written beside a file.
    cleared : tuple of str
        Notebooks that stay, but without what their cells had shown.
    """

    removed: Mapping[str, int]
    by_hand: Mapping[str, str]
    dropped: tuple[str, ...]
    cleared: tuple[str, ...] = ()

    def text(self, language: str = "en") -> str:
        """Give what was done as lines to read.

        Parameters
        ----------
        language : {"en", "da", "sv"}
            The language; what has no translation is given in English.

        Returns
        -------
        str
            The lines.
        """
        rows = [f"  {name}: {count} {'row' if count == 1 else 'rows'}" for name, count in self.removed.items()]
        lines = ["Taken out", *rows]
        if self.by_hand:
            lines += ["", "To do by hand", *(f"  {name}: {why}" for name, why in self.by_hand.items())]
        if self.dropped:
            lines += ["", f"Deleted: {', '.join(self.dropped)}"]
        if self.cleared:
            lines += ["", f"Cleared of what the cells had shown: {', '.join(self.cleared)}"]
        lines += ["", "Evaluate the study again: what was released before still counts this person."]
        return "\n".join(map(words(language, "command-line").sentence, lines))


def withdraw(study: Study, person: str) -> Withdrawal:
    """Take a person out of every file that a study names.

    All files are written anew, or none; the order of the other rows and their cells stay as they are. Copies elsewhere,
    such as the export's source or a backup, are not touched.

    Parameters
    ----------
    study : Study
        The study.
    person : str
        The key of the person, as it stands in the files.

    Returns
    -------
    Withdrawal
        How many rows of which file were taken out, what is to be done by hand, and which results made of them were deleted.

    Raises
    ------
    InvalidValueError
        No file holds this key; nothing is changed then.
    MissingFileError
        A file that the study names is not there.
    DestinationError
        A file cannot be written, or a run works in the folder; nothing is changed then.

    Examples
    --------
    >>> import tempfile
    >>> import peereval as pe
    >>> from peereval.studies.folder import new_study
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     study = pe.Study.from_toml(new_study(folder + "/region", preset="region", seed=1))
    ...     print(withdraw(study, "S00003").text())
    Taken out
      data/responses.synthetic.parquet: 3 rows
      data/contacts.synthetic.parquet: 1 row
    <BLANKLINE>
    Evaluate the study again: what was released before still counts this person.
    """
    with alone(study.file(SECURE)):
        return _withdrawn(study, person)


def _withdrawn(study: Study, person: str) -> Withdrawal:
    removed: dict[str, int] = {}
    by_hand = dict(_unsearched(study))
    writes: dict[Path, Callable[[Path], object]] = {}
    for name, column in _places(study):
        for path in _files(study, name):
            eraser = ERASERS.get(path.suffix.lower())
            if eraser is None:
                by_hand[name] = f"rows cannot be taken out of a {path.suffix} file here"
                continue
            try:
                count, write = eraser(path, column, person)
            except ColumnError:
                by_hand[name] = f"there is no column {column!r} that says whose a row is"
                continue
            removed[name] = removed.get(name, 0) + count
            if count:
                writes[path] = write
    if not writes:
        msg = "No file of the study holds this key."
        raise InvalidValueError(msg, hint="Look how the key is written in the files; nothing was changed.")
    write_together(writes)
    cleared = _cleared(study, by_hand)
    return Withdrawal(removed, by_hand, _dropped(study, {path.parent for path in writes}), cleared)


def _places(study: Study) -> Iterator[tuple[str, str]]:
    """The files that hold rows of persons, with the column of the key."""
    plan = study.plan
    if plan.survey.linking is None and plan.study.design == "panel":
        yield plan.survey.file, plan.survey.columns.person or "person"
    if plan.contacts is not None:
        yield plan.contacts.file, "person"
        if plan.contacts.persons is not None:
            yield plan.contacts.persons, "person"
    if plan.costs is not None and plan.costs.person_level is not None:
        yield plan.costs.person_level.file, "person"
    if plan.interviews is not None:
        yield from ((name, "informant") for name in (plan.interviews.informants, plan.interviews.codings) if name)


def _unsearched(study: Study) -> Iterator[tuple[str, str]]:
    """The answers, where nothing in them says who gave them."""
    if study.plan.survey.linking is not None:
        yield study.plan.survey.file, "answers are linked by a code that persons made up, which says not who they are"
    elif study.plan.study.design != "panel":
        yield study.plan.survey.file, "answers are anonymous, so a person's cannot be found"


def _files(study: Study, name: str) -> list[Path]:
    """The file of a name, or the files of a folder or pattern."""
    place = study.file(name)
    if place.is_dir():
        return sorted(place.rglob("*.parquet"))
    found = sorted(map(Path, glob(str(place))))  # noqa: PTH207 - a pattern may be absolute
    return found or [existing_file(place)]


def _cleared(study: Study, by_hand: dict[str, str]) -> tuple[str, ...]:
    """Take out of the study's notebooks what their cells had shown; one that cannot be read is named."""
    done = []
    for place in sorted([*study.path.parent.glob("*.ipynb"), *study.file(NOTEBOOKS).glob("*.ipynb")]):
        name = _named(study, place)
        try:
            if without_outputs(place):
                done.append(name)
        except UnreadableFileError:
            by_hand[name] = "no notebook of the present format, so what its cells had shown could not be cleared"
    return tuple(done)


def _dropped(study: Study, folders: set[Path]) -> tuple[str, ...]:
    """Delete what was made of the rows: executed notebooks, stored results, and copies."""
    home, secure = study.path.parent, study.file(SECURE)
    made = [path for path in secure.iterdir() if path.name not in KEPT]
    made += [place / CHECKPOINTS for place in {home, study.file(NOTEBOOKS), *folders} if (place / CHECKPOINTS).is_dir()]
    made += [path for place in folders for path in place.glob(f".*{UNFINISHED}")]
    for path in sorted(made):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    return tuple(_named(study, path) for path in sorted(made))


def _named(study: Study, path: Path) -> str:
    home = study.path.parent
    return path.relative_to(home).as_posix() if path.is_relative_to(home) else str(path)
