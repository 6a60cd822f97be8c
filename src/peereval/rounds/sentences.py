"""What a comparison may claim and how it says so."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


def sentences_for(design: str, method: str, allocation: str | None) -> dict[str, Any]:
    """Give method sentence, claim, estimand, assumptions and references of a comparison.

    Parameters
    ----------
    design : str
        The declared design.
    method : str
        The method used.
    allocation : str or None
        How persons came into the arms; None with one arm.

    Returns
    -------
    dict
        The parts of a `Result` of these names.

    Examples
    --------
    >>> sentences_for("panel", "paired-t", None)["claim"]
    'change'
    >>> sentences_for("panel", "paired-t", "observed")["claim"]
    'association'
    """
    said = _sentences()
    comparison = allocation or "none"
    return {
        "method": said["method"][method],
        "claim": said["claim"][f"{design}-{comparison}"],
        "estimand": said["estimand"][f"{design}-{'none' if allocation is None else 'arms'}"],
        "assumptions": (*said["assumptions"][design], *said["assumptions"][comparison]),
        "references": tuple(said["references"][method]),
    }


@cache
def _sentences() -> dict[str, Any]:
    return tomllib.loads((files("peereval.rounds") / "sentences.toml").read_text(encoding="utf-8"))
