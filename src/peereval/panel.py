"""Rounds and arms of a panel: their order, and that nobody is in two arms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from peereval.errors import ColumnError, DesignError, InvalidValueError, nearest
from peereval.mentions import row_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable


def round_order(frame: pd.DataFrame, table: str) -> list[str]:
    """Give the rounds of a table in their order.

    Parameters
    ----------
    frame : DataFrame
        With a column ``round``.
    table : str
        What the table is called in messages.

    Returns
    -------
    list of str
        The rounds, as the ordered categorical has them.

    Raises
    ------
    InvalidValueError
        The column has no order.

    Examples
    --------
    >>> rounds = pd.Categorical(["start", "end"], categories=["start", "end"], ordered=True)
    >>> round_order(pd.DataFrame({"round": rounds}), "scores")
    ['start', 'end']
    """
    kind = frame["round"].dtype
    if not isinstance(kind, pd.CategoricalDtype) or not kind.ordered:
        msg = f"The column 'round' of the {table} has no order."
        raise InvalidValueError(msg, hint="Make it an ordered categorical, as read_survey(…, rounds=[…]) does.")
    return [str(name) for name in kind.categories]


def arms_of(frame: pd.DataFrame, arm: str, table: str) -> list[str]:
    """Give the arms of a table, after checking that every person is in one of them only.

    Parameters
    ----------
    frame : DataFrame
        With the column `arm` and, where persons are known, ``person``.
    arm : str
        The column of the arms.
    table : str
        What the table is called in messages.

    Returns
    -------
    list of str
        The arms in alphabetical order.

    Raises
    ------
    ColumnError
        The column is missing or does not hold text.
    InvalidValueError
        An arm is called *all*, which stands for everybody.
    DesignError
        A person is in two arms.

    Examples
    --------
    >>> arms_of(pd.DataFrame({"person": ["a", "b"], "arm": ["peer", "usual"]}), "arm", "scores")
    ['peer', 'usual']
    """
    names = groups_of(frame, arm, table, called="arms")
    if "person" in frame.columns:
        numbered = frame[["person", arm]].assign(row=range(len(frame)))
        _check_one_arm(numbered[numbered[arm].notna()], arm, table)
    return names


def groups_of(frame: pd.DataFrame, column: str, table: str, *, called: str = "groups") -> list[str]:
    """Give the groups of a table, between which a person may move.

    Parameters
    ----------
    frame : DataFrame
        With the column `column`.
    column : str
        The column of the groups.
    table, called : str
        What the table and the groups are called in messages.

    Returns
    -------
    list of str
        The groups in alphabetical order.

    Raises
    ------
    ColumnError
        The column is missing or does not hold text.
    InvalidValueError
        A group is called *all*, which stands for everybody.

    Examples
    --------
    >>> groups_of(pd.DataFrame({"unit": ["Ward B", "Ward A", "Ward B"]}), "unit", "responses")
    ['Ward A', 'Ward B']
    """
    if column not in frame.columns:
        msg = f"The {table} have no column {column!r} for the {called}."
        raise ColumnError(msg, hint=nearest(column, map(str, frame.columns)))
    known = frame[column].dropna()
    if not all(isinstance(name, str) for name in known.unique()):
        msg = f"The column {column!r} of the {table} holds {frame[column].dtype}; {called} are texts."
        raise ColumnError(msg, hint=f"Give the {called} names.")
    if (known == "all").any():
        msg = f"The column {column!r} of the {table} has a group 'all', which stands for everybody."
        raise InvalidValueError(msg, hint="Give it another name.")
    return sorted(known.unique())


def _check_one_arm(rows: pd.DataFrame, arm: str, table: str) -> None:
    arms = rows[rows["person"].notna()].groupby("person")[arm].nunique()
    twice = arms.index[arms > 1]
    if not len(twice):
        return
    first: Iterable[int] = rows.loc[rows["person"] == twice[0]].drop_duplicates(arm)["row"].tolist()
    msg = f"{len(twice)} persons of the {table} are in more than one arm; the first in {row_numbers(first)}."
    raise DesignError(msg, hint="A person belongs to one arm throughout; decide which, and say so in the report.")
