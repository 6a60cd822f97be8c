"""Published figures beside recomputed ones."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from peereval.errors import PublishedFigureError
from peereval.evidence.recomputed import Calls
from peereval.results import Result, versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peereval.evidence.recomputed import Resolve, Tables
    from peereval.results import Origin

Mark: TypeAlias = Literal["T", "R", "C", "M"]
MARKS = {
    "T": "read in the stored text of the publication or of a page that quotes it",
    "R": "read in a third party's transcription of the publication's tables",
    "C": "computed by hand from figures of the publication, which does not print it",
    "M": "from memory, not seen at a source",
}
"""Verification marks and what they mean."""

STATUSES = {
    "reproduced": "recomputed from other data, equal to the last printed digit",
    "within-rounding": "recomputed from printed figures whose rounding allows the printed result",
    "stated": "copied; there is nothing to recompute it from",
    "differs": "recomputed, and not equal",
    "cannot": "cannot be recomputed, or has not been seen at its source",
    "agrees": "another place prints the same, to the rounding of the coarser",
    "contradicts": "another place prints another number for the same thing",
}
"""What may become of a published figure."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Recomputation(_Strict):
    """How a figure is computed again: a public function, its arguments, and which of its estimates is meant.

    Parameters
    ----------
    function : str
        A public name of peereval that gives a `Result`; a method is written ``Programme.staffing``, and its object
        goes under ``self``.
    arguments : dict
        Its arguments; a text ``"table:<name>"`` stands for a table of the data set, ``"programme:<name>"`` for one of
        its programme files.
    select : dict
        Values of columns that single out one row of the estimates.
    table : str
        Where the estimates stand: ``estimates`` of a `Result`, or another table or number of what the function gives,
        such as ``coefficients`` or ``loglik`` of a fitted model.
    column : str
        The column of the estimates.
    multiply : float
        Factor that brings it to the printed unit (100 for per cent).
    why : str
        The reason, where the recomputed figure differs or cannot be had.
    """

    function: str
    arguments: dict[str, Any]
    select: dict[str, str] = Field(default_factory=dict)
    table: str = "estimates"
    column: str = "estimate"
    multiply: float = 1.0
    why: str = ""


class Against(_Strict):
    """Another printed figure for the same thing.

    Parameters
    ----------
    figure : str
        The id of the other figure.
    why : str
        What the two say, where they contradict one another.
    """

    figure: str
    why: str = ""


class Figure(_Strict):
    """A published figure.

    Parameters
    ----------
    id : str
        Its name in the ledger.
    what : str
        What it says.
    printed : str
        As it is printed.
    unit, place : str
        Its unit, and the page or table that prints it.
    verified : {"T", "R", "C", "M"}
        Whether it was seen.
    status : {"stated", "cannot"}, optional
        For figures that nothing recomputes.
    why : str
        The reason, where it cannot be recomputed.
    recompute : tuple of Recomputation
        The ways in which it is computed again; each is a row of the ledger.
    against : tuple of Against
        Other printed figures for the same thing; each is a row of the ledger.
    """

    id: str
    what: str
    printed: str
    unit: str
    place: str
    verified: Mark
    status: Literal["stated", "cannot"] | None = None
    why: str = ""
    recompute: tuple[Recomputation, ...] = ()
    against: tuple[Against, ...] = ()

    @model_validator(mode="after")
    def _one_way(self) -> Figure:
        ways = bool(self.recompute) + (self.status is not None)
        if ways > 1 or ways + bool(self.against) == 0:
            msg = f"figure {self.id}: give either `recompute` or a `status`, or what it stands `against`"
            raise ValueError(msg)
        if self.status == "cannot" and not self.why:
            msg = f"figure {self.id}: say why it cannot be recomputed"
            raise ValueError(msg)
        return self


class Publication(_Strict):
    """The published figures of one study.

    Parameters
    ----------
    title, reference : str
        The publication.
    doi : str
        Its digital object identifier, where it has one.
    rounding : dict
        Table to column to half of the last printed digit, for tables that were copied from print.
    blocks : dict
        Table to a column whose values are independent of one another: a figure that selects one value depends
        on the rows with that value only. Every table with `rounding` needs one.
    figure : tuple of Figure
        Its figures.
    """

    title: str
    reference: str
    doi: str = ""
    rounding: dict[str, dict[str, float]] = Field(default_factory=dict)
    blocks: dict[str, str] = Field(default_factory=dict)
    figure: tuple[Figure, ...]

    @model_validator(mode="after")
    def _blocks_of_rounded(self) -> Publication:
        missing = sorted(set(self.rounding) - set(self.blocks))
        if missing:
            msg = f"rounding.{missing[0]}: say under `blocks` which column's values are independent of one another"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _known_figures(self) -> Publication:
        ids = [figure.id for figure in self.figure]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            msg = f"two figures are called {twice[0]!r}"
            raise ValueError(msg)
        for figure in self.figure:
            for other in figure.against:
                if other.figure not in ids or other.figure == figure.id:
                    msg = f"figure {figure.id}: against {other.figure!r}, which is no other figure"
                    raise ValueError(msg)
        return self


def ledger(
    publication: Publication,
    tables: Tables,
    resolve: Resolve,
    *,
    study: str,
    origin: Origin,
    programmes: Mapping[str, object] = MappingProxyType({}),
    absent: Mapping[str, str] = MappingProxyType({}),
) -> Result:
    """Compute the figures of a publication again and put them beside the printed ones.

    Parameters
    ----------
    publication : Publication
        The figures.
    tables : mapping of str to DataFrame
        The tables of the data set.
    resolve : callable
        Gives the public function of a name.
    study : str
        The data set's name.
    origin : {"observed", "synthetic", "reconstructed"}
        Of the tables.
    programmes : mapping of str to Programme
        The programme files of the data set.
    absent : mapping of str to str
        Tables that are not there, and why: what needs them cannot be recomputed.

    Returns
    -------
    Result
        One row a figure and way to recompute it, or other figure that it stands against.

    Raises
    ------
    PublishedFigureError
        A function, table or row that a figure names does not exist, or a printed figure is no plain number.
    """
    calls = Calls(tables, resolve, publication.rounding, publication.blocks, programmes)
    named = {figure.id: figure for figure in publication.figure}
    rows = [
        row
        for figure in publication.figure
        for row in (
            *_rows(figure, calls, absent),
            *(_against(figure, other, named[other.figure]) for other in figure.against),
        )
    ]
    frame = pd.DataFrame(rows, columns=list(_ROW)).assign(study=study)
    frame["difference"] = frame["estimate"].astype(float) - frame["published"]
    return Result(
        kind="ledger",
        title=f"Published beside reproduced: {publication.title}",
        estimates=frame,
        method=_METHOD,
        claim="description",
        references=(publication.reference + (f", doi:{publication.doi}" if publication.doi else ""),),
        settings={"study": study, "versions": versions()},
        columns=_COLUMNS,
        exclusions={},
        origin=origin,
    )


_METHOD = (
    "Every printed figure is computed again by the named function; it is reproduced when both are equal to half of the last "
    "printed digit, and within rounding when some values that round to the printed inputs give one that rounds to the printed "
    "figure. Every combination of the lowest and highest values of the inputs is tried, which finds the extremes where the figure "
    "rises or falls steadily with each input. The more inputs a formula has, the wider is what their rounding allows."
)
_ROW = (
    "figure", "what", "unit", "printed", "published", "tolerance", "place", "verified", "way", "estimate", "lowest", "highest",
    "status", "why", "function", "arguments", "other_place",
)  # fmt: skip
_COLUMNS = {
    "study": "data set",
    "figure": "the figure's name",
    "what": "what it says",
    "way": "which of several ways to recompute it",
    "printed": "as printed",
    "published": "the printed number",
    "tolerance": "half of the last printed digit",
    "lowest": "the least that the rounding of printed inputs allows",
    "highest": "the most that the rounding of printed inputs allows",
    "difference": "the recomputed figure, or the one of the other place, minus the printed number",
    "status": "; ".join(f"{status}: {meaning}" for status, meaning in STATUSES.items()),
    "why": "the reason, where a figure differs or cannot be recomputed",
    "place": "where it is printed",
    "other_place": "where another figure for the same thing is printed; `way` names it",
    "verified": "; ".join(f"{mark}: {meaning}" for mark, meaning in MARKS.items()),
    "function": "the public function that recomputes it",
    "arguments": "the arguments of that function",
}


def unexplained(found: Result) -> pd.DataFrame:
    """Give the rows of a ledger that differ, or contradict another place, without a written reason.

    Parameters
    ----------
    found : Result
        A ledger.

    Returns
    -------
    DataFrame
        Those rows.
    """
    rows = found.estimates
    return rows[rows["status"].isin(["differs", "contradicts"]) & (rows["why"].fillna("") == "")]


def number_of(printed: str) -> tuple[float, float]:
    """Read a printed number and half of its last digit.

    Parameters
    ----------
    printed : str
        A plain number with a point (or raised point) before the decimals, with or without a per cent sign, such
        as ``"0·66"``, ``"29%"`` or ``"−0.04"``.

    Returns
    -------
    tuple of float
        The number and half of its last printed digit.

    Raises
    ------
    PublishedFigureError
        It is anything else: separators of thousands, a decimal comma, an exponent, an inequality, a range.

    Examples
    --------
    >>> number_of("29%")
    (29.0, 0.5)
    >>> number_of("−0·04"), number_of(".76")
    ((-0.04, 0.005), (0.76, 0.005))
    """
    found = _PLAIN.fullmatch(printed.strip().translate(_SIGNS))
    if found is None:
        msg = f"The printed figure {printed!r} is no plain number."
        raise PublishedFigureError(
            msg,
            hint="Write it with a decimal point and no separators, such as 93150 or 0.66; put '<', ranges and words in `what`.",
        )
    return float(found.group(1)), 0.5 * 10.0 ** -len(found.group(2) or "")


_PLAIN = re.compile(r"(-?(?:[0-9]*\.([0-9]+)|[0-9]+))\s?%?")
# raised point; minus sign, figure dash and en dash
_SIGNS = str.maketrans({"\u00b7": ".", "\u2212": "-", "\u2012": "-", "\u2013": "-"})


def _base(figure: Figure) -> dict[str, object]:
    published, tolerance = number_of(figure.printed)
    return {
        "figure": figure.id, "what": figure.what, "unit": figure.unit, "printed": figure.printed, "published": published,
        "tolerance": tolerance, "place": figure.place, "verified": figure.verified,
    }  # fmt: skip


def _against(figure: Figure, other: Against, found: Figure) -> dict[str, object]:
    """The row of a figure beside what another place prints for the same thing."""
    (published, tolerance), (value, coarse) = number_of(figure.printed), number_of(found.printed)
    same = abs(value - published) <= max(tolerance, coarse) + 1e-9
    status = "cannot" if "M" in (figure.verified, found.verified) else "agrees" if same else "contradicts"
    unseen = "one of the two has not been seen at its source (mark M). " if status == "cannot" else ""
    return {
        **_base(figure), "way": f"against {found.id}", "estimate": value, "status": status, "why": unseen + other.why,
        "other_place": found.place,
    }  # fmt: skip


def _rows(figure: Figure, calls: Calls, absent: Mapping[str, str]) -> list[dict[str, object]]:
    base = _base(figure)
    if figure.status is not None:
        return [{**base, "status": figure.status, "why": figure.why}]
    ways = _told_apart(figure.recompute) if figure.recompute else []
    return [
        {**base, "way": name, **(_without(way, absent) or _recomputed(figure, way, calls))}
        for name, way in zip(ways, figure.recompute, strict=True)
    ]


def _without(way: Recomputation, absent: Mapping[str, str]) -> dict[str, object]:
    """What the row says where a table is not there."""
    lacking = [why for name, why in absent.items() if f"table:{name}" in way.arguments.values()]
    return {"status": "cannot", "why": lacking[0], "function": way.function} if lacking else {}


def _told_apart(ways: tuple[Recomputation, ...]) -> list[str]:
    """Name each way by the arguments and selections in which the ways of a figure differ."""
    said = [{**{name: str(value) for name, value in way.arguments.items()}, **way.select} for way in ways]
    differing = [name for name in said[0] if len({each.get(name) for each in said}) > 1]
    return [", ".join(each.get(name, "") for name in differing) for each in said]


def _recomputed(figure: Figure, way: Recomputation, calls: Calls) -> dict[str, object]:
    published, tolerance = number_of(figure.printed)
    value, lowest, highest = calls.values(way, figure.id)
    status = _status(value, (lowest, highest), published, tolerance, figure.verified)
    unseen = "" if figure.verified != "M" else "the printed figure has not been seen at its source (mark M). "
    return {
        "estimate": value, "lowest": lowest, "highest": highest, "status": status,
        "why": (unseen + way.why).strip() if status in ("differs", "cannot") else way.why,
        "function": way.function, "arguments": ", ".join(f"{name}={value}" for name, value in way.arguments.items()),
    }  # fmt: skip


def _status(value: float, allowed: tuple[float, float], published: float, tolerance: float, verified: Mark) -> str:
    reach = tolerance + 1e-9
    if np.isnan(value) or verified == "M":
        return "cannot"
    if abs(value - published) <= reach:
        return "reproduced"
    return "within-rounding" if allowed[0] - reach <= published <= allowed[1] + reach else "differs"
