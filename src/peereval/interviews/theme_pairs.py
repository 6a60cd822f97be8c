"""Co-occurrence: which themes are spoken of together."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from peereval.contracts import CODINGS
from peereval.errors import ColumnError, InvalidValueError, nearest
from peereval.interviews.codings import check_codings, in_order, refuse_report
from peereval.results import Result, data_facts, origin_of, versions

_UNITS = {"statement": "statement_id", "informant": "informant"}


def co_occurrence(codings: pd.DataFrame, *, on: Literal["statement", "informant"] = "statement") -> Result:
    """Count which themes stand on the same statement, or are spoken of by the same informant.

    Parameters
    ----------
    codings : DataFrame
        The *codings* contract, with informants; for statements also with ``statement_id``.
    on : {"statement", "informant"}
        Where two themes must meet.

    Returns
    -------
    Result
        One row a pair of themes (``term`` and ``other``; each pair once): ``numerator`` statements or informants with
        both, of ``denominator`` with either; ``estimate`` is their share (Jaccard's index). Rows without the key are
        left out and counted; whoever contradicts a theme has spoken of it.

    Raises
    ------
    DesignError
        The codings have no informants, as those of a published report.
    InvalidValueError
        `on` is neither of the two.
    ColumnError, MissingValueError
        The table does not keep to the contract, or has no statements.

    Examples
    --------
    >>> import pandas as pd
    >>> codings = pd.DataFrame({"informant": ["i1", "i1", "i2"], "role": "patient", "theme": ["hope", "trust", "hope"],
    ...                         "statement_id": ["s1", "s1", "s2"]})
    >>> co_occurrence(codings).to_frame()
       term        measure  estimate  numerator  denominator  other
    0  hope  co_occurrence       0.5          1            2  trust
    """
    check_codings(codings)
    refuse_report(codings, "Co-occurrence")
    if on not in _UNITS:
        msg = f"on={on!r}; expected {' or '.join(map(repr, _UNITS))}."
        raise InvalidValueError(msg, hint=nearest(str(on), _UNITS))
    unit = _UNITS[on]
    if unit not in codings:
        msg = f"The {CODINGS.name} have no column {unit!r}."
        raise ColumnError(msg, hint="Count on='informant', or give each statement a key.")
    missing = int(codings[unit].isna().sum())
    return Result(
        kind="co-occurrence",
        title=f"Themes with the same {on}",
        estimates=_pairs(codings[codings[unit].notna()], unit),
        method=f"For every pair of themes the {on}s with both were counted, and divided by those with either (Jaccard's index).",
        claim="description",
        estimand=f"Share of the {on}s with either theme that have both.",
        assumptions=("Themes that stand together need not belong together: long statements and long interviews hold more themes.",),
        settings={"on": on, "versions": versions(), "data": data_facts(codings)},
        columns={"other": "the other theme of the pair"},
        exclusions={f"{on}_missing": missing} if missing else {},
        origin=origin_of(codings),
    )  # fmt: skip


def _pairs(known: pd.DataFrame, unit: str) -> pd.DataFrame:
    themes = in_order(known["theme"])
    table = pd.crosstab(known[unit], known["theme"]).reindex(columns=themes).to_numpy() > 0
    both = table.T.astype(np.int64) @ table.astype(np.int64)
    first, second = np.triu_indices(len(themes), k=1)
    numerator = both[first, second]
    either = both[first, first] + both[second, second] - numerator
    names = np.array(themes, dtype=object)
    return pd.DataFrame(
        {
            "term": pd.array(names[first], dtype="string"), "other": pd.array(names[second], dtype="string"),
            "measure": "co_occurrence", "numerator": numerator, "denominator": either, "estimate": numerator / either,
        }
    )  # fmt: skip
