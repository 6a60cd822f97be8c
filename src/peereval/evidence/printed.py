"""Printed figures as a table: what they must look like, and both arms side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.errors import ColumnError, DesignError, DuplicateError, InvalidValueError, MissingValueError, nearest
from peereval.evidence.formulas import LOGGED, PLAIN
from peereval.mentions import row_numbers
from peereval.panel import arms_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from peereval.evidence.formulas import EffectFormula

KEYS = ("study", "outcome", "round", "time")
"""What a printed figure belongs to."""
CARRIED = ("scale", "cluster", "direction")
"""What is said of all figures of one comparison and goes on to its effect."""
LEVEL = 0.95
_SIGNS = {"higher is better": 1.0, "higher is worse": -1.0}
_IMPOSSIBLE: dict[str, tuple[Callable[[pd.Series], pd.Series], str]] = {
    "n": (lambda n: n <= 0, "a positive number of persons"),
    "n_treatment": (lambda n: n <= 0, "a positive number of persons"),
    "n_control": (lambda n: n <= 0, "a positive number of persons"),
    "events": (lambda events: (events < 0) | (events % 1 != 0), "a whole number of persons, 0 or more"),
    "std_error": (lambda error: error <= 0, "a standard error above 0"),
    "f": (lambda f: f < 0, "an F of 0 or more"),
    "p": (lambda p: (p <= 0) | (p > 1), "a p value above 0 and at most 1"),
    "r": (lambda r: r.abs() >= 1, "a correlation between -1 and 1"),
    "sign": (lambda sign: ~sign.isin([1, -1]), "1 or -1, the sign of treatment minus control"),
    "tails": (lambda tails: ~tails.isin([1, 2]), "1 or 2"),
    "conf_level": (lambda level: (level <= 0) | (level >= 1), "a level between 0 and 1"),
    "df": (lambda df: df <= 0, "positive degrees of freedom"),
}


def check_columns(printed: pd.DataFrame, formula: EffectFormula) -> None:
    """Check that the columns a formula needs are there, are numbers, and hold what is possible.

    Parameters
    ----------
    printed : DataFrame
        The printed figures.
    formula : EffectFormula
        The formula.

    Raises
    ------
    ColumnError
        A column is missing, or holds no numbers.
    MissingValueError
        What a figure belongs to is not said.
    InvalidValueError
        A cell is impossible.
    """
    needed = [*(["arm"] if formula.rows == "arms" else []), *formula.needs]
    for name in needed:
        if name not in printed.columns:
            msg = f"The printed figures have no column {name!r}."
            raise ColumnError(msg, hint=nearest(name, map(str, printed.columns)))
    for name in ("arm", *KEYS, "measure"):
        if name in printed.columns and printed[name].isna().any():
            rows = row_numbers(np.flatnonzero(printed[name].isna()).tolist())
            msg = f"The column {name!r} of the printed figures is empty in {rows}; it must be filled."
            raise MissingValueError(msg, hint="Say of every printed figure what it belongs to.")
    numbers = [name for name in _numbers(formula) if name in printed.columns]
    for name in numbers:
        _check_numbers(printed[name])


def _numbers(formula: EffectFormula) -> list[str]:
    """The columns of numbers that a formula reads, with those it can do without."""
    optional = {"p": ["tails"], "conf_low": ["df", "conf_level"], "std_error": ["n", "n_treatment", "n_control"]}
    more = [name for needed in formula.needs for name in optional.get(needed, [])]
    return [*(name for name in formula.needs if name != "measure"), *more]


def _check_numbers(column: pd.Series) -> None:
    if not pd.api.types.is_numeric_dtype(column.dtype) and column.notna().any():
        msg = f"The column {column.name!r} of the printed figures holds {column.dtype}; expected numbers."
        raise ColumnError(msg, hint="Write plain numbers, and leave a cell empty where nothing is printed.")
    judged = _IMPOSSIBLE.get(str(column.name))
    if judged is None:
        return
    values = column.dropna().astype(float)
    wrong = judged[0](values)
    if wrong.any():
        rows = row_numbers(np.flatnonzero(column.index.isin(values.index[wrong])).tolist())
        msg = f"The column {column.name!r} of the printed figures holds {values[wrong].iloc[0]:g} in {rows}; expected {judged[1]}."
        raise InvalidValueError(msg, hint="Look at the page that prints it.")


def arms_side_by_side(
    printed: pd.DataFrame, formula: EffectFormula, arms: tuple[str, str], reference: str | None
) -> pd.DataFrame:
    """Put both arms of each comparison side by side, with the endings _t and _c, at the reference round also _0.

    Parameters
    ----------
    printed : DataFrame
        One row an arm.
    formula : EffectFormula
        The formula.
    arms : tuple of str
        Treatment and control.
    reference : str or None
        The reference round.

    Returns
    -------
    DataFrame
        One row a comparison, with what it belongs to, ``sign`` and what is carried along.
    """
    _check_arms(printed, arms, formula, reference)
    keys = [name for name in KEYS if name in printed.columns]
    # plain texts join several times faster than nullable ones
    plain = printed.astype({**dict.fromkeys([*keys, "arm"], str), **dict.fromkeys(formula.needs, float)})
    mine = plain.assign(sign=signs(printed))[plain["arm"].isin(arms)]
    carried = ["sign", *_same_in_both(mine, keys)]
    if mine.duplicated([*keys, "arm"]).any():
        again = mine[mine.duplicated([*keys, "arm"])].iloc[0]
        msg = f"The printed figures hold {' and '.join(f'{name} {again[name]!r}' for name in [*keys, 'arm'])} twice."
        raise DuplicateError(msg, hint="Keep one row for each arm, outcome and round.")
    wide = mine[[*keys, *carried]].drop_duplicates(keys or None)
    cells = [*formula.needs, "printed"]
    for name, ending in zip(arms, ("t", "c"), strict=True):
        there = mine.loc[mine["arm"] == name, [*keys, *formula.needs]].assign(printed=True)
        wide = _joined(wide, there.rename(columns={each: f"{each}_{ending}" for each in cells}), keys)
    return wide if reference is None else _from_reference(wide, reference, keys, carried)


def _from_reference(wide: pd.DataFrame, reference: str, keys: list[str], carried: list[str]) -> pd.DataFrame:
    across = [name for name in keys if name not in ("round", "time")]
    when = [name for name in keys if name not in across]
    start = wide[wide["round"] == reference].drop(columns=[*when, *carried])
    start = start.rename(columns={name: f"{name}_0" for name in start.columns if name not in across})
    return _joined(wide[wide["round"] != reference], start, across)


def _joined(left: pd.DataFrame, right: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return left.merge(right, on=keys, how="left") if keys else left.merge(right, how="cross")


def _same_in_both(mine: pd.DataFrame, keys: list[str]) -> list[str]:
    """The columns that are carried along; both arms must say the same."""
    carried = [name for name in CARRIED if name in mine.columns]
    for name in carried:
        said = mine[[*keys, name]].drop_duplicates()
        if said.duplicated(keys or None).any() or (not keys and len(said) > 1):
            msg = f"The column {name!r} of the printed figures differs between the arms of one comparison."
            raise InvalidValueError(msg, hint="It is said of the comparison, so both arms say the same.")
    return carried


def _check_arms(printed: pd.DataFrame, arms: tuple[str, str], formula: EffectFormula, reference: str | None) -> None:
    there = arms_of(printed, "arm", "printed figures")
    for name in arms:
        if name not in there:
            msg = f"There is no arm {name!r} among the printed figures."
            raise InvalidValueError(msg, hint=nearest(name, there))
    if formula.change and reference is None:
        msg = "The formula counts change from a reference round, and none was said."
        raise DesignError(msg, hint="Say reference_round=….")
    rounds = set(map(str, printed["round"])) if "round" in printed.columns else set()
    if reference is not None and reference not in rounds:
        msg = f"There is no round {reference!r} among the printed figures."
        raise InvalidValueError(msg, hint=nearest(reference, rounds) if rounds else "Add a column 'round'.")
    if "events" in formula.needs and (printed["events"] > printed["n"]).any():
        rows = row_numbers(np.flatnonzero((printed["events"] > printed["n"]).fillna(value=False)).tolist())
        msg = f"The printed figures have more events than persons in {rows}."
        raise InvalidValueError(msg, hint="Events are counted in persons, each once.")


def comparisons(printed: pd.DataFrame, formula: EffectFormula) -> pd.DataFrame:
    """Bring printed comparisons into the columns that formulas read.

    Parameters
    ----------
    printed : DataFrame
        One row a comparison.
    formula : EffectFormula
        The formula.

    Returns
    -------
    DataFrame
        The same rows; ``n_treatment`` and ``n_control`` are called ``n_t`` and ``n_c``.

    Raises
    ------
    InvalidValueError
        A measure is unknown, or an interval impossible.
    """
    keys = [name for name in KEYS if name in printed.columns]
    numbers = [name for name in _numbers(formula) if name in printed.columns]
    wide = printed.reset_index(drop=True).astype({**dict.fromkeys(keys, str), **dict.fromkeys(numbers, float)})
    if "sign" not in formula.needs:
        wide["sign"] = 1.0
    wide["turned"] = signs(wide)
    if "measure" in formula.needs:
        known = [*LOGGED, *PLAIN]
        unknown = sorted(set(wide["measure"].astype(str)) - set(known))
        if unknown:
            msg = f"The printed figures have the measure {unknown[0]!r}."
            raise InvalidValueError(msg, hint=nearest(unknown[0], known))
    if "conf_low" in formula.needs:
        unsaid = pd.Series(np.nan, index=wide.index)
        level = wide.get("conf_level", unsaid).fillna(LEVEL)
        wide = wide.assign(conf_level=level, df=wide.get("df", unsaid))
        _check_intervals(wide)
    return wide.rename(columns={"n_treatment": "n_t", "n_control": "n_c"})


def _check_intervals(wide: pd.DataFrame) -> None:
    low, estimate, high = (wide[name] for name in ("conf_low", "estimate", "conf_high"))
    outside = (estimate < low) | (estimate > high) | (low >= high)
    if "measure" in wide:
        outside |= wide["measure"].isin(list(LOGGED)) & (low <= 0)
    if outside.any():
        rows = row_numbers(np.flatnonzero(outside).tolist())
        msg = f"The interval in {rows} of the printed figures does not hold its estimate, or a ratio reaches 0."
        raise InvalidValueError(
            msg, hint="Look at the page that prints it; a lower limit printed as 0.00 is not usable."
        )


def signs(printed: pd.DataFrame) -> pd.Series:
    """Give 1 where higher is better, -1 where it is worse; the same in all rows of an outcome.

    Parameters
    ----------
    printed : DataFrame
        With or without the column ``direction``.

    Returns
    -------
    Series
        1 throughout where no direction is said.

    Raises
    ------
    InvalidValueError
        A direction is unknown, or not the same for all of an outcome.
    """
    if "direction" not in printed.columns:
        return pd.Series(1.0, index=printed.index)
    found = printed["direction"].astype(object).map(_SIGNS).astype(float)
    if found.isna().any():
        rows = row_numbers(np.flatnonzero(found.isna()).tolist())
        said = printed.loc[found.isna(), "direction"].iloc[0]
        msg = f"The direction in {rows} of the printed figures is {'empty' if pd.isna(said) else repr(said)}."
        raise InvalidValueError(msg, hint="It is 'higher is better' or 'higher is worse'.")
    names = [name for name in ("study", "outcome") if name in printed.columns]
    told = printed[names].astype(str).assign(sign=found).drop_duplicates()
    again = told.duplicated(names) if names else pd.Series(data=len(told) > 1, index=told.index)
    if again.any():
        which = repr(str(told.loc[again, names[-1]].iloc[0])) if names else "the outcome"
        msg = f"The printed figures of {which} have two directions."
        raise InvalidValueError(msg, hint="Which way is good is the same in both arms and at all rounds.")
    return found
