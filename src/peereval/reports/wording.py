"""Numbers as texts: estimates with their intervals, counts that are rounded, cells that are withheld."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Row = Mapping[str, Any] | pd.Series

NOT_SHOWN = "not shown"
NBSP = "\u00a0"
"""Keeps a number and what belongs to it on one line."""
UNBROKEN_HYPHEN = "\u2011"
"""Keeps the name of an instrument on one line."""
UNKNOWN = "unknown"


def number(value: Any, decimals: int = 2) -> str:
    """Write a number with a true minus sign and its thousands apart.

    Parameters
    ----------
    value : float
        The number; missing gives an empty text.
    decimals : int
        Decimals.

    Returns
    -------
    str
        The text.

    Examples
    --------
    >>> number(-0.5), number(-1234.5, 1)
    ('−0.50', '−1,234.5')
    """
    return "" if pd.isna(value) else f"{value:,.{decimals}f}".replace("-", "−")


def percent(value: Any) -> str:
    r"""Write a share in whole per cent.

    Parameters
    ----------
    value : float
        The share; missing gives an empty text.

    Returns
    -------
    str
        The text.

    Examples
    --------
    >>> percent(0.24)
    '24\xa0%'
    """
    return "" if pd.isna(value) else f"{100 * value:.0f}{NBSP}%"


def about(value: Any) -> str:
    r"""Write a rounded count.

    Parameters
    ----------
    value : float
        The count; missing means that it is withheld.

    Returns
    -------
    str
        The text.

    Examples
    --------
    >>> about(1200.0), about(None)
    ('≈\xa01,200', 'not shown')
    """
    return NOT_SHOWN if pd.isna(value) else f"≈{NBSP}{value:,.0f}"


def counted(count: str, unit: str) -> str:
    r"""Write a released count of what was left out, with its unit.

    Parameters
    ----------
    count : str
        As `Released.exclusions` holds it: ``"0"``, ``"<5"`` or a rounded number.
    unit : str
        What is counted, in the plural.

    Returns
    -------
    str
        The text; only rounded numbers are marked as such.

    Examples
    --------
    >>> counted("40", "stays"), counted("<5", "stays"), counted("0", "stays")
    ('≈\xa040 stays', '<5 stays', '0 stays')
    """
    return f"{count} {unit}" if count == "0" or count.startswith("<") else f"≈{NBSP}{int(count):,} {unit}"


def with_interval(row: Row) -> str:
    r"""Write an estimate with its interval, all with as many decimals as they were released with, at most four.

    From 1 on two decimals suffice, from 100 on one.

    Parameters
    ----------
    row : mapping or Series
        With ``estimate``, ``conf_low``, ``conf_high`` and ``withheld``.

    Returns
    -------
    str
        The text; *not shown* where it is withheld.

    Examples
    --------
    >>> with_interval({"estimate": 1.5, "conf_low": -0.25, "conf_high": 3.25, "withheld": False})
    '1.50\xa0(−0.25\xa0to\xa03.25)'
    >>> with_interval({"estimate": 57.0, "conf_low": 51.0, "conf_high": 63.0, "withheld": False})
    '57\xa0(51\xa0to\xa063)'
    >>> with_interval({"estimate": 256 / 0.9, "conf_low": None, "conf_high": None, "withheld": False})
    '284.4'
    """
    decimals = max(_decimals(row[name]) for name in ("estimate", "conf_low", "conf_high"))
    return _written(row, lambda value: number(value, decimals))


def _decimals(value: Any) -> int:
    if pd.isna(value):
        return 0
    most = next(decimals for least, decimals in ((100, 1), (1, 2), (0, 4)) if abs(value) >= least)
    return len(f"{value:.{most}f}".rstrip("0").partition(".")[2])


def share_with_interval(row: Row) -> str:
    r"""Write a share with its interval in whole per cent.

    Parameters
    ----------
    row : mapping or Series
        As in `with_interval`.

    Returns
    -------
    str
        The text.

    Examples
    --------
    >>> share_with_interval({"estimate": 0.24, "conf_low": 0.2, "conf_high": 0.29, "withheld": False})
    '24\xa0%\xa0(20\xa0%\xa0to\xa029\xa0%)'
    """
    return _written(row, percent)


def _written(row: Row, write: Callable[[Any], str]) -> str:
    if row["withheld"]:
        return NOT_SHOWN
    text = write(row["estimate"])
    low: float | None = row["conf_low"]
    if not text or pd.isna(low):
        return text
    return f"{text}{NBSP}({write(row['conf_low'])}{NBSP}to{NBSP}{write(row['conf_high'])})"


def p_value(value: Any) -> str:
    """Write a p value that was rounded up when it was released.

    Parameters
    ----------
    value : float
        The p value; missing gives an empty text.

    Returns
    -------
    str
        The text, two decimals.

    Examples
    --------
    >>> p_value(0.01), p_value(0.32)
    ('≤ 0.01', '≤ 0.32')
    """
    return "" if pd.isna(value) else f"≤ {value:.2f}"
