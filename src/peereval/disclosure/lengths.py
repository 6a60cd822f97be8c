"""What protecting does to lengths of stay and to days per person-year: persons are counted, not stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.disclosure.complements import over_groups
from peereval.disclosure.counts import rounded
from peereval.disclosure.means import protect_means, round_number, to_step

if TYPE_CHECKING:
    from peereval.disclosure.policy import Policy

_SHARES = {"stay_quartile_1": 0.25, "stay_median": 0.5, "stay_quartile_3": 0.75}
_Z = 1.959964
_DAY = 1.0
_LIMITS = ("conf_low", "conf_high")


def protect_stays(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Give quartiles and means of stays of enough persons, rounded so that they are nobody's stay.

    Of one person there may be many stays, so what counts is ``n_persons``; without it nothing is shown. Quartiles and
    their limits lie on the length of somebody's stay: they are rounded to half a standard error, as their interval
    tells it, and to whole days at least; a limit needs the threshold of persons beyond it. Comparisons of two groups
    need enough persons in both.

    Parameters
    ----------
    rows : DataFrame
        Estimates of `length_of_stay`: ``group``, ``n`` stays, ``n_persons``.
    policy : Policy
        What is small, and the step of a mean.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``; counts of stays and persons rounded.
    """
    fewest = _fewest(rows)
    share = rows["measure"].str.removesuffix("_difference").map(_SHARES).astype(float)
    is_quantile = share.notna()
    parts = [
        _quantiles(rows[is_quantile], fewest[is_quantile], share[is_quantile], policy),
        _means(rows[~is_quantile], fewest[~is_quantile], policy),
    ]
    return pd.concat([part for part in parts if len(part)])


def protect_person_time(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Give days per person-year as means over persons, without the sums of days and years.

    The days of a single withheld group are those of all less those of the others, so the next smallest is withheld too,
    and where there is none, all.

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``n_persons`` and ``std_error``.
    policy : Policy
        How many persons a mean needs, and its step.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``.
    """
    persons = rows["n_persons"].astype(float)
    few = (persons < policy.fewest_for_mean) & (persons > 0)
    return _means(rows, persons.mask(few | _beside_one(rows, few)), policy)


def _beside_one(rows: pd.DataFrame, few: pd.Series) -> pd.Series:
    also = pd.Series(data=False, index=rows.index)
    for part in over_groups(rows):
        total = part["group"] == "all"
        members = part.index[~total]
        if total.any() and few[members].sum() == 1:
            others = rows.loc[members[~few[members]], "n_persons"].sort_values(kind="stable").index
            also[others[:1] if len(others) > 1 else part.index] = True
    return also


def _fewest(rows: pd.DataFrame) -> pd.Series:
    """The persons of each row; of a comparison those of the smaller group."""
    nobody = pd.Series(np.nan, index=rows.index)
    persons = rows["n_persons"].astype(float) if "n_persons" in rows else nobody
    if "contrast" not in rows or rows["contrast"].isna().all():
        return persons
    keys = [name for name in ("source",) if name in rows]
    alone = rows[rows["contrast"].isna()].assign(persons=persons)
    each = alone.groupby([*keys, "group"])["persons"].min()
    reference = rows["contrast"].str.split(" - ").str[-1]
    other = pd.Series(each.reindex(_index(rows, keys, reference)).to_numpy(), index=rows.index)
    mine = pd.Series(each.reindex(_index(rows, keys, rows["group"])).to_numpy(), index=rows.index)
    return persons.where(rows["contrast"].isna(), np.minimum(mine, other))


def _index(rows: pd.DataFrame, keys: list[str], group: pd.Series) -> pd.Index:
    return pd.MultiIndex.from_arrays([rows[keys[0]], group]) if keys else pd.Index(group)


def _quantiles(rows: pd.DataFrame, persons: pd.Series, share: pd.Series, policy: Policy) -> pd.DataFrame:
    low, high = (rows[name].astype(float) for name in _LIMITS)
    step = (
        round_number(policy.mean_step * (high - low).where(high > low) / (2 * _Z))
        .where(high > low, _DAY)
        .clip(lower=_DAY)
    )
    side = persons * np.minimum(share, 1 - share)
    withheld = ~((side >= policy.threshold) & (persons >= policy.fewest_for_mean)) | high.isna() | low.isna()
    beyond = side - _Z * (persons * share * (1 - share)) ** 0.5
    numbers = {"estimate": to_step(rows["estimate"], step).mask(withheld)}
    numbers |= {name: to_step(rows[name], step).mask(withheld | (beyond < policy.threshold)) for name in _LIMITS}
    return _counted(rows, withheld, policy).assign(**numbers)


def _means(rows: pd.DataFrame, persons: pd.Series, policy: Policy) -> pd.DataFrame:
    safe = protect_means(rows.assign(n=persons.fillna(0)), policy)
    # a mean of which nobody knows how many persons it is of
    withheld = safe["withheld"] | ~(persons >= policy.fewest_for_mean)
    numbers = [name for name in ("estimate", *_LIMITS, "p_value", "p_adjusted") if name in safe]
    return _counted(rows, withheld, policy).assign(**{name: safe[name].mask(withheld) for name in numbers})


def _counted(rows: pd.DataFrame, withheld: pd.Series, policy: Policy) -> pd.DataFrame:
    counts = {
        name: rounded(rows[name].astype(float), policy).mask(withheld) for name in ("n", "n_persons") if name in rows
    }
    sums = {name: np.nan for name in ("numerator", "denominator") if name in rows}
    left = rows.drop(columns=["std_error", "statistic", "df"], errors="ignore")
    return left.assign(**counts, **sums, withheld=withheld)
