"""The pages and the README: their code runs, and prints what stands in them."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import sys
from pathlib import Path

import pytest

from peereval import results
from peereval.studies import running
from peereval.studies.section_notebooks import code_of

ROOT = Path(__file__).parents[2]


def _code_blocks():
    spec = importlib.util.spec_from_file_location("code_blocks", ROOT / "docs" / "code_blocks.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look
    spec.loader.exec_module(module)
    return module


code_blocks = _code_blocks()
PAGES = code_blocks.pages()
NOT_RUN = {
    "README.md": ["the make targets run the tests, not the other way round", "installs"],
    "docs/howto/engines.md": [
        "installs a driver",
        "needs a PostgreSQL server; tests/spec/test_engines.py runs the same on one",
        "installs a driver",
        "needs a Spark cluster; tests/spec/test_engines.py runs the same on one",
    ],
    "docs/howto/region.md": [
        "half a minute; the README runs the same",
        "half a minute; tests/unit/test_running.py confirms a release",
        "compares two years, of which this page has one",
    ],
    "docs/howto/take-results-elsewhere.md": ["R"],
    "docs/start/notebook.md": ["opens a window", "reads the folder of another page"],
    "docs/start/start.md": [
        "asks for the reader's own Python",
        "installs into the reader's folder",
        "installs into the reader's folder",
    ],
}
"""What is not run, with its reason; anything else that is not run is to be noticed here."""


def cells_here(notebooks, *, environment, ended, **_):
    """Stand in for the kernels: the same cells in this process, without their figures; other tests start kernels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(results.Result, "plot", lambda *_, **__: None)
        for name, value in environment.items():
            patch.setenv(name, value)
        for name, place in notebooks.items():
            cells = compile(code_of(place), place.name, "exec")
            with contextlib.chdir(place.parent), contextlib.redirect_stdout(io.StringIO()):
                exec(cells, {"display": str})  # noqa: S102 - as a kernel does
            ended(name, place.read_text(encoding="utf-8"), None)


@pytest.fixture
def in_empty_folder(tmp_path, monkeypatch):
    """Run in a folder of the test's own, without kernels and reports: other tests write those."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(running, "run_notebooks", cells_here)
    monkeypatch.setattr(running, "write_study_committee", lambda *_, **__: [])
    monkeypatch.setattr(running, "write_study_report", lambda *_, **__: None)


@pytest.mark.usefixtures("in_empty_folder")
@pytest.mark.parametrize("name", [name for name, path in PAGES.items() if code_blocks.blocks(path.read_text("utf-8"))])
def test_a_page_prints_what_stands_in_it(name):
    page = PAGES[name].read_text(encoding="utf-8")
    below = code_blocks.printed_below(page)
    for block, printed in code_blocks.run(page, name):
        expected = below[block.first].text if block.first in below else printed
        assert code_blocks.same(expected, printed), f"{name}, line {block.first + 1} prints:\n{printed}"


def test_only_what_is_listed_here_is_not_run():
    found = {}
    for name, path in PAGES.items():
        for block in code_blocks.blocks(path.read_text(encoding="utf-8")):
            if block.reason:
                found.setdefault(name, []).append(block.reason)
    assert found == NOT_RUN


@pytest.mark.usefixtures("in_empty_folder")
@pytest.mark.parametrize(
    ("block", "told"),
    [
        ("```python\n1 / 0\n```", "division"),
        ("```sh\nmake test\n```", "no command of peereval"),
        ("```sh\npeereval instruments who5\n```", "exit code 2"),
        ("```{code-block} toml\n:caption: part of study.toml\n\n[disclosure]\npolcy = 'dk'\n```", "policy"),
        ("```toml\na = 1\n```", "neither run nor says why not"),
        ("    indented", "neither run nor says why not"),
    ],
)
def test_a_block_that_cannot_be_run_is_an_error(block, told):
    with pytest.raises(Exception, match=told):
        list(code_blocks.run(f"# Page\n\n{block}\n", "page.md"))


@pytest.mark.usefixtures("in_empty_folder")
def test_what_blocks_print_is_compared_and_written():
    page = "```python\n20 + 3\n```\n\n```text\n24\n```\n"
    [(block, printed)] = [each for each in code_blocks.run(page, "page.md") if each[0].language == "python"]
    assert not code_blocks.same(code_blocks.printed_below(page)[block.first].text, printed)
    assert code_blocks.with_outputs(page, "page.md") == page.replace("24", "23")
