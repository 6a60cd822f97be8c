"""Policies as data, published figures, peers and staff as data subjects."""

from __future__ import annotations

import dataclasses
import warnings
from datetime import date

import pandas as pd
import pytest

import peereval as pe
from peereval.disclosure.policy import POLICIES, disclosure_policy
from peereval.errors import NotReleasedError, UnverifiedWarning
from peereval.files import dataset_names, definitions

NAMES = sorted(definitions(*POLICIES))


@pytest.mark.parametrize("name", NAMES)
def test_every_policy_has_a_date_a_source_and_words(name):
    rule = disclosure_policy(name)
    assert rule.id == name
    assert date.fromisoformat(rule.date)
    assert rule.source
    assert not {"{", "}"} & set(rule.sentence)
    if not rule.published_kinds:
        assert f"Counts of 1 to {rule.threshold - 1} are withheld" in rule.sentence
        assert rule.fewest_hidden >= 2 * rule.threshold
        assert rule.fewest_for_mean >= rule.threshold


def test_danish_and_swedish_policies_are_confirmed_by_the_units_own_officer():
    for name in ("dk", "se"):
        assert "The unit's own data protection officer confirms" in disclosure_policy(name).source


@pytest.mark.parametrize("name", NAMES)
def test_what_nobody_has_read_at_its_source_is_said_on_use(name):
    plan = pe.precision_of_change(sd=20.0, correlation=0.5, n=100)
    found = plan if name != "already-published" else published()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pe.release(found, policy=name)
    told = [str(each.message) for each in caught if each.category is UnverifiedWarning]
    assert len(told) == (name in ("nhs", "dk", "se"))
    assert all(name in text for text in told)


def published(study="core-2018"):
    arms = pd.DataFrame({"arm": ["peer", "post"], "events": [64, 83], "n": [218, 216]})
    found = pe.effect_size(arms, formula="odds-ratio", treatment="peer", control="post")
    return dataclasses.replace(found, settings={**found.settings, "study": study})


def test_published_figures_of_a_data_set_pass_as_they_are():
    assert "core-2018" in dataset_names()
    exact = published()
    [safe] = pe.release(exact, policy="already-published")
    shared = [name for name in safe.estimates if name != "withheld"]
    pd.testing.assert_frame_equal(safe.estimates[shared], exact.estimates[shared], check_dtype=False)
    assert not safe.estimates["withheld"].any()
    assert "data" not in safe.settings
    assert "core-2018" in safe.changes[0]


@pytest.mark.parametrize("study", [None, "our-own-region"])
def test_nothing_else_passes_as_published(study):
    with pytest.raises(NotReleasedError, match=f"its study is {study!r}"):
        pe.release(published(study), policy="already-published")


def test_results_of_persons_do_not_pass_as_published(ward):
    found = pe.attrition(ward.responses)
    claimed = dataclasses.replace(found, settings={**found.settings, "study": "core-2018"})
    with pytest.raises(NotReleasedError, match="it is of the kind 'attrition'"):
        pe.release(claimed, policy="already-published")


@pytest.fixture
def interviews():
    rows = [
        {"informant": f"{role}{place}", "role": role, "unit": f"ward {place % 2}", "theme": "hope"}
        for role in ("patient", "peer")
        for place in range(24)
    ]
    codings = pd.DataFrame(rows).astype("string")
    everybody = [{**row, "informant": f"{row['informant']}-silent"} for row in rows]
    return codings, pd.concat([codings, pd.DataFrame(everybody)])[["informant", "role", "unit"]].astype("string")


def test_themes_of_peers_and_staff_are_given_for_the_region_only(interviews):
    codings, informants = interviews
    [by_role] = pe.release(pe.theme_matrix(codings, by="role", informants=informants))
    assert not by_role.estimates["withheld"].any()
    [by_ward] = pe.release(pe.theme_matrix(codings, by="unit", informants=informants))
    frame = by_ward.estimates.set_index("group")
    assert frame["withheld"].to_dict() == {"ward 0": True, "ward 1": True, "all": False}
    assert frame.loc[["ward 0", "ward 1"], ["numerator", "denominator", "estimate"]].isna().all(axis=None)
    assert any("for the region only" in change for change in by_ward.changes)


def test_informants_are_not_counted_by_ward(interviews):
    _, informants = interviews
    [safe] = pe.release(pe.informant_counts(informants, by="role"))
    frame = safe.estimates
    assert frame.loc[frame["outcome"] == "unit", "withheld"].all()
    assert not frame.loc[frame["outcome"] == "role", "withheld"].any()


def test_a_result_says_that_it_is_of_staff():
    rows = pd.DataFrame({"group": ["Ward A", "Ward B", "all"], "measure": "share_yes", "numerator": [20, 30, 50],
                         "denominator": [60, 60, 120], "estimate": [1 / 3, 1 / 2, 5 / 12]})  # fmt: skip
    found = pe.Result(kind="rates", title="Would recommend it", claim="description", method="A share.", estimates=rows,
                      settings={"by": "unit", "role": "staff"})  # fmt: skip
    assert pe.release(found)[0].estimates["withheld"].tolist() == [True, True, False]
    patients = dataclasses.replace(found, settings={"by": "unit", "role": "patient"})
    assert not pe.release(patients)[0].estimates["withheld"].any()


def test_rows_that_say_no_measure_are_refused():
    rows = pd.DataFrame({"estimate": [1.0], "n": [3]})
    result = pe.Result(kind="ledger", title="A table", estimates=rows, method="Counted.", claim="description")
    with pytest.raises(NotReleasedError, match="says of no row what it measures"):
        pe.release(result)
