"""The package's front: lazy names, no third-party import, one name for one thing."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys

import pytest

import peereval as pe


def test_import_loads_no_third_party_package(in_clean_process):
    code = "import sys; before = set(sys.modules); import peereval; print(*sorted(set(sys.modules) - before))"
    loaded = {name.split(".")[0] for name in in_clean_process(code, "-I").split()}
    assert loaded - {"peereval"} <= set(sys.stdlib_module_names)


def test_dir_lists_every_public_name_without_loading_it(in_clean_process):
    code = "import sys, peereval; print('score' in dir(peereval), 'pandas' in sys.modules)"
    assert in_clean_process(code).split() == ["True", "False"]


def test_version_is_that_of_the_installed_package():
    from importlib.metadata import version

    assert pe.__version__ == version("peereval")


def test_a_misspelt_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'scroe'"):
        _ = pe.scroe  # ty: ignore


def test_a_misspelt_name_is_a_type_error(root, tmp_path, in_clean_process):
    snippet = tmp_path / "snippet.py"
    snippet.write_text("import peereval as pe\npe.score\npe.scroe\n", encoding="utf-8")
    # only the names of the package are looked at, not what they stand for
    asked = [
        "--config-file=",
        "--follow-imports=skip",
        f"--cache-dir={tmp_path}",
        str(root / "src/peereval/__init__.py"),
        str(snippet),
    ]
    printed = in_clean_process(f"from mypy import api; print(*api.run({asked!r}))", MYPYPATH=str(root / "src"))
    assert 'Module has no attribute "scroe"' in printed
    assert 'no attribute "score"' not in printed


def test_checkers_and_the_interpreter_see_the_same_names(root):
    tree = ast.parse((root / "src/peereval/__init__.py").read_text(encoding="utf-8"))
    branch = next(node for node in tree.body if isinstance(node, ast.If))
    typed = {
        alias.asname: f"{node.module}.{alias.name}" if node.module == "peereval" else node.module
        for node in branch.body
        if isinstance(node, ast.ImportFrom) and node.module != "importlib.metadata"
        for alias in node.names
    }
    table = next(node for node in branch.orelse if isinstance(node, ast.Assign))
    assert ast.literal_eval(table.value) == typed


def test_no_public_name_shadows_a_module_of_the_same_package():
    modules = {module.name for module in pkgutil.iter_modules(pe.__path__)}
    functions = {name for name in pe.__all__ if not inspect.ismodule(getattr(pe, name))}
    assert not functions & modules


def _public_objects():
    for name in pe.__all__:
        found = getattr(pe, name)
        if inspect.ismodule(found):
            yield from ((f"{name}.{each}", getattr(found, each)) for each in ("available", "load", "Dataset"))
        else:
            yield name, found


@pytest.mark.parametrize(
    ("name", "found"), list(_public_objects()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_public_object_is_documented(name, found):
    documentation = inspect.getdoc(found) or ""
    assert documentation, name
    if inspect.isfunction(found):
        signature = inspect.signature(found)
        assert "Returns\n-------" in documentation
        assert not signature.parameters or "Parameters\n----------" in documentation
        assert "Examples\n--------" in documentation
        assert signature.return_annotation is not inspect.Signature.empty


def test_public_names_and_signatures_change_only_on_purpose(root):
    lines = []
    for name, found in _public_objects():
        signature = str(inspect.signature(found)) if inspect.isfunction(found) else ""
        lines.append(f"{name}{signature}")
    snapshot = (root / "tests/unit/public_api.txt").read_text(encoding="utf-8").splitlines()
    assert sorted(lines) == snapshot, "change tests/unit/public_api.txt and CHANGELOG.md together with the API"


def test_every_module_can_be_imported_on_its_own():
    for module in pkgutil.walk_packages(pe.__path__, "peereval."):
        importlib.import_module(module.name)
