"""A single finding of the check of a study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from peereval.errors import PeerevalError


@dataclass(frozen=True, slots=True)
class Finding:
    """What was understood, what to look at, or what must be mended.

    Parameters
    ----------
    kind : {"understood", "look", "mend"}
        How much it matters.
    code : str
        The code of the error or warning, or a word for what was understood.
    where : str
        File, and row or column in it.
    text : str
        What was found, and what to do next.
    """

    kind: Literal["understood", "look", "mend"]
    code: str
    where: str
    text: str


def understood(code: str, where: str, text: str) -> Finding:
    """Give something that was understood."""
    return Finding("understood", code, where, text)


def mended(error: PeerevalError, where: str) -> Finding:
    """Give an error as something that must be mended; where it is, is not said twice."""
    text = error.message.removeprefix(f"{where}: ").removeprefix(f"{where}, ")
    return Finding("mend", error.code, where, f"{text} {error.hint}".rstrip())
