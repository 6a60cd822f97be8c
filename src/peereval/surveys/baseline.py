"""Who the persons were at the start: Table 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from pandas.api import types

from peereval.contracts import RESPONSES, SCORES, check_frame
from peereval.errors import ColumnError, InvalidValueError, nearest
from peereval.estimation.balance import difference_in_levels, difference_in_sds, spacing
from peereval.estimation.means import mean_of, rarer_of_two, standard_deviation
from peereval.mentions import row_numbers
from peereval.panel import arms_of, round_order
from peereval.results import Result, data_facts, origin_of, versions
from peereval.surveys.response import share

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

MOST_TEXTS = 20
"""A column with more different texts than this is taken for free text, and refused."""
FEWEST = 10
"""Persons that each of two groups needs before their difference is more than noise (rule R3)."""
QUANTILES = {"quartile_1": 0.25, "median": 0.5, "quartile_3": 0.75}


class Values(NamedTuple):
    """A characteristic: the rows of the table that hold it, and its values in them."""

    rows: pd.DataFrame
    values: pd.Series


def baseline_table(
    responses_or_scores: pd.DataFrame,
    *,
    columns: Sequence[str],
    arm: str | None = None,
    round: str | None = None,  # noqa: A002 - the word that all tables and results use
) -> Result:
    """Describe the persons of one round, by arm and together (Table 1); there are no p values in it.

    Parameters
    ----------
    responses_or_scores : DataFrame
        The *responses* contract with any further columns, or the *scores* contract; `round` must be an ordered
        categorical. Every row of the round is a person.
    columns : sequence of str
        What is described: columns of the responses, or scales of the scores as ``"instrument:scale"``. Numbers are
        described by mean and quartiles; flags, categories and texts by level, and so are numbers of which every one in
        this round is 0 or 1: the level 1 gives their share.
    arm : str, optional
        A column to describe by, beside all.
    round : str, optional
        The round, by default the first.

    Returns
    -------
    Result
        Rows with ``outcome`` (the column), ``group`` and ``measure``: ``missing`` (of all persons of the group);
        ``mean`` (with the column ``sd``), ``quartile_1``, ``median`` and ``quartile_3`` (with ``n``); ``level`` (of
        the persons whose level is known, the level in ``term``); and between two arms ``standardised_difference`` of
        a number and ``standardised_difference_of_levels``. Persons whose arm is unknown are left out.

    Raises
    ------
    ColumnError
        A column is missing, or holds dates.
    InvalidValueError
        `round` has no order, there is no such round, no column is named or one twice; a number is infinite; or a
        text column has more than 20 different texts.
    DesignError
        A person is in two arms.

    Notes
    -----
    The standardised difference of a number is the difference of the means over √((s₁² + s₂²) / 2). That of levels is
    the Mahalanobis distance of the shares (Yang and Dalton 2012); it is never negative. Both take persons without a
    missing value, and both do not depend on how many persons there are, unlike a test. Beyond ±0.1 arms are often called
    unbalanced.

    Examples
    --------
    >>> import pandas as pd
    >>> rounds = pd.Categorical(["start"] * 6, categories=["start", "one-year"], ordered=True)
    >>> persons = pd.DataFrame({"person": list("abcdef"), "round": rounds, "arm": ["peer"] * 3 + ["usual"] * 3,
    ...                         "age": [30, 40, 50, 20, 40, 60], "lives_alone": [True, True, False, False, False, True]})
    >>> found = baseline_table(persons, columns=["age", "lives_alone"], arm="arm").estimates
    >>> found.loc[found["measure"] == "mean", ["group", "estimate", "sd", "n"]]
       group  estimate         sd    n
    3   peer      40.0  10.000000  3.0
    4  usual      40.0  20.000000  3.0
    5    all      40.0  14.142136  6.0
    >>> found.loc[found["measure"] == "level", ["term", "group", "numerator", "denominator"]].head(3)
       term  group  numerator  denominator
    19   no   peer        1.0          3.0
    20   no  usual        2.0          3.0
    21   no    all        3.0          6.0
    """
    frame = responses_or_scores
    scored = is_scores(frame)
    check_frame(frame, SCORES if scored else RESPONSES)
    label = _round(frame, round)
    arms = [] if arm is None else arms_of(frame, arm, "scores" if scored else "responses")
    here = frame[frame["round"].astype(str) == label]
    known = here if arm is None else here[here[arm].notna()]
    groups = pd.Series("all", index=known.index) if arm is None else known[arm].astype("string")
    rows = [
        {**row, "outcome": name, "round": label}
        for name, found in measured(known, _names(columns)).items()
        for row in _described(name, found.values, groups[found.rows.index], arms)
    ]
    return Result(
        kind="baseline",
        title=f"Who the persons were: {label}",
        estimates=pd.DataFrame(rows, columns=_COLUMNS),
        method=_METHOD,
        claim="description",
        estimand="Means, quartiles and shares of the persons of one round.",
        assumptions=_assumptions(arms),
        references=(
            "Yang and Dalton 2012, SAS Global Forum, paper 335",
            "Hedges and Olkin 1985, Statistical methods for meta-analysis (standard error of a standardised difference)",
        ),
        settings={
            "columns": list(columns), "arm": arm, "round": label, "versions": versions(), "data": data_facts(frame),
        },
        columns=DESCRIBED,
        exclusions={"arm_missing": len(here) - len(known)} if len(here) > len(known) else {},
        origin=origin_of(frame),
    )  # fmt: skip


_METHOD = (
    "Numbers are described by mean, standard deviation, median and quartiles, levels (and numbers of only 0 and 1) by counts and shares of the persons whose level is known, each with the "
    "number of persons; arms are compared by standardised differences (Yang and Dalton 2012), not by tests."
)
DESCRIBED = {
    "sd": "standard deviation of the persons' values",
    "spacing": "usual distance of neighbouring values; it never leaves, and tells release how finely a quantile may be given",
    "two_valued": "persons with the rarer value, where there are two values only; it never leaves, and tells release to treat the mean as a share",
    "flag": "fewer_than_10: an arm has fewer than 10 persons, so a standardised difference is mostly noise",
}
"""The columns beyond the vocabulary, and what they mean."""
_COLUMNS = [
    "outcome", "term", "group", "contrast", "round", "measure", "estimate", "std_error", "n", "numerator", "denominator",
    *DESCRIBED,
]  # fmt: skip


def _round(frame: pd.DataFrame, wanted: str | None) -> str:
    rounds = round_order(frame, "scores" if is_scores(frame) else "responses")
    if wanted is not None and wanted not in rounds:
        msg = f"There is no round {wanted!r}."
        raise InvalidValueError(msg, hint=nearest(wanted, rounds))
    return rounds[0] if wanted is None else wanted


def _names(columns: Sequence[str]) -> list[str]:
    names = [columns] if isinstance(columns, str) else list(columns)
    twice = sorted({name for name in names if names.count(name) > 1})
    if not names or twice:
        msg = f"The column {twice[0]!r} is named twice." if twice else "No column is named to be described."
        raise InvalidValueError(msg, hint="Say columns=['age', …], each once.")
    return names


def _assumptions(arms: list[str]) -> tuple[str, ...]:
    if len(arms) in (0, 2):
        return ()
    return (f"There are {len(arms)} arms; standardised differences are given between two only.",)


def is_scores(frame: pd.DataFrame) -> bool:
    """Tell the *scores* contract from the *responses* contract."""
    return {"instrument", "scale", "score"} <= set(frame.columns)


def measured(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, Values]:
    """Find characteristics in responses or scores.

    Parameters
    ----------
    frame : DataFrame
        Responses or scores.
    names : sequence of str
        Columns of responses, or ``"instrument:scale"`` of scores.

    Returns
    -------
    dict of str to Values
        The rows and values of each.

    Raises
    ------
    ColumnError
        One of them is not there.
    """
    scales = frame["instrument"] + ":" + frame["scale"] if is_scores(frame) else None
    there = [str(name) for name in (frame.columns if scales is None else scales.unique())]
    for name in names:
        # a table of scores without rows has no scales that a name could be compared with
        if name not in there and (scales is None or len(frame)):
            msg = f"There is no {'column' if scales is None else 'scale'} {name!r}."
            raise ColumnError(msg, hint=nearest(name, there))
    if scales is None:
        return {name: Values(frame, frame[name]) for name in names}
    return {name: Values(part := frame[scales == name], part["score"]) for name in names}


def numbers(name: str, values: pd.Series) -> NDArray[np.float64]:
    """Give the numbers of a column, missing as not-a-number.

    Parameters
    ----------
    name : str
        The column, for messages.
    values : Series
        Its values.

    Returns
    -------
    ndarray of float
        As many as there are rows.

    Raises
    ------
    ColumnError
        They are not numbers.
    InvalidValueError
        One is infinite.
    """
    if not is_number(values):
        msg = f"The column {name!r} holds {values.dtype}; expected numbers."
        raise ColumnError(msg, hint="Convert it, or leave it out.")
    found = np.asarray(values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    if np.isinf(found).any():
        msg = f"The column {name!r} is infinite in {int(np.isinf(found).sum())} rows."
        raise InvalidValueError(msg, hint="A division by zero is the usual cause; set such cells to missing.")
    return found


def is_number(values: pd.Series) -> bool:
    """Tell numbers from flags, categories and texts."""
    return bool(types.is_numeric_dtype(values.dtype) and not types.is_bool_dtype(values.dtype))


def mean_row(values: NDArray[np.float64]) -> dict[str, object]:
    """Give the cells of a mean: estimate, standard error, standard deviation and number of persons.

    Parameters
    ----------
    values : ndarray of float
        Without missing values.

    Returns
    -------
    dict
        The cells.
    """
    found = mean_of(values)
    return {
        "measure": "mean", "estimate": found.estimate, "std_error": found.std_error,
        "sd": standard_deviation(values), "n": len(values), "two_valued": rarer_of_two(values),
    }  # fmt: skip


def difference_row(a: NDArray[np.float64], b: NDArray[np.float64]) -> dict[str, object]:
    """Give the cells of a standardised difference of two samples.

    Parameters
    ----------
    a, b : ndarray of float
        Without missing values.

    Returns
    -------
    dict
        The cells.
    """
    found = difference_in_sds(a, b)
    flag = "fewer_than_10" if min(len(a), len(b)) < FEWEST else None
    return {
        "measure": "standardised_difference", "estimate": found.estimate, "std_error": found.std_error,
        "n": len(a) + len(b), "flag": flag,
    }  # fmt: skip


def _described(name: str, values: pd.Series, groups: pd.Series, arms: list[str]) -> Iterator[dict[str, object]]:
    """The rows of one characteristic."""
    # Table 1 is read across, so the groups of a statistic stand together
    members = {group: (groups == group).to_numpy(dtype=bool) for group in arms}
    members["all"] = np.ones(len(values), dtype=bool)
    missing = values.isna().to_numpy(dtype=bool)
    for group, mine in members.items():
        cells = share(int((missing & mine).sum()), int(mine.sum()), interval=False)
        yield {"measure": "missing", "group": group, **cells}
    if is_number(values) and not _is_zero_or_one(values):
        found = numbers(name, values)
        yield from _of_numbers({group: found[mine & ~missing] for group, mine in members.items()}, arms)
    else:
        levels = _levels(name, values)
        yield from _of_levels({group: levels[mine & ~missing] for group, mine in members.items()}, arms)


def _of_numbers(samples: dict[str, NDArray[np.float64]], arms: list[str]) -> Iterator[dict[str, object]]:
    for group, sample in samples.items():
        yield {"group": group, **mean_row(sample)}
    for measure, place in QUANTILES.items():
        for group, sample in samples.items():
            value = float(np.quantile(sample, place)) if len(sample) else np.nan
            spread = {"sd": standard_deviation(sample), "spacing": spacing(samples["all"])}
            yield {"measure": measure, "group": group, "estimate": value, "n": len(sample), **spread}
    if len(arms) == 2:  # noqa: PLR2004 - a difference has two sides
        yield {"contrast": " - ".join(arms), **difference_row(*(samples[group] for group in arms))}


def _of_levels(samples: dict[str, pd.Series], arms: list[str]) -> Iterator[dict[str, object]]:
    counts = {group: sample.value_counts(sort=False) for group, sample in samples.items()}
    for level in counts["all"].index:
        for group, mine in counts.items():
            cells = share(int(mine[level]), int(mine.sum()), interval=False)
            yield {"measure": "level", "term": str(level), "group": group, **cells}
    if len(arms) == 2:  # noqa: PLR2004 - a difference has two sides
        first, second = (np.asarray(counts[group], dtype=np.float64) for group in arms)
        found = difference_in_levels(first, second)
        yield {
            "measure": "standardised_difference_of_levels", "contrast": " - ".join(arms), "estimate": found.estimate,
            "std_error": found.std_error, "n": first.sum() + second.sum(),
            "flag": "fewer_than_10" if min(first.sum(), second.sum()) < FEWEST else None,
        }  # fmt: skip


def _levels(name: str, values: pd.Series) -> pd.Series:
    """The values as a categorical whose levels are texts; declared levels that nobody has are kept."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.rename_categories([str(level) for level in values.cat.categories])
    found = values.dropna()
    if is_number(values):
        return values.map({0: "0", 1: "1"}).astype(pd.CategoricalDtype(["0", "1"]))
    if types.is_bool_dtype(values.dtype) or (len(found) and _all_are(found, bool)):
        return values.map({True: "yes", False: "no"}).astype(pd.CategoricalDtype(["no", "yes"]))
    if not _all_are(found, str):
        msg = f"The column {name!r} holds {values.dtype}; expected numbers, flags, categories or texts."
        raise ColumnError(msg, hint="Convert it, for example a date of birth to an age.")
    texts = sorted(found.unique())
    if len(texts) > MOST_TEXTS:
        where = row_numbers(np.flatnonzero(values.notna())[:1].tolist())
        msg = f"The column {name!r} has {len(texts)} different texts (from {where} of the round on), more than {MOST_TEXTS}: it looks like free text."
        raise InvalidValueError(msg, hint="Group the texts, or make the column a categorical if these are its levels.")
    return values.astype(pd.CategoricalDtype(texts))


def _is_zero_or_one(values: pd.Series) -> bool:
    """Whether numbers are a mark such as ticked or not, whose quartiles say nothing; of no numbers nobody knows."""
    found = values.dropna()
    return len(found) > 0 and bool(found.isin([0, 1]).all())


def _all_are(values: pd.Series, kind: type) -> bool:
    return all(isinstance(value, kind) for value in values.unique())
