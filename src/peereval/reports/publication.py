"""Released results as tables for a manuscript: great_tables, LaTeX, and HTML that Word opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.errors import NotReleasedError
from peereval.reports.brief import MADE_UP
from peereval.reports.document import template
from peereval.reports.languages import words
from peereval.reports.notes import notes_of
from peereval.reports.tables import as_gt, numeric_columns, spoken_cells, tables_of
from peereval.reports.wording import NBSP
from peereval.results import Released

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from great_tables import GT

    from peereval.reports.languages import Words
    from peereval.results import Result

# a bracket or star at the beginning of a row would be taken for an argument of the row before
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "[": "{[}", "]": "{]}", "*": "{*}", "<": r"\textless{}",
        ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}", "\n": " ", "\u00a0": "~", "\u2011": "-",
        "≈": r"$\approx$", "−": "$-$", "≤": r"$\leq$", "≥": r"$\geq$", "×": r"$\times$", "–": "--", "…": r"\ldots{}",
        "\u03b1": r"$\alpha$", "τ": r"$\tau$", "χ": r"$\chi$", "²": "$^2$", "√": r"$\surd$",
    }
)  # fmt: skip
"""What LaTeX would take for a command, and what pdflatex's text fonts lack."""


def great_tables_of(finding: Result | Released, language: str) -> list[GT]:
    """Make the printed tables of a released result with great_tables.

    Parameters
    ----------
    finding : Released
        The result; one that is not released is refused.
    language : {"en", "da", "sv"}
        The language.

    Returns
    -------
    list of GT
        The tables; data that are made up are named under the caption, and how numbers are protected below the table.

    Raises
    ------
    NotReleasedError
        The result has not passed `release`.
    """
    released, speech = _checked(finding), words(language)
    said = speech.sentence(notes_of(released)[-1])
    return [
        as_gt(caption, cells, f"{released.kind}-{place}", note=MADE_UP.get(released.origin), speech=speech)
        .tab_source_note(said)
        for place, (caption, cells) in enumerate(tables_of(released), start=1)
    ]  # fmt: skip


def latex_of(finding: Result | Released, language: str) -> str:
    """Write the printed tables of a released result as LaTeX.

    Parameters
    ----------
    finding : Released
        The result; one that is not released is refused.
    language : {"en", "da", "sv"}
        The language.

    Returns
    -------
    str
        A ``table`` environment each.

    Raises
    ------
    NotReleasedError
        The result has not passed `release`.
    """
    released, speech = _checked(finding), words(language)
    said = [*_made_up(released, speech), speech.sentence(notes_of(released)[-1])]
    return "\n".join(_table(caption, cells, said, speech) for caption, cells in tables_of(released))


def html_of(finding: Result | Released, language: str) -> str:
    """Write the printed tables of a released result as a page that Word opens.

    Parameters
    ----------
    finding : Released
        The result; one that is not released is refused.
    language : {"en", "da", "sv"}
        The language.

    Returns
    -------
    str
        The page; texts from data are escaped.

    Raises
    ------
    NotReleasedError
        The result has not passed `release`.
    """
    released, speech = _checked(finding), words(language)
    tables = [
        (speech.sentence(caption), said := _breakable(spoken_cells(cells, speech)), _sides(cells), _widths(said))
        for caption, cells in tables_of(released)
    ]
    return template("tables.html.jinja").render(
        say=speech, title=speech.sentence(released.title), made_up=_made_up(released, speech), tables=tables,
        method=speech.sentence(released.method), notes=[speech.sentence(text) for text in notes_of(released)],
    )  # fmt: skip


def _checked(finding: Result | Released) -> Released:
    if not isinstance(finding, Released):
        msg = f"{finding.title!r} is not released, so its exact numbers stay in the building."
        hint = "Pass it through release() first; a notebook shows the result itself, .to_frame() and .plot()."
        raise NotReleasedError(msg, hint=hint)
    return finding


def _made_up(released: Released, speech: Words) -> list[str]:
    return [speech(MADE_UP[released.origin])] if released.origin in MADE_UP else []


def _sides(cells: pd.DataFrame) -> list[str]:
    numeric = numeric_columns(cells)
    return ["right" if name in numeric else "left" for name in cells.columns]


def _breakable(said: pd.DataFrame) -> pd.DataFrame:
    """The cells with a space before each interval at which a line may end, since columns of a page are narrow."""
    return said.map(lambda cell: cell.replace(f"{NBSP}(", " ("))


def _widths(said: pd.DataFrame) -> list[int]:
    """The share of the page that each column takes, in per cent: without them pandoc makes all equally wide."""
    letters = [
        max(len(text) for text in (str(name), *map(str, said.iloc[:, place]))) + 6
        for place, name in enumerate(said.columns)
    ]
    return [round(100 * each / sum(letters)) for each in letters]


def _table(caption: str, cells: pd.DataFrame, said: list[str], speech: Words) -> str:
    spoken = spoken_cells(cells, speech)
    body = [_row(row) for row in spoken.itertuples(index=False, name=None)]
    return "\n".join(
        [
            r"\begin{table}", r"\centering", rf"\caption{{{_escaped(speech.sentence(caption))}}}",
            rf"\begin{{tabular}}{{{''.join(side[0] for side in _sides(cells))}}}", r"\toprule", _row(spoken.columns),
            r"\midrule", *body, r"\bottomrule", r"\end{tabular}", rf"\par\smallskip\footnotesize {_escaped(' '.join(said))}",
            r"\end{table}", "",
        ]
    )  # fmt: skip


def _row(texts: Iterable[object]) -> str:
    return rf"{' & '.join(_escaped(str(text)) for text in texts)} \\"


def _escaped(text: str) -> str:
    return text.translate(_LATEX)
