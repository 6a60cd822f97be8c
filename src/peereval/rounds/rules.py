"""Which method a declared design asks for."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from peereval.errors import DesignError, InvalidValueError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peereval.rounds.comparison import Baseline

AUTO = "auto"


class Choice(NamedTuple):
    """How one scale is analysed.

    Parameters
    ----------
    method : str
        The method.
    rule : str
        The rule that asks for it; empty where the user did.
    baseline : {"constrained", "response", "covariate"}
        What the rules make of the reference round.
    """

    method: str
    rule: str
    baseline: Baseline


def choose(method: str, declared: Mapping[str, str], *, plain: bool) -> Choice:
    """Give the method for a declared design.

    Parameters
    ----------
    method : str
        The method asked for, or ``"auto"``.
    declared : mapping of str to str
        ``design``, ``measurement`` and ``arms`` (``"none"`` or the allocation).
    plain : bool
        Whether every person has every round and nothing is adjusted for.

    Returns
    -------
    Choice
        The method, and the rule that asks for it.

    Raises
    ------
    DesignError
        The method does not fit the design.
    InvalidValueError
        There is no such method.

    Examples
    --------
    >>> choose("auto", {"design": "panel", "measurement": "scale", "arms": "randomised"}, plain=False)
    Choice(method='mmrm', rule='R1', baseline='constrained')
    """
    by_rule = next(rule for rule in _tables()["rules"] if _fits(rule, declared, plain=plain))
    if method == AUTO:
        return Choice(by_rule["method"], by_rule["id"], by_rule["baseline"])
    _check_fits(method, declared)
    asked = by_rule["method"] == method
    return Choice(method, by_rule["id"] if asked else "", by_rule["baseline"] if method == "mmrm" else "response")


def _fits(rule: Mapping[str, Any], declared: Mapping[str, str], *, plain: bool) -> bool:
    said = all(value in rule[name] for name, value in declared.items() if name in rule)
    return said and rule.get("plain", plain) == plain


def _check_fits(method: str, declared: Mapping[str, str]) -> None:
    known = _tables()["methods"]
    if method not in known:
        msg = f"There is no method {method!r}."
        raise InvalidValueError(msg, hint=nearest(method, (AUTO, *known)))
    for what in ("design", "measurement"):
        if declared[what] not in known[method][what]:
            msg = f"The method {method!r} does not fit the {what} {declared[what]!r}."
            raise DesignError(msg, hint=f"There are: {', '.join((AUTO, *_fitting(declared)))}.")


def _fitting(declared: Mapping[str, str]) -> list[str]:
    known = _tables()["methods"]
    return [name for name, one in known.items() if all(declared[key] in one[key] for key in ("design", "measurement"))]


def check_takes(method: str, used: Mapping[str, bool], declared: Mapping[str, str]) -> None:
    """Refuse what a method would pass over in silence.

    Parameters
    ----------
    method : str
        The method.
    used : mapping of str to bool
        What methods list as ``takes`` in ``rules.toml``, and whether it was said.
    declared : mapping of str to str
        ``design`` and ``measurement``.

    Raises
    ------
    DesignError
        Something was said that the method does not take.

    Examples
    --------
    >>> declared = {"design": "panel", "measurement": "scale"}
    >>> check_takes("paired-t", {"arms": True, "covariates": False}, declared)
    """
    takes = _tables()["methods"][method]["takes"]
    for name, said in used.items():
        if said and name not in takes:
            able = [other for other in _fitting(declared) if name in _tables()["methods"][other]["takes"]]
            msg = f"The method {method!r} does not take {name}."
            instead = (
                f", or say method={' or '.join(map(repr, able))}" if able else "; no method for this design takes it"
            )
            raise DesignError(msg, hint=f"Leave it out{instead}.")


def wording(method: str) -> Mapping[str, Any]:
    """Give the sentence and the references of a method.

    Parameters
    ----------
    method : str
        The method.

    Returns
    -------
    mapping
        ``sentence``, with {rule} in it where the rule's id belongs, and ``references``.

    Examples
    --------
    >>> "{rule}" in wording("mmrm")["sentence"]
    True
    """
    found: Mapping[str, Any] = _tables()["methods"][method]
    return found


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads((files("peereval.rounds") / "rules.toml").read_text(encoding="utf-8"))
