"""Word and PDF by programs that may be there: pandoc and Debian's Chromium."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from peereval.reports.archives import without_times

_BROWSERS = ("chromium", "chromium-browser")
_TITLE = re.compile(r"<title>.*?</title>", re.DOTALL)
_LONGEST = 120
"""Seconds that a program may take."""


def as_docx(html: str) -> bytes | None:
    """Turn a page into a Word file by pandoc.

    Parameters
    ----------
    html : str
        A page with nothing to fetch.

    Returns
    -------
    bytes or None
        A ``.docx`` file, with the same bytes for the same page; None where pandoc is not installed or gives none.
    """
    with tempfile.TemporaryDirectory() as folder:
        page, made = Path(folder) / "page.html", Path(folder) / "page.docx"
        # pandoc would put the title of the window above the heading that says the same
        page.write_text(_TITLE.sub("", html, count=1), encoding="utf-8", newline="\n")
        # pandoc keeps the day of writing, unless it is given one
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}
        asked = ["--from", "html", "--to", "docx", "--output", str(made), str(page)]
        return without_times(made.read_bytes()) if _done("pandoc", asked, made, environment) else None


def as_pdf(html: Path) -> bytes | None:
    """Print a page by Chromium, with its headings as an outline.

    Parameters
    ----------
    html : Path
        A page with nothing to fetch.

    Returns
    -------
    bytes or None
        A ``.pdf`` file, with the same bytes for the same page; None where Chromium is not installed or gives none.
    """
    browser = next((name for name in _BROWSERS if shutil.which(name)), _BROWSERS[0])
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "page.pdf"
        # Chromium has no sandbox for root
        root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        asked = [
            "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync",
            "--disable-component-update", *root, f"--user-data-dir={Path(folder) / 'profile'}", "--no-pdf-header-footer",
            "--generate-pdf-document-outline", f"--print-to-pdf={made}", html.resolve().as_uri(),
        ]  # fmt: skip
        return _undated(made.read_bytes()) if _done(browser, asked, made, dict(os.environ)) else None


def _undated(pdf: bytes) -> bytes:
    """Put the earliest day that a PDF can name in the place of the times of printing, letter by letter."""
    return _TIMES.sub(lambda found: found[1] + b"19700101000000" + found[3], pdf)


_TIMES = re.compile(rb"(/(?:CreationDate|ModDate) \(D:)(\d{14})([^)]*\))")


def _done(program: str, arguments: list[str], made: Path, environment: dict[str, str]) -> bool:
    """Whether a program is there and made its file."""
    place = shutil.which(program)
    if place is None:
        return False
    try:
        # the arguments are ours: no text of a study is among them
        subprocess.run([place, *arguments], env=environment, capture_output=True, timeout=_LONGEST, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
    return made.is_file()
