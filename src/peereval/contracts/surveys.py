"""The tables of surveys."""

from __future__ import annotations

from peereval.contracts.columns import ARM, ORIGIN, PERSON_MAYBE, UNIT, Column, Contract, maybe

_OUT_OF_WINDOW = maybe(
    "out_of_window",
    "flag",
    "whether the answers were given out of the window of their round; empty where that is not known",
)
_LEFT = maybe(
    "left_programme",
    "flag",
    "whether the person had left the programme by this round; a row without answers may say so",
)
_DIED = maybe("died", "flag", "whether the person had died by this round; a row without answers may say so")

RESPONSES = Contract(
    "responses",
    "one row a person and round; the items of instruments follow as <prefix>_<nn>",
    (
        PERSON_MAYBE,
        Column("round", "round", "data-collection round"),
        ARM,
        UNIT,
        Column("role", "text", "patient, relative, peer, staff or manager", required=False, nullable=True),
        Column("date", "time", "when the answers were given", required=False, nullable=True),
        _LEFT,
        _DIED,
        _OUT_OF_WINDOW,
        ORIGIN,
    ),
    key=("person", "round"),
)

LINKED = Contract(
    "linked responses",
    "one row of the responses, with the person it was found to belong to",
    (
        *RESPONSES.columns,
        Column("linked", "flag", "whether the person has a row in another round"),
        Column("reason", "text", "how the row was linked, or why not: a reason code"),
        Column("linked_by", "text", "the rule: columns and how many parts may differ"),
    ),
    key=("person", "round"),
)

SCORES = Contract(
    "scores",
    "one row a person, round and scale",
    (
        PERSON_MAYBE,
        Column("round", "round", "data-collection round"),
        ARM,
        UNIT,
        _LEFT,
        _DIED,
        _OUT_OF_WINDOW,
        Column("linked", "flag", "whether the person was found in another round", required=False, nullable=True),
        Column("instrument", "text", "id of the instrument in the catalogue"),
        Column("instrument_version", "text", "version of the instrument's definition"),
        Column("scale", "text", "the scale that was scored"),
        Column("score", "number", "the score; empty where `reason` says why", nullable=True),
        Column("n_answered", "integer", "items answered"),
        Column("n_items", "integer", "items of the scale"),
        Column("reason", "text", "why the score is missing: a reason code", nullable=True),
        ORIGIN,
    ),
    key=("person", "round", "instrument", "scale"),
)

INVITED = Contract(
    "invited",
    "one row a round (and arm, unit or role): how many were eligible and asked",
    (
        Column("round", "round", "data-collection round"),
        ARM,
        UNIT,
        Column("role", "text", "patient, relative, peer, staff or manager", required=False, nullable=True),
        Column("eligible", "integer", "persons who could have been asked", required=False, nullable=True),
        Column("invited", "integer", "persons who were asked to answer"),
        ORIGIN,
    ),
)
