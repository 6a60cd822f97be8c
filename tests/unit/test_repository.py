"""The house: citation, licence, pins, and what must not stand in any file."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
import zipfile

import jsonschema
import pytest
import yaml


@pytest.fixture(scope="session")
def files():
    """Every file that git tracks or would track, with its text."""
    from pathlib import Path

    top = Path(__file__).parents[2]
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=top, capture_output=True, text=True, check=False
    ).stdout.split("\n")
    names = [name for name in listed if name]
    if not names:
        inside = (path.relative_to(top) for path in top.rglob("*") if path.is_file())
        names = [str(path) for path in inside if not any(part.startswith((".", "build")) for part in path.parts)]
    found = {}
    for name in names:
        path = top / name
        if path.is_file() and path.suffix not in {".parquet", ".png"}:
            found[name] = path.read_text(encoding="utf-8")
    return found


def test_the_citation_is_valid(root):
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    schema = json.loads((root / "tests/unit/citation.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(citation, schema, format_checker=jsonschema.FormatChecker())
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]


def test_the_changelog_names_the_version(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"## {project['version']}" in (root / "CHANGELOG.md").read_text(encoding="utf-8")


def test_pins_are_plain(root):
    pins = (root / "constraints.txt").read_text(encoding="utf-8").split()
    assert len(pins) > 50
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", pin) for pin in pins)


def test_no_machine_and_no_registry_is_named(files):
    registry = re.compile(
        r"https?://[^\s\"]*(/simple(/|\"|$)|/packages/[0-9a-f]{2}/)|(py" + r"thonhosted|test\.py" + r"pi)\.org"
    )
    machine = re.compile(r"(?<![\w.])/(work|root|home)/\w")
    for name, text in files.items():
        assert not registry.search(text), name
        assert not machine.search(text), name


def test_no_code_is_left_for_later(files):
    later = re.compile("NotImplemented" + "Error|TO" + "DO|FIX" + "ME")
    for name, text in files.items():
        if name.startswith("src/"):
            assert not later.search(text), name


def test_files_and_functions_stay_small(files):
    import ast

    for name, text in files.items():
        if name.startswith("src/") and name.endswith(".py"):
            code = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
            assert len(code) <= 400, name
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef):
                    documented = isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
                    body = node.body[1:] if documented else node.body
                    length = body[-1].end_lineno - body[0].lineno + 1 if body else 0
                    assert length <= 45, f"{name}: {node.name} has {length} lines"


def test_no_item_wording_is_carried(files):
    for name, text in files.items():
        if "/catalogue/" in name:
            content = tomllib.loads(text)
            assert not {"text", "wording", "question", "labels"} & set(content), name


@pytest.mark.slow
def test_the_wheel_carries_data_and_definitions_and_works(root, tmp_path, in_clean_process):
    import sys

    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=root, check=True, capture_output=True,
    )  # fmt: skip
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "installed")
    for needed in (
        "peereval/py.typed",
        "peereval/_datasets/core-2018/persons.reconstructed.parquet",
        "peereval/_datasets/peer-run-course-2012/published.toml",
        "peereval/instruments/catalogue/who-5.toml",
        "peereval/admissions/definitions/dk-30.toml",
        "peereval/disclosure/policies/standard.toml",
        "peereval/reports/report.html.jinja",
        "peereval/studies/notebook_texts.toml",
        "peereval/studies/readmes/da.md",
        "peereval/simulate/studies/en/region.toml",
        "peereval/simulate/words/da.toml",
        "peereval/studies/peereval.schema.json",
    ):
        assert needed in names
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import warnings; warnings.simplefilter('ignore'); "
        "import peereval as pe; print(pe.__file__); print(len(pe.datasets.load('core-2018').reproduce().estimates))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(tmp_path / "installed")],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    place, rows = done.stdout.split()
    assert str(tmp_path) in place
    assert rows == "15"
    folders = sorted(path.parent.name for path in (root / "datasets").glob("*/datapackage.json"))
    assert in_clean_process("import peereval as pe; print(*pe.datasets.available())").split() == folders
