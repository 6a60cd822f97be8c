"""A run of a study: notebooks where something changed, what was released where nothing did, and the report."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peereval.errors import CellError, DestinationError
from peereval.files import make_folder, write_text
from peereval.reports.document import template
from peereval.reports.image_store import kept_images
from peereval.reports.languages import words
from peereval.studies.evaluation import shown, write_study_committee, write_study_report
from peereval.studies.inputs import NAME, inputs_of, section_inputs
from peereval.studies.kernels import Failure, failure_of, run_notebooks
from peereval.studies.locking import alone
from peereval.studies.prespecification import SECURE, record_plan
from peereval.studies.saving import PARTS, PENDING, POLICY, RELEASED, STUDY, released_sections
from peereval.studies.section_notebooks import NOTEBOOKS, code_of, has_outputs, warned, write_notebooks
from peereval.studies.sections import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from peereval.studies.study import Study


_MADE = "figures"
"""The folder in ``secure/`` that keeps figures and other outputs by what they show."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run did.

    Parameters
    ----------
    report : Path or None
        The report; None where no section came to its end.
    computed, kept : tuple of str
        Sections that were computed, and those of which nothing had changed.
    failed : mapping of str to Failure
        Sections that did not come to their end; the report names them.
    notes : tuple of str
        Warnings of the notebooks, each once, and which of those in ``notebooks/`` hold outputs.
    """

    report: Path | None
    computed: tuple[str, ...]
    kept: tuple[str, ...]
    failed: Mapping[str, Failure]
    notes: tuple[str, ...]


def run_study(
    study: Study,
    *,
    report: Path | None = None,
    policy: str | None = None,
    again: bool = False,
    progress: bool = False,
) -> Run:
    """Run the notebooks of a study and write its report from what they released.

    Each notebook runs in a kernel of its own and is written with its outputs to ``secure/``; what it saves stands in
    ``released/``, and the report is written from there alone. A section is kept as it was released where neither the
    keys of the study file that it reads, nor the files that they name, nor the code of its notebook, nor the policy, nor
    peereval have changed.

    Parameters
    ----------
    study : Study
        The study.
    report : Path, optional
        Where to write the report; ``released/report.html`` by default.
    policy : str, optional
        Another disclosure policy than that of the study file.
    again : bool
        Whether to run all sections and to make all outputs anew, changed or not.
    progress : bool
        Whether to show on the terminal what is being done.

    Returns
    -------
    Run
        What was done.

    Raises
    ------
    PeerevalError
        The folder cannot be written, another run works in it, or a notebook is broken. A cell that fails raises nothing: its section is among
        those that failed, and what it had released before is taken away.
    """
    with disk_errors(), alone(study.file(SECURE)):
        return run_alone(study, report=report, policy=policy, again=again, progress=progress)


def run_alone(study: Study, *, report: Path | None, policy: str | None, again: bool, progress: bool) -> Run:
    """Run a study as `run_study` does, for a caller that keeps other runs out itself."""
    policy = study.plan.disclosure.policy if policy is None else policy
    wanted = _prepared(study)
    notebooks = {name: study.file(NOTEBOOKS) / f"{name}.ipynb" for name in wanted}
    inputs = {name: section_inputs(study, name, code=code_of(notebooks[name]), policy=policy) for name in wanted}
    before = {name: None if again else inputs_of(study.file(RELEASED) / name) for name in wanted}
    # in the order in which saving waits for one another
    changed = [name for name in SECTIONS if name in wanted and before[name] != inputs[name]]
    with shown(len(changed) + 1, progress=progress) as say, _pending(study, changed) as pending:
        failures: dict[str, Failure | None] = {}

        def ended(name: str, notebook: str, failure: Failure | None) -> None:
            failures[name] = _finish(study, name, notebook, inputs[name], failure)
            (pending / name).unlink()
            say(SECTIONS[name][0])

        variables = {PENDING: str(pending.resolve()), POLICY: policy, STUDY: str(study.path.resolve())}
        run_notebooks(
            {name: notebooks[name] for name in changed},
            environment=variables,
            ended=ended,
            meanwhile=partial(_load, study.plan.report.language) if changed else tuple,
        )
        say("Report")
        failed = {name: failure for name, failure in failures.items() if failure is not None}
        if again:
            shutil.rmtree(study.file(SECURE) / _MADE, ignore_errors=True)
        place = _report(study, wanted, failed, report)
    return Run(
        report=place,
        computed=tuple(name for name in changed if name not in failed),
        kept=tuple(name for name in wanted if name not in changed),
        failed=failed,
        notes=_notes(study, notebooks),
    )


def _load(language: str) -> None:
    """Load what the report will need, while kernels compute: packages, the words of its language, the templates."""
    for name in ("matplotlib.pyplot", "great_tables", "openpyxl", "pptx"):
        import_module(name)
    words(language)
    for name in ("report.html.jinja", "note.html.jinja"):
        template(name)


@contextmanager
def disk_errors() -> Iterator[None]:
    """Tell a full disk, or a folder without rights, as what it is.

    Raises
    ------
    DestinationError
        In the place of the system's own error.
    """
    try:
        yield
    except OSError as error:
        msg = f"The run stopped at {error.filename or 'a file'}: {error.strerror}."
        raise DestinationError(msg, hint="Look at the folder's rights and the free space.") from None


def _prepared(study: Study) -> list[str]:
    """Make the folders, write the notebooks that are missing, and take away what is no longer wanted."""
    for name in (SECURE, RELEASED):
        make_folder(study.file(name))
    record_plan(study)
    wanted = write_notebooks(study)
    for name in SECTIONS:
        if name not in wanted:
            shutil.rmtree(study.file(RELEASED) / name, ignore_errors=True)
    return wanted


@contextmanager
def _pending(study: Study, changed: list[str]) -> Iterator[Path]:
    """A folder with a file for each section that has not ended; what a stopped run leaves behind is cleared away."""
    with tempfile.TemporaryDirectory(prefix="run-", dir=study.file(SECURE)) as folder:
        for name in changed:
            (Path(folder) / name).touch()
        try:
            yield Path(folder)
        finally:
            shutil.rmtree(study.file(SECURE) / PARTS, ignore_errors=True)


def _finish(study: Study, name: str, notebook: str, inputs: dict[str, Any], failure: Failure | None) -> Failure | None:
    """Keep the notebook with its outputs inside, and beside what it released what that depends on."""
    write_text(notebook, study.file(SECURE) / f"{name}.ipynb")
    place = study.file(RELEASED) / name
    # a section that was saved is a new folder, without the file that this function writes
    if failure is None and (not place.is_dir() or (place / NAME).exists()):
        failure = failure_of("CellError", f"{CellError.code}: The notebook ended without study.save({name!r}, …).")
    if failure is None:
        write_text(json.dumps(inputs, indent=1) + "\n", place / NAME)
    else:
        shutil.rmtree(place, ignore_errors=True)
    return failure


def _report(study: Study, wanted: list[str], failed: Mapping[str, Failure], place: Path | None) -> Path | None:
    found = released_sections(study.file(RELEASED))
    if not any(name in found for name in wanted):
        return None
    folder = study.file(RELEASED)
    report = folder / "report.html" if place is None else place
    with kept_images(study.file(SECURE) / _MADE):
        write_study_report(study, found, report, failed=failed)
        write_study_committee(study, found, folder, report=report, failed=failed)
    return report


def _notes(study: Study, notebooks: Mapping[str, Path]) -> tuple[str, ...]:
    done = [study.file(SECURE) / place.name for place in notebooks.values()]
    said = dict.fromkeys(text for place in done if place.exists() for text in warned(place))
    shown = [
        f"{NOTEBOOKS}/{place.name} holds outputs, which may show persons: clear them before it is shared."
        for place in notebooks.values()
        if has_outputs(place)
    ]
    return (*said, *shown)
