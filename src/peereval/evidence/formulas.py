"""The formulas by which an effect size and its variance follow from what a paper prints."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

    Found: TypeAlias = tuple[pd.Series, pd.Series]

Formula: TypeAlias = Literal[
    "posttest", "change-over-posttest-sd", "change-over-baseline-sd", "change-over-change-sd", "change-over-score-sd",
    "mean-difference", "difference-in-change", "odds-ratio", "risk-ratio", "risk-difference", "t", "f", "p",
    "sd-from-standard-error", "sd-from-interval", "standard-error", "interval", "correlation",
]  # fmt: skip

LOGGED = {
    "odds_ratio": "log_odds_ratio",
    "risk_ratio": "log_risk_ratio",
    "hazard_ratio": "log_hazard_ratio",
    "rate_ratio": "log_rate_ratio",
}
"""Ratios and the measure on which they are pooled."""
PLAIN = ("cohens_d", "hedges_g", "mean_difference", "risk_difference")
"""Measures that are pooled as they are printed."""
CORRECTION = 0.5
"""What is added to the four cells of a table that has an empty one."""


@dataclass(frozen=True, slots=True)
class EffectFormula:
    """One formula, as `formulas.toml` describes it.

    Parameters
    ----------
    rows : {"arms", "comparisons"}
        Whether a printed row is an arm, or a comparison of two arms.
    needs : list of str
        The columns that it needs.
    measure, scale : str
        The effect size and its unit; *printed* where a column of the same name says it.
    turns : bool
        Whether a direction *higher is worse* turns the sign.
    method, reference : str
        The formula in words, and its source.
    change : bool
        Whether it counts from a reference round.
    correlation, needs_correlation : bool
        Whether a correlation of scores between rounds enters, and whether nothing follows without it.
    """

    rows: Literal["arms", "comparisons"]
    needs: list[str]
    measure: str
    scale: str
    turns: bool
    method: str
    reference: str
    change: bool = False
    correlation: bool = False
    needs_correlation: bool = False


@cache
def formulas() -> dict[str, EffectFormula]:
    """Give all formulas by their name."""
    text = (files("peereval.evidence") / "formulas.toml").read_text(encoding="utf-8")
    return {name: EffectFormula(**fields) for name, fields in tomllib.loads(text).items()}


def effect_and_variance(formula: str, printed: pd.DataFrame, correlation: float | None) -> Found:
    """Compute effects and their variances, before the sign is turned and small samples are corrected for.

    Parameters
    ----------
    formula : str
        Its name.
    printed : DataFrame
        One row a comparison; columns of the arms end in ``_t`` and ``_c``, those of the reference round in ``_0``.
    correlation : float, optional
        Of the scores between two rounds.

    Returns
    -------
    tuple of Series
        Effects and variances; missing where they cannot be had.
    """
    r = np.nan if correlation is None else correlation
    return _FORMULAS[formula](printed, r)


def pooled_sd(wide: pd.DataFrame, ending: str = "") -> pd.Series:
    """Give the standard deviation pooled over two arms, missing where it is 0.

    Parameters
    ----------
    wide : DataFrame
        With ``sd_t``, ``sd_c``, ``n_t`` and ``n_c``, with the ending.
    ending : str
        ``"_0"`` for the reference round.

    Returns
    -------
    Series
        One a comparison.
    """
    n = {arm: wide[f"n_{arm}{ending}"] - 1 for arm in ("t", "c")}
    squares = sum(n[arm] * wide[f"sd_{arm}{ending}"] ** 2 for arm in ("t", "c"))
    sd: pd.Series = np.sqrt(squares / (n["t"] + n["c"]))
    return sd.where(sd > 0)


def _standardised(d: pd.Series, wide: pd.DataFrame, spread: float = 1.0) -> Found:
    n = wide["n_t"] + wide["n_c"]
    return d, spread * (1 / wide["n_t"] + 1 / wide["n_c"]) + d**2 / (2 * n)


def _posttest(wide: pd.DataFrame, _: float) -> Found:
    return _standardised((wide["mean_t"] - wide["mean_c"]) / pooled_sd(wide), wide)


def _over_score_sd(wide: pd.DataFrame, r: float) -> Found:
    shrunk = 2 * (1 - r)
    d = (wide["mean_t"] - wide["mean_c"]) / pooled_sd(wide) * shrunk**0.5
    return _standardised(d, wide, shrunk)


def _difference(wide: pd.DataFrame, _: float) -> Found:
    variance = wide["sd_t"] ** 2 / wide["n_t"] + wide["sd_c"] ** 2 / wide["n_c"]
    return wide["mean_t"] - wide["mean_c"], variance


def _difference_in_change(wide: pd.DataFrame, r: float) -> Found:
    change = (wide["mean_t"] - wide["mean_t_0"]) - (wide["mean_c"] - wide["mean_c_0"])
    parts = [
        (wide[f"sd_{arm}"] ** 2 + wide[f"sd_{arm}_0"] ** 2 - 2 * r * wide[f"sd_{arm}"] * wide[f"sd_{arm}_0"])
        / wide[f"n_{arm}"]
        for arm in ("t", "c")
    ]
    return change, parts[0] + parts[1]


def _over_sd(wide: pd.DataFrame, r: float, ending: str) -> Found:
    """Difference in change over a standard deviation s; its variance is that of the raw one over s², plus that of s."""
    sd = pooled_sd(wide, ending)
    change, variance = _difference_in_change(wide, r)
    d = change / sd
    return d, variance / sd**2 + d**2 / (2 * (wide["n_t"] + wide["n_c"]))


def cells(wide: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series, pd.Series]:
    """Give the four cells of each table.

    Parameters
    ----------
    wide : DataFrame
        With ``events_t``, ``n_t``, ``events_c`` and ``n_c``.

    Returns
    -------
    tuple of Series
        Persons with and without the event in the treatment arm, and in the control arm.
    """
    a, c = wide["events_t"], wide["events_c"]
    return a, wide["n_t"] - a, c, wide["n_c"] - c


def corrected(formula: str, wide: pd.DataFrame) -> pd.Series:
    """Say which tables need a correction of empty cells, without which their ratio or its variance does not exist.

    Parameters
    ----------
    formula : str
        ``"odds-ratio"``, ``"risk-ratio"`` or another, which needs none.
    wide : DataFrame
        As for `cells`.

    Returns
    -------
    Series of bool
        One a table.
    """
    a, b, c, d = cells(wide)
    empty = {"odds-ratio": (a * b * c * d) == 0, "risk-ratio": (a * c) == 0}
    return empty.get(formula, pd.Series(data=False, index=wide.index)) & _telling(wide)


def _telling(wide: pd.DataFrame) -> pd.Series:
    """Whether the event happened to somebody, but not to everybody: else a table tells nothing of a ratio."""
    a, b, c, d = cells(wide)
    return ((a + c) > 0) & ((b + d) > 0)


def _filled(formula: str, wide: pd.DataFrame) -> list[pd.Series]:
    telling, added = _telling(wide), CORRECTION * corrected(formula, wide)
    return [(cell + added).where(telling) for cell in cells(wide)]


def _odds_ratio(wide: pd.DataFrame, _: float) -> Found:
    a, b, c, d = _filled("odds-ratio", wide)
    odds: pd.Series = a * d / (b * c)
    return np.log(odds), 1 / a + 1 / b + 1 / c + 1 / d


def _risk_ratio(wide: pd.DataFrame, _: float) -> Found:
    a, b, c, d = _filled("risk-ratio", wide)
    risks: pd.Series = a / (a + b) / (c / (c + d))
    return np.log(risks), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def _risk_difference(wide: pd.DataFrame, _: float) -> Found:
    a, b, c, d = cells(wide)
    n, m = a + b, c + d
    variance = a * b / n**3 + c * d / m**3
    return a / n - c / m, variance.where(variance > 0)


def _from_t(t: pd.Series, wide: pd.DataFrame) -> Found:
    return _standardised(t * np.sqrt(1 / wide["n_t"] + 1 / wide["n_c"]), wide)


def _from_p(wide: pd.DataFrame, _: float) -> Found:
    from scipy.stats import t

    tails = wide.get("tails", pd.Series(np.nan, index=wide.index)).fillna(2.0)
    size = t.isf(wide["p"] / tails, wide["n_t"] + wide["n_c"] - 2)
    return _from_t(pd.Series(size, index=wide.index) * wide["sign"], wide)


def _interval_error(wide: pd.DataFrame, low: pd.Series, high: pd.Series) -> pd.Series:
    from scipy.stats import t

    tail = (1 - wide["conf_level"]) / 2
    found: pd.Series = (high - low) / (2 * t.isf(tail, wide["df"].fillna(np.inf)))
    return found


def _interval(wide: pd.DataFrame, _: float) -> Found:
    estimate, low, high = (_logged(wide, name) for name in ("estimate", "conf_low", "conf_high"))
    return estimate, _interval_error(wide, low, high) ** 2


def _standard_error(wide: pd.DataFrame, _: float) -> Found:
    return _logged(wide, "estimate"), wide["std_error"] ** 2


def _logged(wide: pd.DataFrame, name: str) -> pd.Series:
    ratio = wide["measure"].isin(list(LOGGED))
    found: pd.Series = wide[name].where(~ratio, np.log(wide[name].where(ratio)))
    return found


def _correlation(wide: pd.DataFrame, _: float) -> Found:
    z = pd.Series(np.arctanh(wide["r"].to_numpy(float)), index=wide.index)
    return z, 1 / (wide["n"] - 3).where(wide["n"] > 3)  # noqa: PLR2004 - Fisher's n - 3


_FORMULAS: dict[str, Callable[[pd.DataFrame, float], Found]] = {
    "posttest": _posttest,
    "change-over-posttest-sd": lambda wide, r: _over_sd(wide, r, ""),
    "change-over-baseline-sd": lambda wide, r: _over_sd(wide, r, "_0"),
    "change-over-change-sd": _posttest,
    "change-over-score-sd": _over_score_sd,
    "mean-difference": _difference,
    "difference-in-change": _difference_in_change,
    "odds-ratio": _odds_ratio,
    "risk-ratio": _risk_ratio,
    "risk-difference": _risk_difference,
    "t": lambda wide, _: _from_t(wide["t"], wide),
    "f": lambda wide, _: _from_t(wide["sign"] * np.sqrt(wide["f"]), wide),
    "p": _from_p,
    "sd-from-standard-error": lambda wide, _: _from_t(wide["estimate"] / wide["std_error"], wide),
    "sd-from-interval": lambda wide, _: _from_t(
        wide["estimate"] / _interval_error(wide, wide["conf_low"], wide["conf_high"]), wide
    ),
    "standard-error": _standard_error,
    "interval": _interval,
    "correlation": _correlation,
}
