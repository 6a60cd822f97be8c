"""The command line: new, check, evaluate, release, diff, withdraw, reproduce, instruments."""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peereval.errors import PeerevalError, PeerevalWarning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    import pandas as pd

    from peereval.results import Result
    from peereval.studies.differences import Differences
    from peereval.studies.running import Run

_EXIT = (
    "Exit codes: 0 done; 1 done, but a section failed or a published figure differs without a written reason; "
    "2 something in the input must be mended first; 130 stopped by Ctrl-C, and nothing is half-written."
)
app = typer.Typer(
    help="Evaluate mental-health peer support: from raw exports to a report that may leave the building.",
    epilog=_EXIT,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)
_LANGUAGE: ContextVar[str] = ContextVar("language", default="")
"""The language that was asked for, else that of the study; empty: the one of the terminal."""
_STUDY = Annotated[Path, typer.Argument(metavar="STUDY.TOML", help="The study file, or its folder.")]


def _known(*names: str) -> Callable[[str], list[str]]:
    """Complete the names of an option in the shell."""
    return lambda incomplete: [name for name in names if name.startswith(incomplete)]


def _policies(incomplete: str) -> list[str]:
    from peereval.disclosure.policy import POLICIES
    from peereval.files import definitions

    return [name for name in sorted(definitions(*POLICIES)) if name.startswith(incomplete)]


@app.callback()
def _all_commands(
    language: Annotated[
        str,
        typer.Option(
            help="The language of messages: en, da or sv; that of the study, or of the terminal, by default.",
            autocompletion=_known("en", "da", "sv"),
        ),
    ] = "",
) -> None:
    """Evaluate mental-health peer support: from raw exports to a report that may leave the building."""
    from peereval.reports.languages import words

    _LANGUAGE.set(words(language).language if language else "")


@app.command(epilog="Example: peereval new my-study --language da")
def new(
    directory: Annotated[Path, typer.Argument(help="The folder to make; it must not exist or must be empty.")],
    language: Annotated[
        str, typer.Option(help="The language: en, da or sv.", autocompletion=_known("en", "da", "sv"))
    ] = "en",
    preset: Annotated[
        str,
        typer.Option(
            help="The design of the synthetic data: mixed-methods, region or ward.",
            autocompletion=_known("mixed-methods", "region", "ward"),
        ),
    ] = "mixed-methods",
    seed: Annotated[int, typer.Option(help="Seed of the synthetic data.")] = 2026,
) -> None:
    """Write a study folder that works at once, with synthetic data."""
    from peereval.studies.folder import new_study

    path = new_study(directory, preset=preset, seed=seed, language=language)
    _speak_as(path)
    _tell(f"Wrote {path.parent}. Next: peereval evaluate {path}")


@app.command(epilog="Example: peereval check my-study/study.toml")
def check(study: _STUDY) -> None:
    """Say what is understood of a study's files, and list all that must be mended, before anything is computed."""
    from peereval.studies.checking import check_study

    found = check_study(_study_file(study))
    print(found.text(_language()))
    if not found.ok:
        raise typer.Exit(2)


@app.command(epilog="Example: peereval evaluate my-study/study.toml")
def evaluate(
    study: _STUDY,
    report: Annotated[
        Path | None, typer.Option(help="Where to write the report; released/report.html by default.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Run all sections, also those of which nothing changed.")
    ] = False,
) -> None:
    """Run a study's notebooks where something changed, and write its report, with small numbers protected."""
    from peereval.studies.running import run_study
    from peereval.studies.study import Study

    run = run_study(Study.from_toml(_study_file(study)), report=report, again=again, progress=True)
    _print_run(run)
    if run.report is None:
        _tell("No section came to its end, so no report was written.", file=sys.stderr)
        raise typer.Exit(2)
    _tell(f"Report: {run.report.resolve()}")
    if run.failed:
        raise typer.Exit(1)


@app.command(epilog="Example: peereval release my-study/study.toml --policy nhs")
def release(
    study: _STUDY,
    policy: Annotated[
        str | None,
        typer.Option(help="Another disclosure policy than that of the study file.", autocompletion=_policies),
    ] = None,
) -> None:
    """Confirm what leaves: keep it with its audit, so that no later release gives away what this one withholds."""
    from peereval.studies.confirming import confirm_release
    from peereval.studies.study import Study

    run, folder = confirm_release(Study.from_toml(_study_file(study)), policy=policy, progress=True)
    _print_run(run)
    if folder is None:
        _tell("Not everything came to its end, so nothing was confirmed.", file=sys.stderr)
        raise typer.Exit(1)
    _tell(f"Confirmed: {folder.resolve()}")


@app.command(epilog="Example: peereval diff my-study/released/confirmed/2026-11-22 my-study/released")
def diff(
    old: Annotated[Path, typer.Argument(help="A folder of released results.")],
    new: Annotated[Path, typer.Argument(help="Another, of the same study.")],
) -> None:
    """Show which released figures moved between two releases, by how much, and why."""
    from peereval.studies.differences import compare_releases

    for folder in (new, *new.resolve().parents):
        _speak_as(folder / "study.toml")
    _print_differences(compare_releases(old, new))


@app.command(epilog="Example: peereval withdraw 0042 my-study/study.toml")
def withdraw(
    person: Annotated[str, typer.Argument(help="The key of the person, as it stands in the files.")],
    study: _STUDY,
) -> None:
    """Take a person out of every file that the study names, and say where."""
    from peereval.studies.study import Study
    from peereval.studies.withdrawal import withdraw as take_out

    print(take_out(Study.from_toml(_study_file(study)), person).text(_language()))


@app.command()
def reproduce(
    names: Annotated[list[str] | None, typer.Argument(help="Data sets; all by default.")] = None,
) -> None:
    """Compute published figures again and print them beside the published ones."""
    from peereval import datasets
    from peereval.evidence.published import unexplained

    ledgers = {name: datasets.load(name).reproduce() for name in names or datasets.available()}
    for name, found in ledgers.items():
        _print_ledger(name, found)
    open_rows = {name: unexplained(found) for name, found in ledgers.items()}
    differing = sum(len(rows) for rows in open_rows.values())
    if differing:
        _tell(f"{differing} figures differ without a written reason: {_named(open_rows)}.", file=sys.stderr)
        raise typer.Exit(1)


@app.command("instruments")
def show_instruments(
    name: Annotated[str | None, typer.Argument(help="An id of the catalogue; without it, all are listed.")] = None,
) -> None:
    """List the survey instruments of the catalogue, or show the card of one."""
    from peereval.instruments.card import card_text
    from peereval.instruments.lookup import instrument, list_instruments

    if name is not None:
        print(card_text(instrument(name)))
        return
    _print_catalogue(list_instruments())


def main() -> None:
    """Run the command line; what the user can mend is told without a traceback, with exit code 2."""
    try:
        with _notes():
            app()
    except PeerevalError as error:
        _tell(f"error {error.code}: {error.message}", error.hint, file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        _tell("Stopped. Nothing is half-written; sections that had come to their end are kept.", file=sys.stderr)
        raise SystemExit(_STOPPED) from None


_STOPPED = 130
"""What shells give for a program that Ctrl-C ended."""


def _study_file(path: Path) -> Path:
    file = path / "study.toml" if path.is_dir() else path
    _speak_as(file)
    return file


def _speak_as(study: Path) -> None:
    """Speak the language of a study, where none was asked for; what is wrong with the file is told when it is read."""
    import tomllib

    try:
        told = tomllib.loads(study.read_text(encoding="utf-8")).get("report", {}).get("language", "")
    except (OSError, ValueError, AttributeError):
        return
    from peereval.reports.languages import LANGUAGES

    if not _LANGUAGE.get() and told in LANGUAGES:
        _LANGUAGE.set(told)


def _language() -> str:
    """The language that is spoken: the one asked for or of the study, else that of the terminal, else English."""
    from peereval.reports.languages import LANGUAGES

    terminal = next((found for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (found := os.environ.get(name))), "")
    return _LANGUAGE.get() or (terminal[:2] if terminal[:2] in LANGUAGES else "en")


def _say(text: str) -> str:
    from peereval.reports.languages import words

    return words(_language(), "command-line").sentence(text)


def _tell(*texts: str, file: TextIO | None = None) -> None:
    """Print texts in the language that is spoken."""
    print(" ".join(_say(text) for text in texts if text), file=file)


def _print_run(run: Run) -> None:
    for note in run.notes:
        _tell(f"note: {note}", file=sys.stderr)
    if run.kept:
        _tell(f"Nothing changed, so kept as released: {', '.join(run.kept)}.")
    if run.computed:
        _tell(f"Computed: {', '.join(run.computed)}.")
    for name, failure in run.failed.items():
        _tell(f"error {failure.code}: the section {name!r}: {failure.message}", file=sys.stderr)


def _print_differences(found: Differences) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    for section, reasons in found.reasons.items():
        moved = (found.moved["section"] == section).any()
        said = reasons or ["nothing that is recorded has changed" if moved else "the same"]
        print(f"{section}: {'; '.join(map(_say, said))}")
    estimates = found.moved[found.moved["number"] == "estimate"]
    table = Table(box=None, pad_edge=False)
    for heading in ("figure", "old", "new", "difference"):
        table.add_column(_say(heading), overflow="fold", justify="left" if heading == "figure" else "right")
    for title, rows in estimates.groupby("title", sort=False):
        table.add_row(f"[bold]{escape(str(title))}[/bold]")
        shown = rows[["old", "new", "difference"]].map(_released_number)
        for figure, numbers in zip(rows["figure"], shown.itertuples(index=False), strict=True):
            table.add_row(escape(figure), *numbers)
    if len(estimates):
        Console(width=None if sys.stdout.isatty() else 140, highlight=False).print(table)
    others = len(found.moved) - len(estimates)
    _tell(
        f"{len(estimates)} figures moved, with {others} of their limits and counts; {found.same} numbers are the same, "
        f"{found.added} are new, {found.gone} are gone."
    )


@contextmanager
def _notes() -> Iterator[None]:
    """Print our own warnings as notes, each once, without the line of code they came from."""
    said: set[str] = set()
    usual = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *rest: object) -> None:
        if not issubclass(category, PeerevalWarning):
            usual(message, category, *rest)  # type: ignore[arg-type]
        elif str(message) not in said:
            said.add(str(message))
            _tell(f"note: {message}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("always", PeerevalWarning)
        warnings.showwarning = show  # type: ignore[assignment]
        yield


def _released_number(value: float) -> str:
    from math import isnan

    return _say("not shown") if isnan(value) else f"{value:.4g}"


def _print_ledger(name: str, found: Result) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    rows = found.estimates
    table = Table(title=f"{name}: {found.references[0]}", title_justify="left", box=None, pad_edge=False)
    for heading in ("status", "figure", "printed", "recomputed", "why"):
        right = heading in ("printed", "recomputed")
        table.add_column(_say(heading), overflow="fold", justify="right" if right else "left")
    said_above = (rows["why"] == rows["why"].shift()) & (rows["why"] != "")
    for (_, row), again in zip(rows.iterrows(), said_above, strict=True):
        table.add_row(*_cells(row), _say("as above") if again else escape(row["why"]))
    console = Console(width=None if sys.stdout.isatty() else 140, highlight=False)
    console.print(table)
    counts = ", ".join(f"{count} {status}" for status, count in rows["status"].value_counts().items())
    print(f"{name}: {counts}\n")


def _print_catalogue(rows: pd.DataFrame) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    headings = {
        "id": "id",
        "n_items": "items",
        "measures": "measures",
        "licence": "licence",
        "languages": "validated in",
    }
    table = Table(box=None, pad_edge=False)
    for heading in headings.values():
        table.add_column(heading, overflow="fold", justify="right" if heading == "items" else "left")
    table.add_column("scored")
    for refused, cells in zip(rows["refused"], rows[list(headings)].astype(str).itertuples(index=False), strict=True):
        table.add_row(*map(escape, cells), "no" if refused else "yes")
    Console(width=None if sys.stdout.isatty() else 140, highlight=False).print(table)
    left_out = int((rows["refused"] != "").sum())
    _tell(f"{len(rows)} instruments, of which {left_out} are listed but not scored. peereval instruments ID shows one.")


def _cells(row: pd.Series) -> list[str]:
    from rich.markup import escape

    way = f" ({row['way']})" if isinstance(row["way"], str) and row["way"] else ""
    value = "" if row["estimate"] != row["estimate"] else f"{row['estimate']:.4g}"
    return [escape(str(text)) for text in (row["status"], f"{row['figure']}{way}", row["printed"], value)]


def _named(open_rows: dict[str, pd.DataFrame]) -> str:
    return ", ".join(f"{name}/{figure}" for name, rows in open_rows.items() for figure in rows["figure"])
