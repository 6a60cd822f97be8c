"""Effect sizes from what a paper prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.errors import DesignError, InvalidValueError, nearest
from peereval.estimation.effect_sizes import hedges_factor
from peereval.evidence.formulas import LOGGED, corrected, effect_and_variance, formulas
from peereval.evidence.printed import KEYS, LEVEL, arms_side_by_side, check_columns, comparisons
from peereval.results import Result, data_facts, origin_of, versions

if TYPE_CHECKING:
    from peereval.evidence.formulas import EffectFormula, Formula

_TURNED = ("cohens_d", "hedges_g", "mean_difference", "fisher_z")
_COUNTS = {"events_t": "events_treatment", "n_t": "n_treatment", "events_c": "events_control", "n_c": "n_control"}
COLUMNS = {
    "study": "the study",
    "formula": "the formula by which the effect follows from the printed figures",
    "direction": "what a positive estimate means: higher is better, or higher is worse",
    "variance": "sampling variance of the estimate",
    "cluster": "what effects of the same persons share",
    "ratio": "the estimate as a ratio, where it is a logarithm",
    "ratio_low": "lower limit of the ratio",
    "ratio_high": "upper limit of the ratio",
    "events_treatment": "persons with the event in the treatment arm",
    "n_treatment": "persons in the treatment arm",
    "events_control": "persons with the event in the control arm",
    "n_control": "persons in the control arm",
    "correction": "what was added to each of the four cells, because one was empty",
}
"""Columns of effects beyond the vocabulary."""


def effect_size(
    printed: pd.DataFrame,
    *,
    formula: Formula,
    treatment: str | None = None,
    control: str | None = None,
    reference_round: str | None = None,
    correlation: float | None = None,
    hedges: bool = False,
) -> Result:
    """Compute effect sizes and their variances from what a paper prints.

    Parameters
    ----------
    printed : DataFrame
        The printed figures, in the layout that the formula needs (see Notes). What they belong to may be said in
        ``study``, ``outcome``, ``round`` (compared as texts) and ``time``; ``scale`` (of a mean difference: points
        of what) and ``cluster`` go on to the result. A column ``direction`` (*higher is better* or *higher is
        worse*, the same for all of an outcome) turns the sign of continuous effects, so that positive is in favour
        of the treatment; effects on risks keep their sign and their direction.
    formula : str
        The name of the formula, see Notes.
    treatment, control : str, optional
        The two arms; needed where a printed row is an arm.
    reference_round : str, optional
        The round from which change is counted; needed by the formulas that count change from it.
    correlation : float, optional
        Correlation of the scores between two rounds: the interval of a difference in change needs it, and
        *change-over-score-sd* the effect itself.
    hedges : bool
        Whether to take out the small-sample bias (Hedges' g instead of Cohen's d).

    Returns
    -------
    Result
        One row an effect with its ``measure``, ``variance``, ``formula`` and 95 % interval; logarithms of ratios
        stand also as ``ratio``. Its frame fits the table *effects* that `pool` takes, if study, outcome, round or
        time, and direction were said. Where something is missing, so is the estimate, and the exclusions count
        what: in printed arms ``mean_missing``, ``sd_missing``, ``n_missing``, ``events_missing``, ``other_arm``,
        ``one_arm_only``, ``reference_round_missing``, ``same_in_both_arms`` (an event of nobody, or of everybody,
        tells nothing of a ratio); in printed comparisons ``figure_missing``.

    Raises
    ------
    ColumnError
        A column is missing, holds no numbers, or the arms are not texts.
    MissingValueError
        What a figure belongs to is not said.
    DuplicateError
        An arm, outcome and round stands twice.
    DesignError
        An argument that the formula needs was not said, or one that it does not know was.
    InvalidValueError
        An arm, round, measure or formula does not exist, a direction is unknown or not the same for all of an
        outcome, or a printed figure is impossible.

    Notes
    -----
    One printed row an arm, with ``arm`` and `treatment`, `control`:

    - ``mean, sd, n``: *posttest* (means over the pooled SD), *change-over-posttest-sd* and
      *change-over-baseline-sd* (change from `reference_round`), *mean-difference*, *difference-in-change*; where
      the means are changes, *change-over-change-sd* and, with `correlation`, *change-over-score-sd*.
    - ``events, n``: *odds-ratio*, *risk-ratio* (both as logarithms), *risk-difference*.

    One printed row a comparison:

    - ``n_treatment, n_control`` and ``t``, or ``f`` (1 degree of freedom) or ``p`` with ``sign`` (1 or -1): *t*,
      *f*, *p* (``tails`` 1 where it is one-tailed).
    - ``estimate`` (a mean difference), ``n_treatment, n_control`` and its error: *sd-from-standard-error*
      (``std_error``), *sd-from-interval* (``conf_low, conf_high``).
    - ``measure`` (mean_difference, cohens_d, hedges_g, risk_difference, odds_ratio, risk_ratio, hazard_ratio,
      rate_ratio), ``estimate`` and its error: *standard-error* (of a ratio: of its logarithm), *interval*.
    - ``r, n``: *correlation*, as Fisher's z.

    Intervals are at 95 % and normal, unless the columns ``conf_level`` and ``df`` (then t) say otherwise.

    Examples
    --------
    R: ``metafor::escalc("SMD", m1i = 3.55, sd1i = .48, n1i = 136, m2i = 3.38, sd2i = .53, n2i = 117)`` gives g = 0.3365.

    >>> import pandas as pd
    >>> means = pd.DataFrame({"arm": ["peer", "control"], "mean": [3.55, 3.38], "sd": [0.48, 0.53], "n": [136, 117]})
    >>> found = effect_size(means, formula="posttest", treatment="peer", control="control", hedges=True)
    >>> found.estimates[["measure", "estimate", "std_error", "n"]].round(4)
        measure  estimate  std_error      n
    0  hedges_g    0.3365     0.1266  253.0

    64 of 218 persons were readmitted with peer support, 83 of 216 without:

    >>> counts = pd.DataFrame({"arm": ["peer", "post"], "events": [64, 83], "n": [218, 216]})
    >>> found = effect_size(counts, formula="odds-ratio", treatment="peer", control="post")
    >>> found.estimates[["measure", "estimate", "ratio", "ratio_low", "ratio_high"]].round(3)
              measure  estimate  ratio  ratio_low  ratio_high
    0  log_odds_ratio    -0.407  0.666      0.446       0.994
    """
    rule = _rule(formula, (treatment, control), correlation, hedges=hedges)
    check_columns(printed, rule)
    if rule.rows == "arms":
        arms = (str(treatment), str(control))
        wide = arms_side_by_side(printed, rule, arms, reference_round)
        exclusions = _of_arms(printed, arms, wide, rule)
    else:
        wide = comparisons(printed, rule)
        exclusions = {}
    frame = _effects(wide, formula, rule, correlation, hedges=hedges)
    told = exclusions or _of_effects(wide, frame, rule)
    if treatment is not None and control is not None:
        frame = frame.assign(contrast=f"{treatment} - {control}")
    return Result(
        kind="effects",
        title="Effect sizes from printed figures",
        estimates=frame,
        method=rule.method + (" Hedges' small-sample correction: d and its standard error times J." if hedges else ""),
        claim="description",
        estimand="Difference between the arms, as the printed figures give it.",
        references=(rule.reference, *(["Hedges 1981, Journal of Educational Statistics 6:107"] if hedges else [])),
        settings={
            **_common(frame), "formula": formula, "treatment": treatment, "control": control, "reference_round": reference_round,
            "correlation": correlation, "hedges": hedges, "versions": versions(), "data": data_facts(printed),
        },
        columns={name: meaning for name, meaning in COLUMNS.items() if name in frame},
        exclusions=told,
        origin=origin_of(printed),
    )  # fmt: skip


def _common(frame: pd.DataFrame) -> dict[str, str]:
    """The direction and the scale, where all effects have the same."""
    said = {name: frame[name].dropna().unique() for name in ("direction", "scale") if name in frame}
    return {name: str(values[0]) for name, values in said.items() if len(values) == 1}


def _rule(
    formula: str, arms: tuple[str | None, str | None], correlation: float | None, *, hedges: bool
) -> EffectFormula:
    if formula not in formulas():
        msg = f"There is no formula {formula!r}."
        raise InvalidValueError(msg, hint=nearest(formula, formulas()))
    rule = formulas()[formula]
    if rule.rows == "arms" and None in arms:
        msg = f"The formula {formula!r} compares two arms, and which they are was not said."
        raise DesignError(msg, hint="Say treatment=… and control=….")
    if hedges and rule.measure != "cohens_d":
        msg = f"The formula {formula!r} gives no Cohen's d that Hedges' factor could correct."
        raise DesignError(msg, hint="Leave hedges out.")
    if correlation is not None and not -1 <= correlation <= 1:
        msg = f"A correlation of {correlation} is impossible."
        raise InvalidValueError(msg, hint="It lies between -1 and 1.")
    if correlation is None and rule.needs_correlation:
        msg = f"The formula {formula!r} needs the correlation of scores between the rounds."
        raise DesignError(msg, hint="Say correlation=…, or take 'change-over-change-sd'.")
    if correlation is not None and not rule.correlation:
        msg = f"The formula {formula!r} knows of no correlation."
        raise DesignError(msg, hint="Leave correlation out.")
    return rule


def _effects(
    wide: pd.DataFrame, formula: str, rule: EffectFormula, correlation: float | None, *, hedges: bool
) -> pd.DataFrame:
    raw, variance = effect_and_variance(formula, wide, correlation)
    measure = wide["measure"].astype(str).replace(LOGGED) if rule.measure == "printed" else rule.measure
    frame = pd.DataFrame({name: wide[name] for name in (*KEYS, "cluster") if name in wide}, index=wide.index)
    if "time" not in frame and "round" in frame:
        frame["time"] = frame["round"]
    frame = frame.assign(measure="hedges_g" if hedges else measure, formula=formula)
    turns = frame["measure"].isin(_TURNED) if rule.turns else pd.Series(data=False, index=frame.index)
    sign = (wide["sign"] if rule.rows == "arms" else wide["turned"]).where(turns, 1.0)
    n = _persons(wide)
    factor = np.array([hedges_factor(df) for df in n - 2]) if hedges else 1.0
    frame = frame.assign(
        estimate=factor * sign * raw, variance=factor**2 * variance, n=n, conf_level=LEVEL, **_said(wide, rule, turns)
    )
    return with_intervals(_with_counts(frame, wide, formula, rule))


def _persons(wide: pd.DataFrame) -> pd.Series:
    if "n_t" in wide and "n_c" in wide:
        return (wide["n_t"] + wide["n_c"]).astype(float)
    return wide["n"].astype(float) if "n" in wide else pd.Series(np.nan, index=wide.index)


def _said(wide: pd.DataFrame, rule: EffectFormula, turns: pd.Series) -> dict[str, pd.Series | str]:
    """The scale and the direction of effects, where they are known."""
    said: dict[str, pd.Series | str] = {}
    if rule.scale != "printed":
        said["scale"] = rule.scale
    elif "scale" in wide:
        said["scale"] = wide["scale"].astype("string")
    elif "measure" in wide:
        known = {**dict.fromkeys(LOGGED, "log"), "risk_difference": "share"}
        said["scale"] = wide["measure"].astype(str).map(known)
    if "direction" in wide:
        said["direction"] = wide["direction"].astype("string").mask(turns, "higher is better")
    return said


def _with_counts(frame: pd.DataFrame, wide: pd.DataFrame, formula: str, rule: EffectFormula) -> pd.DataFrame:
    if "events" not in rule.needs:
        return frame
    counts = {name: wide[column] for column, name in _COUNTS.items()}
    return frame.assign(**counts, correction=0.5 * corrected(formula, wide))


def with_intervals(frame: pd.DataFrame) -> pd.DataFrame:
    """Complete effects by their standard error and normal interval, and logarithms by their ratio.

    Parameters
    ----------
    frame : DataFrame
        With ``measure``, ``estimate``, ``variance`` and ``conf_level``.

    Returns
    -------
    DataFrame
        The rows with ``std_error``, ``conf_low``, ``conf_high`` and, if any is a logarithm, ``ratio``, ``ratio_low``
        and ``ratio_high``.
    """
    from scipy.stats import norm

    error = np.sqrt(frame["variance"].astype(float))
    half = norm.ppf((1 + frame["conf_level"].astype(float)) / 2) * error
    found = frame.assign(std_error=error, conf_low=frame["estimate"] - half, conf_high=frame["estimate"] + half)
    return with_ratios(found)


def with_ratios(frame: pd.DataFrame) -> pd.DataFrame:
    """Put ratios beside estimates that are logarithms.

    Parameters
    ----------
    frame : DataFrame
        With ``measure``, ``estimate``, ``conf_low`` and ``conf_high``.

    Returns
    -------
    DataFrame
        With ``ratio``, ``ratio_low`` and ``ratio_high``, if there is a logarithm.
    """
    logged = frame["measure"].isin(list(LOGGED.values()))
    if not logged.any():
        return frame
    names = {"estimate": "ratio", "conf_low": "ratio_low", "conf_high": "ratio_high"}
    return frame.assign(**{new: np.exp(frame[old].where(logged).astype(float)) for old, new in names.items()})


def _of_arms(printed: pd.DataFrame, arms: tuple[str, str], wide: pd.DataFrame, rule: EffectFormula) -> dict[str, int]:
    mine = printed[printed["arm"].isin(arms)]
    one_arm = wide["printed_t"].isna() | wide["printed_c"].isna()
    counts = {f"{name}_missing": int(mine[name].isna().sum()) for name in rule.needs}
    counts |= {"other_arm": len(printed) - len(mine), "one_arm_only": int(one_arm.sum())}
    if rule.change:
        without = wide["printed_t_0"].isna() | wide["printed_c_0"].isna()
        counts["reference_round_missing"] = int(without.sum())
    if rule.measure in LOGGED.values():
        events, others = wide["events_t"] + wide["events_c"], wide["n_t"] + wide["n_c"]
        counts["same_in_both_arms"] = int(((events == 0) | (events == others)).sum())
    return {reason: count for reason, count in counts.items() if count}


def _of_effects(wide: pd.DataFrame, frame: pd.DataFrame, rule: EffectFormula) -> dict[str, int]:
    missing = int(frame["estimate"].isna().sum()) if rule.rows == "comparisons" else 0
    return {"figure_missing": missing} if missing and len(wide) else {}
