"""Whether a comparison of rounds can be made as it was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pandas as pd

from peereval.contracts import SCORES, check_frame
from peereval.errors import ColumnError, DesignError, InvalidValueError, nearest
from peereval.estimation.multiplicity import check_adjustment
from peereval.mentions import row_numbers
from peereval.panel import arms_of, round_order
from peereval.rounds.comparison import Allocation, Baseline, Comparison, Design, Measurement, Units, Weighting
from peereval.rounds.rows import Arms, Rounds

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHOICES = {
    "design": Design,
    "measurement": Measurement,
    "baseline": Baseline,
    "units": Units,
    "weighting": Weighting,
}


def known(what: str, value: str, allowed: tuple[str, ...]) -> None:
    """Refuse a value that is none of those allowed.

    Parameters
    ----------
    what, value : str
        The argument and its value.
    allowed : tuple of str
        The values that there are.

    Raises
    ------
    InvalidValueError
        The value is another one.

    Examples
    --------
    >>> known("round", "start", ("start", "end"))
    """
    if value not in allowed:
        msg = f"There is no {what} {value!r}."
        raise InvalidValueError(msg, hint=nearest(value, allowed))


def check_no_text(what: str, value: object, written: str) -> None:
    """Refuse a single text where several names are expected, which would be read letter by letter.

    Parameters
    ----------
    what : str
        The argument.
    value : object
        Its value.
    written : str
        How it is written.

    Raises
    ------
    InvalidValueError
        The value is a text.

    Examples
    --------
    >>> check_no_text("covariates", ["age"], "covariates=['age']")
    """
    if isinstance(value, str):
        msg = f"{what} is the text {value!r}; expected several names."
        raise InvalidValueError(msg, hint=f"Write it as {written}.")


def comparison_of(
    scores: pd.DataFrame,
    *,
    arm: str | None,
    reference_arm: str | None,
    reference_round: str | None,
    covariates: tuple[str, ...],
    adjust: str,
    **said: Any,
) -> Comparison:
    """Check what was asked against the scores.

    Parameters
    ----------
    scores : DataFrame
        The *scores* contract.
    arm, reference_arm, reference_round, covariates, adjust
        As in `compare_rounds`.
    **said
        The other fields of `Comparison`.

    Returns
    -------
    Comparison
        What is compared; `baseline` is ``"response"`` where it was not said.

    Raises
    ------
    ColumnError, DesignError, InvalidValueError
        What cannot be.
    """
    check_frame(scores, SCORES)
    check_adjustment(adjust)
    if adjust == "tukey":
        msg = "Tukey's method compares means in pairs; scales are adjusted after Holm or Benjamini and Hochberg."
        raise InvalidValueError(msg, hint="Say adjust='holm'.")
    for what, kind in _CHOICES.items():
        if said[what] is not None:
            known(what, said[what], get_args(kind))
    if said["design"] == "panel" and not ("person" in scores.columns and scores["person"].notna().all()):
        msg = "The design is 'panel', but not every score belongs to a person."
        raise DesignError(msg, hint="Say design='panel-unlinked' if the same persons answered without a key.")
    arms = _arms(scores, arm, reference_arm, said["allocation"])
    _check_baseline(said, arms)
    _check_columns(scores, covariates, said["unit"], arm)
    _check_unit(scores, said)
    rounds = _rounds(scores, reference_round)
    fields = {**said, "baseline": said["baseline"] or "response"}
    return Comparison(rounds=rounds, arms=arms, covariates=covariates, **fields)


def _arms(scores: pd.DataFrame, arm: str | None, reference_arm: str | None, allocation: str | None) -> Arms | None:
    if arm is None:
        if allocation is not None or reference_arm is not None:
            msg = "An allocation or a reference arm was said, but not which column holds the arms."
            raise DesignError(msg, hint="Say arm='arm'; a comparison of one arm takes neither.")
        return None
    if allocation not in get_args(Allocation):
        msg = "Two arms need allocation='randomised' or 'observed'; there is no default."
        raise DesignError(msg, hint="It decides whether the report may say 'effect' or only 'association'.")
    arms = arms_of(scores, arm, "scores")
    if len(arms) != 2:  # noqa: PLR2004 - two arms
        msg = f"The column {arm!r} holds {len(arms)} arms ({', '.join(arms)}); two are compared."
        raise DesignError(msg, hint="Compare two arms at a time.")
    if reference_arm is None or reference_arm not in arms:
        msg = f"The reference arm {reference_arm!r} is not one of the arms."
        raise InvalidValueError(msg, hint=nearest(str(reference_arm), arms))
    return Arms(arm, reference_arm, next(name for name in arms if name != reference_arm))


def _rounds(scores: pd.DataFrame, reference: str | None) -> Rounds:
    order = round_order(scores, "scores")
    rounds = Rounds(order, order[0] if reference is None else reference)
    known("round", rounds.reference, tuple(order))
    if len(order) > 1 and rounds.reference == rounds.tested:
        msg = f"The reference round {rounds.reference!r} is the last round, at which is tested."
        raise DesignError(msg, hint="Name an earlier round; changes are counted from it.")
    return rounds


def _check_baseline(said: Mapping[str, Any], arms: Arms | None) -> None:
    baseline = said["baseline"]
    if baseline in ("constrained", "covariate") and arms is None:
        msg = f"baseline={baseline!r} compares two arms, and none were said."
        raise DesignError(msg, hint="Say arm=, reference_arm= and allocation=, or leave baseline out.")
    if baseline == "constrained" and said["allocation"] == "observed":
        msg = "baseline='constrained' lets the arms share one mean at the start, which only chance makes true."
        raise DesignError(msg, hint="Say baseline='response' or 'covariate' for observed arms (rule R2).")
    if said["weighting"] is not None and (arms is None or said["allocation"] != "observed"):
        msg = "Overlap weights make two observed arms alike."
        raise DesignError(msg, hint="Leave weighting out for one arm and for randomised arms.")


def _check_unit(scores: pd.DataFrame, said: Mapping[str, Any]) -> None:
    if said["units"] == "these" and said["unit"] is None:
        msg = "units='these' was said, but not which column holds the units."
        raise DesignError(msg, hint="Say unit='unit'.")
    if said["unit"] is not None and said["design"] == "panel":
        _check_constant(scores, said["unit"], "unit", "Give each person one unit, such as that of the first round.")


def _check_columns(scores: pd.DataFrame, covariates: tuple[str, ...], unit: str | None, arm: str | None) -> None:
    if arm is not None and arm in covariates:
        msg = f"The covariate {arm!r} is the column of the arms."
        raise DesignError(msg, hint="Leave it out.")
    for name in (*covariates, *([] if unit is None else [unit])):
        if name not in scores.columns:
            msg = f"The scores have no column {name!r}."
            hint = f"{nearest(name, map(str, scores.columns))} Join columns of the responses or of Table 1 by person."
            raise ColumnError(msg, hint=hint)
    for name in covariates:
        values = scores[name]
        if not (pd.api.types.is_numeric_dtype(values.dtype) or all(isinstance(each, str) for each in values.dropna())):
            msg = f"The covariate {name!r} holds {values.dtype}; expected numbers or texts."
            raise ColumnError(msg, hint="Give it as numbers, or as names of groups.")
        if values.nunique() < 2:  # noqa: PLR2004 - nothing to adjust for
            msg = f"The covariate {name!r} has the same value throughout."
            raise DesignError(msg, hint="Leave it out.")
        hint = "Adjust for what was so at the start: what changed since may be part of what is compared."
        _check_constant(scores, name, "covariate", hint)


def _check_constant(scores: pd.DataFrame, name: str, what: str, hint: str) -> None:
    if "person" not in scores.columns:
        return
    several = scores.groupby("person", observed=True)[name].transform("nunique") > 1
    if several.any():
        rows = row_numbers(several.to_numpy().nonzero()[0].tolist())
        msg = f"The {what} {name!r} changes within {int(scores.loc[several, 'person'].nunique())} persons ({rows})."
        raise DesignError(msg, hint=hint)
