"""SQL that only looks at consignments and at what waits for one. What a consignment is stands in `rules/consignments.py`."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us
from backhaul.kit.journal import GENESIS, Mark, event_hash
from backhaul.kit.machine import Refused
from backhaul.partner import tables as t
from backhaul.partner.loads import BY_IDS, DESTINATION, around, decode_parcel, destination
from backhaul.partner.rules import consignment_events as e
from backhaul.partner.rules.around import Around, By
from backhaul.partner.rules.codes import number_of_ours
from backhaul.partner.rules.consignments import Consignment, born, evolve
from backhaul.partner.rules.events import Destination
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import ConsignmentStatus, Role
from backhaul.partner.shapes import CarrierFile, CarrierResult, Happening

PAGE_ROWS = 50
GROUPS_MAX = 100
WAITING_MAX = 1000
FILES_SHOWN = 20

decode_consignment = msgspec.json.Decoder(Consignment).decode
decode_event = msgspec.json.Decoder(e.Any).decode

_c, _p, _u = t.consignments.c, t.parcels.c, t.consignment_units.c
_newest = sa.select(_c.doc).where(_c.id < bindparam("before")).order_by(_c.id.desc()).limit(PAGE_ROWS)
LOAD = Statement(sa.select(_c.doc, _c.head).where(_c.id == bindparam("consignment")))
BY_NUMBER = Statement(sa.select(_c.id).where(_c.number == bindparam("number")))
BY_TRACKING = Statement(
    sa.select(_c.id).where(_c.tracking == bindparam("tracking")).order_by(_c.id.desc()).limit(PAGE_ROWS)
)
OF_COMPANY = Statement(_newest.where(_c.company_id == bindparam("company")))
LATEST = Statement(_newest)
IN_STATUS = Statement(
    sa.select(_c.doc)
    .where(_c.status == bindparam("status"), _c.id > bindparam("after"))
    .order_by(_c.id)
    .limit(PAGE_ROWS)
)
UNANNOUNCED = Statement(
    sa.select(_c.doc)
    .where(_c.status == ConsignmentStatus.CLOSED.value, _c.manifest_us.is_(None))
    .order_by(_c.id)
    .limit(PAGE_ROWS)
)
HISTORY = Statement(
    sa.select(*t.consignment_events.c)
    .where(t.consignment_events.c.consignment_id == bindparam("consignment"))
    .order_by(t.consignment_events.c.seq)
)
ALL_IDS = Statement(sa.select(_c.id, _c.status).where(_c.id > bindparam("after")).order_by(_c.id).limit(500))
_waits = (_p.ships_to.is_not(None), _u.parcel_id.is_(None))
_waiting = t.parcels.outerjoin(t.consignment_units, _u.parcel_id == _p.id)
GROUPS = Statement(
    sa.select(_p.ships_to, sa.func.count())
    .select_from(_waiting)
    .where(*_waits)
    .group_by(_p.ships_to)
    .order_by(sa.func.min(_p.id))
    .limit(GROUPS_MAX)
)
WAITING = Statement(
    sa.select(_p.doc)
    .select_from(_waiting)
    .where(*_waits, among(_p.ships_to, "destinations"))
    .order_by(_p.ships_to, _p.id)
    .limit(bindparam("most"))
)
GOODS = Statement(
    sa.select(t.customs_goods.c.hs_code, t.customs_goods.c.origin).where(
        t.customs_goods.c.seller_id == bindparam("seller"), t.customs_goods.c.sku == bindparam("sku")
    )
)
COMPANIES = Statement(
    sa.select(t.companies.c.id, t.companies.c.name).where(among(t.companies.c.id, "ids")).order_by(t.companies.c.id)
)
_files = sa.select(*t.carrier_files.c)
FILE = Statement(_files.where(t.carrier_files.c.digest == bindparam("digest")))
FILES = Statement(
    _files.where(t.carrier_files.c.taken_us < bindparam("before_us"))
    .order_by(t.carrier_files.c.taken_us.desc())
    .limit(FILES_SHOWN)
)


class Group(msgspec.Struct, frozen=True):
    """What waits for one address: all by `count`, the first of them as parcels."""

    destination: Destination
    company: str
    count: int
    units: list[Parcel]


def concerns(it: Consignment, by: By) -> bool:
    """The warehouse sees all consignments, a company its own."""
    if by.role is Role.SELLER:
        return str(it.company_id) == by.subject
    return by.role in (Role.RECEIVER, Role.INSPECTOR, Role.SUPERVISOR)


def one(tx: Tx, consignment_id: int) -> Consignment | None:
    """A consignment by its id."""
    row = tx.one(LOAD, consignment=consignment_id)
    return None if row is None else decode_consignment(row[0])


def shown(tx: Tx, consignment_id: int, by: By) -> Consignment:
    """A consignment that concerns the caller; for everybody else there is none."""
    it = one(tx, consignment_id)
    if it is None or not concerns(it, by):
        raise Refused("not_found", "missing")
    return it


def by_code(tx: Tx, code: str) -> int | None:
    """The consignment with this number or, else, this tracking number; the newest."""
    number = number_of_ours(code)
    row = tx.one(BY_NUMBER, number=number) or (tx.one(BY_TRACKING, tracking=code.strip()) if code.strip() else None)
    return None if row is None else int(row[0])


def of_company(tx: Tx, company_id: int, before: int = 2**62) -> list[Consignment]:
    """A company's consignments, newest first."""
    return _decoded(tx.rows(OF_COMPANY, company=company_id, before=before))


def latest(tx: Tx, before: int = 2**62) -> list[Consignment]:
    """All consignments, newest first."""
    return _decoded(tx.rows(LATEST, before=before))


def in_status(tx: Tx, status: ConsignmentStatus, after: int = 0) -> list[Consignment]:
    """All consignments in a state, oldest first."""
    return _decoded(tx.rows(IN_STATUS, status=status.value, after=after))


def unannounced(tx: Tx) -> list[Consignment]:
    """Closed consignments whose manifest the carrier has not got yet."""
    return _decoded(tx.rows(UNANNOUNCED))


def groups(tx: Tx) -> list[Group]:
    """What waits to be packed, by address, oldest first."""
    counts = {row[0]: row[1] for row in tx.rows(GROUPS)}
    waiting: dict[int, list[Parcel]] = {}
    for it in _parcels(tx.rows(WAITING, destinations=list(counts), most=WAITING_MAX)) if counts else []:
        if it.destination is not None:
            waiting.setdefault(it.destination.id, []).append(it)
    places = {row[0]: destination(row) for row in tx.rows(BY_IDS, ids=list(counts))} if counts else {}
    companies = sorted({one.company_id for one in places.values()})
    names = {row[0]: row[1] for row in tx.rows(COMPANIES, ids=companies)} if companies else {}
    return [
        Group(places[to], names.get(places[to].company_id, ""), count, waiting.get(to, []))
        for to, count in counts.items()
        if to in places
    ]


def waiting_for(tx: Tx, destination_id: int) -> list[Parcel]:
    """The units that wait for one address and lie in no consignment."""
    return _parcels(tx.rows(WAITING, destinations=[destination_id], most=WAITING_MAX))


def surroundings(tx: Tx, parcels: Sequence[Parcel]) -> dict[int, Around]:
    """What stands around each of these parcels."""
    look = around(tx, parcels)
    return {it.id: look(it) for it in parcels}


def place(tx: Tx, destination_id: int) -> Destination | None:
    """An address of any book, as it is now."""
    row = tx.one(DESTINATION, id=destination_id)
    return None if row is None else destination(row)


def goods(tx: Tx, seller_id: int, sku: int) -> tuple[str, str]:
    """(HS code, origin) that were declared of this product before."""
    row = tx.one(GOODS, seller=seller_id, sku=sku)
    return ("", "") if row is None else (row[0], row[1])


def history(tx: Tx, consignment_id: int) -> list[Happening]:
    """The timeline of a consignment, oldest first."""
    return [
        Happening(row[1], decode_event(row[3]), row[2], row[6], row[7], from_us(row[4]), from_us(row[5]))
        for row in tx.rows(HISTORY, consignment=consignment_id)
    ]


def replay(tx: Tx, consignment_id: int) -> tuple[Consignment | None, bool]:
    """The consignment folded anew from its events, and whether its chain of hashes verifies up to the row's head."""
    head, it = GENESIS, None
    for row in tx.rows(HISTORY, consignment=consignment_id):
        head = event_hash(head, consignment_id, row[1], row[3].encode(), Mark(row[4], row[5], row[6], row[7], row[8]))
        if head != bytes(row[9]):
            return it, False
        event = decode_event(row[3])
        if row[2] != type(event).__name__:
            return it, False  # the word beside the event is not in the chain
        it = (
            born(consignment_id, event) if isinstance(event, e.ConsignmentOpened) else evolve(it, event) if it else None
        )
    kept = tx.one(LOAD, consignment=consignment_id)
    return it, kept is not None and bytes(kept[1]) == head


def all_ids(tx: Tx, after: int = 0) -> list[tuple[int, str]]:
    """Ids and statuses of up to 500 consignments after an id."""
    return [(row[0], row[1]) for row in tx.rows(ALL_IDS, after=after)]


def carrier_file(tx: Tx, digest: str) -> CarrierFile | None:
    """What came of a file that was taken before."""
    row = tx.one(FILE, digest=digest)
    return None if row is None else _file(row)


def carrier_files(tx: Tx, before_us: int = 2**62) -> list[CarrierFile]:
    """The files of statuses that came last, newest first."""
    return [_file(row) for row in tx.rows(FILES, before_us=before_us)]


def _file(row: tuple[Any, ...]) -> CarrierFile:
    return CarrierFile(from_us(row[2]), row[3], msgspec.json.decode(row[4], type=CarrierResult))


def _decoded(rows: list[tuple[Any, ...]]) -> list[Consignment]:
    return [decode_consignment(row[0]) for row in rows]


def _parcels(rows: list[tuple[Any, ...]]) -> list[Parcel]:
    return [decode_parcel(row[0]) for row in rows]
