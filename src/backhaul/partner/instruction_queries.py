"""What the marketplace asks of one seller: units kept for pick-up, the rules by price and their history. Reads only."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.instructions import CeilingChange, Ceilings, Pickup
from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import to_us
from backhaul.partner import queries
from backhaul.partner import tables as t
from backhaul.partner.loads import BARCODES, decode_parcel, rule_columns, rule_of
from backhaul.partner.rules import standing
from backhaul.partner.rules.events import StandingRule
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import Decision, LinkMode, LinkState, Status
from backhaul.partner.shapes import LinkRow

SHOWN = (Status.ARRIVED, Status.PICKED_UP)
CHANGES_MAX = 100

_p = t.parcels.c
KEPT = Statement(
    sa.select(_p.doc)
    .where(
        _p.seller_id == bindparam("seller"),
        _p.status == bindparam("status"),
        _p.decision == Decision.PICKUP.value,
        _p.id > bindparam("after"),
    )
    .order_by(_p.id)
    .limit(bindparam("most"))
)
# Grouped by an expression: by the bare column, SQLite would walk through what all sellers have in the warehouse.
_house = _p.warehouse.concat("")
POINTS = Statement(
    sa.select(_house, sa.func.count())
    .where(_p.seller_id == bindparam("seller"), _p.status == Status.ARRIVED.value, _p.decision == Decision.PICKUP.value)
    .group_by(_house)
    .order_by(_house)
    .limit(100)
)
_r = t.standing_rules.c
RULES = Statement(
    sa.select(*rule_columns)
    .where(among(_r.company_id, "companies"), _r.seller_id == bindparam("seller"), _r.ended_us.is_(None))
    .order_by(_r.id)
    .limit(500)
)
RULING = Statement(
    sa.select(_r.company_id).where(_r.seller_id == bindparam("seller"), _r.ended_us.is_(None)).distinct().limit(500)
)
RULES_EVER = Statement(
    sa.select(_r.made_us, _r.made_by, _r.ended_us, _r.ended_by, *rule_columns)
    .where(
        among(_r.company_id, "companies"),
        _r.seller_id == bindparam("seller"),
        _r.below_rub.is_not(None),
        _r.sku.is_(None),
        _r.reason == "",
    )
    .order_by(_r.id.desc())
    .limit(CHANGES_MAX)
)


def pickups(tx: Tx, seller_id: int, after: int, most: int) -> list[Pickup]:
    """Units that are kept for a collector or were picked up, by ascending id."""
    found = [
        pickup
        for status in SHOWN
        for row in tx.rows(KEPT, seller=seller_id, status=status, after=after, most=most)
        if (pickup := _pickup(decode_parcel(row[0]))) is not None
    ]
    return sorted(found, key=lambda one: one.return_id)[:most]


def pickup(tx: Tx, seller_id: int, return_id: int) -> Pickup | None:
    """One of them."""
    it = queries.one(tx, return_id)
    return None if it is None or it.seller_id != seller_id else _pickup(it)


def pickup_points(tx: Tx, seller_id: int) -> list[tuple[str, int]]:
    """Warehouses and how many units wait there for a collector."""
    return [(row[0], int(row[1])) for row in tx.rows(POINTS, seller=seller_id)]


def barcode(tx: Tx, seller_id: int) -> str:
    """What a collector of this seller shows; nothing when nobody asked for it yet."""
    row = tx.one(BARCODES, sellers=[seller_id])
    return "" if row is None else str(row[1])


def deciding(tx: Tx, seller_id: int) -> list[LinkRow]:
    """The links that let a company decide about this seller's units; only their rules hold."""
    links = queries.links_of_seller(tx, seller_id)
    return [link for link in links if link.mode == LinkMode.RETURNS and link.state == LinkState.ACTIVE]


def ruling(tx: Tx, seller_id: int) -> list[int]:
    """The companies that have rules for this seller's units, whatever their link is now."""
    return [int(row[0]) for row in tx.rows(RULING, seller=seller_id)]


def rules(tx: Tx, seller_id: int, companies: list[int]) -> list[StandingRule]:
    """The rules in force."""
    return [rule_of(row) for row in tx.rows(RULES, seller=seller_id, companies=companies)] if companies else []


def ceilings(in_force: list[StandingRule]) -> Ceilings:
    """What these rules come to where the price alone decides."""
    return Ceilings(standing.ceiling(in_force, is_defect=False), standing.ceiling(in_force, is_defect=True))


def changes(tx: Tx, seller_id: int, companies: list[int]) -> list[CeilingChange]:
    """Rules by price that began or ended, the newest first."""
    if not companies:
        return []
    found = [one for row in tx.rows(RULES_EVER, seller=seller_id, companies=companies) for one in _changes(row)]
    return sorted(found, key=lambda one: (one.at_us, one.began), reverse=True)[:CHANGES_MAX]


def _changes(row: tuple[Any, ...]) -> list[CeilingChange]:
    rule = rule_of(row[4:])
    below = rule.below_rub or 0
    began = CeilingChange(row[0], row[1], began=True, below_rub=below, is_defect=rule.is_defect)
    if row[2] is None:
        return [began]
    return [began, CeilingChange(row[2], row[3], began=False, below_rub=below, is_defect=rule.is_defect)]


def _pickup(it: Parcel) -> Pickup | None:
    if it.status not in SHOWN or it.decision is not Decision.PICKUP or it.decided_at is None:
        return None
    collected = it.status is Status.PICKED_UP
    return Pickup(it.id, it.unit.name, it.warehouse, to_us(it.decided_at), collected)
