"""Marginal models: what is refused, and what their figure shows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import AliasedColumnsWarning, DesignError, DuplicateError, InvalidValueError

ROUNDS = {"person": "person", "round": "round"}


@pytest.fixture
def rows():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"person": np.repeat(np.arange(30), 2), "round": ["0", "1"] * 30, "one": 1.0})
    return frame.assign(score=rng.normal(50, 5, 60) + (frame["round"] == "1"))


def test_an_independent_correlation_gives_the_coefficients_of_least_squares(rows):
    found = pe.gee("score ~ round", rows, correlation="independence", **ROUNDS).estimates
    means = rows.groupby("round")["score"].mean()
    assert found["estimate"].tolist()[:2] == pytest.approx([means["0"], means["1"] - means["0"]])


def test_what_cannot_be_fitted_is_refused(rows):
    with pytest.raises(InvalidValueError, match="working correlation 'exchangable'"):
        pe.gee("score ~ round", rows, correlation="exchangable", **ROUNDS)
    with pytest.warns(AliasedColumnsWarning), pytest.raises(DesignError, match="do not determine the columns one"):
        pe.gee("score ~ round + one", rows, correlation="exchangeable", **ROUNDS)
    with pytest.raises(DuplicateError):
        pe.gee("score ~ 1", rows.assign(round="0"), correlation="exchangeable", **ROUNDS)


def test_the_figure_names_rows_and_persons_and_leaves_the_intercept_out(rows):
    rows.loc[0, "score"] = np.nan
    panel = pe.gee("score ~ round", rows, correlation="exchangeable", **ROUNDS).plot()
    assert "59 rows of 30 persons" in {panel.get_title(), panel.get_title("left")}
    assert [label.get_text().split(" ")[0] for label in panel.get_yticklabels()] == ["round[T.1]"]
