"""How reliable the scales of an instrument are in the data at hand, and whether its key fits them."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from peereval.contracts import RESPONSES, check_frame
from peereval.errors import DesignError, InvalidValueError, ReverseKeyWarning, UnknownNameError, nearest
from peereval.instruments import alarm
from peereval.instruments.answers import coding_of, item_columns, read_answers
from peereval.instruments.arithmetic import keyed
from peereval.instruments.consistency import code_rows, end_rows, item_rows, retest_rows, scale_rows
from peereval.instruments.lookup import instrument as look_up
from peereval.instruments.model import Instrument
from peereval.instruments.scoring import score
from peereval.results import Result, data_facts, origin_of, versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Answers: TypeAlias = NDArray[np.float64]
    Row: TypeAlias = dict[str, Any]

_LEVEL = 0.95
_METHOD = (
    "For each scale that is a sum or mean of items (before a table turns it into a score), and for those who answered "
    "all of them: Cronbach's alpha with "
    "Feldt's interval; omega total from a maximum-likelihood model with one factor; omega hierarchical after Schmid and "
    "Leiman from three maximum-likelihood factors rotated by oblimin and a maximum-likelihood factor of these (from six items "
    "on); correlations of each item "
    "with the sum of the others with Fisher's interval; the standard error of measurement as the standard deviation "
    "times the root of 1 - alpha. Floor and ceiling are shares of those with a score, with Wilson's interval."
)
_RETEST = (
    "Test-retest agreement between {0} and {1} is the intraclass correlation ICC(A,1) (two-way, absolute agreement, "
    "single measurement) of those with both scores, and the standard error of measurement is that of agreement: "
    "the root of MS(error) + max(0, (MS(rounds) - MS(error)) / n)."
)
_REFERENCES = (
    "Feldt, Woodruff & Salih 1987, Applied Psychological Measurement 11:93",
    "McDonald 1999, Test theory: a unified treatment",
    "Zinbarg, Revelle, Yovel & Li 2005, Psychometrika 70:123",
)
_RETEST_REFERENCES = (
    "McGraw & Wong 1996, Psychological Methods 1:30",
    "de Vet, Terwee, Knol & Bouter 2006, Journal of Clinical Epidemiology 59:1033",
)
_COLUMNS = (
    "term", "scale", "measure", "estimate", "conf_low", "conf_high", "n", "flag", "round", "numerator", "denominator",
)  # fmt: skip


def reliability(
    responses: pd.DataFrame,
    instrument: str | Instrument,
    *,
    items: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    coding: str | Mapping[str, str] | None = None,
    retest: tuple[str, str] | None = None,
) -> Result:
    """Estimate the reliability of an instrument's scales, and look for signs of a wrong key.

    Parameters
    ----------
    responses : DataFrame
        One row a person and round, with the columns of the *responses* contract and one column an item.
    instrument : str or Instrument
        Id of the catalogue, such as ``"who-5"``, or a definition of one's own.
    items, coding
        As in `peereval.score`.
    retest : tuple of two str, optional
        Two different rounds between which nothing should have changed; their scores are compared person by person.

    Returns
    -------
    Result
        One row an estimate, for each round: ``alpha`` (Feldt's interval), ``omega_total`` (one factor),
        ``omega_hierarchical`` (Schmid and Leiman), ``sem`` (standard error of measurement, in points),
        ``item_rest`` (each item, named in ``term``, with the sum of the others), ``scale_rest`` (a scale with the
        items of the other scales), ``floor`` and ``ceiling`` (share of persons at the end of the scale),
        ``lowest_code`` and ``highest_code`` found; with `retest` also ``retest_icc`` and ``retest_sem`` (the
        standard error of agreement: the root of MS(error) + max(0, (MS(rounds) - MS(error)) / n)).

        ``n`` counts those with all items of the scale (for ``scale_rest``, also of the other scales); with a score,
        for ``floor`` and ``ceiling``; with any answer, for the codes; with a score in both rounds, for the retest.
        Scales that are no sum or mean of items get floor, ceiling and retest only. For a scale that a table turns
        into a score, all but these stand on the sum before the table, and there is no ``sem``.

        ``flag`` says what to look at, or why there is no estimate: an item whose correlation with the rest lies below
        0 with its whole interval while alpha rises when the item is turned, or a scale that runs against the others.

        ``exclusions`` count, for the headline scale, responses without any of its items, and with some, not all;
        with `retest`, persons with a row in only one of the rounds, and with rows but not scores in both.

    Raises
    ------
    ColumnError, OutOfRangeError, CodingError, NotScoredError
        As `peereval.score` does.
    InvalidValueError
        Several instruments were given.
    DesignError
        `retest` does not name two different rounds, or was asked for anonymous rounds.
    UnknownNameError
        A round of `retest` is not in the data.

    Warns
    -----
    ReverseKeyWarning
        An item or a scale runs against the rest. A key that is wrong for all items alike cannot be seen.

    Examples
    --------
    >>> import peereval as pe
    >>> region = pe.simulate_study("region", seed=1)
    >>> found = pe.reliability(region.responses, "who-5").estimates
    >>> found.loc[(found["measure"] == "alpha") & (found["scale"] == "raw"), ["round", "estimate", "n"]].round(2)
            round  estimate    n
    9       start      0.80  235
    28  half-year      0.78  163
    47   one-year      0.76  138
    """
    check_frame(responses, RESPONSES)
    one = _one(instrument)
    if retest is not None:
        _check_retest(responses, retest)
    scores = score(responses, one, items=items, coding=coding)
    coding = coding.get(one.id) if isinstance(coding, Mapping) else coding
    items = items.get(one.id) if isinstance(items, Mapping) else items
    how, columns = coding_of(one, coding), item_columns(responses, one, items)
    answers = read_answers(responses, columns, how)
    by_scale = _by_scale(scores, one)
    rows: list[Row] = []
    for label, mine in _rounds(responses):
        turned, points = keyed(answers[mine], one, how), {name: part[mine] for name, part in by_scale.items()}
        found = [*item_rows(turned, one, columns, points), *scale_rows(turned, one)]
        _warn(one, label, found)
        rows += [row | {"round": label} for row in [*found, *end_rows(one, points), *code_rows(answers[mine], how)]]
    left_out = _incomplete(answers, one)
    if retest is not None:
        again, unpaired = _retested(responses, by_scale, one, retest)
        rows += again
        left_out |= unpaired
    return _result(responses, one, rows, left_out, {"columns": columns, "coding": coding, "retest": retest})


def _one(instrument: Any) -> Instrument:
    if not isinstance(instrument, str | Instrument):
        msg = f"reliability takes one instrument, an id or a definition; found {type(instrument).__name__}."
        raise InvalidValueError(msg, hint="Call it once for each instrument.")
    return look_up(instrument) if isinstance(instrument, str) else instrument


def _check_retest(responses: pd.DataFrame, rounds: tuple[str, str]) -> None:
    """Agreement is between two different rounds of the same persons."""
    if isinstance(rounds, str) or len(set(rounds)) != 2 or len(rounds) != 2:  # noqa: PLR2004 - a pair
        msg = f"Test-retest agreement is between two different rounds; retest={rounds!r} was said."
        raise DesignError(msg, hint="Say retest=(one round, a later one).")
    if "person" not in responses.columns or responses["person"].isna().any():
        msg = "Test-retest agreement needs the same persons in both rounds, and persons are not known in every row."
        raise DesignError(msg, hint="Leave out retest=… for anonymous rounds.")
    known = [label for label, _ in _rounds(responses)]
    for name in rounds:
        if name not in known:
            msg = f"The responses have no round {name!r}."
            raise UnknownNameError(msg, hint=nearest(name, known))


def _by_scale(scores: pd.DataFrame, one: Instrument) -> dict[str, Answers]:
    values = scores["score"].to_numpy().reshape(len(one.scales), -1)
    return dict(zip(one.scales, values, strict=True))


def _rounds(responses: pd.DataFrame) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """The rounds that hold rows, in their order, or that of their first row."""
    column = responses["round"]
    names = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column.unique()
    for name in names:
        mine = (column == name).to_numpy(dtype=bool)
        if mine.any():
            yield str(name), mine


def _incomplete(answers: Answers, one: Instrument) -> dict[str, int]:
    missing = np.isnan(answers[:, [item - 1 for item in one.scales[one.headline].items]])
    empty = missing.all(axis=1)
    return {"not_answered": int(empty.sum()), "items_missing": int((missing.any(axis=1) & ~empty).sum())}


def _retested(
    responses: pd.DataFrame, scores: dict[str, Answers], one: Instrument, rounds: tuple[str, str]
) -> tuple[list[Row], dict[str, int]]:
    """Rows of the comparison of two rounds, and the numbers of persons that it leaves out."""
    known = dict(_rounds(responses))
    places = [pd.Series(np.flatnonzero(known[name]), index=responses["person"][known[name]]) for name in rounds]
    both = places[0].index.intersection(places[1].index)
    first, second = ({name: part[place[both]] for name, part in scores.items()} for place in places)
    rows = [row | {"contrast": " / ".join(rounds)} for row in retest_rows(one, first, second)]
    without = np.isnan(first[one.headline] + second[one.headline])
    return rows, {
        "retest_row_missing": len(places[0].index.symmetric_difference(places[1].index)),
        "retest_score_missing": int(without.sum()),
    }


def _warn(one: Instrument, label: str, rows: list[Row]) -> None:
    against = [row for row in rows if row["flag"] == alarm.REVERSED]
    if not against:
        return
    items = list(dict.fromkeys(row["term"] for row in against if row["term"]))
    scales = [row["scale"] for row in against if not row["term"]]
    text = alarm.message(one, label, items, scales, max(row["n"] for row in against))
    warnings.warn(ReverseKeyWarning(text), stacklevel=3)


def _result(
    responses: pd.DataFrame,
    one: Instrument,
    rows: list[Row],
    left_out: dict[str, int],
    said: dict[str, Any],
) -> Result:
    retest = said["retest"]
    return Result(
        kind="reliability",
        title=f"Reliability of the {one.name}",
        estimates=pd.DataFrame(rows, columns=None if rows else list(_COLUMNS)).assign(conf_level=_LEVEL),
        method=_METHOD + ("" if retest is None else " " + _RETEST.format(*retest)),
        claim="description",
        estimand="Reliability of the scores in the population that these persons stand for.",
        assumptions=(
            "Alpha is a lower bound of reliability where items measure one thing and their errors are unrelated.",
            "A key that is wrong for all items of a scale alike cannot be seen in the scale itself.",
        ),
        references=_REFERENCES + (() if retest is None else _RETEST_REFERENCES),
        settings={
            "instrument": one.id, "instrument_version": one.version, "definition": _fingerprint(one), **said,
            "versions": versions(), "data": data_facts(responses),
        },
        columns={"flag": "what to look at (a sign of a wrong key, a known weakness), or why there is no estimate"},
        exclusions=left_out,
        origin=origin_of(responses),
    )  # fmt: skip


def _fingerprint(one: Instrument) -> str:
    """Short hash of a definition: one's own may bear the id and version of another."""
    return hashlib.sha256(one.model_dump_json().encode()).hexdigest()[:8]
