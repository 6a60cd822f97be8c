"""Release: results in, protected results out, and an attacker who tries to get the small numbers back."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t

import peereval as pe
from peereval.disclosure.complements import Cells, Sum, with_complements
from peereval.disclosure.moves import Ways
from peereval.disclosure.policy import disclosure_policy, treatment_of
from peereval.disclosure.possibilities import Possibilities
from peereval.disclosure.protection import protect_curve
from peereval.errors import NotReleasedError, UnknownNameError
from peereval.estimation.survival import kaplan_meier


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
    assert safe["withheld"].to_dict() == {"unit 0": False, "unit 1": True, "unit 2": True, "all": False}


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
    assert safe.loc[0, ["estimate", "conf_low", "conf_high", "p_value", "n"]].tolist() == [1.2, 0.2, 2.2, 0.02, 40.0]
    assert safe["withheld"].tolist() == [False, True]
    assert safe.loc[1, ["estimate", "conf_low", "conf_high", "p_value", "n"]].isna().all()
    assert not {"std_error", "df", "statistic"} & set(safe.columns)


def test_a_mean_of_persons_who_do_not_differ_is_withheld():
    """It would tell the score of every one of them."""
    frame = pd.DataFrame({"measure": ["mean"], "estimate": [20.0], "std_error": [np.nan], "n": [30]})
    safe = released(frame).estimates
    assert safe["withheld"].tolist() == [True]
    assert safe[["estimate", "n"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("error", "estimate", "expected"),
    [(3.2, 57.23, 57.0), (1.8, 1.29, 1.5), (0.41, 1.29, 1.2), (0.04, 2.1234, 2.12), (0.02, 0.0149, 0.01), (50, 64, 60)],
)
def test_means_are_rounded_to_a_step_of_at_most_half_a_standard_error(error, estimate, expected):
    frame = pd.DataFrame({"measure": ["mean"], "estimate": [estimate], "std_error": [error], "n": [40]})
    assert released(frame).estimates["estimate"].tolist() == [expected]


def test_a_group_of_nobody_is_shown_as_nobody():
    frame = pd.DataFrame({"measure": ["mean"], "estimate": [np.nan], "n": [0]})
    safe = released(frame).estimates
    assert safe["n"].tolist() == [0.0]
    assert not safe["withheld"].any()


def curve(events, n=40):
    """A survival curve with the given numbers of events on days 29, 59, 89 …, the others followed for a year."""
    happened = [(29 + 30 * place, count) for place, count in enumerate(events) if count]
    left = n - sum(events)
    days, counts = [0, *(day for day, _ in happened)], [0, *(count for _, count in happened)]
    return curve_of(days + [365] * (left > 0), counts + [0] * (left > 0), [0] * len(days) + [left] * (left > 0))


def curve_of(days, events, censored):
    found = kaplan_meier(*(np.array(each, dtype=np.int64) for each in (days, events, censored)))
    return found.assign(measure="not_readmitted", group="all")


def released_curve(frame):
    declared = {"n_events": "", "n_censored": "", "source": ""}
    return released(frame, kind="survival", columns=declared).estimates


def test_points_between_which_few_had_the_event_are_withheld(table, as_text):
    safe = released_curve(curve([6, 0, 2, 2, 1, 5])).query("time <= 210")
    assert as_text(safe[["time", "estimate", "n", "withheld"]]) == as_text(
        table("""
        time | estimate | n    | withheld
        0    | 1.0      | 40.0 | no
        30   | 0.85     | 35.0 | no
        60   | 0.85     | 35.0 | no
        90   |          |      | yes
        120  |          |      | yes
        150  | 0.72     | 30.0 | no
        180  | 0.6      | 25.0 | no
        210  | 0.6      | 25.0 | no
        """)
    )
    assert not {"n_events", "n_censored"} & set(safe.columns)


def test_a_group_of_few_leaves_rows_that_say_so():
    few = curve([1, 0, 1], n=4).assign(group="ward B")
    safe = released_curve(pd.concat([curve([6]).assign(group="ward A"), few]))
    rows = safe[safe["group"] == "ward B"]
    assert rows["time"].tolist() == list(range(0, 361, 30))
    assert rows["withheld"].all()
    assert rows[["estimate", "conf_low", "conf_high", "n"]].isna().all(axis=None)


def test_a_curve_ends_with_those_who_are_followed():
    short = curve_of([0, 10, 70], [0, 6, 0], [0, 0, 30]).assign(group="ward A")
    safe = released_curve(pd.concat([short, curve([6]).assign(group="ward B")])).query("group == 'ward A'")
    assert safe.loc[~safe["withheld"], "time"].tolist() == [0, 30, 60]


days_of_events = st.lists(st.tuples(st.integers(0, 200), st.booleans()), min_size=1, max_size=60)


@given(persons=days_of_events)
def test_a_released_curve_is_exact_where_it_is_shown(persons):
    """Against persons counted one by one: the product over the days until each point, and the policy's words."""
    days = sorted({0} | {day for day, _ in persons})
    events = [sum(1 for each in persons if each == (day, True)) for day in days]
    censored = [sum(1 for each in persons if each == (day, False)) for day in days]
    safe = released_curve(curve_of(days, events, censored))
    assert safe["time"].tolist() == list(range(0, days[-1] + 1, 30))
    last = 0
    for row in safe.to_dict("records"):
        share = math.prod(
            1 - count / sum(1 for waited, _ in persons if waited >= day)
            for day, count in zip(days, events, strict=True)
            if day <= row["time"]
        )
        until = sum(1 for day, event in persons if event and day <= row["time"])
        without = sum(1 for day, event in persons if day > row["time"] or (day == row["time"] and not event))
        assert row["withheld"] == (without < 5 or 0 < until - last < 5)
        last = last if row["withheld"] else until
        if row["withheld"]:
            assert pd.isna([row[name] for name in ("estimate", "conf_low", "conf_high", "n")]).all()
        else:
            assert abs(row["estimate"] - share) <= 0.005 + 1e-12
            assert row["n"] % 5 == 0


def test_no_attacker_pins_the_events_of_a_withheld_stretch():
    """All ways in which 12 persons may have events before three points, even knowing that there are 12."""
    fits = {}
    for events in product(range(13), repeat=3):
        if sum(events) <= 12:
            safe = protect_curve(curve(events, n=12), disclosure_policy("standard")).iloc[:4]
            shown = tuple(
                None if hidden else value for value, hidden in zip(safe["estimate"], safe["withheld"], strict=True)
            )
            fits.setdefault(shown, []).append(events)
    for ways in fits.values():
        for true, place in product(ways, range(3)):
            if 0 < true[place] < 5:
                assert len({events[place] for events in ways}) > 1


def test_sources_are_protected_each_by_itself():
    """One withheld ward in each of two regions: the wards of one region do not hide that of the other."""
    one = shares([(12, 48), (3, 30), (20, 40), (30, 60)])
    regions = pe.bind_results({"north": result(one), "south": result(one)})
    alone = released(one).estimates["withheld"].tolist()
    [safe] = pe.release(regions)
    assert safe.estimates["withheld"].tolist() == alone * 2
    patterns = [(12, "a"), (3, "b"), (40, "c"), (60, "d")]
    rows = [
        {"measure": "pattern", "group": "all", "term": term, "numerator": n, "denominator": 115} for n, term in patterns
    ]
    found = result(pd.DataFrame(rows).assign(estimate=0.1), kind="attrition")
    [safe] = pe.release(pe.bind_results({"north": found, "south": found}))
    [alone] = pe.release(found)
    assert safe.estimates["withheld"].tolist() == alone.estimates["withheld"].tolist() * 2


def test_curves_of_two_sources_are_not_mixed():
    frames = {"north": curve([6, 5]), "south": curve([9, 9])}
    declared = {"n_events": "", "n_censored": ""}
    results = {name: result(frame, kind="survival", columns=declared) for name, frame in frames.items()}
    [safe] = pe.release(pe.bind_results(results))
    for name, frame in frames.items():
        mine = safe.estimates[safe.estimates["source"] == name]
        assert mine["estimate"].tolist() == released_curve(frame)["estimate"].tolist()


def test_the_facts_of_bound_results_stay_inside():
    found = result(shares([(12, 48)], total=False), settings={"by": "unit", "data": {"fingerprint": "abc", "rows": 48}})
    [safe] = pe.release(pe.bind_results({"north": found, "south": found}))
    assert dict(safe.settings) == {"north": {"by": "unit"}, "south": {"by": "unit"}}


def wards_and_arms():
    wards = shares([(12, 48), (3, 30), (20, 40), (30, 60)])
    arms = shares([(15, 78), (50, 100)]).replace({"unit 0": "peer", "unit 1": "usual"})
    return result(wards), result(arms)


def withheld_in(safe):
    frame = safe.estimates
    return dict(zip(frame["group"], frame["withheld"], strict=True))


def test_of_two_groupings_of_one_measure_the_later_one_gives_the_total_only():
    wards, arms = wards_and_arms()
    first, second = pe.release([wards, arms])
    assert withheld_in(first) == {"unit 0": False, "unit 1": True, "unit 2": True, "unit 3": False, "all": False}
    assert withheld_in(second) == {"peer": True, "usual": True, "all": False}
    assert (
        second.estimates.loc[second.estimates["withheld"], ["numerator", "denominator", "estimate"]]
        .isna()
        .all(axis=None)
    )
    assert any("in other groups" in change for change in second.changes)
    arms_first, wards_second = pe.release([arms, wards])
    assert not any(withheld_in(arms_first).values())
    assert withheld_in(wards_second) == {f"unit {place}": True for place in range(4)} | {"all": False}
    assert [safe.estimates["withheld"].tolist() for safe in pe.release([wards, wards])] == [
        first.estimates["withheld"].tolist()
    ] * 2
    # a result of another kind counts the same where its measure does
    [_, other] = pe.release([wards, result(arms.estimates, kind="risks")])
    assert withheld_in(other) == {"peer": True, "usual": True, "all": False}
    [_, other] = pe.release([wards, result(arms.estimates.assign(measure="share_yes"), kind="risks")])
    assert not other.estimates["withheld"].any()
    [_, everybody] = pe.release([wards, result(shares([(65, 178)], total=False).replace({"unit 0": "all"}))])
    assert not everybody.estimates["withheld"].any()


def test_two_groupings_leave_together_where_nothing_is_withheld():
    one, other = shares([(12, 48), (20, 40)]), shares([(16, 44), (16, 44)]).replace({"unit 0": "a", "unit 1": "b"})
    assert not any(safe.estimates["withheld"].any() for safe in pe.release([result(one), result(other)]))


def test_a_total_that_is_withheld_does_not_leave_beside_it():
    wards = result(shares([(2, 40), (3, 40)]))
    everybody = shares([(5, 80)], total=False).replace({"unit 0": "all"})
    assert pe.release([wards, result(everybody)])[1].estimates["withheld"].all()


def test_a_total_does_not_leave_after_groups_of_which_one_is_withheld():
    wards = result(shares([(12, 48), (3, 30), (20, 40)], total=False))
    everybody = result(shares([(35, 118)], total=False).replace({"unit 0": "all"}))
    assert pe.release([wards, everybody])[1].estimates["withheld"].all()
    first, second = pe.release([everybody, wards])
    assert not first.estimates["withheld"].any()
    # a second group goes too, as if the total stood in the same table
    assert withheld_in(second) == {"unit 0": False, "unit 1": True, "unit 2": True}


def test_a_curve_of_everybody_has_gaps_where_curves_of_groups_have_them():
    declared = {"n_events": "", "n_censored": ""}
    wards = pd.concat([curve([6, 2, 9]).assign(group="A"), curve([7, 6, 9]).assign(group="B")])
    both = [result(frame, kind="survival", columns=declared) for frame in (wards, curve([13, 8, 18], n=80))]
    groups, everybody = (safe.estimates for safe in pe.release(both))
    gaps = set(groups.loc[groups["withheld"], "time"])
    assert gaps
    assert gaps == set(everybody.loc[everybody["withheld"], "time"])


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
        pe.attrition(region.responses, arm="arm", invited=region.invited, baseline=region_scores),
        pe.baseline_table(region.responses, columns=["unit", "who5_01"], arm="arm"),
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
        assert safe.policy == "standard 1.6.0"


def naive(groups):
    """What may be shown of some groups and of all, by the words of the policy: (count, share) or None each."""
    rows = [*groups, (sum(cases for cases, _ in groups), sum(total for _, total in groups))]
    small = [any(0 < part < 5 for part in (cases, total, total - cases)) or 0 < cases == total for cases, total in rows]
    hidden = {place for place in range(len(groups)) if small[place]}
    waiting = sorted((cases == 0, total, place) for place, (cases, total) in enumerate(groups) if place not in hidden)
    while hidden and not (
        len(hidden) > 1
        and sum(groups[place][0] for place in hidden) >= 10
        and sum(groups[place][1] - groups[place][0] for place in hidden) >= 10
        and sum(groups[place][1] for place in hidden) - max(groups[place][1] for place in hidden) >= 5
    ):
        if not waiting:
            small[-1] = True
            break
        hidden.add(waiting.pop(0)[2])
    small = [place in hidden for place in range(len(groups))] + [small[-1]]
    shown = []
    for (cases, total), hidden in zip(rows, small, strict=True):
        share = float(np.round(cases / total, 2)) if total else None
        shown.append(None if hidden else (math.floor(cases / 5 + 0.5) * 5, share))
    return tuple(shown)


def as_shown(safe):
    return tuple(
        None if row["withheld"] else (row["numerator"], None if pd.isna(row["estimate"]) else row["estimate"])
        for row in safe.to_dict("records")
    )


two_arms = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15)), min_size=2, max_size=4)
groups_of_counts = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=2, max_size=3)


def released_of(groups):
    """What `release` shows, without the frames around it, so that all tables of given sizes can be gone through."""
    rows = [*groups, (sum(cases for cases, _ in groups), sum(total for _, total in groups))]
    sizes = tuple(float(total) for _, total in rows)
    nothing = (False,) * len(rows)
    one = Sum(members=tuple(range(len(groups))), total=(len(groups),), total_told=False)

    def small(place, count):
        others = sizes[place] - count
        return any(0 < part < 5 for part in (count, sizes[place], others)) or 0 < count == sizes[place]

    tables = Possibilities(Cells(sizes, nothing, nothing, (one,)), small, frozenset(), disclosure_policy("standard"))
    hidden = tables.settled(tuple(float(cases) for cases, _ in rows))
    return tuple(
        None
        if place in hidden
        else (math.floor(cases / 5 + 0.5) * 5, float(np.round(cases / total, 2)) if total else None)
        for place, (cases, total) in enumerate(rows)
    )


def pinned_of(sizes, release=released_of):
    """The small counts that somebody finds who knows the sizes and goes through all tables of them."""
    fits = {}
    for cases in product(*(range(size + 1) for size in sizes)):
        fits.setdefault(release(list(zip(cases, sizes, strict=True))), []).append(cases)
    return [
        (fits_one[0], place)
        for fits_one in fits.values()
        for place, size in enumerate(sizes)
        if len({cases[place] for cases in fits_one}) == 1
        and any(0 < part < 5 for part in (fits_one[0][place], size - fits_one[0][place], size))
    ]


def reached_from(groups, words):
    """The true counts and all that moves of 1 to 4 persons lead to, where the words of the policy hide the same."""
    sizes, free = [total for _, total in groups], words[-1] is None
    hidden = [place for place, _ in enumerate(groups) if words[place] is None]
    pairs = [(one, other) for one in hidden for other in ([*hidden, None] if free else hidden) if one != other]
    found = waiting = {tuple(cases for cases, _ in groups)}
    while waiting:
        beside = set()
        for cases, (one, other), step in product(waiting, pairs, (-4, -3, -2, -1, 1, 2, 3, 4)):
            moved = list(cases)
            moved[one] += step
            if other is not None:
                moved[other] -= step
            if all(0 <= count <= size for count, size in zip(moved, sizes, strict=True)):
                beside.add(tuple(moved))
        waiting = {
            cases
            for cases in beside - found
            if [cell is None for cell in naive(list(zip(cases, sizes, strict=True)))]
            == [cell is None for cell in words]
        }
        found = found | waiting
    return found


@given(drawn=groups_of_counts)
def test_release_agrees_with_the_words_of_the_policy(drawn):
    """What the sums ask for is withheld, and more just where a small count has no other; the rest is shown as it is."""
    groups = [(cases, cases + others) for cases, others in drawn]
    shown, words = as_shown(released(shares(groups)).estimates), naive(groups)
    assert shown == released_of(groups)
    assert all(cell is None or cell == word for cell, word in zip(shown, words, strict=True))
    possible = reached_from(groups, words)
    alone = [len({cases[place] for cases in possible}) == 1 for place, _ in enumerate(groups)]
    small = [
        any(0 < part < 5 for part in (cases, total, total - cases)) or 0 < cases == total for cases, total in groups
    ]
    pinned = any(first and second for first, second in zip(alone, small, strict=True))
    assert (shown != words) == (pinned and any(cell is not None for cell in words))


@settings(max_examples=8)
@given(sizes=st.lists(st.integers(1, 24), min_size=2, max_size=3).filter(lambda sizes: math.prod(sizes) <= 600))
def test_no_attacker_pins_a_small_count(sizes):
    """All tables of some group sizes are released: no small count is the only one that fits what is shown."""
    assert pinned_of(sizes) == []


@pytest.mark.parametrize("sizes", [(10, 14, 6), (12, 14, 6), (11, 20, 6), (16, 7, 19)])
def test_no_attacker_pins_a_small_count_in_sizes_that_sums_alone_do_not_protect(sizes):
    assert pinned_of(sizes) == []


def test_that_attacker_does_pin_counts_that_are_protected_by_their_sums_alone():
    """So the tests above are not passed by an attacker without teeth."""
    assert pinned_of((16, 7, 19), naive)


def test_the_persons_beside_the_largest_group_are_at_least_the_threshold():
    """The five persons of unit 0 are just enough to hide how many cases unit 1 has."""
    safe = released(shares([(3, 5), (20, 40), (30, 60)])).estimates
    assert safe["withheld"].tolist() == [True, True, False, False]
    safe = released(shares([(2, 4), (20, 40), (30, 60)])).estimates
    assert safe["withheld"].tolist() == [True, True, True, False]


def test_counts_that_are_as_large_as_small_counts_can_be_take_one_more_with_them():
    """Three withheld with 12 together could only be 4 each; with a fourth they may be 1, 4, 4 and three more there."""
    safe = released(shares([(4, 60), (4, 70), (4, 80), (12, 50), (20, 40)])).estimates
    assert safe["withheld"].tolist() == [True, True, True, False, True, False]


@given(drawn=two_arms, seed=st.integers(0, 99))
def test_moves_keep_every_sum(drawn, seed):
    """Of two arms, several levels and all: whatever may move, no known sum changes, and a total moves with its members."""
    width = len(drawn)
    down = [Sum((level, width + level), (2 * width + level,), total_told=False) for level in range(width)]
    across = [Sum(tuple(range(width * group, width * (group + 1))), (), total_told=True) for group in range(3)]
    size = 3 * width
    ways = Ways(Cells((50.0,) * size, (True,) * size, (False,) * size, (*down, *across)))
    rng = np.random.default_rng(seed)
    movable = frozenset(place for place in range(size) if rng.random() < 0.8)
    rings = [
        way for place in movable for step in (-1, 1) if (way := ways.ring((place, step), movable, lambda *_: True))
    ]
    for move in [*rings, *(move for place in movable for move in ways.short(place, movable))]:
        step = dict(move)
        assert len(step) == len(move)
        assert set(step) <= movable
        for one in (*down, *across):
            members = sum(step.get(place, 0) for place in one.members)
            assert members == sum(step.get(place, 0) for place in one.total)


def by_month(seed, wards=6, months=24):
    """Numerators and denominators of wards and of all, month by month; a ward's whole time is known from elsewhere."""
    rng = np.random.default_rng(seed)
    stays = rng.integers(15, 60, (wards, months))
    cases = rng.binomial(stays, 0.3)
    rows = [
        (f"ward {ward}", f"2024-{month:02d}", cases[ward, month], stays[ward, month])
        for ward, month in product(range(wards), range(months))
    ]
    rows += [("all", f"2024-{month:02d}", cases[:, month].sum(), stays[:, month].sum()) for month in range(months)]
    frame = pd.DataFrame(rows, columns=["group", "time", "numerator", "denominator"]).astype({"time": "string"})
    return frame.assign(measure="readmission_rate", estimate=frame["numerator"] / frame["denominator"])


def computed_by(frame, hidden):
    """The rows that equations alone give back: months add up to the whole time, wards to all; the rest is shown."""
    known = [
        np.where(frame[name].eq(value) & which, 1.0, 0.0)[hidden]
        for name, which in (("time", frame["group"].ne("all")), ("group", True))
        for value in frame[name].unique()
    ]
    equations = np.array(known)
    rank = np.linalg.matrix_rank(equations)
    cells = np.eye(hidden.sum())
    return [place for place, cell in zip(np.flatnonzero(hidden), cells, strict=True)
            if np.linalg.matrix_rank(np.vstack([equations, cell])) == rank]  # fmt: skip


def is_small(frame):
    return (frame["numerator"].between(1, 4) | (frame["denominator"] - frame["numerator"]).between(1, 4)).to_numpy()


@pytest.mark.parametrize("seed", [3, 6, 13, 18, 24])
def test_no_small_count_of_a_ward_and_month_is_the_rest_of_two_sums(seed):
    """Two withheld in each row and column are not enough: one may be left between two rings of them."""
    frame = by_month(seed)
    withheld = released(frame).estimates["withheld"].to_numpy(bool)
    assert withheld[is_small(frame)].all()
    assert not is_small(frame)[computed_by(frame, withheld)].any()
    assert withheld.sum() < len(frame) / 4


def test_sums_alone_do_leave_such_a_count():
    """So the test above is not passed by an attacker without teeth."""
    frame = by_month(18)
    withheld = with_complements(frame, pd.Series(is_small(frame)), disclosure_policy("standard"))
    assert is_small(frame)[computed_by(frame, withheld.to_numpy(bool))].any()


def two_rounds(started, stayed):
    """WHO-5 answers of persons at the start and of those who stayed."""
    rng = np.random.default_rng(started)
    level = rng.normal(2.5, 1.0, started)
    rounds = {"start": level, "one-year": level[:stayed] + rng.normal(0.5, 0.6, stayed)}
    parts = [
        pd.DataFrame(
            np.clip(np.round(values[:, None] + rng.normal(0, 0.7, (len(values), 5))), 0, 5).astype("int64"),
            columns=[f"who5_0{item}" for item in range(1, 6)],
        ).assign(person=[f"P{place}" for place in range(len(values))], round=name)
        for name, values in rounds.items()
    ]
    both = pd.concat(parts, ignore_index=True).astype({"person": "string"})
    return both.assign(round=pd.Categorical(both["round"], list(rounds), ordered=True))


def results_of(started, stayed, method="paired-t"):
    responses = two_rounds(started, stayed)
    compared = pe.compare_rounds(pe.score(responses, "who-5"), design="panel", method=method)
    return pe.attrition(responses), compared


def numbers_that_fit(rows):
    """Every number of persons that fits rows of one sample: what an attacker finds who knows scoring and formulas.

    The mean of whole scores must be a whole multiple of their unit over n; half an interval must be t times the
    standard deviation over the root of n; p must be that of the mean over its standard error.
    """
    return {
        n
        for n in range(10, 70)
        if all(_size_fits(row, n) and _mean_fits(row, n) and _spread_fits(row, n) for row in rows)
    }


def _size_fits(row, n):
    return pd.isna(row["n"]) or math.floor(n / 5 + 0.5) * 5 == row["n"]


def _mean_fits(row, n):
    unit = {"raw": 1, "score_0_100": 4}[row["scale"]]
    return abs(round(row["estimate"] * n / unit) * unit / n - row["estimate"]) <= row["step"] / 2 + 1e-9


def _spread_fits(row, n):
    quantile, half, slack = t.ppf(0.975, n - 1), (row["conf_high"] - row["conf_low"]) / 2, row["step"] / 2
    if not pd.isna(row["sd"]) and abs(quantile * row["sd"] / n**0.5 - half) > slack + quantile * row["slack"] / n**0.5:
        return False
    if pd.isna(row["p_value"]):
        return True
    low, high = (
        2 * t.sf(max((abs(row["estimate"]) + sign * slack) * quantile / (half - sign * slack), 0), n - 1)
        for sign in (1, -1)
    )
    return low <= row["p_value"] + row["p_step"] and high >= row["p_value"] - row["p_step"]


def dropouts_that_fit(frame):
    rows = frame[frame["measure"].isin(["mean", "mean_change"])].to_dict("records")
    parts = [[row for row in rows if row["round"] == label] for label in ("start", "one-year")]
    pairs = product(*(numbers_that_fit(part) for part in parts))
    return {started - stayed for started, stayed in pairs if 0 < started - stayed < 5}


DROPOUTS = [(started, few) for started in (14, 19, 22, 33, 42, 58) for few in (1, 2, 3, 4)]
STEPS = np.array([digit * 10.0**power for power in range(-4, 3) for digit in (1, 2, 5)])


@pytest.mark.parametrize(("started", "few"), DROPOUTS)
def test_no_attacker_finds_a_withheld_dropout_in_the_means(started, few):
    """Not even one who knows every standard deviation exactly, and the step to which each row was rounded."""
    results = results_of(started, started - few)
    counts, means = (safe.estimates for safe in pe.release(results))
    assert counts.loc[counts["measure"] == "retained", "withheld"].all()
    assert not {"sd", "flag", "std_error", "df", "statistic"} & set(means.columns)
    exact = results[1].estimates
    step = [STEPS[error / 2 >= STEPS].max() for error in exact["std_error"]]
    known = means.assign(step=step, sd=exact["std_error"] * exact["n"] ** 0.5, slack=0.0, p_step=0.01)
    found = dropouts_that_fit(known)
    assert few in found
    assert len(found) > 1


def test_that_attacker_does_find_it_in_numbers_of_two_decimals():
    """So the test above is not passed by an attacker without teeth."""
    pinned = 0
    for started, few in DROPOUTS:
        exact = results_of(started, started - few)[1].estimates
        numbers = ["estimate", "conf_low", "conf_high", "sd"]
        rounded = exact.assign(**exact[numbers].round(2), n=np.floor(exact["n"] / 5 + 0.5) * 5)
        pinned += dropouts_that_fit(rounded.assign(step=0.01, slack=0.005, p_step=0.00005)) == {few}
    assert pinned > len(DROPOUTS) / 2


def test_changes_tested_by_sign_flips_are_rounded_like_the_means_of_their_scale():
    _, flipped = results_of(30, 27, method="sign-flip")
    [safe] = pe.release(flipped)
    rows = safe.estimates.query("scale == 'score_0_100'").set_index(["measure", "round"])
    assert not rows["withheld"].any()
    assert rows.loc[("mean_change", "one-year"), "estimate"] % 1 == 0


def test_released_reliabilities_tell_no_count(region):
    result = pe.reliability(region.responses, "who-5", retest=("start", "half-year"))
    [safe] = pe.release(result)
    found = safe.to_frame()
    coefficients = found[~found["measure"].isin(["floor", "ceiling"])]
    assert coefficients.get(["conf_low", "conf_high"], pd.DataFrame()).isna().all(axis=None)
    assert coefficients.loc[coefficients["measure"].isin(["lowest_code", "highest_code"]), "withheld"].all()
    alpha = found[(found["measure"] == "alpha")]
    exact = result.estimates[result.estimates["measure"] == "alpha"]
    assert alpha["estimate"].tolist() == exact["estimate"].round(2).tolist()
    assert (alpha["n"] % 5 == 0).all()
    assert "flag" not in coefficients or coefficients["flag"].isna().all()


def test_a_reliability_of_few_is_withheld(region):
    few = region.responses[region.responses["round"] == "start"].head(9)
    [safe] = pe.release(pe.reliability(few, "who-5"))
    found = safe.to_frame()
    coefficients = found[~found["measure"].isin(["floor", "ceiling"]) & (found["n"].notna() | found["withheld"])]
    assert coefficients["withheld"].all()
    assert coefficients["estimate"].isna().all()


def levels(arms):
    """Rows of one characteristic: how many of each arm are in each level, and of all."""
    together = [sum(counts) for counts in zip(*arms, strict=True)]
    rows = [
        {"outcome": "kind", "term": f"level {place}", "group": group, "numerator": count, "denominator": sum(counts)}
        for group, counts in (*((f"arm {place}", counts) for place, counts in enumerate(arms)), ("all", together))
        for place, count in enumerate(counts)
    ]
    frame = pd.DataFrame(rows).assign(measure="level", round="start")
    return frame.assign(estimate=frame["numerator"] / frame["denominator"])


def naive_levels(arms):
    """What may be shown of the levels of arms and of all, by the words of the policy: a rounded count, or None."""
    groups = [*arms, tuple(sum(counts) for counts in zip(*arms, strict=True))]
    hidden = [
        [any(0 < part < 5 for part in (count, sum(counts), sum(counts) - count)) or 0 < count == sum(counts)
         for count in counts]
        for counts in groups
    ]  # fmt: skip
    width, last = len(arms[0]), len(groups) - 1
    down = [([(group, level) for group in range(last)], [(last, level)]) for level in range(width)]
    # the group called all comes first in the alphabet
    across = [([(group, level) for level in range(width)], []) for group in (last, *range(last))]
    before = None
    while before != hidden:
        before = [list(each) for each in hidden]
        for members, total in (*down, *across):
            taken = [cell for cell in members if hidden[cell[0]][cell[1]]]
            left = sorted((cell for cell in members if cell not in taken), key=lambda cell: _order(groups, cell))
            while taken and not (
                len(taken) > 1
                and sum(groups[group][level] for group, level in taken) >= 10
                and sum(sum(groups[group]) for group, _ in taken) - max(sum(groups[group]) for group, _ in taken) >= 5
            ):
                if not left:
                    taken = [*members, *total]
                    break
                taken.append(left.pop(0))
            for group, level in taken:
                hidden[group][level] = True
    return tuple(
        tuple(None if gone else math.floor(count / 5 + 0.5) * 5 for count, gone in zip(counts, flags, strict=True))
        for counts, flags in zip(groups, hidden, strict=True)
    )


def _order(groups, cell):
    return groups[cell[0]][cell[1]] or math.inf


@given(drawn=two_arms)
def test_levels_are_released_by_the_words_of_the_policy(drawn):
    """What the sums ask for is withheld, and more only where a count would be pinned; the rest is shown as it is."""
    frame = levels(list(zip(*drawn, strict=True)))
    safe = released(frame, kind="baseline").estimates
    assert safe["estimate"].isna().all()
    words = [cell for group in naive_levels(list(zip(*drawn, strict=True))) for cell in group]
    few = is_small(frame) | (frame["numerator"].eq(frame["denominator"]) & frame["numerator"].gt(0))
    few |= frame["denominator"].between(1, 4)
    for_sums = with_complements(frame, few, disclosure_policy("standard"))
    assert for_sums.tolist() == [cell is None for cell in words]
    assert safe.loc[for_sums, "withheld"].all()
    shown = safe[~safe["withheld"]]
    assert shown["numerator"].tolist() == [words[place] for place in shown.index]


def tables_that_fit(sizes, release):
    """All ways to divide arms of known sizes over three levels, together as they are released, each as an array."""
    ways = [[(a, b, size - a - b) for a in range(size + 1) for b in range(size + 1 - a)] for size in sizes]
    fits = {}
    for arms in product(*ways):
        fits.setdefault(release(arms), []).append(arms)
    return [np.array(tables) for tables in fits.values()]


@pytest.mark.parametrize("sizes", [(14, 13), (19, 12), (30, 9)])
def test_no_attacker_pins_a_small_level(sizes):
    """By what sums ask for, a count of 1 to 4 is never the only one that fits."""
    for cells in tables_that_fit(sizes, naive_levels):
        alone = (cells == cells[0]).all(axis=0)
        assert not (alone & (cells > 0) & (cells < 5)).any()


def released_levels(arms):
    """What `release` shows of levels, without the frames around it: rounded counts."""
    groups = [*arms, tuple(sum(counts) for counts in zip(*arms, strict=True))]
    counts = tuple(float(count) for group in groups for count in group)
    sizes = tuple(float(sum(group)) for group in groups for _ in group)
    width, last = len(arms[0]), len(arms)
    down = [Sum(tuple(range(level, width * last, width)), (width * last + level,), total_told=False)
            for level in range(width)]  # fmt: skip
    across = [
        Sum(tuple(range(width * group, width * (group + 1))), (), total_told=True) for group in (last, *range(last))
    ]

    def small(place, count):
        others = sizes[place] - count
        return any(0 < part < 5 for part in (count, sizes[place], others)) or 0 < count == sizes[place]

    cells = Cells(sizes, (True,) * len(sizes), (False,) * len(sizes), (*down, *across))
    hidden = Possibilities(cells, small, frozenset(), disclosure_policy("standard")).settled(counts)
    return tuple(None if place in hidden else math.floor(count / 5 + 0.5) * 5 for place, count in enumerate(counts))


@given(drawn=two_arms)
def test_levels_are_gone_through_as_they_are_released(drawn):
    arms = list(zip(*drawn, strict=True))
    safe = released(levels(arms), kind="baseline").estimates
    shown = [None if row["withheld"] else row["numerator"] for row in safe.to_dict("records")]
    assert shown == list(released_levels(arms))


@pytest.mark.parametrize("sizes", [(8, 7), (11, 5)])
def test_no_attacker_pins_a_small_level_who_runs_the_policy(sizes):
    """No count that is withheld for itself, nor one of all but a few, is the only one that fits."""
    for cells in tables_that_fit(sizes, released_levels):
        others = np.array(sizes)[:, None] - cells
        alone = (cells == cells[0]).all(axis=0)
        assert not (alone & (cells > 0) & ((cells < 5) | (others < 5))).any()


def test_the_distance_of_arms_leaves_only_with_all_levels():
    def with_distance(arms):
        apart = {"measure": "standardised_difference_of_levels", "outcome": "kind", "round": "start",
                 "contrast": "arm 0 - arm 1", "estimate": 0.3337, "std_error": 0.14, "n": 200}  # fmt: skip
        return released(pd.concat([levels(arms), pd.DataFrame([apart])], ignore_index=True), kind="baseline").estimates

    shown = with_distance([(60, 40), (40, 60)]).iloc[-1]
    assert (shown["estimate"], shown["withheld"]) == (0.35, False)
    hidden = with_distance([(97, 3), (80, 20)]).iloc[-1]
    assert hidden["withheld"]
    assert pd.isna(hidden["estimate"])


def quantiles_of(values):
    frame = pd.DataFrame({"person": [f"p{place}" for place in range(len(values))], "value": values})
    frame["round"] = pd.Categorical(["start"] * len(frame), ordered=True)
    return pe.baseline_table(frame.astype({"person": "string"}), columns=["value"])


@given(values=st.lists(st.integers(0, 25), min_size=20, max_size=80))
@settings(max_examples=30)
def test_quantiles_of_whole_scores_tell_no_remainder_of_the_number_of_persons(values):
    """A quartile ending in .25 or .75 tells the number of persons but for a multiple of four."""
    found = quantiles_of([float(value) for value in values])
    [safe] = pe.release(found)
    rows = safe.estimates[safe.estimates["measure"].isin(["quartile_1", "median", "quartile_3"])]
    assert not {"sd", "spacing", "flag"} & set(safe.estimates.columns)
    shown = rows.loc[~rows["withheld"], "estimate"]
    assert (shown % 1 == 0).all()
    assert rows["withheld"].all() or len(set(values)) > 1


def test_that_remainder_is_in_exact_quartiles():
    """So the test above is not passed by quartiles that tell nothing."""
    low = [quantiles_of([float(value) for value in range(size)]).estimates.query("measure == 'quartile_1'")["estimate"].iloc[0] % 1
           for size in (21, 22, 23, 24)]  # fmt: skip
    assert low == [0.0, 0.25, 0.5, 0.75]


@pytest.mark.parametrize(("size", "withheld"), [(9, [True] * 3), (19, [True, False, True]), (20, [False] * 3)])
def test_quantiles_need_persons_on_either_side(size, withheld):
    [safe] = pe.release(quantiles_of(list(range(size))))
    rows = safe.estimates[safe.estimates["measure"].isin(["quartile_1", "median", "quartile_3"])]
    assert rows["withheld"].tolist() == withheld
    assert rows.loc[rows["withheld"], ["estimate", "n"]].isna().all(axis=None)


def test_reasons_for_being_lost_add_up_like_levels():
    rows = [("died", 2), ("left_programme", 12), ("reason_unknown", 30)]
    frame = pd.DataFrame(rows, columns=["term", "numerator"]).assign(
        measure="lost", group="all", round="one-year", denominator=120
    )
    safe = released(frame.assign(estimate=frame["numerator"] / 120), kind="attrition").estimates
    assert safe["withheld"].tolist() == [True, True, False]
    assert safe["estimate"].isna().all()


def followed(source, patterns, invited):
    """Rows as `attrition` gives them, of persons counted by the rounds they answered, such as ``"101"``."""
    width = len(next(iter(patterns)))
    in_round = [sum(n for name, n in patterns.items() if name[place] == "1") for place in range(width)]
    kept = [sum(n for name, n in patterns.items() if name[0] == name[place] == "1") for place in range(1, width)]
    rows = [
        *(("answered", f"round {place}", "", n, invited) for place, n in enumerate(in_round)),
        *(("retained", f"round {place}", "", n, in_round[0]) for place, n in enumerate(kept, start=1)),
        *(("pattern", pd.NA, name, n, sum(patterns.values())) for name, n in patterns.items()),
    ]
    frame = pd.DataFrame(rows, columns=["measure", "round", "term", "numerator", "denominator"])
    share = frame["numerator"] / frame["denominator"].where(frame["denominator"] > 0)
    return frame.assign(source=source, group="all", estimate=share)


def least_ways_that_fit(names, counts):
    """How many values a count of 1 to 4 may have, at the least, for one who sees what is released of each table."""
    tables = [dict(zip(names, each, strict=True)) for each in counts]
    frames = [followed(f"{place:05}", table, 40) for place, table in enumerate(tables)]
    safe = released(pd.concat(frames, ignore_index=True), kind="attrition", columns={"source": ""}).estimates
    seen = ["measure", "round", "term", "estimate", "numerator", "denominator", "withheld"]
    fits = {}
    for (_, part), table in zip(safe.groupby("source"), tables, strict=True):
        fits.setdefault(part[seen].to_csv(index=False), []).append(table)
    return min(
        len({way[name] for way in ways})
        for ways in fits.values()
        for way in ways
        for name in names
        if 0 < way[name] < 5
    )


def test_no_attacker_finds_a_withheld_pattern_in_those_who_stayed():
    counts = ((s, s - lost, came) for s in (21, 24) for lost in range(7) for came in range(7))
    assert least_ways_that_fit(("11", "10", "01"), [(both, s - both, came) for s, both, came in counts]) > 1
    # all tables with 40 at the start, of whom 22 and 20 were retained
    three_rounds = [(both, 22 - both, 20 - both, both - 2) for both in range(2, 21)]
    assert least_ways_that_fit(("111", "110", "101", "100"), three_rounds) > 1


@pytest.mark.parametrize("few", [1, 2, 3, 4])
def test_a_pattern_is_not_what_retention_leaves_of_the_others(few):
    """20 answered all rounds and few all but the last: the shares retained differ by just those few."""
    safe = released(followed("", {"111": 20, "110": few, "101": 0, "100": 18}, 60).drop(columns="source")).estimates
    assert safe.loc[safe["measure"] == "pattern", ["numerator", "denominator", "estimate"]].isna().all(axis=None)
    assert safe.loc[safe["measure"] == "retained", "estimate"].notna().all()


def test_few_who_came_later_are_not_the_response_less_those_retained():
    safe = released(followed("", {"11": 30, "10": 8, "01": 2}, 60).drop(columns="source")).estimates
    answered = safe[safe["measure"] == "answered"]
    assert answered["numerator"].tolist() == [40.0, 30.0]
    assert answered["estimate"].isna().tolist() == [False, True]
    assert safe.loc[safe["measure"] == "retained", "withheld"].all()


def linkage_of(source, linked, exact, alone, ambiguous, later):
    """Rows as `linkage_summary` gives them, of two rounds; `later` answers of the last found no match."""
    answers = {"start": linked + alone + ambiguous, "end": linked + later}
    ways = {"linked_exact": exact, "linked_one_part": linked - exact}
    unlinked = {"start": {"no_match": alone, "ambiguous_code": ambiguous}, "end": {"no_match": later}}
    rows = [
        *(("linked_share", "start + end", name, linked, n) for name, n in answers.items()),
        ("exact_share", "start + end", pd.NA, exact, linked),
        ("false_link_rate", "start + end", pd.NA, np.nan, linked),
        *(
            ("link_status", way, name, n, answers[name])
            for name in answers
            for way, n in (ways | unlinked[name]).items()
            if n
        ),
    ]
    frame = pd.DataFrame(rows, columns=["measure", "term", "round", "numerator", "denominator"])
    return frame.assign(source=source, group="all", estimate=frame["numerator"] / frame["denominator"])


def seen_of_links(tables):
    """What is released of each table, as one text."""
    if len(tables) > 10:
        return [*seen_of_links(tables[:10]), *seen_of_links(tables[10:])]
    frames = [linkage_of(f"{place:03}", **table) for place, table in enumerate(tables)]
    safe = released(pd.concat(frames, ignore_index=True), kind="linkage", columns={"source": ""}).estimates
    names = ["measure", "term", "round", "estimate", "numerator", "denominator", "withheld"]
    return [part[names].to_csv(index=False) for _, part in safe.groupby("source")]


LINKS = {"linked": 30, "exact": 20, "alone": 12, "ambiguous": 0, "later": 12}


@pytest.mark.parametrize(
    "ways",
    [
        [{"exact": 30 - few} for few in (1, 2, 3, 4)],
        [{"alone": 12 - few, "ambiguous": few} for few in (1, 2)],
        [{"alone": 16 - few, "ambiguous": few} for few in (1, 2, 3, 4)],
    ],
)
def test_few_answers_linked_in_one_way_look_alike_however_many_they_are(ways):
    assert len(set(seen_of_links([LINKS | way for way in ways]))) == 1


def test_few_answers_that_found_no_match_are_not_all_answers_less_the_links():
    """The links of two rounds are counted in both: what is left of the one would tell what is withheld in the other."""
    counts = ((linked, alone, few) for linked in range(29, 32) for alone in (12, 14) for few in (1, 2, 3, 4))
    tables = [LINKS | dict(zip(("linked", "alone", "later"), each, strict=True)) for each in counts]
    fits = {}
    for text, table in zip(seen_of_links(tables), tables, strict=True):
        fits.setdefault(text, set()).add(table["later"])
    assert min(map(len, fits.values())) > 1
    one = released(linkage_of("", **LINKS | {"later": 3}).drop(columns="source"), kind="linkage").estimates
    links = one["measure"] != "false_link_rate"
    assert one.loc[links, "withheld"].all()
    assert one.loc[links, ["estimate", "numerator"]].isna().all(axis=None)
    assert one.loc[one["measure"] == "false_link_rate", "denominator"].isna().all()


def test_links_that_are_many_are_released_as_rounded_counts():
    safe = released(linkage_of("", **LINKS).drop(columns="source"), kind="linkage").estimates
    assert not safe["withheld"].any()
    ways = safe[safe["measure"] == "link_status"]
    assert ways["estimate"].isna().all()
    assert ways["numerator"].tolist() == [20.0, 10.0, 10.0, 20.0, 10.0, 10.0]
    assert safe["estimate"].dropna().tolist() == [0.71, 0.71, 0.67]


def yes_no(start, later):
    """Scores of 40 persons on a question that is answered 0 or 1, of whom so many said 1 in each round."""
    frames = [
        pd.DataFrame({"person": [f"P{place:02}" for place in range(40)], "score": [1.0] * ones + [0.0] * (40 - ones)})
        .assign(round=name)
        for name, ones in (("start", start), ("one-year", later))
    ]  # fmt: skip
    both = pd.concat(frames, ignore_index=True).assign(
        instrument="local", scale="local", instrument_version="1", reason="", n_answered=1, n_items=1
    )
    both["round"] = pd.Categorical(both["round"], ["start", "one-year"], ordered=True)
    return both.astype(dict.fromkeys(["person", "instrument", "instrument_version", "scale", "reason"], "string"))


def test_no_attacker_pins_who_said_yes_in_a_mean():
    """All numbers of yes in the first round: few are withheld with all of their scale, the others never the only fit."""
    seen = {}
    for start in range(41):
        found = pe.compare_rounds(yes_no(start, 20), design="panel", method="paired-t")
        safe = released(found.estimates, kind="rounds", columns=dict(found.columns)).estimates
        assert "two_valued" not in safe
        if min(start, 40 - start) < 5 and start not in (0, 40):
            assert safe["withheld"].all()
        mean = safe[(safe["measure"] == "mean") & (safe["round"] == "start")].iloc[0]
        shown = None if mean["withheld"] else (mean["estimate"], mean["n"])
        seen.setdefault(shown, []).append(start)
    assert min(map(len, seen.values())) > 1


@pytest.mark.parametrize("few", [1, 2, 3, 4])
def test_a_number_of_two_values_in_table_1_is_a_share(few):
    safe = pe.release(quantiles_of([1.0] * few + [2.0] * (40 - few)))[0].estimates
    assert safe.loc[safe["measure"] == "mean", "withheld"].all()


def test_two_valued_means_of_those_who_stayed_and_left_are_withheld_where_few_have_one_value():
    people = [f"p{number}" for number in range(60)]
    start = pd.DataFrame({"person": people, "round": "start", "lives_alone": [1.0] * 3 + [0.0] * 57, "who5_01": 1})
    later = start.tail(40).assign(round="later")
    rounds = pd.CategoricalDtype(["start", "later"], ordered=True)
    responses = pd.concat([start, later], ignore_index=True).astype({"round": rounds})
    exact = pe.attrition(responses, baseline=["lives_alone"])
    assert exact.estimates.query("term == 'left'")["two_valued"].tolist() == [3]
    [safe] = pe.release(exact)
    compared = safe.to_frame().query("outcome == 'lives_alone'")
    assert compared["withheld"].all()
    assert compared["estimate"].isna().all()
