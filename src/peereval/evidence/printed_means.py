"""Two arms compared by what a paper prints of them: means, and standard deviations or intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.errors import ColumnError, DuplicateError, InvalidValueError, nearest
from peereval.panel import arms_of
from peereval.results import Result, data_facts, origin_of, versions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_LEVEL = 0.95
_KEYS = ("outcome", "round")


def compare_printed_means(printed: pd.DataFrame, *, treatment: str, control: str) -> Result:
    """Compare two arms by their printed means: difference, interval, two- and one-sided tests, ratio.

    Parameters
    ----------
    printed : DataFrame
        One row an arm (and outcome, and round), with ``arm``, ``mean``, ``n`` and either ``sd`` or the limits of
        a normal 95 % interval of the mean, ``conf_low`` and ``conf_high``.
    treatment, control : str
        The two arms.

    Returns
    -------
    Result
        For each outcome and round, ``mean_difference`` by Student's and Welch's t test, or, from intervals, by
        the normal distribution (named in ``term``); ``p_value`` is two-sided and ``p_one_sided`` the half of it
        that a test in the direction of the difference gives. Where means are positive and standard deviations
        are printed, ``ratio_of_means`` with the interval of the delta method on its logarithm, which needs no
        distribution of counts. ``n`` is the number in both arms. What is not printed is missing and counted
        among the exclusions.

    Raises
    ------
    ColumnError
        A column is missing, or the arms are not texts.
    InvalidValueError
        An arm does not exist.
    DuplicateError
        An arm, outcome and round stands twice.

    Examples
    --------
    R: ``t.test`` of two samples with these means and standard deviations gives -18.055 to 0.055 with equal variances.

    >>> import pandas as pd
    >>> days = pd.DataFrame({"arm": ["peer", "usual"], "mean": [10.08, 19.08], "sd": [17.31, 21.63], "n": [38, 36]})
    >>> found = compare_printed_means(days, treatment="peer", control="usual").estimates
    >>> found[["term", "estimate", "conf_low", "conf_high", "p_value", "p_one_sided"]].round(3)
          term  estimate  conf_low  conf_high  p_value  p_one_sided
    0  Student    -9.000   -18.055      0.055    0.051        0.026
    1    Welch    -9.000   -18.121      0.121    0.053        0.027
    2    delta     0.528     0.273      1.022    0.058        0.029
    """
    spread = _spread(printed)
    wide = _side_by_side(printed, spread, (treatment, control))
    keys = [name for name in _KEYS if name in wide.columns]
    means = {"sd": _t_tests, "conf": _normal_test}[spread](wide)
    frames = [pd.concat([wide[keys], each], axis=1).assign(n=wide["n_t"] + wide["n_c"]) for each in means]
    found = pd.concat(frames).sort_index(kind="stable")
    return Result(
        kind="printed-means",
        title=f"Printed means: {treatment} compared with {control}",
        estimates=found.assign(contrast=f"{treatment} - {control}", conf_level=_LEVEL),
        method=_METHOD[spread],
        claim="description",
        estimand="Difference between the arms' means, as they are printed.",
        assumptions=("The arms are independent, and their means approximately normal.",),
        references=("Welch 1947, Biometrika 34:28",),
        settings={"treatment": treatment, "control": control, "versions": versions(), "data": data_facts(printed)},
        columns={"p_one_sided": "p value of a test in the direction of the difference: half of the two-sided one"},
        exclusions=_exclusions(printed, wide, spread, (treatment, control)),
        origin=origin_of(printed),
    )


_METHOD = {
    "sd": "Means are compared by Student's t test (equal variances) and Welch's, computed from printed means, standard deviations and "
    "numbers; the ratio of the means has the interval of the delta method on its logarithm.",
    "conf": "Means are compared with the normal distribution; standard errors are read from printed 95 % intervals.",
}


def _spread(printed: pd.DataFrame) -> str:
    """Whether the table prints standard deviations or intervals."""
    there = list(map(str, printed.columns))
    for name in ("arm", "mean", "n"):
        if name not in there:
            msg = f"The printed figures have no column {name!r}."
            raise ColumnError(msg, hint=nearest(name, there))
    if "sd" in there:
        return "sd"
    if {"conf_low", "conf_high"} <= set(there):
        return "conf"
    msg = "The printed figures have neither a column 'sd' nor 'conf_low' and 'conf_high'."
    raise ColumnError(msg, hint="Print the standard deviation or the interval of each mean.")


def _side_by_side(printed: pd.DataFrame, spread: str, arms: tuple[str, str]) -> pd.DataFrame:
    keys = [name for name in _KEYS if name in printed.columns]
    there = arms_of(printed, "arm", "printed figures")
    for name in arms:
        if name not in there:
            msg = f"There is no arm {name!r} among the printed figures."
            raise InvalidValueError(msg, hint=nearest(name, there))
    mine = printed[printed["arm"].isin(arms)].astype(dict.fromkeys(keys, "string"))
    if mine.duplicated([*keys, "arm"]).any():
        again = int(np.flatnonzero(printed.duplicated([*keys, "arm"]))[0]) + 1
        msg = f"The printed figures hold the arm, outcome and round of row {again} twice."
        raise DuplicateError(msg, hint="Keep one row for each arm, outcome and round.")
    cells = ["mean", "n", *{"sd": ["sd"], "conf": ["conf_low", "conf_high"]}[spread]]
    wide = mine[keys].drop_duplicates().reset_index(drop=True) if keys else pd.DataFrame(index=[0])
    for name, ending in zip(arms, ("t", "c"), strict=True):
        one = mine.loc[mine["arm"] == name, [*keys, *cells]].astype(dict.fromkeys(cells, float)).assign(there=1.0)
        one = one.rename(columns={each: f"{each}_{ending}" for each in (*cells, "there")})
        wide = wide.merge(one, on=keys, how="left") if keys else wide.merge(one, how="cross")
    return wide


def _t_tests(wide: pd.DataFrame) -> list[pd.DataFrame]:
    from scipy.stats import norm

    parts = [wide[f"sd_{arm}"] ** 2 / wide[f"n_{arm}"] for arm in ("t", "c")]
    df = [wide[f"n_{arm}"] - 1 for arm in ("t", "c")]
    pooled = sum(wide[f"sd_{arm}"] ** 2 * each for arm, each in zip(("t", "c"), df, strict=True)) / (df[0] + df[1])
    welch = (parts[0] + parts[1]) ** 2 / (parts[0] ** 2 / df[0] + parts[1] ** 2 / df[1])
    difference = wide["mean_t"] - wide["mean_c"]
    student = np.sqrt(pooled * (1 / wide["n_t"] + 1 / wide["n_c"]))
    rows = [
        _tested("mean_difference", "Student", difference, student, df[0] + df[1]),
        _tested("mean_difference", "Welch", difference, np.sqrt(parts[0] + parts[1]), welch),
    ]
    positive = (wide["mean_t"] > 0) & (wide["mean_c"] > 0)
    logs = np.log(wide["mean_t"].where(positive)) - np.log(wide["mean_c"].where(positive))
    delta = np.sqrt(parts[0] / wide["mean_t"] ** 2 + parts[1] / wide["mean_c"] ** 2)
    z = norm.ppf((1 + _LEVEL) / 2)
    ratio = _tested("ratio_of_means", "delta", logs, delta, None)
    ratio = ratio.assign(estimate=np.exp(logs), conf_low=np.exp(logs - z * delta), conf_high=np.exp(logs + z * delta))
    return [*rows, ratio] if positive.any() else rows


def _normal_test(wide: pd.DataFrame) -> list[pd.DataFrame]:
    from scipy.stats import norm

    quantile = 2 * norm.ppf((1 + _LEVEL) / 2)
    errors = [(wide[f"conf_high_{arm}"] - wide[f"conf_low_{arm}"]) / quantile for arm in ("t", "c")]
    std_error = np.sqrt(errors[0] ** 2 + errors[1] ** 2)
    return [_tested("mean_difference", "normal", wide["mean_t"] - wide["mean_c"], std_error, None)]


def _tested(measure: str, term: str, estimate: pd.Series, std_error: pd.Series, df: pd.Series | None) -> pd.DataFrame:
    from scipy.stats import norm, t

    law = norm if df is None else t(df)
    statistic = estimate / std_error.where(std_error > 0)
    half = law.ppf((1 + _LEVEL) / 2) * std_error
    one_sided = law.sf(np.abs(statistic))
    columns = {
        "measure": measure, "term": term, "estimate": estimate, "std_error": std_error, "statistic": statistic,
        "df": np.nan if df is None else df, "p_value": 2 * one_sided, "p_one_sided": one_sided,
        "conf_low": estimate - half, "conf_high": estimate + half,
    }  # fmt: skip
    return pd.DataFrame(columns, index=estimate.index)


def _exclusions(printed: pd.DataFrame, wide: pd.DataFrame, spread: str, arms: tuple[str, str]) -> dict[str, int]:
    mine = printed[printed["arm"].isin(arms)]
    cells = {"sd": ["sd"], "conf": ["conf_low", "conf_high"]}[spread]
    counts = {
        "mean_missing": int(mine["mean"].isna().sum()),
        "sd_missing": int(mine[cells].isna().any(axis=1).sum()),
        "n_missing": int(mine["n"].isna().sum()),
        "other_arm": len(printed) - len(mine),
        "one_arm_only": int((wide["there_t"].isna() | wide["there_c"].isna()).sum()),
    }
    return {reason: count for reason, count in counts.items() if count}
