"""Agreement between coders: for each theme, whether they gave it to the same statements."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from peereval.errors import ColumnError, DesignError, InvalidValueError
from peereval.interviews.alpha import nominal_alpha
from peereval.interviews.codings import check_codings, in_order
from peereval.results import Result, data_facts, origin_of, versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_LEVEL = 0.95
_FEWEST = 100
_TOO_MANY_UNDEFINED = 0.05
ALL_THEMES = "all themes"


class _Judgements(NamedTuple):
    """Who judged which statement (coders by statements), and who gave it which theme (coders, statements, themes)."""

    judged: NDArray[np.bool_]
    given: NDArray[np.bool_]
    themes: list[str]


def agreement(codings: pd.DataFrame, *, seed: int = 0, resamples: int = 1000) -> Result:
    """Say how far two or more coders agree, theme by theme.

    What is judged is a statement and a theme: given or not given. A coder has judged the statements of every interview
    in which they coded anything; of other interviews they judged none. Statements that nobody coded are not in the
    table, so agreement that a passage is about nothing does not count.

    Parameters
    ----------
    codings : DataFrame
        The *codings* contract with ``coder`` and ``statement_id``; coders who code the same passage must name the same
        statement.
    seed : int
        Seed of the bootstrap.
    resamples : int
        Samples of statements drawn with replacement, at least 100.

    Returns
    -------
    Result
        Rows with the theme in ``term`` (and ``all themes``: every statement and theme together) and ``measure``:
        ``krippendorff_alpha`` (nominal), ``percent_agreement`` (share of pairs of coders who agree) and, for statements
        that all coders judged, ``cohen_kappa`` of two coders or ``fleiss_kappa`` of more. Intervals hold the middle 95
        per cent of the resamples. ``n`` counts statements that two coders judged, for kappa those that all
        judged. A coefficient is empty where all judged alike, so that there is nothing to agree on by chance;
        ``flag`` says so. Rows without coder or statement are left out and counted.

    Raises
    ------
    DesignError
        There are fewer than two coders, as in a published report, or no statement was judged by two.
    InvalidValueError
        There are fewer than 100 resamples.
    ColumnError, MissingValueError
        The table does not keep to the contract, or has no statements.

    Examples
    --------
    >>> import pandas as pd
    >>> codings = pd.DataFrame({
    ...     "role": "patient", "statement_id": ["s1", "s2", "s3", "s4", "s1", "s2", "s3", "s4"],
    ...     "coder": ["A"] * 4 + ["B"] * 4, "theme": ["hope", "hope", "trust", "trust", "hope", "hope", "trust", "hope"],
    ... })
    >>> found = agreement(codings, seed=1).estimates
    >>> found.loc[found["term"] == "hope", ["measure", "estimate", "n"]].round(3)
                  measure  estimate  n
    0  krippendorff_alpha     0.533  4
    1   percent_agreement     0.750  4
    2         cohen_kappa     0.500  4
    """
    check_codings(codings)
    _check(codings, resamples)
    has_coder, has_statement = codings["coder"].notna(), codings["statement_id"].notna()
    known = codings[has_coder & has_statement]
    coders = in_order(known["coder"])
    judgements = _judgements(known, coders)
    of_all = int((~judgements.judged.all(axis=0)).sum())
    excluded = {
        "coder_missing": int((~has_coder).sum()),
        "statement_missing": int((has_coder & ~has_statement).sum()),
        "not_coded_by_all": of_all,
    }
    kappa = "cohen_kappa" if len(coders) == _TWO else "fleiss_kappa"
    return Result(
        kind="agreement",
        title=f"Agreement of {len(coders)} coders",
        estimates=pd.DataFrame(list(_rows(judgements, kappa, seed, resamples)), columns=_COLUMNS),
        method=_METHOD.format(_KAPPAS[kappa], resamples),
        claim="description",
        estimand="Agreement beyond chance on whether a theme was given to a statement.",
        assumptions=_ASSUMPTIONS,
        references=_REFERENCES,
        settings={
            "n_coders": len(coders), "seed": seed, "resamples": resamples, "versions": versions() | _libraries(),
            "data": data_facts(codings),
        },
        columns={"flag": "why there is no estimate or no interval"},
        exclusions={reason: count for reason, count in excluded.items() if count},
        origin=origin_of(codings),
    )  # fmt: skip


_TWO = 2
_COLUMNS = ["term", "measure", "estimate", "conf_low", "conf_high", "conf_level", "n", "flag"]
_KAPPAS = {
    "cohen_kappa": "Cohen's kappa",
    "fleiss_kappa": "Fleiss' kappa",
}
_METHOD = (
    "Every statement that a coder judged and every theme is a decision, given or not given. For each theme: Krippendorff's alpha "
    "(nominal), the share of pairs of coders who agree and, for statements that all coders judged, {0}. Intervals are the middle 95 % of "
    "{1} bootstrap samples of statements."
)
_ASSUMPTIONS = (
    "Statements are independent of one another; those of one informant may not be, and then intervals are too narrow.",
    "The passages were marked before they were coded: who marks other passages is not seen to disagree.",
)
_REFERENCES = (
    "Krippendorff 2004, Content analysis: an introduction to its methodology",
    "Cohen 1960, Educational and Psychological Measurement 20:37",
    "Fleiss 1971, Psychological Bulletin 76:378",
)
_ALIKE = "all judged alike"
_RARE = "too rare for an interval"


def _libraries() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("krippendorff", "statsmodels")}


def _check(codings: pd.DataFrame, resamples: int) -> None:
    coders = codings["coder"].nunique() if "coder" in codings else 0
    if coders < _TWO:
        msg = f"Agreement needs two coders or more; the codings have {coders}, as a published report has none."
        raise DesignError(
            msg, hint="Let a second person code the same statements, and name both in the column 'coder'."
        )
    if "statement_id" not in codings:
        msg = "The codings have no column 'statement_id', so which passages both coders judged is not known."
        raise ColumnError(msg, hint="Give each statement a key that both coders use.")
    if resamples < _FEWEST:
        msg = f"resamples={resamples}; expected at least {_FEWEST}."
        raise InvalidValueError(msg, hint="1000 are usual.")


def _judgements(known: pd.DataFrame, coders: list[str]) -> _Judgements:
    themes, statements = in_order(known["theme"]), in_order(known["statement_id"])
    who = pd.Index(coders).get_indexer(pd.Index(known["coder"]))
    which = pd.Index(statements).get_indexer(pd.Index(known["statement_id"]))
    given = np.zeros((len(coders), len(statements), len(themes)), dtype=bool)
    given[who, which, pd.Index(themes).get_indexer(pd.Index(known["theme"]))] = True
    interview, names = pd.factorize(known["informant"].fillna("") if "informant" in known else np.zeros(len(known)))
    in_interview = np.zeros((len(coders), len(names)), dtype=bool)
    in_interview[who, interview] = True
    interview_of = np.zeros(len(statements), dtype=np.int64)
    interview_of[which] = interview
    judged = in_interview[:, interview_of]
    if not (judged.sum(axis=0) >= _TWO).any():
        msg = "No interview was coded by two coders, so there is nothing to agree on."
        raise DesignError(
            msg, hint="Let two persons code the same interviews, with the same informants and statements."
        )
    return _Judgements(judged, given, themes)


def _rows(judgements: _Judgements, kappa: str, seed: int, resamples: int) -> Iterator[dict[str, Any]]:
    by_two = judgements.judged.sum(axis=0) >= _TWO
    judged, given = judgements.judged[:, by_two], judgements.given[:, by_two]
    n = judged.shape[1]
    samples = np.random.default_rng(seed).integers(0, n, (resamples, n))
    all_judged = judged.all(axis=0)
    for place, theme in enumerate([*judgements.themes, ALL_THEMES]):
        mine = given if place == len(judgements.themes) else given[:, :, [place]]
        for measure, found in _coefficients(mine, judged, samples).items():
            yield {"term": theme, "measure": measure, "n": n, **found}
        of_kappa = _kappa(mine[:, all_judged], kappa, np.random.default_rng(seed), resamples)
        yield {"term": theme, "measure": kappa, "n": int(all_judged.sum()), **of_kappa}


def _counts(given: NDArray[np.bool_], judged: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many coders said no and yes: statements by themes by two."""
    yes = (given & judged[:, :, np.newaxis]).sum(axis=0)
    no = judged.sum(axis=0)[:, np.newaxis] - yes
    found: NDArray[np.int64] = np.stack([no, yes], axis=2)
    return found


def _coefficients(
    given: NDArray[np.bool_], judged: NDArray[np.bool_], samples: NDArray[np.int64]
) -> dict[str, dict[str, Any]]:
    counts = _counts(given, judged)
    pairs = counts.sum(axis=2)
    alike = (counts * (counts - 1)).sum(axis=2) / (pairs * (pairs - 1))
    alpha = nominal_alpha(counts.reshape(-1, 2))
    drawn = np.array([nominal_alpha(counts[sample].reshape(-1, 2)) for sample in samples])
    means = alike.mean(axis=1)
    return {
        "krippendorff_alpha": _with_interval(alpha, drawn),
        "percent_agreement": _with_interval(float(means.mean()), means[samples].mean(axis=1)),
    }


def _kappa(given: NDArray[np.bool_], kappa: str, rng: np.random.Generator, resamples: int) -> dict[str, Any]:
    n = given.shape[1]
    if not n:
        return {"estimate": np.nan, "flag": "no statement was judged by all"}
    coefficient = _cohen if kappa == "cohen_kappa" else _fleiss
    with warnings.catch_warnings():
        # judgements that are all the same leave nothing to divide by
        warnings.simplefilter("ignore", RuntimeWarning)
        drawn = np.array([coefficient(given[:, sample]) for sample in rng.integers(0, n, (resamples, n))])
        return _with_interval(coefficient(given), drawn)


def _cohen(given: NDArray[np.bool_]) -> float:
    from statsmodels.stats.inter_rater import cohens_kappa

    first, second = given.reshape(_TWO, -1).astype(np.int64)
    return float(cohens_kappa(np.bincount(2 * first + second, minlength=4).reshape(2, 2), return_results=False))


def _fleiss(given: NDArray[np.bool_]) -> float:
    from statsmodels.stats.inter_rater import fleiss_kappa

    return float(fleiss_kappa(_counts(given, np.ones(given.shape[:2], dtype=bool)).reshape(-1, 2)))


def _with_interval(estimate: float, drawn: NDArray[np.float64]) -> dict[str, Any]:
    """The estimate with the middle of what was drawn; none where more than one in twenty samples has no coefficient."""
    if np.isnan(estimate):
        return {"estimate": np.nan, "flag": _ALIKE}
    if np.isnan(drawn).mean() > _TOO_MANY_UNDEFINED:
        return {"estimate": estimate, "flag": _RARE}
    low, high = np.nanquantile(drawn, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return {"estimate": estimate, "conf_low": low, "conf_high": high, "conf_level": _LEVEL, "flag": ""}
