"""Pool the effects of several studies."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from peereval.errors import InvalidValueError, nearest
from peereval.evidence.effects import COLUMNS
from peereval.evidence.effects_table import check_alike, check_dependence, read_effects, usable_effects
from peereval.evidence.pool_rows import pool_rows
from peereval.evidence.pooled import LEVEL, Method, Working, pool_studies
from peereval.evidence.pooling_words import method_sentence, pool_notes
from peereval.results import Released, Result, data_facts, versions

if TYPE_CHECKING:
    import pandas as pd

    from peereval.evidence.pooled import HartungKnapp, Pooled

DECLARED = {
    "part": "study, pooled, or heterogeneity",
    "weight": "weight of the study in its pool, in per cent",
    "k": "independent studies in the pool",
    "prediction_low": "lower limit of the 95 % prediction interval of the true effect in a new study",
    "prediction_high": "its upper limit",
}


def pool(
    effects: pd.DataFrame | Result | Released,
    *,
    method: Method = "reml",
    hartung_knapp: HartungKnapp = True,
    by: str | None = None,
    working: Working = "correlated",
) -> Result:
    """Pool the effects of several studies.

    Parameters
    ----------
    effects : DataFrame, Result or Released
        The table *effects*, one row an effect (``study``, ``outcome``, ``measure``, ``time``, ``direction``,
        ``scale``, ``estimate``, ``variance``, ``n``), what `effect_size` gave with these said, or several regions'
        released results, bound: what `regional_effects` takes from them. Several effects of
        one study need ``cluster``, which says what is dependent.
    method : {"reml", "dersimonian-laird", "paule-mandel", "fixed", "mantel-haenszel", "peto"}
        Random effects with one of three estimators of the variance between studies; a common effect by inverse
        variance; or counts as strata, which need ``events_treatment``, ``n_treatment``, ``events_control`` and
        ``n_control``. REML needs three studies: two are pooled to a common effect (rule R17).
    hartung_knapp : bool or "plain"
        For random effects: Hartung and Knapp's standard error with t and k - 1 degrees of freedom, its factor at
        least 1; *plain* without that bound; or the normal interval.
    by : str, optional
        A column of groups, each a pool of its own; all studies together, and the test between the groups, come
        where no study is in two groups.
    working : {"correlated", "independent"}
        How weights are found where effects are dependent: those of a cluster are averaged and count as one study
        with their mean variance, as if perfectly correlated, or each counts by its own variance. Either way the
        standard error is CR2 with Satterthwaite's degrees of freedom.

    Returns
    -------
    Result
        Rows by ``part``: *study* (estimate, normal interval, ``weight`` in per cent), *pooled* (with the
        prediction interval from five studies on), and *heterogeneity*: ``q``, ``i_squared`` (from Q, Higgins and
        Thompson), ``i_squared_tau`` (τ² over τ² plus the typical variance), ``h_squared`` (Q / df),
        ``tau_squared`` (Q-profile interval), ``hartung_knapp_factor``, and ``subgroup_difference``. Logarithms
        stand also as ``ratio``. Excluded are ``withheld`` (regions), ``effect_missing``, ``variance_missing``, ``counts_missing`` and
        ``group_missing``.

    Raises
    ------
    ColumnError, MissingValueError
        The table does not look as it should.
    InvalidValueError
        A method, direction or variance is impossible.
    DesignError
        Measures, directions or scales are mixed; a study stands twice and no cluster says what is dependent; or the
        method does not know the measure or dependent effects.
    UnsupportedInputError
        A result of another kind was given.

    Notes
    -----
    The prediction interval is that of Higgins, Thompson and Spiegelhalter (2009) with t and k - 1 degrees of freedom,
    as in R's metafor; with k - 2 it is a little wider.

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({
    ...     "study": ["A", "B", "C"], "outcome": "hope", "time": "6 months", "measure": "hedges_g",
    ...     "scale": "SD at the round", "direction": "higher is better",
    ...     "estimate": [0.1, 0.3, 0.9], "variance": [0.04, 0.04, 0.04], "n": [100, 100, 100],
    ... })
    >>> rows = pool(trials).estimates.set_index("part")
    >>> rows.loc["pooled", ["estimate", "conf_low", "conf_high", "df"]].astype(float).round(2).tolist()
    [0.43, -0.6, 1.47, 2.0]
    """
    _check_asked(method, hartung_knapp, working)
    frame, origin = read_effects(effects)
    check_alike(frame, by)
    check_dependence(frame, method, by)
    usable, exclusions = usable_effects(frame, method, by)
    pools = _pools(usable, method, hartung_knapp, by, working)
    rows = pool_rows(pools)
    return Result(
        kind="pool",
        title="Studies pooled",
        estimates=rows,
        method=method_sentence(method, hartung_knapp, working, [found for _, found in pools]),
        claim="description",
        estimand="Mean of the studies' effects, weighted as the method says." if len(usable) else "Nothing to pool.",
        assumptions=pool_notes(usable, [found for _, found in pools]),
        references=_REFERENCES,
        settings={
            **_said(frame), "method": method, "hartung_knapp": hartung_knapp, "by": by, "working": working, "conf_level": LEVEL,
            "prediction_interval": "t with k - 1 degrees of freedom", "i_squared": "from Q", "versions": versions(),
            "data": data_facts(frame) | ({"released": effects.policy} if isinstance(effects, Released) else {}),
        },
        columns={name: text for name, text in {**COLUMNS, **DECLARED}.items() if name in rows},
        exclusions=exclusions,
        origin=origin,
    )  # fmt: skip


_REFERENCES = (
    "Viechtbauer 2005, Journal of Educational and Behavioral Statistics 30:261",
    "Knapp and Hartung 2003, Statistics in Medicine 22:2693",
    "Higgins, Thompson and Spiegelhalter 2009, Journal of the Royal Statistical Society A 172:137",
    "Higgins and Thompson 2002, Statistics in Medicine 21:1539",
)


def _said(frame: pd.DataFrame) -> dict[str, str]:
    """What all effects have in common."""
    names = ("measure", "direction", "scale")
    return {name: str(frame[name].iloc[0]) for name in names} if len(frame) else {}


def _check_asked(method: str, hartung_knapp: HartungKnapp, working: str) -> None:
    for value, known, called in ((method, get_args(Method), "method"), (working, get_args(Working), "working model")):
        if value not in known:
            msg = f"There is no {called} {value!r} of pooling."
            raise InvalidValueError(msg, hint=nearest(str(value), known))
    if hartung_knapp not in (True, False, "plain"):
        msg = f"hartung_knapp is {hartung_knapp!r}; allowed are True, False and 'plain'."
        raise InvalidValueError(msg)


def _pools(
    usable: pd.DataFrame, method: Method, hartung_knapp: HartungKnapp, by: str | None, working: Working
) -> list[tuple[str | None, Pooled]]:
    if usable.empty:
        return []
    parts: list[tuple[str | None, pd.DataFrame]] = [(None, usable)]
    if by is not None:
        named = [(str(name), part) for name, part in usable.groupby(usable[by].astype(str))]
        apart = not usable[["unit", by]].drop_duplicates()["unit"].duplicated().any()
        parts = [*named, *([("all", usable)] if apart and len(named) > 1 else [])]
    return [(name, pool_studies(part, method, hartung_knapp=hartung_knapp, working=working)) for name, part in parts]
