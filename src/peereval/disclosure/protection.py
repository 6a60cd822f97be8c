"""What protecting does to shares, means and the other measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.disclosure.charts import with_limits_of_rounded_sizes
from peereval.disclosure.columns import INSIDE, LEAKS, SAYS_WHICH
from peereval.disclosure.complements import are_parts, over_groups
from peereval.disclosure.counts import rounded, small
from peereval.disclosure.curves import protect_curve
from peereval.disclosure.lengths import protect_person_time, protect_stays
from peereval.disclosure.means import protect_coefficients, protect_means, protect_quantiles, protect_tests
from peereval.disclosure.models import protect_models
from peereval.disclosure.money import protect_costs, protect_money, protect_positions
from peereval.disclosure.small_counts import of_few_persons, without_small_counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from peereval.disclosure.policy import Policy

_DAYS_OF_PERSONS = ("still_admitted", "mean_readmissions")
"""Curves with a row for every day on which somebody had the event."""
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
    return _shares(rows, policy)


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
    safe = _shares(rows, policy, everybody=False)
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
    safe = _shares(rows, policy, everybody=False)
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
    parts = _shares(rows[~apart], policy)
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
    options = _shares(rows[~best], policy)
    keys = [name for name in ("source", "outcome", "round", "group") if name in rows]
    taken = pd.MultiIndex.from_frame(options.loc[options["withheld"], keys])
    known = rows[best]
    beside = pd.Series(pd.MultiIndex.from_frame(known[keys]).isin(taken), index=known.index)
    return pd.concat([options, _shares(known, policy, also=beside)])


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
    found = _shares(shares, policy, everybody=answers[~is_way])
    hidden = pd.concat([_shares(ways, policy, everybody=False), found])["withheld"].reindex(rows.index)
    no_links = (hidden & answers).groupby(source).transform("any")
    no_ways = no_links | (hidden & (linked | exact)).groupby(source).transform("any")
    safe_ways = _shares(ways, policy, everybody=False, also=(no_links | (no_ways & linked))[is_way]).drop(
        columns="outcome"
    )
    also = ((no_links & answers) | (no_ways & exact))[~is_way]
    cells = [name for name in ("estimate", "conf_low", "conf_high", "numerator") if name in found]
    found = found.assign(withheld=found["withheld"] | also, **{name: found[name].mask(also) for name in cells})
    beside = (no_links & ~answers)[~is_way]
    return pd.concat([safe_ways, found.assign(denominator=found["denominator"].mask(beside))])


def _shares(
    rows: pd.DataFrame, policy: Policy, *, everybody: pd.Series | bool = True, also: pd.Series | bool = False
) -> pd.DataFrame:
    """Protect shares; those of everybody where that is told, and others for reasons of their own."""
    alone = of_few_persons(rows, policy)
    told, fixed = (
        each if isinstance(each, pd.Series) else pd.Series(each, index=rows.index) for each in (everybody, also)
    )
    withheld = without_small_counts(rows, policy, everybody=told, also=fixed)
    # a share of a part beside a rounded count would give the count away
    hidden = withheld | are_parts(rows)
    # beside means, shares have these columns too, but empty; the flag of a share of its own stays
    empty = [name for name in INSIDE if name in rows and rows[name].isna().all()]
    safe = rows.drop(columns=[*LEAKS, *empty, "p_value", "p_adjusted"], errors="ignore").assign(withheld=withheld)
    for name in ("estimate", "conf_low", "conf_high", "design_effect"):
        if name in safe:
            safe[name] = safe[name].astype(float).round(2).mask(hidden)
    sizes = {"denominator": _beside_small(rows, withheld, policy), "n": pd.Series(data=False, index=rows.index)}
    for name in ("numerator", "denominator", "n_persons", "n"):
        if name in safe:
            count = safe[name].astype(float)
            safe[name] = rounded(count, policy).mask(small(count, policy) | alone | sizes.get(name, withheld))
    return safe


def _beside_small(rows: pd.DataFrame, withheld: pd.Series, policy: Policy) -> pd.Series:
    """Whether the size of a group could give away that of a small one, which is the rest of all."""
    found = pd.Series(data=False, index=rows.index)
    for part in over_groups(rows):
        if (small(part["denominator"].astype(float), policy) | of_few_persons(part, policy)).any():
            found |= found.index.isin(part.index) & (withheld | are_parts(rows))
    return found


def withhold_extremes(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - treatments are called alike
    """Withhold numbers that never leave, such as the lowest and the highest of all answers, those of single persons."""
    left = rows.drop(columns=[*LEAKS, *INSIDE], errors="ignore")
    # limits, centre lines and design effects tell the number that they stand beside
    numbers = [str(name) for name in left.select_dtypes(["number", "bool", "boolean"]) if name not in SAYS_WHICH]
    left = left.assign(**dict.fromkeys(numbers, np.nan), withheld=True)
    if "time" in left:
        # the days of a curve are those of single persons, and how many rows there are tells how many
        left["time"] = left["time"].mask(left["measure"].isin(_DAYS_OF_PERSONS))
    return left.drop_duplicates()


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


def protect_reach(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Protect shares of stays with a peer contact, and with them the contacts and minutes per stay.

    Parameters
    ----------
    rows : DataFrame
        Estimates of `peer_reach` with ``numerator``, ``denominator``, ``n_persons`` and, for means, ``std_error``.
    policy : Policy
        What is small, and the step of a mean.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``; means without their sums.
    """
    is_share = rows["measure"].eq("peer_reach").to_numpy(dtype=bool)
    shares = protect_shares(rows[is_share], policy)
    keys = [name for name in ("source", "group", "time") if name in rows]
    taken = pd.MultiIndex.from_frame(shares.loc[shares["withheld"], keys])
    means = rows[~is_share]
    # two stays with four contacts are no mean
    beside = pd.MultiIndex.from_frame(means[keys]).isin(taken)
    return pd.concat([shares, protect_person_time(means.assign(n_persons=means["n_persons"].mask(beside, 0)), policy)])


def protect_charts(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Protect the shares of a control chart as those of calendar periods; without persons nothing is shown.

    Parameters
    ----------
    rows : DataFrame
        Charted shares with ``numerator``, ``denominator`` and ``n_persons``.
    policy : Policy
        What is small.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``; limits are those of periods of the rounded size.
    """
    if "n_persons" not in rows or rows["n_persons"].isna().all():
        return withhold_extremes(rows, policy)
    return with_limits_of_rounded_sizes(rows, protect_shares(rows, policy), policy)


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
    "stay": protect_stays,
    "person_time": protect_person_time,
    "chart": protect_charts,
    "reach": protect_reach,
    "model": protect_models,
    "positions": protect_positions,
    "money": protect_money,
    "cost": protect_costs,
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
