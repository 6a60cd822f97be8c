"""Open the built site in Chromium at phone and desktop width, light and dark; try the search; ask axe-core."""

from __future__ import annotations

import json
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from chromium import Browser, axe_script, browser_path

# one page of each kind
KINDS = (
    "index", "start/start", "learn/index", "learn/notebooks/three_rounds", "learn/notebooks/core-2018", "howto/index", "howto/engines",
    "understand/index", "design/rules", "reference/index", "reference/find", "reference/names", "reference/groups/readmissions",
    "reference/names/readmission_rate", "reference/names/compare_rounds", "reference/names/Study", "reference/instruments/index",
    "reference/instruments/who-5", "reference/definitions/index", "reference/definitions/dk-30", "reference/disclosure",
    "reference/errors/index", "reference/errors/PE203", "reference/study-file", "reference/tables", "reference/glossary",
)  # fmt: skip
WINDOWS = {"phone, light": (390, False), "desk, light": (1280, False), "desk, dark": (1280, True)}
_AXE = """axe.run(document, {resultTypes: ["violations"]}).then(found => found.violations
  .filter(each => ["serious", "critical"].includes(each.impact))
  .map(each => `${each.id}, ${each.nodes.length} times: ${each.nodes[0].html.slice(0, 160)}`))"""
_WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_SEARCHED = """new Promise(done => {
  const began = Date.now(), hits = () => [...document.querySelectorAll("#search-results a")].map(a => a.getAttribute("href"));
  const ended = () => /finished/.test(document.querySelector(".search-summary")?.textContent);
  const look = () => ended() || Date.now() - began > 30000 ? done(hits()) : setTimeout(look, 100);
  look();
})"""
_SEARCHES = {
    "readmission": "names/readmission_rate",
    "Kaplan": "find",
    "genindlæggelse": "glossary",
    "PE203": "errors/PE203",
}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


def problems(site: Path, browser: Browser, axe: str | None, pictures: Path | None) -> list[str]:
    """Open a page of each kind and say what is wrong with it.

    Parameters
    ----------
    site : Path
        The folder with the built pages.
    browser : Browser
        Where to open them.
    axe : str, optional
        The script of axe-core.
    pictures : Path, optional
        A folder for pictures of the pages.

    Returns
    -------
    list of str
        A line a fault.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    top, found = f"http://127.0.0.1:{server.server_port}", []
    for kind in KINDS:
        for name, (width, dark) in WINDOWS.items():
            browser.open(f"{top}/{kind}.html", width=width, dark=dark)
            found += [f"{kind}, {name}: {each}" for each in _faults(browser, axe)]
            if pictures:
                browser.shoot(pictures / f"{kind} {name}.png".replace("/", "-").replace(", ", "-").replace(" ", "-"))
    for word, wanted in _SEARCHES.items():
        browser.open(f"{top}/search.html?q={word}", width=390)
        hits = browser.ask(_SEARCHED)
        found += (
            [] if any(wanted in hit for hit in hits) else [f"search for {word}: {wanted} is not among {len(hits)} hits"]
        )
    server.shutdown()
    return found


def _faults(browser: Browser, axe: str | None) -> list[str]:
    wider = browser.ask(_WIDER)
    found = [f"{wider} pixels wider than the window"] if wider > 0 else []
    if axe:
        browser.ask(axe + ";0")
        found += browser.ask(_AXE)
    return found


def main() -> None:
    """Open ``build/docs``, or the folder that is named; a second folder takes pictures."""
    path, axe = browser_path(), axe_script()
    if path is None:
        print("Not opened in a browser: needs Debian's chromium.")
        return
    if axe is None:
        print("Not judged by axe-core: npm install --global axe-core")
    pictures = Path(sys.argv[2]) if len(sys.argv) > 2 else None  # noqa: PLR2004
    with Browser(path) as browser:
        wrong = problems(Path(sys.argv[1]), browser, axe, pictures)
    print(*wrong, sep="\n")
    print(json.dumps({"pages": len(KINDS), "windows": list(WINDOWS), "faults": len(wrong)}))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
