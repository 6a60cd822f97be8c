"""A printed share beside a rate that was expected: what can be said without a comparison arm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from peereval.errors import ColumnError, InvalidValueError, nearest
from peereval.estimation.proportions import wilson_interval
from peereval.mentions import row_numbers
from peereval.results import Result, data_facts, origin_of, versions

_LEVEL = 0.95


def compare_with_expected_rate(printed: pd.DataFrame, *, expected: float) -> Result:
    """Compare printed counts with a rate that was expected: share, interval, exact binomial test.

    Parameters
    ----------
    printed : DataFrame
        One row a count, with ``events`` and ``n`` and, where there are several, ``outcome``.
    expected : float
        The expected rate, between 0 and 1. It is taken as known without error; a rate of other persons at another
        time is a weak comparison.

    Returns
    -------
    Result
        One row a printed count: the share with Wilson's interval, and the two-sided p of the exact binomial test (the
        probability, at the expected rate, of all counts that are no more probable than the one found). Rows without
        a count are missing, and counted among the exclusions.

    Raises
    ------
    ColumnError
        A column is missing.
    InvalidValueError
        The expected rate is not between 0 and 1, or a count is impossible.

    Examples
    --------
    R: ``binom.test(8, 47, 0.3)$p.value`` gives 0.05604.

    >>> import pandas as pd
    >>> found = compare_with_expected_rate(pd.DataFrame({"events": [8], "n": [47]}), expected=0.30)
    >>> found.estimates[["estimate", "conf_low", "conf_high", "expected", "p_value"]].round(4)
       estimate  conf_low  conf_high  expected  p_value
    0    0.1702    0.0889     0.3014       0.3    0.056
    """
    if not 0 < expected < 1:
        msg = f"The expected rate is {expected:g}; expected a number between 0 and 1."
        raise InvalidValueError(msg, hint="Write 30 % as 0.30.")
    events, n = _counts(printed)
    low, high = wilson_interval(events, n, level=_LEVEL)
    frame = pd.DataFrame(
        {
            "measure": "risk", "estimate": events / n, "conf_low": low, "conf_high": high, "conf_level": _LEVEL,
            "p_value": _binomial_p(events, n, expected), "numerator": events, "denominator": n, "expected": expected,
        }
    )  # fmt: skip
    if "outcome" in printed.columns:
        frame["outcome"] = printed["outcome"].to_numpy()
    missing = {"events_missing": int(np.isnan(events).sum()), "n_missing": int(np.isnan(n).sum())}
    return Result(
        kind="expected-rate",
        title="Printed shares beside an expected rate",
        estimates=frame,
        method=f"Shares with Wilson's interval; the exact binomial test compares them with the expected rate of {expected:g}.",
        claim="description",
        estimand="Share with the event, beside a rate that was expected without peer support.",
        assumptions=("The expected rate is known without error and is that of these persons; no comparison arm shows that it is.",),
        references=("Wilson 1927, Journal of the American Statistical Association 22:209", "Clopper and Pearson 1934, Biometrika 26:404"),
        settings={"expected": expected, "conf_level": _LEVEL, "versions": versions(), "data": data_facts(printed)},
        columns={"expected": "the expected rate"},
        exclusions={reason: count for reason, count in missing.items() if count},
        origin=origin_of(printed),
    )  # fmt: skip


def _counts(printed: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    for name in ("events", "n"):
        if name not in printed.columns:
            msg = f"The printed figures have no column {name!r}."
            raise ColumnError(msg, hint=nearest(name, map(str, printed.columns)))
    events, n = (printed[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("events", "n"))
    wrong = (events < 0) | (events > n) | (n < 1) | (events % 1 > 0) | (n % 1 > 0)
    if wrong.any():
        msg = f"The printed counts in {row_numbers(np.flatnonzero(wrong).tolist())} are impossible."
        raise InvalidValueError(msg, hint="Events are whole numbers from 0 to n, and n is at least 1.")
    return events, n


def _binomial_p(events: np.ndarray, n: np.ndarray, expected: float) -> np.ndarray:
    """Sum the probabilities of all counts that are no more probable than the one found."""
    from scipy.stats import binom

    largest = int(np.nanmax(n, initial=0.0))
    counts = np.arange(largest + 1)
    each = binom.pmf(counts, n[:, None], expected)
    found = binom.pmf(events, n, expected)
    # equal probabilities differ by floating dust
    p: np.ndarray = np.where(each <= found[:, None] * (1 + 1e-7), each, 0.0).sum(axis=1)
    return np.where(np.isnan(events) | np.isnan(n), np.nan, np.minimum(p, 1.0))
