"""The unit's own questions: answers in, distribution, figure, table and released numbers out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import peereval as pe
from peereval.errors import InvalidValueError, OutOfRangeError, UnknownNameError
from peereval.estimation.proportions import wilson_interval
from peereval.reports.tables import tables_of

ROUNDS = pd.CategoricalDtype(["start", "end"], ordered=True)
HEARD = pe.LocalItem(
    column="q", label="I was heard", options={1: "No", 2: "Partly", 3: "Yes", 9: "Don't know"}, dont_know=(9,),
    direction="higher is better",
)  # fmt: skip


def answers(codes, rounds=None, **columns):
    rounds = ["start"] * len(codes) if rounds is None else rounds
    return pd.DataFrame({"round": pd.Series(rounds, dtype=ROUNDS), "local_heard": codes, **columns})


@given(
    st.lists(
        st.tuples(st.sampled_from([1, 2, 3, 9, None]), st.sampled_from(["start", "end"]), st.sampled_from(["a", "b"])),
        min_size=1,
        max_size=40,
    )
)
def test_counts_agree_with_a_crosstab(rows):
    # oracle: pandas.crosstab, and Wilson's interval of each share
    codes, rounds, arms = zip(*rows, strict=True)
    frame = answers(pd.Series(codes, dtype="Int64"), list(rounds), arm=pd.array(arms, dtype="string"))
    found = pe.answer_distribution(frame, {"heard": HEARD}, by="arm").estimates
    options = found[found["measure"] == "option"]
    crossed = pd.crosstab([frame["arm"], frame["round"].astype(str)], frame["local_heard"])
    for _, row in options.iterrows():
        groups = ["a", "b"] if row["group"] == "all" else [row["group"]]
        keys = [(group, row["round"]) for group in groups if (group, row["round"]) in crossed.index]
        mine = crossed.loc[keys]
        assert row["numerator"] == (mine[row["code"]].sum() if row["code"] in mine else 0)
        assert row["denominator"] == mine.to_numpy().sum()
        if row["denominator"]:
            low, high = wilson_interval(row["numerator"], row["denominator"])
            assert (row["conf_low"], row["conf_high"]) == (low, high)
    assert options.groupby(["group", "round"])["numerator"].sum().eq(
        options.groupby(["group", "round"])["denominator"].first()
    ).all()  # fmt: skip


def test_the_favourable_share_is_of_those_who_gave_an_answer():
    found = pe.answer_distribution(answers([1, 3, 3, 9, np.nan]), {"heard": HEARD})
    best = found.estimates[found.estimates["measure"] == "top_box"].iloc[0]
    assert (best["numerator"], best["denominator"]) == (2, 3)
    assert found.exclusions == {"not_answered": 1}


@pytest.mark.parametrize(
    ("update", "codes"),
    [({"direction": "higher is worse"}, (1,)), ({"top_box": (2, 3)}, (2, 3)), ({"direction": None}, ())],
)
def test_which_answers_are_favourable(update, codes):
    item = HEARD.model_copy(update=update)
    assert item.favourable == codes
    measures = set(pe.answer_distribution(answers([1, 2]), {"heard": item}).estimates["measure"])
    assert ("top_box" in measures) is bool(codes)


def test_a_question_without_an_option_that_is_an_answer_is_refused():
    with pytest.raises(ValidationError, match="all options are named by dont_know, so none is an answer"):
        pe.LocalItem(column="q", label="Met a peer", options={8: "?", 9: "Don't know"}, dont_know=(8, 9))


def test_answered_of_the_invited_or_unknown(table):
    frame = answers([1, 2, 3])
    invited = table("""
        round | invited
        start | 5
        """)
    known = pe.answer_distribution(frame, {"heard": HEARD}, invited=invited).estimates
    row = known[(known["measure"] == "answered") & (known["round"] == "start")].iloc[0]
    assert (row["numerator"], row["denominator"]) == (3, 5)
    unknown = pe.answer_distribution(frame, {"heard": HEARD})
    assert unknown.estimates.loc[unknown.estimates["measure"] == "answered", "denominator"].isna().all()
    assert "unknown" in unknown.assumptions[0]
    with pytest.raises(InvalidValueError, match="3 answered the round 'start'"):
        pe.answer_distribution(frame, {"heard": HEARD}, invited=invited.assign(invited=2))


def test_a_code_that_is_no_option_and_a_study_without_questions():
    with pytest.raises(OutOfRangeError, match=r"7 \(row 2\)"):
        pe.answer_distribution(answers([1, 7]), {"heard": HEARD})
    assert pe.answer_distribution(answers([1]), {}).estimates.empty
    assert pe.score_local(answers([1]), {}).empty


@settings(max_examples=10)
@given(st.lists(st.integers(0, 30), min_size=8, max_size=8))
def test_what_is_released_hides_small_options_and_what_would_give_them_away(counts):
    # an attacker knows the exact number who ticked anything in each group: withheld options must stay open
    codes = np.repeat(np.tile([1.0, 2.0, 3.0, 9.0], 2), counts)
    frame = answers(codes, arm=pd.array(np.repeat(["a"] * 4 + ["b"] * 4, counts), dtype="string"))
    exact = pe.answer_distribution(frame, {"heard": HEARD}, by="arm")
    [safe] = pe.release([exact])
    rows = safe.estimates.assign(exact=exact.estimates["numerator"], whole=exact.estimates["denominator"])
    options = rows[rows["measure"] == "option"]
    small = options["exact"].between(1, 4) | ((options["whole"] - options["exact"]).between(1, 4))
    assert options.loc[small, "withheld"].all()
    assert options["estimate"].isna().all()
    for keys, part in options.groupby(["group", "round"]):
        hidden = part[part["withheld"]]
        if len(hidden) and len(hidden) < len(part):
            assert len(hidden) > 1
            assert hidden["exact"].sum() >= 10
        best = rows[(rows["measure"] == "top_box") & (rows["group"] == keys[0]) & (rows["round"] == keys[1])]
        assert best["withheld"].all() or hidden.empty
    for _, part in options.groupby(["term", "round"]):
        groups = part[part["group"] != "all"]
        total = part[part["group"] == "all"]
        assert groups["withheld"].sum() != 1 or total["withheld"].all()


def test_the_figure_stacks_to_one_and_names_what_is_not_shown(region):
    rng = np.random.default_rng(1)
    frame = region.responses.assign(
        local_heard=rng.choice([1.0, 2, 3, 9], len(region.responses), p=[0.5, 0.3, 0.18, 0.02])
    )
    found = pe.answer_distribution(frame, {"heard": HEARD}, by="arm")
    [safe] = pe.release([found])
    for finding in (found, safe):
        [panel] = finding.plot()
        bars = len(found.estimates[["group", "round"]].drop_duplicates())
        ends = np.zeros(bars)
        for patch in panel.patches:
            place = round(patch.get_y() + patch.get_height() / 2)
            ends[place] = max(ends[place], np.nan_to_num(patch.get_x() + patch.get_width()))
        np.testing.assert_allclose(ends, 1, atol=0.05)
        legend = [text.get_text() for text in panel.get_legend().get_texts()]
        assert legend[:4] == ["No", "Partly", "Yes", "Don't know"]
        assert ("not shown" in legend) is (finding is safe)
        assert any(text.get_text() == "synthetic data" for text in panel.texts)
    assert "rounded counts" in panel.get_xlabel()
    with pytest.raises(UnknownNameError, match="no question 'herd'"):
        found.plot(question="herd")


def test_the_table_prints_counts_the_favourable_share_and_the_invited(region):
    rng = np.random.default_rng(2)
    frame = region.responses.assign(local_heard=rng.choice([1.0, 2, 3], len(region.responses)))
    [safe] = pe.release([pe.answer_distribution(frame, {"heard": HEARD}, invited=region.invited)])
    [(caption, cells)] = tables_of(safe)
    assert caption == "I was heard: persons by the option they ticked"
    assert cells.columns.tolist() == [
        "Group",
        "Round",
        "No",
        "Partly",
        "Yes",
        "Don't know",
        "Favourable",
        "Answered",
        "Invited",
    ]
    assert cells["Invited"].iloc[0].endswith("300")
    [unasked] = pe.release([pe.answer_distribution(frame, {"heard": HEARD})])
    assert tables_of(unasked)[0][1]["Invited"].eq("unknown").all()
