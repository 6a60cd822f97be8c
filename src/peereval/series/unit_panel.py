"""A panel of units and periods: complete, and with the period in which each unit started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from peereval.errors import DesignError, DuplicateError, InvalidValueError, MissingValueError
from peereval.mentions import row_numbers
from peereval.series.periods import Periods, column_of, numbers_of, periods_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]

NEVER = np.iinfo(np.int64).max
"""The period in which a unit starts that does not start while it is seen."""
_SHOWN = 4


@dataclass(frozen=True, slots=True, eq=False)
class UnitPanel:
    """Units over periods.

    Parameters
    ----------
    outcome : ndarray of float, shape (units, periods)
        Complete.
    start : ndarray of int, shape (units,)
        Number of the first period after the start, or `NEVER`.
    weight : ndarray of float, shape (units,)
        How much a unit counts.
    cluster : ndarray of int, shape (units,)
        What is independent: the unit itself, or what it belongs to.
    periods : Periods
        One a column.
    left_out : int
        Rows of units that had started before the first period.
    """

    outcome: Numbers
    start: NDArray[np.int64]
    weight: Numbers
    cluster: NDArray[np.int64]
    periods: Periods
    left_out: int

    @property
    def starts(self) -> list[int]:
        """The periods in which units start, in order."""
        return [int(each) for each in np.unique(self.start[self.start < NEVER])]


def unit_panel(
    panel: pd.DataFrame, *, outcome: str, unit: str, time: str, start: str, weights: str | None, cluster: str | None
) -> UnitPanel:
    """Arrange a panel by units and periods.

    Parameters
    ----------
    panel : DataFrame
        One row a unit and period.
    outcome, unit, time, start : str
        Columns.
    weights, cluster : str or None
        Columns; without them every unit counts the same, and units are independent.

    Returns
    -------
    UnitPanel
        Without units that had started by the first period.

    Raises
    ------
    ColumnError, MissingValueError, InvalidValueError, DuplicateError
        A column is missing or unusable, a unit has two rows in a period, two starts or two clusters.
    DesignError
        A period is missing, or a unit in a period.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"ward": list("AABB"), "year": [2017, 2018] * 2, "peers": [2018, 2018, None, None], "y": [4.0, 2, 5, 5]})
    >>> unit_panel(rows, outcome="y", unit="ward", time="year", start="peers", weights=None, cluster=None).outcome.tolist()
    [[4.0, 2.0], [5.0, 5.0]]
    """
    units = column_of(panel, unit, "panel")
    if units.isna().any():
        msg = f"The unit is missing in {row_numbers(np.flatnonzero(units.isna()).tolist())} of the panel."
        raise MissingValueError(msg, hint="Every row belongs to a unit.")
    times = column_of(panel, time, "panel")
    place, distinct = pd.factorize(times)
    periods = periods_of(pd.Series(distinct) if (place >= 0).all() else times)
    if periods.missing:
        msg = f"No unit has a row in {len(periods.missing)} periods, the first {periods.missing[0]}."
        raise DesignError(msg, hint="Differences are taken between neighbouring periods: give all of them.")
    code, names = pd.factorize(units, sort=True)
    number = periods.number[place] if len(place) else periods.number
    cells = _complete(panel, outcome, code, [str(name) for name in names], number, periods)
    first = _starts(panel, start, code, len(names), periods)
    weight = _weights(panel, weights, cells) if weights else np.ones(len(names))
    groups = (
        pd.factorize(_constant(column_of(panel, cluster, "panel"), code, cluster))[0]
        if cluster
        else np.arange(len(names))
    )
    seen = first > 0
    return UnitPanel(
        outcome=numbers_of(panel, outcome, "panel")[cells][seen],
        start=first[seen],
        weight=weight[seen],
        cluster=np.asarray(groups, np.int64)[seen],
        periods=periods,
        left_out=int((~seen).sum()) * cells.shape[1],
    )


def _complete(
    panel: pd.DataFrame,
    outcome: str,
    code: NDArray[np.int64],
    names: list[str],
    number: NDArray[np.int64],
    periods: Periods,
) -> NDArray[np.int64]:
    """Give the row of each unit in each period, or say which are missing."""
    key = code * (int(number.max(initial=0)) + 1) + number
    twice = np.flatnonzero(pd.Series(key).duplicated(keep=False))
    if len(twice):
        msg = f"A unit has two rows in one period, in {row_numbers(twice.tolist())}."
        raise DuplicateError(msg, hint="Give the mean of each unit and period, and the number behind it as weights.")
    known = ~np.isnan(numbers_of(panel, outcome, "panel"))
    cells = np.full((len(names), int(number.max(initial=-1)) + 1), -1, dtype=np.int64)
    cells[code[known], number[known]] = np.flatnonzero(known)
    gaps = np.argwhere(cells < 0)
    if len(gaps):
        named = ", ".join(f"{names[row]} in {periods.shown(column)}" for row, column in gaps[:_SHOWN].tolist())
        more = f" and {len(gaps) - _SHOWN} more" if len(gaps) > _SHOWN else ""
        msg = f"{len(gaps)} of {cells.size} units in a period have no outcome: {named}{more}."
        raise DesignError(
            msg, hint="Leave out a unit or a period by name, or take longer periods; nothing is filled in."
        )
    return cells


def _starts(
    panel: pd.DataFrame, start: str, code: NDArray[np.int64], units: int, periods: Periods
) -> NDArray[np.int64]:
    """Number of the period in which each unit starts."""
    said = _constant(column_of(panel, start, "panel"), code, start)
    last = int(periods.number.max(initial=0))
    numbered = {each: periods.first_from(each, f"The column {start!r}") for each in said.dropna().unique()}
    found = said.map(numbered).fillna(NEVER).astype(float)
    first: NDArray[np.int64] = np.full(units, NEVER, dtype=np.int64)
    inside = found.to_numpy() <= last
    first[inside] = found.to_numpy()[inside].astype(np.int64)
    return first


def _constant(column: pd.Series, code: NDArray[np.int64], name: str) -> pd.Series:
    """Give the one value that each unit has."""
    changes = column.groupby(code).transform("nunique", dropna=False) > 1
    if changes.any():
        msg = f"The column {name!r} changes within a unit, first in {row_numbers([int(np.flatnonzero(changes)[0])])}."
        raise InvalidValueError(
            msg, hint="A unit has one value in all periods; leave it empty for units that never start."
        )
    return column.groupby(code).first()


def _weights(panel: pd.DataFrame, name: str, cells: NDArray[np.int64]) -> Numbers:
    values = numbers_of(panel, name, "panel")
    wrong = np.flatnonzero(~(values > 0))
    if len(wrong):
        msg = f"The column {name!r} is missing or not positive in {row_numbers(wrong.tolist())}."
        raise InvalidValueError(msg, hint="Weights are numbers above 0, such as how many persons are behind a mean.")
    mean: Numbers = values[cells].mean(axis=1)
    return mean
