"""Shewhart's control charts of shares and rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from peereval.errors import InvalidValueError, nearest
from peereval.results import Result, data_facts, versions
from peereval.series.phases import Series, few_periods_notes, origin_of_series, phases_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peereval.series.periods import Moment

Chart = Literal["p", "p-prime", "u"]
SIGMAS = 3.0
FEW_CASES = 5
"""Expected cases below which limits from the normal distribution are rough; a judgement."""
MEAN_RANGE = 2 / np.sqrt(np.pi)
"""Mean range of two independent standard normal numbers (1.128)."""


def control_chart(
    series: Series,
    *,
    chart: Chart = "p",
    time: str = "time",
    numerator: str = "numerator",
    denominator: str = "denominator",
    freeze: int | None = None,
    breaks: Sequence[Moment] = (),
) -> Result:
    """Control chart of a series of shares (p, p-prime) or rates (u), with limits at three standard deviations.

    Parameters
    ----------
    series : Result or DataFrame
        One row a period, for example what `readmission_rate` gives with ``period="month"``.
    chart : {"p", "p-prime", "u"}
        Shares whose periods differ by chance alone; shares whose spread is measured from one period to the next
        (Laney), for large denominators or repeated stays; events per denominator, such as 1,000 bed days.
    time, numerator, denominator : str
        The columns: the period (its first day, or a whole number such as a year), cases, and rows or time at risk.
    freeze : int, optional
        How many of the first periods give the centre line and the limits; all, if left out.
    breaks : sequence of int, str or date
        Where the series breaks, such as a new register: each phase has its own centre line and limits. A
        period belongs to the phase in which it begins.

    Returns
    -------
    Result
        One row a period with ``measure`` ``charted_share`` or ``charted_rate``, and declared columns ``centre``,
        ``lower_limit``, ``upper_limit``, ``phase`` and ``beyond_limits``. A period without a row, without a
        numerator, or with a denominator of 0, keeps its place without an estimate and is counted as ``period_empty``.

    Raises
    ------
    ColumnError, MissingValueError, InvalidValueError, DuplicateError
        A column is missing or holds no numbers; numbers are below 0, or cases exceed the denominator of a share; a
        time is missing, cannot be read, or stands twice.
    DesignError
        The periods are not equally spaced; a break lies outside the series, or a baseline was frozen in a series with breaks.

    Notes
    -----
    Shewhart 1931 (p and u); Laney 2002 (p-prime): the limits are wider by the mean moving range of the standardised
    shares, divided by 1.128.

    Examples
    --------
    >>> import pandas as pd
    >>> import peereval as pe
    >>> months = pd.DataFrame({
    ...     "time": pd.date_range("2020-01-01", periods=6, freq="MS"),
    ...     "numerator": [20, 24, 18, 22, 45, 21], "denominator": [100, 110, 95, 100, 105, 100],
    ... })
    >>> found = pe.control_chart(months, freeze=4).estimates
    >>> found[["estimate", "centre", "upper_limit", "beyond_limits"]].round(3)
       estimate  centre  upper_limit  beyond_limits
    0     0.200   0.207        0.329          False
    1     0.218   0.207        0.323          False
    2     0.189   0.207        0.332          False
    3     0.220   0.207        0.329          False
    4     0.429   0.207        0.326           True
    5     0.210   0.207        0.329          False
    """
    if chart not in get_args(Chart):
        msg = f"There is no control chart {chart!r}."
        raise InvalidValueError(msg, hint=nearest(str(chart), get_args(Chart)))
    frame = series.estimates if isinstance(series, Result) else series
    # whose the cases are decides whether the chart may be released
    persons = ["n_persons"] if isinstance(frame, pd.DataFrame) and "n_persons" in frame else []
    periods = phases_of(series, (numerator, denominator, *persons), time=time, freeze=freeze, breaks=breaks)
    periods = periods.rename(columns={numerator: "numerator", denominator: "denominator"})
    known = periods["numerator"].notna() & (periods["denominator"] > 0)
    _check_counts(periods, chart)
    rows = _with_limits(periods.assign(known=known), chart)
    return Result(
        kind="control-chart",
        title=f"Control chart ({chart})",
        estimates=_estimates(rows, chart),
        method=_METHODS[chart],
        claim="description",
        estimand="The share or rate of each period, and whether it differs from the others by more than chance.",
        assumptions=_assumptions(rows, chart),
        references=(_SHEWHART, _LANEY) if chart == "p-prime" else (_SHEWHART,),
        settings={
            "chart": chart, "time": time, "numerator": numerator, "denominator": denominator, "freeze": freeze,
            "breaks": [str(moment) for moment in breaks], "sigmas": SIGMAS, "versions": versions(),
            "data": data_facts(periods),
        },
        columns=_COLUMNS,
        exclusions={"period_empty": int((~known).sum())} if not known.all() else {},
        origin=origin_of_series(series),
    )  # fmt: skip


_SHEWHART = "Shewhart 1931, Economic Control of Quality of Manufactured Product"
_LANEY = "Laney 2002, Quality Engineering 14:531"
_METHODS = {
    "p": "A p-chart: the share of each period, with limits at three binomial standard deviations from the centre line.",
    "p-prime": (
        "Laney's p-prime-chart: the share of each period, with limits at three standard deviations from the centre line, "
        "the binomial one multiplied by that between neighbouring periods."
    ),
    "u": "A u-chart: the rate of each period, with limits at three Poisson standard deviations from the centre line.",
}
_COLUMNS = {
    "centre": "cases over denominators of the baseline periods of the phase",
    "lower_limit": "centre line less three standard deviations, at least 0",
    "upper_limit": "centre line plus three standard deviations; of shares at most 1",
    "phase": "number of the phase between declared breaks",
    "beyond_limits": "whether the period lies beyond a limit; empty without limits",
}


def _check_counts(periods: pd.DataFrame, chart: Chart) -> None:
    below = periods[(periods[["numerator", "denominator"]] < 0).any(axis=1)]
    if len(below):
        msg = f"Cases or denominators are below 0 in {len(below)} periods; the first is {below['time'].iloc[0]}."
        raise InvalidValueError(msg, hint="Look at how the series was made.")
    above = periods[periods["numerator"] > periods["denominator"]]
    if len(above) and chart != "u":
        msg = f"Cases exceed the denominator in {len(above)} periods (the first is {above['time'].iloc[0]}): no shares."
        raise InvalidValueError(msg, hint="For events per time at risk ask for chart='u'.")


def _with_limits(periods: pd.DataFrame, chart: Chart) -> pd.DataFrame:
    base = periods[periods["known"] & periods["baseline"]]
    sums = base.groupby("phase")[["numerator", "denominator"]].sum()
    centre = periods["phase"].map(sums["numerator"] / sums["denominator"]).astype(float)
    n = periods["denominator"].where(periods["known"])
    variance = centre / n if chart == "u" else centre * (1 - centre) / n
    # a centre of 0 or 1 has no spread to judge by
    sigma = np.sqrt(variance.where(variance > 0))
    estimate = periods["numerator"] / n
    if chart == "p-prime":
        sigma = sigma * periods["phase"].map(_between_periods((estimate - centre) / sigma, base))
    highest = np.inf if chart == "u" else 1.0
    low, high = (centre - SIGMAS * sigma).clip(lower=0), (centre + SIGMAS * sigma).clip(upper=highest)
    beyond = ((estimate < low) | (estimate > high)).astype("boolean").mask(low.isna())
    return periods.assign(
        estimate=estimate, centre=centre, lower_limit=low, upper_limit=high, beyond_limits=beyond
    )  # fmt: skip


def _between_periods(z: pd.Series, base: pd.DataFrame) -> pd.Series:
    """Laney's sigma of each phase: the mean distance of neighbouring periods with a value."""
    moved = z[base.index].groupby(base["phase"]).diff().abs()
    sigma: pd.Series = moved.groupby(base["phase"]).mean().astype(float) / MEAN_RANGE
    return sigma


def _estimates(rows: pd.DataFrame, chart: Chart) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "measure": "charted_rate" if chart == "u" else "charted_share",
            "time": rows["time"],
            **{
                name: rows[name]
                for name in ("estimate", "n_persons", "numerator", "denominator", *_COLUMNS)
                if name in rows
            },
        }
    )


def _assumptions(rows: pd.DataFrame, chart: Chart) -> tuple[str, ...]:
    notes: list[str] = []
    n, centre = rows["denominator"].where(rows["known"]), rows["centre"]
    expected = np.minimum(centre, 1 - centre) * n if chart != "u" else centre * n
    rough = int((expected < FEW_CASES).sum())
    if rough:
        kinds = "cases" if chart == "u" else "cases or non-cases"
        notes.append(
            f"In {rough} periods fewer than {FEW_CASES} {kinds} are expected (a judgement): their limits, from the "
            "normal distribution, are rough, and a lower limit of 0 can never signal."
        )
    if chart != "p-prime":
        notes.append(
            "Cases are taken as independent; repeated stays of the same persons, or other spread between periods, "
            "make limits too narrow."
        )
    return (*notes, *few_periods_notes(rows, rows["known"]))
