"""Lines of money beside the sum of their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.results import Result, data_facts, versions

if TYPE_CHECKING:
    from peereval.programmes.programme import Programme


def totals_of_parts(programme: Programme) -> Result:
    """Add the parts of every line of money, as `Programme.funding_totals` describes.

    Parameters
    ----------
    programme : Programme
        The programme.

    Returns
    -------
    Result
        The lines.
    """
    lines = _lines(programme)
    found = _with_sums(lines)
    return Result(
        kind="funding",
        title=f"Funding of {programme.name or 'the programme'}",
        estimates=found.drop(columns="part_of"),
        method=_METHOD,
        claim="description",
        estimand="amounts of money, as printed and as the sum of their parts",
        settings={
            "programme": programme.name,
            "currencies": sorted(set(lines["currency"])),
            "versions": versions(),
            "data": data_facts(lines),
        },
        columns=_COLUMNS,
        origin=programme.origin,
    )


_METHOD = (
    "Each total is the sum of its direct parts at the same time, as printed; a part without a printed amount of its own counts with the "
    "sum of its parts. Amounts of two currencies, price levels or statuses are never added, and a sum of which a part is not known is "
    "not given."
)
_COLUMNS = {
    "purpose": "what the money is for",
    "status": "proposed, granted or spent",
    "per": "whether the amount is that of a year or of the whole period",
    "currency": "in which currency",
    "price_level": "the year in whose prices it is, where the source says so",
    "printed": "the amount that the source prints",
    "difference": "the sum of the parts minus the printed amount",
    "agreement": "agrees or contradicts: whether the sum of the parts is the printed amount",
    "whole": "the line of which this one is a part",
    "positions_paid": "how many positions it pays for, where a position has the id of the line",
    "payer": "who pays",
    "partner": "for which partner",
    "scenario": "the scenario that it belongs to",
    "basis": "printed in the source, or inferred from it",
    "approximate": "whether the source says about",
    "said_by": "who says it: a label of the programme's sources",
    "place": "where in the source",
}
_TEXTS = (
    "purpose",
    "status",
    "per",
    "currency",
    "part_of",
    "payer",
    "partner",
    "scenario",
    "basis",
    "place",
)


def _lines(programme: Programme) -> pd.DataFrame:
    """One row a line and time."""
    paid = {each.id: each.count[0] for each in programme.positions if each.id}
    rows = [
        {
            "term": each.id or f"line {number}", "time": time, "printed": each.amount, "price_level": each.price_level,
            "approximate": each.approximate, "said_by": each.source, "positions_paid": paid.get(each.id), **{name: getattr(each, name) for name in _TEXTS},
        }
        for number, each in enumerate(programme.funding, start=1)
        for time in each.years
    ]  # fmt: skip
    names = ["term", "time", "printed", "price_level", "approximate", "said_by", "positions_paid", *_TEXTS]
    numbers = {"printed": "float64", "price_level": "Int64", "approximate": "bool", "positions_paid": "float64"}
    kinds = dict.fromkeys(names, "string") | numbers
    return pd.DataFrame(rows, columns=names).astype(kinds)


def _with_sums(lines: pd.DataFrame) -> pd.DataFrame:
    key = pd.MultiIndex.from_frame(lines[["term", "time"]])
    above = pd.MultiIndex.from_frame(lines[["part_of", "time"]], names=["term", "time"])
    n = pd.Series(1, index=above).groupby(level=[0, 1]).sum().reindex(key, fill_value=0).to_numpy()
    has_parts = lines["term"].isin(lines["part_of"]).to_numpy(bool)
    sums = _sums(lines["printed"].to_numpy(float), key, above, has_parts)
    estimate = np.where(has_parts, sums, lines["printed"].to_numpy(float))
    difference = np.where(has_parts, estimate - lines["printed"].to_numpy(float), np.nan)
    verdict = np.where(np.isclose(estimate, lines["printed"], rtol=1e-9, atol=0), "agrees", "contradicts")
    return lines.assign(
        measure=np.where(has_parts, "total_of_parts", "amount"),
        estimate=estimate,
        n=n,
        difference=difference,
        agreement=pd.array(np.where(np.isnan(difference), "", verdict), dtype="string"),
        whole=lines["part_of"],
    )


def _sums(printed: np.ndarray, key: pd.MultiIndex, above: pd.MultiIndex, has_parts: np.ndarray) -> np.ndarray:
    """Sums of direct parts; those of parts without a printed amount first, from the innermost outwards."""
    amount = printed
    sums = np.full(len(printed), np.nan)
    for _ in range(len(printed)):
        added = pd.Series(amount, index=above).groupby(level=[0, 1]).agg(lambda each: each.sum(skipna=False))
        sums = np.where(has_parts, added.reindex(key).to_numpy(float), np.nan)
        filled = np.where(np.isnan(printed), sums, printed)
        if np.array_equal(filled, amount, equal_nan=True):
            break
        amount = filled
    return sums
