"""The measured lines as a table in Markdown, and the page of the documentation that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from run import Row

HEAD = ("what", "size", "ours, s", "peer", "peer, s", "ratio", "ours, MB", "peer, MB", "growth")
PAGE = """# Performance

Made by `make bench` (the files are in `benchmarks/`). Nothing on this page is typed by hand.

- *ours, s* and *peer, s*: median seconds; ours and the peers take turns on the same data in the same process, after a first
  run that is not counted. In that first run the peer's result is compared with ours, and the run stops if they differ;
  where the name of a peer says that it does something else or less, it is not compared.
- *ratio*: ours over the peer. Below 1 we are faster.
- *MB*: memory that the call adds at its peak to its data, at the largest size, each in a process of its own.
- *growth*: the exponent with which our time grows from the smallest to the largest size. 1 is proportional to the size.

{facts}

{table}
"""


def table(rows: Sequence[Row]) -> str:
    """Give a table in Markdown that is also readable as it stands."""
    cells = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(cell[place]) for cell in cells) for place in range(len(HEAD))]
    texts = {0, 1, 3}
    lines = [
        "| " + " | ".join(_fitted(text, widths[place], place in texts) for place, text in enumerate(each)) + " |"
        for each in cells
    ]
    rule = (
        "|" + "|".join("-" * (width + 1) + ("-" if place in texts else ":") for place, width in enumerate(widths)) + "|"
    )
    return "\n".join((lines[0], rule, *lines[1:]))


def page(rows: Sequence[Row], facts: Mapping[str, str]) -> str:
    """Give the page of the documentation.

    Parameters
    ----------
    rows : sequence of Row
        The lines.
    facts : mapping of str to str
        What the numbers depend on: date, machine, versions.
    """
    return PAGE.format(table=table(rows), facts="\n".join(f"- {name}: {said}" for name, said in facts.items()))


def _cells(row: Row) -> tuple[str, ...]:
    ratio = None if row.seconds is None else row.ours / row.seconds
    return (
        row.what, row.size, f"{row.ours:.3f}", row.peer or "–", _number(row.seconds, 3), _number(ratio, 2),
        _number(row.memory, 0), _number(row.peer_memory, 0), _number(row.growth, 2),
    )  # fmt: skip


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def _fitted(text: str, width: int, left: bool) -> str:
    return text.ljust(width) if left else text.rjust(width)
