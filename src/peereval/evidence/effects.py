"""Effect sizes from what a paper prints."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from peereval.errors import ColumnError, DesignError, DuplicateError, InvalidValueError, MissingValueError, nearest
from peereval.estimation.effect_sizes import hedges_factor
from peereval.mentions import row_numbers
from peereval.panel import arms_of
from peereval.results import Result, data_facts, origin_of, versions

Formula: TypeAlias = Literal["posttest", "change-over-posttest-sd", "change-over-baseline-sd"]
LEVEL = 0.95
_NEEDED = ("arm", "mean", "sd", "n")
_KEYS = ("outcome", "round")
_CELLS = (*_NEEDED[1:], "printed")
_SIGNS = {"higher is better": 1.0, "higher is worse": -1.0}


def effect_size(
    printed: pd.DataFrame,
    *,
    formula: Formula,
    treatment: str,
    control: str,
    reference_round: str | None = None,
    correlation: float | None = None,
    hedges: bool = False,
) -> Result:
    """Compute standardised mean differences from printed means, standard deviations and numbers.

    Parameters
    ----------
    printed : DataFrame
        One row an arm (and outcome, and round), with ``arm``, ``mean``, ``sd``, ``n`` and, where there are
        several, ``outcome`` and ``round`` (rounds are compared as texts). A column ``direction`` (*higher is
        better* or *higher is worse*, one for each outcome) turns the sign, so that positive is in favour of the
        treatment.
    formula : {"posttest", "change-over-posttest-sd", "change-over-baseline-sd"}
        The difference of the means at each round over their pooled standard deviation; or the difference in
        change from the reference round over the pooled standard deviation at that round, or at the reference
        round.
    treatment, control : str
        The two arms.
    reference_round : str, optional
        The round from which change is counted; needed by the formulas with change.
    correlation : float, optional
        Correlation of the scores between the rounds, which the interval of a difference in change needs.
    hedges : bool
        Whether to take out the small-sample bias (Hedges' g instead of Cohen's d).

    Returns
    -------
    Result
        One row an outcome and round; ``measure`` is the formula, ``n`` the persons in both arms at that round.
        Without `correlation`, formulas with change have no interval. Where something is missing, so is the
        estimate, and the exclusions count what: printed rows without a mean, a standard deviation or a number
        (``mean_missing``, ``sd_missing``, ``n_missing``) and rows of other arms (``other_arm``), outcomes and
        rounds that are printed for one arm only (``one_arm_only``), and those that lack the reference round
        (``reference_round_missing``).

    Raises
    ------
    ColumnError
        A column is missing, or the arms are not texts.
    MissingValueError
        An outcome, round or arm is empty.
    DuplicateError
        An arm, outcome and round stands twice.
    DesignError
        A formula with change has no reference round.
    InvalidValueError
        An arm, round or formula does not exist, a direction is unknown or not the same for all of an outcome,
        or the correlation is not between -1 and 1.

    Examples
    --------
    R: ``metafor::escalc("SMD", m1i = 3.55, sd1i = .48, n1i = 136, m2i = 3.38, sd2i = .53, n2i = 117)`` gives g = 0.3365.

    >>> import pandas as pd
    >>> printed = pd.DataFrame({"arm": ["peer", "control"], "mean": [3.55, 3.38], "sd": [0.48, 0.53], "n": [136, 117]})
    >>> found = effect_size(printed, formula="posttest", treatment="peer", control="control", hedges=True)
    >>> found.estimates[["measure", "estimate", "std_error", "n"]].round(4)
        measure  estimate  std_error    n
    0  posttest    0.3365     0.1266  253
    """
    _check(printed, formula, (treatment, control), reference_round, correlation)
    wide = _wide(printed, (treatment, control), reference_round)
    d, variance = _posttest(wide) if formula == "posttest" else _change(wide, formula, correlation)
    keys = [name for name in _KEYS if name in wide.columns]
    contrast = f"{treatment} - {control}"
    return Result(
        kind="effects",
        title="Effect sizes from printed means",
        estimates=pd.concat([wide[keys], _interval(wide, d, variance, hedges=hedges)], axis=1).assign(
            contrast=contrast, measure=formula, conf_level=LEVEL
        ),
        method=_METHOD[formula] + (" Hedges' small-sample correction." if hedges else ""),
        claim="description",
        estimand="Standardised difference between the arms, as the printed means and standard deviations give it.",
        references=("Cohen 1988, Statistical Power Analysis for the Behavioral Sciences", "Morris 2008, Organizational Research Methods 11:364"),
        settings={
            "formula": formula, "treatment": treatment, "control": control, "reference_round": reference_round,
            "correlation": correlation, "hedges": hedges, "versions": versions(), "data": data_facts(printed),
        },
        exclusions=_exclusions(printed, (treatment, control), wide, formula),
        origin=origin_of(printed),
    )  # fmt: skip


_METHOD = {
    "posttest": "Difference of the arms' means at the round over their pooled standard deviation at that round.",
    "change-over-posttest-sd": "Difference of the arms' changes over their pooled standard deviation at the later round.",
    "change-over-baseline-sd": "Difference of the arms' changes over their pooled standard deviation at the reference round.",
}


def _check(
    printed: pd.DataFrame,
    formula: str,
    arms: tuple[str, str],
    reference: str | None,
    correlation: float | None,
) -> None:
    for name in _NEEDED:
        if name not in printed.columns:
            msg = f"The printed figures have no column {name!r}."
            raise ColumnError(msg, hint=nearest(name, map(str, printed.columns)))
    _check_filled(printed)
    if formula not in get_args(Formula):
        msg = f"There is no formula {formula!r}."
        raise InvalidValueError(msg, hint=nearest(formula, get_args(Formula)))
    there = arms_of(printed, "arm", "printed figures")
    for name in arms:
        if name not in there:
            msg = f"There is no arm {name!r} among the printed figures."
            raise InvalidValueError(msg, hint=nearest(name, there))
    if correlation is not None and not -1 <= correlation <= 1:
        msg = f"A correlation of {correlation} is impossible."
        raise InvalidValueError(msg, hint="It lies between -1 and 1.")
    _check_reference(printed, formula, reference)


def _check_filled(printed: pd.DataFrame) -> None:
    for name in ("arm", *_KEYS):
        if name in printed.columns and printed[name].isna().any():
            rows = row_numbers(np.flatnonzero(printed[name].isna()).tolist())
            msg = f"The column {name!r} of the printed figures is empty in {rows}; it must be filled."
            raise MissingValueError(msg, hint="Say of every printed figure what it belongs to.")


def _check_reference(printed: pd.DataFrame, formula: str, reference: str | None) -> None:
    if formula != "posttest" and reference is None:
        msg = f"The formula {formula!r} counts change from a reference round, and none was said."
        raise DesignError(msg, hint="Say reference_round=….")
    rounds = set(map(str, printed["round"])) if "round" in printed.columns else set()
    if reference is not None and reference not in rounds:
        msg = f"There is no round {reference!r} among the printed figures."
        raise InvalidValueError(msg, hint=nearest(reference, rounds) if rounds else "Add a column 'round'.")


def _wide(printed: pd.DataFrame, arms: tuple[str, str], reference: str | None) -> pd.DataFrame:
    """One row an outcome and round, both arms side by side, and both at the reference round with the ending _0."""
    keys = [name for name in _KEYS if name in printed.columns]
    # plain texts join several times faster than nullable ones
    plain = printed.astype(dict.fromkeys([*keys, "arm"], str)).assign(sign=_signs(printed))
    mine = plain[plain["arm"].isin(arms)]
    if mine.duplicated([*keys, "arm"]).any():
        again = mine[mine.duplicated([*keys, "arm"])].iloc[0]
        msg = f"The printed figures hold {' and '.join(f'{name} {again[name]!r}' for name in [*keys, 'arm'])} twice."
        raise DuplicateError(msg, hint="Keep one row for each arm, outcome and round.")
    wide = mine[[*keys, "sign"]].drop_duplicates(keys or None)
    for name, ending in zip(arms, ("t", "c"), strict=True):
        there = mine.loc[mine["arm"] == name, [*keys, *_NEEDED[1:]]].assign(printed=True)
        wide = _joined(wide, there.rename(columns={each: f"{each}_{ending}" for each in _CELLS}), keys)
    if reference is None:
        return wide
    start = wide[wide["round"] == reference].drop(columns=["round", "sign"])
    start = start.rename(columns={name: f"{name}_0" for name in start.columns if name not in keys})
    return _joined(wide[wide["round"] != reference], start, keys[:-1])


def _joined(left: pd.DataFrame, right: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return left.merge(right, on=keys, how="left") if keys else left.merge(right, how="cross")


def _signs(printed: pd.DataFrame) -> pd.Series:
    """1 where higher is better, -1 where it is worse; the same in all rows of an outcome."""
    if "direction" not in printed.columns:
        return pd.Series(1.0, index=printed.index)
    signs = printed["direction"].astype(object).map(_SIGNS).astype(float)
    if signs.isna().any():
        rows = row_numbers(np.flatnonzero(signs.isna()).tolist())
        found = printed.loc[signs.isna(), "direction"].iloc[0]
        msg = f"The direction in {rows} of the printed figures is {'empty' if pd.isna(found) else repr(found)}."
        raise InvalidValueError(msg, hint="It is 'higher is better' or 'higher is worse'.")
    outcomes = printed["outcome"].astype(str) if "outcome" in printed.columns else "the outcome"
    said = pd.DataFrame({"outcome": outcomes, "sign": signs}).drop_duplicates()
    if said["outcome"].duplicated().any():
        msg = (
            f"The printed figures of {said.loc[said['outcome'].duplicated(), 'outcome'].iloc[0]!r} have two directions."
        )
        raise InvalidValueError(msg, hint="Which way is good is the same in both arms and at all rounds.")
    return signs


def _exclusions(printed: pd.DataFrame, arms: tuple[str, str], wide: pd.DataFrame, formula: str) -> dict[str, int]:
    mine = printed[printed["arm"].isin(arms)]
    one_arm = wide["printed_t"].isna() | wide["printed_c"].isna()
    counts = {f"{name}_missing": int(mine[name].isna().sum()) for name in _NEEDED[1:]}
    counts |= {"other_arm": len(printed) - len(mine), "one_arm_only": int(one_arm.sum())}
    if formula != "posttest":
        without = wide["printed_t_0"].isna() | wide["printed_c_0"].isna()
        counts["reference_round_missing"] = int(without.sum())
    return {reason: count for reason, count in counts.items() if count}


def _posttest(wide: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    d = wide["sign"] * (wide["mean_t"] - wide["mean_c"]) / _pooled(wide, "")
    return d, 1 / wide["n_t"] + 1 / wide["n_c"] + d**2 / (2 * (wide["n_t"] + wide["n_c"]))


def _change(wide: pd.DataFrame, formula: str, correlation: float | None) -> tuple[pd.Series, pd.Series]:
    """Difference in change; its variance is that of the raw difference over s², plus that of s."""
    sd = _pooled(wide, "" if formula == "change-over-posttest-sd" else "_0")
    change = (wide["mean_t"] - wide["mean_t_0"]) - (wide["mean_c"] - wide["mean_c_0"])
    d = wide["sign"] * change / sd
    if correlation is None:
        return d, pd.Series(np.nan, index=wide.index)
    raw = sum(_change_variance(wide, arm, correlation) for arm in ("t", "c"))
    return d, raw / sd**2 + d**2 / (2 * (wide["n_t"] + wide["n_c"]))


def _change_variance(wide: pd.DataFrame, arm: str, correlation: float) -> pd.Series:
    later, start = wide[f"sd_{arm}"], wide[f"sd_{arm}_0"]
    return (later**2 + start**2 - 2 * correlation * later * start) / wide[f"n_{arm}"]


def _pooled(wide: pd.DataFrame, ending: str) -> pd.Series:
    n = {arm: wide[f"n_{arm}{ending}"] - 1 for arm in ("t", "c")}
    squares = sum(n[arm] * wide[f"sd_{arm}{ending}"] ** 2 for arm in ("t", "c"))
    sd: pd.Series = np.sqrt(squares / (n["t"] + n["c"]))
    return sd.where(sd > 0)


def _interval(wide: pd.DataFrame, d: pd.Series, variance: pd.Series, *, hedges: bool) -> pd.DataFrame:
    from scipy.stats import norm

    n = wide["n_t"] + wide["n_c"]
    factor = np.array([hedges_factor(df) for df in n - 2]) if hedges else 1.0
    estimate, std_error = factor * d, factor * np.sqrt(variance)
    half = norm.ppf((1 + LEVEL) / 2) * std_error
    return pd.DataFrame(
        {
            "estimate": estimate,
            "std_error": std_error,
            "conf_low": estimate - half,
            "conf_high": estimate + half,
            "n": n,
        }
    )
