"""The same person across rounds: by an id, by a code that persons make up themselves, or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from peereval.contracts import LINKED, RESPONSES, check_frame
from peereval.errors import ColumnError, DesignError, DuplicateError, InvalidValueError, nearest
from peereval.mentions import row_numbers
from peereval.panel import round_order
from peereval.surveys.matching import Matches, match
from peereval.surveys.spelling import spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_OURS = ("linked", "reason", "linked_by")
_FEWEST_PARTS = 2


def link_rounds(
    responses: pd.DataFrame,
    *,
    code: Sequence[str] | None = None,
    max_distance: int = 1,
    person: str | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Find the answers of the same person in several rounds.

    By a code whose parts persons give anew in each round (mother's initial, month of birth, …), rows of two rounds
    are linked in two steps. First those with the same complete code. Then, of the rest, those whose codes differ in
    exactly one part, if neither has such a neighbour elsewhere in the other's round. A code that two rows of any one
    round share is not linked at all. A missing part differs from everything. Ties and chains stay unlinked: all rows
    of a person must be linked with one another, or else only links between equal codes stay. Parts are compared as
    texts, without regard to case and to spaces at either end, and with composed letters (Unicode NFC); accents count.

    Parameters
    ----------
    responses : DataFrame
        The *responses* contract; `round` must be an ordered categorical.
    code : sequence of str, optional
        The columns that are the parts of the code.
    max_distance : {0, 1}
        In how many parts two codes may differ.
    person : str, optional
        The column with an id that is the same in every round.
    seed : int
        Seed of the new keys.

    Returns
    -------
    DataFrame
        The *linked responses* contract: every row in its place, with ``person`` (a new random key; rows that are not linked have one of their own),
        ``linked`` (whether the person has a row in another round), ``reason`` (how it was linked, or why not) and
        ``linked_by`` (the rule, for `linkage_summary`). Without `code` and `person` the rounds are anonymous:
        ``person`` is missing, nothing is linked, and the reason says so. The columns of the code stay; leave them out
        of what you share.

    Raises
    ------
    InvalidValueError
        `code` and `person` are both given, `max_distance` is not 0 or 1, a code has too few parts, or rounds have no
        order.
    ColumnError
        A column is missing, or one of the new columns is there already.
    DuplicateError
        One id stands twice in a round.
    DesignError
        The responses have persons already, and another way to link them was asked for.

    Examples
    --------
    >>> rounds = pd.Categorical(["start", "start", "end", "end"], categories=["start", "end"], ordered=True)
    >>> answers = pd.DataFrame({
    ...     "round": rounds, "mother": ["A", "K", "a", "B"], "month": [3, 11, 3, 5], "siblings": [2, 0, 1, 4],
    ... })
    >>> linked = link_rounds(answers, code=["mother", "month", "siblings"])
    >>> linked[["mother", "month", "siblings", "linked", "reason"]]
      mother  month  siblings  linked           reason
    0      A      3         2    True  linked_one_part
    1      K     11         0   False         no_match
    2      a      3         1    True  linked_one_part
    3      B      5         4   False         no_match
    """
    columns = _asked(responses, code, max_distance, person)
    found = _by_id(responses, columns) if person is not None else matches(responses, columns, max_distance)
    rule = _rule(code=None if code is None else columns, max_distance=max_distance, person=person)
    anonymous = not columns
    keys = pd.array([pd.NA] * len(responses), dtype="string") if anonymous else _keys(found.person, responses, seed)
    reason = np.full(len(responses), "anonymous") if anonymous else found.reason
    return responses.assign(
        person=keys,
        linked=pd.array(np.isin(reason, ["linked_id", "linked_exact", "linked_one_part"]), dtype="boolean"),
        reason=pd.array(reason, dtype="string"),
        linked_by=pd.array(np.full(len(responses), json.dumps(rule, ensure_ascii=False)), dtype="string"),
    )


def matches(responses: pd.DataFrame, code: list[str], max_distance: int) -> Matches:
    """Link the rows of responses by the parts of a code.

    Parameters
    ----------
    responses : DataFrame
        With the columns of the code and an ordered `round`.
    code : list of str
        The columns of the code.
    max_distance : {0, 1}
        In how many parts two codes may differ.

    Returns
    -------
    Matches
        Persons, reasons and links.
    """
    return match(encoded(responses, code), _rounds(responses), max_distance=max_distance)


def encoded(responses: pd.DataFrame, code: list[str]) -> NDArray[np.int64]:
    """Write the parts of codes as numbers.

    Parameters
    ----------
    responses : DataFrame
        With the columns of the code.
    code : list of str
        The columns of the code.

    Returns
    -------
    ndarray of int, shape (parts, rows)
        The number of each part's value; -1 where it is missing.
    """
    parts = [spelled(responses[name], fold_case=True)[0] for name in code]
    return np.array(parts, dtype=np.int64).reshape(len(code), len(responses))


def rule_of(linked: pd.DataFrame) -> dict[str, Any]:
    """Read from linked responses how they were linked.

    Parameters
    ----------
    linked : DataFrame
        What `link_rounds` gave.

    Returns
    -------
    dict
        ``code`` and ``max_distance``, or ``person``; empty for anonymous rounds and where there are no rows.

    Raises
    ------
    ColumnError
        The responses were not linked by `link_rounds`.
    DesignError
        The rows were linked by several rules.
    """
    check_frame(linked, LINKED)
    rules = linked["linked_by"].unique()
    if len(linked) == 0:
        return {}
    if len(rules) != 1:
        msg = f"The responses were linked by {len(rules)} rules; expected one."
        raise DesignError(msg, hint="Summarise what one call of link_rounds gave.")
    found: dict[str, Any] = json.loads(rules[0])
    return found


def _asked(responses: pd.DataFrame, code: Sequence[str] | None, max_distance: int, person: str | None) -> list[str]:
    """The columns to link by, after checking what was asked for."""
    check_frame(responses, RESPONSES)
    round_order(responses, "responses")
    if code is not None and person is not None:
        msg = "Both a code and an id were given to link by."
        raise InvalidValueError(msg, hint="Link by the id, person=…, if there is one; it makes no slips.")
    columns = [person] if person is not None else list([code] if isinstance(code, str) else code or [])
    for name in columns:
        if name not in responses.columns:
            msg = f"The responses have no column {name!r} to link by."
            raise ColumnError(msg, hint=nearest(name, map(str, responses.columns)))
    _check_distance(columns, max_distance, by_code=code is not None)
    _check_free(responses, person)
    return columns


def _check_distance(columns: list[str], max_distance: int, *, by_code: bool) -> None:
    if isinstance(max_distance, bool) or max_distance not in (0, 1):
        msg = f"max_distance is {max_distance!r}; expected 0 (codes must be the same) or 1 (one part may differ)."
        raise InvalidValueError(msg)
    fewest = _FEWEST_PARTS if max_distance else 1
    if by_code and (len(columns) < fewest or len(set(columns)) < len(columns)):
        msg = f"The code has {len(set(columns))} different parts ({len(columns)} named); expected {fewest} or more, each once."
        raise InvalidValueError(
            msg, hint="Name a column for each part, or say max_distance=0 for a code in one column."
        )


def _check_free(responses: pd.DataFrame, person: str | None) -> None:
    for name in _OURS:
        if name in responses.columns:
            msg = f"The responses have a column {name!r} already, which linking would replace."
            raise ColumnError(msg, hint="Link the responses as they were read, or rename the column.")
    if person != "person" and "person" in responses.columns and responses["person"].notna().any():
        msg = "The responses have a column 'person' already, which linking would replace."
        raise DesignError(msg, hint="Link by it with person='person', or rename it if it is no key of persons.")


def _rule(*, code: list[str] | None, max_distance: int, person: str | None) -> dict[str, Any]:
    if person is not None:
        return {"person": person}
    return {} if code is None else {"code": code, "max_distance": max_distance}


def _by_id(responses: pd.DataFrame, columns: list[str]) -> Matches:
    number, _ = spelled(responses[columns[0]])
    known = number >= 0
    rounds = _rounds(responses)
    again = pd.DataFrame({"id": number, "round": rounds}).duplicated(keep=False).to_numpy() & known
    if again.any():
        same = np.flatnonzero((number == number[again][0]) & (rounds == rounds[again][0]))
        msg = f"{int(again.sum())} rows share their id and round with another row; the first are {row_numbers(same)}."
        raise DuplicateError(msg, hint="Decide which row counts and remove the other.")
    rows = np.bincount(number[known], minlength=1)[number]
    unknown = np.arange(len(number)) + int(number.max(initial=-1)) + 1
    reason = np.select([~known, rows > 1], ["person_missing", "linked_id"], "no_match").astype(object)
    none = np.zeros(0, dtype=np.int64)
    return Matches(
        person=np.where(known, number, unknown), reason=reason, first=none, second=none, exact=none.astype(bool)
    )


def _rounds(responses: pd.DataFrame) -> NDArray[np.int64]:
    return np.asarray(responses["round"].cat.codes, dtype=np.int64)


def _keys(person: NDArray[np.int64], responses: pd.DataFrame, seed: int) -> Any:
    """A random key for each person; other data have other keys, so that tables can be put under one another."""
    number, persons = pd.factorize(person)
    content = int(pd.util.hash_pandas_object(responses, index=False).sum())
    letters = np.random.default_rng([seed, content]).bytes(8 * len(persons)).hex()
    keys = (
        np.array([letters], dtype=f"U{max(16 * len(persons), 1)}").view("U16") if len(persons) else np.zeros(0, "U16")
    )
    return pd.array(keys[number].astype(object), dtype="string")
