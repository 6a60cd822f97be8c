"""A series before and after something began."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from peereval.errors import ConvergenceError, DesignError, InvalidValueError
from peereval.estimation.autoregressive import AutoregressiveRegression, autoregressive_regression
from peereval.mentions import row_numbers
from peereval.results import Claim, Result, data_facts, versions
from peereval.series.periods import Moment, Periods, column_of, numbers_of, periods_of
from peereval.series.phases import Series, origin_of_series
from peereval.series.segments import Season, Segments, segments_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]

LEVEL = 0.95
SERIES, COMPARISON, DIFFERENCE = "series", "comparison", "difference"


class _Points(NamedTuple):
    """The known points of one series."""

    group: str
    number: NDArray[np.int64]
    label: NDArray[Any]
    outcome: Numbers
    behind: Numbers | None
    """How many persons or stays are behind each point."""

    def weights(self) -> Numbers | None:
        """Precisions, 1 on average."""
        return None if self.behind is None else self.behind / self.behind.mean()


def interrupted_series(
    series: Series,
    *,
    at: Moment,
    outcome: str = "estimate",
    time: str = "time",
    denominator: str | None = None,
    comparison: str | None = None,
    comparison_denominator: str | None = None,
    breaks: Sequence[Moment] = (),
    season: Season | None = None,
) -> Result:
    """Estimate how a series changed its level and its slope when something began.

    Segmented regression with AR(1) errors by restricted maximum likelihood, with standard errors and degrees of freedom
    after Kenward and Roger (rule R15). With a comparison series, its changes and those of the difference of the two are
    given as well: what befell both, such as a change of the register, cancels in the difference.

    Parameters
    ----------
    series : Result or DataFrame
        One row a period, equally spaced, such as `readmission_rate` gives with ``period="month"``; periods may be missing,
        and are named.
    at : int, str or date
        When it began: the first period from then on is the first one after. Of the kind of the times.
    outcome : str
        The column of the series, in the unit in which changes are given.
    time : str
        The column of the times: whole numbers, or dates that are the first day of their month, quarter or year.
    denominator : str, optional
        The column with the number of persons or stays behind each point. The variance of a point is taken as inversely
        proportional to it.
    comparison, comparison_denominator : str, optional
        The columns of a series that the intervention did not reach, in the same unit.
    breaks : sequence of int, str or date
        Moments at which the series steps for another known reason.
    season : {"month", "quarter"}, optional
        What has a mean of its own.

    Returns
    -------
    Result
        For each ``group`` (*series*, and with a comparison *comparison* and *difference*) the rows ``level_change`` (at
        the first period after), ``slope_change`` (per period), ``change_at_end`` (of the last period against the
        continued trend), ``slope_before``, ``break_step`` and ``autocorrelation``, and the points ``observed``,
        ``fitted`` and ``counterfactual`` (the trend before, continued). Only the change of level and of slope are
        tested. With fewer than 8 points on a side, or fewer than 8 more points than coefficients, or errors that
        cannot be told from a trend, there are only the observed points, and the method says why.

    Raises
    ------
    ColumnError, MissingValueError, InvalidValueError, DuplicateError
        A column is missing or holds no numbers, a time is missing or stands twice, or a denominator is not positive.
    DesignError
        A comparison's denominator without that of the series, or the reverse; the periods are not equally spaced; or a break falls on the intervention; or breaks and season leave nothing to
        estimate a change from.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import peereval as pe
    >>> months = pd.date_range("2015-01-01", periods=48, freq="MS")
    >>> share = 24 - 3.0 * (np.arange(48) >= 24) + np.random.default_rng(1).normal(0, 1, 48)
    >>> found = pe.interrupted_series(pd.DataFrame({"time": months, "estimate": share}), at="2017-01-01")
    >>> found.estimates[["measure", "estimate", "conf_low", "conf_high"]].head(2).round(2)
            measure  estimate  conf_low  conf_high
    0  level_change     -3.86     -5.31      -2.40
    1  slope_change      0.02     -0.10       0.13
    """
    _check_denominators(denominator, comparison, comparison_denominator)
    frame = series.estimates if isinstance(series, Result) else series
    names = [outcome, *([comparison] if comparison is not None else [])]
    periods = periods_of(column_of(frame, time, "series"))
    series_points, exclusions = _points(frame, periods, names, [denominator, comparison_denominator])
    asked = segments_of(periods, at=at, breaks=breaks, season=season)
    reason = _too_short(series_points, asked)
    fits: list[AutoregressiveRegression] = []
    if not reason:
        try:
            fits = [_fit(each, asked) for each in series_points]
        except ConvergenceError as error:
            reason = error.message
    estimates = _table(series_points, fits, asked, periods)
    claim: Claim = "description" if not fits else "change" if comparison is None else "association"
    return Result(
        kind="interrupted",
        title=f"{outcome} before and after {periods.shown(asked.at)}",
        estimates=estimates.assign(outcome=outcome),
        method=_plain_method(reason) if reason else _METHOD + (_COMPARED if comparison is not None else ""),
        claim=claim,
        estimand=(
            f"Change of the level of {outcome} at {periods.shown(asked.at)}, and of its slope per {periods.name}, against "
            "its own trend before, continued."
        ),
        assumptions=_assumptions(periods, asked, fitted=bool(fits), compared=comparison is not None),
        references=_REFERENCES if fits else (),
        settings={
            "at": periods.shown(asked.at),
            "breaks": [periods.shown(each) for each in asked.breaks],
            "season": season,
            "denominator": denominator,
            "comparison": comparison,
            "comparison_denominator": comparison_denominator,
            "period": periods.name,
            "missing_periods": periods.missing,
            "conf_level": LEVEL,
            "versions": versions(),
            "data": data_facts(frame),
        },
        exclusions={code: count for code, count in exclusions.items() if count},
        origin=origin_of_series(series),
    )


@cache
def fewest() -> dict[str, int]:
    """Give how many points rule R15 asks for."""
    text = (files("peereval.series") / "rules.toml").read_text(encoding="utf-8")
    numbers: dict[str, int] = tomllib.loads(text)["interrupted"]
    return numbers


_METHOD = (
    "Segmented regression of the series on its trend, the change of level and the change of slope, with AR(1) errors, "
    "restricted maximum likelihood, and standard errors and degrees of freedom after Kenward and Roger, of first order "
    "(rule R15)."
)
_COMPARED = (
    " The same regression was fitted to the comparison series and to the difference of the two, each with its own "
    "autocorrelation, so the changes of the difference need not be exactly those of the series less those of the "
    "comparison."
)
_REFERENCES = (
    "Lopez Bernal, Cummins & Gasparrini 2017, International Journal of Epidemiology 46:348",
    "Kenward & Roger 1997, Biometrics 53:983",
)


def _check_denominators(denominator: str | None, comparison: str | None, other: str | None) -> None:
    if (comparison is not None and (denominator is None) != (other is None)) or (
        comparison is None and other is not None
    ):
        msg = "The numbers behind the points are known of only one of the series, so their difference has no weights."
        raise DesignError(msg, hint="Give denominator= and comparison_denominator=, or neither of them.")


def _plain_method(reason: str) -> str:
    return f"The series is shown as it is, without an estimate (rule R15): {reason}"


def _assumptions(periods: Periods, asked: Segments, *, fitted: bool, compared: bool) -> tuple[str, ...]:
    gaps = periods.missing
    missing = (f"Periods without a row: {', '.join(gaps)}; nothing is filled in.",) if gaps else ()
    if not fitted:
        return missing
    other = (
        "Without the intervention the difference of the two series would have kept its trend."
        if compared
        else "Nothing else changed at that time, and the trend before would have gone on: a single series cannot tell an "
        "intervention from anything else that began then."
    )
    steps = tuple(f"A step of its own at {periods.shown(each)}." for each in asked.breaks)
    season = f"Each {asked.season} has a mean of its own." if asked.season else "No season is adjusted for."
    return (other, "Trends are straight lines, errors AR(1) around them.", season, *steps, *missing)


def _points(
    series: pd.DataFrame, periods: Periods, names: list[str], denominators: list[str | None]
) -> tuple[list[_Points], dict[str, int]]:
    """The series in order of time, and how many rows or periods are without a value."""
    order = np.argsort(periods.number)
    columns = [numbers_of(series, name, "series")[order] for name in names]
    behind = [_behind(series, name, column, order) for name, column in zip(denominators, columns, strict=False)]
    found = [
        _Points(group, periods.number[order], periods.label[order], outcome, counts)
        for group, outcome, counts in zip((SERIES, COMPARISON), columns, behind, strict=False)
    ]
    if len(found) > 1:
        mine, other = found
        both = None if mine.behind is None or other.behind is None else 1 / (1 / mine.behind + 1 / other.behind)
        found.append(mine._replace(group=DIFFERENCE, outcome=mine.outcome - other.outcome, behind=both))
    unknown = np.any([~_known(each) for each in found], axis=0)
    exclusions = {"outcome_missing": int(unknown.sum()), "period_missing": len(periods.missing)}
    return [_only(each, _known(each)) for each in found], exclusions


def _known(points: _Points) -> NDArray[np.bool_]:
    known: NDArray[np.bool_] = ~np.isnan(points.outcome)
    return known if points.behind is None else known & ~np.isnan(points.behind)


def _only(points: _Points, known: NDArray[np.bool_]) -> _Points:
    behind = None if points.behind is None else points.behind[known]
    return _Points(points.group, points.number[known], points.label[known], points.outcome[known], behind)


def _behind(series: pd.DataFrame, name: str | None, values: Numbers, order: NDArray[np.intp]) -> Numbers | None:
    if name is None:
        return None
    numbers = numbers_of(series, name, "series")[order]
    wrong = np.sort(order[(numbers <= 0) & ~np.isnan(values)])
    if len(wrong):
        msg = f"The column {name!r} of the series is not positive in {row_numbers(wrong.tolist())}, where the outcome is known."
        raise InvalidValueError(msg, hint="Leave the outcome empty where nobody is behind it.")
    return np.where(numbers > 0, numbers, np.nan)


def _too_short(all_points: list[_Points], asked: Segments) -> str:
    """Why rule R15 gives no estimate; empty where it does."""
    needed = fewest()
    for points in all_points:
        before = int((points.number < asked.at).sum())
        after = len(points.number) - before
        if min(before, after) < needed["fewest_points_a_side"]:
            return (
                f"the {points.group} has {before} known points before and {after} after, and "
                f"{needed['fewest_points_a_side']} on each side are needed."
            )
        left = len(points.number) - asked.design(points.number).shape[1]
        if left < needed["fewest_points_left"]:
            return (
                f"the {points.group} has {left} points more than coefficients, and {needed['fewest_points_left']} are "
                "needed; leave out the season or a break."
            )
    return ""


def _fit(points: _Points, asked: Segments) -> AutoregressiveRegression:
    try:
        return autoregressive_regression(
            points.outcome, asked.design(points.number), points.number, weights=points.weights()
        )
    except ConvergenceError as error:
        msg = f"{error.message} It is that of the {points.group}."
        raise ConvergenceError(msg, hint=error.hint) from error


def _table(
    all_points: list[_Points], fits: list[AutoregressiveRegression], asked: Segments, periods: Periods
) -> pd.DataFrame:
    parts = []
    for points, fit in zip(all_points, fits, strict=False):
        parts.append(_changes(points, fit, asked, periods))
    for place, points in enumerate(all_points):
        parts.append(_observed(points))
        if fits:
            parts.extend(_lines(points, fits[place], asked, periods))
    return pd.concat(parts, ignore_index=True)


def _changes(points: _Points, fit: AutoregressiveRegression, asked: Segments, periods: Periods) -> pd.DataFrame:
    """One row a coefficient, then the autocorrelation."""
    last = int(points.number[-1])
    unit = np.eye(len(fit.coefficients))
    at_end = unit[2] + (last - asked.at) * unit[3]
    rows = [unit[2], unit[3], at_end, unit[1], *unit[4 : 4 + len(asked.breaks)]]
    measures = ["level_change", "slope_change", "change_at_end", "slope_before", *["break_step"] * len(asked.breaks)]
    times = [asked.at, None, last, None, *asked.breaks]
    table = pd.DataFrame(fit.contrasts(np.array(rows), level=LEVEL))
    # the change of level and of slope are what is asked; the rest is described
    table.loc[2:, ["statistic", "p_value"]] = np.nan
    low, high = fit.autocorrelation_limits
    own = pd.DataFrame({"estimate": [fit.autocorrelation], "conf_low": [low], "conf_high": [high]})
    shown = [None if each is None else periods.time(each) for each in (*times, None)]
    return pd.concat([table, own], ignore_index=True).assign(
        group=points.group, measure=[*measures, "autocorrelation"], time=pd.Series(shown, dtype=object),
        conf_level=LEVEL, n=len(points.number),
    )  # fmt: skip


def _observed(points: _Points) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": points.group,
            "measure": "observed",
            "time": pd.Series(points.label, dtype=object),
            "estimate": points.outcome,
            "n": np.nan if points.behind is None or points.group == DIFFERENCE else points.behind,
        }
    )


def _lines(
    points: _Points, fit: AutoregressiveRegression, asked: Segments, periods: Periods
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The fitted line and, from the intervention on, the trend continued, at all periods."""
    every = np.arange(points.number[0], points.number[-1] + 1)
    after = every[every >= asked.at]
    return (
        _line(points, fit, every, asked.design(every), "fitted", periods),
        _line(points, fit, after, asked.design(after, changed=False), "counterfactual", periods),
    )


def _line(
    points: _Points,
    fit: AutoregressiveRegression,
    number: NDArray[np.int64],
    design: Numbers,
    measure: str,
    periods: Periods,
) -> pd.DataFrame:
    found = fit.contrasts(design, level=LEVEL)
    kept = {name: found[name] for name in ("estimate", "std_error", "df", "conf_low", "conf_high")}
    times = pd.Series([periods.time(each) for each in number.tolist()], dtype=object)
    return pd.DataFrame({**kept, "group": points.group, "measure": measure, "time": times, "conf_level": LEVEL})
