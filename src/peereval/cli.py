"""The command line: new, check, evaluate, reproduce, instruments."""

from __future__ import annotations

import sys
import warnings
from contextlib import contextmanager
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from peereval.errors import PeerevalError, PeerevalWarning

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from peereval.results import Result

app = typer.Typer(
    help="Evaluate mental-health peer support: from raw exports to a report that may leave the building.",
    epilog="Exit codes: 0 done; 1 a published figure differs without a written reason; 2 something in the input must be mended.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def _all_commands() -> None:
    """Evaluate mental-health peer support: from raw exports to a report that may leave the building."""


@app.command()
def new(
    directory: Annotated[Path, typer.Argument(help="The folder to make; it must not exist or must be empty.")],
    preset: Annotated[str, typer.Option(help="The design of the synthetic data: region or ward.")] = "region",
    seed: Annotated[int, typer.Option(help="Seed of the synthetic data.")] = 2026,
) -> None:
    """Write a study folder that works at once, with synthetic data."""
    from peereval.studies.folder import new_study

    path = new_study(directory, preset=preset, seed=seed)
    print(f"Wrote {path.parent}. Next: peereval evaluate {path}")


@app.command()
def check(
    study: Annotated[Path, typer.Argument(help="The study.toml.")],
) -> None:
    """Say what is understood of a study's files, and list all that must be mended, before anything is computed."""
    from peereval.studies.checking import check_study

    found = check_study(study)
    print(found.text())
    if not found.ok:
        raise typer.Exit(2)


@app.command()
def evaluate(
    study: Annotated[Path, typer.Argument(help="The study.toml.")],
    report: Annotated[
        Path | None, typer.Option(help="Where to write the report; report.html beside the study by default.")
    ] = None,
) -> None:
    """Evaluate a study and write its report, with small numbers protected."""
    from peereval.studies.study import Study

    evaluation = Study.from_toml(study).evaluate(progress=True)
    written = evaluation.report(study.parent / "report.html" if report is None else report)
    print(f"Report: {written.resolve()}")


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
        print(f"{differing} figures differ without a written reason: {_named(open_rows)}.", file=sys.stderr)
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
        print(f"error {error}", file=sys.stderr)
        raise SystemExit(2) from None


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
            print(f"note: {message}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("always", PeerevalWarning)
        warnings.showwarning = show  # type: ignore[assignment]
        yield


def _print_ledger(name: str, found: Result) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    rows = found.estimates
    table = Table(title=f"{name}: {found.references[0]}", title_justify="left", box=None, pad_edge=False)
    for heading in ("status", "figure", "printed", "recomputed", "why"):
        table.add_column(heading, overflow="fold", justify="right" if heading in ("printed", "recomputed") else "left")
    said_above = (rows["why"] == rows["why"].shift()) & (rows["why"] != "")
    for (_, row), again in zip(rows.iterrows(), said_above, strict=True):
        table.add_row(*_cells(row), "as above" if again else escape(row["why"]))
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
    print(f"{len(rows)} instruments, of which {left_out} are listed but not scored. peereval instruments ID shows one.")


def _cells(row: pd.Series) -> list[str]:
    from rich.markup import escape

    way = f" ({row['way']})" if isinstance(row["way"], str) and row["way"] else ""
    value = "" if row["estimate"] != row["estimate"] else f"{row['estimate']:.4g}"
    return [escape(str(text)) for text in (row["status"], f"{row['figure']}{way}", row["printed"], value)]


def _named(open_rows: dict[str, pd.DataFrame]) -> str:
    return ", ".join(f"{name}/{figure}" for name, rows in open_rows.items() for figure in rows["figure"])
