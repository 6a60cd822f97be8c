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
    fewest_df : int
        Residual degrees of freedom that a number of a model needs.
    mean_step : float
        The step to which means, changes and effect sizes are rounded, at most so many standard errors.
    curve_days : int
        Days between the points of a survival curve.
    decimals : int
        Decimals of survival curves and of p values.
    source, date : str
        Where the rule comes from, and the date of this file.
    unverified : tuple of str
        What nobody has seen at its source.
    published_kinds : tuple of str
        Kinds of results that pass as they are, since their figures are in print; with them, nothing else passes.

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
    fewest_df: int
    mean_step: float
    curve_days: int
    decimals: int
    source: str
    date: str
    unverified: tuple[str, ...] = ()
    published_kinds: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The policy in words, for the methods section."""
        words = _wording()
        if self.published_kinds:
            return words["published"]
        return words["protected"].format(**self.model_dump(), most_withheld=self.threshold - 1)


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
def _wording() -> dict[str, str]:
    return tomllib.loads((files("peereval.disclosure") / "wording.toml").read_text(encoding="utf-8"))


NEVER = ("extreme", "joint")
"""Treatments of measures that leave under no policy."""


@cache
def treatment_of() -> dict[str, str]:
    """Give the treatment of each measure."""
    text = (files("peereval.disclosure") / "treatments.toml").read_text(encoding="utf-8")
    return {measure: treatment for treatment, measures in tomllib.loads(text).items() for measure in measures}
