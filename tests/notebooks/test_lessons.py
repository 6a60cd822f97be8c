"""Lessons: a way through all notebooks, aims that stand in both places, one line to change, exercises with checked solutions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
LESSONS = tomllib.loads((ROOT / "docs" / "learn" / "order.toml").read_text(encoding="utf-8"))["lesson"]
PARTS = ["Scoring", "Rounds", "Readmission", "Interviews", "Costs", "Evidence"]
# decimals that the text works out itself and no cell prints
WORKED_OUT = {
    "lawn-2008": {"0.05"},
    "peer-denmark-2025": {"37.25", "32.15"},
    "peer-run-course-2012": {"0.08"},
    "photovoice-2018": {"0.166"},
}


@pytest.fixture(params=LESSONS, ids=lambda lesson: lesson["notebook"])
def lesson(request):
    return request.param


@pytest.fixture
def cells(lesson):
    return nbformat.read(ROOT / "notebooks" / f"{lesson['notebook']}.ipynb", as_version=4).cells


def test_the_way_leads_through_every_notebook_once_lessons_first_and_part_by_part():
    names = [lesson["notebook"] for lesson in LESSONS]
    assert sorted(names) == sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    way = list(dict.fromkeys(lesson["part"] for lesson in LESSONS))
    assert way == [*PARTS, *(f"Examples: {part.lower()}" for part in PARTS)]
    assert [lesson["part"] for lesson in LESSONS] == sorted((lesson["part"] for lesson in LESSONS), key=way.index)


def test_the_first_cell_says_aims_minutes_and_the_number(lesson, cells):
    first = cells[0].source
    for aim in lesson["aims"]:
        assert f"\n- {aim}\n" in first
    assert f"about {lesson['minutes']} minutes" in first
    assert f"The number to follow is {lesson['number']}." in first


def test_one_line_is_to_be_changed(cells):
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code" and not cell.metadata.get("tags"))
    assert len(re.findall(r"# change this line$", code, re.MULTILINE)) == 1


def test_every_exercise_has_a_hidden_solution_with_a_check(lesson, cells):
    exercises = [place for place, cell in enumerate(cells) if re.match(r"\*\*Exercise \d+\.\*\* ", cell.source)]
    assert [int(re.search(r"\d+", cells[place].source).group()) for place in exercises] == list(
        range(1, len(exercises) + 1)
    )
    assert len(exercises) >= (2 if lesson["part"] in PARTS else 1)
    solutions = [place for place, cell in enumerate(cells) if cell.metadata]
    assert solutions == [place + 1 for place in exercises]
    for place in solutions:
        assert cells[place].metadata == {
            "tags": ["hide-cell"],
            "jupyter": {"source_hidden": True, "outputs_hidden": True},
        }
        assert re.search(r"^assert ", cells[place].source, re.MULTILINE)


def test_numbers_in_the_text_are_numbers_that_the_cells_show(lesson, cells):
    shown = " ".join(
        [cell.source for cell in cells if cell.cell_type == "code"]
        + [
            output.get("text", "") or output.get("data", {}).get("text/plain", "")
            for cell in cells
            for output in cell.get("outputs", [])
        ]
    )
    numbers = [float(each.replace(",", "")) for each in re.findall(r"\d[\d,]*(?:\.\d+)?", shown.replace("·", "."))]
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    said = set(re.findall(r"(?<![\d.:/,])\d[\d,]*\.\d+(?![\d.])", re.sub(r"doi:\S+|`[^`]*`|\$[^$]*\$", "", text)))
    assert {each for each in said if not is_one_of(each, numbers)} == WORKED_OUT.get(lesson["notebook"], set())


def is_one_of(said, numbers):
    """Whether a number, or a share as a percentage, rounds to what the text says."""
    wanted, half = float(said.replace(",", "")), 0.5 * 10 ** -len(said.split(".")[1]) + 1e-9
    return any(abs(number * scale - wanted) <= half for number in numbers for scale in (1, 100))
