"""Tables, reason codes, and every key of the files that people write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import peereval as pe
from generators.markdown import page, plain, sentence, table
from peereval.contracts import CONTRACTS
from peereval.reasons import REASONS
from peereval.studies.schema import FILE, file_tables, study_tables

if TYPE_CHECKING:
    from pathlib import Path

    from peereval.contracts import Contract


def pages(_: Path) -> dict[str, str]:
    """Give the pages by their path below the documentation."""
    return {
        "reference/tables.md": page(
            "# Tables",
            "The tables that functions take and give. Other columns may stand beside these.",
            *map(_contract, CONTRACTS),
        ),
        "reference/reasons.md": page(
            "# Reason codes",
            "Why a row has no value or is left out. Every result counts them among its `exclusions`.",
            table(["code", "meaning"], [(f"`{code}`", sentence(meaning)) for code, meaning in REASONS.items()]),
        ),
        "reference/study-file.md": _file(
            "The study file", f"A study is one file, `study.toml`. {_REFUSED} {_EDITORS}", study_tables()
        ),
        "reference/programme-file.md": _file(
            "The programme file",
            f"`Programme.from_toml` reads a programme from one file in TOML. {_REFUSED}",
            file_tables(pe.Programme),
        ),
        "reference/definition-file.md": _file(
            "The file of a readmission definition",
            f'`readmissions(contacts, definition="ours.toml")` takes a definition of your own from such a file. {_REFUSED}',
            file_tables(pe.ReadmissionDefinition),
        ),
        "reference/instrument-file.md": _file(
            "The file of an instrument",
            f"Every entry of the catalogue is such a file. {_REFUSED}",
            file_tables(pe.Instrument),
        ),
    }


_REFUSED = "A key that is not known is refused; the nearest is told."
_EDITORS = (
    "Editors that know JSON Schema check the file while it is written: a new study folder holds "
    f"`{FILE}`, which the first line of its `study.toml` names."
)


def _contract(contract: Contract) -> str:
    rows = [
        (
            f"`{column.name}`",
            plain(column.meaning),
            column.kind,
            ("required" if column.required else "optional") + (", may be empty" if column.nullable else ""),
        )
        for column in contract.columns
    ]
    key = f"Key: {', '.join(f'`{name}`' for name in contract.key)}." if contract.key else "No key."
    return page(
        f"## {contract.name}",
        sentence(contract.meaning),
        table(["column", "meaning", "holds", "must it be there"], rows),
        key,
    )


def _file(title: str, says: str, tables: dict[str, tuple[str, Any]]) -> str:
    """Every key of a file, a table each."""
    parts: list[str | list[str]] = []
    for header, (meaning, keys) in tables.items():
        rows = [(f"`{key.name}`", _code(key.meaning), plain(key.kind), _without(key.default)) for key in keys]
        parts += [
            f"## {plain(header) or 'At the top'}",
            _code(meaning),
            table(["key", "meaning", "value", "without it"], rows),
        ]
    return page(f"# {title}", says, *parts)


def _without(default: str) -> str:
    return default if default in ("", "required") else f"`{default}`"


def _code(text: str) -> str:
    """A text with code in it, whose other signs mean nothing."""
    return "`".join(part if place % 2 else plain(part) for place, part in enumerate(text.split("`")))
