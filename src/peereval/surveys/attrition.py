"""Who answered which rounds, who was lost, and whether those who left began differently."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.contracts import RESPONSES, SCORES, check_frame
from peereval.errors import ColumnError, DesignError, InvalidValueError, nearest
from peereval.mentions import row_numbers
from peereval.panel import arms_of, groups_of, round_order
from peereval.results import Result, data_facts, origin_of, versions
from peereval.surveys.baseline import DESCRIBED, difference_row, mean_row, measured, numbers
from peereval.surveys.response import check_invited, response_rows, share

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_ITEM = re.compile(r"\w+_\d{2,3}|local_\w+")
_MOST_ROUNDS = 5
"""Up to so many rounds every pattern is listed, also those with nobody; with more, those that occur."""
REASONS_LOST = ("died", "left_programme")
"""Columns that say why a person did not answer, the weightier first; the rest is ``reason_unknown``."""


def attrition(
    responses: pd.DataFrame,
    *,
    arm: str | None = None,
    by: str | None = None,
    invited: pd.DataFrame | None = None,
    items: Sequence[str] | None = None,
    baseline: Sequence[str] | pd.DataFrame = (),
) -> Result:
    """Count who answered each round, who stayed, in which pattern, who was lost and why, and who they were.

    Parameters
    ----------
    responses : DataFrame
        The *responses* contract; `round` must be an ordered categorical. Rows without an answer may say in
        ``left_programme`` and ``died`` why there is none.
    arm : str, optional
        A column of `responses` to count by, beside everybody; a person is in one arm throughout.
    by : str, optional
        Another column to count by, such as ``"unit"`` or ``"role"``, which may change between rounds: an answer counts
        where it was given, and a person is followed in the group of the first answer. Each grouping is a result of
        its own, so `arm` or `by`, not both.
    invited : DataFrame, optional
        The *invited* contract: how many were asked in each round, and perhaps how many were eligible. Without it
        response rates are unknown.
    items : sequence of str, optional
        The columns of which at least one must be filled for a row to count as an answer; the item columns
        (``<prefix>_<nn>``) by default. Where there are none, every row counts.
    baseline : sequence of str or DataFrame
        What is compared between those who stayed and those who left: columns of numbers in `responses`, or scores
        (the *scores* contract, every scale of it), measured at the first round.

    Returns
    -------
    Result
        Rows with ``measure``: ``invited`` (of the eligible) and ``answered`` (of the invited) per round;
        ``retained`` (of those who answered the first round) and, where the responses carry reasons, ``lost`` (the
        others by reason, named in ``term``) per later round; ``pattern`` (per set of rounds answered, named in
        ``term``; all sets, also those of nobody); and per `baseline` (named in ``outcome``) ``mean`` of those who
        answered the first and the last round (``term`` *stayed*) and of those who answered the first but not the
        last (*left*), with their ``standardised_difference``. Shares have Wilson's interval, patterns and reasons
        none. All but the first two need persons who can be followed: answers without a person are left out of them
        and counted under ``person_missing``. Rows without any answered item are left out of all and counted under
        ``not_answered``.

    Raises
    ------
    InvalidValueError
        `round` has no order, more answered a round than were invited, more were invited than eligible, or a round of
        `invited` is not one of the responses; or an answer was given in a round by which the person had died.
    ColumnError, DesignError
        There is no column `arm` or `by`, or one of `items` or `baseline` is missing or holds no numbers; a person is
        in two arms; `arm` and `by` are both given, or one of them is *person* or *round*.

    Notes
    -----
    The standardised difference is the mean of those who stayed minus that of those who left, over
    √((s₁² + s₂²) / 2) of their standard deviations. One that is not near 0 shows that leaving went with the state at
    the start; one near 0 does not show that leaving is unrelated to what came after it.

    Examples
    --------
    >>> import peereval as pe
    >>> region = pe.simulate_study("region", seed=1)
    >>> found = pe.attrition(region.responses, baseline=pe.score(region.responses, "who-5")).estimates
    >>> found.loc[found["measure"] == "retained", ["round", "numerator", "denominator"]]
           round  numerator  denominator
    3  half-year      168.0        240.0
    4   one-year      142.0        240.0
    >>> points = found[found["outcome"] == "who-5:score_0_100"]
    >>> points[["term", "measure", "estimate", "n"]].round(2)
          term                  measure  estimate      n
    12  stayed                     mean     45.31  140.0
    13    left                     mean     31.24   95.0
    14    <NA>  standardised_difference      0.59  235.0
    """
    check_frame(responses, RESPONSES)
    rounds = round_order(responses, "responses")
    if invited is not None:
        check_invited(invited, rounds)
    blank = _blank(responses, items)
    answered = np.ones(len(responses), dtype=bool) if blank is None else ~blank.to_numpy(dtype=bool)
    answers = responses[answered]
    _refuse_answers_of_the_dead(responses, answered, rounds)
    grouping, names = _groups(responses, arm, by, invited)
    linked = "person" in responses.columns and bool(responses["person"].notna().any())
    rows = [row for name in names for row in _responded(answers, invited, grouping, name, rounds)]
    if linked:
        known, known_answers = (each[each["person"].notna()] for each in (responses, answers))
        rows += _followed(known, known_answers, grouping, names, rounds, baseline)
    return Result(
        kind="attrition",
        title="Who answered which rounds",
        estimates=pd.DataFrame(rows),
        method=_METHOD if linked else _METHOD_UNLINKED,
        claim="description",
        estimand="Share of persons who answered, among those invited and among those who answered the first round.",
        assumptions=(
            *_assumptions(invited, items=blank is not None, followed_by=by if linked else None),
            *((_UNMATCHED,) if linked and "linked_by" in responses.columns else ()),
        ),
        references=(
            "Wilson 1927, Journal of the American Statistical Association 22:209",
            *(("Yang and Dalton 2012, SAS Global Forum, paper 335",) if linked and len(baseline) else ()),
        ),
        settings={"arm": arm, "by": by, "linked": linked, "versions": versions(), "data": data_facts(responses)},
        columns={name: DESCRIBED[name] for name in ("sd", "two_valued", "flag")} if linked and len(baseline) else {},
        exclusions=_exclusions(responses, answers, grouping, arm, linked=linked),
        origin=origin_of(responses),
    )


_METHOD = (
    "Answers are counted per round, where at least one item was answered; retention is the share of persons with an answer to the first round who answered "
    "the later one, with Wilson's 95 % interval (rule R12). Those who stayed to the last round and those who left are compared by standardised differences of "
    "what was measured at the first, not by tests."
)
_METHOD_UNLINKED = "Answers are counted per round, where at least one item was answered; the rounds are anonymous, so who stayed cannot be told."


_UNMATCHED = "Rows that found no match in linking count as persons of their own: a missed link reads as one who left and one who came."


def _assumptions(invited: pd.DataFrame | None, *, items: bool, followed_by: str | None) -> tuple[str, ...]:
    said = []
    if invited is None:
        said.append("How many were invited is unknown, so response rates are unknown.")
    elif "eligible" not in invited.columns:
        said.append("How many were eligible is unknown, so the share of them that was invited is unknown.")
    if not items:
        said.append("The responses hold no item columns, so every row counts as an answer.")
    if followed_by is not None:
        said.append(f"A person is followed in the group ({followed_by}) of the first answer.")
    return tuple(said)


def _blank(responses: pd.DataFrame, items: Sequence[str] | None) -> pd.Series | None:
    """Whether no item of a row was answered; None where there are no items to tell by."""
    names = [name for name in map(str, responses.columns) if _ITEM.fullmatch(name)] if items is None else list(items)
    for name in names:
        if name not in responses.columns:
            msg = f"The responses have no item column {name!r}."
            raise ColumnError(msg, hint=nearest(name, map(str, responses.columns)))
    return responses[names].isna().all(axis=1) if names else None


def _groups(
    responses: pd.DataFrame, arm: str | None, by: str | None, invited: pd.DataFrame | None
) -> tuple[str | None, list[str]]:
    """The column to count by, and its groups; those of which nobody answered come from the invited."""
    if arm is not None and by is not None:
        msg = f"Counts are asked for by {arm!r} and by {by!r} at once."
        raise DesignError(msg, hint="Call twice; two groupings in one result would give away what each withholds.")
    grouping = arm if by is None else by
    if grouping is None:
        return None, ["all"]
    if grouping in ("person", "round"):
        msg = f"Counts are asked for by {grouping!r}, by which they are made already."
        raise DesignError(msg, hint="Name a column of groups of persons, such as 'unit'.")
    found = (arms_of if by is None else groups_of)(responses, grouping, "responses")
    asked = invited[grouping].dropna() if invited is not None and grouping in invited.columns else ()
    return grouping, [*sorted({*found, *asked}), "all"]


def _responded(
    answers: pd.DataFrame, invited: pd.DataFrame | None, grouping: str | None, name: str, rounds: list[str]
) -> Iterator[dict[str, object]]:
    mine, asked = answers, invited
    if grouping is not None and name != "all":
        mine = answers[answers[grouping] == name]
        told = invited is not None and grouping in invited.columns
        asked = invited[invited[grouping] == name] if told else None  # type: ignore[index]
    yield from response_rows(mine["round"].astype(str), asked, name, rounds)


def _followed(
    responses: pd.DataFrame,
    answers: pd.DataFrame,
    grouping: str | None,
    names: list[str],
    rounds: list[str],
    baseline: Sequence[str] | pd.DataFrame,
) -> list[dict[str, object]]:
    """What is known of persons over the rounds, group by group."""
    there = _grid(answers["person"], answers["round"], rounds)
    group = _first_group(answers, grouping).reindex(there.index)
    why = _why(responses, there, rounds)
    values = _at_start(baseline, answers, rounds[0])
    rows: list[dict[str, object]] = []
    for name in names:
        mine = there if name == "all" else there[(group == name).to_numpy(dtype=bool, na_value=False)]
        for row in (*_stayed(mine, rounds), *_lost(mine, why, rounds), *_patterns(mine, rounds)):
            rows.append({"group": name, **row})  # noqa: PERF401 - a comprehension of three levels is harder to read
        rows += [{"group": name, "round": rounds[0], **row} for row in _apart(mine, values, rounds)]
    return rows


def _grid(person: pd.Series, label: pd.Series, rounds: list[str]) -> pd.DataFrame:
    """Whether a person has a row in a round: persons by rounds."""
    row, persons = pd.factorize(person, sort=True)
    there = np.zeros((len(persons), len(rounds)), dtype=bool)
    there[row, pd.Index(rounds).get_indexer(pd.Index(label.astype(str)))] = True
    return pd.DataFrame(there, index=pd.Index(persons), columns=rounds)


def _first_group(answers: pd.DataFrame, grouping: str | None) -> pd.Series:
    if grouping is None:
        return pd.Series(dtype="string")
    in_order = answers[answers[grouping].notna()].sort_values("round", kind="stable")
    return in_order.drop_duplicates("person").set_index("person")[grouping]


def _stayed(there: pd.DataFrame, rounds: list[str]) -> Iterator[dict[str, object]]:
    started = there[there[rounds[0]]]
    for label in rounds[1:]:
        yield {"measure": "retained", "round": label, **share(int(started[label].sum()), len(started))}


def _patterns(there: pd.DataFrame, rounds: list[str]) -> Iterator[dict[str, object]]:
    """Persons by the set of rounds they answered, those with most and earliest rounds first."""
    place = 2 ** np.arange(len(rounds), dtype=np.int64)[::-1]
    counts = pd.Series(there.to_numpy(dtype=np.int64) @ place).value_counts()
    every = range(2 ** len(rounds) - 1, 0, -1) if len(rounds) <= _MOST_ROUNDS else sorted(counts.index, reverse=True)
    for code in every:
        answered = [label for label, bit in zip(rounds, place, strict=True) if code & bit]
        cells = share(int(counts.get(code, 0)), len(there), interval=False)
        yield {"measure": "pattern", "term": " + ".join(answered), **cells}


def _why(responses: pd.DataFrame, there: pd.DataFrame, rounds: list[str]) -> dict[str, pd.DataFrame]:
    """For each reason that the responses carry, whether it held for a person by a round."""
    carried = [name for name in REASONS_LOST if name in responses.columns]
    return {name: _by_round(responses, name, rounds).reindex(there.index, fill_value=False) for name in carried}


def _by_round(responses: pd.DataFrame, name: str, rounds: list[str]) -> pd.DataFrame:
    held = responses[responses[name].astype("boolean").fillna(value=False).astype(bool)]
    return _grid(held["person"], held["round"], rounds).cummax(axis=1)


def _lost(there: pd.DataFrame, why: dict[str, pd.DataFrame], rounds: list[str]) -> Iterator[dict[str, object]]:
    """Those who answered the first round but not a later one, by the weightiest reason that is known."""
    if not why:
        return
    started = there[there[rounds[0]]]
    for label in rounds[1:]:
        rest = ~started[label]
        for reason, known in why.items():
            held = rest & known.loc[started.index, label]
            yield _lost_to(reason, label, int(held.sum()), len(started))
            rest &= ~held
        yield _lost_to("reason_unknown", label, int(rest.sum()), len(started))


def _lost_to(reason: str, label: str, count: int, started: int) -> dict[str, object]:
    return {"measure": "lost", "term": reason, "round": label, **share(count, started, interval=False)}


def _refuse_answers_of_the_dead(responses: pd.DataFrame, answered: NDArray[np.bool_], rounds: list[str]) -> None:
    if "died" not in responses.columns or "person" not in responses.columns:
        return
    known = responses[responses["person"].notna()]
    dead = _by_round(known, "died", rounds)
    place = dead.index.get_indexer(pd.Index(responses["person"]))
    column = dead.columns.get_indexer(pd.Index(responses["round"].astype(str)))
    by_then = np.append(dead.to_numpy(dtype=bool), np.zeros((1, len(rounds)), dtype=bool), axis=0)[place, column]
    wrong = by_then & answered
    if wrong.any():
        where = row_numbers(np.flatnonzero(wrong).tolist())
        msg = f"The responses have answers in {where}, in a round by which the person had died."
        hint = "`died` says whether the person had died by the round of its row, not at any time; correct it, or say in `items` what an answer is."
        raise InvalidValueError(msg, hint=hint)


def _at_start(baseline: Sequence[str] | pd.DataFrame, answers: pd.DataFrame, first: str) -> dict[str, pd.Series]:
    """What was measured at the first round, by person."""
    if isinstance(baseline, pd.DataFrame):
        check_frame(baseline, SCORES)
        frame, names = baseline, (baseline["instrument"] + ":" + baseline["scale"]).unique().tolist()
    else:
        frame, names = answers, [baseline] if isinstance(baseline, str) else list(baseline)
    start = frame[(frame["round"].astype(str) == first) & frame["person"].notna()]
    return {
        name: pd.Series(numbers(name, found.values), index=found.rows["person"])
        for name, found in measured(start, names).items()
    }


def _apart(there: pd.DataFrame, values: dict[str, pd.Series], rounds: list[str]) -> Iterator[dict[str, object]]:
    """How those who answered the last round, of those who answered the first, stood at the first, and the others."""
    if len(rounds) == 1:
        return
    started = there[there[rounds[0]]]
    stays = started[rounds[-1]].to_numpy(dtype=bool)
    for name, found in values.items():
        known = found.reindex(started.index).to_numpy(dtype=np.float64)
        stayed, left = (known[who & ~np.isnan(known)] for who in (stays, ~stays))
        yield {"outcome": name, "term": "stayed", **mean_row(stayed)}
        yield {"outcome": name, "term": "left", **mean_row(left)}
        yield {"outcome": name, "contrast": "stayed - left", **difference_row(stayed, left)}


def _exclusions(
    responses: pd.DataFrame, answers: pd.DataFrame, grouping: str | None, arm: str | None, *, linked: bool
) -> dict[str, int]:
    unknown = 0 if grouping is None else int(answers[grouping].isna().sum())
    reason = "group_missing" if arm is None else "arm_missing"
    nobody = int(answers["person"].isna().sum()) if linked else 0
    counts = {"not_answered": len(responses) - len(answers), reason: unknown, "person_missing": nobody}
    return {reason: count for reason, count in counts.items() if count}
