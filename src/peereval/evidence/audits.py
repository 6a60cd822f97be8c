"""Whether printed figures can be right: recomputed from what stands beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from peereval.errors import ColumnError, InvalidValueError, nearest
from peereval.evidence.audit_checks import CHECKS, verdicts
from peereval.evidence.printed_figures import Printed, printed_columns
from peereval.instruments.lookup import instrument as instrument_of
from peereval.results import Result, data_facts, origin_of, versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from peereval.evidence.audit_checks import Check

    Judged: TypeAlias = dict[str, NDArray[Any]]

_KEYS = ("study", "analysis", "outcome", "round", "time", "arm")
_RATIOS = ("rr", "or", "hr", "irr", "risk_ratio", "odds_ratio", "hazard_ratio", "rate_ratio", "relative_risk")
_TRAPS = {
    "mean_is_sd": "the mean equals the standard deviation: one may have been copied into the other's place",
    "repeated": "the same mean and standard deviation stand in another row too: one may be a copy",
}


def audit(
    printed: pd.DataFrame,
    *,
    instrument: str | None = None,
    scale: str | None = None,
    decimals: Mapping[str, int] | None = None,
    conf_level: float = 0.95,
) -> Result:
    """Audit printed figures: say which can be right, given what is printed beside them.

    Every figure is computed again from others of its row, over all numbers that round to those. Which checks are
    made follows from the columns that are there:

    ========== ============ =========================================== ==========================================
    check      judges       by                                          what must hold
    ========== ============ =========================================== ==========================================
    i2         i2           q, df                                       I² = 100 max(0, (Q - df) / Q)
    p_het      p_het        q, df                                       the chi-squared p of Q
    df         df           k                                           k - 1 (else suspicious)
    interval   estimate     conf_low, conf_high                         the middle (else suspicious), never outside
    z          z            estimate, conf_low, conf_high, (df)         z of a normal interval
    p_value    p_value      estimate, conf_low, conf_high, (df)         two-sided p of a normal interval
    range      mean         lowest, highest (or instrument)             within the range of the scale
    sd         sd           mean, n, lowest, highest (or instrument)    at most what the range lets it be
    grim       mean         n, items                                    a whole number over n × items, rounded
    grimmer    sd           mean, n, items                              squares of whole numbers, of the sum's parity
    percent    percent      count, n                                    100 × count / n
    mean_is_sd mean         sd                                          they differ (else suspicious)
    repeated   mean         sd                                          no other row has both (else suspicious)
    ========== ============ =========================================== ==========================================

    Parameters
    ----------
    printed : DataFrame
        One row a printed result. Figures are numbers, or texts as printed (``"0.20"``, ``"<0.001"``), which keep
        their decimals. ``measure`` tells ratios (RR, OR, HR, …), which are judged by their logarithms;
        ``instrument`` and ``scale`` name a scale of the catalogue, whose range is written for its first coding;
        ``items`` is the number of whole-number answers that a score is the mean of (1 where scores are sums);
        ``study``, ``analysis``, ``outcome``, ``round``, ``time`` and ``arm`` are carried along.
    instrument, scale : str, optional
        The scale of all rows, instead of columns. Without `scale`, the instrument's headline scale.
    decimals : mapping of str to int, optional
        Column to the decimals in which its numbers are printed. Without it a number has the decimals that it
        shows: where it ends in zeros that are too few, and the check is milder than it could be, never harder.
    conf_level : float
        Level of the printed intervals.

    Returns
    -------
    Result
        One row a printed figure and check: ``row`` (counted from 1), ``check``, ``column``, ``printed``,
        ``estimate`` (computed again), ``lowest`` and ``highest`` (what is allowed), ``tolerance`` (half of the
        last printed digit), ``verdict`` and ``why``. *impossible* means that no numbers that round to the printed
        ones fit together; *suspicious*, that they do so only under another convention, or look like a slip of
        the pen; *not checkable*, that what the check needs is not printed, or leaves nothing out. The settings
        tell which checks ran and what the others lacked.

    Raises
    ------
    ColumnError
        No check can be made with the columns that are there.
    InvalidValueError
        A text is no plain number, or the level is not between 0 and 1.
    UnknownNameError
        The catalogue has no such instrument or scale.

    Examples
    --------
    Q = 9.65 with 5 degrees of freedom is I² = 48.2 % and p = 0.086; 38.90 is not the mean of 16 whole numbers.

    >>> import pandas as pd
    >>> pooled = pd.DataFrame({"q": ["9.65", "9.65"], "df": [5, 5], "i2": ["48", "58"], "p_het": ["0.09", "0.09"]})
    >>> audit(pooled).estimates[["row", "check", "printed", "estimate", "verdict"]].round(2)
       row  check printed  estimate     verdict
    0    1     i2      48     48.19    possible
    1    1  p_het    0.09      0.09    possible
    2    2     i2      58     48.19  impossible
    3    2  p_het    0.09      0.09    possible
    >>> means = pd.DataFrame({"mean": ["38.90", "51.00"], "n": 16, "items": 1})
    >>> found = audit(means, instrument="hhi").estimates
    >>> found[["row", "check", "printed", "lowest", "highest", "verdict"]].round(2)
       row  check printed  lowest  highest     verdict
    0    1  range   38.90   12.00    48.00    possible
    1    1   grim   38.90   38.88    38.88  impossible
    2    2  range   51.00   12.00    48.00  impossible
    3    2   grim   51.00   51.00    51.00    possible
    """
    if not 0 < conf_level < 1:
        msg = f"The level of the intervals is {conf_level:g}; expected a number between 0 and 1."
        raise InvalidValueError(msg, hint="Say conf_level=0.95 for intervals of 95 %.")
    table = _with_ranges(_named(printed, instrument, scale))
    cells = _cells(table, decimals or {}, conf_level)
    ran, lacking = _possible_checks(cells)
    frame = _with_keys([*(_checked(check, table, cells) for check in ran), *_trapped(table, cells)], table)
    untouched = len(table) - frame["row"].nunique()
    return Result(
        kind="audit",
        title="Printed figures, audited",
        estimates=frame,
        method=_METHOD,
        claim="description",
        references=_REFERENCES,
        settings={
            "instrument": instrument, "scale": scale, "decimals": dict(decimals or {}), "conf_level": conf_level,
            "checks": list(dict.fromkeys(frame["check"])), "not_run": lacking,
            "versions": versions(), "data": data_facts(printed),
        },
        columns=_COLUMNS,
        exclusions={"nothing_to_check": untouched} if untouched else {},
        origin=origin_of(printed),
    )  # fmt: skip


_METHOD = (
    "Every printed figure is computed again from the others of its row, over all numbers that round to those (half of the last printed "
    "digit each way): heterogeneity by its formulas, z and p from the estimate and its interval taken as normal, means by the range of "
    "their scale and by GRIM, standard deviations by the largest that the range allows. A figure beyond what the others allow is "
    "impossible beside them; which of them is wrong, the audit cannot say."
)
_REFERENCES = (
    "Brown and Heathers 2017, Social Psychological and Personality Science 8:363",
    "Anaya 2016, PeerJ Preprints (GRIMMER)",
    "Bhatia and Davis 2000, American Mathematical Monthly 107:353",
    "Higgins and Thompson 2002, Statistics in Medicine 21:1539",
)
_COLUMNS = {
    "study": "as in the printed table",
    "analysis": "as in the printed table",
    "arm": "as in the printed table",
    "row": "number of the printed row, counted from 1",
    "check": "which check",
    "column": "the printed column that is judged",
    "printed": "as it is printed",
    "published": "the printed number",
    "tolerance": "half of the last printed digit; for a figure printed as below a bound, the bound",
    "lowest": "the least that the other figures allow",
    "highest": "the most that the other figures allow",
    "verdict": "possible, suspicious, impossible or not checkable",
    "why": "the reason, where the verdict is not possible",
}


def _named(printed: pd.DataFrame, instrument: str | None, scale: str | None) -> pd.DataFrame:
    given = {"instrument": instrument, "scale": scale}
    return printed.assign(**{name: value for name, value in given.items() if value is not None}).reset_index(drop=True)


def _with_ranges(table: pd.DataFrame) -> pd.DataFrame:
    """Add the range of the catalogue's scale where none is printed."""
    if "instrument" not in table.columns:
        return table
    # a scale that is not named is the headline scale
    named = table.reindex(columns=["instrument", "scale"]).astype("string").fillna("")
    scales = named[named["instrument"] != ""].drop_duplicates()
    ranges = [_range_of(*each) for each in scales.itertuples(index=False, name=None)]
    known = scales.assign(**dict(zip(("low", "high"), np.array(ranges).reshape(-1, 2).T, strict=True)))
    found = named.merge(known, on=["instrument", "scale"], how="left")
    return table.assign(
        **{
            name: table[name].fillna(found[end]) if name in table.columns else found[end]
            for name, end in (("lowest", "low"), ("highest", "high"))
        }
    )


def _range_of(name: str, scale: str) -> tuple[float, float]:
    one = instrument_of(name)
    if not one.scales:
        return np.nan, np.nan
    wanted = scale or one.headline
    if wanted not in one.scales:
        msg = f"The instrument {name!r} has no scale {wanted!r}."
        raise InvalidValueError(msg, hint=nearest(wanted, one.scales))
    return one.scales[wanted].low, one.scales[wanted].high


def _cells(table: pd.DataFrame, decimals: Mapping[str, int], conf_level: float) -> dict[str, Printed]:
    names = {name for check in CHECKS for name in (check.judges, *check.needs)}
    for name in decimals:
        if name not in names:
            msg = f"`decimals` names the column {name!r}, which no check uses."
            raise ColumnError(msg, hint=nearest(name, names))
    level = np.full(len(table), conf_level)
    cells = {**printed_columns(table, names, decimals), "conf_level": Printed(level, level, level)}
    if "measure" in table.columns:
        words = table["measure"].astype("string").str.lower().str.replace(" ", "_")
        ratio: NDArray[np.float64] = words.isin(_RATIOS).to_numpy().astype(np.float64)
        cells["ratio"] = Printed(ratio, ratio, ratio)
    return cells


def _possible_checks(cells: Mapping[str, Printed]) -> tuple[list[Check], dict[str, list[str]]]:
    """The checks whose columns are there, and what the others lack."""
    lacking = {check.name: [name for name in (check.judges, *check.needs) if name not in cells] for check in CHECKS}
    ran = [check for check in CHECKS if not lacking[check.name]]
    if not ran and not {"mean", "sd"} <= set(cells):
        there = ", ".join(sorted(set(cells) - {"conf_level", "ratio"})) or "none"
        msg = f"No check can be made with the columns that are there ({there})."
        raise ColumnError(
            msg, hint="Such as q, df and i2; estimate, conf_low and conf_high; mean, sd and n; count, n and percent."
        )
    return ran, {name: missing for name, missing in lacking.items() if missing}


def _checked(check: Check, table: pd.DataFrame, cells: Mapping[str, Printed]) -> Judged:
    allowed = check.allowed(cells)
    verdict = verdicts(cells[check.judges], allowed)
    said = np.select(
        [verdict == "possible", verdict == "suspicious", verdict == "impossible"],
        ["", check.doubts, check.fails],
        check.cannot,
    )
    return {
        **_judged(check.name, check.judges, table, cells), "verdict": verdict, "why": said,
        "estimate": allowed.estimate, "lowest": allowed.lowest, "highest": allowed.highest,
    }  # fmt: skip


def _judged(name: str, column: str, table: pd.DataFrame, cells: Mapping[str, Printed]) -> Judged:
    printed = cells[column]
    return {
        "row": np.arange(1, len(table) + 1), "check": np.full(len(table), name, dtype=object),
        "column": np.full(len(table), column, dtype=object), "printed": _as_printed(table[column]), "published": printed.value,
        "tolerance": np.maximum(printed.high - printed.value, printed.value - printed.low),
    }  # fmt: skip


def _as_printed(column: pd.Series) -> NDArray[np.object_]:
    if not pd.api.types.is_numeric_dtype(column.dtype):
        return column.astype("string").str.strip().to_numpy(dtype=object)
    return column.map("{:.10g}".format, na_action="ignore").to_numpy(dtype=object)


def _trapped(table: pd.DataFrame, cells: Mapping[str, Printed]) -> Iterator[Judged]:
    """Means that equal their standard deviation, and pairs of both that stand twice."""
    if not {"mean", "sd"} <= set(cells):
        return
    pairs = pd.DataFrame({"mean": cells["mean"].value, "sd": cells["sd"].value})
    caught = {"mean_is_sd": pairs["mean"] == pairs["sd"], "repeated": pairs.duplicated(keep=False)}
    both = pairs.notna().all(axis=1)
    unknown = np.full(len(table), np.nan)
    for name, hits in caught.items():
        verdict = np.select([~both, hits], ["not checkable", "suspicious"], "possible")
        why = np.select([~both, hits], ["no standard deviation is printed", _TRAPS[name]], "")
        ends = dict.fromkeys(("estimate", "lowest", "highest"), unknown)
        yield {**_judged(name, "mean", table, cells), "verdict": verdict, "why": why, **ends}


def _with_keys(judged: list[Judged], table: pd.DataFrame) -> pd.DataFrame:
    """All that was judged in one frame, row by row, with what the printed rows are called."""
    columns = {name: np.concatenate([each[name] for each in judged]) for name in judged[0]}
    frame = pd.DataFrame(columns)
    frame = frame[frame["published"].notna()].sort_values("row", kind="stable")
    keys = table[[key for key in _KEYS if key in table.columns]].take(frame["row"].to_numpy() - 1)
    return pd.concat([keys.reset_index(drop=True), frame.reset_index(drop=True)], axis=1)
