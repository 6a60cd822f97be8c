"""Released results of several regions as effects that can be pooled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from peereval.errors import DesignError, InvalidValueError, UnsupportedInputError, nearest
from peereval.results import Released

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIMITS = ("conf_low", "conf_high")
_DIRECTIONS = ("higher is better", "higher is worse")
_SAID = ("outcome", "scale", "round", "time", "group", "contrast", "term", "model")


def regional_effects(
    regions: Released,
    *,
    measure: str | None = None,
    where: Mapping[str, str] | None = None,
    direction: str | None = None,
) -> pd.DataFrame:
    """Take one number of each region from released results that were bound, as effects for `pool`.

    Parameters
    ----------
    regions : Released
        Released results of several regions, put together by `bind_results`: the labels are the studies of the pool.
    measure : str, optional
        Which measure; it may be left out where there is one only.
    where : mapping of str to str, optional
        Column to value, until one row a region is left, such as ``{"round": "one-year", "scale": "score_0_100"}``.
    direction : {"higher is better", "higher is worse"}, optional
        What a positive number means; needed where the results do not say it.

    Returns
    -------
    DataFrame
        The table *effects*, one row a region. The variance is that of a normal interval as wide as the released one:
        ((upper - lower) / 2z)². Estimates and limits are rounded before release, to at most half a standard error, so
        it is off by up to a half. A region whose number is withheld has ``withheld`` true and no estimate; `pool` leaves
        it out and counts it.

    Raises
    ------
    UnsupportedInputError
        No released results of several regions.
    InvalidValueError
        There is no such measure, column or value, or no such direction.
    DesignError
        A region has several such rows, or nothing says what a positive number means.

    Examples
    --------
    >>> import pandas as pd
    >>> import peereval as pe
    >>> def region(change, n):
    ...     rows = pd.DataFrame({"measure": ["mean_change"], "estimate": [change], "std_error": [1.0], "conf_low": [change - 2],
    ...                          "conf_high": [change + 2], "conf_level": [0.95], "n": [n]})
    ...     return pe.release(pe.Result(kind="rounds", title="Change", claim="change", method="A mean.", estimates=rows))[0]
    >>> bound = pe.bind_results({"North": region(5.0, 80), "South": region(3.0, 60), "West": region(4.0, 7)})
    >>> effects = regional_effects(bound, direction="higher is better")
    >>> effects[["study", "estimate", "n", "withheld"]]
       study  estimate     n  withheld
    0  North       5.0  80.0     False
    1  South       3.0  60.0     False
    2   West       NaN   NaN      True
    >>> dict(pe.pool(effects).exclusions)
    {'withheld': 1}
    """
    rows = _chosen(_bound(regions), measure, where or {})
    twice = rows["source"].duplicated(keep=False)
    if twice.any():
        left = [name for name in _SAID if name in rows and len(set(rows.loc[twice, name].dropna())) > 1]
        msg = f"{rows.loc[twice, 'source'].nunique()} regions have several such rows; they differ in {', '.join(left) or 'nothing'}."
        raise DesignError(msg, hint="Say which in where={column: value}.")
    return _as_effects(rows.reset_index(drop=True), regions, direction)


def _bound(regions: Released) -> pd.DataFrame:
    if not isinstance(regions, Released) or "source" not in regions.columns:
        msg = "These are no released results of several regions."
        raise UnsupportedInputError(msg, hint="Read each region's results and put them together with bind_results.")
    return regions.estimates


def _chosen(rows: pd.DataFrame, measure: str | None, where: Mapping[str, str]) -> pd.DataFrame:
    asked = {**({} if measure is None else {"measure": measure}), **where}
    for name, value in asked.items():
        known = rows[name].dropna().astype(str).unique().tolist() if name in rows else []
        if value not in known:
            msg = f"The regions' results have no {name} {value!r}."
            raise InvalidValueError(msg, hint=nearest(value, known) if known else nearest(name, map(str, rows.columns)))
        rows = rows[rows[name].astype(str) == value]
    measures = sorted(set(rows["measure"]))
    if len(measures) > 1:
        msg = f"The results have {len(measures)} measures."
        raise DesignError(msg, hint=f"Say measure=…, one of {', '.join(measures)}.")
    return rows


def _as_effects(rows: pd.DataFrame, regions: Released, direction: str | None) -> pd.DataFrame:
    from scipy.stats import norm

    texts = {name: rows[name].astype("string") if name in rows else pd.Series(pd.NA, rows.index, dtype="string")
             for name in ("outcome", "scale", "round", "time", "reading")}  # fmt: skip
    said = texts["reading"].str.extract(f"({'|'.join(_DIRECTIONS)})")[0]
    if direction is not None and direction not in _DIRECTIONS:
        msg = f"There is no direction {direction!r}."
        raise InvalidValueError(msg, hint=nearest(direction, _DIRECTIONS))
    if direction is None and said.isna().any():
        msg = "The results do not say whether a higher number is better."
        raise DesignError(msg, hint="Say direction='higher is better' or 'higher is worse'.")
    numbers = rows.reindex(columns=["estimate", *_LIMITS, "conf_level", "n"]).astype(float)
    width = numbers["conf_high"] - numbers["conf_low"]
    z = norm.ppf((1 + numbers["conf_level"].fillna(0.95)) / 2)
    frame = pd.DataFrame(
        {
            "study": rows["source"].astype("string"),
            "outcome": texts["outcome"].fillna(regions.title),
            "measure": rows["measure"].astype("string"),
            "time": texts["round"].fillna(texts["time"]).fillna("as released"),
            "direction": said if direction is None else pd.Series(direction, rows.index, dtype="string"),
            "scale": texts["scale"].fillna("as released"),
            "estimate": numbers["estimate"],
            "variance": ((width / (2 * z)) ** 2).where(width > 0),
            "n": numbers["n"],
            "withheld": rows["withheld"].astype(bool),
        }
    )
    return (
        frame
        if regions.origin == "observed"
        else frame.assign(origin=pd.array([regions.origin] * len(frame), dtype="string"))
    )
