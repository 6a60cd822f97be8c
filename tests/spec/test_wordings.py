"""Labels and questions of an export: kept beside the responses, and answers that the labels do not know."""

from __future__ import annotations

import copy
import json

import pandas as pd
import pyreadstat
import pytest

import peereval as pe
from peereval.errors import CodingError, IdentifierError
from peereval.files import file_metadata
from peereval.surveys.responses import to_responses
from peereval.surveys.sheet import Sheet

LABELS = {1: "not at all", 2: "a little", 3: "very much", 9: "no answer"}


@pytest.fixture
def read(tmp_path):
    """Write answers to one item as SPSS and read them as a survey."""

    def run(answers, described=None, **mapping):
        frame = pd.DataFrame({"person": list("abcdefgh")[: len(answers)], "round": 1.0, "arm": 2.0, "q": answers})
        how = {
            "variable_value_labels": {"q": LABELS, "arm": {1: "Peer", 2: "Usual"}},
            "column_labels": {"q": "How much?"},
        }
        pyreadstat.write_sav(frame, str(tmp_path / "made.sav"), **{**how, **(described or {})})
        said = {
            "rename": {"round": {"1": "start"}, "arm": {"1": "peers", "2": "usual care"}},
            "item_columns": {"who5_01": "q"},
        }
        return pe.read_survey(tmp_path / "made.sav", mapping=pe.SurveyMapping(**{**said, **mapping}))

    return run


def labelled(answers, labels, *, declared=(), **mapping):
    """Read answers to one item whose codes have labels."""
    frame = pd.DataFrame({"round": "start", "q": answers})
    sheet = Sheet(
        file="made.sav", source="sav", frame=frame, labels={"q": labels}, missing={"q": declared}, first_row=1
    )  # fmt: skip
    return to_responses(sheet, pe.SurveyMapping(item_columns={"who5_01": "q"}, **mapping), rounds=["start"])


def test_labels_and_questions_survive_a_round_trip(read, tmp_path):
    found = read([1.0, 3.0, 9.0], missing=[9])
    facts = found.attrs["survey"]
    assert facts["labels"] == {
        "arm": {"peers": "Peer", "usual care": "Usual"},
        "who5_01": {"1": "not at all", "2": "a little", "3": "very much", "9": "no answer"},
    }
    assert facts["questions"] == {"who5_01": "How much?"}
    pe.write_responses(found, tmp_path / "kept.parquet")
    again = pe.read_survey(tmp_path / "kept.parquet")
    assert again.attrs == found.attrs
    assert json.loads(file_metadata(tmp_path / "kept.parquet")["peereval.responses"])["labels"] == facts["labels"]
    # and a second mapping, which makes it another reading
    other = pe.SurveyMapping(keep={"same": "who5_01"}, columns={"person": "person"})
    renamed = pe.read_survey(tmp_path / "kept.parquet", mapping=other)
    assert renamed.attrs["survey"]["labels"]["same"] == facts["labels"]["who5_01"]
    assert renamed.attrs["survey"]["questions"] == {"same": "How much?"}


def test_labels_go_with_their_codes_through_a_table():
    found = labelled([1, 2, 3, 9], LABELS, codes={"q": {"1": 0, "2": 0, "3": 5}}, missing=[9])
    assert found["who5_01"].tolist() == [0, 0, 5, pd.NA]
    # the code 9 is none in the responses, where another code could have become 9
    assert found.attrs["survey"]["labels"]["who5_01"] == {"0": "not at all; a little", "5": "very much"}


def test_a_wide_file_keeps_the_first_round_and_says_so():
    frame = pd.DataFrame({"id": ["a"], "q_t0": [1], "q_t1": [2]})
    labels = {"q_t0": {1: "no", 2: "yes"}, "q_t1": {1: "no", 2: "yes"}}
    sheet = Sheet(
        file="wide.sav", source="sav", frame=frame, labels=labels, questions={"q_t0": "Now?", "q_t1": "And now?"}
    )
    mapping = pe.SurveyMapping(columns={"person": "id"}, item_columns={"who5_01": "q_{round}"})
    facts = to_responses(sheet, mapping, rounds=["t0", "t1"]).attrs["survey"]
    assert facts["labels"] == {"who5_01": {"1": "no", "2": "yes"}}
    assert facts["questions"] == {"who5_01": "Now?"}
    assert facts["notes"] == ["The questions of the first round are kept where rounds differ: who5_01."]


def test_what_is_kept_is_shared_by_copies_of_the_frame():
    """A deep copy for every column that is taken out would make the labels of a long form slow."""
    found = labelled([1], LABELS)
    assert copy.deepcopy(found.attrs)["survey"] is found.attrs["survey"]
    assert found["who5_01"].attrs["survey"] is found.attrs["survey"]


def test_a_label_that_is_an_identifier_stops_the_import(read):
    labels = {"variable_value_labels": {"q": {1: "seen by 070123-4567", 2: "no"}}}
    with pytest.raises(IdentifierError) as caught:
        read([1.0], labels)
    assert "070123" not in str(caught.value)


def test_an_answer_that_the_labels_of_a_file_do_not_know_is_refused(read):
    described = {"missing_ranges": {"q": [9, {"lo": 90, "hi": 99}]}}
    with pytest.raises(
        CodingError, match=r"made\.sav, column 'q': 1 cell holds a code without a label, .* \(7, row 3\)"
    ):
        read([1.0, 9.0, 7.0, 97.0], described)
    assert read([1.0, 9.0, 97.0], described)["who5_01"].notna().tolist() == [True, False, False]


YES_OR_NO = {1: "no", 2: "yes"}


@pytest.mark.parametrize(
    ("answers", "labels", "how", "message"),
    [
        ([1, 55, 55], YES_OR_NO, {}, r"2 cells hold a code without .* outside the labelled ones \(55, rows 2, 3\)"),
        ([1, 9, 0], {**YES_OR_NO, 9: "no answer"}, {"missing": [9]}, r"1 cell holds .* \(0, row 3\)"),
        # a label of what is missing makes no answer known
        ([1, 5, None], {**YES_OR_NO, 9: "no answer"}, {"declared": (9.0,)}, r"\(5, row 2\)"),
        ([1, 5, None], {**YES_OR_NO, 9: "no answer"}, {"missing_in": {"q": [9]}}, r"\(5, row 2\)"),
        ([1, 100001], YES_OR_NO, {}, r"\(a number of 6 digits, row 2\)"),
    ],
)
def test_an_answer_that_the_labels_do_not_know_is_named_by_its_row(answers, labels, how, message):
    with pytest.raises(CodingError, match=r"made\.sav, column 'q': .*" + message):
        labelled(answers, labels, **how)


def test_a_text_that_the_labels_do_not_know_is_not_shown():
    sheet = Sheet(
        file="a.sav", source="sav", frame=pd.DataFrame({"round": "s", "q": ["1", "2", "7"]}).astype("string"),
        labels={"q": {"1": "no", "2": "yes"}},
    )  # fmt: skip
    with pytest.raises(CodingError, match=r"outside the labelled ones \(row 4\)"):
        to_responses(sheet, pe.SurveyMapping(item_columns={"who5_01": "q"}), rounds=["s"])


@pytest.mark.parametrize(
    ("answers", "labels", "how"),
    [
        ([1, 2, 9], YES_OR_NO, {"missing": [9]}),
        # only the ends of the scale are labelled
        ([0, 4, 10], {0: "worst", 10: "best"}, {}),
        # a label that marks what is special
        ([0, 1, 5], {0: "none"}, {}),
        (["0", "4", "10"], {"0": "worst", "10": "best"}, {}),
        ([34, 60, None], {998: "don't know", 999: "no answer"}, {"declared": (998.0, 999.0)}),
        # the table of the study file says what each code means
        ([1, 7], YES_OR_NO, {"codes": {"q": {"1": 1, "7": 3}}}),
        ([None, 1], YES_OR_NO, {}),
    ],
)
def test_answers_that_need_no_label(answers, labels, how):
    assert labelled(answers, labels, **how)["who5_01"].notna().sum() == sum(each not in (None, 9) for each in answers)
