"""What protecting does to positions, to money and to costs of persons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.disclosure.columns import INSIDE, LEAKS, LEAST, PAID
from peereval.disclosure.complements import HELD, flag, with_complements
from peereval.disclosure.counts import rounded, small
from peereval.disclosure.means import round_number, to_step
from peereval.disclosure.models import protect_models, steps_of

if TYPE_CHECKING:
    from peereval.disclosure.policy import Policy

_PLACES = ["estimate", "lowest", "highest", "printed"]
_SUMMED = ("amount", "total_of_parts", "line_cost", "total_cost")
TOTAL = "all lines"
"""What the sum of a budget's lines is called."""
_AMOUNTS = ("estimate", "stated", "difference", "printed")
_OF_BOTH = ("icer", "probability_cost_effective")
_RATIO = ("estimate", "conf_low", "conf_high", "excluded_low", "excluded_high")


def protect_positions(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Withhold positions of a few persons, and further parts of their whole, which shows them together; round the others.

    Parameters
    ----------
    rows : DataFrame
        Positions with ``term``, ``lowest`` and ``highest``, and in ``whole`` the entry that they are a part of.
    policy : Policy
        What is small.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``; positions rounded.
    """
    low, high = rows["lowest"].astype(float), rows["highest"].astype(float)
    few = small(low, policy) | small(high, policy) | flag(rows, HELD)
    full_time = rows["measure"].str.endswith("full_time_equivalents").map({True: "full-time", False: "positions"})
    cells = pd.DataFrame({"name": rows["term"], "whole": rows["whole"].fillna(""), "count": low.fillna(0.0)})
    withheld = _with_other_parts(cells, few, _words(rows, ["source"]) + full_time, policy)
    numbers = {name: rounded(rows[name].astype(float), policy).mask(withheld) for name in _PLACES}
    safe = rows.drop(columns=list(INSIDE), errors="ignore").assign(**numbers, withheld=withheld)
    return safe.assign(agreement=safe["agreement"].mask(withheld))


def protect_money(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Leave money of a programme, which is about no person, but for what pays the positions of a few.

    Such a line is withheld with further ones, so that it is not the rest of a total; a cost per position is that of the
    rounded number of positions.

    Parameters
    ----------
    rows : DataFrame
        Amounts of lines and totals; ``positions_paid`` where it is known how many positions a line pays for.
    policy : Policy
        What is small.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``.
    """
    names, whole = _lines_and_wholes(rows)
    apart = _words(rows, ["source", "time"])
    amounts, paid = rows["measure"].isin(_SUMMED), rows[PAID].astype(float)
    few, line = small(paid, policy) & amounts, apart + names
    few |= amounts & (apart + whole).isin(line[few]) & whole.ne("")
    # what pays for no known number of positions hides as well as enough of them
    cells = pd.DataFrame({"name": names, "whole": whole, "count": paid.fillna(policy.fewest_hidden)})
    withheld = _with_other_parts(cells[amounts], few[amounts], apart[amounts], policy).reindex(rows.index)
    withheld = withheld.astype("boolean").fillna((apart + names).isin(line[amounts][withheld[amounts]])).astype(bool)
    share = paid / rounded(paid, policy).where(lambda count: count > 0)
    per_position = rows["measure"].eq("cost_per_position")
    estimate = (rows["estimate"].astype(float) * share).where(per_position, rows["estimate"].astype(float))
    safe = rows.assign(estimate=estimate, withheld=withheld)
    safe = safe.drop(columns=[*INSIDE, "numerator", "denominator", "n"], errors="ignore")
    numbers = {each: safe[each].astype(float).mask(withheld) for each in _AMOUNTS if each in safe}
    return safe.assign(**numbers, **({"agreement": safe["agreement"].mask(withheld)} if "agreement" in safe else {}))


def _lines_and_wholes(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The name of each line, and of the line that it is a part of; the whole of a budget is its scenario."""
    if "whole" in rows:
        return rows["term"].astype(str), rows["whole"].fillna("").astype(str)
    is_total = rows["term"].eq(TOTAL).to_numpy(bool)
    scenario = rows["group"].astype(str)
    return scenario.where(is_total, scenario + "\x1f" + rows["term"].astype(str)), scenario.mask(is_total, "")


def _words(rows: pd.DataFrame, names: list[str]) -> pd.Series:
    """What rows are told apart by, as one text."""
    found = pd.Series("", index=rows.index)
    for name in names:
        found += rows[name].astype("string").fillna("").astype(str) + "\x1e" if name in rows else ""
    return found


def _with_other_parts(cells: pd.DataFrame, few: pd.Series, apart: pd.Series, policy: Policy) -> pd.Series:
    """Withhold further parts of a whole until those withheld are not its rest; a part may itself be a whole."""
    place = np.arange(len(cells))
    part = cells["whole"].ne("").to_numpy(bool)
    names, wholes = (apart + cells[each] for each in ("name", "whole"))
    parts = pd.DataFrame({"row": place[part], "outcome": wholes[part].to_numpy(), "group": place[part].astype(str)})
    totals = pd.DataFrame({"row": place, "outcome": names.to_numpy(), "group": "all"})
    both = pd.concat([parts, totals[totals["outcome"].isin(parts["outcome"])]], ignore_index=True)
    rows = both["row"].to_numpy(int)
    summed = both.assign(measure="", numerator=cells["count"].to_numpy(float)[rows], denominator=np.nan)
    withheld, before = few.to_numpy(bool), np.ones(len(cells), bool)
    while not np.array_equal(withheld, before):
        before = withheld
        found = with_complements(summed, pd.Series(withheld[rows], index=summed.index), policy)
        withheld = before | np.isin(place, rows[found.to_numpy(bool)])
    return pd.Series(withheld, index=cells.index)


def protect_costs(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Give costs and effects of arms of enough persons as means, and what follows from both to the same precision.

    Parameters
    ----------
    rows : DataFrame
        Means of arms and their differences with ``n``, ``std_error`` and ``least_count``; their ratio, net benefits
        and the probability that these are above 0.
    policy : Policy
        How many persons an arm needs, and the step.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``, without standard errors, correlation and degrees of freedom.
    """
    arms = rows[rows["measure"].eq("mean_cost")]
    source = rows["source"] if "source" in rows else pd.Series("", index=rows.index)
    fewest = arms["n"].astype(float).groupby(source[arms.index]).min()
    least = rows[LEAST].astype(float).groupby(source).min()
    # every number is of both arms, or tells the other one beside the difference
    known = rows.assign(**{LEAST: source.map(least)}).drop(columns=["correlation"])
    enough = source.map(fewest) >= policy.fewest_for_mean
    of_both = known["measure"].isin(_OF_BOTH)
    means = protect_models(known[~of_both].assign(**{LEAST: known[LEAST].where(enough)}), policy)
    withheld = source.map(means["withheld"].groupby(source[means.index]).all())[of_both] | flag(rows, HELD)[of_both]
    left = known[of_both].drop(columns=[*LEAKS, *INSIDE], errors="ignore")
    step = _step_of_ratio(rows, source, policy)[of_both]
    is_ratio = left["measure"].eq("icer")
    hidden = withheld | (is_ratio & step.isna() & left["estimate"].notna())
    numbers = {name: to_step(left[name], step).where(is_ratio) for name in _RATIO}
    numbers["estimate"] = numbers["estimate"].where(is_ratio, left["estimate"].astype(float).round(policy.decimals))
    said = {name: left[name].mask(hidden) for name in ("quadrant", "interval")}
    safe = left.assign(
        **said, **{name: values.mask(hidden) for name, values in numbers.items()},
        n=rounded(left["n"].astype(float), policy).mask(hidden), withheld=hidden,
    )  # fmt: skip
    return pd.concat([means, safe])


def _step_of_ratio(rows: pd.DataFrame, source: pd.Series, policy: Policy) -> pd.Series:
    """The step of the ratio of cost to effect: its share of the ratio is the larger one of cost and of effect."""
    step, size = steps_of(rows, policy), rows["estimate"].astype(float).abs()
    share = (step / size).where(rows["measure"].isin(["incremental_cost", "incremental_effect"]))
    ratio = size.where(rows["measure"].eq("icer")).groupby(source).transform("max")
    found: pd.Series = round_number((share.groupby(source).transform("max") * ratio).where(lambda each: each > 0))
    return found
