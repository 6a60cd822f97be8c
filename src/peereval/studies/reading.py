"""study.toml to a plan, with errors that name the key, the line and the nearest valid key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.files import read_toml
from peereval.studies.plan import Plan
from peereval.toml_keys import parsed

if TYPE_CHECKING:
    from pathlib import Path

    from peereval.errors import PeerevalError


def read_plan(path: Path) -> Plan:
    """Read a study file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Plan
        What it says.

    Raises
    ------
    MissingFileError, StudySyntaxError
        The file is not there or its syntax is broken.
    UnknownKeyError
        It has a key that is not known.
    InvalidValueError
        A key is missing or has a value of the wrong kind.
    """
    plan, problems = parse_plan(path)
    if plan is None:
        raise problems[0]
    return plan


def parse_plan(path: Path) -> tuple[Plan | None, list[PeerevalError]]:
    """Read a study file, and collect all that is wrong with its keys.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    tuple of Plan or None and list of PeerevalError
        What it says; or None, and why.

    Raises
    ------
    MissingFileError, StudySyntaxError
        The file is not there or its syntax is broken.
    """
    content, text = read_toml(path)
    return parsed(Plan, content, file=path.name, text=text, hint="Add it; a new study folder shows every key in use.")
