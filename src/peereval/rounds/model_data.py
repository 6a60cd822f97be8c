"""The rows and the formula of a model of one scale, and which combination of its coefficients each mean is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from peereval.mixed_models.means import cells_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from peereval.mixed_models.design import Design
    from peereval.mixed_models.observations import Observations
    from peereval.rounds.comparison import Comparison

_LATER = "other_arm_in_round_"
_COVARIATE = "covariate_"


class ModelData(NamedTuple):
    """What a model is fitted to.

    Parameters
    ----------
    rows : DataFrame
        Scores with plain column names.
    formula : str
        The fixed effects in these names.
    """

    rows: pd.DataFrame
    formula: str


def model_data(part: pd.DataFrame, asked: Comparison) -> ModelData:
    """Write down the model of one scale.

    Parameters
    ----------
    part : DataFrame
        Its scores, none missing.
    asked : Comparison
        What is compared.

    Returns
    -------
    ModelData
        Rows and formula.
    """
    rows = part[["person", "score"]].assign(round=part["round"].cat.remove_unused_categories())
    covariates = _centred(part, asked)
    rows, slopes = rows.join(covariates), list(covariates.columns)
    if asked.unit is not None:
        # a number of a ward is a name: as a number it would get a slope
        rows = rows.assign(unit=part[asked.unit].astype(str))
    if asked.arms is not None and asked.baseline == "constrained":
        rows = rows.assign(**_later_columns(part, rows, asked))
    elif asked.arms is not None:
        kind = pd.CategoricalDtype([asked.arms.reference, asked.arms.other])
        rows, slopes = rows.assign(arm=part[asked.arms.column].astype(kind)), ["arm", *slopes]
    if asked.baseline == "covariate":
        rows, slopes = _after_start(rows, asked.rounds.reference), [*slopes, f"{_COVARIATE}baseline"]
    return ModelData(rows, _formula(list(rows.columns), slopes, fixed_units=asked.units == "these"))


def _formula(columns: list[str], slopes: list[str], *, fixed_units: bool) -> str:
    """Every covariate has a slope in each round, or it would adjust no change."""
    terms = [f"round * ({' + '.join(slopes)})" if slopes else "round"]
    terms += [name for name in columns if name.startswith(_LATER)]
    terms += ["unit"] if fixed_units and "unit" in columns else []
    return "score ~ " + " + ".join(terms)


def _after_start(rows: pd.DataFrame, reference: str) -> pd.DataFrame:
    start = rows[rows["round"] == reference].set_index("person")["score"]
    known = rows["person"].isin(start.index) & (rows["round"] != reference)
    rows = rows[known].assign(round=rows.loc[known, "round"].cat.remove_unused_categories())
    own = rows["person"].map(start).to_numpy(dtype=np.float64)
    return rows.assign(**{f"{_COVARIATE}baseline": own - start.loc[rows["person"].unique()].mean()})


def _centred(part: pd.DataFrame, asked: Comparison) -> pd.DataFrame:
    """Covariates as numbers around their mean over persons, at which means and changes are estimated."""
    if not asked.covariates:
        return pd.DataFrame(index=part.index)
    wide = pd.get_dummies(part[list(asked.covariates)], drop_first=True, dtype=np.float64).astype(np.float64)
    wide = wide - wide[~part["person"].duplicated()].mean()
    return wide.set_axis([f"{_COVARIATE}{place}" for place in range(wide.shape[1])], axis=1)


def _later_columns(part: pd.DataFrame, rows: pd.DataFrame, asked: Comparison) -> dict[str, pd.Series]:
    """One column a later round: whether it is the other arm's, so that the arms share the mean of the reference round."""
    other = part[asked.two_arms.column] == asked.two_arms.other
    later = _later(rows["round"].cat.categories, asked)
    return {
        f"{_LATER}{place}": (other & (rows["round"] == label)).astype(np.float64) for place, label in enumerate(later)
    }


def _later(rounds: Any, asked: Comparison) -> list[str]:
    return [label for label in rounds if label != asked.rounds.reference]


def mean_rows(
    design: Design, observations: Observations, asked: Comparison
) -> tuple[list[str], NDArray[np.floating[Any]]]:
    """Say which combination of coefficients the mean of each arm and round is.

    Parameters
    ----------
    design : Design
        The fixed effects.
    observations : Observations
        Who was observed when.
    asked : Comparison
        What is compared.

    Returns
    -------
    tuple of list of str and ndarray, shape (arms, rounds, names)
        The rounds, and the combinations; the reference arm first.
    """
    by = () if asked.arms is None or asked.baseline == "constrained" else ("arm",)
    cells = cells_of(design, observations, "round", by)
    # covariates stand at the mean over persons, where they are 0, instead of that over rows, where who stayed counts more
    adjusting = [any(part.startswith(_COVARIATE) for part in name.split(":")) for name in design.names]
    at_mean = np.where(adjusting, 0.0, cells.rows)
    if asked.arms is None or asked.baseline != "constrained":
        return cells.rounds, at_mean
    rows = np.repeat(at_mean, 2, axis=0)
    later = _later(cells.rounds, asked)
    columns = [design.names.index(f"{_LATER}{place}") for place in range(len(later))]
    rows[:, :, columns] = 0.0
    for column, label in zip(columns, later, strict=True):
        rows[1, cells.rounds.index(label), column] = 1.0
    return cells.rounds, rows
