"""Budgets: every total is added up again from its lines and stands beside the one that the source prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from peereval.contracts import BUDGET_LINES, check_frame
from peereval.costs.funding_lines import lines_of
from peereval.costs.prices import check_amounts, check_money, price_factor
from peereval.errors import DesignError, DuplicateError, InvalidValueError, OutOfRangeError
from peereval.mentions import row_numbers
from peereval.results import Result, data_facts, origin_of, versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peereval.programmes.programme import Programme

_COUNTED = {"positions": "cost_per_position", "units": "cost_per_unit", "beds": "cost_per_bed"}
_KEY = ["scenario", "period"]
_TOTAL = "all lines"
_DUST = 9
"""Decimals that are kept of a sum: 2.1 and 0.2 are 2.3."""


def budget_scenarios(
    scenarios: pd.DataFrame | Programme, *, price_year: int | None = None, index: Mapping[int, float] | None = None
) -> Result:
    """Put the scenarios of a budget beside one another, each total added up again from its lines.

    Parameters
    ----------
    scenarios : DataFrame or Programme
        *Budget lines*: ``scenario``, ``line``, ``amount``, ``currency``, ``price_year`` (empty where the source does not
        say); optional ``period``, ``stated_total`` (true on a total that the source prints), ``positions``, ``units`` and
        ``beds`` (what a line pays for, and on a stated total, what the scenario pays for). Of a programme, the funding
        that names a scenario: lines without parts are added up, and the line that is no part of another is the printed
        total; positions with the id of a line are those that it pays for.
    price_year : int, optional
        Bring all amounts to the prices of this year.
    index : mapping of int to float, optional
        Year to the level of prices, such as ``{2017: 100.0, 2021: 106.2}``.

    Returns
    -------
    Result
        Rows with ``measure`` ``line_cost``, ``total_cost`` (``estimate`` is the sum of the lines, ``stated`` the printed
        total, ``difference`` the first minus the second) and ``cost_per_position``, ``cost_per_unit`` and
        ``cost_per_bed`` (of a line where it says what it pays for, and of the scenario). A sum is empty where one of its
        lines is; costs of a whole scenario per position, unit and bed are empty where its printed total gives no number.

    Raises
    ------
    ColumnError, MissingValueError
        The table is not what *budget lines* are.
    OutOfRangeError
        An amount is negative, or a number of positions, units or beds is not above zero.
    DuplicateError
        A scenario has a line, or a printed total, twice in a period.
    DesignError
        There are two currencies, or two price years that no index brings together.
    InvalidValueError
        A currency or a year is none, or the index lacks a year.

    Examples
    --------
    Scenario C of Region Hovedstaden's budget for 2018, in Danish kroner:

    >>> import pandas as pd
    >>> lines = pd.DataFrame({
    ...     "scenario": "C", "line": ["continued", "thirty more", "printed"], "amount": [4e6, 9e6, 13e6],
    ...     "stated_total": [False, False, True], "positions": [None, 30, None], "currency": "DKK", "price_year": 2018,
    ... })
    >>> found = budget_scenarios(lines).estimates
    >>> found.loc[found["measure"] == "total_cost", ["estimate", "stated", "difference"]]
         estimate      stated  difference
    2  13000000.0  13000000.0         0.0
    >>> found.loc[found["measure"] == "cost_per_position", ["term", "estimate"]]
              term  estimate
    3  thirty more  300000.0
    4    all lines       NaN
    """
    lines, left_out = (scenarios, {}) if isinstance(scenarios, pd.DataFrame) else lines_of(scenarios)
    frame = _checked(lines)
    frame, year = _at_prices(frame, price_year, index)
    parts, stated = frame[~frame["stated_total"]], frame[frame["stated_total"]]
    totals = _totals(frame, parts, stated)
    counts = {**left_out, "amount_missing": int(parts["amount"].isna().sum())}
    rows = [_rows(parts, "line_cost"), _rows(totals, "total_cost"), *_ratios(pd.concat([parts, totals]))]
    return Result(
        kind="budget-scenarios",
        title="Budget by scenario",
        estimates=_estimates(rows, frame, year),
        method=_METHOD + (f" Amounts were brought to the prices of {year} by the index in the settings." if index else ""),
        claim="description",
        estimand="Money that each scenario asks for in its period.",
        assumptions=_assumptions(totals, stated, year),
        references=(),
        settings={
            "price_year": price_year, "index": dict(index) if index else None, "versions": versions(),
            "data": data_facts(lines),
        },
        columns=_COLUMNS,
        exclusions={reason: count for reason, count in counts.items() if count},
        origin=origin_of(lines),
    )  # fmt: skip


_METHOD = (
    "The lines of each scenario were added up and put beside the total that the source prints. Costs per position, unit and bed "
    "divide by the numbers that the source gives."
)
_COLUMNS = {
    "stated": "the total as the source prints it",
    "difference": "sum of the lines minus the printed total",
    "positions_paid": "how many positions the money pays for, where the source says it",
    "currency": "ISO 4217 code",
    "price_year": "the year in whose prices amounts are given",
}


def _checked(lines: pd.DataFrame) -> pd.DataFrame:
    check_frame(lines, BUDGET_LINES)
    check_amounts(lines["amount"], BUDGET_LINES.name)
    absent: dict[str, Any] = {"stated_total": False, "period": pd.NA, **dict.fromkeys(_COUNTED, np.nan)}
    frame = lines.assign(**{name: value for name, value in absent.items() if name not in lines})
    frame = frame.astype({**dict.fromkeys(("amount", *_COUNTED), "Float64"), "stated_total": bool, "period": "string"})
    frame = frame.astype(dict.fromkeys(("amount", *_COUNTED), float)).reset_index(drop=True)
    for name in _COUNTED:
        wrong = np.flatnonzero(frame[name] <= 0)
        if len(wrong):
            msg = f"The column {name!r} of the {BUDGET_LINES.name} is not above zero in {row_numbers(wrong.tolist())}."
            raise OutOfRangeError(msg, hint="Leave the cell empty where the number is not known.")
    # a printed total may be called anything, and stands once
    named = frame["line"].astype("string").mask(frame["stated_total"], "")
    again = np.flatnonzero(frame.assign(line=named).duplicated([*_KEY, "line", "stated_total"]))
    if len(again):
        msg = f"A scenario has a line, or a printed total, twice in a period; again in {row_numbers(again.tolist())}."
        raise DuplicateError(msg, hint="Keep one; totals of two sources that contradict each other are two scenarios.")
    return frame


def _at_prices(
    frame: pd.DataFrame, price_year: int | None, index: Mapping[int, float] | None
) -> tuple[pd.DataFrame, int | None]:
    """Amounts in one currency and the prices of one year, and that year."""
    if (price_year is None) != (index is None):
        msg = "A price year to convert to and a price index belong together; one of them was given."
        raise InvalidValueError(msg, hint="Give both, such as price_year=2021, index={2017: 100.0, 2021: 106.2}.")
    for currency in frame["currency"].unique():
        check_money(currency, price_year or _YEAR)
    for year in frame["price_year"].dropna().unique():
        check_money(_CURRENCY, int(year))
    _check_alike(frame["currency"], "currencies", "Use one call a currency.")
    years = frame["price_year"].unique()
    if price_year is not None and index is not None:
        if frame["price_year"].isna().any():
            msg = f"Amounts without a price year cannot be brought to the prices of {price_year}."
            raise InvalidValueError(msg, hint="Ask the source in which year's prices it counts.")
        return frame.assign(amount=frame["amount"] * price_factor(frame["price_year"], price_year, index)), price_year
    _check_alike(frame["price_year"], "price years", "Give price_year= and index= to convert them.")
    return frame, None if not len(years) or pd.isna(years[0]) else int(years[0])


_CURRENCY, _YEAR = "EUR", 2000
"""Stand-ins: a currency and a year are checked one at a time."""


def _check_alike(values: pd.Series, words: str, hint: str) -> None:
    found = ["none said" if pd.isna(value) else str(value) for value in values.unique()]
    if len(found) > 1:
        msg = f"The {BUDGET_LINES.name} have {len(found)} {words} ({', '.join(sorted(found))}); such amounts are never added."
        raise DesignError(msg, hint=hint)


def _totals(frame: pd.DataFrame, parts: pd.DataFrame, stated: pd.DataFrame) -> pd.DataFrame:
    """One row a scenario and period: the sum of its lines, and what its printed total says."""
    keys = frame[_KEY].drop_duplicates()
    # a sum with an unknown part is unknown, and so is one without parts
    grouped = parts.assign(unknown=parts["amount"].isna()).groupby(_KEY, dropna=False, sort=False)
    sums = grouped["amount"].sum().mask(grouped["unknown"].any())
    printed = stated[[*_KEY, "amount", *_COUNTED]].rename(columns={"amount": "stated"})
    totals = keys.merge(sums.reset_index(), on=_KEY, how="left").merge(printed, on=_KEY, how="left")
    totals = totals.assign(amount=totals["amount"].round(_DUST), line=_TOTAL)
    return totals.assign(difference=(totals["amount"] - totals["stated"]).round(_DUST))


def _rows(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    kept = frame.reindex(columns=[*_KEY, "line", "amount", "stated", "difference", "positions"])
    names = {"scenario": "group", "period": "time", "line": "term", "amount": "estimate", "positions": "positions_paid"}
    return kept.rename(columns=names).assign(measure=measure)


def _ratios(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Costs per position, unit and bed: of lines that say what they pay for, and of every total."""
    found = []
    for name, measure in _COUNTED.items():
        if frame[name].isna().all():
            continue
        # totals are no rows of the source
        asked = frame[frame[name].notna() | frame["stated_total"].isna()]
        rows = _rows(asked.assign(amount=asked["amount"] / asked[name]), measure).drop(columns=["stated", "difference"])
        found.append(rows.assign(numerator=asked["amount"], denominator=asked[name]))
    return found


def _estimates(rows: list[pd.DataFrame], frame: pd.DataFrame, year: int | None) -> pd.DataFrame:
    currency: Any = frame["currency"].iloc[0] if len(frame) else pd.NA
    filled = [part for part in rows if len(part)] or rows[:1]
    found = pd.concat(filled, ignore_index=True).reindex(
        columns=list(dict.fromkeys(name for part in rows for name in part))
    )
    found = found.assign(currency=currency, price_year=year).astype({"currency": "string", "price_year": "Int64"})
    return found if found["time"].notna().any() else found.drop(columns="time")


def _assumptions(totals: pd.DataFrame, stated: pd.DataFrame, year: int | None) -> tuple[str, ...]:
    said = ["Lines cover the same time and are not counted twice."]
    said += ["The source does not say in which year's prices the amounts are."] if year is None and len(totals) else []
    for name in _COUNTED:
        lacking = totals[totals[name].isna()]["scenario"].drop_duplicates().tolist()
        if lacking:
            said.append(f"No number of {name} is given for the whole of: {', '.join(map(str, lacking))}.")
    without = totals[~totals["scenario"].isin(stated["scenario"])]["scenario"].drop_duplicates().tolist()
    if without:
        said.append(f"The source prints no total for: {', '.join(map(str, without))}.")
    return tuple(said)
