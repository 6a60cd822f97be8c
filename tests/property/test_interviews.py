"""Interviews: counts are those of a loop over sets, whatever the table; a codebook survives writing and reading."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import peereval as pe
from peereval.interviews.codebook import Code, CodeSet

ROLES = {"i1": "patient", "i2": "patient", "i3": "staff", "i4": "peer", "i5": None}


@st.composite
def coded(draw):
    """Codings of up to five informants, some rows without an informant, in any order."""
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from([*ROLES, None]), st.sampled_from(["hope", "time", "trust"]),
                st.sampled_from(["reported", "contradicted", None]), st.sampled_from(["benefit", "challenge", None]),
                st.sampled_from(["s1", "s2", "s3", None]),
            ),
            min_size=1, max_size=25,
        )
    )  # fmt: skip
    frame = pd.DataFrame(rows, columns=["informant", "theme", "answer", "kind", "statement_id"]).astype("string")
    return frame.assign(role=frame["informant"].map(ROLES).astype("string"))


@given(coded())
@settings(max_examples=30)
def test_a_matrix_counts_the_sets_of_informants(codings):
    known = codings[codings["informant"].notna() & codings["role"].notna()]
    if not codings["informant"].notna().any():
        return
    found = pe.theme_matrix(codings)
    for row in found.estimates.itertuples():
        contradicts = row.measure == "informants_contradicting"
        naive = {
            each.informant
            for each in known.fillna("").itertuples()
            if each.theme == row.term
            and each.kind == row.kind
            and (each.answer == "contradicted") == contradicts
            and row.group in (each.role, "all")
        }
        assert row.numerator == len(naive)
    left_out = found.exclusions.get("informant_missing", 0) + found.exclusions.get("group_missing", 0)
    assert left_out + len(known) == len(codings)


@given(coded(), st.permutations(range(25)))
@settings(max_examples=20)
def test_the_order_of_rows_changes_no_count(codings, order):
    shuffled = codings.iloc[[place for place in order if place < len(codings)]].reset_index(drop=True)
    keys = ["term", "kind", "group"]
    if codings["informant"].notna().any():
        keys += ["measure"]
    one, other = (
        pe.theme_matrix(frame).estimates.sort_values(keys).reset_index(drop=True) for frame in (codings, shuffled)
    )
    columns = [name for name in (*keys, "numerator", "answer") if name in one]
    pd.testing.assert_frame_equal(one[columns], other[columns])


@given(coded())
@settings(max_examples=20)
def test_new_themes_add_up_to_all_themes(codings):
    known = codings[codings["informant"].notna()]
    if known.empty:
        return
    found = pe.saturation(codings, permutations=100).estimates
    new, so_far = (found.loc[found["measure"] == name, "estimate"] for name in ("new_themes", "themes"))
    assert new.sum() == so_far.iloc[-1] == known["theme"].nunique()
    assert len(new) == known["informant"].nunique()
    expected = found.loc[found["measure"] == "themes", "expected"]
    assert (np.diff(expected) >= -1e-12).all()
    # the mean of the first interview over all orders is the mean number of themes of an informant, within its error
    first = known.groupby("informant")["theme"].nunique()
    assert abs(expected.iloc[0] - first.mean()) <= 5 * first.std(ddof=0) / 10 + 1e-9


@given(coded(), st.sampled_from(["statement", "informant"]))
@settings(max_examples=30)
def test_pairs_of_themes_are_counted_as_sets(codings, on):
    if not codings["informant"].notna().any():
        return
    unit = {"statement": "statement_id", "informant": "informant"}[on]
    sets = {theme: set(part[unit].dropna()) for theme, part in codings.groupby("theme")}
    for row in pe.co_occurrence(codings, on=on).estimates.itertuples():
        assert row.numerator == len(sets[row.term] & sets[row.other])
        assert row.denominator == len(sets[row.term] | sets[row.other])


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t\r<>&\"'"),
    min_size=1,
    max_size=12,
)


@st.composite
def codebooks(draw):
    """Nested codes with any names, and a set of some of them."""
    number = iter(range(1000))

    def code(depth):
        guid = f"00000000-0000-4000-8000-{next(number):012d}"
        under = tuple(code(depth + 1) for _ in range(draw(st.integers(0, 2)))) if depth < 2 else ()
        colour, told = draw(st.sampled_from([None, "#46AA00"])), draw(st.none() | st.just("") | TEXT)
        return Code(guid, draw(TEXT), codable=draw(st.booleans()), colour=colour, description=told, codes=under)

    codes = tuple(code(0) for _ in range(draw(st.integers(1, 3))))
    return pe.Codebook(
        codes,
        (CodeSet("00000000-0000-4000-8000-999999999999", draw(TEXT), None, (codes[0].guid,)),),
        draw(st.none() | TEXT),
    )


@given(codebooks())
@settings(max_examples=40)
def test_a_codebook_survives_writing_and_reading(book):
    with tempfile.TemporaryDirectory() as folder:
        assert pe.read_codebook(pe.write_codebook(book, Path(folder) / "codes.qdc")) == book
