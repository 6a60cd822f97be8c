"""Survey files to the responses table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from peereval.contracts import RESPONSES, check_frame
from peereval.errors import EmptyRoundError, InvalidValueError, nearest
from peereval.files import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def read_survey(path: str | Path, *, rounds: Sequence[str] | None = None) -> pd.DataFrame:
    r"""Read survey answers from a file.

    Parameters
    ----------
    path : str or Path
        A parquet file, or a CSV file (UTF-8, comma, decimal point), with the columns of the *responses*
        contract and one column an item.
    rounds : sequence of str, optional
        The rounds in their order. Without it, the order is that of the file's ordered categorical.

    Returns
    -------
    DataFrame
        The *responses* contract, with `round` as an ordered categorical.

    Raises
    ------
    EmptyRoundError
        A round of `rounds` has no row.
    InvalidValueError
        The file has a round that is not in `rounds`, or says nothing of their order.
    ColumnError, DuplicateError, MissingValueError
        The table breaks its contract.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "answers.csv")
    ...     _ = file.write_text("person,round,who5_01\na,start,3\na,one-year,4\n", encoding="utf-8")
    ...     answers = read_survey(file, rounds=["start", "one-year"])
    >>> answers["round"].cat.categories.tolist()
    ['start', 'one-year']
    """
    frame = read_table(path)
    check_frame(frame, RESPONSES)
    return frame.assign(round=_ordered(frame["round"], rounds))


def _ordered(found: pd.Series, rounds: Sequence[str] | None) -> pd.Series:
    if rounds is None:
        if isinstance(found.dtype, pd.CategoricalDtype) and found.dtype.ordered:
            return found
        msg = "The file does not say in which order the rounds were held."
        raise InvalidValueError(msg, hint="Say rounds=['start', …].")
    there = set(found.dropna().astype(str))
    unknown = sorted(there - set(rounds))
    if unknown:
        msg = f"{int((found.astype(str) == unknown[0]).sum())} rows belong to the round {unknown[0]!r}, which is not declared."
        raise InvalidValueError(msg, hint=nearest(unknown[0], rounds))
    for name in rounds:
        if name not in there:
            msg = f"Nobody answered the round {name!r}: no row of the survey belongs to it."
            raise EmptyRoundError(msg, hint=f"Rounds found: {', '.join(sorted(there)) or 'none'}.")
    return found.astype(str).astype(pd.CategoricalDtype(list(rounds), ordered=True))
