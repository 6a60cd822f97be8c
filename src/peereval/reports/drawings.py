"""The figures of a report: which there are, what they show in words, and their images."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from peereval.figures.selection import BESIDE, EFFECTS, LEVELS, SIZES, chosen_scales, level_measure, names_of
from peereval.reports.any_table import main_numbers
from peereval.reports.image_store import stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from peereval.reports.background import Chapter
    from peereval.reports.languages import Words
    from peereval.results import Released

_CAPTIONS = {
    "balance": "Standardised differences between the arms before (hollow) and after overlap weights (filled); beyond the dashed lines arms are often called unbalanced.",
    "attrition": "Answers in each round, by arm where there are arms.",
    "linkage": "Answers to each round by how they were linked with those to other rounds; what is not shown is hatched.",
    "likert": "Answers to each question by round; what is not shown is hatched.",
    "rates": "Share of index stays followed by a readmission, with 95 % intervals.",
    "survival": "Share not yet readmitted by days since the first discharge, with 95 % limits and the numbers at risk. A gap stands where a number is not shown.",
}
_LEVELS = {
    "estimated_mean": "means estimated by the model, with 95 % intervals; hollow marks are the means of those who answered.",
    "mean": "mean scores with 95 % intervals.",
    "share_yes": "share of yes in per cent, with 95 % intervals.",
}
_WITHOUT = ("baseline", "imputation", "tipping_point")
"""Kinds whose tables say all there is to see."""
_TOLD_DAYS = (30, 90, 180, 360)


@dataclass(frozen=True)
class Drawing:
    """A figure of a report.

    Parameters
    ----------
    finding : Released
        What is drawn.
    caption : str
        What it shows, in English.
    numbers : tuple of str
        Its main numbers in words, in English.
    options : mapping of str to str
        What the figure is asked for.
    wide : bool
        Whether it takes the whole width; the others stand side by side where there is room.
    primary : bool
        Whether it shows the outcome that was named before the data.
    """

    finding: Released
    caption: str
    numbers: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    wide: bool = True
    primary: bool = False

    def alt(self, speech: Words) -> str:
        """Say in words what the figure shows and its main numbers.

        Parameters
        ----------
        speech : Words
            The language.

        Returns
        -------
        str
            The text.
        """
        told = "; ".join(speech.sentence(text) for text in self.numbers)
        parts = (speech.sentence(self.caption), f"{told}." if told else "", speech(_BELOW))
        return " ".join(part for part in parts if part)

    def image(self, speech: Words, form: str) -> bytes:
        """Draw the figure.

        Parameters
        ----------
        speech : Words
            The language.
        form : {"svg", "png"}
            The kind of image.

        Returns
        -------
        bytes
            The image; the same result gives the same bytes.
        """
        return stored(form, [self.finding, self.options, speech.language], partial(self._drawn, speech, form))

    def _drawn(self, speech: Words, form: str) -> bytes:
        import matplotlib.pyplot as plt

        from peereval.figures.language import speaking
        from peereval.figures.style import styled

        with styled(), speaking(speech.sentence):
            drawn = self.finding.plot(**self.options)
            panel = drawn.ravel()[0] if hasattr(drawn, "ravel") else drawn
            buffer = io.BytesIO()
            # no date and no program's name: the same results give the same bytes
            nobody = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
            panel.figure.savefig(buffer, format=form, metadata=nobody, dpi=200)
            plt.close(panel.figure)
        return buffer.getvalue()

    def address(self, speech: Words) -> str:
        """Give the image as a data address: scalable on paper, and with nothing to fetch.

        Parameters
        ----------
        speech : Words
            The language.

        Returns
        -------
        str
            The address.
        """
        return "data:image/svg+xml;base64," + base64.b64encode(self.image(speech, "svg")).decode()


def is_tall(address: str) -> bool:
    """Say whether an image is higher than wide, so that it needs a page for its words to be read on paper.

    Parameters
    ----------
    address : str
        The image as `Drawing.address` gives it.

    Returns
    -------
    bool
        Whether it is.
    """
    size = _SIZE.search(base64.b64decode(address.partition(",")[2][:_HEAD]))
    return size is not None and float(size["height"]) > float(size["width"])


_HEAD = 4_000
"""Letters of an address in which the size of the image stands; four of them are three bytes."""
_SIZE = re.compile(rb'<svg [^>]*?viewBox="0 0 (?P<width>[\d.]+) (?P<height>[\d.]+)"')
_BELOW = "The numbers stand in the tables below."


def drawings_of(finding: Released) -> list[Drawing]:
    """Give the figures of a released result.

    Parameters
    ----------
    finding : Released
        The result.

    Returns
    -------
    list of Drawing
        None where there is nothing to see, or where results are bound, whose figures are those of their sources.

    Examples
    --------
    >>> import peereval as pe
    >>> [released] = pe.release(pe.attrition(pe.simulate_study("ward", seed=1).responses))
    >>> [drawing] = drawings_of(released)
    >>> drawing.caption, [text.replace("\N{NO-BREAK SPACE}", " ") for text in drawing.numbers]
    ('Answers in each round, by arm where there are arms.', ['start: ≈ 25', 'half-year: ≈ 30', 'one-year: ≈ 30'])
    """
    from peereval.figures import has_figure

    rows = finding.estimates
    if rows.empty or "source" in finding.columns or rows["withheld"].all():
        return []
    if finding.kind == "rounds":
        return list(_of_rounds(finding))
    if finding.kind == "joint-display":
        return list(_of_displays(finding))
    if finding.kind in _WITHOUT or not has_figure(finding.kind):
        return []
    caption = _CAPTIONS.get(finding.kind, f"{finding.title}.")
    return [Drawing(finding, caption, tuple(main_numbers(_told(finding.kind, rows))))]


def _told(kind: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows whose numbers are told in words."""
    if kind == "attrition":
        return rows[(rows["measure"] == "answered") & (rows["group"] == "all")].drop(columns="estimate")
    if kind in ("survival", "incidence"):
        return rows[rows["time"].isin(_TOLD_DAYS)]
    if kind == "likert" and (rows["measure"] == "top_box").any():
        return rows[rows["measure"] == "top_box"]
    return rows


def _of_rounds(finding: Released) -> Iterator[Drawing]:
    rows = chosen_scales(finding.estimates, None)
    levels = rows[rows["measure"].isin(LEVELS)]
    for scale in dict.fromkeys(names_of(levels)):
        mine = levels[names_of(levels) == scale]
        caption = f"{mine['label'].iloc[0]}: {_LEVELS[level_measure(mine)]}"
        told = tuple(main_numbers(mine[mine["measure"] == level_measure(mine)]))
        shown = {"show": "means", "scale": str(scale)}
        yield Drawing(finding, caption, told, shown, wide=False, primary=bool(mine["primary"].any()))
    sizes, effects = rows[rows["measure"].isin(SIZES)], rows[rows["measure"].isin(EFFECTS)]
    if len(sizes):
        what = "Change" if finding.settings.get("design") == "panel" else "Difference"
        caption = f"{what} at the last round in standard deviations, with 95 % intervals."
        yield Drawing(finding, caption, tuple(main_numbers(_last(sizes))), {"show": "changes"})
    elif len(effects):
        caption = "Differences between the rounds, with 95 % intervals."
        shown = {"show": "changes" if len(levels) else "means"}
        yield Drawing(finding, caption, tuple(main_numbers(_last(effects))), shown)
    main = rows[rows["primary"].astype(bool)] if rows["primary"].any() else rows
    if main["measure"].isin(BESIDE).any() and len(set(names_of(main))) == 1:
        caption = f"{main['label'].iloc[0]}: the main estimate and what was computed beside it, with 95 % intervals."
        yield Drawing(finding, caption, (), {"show": "checks"})


def _of_displays(finding: Released) -> Iterator[Drawing]:
    """A figure a scale: points of different scales do not belong on one axis."""
    rows = finding.estimates
    names = [name for name in ("outcome", "scale") if name in rows]
    for _, mine in rows.groupby(names, sort=False, dropna=False):
        label = mine["label" if "label" in mine else names[0]].iloc[0]
        told = tuple(main_numbers(mine))
        caption = f"{label}: themes that speak to it, with 95 % intervals."
        yield Drawing(finding, caption, told, {"scale": ":".join(mine[name].iloc[0] for name in names)})


def _last(rows: pd.DataFrame) -> pd.DataFrame:
    at_last: pd.Series = rows["round"] == rows["round"].iloc[-1]
    return rows.loc[at_last]


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure as it stands by itself, outside the report.

    Parameters
    ----------
    name : str
        The name of its files, without ending.
    title, caption, alt : str
        What it is, what it shows, and its main numbers in words.
    svg, png : bytes
        The images.
    primary : bool
        Whether it shows the outcome that was named before the data.
    """

    name: str
    title: str
    caption: str
    alt: str
    svg: bytes
    png: bytes
    primary: bool


def pictures_of(chapters: Sequence[Chapter], speech: Words) -> list[Picture]:
    """Draw all figures of a report.

    Parameters
    ----------
    chapters : sequence of Chapter
        The chapters.
    speech : Words
        The language.

    Returns
    -------
    list of Picture
        In their order, named by section and number.
    """
    found = [
        (f"{chapter.section or f'chapter-{place}'}-{number}", drawing)
        for place, chapter in enumerate(chapters, start=1)
        for number, drawing in enumerate(_all_drawings(chapter), start=1)
    ]
    return [
        Picture(
            name=name,
            title=speech.sentence(drawing.finding.title),
            caption=speech.sentence(drawing.caption),
            alt=drawing.alt(speech),
            svg=drawing.image(speech, "svg"),
            png=drawing.image(speech, "png"),
            primary=drawing.primary,
        )
        for name, drawing in found
    ]


def _all_drawings(chapter: Chapter) -> list[Drawing]:
    return [drawing for finding in chapter.findings for drawing in drawings_of(finding)]
