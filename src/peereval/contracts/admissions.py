"""The tables of hospital contacts, and of what peers did."""

from __future__ import annotations

from peereval.contracts.columns import ORIGIN, UNIT, Column, Contract

_DATES_ONLY = Column(
    "dates_only", "flag", "whether the times are dates without a time of day", required=False, nullable=True
)

PERSONS = Contract(
    "persons",
    "one row a person",
    (
        Column("person", "text", "pseudonymous key of a person"),
        Column("born", "time", "day of birth", required=False, nullable=True),
        Column("sex", "text", "sex as the register has it", required=False, nullable=True),
        Column("died", "time", "day of death; empty while alive", required=False, nullable=True),
        Column("emigrated", "time", "day of leaving the country", required=False, nullable=True),
        Column("municipality", "text", "municipality of residence", required=False, nullable=True),
        ORIGIN,
    ),
    key=("person",),
)

CONTACTS = Contract(
    "contacts",
    "one row a hospital contact",
    (
        Column("person", "text", "pseudonymous key of a person"),
        Column("admitted", "time", "start of the contact"),
        Column("discharged", "time", "end of the contact; empty while still admitted", nullable=True),
        Column("acute", "flag", "whether the contact began acutely", required=False, nullable=True),
        Column("specialty", "text", "psychiatric or somatic", required=False, nullable=True),
        UNIT,
        Column("hospital", "text", "hospital", required=False, nullable=True),
        Column("diagnosis", "text", "code of the main diagnosis", required=False, nullable=True),
        Column("legal_status", "text", "legal basis, such as voluntary or compulsory", required=False, nullable=True),
        Column("leave_days", "number", "days of leave during the contact", required=False, nullable=True),
        Column("age", "number", "age in years at admission", required=False, nullable=True),
        Column("discharged_to", "text", "home, transfer, died, against_advice, …", required=False, nullable=True),
        _DATES_ONLY,
        ORIGIN,
    ),
)

EPISODES = Contract(
    "episodes",
    "one row a stay: the contacts of a person that belong together",
    (
        Column("person", "text", "pseudonymous key of a person"),
        Column("episode", "integer", "number of the stay within the person, from 1"),
        Column("admitted", "time", "start of the first contact"),
        Column("discharged", "time", "end of the last contact; empty while still admitted", nullable=True),
        Column("n_contacts", "integer", "contacts joined into the stay"),
        Column("acute", "flag", "of the first contact, unless chosen otherwise", required=False, nullable=True),
        Column("specialty", "text", "of the first contact, unless chosen otherwise", required=False, nullable=True),
        Column("diagnosis", "text", "of the first contact, unless chosen otherwise", required=False, nullable=True),
        Column("legal_status", "text", "of the first contact, unless chosen otherwise", required=False, nullable=True),
        Column("leave_days", "number", "days of leave during all its contacts together", required=False, nullable=True),
        Column("age", "number", "of the first contact, unless chosen otherwise", required=False, nullable=True),
        Column(
            "unit",
            "text",
            "of the contact that ends last, unless chosen otherwise: where the person was discharged from",
            required=False,
            nullable=True,
        ),
        Column("hospital", "text", "of the contact that ends last", required=False, nullable=True),
        Column("discharged_to", "text", "of the contact that ends last", required=False, nullable=True),
        _DATES_ONLY,
        ORIGIN,
    ),
    key=("person", "episode"),
)

INDEX_STAYS = Contract(
    "index stays",
    "one row an episode, judged by a readmission definition; a contact that was left out follows with an episode below 0",
    (
        *EPISODES.columns,
        Column("definition", "text", "id of the readmission definition"),
        Column("followup_end", "time", "until when contacts were observed", nullable=True),
        Column("eligible", "flag", "whether the stay counts in the rate's denominator"),
        Column("reason", "text", "why it does not: a reason code", nullable=True),
        Column(
            "readmitted",
            "flag",
            "whether a readmission followed within the window; empty if not eligible",
            nullable=True,
        ),
        Column(
            "days_to_readmission",
            "number",
            "days from discharge to the first readmission, also after the window",
            nullable=True,
        ),
        Column(
            "followup_days",
            "number",
            "days from discharge to the end of the data, to death or to emigration, whichever comes first",
            nullable=True,
        ),
        Column("event", "text", "readmitted, died (where deaths are known) or censored", nullable=True),
        Column("sex", "text", "sex of the person, where persons were given", required=False, nullable=True),
        Column("year", "text", "the year that the definition assigns the stay to", required=False, nullable=True),
    ),
    key=("person", "episode"),
)

ACTIVITIES = Contract(
    "activities",
    "one row a contact with a peer: what peers did",
    (
        Column("person", "text", "pseudonymous key of a person", required=False, nullable=True),
        Column("date", "time", "day of the contact"),
        Column("kind", "text", "what was done, such as conversation or group", required=False, nullable=True),
        Column("minutes", "number", "how long it took, in minutes", required=False, nullable=True),
        UNIT,
        ORIGIN,
    ),
)

ROLLOUT = Contract(
    "rollout",
    "one row a unit and time with peers; units that stand nowhere had none",
    (
        Column("unit", "text", "ward, team or house"),
        Column("peer_from", "time", "first day with peers"),
        Column("peer_to", "time", "last day with peers; empty while they are there", required=False, nullable=True),
        Column("fte", "number", "full-time equivalents of peers", required=False, nullable=True),
        ORIGIN,
    ),
    key=("unit", "peer_from"),
)

EVENTS = Contract(
    "events",
    "one row an event on a ward, such as a coercive measure or as-needed medication",
    (
        Column("person", "text", "pseudonymous key of a person", required=False, nullable=True),
        Column("date", "time", "day of the event", nullable=True),
        Column("kind", "text", "what happened, such as restraint or as-needed medication"),
        UNIT,
        ORIGIN,
    ),
)
