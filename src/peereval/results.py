"""What an analysis gives back: estimates with their uncertainty, counts, exclusions and a sentence that says how."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

import pandas as pd

from peereval.errors import ColumnError, DesignError, InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Claim = Literal["description", "change", "association", "effect"]
Origin = Literal["observed", "synthetic", "reconstructed"]

VOCABULARY = (
    "term",
    "contrast",
    "group",
    "round",
    "outcome",
    "scale",
    "measure",
    "time",
    "unit",
    "estimate",
    "std_error",
    "statistic",
    "df",
    "p_value",
    "p_adjusted",
    "conf_low",
    "conf_high",
    "conf_level",
    "n",
    "n_persons",
    "numerator",
    "denominator",
)
"""The words that all tables of estimates share, in the order in which they stand."""

_TEXTS = ("term", "contrast", "group", "round", "outcome", "scale", "measure", "unit")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Finding:
    """What a result has in common before and after it is released."""

    kind: str
    title: str
    estimates: pd.DataFrame
    method: str
    claim: Claim
    estimand: str = ""
    assumptions: tuple[str, ...] = ()
    sensitivity: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    origin: Origin = "observed"

    def __post_init__(self) -> None:
        if self.claim not in get_args(Claim):
            msg = f"A result claims {self.claim!r}; allowed are {', '.join(get_args(Claim))}."
            raise InvalidValueError(msg)
        frame = object.__getattribute__(self, "estimates")
        object.__setattr__(self, "estimates", _in_order(frame, self.columns))
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))
        object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))

    def __getattribute__(self, name: str) -> Any:
        value = object.__getattribute__(self, name)
        # pandas frames can be written to; handing out copies keeps the frozen object frozen
        return value.copy() if name == "estimates" else value

    def to_frame(self) -> pd.DataFrame:
        """Give the estimates as a frame of their own, one row an estimate."""
        return self.estimates

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draw the estimates.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; without it a new figure is made.
        **options
            What the figure of this kind of result understands, such as ``scale="total"``.

        Returns
        -------
        matplotlib.axes.Axes or ndarray of Axes
            One panel, or an array of panels where the figure has several.
        """
        from peereval.figures import draw

        return draw(self, ax=ax, **options)  # type: ignore[arg-type]

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.assumptions)
        made_up = "" if self.origin == "observed" else f"<p><strong>{html.escape(self.origin)} data</strong></p>"
        return (
            f"<section><h4>{html.escape(self.title)}</h4>{made_up}"
            f"{self.estimates.to_html(index=False, na_rep='', float_format='{:.4g}'.format)}"
            f"<p>{html.escape(self.method)}</p><ul>{notes}</ul></section>"
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Result(_Finding):
    """What one analysis found.

    Parameters
    ----------
    kind : str
        The kind of result; it decides the figure and the table.
    title : str
        What the result shows.
    estimates : DataFrame
        One row an estimate; columns from `VOCABULARY`, then those declared in `columns`. Every access gives a
        copy.
    method : str
        A sentence for the methods section, with the rule's id.
    claim : {"description", "change", "association", "effect"}
        The strongest verb that the design allows.
    estimand, assumptions, sensitivity, references
        What is estimated, what must hold, what was checked beside, and the sources of the method.
    settings : mapping
        What was asked, versions, and under ``"data"`` the fingerprint and the counts used.
    columns : mapping of str to str
        Columns beyond the vocabulary and what they mean.
    exclusions : mapping of str to int
        Reason code to the number of rows left out for it.
    origin : {"observed", "synthetic", "reconstructed"}
        Whether the data were observed, made up, or rebuilt from published counts.

    Raises
    ------
    ColumnError
        A column of `estimates` is neither in the vocabulary nor declared.

    Examples
    --------
    >>> import pandas as pd
    >>> result = Result(
    ...     kind="rates", title="Readmission", claim="description", method="A share.",
    ...     estimates=pd.DataFrame({"estimate": [0.2], "group": ["ward A"]}), exclusions={"still_admitted": 3},
    ... )
    >>> result.to_frame()
        group  estimate
    0  ward A       0.2
    >>> dict(result.exclusions)
    {'still_admitted': 3}
    """

    exclusions: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _Finding.__post_init__(self)
        object.__setattr__(self, "exclusions", MappingProxyType(dict(self.exclusions)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Released(_Finding):
    """A result whose small numbers are protected: the only kind that reports take.

    Made by `peereval.release`, never by hand. It has the parts of a `Result`; its counts are rounded or
    withheld, and `exclusions` holds texts such as ``"<5"``.

    Parameters
    ----------
    policy : str
        The id and version of the policy that was applied.
    changes : tuple of str
        What was withheld, rounded or recomputed, for the audit.
    """

    exclusions: Mapping[str, str] = field(default_factory=dict)
    policy: str = ""
    changes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _Finding.__post_init__(self)
        object.__setattr__(self, "exclusions", MappingProxyType(dict(self.exclusions)))


def _in_order(frame: pd.DataFrame, declared: Mapping[str, str]) -> pd.DataFrame:
    """Copy the frame with its columns in the order of the vocabulary, then as declared."""
    unknown = [name for name in frame.columns if name not in VOCABULARY and name not in declared]
    if unknown:
        msg = f"Estimates have the column {unknown[0]!r}, which is neither in the vocabulary nor declared."
        raise ColumnError(msg, hint="Declare it in `columns` with what it means.")
    present = [name for name in (*VOCABULARY, *declared) if name in frame.columns]
    texts = {name: "string" for name in _TEXTS if name in present}
    return frame.loc[:, present].reset_index(drop=True).astype(texts)


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
    >>> import pandas as pd
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
        "origin": _weakest_origin(results),
    }
    if isinstance(first, Released):
        return Released(**parts, policy=first.policy, changes=_all_of(results, "changes"))
    return Result(**parts)


def _check_alike(results: Sequence[_Finding]) -> None:
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


def _weakest_origin(results: Mapping[str, Bound]) -> Origin:
    return max((result.origin for result in results.values()), key=("observed", "reconstructed", "synthetic").index)


def data_facts(frame: pd.DataFrame) -> dict[str, Any]:
    """Say which data a result was computed from.

    Parameters
    ----------
    frame : DataFrame
        The input of the analysis.

    Returns
    -------
    dict
        ``rows``, ``columns`` and ``fingerprint``, a hash that changes when any cell, column name or the order
        of rows changes. It belongs under ``settings["data"]`` and is never released.

    Examples
    --------
    >>> import pandas as pd
    >>> facts = data_facts(pd.DataFrame({"score": [1, 2]}))
    >>> facts["rows"], facts["columns"], len(facts["fingerprint"])
    (2, 1, 16)
    """
    import hashlib

    digest = hashlib.sha256(repr(list(frame.columns)).encode())
    digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return {"rows": len(frame), "columns": frame.shape[1], "fingerprint": digest.hexdigest()[:16]}


def origin_of(frame: pd.DataFrame) -> Origin:
    """Read from a table whether its rows were observed, made up, or rebuilt from published counts.

    Parameters
    ----------
    frame : DataFrame
        A table, with or without a column ``origin``.

    Returns
    -------
    {"observed", "synthetic", "reconstructed"}
        *synthetic* as soon as one row is.

    Examples
    --------
    >>> import pandas as pd
    >>> origin_of(pd.DataFrame({"origin": ["observed", "synthetic"]}))
    'synthetic'
    """
    marks = set(frame["origin"].dropna().unique()) if "origin" in frame.columns else set()
    made: tuple[Origin, ...] = ("synthetic", "reconstructed")
    for mark in made:
        if mark in marks:
            return mark
    return "observed"


@cache
def versions() -> dict[str, str]:
    """Give the versions of what a number depends on, for the settings of a result.

    Returns
    -------
    dict of str to str
        Package name to version.

    Examples
    --------
    >>> sorted(versions())
    ['numpy', 'pandas', 'peereval', 'scipy']
    """
    from importlib.metadata import version

    return {name: version(name) for name in ("peereval", "numpy", "pandas", "scipy")}


__all__ = [
    "VOCABULARY",
    "Claim",
    "Origin",
    "Released",
    "Result",
    "bind_results",
    "data_facts",
    "origin_of",
    "versions",
]
