"""Results: frozen, in one vocabulary, bound without losing anything."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

import peereval as pe
from peereval.errors import ColumnError, DesignError, InvalidValueError
from peereval.results import VOCABULARY, data_facts, origin_of


def result(**changes):
    given = {
        "kind": "rates",
        "title": "Readmission <of stays>",
        "estimates": pd.DataFrame({"estimate": [0.25], "group": ["ward A"], "measure": ["readmission_rate"]}),
        "method": "A share.",
        "claim": "description",
        "exclusions": {"still_admitted": 2},
    }
    return pe.Result(**{**given, **changes})


def test_nothing_in_a_result_can_be_changed():
    found = result(settings={"by": "unit"})
    frame = found.estimates
    frame.loc[0, "estimate"] = 1.0
    own = found.to_frame()
    own["estimate"] = 1.0
    assert found.estimates["estimate"].tolist() == [0.25]
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.claim = "effect"
    with pytest.raises(TypeError):
        found.settings["by"] = "arm"
    with pytest.raises(TypeError):
        found.exclusions["still_admitted"] = 0


def test_the_callers_frame_is_copied():
    frame = pd.DataFrame({"estimate": [0.25]})
    found = result(estimates=frame)
    frame.loc[0, "estimate"] = 9.0
    assert found.estimates["estimate"].tolist() == [0.25]


def test_columns_stand_in_the_order_of_the_vocabulary():
    found = result()
    assert found.estimates.columns.tolist() == [name for name in VOCABULARY if name in ("group", "measure", "estimate")]


def test_a_column_outside_the_vocabulary_must_be_declared():
    frame = pd.DataFrame({"estimate": [1.0], "colour": ["red"]})
    with pytest.raises(ColumnError, match="'colour'"):
        result(estimates=frame)
    assert "colour" in result(estimates=frame, columns={"colour": "of the door"}).estimates


def test_a_claim_outside_the_four_is_refused():
    with pytest.raises(InvalidValueError, match="'proof'"):
        result(claim="proof")


def test_html_escapes_what_comes_from_data():
    shown = result()._repr_html_()
    assert "&lt;of stays&gt;" in shown
    assert "<of stays>" not in shown


def test_bound_results_keep_labels_settings_and_add_exclusions():
    both = pe.bind_results({"north": result(settings={"a": 1}), "south": result(claim="change", origin="synthetic")})
    assert both.estimates["source"].tolist() == ["north", "south"]
    assert dict(both.exclusions) == {"still_admitted": 4}
    assert both.settings["north"] == {"a": 1}
    assert both.claim == "description"
    assert both.origin == "synthetic"


def test_an_empty_result_can_be_bound():
    empty = result(estimates=pd.DataFrame({"estimate": pd.Series(dtype=float), "group": pd.Series(dtype="string")}))
    assert len(pe.bind_results({"a": empty, "b": result()}).estimates) == 1
    assert pe.bind_results({"a": empty}).estimates.empty


def test_results_of_two_kinds_are_not_bound():
    with pytest.raises(DesignError, match="2 kinds"):
        pe.bind_results({"a": result(), "b": result(kind="rounds")})
    with pytest.raises(DesignError):
        pe.bind_results({})


def test_bound_results_are_not_bound_again():
    both = pe.bind_results({"north": result(), "south": result()})
    with pytest.raises(DesignError, match="bound already"):
        pe.bind_results({"a": both, "b": result()})


def test_the_fingerprint_follows_cells_names_and_order():
    base = pd.DataFrame({"a": [1, 2]})
    others = [base.iloc[::-1], base.rename(columns={"a": "b"}), base.assign(a=[1, 3])]
    prints = {data_facts(frame)["fingerprint"] for frame in (base, *others)}
    assert len(prints) == 4
    assert data_facts(base)["fingerprint"] == data_facts(base.copy())["fingerprint"]


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ([], "observed"),
        (["observed"], "observed"),
        (["reconstructed", "observed"], "reconstructed"),
        (["synthetic", "reconstructed"], "synthetic"),
    ],
)
def test_one_made_up_row_marks_the_whole(marks, expected):
    assert origin_of(pd.DataFrame({"origin": marks}, dtype="string")) == expected


def test_released_is_another_type():
    assert not issubclass(pe.Released, pe.Result)
    assert not issubclass(pe.Result, pe.Released)


def test_a_kind_without_a_figure_says_so():
    with pytest.raises(pe.PeerevalError, match="no figure"):
        result(kind="unheard").plot()
