"""Made-up studies: reproducible, marked, with the faults of real data and a truth that can be found again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.contracts import CODINGS, CONTACTS, INFORMANTS, INVITED, PERSONS, RESPONSES, check_frame
from peereval.errors import UnknownNameError

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")


def test_the_same_seed_gives_the_same_study():
    first, again, other = (pe.simulate_study("region", seed=seed) for seed in (7, 7, 8))
    pd.testing.assert_frame_equal(first.responses, again.responses)
    pd.testing.assert_frame_equal(first.contacts, again.contacts)
    assert not first.responses.equals(other.responses)


TABLES = {
    "responses": RESPONSES, "invited": INVITED, "contacts": CONTACTS, "persons": PERSONS, "informants": INFORMANTS,
    "codings": CODINGS,
}  # fmt: skip


@pytest.mark.parametrize(("preset", "without"), [("region", 3), ("mixed-methods", 0), ("ward", 5)])
def test_every_table_meets_its_contract_and_says_that_it_is_made_up(preset, without):
    study = pe.simulate_study(preset, seed=1)
    tables = {name: getattr(study, name) for name in (*TABLES, "costs")}
    given = {name: table for name, table in tables.items() if table is not None}
    assert len(tables) - len(given) == without
    for name, table in given.items():
        if name in TABLES:
            check_frame(table, TABLES[name])
        assert table["origin"].eq("synthetic").all()


def test_informants_are_those_of_the_design_and_their_themes_have_its_shares():
    asked = pe.informant_counts(pe.simulate_study("mixed-methods", seed=1).informants).estimates
    roles = asked[asked["outcome"] == "role"].set_index("term")["numerator"]
    assert roles.to_dict() == {"patient": 60, "peer": 16, "staff": 42}
    methods = asked[(asked["outcome"] == "method") & (asked["group"] == "staff")].set_index("term")["numerator"]
    assert methods.to_dict() == {"single interview": 18, "telephone": 0, "focus group": 24}
    spoken = [pe.simulate_study("mixed-methods", seed=seed).codings for seed in range(20)]
    hope = np.mean([((part["theme"] == "hope") & (part["role"] == "patient")).sum() for part in spoken])
    assert hope == pytest.approx(0.75 * 60, abs=3 * np.sqrt(60 * 0.75 * 0.25 / 20))
    assert not any(((part["theme"] == "supervision") & (part["role"] == "patient")).any() for part in spoken)


def test_costs_have_the_means_of_the_design():
    """Within 4 standard errors of log-normal means; days are rounded down, which takes half a day and its price."""
    costs = pe.simulate_study("mixed-methods", seed=1, persons=40_000).costs.groupby("arm")[["cost", "bed_days"]].mean()
    error = np.sqrt(np.exp(0.9**2) - 1) / np.sqrt(20_000)
    days, peers = {"peer support": 24.0, "usual care": 29.0}, {"peer support": 14_000, "usual care": 0}
    for arm, mean in days.items():
        assert costs.loc[arm, "bed_days"] == pytest.approx(mean - 0.5, abs=4 * mean * error)
        assert costs.loc[arm, "cost"] == pytest.approx((mean - 0.5) * 4_000 + 30_000 + peers[arm], rel=4 * error)


def test_answers_to_own_questions_follow_the_state_and_some_do_not_know():
    answers = pe.simulate_study("mixed-methods", seed=1, persons=4_000).responses
    for column, codes, unknown in (("Q1", 4, 0.05), ("Q2", 5, 0.1)):
        assert sorted(answers[column].unique()) == [*range(1, codes + 1), 9]
        assert (answers[column] == 9).mean() == pytest.approx(unknown, abs=0.015)
        known = answers[answers[column] != 9]
        assert known[column].astype(float).corr(known["who5_01"].astype(float)) > 0.25


def test_a_design_like_another_differs_in_what_it_says_itself():
    region, mixed = (pe.simulate_study(name, seed=1) for name in ("region", "mixed-methods"))
    assert [*mixed.responses.columns.drop(["Q1", "Q2"])] == [*region.responses.columns]
    assert mixed.truth == region.truth


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
