"""Run every notebook in place from a clean kernel, and draw the README's figure from its own code."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
# what hides the solution of an exercise: on the site, and in JupyterLab
KEPT = ("tags", "jupyter")
# Between two notebooks in one kernel: no names, options or seen warnings are left. Pictures are drawn small, since only
# their number is compared, and once: pyplot draws them before they are shown.
FRESH = """
%config InlineBackend.print_figure_kwargs = {"dpi": 20, "bbox_inches": None}
import warnings
import matplotlib.backend_bases
matplotlib.backend_bases.FigureCanvasBase.draw_idle = lambda canvas, *_, **__: None
import pandas
matplotlib.rcdefaults()
pandas.reset_option("display")
shell = get_ipython()
shell.filters_at_start = getattr(shell, "filters_at_start", list(warnings.filters))
warnings.filters[:] = shell.filters_at_start
with warnings.catch_warnings():  # to enter it makes every module forget which warnings it gave
    pass
%reset -f
"""


def new_client() -> NotebookClient:
    """Give what runs notebooks in this folder."""
    return NotebookClient(
        nbformat.v4.new_notebook(), timeout=300, kernel_name="python3", resources={"metadata": {"path": str(HERE)}}
    )


def run(client: NotebookClient, notebook: nbformat.NotebookNode) -> None:
    """Run a notebook and leave the kernel on."""
    client.nb = notebook
    client.execute(cleanup_kc=False)


def executed(path: Path, client: NotebookClient | None = None) -> nbformat.NotebookNode:
    """Give the notebook with its outputs and nothing that changes from run to run.

    A clean kernel is started for it, unless a client is given, whose kernel other notebooks have used.
    """
    notebook = nbformat.read(path, as_version=4)
    if client is None:
        client = new_client()
        client.nb = notebook
        client.execute()
    else:
        run(client, nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(FRESH)]))
        run(client, notebook)
    return tidied(notebook)


def tidied(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Take off what the run or the machine left."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {name: cell.metadata[name] for name in KEPT if name in cell.metadata}
        if "outputs" in cell:
            cell.outputs = joined(cell.outputs)
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                # the kernel's temporary file and line say nothing and change from run to run
                output.text = re.sub(r"\S*ipykernel_\d+\S*: (\w+: .*)\n.*\n", r"\1\n", output.text)
    return notebook


def joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Give the outputs with pieces of one stream in one: where the kernel cuts it changes from run to run."""
    kept: list[nbformat.NotebookNode] = []
    for output in outputs:
        if kept and output.output_type == "stream" == kept[-1].output_type and output.name == kept[-1].name:
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept


def readme_code(text: str) -> tuple[str, str]:
    """Give the README's notebook code and the output that stands below it."""
    code, output = re.search(r"```python\n(.*?)```\s*```text\n(.*?)```", text, re.DOTALL).groups()
    return code, output


def draw_readme_figure() -> None:
    """Run the README's code and save what it draws."""
    import matplotlib as mpl

    mpl.use("Agg")
    code, _ = readme_code((HERE.parent / "README.md").read_text(encoding="utf-8"))
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)  # noqa: S102 - the README's own code
    figure = names["panel"].figure
    figure.savefig(HERE.parent / "docs" / "images" / "readme.png", dpi=110, metadata={"Software": None})


def main() -> None:
    """Run all notebooks, or those that are named."""
    wanted = [HERE / f"{name}.ipynb" for name in sys.argv[1:]] or sorted(HERE.glob("*.ipynb"))
    for path in wanted:
        print(path.name)
        nbformat.write(executed(path), path)
    draw_readme_figure()


if __name__ == "__main__":
    main()
