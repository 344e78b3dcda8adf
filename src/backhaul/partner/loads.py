"""What the desk and the pages load alike: parcels, and what stands around them."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us
from backhaul.partner import tables as t
from backhaul.partner.rules.around import Around, Link
from backhaul.partner.rules.events import Destination
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import InspectionStatus, LinkMode, LinkState

decode_parcel = msgspec.json.Decoder(Parcel).decode

_by_ids = sa.select(t.parcels.c.id, t.parcels.c.doc, t.parcels.c.head).where(among(t.parcels.c.id, "ids"))
LOAD = Statement(_by_ids.order_by(t.parcels.c.id))
CODES = Statement(sa.select(t.parcels.c.id, t.parcels.c.pickup_code).where(among(t.parcels.c.id, "ids")))
LINKS = Statement(
    sa.select(
        t.links.c.seller_id, t.links.c.company_id, t.links.c.mode, t.links.c.state, t.links.c.lost_us,
        t.links.c.dispose_below_rub,
    )
    .where(among(t.links.c.seller_id, "sellers"))
    .order_by(t.links.c.seller_id, t.links.c.company_id)
)  # fmt: skip
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
    ids = [it.id for it in parcels if it.inspection.status is InspectionStatus.DONE]
    return frozenset(row[0] for row in tx.rows(SECOND_OPEN, ids=ids)) if ids else frozenset()


def around(tx: Tx, parcels: Iterable[Parcel]) -> Callable[[Parcel], Around]:
    """Links, addresses and collectors' codes of these parcels, with one query each."""
    them = list(parcels)
    if not them:
        return lambda _: Around()
    links: dict[int, dict[str, Link]] = {}
    below: dict[int, int] = {}
    companies: dict[int, set[int]] = {}
    for seller_id, company_id, mode, state, lost_us, dispose_below_rub in tx.rows(
        LINKS, sellers=sorted({it.seller_id for it in them})
    ):
        lost_at = None if lost_us is None else from_us(lost_us)
        link = Link(LinkMode(mode), LinkState(state), lost_at)
        links.setdefault(seller_id, {})[str(company_id)] = link
        companies.setdefault(seller_id, set()).add(company_id)
        if link.mode is LinkMode.RETURNS and link.state is LinkState.ACTIVE:
            below[seller_id] = max(below.get(seller_id, 0), dispose_below_rub)
    known = sorted(set().union(*companies.values()))
    found = [destination(row) for row in tx.rows(DESTINATIONS, companies=known)] if known else []
    codes = {row[0]: row[1] for row in tx.rows(CODES, ids=sorted({it.id for it in them}))}
    waiting = second_open(tx, them)
    return lambda it: Around(
        links=links.get(it.seller_id, {}),
        destinations={one.id: one for one in found if one.company_id in companies.get(it.seller_id, ())},
        pickup_code=codes.get(it.id, ""),
        dispose_below_rub=below.get(it.seller_id, 0),
        second_open=it.id in waiting,
    )


def destination(row: tuple[Any, ...]) -> Destination:
    """A row of the columns that `DESTINATIONS` reads."""
    created_at, confirmed_at = from_us(row[6]), None if row[7] is None else from_us(row[7])
    return Destination(row[0], row[1], row[2], row[3], row[4], row[5], created_at, confirmed_at)


def scanned(text: str) -> str:
    """A code as it is kept: without the case and the spaces that scanners and people add."""
    return "".join(text.split()).upper()
