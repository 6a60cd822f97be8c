"""The card of an instrument: what it measures, how it is scored, what is known about it and what goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from peereval import displays
from peereval.instruments.key import Additive, Count, Gated, Table
from peereval.instruments.numbering import text_of

if TYPE_CHECKING:
    from peereval.instruments.key import Coding, Scale
    from peereval.instruments.model import Change, Cutoff, Instrument, Mark, Reliability

    Card: TypeAlias = list[tuple[str, list[str]]]

_MARKS: dict[Mark, str] = {"V": "", "V*": " (derived)", "M+": " (unverified)", "M": " (unverified)"}
_MEASURES = {
    "alpha": "alpha",
    "omega": "omega",
    "retest": "test-retest correlation",
    "icc": "intraclass correlation",
    "sem": "standard error of measurement",
}


def card(one: Instrument) -> list[tuple[str, list[str]]]:
    """Say what is known about an instrument, heading by heading.

    Parameters
    ----------
    one : Instrument
        The instrument.

    Returns
    -------
    list of tuple of str and list of str
        Headings and their lines; a heading with nothing to say is left out.

    Examples
    --------
    >>> from peereval.instruments.lookup import instrument
    >>> dict(card(instrument("who-5")))["measures"]
    ['subjective well-being over the last two weeks']
    """
    rows: Card = [
        ("measures", [one.measures]),
        ("not scored here", [one.refused] if one.refused else []),
        ("this one", [one.choice] if one.choice else []),
        ("items", [_items(one)]),
        ("codings", [_coding(name, how) for name, how in one.codings.items()]),
        ("scales", [_scale(name, scale) for name, scale in one.scales.items()]),
        ("missing answers", [one.missing_rule]),
        ("bands", [_cutoff(each) for each in one.cutoffs]),
        ("change that matters", [_change(each) for each in one.changes]),
        ("reliability", [_reliability(each) for each in one.reliability]),
        ("weak items", [f"{text_of(weak.items)}: {weak.why}{_MARKS[weak.verified]}" for weak in one.weak]),
        (
            "risk to life",
            [] if one.risk is None else [f"{text_of(one.risk.items)}: {one.risk.source}{_MARKS[one.risk.verified]}"],
        ),
        ("look out", list(one.caveats)),
        ("not verified", [", ".join(one.unverified)] if one.unverified else []),
        ("licence", [f"{one.licence.kind}: {one.licence.text}"]),
        ("validated in", [", ".join(one.languages)] if one.languages else []),
        ("sources", list(one.sources)),
    ]
    return [(heading, lines) for heading, lines in rows if lines]


def card_text(one: Instrument) -> str:
    """Write the card as text.

    Parameters
    ----------
    one : Instrument
        The instrument.

    Returns
    -------
    str
        Lines with headings on the left.
    """
    lines = [f"{one.name} ({one.id}, version {one.version})"]
    for heading, texts in card(one):
        lines += [f"{heading if place == 0 else '':20} {text}" for place, text in enumerate(texts)]
    return "\n".join(lines)


def card_html(one: Instrument) -> str:
    """Write the card as HTML, for a notebook.

    Parameters
    ----------
    one : Instrument
        The instrument.

    Returns
    -------
    str
        A table with a heading a row; every text is escaped.
    """
    return displays.card(f"{one.name} ({one.id}, version {one.version})", [displays.shown_facts(dict(card(one)))])


def _items(one: Instrument) -> str:
    if one.refused:
        return f"{one.n_items}" if one.n_items else "differ by version"
    first, last = one.item_columns[0], one.item_columns[-1]
    return f"{one.n_items}, in the columns {first}" + (f" to {last}" if last != first else "")


def _coding(name: str, how: Coding) -> str:
    parts = [f"{name}: {how.min} to {how.max}"]
    parts += [f"item {item}: {low} to {high}" for item, (low, high) in how.ranges.items()]
    parts += [f"reversed: {text_of(how.reversed)}" if how.reversed else "no reversed items"]
    parts += [f"{code.code} = {code.means}, no answer" for code in how.codes]
    return "; ".join([*parts, how.meaning] if how.meaning else parts)


def _scale(name: str, scale: Scale) -> str:
    meaning = f" ({scale.meaning})" if scale.meaning else ""
    return (
        f"{name}{meaning}: {way(scale)}, {scale.low:g} to {scale.high:g}, {scale.direction}; "
        f"{scale.min_answered} of {len(scale.items)} items must be answered"
    )


def way(scale: Scale) -> str:
    """Say how a scale is computed from its items.

    Parameters
    ----------
    scale : Scale
        The scale.

    Returns
    -------
    str
        Such as ``"sum of items 1-5, times 4"``.
    """
    items = f"item {scale.items[0]}" if len(scale.items) == 1 else f"items {text_of(scale.items)}"
    if isinstance(scale, Gated):
        return f"mean of those of {items} that are {scale.gate}, times {scale.multiply:g}"
    if isinstance(scale, Table):
        return f"sum of {items}, turned by a table"
    if isinstance(scale, Count):
        return f"number of {items} that count"
    if not isinstance(scale, Additive):
        return f"weights of the codes of {items}"
    steps = f" minus {scale.subtract:g}," if scale.subtract else ""
    factor = scale.multiply / scale.divide
    return f"{scale.method} of {items}" + steps + (f" times {factor:g}" if factor != 1 else "")


def _cutoff(each: Cutoff) -> str:
    low = "" if each.low is None else f"from {each.low:g} "
    high = "" if each.high is None else f"to {each.high:g} "
    return f"{each.scale} {low}{high}{each.label}{_MARKS[each.verified]}. {each.source}"


def _change(each: Change) -> str:
    return f"{each.scale}: {each.value:g} points {each.applies_to}{_MARKS[each.verified]}. {each.source}"


def _reliability(each: Reliability) -> str:
    value = f"{each.value:g}" + (f" to {each.to:g}" if each.to is not None else "")
    who = ", ".join(part for part in (f"n = {each.n}" if each.n else "", each.population) if part)
    return (
        f"{each.scale}: {_MEASURES[each.measure]} {value}"
        + (f" ({who})" if who else "")
        + f"{_MARKS[each.verified]}. {each.source}"
    )
