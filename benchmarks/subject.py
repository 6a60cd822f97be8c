"""What a benchmark is: data of several sizes, our call, the peers' calls, and a check that they give the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Call = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One thing that is measured.

    Parameters
    ----------
    what : str
        What is done.
    unit : str
        What the sizes count.
    sizes : tuple of int
        From small to large; two or more give the exponent with which our time grows.
    make : callable
        Data of a size; files go into the folder that it is handed.
    ours : callable
        What is measured, on these data.
    peers : mapping of str to callable
        Others that do the same on the same data, by name.
    same : callable, optional
        Takes our result, a peer's and the peer's name, and raises AssertionError where they differ. None where a peer
        does something else, which its name then says.
    rounds : int
        How often each is run after a first time that is not counted.
    largest : mapping of str to int
        The largest size at which a peer that is slow is asked.
    memory : bool
        Whether the peak memory of the calls means anything.
    """

    what: str
    unit: str
    sizes: tuple[int, ...]
    make: Callable[[int, Path], Any]
    ours: Call
    peers: Mapping[str, Call] = field(default_factory=dict)
    same: Callable[[Any, Any, str], None] | None = None
    rounds: int = 3
    largest: Mapping[str, int] = field(default_factory=dict)
    memory: bool = True

    def calls(self, size: int) -> dict[str, Call]:
        """Ours and the peers that are asked at a size."""
        asked = {name: call for name, call in self.peers.items() if size <= self.largest.get(name, size)}
        return {"ours": self.ours, **asked}
