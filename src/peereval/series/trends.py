"""The straight line through a series, described."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from peereval.errors import MissingValueError
from peereval.mentions import row_numbers
from peereval.results import Result, data_facts, origin_of, versions
from peereval.series.periods import Moment, Periods, column_of, numbers_of, periods_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEVEL = 0.95
ALL = "all"
_FEWEST_FOR_ERROR = 3


def linear_trend(
    series: pd.DataFrame,
    *,
    outcome: str = "estimate",
    time: str = "time",
    by: str | Sequence[str] | None = None,
    first: Moment | None = None,
    last: Moment | None = None,
) -> Result:
    """Describe each series by its least-squares line and by its change from the first point to the last.

    Parameters
    ----------
    series : DataFrame
        One row a period and group.
    outcome, time : str
        Columns of the values, and of the times: whole numbers, dates, or dates as text, equally spaced.
    by : str or sequence of str, optional
        Columns whose values name the series; several are joined by a comma.
    first, last : int, str or date, optional
        Periods before or after which points are left out, counted as ``outside_period``.

    Returns
    -------
    Result
        Rows a group with ``measure``: ``trend`` (units of the outcome a period, with ``std_error`` and interval on n - 2
        degrees of freedom; from three points on), ``trend_correlation`` (Pearson's, of value and time),
        ``change_first_to_last``, and ``observed``, one row a point. Points without a value are counted as
        ``outcome_missing``, periods without a row as ``period_missing``.

    Raises
    ------
    ColumnError
        A column is missing, or the values are no numbers.
    MissingValueError
        A time or a group is missing.
    DuplicateError
        A group has two values at one time.
    InvalidValueError
        A time cannot be read.
    DesignError
        The times of a group are not equally spaced.

    Notes
    -----
    Least squares with standard errors for independent errors. Neighbouring points of a series are seldom independent, so
    the interval tells how well a line fits, and there is no p value; a question about something that began is one for
    `interrupted_series`.

    Examples
    --------
    >>> import pandas as pd
    >>> rates = pd.DataFrame({"time": range(2010, 2016), "estimate": [18.5, 19.2, 19.6, 20.7, 20.7, 21.4]})
    >>> linear_trend(rates).estimates[["measure", "estimate", "std_error", "n"]].head(3).round(3)
                    measure  estimate  std_error    n
    0                 trend     0.574      0.056  6.0
    1     trend_correlation     0.982        NaN  6.0
    2  change_first_to_last     2.900        NaN  6.0
    """
    keys = [by] if isinstance(by, str) else list(by or ())
    values = numbers_of(series, outcome, "series")
    groups, times = _groups(series, keys), column_of(series, time, "series")
    left_out: Counter[str] = Counter()
    parts, name = [], "period"
    for group in dict.fromkeys(groups):
        rows = np.flatnonzero(groups == group)
        periods = periods_of(times.iloc[rows].reset_index(drop=True))
        known = _known(periods, values[rows], first, last, left_out)
        # numbers are called as their column is: per year, where it is the year
        name = time if periods.count == "steps" and time != "time" else periods.name
        parts.append(_described(group, periods.number[known], values[rows][known], periods.label[known], name))
    return Result(
        kind="trend",
        title=f"Trend of {outcome}",
        estimates=pd.concat(parts, ignore_index=True).assign(outcome=outcome) if parts else pd.DataFrame(),
        method=_METHOD,
        claim="description",
        estimand=f"The straight line that lies nearest to the points of {outcome}, a {name}.",
        assumptions=(
            "The standard error takes the points as independent, which points of a series seldom are; then it is too small.",
        ),
        settings={
            "outcome": outcome, "time": time, "by": keys, "first": first, "last": last, "period": name,
            "conf_level": LEVEL, "versions": versions(), "data": data_facts(series),
        },
        columns={"period": "number of the point's period, from 0 at the first of its group"},
        exclusions=+left_out,
        origin=origin_of(series),
    )  # fmt: skip


_METHOD = (
    "Each series is described by its least-squares line over time with a 95 % interval for independent errors, by Pearson's "
    "correlation with time, and by the change from its first to its last point (rule R15: no test)."
)


def _groups(series: pd.DataFrame, keys: list[str]) -> NDArray[Any]:
    if not keys:
        return np.full(len(series), ALL, dtype=object)
    columns = [column_of(series, key, "series") for key in keys]
    for key, column in zip(keys, columns, strict=True):
        if column.isna().any():
            msg = f"The column {key!r} of the series is empty in {row_numbers(np.flatnonzero(column.isna()).tolist())}."
            raise MissingValueError(msg, hint="Name the group of each row.")
    first, *others = [column.astype("string") for column in columns]
    joined = first.str.cat(pd.concat(others, axis=1), sep=", ") if others else first
    return joined.to_numpy(dtype=object)


def _known(
    periods: Periods, values: NDArray[np.float64], first: Moment | None, last: Moment | None, left_out: Counter[str]
) -> NDArray[np.bool_]:
    """Say which points are described, and count the others."""
    low = -np.inf if first is None else periods.first_from(first, "first")
    high = np.inf if last is None else periods.first_from(last, "last")
    inside: NDArray[np.bool_] = (periods.number >= low) & (periods.number <= high)
    known = inside & ~np.isnan(values)
    every = np.arange(periods.number.max() + 1)
    gaps = np.setdiff1d(every[(every >= low) & (every <= high)], periods.number)
    left_out.update(
        outside_period=int((~inside).sum()), outcome_missing=int((inside & ~known).sum()), period_missing=len(gaps)
    )
    return known


def _described(
    group: str, number: NDArray[np.int64], values: NDArray[np.float64], label: NDArray[Any], name: str
) -> pd.DataFrame:
    order = np.argsort(number)
    number, values, label = number[order], values[order], label[order]
    change = values[-1] - values[0] if len(values) > 1 else np.nan
    line, correlation = _line(number, values)
    rows = [
        {"measure": "trend", "term": f"per {name}", **line},
        {"measure": "trend_correlation", "estimate": correlation},
        {"measure": "change_first_to_last", "estimate": change},
    ]
    observed = pd.DataFrame(
        {"measure": "observed", "time": pd.Series(label, dtype=object), "estimate": values, "period": number}
    )
    described = pd.DataFrame(rows).assign(n=len(values), conf_level=LEVEL)
    return pd.concat([described, observed], ignore_index=True).assign(group=group)


def _line(number: NDArray[np.int64], values: NDArray[np.float64]) -> tuple[dict[str, float], float]:
    from scipy.stats import linregress
    from scipy.stats import t as student

    if len(values) < _FEWEST_FOR_ERROR:
        slope = np.nan if len(values) < 2 else (values[1] - values[0]) / (number[1] - number[0])  # noqa: PLR2004 - two points make a line
        return {"estimate": slope, "std_error": np.nan, "df": np.nan, "conf_low": np.nan, "conf_high": np.nan}, np.nan
    found = linregress(number, values)
    df = len(values) - 2
    half = student.ppf((1 + LEVEL) / 2, df) * found.stderr
    row = {
        "estimate": found.slope, "std_error": found.stderr, "df": float(df),
        "conf_low": found.slope - half, "conf_high": found.slope + half,
    }  # fmt: skip
    return row, float(found.rvalue)
