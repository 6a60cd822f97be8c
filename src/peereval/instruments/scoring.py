"""Answers to scores, by the instrument's own key and missing rule."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from peereval.contracts import RESPONSES, check_frame
from peereval.errors import (
    ChoiceError,
    CodingError,
    ColumnError,
    IgnoredAnswersWarning,
    InvalidValueError,
    NotScoredError,
    UnknownNameError,
    UnverifiedWarning,
    nearest,
)
from peereval.instruments.answers import blocks, check_range, coding_of, item_columns, without_codes
from peereval.instruments.arithmetic import WHY, Scored, scores_of
from peereval.instruments.gating import gate_columns, importance, rated_unmarked
from peereval.instruments.lookup import instrument as look_up
from peereval.instruments.model import Instrument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from peereval.instruments.key import Coding

    ItemMap: TypeAlias = Sequence[str] | Mapping[str, Sequence[str]]

_KEYS = (
    "person",
    "round",
    "arm",
    "unit",
    "role",
    "date",
    "left_programme",
    "died",
    "out_of_window",
    "linked",
    "origin",
)


def score(
    responses: pd.DataFrame,
    instruments: str | Instrument | Sequence[str | Instrument],
    *,
    items: ItemMap | None = None,
    coding: str | Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Score the answers to one or several instruments.

    Parameters
    ----------
    responses : DataFrame
        One row a person and round, with the columns of the *responses* contract and one column an item.
    instruments : str or Instrument, or sequence of them
        Ids of the catalogue, such as ``"who-5"``, or definitions of one's own.
    items : sequence of str, or mapping of str to sequence of str, optional
        The columns of the items in the instrument's order, where they are not called ``<prefix>_<nn>``. With
        several instruments, a mapping from the instrument's id.
    coding : str or mapping of str to str, optional
        Which of the instrument's codings the data hold. It must be said where several circulate.

    Returns
    -------
    DataFrame
        The *scores* contract: one row a response and scale with ``instrument``, ``instrument_version``,
        ``scale``, ``score``, ``n_answered``, ``n_items`` and ``reason`` (why a score is missing), and the keys of
        `responses`, among them ``out_of_window``. No row of `responses` is left out. Where only the items that a person marked as important count, those marks are
        ``<item>_important`` with 1 or 0 (or truth values); an empty mark counts as 0 only beside another that is 1,
        as a tick list exports it, and otherwise leaves no score (``marks_missing``).

    Raises
    ------
    ColumnError
        Item columns are missing or hold text.
    OutOfRangeError
        An answer is not one of the codes of its item.
    CodingError
        The coding must be said, or is not one of the instrument's.
    NotScoredError
        The instrument is listed, but its weights, norms or key cannot be had.
    InvalidValueError
        No instrument was named, or one of them twice.
    ChoiceError
        Two orders or codings of one instrument were named for the same columns.

    Warns
    -----
    UnverifiedWarning
        A fact of the instrument's definition has not been seen at its source.
    IgnoredAnswersWarning
        Items were rated that were not marked as important.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({
    ...     "person": ["a", "b"], "round": ["start", "start"],
    ...     "who5_01": [3, 5], "who5_02": [2, None], "who5_03": [3, 4], "who5_04": [1, 5], "who5_05": [4, 5],
    ... })
    >>> score(answers, "who-5")[["person", "scale", "score", "n_answered", "reason"]]
      person        scale  score  n_answered            reason
    0      a  score_0_100   52.0           5              <NA>
    1      b  score_0_100    NaN           4  too_few_answered
    2      a          raw   13.0           5              <NA>
    3      b          raw    NaN           4  too_few_answered
    """
    check_frame(responses, RESPONSES)
    wanted = [instruments] if isinstance(instruments, str | Instrument) else list(instruments)
    ones = [look_up(one) if isinstance(one, str) else one for one in wanted]
    _check_said(items, coding, [one.id for one in ones])
    _check_apart(ones, items)
    scored = [_score_one(responses, one, _said_of(items, one.id), _said_of(coding, one.id)) for one in ones]
    return scored[0] if len(scored) == 1 else pd.concat(scored, ignore_index=True)


def _check_said(items: ItemMap | None, coding: str | Mapping[str, str] | None, names: Sequence[str]) -> None:
    """What is said of an instrument is said of one that is scored."""
    if items is not None and not isinstance(items, Mapping) and len(names) > 1:
        msg = f"The item columns were given as one list for {len(names)} instruments."
        raise ColumnError(msg, hint="Give a mapping from the instrument's id to its columns.")
    if isinstance(coding, str) and len(names) > 1:
        msg = f"One coding, {coding!r}, was given for {len(names)} instruments."
        raise CodingError(msg, hint="Give a mapping from the instrument's id to its coding.")
    for what, said in (("items", items), ("coding", coding)):
        unknown = [key for key in said if key not in names] if isinstance(said, Mapping) else []
        if unknown:
            msg = f"{what} names {unknown[0]!r}, which is not among the instruments to be scored."
            raise UnknownNameError(msg, hint=nearest(unknown[0], names))


def _check_apart(ones: Sequence[Instrument], items: ItemMap | None) -> None:
    """Each instrument is scored once, and no columns under two keys of which one must be wrong."""
    names = [one.id for one in ones]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice or not names:
        msg = f"The instrument {twice!r} was named twice." if twice else "No instrument was named to be scored."
        raise InvalidValueError(msg, hint="Name each instrument once, such as ['who-5', 'soc-13'].")
    keys: dict[tuple[str, ...], str] = {}
    for one in ones:
        said = _said_of(items, one.id)
        columns = one.item_columns if said is None else said
        other = keys.setdefault((one.family or one.id, *columns), one.id)
        if other != one.id:
            msg = f"{other} and {one.id} are keys of one instrument, and the same columns cannot hold both."
            raise ChoiceError(msg, hint="Name the one that the data hold, or the columns of each with items={…}.")


def _said_of(said: Any, name: str) -> Any:
    return said.get(name) if isinstance(said, Mapping) else said


def _score_one(
    responses: pd.DataFrame, one: Instrument, items: Sequence[str] | None, coding: str | None
) -> pd.DataFrame:
    if one.refused:
        msg = f"{one.id} is listed, but not scored: {one.refused}"
        raise NotScoredError(msg)
    if one.unverified:
        warnings.warn(
            UnverifiedWarning(f"{one.id}: not verified at the source: {', '.join(one.unverified)}."),
            stacklevel=4,
        )
    how = coding_of(one, coding)
    columns = item_columns(responses, one, items)
    return _tidy(responses, one, _scored(responses, one, how, columns))


def _scored(responses: pd.DataFrame, one: Instrument, how: Coding, columns: list[str]) -> Scored:
    gate = gate_columns(responses, one, columns)
    size = (len(one.scales), len(responses))
    # one row a scale, as the tidy table wants it; short counts halve their memory
    whole = Scored(
        np.empty(size), np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int8)
    )
    ignored = 0
    for rows, codes in blocks(responses, columns):
        answers = without_codes(codes, how)
        check_range(answers, columns, how, rows.start)
        important = importance(responses, gate, one.n_items, rows)
        found = scores_of(answers, one, how, important)
        for name in Scored._fields:
            getattr(whole, name)[:, rows] = getattr(found, name).T
        ignored += rated_unmarked(answers, important)
    if ignored:
        msg = f"{one.id}: {ignored} ratings of items that were not marked as important are left out."
        warnings.warn(IgnoredAnswersWarning(msg), stacklevel=5)
    return whole


def _tidy(responses: pd.DataFrame, one: Instrument, found: Scored) -> pd.DataFrame:
    keys = responses[[key for key in _KEYS if key in responses.columns]]
    rows, scales = len(keys), list(one.scales)
    same = np.zeros(found.score.size, dtype=np.int8)
    columns: dict[str, Any] = {
        "instrument": _texts([one.id], same),
        "instrument_version": _texts([one.version], same),
        "scale": _texts(scales, np.repeat(np.arange(len(scales), dtype=np.int8), rows)),
        "score": found.score.ravel(),
        "n_answered": found.n_answered.ravel(),
        "n_items": found.n_items.ravel(),
        "reason": _texts(list(WHY), found.why.ravel()),
    }
    tidy = pd.concat([keys] * len(scales), ignore_index=True)
    return pd.concat([tidy, pd.DataFrame(columns, copy=False)], axis=1)


def _texts(words: list[str], codes: NDArray[np.int8]) -> pd.api.extensions.ExtensionArray:
    """A long text column from few words; the code -1 is missing."""
    return pd.array(words, dtype="string").take(codes, allow_fill=True)
