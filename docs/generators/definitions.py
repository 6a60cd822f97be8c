"""A page for every readmission definition, with its worked cases, and the fidelity criteria."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from generators.markdown import bullets, page, plain, sentence, table, toctree
from peereval.admissions.definition import DEFINITIONS, ReadmissionDefinition, readmission_definition
from peereval.files import definitions
from peereval.programmes.criteria import CRITERIA, fidelity_criteria

if TYPE_CHECKING:
    from pathlib import Path

_MARKS = {
    "T": "Read in a stored text of the source.",
    "M": "Written from memory; the source was not found.",
    "own": "",
}
_COUNTED = {
    "discharges": "discharges",
    "persons_first": "persons, first discharge",
    "persons_first_in_year": "persons, first discharge of a year",
    "persons_in_year": "persons of a year",
}


def pages(folder: Path) -> dict[str, str]:
    """Give the pages by their path below the documentation."""
    cases = tomllib.loads((folder.parent / "tests" / "spec" / "definition_cases.toml").read_text(encoding="utf-8"))
    rules = [readmission_definition(name) for name in sorted(definitions(*DEFINITIONS))]
    return {
        "reference/definitions/index.md": _index(rules),
        **{f"reference/definitions/{rule.id}.md": _definition(rule, cases.get(rule.id, [])) for rule in rules},
        "reference/fidelity.md": _fidelity(),
    }


def _index(rules: list[ReadmissionDefinition]) -> str:
    rows = [
        (
            f"{{doc}}`{rule.id} </reference/definitions/{rule.id}>`",
            rule.name,
            "{} to {}".format(*rule.window_days),
            _COUNTED[rule.counted],
            "yes" if rule.acute_only else "no",
            "same day" if rule.joining == "same-day" else f"{rule.joining:g} hours",
            "yes" if rule.applies_to_psychiatry else "no",
            len(rule.unverified) or "",
        )
        for rule in rules
    ]
    head = ["id", "name", "days", "counts", "acute only", "contacts joined within", "psychiatry", "parts not verified"]
    return page(
        "# Readmission definitions",
        "The same contacts give other rates under other definitions: {doc}`/reference/names/compare_definitions` counts why. "
        "A definition of your own is a file of the same form ({doc}`/reference/definition-file`).",
        table(head, rows),
        toctree(f"/reference/definitions/{rule.id}" for rule in rules),
    )


def _definition(rule: ReadmissionDefinition, cases: list[dict[str, str]]) -> str:
    psychiatry = "" if rule.applies_to_psychiatry else f"Not applicable to psychiatric stays: {rule.not_applicable}"
    return page(
        f"# {rule.id}",
        f"**{rule.name}**, version {rule.version}. {plain(rule.sentence)}",
        plain(psychiatry),
        f"Source: {rule.source}. {_MARKS[rule.mark]}",
        *(["## Not verified", bullets(plain(part) for part in rule.unverified)] if rule.unverified else []),
        "## Parts",
        _parts(rule),
        *(
            [
                "## Worked cases",
                "Contacts in, index stays out. The tests run them; follow-up ends on 31 December 2020 at noon.",
            ]
            if cases
            else []
        ),
        *(part for case in cases for part in _case(case)),
    )


def _parts(rule: ReadmissionDefinition) -> list[str]:
    """What the definition says otherwise than one that says nothing."""
    said = rule.model_dump(
        exclude_defaults=True, exclude={"id", "version", "name", "sentence", "source", "seen", "mark", "unverified"}
    )
    return table(["key", "value"], [(f"`{key}`", _value(value)) for key, value in said.items()])


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_value(each)}" for key, each in value.items())
    if isinstance(value, tuple):
        return ", ".join(_value(each) for each in value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else plain(str(value))


def _case(case: dict[str, str]) -> tuple[str, list[str], list[str]]:
    """A worked case: contacts in, index stays out."""
    return f"**{case['rule']}**", _drawn(case["contacts"]), _drawn(case["expected"])


def _drawn(text: str) -> list[str]:
    head, *rows = ([each.strip() for each in line.split("|")] for line in text.strip().splitlines())
    return table(head, rows)


def _fidelity() -> str:
    parts: list[str | list[str]] = []
    for name in sorted(definitions(*CRITERIA)):
        found = fidelity_criteria(name)
        rows = [(f"`{each.id}`", each.group, each.strength, each.page, plain(each.text)) for each in found.criterion]
        parts += [
            f"## {name}",
            f"{found.name}, version {found.version}. {sentence(found.source)} {found.partial}",
            table(["criterion", "group", "strength", "page", "what is asked"], rows),
        ]
    return page(
        "# Fidelity criteria",
        "What a handbook asks of a programme. `Programme.fidelity` says what is met, not met or not known.",
        *parts,
    )
