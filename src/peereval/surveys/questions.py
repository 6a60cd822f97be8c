"""Questions of a unit's own: what is asked, and what each code stands for."""

from __future__ import annotations

import re

from pydantic import Field, model_validator

from peereval.instruments.key import Direction, Frozen
from peereval.surveys.patterns import Name

PREFIX = "local_"
"""The columns of local questions in the responses are called ``local_<name>``."""


class LocalItem(Frozen):
    """The table ``[items.local.<name>]``: a question that belongs to no instrument.

    Parameters
    ----------
    column : str
        The column of the export; in a wide file with ``{round}`` in it.
    label : str
        The question in short, for tables and figures.
    options : dict of int to str
        Code to the text of the option, in the order in which figures stack them. Where the export holds texts, a
        cell is matched to the option of exactly this text.
    dont_know : tuple of int
        The options that are no answer, such as *don't know*: they are counted by themselves. At least one option is an
        answer.
    direction : {"higher is better", "higher is worse"}, optional
        Which way is good, where one is.
    top_box : tuple of int
        The options counted as a favourable answer; by default the best one, where the direction is said.

    Examples
    --------
    >>> LocalItem(column="Q12", label="Met a peer", options={1: "Never", 2: "Often", 9: "Don't know"}, dont_know=(9,),
    ...           direction="higher is better").favourable
    (2,)
    """

    column: Name
    label: str
    options: dict[int, str] = Field(min_length=2)
    dont_know: tuple[int, ...] = ()
    direction: Direction | None = None
    top_box: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> LocalItem:
        for name in ("dont_know", "top_box"):
            other = sorted(set(getattr(self, name)) - set(self.options))
            if other:
                msg = f"{name} names the code {other[0]}, which is not among the options"
                raise ValueError(msg)
        if not self.answers:
            msg = "all options are named by dont_know, so none is an answer"
            raise ValueError(msg)
        if set(self.top_box) & set(self.dont_know):
            msg = "top_box and dont_know share a code"
            raise ValueError(msg)
        if len(set(self.options.values())) < len(self.options):
            msg = "two options have the same text"
            raise ValueError(msg)
        return self

    @property
    def answers(self) -> tuple[int, ...]:
        """The codes that are answers, in the order of the options."""
        return tuple(code for code in self.options if code not in self.dont_know)

    @property
    def favourable(self) -> tuple[int, ...]:
        """The codes of a favourable answer; none where nothing says which way is good."""
        if self.top_box or self.direction is None:
            return self.top_box
        return (max(self.answers) if self.direction == "higher is better" else min(self.answers),)


def check_name(name: str) -> str:
    """Refuse names of local questions that make no plain column name."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        msg = f"a local question is named {name!r}; write small letters, digits and _, beginning with a letter"
        raise ValueError(msg)
    return name
