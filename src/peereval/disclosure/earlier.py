"""What earlier releases have shown or withheld, and what therefore may not be shown now."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from peereval.disclosure.complements import HELD, TOLD, TOTAL_TOLD
from peereval.disclosure.counts import rounded
from peereval.disclosure.policy import treatment_of
from peereval.disclosure.populations import same_counts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peereval.disclosure.policy import Policy
    from peereval.results import Released, Result

Numbers = TypeVar("Numbers", pd.Series, pd.DataFrame)

_CELL = (
    "source", "kind", "outcome", "scale", "measure", "round", "term", "time", "group", "contrast", "unit", "model", "delta",
    "method", "part",
)  # fmt: skip
"""The columns that name one cell; a missing word is empty, a missing group is everybody."""
_SUM = ("source", "outcome", "scale", "measure", "round", "time")
"""The columns that name one sum; its members are groups. Levels and themes of it are protected together."""
_FREE = ("plan", "report", "joint", "extreme", "money")
"""Treatments of rows that count no persons or show nothing."""
_COUNTS = ("numerator", "denominator", "n")
_OF_COUNTS = ("share", "participation", "part", "answers", "pattern", "linkage", "theme")
"""Treatments of rows that are counts, or shares of them."""
SAID = {
    "held": "{} rows withheld because an earlier release withholds them, or shows them with a few persons more or fewer",
    "kept": "{} rows kept as an earlier release shows them, since fewer persons came or went than may be told",
    "crossed": "{} rows withheld because an earlier result gives the measure in other groups, and one could be computed from the other",
}
"""What is done because of earlier releases, in words for the report."""


class Earlier:
    """The cells of earlier releases that a result has to be protected against: those of its kind, or of the same counts.

    Parameters
    ----------
    previous, beside : sequence of Released
        Earlier releases, and the results before this one in the same call. At their old numbers rows are kept for earlier
        releases only: beside one another results of one title may be of other persons.
    result : Result
        What is released now.
    policy : Policy
        What is small.
    """

    def __init__(
        self, previous: Sequence[Released], beside: Sequence[Released], result: Result, policy: Policy
    ) -> None:
        frames = [
            rows.assign(
                same=is_earlier and (one.title, one.method) == (result.title, result.method),
                crosswise=one.kind != result.kind,
            )
            for is_earlier, known in ((True, previous), (False, beside))
            for one in known
            if len(one.estimates) and len(rows := _cells(one) if one.kind == result.kind else _alike(one, result))
        ]
        self.cells = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
        self.policy = policy
        self.close = pd.MultiIndex.from_frame(pd.DataFrame(columns=list(_CELL)))

    def flagged(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Flag the rows of a result, before they are protected, by what was withheld or shown of them.

        Withheld stays what was withheld. A count that was shown is near when it differs by fewer than the threshold
        from some number that is rounded to the one shown: where cases and others are near, the row may be kept at its
        old numbers if it comes of the same analysis; where only one of them is, the difference would tell of few.

        Parameters
        ----------
        rows : DataFrame
            Exact estimates.

        Returns
        -------
        DataFrame
            The rows with the flags.
        """
        if self.cells.empty or rows.empty:
            return rows
        pairs = self._pairs(rows)
        if {"numerator", "denominator"} <= set(pairs.columns):
            cases, size = pairs["numerator"].astype(float), pairs["denominator"].astype(float)
            then, size_then = pairs["numerator_then"].astype(float), pairs["denominator_then"].astype(float)
            near, others = self._near(cases - then, 1), self._near((size - cases) - (size_then - then), 2)
            moved = self._near(size - size_then, 1) & (rounded(size, self.policy) != size_then)
            alone = (near != others) | (moved & ~(near & others))
            elsewhere = near & others & ~pairs["same"] & self._changed(pairs, cases, size)
            self.close = pd.MultiIndex.from_frame(pairs.loc[pairs[TOLD] & near & others, list(_CELL)])
            pairs[HELD] = pairs[HELD] | (pairs[TOLD] & size_then.notna() & (alone | elsewhere))
        flags = pairs.groupby("row")[[HELD, TOLD]].any().reindex(range(len(rows)), fill_value=False)
        return rows.assign(
            **{
                HELD: flags[HELD].to_numpy(),
                TOLD: flags[TOLD].to_numpy(),
                TOTAL_TOLD: self._total_told(rows).to_numpy(),
            }
        )

    def settled(self, safe: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """Withhold or keep rows that are protected in themselves, and withhold groups that cross earlier ones.

        Parameters
        ----------
        safe : DataFrame
            Protected estimates.

        Returns
        -------
        tuple of DataFrame and tuple of str
            The rows, and what was done to how many of them.
        """
        if self.cells.empty or safe.empty:
            return safe, ()
        safe = safe.reset_index(drop=True)
        open_ = safe.index.isin(_counting(safe).index) & ~safe["withheld"].astype(bool)
        pairs = self._pairs(safe)
        treatment = safe["measure"].map(treatment_of()).loc[pairs["row"]].set_axis(pairs.index)
        close = pd.Series(pd.MultiIndex.from_frame(pairs[list(_CELL)]).isin(self.close), index=pairs.index)
        differ = (close | (self._few(pairs) & ~treatment.isin(_OF_COUNTS))) & _differ(pairs, safe)
        # results of two kinds share counts, not what they estimate
        differ &= ~pairs["crosswise"]
        # means of another analysis tell of no single person, each being rounded to half a standard error
        elsewhere = differ & ~pairs["same"] & treatment.isin([*_OF_COUNTS, "curve"])
        hold = open_ & pd.Series(safe.index.isin(pairs.loc[pairs[HELD] | elsewhere, "row"]), index=safe.index)
        kept = pairs[differ & pairs["same"]].drop_duplicates("row", keep="last").set_index("row")
        kept = kept[kept.index.isin(safe.index[open_ & ~hold])]
        safe = _at_old_numbers(safe, kept)
        crossed = self._crossed(safe) & open_ & ~hold
        done = {"held": int(hold.sum()), "kept": len(kept), "crossed": int(crossed.sum())}
        return without_numbers(safe, hold | crossed), tuple(SAID[name].format(n) for name, n in done.items() if n)

    def _pairs(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Each row beside the earlier cells of its name; their numbers end in ``_then``."""
        now = _named(rows, _CELL).assign(row=np.arange(len(rows)))
        for name in _COUNTS:
            if name in rows:
                now[name] = rows[name].to_numpy()
        then = _named(self.cells, _CELL).assign(
            **{f"{name}_then": self.cells[name].to_numpy() for name in _numbers(self.cells)},
            same=self.cells["same"].to_numpy(bool),
            crosswise=self.cells["crosswise"].to_numpy(bool),
            held=self.cells["withheld"].to_numpy(bool),
            several=self.cells["several"].to_numpy(bool),
        )
        found = now.merge(then, on=list(_CELL))
        # of rows that share a name it is not known which is which
        found = found[
            found["held"]
            | ~(found["several"] | found["row"].isin(now.loc[now.duplicated(list(_CELL), keep=False), "row"]))
        ]
        return found.rename(columns={"held": HELD}).assign(**{TOLD: ~found["held"]}).reset_index(drop=True)

    def _near(self, apart: Numbers, counts: int) -> Numbers:
        """Whether fewer than the threshold may have come or gone, where so many of the counts compared are rounded."""
        found: Numbers = apart.abs() <= self.policy.threshold - 1 + counts * (self.policy.rounding_base // 2)
        return found

    def _changed(self, pairs: pd.DataFrame, cases: pd.Series, size: pd.Series) -> pd.Series:
        share = (cases / size).round(2)
        same = rounded(cases, self.policy).eq(pairs["numerator_then"]) & rounded(size, self.policy).eq(
            pairs["denominator_then"]
        )
        beside = (
            pairs["estimate_then"].astype(float) if "estimate_then" in pairs else pd.Series(np.nan, index=pairs.index)
        )
        # what a result of another kind estimates is another number of the same counts
        return ~(same & (share.eq(beside) | beside.isna() | pairs["crosswise"]))

    def _few(self, pairs: pd.DataFrame) -> pd.Series:
        """Whether no released count of the row tells that at least the threshold came or went."""
        names = [name for name in _COUNTS if name in pairs and f"{name}_then" in pairs]
        apart = pd.DataFrame({name: (pairs[name] - pairs[f"{name}_then"]).astype(float) for name in names}, pairs.index)
        return pairs[TOLD] & bool(names) & (self._near(apart, 2) | apart.isna()).all(axis=1)

    def _total_told(self, rows: pd.DataFrame) -> pd.Series:
        names = [name for name in _CELL if name != "group"]
        shown = _named(self.cells[~self.cells["withheld"].astype(bool)], _CELL)
        totals = pd.MultiIndex.from_frame(shown.loc[shown["group"] == "all", names])
        found: pd.Series = pd.Series(pd.MultiIndex.from_frame(_named(rows, _CELL)[names]).isin(totals).tolist())
        return found.set_axis(rows.index)

    def _crossed(self, safe: pd.DataFrame) -> pd.Series:
        """Whether a row belongs to a sum whose groups are others than before, where one of either is withheld."""
        then, now = _groups(self.cells), _groups(safe)
        both = then.merge(now, on=[*_SUM, "group"], how="outer", suffixes=("_then", "_now"), indicator=True)
        hidden = both[["withheld_then", "withheld_now"]].fillna(value=False).astype(bool)
        total = both["group"] == "all"
        both = both[list(_SUM)].assign(
            then=both["_merge"].ne("right_only") & ~total,
            only_then=both["_merge"].eq("left_only") & ~total,
            only_now=both["_merge"].eq("right_only") & ~total,
            now=both["_merge"].ne("left_only"),
            groups_now=both["_merge"].ne("left_only") & ~total,
            hidden=hidden.any(axis=1) & ~total,
            total_shown=both["_merge"].ne("right_only") & total & ~hidden["withheld_then"],
        )
        sums = both.groupby(list(_SUM), sort=False).any().reset_index()
        others = sums["then"] & sums["only_then"] & sums["only_now"] & sums["hidden"]
        # a total alone, of groups of which one is withheld and none was given
        alone = sums["then"] & ~sums["groups_now"] & sums["now"] & sums["hidden"]
        found = sums[others | (alone & ~sums["total_shown"])]
        rows = _named(safe, (*_SUM, "group"))
        inside = pd.MultiIndex.from_frame(rows[list(_SUM)]).isin(pd.MultiIndex.from_frame(found[list(_SUM)]))
        shown = pd.MultiIndex.from_frame(found.loc[found["total_shown"], list(_SUM)])
        total_told = (rows["group"] == "all") & pd.MultiIndex.from_frame(rows[list(_SUM)]).isin(shown)
        return pd.Series(inside, index=safe.index) & ~total_told.set_axis(safe.index)


def without_numbers(safe: pd.DataFrame, which: pd.Series) -> pd.DataFrame:
    """Withhold rows: no number is left but those that say what a row is of.

    Parameters
    ----------
    safe : DataFrame
        Protected estimates.
    which : Series of bool
        The rows.

    Returns
    -------
    DataFrame
        The rows.
    """
    numbers = {name: safe[name].astype(float).mask(which) for name in _numbers(safe)}
    return safe.assign(**numbers, withheld=safe["withheld"].astype(bool) | which)


def _cells(one: Released) -> pd.DataFrame:
    """The rows of a release that count persons, and whether several share a name."""
    rows = _counting(one.estimates)
    return rows.assign(several=_named(rows, _CELL).duplicated(keep=False))


def _alike(one: Released, result: Result) -> pd.DataFrame:
    """The rows of a release of another kind that count the same as rows of a result do."""
    names = result.estimates["measure"].map(same_counts()) if "measure" in result.estimates else pd.Series(dtype=object)
    rows = _cells(one)
    rows = rows[rows["measure"].map(same_counts()).isin(names.dropna())]
    # a standardised rate is withheld for its strata too, which a crude one does not tell
    return rows[~rows["withheld"].astype(bool) | ~rows["measure"].map(treatment_of()).eq("model")]


def _at_old_numbers(safe: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    old = {name: safe[name].astype(float) for name in _numbers(safe) if f"{name}_then" in kept}
    for name, values in old.items():
        values.loc[kept.index] = kept[f"{name}_then"].astype(float)
    return safe.assign(**old)


def _counting(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[~rows["measure"].map(treatment_of()).isin(_FREE)]


def _numbers(rows: pd.DataFrame) -> list[str]:
    """The columns of numbers that say how much, not of what."""
    names = rows.select_dtypes("number")
    return [
        str(name)
        for name in names
        if name not in ("time", "conf_level", "delta", "withheld", "same", "several", "crosswise")
    ]


def _named(rows: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """The names of cells as texts."""
    texts = rows.reindex(columns=list(names)).astype("string").fillna("")
    texts["time"] = texts["time"].str.removesuffix(".0")
    if "measure" in names:
        texts["measure"] = texts["measure"].map(same_counts()).fillna(texts["measure"])
    if "group" in names:
        texts["group"] = texts["group"].replace("", "all")
    return texts


def _groups(rows: pd.DataFrame) -> pd.DataFrame:
    """Whether each group of each sum is withheld."""
    rows = _counting(rows)
    named = _named(rows, (*_SUM, "group")).assign(withheld=rows["withheld"].astype(bool))
    return named.groupby([*_SUM, "group"], as_index=False, sort=False).any()


def _differ(pairs: pd.DataFrame, safe: pd.DataFrame) -> pd.Series:
    """Whether a row would show another number than before."""
    apart = pd.Series(data=False, index=pairs.index)
    for name in _numbers(safe):
        if f"{name}_then" in pairs:
            now = safe[name].astype(float).to_numpy()[pairs["row"]]
            then = pairs[f"{name}_then"].astype(float).to_numpy()
            apart |= ~((now == then) | (np.isnan(now) & np.isnan(then)))
    return apart
