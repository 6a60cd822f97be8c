"""The tables that rooms hand to one another: their columns, keys and reason codes, and how they are checked.

The same contract is checked on a pandas frame and, without pulling rows, on an Ibis table.
"""

from peereval.contracts.admissions import ACTIVITIES, CONTACTS, EPISODES, EVENTS, INDEX_STAYS, PERSONS, ROLLOUT
from peereval.contracts.checks import check_frame, check_table
from peereval.contracts.columns import Column, Contract, Kind
from peereval.contracts.costs import BUDGET_LINES
from peereval.contracts.evidence import EFFECTS
from peereval.contracts.interviews import CODINGS, INFORMANTS
from peereval.contracts.surveys import INVITED, LINKED, RESPONSES, SCORES

CONTRACTS = (
    RESPONSES, LINKED, SCORES, INVITED, PERSONS, CONTACTS, EPISODES, INDEX_STAYS, ACTIVITIES, ROLLOUT, EVENTS, INFORMANTS,
    CODINGS, EFFECTS, BUDGET_LINES,
)  # fmt: skip
"""All tables, in the order in which the documentation shows them."""

__all__ = [
    "ACTIVITIES",
    "BUDGET_LINES",
    "CODINGS",
    "CONTACTS",
    "CONTRACTS",
    "EFFECTS",
    "EPISODES",
    "EVENTS",
    "INDEX_STAYS",
    "INFORMANTS",
    "INVITED",
    "LINKED",
    "PERSONS",
    "RESPONSES",
    "ROLLOUT",
    "SCORES",
    "Column",
    "Contract",
    "Kind",
    "check_frame",
    "check_table",
]
