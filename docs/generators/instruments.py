"""A card for every instrument of the catalogue, and the table of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import peereval as pe
from generators.markdown import bullets, fence, page, plain, sentence, table, toctree
from peereval.instruments.card import card, way

if TYPE_CHECKING:
    from pathlib import Path

    from peereval.instruments.model import Instrument

_MARKS = {"V": "", "V*": "derived", "M+": "not verified", "M": "not verified"}
_LICENCES = {
    "A": "open",
    "B": "free with conditions",
    "C": "permission needed",
    "D": "proprietary or with a fee",
    "U": "unclear",
}
_LANGUAGES = {"da": "Danish", "sv": "Swedish", "nb": "Norwegian", "en": "English"}


def pages(_: Path) -> dict[str, str]:
    """Give the pages by their path below the documentation."""
    rows = pe.list_instruments()
    cards = {name: pe.instrument(name) for name in rows["id"]}
    return {
        "reference/instruments/index.md": _index(rows, cards),
        **{f"reference/instruments/{name}.md": _card(one, _title(one, cards)) for name, one in cards.items()},
    }


def _index(rows: Any, cards: dict[str, Instrument]) -> str:
    listed = [
        (
            f"{{doc}}`{row.id} </reference/instruments/{row.id}>`",
            plain(cards[row.id].name),
            row.measures,
            row.n_items,
            row.licence,
            ", ".join(cards[row.id].languages),
            "" if row.refused else "yes",
        )
        for row in rows.itertuples()
    ]
    licences = "; ".join(f"{kind}: {meaning}" for kind, meaning in _LICENCES.items())
    return page(
        "# Instruments",
        f"The catalogue has {len(rows)} instruments; where several orders or codings of one circulate, each is an entry of "
        "its own. An entry that is not scored is listed with the reason on its card.",
        f"Licence: {licences}. Languages: Nordic and English versions of which a validation was seen. The wording of items is never part of peereval.",
        table(["id", "name", "measures", "items", "licence", "languages", "scored"], listed),
        toctree(f"/reference/instruments/{name}" for name in cards),
    )


def _title(one: Instrument, cards: dict[str, Instrument]) -> str:
    """Its name, with the id where several entries share the name."""
    shared = sum(one.name == other.name for other in cards.values()) > 1
    return plain(f"{one.name} ({one.id})" if shared else one.name)


def _card(one: Instrument, title: str) -> str:
    told = dict(card(one))
    return page(
        f"# {title}",
        fence("code-block", [_call(one)], of="python"),
        _facts(one, told),
        fence("admonition", [", ".join(one.unverified) + "."], ":class: warning", of="Not verified at the source")
        if one.unverified
        else "",
        *_section("Scales", _scales(one)),
        *_section("Bands", _cutoffs(one)),
        *_section("Change that matters", _changes(one)),
        *_section("Reliability", _reliability(one)),
        *_section(
            "Items to look at",
            bullets(plain(text) for heading in ("weak items", "risk to life") for text in told.get(heading, [])),
        ),
        *_section("Look out", bullets(plain(text) for text in one.caveats)),
        *_section("Sources", bullets(plain(text) for text in one.sources)),
    )


def _call(one: Instrument) -> str:
    coding = f', coding="{next(iter(one.codings))}"' if len(one.codings) > 1 and not one.coding_in_id else ""
    return f'pe.instrument("{one.id}")' if one.refused else f'pe.score(responses, "{one.id}"{coding})'


def _section(title: str, lines: list[str]) -> tuple[str, ...]:
    return (f"## {title}", "\n".join(lines)) if lines else ()


def _facts(one: Instrument, told: dict[str, list[str]]) -> list[str]:
    kinds = ", ".join(_LICENCES[kind] for kind in one.licence.kind.split("/"))
    rows = [
        ("measures", plain(sentence(one.measures))),
        ("not scored", plain(one.refused)),
        ("this entry", plain(one.choice)),
        ("items", plain("; ".join(told["items"]))),
        ("coding", "<br>".join(plain(text) for text in told.get("codings", []))),
        ("missing answers", plain(one.missing_rule)),
        ("licence", f"{one.licence.kind} ({kinds}). {plain(one.licence.text)}"),
        ("validated in", ", ".join(_LANGUAGES[language] for language in one.languages)),
        ("entry", f"`{one.id}`, version {one.version}"),
    ]
    lines = [line for name, text in rows if text for line in (f"* - {name}", f"  - {text}")]
    return [fence("list-table", lines, ":stub-columns: 1", ":widths: 1 4")]


def _scales(one: Instrument) -> list[str]:
    head = ["scale", "what", "computed as", "range", "direction", "answers needed"]
    return table(
        head,
        [
            (
                f"`{name}`" + (" (shown first)" if scale.headline and len(one.scales) > 1 else ""),
                plain(scale.meaning),
                plain(way(scale)),
                f"{scale.low:g} to {scale.high:g}",
                scale.direction,
                f"{scale.min_answered} of {len(scale.items)}",
            )
            for name, scale in one.scales.items()
        ],
    )


def _cutoffs(one: Instrument) -> list[str]:
    rows = [
        (
            f"`{each.scale}`",
            plain(each.label),
            _number(each.low),
            _number(each.high),
            _MARKS[each.verified],
            plain(each.source),
        )
        for each in one.cutoffs
    ]
    return table(["scale", "band", "from", "to", "mark", "source"], rows)


def _changes(one: Instrument) -> list[str]:
    rows = [
        (
            f"`{each.scale}`",
            f"{each.value:g}",
            each.kind,
            plain(each.applies_to),
            _MARKS[each.verified],
            plain(each.source),
        )
        for each in one.changes
    ]
    return table(["scale", "points", "kind", "applies to", "mark", "source"], rows)


def _reliability(one: Instrument) -> list[str]:
    rows = [
        (
            f"`{each.scale}`",
            each.measure,
            _number(each.value) + (f" to {each.to:g}" if each.to is not None else ""),
            each.n,
            plain(each.population),
            _MARKS[each.verified],
            plain(each.source),
        )
        for each in one.reliability
    ]
    return table(["scale", "measure", "value", "n", "who", "mark", "source"], rows)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
