"""Results to released results: the only way out of the building."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import pandas as pd

from peereval.disclosure.columns import LEAST, PAID
from peereval.disclosure.complements import HELD, TOLD, TOTAL_TOLD
from peereval.disclosure.counts import masked
from peereval.disclosure.data_subjects import SAID as LOCAL
from peereval.disclosure.data_subjects import below_region
from peereval.disclosure.earlier import Earlier, without_numbers
from peereval.disclosure.policy import Policy, disclosure_policy, treatment_of
from peereval.disclosure.populations import without_hidden_sizes
from peereval.disclosure.protection import TREATMENTS
from peereval.errors import NotReleasedError, UnverifiedWarning
from peereval.files import dataset_names
from peereval.results import Released, Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_INSIDE = ("data",)
"""Settings that never leave, at any depth: fingerprints and exact counts of the data."""
_OF_RELEASED = "nothing, since it was computed from released numbers only"


def release(
    results: Result | Sequence[Result], *, policy: str = "standard", previous: Sequence[Released] = ()
) -> list[Released]:
    """Protect the small numbers of results, so that a report may print them.

    No withheld number can be computed from the others of its result, from the results before it in the call, or from
    earlier releases of the same study; and no small one is the only number that fits for somebody who knows the size of
    every group. What is out stays as it is, so the later one gives way:

    - What an earlier release withholds is withheld.
    - A count that was shown and now has, or may have, 1 to threshold - 1 persons more or fewer is kept at the numbers
      of the earlier release, if cases and others are both so near and title and method are the same; otherwise, and
      always between results of one call, it is withheld. A count shown earlier hides no other one.
    - Two groupings of one measure (wards and arms) may give each other away: where a group of either is withheld,
      the later one gives no groups, only the total, if that is out already.

    - Results of different kinds that count the same (crude and standardised readmission rates) are held against one
      another like those of one kind; and where a group's size is withheld in one result, such as those who answered a
      round or the index stays of a ward, no other result gives it (``populations.toml``).

    Parameters
    ----------
    results : Result or sequence of Result
        What the analyses found.
    policy : str
        Id of the disclosure policy.
    previous : sequence of Released
        What was released of this study before, in its order; `read_released` reads it from a folder.

    Returns
    -------
    list of Released
        One for each result, in the same order. Rows that may not be shown have ``withheld`` true and no
        numbers; counts are rounded, shares given in whole per cent, means and effect sizes to a step of at most
        half a standard error, p values rounded up, curves given at fixed days; standard errors, degrees of freedom
        and standard deviations are dropped, exclusions masked, and the data's fingerprint and counts taken out of
        the settings, also of bound results.

    Raises
    ------
    NotReleasedError
        A result has a measure that no treatment is written for; or, with ``policy="already-published"``, it is not
        one of published figures of a data set of the package.
    UnknownNameError
        There is no such policy.

    Warns
    -----
    UnverifiedWarning
        A number of the policy has not been seen at its source.

    Examples
    --------
    >>> import pandas as pd
    >>> rates = Result(
    ...     kind="rates", title="Readmission", claim="description", method="A share.",
    ...     estimates=pd.DataFrame({
    ...         "group": ["ward A", "ward B"], "measure": "readmission_rate", "estimate": [12 / 48, 3 / 30],
    ...         "numerator": [12, 3], "denominator": [48, 30],
    ...     }),
    ...     exclusions={"still_admitted": 2},
    ... )
    >>> [safe] = release(rates)
    >>> safe.to_frame()
        group           measure  estimate  numerator  denominator  withheld
    0  ward A  readmission_rate      0.25       10.0         50.0     False
    1  ward B  readmission_rate       NaN        NaN         30.0      True
    >>> dict(safe.exclusions)
    {'still_admitted': '<5'}
    """
    rule = disclosure_policy(policy)
    if rule.unverified:
        text = f"The policy {rule.id!r} is not verified at its source: {'; '.join(rule.unverified)}."
        warnings.warn(UnverifiedWarning(text), stacklevel=2)
    found: list[Released] = []
    for result in [results] if isinstance(results, Result) else results:
        found.append(_published(result, rule) if rule.published_kinds else _released(result, rule, previous, found))
    return found if rule.published_kinds else without_hidden_sizes(found, previous)


def _released(result: Result, policy: Policy, previous: Sequence[Released], beside: Sequence[Released]) -> Released:
    exclusions = {reason: masked(count, policy) for reason, count in result.exclusions.items()}
    data = result.settings.get("data", {})
    if hasattr(data, "get") and data.get("released"):
        return _as_released(result, _tidy(result.estimates.assign(withheld=False)), exclusions, policy, (_OF_RELEASED,))
    if len(result.estimates) and "measure" not in result.estimates:
        msg = f"{result.title!r} says of no row what it measures, so nobody knows how to protect it."
        hint = (
            "Figures in print pass with policy='already-published', where they are those of a data set of the package."
        )
        raise NotReleasedError(msg, hint=hint)
    frame, earlier = result.estimates, Earlier(previous, beside, result, policy)
    safe, said = earlier.settled(_protected(earlier.flagged(frame), policy, result.title))
    local = below_region(result, safe)
    if local.any():
        safe, said = without_numbers(safe, local), (*said, LOCAL.format(int(local.sum())))
    return _as_released(result, _tidy(safe), exclusions, policy, _changes(frame, safe, said))


def _published(result: Result, policy: Policy) -> Released:
    """A result of published figures as it is; where they were published is said by its data set."""
    study = result.settings.get("study")
    if result.kind not in policy.published_kinds or study not in dataset_names():
        msg = f"{result.title!r} is no result of published figures: it is of the kind {result.kind!r}, and its study is {study!r}."
        hint = "This policy is for figures in print only: results of the kinds that it names, of a data set of the package."
        raise NotReleasedError(msg, hint=hint)
    exclusions = {reason: str(count) for reason, count in result.exclusions.items()}
    changes = (f"nothing, since the figures are published: see the data set {study}",)
    return _as_released(result, _tidy(result.estimates.assign(withheld=False)), exclusions, policy, changes)


def _as_released(
    result: Result, safe: pd.DataFrame, exclusions: dict[str, str], policy: Policy, changes: tuple[str, ...]
) -> Released:
    return Released(
        kind=result.kind,
        title=result.title,
        estimates=safe,
        method=result.method,
        claim=result.claim,
        estimand=result.estimand,
        assumptions=result.assumptions,
        sensitivity=result.sensitivity,
        references=result.references,
        settings=_outside(result.settings),
        columns={
            **{name: meaning for name, meaning in result.columns.items() if name in safe},
            "withheld": "not shown: too small to release, or it would give away such a number",
        },
        origin=result.origin,
        exclusions=exclusions,
        policy=f"{policy.id} {policy.version}",
        changes=changes,
    )


def _protected(frame: pd.DataFrame, policy: Policy, title: str) -> pd.DataFrame:
    if frame.empty:
        return frame.assign(withheld=pd.Series(dtype=bool))
    treatment = frame["measure"].map(treatment_of())
    if treatment.isna().any():
        measure = frame.loc[treatment.isna(), "measure"].iloc[0]
        msg = f"{title!r} has the measure {measure!r}, and no treatment is written for it."
        raise NotReleasedError(msg, hint="Add it to disclosure/treatments.toml with a test that attacks it.")
    parts = [TREATMENTS[name](part, policy) for name, part in frame.groupby(treatment, sort=False)]
    # whatever a treatment leaves: these are exact numbers of persons, or notes between the steps of a release
    together = pd.concat(parts).drop(columns=[HELD, TOLD, TOTAL_TOLD, LEAST, PAID], errors="ignore")
    return together.sort_index(kind="stable") if together.index.is_unique else together


def _tidy(safe: pd.DataFrame) -> pd.DataFrame:
    """One kind of text and of flag, so that what is read from a file is what was written."""
    texts = [name for name in safe if _holds_texts(safe[name])]
    return safe.astype({**dict.fromkeys(texts, "string"), "withheld": bool})


def _holds_texts(column: pd.Series) -> bool:
    if isinstance(column.dtype, pd.StringDtype):
        return True
    return len(column) > 0 and column.dtype == object and pd.api.types.infer_dtype(column) in ("string", "empty")


def _outside(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings without what stays inside, as a JSON file can hold them; those of bound results stand a level deeper."""
    return {str(name): _plain(value) for name, value in settings.items() if name not in _INSIDE}


def _plain(value: Any) -> Any:
    if hasattr(value, "items"):
        return _outside(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, float) and not math.isfinite(number):
        return None
    return number if isinstance(number, str | int | float | bool | None) else str(number)


def _changes(before: pd.DataFrame, after: pd.DataFrame, more: tuple[str, ...]) -> tuple[str, ...]:
    withheld = int(after["withheld"].sum())
    treatments = set(before["measure"].map(treatment_of())) if len(before) else set()
    said = [f"{withheld} of {len(after)} rows withheld"] if withheld else []
    return (*said, *more, *dict.fromkeys(_SAID[name] for name in _SAID if name in treatments), "counts rounded")


_SAID = {
    "share": "shares in whole per cent",
    "participation": "shares in whole per cent",
    "linkage": "ways of linking given as counts only, other shares in whole per cent",
    "part": "levels and reasons given as counts only",
    "quantile": "medians and quartiles rounded to a step of at least the distance of neighbouring values",
    "mean": "means and effect sizes rounded to a step of at most half a standard error, p values rounded up",
    "stay": "lengths of stay rounded to a step of at least a day, limits only where enough persons lie beyond them",
    "person_time": "days per person-year rounded to a step of at most half a standard error, without their sums",
    "chart": "limits of a chart those of periods of the rounded size",
    "reach": "contacts and minutes per stay rounded to a step of at most half a standard error, without their sums",
    "model": "rates and ratios of models rounded to a step of at most half a standard error, of enough persons in every part",
    "positions": "positions of a few persons given in their sum only",
    "money": "money that pays the positions of a few persons withheld, and costs per position those of rounded numbers",
    "cost": "costs and effects rounded to a step of at most half a standard error",
    "curve": "curves given at fixed days",
    "coefficient": "reliabilities rounded and given without intervals",
    "test": "of tests only p values, rounded up",
    "theme": "shares in whole per cent",
    "report": "what only one informant said given without saying so",
}
"""What is done to each kind of measure, in words for the report."""
