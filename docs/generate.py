"""Write the reference pages that come from the code: public names, tables, errors, definitions, instruments."""

from __future__ import annotations

import inspect
import json
import tomllib
from pathlib import Path

import peereval as pe
from peereval import errors
from peereval.admissions.definition import DEFINITIONS, readmission_definition
from peereval.contracts import CONTRACTS
from peereval.disclosure.policy import POLICIES, disclosure_policy
from peereval.files import definitions
from peereval.instruments.card import card
from peereval.programmes.criteria import CRITERIA, fidelity_criteria
from peereval.reasons import REASONS
from peereval.studies.schema import FILE, as_json, study_schema, study_tables

TESTS = Path(__file__).parents[1] / "tests"


def everything(folder: Path) -> None:
    """Write all pages into a folder."""
    folder.mkdir(exist_ok=True)
    pages = {
        "api": _api(),
        "tables": _tables(),
        "errors": _errors(),
        "definitions": _definitions(),
        "instruments": _instruments(),
        "instrument-schema": _schema(),
        "programme-schema": _programme_schema(),
        "study-file": _study_file(),
        **_error_pages(),
    }
    for name, text in pages.items():
        path = folder / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")


def _api() -> str:
    lines = ["# Public names", "", "Everything is importable from `peereval`.", ""]
    for name in pe.__all__:
        found = getattr(pe, name)
        names = [f"{name}.{each}" for each in ("available", "load", "Dataset")] if inspect.ismodule(found) else [name]
        for each in names:
            target = f"peereval.{each}"
            kind = "autoclass" if inspect.isclass(_found(each)) else "autofunction"
            members = "\n:members:" if kind == "autoclass" and each in _WITH_METHODS else ""
            lines += [
                f"## {each}",
                "",
                "```{eval-rst}",
                f".. {kind}:: {target}" + members.replace("\n", "\n   "),
                "```",
                "",
            ]
    return "\n".join(lines)


_WITH_METHODS = {"Study", "Evaluation", "Programme", "datasets.Dataset"}


def _found(name: str) -> object:
    found: object = pe
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _tables() -> str:
    lines = ["# Tables", "", "The tables that functions take and give, with their columns.", ""]
    for contract in CONTRACTS:
        lines += [f"## {contract.name}", "", f"{contract.meaning[0].upper()}{contract.meaning[1:]}.", ""]
        lines += ["| column | holds | | meaning |", "| --- | --- | --- | --- |"]
        for column in contract.columns:
            how = "required" if column.required else "optional"
            how += ", may be empty" if column.nullable else ""
            lines.append(f"| `{column.name}` | {column.kind} | {how} | {column.meaning} |")
        lines += ["", f"Key: {', '.join(f'`{name}`' for name in contract.key)}." if contract.key else "No key.", ""]
    lines += ["## Reason codes", "", "| code | meaning |", "| --- | --- |"]
    lines += [f"| `{code}` | {meaning} |" for code, meaning in REASONS.items()]
    return "\n".join([*lines, ""])


def _kinds() -> list[type[errors.PeerevalError | errors.PeerevalWarning]]:
    found = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    ours = [kind for kind in found if issubclass(kind, errors.PeerevalError | errors.PeerevalWarning)]
    return sorted(ours, key=lambda kind: kind.code)


def _errors() -> str:
    lines = ["# Errors and warnings", "", "Every message begins with a code that does not change.", ""]
    lines += ["```{toctree}", ":maxdepth: 1", "", *(kind.code for kind in _kinds()), "```", ""]
    return "\n".join(lines)


def _error_pages() -> dict[str, str]:
    return {
        kind.code: f"# {kind.code}: {kind.__name__}\n\n{inspect.getdoc(kind).split('Parameters')[0]}\n"
        for kind in _kinds()
    }


def _definitions() -> str:
    lines = ["# Definitions and policies", "", "## Readmission definitions", ""]
    cases = tomllib.loads((TESTS / "spec" / "definition_cases.toml").read_text(encoding="utf-8"))
    for name in sorted(definitions(*DEFINITIONS)):
        rule = readmission_definition(name)
        lines += [
            f"### {rule.id}",
            "",
            f"{rule.name}, version {rule.version}. {rule.sentence}",
            "",
            f"Source: {rule.source}. {_MARKS[rule.mark]}",
            "",
        ]
        lines += [f"- not verified: {part}" for part in rule.unverified] + [""]
        lines += (
            [] if rule.applies_to_psychiatry else [f"Not applicable to psychiatric stays: {rule.not_applicable}", ""]
        )
        lines += [line for case in cases.get(name, []) for line in _case(case)]
    lines += ["## Disclosure policies", ""]
    for name in sorted(definitions(*POLICIES)):
        policy = disclosure_policy(name)
        lines += [
            f"### {policy.id}",
            "",
            f"Version {policy.version}, {policy.date}. {policy.sentence}",
            "",
            policy.source,
            "",
            *(f"- not verified: {part}" for part in policy.unverified),
            "",
        ]
    return "\n".join([*lines, *_fidelity()])


def _fidelity() -> list[str]:
    """The fidelity criteria, a table a set."""
    lines = ["## Fidelity criteria", ""]
    for name in sorted(definitions(*CRITERIA)):
        found = fidelity_criteria(name)
        lines += [f"### {name}", "", f"{found.name}, version {found.version}. {found.source}. {found.partial}", ""]
        lines += ["| criterion | group | | page | what is asked |", "| --- | --- | --- | --- | --- |"]
        lines += [
            f"| `{each.id}` | {each.group} | {each.strength} | {each.page} | {each.text} |" for each in found.criterion
        ]
    return [*lines, ""]


_MARKS = {
    "T": "Read in a stored text of the source.",
    "M": "Written from memory; the source was not found.",
    "own": "",
}


def _case(case: dict[str, str]) -> list[str]:
    """A worked case: contacts in, index stays out."""
    lines = [f"**{case['rule']}**", ""]
    for table in (case["contacts"], case["expected"]):
        head, *rows = table.strip().splitlines()
        lines += [f"| {head} |", "|" + " --- |" * len(head.split("|")), *(f"| {row} |" for row in rows), ""]
    return lines


def _instruments() -> str:
    """A table of the catalogue, then the card of each instrument."""
    rows = pe.list_instruments()
    lines = [
        "# Instruments",
        "",
        f"{len(rows)} orders and codings; those without an entry under *scored* are listed only.",
        "",
    ]
    lines += ["| id | items | measures | licence | scored |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| [`{row.id}`](#{row.id}) | {row.n_items} | {row.measures} | {row.licence} | {'' if row.refused else 'yes'} |"
        for row in rows.itertuples()
    ]
    for name in rows["id"]:
        one = pe.instrument(name)
        lines += ["", f"({name})=", f"## {name}", "", f"{one.name}, version {one.version}", ""]
        lines += [f"- **{heading}**: {'; '.join(texts)}" for heading, texts in card(one)]
    return "\n".join([*lines, ""])


def _schema() -> str:
    """The JSON Schema that every definition in the catalogue follows."""
    schema = json.dumps(pe.Instrument.model_json_schema(), indent=1)
    return f"# Schema of an instrument\n\nEvery file of the catalogue follows it.\n\n```json\n{schema}\n```\n"


def _study_file() -> str:
    """Every key of a study.toml, a table each."""
    lines = [
        "# The study file",
        "",
        "A study is one file, `study.toml`. A key that is not known is refused; the nearest is told.",
        "",
    ]
    for header, (meaning, keys) in study_tables().items():
        lines += [f"## {header.replace('<', '&lt;')}", "", meaning, ""]
        lines += ["| key | value | without it | meaning |", "| --- | --- | --- | --- |"] if keys else []
        for key in keys:
            without = key.default if key.default in ("", "required") else f"`{key.default}`"
            cells = (f"`{key.name}`", key.kind, without, key.meaning)
            lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
        lines.append("")
    return "\n".join([*lines, "## For editors", "", _EDITORS, ""])


_EDITORS = (
    f"Editors that know JSON Schema check the file while it is written: a new study folder holds `{FILE}`, which the first line "
    "of its `study.toml` names."
)


def study_schema_file() -> None:
    """Write the JSON Schema that is shipped with the package; run it after a key was added."""
    place = Path(pe.__file__).parent / "studies" / FILE
    place.write_text(as_json(study_schema()), encoding="utf-8", newline="\n")


def _programme_schema() -> str:
    """The JSON Schema that every programme file follows."""
    schema = json.dumps(pe.Programme.model_json_schema(), indent=1)
    return f"# Schema of a programme\n\nEvery programme file, written in TOML, follows it.\n\n```json\n{schema}\n```\n"


if __name__ == "__main__":
    everything(Path(__file__).parent / "generated")
    study_schema_file()
