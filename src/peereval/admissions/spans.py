"""The spans of episodes by running maxima, without numbering and grouping.

In the order of admission, the running maximum of discharges tells where an episode ends. Most contacts are an
episode of their own; the others are represented by the contacts that open and close the episode and by the one
that ends last, and only these few are looked at again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peereval.admissions.joining import CHOSEN, SAME_DAY

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
    placed = _placed(contacts, rule, keys)
    placed = _spread_out(placed, rule, keys)
    return _alone(placed).union(_of_several(placed, rule, keys))


def _alone(placed: ir.Table) -> ir.Table:
    """Contacts that are an episode of their own: most are, and nothing else has to be looked at for them."""
    import ibis

    alone = placed.filter(placed["opens"] & placed["closes"])
    kinds = {name: alone[name] for name in _shown(placed)}
    return alone.select("person", "admitted", "end", n_contacts=ibis.literal(1, "int64"), **kinds)


def _of_several(placed: ir.Table, rule: JoiningRule, keys: list[str]) -> ir.Table:
    """Episodes of several contacts, by those that open, close or end them."""
    import ibis

    kept = placed.filter(~(placed["opens"] & placed["closes"]))
    kept = kept.filter(kept["opens"] | kept["closes"] | kept["ends_last"])
    first = [name for name in CHOSEN if name in kept.columns and rule.chosen[name] == "first"]
    last = [name for name in CHOSEN if name in kept.columns and rule.chosen[name] == "last"]
    upto = ibis.window(group_by=keys, order_by="position", preceding=None, following=0)
    each = ibis.window(group_by=keys, order_by="position")
    # all that needs the order, in one step: an engine sorts once for it
    kept = kept.mutate(
        opened=_of_openers(kept, kept["position"]).max().over(upto),
        began=_of_openers(kept, kept["admitted"]).max().over(upto),
        **{f"{name}_first": _of_openers(kept, _placed_code(kept, name)).max().over(upto) for name in first},
        **{f"{name}_before": kept[name].lag().over(each) for name in last},
    )
    kept = kept.filter(kept["closes"])
    values = {name: kept[name] for name in _shown(placed)}
    values |= {name: _decoded_first(kept, name) for name in first}
    values |= {name: ibis.ifelse(kept["record"], kept[name], kept[f"{name}_before"]) for name in last}
    return kept.select(
        "person", admitted=kept["began"], end=kept["reach"], n_contacts=kept["position"] - kept["opened"] + 1, **values
    )


def _shown(placed: ir.Table) -> list[str]:
    return [name for name in (*CHOSEN, *_CONSTANT) if name in placed.columns]


def _placed(contacts: ir.Table, rule: JoiningRule, keys: list[str]) -> ir.Table:
    """Say of each contact whether it opens or closes an episode, and what the latest end up to it is."""
    import ibis

    table = contacts.mutate(end=contacts["discharged"].fill_null(ibis.timestamp(FAR)))
    order = _total_order(table)
    each = ibis.window(group_by=keys, order_by=order)
    before = ibis.window(group_by=keys, order_by=order, preceding=(None, 1))
    transfers = rule.transfer_gap_hours is not None
    table = table.mutate(
        position=ibis.row_number().over(each),
        end_before=table["end"].max().over(before),
        next_admitted=table["admitted"].lead().over(each),
        next_end=table["end"].lead().over(each),
        **({"until_before": _after_transfer(table, rule).max().over(before)} if transfers else {}),
    )
    alone = table["end_before"].isnull()
    reach = ibis.ifelse(alone, table["end"], ibis.greatest(table["end"], table["end_before"]))
    until, until_before = _until(reach, rule), _until(table["end_before"], rule)
    if transfers:
        until_before = ibis.greatest(until_before, table["until_before"].fill_null(ibis.timestamp(LONG_AGO)))
        until = ibis.greatest(until, until_before.fill_null(ibis.timestamp(LONG_AGO)), _after_transfer(table, rule))
    record = alone | (table["end"] >= table["end_before"])
    return table.mutate(
        reach=reach,
        record=record,
        opens=alone | (table["admitted"] > until_before),
        closes=table["next_admitted"].isnull() | (table["next_admitted"] > until),
        # nothing after it in its episode ends later, and the next contact not even as late
        ends_last=(record & (table["next_end"] < table["end"])).fill_null(False),  # noqa: FBT003 - Ibis takes it by position
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
    return [table["admitted"], table["end"], *(table[name] for name in sorted(CHOSEN) if name in table.columns)]


def _of_openers(kept: ir.Table, value: ir.Value) -> ir.Value:
    import ibis

    return ibis.ifelse(kept["opens"], value, ibis.null(value.type()))


def _placed_code(kept: ir.Table, name: str) -> ir.Value:
    """A value behind its position, so that the greatest of all that is seen so far is the latest."""
    if kept[name].type().is_boolean():
        return kept["position"] * _CODES + _code(kept[name])
    return (kept["position"] + _POSITIONS).cast("string") + _code(kept[name])


def _decoded_first(kept: ir.Table, name: str) -> ir.Value:
    latest = kept[f"{name}_first"]
    code = latest % _CODES if kept[name].type().is_boolean() else latest.substr(_DIGITS)
    return _decoded(code, kept[name])


def _spread_out(placed: ir.Table, rule: JoiningRule, keys: list[str]) -> ir.Table:
    """Values that depend on all contacts of an episode, given to each of them; the costly way, where it is asked for."""
    import ibis

    wide = {name: contact for name, contact in rule.choose.items() if contact in ("any", "longest")}
    if not wide:
        return placed
    upto = ibis.window(group_by=keys, order_by="position", preceding=None, following=0)
    opener = ibis.ifelse(placed["opens"], placed["position"], ibis.null("int64"))
    placed = placed.mutate(opened=opener.max().over(upto))
    together = [*keys, "opened"]
    length = placed["end"].epoch_seconds() - placed["admitted"].epoch_seconds()
    by_length = ibis.window(group_by=together, order_by=[length.desc(), placed["position"]])
    placed = placed.mutate(rank=ibis.row_number().over(by_length))
    values = {}
    for name, contact in wide.items():
        code = _code(placed[name])
        of_one = code if contact == "any" else ibis.ifelse(placed["rank"] == 0, code, ibis.null(code.type()))
        values[name] = _decoded(of_one.max().over(ibis.window(group_by=together)), placed[name])
    return placed.mutate(**values).drop("opened", "rank")


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
