"""Episodes: small tables of contacts in, stays out, for each rule of joining."""

from __future__ import annotations

import pytest

import peereval as pe
from peereval.errors import ColumnError, InvalidValueError, MissingValueError

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


MOVED = """
    person | admitted         | discharged       | acute | unit | hospital | diagnosis | discharged_to
    a      | 2020-03-01 10:00 | 2020-03-02 10:00 | no    | W1   | H1       | F20       | transfer
    a      | 2020-03-02 20:00 | 2020-03-09 10:00 | yes   | W2   | H2       | F31       | home
    a      | 2020-03-09 12:00 | 2020-03-10 10:00 | no    | W3   | H1       | F32       | home
    a      | 2020-03-10 22:00 | 2020-03-11 10:00 | no    | W4   | H1       | F33       | home
    """

ASKED = {
    "a transfer may take longer": (
        {"joining": 4, "transfer_gap_hours": 12},
        """
        episode | admitted         | discharged       | n_contacts | acute | unit | hospital | diagnosis | discharged_to
        1       | 2020-03-01 10:00 | 2020-03-10 10:00 | 3          | no    | W3   | H1       | F20       | home
        2       | 2020-03-10 22:00 | 2020-03-11 10:00 | 1          | no    | W4   | H1       | F33       | home
        """,
    ),
    "within hospitals": (
        {"joining": 12, "within": "hospital"},
        """
        episode | admitted         | discharged       | n_contacts | acute | unit | hospital | diagnosis | discharged_to
        1       | 2020-03-01 10:00 | 2020-03-02 10:00 | 1          | no    | W1   | H1       | F20       | transfer
        2       | 2020-03-02 20:00 | 2020-03-09 10:00 | 1          | yes   | W2   | H2       | F31       | home
        3       | 2020-03-09 12:00 | 2020-03-11 10:00 | 2          | no    | W4   | H1       | F32       | home
        """,
    ),
    "the contact that says each word is chosen": (
        {
            "joining": 12,
            "choose": {
                "acute": "any",
                "unit": "longest",
                "hospital": "first",
                "diagnosis": "last",
                "discharged_to": "first",
            },
        },
        """
        episode | admitted         | discharged       | n_contacts | acute | unit | hospital | diagnosis | discharged_to
        1       | 2020-03-01 10:00 | 2020-03-11 10:00 | 4          | yes   | W2   | H1       | F33       | transfer
        """,
    ),
    "seven hours": (
        {"joining": 7},
        """
        episode | admitted         | discharged       | n_contacts | acute | unit | hospital | diagnosis | discharged_to
        1       | 2020-03-01 10:00 | 2020-03-02 10:00 | 1          | no    | W1   | H1       | F20       | transfer
        2       | 2020-03-02 20:00 | 2020-03-10 10:00 | 2          | yes   | W3   | H1       | F31       | home
        3       | 2020-03-10 22:00 | 2020-03-11 10:00 | 1          | no    | W4   | H1       | F33       | home
        """,
    ),
}


@pytest.mark.parametrize("rule", ASKED, ids=lambda rule: rule.replace(" ", "-"))
@pytest.mark.parametrize("reverse", [False, True], ids=["as-written", "backwards"])
def test_joining_as_asked(table, as_text, rule, reverse):
    how, expected = ASKED[rule]
    given = table(MOVED).iloc[::-1] if reverse else table(MOVED)
    wanted = table(expected)
    assert as_text(pe.episodes(given, **how)[wanted.columns]) == as_text(wanted)


def test_the_last_contact_is_the_one_that_ends_last_however_many_lie_within_it(table, as_text):
    contacts = table("""
        person | admitted         | discharged       | unit | diagnosis
        a      | 2020-03-01 10:00 | 2020-03-04 10:00 | W1   | F20
        a      | 2020-03-01 12:00 | 2020-03-02 10:00 | W2   | F31
        a      | 2020-03-03 10:00 | 2020-03-20 10:00 |      | F32
        a      | 2020-03-05 10:00 | 2020-03-06 10:00 | W4   | F33
        a      | 2020-03-07 10:00 | 2020-03-08 10:00 | W5   | F40
        b      | 2020-03-01 10:00 | 2020-03-20 10:00 | W1   |
        b      | 2020-03-05 10:00 | 2020-03-20 10:00 | W2   | F31
        """)
    found = pe.episodes(contacts, joining=0)
    wanted = table("""
        person | episode | discharged       | n_contacts | unit | diagnosis
        a      | 1       | 2020-03-20 10:00 | 5          |      | F20
        b      | 1       | 2020-03-20 10:00 | 2          | W2   |
        """)
    assert as_text(found[wanted.columns]) == as_text(wanted)


def test_an_acute_contact_that_is_not_known_leaves_any_unknown(table):
    contacts = table("""
        person | admitted         | discharged       | acute
        a      | 2020-03-01 10:00 | 2020-03-04 10:00 | no
        a      | 2020-03-04 10:00 | 2020-03-05 10:00 |
        b      | 2020-03-01 10:00 | 2020-03-04 10:00 | yes
        b      | 2020-03-04 10:00 | 2020-03-05 10:00 |
        """)
    found = pe.episodes(contacts, joining=0, choose={"acute": "any"})
    assert found["acute"].isna().tolist() == [True, False]
    assert pe.episodes(contacts, joining=0)["acute"].tolist() == [False, True]


def test_what_joining_needs_is_asked_for(table):
    contacts = table(MOVED)
    with pytest.raises(ColumnError, match="no column 'hospital', which the joining needs"):
        pe.episodes(contacts.drop(columns="hospital"), joining=4, within="hospital")
    with pytest.raises(MissingValueError, match="'hospital' of the contacts is empty in 1 rows"):
        pe.episodes(
            contacts.assign(hospital=contacts["hospital"].mask([True, False, False, False])),
            joining=4,
            within="hospital",
        )
    with pytest.raises(ColumnError, match="no column 'colour'"):
        pe.episodes(contacts, joining=4, choose={"colour": "first"})
    for how in ({"within": "ward"}, {"choose": {"unit": "any"}}, {"transfer_gap_hours": -1}):
        with pytest.raises(InvalidValueError):
            pe.episodes(contacts, joining=4, **how)
    with pytest.raises(InvalidValueError, match="dk-30 says wholly"):
        pe.episodes(contacts, joining="dk-30", within="hospital")


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


def test_an_episode_has_the_leave_of_all_its_contacts_and_the_legal_status_of_the_first(table):
    contacts = table("""
        person | admitted         | discharged       | legal_status
        a      | 2020-01-01 10:00 | 2020-01-05 10:00 | voluntary
        a      | 2020-01-05 10:00 | 2020-01-09 10:00 | compulsory
        a      | 2020-01-05 10:00 | 2020-01-09 10:00 | compulsory
        a      | 2020-02-01 10:00 | 2020-02-09 10:00 | compulsory
        b      | 2020-01-01 10:00 | 2020-01-05 10:00 | voluntary
        c      | 2020-01-01 10:00 | 2020-01-05 10:00 | voluntary
        c      | 2020-01-05 10:00 | 2020-01-09 10:00 | compulsory
        """)
    # the same contact written down twice was one leave; a leave that is not known makes the sum unknown
    found = pe.episodes(contacts.assign(leave_days=[1.0, 2.0, 2.0, 1.0, None, 3.0, None]), joining=0)
    assert found["leave_days"].fillna(-1).tolist() == [3.0, 1.0, -1.0, -1.0]
    assert found["legal_status"].tolist() == ["voluntary", "compulsory", "voluntary", "voluntary"]
