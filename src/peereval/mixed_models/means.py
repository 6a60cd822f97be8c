"""Estimated marginal means per round and group, and their differences."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from peereval.errors import DesignError, InvalidValueError, UnknownNameError, nearest
from peereval.estimation.multiplicity import check_adjustment, stepwise, tukey
from peereval.mixed_models.contrasts import tested_columns
from peereval.mixed_models.wording import ASSUMPTIONS, references
from peereval.results import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from peereval.estimation.multiplicity import Adjustment
    from peereval.mixed_models.design import Design
    from peereval.mixed_models.model import MMRM
    from peereval.mixed_models.observations import Observations

    Numbers: TypeAlias = NDArray[np.floating[Any]]

Pairs: TypeAlias = Literal["groups", "rounds", "changes"]
_MOST_CELLS = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Means of all groups and rounds.

    Parameters
    ----------
    rounds, groups : list of str
        Their names; one empty name without groups.
    rows : ndarray, shape (groups, rounds, names)
        What combination of all columns each mean is.
    persons : ndarray of bool, shape (groups, rounds, persons)
        Who was observed where.
    """

    rounds: list[str]
    groups: list[str]
    rows: Numbers
    persons: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Difference:
    """One difference of means, and the family whose p values are adjusted together."""

    measure: str
    contrast: str
    group: str | None
    round: str | None
    row: Numbers
    n: int
    family: str


def means_result(
    model: MMRM, by: tuple[str, ...], pairs: str | None, adjust: Adjustment, level: float
) -> Result:  # fmt: skip
    """Estimate means and their differences, as `MMRM.means` documents.

    Parameters
    ----------
    model : MMRM
        The fitted model.
    by : tuple of str
        Factors whose levels have means of their own.
    pairs : str or None
        What is compared.
    adjust : str
        How p values are adjusted.
    level : float
        Confidence level.

    Returns
    -------
    Result
        Means, then differences.
    """
    wanted = _pairs(pairs, by)
    check_adjustment(adjust)
    cells = cells_of(model.design, model.observations, model.request.round, by)
    differences = list(_DIFFERENCES[wanted](cells))
    parts = _mean_rows(model, cells, level), _difference_rows(model, differences, level)
    # not concat: pandas 2 and 3 take columns without values for different types
    frame = pd.DataFrame([row for part in parts for row in part.to_dict("records")])
    _check_tukey(adjust, wanted, cells)
    frame["p_adjusted"] = _adjusted(frame, adjust, len(cells.groups) if wanted != "rounds" else len(cells.rounds))
    frame = frame.drop(columns="family").assign(outcome=model.design.outcome_name)
    return Result(
        kind="means",
        title="Estimated means per round",
        estimates=frame if by else frame.drop(columns="group"),
        method=f"{model.method[:-1]}; {_RULE}{_ADJUSTED[adjust]}.",
        claim="association" if by else "change",
        estimand="Means that would be seen if every person had answered in every round.",
        assumptions=ASSUMPTIONS,
        references=references(model.request),
        settings={**model.settings(), "by": list(by), "pairs": wanted, "adjust": adjust, "conf_level": level},
        exclusions=model.exclusions,
        origin=model.origin,
    )


_RULE = (
    "means are estimated marginal means: levels of the other factors weigh the same, and covariates are held at their "
    "mean over the rows used"
)
_ADJUSTED = {
    "none": "; p values are not adjusted",
    "holm": "; p values adjusted after Holm within each family of differences, intervals not adjusted",
    "benjamini-hochberg": (
        "; p values adjusted after Benjamini and Hochberg within each family of differences, intervals not adjusted"
    ),
    "tukey": "; p values adjusted after Tukey within each family of differences, intervals not adjusted",
}


def _pairs(pairs: str | None, by: tuple[str, ...]) -> str:
    if pairs is None:
        return "groups" if by else "rounds"
    if pairs not in get_args(Pairs):
        msg = f"There are no pairs {pairs!r}."
        raise InvalidValueError(msg, hint=nearest(pairs, get_args(Pairs)))
    if pairs != "rounds" and not by:
        msg = f"Differences of {pairs!r} need groups, and none were named."
        raise DesignError(msg, hint="Say by='arm', or pairs='rounds'.")
    return pairs


def _check_tukey(adjust: str, pairs: str, cells: Cells) -> None:
    if adjust == "tukey" and pairs == "changes" and len(cells.groups) < 2:  # noqa: PLR2004 - a pair
        msg = "Tukey's method compares means in pairs, and there is one group only."
        raise DesignError(msg, hint="Say adjust='holm'.")


def cells_of(design: Design, observations: Observations, when: str, by: tuple[str, ...]) -> Cells:
    """Say which combination of coefficients the mean of every group and round is.

    Parameters
    ----------
    design : Design
        The fixed effects.
    observations : Observations
        Who was observed when.
    when : str
        The column of the round.
    by : tuple of str
        Factors whose levels have means of their own.

    Returns
    -------
    Cells
        The combinations, and who was observed where.

    Raises
    ------
    DesignError
        The formula does not hold the round, or has too many combinations of levels.
    UnknownNameError
        A name is no factor of the formula.
    """
    if when not in design.variables:
        msg = f"The formula does not hold the round {when!r}, so its means would be the same in every round."
        raise DesignError(msg, hint=f"Add it: '… + {when}' or '… * {when}'.")
    for name in by:
        if name not in design.levels or name == when:
            msg = f"{name!r} is no factor of the formula beside the round."
            raise UnknownNameError(msg, hint=nearest(name, set(design.levels) - {when}))
    levels = (
        {**design.levels, when: sorted(design.frame[when].unique().tolist())}
        if when not in design.levels
        else design.levels
    )
    groups = list(product(*(levels[name] for name in by)))
    rows = _marginal_rows(design, when, levels, by)
    names = [", ".join(map(str, group)) for group in groups]
    here = np.zeros((len(groups), len(observations.round_names), observations.n_persons), dtype=bool)
    here[_group_codes(design, by, levels), observations.rounds, observations.persons] = True
    return Cells(list(observations.round_names), names, rows, here)


def _group_codes(design: Design, by: tuple[str, ...], levels: dict[str, list[Any]]) -> NDArray[np.integer[Any]]:
    codes = np.zeros(len(design.frame), dtype=np.int64)
    for name in by:
        mine = pd.Categorical(design.frame[name], categories=levels[name]).codes
        codes = codes * len(levels[name]) + mine
    return codes


def _marginal_rows(design: Design, when: str, levels: dict[str, list[Any]], by: tuple[str, ...]) -> Numbers:
    """Average the rows of the grid over the factors that are not named, with equal weights."""
    others = [name for name in levels if name not in by and name != when]
    order = [*by, when, *others]
    sizes = [len(levels[name]) for name in order]
    if np.prod(sizes) > _MOST_CELLS:
        msg = f"The factors of the formula have {int(np.prod(sizes))} combinations of levels."
        raise DesignError(msg, hint="Treat factors with many levels as covariates, or leave them out.")
    grid = pd.DataFrame(list(product(*(levels[name] for name in order))), columns=order)
    fixed = {name: mean for name, mean in design.averages.items() if name not in levels}
    rows = design.rows_for(grid.assign(**fixed))
    inner = int(np.prod(sizes[len(by) + 1 :]))
    outer = int(np.prod(sizes[: len(by)]))
    averaged: Numbers = rows.reshape(outer, sizes[len(by)], inner, -1).mean(axis=2)
    return averaged


def _mean_rows(model: MMRM, cells: Cells, level: float) -> pd.DataFrame:
    places = list(product(range(len(cells.groups)), range(len(cells.rounds))))
    tests = tested_columns(model, cells.rows.reshape(len(places), -1), level)
    return pd.DataFrame(
        {
            "group": [cells.groups[group] or None for group, _ in places],
            "round": [cells.rounds[when] for _, when in places],
            "measure": "mean",
            **tests,
            "n": cells.persons.sum(axis=2).ravel(),
            "family": None,
        }
    )


def _difference_rows(model: MMRM, differences: list[_Difference], level: float) -> pd.DataFrame:
    if not differences:
        return pd.DataFrame({"contrast": pd.Series(dtype="str")})
    tests = tested_columns(model, np.stack([each.row for each in differences]), level)
    named = {
        name: [getattr(each, name) for each in differences]
        for name in ("measure", "contrast", "group", "round", "n", "family")
    }
    return pd.DataFrame({**named, **tests})


def _between_groups(cells: Cells) -> Iterator[_Difference]:
    for (when, label), (a, b) in product(enumerate(cells.rounds), combinations(range(len(cells.groups)), 2)):
        yield _Difference(
            "mean_difference", f"{cells.groups[b]} - {cells.groups[a]}", None, label,
            cells.rows[b, when] - cells.rows[a, when],
            int((cells.persons[a, when] | cells.persons[b, when]).sum()), label,
        )  # fmt: skip


def _between_rounds(cells: Cells) -> Iterator[_Difference]:
    for (group, name), (a, b) in product(enumerate(cells.groups), combinations(range(len(cells.rounds)), 2)):
        yield _Difference(
            "mean_change", f"{cells.rounds[b]} - {cells.rounds[a]}", name or None, cells.rounds[b],
            cells.rows[group, b] - cells.rows[group, a],
            int((cells.persons[group, a] | cells.persons[group, b]).sum()), name,
        )  # fmt: skip


def _between_changes(cells: Cells) -> Iterator[_Difference]:
    changes = cells.rows - cells.rows[:, :1]
    for (when, label), (a, b) in product(enumerate(cells.rounds), combinations(range(len(cells.groups)), 2)):
        if when:
            who = cells.persons[[a, b]][:, [0, when]].any(axis=(0, 1))
            contrast = f"{cells.groups[b]} - {cells.groups[a]}: {label} - {cells.rounds[0]}"
            row = changes[b, when] - changes[a, when]
            yield _Difference("difference_in_change", contrast, None, label, row, int(who.sum()), label)


_DIFFERENCES = {"groups": _between_groups, "rounds": _between_rounds, "changes": _between_changes}


def _adjusted(frame: pd.DataFrame, adjust: Adjustment, n_means: int) -> pd.Series:
    """Adjusted p values of the differences; means themselves have none."""
    adjusted = pd.Series(np.nan, index=frame.index)
    compared = frame[frame["measure"] != "mean"]
    for _, family in compared.groupby("family", sort=False):
        p, statistic, df = (family[name].to_numpy(dtype=np.float64) for name in ("p_value", "statistic", "df"))
        if adjust == "tukey":
            adjusted[family.index] = tukey(statistic, df, n_means)
        else:
            adjusted[family.index] = p if adjust == "none" else stepwise(p, adjust)
    return adjusted
