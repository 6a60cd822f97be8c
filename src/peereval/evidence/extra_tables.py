"""Tables of other packages, which no data set may carry because of their licence."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import pandas as pd


class Rounds(BaseModel):
    """Columns that hold the same measure at several rounds.

    Parameters
    ----------
    columns : dict of str to int
        The columns, and the number of the round of each.
    round, value : str
        What the columns of the round and of the measure are called, one row a person and round.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    columns: dict[str, int]
    round: str
    value: str


class ExtraTable(BaseModel):
    """Where a table stands in another package, and how its columns are called here.

    Parameters
    ----------
    package : str
        The package, whose function ``data(collection, item)`` gives the table.
    item : tuple of str
        The collection and the item.
    rename : dict of str to str
        Columns to their names here.
    rounds : Rounds, optional
        Columns to be put under one another.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    package: str
    item: tuple[str, str]
    rename: dict[str, str]
    rounds: Rounds | None = None

    def absent(self) -> str:
        """Say why the table is not there; an empty text where it is."""
        if find_spec(self.package) is not None:
            return ""
        return (
            f"The table belongs to the package {self.package}, which is not installed and whose licence keeps it out of "
            "this one: pip install peereval[test]."
        )

    def read(self) -> pd.DataFrame:
        """Read the table.

        Returns
        -------
        DataFrame
            One row a person, or a person and round.
        """
        table: pd.DataFrame = import_module(self.package).data(*self.item).rename(columns=self.rename)
        if self.rounds is None:
            return table
        kept = [name for name in table.columns if name not in self.rounds.columns]
        long = table.melt(kept, list(self.rounds.columns), var_name=self.rounds.round, value_name=self.rounds.value)
        return long.assign(**{self.rounds.round: long[self.rounds.round].map(self.rounds.columns).astype("int64")})
