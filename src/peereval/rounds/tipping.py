"""How much worse imputed scores would have to be for a finding to go: delta shifts and the tipping point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from peereval.errors import InvalidValueError
from peereval.results import Result, origin_of
from peereval.rounds.imputation import COLUMNS, data_for, estimate_row, settings_of, words_of
from peereval.rounds.imputed_sets import Imputation, analyses_of, imputation_words, pooled
from peereval.rounds.rows import LEVEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from peereval.rounds.analyses import Analyses
    from peereval.rounds.comparison import Allocation
    from peereval.rounds.imputation import Subject
    from peereval.rounds.imputed_sets import Variance
    from peereval.rounds.pooling_imputations import Pooled
    from peereval.rounds.reference_based import Strategy

    Numbers: TypeAlias = NDArray[np.floating[Any]]

_STEPS_EACH_WAY = 10


def tipping_point(
    scores: pd.DataFrame,
    *,
    deltas: Sequence[float] | None = None,
    outcome: tuple[str, str] | None = None,
    strategy: Strategy = "missing-at-random",
    arm: str | None = None,
    reference_arm: str | None = None,
    allocation: Allocation | None = None,
    left_programme: str = "left_programme",
    covariates: Sequence[str] = (),
    variance: Variance = "information-anchored",
    m: int = 100,
    seed: int = 0,
) -> Result:
    """Shift what is imputed in the last round by delta, and find the delta at which the interval begins to include 0.

    The shift is added to every imputed score of the last round: of the arm that is compared with the reference arm, or
    of everybody where there is one arm. Imputed scores of other rounds are not shifted.

    Parameters
    ----------
    scores : DataFrame
        As in `impute_rounds`.
    deltas : sequence of float, optional
        The shifts, in points of the scale; 0 is always among them. By default ten steps each way of a third of the
        standard deviation of the first round, rounded down to 1, 2 or 5 times a power of ten.
    outcome, strategy, arm, reference_arm, allocation, left_programme, covariates, variance, m, seed
        As in `impute_rounds`.

    Returns
    -------
    Result
        For each delta (column ``delta``) a row: at 0 with the ``measure`` of `impute_rounds`, elsewhere
        ``shifted_difference_in_change`` or ``shifted_mean_change``. Then a row ``tipping_point``: its estimate is a delta,
        its standard error that of the shifted change divided by the change that a delta of 1 makes. It is empty where the
        interval includes 0 without a shift, or excludes it at all deltas; ``flag`` says which.

    Raises
    ------
    InvalidValueError
        A delta is not a number, or as in `impute_rounds`.
    ColumnError, MissingValueError, DuplicateError, DesignError, ConvergenceError
        As in `impute_rounds`.

    Examples
    --------
    >>> import peereval as pe
    >>> region = pe.simulate_study("region", seed=1)
    >>> scores = pe.score(region.responses, "who-5")
    >>> found = pe.tipping_point(scores, outcome=("who-5", "score_0_100"), deltas=[-10, -5, 5, 10])
    >>> found.estimates[["measure", "delta", "estimate", "conf_low", "conf_high"]].round(1)
                   measure  delta  estimate  conf_low  conf_high
    0  shifted_mean_change  -10.0      -0.5      -4.4        3.3
    1  shifted_mean_change   -5.0       1.6      -2.3        5.5
    2          mean_change    0.0       3.7      -0.1        7.6
    3  shifted_mean_change    5.0       5.8       1.9        9.7
    4  shifted_mean_change   10.0       8.0       4.0       11.9
    5        tipping_point    NaN       NaN       NaN        NaN
    >>> found.estimates["flag"].iloc[-1]
    'includes_0'
    """
    asked = Imputation(strategy=strategy, variance=variance, allocation=allocation, m=m, seed=seed)
    data = data_for(scores, asked, outcome, arm, reference_arm, left_programme, covariates)
    tried, table = _deltas(deltas, data), data.table
    last = len(table.rounds) - 1
    [analyses] = analyses_of(table, asked, [last])
    found = pooled(analyses, asked, tried)
    rows = [_shifted_row(data, found, place, delta) for place, delta in enumerate(tried.tolist())]
    settings = settings_of(asked, scores, data, left_programme, covariates)
    shifted = int((~table.observed[:, last] & table.other).sum())
    return Result(
        kind="tipping_point",
        title=f"Change from {table.rounds[0]} to {table.rounds[last]}, imputed scores shifted",
        estimates=pd.DataFrame([*rows, _tipping_row(rows, analyses, asked, tried)]).assign(**data.keys),
        exclusions=dict(table.exclusions),
        columns=_COLUMNS,
        **_with_shift(words_of(asked, data, [found]), data),
        settings={**settings, "deltas": tried.tolist(), "data": {**settings["data"], "shifted": shifted}},
        origin=origin_of(scores),
    )


_NO_TIP = {
    "includes_0": "includes_0: the interval includes 0 without any shift",
    "excludes_0": "excludes_0: the interval excludes 0 at every delta tried",
}


_COLUMNS = {
    **COLUMNS,
    "delta": "what is added to every imputed score of the last round, in points of the scale",
    "flag": f"{COLUMNS['flag']}; of a tipping point: {'; '.join(_NO_TIP.values())}",
}


def _shifted_row(data: Subject, found: Pooled, place: int, delta: float) -> dict[str, Any]:
    row = {**estimate_row(data, found, place, len(data.table.rounds) - 1), "delta": delta}
    return row if delta == 0 else {**row, "measure": f"shifted_{row['measure']}", "p_value": np.nan}


def _with_shift(words: dict[str, Any], data: Subject) -> dict[str, Any]:
    shift, arms = imputation_words()["shift"], data.table.arms
    said = shift["method"].format(whose="of everybody" if arms is None else f"of the arm {arms.other!r}")
    return {**words, "method": f"{words['method']} {said}", "references": (*words["references"], *shift["references"])}


def _deltas(deltas: Sequence[float] | None, data: Subject) -> Numbers:
    if deltas is None:
        third = float(np.nanstd(data.table.scores[:, 0], ddof=1)) / 3
        ten = 10.0 ** np.floor(np.log10(third))
        step = ten * max(each for each in (1.0, 2.0, 5.0) if each * ten <= third)
        grid: Numbers = step * np.arange(-_STEPS_EACH_WAY, _STEPS_EACH_WAY + 1.0)
        return grid
    tried = np.unique([0.0, *deltas])
    if not np.isfinite(tried).all():
        msg = "A delta is not a finite number."
        raise InvalidValueError(msg, hint="Give shifts in points of the scale, such as deltas=range(-20, 21, 5).")
    return tried


def _tipping_row(rows: list[dict[str, Any]], analyses: Analyses, asked: Imputation, tried: Numbers) -> dict[str, Any]:
    """The delta nearest to 0 at which the interval begins to include 0."""
    from scipy.optimize import brentq
    from scipy.stats import t

    side = 1.0 if rows[int(np.flatnonzero(tried == 0)[0])]["estimate"] > 0 else -1.0

    def margin(deltas: Any) -> Numbers:
        """How far the nearer limit lies from 0; negative where the interval includes 0 or lies beyond it."""
        found = pooled(analyses, asked, np.atleast_1d(np.asarray(deltas, dtype=np.float64)))
        half = np.asarray(t.ppf((1 + LEVEL) / 2, found.df), dtype=np.float64) * found.std_error
        nearer: Numbers = side * found.estimate - half
        return nearer

    row = {name: rows[0][name] for name in ("contrast", "round", "n")} | {"measure": "tipping_point"}
    here = margin(tried)
    if here[tried == 0][0] <= 0:
        return {**row, "flag": "includes_0"}
    ends = []
    for way in (np.flatnonzero(tried >= 0), np.flatnonzero(tried <= 0)[::-1]):
        gone = np.flatnonzero(here[way] <= 0)
        if len(gone):
            between = tried[way[[gone[0] - 1, gone[0]]]]
            ends.append(float(brentq(lambda delta: float(margin(delta)[0]), *between)))
    if not ends:
        return {**row, "flag": "excludes_0"}
    nearest = min(ends, key=abs)
    error = pooled(analyses, asked, np.array([nearest])).std_error[0]
    return {**row, "estimate": nearest, "std_error": float(error / abs(analyses.coefficients[:, 1].mean()))}
