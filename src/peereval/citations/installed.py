"""What is installed: Python, the system, peereval, the packages it runs with and those of its other engines."""

from __future__ import annotations

import platform
import re
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

_PACKAGE = "peereval"
_ENGINES = ("postgres", "spark")
_REQUIREMENT = re.compile(
    r"(?P<name>[\w.-]+)(?:\[[^]]*\])?(?P<bounds>[^;]*)(?:;\s*extra == ['\"](?P<extra>[\w-]+)['\"])?"
)
NOT_INSTALLED = "not installed"


class _Requirement(NamedTuple):
    name: str
    bounds: str
    extra: str


def show_versions() -> pd.DataFrame:
    """Show the versions that a question or a methods section should name.

    Returns
    -------
    DataFrame
        One row a program: ``name``, ``version`` (*not installed* for an engine that is not there), ``bounds`` (which
        versions peereval takes) and ``part`` (python, system, peereval, package, or the engine that needs it). It names
        no path, machine or user.

    Examples
    --------
    >>> shown = show_versions()
    >>> shown["name"].head(3).tolist()
    ['Python', 'system', 'peereval']
    >>> shown.loc[shown["part"].eq("spark"), ["name", "bounds"]].to_numpy().tolist()
    [['pyspark', '<4.1,>=3.5']]
    """
    import pandas as pd

    found = [_requirement(line) for line in requires(_PACKAGE) or []]
    needed = [one for one in found if one.extra in ("", *_ENGINES)]
    rows = [
        ("Python", platform.python_version(), "", "python"),
        ("system", f"{platform.system()} {platform.release()} {platform.machine()}", "", "system"),
        (_PACKAGE, version(_PACKAGE), "", _PACKAGE),
        *((one.name, _version(one.name), one.bounds, one.extra or "package") for one in needed),
    ]
    return pd.DataFrame(rows, columns=["name", "version", "bounds", "part"], dtype="string")


def _requirement(line: str) -> _Requirement:
    parts = _REQUIREMENT.match(line)
    if parts is None:
        return _Requirement(line, "", "")
    return _Requirement(parts["name"], parts["bounds"].strip(), parts["extra"] or "")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return NOT_INSTALLED


__all__ = ["show_versions"]
