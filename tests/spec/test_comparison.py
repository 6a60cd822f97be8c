"""The same contacts under several definitions: every difference is counted with its reason."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

import peereval as pe
from peereval.errors import DesignError

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")

CONTACTS = """
    person | admitted         | discharged       | acute | specialty
    a      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
    a      | 2020-03-08 10:00 | 2020-03-12 10:00 | no    | psychiatric
    b      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
    b      | 2020-03-05 20:00 | 2020-03-12 10:00 | yes   | psychiatric
    c      | 2020-03-01 10:00 | 2020-03-01 18:00 | yes   | psychiatric
    d      | 2020-03-01 10:00 | 2020-03-05 10:00 | yes   | psychiatric
    d      | 2020-04-04 22:00 | 2020-04-08 10:00 | yes   | psychiatric
    e      | 2020-12-20 10:00 | 2020-12-30 10:00 | yes   | psychiatric
    e      | 2020-12-31 10:00 |                  | yes   | psychiatric
    """


def test_every_difference_has_its_reason(table):
    found = pe.compare_definitions(table(CONTACTS), ["dk-30", "cihi-30", "nhs-28", "no-365"])
    rows = found.estimates
    rates = rows[rows["measure"] == "rate_under_definition"].set_index("term")
    assert rates["status"].to_dict() == {
        "dk-30": "rate",
        "cihi-30": "rate",
        "nhs-28": "not applicable",
        "no-365": "columns missing",
    }
    assert rates.loc["no-365", "note"] == "needs diagnosis, age"
    assert rates.loc["dk-30", ["numerator", "denominator"]].tolist() == [1, 6]
    assert rates.loc["cihi-30", ["numerator", "denominator"]].tolist() == [2, 6]
    differences = rows[rows["contrast"].notna()]
    told = {(row.measure, row.outcome): row.n for row in differences.itertuples()}
    assert told == {
        ("index_only_in_reference", "joined_otherwise"): 1,
        ("index_only_in_definition", "stay_too_short"): 1,
        ("readmitted_only_in_definition", "return_not_counted"): 1,
        ("readmitted_only_in_definition", "return_outside_window"): 1,
    }
    excluded = rows[rows["measure"] == "excluded"].set_index(["term", "outcome"])["n"].to_dict()
    assert excluded == {
        ("dk-30", "followup_too_short"): 1,
        ("dk-30", "still_admitted"): 1,
        ("dk-30", "stay_too_short"): 1,
        ("cihi-30", "followup_too_short"): 1,
        ("cihi-30", "still_admitted"): 1,
    }


def test_differences_add_up(region):
    contacts = region.contacts.assign(diagnosis="F20", age=40.0, hospital="H1", discharged_to="home")
    found = pe.compare_definitions(contacts, ["dk-30", "cihi-30", "cms-ipf-30", "nhs-30", "oecd-30"]).estimates
    rates = found[found["measure"] == "rate_under_definition"].set_index("term")
    for name in rates.index[1:]:
        mine = found[found["contrast"] == f"{name} - dk-30"].groupby("measure")["n"].sum()
        lost, gained = (mine.get(f"index_only_in_{side}", 0) for side in ("reference", "definition"))
        assert rates.loc["dk-30", "denominator"] - lost + gained == rates.loc[name, "denominator"]


def test_the_curve_gives_the_rate_where_the_definition_says_so(region):
    contacts = region.contacts.assign(diagnosis="F20", age=40.0)
    found = pe.compare_definitions(contacts, ["no-30"]).estimates
    row = found[found["measure"] == "rate_under_definition"].iloc[0]
    stays = pe.readmissions(contacts, definition="no-30")
    first = stays[stays["event"].notna()].sort_values(["person", "episode"]).drop_duplicates("person")
    curve = pe.time_to_readmission(first, horizon=30).estimates
    if stays[stays["event"].notna()]["person"].is_unique:
        assert row["estimate"] == pytest.approx(1 - curve["estimate"].iloc[-1])
    assert row["n"] == len(stays[stays["event"].notna()])
    assert row["conf_low"] < row["estimate"] < row["conf_high"]


def test_no_number_of_a_comparison_is_released(table):
    found = pe.compare_definitions(table(CONTACTS), ["dk-30", "cihi-30"])
    [released] = pe.release(found)
    numbers = released.estimates[
        [name for name in ("estimate", "numerator", "denominator", "n") if name in released.estimates]
    ]
    assert numbers.isna().all(axis=None)


def test_each_definition_is_named_once(table):
    for names in ([], ["dk-30", "dk-30"]):
        with pytest.raises(DesignError, match="expected one or more, each once"):
            pe.compare_definitions(table(CONTACTS), names)


def test_without_any_rate_there_are_still_rows(table):
    found = pe.compare_definitions(table(CONTACTS).iloc[:0].astype({"acute": "boolean"}), ["nhs-28", "dk-30"])
    assert found.estimates["status"].tolist() == ["not applicable", "no index stays"]
    assert isinstance(found.to_frame(), pd.DataFrame)


def test_no_contact_and_no_index_stay_is_said(region):
    found = pe.compare_definitions(
        region.contacts.iloc[:0], ["dk-30", "no-30", "cihi-30"], followup_end=date(2020, 12, 31)
    )
    rows = found.estimates[found.estimates["measure"] == "rate_under_definition"]
    assert rows.set_index("term")["status"].to_dict() == {
        "dk-30": "no index stays", "no-30": "columns missing", "cihi-30": "no index stays",
    }  # fmt: skip
    assert "no index stays" in [text.get_text() for text in found.plot().texts]
