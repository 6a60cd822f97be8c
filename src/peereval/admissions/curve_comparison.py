"""Curves of groups, and whether they are one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import pandas as pd

from peereval.admissions.followed import (
    LEVEL,
    PERSONS_APART,
    check_horizon,
    daily_counts,
    first_stays,
    knows_deaths,
    read_index,
    settings_of,
    with_known_group,
)
from peereval.admissions.rates import definition_of, definition_parts, precision_notes, table_origin
from peereval.admissions.survival import ASSUMPTIONS, COLUMNS, KINDS, METHODS, REFERENCES, curves
from peereval.errors import DesignError, InvalidValueError, nearest
from peereval.estimation.curve_tests import CurveTest, gray_test, log_rank
from peereval.results import Result

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from peereval.admissions.engine import Source

Test = Literal["auto", "log-rank", "gray"]


def compare_curves(index: Source, *, by: str, horizon: int = 365, method: Test = "auto") -> Result:
    """Compare the time to readmission of groups: the log-rank test, or Gray's where a death is known.

    Parameters
    ----------
    index : DataFrame, str, Path or ibis Table
        The *index stays* contract.
    by : str
        A column of `index` that was known at discharge.
    horizon : int
        Days after discharge until which groups are compared.
    method : {"auto", "log-rank", "gray"}
        ``"gray"`` compares cumulative incidences, of readmission and of death. ``"log-rank"`` compares hazards of
        readmission, and takes the dead as no longer followed. ``"auto"``: Gray's test where a death after discharge is
        known, or else the log-rank test (rule R13).

    Returns
    -------
    Result
        The curves of `time_to_readmission`, and a row for each test with ``measure`` ``log_rank_test`` or
        ``gray_test``, ``outcome`` (readmitted, died), chi-squared as ``statistic``, ``df``, ``p_value`` and ``n`` persons.
        Each person counts once, under the group of the first index stay. A test is empty where fewer than two groups
        could have the event.

    Raises
    ------
    ColumnError
        `index` breaks its contract or has no column `by`.
    DesignError
        The stays were judged by several definitions, or there are fewer than two groups.
    InvalidValueError
        There is no such test, or `horizon` is not above 0.

    Notes
    -----
    Hazards of readmission say how fast those come back who are alive; cumulative incidences how many of all come back.
    The tests take persons as independent; for groups that are units, or that were allotted by unit, they say nothing
    about other units (rule R8).

    Examples
    --------
    >>> import warnings
    >>> import peereval as pe
    >>> warnings.simplefilter("ignore", pe.UnverifiedWarning)
    >>> region = pe.simulate_study("region", seed=1)
    >>> stays = pe.readmissions(region.contacts, persons=region.persons)
    >>> found = compare_curves(stays, by="unit").estimates
    >>> found.loc[found["measure"] == "gray_test", ["outcome", "df"]].reset_index(drop=True)
          outcome   df
    0  readmitted  3.0
    1        died  3.0
    """
    check_horizon(horizon)
    if method not in get_args(Test):
        msg = f"There is no test {method!r} of curves."
        raise InvalidValueError(msg, hint=nearest(method, get_args(Test)))
    table = read_index(index, [by])
    dead = knows_deaths(table)
    test = method if method != "auto" else ("gray" if dead else "log-rank")
    curve = "aalen-johansen" if dead else "kaplan-meier"
    said = definition_parts(definition_of(table))
    followed, exclusions = first_stays(table)
    followed, exclusions = with_known_group(followed, by, exclusions)
    daily = daily_counts(followed, by, horizon)
    _check_groups(daily, by)
    estimates = pd.concat([curves(daily, curve), _tests(daily, test)], ignore_index=True)
    return Result(
        kind=KINDS[curve],
        title=f"Time to readmission by {by}",
        estimates=estimates,
        method=f"{METHODS[curve]} {_SENTENCES[test]}",
        claim="association",
        estimand=_ESTIMANDS[test].format(by, horizon),
        assumptions=(*ASSUMPTIONS[curve], PERSONS_APART, *precision_notes(table), *said["unverified"]),
        references=(REFERENCES[curve], _REFERENCES[test]),
        settings=settings_of(table, said["id"], by=by, horizon=horizon, method=curve, test=test),
        columns=COLUMNS,
        exclusions=exclusions,
        origin=table_origin(table),
    )


_SENTENCES = {
    "log-rank": (
        "Groups were compared by the log-rank test of the hazard of readmission, in which who dies is no longer followed."
    ),
    "gray": "Groups were compared by Gray's test of the cumulative incidence, for readmission and for death.",
}
_ESTIMANDS = {
    "log-rank": "Whether the hazard of readmission is the same in all groups of {} until {} days after discharge.",
    "gray": "Whether as many are readmitted, and die, in all groups of {} until {} days after discharge.",
}
_REFERENCES = {
    "log-rank": "Peto & Peto 1972, Journal of the Royal Statistical Society A 135:185",
    "gray": "Gray 1988, Annals of Statistics 16:1141",
}


def _check_groups(daily: pd.DataFrame, by: str) -> None:
    groups = daily["group"].nunique()
    if groups < 2:  # noqa: PLR2004 - one group cannot be compared
        msg = f"There are {groups} groups of {by!r} among the stays that can be followed; a comparison needs two at least."
        raise DesignError(msg, hint="Use time_to_readmission for one group.")


def _tests(daily: pd.DataFrame, test: str) -> pd.DataFrame:
    def grid(name: str) -> NDArray[np.float64]:
        wide = daily.pivot(index="day", columns="group", values=name).sort_index()
        return wide.fillna(0).to_numpy(dtype=float)

    readmitted, died = grid("readmitted"), grid("died")
    leaving = readmitted + died + grid("censored")
    found: dict[str, CurveTest] = {}
    if test == "log-rank":
        found["readmitted"] = log_rank(readmitted, leaving)
    else:
        found["readmitted"] = gray_test(readmitted, died, leaving)
        found["died"] = gray_test(died, readmitted, leaving)
    rows = [{"outcome": outcome, **each._asdict()} for outcome, each in found.items()]
    name = test.replace("-", "_") + "_test"
    return pd.DataFrame(rows).assign(measure=name, n=int(leaving.sum()), conf_level=LEVEL)
