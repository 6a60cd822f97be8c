"""Made-up hospital contacts as registers hold them: transferred, overlapping, duplicated, still open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray


def contacts_of(plan: dict[str, Any], people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Make up the hospital contacts of some persons.

    Parameters
    ----------
    plan : dict
        A simulation preset with a table ``contacts``.
    people : DataFrame
        ``person``, ``arm`` and ``unit``.
    rng : numpy Generator
        Source of random numbers.

    Returns
    -------
    DataFrame
        The *contacts* contract, in no order, with ``origin`` *synthetic*.
    """
    stays = _stays(plan, people, rng)
    split = _transferred(stays, plan["contacts"], rng)
    nested = _overlapping(split, plan["contacts"], rng)
    together = pd.concat([split, nested], ignore_index=True)
    again = together[rng.random(len(together)) < plan["contacts"]["duplicated"]]
    contacts = pd.concat([together, again], ignore_index=True)
    shuffled = contacts.iloc[rng.permutation(len(contacts))].reset_index(drop=True)
    return _as_register(shuffled)


def persons_of(plan: dict[str, Any], contacts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Make up who the persons of some contacts are; some die after their last discharge.

    Parameters
    ----------
    plan : dict
        A simulation preset with a table ``contacts``.
    contacts : DataFrame
        As `contacts_of` gives them.
    rng : numpy Generator
        Source of random numbers.

    Returns
    -------
    DataFrame
        The *persons* contract, with ``origin`` *synthetic*.
    """
    how = plan["contacts"]
    of_person = contacts.assign(still_in=contacts["discharged"].isna()).groupby("person")
    last = of_person.agg(left=("discharged", "max"), still_in=("still_in", "any"))
    born = pd.Timestamp(plan["first_day"]) - pd.to_timedelta(rng.integers(18 * 366, 75 * 365, len(last)), unit="D")
    died = last["left"].dt.floor("D") + pd.to_timedelta(
        np.ceil(rng.exponential(how["days_to_death"], len(last))), unit="D"
    )
    alive = last["still_in"] | (died > pd.Timestamp(how["last_day"]))
    return pd.DataFrame(
        {
            "person": last.index.astype("string"),
            "born": born.astype("datetime64[us]"),
            "sex": pd.array(np.where(rng.random(len(last)) < how["female"], "female", "male"), dtype="string"),
            "died": died.mask(alive).astype("datetime64[us]").to_numpy(),
            "origin": pd.array(["synthetic"] * len(last), dtype="string"),
        }
    )


def _stays(plan: dict[str, Any], people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The true stays: from the first admission on, days in hospital and days out take turns."""
    how, shape = plan["contacts"], (len(people), plan["contacts"]["most_stays"])
    scale = people["arm"].map({arm["name"]: arm["days_scale"] for arm in plan["arms"]}).to_numpy(float)[:, None]
    days_in = rng.lognormal(how["log_days_mean"], how["log_days_sd"], shape)
    days_in = np.where(rng.random(shape) < how["short_visit"], rng.uniform(0.1, 0.45, shape), days_in)
    days_out = scale * rng.weibull(how["days_shape"], shape) + 0.25
    start = rng.uniform(0, 120, (len(people), 1)) + np.cumsum(days_in + days_out, axis=1) - days_in - days_out
    rows = np.repeat(np.arange(len(people)), shape[1])
    frame = people.iloc[rows].reset_index(drop=True).assign(start=start.ravel(), stop=(start + days_in).ravel())
    frame["acute"] = (rng.random(shape) < how["acute"]).ravel()
    frame["specialty"] = np.where((rng.random(shape) < how["somatic"]).ravel(), "somatic", "psychiatric")
    frame["first_day"] = pd.Timestamp(plan["first_day"])
    last = (pd.Timestamp(how["last_day"]) - pd.Timestamp(plan["first_day"])).days + 1
    return frame[frame["start"] < last].assign(last=last)


def _transferred(stays: pd.DataFrame, how: dict[str, Any], rng: np.random.Generator) -> pd.DataFrame:
    """Some stays become two contacts, the second up to three hours after the first."""
    cut = pd.Series(rng.random(len(stays)) < how["transferred"], index=stays.index)
    middle = stays["start"] + (stays["stop"] - stays["start"]) * rng.uniform(0.2, 0.8, len(stays))
    later = np.minimum(middle + rng.uniform(0, 0.125, len(stays)), stays["stop"])
    first = stays.assign(stop=np.where(cut, middle, stays["stop"]), discharged_to=np.where(cut, "transfer", "home"))
    second = stays.assign(start=later, acute=False, discharged_to="home")[cut]
    return pd.concat([first, second], ignore_index=True)


def _overlapping(contacts: pd.DataFrame, how: dict[str, Any], rng: np.random.Generator) -> pd.DataFrame:
    """Some contacts have a second one, of another department, within them."""
    nested = contacts[pd.Series(rng.random(len(contacts)) < how["overlapping"], index=contacts.index)]
    length = nested["stop"] - nested["start"]
    start = nested["start"] + length * rng.uniform(0.1, 0.5, len(nested))
    return nested.assign(start=start, stop=start + length * 0.3, acute=False, discharged_to="home")


def _as_register(contacts: pd.DataFrame) -> pd.DataFrame:
    """Days to times, to the minute; what has not ended when the data end is still open."""
    opened = contacts["stop"] >= contacts["last"]
    known = contacts[contacts["start"] < contacts["last"]]
    return pd.DataFrame(
        {
            "person": known["person"],
            "admitted": _time(known["first_day"], known["start"].to_numpy()),
            "discharged": _time(known["first_day"], known["stop"].to_numpy()).mask(opened),
            "acute": known["acute"].astype("boolean"),
            "specialty": known["specialty"].astype("string"),
            "unit": known["unit"],
            "hospital": "Hospital of " + known["unit"],
            "discharged_to": known["discharged_to"].astype("string").mask(opened),
            "origin": pd.array(["synthetic"] * len(known), dtype="string"),
        }
    ).reset_index(drop=True)


def _time(first_day: pd.Series, days: NDArray[np.float64]) -> pd.Series:
    minutes = pd.to_timedelta(np.floor(days * 24 * 60), unit="min")
    return (first_day + minutes).astype("datetime64[us]")
