"""The disclosure policies, and what is done about every measure."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from generators.markdown import bullets, page, plain, table
from peereval.disclosure.policy import POLICIES, Policy, disclosure_policy
from peereval.files import definitions

if TYPE_CHECKING:
    from pathlib import Path

_NUMBERS = {
    "threshold": "smallest count shown",
    "rounding_base": "counts rounded to",
    "fewest_hidden": "persons withheld together",
    "fewest_for_mean": "persons for a mean",
    "mean_step": "means rounded to (standard errors)",
    "curve_days": "days between points of a curve",
    "decimals": "decimals",
}


def pages(folder: Path) -> dict[str, str]:
    """Give the pages by their path below the documentation."""
    policies = [
        disclosure_policy(name) for name in sorted(definitions(*POLICIES), key=lambda name: (name != "standard", name))
    ]
    treatments = folder.parent / "src" / "peereval" / "disclosure" / "treatments.toml"
    return {"reference/disclosure.md": _page(policies, treatments.read_text(encoding="utf-8"))}


def _page(policies: list[Policy], treatments: str) -> str:
    numbered = [each for each in policies if not each.published_kinds]
    rows = [(name, *(f"{getattr(each, number):g}" for each in numbered)) for number, name in _NUMBERS.items()]
    return page(
        "# Disclosure policies",
        "{doc}`/reference/names/release` protects the small numbers of results by one of these policies. "
        "Figures that are in print pass as they are under [already-published](#already-published).",
        table(["rule", *(f"[{each.id}](#{each.id})" for each in numbered)], rows),
        *(part for each in policies for part in _policy(each)),
        "## Treatment of every measure",
        "What is done depends on what a number is. A measure that has no treatment cannot be released.",
        _treatments(treatments),
    )


def _policy(policy: Policy) -> list[str | list[str]]:
    return [
        f"({policy.id})=\n## {policy.id}",
        f"**{policy.name}**, version {policy.version}, {policy.date}.",
        plain(policy.sentence),
        plain(policy.source),
        *(["Not verified:", bullets(plain(part) for part in policy.unverified)] if policy.unverified else []),
    ]


def _treatments(text: str) -> list[str]:
    """The treatments with the comment that stands above each in the file."""
    told, comment = {}, ""
    for line in text.splitlines():
        if line.startswith("#"):
            comment = line.removeprefix("#").strip()
        elif "=" in line:
            told[line.partition("=")[0].strip()] = comment
            comment = ""
    rows = [
        (f"`{name}`", plain(told[name]), ", ".join(f"`{measure}`" for measure in measures))
        for name, measures in tomllib.loads(text).items()
    ]
    return table(["treatment", "of what", "measures"], rows)
