"""The rounds of a survey: their order, that each was answered, and that nobody answered one twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from peereval.errors import DuplicateError, EmptyRoundError, InvalidValueError, MissingValueError, nearest
from peereval.surveys.problems import Problem, file_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from peereval.surveys.mapping import SurveyMapping
    from peereval.surveys.windows import PlannedRound


def names_of(rounds: Sequence[str | PlannedRound] | None) -> list[str] | None:
    """Give the names of the rounds that were asked for.

    Parameters
    ----------
    rounds : sequence of str or PlannedRound, or None
        The rounds in their order.

    Returns
    -------
    list of str or None
        Their names; None where none were asked for.

    Raises
    ------
    InvalidValueError
        A single text was given instead of a list, or two rounds have one name.

    Examples
    --------
    >>> names_of(["start", "end"])
    ['start', 'end']
    """
    if rounds is None:
        return None
    if isinstance(rounds, str):
        msg = f"rounds is the text {rounds!r}; expected a list of rounds."
        raise InvalidValueError(msg, hint=f"Write rounds=[{rounds!r}].")
    names = [each if isinstance(each, str) else each.id for each in rounds]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        msg = f"Two rounds are called {twice!r}."
        raise InvalidValueError(msg, hint="Give every round a name of its own.")
    return names


def order_of(found: pd.Series, names: Sequence[str] | None, layout: SurveyMapping) -> list[str] | None:
    """Give the rounds in their order: as asked, as the mapping names them, or as the file has them; None if none says.

    Parameters
    ----------
    found : Series
        The column of the file.
    names : sequence of str or None
        What was asked.
    layout : SurveyMapping
        What the mapping says.

    Returns
    -------
    list of str or None
        The rounds.
    """
    if names is not None:
        return list(names)
    if layout.rename.round:
        return list(dict.fromkeys(layout.rename.round.values()))
    if isinstance(found.dtype, pd.CategoricalDtype) and found.dtype.ordered:
        return [str(name) for name in found.cat.categories]
    return None


def no_round(names: Sequence[str]) -> str:
    """Say what to do where no column holds the round."""
    hint = nearest("round", names) if names else ""
    return (
        hint
        if hint.startswith("Did you mean")
        else "Name the column that holds the round, or write {round} in the names of the columns of a wide file."
    )


def undeclared(
    texts: pd.Series, order: Sequence[str], rows: NDArray[np.int64], file: str, table: Mapping[str, str]
) -> Iterator[Problem]:
    """Find rows without a round, or of a round that is not declared.

    Parameters
    ----------
    texts : Series of string
        The round of each row.
    order : sequence of str
        The rounds that are declared.
    rows : ndarray of int
        Number of each row in the file.
    file : str
        The file's name, for messages.
    table : mapping of str to str
        How the rounds were renamed; a value that it does not name is a problem of its own.

    Yields
    ------
    Problem
        What is wrong.
    """
    if texts.isna().any():
        text = f"the round is empty in {file_rows(rows[texts.isna().to_numpy()].tolist())}; it must be filled."
        yield Problem(MissingValueError, file, text, "Fill the cells, or leave those rows out and say so.")
    others = texts[texts.notna() & ~texts.isin(order) & (texts.isin(set(table.values())) if table else True)]
    unknown = others.value_counts()
    if unknown.empty:
        return
    # other values than those of the mapping are not shown: a column that was mapped by mistake may hold anything
    named = [name for name in table.values() if name in unknown.index]
    first = f"the round {named[0]!r}, which is" if named else "a round that is"
    what = first if len(unknown) == 1 else f"{len(unknown)} rounds that are"
    belong = "1 row belongs" if len(others) == 1 else f"{len(others)} rows belong"
    text = f"{belong} to {what} not declared ({file_rows(rows[texts.index.get_indexer(others.index)].tolist())})."
    hint = nearest(named[0], order) if named else f"Declared are {', '.join(map(repr, order))}."
    yield Problem(InvalidValueError, file, text, hint)


def without_answers(texts: pd.Series, order: Sequence[str], filled: pd.Series | None, file: str) -> Iterator[Problem]:
    """Find rounds that nobody answered.

    Parameters
    ----------
    texts : Series of string
        The round of each row.
    order : sequence of str
        The rounds that are declared.
    filled : Series of bool or None
        Whether a row has any answer, in a wide file; in a long one each row is one.
    file : str
        The file's name, for messages.

    Yields
    ------
    Problem
        One for each empty round.
    """
    there = set((texts if filled is None else texts[filled]).dropna().unique())
    answered = [repr(name) for name in order if name in there]
    hint = f"Rounds found of those declared: {', '.join(answered) or 'none'}."
    for name in (name for name in order if name not in there):
        text = f"nobody answered the round {name!r}: no row of the survey belongs to it."
        yield Problem(EmptyRoundError, file, text, hint)


def twice(columns: Mapping[str, pd.Series], rows: NDArray[np.int64], file: str) -> Iterator[Problem]:
    """Find persons with two rows of one round.

    Parameters
    ----------
    columns : mapping of str to Series
        The responses, with ``round`` as a categorical and, where persons are known, ``person``.
    rows : ndarray of int
        Number of each row in the file.
    file : str
        The file's name, for messages.

    Yields
    ------
    Problem
        At most one.
    """
    if "person" not in columns:
        return
    keys = pd.DataFrame({"person": columns["person"], "round": columns["round"].cat.codes})
    again = (keys.duplicated(keep=False) & keys["person"].notna() & (keys["round"] >= 0)).to_numpy()
    if again.any():
        first = keys[again].iloc[0]
        same = again & (keys["person"].eq(first["person"]) & keys["round"].eq(first["round"])).fillna(
            value=False
        ).to_numpy(bool)
        name = columns["round"].cat.categories[int(first["round"])]
        text = (
            f"{int(again.sum())} rows share their person and round with another row; "
            f"the first are {file_rows(rows[same].tolist())} (round {name!r})."
        )
        yield Problem(DuplicateError, file, text, "Decide which row counts and remove the other.")
