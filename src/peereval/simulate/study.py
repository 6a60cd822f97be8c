"""Made-up studies with known truth, marked as synthetic wherever they go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from peereval.files import definition, definitions
from peereval.instruments.lookup import instrument
from peereval.simulate.contacts import contacts_of, persons_of
from peereval.simulate.costs import costs_of
from peereval.simulate.interviews import codings_of, informants_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from peereval.instruments.model import Instrument


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedStudy:
    """A made-up study.

    Parameters
    ----------
    preset : str
        The design that was simulated.
    seed : int
        The seed it came from; the same seed gives the same study.
    responses : DataFrame
        The *responses* contract.
    invited : DataFrame
        The *invited* contract.
    contacts : DataFrame or None
        The *contacts* contract, where the design has hospital contacts.
    persons : DataFrame or None
        The *persons* contract of everybody with a contact.
    informants, codings : DataFrame or None
        The *informants* and *codings* contracts, where the design has interviews.
    costs : DataFrame or None
        What a year of care cost each person, with ``bed_days``, where the design has costs.
    truth : dict
        What is true in the made-up world: mean change of the latent well-being per arm and round, in standard
        deviations, and the scale in days of the time to readmission.
    """

    preset: str
    seed: int
    responses: pd.DataFrame
    invited: pd.DataFrame
    contacts: pd.DataFrame | None
    persons: pd.DataFrame | None
    informants: pd.DataFrame | None
    codings: pd.DataFrame | None
    costs: pd.DataFrame | None
    truth: dict[str, Any]


def simulate_study(preset: str = "region", *, seed: int, persons: int | None = None) -> SimulatedStudy:
    """Make up a study of a known design.

    Parameters
    ----------
    preset : {"region", "mixed-methods", "ward"}
        ``"region"``: four wards in two observed arms, three linked rounds, dropout that depends on the score
        before, and hospital contacts with transfers, overlaps and duplicates. ``"mixed-methods"``: such a region, with
        questions of its own, coded interviews and costs as well. ``"ward"``: one ward, anonymous rounds, turnover of
        patients, 15 to 40 answers.
    seed : int
        Seed of the random numbers.
    persons : int, optional
        How many persons, instead of the preset's number.

    Returns
    -------
    SimulatedStudy
        Its tables, each with a column ``origin`` that says *synthetic*.

    Raises
    ------
    UnknownNameError
        There is no such preset.

    Examples
    --------
    >>> study = simulate_study("ward", seed=1)
    >>> study.responses["round"].value_counts(sort=False)
    round
    start        26
    half-year    32
    one-year     29
    Name: count, dtype: int64
    >>> study.responses["origin"].unique().tolist()
    ['synthetic']
    """
    plan = _preset(preset)
    rng = np.random.default_rng([seed, *preset.encode()])
    people = _people(plan, persons or plan["persons"], rng)
    latent = _latent(plan, people, rng)
    responses = _responses(plan, people, latent, rng)
    contacts = contacts_of(plan, people, rng) if "contacts" in plan else None
    register = None if contacts is None else persons_of(plan, contacts, rng)
    informants = informants_of(plan, rng) if "interviews" in plan else None
    return SimulatedStudy(
        preset=preset,
        seed=seed,
        responses=responses,
        invited=_invited(plan, responses),
        contacts=contacts,
        persons=register,
        informants=informants,
        codings=None if informants is None else codings_of(plan, informants, rng),
        costs=costs_of(plan, people, rng) if "costs" in plan else None,
        truth={arm["name"]: {key: arm[key] for key in ("change", "days_scale") if key in arm} for arm in plan["arms"]},
    )


def study_file(preset: str, language: str = "en") -> str:
    """Give the study.toml that goes with a preset, with comments in a language.

    Parameters
    ----------
    preset : str
        The preset.
    language : {"en", "da", "sv"}
        The language.

    Returns
    -------
    str
        The text of the file.

    Raises
    ------
    UnknownNameError
        There is no such preset or language.

    Examples
    --------
    >>> study_file("ward", "da").splitlines()[4]
    'title = "Recovery-mentorer på et opdigtet afsnit"'
    """
    _preset(preset)
    _words(language)
    return definitions("peereval.simulate", f"studies/{language}")[preset].read_text(encoding="utf-8")


def programme_file(language: str = "en") -> str:
    """Give a made-up programme file in a language, for studies with costs.

    Parameters
    ----------
    language : {"en", "da", "sv"}
        The language.

    Returns
    -------
    str
        The text of the file.

    Raises
    ------
    UnknownNameError
        There is no such language.

    Examples
    --------
    >>> programme_file("sv").splitlines()[1]
    'name = "Peer support på avdelningar och i team"'
    """
    _words(language)
    return definitions("peereval.simulate", f"studies/{language}")["programme"].read_text(encoding="utf-8")


def in_language(study: SimulatedStudy, language: str) -> SimulatedStudy:
    """Call the rounds, arms and units of a made-up study by their names in a language, as its study.toml does.

    Parameters
    ----------
    study : SimulatedStudy
        The study.
    language : {"en", "da", "sv"}
        The language.

    Returns
    -------
    SimulatedStudy
        The same study, with other words.

    Raises
    ------
    UnknownNameError
        There is no such language.

    Examples
    --------
    >>> danish = in_language(simulate_study("ward", seed=1), "da")
    >>> danish.responses["round"].cat.categories.tolist()
    ['start', 'halvt år', 'et år']
    """
    words = _words(language)
    return replace(
        study,
        responses=_renamed(study.responses, words),
        invited=_renamed(study.invited, words),
        contacts=None if study.contacts is None else _renamed(study.contacts, words),
        informants=None if study.informants is None else _renamed(study.informants, words),
        codings=None if study.codings is None else _renamed(study.codings, words),
        costs=None if study.costs is None else _renamed(study.costs, words),
        truth={words.get(arm, arm): each for arm, each in study.truth.items()},
    )


def _words(language: str) -> dict[str, Any]:
    return definition("peereval.simulate", "words", language, "language of made-up studies")


def _renamed(table: pd.DataFrame, words: dict[str, str]) -> pd.DataFrame:
    texts = [name for name in _IN_WORDS if name in table]
    frame = table.assign(**{name: table[name].replace(words) for name in texts})
    return frame.assign(round=frame["round"].cat.rename_categories(words)) if "round" in frame and words else frame


_IN_WORDS = ("arm", "unit", "role", "method", "recruited_by", "theme")
"""Columns whose texts are given in the language of the study."""


def _preset(name: str) -> dict[str, Any]:
    """The design of this name; it may say that it is like another, with more or with something else."""
    own = definition("peereval.simulate", "presets", name, "simulation preset")
    return {**_preset(own["like"]), **own} if "like" in own else own


def _people(plan: dict[str, Any], persons: int, rng: np.random.Generator) -> pd.DataFrame:
    wards = [(arm["name"], ward) for arm in plan["arms"] for ward in arm["wards"]]
    placed = rng.permutation(np.arange(persons) % len(wards))
    return pd.DataFrame(
        {
            "person": [f"S{number:05d}" for number in range(1, persons + 1)],
            "arm": [wards[place][0] for place in placed],
            "unit": [wards[place][1] for place in placed],
        }
    ).astype("string")


def _latent(plan: dict[str, Any], people: pd.DataFrame, rng: np.random.Generator) -> NDArray[np.float64]:
    """Latent well-being, one row a person and one column a round, with variance 1 in each round."""
    change = {arm["name"]: arm["change"] for arm in plan["arms"]}
    mean = np.array([change[arm] for arm in people["arm"]])
    shared = _lasting(rng.normal(size=len(people)), mean.shape[1], plan.get("turnover", 0.0), rng)
    stable = np.sqrt(plan["answers"]["stability"])
    latent: NDArray[np.float64] = mean + stable * shared + np.sqrt(1 - stable**2) * rng.normal(size=mean.shape)
    return latent


def _lasting(first: NDArray[np.float64], rounds: int, turnover: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """The lasting part of each bed's patient; with turnover, some beds hold another patient in the next round."""
    columns = [first]
    for _ in range(rounds - 1):
        other = rng.random(len(first)) < turnover
        columns.append(np.where(other, rng.normal(size=len(first)), columns[-1]))
    return np.column_stack(columns)


def _responses(
    plan: dict[str, Any], people: pd.DataFrame, latent: NDArray[np.float64], rng: np.random.Generator
) -> pd.DataFrame:
    names = [each["id"] for each in plan["rounds"]]
    kind = pd.CategoricalDtype(names, ordered=True)
    answered = _answered(plan, latent, rng)
    rounds = []
    for place, planned in enumerate(plan["rounds"]):
        there = people[answered[:, place]].reset_index(drop=True)
        day = pd.Timestamp(plan["first_day"]) + pd.to_timedelta(
            planned["month"] * 30.4 + rng.integers(0, 30, len(there)), unit="D"
        )
        base = there.assign(round=pd.Categorical([planned["id"]] * len(there), dtype=kind), date=day.floor("D"))
        items = [
            _items(instrument(name), latent[answered[:, place], place], plan["answers"], rng)
            for name in plan["instruments"]
        ]
        own = [_own(question, latent[answered[:, place], place], rng) for question in plan.get("questions", ())]
        rounds.append(pd.concat([base, *items, *own], axis=1))
    frame = pd.concat(rounds, ignore_index=True)
    if not plan["linked"]:
        frame = frame.drop(columns=["person", "arm"])
    leading = [name for name in ("person", "round", "arm", "unit", "date") if name in frame.columns]
    frame["date"] = frame["date"].astype("datetime64[us]")
    frame["origin"] = pd.array(["synthetic"] * len(frame), dtype="string")
    return frame[[*leading, *(name for name in frame.columns if name not in leading)]]


def _answered(plan: dict[str, Any], latent: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Who answers which round: leaving depends on the state in the round before, for good; a few miss one round."""
    leaving, persons = plan["leaving"], len(latent)
    stays = rng.random(persons) < (1.0 if plan["linked"] else plan["invited_share"])
    columns = [stays]
    for place in range(1, latent.shape[1]):
        chance = 1 / (1 + np.exp(-(leaving["intercept"] - leaving["slope"] * latent[:, place - 1])))
        # in an anonymous ward every round asks whoever is there
        stays = (stays if plan["linked"] else np.ones(persons, dtype=bool)) & (rng.random(persons) >= chance)
        columns.append(stays & (rng.random(persons) >= leaving["gap"]))
    return np.column_stack(columns)


def _items(
    one: Instrument, latent: NDArray[np.float64], answers: dict[str, float], rng: np.random.Generator
) -> pd.DataFrame:
    """Answers to an instrument: each item is the latent state plus noise, cut into the item's codes."""
    from scipy.stats import norm

    coding = next(iter(one.codings.values()))
    headline = next(scale for scale in one.scales.values() if scale.headline)
    sign = 1.0 if headline.direction == "higher is better" else -1.0
    loading, codes = answers["loading"], coding.max - coding.min + 1
    noise = rng.normal(size=(len(latent), one.n_items)) * np.sqrt(1 - loading**2)
    # a person's own level is shifted, so that the middle answer is a little above most people's state
    state = (sign * (loading * latent + answers["level"]))[:, None] + noise
    code = coding.min + np.searchsorted(norm.ppf(np.arange(1, codes) / codes), state)
    turned = np.isin(np.arange(1, one.n_items + 1), coding.reversed)
    code = np.where(turned, coding.min + coding.max - code, code)
    missing = rng.random(code.shape) < answers["item_missing"]
    frame = pd.DataFrame(code, columns=list(one.item_columns)).astype("Int16")
    return frame.mask(missing)


def _own(question: dict[str, Any], latent: NDArray[np.float64], rng: np.random.Generator) -> pd.Series:
    """Answers to a question of the unit's own, the codes equally likely for somebody in the middle."""
    from scipy.stats import norm

    codes = np.array(question["codes"])
    state = (latent + rng.normal(size=len(latent))) / np.sqrt(2)
    code = codes[np.searchsorted(norm.ppf(np.arange(1, len(codes)) / len(codes)), state)]
    unknown = rng.random(len(latent)) < question["dont_know_share"]
    return pd.Series(np.where(unknown, question["dont_know"], code), name=question["column"], dtype="Int16")


def _invited(plan: dict[str, Any], responses: pd.DataFrame) -> pd.DataFrame:
    """Everybody whom the design asks: at first more than answer, later those who answered the first round."""
    by = [name for name in ("round", "arm", "unit") if name in responses.columns]
    counts = responses.groupby(by, observed=True).size().rename("answered").reset_index()
    first = counts[counts["round"] == plan["rounds"][0]["id"]].drop(columns="round")
    asked = counts[by].merge(first, how="left", on=by[1:]) if plan["linked"] else counts
    more = (asked["round"] == plan["rounds"][0]["id"]) | (not plan["linked"])
    invited = np.where(more, np.ceil(asked["answered"] / plan["invited_share"]), asked["answered"]).astype("int64")
    return asked[by].assign(invited=invited, origin=pd.array(["synthetic"] * len(asked), dtype="string"))
