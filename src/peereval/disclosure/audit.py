"""What release changed in each result and why, for the unit's own officer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peereval.disclosure.policy import disclosure_policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peereval.results import Released


def audit_entries(found: Sequence[Released]) -> list[dict[str, Any]]:
    """Say of each released result what was changed.

    Parameters
    ----------
    found : sequence of Released
        The results.

    Returns
    -------
    list of dict
        One a result: ``title``, ``kind``, ``policy``, how many ``rows`` there are and how many are ``withheld``, the
        ``changes``, and the masked ``exclusions``.
    """
    return [
        {
            "title": one.title,
            "kind": one.kind,
            "policy": one.policy,
            "rows": len(frame),
            "withheld": int(frame["withheld"].sum()),
            "changes": list(one.changes),
            "exclusions": dict(one.exclusions),
        }
        for one, frame in ((one, one.estimates) for one in found)
    ]


def audit_page(entries: Sequence[dict[str, Any]]) -> str:
    """Write the audit as a page of Markdown, with the words of each policy.

    Parameters
    ----------
    entries : sequence of dict
        What `audit_entries` gave.

    Returns
    -------
    str
        The page.
    """
    policies = [disclosure_policy(name) for name in dict.fromkeys(entry["policy"].split()[0] for entry in entries)]
    parts = ["# What was changed before release", *(_section(entry) for entry in entries)]
    parts += [f"## Policy: {each.name}\n\n{each.sentence}\n\nSource ({each.date}): {each.source}" for each in policies]
    return "\n\n".join(parts) + "\n"


def _section(entry: dict[str, Any]) -> str:
    changes = entry["changes"] or ["nothing"]
    said = [f"- {_plain(change)}" for change in changes]
    return (
        f"## {_plain(entry['title'])}\n\n{entry['withheld']} of {entry['rows']} rows withheld ({entry['policy']}).\n\n"
        + "\n".join(said)
    )


def _plain(text: str) -> str:
    """A text on one line, in which Markdown finds no mark of its own."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|" else sign for sign in " ".join(text.split()))
