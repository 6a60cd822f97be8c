"""What all parts of a programme file have in common: they cannot be changed, and an unknown key is refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer

Basis: TypeAlias = Literal["printed", "inferred"]


class Frozen(BaseModel):
    """A part of a programme: it cannot be changed, and an unknown key is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Sourced(Frozen):
    """A part that somebody says.

    Parameters
    ----------
    source : str
        Who says it: a label of `Programme.sources`.
    place : str
        Where in the source: page, table or paragraph.
    basis : {"printed", "inferred"}
        Whether it stands in the source, or was worked out from it; `note` then says how.
    note : str
        What a reader should know about it.
    """

    source: str
    place: str = ""
    basis: Basis = "printed"
    note: str = ""


def _as_range(value: Any) -> Any:
    return (value, value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _check_range(value: tuple[float, float]) -> tuple[float, float]:
    if not 0 <= value[0] <= value[1] < float("inf"):
        msg = "expected a number from 0 up, or the lowest and the highest such as [20, 30]"
        raise ValueError(msg)
    return value


def _as_written(value: tuple[float, float]) -> float | list[float]:
    ends = [int(end) if end.is_integer() else end for end in value]
    return ends[0] if ends[0] == ends[1] else list(ends)


Range = Annotated[
    tuple[float, float],
    BeforeValidator(_as_range, json_schema_input_type=float | tuple[float, float]),
    AfterValidator(_check_range),
    PlainSerializer(_as_written, return_type=Any),
]
"""A number that is not negative, or the lowest and the highest of a printed range."""
