"""The arms of a study: those of the answers are in the data, those of hospital contacts follow from the unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.errors import ColumnError, InvalidValueError
from peereval.files import read_toml
from peereval.toml_keys import line_of

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from peereval.studies.study import Study

OTHER_UNITS = "other units"
"""The group of stays in units that have no arm in ``[units]``."""


def check_arms(study: Study, responses: pd.DataFrame) -> None:
    """Check that the answers of a study with two arms belong to two, and one of them to the reference arm.

    Parameters
    ----------
    study : Study
        The study.
    responses : DataFrame
        The *responses* contract.

    Raises
    ------
    ColumnError, InvalidValueError
        There is no column ``arm``, or it holds other arms. What it holds is not shown: it may be the wrong column.
    """
    reference = study.plan.study.reference_arm
    if reference is None:
        return
    if "arm" not in responses.columns:
        msg = "The study has two arms, but the responses have no column 'arm'."
        raise ColumnError(msg, hint="Name the column that holds the arm under [survey.columns].")
    count = responses["arm"].nunique()
    if not (responses["arm"] == reference).any():
        msg = f"No answer belongs to the reference arm {reference!r}; the column 'arm' holds {count} other texts."
        raise InvalidValueError(msg, hint="Look whether it is the right column, and how the arms are spelt in it.")
    if count != 2:  # noqa: PLR2004 - two arms
        msg = f"The answers belong to {count} arms; two are compared."
        raise InvalidValueError(msg, hint="Look whether the column 'arm' is the right one, and how it is spelt.")


def check_units(study: Study, contacts: ir.Table) -> None:
    """Check that the units that have an arm are in the contacts: one that is not is most likely spelt otherwise there.

    Parameters
    ----------
    study : Study
        The study.
    contacts : ibis Table
        The *contacts* contract.

    Raises
    ------
    ColumnError, InvalidValueError
        There is no column ``unit``, or a unit of ``[units]`` is not in it; the message gives its line.
    """
    units, path = study.plan.units, study.path
    if not units:
        return
    if "unit" not in contacts.columns:
        msg = f"The contacts have no column 'unit', which [units] of {path.name} needs."
        raise ColumnError(msg, hint="Add the column, or take [units] out.")
    found = contacts.select("unit").distinct().to_pyarrow()["unit"].to_pylist()
    missing = [unit for unit in units if found and unit not in found]
    if missing:
        line = line_of(read_toml(path)[1], ("units", missing[0]))
        where = f"{path.name}, line {line}" if line else path.name
        msg = f"{where}: the unit {missing[0]!r} in [units] does not occur in the contacts."
        others = sum(unit is not None and unit not in units for unit in found)
        raise InvalidValueError(msg, hint=f"They have {others} units that [units] does not name; look at its spelling.")


def with_arm(study: Study, index: ir.Table) -> ir.Table:
    """Give stays the arm of the unit of discharge; exposure is by unit, never by who met a peer (rule 4).

    Parameters
    ----------
    study : Study
        The study.
    index : ibis Table
        The *index stays* contract.

    Returns
    -------
    ibis Table
        With a column ``arm``, where units have arms.
    """
    import ibis

    if not study.plan.units:
        return index
    unit = index["unit"]
    cases = [(unit.isnull(), ibis.null("string")), *((unit == name, arm) for name, arm in study.plan.units.items())]
    return index.mutate(arm=ibis.cases(*cases, else_=OTHER_UNITS))
