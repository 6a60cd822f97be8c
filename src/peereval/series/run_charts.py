"""Run charts with Anhøj's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.results import Result, data_facts, versions
from peereval.series.phases import Series, few_periods_notes, origin_of_series, phases_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from peereval.series.periods import Moment

CROSSINGS_LEVEL = 0.05


def run_chart(
    series: Series,
    *,
    time: str = "time",
    value: str = "estimate",
    freeze: int | None = None,
    breaks: Sequence[Moment] = (),
) -> Result:
    """Run chart: a series about its median, with Anhøj's rules of unusually long runs and unusually few crossings.

    Parameters
    ----------
    series : Result or DataFrame
        One row a period. A column ``denominator`` is shown as the period's n.
    time, value : str
        The columns: the period (its first day, or a whole number such as a year), and the number that is charted.
    freeze : int, optional
        How many of the first periods give the median; all, if left out.
    breaks : sequence of int, str or date
        Where the series breaks: each phase has its own median and is judged by itself. A period belongs to
        the phase in which it begins.

    Returns
    -------
    Result
        One row a period with ``measure`` ``run_chart_value`` and a declared column ``centre`` (median of the
        phase); then for each phase one row with ``longest_run`` and one with ``crossings``, each with its ``limit``,
        whether it is a ``signal``, and ``n``, the periods that lie off the median: those on it neither break a run nor
        make a crossing. A period without a row or a value is counted as
        ``period_empty``.

    Raises
    ------
    ColumnError, MissingValueError, InvalidValueError, DuplicateError
        A column is missing or holds no numbers; a time is missing, cannot be read, or stands twice.
    DesignError
        The periods are not equally spaced; a break lies outside the series, or a baseline was frozen in a series with breaks.

    Notes
    -----
    Anhøj & Olesen 2014: a run longer than round(log2(n) + 3), or fewer crossings than the lower 5 % quantile of
    the binomial distribution with n - 1 trials and probability one half.

    Examples
    --------
    >>> import pandas as pd
    >>> import peereval as pe
    >>> months = pd.DataFrame({
    ...     "time": pd.date_range("2020-01-01", periods=12, freq="MS"),
    ...     "estimate": [.20, .22, .21, .19, .23, .22, .31, .30, .29, .33, .32, .30],
    ... })
    >>> rules = pe.run_chart(months).estimates.tail(2)
    >>> rules[["measure", "estimate", "n", "limit", "signal"]]
            measure  estimate   n  limit  signal
    12  longest_run       6.0  12    7.0   False
    13    crossings       1.0  12    3.0    True
    """
    used = [value, *(["denominator"] if _has_denominator(series) else [])]
    periods = phases_of(series, list(dict.fromkeys(used)), time=time, freeze=freeze, breaks=breaks)
    periods = periods.assign(value=periods[value])
    known = periods["value"].notna()
    return Result(
        kind="run-chart",
        title="Run chart",
        estimates=_estimates(periods),
        method=_METHOD,
        claim="description",
        estimand="Whether the series moves about its median as random numbers do.",
        assumptions=(_WHAT_IT_TELLS, *few_periods_notes(periods, known)),
        references=(
            "Anhøj & Olesen 2014, PLoS ONE 9:e113825",
            "Anhøj 2015, PLoS ONE 10:e0121349",
        ),
        settings={
            "time": time, "value": value, "freeze": freeze, "breaks": [str(moment) for moment in breaks],
            "versions": versions(), "data": data_facts(periods),
        },
        columns=_COLUMNS,
        exclusions={"period_empty": int((~known).sum())} if not known.all() else {},
        origin=origin_of_series(series),
    )  # fmt: skip


_METHOD = (
    "A run chart: the series and its median. Non-random variation is signalled by a run on one side of the median longer "
    "than round(log2(n) + 3), or by fewer crossings of it than the lower 5 % limit of the binomial distribution with "
    "n - 1 trials, n being the periods off the median (Anhøj's rules)."
)
_WHAT_IT_TELLS = "The rules find shifts that last; a single outlying period they do not see. A random series signals now and then too."
_COLUMNS = {
    "centre": "median of the baseline periods of the phase",
    "phase": "number of the phase between declared breaks",
    "limit": "the longest run, or the fewest crossings, that random numbers commonly show",
    "signal": "whether the run is longer, or the crossings are fewer, than that",
}


def _has_denominator(series: Series) -> bool:
    return "denominator" in (series.estimates if isinstance(series, Result) else series)


def longest_run_and_crossings(side: NDArray[np.float64]) -> tuple[int, int, int]:
    """Count the useful points, the longest run and the crossings of a series.

    Parameters
    ----------
    side : ndarray of float
        Distance of each point from the median, in order of time; those on it, and missing ones, are passed over.

    Returns
    -------
    tuple of int
        Points off the median, longest run on one side, crossings.

    Examples
    --------
    >>> longest_run_and_crossings(np.array([1.0, 2, 0, 1, -1, np.nan, -2, 1]))
    (6, 3, 2)
    """
    useful = np.sign(side[~np.isnan(side) & (side != 0)])
    if not len(useful):
        return 0, 0, 0
    change = np.flatnonzero(np.diff(useful)) + 1
    runs = np.diff(np.concatenate([[0], change, [len(useful)]]))
    return len(useful), int(runs.max()), len(change)


def _estimates(periods: pd.DataFrame) -> pd.DataFrame:
    base = periods[periods["baseline"]]
    centre = periods["phase"].map(base.groupby("phase")["value"].median()).astype(float)
    points = pd.DataFrame(
        {
            "measure": "run_chart_value",
            # whole numbers stay whole beside the rows of the rules, which have no time
            "time": periods["time"].convert_dtypes() if periods["time"].dtype.kind == "i" else periods["time"],
            "estimate": periods["value"],
            "centre": centre,
            "phase": periods["phase"],
        }
    )
    if "denominator" in periods:
        points["denominator"] = periods["denominator"]
    side = (periods["value"] - centre).groupby(periods["phase"])
    rules = [row for phase, part in side for row in _rules(int(str(phase)), part.to_numpy(float))]
    # counts stay counts and flags stay flags, also where points have none
    kinds = {"n": "Int64", "limit": "float64", "signal": "boolean"}
    judged = pd.DataFrame(rules, columns=["measure", "estimate", "phase", *kinds]).astype(kinds)
    return pd.concat([points, judged], ignore_index=True).astype(kinds)


def _rules(phase: int, side: NDArray[np.float64]) -> list[dict[str, object]]:
    """Longest run and crossings of one phase, with Anhøj's limits."""
    from scipy.stats import binom

    n, longest, crossings = longest_run_and_crossings(side)
    most = float(np.round(np.log2(n) + 3)) if n else np.nan
    fewest = float(binom.ppf(CROSSINGS_LEVEL, n - 1, 0.5)) if n > 1 else np.nan
    found = (("longest_run", longest, most, longest > most), ("crossings", crossings, fewest, crossings < fewest))
    return [
        {
            "measure": measure,
            "estimate": float(count) if n else np.nan,
            "phase": phase,
            "n": n,
            "limit": limit,
            "signal": pd.NA if np.isnan(limit) else signal,
        }
        for measure, count, limit, signal in found
    ]
