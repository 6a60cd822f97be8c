"""The notebook of a section: written where it is missing, never over one that somebody may have changed.

Notebooks are read and written as the JSON that they are: loading nbformat takes longer than a run in which nothing changed.
"""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from peereval import errors
from peereval.errors import PeerevalWarning, UnreadableFileError
from peereval.files import existing_file, make_folder, write_text
from peereval.reports.languages import words
from peereval.studies.sections import SECTIONS, wanted_sections

if TYPE_CHECKING:
    from pathlib import Path

    from peereval.studies.study import Study

NOTEBOOKS = "notebooks"
"""The folder of a study that holds a notebook for each section."""
_CODE = {
    "read": 'import peereval as pe\n\nstudy = pe.Study.from_toml("../{file}")\nresults = study.section("{section}")',
    "exact": "for result in results:\n    display(result)",
    "figures": (
        "from contextlib import suppress\n\n"
        "for result in (each for each in results if len(each.estimates)):\n"
        "    # some tables say all there is to see\n"
        "    with suppress(pe.PeerevalError):\n"
        "        result.plot()"
    ),
    "saved": 'study.save("{section}", results)',
}


def section_notebook(section: str, *, file: str, language: str) -> dict[str, Any]:
    """Make the notebook of a section.

    Parameters
    ----------
    section : str
        Its id.
    file : str
        The name of the study file, which lies a folder above the notebook.
    language : {"en", "da", "sv"}
        The language of the words in it.

    Returns
    -------
    dict
        A notebook (format 4.5) that reads the study, computes the section, shows it, and saves what may leave.

    Examples
    --------
    >>> made = section_notebook("rounds", file="study.toml", language="da")
    >>> made["cells"][0]["source"].splitlines()[0], made["cells"][-1]["source"]
    ('# Hvad ændrede sig', 'study.save("rounds", results)')
    """
    texts = _texts()[language]
    parts = [("markdown", f"# {words(language)(SECTIONS[section][0])}\n{texts['about']}")]
    for part, code in _CODE.items():
        if part in texts:
            parts.append(("markdown", texts[part]))
        parts.append(("code", code.format(section=section, file=file)))
    cells: list[dict[str, Any]] = [
        {
            "cell_type": kind,
            "id": f"{section}-{place}",
            "metadata": {},
            **({"execution_count": None, "outputs": []} if kind == "code" else {}),
            "source": source,
        }
        for place, (kind, source) in enumerate(parts, start=1)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def write_notebooks(study: Study) -> list[str]:
    """Write the notebooks of a study that are not there, one for each section that it asks for and has data for.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    list of str
        Those sections.

    Raises
    ------
    DestinationError
        The folder cannot be written.
    """
    folder, plan = study.file(NOTEBOOKS), study.plan
    given = {
        "programme": plan.programme,
        "questions": plan.items.local,
        "hospital": plan.contacts,
        "interviews": plan.interviews,
        "costs": plan.costs,
    }
    sections = [name for name in wanted_sections(study) if given.get(name, True)]
    make_folder(folder)
    for name in sections:
        place = folder / f"{name}.ipynb"
        if not place.exists():
            made = section_notebook(name, file=study.path.name, language=plan.report.language)
            write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", place)
    return sections


def code_of(place: Path) -> str:
    """Read the code of a notebook as one text: what it computes, whatever stands around it.

    Parameters
    ----------
    place : Path
        The notebook.

    Returns
    -------
    str
        Its code cells one after the other.

    Raises
    ------
    MissingFileError, UnreadableFileError
        There is none, or it is broken.
    """
    return "\n\n".join("".join(cell["source"]) for cell in _cells(place) if cell["cell_type"] == "code")


def has_outputs(place: Path) -> bool:
    """Whether the cells of a notebook show anything, as after it was run in JupyterLab.

    Parameters
    ----------
    place : Path
        The notebook.

    Returns
    -------
    bool
        Whether any cell has an output.

    Raises
    ------
    MissingFileError, UnreadableFileError
        There is none, or it is broken.
    """
    return any(cell.get("outputs") for cell in _cells(place))


def without_outputs(place: Path) -> bool:
    """Take out of a notebook what its cells show; all else stays as it is.

    Parameters
    ----------
    place : Path
        The notebook.

    Returns
    -------
    bool
        Whether they showed anything.

    Raises
    ------
    MissingFileError, UnreadableFileError
        There is none, or it is broken.
    DestinationError
        It cannot be written.
    """
    if not has_outputs(place):
        return False
    whole = json.loads(place.read_text(encoding="utf-8"))
    for cell in whole["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"execution_count": None, "outputs": []}
    # widgets keep what they show beside the cells
    whole.get("metadata", {}).pop("widgets", None)
    write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", place)
    return True


def warned(place: Path) -> list[str]:
    """Read the warnings of ours that the cells of a notebook gave, each once.

    Parameters
    ----------
    place : Path
        A notebook that was run.

    Returns
    -------
    list of str
        Their texts.

    Raises
    ------
    MissingFileError, UnreadableFileError
        There is none, or it is broken.
    """
    kinds = (
        name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, PeerevalWarning)
    )
    ours = re.compile(rf"\b(?:{'|'.join(kinds)}): (.+)")
    outputs = (output for cell in _cells(place) for output in cell.get("outputs", ()))
    said = ("".join(output["text"]) for output in outputs if output.get("name") == "stderr")
    return list(dict.fromkeys(text for part in said for text in ours.findall(part)))


def _cells(place: Path) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = json.loads(existing_file(place).read_text(encoding="utf-8"))["cells"]
        whole = all({"cell_type", "source"} <= set(cell) for cell in found)
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        msg = f"{place.name} is no notebook of the present format."
        hint = "Restore it, or remove it: a section's notebook that is missing is written anew."
        raise UnreadableFileError(msg, hint=hint)
    return found


@cache
def _texts() -> dict[str, dict[str, str]]:
    return tomllib.loads((files("peereval.studies") / "notebook_texts.toml").read_text(encoding="utf-8"))
