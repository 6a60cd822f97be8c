"""Figures in another language: every text of a figure passes through what is spoken when it is drawn."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.text import Text
from matplotlib.ticker import Formatter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from matplotlib.axes import Axes

    Say = Callable[[str], str]

_SAY: ContextVar[Say | None] = ContextVar("say", default=None)


@contextmanager
def speaking(say: Say) -> Iterator[None]:
    """Draw in another language.

    Parameters
    ----------
    say : callable
        English text to that of the language, such as ``words("da").sentence`` of `peereval.reports.languages`.

    Examples
    --------
    >>> import peereval as pe
    >>> with speaking(str.upper):
    ...     pe.attrition(pe.simulate_study("ward", seed=1).responses).plot().get_ylabel()
    'ANSWERS'
    """
    token = _SAY.set(say)
    try:
        yield
    finally:
        _SAY.reset(token)


def say(text: str) -> str:
    """Give a text in the language that is spoken, for where its length matters before the figure is whole.

    Parameters
    ----------
    text : str
        In English.

    Returns
    -------
    str
        The text.

    Examples
    --------
    >>> say("Answers")
    'Answers'
    """
    spoken = _SAY.get()
    return text if spoken is None else spoken(text)


def legend_columns(labels: Sequence[str], inches: float) -> int:
    """Say how many columns of a legend fit beside one another.

    Parameters
    ----------
    labels : sequence of str
        The labels, in English.
    inches : float
        The width.

    Returns
    -------
    int
        All where they fit into one row, else as many as have room for the longest label.

    Examples
    --------
    >>> legend_columns(["peer support", "usual care"], 7), legend_columns(["a long label " * 3] * 3, 7)
    (2, 2)
    """
    # about so many letters stand beside one another, with six for each mark
    room, lengths = 13 * inches, [len(say(label)) + 6 for label in labels]
    return len(labels) if sum(lengths) <= room else max(1, int(room // max(lengths)))


def translate(drawn: Any, *, whole: bool) -> None:
    """Put the texts of panels into the language that is spoken.

    Parameters
    ----------
    drawn : Axes or ndarray of Axes
        The panels of a figure.
    whole : bool
        Whether the figure holds nothing else, so that its own texts are translated too.
    """
    spoken = _SAY.get()
    if spoken is None:
        return
    panels: list[Axes] = list(np.atleast_1d(drawn).ravel())
    figure = panels[0].figure
    for part in [figure] if whole else panels:
        _texts(part.findobj(Text), spoken)
    for panel in figure.axes if whole else panels:
        for axis in (panel.xaxis, panel.yaxis):
            if not isinstance(axis.get_major_formatter(), _Spoken):
                axis.set_major_formatter(_Spoken(axis.get_major_formatter(), spoken))


def _texts(found: Iterable[Any], spoken: Say) -> None:
    for each in found:
        if each.get_text().strip():
            each.set_text(spoken(each.get_text()))


class _Spoken(Formatter):
    """The labels of ticks as another formatter writes them, in the language that is spoken."""

    def __init__(self, written: Formatter, spoken: Say) -> None:
        self._written = written
        self._spoken = spoken

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self._spoken(self._written(x, pos))

    def format_ticks(self, values: Any) -> list[str]:
        return [self._spoken(text) for text in self._written.format_ticks(values)]

    def set_locs(self, locs: Any) -> None:
        self._written.set_locs(locs)

    def get_offset(self) -> str:
        return self._spoken(self._written.get_offset())
