"""The spans of episodes by running maxima, without numbering and grouping all contacts.

In the order of admission, the running maximum of discharges tells where an episode opens and closes. Most contacts
are an episode of their own, and nothing else has to be looked at for them; only the others are numbered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peereval.admissions.joining import CHOSEN, SAME_DAY
from peereval.admissions.text_order import sortable

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from peereval.admissions.joining import JoiningRule

FAR = "9999-12-31 00:00:00"
"""The end of a stay that is still open, in running maxima."""
LONG_AGO = "0001-01-01 00:00:00"
"""Before every contact."""
_CONSTANT = ("origin", "dates_only")
# text positions of equal length sort as numbers do, under every collation
_POSITIONS = 10**11
_DIGITS = 12
_CODES = 3
_YES = 2


def episode_spans(contacts: ir.Table, rule: JoiningRule) -> ir.Table:
    """Join the contacts of an Ibis table to episodes.

    Parameters
    ----------
    contacts : ibis Table
        The *contacts* contract, all of them usable.
    rule : JoiningRule
        Which of them belong together.

    Returns
    -------
    ibis Table
        One row an episode: ``person``, ``admitted``, ``end`` (`FAR` while open), ``n_contacts``, the chosen
        values, and columns that are the same in all rows.
    """
    keys = ["person", "hospital"] if rule.within == "hospital" else ["person"]
    placed = _spread_out(_placed(contacts, rule, keys), rule, keys)
    return _alone(placed).union(_of_several(placed, rule, keys))


def _alone(placed: ir.Table) -> ir.Table:
    """Contacts that are an episode of their own."""
    import ibis

    alone = placed.filter(placed["opens"] & placed["closes"])
    kinds = {name: alone[name] for name in _shown(placed)}
    kinds |= {name: alone[name].cast("float64") for name in _summed(placed)}
    return alone.select("person", "admitted", "end", n_contacts=ibis.literal(1, "int64"), **kinds)


def _of_several(placed: ir.Table, rule: JoiningRule, keys: list[str]) -> ir.Table:
    """Episodes of several contacts, each at the contact that closes it."""
    import ibis

    kept = _with_position(placed.filter(~(placed["opens"] & placed["closes"])), keys)
    first = [name for name in CHOSEN if name in kept.columns and rule.chosen[name] == "first"]
    last = [name for name in CHOSEN if name in kept.columns and rule.chosen[name] == "last"]
    upto = ibis.window(group_by=keys, order_by="position", preceding=None, following=0)
    # all that needs the order, in one step: an engine sorts once for it
    kept = kept.mutate(
        opened=_where(kept["opens"], kept["position"]).max().over(upto),
        began=_where(kept["opens"], kept["admitted"]).max().over(upto),
        **{f"{name}_shown": _where(kept["opens"], _placed_code(kept, name)).max().over(upto) for name in first},
        **{f"{name}_shown": _where(kept["record"], _placed_code(kept, name)).max().over(upto) for name in last},
    )
    kept = _with_sums(kept, keys)
    kept = kept.filter(kept["closes"])
    values = {name: kept[name] for name in (*_shown(placed), *_summed(placed))} | {
        name: _decoded_shown(kept, name) for name in first + last
    }
    return kept.select(
        "person", admitted=kept["began"], end=kept["reach"], n_contacts=kept["position"] - kept["opened"] + 1, **values
    )


def _summed(table: ir.Table) -> list[str]:
    return ["leave_days"] if "leave_days" in table.columns else []


def _with_sums(kept: ir.Table, keys: list[str]) -> ir.Table:
    """Sums over the contacts of an episode; contacts that begin and end together are one contact written down twice."""
    import ibis

    if not _summed(kept):
        return kept
    # contacts of one episode share the position of the one that opens it
    once = kept.mutate(
        place=ibis.row_number().over(
            ibis.window(group_by=[*keys, "opened", "admitted", "end"], order_by=[kept["leave_days"].desc(), "position"])
        )
    )
    counted, whole = once["place"] == 0, ibis.window(group_by=[*keys, "opened"])
    unknown = ibis.ifelse(counted & once["leave_days"].isnull(), 1, 0).sum().over(whole)
    known = ibis.ifelse(counted, once["leave_days"].cast("float64"), 0.0).sum().over(whole)
    return once.mutate(leave_days=_where(unknown == 0, known)).drop("place")


def _with_position(table: ir.Table, keys: list[str]) -> ir.Table:
    import ibis

    # of contacts that are alike in everything, the one that opens comes first and the one that closes last
    order = [*_total_order(table), table["opens"].desc(), table["closes"]]
    return table.mutate(position=ibis.row_number().over(ibis.window(group_by=keys, order_by=order)))


def _shown(placed: ir.Table) -> list[str]:
    return [name for name in (*CHOSEN, *_CONSTANT) if name in placed.columns]


def _placed(contacts: ir.Table, rule: JoiningRule, keys: list[str]) -> ir.Table:
    """Say of each contact whether it opens or closes an episode, and what the latest end up to it is."""
    import ibis

    table = contacts.mutate(end=contacts["discharged"].fill_null(ibis.timestamp(FAR)))
    order = _total_order(table)
    before = ibis.window(group_by=keys, order_by=order, preceding=(None, 1))
    transfers = rule.transfer_gap_hours is not None
    table = table.mutate(
        end_before=table["end"].max().over(before),
        next_admitted=table["admitted"].lead().over(ibis.window(group_by=keys, order_by=order)),
        **({"until_before": _after_transfer(table, rule).max().over(before)} if transfers else {}),
    )
    alone = table["end_before"].isnull()
    reach = ibis.ifelse(alone, table["end"], ibis.greatest(table["end"], table["end_before"]))
    until, until_before = _until(reach, rule), _until(table["end_before"], rule)
    if transfers:
        until_before = ibis.greatest(until_before, table["until_before"].fill_null(ibis.timestamp(LONG_AGO)))
        until = ibis.greatest(until, until_before.fill_null(ibis.timestamp(LONG_AGO)), _after_transfer(table, rule))
    return table.mutate(
        reach=reach,
        # nothing before it in its episode ends later
        record=alone | (table["end"] >= table["end_before"]),
        opens=alone | (table["admitted"] > until_before),
        closes=table["next_admitted"].isnull() | (table["next_admitted"] > until),
    )


def _until(end: ir.TimestampValue, rule: JoiningRule) -> ir.TimestampValue:
    """The last moment at which another contact joins."""
    import ibis

    if rule.joining == SAME_DAY:
        return end.truncate("D") + ibis.interval(days=1) - ibis.interval(microseconds=1)
    return end + ibis.interval(seconds=round(float(rule.joining) * 3600))


def _after_transfer(table: ir.Table, rule: JoiningRule) -> ir.TimestampValue:
    """The last moment at which another contact joins because this one ended with a transfer."""
    import ibis

    until = table["end"] + ibis.interval(seconds=round((rule.transfer_gap_hours or 0) * 3600))
    transferred = (table["discharged_to"] == "transfer").fill_null(False)  # noqa: FBT003 - Ibis takes it by position
    return ibis.ifelse(transferred, until, ibis.timestamp(LONG_AGO))


def _total_order(table: ir.Table) -> list[Any]:
    """An order without ties in anything that an episode shows, so that every engine numbers rows alike."""
    return [
        table["admitted"],
        table["end"],
        *(sortable(table, name) for name in sorted(CHOSEN) if name in table.columns),
    ]


def _where(told: ir.BooleanValue, value: ir.Value) -> ir.Value:
    import ibis

    return ibis.ifelse(told, value, ibis.null(value.type()))


def _placed_code(kept: ir.Table, name: str) -> ir.Value:
    """A value behind its position, so that the greatest of all that is seen so far is the latest."""
    if kept[name].type().is_boolean():
        return kept["position"] * _CODES + _code(kept[name])
    return (kept["position"] + _POSITIONS).cast("string") + _code(kept[name])


def _decoded_shown(kept: ir.Table, name: str) -> ir.Value:
    latest = kept[f"{name}_shown"]
    code = latest % _CODES if kept[name].type().is_boolean() else latest.substr(_DIGITS)
    return _decoded(code, kept[name])


def _spread_out(placed: ir.Table, rule: JoiningRule, keys: list[str]) -> ir.Table:
    """Values that depend on all contacts of an episode, given to each of them; the costly way, where it is asked for."""
    import ibis

    wide = {name: contact for name, contact in rule.choose.items() if contact in ("any", "longest")}
    if not wide:
        return placed
    placed = _with_position(placed, keys)
    upto = ibis.window(group_by=keys, order_by="position", preceding=None, following=0)
    placed = placed.mutate(opened=_where(placed["opens"], placed["position"]).max().over(upto))
    together = [*keys, "opened"]
    length = placed["end"].epoch_seconds() - placed["admitted"].epoch_seconds()
    by_length = ibis.window(group_by=together, order_by=[length.desc(), placed["position"]])
    placed = placed.mutate(rank=ibis.row_number().over(by_length))
    values = {}
    for name, contact in wide.items():
        code = _code(placed[name])
        of_one = code if contact == "any" else _where(placed["rank"] == 0, code)
        values[name] = _decoded(of_one.max().over(ibis.window(group_by=together)), placed[name])
    return placed.mutate(**values).drop("opened", "rank", "position")


def _code(value: ir.Value) -> ir.Value:
    """A flag as 0, 1 (not known) or 2; anything else as a text that is never missing."""
    import ibis

    if value.type().is_boolean():
        return ibis.cases((value.isnull(), 1), (value, 2), else_=0).cast("int64")
    return ibis.ifelse(value.isnull(), "0", ibis.literal("1") + value.cast("string"))


def _decoded(code: ir.Value, like: ir.Value) -> ir.Value:
    import ibis

    if like.type().is_boolean():
        return ibis.cases((code == _YES, ibis.literal(value=True)), (code == 0, ibis.literal(value=False)))
    known = ibis.ifelse(code.substr(0, 1) == "1", code.substr(1), ibis.null("string"))
    return known.cast(like.type())
