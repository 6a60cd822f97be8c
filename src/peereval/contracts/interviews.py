"""The tables of interviews."""

from __future__ import annotations

from peereval.contracts.columns import ORIGIN, Column, Contract, maybe

_ROLE = Column("role", "text", "patient, relative, peer, staff, manager or another group that was asked", nullable=True)
_METHOD = maybe("method", "text", "how they were asked: focus group, telephone interview, individual interview, …")

INFORMANTS = Contract(
    "informants",
    "one row an informant, or one row a group and method where a report gives numbers only",
    (
        maybe("informant", "text", "pseudonymous key of an informant; not there where a report gives numbers only"),
        _ROLE,
        _METHOD,
        maybe("n_informants", "number", "how many informants the row stands for; 1 where the column is not there"),
        maybe("minutes", "number", "how long an interview took, in minutes"),
        maybe("recruited_by", "text", "who found the informants"),
        maybe("interviewed_by", "text", "who asked"),
        maybe("record", "text", "what was kept: minutes, recording or transcript"),
        ORIGIN,
    ),
    key=("informant",),
)

CODINGS = Contract(
    "codings",
    "one row a statement and theme: what an informant, or a group in a published report, said about it",
    (
        maybe("informant", "text", "pseudonymous key of an informant; not there where a report gives groups only"),
        _ROLE,
        _METHOD,
        Column("theme", "text", "the theme of the codebook"),
        maybe("kind", "text", "benefit, challenge, proposal, dilemma or condition"),
        maybe(
            "extent",
            "text",
            "how many of the group said it, where the report says so: one, some, several, many, most, all",
        ),
        maybe("answer", "text", "reported or contradicted; reported where the column is not there"),
        maybe("statement_id", "text", "key of the statement or text passage"),
        maybe("statement", "text", "the statement in the evaluators' own words; never a quotation"),
        maybe("place", "text", "page of the report"),
        maybe("coder", "text", "who coded the passage"),
        ORIGIN,
    ),
)
