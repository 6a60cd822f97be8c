"""Results of one analysis put under one another, for example those of several regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, get_args

import pandas as pd

from peereval.errors import DesignError
from peereval.results import Claim, Released, Result, weakest_origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Bound = TypeVar("Bound", Result, Released)


def bind_results(results: Mapping[str, Bound]) -> Bound:
    """Put results of the same kind, for example of several regions, under one another.

    Parameters
    ----------
    results : mapping of str to Result, or of str to Released
        A label, such as the region's name, to its result. All must be of one kind, and released ones of one policy:
        each region releases its own, and what is bound has left already.

    Returns
    -------
    Result or Released
        The estimates of all, with the label in a column ``source``; exclusions are added (masked ones stand beside
        one another), and the settings of each stand under its label. The claim is the weakest of them.

    Raises
    ------
    DesignError
        The results are of different kinds or policies, some are released and others not, there are none, or one of
        them is bound already.

    Examples
    --------
    >>> def rate(value):
    ...     return Result(kind="rates", title="Readmission", claim="description", method="A share.",
    ...                   estimates=pd.DataFrame({"estimate": [value]}), exclusions={"still_admitted": 1})
    >>> both = bind_results({"north": rate(0.2), "south": rate(0.3)})
    >>> both.to_frame()
       estimate source
    0       0.2  north
    1       0.3  south
    >>> dict(both.exclusions)
    {'still_admitted': 2}
    """
    _check_alike(list(results.values()))
    first = next(iter(results.values()))
    columns = {name: text for result in results.values() for name, text in result.columns.items()}
    parts: dict[str, Any] = {
        "kind": first.kind,
        "title": first.title,
        "estimates": _stacked(results),
        "method": " ".join(dict.fromkeys(result.method for result in results.values())),
        "claim": min((result.claim for result in results.values()), key=get_args(Claim).index),
        "estimand": first.estimand,
        "assumptions": _all_of(results, "assumptions"),
        "sensitivity": _all_of(results, "sensitivity"),
        "references": _all_of(results, "references"),
        "settings": {label: dict(result.settings) for label, result in results.items()},
        "columns": {**columns, "source": "the label under which the result was bound"},
        "exclusions": _added(results),
        "origin": weakest_origin(result.origin for result in results.values()),
    }
    if isinstance(first, Released):
        return Released(**parts, policy=first.policy, changes=_all_of(results, "changes"))
    return Result(**parts)


def _check_alike(results: Sequence[Result | Released]) -> None:
    kinds = {result.kind for result in results}
    if len(kinds) != 1:
        msg = f"Results of {len(kinds)} kinds ({', '.join(sorted(kinds)) or 'none given'}) cannot be bound."
        raise DesignError(msg, hint="Bind results of one analysis.")
    if any("source" in result.columns for result in results):
        msg = "One of the results is bound already, so its sources would lose their labels."
        raise DesignError(msg, hint="Bind all results in one call.")
    policies = {result.policy if isinstance(result, Released) else "not released" for result in results}
    if len(policies) > 1:
        msg = f"Results of {len(policies)} ways of protecting ({', '.join(sorted(policies))}) cannot be bound."
        raise DesignError(msg, hint="Release all of them by the same policy first.")


def _stacked(results: Mapping[str, Bound]) -> pd.DataFrame:
    frames = [result.estimates.assign(source=label) for label, result in results.items()]
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled or frames[:1], ignore_index=True)


def _all_of(results: Mapping[str, Bound], part: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for result in results.values() for text in getattr(result, part)))


def _added(results: Mapping[str, Bound]) -> dict[str, Any]:
    """Exclusions of all: counts are added, masked ones are told source by source."""
    total: dict[str, Any] = {}
    for label, result in results.items():
        for reason, count in result.exclusions.items():
            if isinstance(count, str):
                total[reason] = f"{total[reason]}; {label}: {count}" if reason in total else f"{label}: {count}"
            else:
                total[reason] = total.get(reason, 0) + count
    return total
