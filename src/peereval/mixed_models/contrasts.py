"""Combinations of coefficients, one by one and together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from peereval.errors import DesignError, InvalidValueError, nearest
from peereval.mixed_models.wording import ASSUMPTIONS, references
from peereval.results import Result

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from peereval.mixed_models.model import MMRM

    Numbers: TypeAlias = NDArray[np.floating[Any]]

DENOMINATOR = {"df_denominator": "denominator degrees of freedom of an F test; df are those of its numerator"}


def tested_columns(model: MMRM, weights: Numbers, level: float) -> dict[str, Numbers | float]:
    """Test combinations of all coefficients, each by itself.

    Parameters
    ----------
    model : MMRM
        The fitted model.
    weights : ndarray, shape (q, names)
        Combinations of all columns, aliased ones among them.
    level : float
        Confidence level.

    Returns
    -------
    dict
        Columns of the shared vocabulary; not-a-number where the data do not determine a combination.
    """
    if not 0 < level < 1:
        msg = f"The confidence level is {level!r}; it lies between 0 and 1."
        raise InvalidValueError(msg, hint="Say level=0.95 for 95 %.")
    tests = model.inference.each(weights[:, model.design.kept])
    low, high = tests.limits(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = tests.estimate / tests.std_error
    known = model.design.is_estimable(weights)
    columns = {
        "estimate": tests.estimate, "std_error": tests.std_error, "statistic": statistic, "df": tests.df,
        "p_value": tests.p_value, "conf_low": low, "conf_high": high,
    }  # fmt: skip
    return {**{name: np.where(known, column, np.nan) for name, column in columns.items()}, "conf_level": level}


def contrast_result(
    model: MMRM, weights: ArrayLike | Mapping[str, float] | pd.DataFrame, level: float
) -> Result:  # fmt: skip
    """Estimate and test combinations of coefficients, as `MMRM.contrast` documents.

    Parameters
    ----------
    model : MMRM
        The fitted model.
    weights : array, mapping or DataFrame
        The combinations.
    level : float
        Confidence level.

    Returns
    -------
    Result
        One row a contrast and, if there are several, one for all together.
    """
    names, rows = _rows(model.design.names, weights)
    known = model.design.is_estimable(rows)
    if not known.all():
        where = ", ".join(repr(name) for name, fine in zip(names, known, strict=True) if not fine)
        msg = (
            f"The data do not determine the contrast {where}, because columns are aliased: {', '.join(model.aliased)}."
        )
        raise DesignError(msg, hint="Leave these columns out of the contrast, or out of the formula.")
    frame = pd.DataFrame({"contrast": names, "measure": "contrast", **tested_columns(model, rows, level)})
    if len(rows) > 1:
        found = model.inference.together(rows[:, model.design.kept])
        joint = {
            "contrast": "all", "measure": "joint_test", "statistic": found.statistic, "df": found.df,
            "df_denominator": found.df_denominator, "p_value": found.p_value,
        }  # fmt: skip
        frame = pd.DataFrame([*frame.to_dict("records"), joint])
    return Result(
        kind="contrasts",
        title="Contrasts of coefficients",
        estimates=frame.assign(n=model.n_persons),
        method=model.method,
        claim="association",
        estimand="A combination of the fixed effects, whether or not an outcome was observed.",
        assumptions=ASSUMPTIONS,
        references=references(model.request),
        settings=model.settings(),
        columns=DENOMINATOR if len(rows) > 1 else {},
        exclusions=model.exclusions,
        origin=model.origin,
    )


def _rows(names: tuple[str, ...], weights: Any) -> tuple[list[str], Numbers]:
    """Names of the contrasts, and their weights for all columns."""
    if isinstance(weights, pd.DataFrame):
        _check_names(names, [str(name) for name in weights.columns])
        full = weights.rename(columns=str).reindex(columns=list(names), fill_value=0.0)
        return [str(name) for name in weights.index], _finite(full.to_numpy(dtype=np.float64), names)
    if isinstance(weights, Mapping):
        _check_names(names, [str(name) for name in weights])
        row = np.array([[float(weights.get(name, 0.0)) for name in names]])
        return [_written(names, row[0])], _finite(row, names)
    rows = _finite(np.atleast_2d(np.asarray(weights, dtype=np.float64)), names)
    return [_written(names, row) for row in rows], rows


def _check_names(names: tuple[str, ...], said: list[str]) -> None:
    for name in said:
        if name not in names:
            msg = f"There is no coefficient {name!r}."
            raise InvalidValueError(msg, hint=nearest(name, names))


def _finite(rows: Numbers, names: tuple[str, ...]) -> Numbers:
    if rows.ndim != 2 or rows.shape[1] != len(names) or not np.isfinite(rows).all():  # noqa: PLR2004 - a matrix
        msg = f"The weights have the shape {rows.shape}; each contrast needs {len(names)} finite numbers, one a coefficient."
        raise InvalidValueError(msg, hint=f"Their order is {', '.join(names)}.")
    if not np.abs(rows).max(axis=1).all():
        msg = "A contrast has the weight 0 for every coefficient."
        raise InvalidValueError(msg, hint="Leave it out.")
    return rows


def _written(names: tuple[str, ...], row: Numbers) -> str:
    parts = [
        f"{'-' if weight < 0 else '+'} {_times(abs(weight))}{name}"
        for name, weight in zip(names, row, strict=True)
        if weight
    ]
    return " ".join(parts).removeprefix("+ ")


def _times(weight: float) -> str:
    return "" if weight == 1 else f"{weight:.4g} "
