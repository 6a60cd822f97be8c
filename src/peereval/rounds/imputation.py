"""Missing scores imputed under a stated assumption: the sensitivity analysis of a change or an effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import numpy as np
import pandas as pd

from peereval.contracts import SCORES, check_frame
from peereval.errors import DesignError, InvalidValueError, nearest
from peereval.panel import arms_of
from peereval.results import Result, data_facts, origin_of, versions
from peereval.rounds.checks import check_no_text
from peereval.rounds.comparison import Allocation
from peereval.rounds.imputed_sets import Imputation, Variance, analyses_of, imputation_words, pooled
from peereval.rounds.incomplete import incomplete_rounds
from peereval.rounds.reference_based import Strategy
from peereval.rounds.rows import FEW, FLAGS, LEVEL, Arms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peereval.rounds.incomplete import IncompleteRounds
    from peereval.rounds.pooling_imputations import Pooled

COLUMNS = {
    "fraction_missing_information": "share of the information on the estimate that is lost because scores are missing",
    "monte_carlo_error": "standard error of the estimate from the number of imputations alone",
    "flag": f"what to mind: fewer_than_20: {FLAGS['fewer_than_20']}",
}
"""What an imputed estimate has beside the shared words."""


def impute_rounds(
    scores: pd.DataFrame,
    *,
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
    """Impute missing scores under a stated assumption, and compare every round with the first.

    Parameters
    ----------
    scores : DataFrame
        The *scores* contract, every row with a person; `round` must be an ordered categorical. Everybody with a row
        counts, also persons without any score.
    outcome : tuple of str, optional
        Instrument and scale; needed where `scores` hold several.
    strategy : {"missing-at-random", "jump-to-reference", "copy-increments", "return-to-baseline"}
        What is assumed of missing scores from the round by which a person had left the programme. Before that, and under
        ``"missing-at-random"`` always, a missing score is taken to be missing at random.
    arm, reference_arm : str, optional
        The column of `scores` that holds two arms, and the arm that the other one is compared with.
    allocation : {"randomised", "observed"}, optional
        How persons came into the arms; needed with `arm`.
    left_programme : str
        Column of flags: whether the person had left the programme by that round. Read by all strategies but
        ``"missing-at-random"``; where no row says that a person had left, a missing score is a gap.
    covariates : sequence of str
        Columns with one value a person. They help to impute every round, and adjust the comparison of two arms.
    variance : {"information-anchored", "repeated-sampling"}
        Rubin's rules over `m` imputations; or conditional mean imputation with a jackknife over persons.
    m : int
        Number of imputations, of use with ``"information-anchored"``; the result says where it is below 100 × the fraction
        of missing information.
    seed : int
        Seed of the draws.

    Returns
    -------
    Result
        Rows ``difference_in_change`` (two arms) or ``mean_change`` (one) for every later round, with a p value at the
        last, and with ``fraction_missing_information`` and ``monte_carlo_error``; and rows ``imputed`` with the number of
        scores (``numerator``) of each round and arm that are observed, imputed at random, and imputed after leaving.

    Raises
    ------
    ColumnError, MissingValueError, DuplicateError
        The scores do not fit their contract, or `left_programme` or a covariate is missing.
    InvalidValueError
        An arm, strategy or scale does not exist, or a person had left by a round and not by a later one.
    DesignError
        A strategy needs a reference arm and there is one arm; persons are not linked; there are fewer than ten persons in
        an arm, or too few scores for the imputation model.
    ConvergenceError
        The rounds have no joint distribution that can be found, as when one was copied into another.

    Notes
    -----
    The imputation model is that of the mixed model for repeated measures: one mean a round and arm (one for both arms in
    the first round where they are randomised), covariates with a slope of their own in every round, and an unstructured
    covariance. For a reference-based strategy it is fitted to scores from before leaving; scores from after leaving stay
    as they are in the completed data.

    Examples
    --------
    >>> import peereval as pe
    >>> region = pe.simulate_study("region", seed=1)
    >>> found = pe.impute_rounds(pe.score(region.responses, "who-5"), outcome=("who-5", "score_0_100"))
    >>> change = found.estimates.query("measure == 'mean_change'")
    >>> change[["round", "estimate", "std_error", "fraction_missing_information", "n"]].round(2)
           round  estimate  std_error  fraction_missing_information      n
    0  half-year      3.82       1.77                          0.29  240.0
    1   one-year      3.72       1.95                          0.43  240.0
    """
    asked = Imputation(strategy=strategy, variance=variance, allocation=allocation, m=m, seed=seed)
    data = data_for(scores, asked, outcome, arm, reference_arm, left_programme, covariates)
    later = range(1, len(data.table.rounds))
    deltas = np.zeros(1)
    found = [pooled(each, asked, deltas) for each in analyses_of(data.table, asked, later)]
    rows = [estimate_row(data, each, 0, place) for place, each in zip(later, found, strict=True)]
    for row in rows[:-1]:
        row["p_value"] = np.nan
    return Result(
        kind="imputation",
        title=f"Change since {data.table.rounds[0]}, missing scores imputed: {_known(asked)['name']}",
        estimates=pd.DataFrame([*rows, *_counts(data, asked)]).assign(**data.keys),
        exclusions=dict(data.table.exclusions),
        columns=COLUMNS,
        **words_of(asked, data, found),
        settings=settings_of(asked, scores, data, left_programme, covariates),
        origin=origin_of(scores),
    )


class Subject(NamedTuple):
    """What is imputed.

    Parameters
    ----------
    table : IncompleteRounds
        The scores of one scale.
    keys : dict of str to str
        ``outcome`` and ``scale`` of every row.
    adjusted : bool
        Whether there are covariates.
    deaths : bool
        Whether the scores say who had died.
    """

    table: IncompleteRounds
    keys: dict[str, str]
    adjusted: bool
    deaths: bool


def data_for(
    scores: pd.DataFrame,
    asked: Imputation,
    outcome: tuple[str, str] | None,
    arm: str | None,
    reference_arm: str | None,
    left_programme: str,
    covariates: Sequence[str],
) -> Subject:
    """Check what was asked, and take the scores of the scale.

    Parameters
    ----------
    scores : DataFrame
        The *scores* contract.
    asked : Imputation
        Strategy, variance, allocation, number of imputations and seed.
    outcome, arm, reference_arm, left_programme, covariates
        As in `impute_rounds`.

    Returns
    -------
    Subject
        What is imputed.

    Raises
    ------
    DesignError, InvalidValueError, ColumnError
        As in `impute_rounds`.
    """
    check_frame(scores, SCORES)
    check_no_text("covariates", covariates, "covariates=['age']")
    _check(asked, arm)
    part = _one_scale(scores, outcome)
    if not ("person" in part.columns and part["person"].notna().all()):
        msg = "Not every score belongs to a person, so nobody's missing scores can be imputed from the others."
        raise DesignError(msg, hint="Rounds that are not linked are compared as independent samples.")
    arms = None if arm is None else _arms(part, arm, reference_arm, asked.allocation)
    table = incomplete_rounds(part, arms, left_programme if asked.reference_based else None, covariates)
    keys = {name: str(part[column].iloc[0]) for name, column in (("outcome", "instrument"), ("scale", "scale"))}
    return Subject(table, keys, bool(covariates), "died" in part.columns)


def _check(asked: Imputation, arm: str | None) -> None:
    for what, value, allowed in (
        ("strategy", asked.strategy, get_args(Strategy)),
        ("variance", asked.variance, get_args(Variance)),
    ):
        if value not in allowed:
            msg = f"There is no {what} {value!r}."
            raise InvalidValueError(msg, hint=nearest(str(value), allowed))
    if asked.m < 2:  # noqa: PLR2004 - a variance between data sets needs two
        msg = f"{asked.m} imputations were asked for; Rubin's rules need two, and mostly a hundred."
        raise InvalidValueError(msg, hint="Leave out m=, or say a larger one.")
    if arm is None and asked.needs_reference:
        msg = f"The strategy {asked.strategy!r} takes means from a reference arm, and no arm was said."
        raise DesignError(msg, hint="With one arm use strategy='return-to-baseline', and pe.tipping_point.")
    if arm is None and asked.allocation is not None:
        msg = "An allocation was said, but not which column holds the arms."
        raise DesignError(msg, hint="Say arm='arm'; one arm takes no allocation.")


def _one_scale(scores: pd.DataFrame, outcome: tuple[str, str] | None) -> pd.DataFrame:
    named = scores[["instrument", "scale"]].drop_duplicates()
    known = [":".join(pair) for pair in named.itertuples(index=False)]
    if outcome is None:
        if len(known) != 1:
            msg = f"The scores hold {len(known)} scales ({', '.join(known[:6])}); one is imputed at a time."
            raise InvalidValueError(msg, hint="Name it: outcome=('who-5', 'score_0_100').")
        return scores
    if ":".join(outcome) not in known:
        msg = f"The scale {':'.join(outcome)!r} is not among the scores."
        raise InvalidValueError(msg, hint=nearest(":".join(outcome), known))
    return scores[(scores["instrument"] == outcome[0]) & (scores["scale"] == outcome[1])]


def _arms(part: pd.DataFrame, arm: str, reference_arm: str | None, allocation: str | None) -> Arms:
    if allocation not in get_args(Allocation):
        msg = "Two arms need allocation='randomised' or 'observed'; there is no default."
        raise DesignError(msg, hint="It decides whether the report may say 'effect' or only 'association'.")
    names = arms_of(part, arm, "scores")
    if len(names) != 2:  # noqa: PLR2004 - two arms
        msg = f"The column {arm!r} holds {len(names)} arms ({', '.join(names)}); two are compared."
        raise DesignError(msg, hint="Compare two arms at a time, and leave out arm= where there is one.")
    if reference_arm not in names:
        msg = f"The reference arm {reference_arm!r} is not one of the arms."
        raise InvalidValueError(msg, hint=nearest(str(reference_arm), names))
    return Arms(arm, reference_arm, next(name for name in names if name != reference_arm))


def estimate_row(data: Subject, found: Pooled, place: int, later: int) -> dict[str, Any]:
    """Write an estimate as a row of a result.

    Parameters
    ----------
    data : Subject
        What is imputed.
    found : Pooled
        Estimates of a round, one a delta.
    place : int
        Which of them.
    later : int
        The round.

    Returns
    -------
    dict
        The row, without outcome and scale.
    """
    from scipy.stats import t

    estimate, error, df, missing, noise = (float(part[place]) for part in found)
    table = data.table
    half = float(t.ppf((1 + LEVEL) / 2, df)) * error
    change = f"{table.rounds[later]} - {table.rounds[0]}"
    fewest = min(int(members.sum()) for _, members in table.groups)
    arms = table.arms
    return {
        "measure": "mean_change" if arms is None else "difference_in_change",
        "contrast": change if arms is None else f"{arms.other} - {arms.reference}: {change}",
        "round": table.rounds[later],
        "estimate": estimate,
        "std_error": error,
        "statistic": estimate / error,
        "df": df,
        "p_value": float(2 * t.sf(abs(estimate / error), df)),
        "conf_low": estimate - half,
        "conf_high": estimate + half,
        "conf_level": LEVEL,
        "n": len(table.scores),
        "fraction_missing_information": missing,
        "monte_carlo_error": noise,
        "flag": "fewer_than_20" if fewest < FEW else pd.NA,
    }


def _counts(data: Subject, asked: Imputation) -> list[dict[str, Any]]:
    """How many scores of each round and arm are observed and imputed."""
    table = data.table
    there, left = table.observed, table.left
    kinds = {"observed": there, "imputed at random": ~there & ~left}
    if asked.reference_based:
        kinds["imputed after leaving"] = ~there & left
    return [
        {
            "measure": "imputed", "term": kind, "group": "all" if name is None else name, "round": label,
            "numerator": int(cells[members, place].sum()), "denominator": int(members.sum()),
        }
        for name, members in table.groups
        for place, label in enumerate(table.rounds)
        for kind, cells in kinds.items()
    ]  # fmt: skip


def _known(asked: Imputation) -> dict[str, Any]:
    known: dict[str, Any] = imputation_words()["strategy"][asked.strategy]
    return known


def words_of(asked: Imputation, data: Subject, found: Sequence[Pooled]) -> dict[str, Any]:
    """Give method sentence, claim, estimand, assumptions and references.

    Parameters
    ----------
    asked : Imputation
        What was asked.
    data : Subject
        What is imputed.
    found : sequence of Pooled
        Every round's estimates, for the number of imputations they need.

    Returns
    -------
    dict
        The parts of a `Result` of these names.
    """
    words, strategy = imputation_words(), _known(asked)
    analysis, variance = words["analysis"][asked.allocation or "none"], words["variance"][asked.variance]
    adjusted = _ADJUSTED[asked.allocation or "none"] if data.adjusted else ""
    needed = 100 * max(float(each.fraction_missing.max()) for each in found)
    return {
        "method": (
            f"Missing scores were {strategy['method']}. {variance['method'].format(m=asked.m)} "
            f"{analysis['method'].format(covariates=adjusted)}"
        ),
        "claim": analysis["claim"],
        "estimand": f"{analysis['estimand']}; {strategy['estimand']}.",
        "assumptions": (
            strategy["assumption"],
            *([_GAPS] if asked.reference_based else []),
            *([_DEATHS] if data.deaths else []),
            "The rounds are jointly normal with one covariance for all persons.",
            analysis["assumption"],
            *([_LEVELS] if (asked.strategy, asked.allocation) == ("jump-to-reference", "observed") else []),
            *([_FEW_SETS] if asked.m < needed else []),
        ),
        "references": (*strategy["references"], *variance["references"]),
    }


_ADJUSTED = {
    "randomised": " and covariates",
    "observed": ", adjusted for covariates",
    "none": "; covariates helped to impute",
}
_GAPS = (
    "Missing scores from before leaving, and of persons of whom no row says that they had left, are missing at random."
)


_LEVELS = (
    "Who left jumps to the level of the reference arm: where the arms differed in the first round, that difference enters "
    "the change; copy-increments keeps it out."
)
_FEW_SETS = "The number of imputations is below 100 times the fraction of missing information: say a larger m."
_DEATHS = "Scores after a death are imputed as if the person had lived."


def settings_of(
    asked: Imputation, scores: pd.DataFrame, data: Subject, left_programme: str, covariates: Sequence[str]
) -> dict[str, Any]:
    """Give the settings of a result.

    Parameters
    ----------
    asked : Imputation
        What was asked.
    scores : DataFrame
        The input.
    data : Subject
        What is imputed.
    left_programme, covariates
        As in `impute_rounds`.

    Returns
    -------
    dict
        What was asked, versions and facts of the data.
    """
    arms = data.table.arms
    rubin = asked.variance == "information-anchored"
    return {
        "strategy": asked.strategy,
        "variance": asked.variance,
        "arm": None if arms is None else arms.column,
        "reference_arm": None if arms is None else arms.reference,
        "allocation": asked.allocation,
        "left_programme": left_programme if asked.reference_based else None,
        "covariates": list(covariates),
        "rounds": list(data.table.rounds),
        **({"m": asked.m, "seed": asked.seed} if rubin else {}),
        "conf_level": LEVEL,
        "versions": versions(),
        "data": data_facts(scores),
    }
