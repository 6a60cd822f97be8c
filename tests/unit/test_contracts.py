"""Contracts: what a broken table is told, in pandas and in the engine."""

from __future__ import annotations

import ibis
import pandas as pd
import pytest

from peereval.contracts import CONTACTS, CONTRACTS, RESPONSES, SCORES, check_frame, check_table
from peereval.errors import ColumnError, DuplicateError, MissingValueError
from peereval.reasons import REASONS


def responses(**columns):
    return pd.DataFrame({"person": ["a", "b"], "round": ["start", "start"], **columns})


def test_a_good_table_passes():
    check_frame(responses(), RESPONSES)


def test_a_missing_column_is_named_with_the_nearest_one():
    with pytest.raises(ColumnError, match=r"no column 'round'. Did you mean 'rounds'\?"):
        check_frame(responses().rename(columns={"round": "rounds"}), RESPONSES)


def test_a_column_of_the_wrong_kind_is_named():
    with pytest.raises(ColumnError, match=r"'date' of the responses holds .*; expected time"):
        check_frame(responses(date=["yesterday", "today"]), RESPONSES)


def test_a_column_twice_is_refused():
    frame = responses()
    frame.columns = ["round", "round"]
    with pytest.raises(ColumnError, match="'round' twice"):
        check_frame(frame, RESPONSES)


def test_empty_key_cells_are_told_by_row_number():
    with pytest.raises(MissingValueError, match="'round' of the responses is empty in row 2"):
        check_frame(responses(round=["start", None]), RESPONSES)


def test_a_duplicate_is_told_by_row_numbers_and_never_by_the_persons_id():
    frame = pd.DataFrame({"person": ["secret-7", "b", "secret-7"], "round": ["start", "start", "start"]})
    with pytest.raises(DuplicateError) as caught:
        check_frame(frame, RESPONSES)
    assert "rows 1, 3" in str(caught.value)
    assert "secret-7" not in str(caught.value)


def test_anonymous_rows_are_no_duplicates():
    check_frame(pd.DataFrame({"person": [None, None], "round": ["start", "start"]}), RESPONSES)


def test_the_engine_checks_columns_without_rows():
    good = {"person": "string", "admitted": "timestamp", "discharged": "timestamp"}
    check_table(ibis.table(good, name="contacts"), CONTACTS)
    with pytest.raises(ColumnError, match="'admitted' of the contacts holds string"):
        check_table(ibis.table({**good, "admitted": "string"}, name="contacts"), CONTACTS)
    with pytest.raises(ColumnError, match="'admitted' of the contacts holds date"):
        check_table(ibis.table({**good, "admitted": "date"}, name="contacts"), CONTACTS)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_keys_are_columns_and_meanings_are_written(contract):
    names = {column.name for column in contract.columns}
    assert set(contract.key) <= names
    assert all(column.meaning for column in contract.columns)


def test_scores_meet_their_contract(region_scores):
    check_frame(region_scores, SCORES)
    assert set(region_scores["reason"].dropna()) <= set(REASONS)
