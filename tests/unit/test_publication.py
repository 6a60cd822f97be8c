"""Tables for manuscripts: great_tables, LaTeX and HTML for Word, from released results only."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from html.parser import HTMLParser

import pandas as pd
import pytest

import peereval as pe
from peereval.errors import NotReleasedError, UnknownNameError

AWKWARD = r"[50] & <b> 100 % _of $5 #1 {x} ~^ \ * |"
ESCAPED = (
    r"{[}50{]} \& \textless{}b\textgreater{} 100 \% \_of \$5 \#1 \{x\} \textasciitilde{}\textasciicircum{} "
    r"\textbackslash{} {*} \textbar{}"
)


@pytest.fixture(scope="module")
def safe(ward):
    return pe.release(pe.attrition(ward.responses))[0]


@pytest.fixture(scope="module")
def awkward():
    """A released rate of groups with names that mean something to LaTeX and HTML."""
    frame = pd.DataFrame(
        {
            "group": [AWKWARD, "ward B"], "measure": "readmission_rate", "estimate": [0.25, 0.1], "conf_low": [0.2, 0.05],
            "conf_high": [0.3, 0.2], "n_persons": [48, 30], "numerator": [12, 3], "denominator": [48, 30],
        }
    )  # fmt: skip
    return pe.release(
        pe.Result(kind="rates", title="Rates", claim="description", method="A <share>.", estimates=frame)
    )[0]


def plain(text):
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize("way", ["to_great_tables", "to_latex", "to_html"])
def test_exact_numbers_are_refused_with_what_to_do(ward, safe, way):
    with pytest.raises(NotReleasedError, match="exact numbers stay in the building") as refused:
        getattr(pe.attrition(ward.responses), way)()
    assert "release()" in refused.value.hint
    with pytest.raises(UnknownNameError):
        getattr(safe, way)(language="fr")


def test_great_tables_hold_the_rounded_numbers_in_the_language_and_say_that_they_are_made_up(safe):
    from great_tables import GT

    [table] = safe.to_great_tables(language="da")
    assert isinstance(table, GT)
    page = plain(table.as_raw_html())
    assert all(words in page for words in ("Svar pr. runde", "Syntetiske data", "≈ 20", "For at beskytte små tal"))
    assert page == plain(safe.to_great_tables(language="da")[0].as_raw_html())


def test_latex_has_the_rules_of_booktabs_a_row_a_line_and_columns_by_kind(safe):
    lines = safe.to_latex(language="da").splitlines()
    assert [lines.count(rf"\{rule}rule") for rule in ("top", "mid", "bottom")] == [1, 1, 1]
    assert r"\begin{tabular}{llrrr}" in lines
    assert r"alle & start & $\approx$~20 & ukendt & ukendt \\" in lines
    assert {line.count("&") for line in lines if line.endswith(r"\\")} == {4}
    assert any("Syntetiske data" in line and "For at beskytte" in line for line in lines)


def test_latex_takes_no_text_for_a_command(awkward):
    page = awkward.to_latex()
    assert ESCAPED in page
    assert r"25~\%~(20~\%~to~30~\%)" in page
    assert "not shown" in page
    assert page.isascii()


class _Cells(HTMLParser):
    """The texts of the cells of a page, row by row."""

    def __init__(self, page):
        super().__init__()
        self.rows, self._open = [], False
        self.feed(page)

    def handle_starttag(self, tag, _):
        if tag == "tr":
            self.rows.append([])
        self._open = tag in ("td", "th")
        if self._open:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self._open = self._open and tag not in ("td", "th")

    def handle_data(self, data):
        if self._open:
            self.rows[-1][-1] += plain(data)


def test_html_is_a_whole_page_with_plain_tables_and_nothing_from_elsewhere(awkward, safe):
    page = awkward.to_html()
    assert page.startswith("<!doctype html>")
    heads, first, second = _Cells(page).rows
    assert heads[0] == "Group"
    assert (first[0], first[-1]) == (AWKWARD, "25 % (20 % to 30 %)")
    assert second[-1] == "not shown"
    assert "A &lt;share&gt;." in page
    assert sum(map(int, re.findall(r"width: (\d+)%", page))) == pytest.approx(100, abs=3)
    assert not re.search(r"(?:src|href)=|@import|url\(", page)
    swedish = safe.to_html(language="sv")
    assert '<html lang="sv">' in swedish
    assert "Syntetiska data" in swedish


@pytest.mark.skipif(shutil.which("pandoc") is None, reason="pandoc is not installed")
def test_pandoc_makes_a_word_file_with_the_cells(awkward, tmp_path):
    page, made = tmp_path / "rates.html", tmp_path / "rates.docx"
    page.write_text(awkward.to_html(), encoding="utf-8")
    subprocess.run(["pandoc", page, "--metadata", "title=", "-o", made], check=True, timeout=60)
    with zipfile.ZipFile(made) as archive:
        text = archive.read("word/document.xml").decode("utf-8")
    assert text.count("<w:tr>") == 3
    assert "not shown" in text
