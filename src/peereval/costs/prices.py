"""Money has a currency and a price year, and is never below zero."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from peereval.errors import ColumnError, InvalidValueError, OutOfRangeError, nearest
from peereval.mentions import row_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

_YEARS = range(1900, 2101)


def check_money(currency: str, price_year: int) -> None:
    """Check a currency and a price year.

    Parameters
    ----------
    currency : str
        ISO 4217 code.
    price_year : int
        The year in whose prices amounts are given.

    Raises
    ------
    InvalidValueError
        The currency is no code of three capitals, or the year is none.

    Examples
    --------
    >>> check_money("A$", 2008)
    Traceback (most recent call last):
    ...
    peereval.errors.InvalidValueError: PE103: The currency 'A$' is no ISO 4217 code. Write three capitals, such as DKK,
    SEK, GBP or AUD.
    """
    if not re.fullmatch(r"[A-Z]{3}", str(currency)):
        msg = f"The currency {currency!r} is no ISO 4217 code."
        raise InvalidValueError(msg, hint="Write three capitals, such as DKK, SEK, GBP or AUD.")
    if isinstance(price_year, bool) or price_year not in _YEARS:
        msg = f"The price year {price_year!r} is no year between {_YEARS[0]} and {_YEARS[-1]}."
        raise InvalidValueError(
            msg, hint="Give the year in whose prices the amounts are; the source's, if it says none."
        )


def check_amounts(amounts: pd.Series, table: str) -> None:
    """Check that no amount of money, or number of days, is below zero or infinite.

    Parameters
    ----------
    amounts : Series of float
        One a row of the table; empty ones are let through.
    table : str
        What the table is called in messages.

    Raises
    ------
    ColumnError
        The column does not hold numbers.
    OutOfRangeError
        An amount is negative or infinite.

    Examples
    --------
    >>> import pandas as pd
    >>> check_amounts(pd.Series([100.0, -5.0], name="cost"), "data")
    Traceback (most recent call last):
    ...
    peereval.errors.OutOfRangeError: PE204: The column 'cost' of the data is negative or infinite in row 2. Costs
    and counts are zero or more, and unknown ones empty: a saving is a difference of arms.
    """
    check_numbers(amounts, table)
    values = amounts.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    wrong = np.flatnonzero((values < 0) | np.isinf(values))
    if len(wrong):
        msg = f"The column {amounts.name!r} of the {table} is negative or infinite in {row_numbers(wrong.tolist())}."
        hint = "Costs and counts are zero or more, and unknown ones empty: a saving is a difference of arms."
        raise OutOfRangeError(msg, hint=hint)


def check_numbers(values: pd.Series, table: str) -> None:
    """Check that a column holds numbers."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if is_bool_dtype(values.dtype) or not is_numeric_dtype(values.dtype):
        msg = f"The column {values.name!r} of the {table} holds {values.dtype}; expected numbers."
        raise ColumnError(msg, hint="Convert it, for example with pandas.to_numeric.")


def price_factor(years: pd.Series, price_year: int, index: Mapping[int, float]) -> pd.Series:
    """Factor that brings amounts of one year to the prices of another.

    Parameters
    ----------
    years : Series of int
        The year of each amount.
    price_year : int
        The year to whose prices they are brought.
    index : mapping of int to float
        Year to the level of prices, such as ``{2017: 100.0, 2021: 106.2}``; there is no built-in one.

    Returns
    -------
    Series of float
        ``index[price_year] / index[year]``.

    Raises
    ------
    InvalidValueError
        A year has no level, or a level is not above zero.

    Examples
    --------
    >>> import pandas as pd
    >>> price_factor(pd.Series([2017, 2021]), 2021, {2017: 100.0, 2021: 106.2}).round(3).tolist()
    [1.062, 1.0]
    """
    levels = {int(year): float(level) for year, level in index.items()}
    for year in sorted({price_year, *years.tolist()}):
        if year not in levels:
            msg = f"The price index has no level for {year}."
            raise InvalidValueError(msg, hint=nearest(str(year), map(str, levels)))
        if not 0 < levels[year] < np.inf:
            msg = f"The price index is {levels[year]:g} in {year}; expected a number above zero."
            raise InvalidValueError(msg, hint="Give the index as published, for example 100 in its base year.")
    return levels[price_year] / years.map(levels)
