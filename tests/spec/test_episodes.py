"""Episodes: small tables of contacts in, stays out, for each rule of joining."""

from __future__ import annotations

import pytest

import peereval as pe
from peereval.errors import InvalidValueError

SPECS = {
    "contacts that touch, overlap or nest are one stay": (
        0,
        """
        person | admitted         | discharged       | unit
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | W1
        a      | 2020-03-05 10:00 | 2020-03-07 10:00 | W2
        b      | 2020-03-01 10:00 | 2020-03-05 10:00 | W1
        b      | 2020-03-04 10:00 | 2020-03-06 10:00 | W2
        c      | 2020-03-01 10:00 | 2020-03-09 10:00 | W1
        c      | 2020-03-02 10:00 | 2020-03-03 10:00 | W2
        """,
        """
        person | episode | admitted         | discharged       | n_contacts | unit
        a      | 1       | 2020-03-01 10:00 | 2020-03-07 10:00 | 2          | W2
        b      | 1       | 2020-03-01 10:00 | 2020-03-06 10:00 | 2          | W2
        c      | 1       | 2020-03-01 10:00 | 2020-03-09 10:00 | 2          | W1
        """,
    ),
    "a gap of exactly the limit joins, a minute more does not": (
        4,
        """
        person | admitted         | discharged       | unit
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | W1
        a      | 2020-03-05 14:00 | 2020-03-07 10:00 | W1
        b      | 2020-03-01 10:00 | 2020-03-05 10:00 | W1
        b      | 2020-03-05 14:01 | 2020-03-07 10:00 | W1
        """,
        """
        person | episode | admitted         | discharged       | n_contacts | unit
        a      | 1       | 2020-03-01 10:00 | 2020-03-07 10:00 | 2          | W1
        b      | 1       | 2020-03-01 10:00 | 2020-03-05 10:00 | 1          | W1
        b      | 2       | 2020-03-05 14:01 | 2020-03-07 10:00 | 1          | W1
        """,
    ),
    "a short contact inside a long one does not end the stay": (
        4,
        """
        person | admitted         | discharged       | unit
        a      | 2020-03-01 10:00 | 2020-03-20 10:00 | W1
        a      | 2020-03-02 10:00 | 2020-03-03 10:00 | W2
        a      | 2020-03-10 10:00 | 2020-03-11 10:00 | W3
        """,
        """
        person | episode | admitted         | discharged       | n_contacts | unit
        a      | 1       | 2020-03-01 10:00 | 2020-03-20 10:00 | 3          | W1
        """,
    ),
    "a contact that is still open swallows what comes after": (
        4,
        """
        person | admitted         | discharged       | unit
        a      | 2020-03-01 10:00 |                  | W1
        a      | 2020-05-01 10:00 | 2020-05-02 10:00 | W2
        """,
        """
        person | episode | admitted         | discharged       | n_contacts | unit
        a      | 1       | 2020-03-01 10:00 |                  | 2          | W1
        """,
    ),
    "an exact duplicate is one contact more, not one stay more": (
        4,
        """
        person | admitted         | discharged       | unit
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | W1
        a      | 2020-03-01 10:00 | 2020-03-05 10:00 | W1
        """,
        """
        person | episode | admitted         | discharged       | n_contacts | unit
        a      | 1       | 2020-03-01 10:00 | 2020-03-05 10:00 | 2          | W1
        """,
    ),
    "on the same calendar day joins however long the gap is": (
        "same-day",
        """
        person | admitted         | discharged       | unit
        a      | 2020-03-01 10:00 | 2020-03-05 01:00 | W1
        a      | 2020-03-05 23:00 | 2020-03-07 10:00 | W1
        b      | 2020-03-01 10:00 | 2020-03-05 23:59 | W1
        b      | 2020-03-06 00:00 | 2020-03-07 10:00 | W1
        """,
        """
        person | episode | admitted         | discharged       | n_contacts | unit
        a      | 1       | 2020-03-01 10:00 | 2020-03-07 10:00 | 2          | W1
        b      | 1       | 2020-03-01 10:00 | 2020-03-05 23:59 | 1          | W1
        b      | 2       | 2020-03-06 00:00 | 2020-03-07 10:00 | 1          | W1
        """,
    ),
    "the leap day counts as a day": (
        "dk-30",
        """
        person | admitted         | discharged       | unit
        a      | 2020-02-27 10:00 | 2020-02-28 22:00 | W1
        a      | 2020-02-29 02:00 | 2020-03-01 10:00 | W1
        a      | 2020-03-01 14:30 | 2020-03-03 10:00 | W1
        """,
        """
        person | episode | admitted         | discharged       | n_contacts | unit
        a      | 1       | 2020-02-27 10:00 | 2020-03-01 10:00 | 2          | W1
        a      | 2       | 2020-03-01 14:30 | 2020-03-03 10:00 | 1          | W1
        """,
    ),
}


@pytest.mark.parametrize("rule", SPECS, ids=lambda rule: rule.replace(" ", "-"))
@pytest.mark.parametrize("reverse", [False, True], ids=["as-written", "backwards"])
def test_joining(table, as_text, rule, reverse):
    joining, contacts, expected = SPECS[rule]
    given = table(contacts).iloc[::-1] if reverse else table(contacts)
    found = pe.episodes(given, joining=joining)
    wanted = table(expected)
    assert as_text(found[wanted.columns]) == as_text(wanted)


def test_the_first_contact_says_how_it_began_and_the_last_where_it_ended(table):
    contacts = table("""
        person | admitted         | discharged       | acute | specialty   | unit | hospital | discharged_to
        a      | 2020-03-01 10:00 | 2020-03-02 10:00 | yes   | somatic     | W1   | H1       | transfer
        a      | 2020-03-02 11:00 | 2020-03-09 10:00 | no    | psychiatric | W2   | H2       | home
        """)
    stay = pe.episodes(contacts, joining=4).iloc[0]
    assert (stay["acute"], stay["specialty"]) == (True, "somatic")
    assert (stay["unit"], stay["hospital"], stay["discharged_to"]) == ("W2", "H2", "home")


def test_other_columns_may_be_there_and_no_contact_gives_no_stay(table):
    contacts = table("""
        person | admitted         | discharged       | colour
        a      | 2020-03-01 10:00 | 2020-03-02 10:00 | red
        """)
    assert "colour" not in pe.episodes(contacts, joining=4)
    assert pe.episodes(contacts.iloc[:0], joining=4).empty


@pytest.mark.parametrize(("joining", "message"), [(-1, "cannot be negative"), ("dk30", r"Did you mean 'dk-30'\?")])
def test_impossible_rules_are_refused(table, joining, message):
    contacts = table("""
        person | admitted         | discharged
        a      | 2020-03-01 10:00 | 2020-03-02 10:00
        """)
    with pytest.raises(InvalidValueError, match=message):
        pe.episodes(contacts, joining=joining)


def test_the_same_kind_comes_back(table, tmp_path):
    import ibis

    contacts = table("""
        person | admitted         | discharged
        a      | 2020-03-01 10:00 | 2020-03-02 10:00
        """)
    contacts.to_parquet(tmp_path / "c1.parquet")
    for source in (
        str(tmp_path / "c1.parquet"),
        tmp_path / "c1.parquet",
        str(tmp_path / "*.parquet"),
        ibis.memtable(contacts.to_dict("list")),
    ):
        found = pe.episodes(source, joining=4)
        assert isinstance(found, ibis.Table)
        assert found.count().to_pyarrow().as_py() == 1
