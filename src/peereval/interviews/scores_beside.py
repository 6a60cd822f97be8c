"""Joint display: themes of the interviews beside the scores that they speak to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import pandas as pd

from peereval.errors import DesignError, InvalidValueError, UnknownNameError, nearest
from peereval.interviews.codings import ALL, as_words, check_codings, coded_informants, in_order, reported
from peereval.interviews.themes import with_kind
from peereval.results import Released, Result, origin_of, versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from peereval.results import Origin

MEASURES = (
    "mean_change", "completers_change", "overlapping_change", "difference_in_change", "mean_difference", "risk_change",
    "risk_difference", "net_rise",
)  # fmt: skip
"""Measures of a change or difference, of which 0 says that there is none."""
_SAYS = {"benefit": 1, "challenge": -1}
_BETTER = {"higher is better": 1, "higher is worse": -1, "lower is better": -1}
_KEPT = ("contrast", "group", "round", "outcome", "scale", "estimate", "conf_low", "conf_high", "conf_level", "n")
_ORDER: tuple[Origin, ...] = ("observed", "reconstructed", "synthetic")


class _Theme(NamedTuple):
    """What was said of a theme of one kind: its columns, and what the rule needs."""

    columns: dict[str, Any]
    kind: str
    spoken: bool | None
    contradicted: bool | None
    """None where a released result does not show it."""


def joint_display(
    codings: pd.DataFrame | Released,
    result: Result | Released,
    pairs: Mapping[str, str],
    *,
    measure: str = "mean_change",
) -> Result:
    """Put themes beside the scores that they speak to, and say by a rule whether the two agree.

    A theme of the kind *benefit* says that things became better, a *challenge* that they became worse; other kinds say
    neither. A change says better or worse where its interval excludes 0, by the direction of the scale. Then:

    - *silence*: nobody spoke of the theme;
    - *agreement*: theme and change say the same;
    - *dissonance*: they say the opposite;
    - *complementarity*: the theme says neither, the interval holds 0, or somebody contradicts the theme;
    - *not judged*: the result does not say which direction of the scale is better, or has no interval;
    - *not shown*: of released results, one does not show what the rule needs.

    Themes beside exact scores stay inside under every policy. Of a released theme matrix and released scores the display
    is made of what they show, and may leave; the report of a study does so.

    Parameters
    ----------
    codings : DataFrame or Released
        The *codings* contract, of interviews or of a published report; or a released result of `theme_matrix`.
    result : Result or Released
        What the scores say, such as from `compare_rounds`; with a released theme matrix, a released one.
    pairs : mapping of str to str
        Theme to the scale that it speaks to, as ``"outcome:scale"``, or either where it is clear. Which theme speaks to
        which scale is decided by the researcher, before the rule is applied.
    measure : str
        The measure of the result that is shown: a change or a difference, of which 0 says that there is none.

    Returns
    -------
    Result
        A row for each theme (``term``) and kind, and each estimate of its scale: the estimate with its interval and
        ``n``; ``groups_reporting`` and ``groups_contradicting``; of coded interviews how many informants reported
        (``informants_reporting``) and contradicted (``informants_contradicting``); and ``meta_inference``. Of released
        results groups are those that are shown to have spoken.

    Raises
    ------
    DesignError
        `measure` is none of a change or difference, the result has no scales, or one of codings and result is released and
        the other is not.
    UnknownNameError
        The result has no such scale, or no such measure of it.
    InvalidValueError
        A name stands for several scales, or there are no pairs.
    ColumnError, MissingValueError
        The codings do not keep to their contract.

    References
    ----------
    Guetterman, Fetters and Creswell 2015, Annals of Family Medicine 13:554; O'Cathain, Murphy and Nicholl 2010, BMJ
    341:c4587.

    Examples
    --------
    >>> import pandas as pd
    >>> from peereval.results import Result
    >>> change = Result(kind="rounds", title="What changed", claim="change", method="The rounds are described, not compared.",
    ...     estimates=pd.DataFrame({"outcome": "who-5", "scale": "score", "measure": "mean_change", "estimate": [6.0],
    ...                             "conf_low": [2.0], "conf_high": [10.0], "n": [80], "reading": "higher is better"}),
    ...     columns={"reading": "range and direction"})
    >>> report = pd.DataFrame({"role": ["patient", "staff"], "theme": ["hope", "time"], "kind": ["benefit", "challenge"]})
    >>> shown = joint_display(report, change, {"hope": "who-5", "time": "who-5", "trust": "who-5"}).to_frame()
    >>> shown[["term", "groups_reporting", "estimate", "meta_inference"]]
        term groups_reporting  estimate meta_inference
    0   hope          patient       6.0      agreement
    1   time            staff       6.0     dissonance
    2  trust             <NA>       6.0        silence
    """
    _check_both(codings, result)
    scores = _scores(result, measure)
    if not pairs:
        msg = "There are no pairs of a theme and a scale."
        raise InvalidValueError(msg, hint="Say which theme speaks to which scale: {'hope': 'qpr-15'}.")
    rows = [
        {**score, **theme.columns, "meta_inference": _meta_inference(theme, score)}
        for name, scale in pairs.items()
        for theme in (_shown_themes(codings, name) if isinstance(codings, Released) else _themes(codings, name))
        for score in _of_scale(scores, scale)
    ]
    frame = pd.DataFrame(rows).drop(columns=["reading", "withheld"], errors="ignore").assign(measure="joint_display")
    texts = ["kind", "groups_reporting", "groups_contradicting", "meta_inference"]
    return Result(
        kind="joint-display",
        title="Themes beside scores",
        estimates=frame.astype(dict.fromkeys(texts, "string")),
        method=f"{_METHOD} The scores are those of: {result.title}.",
        claim="description",
        estimand="What informants say beside what scores say.",
        assumptions=(*_ASSUMPTIONS, *result.assumptions),
        references=(*_REFERENCES, *result.references),
        settings={
            "pairs": dict(pairs), "measure": measure, "form": _form(codings), "result": dict(result.settings),
            "versions": versions(), **({"data": {"released": result.policy}} if isinstance(result, Released) else {}),
        },
        columns={name: meaning for name, meaning in _COLUMNS.items() if name in frame},
        # those of released scores are told with them
        exclusions={} if isinstance(result, Released) else result.exclusions,
        origin=max(codings.origin if isinstance(codings, Released) else origin_of(codings), result.origin, key=_ORDER.index),
    )  # fmt: skip


_METHOD = (
    "Each theme stands beside the scale that it was said to speak to. By rule, a benefit says better, a challenge worse, and a change says "
    "better or worse where its 95 % interval excludes 0: agreement where both say the same, dissonance where they say the opposite, "
    "silence where nobody spoke of the theme, complementarity otherwise, also where the theme is contradicted."
)
_ASSUMPTIONS = (
    "The pairs were chosen before the rule was applied.",
    "Informants and those who answered the survey need not be the same persons.",
)
_REFERENCES = (
    "Guetterman, Fetters & Creswell 2015, Annals of Family Medicine 13:554",
    "O'Cathain, Murphy & Nicholl 2010, BMJ 341:c4587",
)
_COLUMNS = {
    "kind": "kind of the theme",
    "label": "name of the scale",
    "groups_reporting": "groups that spoke of the theme",
    "groups_contradicting": "groups that contradicted it",
    "informants_reporting": "informants who spoke of the theme",
    "informants_contradicting": "informants who contradicted it",
    "meta_inference": "agreement, complementarity, dissonance, silence, not judged or not shown, by the rule in the method",
}


def _check_both(codings: pd.DataFrame | Released, result: Result | Released) -> None:
    if not isinstance(codings, Released):
        check_codings(codings)
    elif codings.kind != "theme-matrix":
        msg = f"{codings.title!r} is of the kind {codings.kind!r}, and no theme matrix."
        raise DesignError(msg, hint="Give a released result of `theme_matrix`.")
    if isinstance(codings, Released) != isinstance(result, Released):
        msg = "Of the themes and the scores, one is released and the other is not."
        raise DesignError(msg, hint="Give both exact, or both released.")


def _form(codings: pd.DataFrame | Released) -> str:
    if isinstance(codings, Released):
        return str(codings.settings["form"])
    return "coded interviews" if coded_informants(codings) else "published report"


def _scores(result: Result | Released, measure: str) -> pd.DataFrame:
    if measure not in MEASURES:
        msg = f"The measure {measure!r} is no change or difference of which 0 says that there is none."
        raise DesignError(msg, hint=f"Expected one of: {', '.join(MEASURES)}.")
    frame = result.estimates
    if not {"measure", "estimate"} <= set(frame.columns) or not {"scale", "outcome"} & set(frame.columns):
        msg = f"{result.title!r} has no estimates of scales or outcomes."
        raise DesignError(msg, hint="Give a result such as that of `compare_rounds`.")
    found = frame[frame["measure"] == measure]
    if found.empty:
        msg = f"{result.title!r} has no measure {measure!r}."
        raise UnknownNameError(msg, hint=nearest(measure, set(frame["measure"].dropna())))
    names = [found[name].astype("string") for name in ("outcome", "scale") if name in found]
    full = names[0] if len(names) == 1 else (names[0].fillna("") + ":" + names[1].fillna("")).str.strip(":")
    return found.assign(full=full)


def _of_scale(scores: pd.DataFrame, name: str) -> list[dict[str, Any]]:
    """The estimates of the scale of a name: by its full name, else by its outcome or scale."""
    mine = scores["full"] == name
    for column in ("outcome", "scale"):
        mine = mine if mine.any() or column not in scores else scores[column].eq(name).fillna(value=False)
    known = list(dict.fromkeys(scores["full"]))
    if not mine.any():
        msg = f"The result has no scale {name!r}."
        raise UnknownNameError(msg, hint=nearest(name, known))
    several = list(dict.fromkeys(scores.loc[mine, "full"]))
    if len(several) > 1:
        msg = f"{name!r} stands for {len(several)} scales: {as_words(several)}."
        raise InvalidValueError(msg, hint="Name one of them.")
    kept = [column for column in (*_KEPT, "label", "withheld") if column in scores]
    reading = scores.loc[mine, "reading"] if "reading" in scores else pd.Series(pd.NA, index=scores.index[mine])
    return cast(list[dict[str, Any]], scores.loc[mine, kept].assign(reading=reading).to_dict("records"))


def _themes(codings: pd.DataFrame, name: str) -> Iterator[_Theme]:
    """What was said of a theme, by kind; one without a kind where nobody spoke of it."""
    mine = codings[codings["theme"] == name]
    kinds = with_kind(mine)
    for kind in in_order(kinds) or [""]:
        part = mine[kinds == kind]
        yes = reported(part)
        said: dict[str, Any] = {"term": name, "kind": kind}
        for word, rows in (("reporting", part[yes]), ("contradicting", part[~yes])):
            said[f"groups_{word}"] = as_words(in_order(rows["role"])) or pd.NA
            if coded_informants(codings):
                said[f"informants_{word}"] = rows["informant"].nunique()
        yield _Theme(said, kind, spoken=len(part) > 0, contradicted=bool((~yes).any()))


def _shown_themes(matrix: Released, name: str) -> Iterator[_Theme]:
    """What a released matrix shows of a theme, by kind."""
    rows = matrix.estimates
    mine = rows[rows["term"] == name]
    for kind in in_order(mine["kind"]) or [""]:
        part = mine[mine["kind"] == kind]
        said: dict[str, Any] = {"term": name, "kind": kind}
        found = {word: _shown(part, word) for word in ("reporting", "contradicting")}
        for word, (groups, number, _) in found.items():
            said[f"groups_{word}"] = as_words(groups) or pd.NA
            if number is not None:
                said[f"informants_{word}"] = number
        reported_by, contradicted_by = (spoken for _, _, spoken in found.values())
        # one of the two is enough to know that somebody spoke, and both are needed to know that nobody did
        spoken = True if reported_by or contradicted_by else None if None in (reported_by, contradicted_by) else False
        yield _Theme(said, kind, spoken=spoken, contradicted=contradicted_by)


def _shown(part: pd.DataFrame, word: str) -> tuple[list[str], float | None, bool | None]:
    """The groups that are shown to have reported or contradicted, how many informants, and whether anybody did."""
    if (part["measure"] == "theme_in_report").any():
        said = {"reporting": "reported", "contradicting": "contradicted"}[word]
        groups = part.loc[part["answer"].str.contains(rf"\b(?<!not ){said}\b"), "group"].tolist()
        return groups, None, bool(groups)
    counted = part[part["measure"] == f"informants_{word}"]
    if counted.empty:
        return [], 0.0, False
    groups = counted.loc[counted["numerator"].gt(0) & counted["group"].ne(ALL), "group"].tolist()
    whole = counted[counted["group"] == ALL] if (counted["group"] == ALL).any() else counted
    number = float(whole["numerator"].sum(skipna=False))
    known = not whole["withheld"].any()
    return groups, number if known else np.nan, number > 0 if known else True if groups else None


def _meta_inference(theme: _Theme, score: dict[str, Any]) -> str:
    if theme.spoken is False:
        return "silence"
    if theme.spoken is None or theme.contradicted is None or score.get("withheld", False):
        return "not shown"
    reading = score["reading"]
    direction = next((sign for words, sign in _BETTER.items() if pd.notna(reading) and words in reading), 0)
    low, high = score.get("conf_low", np.nan), score.get("conf_high", np.nan)
    if not direction or pd.isna(low) or pd.isna(high):
        return "not judged"
    shown = direction * (int(low > 0) - int(high < 0))
    says = _SAYS.get(theme.kind, 0)
    if theme.contradicted or not says or not shown:
        return "complementarity"
    return "agreement" if says == shown else "dissonance"
