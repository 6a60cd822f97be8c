"""A study evaluated: results, what was released of them, and the report."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from peereval.disclosure.policy import disclosure_policy
from peereval.disclosure.release import release
from peereval.displays import card, paragraph, shown_facts
from peereval.reports.background import Chapter
from peereval.reports.committee import write_committee
from peereval.reports.document import write_report
from peereval.results import weakest_origin
from peereval.studies.background import background_of
from peereval.studies.joint_displays import displays_of_released
from peereval.studies.saving import confirmed_results
from peereval.studies.sections import SECTIONS, wanted_sections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from peereval.reports.background import Background
    from peereval.results import Released, Result
    from peereval.studies.kernels import Failure
    from peereval.studies.study import Study


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The results of a study.

    Parameters
    ----------
    study : Study
        The study.
    results : mapping of str to tuple of Result
        Section to its results, with exact numbers: they stay inside.
    released : mapping of str to tuple of Released
        The same, with small numbers protected: they may leave.

    Examples
    --------
    >>> import tempfile
    >>> import peereval as pe
    >>> from peereval.studies.folder import new_study
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     evaluation = pe.Study.from_toml(new_study(folder + "/ward", preset="ward", seed=1)).evaluate()
    >>> {section: len(results) for section, results in evaluation.results.items()}
    {'programme': 0, 'participation': 2, 'questions': 0, 'rounds': 1, 'hospital': 0, 'interviews': 0, 'costs': 0}
    """

    study: Study
    results: Mapping[str, tuple[Result, ...]]
    released: Mapping[str, tuple[Released, ...]]

    def report(self, path: str | Path, *, language: str | None = None) -> Path:
        """Write the report: one HTML file that needs nothing else.

        Parameters
        ----------
        path : str or Path
            Where to write it.
        language : {"en", "da", "sv"}, optional
            Another language than that of the study file.

        Returns
        -------
        Path
            Where it was written.

        Raises
        ------
        DestinationError
            It cannot be written there; nothing is left half-written.
        """
        return write_study_report(self.study, self.released, Path(path), language=language)

    @property
    def background(self) -> Background:
        """What the study says beside its results."""
        return background_of(self.study)

    @property
    def chapters(self) -> list[Chapter]:
        """The released results by chapter of the report."""
        return study_chapters(self.study, self.released)

    def _repr_html_(self) -> str:
        found = [result for results in self.results.values() for result in results]
        counts = {
            heading: f"{len(self.results[name])} {'result' if len(self.results[name]) == 1 else 'results'}"
            for name, (heading, _) in wanted_sections(self.study).items()
            if self.results.get(name)
        }
        origin = weakest_origin(each.origin for each in found)
        parts = [shown_facts(counts), paragraph("The numbers below are exact and stay inside; .released may leave.")]
        own = card(self.study.plan.study.title, parts, origin=origin)
        return own + "".join(result._repr_html_() for result in found)


def write_study_report(
    study: Study,
    released: Mapping[str, Sequence[Released]],
    path: Path,
    *,
    failed: Mapping[str, Failure] = MappingProxyType({}),
    language: str | None = None,
) -> Path:
    """Write the report of a study from its released results.

    Parameters
    ----------
    study : Study
        The study, for its title and programme.
    released : mapping of str to sequence of Released
        Section to what was released of it.
    path : Path
        Where to write the HTML file.
    failed : mapping of str to Failure
        Sections that did not come to their end, and why.
    language : {"en", "da", "sv"}, optional
        Another language than that of the study file.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    DestinationError
        It cannot be written there; nothing is left half-written.
    """
    return write_report(
        study_chapters(study, released, failed=failed),
        path,
        title=study.plan.study.title,
        programme=study.plan.study.programme,
        language=language or study.plan.report.language,
        background=background_of(study, language=language),
    )


def write_study_committee(
    study: Study,
    released: Mapping[str, Sequence[Released]],
    folder: Path,
    *,
    report: Path,
    failed: Mapping[str, Failure] = MappingProxyType({}),
) -> list[Path]:
    """Write what goes to a committee beside the report of a study: note, slides, workbook, figures and PDF.

    Parameters
    ----------
    study : Study
        The study.
    released : mapping of str to sequence of Released
        Section to what was released of it.
    folder : Path
        Where to write.
    report : Path
        The report, which is printed as PDF.
    failed : mapping of str to Failure
        Sections that did not come to their end, and why.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    DestinationError
        It cannot be written there; what stood there before still stands.
    """
    return write_committee(
        study_chapters(study, released, failed=failed),
        folder,
        title=study.plan.study.title,
        programme=study.plan.study.programme,
        language=study.plan.report.language,
        background=background_of(study),
        report=report,
    )


def study_chapters(
    study: Study,
    released: Mapping[str, Sequence[Released]],
    *,
    failed: Mapping[str, Failure] = MappingProxyType({}),
) -> list[Chapter]:
    """Put what was released of a study into the chapters of its report.

    Parameters
    ----------
    study : Study
        The study, for the sections that it wants.
    released : mapping of str to sequence of Released
        Section to what was released of it.
    failed : mapping of str to Failure
        Sections that did not come to their end, and why.

    Returns
    -------
    list of Chapter
        Sections that gave nothing and did not fail are left out.
    """
    return [
        Chapter(heading, tuple(released.get(name, ())), failure=_said(failed.get(name)), section=name)
        for name, (heading, _) in wanted_sections(study).items()
        if released.get(name) or name in failed
    ]


def _said(failure: Failure | None) -> str:
    """The code and the kind of an error: its message may hold rows and codes of the data, and the report leaves."""
    return "" if failure is None else f"{failure.code}: {failure.kind}"


def evaluate_study(study: Study, *, progress: bool) -> Evaluation:
    """Run every section of a study and protect each result.

    Parameters
    ----------
    study : Study
        The study.
    progress : bool
        Whether to show on the terminal what is being done.

    Returns
    -------
    Evaluation
        The results and what was released of them.
    """
    sections = wanted_sections(study)
    # a policy that does not exist is told before the work and not after it
    policy = disclosure_policy(study.plan.disclosure.policy).id
    with shown(len(sections) + 2, progress=progress) as say:
        say("Reading and scoring")
        data = study.read()
        results: dict[str, tuple[Result, ...]] = {}
        for name, (heading, section) in sections.items():
            say(heading)
            results[name] = tuple(section(study, data))
        say("Protecting small numbers")
        known = confirmed_results(study)
        released: dict[str, tuple[Released, ...]] = {}
        # in the order of the sections, not of the report: a report in another order withholds no other numbers
        for name in (name for name in SECTIONS if name in results):
            found = release(results[name], policy=policy, previous=known)
            beside = [each for part in released.values() for each in part]
            released[name] = tuple(displays_of_released(found, policy=policy, beside=beside))
            known += released[name]
    return Evaluation(study=study, results=results, released={name: released[name] for name in results})


@contextmanager
def shown(steps: int, *, progress: bool) -> Iterator[Callable[[str], None]]:
    """Show on the terminal how far a long work has come.

    Parameters
    ----------
    steps : int
        How many steps there are.
    progress : bool
        Whether to show them.

    Yields
    ------
    callable
        To be told the name of each step that begins.
    """
    if not progress:
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:26}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as bar:
        task = bar.add_task("", total=steps)
        started = iter([0] + [1] * steps)

        def say(step: str) -> None:
            bar.update(task, advance=next(started), description=step)

        yield say
        bar.update(task, completed=steps, description="")
