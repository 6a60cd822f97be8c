"""The definition of an instrument: what is coded how, which items make which scale, who says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from peereval.instruments.key import Coding, Count, Frozen, Gated, Scale, Table, Weighted
from peereval.instruments.numbering import Items
from peereval.instruments.reach import reachable

if TYPE_CHECKING:
    from collections.abc import Iterator

Mark = Literal["V", "V*", "M+", "M"]
"""V seen at a source, V* derived from what was seen, M+ and M from memory and not verified."""

LicenceClass = Literal["A", "A/B", "B", "B/C", "B/U", "C", "D", "U", "U/D"]


class Change(Frozen):
    """A published bar for a change.

    Parameters
    ----------
    scale : str
        The scale that it stands on.
    value : float
        Points.
    kind : {"minimal important", "between groups", "reliable"}
        The smallest change that matters to a person; the smallest difference that matters between groups; or the
        change of a person that is beyond measurement error, whether or not it matters.
    applies_to : str
        Within a person or between groups, in the words of the source.
    source : str
        Where it is published.
    verified : {"V", "V*", "M+", "M"}
        Whether the figure was seen at its source.
    """

    scale: str
    value: float
    kind: Literal["minimal important", "between groups", "reliable"] = "minimal important"
    applies_to: str
    source: str
    verified: Mark


class Cutoff(Frozen):
    """A published band of scores.

    Parameters
    ----------
    scale : str
        The scale that it stands on.
    label : str
        What the band is called.
    low, high : float, optional
        Its lowest and highest score, both within the band.
    source : str
        Where it is published.
    verified : {"V", "V*", "M+", "M"}
        Whether it was seen at its source.
    """

    scale: str
    label: str
    low: float | None = None
    high: float | None = None
    source: str
    verified: Mark


class Reliability(Frozen):
    """A published reliability.

    Parameters
    ----------
    scale : str
        The scale it belongs to.
    measure : str
        Such as ``"alpha"``, ``"retest"``, ``"icc"``, ``"omega"`` or ``"sem"`` (in points).
    value : float
        The figure, or the lower end of the printed range.
    to : float, optional
        The upper end of the printed range.
    n : int, optional
        Persons.
    population : str
        Who answered.
    source : str
        Where it is published.
    verified : {"V", "V*", "M+", "M"}
        Whether the figure was seen at its source.
    """

    scale: str
    measure: Literal["alpha", "omega", "retest", "icc", "sem"]
    value: float
    to: float | None = None
    n: int | None = None
    population: str = ""
    source: str
    verified: Mark


class Weak(Frozen):
    """Items that are reported to go badly with the rest, so that a correlation near 0 is no sign of a wrong key.

    The reverse-key alarm heeds the report only where it was seen at its source (V or V*).

    Parameters
    ----------
    items : tuple of int
        The items.
    why : str
        Who reports it.
    verified : {"V", "V*", "M+", "M"}
        Whether the report was seen at its source.
    """

    items: Items
    why: str
    verified: Mark


class Risk(Frozen):
    """Items that ask about a risk to life: an answer to them needs a person who can act on it.

    Parameters
    ----------
    items : tuple of int
        The items.
    source : str
        Who says so.
    verified : {"V", "V*", "M+", "M"}
        Whether it was seen at its source.
    """

    items: Items
    source: str
    verified: Mark


class Licence(Frozen):
    """What is known about the terms of use of the questionnaire.

    Parameters
    ----------
    kind : str
        A: open; B: free with conditions; C: permission needed; D: proprietary or with a fee; U: unclear.
    text : str
        The terms in a sentence.
    """

    kind: LicenceClass
    text: str


class Instrument(Frozen):
    """A survey instrument as the catalogue knows it.

    Parameters
    ----------
    id, version, name : str
        Its name in calls, the version of this definition, and its full name.
    family, choice : str
        The name that several orders or codings share, and what sets this one apart.
    measures : str
        What it measures.
    prefix : str
        Columns are called ``<prefix>_<nn>``, from ``<prefix>_01``.
    n_items : int
        Number of items.
    refused : str
        Why it is listed but not scored.
    coding_in_id : bool
        Whether the id names the coding, so that the caller may not name another.
    codings : mapping of str to Coding
        The codings that circulate. With one only, the caller need not name it.
    scales : mapping of str to Scale
        The scales. Their ranges are written for the first coding.
    min_answered : int
        Items of the whole instrument that must be answered before any scale is scored.
    missing_rule : str
        The rule in a sentence, with its source.
    changes, cutoffs, reliability : tuple
        Minimal important changes, bands of scores and published reliabilities.
    weak : tuple of Weak
        Items that are known to go badly with the rest.
    risk : Risk, optional
        Items that ask about a risk to life.
    caveats : tuple of str
        Errors that circulate, and what to look at.
    licence : Licence
        Terms of use.
    languages : tuple of str
        Nordic and English versions of which a validation was seen; another may have one all the same.
    verified : mapping of str to str
        Fact that a score depends on to its verification mark.
    sources : tuple of str
        Where the facts come from.

    Examples
    --------
    >>> import peereval as pe
    >>> pe.instrument("soc-13").codings["1-7"].reversed
    (1, 2, 3, 7, 10)
    """

    id: str
    version: str
    name: str
    family: str = ""
    choice: str = ""
    measures: str
    prefix: str
    n_items: int
    refused: str = ""
    coding_in_id: bool = False
    codings: dict[str, Coding] = Field(default_factory=dict)
    scales: dict[str, Scale] = Field(default_factory=dict)
    min_answered: int = 0
    missing_rule: str
    changes: tuple[Change, ...] = ()
    cutoffs: tuple[Cutoff, ...] = ()
    reliability: tuple[Reliability, ...] = ()
    weak: tuple[Weak, ...] = ()
    risk: Risk | None = None
    caveats: tuple[str, ...] = ()
    licence: Licence
    languages: tuple[Literal["da", "sv", "nb", "en"], ...] = ()
    verified: dict[str, Mark] = Field(default_factory=dict)
    sources: tuple[str, ...]

    @model_validator(mode="after")
    def _fits_together(self) -> Instrument:
        problem = next(_problems(self), None)
        if problem:
            raise ValueError(problem)
        return self

    @property
    def item_columns(self) -> tuple[str, ...]:
        """The columns in which the answers are expected, in the order of the items."""
        return tuple(f"{self.prefix}_{item:02d}" for item in range(1, self.n_items + 1))

    @property
    def unverified(self) -> tuple[str, ...]:
        """The facts a score depends on that nobody has seen at their source."""
        return tuple(fact for fact, mark in self.verified.items() if mark in ("M", "M+"))

    @property
    def headline(self) -> str:
        """The scale that figures show first."""
        return next(name for name, scale in self.scales.items() if scale.headline)

    def __repr__(self) -> str:
        return f"Instrument({self.id!r}, version {self.version!r}, {len(self.scales)} scales)"

    def _repr_html_(self) -> str:
        from peereval.instruments.card import card_html

        return card_html(self)


def _problems(one: Instrument) -> Iterator[str]:
    """What does not fit together in a definition."""
    known = set(range(1, one.n_items + 1))
    used = {item for part in (*one.scales.values(), *one.weak, *filter(None, [one.risk])) for item in part.items}
    for coding in one.codings.values():
        used |= {*coding.reversed, *map(int, coding.ranges), *(item for code in coding.codes for item in code.items)}
    if not used <= known:
        yield f"items {sorted(used - known)} are not among the {one.n_items} items"
    if bool(one.refused) == bool(one.scales and one.codings):
        yield "an instrument is either refused or has codings and scales"
    if not one.refused and sum(scale.headline for scale in one.scales.values()) != 1:
        yield "exactly one scale is the headline"
    facts: tuple[Change | Cutoff | Reliability, ...] = (*one.changes, *one.cutoffs, *one.reliability)
    named = {fact.scale for fact in facts}
    if not named <= set(one.scales):
        yield f"facts stand on the scales {sorted(named - set(one.scales))}, which it does not have"
    yield from _coding_problems(one)
    for name, scale in one.scales.items():
        yield from (f"scale {name}: {problem}" for problem in _scale_problems(scale, one))


def _coding_problems(one: Instrument) -> Iterator[str]:
    """What would make codes of one coding no codes of the other."""
    steps = {}
    for name, coding in one.codings.items():
        spans = [(coding.min, coding.max), *map(coding.range_of, range(1, one.n_items + 1))]
        steps[name] = [high - low for low, high in spans[1:]]
        yield from (f"coding {name}: codes cannot run from {low} to {high}" for low, high in spans if low >= high)
    if len({tuple(each) for each in steps.values()}) > 1:
        yield f"the codings {', '.join(steps)} have unlike numbers of codes, so one cannot stand for the other"


def _scale_problems(scale: Scale, one: Instrument) -> Iterator[str]:
    """What the arithmetic of a scale does not allow, so that it is refused instead of scored otherwise than it reads."""
    first = next(iter(one.codings.values()))
    spans = [first.range_of(item) for item in scale.items]
    if scale.missing not in _MISSING[scale.method]:
        yield f"a {scale.method} cannot have missing = {scale.missing!r}"
    turned = {item for coding in one.codings.values() for item in coding.reversed}
    if isinstance(scale, Weighted | Count | Gated) and turned & set(scale.items):
        yield f"the codes of a {scale.method} scale stand as they are, so its items cannot be reversed"
    if isinstance(scale, Gated | Weighted | Count) and len(one.codings) > 1:
        yield f"an instrument with a {scale.method} scale has one coding"
    yield from _value_problems(scale, one, spans)
    ends = reachable(scale, spans)
    if any(abs(end - said) > _ROUNDED for end, said in zip(ends, (scale.low, scale.high), strict=True)):
        yield f"scores reach from {ends[0]:g} to {ends[1]:g}, not from {scale.low:g} to {scale.high:g}"


def _value_problems(scale: Scale, one: Instrument, spans: list[tuple[int, int]]) -> Iterator[str]:
    """What the values of a scale lack for the codes of its items."""
    codes = {str(item): range(low, high + 1) for item, (low, high) in zip(scale.items, spans, strict=True)}
    if isinstance(scale, Table) and len(scale.values) != sum(high - low for low, high in spans) + 1:
        yield f"the table has {len(scale.values)} values, not one for each sum"
    if isinstance(scale, Weighted) and {item: len(values) for item, values in scale.weights.items()} != {
        item: len(each) for item, each in codes.items()
    }:
        yield "the weights are not one for each code of each item"
    if isinstance(scale, Count) and list(scale.counted) != list(codes):
        yield "the codes that count are not given for each item"
    elif isinstance(scale, Count) and not all(set(scale.counted[item]) <= set(each) for item, each in codes.items()):
        yield "codes count that are no codes of their items"
    if isinstance(scale, Gated):
        others = [each for each in one.scales.values() if isinstance(each, Gated) and each.gate != scale.gate]
        if any(set(each.items) & set(scale.items) for each in others):
            yield "an item has marks of one kind"


_ROUNDED = 0.005
"""The ends of a scale may be written to two places."""

_MISSING = {
    "sum": ("refuse", "person mean", "not counted"),
    "mean": ("refuse", "person mean"),
    "gated": ("refuse", "person mean"),
    "table": ("refuse",),
    "weighted": ("refuse",),
    "count": ("refuse", "not counted"),
}
"""What may stand for missing items, by the way of scoring."""
