"""Columns and contracts: what a table must look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "integer", "number", "flag", "time", "round"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a contract.

    Parameters
    ----------
    name : str
        The column's name.
    kind : {"text", "integer", "number", "flag", "time", "round"}
        What it holds; a round is text or an ordered categorical.
    meaning : str
        What it means, with its unit.
    required : bool
        Whether the table must have it.
    nullable : bool
        Whether cells may be empty.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = True
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """The columns of a table and its key.

    Parameters
    ----------
    name : str
        The table's name in messages and in the documentation.
    meaning : str
        One row is one what.
    columns : tuple of Column
        The columns that the contract knows; a table may have others.
    key : tuple of str
        The columns that tell rows apart; rows with an empty key cell (anonymous persons) are not compared.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()


def maybe(name: str, kind: Kind, meaning: str) -> Column:
    """Make a column that need not be there and may be empty."""
    return Column(name, kind, meaning, required=False, nullable=True)


ORIGIN = Column(
    "origin", "text", "observed, synthetic (made up) or reconstructed (rebuilt from counts)", required=False
)
PERSON_MAYBE = maybe("person", "text", "pseudonymous key of a person; empty in anonymous surveys")
ARM = Column("arm", "text", "the arm of the comparison", required=False, nullable=True)
UNIT = Column("unit", "text", "ward, team or house", required=False, nullable=True)
