"""SQL that only looks: what pages, APIs and jobs read. Every list has a limit and an order."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.kit.journal import GENESIS, Mark, event_hash
from backhaul.kit.ledger import Entry
from backhaul.kit.money import Money
from backhaul.kit.second_factor import NO_CHANGE_OF_FACTORS
from backhaul.partner import tables as t
from backhaul.partner.loads import DESTINATIONS, LOAD, around, decode_parcel, destination, rule_columns, rule_of
from backhaul.partner.rules import calendar, chart, codes
from backhaul.partner.rules import events as e
from backhaul.partner.rules.around import Around, By
from backhaul.partner.rules.events import Destination
from backhaul.partner.rules.parcels import Parcel, born, evolve
from backhaul.partner.rules.words import (
    ClaimStatus,
    Decision,
    DisposalStatus,
    InspectionStatus,
    MediaStatus,
    Role,
    Status,
)
from backhaul.partner.shapes import Attempt, Happening, LinkRow, RuleRow

PAGE_ROWS = 50

decode_event = msgspec.json.Decoder(e.Any).decode
days_left = calendar.days_left
# A suspicion before two people are sure, how inspectors are checked, and how the warehouse tidies up.
HIDDEN_FROM_SELLERS = (e.MarkProposed, e.SecondChecked, e.GateAlarmed, e.Shelved, e.ParcelLabelPrinted)

_p = t.parcels.c
_newest = sa.select(_p.doc).where(_p.id < bindparam("before")).order_by(_p.id.desc()).limit(bindparam("most"))
_oldest = sa.select(_p.doc).where(_p.id > bindparam("after")).order_by(_p.id).limit(bindparam("most"))
OF_SELLER = Statement(_newest.where(_p.seller_id == bindparam("seller")))
OF_SELLER_IN = Statement(_newest.where(_p.seller_id == bindparam("seller"), _p.status == bindparam("status")))
IN_STATUS = Statement(_oldest.where(_p.status == bindparam("status")))
IN_INSPECTION = Statement(_oldest.where(_p.inspection == bindparam("inspection")))
TO_INSPECT = Statement(
    sa.select(_p.doc)
    .where(
        _p.inspection == InspectionStatus.QUEUED.value,
        sa.or_(
            _p.inspect_by_us > bindparam("bound_us"),
            sa.and_(_p.inspect_by_us == bindparam("bound_us"), _p.id > bindparam("after")),
        ),
    )
    .order_by(_p.inspect_by_us, _p.id)
    .limit(bindparam("most"))
)
TO_PHOTOGRAPH = Statement(
    sa.select(_p.doc)
    .where(
        _p.media == MediaStatus.ORDERED.value,
        sa.or_(
            _p.media_by_us > bindparam("bound_us"),
            sa.and_(_p.media_by_us == bindparam("bound_us"), _p.id > bindparam("after")),
        ),
    )
    .order_by(_p.media_by_us, _p.id)
    .limit(bindparam("most"))
)
IN_CLAIM = Statement(_oldest.where(among(_p.claim, "claims")))
IN_DISPOSAL = Statement(_oldest.where(_p.disposal == bindparam("disposal")))
DECIDED = Statement(_oldest.where(_p.status == bindparam("status"), _p.decision == bindparam("decision")))
# Of a code that very many units share, the newest are looked at.
_carrying = (
    sa.select(t.parcel_codes.c.parcel_id)
    .where(t.parcel_codes.c.code == bindparam("code"))
    .order_by(t.parcel_codes.c.parcel_id.desc())
    .limit(2000)
    .subquery()
)
_rank = sa.case(
    (t.one_of(_p.status, Status.EXPECTED, Status.ARRIVED, Status.DISPOSAL_DUE), 0),
    (_p.status == Status.IN_WORK.value, 1),
    else_=2,
)
BY_CODE = Statement(
    sa.select(_p.id, _rank)
    .join(_carrying, _carrying.c.parcel_id == _p.id)
    .order_by(_rank, _p.id.desc())
    .limit(PAGE_ROWS)
)
ALL_IDS = Statement(sa.select(_p.id, _p.status).where(_p.id > bindparam("after")).order_by(_p.id).limit(500))
COMPANY = Statement(sa.select(*t.companies.c).where(t.companies.c.id == bindparam("id")))
LINKS = Statement(
    sa.select(*t.links.c).where(t.links.c.company_id == bindparam("company")).order_by(t.links.c.seller_id).limit(200)
)
LINKS_OF_SELLER = Statement(
    sa.select(*t.links.c).where(t.links.c.seller_id == bindparam("seller")).order_by(t.links.c.company_id).limit(200)
)
_d = t.destinations.c
UNCONFIRMED = Statement(
    sa.select(
        _d.id,
        _d.company_id,
        _d.country,
        _d.city,
        _d.street,
        _d.contact,
        _d.created_us,
        _d.confirmed_us,
        t.companies.c.name,
    )
    .join(t.companies, t.companies.c.id == _d.company_id)
    .where(_d.confirmed_us.is_(None), _d.id > bindparam("after"))
    .order_by(_d.id)
    .limit(PAGE_ROWS)
)
_r = t.standing_rules.c
RULES_OF_COMPANY = Statement(
    sa.select(_r.seller_id, _r.made_us, _r.made_by, *rule_columns)
    .join(t.links, sa.and_(t.links.c.company_id == _r.company_id, t.links.c.seller_id == _r.seller_id))
    .where(t.links.c.company_id == bindparam("company"), _r.ended_us.is_(None))
    .order_by(_r.seller_id, _r.id)
    .limit(500)
)
ALL_LINKS = Statement(sa.select(*t.links.c).order_by(t.links.c.company_id, t.links.c.seller_id).limit(500))
_n = t.journal.entries.c
ENTRIES = Statement(
    sa.select(_n.debit, _n.credit, _n.amount_minor, _n.currency, _n.cause)
    .where(_n.case_id == bindparam("case_id"))
    .order_by(_n.seq, _n.cause)
)
_signed = sa.case((_n.debit == bindparam("account"), _n.amount_minor), else_=-_n.amount_minor)
BALANCE = Statement(
    sa.select(sa.func.coalesce(sa.func.sum(_signed), 0)).where(
        sa.or_(_n.credit == bindparam("account"), _n.debit == bindparam("account")),
        _n.currency == bindparam("currency"),
    )
)
OWN_BLOBS = Statement(
    sa.select(t.blob_uses.c.blob_id).where(
        t.blob_uses.c.blob_id == bindparam("blob"),
        t.blob_uses.c.uploader == bindparam("uploader"),
        ~sa.exists().where(t.blobs.c.id == t.blob_uses.c.blob_id, t.blobs.c.deleted_us.is_not(None)),
    )
)
_attempt = t.journal.access_log.c
ATTEMPTS = Statement(
    sa.select(_attempt.id, _attempt.at_us, _attempt.caller, _attempt.what, _attempt.code)
    .where(_attempt.id < bindparam("before"), NO_CHANGE_OF_FACTORS)
    .order_by(_attempt.id.desc())
    .limit(bindparam("most"))
)


def one(tx: Tx, parcel_id: int) -> Parcel | None:
    """A parcel by its id."""
    rows = tx.rows(LOAD, ids=[parcel_id])
    return decode_parcel(rows[0][1]) if rows else None


def around_of(tx: Tx, it: Parcel) -> Around:
    """What the law must know besides the parcel: for the buttons of a page, and the collector's code for its seller."""
    return around(tx, [it])(it)


def by_ids(tx: Tx, ids: Sequence[int]) -> list[Parcel]:
    """Those of these parcels that exist, in the order of the ids."""
    found = {row[0]: decode_parcel(row[1]) for row in tx.rows(LOAD, ids=list(ids))} if ids else {}
    return [found[parcel_id] for parcel_id in ids if parcel_id in found]


def arounds_of(tx: Tx, parcels: Iterable[Parcel]) -> Callable[[Parcel], Around]:
    """The same as `around_of` for many, with one query each."""
    return around(tx, parcels)


def by_code(tx: Tx, scan: str) -> list[int]:
    """The parcels that a scan may name, what is still open first, then by how likely it was meant, then newest first."""
    found: dict[int, int] = {}
    for code in codes.readings(scan):
        for parcel_id, rank in tx.rows(BY_CODE, code=code):
            found.setdefault(parcel_id, rank)
    return sorted(found, key=lambda parcel_id: found[parcel_id])[:PAGE_ROWS]


def parcels_of_seller(tx: Tx, seller_id: int, statuses: Sequence[Status] = (), before: int = 2**62) -> list[Parcel]:
    """A seller's parcels, newest first; several statuses are several keysets, merged."""
    if not statuses:
        return _decoded(tx.rows(OF_SELLER, seller=seller_id, before=before, most=PAGE_ROWS))
    found = [
        it
        for status in statuses
        for it in _decoded(tx.rows(OF_SELLER_IN, seller=seller_id, status=status, before=before, most=PAGE_ROWS))
    ]
    return sorted(found, key=lambda it: -it.id)[:PAGE_ROWS]


def parcels_of_company(tx: Tx, company_id: int, statuses: Sequence[Status] = (), before: int = 2**62) -> list[Parcel]:
    """The parcels of all sellers that a company is linked to; without a link none."""
    sellers = [link.seller_id for link in links_of_company(tx, company_id)]
    found = [it for seller_id in sellers for it in parcels_of_seller(tx, seller_id, statuses, before)]
    return sorted(found, key=lambda it: -it.id)[:PAGE_ROWS]


def in_status(tx: Tx, status: Status, after: int = 0) -> list[Parcel]:
    """All parcels in a state, oldest first."""
    return _decoded(tx.rows(IN_STATUS, status=status, after=after, most=PAGE_ROWS))


def expected(tx: Tx, after: int = 0) -> list[Parcel]:
    """What the dock waits for."""
    return in_status(tx, Status.EXPECTED, after)


def inspection_queue(tx: Tx, after: int = 0) -> list[Parcel]:
    """Units to be checked in full, the most urgent first, after this one."""
    last = one(tx, after) if after else None
    bound_us = to_us(last.inspection.due) if last is not None and last.inspection.due is not None else 0
    return _decoded(tx.rows(TO_INSPECT, bound_us=bound_us, after=after, most=PAGE_ROWS))


def second_look_queue(tx: Tx, after: int = 0) -> list[Parcel]:
    """Units whose substitution a second person must confirm."""
    return _decoded(tx.rows(IN_INSPECTION, inspection=InspectionStatus.AWAITING_SECOND, after=after, most=PAGE_ROWS))


def media_queue(tx: Tx, after: int = 0) -> list[Parcel]:
    """Units to be photographed, the most urgent first, after this one."""
    last = one(tx, after) if after else None
    bound_us = to_us(last.media.due) if last is not None and last.media.due is not None else 0
    return _decoded(tx.rows(TO_PHOTOGRAPH, bound_us=bound_us, after=after, most=PAGE_ROWS))


def label_queue(tx: Tx, after: int = 0) -> list[Parcel]:
    """Units that wait for a shipping label."""
    found = [it for decision in (Decision.SHIP_RU, Decision.SHIP_CN, Decision.SHIP_HK)
             for it in _arrived_with(tx, decision, after)]  # fmt: skip
    return sorted(found, key=lambda it: it.id)[:PAGE_ROWS]


def pickup_queue(tx: Tx, after: int = 0) -> list[Parcel]:
    """Units kept for a collector."""
    return _arrived_with(tx, Decision.PICKUP, after)


def claims_to_review(tx: Tx, after: int = 0) -> list[Parcel]:
    """Units whose claim the marketplace has filed and nobody has decided."""
    open_ones = [ClaimStatus.FILED, ClaimStatus.IN_REVIEW]
    return _decoded(tx.rows(IN_CLAIM, claims=open_ones, after=after, most=PAGE_ROWS))


def disposal_due(tx: Tx, after: int = 0) -> list[Parcel]:
    """Units whose seller let the time pass."""
    return in_status(tx, Status.DISPOSAL_DUE, after)


def disposal_queue(tx: Tx, status: DisposalStatus = DisposalStatus.INSTRUCTED, after: int = 0) -> list[Parcel]:
    """Units that may be destroyed now; or those held, or being destroyed."""
    return _decoded(tx.rows(IN_DISPOSAL, disposal=status, after=after, most=PAGE_ROWS))


def history(tx: Tx, parcel_id: int) -> list[Happening]:
    """The timeline of a parcel, oldest first."""
    return [
        Happening(row[1], decode_event(row[3]), row[2], row[6], row[7], from_us(row[4]), from_us(row[5]))
        for row in tx.rows(t.journal.history, case_id=parcel_id)
    ]


def replay(tx: Tx, parcel_id: int) -> tuple[Parcel | None, bool]:
    """The parcel folded anew from its events, and whether its chain of hashes verifies up to the row's head."""
    head = GENESIS
    it: Parcel | None = None
    for row in tx.rows(t.journal.history, case_id=parcel_id):
        mark = Mark(row[4], row[5], row[6], row[7], row[8])
        head = event_hash(head, parcel_id, row[1], row[3].encode(), mark)
        if head != bytes(row[9]):
            return it, False
        event = decode_event(row[3])
        if row[2] != type(event).__name__:
            return it, False  # the word beside the event is not in the chain
        it = born(parcel_id, event) if isinstance(event, e.Expected) else evolve(it, event) if it else None
    rows = tx.rows(LOAD, ids=[parcel_id])
    return it, bool(rows) and bytes(rows[0][2]) == head


def all_ids(tx: Tx, after: int = 0) -> list[tuple[int, str]]:
    """Ids and statuses of up to 500 parcels after an id."""
    return [(row[0], row[1]) for row in tx.rows(ALL_IDS, after=after)]


def unconfirmed_destinations(tx: Tx, after: int = 0) -> list[tuple[Destination, str]]:
    """New addresses that a second person must confirm, oldest first, each with its company's name."""
    return [(destination(row), row[8]) for row in tx.rows(UNCONFIRMED, after=after)]


def links_of_company(tx: Tx, company_id: int) -> list[LinkRow]:
    """A company's links."""
    return [LinkRow(*row) for row in tx.rows(LINKS, company=company_id)]


def rules_of_company(tx: Tx, company_id: int) -> list[RuleRow]:
    """A company's standing rules in force, for the sellers that it is linked to."""
    return [RuleRow(row[0], row[1], row[2], rule_of(row[3:])) for row in tx.rows(RULES_OF_COMPANY, company=company_id)]


def links_of_seller(tx: Tx, seller_id: int) -> list[LinkRow]:
    """Every company's link to a seller of our marketplace."""
    return [LinkRow(*row) for row in tx.rows(LINKS_OF_SELLER, seller=seller_id)]


def all_links(tx: Tx) -> list[LinkRow]:
    """Every link (up to 500): for the job that asks the marketplace whether the keys still work."""
    return [LinkRow(*row) for row in tx.rows(ALL_LINKS)]


def company(tx: Tx, company_id: int) -> tuple[str, str, str] | None:
    """(name, country, e-mail) of a company."""
    row = tx.one(COMPANY, id=company_id)
    return None if row is None else (row[1], row[2], row[3])


def destinations_of_company(tx: Tx, company_id: int) -> list[Destination]:
    """A company's address book."""
    return [destination(row) for row in tx.rows(DESTINATIONS, companies=[company_id])]


def entries(tx: Tx, parcel_id: int) -> list[Entry]:
    """The ledger entries of a parcel."""
    return [Entry(row[0], row[1], Money(row[2], row[3]), row[4]) for row in tx.rows(ENTRIES, case_id=parcel_id)]


def balance(tx: Tx, seller_id: int, currency: str = "CNY") -> Money:
    """What a seller owes."""
    row = tx.one(BALANCE, account=chart.receivable(seller_id), currency=currency)
    return Money(0 if row is None else int(row[0]), currency)


def has_photos(tx: Tx, by: By, photos: Sequence[str]) -> bool:
    """Whether the caller brought all these files here."""
    return all(tx.one(OWN_BLOBS, blob=photo, uploader=uploader_of(by)) is not None for photo in photos)


def uploader_of(by: By) -> str:
    """The name under which a caller's uploads are kept."""
    return f"{by.role}:{by.subject or by.id}"


def shown_photos(it: Parcel, by: By) -> frozenset[str]:
    """The pictures that this caller may see; a proposed substitution is not shown to sellers."""
    proposed = it.inspection.proposed
    unconfirmed = proposed.photos if proposed is not None and by.role is not Role.SELLER else ()
    return frozenset(it.photos + it.inspection.photos + it.media.photos + it.disposal.photos + unconfirmed)


def shown_videos(it: Parcel) -> frozenset[str]:
    """The videos that the seller ordered, for everybody whom the parcel concerns."""
    return frozenset(it.media.videos)


def _arrived_with(tx: Tx, decision: Decision, after: int) -> list[Parcel]:
    return _decoded(tx.rows(DECIDED, status=Status.ARRIVED, decision=decision, after=after, most=PAGE_ROWS))


def _decoded(rows: list[tuple[Any, ...]]) -> list[Parcel]:
    return [decode_parcel(row[0]) for row in rows]


def attempts(tx: Tx, before: int = 2**62) -> list[Attempt]:
    """Who was refused at a door, newest first."""
    rows = tx.rows(ATTEMPTS, before=min(before, 2**31 - 1), most=PAGE_ROWS)
    return [Attempt(row[0], from_us(row[1]), *row[2:]) for row in rows]
