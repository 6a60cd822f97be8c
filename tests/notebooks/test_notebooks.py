"""Notebooks and the README: run from a clean kernel, and what they print is what stands in the repository."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re

import nbformat
import pytest

NOTEBOOKS = ["core-2018", "peer-run-course-2012"]


@pytest.fixture
def runner(root):
    spec = importlib.util.spec_from_file_location("execute_notebooks", root / "notebooks" / "execute.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def printed(notebook):
    """What each code cell shows: texts as they are, pictures by their number only."""
    shown = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                shown.append((output.name, output.text.strip()))
            else:
                data = output.get("data", {})
                plain = re.sub(r"0x[0-9a-f]+|Figure size \d+x\d+", "", "".join(data.get("text/plain", "")))
                shown.append((output.output_type, plain, "image/png" in data))
    return shown


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::Warning")  # jupyter_client and zmq warn about their own sockets and loops
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_prints_what_it_carries(root, runner, name):
    path = root / "notebooks" / f"{name}.ipynb"
    carried = nbformat.read(path, as_version=4)
    assert printed(runner.executed(path)) == printed(carried), "run `make notebooks` and look at what changed"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_carries_figures_and_no_path_of_a_machine(root, name):
    notebook = nbformat.read(root / "notebooks" / f"{name}.ipynb", as_version=4)
    assert sum(shown[-1] is True for shown in printed(notebook)) >= 2
    assert "ipykernel" not in nbformat.writes(notebook).replace('"ipykernel"', "")
    assert not re.search(r"/(home|tmp|root|Users)/", nbformat.writes(notebook))


def test_every_study_with_a_table_has_a_notebook(root):
    import peereval as pe

    assert (
        {path.stem for path in (root / "notebooks").glob("*.ipynb")} == set(pe.datasets.available()) == set(NOTEBOOKS)
    )


@pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")
def test_the_readme_prints_what_it_says(root, runner):
    code, output = runner.readme_code((root / "README.md").read_text(encoding="utf-8"))
    assert len([line for line in code.splitlines() if line.strip()]) <= 20
    captured = io.StringIO()
    with contextlib.redirect_stdout(captured):
        exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - the README's own code
    assert captured.getvalue() == output


def test_the_readmes_figure_and_links_exist(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text) + re.findall(r"`([a-z]+/)`", text):
        assert (root / target).exists(), target
    assert text.index("make evaluate") < text.index("make test") < text.index("pip install") < 900
