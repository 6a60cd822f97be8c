"""How contacts are joined, as a value: the largest gap, transfers, hospitals, and whose words an episode bears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from peereval.errors import ColumnError, InvalidValueError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

Joining: TypeAlias = str | float
Within: TypeAlias = Literal["anywhere", "hospital"]
Chosen: TypeAlias = Literal["first", "last", "any", "longest"]

CHOSEN: Mapping[str, Chosen] = {
    "acute": "first",
    "specialty": "first",
    "diagnosis": "first",
    "age": "first",
    "legal_status": "first",
    "unit": "last",
    "hospital": "last",
    "discharged_to": "last",
}
"""The contact of an episode that says each of its words, unless something else is asked."""
SAME_DAY = "same-day"


class JoiningRule(BaseModel):
    """Which contacts of a person are one episode.

    Parameters
    ----------
    joining : str or float
        The largest gap in hours between a discharge and the next admission, or ``"same-day"``.
    within : {"anywhere", "hospital"}
        Whether contacts of different hospitals are joined.
    transfer_gap_hours : float, optional
        The largest gap in hours after a contact that ends with a transfer, where it is larger.
    choose : dict of str to {"first", "last", "any", "longest"}
        The contact that says each word of the episode, where it is another than in `CHOSEN`.

    Examples
    --------
    >>> JoiningRule(joining=4.0, choose={"unit": "longest"}).chosen["unit"]
    'longest'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    joining: Joining
    within: Within = "anywhere"
    transfer_gap_hours: float | None = None
    choose: dict[str, Chosen] = {}

    @property
    def chosen(self) -> dict[str, Chosen]:
        """The contact that says each word of the episode."""
        return dict(CHOSEN) | self.choose


def joining_rule(
    joining: Joining, within: Within, transfer_gap_hours: float | None, choose: Mapping[str, Chosen]
) -> JoiningRule:
    """Check how contacts shall be joined.

    Parameters
    ----------
    joining, within, transfer_gap_hours, choose
        As in `JoiningRule`.

    Returns
    -------
    JoiningRule
        The rule.

    Raises
    ------
    InvalidValueError
        A gap is negative, or a word of `within` or `choose` is unknown.
    ColumnError
        `choose` names a column that episodes do not have.
    """
    for hours in (joining, transfer_gap_hours):
        if isinstance(hours, int | float) and not hours >= 0:
            msg = f"The largest gap is {hours} hours; it cannot be negative."
            raise InvalidValueError(msg, hint="Use 0 to join only contacts that overlap or touch.")
    if within not in ("anywhere", "hospital"):
        msg = f"Contacts are joined within {within!r}; expected 'anywhere' or 'hospital'."
        raise InvalidValueError(msg)
    for name, contact in choose.items():
        if name not in CHOSEN:
            msg = f"Episodes have no column {name!r} to choose a contact for."
            raise ColumnError(msg, hint=nearest(name, CHOSEN))
        if contact not in ("first", "last", "longest", *(["any"] if name == "acute" else [])):
            msg = f"The {name} of an episode cannot be that of its {contact!r} contact."
            raise InvalidValueError(msg, hint="Say 'first', 'last' or 'longest'; 'any' is for 'acute'.")
    return JoiningRule(joining=joining, within=within, transfer_gap_hours=transfer_gap_hours, choose=dict(choose))
