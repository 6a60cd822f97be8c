"""How the answers to the unit's own questions are spread over their options."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.contracts import RESPONSES, check_frame
from peereval.panel import groups_of, round_order
from peereval.results import Result, data_facts, origin_of, versions
from peereval.surveys.local_items import local_codes
from peereval.surveys.response import check_invited, response_rows, share

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from peereval.surveys.questions import LocalItem

_COLUMNS = {
    "label": "the question in short",
    "code": "the code of the option",
    "is_answer": "whether the option is an answer; don't know is none",
}
_METHOD = (
    "Shares of options are of all who ticked one, don't know included; the favourable share is of those who gave an "
    "answer, with Wilson's 95 % interval (rule R12). The rounds are described, not compared."
)


def answer_distribution(
    responses: pd.DataFrame,
    items: Mapping[str, LocalItem],
    *,
    by: str | None = None,
    invited: pd.DataFrame | None = None,
) -> Result:
    """Count how often each option of the unit's own questions was ticked in each round.

    Parameters
    ----------
    responses : DataFrame
        The *responses* contract with the columns ``local_<name>``; `round` must be an ordered categorical.
    items : mapping of str to LocalItem
        The questions by name.
    by : str, optional
        A column to count by, such as ``"arm"`` or ``"unit"``, beside everybody.
    invited : DataFrame, optional
        The *invited* contract. Without it, how many were invited is unknown.

    Returns
    -------
    Result
        Rows with ``outcome`` (the question) and ``measure``: ``option`` (share of those who ticked any, one row an
        option in ``term``), ``top_box`` (favourable answers among the answers, where the question says which are
        favourable) and ``answered`` (of the invited). Shares have Wilson's interval. Empty cells are counted under
        ``not_answered``, cells of rows without a group under ``group_missing``.

    Raises
    ------
    ColumnError
        A question or `by` has no column.
    OutOfRangeError
        A code is none of its question's options.
    InvalidValueError
        `round` has no order, or more answered a question than were invited.

    Examples
    --------
    >>> from peereval.surveys.questions import LocalItem
    >>> met = LocalItem(column="q", label="Met a peer", options={1: "No", 2: "Yes", 9: "Don't know"}, dont_know=(9,),
    ...                 direction="higher is better")
    >>> rounds = pd.Categorical(["start"] * 5, categories=["start"], ordered=True)
    >>> answers = pd.DataFrame({"round": rounds, "local_met": [1, 2, 2, 9, None]})
    >>> answer_distribution(answers, {"met": met}).estimates[["term", "measure", "estimate", "numerator", "denominator"]]
             term   measure  estimate  numerator  denominator
    0          No    option  0.250000          1          4.0
    1         Yes    option  0.500000          2          4.0
    2  Don't know    option  0.250000          1          4.0
    3        <NA>   top_box  0.666667          2          3.0
    4        <NA>  answered       NaN          4          NaN
    """
    check_frame(responses, RESPONSES)
    rounds = round_order(responses, "responses")
    if invited is not None:
        check_invited(invited, rounds)
    names = [*([] if by is None else groups_of(responses, by, "responses")), "all"]
    codes = {name: local_codes(responses, name, item) for name, item in items.items()}
    rows = [
        row
        for name, item in items.items()
        for group in names
        for row in _of_group(responses, codes[name], name, item, _Group(by, group, invited), rounds)
    ]
    return Result(
        kind="likert",
        title="The unit's own questions",
        estimates=pd.DataFrame(rows) if rows else pd.DataFrame(columns=["outcome", "measure", *_COLUMNS]),
        method=_METHOD,
        claim="description",
        estimand="Share of each option among those who answered the question in a round.",
        assumptions=() if invited is not None else ("How many were invited is unknown, so response rates are unknown.",),
        references=("Wilson 1927, Journal of the American Statistical Association 22:209",),
        settings={
            "questions": {name: item.model_dump(mode="json") for name, item in items.items()},
            "by": by, "versions": versions(), "data": data_facts(responses),
        },
        columns=_COLUMNS,
        exclusions=_exclusions(responses, codes, by),
        origin=origin_of(responses),
    )  # fmt: skip


class _Group:
    """Whose answers are counted: those with a value in a column, or everybody's."""

    def __init__(self, column: str | None, name: str, invited: pd.DataFrame | None) -> None:
        self.column, self.name = column, name
        whole = column is None or name == "all"
        told = invited is not None and column is not None and column in invited.columns
        self.invited = invited if whole else invited[invited[column] == name] if told and invited is not None else None

    def of(self, responses: pd.DataFrame) -> NDArray[np.bool_]:
        if self.column is None or self.name == "all":
            return np.ones(len(responses), dtype=np.bool_)
        mine: NDArray[np.bool_] = responses[self.column].eq(self.name).fillna(value=False).to_numpy(dtype=np.bool_)
        return mine


def _of_group(
    responses: pd.DataFrame,
    codes: NDArray[np.float64],
    name: str,
    item: LocalItem,
    group: _Group,
    rounds: list[str],
) -> Iterator[dict[str, object]]:
    answered = group.of(responses) & ~np.isnan(codes)
    labels = responses["round"].astype(str).to_numpy()
    for label in rounds:
        ticked = codes[answered & (labels == label)]
        shared = {"group": group.name, "round": label, "outcome": name, "label": item.label}
        for code, text in item.options.items():
            counts = share(int((ticked == code).sum()), float(len(ticked)))
            yield {
                **shared, "term": text, "measure": "option", "code": code, "is_answer": code in item.answers, **counts,
            }  # fmt: skip
        if item.favourable:
            said = ticked[np.isin(ticked, item.answers)]
            yield {
                **shared,
                "measure": "top_box",
                **share(int(np.isin(said, item.favourable).sum()), float(len(said))),
            }
    there = pd.Series(labels[answered])
    for row in response_rows(there, group.invited, group.name, rounds):
        if row["measure"] == "answered":
            yield {**row, "outcome": name, "label": item.label}


def _exclusions(responses: pd.DataFrame, codes: Mapping[str, NDArray[np.float64]], by: str | None) -> dict[str, int]:
    counts = {
        "not_answered": sum(int(np.isnan(each).sum()) for each in codes.values()),
        "group_missing": 0 if by is None else int(responses[by].isna().sum()) * len(codes),
    }
    return {reason: count for reason, count in counts.items() if count}
