"""How many answers found one another across rounds, and how many of the links are false."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from peereval.errors import InvalidValueError
from peereval.estimation.proportions import wilson_interval
from peereval.panel import round_order
from peereval.results import Result, data_facts, origin_of, versions
from peereval.surveys.linkage import encoded, matches, rule_of
from peereval.surveys.matching import match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

LEVEL = 0.95
FALSE_LINK_LIMIT = 0.05
"""Rule R4: with more false links than this, no result about single persons is given."""

WORDS: dict[str, str] = {
    "linked_id": "same id",
    "linked_exact": "same code",
    "linked_one_part": "one part different",
    "no_match": "no match",
    "ambiguous_code": "several candidates",
    "links_disagree": "links disagree",
    "arms_disagree": "link to another arm",
    "duplicate_code": "code given twice",
    "code_missing": "code missing",
    "person_missing": "id missing",
    "anonymous": "anonymous",
}
"""Reason codes of linking in the words of tables and figures, those that are linked first."""

_PERMUTATIONS = 100


def linkage_summary(linked: pd.DataFrame, *, seed: int = 0) -> Result:
    """Count the links between rounds and estimate how many of them are false.

    False links are estimated from permuted codes. Each part of the code is permuted between the rows of a round: how
    common an answer is stays as it was, but no two rows belong to one person. Of these rows as many as found no link
    are linked by the same rule, one hundred times. The mean number of links over the number of links in the data is
    the false-link rate. It takes the parts of a code as independent of one another. In simulations it lies at the true
    rate or above it: up to 2.5 times where 30 or 70 % answered each round, and more where nearly everybody did and a weak
    code left many unlinked.

    Parameters
    ----------
    linked : DataFrame
        What `link_rounds` gave, with all its rows.
    seed : int
        Seed of the permutations.

    Returns
    -------
    Result
        Rows with ``measure``: ``linked_share`` (of the answers to ``round``, those linked with the other round of the
        pair in ``term``, with Wilson's interval), ``exact_share`` (of the links of a pair, those between equal
        codes), ``false_link_rate`` (per pair and for all links, with the middle 95 % of the permutations) and
        ``link_status`` (rows of each round by the reason code in ``term``, in words in ``label``). The overall rate stands in
        ``settings["false_link_rate"]`` too, and ``settings["person_level"]`` says whether it is at most 5 % (rule
        R4). By an id no link is taken as false; anonymous rounds have no links and no result about single persons.

    Raises
    ------
    ColumnError, DesignError
        The responses were not linked, or by several rules.
    InvalidValueError
        Rows or codes have changed since they were linked.

    Examples
    --------
    >>> from peereval.simulate.codes import CODE, simulate_codes
    >>> from peereval.surveys.linkage import link_rounds
    >>> found = linkage_summary(link_rounds(simulate_codes(200, seed=1), code=CODE))
    >>> shares = found.estimates.query("measure == 'linked_share'")
    >>> shares[["round", "term", "numerator", "denominator"]]
          round              term  numerator  denominator
    0     start  start + one-year       90.0          147
    1  one-year  start + one-year       90.0          128
    >>> found.settings["person_level"]
    True
    """
    rule, rounds = rule_of(linked), round_order(linked, "responses")
    links = _links(linked, rule)
    pairs = list(combinations(rounds, 2))
    false = _false_links(linked, links, rule["code"], pairs, seed) if "code" in rule else []
    rate = _overall(false, rule)
    return Result(
        kind="linkage",
        title="Answers of the same person across rounds",
        estimates=pd.DataFrame([*_shares(linked, links, pairs), *false, *_statuses(linked, rounds)], columns=_COLUMNS),
        method=_method(rule) if len(linked) else "There were no answers to link.",
        claim="description",
        estimand=_ESTIMAND,
        assumptions=_ASSUMPTIONS if "code" in rule else (),
        references=(*(_REFERENCES if "code" in rule else ()), _WILSON),
        settings={
            **rule,
            "seed": seed,
            "permutations": _PERMUTATIONS if "code" in rule else 0,
            "false_link_rate": None if np.isnan(rate) else round(rate, 3),
            "false_link_limit": FALSE_LINK_LIMIT,
            "person_level": rate <= FALSE_LINK_LIMIT,
            "versions": versions(),
            "data": data_facts(linked),
        },
        columns={"label": "how the rows were linked, or why not, in words"},
        exclusions={
            str(reason): int(n) for reason, n in linked.loc[~linked["linked"], "reason"].value_counts().items()
        },
        origin=origin_of(linked),
    )


_COLUMNS = ["measure", "term", "group", "round", "estimate", "conf_low", "conf_high", "conf_level"]
_COLUMNS += ["numerator", "denominator", "label"]
_ESTIMAND = "Share of the answers to one round that are linked with an answer to another, and share of these links that join two persons."
_ASSUMPTIONS = (
    "The parts of a code are independent of one another, and of how easily a person gives them differently.",
)
_REFERENCES = (
    "McGloin, Holcomb & Main 1996, Evaluation Review 20:724 (a self-made code checked against a second one: 2.7 % linked falsely)",
    "Pöge 2011, Methoden - Daten - Analysen 5:109 (linking self-made codes that tolerates slips)",
)
_WILSON = "Wilson 1927, Journal of the American Statistical Association 22:209"


def _method(rule: dict[str, Any]) -> str:
    if "person" in rule:
        return "Answers were linked across rounds by an id; shares have Wilson's 95 % interval (rule R12)."
    if "code" not in rule:
        return "The rounds are anonymous: no answer was linked with another."
    apart = (
        "; then, of the rest, those whose codes differ in exactly one part, if neither had another such candidate, a missing part being different from everything"
        if rule["max_distance"]
        else ""
    )
    return (
        f"Answers were linked across rounds by a code of {len(rule['code'])} parts that persons made up themselves, compared without case and outer "
        f"spaces: first equal codes that no two answers of one round share{apart}. Ties and chains were not linked. Shares have Wilson's 95 % interval "
        f"(rule R12). The share of false links was estimated from {_PERMUTATIONS} permutations of the parts between the answers of a round, among as many "
        f"answers as were not linked; above {FALSE_LINK_LIMIT:.0%} no result about single persons is given (rule R4)."
    )


def _links(linked: pd.DataFrame, rule: dict[str, Any]) -> pd.DataFrame:
    """One row a link: the two rounds and, by a code, whether the two are equal."""
    label = linked["round"].astype(str).to_numpy()
    if "code" in rule:
        found = matches(linked, rule["code"], rule["max_distance"])
        _check_unchanged(linked, found.reason)
        return pd.DataFrame({"first": label[found.first], "second": label[found.second], "exact": found.exact})
    there = linked.loc[linked["linked"].astype(bool), ["person", "round"]].reset_index(drop=True)
    both = there.merge(there, on="person", suffixes=("", "_other"))
    both = both[both["round"].cat.codes < both["round_other"].cat.codes]
    return pd.DataFrame({"first": both["round"].astype(str), "second": both["round_other"].astype(str)})


def _check_unchanged(linked: pd.DataFrame, reason: NDArray[np.object_]) -> None:
    changed = int((linked["reason"].to_numpy(object) != reason).sum())
    if changed:
        msg = f"Linking the rows again gives another answer for {changed} of them, so rows or codes have changed since."
        raise InvalidValueError(msg, hint="Summarise all rows of link_rounds, with the columns of the code.")


def _shares(linked: pd.DataFrame, links: pd.DataFrame, pairs: list[tuple[str, str]]) -> Iterator[dict[str, object]]:
    answers = linked["round"].astype(str).value_counts()
    for pair in pairs:
        mine = _between(links, pair)
        for label in pair:
            row = _share(len(mine), int(answers.get(label, 0)))
            yield {"measure": "linked_share", "term": _named(pair), "group": "all", "round": label, **row}
        if "exact" in mine:
            row = _share(int(mine["exact"].sum()), len(mine))
            yield {"measure": "exact_share", "term": _named(pair), "group": "all", **row}


def _statuses(linked: pd.DataFrame, rounds: list[str]) -> Iterator[dict[str, object]]:
    for label in rounds:
        reasons = linked.loc[linked["round"].astype(str) == label, "reason"].value_counts()
        for reason in (name for name in WORDS if name in reasons):
            count, total = int(reasons[reason]), int(reasons.sum())
            row = {"measure": "link_status", "term": reason, "group": "all", "round": label, "label": WORDS[reason]}
            yield {**row, "numerator": count, "denominator": total, "estimate": count / total}


def _false_links(
    linked: pd.DataFrame, links: pd.DataFrame, code: list[str], pairs: list[tuple[str, str]], seed: int
) -> list[dict[str, object]]:
    parts, rng = encoded(linked, code), np.random.default_rng(seed)
    label, usable = linked["round"].astype(str).to_numpy(), (linked["reason"] != "code_missing").to_numpy(bool)
    distance = int(rule_of(linked)["max_distance"])
    chance, rows, found = np.zeros(_PERMUTATIONS), [], 0
    for pair in pairs:
        n_links = len(_between(links, pair))
        sides = [parts[:, usable & (label == each)] for each in pair]
        made = np.array([_by_chance(sides, n_links, distance, rng) for _ in range(_PERMUTATIONS)], dtype=np.float64)
        rows.append(_rate(made, n_links, _named(pair)))
        chance, found = chance + made, found + n_links
    return [*rows, _rate(chance, found, "all")]


def _by_chance(sides: list[NDArray[np.int64]], n_links: int, distance: int, rng: np.random.Generator) -> int:
    """Links between permuted codes, of as many rows of each round as found no link."""
    codes = [
        np.array([rng.permutation(part)[: side.shape[1] - n_links] for part in side], dtype=np.int64) for side in sides
    ]
    rounds = np.repeat([0, 1], [each.shape[1] for each in codes])
    return len(match(np.hstack(codes), rounds, max_distance=distance).first)


def _rate(made: NDArray[np.float64], n_links: int, name: str) -> dict[str, object]:
    # more false links than links cannot be
    share = np.minimum(made / n_links, 1.0) if n_links else np.full(len(made), np.nan)
    low, high = np.quantile(share, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    estimate = min(float(made.mean()) / n_links, 1.0) if n_links else np.nan
    row = {"measure": "false_link_rate", "term": name, "group": "all", "estimate": estimate, "conf_low": float(low)}
    return {**row, "conf_high": float(high), "conf_level": LEVEL, "denominator": n_links}


def _overall(false: list[dict[str, object]], rule: dict[str, Any]) -> float:
    if "person" in rule:
        return 0.0
    return cast(float, false[-1]["estimate"]) if false else np.nan


def _share(numerator: int, denominator: int) -> dict[str, object]:
    low, high = wilson_interval(numerator, denominator, level=LEVEL)
    return {
        "numerator": numerator, "denominator": denominator,
        "estimate": numerator / denominator if denominator else np.nan,
        "conf_low": float(low), "conf_high": float(high), "conf_level": LEVEL,
    }  # fmt: skip


def _between(links: pd.DataFrame, pair: tuple[str, str]) -> pd.DataFrame:
    return links[(links["first"] == pair[0]) & (links["second"] == pair[1])]


def _named(pair: tuple[str, str]) -> str:
    return " + ".join(pair)
