"""Made-up studies: reproducible, marked, with the faults of real data and a truth that can be found again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.contracts import CONTACTS, INVITED, RESPONSES, check_frame
from peereval.errors import UnknownNameError

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")


def test_the_same_seed_gives_the_same_study():
    first, again, other = (pe.simulate_study("region", seed=seed) for seed in (7, 7, 8))
    pd.testing.assert_frame_equal(first.responses, again.responses)
    pd.testing.assert_frame_equal(first.contacts, again.contacts)
    assert not first.responses.equals(other.responses)


@pytest.mark.parametrize("preset", ["region", "ward"])
def test_every_table_meets_its_contract_and_says_that_it_is_made_up(preset):
    study = pe.simulate_study(preset, seed=1)
    for table, contract in ((study.responses, RESPONSES), (study.invited, INVITED), (study.contacts, CONTACTS)):
        if table is not None:
            check_frame(table, contract)
            assert table["origin"].eq("synthetic").all()


def test_the_ward_is_what_units_have():
    for seed in range(10):
        ward = pe.simulate_study("ward", seed=seed)
        assert "person" not in ward.responses
        assert ward.contacts is None
        assert ward.responses["round"].value_counts().between(15, 40).all()
        assert ward.responses["unit"].nunique() == 1


def test_leaving_depends_on_the_score_before():
    study = pe.simulate_study("region", seed=1, persons=4_000)
    scores = pe.score(study.responses, "who-5").query("scale == 'score_0_100'")
    start = scores[scores["round"] == "start"].set_index("person")["score"]
    stayed = scores[scores["round"] == "half-year"]["person"]
    assert start[start.index.isin(stayed)].mean() > start[~start.index.isin(stayed)].mean() + 3


def test_the_true_change_is_found_without_dropout(monkeypatch):
    """4,000 persons who all stay: the change in the mean answers has the sign and order of the truth."""
    from peereval.simulate import study as module

    real = module._preset
    monkeypatch.setattr(
        module, "_preset", lambda name: {**real(name), "leaving": {"intercept": -99.0, "slope": 0.0, "gap": 0.0}}
    )
    study = pe.simulate_study("region", seed=2, persons=4_000)
    scores = pe.score(study.responses, "qpr-15", coding="0-4")
    found = pe.compare_rounds(
        scores, design="panel", method="paired-t", arm="arm", reference_arm="usual care", allocation="observed"
    ).estimates.set_index(["measure", "group", "round"])["estimate"]
    for arm, truth in study.truth.items():
        for label, change in zip(["half-year", "one-year"], truth["change"][1:], strict=True):
            assert found["change_over_baseline_sd", arm, label] == pytest.approx(change, abs=0.08)


def test_contacts_have_the_faults_of_registers(region):
    contacts = region.contacts
    plain = contacts.drop(columns="origin")
    assert plain.duplicated().any()
    assert contacts["discharged"].isna().any()
    assert (contacts["discharged_to"] == "transfer").any()
    assert (contacts["discharged"] >= contacts["admitted"]).where(contacts["discharged"].notna(), other=True).all()
    ordered = contacts.sort_values(["person", "admitted"])
    overlap = ordered["admitted"] < ordered.groupby("person")["discharged"].shift()
    assert overlap.any()
    stays = pe.episodes(contacts, joining="dk-30")
    assert len(stays) < len(contacts)


def test_the_arm_with_longer_days_out_comes_back_later():
    study = pe.simulate_study("region", seed=3, persons=4_000)
    stays = pe.readmissions(study.contacts, definition="dk-30")
    arms = stays["unit"].replace({"Ward A": "peer", "Ward B": "peer", "Ward C": "usual", "Ward D": "usual"})
    rates = pe.readmission_rate(stays.assign(arm=arms), by="arm").estimates.set_index("group")["estimate"]
    assert rates["peer"] < rates["usual"] - 0.03


def test_items_hang_together_and_reversed_ones_run_the_other_way(region):
    answers = region.responses[[name for name in region.responses if name.startswith("ismi_")]].astype(float)
    rest = answers.corrwith(answers["ismi_01"]).drop("ismi_01")
    turned = [f"ismi_{item:02d}" for item in (7, 14, 24, 26, 27)]
    assert (rest[turned] < -0.2).all()
    assert (rest.drop(turned) > 0.2).all()


def test_another_number_of_persons():
    assert pe.simulate_study("region", seed=1, persons=40).responses["person"].nunique() == 40
    assert pe.simulate_study("region", seed=1, persons=1).responses["person"].nunique() == 1


def test_an_unknown_preset():
    with pytest.raises(UnknownNameError, match=r"Did you mean 'region'\?"):
        pe.simulate_study("regions", seed=1)


def test_invited_are_at_least_those_who_answered(region, ward):
    for study in (region, ward):
        by = [name for name in ("round", "arm", "unit") if name in study.invited]
        answered = study.responses.groupby(by, observed=True).size()
        invited = study.invited.set_index(by)["invited"]
        assert (invited.reindex(answered.index) >= answered).all()
        assert np.issubdtype(study.invited["invited"].dtype, np.integer)
