"""Who answered which rounds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.contracts import INVITED, RESPONSES, check_frame
from peereval.errors import ColumnError, InvalidValueError, nearest
from peereval.estimation.proportions import wilson_interval
from peereval.panel import arms_of, round_order
from peereval.results import Result, data_facts, origin_of, versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LEVEL = 0.95
_ITEM = re.compile(r"\w+_\d{2,3}")


def attrition(
    responses: pd.DataFrame,
    *,
    arm: str | None = None,
    invited: pd.DataFrame | None = None,
    items: Sequence[str] | None = None,
) -> Result:
    """Count who answered each round, who stayed, and in which pattern.

    Parameters
    ----------
    responses : DataFrame
        The *responses* contract; `round` must be an ordered categorical.
    arm : str, optional
        A column of `responses` to count by, beside everybody.
    invited : DataFrame, optional
        The *invited* contract: how many were asked in each round. Without it response rates are unknown.
    items : sequence of str, optional
        The columns of which at least one must be filled for a row to count as an answer; the item columns
        (``<prefix>_<nn>``) by default. Where there are none, every row counts.

    Returns
    -------
    Result
        Rows with ``measure``: ``answered`` (of the invited, per round), ``retained`` (of those who answered
        the first round, per later round, with Wilson's interval) and ``pattern`` (per set of rounds answered,
        named in ``term``). The last two need persons who can be followed. Rows without any answered item are
        left out and counted under ``not_answered``.

    Raises
    ------
    InvalidValueError
        `round` has no order, or more answered a round than were invited.
    ColumnError, DesignError
        There is no column `arm`, or one of `items` is missing; or a person is in two arms.

    Examples
    --------
    >>> import peereval as pe
    >>> region = pe.simulate_study("region", seed=1)
    >>> found = pe.attrition(region.responses).estimates
    >>> found.loc[found["measure"] == "retained", ["round", "numerator", "denominator"]]
           round  numerator  denominator
    3  half-year        168        240.0
    4   one-year        142        240.0
    """
    check_frame(responses, RESPONSES)
    rounds = round_order(responses, "responses")
    if invited is not None:
        check_frame(invited, INVITED)
    blank = _blank(responses, items)
    answers = responses if blank is None else responses[~blank]
    linked = "person" in responses.columns and bool(responses["person"].notna().all())
    groups = _groups(responses, arm)
    rows = [row for group in groups for row in _rows(answers, invited, group, rounds, linked=linked)]
    return Result(
        kind="attrition",
        title="Who answered which rounds",
        estimates=pd.DataFrame(rows),
        method=_METHOD if linked else _METHOD_UNLINKED,
        claim="description",
        estimand="Share of persons who answered, among those invited and among those who answered the first round.",
        assumptions=_assumptions(invited=invited is not None, items=blank is not None),
        references=("Wilson 1927, Journal of the American Statistical Association 22:209",),
        settings={"arm": arm, "linked": linked, "versions": versions(), "data": data_facts(responses)},
        exclusions=_exclusions(responses, answers, arm),
        origin=origin_of(responses),
    )


_METHOD = (
    "Answers are counted per round, where at least one item was answered; retention is the share of persons with an answer to the first round who answered "
    "the later one, with Wilson's 95 % interval (rule R12)."
)
_METHOD_UNLINKED = "Answers are counted per round, where at least one item was answered; the rounds are anonymous, so who stayed cannot be told."


def _assumptions(*, invited: bool, items: bool) -> tuple[str, ...]:
    said = []
    if not invited:
        said.append("How many were invited is unknown, so response rates are unknown.")
    if not items:
        said.append("The responses hold no item columns, so every row counts as an answer.")
    return tuple(said)


def _blank(responses: pd.DataFrame, items: Sequence[str] | None) -> pd.Series | None:
    """Whether no item of a row was answered; None where there are no items to tell by."""
    names = [name for name in map(str, responses.columns) if _ITEM.fullmatch(name)] if items is None else list(items)
    for name in names:
        if name not in responses.columns:
            msg = f"The responses have no item column {name!r}."
            raise ColumnError(msg, hint=nearest(name, map(str, responses.columns)))
    return responses[names].isna().all(axis=1) if names else None


def _groups(responses: pd.DataFrame, arm: str | None) -> list[tuple[str | None, str]]:
    """The column and value of each group to count; (None, "all") is everybody."""
    arms = [] if arm is None else [(arm, name) for name in arms_of(responses, arm, "responses")]
    return [*arms, (None, "all")]


def _rows(
    responses: pd.DataFrame,
    invited: pd.DataFrame | None,
    group: tuple[str | None, str],
    rounds: list[str],
    *,
    linked: bool,
) -> Iterator[dict[str, object]]:
    column, name = group
    mine = responses if column is None else responses[responses[column] == name]
    yield from _answered(mine, _asked(invited, column, name), name, rounds)
    if linked:
        yield from _followed(mine, name, rounds)


def _asked(invited: pd.DataFrame | None, column: str | None, name: str) -> pd.DataFrame | None:
    if invited is None or column is None:
        return invited
    return invited[invited[column] == name] if column in invited.columns else None


def _answered(
    mine: pd.DataFrame, asked: pd.DataFrame | None, name: str, rounds: list[str]
) -> Iterator[dict[str, object]]:
    for label in rounds:
        count = int((mine["round"] == label).sum())
        total = np.nan if asked is None else _invited_to(asked, label)
        if count > total:
            msg = f"{count} answered the round {label!r} (group {name!r}), but {total:.0f} were invited to it."
            raise InvalidValueError(
                msg, hint="Look for invitations that are missing, or rows of persons who were not asked."
            )
        yield {"measure": "answered", "group": name, "round": label, **_share(count, total, interval=False)}


def _invited_to(asked: pd.DataFrame, label: str) -> float:
    """How many were invited to a round; a round that the table does not name is unknown, not zero."""
    invited = asked.loc[asked["round"].astype(str) == label, "invited"]
    return float(invited.sum()) if len(invited) else np.nan


def _followed(mine: pd.DataFrame, name: str, rounds: list[str]) -> Iterator[dict[str, object]]:
    there = pd.crosstab(mine["person"], mine["round"].astype(str)).reindex(columns=rounds, fill_value=0).astype(bool)
    started = there[there[rounds[0]]]
    for label in rounds[1:]:
        share = _share(int(started[label].sum()), len(started), interval=True)
        yield {"measure": "retained", "group": name, "round": label, **share}
    for pattern, count in there.value_counts().sort_index(ascending=False).items():
        answered = [label for label, yes in zip(rounds, pattern, strict=True) if yes]  # type: ignore[call-overload]
        share = _share(int(count), len(there), interval=False)
        yield {"measure": "pattern", "group": name, "term": " + ".join(answered), **share}


def _share(numerator: int, denominator: float, *, interval: bool) -> dict[str, object]:
    counts: dict[str, object] = {
        "numerator": numerator,
        "denominator": denominator,
        "estimate": numerator / denominator if denominator else np.nan,
    }
    if not interval:
        return counts
    low, high = wilson_interval(numerator, denominator, level=LEVEL)
    return {**counts, "conf_low": float(low), "conf_high": float(high), "conf_level": LEVEL}


def _exclusions(responses: pd.DataFrame, answers: pd.DataFrame, arm: str | None) -> dict[str, int]:
    counts = {
        "not_answered": len(responses) - len(answers),
        "arm_missing": 0 if arm is None else int(answers[arm].isna().sum()),
    }
    return {reason: count for reason, count in counts.items() if count}
