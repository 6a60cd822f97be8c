"""Check the built site: every internal link and anchor leads somewhere, and nothing is fetched from elsewhere."""

from __future__ import annotations

import html
import posixpath
import re
import sys
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

_LINK = re.compile(r'<a\b[^>]*?\shref="([^"]*)"')
_FETCHED = re.compile(
    r'<(?:script|img|iframe|source|video|audio)\b[^>]*?\ssrc="([^"]*)"'
    r'|<link\b(?=[^>]*\srel="(?:stylesheet|preload|icon|preconnect|dns-prefetch)")[^>]*?\shref="([^"]*)"'
    r'|url\(["\']?((?:https?:)?//[^)"\']*)'
    r'|@import\s+["\']((?:https?:)?//[^"\']*)'
)
_ANCHOR = re.compile(r'\s(?:id|name)="([^"]*)"')
_NOT_OURS = re.compile(r"(?!https?:)[a-z]+:", re.IGNORECASE)


class Page(NamedTuple):
    """What a page links to, what it fetches, and what of it can be linked to.

    Parameters
    ----------
    links, fetched, anchors : frozenset of str
        Targets as they are written, and names of places.
    """

    links: frozenset[str]
    fetched: frozenset[str]
    anchors: frozenset[str]


def read_page(text: str) -> Page:
    """Read a page or a style sheet.

    Parameters
    ----------
    text : str
        Its text.

    Returns
    -------
    Page
        Its links and places.
    """
    fetched = {html.unescape(target) for found in _FETCHED.findall(text) for target in found if target}
    links = {html.unescape(target) for target in _LINK.findall(text)}
    return Page(frozenset(links), frozenset(fetched), frozenset(map(html.unescape, _ANCHOR.findall(text))))


def problems(site: Path) -> list[str]:
    """Say what is wrong with the links of a site.

    Parameters
    ----------
    site : Path
        The folder with the built pages.

    Returns
    -------
    list of str
        A line for each link that leads nowhere and each file that is fetched from elsewhere.
    """
    files = {path.relative_to(site).as_posix(): path for path in site.rglob("*") if path.is_file()}
    pages = {
        name: read_page(path.read_text(encoding="utf-8"))
        for name, path in sorted(files.items())
        # the theme's own template of its files is no page
        if path.suffix == ".css" or (path.suffix == ".html" and not name.startswith("_static/"))
    }
    found = []
    for name, page in pages.items():
        outside = [target for target in page.fetched if re.match(r"(https?:)?//", target)]
        found += [f"{name}: {target} is fetched from elsewhere" for target in sorted(outside)]
        inside = [target for target in page.links | page.fetched if not re.match(r"(https?:)?//", target)]
        found += [
            f"{name}: {target} leads nowhere" for target in sorted(inside) if not _leads(target, name, files, pages)
        ]
    return found


def _leads(target: str, name: str, files: dict[str, Path], pages: dict[str, Page]) -> bool:
    """Whether a target that a page names is there."""
    if _NOT_OURS.match(target):
        return True
    path, _, anchor = unquote(target).partition("#")
    path = path.partition("?")[0]
    place = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
    if place not in files:
        return f"{place}/index.html" in files
    return not anchor or place not in pages or anchor in pages[place].anchors


def main() -> None:
    """Print what is wrong; end with 1 if anything is."""
    site = Path(sys.argv[1])
    wrong = problems(site)
    print(*wrong, sep="\n")
    print(f"Links that lead nowhere or elsewhere: {len(wrong)}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
