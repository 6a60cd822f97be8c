"""Episodes and index stays against a second, plain implementation: one contact after another."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import peereval as pe

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")
START = datetime(2020, 2, 20)
END = datetime(2020, 6, 1)

# half hours, so that gaps of exactly the limit, ties and touching contacts are common
half_hours = st.integers(0, 2 * 24 * 60)
contact = st.fixed_dictionaries(
    {
        "person": st.sampled_from(["a", "b"]),
        "start": half_hours,
        "length": st.one_of(st.none(), st.integers(0, 2 * 24 * 8)),
        "acute": st.booleans(),
        "specialty": st.sampled_from(["psychiatric", "psychiatric", "somatic"]),
        "unit": st.sampled_from(["W1", "W2", "W3"]),
    }
)


def as_frame(drawn):
    admitted = [START + timedelta(minutes=30 * row["start"]) for row in drawn]
    discharged = [
        None if row["length"] is None else begin + timedelta(minutes=30 * row["length"])
        for row, begin in zip(drawn, admitted, strict=True)
    ]
    frame = pd.DataFrame({"person": [row["person"] for row in drawn], "admitted": admitted, "discharged": discharged})
    frame = frame.astype({"admitted": "datetime64[us]", "discharged": "datetime64[us]"})
    for name in ("acute", "specialty", "unit"):
        frame[name] = [row[name] for row in drawn]
    return frame


def naive_stays(frame, apart):
    """Walk through each person's contacts in order of admission and collect those that belong together."""
    stays = []
    for person, mine in frame.groupby("person"):
        ordered = sorted(mine.to_dict("records"), key=lambda row: row["admitted"])
        here = None
        for row in ordered:
            end = datetime.max if pd.isna(row["discharged"]) else row["discharged"].to_pydatetime()
            if here is None or apart(here["end"], row["admitted"].to_pydatetime()):
                here = {"person": person, "admitted": row["admitted"].to_pydatetime(), "end": end, "contacts": [row]}
                stays.append(here)
            else:
                here["end"] = max(here["end"], end)
                here["contacts"].append(row)
    return stays


def naive_hours(hours):
    return lambda end, begin: end != datetime.max and begin > end + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("joining", "apart"),
    [
        (0, naive_hours(0)),
        (4, naive_hours(4)),
        ("dk-30", naive_hours(4)),
        (12, naive_hours(12)),
        ("same-day", lambda end, begin: end != datetime.max and begin.date() > end.date()),
    ],
    ids=["0-hours", "4-hours", "dk-30", "12-hours", "same-day"],
)
@given(drawn=st.lists(contact, min_size=1, max_size=20))
@settings(max_examples=8)
def test_episodes_agree_with_the_naive_walk(joining, apart, drawn):
    frame = as_frame(drawn)
    found = pe.episodes(frame, joining=joining)
    expected = naive_stays(frame, apart)
    assert len(found) == len(expected)
    for row, stay in zip(
        found.to_dict("records"), sorted(expected, key=lambda each: (each["person"], each["admitted"])), strict=True
    ):
        assert (row["person"], row["admitted"], row["n_contacts"]) == (
            stay["person"],
            stay["admitted"],
            len(stay["contacts"]),
        )
        assert pd.isna(row["discharged"]) if stay["end"] == datetime.max else row["discharged"] == stay["end"]
        firsts = [each for each in stay["contacts"] if each["admitted"] == stay["admitted"]]
        assert row["acute"] in {each["acute"] for each in firsts}
        lasts = [each for each in stay["contacts"] if _end(each) == stay["end"]]
        assert row["unit"] in {each["unit"] for each in lasts}


def _end(row):
    return datetime.max if pd.isna(row["discharged"]) else row["discharged"].to_pydatetime()


def naive_readmitted(stay, later):
    """The first later stay that counts, and whether it began within 30 days of the discharge."""
    for other in sorted(later, key=lambda each: each["admitted"]):
        long_enough = other["end"] == datetime.max or other["end"] - other["admitted"] >= timedelta(hours=12)
        if long_enough and other["acute"] and other["specialty"] == "psychiatric" and other["admitted"] <= END:
            return other["admitted"], other["admitted"] <= stay["end"] + timedelta(days=30)
    return None, False


@given(drawn=st.lists(contact, min_size=1, max_size=9, unique_by=lambda row: (row["person"], row["start"])))
@settings(max_examples=8)
def test_index_stays_agree_with_the_naive_rule(drawn):
    frame = as_frame(drawn)
    found = pe.readmissions(frame, definition="dk-30", followup_end=END)
    stays = naive_stays(frame, naive_hours(4))
    for stay in stays:
        stay |= {name: stay["contacts"][0][name] for name in ("acute", "specialty")}
    stays.sort(key=lambda each: (each["person"], each["admitted"]))
    for row, stay in zip(found.to_dict("records"), stays, strict=True):
        if stay["end"] == datetime.max or stay["end"] > END:
            expected = "still_admitted"
        elif stay["end"] - stay["admitted"] < timedelta(hours=12):
            expected = "stay_too_short"
        elif stay["specialty"] != "psychiatric":
            expected = "not_psychiatric"
        else:
            expected = "followup_too_short" if stay["end"] + timedelta(days=30) > END else None
        assert (None if pd.isna(row["reason"]) else row["reason"]) == expected
        assert row["eligible"] == (expected is None)
        if expected not in (None, "followup_too_short"):
            assert pd.isna(row["readmitted"])
            continue
        later = [other for other in stays if other["person"] == stay["person"] and other["admitted"] > stay["admitted"]]
        when, within = naive_readmitted(stay, later)
        assert row["event"] == ("censored" if when is None else "readmitted")
        if when is not None:
            assert row["days_to_readmission"] == pytest.approx((when - stay["end"]).total_seconds() / 86400)
        assert (pd.isna(row["readmitted"]) and expected) or bool(row["readmitted"]) == within


def naive_curve(stays):
    """Day after day: who is still in hospital-free follow-up, and who comes back on that day."""
    first = {}
    for row in stays.to_dict("records"):
        if not pd.isna(row["followup_days"]):
            first.setdefault(row["person"], row)
    lives = [(math.floor(row["followup_days"]), row["days_to_readmission"]) for row in first.values()]
    left = [through if pd.isna(back) or back > through else math.ceil(back) for through, back in lives]
    share, curve = 1.0, {}
    for day in range(max(left, default=-1) + 1):
        n = sum(end >= day for end in left)
        events = sum(not pd.isna(back) and math.ceil(back) == day <= through for through, back in lives)
        share *= 1 - events / n
        curve[day] = (share, n, events)
    return curve


# half hours of follow-up, and how long before its end the person came back
life = st.tuples(st.integers(0, 2 * 24 * 6), st.one_of(st.none(), st.integers(0, 2 * 24 * 2)))


def as_stays(lives):
    followed = [through / 48 for through, _ in lives]
    back = [None if before is None or before > through else (through - before) / 48 for through, before in lives]
    return pd.DataFrame(
        {
            "person": [f"p{number}" for number in range(len(lives))],
            "episode": 1,
            "admitted": pd.Series([START] * len(lives)).astype("datetime64[us]"),
            "discharged": pd.Series([START] * len(lives)).astype("datetime64[us]"),
            "n_contacts": 1,
            "definition": "dk-30",
            "followup_end": (pd.Timestamp(START) + pd.to_timedelta(followed, unit="D")).as_unit("us"),
            "eligible": True,
            "reason": None,
            "readmitted": True,
            "days_to_readmission": pd.array(back, dtype="Float64"),
            "followup_days": followed,
            "event": ["censored" if days is None else "readmitted" for days in back],
        }
    )


@given(lives=st.lists(life, min_size=1, max_size=8))
@settings(max_examples=8)
def test_the_curve_agrees_with_the_naive_one(lives):
    stays = as_stays(lives)
    found = pe.time_to_readmission(stays, horizon=200).estimates
    expected = naive_curve(stays)
    assert found.empty == (not expected)
    for row in found.to_dict("records"):
        share, n, events = expected[row["time"]]
        assert (row["estimate"], row["n"], row["n_events"]) == (pytest.approx(share), n, events)
    assert found["n_events"].sum() == sum(events for _, _, events in expected.values())


@given(drawn=st.lists(contact, min_size=1, max_size=8), order=st.randoms())
@settings(max_examples=8)
def test_the_order_of_the_rows_does_not_matter(drawn, order):
    frame = as_frame(drawn)
    shuffled = frame.sample(frac=1.0, random_state=order.randrange(2**32))
    columns = ["person", "episode", "admitted", "discharged", "n_contacts", "acute", "specialty", "unit"]
    chosen = {"acute": "any", "unit": "longest"}
    first, second = (pe.episodes(each, joining=4, choose=chosen)[columns] for each in (frame, shuffled))
    pd.testing.assert_frame_equal(first, second)
