"""Calls of public functions on printed tables, and on what the rounding of those tables allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from peereval.errors import PublishedFigureError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from peereval.evidence.published import Recomputation
    from peereval.results import Result

    Tables: TypeAlias = Mapping[str, pd.DataFrame]
    Resolve: TypeAlias = Callable[[str], Callable[..., Result]]

_MOST_ROUNDED = 14
"""Rounded cells that are followed together: two to this power tables are computed."""


class Calls:
    """Calls of public functions on the tables, and on all that the rounding of their cells allows, each made once.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The tables of the data set.
    resolve : callable
        Gives the public function of a name.
    rounding : mapping
        Table to column to half of the last printed digit.
    blocks : mapping of str to str
        Rounded table to the column whose values are independent of one another.
    programmes : mapping of str to Programme
        The programme files of the data set.
    """

    def __init__(
        self,
        tables: Tables,
        resolve: Resolve,
        rounding: Mapping[str, dict[str, float]],
        blocks: Mapping[str, str],
        programmes: Mapping[str, object],
    ) -> None:
        self._tables, self._resolve, self._programmes = tables, resolve, programmes
        self._rounding, self._blocks = rounding, blocks
        self._made: dict[tuple[str, ...], pd.DataFrame] = {}

    def values(self, way: Recomputation, figure: str) -> tuple[float, float, float]:
        """Compute a figure again.

        Parameters
        ----------
        way : Recomputation
            How.
        figure : str
            Its name, for messages.

        Returns
        -------
        tuple of float
            The value on the tables as they are, and the lowest and highest that the rounding of their cells
            allows.

        Raises
        ------
        PublishedFigureError
            The function, an argument or the selected estimate does not exist, or the rounding of the inputs
            cannot be followed.
        """
        call = (way.function, way.table, str(sorted(way.arguments.items())))
        found = self._once(call, lambda: self._call(way, figure, self._tables))
        row = found.iloc[_picked(found, way, figure)]
        value = float(row[way.column]) * way.multiply
        if "verdict" in found and way.column == "estimate":
            # an audit follows the rounding of what stands beside the figure by itself
            return value, float(row["lowest"]) * way.multiply, float(row["highest"]) * way.multiply
        rounded = {name for name in self._rounding if f"table:{name}" in way.arguments.values()}
        if not rounded:
            return value, value, value
        name, block = self._block(rounded, way, figure)
        moved = self._once(
            (*call, way.select[block]),
            lambda: self._call(way, figure, self._cornered(name, block, way.select[block], figure)),
        )
        chosen = _chosen(moved, {key: wanted for key, wanted in way.select.items() if key != block})
        reached = moved.loc[chosen, way.column] * way.multiply
        return value, float(reached.min()), float(reached.max())

    def _once(self, key: tuple[str, ...], call: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        if key not in self._made:
            self._made[key] = call()
        return self._made[key]

    def _call(self, way: Recomputation, figure: str, tables: Tables) -> pd.DataFrame:
        try:
            given = {name: self._argument(value, tables) for name, value in way.arguments.items()}
            found = getattr(self._resolve(way.function)(**given), way.table)
        except (KeyError, AttributeError, TypeError) as error:
            msg = f"The figure {figure!r} cannot be recomputed: {way.function}: {error}."
            raise PublishedFigureError(msg, hint="Look at `function` and `arguments` in published.toml.") from None
        return found if isinstance(found, pd.DataFrame) else pd.DataFrame({"estimate": [found]})

    def _argument(self, value: Any, tables: Tables) -> Any:
        kind, _, name = value.partition(":") if isinstance(value, str) else ("", "", "")
        known: Mapping[str, object] | None = {"table": tables, "programme": self._programmes}.get(kind)
        return value if known is None else known[name]

    def _block(self, rounded: set[str], way: Recomputation, figure: str) -> tuple[str, str]:
        """The one rounded table of a way, and the column by whose value it selects."""
        name = min(rounded)
        if len(rounded) > 1 or self._blocks[name] not in way.select:
            msg = f"The figure {figure!r} does not select one {self._blocks[name]!r} of one rounded table."
            raise PublishedFigureError(msg, hint="Only then the rounding of its inputs can be followed.")
        return name, self._blocks[name]

    def _cornered(self, name: str, block: str, value: str, figure: str) -> Tables:
        """One block under as many names as its rounded cells have combinations of lowest and highest value."""
        table, halves = self._tables[name], self._rounding[name]
        mine = table[table[block].astype("string").eq(value).fillna(value=False)]
        cells = len(mine) * len(halves)
        if cells > _MOST_ROUNDED:
            msg = f"The figure {figure!r} depends on {cells} rounded cells; at most {_MOST_ROUNDED} can be followed."
            raise PublishedFigureError(msg, hint="Keep the rows that it needs in a table of their own.")
        corners = 2**cells
        signs = (np.arange(corners)[:, None] >> np.arange(cells) & 1) * 2 - 1
        many = mine.iloc[np.tile(np.arange(len(mine)), corners)].reset_index(drop=True)
        names = np.repeat(np.arange(corners), len(mine)).astype(str)
        sides = dict(zip(halves, np.split(signs, len(halves), axis=1), strict=True))
        moved = {column: many[column] + halves[column] * side.ravel() for column, side in sides.items()}
        return {**self._tables, name: many.assign(**{block: names}, **moved)}


def _picked(frame: pd.DataFrame, way: Recomputation, figure: str) -> int:
    """The place of the one row of the estimates that a figure means."""
    missing = [name for name in (*way.select, way.column) if name not in frame.columns]
    if missing:
        msg = f"The figure {figure!r} selects by {missing[0]!r}, which {way.function} does not give."
        raise PublishedFigureError(msg, hint=f"It gives {', '.join(frame.columns)}.")
    chosen = np.flatnonzero(_chosen(frame, way.select))
    if len(chosen) != 1:
        msg = f"The figure {figure!r} selects {len(chosen)} estimates of {way.function}; expected one."
        raise PublishedFigureError(msg, hint="Look at `select` in published.toml.")
    return int(chosen[0])


def _chosen(frame: pd.DataFrame, select: Mapping[str, str]) -> NDArray[np.bool_]:
    asked = np.ones(len(frame), dtype=bool)
    for name, value in select.items():
        asked &= frame[name].astype("string").eq(value).fillna(value=False).to_numpy(dtype=bool)
    return asked
