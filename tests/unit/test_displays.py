"""What a notebook shows, and what a key press there completes."""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
from html.parser import HTMLParser
from textwrap import dedent

import pandas as pd
import pytest

import peereval as pe
from peereval.displays import card, shown_facts, shown_list, shown_table
from peereval.interviews.codebook import Code, CodeSet
from peereval.studies.folder import new_study

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")
ID = "11111111-1111-4111-8111-11111111111{}"


class _Balanced(HTMLParser):
    """A page whose every element is closed where it should be."""

    def __init__(self, page):
        super().__init__()
        self.stack = []
        self.feed(page)
        assert not self.stack

    def handle_starttag(self, tag, _):
        if tag != "br":
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag


def text_of(page):
    return re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return pe.Study.from_toml(new_study(tmp_path_factory.mktemp("shown") / "ward", preset="ward", seed=1))


@pytest.fixture(scope="module")
def shown(ward, study):
    """One of everything that a notebook shows."""
    result = pe.attrition(ward.responses)
    hope = Code(ID.format(1), "hope <b>", description="looking ahead")
    return {
        "result": result,
        "released": pe.release(result)[0],
        "instrument": pe.instrument("who-5"),
        "study": study,
        "evaluation": pe.Evaluation(study=study, results={"participation": (result, result)}, released={}),
        "dataset": pe.datasets.load("six-models-2018"),
        "programme": pe.Programme(
            name="Peers <A>", origin="synthetic", positions=(pe.Position(count=2, date="2021", source="own"),)
        ),
        "codebook": pe.Codebook(
            (Code(ID.format(2), "gains", codable=False, codes=(hope,)),), (CodeSet(ID.format(3), "main", codes=(ID.format(1),)),)
        ),
    }  # fmt: skip


SAYS = {
    "result": ("synthetic data", "Left out: nothing", "numerator", "May be read as: description"),
    "released": ("synthetic data", "Protected by the policy: standard", "counts rounded", "25"),
    "instrument": ("WHO-5 Well-Being Index", "well-being", "missing answers", "CC BY-NC-SA"),
    "study": ("synthetic data", "panel-unlinked", "start (month 0)", "responses.synthetic.parquet", "policy standard"),
    "evaluation": ("synthetic data", "Who answered", "2 results", ".released may leave"),
    "dataset": ("Six models of peer support", "rows", "published figures", "in all", "not verified"),
    "programme": ("synthetic data", "Peers &lt;A&gt;", "1 of positions", "not told (TIDieR)", "materials, procedures"),
    "codebook": ("2 codes", "gains / hope &lt;b&gt;", "looking ahead", "no, a heading", "main: 1 codes"),
}


@pytest.mark.parametrize("kind", SAYS)
def test_a_card_says_what_it_is_in_the_colours_of_the_page(shown, kind):
    page = shown[kind]._repr_html_()
    _Balanced(page)
    told = " ".join(text_of(page).split()).replace(" :", ":")
    assert [words for words in SAYS[kind] if words not in told] == []
    # a colour of its own would be unreadable in one of the themes; a variable has a fallback
    assert not re.search(r"(?:color|background):\s*(?:#|white|black|rgb)", page)
    assert all(fallback for fallback in re.findall(r"var\(--[\w-]+(,?)", page))


def test_a_study_says_which_files_are_not_there_and_no_data_are_read(study, tmp_path):
    moved = pe.Study(path=tmp_path / "study.toml", plan=study.plan)
    page = moved._repr_html_()
    assert "data/responses.synthetic.parquet (not there)" in page
    assert "synthetic data</strong>" not in page
    assert list(tmp_path.iterdir()) == []


def test_a_model_shows_its_rows_and_a_round_that_is_called_as_a_column_is(round_scores):
    scores = round_scores[round_scores["scale"] == round_scores["scale"].iloc[0]].copy()
    scores["round"] = scores["round"].astype(str).replace({scores["round"].astype(str).iloc[0]: "round"})
    page = pe.mmrm(
        "score ~ round", scores, person="person", round="round", covariance="compound-symmetry"
    )._repr_html_()
    _Balanced(page)
    assert "rows of" in text_of(page)
    assert "Left out" in text_of(page)


def test_a_long_table_says_how_many_rows_there_are_and_a_wide_text_is_wrapped():
    frame = pd.DataFrame({"text": ["word " * 20] * 1234, "flag": True, "x": 1.23456789, "gap": None})
    page = shown_table(frame)
    assert page.count("<tr>") == 61
    assert "The first 60 of 1,234 rows" in page
    assert page.count('class="peereval-long"') == 60
    assert '<td class="peereval-number">1.235</td>' in page
    assert "None" not in page
    assert "rows" not in text_of(shown_table(frame.head(60)))


def test_cells_that_are_lists_or_arrays_are_shown():
    cells = pd.DataFrame({"kept": [["a", "<b>"], {"k": 1}]})
    assert "a, &lt;b&gt;" in shown_table(cells)
    assert "{&#x27;k&#x27;: 1}" in shown_table(cells)


def test_nothing_to_say_is_not_shown():
    assert shown_facts({"a": "", "b": []}) == shown_list([], "Assumptions") == ""
    assert "observed" not in card("Title", [])


def test_every_public_name_is_offered_with_its_signature():
    offered = [name for name in dir(pe) if not name.startswith("_")]
    assert set(offered) == set(pe.__all__)
    score = inspect.signature(pe.score)
    assert list(score.parameters)[:2] == ["responses", "instruments"]
    assert inspect.getdoc(pe.score).startswith("Score")


def test_a_notebook_completes_names_that_were_not_used_yet(in_clean_process):
    code = dedent("""
        from IPython.core.interactiveshell import InteractiveShell
        from IPython.core.completer import provisionalcompleter
        shell = InteractiveShell.instance()
        shell.run_cell("import peereval as pe")
        with provisionalcompleter():
            found = [each.text for each in shell.Completer.completions("pe.sco", 6)]
        print(found, "Parameters" in shell.object_inspect_mime("pe.score")["text/plain"])
    """)
    assert in_clean_process(code).splitlines()[-1] == "['score', 'score_local'] True"


def test_an_editor_completes_names_without_running_anything():
    import jedi

    names = [
        each.name
        for each in jedi.Script("import peereval as pe\npe.sco", environment=jedi.InterpreterEnvironment()).complete(
            2, 6
        )
    ]
    assert names == ["score", "score_local"]


def test_the_workspace_opens_the_page_that_names_every_notebook(root):
    folder = root / "notebooks"
    spec = importlib.util.spec_from_file_location("start_page", folder / "start.py")
    start = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(start)
    page = (folder / "START.md").read_text(encoding="utf-8")
    assert page == start.page(), "run `make notebooks`"
    assert set(re.findall(r"\]\((.+?\.ipynb)\)", page)) == {path.name for path in folder.glob("*.ipynb")}
    workspace = json.loads((folder / "workspace.json").read_text(encoding="utf-8"))
    opened = [part["data"]["path"] for part in workspace["data"].values() if "data" in part]
    assert opened[0] == "START.md"
    assert all((folder / name).is_file() for name in opened)
    assert f"workspaces/{workspace['metadata']['id']}" in (root / "Makefile").read_text(encoding="utf-8")
