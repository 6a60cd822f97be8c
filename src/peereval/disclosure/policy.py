"""Disclosure policies as values."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from peereval.files import definition

POLICIES = ("peereval.disclosure", "policies")
"""Where the policies are."""


class Policy(BaseModel):
    """What is small, and what is done about it.

    Parameters
    ----------
    id, version, name : str
        Its name in calls, the version of this file, and its full name.
    threshold : int
        Counts from 1 to one below it are withheld; zero is shown.
    rounding_base : int
        Other counts are rounded to its multiples.
    fewest_hidden : int
        Cases, and others, that the withheld members of a sum must hold together.
    fewest_for_mean : int
        Persons that a mean, change or effect size needs, in each arm.
    mean_step : float
        The step to which means, changes and effect sizes are rounded, at most so many standard errors.
    curve_days : int
        Days between the points of a survival curve.
    decimals : int
        Decimals of survival curves and of p values.
    sentence : str
        The policy in words, for the methods section.
    source, date : str
        Where the rule comes from, and the date of this file.

    Examples
    --------
    >>> disclosure_policy("standard").threshold
    5
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    name: str
    threshold: int
    rounding_base: int
    fewest_hidden: int
    fewest_for_mean: int
    mean_step: float
    curve_days: int
    decimals: int
    sentence: str
    source: str
    date: str


def disclosure_policy(name: str) -> Policy:
    """Give a disclosure policy by its name.

    Parameters
    ----------
    name : str
        Its id, such as ``"standard"``.

    Returns
    -------
    Policy
        The policy.

    Raises
    ------
    UnknownNameError
        There is none of that name.

    Examples
    --------
    >>> disclosure_policy("standart")
    Traceback (most recent call last):
    ...
    peereval.errors.UnknownNameError: PE104: No disclosure policy is called 'standart'. Did you mean 'standard'?
    """
    return Policy.model_validate(definition(*POLICIES, name, "disclosure policy"))


@cache
def treatment_of() -> dict[str, str]:
    """Give the treatment of each measure."""
    text = (files("peereval.disclosure") / "treatments.toml").read_text(encoding="utf-8")
    return {measure: treatment for treatment, measures in tomllib.loads(text).items() for measure in measures}
