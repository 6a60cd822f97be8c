"""A study evaluated: results, what was released of them, and the report."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peereval.disclosure.release import release
from peereval.reports.document import Chapter, write_report
from peereval.studies.sections import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from peereval.results import Released, Result
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
    {'participation': 2, 'questions': 0, 'rounds': 1, 'hospital': 0}
    """

    study: Study
    results: Mapping[str, tuple[Result, ...]]
    released: Mapping[str, tuple[Released, ...]]

    def report(self, path: str | Path) -> Path:
        """Write the report: one HTML file that needs nothing else.

        Parameters
        ----------
        path : str or Path
            Where to write it.

        Returns
        -------
        Path
            Where it was written.

        Raises
        ------
        DestinationError
            It cannot be written there; nothing is left half-written.
        """
        chapters = [Chapter(SECTIONS[name][0], found) for name, found in self.released.items() if found]
        plan = self.study.plan
        return write_report(chapters, path, title=plan.study.title, programme=plan.study.programme)

    def _repr_html_(self) -> str:
        found = [result for results in self.results.values() for result in results]
        return "".join(result._repr_html_() for result in found)


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
    with _shown(len(SECTIONS) + 2, progress=progress) as say:
        say("Reading and scoring")
        data = study.read()
        results: dict[str, tuple[Result, ...]] = {}
        for name, (heading, section) in SECTIONS.items():
            say(heading)
            results[name] = tuple(section(study, data))
        say("Protecting small numbers")
        policy = study.plan.disclosure.policy
        released = {name: tuple(release(found, policy=policy)) for name, found in results.items()}
    return Evaluation(study=study, results=results, released=released)


@contextmanager
def _shown(steps: int, *, progress: bool) -> Iterator[Callable[[str], None]]:
    """A function that says which step begins."""
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
        bar.update(task, completed=steps, description="Evaluated")
