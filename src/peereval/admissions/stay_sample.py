"""Which stays a length of stay is estimated from: admissions, those that came late into view, those still open (rule R14)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from peereval.admissions.days import SameDay, days_of, nights
from peereval.admissions.engine import to_pandas
from peereval.admissions.rates import ALL, reasons_of
from peereval.errors import ColumnError, DesignError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import ibis.expr.types as ir
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]

Cohort = Literal["admissions", "discharges"]
Leave = Literal["included", "subtracted"]
LEAVE = "leave_days"
EXPOSURES = ("met_peer",)
"""Columns of `with_exposure` that say what began after admission."""
LANDMARK = "landmark_days"
IMMORTAL = (
    "Who met a peer during a stay had to stay long enough to meet one, so recipients have longer stays even where peers "
    "change nothing (immortal time)."
)


@dataclass(frozen=True, slots=True, eq=False)
class StaySample:
    """The stays that count, in columns.

    Parameters
    ----------
    entry, time : ndarray of float
        Days after which a stay is under observation (-1: from admission), and days until discharge or the end of the data.
    event : ndarray of float
        1 for a discharge, 0 for a stay that was still open.
    group : ndarray of str
        The group of each stay.
    cluster : ndarray of int
        Number of the cluster of each stay, from 0.
    n_clusters : int
        How many there are.
    covariates : DataFrame
        The covariates of each stay.
    exclusions : dict of str to int
        Reason code to stays left out.
    """

    entry: Numbers
    time: Numbers
    event: Numbers
    group: NDArray[Any]
    cluster: NDArray[np.intp]
    n_clusters: int
    covariates: pd.DataFrame
    exclusions: dict[str, int]

    @property
    def groups(self) -> list[str]:
        """The groups in alphabetical order."""
        return sorted(set(self.group.tolist()))

    def up_to(self, tau: float) -> StaySample:
        """Give the same stays with no more than `tau` days each."""
        cut = self.time > tau
        return replace(self, time=np.minimum(self.time, tau), event=np.where(cut, 1.0, self.event))


def check_columns(table: ir.Table, by: str | None, others: Sequence[str]) -> None:
    """Refuse columns that are not there, and groups that only those who stay longer can belong to.

    Raises
    ------
    ColumnError
        There is no such column.
    DesignError
        `by` is an exposure that began after admission, without a landmark.
    """
    for name in (*([by] if by is not None else []), *others):
        if name in EXPOSURES and LANDMARK not in table.columns:
            msg = f"Stays cannot be compared by {name!r}. {IMMORTAL}"
            raise DesignError(
                msg,
                hint="Compare units with and without peers (with_exposure(…, rollout=…)), or stays that lasted to a "
                "landmark (with_exposure(…, activities=…, landmark_days=7)).",
            )
        if name not in table.columns:
            msg = f"The stays have no column {name!r}."
            raise ColumnError(msg, hint=nearest(name, table.columns))


def stay_sample(
    table: ir.Table,
    *,
    by: str | None,
    cluster: str,
    covariates: Sequence[str],
    same_day: SameDay,
    cohort: Cohort,
    leave: Leave,
    window: tuple[date | None, date],
    known_for: float | None,
) -> StaySample:
    """Take the stays that count from the engine, with no more columns than needed.

    Parameters
    ----------
    table : ibis Table
        Stays with a ``reason``, from `stays_of`.
    by : str, optional
        Column of the groups.
    cluster : str
        Column of the clusters.
    covariates : sequence of str
        Columns of covariates.
    same_day : {0, 0.5, 1}
        Days of a stay that ends on the day of admission.
    cohort : {"admissions", "discharges"}
        Whether stays count by when they began or by when they ended.
    leave : {"included", "subtracted"}
        Whether days of leave count.
    window : tuple of date
        First and last day of the data; without a first day every admission was seen.
    known_for : float, optional
        Leave out what was admitted fewer days before the end of the data.

    Returns
    -------
    StaySample
        Stays, and why others were left out.
    """
    import ibis

    names = [f"covariate_{place}" for place in range(len(covariates))]
    timed = _timed(table, same_day, window)
    timed = timed if leave == "included" else timed.mutate(time=timed["time"] - timed[LEAVE], at_home=timed[LEAVE])
    judged = _judged(timed, cohort, known_for, window[1])
    judged = judged.mutate(
        group=ibis.literal(ALL) if by is None else judged[by].cast("string"),
        cluster=judged[cluster].cast("string"),
        **{name: judged[asked] for name, asked in zip(names, covariates, strict=True)},
    )
    # judged once, then counted and taken
    judged = _complete(judged, names, cluster).select("entry", "time", "event", "group", "cluster", "reason", *names)
    judged = judged.cache()
    frame = to_pandas(judged.filter(judged["reason"].isnull()).drop("reason"))
    codes, clusters = pd.factorize(frame["cluster"])
    return StaySample(
        entry=frame["entry"].to_numpy(dtype=np.float64),
        time=frame["time"].to_numpy(dtype=np.float64),
        event=frame["event"].to_numpy(dtype=np.float64),
        group=frame["group"].to_numpy(dtype=object),
        cluster=codes,
        n_clusters=len(clusters),
        covariates=frame[names].set_axis(list(covariates), axis=1),
        exclusions=reasons_of(judged),
    )


def _timed(table: ir.Table, same_day: SameDay, window: tuple[date | None, date]) -> ir.Table:
    """Days until discharge or the end of the data, and days until a stay came under observation."""
    import ibis

    start, end = window
    last, out = ibis.literal(end), table["discharged"].cast("date")
    event = (out <= last).fill_null(False)  # noqa: FBT003 - Ibis takes it by position
    lasted = nights(table["admitted"], ibis.ifelse(event, out, last))
    before = nights(table["admitted"], ibis.literal(start)) if start else ibis.literal(0)
    # a stay that was open on the first day had lasted at least that long, and no same-day stay could be among them
    entry = ibis.ifelse(before > 0, ibis.greatest((before - 1).cast("float64"), float(same_day)), -1.0)
    followed = nights(table["admitted"], last)
    if LANDMARK not in table.columns:
        return table.mutate(
            lasted=lasted, before=before, followed=followed, event=event, entry=entry, time=days_of(lasted, same_day)
        )
    days = table[LANDMARK].cast("int64")
    return table.mutate(
        lasted=lasted,
        before=before,
        followed=followed - days,
        event=event,
        entry=ibis.ifelse(entry > days, entry - days, -1.0),
        time=(lasted - days).cast("float64"),
    )


def _judged(timed: ir.Table, cohort: Cohort, known_for: float | None, end: date) -> ir.Table:
    """Give the reason why a stay does not count."""
    import ibis

    ended = timed["event"]
    checks = [
        (timed["reason"].notnull(), timed["reason"]),
        (timed["admitted"].cast("date") > ibis.literal(end), "admitted_after_end"),
        (ended & (timed["lasted"] < timed["before"]), "ended_before_start"),
    ]
    if LANDMARK in timed.columns:
        checks += [(ended & (timed["time"] <= 0), "left_before_landmark"), (timed["time"] <= 0, "followup_too_short")]
    if "at_home" in timed.columns:
        checks += [
            (timed["at_home"].isnull(), "leave_missing"),
            ((timed["time"] < 0) | (timed["at_home"] < 0), "leave_impossible"),
        ]
    if cohort == "discharges":
        timed = timed.mutate(entry=ibis.literal(-1.0))
        checks += [(~ended, "still_admitted")]
    elif known_for is not None:
        checks += [(timed["before"] > 0, "open_at_start"), (timed["followed"] < known_for, "followup_too_short")]
    else:
        checks += [(timed["time"] <= timed["entry"], "ended_before_start")]
    reason = ibis.cases(*checks, else_=ibis.null("string"))
    return timed.mutate(reason=reason, event=ibis.ifelse(ended, 1.0, 0.0))


def _complete(judged: ir.Table, names: Sequence[str], cluster: str) -> ir.Table:
    """Leave out stays of which the group, the cluster or a covariate is not known."""
    import ibis

    missing = ibis.literal(value=False)
    for name in names:
        empty = judged[name].isnull()
        missing |= (empty | judged[name].isnan()) if judged[name].type().is_floating() else empty
    reason = ibis.cases(
        (judged["reason"].notnull(), judged["reason"]),
        (judged["group"].isnull(), "group_missing"),
        (judged["cluster"].isnull(), "person_missing" if cluster == "person" else "unit_missing"),
        (missing, "covariate_missing"),
        else_=ibis.null("string"),
    )
    return judged.mutate(reason=reason)
