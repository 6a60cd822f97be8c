"""Risks in two arms and what can be said of their difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from peereval.errors import ColumnError, DesignError, InvalidValueError, nearest
from peereval.estimation.proportions import wilson_interval
from peereval.panel import arms_of
from peereval.results import Result, data_facts, origin_of, versions

if TYPE_CHECKING:
    from numpy.typing import NDArray

Allocation: TypeAlias = Literal["randomised", "observed"]
Interval: TypeAlias = Literal["newcombe", "wald"]
LEVEL = 0.95


def compare_risks(
    data: pd.DataFrame,
    *,
    outcome: str,
    treatment: str,
    reference: str,
    allocation: Allocation,
    arm: str = "arm",
    interval: Interval = "newcombe",
) -> Result:
    """Compare the risk of an outcome in two arms: risks, difference, ratio, odds ratio, number needed to treat.

    Parameters
    ----------
    data : DataFrame
        One row a person; with a column ``person`` nobody may be in two arms.
    outcome : str
        The column that says whether the event happened (true, false, or empty where it is not known).
    treatment, reference : str
        The arm in question and the arm it is compared with.
    allocation : {"randomised", "observed"}
        How persons came into the arms; it decides whether the result may claim an effect.
    arm : str
        The column of the arms.
    interval : {"newcombe", "wald"}
        The interval of the risk difference: Newcombe's hybrid score (1998) or the plain normal one.

    Returns
    -------
    Result
        Rows with ``measure`` ``risk`` (per arm, Wilson), ``risk_difference``, ``risk_ratio`` (Katz),
        ``odds_ratio`` (Woolf), ``number_needed_to_treat`` (positive when the risk is lower with treatment; its
        limits only where those of the difference exclude 0), and ``test`` rows for chi-squared, chi-squared
        with Yates' correction, and Fisher's exact test, named in ``term``.

    Raises
    ------
    ColumnError
        A column is missing, `outcome` is not true or false, or the arms are not texts.
    InvalidValueError
        An arm does not exist or has nobody with a known outcome, or `interval` is unknown.
    DesignError
        The allocation was not said, or a person is in two arms.

    Examples
    --------
    R: ``fisher.test(matrix(c(64, 154, 83, 133), 2))$p.value`` gives 0.0539.

    >>> import pandas as pd
    >>> persons = pd.DataFrame({
    ...     "arm": ["peer"] * 218 + ["post"] * 216,
    ...     "readmitted": [True] * 64 + [False] * 154 + [True] * 83 + [False] * 133,
    ... })
    >>> found = compare_risks(persons, outcome="readmitted", treatment="peer", reference="post",
    ...                       allocation="randomised").estimates
    >>> found.set_index("measure").loc[["risk_ratio", "odds_ratio"], ["estimate", "conf_low", "conf_high"]].round(3)
                estimate  conf_low  conf_high
    measure
    risk_ratio     0.764     0.585      0.997
    odds_ratio     0.666     0.446      0.994
    """
    known = _known(data, outcome, arm, allocation, interval)
    counts = _counts(known, outcome, arm, (treatment, reference))
    rows = [*_risks(counts, (treatment, reference)), *_contrasts(counts, interval), *_tests(counts)]
    contrast = f"{treatment} - {reference}"
    return Result(
        kind="risks",
        title=f"Risk of {outcome}: {treatment} compared with {reference}",
        estimates=pd.DataFrame(rows).assign(outcome=outcome, contrast=contrast, n=int(counts.sum())),
        method=_METHOD.format(interval={"newcombe": "Newcombe's hybrid score", "wald": "the normal"}[interval]),
        claim="effect" if allocation == "randomised" else "association",
        estimand="Difference between the arms in the risk of the outcome, among persons whose outcome is known.",
        assumptions=("Persons with an unknown outcome are left out; the arms are compared as if they were missing at random.",),
        references=_REFERENCES,
        settings={
            "outcome": outcome, "treatment": treatment, "reference": reference, "allocation": allocation,
            "interval": interval, "conf_level": LEVEL, "versions": versions(), "data": data_facts(data),
        },
        exclusions=_exclusions(data, outcome, arm, (treatment, reference)),
        origin=origin_of(data),
    )  # fmt: skip


_METHOD = (
    "Risks are given with Wilson's interval, their difference with {interval} interval, the risk ratio with Katz's and "
    "the odds ratio with Woolf's; the arms are tested with the chi-squared test, with and without Yates' correction, "
    "and with Fisher's exact test, side by side."
)
_REFERENCES = (
    "Newcombe 1998, Statistics in Medicine 17:873",
    "Katz et al. 1978, Biometrics 34:469",
    "Woolf 1955, Annals of Human Genetics 19:251",
)


def _known(data: pd.DataFrame, outcome: str, arm: str, allocation: str, interval: str) -> pd.DataFrame:
    if allocation not in get_args(Allocation):
        msg = f"The allocation {allocation!r} is not 'randomised' or 'observed'."
        raise DesignError(msg, hint="It decides whether the report may say 'effect' or only 'association'.")
    if interval not in get_args(Interval):
        msg = f"There is no interval {interval!r} of a risk difference."
        raise InvalidValueError(msg, hint=nearest(interval, get_args(Interval)))
    if outcome not in data.columns:
        msg = f"The data have no column {outcome!r}."
        raise ColumnError(msg, hint=nearest(outcome, map(str, data.columns)))
    arms_of(data, arm, "data")
    if not pd.api.types.is_bool_dtype(data[outcome].dtype):
        msg = f"The column {outcome!r} holds {data[outcome].dtype}; expected true, false or empty."
        raise ColumnError(msg, hint="Convert it with .astype('boolean').")
    return data[data[outcome].notna()]


def _counts(known: pd.DataFrame, outcome: str, arm: str, arms: tuple[str, str]) -> NDArray[np.int64]:
    """Events and others (columns) in treatment and reference (rows)."""
    there = set(known[arm].dropna())
    for name in arms:
        if name not in there:
            msg = f"Nobody with a known outcome is in the arm {name!r}."
            raise InvalidValueError(msg, hint=nearest(name, there))
    events = [int(known.loc[known[arm] == name, outcome].sum()) for name in arms]
    totals = [int((known[arm] == name).sum()) for name in arms]
    return np.array([[event, total - event] for event, total in zip(events, totals, strict=True)])


def _risks(counts: NDArray[np.int64], arms: tuple[str, str]) -> list[dict[str, object]]:
    low, high = wilson_interval(counts[:, 0], counts.sum(axis=1), level=LEVEL)
    return [
        {
            "measure": "risk", "group": name, "estimate": events / total, "conf_low": below, "conf_high": above,
            "conf_level": LEVEL, "numerator": int(events), "denominator": int(total),
        }
        for name, events, total, below, above in zip(arms, counts[:, 0], counts.sum(axis=1), low, high, strict=True)
    ]  # fmt: skip


def _contrasts(counts: NDArray[np.int64], interval: str) -> list[dict[str, object]]:
    from statsmodels.stats.contingency_tables import Table2x2
    from statsmodels.stats.proportion import confint_proportions_2indep

    (events, totals) = counts[:, 0], counts.sum(axis=1)
    difference = float(events[0] / totals[0] - events[1] / totals[1])
    method = {"newcombe": "newcomb", "wald": "wald"}[interval]
    limits = confint_proportions_2indep(events[0], totals[0], events[1], totals[1], method=method, alpha=1 - LEVEL)
    rows = [_row("risk_difference", difference, limits), _number_needed(difference, limits)]
    if (counts == 0).any():
        return rows + [_row(name, np.nan, (np.nan, np.nan)) for name in ("risk_ratio", "odds_ratio")]
    table = Table2x2(counts, shift_zeros=False)
    rows.append(_row("risk_ratio", table.riskratio, table.riskratio_confint(1 - LEVEL)))
    return [*rows, _row("odds_ratio", table.oddsratio, table.oddsratio_confint(1 - LEVEL))]


def _number_needed(difference: float, limits: tuple[float, float]) -> dict[str, object]:
    value = -1 / difference if difference else np.inf
    if limits[0] <= 0 <= limits[1]:
        return _row("number_needed_to_treat", value, (np.nan, np.nan))
    low, high = sorted(-1 / np.array(limits))
    return _row("number_needed_to_treat", value, (low, high))


def _row(measure: str, estimate: float, limits: tuple[float, float]) -> dict[str, object]:
    low, high = (float(limit) for limit in limits)
    return {
        "measure": measure,
        "estimate": float(estimate),
        "conf_low": low,
        "conf_high": high,
        "conf_level": LEVEL,
    }


def _tests(counts: NDArray[np.int64]) -> list[dict[str, object]]:
    from scipy.stats import chi2_contingency, fisher_exact

    rows: list[dict[str, object]] = []
    if counts.sum(axis=0).all():
        for name, correction in (("chi-squared", False), ("chi-squared, Yates", True)):
            test = chi2_contingency(counts, correction=correction)
            rows.append(
                {
                    "measure": "test",
                    "term": name,
                    "statistic": test.statistic,
                    "df": test.dof,
                    "p_value": test.pvalue,
                }
            )
    return [
        *rows,
        {"measure": "test", "term": "Fisher's exact", "p_value": float(fisher_exact(counts).pvalue)},
    ]


def _exclusions(data: pd.DataFrame, outcome: str, arm: str, arms: tuple[str, str]) -> dict[str, int]:
    counts = {
        "arm_missing": int(data[arm].isna().sum()),
        "outcome_missing": int((data[outcome].isna() & data[arm].isin(arms)).sum()),
        "other_arm": int((data[arm].notna() & ~data[arm].isin(arms)).sum()),
    }
    return {reason: count for reason, count in counts.items() if count}
