"""The same contacts on other engines: Spark and PostgreSQL give what DuckDB gives."""

from __future__ import annotations

import runpy
import tomllib
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.admissions.definition import DEFINITIONS, readmission_definition
from peereval.admissions.engine import to_pandas
from peereval.errors import ColumnError
from peereval.files import definitions

pytestmark = pytest.mark.filterwarnings("ignore::Warning")
ENGINES = runpy.run_path(str(Path(__file__).with_name("engines.py")))
END = datetime(2020, 12, 31, 12, 0)
CASES = tomllib.loads(Path(__file__).with_name("definition_cases.toml").read_text(encoding="utf-8"))
APPLY = [name for name in sorted(definitions(*DEFINITIONS)) if readmission_definition(name).applies_to_psychiatry]
JOININGS = [
    {"joining": 4},
    {"joining": "same-day"},
    {"joining": 0, "within": "hospital"},
    {"joining": 4, "transfer_gap_hours": 24},
    {"joining": 12, "choose": {"acute": "any", "unit": "longest"}},
]


@pytest.fixture(
    scope="module",
    params=[pytest.param("spark", marks=pytest.mark.spark), pytest.param("postgres", marks=pytest.mark.postgres)],
)
def put(request, tmp_path_factory):
    """Put a frame into an engine."""
    with ENGINES[request.param]() as engine:
        yield lambda frame: ENGINES["put"](engine, frame, tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def contacts(region):
    """The region's contacts with everything that a definition asks for."""
    rng = np.random.default_rng(1)
    codes = ["F20", "F31.1", "F32", "F33", "F41", "C50", None]
    n = len(region.contacts)
    return region.contacts.assign(
        diagnosis=pd.array(rng.choice(codes, n), dtype="string"),
        age=pd.array(rng.integers(15, 80, n), dtype="Float64"),
    )


@pytest.fixture(scope="module")
def there(put, contacts):
    """The same contacts in the engine."""
    return put(contacts)


def same(found, here):
    rows = to_pandas(found.order_by("person", "episode"))
    assert set(rows.columns) == set(here.columns)
    pd.testing.assert_frame_equal(rows[here.columns], here, check_dtype=False, check_exact=True)


@pytest.mark.parametrize("name", APPLY)
def test_worked_cases(put, table, as_text, name):
    for case in CASES[name]:
        wanted, contacts = table(case["expected"]), table(case["contacts"])
        for column in {"discharged_to", "diagnosis"} & set(contacts.columns):
            contacts[column] = contacts[column].astype("string")
        found = pe.readmissions(put(contacts), definition=name, followup_end=END)
        assert as_text(to_pandas(found.order_by("person", "episode"))[wanted.columns]) == as_text(wanted), case["rule"]


@pytest.mark.parametrize("how", JOININGS, ids=str)
def test_episodes(there, contacts, how):
    same(pe.episodes(there, **how), pe.episodes(contacts, **how))


@pytest.mark.parametrize("name", APPLY)
def test_index_stays(there, contacts, name):
    same(pe.readmissions(there, definition=name), pe.readmissions(contacts, definition=name))


@pytest.fixture(scope="module")
def with_left_out(put, contacts):
    """Index stays there and here, from contacts of which two end before they begin."""
    broken = contacts.copy()
    broken.loc[[3, 8], "discharged"] = broken.loc[[3, 8], "admitted"] - pd.Timedelta("1h")
    return tuple(pe.readmissions(pe.read_contacts(each, strict=False)) for each in (put(broken), broken))


def test_contacts_that_were_left_out_are_kept(with_left_out):
    same(*with_left_out)


@pytest.mark.parametrize("analysis", [pe.readmission_rate, pe.time_to_readmission])
def test_rate_and_curve(with_left_out, analysis):
    there, here = (analysis(stays, by="unit") for stays in with_left_out)
    assert there.exclusions == here.exclusions
    pd.testing.assert_frame_equal(there.estimates, here.estimates)


def test_ties_do_not_depend_on_the_language(put, table):
    """By bytes B comes before a, in Danish after it."""
    contacts = table("""
        person | admitted         | discharged       | acute | specialty   | unit | hospital
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric | a    | H 1
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric | B    | H 1
        b      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric | B    | h 1
        b      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric | B    | H 2
        """)
    for how in ({"joining": 0}, {"joining": 0, "within": "hospital"}):
        same(pe.episodes(put(contacts), **how), pe.episodes(contacts, **how))
    there, here = (pe.readmission_rate(pe.readmissions(each), by="unit") for each in (put(contacts), contacts))
    pd.testing.assert_frame_equal(there.estimates, here.estimates)


def test_comparison_of_definitions(there, contacts):
    names = ["dk-30", "cms-ipf-30", "nhs-28", "se-14", "no-30"]
    found, here = (pe.compare_definitions(each, names) for each in (there, contacts))
    assert found.exclusions == here.exclusions
    pd.testing.assert_frame_equal(found.estimates, here.estimates)


def test_instants_are_refused(put, contacts):
    """A time with a zone, or Spark's TIMESTAMP: each session would show another hour of the clock."""
    zoned = contacts.assign(admitted=contacts["admitted"].dt.tz_localize("UTC"))
    with pytest.raises(ColumnError, match="admitted"):
        pe.readmissions(put(zoned))


def test_dates_are_counted_in_days(put, contacts):
    days = contacts.assign(**{name: contacts[name].dt.date for name in ("admitted", "discharged")})
    same(pe.readmissions(put(days)), pe.readmissions(days))


def million_contacts():
    """A quarter of a million made-up persons with four contacts each over ten years, to the minute."""
    rng, n = np.random.default_rng(20261122), 1_000_000
    person = pd.Series(np.repeat(np.arange(n // 4), 4)).astype("string").str.zfill(6)
    minutes = rng.integers(0, 10 * 365 * 24 * 60, n)
    # a third comes back within days, so that stays touch, overlap and are joined
    soon = rng.random(n) < 1 / 3
    minutes[1:][soon[1:]] = minutes[:-1][soon[1:]] + rng.integers(0, 20 * 24 * 60, int(soon[1:].sum()))
    length = rng.lognormal(8.5, 1.2, n).astype("int64")
    admitted = pd.Timestamp("2010-01-01") + pd.to_timedelta(minutes, unit="min")
    frame = pd.DataFrame({"person": "P" + person, "admitted": admitted})
    frame["discharged"] = (admitted + pd.to_timedelta(length, unit="min")).where(rng.random(n) > 0.002)
    times = frame[["admitted", "discharged"]].astype("datetime64[us]")
    frame = frame.assign(
        **times,
        acute=rng.random(n) < 0.8,
        specialty=pd.array(np.where(rng.random(n) < 0.05, "somatic", "psychiatric"), dtype="string"),
        unit=pd.array(rng.choice([f"Ward {k}" for k in range(40)], n), dtype="string"),
    )
    return frame.iloc[rng.permutation(n)].reset_index(drop=True)


def test_stays_bed_days_reach_and_events(put, region):
    days, year = {"start": date(2019, 1, 1), "end": date(2019, 12, 31)}, {"data_start": date(2018, 1, 1)}
    stays = pe.episodes(region.contacts, joining=4)
    met = stays.iloc[::3].assign(date=stays["admitted"], minutes=30.0, kind="conversation").reset_index(drop=True)
    met = met[["person", "date", "minutes", "kind", "unit"]]
    peers = pd.DataFrame({"unit": ["Ward A"], "peer_from": pd.to_datetime(["2019-03-01"]).astype("datetime64[us]")})

    def results(put):
        given, said, persons = put(stays), put(met), put(region.persons)
        yield pe.length_of_stay(given, by="unit", data_start=days["start"])
        exposed = pe.with_exposure(given, rollout=put(peers), activities=said, landmark_days=5)
        yield pe.length_of_stay(exposed, by="met_peer")
        yield pe.bed_days(given, persons=persons, by="sex", **days)
        yield pe.event_rate(said, given, by="unit", period="quarter", **days)
        yield pe.peer_reach(given, said, period="year")
        yield pe.mirror_image(given, said, persons=persons, **year)

    for found, here in zip(results(put), results(lambda frame: frame), strict=True):
        pd.testing.assert_frame_equal(found.estimates, here.estimates, check_dtype=False, rtol=1e-9)
        assert found.exclusions == here.exclusions


@pytest.mark.million
def test_a_million_contacts_give_identical_index_stays(put):
    contacts = million_contacts()
    end = datetime(2021, 12, 31)
    here = pe.readmissions(contacts, followup_end=end)
    same(pe.readmissions(put(contacts), followup_end=end), here)
    assert len(here) > 500_000
    assert here["readmitted"].sum() > 10_000
