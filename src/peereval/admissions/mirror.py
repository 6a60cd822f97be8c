"""Mirror image: bed days of the same persons before and after their first contact with a peer, and why that misleads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from peereval.admissions.days import DAYS_A_YEAR, SameDay, check_same_day, data_days, same_day_note, stays_of
from peereval.admissions.mirror_windows import YEAR, around, first_days
from peereval.admissions.rates import LEVEL, reasons_of, table_origin, time_precision
from peereval.admissions.sums import added
from peereval.errors import InvalidValueError
from peereval.estimation.clustered import clustered_regression
from peereval.estimation.means import Estimate, difference_of_means, mean_of
from peereval.results import Result, versions

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from peereval.admissions.engine import Source

_ROWS = {
    "naive": ("naive_before", "naive_after", "after - before the first contact"),
    "index_excluded": ("before", "after", "after discharge - before admission"),
    "placebo": ("earlier", "before", "before - earlier"),
}
"""Rows, the days they compare, and what the contrast is."""
_FEWEST = 2


def mirror_image(
    episodes: Source,
    first_contact: Source,
    *,
    comparator: Source | None = None,
    years: int = 1,
    persons: Source | None = None,
    same_day: SameDay = 1,
    data_start: date | None = None,
    data_end: date | None = None,
) -> Result:
    """Bed days of the same persons before and after their first contact with a peer.

    Parameters
    ----------
    episodes : DataFrame, str, Path or ibis Table
        The *episodes* contract. Only stays of the persons in question are pulled. A person without any stay has 0 bed days.
    first_contact : DataFrame, str, Path or ibis Table
        ``person`` and ``date`` of contacts with peers, such as the *activities* contract; the earliest day counts.
    comparator : DataFrame, str, Path or ibis Table, optional
        ``person`` and ``date`` of persons without peers, with the day on which they could have met one.
    years : int
        Length of the time before and of the time after, in years of 365 days.
    persons : DataFrame, str, Path or ibis Table, optional
        The *persons* contract. Those who died or left the country before the time after has passed are left out, counted.
    same_day : {0, 0.5, 1}
        How many days a stay has that ends on the day of admission; otherwise nights are counted.
    data_start, data_end : date, optional
        First and last day on which stays were observed; without them those of the stays.

    Returns
    -------
    Result
        Rows by ``term`` and ``group`` (*peer*, *comparator*), in bed days per person-year, with the means ``before`` and
        ``after`` and the ``relative`` change. ``naive``: after minus before the first contact, without a p value.
        ``index_excluded``: without the stay in which the first contact was, the time after its discharge minus the
        time before its admission. ``placebo``: the time before minus the one before that, when nobody had met a peer.
        With a comparator, ``difference_of_changes`` (Welch) and ``baseline_adjusted`` (the difference at the same bed
        days before, by least squares with CR2 by person), both without the index stay.

    Raises
    ------
    ColumnError
        A table breaks its contract.
    DesignError
        A person is in both groups.
    InvalidValueError
        `years` is not a whole number above 0.

    Notes
    -----
    Persons meet a peer when they are worse than usual, and are as usual later, with or without a peer (regression to
    the mean). A placebo row above 0 shows it: bed days rose before the first contact. The difference of changes is right
    if both groups would have changed alike; the adjusted difference if persons with the same bed days before
    would have had the same after. Where the two differ, neither is shown to hold.

    Examples
    --------
    >>> from datetime import date
    >>> import pandas as pd
    >>> stays = pd.DataFrame({
    ...     "person": ["a", "a", "b"], "episode": [1, 2, 1], "n_contacts": 1,
    ...     "admitted": pd.to_datetime(["2018-05-01", "2018-12-20", "2018-06-01"]),
    ...     "discharged": pd.to_datetime(["2018-05-11", "2019-01-04", "2018-06-21"]),
    ... })
    >>> met = pd.DataFrame({"person": ["a", "b"], "date": pd.to_datetime(["2019-01-02", "2019-02-01"])})
    >>> found = mirror_image(stays, met, data_start=date(2017, 1, 1), data_end=date(2020, 12, 31))
    >>> found.estimates[["term", "estimate", "before", "after", "n"]].round(2)
                 term  estimate  before  after  n
    0           naive    -20.51   21.51   1.00  2
    1  index_excluded    -15.01   15.01   0.00  2
    2         placebo     20.01    0.00  20.01  1
    """
    if not years > 0 or years % 1:
        msg = f"The mirror image is asked for {years!r} years; expected a whole number above 0."
        raise InvalidValueError(msg)
    check_same_day(same_day)
    table = stays_of(episodes)
    days, missing = first_days(first_contact, comparator)
    data = data_days(table, data_start, data_end)
    frame = around(table, days, persons, length=years * YEAR, same_day=same_day, data=data)
    used = frame[frame["reason"].isna()]
    left_out = {str(code): int(n) for code, n in frame["reason"].value_counts().sort_index().items()}
    return Result(
        kind="mirror-image",
        title="Bed days before and after the first contact with a peer",
        estimates=_estimates(used, years),
        method=_method(years, same_day, compared=comparator is not None),
        claim="change" if comparator is None else "association",
        estimand=f"Bed days per person-year in {years * YEAR} days after minus {years * YEAR} days before, of persons observed in both.",
        assumptions=_assumptions(compared=comparator is not None, persons=persons is not None),
        references=("Bell & McCaffrey 2002, Survey Methodology 28:169",) if comparator is not None else (),
        settings={
            "years": years,
            "same_day": same_day,
            "comparator": comparator is not None,
            "persons": persons is not None,
            "data_start": f"{data[0]:%Y-%m-%d}",
            "data_end": f"{data[1]:%Y-%m-%d}",
            "time_precision": time_precision(table),
            "conf_level": LEVEL,
            "versions": versions(),
            "data": {"persons": len(frame), "used": len(used)},
        },
        columns={
            "before": "mean bed days per person-year in the earlier time",
            "after": "mean bed days per person-year in the later time",
            "relative": "change as a share of the earlier time",
            "least_count": "fewest persons with bed days in one of the two times; it never leaves, and tells release whether the "
            "change may",
        },
        exclusions=added(reasons_of(table), missing, left_out),
        origin=table_origin(table),
    )


def _method(years: int, same_day: float, *, compared: bool) -> str:
    said = (
        f"Bed days of the same persons in {years * YEAR} days before and after the first contact with a peer are compared per "
        "person-year, with t intervals of the paired differences; without the stay of the first contact, and for the time "
        "before against the one before that (placebo). The naive row has no p value."
    )
    more = " Changes are compared with those of a comparator after Welch, and at equal bed days before by least squares with CR2."
    return f"{said}{more if compared else ''} {same_day_note(same_day)}"


def _assumptions(*, compared: bool, persons: bool) -> tuple[str, ...]:
    found = [
        "Persons meet a peer when they are worse than usual and return to their usual state anyway (regression to the mean)."
    ]
    found.append(
        "The groups would have changed alike (difference of changes), or alike at the same bed days before (adjusted)."
        if compared
        else "Without a comparator a change cannot be told from regression to the mean or from what changed for everybody."
    )
    found.append(
        "Those who died or left the country in the time after are left out."
        if persons
        else "Deaths are not known: who died in the time after has no bed days from then on."
    )
    return tuple(found)


def _estimates(used: pd.DataFrame, years: int) -> pd.DataFrame:
    scale = DAYS_A_YEAR / (years * YEAR)
    rows = [
        _paired(term, group, used[used["group"] == group], scale)
        for group in ("peer", "comparator") if (used["group"] == group).any() for term in _ROWS
    ]  # fmt: skip
    sizes = used["group"].value_counts()
    if len(sizes) > 1 and sizes.min() >= _FEWEST:
        rows += _compared(used, scale)
    columns = [
        "term",
        "contrast",
        "group",
        "measure",
        "estimate",
        "conf_low",
        "conf_high",
        "n",
        "before",
        "after",
        "relative",
    ]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)


def _paired(term: str, group: str, mine: pd.DataFrame, scale: float) -> dict[str, Any]:
    earlier, later, contrast = _ROWS[term]
    both = mine[[earlier, later]].dropna().to_numpy(dtype=np.float64) * scale
    found = mean_of(both[:, 1] - both[:, 0], level=LEVEL)
    before, after = both.mean(axis=0) if len(both) else (np.nan, np.nan)
    words = {"term": term, "group": group, "contrast": contrast, "n": len(both), "least_count": _least(both)}
    row = _row(found, tested=False, measure="bed_days_change", **words)
    return {**row, "before": before, "after": after, "relative": after / before - 1 if before > 0 else np.nan}


def _compared(used: pd.DataFrame, scale: float) -> list[dict[str, Any]]:
    before, after = (used[name].to_numpy(dtype=np.float64) * scale for name in ("before", "after"))
    peer = (used["group"] == "peer").to_numpy()
    change = after - before
    least = min(_least(np.column_stack([before, after])[of]) for of in (peer, ~peer))
    words = {"group": "peer", "contrast": "peer - comparator", "n": len(used), "least_count": least}
    of_changes = difference_of_means(change[peer], change[~peer], level=LEVEL)
    rows = [_row(of_changes, tested=True, term="difference_of_changes", measure="bed_days_change_difference", **words)]
    if np.ptp(before) > 0:
        design = np.column_stack([np.ones(len(used)), peer, before - before.mean()])
        adjusted = clustered_regression(after, design, np.arange(len(used))).contrast([0, 1, 0], level=LEVEL)
        rows.append(
            _row(adjusted, tested=True, term="baseline_adjusted", measure="bed_days_adjusted_difference", **words)
        )
    return rows


def _least(both: NDArray[np.float64]) -> int:
    """The fewer of the persons with any day before, and with any after."""
    return int((both > 0).sum(axis=0).min())


def _row(found: Estimate, *, tested: bool, **words: Any) -> dict[str, Any]:
    test = {"statistic": found.statistic, "p_value": found.p_value} if tested else {}
    return {
        **words, "estimate": found.estimate, "std_error": found.std_error, "df": found.df, **test,
        "conf_low": found.conf_low, "conf_high": found.conf_high, "conf_level": LEVEL,
    }  # fmt: skip
