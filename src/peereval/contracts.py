"""The tables that rooms hand to one another: their columns, keys and reason codes, and how they are checked.

The same contract is checked on a pandas frame and, without pulling rows, on an Ibis table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from peereval.errors import ColumnError, DuplicateError, MissingValueError, nearest
from peereval.mentions import row_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

    import ibis.expr.types as ir
    import pandas as pd

Kind = Literal["text", "integer", "number", "flag", "time", "round"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a contract.

    Parameters
    ----------
    name : str
        The column's name.
    kind : {"text", "integer", "number", "flag", "time", "round"}
        What it holds; a round is text or an ordered categorical.
    meaning : str
        What it means, with its unit.
    required : bool
        Whether the table must have it.
    nullable : bool
        Whether cells may be empty.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = True
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """The columns of a table and its key.

    Parameters
    ----------
    name : str
        The table's name in messages and in the documentation.
    meaning : str
        One row is one what.
    columns : tuple of Column
        The columns that the contract knows; a table may have others.
    key : tuple of str
        The columns that tell rows apart; rows with an empty key cell (anonymous persons) are not compared.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()


_ORIGIN = Column(
    "origin", "text", "observed, synthetic (made up) or reconstructed (rebuilt from counts)", required=False
)


def _maybe(name: str, kind: Kind, meaning: str) -> Column:
    return Column(name, kind, meaning, required=False, nullable=True)


_PERSON_MAYBE = _maybe("person", "text", "pseudonymous key of a person; empty in anonymous surveys")
_ARM = Column("arm", "text", "the arm of the comparison", required=False, nullable=True)
_OUT_OF_WINDOW = _maybe(
    "out_of_window",
    "flag",
    "whether the answers were given out of the window of their round; empty where that is not known",
)
_LEFT = _maybe(
    "left_programme",
    "flag",
    "whether the person had left the programme by this round; a row without answers may say so",
)
_DIED = _maybe("died", "flag", "whether the person had died by this round; a row without answers may say so")
_DATES_ONLY = Column(
    "dates_only", "flag", "whether the times are dates without a time of day", required=False, nullable=True
)
_UNIT = Column("unit", "text", "ward, team or house", required=False, nullable=True)

RESPONSES = Contract(
    "responses",
    "one row a person and round; the items of instruments follow as <prefix>_<nn>",
    (
        _PERSON_MAYBE,
        Column("round", "round", "data-collection round"),
        _ARM,
        _UNIT,
        Column("role", "text", "patient, relative, peer, staff or manager", required=False, nullable=True),
        Column("date", "time", "when the answers were given", required=False, nullable=True),
        _LEFT,
        _DIED,
        _OUT_OF_WINDOW,
        _ORIGIN,
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
        _PERSON_MAYBE,
        Column("round", "round", "data-collection round"),
        _ARM,
        _UNIT,
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
        _ORIGIN,
    ),
    key=("person", "round", "instrument", "scale"),
)

INVITED = Contract(
    "invited",
    "one row a round (and arm, unit or role): how many were eligible and asked",
    (
        Column("round", "round", "data-collection round"),
        _ARM,
        _UNIT,
        Column("role", "text", "patient, relative, peer, staff or manager", required=False, nullable=True),
        Column("eligible", "integer", "persons who could have been asked", required=False, nullable=True),
        Column("invited", "integer", "persons who were asked to answer"),
        _ORIGIN,
    ),
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
        _ORIGIN,
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
        _UNIT,
        Column("hospital", "text", "hospital", required=False, nullable=True),
        Column("diagnosis", "text", "code of the main diagnosis", required=False, nullable=True),
        Column("legal_status", "text", "legal basis, such as voluntary or compulsory", required=False, nullable=True),
        Column("leave_days", "number", "days of leave during the contact", required=False, nullable=True),
        Column("age", "number", "age in years at admission", required=False, nullable=True),
        Column("discharged_to", "text", "home, transfer, died, against_advice, …", required=False, nullable=True),
        _DATES_ONLY,
        _ORIGIN,
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
        _ORIGIN,
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
        _UNIT,
        _ORIGIN,
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
        _ORIGIN,
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
        _UNIT,
        _ORIGIN,
    ),
)

CONTRACTS = (RESPONSES, LINKED, SCORES, INVITED, PERSONS, CONTACTS, EPISODES, INDEX_STAYS, ACTIVITIES, ROLLOUT, EVENTS)


def check_frame(frame: pd.DataFrame, contract: Contract) -> None:
    """Check a pandas frame against a contract.

    Parameters
    ----------
    frame : DataFrame
        The table.
    contract : Contract
        What it should look like.

    Raises
    ------
    ColumnError
        A column is missing or holds another kind of value.
    MissingValueError
        A column that must be filled has empty cells.
    DuplicateError
        Two rows have the same key.

    Examples
    --------
    >>> import pandas as pd
    >>> check_frame(pd.DataFrame({"person": ["a"]}), RESPONSES)
    Traceback (most recent call last):
    ...
    peereval.errors.ColumnError: PE203: The responses have no column 'round'. Columns found: person.
    """
    _check_names(list(frame.columns), contract)
    for column in _present(frame.columns, contract):
        if not _is_kind(frame[column.name], column.kind):
            raise _wrong_kind(column, contract, str(frame[column.name].dtype))
        if not column.nullable and frame[column.name].isna().any():
            raise _empty_cells(frame[column.name], contract)
    _check_key(frame, contract)


def check_table(table: ir.Table, contract: Contract) -> None:
    """Check the columns of an Ibis table against a contract, without pulling rows.

    Parameters
    ----------
    table : ibis Table
        The table, of any back end.
    contract : Contract
        What it should look like.

    Raises
    ------
    ColumnError
        A column is missing or holds another kind of value.

    Examples
    --------
    >>> import ibis
    >>> check_table(ibis.table({"person": "string"}, name="contacts"), CONTACTS)
    Traceback (most recent call last):
    ...
    peereval.errors.ColumnError: PE203: The contacts have no column 'admitted'. Columns found: person.
    """
    _check_names(list(table.columns), contract)
    schema = table.schema()
    for column in _present(table.columns, contract):
        if not _is_ibis_kind(schema[column.name], column.kind):
            raise _wrong_kind(column, contract, str(schema[column.name]))


def _present(names: Iterable[str], contract: Contract) -> list[Column]:
    there = set(names)
    return [column for column in contract.columns if column.name in there]


def _check_names(names: list[str], contract: Contract) -> None:
    twice = sorted({str(name) for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        msg = f"The {contract.name} have the column {twice[0]!r} twice."
        raise ColumnError(msg, hint="Rename or drop one of them.")
    for column in contract.columns:
        if column.required and column.name not in names:
            msg = f"The {contract.name} have no column {column.name!r}."
            raise ColumnError(msg, hint=_columns_found(column.name, [str(name) for name in names]))


def _columns_found(wanted: str, names: list[str]) -> str:
    hint = nearest(wanted, names)
    if hint.startswith("Did you mean"):
        return hint
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")  # noqa: PLR2004 - a line's worth
    return f"Columns found: {shown or 'none'}."


def _is_kind(series: pd.Series, kind: Kind) -> bool:
    from pandas.api import types

    if kind == "time":
        return types.is_datetime64_dtype(series.dtype)
    if kind == "flag":
        return types.is_bool_dtype(series.dtype) or _all_flags(series)
    if kind in ("integer", "number"):
        wanted = types.is_integer_dtype if kind == "integer" else types.is_numeric_dtype
        return wanted(series.dtype) and not types.is_bool_dtype(series.dtype)
    categories = getattr(series.dtype, "categories", series)
    return types.is_string_dtype(series.dtype) or types.is_string_dtype(categories) or bool(series.isna().all())


def _all_flags(series: pd.Series) -> bool:
    return series.dtype == object and bool(series.dropna().map(lambda value: isinstance(value, bool)).all())


def _is_ibis_kind(dtype: Any, kind: Kind) -> bool:
    if dtype.is_null():
        return True
    if kind == "time":
        return bool(dtype.is_timestamp()) and dtype.timezone is None
    checks = {"text": "string", "round": "string", "integer": "integer", "number": "numeric", "flag": "boolean"}
    return bool(getattr(dtype, f"is_{checks[kind]}")())


def _wrong_kind(column: Column, contract: Contract, found: str) -> ColumnError:
    wanted = "time without a time zone" if column.kind == "time" else column.kind
    msg = f"The column {column.name!r} of the {contract.name} holds {found}; expected {wanted} ({column.meaning})."
    return ColumnError(msg, hint="Convert it before reading.")


def _empty_cells(series: pd.Series, contract: Contract) -> MissingValueError:
    rows = row_numbers(series.isna().to_numpy().nonzero()[0].tolist())
    msg = f"The column {series.name!r} of the {contract.name} is empty in {rows}; it must be filled."
    return MissingValueError(msg, hint="Fill the cells, or leave those rows out and say so.")


def _check_key(frame: pd.DataFrame, contract: Contract) -> None:
    if not contract.key or not set(contract.key) <= set(frame.columns):
        return
    key = frame.loc[:, list(contract.key)]
    again = key.notna().all(axis=1) & key.duplicated(keep=False)
    if not again.any():
        return
    first = key[again].iloc[0]
    same = (key == first).all(axis=1).to_numpy().nonzero()[0].tolist()
    where = ", ".join(f"{name} {first[name]!r}" for name in contract.key if name != "person")
    msg = (
        f"The {contract.name} have {int(again.sum())} rows that share their {' and '.join(contract.key)} with another row; "
        f"the first are {row_numbers(same)}" + (f" ({where})." if where else ".")
    )
    raise DuplicateError(msg, hint="Decide which row counts and remove the other.")
