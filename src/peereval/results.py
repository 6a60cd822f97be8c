"""What an analysis gives back: estimates with their uncertainty, counts, exclusions and a sentence that says how."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args

import pandas as pd

from peereval.displays import card, paragraph, shown_list, shown_table
from peereval.errors import ColumnError, InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from great_tables import GT

Claim = Literal["description", "change", "association", "effect"]
Origin = Literal["observed", "synthetic", "reconstructed"]
Names = Literal["peereval", "broom"]

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

BROOM = {
    "std_error": "std.error",
    "p_value": "p.value",
    "p_adjusted": "adj.p.value",
    "conf_low": "conf.low",
    "conf_high": "conf.high",
    "conf_level": "conf.level",
}
"""Words of the vocabulary that R's package broom writes in another way; ``term``, ``contrast``, ``estimate``,
``statistic`` and ``df`` are the same in both."""

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

    def to_frame(self, *, names: Names = "peereval") -> pd.DataFrame:
        """Give the estimates as a frame of their own, one row an estimate.

        Parameters
        ----------
        names : {"peereval", "broom"}
            ``"broom"`` names the columns as R's package broom does: ``std.error``, ``p.value``, ``adj.p.value``,
            ``conf.low``, ``conf.high`` and ``conf.level``. All others are called the same.

        Returns
        -------
        DataFrame
            A copy.

        Raises
        ------
        InvalidValueError
            There are no such names.

        Examples
        --------
        >>> import peereval as pe
        >>> rate = pe.attrition(pe.simulate_study("ward", seed=1).responses)
        >>> [name for name in rate.to_frame(names="broom") if "." in name]
        ['conf.low', 'conf.high', 'conf.level']
        """
        if names not in get_args(Names):
            msg = f"There are no names {names!r} for the columns of estimates."
            raise InvalidValueError(msg, hint=f"Say one of {', '.join(map(repr, get_args(Names)))}.")
        return self.estimates.rename(columns=BROOM) if names == "broom" else self.estimates

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

    def to_great_tables(self, *, language: str = "en") -> list[GT]:
        """Make tables for print with great_tables, to be styled further or saved.

        Parameters
        ----------
        language : {"en", "da", "sv"}
            The language of heads, captions and numbers.

        Returns
        -------
        list of great_tables.GT
            One a printed table; a result may have several.

        Raises
        ------
        NotReleasedError
            The result has not passed `release`, so its numbers stay in the building.
        UnknownNameError
            There are no texts in this language.

        Examples
        --------
        >>> import peereval as pe
        >>> [safe] = pe.release(pe.attrition(pe.simulate_study("ward", seed=1).responses))
        >>> "≈ 25" in safe.to_great_tables()[0].as_raw_html().replace("\N{NO-BREAK SPACE}", " ")
        True
        """
        from peereval.reports.publication import great_tables_of

        return great_tables_of(self, language)  # type: ignore[arg-type]

    def to_latex(self, *, language: str = "en") -> str:
        r"""Write the printed tables as LaTeX, for a manuscript.

        Parameters
        ----------
        language : {"en", "da", "sv"}
            The language of heads, captions and numbers.

        Returns
        -------
        str
            A ``table`` environment each, with the rules of the package booktabs, which the manuscript loads by
            ``\usepackage{booktabs}``; texts are escaped. For pdflatex, xelatex and lualatex.

        Raises
        ------
        NotReleasedError
            The result has not passed `release`, so its numbers stay in the building.
        UnknownNameError
            There are no texts in this language.

        Examples
        --------
        >>> import peereval as pe
        >>> [safe] = pe.release(pe.attrition(pe.simulate_study("ward", seed=1).responses))
        >>> print(*safe.to_latex().splitlines()[3:7], sep="\n")
        \begin{tabular}{llrrr}
        \toprule
        Group & Round & Answered & Invited & Response \\
        \midrule
        """
        from peereval.reports.publication import latex_of

        return latex_of(self, language)  # type: ignore[arg-type]

    def to_html(self, *, language: str = "en") -> str:
        """Write the printed tables as a page that Word opens.

        Parameters
        ----------
        language : {"en", "da", "sv"}
            The language of all that the page says.

        Returns
        -------
        str
            A whole HTML page that needs nothing else: plain tables with captions, the method sentence and what a
            reader must know. Save it in UTF-8 and open it in Word, or turn it by
            ``pandoc page.html --metadata title= -o page.docx``.

        Raises
        ------
        NotReleasedError
            The result has not passed `release`, so its numbers stay in the building.
        UnknownNameError
            There are no texts in this language.

        Examples
        --------
        >>> import peereval as pe
        >>> [safe] = pe.release(pe.attrition(pe.simulate_study("ward", seed=1).responses))
        >>> "<caption>Svar pr. runde</caption>" in safe.to_html(language="da")
        True
        """
        from peereval.reports.publication import html_of

        return html_of(self, language)  # type: ignore[arg-type]


def _parts(finding: _Finding, left_out: Mapping[str, object]) -> list[str]:
    """What a notebook shows under the title."""
    return [
        paragraph(finding.estimand, "Estimand"),
        shown_table(finding.estimates),
        paragraph("; ".join(f"{reason}: {count}" for reason, count in left_out.items()) or "nothing", "Left out"),
        paragraph(finding.method, "Method"),
        paragraph(finding.claim, "May be read as"),
        shown_list(finding.assumptions, "Assumptions"),
        shown_list(finding.sensitivity, "Checked beside"),
    ]


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

    def _repr_html_(self) -> str:
        return card(self.title, _parts(self, self.exclusions), origin=self.origin)


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

    def _repr_html_(self) -> str:
        said = paragraph("; ".join((self.policy, *self.changes)), "Protected by the policy")
        return card(self.title, [*_parts(self, self.exclusions), said], origin=self.origin)


def _in_order(frame: pd.DataFrame, declared: Mapping[str, str]) -> pd.DataFrame:
    """Copy the frame with its columns in the order of the vocabulary, then as declared."""
    unknown = [name for name in frame.columns if name not in VOCABULARY and name not in declared]
    if unknown:
        msg = f"Estimates have the column {unknown[0]!r}, which is neither in the vocabulary nor declared."
        raise ColumnError(msg, hint="Declare it in `columns` with what it means.")
    present = [name for name in (*VOCABULARY, *declared) if name in frame.columns]
    texts = {name: "string" for name in _TEXTS if name in present}
    return frame.loc[:, present].reset_index(drop=True).astype(texts)


def weakest_origin(origins: Iterable[Origin]) -> Origin:
    """Say what may be said of data that come together.

    Parameters
    ----------
    origins : iterable of {"observed", "synthetic", "reconstructed"}
        Where each of them comes from.

    Returns
    -------
    {"observed", "synthetic", "reconstructed"}
        *synthetic* as soon as one is, then *reconstructed*.

    Examples
    --------
    >>> weakest_origin(["observed", "reconstructed"]), weakest_origin([])
    ('reconstructed', 'observed')
    """
    return max(origins, key=("observed", "reconstructed", "synthetic").index, default="observed")


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
        of rows changes; where there is a column ``role``, the ``roles`` of those who answered, by which `release`
        knows peers, staff and leaders. It belongs under ``settings["data"]`` and is never released.

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
    roles = {"roles": sorted(map(str, frame["role"].dropna().unique()))} if "role" in frame else {}
    return {"rows": len(frame), "columns": frame.shape[1], "fingerprint": digest.hexdigest()[:16], **roles}


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
    "BROOM",
    "VOCABULARY",
    "Claim",
    "Names",
    "Origin",
    "Released",
    "Result",
    "data_facts",
    "origin_of",
    "versions",
    "weakest_origin",
]
