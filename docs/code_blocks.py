"""The code blocks of the pages: run from top to bottom, page by page, and what they print is what stands below them.

``python docs/code_blocks.py PAGE...`` runs pages and writes what their blocks print into them; the tests compare.

A page's blocks share one folder and one namespace:

- ``python`` blocks run in order; the value of a last line is printed, as a notebook does;
- ``sh`` blocks hold ``peereval`` commands, one a line; any other command needs a reason why it is not run;
- a ``text`` block right below is what was printed (``...`` stands for anything);
- a ``code-block`` whose caption is the name of a file is written to that file;
- a ``code-block`` whose caption is ``part of study.toml`` is put into a new study and read;
- ``<!-- not run: reason -->`` above a block keeps it from being run.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import io
import os
import re
import shlex
import sys
import tempfile
import tomllib
import warnings
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PART = "part of study.toml"
_INFO = re.compile(r"\{code-block\}\s*(\w+)|(\w+)$")
_OPTION = re.compile(r":(\w[\w-]*):(.*)")
_REASON = re.compile(r"<!-- not run: (.+?) -->")


@dataclass(frozen=True)
class Block:
    """A block of a page.

    Parameters
    ----------
    language : str
        What stands after the fence; empty for a block that only indentation marks.
    caption : str
        The file that it is, where it is one.
    text : str
        What stands in it.
    reason : str
        Why it is not run; empty where it is.
    first, end : int
        Its lines of the page, the fences included.
    """

    language: str
    caption: str
    text: str
    reason: str
    first: int
    end: int


def pages() -> dict[str, Path]:
    """Give the pages that are written by hand, by their path in the repository."""
    docs = ROOT / "docs"
    made = {"reference", "notebooks"}
    written = [path for path in sorted(docs.rglob("*.md")) if not made & set(path.relative_to(docs).parts)]
    return {path.relative_to(ROOT).as_posix(): path for path in [ROOT / "README.md", *written]}


def blocks(text: str) -> list[Block]:
    """Give the code blocks of a page; directives other than ``code-block`` are none."""
    found, reason = [], ""
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "html_block" and (said := _REASON.search(token.content)):
            reason = said[1]
        elif token.type in {"fence", "code_block"}:
            info = token.info.strip()
            named = _INFO.match(info)
            if named or not info:
                options, content = _options(token.content) if info.startswith("{") else ({}, token.content)
                language = (named[1] or named[2]) if named else ""
                first, end = token.map or (0, 0)
                found.append(Block(language, options.get("caption", ""), content, reason, first, end))
            reason = ""
    return found


def _options(content: str) -> tuple[dict[str, str], str]:
    lines = content.splitlines(keepends=True)
    options = {}
    while lines and (option := _OPTION.match(lines[0])):
        options[option[1]] = option[2].strip()
        lines.pop(0)
    return options, "".join(lines).lstrip("\n")


def printed_below(page: str) -> dict[int, Block]:
    """Give what stands below blocks as their output, by the first line of the block: a text right below it."""
    listed, lines = blocks(page), page.splitlines()
    return {
        before.first: block
        for before, block in pairwise(listed)
        if block.language == "text"
        and not block.caption
        and not any(line.strip() for line in lines[before.end : block.first])
    }


def same(expected: str, printed: str) -> bool:
    """Compare what stands in a page with what was printed; ``...`` stands for anything."""
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    return doctest.OutputChecker().check_output(expected.strip() + "\n", printed.strip() + "\n", flags)


def run(page: str, name: str) -> Iterator[tuple[Block, str]]:
    """Run the blocks of a page in the current folder, and give each with what it printed.

    A command that fails is an error, unless the page shows what it says.
    """
    namespace: dict[str, Any] = {"__name__": "__main__"}
    shown = printed_below(page)
    for block in blocks(page):
        if not block.reason:
            place = f"{name}, line {block.first + 1}"
            try:
                yield block, _run_block(block, place, namespace, may_fail=block.first in shown)
            except Exception as error:
                error.add_note(f"in {place}")
                raise


def _run_block(block: Block, place: str, namespace: dict[str, Any], *, may_fail: bool) -> str:
    if block.caption == PART:
        _check_part(block.text)
    elif block.caption:
        Path(block.caption).parent.mkdir(parents=True, exist_ok=True)
        Path(block.caption).write_text(block.text, encoding="utf-8")
    elif block.language == "python":
        # lines before it, so that an error names the line of the page
        return _run_python("\n" * (block.first + 1) + block.text, place.split(",", maxsplit=1)[0], namespace)
    elif block.language == "sh":
        return "".join(_run_command(line, may_fail=may_fail) for line in block.text.splitlines())
    elif block.language != "text":
        msg = f"a block of {block.language or 'no language'} is neither run nor says why not"
        raise ValueError(msg)
    return ""


def _run_python(code: str, name: str, namespace: dict[str, Any]) -> str:
    import pandas as pd

    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    wide = ("display.width", 130, "display.max_columns", 20, "display.max_colwidth", 90)
    with _quiet() as printed, pd.option_context(*wide):
        exec(compile(tree, name, "exec"), namespace)  # noqa: S102 - that is what a block is for
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), name, "eval"), namespace)  # noqa: S307
            if value is not None:
                print(repr(value))
    return printed.getvalue()


def _run_command(line: str, *, may_fail: bool) -> str:
    from peereval import cli

    words = shlex.split(line, comments=True)
    if not words or words[0] != "peereval":
        msg = f"{line!r} is no command of peereval: say why it is not run"
        raise ValueError(msg)
    before, sys.argv = sys.argv, words
    code: object = 0
    with _quiet() as printed, contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code
        finally:
            sys.argv = before
    if code and not may_fail:
        msg = f"{line!r} ended with exit code {code}: {said.getvalue()}"
        raise ValueError(msg)
    return printed.getvalue() + (said.getvalue() if code else "")


@contextlib.contextmanager
def _quiet() -> Iterator[io.StringIO]:
    """Catch what is printed; notes and warnings are not compared."""
    from peereval.errors import PeerevalWarning

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore", PeerevalWarning)
        yield printed


def _check_part(text: str) -> None:
    """Put a part of a study file into the files of new studies: one of them must take it."""
    from peereval.errors import PeerevalError
    from peereval.simulate.study import study_file
    from peereval.studies.plan import Plan
    from peereval.toml_keys import parsed

    part, problems = tomllib.loads(text), []
    for preset in ("region", "ward"):
        whole = _merged(tomllib.loads(study_file(preset)), part)
        plan, found = parsed(Plan, whole, file="study.toml", text=text, hint="")
        if plan is not None:
            return
        problems += found
    raise next((each for each in problems if isinstance(each, PeerevalError)), ValueError(text))


def _merged(whole: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    deeper = {
        key: _merged(whole[key], value) if isinstance(value, dict) and isinstance(whole.get(key), dict) else value
        for key, value in part.items()
    }
    return {**whole, **deeper}


def with_outputs(page: str, name: str) -> str:
    """Run a page and give it with what its blocks print; what is as it should be stays as it is written."""
    shown, lines = printed_below(page), page.splitlines()
    printed = {block.first: text for block, text in run(page, name)}
    for first, block in sorted(shown.items(), reverse=True):
        kept = "..." in block.text and same(block.text, printed.get(first, ""))
        if first in printed and not kept:
            lines[block.first + 1 : block.end - 1] = [line.rstrip() for line in printed[first].strip("\n").splitlines()]
    return "\n".join(lines) + "\n"


def main(names: list[str]) -> None:
    """Write what their blocks print into pages."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    for name in names:
        path = Path(name).resolve()
        page = path.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            written = with_outputs(page, path.name)
        path.write_text(written, encoding="utf-8")
        print(f"{name}: {'changed' if written != page else 'the same'}")


if __name__ == "__main__":
    main(sys.argv[1:])
