"""Costs and effects of two arms: numbers of persons, means and covariances, from persons or from print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from peereval.costs.prices import check_amounts, check_numbers
from peereval.errors import ColumnError, DesignError, DuplicateError, InvalidValueError, OutOfRangeError, nearest
from peereval.mentions import row_numbers
from peereval.panel import arms_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PRINTED = ("n", "mean_cost", "sd_cost", "mean_effect", "sd_effect", "correlation")
"""Columns of a table with one row an arm, as a publication prints it."""


@dataclass(frozen=True, slots=True)
class Arm:
    """What is needed of an arm: cost first, effect second.

    Parameters
    ----------
    name : str
        The arm.
    n : int
        Persons with known cost and effect.
    means : ndarray of float, shape (2,)
        Of cost and effect.
    covariance : ndarray of float, shape (2, 2)
        Of cost and effect between persons.
    persons : ndarray of float, shape (n, 2), optional
        Cost and effect of each, where they are known.
    units : ndarray of str, shape (n,), optional
        The unit of each, where units are the sample.
    """

    name: str
    n: int
    means: Floats
    covariance: Floats
    persons: Floats | None = None
    units: NDArray[np.object_] | None = None

    def least(self, place: int) -> int:
        """Persons whose cost (0) or effect (1) is not the commonest one; of printed means everybody."""
        if self.persons is None:
            return self.n
        return self.n - int(np.unique(self.persons[:, place], return_counts=True)[1].max())


def arms_compared(data: pd.DataFrame, arm: str, treatment: str, reference: str | None) -> tuple[str, str]:
    """Check that there is a comparison arm and give both names.

    Parameters
    ----------
    data : DataFrame
        One row a person, or one row an arm.
    arm : str
        The column of the arms.
    treatment, reference : str
        The arm in question and the arm that it is compared with.

    Returns
    -------
    tuple of str
        Treatment and reference.

    Raises
    ------
    DesignError
        There is no column of arms, no reference, or one arm only, or a person is in two.
    InvalidValueError
        An arm does not exist.
    DuplicateError
        A person has two rows.
    """
    hint = "Without one, what would have happened anyway counts as gained. Describe the costs with budget_scenarios."
    if arm not in data.columns or reference is None or reference == treatment:
        msg = f"Cost-effectiveness needs a comparison arm: a column {arm!r} with the treatment and another arm as reference."
        raise DesignError(msg, hint=hint)
    there = arms_of(data, arm, "data")
    if len(there) == 1:
        msg = f"The data hold one arm, {there[0]!r}; cost-effectiveness needs a comparison arm."
        raise DesignError(msg, hint=hint)
    for name in (treatment, reference):
        if there and name not in there:
            msg = f"The column {arm!r} of the data has no arm {name!r}."
            raise InvalidValueError(msg, hint=nearest(name, there))
    if "person" in data.columns:
        again = data["person"].notna() & data["person"].duplicated()
        if again.any():
            msg = f"{int(again.sum())} rows belong to a person who has another row; the first are {_rows_of(again)}."
            raise DuplicateError(msg, hint="Add up costs and effects of a person first: one row a person.")
    return treatment, reference


def from_persons(
    data: pd.DataFrame, arm: str, names: tuple[str, str], *, cost: str, effect: str, unit: str | None
) -> tuple[list[Arm], dict[str, int]]:
    """Read two arms from persons; those with an unknown cost or effect are counted out.

    Parameters
    ----------
    data : DataFrame
        One row a person.
    arm, cost, effect : str
        The columns of the arms, of costs and of effects.
    names : tuple of str
        Treatment and reference.
    unit : str or None
        The column of units, where units are the sample.

    Returns
    -------
    tuple of list of Arm and dict of str to int
        The arms in the order of `names`, and the reason code of those left out with their number. An arm without
        persons has ``n`` 0.

    Raises
    ------
    ColumnError
        A column is missing or holds no numbers.
    OutOfRangeError
        A cost is negative, or an effect is infinite.
    DesignError
        An arm has one person only.
    """
    for name in (cost, effect, *([] if unit is None else [unit])):
        if name not in data.columns:
            msg = f"The data have no column {name!r}."
            raise ColumnError(msg, hint=nearest(name, map(str, data.columns)))
    check_amounts(data[cost], "data")
    check_finite(data[effect], "data")
    values = data[[cost, effect]].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    units = None if unit is None else data[unit].astype("string").to_numpy(dtype=object)
    ours = data[arm].isin(names).to_numpy(dtype=bool)
    lacks = {
        "unit_missing": np.zeros(len(data), bool) if unit is None else data[unit].isna().to_numpy(),
        "cost_missing": np.isnan(values[:, 0]), "outcome_missing": np.isnan(values[:, 1]),
    }  # fmt: skip
    counts = {"arm_missing": data[arm].isna().to_numpy(), "other_arm": data[arm].notna().to_numpy() & ~ours}
    for reason, rows in lacks.items():
        counts[reason] = ours & rows
        ours = ours & ~rows
    placed = [ours & data[arm].eq(name).fillna(value=False).to_numpy(dtype=bool) for name in names]
    arms = [
        _arm(name, values[rows], None if units is None else units[rows])
        for name, rows in zip(names, placed, strict=True)
    ]
    return arms, {reason: int(rows.sum()) for reason, rows in counts.items() if rows.sum()}


def _arm(name: str, values: Floats, units: NDArray[np.object_] | None) -> Arm:
    if len(values) == 1:
        msg = f"One person of the arm {name!r} has a known cost and effect; a spread needs two."
        raise DesignError(msg, hint="One person's costs are no result and must not be reported.")
    if not len(values):
        return Arm(name, 0, np.full(2, np.nan), np.full((2, 2), np.nan), values, units)
    return Arm(name, len(values), values.mean(axis=0), np.cov(values.T, ddof=1), values, units)


def from_print(data: pd.DataFrame, arm: str, names: tuple[str, str]) -> tuple[list[Arm], dict[str, int]]:
    """Read two arms from printed means, standard deviations and correlations.

    Parameters
    ----------
    data : DataFrame
        One row an arm, with the columns of `PRINTED`.
    arm : str
        The column of the arms.
    names : tuple of str
        Treatment and reference.

    Returns
    -------
    tuple of list of Arm and dict of str to int
        The arms in the order of `names`, and how many standard deviations and means are not printed.

    Raises
    ------
    ColumnError
        A column is missing or holds no numbers.
    OutOfRangeError
        A mean cost or a standard deviation is negative, n is below two, or a correlation is not between -1 and 1.
    DesignError
        Both standard deviations are printed and the correlation is not said.
    DuplicateError
        An arm has two rows.
    """
    for name in PRINTED:
        if name not in data.columns:
            msg = f"The printed means have no column {name!r}."
            raise ColumnError(msg, hint=f"Needed are {', '.join(PRINTED)}; leave empty what is not printed.")
        (check_numbers if name in ("mean_effect", "correlation") else check_amounts)(data[name], "printed means")
    if data[arm].duplicated().any():
        msg = f"An arm has two rows of printed means; again in {_rows_of(data[arm].duplicated())}."
        raise DuplicateError(msg, hint="Give one row an arm: one outcome, one time.")
    frame = data.set_index(arm).reindex(names)[list(PRINTED)].astype("Float64").astype(float)
    _check_printed(frame)
    lacking = {"mean_missing": ["mean_cost", "mean_effect"], "sd_missing": ["sd_cost", "sd_effect"]}
    counts = {reason: int(frame[columns].isna().to_numpy().sum()) for reason, columns in lacking.items()}
    arms = [_printed_arm(str(name), row) for name, row in frame.iterrows()]
    return arms, {reason: count for reason, count in counts.items() if count}


def _check_printed(frame: pd.DataFrame) -> None:
    if not (frame["n"] >= 2).all():  # noqa: PLR2004 - a spread needs two
        msg = f"The printed means give n = {', '.join(f'{n:g}' for n in frame['n'])}; expected two persons an arm or more."
        raise OutOfRangeError(msg, hint="Give the number of persons whose costs and effects were analysed.")
    if (frame["correlation"].abs() > 1).any():
        msg = "A correlation of the printed means is not between -1 and 1."
        raise OutOfRangeError(msg, hint="It is that of cost and effect between the persons of the arm.")
    if (frame["sd_cost"].notna() & frame["sd_effect"].notna() & frame["correlation"].isna()).any():
        msg = "The correlation of cost and effect is not given, and net benefit depends on it."
        raise DesignError(msg, hint="It is rarely printed: compute the result for several, such as -0.5, 0 and 0.5.")


def _printed_arm(name: str, row: pd.Series) -> Arm:
    spread = row[["sd_cost", "sd_effect"]].to_numpy(float)
    covariance = np.outer(spread, spread)
    covariance[[0, 1], [1, 0]] *= row["correlation"]
    return Arm(name, int(row["n"]), row[["mean_cost", "mean_effect"]].to_numpy(float), covariance)


def turned(arm: Arm, gain: float) -> Arm:
    """The arm with its effect counted so that more is better.

    Parameters
    ----------
    arm : Arm
        With the effect as it was measured.
    gain : float
        1, or -1 where less is better.

    Returns
    -------
    Arm
        The same persons.
    """
    sides = np.array([1.0, gain])
    persons = None if arm.persons is None else arm.persons * sides
    return Arm(arm.name, arm.n, arm.means * sides, arm.covariance * np.outer(sides, sides), persons, arm.units)


def check_finite(values: pd.Series, table: str) -> None:
    """Check that a column holds numbers, none of them infinite."""
    check_numbers(values, table)
    wrong = np.flatnonzero(np.isinf(values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)))
    if len(wrong):
        msg = f"The column {values.name!r} of the {table} is infinite in {row_numbers(wrong.tolist())}."
        raise OutOfRangeError(msg, hint="Leave the cell empty where the effect is not known.")


def _rows_of(flags: pd.Series) -> str:
    return row_numbers(np.flatnonzero(flags.to_numpy(dtype=bool)).tolist())
