"""Release: results in, protected results out, and an attacker who tries to get the small numbers back."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import peereval as pe
from peereval.disclosure.policy import treatment_of
from peereval.errors import NotReleasedError, UnknownNameError


def result(frame, **parts):
    given = {"kind": "rates", "title": "Readmission", "claim": "description", "method": "A share."}
    return pe.Result(**{**given, **parts}, estimates=frame)


def shares(counts, *, total=True):
    """Numerators and denominators of groups, and of all."""
    rows = [(f"unit {place}", cases, rows) for place, (cases, rows) in enumerate(counts)]
    if total:
        rows.append(("all", sum(cases for cases, _ in counts), sum(rows for _, rows in counts)))
    frame = pd.DataFrame(rows, columns=["group", "numerator", "denominator"])
    return frame.assign(measure="readmission_rate", estimate=frame["numerator"] / frame["denominator"])


def released(frame, **parts):
    [safe] = pe.release(result(frame, **parts))
    return safe


def test_small_counts_and_their_shares_are_withheld(table, as_text):
    frame = shares([(12, 48), (3, 30), (29, 31), (20, 40)])
    safe = released(frame).estimates
    assert as_text(safe[["group", "numerator", "denominator", "estimate", "withheld"]]) == as_text(
        table("""
        group  | numerator | denominator | estimate | withheld
        unit 0 | 10.0      | 50.0        | 0.25     | no
        unit 1 |           | 30.0        |          | yes
        unit 2 |           | 30.0        |          | yes
        unit 3 | 20.0      | 40.0        | 0.5      | no
        all    | 65.0      | 150.0       | 0.43     | no
        """)
    )


def test_withheld_members_that_hold_too_little_take_the_total_with_them():
    safe = released(shares([(2, 40), (3, 40)])).estimates
    assert safe["withheld"].all()


def test_one_withheld_group_takes_a_second_one_with_it():
    safe = released(shares([(12, 48), (3, 30), (20, 40)])).estimates.set_index("group")
    assert safe["withheld"].to_dict() == {"unit 0": True, "unit 1": True, "unit 2": False, "all": False}


def test_without_a_total_nothing_else_is_withheld():
    safe = released(shares([(12, 48), (3, 30), (20, 40)], total=False)).estimates
    assert safe["withheld"].tolist() == [False, True, False]


def test_zero_is_shown_and_not_confused_with_few():
    safe = released(shares([(0, 40), (10, 40)], total=False)).estimates
    assert safe["numerator"].tolist() == [0.0, 10.0]
    assert not safe["withheld"].any()


def test_means_of_few_are_withheld_and_counts_rounded():
    frame = pd.DataFrame(
        {
            "measure": "mean_change",
            "estimate": [1.2345, 2.0],
            "std_error": [0.5, 0.5],
            "df": [41, 8],
            "statistic": [2.4, 4.0],
            "conf_low": [0.1234, 1.0],
            "conf_high": [2.2, 3.0],
            "n": [42, 9],
            "p_value": [0.012345, 0.03],
        }
    )
    safe = released(frame).estimates
    assert safe["estimate"].tolist()[0] == 1.23
    assert safe["n"].tolist() == [40.0, 10.0]
    assert safe["withheld"].tolist() == [False, True]
    assert safe.loc[1, ["estimate", "conf_low", "conf_high", "p_value"]].isna().all()
    assert not {"std_error", "df", "statistic"} & set(safe.columns)


def test_a_group_of_nobody_is_shown_as_nobody():
    frame = pd.DataFrame({"measure": ["mean"], "estimate": [np.nan], "n": [0]})
    safe = released(frame).estimates
    assert safe["n"].tolist() == [0.0]
    assert not safe["withheld"].any()


def curve(events, n=40):
    """A survival curve with the given numbers of events on days 1, 2, 3 …"""
    at_risk = n - np.concatenate([[0], np.cumsum(events)[:-1]])
    return pd.DataFrame(
        {
            "measure": "not_readmitted", "group": "all", "time": np.arange(1, len(events) + 1) * 31,
            "estimate": np.cumprod(1 - np.array(events) / at_risk), "conf_low": 0.1, "conf_high": 0.9,
            "n": at_risk, "n_events": events, "n_censored": 0,
        }
    )  # fmt: skip


def test_every_step_of_a_curve_stands_for_five():
    frame = curve([1, 2, 3, 1, 1, 4, 2])
    columns = {"n_events": "", "n_censored": ""}
    safe = released(frame, kind="survival", columns=columns).estimates
    steps = safe["estimate"].dropna().drop_duplicates()
    assert len(steps) == 2
    assert "n_events" not in safe
    assert safe["n"].mod(5).eq(0).all()


def test_exclusions_settings_and_fingerprints_do_not_leak():
    safe = released(
        shares([(12, 48)], total=False),
        exclusions={"few": 3, "many": 38, "none": 0},
        settings={"by": "unit", "data": {"fingerprint": "abc", "rows": 48}},
    )
    assert dict(safe.exclusions) == {"few": "<5", "many": "40", "none": "0"}
    assert dict(safe.settings) == {"by": "unit"}


def test_what_is_not_understood_is_not_released():
    with pytest.raises(NotReleasedError, match="'ledger_entry'"):
        released(pd.DataFrame({"measure": ["ledger_entry"], "estimate": [1.0]}))


def test_an_unknown_policy_is_refused():
    with pytest.raises(UnknownNameError, match="'nhs-2'"):
        pe.release(result(shares([(12, 48)])), policy="nhs-2")


def test_an_empty_result_stays_empty():
    empty = pd.DataFrame({"measure": pd.Series(dtype="string"), "estimate": pd.Series(dtype=float)})
    assert released(empty).estimates.empty


def test_every_measure_of_the_region_has_a_treatment(region, region_scores, region_stays):
    results = [
        pe.attrition(region.responses, arm="arm", invited=region.invited),
        pe.compare_rounds(
            region_scores,
            design="panel",
            method="paired-t",
            arm="arm",
            reference_arm="usual care",
            allocation="observed",
        ),
        pe.readmission_rate(region_stays, by="unit"),
        pe.time_to_readmission(region_stays, by="unit"),
    ]
    assert {name for each in results for name in each.estimates["measure"]} <= set(treatment_of())
    for safe in pe.release(results):
        counts = safe.estimates[
            [name for name in ("numerator", "denominator", "n", "n_persons") if name in safe.estimates]
        ]
        assert (counts.isna() | (counts % 5 == 0)).all(axis=None)
        assert safe.policy == "standard 1.0.0"


def naive(groups):
    """What may be shown of some groups and of all, by the words of the policy: (count, share) or None each."""
    rows = [*groups, (sum(cases for cases, _ in groups), sum(total for _, total in groups))]
    small = [any(0 < part < 5 for part in (cases, total, total - cases)) or 0 < cases == total for cases, total in rows]
    hidden = {place for place in range(len(groups)) if small[place]}
    waiting = sorted((cases == 0, cases, place) for place, (cases, _) in enumerate(groups) if place not in hidden)
    while hidden and not (
        len(hidden) > 1
        and sum(groups[place][0] for place in hidden) >= 10
        and sum(groups[place][1] - groups[place][0] for place in hidden) >= 10
    ):
        if not waiting:
            small[-1] = True
            break
        hidden.add(waiting.pop(0)[2])
    small = [place in hidden for place in range(len(groups))] + [small[-1]]
    shown = []
    for (cases, total), hidden in zip(rows, small, strict=True):
        share = round(cases / total, 2) if total else None
        shown.append(None if hidden else (math.floor(cases / 5 + 0.5) * 5, share))
    return tuple(shown)


def as_shown(safe):
    return tuple(
        None if row["withheld"] else (row["numerator"], None if pd.isna(row["estimate"]) else row["estimate"])
        for row in safe.to_dict("records")
    )


groups_of_counts = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=2, max_size=3)


@given(drawn=groups_of_counts)
def test_release_agrees_with_the_words_of_the_policy(drawn):
    groups = [(cases, cases + others) for cases, others in drawn]
    assert as_shown(released(shares(groups)).estimates) == naive(groups)


@given(drawn=groups_of_counts)
@settings(max_examples=150)
def test_no_attacker_pins_a_small_count(drawn):
    """Every set of true counts that fits the released table is counted through, even knowing the true group sizes.

    A count of 1 to 4, or of all but 1 to 4, in a group of at least 5 must leave more than one possibility.
    """
    totals = [max(cases + others, 5) for cases, others in drawn]
    shown = naive([(cases, total) for (cases, _), total in zip(drawn, totals, strict=True)])
    fits = [
        cases
        for cases in product(*(range(total + 1) for total in totals))
        if naive(list(zip(cases, totals, strict=True))) == shown
    ]
    for place, (cases, _) in enumerate(drawn):
        possible = {each[place] for each in fits}
        assert cases in possible
        if 0 < cases < 5 or 0 < totals[place] - cases < 5:
            assert len(possible) > 1
