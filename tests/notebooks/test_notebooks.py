"""Notebooks and the README: what they print is what stands in the repository.

`make notebooks` runs each notebook in a clean kernel. The tests run them all in one and compare, which takes less than half of
the time and finds a notebook that would lean on what another one left.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import nbformat
import pytest

TOPICS = {
    "coding-interviews", "cost-and-benefit", "from-export-to-rounds", "pooling-published-trials", "readmission-definitions",
    "scoring-an-instrument", "three-rounds",
}  # fmt: skip
# an entry of the ledger with its programme files, and nothing to show beyond them
WITHOUT_NOTEBOOK = {"six-models-2018"}
NOTEBOOKS = sorted(path.stem for path in (Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def runner():
    spec = importlib.util.spec_from_file_location(
        "execute_notebooks", Path(__file__).parents[2] / "notebooks" / "execute.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def client(runner):
    client = runner.new_client()
    with client.setup_kernel():
        yield client


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
def test_a_notebook_prints_what_it_carries(root, runner, client, name):
    path = root / "notebooks" / f"{name}.ipynb"
    carried = nbformat.read(path, as_version=4)
    assert printed(runner.executed(path, client)) == printed(carried), "run `make notebooks` and look at what changed"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_carries_figures_and_no_path_of_a_machine(root, name):
    notebook = nbformat.read(root / "notebooks" / f"{name}.ipynb", as_version=4)
    assert sum(shown[-1] is True for shown in printed(notebook)) >= 2
    assert "ipykernel" not in nbformat.writes(notebook).replace('"ipykernel"', "")
    assert not re.search(r"/(home|tmp|root|Users)/", nbformat.writes(notebook))


def test_every_study_has_a_notebook():
    import peereval as pe

    named = {name.replace("_", "-") for name in NOTEBOOKS}
    assert named == TOPICS | set(pe.datasets.available()) - WITHOUT_NOTEBOOK
