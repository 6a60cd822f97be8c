"""What protecting does to shares, means and the other measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.disclosure.complements import are_parts, with_complements
from peereval.disclosure.counts import rounded, small
from peereval.disclosure.curves import protect_curve

if TYPE_CHECKING:
    from collections.abc import Callable

    from peereval.disclosure.policy import Policy

_LEAKS = (
    "std_error", "statistic", "df", "df_denominator", "expected_count", "variance", "weight", "ratio", "ratio_low",
    "ratio_high", "prediction_low", "prediction_high", "events_treatment", "n_treatment", "events_control", "n_control",
    "correction", "i_squared", "tau_squared",
)  # fmt: skip
"""Numbers that give away the exact count beside a rounded one."""
_SAYS_WHICH = ("time", "conf_level", "delta")
"""Numbers that say what an estimate is of."""
_INSIDE = ("sd", "flag", "spacing", "two_valued", "fraction_missing_information", "monte_carlo_error")
"""What an analysis needs and a reader outside does not get."""
_SAID_TOGETHER = ("groups_reporting", "groups_contradicting", "meta_inference")
"""Which groups spoke of a theme, and how that fits the scores."""


def protect_shares(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Withhold shares with a small count above or below the line, of everybody, or that would give such a share away.

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``numerator`` and ``denominator``.
    policy : Policy
        What is small.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``; shares in whole per cent, counts rounded.
    """
    return _shares(rows, _everybody(rows), policy)


def protect_participation(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Protect shares of those who took part as `protect_shares` does, but say it when everybody took part.

    Those who answered a round less those retained in it are those who came to it later. Where they are few in any
    group, or those retained are withheld in one, all retained in that round are withheld, and the response to it is
    given as a rounded count without a share.

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``numerator`` and ``denominator``.
    policy : Policy
        What is small.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``; shares in whole per cent, counts rounded.
    """
    safe = _shares(rows, pd.Series(data=False, index=rows.index), policy)
    told = _tell_each_other(rows, safe["withheld"], policy)
    also = told & rows["measure"].eq("retained")
    shares = [name for name in ("estimate", "conf_low", "conf_high") if name in safe]
    safe = safe.assign(**{name: safe[name].mask(told) for name in shares})
    return safe.assign(withheld=safe["withheld"] | also, numerator=safe["numerator"].mask(also))


def _tell_each_other(rows: pd.DataFrame, withheld: pd.Series, policy: Policy) -> pd.Series:
    """Whether those who answered a round and those retained in it would give away how few came later or were lost."""
    answered, retained = rows["measure"].eq("answered"), rows["measure"].eq("retained")
    if not (answered.any() and retained.any()):
        return pd.Series(data=False, index=rows.index)
    when = [rows[name].fillna("").astype(str) for name in ("source", "round") if name in rows]
    cases = rows["numerator"].astype(float)
    each = [*when, rows["group"]]
    came = cases.where(answered).groupby(each).transform("max") - cases.where(retained).groupby(each).transform("max")
    # of all groups, since the newcomers of the others and of all would tell those of one
    few: pd.Series = (small(came, policy) | (withheld & retained)).groupby(when).transform("any")
    return few & (answered | retained)


def protect_patterns(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Give the patterns of rounds answered only where none of them, in no group, would be withheld.

    Patterns add up to those who answered and those retained in each round, so the shares of these would give a
    withheld pattern back from the others.

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``numerator`` and ``denominator``.
    policy : Policy
        What is small.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``; counts rounded, without shares.
    """
    safe = _shares(rows, pd.Series(data=False, index=rows.index), policy)
    source = rows["source"] if "source" in rows else pd.Series("", index=rows.index)
    withheld = safe["withheld"].groupby(source).transform("any")
    counts = {name: safe[name].mask(withheld) for name in ("numerator", "denominator")}
    return safe.assign(withheld=withheld, **counts)


def protect_parts(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Protect parts of a whole, such as the levels of a characteristic, and the distance of two arms in them.

    A part of everybody is withheld, and so is the distance where any part of its characteristic is.

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``numerator`` and ``denominator``; distances with ``outcome``, ``n`` and ``std_error``.
    policy : Policy
        What is small.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``; counts rounded, without shares.
    """
    apart = rows["measure"].eq("standardised_difference_of_levels").to_numpy(dtype=bool)
    parts = _shares(rows[~apart], _everybody(rows[~apart]), policy)
    if not apart.any():
        return parts
    keys = [name for name in ("source", "outcome", "round") if name in rows]
    taken = pd.MultiIndex.from_frame(parts.loc[parts["withheld"], keys])
    known = rows[apart]
    known = known.assign(std_error=known["std_error"].mask(pd.MultiIndex.from_frame(known[keys]).isin(taken)))
    return pd.concat([parts, protect_means(known, policy)])


def protect_answers(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Protect the options of questions as parts, and the favourable share, which is a sum of some of them.

    Where any option of a question, round and group is withheld, the favourable share could give it away.

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``outcome``, ``group``, ``round``, ``numerator`` and ``denominator``.
    policy : Policy
        What is small.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``; options have rounded counts and no share.
    """
    best = rows["measure"].eq("top_box").to_numpy(dtype=bool)
    options = _shares(rows[~best], _everybody(rows[~best]), policy)
    keys = [name for name in ("source", "outcome", "round", "group") if name in rows]
    taken = pd.MultiIndex.from_frame(options.loc[options["withheld"], keys])
    known = rows[best]
    beside = pd.Series(pd.MultiIndex.from_frame(known[keys]).isin(taken), index=known.index)
    return pd.concat([options, _shares(known, beside | _everybody(known), policy)])


def protect_links(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Protect how answers were linked as parts of those that were and of those that were not, and the shares of links.

    The links of two rounds are counted in both. So where a linked share is withheld, so are all counts of links and of
    answers that were not linked; and where a way of being linked is withheld in one round, it is in all.

    Parameters
    ----------
    rows : DataFrame
        Estimates of `linkage_summary`: ``term``, ``round``, ``numerator`` and ``denominator``.
    policy : Policy
        What is small.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``; ways of being linked have rounded counts and no share.
    """
    source = rows["source"] if "source" in rows else pd.Series("", index=rows.index)
    is_way = rows["measure"].eq("link_status")
    linked = rows["term"].fillna("").str.startswith("linked").astype(bool) & is_way
    ways = rows[is_way].assign(outcome=linked[is_way].map({True: "linked", False: "not linked"}))
    shares, exact = rows[~is_way], rows["measure"].eq("exact_share")
    answers = rows["measure"].eq("linked_share")
    found = _shares(shares, _everybody(shares) & answers[~is_way], policy)
    nobody = pd.Series(data=False, index=ways.index)
    hidden = pd.concat([_shares(ways, nobody, policy), found])["withheld"].reindex(rows.index)
    no_links = (hidden & answers).groupby(source).transform("any")
    no_ways = no_links | (hidden & (linked | exact)).groupby(source).transform("any")
    safe_ways = _shares(ways, (no_links | (no_ways & linked))[is_way], policy).drop(columns="outcome")
    also = ((no_links & answers) | (no_ways & exact))[~is_way]
    cells = [name for name in ("estimate", "conf_low", "conf_high", "numerator") if name in found]
    found = found.assign(withheld=found["withheld"] | also, **{name: found[name].mask(also) for name in cells})
    beside = (no_links & ~answers)[~is_way]
    return pd.concat([safe_ways, found.assign(denominator=found["denominator"].mask(beside))])


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
    step = _round_number(policy.mean_step * spread.where(spread > 0) / count**0.5).clip(lower=apart)
    withheld = ((side < policy.threshold) | (count < policy.fewest_for_mean) | step.isna()) & (count > 0)
    safe = rows.drop(columns=[*_LEAKS, *_INSIDE], errors="ignore").assign(withheld=withheld)
    estimate = _to_step(rows["estimate"], step).mask(withheld)
    return safe.assign(estimate=estimate, n=rounded(count, policy).mask(withheld))


def _everybody(rows: pd.DataFrame) -> pd.Series:
    return (rows["numerator"] == rows["denominator"]) & (rows["numerator"] > 0)


def _shares(rows: pd.DataFrame, also: pd.Series, policy: Policy) -> pd.DataFrame:
    cases, total = (rows[name].astype(float) for name in ("numerator", "denominator"))
    few = small(cases, policy) | small(total, policy) | small(total - cases, policy) | also
    withheld = with_complements(rows, few, policy)
    # a share of a part beside a rounded count would give the count away
    hidden = withheld | are_parts(rows)
    # beside means, shares have these columns too, but empty; the flag of a share of its own stays
    empty = [name for name in _INSIDE if name in rows and rows[name].isna().all()]
    safe = rows.drop(columns=[*_LEAKS, *empty, "p_value", "p_adjusted"], errors="ignore").assign(withheld=withheld)
    for name in ("estimate", "conf_low", "conf_high", "design_effect"):
        if name in safe:
            safe[name] = safe[name].astype(float).round(2).mask(hidden)
    for name in ("numerator", "denominator", "n_persons", "n"):
        if name in safe:
            count = safe[name].astype(float)
            safe[name] = rounded(count, policy).mask(
                small(count, policy) | (withheld & (name not in ("denominator", "n")))
            )
    return safe


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
    safe = rows.drop(columns=[*_LEAKS, *_INSIDE], errors="ignore").assign(withheld=withheld)
    safe["n"] = rounded(count, policy).mask(withheld)
    for name in (each for each in ("estimate", "conf_low", "conf_high") if each in safe):
        safe[name] = _to_step(safe[name], step).mask(withheld)
    for name in (each for each in ("p_value", "p_adjusted") if each in safe):
        safe[name] = _rounded_up(safe[name], policy).mask(withheld)
    return safe


def _steps(rows: pd.DataFrame, policy: Policy) -> pd.Series:
    """The step each row is rounded to: 1, 2 or 5 times a power of ten; missing where nothing shows that persons differ.

    A change tested by sign flips has no standard error of its own: it takes the step of its scale's means, if its
    standardised change shows that persons changed differently.
    """
    error = rows.get("std_error", pd.Series(np.nan, index=rows.index)).astype(float)
    step = _step_of_shares(rows, error, policy).fillna(_round_number(policy.mean_step * error.where(error > 0)))
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
    return _round_number(2.5 * policy.rounding_base / count * apart)


def _round_number(largest: pd.Series) -> pd.Series:
    """The largest 1, 2 or 5 times a power of ten that is not above a number."""
    ten = 10.0 ** np.floor(np.log10(largest))
    found: pd.Series = ten * np.select([largest >= 5 * ten, largest >= 2 * ten], [5.0, 2.0], 1.0)
    return found


def _to_step(values: pd.Series, step: pd.Series) -> pd.Series:
    # adding 0 turns a rounded -0 into 0; the digits beyond the step are those of binary fractions
    return ((values.astype(float) / step).round() * step).round(12) + 0.0


def _rounded_up(p_values: pd.Series, policy: Policy) -> pd.Series:
    """P values rounded up, so that none falls below a limit by rounding."""
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
    left = rows.drop(columns=[*_LEAKS, "conf_low", "conf_high", "flag"], errors="ignore")
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
    p_value = _rounded_up(rows["p_value"], policy).mask(withheld)
    left = rows.drop(columns=list(_LEAKS), errors="ignore")
    return left.assign(p_value=p_value, n=rounded(count, policy).mask(withheld), withheld=withheld)


def withhold_extremes(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - treatments are called alike
    """Withhold numbers that never leave, such as the lowest and the highest of all answers, those of single persons."""
    left = rows.drop(columns=[*_LEAKS, *_INSIDE], errors="ignore")
    # limits, centre lines and design effects tell the number that they stand beside
    numbers = [str(name) for name in left.select_dtypes(["number", "bool", "boolean"]) if name not in _SAYS_WHICH]
    return left.assign(**dict.fromkeys(numbers, np.nan), withheld=True)


def protect_themes(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Protect how many informants spoke of a theme as shares; where n of a group is not known, nothing is shown.

    Of a group of unknown size five informants may be everybody.

    Parameters
    ----------
    rows : DataFrame
        Themes by group, with ``kind``, ``numerator`` and ``denominator``.
    policy : Policy
        What is small.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``; shares in whole per cent, counts rounded.
    """
    known = rows[rows["denominator"].notna()]
    unknown = rows[rows["denominator"].isna()]
    # the groups of a theme add up within its kind
    parts = [protect_shares(known.assign(outcome=known["kind"]), policy).drop(columns="outcome")] if len(known) else []
    return pd.concat([*parts, *([withhold_extremes(unknown, policy)] if len(unknown) else [])])


def protect_reports(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Leave what a published report says of its groups, but not that one person said it; round how many were asked.

    Parameters
    ----------
    rows : DataFrame
        Themes by group, with ``extent`` and perhaps ``n``; no persons are counted in them.
    policy : Policy
        What is small.

    Returns
    -------
    DataFrame
        The rows, none of them withheld.
    """
    of_one = rows["extent"].fillna("").str.split(", ").map(lambda words: "one" in words).astype(bool)
    safe = rows.assign(extent=rows["extent"].mask(of_one), withheld=False)
    if "n" in safe:
        count = safe["n"].astype(float)
        safe["n"] = rounded(count, policy).mask(small(count, policy))
    return safe


def withhold_joint(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Withhold themes beside scores: the numbers, which groups spoke of a theme, and what the two say together."""
    said = {name: rows[name].mask(rows["measure"].notna()) for name in _SAID_TOGETHER}
    return withhold_extremes(rows.assign(**said), policy)


def leave_plans(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - treatments are called alike
    """Leave what was computed from assumptions, of which no person is a part."""
    return rows.assign(withheld=False)


TREATMENTS: dict[str, Callable[[pd.DataFrame, Policy], pd.DataFrame]] = {
    "share": protect_shares,
    "participation": protect_participation,
    "part": protect_parts,
    "answers": protect_answers,
    "pattern": protect_patterns,
    "linkage": protect_links,
    "quantile": protect_quantiles,
    "mean": protect_means,
    "curve": protect_curve,
    "coefficient": protect_coefficients,
    "extreme": withhold_extremes,
    "test": protect_tests,
    "plan": leave_plans,
    "theme": protect_themes,
    "report": protect_reports,
    "joint": withhold_joint,
}
"""The treatment of each kind of measure."""
