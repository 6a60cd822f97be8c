"""The unit's own questions, scored like instruments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from peereval.contracts import RESPONSES, check_frame
from peereval.errors import ColumnError, OutOfRangeError, nearest
from peereval.mentions import shown_code
from peereval.surveys.problems import file_rows
from peereval.surveys.questions import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peereval.surveys.questions import LocalItem

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
INSTRUMENT = "local"
"""What the scores call the instrument of local questions."""


def score_local(responses: pd.DataFrame, items: Mapping[str, LocalItem]) -> pd.DataFrame:
    """Score the unit's own questions: the code is the score.

    Parameters
    ----------
    responses : DataFrame
        The *responses* contract, with the columns ``local_<name>``.
    items : mapping of str to LocalItem
        The questions by name.

    Returns
    -------
    DataFrame
        The *scores* contract, one row a response and question: ``instrument`` is ``"local"``, ``scale`` the
        question's name. Don't-know answers have no score and the reason ``dont_know``; empty ones ``not_answered``.

    Raises
    ------
    ColumnError
        A question has no column, or a column of texts.
    OutOfRangeError
        A code is none of the question's options.

    Examples
    --------
    >>> from peereval.surveys.questions import LocalItem
    >>> met = LocalItem(column="q", label="Met a peer", options={1: "No", 2: "Yes", 9: "Don't know"}, dont_know=(9,))
    >>> answers = pd.DataFrame({"round": ["start"] * 3, "local_met": [2, 9, None]})
    >>> score_local(answers, {"met": met})[["scale", "score", "n_answered", "reason"]]
      scale  score  n_answered        reason
    0   met    2.0           1          <NA>
    1   met    NaN           0     dont_know
    2   met    NaN           0  not_answered
    """
    check_frame(responses, RESPONSES)
    keys = responses[[key for key in _KEYS if key in responses.columns]]
    parts = [keys.assign(**_scored(local_codes(responses, name, item), name, item)) for name, item in items.items()]
    return pd.concat(parts, ignore_index=True) if parts else keys.iloc[:0].assign(**_scored(np.empty(0), "", None))


def local_codes(responses: pd.DataFrame, name: str, item: LocalItem) -> np.ndarray:
    """Give the codes that answer a local question.

    Parameters
    ----------
    responses : DataFrame
        With the column ``local_<name>``.
    name : str
        The question.
    item : LocalItem
        Its options.

    Returns
    -------
    ndarray of float
        One code a row, not-a-number where nothing was answered.

    Raises
    ------
    ColumnError
        There is no such column, or it holds texts.
    OutOfRangeError
        A code is none of the options; the message gives rows and codes.

    Examples
    --------
    >>> from peereval.surveys.questions import LocalItem
    >>> local_codes(pd.DataFrame({"local_met": [1, None]}), "met",
    ...             LocalItem(column="q", label="Met a peer", options={1: "No", 2: "Yes"}))
    array([ 1., nan])
    """
    column = PREFIX + name
    if column not in responses.columns:
        msg = f"The responses have no column {column!r} for the local question {name!r}."
        raise ColumnError(msg, hint=nearest(column, map(str, responses.columns)))
    if not pd.api.types.is_numeric_dtype(responses[column].dtype) and responses[column].notna().any():
        msg = f"The column {column!r} holds {responses[column].dtype}; expected codes."
        raise ColumnError(msg, hint="Read the export with a mapping that has the question among its local items.")
    codes: np.ndarray = responses[column].to_numpy(dtype=np.float64, na_value=np.nan)
    other = ~np.isnan(codes) & ~np.isin(codes, list(item.options))
    if other.any():
        shown = ", ".join(shown_code(code) for code in np.unique(codes[other])[:3])
        rows = file_rows((np.flatnonzero(other) + 1).tolist())
        msg = f"{int(other.sum())} answers to {column!r} are none of its options: {shown} ({rows})."
        raise OutOfRangeError(msg, hint="Add the option, or set the code to missing.")
    return codes


def _scored(codes: np.ndarray, name: str, item: LocalItem | None) -> dict[str, Any]:
    unknown = np.isin(codes, item.dont_know if item else ())
    answered = ~np.isnan(codes) & ~unknown
    reason = pd.array(["not_answered"] * len(codes), dtype="string")
    reason[unknown], reason[answered] = "dont_know", pd.NA
    return {
        "instrument": pd.array([INSTRUMENT] * len(codes), dtype="string"),
        "instrument_version": pd.array(["study file"] * len(codes), dtype="string"),
        "scale": pd.array([name] * len(codes), dtype="string"),
        "score": np.where(answered, codes, np.nan),
        "n_answered": answered.astype(np.int64),
        "n_items": np.ones(len(codes), dtype=np.int64),
        "reason": reason,
    }
