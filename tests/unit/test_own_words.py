"""The evaluator's own words: a small part of Markdown, escaped, never overwritten, in whichever language there is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peereval.errors import UnreadableFileError
from peereval.reports.own_words import OwnWords, read_own_words

MARKED = """## What we saw

The wards *changed* staff, see [the plan](https://example.org/plan).

- one
- **two**

#### Deeper
"""


def test_the_small_part_of_markdown_becomes_html():
    html = OwnWords(MARKED, "en").html
    for part in ("<h3>What we saw</h3>", "<em>changed</em>", '<a href="https://example.org/plan">', "<li>one</li>", "<strong>two</strong>"):  # fmt: skip
        assert part in html
    assert "<h4>Deeper</h4>" in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![picture](https://example.org/x.png)",
        "[click](javascript:alert(1))",
        "[click](data:text/html;base64,PHNjcmlwdD4=)",
        "a <b onmouseover='x'>bold</b>",
    ],
)
def test_nothing_but_that_part_gets_through(text):
    html = OwnWords(text, "en").html
    assert set(re.findall(r"<(\w+)", html)) <= {"p", "a"}
    assert "javascript:" not in html.replace("[click](javascript:", "")
    assert not re.search(r"""(?:href|src)=["'](?:javascript|data):""", html)


@given(st.text(alphabet="<>&\"'`[]()!#*_-\\ \nabjsrc:=/", max_size=80))
def test_no_text_makes_other_elements(text):
    html = OwnWords(text, "en").html
    assert set(re.findall(r"<(\w+)", html)) <= {
        "p", "a", "h3", "h4", "h5", "h6", "ul", "ol", "li", "em", "strong", "code", "pre", "blockquote", "hr", "br",
    }  # fmt: skip


def test_headings_leave_no_rank_out():
    ranks = [int(rank) for rank in re.findall(r"<h(\d)>", OwnWords("#### a\n\n# b\n\n#### c\n\n###### d", "en").html)]
    assert ranks == [3, 3, 4, 5]


def test_a_text_in_the_language_of_the_report_is_taken_first(tmp_path):
    for language, text in (("en", "English"), ("da", "Dansk")):
        (tmp_path / f"rounds.{language}.md").write_text(text, encoding="utf-8")
    assert read_own_words(tmp_path, "rounds", "da") == OwnWords("Dansk", "da")
    assert read_own_words(tmp_path, "rounds", "sv") == OwnWords("Dansk", "da", other_language=True)
    assert read_own_words(tmp_path, "hospital", "da") is None


def test_an_empty_text_is_none_and_broken_letters_are_told(tmp_path):
    (tmp_path / "rounds.en.md").write_text(" \n", encoding="utf-8")
    assert read_own_words(tmp_path, "rounds", "en") is None
    (tmp_path / "hospital.en.md").write_bytes("brød".encode("latin-1"))
    with pytest.raises(UnreadableFileError, match=r"hospital\.en\.md is not UTF-8 \(byte 3\)"):
        read_own_words(tmp_path, "hospital", "en")
