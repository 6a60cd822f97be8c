"""Ordered and yes/no answers over the rounds: cumulative link models, shares and their differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from peereval.errors import ConvergenceError, DesignError, OutOfRangeError
from peereval.estimation.means import Estimate
from peereval.estimation.ordinal import cumulative_link, cumulative_link_mixed
from peereval.estimation.paired_proportions import paired_risk_difference, risk_difference
from peereval.estimation.proportions import wilson_interval
from peereval.estimation.random_intercept import marginal_risk_difference
from peereval.mentions import shown_code
from peereval.rounds.contrasts import between_keys
from peereval.rounds.rows import (
    LEVEL,
    by_arm,
    fewest_of,
    keys_of,
    pairs_of,
    values_of,
    wide_scores,
    with_limits,
    with_test,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from peereval.estimation.ordinal import CumulativeLink
    from peereval.rounds.comparison import Comparison
    from peereval.rounds.rows import Row


def yes_no(part: pd.DataFrame, asked: Comparison) -> pd.DataFrame:
    """Turn two codes into 1 for yes and 0 for the other.

    Parameters
    ----------
    part : DataFrame
        Scores of one scale, none missing.
    asked : Comparison
        With the code that counts as `yes`.

    Returns
    -------
    DataFrame
        The same rows.

    Raises
    ------
    OutOfRangeError
        There are more than two codes, or none of them is `yes`.
    """
    codes = np.unique(part["score"])
    if len(codes) > 2 or (len(codes) and asked.yes not in codes and len(codes) == 2):  # noqa: PLR2004 - two answers
        shown = ", ".join(map(shown_code, codes[:4]))
        name = part["scale"].iloc[0]
        msg = f"The scale {name!r} holds {len(codes)} codes ({shown}), with {shown_code(asked.yes)} counted as yes."
        raise OutOfRangeError(msg, hint="Say yes= as the code that counts, or measurement='ordinal'.")
    return part.assign(score=(part["score"] == asked.yes).astype(np.float64))


def share_rows(part: pd.DataFrame, asked: Comparison, *, linked: bool) -> Iterator[Row]:
    """Give the share of yes in each round and its difference between rounds.

    Parameters
    ----------
    part : DataFrame
        Scores of one scale, none missing.
    asked : Comparison
        What is compared.
    linked : bool
        Whether persons are compared with themselves: McNemar's mid-p test and Newcombe's paired interval; otherwise
        Newcombe's interval for independent samples.

    Yields
    ------
    dict
        Rows ``share_yes``, and ``risk_change`` or ``risk_difference``.
    """
    part = yes_no(part, asked)
    yield from shares(part, asked)
    wide = wide_scores(part, asked.rounds) if linked else None
    for label in asked.rounds.others:
        yield _difference(part, wide, asked, label)


def shares(mine: pd.DataFrame, asked: Comparison) -> Iterator[Row]:
    """Describe the yes/no answers of each round.

    Parameters
    ----------
    mine : DataFrame
        Answers of one scale and arm, 1 for yes.
    asked : Comparison
        With the rounds.

    Yields
    ------
    dict
        A row ``share_yes`` for each round, with Wilson's interval.
    """
    for label in asked.rounds.order:
        values = values_of(mine, label)
        yes, n = int(values.sum()), len(values)
        low, high = wilson_interval(yes, n, level=LEVEL)
        found = Estimate(yes / n if n else np.nan, conf_low=float(low), conf_high=float(high))
        counts: Row = {"n": n, "numerator": yes, "denominator": n}
        yield {"measure": "share_yes", "round": label, **with_limits(found), **counts}


def _difference(mine: pd.DataFrame, wide: pd.DataFrame | None, asked: Comparison, label: str) -> Row:
    reference = asked.rounds.reference
    if wide is None:
        later, first = values_of(mine, label), values_of(mine, reference)
        found, n, measure = risk_difference(later, first, level=LEVEL), len(later) + len(first), "risk_difference"
    else:
        both = pairs_of(wide, reference, label)
        first, later = both[:, 0], both[:, 1]
        found, n, measure = paired_risk_difference(both, level=LEVEL), len(both), "risk_change"
    turned = [] if wide is None else [(first < later).sum(), (first > later).sum()]
    few = fewest_of(*(count for each in (first, later) for count in (each.sum(), (1 - each).sum())), *turned)
    return {"measure": measure, **keys_of(label, reference, n), **few, **with_test(found)}


class _Model(NamedTuple):
    """A cumulative link model: its fit, its columns, and the rows it was fitted to."""

    fit: CumulativeLink
    columns: list[str]
    design: pd.DataFrame


def link_rows(part: pd.DataFrame, asked: Comparison, *, mixed: bool) -> Iterator[Row]:
    """Compare rounds and arms on the scale of log odds of a higher answer; yes/no answers also in shares.

    Parameters
    ----------
    part : DataFrame
        Scores of one scale, none missing.
    asked : Comparison
        What is compared.
    mixed : bool
        Whether persons have a random intercept.

    Yields
    ------
    dict
        Rows ``log_odds_ratio`` for each arm and round and ``log_odds_ratio_in_change`` between arms; of yes/no answers
        also ``share_yes`` and ``risk_change``, standardised over persons.
    """
    if asked.measurement == "yes-no":
        part = yes_no(part, asked)
        for name, mine in by_arm(part, asked.arms):
            yield from ({**name, **row} for row in shares(mine, asked))
    try:
        model: _Model | None = _fitted(part, asked, mixed=mixed)
    except (ConvergenceError, DesignError):
        model = None
    for place, (name, mine) in enumerate(by_arm(part, asked.arms)):
        for label in asked.rounds.others:
            for row in _in_arm(model, mine, asked, label, other=bool(place)):
                yield {**name, **row}
    if asked.arms is not None:
        yield from _between_arms(model, part, asked)


def _fitted(part: pd.DataFrame, asked: Comparison, *, mixed: bool) -> _Model:
    columns = {_at(label): part["round"] == label for label in asked.rounds.others}
    if asked.arms is not None:
        other = part[asked.arms.column] == asked.arms.other
        columns |= {} if asked.baseline == "constrained" else {_ARM: other}
        columns |= {_both(label): other & (part["round"] == label) for label in asked.rounds.others}
    design = pd.DataFrame(columns, index=part.index).astype(np.float64)
    if asked.covariates:
        adjusted = pd.get_dummies(part[list(asked.covariates)], drop_first=True, dtype=np.float64)
        design = design.join(adjusted.add_prefix("covariate: "))
    design = design.loc[:, design.any()]
    clusters = part[asked.unit] if asked.unit is not None else None
    matrix = design.to_numpy(dtype=np.float64)
    fit = (
        cumulative_link_mixed(part["score"], matrix, part["person"].to_numpy())
        if mixed
        else cumulative_link(part["score"], matrix, clusters=clusters)
    )
    return _Model(fit, list(design.columns), design)


_ARM = "other arm"


def _at(label: str) -> str:
    return f"round: {label}"


def _both(label: str) -> str:
    return f"other arm in round: {label}"


def _in_arm(model: _Model | None, mine: pd.DataFrame, asked: Comparison, label: str, *, other: bool) -> Iterator[Row]:
    reference = asked.rounds.reference
    seen = mine["round"].isin([reference, label])
    n = int(mine.loc[seen, "person"].nunique()) if asked.design == "panel" else int(seen.sum())
    keyed = keys_of(label, reference, n)
    changing = [_at(label), *([_both(label)] if other else [])]
    known = model is not None and set(changing) <= set(model.columns)
    if model is None or not known:
        yield {"measure": "log_odds_ratio", **keyed, "estimate": np.nan, "flag": "no_model"}
        return
    yield {"measure": "log_odds_ratio", **keyed, **with_test(_log_odds(model, changing))}
    if asked.measurement == "yes-no":
        before = model.design.loc[mine.index].assign(**{name: 0.0 for name in model.columns if "round: " in name})
        after = before.assign(**dict.fromkeys(changing, 1.0))
        found = marginal_risk_difference(model.fit, before, after, level=LEVEL)
        seen_answers = [values_of(mine, each) for each in (reference, label)]
        few = fewest_of(*(count for each in seen_answers for count in (each.sum(), (1 - each).sum())))
        yield {"measure": "risk_change", **keyed, **few, **with_test(found)}


def _between_arms(model: _Model | None, part: pd.DataFrame, asked: Comparison) -> Iterator[Row]:
    for label in asked.rounds.others:
        seen = part["round"].isin([asked.rounds.reference, label])
        n = int(part.loc[seen, "person"].nunique()) if asked.design == "panel" else int(seen.sum())
        keyed = between_keys(asked.two_arms, label, asked.rounds.reference, n)
        if model is None or _both(label) not in model.columns:
            yield {"measure": "log_odds_ratio_in_change", **keyed, "estimate": np.nan, "flag": "no_model"}
            continue
        yield {"measure": "log_odds_ratio_in_change", **keyed, **with_test(_log_odds(model, [_both(label)]))}


def _log_odds(model: _Model, names: list[str]) -> Estimate:
    weights: NDArray[Any] = np.isin(model.columns, names).astype(np.float64)
    return model.fit.contrast(weights, level=LEVEL)
