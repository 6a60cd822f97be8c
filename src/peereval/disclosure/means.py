"""What protecting does to means, quantiles, reliabilities and tests: none of them tells how many persons there were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.disclosure.columns import INSIDE, LEAKS
from peereval.disclosure.complements import over_groups
from peereval.disclosure.counts import rounded, small

if TYPE_CHECKING:
    from peereval.disclosure.policy import Policy


def protect_quantiles(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Withhold quantiles with few persons on either side; round the others so that they are nobody's value.

    A quantile lies on a person's value, or at a fraction between two that tells the remainder of the number of
    persons. So it is given to the step of a mean, and never finer than the values themselves lie apart.

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``measure``, ``n``, ``sd`` and ``spacing``.
    policy : Policy
        What is small, and the step of a mean.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``.
    """
    count, spread, apart = (rows[name].astype(float) for name in ("n", "sd", "spacing"))
    side = count * rows["measure"].eq("median").map({True: 0.5, False: 0.25})
    step = round_number(policy.mean_step * spread.where(spread > 0) / count**0.5).clip(lower=apart)
    withheld = ((side < policy.threshold) | (count < policy.fewest_for_mean) | step.isna()) & (count > 0)
    safe = rows.drop(columns=[*LEAKS, *INSIDE], errors="ignore").assign(withheld=withheld)
    estimate = to_step(rows["estimate"], step).mask(withheld)
    return safe.assign(estimate=estimate, n=rounded(count, policy).mask(withheld))


def protect_means(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Withhold means of few persons and of persons who do not differ; round the others so that they tell no count.

    A mean of whole scores with two decimals, an interval beside a standard deviation, and an exact p value each give
    away the number of persons. Rounded to a step of half a standard error they fit every number that the rounded
    count allows.

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``n`` and, unless nobody is counted, ``std_error``.
    policy : Policy
        How many persons a mean needs, and its step.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``, without standard deviation and flag.
    """
    count = rows["n"].astype(float)
    flag = rows.get("flag", pd.Series(pd.NA, index=rows.index))
    step = _steps(rows, policy)
    few = (count < policy.fewest_for_mean) | flag.eq("fewer_than_10").fillna(value=False).astype(bool)
    withheld = ((few | step.isna()) & (count > 0)) | _give_few_away(rows, policy)
    withheld |= _beside_few(rows, count.where(withheld, 0.0), policy)
    safe = rows.drop(columns=[*LEAKS, *INSIDE], errors="ignore").assign(withheld=withheld)
    safe["n"] = rounded(count, policy).mask(withheld)
    for name in (each for each in ("estimate", "conf_low", "conf_high") if each in safe):
        safe[name] = to_step(safe[name], step).mask(withheld)
    for name in (each for each in ("p_value", "p_adjusted") if each in safe):
        safe[name] = rounded_up(safe[name], policy).mask(withheld)
    return safe


def _beside_few(rows: pd.DataFrame, hidden: pd.Series, policy: Policy) -> pd.Series:
    """Whether a row is the mean of all, which less those of the other groups would be that of too few."""
    found = pd.Series(data=False, index=rows.index)
    for part in over_groups(rows[rows["measure"] == "mean"]):
        total = part["group"] == "all"
        few = 0 < hidden[part.index[~total]].sum() < policy.fewest_for_mean
        found[part.index[total & few]] = True
    return found


def _steps(rows: pd.DataFrame, policy: Policy) -> pd.Series:
    """The step each row is rounded to: 1, 2 or 5 times a power of ten; missing where nothing shows that persons differ.

    A change tested by sign flips has no standard error of its own: it takes the step of its scale's means, if its
    standardised change shows that persons changed differently.
    """
    error = rows.get("std_error", pd.Series(np.nan, index=rows.index)).astype(float)
    step = _step_of_shares(rows, error, policy).fillna(round_number(policy.mean_step * error.where(error > 0)))
    if "contrast" not in rows:
        return step
    scale = [rows[name].fillna("") for name in ("source", "outcome", "scale", "group") if name in rows]
    when = [rows["round"].fillna("")] if "round" in rows else []
    varies = step.notna().groupby([*scale, *when, rows["contrast"].fillna("")]).transform("any")
    of_means = step.where(rows["measure"] == "mean").groupby(scale).transform("max") if scale else step
    return step.fillna(of_means.where(varies))


def _rarer(rows: pd.DataFrame) -> pd.Series:
    """How many persons have the rarer value, where a sample has two values; missing elsewhere."""
    return rows.get("two_valued", pd.Series(np.nan, index=rows.index)).astype(float)


def _give_few_away(rows: pd.DataFrame, policy: Policy) -> pd.Series:
    """Whether rows tell of a scale, in any group or round, in which few persons have one of two values."""
    few = small(_rarer(rows), policy)
    scale = [rows[name].fillna("") for name in ("source", "outcome", "scale") if name in rows]
    # of all groups and rounds, since changes and differences would tell one mean from another
    return few.groupby(scale).transform("any") if scale else few


def _step_of_shares(rows: pd.DataFrame, error: pd.Series, policy: Policy) -> pd.Series:
    """The step of the mean of a sample with two values: worth at least as many persons as counts are rounded to."""
    count, rarer = rows["n"].astype(float), _rarer(rows)
    # the standard error of a mean of two values is their distance times the root of p (1 - p) / (n - 1)
    apart = error * (count - 1) ** 0.5 * count / (rarer * (count - rarer)) ** 0.5
    # the number found is at most 2.5 times smaller
    return round_number(2.5 * policy.rounding_base / count * apart)


def round_number(largest: pd.Series) -> pd.Series:
    """Give the largest 1, 2 or 5 times a power of ten that is not above a number."""
    ten = 10.0 ** np.floor(np.log10(largest))
    found: pd.Series = ten * np.select([largest >= 5 * ten, largest >= 2 * ten], [5.0, 2.0], 1.0)
    return found


def to_step(values: pd.Series, step: pd.Series) -> pd.Series:
    """Round each value to its step."""
    # adding 0 turns a rounded -0 into 0; the digits beyond the step are those of binary fractions
    return ((values.astype(float) / step).round() * step).round(12) + 0.0


def rounded_up(p_values: pd.Series, policy: Policy) -> pd.Series:
    """Round p values up, so that none falls below a limit by rounding."""
    tens = 10**policy.decimals
    higher: pd.Series = np.ceil(p_values.astype(float) * tens).clip(lower=1).div(tens)
    return higher


def protect_coefficients(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Give reliabilities of enough persons, rounded and without their intervals.

    The width of Feldt's and of Fisher's interval is a function of the estimate and the number of persons.

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``n``.
    policy : Policy
        How many persons they need, and their decimals.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``, without intervals and flags.
    """
    count = rows["n"].astype(float)
    withheld = (count < policy.fewest_for_mean) & (count > 0)
    estimate = rows["estimate"].astype(float).round(policy.decimals).mask(withheld)
    left = rows.drop(columns=[*LEAKS, "conf_low", "conf_high", "flag"], errors="ignore")
    return left.assign(estimate=estimate, n=rounded(count, policy).mask(withheld), withheld=withheld)


def protect_tests(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Give p values of tests of enough persons, rounded up; F and its degrees of freedom tell how many there were.

    Parameters
    ----------
    rows : DataFrame
        Tests with ``p_value`` and ``n``.
    policy : Policy
        How many persons they need, and the decimals.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``.
    """
    count = rows["n"].astype(float)
    withheld = (count < policy.fewest_for_mean) | rows["p_value"].isna()
    p_value = rounded_up(rows["p_value"], policy).mask(withheld)
    left = rows.drop(columns=[*LEAKS, *INSIDE], errors="ignore")
    counts = {
        name: rounded(rows[name].astype(float), policy).mask(withheld | small(rows[name].astype(float), policy))
        for name in ("n", "n_persons", "n_events")
        if name in rows
    }
    return left.assign(p_value=p_value, **counts, withheld=withheld)
