"""A headless Chromium that is told over a pipe what to open, so that no driver needs to be installed."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Self

PHONE = 600
"""Below so many pixels a window is that of a phone."""
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-quic",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--remote-debugging-pipe",
)  # fmt: skip


def browser_path() -> str | None:
    """Give the path of Debian's Chromium, if it is installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def axe_script() -> str | None:
    """Give axe-core's script, if npm has installed it for everybody."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    root = subprocess.run([npm, "root", "--global"], capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603 - npm's own path
    place = Path(root) / "axe-core" / "axe.min.js"
    return place.read_text(encoding="utf-8") if place.is_file() else None


class Browser:
    """One Chromium with one tab.

    Parameters
    ----------
    path : str
        The program.
    """

    def __init__(self, path: str) -> None:
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        from_us, self._write = os.pipe()
        self._read, to_us = os.pipe()
        # Chromium reads commands from file 3 and answers on file 4; numbers above 10 are in the way of neither
        commands, answers = (fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, 10) for each in (from_us, to_us))
        places = [
            (os.POSIX_SPAWN_DUP2, commands, 3),
            (os.POSIX_SPAWN_DUP2, answers, 4),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        command = [path, *_FLAGS, f"--user-data-dir={self._profile.name}"]
        self._process = os.posix_spawn(path, command, dict(os.environ), file_actions=places)
        for each in (from_us, to_us, commands, answers):
            os.close(each)
        self._number, self._rest, self._session = 0, b"", ""
        self._events: list[dict[str, Any]] = []
        tab = self.tell("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.tell("Target.attachToTarget", targetId=tab, flatten=True)["sessionId"]
        self.tell("Page.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session = ""
        self.tell("Browser.close")
        os.waitpid(self._process, 0)
        os.close(self._write)
        os.close(self._read)
        self._profile.cleanup()

    def tell(self, method: str, **values: Any) -> dict[str, Any]:
        """Send a command of the DevTools protocol and give its result."""
        self._number += 1
        asked = {"id": self._number, "method": method, "params": values}
        text = json.dumps({**asked, "sessionId": self._session} if self._session else asked).encode() + b"\0"
        while text:
            text = text[os.write(self._write, text) :]
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(answer["error"]["message"])
                return dict(answer["result"])
            self._events.append(answer)

    def open(self, url: str, *, width: int, dark: bool = False) -> None:
        """Open a page in a window of a width and wait until it is loaded."""
        self.tell(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < PHONE
        )
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.tell("Emulation.setEmulatedMedia", features=features)
        self._events.clear()
        self.tell("Page.navigate", url=url)
        while not any(event.get("method") == "Page.loadEventFired" for event in self._events):
            self._events.append(self._next())

    def ask(self, script: str) -> Any:
        """Run a script on the page, wait for its promise and give its value."""
        answer = self.tell("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description", "the script failed"))
        return answer["result"].get("value")

    def shoot(self, file: Path, *, whole: bool = False) -> None:
        """Save what is seen, or the whole page."""
        picture = self.tell("Page.captureScreenshot", captureBeyondViewport=whole)["data"]
        file.write_bytes(base64.b64decode(picture))

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            piece = os.read(self._read, 1 << 20)
            if not piece:
                msg = "Chromium has ended."
                raise RuntimeError(msg)
            self._rest += piece
        text, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(text))
