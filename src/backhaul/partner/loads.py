"""What the desk and the pages load alike: parcels, and what stands around them."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us
from backhaul.partner import tables as t
from backhaul.partner.rules.around import Around, Link, Owed
from backhaul.partner.rules.events import Destination, StandingRule
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import LinkMode, LinkState

decode_parcel = msgspec.json.Decoder(Parcel).decode

_by_ids = sa.select(t.parcels.c.id, t.parcels.c.doc, t.parcels.c.head).where(among(t.parcels.c.id, "ids"))
LOAD = Statement(_by_ids.order_by(t.parcels.c.id))
CODES = Statement(sa.select(t.parcels.c.id, t.parcels.c.pickup_code).where(among(t.parcels.c.id, "ids")))
LINKS = Statement(
    sa.select(
        t.links.c.seller_id, t.links.c.company_id, t.links.c.mode, t.links.c.state, t.links.c.lost_us,
    )
    .where(among(t.links.c.seller_id, "sellers"))
    .order_by(t.links.c.seller_id, t.links.c.company_id)
)  # fmt: skip
_rule = t.standing_rules.c
rule_columns = [_rule[name] for name in ("id", "company_id", "below_rub", "sku", "reason", "is_defect", "through_key")]
BARCODES = Statement(
    sa.select(t.pickup_barcodes.c.seller_id, t.pickup_barcodes.c.barcode).where(
        among(t.pickup_barcodes.c.seller_id, "sellers")
    )
)
RULES = Statement(
    sa.select(_rule.seller_id, *rule_columns)
    .where(among(_rule.seller_id, "sellers"), _rule.ended_us.is_(None))
    .order_by(_rule.id)
)
OWED = Statement(
    sa.select(t.dues.c.seller_id, t.invoices.c.number, t.dues.c.due_us)
    .join(t.invoices, t.invoices.c.id == t.dues.c.invoice_id)
    .where(among(t.dues.c.seller_id, "sellers"), t.dues.c.open_minor > 0, t.dues.c.open_minor > t.dues.c.disputed_minor)
    .order_by(t.dues.c.due_us.desc(), t.dues.c.invoice_id.desc())
)
HELD_BY = Statement(
    sa.select(t.consignment_units.c.parcel_id, t.consignments.c.number)
    .join(t.consignments, t.consignments.c.id == t.consignment_units.c.consignment_id)
    .where(among(t.consignment_units.c.parcel_id, "ids"))
)
_destination_columns = [
    t.destinations.c[name]
    for name in ("id", "company_id", "country", "city", "street", "contact", "created_us", "confirmed_us")
]
DESTINATIONS = Statement(
    sa.select(*_destination_columns)
    .where(among(t.destinations.c.company_id, "companies"))
    .order_by(t.destinations.c.company_id, t.destinations.c.id)
)
SECOND_OPEN = Statement(
    sa.select(t.second_checks.c.parcel_id).where(
        among(t.second_checks.c.parcel_id, "ids"), t.second_checks.c.status == "ordered"
    )
)


def second_open(tx: Tx, parcels: Iterable[Parcel]) -> frozenset[int]:
    """Which of these parcels wait for a blind second check."""
    ids = [it.id for it in parcels if it.inspection.mark is not None]
    return frozenset(row[0] for row in tx.rows(SECOND_OPEN, ids=ids)) if ids else frozenset()


BY_IDS = Statement(
    sa.select(*_destination_columns).where(among(t.destinations.c.id, "ids")).order_by(t.destinations.c.id)
)
DESTINATION = Statement(sa.select(*_destination_columns).where(t.destinations.c.id == bindparam("id")))


def around(tx: Tx, parcels: Iterable[Parcel], photo_key: str = "") -> Callable[[Parcel], Around]:
    """Links, addresses, collectors' codes and debts of these parcels, with one query each."""
    them = list(parcels)
    if not them:
        return lambda _: Around()
    links: dict[int, dict[str, Link]] = {}
    companies: dict[int, set[int]] = {}
    sellers = sorted({it.seller_id for it in them})
    for seller_id, company_id, mode, state, lost_us in tx.rows(LINKS, sellers=sellers):
        lost_at = None if lost_us is None else from_us(lost_us)
        link = Link(LinkMode(mode), LinkState(state), lost_at)
        links.setdefault(seller_id, {})[str(company_id)] = link
        companies.setdefault(seller_id, set()).add(company_id)
    known = sorted(set().union(*companies.values()))
    found = [destination(row) for row in tx.rows(DESTINATIONS, companies=known)] if known else []
    owed = {row[0]: Owed(row[1], from_us(row[2])) for row in tx.rows(OWED, sellers=sellers)}
    rules: dict[int, list[StandingRule]] = {}
    for row in tx.rows(RULES, sellers=sellers):
        rules.setdefault(row[0], []).append(rule_of(row[1:]))
    ids = sorted({it.id for it in them})
    codes = {row[0]: row[1] for row in tx.rows(CODES, ids=ids)}
    barcodes = {row[0]: row[1] for row in tx.rows(BARCODES, sellers=sellers)}
    held = {row[0]: row[1] for row in tx.rows(HELD_BY, ids=ids)}
    waiting = second_open(tx, them)
    of_seller = {
        seller_id: Around(
            links=links.get(seller_id, {}),
            destinations={one.id: one for one in found if one.company_id in companies.get(seller_id, ())},
            pickup_barcode=barcodes.get(seller_id, ""),
            rules=tuple(
                rule
                for rule in rules.get(seller_id, ())
                if _decides(links.get(seller_id, {}).get(str(rule.company_id)))
            ),
            owed=owed.get(seller_id),
            photo_key=photo_key,
        )
        for seller_id in sellers
    }
    return lambda it: replace(
        of_seller[it.seller_id],
        pickup_code=codes.get(it.id, ""),
        consignment=held.get(it.id, ""),
        second_open=it.id in waiting,
    )


def _decides(link: Link | None) -> bool:
    """Whether a company's rules count: only while it may decide."""
    return link is not None and link.mode is LinkMode.RETURNS and link.state is LinkState.ACTIVE


def rule_of(row: tuple[Any, ...]) -> StandingRule:
    """A row of the columns in `rule_columns`."""
    number, company_id, below_rub, sku, reason, is_defect, through_key = row
    of = None if is_defect is None else bool(is_defect)
    return StandingRule(number, company_id, below_rub, sku, reason, of, bool(through_key))


def destination(row: tuple[Any, ...]) -> Destination:
    """A row of the columns that `DESTINATIONS` reads."""
    created_at, confirmed_at = from_us(row[6]), None if row[7] is None else from_us(row[7])
    return Destination(row[0], row[1], row[2], row[3], row[4], row[5], created_at, confirmed_at)
