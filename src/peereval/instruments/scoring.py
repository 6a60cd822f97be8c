"""Answers to scores, by the instrument's own key and missing rule."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from peereval.contracts import RESPONSES, check_frame
from peereval.errors import CodingError, ColumnError, OutOfRangeError, UnverifiedWarning, nearest
from peereval.instruments.lookup import instrument as look_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from peereval.instruments.model import Coding, Instrument

    ItemMap: TypeAlias = Sequence[str] | Mapping[str, Sequence[str]]
    Answers: TypeAlias = NDArray[np.float64]

_KEYS = ("person", "round", "arm", "unit", "role", "date", "origin")
_SHOWN = 3


def score(
    responses: pd.DataFrame,
    instruments: str | Sequence[str],
    *,
    items: ItemMap | None = None,
    coding: str | Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Score the answers to one or several instruments.

    Parameters
    ----------
    responses : DataFrame
        One row a person and round, with the columns of the *responses* contract and one column an item.
    instruments : str or sequence of str
        Ids of the catalogue, such as ``"who-5"``.
    items : sequence of str, or mapping of str to sequence of str, optional
        The columns of the items in the instrument's order, where they are not called ``<prefix>_<nn>``. With
        several instruments, a mapping from the instrument's id.
    coding : str or mapping of str to str, optional
        Which of the instrument's codings the data hold. It must be said where several circulate.

    Returns
    -------
    DataFrame
        The *scores* contract: one row a response and scale with ``instrument``, ``instrument_version``,
        ``scale``, ``score``, ``n_answered``, ``n_items`` and ``reason`` (why a score is missing). No row of
        `responses` is left out.

    Raises
    ------
    ColumnError
        Item columns are missing or hold text.
    OutOfRangeError
        An answer is not one of the codes of its item.
    CodingError
        The coding must be said, or is not one of the instrument's.

    Warns
    -----
    UnverifiedWarning
        A fact of the instrument's definition has not been seen at its source.

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
    names = [instruments] if isinstance(instruments, str) else list(instruments)
    scored = [
        _score_one(responses, look_up(name), _items_of(items, name, names), _coding_of(coding, name)) for name in names
    ]
    return pd.concat(scored, ignore_index=True)


def _items_of(items: ItemMap | None, name: str, names: Sequence[str]) -> Sequence[str] | None:
    if items is None or isinstance(items, Mapping):
        return None if items is None else items.get(name)
    if len(names) > 1:
        msg = f"The item columns were given as one list for {len(names)} instruments."
        raise ColumnError(msg, hint="Give a mapping from the instrument's id to its columns.")
    return items


def _coding_of(coding: str | Mapping[str, str] | None, name: str) -> str | None:
    return coding.get(name) if isinstance(coding, Mapping) else coding


def _score_one(
    responses: pd.DataFrame, one: Instrument, items: Sequence[str] | None, coding: str | None
) -> pd.DataFrame:
    if one.unverified:
        warnings.warn(
            UnverifiedWarning(f"{one.id}: not verified at the source: {', '.join(one.unverified)}."),
            stacklevel=4,
        )
    how = _coding(one, coding)
    columns = _columns(responses, one, items)
    answers = _answers(responses, columns)
    _check_range(answers, columns, how)
    return _tidy(responses, one, *_scores(answers, one, how))


def _coding(one: Instrument, name: str | None) -> Coding:
    if name is None and len(one.codings) > 1:
        msg = f"{one.id} circulates in the codings {', '.join(one.codings)}, and which one the data hold was not said."
        raise CodingError(msg, hint="Look at the lowest and highest code in the export and say coding=….")
    if name is not None and name not in one.codings:
        msg = f"{one.id} has no coding {name!r}."
        raise CodingError(msg, hint=nearest(name, one.codings))
    return one.codings[name] if name is not None else next(iter(one.codings.values()))


def _columns(responses: pd.DataFrame, one: Instrument, items: Sequence[str] | None) -> list[str]:
    columns = list(one.item_columns) if items is None else list(items)
    if len(columns) != one.n_items:
        msg = f"{len(columns)} columns were given for {one.id}, which has {one.n_items} items."
        raise ColumnError(msg, hint="Another number of items is another version of the instrument, with another key.")
    missing = [column for column in columns if column not in responses.columns]
    if missing:
        msg = f"The responses lack {len(missing)} of the {one.n_items} item columns of {one.id}; the first is {missing[0]!r}."
        raise ColumnError(msg, hint=f"Name the columns with items=…, or rename them {one.prefix}_01 and so on.")
    return columns


def _answers(responses: pd.DataFrame, columns: list[str]) -> Answers:
    frame = responses[columns]
    for column in columns:
        if not pd.api.types.is_numeric_dtype(frame[column].dtype) and not frame[column].isna().all():
            msg = f"The item column {column!r} holds {frame[column].dtype}; expected numbers."
            raise ColumnError(msg, hint="Export codes instead of labels.")
    return frame.to_numpy(dtype=np.float64, na_value=np.nan)


def _check_range(answers: Answers, columns: list[str], how: Coding) -> None:
    wrong = (answers < how.min) | (answers > how.max) | (answers % 1 != 0)
    wrong &= ~np.isnan(answers)
    if not wrong.any():
        return
    rows, items = np.nonzero(wrong)
    shown = "; ".join(
        f"row {row + 1}, item {columns[item]}: {answers[row, item]:g}"
        for row, item in list(zip(rows, items, strict=True))[:_SHOWN]
    )
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    msg = f"{len(rows)} answers are outside the range: {shown}{more}; allowed are whole numbers from {how.min} to {how.max}."
    raise OutOfRangeError(msg, hint="Set codes for 'not answered' to missing, and check the coding of the export.")


def _scores(answers: Answers, one: Instrument, how: Coding) -> tuple[Answers, NDArray[np.int64]]:
    """Scores and numbers of answered items, both with one row a response and one column a scale."""
    turned = np.isin(np.arange(1, one.n_items + 1), how.reversed)
    keyed = np.where(turned, how.min + how.max - answers, answers)
    # every coding is brought to the one whose lowest code the scale ranges are written for
    keyed += next(iter(one.codings.values())).min - how.min
    answered = ~np.isnan(answers)
    member = np.array([np.isin(np.arange(1, one.n_items + 1), scale.items) for scale in one.scales.values()]).T
    n_answered = answered.astype(np.int64) @ member.astype(np.int64)
    total = np.where(answered, keyed, 0.0) @ member.astype(np.float64)
    factor = np.array([s.multiply * (len(s.items) if s.method == "sum" else 1) for s in one.scales.values()])
    enough = n_answered >= np.array([scale.min_answered for scale in one.scales.values()])
    # multiplied before divided: whole answers to all items give whole sums
    return np.where(enough, total * factor / np.maximum(n_answered, 1), np.nan), n_answered


def _tidy(responses: pd.DataFrame, one: Instrument, scores: Answers, n_answered: NDArray[np.int64]) -> pd.DataFrame:
    keys = responses[[key for key in _KEYS if key in responses.columns]]
    rows, scales = len(keys), list(one.scales)
    value, answered = scores.T.ravel(), n_answered.T.ravel()
    same = np.zeros(len(value), dtype=np.intp)
    why = np.where(np.isnan(value), (answered > 0).astype(np.intp), -1)
    columns: dict[str, Any] = {
        "instrument": _texts([one.id], same),
        "instrument_version": _texts([one.version], same),
        "scale": _texts(scales, np.repeat(np.arange(len(scales)), rows)),
        "score": value,
        "n_answered": answered,
        "n_items": np.repeat([len(scale.items) for scale in one.scales.values()], rows),
        "reason": _texts(["not_answered", "too_few_answered"], why),
    }
    return pd.concat([keys] * len(scales), ignore_index=True).assign(**columns)


def _texts(words: list[str], codes: NDArray[np.intp]) -> pd.api.extensions.ExtensionArray:
    """A long text column from few words; the code -1 is missing."""
    return pd.array(words, dtype="string").take(codes, allow_fill=True)
