"""What notebooks show of results, instruments, studies and programmes: cards that take the colours of their page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MARKED_AS = {"synthetic": "synthetic data", "reconstructed": "data rebuilt from published counts"}
"""How data that were not observed are called on figures and cards."""
_MOST = 60
"""Rows of a table that a card shows."""
_WRAPPED = 45
"""Letters of a cell above which it is wrapped."""
# a notebook that is not trusted loses the style sheet, and then all cells stand to the right
_LEFT = ' style="text-align:left"'
_LONG = f'{_LEFT} class="peereval-long"'
# JupyterLab's variables change with its theme; elsewhere the card has the colours of the page around it
_STYLE = """<style>
.peereval-card{border:1px solid var(--jp-border-color2,#8888);border-radius:4px;padding:.2em 1em .6em;margin:.4em 0;
color:var(--jp-content-font-color1,inherit);background:transparent}
.peereval-card h4{margin:.5em 0}
.peereval-card p,.peereval-card ul{margin:.4em 0;max-width:75em}
.peereval-card summary{cursor:pointer}
.peereval-card .peereval-made-up{display:inline-block;border:1px solid var(--jp-warn-color0,currentColor);
border-radius:3px;padding:0 .5em}
.peereval-card table{border-collapse:collapse;margin:.4em 0;font-size:inherit;color:inherit}
.peereval-card th,.peereval-card td{text-align:left;vertical-align:top;padding:.2em .5em;max-width:40em;white-space:normal}
.peereval-card .peereval-rows{overflow-x:auto}
.peereval-card .peereval-rows :is(th,td):not(.peereval-long){white-space:nowrap}
.peereval-card .peereval-long{min-width:20em}
.peereval-card thead th{border-bottom:1px solid var(--jp-border-color1,#8888)}
.peereval-card .peereval-number{text-align:right;font-variant-numeric:tabular-nums}
</style>"""


def card(title: str, parts: Iterable[str], *, origin: str = "observed") -> str:
    """Make a card for a notebook.

    Parameters
    ----------
    title : str
        Its heading; escaped here.
    parts : iterable of str
        HTML, as `shown_table`, `shown_facts` and `paragraph` give it; empty ones are left out.
    origin : {"observed", "synthetic", "reconstructed"}
        Where the data come from; what was not observed says so under the heading.

    Returns
    -------
    str
        HTML that is readable on light and dark pages alike.

    Examples
    --------
    >>> "<h4>ward &lt;A&gt;</h4>" in card("ward <A>", [], origin="synthetic")
    True
    """
    mark = f'<p><strong class="peereval-made-up">{MARKED_AS[origin]}</strong></p>' if origin in MARKED_AS else ""
    return f'{_STYLE}<section class="peereval-card"><h4>{escape(title)}</h4>{mark}{"".join(parts)}</section>'


def paragraph(text: str, heading: str = "") -> str:
    """Make a paragraph of a text; an empty one gives nothing.

    Parameters
    ----------
    text : str
        The text; escaped here.
    heading : str
        What stands before it in bold.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> paragraph("still_admitted: 3", "Left out")
    '<p><strong>Left out:</strong> still_admitted: 3</p>'
    """
    before = f"<strong>{escape(heading)}:</strong> " if heading else ""
    return f"<p>{before}{escape(text)}</p>" if text else ""


def shown_list(texts: Iterable[str], heading: str) -> str:
    """Make a list that is opened by a click; without texts nothing.

    Parameters
    ----------
    texts : iterable of str
        The texts; escaped here.
    heading : str
        What stands above it, with the number of texts behind.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> shown_list(["Persons are independent."], "Assumptions")
    '<details><summary>Assumptions (1)</summary><ul><li>Persons are independent.</li></ul></details>'
    """
    items = [f"<li>{escape(text)}</li>" for text in texts]
    return (
        f"<details><summary>{escape(heading)} ({len(items)})</summary><ul>{''.join(items)}</ul></details>"
        if items
        else ""
    )


def shown_facts(facts: Mapping[str, Iterable[str] | str]) -> str:
    """Make a table of headings and what is said under each.

    Parameters
    ----------
    facts : mapping of str to str or iterable of str
        Heading to its text or lines; a heading with nothing to say is left out. Escaped here.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> shown_facts({"measures": "well-being", "sources": []})[:76]
    '<table><tbody><tr><th scope="row" style="text-align:left">measures</th><td s'
    """
    lines = {heading: [said] if isinstance(said, str) else list(said) for heading, said in facts.items()}
    rows = "".join(
        f'<tr><th scope="row"{_LEFT}>{escape(heading)}</th><td{_LEFT}>{"<br>".join(map(escape, said))}</td></tr>'
        for heading, said in lines.items()
        if any(said)
    )
    return f"<table><tbody>{rows}</tbody></table>" if rows else ""


def shown_table(frame: pd.DataFrame) -> str:
    """Make a table of a frame, without its index.

    Parameters
    ----------
    frame : DataFrame
        The table. Of a long one the first 60 rows are shown, and it is said how many there are.

    Returns
    -------
    str
        HTML; numbers have four digits, missing cells are empty, texts are escaped.

    Examples
    --------
    >>> shown_table(pd.DataFrame({"group": ["<A>"], "estimate": [0.123456]}))[-80:]
    '&lt;A&gt;</td><td class="peereval-number">0.1235</td></tr></tbody></table></div>'
    """
    # by place, since two columns may have one name
    kinds = [_kind(frame.iloc[:, place]) for place in range(frame.shape[1])]
    heads = "".join(
        f'<th scope="col"{kind}>{escape(str(name))}</th>' for name, kind in zip(frame.columns, kinds, strict=True)
    )
    rows = "".join(
        f"<tr>{''.join(_cell(value, kind) for value, kind in zip(row, kinds, strict=True))}</tr>"
        for row in frame.head(_MOST).itertuples(index=False, name=None)
    )
    more = paragraph(f"The first {_MOST} of {len(frame):,} rows; to_frame() has all." if len(frame) > _MOST else "")
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<div class="peereval-rows">{table}</div>{more}'


def _kind(column: pd.Series) -> str:
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return ' class="peereval-number"' if numeric else _LEFT


def _cell(value: Any, kind: str) -> str:
    text = _text(value)
    return f"<td{_LONG if kind == _LEFT and len(text) > _WRAPPED else kind}>{text}</td>"


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return escape(", ".join(map(str, value)))
    if not pd.api.types.is_scalar(value):
        return escape(str(value))
    if pd.isna(value):
        return ""
    return f"{value:.4g}" if isinstance(value, float) else escape(str(value))
